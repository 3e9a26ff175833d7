use std::cell::Cell;

use serde::{
    Deserialize,
    de::{Deserializer, Error},
};

use super::{
    DecodeError, Unknown, decode_str,
    drift::{Drift, found_by, note},
    raw_text::Members,
    read,
    strict::{Context, Fields, Notes, Silent, Strict},
    tag::{Tag, unreadable},
    utf8,
};

/// An enum of events that are told apart by their type, a text.
///
/// [`tagged_enum!`](crate::tagged_enum) writes such an enum and its implementation; implement the
/// trait yourself if the macro cannot express what you need. The provider's
/// [`Envelope`](crate::provider::Envelope) says where a delivery has the type.
///
/// A variant is read from the whole body. An event of another type is kept as [`Unknown`].
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
/// let event: Event = json::decode_tagged(Some("order.paid"), br#"{"id": "o-1", "data": {"cents": 1250}}"#)?;
/// assert_eq!(event, Event::OrderPaid(Envelope { id: "o-1".into(), data: Paid { cents: 1250 } }));
///
/// let Event::Unknown(unknown) = json::decode_tagged(Some("order.lost"), b"{}")? else { panic!() };
/// assert_eq!(unknown.event_type, "order.lost");
/// # Ok::<_, json::DecodeError>(())
/// ```
pub trait Tagged: Sized {
    /// Reads an event of this type from the whole body. `None` if the type is not known.
    fn read<'de, D: Deserializer<'de>>(event_type: &str, object: D) -> Option<Result<Self, D::Error>>;

    /// Keeps an event whose type [`read`](Self::read) does not know.
    fn unknown(unknown: Unknown) -> Self;

    /// The type of this event, unless it is unknown: one of a few texts. The default is `None`.
    fn known_event_type(&self) -> Option<&'static str> {
        None
    }

    /// Reads an event that states no type: the place of the type is empty or `null`. `None` if it is not known: it is
    /// kept as an [`unknown`](Self::unknown) one with an empty type.
    ///
    /// `has` says whether the object has a member of this name that is not `null`. By default an event without a type is
    /// an error: a [missing field](super::DecodeErrorKind::MissingField).
    fn read_untagged<'de, D: Deserializer<'de>>(
        object: D,
        has: &dyn Fn(&str) -> bool,
    ) -> Option<Result<Self, D::Error>> {
        let _ = (object, has);
        Some(Err(D::Error::missing_field("type")))
    }
}

/// Decodes a whole body into a [`Tagged`] enum, by a type that you know from elsewhere.
///
/// Use it in tests and in your own [`Provider`](crate::provider::Provider). A `Custom` provider
/// finds the type by itself.
///
/// # Errors
///
/// See [`decode`](super::decode).
///
/// # Examples
///
/// See [`tagged_enum!`](crate::tagged_enum).
pub fn decode_tagged<E: Tagged>(event_type: Option<&str>, body: &[u8]) -> Result<E, DecodeError> {
    decode(body, &event_type.map_or(Tag::Absent, |event_type| Tag::Text(event_type.into())), None)
}

/// Decodes a whole body by its type. `path` says where in the body the type is; `None` if it is elsewhere.
pub(crate) fn decode<E: Tagged>(body: &[u8], tag: &Tag<'_>, path: Option<&[Box<str>]>) -> Result<E, DecodeError> {
    let text = utf8(body)?;
    let path = path.unwrap_or_default();
    let name = name_of(path);
    let event_type = match tag {
        Tag::Absent => None,
        Tag::Text(event_type) => Some(&**event_type),
        Tag::Unreadable => return Err(unreadable(text, path)),
    };
    match read_as(text, event_type, &Object::new(name), Silent) {
        Ok(Some(event)) => Ok(event),
        Ok(None) => read_unknown(event_type.unwrap_or_default(), text, name),
        Err(_) => read_again(text, event_type, name).map_err(|error| error.missing(path, text)),
    }
}

/// What a body has that `E` does not know. `tag` and `path` are as for [`decode`].
pub(crate) fn drift<E: Tagged>(body: &[u8], tag: &Tag<'_>, path: Option<&[Box<str>]>) -> Vec<Drift> {
    let object = Object::new(name_of(path.unwrap_or_default()));
    let event_type = match tag {
        Tag::Text(event_type) => Some(&**event_type),
        _ => None,
    };
    found_by(|| {
        let read = utf8(body).map(|text| read_as::<E>(text, event_type, &object, &Context::default()));
        if let Ok(Ok(None)) = read {
            note(Drift::Event);
        }
    })
}

/// The member that is the tag, if one at the top is.
fn name_of(path: &[Box<str>]) -> Option<&str> {
    match path {
        [name] => Some(&**name),
        _ => None,
    }
}

/// `None` if the type is not known.
#[inline]
fn read_as<E: Tagged>(
    text: &str,
    event_type: Option<&str>,
    object: &Object<'_>,
    notes: impl Notes,
) -> serde_json::Result<Option<E>> {
    let mut is_known = true;
    let event = read(text, |json| {
        let whole = Strict::new(json, Top { object, notes });
        let event = match event_type {
            Some(event_type) => E::read(event_type, whole),
            None => read_untagged(text, whole),
        };
        event.unwrap_or_else(|| {
            is_known = false;
            Err(serde_json::Error::custom("a type that is not known"))
        })
    });
    if !is_known {
        return Ok(None);
    }
    let event = event?;
    match object.name {
        Some(name) if !object.is_checked.get() => pass(text, name, notes)?,
        _ => {}
    }
    Ok(Some(event))
}

/// `None` if no event has these members.
fn read_untagged<'de, E: Tagged, D: Deserializer<'de>>(text: &str, object: D) -> Option<Result<E, D::Error>> {
    let members = serde_json::from_str(text).map(|Members { members, .. }| members).unwrap_or_default();
    E::read_untagged(object, &|name| members.iter().any(|(other, value)| other == name && value.get() != "null"))
}

/// Reads what could not be read, to say where it failed.
#[cold]
fn read_again<E: Tagged>(text: &str, event_type: Option<&str>, name: Option<&str>) -> Result<E, DecodeError> {
    let (object, context) = (Object::new(name), Context::default());
    let first = read_as(text, event_type, &object, &context).map_err(|error| DecodeError::json(&error, &context, text));
    let event = if first.is_err() && object.tag_in_map.get() {
        // A map of numbers has no place for the type, but a struct with `flatten` may have one.
        single_tag(text, name)?;
        let object = Object { skips_tag_in_maps: true, ..Object::new(name) };
        read_as(text, event_type, &object, &Context::default()).or(first)
    } else {
        first
    };
    event?.map_or_else(|| read_unknown(event_type.unwrap_or_default(), text, name), Ok)
}

fn read_unknown<E: Tagged>(event_type: &str, text: &str, name: Option<&str>) -> Result<E, DecodeError> {
    single_tag(text, name)?;
    Ok(E::unknown(Unknown { event_type: event_type.to_owned(), json: decode_str(text)? }))
}

fn single_tag(text: &str, name: Option<&str>) -> Result<(), DecodeError> {
    let Some(name) = name else { return Ok(()) };
    let context = Context::default();
    pass(text, name, &context).map_err(|error| DecodeError::json(&error, &context, text))
}

/// Passes over an object, to make sure that it has one tag of this name.
fn pass(text: &str, name: &str, notes: impl Notes) -> serde_json::Result<()> {
    let object = Object::new(Some(name));
    read(text, |json| Members::deserialize(Strict::new(json, Top { object: &object, notes })).map(drop))
}

/// What is known of the object that is being read.
struct Object<'o> {
    /// The member that is the tag, if one at the top is.
    name: Option<&'o str>,
    /// Whether the tag is passed over where the place for it is unknown.
    skips_tag_in_maps: bool,
    /// Whether the members were read one by one, so that a second tag was refused.
    is_checked: Cell<bool>,
    tag_seen: Cell<bool>,
    /// Whether the tag was handed out where the place for it is unknown.
    tag_in_map: Cell<bool>,
}

impl<'o> Object<'o> {
    fn new(name: Option<&'o str>) -> Self {
        Self {
            name,
            skips_tag_in_maps: false,
            is_checked: Cell::new(false),
            tag_seen: Cell::new(false),
            tag_in_map: Cell::new(false),
        }
    }
}

/// The notes on the members of the object.
///
/// They hand the tag to a struct that announces a field of its name, and pass over it for any other, so that
/// `deny_unknown_fields` works. They refuse a second tag.
#[derive(Clone, Copy)]
struct Top<'o, N> {
    object: &'o Object<'o>,
    notes: N,
}

impl<N: Notes> Notes for Top<'_, N> {
    type Below = N;

    const ON: bool = N::ON;

    #[inline]
    fn below(self) -> N {
        self.notes
    }

    #[inline]
    fn note(self, note: impl FnOnce(&Context)) {
        self.notes.note(note);
    }

    #[inline]
    fn forget(self) {
        self.notes.forget();
    }

    #[inline]
    fn looks_at_keys(self) -> bool {
        self.object.name.is_some()
    }

    #[inline]
    fn passes_over<E: Error>(self, key: &str, fields: Option<Fields>) -> Result<bool, E> {
        let Self { object, notes } = self;
        object.is_checked.set(true);
        let Some(name) = object.name.filter(|name| *name == key) else { return Ok(false) };
        if object.tag_seen.replace(true) {
            notes.note(|context| context.member(name));
            return Err(E::duplicate_field("type"));
        }
        if let Some(fields) = fields {
            return Ok(!fields.contains(&name));
        }
        // It is a map, or a struct with `flatten`.
        object.tag_in_map.set(true);
        Ok(object.skips_tag_in_maps)
    }
}
