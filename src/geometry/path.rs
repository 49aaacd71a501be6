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
//! tenfold. It never looks at the samples themselves, so the first and the last may have empty nodes;
//! there it is coarse, by 2e-2 on an edge with one empty end.

use crate::error::{self, Error, Result};
use crate::graph::{Graph, LaplacianSolver, Mean, Sweep};
use crate::linalg::vector::{dot, mass_difference};

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
    /// No row; rows that are not distributions; an empty node of a row between the first and the last,
    /// or one that is empty in the first and the last when there are no others; [`Error::Singular`]
    /// where the masses are so small that the graph falls apart numerically.
    pub fn segment_lengths<S: AsRef<[f64]>>(&self, mean: Mean, masses: &[S]) -> Result<Vec<f64>> {
        self.check_path(masses)?;
        let mut measure = Segments::new(self, mean)?;
        masses.windows(2).map(|pair| measure.length(pair[0].as_ref(), pair[1].as_ref())).collect()
    }

    /// Refuses what leaves a node empty all along a segment.
    fn check_path<S: AsRef<[f64]>>(&self, masses: &[S]) -> Result<()> {
        let Some(last) = masses.len().checked_sub(1) else {
            return Err(Error::invalid("masses", "empty; a path has at least one row"));
        };
        for (k, mu) in masses.iter().enumerate() {
            let (name, mu) = (format!("masses[{k}]"), mu.as_ref());
            if k == 0 || k == last {
                self.check_distribution(&name, mu)?;
            } else {
                self.check_positive_distribution(&name, mu)?;
            }
        }
        let (first, last) = (masses[0].as_ref(), masses[last].as_ref());
        match (0..self.nodes()).find(|&x| masses.len() <= 2 && first[x] == 0.0 && last[x] == 0.0) {
            None => Ok(()),
            Some(x) => {
                let reason =
                    format!("node {x} is empty all along the path, which then moves nothing there");
                Err(Error::invalid("masses", reason))
            }
        }
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
struct Segments {
    sweep: Sweep,
    laplacian: LaplacianSolver,
    place: Vec<f64>,
    weight: Vec<f64>,
    harmonic: Vec<f64>,
}

impl Segments {
    fn new(graph: &Graph, mean: Mean) -> Result<Self> {
        Ok(Self {
            sweep: Sweep::new(graph, mean),
            laplacian: LaplacianSolver::new(graph)?,
            place: vec![0.0; graph.nodes()],
            weight: vec![0.0; graph.edges()],
            harmonic: vec![0.0; graph.edges()],
        })
    }

    /// `sqrt(delta' Lbar^+ delta)` for the segment from `from` to `to`.
    fn length(&mut self, from: &[f64], to: &[f64]) -> Result<f64> {
        let delta = mass_difference(from, to);
        self.harmonic.fill(0.0);
        for (s, b) in GAUSS {
            for ((m, a), d) in self.place.iter_mut().zip(from).zip(&delta) {
                *m = a + s * d;
            }
            self.sweep.mobility(&self.place, &mut self.weight);
            for (sum, w) in self.harmonic.iter_mut().zip(&self.weight) {
                *sum += b / w;
            }
        }
        self.harmonic.iter_mut().for_each(|sum| *sum = sum.recip());
        self.laplacian.factorise(&self.harmonic)?;
        let mut psi = delta.clone();
        self.laplacian.solve_in_place(&mut psi);
        Ok(dot(&delta, &psi).max(0.0).sqrt())
    }
}
