use std::{fmt, sync::Arc, time::Duration};

use http::{
    Extensions, HeaderName, StatusCode,
    header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION},
};
use tokio::time::timeout;

use super::{DeadLetter, DeadLetters, PublicKey, ReceiptKey};
use crate::{
    BoxError,
    receive::{Keep, Keeping, Lost, Original},
};

/// Says in the extensions of a handler's response that no retry will help: the delivery is kept, and the sender need
/// not send it again.
///
/// # Examples
///
/// ```
/// use axum::{Extension, http::StatusCode, response::IntoResponse};
/// use tower_webhook::dead_letters::FailedForGood;
///
/// async fn handler() -> impl IntoResponse {
///     // The order does not exist here. No retry changes that.
///     (StatusCode::UNPROCESSABLE_ENTITY, Extension(FailedForGood))
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a unit struct that users write by name")]
pub struct FailedForGood;

/// Encrypts deliveries that would be lost, and asks a sink to keep them before the sender is answered.
///
/// | what | kept | not kept: the sink failed, or the deadline has passed |
/// |---|---|---|
/// | an authentic delivery that cannot be decoded | the provider's status for success, or 204 | 503 |
/// | one whose handler has [`FailedForGood`] | the provider's status for success, or 204 | the handler's status if it is 5xx, or 503 |
///
/// A delivery whose method is not `POST`, such as Twilio's `GET`, is never kept: it has its event in the query, and a
/// letter has none. It is answered as without a keeper.
///
/// | setting | default |
/// |---|---|
/// | [`deadline`](Self::deadline) | 2 seconds |
/// | [`failed_if`](Self::failed_if) | only responses with [`FailedForGood`] |
/// | [`header`](Self::header) | `Content-Type`, and those that the provider's [`Envelope`](crate::provider::Envelope) reads |
/// | [`on_error`](Self::on_error) | none |
///
/// # Examples
///
/// See the [module](super).
#[derive(Clone)]
#[must_use = "nothing is kept until a layer has it"]
pub struct Keeper {
    sink: Arc<dyn DeadLetters>,
    public_key: PublicKey,
    receipt_key: ReceiptKey,
    deadline: Duration,
    headers: Vec<HeaderName>,
    failed_if: Option<Arc<FailedIf>>,
    on_error: Option<Arc<OnError>>,
}

type FailedIf = dyn Fn(StatusCode, &Extensions) -> bool + Send + Sync;
type OnError = dyn Fn(BoxError) + Send + Sync;

impl Keeper {
    /// Keeps the letters of a route in this sink, encrypted to `public_key`, with receipts that `receipt_key` has
    /// sealed.
    pub fn new(sink: impl DeadLetters, public_key: PublicKey, receipt_key: ReceiptKey) -> Self {
        Self {
            sink: Arc::new(sink),
            public_key,
            receipt_key,
            deadline: Duration::from_secs(2),
            headers: Vec::new(),
            failed_if: None,
            on_error: None,
        }
    }

    /// Sets how long the sink may take: 2 seconds by default. Choose less than the sender waits for an answer.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Keeps this header too, because your [`Provider`](crate::provider::Provider) reads it. `Authorization`,
    /// `Proxy-Authorization` and `Cookie` are never kept. Name no other header that has a credential.
    pub fn header(mut self, name: HeaderName) -> Self {
        self.keep_header(name);
        self
    }

    /// Also takes these responses of the handler for failures for good. A 2xx is never one by this rule. A second call
    /// replaces the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_webhook::dead_letters::Keeper;
    ///
    /// # fn keeper(keeper: Keeper) -> Keeper {
    /// keeper.failed_if(|status, _| status == StatusCode::UNPROCESSABLE_ENTITY)
    /// # }
    /// ```
    pub fn failed_if(mut self, rule: impl Fn(StatusCode, &Extensions) -> bool + Send + Sync + 'static) -> Self {
        self.failed_if = Some(Arc::new(rule));
        self
    }

    /// Calls `hook` with every error of the sink, to log or count it. The default is no hook.
    pub fn on_error(mut self, hook: impl Fn(BoxError) + Send + Sync + 'static) -> Self {
        self.on_error = Some(Arc::new(hook));
        self
    }

    /// Keeps the headers that the layer reads.
    pub(crate) fn reading(mut self, names: Vec<HeaderName>) -> Self {
        names.into_iter().for_each(|name| self.keep_header(name));
        self
    }

    fn keep_header(&mut self, name: HeaderName) {
        if ![AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION].contains(&name) && !self.headers.contains(&name) {
            self.headers.push(name);
        }
    }

    async fn try_to_keep(&self, original: &Original, reason: String) -> Result<Extensions, BoxError> {
        let letter = DeadLetter::seal(original, reason, &self.public_key, &self.receipt_key)
            .ok_or("a dead letter cannot be encrypted")?;
        let mut extensions = Extensions::new();
        extensions.insert(letter.receipt().clone());
        let late = |_| format!("the sink of dead letters took more than {:?}", self.deadline);
        timeout(self.deadline, self.sink.keep(letter)).await.map_err(late)??;
        Ok(extensions)
    }
}

impl Keep for Keeper {
    fn headers(&self) -> &[HeaderName] {
        &self.headers
    }

    fn is_lost(&self, status: StatusCode, extensions: &Extensions) -> bool {
        extensions.get::<FailedForGood>().is_some()
            // The idempotency layer has remembered a 2xx as success.
            || !status.is_success() && self.failed_if.as_ref().is_some_and(|failed_if| failed_if(status, extensions))
    }

    fn keep(self: Arc<Self>, original: Original, reason: Lost<'_>) -> Keeping {
        let reason = match reason {
            Lost::Rejected(rejection) => rejection.to_string(),
            Lost::Failed(status) => format!("the handler answered {}", status.as_u16()),
        };
        Box::pin(async move {
            match self.try_to_keep(&original, reason).await {
                Ok(kept) => Some(kept),
                Err(error) => {
                    if let Some(hook) = &self.on_error {
                        hook(error);
                    }
                    None
                }
            }
        })
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper")
            .field("deadline", &self.deadline)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}
