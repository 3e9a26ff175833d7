use super::PresetBuilder;
use crate::{
    auth::{Part, Signature},
    provider::{Envelope, Place},
};

/// Terra ([page](https://docs.tryterra.co/reference/security)).
///
/// HMAC-SHA256 of time and body, in hex. The header has time and signature: `t=..,v1=..`. Terra sends no id.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let layer = preset::terra().key("Zr41vw-new-and-random").build()?.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn terra() -> PresetBuilder {
    let scheme = Signature::hmac_sha256("terra-signature")
        .pairs(',', "t", "v1")
        .signed([Part::Timestamp, Part::literal("."), Part::Body])
        .noun("signing secret");
    PresetBuilder::new("terra", scheme, Envelope::new().event_type(Place::body("type")))
}
