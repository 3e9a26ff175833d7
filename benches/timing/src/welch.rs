//! Times two classes of calls, and tells how sure it is that they take different times.

use std::{hint::black_box, time::Instant};

const RUNS: usize = 10;
const SAMPLES: usize = 100_000;
/// Of each sample before it is timed, so that both classes find the caches alike.
const WARM_UP: usize = 20;
/// The slowest samples are those in which something else ran. They are left out, by one limit for both classes.
const KEPT: f64 = 0.9;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    A,
    B,
}

/// Runs whose samples have so many calls: one call is too short for the clock.
pub(crate) struct Runs {
    calls: usize,
    random: u64,
}

impl Runs {
    pub(crate) fn of(calls: usize) -> Self {
        Self { calls, random: 1 }
    }

    /// What came of all runs. Each sample is of a class by chance, so that what changes over time is in both.
    ///
    /// `prepare` makes what a sample calls with. It has to take the same place in memory for both classes: two addresses alone
    /// can be told apart by a |t| of 100.
    pub(crate) fn time<T>(mut self, prepare: impl Fn(Class) -> T, call: impl Fn(&T) -> bool) -> Found {
        let all: Vec<_> = (0..RUNS).map(|_| self.run(&prepare, &call)).collect();
        let t: Vec<_> = all.iter().map(|(t, _)| t.abs()).collect();
        let highest = t.iter().copied().fold(0.0, f64::max);
        let apart = all.iter().map(|(_, apart)| *apart).collect();
        Found { median: median(t), highest, nanoseconds: median(apart).abs() }
    }

    /// Welch's t, and how many nanoseconds the means of a call are apart.
    fn run<T>(&mut self, prepare: impl Fn(Class) -> T, call: impl Fn(&T) -> bool) -> (f64, f64) {
        let mut samples = Vec::with_capacity(SAMPLES);
        for _ in 0..SAMPLES {
            let class = self.class();
            let with = prepare(class);
            for _ in 0..WARM_UP {
                black_box(call(black_box(&with)));
            }
            #[expect(clippy::disallowed_methods, reason = "it times")]
            let start = Instant::now();
            for _ in 0..self.calls {
                black_box(call(black_box(&with)));
            }
            samples.push((start.elapsed().as_nanos() as f64, class));
        }
        samples.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        samples.truncate((SAMPLES as f64 * KEPT) as usize);
        let of = |wanted| Moments::of(samples.iter().filter(|(_, class)| *class == wanted).map(|(time, _)| *time));
        let (a, b) = (of(Class::A), of(Class::B));
        let apart = a.mean - b.mean;
        (apart / (a.variance + b.variance).sqrt(), apart / self.calls as f64)
    }

    /// By the generator xorshift64.
    fn class(&mut self) -> Class {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        if self.random >> 63 == 0 { Class::A } else { Class::B }
    }
}

/// The median and the highest |t|, and how far the means of a call are apart in the median.
pub(crate) struct Found {
    pub(crate) median: f64,
    pub(crate) highest: f64,
    pub(crate) nanoseconds: f64,
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of.iter().skip(RUNS / 2 - 1).take(2).sum::<f64>() / 2.0
}

struct Moments {
    mean: f64,
    /// The variance of the mean.
    variance: f64,
}

impl Moments {
    fn of(times: impl Iterator<Item = f64> + Clone) -> Self {
        let count = times.clone().count() as f64;
        let mean = times.clone().sum::<f64>() / count;
        let squares: f64 = times.map(|time| (time - mean).powi(2)).sum();
        Self { mean, variance: squares / (count - 1.0) / count }
    }
}
