//! `jko_flow_fit`: learning an energy from predictions of its flow.

use std::ffi::c_void;

use super::estimate::jko_estimate;
use super::fit::ridge_of;
use super::graph::{self, jko_graph};
use super::guard::{guard, guard_value, Exclusive};
use super::input::{self, Matrix};
use super::options;
use super::status::{self, jko_status, Failure, JKO_STATUS_OK};
use super::terms::jko_terms;
use super::watch::{jko_cancel_token, jko_progress_callback, Watchers};
use crate::error::Error;
use crate::fit::{Estimate, FlowFit, FlowFitOptions, FlowFitted, Model, Noise, Ridge};
use crate::flow::FlowOptions;

/// Misfits whose covariance is that of counts, times one factor that the residuals tell.
pub const JKO_NOISE_GAUSSIAN: i32 = 0;
/// Misfits of any covariance, independent between steps; needs many steps.
pub const JKO_NOISE_SANDWICH: i32 = 1;
/// Misfits of any covariance, independent between blocks of `noise_block` consecutive steps of a
/// trajectory: where what the energy misses lasts. Needs many blocks.
pub const JKO_NOISE_BLOCKS: i32 = 2;

/// A learning problem in which each snapshot is predicted from the one before by integrating the flow:
/// without the bias in the time step that the losses of a `jko_fit` have. One thread at a time may
/// change it; a second one gets `JKO_STATUS_BUSY`.
pub struct jko_flow_fit {
    fit: Exclusive<FlowFit>,
    watchers: Watchers,
}

/// What a `jko_flow_fit` found. Immutable: any number of threads may use it at once.
pub struct jko_flow_fitted {
    fitted: FlowFitted,
}

/// How flows are fitted. Fill it with `jko_flow_fit_options_init`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct jko_flow_fit_options {
    /// Size of the struct; set by the init function.
    pub struct_size: usize,
    /// Tolerance of the integration, as in `jko_flow_options`; 1e-10 by default.
    pub tolerance: f64,
    /// Steps after which an integration gives up; 2000 by default.
    pub max_steps: i64,
    /// Share of the reference that is mixed into every snapshot, at least 0 and below 1; 0 by default:
    /// then each snapshot that has a successor must be positive.
    pub mixing: f64,
    /// Iterations after which the fit gives up; 100 by default.
    pub max_iterations: i64,
    /// Mobility mean, a `JKO_MEAN_` constant; logarithmic by default.
    pub mean: i32,
    /// Where standard errors come from, a `JKO_NOISE_` constant; Gaussian by default.
    pub noise: i32,
    /// Stops the work when it is set; NULL by default.
    pub cancel: *const jko_cancel_token,
    /// Hears of the work's progress and may stop it; NULL by default.
    pub progress: jko_progress_callback,
    /// Handed to `progress`, untouched.
    pub user_data: *mut c_void,
    /// Bytes that a piece of the work may take, on each thread; more is OUT_OF_MEMORY before anything is
    /// taken. 0, the default, sets no limit.
    pub memory_limit: i64,
    /// Steps of a block, with `JKO_NOISE_BLOCKS`; 10 by default.
    pub noise_block: i64,
}

/// Steps of a block by default.
pub(super) const NOISE_BLOCK: i64 = 10;

/// A fit by iteration, of flows or of counts.
pub(super) trait Learner {
    type Fitted;
    fn model(&self) -> &Model;
    fn solve(&self, ridge: &Ridge, threads: usize) -> Result<Self::Fitted, Error>;
    fn solve_from(&self, start: &[f64], ridge: &Ridge, threads: usize) -> Result<Self::Fitted, Error>;
    fn estimate(fitted: &Self::Fitted) -> &Estimate;
}

impl Learner for FlowFit {
    type Fitted = FlowFitted;

    fn model(&self) -> &Model {
        self.model()
    }

    fn solve(&self, ridge: &Ridge, threads: usize) -> Result<FlowFitted, Error> {
        self.solve(ridge, threads)
    }

    fn solve_from(&self, start: &[f64], ridge: &Ridge, threads: usize) -> Result<FlowFitted, Error> {
        self.solve_from(start, ridge, threads)
    }

    fn estimate(fitted: &FlowFitted) -> &Estimate {
        fitted.estimate()
    }
}

/// What a fit and those who watch it find from the given ridges and start, which may be NULL.
///
/// # Safety
/// As [`input::optional`] and [`Watchers::begin`].
pub(super) unsafe fn solve<F: Learner>(
    fit: &Exclusive<F>,
    watchers: &Watchers,
    (ridges, ridges_len): (*const f64, usize),
    (start, start_len): (*const f64, usize),
    num_threads: i32,
) -> Result<(F::Fitted, jko_status), Failure> {
    // SAFETY: the same promise.
    let (ridges, start) = unsafe {
        (input::optional("ridges", ridges, ridges_len)?, input::optional("start", start, start_len)?)
    };
    let threads = input::threads(num_threads)?;
    // SAFETY: the same promise.
    let _watch = unsafe { watchers.begin() };
    let fit = fit.read("fit")?;
    let ridge = ridge_of(fit.model(), ridges)?;
    let fitted = match start {
        Some(start) => fit.solve_from(start, &ridge, threads)?,
        None => fit.solve(&ridge, threads)?,
    };
    let status = status::of_fit(F::estimate(&fitted).status());
    Ok((fitted, status))
}

/// How the flows of a fit are integrated, by what its options say of them.
pub(super) fn integration(
    defaults: FlowOptions,
    mean: i32,
    tolerance: f64,
    max_steps: i64,
) -> Result<FlowOptions, Failure> {
    Ok(defaults
        .with_mean(graph::mean("options.mean", mean)?)
        .with_tolerance(tolerance)
        .with_max_steps(input::count("options.max_steps", max_steps)?))
}

/// The options of C as those of Rust.
///
/// # Safety
/// As [`options::read`].
unsafe fn flow_fit_options(options: *const jko_flow_fit_options) -> Result<FlowFitOptions, Failure> {
    // SAFETY: the same promise.
    let options = unsafe { options::read(options)? };
    let defaults = FlowFitOptions::default();
    let flow = integration(defaults.flow, options.mean, options.tolerance, options.max_steps)?;
    let block = input::count("options.noise_block", options.noise_block)?;
    let noise = [Noise::Gaussian, Noise::Sandwich, Noise::Blocks(block)];
    Ok(defaults
        .with_flow(flow)
        .with_mixing(options.mixing)
        .with_noise(input::choice("options.noise", options.noise, &noise)?)
        .with_max_iterations(input::count("options.max_iterations", options.max_iterations)?))
}

/// Fills `size` bytes of options with the defaults; pass `sizeof(jko_flow_fit_options)`.
///
/// Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_fit_options_init(
    options: *mut jko_flow_fit_options,
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
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT (no term, two of one
/// name, a term that does not fit the graph or whose functionals only the caller knows, an option out
/// of its range), STRUCT_SIZE, BUSY (the terms), OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_fit_new(
    graph: *const jko_graph,
    terms: *const jko_terms,
    options: *const jko_flow_fit_options,
    out: *mut *mut jko_flow_fit,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, graph, terms, watchers, options) = unsafe {
            (
                input::slot("out", out)?,
                input::handle("graph", graph)?,
                input::handle("terms", terms)?,
                Watchers::of(options)?,
                flow_fit_options(options)?,
            )
        };
        // SAFETY: the contract of the module.
        let _watch = unsafe { watchers.begin() };
        let fit = FlowFit::new(&graph.graph, &terms.snapshot()?, options)?;
        out.fill(jko_flow_fit { fit: Exclusive::new(fit), watchers });
        Ok(JKO_STATUS_OK)
    })
}

/// Ends a fit; NULL is fine. Any thread, once nobody uses the handle.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_fit_free(fit: *mut jko_flow_fit) {
    guard_value((), || {
        // SAFETY: the contract of the module.
        unsafe { input::release(fit) }
    })
}

/// Adds the steps between consecutive snapshots at increasing times.
///
/// `times` has length `rows`; `snapshots` is a matrix of one mass vector per row (`rows` by `cols =
/// n`), with strides in elements. Both are copied; nothing is computed yet.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT
/// (fewer than two snapshots, times that do not increase), BUSY, OUT_OF_MEMORY. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_fit_add_trajectory(
    fit: *mut jko_flow_fit,
    times: *const f64,
    times_len: usize,
    snapshots: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
) -> jko_status {
    guard(|| {
        let matrix = Matrix { data: snapshots, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        let (fit, times, snapshots) = unsafe {
            (
                input::handle("fit", fit.cast_const())?,
                input::input("times", times, times_len)?,
                input::rows("snapshots", matrix)?,
            )
        };
        fit.fit.write("fit")?.add_trajectory(times, &snapshots)?;
        Ok(JKO_STATUS_OK)
    })
}

/// Solves for the parameters that minimise the misfit of the predictions plus the ridge, within their
/// bounds. The fit can be added to and solved again.
///
/// `ridges` has an entry per term, relative to the mean diagonal of its block of the Gauss-Newton
/// matrix at the start, or is NULL with length 0: no ridge. `start` has an entry per parameter, or is
/// NULL with length 0: then a symmetric `jko_fit` gives the start. `num_threads` threads integrate, and
/// end before the call returns; 1 starts none; the result is the same to the last bit. Cost: per
/// iteration and step the integration of a flow, with one solve per parameter and step of the
/// integration.
///
/// Returns: a positive status, with a result, where it did not converge (ITERATION_LIMIT, STALLED);
/// NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT (no data, a bad ridge, a
/// start out of its bounds), FLOW_FAILED (from `start`), SINGULAR, CANCELLED (without a result), BUSY,
/// OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_fit_solve(
    fit: *const jko_flow_fit,
    ridges: *const f64,
    ridges_len: usize,
    start: *const f64,
    start_len: usize,
    num_threads: i32,
    out: *mut *mut jko_flow_fitted,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, (fitted, status)) = unsafe {
            let (out, handle) = (input::slot("out", out)?, input::handle("fit", fit)?);
            let (ridges, start) = ((ridges, ridges_len), (start, start_len));
            (out, solve(&handle.fit, &handle.watchers, ridges, start, num_threads)?)
        };
        out.fill(jko_flow_fitted { fitted });
        Ok(status)
    })
}

/// Ends a fitted flow; NULL is fine. Any thread, once nobody uses the handle.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_fitted_free(fitted: *mut jko_flow_fitted) {
    guard_value((), || {
        // SAFETY: the contract of the module.
        unsafe { input::release(fitted) }
    })
}

/// Makes a copy of the parameters with their covariance.
///
/// Returns: NULL_POINTER, MISALIGNED. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_fitted_estimate(
    fitted: *const jko_flow_fitted,
    out: *mut *mut jko_estimate,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, fitted) = unsafe { (input::slot("out", out)?, input::handle("fitted", fitted)?) };
        out.fill(jko_estimate::new(fitted.fitted.estimate().clone()));
        Ok(JKO_STATUS_OK)
    })
}

/// The misfit at the solution, without the ridge; NaN for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_fitted_residual(fitted: *const jko_flow_fitted) -> f64 {
    guard_value(f64::NAN, || {
        // SAFETY: the contract of the module.
        let handle = unsafe { input::handle("fitted", fitted) };
        handle.map_or(f64::NAN, |handle| handle.fitted.residual())
    })
}

/// One minus the misfit over that of persistence, which predicts that nothing moves; NaN for NULL. Any
/// thread.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_fitted_explained(fitted: *const jko_flow_fitted) -> f64 {
    guard_value(f64::NAN, || {
        // SAFETY: the contract of the module.
        let handle = unsafe { input::handle("fitted", fitted) };
        handle.map_or(f64::NAN, |handle| handle.fitted.explained())
    })
}

/// Number of steps that were predicted; 0 for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_fitted_pairs(fitted: *const jko_flow_fitted) -> usize {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        let handle = unsafe { input::handle("fitted", fitted) };
        handle.map_or(0, |handle| handle.fitted.residuals().len())
    })
}

/// Copies the misfit of each step, `jko_flow_fitted_pairs` of them, trajectory by trajectory.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_fitted_residuals(
    fitted: *const jko_flow_fitted,
    residuals: *mut f64,
    residuals_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let values = unsafe { input::handle("fitted", fitted)? }.fitted.residuals();
        // SAFETY: the contract of the module.
        let out = unsafe { input::output("residuals", residuals, residuals_len, values.len())? };
        out.write(values.iter().copied());
        Ok(JKO_STATUS_OK)
    })
}
