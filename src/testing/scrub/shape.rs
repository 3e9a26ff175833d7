//! Other characters of the same kinds in the same places.

use super::{Scrubber, draw::Draw};

/// The characters that can stand in a place: those of one kind.
pub(super) type Kind = &'static [u8];

pub(super) const DIGITS: Kind = b"0123456789";
pub(super) const DIGITS_BUT_ZERO: Kind = b"123456789";
pub(super) const LOWER_HEX: Kind = b"0123456789abcdef";
pub(super) const UPPER_HEX: Kind = b"0123456789ABCDEF";
const LOWER: Kind = b"abcdefghijklmnopqrstuvwxyz";
const UPPER: Kind = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// More than enough to mix both halves.
const ROUNDS: usize = 8;

/// The kind of a character; `None` if it stays as it is.
pub(super) fn kind_of(byte: u8) -> Option<Kind> {
    match byte {
        b'0'..=b'9' => Some(DIGITS),
        b'a'..=b'z' => Some(LOWER),
        b'A'..=b'Z' => Some(UPPER),
        _ => None,
    }
}

/// The fake of a text, letters for letters and digits for digits.
pub(super) fn fake(scrubber: &Scrubber, text: &str) -> String {
    fake_of_kinds(scrubber, text, |_, byte| kind_of(byte), |_| true)
}

/// The fake of an ASCII text, of characters of these kinds, that `fits`, as the text itself must.
///
/// Texts of the same kinds that fit have fakes that differ from each other, and from themselves: the fakes are the texts in
/// an order that the key determines, each in the place of the one before it.
pub(super) fn fake_of_kinds(
    scrubber: &Scrubber,
    text: &str,
    kind: impl Fn(usize, u8) -> Option<Kind>,
    fits: impl Fn(&str) -> bool,
) -> String {
    let mut signs = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        if let Some(kind) = kind(at, byte) {
            let place = kind.iter().position(|other| *other == byte);
            signs.extend(place.map(|place| Sign { at, kind, place }));
        }
    }
    let order = Order::new(scrubber, &signs);
    order.number(&mut signs);
    let mut first = None;
    for _ in 0..MAX_DRAWS {
        add_one(&mut signs);
        let mut found = signs.clone();
        order.undo(&mut found);
        let mut bytes = text.as_bytes().to_vec();
        for Sign { at, kind, place } in found {
            if let (Some(byte), Some(other)) = (bytes.get_mut(at), kind.get(place)) {
                *byte = *other;
            }
        }
        let fake = String::from_utf8(bytes).unwrap_or_default();
        // It comes back to the text at last.
        if fits(&fake) || fake == text {
            return fake;
        }
        first.get_or_insert(fake);
    }
    first.unwrap_or_default()
}

/// How many fakes are tried: where hardly any fits, one of the same kinds must do.
const MAX_DRAWS: usize = 200;

/// A character that changes.
#[derive(Clone)]
struct Sign {
    at: usize,
    kind: Kind,
    /// Which one of its kind it is.
    place: usize,
}

/// The next text in the order, and the first after the last.
fn add_one(signs: &mut [Sign]) {
    for sign in signs {
        sign.place = (sign.place + 1) % sign.kind.len();
        if sign.place != 0 {
            break;
        }
    }
}

/// An order of all texts of the same kinds.
struct Order<'s> {
    scrubber: &'s Scrubber,
    /// The sizes of the kinds, so that each list of them has an order of its own. Both cases of letters share one.
    kinds: Vec<u8>,
}

impl<'s> Order<'s> {
    fn new(scrubber: &'s Scrubber, signs: &[Sign]) -> Self {
        let kinds = signs.iter().map(|sign| u8::try_from(sign.kind.len()).unwrap_or_default()).collect();
        Self { scrubber, kinds }
    }

    /// The text whose place in the order is what these say as a number: a Feistel network, whose rounds add to one half
    /// what a hash makes of the other.
    fn number(&self, signs: &mut [Sign]) {
        if let [sign] = signs {
            let places = self.shuffled(sign.kind.len());
            sign.place = places.get(sign.place).copied().unwrap_or_default();
            return;
        }
        for round in 0..ROUNDS {
            self.mix(signs, round, |place, drawn, len| (place + drawn) % len);
        }
    }

    /// The reverse of [`number`](Self::number).
    fn undo(&self, signs: &mut [Sign]) {
        if let [sign] = signs {
            let places = self.shuffled(sign.kind.len());
            sign.place = places.iter().position(|place| *place == sign.place).unwrap_or_default();
            return;
        }
        for round in (0..ROUNDS).rev() {
            self.mix(signs, round, |place, drawn, len| (place + len - drawn) % len);
        }
    }

    fn mix(&self, signs: &mut [Sign], round: usize, combine: impl Fn(usize, usize, usize) -> usize) {
        let (left, right) = signs.split_at_mut(signs.len() / 2);
        let (changed, other) = if round % 2 == 0 { (left, right) } else { (right, left) };
        let mut value = self.kinds.clone();
        value.extend(other.iter().map(|sign| u8::try_from(sign.place).unwrap_or_default()));
        value.extend(u8::try_from(round));
        let mut draw = self.scrubber.draw("shape", &value);
        for sign in changed {
            let len = sign.kind.len();
            sign.place = combine(sign.place, below(&mut draw, len), len);
        }
    }

    /// All places of a single character: a network has no other half to draw from.
    fn shuffled(&self, len: usize) -> Vec<usize> {
        let mut draw = self.scrubber.draw("one", &self.kinds);
        let mut places: Vec<_> = (0..len).map(|place| (draw.below(u32::MAX), place)).collect();
        places.sort_unstable();
        places.into_iter().map(|(_, place)| place).collect()
    }
}

fn below(draw: &mut Draw, end: usize) -> usize {
    let end = u32::try_from(end).unwrap_or(u32::MAX);
    usize::try_from(draw.below(end)).unwrap_or_default()
}
