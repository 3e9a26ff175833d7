mod pass;
mod scan;

use std::cell::Cell;

use serde::{Deserializer, de::Error};

use self::pass::{Progress, pass};
use super::{
    DecodeError, Unknown,
    schema::{Silent, Trail},
    utf8,
};

/// An enum of events that are told apart by the string in one field of the object.
///
/// [`decode_tagged`] reads it. Where that field comes first, as it does with most providers, the
/// event is read in one pass, straight into its variant; where it comes later, what precedes it is
/// passed over twice. Nothing is buffered, as `serde`'s own tagged enums do with `flatten`, with an
/// `untagged` variant, or when the tag comes last.
///
/// A variant is read from the whole object, of which the tag is one field. An event of another type
/// is kept as [`Unknown`].
///
/// # Examples
///
/// ```
/// use serde::{Deserialize, Deserializer};
/// use tower_webhook::json::{self, Tagged, Unknown};
///
/// #[derive(Debug, PartialEq)]
/// enum Event {
///     OrderPaid(Envelope<Paid>),
///     OrderSent(Envelope<Sent>),
///     Unknown(Unknown),
/// }
///
/// #[derive(Debug, PartialEq, Deserialize)]
/// struct Envelope<T> { id: String, data: T }
/// #[derive(Debug, PartialEq, Deserialize)]
/// struct Paid { cents: u64 }
/// #[derive(Debug, PartialEq, Deserialize)]
/// struct Sent { carrier: String }
///
/// impl Tagged for Event {
///     const TAG: &'static str = "type";
///
///     fn read<'de, D: Deserializer<'de>>(event_type: &str, object: D) -> Option<Result<Self, D::Error>> {
///         Some(match event_type {
///             "order.paid" => Envelope::deserialize(object).map(Self::OrderPaid),
///             "order.sent" => Envelope::deserialize(object).map(Self::OrderSent),
///             _ => return None,
///         })
///     }
///
///     fn unknown(unknown: Unknown) -> Self {
///         Self::Unknown(unknown)
///     }
/// }
///
/// let event: Event = json::decode_tagged(br#"{"type": "order.paid", "id": "o-1", "data": {"cents": 1250}}"#)?;
/// assert_eq!(event, Event::OrderPaid(Envelope { id: "o-1".into(), data: Paid { cents: 1250 } }));
///
/// let Event::Unknown(unknown) = json::decode_tagged(br#"{"type": "order.lost"}"#)? else { panic!() };
/// assert_eq!(unknown.event_type, "order.lost");
/// # Ok::<_, json::DecodeError>(())
/// ```
///
/// [`tagged_enum!`](crate::tagged_enum) writes such an enum and its implementation. With
/// [`Json::tagged`](crate::provider::Json::tagged) it is received from any provider.
pub trait Tagged: Sized {
    /// The field that holds the type.
    const TAG: &'static str;

    /// Reads an event of this type from the whole object. `None` if the type is not known.
    fn read<'de, D: Deserializer<'de>>(event_type: &str, object: D) -> Option<Result<Self, D::Error>>;

    /// Keeps an event whose type [`read`](Self::read) does not know.
    fn unknown(unknown: Unknown) -> Self;

    /// Reads an event that has no type: the field is absent or `null`.
    ///
    /// By default the object is [malformed](crate::RejectionKind::Malformed).
    ///
    /// # Errors
    ///
    /// The object is not such an event.
    fn read_untagged<'de, D: Deserializer<'de>>(object: D) -> Result<Self, D::Error> {
        let _ = object;
        Err(D::Error::missing_field(Self::TAG))
    }
}

/// Decodes a whole body into a [`Tagged`] enum, with the rules of [`decode`](super::decode). The tag
/// may not occur twice.
///
/// # Errors
///
/// As for [`decode`](super::decode).
///
/// # Examples
///
/// See [`Tagged`].
pub fn decode_tagged<E: Tagged>(body: &[u8]) -> Result<E, DecodeError> {
    let text = utf8(body)?;
    let progress = Cell::new(Progress::Untagged);
    pass(text, None, Silent, &progress).or_else(|_| decode_again(text))
}

/// The same for an event whose type is told elsewhere, as in a header, and is no field of the object.
///
/// # Errors
///
/// As for [`decode`](super::decode).
///
/// # Examples
///
/// ```
/// use serde::Deserialize;
/// use tower_webhook::{json, tagged_enum};
///
/// tagged_enum! {
///     #[derive(Debug)]
///     enum Event by "x-acme-event" {
///         OrderPaid(Paid) = "order.paid",
///     }
/// }
///
/// #[derive(Debug, Deserialize)]
/// struct Paid { cents: u64 }
///
/// let Event::OrderPaid(paid) = json::decode_tagged_as("order.paid", br#"{"cents": 1250}"#)? else { panic!() };
/// assert_eq!(paid.cents, 1250);
/// # Ok::<_, json::DecodeError>(())
/// ```
pub fn decode_tagged_as<E: Tagged>(event_type: &str, body: &[u8]) -> Result<E, DecodeError> {
    let text = utf8(body)?;
    let progress = Cell::new(Progress::Untagged);
    pass(text, Some(event_type), Silent, &progress).or_else(|_| match noted_pass(text, Some(event_type)) {
        (_, Progress::Unknown) => {
            Ok(E::unknown(Unknown { event_type: event_type.to_owned(), json: super::decode_str(text)? }))
        }
        (event, _) => event,
    })
}

/// Decodes what could not be read in one pass: a body that is malformed, whose tag comes later, or
/// is of an unknown type.
#[cold]
fn decode_again<E: Tagged>(text: &str) -> Result<E, DecodeError> {
    let (event, progress) = noted_pass(text, None);
    if progress == Progress::Tagged {
        return event;
    }
    let Some(event_type) = scan::tag(text, E::TAG)? else { return event };
    match noted_pass(text, Some(&event_type)) {
        (_, Progress::Unknown) => {
            scan::single_tag(text, E::TAG)?;
            Ok(E::unknown(Unknown { event_type, json: super::decode_str(text)? }))
        }
        (event, _) => event,
    }
}

/// A pass that tells where it failed.
fn noted_pass<E: Tagged>(text: &str, known: Option<&str>) -> (Result<E, DecodeError>, Progress) {
    let trail = Trail::default();
    let progress = Cell::new(Progress::Untagged);
    let event = pass(text, known, &trail, &progress).map_err(|error| DecodeError::json(&error, &trail));
    (event, progress.get())
}

#[derive(Clone, Debug)]
pub(crate) enum Tag<'a> {
    Absent,
    Text(std::borrow::Cow<'a, str>),
    Unreadable,
}
impl Tag<'_> {
    pub(crate) fn borrowed(&self) -> Tag<'_> {
        self.clone()
    }
}
pub(crate) fn find_tag<'a>(_: &'a [u8], _: &[Box<str>]) -> Tag<'a> {
    Tag::Absent
}
pub(crate) fn decode<E: Tagged>(body: &[u8], _: &Tag<'_>, _: Option<&[Box<str>]>) -> Result<E, DecodeError> {
    decode_tagged(body)
}
