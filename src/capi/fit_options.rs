//! `jko_fit_options` and `jko_ridge`: what is learned, and how.

use std::ffi::c_void;

use super::geodesic::solver_options;
use super::guard::guard;
use super::status::{jko_status, Failure, JKO_STATUS_INVALID_ARGUMENT, JKO_STATUS_OK};
use super::watch::{jko_cancel_token, jko_progress_callback};
use super::{input, options};
use crate::fit::{FitOptions, Loss, Term, Weight, Zeros};

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

/// Edges count by their mobility: the loss is the squared speed that is left unexplained.
pub const JKO_WEIGHT_METRIC: i32 = 0;
/// Edges count by their squared mobility: the loss is the squared flux that is left, per conductance.
/// Edges between nearly empty nodes count less.
pub const JKO_WEIGHT_FLUX: i32 = 1;

/// Snapshots with empty nodes are refused.
pub const JKO_ZEROS_REFUSE: i32 = 0;
/// A share of the reference is mixed into every snapshot of a trajectory.
pub const JKO_ZEROS_MIX: i32 = 1;
/// Edges at a node that is empty at either end of a step are left out of it.
pub const JKO_ZEROS_LEAVE_OUT: i32 = 2;

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
    /// A `JKO_WEIGHT_` constant; metric by default.
    pub weight: i32,
    /// A `JKO_ZEROS_` constant; refuse by default.
    pub zeros: i32,
    /// 0.
    pub reserved: i32,
    /// Share of the reference for `JKO_ZEROS_MIX`, between 0 and 1; 0, which that refuses, by default.
    pub zeros_share: f64,
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
pub(super) unsafe fn fit_options(options: *const jko_fit_options) -> Result<FitOptions, Failure> {
    // SAFETY: the same promise.
    let options = unsafe { options::read(options)? };
    options::reserved_zero("options.reserved", options.reserved)?;
    let known = [(JKO_TERM_POTENTIAL, Term::potential()), (JKO_TERM_ENTROPY, Term::entropy())];
    let rest = known.iter().fold(options.terms, |rest, (bit, _)| rest & !bit);
    if rest != 0 {
        let message = format!("options.terms: {} is no sum of JKO_TERM_ constants", options.terms);
        return Err(Failure::new(JKO_STATUS_INVALID_ARGUMENT, message));
    }
    let terms: Vec<Term> =
        known.into_iter().filter(|(bit, _)| options.terms & bit != 0).map(|(_, term)| term).collect();
    let zeros = [Zeros::Refuse, Zeros::Mix(options.zeros_share), Zeros::LeaveOut];
    let geodesic = solver_options(options.mean, options.tolerance, options.max_iterations)?;
    Ok(FitOptions::default()
        .with_terms(&terms)
        .with_loss(input::choice("options.loss", options.loss, &Loss::ALL)?)
        .with_weight(input::choice("options.weight", options.weight, &Weight::ALL)?)
        .with_zeros(input::choice("options.zeros", options.zeros, &zeros)?)
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

/// Fills `size` bytes of options with the defaults; pass `sizeof(jko_fit_options)`.
///
/// Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_options_init(options: *mut jko_fit_options, size: usize) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { options::init(options, size) }.map(|()| JKO_STATUS_OK)
    })
}

/// Fills `size` bytes of a ridge with the defaults; pass `sizeof(jko_ridge)`.
///
/// Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_ridge_init(ridge: *mut jko_ridge, size: usize) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { options::init(ridge, size) }.map(|()| JKO_STATUS_OK)
    })
}
