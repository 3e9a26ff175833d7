use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{
    DecodeError, Flaw, Unknown, decode_str,
    drift::{Drift, found_by, note},
    key_text::KeyText,
    raw_text, read,
    strict::{Context, Fields, Key, Notes, RAW_VALUE, Silent, Strict},
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
///
///     fn event_type(&self) -> &str {
///         match self {
///             Self::OrderPaid(_) => "order.paid",
///             Self::OrderSent(_) => "order.sent",
///             Self::Unknown(unknown) => &unknown.event_type,
///         }
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

    /// The type of this event, as it is sent.
    fn event_type(&self) -> &str;

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
/// ```
/// use serde::{Deserialize, Serialize};
/// use tower_webhook::{json, tagged_enum};
///
/// tagged_enum! {
///     #[derive(Debug)]
///     enum Event {
///         OrderPaid(Paid) = "order.paid",
///     }
/// }
///
/// #[derive(Debug, Serialize, Deserialize)]
/// struct Paid { cents: u64 }
///
/// let Event::OrderPaid(paid) = json::decode_tagged(Some("order.paid"), br#"{"cents": 1250}"#)? else { panic!() };
/// assert_eq!(paid.cents, 1250);
/// # Ok::<_, json::DecodeError>(())
/// ```
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
) -> Result<Option<E>, Flaw> {
    let mut is_known = true;
    let event = read(text, |json| {
        let whole = Whole { inner: Strict::new(json, notes), notes, object, tag: Place::Unknown };
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
    let members = serde_json::from_str(text).map(|raw_text::Members { members, .. }| members).unwrap_or_default();
    E::read_untagged(object, &|name| members.iter().any(|(other, value)| other == name && value.get() != "null"))
}

/// Reads what could not be read, to say where it failed.
#[cold]
fn read_again<E: Tagged>(text: &str, event_type: Option<&str>, name: Option<&str>) -> Result<E, DecodeError> {
    let (object, context) = (Object::new(name), Context::default());
    let first = read_as(text, event_type, &object, &context).map_err(|flaw| flaw.explain(&context, text));
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
    pass(text, name, &context).map_err(|flaw| flaw.explain(&context, text))
}

/// Passes over an object, to make sure that it has one tag of this name.
fn pass(text: &str, name: &str, notes: impl Notes) -> Result<(), Flaw> {
    struct Pass;

    impl<'de> Visitor<'de> for Pass {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
            while access.next_entry::<Key<'de>, IgnoredAny>()?.is_some() {}
            Ok(())
        }
    }

    let object = Object::new(Some(name));
    read(text, |json| {
        Whole { inner: Strict::new(json, notes), notes, object: &object, tag: Place::Unknown }.deserialize_map(Pass)
    })
}

/// What is known of the object that is being read.
struct Object<'o> {
    /// The member that is the tag, if one at the top is.
    name: Option<&'o str>,
    /// Whether the tag is passed over where the place for it is unknown.
    skips_tag_in_maps: bool,
    /// Whether the members were read one by one, so that a second tag was refused.
    is_checked: Cell<bool>,
    /// Whether the tag was handed out where the place for it is unknown.
    tag_in_map: Cell<bool>,
}

impl<'o> Object<'o> {
    fn new(name: Option<&'o str>) -> Self {
        Self { name, skips_tag_in_maps: false, is_checked: Cell::new(false), tag_in_map: Cell::new(false) }
    }
}

/// Which place the type that is being read has for the tag.
#[derive(Clone, Copy)]
enum Place {
    Field,
    None,
    /// It is a map, or a struct with `flatten`.
    Unknown,
}

/// The whole body as what a variant is read from.
///
/// It hands the tag to a struct that announces a field of its name, and passes over it for any other, so
/// that `deny_unknown_fields` works. It refuses a second tag.
struct Whole<'o, T, N> {
    inner: T,
    notes: N,
    object: &'o Object<'o>,
    tag: Place,
}

impl<'o, T, N> Whole<'o, T, N> {
    fn of_map<V>(self, visitor: V) -> (T, Whole<'o, V, N>) {
        let Self { inner, notes, object, .. } = self;
        let tag = if object.skips_tag_in_maps { Place::None } else { Place::Unknown };
        (inner, Whole { inner: visitor, notes, object, tag })
    }
}

macro_rules! forward {
    ($($method:ident($($argument:ident: $type:ty),*))+) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method($($argument,)* visitor)
        }
    )+};
}

impl<'de, D: Deserializer<'de>, N: Notes> Deserializer<'de> for Whole<'_, D, N> {
    type Error = D::Error;

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: Fields,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let tag = match self.object.name {
            Some(name) if !fields.contains(&name) => Place::None,
            _ => Place::Field,
        };
        self.inner.deserialize_struct(
            name,
            fields,
            Whole { inner: visitor, notes: self.notes, object: self.object, tag },
        )
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let (inner, visitor) = self.of_map(visitor);
        inner.deserialize_any(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let (inner, visitor) = self.of_map(visitor);
        inner.deserialize_map(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let (inner, visitor) = self.of_map(visitor);
        inner.deserialize_option(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        if name == RAW_VALUE {
            return self.inner.deserialize_newtype_struct(name, visitor);
        }
        let (inner, visitor) = self.of_map(visitor);
        inner.deserialize_newtype_struct(name, visitor)
    }

    forward! {
        deserialize_bool() deserialize_char() deserialize_str() deserialize_string() deserialize_identifier()
        deserialize_bytes() deserialize_byte_buf() deserialize_unit() deserialize_ignored_any() deserialize_seq()
        deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64()
        deserialize_unit_struct(name: &'static str)
        deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_enum(name: &'static str, variants: Fields)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! visit {
    ($($method:ident($type:ty))+) => {$(
        fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.inner.$method(value)
        }
    )+};
}

impl<'de, V: Visitor<'de>, N: Notes> Visitor<'de> for Whole<'_, V, N> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let Self { inner, notes, object, tag } = self;
        object.is_checked.set(true);
        inner.visit_map(Members { access, notes, object, tag, tag_seen: false })
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        let (visitor, deserializer) = self.of_map(deserializer);
        visitor.visit_some(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        let (visitor, deserializer) = self.of_map(deserializer);
        visitor.visit_newtype_struct(deserializer)
    }

    visit! {
        visit_bool(bool) visit_char(char) visit_str(&str) visit_borrowed_str(&'de str) visit_string(String)
        visit_bytes(&[u8]) visit_borrowed_bytes(&'de [u8]) visit_byte_buf(Vec<u8>)
        visit_i64(i64) visit_i128(i128) visit_u64(u64) visit_u128(u128) visit_f64(f64)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(access)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.inner.visit_seq(access)
    }
}

/// The members of the object.
struct Members<'o, A, N> {
    access: A,
    notes: N,
    object: &'o Object<'o>,
    tag: Place,
    tag_seen: bool,
}

impl<'de, A: MapAccess<'de>, N: Notes> MapAccess<'de> for Members<'_, A, N> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let Some(name) = self.object.name else { return self.access.next_key_seed(seed) };
        loop {
            let Some(Key(key)) = self.access.next_key()? else { return Ok(None) };
            if key == name {
                if std::mem::replace(&mut self.tag_seen, true) {
                    self.notes.note(|context| context.member(name));
                    return Err(A::Error::duplicate_field("type"));
                }
                match self.tag {
                    Place::Field => {}
                    Place::Unknown => self.object.tag_in_map.set(true),
                    Place::None => {
                        self.notes.note(Context::expect_tag);
                        self.access.next_value::<IgnoredAny>()?;
                        continue;
                    }
                }
            }
            return seed.deserialize(KeyText::new(key)).map(Some);
        }
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.access.next_value_seed(seed)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.access.size_hint()
    }
}
