//! What `Debug` shows of an event.

/// `Debug` with these fields, or with the `len` of them. All others may be personal, and only the dots say that there are
/// more.
macro_rules! shows {
    ($($name:ident { $($field:ident $(.$len:ident)?)* })+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($field), &self.$field$(.$len())?))*
                    .finish_non_exhaustive()
            }
        }
    )+};
}

pub(super) use shows;
