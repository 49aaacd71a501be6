//! What collocation leaves of the error of a smooth path.
//!
//! A geodesic conserves its energy: the norm of its potential in the metric at its masses is the distance at all times.
//! Gauss collocation conserves it at the ends of elements, but for an error that is of the order of that of masses and
//! potentials there, `2s`. So one solution shows its own error, where else it takes a second one on a finer mesh.
//!
//! The energy may be right by accident, of symmetric paths for instance. Hence the first Legendre coefficients of the
//! forces that are left out are looked at, too: their square is of the order `2s`, but may be far from the error.

use super::action::DiscreteAction;
use super::metric::metric_norm;
use super::path::Path;
use super::shot_error::{largest, tail};
use crate::graph::{Graph, Mean};
use crate::linalg::vector::{sum_abs, worse};

/// The error of the end potentials in their largest entry, in units of what the norms miss. Of 1,135 shots and 430 rungs
/// between random ends on up to 32 nodes it was more than this in three of a hundred, which the other parts covered but for
/// one shot and one rung; the sum of all was more than a hundred times the error in five of a hundred shots.
const ENERGY_SAFETY: f64 = 30.0;

/// The same in units of the square of the next Legendre coefficient in its largest entry. Norms average over the nodes of
/// large graphs: between rough densities on grids of 400 to 10,000 nodes, where they see little of the worst node,
/// the error was 0.08 to 0.54 times that square.
pub(super) const RESOLUTION_SAFETY: f64 = 0.5;

/// The relative error of the end potentials and the distance that is due to the time mesh.
pub(super) struct SmoothError {
    /// From the energy at the ends of the elements, where what minimisation leaves counts, too.
    pub energy: f64,
    /// From the Legendre coefficients, which do not see that.
    pub resolution: f64,
    /// The error of masses and potentials between the ends of elements.
    pub path: f64,
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
        let at_ends = (0..2).map(|end| (potentials[end].as_slice(), ends[end]));
        let coefficients = Coefficients::new(action, potentials);
        Self {
            energy: energy_error(&action.graph, mean, distance, at_ends.chain(path.starts().skip(1))),
            resolution: resolution_error(coefficients.next),
            path: coefficients.next.max(coefficients.next_rate),
        }
    }

    /// Where it is not known from one mesh.
    pub fn unknown() -> Self {
        Self { energy: f64::INFINITY, resolution: f64::INFINITY, path: f64::INFINITY }
    }

    pub fn total(&self) -> f64 {
        self.energy + self.resolution
    }
}

/// The relative error of end potentials, for potentials and masses at some times of a path of this length.
pub(super) fn energy_error<'a>(
    graph: &Graph,
    mean: Mean,
    distance: f64,
    states: impl Iterator<Item = (&'a [f64], &'a [f64])>,
) -> f64 {
    ENERGY_SAFETY * energy_missed(graph, mean, distance, states)
}

/// By what part of the length the norms of these potentials at these masses miss it, at most.
pub(super) fn energy_missed<'a>(
    graph: &Graph,
    mean: Mean,
    distance: f64,
    states: impl Iterator<Item = (&'a [f64], &'a [f64])>,
) -> f64 {
    states.map(|(psi, mu)| (metric_norm(graph, mean, mu, psi) / distance - 1.0).abs()).fold(0.0, worse)
}

/// The same, for the first Legendre coefficient that is left out, relative to the potentials.
pub(super) fn resolution_error(next: f64) -> f64 {
    RESOLUTION_SAFETY * next * next
}

/// The first Legendre coefficients that are left out, on the element where they are largest.
struct Coefficients {
    /// Of the forces, relative to the end potentials.
    next: f64,
    /// Of the rates, relative to what moves.
    next_rate: f64,
}

impl Coefficients {
    fn new(action: &DiscreteAction, potentials: &[Vec<f64>; 2]) -> Self {
        let (graph, forces) = (&action.graph, action.forces());
        let (n, pi) = (graph.nodes(), graph.reference());
        let size = potentials.iter().map(|psi| largest(psi, pi)).fold(f64::MIN_POSITIVE, f64::max);
        let moved = 2.0 * action.mass_moved();
        let mut coefficient = vec![0.0; n];
        let mut coefficients = Self { next: 0.0, next_rate: 0.0 };
        for piece in action.mesh.pieces() {
            let (rule, h) = (&piece.element.rule, piece.length);
            let nodes = n * piece.first..n * (piece.first + piece.element.degree());
            let [(force, decay)] =
                tail(rule, &forces[nodes.clone()], |psi| [largest(psi, pi)], &mut coefficient);
            let [(rate, rate_decay)] =
                tail(rule, &action.rate[nodes], |rate| [sum_abs(rate)], &mut coefficient);
            coefficients.next = coefficients.next.max(h * force * decay / size);
            coefficients.next_rate = coefficients.next_rate.max(h * rate * rate_decay / moved);
        }
        coefficients
    }
}
