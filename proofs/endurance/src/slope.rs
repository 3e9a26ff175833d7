//! The slope of samples that depend on those before them, such as the memory of a process.

/// The slope of the least squares through the means of equal blocks, and half of its 95 % confidence interval, per unit of
/// `x`. The means of blocks that are long enough hardly depend on each other, where the samples themselves do: taken one
/// by one, these would give an interval that is far too narrow.
pub(crate) fn of(samples: &[(f64, f64)], blocks: usize) -> (f64, f64) {
    let means: Vec<(f64, f64)> = samples.chunks(samples.len().div_ceil(blocks.max(1)).max(1)).map(mean).collect();
    let count = float(means.len());
    let (middle, level) = mean(&means);
    let spread: f64 = means.iter().map(|(x, _)| (x - middle).powi(2)).sum();
    let slope = means.iter().map(|(x, y)| (x - middle) * (y - level)).sum::<f64>() / spread;
    let rest: f64 = means.iter().map(|(x, y)| (y - level - slope * (x - middle)).powi(2)).sum();
    // Student's t for 0.975, to two per cent from 5 degrees of freedom on.
    let freedom = count - 2.0;
    let t = 1.96 + 2.4 / freedom + 3.3 / freedom.powi(2);
    (slope, t * (rest / freedom / spread).sqrt())
}

fn mean(samples: &[(f64, f64)]) -> (f64, f64) {
    let sum = samples.iter().fold((0.0, 0.0), |sum, sample| (sum.0 + sample.0, sum.1 + sample.1));
    (sum.0 / float(samples.len()), sum.1 / float(samples.len()))
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_line_has_its_slope_and_noise_an_interval_around_none() {
        let line: Vec<(f64, f64)> = (0..100).map(|x| (f64::from(x), 3.0 * f64::from(x) + 7.0)).collect();
        let (slope, half) = super::of(&line, 10);
        assert!((slope - 3.0).abs() < 1e-9 && half < 1e-6, "{slope} {half}");
        let noise: Vec<(f64, f64)> = (0..100).map(|x| (f64::from(x), f64::from(x * 7919 % 101))).collect();
        let (slope, half) = super::of(&noise, 10);
        assert!(slope.abs() < half, "{slope} {half}");
    }
}
