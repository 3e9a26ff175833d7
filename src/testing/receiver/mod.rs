//! Attacks your receiver, as senders, networks and forgers do, and says in sentences what went wrong.
//!
//! [`ReceiverSuite`] plays a sender with a [`TestSender`]: genuine events of every kind, new types and values,
//! duplicates in a row and at once, out of order, every kind of bad credential, altered, re-framed, malformed,
//! oversized, slow and broken bodies, and texts that no answer may contain. [`ReceiverSuite::cases`] lists the cases.
//! It needs no runtime.
//!
//! # Examples
//!
//! The whole test of a receiver on axum:
//!
//! ```
//! use std::sync::{Arc, atomic::{AtomicUsize, Ordering}};
//! use ::axum::{Router, extract::State, http::StatusCode, routing::post};
//! use tower_webhook::{
//!     idempotency::{IdempotencyLayer, MemoryStore},
//!     provider::preset,
//!     testing::{TestSender, receiver::ReceiverSuite},
//! };
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), tower_webhook::ConfigError> {
//! let stripe = TestSender::named("stripe")?;
//!
//! // Your application, with the key of the test.
//! let paid = Arc::new(AtomicUsize::new(0));
//! let handler = async |State(paid): State<Arc<AtomicUsize>>| {
//!     paid.fetch_add(1, Ordering::Relaxed);
//!     StatusCode::OK
//! };
//! let webhooks = preset::stripe().key(stripe.key()).build()?.into_layer();
//! let once = IdempotencyLayer::new(MemoryStore::new());
//! let app = Router::new()
//!     .route("/webhooks/stripe", post(handler).layer((webhooks, once)))
//!     .with_state(Arc::clone(&paid));
//!
//! ReceiverSuite::new(stripe).effects(move || paid.load(Ordering::Relaxed)).run(app).await.assert();
//! # Ok(())
//! # }
//! ```
//!
//! Without idempotency, it fails:
//!
//! ```text
//! The receiver of Stripe: 20 cases passed, 2 failed, 3 were left out.
//!
//! FAILED duplicates-in-a-row
//!   Sent: the same event three times, one after the other.
//!   Expected: a 2xx for each, and one effect in all.
//!   Happened: the handler had 3 effects where one was right.
//!   Why: senders send an event again if they did not see your answer, and a second effect charges or ships twice.
//! ```

mod body;
mod cases;
mod deliveries;
mod in_process;
mod judge;
mod junit;
mod maker;
mod report;
mod run;
mod shot;
mod socket;

use std::{fmt, sync::Arc, time::Duration};

use http::{Request, Response};
use tower::Service;

pub use self::{
    body::Body,
    report::{Outcome, Report, Verdict},
};
use self::{
    in_process::{InProcess, Timer},
    maker::Distinct,
    socket::Sockets,
};
use super::{TestDelivery, TestSender};
use crate::{BoxError, ConfigError};

/// Attacks a receiver of one sender's webhooks, and reports what it found.
///
/// [`run`](Self::run) calls a service, and [`run_at`](Self::run_at) sends over a socket, which shows more: what becomes
/// of the connection after a refusal. Mount the receiver as in production, with its limits and deadlines, with the key
/// of the [`TestSender`], or give that one yours by [`TestSender::with_key`].
///
/// # Examples
///
/// See [`receiver`](self).
#[derive(Clone)]
#[must_use = "nothing is sent before `run`"]
pub struct ReceiverSuite {
    sender: TestSender,
    events: Option<Vec<TestDelivery>>,
    distinct: Option<Arc<Distinct>>,
    effects: Option<Arc<dyn Fn() -> usize + Send + Sync>>,
    body_limit: usize,
    deadline: Option<Duration>,
    timer: Option<Arc<Timer>>,
    without: Vec<(String, String)>,
}

impl ReceiverSuite {
    /// Plays this sender, with all sample events of its description.
    pub fn new(sender: TestSender) -> Self {
        Self {
            sender,
            events: None,
            distinct: None,
            effects: None,
            body_limit: 1 << 20,
            deadline: None,
            timer: None,
            without: Vec::new(),
        }
    }

    /// The names of all cases, in the order in which they run.
    pub fn cases() -> impl Iterator<Item = &'static str> {
        cases::CASES.iter().map(|case| case.name)
    }

    /// Sends these events instead of the samples: those that your receiver knows, with the members that it needs.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::testing::{TestSender, receiver::ReceiverSuite};
    ///
    /// let stripe = TestSender::named("stripe")?;
    /// let paid = stripe.event("invoice.paid")?.member("data.object.customer", "cus_1");
    /// let suite = ReceiverSuite::new(stripe).events([paid]);
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn events(mut self, events: impl IntoIterator<Item = TestDelivery>) -> Self {
        self.events = Some(events.into_iter().collect());
        self
    }

    /// Makes different events of one, where your receiver tells them apart by something of its own. The number is of
    /// eight digits, and another for each event and in each run.
    ///
    /// By default, the id of the event is set. If the sender has none, all members whose names are those of ids are, and
    /// the time of the event.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::testing::{TestSender, receiver::ReceiverSuite};
    ///
    /// let suite = ReceiverSuite::new(TestSender::named("stripe")?)
    ///     .distinct(|event, number| event.event_id(format!("evt_{number}")).member("data.object.id", format!("in_{number}")));
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn distinct(mut self, make: impl Fn(TestDelivery, u64) -> TestDelivery + Send + Sync + 'static) -> Self {
        self.distinct = Some(Arc::new(make));
        self
    }

    /// Counts the effects that your handler has had until now: rows in a table, or calls of a mock. It is asked before a
    /// case and after each answer.
    ///
    /// Without it, only answers are judged, so a second effect of a duplicate is not seen.
    pub fn effects(mut self, count: impl Fn() -> usize + Send + Sync + 'static) -> Self {
        self.effects = Some(Arc::new(count));
        self
    }

    /// The length in bytes that your receiver allows for a body. The default is 1 MiB, as that of
    /// [`WebhookLayer::body_limit`](crate::WebhookLayer::body_limit).
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// How long your receiver may take over a body that does not come: a bit more than its own deadline. Without it, the
    /// case `slow` is left out.
    ///
    /// Over a socket, the case takes as long as your receiver, so give that a short deadline in the test. A service needs
    /// a [`timer`](Self::timer) too.
    ///
    /// # Examples
    ///
    /// With the paused time of tokio, in a `#[tokio::test(start_paused = true)]`, no time passes:
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_webhook::testing::{TestSender, receiver::ReceiverSuite};
    ///
    /// let suite = ReceiverSuite::new(TestSender::named("stripe")?)
    ///     .deadline(Duration::from_secs(11))
    ///     .timer(tokio::time::sleep);
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Measures the [`deadline`](Self::deadline) of a service: `tokio::time::sleep`, or that of another runtime.
    pub fn timer<F>(mut self, sleep: impl Fn(Duration) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.timer = Some(Arc::new(move |time| Box::pin(sleep(time))));
        self
    }

    /// Leaves this case out, for this reason, which the report repeats. The run fails if there is no such case.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::testing::{TestSender, receiver::ReceiverSuite};
    ///
    /// let suite = ReceiverSuite::new(TestSender::named("stripe")?)
    ///     .without("malformed", "the receiver keeps every body as it is")
    ///     .without("unknown-type", "the endpoint is subscribed to one type");
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn without(mut self, case: impl Into<String>, reason: impl Into<String>) -> Self {
        self.without.push((case.into(), reason.into()));
        self
    }

    /// Runs all cases on a service, such as an axum `Router`.
    pub async fn run<S, B>(self, service: S) -> Report
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone,
        S::Error: Into<BoxError>,
        B: http_body::Body,
        B::Error: Into<BoxError>,
    {
        let wire = InProcess { service, deadline: self.deadline, timer: self.timer.clone() };
        self.run_on(wire, None).await
    }

    /// Runs all cases on the receiver that listens at this URL, on this machine. A path in it replaces that of the
    /// [`TestSender`].
    ///
    /// It speaks HTTP/1.1, on a thread of its own that blocks, so it works on every runtime.
    ///
    /// # Errors
    ///
    /// The URL is not that of a loopback address, with `http`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use tower_webhook::testing::{TestSender, receiver::ReceiverSuite};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), tower_webhook::ConfigError> {
    /// let stripe = TestSender::named("stripe")?.with_key("whsec_new-and-random")?;
    /// ReceiverSuite::new(stripe).run_at("http://127.0.0.1:3000").await?.assert();
    /// # Ok(())
    /// # }
    /// ```
    pub async fn run_at(self, url: &str) -> Result<Report, ConfigError> {
        let (wire, path) = Sockets::new(url, self.deadline)?;
        Ok(run::on_a_thread(move || self.run_on(wire, path)).await)
    }
}

/// Shows the sender.
impl fmt::Debug for ReceiverSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiverSuite").field("sender", &self.sender).finish_non_exhaustive()
    }
}
