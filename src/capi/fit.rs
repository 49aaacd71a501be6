//! `jko_fit` and `jko_fitted`: learning an energy from snapshots.

use super::energy::jko_energy;
use super::geodesic::{jko_geodesic, solver_options};
use super::graph::{jko_graph, JKO_MEAN_LOGARITHMIC};
use super::guard::{guard, guard_value, Exclusive};
use super::input::{self, Matrix, Options};
use super::status::{jko_status, Failure, JKO_STATUS_INVALID_ARGUMENT, JKO_STATUS_OK};
use crate::fit::{Fit, FitOptions, FittedEnergy, Loss, Ridge, Term};
use crate::geodesic::GeodesicOptions;

/// A potential is learned; one bit of `jko_fit_options.terms`.
pub const JKO_TERM_POTENTIAL: i32 = 1;
/// The entropy coefficient is learned; one bit of `jko_fit_options.terms`.
pub const JKO_TERM_ENTROPY: i32 = 2;

/// The optimality condition is required in the mean of both ends of a step.
pub const JKO_LOSS_SYMMETRIC: i32 = 0;
/// The optimality condition is required at the end of each step.
pub const JKO_LOSS_BACKWARD: i32 = 1;
/// The optimality condition is required at the start of each step.
pub const JKO_LOSS_FORWARD: i32 = 2;

/// A learning problem: what the steps seen so far add up to. One thread at a time may change it; a
/// second one gets `JKO_STATUS_BUSY`.
pub struct jko_fit {
    fit: Exclusive<Fit>,
}

/// A learned energy and how well it explains the data. Immutable: any number of threads may use it at
/// once.
pub struct jko_fitted {
    fitted: FittedEnergy,
}

/// What is learned, and how. Fill it with `jko_fit_options_init`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct jko_fit_options {
    /// Size of the struct; set by the init function.
    pub struct_size: usize,
    /// Relative accuracy of the geodesics between snapshots. 0, the default, means what it means in
    /// `jko_geodesic_options`.
    pub tolerance: f64,
    /// Iterations after which a geodesic is given up; 1000 by default.
    pub max_iterations: i64,
    /// Mobility mean, a `JKO_MEAN_` constant; logarithmic by default.
    pub mean: i32,
    /// A `JKO_LOSS_` constant; symmetric by default.
    pub loss: i32,
    /// What is learned: a sum of `JKO_TERM_` constants; all of them by default.
    pub terms: i32,
    /// 0.
    pub reserved: i32,
}

// SAFETY: `repr(C)`, a size_t, integers and a double, no padding.
unsafe impl Options for jko_fit_options {
    const NAME: &'static str = "jko_fit_options";

    fn defaults() -> Self {
        let geodesic = GeodesicOptions::default();
        Self {
            struct_size: std::mem::size_of::<Self>(),
            tolerance: geodesic.tolerance.unwrap_or(0.0),
            max_iterations: i64::try_from(geodesic.max_iterations).unwrap_or(i64::MAX),
            mean: JKO_MEAN_LOGARITHMIC,
            loss: JKO_LOSS_SYMMETRIC,
            terms: JKO_TERM_POTENTIAL | JKO_TERM_ENTROPY,
            reserved: 0,
        }
    }
}

/// The options of C as those of Rust.
///
/// # Safety
/// As [`input::options`].
unsafe fn fit_options(options: *const jko_fit_options) -> Result<FitOptions, Failure> {
    // SAFETY: the same promise.
    let options = unsafe { input::options(options)? };
    input::reserved_zero("options.reserved", options.reserved)?;
    let known = [(JKO_TERM_POTENTIAL, Term::potential()), (JKO_TERM_ENTROPY, Term::entropy())];
    let rest = known.iter().fold(options.terms, |rest, (bit, _)| rest & !bit);
    if rest != 0 {
        let message = format!("options.terms: {} is no sum of JKO_TERM_ constants", options.terms);
        return Err(Failure::new(JKO_STATUS_INVALID_ARGUMENT, message));
    }
    let terms: Vec<Term> =
        known.into_iter().filter(|(bit, _)| options.terms & bit != 0).map(|(_, term)| term).collect();
    let geodesic = solver_options(options.mean, options.tolerance, options.max_iterations)?;
    Ok(FitOptions::default()
        .with_terms(&terms)
        .with_loss(input::choice("options.loss", options.loss, &Loss::ALL)?)
        .with_geodesic(geodesic))
}

/// Penalties on the squared coefficients, relative to the size of the data's own weight on them, so
/// that they mean the same for any amount of data. Fill it with `jko_ridge_init`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct jko_ridge {
    /// Size of the struct; set by the init function.
    pub struct_size: usize,
    /// For the potential; 0 by default.
    pub potential: f64,
    /// For the entropy coefficient; 0 by default.
    pub entropy: f64,
}

// SAFETY: `repr(C)`, a size_t and doubles, no padding.
unsafe impl Options for jko_ridge {
    const NAME: &'static str = "jko_ridge";

    fn defaults() -> Self {
        Self { struct_size: std::mem::size_of::<Self>(), potential: 0.0, entropy: 0.0 }
    }
}

/// Fills `size` bytes of options with the defaults; pass `sizeof(jko_fit_options)`.
///
/// Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_options_init(options: *mut jko_fit_options, size: usize) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { input::init_options(options, size) }.map(|()| JKO_STATUS_OK)
    })
}

/// Fills `size` bytes of a ridge with the defaults; pass `sizeof(jko_ridge)`.
///
/// Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_ridge_init(ridge: *mut jko_ridge, size: usize) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { input::init_options(ridge, size) }.map(|()| JKO_STATUS_OK)
    })
}

/// Makes an empty learning problem on a graph, which it keeps. `options` may be NULL and are copied.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, STRUCT_SIZE. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_new(
    graph: *const jko_graph,
    options: *const jko_fit_options,
    out: *mut *mut jko_fit,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, graph, options) =
            unsafe { (input::slot("out", out)?, input::handle("graph", graph)?, fit_options(options)?) };
        out.fill(jko_fit { fit: Exclusive::new(Fit::new(&graph.graph, options)?) });
        Ok(JKO_STATUS_OK)
    })
}

/// Ends a fit; NULL is fine. Any thread, once nobody uses the handle.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_free(fit: *mut jko_fit) {
    guard_value((), || {
        // SAFETY: the contract of the module.
        unsafe { input::release(fit) }
    })
}

/// Reads the number of steps added so far.
///
/// Returns: NULL_POINTER, MISALIGNED, BUSY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_pairs(fit: *const jko_fit, pairs: *mut usize) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (fit, pairs) = unsafe { (input::handle("fit", fit)?, input::scalar("pairs", pairs)?) };
        pairs.write([fit.fit.read("fit")?.pairs()]);
        Ok(JKO_STATUS_OK)
    })
}

/// Adds one step of length `tau > 0` whose geodesic is known, with a `weight > 0` in the loss (1 unless
/// steps differ in reliability). Nothing is kept of the geodesic. Cost: a few sweeps over the edges.
///
/// Returns: NULL_POINTER, MISALIGNED, BAD_VALUE (also for an end with an empty node), INVALID_ARGUMENT (a
/// geodesic on another graph or with another mean), NOT_CONVERGED, BUSY. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_add_pair(
    fit: *mut jko_fit,
    geodesic: *const jko_geodesic,
    tau: f64,
    weight: f64,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (fit, geodesic) =
            unsafe { (input::handle("fit", fit.cast_const())?, input::handle("geodesic", geodesic)?) };
        fit.fit.write("fit")?.add_pair(&geodesic.geodesic, tau, weight)?;
        Ok(JKO_STATUS_OK)
    })
}

/// Adds the steps between consecutive snapshots at increasing times, each with weight one.
///
/// `times` has length `rows`; `snapshots` is a matrix of one positive mass vector per row (`rows` by
/// `cols = n`), with strides in elements. Both are copied. `num_threads` threads solve for the
/// geodesics, and end before the call returns; 1 starts none; the result is the same to the last bit.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT,
/// NOT_CONVERGED (a geodesic; the message names the step), SINGULAR, BUSY, OUT_OF_MEMORY. One thread
/// at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_add_trajectory(
    fit: *mut jko_fit,
    times: *const f64,
    times_len: usize,
    snapshots: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
    num_threads: i32,
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
        let threads = input::count("num_threads", num_threads.into())?;
        fit.fit.write("fit")?.add_trajectory(times, &snapshots, threads)?;
        Ok(JKO_STATUS_OK)
    })
}

/// Adds everything that `other` has seen, for data that were read in parts.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT (another graph, other terms, loss or mean, or
/// the fit itself), BUSY. One thread at a time for `fit`; `other` is only read.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_merge(fit: *mut jko_fit, other: *const jko_fit) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (into, from) =
            unsafe { (input::handle("fit", fit.cast_const())?, input::handle("other", other)?) };
        if std::ptr::eq(into, from) {
            let message = "other: a fit cannot be merged into itself";
            return Err(Failure::new(JKO_STATUS_INVALID_ARGUMENT, message));
        }
        into.fit.write("fit")?.merge(&*from.fit.read("other")?)?;
        Ok(JKO_STATUS_OK)
    })
}

/// Solves for the energy that minimises the loss plus the ridge; `ridge` may be NULL. The fit can be
/// added to and solved again. Cost: one sparse factorisation.
///
/// Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE, INVALID_ARGUMENT (no step yet, a bad ridge),
/// NOT_DETERMINED (the data leave a coefficient open), SINGULAR, BUSY, OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_solve(
    fit: *const jko_fit,
    ridge: *const jko_ridge,
    out: *mut *mut jko_fitted,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, fit, ridge) =
            unsafe { (input::slot("out", out)?, input::handle("fit", fit)?, input::options(ridge)?) };
        let ridge = Ridge::on_potential(ridge.potential).with("entropy", ridge.entropy);
        let fitted = fit.fit.read("fit")?.solve(&ridge)?;
        out.fill(jko_fitted { fitted });
        Ok(JKO_STATUS_OK)
    })
}

/// Ends a fitted energy; NULL is fine. Any thread, once nobody uses the handle.
#[no_mangle]
pub unsafe extern "C" fn jko_fitted_free(fitted: *mut jko_fitted) {
    guard_value((), || {
        // SAFETY: the contract of the module.
        unsafe { input::release(fitted) }
    })
}

/// Reads a plain value from a fitted energy.
///
/// # Safety
/// As [`input::handle`].
unsafe fn look<T>(fitted: *const jko_fitted, otherwise: T, read: impl FnOnce(&FittedEnergy) -> T) -> T {
    // SAFETY: the same promise.
    match unsafe { input::handle("fitted", fitted) } {
        Ok(handle) => read(&handle.fitted),
        Err(_) => otherwise,
    }
}

/// Makes an energy of its own from the fitted one, ready for a flow.
///
/// Returns: NULL_POINTER, MISALIGNED. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fitted_energy(
    fitted: *const jko_fitted,
    out: *mut *mut jko_energy,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, fitted) = unsafe { (input::slot("out", out)?, input::handle("fitted", fitted)?) };
        out.fill(jko_energy::new(fitted.fitted.energy()?.clone()));
        Ok(JKO_STATUS_OK)
    })
}

/// Copies the potential, length `n`, mean zero under `pi`; zeros where it was not among the terms.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fitted_potential(
    fitted: *const jko_fitted,
    potential: *mut f64,
    potential_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let values = unsafe { input::handle("fitted", fitted)? }.fitted.potential();
        // SAFETY: the contract of the module.
        let out = unsafe { input::output("potential", potential, potential_len, values.len())? };
        out.write(values.iter().copied());
        Ok(JKO_STATUS_OK)
    })
}

/// The entropy coefficient `beta`, 0 where it was not among the terms; NaN for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fitted_entropy(fitted: *const jko_fitted) -> f64 {
    guard_value(f64::NAN, || {
        // SAFETY: the contract of the module.
        unsafe { look(fitted, f64::NAN, FittedEnergy::entropy) }
    })
}

/// The loss at the solution, without the ridge; NaN for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fitted_residual(fitted: *const jko_fitted) -> f64 {
    guard_value(f64::NAN, || {
        // SAFETY: the contract of the module.
        unsafe { look(fitted, f64::NAN, FittedEnergy::residual) }
    })
}

/// The share of the observed motion that the energy explains, 1 for data that follow it exactly; NaN
/// for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fitted_explained(fitted: *const jko_fitted) -> f64 {
    guard_value(f64::NAN, || {
        // SAFETY: the contract of the module.
        unsafe { look(fitted, f64::NAN, FittedEnergy::explained) }
    })
}

/// Steps that were seen; 0 for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fitted_pairs(fitted: *const jko_fitted) -> usize {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        unsafe { look(fitted, 0, FittedEnergy::pairs) }
    })
}
