//! Letters in place of a text.

use super::{Scrubber, draw::Draw};

/// A length that all lengths of one class share: half between the power of two below and the one above.
pub(super) fn class(len: usize) -> usize {
    match len.checked_ilog2() {
        None | Some(0 | 1) => len,
        Some(power) => 3 << (power - 1),
    }
}

/// The fake of a text that has no form of its own.
pub(super) fn fake(scrubber: &Scrubber, text: &str) -> String {
    let mut draw = scrubber.draw("text", text.as_bytes());
    let len = class(text.chars().count());
    let has_several = text.trim().contains(char::is_whitespace);
    std::iter::repeat_with(|| style(text, written(&mut draw, len, has_several)))
        .find(|fake| fake != text)
        .unwrap_or_default()
}

/// A word of so many letters.
pub(super) fn word(draw: &mut Draw, len: usize) -> String {
    (0..len).filter_map(|_| char::from_digit(10 + draw.below(26), 36)).collect()
}

fn written(draw: &mut Draw, len: usize, has_several: bool) -> String {
    let mut words = String::with_capacity(len);
    let mut left = len;
    while has_several && left > 4 {
        // As long as leaves two letters for the last one.
        let most = u32::try_from(left - 4).unwrap_or(u32::MAX).min(7);
        let len = usize::try_from(2 + draw.below(most)).unwrap_or(2);
        words.push_str(&word(draw, len));
        words.push(' ');
        left -= len + 1;
    }
    words.push_str(&word(draw, left));
    words
}

/// With capitals where the text has them: in all places, or in the first.
fn style(text: &str, fake: String) -> String {
    let is_capital = |letter: char| letter.is_uppercase();
    if text.contains(is_capital) && !text.contains(char::is_lowercase) {
        return fake.to_ascii_uppercase();
    }
    match fake.split_at_checked(1) {
        Some((first, rest)) if text.starts_with(is_capital) => first.to_ascii_uppercase() + rest,
        _ => fake,
    }
}
