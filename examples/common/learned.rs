//! What `learn` learned, whichever way.

use jkoflow::{CountFitted, Estimate, FittedEnergy, FlowFitted, FreeEnergy, Model};

use super::learn_options::Criterion;

/// A learned energy beside what the simplest ones explain.
pub struct Learned {
    pub fitted: Fitted,
    pub criterion: Criterion,
    /// Steps that were learned from.
    pub steps: usize,
    /// The share of the loss, or of the deviance, of persistence that is gone.
    pub explained: f64,
    /// The same for a pure heat flow, and its entropy coefficient.
    pub heat: [f64; 2],
}

pub enum Fitted {
    /// By a quadratic loss.
    Quadratic(Box<FittedEnergy>),
    /// By the misfit of its flow.
    Flow(Box<FlowFitted>),
    /// By the likelihood of counts.
    Counts(Box<CountFitted>),
}

impl Fitted {
    /// What came out of an iteration; the quadratic losses need none.
    pub fn estimate(&self) -> Option<&Estimate> {
        match self {
            Fitted::Quadratic(_) => None,
            Fitted::Flow(fitted) => Some(fitted.estimate()),
            Fitted::Counts(fitted) => Some(fitted.estimate()),
        }
    }

    /// Reads what all fits have.
    fn read<'a, T>(
        &'a self,
        of_steps: impl FnOnce(&'a FittedEnergy) -> T,
        of_flow: impl FnOnce(&'a Estimate) -> T,
    ) -> T {
        match self {
            Fitted::Quadratic(fitted) => of_steps(fitted),
            Fitted::Flow(fitted) => of_flow(fitted.estimate()),
            Fitted::Counts(fitted) => of_flow(fitted.estimate()),
        }
    }

    pub fn model(&self) -> &Model {
        self.read(FittedEnergy::model, Estimate::model)
    }

    pub fn parameters(&self) -> &[f64] {
        self.read(FittedEnergy::parameters, Estimate::parameters)
    }

    pub fn standard_errors(&self) -> Option<Vec<f64>> {
        self.read(FittedEnergy::standard_errors, |e| Some(e.standard_errors().to_vec()))
    }

    /// Why there are none.
    pub fn without_errors(&self) -> Option<&'static str> {
        self.read(FittedEnergy::without_errors, |_| None)
    }

    pub fn coefficients(&self, term: &str) -> &[f64] {
        self.read(|fitted| fitted.coefficients(term), |estimate| estimate.coefficients(term))
    }

    pub fn potential(&self) -> &[f64] {
        self.read(FittedEnergy::potential, Estimate::potential)
    }

    pub fn entropy(&self) -> f64 {
        self.read(FittedEnergy::entropy, Estimate::entropy)
    }

    pub fn unidentified(&self) -> &[String] {
        self.read(FittedEnergy::unidentified, Estimate::unidentified)
    }

    pub fn energy(&self) -> jkoflow::Result<&FreeEnergy> {
        self.read(FittedEnergy::energy, |estimate| Ok(estimate.energy()))
    }

    pub fn converged(&self) -> bool {
        self.estimate().is_none_or(Estimate::converged)
    }
}

impl Learned {
    /// What `explained` is a share of.
    pub fn measure(&self) -> &'static str {
        match self.criterion {
            Criterion::Quadratic(_) => "motion",
            Criterion::Flow => "change",
            Criterion::Likelihood => "deviance",
        }
    }
}
