//! Learning a free energy from snapshots.
//!
//! A process that descends `F` in the geometry of `W_K` obeys `tau dF/dmu(mu_{k+1}) + psi_k(1) = const`
//! after a JKO step of length `tau`, where `psi_k(1)` is the end potential of the geodesic from `mu_k`
//! to `mu_{k+1}` (Jordan, Kinderlehrer, Otto 1998; Terpin et al. 2024; Rancati et al. 2026). The fit
//! minimises the squared violation of this condition along the edges. It is quadratic in the
//! parameters of an energy that is linear in them, so the data enter only through sums: see
//! `normal.rs`.
//!
//! # Gauge
//!
//! A potential is determined up to a constant; it is reported with mean zero under `pi`. The
//! entropy is relative to `pi`: with a non-uniform reference, an entropy against counting
//! measure differs by `beta ln pi` in the potential.

mod normal;

use crate::energy::FreeEnergy;
use crate::error::{self, Error, Result};
use crate::geodesic::{Geodesic, GeodesicOptions};
use crate::graph::{Graph, Sweep};
use normal::NormalEquations;

/// A part of the energy whose coefficients are learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Term {
    /// `sum_x V_x mu_x`, one free parameter per node.
    Potential,
    /// `beta sum_x mu_x ln(mu_x / pi_x)`, one parameter.
    Entropy,
}

impl Term {
    /// Every term, in the order of the C constants.
    pub const ALL: [Term; 2] = [Term::Potential, Term::Entropy];

    /// The name used on command lines.
    pub fn name(self) -> &'static str {
        match self {
            Term::Potential => "potential",
            Term::Entropy => "entropy",
        }
    }

    /// The first variation per unit of the coefficient at a positive `mu`, up to a constant, for a
    /// term with one coefficient; none for the potential, whose coefficients are per node.
    fn feature(self, graph: &Graph, mu: &[f64]) -> Option<Vec<f64>> {
        match self {
            Term::Potential => None,
            Term::Entropy => Some(mu.iter().zip(graph.reference()).map(|(m, p)| (m / p).ln()).collect()),
        }
    }
}

/// At which end of a step the optimality condition is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// Mean of both ends: bias of second order in the time step on data of a continuous flow. The
    /// default.
    #[default]
    Symmetric,
    /// At the end of each step: exact when the data are JKO iterates, biased to first order when they
    /// come from a continuous flow.
    Backward,
    /// At the start of each step: as backward, the other way round.
    Forward,
}

impl Loss {
    /// Every loss, in the order of the C constants.
    pub const ALL: [Loss; 3] = [Loss::Symmetric, Loss::Backward, Loss::Forward];

    /// The name used on command lines.
    pub fn name(self) -> &'static str {
        match self {
            Loss::Symmetric => "symmetric",
            Loss::Backward => "backward",
            Loss::Forward => "forward",
        }
    }
}

/// What is learned, and how.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FitOptions {
    /// Terms of the energy, each at most once; potential and entropy by default.
    pub terms: Vec<Term>,
    /// Where the optimality condition is required.
    pub loss: Loss,
    /// How the geodesics between snapshots are computed; its mean is the mean of the fit.
    pub geodesic: GeodesicOptions,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self {
            terms: vec![Term::Potential, Term::Entropy],
            loss: Loss::Symmetric,
            geodesic: GeodesicOptions::default(),
        }
    }
}

impl FitOptions {
    /// These options with other terms.
    pub fn with_terms(mut self, terms: &[Term]) -> Self {
        self.terms = terms.to_vec();
        self
    }

    /// These options with another loss.
    pub fn with_loss(mut self, loss: Loss) -> Self {
        self.loss = loss;
        self
    }

    /// These options with other options for the geodesics.
    pub fn with_geodesic(mut self, geodesic: GeodesicOptions) -> Self {
        self.geodesic = geodesic;
        self
    }

    fn check(&self) -> Result<()> {
        if self.terms.is_empty() {
            return Err(Error::invalid("terms", "there is nothing to learn without a term"));
        }
        for (k, term) in self.terms.iter().enumerate() {
            if self.terms[..k].contains(term) {
                return Err(Error::invalid("terms", format!("{} is named twice", term.name())));
            }
        }
        self.geodesic.check()
    }
}

/// Penalties on the squared coefficients of each term, relative to the mean diagonal of the
/// term's block of the normal matrix, so that they mean the same for any amount of data. Zero by default.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct Ridge {
    /// For the potential.
    pub potential: f64,
    /// For the entropy coefficient.
    pub entropy: f64,
}

impl Ridge {
    /// The same relative ridge on the potential only.
    pub fn on_potential(potential: f64) -> Self {
        Self { potential, entropy: 0.0 }
    }

    /// This ridge with another penalty on the entropy coefficient.
    pub fn with_entropy(mut self, entropy: f64) -> Self {
        self.entropy = entropy;
        self
    }

    fn of(&self, term: Term) -> f64 {
        match term {
            Term::Potential => self.potential,
            Term::Entropy => self.entropy,
        }
    }

    fn check(&self) -> Result<()> {
        for term in Term::ALL {
            let ridge = self.of(term);
            if !(ridge.is_finite() && ridge >= 0.0) {
                let reason = format!("{ridge} on the {} is not a non-negative number", term.name());
                return Err(Error::invalid("ridge", reason));
            }
        }
        Ok(())
    }
}

/// A learning problem: the accumulated normal equations of the pairs seen so far.
///
/// Pairs, trajectories and other fits can be added in any order; the answer is the same up to
/// rounding.
#[derive(Clone)]
pub struct Fit {
    graph: Graph,
    options: FitOptions,
    normal: NormalEquations,
}

impl Fit {
    /// An empty learning problem.
    ///
    /// # Errors
    /// No terms, a term twice, bad geodesic options.
    pub fn new(graph: &Graph, options: FitOptions) -> Result<Self> {
        options.check()?;
        let features = options.terms.iter().filter(|t| **t != Term::Potential).count();
        Ok(Self { graph: graph.clone(), options, normal: NormalEquations::new(graph, features) })
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
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
    /// (one for all pairs unless their reliability differs). Cost: a few sweeps over the edges.
    ///
    /// # Errors
    /// A geodesic on another graph, with another mean, from or to empty nodes, or not converged; `tau` or
    /// `weight` that is not positive. Nothing is added then.
    pub fn add_pair(&mut self, geodesic: &Geodesic, tau: f64, weight: f64) -> Result<()> {
        if !self.graph.same_as(geodesic.graph()) {
            return Err(Error::invalid("geodesic", "it lies on another graph than the fit"));
        }
        if geodesic.mean() != self.options.geodesic.mean {
            let (a, b) = (geodesic.mean().name(), self.options.geodesic.mean.name());
            return Err(Error::invalid("geodesic", format!("its mean is {a}, the fit's is {b}")));
        }
        // where a node is empty, its potential and the variation of the entropy are infinite
        let (mu0, mu1) = geodesic.ends();
        self.graph.check_positive_distribution("mu0 of the geodesic", mu0)?;
        self.graph.check_positive_distribution("mu1 of the geodesic", mu1)?;
        if !geodesic.converged() {
            let reason = geodesic.termination().describe();
            return Err(Error::NotConverged { what: "geodesic".into(), reason });
        }
        error::check_positive("tau", &[tau])?;
        error::check_positive("weight", &[weight])?;
        self.accumulate(geodesic, tau, weight);
        Ok(())
    }

    /// Adds the steps between consecutive `snapshots` (positive mass vectors) at increasing `times`,
    /// each with weight one. The geodesics are computed on `threads` threads; the result does not
    /// depend on their number.
    ///
    /// # Errors
    /// Lengths that differ, fewer than two snapshots, times that do not increase, snapshots that
    /// are not positive distributions (the error names snapshot and node), and a geodesic that did not
    /// converge, named by its pair. Nothing is added then.
    pub fn add_trajectory<S: AsRef<[f64]> + Sync>(
        &mut self,
        times: &[f64],
        snapshots: &[S],
        threads: usize,
    ) -> Result<()> {
        self.add_trajectory_watched(times, snapshots, threads, &|| {})
    }

    /// As [`add_trajectory`](Self::add_trajectory); `solved` is called after each geodesic.
    ///
    /// # Errors
    /// As [`add_trajectory`](Self::add_trajectory).
    pub fn add_trajectory_watched<S: AsRef<[f64]> + Sync>(
        &mut self,
        times: &[f64],
        snapshots: &[S],
        threads: usize,
        solved: &(dyn Fn() + Sync),
    ) -> Result<()> {
        error::check_length("times", times.len(), snapshots.len())?;
        if snapshots.len() < 2 {
            let reason = format!("{} given, but a step needs two", snapshots.len());
            return Err(Error::invalid("snapshots", reason));
        }
        error::check_increasing("times", times)?;
        for (k, mu) in snapshots.iter().enumerate() {
            self.graph.check_positive_distribution(&format!("snapshots[{k}]"), mu.as_ref())?;
        }
        let geodesics =
            self.graph.geodesics_watched(snapshots, &self.options.geodesic, threads, solved)?;
        if let Some(k) = geodesics.iter().position(|g| !g.converged()) {
            let what = format!("geodesic from snapshot {k} to {}", k + 1);
            return Err(Error::NotConverged { what, reason: geodesics[k].termination().describe() });
        }
        for (geodesic, t) in geodesics.iter().zip(times.windows(2)) {
            self.accumulate(geodesic, t[1] - t[0], 1.0);
        }
        Ok(())
    }

    /// Adds everything that `other` has seen.
    ///
    /// # Errors
    /// Another graph, other terms, loss or mean. Nothing is added then.
    pub fn merge(&mut self, other: &Fit) -> Result<()> {
        if !self.graph.same_as(&other.graph) {
            return Err(Error::invalid("other", "the fits are on different graphs"));
        }
        let same_mean = self.options.geodesic.mean == other.options.geodesic.mean;
        if self.options.terms != other.options.terms
            || self.options.loss != other.options.loss
            || !same_mean
        {
            return Err(Error::invalid("other", "the fits differ in their terms, loss or mean"));
        }
        self.normal.merge(&other.normal);
        Ok(())
    }

    /// The coefficients that minimise the loss plus the ridge.
    ///
    /// Cost: one sparse factorisation with the graph's pattern.
    ///
    /// # Errors
    /// No data yet; a bad ridge; [`Error::NotDetermined`] where the data leave a coefficient open,
    /// as one single pair does for potential and entropy together.
    pub fn solve(&self, ridge: &Ridge) -> Result<FittedEnergy> {
        ridge.check()?;
        if self.pairs() == 0 {
            return Err(Error::invalid("fit", "no pair has been added yet"));
        }
        let terms: Vec<Term> = self.options.terms.clone();
        let scalar: Vec<Term> = terms.iter().copied().filter(|t| *t != Term::Potential).collect();
        let feature_ridge: Vec<f64> = scalar.iter().map(|t| ridge.of(*t)).collect();
        let names: Vec<&'static str> = scalar.iter().map(|t| t.name()).collect();
        let potential_ridge = terms.contains(&Term::Potential).then_some(ridge.potential);
        let solution = self.normal.solve(&self.graph, potential_ridge, &feature_ridge, &names)?;

        let mut energy = FreeEnergy::new(&self.graph);
        if let Some(potential) = &solution.potential {
            energy = energy.with_potential(potential.clone())?;
        }
        for (term, coefficient) in scalar.iter().zip(&solution.features) {
            energy = match term {
                Term::Entropy => energy.with_entropy(*coefficient)?,
                Term::Potential => energy,
            };
        }
        Ok(FittedEnergy {
            energy,
            potential: solution.potential.unwrap_or_else(|| vec![0.0; self.graph.nodes()]),
            residual: solution.residual,
            total: self.normal.total,
            pairs: self.pairs(),
        })
    }

    /// Adds a checked pair: the violation is `D(V + sum_p a_p phi_p + drive)` on each edge.
    fn accumulate(&mut self, geodesic: &Geodesic, tau: f64, weight: f64) {
        let (mu0, mu1) = geodesic.ends();
        let half =
            |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| 0.5 * (a + b)).collect() };
        let (start, end) = (geodesic.potential_start(), geodesic.potential_end());
        let (mu, drive) = match self.options.loss {
            Loss::Backward => (mu1.to_vec(), end.to_vec()),
            Loss::Forward => (mu0.to_vec(), start.to_vec()),
            Loss::Symmetric => (half(mu0, mu1), half(start, end)),
        };
        let drive: Vec<f64> = drive.iter().map(|v| v / tau).collect();
        let features: Vec<Vec<f64>> = self
            .options
            .terms
            .iter()
            .filter_map(|term| match self.options.loss {
                Loss::Symmetric => {
                    Some(half(&term.feature(&self.graph, mu0)?, &term.feature(&self.graph, mu1)?))
                }
                _ => term.feature(&self.graph, &mu),
            })
            .collect();
        let mut mobility = vec![0.0; self.graph.edges()];
        Sweep::new(&self.graph, self.options.geodesic.mean).mobility(&mu, &mut mobility);
        mobility.iter_mut().for_each(|m| *m *= weight);
        self.normal.add(&self.graph, &mobility, &features, &drive);
    }
}

/// A learned energy and how well it explains the data.
#[derive(Clone)]
pub struct FittedEnergy {
    energy: FreeEnergy,
    potential: Vec<f64>,
    residual: f64,
    total: f64,
    pairs: usize,
}

impl FittedEnergy {
    /// The energy, ready for a flow.
    pub fn energy(&self) -> &FreeEnergy {
        &self.energy
    }

    /// The potential, length `n`, mean zero under `pi`; zeros if it was not among the terms.
    pub fn potential(&self) -> &[f64] {
        &self.potential
    }

    /// The entropy coefficient `beta`; zero if it was not among the terms.
    pub fn entropy(&self) -> f64 {
        self.energy.entropy()
    }

    /// The loss at the solution, without the ridge.
    pub fn residual(&self) -> f64 {
        self.residual
    }

    /// The share of the drive that is explained: one minus the residual over the loss of the zero
    /// energy. One for data that follow the energy exactly, zero when it says nothing.
    pub fn explained(&self) -> f64 {
        if self.total > 0.0 {
            1.0 - self.residual / self.total
        } else {
            0.0
        }
    }

    /// Pairs that were seen.
    pub fn pairs(&self) -> usize {
        self.pairs
    }
}
