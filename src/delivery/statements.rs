//! What a provider states about an event, beside the event.

use std::{sync::OnceLock, time::SystemTime};

use bytes::Bytes;

use super::{Envelope, Stated};

/// The longest id or type that is kept, in bytes.
const MAX_TEXT: usize = 256;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Statements {
    pub(super) event_id: Option<Stated<Box<str>>>,
    pub(super) event_type: Option<Stated<Box<str>>>,
    pub(super) sent_at: Option<Stated<SystemTime>>,
    pub(super) attempt: Option<Stated<u32>>,
}

impl Statements {
    /// These, and what only the others say.
    pub(super) fn or(&self, others: &Self) -> Self {
        Self {
            event_id: self.event_id.clone().or_else(|| others.event_id.clone()),
            event_type: self.event_type.clone().or_else(|| others.event_type.clone()),
            sent_at: self.sent_at.or(others.sent_at),
            attempt: self.attempt.or(others.attempt),
        }
    }
}

/// What a body states. It is read when somebody asks for it first, which many receivers never do.
#[derive(Clone)]
pub(super) struct InBody {
    envelope: Envelope,
    body: Bytes,
    /// Whether the signature covers the body.
    covered: bool,
    found: OnceLock<Statements>,
}

impl InBody {
    pub(super) fn new(envelope: Envelope, body: Bytes, covered: bool) -> Self {
        Self { envelope, body, covered, found: OnceLock::new() }
    }

    pub(super) fn read(&self) -> &Statements {
        self.found.get_or_init(|| self.envelope.read_body(&self.body, self.covered))
    }
}

/// Copies a text that can be logged.
pub(super) fn plain(text: Stated<&str>) -> Option<Stated<Box<str>>> {
    is_plain(text.into_inner()).then(|| text.map(Box::from))
}

/// Whether a text of the sender is safe in a line of a log: it is short, and cannot end the line, move the cursor, or
/// reverse the order of the letters.
pub(super) fn is_plain(text: &str) -> bool {
    let printable = |letter: char| {
        !letter.is_control()
            && !matches!(letter,
                '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    // No early exit, so that the compiler can compare many bytes at once.
    let is_ascii = || text.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'));
    (1..=MAX_TEXT).contains(&text.len()) && (is_ascii() || text.chars().all(printable))
}
