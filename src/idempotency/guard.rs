use super::{EventKey, Store, Token};

/// Gives a claim back when it is dropped, however the attempt ends, until it is told that there is none to give back.
///
/// It is armed before the claim is sent: one that landed although nobody heard of it is given back too.
pub(super) struct Guard<'a, St: Store> {
    store: &'a St,
    key: EventKey,
    token: Token,
    armed: bool,
}

impl<'a, St: Store> Guard<'a, St> {
    pub(super) fn arm(store: &'a St, key: EventKey, token: Token) -> Self {
        Self { store, key, token, armed: true }
    }

    pub(super) fn disarm(mut self) {
        self.armed = false;
    }
}

impl<St: Store> Drop for Guard<'_, St> {
    fn drop(&mut self) {
        if self.armed {
            self.store.abandon(self.key, self.token);
        }
    }
}
