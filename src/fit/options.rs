//! What is learned, and how: terms, loss, empty nodes, ridge.

use super::terms::Term;
use crate::error::{Error, Result};
use crate::geodesic::GeodesicOptions;
use crate::graph::Graph;

/// At which end of a step the optimality condition is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// Mean of both ends: bias of second order in the time step on data of a continuous flow. Along
    /// trajectories of four or more snapshots it is the mean over the step by a rule on four of them,
    /// with a bias of third order, which exact data see at once and noise hides. The default.
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

/// How much each edge counts in the loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[non_exhaustive]
pub enum Weight {
    /// `c theta`, the metric of the geometry: the loss is the squared speed that the energy leaves
    /// unexplained. The default.
    #[default]
    Metric,
    /// `c theta^2`, the mobility once more: the loss is the squared flux that is left, per conductance.
    /// Edges between nearly empty nodes, whose potentials are large and least certain, count less.
    Flux,
}

impl Weight {
    /// Every weight, in the order of the C constants.
    pub const ALL: [Weight; 2] = [Weight::Metric, Weight::Flux];

    /// The name used on command lines.
    pub fn name(self) -> &'static str {
        match self {
            Weight::Metric => "metric",
            Weight::Flux => "flux",
        }
    }
}

/// What is done with snapshots that leave nodes empty, where end potentials and the variation of an
/// entropy are infinite.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Zeros {
    /// They are refused, by name. The default.
    #[default]
    Refuse,
    /// Every snapshot, with zeros or not, becomes `(1 - share) mu + share pi`, so that all are changed
    /// alike. The share, between 0 and 1, should be near the noise of the data: the bias is of its
    /// order. Applies to [`add_trajectory`](super::Fit::add_trajectory); geodesics that are added one by
    /// one have their ends already.
    Mix(f64),
    /// Edges at a node that is empty at either end of a step do not count in it. The mobility, which
    /// weighs the edges, vanishes there with every mean but the arithmetic one; this puts the product of
    /// that zero and the infinite potential to zero.
    LeaveOut,
}

impl Zeros {
    pub(super) fn check(self) -> Result<()> {
        match self {
            Zeros::Mix(share) if !(share > 0.0 && share < 1.0) => {
                Err(Error::invalid("zeros", format!("the share {share} is not between 0 and 1")))
            }
            _ => Ok(()),
        }
    }
}

/// What is learned, and how.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FitOptions {
    /// Terms of the energy, each name at most once; potential and entropy by default.
    pub terms: Vec<Term>,
    /// Where the optimality condition is required.
    pub loss: Loss,
    /// How much each edge counts.
    pub weight: Weight,
    /// What becomes of empty nodes.
    pub zeros: Zeros,
    /// How the geodesics between snapshots are computed; its mean is the mean of the fit.
    pub geodesic: GeodesicOptions,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self {
            terms: vec![Term::potential(), Term::entropy()],
            loss: Loss::Symmetric,
            weight: Weight::Metric,
            zeros: Zeros::Refuse,
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

    /// These options with another weight of the edges.
    pub fn with_weight(mut self, weight: Weight) -> Self {
        self.weight = weight;
        self
    }

    /// These options with another treatment of empty nodes.
    pub fn with_zeros(mut self, zeros: Zeros) -> Self {
        self.zeros = zeros;
        self
    }

    /// These options with other options for the geodesics.
    pub fn with_geodesic(mut self, geodesic: GeodesicOptions) -> Self {
        self.geodesic = geodesic;
        self
    }

    pub(super) fn check(&self) -> Result<()> {
        self.zeros.check()?;
        self.geodesic.check()
    }

    /// Refuses masses that are no distribution, and empty nodes unless they are to be left out.
    pub(super) fn check_masses(&self, graph: &Graph, name: &str, mu: &[f64]) -> Result<()> {
        match self.zeros {
            Zeros::LeaveOut => graph.check_distribution(name, mu),
            // where a node is empty, its potential and the variation of the entropy are infinite
            _ => check_filled(graph, name, mu, ZEROS_HELP),
        }
    }
}

/// What to do about a snapshot with empty nodes.
const ZEROS_HELP: &str =
    "is empty; the option zeros says what becomes of empty nodes: mix, or leave out";

/// Refuses masses that are no distribution, and an empty node with a word of help.
pub(super) fn check_filled(graph: &Graph, name: &str, mu: &[f64], help: &'static str) -> Result<()> {
    graph.check_distribution(name, mu)?;
    match mu.iter().position(|m| *m == 0.0) {
        None => Ok(()),
        Some(index) => Err(Error::BadValue { argument: name.into(), index, value: 0.0, expected: help }),
    }
}

/// Penalties on the squared coefficients of each term, relative to the mean diagonal of the term's block
/// of the normal matrix, so that they mean the same for any amount of data. Zero by default.
///
/// Terms go by their [names](Term::name). A penalty on a term that a fit does not have changes nothing,
/// so that one ridge serves fits of different terms.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ridge {
    penalties: Vec<(String, f64)>,
}

impl Ridge {
    /// A penalty on the potential that is free per node, and on nothing else.
    pub fn on_potential(penalty: f64) -> Self {
        Self::default().with("potential", penalty)
    }

    /// This ridge with another penalty on the term of this name.
    pub fn with(mut self, term: impl Into<String>, penalty: f64) -> Self {
        let term = term.into();
        self.penalties.retain(|(name, _)| *name != term);
        self.penalties.push((term, penalty));
        self
    }

    /// The penalty on the term of this name.
    pub fn of(&self, term: &str) -> f64 {
        self.penalties.iter().find(|(name, _)| name == term).map_or(0.0, |(_, penalty)| *penalty)
    }

    pub(super) fn check(&self) -> Result<()> {
        for (term, ridge) in &self.penalties {
            if !(ridge.is_finite() && *ridge >= 0.0) {
                let reason = format!("{ridge} on the {term} is not a non-negative number");
                return Err(Error::invalid("ridge", reason));
            }
        }
        Ok(())
    }
}
