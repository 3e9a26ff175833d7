use std::{cell::RefCell, fmt};

/// The steps from the place of an error up to the root, noted while the error travels up.
#[derive(Default)]
pub(in crate::json) struct Trail(RefCell<Vec<Step>>);

enum Step {
    Field(&'static str),
    Index(usize),
    UnknownKey,
}

/// Where errors are noted on their way up.
pub(in crate::json) trait Notes: Copy {
    /// Whether keys must be read as text, so that they can be named.
    const NAMES_KEYS: bool;

    /// How much is noted by now.
    fn len(self) -> usize;

    /// Drops what was noted since: the error was met by a type that went on without it.
    fn forget(self, len: usize);

    /// An error in the value of a key. The key came from the sender: it is noted only as the name
    /// of a field that the type announced.
    fn key(self, fields: &[&'static str], key: &str);

    /// An error in an element of an array.
    fn index(self, index: usize);

    /// A missing field, whose name only `serde`'s message tells. The message is matched against
    /// the names that the type announced, so that nothing else can come out of it.
    fn missing(self, fields: &[&'static str], error: &impl fmt::Display);
}

/// Notes nothing. A body is read so at first: a path is wanted only when that has failed.
#[derive(Clone, Copy)]
pub(in crate::json) struct Silent;

impl Notes for Silent {
    const NAMES_KEYS: bool = false;

    fn len(self) -> usize {
        0
    }

    fn forget(self, _: usize) {}

    fn key(self, _: &[&'static str], _: &str) {}

    fn index(self, _: usize) {}

    fn missing(self, _: &[&'static str], _: &impl fmt::Display) {}
}

impl Notes for &Trail {
    const NAMES_KEYS: bool = true;

    fn len(self) -> usize {
        self.0.borrow().len()
    }

    fn forget(self, len: usize) {
        self.0.borrow_mut().truncate(len);
    }

    fn key(self, fields: &[&'static str], key: &str) {
        let field = fields.iter().find(|field| **field == key);
        self.push(field.map_or(Step::UnknownKey, |field| Step::Field(field)));
    }

    fn index(self, index: usize) {
        self.push(Step::Index(index));
    }

    fn missing(self, fields: &[&'static str], error: &impl fmt::Display) {
        if self.0.borrow().is_empty() {
            let message = error.to_string();
            let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
            if let Some(field) = fields.iter().find(|field| Some(**field) == missing) {
                self.push(Step::Field(field));
            }
        }
    }
}

impl Trail {
    fn push(&self, step: Step) {
        self.0.borrow_mut().push(step);
    }
}

impl fmt::Display for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, step) in self.0.borrow().iter().rev().enumerate() {
            match step {
                Step::Field(_) | Step::UnknownKey if depth > 0 => f.write_str(".")?,
                _ => {}
            }
            match step {
                Step::Field(name) => f.write_str(name)?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::UnknownKey => f.write_str("*")?,
            }
        }
        Ok(())
    }
}
