use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
};

/// Bits that differ from process to process, from the seeds that the standard library takes from the system.
pub(super) fn bits<const N: usize>() -> [u64; N] {
    let seed = RandomState::new();
    std::array::from_fn(|index| {
        let mut hasher = seed.build_hasher();
        hasher.write_usize(index);
        hasher.finish()
    })
}
