use std::ops::RangeInclusive;

use super::Encoding;
use crate::Rejection;

const MAX: usize = 8;
/// The longest DER form of an ECDSA signature on P-256; all others are shorter.
const WIDEST: usize = 72;

/// The decoded signatures of one delivery, any of which may be the right one.
///
/// It is as large as the most that is taken, so that reading a header allocates nothing.
#[derive(Debug)]
pub struct Candidates {
    slots: [Slot; MAX],
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    bytes: [u8; WIDEST],
    len: usize,
}

impl Candidates {
    pub(super) fn none() -> Self {
        Self { slots: [Slot { bytes: [0; WIDEST], len: 0 }; MAX], len: 0 }
    }

    /// Adds one, which must decode to one of `lengths`; the ninth is refused.
    pub(super) fn push(
        &mut self,
        text: &[u8],
        encoding: Encoding,
        lengths: &RangeInclusive<usize>,
    ) -> Result<(), Rejection> {
        let slot = self.slots.get_mut(self.len).ok_or_else(Rejection::unauthenticated)?;
        let decoded = encoding.decode(text, &mut slot.bytes).ok_or_else(Rejection::unauthenticated)?;
        if !lengths.contains(&decoded.len()) {
            return Err(Rejection::unauthenticated());
        }
        slot.len = decoded.len();
        self.len += 1;
        Ok(())
    }

    pub(in crate::auth) fn len(&self) -> usize {
        self.len
    }

    pub(in crate::auth) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.slots.iter().take(self.len).filter_map(|slot| slot.bytes.get(..slot.len))
    }

    /// Refuses none, and more than eight of two kinds together.
    pub(in crate::auth) fn check_count(count: usize) -> Result<(), Rejection> {
        if (1..=MAX).contains(&count) { Ok(()) } else { Err(Rejection::unauthenticated()) }
    }
}
