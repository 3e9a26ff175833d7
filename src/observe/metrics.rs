use std::time::{SystemTime, UNIX_EPOCH};

use http::StatusCode;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use super::{Ending, Observation, Observer};

/// Counts and measures deliveries with the crate `metrics`.
///
/// | metric | kind | labels |
/// |---|---|---|
/// | `webhook_deliveries_total` | counter | `provider`, `event`, `ending`, `status`, `outcome` |
/// | `webhook_rejections_total` | counter | `provider`, `reason` |
/// | `webhook_unknown_events_total` | counter | `provider` |
/// | `webhook_duration_seconds` | histogram | `provider`, `ending` |
/// | `webhook_body_bytes` | histogram | `provider` |
/// | `webhook_in_flight` | gauge | `provider` |
/// | `webhook_last_accepted_timestamp_seconds` | gauge | `provider` |
/// | `webhook_key_last_used_timestamp_seconds` | gauge | `provider`, `key` |
///
/// All labels come from closed sets, whatever senders send: `provider` and `key` from your settings, `event` from the types
/// that your enum lists (`unknown` for others, empty without a decoded event), `ending` from [`Ending`], `status` is the
/// class such as `2xx`, `reason` is [`Rejection::label`](crate::Rejection::label), and `outcome` is that of the idempotency
/// layer, or empty.
///
/// `webhook_unknown_events_total` counts events whose type your enum does not list: the provider sends something new.
/// Timestamps are seconds since 1970, by the layer's clock: `time() - webhook_last_accepted_timestamp_seconds` is the time
/// since the last accepted delivery.
///
/// # Examples
///
/// ```
/// use tower_webhook::{observe::MetricsObserver, provider::truemed::Truemed};
///
/// // Install a recorder first, for example that of `metrics-exporter-prometheus`.
/// let truemed = Truemed::builder().api_key("tm_live_8Jq2vXw9Lr5t").build()?.into_layer();
/// let truemed = truemed.observer(MetricsObserver::new());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct MetricsObserver;

impl MetricsObserver {
    /// Describes the metrics to the recorder that is installed.
    #[must_use]
    pub fn new() -> Self {
        describe_counter!("webhook_deliveries_total", "Deliveries, by how they ended.");
        describe_counter!("webhook_rejections_total", "Rejected deliveries, by reason.");
        describe_counter!(
            "webhook_unknown_events_total",
            "Authentic events of a type that the receiver does not know."
        );
        describe_histogram!("webhook_duration_seconds", Unit::Seconds, "Time from the head to the response.");
        describe_histogram!("webhook_body_bytes", Unit::Bytes, "Length of the bodies of authentic deliveries.");
        describe_gauge!("webhook_in_flight", "Deliveries that are being received or handled.");
        describe_gauge!("webhook_last_accepted_timestamp_seconds", "When the last delivery was answered 2xx.");
        describe_gauge!("webhook_key_last_used_timestamp_seconds", "When the key last proved a delivery.");
        Self
    }
}

impl Observer for MetricsObserver {
    fn arrived(&self, provider: &str) {
        gauge!("webhook_in_flight", "provider" => provider.to_owned()).increment(1.0);
    }

    fn finished(&self, seen: &Observation<'_>) {
        let provider = || seen.provider.to_owned();
        let ending = seen.ending.as_str();
        gauge!("webhook_in_flight", "provider" => provider()).decrement(1.0);
        histogram!("webhook_duration_seconds", "provider" => provider(), "ending" => ending).record(seen.elapsed);
        let (event, is_unknown) = event(seen);
        counter!(
            "webhook_deliveries_total",
            "provider" => provider(),
            "event" => event,
            "ending" => ending,
            "status" => seen.status.map_or("", class),
            "outcome" => outcome(seen),
        )
        .increment(1);
        if is_unknown {
            counter!("webhook_unknown_events_total", "provider" => provider()).increment(1);
        }
        if let Some(rejection) = seen.rejection {
            counter!("webhook_rejections_total", "provider" => provider(), "reason" => rejection.label()).increment(1);
        }
        let arrived_at = seconds(seen.arrived_at);
        if seen.ending == Ending::Handled && seen.status.is_some_and(|status| status.is_success()) {
            gauge!("webhook_last_accepted_timestamp_seconds", "provider" => provider()).set(arrived_at);
        }
        if let Some(delivery) = seen.delivery {
            let len = u32::try_from(delivery.body_len()).unwrap_or(u32::MAX);
            histogram!("webhook_body_bytes", "provider" => provider()).record(len);
        }
        if let Some(key) = seen.delivery.and_then(|delivery| delivery.key_label()) {
            let key = key.to_owned();
            gauge!("webhook_key_last_used_timestamp_seconds", "provider" => provider(), "key" => key).set(arrived_at);
        }
    }
}

/// The label of the event, and whether it has a type that is not known.
fn event(seen: &Observation<'_>) -> (&'static str, bool) {
    let Some(delivery) = seen.delivery else { return ("", false) };
    match delivery.known_event_type() {
        Some(known) => (known, false),
        None if seen.ending == Ending::Handled && delivery.event_type().is_some() => ("unknown", true),
        None => ("", false),
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500.. => "5xx",
    }
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

#[cfg(feature = "idempotency")]
fn outcome(seen: &Observation<'_>) -> &'static str {
    let outcome = seen.extensions.and_then(|extensions| extensions.get::<crate::idempotency::Outcome>());
    outcome.map_or("", |outcome| outcome.as_str())
}

#[cfg(not(feature = "idempotency"))]
fn outcome(_: &Observation<'_>) -> &'static str {
    ""
}
