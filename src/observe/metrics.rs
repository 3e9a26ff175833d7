use std::time::{SystemTime, UNIX_EPOCH};

use http::StatusCode;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use super::{Accepted, Drift, Ending, Observation, Observer};
use crate::RejectionKind;

/// Counts and measures deliveries with the crate `metrics`.
///
/// | metric | kind | labels |
/// |---|---|---|
/// | `webhook_deliveries_total` | counter | `provider`, `event`, `ending`, `status`, `outcome` |
/// | `webhook_rejections_total` | counter | `provider`, `reason` |
/// | `webhook_authentication_failures_total` | counter | `provider` |
/// | `webhook_drift_total` | counter | `provider`, `kind`, `type` |
/// | `webhook_kept_total` | counter | `provider` |
/// | `webhook_duration_seconds` | histogram | `provider`, `ending` |
/// | `webhook_body_bytes` | histogram | `provider` |
/// | `webhook_in_flight` | gauge | `provider` |
/// | `webhook_last_accepted_timestamp_seconds` | gauge | `provider` |
/// | `webhook_key_last_used_timestamp_seconds` | gauge | `provider`, `key` |
///
/// All labels come from closed sets, whatever senders send: `provider` and `key` from your settings (the keys of tenants are
/// left out; keys of your own `KeySource` are not if it names no tenant), `event` from the types that your enum lists (`unknown` for others, empty without a decoded event), `ending` from [`Ending`], `status` is the
/// class such as `2xx`, `reason` is [`Rejection::label`](crate::Rejection::label), and `outcome` is that of the idempotency
/// layer, or empty.
///
/// `webhook_authentication_failures_total` counts signatures and keys that are missing, wrong or stale: alert on it. The
/// `reason` is in `webhook_rejections_total`, with all others.
///
/// `webhook_drift_total` counts deliveries with something that your types do not know ([`Drift`]): the provider has changed
/// something. `kind` is `event`, `value` or `member`, and `type` the name of your enum or struct, or empty. This decodes each
/// delivery twice; [`without_drift`](Self::without_drift) leaves it out.
///
/// `webhook_kept_total` counts deliveries that are kept as dead letters (feature `dead-letters`). A delivery that you send
/// again is counted like others, and does not move the two timestamps.
///
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
#[derive(Clone, Copy, Debug)]
pub struct MetricsObserver {
    counts_drift: bool,
}

impl MetricsObserver {
    /// Describes the metrics to the recorder that is installed.
    #[must_use]
    pub fn new() -> Self {
        describe_counter!("webhook_deliveries_total", "Deliveries, by how they ended.");
        describe_counter!("webhook_rejections_total", "Rejected deliveries, by reason.");
        describe_counter!(
            "webhook_authentication_failures_total",
            "Deliveries whose signature or key is missing, wrong or stale."
        );
        describe_counter!("webhook_drift_total", "Deliveries with something that the receiver's types do not know.");
        describe_histogram!("webhook_duration_seconds", Unit::Seconds, "Time from the head to the response.");
        describe_histogram!("webhook_body_bytes", Unit::Bytes, "Length of the bodies of authentic deliveries.");
        describe_gauge!("webhook_in_flight", "Deliveries that are being received or handled.");
        describe_counter!("webhook_kept_total", "Deliveries that are kept as dead letters.");
        describe_gauge!("webhook_last_accepted_timestamp_seconds", "When the last delivery was answered 2xx.");
        describe_gauge!("webhook_key_last_used_timestamp_seconds", "When the key last proved a delivery.");
        Self { counts_drift: true }
    }

    /// Does not count drift, so that no delivery is decoded twice.
    #[must_use]
    pub fn without_drift(mut self) -> Self {
        self.counts_drift = false;
        self
    }
}

impl Default for MetricsObserver {
    fn default() -> Self {
        Self::new()
    }
}

impl Observer for MetricsObserver {
    fn arrived(&self, provider: &str) {
        gauge!("webhook_in_flight", "provider" => provider.to_owned()).increment(1.0);
    }

    fn accepted(&self, accepted: &Accepted<'_>) {
        let drift = if self.counts_drift { accepted.drift() } else { Vec::new() };
        for drift in drift {
            let (kind, of) = match drift {
                Drift::Event => ("event", ""),
                Drift::Value(name) => ("value", name),
                Drift::Member(name) => ("member", name),
            };
            let provider = accepted.delivery.provider().to_owned();
            counter!("webhook_drift_total", "provider" => provider, "kind" => kind, "type" => of).increment(1);
        }
    }

    fn finished(&self, seen: &Observation<'_>) {
        let provider = || seen.provider.to_owned();
        let ending = seen.ending.as_str();
        gauge!("webhook_in_flight", "provider" => provider()).decrement(1.0);
        histogram!("webhook_duration_seconds", "provider" => provider(), "ending" => ending).record(seen.elapsed);
        counter!(
            "webhook_deliveries_total",
            "provider" => provider(),
            "event" => event(seen),
            "ending" => ending,
            "status" => seen.status.map_or("", class),
            "outcome" => outcome(seen),
        )
        .increment(1);
        if let Some(rejection) = seen.rejection {
            counter!("webhook_rejections_total", "provider" => provider(), "reason" => rejection.label()).increment(1);
            if rejection.kind() == RejectionKind::Unauthenticated {
                counter!("webhook_authentication_failures_total", "provider" => provider()).increment(1);
            }
        }
        let arrived_at = seconds(seen.arrived_at);
        // What you send again says nothing about the provider.
        if seen.ending == Ending::Handled && !seen.is_replay() && seen.status.is_some_and(|status| status.is_success())
        {
            gauge!("webhook_last_accepted_timestamp_seconds", "provider" => provider()).set(arrived_at);
        }
        if let Some(delivery) = seen.delivery {
            let len = u32::try_from(delivery.body_len()).unwrap_or(u32::MAX);
            histogram!("webhook_body_bytes", "provider" => provider()).record(len);
        }
        if seen.is_kept() {
            counter!("webhook_kept_total", "provider" => provider()).increment(1);
        }
        // Keys that are looked up by tenant are not a closed set.
        let by_settings = seen.delivery.filter(|delivery| delivery.tenant().is_none() && !seen.is_replay());
        if let Some(key) = by_settings.and_then(|delivery| delivery.key_label()) {
            let key = key.to_owned();
            gauge!("webhook_key_last_used_timestamp_seconds", "provider" => provider(), "key" => key).set(arrived_at);
        }
    }
}

fn event(seen: &Observation<'_>) -> &'static str {
    let Some(delivery) = seen.delivery else { return "" };
    match delivery.known_event_type() {
        Some(known) => known,
        None if !matches!(seen.ending, Ending::Rejected | Ending::Verification) && delivery.event_type().is_some() => {
            "unknown"
        }
        None => "",
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
