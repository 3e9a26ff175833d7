use std::{fmt, marker::PhantomData};

use serde::de::{Error, Visitor};

/// Reads a string and nothing else, without a copy where the type needs none.
pub struct FromText<T>(PhantomData<fn() -> T>);

impl<T> FromText<T> {
    /// Reads a `T`.
    #[expect(clippy::new_without_default, reason = "not public API")]
    #[must_use]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: for<'a> From<&'a str>> Visitor<'_> for FromText<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok(T::from(text))
    }
}
