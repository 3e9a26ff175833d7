//! The settings of a signature, and the checks of `build`.

use std::{ops::RangeInclusive, time::Duration};

use http::HeaderName;
use serde::{Deserialize, Serialize};

use super::{
    Algorithm, At, Content, Encoding, Part, Pieces, Signatures, TimestampSource, Tolerance, at::Carrier, wire::Pairs,
};
use crate::{
    ConfigError, ConfigErrorKind,
    auth::keys::KeyText,
    delivery::TimeFormat,
    json::{
        described::{header_name, is_default, seconds},
        members,
    },
};

/// What a provider's page says about its signatures, as plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) algorithm: Algorithm,
    pub(crate) at: At,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) prefix: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) encoding: Encoding,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) list: Option<char>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) pairs: Option<PairSettings>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) timestamp_first: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) repeated_header: bool,
    #[serde(default = "body_alone", skip_serializing_if = "is_body_alone")]
    pub(crate) signed: Vec<Part>,
    #[serde(default, skip_serializing_if = "is_default", with = "header_name")]
    pub(crate) timestamp_header: Option<Result<HeaderName, ConfigError>>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) timestamp_in_body: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) timestamp_written_as: TimeFormat,
    #[serde(default, skip_serializing_if = "is_default", with = "header_name")]
    pub(crate) id_header: Option<Result<HeaderName, ConfigError>>,
    #[serde(default, skip_serializing_if = "is_default", with = "seconds")]
    pub(crate) past_tolerance: Option<Duration>,
    #[serde(default, skip_serializing_if = "is_default", with = "seconds")]
    pub(crate) future_tolerance: Option<Duration>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) dangerous_unsigned_body: bool,
    /// How the provider shows its keys.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) key: KeyText,
    /// It is yours, and not the provider's.
    #[serde(skip)]
    pub(crate) public_url: Option<String>,
}

/// Named fields, as in `t=1700000000,v1=aa,v1=bb`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PairSettings {
    pub(crate) separator: char,
    pub(crate) timestamp: String,
    pub(crate) signatures: Vec<String>,
}

/// More than any sender has. Checks compare them with each other.
const MAX_PARTS: usize = 32;
const MAX_FIELDS: usize = 8;

fn body_alone() -> Vec<Part> {
    vec![Part::Body]
}

fn is_body_alone(parts: &[Part]) -> bool {
    matches!(parts, [Part::Body])
}

/// The checks of `build`: whatever is signed is read, and whatever is read is signed.
impl Settings {
    /// Checks all but the keys and the public URL.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.signed.len() > MAX_PARTS || self.pairs.as_ref().is_some_and(|pairs| pairs.signatures.len() > MAX_FIELDS)
        {
            return Err(ConfigError::new(ConfigErrorKind::TooMany, "the number of signed parts and fields"));
        }
        if self.algorithm.is_public() && !is_default(&self.key) {
            return Err(ConfigError::new(ConfigErrorKind::Conflict, "the encoding of the key").expected("none"));
        }
        let has_url = self.count(&Part::PublicUrl) > 0;
        let settings = Self { public_url: has_url.then(|| "https://hooks.example.com".to_owned()), ..self.clone() };
        settings.content()?;
        settings.carrier()?;
        settings.signatures(self.algorithm.lengths()).map(drop)
    }

    pub(super) fn content(&self) -> Result<Content, ConfigError> {
        match (self.count(&Part::Body), self.dangerous_unsigned_body) {
            (0, false) => return Err(ConfigError::new(ConfigErrorKind::Unsigned, "the body")),
            (1, false) | (0, true) => {}
            (_, false) => return Err(ConfigError::new(ConfigErrorKind::Duplicate, "the body in what is signed")),
            (_, true) => return Err(ConfigError::new(ConfigErrorKind::Conflict, "the body in what is signed")),
        }
        if !self.dangerous_unsigned_body && self.signed.iter().any(|part| matches!(part, Part::Member(_))) {
            return Err(ConfigError::new(ConfigErrorKind::Conflict, "the signed member of the body"));
        }
        let varies = |part: &Part| !matches!(part, Part::Literal(_) | Part::Method | Part::PublicUrl);
        if !self.signed.iter().any(varies) {
            return Err(ConfigError::new(ConfigErrorKind::Missing, "what is signed of a delivery"));
        }
        let timestamp = self.timestamp()?;
        let tolerance = Tolerance::new(self.past_tolerance, self.future_tolerance, self.timestamp_written_as)?;
        if matches!(timestamp, TimestampSource::None) && self.limits_time() {
            return Err(ConfigError::new(ConfigErrorKind::Missing, "the time that the tolerance is for"));
        }
        let is_part = match timestamp {
            TimestampSource::None => false,
            TimestampSource::Header(_) | TimestampSource::Beside => true,
            // A signed body covers it.
            TimestampSource::Body(_) => self.dangerous_unsigned_body,
        };
        self.agree(&Part::Timestamp, is_part, "the timestamp")?;
        self.agree(&Part::Id, self.id_header.is_some(), "the header of the id")?;
        self.agree(&Part::PublicUrl, self.public_url.is_some(), "the public URL")?;
        let id = self.id_header.clone().transpose()?;
        if id.as_ref().is_some_and(|name| names_a_time(name.as_str())) {
            let error = ConfigError::new(ConfigErrorKind::Malformed, "the header of the id");
            return Err(error.expected("an id: a time belongs into `timestamp_header`, which checks it"));
        }
        let pieces = Pieces::with_times(&self.signed, self.public_url.as_deref(), self.timestamp_written_as)?;
        let signatures =
            if let Carrier::Header(name) = self.at.checked(self.dangerous_unsigned_body)? { Some(name) } else { None };
        let header = if let TimestampSource::Header(name) = &timestamp { Some(name) } else { None };
        let names: Vec<_> =
            [signatures.as_ref(), header, id.as_ref()].into_iter().flatten().chain(pieces.headers()).collect();
        if names.iter().enumerate().any(|(at, name)| names.iter().take(at).any(|other| other == name)) {
            return Err(ConfigError::new(ConfigErrorKind::Duplicate, "the name of a header"));
        }
        let is_timeless = matches!(timestamp, TimestampSource::None);
        if is_timeless && pieces.headers().any(|name| names_a_time(name.as_str())) {
            let error = ConfigError::new(ConfigErrorKind::Malformed, "a signed header");
            return Err(error.expected("no time: it belongs into `timestamp_header`, which checks it"));
        }
        Ok(Content { pieces, timestamp, id, tolerance })
    }

    pub(super) fn carrier(&self) -> Result<Carrier, ConfigError> {
        let carrier = self.at.checked(self.dangerous_unsigned_body)?;
        let in_header = matches!(carrier, Carrier::Header(_));
        let is_one = self.list.is_none() && self.pairs.is_none() && !self.repeated_header;
        if in_header || is_one {
            return Ok(carrier);
        }
        Err(ConfigError::new(ConfigErrorKind::Conflict, "the place of the signature"))
    }

    pub(super) fn signatures(&self, lengths: RangeInclusive<usize>) -> Result<Signatures, ConfigError> {
        let list = self.list.map(checked_separator).transpose()?;
        let pairs = match &self.pairs {
            Some(pairs) => Some(self.checked_pairs(pairs)?),
            None => None,
        };
        let separators = [list, pairs.as_ref().map(|pairs| pairs.separator)];
        if !self.prefix.bytes().all(|byte| (b' '..=b'~').contains(&byte) && !separators.contains(&Some(byte))) {
            let error = ConfigError::new(ConfigErrorKind::Malformed, "the prefix");
            return Err(error.expected("visible ASCII without the separator"));
        }
        if pairs.is_some() && !self.prefix.is_empty() {
            return Err(ConfigError::new(ConfigErrorKind::Conflict, "the prefix"));
        }
        let (prefix, may_repeat) = (self.prefix.as_bytes().into(), self.repeated_header);
        let timestamp_first = self.timestamp_first;
        Ok(Signatures { prefix, list, pairs, may_repeat, timestamp_first, ..Signatures::new(self.encoding, lengths) })
    }

    fn checked_pairs(&self, pairs: &PairSettings) -> Result<Pairs, ConfigError> {
        let PairSettings { separator, timestamp, signatures } = pairs;
        if signatures.is_empty() {
            return Err(ConfigError::new(ConfigErrorKind::Missing, "the field of the signature"));
        }
        if self.list == Some(*separator) {
            return Err(ConfigError::new(ConfigErrorKind::Conflict, "the list of signatures"));
        }
        let separators = [Some(*separator), self.list];
        let can_stand = |c: char| c.is_ascii_graphic() && c != '=' && !separators.contains(&Some(c));
        let names: Vec<&str> = [timestamp].into_iter().chain(signatures).map(String::as_str).collect();
        if names.iter().any(|name| name.is_empty() || !name.chars().all(can_stand)) {
            let error = ConfigError::new(ConfigErrorKind::Malformed, "the name of a field");
            return Err(error.expected("visible ASCII without `=`, blanks and the separator"));
        }
        if names.iter().enumerate().any(|(at, name)| names.iter().take(at).any(|other| other == name)) {
            return Err(ConfigError::new(ConfigErrorKind::Duplicate, "the name of a field"));
        }
        let separator = checked_separator(*separator)?;
        let signatures = signatures.iter().map(|name| name.as_bytes().into()).collect();
        Ok(Pairs { separator, timestamp: timestamp.as_bytes().into(), signatures })
    }

    fn timestamp(&self) -> Result<TimestampSource, ConfigError> {
        if self.timestamp_first && (self.list.is_none() || self.repeated_header) {
            let error = ConfigError::new(ConfigErrorKind::Conflict, "the timestamp at the beginning of a list");
            return Err(error.expected("a `list` in one header"));
        }
        match (&self.timestamp_header, self.pairs.is_some(), self.timestamp_first, &self.timestamp_in_body) {
            (None, false, false, None) => Ok(TimestampSource::None),
            (Some(name), false, false, None) => Ok(TimestampSource::Header(name.clone()?)),
            (None, true, false, None) | (None, false, true, None) => Ok(TimestampSource::Beside),
            (None, false, false, Some(path)) => {
                Ok(TimestampSource::Body(members::checked_path(path, "the member of the timestamp")?))
            }
            _ => Err(ConfigError::new(ConfigErrorKind::Conflict, "one source of the timestamp")),
        }
    }

    /// Whether there is a setting that is about a time.
    fn limits_time(&self) -> bool {
        self.past_tolerance.is_some() || self.future_tolerance.is_some() || !is_default(&self.timestamp_written_as)
    }

    fn agree(&self, part: &Part, has_source: bool, setting: &'static str) -> Result<(), ConfigError> {
        match (self.count(part) > 0, has_source) {
            (true, false) => Err(ConfigError::new(ConfigErrorKind::Missing, setting)),
            (false, true) => Err(ConfigError::new(ConfigErrorKind::Unsigned, setting)),
            _ => Ok(()),
        }
    }

    fn count(&self, part: &Part) -> usize {
        self.signed.iter().filter(|other| *other == part).count()
    }
}

/// Whether a header of this name says when something was sent, as in `x-acme-timestamp` and `date`.
fn names_a_time(name: &str) -> bool {
    let is_time = |word| matches!(word, "time" | "date" | "datetime" | "ts" | "epoch" | "unixtime" | "iat");
    let ends_so = |word| matches!(word, "at" | "sent" | "sentat" | "created" | "issued");
    name.contains("timestamp") || name.split(['-', '_']).any(is_time) || name.rsplit(['-', '_']).take(1).any(ends_so)
}

/// A byte that no encoding of a signature uses, so that it can stand between two.
fn checked_separator(separator: char) -> Result<u8, ConfigError> {
    match u8::try_from(separator) {
        Ok(byte @ (b' ' | b',' | b';' | b'|' | b'&' | b':' | b'.')) => Ok(byte),
        _ => Err(ConfigError::new(ConfigErrorKind::Malformed, "the separator").expected("one of ` ,;|&:.`")),
    }
}
