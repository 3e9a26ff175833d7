use std::ops::RangeInclusive;

use aws_lc_rs::signature::{ED25519, VerificationAlgorithm};
use data_encoding::HEXLOWER_PERMISSIVE;

use super::{
    Secret,
    public_keys::{Kind, PublicKeys},
    signature::{Signed, SignedBuilder},
};
use crate::ConfigErrorKind;

const KEY_LEN: usize = 32;

/// The points whose order is 8 or less, without the sign, in all their spellings. For a key among them anybody can
/// make signatures; one is the key of zeros, which often stands for one that is still to be filled in.
const SMALL_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// A signature with a public key in a header of the provider's choice: Ed25519 ([RFC 8032]).
///
/// The public key is 32 bytes, in hex or base64; a signature is 64 bytes. All else is as for
/// [`Signed`]; by default: one signature of the body alone, in hex. It needs the feature `asymmetric`.
///
/// A signature is verified with each key before anything is known of its sender. So there are at most 8 keys, and a
/// delivery is refused on its head if it has so many signatures that they and the keys make more than 8 pairs.
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::{Ed25519, Part};
///
/// let scheme = Ed25519::builder("x-signature-ed25519")
///     .public_key("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
///     .signed([Part::Timestamp, Part::Body])
///     .timestamp_header("x-signature-timestamp")
///     .build()?;
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
///
/// [RFC 8032]: https://www.rfc-editor.org/rfc/rfc8032
pub type Ed25519 = Signed<PublicKeys<Ed25519Kind>>;

/// Configures an [`Ed25519`].
pub type Ed25519Builder = SignedBuilder<PublicKeys<Ed25519Kind>>;

impl Ed25519 {
    /// Starts with the name of the signature's header, in any letter case.
    pub fn builder(header: &str) -> Ed25519Builder {
        Ed25519Builder::of_kind(header)
    }
}

/// Names the kind of the keys of an [`Ed25519`] in types; it has no values.
#[derive(Debug)]
#[non_exhaustive]
pub enum Ed25519Kind {}

impl Kind for Ed25519Kind {
    const NAME: &'static str = "Ed25519";
    const LENGTHS: RangeInclusive<usize> = 64..=64;
    const ALGORITHM: &'static dyn VerificationAlgorithm = &ED25519;

    fn decode(text: &str) -> Result<Secret, ConfigErrorKind> {
        let mut buffer = [0; KEY_LEN];
        let key = match HEXLOWER_PERMISSIVE.decode_len(text.len()) {
            // In base64 so many letters would be 48 bytes.
            Ok(KEY_LEN) => {
                HEXLOWER_PERMISSIVE.decode_mut(text.as_bytes(), &mut buffer).map_err(|_| ConfigErrorKind::Malformed)?;
                Secret::exact(&buffer)?
            }
            _ => Secret::from_base64(text)?,
        };
        if key.len() == KEY_LEN && !is_of_small_order(key.bytes()) { Ok(key) } else { Err(ConfigErrorKind::Malformed) }
    }
}

fn is_of_small_order(key: &[u8]) -> bool {
    let mut point = [0; KEY_LEN];
    SMALL_ORDER.iter().any(|hex| {
        let decoded = HEXLOWER_PERMISSIVE.decode_mut(hex.as_bytes(), &mut point).is_ok();
        // The highest bit of the last byte is the sign.
        decoded && point.iter().eq(key.iter().take(KEY_LEN - 1).chain(&key.last().map(|last| last & 0x7f)))
    })
}
