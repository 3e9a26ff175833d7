use std::ops::RangeInclusive;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, VerificationAlgorithm};

use super::{
    Secret,
    public_keys::{Kind, PublicKeys},
    signature::{Signed, SignedBuilder},
};
use crate::ConfigErrorKind;

/// A signature with a public key in a header of the provider's choice: ECDSA on P-256 with SHA-256
/// ([FIPS 186-5]).
///
/// The public key is a `SubjectPublicKeyInfo` in DER ([RFC 5280]), in base64: what stands between the
/// first and the last line of a PEM file. A signature is in DER too, and usually
/// [`Base64`](super::Encoding::Base64). All else is as for [`Signed`]; by default: one signature of the
/// body alone, in hex. It needs the feature `asymmetric`.
///
/// A signature is verified with each key before anything is known of its sender. So there are at most 8 keys, and a
/// delivery is refused on its head if it has so many signatures that they and the keys make more than 8 pairs.
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::{EcdsaP256, Encoding, Part};
///
/// let scheme = EcdsaP256::builder("x-twilio-email-event-webhook-signature")
///     .public_key("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==")
///     .encoding(Encoding::Base64)
///     .signed([Part::Timestamp, Part::Body])
///     .timestamp_header("x-twilio-email-event-webhook-timestamp")
///     .build()?;
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
///
/// [FIPS 186-5]: https://doi.org/10.6028/NIST.FIPS.186-5
/// [RFC 5280]: https://www.rfc-editor.org/rfc/rfc5280#section-4.1
pub type EcdsaP256 = Signed<PublicKeys<EcdsaP256Kind>>;

/// Configures an [`EcdsaP256`].
pub type EcdsaP256Builder = SignedBuilder<PublicKeys<EcdsaP256Kind>>;

impl EcdsaP256 {
    /// Starts with the name of the signature's header, in any letter case.
    pub fn builder(header: &str) -> EcdsaP256Builder {
        EcdsaP256Builder::of_kind(header)
    }
}

/// Names the kind of the keys of an [`EcdsaP256`] in types; it has no values.
#[derive(Debug)]
#[non_exhaustive]
pub enum EcdsaP256Kind {}

impl Kind for EcdsaP256Kind {
    const NAME: &'static str = "EcdsaP256";
    /// DER of two numbers of 1 to 33 bytes each.
    const LENGTHS: RangeInclusive<usize> = 8..=72;
    const ALGORITHM: &'static dyn VerificationAlgorithm = &ECDSA_P256_SHA256_ASN1;

    fn decode(text: &str) -> Result<Secret, ConfigErrorKind> {
        Secret::from_base64(text)
    }
}
