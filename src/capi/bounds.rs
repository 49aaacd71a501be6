//! Two-sided bounds on a distance.

use super::geodesic::jko_geodesic;
use super::guard::guard;
use super::input::{self, Options};
use super::status::{jko_status, Failure, JKO_STATUS_OK, JKO_STATUS_RESOLUTION};
use crate::geodesic::BoundOptions;

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
    /// Largest number of intervals; 512 by default. With no more than `first_intervals`, exactly this
    /// many equal intervals are used.
    pub max_intervals: i64,
}

// SAFETY: `repr(C)`, a size_t, integers and a double, no padding.
unsafe impl Options for jko_bound_options {
    const NAME: &'static str = "jko_bound_options";

    fn defaults() -> Self {
        let defaults = BoundOptions::default();
        let count = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        Self {
            struct_size: std::mem::size_of::<Self>(),
            gap: defaults.gap,
            first_intervals: count(defaults.first_intervals),
            max_intervals: count(defaults.max_intervals),
        }
    }
}

/// The options of C as those of Rust.
///
/// # Safety
/// As [`input::options`].
unsafe fn bound_options(options: *const jko_bound_options) -> Result<BoundOptions, Failure> {
    // SAFETY: the same promise.
    let options = unsafe { input::options(options)? };
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
        unsafe { input::init_options(options, size) }.map(|()| JKO_STATUS_OK)
    })
}

/// Encloses the distance between the ends of a geodesic: `*lower <= W_K(mu0, mu1) <= *upper`.
///
/// The upper bound is the length of a path, the lower one a feasible value of the dual problem. Both
/// are valid whether or not the solve converged, up to rounding and to the quadrature of a residual in
/// time, for which margins are included. `options` may be NULL. Cost per interval: one sparse
/// factorisation, two pairs of triangular solves, twenty sweeps over the edges.
///
/// Returns: RESOLUTION, with valid bounds, where the gap is wider than was wanted: allow more intervals
/// or solve to a smaller tolerance; NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, STRUCT_SIZE, SINGULAR,
/// OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_bounds(
    geodesic: *const jko_geodesic,
    options: *const jko_bound_options,
    lower: *mut f64,
    upper: *mut f64,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (geodesic, options, lower, upper) = unsafe {
            (
                input::handle("geodesic", geodesic)?,
                bound_options(options)?,
                input::scalar("lower", lower)?,
                input::scalar("upper", upper)?,
            )
        };
        let bounds = geodesic.geodesic.bounds(&options)?;
        lower.write([bounds.lower]);
        upper.write([bounds.upper]);
        Ok(if bounds.reached { JKO_STATUS_OK } else { JKO_STATUS_RESOLUTION })
    })
}
