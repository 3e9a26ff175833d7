//! Numbers, in JSON and in strings.

use super::{
    Scrubber,
    shape::{DIGITS, DIGITS_BUT_ZERO, Kind, fake_of_kinds},
};

/// Up to which number each range goes: signed and unsigned integers of 32 and 64 bits, integers that are exact in
/// JavaScript, and Unix times: up to the year 9999 in seconds, and up to 2038 in those, milliseconds, microseconds and
/// nanoseconds.
const RANGES: [u128; 9] = [
    0x7FFF_FFFF,
    0xFFFF_FFFF,
    253_402_207_200,
    2_147_483_647_999,
    2_147_483_647_999_999,
    0x001F_FFFF_FFFF_FFFF,
    2_147_483_647_999_999_999,
    0x7FFF_FFFF_FFFF_FFFF,
    0xFFFF_FFFF_FFFF_FFFF,
];

/// The fake of a number of JSON; `None` if it is not one.
pub(super) fn fake(scrubber: &Scrubber, number: &str) -> Option<String> {
    let Some(at) = number.find(['e', 'E']) else { return fake_decimal(scrubber, number) };
    let (mantissa, exponent) = number.split_at_checked(at)?;
    // `e-12`: a longer one says zero, or has more digits than a real one.
    let len = exponent.find(|sign: char| sign.is_ascii_digit())? + 3;
    let exponent = exponent.get(..len).unwrap_or(exponent);
    let is_finite = |mantissa: &str| format!("{mantissa}{exponent}").parse::<f64>().is_ok_and(f64::is_finite);
    let fake = Decimal::read(mantissa)?.fake(scrubber, is_finite);
    // At the end of the range of `f64`, no other mantissa may fit.
    let has_room = fake != mantissa && is_finite(&fake);
    Some(if has_room { format!("{fake}{exponent}") } else { fake_decimal(scrubber, mantissa)? })
}

/// The fake of a number without an exponent, which may begin with `+` or with zeros; `None` if it is not one.
pub(super) fn fake_decimal(scrubber: &Scrubber, number: &str) -> Option<String> {
    let decimal = Decimal::read(number)?;
    let range = decimal.range();
    let is_finite = decimal.is_finite();
    let fits =
        |fake: &str| Decimal::read(fake).is_some_and(|fake| fake.range() == range && fake.is_finite() == is_finite);
    Some(decimal.fake(scrubber, fits))
}

struct Decimal<'a> {
    text: &'a str,
    whole: &'a str,
}

impl<'a> Decimal<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        [whole, fraction].into_iter().all(are_digits).then_some(Self { text, whole })
    }

    fn range(&self) -> Option<usize> {
        let whole: u128 = self.whole.parse().ok()?;
        let is_negative = self.text.starts_with('-');
        // The least integer is one further from zero than the greatest.
        let whole = if is_negative { whole.saturating_sub(1) } else { whole };
        RANGES.iter().position(|range| whole <= *range)
    }

    fn is_finite(&self) -> bool {
        self.text.parse::<f64>().is_ok_and(f64::is_finite)
    }

    /// Zero stays: it is neither positive nor negative.
    fn is_zero(&self) -> bool {
        self.text.bytes().all(|byte| !byte.is_ascii_digit() || byte == b'0')
    }

    fn fake(&self, scrubber: &Scrubber, fits: impl Fn(&str) -> bool) -> String {
        if self.is_zero() {
            return self.text.to_owned();
        }
        let first = self.text.len() - self.text.trim_start_matches(['-', '+']).len();
        let kind = |at: usize, byte: u8| -> Option<Kind> {
            match byte {
                // A zero here is none of these, and stays: `0.75` is below one, and `08001` is no number of JSON.
                b'0'..=b'9' if at == first => Some(DIGITS_BUT_ZERO),
                b'0'..=b'9' => Some(DIGITS),
                _ => None,
            }
        };
        fake_of_kinds(scrubber, self.text, kind, |fake| {
            fits(fake) && Decimal::read(fake).is_some_and(|fake| !fake.is_zero())
        })
    }
}
