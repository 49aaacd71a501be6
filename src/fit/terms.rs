//! The parts an energy can be learned from, all linear in their parameters.

use std::ops::Range;
use std::sync::Arc;

use super::bases;
use crate::energy::{Interaction, InternalEnergy};
use crate::error::{self, Error, Result};
use crate::graph::Graph;

/// A part of the energy whose coefficients are learned: `sum_p a_p F_p(mu)` with given functionals
/// `F_p`.
///
/// | term | functionals | parameters |
/// |---|---|---|
/// | [`potential`](Term::potential) | `mu_x` | one per node |
/// | [`potential_in`](Term::potential_in) | `sum_x u_x mu_x` for given `u` | one per `u` |
/// | [`entropy`](Term::entropy) | `sum_x mu_x ln(mu_x / pi_x)` | 1 |
/// | [`power`](Term::power), [`internal`](Term::internal) | `sum_x pi_x U(mu_x / pi_x)` | 1 |
/// | [`interaction_by_hops`](Term::interaction_by_hops) | `1/2 sum_xy [hops(x,y) = d] mu_x mu_y` | one per `d` |
/// | [`interaction_by_distance`](Term::interaction_by_distance) | the same for bins of a distance | one per bin |
/// | [`interaction_radial`](Term::interaction_radial) | the same for bumps of a distance | one per bump |
/// | [`interaction_in`](Term::interaction_in) | `1/2 sum_xy W_xy mu_x mu_y` for given `W` | one per `W` |
/// | [`full_interaction`](Term::full_interaction) | `mu_x mu_y`, `1/2 mu_x^2` | `n (n+1)/2` |
/// | [`given`](Term::given) | known to the caller | as many as the caller says |
#[derive(Debug, Clone)]
pub struct Term {
    name: String,
    kind: Kind,
    bounds: (f64, f64),
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    FreePotential,
    PotentialIn(Arc<Vec<Vec<f64>>>),
    Entropy,
    Internal(InternalEnergy),
    Hops(usize),
    Interactions(Arc<Vec<Interaction>>),
    FullInteraction,
    Given(usize),
}

impl Term {
    fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind, bounds: (f64::NEG_INFINITY, f64::INFINITY) }
    }

    /// `sum_x V_x mu_x`, one parameter per node. It takes no bounds, and any number of nodes.
    pub fn potential() -> Self {
        Self::new("potential", Kind::FreePotential)
    }

    /// A potential `V = sum_j a_j u_j` in the span of given functions on the nodes, each of length `n`:
    /// coordinates, polynomials, radial functions, [eigenvectors](Graph::laplacian_eigenvectors). Named
    /// `potential_in`. Constants among them are not determined.
    pub fn potential_in(functions: &[Vec<f64>]) -> Self {
        Self::new("potential_in", Kind::PotentialIn(Arc::new(functions.to_vec())))
    }

    /// `beta sum_x mu_x ln(mu_x / pi_x)`.
    pub fn entropy() -> Self {
        Self::new("entropy", Kind::Entropy)
    }

    /// `c sum_x pi_x rho_x^m / (m-1)`, `m > 0`, `m != 1`, as of porous media. Named `power[m]`.
    pub fn power(m: f64) -> Self {
        Self::new(format!("power[{m}]"), Kind::Internal(InternalEnergy::Power(m)))
    }

    /// `c sum_x pi_x U(rho_x)` for a `U` of one's own.
    pub fn internal(name: impl Into<String>, energy: InternalEnergy) -> Self {
        Self::new(name, Kind::Internal(energy))
    }

    /// `1/2 sum_xy w(hops(x,y)) mu_x mu_y` with one parameter `w(d)` for each number of hops from 1 to
    /// `reach`.
    ///
    /// The coefficients that matter grow with the graph. A node meets a mass of order `1/n` at `d` hops,
    /// so that on many nodes `w(d)` of order one moves next to nothing beside an entropy of order one,
    /// and the bias of the quadratic losses is read as interaction. For `w = (1, -0.5)` beside a
    /// potential and an entropy, from trajectories of eight exact snapshots, 0.02 apart, on square
    /// grids, the error of `w(1)` by the symmetric loss was 1.4e-6 on 36 nodes, 1.3e-5 on 256 and 1.1e-4
    /// on 2,500; with `w` in proportion to `n` it was at most 1.5e-6 on all of them. Steps twice as long
    /// make the bias about ten times as large; where steps stand alone it is larger, and grows like
    /// `n tau^2`. Standard errors do not show a bias. A fit to every other snapshot does.
    pub fn interaction_by_hops(reach: usize) -> Self {
        Self::new("interaction_by_hops", Kind::Hops(reach))
    }

    /// `1/2 sum_xy w(d_xy) mu_x mu_y` with `w` constant on each bin `edges[j] <= d_xy < edges[j+1]` and
    /// zero outside, for a symmetric matrix of distances, `n^2` entries row by row.
    ///
    /// # Errors
    /// A matrix that is not symmetric or not finite, fewer than two edges, edges that do not increase.
    pub fn interaction_by_distance(n: usize, distances: &[f64], edges: &[f64]) -> Result<Self> {
        let matrices = bases::bins(n, distances, edges)?;
        Ok(Self::new("interaction_by_distance", Kind::Interactions(Arc::new(matrices))))
    }

    /// `1/2 sum_xy w(d_xy) mu_x mu_y` with `w(d) = sum_j a_j exp(-(d - centres[j])^2 / (2 width^2))`,
    /// for a symmetric matrix of distances, `n^2` entries row by row.
    ///
    /// # Errors
    /// A matrix that is not symmetric or not finite, no centres, a width that is not positive.
    pub fn interaction_radial(n: usize, distances: &[f64], centres: &[f64], width: f64) -> Result<Self> {
        let matrices = bases::bumps(n, distances, centres, width)?;
        Ok(Self::new("interaction_radial", Kind::Interactions(Arc::new(matrices))))
    }

    /// `1/2 sum_xy W_xy mu_x mu_y` with `W` in the span of given matrices, dense or sparse. Named
    /// `interaction_in`.
    pub fn interaction_in(matrices: &[Interaction]) -> Self {
        Self::new("interaction_in", Kind::Interactions(Arc::new(matrices.to_vec())))
    }

    /// Every entry of a symmetric `W`. Named `interaction`.
    ///
    /// On graphs of more than [`FULL_INTERACTION_NODES`] nodes a [`Fit`](super::Fit) solves for it by
    /// conjugate gradients, from the steps themselves: then it needs a ridge, bounds and
    /// cross-validation are refused, [`without_errors`](super::FittedEnergy::without_errors) says why
    /// there are no standard errors, and sums for other processes do not know it. Other fits refuse it
    /// there.
    ///
    /// Needs a ridge beside a free potential: `(W + a 1' + 1 a', V - a)` is the same energy. See
    /// [`Model`](super::Model) for the gauge in which it is reported.
    pub fn full_interaction() -> Self {
        Self::new("interaction", Kind::FullInteraction)
    }

    /// A block of `count` functionals whose first variations the caller gives with each snapshot, see
    /// [`Fit::add_trajectory_with`](super::Fit::add_trajectory_with).
    pub fn given(name: impl Into<String>, count: usize) -> Self {
        Self::new(name, Kind::Given(count))
    }

    /// This term under another name, so that a fit can have two of a kind.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// This term with every coefficient between `lower` and `upper`, which may be infinite; for an
    /// entropy that only spreads, say, from zero to infinity. Not for a potential that is free per node.
    pub fn with_bounds(mut self, lower: f64, upper: f64) -> Self {
        self.bounds = (lower, upper);
        self
    }

    /// The name, by which its ridge is given and its parameters are reported.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bounds on each coefficient.
    pub fn bounds(&self) -> (f64, f64) {
        self.bounds
    }

    pub(super) fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The hops of a graph written out as matrices, everything else as it is.
    pub(super) fn realised(&self, graph: &Graph) -> Result<Self> {
        let mut term = self.clone();
        if let Kind::Hops(reach) = self.kind {
            term.kind = Kind::Interactions(Arc::new(bases::hops(graph, reach)?));
        }
        Ok(term)
    }

    /// Number of parameters on a graph of `n` nodes.
    pub(super) fn count(&self, n: usize) -> usize {
        match &self.kind {
            Kind::FreePotential => n,
            Kind::PotentialIn(functions) => functions.len(),
            Kind::Entropy | Kind::Internal(_) => 1,
            Kind::Hops(reach) => *reach,
            Kind::Interactions(matrices) => matrices.len(),
            Kind::FullInteraction => n * (n + 1) / 2,
            Kind::Given(count) => *count,
        }
    }

    /// Names of the parameters: the term's own if it has but one of its nature, with an index otherwise.
    /// Hops count from one, everything else from zero.
    pub(super) fn parameter_names(&self, n: usize) -> Vec<String> {
        let indexed = |range: Range<usize>| range.map(|k| format!("{}[{k}]", self.name)).collect();
        match &self.kind {
            Kind::Entropy | Kind::Internal(_) => vec![self.name.clone()],
            Kind::Hops(reach) => indexed(1..reach + 1),
            Kind::FullInteraction => pairs(n).map(|(x, y)| format!("{}[{x},{y}]", self.name)).collect(),
            _ => indexed(0..self.count(n)),
        }
    }

    pub(super) fn check(&self, graph: &Graph) -> Result<()> {
        let argument = || format!("terms ({})", self.name);
        let n = graph.nodes();
        if self.count(n) == 0 {
            return Err(Error::invalid(argument(), "it has no parameters"));
        }
        let (lower, upper) = self.bounds;
        if lower.is_nan() || upper.is_nan() || lower > upper {
            let reason = format!("nothing lies between the bounds {lower} and {upper}");
            return Err(Error::invalid(argument(), reason));
        }
        match &self.kind {
            Kind::FreePotential if (lower, upper) != (f64::NEG_INFINITY, f64::INFINITY) => {
                Err(Error::invalid(argument(), "a potential that is free per node takes no bounds"))
            }
            Kind::PotentialIn(functions) => functions.iter().enumerate().try_for_each(|(j, u)| {
                error::check_length(&format!("potential_in[{j}]"), u.len(), n)?;
                error::check_finite(&format!("potential_in[{j}]"), u)
            }),
            Kind::Internal(energy) => energy.check(),
            Kind::Interactions(matrices) => {
                matrices.iter().try_for_each(|w| error::check_length(&argument(), w.nodes(), n))
            }
            Kind::Hops(reach) if *reach >= n => {
                Err(Error::invalid(argument(), format!("no two nodes are {reach} hops apart")))
            }
            _ => Ok(()),
        }
    }
}

/// Up to this many nodes the normal equations of a full interaction are written out; with 2,080 rows
/// they take 35 MB.
pub const FULL_INTERACTION_NODES: usize = 64;

/// The entries `x <= y` of a symmetric matrix in the order of the parameters of a full interaction.
pub(super) fn pairs(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |x| (x..n).map(move |y| (x, y)))
}
