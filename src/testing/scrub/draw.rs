//! Numbers that a key and a value determine, and that say nothing of the value to who does not have the key.

use blake3::{Hasher, OutputReader};

/// Numbers that look random.
pub(super) struct Draw {
    output: OutputReader,
    /// A whole block, as a part of one costs as much.
    block: [u8; 64],
    used: usize,
}

impl Draw {
    pub(super) fn new(key: &[u8; 32], kind: &str, value: &[u8]) -> Self {
        let mut hasher = Hasher::new_keyed(key);
        // No kind has a zero in it.
        hasher.update(kind.as_bytes()).update(b"\0").update(value);
        Self { output: hasher.finalize_xof(), block: [0; 64], used: 64 }
    }

    /// A number from zero to below this small one.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        if self.used >= self.block.len() {
            self.output.fill(&mut self.block);
            self.used = 0;
        }
        let drawn = self.block.get(self.used..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
        self.used += 4;
        u32::from_le_bytes(drawn) % end.max(1)
    }

    /// As many bytes, instead of numbers.
    pub(super) fn fill(mut self, bytes: &mut [u8]) {
        self.output.fill(bytes);
    }
}
