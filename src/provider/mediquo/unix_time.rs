//! `occurred_on`: seconds since 1970, whole or with a fraction.

use std::fmt;

use jiff::{SignedDuration, Timestamp, Unit};
use serde::{
    Deserializer, Serializer,
    de::{Error, MapAccess, Visitor},
};

use crate::json::number::{self, has_arbitrary_precision};

pub(super) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    if time.subsec_nanosecond() == 0 {
        serializer.serialize_i64(time.as_second())
    } else {
        serializer.serialize_f64(time.as_duration().as_secs_f64())
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    if deserializer.is_human_readable() && !has_arbitrary_precision() {
        deserializer.deserialize_f64(Seconds)
    } else {
        // Other formats tell integers from fractions, and a buffer may have a number as a map.
        deserializer.deserialize_any(Seconds)
    }
}

struct Seconds;

impl<'de> Visitor<'de> for Seconds {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("seconds since 1970")
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<Timestamp, E> {
        Timestamp::from_second(seconds).map_err(|_| out_of_range())
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<Timestamp, E> {
        self.visit_i64(i64::try_from(seconds).map_err(|_| out_of_range())?)
    }

    /// A binary fraction of a present-day time is exact to less than a microsecond.
    fn visit_f64<E: Error>(self, seconds: f64) -> Result<Timestamp, E> {
        SignedDuration::try_from_secs_f64(seconds)
            .and_then(Timestamp::from_duration)
            .and_then(|time| time.round(Unit::Microsecond))
            .map_err(|_| out_of_range())
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Timestamp, A::Error> {
        let number = number::read_map(access)?;
        match (number.as_i64(), number.as_f64()) {
            (Some(seconds), _) => self.visit_i64(seconds),
            (None, Some(seconds)) => self.visit_f64(seconds),
            (None, None) => Err(out_of_range()),
        }
    }
}

fn out_of_range<E: Error>() -> E {
    E::custom("a time out of range")
}
