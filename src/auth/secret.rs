use std::hint::black_box;

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::ConfigErrorKind;

/// The bytes of a checked key: wiped from memory when dropped, never shown, and the only place where keys are compared.
///
/// The time of a comparison depends on the length of what the sender offers, not on the bytes or the length of the key.
///
/// It has no `Debug`, so that what contains it cannot derive one.
#[derive(Clone)]
pub(super) struct Secret {
    // Boxed so that moving a scheme leaves no copy of the key behind.
    window: Box<Zeroizing<[u8; Self::MAX_LEN]>>,
    len: usize,
}

impl Secret {
    /// The longest key, in bytes.
    pub(super) const MAX_LEN: usize = 1024;

    /// The shortest key, in bytes, unless `Key::dangerous_short` allows shorter ones.
    pub(super) const MIN_LEN: usize = 16;

    pub(super) fn exact(key: &[u8]) -> Result<Self, ConfigErrorKind> {
        if key.is_empty() {
            return Err(ConfigErrorKind::Blank);
        }
        let mut window = Box::new(Zeroizing::new([0; Self::MAX_LEN]));
        match window.get_mut(..key.len()) {
            Some(slot) => slot.copy_from_slice(key),
            None => return Err(ConfigErrorKind::TooLong),
        }
        Ok(Self { window, len: key.len() })
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The key itself, to compute with it. To compare, use [`matches`](Self::matches).
    pub(super) fn bytes(&self) -> &[u8] {
        self.window.get(..self.len).unwrap_or_default()
    }

    /// The key without zeros at its end. They add nothing: an HMAC pads its key with zeros.
    pub(super) fn without_padding(&self) -> &[u8] {
        let len = self.bytes().iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        self.window.get(..len).unwrap_or_default()
    }

    /// Whether two settings are the same key. For what a sender offers, use [`matches`](Self::matches).
    pub(super) fn equals(&self, other: &Self) -> bool {
        self.without_padding() == other.without_padding()
    }

    /// Compares `offered` with as many bytes of the zero-padded window, so the sender's text sets the length of the
    /// loop. Comparing the lengths first would show the length of the key.
    pub(super) fn matches(&self, offered: &[u8]) -> Choice {
        let difference = self.window.iter().zip(offered).fold(0, |difference, (a, b)| difference | (a ^ b));
        let difference = usize::from(black_box(difference)) | (self.len ^ offered.len());
        difference.ct_eq(&0)
    }
}
