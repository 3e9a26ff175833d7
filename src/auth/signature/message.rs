use super::{Part, Pending};

/// What a signature covers.
pub trait Message {
    /// Hands it over piece by piece, so that it need not exist in one.
    fn feed(&self, sink: &mut dyn FnMut(&[u8]));

    /// All of it, if it is in one piece already.
    fn whole(&self) -> Option<&[u8]> {
        None
    }

    /// A copy of it in one piece, for what cannot be fed.
    fn to_vec(&self) -> Vec<u8> {
        let mut len = 0;
        self.feed(&mut |piece| len += piece.len());
        let mut whole = Vec::with_capacity(len);
        self.feed(&mut |piece| whole.extend_from_slice(piece));
        whole
    }
}

/// The parts of one delivery.
pub(in crate::auth) struct Delivered<'a> {
    pub(super) parts: &'a [Part],
    pub(super) pending: &'a Pending,
    pub(super) timestamp: &'a [u8],
    pub(super) body: &'a [u8],
}

impl Message for Delivered<'_> {
    fn whole(&self) -> Option<&[u8]> {
        matches!(self.parts, [Part::Body]).then_some(self.body)
    }

    fn feed(&self, sink: &mut dyn FnMut(&[u8])) {
        for part in self.parts {
            sink(match part {
                Part::Literal(bytes) => bytes,
                Part::Timestamp => self.timestamp,
                Part::Id => self.pending.id.as_ref().map_or(b"", |id| id.as_bytes()),
                Part::Body => self.body,
                Part::Method => self.pending.method.as_str().as_bytes(),
                Part::Uri => self.pending.path.as_ref().map_or(b"", |path| path.as_str().as_bytes()),
                // `build` has put the configured one in its place.
                Part::PublicUrl => b"",
            });
        }
    }
}
