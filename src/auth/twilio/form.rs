use std::ops::Range;

use crate::{Rejection, urlencoded};

/// Twilio sends some tens. To sort many more would be work for whoever can reach the server.
const MAX_FIELDS: usize = 1024;

/// The fields of a form, decoded: names and values in one buffer, in the order in which they are signed.
pub(super) struct Form {
    text: Vec<u8>,
    fields: Vec<Field>,
}

struct Field {
    name: Range<usize>,
    value: Range<usize>,
}

impl Form {
    /// Decodes `application/x-www-form-urlencoded` (WHATWG URL, 5.1). Names are in order, and for equal
    /// names the values; a pair that occurs twice is signed once, as Twilio's own libraries do.
    pub(super) fn decode(body: &[u8]) -> Result<Self, Rejection> {
        let mut form = Self { text: Vec::with_capacity(body.len()), fields: Vec::new() };
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if form.fields.len() == MAX_FIELDS {
                return Err(Rejection::unauthenticated());
            }
            let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let (name, value) = pair.split_at_checked(at).unwrap_or((pair, b""));
            let name = form.push(name);
            let value = form.push(value.strip_prefix(b"=").unwrap_or_default());
            form.fields.push(Field { name, value });
        }
        let text = &form.text;
        let key = |field: &Field| (text.get(field.name.clone()), text.get(field.value.clone()));
        form.fields.sort_by(|a, b| key(a).cmp(&key(b)));
        form.fields.dedup_by(|a, b| key(a) == key(b));
        Ok(form)
    }

    pub(super) fn feed(&self, sink: &mut dyn FnMut(&[u8])) {
        for field in &self.fields {
            sink(self.text.get(field.name.clone()).unwrap_or_default());
            sink(self.text.get(field.value.clone()).unwrap_or_default());
        }
    }

    fn push(&mut self, encoded: &[u8]) -> Range<usize> {
        let start = self.text.len();
        urlencoded::decode_into(encoded, &mut self.text);
        start..self.text.len()
    }
}
