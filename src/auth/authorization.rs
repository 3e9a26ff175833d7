use http::{HeaderMap, header::AUTHORIZATION};

use super::only_value;
use crate::Rejection;

/// The credential in `Authorization` after the scheme's word, which is compared in any letter
/// case and followed by one or more spaces (RFC 9110, 11.4).
pub(super) fn credential<'a>(headers: &'a HeaderMap, scheme: &str) -> Result<&'a [u8], Rejection> {
    let value = only_value(headers, &AUTHORIZATION)?.as_bytes();
    let (word, mut credential) = value.split_at_checked(scheme.len()).ok_or_else(Rejection::unauthenticated)?;
    let mut spaces = 0;
    while let [b' ', rest @ ..] = credential {
        credential = rest;
        spaces += 1;
    }
    if word.eq_ignore_ascii_case(scheme.as_bytes()) && spaces > 0 && !credential.is_empty() {
        Ok(credential)
    } else {
        Err(Rejection::unauthenticated())
    }
}
