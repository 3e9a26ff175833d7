//! Dates and date-times as in RFC 3339.

use super::{Scrubber, draw::Draw};

/// Some offsets that are in use. The fake of one says nothing of where it was.
const OFFSETS: [(&str, &str, &str); 8] = [
    ("-", "08", "00"),
    ("-", "05", "00"),
    ("-", "03", "00"),
    ("+", "00", "00"),
    ("+", "01", "00"),
    ("+", "02", "00"),
    ("+", "05", "30"),
    ("+", "09", "00"),
];

/// The fake of a date, or of a date-time with an offset or without; `None` if it is none.
pub(super) fn fake(scrubber: &Scrubber, text: &str) -> Option<String> {
    let format = Format::read(text)?;
    let mut draw = scrubber.draw("date", text.as_bytes());
    std::iter::repeat_with(|| format.write(&mut draw)).find(|fake| fake != text)
}

struct Format<'a> {
    time: Option<Time<'a>>,
}

struct Time<'a> {
    /// `T`, `t` or a space.
    separator: &'a str,
    has_seconds: bool,
    /// How many digits of a second there are.
    fraction: usize,
    offset: Offset<'a>,
}

enum Offset<'a> {
    None,
    /// `Z` or `z`.
    Zulu(&'a str),
    /// `+01`, `+0100` or `+01:00`.
    Numeric {
        has_colon: bool,
        has_minutes: bool,
    },
}

impl<'a> Format<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let rest = digits(text, 4, 0..=9999)?.strip_prefix('-')?;
        let rest = digits(rest, 2, 1..=12)?.strip_prefix('-')?;
        let rest = digits(rest, 2, 1..=31)?;
        if rest.is_empty() {
            return Some(Self { time: None });
        }
        let (separator, rest) = rest.split_at_checked(1).filter(|(first, _)| matches!(*first, "T" | "t" | " "))?;
        let rest = digits(rest, 2, 0..=23)?.strip_prefix(':')?;
        let mut rest = digits(rest, 2, 0..=59)?;
        let (mut has_seconds, mut fraction) = (false, 0);
        if let Some(seconds) = rest.strip_prefix(':') {
            has_seconds = true;
            rest = digits(seconds, 2, 0..=60)?;
            if let Some(digits) = rest.strip_prefix('.') {
                rest = digits.trim_start_matches(|digit: char| digit.is_ascii_digit());
                fraction = Some(digits.len() - rest.len()).filter(|count| (1..=9).contains(count))?;
            }
        }
        let offset = Offset::read(rest)?;
        Some(Self { time: Some(Time { separator, has_seconds, fraction, offset }) })
    }

    fn write(&self, draw: &mut Draw) -> String {
        let (year, month, day) = (2002 + draw.below(34), 1 + draw.below(12), 1 + draw.below(28));
        let mut fake = format!("{year:04}-{month:02}-{day:02}");
        let Some(time) = &self.time else { return fake };
        fake.push_str(&format!("{}{:02}:{:02}", time.separator, draw.below(24), draw.below(60)));
        if time.has_seconds {
            fake.push_str(&format!(":{:02}", draw.below(60)));
        }
        if time.fraction > 0 {
            fake.push('.');
            fake.extend((0..time.fraction).filter_map(|_| char::from_digit(draw.below(10), 10)));
        }
        match time.offset {
            Offset::None => {}
            Offset::Zulu(letter) => fake.push_str(letter),
            Offset::Numeric { has_colon, has_minutes } => {
                let drawn = usize::try_from(draw.below(8)).ok().and_then(|at| OFFSETS.get(at));
                let (sign, hours, minutes) = drawn.copied().unwrap_or(("+", "00", "00"));
                fake.push_str(sign);
                fake.push_str(hours);
                fake.push_str(if has_colon { ":" } else { "" });
                fake.push_str(if has_minutes { minutes } else { "" });
            }
        }
        fake
    }
}

impl<'a> Offset<'a> {
    fn read(text: &'a str) -> Option<Self> {
        match text {
            "" => return Some(Self::None),
            "Z" | "z" => return Some(Self::Zulu(text)),
            _ => {}
        }
        let rest = digits(text.strip_prefix(['+', '-'])?, 2, 0..=23)?;
        if rest.is_empty() {
            return Some(Self::Numeric { has_colon: false, has_minutes: false });
        }
        let minutes = rest.strip_prefix(':');
        let end = digits(minutes.unwrap_or(rest), 2, 0..=59)?;
        end.is_empty().then_some(Self::Numeric { has_colon: minutes.is_some(), has_minutes: true })
    }
}

/// What follows so many digits that are a number in this range.
fn digits(text: &str, count: usize, range: std::ops::RangeInclusive<u32>) -> Option<&str> {
    let (number, rest) = text.split_at_checked(count)?;
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|number| is_number && range.contains(number)).map(|_| rest)
}
