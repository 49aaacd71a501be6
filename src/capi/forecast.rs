//! `jko_forecast`: what learned energies predict.

use super::fitted::jko_fitted;
use super::flow::{flow_options, jko_flow_options};
use super::guard::{guard, guard_value};
use super::input::{self, Matrix, Slot};
use super::status::{jko_status, Failure, JKO_STATUS_OK};
use super::watch;
use crate::error::Error;
use crate::fit::Forecast;
use crate::flow::FlowOptions;
use crate::graph::Mean;

/// Predicted masses with their standard errors, which say how much is unknown of the energy: not the
/// scatter of counts, nor that the model may be wrong. Immutable: any number of threads may use it at
/// once.
pub struct jko_forecast {
    forecast: Forecast,
}

impl jko_forecast {
    pub(super) fn new(forecast: Forecast) -> Self {
        Self { forecast }
    }
}

/// The options of a forecast; NULL stands for the defaults with the mean of the fit.
///
/// # Safety
/// As [`flow_options`].
pub(super) unsafe fn options_under(
    mean: Mean,
    options: *const jko_flow_options,
) -> Result<FlowOptions, Failure> {
    // SAFETY: the same promise.
    let read = unsafe { flow_options(options)? };
    Ok(if options.is_null() { read.with_mean(mean) } else { read })
}

/// Reads the arguments that forecasts of a flow from `mu0` share, and hands out what `predict` makes of
/// the start, the times and the options.
///
/// # Safety
/// As [`input::input`] and [`flow_options`].
pub(super) unsafe fn forecast_flow(
    out: Slot<jko_forecast>,
    mean: Mean,
    (mu0, mu0_len): (*const f64, usize),
    (times, times_len): (*const f64, usize),
    options: *const jko_flow_options,
    predict: impl FnOnce(&[f64], &[f64], &FlowOptions) -> Result<Forecast, Error>,
) -> Result<jko_status, Failure> {
    // SAFETY: the same promise.
    let (mu0, times, _watch, options) = unsafe {
        (
            input::input("mu0", mu0, mu0_len)?,
            input::input("times", times, times_len)?,
            watch::begin(options)?,
            options_under(mean, options)?,
        )
    };
    out.fill(jko_forecast::new(predict(mu0, times, &options)?));
    Ok(JKO_STATUS_OK)
}

/// Predicts the gradient flow of a fitted energy; arguments as for `jko_estimate_forecast`, the mean being
/// `jko_fitted_mean`.
///
/// Returns: as `jko_flow_simulate`; INVALID_ARGUMENT also for another mean and for a term whose
/// functionals only the caller knows. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fitted_forecast(
    fitted: *const jko_fitted,
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
            let (out, handle) = (input::slot("out", out)?, input::handle("fitted", fitted)?);
            let predict = |mu0: &[f64], times: &[f64], options: &FlowOptions| {
                handle.fitted.forecast(mu0, times, options)
            };
            forecast_flow(
                out,
                handle.fitted.mean(),
                (mu0, mu0_len),
                (times, times_len),
                options,
                predict,
            )
        }
    })
}

/// Ends a forecast; NULL is fine. Any thread, once nobody uses the handle.
#[no_mangle]
pub unsafe extern "C" fn jko_forecast_free(forecast: *mut jko_forecast) {
    guard_value((), || {
        // SAFETY: the contract of the module.
        unsafe { input::release(forecast) }
    })
}

/// Number of times; 0 for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_forecast_count(forecast: *const jko_forecast) -> usize {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        let handle = unsafe { input::handle("forecast", forecast) };
        handle.map_or(0, |handle| handle.forecast.times().len())
    })
}

/// Copies the times, length `jko_forecast_count`.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_forecast_times(
    forecast: *const jko_forecast,
    times: *mut f64,
    times_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let values = unsafe { input::handle("forecast", forecast)? }.forecast.times();
        // SAFETY: the contract of the module.
        let out = unsafe { input::output("times", times, times_len, values.len())? };
        out.write(values.iter().copied());
        Ok(JKO_STATUS_OK)
    })
}

/// Copies a row per time into a matrix.
///
/// # Safety
/// As [`input::handle`] and [`input::output_matrix`].
unsafe fn copy_rows(
    forecast: *const jko_forecast,
    name: &str,
    matrix: Matrix<*mut f64>,
    read: fn(&Forecast) -> &[Vec<f64>],
) -> Result<jko_status, Failure> {
    // SAFETY: the same promise.
    let values = read(unsafe { &input::handle("forecast", forecast)?.forecast });
    input::check_length(&format!("{name} (rows)"), matrix.rows, values.len())?;
    input::check_length(&format!("{name} (cols)"), matrix.cols, values.first().map_or(0, Vec::len))?;
    input::not_null(name, matrix.data)?;
    // SAFETY: the same promise.
    let out = unsafe { input::output_matrix(name, matrix)? };
    for (row, values) in values.iter().enumerate() {
        out.write_row(row, values);
    }
    Ok(JKO_STATUS_OK)
}

/// Copies the masses at all times into a matrix of one row per time (`rows = jko_forecast_count`, `cols
/// = n`), with strides in elements.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT (a stride of 0). Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_forecast_masses(
    forecast: *const jko_forecast,
    masses: *mut f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
) -> jko_status {
    guard(|| {
        let matrix = Matrix { data: masses, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        unsafe { copy_rows(forecast, "masses", matrix, Forecast::masses) }
    })
}

/// Copies the standard errors of the masses, in the shape of `jko_forecast_masses`; NaN where the fit
/// has no covariance.
///
/// Returns: as `jko_forecast_masses`. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_forecast_standard_errors(
    forecast: *const jko_forecast,
    errors: *mut f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
) -> jko_status {
    guard(|| {
        let matrix = Matrix { data: errors, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        unsafe { copy_rows(forecast, "errors", matrix, Forecast::standard_errors) }
    })
}

/// Copies bands of `quantile` standard errors (1.96 for 95 %) about the masses at time number `time`,
/// counted from 0; both of length `n`. They are bands of the logarithms, so that they are positive.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE (a quantile that is negative or not
/// finite), INVALID_ARGUMENT (no such time). Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_forecast_band(
    forecast: *const jko_forecast,
    time: usize,
    quantile: f64,
    lower: *mut f64,
    lower_len: usize,
    upper: *mut f64,
    upper_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let band = unsafe { input::handle("forecast", forecast)? }.forecast.band(time, quantile)?;
        // SAFETY: the contract of the module.
        let (low, high) = unsafe {
            (
                input::output("lower", lower, lower_len, band.len())?,
                input::output("upper", upper, upper_len, band.len())?,
            )
        };
        low.write(band.iter().map(|(low, _)| *low));
        high.write(band.iter().map(|(_, high)| *high));
        Ok(JKO_STATUS_OK)
    })
}
