use serde::{Deserialize, Deserializer};

use super::{Str, quiet};

/// Reads a string and nothing else, without a copy where the type needs none.
///
/// # Errors
///
/// It is not a string. The error quotes nothing.
pub fn from_text<'de, T, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error>
where
    T: for<'a> From<&'a str>,
{
    Str::deserialize(deserializer).map(|Str(text)| T::from(&text)).map_err(quiet)
}

/// Declares an enum of the strings that a provider documents, which also keeps strings that it sends later.
///
/// A value that is not listed becomes `Other`, and `Debug` does not show its text. To look for such a
/// value, match on `as_str`, because a later version may list it. The enum implements
/// `Clone`, `Eq`, `Hash` and `From<&str>`, and is `#[non_exhaustive]`. It is serialised as its
/// string and read from a string only; `serde`'s derive would also accept `{"value": null}`.
///
/// # Examples
///
/// ```
/// tower_webhook::open_enum! {
///     /// How a parcel travels.
///     pub enum Carrier {
///         /// By air.
///         Air = "air",
///         /// By sea.
///         Sea = "sea",
///     }
/// }
///
/// assert_eq!(serde_json::from_str::<Carrier>(r#""air""#)?, Carrier::Air);
/// let other: Carrier = serde_json::from_str(r#""rail""#)?;
/// assert_eq!(other.as_str(), "rail");
/// assert_eq!(format!("{other:?}"), "Other(..)");
/// # Ok::<_, serde_json::Error>(())
/// ```
#[macro_export]
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)? }
    ) => {
        $(#[$meta])*
        ///
        /// `Debug` does not show the text of `Other`.
        #[derive(::std::clone::Clone, ::std::cmp::PartialEq, ::std::cmp::Eq, ::std::hash::Hash)]
        #[non_exhaustive]
        $vis enum $name {
            $($(#[$variant_meta])* $variant,)+
            /// A value that the provider's page does not list, as it was sent.
            Other(::std::string::String),
        }

        impl $name {
            /// The value as it is sent.
            #[must_use]
            $vis fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl ::std::convert::From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)+
                    other => {
                        $crate::__private::unknown_value(::std::stringify!($name));
                        Self::Other(::std::string::String::from(other))
                    }
                }
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(match self {
                    $(Self::$variant => ::std::stringify!($variant),)+
                    Self::Other(_) => "Other(..)",
                })
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                $crate::__private::serde::Serializer::serialize_str(serializer, self.as_str())
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::__private::from_text(deserializer)
            }
        }
    };
}

/// Declares an enum of events that are told apart by their type, with a variant `Unknown` for all
/// other types.
///
/// `Variant(Type) = "text"` reads the whole body into `Type`, which implements `Serialize` and
/// `Deserialize`. `Variant = "text"` accepts any JSON body. A known event with wrong data is an error,
/// and never becomes `Unknown`.
///
/// The provider's [`Envelope`](crate::provider::Envelope) says where a delivery has the type.
///
/// The enum implements [`Tagged`](crate::json::Tagged) and has a method `event_type`. So that an event can wait in a
/// queue, it implements `Serialize` and `Deserialize` too: as `{"type": "..", "data": ..}`, without `data` for a
/// variant that has none, and with the JSON as it was sent for an unknown one. Any self-describing format works, with the
/// data as a [`RawJson`](crate::json::RawJson), and the event may be a field of your own type.
///
/// # Examples
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use tower_webhook::json;
///
/// tower_webhook::tagged_enum! {
///     /// What Acme sends.
///     #[derive(Clone, Debug, PartialEq)]
///     pub enum Event {
///         /// An order was paid.
///         OrderPaid(Order) = "order.paid",
///         /// An order was sent.
///         OrderSent(Order) = "order.sent",
///         /// The endpoint was tested.
///         Ping = "ping",
///     }
/// }
///
/// /// An order of Acme's.
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
/// pub struct Order { id: String }
///
/// let event = json::decode_tagged(Some("order.paid"), br#"{"id": "o-1"}"#)?;
/// assert!(matches!(&event, Event::OrderPaid(order) if order.id == "o-1"));
/// assert_eq!(event.event_type(), "order.paid");
///
/// let stored = serde_json::to_string(&event)?;
/// assert_eq!(stored, r#"{"type":"order.paid","data":{"id":"o-1"}}"#);
/// assert_eq!(serde_json::from_str::<Event>(&stored)?, event);
///
/// let event = json::decode_tagged(Some("order.lost"), br#"{"where": "Vigo"}"#)?;
/// assert!(matches!(event, Event::Unknown(unknown) if unknown.event_type == "order.lost"));
///
/// assert!(json::decode_tagged::<Event>(Some("order.paid"), br#"{"id": 1}"#).is_err());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[macro_export]
macro_rules! tagged_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident $(($event:ty))? = $text:literal),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        $vis enum $name {
            $($(#[$variant_meta])* $variant $(($event))?,)+
            /// An event of a type that is not listed.
            Unknown($crate::json::Unknown),
        }

        impl $name {
            /// The type of this event, as it is sent.
            #[must_use]
            $vis fn event_type(&self) -> &str {
                match self {
                    $(Self::$variant { .. } => $text,)+
                    Self::Unknown(unknown) => &unknown.event_type,
                }
            }
        }

        impl $crate::json::Tagged for $name {
            fn read<'de, D: $crate::__private::serde::Deserializer<'de>>(
                event_type: &str,
                object: D,
            ) -> ::std::option::Option<::std::result::Result<Self, D::Error>> {
                ::std::option::Option::Some(match event_type {
                    $($text => $crate::tagged_enum!(@read $name $variant object $($event)?),)+
                    _ => return ::std::option::Option::None,
                })
            }

            fn unknown(unknown: $crate::json::Unknown) -> Self {
                Self::Unknown(unknown)
            }

            fn known_event_type(&self) -> ::std::option::Option<&'static str> {
                match self {
                    $(Self::$variant { .. } => ::std::option::Option::Some($text),)+
                    Self::Unknown(_) => ::std::option::Option::None,
                }
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                let event_type = self.event_type();
                match self {
                    $(Self::$variant $(($crate::tagged_enum!(@pattern data $event)))? => $crate::__private::stored::serialize(
                        serializer,
                        event_type,
                        $crate::tagged_enum!(@data $(data $event)?),
                    ),)+
                    Self::Unknown(unknown) => $crate::__private::stored::serialize(
                        serializer,
                        event_type,
                        ::std::option::Option::Some(&unknown.json),
                    ),
                }
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::__private::stored::deserialize(deserializer)
            }
        }
    };
    (@read $name:ident $variant:ident $object:ident) => {
        <$crate::__private::serde::de::IgnoredAny as $crate::__private::serde::Deserialize>::deserialize($object)
            .map(|_| $name::$variant)
    };
    (@read $name:ident $variant:ident $object:ident $event:ty) => {
        <$event as $crate::__private::serde::Deserialize>::deserialize($object).map($name::$variant)
    };
    (@pattern $data:ident $event:ty) => { $data };
    (@data) => { ::std::option::Option::None::<&()> };
    (@data $data:ident $event:ty) => { ::std::option::Option::Some($data) };
}
