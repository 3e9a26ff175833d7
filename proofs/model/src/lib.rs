//! A model of the claim protocol of `tower_webhook::idempotency`, small enough to visit every state of it.
//!
//! - [`store`]: what a store holds of an event, and what each step does to it.
//! - [`protocol`]: all that can happen next in a state.
//! - [`check`]: the properties, and `stateright`, which visits all states.
//! - [`paths`]: paths through the model, which `tests/replay.rs` takes on the real layer and the real stores.

pub mod check;
pub mod paths;
pub mod protocol;
pub mod store;

/// A window for a second effect, as `docs/idempotency.md` lists them. While one is closed, it does not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// A lease runs out while the handler, or the commit after it, is under way.
    Lease,
    /// The process dies between the effect and the commit.
    Death,
    /// After its effect, the handler does not answer 2xx: it fails, it panics, or its sender hangs up and it is dropped.
    Failure,
    /// The commit of an effect does not reach the store until the lease has run out.
    Uncommitted,
    /// The store forgets an event that its sender still sends.
    Forgotten,
    /// With `fail_open`, the handler runs without a claim.
    FailOpen,
}

impl Window {
    /// The name of the window in `docs/idempotency.md`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lease => "the lease ends first",
            Self::Death => "the process dies",
            Self::Failure => "no 2xx after the effect",
            Self::Uncommitted => "the commit is lost",
            Self::Forgotten => "the store forgets",
            Self::FailOpen => "`fail_open`",
        }
    }

    pub const ALL: [Self; 6] =
        [Self::Lease, Self::Death, Self::Failure, Self::Uncommitted, Self::Forgotten, Self::FailOpen];
}

/// A fault in the protocol, which the checker must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    Nothing,
    /// Claims never run out.
    NoLease,
    /// A claim succeeds beside another one.
    ClaimsTwice,
    /// A claim succeeds on an event that is done.
    ForgetsDone,
    /// A release does not compare the token.
    ReleasesOthers,
    /// A release also ends what is done.
    ReleasesDone,
    /// A renewal makes a claim of what is done.
    RenewsDone,
    /// All attempts have the same token.
    OneToken,
    /// The layer releases its claim if it cannot commit.
    ReleasesUncommitted,
    /// The layer commits whatever the handler answers.
    CommitsFailure,
    /// The layer answers 2xx while another attempt is under way.
    AcceptsInProgress,
}

impl Planted {
    pub const FAULTS: [Self; 10] = [
        Self::NoLease,
        Self::ClaimsTwice,
        Self::ForgetsDone,
        Self::ReleasesOthers,
        Self::ReleasesDone,
        Self::RenewsDone,
        Self::OneToken,
        Self::ReleasesUncommitted,
        Self::CommitsFailure,
        Self::AcceptsInProgress,
    ];
}
