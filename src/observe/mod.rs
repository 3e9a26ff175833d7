//! Observability: see each delivery, for logs, metrics and traces.
//!
//! Give a layer an [`Observer`] with [`WebhookLayer::observer`](crate::WebhookLayer::observer). It learns how each delivery
//! ended: handled, rejected, failed, or given up by its sender. Two observers are ready to use:
//!
//! | observer | feature | what it does |
//! |---|---|---|
//! | `TracingObserver` | `tracing` | a span and an event per delivery, with the crate `tracing` |
//! | `MetricsObserver` | `metrics` | counters, histograms and gauges, with the crate `metrics` |
//!
//! A tuple of two observers is an observer, so that you can use both. `cargo run --example axum` does, and serves
//! `/metrics`.
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
pub use crate::json::drift::Drift;
use crate::{Delivery, Rejection};

/// Sees how each delivery ended.
///
/// Only [`finished`](Self::finished) is required. For one delivery, the methods are called in the order in which they
/// stand here.
///
/// The methods run while the request is answered: they must not block. They see nothing that the sender could fill with
/// personal data, except through the [`Delivery`] and [`Observation::extensions`]: use what has few values as labels of
/// metrics, such as [`Delivery::known_event_type`].
///
/// # Examples
///
/// See the [module](self).
pub trait Observer: Send + Sync + 'static {
    /// Makes the span of a delivery, when its request arrives. The default is none.
    ///
    /// It is entered whenever the delivery is worked on: what your handler logs is inside, and so are the other methods
    /// of this trait.
    #[cfg(feature = "tracing")]
    fn span(&self, provider: &str) -> ::tracing::Span {
        let _ = provider;
        ::tracing::Span::none()
    }

    /// A request has arrived. The default does nothing.
    ///
    /// One call of [`finished`](Self::finished) follows each call, so the difference of both is the number of deliveries
    /// in flight.
    fn arrived(&self, provider: &str) {
        let _ = provider;
    }

    /// A delivery is authentic and its event is decoded: the inner service gets it next. The default does nothing.
    fn accepted(&self, accepted: &Accepted<'_>) {
        let _ = accepted;
    }

    /// A request was answered, or its sender hung up.
    fn finished(&self, seen: &Observation<'_>);
}

/// The span is that of the first one that makes one.
impl<A: Observer, B: Observer> Observer for (A, B) {
    #[cfg(feature = "tracing")]
    fn span(&self, provider: &str) -> ::tracing::Span {
        let span = self.0.span(provider);
        if span.is_none() { self.1.span(provider) } else { span }
    }

    fn arrived(&self, provider: &str) {
        self.0.arrived(provider);
        self.1.arrived(provider);
    }

    fn accepted(&self, accepted: &Accepted<'_>) {
        self.0.accepted(accepted);
        self.1.accepted(accepted);
    }

    fn finished(&self, seen: &Observation<'_>) {
        self.0.finished(seen);
        self.1.finished(seen);
    }
}

/// What an [`Observer`] sees of a delivery that the inner service gets.
///
/// # Examples
///
/// ```
/// use tower_webhook::observe::{Accepted, Drift, Observation, Observer};
///
/// struct Changes;
///
/// impl Observer for Changes {
///     fn accepted(&self, accepted: &Accepted<'_>) {
///         for drift in accepted.drift() {
///             match drift {
///                 Drift::Value(name) => eprintln!("{name} has a value that is new"),
///                 other => eprintln!("{other:?}"),
///             }
///         }
///     }
///
///     fn finished(&self, _: &Observation<'_>) {}
/// }
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Accepted<'a> {
    /// Its metadata.
    pub delivery: &'a Delivery,
    drift: &'a dyn Fn() -> Vec<Drift>,
}

impl Accepted<'_> {
    /// What it has that your types do not know, each kind and type once.
    ///
    /// This decodes the body a second time, so it costs as much as the first.
    #[must_use]
    pub fn drift(&self) -> Vec<Drift> {
        (self.drift)()
    }
}

impl fmt::Debug for Accepted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepted").field("delivery", &self.delivery).finish_non_exhaustive()
    }
}

/// What an [`Observer`] sees of a delivery that has ended.
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
    /// Its metadata, if it is authentic.
    pub delivery: Option<&'a Delivery>,
    /// The extensions of the response. They have what inner layers say, such as the `Outcome` and the `EventKey` of the
    /// idempotency layer.
    pub extensions: Option<&'a Extensions>,
}

#[cfg(any(feature = "metrics", feature = "tracing"))]
impl Observation<'_> {
    /// Whether you have sent it again.
    fn is_replay(&self) -> bool {
        self.delivery.is_some_and(Delivery::is_replay)
    }

    /// Whether it is kept as a dead letter.
    fn is_kept(&self) -> bool {
        #[cfg(feature = "dead-letters")]
        let is_kept = self.extensions.is_some_and(|of| of.get::<crate::dead_letters::Receipt>().is_some());
        #[cfg(not(feature = "dead-letters"))]
        let is_kept = false;
        is_kept
    }
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
    /// The sender hung up, the server was stopped, or the inner service panicked, before there was a response.
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
