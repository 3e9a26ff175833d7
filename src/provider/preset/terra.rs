use super::PresetBuilder;
use crate::{
    auth::{Hmac, HmacBuilder, Part},
    provider::{Envelope, Place},
};

/// Terra ([their page](https://docs.tryterra.co/reference/security)).
///
/// HMAC-SHA256 of time and body, in hex, in a header with both: `t=..,v1=..`. Terra states no id.
///
/// # Examples
///
/// ```
/// use tower_webhook::{json::RawJson, provider::preset};
///
/// let layer = preset::terra().secret("Zr41vw-new-and-random").build()?.json::<RawJson>().into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn terra() -> PresetBuilder<HmacBuilder> {
    let scheme = Hmac::sha256("terra-signature")
        .pairs(',', "t", "v1")
        .signed([Part::Timestamp, Part::literal("."), Part::Body])
        .noun("signing secret");
    PresetBuilder::new("terra", scheme, Envelope::new().event_type(Place::body("type"))).timed()
}
