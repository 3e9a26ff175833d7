use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    fmt,
};

use super::Struct;
use crate::json::drift::{Drift, note};

/// Where a strict view notes its errors, while they travel up.
pub(in crate::json) trait Notes: Copy {
    /// Whether anything is noted.
    const ON: bool;

    /// Notes something.
    fn note(self, note: impl FnOnce(&Context));

    /// An error was overcome: forgets what was noted.
    fn forget(self);

    /// Whether the input was written by ourselves: see [`Context::stored`].
    fn is_stored(self) -> bool;
}

/// Notes nothing. A body is first read with this, and again with notes only if that fails: noting
/// costs 5 % more instructions.
#[derive(Clone, Copy)]
pub(in crate::json) struct Silent;

impl Notes for Silent {
    const ON: bool = false;

    #[inline]
    fn note(self, _: impl FnOnce(&Context)) {}

    #[inline]
    fn forget(self) {}

    #[inline]
    fn is_stored(self) -> bool {
        false
    }
}

impl Notes for &Context {
    const ON: bool = true;

    #[inline]
    fn note(self, note: impl FnOnce(&Context)) {
        note(self);
    }

    fn forget(self) {
        self.steps.borrow_mut().clear();
    }

    fn is_stored(self) -> bool {
        self.is_stored
    }
}

/// What is known of an error: the steps from its place up to the root, and the type that was wanted there.
#[derive(Default)]
pub(in crate::json) struct Context {
    steps: RefCell<Vec<Step>>,
    is_stored: bool,
    /// Whether the next member is the type, for which the struct has no field.
    is_tag: Cell<bool>,
}

enum Step {
    Expected(&'static str),
    Field(Cow<'static, str>),
    Index(usize),
    UnknownKey,
}

impl Context {
    /// A context for what was written by ourselves, not sent: structs may be arrays of their values, as in
    /// compact MessagePack, and there are no reserved keys.
    pub(in crate::json) fn stored() -> Self {
        Self { is_stored: true, ..Self::default() }
    }

    /// Notes the JSON type that was wanted. Only the innermost counts.
    pub(in crate::json) fn expected(&self, expected: &'static str) {
        if self.steps.borrow().is_empty() {
            self.push(Step::Expected(expected));
        }
    }

    /// Notes an error in the value of a key. The key came from the sender, so it is noted only as
    /// the name of a field that the type announced.
    pub(super) fn key(&self, fields: &[&'static str], key: &str) {
        let field = fields.iter().find(|field| **field == key);
        self.push(field.map_or(Step::UnknownKey, |field| Step::Field(Cow::Borrowed(field))));
    }

    /// The member that is read next is known, although the struct has no field for it.
    pub(in crate::json) fn expect_tag(&self) {
        self.is_tag.set(true);
    }

    /// A member of a struct is read.
    pub(super) fn meet(&self, part: Struct, key: &str) {
        if !self.is_tag.take() && !part.fields.contains(&key) {
            note(Drift::Member(part.name));
        }
    }

    /// Notes an error in a member whose name comes from your settings.
    pub(in crate::json) fn member(&self, name: &str) {
        self.push(Step::Field(Cow::Owned(name.to_owned())));
    }

    pub(super) fn index(&self, index: usize) {
        self.push(Step::Index(index));
    }

    /// Notes an error of a struct itself: the field that is missing or repeated, or else that the
    /// value is no object.
    ///
    /// Only the message of `serde` names such a field. It is matched against the names that the
    /// type announced, so that nothing else can come out of it.
    pub(super) fn of_struct(&self, fields: &[&'static str], error: &impl fmt::Display) {
        if !self.steps.borrow().is_empty() {
            return;
        }
        let message = error.to_string();
        let named = message.strip_prefix("missing field `").or_else(|| message.strip_prefix("duplicate field `"));
        let named = named.and_then(|rest| rest.split('`').next());
        match fields.iter().find(|field| Some(**field) == named) {
            Some(field) => self.push(Step::Field(Cow::Borrowed(field))),
            None => self.push(Step::Expected("an object")),
        }
    }

    /// The innermost type that was wanted.
    pub(in crate::json) fn innermost_expected(&self) -> Option<&'static str> {
        match self.steps.borrow().first() {
            Some(Step::Expected(expected)) => Some(expected),
            _ => None,
        }
    }

    fn push(&self, step: Step) {
        self.steps.borrow_mut().push(step);
    }
}

/// The path.
impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut dot = "";
        for step in self.steps.borrow().iter().rev() {
            match step {
                Step::Field(name) => write!(f, "{dot}{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::UnknownKey => write!(f, "{dot}*")?,
                Step::Expected(_) => continue,
            }
            dot = ".";
        }
        Ok(())
    }
}
