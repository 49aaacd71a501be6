//! Fitting the flow itself: every snapshot is predicted from the one before by integrating
//! `d mu/dt = -L(rho) dF/dmu`, and the misfit is made small.
//!
//! ```text
//! 1/2 sum_k sum_x (predicted_x - observed_x)^2 / w_x,     w = (1 - 1e-3) observed + 1e-3 pi
//! ```
//!
//! Unlike the quadratic losses it has no bias in the time step: exact data give the exact
//! parameters wherever they are identifiable.
//!
//! # Weights and noise
//!
//! The weights are those of noise whose variance grows with the mass, as that of counts does: the
//! covariance `sigma^2 (diag(w) - w w')` has the inverse `diag(1/w) / sigma^2` on changes of total mass
//! zero. To leading order the sum is also four times the squared Hellinger distance. The small share of
//! `pi` limits what a nearly empty node can say.
//!
//! This is the noise model of [`Noise::Gaussian`], with `sigma` estimated: the process, or the reading
//! of its *later* snapshot, is noisy, and each prediction starts from the truth. Where the snapshots are
//! read with errors, the starts are wrong too, which biases the fit as errors in regressors do, by the
//! order of the noise's variance: for counts, [`CountFit`](super::CountFit) estimates the starts as
//! well. Where the model misses something that lasts, misfits of neighbouring steps and nodes are alike,
//! and their number says too much: [`Noise::Blocks`] takes steps together, all nodes of them.

use std::ops::Range;

use nalgebra::DMatrix;

use super::estimate::{Estimate, Uncertainty};
use super::flow_options::{FlowFitOptions, Noise};
use super::misfit::{Misfit, Pair};
use super::model::Model;
use super::options::check_filled;
use super::scoring::{minimise, within_bounds, Objective, Point, Problem};
use super::{Fit, FitOptions, Ridge, Term};
use crate::energy::FreeEnergy;
use crate::error::{self, Error, Result};
use crate::flow::sensitivity::LinearEnergy;
use crate::geodesic::GeodesicOptions;
use crate::graph::Graph;

/// Share of `pi` in the weights.
const WEIGHT_FLOOR: f64 = 1e-3;
/// Ridge on every term of the fit that gives the start, where the data leave something open.
const START_RIDGE: f64 = 1e-6;

impl LinearEnergy for Model {
    fn graph(&self) -> &Graph {
        self.graph()
    }

    fn parameters(&self) -> usize {
        self.parameters()
    }

    fn free_potential(&self) -> Option<Range<usize>> {
        self.free_potential()
    }

    fn energy(&self, parameters: &[f64]) -> Result<FreeEnergy> {
        self.energy(parameters)
    }

    fn dense_features(&self, mu: &[f64]) -> Result<DMatrix<f64>> {
        self.dense_features(mu)
    }
}

/// What to do about a snapshot that the flow cannot leave.
const MIXING_HELPS: &str = "is empty; the option mixing fills it with a share of the reference";

/// A learning problem for the flow loss: terms and pairs of snapshots. See `flow_loss.rs` for the loss,
/// its weights and the noise model behind the standard errors.
///
/// ```
/// use jkoflow::{FlowFit, FlowFitOptions, FlowOptions, FreeEnergy, Graph, Reference, Ridge, Term};
/// let graph = Graph::cycle(5, Reference::Uniform)?;
/// let hills = [0.0, 1.0, 0.5, -1.0, -0.5];
/// let truth = FreeEnergy::new(&graph).with_potential(hills)?.with_entropy(0.5)?;
/// // far apart in time, where the quadratic losses are biased
/// let times = [0.0, 0.5, 1.0, 1.5, 2.0];
/// let fine = FlowOptions::default().with_tolerance(1e-11);
/// let flow = truth.flow(&[0.4, 0.1, 0.2, 0.1, 0.2], &times, &fine)?;
///
/// let terms = [Term::potential(), Term::entropy()];
/// let mut fit = FlowFit::new(&graph, &terms, FlowFitOptions::default())?;
/// fit.add_trajectory(&times, flow.masses())?;
/// let fitted = fit.solve(&Ridge::default(), 1)?;
/// assert!((fitted.estimate().entropy() - 0.5).abs() < 1e-6);
/// # Ok::<(), jkoflow::Error>(())
/// ```
#[derive(Clone)]
pub struct FlowFit {
    pub(super) model: Model,
    pub(super) options: FlowFitOptions,
    trajectories: Vec<(Vec<f64>, Vec<Vec<f64>>)>,
}

/// A fit of the flow.
#[derive(Clone)]
pub struct FlowFitted {
    estimate: Estimate,
    residuals: Vec<f64>,
    persistence: f64,
}

impl FlowFitted {
    /// The parameters with their covariance.
    pub fn estimate(&self) -> &Estimate {
        &self.estimate
    }

    /// The loss at the solution, without the ridge.
    pub fn residual(&self) -> f64 {
        self.residuals.iter().sum()
    }

    /// The loss of each pair, trajectory by trajectory.
    pub fn residuals(&self) -> &[f64] {
        &self.residuals
    }

    /// One minus the loss over that of persistence, which predicts that nothing moves.
    pub fn explained(&self) -> f64 {
        super::fitted::share(self.residual(), self.persistence)
    }
}

impl FlowFit {
    /// An empty learning problem.
    ///
    /// # Errors
    /// Terms as for [`Model::new`] or whose functionals only the caller knows; options out of range.
    pub fn new(graph: &Graph, terms: &[Term], options: FlowFitOptions) -> Result<Self> {
        options.check()?;
        let model = Model::new(graph, terms)?;
        model.energy(&vec![0.0; model.parameters()])?;
        Ok(Self { model, options, trajectories: Vec::new() })
    }

    /// The terms, and where their parameters stand.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Adds the steps between consecutive snapshots at increasing times.
    ///
    /// # Errors
    /// Lengths that differ, fewer than two snapshots, times that do not increase, snapshots that are no
    /// distributions, or not positive although they have a successor and nothing is mixed in.
    pub fn add_trajectory<S: AsRef<[f64]>>(&mut self, times: &[f64], snapshots: &[S]) -> Result<()> {
        error::check_length("times", times.len(), snapshots.len())?;
        if snapshots.len() < 2 {
            let reason = format!("{} given, but a step needs two", snapshots.len());
            return Err(Error::invalid("snapshots", reason));
        }
        error::check_increasing("times", times)?;
        let graph = self.model.graph();
        let mut mixed = Vec::with_capacity(snapshots.len());
        for (k, mu) in snapshots.iter().enumerate() {
            let name = format!("snapshots[{k}]");
            if self.options.mixing > 0.0 || k + 1 == snapshots.len() {
                graph.check_distribution(&name, mu.as_ref())?;
            } else {
                check_filled(graph, &name, mu.as_ref(), MIXING_HELPS)?;
            }
            mixed.push(graph.mix_with_reference(mu.as_ref(), self.options.mixing)?);
        }
        self.trajectories.push((times.to_vec(), mixed));
        Ok(())
    }

    /// The parameters that minimise the loss plus the ridge within their bounds, from the fit of the
    /// symmetric loss. The ridge is relative to the mean diagonal of each term's block of the
    /// Gauss-Newton matrix at that start. The answer does not depend on the number of threads.
    ///
    /// Cost: per iteration and pair, the integration of a flow with one more solve per step and
    /// parameter; then `O(k^3)` for `k` parameters, and `O(n k^2)` per pair.
    ///
    /// # Errors
    /// No data; a bad ridge; [`Error::OutOfMemory`]. Not converging is no error: see
    /// [`Estimate::status`].
    pub fn solve(&self, ridge: &Ridge, threads: usize) -> Result<FlowFitted> {
        self.solve_from(&self.start(ridge, threads), ridge, threads)
    }

    /// As [`solve`](Self::solve), from given parameters.
    ///
    /// # Errors
    /// The same, and parameters of another number, out of their bounds, or whose flow cannot be
    /// followed.
    pub fn solve_from(&self, start: &[f64], ridge: &Ridge, threads: usize) -> Result<FlowFitted> {
        ridge.check()?;
        if self.trajectories.is_empty() {
            return Err(Error::invalid("fit", "no trajectory has been added yet"));
        }
        let objective = Misfit { fit: self, pairs: self.pairs(), threads };
        let start = Point::of(start);
        let quadratic = objective.quadratic(&start)?;
        let limit = self.options.max_iterations;
        let problem = Problem::new(&self.model, ridge, &quadratic, &start, limit)?;
        let minimum = minimise(&objective, start, quadratic, &problem)?;
        let parameters = minimum.point.parameters;
        let residuals = objective.residuals(&parameters)?;
        let information = &minimum.quadratic.information;
        let held = problem.held(&parameters);
        let (pairs, nodes) = (objective.pairs.len() as f64, self.model.graph().nodes());
        let free = self.free_parameters(&held) as f64;
        let observed = pairs * (nodes - 1) as f64;
        let scores = match self.options.noise {
            _ if observed <= free => information * f64::NAN,
            Noise::Gaussian => information * (2.0 * residuals.iter().sum::<f64>() / (observed - free)),
            Noise::Sandwich => objective.scores(&parameters, 1, free)?,
            Noise::Blocks(length) => objective.scores(&parameters, length, free)?,
        };
        let uncertainty = Uncertainty::new(&self.model, information, &problem.penalty, &scores, &held);
        let ended = (minimum.status, minimum.iterations);
        let estimate =
            Estimate::new(&self.model, self.options.flow.mean, parameters, uncertainty, ended)?;
        let persistence = objective.pairs.iter().map(|pair| pair.misfit(pair.from)).sum();
        Ok(FlowFitted { estimate, residuals, persistence })
    }

    /// Parameters that the data can move: all but those at a bound and the constant of the potential.
    fn free_parameters(&self, held: &[bool]) -> usize {
        held.iter().filter(|held| !**held).count() - usize::from(self.model.free_potential().is_some())
    }

    /// The parameters of the symmetric fit; zeros where there is none or its flow ends early.
    pub(super) fn start(&self, ridge: &Ridge, threads: usize) -> Vec<f64> {
        let rested = || {
            self.model.terms().iter().map(Term::name).fold(ridge.clone(), |r, t| r.with(t, START_RIDGE))
        };
        let symmetric = self.symmetric_fit(threads);
        let solved = symmetric.and_then(|fit| fit.solve(ridge).or_else(|_| fit.solve(&rested())));
        let zeros = vec![0.0; self.model.parameters()];
        let start = solved.map_or_else(|_| zeros.clone(), |fitted| fitted.parameters().to_vec());
        let objective = Misfit { fit: self, pairs: self.pairs(), threads };
        let start = if objective.value(&Point::of(&start)).is_ok() { start } else { zeros };
        within_bounds(&self.model, start)
    }

    fn symmetric_fit(&self, threads: usize) -> Result<Fit> {
        let geodesic = GeodesicOptions::default().with_mean(self.options.flow.mean);
        let options = FitOptions::default().with_terms(self.model.terms()).with_geodesic(geodesic);
        let mut fit = Fit::new(self.model.graph(), options)?;
        for (times, snapshots) in &self.trajectories {
            fit.add_trajectory(times, snapshots, threads)?;
        }
        Ok(fit)
    }

    /// The numbers of pairs up to the end of each block of this many within a trajectory.
    pub(super) fn ends_of_blocks(&self, length: usize) -> Vec<usize> {
        let (mut ends, mut before) = (Vec::new(), 0);
        for (times, _) in &self.trajectories {
            let pairs = times.len() - 1;
            let blocks = pairs.div_ceil(length);
            ends.extend((1..=blocks).map(|b| before + pairs.min(b.saturating_mul(length))));
            before += pairs;
        }
        ends
    }

    fn pairs(&self) -> Vec<Pair<'_>> {
        let pi = self.model.graph().reference();
        let mut pairs = Vec::new();
        for (times, snapshots) in &self.trajectories {
            for (t, mu) in times.windows(2).zip(snapshots.windows(2)) {
                let weight = |(m, p): (&f64, &f64)| 1.0 / ((1.0 - WEIGHT_FLOOR) * m + WEIGHT_FLOOR * p);
                let weight = mu[1].iter().zip(pi).map(weight).collect();
                pairs.push(Pair { times: [t[0], t[1]], from: &mu[0], to: &mu[1], weight });
            }
        }
        pairs
    }
}
