use std::fmt;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri, header::CONTENT_TYPE};
use serde::{Serialize, de::DeserializeOwned};

use super::or_fail;

/// An event of a provider of this crate, made for a test: complete made-up data, of which you change what the test is
/// about.
///
/// `provider::truemed::testing` and `provider::mediquo::testing` have a function for each event. A method per field
/// changes that field, and [`with`](Self::with) everything else. The event comes out in three forms:
///
/// | method | for a test of |
/// |---|---|
/// | [`event`](Self::event) | a function that takes the event |
/// | [`request`](Self::request) | a whole route, with its layer |
/// | [`body`](Self::body) | anything else that reads JSON |
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "truemed")] {
/// use bytes::Bytes;
/// use http::StatusCode;
/// use tower_webhook::provider::truemed::{Event, Status, testing};
///
/// fn answer(event: &Event) -> StatusCode {
///     match event {
///         Event::QualificationSessionComplete(session) if session.status == Status::Approved => StatusCode::NO_CONTENT,
///         _ => StatusCode::INTERNAL_SERVER_ERROR,
///     }
/// }
///
/// let approved = testing::qualification_session().status(Status::Approved).user_id("user-7");
/// assert_eq!(answer(&approved.event()), StatusCode::NO_CONTENT);
///
/// let request = approved.to("/webhooks/truemed").request::<Bytes>("a-key-for-this-test");
/// assert_eq!(request.uri(), "/webhooks/truemed");
/// assert!(request.body().starts_with(br#"{"qualification_session_id":"qs_7","status":"approved""#));
/// # }
/// ```
#[derive(Clone)]
#[must_use = "it is sent nowhere by itself"]
pub struct TestEvent<E, T> {
    pub(crate) data: T,
    event: fn(T) -> E,
    key_header: HeaderName,
    uri: Uri,
}

impl<E, T> TestEvent<E, T> {
    pub(crate) fn new(data: T, event: fn(T) -> E, key_header: &'static str) -> Self {
        Self { data, event, key_header: HeaderName::from_static(key_header), uri: Uri::default() }
    }

    /// Changes the event by hand: what no other method changes, and fields that are to be absent.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "truemed")] {
    /// use tower_webhook::provider::truemed::testing;
    ///
    /// let session = testing::qualification_session().with(|session| session.email = None);
    /// # let tower_webhook::provider::truemed::Event::QualificationSessionComplete(session) = session.event() else { panic!() };
    /// # assert_eq!(session.email, None);
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut T)) -> Self {
        change(&mut self.data);
        self
    }

    /// Sends it to this path or URI. The default is `/`.
    ///
    /// # Panics
    ///
    /// It is not a URI.
    #[track_caller]
    pub fn to(mut self, uri: impl TryInto<Uri, Error: fmt::Display>) -> Self {
        self.uri = or_fail("the URI", uri.try_into());
        self
    }
}

impl<E: Serialize, T: Clone> TestEvent<E, T> {
    /// The event, exactly as the layer decodes it from the [`body`](Self::body): a time in the provider's precision, and a
    /// value of an enum in its variant, even if you have set it as `Other`.
    ///
    /// # Panics
    ///
    /// The layer would reject the body, because [`with`](Self::with) has made what the provider cannot send, such as a
    /// report whose content does not fit its type.
    #[must_use]
    #[track_caller]
    pub fn event(&self) -> E
    where
        E: DeserializeOwned,
    {
        or_fail("the event", serde_json::from_slice(&self.body()))
    }

    /// The body, in the provider's own form. A field that is absent is `null`, and an instant is in UTC.
    ///
    /// # Panics
    ///
    /// The event cannot be JSON. No event of this crate is like that.
    #[must_use]
    #[track_caller]
    pub fn body(&self) -> Bytes {
        or_fail("the event", serde_json::to_vec(&(self.event)(self.data.clone()))).into()
    }

    /// A delivery of the event with this key, as the provider sends it: the `POST` that its layer accepts if it has the
    /// same key.
    ///
    /// The key is in the provider's usual header: the API key of Truemed, the signature of MediQuo. What you have
    /// configured beyond that, such as another header or Basic credentials, you add to the request.
    ///
    /// # Panics
    ///
    /// The key cannot be in a header, because it has a control character.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "mediquo")] {
    /// use bytes::Bytes;
    /// use tower_webhook::provider::mediquo::testing;
    ///
    /// let request = testing::report_sent().patient_code("p-7").request::<Bytes>("a-signature-for-tests");
    /// assert_eq!(request.headers()["x-webhook-signature"], "a-signature-for-tests");
    /// # }
    /// ```
    #[track_caller]
    pub fn request<B: From<Bytes>>(&self, key: &str) -> Request<B> {
        let mut key = or_fail("the key", HeaderValue::try_from(key));
        key.set_sensitive(true);
        let mut request = Request::new(self.body().into());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.headers_mut().insert(self.key_header.clone(), key);
        request
    }
}

/// Shows of the event what its own `Debug` shows.
impl<E, T: fmt::Debug> fmt::Debug for TestEvent<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestEvent").field("data", &self.data).finish_non_exhaustive()
    }
}

/// Declares a function for each event of a provider, which makes it with its default data. It does not compile if an event
/// has none.
macro_rules! test_events {
    (
        $event:ident with its key in $header:ident;
        $($(#[$meta:meta])* $name:ident: $variant:ident($data:ty) = $default:expr;)+
    ) => {
        $(
            $(#[$meta])*
            ///
            /// [An example](self#examples)
            pub fn $name() -> $crate::testing::TestEvent<$event, $data> {
                $crate::testing::TestEvent::new($default, $event::$variant, $header)
            }
        )+

        const _: fn(&$event) = |event| match event {
            $($event::$variant(_) => (),)+
            $event::Unknown(_) => (),
        };
    };
}

/// Declares the methods that set the fields of some events: `name: Type = path.to.the.field`, where the field is a `Type` or
/// an `Option` of one.
macro_rules! setters {
    ($($event:ident($($data:ty),+) $setters:tt)+) => {
        $($($crate::testing::event::setters! { @ $event $data, $setters })+)+
    };
    (@ $event:ident $data:ty, { $($name:ident: $value:ty = $($field:ident).+,)+ }) => {
        impl $crate::testing::TestEvent<$event, $data> {
            $(
                #[doc = concat!("Sets `", stringify!($($field).+), "`.")]
                pub fn $name(mut self, value: impl Into<$value>) -> Self {
                    let value: $value = value.into();
                    self.data.$($field).+ = value.into();
                    self
                }
            )+
        }
    };
}

pub(crate) use {setters, test_events};
