//! Geodesics of Maas' discrete transport metric `W_K`.
//!
//! ```text
//! W_K(mu0,mu1)^2 = min int_0^1 psi_t' L(rho_t) psi_t dt,   d mu_t/dt = L(rho_t) psi_t
//! ```
//!
//! A [`Geodesic`] is a solved problem: the distance, the potentials at both ends, and the path.
//! The end potentials are the derivatives of the squared distance,
//! `d(W^2/2)/d mu1 = psi(1)` and `d(W^2/2)/d mu0 = -psi(0)`, each up to a constant; they are
//! reported with mean zero under `pi`.
//!
//! This version solves between *nearby, positive* ends, such as consecutive snapshots of a
//! process, and says when it did not converge: see [`Termination`].

mod anderson;
mod batch;
mod collocation;
mod shooting;

use crate::error::{self, Error, Result};
use crate::graph::{Graph, Mean};
use collocation::Collocation;
use shooting::Shooter;

/// How a geodesic is to be computed.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct GeodesicOptions {
    /// Mobility mean; logarithmic by default.
    pub mean: Mean,
    /// Relative accuracy wanted in the distance and in the end potentials (largest entry);
    /// 1e-9 by default.
    pub tolerance: f64,
    /// Iterations after which the solver gives up; 200 by default.
    pub max_iterations: usize,
}

impl Default for GeodesicOptions {
    fn default() -> Self {
        Self { mean: Mean::Logarithmic, tolerance: 1e-9, max_iterations: 200 }
    }
}

impl GeodesicOptions {
    /// These options with another mean.
    pub fn with_mean(mut self, mean: Mean) -> Self {
        self.mean = mean;
        self
    }

    /// These options with another tolerance.
    pub fn with_tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// These options with another iteration limit.
    pub fn with_max_iterations(mut self, max_iterations: usize) -> Self {
        self.max_iterations = max_iterations;
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        error::check_tolerance(self.tolerance)?;
        if self.max_iterations == 0 {
            return Err(Error::invalid("max_iterations", "0 iterations cannot reach a tolerance"));
        }
        Ok(())
    }
}

/// Why a solve stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Termination {
    /// The tolerance is met, or the rounding of the masses where that is coarser.
    Converged,
    /// The iteration limit was reached.
    IterationLimit,
    /// The iteration made no more progress: the ends are too far apart for this method.
    Stalled,
    /// The path wanted to leave the positive simplex: the ends are too far apart for this method.
    LeftSimplex,
    /// The path varies too fast in time for the largest number of nodes.
    Resolution,
}

impl Termination {
    /// One sentence for people.
    pub fn describe(self) -> &'static str {
        match self {
            Termination::Converged => "converged",
            Termination::IterationLimit => "did not converge: iteration limit reached",
            Termination::Stalled => {
                "did not converge: the ends are too far apart, the iteration stalled"
            }
            Termination::LeftSimplex => {
                "did not converge: the ends are too far apart, the path left the positive simplex"
            }
            Termination::Resolution => "did not converge: the path varies too fast in time",
        }
    }
}

/// A solved geodesic problem. Immutable and independent of the solver that made it.
///
/// When [`converged`](Self::converged) is false the numbers are those of the last iterate, which
/// joins the two ends but is not a geodesic; treat them as a rough guide only.
#[derive(Clone)]
pub struct Geodesic {
    graph: Graph,
    mean: Mean,
    mu0: Vec<f64>,
    mu1: Vec<f64>,
    rule: Collocation,
    path: Vec<f64>,
    potential_start: Vec<f64>,
    potential_end: Vec<f64>,
    distance: f64,
    iterations: usize,
    residual: f64,
    error_estimate: f64,
    path_error_estimate: f64,
    termination: Termination,
}

impl Graph {
    /// The geodesic from `mu0` to `mu1`, two positive mass vectors of length `n`.
    ///
    /// For many problems on one graph use a [`GeodesicSolver`] or [`geodesics`](Self::geodesics).
    ///
    /// # Errors
    /// Ends that are not positive distributions, bad options, memory, and [`Error::Singular`] where the
    /// masses are so small that the graph falls apart numerically. Not converging is no error: see
    /// [`Geodesic::termination`].
    ///
    /// ```
    /// use jkoflow::{GeodesicOptions, Graph, Reference};
    /// let cycle = Graph::cycle(4, Reference::Uniform)?;
    /// let geodesic = cycle.geodesic(&[0.4, 0.3, 0.2, 0.1], &[0.25; 4], &GeodesicOptions::default())?;
    /// assert!(geodesic.converged());
    /// assert!(geodesic.error_estimate() < 1e-9);
    /// # Ok::<(), jkoflow::Error>(())
    /// ```
    pub fn geodesic(&self, mu0: &[f64], mu1: &[f64], options: &GeodesicOptions) -> Result<Geodesic> {
        GeodesicSolver::new(self, *options)?.solve(mu0, mu1)
    }
}

/// Options, factorisation and buffers bound to one graph: what a loop over many geodesics reuses.
pub struct GeodesicSolver {
    graph: Graph,
    options: GeodesicOptions,
    shooter: Shooter,
}

impl GeodesicSolver {
    /// Analyses the graph (once per graph) and reserves the factor.
    ///
    /// # Errors
    /// Bad options, memory.
    pub fn new(graph: &Graph, options: GeodesicOptions) -> Result<Self> {
        options.check()?;
        Ok(Self { graph: graph.clone(), options, shooter: Shooter::new(graph, &options)? })
    }

    /// The geodesic from `mu0` to `mu1`; factorises one Laplacian.
    ///
    /// Cost: a factorisation, then per iteration one pair of triangular solves and two sweeps over
    /// the edges for each of a handful of time nodes.
    ///
    /// # Errors
    /// As [`Graph::geodesic`].
    pub fn solve(&mut self, mu0: &[f64], mu1: &[f64]) -> Result<Geodesic> {
        self.solve_from(mu0, mu1, false)
    }

    /// As [`solve`](Self::solve), but starts from the Laplacian that the previous solve left, which
    /// saves the factorisation when the pairs are similar. It is renewed when it does not serve.
    ///
    /// # Errors
    /// As [`Graph::geodesic`].
    pub fn solve_next(&mut self, mu0: &[f64], mu1: &[f64]) -> Result<Geodesic> {
        self.solve_from(mu0, mu1, true)
    }

    fn solve_from(&mut self, mu0: &[f64], mu1: &[f64], keep_factor: bool) -> Result<Geodesic> {
        self.graph.check_positive_distribution("mu0", mu0)?;
        self.graph.check_positive_distribution("mu1", mu1)?;
        let (mu0, mu1) = (normalised(mu0), normalised(mu1));
        if mu0 == mu1 {
            return Ok(self.constant(mu0));
        }
        let mut shot = self.shooter.solve(&mu0, &mu1, &self.options, keep_factor)?;
        let served = matches!(shot.termination, Termination::Converged | Termination::Resolution);
        if shot.reused_factor && !served {
            let wasted = shot.iterations;
            shot = self.shooter.solve(&mu0, &mu1, &self.options, false)?;
            shot.iterations += wasted;
        }
        Ok(Geodesic {
            graph: self.graph.clone(),
            mean: self.options.mean,
            mu0,
            mu1,
            rule: shot.rule,
            path: shot.path,
            potential_start: shot.psi_start,
            potential_end: shot.psi_end,
            distance: shot.distance,
            iterations: shot.iterations,
            residual: shot.residual,
            error_estimate: shot.residual + shot.resolution + shot.rounding,
            path_error_estimate: shot.residual + shot.path_resolution + shot.rounding,
            termination: shot.termination,
        })
    }

    /// The geodesic between equal ends.
    fn constant(&self, mu: Vec<f64>) -> Geodesic {
        let zero = vec![0.0; mu.len()];
        Geodesic {
            graph: self.graph.clone(),
            mean: self.options.mean,
            rule: Collocation::new(1),
            path: [zero.as_slice(), &mu].concat(),
            mu0: mu.clone(),
            mu1: mu,
            potential_start: zero.clone(),
            potential_end: zero,
            distance: 0.0,
            iterations: 0,
            residual: 0.0,
            error_estimate: 0.0,
            path_error_estimate: 0.0,
            termination: Termination::Converged,
        }
    }
}

fn normalised(mu: &[f64]) -> Vec<f64> {
    let sum: f64 = mu.iter().sum();
    mu.iter().map(|m| m / sum).collect()
}

impl Geodesic {
    /// The graph on which it lies.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The mobility mean.
    pub fn mean(&self) -> Mean {
        self.mean
    }

    /// Start and end, length `n` each, scaled to sum one.
    pub fn ends(&self) -> (&[f64], &[f64]) {
        (&self.mu0, &self.mu1)
    }

    /// `W_K(mu0, mu1)`.
    pub fn distance(&self) -> f64 {
        self.distance
    }

    /// `psi(0)`, length `n`, mean zero under `pi`: minus the derivative of `W^2/2` in `mu0`.
    pub fn potential_start(&self) -> &[f64] {
        &self.potential_start
    }

    /// `psi(1)`, length `n`, mean zero under `pi`: the derivative of `W^2/2` in `mu1`.
    pub fn potential_end(&self) -> &[f64] {
        &self.potential_end
    }

    /// Estimated relative error of the distance and of the end potentials (against their largest
    /// entry): what the last iteration changed, plus the estimated error of the time discretisation, plus
    /// the rounding of the masses. The first two are each below the tolerance when it converged.
    pub fn error_estimate(&self) -> f64 {
        self.error_estimate
    }

    /// Estimated relative error of [`mass_at`](Self::mass_at) and
    /// [`potential_at`](Self::potential_at) between the ends, where the collocation polynomial is
    /// less accurate than at the ends: about the square root of the error there.
    pub fn path_error_estimate(&self) -> f64 {
        self.path_error_estimate
    }

    /// What the last iteration changed, relatively: potentials in the largest entry, masses in
    /// the 1-norm.
    pub fn residual(&self) -> f64 {
        self.residual
    }

    /// Iterations over all time resolutions.
    pub fn iterations(&self) -> usize {
        self.iterations
    }

    /// Time nodes of the final resolution.
    pub fn time_nodes(&self) -> usize {
        self.rule.stages()
    }

    /// Why the solve stopped.
    pub fn termination(&self) -> Termination {
        self.termination
    }

    /// Whether the tolerance is met.
    pub fn converged(&self) -> bool {
        self.termination == Termination::Converged
    }

    /// The method that ran.
    pub fn method(&self) -> &'static str {
        "shooting"
    }

    /// Masses at time `t` in `[0, 1]`, length `n`, sum one to rounding. Between the ends a mass below
    /// [`path_error_estimate`](Self::path_error_estimate) may come out slightly negative.
    ///
    /// # Errors
    /// A time outside `[0, 1]`.
    pub fn mass_at(&self, t: f64) -> Result<Vec<f64>> {
        self.check_time(t)?;
        if t == 1.0 {
            return Ok(self.mu1.clone());
        }
        let n = self.graph.nodes();
        Ok(self.interpolate(t, &self.mu0, n))
    }

    /// Density `mu_x(t) / pi_x` at time `t` in `[0, 1]`, length `n`.
    ///
    /// # Errors
    /// A time outside `[0, 1]`.
    pub fn density_at(&self, t: f64) -> Result<Vec<f64>> {
        self.graph.density(&self.mass_at(t)?)
    }

    /// Potential `psi(t)`, `t` in `[0, 1]`, length `n`, mean zero under `pi`.
    ///
    /// # Errors
    /// A time outside `[0, 1]`.
    pub fn potential_at(&self, t: f64) -> Result<Vec<f64>> {
        self.check_time(t)?;
        if t == 1.0 {
            return Ok(self.potential_end.clone());
        }
        let mut potential = self.interpolate(t, &self.potential_start, 0);
        self.graph.centre(&mut potential);
        Ok(potential)
    }

    fn check_time(&self, t: f64) -> Result<()> {
        if (0.0..=1.0).contains(&t) {
            return Ok(());
        }
        Err(Error::invalid("t", format!("{t} is not between 0 and 1")))
    }

    /// The collocation polynomial through `start` and the nodes' values, which stand `offset` into
    /// each block of the path.
    fn interpolate(&self, t: f64, start: &[f64], offset: usize) -> Vec<f64> {
        let n = start.len();
        let w = self.rule.interpolation(t);
        let mut value: Vec<f64> = start.iter().map(|v| w[0] * v).collect();
        for (block, w) in self.path.chunks_exact(2 * n).zip(&w[1..]) {
            for (v, node) in value.iter_mut().zip(&block[offset..offset + n]) {
                *v += w * node;
            }
        }
        value
    }
}
