//! Action and length of a given path.
//!
//! # Definition
//!
//! Samples `mu_0, ..., mu_K` at times `t_0 < ... < t_K` stand for the piecewise linear path through
//! them. On a segment with `delta = mu_{k+1} - mu_k`, passed in time `dt`, we let the flux be constant:
//! among all constant fluxes with the divergence `delta / dt` the one of least action,
//!
//! ```text
//! min { 1/dt sum_e m_e^2 / c_e  int_0^1 1/theta_e(s) ds  :  div m = delta }  =  delta' Lbar^+ delta / dt,
//! ```
//!
//! where `Lbar` is the graph Laplacian with the weights `c_e / int_0^1 1/theta_e(s) ds`, the harmonic
//! mean over the segment of the weights of `L(rho)`. The length of the segment is then
//! `l_k = sqrt(delta' Lbar^+ delta)`, the action of the path is `sum_k l_k^2 / dt_k` and its length
//! `sum_k l_k`, which does not depend on the times.
//!
//! The constant flux along the straight segment is one of those over which `W_K` is minimised, so `l_k`
//! is at least the distance of its ends, up to the error of the rule below. For samples of a smooth
//! curve action and length are accurate to second order in `dt`.
//!
//! The mean of `1/theta` is taken by the Gauss rule with five nodes, which is a little too small: by up
//! to 3e-8 relatively where the densities of an edge double over a segment, by 2e-3 where they grow
//! tenfold. It never looks at the samples themselves, which may have empty nodes; there it is coarse, by 2e-2 on an
//! edge with one empty end.
//!
//! # Nodes that stay empty
//!
//! An edge between nodes that are empty all along a segment, or with the means that vanish at one of them, has no mobility
//! there and carries nothing. The other edges divide the graph into parts. Where each keeps its mass the length is the
//! same whatever conducts between them, on edges that join them without a cycle, since nothing flows there. Where mass would
//! have to go from one to another, the length is infinite.

use crate::error::{self, Error, Result};
use crate::geodesic::{Grower, SpanningTree};
use crate::graph::{Graph, LaplacianSolver, Mean, Sweep};
use crate::linalg::vector::{dot, mass_difference, max_abs};

impl Graph {
    /// The action `int psi' L(rho) psi dt` of the path through the rows of `masses` (each of length `n`)
    /// at the increasing `times`, in squared distance per time.
    ///
    /// The path is linear between the samples, with the best constant flux on each segment:
    /// `sum_k delta_k' L_k^+ delta_k / dt_k` with `delta_k = mu_{k+1} - mu_k`, where `L_k` is the
    /// Laplacian whose weights `c_e / mean(1/theta_e)` are the harmonic means over the segment, taken by
    /// a Gauss rule with five nodes. For samples of a geodesic on `[0, 1]` it converges to `W_K^2` from
    /// above at second order. Cost: per segment five sweeps and one sparse factorisation.
    ///
    /// # Errors
    /// Times that do not increase or are not as many as the masses, and as
    /// [`segment_lengths`](Self::segment_lengths).
    pub fn path_action<S: AsRef<[f64]>>(&self, mean: Mean, times: &[f64], masses: &[S]) -> Result<f64> {
        error::check_length("times", times.len(), masses.len())?;
        error::check_increasing("times", times)?;
        let lengths = self.segment_lengths(mean, masses)?;
        Ok(times.windows(2).zip(&lengths).map(|(t, l)| l * l / (t[1] - t[0])).sum())
    }

    /// The length of the path through the rows of `masses`, each of length `n`, the same however fast it is
    /// passed: at least the distance of its ends, up to the error of the rule, which is 3e-8 where densities no more than
    /// double over a segment, and 2e-2 where one end of an edge is empty. Cost and definition as for
    /// [`path_action`](Self::path_action).
    ///
    /// # Errors
    /// As [`segment_lengths`](Self::segment_lengths).
    pub fn path_length<S: AsRef<[f64]>>(&self, mean: Mean, masses: &[S]) -> Result<f64> {
        Ok(self.segment_lengths(mean, masses)?.iter().sum())
    }

    /// The length of each segment of the path through the rows of `masses`, each of length `n`: one
    /// fewer than there are rows. Cost and definition as for [`path_action`](Self::path_action).
    ///
    /// # Errors
    /// No row; rows that are not distributions; [`Error::Singular`] where the masses are so small that the graph falls
    /// apart numerically. Where mass crosses nodes that are empty all along a segment its length is infinite.
    pub fn segment_lengths<S: AsRef<[f64]>>(&self, mean: Mean, masses: &[S]) -> Result<Vec<f64>> {
        self.check_path(masses)?;
        let mut measure = Segments::new(self, mean)?;
        masses.windows(2).map(|pair| measure.length(pair[0].as_ref(), pair[1].as_ref())).collect()
    }

    fn check_path<S: AsRef<[f64]>>(&self, masses: &[S]) -> Result<()> {
        if masses.is_empty() {
            return Err(Error::invalid("masses", "empty; a path has at least one row"));
        }
        let mut rows = masses.iter().enumerate();
        rows.try_for_each(|(k, mu)| self.check_distribution(&format!("masses[{k}]"), mu.as_ref()))
    }
}

/// Gauss nodes in `(0, 1)` and weights for polynomials up to degree nine.
const GAUSS: [(f64, f64); 5] = [
    (0.046_910_077_030_668_0, 0.118_463_442_528_094_5),
    (0.230_765_344_947_158_45, 0.239_314_335_249_683_25),
    (0.5, 0.284_444_444_444_444_4),
    (0.769_234_655_052_841_5, 0.239_314_335_249_683_25),
    (0.953_089_922_969_332, 0.118_463_442_528_094_5),
];

/// Factorisation and buffers that the segments of a path share.
struct Segments<'a> {
    graph: &'a Graph,
    sweep: Sweep,
    laplacian: LaplacianSolver,
    place: Vec<f64>,
    weight: Vec<f64>,
    harmonic: Vec<f64>,
}

impl<'a> Segments<'a> {
    fn new(graph: &'a Graph, mean: Mean) -> Result<Self> {
        Ok(Self {
            graph,
            sweep: Sweep::new(graph, mean),
            laplacian: LaplacianSolver::new(graph)?,
            place: vec![0.0; graph.nodes()],
            weight: vec![0.0; graph.edges()],
            harmonic: vec![0.0; graph.edges()],
        })
    }

    /// `sqrt(delta' Lbar^+ delta)` for the segment from `from` to `to`, infinite where mass would go where nothing conducts.
    fn length(&mut self, from: &[f64], to: &[f64]) -> Result<f64> {
        let delta = mass_difference(from, to);
        self.harmonic.fill(0.0);
        for (s, b) in GAUSS {
            for ((m, a), d) in self.place.iter_mut().zip(from).zip(&delta) {
                *m = a + s * d;
            }
            self.sweep.mobility(&self.place, &mut self.weight);
            for ((sum, w), (x, y)) in
                self.harmonic.iter_mut().zip(&self.weight).zip(self.graph.edge_list())
            {
                // means of nothing are not defined
                let empty = self.place[x] == 0.0 && self.place[y] == 0.0;
                *sum += if empty { f64::INFINITY } else { b / w };
            }
        }
        self.harmonic.iter_mut().for_each(|sum| *sum = sum.recip());
        if self.harmonic.contains(&0.0) && !self.join_parts(&delta) {
            return Ok(f64::INFINITY);
        }
        self.laplacian.factorise(&self.harmonic)?;
        let mut psi = delta.clone();
        self.laplacian.solve_in_place(&mut psi);
        Ok(dot(&delta, &psi).max(0.0).sqrt())
    }

    /// Lets edges conduct that join the parts into which the graph falls without mobility, if none of these gains mass.
    fn join_parts(&mut self, delta: &[f64]) -> bool {
        let n = delta.len();
        let mut tree = SpanningTree::new(n);
        Grower::new(self.graph).grow(&self.harmonic, &mut tree);
        let mut transfer = delta.to_vec();
        tree.gather(&mut transfer);
        let rounding = n as f64 * f64::EPSILON;
        let usual = max_abs(&self.harmonic);
        self.graph.edge_list().zip(&mut self.harmonic).filter(|(_, weight)| **weight == 0.0).all(
            |((x, y), weight)| {
                let Some(child) = tree.child(x, y) else { return true };
                *weight = usual;
                transfer[child].abs() <= rounding
            },
        )
    }
}
