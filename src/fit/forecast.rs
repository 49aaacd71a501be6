//! What a learned energy predicts, with error bands from the covariance of its parameters.
//!
//! With the derivatives `S` of the predicted masses and a root `R` of the covariance, `C = R R'`, the
//! covariance of the prediction is `(S R)(S R)'`: the delta method. It says how much is unknown *of the
//! energy* (and of the start where that is estimated). It knows neither the scatter of future counts nor
//! that the model may be wrong.
//!
//! The mobility mean belongs to what was learned: under another one the same energy has another flow. A
//! forecast with another mean than the fit's is refused.

use nalgebra::DMatrix;

use super::estimate::Estimate;
use super::fitted::FittedEnergy;
use super::likelihood::CountFitted;
use super::model::Model;
use crate::error::{self, Error, Result};
use crate::flow::sensitivity::{SensitiveFlow, Tangent};
use crate::flow::FlowOptions;
use crate::geodesic::{GeodesicOptions, Termination};
use crate::graph::Mean;
use crate::linalg::vector::axpy;
use crate::memory;
use crate::parallel::map_jobs;

/// Predicted masses with their standard errors.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    times: Vec<f64>,
    masses: Vec<Vec<f64>>,
    standard_errors: Vec<Vec<f64>>,
}

impl Forecast {
    /// The times.
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// The masses at each time, each of length `n`.
    pub fn masses(&self) -> &[Vec<f64>] {
        &self.masses
    }

    /// The standard error of each mass; NaN where the fit has no covariance.
    pub fn standard_errors(&self) -> &[Vec<f64>] {
        &self.standard_errors
    }

    /// Bands of `quantile` standard errors (1.96 for 95 %) about the masses at the time with this index:
    /// `mu exp(-+ quantile s/mu)`, the intervals of `ln mu`, which are positive.
    ///
    /// # Errors
    /// No such time, a quantile that is negative or not finite.
    pub fn band(&self, time: usize, quantile: f64) -> Result<Vec<(f64, f64)>> {
        let (Some(masses), Some(errors)) = (self.masses.get(time), self.standard_errors.get(time))
        else {
            let reason = format!("{time}, but there are {} times", self.times.len());
            return Err(Error::invalid("time", reason));
        };
        error::check_non_negative("quantile", &[quantile])?;
        let interval = |(m, s): (&f64, &f64)| {
            let factor = (quantile * s / m).exp();
            (m / factor, m * factor)
        };
        Ok(masses.iter().zip(errors).map(interval).collect())
    }
}

/// JKO steps of a forecast. Each of them is an optimisation, for every direction of the covariance.
const MOST_STEPS: usize = 100_000;

impl Estimate {
    /// The gradient flow from `mu0`, which is taken as known, at the first of the `times`. Directions
    /// that the data do not determine are left out of the standard errors.
    ///
    /// Cost: that of a flow with a solve per step and parameter.
    ///
    /// # Errors
    /// Options with another [mean](Self::mean) than the fit's; as
    /// [`FreeEnergy::flow`](crate::FreeEnergy::flow).
    pub fn forecast(&self, mu0: &[f64], times: &[f64], options: &FlowOptions) -> Result<Forecast> {
        check_mean(self.mean(), options.mean)?;
        flow_forecast(self.model(), self.parameters(), &root(self.covariance()), mu0, times, options)
    }

    /// `steps` steps of the scheme of Jordan, Kinderlehrer and Otto of length `tau` from `mu0` at time
    /// zero.
    ///
    /// The derivatives are central differences over one standard deviation along each principal
    /// direction of the covariance, so that it costs twice as many flows of the scheme as there are
    /// parameters; they run on `threads` threads.
    ///
    /// # Errors
    /// Options with another [mean](Self::mean) than the fit's; as
    /// [`FreeEnergy::jko_step`](crate::FreeEnergy::jko_step); more than 100,000 steps;
    /// [`Error::NotConverged`] for a step that did not.
    pub fn forecast_steps(
        &self,
        mu0: &[f64],
        tau: f64,
        steps: usize,
        options: &GeodesicOptions,
        threads: usize,
    ) -> Result<Forecast> {
        check_mean(self.mean(), options.mean)?;
        let root = root(self.covariance());
        step_forecast(self.model(), self.parameters(), &root, mu0, (tau, steps), options, threads)
    }
}

impl FittedEnergy {
    /// The gradient flow from `mu0`, which is taken as known, at the first of the `times`.
    ///
    /// # Errors
    /// Options with another [mean](Self::mean) than the fit's; as
    /// [`FreeEnergy::flow`](crate::FreeEnergy::flow), and a term whose functionals only the caller knows.
    pub fn forecast(&self, mu0: &[f64], times: &[f64], options: &FlowOptions) -> Result<Forecast> {
        check_mean(self.mean(), options.mean)?;
        flow_forecast(self.model(), self.parameters(), &self.root(), mu0, times, options)
    }

    /// Steps of the scheme of Jordan, Kinderlehrer and Otto, see [`Estimate::forecast_steps`].
    ///
    /// # Errors
    /// The same, and a term whose functionals only the caller knows.
    pub fn forecast_steps(
        &self,
        mu0: &[f64],
        tau: f64,
        steps: usize,
        options: &GeodesicOptions,
        threads: usize,
    ) -> Result<Forecast> {
        check_mean(self.mean(), options.mean)?;
        step_forecast(self.model(), self.parameters(), &self.root(), mu0, (tau, steps), options, threads)
    }

    /// A root of the covariance, NaN without one.
    fn root(&self) -> DMatrix<f64> {
        let parameters = self.parameters().len();
        match self.influences() {
            Some(influences) if influences.ncols() <= parameters => influences.clone(),
            Some(influences) => root(&(influences * influences.transpose())),
            None => DMatrix::from_element(parameters, 1, f64::NAN),
        }
    }
}

impl CountFitted {
    /// The flow of a trajectory from its estimated start, at any increasing times from its first on. The
    /// standard errors know that the start is an estimate, and that it depends on the parameters.
    ///
    /// # Errors
    /// No such trajectory, a time before its first; options with another mean than the fit's; as
    /// [`FreeEnergy::flow`](crate::FreeEnergy::flow).
    pub fn forecast(&self, trajectory: usize, times: &[f64], options: &FlowOptions) -> Result<Forecast> {
        check_mean(self.estimate().mean(), options.mean)?;
        let start = self.start_of(trajectory)?;
        error::check_increasing("times", times)?;
        if times.first().is_none_or(|first| *first < start.time) {
            let reason =
                format!("they must begin at {} or later, where the trajectory does", start.time);
            return Err(Error::invalid("times", reason));
        }
        let begins = times[0] == start.time;
        let all: Vec<f64> = [start.time].iter().chain(&times[usize::from(begins)..]).copied().collect();
        let estimate = self.estimate();
        let k = estimate.parameters().len();
        let nodes = start.mass.len();
        let directions = memory::doubles(&[2, nodes, k + nodes]);
        memory::admit(directions, || format!("{} directions of the start", k + nodes))?;
        let mut directions = DMatrix::zeros(nodes, k + nodes);
        directions.columns_mut(0, k).copy_from(&start.response);
        directions.columns_mut(k, nodes).copy_from(&start.root);
        let flow = SensitiveFlow::new(estimate.model(), estimate.parameters(), options)?;
        let states = flow.tangents(&start.mass, Some(&directions), &all)?;
        let of_parameters = root(estimate.covariance());
        let scatter = |derivative: &DMatrix<f64>| {
            let total = derivative.columns(0, k) + derivative.columns(k, k);
            let known = spread(&(total * &of_parameters));
            let start = spread(&derivative.columns(2 * k, nodes).into_owned());
            known.iter().zip(start).map(|(a, b)| a.hypot(b)).collect()
        };
        let skip = usize::from(!begins);
        Ok(assemble(times, states.into_iter().skip(skip), scatter))
    }
}

/// Refuses another mean than that of the fit.
fn check_mean(learned: Mean, wanted: Mean) -> Result<()> {
    if wanted == learned {
        return Ok(());
    }
    let (a, b) = (wanted.name(), learned.name());
    let reason = format!(
        "{a}, but the fit's is {b}; under another mean the energy has another flow, so forecast with {b}"
    );
    Err(Error::invalid("options.mean", reason))
}

/// The norm of each row.
fn spread(rows: &DMatrix<f64>) -> Vec<f64> {
    rows.row_iter().map(|row| row.norm()).collect()
}

/// A root of a covariance, a column per direction that has any.
fn root(covariance: &DMatrix<f64>) -> DMatrix<f64> {
    if covariance.iter().any(|c| c.is_nan()) {
        return DMatrix::from_element(covariance.nrows(), 1, f64::NAN);
    }
    let eigen = covariance.clone().symmetric_eigen();
    let rounding = f64::EPSILON * eigen.eigenvalues.amax();
    let columns: Vec<_> = eigen
        .eigenvalues
        .iter()
        .zip(eigen.eigenvectors.column_iter())
        .filter(|(value, _)| **value > rounding)
        .map(|(value, vector)| vector * value.sqrt())
        .collect();
    match columns.is_empty() {
        true => DMatrix::zeros(covariance.nrows(), 1),
        false => DMatrix::from_columns(&columns),
    }
}

fn assemble(
    times: &[f64],
    states: impl Iterator<Item = Tangent>,
    scatter: impl Fn(&DMatrix<f64>) -> Vec<f64>,
) -> Forecast {
    let (masses, standard_errors) = states.map(|state| (state.mass, scatter(&state.derivative))).unzip();
    Forecast { times: times.to_vec(), masses, standard_errors }
}

fn flow_forecast(
    model: &Model,
    parameters: &[f64],
    root: &DMatrix<f64>,
    mu0: &[f64],
    times: &[f64],
    options: &FlowOptions,
) -> Result<Forecast> {
    let states = SensitiveFlow::new(model, parameters, options)?.tangents(mu0, None, times)?;
    Ok(assemble(times, states.into_iter(), |derivative| spread(&(derivative * root))))
}

fn step_forecast(
    model: &Model,
    parameters: &[f64],
    root: &DMatrix<f64>,
    mu0: &[f64],
    (tau, steps): (f64, usize),
    options: &GeodesicOptions,
    threads: usize,
) -> Result<Forecast> {
    if steps > MOST_STEPS {
        let reason =
            format!("{steps} are more than {MOST_STEPS}; so long a forecast is one of the flow");
        return Err(Error::invalid("steps", reason));
    }
    let unknown = root.iter().any(|r| r.is_nan());
    let directions = if unknown { 0 } else { root.ncols() };
    // the estimate itself, then both ends of each direction
    let jobs = 1 + 2 * directions;
    let kept = memory::doubles(&[jobs, steps.saturating_add(1), mu0.len()]);
    memory::admit(kept, || format!("{jobs} times {steps} steps"))?;
    let mut paths = map_jobs(jobs, threads, |job| {
        let mut at = parameters.to_vec();
        if job > 0 {
            let sign = if job % 2 == 1 { 1.0 } else { -1.0 };
            axpy(sign, root.column((job - 1) / 2).as_slice(), &mut at);
        }
        steps_of(model, &at, mu0, tau, steps, options)
    })?;
    let first = if unknown { f64::NAN } else { 0.0 };
    let mut standard_errors = vec![vec![first; mu0.len()]; steps + 1];
    for ends in paths[1..].chunks_exact(2) {
        for (errors, (up, down)) in standard_errors.iter_mut().zip(ends[0].iter().zip(&ends[1])) {
            for x in 0..errors.len() {
                errors[x] = errors[x].hypot(0.5 * (up[x] - down[x]));
            }
        }
    }
    let times = (0..=steps).map(|k| tau * k as f64).collect();
    Ok(Forecast { times, masses: paths.swap_remove(0), standard_errors })
}

/// The start and the masses after each step.
fn steps_of(
    model: &Model,
    parameters: &[f64],
    mu0: &[f64],
    tau: f64,
    steps: usize,
    options: &GeodesicOptions,
) -> Result<Vec<Vec<f64>>> {
    let path = model.energy(parameters)?.jko_flow(mu0, tau, steps, options)?;
    if let Some(k) = path.iter().position(|step| !step.converged()) {
        let termination = path[k].geodesic().termination();
        if termination == Termination::Cancelled {
            return Err(Error::Cancelled);
        }
        let reason = termination.describe();
        return Err(Error::NotConverged { what: format!("step {}", k + 1), reason });
    }
    Ok(std::iter::once(mu0.to_vec()).chain(path.iter().map(|step| step.mass().to_vec())).collect())
}
