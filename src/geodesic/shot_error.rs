//! What a shot leaves of the error: what its time nodes do not resolve, and what its iteration has not reached.
//!
//! # Time resolution
//!
//! Gauss collocation converges geometrically in `s` for the smooth geodesics inside the simplex.
//! If the Legendre coefficients of the two derivatives decay like `q^k`, the
//! values at the ends and the action, which are integrals by a rule exact to degree `2s - 1`,
//! are accurate to the order of `q^(2s)`: the square of the first coefficient that is left out, in its largest entry, which
//! decides on more nodes. What the shot is good for in the end its energy says, too, see
//! [`smooth_error`](super::smooth_error).
//!
//! # Convergence
//!
//! Changes that fall like `q^k` leave `q/(1 - q)` of the last one. They fall irregularly, so that the larger of the last
//! two ratios counts as `q`, and the remainder is taken several times.

use super::collocation::Collocation;
use super::shooting::{Halt, Shot};
use super::smooth_error::{energy_error, resolution_error, RESOLUTION_SAFETY};
use crate::graph::{Graph, Mean};
use crate::linalg::vector::{axpy, dot, worse};

/// What is left after the last change, in units of `q/(1 - q)` times it, and the range of `q`: with an earlier measure of the
/// time resolution 0.4 % of 2,300 shots between random ends were further from the solution than both said.
const RESIDUAL_SAFETY: f64 = 6.0;
const CONTRACTION: (f64, f64) = (0.1, 0.8);

/// The decay seen on few nodes is a little faster than on many.
const DECAY_MARGIN: f64 = 1.25;

/// What counts of that remainder where the energy says how far off the shot is: shots that have not converged do not
/// conserve theirs, either.
const REMAINDER_PART: f64 = 0.1;

/// The relative error of a shot between these ends, without the rounding of their masses.
pub(super) fn shot_error(shot: &Shot, graph: &Graph, mean: Mean, ends: [&[f64]; 2]) -> f64 {
    let resolution = resolution_error(shot.next);
    if shot.halt != Halt::Converged {
        return shot.remainder + resolution;
    }
    let states = [&shot.psi_start, &shot.psi_end].map(Vec::as_slice).into_iter().zip(ends);
    let energy = energy_error(graph, mean, shot.distance, states);
    energy + resolution + REMAINDER_PART * shot.remainder
}

/// The number of nodes more that resolve to `target` where the `next` coefficient is this and they decay like this.
pub(super) fn more_nodes(target: f64, next: f64, decay: f64) -> usize {
    let decay = (DECAY_MARGIN * decay).clamp(1e-3, 0.95);
    (((target / RESOLUTION_SAFETY).sqrt() / next).ln() / decay.ln()).ceil() as usize
}

/// What is left after the last `change`, with the two before it, the later one first; NaN where there was none.
pub(super) fn remainder(change: f64, before: [f64; 2]) -> f64 {
    let (least, most) = CONTRACTION;
    let ratios = [change / before[0], before[0] / before[1]];
    let contraction = if ratios[0].is_nan() { most } else { ratios[0].max(ratios[1]) };
    let contraction = contraction.clamp(least, most);
    RESIDUAL_SAFETY * contraction / (1.0 - contraction) * change
}

/// The size of a potential in its largest entry, less the mean, and its size under `pi`.
pub(super) fn sizes(psi: &[f64], pi: &[f64]) -> [f64; 2] {
    [largest(psi, pi), psi.iter().zip(pi).map(|(v, p)| p * v.abs()).sum()]
}

/// The largest entry of a potential less its mean.
pub(super) fn largest(psi: &[f64], pi: &[f64]) -> f64 {
    let mean = dot(psi, pi);
    psi.iter().map(|v| (v - mean).abs()).fold(0.0, worse)
}

/// Size of the last Legendre coefficient of `rate` along the path in some norms, and the geometric decay in each.
/// Every other coefficient vanishes for symmetric problems, hence the last two are looked at. Overwrites `coefficient`.
pub(super) fn tail<const NORMS: usize>(
    rule: &Collocation,
    rate: &[f64],
    norms: impl Fn(&[f64]) -> [f64; NORMS],
    coefficient: &mut [f64],
) -> [(f64, f64); NORMS] {
    let (n, s) = (coefficient.len(), rule.stages());
    let mut sizes = |k: usize| {
        coefficient.fill(0.0);
        for (w, rate) in rule.legendre_row(k).iter().zip(rate.chunks_exact(n)) {
            axpy(*w, rate, coefficient);
        }
        norms(coefficient)
    };
    let (first, last, before) = (sizes(0), sizes(s - 1), sizes(s - 2));
    let root = |ratio: f64, k: usize| if k == 0 { 0.0 } else { ratio.powf(1.0 / k as f64) };
    std::array::from_fn(|i| {
        let (first, last, before) = (first[i].max(f64::MIN_POSITIVE), last[i], before[i]);
        let decay = root(last / first, s - 1).max(root(before / first, s - 2)).min(0.95);
        (last.max(decay * before), decay)
    })
}
