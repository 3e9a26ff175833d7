use std::{borrow::Cow, fmt, sync::Arc};

use bytes::Bytes;
use http::{StatusCode, request::Parts};
use serde::de::DeserializeOwned;

use super::{Envelope, Provider, RawDelivery};
use crate::{
    ConfigError, ConfigErrorKind, Rejection, RejectionKind, WebhookBody, WebhookLayer,
    auth::Scheme,
    json::{self, RawJson, Tagged},
    observe::Drift,
};
#[cfg(feature = "idempotency")]
use crate::{
    Delivery,
    idempotency::{Identity, IdentityBuilder},
};

/// A provider with your own event type and any [scheme](crate::auth).
///
/// Make it with [`builder`](Custom::builder), or from a preset.
///
/// # Examples
///
/// Decode events into an enum, by a type in the body:
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use tower_webhook::{
///     auth::ApiKey,
///     provider::{Custom, Envelope, Place},
///     tagged_enum,
/// };
///
/// tagged_enum! {
///     /// What Acme sends. Events of other types become `Unknown`.
///     #[derive(Clone, Debug)]
///     enum Event {
///         LabReady(Lab) = "lab.ready",
///         Ping = "ping",
///     }
/// }
///
/// /// The whole body: `{"meta": {"event": "lab.ready"}, "data": {"lab": "l-1"}}`
/// #[derive(Clone, Debug, Serialize, Deserialize)]
/// struct Lab { data: Data }
/// #[derive(Clone, Debug, Serialize, Deserialize)]
/// struct Data { lab: String }
///
/// let scheme = ApiKey::header("x-acme-key").key("Zr41vw-new-and-random").build()?;
/// let layer = Custom::builder("acme", scheme)
///     .envelope(Envelope::new().event_type(Place::body("meta.event")))
///     .tagged::<Event>()
///     .build()?
///     .into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub struct Custom<E> {
    settings: Settings<E>,
    scheme: Arc<dyn Scheme>,
}

/// Configures a [`Custom`] provider.
///
/// | setting | default |
/// |---|---|
/// | [`json`](Self::json), [`tagged`](Self::tagged) or [`raw`](Self::raw) | `json::<RawJson>()` |
/// | [`json_in_form`](Self::json_in_form) | none: the body is JSON |
/// | [`envelope`](Self::envelope) | none: the [`Delivery`](crate::Delivery) has only the id and the time that the scheme signs |
/// | [`rejection_status`](Self::rejection_status) | [`RejectionKind::default_status`] |
/// | [`success_status`](Self::success_status) | the handler's |
#[must_use = "a builder does nothing until it is built"]
pub struct CustomBuilder<E> {
    settings: Settings<E>,
    scheme: Result<Arc<dyn Scheme>, ConfigError>,
}

struct Settings<E> {
    name: Cow<'static, str>,
    envelope: Option<Envelope>,
    /// The field of a form that has the JSON.
    json_field: Option<Cow<'static, str>>,
    /// Whether the event is the body as it was sent.
    is_raw: bool,
    decode: Decode<E>,
    rejection_status: RejectionStatus,
    success_status: Option<StatusCode>,
    #[cfg(feature = "idempotency")]
    identify: Option<Identify<E>>,
}

/// How bodies become events, and what of a body the events do not know.
enum Decode<E> {
    /// By the body alone.
    Body { decode: fn(RawDelivery<'_>) -> Result<E, Rejection>, drift: fn(RawDelivery<'_>) -> Vec<Drift> },
    /// By the type, whose place the envelope must have. `known` says which type of the enum an event has.
    Tagged {
        decode: fn(RawDelivery<'_>, &super::Place) -> Result<E, Rejection>,
        drift: fn(RawDelivery<'_>, &super::Place) -> Vec<Drift>,
        known: fn(&E) -> Option<&'static str>,
    },
}

type RejectionStatus = Arc<dyn Fn(RejectionKind) -> StatusCode + Send + Sync>;

#[cfg(feature = "idempotency")]
type Identify<E> = for<'a> fn(&E, IdentityBuilder<'a>) -> IdentityBuilder<'a>;

impl Custom<RawJson> {
    /// Starts with the provider's name, which [`Delivery::provider`](crate::Delivery::provider) returns, and its
    /// scheme.
    ///
    /// # Examples
    ///
    /// See [`Custom`].
    pub fn builder(name: impl Into<Cow<'static, str>>, scheme: impl Scheme) -> CustomBuilder<RawJson> {
        CustomBuilder::with_scheme(name.into(), Ok(Arc::new(scheme)))
    }
}

impl<E> Custom<E>
where
    E: Clone + Send + Sync + 'static,
{
    /// Makes the layer of this provider, like [`WebhookLayer::new`].
    pub fn into_layer(self) -> WebhookLayer<Self> {
        WebhookLayer::new(self)
    }
}

impl CustomBuilder<RawJson> {
    pub(super) fn with_scheme(name: Cow<'static, str>, scheme: Result<Arc<dyn Scheme>, ConfigError>) -> Self {
        let settings = Settings {
            name,
            envelope: None,
            json_field: None,
            is_raw: false,
            decode: Decode::Body { decode: decode_json, drift: |_| Vec::new() },
            rejection_status: Arc::new(RejectionKind::default_status),
            success_status: None,
            #[cfg(feature = "idempotency")]
            identify: None,
        };
        Self { settings, scheme }
    }

    /// Decodes JSON into this type, with the rules of [`json::decode`].
    ///
    /// The default is [`RawJson`], which keeps the JSON as it was sent. For an enum of events use
    /// [`tagged`](Self::tagged): `#[serde(untagged)]` takes a known event with wrong data for an unknown one.
    ///
    /// # Examples
    ///
    /// ```
    /// use serde::Deserialize;
    /// use tower_webhook::{auth::ApiKey, provider::Custom};
    ///
    /// #[derive(Clone, Deserialize)]
    /// struct Order { id: String }
    ///
    /// let scheme = ApiKey::header("x-acme-key").key("Zr41vw-new-and-random").build()?;
    /// let layer = Custom::builder("acme", scheme).json::<Order>().build()?.into_layer();
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn json<E>(self) -> CustomBuilder<E>
    where
        E: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.decoded(Decode::Body { decode: decode_json, drift: |delivery| json::drift_of::<E>(delivery.body()) })
    }

    /// Decodes JSON into this enum, made with [`tagged_enum!`](crate::tagged_enum), by the event's type.
    ///
    /// The [`envelope`](Self::envelope) must say where the type is. A type in a header is rarely signed, so an attacker
    /// who replays a recorded delivery can change it: [`Delivery::event_type`](crate::Delivery::event_type) is then
    /// unsigned.
    ///
    /// # Examples
    ///
    /// See [`Custom`].
    pub fn tagged<E>(self) -> CustomBuilder<E>
    where
        E: Tagged + Clone + Send + Sync + 'static,
    {
        let decode = |delivery: RawDelivery<'_>, place: &super::Place| delivery.decode_tagged(place);
        let drift = |delivery: RawDelivery<'_>, place: &super::Place| delivery.drift_tagged::<E>(place);
        self.decoded(Decode::Tagged { decode, drift, known: E::known_event_type })
    }

    /// Accepts bodies of any kind, such as forms: the event is the body as it was sent. It excludes
    /// [`json_in_form`](Self::json_in_form).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::{WebhookBody, auth::ApiKey, provider::Custom};
    ///
    /// fn handle(event: &WebhookBody) {
    ///     println!("{} bytes of a form", event.bytes().len());
    /// }
    ///
    /// let scheme = ApiKey::header("x-acme-key").key("Zr41vw-new-and-random").build()?;
    /// let layer = Custom::builder("acme", scheme).raw().build()?.into_layer();
    /// # handle(&WebhookBody::from("a=1"));
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn raw(self) -> CustomBuilder<WebhookBody> {
        let decode = |delivery: RawDelivery<'_>| Ok(WebhookBody::from(delivery.body().clone()));
        let mut builder = self.decoded(Decode::Body { decode, drift: |_| Vec::new() });
        builder.settings.is_raw = true;
        builder
    }

    fn decoded<E>(self, decode: Decode<E>) -> CustomBuilder<E> {
        let Settings { name, envelope, json_field, rejection_status, success_status, .. } = self.settings;
        let settings = Settings {
            name,
            envelope,
            json_field,
            is_raw: false,
            decode,
            rejection_status,
            success_status,
            #[cfg(feature = "idempotency")]
            identify: None,
        };
        CustomBuilder { settings, scheme: self.scheme }
    }
}

fn decode_json<E: DeserializeOwned>(delivery: RawDelivery<'_>) -> Result<E, Rejection> {
    Ok(json::decode(delivery.body())?)
}

impl<E> CustomBuilder<E> {
    /// Sets where a delivery has the event's id, type and other metadata. The default has no places.
    ///
    /// # Examples
    ///
    /// See [`Envelope`].
    pub fn envelope(mut self, envelope: Envelope) -> Self {
        self.settings.envelope = Some(envelope);
        self
    }

    /// Also accepts a form that begins with this field and has the JSON in it: `payload=%7B..%7D`. Any other body is
    /// decoded as it is, for providers that send both. The form must have the field once, percent-encoded. The places
    /// of the [`envelope`](Self::envelope) are looked for in this JSON. The default is none. It excludes
    /// [`raw`](Self::raw).
    ///
    /// The body alone decides whether it is such a form: no JSON begins with a name and a `=`, and nothing signs the
    /// `Content-Type`.
    ///
    /// # Examples
    ///
    /// ```
    /// use serde::Deserialize;
    /// use tower_webhook::{auth::Signature, provider::Custom};
    ///
    /// #[derive(Clone, Deserialize)]
    /// struct Interaction { trigger_id: String }
    ///
    /// let scheme = Signature::hmac_sha256("x-acme-signature").key("Zr41vw-new-and-random").build()?;
    /// let layer = Custom::builder("acme", scheme).json::<Interaction>().json_in_form("payload").build()?.into_layer();
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn json_in_form(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.settings.json_field = Some(field.into());
        self
    }

    /// Sets the statuses of responses to rejected deliveries. The default is [`RejectionKind::default_status`].
    ///
    /// # Examples
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_webhook::{RejectionKind, auth::ApiKey, provider::Custom};
    ///
    /// let scheme = ApiKey::header("x-acme-key").key("Zr41vw-new-and-random").build()?;
    /// let acme = Custom::builder("acme", scheme)
    ///     .rejection_status(|kind| match kind {
    ///         RejectionKind::Unauthenticated => StatusCode::FORBIDDEN,
    ///         other => other.default_status(),
    ///     })
    ///     .build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn rejection_status(mut self, status: impl Fn(RejectionKind) -> StatusCode + Send + Sync + 'static) -> Self {
        self.settings.rejection_status = Arc::new(status);
        self
    }

    /// Sets the 2xx status that replaces any 2xx status of the handler. A 204 or 205 removes the body. The default is
    /// the handler's own status.
    pub fn success_status(mut self, status: StatusCode) -> Self {
        self.settings.success_status = Some(status);
        self
    }

    /// Sets what identifies an event for the [`IdempotencyLayer`](crate::idempotency::IdempotencyLayer): add values
    /// that are equal for all retries of one event and different for different events.
    ///
    /// The default is [`Identity::of_delivery`]. If you add no part, or an empty one, the body identifies the event.
    ///
    /// # Examples
    ///
    /// ```
    /// use serde::Deserialize;
    /// use tower_webhook::{auth::ApiKey, provider::Custom};
    ///
    /// #[derive(Clone, Deserialize)]
    /// struct Order { id: String, status: String }
    ///
    /// let scheme = ApiKey::header("x-acme-key").key("Zr41vw-new-and-random").build()?;
    /// let acme = Custom::builder("acme", scheme)
    ///     .json::<Order>()
    ///     .identified_by(|order, identity| identity.part(&order.id).part(&order.status))
    ///     .build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    #[cfg(feature = "idempotency")]
    pub fn identified_by(mut self, identify: for<'a> fn(&E, IdentityBuilder<'a>) -> IdentityBuilder<'a>) -> Self {
        self.settings.identify = Some(identify);
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// A key or another setting of a preset's scheme cannot be used; a place of the envelope is not valid; you called
    /// [`tagged`](CustomBuilder::tagged) and the envelope does not say where the type is; the name of the form's field
    /// is empty, or contains anything but `A-Za-z0-9_.-`; you called both `json_in_form` and `raw`; or the success
    /// status is not 2xx.
    pub fn build(self) -> Result<Custom<E>, ConfigError> {
        let Self { mut settings, scheme } = self;
        let envelope = settings.envelope.take().map(Envelope::checked).transpose()?;
        settings.envelope = match settings.decode {
            Decode::Body { .. } => envelope,
            Decode::Tagged { .. } => match envelope.filter(|envelope| envelope.type_place().is_some()) {
                Some(envelope) => Some(envelope.tagged()),
                None => {
                    let setting = "the place of the event's type, `Envelope::event_type`,";
                    return Err(ConfigError::new(ConfigErrorKind::Missing, setting));
                }
            },
        };
        let is_plain = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
        };
        if settings.is_raw && settings.json_field.is_some() {
            return Err(ConfigError::new(ConfigErrorKind::Conflict, "`json_in_form`").expected("it without `raw`"));
        }
        if settings.json_field.as_deref().is_some_and(|name| !is_plain(name)) {
            let error = ConfigError::new(ConfigErrorKind::Malformed, "the field of the form that has the JSON");
            return Err(error.expected("letters, digits, `_`, `.` and `-`"));
        }
        if settings.success_status.is_some_and(|status| !status.is_success()) {
            return Err(ConfigError::new(ConfigErrorKind::OutOfRange, "the success status").expected("2xx"));
        }
        Ok(Custom { settings, scheme: scheme? })
    }
}

impl<E> Provider for Custom<E>
where
    E: Clone + Send + Sync + 'static,
{
    type Event = E;

    fn name(&self) -> &str {
        &self.settings.name
    }

    fn scheme(&self) -> &dyn Scheme {
        &*self.scheme
    }

    fn content(&self, _: &Parts, body: &Bytes) -> Result<Option<Bytes>, Rejection> {
        let field = self.settings.json_field.as_deref();
        field.and_then(|field| json::in_form::find(body, field)).transpose()
    }

    fn decode(&self, delivery: RawDelivery<'_>) -> Result<E, Rejection> {
        match (&self.settings.decode, self.settings.envelope.as_ref().and_then(Envelope::type_place)) {
            (Decode::Body { decode, .. }, _) => decode(delivery),
            (Decode::Tagged { decode, .. }, Some(place)) => decode(delivery, place),
            // `build` has rejected this.
            (Decode::Tagged { .. }, None) => Err(RejectionKind::Malformed.into()),
        }
    }

    fn known_event_type(&self, event: &E) -> Option<&'static str> {
        match self.settings.decode {
            Decode::Body { .. } => None,
            Decode::Tagged { known, .. } => known(event),
        }
    }

    fn drift(&self, delivery: RawDelivery<'_>) -> Vec<Drift> {
        let mut found = match (&self.settings.decode, self.settings.envelope.as_ref().and_then(Envelope::type_place)) {
            (Decode::Body { drift, .. }, _) => drift(delivery),
            (Decode::Tagged { drift, .. }, Some(place)) => drift(delivery, place),
            (Decode::Tagged { .. }, None) => Vec::new(),
        };
        // Users declare only the members that they need, so an undeclared one is no drift.
        found.retain(|drift| !matches!(drift, Drift::Member(_)));
        found
    }

    fn rejection_status(&self, kind: RejectionKind) -> StatusCode {
        (self.settings.rejection_status)(kind)
    }

    fn success_status(&self) -> Option<StatusCode> {
        self.settings.success_status
    }

    fn envelope(&self) -> Option<&Envelope> {
        self.settings.envelope.as_ref()
    }

    #[cfg(feature = "idempotency")]
    fn identity(&self, event: &E, delivery: &Delivery, body: &[u8]) -> Identity {
        match self.settings.identify {
            Some(identify) => identify(event, Identity::builder(self.name(), body)).build(),
            None => Identity::of_delivery(delivery, body),
        }
    }
}

impl<E> Clone for Settings<E> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            envelope: self.envelope.clone(),
            json_field: self.json_field.clone(),
            is_raw: self.is_raw,
            decode: self.decode,
            rejection_status: Arc::clone(&self.rejection_status),
            success_status: self.success_status,
            #[cfg(feature = "idempotency")]
            identify: self.identify,
        }
    }
}

impl<E> Clone for Decode<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Decode<E> {}

impl<E> Clone for Custom<E> {
    fn clone(&self) -> Self {
        Self { settings: self.settings.clone(), scheme: Arc::clone(&self.scheme) }
    }
}

impl<E> Clone for CustomBuilder<E> {
    fn clone(&self) -> Self {
        Self { settings: self.settings.clone(), scheme: self.scheme.clone() }
    }
}

impl<E> fmt::Debug for Custom<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Custom").field("name", &self.settings.name).finish_non_exhaustive()
    }
}

impl<E> fmt::Debug for CustomBuilder<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomBuilder").field("name", &self.settings.name).finish_non_exhaustive()
    }
}
