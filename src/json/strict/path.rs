use std::{borrow::Cow, cell::RefCell, fmt};

use serde::de::Error;

use super::Fields;

/// Where a strict view notes its errors, while they travel up.
pub(in crate::json) trait Notes: Copy {
    /// For what is in an array or an object.
    type Below: Notes;

    /// Whether anything is noted.
    const ON: bool;

    fn below(self) -> Self::Below;

    /// Notes something.
    fn note(self, note: impl FnOnce(&Context));

    /// An error was overcome: forgets what was noted.
    fn forget(self);

    /// Whether it has to see the members of a struct.
    #[inline]
    fn looks_at_keys(self) -> bool {
        false
    }

    /// Whether the member of this name is kept from the type that is read: a struct with these fields, or a map.
    #[inline]
    fn passes_over<E: Error>(self, _key: &str, _fields: Option<Fields>) -> Result<bool, E> {
        Ok(false)
    }
}

/// Notes nothing. A body is first read with this, and again with notes only if that fails: noting
/// costs 5 % more instructions.
#[derive(Clone, Copy)]
pub(in crate::json) struct Silent;

impl Notes for Silent {
    type Below = Self;

    const ON: bool = false;

    #[inline]
    fn below(self) -> Self {
        self
    }

    #[inline]
    fn note(self, _: impl FnOnce(&Context)) {}

    #[inline]
    fn forget(self) {}
}

impl Notes for &Context {
    type Below = Self;

    const ON: bool = true;

    fn below(self) -> Self {
        self
    }

    #[inline]
    fn note(self, note: impl FnOnce(&Context)) {
        note(self);
    }

    fn forget(self) {
        self.steps.borrow_mut().clear();
    }
}

/// What is known of an error: the steps from its place up to the root, and the type that was wanted there.
#[derive(Default)]
pub(in crate::json) struct Context {
    steps: RefCell<Vec<Step>>,
}

enum Step {
    Expected(&'static str),
    Field(Cow<'static, str>),
    Index(usize),
    UnknownKey,
}

impl Context {
    /// Notes the JSON type that was wanted. Only the innermost counts.
    pub(in crate::json) fn expected(&self, expected: &'static str) {
        if self.steps.borrow().is_empty() {
            self.push(Step::Expected(expected));
        }
    }

    /// Notes an error in the value of a field. Other keys came from the sender, so they are not noted by name.
    pub(super) fn field(&self, field: Option<&'static str>) {
        self.push(field.map_or(Step::UnknownKey, |field| Step::Field(Cow::Borrowed(field))));
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
