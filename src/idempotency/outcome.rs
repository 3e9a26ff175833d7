/// What the [`IdempotencyLayer`](super::IdempotencyLayer) did with a delivery. It is in the response's extensions,
/// beside the [`EventKey`](super::EventKey), for an outer layer that counts or logs.
///
/// | outcome | the handler ran | answer |
/// |---|---|---|
/// | `First`, `Late`, `Unrecorded` | yes, to a 2xx | the handler's |
/// | `Failed` | yes, to another status | the handler's |
/// | `Unclaimed` | yes | the handler's |
/// | `Replayed` | no | the stored 2xx, empty |
/// | `InProgress`, `Unavailable` | no | 503 with `Retry-After` |
/// | `Unidentified` | no | 500 |
///
/// # Examples
///
/// ```
/// use tower_webhook::idempotency::Outcome;
///
/// fn count<B>(response: &http::Response<B>) {
///     match response.extensions().get::<Outcome>() {
///         Some(Outcome::Late) => println!("the lease is too short for the handler"),
///         Some(Outcome::Unrecorded | Outcome::Unavailable) => println!("the store does not answer"),
///         _ => {}
///     }
/// }
/// # count(&http::Response::new(()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The handler ran and answered 2xx, which is recorded.
    First,
    /// The same, and the claim was gone by then: the lease had run out and another attempt may have run too, or the answer
    /// to a first record was lost.
    Late,
    /// The handler ran and answered 2xx, and the store took no record of it in two tries: a duplicate that
    /// comes after the lease runs again.
    Unrecorded,
    /// The handler ran and did not answer 2xx: the retry runs again.
    Failed,
    /// The store did not answer, and the handler ran without a claim, as
    /// [`fail_open`](super::IdempotencyLayer::fail_open) says.
    Unclaimed,
    /// A duplicate of an event that has had its effect.
    Replayed,
    /// A duplicate of an event whose handler is at work.
    InProgress,
    /// The store did not answer, or has no place.
    Unavailable,
    /// No layer outside of this one has identified the event.
    Unidentified,
}
