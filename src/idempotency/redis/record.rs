use http::StatusCode;

use crate::idempotency::Token;

/// What stands under a key: `P` and a token, or `D` and a status.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Record {
    Claimed(Token),
    Done(StatusCode),
}

impl Record {
    pub(super) fn encode(self) -> impl AsRef<[u8]> {
        match self {
            Self::Claimed(token) => [b"P".as_slice(), &token.to_bytes()].concat(),
            Self::Done(status) => [b"D", status.as_str().as_bytes()].concat(),
        }
    }

    /// `None` for what somebody else has written there.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (b'P', token) => Some(Self::Claimed(Token::from_bytes(token.try_into().ok()?))),
            (b'D', status) => StatusCode::from_bytes(status).ok().filter(StatusCode::is_success).map(Self::Done),
            _ => None,
        }
    }
}
