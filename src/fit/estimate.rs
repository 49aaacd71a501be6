//! What a fit of the flow itself returns: parameters with their covariance.
//!
//! # Covariance
//!
//! With the information `H` (of the objective without its penalties `P`) and the covariance `B` of the
//! gradient, the estimate has the covariance `(H + P)^-1 B (H + P)^-1` (Huber 1967; White 1982). It is
//! that of the penalised estimate about its own mean: the bias of a ridge is not in it.
//!
//! # What the data do not determine
//!
//! Directions in which `H`, scaled to a unit diagonal, has an eigenvalue below 1e-11 of its largest are
//! not determined. The gauge (see [`Model`]) is among them, and removed in the documented way; the
//! others are named. Where no penalty decides in their place, the parameters in them have infinite
//! standard errors.

use nalgebra::{DMatrix, DVector};

use super::model::Model;
use super::scoring::FitStatus;
use crate::energy::FreeEnergy;
use crate::error::Result;
use crate::graph::Mean;

/// Eigenvalues of the scaled information below this share of the largest count as zero.
const DETERMINED: f64 = 1e-11;
/// Shares of a direction below this are taken for rounding.
const SHARE: f64 = 1e-5;

/// Parameters of an energy, estimated from data.
#[derive(Clone)]
pub struct Estimate {
    pub(super) model: Model,
    pub(super) mean: Mean,
    pub(super) energy: FreeEnergy,
    pub(super) parameters: Vec<f64>,
    pub(super) uncertainty: Uncertainty,
    pub(super) status: FitStatus,
    pub(super) iterations: usize,
}

/// The covariance of parameters, in the gauge of their model.
#[derive(Debug, Clone)]
pub(super) struct Uncertainty {
    pub covariance: DMatrix<f64>,
    pub standard_errors: Vec<f64>,
    pub unidentified: Vec<String>,
}

impl Estimate {
    /// Puts an estimate together, with its parameters in the documented gauge.
    pub(super) fn new(
        model: &Model,
        mean: Mean,
        mut parameters: Vec<f64>,
        uncertainty: Uncertainty,
        (status, iterations): (FitStatus, usize),
    ) -> Result<Self> {
        model.fix_gauge(&mut parameters);
        let energy = model.energy(&parameters)?;
        Ok(Self { model: model.clone(), mean, energy, parameters, uncertainty, status, iterations })
    }

    /// The terms, and where their parameters stand.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The mobility mean of the flows that were fitted.
    pub fn mean(&self) -> Mean {
        self.mean
    }

    /// The energy, ready for a flow.
    pub fn energy(&self) -> &FreeEnergy {
        &self.energy
    }

    /// The parameters, in the order of the terms and in the gauge of the [`Model`].
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
        self.energy.potential()
    }

    /// The entropy coefficient `beta`; zero if it was not among the terms.
    pub fn entropy(&self) -> f64 {
        self.energy.entropy()
    }

    /// The covariance of the parameters, `k` by `k`. Directions that the data do not determine are left
    /// out of it, and a parameter at one of its bounds is taken as known. NaN without a degree of
    /// freedom left.
    pub fn covariance(&self) -> &DMatrix<f64> {
        &self.uncertainty.covariance
    }

    /// Standard error of each parameter: the root of the covariance's diagonal, infinite for parameters
    /// that neither data nor ridge determine, NaN for those at a bound.
    pub fn standard_errors(&self) -> &[f64] {
        &self.uncertainty.standard_errors
    }

    /// The directions that the data do not determine, beyond the gauge, as sums of parameters with their
    /// names. Empty where everything is determined.
    pub fn unidentified(&self) -> &[String] {
        &self.uncertainty.unidentified
    }

    /// How the iteration ended.
    pub fn status(&self) -> FitStatus {
        self.status
    }

    /// Whether the iteration converged.
    pub fn converged(&self) -> bool {
        self.status == FitStatus::Converged
    }

    /// Iterations taken.
    pub fn iterations(&self) -> usize {
        self.iterations
    }
}

impl Uncertainty {
    /// From the information `H`, the penalties and the covariance `B` of the gradient. `held` tells the
    /// parameters at a bound.
    pub fn new(
        model: &Model,
        information: &DMatrix<f64>,
        penalty: &[f64],
        scores: &DMatrix<f64>,
        held: &[bool],
    ) -> Self {
        let k = penalty.len();
        let penalised = information + DMatrix::from_diagonal(&DVector::from_column_slice(penalty));
        let (inverse, open) = invert(&penalised, held);
        let mut covariance = &inverse * scores * &inverse;
        // the gauge is linear: first for the columns, then for the rows
        for _ in 0..2 {
            covariance.column_iter_mut().for_each(|mut c| model.fix_gauge(c.as_mut_slice()));
            covariance = covariance.transpose();
        }
        let open = beyond_gauge(model, open);
        let by_data = match penalty.iter().any(|p| *p > 0.0) {
            true => beyond_gauge(model, invert(information, held).1),
            false => open.clone(),
        };
        let names = model.names();
        let standard_errors = (0..k)
            .map(|p| match open.iter().any(|v| v[p].abs() > SHARE) {
                _ if held[p] => f64::NAN,
                true => f64::INFINITY,
                false => covariance[(p, p)].sqrt(),
            })
            .collect();
        let unidentified = by_data.iter().map(|v| describe(v, &names)).collect();
        Self { covariance, standard_errors, unidentified }
    }
}

/// The pseudo-inverse of a positive semidefinite matrix over the parameters that are not held, and a
/// basis of its null space there, both by the eigenvectors of the matrix scaled to a unit diagonal.
fn invert(matrix: &DMatrix<f64>, held: &[bool]) -> (DMatrix<f64>, Vec<Vec<f64>>) {
    let k = held.len();
    let live = |p: usize| matrix[(p, p)] > 0.0 && !held[p];
    let scale: Vec<f64> =
        (0..k).map(|p| if live(p) { 1.0 / matrix[(p, p)].sqrt() } else { 0.0 }).collect();
    let scaled = DMatrix::from_fn(k, k, |p, q| scale[p] * matrix[(p, q)] * scale[q]);
    let eigen = scaled.symmetric_eigen();
    let least = DETERMINED * eigen.eigenvalues.amax();
    let mut inverse = DMatrix::zeros(k, k);
    let mut open = Vec::new();
    for (value, vector) in eigen.eigenvalues.iter().zip(eigen.eigenvectors.column_iter()) {
        let unscaled = DVector::from_fn(k, |p, _| scale[p] * vector[p]);
        if *value > least {
            inverse.ger(1.0 / value, &unscaled, &unscaled, 1.0);
        } else if unscaled.amax() > 0.0 {
            open.push(unscaled.as_slice().to_vec());
        }
    }
    // what changes nothing at all
    for p in (0..k).filter(|p| !live(*p) && !held[*p]) {
        let mut unit = vec![0.0; k];
        unit[p] = 1.0;
        open.push(unit);
    }
    (inverse, open)
}

/// What the documented gauge leaves of these directions: an independent set, largest entry one.
fn beyond_gauge(model: &Model, directions: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let mut left: Vec<Vec<f64>> = Vec::new();
    for mut v in directions {
        let size = v.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        model.fix_gauge(&mut v);
        for found in &left {
            // echelon form: the entry where an earlier direction is largest vanishes
            let at = (0..v.len()).find(|p| found[*p] == 1.0).unwrap_or(0);
            let share = v[at];
            v.iter_mut().zip(found).for_each(|(v, f)| *v -= share * f);
        }
        let largest = (0..v.len()).fold(0, |best, p| if v[p].abs() > v[best].abs() { p } else { best });
        if v[largest].abs() <= SHARE * size {
            continue;
        }
        let pivot = v[largest];
        v.iter_mut().for_each(|x| *x /= pivot);
        v[largest] = 1.0;
        left.push(v);
    }
    left
}

/// The direction as a sum of its largest parts.
fn describe(direction: &[f64], names: &[String]) -> String {
    const SHOWN: usize = 6;
    let mut parts: Vec<usize> = (0..names.len()).filter(|p| direction[*p].abs() > SHARE).collect();
    parts.sort_by(|p, q| direction[*q].abs().total_cmp(&direction[*p].abs()).then(p.cmp(q)));
    let mut text = String::new();
    for (k, &p) in parts.iter().take(SHOWN).enumerate() {
        let sign = match (k, direction[p] < 0.0) {
            (0, _) => "",
            (_, true) => " - ",
            (_, false) => " + ",
        };
        text.push_str(sign);
        if (direction[p].abs() - 1.0).abs() > SHARE {
            text.push_str(&format!("{:.3} ", direction[p].abs()));
        }
        text.push_str(&names[p]);
    }
    if parts.len() > SHOWN {
        text.push_str(&format!(" and {} more", parts.len() - SHOWN));
    }
    text
}
