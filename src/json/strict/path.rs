use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    fmt,
};

/// What a strict view knows of an error: the steps from its place up to the root, noted while the
/// error travels up, and the type that was wanted there.
#[derive(Default)]
pub(in crate::json) struct Context {
    steps: RefCell<Vec<Step>>,
    /// Whether there is any step: the one check that values without an error pay for.
    noted: Cell<bool>,
    is_stored: bool,
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

    pub(super) fn is_stored(&self) -> bool {
        self.is_stored
    }

    /// Drops the steps of an error that a type met and went on without.
    #[inline]
    pub(super) fn forget(&self) {
        if self.noted.get() {
            self.clear();
        }
    }

    #[cold]
    fn clear(&self) {
        self.steps.borrow_mut().clear();
        self.noted.set(false);
    }

    /// Notes the JSON type that was wanted. Only the innermost counts.
    #[cold]
    pub(in crate::json) fn expected(&self, expected: &'static str) {
        if !self.noted.get() {
            self.push(Step::Expected(expected));
        }
    }

    /// Notes an error in the value of a key. The key came from the sender, so it is noted only as
    /// the name of a field that the type announced.
    #[cold]
    pub(super) fn key(&self, fields: &[&'static str], key: &str) {
        let field = fields.iter().find(|field| **field == key);
        self.push(field.map_or(Step::UnknownKey, |field| Step::Field(Cow::Borrowed(field))));
    }

    /// Notes an error in a member whose name comes from your settings.
    #[cold]
    pub(in crate::json) fn member(&self, name: &str) {
        self.push(Step::Field(Cow::Owned(name.to_owned())));
    }

    #[cold]
    pub(super) fn index(&self, index: usize) {
        self.push(Step::Index(index));
    }

    /// Notes an error of a struct itself: the field that is missing or repeated, or else that the
    /// value is no object.
    ///
    /// Only the message of `serde` names such a field. It is matched against the names that the
    /// type announced, so that nothing else can come out of it.
    #[cold]
    pub(super) fn of_struct(&self, fields: &[&'static str], error: &impl fmt::Display) {
        if self.noted.get() {
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
        self.noted.set(true);
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
