//! Descriptions in JSON, which are settings and not deliveries: their errors quote what is wrong.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

use super::{
    read,
    strict::{Context, Strict},
};
use crate::{ConfigError, ConfigErrorKind};

/// Reads a description. The error has the line, the member and the words of `serde`.
pub(crate) fn read_description<'de, T: Deserialize<'de>>(
    text: &'de str,
    description: &'static str,
) -> Result<T, ConfigError> {
    let context = Context::default();
    read(text, |json| T::deserialize(Strict::new(json, &context))).map_err(|error| {
        let (whole, path) = (error.to_string(), context.to_string());
        let place = format!(" at line {} column {}", error.line(), error.column());
        let member = if path.is_empty() { path } else { format!(", member `{path}`") };
        let setting = format!("{description} (line {}{member})", error.line());
        ConfigError::new(ConfigErrorKind::Malformed, setting)
            .because(quoted(whole.strip_suffix(&place).unwrap_or(&whole)))
    })
}

/// The message without the text that it quotes first, if that may be a key in the wrong place.
fn quoted(message: &str) -> String {
    let is_word = |text: &str| {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        text.len() <= 24 && digits <= 3 && !text.bytes().any(|byte| byte.is_ascii_uppercase())
    };
    let mark = message.find(['`', '"']).and_then(|at| message.get(at..)?.chars().next());
    let Some((before, rest)) = mark.and_then(|mark| message.split_once(mark)) else { return message.to_owned() };
    match mark.and_then(|mark| rest.split_once(mark)) {
        Some((text, after)) if !is_word(text) => format!("{before}(not shown){after}"),
        _ => message.to_owned(),
    }
}

/// Whether a member can be left out.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A duration in whole seconds.
pub(crate) mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        duration.map(|duration| duration.as_secs()).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        u64::deserialize(deserializer).map(|seconds| Some(Duration::from_secs(seconds)))
    }
}

/// Reads a text with this function. Its error has the line of the text.
pub(crate) fn parsed<'de, T, D: Deserializer<'de>>(
    deserializer: D,
    parse: impl FnOnce(&str) -> Result<T, ConfigError>,
) -> Result<T, D::Error> {
    struct Text<F>(F);

    impl<T, F: FnOnce(&str) -> Result<T, ConfigError>> Visitor<'_> for Text<F> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            (self.0)(text).map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Text(parse))
}

/// The name of a header.
pub(crate) mod header_name {
    use http::HeaderName;
    use serde::{Deserializer, Serialize, Serializer, ser};

    use super::parsed;
    use crate::{ConfigError, headers};

    type Name = Option<Result<HeaderName, ConfigError>>;

    pub(crate) fn serialize<S: Serializer>(name: &Name, serializer: S) -> Result<S::Ok, S::Error> {
        let name = name.as_ref().map(Result::as_ref).transpose().map_err(ser::Error::custom)?;
        name.map(HeaderName::as_str).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
        parsed(deserializer, |text| headers::parse_name(text, "this name")).map(|name| Some(Ok(name)))
    }
}
