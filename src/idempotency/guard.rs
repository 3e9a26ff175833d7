use std::time::Duration;

use http::StatusCode;

use super::{EventKey, Store, Token};

/// Tells the store how an attempt ended, also where nobody can wait for it: when it is dropped.
///
/// It is armed before the claim is sent: one that landed although nobody heard of it is given back too.
pub(super) struct Guard<'a, St: Store> {
    store: &'a St,
    key: EventKey,
    token: Token,
    end: End,
}

/// What is left to tell the store.
enum End {
    GiveBack,
    Record(StatusCode, Duration),
    Nothing,
}

impl<'a, St: Store> Guard<'a, St> {
    pub(super) fn arm(store: &'a St, key: EventKey, token: Token) -> Self {
        Self { store, key, token, end: End::GiveBack }
    }

    /// The effect has happened: from here on, to give the claim back would be to have it twice.
    pub(super) fn succeeded(&mut self, status: StatusCode, ttl: Duration) {
        self.end = End::Record(status, ttl);
    }

    pub(super) fn disarm(mut self) {
        self.end = End::Nothing;
    }
}

impl<St: Store> Drop for Guard<'_, St> {
    fn drop(&mut self) {
        match self.end {
            End::GiveBack => self.store.abandon(self.key, self.token),
            End::Record(status, ttl) => self.store.record(self.key, self.token, status, ttl),
            End::Nothing => {}
        }
    }
}
