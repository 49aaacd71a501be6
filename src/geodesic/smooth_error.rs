//! What collocation leaves of the error of a smooth path.
//!
//! A geodesic conserves its energy: the norm of its potential in the metric at its masses is the distance at all times.
//! Gauss collocation conserves it at the ends of elements, but for an error that is of the order of that of masses and
//! potentials there, `2s`. So one solution shows its own error, where else it takes a second one on a finer mesh.
//!
//! The energy may be right by accident, of symmetric paths for instance. Hence the last Legendre coefficients of the
//! forces are looked at, too: their square is of the order `2s`, but may be far from the error.

use super::action::DiscreteAction;
use super::path::Path;
use super::rung::metric_square;
use super::shot_error::tail;
use crate::graph::Mean;
use crate::linalg::vector::dot;

/// The error of the end potentials in their largest entry, in units of what the norms miss: over 430 rungs between random
/// ends it was three fourths to 15 in nine of ten cases, and beyond that when its other part was larger. With both parts
/// the error was underestimated once, and overestimated more than a hundredfold in two of a hundred cases.
const ENERGY_SAFETY: f64 = 30.0;
const TAIL_SAFETY: f64 = 0.5;

/// The relative error of the end potentials and the distance that is due to the time mesh.
pub(super) struct SmoothError {
    /// From the energy at the ends of the elements, where what minimisation leaves counts, too.
    pub energy: f64,
    /// From the Legendre coefficients, which do not see that.
    pub resolution: f64,
}

impl SmoothError {
    /// Of a minimiser, with these potentials at its ends. Costs a sweep over the edges for each element.
    pub fn new(
        action: &DiscreteAction,
        mean: Mean,
        path: &Path,
        ends: [&[f64]; 2],
        potentials: &[Vec<f64>; 2],
    ) -> Self {
        let distance = (2.0 * action.action()).sqrt();
        let miss = |mu: &[f64], psi: &[f64]| {
            (metric_square(&action.graph, mean, mu, psi, |_| true).sqrt() / distance - 1.0).abs()
        };
        let at_ends = (0..2).map(|end| miss(ends[end], &potentials[end]));
        let between = path.starts().skip(1).map(|(psi, mu)| miss(mu, psi));
        Self {
            energy: ENERGY_SAFETY * at_ends.chain(between).fold(0.0, f64::max),
            resolution: TAIL_SAFETY * next_coefficient(action, potentials).powi(2),
        }
    }

    /// Where it is not known from one mesh.
    pub fn unknown() -> Self {
        Self { energy: f64::INFINITY, resolution: f64::INFINITY }
    }

    pub fn total(&self) -> f64 {
        self.energy + self.resolution
    }
}

/// What the next Legendre coefficient of the forces would be on any element, relative to the end potentials.
fn next_coefficient(action: &DiscreteAction, potentials: &[Vec<f64>; 2]) -> f64 {
    let (graph, forces) = (&action.graph, action.forces());
    let (n, pi) = (graph.nodes(), graph.reference());
    let largest = |psi: &[f64]| {
        let mean = dot(psi, pi);
        psi.iter().map(|v| (v - mean).abs()).fold(0.0, f64::max)
    };
    let mut coefficient = vec![0.0; n];
    let next = action.mesh.pieces().map(|piece| {
        let nodes = n * piece.first..n * (piece.first + piece.element.degree());
        let (last, decay) = tail(&piece.element.rule, &forces[nodes], largest, &mut coefficient);
        piece.length * last * decay
    });
    next.fold(0.0, f64::max)
        / potentials.iter().map(|psi| largest(psi)).fold(f64::MIN_POSITIVE, f64::max)
}
