mod place;
mod time;

use std::borrow::Cow;

use http::request::Parts;

use self::place::Kind;
pub use self::{place::Place, time::TimeFormat};
use crate::{
    Delivery, Stated,
    json::members::{self, Scalar},
};

/// Where a provider states what an event is: its id, its type, when it was sent, which attempt this is.
///
/// By default a provider states none of these. What an envelope finds is in the [`Delivery`], each
/// with whether the signature covers it:
///
/// | place | covered |
/// |---|---|
/// | a header | no, except for the id and the time that the scheme itself signs, which come before these places |
/// | a member of the JSON body | if the scheme [signs the body](crate::auth::Verified::signs_body) |
///
/// The body is read once more for its members, in one pass that builds nothing, and only if the
/// envelope has a place in it. What is not there, or not of the right form, is no error: the delivery then
/// has no such fact.
///
/// # Examples
///
/// ```
/// use tower_webhook::{auth::Header, provider::{Envelope, Json, Place, TimeFormat}};
///
/// let envelope = Envelope::new()
///     .event_id(Place::header("x-acme-delivery")?)
///     .event_type(Place::body("type"))
///     .sent_at(Place::body("created"), TimeFormat::UnixSeconds);
/// let scheme = Header::builder("x-acme-key").key("Zr41vw-new-and-random").build()?;
/// let acme = Json::<serde_json::Value, _>::new("acme", scheme).envelope(envelope);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "an envelope does nothing until a provider has it"]
pub struct Envelope {
    event_id: Option<Place>,
    event_type: Option<Place>,
    sent_at: Option<(Place, TimeFormat)>,
    attempt: Option<Place>,
}

impl Envelope {
    /// An envelope that states nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the event's id is.
    pub fn event_id(mut self, place: Place) -> Self {
        self.event_id = Some(place);
        self
    }

    /// Where the event's type is.
    pub fn event_type(mut self, place: Place) -> Self {
        self.event_type = Some(place);
        self
    }

    /// Where the time of sending is, and how it is written.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::provider::{Envelope, Place, TimeFormat};
    ///
    /// let envelope = Envelope::new().sent_at(Place::body("meta.when"), TimeFormat::Rfc3339);
    /// ```
    pub fn sent_at(mut self, place: Place, format: TimeFormat) -> Self {
        self.sent_at = Some((place, format));
        self
    }

    /// Where the number of the attempt is: digits.
    pub fn attempt(mut self, place: Place) -> Self {
        self.attempt = Some(place);
        self
    }

    /// Writes on the delivery what this envelope states of it.
    /// Where in the body the type is.
    pub(in crate::provider) fn type_path(&self) -> Option<&[Box<str>]> {
        self.event_type.as_ref().and_then(Place::path)
    }

    /// The header that the type is in.
    pub(in crate::provider) fn type_header(&self) -> Option<&http::HeaderName> {
        match &self.event_type.as_ref()?.0 {
            Kind::Header(name) => Some(name),
            Kind::Body(_) => None,
        }
    }

    pub(crate) fn read(&self, head: &Parts, body: &[u8], mut delivery: Delivery) -> Delivery {
        let sent_at = self.sent_at.as_ref().map(|(place, _)| place);
        let places = [self.event_id.as_ref(), self.event_type.as_ref(), sent_at, self.attempt.as_ref()];
        let [id, event_type, sent_at, attempt] = texts(places, head, body, delivery.signs_body());
        if let Some(id) = &id {
            delivery = delivery.with_event_id(as_str(id));
        }
        if let Some(event_type) = &event_type {
            delivery = delivery.with_event_type(as_str(event_type));
        }
        let format = self.sent_at.as_ref().map(|(_, format)| *format);
        if let Some(sent_at) = read(sent_at, |text| format?.read(text)) {
            delivery = delivery.with_sent_at(sent_at);
        }
        if let Some(attempt) = read(attempt, time::attempt) {
            delivery = delivery.with_attempt(attempt);
        }
        delivery
    }
}

/// What is found in these places.
fn texts<'a>(
    places: [Option<&Place>; 4],
    head: &'a Parts,
    body: &'a [u8],
    signs_body: bool,
) -> [Option<Stated<Cow<'a, str>>>; 4] {
    let paths = places.map(|place| place.and_then(Place::path));
    let mut members =
        if paths.iter().any(Option::is_some) { members::find(body, paths).into_iter() } else { [None; 4].into_iter() };
    places.map(|place| {
        let member = members.next().flatten();
        match &place?.0 {
            Kind::Header(name) => {
                let text = place::only_text(&head.headers, name)?;
                Some(Stated::Unsigned(Cow::Borrowed(text)))
            }
            Kind::Body(_) => Some(Stated::new(member.and_then(Scalar::text)?, signs_body)),
        }
    })
}

fn as_str<'a>(text: &'a Stated<Cow<'_, str>>) -> Stated<&'a str> {
    match text {
        Stated::Signed(text) => Stated::Signed(text),
        Stated::Unsigned(text) => Stated::Unsigned(text),
    }
}

fn read<T>(text: Option<Stated<Cow<'_, str>>>, read: impl FnOnce(&str) -> Option<T>) -> Option<Stated<T>> {
    let text = text?;
    let signed = text.is_signed();
    read(&text.even_unsigned()).map(|value| Stated::new(value, signed))
}
