use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tracing::{Level, Span, Value, field::display};

use super::{Accepted, Ending, Observation, Observer};
use crate::Delivery;

/// Makes a span and writes an event for each delivery, with the crate `tracing`.
///
/// | ending | level of the event |
/// |---|---|
/// | handled with a status below 500, or an endpoint verification | `INFO` |
/// | rejected, failed, given up, or a status of 500 and more | `WARN` |
///
/// The target is `tower_webhook`. The fields of the event are: `provider`, `event` (of the types that your enum knows),
/// `ending`, `http.response.status_code`, `error.type` ([`Rejection::label`](crate::Rejection::label)), `reason`, `key` (the
/// label), `http.request.body.size`, `attempt`, `duration_ms`, and with the idempotency layer `outcome` and `event_key`,
/// which is a keyed hash. `kept` is there if the delivery is a dead letter now, and `replay` if you have sent it again. Names
/// with dots are those of OpenTelemetry. No id, no header, no path and no byte of a body is
/// among them.
///
/// The span is called `webhook`, at the level `INFO`. What your handler logs is inside. It begins with `provider`, gets
/// `event` and `key` before the handler runs, and the other fields of the event at its end, without `reason` and
/// `duration_ms`. `otel.status_code` is `ERROR` if the delivery was not handled or its status is 500 or more. Its parent is
/// the span in which the layer is called, for example that of an outer layer that reads `traceparent`.
///
/// Under a flood of forgeries, only the first 20 rejections of each second are written. The next one that is written says
/// in `suppressed` how many were not. Spans are not counted, as nothing writes them by default: let your exporter sample
/// them.
///
/// # Examples
///
/// ```
/// use tower_webhook::{observe::TracingObserver, provider::truemed::Truemed};
///
/// let truemed = Truemed::builder().api_key("tm_live_8Jq2vXw9Lr5t").build()?.into_layer();
/// let truemed = truemed.observer(TracingObserver::new());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Debug, Default)]
pub struct TracingObserver {
    shows_tenants: bool,
    rejections: Mutex<Bound>,
}

const TARGET: &str = "tower_webhook";
const SPAN: &str = "webhook";

/// How many rejections each second are written.
const MOST_A_SECOND: u32 = 20;

#[derive(Debug, Default)]
struct Bound {
    second: u64,
    written: u32,
    suppressed: u64,
}

impl Bound {
    /// How many were left out before this one; `None` if it is left out itself.
    fn admit(&mut self, at: SystemTime) -> Option<u64> {
        let second = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        if self.second != second {
            (self.second, self.written) = (second, 0);
        }
        if self.written == MOST_A_SECOND {
            self.suppressed += 1;
            return None;
        }
        self.written += 1;
        Some(std::mem::take(&mut self.suppressed))
    }
}

impl TracingObserver {
    /// An observer that writes to the subscriber of the moment.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds [`Delivery::tenant`](crate::Delivery::tenant) to spans and events, as the field `tenant`. By default it is in
    /// neither, because the name of a tenant can be that of a person.
    #[must_use]
    pub fn show_tenants(mut self) -> Self {
        self.shows_tenants = true;
        self
    }

    fn tenant<'a>(&self, delivery: Option<&'a Delivery>) -> Option<&'a str> {
        delivery.filter(|_| self.shows_tenants).and_then(|delivery| delivery.tenant())
    }

    /// What is known as soon as a delivery is authentic.
    fn record_authentic(&self, span: &Span, delivery: &Delivery) {
        record(span, "event", delivery.known_event_type());
        record(span, "key", delivery.key_label());
        record(span, "tenant", self.tenant(Some(delivery)));
    }

    fn record_end(&self, span: &Span, seen: &Observation<'_>) {
        // Of other deliveries, `accepted` has recorded it.
        if let (Ending::Rejected | Ending::Verification, Some(delivery)) = (seen.ending, seen.delivery) {
            self.record_authentic(span, delivery);
        }
        let (outcome, event_key) = of_idempotency(seen);
        record(span, "http.request.body.size", seen.delivery.map(|delivery| delivery.body_len()));
        record(span, "attempt", attempt(seen));
        record(span, "ending", Some(seen.ending.as_str()));
        record(span, "http.response.status_code", seen.status.map(|status| status.as_u16()));
        record(span, "error.type", seen.rejection.map(|rejection| rejection.label()));
        record(span, "outcome", outcome);
        record(span, "event_key", event_key.map(display));
        record(span, "kept", seen.is_kept().then_some(true));
        record(span, "replay", seen.is_replay().then_some(true));
        record(span, "otel.status_code", is_error(seen).then_some("ERROR"));
    }
}

/// Not through `None`, for which subscribers write a blank.
fn record(span: &Span, field: &str, value: Option<impl Value>) {
    if let Some(value) = value {
        span.record(field, value);
    }
}

/// The span that this observer has made for the delivery, unless it is filtered out.
fn current() -> Option<Span> {
    let span = Span::current();
    let is_ours = span.metadata().is_some_and(|of| of.name() == SPAN && of.target() == TARGET);
    is_ours.then_some(span)
}

fn attempt(seen: &Observation<'_>) -> Option<u32> {
    Some(seen.delivery?.attempt()?.into_inner())
}

/// To the microsecond, so that a line has no more digits than the clock.
fn milliseconds(elapsed: Duration) -> f64 {
    f64::from(u32::try_from(elapsed.as_micros()).unwrap_or(u32::MAX)) / 1000.0
}

fn is_error(seen: &Observation<'_>) -> bool {
    matches!(seen.ending, Ending::Failed | Ending::Abandoned)
        || seen.status.is_some_and(|status| status.is_server_error())
}

/// Fields that are `None` are not written.
macro_rules! event {
    ($level:ident, $self:ident, $seen:ident, $suppressed:expr, $message:literal) => {{
        let delivery = $seen.delivery;
        let (outcome, event_key) = of_idempotency($seen);
        tracing::event!(
            target: TARGET,
            Level::$level,
            provider = $seen.provider,
            event = delivery.and_then(|delivery| delivery.known_event_type()),
            ending = $seen.ending.as_str(),
            http.response.status_code = $seen.status.map(|status| status.as_u16()),
            error.r#type = $seen.rejection.map(|rejection| rejection.label()),
            reason = $seen.rejection.map(display),
            key = delivery.and_then(|delivery| delivery.key_label()),
            tenant = $self.tenant(delivery),
            http.request.body.size = delivery.map(|delivery| delivery.body_len()),
            attempt = attempt($seen),
            duration_ms = milliseconds($seen.elapsed),
            outcome,
            event_key = event_key.map(display),
            kept = $seen.is_kept().then_some(true),
            replay = $seen.is_replay().then_some(true),
            suppressed = $suppressed,
            $message
        )
    }};
}

impl Observer for TracingObserver {
    fn span(&self, provider: &str) -> Span {
        use tracing::field::Empty;
        tracing::span!(
            target: TARGET,
            Level::INFO,
            SPAN,
            provider,
            event = Empty,
            key = Empty,
            tenant = Empty,
            http.request.body.size = Empty,
            attempt = Empty,
            ending = Empty,
            http.response.status_code = Empty,
            error.r#type = Empty,
            outcome = Empty,
            event_key = Empty,
            kept = Empty,
            replay = Empty,
            otel.status_code = Empty,
        )
    }

    fn accepted(&self, accepted: &Accepted<'_>) {
        if let Some(span) = current() {
            self.record_authentic(&span, accepted.delivery);
        }
    }

    fn finished(&self, seen: &Observation<'_>) {
        match seen.ending {
            Ending::Rejected => {
                let mut bound = self.rejections.lock().unwrap_or_else(PoisonError::into_inner);
                let admitted = bound.admit(seen.arrived_at);
                drop(bound);
                if let Some(suppressed) = admitted {
                    event!(WARN, self, seen, (suppressed > 0).then_some(suppressed), "delivery rejected");
                }
            }
            Ending::Verification => event!(INFO, self, seen, None::<u64>, "endpoint verified"),
            Ending::Handled if !is_error(seen) => event!(INFO, self, seen, None::<u64>, "delivery handled"),
            _ => event!(WARN, self, seen, None::<u64>, "delivery not handled"),
        }
        // After the event, whose line would have every field twice.
        if let Some(span) = current() {
            self.record_end(&span, seen);
        }
    }
}

#[cfg(feature = "idempotency")]
fn of_idempotency(seen: &Observation<'_>) -> (Option<&'static str>, Option<String>) {
    use crate::idempotency::{EventKey, Outcome};
    let outcome = seen.extensions.and_then(|extensions| extensions.get::<Outcome>());
    let key = seen.extensions.and_then(|extensions| extensions.get::<EventKey>());
    (outcome.map(|outcome| outcome.as_str()), key.map(EventKey::to_hex))
}

#[cfg(not(feature = "idempotency"))]
fn of_idempotency(_: &Observation<'_>) -> (Option<&'static str>, Option<String>) {
    (None, None)
}
