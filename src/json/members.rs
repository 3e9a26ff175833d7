//! Single members of an object, without reading the rest of it into anything.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::schema::Key;

/// How many members are looked for at once.
pub(crate) const MAX: usize = 4;

/// The names that lead to a member, from the root.
pub(crate) type Path = [Box<str>];

/// One bit for each member that is looked for.
type Set = u8;

/// Reads up to four members in one pass. A member that occurs twice, or below an object that does, is
/// not found: two readers could take two different ones. Nor is any if the body is not JSON.
pub(crate) fn find<'de>(body: &'de [u8], paths: [Option<&Path>; MAX]) -> [Option<Scalar<'de>>; MAX] {
    let wanted = (0..).zip(&paths).filter(|(_, path)| path.is_some()).fold(0, |set: Set, (slot, _)| set | 1 << slot);
    let mut search = Search { paths, found: [None; MAX], spoilt: 0 };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let read = Below { search: &mut search, wanted, depth: 0 }.deserialize(&mut deserializer);
    if read.and_then(|()| deserializer.end()).is_err() {
        return [None; MAX];
    }
    let mut slot = 0;
    search.found.map(|found| {
        let spoilt = search.spoilt >> slot & 1 == 1;
        slot += 1;
        found.filter(|_| !spoilt).map(|raw| Scalar(raw.get()))
    })
}

/// A value as it was sent.
#[derive(Clone, Copy)]
pub(crate) struct Scalar<'de>(&'de str);

impl<'de> Scalar<'de> {
    /// A string's text, or a whole number's digits.
    pub(crate) fn text(self) -> Option<Cow<'de, str>> {
        if self.0.starts_with('"') {
            return serde_json::from_str::<Key<'de>>(self.0).ok().map(|Key(text)| text);
        }
        let digits = self.0.strip_prefix('-').unwrap_or(self.0);
        digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(Cow::Borrowed(self.0))
    }

    /// A number without a fraction and an exponent, and no string.
    #[cfg(feature = "signatures")]
    pub(crate) fn whole_number(self) -> Option<i64> {
        self.0.parse().ok()
    }
}

struct Search<'s, 'de> {
    paths: [Option<&'s Path>; MAX],
    found: [Option<&'de RawValue>; MAX],
    spoilt: Set,
}

impl Search<'_, '_> {
    /// Which of these go through this name at this depth, and which of them end there.
    fn through(&self, wanted: Set, depth: usize, name: &str) -> (Set, Set) {
        let paths = (0..).zip(&self.paths).filter(|(slot, _)| wanted >> slot & 1 == 1);
        paths.fold((0, 0), |(through, ending), (slot, path)| match path.and_then(|path| path.get(depth..)) {
            Some([last]) if **last == *name => (through | 1 << slot, ending | 1 << slot),
            Some([next, ..]) if **next == *name => (through | 1 << slot, ending),
            _ => (through, ending),
        })
    }
}

/// What is below some member: those of `wanted` that lie deeper than `depth`.
struct Below<'a, 's, 'de> {
    search: &'a mut Search<'s, 'de>,
    wanted: Set,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Below<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! nothing_below {
    ($($method:ident($type:ty))+) => {$(
        fn $method<E>(self, _: $type) -> Result<(), E> {
            Ok(())
        }
    )+};
}

impl<'de> Visitor<'de> for Below<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    nothing_below! { visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str) }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        while access.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let Self { search, wanted, depth } = self;
        let mut here: Set = 0;
        while let Some(Key(name)) = access.next_key()? {
            let (through, ending) = search.through(wanted, depth, &name);
            search.spoilt |= through & here;
            here |= through;
            if through == 0 {
                access.next_value::<IgnoredAny>()?;
            } else if through != ending {
                access.next_value_seed(Below { search, wanted: through & !ending, depth: depth + 1 })?;
            } else {
                let raw: &'de RawValue = access.next_value()?;
                for (slot, found) in (0..).zip(&mut search.found) {
                    if ending >> slot & 1 == 1 {
                        *found = Some(raw);
                    }
                }
            }
        }
        Ok(())
    }
}
