//! The few vector operations that the rooms above share.
//!
//! Sums run in eight lanes, which lets the compiler use vector registers; the order of summation
//! is fixed, so results do not depend on anything but the numbers.

const LANES: usize = 8;

/// `sum_i f(a_i, b_i)`
#[inline(always)]
fn sum_pairs(a: &[f64], b: &[f64], f: impl Fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let (a_blocks, b_blocks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = a_blocks.remainder().iter().zip(b_blocks.remainder()).map(|(a, b)| f(*a, *b)).sum();
    for (a, b) in a_blocks.zip(b_blocks) {
        for k in 0..LANES {
            lanes[k] += f(a[k], b[k]);
        }
    }
    lanes.iter().sum::<f64>() + rest
}

/// `a . b`
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    sum_pairs(a, b, |a, b| a * b)
}

/// `sum |a_i|`
pub(crate) fn sum_abs(a: &[f64]) -> f64 {
    sum_pairs(a, a, |a, _| a.abs())
}

/// `to - from` for two distributions, whose sum is zero. The heaviest node has what the others leave: its own masses would
/// drown that in their rounding.
pub(crate) fn mass_difference(from: &[f64], to: &[f64]) -> Vec<f64> {
    let mut difference: Vec<f64> = from.iter().zip(to).map(|(a, b)| b - a).collect();
    let heavier = |x: usize, best: usize| from[x] + to[x] > from[best] + to[best];
    let heaviest = (0..from.len()).fold(0, |best, x| if heavier(x, best) { x } else { best });
    if let Some(rest) = difference.get_mut(heaviest) {
        *rest = 0.0;
        difference[heaviest] = -difference.iter().sum::<f64>();
    }
    difference
}

/// `sum |a_i - b_i|`
pub(crate) fn distance_1(a: &[f64], b: &[f64]) -> f64 {
    sum_pairs(a, b, |a, b| (a - b).abs())
}

/// `max |a_i - b_i|`; NaN where any difference is NaN.
pub(crate) fn distance_max(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, worse)
}

/// The larger of two numbers, NaN if either is: where a maximum of errors must not forget one.
pub(crate) fn worse(a: f64, b: f64) -> f64 {
    if b > a || b.is_nan() {
        b
    } else {
        a
    }
}

/// `max |a_i|`
pub(crate) fn max_abs(a: &[f64]) -> f64 {
    a.iter().fold(0.0, |m, v| f64::max(m, v.abs()))
}

/// `sum_i w_i a_i b_i`
pub(crate) fn weighted_dot(a: &[f64], b: &[f64], w: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let mut k = 0;
    while k + LANES <= w.len() {
        let (a, b, w) = (&a[k..k + LANES], &b[k..k + LANES], &w[k..k + LANES]);
        for i in 0..LANES {
            lanes[i] += w[i] * a[i] * b[i];
        }
        k += LANES;
    }
    lanes.iter().sum::<f64>() + (k..w.len()).map(|i| w[i] * a[i] * b[i]).sum::<f64>()
}

/// `y += a x`
pub(crate) fn axpy(a: f64, x: &[f64], y: &mut [f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_plain_sums() {
        for n in [0, 1, 7, 8, 9, 31] {
            let a: Vec<f64> = (0..n).map(|k| (k as f64 - 3.0) / 4.0).collect();
            let b: Vec<f64> = (0..n).map(|k| (2 * k) as f64 - 5.0).collect();
            let w: Vec<f64> = (0..n).map(|k| (1 + k % 3) as f64).collect();
            // quarters of small integers: every order of summation is exact
            let sum = |f: &dyn Fn(usize) -> f64| (0..n).map(f).sum::<f64>();
            assert_eq!(dot(&a, &b), sum(&|k| a[k] * b[k]));
            assert_eq!(sum_abs(&a), sum(&|k| a[k].abs()));
            assert_eq!(distance_1(&a, &b), sum(&|k| (a[k] - b[k]).abs()));
            assert_eq!(weighted_dot(&a, &b, &w), sum(&|k| w[k] * a[k] * b[k]));
        }
        assert!(distance_max(&[1.0, f64::NAN, 2.0], &[0.0; 3]).is_nan());
        assert_eq!(distance_max(&[1.0, -3.0, 2.0], &[0.0; 3]), 3.0);
    }
}
