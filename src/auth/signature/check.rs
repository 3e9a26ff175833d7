use super::{Algorithm, Content, Layout, Part, SignedBuilder, TimestampSource, layout::Pairs};
use crate::{ConfigError, ConfigErrorKind};

/// What `build` checks: that all that is signed is read, and all that is read is signed.
impl<A: Algorithm> SignedBuilder<A> {
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
        if self.public_url.as_ref().is_some_and(|url| url.trim().is_empty()) {
            return Err(ConfigError::new(ConfigErrorKind::Blank, "the public URL"));
        }
        let id = self.id_header.clone().transpose()?;
        if self.parts.windows(2).any(|parts| matches!(parts, [Part::Id | Part::Uri, next] if !next.is_fixed())) {
            return Err(ConfigError::new(ConfigErrorKind::Missing, "a literal behind the id or the URI"));
        }
        Ok(Content { parts: self.resolved_parts(), timestamp, id, tolerance: self.tolerance.build()? })
    }

    pub(super) fn layout(&self) -> Result<Layout, ConfigError> {
        let malformed = |setting| Err(ConfigError::new(ConfigErrorKind::Malformed, setting));
        let separator = self.list.or(self.pairs.as_ref().map(|(separator, ..)| *separator));
        let can_stand = |text: &str| text.chars().all(|c| (' '..='~').contains(&c) && Some(c) != separator);
        if !std::str::from_utf8(&self.prefix).is_ok_and(can_stand) {
            return malformed("the prefix");
        }
        if let Some((_, timestamp, signature)) = &self.pairs {
            let is_name = |name: &str| !name.is_empty() && !name.contains('=') && can_stand(name);
            if !is_name(timestamp) || !is_name(signature) {
                return malformed("the name of a field");
            }
        }
        match (self.list, &self.pairs) {
            (None, None) => Ok(Layout::One),
            (Some(separator), None) => Ok(Layout::List(checked_separator(separator)?)),
            (Some(_), Some(_)) => Err(ConfigError::new(ConfigErrorKind::Conflict, "the list of signatures")),
            (None, Some(_)) if !self.prefix.is_empty() => {
                Err(ConfigError::new(ConfigErrorKind::Conflict, "the prefix"))
            }
            (None, Some((_, timestamp, signature))) if timestamp == signature => {
                Err(ConfigError::new(ConfigErrorKind::Duplicate, "the name of a field"))
            }
            (None, Some((separator, timestamp, signature))) => Ok(Layout::Pairs(Pairs {
                separator: checked_separator(*separator)?,
                timestamp: timestamp.as_bytes().into(),
                signature: signature.as_bytes().into(),
            })),
        }
    }

    fn timestamp(&self) -> Result<TimestampSource, ConfigError> {
        match (&self.timestamp_header, &self.pairs, &self.timestamp_in_body) {
            (None, None, None) => Ok(TimestampSource::None),
            (Some(name), None, None) => Ok(TimestampSource::Header(name.clone()?)),
            (None, Some(_), None) => Ok(TimestampSource::Pairs),
            (None, None, Some(field)) => Ok(TimestampSource::Body(field.as_str().into())),
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

/// A byte that no encoding of a signature uses, so that it can stand between two.
fn checked_separator(separator: char) -> Result<u8, ConfigError> {
    match u8::try_from(separator) {
        Ok(byte @ (b' ' | b',' | b';' | b'|' | b'&' | b':' | b'.')) => Ok(byte),
        _ => Err(ConfigError::new(ConfigErrorKind::Malformed, "the separator")),
    }
}
