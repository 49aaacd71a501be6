//! How large potentials are at an end, and how far apart, where nodes may be empty.

use super::convex::{nearly_empty, EMPTY};
use crate::graph::{Graph, Mean};
use crate::linalg::vector::worse;

/// How far the first of two potentials at `mu` is from the second: where a node is nearly empty there, in the metric and in
/// units of the distance, else in their largest entries.
pub(super) fn potentials_apart(
    graph: &Graph,
    mean: Mean,
    mu: &[f64],
    distance: f64,
    [a, b]: [&[f64]; 2],
) -> f64 {
    if nearly_empty(graph, mu) {
        return metric_difference(graph, mean, mu, [a, b]) / distance;
    }
    let largest = |value: &dyn Fn(usize) -> f64| {
        let level: f64 = graph.reference().iter().enumerate().map(|(x, p)| p * value(x)).sum();
        (0..mu.len()).map(|x| (value(x) - level).abs()).fold(0.0, worse)
    };
    largest(&|x| a[x] - b[x]) / largest(&|x| a[x]).max(f64::MIN_POSITIVE)
}

/// The norm of the difference of two potentials in the metric at `mu`, as [`metric_norm`] takes it.
pub(super) fn metric_difference(graph: &Graph, mean: Mean, mu: &[f64], [a, b]: [&[f64]; 2]) -> f64 {
    metric_square(graph, mean, mu, |x| a[x] - b[x], |_| true).sqrt()
}

/// The norm of a potential in the metric at `mu`, where nodes of density below [`EMPTY`] count as empty.
pub(crate) fn metric_norm(graph: &Graph, mean: Mean, mu: &[f64], psi: &[f64]) -> f64 {
    metric_square(graph, mean, mu, |x| psi[x], |_| true).sqrt()
}

/// The part `sum_e c_e theta_e (psi_x - psi_y)^2` of a potential's norm in the metric at `mu` on the edges whose lesser
/// density counts.
pub(super) fn metric_square(
    graph: &Graph,
    mean: Mean,
    mu: &[f64],
    psi: impl Fn(usize) -> f64,
    counts: impl Fn(f64) -> bool,
) -> f64 {
    let pi = graph.reference();
    let density = |x: usize| Some(mu[x] / pi[x]).filter(|rho| *rho >= EMPTY).unwrap_or(0.0);
    let mut square = 0.0;
    graph.each_edge(|e, x, y| {
        let (a, b) = (density(x), density(y));
        let theta = mean.value(a, b);
        if theta > 0.0 && counts(a.min(b)) {
            let difference = psi(x) - psi(y);
            square += graph.conductance()[e] * theta * difference * difference;
        }
    });
    square
}
