//! Two-sided bounds on a distance.

use std::ffi::c_void;

use super::geodesic::jko_geodesic;
use super::guard::guard;
use super::input;
use super::options;
use super::status::{
    jko_status, Failure, JKO_STATUS_CANCELLED, JKO_STATUS_MEMORY_LIMIT, JKO_STATUS_OK,
    JKO_STATUS_RESOLUTION,
};
use super::watch::{self, jko_cancel_token, jko_progress_callback};
use crate::geodesic::{BoundOptions, Bounds};

/// How tight the bounds on a distance are to be. Fill it with `jko_bound_options_init`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct jko_bound_options {
    /// Size of the struct; set by the init function.
    pub struct_size: usize,
    /// Relative gap `(upper - lower) / upper` wanted; 1e-4 by default.
    pub gap: f64,
    /// Equal intervals of time to begin with; 4 by default.
    pub first_intervals: i64,
    /// Largest number of intervals; 4096 by default. With no more than `first_intervals`, exactly this
    /// many equal intervals are used between ends without empty nodes; with empty nodes there are at least two.
    pub max_intervals: i64,
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
unsafe fn bound_options(options: *const jko_bound_options) -> Result<BoundOptions, Failure> {
    // SAFETY: the same promise.
    let options = unsafe { options::read(options)? };
    Ok(BoundOptions::default()
        .with_gap(options.gap)
        .with_first_intervals(input::count("options.first_intervals", options.first_intervals)?)
        .with_max_intervals(input::count("options.max_intervals", options.max_intervals)?))
}

/// Fills `size` bytes of options with the defaults; pass `sizeof(jko_bound_options)`.
///
/// Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_bound_options_init(
    options: *mut jko_bound_options,
    size: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { options::init(options, size) }.map(|()| JKO_STATUS_OK)
    })
}

/// Encloses the distance between the ends of a geodesic: `*lower <= W_K(mu0, mu1) <= *upper`.
///
/// The upper bound is the length of a path, the lower one a feasible value of the dual problem. Both
/// are valid whether or not the solve converged, up to rounding and to the quadrature of a residual in
/// time, for which margins are included; they hold for every mobility mean. `options` may be NULL. Cost per interval: one sparse
/// factorisation, two pairs of triangular solves, twenty sweeps over the edges.
///
/// Returns: RESOLUTION, with valid bounds, where the gap is wider than was wanted: ask for a wider one,
/// allow more intervals or solve the geodesic to a smaller tolerance; MEMORY_LIMIT, with valid bounds,
/// where tighter ones would take too much memory; CANCELLED, with valid bounds or none; NULL_POINTER,
/// MISALIGNED, INVALID_ARGUMENT, STRUCT_SIZE, SINGULAR, OUT_OF_MEMORY (before there are any). Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_bounds(
    geodesic: *const jko_geodesic,
    options: *const jko_bound_options,
    lower: *mut f64,
    upper: *mut f64,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (geodesic, options, lower, upper, _watch) = unsafe {
            (
                input::handle("geodesic", geodesic)?,
                bound_options(options)?,
                input::scalar("lower", lower)?,
                input::scalar("upper", upper)?,
                watch::begin(options)?,
            )
        };
        let bounds = geodesic.geodesic.bounds(&options)?;
        lower.write([bounds.lower]);
        upper.write([bounds.upper]);
        match bounds {
            Bounds { reached: true, .. } => Ok(JKO_STATUS_OK),
            Bounds { cancelled: true, .. } => Ok(JKO_STATUS_CANCELLED),
            Bounds { out_of_memory: true, .. } => {
                Err(too_wide(JKO_STATUS_MEMORY_LIMIT, &bounds, &options))
            }
            _ => Err(too_wide(JKO_STATUS_RESOLUTION, &bounds, &options)),
        }
    })
}

/// How far the bounds are from what was wanted, and what would help.
fn too_wide(status: jko_status, bounds: &Bounds, options: &BoundOptions) -> Failure {
    let help = match status {
        JKO_STATUS_MEMORY_LIMIT => "allow more memory, or ask for a wider gap",
        _ => {
            "ask for a wider gap, allow more max_intervals, or solve the geodesic to a smaller tolerance"
        }
    };
    let (found, wanted) = (bounds.gap(), options.gap);
    let message =
        format!("the bounds hold, with a gap of {found:.2e}, not the {wanted:e} wanted; {help}");
    Failure::new(status, message)
}
