//! The structs that the events of this crate's own providers are made of.

/// Declares the parts of events: structs that implement `Deserialize` as `serde`'s derive does, but whose errors quote
/// no value, whatever they are read from.
///
/// Write the struct as for the derive, without `Deserialize` among its traits.
macro_rules! parts {
    ($(
        $(#[doc = $doc:literal])*
        #[derive($($trait:ident),+ $(,)?)]
        #[non_exhaustive]
        pub struct $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)+
        }
    )+) => {$(
        $(#[doc = $doc])*
        #[derive($($trait),+)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)+
        }

        const _: () = {
            // The derive takes the name of the other struct as a literal only.
            type Part = $name;

            impl<'de> serde::Deserialize<'de> for Part {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    #[derive(serde::Deserialize)]
                    #[serde(remote = "Part", expecting = "an object")]
                    struct $name {
                        $($(#[$field_meta])* $field: $type,)+
                    }

                    $name::deserialize(deserializer).map_err($crate::json::quiet)
                }
            }
        };
    )+};
}

pub(crate) use parts;
