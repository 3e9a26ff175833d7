//! Numbers as `serde_json` hands them out where its feature `arbitrary_precision` is on: maps with one text. Any crate may
//! turn that on for all others.

use std::sync::LazyLock;

#[cfg(feature = "mediquo")]
use serde::{
    Deserialize,
    de::{MapAccess, value::MapAccessDeserializer},
};

/// The key of a map that is a number.
pub(crate) const NUMBER: &str = "$serde_json::private::Number";

/// Whether numbers come as maps.
pub(crate) fn has_arbitrary_precision() -> bool {
    static IS_ON: LazyLock<bool> = LazyLock::new(|| "1e999".parse::<serde_json::Number>().is_ok());
    *IS_ON
}

/// Reads a number that comes as a map.
#[cfg(feature = "mediquo")]
pub(crate) fn read_map<'de, A: MapAccess<'de>>(access: A) -> Result<serde_json::Number, A::Error> {
    serde_json::Number::deserialize(MapAccessDeserializer::new(access))
}
