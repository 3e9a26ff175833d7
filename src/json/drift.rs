//! What is sent, and not known to the types that it is decoded into.

use std::cell::RefCell;

/// Something in an authentic delivery that your types do not know: the provider has changed something.
///
/// It names what your types name, and nothing that was sent.
///
/// # Examples
///
/// See [`Accepted`](crate::observe::Accepted).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Drift {
    /// The type of the event.
    Event,
    /// A value of this enum, which [`open_enum!`](crate::open_enum) has declared.
    Value(&'static str),
    /// A member of this struct. Looked for in the events of this crate only: your own types may leave out what you do not
    /// need. A member below raw JSON is not found.
    Member(&'static str),
}

thread_local! {
    /// Where it is gathered, while somebody asks for it. The conversion of a text into an enum has no other way to tell.
    static FOUND: RefCell<Option<Vec<Drift>>> = const { RefCell::new(None) };
}

/// What this came across, each once.
pub(super) fn found_by(decode: impl FnOnce()) -> Vec<Drift> {
    FOUND.set(Some(Vec::new()));
    decode();
    FOUND.take().unwrap_or_default()
}

/// Adds to what was found, if somebody asks for it.
#[cold]
pub(super) fn note(drift: Drift) {
    FOUND.with_borrow_mut(|found| {
        if let Some(found) = found.as_mut().filter(|found| !found.contains(&drift)) {
            found.push(drift);
        }
    });
}

/// Notes a value of this enum that is not listed.
pub fn unknown_value(name: &'static str) {
    note(Drift::Value(name));
}
