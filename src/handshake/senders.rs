//! The ready-made endpoint verifications.

use std::num::NonZeroU32;

use http::{HeaderName, Method, StatusCode, request::Parts};

use super::{Challenge, Value};
use crate::{ConfigError, auth::Key, json::SecretString};

const ORIGIN: HeaderName = HeaderName::from_static("webhook-request-origin");
const ALLOWED_ORIGIN: HeaderName = HeaderName::from_static("webhook-allowed-origin");
const ALLOWED_RATE: HeaderName = HeaderName::from_static("webhook-allowed-rate");
const OKTA: HeaderName = HeaderName::from_static("x-okta-verification-challenge");

impl Challenge {
    /// Answers the abuse protection of CloudEvents
    /// ([specification](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection)),
    /// which Azure Event Grid sends too: an `OPTIONS` with `WebHook-Request-Origin`.
    ///
    /// `origins` may deliver; write each as the sender does. `rate` is the number of requests per minute that the
    /// answer permits, and that the layer does not enforce; `None` is no limit. The answer has
    /// `WebHook-Allowed-Origin`, `WebHook-Allowed-Rate` and `Allow`. It grants permission at once, so you need not call
    /// a `WebHook-Request-Callback`. Any other origin is rejected.
    ///
    /// The permission proves nothing: deliveries still need a credential.
    ///
    /// # Errors
    ///
    /// There is no origin.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::handshake::Challenge;
    ///
    /// let challenge = Challenge::cloud_events(["eventgrid.azure.net"], None)?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn cloud_events(
        origins: impl IntoIterator<Item = impl Into<String>>,
        rate: Option<NonZeroU32>,
    ) -> Result<Self, ConfigError> {
        let rate = rate.map_or_else(|| "*".to_owned(), |rate| rate.to_string());
        Self::unsigned(Method::OPTIONS)
            .in_header(ORIGIN)
            .if_header(ORIGIN, origins)
            .answer_header(ALLOWED_ORIGIN, Value::Challenge)
            .answer_header(ALLOWED_RATE, rate)
            .build()
    }

    /// Answers Discord's pings: those of [interactions] with `{"type":1}`, those of [webhook events] with 204.
    ///
    /// Both are signed like every delivery. `type` alone does not tell a ping from an event: type 1 is a ping among
    /// interactions, but any event among webhook events. A ping of interactions has type 1, a `token`, and neither
    /// `data` nor `event`. A ping of webhook events has type 0 and none of the three.
    ///
    /// # Examples
    ///
    /// See [`preset::discord`](crate::provider).
    ///
    /// [interactions]: https://docs.discord.com/developers/interactions/receiving-and-responding
    /// [webhook events]: https://docs.discord.com/developers/events/webhook-events
    #[must_use]
    pub fn discord() -> Self {
        let interactions = Self::signed().if_body("type", 1).if_present("token").anything_but(["data", "event"]);
        let events = Self::signed().if_body("type", 0).anything_but(["token", "data", "event"]);
        Self::of([interactions.answer_json("type", 1).ready(), events.answer_status(StatusCode::NO_CONTENT).ready()])
    }

    /// Answers Dropbox's verification request ([page](https://www.dropbox.com/developers/reference/webhooks)): a `GET`
    /// with `challenge`, which is sent back as text.
    ///
    /// # Examples
    ///
    /// See the [module](super).
    #[must_use]
    pub fn dropbox() -> Self {
        Self::of([Self::unsigned(Method::GET).in_query("challenge").answer_text().ready()])
    }

    /// Answers Meta's [verification request](https://developers.facebook.com/docs/graph-api/webhooks/getting-started),
    /// which WhatsApp, Instagram and Messenger send too: a `GET` with `hub.mode=subscribe`, `hub.verify_token` and
    /// `hub.challenge`.
    ///
    /// The token that you chose in Meta's dashboard authenticates it. The challenge is sent back as text. A wrong
    /// token, or a missing or repeated parameter, is rejected as
    /// [`Unauthenticated`](crate::RejectionKind::Unauthenticated). A `GET` with none of the three is rejected as
    /// [`MethodNotAllowed`](crate::RejectionKind::MethodNotAllowed), like any other `GET`.
    ///
    /// # Errors
    ///
    /// The token is blank, padded, not ASCII, one byte repeated, longer than 1,024 bytes, contains a control character,
    /// or is shorter than 16 bytes without [`Key::dangerous_short`].
    ///
    /// # Examples
    ///
    /// Meta signs deliveries as GitHub does. The layer answers the `GET`, although the route accepts only `POST`.
    ///
    /// ```
    /// # #[cfg(feature = "signatures")] {
    /// use axum::{Router, http::StatusCode, routing::post};
    /// use tower_webhook::{auth::Signature, handshake::Challenge, provider::Custom};
    ///
    /// let scheme = Signature::hmac_sha256("x-hub-signature-256")
    ///     .prefix("sha256=")
    ///     .key("the app secret of Meta's dashboard")
    ///     .build()?;
    /// let challenge = Challenge::meta("chosen-in-the-dashboard")?;
    /// let layer = Custom::builder("whatsapp", scheme).build()?.into_layer().handshake(challenge);
    /// let app: Router = Router::new().route("/webhooks/whatsapp", post(async || StatusCode::OK).layer(layer));
    /// # }
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn meta(verify_token: impl Into<Key>) -> Result<Self, ConfigError> {
        Self::unsigned(Method::GET)
            .in_query("hub.challenge")
            .if_query("hub.mode", ["subscribe"])
            .token_in_query("hub.verify_token", verify_token)
            .answer_text()
            .build()
    }

    /// Answers Metriport's [ping](https://docs.metriport.com/medical-api/getting-started/webhooks) `{"ping":".."}` with
    /// `{"pong":".."}`.
    ///
    /// Metriport signs it like every delivery. A body with more than `ping` and `meta` is an event and reaches your
    /// handler.
    ///
    /// # Examples
    ///
    /// See [`WebhookLayer::handshake`](crate::WebhookLayer::handshake).
    #[must_use]
    pub fn metriport() -> Self {
        let ping = || Self::signed().in_body("ping").allow_blanks().answer_json("pong", Value::Challenge);
        Self::of([ping().if_body("meta.type", "ping").may_have(["meta"]).ready(), ping().ready()])
    }

    /// Answers the validation of Microsoft Graph's change notifications
    /// ([page](https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks#notificationurl-validation)):
    /// a `POST` with `validationToken` in the query and no body. The token, decoded, is sent back as text.
    ///
    /// Graph waits 10 seconds for the answer. It puts your `clientState` into each item of a notification.
    /// [`ApiKey::body("value.0.clientState")`](crate::auth::ApiKey::body) compares that of the first item only, so
    /// compare the others in your handler.
    ///
    /// # Examples
    ///
    /// See the [module](super).
    #[must_use]
    pub fn microsoft_graph() -> Self {
        let challenge = Self::unsigned(Method::POST).in_query("validationToken").allow_blanks();
        Self::of([challenge.answer_text().ready()])
    }

    /// Answers the URL verification of monday.com
    /// ([page](https://developer.monday.com/api-reference/docs/webhooks#url-verification)): a `POST` of
    /// `{"challenge":".."}`, which is sent back.
    ///
    /// It is not signed. A body with more than `challenge` is not answered.
    ///
    /// # Examples
    ///
    /// See the [module](super).
    #[must_use]
    pub fn monday() -> Self {
        let challenge = Self::unsigned(Method::POST).in_body("challenge");
        Self::of([challenge.answer_json("challenge", Value::Challenge).ready()])
    }

    /// Answers Notion's verification ([page](https://developers.notion.com/reference/webhooks)): a `POST` of
    /// `{"verification_token":".."}`, once per subscription, with 200.
    ///
    /// Your function gets the head of the request and the token, the key that signs all later deliveries. It must not
    /// block. Show the token to the person who sets the subscription up, and who pastes it into Notion. Notion refuses
    /// a wrong one.
    ///
    /// **Do not use the token as a key before Notion has accepted it.** The request is not signed, so anyone can send
    /// one, at any time. A stranger whose token became your key could deliver.
    ///
    /// The page does not describe the answer: 200 with an empty body is our choice.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use tower_webhook::{handshake::Challenge, json::SecretString};
    ///
    /// // What your set-up page shows.
    /// let offered: Arc<Mutex<Option<SecretString>>> = Arc::default();
    /// let newest = Arc::clone(&offered);
    /// let challenge = Challenge::notion(move |_, token| *newest.lock().unwrap() = Some(token));
    /// ```
    #[must_use]
    pub fn notion<F>(on_token: F) -> Self
    where
        F: Fn(&Parts, SecretString) + Send + Sync + 'static,
    {
        Self::of([Self::unsigned(Method::POST).in_body("verification_token").on_challenge(on_token).ready()])
    }

    /// Answers the one-time verification of Okta's event hooks
    /// ([page](https://support.okta.com/help/s/article/Unable-to-verify-event-hook-Hook-hook-name-execution-failed)): a
    /// `GET` with `X-Okta-Verification-Challenge`, which is sent back as `{"verification":".."}`.
    ///
    /// Okta sends the hook's `Authorization` too. The layer does not check it here, because the answer reveals nothing.
    ///
    /// # Examples
    ///
    /// See the [module](super).
    #[must_use]
    pub fn okta() -> Self {
        let challenge = Self::unsigned(Method::GET).in_header(OKTA);
        Self::of([challenge.answer_json("verification", Value::Challenge).ready()])
    }

    /// Answers Slack's [`url_verification`](https://docs.slack.dev/reference/events/url_verification) with its
    /// challenge, as text.
    ///
    /// Slack signs it like every delivery. A body with more than `type`, `challenge` and `token` is an event and
    /// reaches your handler.
    ///
    /// # Examples
    ///
    /// See [`preset::slack`](crate::provider).
    #[must_use]
    pub fn slack() -> Self {
        // The signature has superseded the token.
        let challenge = Self::signed().in_body("challenge").if_body("type", "url_verification").may_have(["token"]);
        Self::of([challenge.answer_text().ready()])
    }

    /// Answers Strava's callback validation ([page](https://developers.strava.com/docs/webhooks/)): a `GET` with
    /// `hub.mode=subscribe`, `hub.verify_token` and `hub.challenge`, which is sent back as `{"hub.challenge":".."}`.
    ///
    /// The token that you chose when you created the subscription authenticates it. Strava waits 2 seconds for the
    /// answer. Its deliveries prove nothing, so put a key into the URL: see
    /// [`ApiKey::path_segment`](crate::auth::ApiKey::path_segment).
    ///
    /// # Errors
    ///
    /// See [`meta`](Self::meta).
    ///
    /// # Examples
    ///
    /// See [`meta`](Self::meta).
    pub fn strava(verify_token: impl Into<Key>) -> Result<Self, ConfigError> {
        Self::unsigned(Method::GET)
            .in_query("hub.challenge")
            .if_query("hub.mode", ["subscribe"])
            .token_in_query("hub.verify_token", verify_token)
            .answer_json("hub.challenge", Value::Challenge)
            .build()
    }

    /// Answers the `HEAD` that Trello sends when you create a webhook
    /// ([page](https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/)) with 200.
    ///
    /// # Examples
    ///
    /// See the [module](super).
    #[must_use]
    pub fn trello() -> Self {
        Self::of([Self::unsigned(Method::HEAD).ready()])
    }

    /// Answers a WebSub hub that verifies your intent ([W3C
    /// Recommendation](https://www.w3.org/TR/websub/#hub-verifies-intent)): a `GET` with `hub.mode=subscribe`,
    /// `hub.topic` and `hub.challenge`, which is sent back as text.
    ///
    /// `topics` are allowed, each written as you sent it to the hub. Any other topic gets the 404 that the
    /// Recommendation asks for. So does any other mode: `denied`, and `unsubscribe`, for which anyone can ask the hub
    /// in your name. To unsubscribe, build a challenge with `if_query("hub.mode", ["unsubscribe"])`.
    ///
    /// The hub states in `hub.lease_seconds` when the subscription ends. To read it, build the challenge with
    /// [`on_challenge`](super::ChallengeBuilder::on_challenge).
    ///
    /// # Errors
    ///
    /// There is no topic.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::handshake::Challenge;
    ///
    /// let challenge = Challenge::websub(["https://blog.example.com/feed"])?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn websub(topics: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, ConfigError> {
        Self::unsigned(Method::GET)
            .in_query("hub.challenge")
            .if_query("hub.mode", ["subscribe"])
            .if_query("hub.topic", topics)
            .answer_text()
            .mismatch_status(StatusCode::NOT_FOUND)
            .build()
    }

    /// Answers Zoom's `endpoint.url_validation` ([sample](https://github.com/zoom/webhook-sample),
    /// [page](https://developers.zoom.us/docs/api/webhooks/#validate-your-webhook-endpoint)): the answer has
    /// `plainToken` and its HMAC as `encryptedToken`.
    ///
    /// Zoom signs it like every delivery, and repeats it every 72 hours. The HMAC is made with the key that has
    /// verified the delivery, so rotation and tenants need no setting here. A body with more than `event`, `event_ts`
    /// and `payload.plainToken` is an event and reaches your handler.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::{
    ///     auth::{Part, Signature},
    ///     handshake::Challenge,
    ///     provider::Custom,
    /// };
    ///
    /// let scheme = Signature::hmac_sha256("x-zm-signature")
    ///     .prefix("v0=")
    ///     .signed([Part::literal("v0:"), Part::Timestamp, Part::literal(":"), Part::Body])
    ///     .timestamp_header("x-zm-request-timestamp")
    ///     .key("the app's secret token")
    ///     .build()?;
    /// let layer = Custom::builder("zoom", scheme).build()?.into_layer().handshake(Challenge::zoom());
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    #[cfg(feature = "signatures")]
    #[must_use]
    pub fn zoom() -> Self {
        let challenge = Self::signed()
            .in_body("payload.plainToken")
            .if_body("event", "endpoint.url_validation")
            .may_have(["event_ts"])
            .answer_json("plainToken", Value::Challenge)
            .answer_json("encryptedToken", Value::HmacSha256Hex);
        Self::of([challenge.ready()])
    }
}
