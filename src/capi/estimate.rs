//! `jko_estimate`: parameters with their covariance, from a fit of flows or of counts.

use std::ffi::c_char;

use super::copy_text;
use super::energy::jko_energy;
use super::flow::jko_flow_options;
use super::forecast::{forecast_flow, jko_forecast};
use super::geodesic::{geodesic_options, jko_geodesic_options};
use super::graph;
use super::guard::{guard, guard_value};
use super::input::{self, Matrix};
use super::status::{self, jko_status, Failure, JKO_STATUS_NULL_POINTER, JKO_STATUS_OK};
use super::watch;
use crate::fit::Estimate;
use crate::flow::FlowOptions;

/// Parameters of an energy with their covariance. Immutable: any number of threads may use it at once.
pub struct jko_estimate {
    estimate: Estimate,
}

impl jko_estimate {
    pub(super) fn new(estimate: Estimate) -> Self {
        Self { estimate }
    }
}

/// Ends an estimate; NULL is fine. Any thread, once nobody uses the handle.
#[no_mangle]
pub unsafe extern "C" fn jko_estimate_free(estimate: *mut jko_estimate) {
    guard_value((), || {
        // SAFETY: the contract of the module.
        unsafe { input::release(estimate) }
    })
}

/// Reads a plain value from an estimate.
///
/// # Safety
/// As [`input::handle`].
unsafe fn look<T>(estimate: *const jko_estimate, otherwise: T, read: impl FnOnce(&Estimate) -> T) -> T {
    // SAFETY: the same promise.
    match unsafe { input::handle("estimate", estimate) } {
        Ok(handle) => read(&handle.estimate),
        Err(_) => otherwise,
    }
}

/// Copies a vector from an estimate.
///
/// # Safety
/// As [`input::handle`] and [`input::output`].
unsafe fn copy(
    estimate: *const jko_estimate,
    name: &str,
    out: *mut f64,
    out_len: usize,
    read: fn(&Estimate) -> &[f64],
) -> Result<jko_status, Failure> {
    // SAFETY: the same promise.
    let values = read(unsafe { &input::handle("estimate", estimate)?.estimate });
    // SAFETY: the same promise.
    let out = unsafe { input::output(name, out, out_len, values.len())? };
    out.write(values.iter().copied());
    Ok(JKO_STATUS_OK)
}

/// How the iteration ended: OK where it converged, ITERATION_LIMIT, STALLED; NULL_POINTER for NULL. Any
/// thread.
#[no_mangle]
pub unsafe extern "C" fn jko_estimate_status(estimate: *const jko_estimate) -> jko_status {
    guard_value(JKO_STATUS_NULL_POINTER, || {
        // SAFETY: the contract of the module.
        unsafe { look(estimate, JKO_STATUS_NULL_POINTER, |e| status::of_fit(e.status())) }
    })
}

/// The mobility mean of the fit, a `JKO_MEAN_` constant; -1 for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_estimate_mean(estimate: *const jko_estimate) -> i32 {
    guard_value(-1, || {
        // SAFETY: the contract of the module.
        unsafe { look(estimate, -1, |estimate| graph::mean_constant(estimate.mean())) }
    })
}

/// Iterations taken; 0 for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_estimate_iterations(estimate: *const jko_estimate) -> usize {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        unsafe { look(estimate, 0, Estimate::iterations) }
    })
}

/// Makes an energy of its own from the estimate, ready for a flow.
///
/// Returns: NULL_POINTER, MISALIGNED. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_estimate_energy(
    estimate: *const jko_estimate,
    out: *mut *mut jko_energy,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, handle) = unsafe { (input::slot("out", out)?, input::handle("estimate", estimate)?) };
        out.fill(jko_energy::new(handle.estimate.energy().clone()));
        Ok(JKO_STATUS_OK)
    })
}

/// Copies the potential, length `n`, mean zero under `pi`; zeros where it was not among the terms.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_estimate_potential(
    estimate: *const jko_estimate,
    potential: *mut f64,
    potential_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { copy(estimate, "potential", potential, potential_len, Estimate::potential) }
    })
}

/// The entropy coefficient `beta`, 0 where it was not among the terms; NaN for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_estimate_entropy(estimate: *const jko_estimate) -> f64 {
    guard_value(f64::NAN, || {
        // SAFETY: the contract of the module.
        unsafe { look(estimate, f64::NAN, Estimate::entropy) }
    })
}

/// Number of parameters `k`; 0 for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_estimate_parameter_count(estimate: *const jko_estimate) -> usize {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        unsafe { look(estimate, 0, |estimate| estimate.parameters().len()) }
    })
}

/// Copies all parameters, length `k`, in the order of the terms.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_estimate_parameters(
    estimate: *const jko_estimate,
    parameters: *mut f64,
    parameters_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { copy(estimate, "parameters", parameters, parameters_len, Estimate::parameters) }
    })
}

/// Copies the standard errors of all parameters, length `k`: NaN at a bound and without a degree of
/// freedom left, infinite where neither data nor ridge determine a parameter.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_estimate_standard_errors(
    estimate: *const jko_estimate,
    errors: *mut f64,
    errors_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { copy(estimate, "errors", errors, errors_len, Estimate::standard_errors) }
    })
}

/// Copies the covariance of the parameters into a matrix of `k` rows and columns, with strides in
/// elements. Directions that the data do not determine are left out of it.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT (a stride of 0). Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_estimate_covariance(
    estimate: *const jko_estimate,
    covariance: *mut f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let values = unsafe { input::handle("estimate", estimate)? }.estimate.covariance();
        input::check_length("covariance (rows)", rows, values.nrows())?;
        input::check_length("covariance (cols)", cols, values.ncols())?;
        input::not_null("covariance", covariance)?;
        let matrix = Matrix { data: covariance, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        let out = unsafe { input::output_matrix("covariance", matrix)? };
        for (p, row) in values.row_iter().enumerate() {
            let row: Vec<f64> = row.iter().copied().collect();
            out.write_row(p, &row);
        }
        Ok(JKO_STATUS_OK)
    })
}

/// Copies the name of a parameter, by its number, such as `potential[3]`; in the manner of
/// `jko_last_error`. Empty for NULL and for a number that no parameter has. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_estimate_parameter_name(
    estimate: *const jko_estimate,
    parameter: i64,
    buffer: *mut c_char,
    capacity: usize,
) -> usize {
    guard_value(0, || {
        let name = |estimate: &Estimate| -> Option<String> {
            let mut names = estimate.model().names();
            let k = usize::try_from(parameter).ok().filter(|k| *k < names.len())?;
            Some(names.swap_remove(k))
        };
        // SAFETY: the contract of the module.
        unsafe { copy_text(&look(estimate, None, name).unwrap_or_default(), buffer, capacity) }
    })
}

/// Copies the directions that the data alone do not determine, one per line in the names of the
/// parameters; in the manner of `jko_last_error`. Empty where there are none, and for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_estimate_unidentified(
    estimate: *const jko_estimate,
    buffer: *mut c_char,
    capacity: usize,
) -> usize {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        unsafe {
            let lines = look(estimate, String::new(), |estimate| estimate.unidentified().join("\n"));
            copy_text(&lines, buffer, capacity)
        }
    })
}

/// Predicts the gradient flow from `mu0` (length `n`, positive, taken as known) with standard errors
/// from the covariance. `times` increase; the first is the time of `mu0`. The mean of `options` has to
/// be `jko_estimate_mean`; NULL stands for the defaults with that mean. Cost: a flow with one solve per
/// step and parameter.
///
/// Returns: as `jko_flow_simulate`; INVALID_ARGUMENT also for another mean. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_estimate_forecast(
    estimate: *const jko_estimate,
    mu0: *const f64,
    mu0_len: usize,
    times: *const f64,
    times_len: usize,
    options: *const jko_flow_options,
    out: *mut *mut jko_forecast,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe {
            let (out, handle) = (input::slot("out", out)?, input::handle("estimate", estimate)?);
            let predict = |mu0: &[f64], times: &[f64], options: &FlowOptions| {
                handle.estimate.forecast(mu0, times, options)
            };
            forecast_flow(
                out,
                handle.estimate.mean(),
                (mu0, mu0_len),
                (times, times_len),
                options,
                predict,
            )
        }
    })
}

/// As `jko_estimate_forecast`, by `steps` JKO steps of length `tau` from `mu0` at time 0. `num_threads`
/// threads take them, and end before the call returns; 1 starts none; the result is the same to the
/// last bit. Cost: a sequence of steps, and two more per parameter.
///
/// Returns: as `jko_energy_step`; INVALID_ARGUMENT also for another mean than `jko_estimate_mean` and for
/// more than 100,000 steps; NOT_CONVERGED (the message names the step). Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_estimate_forecast_steps(
    estimate: *const jko_estimate,
    mu0: *const f64,
    mu0_len: usize,
    tau: f64,
    steps: i64,
    options: *const jko_geodesic_options,
    num_threads: i32,
    out: *mut *mut jko_forecast,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, handle, mu0, _watch, read) = unsafe {
            (
                input::slot("out", out)?,
                input::handle("estimate", estimate)?,
                input::input("mu0", mu0, mu0_len)?,
                watch::begin(options)?,
                geodesic_options(options)?,
            )
        };
        // NULL stands for the defaults with the mean of the fit
        let options = if options.is_null() { read.with_mean(handle.estimate.mean()) } else { read };
        let steps = input::count("steps", steps)?;
        let threads = input::threads(num_threads)?;
        let forecast = handle.estimate.forecast_steps(mu0, tau, steps, &options, threads)?;
        out.fill(jko_forecast::new(forecast));
        Ok(JKO_STATUS_OK)
    })
}
