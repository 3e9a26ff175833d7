//! The settings of a signature, and the checks of `build`.

use std::ops::RangeInclusive;

use http::HeaderName;

use super::{Algorithm, Content, Encoding, Part, Pieces, Signatures, TimestampSource, ToleranceSettings, wire::Pairs};
use crate::{ConfigError, ConfigErrorKind, json::members};

/// What a provider's page says about its signatures, as plain data.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings {
    pub(super) algorithm: Algorithm,
    pub(super) header: Result<HeaderName, ConfigError>,
    pub(super) prefix: String,
    pub(super) encoding: Encoding,
    pub(super) list: Option<char>,
    pub(super) pairs: Option<(char, String, String)>,
    pub(super) may_repeat: bool,
    pub(super) parts: Vec<Part>,
    pub(super) timestamp_header: Option<Result<HeaderName, ConfigError>>,
    pub(super) timestamp_in_body: Option<String>,
    pub(super) id_header: Option<Result<HeaderName, ConfigError>>,
    pub(super) public_url: Option<String>,
    pub(super) tolerance: ToleranceSettings,
}

/// The checks of `build`: whatever is signed is read, and whatever is read is signed.
impl Settings {
    pub(super) fn content(&self) -> Result<Content, ConfigError> {
        match self.count(&Part::Body) {
            0 => return Err(ConfigError::new(ConfigErrorKind::Unsigned, "the body")),
            1 => {}
            _ => return Err(ConfigError::new(ConfigErrorKind::Duplicate, "the body in what is signed")),
        }
        let timestamp = self.timestamp()?;
        if matches!(timestamp, TimestampSource::None) && self.tolerance.is_set() {
            return Err(ConfigError::new(ConfigErrorKind::Missing, "the time that the tolerance is for"));
        }
        let in_head = matches!(timestamp, TimestampSource::Header(_) | TimestampSource::Pairs);
        self.agree(&Part::Timestamp, in_head, "the timestamp")?;
        self.agree(&Part::Id, self.id_header.is_some(), "the header of the id")?;
        self.agree(&Part::PublicUrl, self.public_url.is_some(), "the public URL")?;
        let id = self.id_header.clone().transpose()?;
        if id.as_ref().is_some_and(|name| names_a_time(name.as_str())) {
            let error = ConfigError::new(ConfigErrorKind::Malformed, "the header of the id");
            return Err(error.expected("an id: a time belongs into `timestamp_header`, which checks it"));
        }
        let signatures = self.header.clone()?;
        let header = if let TimestampSource::Header(name) = &timestamp { Some(name) } else { None };
        let names = [Some(&signatures), header, id.as_ref()];
        if names.iter().enumerate().any(|(at, name)| name.is_some() && names.iter().take(at).any(|other| other == name))
        {
            return Err(ConfigError::new(ConfigErrorKind::Duplicate, "the name of a header"));
        }
        let pieces = Pieces::new(&self.parts, self.public_url.as_deref())?;
        Ok(Content { pieces, timestamp, id, tolerance: self.tolerance.build()? })
    }

    pub(super) fn signatures(&self, lengths: RangeInclusive<usize>) -> Result<Signatures, ConfigError> {
        let list = self.list.map(checked_separator).transpose()?;
        let pairs = match &self.pairs {
            Some((separator, timestamp, signature)) => Some(self.checked_pairs(*separator, timestamp, signature)?),
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
        let (prefix, may_repeat) = (self.prefix.as_bytes().into(), self.may_repeat);
        Ok(Signatures { prefix, list, pairs, may_repeat, ..Signatures::new(self.encoding, lengths) })
    }

    fn checked_pairs(&self, separator: char, timestamp: &str, signature: &str) -> Result<Pairs, ConfigError> {
        if self.list == Some(separator) {
            return Err(ConfigError::new(ConfigErrorKind::Conflict, "the list of signatures"));
        }
        let separators = [Some(separator), self.list];
        let can_stand = |c: char| c.is_ascii_graphic() && c != '=' && !separators.contains(&Some(c));
        if [timestamp, signature].iter().any(|name| name.is_empty() || !name.chars().all(can_stand)) {
            let error = ConfigError::new(ConfigErrorKind::Malformed, "the name of a field");
            return Err(error.expected("visible ASCII without `=`, blanks and the separator"));
        }
        if timestamp == signature {
            return Err(ConfigError::new(ConfigErrorKind::Duplicate, "the name of a field"));
        }
        let separator = checked_separator(separator)?;
        Ok(Pairs { separator, timestamp: timestamp.as_bytes().into(), signature: signature.as_bytes().into() })
    }

    fn timestamp(&self) -> Result<TimestampSource, ConfigError> {
        match (&self.timestamp_header, &self.pairs, &self.timestamp_in_body) {
            (None, None, None) => Ok(TimestampSource::None),
            (Some(name), None, None) => Ok(TimestampSource::Header(name.clone()?)),
            (None, Some(_), None) => Ok(TimestampSource::Pairs),
            (None, None, Some(path)) => match members::path(path) {
                Some(path) => Ok(TimestampSource::Body(path)),
                None => Err(ConfigError::new(ConfigErrorKind::Malformed, "the member of the timestamp")
                    .expected("names with dots between them, such as `data.sent_at`")),
            },
            _ => Err(ConfigError::new(ConfigErrorKind::Conflict, "one source of the timestamp")),
        }
    }

    fn agree(&self, part: &Part, has_source: bool, setting: &'static str) -> Result<(), ConfigError> {
        match (self.count(part) > 0, has_source) {
            (true, false) => Err(ConfigError::new(ConfigErrorKind::Missing, setting)),
            (false, true) => Err(ConfigError::new(ConfigErrorKind::Unsigned, setting)),
            _ => Ok(()),
        }
    }

    fn count(&self, part: &Part) -> usize {
        self.parts.iter().filter(|other| *other == part).count()
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
