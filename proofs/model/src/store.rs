//! What a store holds of one event, and how each step changes it: the rules of `Store`, in the versions of the three stores.

use crate::Planted;

/// Tells attempts apart. Numbers that nobody refers to any more are used again.
pub type Token = u8;

/// What the store holds under the key of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Entry {
    Absent,
    /// A claim. Half of its lease has run out if it is `aged`.
    Claimed {
        by: Token,
        aged: bool,
    },
    Done,
    /// PostgreSQL only: a row that has ended. It keeps out the claim of the attempt that it names.
    Ended(Option<Token>),
}

impl Entry {
    /// Whether it is the claim of this attempt, or its end.
    pub fn names(self, token: Token) -> bool {
        matches!(self, Self::Claimed { by, .. } | Self::Ended(Some(by)) if by == token)
    }
}

/// What an attempt asks a store for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    Claim,
    Commit,
    Release,
    Renew,
}

/// What a store answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    Acquired,
    InProgress,
    Done,
    /// Whether the claim was still held.
    Committed(bool),
    Released,
    Renewed(bool),
}

/// In what the stores differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Memory,
    Redis,
    Postgres,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Memory, Self::Redis, Self::Postgres];

    /// Takes one step, whole: a store is atomic.
    pub fn take(self, step: Step, token: Token, entry: &mut Entry, planted: Planted) -> Answer {
        match step {
            Step::Claim => self.claim(token, entry, planted),
            Step::Commit => {
                let held = matches!(*entry, Entry::Claimed { by, .. } if by == token);
                *entry = Entry::Done;
                Answer::Committed(held)
            }
            Step::Release => {
                self.release(token, entry, planted);
                Answer::Released
            }
            Step::Renew => match entry {
                Entry::Claimed { by, aged } if *by == token => {
                    *aged = false;
                    Answer::Renewed(true)
                }
                Entry::Done if planted == Planted::RenewsDone => {
                    *entry = Entry::Claimed { by: token, aged: false };
                    Answer::Renewed(true)
                }
                _ => Answer::Renewed(false),
            },
        }
    }

    fn claim(self, token: Token, entry: &mut Entry, planted: Planted) -> Answer {
        match *entry {
            Entry::Done if planted != Planted::ForgetsDone => Answer::Done,
            // A server may get a claim twice, so it knows the token. Nothing sends it twice to the memory.
            Entry::Claimed { by, .. } if by == token && self != Self::Memory => Answer::Acquired,
            Entry::Claimed { .. } if planted != Planted::ClaimsTwice => Answer::InProgress,
            Entry::Ended(Some(released)) if released == token => Answer::InProgress,
            _ => {
                *entry = Entry::Claimed { by: token, aged: false };
                Answer::Acquired
            }
        }
    }

    fn release(self, token: Token, entry: &mut Entry, planted: Planted) {
        let ended = if self == Self::Postgres { Entry::Ended(Some(token)) } else { Entry::Absent };
        match *entry {
            Entry::Claimed { by, .. } if by == token || planted == Planted::ReleasesOthers => *entry = ended,
            Entry::Done if planted == Planted::ReleasesDone => *entry = ended,
            Entry::Absent => *entry = ended,
            _ => {}
        }
    }

    /// Half a lease passes.
    pub fn age(self, entry: &mut Entry, planted: Planted) {
        match entry {
            Entry::Claimed { aged: true, .. } if planted == Planted::NoLease => {}
            Entry::Claimed { by, aged: true } => {
                *entry = if self == Self::Postgres { Entry::Ended(Some(*by)) } else { Entry::Absent };
            }
            Entry::Claimed { aged, .. } => *aged = true,
            _ => {}
        }
    }

    /// What is held is forgotten: its time to live has passed, it had to make room, or the store has lost its data.
    pub fn forget(self, entry: &mut Entry) {
        *entry = match *entry {
            Entry::Claimed { by, .. } if self == Self::Postgres => Entry::Ended(Some(by)),
            Entry::Done if self == Self::Postgres => Entry::Ended(None),
            Entry::Ended(token) => Entry::Ended(token),
            _ => Entry::Absent,
        };
    }
}
