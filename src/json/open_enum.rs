/// Declares an enum of the strings that a provider documents, open for those that it will send later.
///
/// A value that is not listed becomes `Other`, and `Debug` does not show its text. To look for such a
/// value, match on `as_str`: a later version may list it. The enum is
/// `Clone`, `Eq`, `Hash`, `#[non_exhaustive]`, and made from a `&str`; it is serialised as its
/// string and read from a string only, where `serde`'s derive would also take `{"value": null}`.
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
        #[derive(Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        $vis enum $name {
            $($(#[$variant_meta])* $variant,)+
            /// A value that the provider's page does not list, as it was sent.
            Other(String),
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

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(match self {
                    $(Self::$variant => stringify!($variant),)+
                    Self::Other(_) => "Other(..)",
                })
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str($crate::__private::FromText::new())
            }
        }
    };
}
