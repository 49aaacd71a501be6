//! `jko_count_fit`: maximum likelihood from counts.

use std::ffi::c_void;

use super::estimate::jko_estimate;
use super::flow::jko_flow_options;
use super::flow_fit::{integration, solve, Learner};
use super::forecast::{jko_forecast, options_under};
use super::graph::jko_graph;
use super::guard::{guard, guard_value, Exclusive};
use super::input::{self, Matrix};
use super::options;
use super::status::{jko_status, Failure, JKO_STATUS_OK};
use super::terms::jko_terms;
use super::watch::{self, jko_cancel_token, jko_progress_callback, Watchers};
use crate::error::Error;
use crate::fit::{CountFit, CountFitOptions, CountFitted, Estimate, Model, Ridge};

/// A learning problem whose snapshots are counts of independent individuals: their likelihood is
/// maximised over the energy and the start of each trajectory. One thread at a time may change it; a
/// second one gets `JKO_STATUS_BUSY`.
pub struct jko_count_fit {
    fit: Exclusive<CountFit>,
    watchers: Watchers,
}

/// What a `jko_count_fit` found. Immutable: any number of threads may use it at once.
pub struct jko_count_fitted {
    fitted: CountFitted,
}

/// How the likelihood is maximised. Fill it with `jko_count_fit_options_init`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct jko_count_fit_options {
    /// Size of the struct; set by the init function.
    pub struct_size: usize,
    /// Tolerance of the integration, as in `jko_flow_options`; 1e-8 by default.
    pub tolerance: f64,
    /// Steps after which an integration gives up; 2000 by default.
    pub max_steps: i64,
    /// Individuals, spread like the reference, that are added to the first snapshot of each
    /// trajectory; above 0, 1 by default.
    pub pseudo_counts: f64,
    /// Iterations after which the fit gives up; 100 by default.
    pub max_iterations: i64,
    /// Mobility mean, a `JKO_MEAN_` constant; logarithmic by default.
    pub mean: i32,
    /// 0.
    pub reserved: i32,
    /// Stops the work when it is set; NULL by default.
    pub cancel: *const jko_cancel_token,
    /// Hears of the work's progress and may stop it; NULL by default.
    pub progress: jko_progress_callback,
    /// Handed to `progress`, untouched.
    pub user_data: *mut c_void,
    /// Bytes that a piece of the work may take, on each thread; more is OUT_OF_MEMORY before anything is
    /// taken. 0, the default, sets no limit.
    pub memory_limit: i64,
}

impl Learner for CountFit {
    type Fitted = CountFitted;

    fn model(&self) -> &Model {
        self.model()
    }

    fn solve(&self, ridge: &Ridge, threads: usize) -> Result<CountFitted, Error> {
        self.solve(ridge, threads)
    }

    fn solve_from(&self, start: &[f64], ridge: &Ridge, threads: usize) -> Result<CountFitted, Error> {
        self.solve_from(start, ridge, threads)
    }

    fn estimate(fitted: &CountFitted) -> &Estimate {
        fitted.estimate()
    }
}

/// The options of C as those of Rust.
///
/// # Safety
/// As [`options::read`].
unsafe fn count_fit_options(options: *const jko_count_fit_options) -> Result<CountFitOptions, Failure> {
    // SAFETY: the same promise.
    let options = unsafe { options::read(options)? };
    options::reserved_zero("options.reserved", options.reserved)?;
    let defaults = CountFitOptions::default();
    let flow = integration(defaults.flow, options.mean, options.tolerance, options.max_steps)?;
    Ok(defaults
        .with_flow(flow)
        .with_pseudo_counts(options.pseudo_counts)
        .with_max_iterations(input::count("options.max_iterations", options.max_iterations)?))
}

/// Fills `size` bytes of options with the defaults; pass `sizeof(jko_count_fit_options)`.
///
/// Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_count_fit_options_init(
    options: *mut jko_count_fit_options,
    size: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { options::init(options, size) }.map(|()| JKO_STATUS_OK)
    })
}

/// Makes an empty learning problem with these terms on a graph, which it keeps. The terms are copied,
/// and so are the options, which may be NULL.
///
/// Returns: as `jko_flow_fit_new`. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_count_fit_new(
    graph: *const jko_graph,
    terms: *const jko_terms,
    options: *const jko_count_fit_options,
    out: *mut *mut jko_count_fit,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, graph, terms, watchers, options) = unsafe {
            (
                input::slot("out", out)?,
                input::handle("graph", graph)?,
                input::handle("terms", terms)?,
                Watchers::of(options)?,
                count_fit_options(options)?,
            )
        };
        // SAFETY: the contract of the module.
        let _watch = unsafe { watchers.begin() };
        let fit = CountFit::new(&graph.graph, &terms.snapshot()?, options)?;
        out.fill(jko_count_fit { fit: Exclusive::new(fit), watchers });
        Ok(JKO_STATUS_OK)
    })
}

/// Ends a fit; NULL is fine. Any thread, once nobody uses the handle.
#[no_mangle]
pub unsafe extern "C" fn jko_count_fit_free(fit: *mut jko_count_fit) {
    guard_value((), || {
        // SAFETY: the contract of the module.
        unsafe { input::release(fit) }
    })
}

/// Adds a trajectory: counts of independent individuals on the nodes at increasing times.
///
/// `times` has length `rows`; `counts` is a matrix of one snapshot per row (`rows` by `cols = n`), with
/// strides in elements; zeros are welcome. Counts may have fractions, as weighted ones do, but shares are
/// none: they do not tell how many individuals there were. Both are copied; nothing is computed yet.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT (fewer than two
/// snapshots, a snapshot of zeros, one with fractions and a sum below 2, times that do not increase),
/// BUSY, OUT_OF_MEMORY. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_count_fit_add_trajectory(
    fit: *mut jko_count_fit,
    times: *const f64,
    times_len: usize,
    counts: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
) -> jko_status {
    guard(|| {
        let matrix = Matrix { data: counts, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        let (fit, times, counts) = unsafe {
            (
                input::handle("fit", fit.cast_const())?,
                input::input("times", times, times_len)?,
                input::rows("counts", matrix)?,
            )
        };
        fit.fit.write("fit")?.add_trajectory(times, &counts)?;
        Ok(JKO_STATUS_OK)
    })
}

/// Solves for the parameters and the starts that maximise the likelihood, less the ridge, within the
/// bounds. Arguments as for `jko_flow_fit_solve`; the ridge is relative to the Fisher information.
/// Cost: per iteration and trajectory the integration of a flow, with one solve per parameter, node and
/// step of the integration.
///
/// Returns: as `jko_flow_fit_solve`, and NOT_CONVERGED (a start that its counts leave open). Any
/// thread.
#[no_mangle]
pub unsafe extern "C" fn jko_count_fit_solve(
    fit: *const jko_count_fit,
    ridges: *const f64,
    ridges_len: usize,
    start: *const f64,
    start_len: usize,
    num_threads: i32,
    out: *mut *mut jko_count_fitted,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, (fitted, status)) = unsafe {
            let (out, handle) = (input::slot("out", out)?, input::handle("fit", fit)?);
            let (ridges, start) = ((ridges, ridges_len), (start, start_len));
            (out, solve(&handle.fit, &handle.watchers, ridges, start, num_threads)?)
        };
        out.fill(jko_count_fitted { fitted });
        Ok(status)
    })
}

/// Ends fitted counts; NULL is fine. Any thread, once nobody uses the handle.
#[no_mangle]
pub unsafe extern "C" fn jko_count_fitted_free(fitted: *mut jko_count_fitted) {
    guard_value((), || {
        // SAFETY: the contract of the module.
        unsafe { input::release(fitted) }
    })
}

/// Makes a copy of the parameters with their covariance, the inverse of the Fisher information.
///
/// Returns: NULL_POINTER, MISALIGNED. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_count_fitted_estimate(
    fitted: *const jko_count_fitted,
    out: *mut *mut jko_estimate,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, fitted) = unsafe { (input::slot("out", out)?, input::handle("fitted", fitted)?) };
        out.fill(jko_estimate::new(fitted.fitted.estimate().clone()));
        Ok(JKO_STATUS_OK)
    })
}

/// Twice the log-likelihood that a perfect prediction of every snapshot would gain: where the model
/// holds and counts are not small, it is distributed like chi squared with
/// `jko_count_fitted_degrees_of_freedom`. NaN for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_count_fitted_deviance(fitted: *const jko_count_fitted) -> f64 {
    guard_value(f64::NAN, || {
        // SAFETY: the contract of the module.
        let handle = unsafe { input::handle("fitted", fitted) };
        handle.map_or(f64::NAN, |handle| handle.fitted.deviance())
    })
}

/// Free counts less fitted parameters, starts among them; 0 for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_count_fitted_degrees_of_freedom(fitted: *const jko_count_fitted) -> usize {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        let handle = unsafe { input::handle("fitted", fitted) };
        handle.map_or(0, |handle| handle.fitted.degrees_of_freedom())
    })
}

/// Copies the estimated masses at the first time of a trajectory, counted from 0, length `n`.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT (no such trajectory). Any
/// thread.
#[no_mangle]
pub unsafe extern "C" fn jko_count_fitted_start(
    fitted: *const jko_count_fitted,
    trajectory: usize,
    mass: *mut f64,
    mass_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let values = unsafe { input::handle("fitted", fitted)? }.fitted.start(trajectory)?;
        // SAFETY: the contract of the module.
        let out = unsafe { input::output("mass", mass, mass_len, values.len())? };
        out.write(values.iter().copied());
        Ok(JKO_STATUS_OK)
    })
}

/// Predicts the masses of a trajectory, counted from 0, at increasing times from its first on, whatever
/// lies between. The standard errors know that its start is an estimate. The mean of `options` has to be
/// that of the fit; NULL stands for the defaults with that mean.
///
/// Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE, BAD_VALUE, INVALID_ARGUMENT (no such trajectory, a
/// time before it, another mean), FLOW_FAILED, SINGULAR, OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_count_fitted_forecast(
    fitted: *const jko_count_fitted,
    trajectory: usize,
    times: *const f64,
    times_len: usize,
    options: *const jko_flow_options,
    out: *mut *mut jko_forecast,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, handle) = unsafe { (input::slot("out", out)?, input::handle("fitted", fitted)?) };
        let mean = handle.fitted.estimate().mean();
        // SAFETY: the contract of the module.
        let (times, _watch, options) = unsafe {
            (
                input::input("times", times, times_len)?,
                watch::begin(options)?,
                options_under(mean, options)?,
            )
        };
        out.fill(jko_forecast::new(handle.fitted.forecast(trajectory, times, &options)?));
        Ok(JKO_STATUS_OK)
    })
}
