/// What the [`IdempotencyLayer`](super::IdempotencyLayer) did with a delivery.
///
/// The layer puts it into the response's extensions, together with the [`EventKey`](super::EventKey). Read it in an outer
/// layer to log or count.
///
/// | outcome | the handler ran | answer |
/// |---|---|---|
/// | `First`, `Late`, `Uncommitted` | yes, and answered 2xx | the handler's |
/// | `Failed` | yes, and answered another status | the handler's |
/// | `Unclaimed` | yes | the handler's |
/// | `Replayed` | no | the stored 2xx, without a body |
/// | `InProgress`, `Unavailable` | no | 503 with `Retry-After` |
/// | `Unidentified`, `Unscoped` | no | 500 |
///
/// # Examples
///
/// ```
/// use tower_webhook::idempotency::Outcome;
///
/// fn count<B>(response: &http::Response<B>) {
///     match response.extensions().get::<Outcome>() {
///         Some(Outcome::Late) => println!("the lease is too short for the handler"),
///         Some(Outcome::Uncommitted | Outcome::Unavailable) => println!("the store does not answer"),
///         _ => {}
///     }
/// }
/// # count(&http::Response::new(()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The handler ran and answered 2xx, and the event is done.
    First,
    /// Like `First`, but the claim had ended before the commit. Either the lease had expired, so another attempt may
    /// have run too, or the answer to a first commit was lost.
    Late,
    /// The handler ran and answered 2xx, but the commit failed twice. The store goes on trying, if it can
    /// ([`Store::commit_detached`](super::Store::commit_detached)). If that fails too, a duplicate after the lease runs the
    /// handler again.
    Uncommitted,
    /// The handler ran and did not answer 2xx. The retry runs it again.
    Failed,
    /// The store did not confirm the claim, and the handler ran without one, because
    /// [`fail_open`](super::IdempotencyLayer::fail_open) is set.
    Unclaimed,
    /// The event was done already: this delivery is a duplicate.
    Replayed,
    /// Another delivery of the event is being handled.
    InProgress,
    /// The store did not answer or is full.
    Unavailable,
    /// No outer layer has identified the event: mount the webhook layer outside.
    Unidentified,
    /// The function of [`scope_by`](super::IdempotencyLayer::scope_by) has found no scope.
    Unscoped,
}

impl Outcome {
    /// The outcome as one word, for logs and as a label of metrics: `in_progress`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Late => "late",
            Self::Uncommitted => "uncommitted",
            Self::Failed => "failed",
            Self::Unclaimed => "unclaimed",
            Self::Replayed => "replayed",
            Self::InProgress => "in_progress",
            Self::Unavailable => "unavailable",
            Self::Unidentified => "unidentified",
            Self::Unscoped => "unscoped",
        }
    }
}
