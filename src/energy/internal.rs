//! Functions of the density that an internal energy sums up.

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Result};

/// A function `U` of the density, convex and with `U(0) = 0`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum InternalEnergy {
    /// `U(r) = r^m/(m-1)`, `m > 0`, `m != 1`: slow diffusion for `m > 1`, fast diffusion for `m < 1`.
    Power(f64),
    /// Any other function, see [`InternalEnergy::from_functions`].
    Function(DensityFunction),
}

type Scalar = Arc<dyn Fn(f64) -> f64 + Send + Sync>;

/// `U`, `U'` and `U''` as they were given. Cloning shares them; equal means shared.
#[derive(Clone)]
pub struct DensityFunction {
    /// `U`, `U'`, `U''`.
    derivatives: [Scalar; 3],
}

impl PartialEq for DensityFunction {
    fn eq(&self, other: &Self) -> bool {
        self.derivatives.iter().zip(&other.derivatives).all(|(a, b)| Arc::ptr_eq(a, b))
    }
}

impl fmt::Debug for DensityFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DensityFunction")
    }
}

/// Nodes and weights of the Gauss rule with five points on `[0, 1]`.
const GAUSS: [(f64, f64); 5] = [
    (0.046910077030668004, 0.11846344252809454),
    (0.23076534494715845, 0.23931433524968324),
    (0.5, 0.28444444444444444),
    (0.7692346550528415, 0.23931433524968324),
    (0.953089922969332, 0.11846344252809454),
];

impl InternalEnergy {
    /// The energy of a function given by `U`, `U'` and `U''`, all finite at densities above zero.
    /// They are called from the threads that the caller allows to work.
    pub fn from_functions(
        value: impl Fn(f64) -> f64 + Send + Sync + 'static,
        derivative: impl Fn(f64) -> f64 + Send + Sync + 'static,
        second_derivative: impl Fn(f64) -> f64 + Send + Sync + 'static,
    ) -> Self {
        let derivatives: [Scalar; 3] =
            [Arc::new(value), Arc::new(derivative), Arc::new(second_derivative)];
        Self::Function(DensityFunction { derivatives })
    }

    /// `U(r)` for `r >= 0`.
    pub fn value(&self, r: f64) -> f64 {
        match self {
            Self::Power(m) => r.powf(*m) / (m - 1.0),
            Self::Function(u) => (u.derivatives[0])(r),
        }
    }

    /// `U'(r)`; for a power, minus infinity at zero when `m < 1`.
    pub fn derivative(&self, r: f64) -> f64 {
        match self {
            Self::Power(m) => m / (m - 1.0) * r.powf(m - 1.0),
            Self::Function(u) => (u.derivatives[1])(r),
        }
    }

    /// `U''(r)`; for a power, infinite at zero when `m < 2`.
    pub fn second_derivative(&self, r: f64) -> f64 {
        match self {
            Self::Power(m) => m * r.powf(m - 2.0),
            Self::Function(u) => (u.derivatives[2])(r),
        }
    }

    /// `U(r + d) - U(r) - U'(r) d` for `r > 0`, to eight digits even where the terms cancel.
    pub(super) fn divergence(&self, r: f64, d: f64) -> f64 {
        let t = d / r;
        match self {
            Self::Power(m) => {
                let relative = if t.abs() < SMALL_CHANGE {
                    0.5 * m * t * t * (1.0 + (m - 2.0) / 3.0 * t * (1.0 + (m - 3.0) / 4.0 * t))
                } else {
                    ((m * t.ln_1p()).exp_m1() - m * t) / (m - 1.0)
                };
                r.powf(*m) * relative
            }
            // Taylor's remainder in integral form does not cancel
            Self::Function(_) if t.abs() < SMOOTH_CHANGE => {
                let remainder = |(s, w): &(f64, f64)| w * (1.0 - s) * self.second_derivative(r + s * d);
                d * d * GAUSS.iter().map(remainder).sum::<f64>()
            }
            Self::Function(_) => self.value(r + d) - self.value(r) - self.derivative(r) * d,
        }
    }

    /// Whether the derivative of this order, one or two, is infinite at an empty node.
    pub(super) fn is_singular(&self, order: usize) -> bool {
        let at_zero = if order == 1 { self.derivative(0.0) } else { self.second_derivative(0.0) };
        !at_zero.is_finite()
    }

    pub(crate) fn check(&self) -> Result<()> {
        let Self::Power(m) = self else { return Ok(()) };
        if *m == 1.0 {
            return Err(Error::invalid("m", "the power 1 is no internal energy: that is the entropy"));
        }
        if !(m.is_finite() && *m > 0.0) {
            return Err(Error::invalid("m", format!("{m} is not a positive finite number")));
        }
        Ok(())
    }
}

/// `(1 + t) ln(1 + t) - t`, to eight digits even where the terms cancel.
pub(super) fn entropy_divergence(t: f64) -> f64 {
    if t.abs() < SMALL_CHANGE {
        t * t * (0.5 - t * (1.0 / 6.0 - t / 12.0))
    } else {
        (1.0 + t) * t.ln_1p() - t
    }
}

/// Relative changes of a density below this go by their Taylor series: what it leaves is `t^3`,
/// what the closed forms lose is the rounding over `t^2`.
const SMALL_CHANGE: f64 = 1e-4;

/// Relative changes of a density below this are small to a Gauss rule with five points.
const SMOOTH_CHANGE: f64 = 0.1;
