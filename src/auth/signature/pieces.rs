//! What is signed, cut into pieces that can be split in one way only.
//!
//! A signature proves bytes, and not where a value in them ends. If there were two ways to split them, one recorded
//! signature would prove both: the id `evt_` with the body `1pay=1`, and the id `evt_1` with the body `pay=1`. So the
//! bytes alone must show each border, read from both ends towards the body:
//!
//! - a timestamp of digits ends where the digits end, or has a fixed number of them;
//! - a timestamp of RFC 3339 ends where that form ends;
//! - a query ends where the body begins with a byte that no query has;
//! - any other value ends where the literal between it and the body first occurs. An id may also end where a timestamp
//!   of RFC 3339 begins, whose first colon is at a fixed place, if it has no colon itself.
//!
//! If the body is not signed, everything is read from the left.

use http::{HeaderName, Uri, uri::PathAndQuery};

use super::{
    content::{Part, SignedHead},
    tolerance::has_usual_length,
};
use crate::{
    ConfigError, ConfigErrorKind,
    delivery::TimeFormat,
    headers,
    json::members::{self, Path},
};

#[derive(Clone, Debug)]
enum Piece {
    /// Not empty, and not next to another.
    Fixed(Vec<u8>),
    Timestamp,
    Id,
    Uri,
    Query,
    Header(HeaderName),
    /// The member of the body with this number.
    Member(usize),
}

/// What is signed before the body and after it.
#[derive(Clone, Debug)]
pub(in crate::auth) struct Pieces {
    before: Vec<Piece>,
    after: Vec<Piece>,
    form: TimeFormat,
    signs_body: bool,
    /// The members of the body that are signed, if the body itself is not.
    members: Vec<Box<Path>>,
}

/// The side of the body on which a piece is.
#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

/// What is next to a piece, towards the body.
#[derive(Clone, Copy)]
enum Inner<'a> {
    Piece(&'a Piece),
    Body,
    /// Nothing: the body is not signed.
    End,
}

impl Pieces {
    /// Cuts the parts at the body. A timestamp is digits.
    ///
    /// # Errors
    ///
    /// A border cannot be found in the bytes.
    pub(in crate::auth) fn new(parts: &[Part], public_url: Option<&str>) -> Result<Self, ConfigError> {
        Self::with_times(parts, public_url, TimeFormat::UnixSeconds)
    }

    /// Cuts the parts at the body. A timestamp is written in this form.
    ///
    /// # Errors
    ///
    /// A border cannot be found in the bytes, or a part cannot be read.
    pub(super) fn with_times(parts: &[Part], public_url: Option<&str>, form: TimeFormat) -> Result<Self, ConfigError> {
        let mut pieces = Self { before: Vec::new(), after: Vec::new(), form, signs_body: false, members: Vec::new() };
        for part in parts {
            pieces.add(part, public_url)?;
        }
        pieces.borders().try_for_each(|(side, piece, inner)| check_border(form, side, piece, inner))?;
        Ok(pieces)
    }

    fn add(&mut self, part: &Part, public_url: Option<&str>) -> Result<(), ConfigError> {
        let piece = match part {
            Part::Timestamp => Piece::Timestamp,
            Part::Id => Piece::Id,
            Part::Uri => Piece::Uri,
            Part::Query => Piece::Query,
            Part::Header(name) => Piece::Header(headers::parse_name(&**name, "the name of a signed header")?),
            Part::Member(path) => {
                self.members.push(members::checked_path(path, "the signed member of the body")?);
                Piece::Member(self.members.len() - 1)
            }
            Part::Literal(bytes) => Piece::Fixed(bytes.to_vec()),
            Part::Method => Piece::Fixed(b"POST".to_vec()),
            Part::PublicUrl => Piece::Fixed(public_url.unwrap_or_default().as_bytes().to_vec()),
            Part::Body => {
                self.signs_body = true;
                return Ok(());
            }
        };
        let pieces = if self.signs_body { &mut self.after } else { &mut self.before };
        match (pieces.last_mut(), piece) {
            (Some(Piece::Fixed(run)), Piece::Fixed(bytes)) => run.extend(bytes),
            (_, Piece::Fixed(bytes)) if bytes.is_empty() => {}
            (_, piece) => pieces.push(piece),
        }
        Ok(())
    }

    /// Each piece with its neighbour towards the body.
    fn borders(&self) -> impl Iterator<Item = (Side, &Piece, Inner<'_>)> {
        let center = if self.signs_body { Inner::Body } else { Inner::End };
        let inner_before = self.before.iter().skip(1).map(Inner::Piece).chain([center]);
        let inner_after = [center].into_iter().chain(self.after.iter().map(Inner::Piece));
        let before = self.before.iter().zip(inner_before).map(|(piece, inner)| (Side::Before, piece, inner));
        before.chain(self.after.iter().zip(inner_after).map(|(piece, inner)| (Side::After, piece, inner)))
    }

    /// Whether each value of this head ends where the bytes say so.
    pub(super) fn fit_head(&self, head: &SignedHead<'_>) -> bool {
        self.borders().all(|(side, piece, inner)| match (piece, inner) {
            (Piece::Fixed(_), _) => true,
            (Piece::Timestamp, Inner::Piece(Piece::Member(_))) => has_usual_length(head.timestamp, self.form),
            (Piece::Timestamp, _) => true,
            (_, Inner::Piece(Piece::Fixed(end))) => side.ends_first(piece.value(head), end),
            (_, Inner::Piece(Piece::Timestamp)) => !piece.value(head).contains(&b':'),
            (Piece::Query, _) => piece.value(head).iter().all(is_of_query),
            _ => true,
        })
    }

    /// Whether the body ends what it touches: it has no digit next to a timestamp, and no byte of a query next to one.
    pub(super) fn fit_body(&self, body: &[u8]) -> bool {
        self.borders().all(|(side, piece, inner)| match (piece, inner) {
            (Piece::Timestamp, Inner::Body) if self.form != TimeFormat::Rfc3339 => {
                !side.touching(body).is_some_and(u8::is_ascii_digit)
            }
            (Piece::Query, Inner::Body) => side.touching(body).is_some_and(|byte| !is_of_query(byte)),
            _ => true,
        })
    }

    pub(super) fn sign_body(&self) -> bool {
        self.signs_body
    }

    /// The members of the body that are signed, if the body itself is not.
    pub(super) fn members(&self) -> &[Box<Path>] {
        &self.members
    }

    /// The headers that are signed, other than those of the time and the id.
    pub(super) fn headers(&self) -> impl Iterator<Item = &HeaderName> {
        self.before.iter().chain(&self.after).filter_map(|piece| match piece {
            Piece::Header(name) => Some(name),
            _ => None,
        })
    }

    /// Hands over what is signed, piece by piece.
    pub(super) fn feed<'a>(&'a self, head: &SignedHead<'a>, body: &'a [u8], sink: &mut dyn FnMut(&'a [u8])) {
        self.before.iter().for_each(|piece| sink(piece.value(head)));
        if self.signs_body {
            sink(body);
        }
        self.after.iter().for_each(|piece| sink(piece.value(head)));
    }
}

impl Piece {
    fn value<'a>(&'a self, head: &SignedHead<'a>) -> &'a [u8] {
        let parts = head.head.parts;
        match self {
            Self::Fixed(bytes) => bytes,
            Self::Timestamp => head.timestamp,
            Self::Id => head.id.map_or(b"", |id| id.as_bytes()),
            Self::Uri => parts.uri.path_and_query().map_or("", PathAndQuery::as_str).as_bytes(),
            Self::Query => query(&parts.uri),
            Self::Header(name) => parts.headers.get(name).map_or(b"", |value| value.as_bytes()),
            Self::Member(number) => head.members.get(*number).map_or(b"", |text| text.as_bytes()),
        }
    }
}

/// The query with its question mark, or nothing.
fn query(uri: &Uri) -> &[u8] {
    let text = uri.path_and_query().map_or("", PathAndQuery::as_str);
    text.find('?').and_then(|at| text.get(at..)).unwrap_or_default().as_bytes()
}

/// Whether a byte can be in a query, with its question mark ([RFC 3986, 3.4]). `http` lets others through, among them
/// those with which JSON begins.
///
/// [RFC 3986, 3.4]: https://www.rfc-editor.org/rfc/rfc3986#section-3.4
fn is_of_query(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(byte)
}

impl Side {
    /// The byte of `inner` that touches the piece on this side.
    fn touching(self, inner: &[u8]) -> Option<&u8> {
        match self {
            Self::Before => inner.first(),
            Self::After => inner.last(),
        }
    }

    /// Whether `end`, which follows `value` towards the body, does not begin within it.
    fn ends_first(self, value: &[u8], end: &[u8]) -> bool {
        !(0..value.len()).any(|at| match self {
            Self::Before => value.iter().skip(at).chain(end).zip(end).all(|(a, b)| a == b),
            Self::After => {
                value.iter().rev().skip(at).chain(end.iter().rev()).zip(end.iter().rev()).all(|(a, b)| a == b)
            }
        })
    }
}

fn check_border(form: TimeFormat, side: Side, piece: &Piece, inner: Inner<'_>) -> Result<(), ConfigError> {
    let is_rfc3339 = form == TimeFormat::Rfc3339;
    let (setting, expected) = match (piece, inner) {
        // The end of what is signed ends it too.
        (Piece::Fixed(_), _) | (_, Inner::End) => return Ok(()),
        (Piece::Timestamp, _) if is_rfc3339 => return Ok(()),
        (Piece::Timestamp, Inner::Body | Inner::Piece(Piece::Member(_))) => return Ok(()),
        (Piece::Timestamp, Inner::Piece(Piece::Fixed(run))) if !side.touching(run).is_some_and(u8::is_ascii_digit) => {
            return Ok(());
        }
        (Piece::Timestamp, _) => ("what is signed next to the timestamp", "a literal that does not go on with a digit"),
        (_, Inner::Piece(Piece::Fixed(_))) => return Ok(()),
        (Piece::Query, Inner::Body) if matches!(side, Side::Before) => return Ok(()),
        (Piece::Id, Inner::Piece(Piece::Timestamp)) if is_rfc3339 && matches!(side, Side::Before) => return Ok(()),
        (Piece::Header(_), _) => ("what is signed next to the header", "a literal between it and the body"),
        (Piece::Member(_), _) => ("what is signed next to the member of the body", "a literal"),
        (Piece::Id | Piece::Uri | Piece::Query, _) => {
            ("what is signed next to the id or the URI", "a literal between it and the body")
        }
    };
    Err(ConfigError::new(ConfigErrorKind::Malformed, setting).expected(expected))
}
