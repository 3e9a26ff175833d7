use bytes::{Buf, BufMut, Bytes};

const MIN_SEGMENT: usize = 4 << 10;
const MAX_SEGMENT: usize = 64 << 10;

/// The part of a body that has arrived.
///
/// It grows with what has arrived, whatever a header declares. Until the body ends, it takes no more than the limit and
/// one segment: one growing `Vec` would hold its old and its new allocation at once.
pub(super) enum Buffer {
    /// The first frame, kept as it is.
    One(Bytes),
    /// The frames from the second on, copied into segments.
    Many(Segments),
}

#[derive(Default)]
pub(super) struct Segments {
    full: Vec<Vec<u8>>,
    last: Vec<u8>,
    len: usize,
}

impl Buffer {
    pub(super) fn new() -> Self {
        Self::One(Bytes::new())
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::One(bytes) => bytes.len(),
            Self::Many(segments) => segments.len,
        }
    }

    /// Adds a frame that fits in the limit.
    pub(super) fn push(&mut self, mut data: impl Buf, limit: usize) {
        match self {
            Self::One(first) if first.is_empty() => *first = data.copy_to_bytes(data.remaining()),
            Self::One(first) => {
                let mut segments = Segments::default();
                segments.push(first, limit);
                segments.push(data, limit);
                *self = Self::Many(segments);
            }
            Self::Many(segments) => segments.push(data, limit),
        }
    }

    /// Takes the body, in one allocation of its size.
    pub(super) fn take(&mut self) -> Bytes {
        match std::mem::replace(self, Self::new()) {
            Self::One(bytes) => bytes,
            Self::Many(segments) => segments.join(),
        }
    }
}

impl Segments {
    fn push(&mut self, mut data: impl Buf, limit: usize) {
        while data.has_remaining() {
            if self.last.len() == self.last.capacity() {
                let capacity = (self.len + data.remaining()).clamp(MIN_SEGMENT, MAX_SEGMENT).min(limit - self.len);
                self.full.push(std::mem::replace(&mut self.last, Vec::with_capacity(capacity)));
            }
            let room = self.last.capacity() - self.last.len();
            let fitting = room.min(data.remaining());
            self.last.put((&mut data).take(fitting));
            self.len += fitting;
        }
    }

    fn join(self) -> Bytes {
        let mut body = Vec::with_capacity(self.len);
        for segment in self.full.into_iter().chain([self.last]) {
            body.extend_from_slice(&segment);
        }
        body.into()
    }
}
