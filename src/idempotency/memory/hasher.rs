use std::hash::{BuildHasherDefault, Hasher};

/// For keys that are hashes already, and that no sender can choose, as they are keyed.
pub(super) type KeyHasher = BuildHasherDefault<Fold>;

#[derive(Default)]
pub(super) struct Fold(u64);

impl Fold {
    /// Both halves count, so that keys of a test, which are often small numbers, are spread too.
    fn fold(&mut self, half: u64) {
        self.0 = (self.0.rotate_left(5) ^ half).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for Fold {
    fn write_u128(&mut self, key: u128) {
        let [low, high] = [key, key >> 64].map(|half| u64::try_from(half & u128::from(u64::MAX)).unwrap_or_default());
        self.fold(low);
        self.fold(high);
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.fold(u64::from(*byte)));
    }

    fn finish(&self) -> u64 {
        // A multiplication moves information up only, and the table's index is made of the low bits.
        self.0 ^ self.0 >> 32
    }
}
