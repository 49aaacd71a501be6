//! Learning a free energy from snapshots.
//!
//! A process that descends `F` in the geometry of `W_K` obeys `tau dF/dmu(mu_{k+1}) + psi_k(1) = const`
//! after a JKO step of length `tau`, where `psi_k(1)` is the end potential of the geodesic from `mu_k`
//! to `mu_{k+1}` (Jordan, Kinderlehrer, Otto 1998; Terpin et al. 2024; Rancati et al. 2026). The fit
//! minimises the squared violation of this condition along the edges. It is quadratic in the
//! parameters of an energy that is linear in them, so the data enter only through sums: see
//! `normal.rs`.
//!
//! The [`Model`] says which energies these are and fixes their gauge.

mod bases;
mod box_qp;
mod certainty;
mod deviance;
mod estimate;
mod fitted;
mod flow_loss;
mod flow_options;
mod forecast;
mod full_interaction;
mod functionals;
mod gauge;
mod likelihood;
mod misfit;
mod model;
mod normal;
mod options;
mod potential;
mod scoring;
mod selection;
mod snapshot_loss;
mod statistics;
mod step;
mod system;
mod terms;
mod trajectory;
mod validation;

pub use estimate::Estimate;
pub use fitted::{Baselines, FittedEnergy};
pub use flow_loss::{FlowFit, FlowFitted};
pub use flow_options::{CountFitOptions, FlowFitOptions, Noise};
pub use forecast::Forecast;
pub use likelihood::{CountFit, CountFitted};
pub use model::Model;
pub use options::{FitOptions, Loss, Ridge, Weight, Zeros};
pub use scoring::FitStatus;
pub use selection::{NestedScore, Selection};
pub use snapshot_loss::SnapshotLoss;
pub use terms::{Term, FULL_INTERACTION_NODES};
pub use validation::{worth_keeping, Candidate, Folds, Score};

use nalgebra::DVector;

use crate::error::{self, Error, Result};
use crate::geodesic::Geodesic;
use crate::graph::Graph;
use certainty::Influences;
use normal::NormalEquations;
use step::{Look, Step, Variations};
use system::System;
use trajectory::Trajectory;

/// A learning problem: the accumulated normal equations of the pairs seen so far.
///
/// Pairs, trajectories and other fits can be added in any order; the answer is the same up to rounding.
/// With the symmetric loss a trajectory says more than its pairs one by one, see [`Loss::Symmetric`].
/// Besides the sums, each step keeps one number per edge and one per node and dense parameter, from
/// which standard errors come.
#[derive(Clone)]
pub struct Fit {
    model: Model,
    options: FitOptions,
    normal: NormalEquations,
    steps: Vec<SeenStep>,
}

/// A step, and what it sees of the energies.
#[derive(Clone)]
struct SeenStep {
    step: Step,
    variations: Variations,
}

impl Fit {
    /// An empty learning problem.
    ///
    /// # Errors
    /// Terms as for [`Model::new`], bad options for geodesics or empty nodes.
    pub fn new(graph: &Graph, options: FitOptions) -> Result<Self> {
        Self::with_dense_interaction_up_to(graph, options, FULL_INTERACTION_NODES)
    }

    /// As [`new`](Self::new), but a full interaction on more nodes than `most` is solved for
    /// iteratively.
    fn with_dense_interaction_up_to(graph: &Graph, options: FitOptions, most: usize) -> Result<Self> {
        options.check()?;
        let model = Model::with_dense_interaction_up_to(graph, &options.terms, most)?;
        let normal = NormalEquations::new(graph, model.dense().len());
        Ok(Self { model, options, normal, steps: Vec::new() })
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        self.model.graph()
    }

    /// The energy whose parameters are learned.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The options.
    pub fn options(&self) -> &FitOptions {
        &self.options
    }

    /// Pairs seen so far.
    pub fn pairs(&self) -> usize {
        self.normal.pairs
    }

    /// Adds one step of length `tau > 0`, whose geodesic is known, with a weight in the loss
    /// (one for all pairs unless their reliability differs). The loss looks at its ends only: where the
    /// step belongs to a trajectory, [`add_geodesics`](Self::add_geodesics) has less bias. Cost: a few
    /// sweeps over the edges.
    ///
    /// # Errors
    /// A geodesic on another graph, with another mean, from or to empty nodes unless [`Zeros::LeaveOut`]
    /// is chosen, or not converged; `tau` or `weight` that is not positive; a term whose first
    /// variations only the caller knows. Nothing is added then.
    pub fn add_pair(&mut self, geodesic: &Geodesic, tau: f64, weight: f64) -> Result<()> {
        self.check_geodesic(geodesic)?;
        error::check_positive("tau", &[tau])?;
        error::check_positive("weight", &[weight])?;
        let step = Step::new(geodesic, tau, weight, &self.options);
        let (mu0, mu1) = geodesic.ends();
        self.accumulate(vec![step], &[step::ends(self.options.loss, 0)], &[mu0, mu1], &[])
    }

    /// Adds the steps of a trajectory whose geodesics are known, from one of the increasing `times` to
    /// the next, as [`add_trajectory`](Self::add_trajectory) does.
    ///
    /// # Errors
    /// As [`add_pair`](Self::add_pair); times that are not one more than the geodesics or do not
    /// increase; a geodesic that does not start where the one before ends. Nothing is added then.
    pub fn add_geodesics(
        &mut self,
        times: &[f64],
        geodesics: &[Geodesic],
        threads: usize,
    ) -> Result<()> {
        error::check_length("times", times.len(), geodesics.len() + 1)?;
        error::check_increasing("times", times)?;
        geodesics.iter().try_for_each(|geodesic| self.check_geodesic(geodesic))?;
        if let Some(k) = geodesics.windows(2).position(|pair| pair[0].ends().1 != pair[1].ends().0) {
            let reason = format!("number {} does not start where number {k} ends", k + 1);
            return Err(Error::invalid("geodesics", reason));
        }
        let trajectory = Trajectory::along(self.graph(), &self.options, times, geodesics, threads)?;
        self.add_steps_of(trajectory, &[])
    }

    fn check_geodesic(&self, geodesic: &Geodesic) -> Result<()> {
        if !self.graph().same_as(geodesic.graph()) {
            return Err(Error::invalid("geodesic", "it lies on another graph than the fit"));
        }
        if geodesic.mean() != self.options.geodesic.mean {
            let (a, b) = (geodesic.mean().name(), self.options.geodesic.mean.name());
            return Err(Error::invalid("geodesic", format!("its mean is {a}, the fit's is {b}")));
        }
        let (mu0, mu1) = geodesic.ends();
        self.options.check_masses(self.graph(), "mu0 of the geodesic", mu0)?;
        self.options.check_masses(self.graph(), "mu1 of the geodesic", mu1)?;
        if !geodesic.converged() {
            let reason = geodesic.termination().describe();
            return Err(Error::NotConverged { what: "geodesic".into(), reason });
        }
        Ok(())
    }

    /// Adds the steps between consecutive `snapshots` (positive mass vectors, unless the options say
    /// what becomes of empty nodes) at increasing `times`, each with weight one. The geodesics are
    /// computed on `threads` threads; the result does not depend on their number. The symmetric loss
    /// takes the neighbours of each step into account, see `trajectory.rs`.
    ///
    /// # Errors
    /// Lengths that differ, fewer than two snapshots, times that do not increase, snapshots that are not
    /// positive distributions (the error names snapshot and node), a geodesic that did not converge,
    /// named by its pair, and a term whose first variations only the caller knows. Nothing is added
    /// then.
    pub fn add_trajectory<S: AsRef<[f64]> + Sync>(
        &mut self,
        times: &[f64],
        snapshots: &[S],
        threads: usize,
    ) -> Result<()> {
        self.add_trajectory_with(times, snapshots, &[], threads)
    }

    /// As [`add_trajectory`](Self::add_trajectory), with what the caller knows of the terms
    /// [given](Term::given): `variations[s][j]` is the first variation, length `n`, of the functional
    /// `j` at snapshot `s`.
    ///
    /// # Errors
    /// The same, and variations of other lengths or not finite.
    pub fn add_trajectory_with<S: AsRef<[f64]> + Sync>(
        &mut self,
        times: &[f64],
        snapshots: &[S],
        variations: &[Vec<Vec<f64>>],
        threads: usize,
    ) -> Result<()> {
        if self.model.given() > 0 || !variations.is_empty() {
            error::check_length("variations", variations.len(), snapshots.len())?;
        }
        let trajectory = Trajectory::new(self.graph(), &self.options, times, snapshots, threads)?;
        self.add_steps_of(trajectory, variations)
    }

    fn add_steps_of(&mut self, trajectory: Trajectory, given: &[Vec<Vec<f64>>]) -> Result<()> {
        let masses: Vec<&[f64]> = trajectory.masses.iter().map(Vec::as_slice).collect();
        self.accumulate(trajectory.steps, &trajectory.looks, &masses, given)
    }

    /// Adds the steps between consecutive snapshots, all or none.
    fn accumulate(
        &mut self,
        steps: Vec<Step>,
        looks: &[Look],
        masses: &[&[f64]],
        given: &[Vec<Vec<f64>>],
    ) -> Result<()> {
        let given = |s: usize| given.get(s).map_or(&[][..], Vec::as_slice);
        let at = |(s, mu): (usize, &&[f64])| Variations::new(&self.model, mu, given(s));
        let snapshots: Vec<Variations> = masses.iter().enumerate().map(at).collect::<Result<_>>()?;
        for (k, (step, look)) in steps.into_iter().zip(looks).enumerate() {
            let variations = Variations::seen(&snapshots, look, &self.options, masses[k], masses[k + 1]);
            self.normal.add(self.model.graph(), &step, &variations);
            self.steps.push(SeenStep { step, variations });
        }
        Ok(())
    }

    /// Adds everything that `other` has seen.
    ///
    /// # Errors
    /// Another graph, other terms, loss, weight or mean. Nothing is added then.
    pub fn merge(&mut self, other: &Fit) -> Result<()> {
        if !self.graph().same_as(other.graph()) {
            return Err(Error::invalid("other", "the fits are on different graphs"));
        }
        if self.fingerprint() != other.fingerprint() {
            return Err(Error::invalid("other", "the fits differ in their terms, loss, weight or mean"));
        }
        self.normal.merge(&other.normal);
        self.steps.extend(other.steps.iter().cloned());
        Ok(())
    }

    /// The coefficients that minimise the loss plus the ridge, within their bounds.
    ///
    /// Cost: one sparse factorisation with the graph's pattern and one solve per step and dense
    /// parameter; with a full interaction on many nodes, an iteration with a solve in each step.
    ///
    /// # Errors
    /// No data yet; data in which nothing moves; a bad ridge; [`Error::NotDetermined`] where the data
    /// leave coefficients open, as one single pair does for potential and entropy together.
    pub fn solve(&self, ridge: &Ridge) -> Result<FittedEnergy> {
        ridge.check()?;
        if self.pairs() == 0 {
            return Err(Error::invalid("fit", "no pair has been added yet"));
        }
        if self.normal.total == 0.0 {
            let reason = "nothing moves between the snapshots; a process at rest shows no energy";
            return Err(Error::invalid("fit", reason));
        }
        let all: Vec<usize> = (0..self.model.terms().len()).collect();
        let penalties = self.model.penalties(&self.normal, &all, ridge);
        let system = System::new(self.graph(), &self.normal, &penalties)?;
        let open = system.open_directions();
        if !open.is_empty() {
            let term = self.describe(&open).join("; ");
            return Err(Error::NotDetermined { term, pairs: self.pairs() });
        }
        if self.model.apart().is_some() {
            return self.solve_with_full_interaction(&system, ridge, self.unidentified(&penalties)?);
        }
        let solution = system.minimise(&self.model.dense_bounds()).ok_or_else(|| {
            let names: Vec<&str> = self.model.terms().iter().map(Term::name).collect();
            Error::NotDetermined { term: names.join(", "), pairs: self.pairs() }
        })?;
        let (influences, residuals) = self.influences(&system, &solution);
        let residual = self.normal.loss(self.graph(), solution.potential.as_deref(), &solution.dense);
        let mut parameters = self.assemble(solution.potential.as_deref(), &solution.dense);
        self.model.fix_gauge(&mut parameters);
        let mut held = vec![false; parameters.len()];
        for (p, h) in self.model.dense().into_iter().zip(solution.held) {
            held[p] = h;
        }
        let certainty = (influences, residuals);
        Ok(self.fitted(parameters, held, residual, certainty, self.unidentified(&penalties)?))
    }

    /// What is reported of parameters in their gauge.
    fn fitted(
        &self,
        parameters: Vec<f64>,
        held: Vec<bool>,
        residual: f64,
        (influences, residuals): (Influences, Vec<f64>),
        unidentified: Vec<String>,
    ) -> FittedEnergy {
        let potential = self.model.potential(&parameters);
        FittedEnergy {
            energy: self.model.energy(&parameters),
            model: self.model.clone(),
            mean: self.options.geodesic.mean,
            parameters,
            potential,
            residual,
            total: self.normal.total,
            pairs: self.pairs(),
            residuals,
            influences,
            held,
            unidentified,
            heat: self.normal.heat_flow(),
        }
    }

    /// All parameters in the order of the terms.
    fn assemble(&self, potential: Option<&[f64]>, dense: &DVector<f64>) -> Vec<f64> {
        let mut parameters = vec![0.0; self.model.parameters()];
        if let (Some(v), Some(block)) = (potential, self.model.free_potential()) {
            parameters[block].copy_from_slice(v);
        }
        for (p, a) in self.model.dense().into_iter().zip(dense.iter()) {
            parameters[p] = *a;
        }
        parameters
    }
}
