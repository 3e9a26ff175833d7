/// Declares an enum of events that are told apart by the string in one field, with a variant
/// `Unknown` for all other types: a [`Tagged`](crate::json::Tagged) enum without the code.
///
/// Each variant is read from the whole object into its type, which is a struct that derives
/// `Deserialize`. A known event with wrong data is malformed, and never taken for an unknown one.
///
/// # Examples
///
/// ```
/// use serde::Deserialize;
/// use tower_webhook::json;
///
/// tower_webhook::tagged_enum! {
///     /// What Acme sends.
///     #[derive(Clone, Debug)]
///     pub enum Event by "type" {
///         /// An order was paid.
///         OrderPaid(Order) = "order.paid",
///         /// An order was sent.
///         OrderSent(Order) = "order.sent",
///     }
/// }
///
/// /// An order of Acme's.
/// #[derive(Clone, Debug, Deserialize)]
/// pub struct Order { id: String }
///
/// let event = json::decode_tagged(br#"{"type": "order.paid", "id": "o-1"}"#)?;
/// assert!(matches!(event, Event::OrderPaid(order) if order.id == "o-1"));
///
/// let event = json::decode_tagged(br#"{"type": "order.lost", "where": "Vigo"}"#)?;
/// assert!(matches!(event, Event::Unknown(unknown) if unknown.event_type == "order.lost"));
///
/// assert!(json::decode_tagged::<Event>(br#"{"type": "order.paid", "id": 1}"#).is_err());
/// # Ok::<_, json::DecodeError>(())
/// ```
#[macro_export]
macro_rules! tagged_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident by $tag:literal {
            $($(#[$variant_meta:meta])* $variant:ident($event:ty) = $text:literal),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        $vis enum $name {
            $($(#[$variant_meta])* $variant($event),)+
            /// An event of a type that is not listed.
            Unknown($crate::json::Unknown),
        }

        impl $crate::json::Tagged for $name {
            const TAG: &'static str = $tag;

            fn read<'de, D: $crate::__private::serde::Deserializer<'de>>(
                event_type: &str,
                object: D,
            ) -> ::std::option::Option<::std::result::Result<Self, D::Error>> {
                ::std::option::Option::Some(match event_type {
                    $($text => {
                        <$event as $crate::__private::serde::Deserialize>::deserialize(object).map(Self::$variant)
                    })+
                    _ => return ::std::option::Option::None,
                })
            }

            fn unknown(unknown: $crate::json::Unknown) -> Self {
                Self::Unknown(unknown)
            }
        }
    };
}
