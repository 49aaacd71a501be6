//! `jko_fitted`: a learned energy, and how sure one may be of it.

use std::ffi::c_char;

use super::copy_text;
use super::energy::jko_energy;
use super::fit::jko_fit;
use super::graph;
use super::guard::{guard, guard_value};
use super::input;
use super::status::{jko_status, Failure, JKO_STATUS_OK};
use crate::fit::FittedEnergy;

/// A learned energy and how well it explains the data. Immutable: any number of threads may use it at
/// once.
pub struct jko_fitted {
    pub(super) fitted: FittedEnergy,
}

impl jko_fitted {
    pub(super) fn new(fitted: FittedEnergy) -> Self {
        Self { fitted }
    }
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

/// The mobility mean of the fit, a `JKO_MEAN_` constant; -1 for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fitted_mean(fitted: *const jko_fitted) -> i32 {
    guard_value(-1, || {
        // SAFETY: the contract of the module.
        unsafe { look(fitted, -1, |fitted| graph::mean_constant(fitted.mean())) }
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

/// Computes the share of the motion in the steps of a fit, learned from or not, that a fitted energy
/// explains.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT (another graph, other terms), BUSY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fitted_explained_of(
    fitted: *const jko_fitted,
    fit: *const jko_fit,
    explained: *mut f64,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (fitted, fit, explained) = unsafe {
            (
                input::handle("fitted", fitted)?,
                input::handle("fit", fit)?,
                input::scalar("explained", explained)?,
            )
        };
        explained.write([fit.read()?.explained_by(&fitted.fitted)?]);
        Ok(JKO_STATUS_OK)
    })
}

/// Reads the number of parameters.
///
/// Returns: NULL_POINTER, MISALIGNED. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fitted_parameter_count(
    fitted: *const jko_fitted,
    count: *mut usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (fitted, count) =
            unsafe { (input::handle("fitted", fitted)?, input::scalar("count", count)?) };
        count.write([fitted.fitted.parameters().len()]);
        Ok(JKO_STATUS_OK)
    })
}

/// Writes numbers that a fitted energy has, `expected` of them.
///
/// # Safety
/// As [`input::output`].
unsafe fn write_numbers(
    name: &str,
    pointer: *mut f64,
    len: usize,
    values: &[f64],
) -> Result<jko_status, Failure> {
    // SAFETY: the same promise.
    let out = unsafe { input::output(name, pointer, len, values.len())? };
    out.write(values.iter().copied());
    Ok(JKO_STATUS_OK)
}

/// Copies all parameters, in the order of the terms.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fitted_parameters(
    fitted: *const jko_fitted,
    parameters: *mut f64,
    parameters_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe {
            let fitted = &input::handle("fitted", fitted)?.fitted;
            write_numbers("parameters", parameters, parameters_len, fitted.parameters())
        }
    })
}

/// Copies the standard errors of all parameters. NaN where a parameter is at a bound, and everywhere
/// where the steps are too few or only known by their sums.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fitted_standard_errors(
    fitted: *const jko_fitted,
    errors: *mut f64,
    errors_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe {
            let fitted = &input::handle("fitted", fitted)?.fitted;
            let unknown = || vec![f64::NAN; fitted.parameters().len()];
            let values = fitted.standard_errors().unwrap_or_else(unknown);
            write_numbers("errors", errors, errors_len, &values)
        }
    })
}

/// The covariance of two parameters, by their numbers; NaN where it is not known, for NULL and for
/// numbers that no parameter has. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fitted_covariance(fitted: *const jko_fitted, p: i64, q: i64) -> f64 {
    guard_value(f64::NAN, || {
        let covariance = |fitted: &FittedEnergy| -> Option<f64> {
            let known = |k: i64| usize::try_from(k).ok().filter(|k| *k < fitted.parameters().len());
            fitted.covariance(known(p)?, known(q)?)
        };
        // SAFETY: the contract of the module.
        unsafe { look(fitted, None, covariance) }.unwrap_or(f64::NAN)
    })
}

/// Copies the loss of each step, `jko_fitted_pairs` of them.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH (also where the steps are only known by their
/// sums, 0 then). Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fitted_residuals(
    fitted: *const jko_fitted,
    residuals: *mut f64,
    residuals_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe {
            let fitted = &input::handle("fitted", fitted)?.fitted;
            write_numbers("residuals", residuals, residuals_len, fitted.residuals())
        }
    })
}

/// Copies the name of a parameter, by its number, such as `potential[3]`; in the manner of
/// `jko_last_error`. Empty for NULL and for a number that no parameter has. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fitted_parameter_name(
    fitted: *const jko_fitted,
    parameter: i64,
    buffer: *mut c_char,
    capacity: usize,
) -> usize {
    guard_value(0, || {
        let name = |fitted: &FittedEnergy| -> Option<String> {
            let mut names = fitted.model().names();
            let k = usize::try_from(parameter).ok().filter(|k| *k < names.len())?;
            Some(names.swap_remove(k))
        };
        // SAFETY: the contract of the module.
        unsafe { copy_text(&look(fitted, None, name).unwrap_or_default(), buffer, capacity) }
    })
}

/// Copies the directions that the data alone do not determine, one per line in the names of the
/// parameters; in the manner of `jko_last_error`. Empty where there are none, and for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fitted_unidentified(
    fitted: *const jko_fitted,
    buffer: *mut c_char,
    capacity: usize,
) -> usize {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        unsafe {
            let lines = look(fitted, String::new(), |fitted| fitted.unidentified().join("\n"));
            copy_text(&lines, buffer, capacity)
        }
    })
}

/// The share of the motion that a pure heat flow explains, with the best coefficient; NaN for NULL. Any
/// thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fitted_heat_explained(fitted: *const jko_fitted) -> f64 {
    guard_value(f64::NAN, || {
        // SAFETY: the contract of the module.
        unsafe { look(fitted, f64::NAN, |fitted| fitted.baselines().heat_explained) }
    })
}

/// The entropy coefficient of that heat flow; NaN for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fitted_heat_entropy(fitted: *const jko_fitted) -> f64 {
    guard_value(f64::NAN, || {
        // SAFETY: the contract of the module.
        unsafe { look(fitted, f64::NAN, |fitted| fitted.baselines().heat_entropy) }
    })
}
