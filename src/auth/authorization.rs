use http::{HeaderMap, header::AUTHORIZATION};

use super::only_value;
use crate::Rejection;

/// The credential in `Authorization` after the scheme's word, which is compared in any letter
/// case and followed by one or more spaces (RFC 9110, 11.4).
pub(super) fn credential<'a>(headers: &'a HeaderMap, scheme: &str) -> Result<&'a [u8], Rejection> {
    let value = only_value(headers, &AUTHORIZATION)?.as_bytes();
    value
        .split_at_checked(scheme.len())
        .filter(|(word, rest)| word.eq_ignore_ascii_case(scheme.as_bytes()) && rest.starts_with(b" "))
        .map(|(_, rest)| rest.trim_ascii_start())
        .filter(|credential| !credential.is_empty())
        .ok_or_else(Rejection::unauthenticated)
}
