use jiff::Timestamp;

use super::Stated;

/// The longest id or type that is kept, in bytes.
const MAX_TEXT: usize = 256;

/// What the envelope states beside what the scheme found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) event_id: Option<Stated<Box<str>>>,
    pub(super) event_type: Option<Stated<Box<str>>>,
    pub(super) sent_at: Option<Stated<Timestamp>>,
    pub(super) attempt: Option<Stated<u32>>,
}

/// Copies a text that is fit to be shown.
pub(super) fn copied(text: Stated<&str>) -> Option<Stated<Box<str>>> {
    is_plain(text.even_unsigned()).then(|| text.map(Box::from))
}

pub(super) fn borrowed(text: &Stated<Box<str>>) -> Stated<&str> {
    match text {
        Stated::Signed(text) => Stated::Signed(text),
        Stated::Unsigned(text) => Stated::Unsigned(text),
    }
}

/// Whether a text of the sender's can stand in a line of a log: it is short, and cannot end the line,
/// move the cursor, or turn the order of the letters around.
pub(super) fn is_plain(text: &str) -> bool {
    let printable = |letter: char| {
        !letter.is_control()
            && !matches!(letter,
                '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    (1..=MAX_TEXT).contains(&text.len()) && text.chars().all(printable)
}
