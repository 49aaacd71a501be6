//! How flows are fitted to masses and to counts.

use crate::error::{self, Error, Result};
use crate::flow::FlowOptions;

/// Steps of a flow after which parameters count as absurd: a fit tries some, and should not dwell on
/// them.
const MAX_STEPS: usize = 2_000;

/// Where standard errors come from, see [`FlowFit`](super::FlowFit).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[non_exhaustive]
pub enum Noise {
    /// Misfits of covariance `sigma^2 (diag(w) - w w')`, with one `sigma` estimated from the residuals.
    /// The default.
    #[default]
    Gaussian,
    /// Misfits of any covariance, independent between pairs (the sandwich estimator): for many pairs
    /// only.
    Sandwich,
    /// Misfits of any covariance, independent between blocks of this many consecutive pairs of a
    /// trajectory (the clustered sandwich estimator, Liang, Zeger 1986): where what the model misses
    /// lasts over several steps. The last block of a trajectory takes what is left, and as many pairs as
    /// a trajectory has, or more, make one block of it. For many blocks only: with few the errors are
    /// themselves uncertain by a share of about one over the root of twice their number, and rather too
    /// small.
    Blocks(usize),
}

/// How a flow is fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct FlowFitOptions {
    /// How flows are integrated; its mean is the mean of the fit, its tolerance is 1e-10
    /// and its limit 2,000 steps by default.
    pub flow: FlowOptions,
    /// Share of `pi` that is mixed into every snapshot, zero by default: then each snapshot that has a
    /// successor must be positive.
    pub mixing: f64,
    /// Where standard errors come from.
    pub noise: Noise,
    /// Iterations after which the minimisation gives up; 100 by default.
    pub max_iterations: usize,
}

impl Default for FlowFitOptions {
    fn default() -> Self {
        let flow = FlowOptions::default().with_tolerance(1e-10).with_max_steps(MAX_STEPS);
        Self { flow, mixing: 0.0, noise: Noise::Gaussian, max_iterations: 100 }
    }
}

impl FlowFitOptions {
    /// These options with others for the integration.
    pub fn with_flow(mut self, flow: FlowOptions) -> Self {
        self.flow = flow;
        self
    }

    /// These options with another share of `pi` in the snapshots.
    pub fn with_mixing(mut self, mixing: f64) -> Self {
        self.mixing = mixing;
        self
    }

    /// These options with another noise model.
    pub fn with_noise(mut self, noise: Noise) -> Self {
        self.noise = noise;
        self
    }

    /// These options with another limit of iterations.
    pub fn with_max_iterations(mut self, max_iterations: usize) -> Self {
        self.max_iterations = max_iterations;
        self
    }

    pub(super) fn check(&self) -> Result<()> {
        self.flow.check()?;
        if !(0.0..1.0).contains(&self.mixing) {
            return Err(Error::invalid("mixing", format!("{} is not in [0, 1)", self.mixing)));
        }
        if self.noise == Noise::Blocks(0) {
            return Err(Error::invalid("noise", "blocks of 0 steps"));
        }
        Ok(())
    }
}

/// How the likelihood is maximised.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CountFitOptions {
    /// How flows are integrated; its mean is the mean of the fit, its tolerance is 1e-8
    /// and its limit 2,000 steps by default.
    pub flow: FlowOptions,
    /// Individuals, spread like `pi`, that are added to the first snapshot of each trajectory; 1 by
    /// default.
    pub pseudo_counts: f64,
    /// Iterations after which the maximisation gives up; 100 by default.
    pub max_iterations: usize,
}

impl Default for CountFitOptions {
    fn default() -> Self {
        let flow = FlowOptions::default().with_max_steps(MAX_STEPS);
        Self { flow, pseudo_counts: 1.0, max_iterations: 100 }
    }
}

impl CountFitOptions {
    /// These options with others for the integration.
    pub fn with_flow(mut self, flow: FlowOptions) -> Self {
        self.flow = flow;
        self
    }

    /// These options with other pseudo-counts.
    pub fn with_pseudo_counts(mut self, pseudo_counts: f64) -> Self {
        self.pseudo_counts = pseudo_counts;
        self
    }

    /// These options with another limit of iterations.
    pub fn with_max_iterations(mut self, max_iterations: usize) -> Self {
        self.max_iterations = max_iterations;
        self
    }

    pub(super) fn check(&self) -> Result<()> {
        self.flow.check()?;
        error::check_positive("pseudo_counts", &[self.pseudo_counts])
    }
}
