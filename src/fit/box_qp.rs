//! Small quadratic programmes with bounds: `min 1/2 a' S a - b' a`, `lower <= a <= upper`.
//!
//! The primal active-set method (Nocedal, Wright, *Numerical Optimization*, section 16.5): move towards
//! the minimum over the free coordinates until a bound stops the way, fix that coordinate; at the
//! minimum release the bound that is most in the way. Each set of free coordinates occurs once, so that
//! it ends.

use nalgebra::{DMatrix, DVector};

/// A multiplier below this share of the gradient's terms is rounding.
const ROUNDING: f64 = 1e-12;

/// The minimiser and, per coordinate, whether it is held at a bound. `None` where `S` is not positive
/// definite on the free coordinates. Cost: a Cholesky factorisation per change of the set.
pub(super) fn minimise(
    matrix: &DMatrix<f64>,
    right: &DVector<f64>,
    bounds: &[(f64, f64)],
) -> Option<(DVector<f64>, Vec<bool>)> {
    let k = right.len();
    let mut held: Vec<bool> = bounds.iter().map(|(lower, upper)| lower == upper).collect();
    let mut a =
        DVector::from_iterator(k, bounds.iter().map(|(lower, upper)| 0.0_f64.clamp(*lower, *upper)));
    // more changes than this only occur where rounding makes the method go round in circles
    for _ in 0..100 + 10 * k {
        let target = minimise_free(matrix, right, &a, &held)?;
        let mut reach = 1.0;
        let mut stop = None;
        for p in (0..k).filter(|&p| !held[p]) {
            let step = target[p] - a[p];
            let bound = if step < 0.0 { bounds[p].0 } else { bounds[p].1 };
            if (target[p] - bound) * step > 0.0 && (bound - a[p]) / step < reach {
                reach = (bound - a[p]) / step;
                stop = Some((p, bound));
            }
        }
        for p in (0..k).filter(|&p| !held[p]) {
            a[p] += reach * (target[p] - a[p]);
        }
        if let Some((p, bound)) = stop {
            a[p] = bound;
            held[p] = true;
            continue;
        }
        a = target;
        match worst_multiplier(matrix, right, &a, &held, bounds) {
            Some(p) => held[p] = false,
            None => break,
        }
    }
    Some((a, held))
}

/// The minimiser over the coordinates that are not held.
pub(super) fn minimise_free(
    matrix: &DMatrix<f64>,
    right: &DVector<f64>,
    a: &DVector<f64>,
    held: &[bool],
) -> Option<DVector<f64>> {
    let free: Vec<usize> = (0..held.len()).filter(|&p| !held[p]).collect();
    let mut result = a.clone();
    if free.is_empty() {
        return Some(result);
    }
    free.iter().for_each(|&p| result[p] = 0.0);
    let rest = (right - matrix * &result).select_rows(&free);
    let block = matrix.select_rows(&free).select_columns(&free);
    let solution = block.cholesky()?.solve(&rest);
    free.iter().zip(solution.iter()).for_each(|(&p, v)| result[p] = *v);
    Some(result)
}

/// The held coordinate along which the objective falls fastest into the box.
fn worst_multiplier(
    matrix: &DMatrix<f64>,
    right: &DVector<f64>,
    a: &DVector<f64>,
    held: &[bool],
    bounds: &[(f64, f64)],
) -> Option<usize> {
    let gradient = matrix * a - right;
    let inward = |p: usize| -> f64 {
        let (lower, upper) = bounds[p];
        let size: f64 =
            (0..a.len()).map(|q| (matrix[(p, q)] * a[q]).abs()).sum::<f64>() + right[p].abs();
        let slope = if a[p] == lower { gradient[p] } else { -gradient[p] };
        if lower == upper || slope >= -ROUNDING * size {
            0.0
        } else {
            slope / matrix[(p, p)].sqrt()
        }
    };
    (0..a.len())
        .filter(|&p| held[p])
        .map(|p| (p, inward(p)))
        .filter(|(_, slope)| *slope < 0.0)
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(p, _)| p)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against every choice of free, lower and upper coordinates: the best feasible one is the
    /// minimiser.
    #[test]
    fn agrees_with_enumeration() {
        let k = 4;
        for seed in 0..40_u32 {
            let draw = |i: usize| ((f64::from(seed) + 1.3) * (i as f64 + 0.7) * 12.9898).sin();
            let root = DMatrix::from_fn(k, k, |i, j| draw(7 * i + j));
            let matrix = &root * root.transpose() + 0.1 * DMatrix::identity(k, k);
            let right = DVector::from_fn(k, |i, _| 3.0 * draw(50 + i));
            let bounds: Vec<(f64, f64)> = (0..k)
                .map(|i| (-0.3 - 0.2 * draw(60 + i), if i == 2 { f64::INFINITY } else { 0.4 }))
                .collect();
            let (a, held) = minimise(&matrix, &right, &bounds).expect("positive definite");
            let value = |a: &DVector<f64>| 0.5 * a.dot(&(&matrix * a)) - right.dot(a);
            let mut best = f64::INFINITY;
            for choice in 0..3_usize.pow(k as u32) {
                let digit = |p: usize| choice / 3_usize.pow(p as u32) % 3;
                let at: DVector<f64> = DVector::from_fn(k, |p, _| match digit(p) {
                    1 => bounds[p].0,
                    2 => bounds[p].1,
                    _ => 0.0,
                });
                if at.iter().any(|v| v.is_infinite()) {
                    continue;
                }
                let fixed: Vec<bool> = (0..k).map(|p| digit(p) > 0).collect();
                let candidate = minimise_free(&matrix, &right, &at, &fixed).expect("definite");
                if (0..k).all(|p| bounds[p].0 <= candidate[p] && candidate[p] <= bounds[p].1) {
                    best = best.min(value(&candidate));
                }
            }
            assert!((value(&a) - best).abs() < 1e-12 * best.abs().max(1.0), "{seed}");
            for p in 0..k {
                assert!(bounds[p].0 <= a[p] && a[p] <= bounds[p].1);
                assert_eq!(held[p], a[p] == bounds[p].0 || a[p] == bounds[p].1);
            }
        }
    }
}
