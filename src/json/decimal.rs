//! Decimal numbers of any length, as texts.

/// More zeros than this are not written out.
const MOST_ZEROS: usize = 64;

/// The number in plain notation without needless zeros: texts of equal numbers become equal. `None` if it is not a decimal
/// number, or if its exponent is far out.
pub(super) fn plain(text: &str) -> Option<String> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => (true, unsigned),
        None => (false, text),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<isize>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    if [whole, fraction].iter().any(|part| part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    // The digits, and how many of them stand before the point.
    let mut digits = [whole, fraction].concat();
    let point = whole.len().checked_add_signed(exponent);
    let missing_before = if point.is_none() { exponent.unsigned_abs() - whole.len() } else { 0 };
    let missing_after = point.unwrap_or_default().saturating_sub(digits.len());
    if missing_before.max(missing_after) > MOST_ZEROS {
        return None;
    }
    digits.insert_str(0, &"0".repeat(missing_before));
    digits.push_str(&"0".repeat(missing_after));
    let (whole, fraction) = digits.split_at_checked(point.unwrap_or_default())?;
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let sign = if negative && !(whole.is_empty() && fraction.is_empty()) { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}
