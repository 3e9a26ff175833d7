//! Headers of requests that are not yet authenticated.

use http::{HeaderMap, HeaderName, HeaderValue, header::GetAll};

use crate::{ConfigError, ConfigErrorKind, RejectionReason};

/// Why a header does not have exactly one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotOne {
    Missing,
    Repeated,
}

impl NotOne {
    pub(crate) fn reason(self, name: &HeaderName) -> RejectionReason {
        match self {
            Self::Missing => RejectionReason::MissingHeader(name.clone()),
            Self::Repeated => RejectionReason::RepeatedHeader(name.clone()),
        }
    }
}

/// The value of a header that must occur exactly once.
///
/// Two values are rejected even if they are equal, because a proxy may have acted on either of them.
pub(crate) fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a HeaderValue, NotOne> {
    one(&headers.get_all(name))
}

/// As [`only`], of a header that was looked up.
pub(crate) fn one<'a>(values: &GetAll<'a, HeaderValue>) -> Result<&'a HeaderValue, NotOne> {
    let mut values = values.iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        (None, _) => Err(NotOne::Missing),
        (Some(_), Some(_)) => Err(NotOne::Repeated),
    }
}

/// The text of a value that a provider may write in UTF-8. `HeaderValue::to_str` accepts ASCII only.
pub(crate) fn text(value: &HeaderValue) -> Option<&str> {
    std::str::from_utf8(value.as_bytes()).ok()
}

/// Marks all values of a header as sensitive.
///
/// This does not use `HeaderMap::entry`, which panics when a sender has filled the map.
pub(crate) fn mark_sensitive(headers: &mut HeaderMap, name: &HeaderName) {
    for (header, value) in headers.iter_mut() {
        if header == name {
            value.set_sensitive(true);
        }
    }
}

/// Parses a configured header name. `setting` names it in the error.
pub(crate) fn parse_name(name: impl TryInto<HeaderName>, setting: &'static str) -> Result<HeaderName, ConfigError> {
    name.try_into().map_err(|_| ConfigError::new(ConfigErrorKind::HeaderName, setting))
}
