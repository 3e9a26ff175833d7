//! Observability: see each delivery, for logs, metrics and traces.
//!
//! Give a layer an [`Observer`] with [`WebhookLayer::observer`](crate::WebhookLayer::observer). It learns how each delivery
//! ended: handled, rejected, failed, or given up by its sender. Two observers are ready to use:
//!
//! | observer | feature | what it does |
//! |---|---|---|
//! | `TracingObserver` | `tracing` | one event per delivery, with the crate `tracing` |
//! | `MetricsObserver` | `metrics` | counters, histograms and gauges, with the crate `metrics` |
//!
//! A tuple of two observers is an observer, so that you can use both.
//!
//! # Examples
//!
//! A line per delivery:
//!
//! ```
//! use tower_webhook::{observe::{Observation, Observer}, provider::truemed::Truemed};
//!
//! struct Lines;
//!
//! impl Observer for Lines {
//!     fn finished(&self, seen: &Observation<'_>) {
//!         let reason = seen.rejection.map(ToString::to_string).unwrap_or_default();
//!         println!("{} {} in {:?} {reason}", seen.provider, seen.ending, seen.elapsed);
//!     }
//! }
//!
//! let truemed = Truemed::builder().api_key("tm_live_8Jq2vXw9Lr5t").build()?.into_layer().observer(Lines);
//! # Ok::<_, tower_webhook::ConfigError>(())
//! ```

#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "tracing")]
mod tracing;
mod watch;

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use http::{Extensions, StatusCode};

#[cfg(feature = "metrics")]
pub use self::metrics::MetricsObserver;
#[cfg(feature = "tracing")]
pub use self::tracing::TracingObserver;
pub(crate) use self::watch::Watch;
use crate::{Delivery, Rejection};

/// Sees how each delivery ended.
///
/// The methods run while the request is answered: they must not block. They see nothing that the sender could fill with
/// personal data, except through [`Observation::delivery`] and [`Observation::extensions`]: use what has few values as
/// labels of metrics, such as [`Delivery::known_event_type`].
///
/// # Examples
///
/// See the [module](self).
pub trait Observer: Send + Sync + 'static {
    /// A request has arrived. The default does nothing.
    ///
    /// One call of [`finished`](Self::finished) follows each call, so the difference of both is the number of deliveries
    /// in flight.
    fn arrived(&self, provider: &str) {
        let _ = provider;
    }

    /// A request was answered, or its sender hung up.
    fn finished(&self, seen: &Observation<'_>);
}

impl<A: Observer, B: Observer> Observer for (A, B) {
    fn arrived(&self, provider: &str) {
        self.0.arrived(provider);
        self.1.arrived(provider);
    }

    fn finished(&self, seen: &Observation<'_>) {
        self.0.finished(seen);
        self.1.finished(seen);
    }
}

/// What an [`Observer`] sees of a delivery.
///
/// # Examples
///
/// See the [module](self).
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Observation<'a> {
    /// The name of the provider.
    pub provider: &'a str,
    /// How it ended.
    pub ending: Ending,
    /// When its head arrived, by the layer's [`Clock`](crate::clock::Clock).
    pub arrived_at: SystemTime,
    /// The time from the arrival of the head to the response, by the layer's [`Clock`](crate::clock::Clock). It is zero
    /// if that clock was set back.
    pub elapsed: Duration,
    /// The status of the response, if there is one.
    pub status: Option<StatusCode>,
    /// Why it was rejected.
    pub rejection: Option<&'a Rejection>,
    /// Its metadata, if it is authentic and was answered.
    pub delivery: Option<&'a Delivery>,
    /// The extensions of the response. They have what inner layers say, such as the `Outcome` and the `EventKey` of the
    /// idempotency layer.
    pub extensions: Option<&'a Extensions>,
}

/// How a delivery ended.
///
/// It is displayed as one word, for logs and as a label of metrics.
///
/// # Examples
///
/// ```
/// use tower_webhook::observe::Ending;
///
/// assert_eq!(Ending::Handled.to_string(), "handled");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ending {
    /// The inner service has answered: the handler, or a layer in front of it. [`Observation::status`] says what.
    Handled,
    /// The layer has rejected it.
    Rejected,
    /// The layer has answered an endpoint verification.
    Verification,
    /// The inner service has failed with an error instead of a response.
    Failed,
    /// The sender hung up, or the server was stopped, before the response.
    Abandoned,
}

impl Ending {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Handled => "handled",
            Self::Rejected => "rejected",
            Self::Verification => "verification",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Without the extensions, which can contain anything.
impl fmt::Debug for Observation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observation")
            .field("provider", &self.provider)
            .field("ending", &self.ending)
            .field("arrived_at", &self.arrived_at)
            .field("elapsed", &self.elapsed)
            .field("status", &self.status)
            .field("rejection", &self.rejection)
            .field("delivery", &self.delivery)
            .finish_non_exhaustive()
    }
}
