//! Whether the time that a comparison of keys takes depends on the key's bytes or its length.
//!
//! Two classes of comparisons are timed, and Welch's t-test tells them apart or does not: a |t| of
//! a few is noise. `usual_*` are the usual ways to compare, for scale.
//!
//! ```sh
//! cargo run --release -p bench-timing
//! ```
#![expect(clippy::expect_used, reason = "a benchmark's settings are its own")]

use std::hint::black_box;

use dudect_bencher::{BenchRng, Class, CtRunner, ctbench_main};
use rand::RngExt;
use subtle::ConstantTimeEq;
use tower_webhook::auth::{Key, Keys};

const KEY: &[u8; 40] = b"0123456789abcdefghijklmnopqrstuvwxyzABCD";
const SHORT_KEY: &[u8] = b"0123456789abcdefghijklmn";
const SAMPLES: usize = 100_000;
const WARM_UP: usize = 1_000;

fn many(runner: &mut CtRunner, class: Class, offered: &[u8], compare: impl Fn(&[u8]) -> bool) {
    runner.run_one(class, || (0..50).filter(|_| compare(black_box(offered))).count());
}

fn keys(key: &[u8]) -> Keys {
    Keys::new([Key::bytes(key)])
}

/// Offers a key whose first byte is wrong, and one whose last byte is.
fn content(runner: &mut CtRunner, rng: &mut BenchRng, compare: impl Fn(&[u8]) -> bool) {
    for sample in 0..WARM_UP + SAMPLES {
        let mut offered = *KEY;
        let class = if rng.random() { Class::Left } else { Class::Right };
        let wrong = match class {
            Class::Left => offered.first_mut(),
            Class::Right => offered.last_mut(),
        };
        *wrong.expect("a key has bytes") ^= 1;
        if sample < WARM_UP {
            black_box(compare(black_box(&offered)));
        } else {
            many(runner, class, &offered, &compare);
        }
    }
}

/// Offers one wrong key to a configured key of its length and to a shorter one.
fn length(runner: &mut CtRunner, rng: &mut BenchRng, compare: impl Fn(&Keys, &[u8], &[u8]) -> bool) {
    let mut offered = *KEY;
    offered[0] ^= 1;
    for sample in 0..WARM_UP + SAMPLES {
        let (class, key) = if rng.random() { (Class::Left, &KEY[..]) } else { (Class::Right, SHORT_KEY) };
        // Made and dropped in each round, so that both take the same place in memory.
        let keys = keys(key);
        for _ in 0..20 {
            black_box(compare(&keys, key, black_box(&offered)));
        }
        if sample >= WARM_UP {
            many(runner, class, &offered, |offered| compare(&keys, key, offered));
        }
    }
}

fn content_keys(runner: &mut CtRunner, rng: &mut BenchRng) {
    let keys = keys(KEY);
    content(runner, rng, |offered| keys.verify(offered).is_ok());
}

fn content_usual_equals(runner: &mut CtRunner, rng: &mut BenchRng) {
    content(runner, rng, |offered| black_box(&KEY[..]) == offered);
}

fn length_keys(runner: &mut CtRunner, rng: &mut BenchRng) {
    length(runner, rng, |keys, _, offered| keys.verify(offered).is_ok());
}

fn length_usual_subtle(runner: &mut CtRunner, rng: &mut BenchRng) {
    length(runner, rng, |_, key, offered| key.ct_eq(offered).into());
}

ctbench_main!(content_keys, content_usual_equals, length_keys, length_usual_subtle);
