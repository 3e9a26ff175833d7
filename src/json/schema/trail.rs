use std::{cell::RefCell, fmt};

use super::Fields;

/// The steps from the place of an error up to the root, noted while the error travels up.
#[derive(Default)]
pub(in crate::json) struct Trail(RefCell<Vec<Step>>);

enum Step {
    Field(&'static str),
    Index(usize),
    UnknownKey,
}

impl Trail {
    /// Notes an error in the value of a key. The key came from the sender: it is noted only as
    /// the name of a field that the type announced.
    #[cold]
    pub(super) fn note_key(&self, fields: Fields, key: &str) {
        let field = fields.iter().find(|field| **field == key);
        self.push(field.map_or(Step::UnknownKey, |field| Step::Field(field)));
    }

    /// Notes an error in an element of an array.
    #[cold]
    pub(super) fn note_index(&self, index: usize) {
        self.push(Step::Index(index));
    }

    /// Notes a missing field, whose name only `serde`'s message tells. The message is matched
    /// against the names that the type announced, so that nothing else can come out of it.
    #[cold]
    pub(super) fn note_missing(&self, fields: Fields, error: &impl fmt::Display) {
        if self.0.borrow().is_empty() {
            let message = error.to_string();
            let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
            if let Some(field) = fields.iter().find(|field| Some(**field) == missing) {
                self.push(Step::Field(field));
            }
        }
    }

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
