//! The URL at which a provider reaches you, as you configured it.

use http::Uri;

use crate::{ConfigError, ConfigErrorKind};

/// Reads the URL. A provider signs it byte for byte, so what is no URL would reject every delivery.
pub(super) fn parse(url: &str) -> Result<Uri, ConfigError> {
    if url.trim().is_empty() {
        return Err(ConfigError::new(ConfigErrorKind::Blank, "the public URL"));
    }
    // `Uri` drops a fragment without a word, and no provider sends one.
    let uri = url.parse().ok().filter(|uri: &Uri| uri.host().is_some() && !url.contains('#'));
    let uri = uri.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
    uri.ok_or_else(|| malformed("a URL with `http` or `https`, a host and no fragment"))
}

pub(super) fn malformed(expected: &'static str) -> ConfigError {
    ConfigError::new(ConfigErrorKind::Malformed, "the public URL").expected(expected)
}
