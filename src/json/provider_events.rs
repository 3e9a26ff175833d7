//! The enums of the events of this crate's own providers, in the form that the provider sends.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};

use super::{
    RawJson, Tagged,
    raw_text::{Members, RawText},
    tag::find_tag,
    tagged::decode,
};

/// Declares an enum of the events of a provider of this crate: as [`tagged_enum!`](crate::tagged_enum), but
/// serialised in the provider's own form, with the type as the member `by`. Events that have no such member are told
/// by others: the first variant of `untagged` whose condition holds is read.
macro_rules! provider_events {
    (
        $(#[$meta:meta])*
        pub enum $name:ident by $tag:literal {
            $($(#[$variant_meta:meta])* $variant:ident($event:ty) = $text:literal,)+
        }
        $(untagged($has:ident) {
            $($(#[$untagged_meta:meta])* $untagged:ident($untagged_event:ty) = $untagged_text:literal if $told:expr,)+
        })?
    ) => {
        $(#[$meta])*
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* $variant($event),)+
            $($($(#[$untagged_meta])* $untagged($untagged_event),)+)?
            /// An event that the provider's pages do not describe.
            Unknown($crate::json::Unknown),
        }

        impl $name {
            /// Where in the body the type is.
            pub(super) const TAG: &str = $tag;

            /// The type of the event, as it is sent; empty for an unknown event that has none.
            $(
                ///
                /// Events that are sent without one have the names of the pages:
                #[doc = concat!($("`", $untagged_text, "` ",)+)]
            )?
            #[must_use]
            pub fn event_type(&self) -> &str {
                match self {
                    $(Self::$variant(_) => $text,)+
                    $($(Self::$untagged(_) => $untagged_text,)+)?
                    Self::Unknown(unknown) => &unknown.event_type,
                }
            }
        }

        #[cfg(feature = "idempotency")]
        impl $name {
            /// What retries of one event share: its decoded fields, with amounts as they were written.
            pub(super) fn canonical(&self) -> Option<Vec<u8>> {
                use $crate::json::canonical::canonical;
                match self {
                    $(Self::$variant(event) => canonical(event),)+
                    $($(Self::$untagged(event) => canonical(event),)+)?
                    Self::Unknown(unknown) => canonical(unknown),
                }
            }
        }

        impl $crate::json::Tagged for $name {
            fn read<'de, D: serde::Deserializer<'de>>(event_type: &str, object: D) -> Option<Result<Self, D::Error>> {
                Some(match event_type {
                    $($text => <$event as serde::Deserialize>::deserialize(object).map(Self::$variant),)+
                    _ => return None,
                })
            }

            $(
                fn read_untagged<'de, D: serde::Deserializer<'de>>(
                    object: D,
                    $has: &dyn Fn(&str) -> bool,
                ) -> Option<Result<Self, D::Error>> {
                    $(if $told {
                        return Some(<$untagged_event as serde::Deserialize>::deserialize(object).map(Self::$untagged));
                    })+
                    None
                }
            )?

            fn unknown(unknown: $crate::json::Unknown) -> Self {
                Self::Unknown(unknown)
            }

            fn known_event_type(&self) -> Option<&'static str> {
                match self {
                    $(Self::$variant(_) => Some($text),)+
                    $($(Self::$untagged(_) => Some($untagged_text),)+)?
                    Self::Unknown(_) => None,
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use $crate::json::provider_events::serialize_flat;
                match self {
                    $(Self::$variant(event) => serialize_flat(serializer, Some(($tag, $text)), event),)+
                    $($(Self::$untagged(event) => serialize_flat(serializer, None, event),)+)?
                    Self::Unknown(unknown) => serde::Serialize::serialize(&unknown.json, serializer),
                }
            }
        }

        /// Reads any self-describing format. An error quotes nothing.
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::json::provider_events::deserialize_flat(deserializer, Self::TAG)
            }
        }
    };
}

pub(crate) use provider_events;

/// Serialises an event in its provider's own form: the members of `data`, after the type as the member `tag`.
///
/// The members are written as a map, so that they keep their names where structs do not. Other formats
/// than JSON get the text of the whole, as a [`RawJson`].
pub(crate) fn serialize_flat<S: Serializer, T: Serialize>(
    serializer: S,
    tag: Option<(&str, &str)>,
    data: &T,
) -> Result<S::Ok, S::Error> {
    let text = serde_json::to_string(data).map_err(S::Error::custom)?;
    let mut flat: Members<'_> = serde_json::from_str(&text).map_err(S::Error::custom)?;
    flat.tag = tag;
    if serializer.is_human_readable() {
        return flat.serialize(serializer);
    }
    RawText(&serde_json::to_string(&flat).map_err(S::Error::custom)?).serialize(serializer)
}

/// Reads what [`serialize_flat`] or the provider itself wrote.
pub(crate) fn deserialize_flat<'de, E: Tagged, D: Deserializer<'de>>(
    deserializer: D,
    tag: &str,
) -> Result<E, D::Error> {
    let json = RawJson::deserialize(deserializer).map_err(|_| D::Error::custom("not JSON"))?;
    let path = [tag.into()];
    let body = json.get().as_bytes();
    decode(body, &find_tag(body, &path), Some(&path))
        .map_err(|error| D::Error::custom(format_args!("{} in field `{}`", error.kind(), error.path())))
}
