//! What a fit found, and how sure one may be of it.

use nalgebra::{DMatrix, DVector};

use super::certainty::Influences;
use super::model::Model;
use crate::energy::FreeEnergy;
use crate::error::{Error, Result};
use crate::graph::Mean;

/// A learned energy and how well it explains the data.
///
/// # Standard errors
///
/// The covariance of the parameters is the sandwich `H^-1 (sum_k s_k s_k') H^-1` of the normal matrix
/// `H` (with the ridge) and the scores `s_k` of the steps, the gradients of their violations (White
/// 1980), times `K/(K-1) (N-1)/(N-p)` for `K` steps, `N = K (n-1)` observed changes and `p` free
/// parameters. It takes steps as independent and their violations as of any size and any shape over the
/// edges. It holds for many steps. Consecutive steps share a snapshot; errors of measurement there push
/// them in opposite directions, and the true errors are then smaller than these. A bias, of the time
/// step or of the ridge, does not show in it.
///
/// The covariance is kept as one *influence* per step, what the step moved the parameters by: their sum
/// of squares. A parameter at a bound has no standard error.
#[derive(Clone)]
pub struct FittedEnergy {
    pub(super) model: Model,
    pub(super) mean: Mean,
    pub(super) energy: Result<FreeEnergy>,
    pub(super) parameters: Vec<f64>,
    pub(super) potential: Vec<f64>,
    pub(super) residual: f64,
    pub(super) total: f64,
    pub(super) pairs: usize,
    pub(super) residuals: Vec<f64>,
    /// A column per step; none where the steps are not at hand, or too few.
    pub(super) influences: Influences,
    pub(super) held: Vec<bool>,
    pub(super) unidentified: Vec<String>,
    pub(super) heat: (f64, f64),
}

/// How simpler descriptions do on the same data.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Baselines {
    /// The loss of persistence: no energy, nothing moves. Its explained share is zero.
    pub persistence: f64,
    /// The loss of the pure heat flow with the best entropy coefficient.
    pub heat: f64,
    /// That coefficient.
    pub heat_entropy: f64,
    /// The share that the heat flow explains.
    pub heat_explained: f64,
}

impl FittedEnergy {
    /// The energy, ready for a flow.
    ///
    /// # Errors
    /// A term whose functionals only the caller knows.
    pub fn energy(&self) -> Result<&FreeEnergy> {
        self.energy.as_ref().map_err(Error::clone)
    }

    /// The mobility mean of the steps that were seen.
    pub fn mean(&self) -> Mean {
        self.mean
    }

    /// The energy without its parameters.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// All parameters, in the order of [`Model::names`] and in the gauge of [`Model`].
    pub fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    /// The parameters of the term of this name; empty if it was not among the terms.
    pub fn coefficients(&self, term: &str) -> &[f64] {
        let named = self.model.terms().iter().position(|t| t.name() == term);
        named.map_or(&[], |k| &self.parameters[self.model.blocks()[k].clone()])
    }

    /// The potential, length `n`, mean zero under `pi`; zeros if there was none among the terms.
    pub fn potential(&self) -> &[f64] {
        &self.potential
    }

    /// The entropy coefficient `beta`; zero if it was not among the terms.
    pub fn entropy(&self) -> f64 {
        self.coefficients("entropy").first().copied().unwrap_or(0.0)
    }

    /// The loss at the solution, without the ridge.
    pub fn residual(&self) -> f64 {
        self.residual
    }

    /// The loss of each step, in the order in which they were added; empty where only their sums are
    /// known.
    pub fn residuals(&self) -> &[f64] {
        &self.residuals
    }

    /// The share of the drive that is explained: one minus the residual over the loss of the zero
    /// energy. One for data that follow the energy exactly, zero when it says nothing.
    pub fn explained(&self) -> f64 {
        share(self.residual, self.total)
    }

    /// Pairs that were seen.
    pub fn pairs(&self) -> usize {
        self.pairs
    }

    /// How persistence and the heat flow do on the same data.
    pub fn baselines(&self) -> Baselines {
        Baselines {
            persistence: self.total,
            heat: self.heat.1,
            heat_entropy: self.heat.0,
            heat_explained: share(self.heat.1, self.total),
        }
    }

    /// Standard error per parameter, NaN at a bound. `None` with fewer than two steps, with as many
    /// parameters as observed changes, where only sums of the data are known, and with a full
    /// interaction on more than [`FULL_INTERACTION_NODES`](super::FULL_INTERACTION_NODES) nodes; see
    /// [`without_errors`](Self::without_errors).
    pub fn standard_errors(&self) -> Option<Vec<f64>> {
        let influences = self.influences()?;
        let spread = influences.row_iter().map(|row| row.norm());
        Some(spread.zip(&self.held).map(|(s, held)| if *held { f64::NAN } else { s }).collect())
    }

    /// Why there are no standard errors; `None` where there are.
    pub fn without_errors(&self) -> Option<&'static str> {
        self.influences.as_ref().err().copied()
    }

    /// Covariance of two parameters, by position; `None` as for the standard errors.
    ///
    /// # Panics
    /// Positions beyond the parameters.
    pub fn covariance(&self, p: usize, q: usize) -> Option<f64> {
        let influences = self.influences()?;
        Some(influences.row(p).dot(&influences.row(q)))
    }

    /// The influence of each step on each parameter, scaled so that their sums of squares are the
    /// covariance: a factor of it, a column per step.
    pub(crate) fn influences(&self) -> Option<&DMatrix<f64>> {
        self.influences.as_ref().ok()
    }

    /// Standard error of a linear combination of the parameters, `weights` of their number.
    ///
    /// # Errors
    /// A wrong length.
    pub fn standard_error_of(&self, weights: &[f64]) -> Result<Option<f64>> {
        crate::error::check_length("weights", weights.len(), self.parameters.len())?;
        let weights = DVector::from_column_slice(weights);
        Ok(self.influences().map(|influences| influences.tr_mul(&weights).norm()))
    }

    /// Directions that the data alone do not determine, where the ridge decided: one text each, in the
    /// names of the parameters, as in `entropy - 0.5 power[2] + a potential`. Not looked for among more
    /// than 400 dense parameters. The gauge of [`Model`] is not among them.
    pub fn unidentified(&self) -> &[String] {
        &self.unidentified
    }
}

/// One minus a residual over a total, zero where nothing moves.
pub(super) fn share(residual: f64, total: f64) -> f64 {
    if total > 0.0 {
        1.0 - residual / total
    } else {
        0.0
    }
}
