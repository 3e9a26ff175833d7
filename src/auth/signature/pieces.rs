//! What is signed, cut so that its bytes can be taken apart in one way only.
//!
//! A signature proves bytes, and not where a value in them ends. If there were two ways to take them apart, one recorded
//! signature would prove both: the id `evt_` with the body `1pay=1`, and the id `evt_1` with the body `pay=1`. So the
//! bytes alone show each border, from both ends towards the body, which is the rest:
//!
//! - a timestamp ends where the digits end;
//! - an id or a URI ends where the literal that stands between it and the body occurs first.

use http::uri::PathAndQuery;

use super::content::{Part, SignedHead};
use crate::{ConfigError, ConfigErrorKind};

#[derive(Clone, Debug)]
enum Piece {
    /// Not empty, and not next to another.
    Fixed(Vec<u8>),
    Timestamp,
    Id,
    Uri,
}

/// What is signed before the body and after it.
#[derive(Clone, Debug)]
pub(in crate::auth) struct Pieces {
    before: Vec<Piece>,
    after: Vec<Piece>,
}

/// The side of the body on which a piece is.
#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

impl Pieces {
    /// Cuts the parts at the body, which must be one of them.
    ///
    /// # Errors
    ///
    /// A border cannot be found in the bytes.
    pub(in crate::auth) fn new(parts: &[Part], public_url: Option<&str>) -> Result<Self, ConfigError> {
        let cut = |parts: &[Part]| parts.iter().fold(Vec::new(), |pieces, part| joined(pieces, part, public_url));
        let mut sides = parts.split(|part| *part == Part::Body);
        let (before, after) = (sides.next().map(cut), sides.next().map(cut));
        let pieces = Self { before: before.unwrap_or_default(), after: after.unwrap_or_default() };
        pieces.borders().try_for_each(|(side, piece, inner)| check_border(side, piece, inner))?;
        Ok(pieces)
    }

    /// Each piece with its neighbour towards the body, or `None` for the body itself.
    fn borders(&self) -> impl Iterator<Item = (Side, &Piece, Option<&Piece>)> {
        let inner_before = self.before.iter().skip(1).map(Some).chain([None]);
        let inner_after = [None].into_iter().chain(self.after.iter().map(Some));
        let before = self.before.iter().zip(inner_before).map(|(piece, inner)| (Side::Before, piece, inner));
        before.chain(self.after.iter().zip(inner_after).map(|(piece, inner)| (Side::After, piece, inner)))
    }

    /// Whether no id or URI of this head contains the literal that ends it.
    pub(super) fn fit_head(&self, head: &SignedHead<'_>) -> bool {
        self.borders().all(|(side, piece, inner)| match (piece, inner) {
            (Piece::Id | Piece::Uri, Some(Piece::Fixed(end))) => side.ends_first(piece.value(head), end),
            _ => true,
        })
    }

    /// Whether the body does not go on with the digits of a timestamp next to it.
    pub(super) fn fit_body(&self, body: &[u8]) -> bool {
        self.borders().all(|(side, piece, inner)| match (piece, inner) {
            (Piece::Timestamp, None) => !side.touching(body).is_some_and(u8::is_ascii_digit),
            _ => true,
        })
    }

    /// Whether nothing but the body is signed.
    pub(super) fn are_none(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }

    /// Hands over what is signed, piece by piece.
    pub(super) fn feed(&self, head: &SignedHead<'_>, body: &[u8], sink: &mut dyn FnMut(&[u8])) {
        self.before.iter().for_each(|piece| sink(piece.value(head)));
        sink(body);
        self.after.iter().for_each(|piece| sink(piece.value(head)));
    }
}

impl Piece {
    fn value<'a>(&'a self, head: &SignedHead<'a>) -> &'a [u8] {
        match self {
            Self::Fixed(bytes) => bytes,
            Self::Timestamp => head.timestamp,
            Self::Id => head.id.map_or(b"", |id| id.as_bytes()),
            Self::Uri => head.head.parts.uri.path_and_query().map_or("", PathAndQuery::as_str).as_bytes(),
        }
    }
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

fn joined(mut pieces: Vec<Piece>, part: &Part, public_url: Option<&str>) -> Vec<Piece> {
    let piece = match part {
        Part::Timestamp => Piece::Timestamp,
        Part::Id => Piece::Id,
        Part::Uri => Piece::Uri,
        Part::Literal(bytes) => Piece::Fixed(bytes.to_vec()),
        Part::Method => Piece::Fixed(b"POST".to_vec()),
        Part::PublicUrl => Piece::Fixed(public_url.unwrap_or_default().as_bytes().to_vec()),
        // The parts were cut at it.
        Part::Body => Piece::Fixed(Vec::new()),
    };
    match (pieces.last_mut(), piece) {
        (Some(Piece::Fixed(run)), Piece::Fixed(bytes)) => run.extend(bytes),
        (_, Piece::Fixed(bytes)) if bytes.is_empty() => {}
        (_, piece) => pieces.push(piece),
    }
    pieces
}

fn check_border(side: Side, piece: &Piece, inner: Option<&Piece>) -> Result<(), ConfigError> {
    let (setting, expected) = match (piece, inner) {
        (Piece::Fixed(_), _) | (Piece::Id | Piece::Uri, Some(Piece::Fixed(_))) | (Piece::Timestamp, None) => {
            return Ok(());
        }
        (Piece::Timestamp, Some(Piece::Fixed(run))) if !side.touching(run).is_some_and(u8::is_ascii_digit) => {
            return Ok(());
        }
        (Piece::Timestamp, _) => ("what is signed next to the timestamp", "a literal that does not go on with a digit"),
        (Piece::Id | Piece::Uri, _) => {
            ("what is signed next to the id or the URI", "a literal between it and the body")
        }
    };
    Err(ConfigError::new(ConfigErrorKind::Malformed, setting).expected(expected))
}
