use std::{
    sync::Mutex,
    time::{SystemTime, UNIX_EPOCH},
};

use super::{Ending, Observation, Observer};

/// Writes one event per delivery with the crate `tracing`.
///
/// | ending | level |
/// |---|---|
/// | handled with a status below 500, or an endpoint verification | `INFO` |
/// | rejected, failed, given up, or a status of 500 and more | `WARN` |
///
/// The target is `tower_webhook`. The fields are: `provider`, `event` (of the types that your enum knows), `ending`,
/// `http.response.status_code`, `error.type` ([`Rejection::label`](crate::Rejection::label)), `reason`, `key` (the label),
/// `http.request.body.size`, `attempt`, `duration_ms`, and with the idempotency layer `outcome` and `event_key`, which is a
/// keyed hash. Names with dots are those of OpenTelemetry. No id, no header, no path and no byte of a body is among them.
///
/// Under a flood of forgeries, only the first 20 rejections of each second are written. The next one that is written says
/// in `suppressed` how many were not.
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
    rejections: Mutex<Bound>,
}

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
}

/// Fields that are `None` are not written.
macro_rules! event {
    ($level:ident, $seen:ident, $suppressed:expr, $message:literal) => {{
        let delivery = $seen.delivery;
        let (outcome, event_key) = of_idempotency($seen);
        tracing::event!(
            target: "tower_webhook",
            tracing::Level::$level,
            provider = $seen.provider,
            event = delivery.and_then(|delivery| delivery.known_event_type()),
            ending = $seen.ending.as_str(),
            http.response.status_code = $seen.status.map(|status| status.as_u16()),
            error.r#type = $seen.rejection.map(|rejection| rejection.label()),
            reason = $seen.rejection.map(tracing::field::display),
            key = delivery.and_then(|delivery| delivery.key_label()),
            http.request.body.size = delivery.map(|delivery| delivery.body_len()),
            attempt = delivery.and_then(|delivery| delivery.attempt()).map(|attempt| attempt.into_inner()),
            duration_ms = $seen.elapsed.as_secs_f64() * 1000.0,
            outcome,
            event_key = event_key.map(tracing::field::display),
            suppressed = $suppressed,
            $message
        )
    }};
}

impl Observer for TracingObserver {
    fn finished(&self, seen: &Observation<'_>) {
        let is_error = seen.status.is_some_and(|status| status.is_server_error());
        match seen.ending {
            Ending::Rejected => {
                let admitted = match self.rejections.lock() {
                    Ok(mut bound) => bound.admit(seen.arrived_at),
                    Err(_) => Some(0),
                };
                if let Some(suppressed) = admitted {
                    event!(WARN, seen, (suppressed > 0).then_some(suppressed), "delivery rejected");
                }
            }
            Ending::Handled if !is_error => event!(INFO, seen, None::<u64>, "delivery handled"),
            Ending::Verification => event!(INFO, seen, None::<u64>, "endpoint verified"),
            _ => event!(WARN, seen, None::<u64>, "delivery not handled"),
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
