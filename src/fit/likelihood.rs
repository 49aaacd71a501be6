//! The maximum-likelihood fit to snapshots that are counts.
//!
//! At each time `t_k` of a trajectory, `N_k` independent individuals are found on the nodes: the counts
//! `n_k` are multinomial with the masses `mu(t_k)` of a flow that starts at an unknown `mu(t_0)`. The
//! fit maximises the likelihood over the parameters of the energy **and** the start of each trajectory,
//! that is, it minimises half the deviance
//!
//! ```text
//! sum_k sum_x n_kx ln( n_kx / (N_k mu_x(t_k)) )
//! ```
//!
//! To predict each snapshot from the counts before it instead would take noise for truth at every start:
//! a bias that more snapshots do not cure.
//!
//! # Fisher information
//!
//! With the derivatives `S_k` of `mu(t_k)` the information is `sum_k N_k S_k' diag(1/mu(t_k)) S_k`,
//! which also serves as the Hessian (Fisher scoring). A start is written as `mu_x(t_0) = exp(e_x) /
//! sum_y exp(e_y)`, so that it stays positive; its block is eliminated, trajectory by trajectory. The
//! inverse of what is left is the covariance of the parameters: it accounts for the starts not being
//! known.
//!
//! # Zero counts
//!
//! They say that a mass is small, and break nothing: a flow is positive everywhere. At the first time
//! alone, an empty node could drive its mass to zero. The pseudo-counts of
//! [`CountFitOptions::pseudo_counts`], one individual spread like `pi` by default, keep it off at a bias
//! that is small against the standard errors.

use nalgebra::{Cholesky, DMatrix, Dyn};

use super::deviance::{normalised, softmax, softmax_slope, Deviance};
use super::estimate::{Estimate, Uncertainty};
use super::flow_loss::FlowFit;
use super::flow_options::{CountFitOptions, FlowFitOptions};
use super::model::Model;
use super::scoring::{minimise, within_bounds, Nuisance, Objective, Point, Problem};
use super::{Ridge, Term};
use crate::error::{self, Error, Result};
use crate::graph::Graph;

/// Share of `pi` mixed into the frequencies from which the first parameters come.
const START_MIXING: f64 = 1e-2;

/// A learning problem for the likelihood: terms and trajectories of counts. See `likelihood.rs` for what
/// is maximised, and why zeros are no harm.
///
/// ```
/// use jkoflow::{CountFit, CountFitOptions, Graph, Reference, Ridge, Term};
/// // independent walkers on four rooms in a row, counted at three times
/// let rooms = Graph::path(4, Reference::Uniform)?;
/// let counts = [[400.0, 0.0, 100.0, 0.0], [302.0, 89.0, 71.0, 38.0], [241.0, 130.0, 72.0, 57.0]];
/// let mut fit = CountFit::new(&rooms, &[Term::entropy()], CountFitOptions::default())?;
/// fit.add_trajectory(&[0.0, 1.0, 2.0], &counts)?;
/// let fitted = fit.solve(&Ridge::default(), 1)?;
/// let (rate, error) = (fitted.estimate().entropy(), fitted.estimate().standard_errors()[0]);
/// assert!(rate > 0.0 && error > 0.0 && error < 0.2 * rate);
/// # Ok::<(), jkoflow::Error>(())
/// ```
#[derive(Clone)]
pub struct CountFit {
    pub(super) model: Model,
    pub(super) options: CountFitOptions,
    pub(super) trajectories: Vec<Counts>,
}

/// Counts at increasing times.
#[derive(Clone)]
pub(super) struct Counts {
    pub times: Vec<f64>,
    pub counts: Vec<Vec<f64>>,
}

/// A maximum-likelihood fit.
#[derive(Clone)]
pub struct CountFitted {
    estimate: Estimate,
    pub(super) starts: Vec<Start>,
    deviance: f64,
    degrees_of_freedom: usize,
}

/// The estimated start of a trajectory.
#[derive(Clone)]
pub(super) struct Start {
    pub time: f64,
    pub mass: Vec<f64>,
    /// How the estimate moves with the parameters, `n` by `k`.
    pub response: DMatrix<f64>,
    /// A root of its covariance at given parameters, `n` by `n`.
    pub root: DMatrix<f64>,
}

impl CountFitted {
    /// The parameters with their covariance, the inverse of the Fisher information.
    pub fn estimate(&self) -> &Estimate {
        &self.estimate
    }

    /// The estimated masses at the first time of a trajectory.
    ///
    /// # Errors
    /// No such trajectory.
    pub fn start(&self, trajectory: usize) -> Result<&[f64]> {
        Ok(&self.start_of(trajectory)?.mass)
    }

    pub(super) fn start_of(&self, trajectory: usize) -> Result<&Start> {
        self.starts.get(trajectory).ok_or_else(|| {
            let reason = format!("{trajectory}, but there are {}", self.starts.len());
            Error::invalid("trajectory", reason)
        })
    }

    /// Twice the log-likelihood that a perfect prediction of every snapshot would gain. Where the
    /// model holds and counts are not small, it is distributed like chi squared with
    /// [`degrees_of_freedom`](Self::degrees_of_freedom).
    pub fn deviance(&self) -> f64 {
        self.deviance
    }

    /// Free counts less fitted parameters, starts among them.
    pub fn degrees_of_freedom(&self) -> usize {
        self.degrees_of_freedom
    }
}

/// Refuses a snapshot in which nothing was counted, and one of shares.
fn check_counted(name: &str, counts: &[f64]) -> Result<()> {
    let sum: f64 = counts.iter().sum();
    if sum == 0.0 {
        return Err(Error::invalid(name, "nothing was counted; leave the time out"));
    }
    if sum < 2.0 && counts.iter().any(|count| count.fract() != 0.0) {
        let reason = format!(
            "they sum to {sum:.3}, as shares do; counts of individuals are wanted, so multiply shares by how \
             many there were"
        );
        return Err(Error::invalid(name, reason));
    }
    Ok(())
}

impl CountFit {
    /// An empty learning problem.
    ///
    /// # Errors
    /// Terms as for [`Model::new`] or whose functionals only the caller knows; options out of range.
    pub fn new(graph: &Graph, terms: &[Term], options: CountFitOptions) -> Result<Self> {
        options.check()?;
        let model = Model::new(graph, terms)?;
        model.energy(&vec![0.0; model.parameters()])?;
        Ok(Self { model, options, trajectories: Vec::new() })
    }

    /// The terms, and where their parameters stand.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Adds the `counts` (one number per node, zeros welcome) of independent samples at increasing
    /// times. They need not be whole numbers, such as weighted counts are not; but shares are no counts,
    /// since they do not tell how many individuals there were.
    ///
    /// # Errors
    /// Lengths that differ, fewer than two snapshots, times that do not increase, counts that are
    /// negative, not finite, or all zero, and snapshots that are no whole numbers and sum to less than 2.
    pub fn add_trajectory<S: AsRef<[f64]>>(&mut self, times: &[f64], counts: &[S]) -> Result<()> {
        error::check_length("times", times.len(), counts.len())?;
        if counts.len() < 2 {
            let reason = format!("{} snapshots given, but a step needs two", counts.len());
            return Err(Error::invalid("counts", reason));
        }
        error::check_increasing("times", times)?;
        let mut checked = Vec::with_capacity(counts.len());
        for (k, count) in counts.iter().enumerate() {
            let name = format!("counts[{k}]");
            error::check_length(&name, count.as_ref().len(), self.model.graph().nodes())?;
            error::check_non_negative(&name, count.as_ref())?;
            check_counted(&name, count.as_ref())?;
            checked.push(count.as_ref().to_vec());
        }
        self.trajectories.push(Counts { times: times.to_vec(), counts: checked });
        Ok(())
    }

    /// The parameters and starts that maximise the likelihood, less the ridge, within the bounds, from
    /// the fit of the symmetric loss to the frequencies. The ridge is relative to the mean diagonal of
    /// each term's block of the Fisher information there. The answer does not depend on the number of
    /// threads.
    ///
    /// Cost: per iteration and trajectory, the integration of a flow with one more solve per step,
    /// parameter and node; then `O((k + n)^3)` for `k` parameters.
    ///
    /// # Errors
    /// No data; a bad ridge; [`Error::OutOfMemory`]. Not converging is no error: see
    /// [`Estimate::status`].
    pub fn solve(&self, ridge: &Ridge, threads: usize) -> Result<CountFitted> {
        self.solve_from(&self.first_parameters(ridge, threads)?, ridge, threads)
    }

    /// As [`solve`](Self::solve), from given parameters.
    ///
    /// # Errors
    /// The same, and parameters of another number, out of their bounds, or whose flow cannot be
    /// followed.
    pub fn solve_from(&self, start: &[f64], ridge: &Ridge, threads: usize) -> Result<CountFitted> {
        if self.trajectories.is_empty() {
            return Err(Error::invalid("fit", "no trajectory has been added yet"));
        }
        let objective = Deviance { fit: self, threads };
        let start = self.point(start.to_vec());
        let quadratic = objective.quadratic(&start)?;
        let problem = Problem::new(&self.model, ridge, &quadratic, &start, self.options.max_iterations)?;
        let minimum = minimise(&objective, start, quadratic, &problem)?;

        let deviance = 2.0 * objective.of_counts(&minimum.point)?;
        let Point { parameters, nuisance } = minimum.point;
        let held = problem.held(&parameters);
        let factors = minimum.quadratic.factors(0.0).ok_or_else(|| self.open_start())?;
        let information = minimum.quadratic.profile(&factors);
        let uncertainty =
            Uncertainty::new(&self.model, &information, &problem.penalty, &information, &held);
        let starts = (0..nuisance.len())
            .map(|t| self.start(t, &nuisance[t], &minimum.quadratic.nuisance[t], &factors[t]))
            .collect();
        let nodes = self.model.graph().nodes() - 1;
        let snapshots: usize = self.trajectories.iter().map(|t| t.counts.len() - 1).sum();
        let free = held.iter().filter(|held| !**held).count()
            - usize::from(self.model.free_potential().is_some());
        let degrees_of_freedom = (snapshots * nodes).saturating_sub(free);
        let ended = (minimum.status, minimum.iterations);
        let estimate =
            Estimate::new(&self.model, self.options.flow.mean, parameters, uncertainty, ended)?;
        Ok(CountFitted { estimate, starts, deviance, degrees_of_freedom })
    }

    fn open_start(&self) -> Error {
        let reason = "is not determined by its counts";
        Error::NotConverged { what: "the start of a trajectory".into(), reason }
    }

    fn start(
        &self,
        trajectory: usize,
        exponents: &[f64],
        nuisance: &Nuisance,
        factor: &Cholesky<f64, Dyn>,
    ) -> Start {
        let mass = softmax(exponents);
        let slope = softmax_slope(&mass);
        let response = -(&slope * factor.solve(&nuisance.cross));
        // the covariance S (L L')^-1 S' has the root S L^-T, the transpose of L^-1 S
        let root = factor.l().solve_lower_triangular(&slope).unwrap_or_default().transpose();
        Start { time: self.trajectories[trajectory].times[0], mass, response, root }
    }

    /// These parameters with starts at the frequencies.
    fn point(&self, parameters: Vec<f64>) -> Point {
        let pi = self.model.graph().reference();
        let exponents = |trajectory: &Counts| {
            let first = trajectory.counts[0].iter().zip(pi);
            first.map(|(n, p)| (n + self.options.pseudo_counts * p).ln()).collect()
        };
        Point { parameters, nuisance: self.trajectories.iter().map(exponents).collect() }
    }

    fn first_parameters(&self, ridge: &Ridge, threads: usize) -> Result<Vec<f64>> {
        let options = FlowFitOptions::default().with_flow(self.options.flow).with_mixing(START_MIXING);
        let mut fit = FlowFit::new(self.model.graph(), self.model.terms(), options)?;
        for Counts { times, counts } in &self.trajectories {
            let frequencies: Vec<Vec<f64>> = counts.iter().map(|n| normalised(n)).collect();
            fit.add_trajectory(times, &frequencies)?;
        }
        let first = fit.start(ridge, threads);
        let objective = Deviance { fit: self, threads };
        match objective.value(&self.point(first.clone())) {
            Ok(_) => Ok(first),
            Err(_) => Ok(within_bounds(&self.model, vec![0.0; first.len()])),
        }
    }
}
