//! `jko_flow`: simulated gradient flows.

use std::ffi::c_void;

use super::energy::jko_energy;
use super::graph;
use super::guard::{guard, guard_value};
use super::input::{self, Matrix};
use super::options;
use super::status::{
    jko_status, Failure, JKO_STATUS_CANCELLED, JKO_STATUS_INVALID_ARGUMENT, JKO_STATUS_OK,
};
use super::watch::{self, jko_cancel_token, jko_progress_callback};
use crate::flow::{Flow, FlowOptions};

/// A simulated trajectory of a free energy. Immutable: any number of threads may use it at once.
pub struct jko_flow {
    flow: Flow,
}

/// How a flow is to be integrated. Fill it with `jko_flow_options_init`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct jko_flow_options {
    /// Size of the struct; set by the init function.
    pub struct_size: usize,
    /// Largest error of a step in any mass, relative to `mu_x + 1e-3 pi_x`; 1e-8 by default.
    pub tolerance: f64,
    /// Steps after which the integration gives up; 100000 by default.
    pub max_steps: i64,
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

/// The options of C as those of Rust.
///
/// # Safety
/// As [`options::read`].
pub(super) unsafe fn flow_options(options: *const jko_flow_options) -> Result<FlowOptions, Failure> {
    // SAFETY: the same promise.
    let options = unsafe { options::read(options)? };
    options::reserved_zero("options.reserved", options.reserved)?;
    Ok(FlowOptions::default()
        .with_mean(graph::mean("options.mean", options.mean)?)
        .with_tolerance(options.tolerance)
        .with_max_steps(input::count("options.max_steps", options.max_steps)?))
}

/// Fills `size` bytes of options with the defaults; pass `sizeof(jko_flow_options)`.
///
/// Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_options_init(
    options: *mut jko_flow_options,
    size: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { options::init(options, size) }.map(|()| JKO_STATUS_OK)
    })
}

/// Simulates the gradient flow of an energy from `mu0` (length `n`, positive on every node).
///
/// `times` increase; the first is the time of `mu0`, and the flow is seen at all of them. Everything
/// is copied, and later changes of the energy do not matter. `options` may be NULL. Cost: one sparse
/// factorisation per step.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT,
/// STRUCT_SIZE, SINGULAR, FLOW_FAILED (the message says when and why), BUSY, OUT_OF_MEMORY; CANCELLED,
/// with a flow up to the last of the times that it reached. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_simulate(
    energy: *const jko_energy,
    mu0: *const f64,
    mu0_len: usize,
    times: *const f64,
    times_len: usize,
    options: *const jko_flow_options,
    out: *mut *mut jko_flow,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, energy, mu0, times, options, _watch) = unsafe {
            (
                input::slot("out", out)?,
                input::handle("energy", energy)?,
                input::input("mu0", mu0, mu0_len)?,
                input::input("times", times, times_len)?,
                flow_options(options)?,
                watch::begin(options)?,
            )
        };
        let flow = energy.snapshot()?.flow(mu0, times, &options)?;
        let status = if flow.complete() { JKO_STATUS_OK } else { JKO_STATUS_CANCELLED };
        out.fill(jko_flow { flow });
        Ok(status)
    })
}

/// Ends a flow; NULL is fine. Any thread, once nobody uses the handle.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_free(flow: *mut jko_flow) {
    guard_value((), || {
        // SAFETY: the contract of the module.
        unsafe { input::release(flow) }
    })
}

/// Reads a plain value from a flow.
///
/// # Safety
/// As [`input::handle`].
unsafe fn look(flow: *const jko_flow, read: impl FnOnce(&Flow) -> usize) -> usize {
    // SAFETY: the same promise.
    unsafe { input::handle("flow", flow) }.map_or(0, |handle| read(&handle.flow))
}

/// Number of times at which the flow was seen; 0 for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_count(flow: *const jko_flow) -> usize {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        unsafe { look(flow, |flow| flow.times().len()) }
    })
}

/// Number of nodes `n`; 0 for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_nodes(flow: *const jko_flow) -> usize {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        unsafe { look(flow, |flow| flow.masses().first().map_or(0, Vec::len)) }
    })
}

/// Number of steps taken; 0 for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_steps(flow: *const jko_flow) -> usize {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        unsafe { look(flow, Flow::steps) }
    })
}

/// Number of steps tried and given up for shorter ones; 0 for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_rejected(flow: *const jko_flow) -> usize {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        unsafe { look(flow, Flow::rejected) }
    })
}

/// Copies the times, length `jko_flow_count`.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_times(
    flow: *const jko_flow,
    times: *mut f64,
    times_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let flow = &unsafe { input::handle("flow", flow)? }.flow;
        // SAFETY: the contract of the module.
        let out = unsafe { input::output("times", times, times_len, flow.times().len())? };
        out.write(flow.times().iter().copied());
        Ok(JKO_STATUS_OK)
    })
}

/// Copies the energy at each time, length `jko_flow_count`; it never increases.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_energies(
    flow: *const jko_flow,
    energies: *mut f64,
    energies_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let flow = &unsafe { input::handle("flow", flow)? }.flow;
        // SAFETY: the contract of the module.
        let out = unsafe { input::output("energies", energies, energies_len, flow.energies().len())? };
        out.write(flow.energies().iter().copied());
        Ok(JKO_STATUS_OK)
    })
}

/// Copies the masses at time number `index`, counted from 0, length `n`.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT (no such time). Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_mass(
    flow: *const jko_flow,
    index: usize,
    mass: *mut f64,
    mass_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let masses = unsafe { input::handle("flow", flow)? }.flow.masses();
        let Some(values) = masses.get(index) else {
            let message = format!("index: {index}, but the flow was seen at {} times", masses.len());
            return Err(Failure::new(JKO_STATUS_INVALID_ARGUMENT, message));
        };
        // SAFETY: the contract of the module.
        let out = unsafe { input::output("mass", mass, mass_len, values.len())? };
        out.write(values.iter().copied());
        Ok(JKO_STATUS_OK)
    })
}

/// Copies the masses at all times into a matrix of one row per time (`rows = jko_flow_count`, `cols =
/// n`), with strides in elements.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT (a stride of 0). Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_flow_masses(
    flow: *const jko_flow,
    masses: *mut f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let values = unsafe { input::handle("flow", flow)? }.flow.masses();
        input::check_length("masses (rows)", rows, values.len())?;
        input::check_length("masses (cols)", cols, values.first().map_or(0, Vec::len))?;
        input::not_null("masses", masses)?;
        let matrix = Matrix { data: masses, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        let out = unsafe { input::output_matrix("masses", matrix)? };
        for (row, values) in values.iter().enumerate() {
            out.write_row(row, values);
        }
        Ok(JKO_STATUS_OK)
    })
}
