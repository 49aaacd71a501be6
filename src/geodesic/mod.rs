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
//! # Which method runs
//!
//! Consecutive snapshots of a process are near each other, and *shooting* on collocation nodes is fastest
//! there: one factorised Laplacian serves the whole solve. Between ends that are far apart, peaked or have
//! empty nodes it leaves the simplex or stalls, and then the *convex problem* of the discrete action is
//! minimised by Newton's method. Between positive ends both solve the equations of Gauss collocation; where
//! an end or the path has empty nodes no polynomial follows the potentials, and the path is linear on graded
//! steps in time. All stop at the same tolerance. [`Geodesic::method`] and [`Geodesic::reason`] say which
//! ran and why.
//!
//! # Empty nodes
//!
//! | density `mu/pi` of a node at an end | it counts as |
//! |---|---|
//! | 1e-6 and more | full: errors are those of the largest entry of potentials, the default tolerance is 1e-9 |
//! | from 1e-12 to 1e-6 | nearly empty: errors are measured in the metric, the default tolerance is 1e-4, and steps in time resolve how it fills |
//! | below 1e-12 | empty in what concerns errors; its potential is finite, but too small |
//! | zero | empty |
//!
//! Where an end has empty nodes the distance is finite, and so are the potentials where mass is. At an
//! empty node the potential is infinite for the means that vanish with one density: mass would enter an
//! empty node at an infinite gain, so `psi(0) = +inf` and `psi(1) = -inf` there, but for equal ends, whose potentials
//! are zero. With the arithmetic mean it is finite, and geodesics may stay at the boundary for a while; but where the
//! neighbours of an empty node are empty, too, it has no part in the metric at that end, in which errors are measured. What is
//! returned there is as accurate as the path; and where no mass arrives at any time, that of a neighbour. Potentials of such ends have mean zero under `pi` over the nodes
//! that hold mass.

mod action;
mod anderson;
mod batch;
mod blocks;
mod bounds;
mod collocation;
mod convex;
mod dissection;
mod element;
mod enclosure;
mod knots;
mod ladder;
mod metric;
mod mixing;
mod newton;
mod path;
mod positive_ends;
mod preconditioner;
mod rung;
mod shooting;
mod shot_error;
mod smooth_error;
mod spacetime;
mod standing;
mod tree;
mod unreached;

use std::sync::Arc;

use crate::error::{self, Error, Result};
use crate::graph::{Graph, Mean};
use crate::watch;
pub(crate) use action::Terminal;
pub use bounds::{BoundOptions, Bounds};
pub(crate) use convex::EMPTY;
pub(crate) use metric::metric_norm;
use path::Path;
use shooting::{Halt, Shooter, Shot};
pub(crate) use tree::{Grower, SpanningTree};

/// How a geodesic is to be computed.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct GeodesicOptions {
    /// Mobility mean; logarithmic by default.
    pub mean: Mean,
    /// Relative accuracy wanted in the distance and in the end potentials: in their largest entry, or, where an
    /// end has a node of density below 1e-6, in the norm of the metric there, which counts nodes by their
    /// mobility. By default 1e-9, and in the second case 1e-4, since potentials are singular at empty nodes; 1e-4
    /// also where the path between positive ends turns out to touch the boundary, or to come too near to it. Where a density
    /// is below 1e-12 but not zero no mesh in time follows how the potential grows there: it is finite, but too small, and
    /// that node does not count. Where an end is empty somewhere, a tolerance of 1e-8 is met with the logarithmic and the
    /// geometric mean, and one of 1e-6 with the others, but for rare cases, on meshes of up to 8192 times.
    pub tolerance: Option<f64>,
    /// Iterations (of shooting, and steps of Newton's method) after which the solver gives up and returns
    /// its best path; 1000 by default.
    pub max_iterations: usize,
    /// Which method runs; the cheapest that serves by default.
    pub method: Method,
}

/// Which method computes a geodesic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Method {
    /// Shooting where it serves, the convex problem elsewhere.
    #[default]
    Automatic,
    /// The convex problem, whatever the ends: to check one method by the other.
    Newton,
}

impl Default for GeodesicOptions {
    fn default() -> Self {
        Self {
            mean: Mean::Logarithmic,
            tolerance: None,
            max_iterations: 1000,
            method: Method::Automatic,
        }
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
        self.tolerance = Some(tolerance);
        self
    }

    /// These options with another iteration limit.
    pub fn with_max_iterations(mut self, max_iterations: usize) -> Self {
        self.max_iterations = max_iterations;
        self
    }

    /// These options with another method.
    pub fn with_method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        if let Some(tolerance) = self.tolerance {
            error::check_tolerance(tolerance)?;
        }
        if self.max_iterations == 0 {
            return Err(Error::invalid("max_iterations", "0 iterations cannot reach a tolerance"));
        }
        Ok(())
    }

    /// The relative accuracy that was asked of this geodesic, which touches the boundary where it meets no more.
    pub(crate) fn tolerance_of(&self, geodesic: &Geodesic) -> f64 {
        let ends = [&geodesic.mu0, &geodesic.mu1];
        let goal = self.goal(ends.iter().any(|mu| convex::nearly_empty(&geodesic.graph, mu)));
        if geodesic.error_estimate <= goal.tolerance {
            goal.tolerance
        } else {
            goal.singular_tolerance
        }
    }

    /// The accuracy asked for between these ends.
    fn goal(&self, nearly_empty: bool) -> Goal {
        let default = if nearly_empty { SINGULAR_TOLERANCE } else { SMOOTH_TOLERANCE };
        Goal {
            tolerance: self.tolerance.unwrap_or(default),
            singular_tolerance: self.tolerance.unwrap_or(SINGULAR_TOLERANCE),
            max_iterations: self.max_iterations,
        }
    }
}

/// Default tolerance between positive ends.
const SMOOTH_TOLERANCE: f64 = 1e-9;

/// Default tolerance where an end is nearly empty somewhere.
const SINGULAR_TOLERANCE: f64 = 1e-4;

/// Iterations that shooting may take before the convex problem is minimised instead.
const SHOOTING_ITERATIONS: usize = 200;

/// What a method is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goal {
    pub tolerance: f64,
    /// Where the path turns out to touch the boundary.
    pub singular_tolerance: f64,
    pub max_iterations: usize,
}

/// Why a solve stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Termination {
    /// The tolerance is met, or the rounding of the masses where that is coarser.
    Converged,
    /// The iteration limit was reached.
    IterationLimit,
    /// Rounding kept the iteration from making more progress.
    Stalled,
    /// The path varies too fast in time for the finest mesh.
    Resolution,
    /// A finer time mesh would take more memory than a
    /// [`Watch`](crate::Watch::with_memory_limit) allows or than is there.
    MemoryLimit,
    /// A [`Watch`](crate::Watch) stopped the solve. Where it was stopped before it began, the distance is infinite and
    /// the potentials are zero.
    Cancelled,
}

impl Termination {
    /// One sentence for people.
    pub fn describe(self) -> &'static str {
        match self {
            Termination::Converged => "converged",
            Termination::IterationLimit => "did not converge: iteration limit reached",
            Termination::Stalled => "did not converge: rounding stopped the progress",
            Termination::Resolution => "did not converge: the path varies too fast in time",
            Termination::MemoryLimit => "did not converge: a finer time mesh would take too much memory",
            Termination::Cancelled => "did not converge: it was stopped on request",
        }
    }
}

/// A solved geodesic problem. Immutable and independent of the solver that made it.
///
/// When [`converged`](Self::converged) is false the numbers are those of the best path found, which
/// joins the two ends; [`error_estimate`](Self::error_estimate) says how good they are.
#[derive(Clone)]
pub struct Geodesic {
    graph: Graph,
    mean: Mean,
    mu0: Vec<f64>,
    mu1: Vec<f64>,
    path: Path,
    potential_start: Vec<f64>,
    potential_end: Vec<f64>,
    distance: f64,
    iterations: usize,
    residual: f64,
    error_estimate: f64,
    path_error_estimate: f64,
    termination: Termination,
    method: &'static str,
    reason: &'static str,
}

impl Graph {
    /// The geodesic from `mu0` to `mu1`, two mass vectors of length `n`, which may have empty nodes.
    ///
    /// For many problems on one graph use a [`GeodesicSolver`] or [`geodesics`](Self::geodesics).
    ///
    /// # Errors
    /// Ends that are not distributions, bad options, memory, and [`Error::Singular`] where the
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
        Ok(Self { graph: graph.clone(), options, shooter: Shooter::new(graph, options.mean)? })
    }

    /// The geodesic from `mu0` to `mu1`.
    ///
    /// Cost of shooting: a factorisation, then per iteration one pair of triangular solves and two sweeps over
    /// the edges for each of a handful of time nodes. Cost of the convex problem: twenty to sixty Newton steps,
    /// each of which factorises a Laplacian for each of some tens of time nodes and, up to a few hundred
    /// nodes, a dense matrix of the graph's size for each; beyond, some tens of solves with each.
    ///
    /// # Errors
    /// As [`Graph::geodesic`].
    pub fn solve(&mut self, mu0: &[f64], mu1: &[f64]) -> Result<Geodesic> {
        self.strategy(mu0, mu1, false, None)
    }

    /// As [`solve`](Self::solve), but starts from the Laplacian that the previous solve left, which
    /// saves the factorisation when the pairs are similar. It is renewed when it does not serve.
    ///
    /// # Errors
    /// As [`Graph::geodesic`].
    pub fn solve_next(&mut self, mu0: &[f64], mu1: &[f64]) -> Result<Geodesic> {
        self.strategy(mu0, mu1, true, None)
    }

    /// As [`solve`](Self::solve), from the path of an earlier geodesic between similar ends on this graph.
    ///
    /// The start changes the time that the solve takes, not what it converges to.
    ///
    /// # Errors
    /// As [`Graph::geodesic`]; a start on another graph.
    pub fn solve_from(&mut self, start: &Geodesic, mu0: &[f64], mu1: &[f64]) -> Result<Geodesic> {
        if !start.graph.same_as(&self.graph) {
            return Err(Error::invalid("start", "the geodesic lies on another graph"));
        }
        self.strategy(mu0, mu1, false, Some(&start.path))
    }

    /// The cheapest method first; the convex problem where shooting does not serve.
    fn strategy(
        &mut self,
        mu0: &[f64],
        mu1: &[f64],
        keep_factor: bool,
        guess: Option<&Path>,
    ) -> Result<Geodesic> {
        self.graph.check_distribution("mu0", mu0)?;
        self.graph.check_distribution("mu1", mu1)?;
        let (mu0, mu1) = (normalised(mu0), normalised(mu1));
        if mu0 == mu1 {
            return Ok(self.constant(mu0));
        }
        if watch::stopped() {
            return Ok(self.not_begun(mu0, mu1));
        }
        let empty = convex::nearly_empty(&self.graph, &mu0) || convex::nearly_empty(&self.graph, &mu1);
        let goal = self.options.goal(empty);
        if empty {
            return self.minimise(mu0, mu1, goal, guess, 0, "an end is nearly empty somewhere");
        }
        if self.options.method == Method::Newton {
            return self.minimise(mu0, mu1, goal, guess, 0, "the options ask for it");
        }
        let brief = Goal { max_iterations: goal.max_iterations.min(SHOOTING_ITERATIONS), ..goal };
        let mut shot = self.shooter.solve(&mu0, &mu1, &brief, keep_factor)?;
        let served =
            matches!(shot.halt, Halt::Converged | Halt::Resolution | Halt::Memory | Halt::Cancelled);
        if shot.reused_factor && !served && shot.iterations < goal.max_iterations {
            let wasted = shot.iterations;
            let max_iterations = (goal.max_iterations - wasted).min(SHOOTING_ITERATIONS);
            shot = self.shooter.solve(&mu0, &mu1, &Goal { max_iterations, ..brief }, false)?;
            shot.iterations += wasted;
        }
        let spent = shot.iterations >= goal.max_iterations;
        let reason = match shot.halt {
            Halt::Converged => return Ok(self.shot(mu0, mu1, shot, Termination::Converged)),
            Halt::Cancelled => return Ok(self.stopped(mu0, mu1, shot, Termination::Cancelled)),
            Halt::Memory => return Ok(self.shot(mu0, mu1, shot, Termination::MemoryLimit)),
            _ if spent => return Ok(self.stopped(mu0, mu1, shot, Termination::IterationLimit)),
            Halt::IterationLimit => "shooting converged too slowly",
            Halt::Stalled => "shooting stalled",
            Halt::LeftSimplex => "shooting left the positive simplex",
            Halt::Resolution => "shooting ran out of time nodes",
        };
        self.minimise(mu0, mu1, goal, guess, shot.iterations, reason)
    }

    /// What shooting found before it was stopped, or the straight path where that is not yet a path that means anything.
    fn stopped(&self, mu0: Vec<f64>, mu1: Vec<f64>, shot: Shot, termination: Termination) -> Geodesic {
        let found = self.shot(mu0, mu1, shot, termination);
        if found.error_estimate < 1.0 {
            return found;
        }
        let ends = [found.mu0.as_slice(), &found.mu1];
        Geodesic {
            distance: convex::straight_length(&self.graph, self.options.mean, ends),
            path: Path::straight(ends[0], ends[1]),
            potential_start: vec![0.0; ends[0].len()],
            potential_end: vec![0.0; ends[0].len()],
            error_estimate: f64::INFINITY,
            path_error_estimate: f64::INFINITY,
            ..found
        }
    }

    /// What shooting found.
    fn shot(&self, mu0: Vec<f64>, mu1: Vec<f64>, shot: Shot, termination: Termination) -> Geodesic {
        let psi = [shot.psi_start.as_slice(), &mu0].concat();
        Geodesic {
            graph: self.graph.clone(),
            mean: self.options.mean,
            path: Path::new(mu0.len(), vec![0.0, 1.0], vec![shot.rule.into()], psi, shot.path),
            mu0,
            mu1,
            potential_start: shot.psi_start,
            potential_end: shot.psi_end,
            distance: shot.distance,
            iterations: shot.iterations,
            residual: shot.residual,
            error_estimate: shot.error + shot.rounding,
            path_error_estimate: shot.remainder + shot.path_next + shot.rounding,
            termination,
            method: "shooting",
            reason: match termination {
                Termination::IterationLimit => "the iterations allowed were spent on shooting",
                _ => "the ends are near enough for shooting",
            },
        }
    }

    /// The convex problem, with what is left of the iterations.
    fn minimise(
        &self,
        mu0: Vec<f64>,
        mu1: Vec<f64>,
        goal: Goal,
        guess: Option<&Path>,
        wasted: usize,
        reason: &'static str,
    ) -> Result<Geodesic> {
        let goal = Goal { max_iterations: goal.max_iterations.saturating_sub(wasted), ..goal };
        let mut climb = convex::minimise(&self.graph, self.options.mean, [&mu0, &mu1], &goal, guess)?;
        climb.iterations += wasted;
        Ok(Geodesic::from_climb(&self.graph, self.options.mean, [mu0, mu1], climb, reason))
    }

    /// What is known of a geodesic before the first iteration: nothing but a path between the ends.
    fn not_begun(&self, mu0: Vec<f64>, mu1: Vec<f64>) -> Geodesic {
        let path = Path::straight(&mu0, &mu1);
        Geodesic {
            path,
            mu1,
            distance: f64::INFINITY,
            residual: f64::INFINITY,
            error_estimate: f64::INFINITY,
            path_error_estimate: f64::INFINITY,
            termination: Termination::Cancelled,
            reason: "it was stopped before it began",
            ..self.constant(mu0)
        }
    }

    /// The geodesic between equal ends.
    fn constant(&self, mu: Vec<f64>) -> Geodesic {
        let zero = vec![0.0; mu.len()];
        Geodesic {
            graph: self.graph.clone(),
            mean: self.options.mean,
            path: Path::straight(&mu, &mu),
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
            method: "none",
            reason: "the ends are equal",
        }
    }
}

/// The minimiser of `W_K(mu0, mu)^2 / 2 + terminal(mu)` over `mu`, with the geodesic that ends in it, from a
/// positive `mu0`. `scale` is the expected size of the first term; a relative accuracy below `floor` is
/// not sought.
///
/// # Errors
/// As [`Graph::geodesic`].
pub(crate) fn proximal(
    graph: &Graph,
    options: &GeodesicOptions,
    mu0: &[f64],
    terminal: &Arc<dyn Terminal>,
    scale: f64,
    floor: f64,
) -> Result<Geodesic> {
    options.check()?;
    let mu0 = normalised(mu0);
    let goal = options.goal(convex::nearly_empty(graph, &mu0));
    let goal = Goal { tolerance: goal.tolerance.max(floor), ..goal };
    let climb = convex::proximal(graph, options.mean, &mu0, terminal, scale, &goal)?;
    let mu1 = climb.end.clone();
    Ok(Geodesic::from_climb(graph, options.mean, [mu0, mu1], climb, "the end is free"))
}

/// Puts `value` where `mu` has no mass.
fn mark_empty(mu: &[f64], potential: &mut [f64], value: f64) {
    for (v, m) in potential.iter_mut().zip(mu) {
        if *m == 0.0 {
            *v = value;
        }
    }
}

fn normalised(mu: &[f64]) -> Vec<f64> {
    let sum: f64 = mu.iter().sum();
    mu.iter().map(|m| m / sum).collect()
}

impl Geodesic {
    fn from_climb(
        graph: &Graph,
        mean: Mean,
        [mu0, mu1]: [Vec<f64>; 2],
        climb: ladder::Climb,
        reason: &'static str,
    ) -> Self {
        let (mut potential_start, mut potential_end) = (climb.potential_start, climb.potential_end);
        if mean.vanishes() {
            mark_empty(&mu0, &mut potential_start, f64::INFINITY);
            mark_empty(&mu1, &mut potential_end, f64::NEG_INFINITY);
        }
        Self {
            graph: graph.clone(),
            mean,
            mu0,
            mu1,
            path: climb.path,
            potential_start,
            potential_end,
            distance: climb.distance,
            iterations: climb.iterations,
            residual: climb.residual,
            error_estimate: climb.error_estimate,
            path_error_estimate: climb.path_error_estimate,
            termination: climb.termination,
            method: "newton",
            reason,
        }
    }

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

    /// Estimated relative error of the distance and of the end potentials, in the norm that
    /// [`GeodesicOptions::tolerance`] says, the rounding of the masses included. Between positive ends it comes from how well
    /// the path conserves its energy: along a geodesic the norm of the potential in the metric is the distance at all
    /// times. Where paths are singular it comes from how they change from one time mesh to the next. Infinite where the solve
    /// was stopped before anything was known.
    pub fn error_estimate(&self) -> f64 {
        self.error_estimate
    }

    /// Estimated relative error of [`mass_at`](Self::mass_at), in the 1-norm and relative to what moves, and of
    /// [`potential_at`](Self::potential_at), in the largest entry, between the ends, where the collocation polynomial is
    /// less accurate than there: from its Legendre coefficients, or the square root of the error at the ends where paths are
    /// singular.
    pub fn path_error_estimate(&self) -> f64 {
        self.path_error_estimate
    }

    /// What the last iteration of shooting changed, relatively: potentials in the largest entry, masses in
    /// the 1-norm. The last decrement of Newton's method, relative to the distance.
    pub fn residual(&self) -> f64 {
        self.residual
    }

    /// Iterations over all time resolutions.
    pub fn iterations(&self) -> usize {
        self.iterations
    }

    /// Time nodes of the final resolution.
    pub fn time_nodes(&self) -> usize {
        self.path.time_nodes()
    }

    /// Why the solve stopped.
    pub fn termination(&self) -> Termination {
        self.termination
    }

    /// Whether the tolerance is met.
    pub fn converged(&self) -> bool {
        self.termination == Termination::Converged
    }

    /// The method that found it: `shooting`, `newton`, or `none` between equal ends and where it was stopped before it
    /// began.
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// Why that method ran, in a few words.
    pub fn reason(&self) -> &'static str {
        self.reason
    }

    /// Masses at time `t` in `[0, 1]`, length `n`, not negative, sum one to rounding. Between the ends they are accurate to
    /// [`path_error_estimate`](Self::path_error_estimate).
    ///
    /// # Errors
    /// A time outside `[0, 1]`.
    pub fn mass_at(&self, t: f64) -> Result<Vec<f64>> {
        self.check_time(t)?;
        if t == 1.0 {
            return Ok(self.mu1.clone());
        }
        Ok(self.path.mass(t))
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
        if t == 0.0 {
            return Ok(self.potential_start.clone());
        }
        let mut potential = self.path.potential(t);
        self.graph.centre(&mut potential);
        Ok(potential)
    }

    fn check_time(&self, t: f64) -> Result<()> {
        if (0.0..=1.0).contains(&t) {
            return Ok(());
        }
        Err(Error::invalid("t", format!("{t} is not between 0 and 1")))
    }
}
