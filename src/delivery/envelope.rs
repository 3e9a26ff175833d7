use std::{
    borrow::Cow,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderName, request::Parts};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Delivery, Stated,
    statements::{InBody, Statements, plain},
};
use crate::{
    ConfigError, ConfigErrorKind,
    headers::{self, NotOne, only},
    json::{
        members::{self, Path},
        tag::{Tag, find_tag},
    },
};

/// Where a provider says what an event is: its id, its type, when it was sent, and which attempt this is.
///
/// The default has no places. The [`Delivery`] has the values found there, and says whether the signature covers them:
///
/// | place | covered by the signature |
/// |---|---|
/// | a header | no, except the id and the time that the scheme itself signs; those take precedence |
/// | a member of the JSON body | if the scheme [covers the body](crate::auth::Verified::covers_body) |
///
/// If a value is missing or not well-formed, the `Delivery` is without it; that is no error. The type decides which
/// variant of a [tagged](crate::tagged_enum) enum the event becomes.
///
/// # Examples
///
/// ```
/// use tower_webhook::{auth::ApiKey, provider::{Custom, Envelope, Place, TimeFormat}};
///
/// let scheme = ApiKey::header("x-acme-key").key("Zr41vw-new-and-random").build()?;
/// let acme = Custom::builder("acme", scheme)
///     .envelope(
///         Envelope::new()
///             .event_id(Place::header("x-acme-delivery"))
///             .event_type(Place::body("meta.event"))
///             .sent_at(Place::body("meta.created"), TimeFormat::UnixSeconds),
///     )
///     .build()?;
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "an envelope does nothing until a provider has it"]
pub struct Envelope(Arc<Places>);

#[derive(Clone, Debug, Default, PartialEq)]
struct Places {
    event_id: Option<Place>,
    event_type: Option<Place>,
    sent_at: Option<(Place, TimeFormat)>,
    attempt: Option<Place>,
    /// Whether the decoder chooses the variant by the type, and so rejects a body with two types.
    tagged: bool,
}

/// A place in a delivery: a header, or a member of its JSON body.
///
/// # Examples
///
/// See [`Envelope`].
#[derive(Clone, Debug, PartialEq)]
pub struct Place(pub(super) Where);

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Where {
    Header(Result<HeaderName, ConfigError>),
    Body(Box<Path>),
}

impl Place {
    /// A header with this name, in any letter case. The header must occur exactly once.
    ///
    /// `build()` returns an error if the name is not a header name.
    #[must_use]
    pub fn header(name: impl TryInto<HeaderName>) -> Self {
        Self(Where::Header(headers::parse_name(name, "the name of a header in the envelope")))
    }

    /// A member of the JSON body, by its path of names with dots between them: `id`, `data.object.id`. In an array, a
    /// number is a position: `entry.0.id` is the `id` of the first element.
    ///
    /// The value must be a string or a whole number, and no member on the way may occur twice. `build()` returns an
    /// error if a name is empty.
    #[must_use]
    pub fn body(path: impl AsRef<str>) -> Self {
        Self(Where::Body(path.as_ref().split('.').map(Box::from).collect()))
    }

    fn check(&self) -> Result<(), ConfigError> {
        match &self.0 {
            Where::Header(name) => name.clone().map(drop),
            Where::Body(path) if path.iter().any(|name| name.is_empty()) => {
                let error = ConfigError::new(ConfigErrorKind::Malformed, "a place in the body");
                Err(error.expected("names with dots between them, such as `data.id`"))
            }
            Where::Body(_) => Ok(()),
        }
    }

    fn path(&self) -> Option<&Path> {
        match &self.0 {
            Where::Header(_) => None,
            Where::Body(path) => Some(path),
        }
    }
}

/// How a provider writes an instant.
///
/// # Examples
///
/// See [`Envelope`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TimeFormat {
    /// Whole seconds since 1970: `1732180000`.
    #[default]
    UnixSeconds,
    /// Whole milliseconds since 1970: `1732180000000`.
    UnixMilliseconds,
    /// [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339), with an offset: `2026-11-21T09:30:00Z`.
    Rfc3339,
}

impl TimeFormat {
    fn read(self, text: &str) -> Option<SystemTime> {
        let since = match self {
            Self::UnixSeconds => Duration::from_secs(digits(text)?),
            Self::UnixMilliseconds => Duration::from_millis(digits(text)?),
            Self::Rfc3339 => return instant(text.parse().ok()?),
        };
        SystemTime::UNIX_EPOCH.checked_add(since)
    }
}

/// `SystemTime::from(Timestamp)` panics where the system's range is narrower than that of `jiff`.
fn instant(timestamp: Timestamp) -> Option<SystemTime> {
    let since = timestamp.duration_since(Timestamp::UNIX_EPOCH);
    if since.is_negative() {
        SystemTime::UNIX_EPOCH.checked_sub(since.unsigned_abs())
    } else {
        SystemTime::UNIX_EPOCH.checked_add(since.unsigned_abs())
    }
}

/// Digits and nothing else: no provider documents a sign or a space.
fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl Envelope {
    /// Creates an envelope without places.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets where the event's id is.
    pub fn event_id(mut self, place: Place) -> Self {
        self.places_mut().event_id = Some(place);
        self
    }

    /// Sets where the event's type is.
    pub fn event_type(mut self, place: Place) -> Self {
        self.places_mut().event_type = Some(place);
        self
    }

    /// Sets where the time of sending is, and how it is written.
    pub fn sent_at(mut self, place: Place, format: TimeFormat) -> Self {
        self.places_mut().sent_at = Some((place, format));
        self
    }

    /// Sets where the number of the attempt is: digits.
    pub fn attempt(mut self, place: Place) -> Self {
        self.places_mut().attempt = Some(place);
        self
    }

    /// Checks the places. [`CustomBuilder::build`](crate::provider::CustomBuilder::build) does this for you; call it
    /// when you write your own [`Provider`](crate::provider::Provider), which otherwise never finds a bad place.
    ///
    /// # Errors
    ///
    /// A header name is not valid, or a name in the path of a member is empty.
    pub fn checked(self) -> Result<Self, ConfigError> {
        self.0.all().into_iter().flatten().try_for_each(Place::check)?;
        Ok(self)
    }

    /// Says that the decoder chooses the variant by the type.
    pub(crate) fn tagged(mut self) -> Self {
        self.places_mut().tagged = true;
        self
    }

    fn places_mut(&mut self) -> &mut Places {
        Arc::make_mut(&mut self.0)
    }

    /// The headers that it reads.
    #[cfg(feature = "dead-letters")]
    pub(crate) fn headers(&self) -> impl Iterator<Item = &HeaderName> {
        self.0.all().into_iter().flatten().filter_map(|place| match &place.0 {
            Where::Header(name) => name.as_ref().ok(),
            Where::Body(_) => None,
        })
    }

    /// Where the type is.
    pub(crate) fn type_place(&self) -> Option<&Place> {
        self.0.event_type.as_ref()
    }

    /// Adds to the delivery what is at these places, and returns the type as it was sent.
    ///
    /// A type that chooses the variant is read now: if it is a member of the root, reading stops there, because the
    /// decoder rejects a second one. What else is in the body is read when somebody asks for it.
    pub(crate) fn read<'a>(&self, head: &'a Parts, body: &'a Bytes, mut delivery: Delivery) -> (Delivery, Tag<'a>) {
        let covered = delivery.verified().covers_body();
        let places = self.0.untagged();
        let mut stated = self.statements(places.map(|place| match &place?.0 {
            Where::Header(name) => {
                let value = only(&head.headers, name.as_ref().ok()?).ok()?;
                Some(Stated::Unsigned(Cow::Borrowed(headers::text(value)?)))
            }
            Where::Body(_) => None,
        }));
        let tag = match &self.0.event_type {
            Some(place) if self.0.tagged => {
                let (tag, covered) = place.tag(head, body, covered);
                if let Tag::Text(text) = &tag {
                    stated.event_type = plain(Stated::new(text, covered));
                }
                tag
            }
            _ => Tag::Absent,
        };
        let is_any_in_body = places.into_iter().flatten().any(|place| place.path().is_some());
        let in_body = is_any_in_body.then(|| InBody::new(self.clone(), body.clone(), covered));
        delivery.state(stated, in_body);
        (delivery, tag)
    }

    /// What the members of this body say. One pass over the body finds them all.
    pub(super) fn read_body(&self, body: &[u8], covered: bool) -> Statements {
        let found = members::find(body, self.0.untagged().map(|place| place.and_then(Place::path)));
        self.statements(found.map(|member| Some(Stated::new(member?.text()?, covered))))
    }

    /// What these texts state, which were found at the places of [`Places::untagged`].
    fn statements(&self, texts: [Option<Stated<Cow<'_, str>>>; 4]) -> Statements {
        let [event_id, event_type, sent_at, attempt] = texts;
        let format = self.0.sent_at.as_ref().map(|(_, format)| *format);
        Statements {
            event_id: event_id.and_then(|id| plain(id.as_deref())),
            event_type: event_type.and_then(|event_type| plain(event_type.as_deref())),
            sent_at: sent_at.and_then(|text| text.try_map(|text| format?.read(&text))),
            attempt: attempt.and_then(|text| text.try_map(|text| digits(&text))),
        }
    }
}

impl Places {
    /// The places of the id, the type, the time and the attempt.
    fn all(&self) -> [Option<&Place>; 4] {
        let sent_at = self.sent_at.as_ref().map(|(place, _)| place);
        [self.event_id.as_ref(), self.event_type.as_ref(), sent_at, self.attempt.as_ref()]
    }

    /// The same without a type that chooses the variant.
    fn untagged(&self) -> [Option<&Place>; 4] {
        let [event_id, event_type, sent_at, attempt] = self.all();
        [event_id, event_type.filter(|_| !self.tagged), sent_at, attempt]
    }
}

impl Place {
    /// The type at this place, and whether the signature covers it.
    pub(super) fn tag<'a>(&self, head: &'a Parts, body: &'a [u8], covered: bool) -> (Tag<'a>, bool) {
        let tag = match &self.0 {
            Where::Body(path) => return (find_tag(body, path), covered),
            Where::Header(name) => match name.as_ref().map(|name| only(&head.headers, name)) {
                Ok(Ok(value)) => headers::text(value).map_or(Tag::Unreadable, |text| Tag::Text(Cow::Borrowed(text))),
                Ok(Err(NotOne::Repeated)) => Tag::Unreadable,
                Ok(Err(NotOne::Missing)) | Err(_) => Tag::Absent,
            },
        };
        (tag, false)
    }
}
