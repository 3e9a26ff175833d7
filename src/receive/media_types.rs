use http::{
    HeaderMap, HeaderValue,
    header::{ACCEPT, CONTENT_TYPE},
};

use crate::{
    ConfigError, ConfigErrorKind, Rejection, RejectionKind, RejectionReason,
    headers::{NotOne, only},
};

/// The media types that are accepted. An empty list accepts every delivery, even one without a media type.
#[derive(Clone, Default)]
pub(super) struct MediaTypes(Vec<HeaderValue>);

impl MediaTypes {
    pub(super) fn push(&mut self, media_type: &str) -> Result<(), ConfigError> {
        let malformed = || {
            ConfigError::new(ConfigErrorKind::Malformed, "content type")
                .expected("a type and a subtype without parameters, such as application/json")
        };
        let (main, sub) = media_type.split_once('/').ok_or_else(malformed)?;
        if !is_token(main) || !is_token(sub) {
            return Err(malformed());
        }
        self.0.push(HeaderValue::from_str(media_type).map_err(|_| malformed())?);
        Ok(())
    }

    /// Parameters such as `charset` do not count.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), Rejection> {
        if self.0.is_empty() {
            return Ok(());
        }
        let rejection = Rejection::new(RejectionKind::UnsupportedMediaType);
        let value = match only(headers, &CONTENT_TYPE) {
            Ok(value) => value.as_bytes(),
            Err(NotOne::Missing) => return Err(rejection.because(RejectionReason::MissingHeader(CONTENT_TYPE))),
            Err(NotOne::Repeated) => return Err(rejection.because(RejectionReason::RepeatedHeader(CONTENT_TYPE))),
        };
        let media_type = value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        if self.0.iter().any(|accepted| accepted.as_bytes().eq_ignore_ascii_case(media_type)) {
            Ok(())
        } else {
            Err(rejection)
        }
    }

    /// Says in a response what would have been accepted.
    pub(super) fn advertise(&self, headers: &mut HeaderMap) {
        for media_type in &self.0 {
            headers.append(ACCEPT, media_type.clone());
        }
    }
}

/// A token of RFC 9110, 5.6.2, without the wildcard, which no request has.
fn is_token(text: &str) -> bool {
    let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_byte)
}
