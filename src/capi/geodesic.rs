//! `jko_geodesic` and `jko_solver`.

use std::ffi::{c_char, c_void};

use super::graph::{self, jko_graph};
use super::guard::{guard, guard_value, Exclusive};
use super::input::{self, Matrix};
use super::options;
use super::status::{self, jko_status, Failure, JKO_STATUS_NULL_POINTER, JKO_STATUS_OK};
use super::watch::{self, jko_cancel_token, jko_progress_callback, Watchers};
use crate::geodesic::{Geodesic, GeodesicOptions, GeodesicSolver, Method};

/// A solved geodesic problem. Immutable: any number of threads may use it at once.
///
/// When `jko_geodesic_termination` is not `JKO_STATUS_OK`, its numbers are those of the best path found,
/// which joins the ends; `jko_geodesic_error_estimate` says how good they are.
pub struct jko_geodesic {
    pub(super) geodesic: Geodesic,
}

/// Options, factorisation and buffers bound to a graph: what a loop over many geodesics reuses. One
/// user at a time; a second one gets `JKO_STATUS_BUSY`.
pub struct jko_solver {
    solver: Exclusive<GeodesicSolver>,
    watchers: Watchers,
}

/// The cheapest method that serves: shooting, or the convex problem where that does not.
pub const JKO_METHOD_AUTOMATIC: i32 = 0;
/// The convex problem, whatever the ends: to check one method by the other.
pub const JKO_METHOD_NEWTON: i32 = 1;

/// How a geodesic is to be computed. Fill it with `jko_geodesic_options_init`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct jko_geodesic_options {
    /// Size of the struct; set by the init function.
    pub struct_size: usize,
    /// Relative accuracy wanted in the distance and the end potentials. 0, the default, means 1e-9, or 1e-4
    /// where an end has a node of density below 1e-6, since potentials are singular at empty nodes, or the path
    /// touches the boundary. Where a density is below 1e-12 but not zero the potential is finite, but too small, and
    /// that node does not count. Where an end is empty somewhere, 1e-8 is met with the logarithmic and the geometric mean,
    /// 1e-6 with the others, but for rare cases.
    pub tolerance: f64,
    /// Iterations of shooting and steps of Newton's method after which the solver gives up; 1000 by
    /// default.
    pub max_iterations: i64,
    /// Mobility mean, a `JKO_MEAN_` constant; logarithmic by default.
    pub mean: i32,
    /// What runs, a `JKO_METHOD_` constant; automatic by default.
    pub method: i32,
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
pub(super) unsafe fn geodesic_options(
    options: *const jko_geodesic_options,
) -> Result<GeodesicOptions, Failure> {
    // SAFETY: the same promise.
    let options = unsafe { options::read(options)? };
    let methods = [Method::Automatic, Method::Newton];
    let method = input::choice("options.method", options.method, &methods)?;
    Ok(solver_options(options.mean, options.tolerance, options.max_iterations)?.with_method(method))
}

/// The options of the solver; a tolerance of zero is the default one.
pub(super) fn solver_options(
    mean: i32,
    tolerance: f64,
    max_iterations: i64,
) -> Result<GeodesicOptions, Failure> {
    let options = GeodesicOptions::default()
        .with_mean(graph::mean("options.mean", mean)?)
        .with_max_iterations(input::count("options.max_iterations", max_iterations)?);
    Ok(if tolerance == 0.0 { options } else { options.with_tolerance(tolerance) })
}

/// Fills `size` bytes of options with the defaults; pass `sizeof(jko_geodesic_options)`.
///
/// Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_options_init(
    options: *mut jko_geodesic_options,
    size: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { options::init(options, size) }.map(|()| JKO_STATUS_OK)
    })
}

/// Solves for the geodesic from `mu0` to `mu1`, any two mass vectors of length `n`; nodes may be empty.
///
/// The masses are copied, the graph is kept. `options` may be NULL. For many problems on one graph use
/// a `jko_solver` or a batch. Cost between near ends (shooting): one sparse factorisation, then per
/// iteration one pair of triangular solves and a few sweeps over the edges. Between far ends, and where
/// nodes are nearly empty (Newton's method): twenty to sixty steps, each with a factorisation for each of
/// some tens of time nodes.
///
/// Returns: a positive status, with a geodesic, where it did not converge (ITERATION_LIMIT, STALLED,
/// RESOLUTION, MEMORY_LIMIT, CANCELLED); NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE,
/// NOT_NORMALISED, INVALID_ARGUMENT, STRUCT_SIZE, SINGULAR, OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_solve(
    graph: *const jko_graph,
    mu0: *const f64,
    mu0_len: usize,
    mu1: *const f64,
    mu1_len: usize,
    options: *const jko_geodesic_options,
    out: *mut *mut jko_geodesic,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, graph, mu0, mu1, options, _watch) = unsafe {
            (
                input::slot("out", out)?,
                input::handle("graph", graph)?,
                input::input("mu0", mu0, mu0_len)?,
                input::input("mu1", mu1, mu1_len)?,
                geodesic_options(options)?,
                watch::begin(options)?,
            )
        };
        let geodesic = graph.graph.geodesic(mu0, mu1, &options)?;
        let status = status::of_termination(geodesic.termination());
        out.fill(jko_geodesic { geodesic });
        Ok(status)
    })
}

/// Ends a geodesic; NULL is fine. Any thread, once nobody uses the handle.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_free(geodesic: *mut jko_geodesic) {
    guard_value((), || {
        // SAFETY: the contract of the module.
        unsafe { input::release(geodesic) }
    })
}

/// Reads a plain value from a geodesic.
///
/// # Safety
/// As [`input::handle`].
unsafe fn look<T>(geodesic: *const jko_geodesic, otherwise: T, read: impl FnOnce(&Geodesic) -> T) -> T {
    // SAFETY: the same promise.
    match unsafe { input::handle("geodesic", geodesic) } {
        Ok(handle) => read(&handle.geodesic),
        Err(_) => otherwise,
    }
}

/// Copies a vector of length `n` from a geodesic.
///
/// # Safety
/// As [`input::handle`] and [`input::output`].
unsafe fn copy(
    geodesic: *const jko_geodesic,
    name: &str,
    out: *mut f64,
    out_len: usize,
    read: impl FnOnce(&Geodesic) -> crate::Result<Vec<f64>>,
) -> Result<jko_status, Failure> {
    // SAFETY: the same promise.
    let geodesic = &unsafe { input::handle("geodesic", geodesic)? }.geodesic;
    // SAFETY: the same promise.
    let out = unsafe { input::output(name, out, out_len, geodesic.graph().nodes())? };
    out.write(read(geodesic)?);
    Ok(JKO_STATUS_OK)
}

/// The distance `W_K(mu0, mu1)`, infinite where the solve was stopped before its first iteration; NaN for
/// NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_distance(geodesic: *const jko_geodesic) -> f64 {
    guard_value(f64::NAN, || {
        // SAFETY: the contract of the module.
        unsafe { look(geodesic, f64::NAN, Geodesic::distance) }
    })
}

/// Estimated relative error of the distance and of the end potentials; NaN for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_error_estimate(geodesic: *const jko_geodesic) -> f64 {
    guard_value(f64::NAN, || {
        // SAFETY: the contract of the module.
        unsafe { look(geodesic, f64::NAN, Geodesic::error_estimate) }
    })
}

/// Estimated relative error of masses and potentials between the ends; NaN for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_path_error_estimate(geodesic: *const jko_geodesic) -> f64 {
    guard_value(f64::NAN, || {
        // SAFETY: the contract of the module.
        unsafe { look(geodesic, f64::NAN, Geodesic::path_error_estimate) }
    })
}

/// What the last iteration of shooting changed, or the last decrement of Newton's method, relatively; NaN for NULL. Any
/// thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_residual(geodesic: *const jko_geodesic) -> f64 {
    guard_value(f64::NAN, || {
        // SAFETY: the contract of the module.
        unsafe { look(geodesic, f64::NAN, Geodesic::residual) }
    })
}

/// Iterations that were made; 0 for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_iterations(geodesic: *const jko_geodesic) -> usize {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        unsafe { look(geodesic, 0, Geodesic::iterations) }
    })
}

/// Time nodes of the final resolution; 0 for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_time_nodes(geodesic: *const jko_geodesic) -> usize {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        unsafe { look(geodesic, 0, Geodesic::time_nodes) }
    })
}

/// Number of nodes `n` of its graph; 0 for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_nodes(geodesic: *const jko_geodesic) -> usize {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        unsafe { look(geodesic, 0, |geodesic| geodesic.graph().nodes()) }
    })
}

/// Its mobility mean, a `JKO_MEAN_` constant; -1 for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_mean(geodesic: *const jko_geodesic) -> i32 {
    guard_value(-1, || {
        // SAFETY: the contract of the module.
        unsafe { look(geodesic, -1, |geodesic| graph::mean_constant(geodesic.mean())) }
    })
}

/// Why the solve stopped: `JKO_STATUS_OK` where it converged, otherwise the positive status that the
/// solve returned; NULL_POINTER for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_termination(geodesic: *const jko_geodesic) -> jko_status {
    guard_value(JKO_STATUS_NULL_POINTER, || {
        // SAFETY: the contract of the module.
        unsafe {
            look(geodesic, JKO_STATUS_NULL_POINTER, |geodesic| {
                status::of_termination(geodesic.termination())
            })
        }
    })
}

/// Copies the name of the method that found it (`shooting`, `newton`, or `none` between equal ends and
/// where it was stopped before it began), in the manner of `jko_last_error`; returns the bytes that the whole text needs, its NUL included, or 0
/// for a NULL geodesic. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_method(
    geodesic: *const jko_geodesic,
    buffer: *mut c_char,
    capacity: usize,
) -> usize {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        unsafe { look(geodesic, 0, |geodesic| super::copy_text(geodesic.method(), buffer, capacity)) }
    })
}

/// Copies why that method ran, in a few words, in the manner of `jko_last_error`; returns the bytes that
/// the whole text needs, its NUL included, or 0 for a NULL geodesic. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_reason(
    geodesic: *const jko_geodesic,
    buffer: *mut c_char,
    capacity: usize,
) -> usize {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        unsafe { look(geodesic, 0, |geodesic| super::copy_text(geodesic.reason(), buffer, capacity)) }
    })
}

/// Copies `psi(0)`, length `n`, mean zero under `pi`: minus the derivative of `W^2/2` in `mu0`.
///
/// At nodes that `mu0` leaves empty it is positive infinity, or finite for the arithmetic mobility mean,
/// and they do not count towards mean zero. With that mean
/// it is less accurate at an empty node whose neighbours are empty, too: the error estimate does not cover it; and where
/// no mass arrives at any time it is a neighbour's, not the derivative.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_potential_start(
    geodesic: *const jko_geodesic,
    potential: *mut f64,
    potential_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe {
            copy(geodesic, "potential", potential, potential_len, |g| Ok(g.potential_start().to_vec()))
        }
    })
}

/// Copies `psi(1)`, length `n`, mean zero under `pi`: the derivative of `W^2/2` in `mu1`.
///
/// At nodes that `mu1` leaves empty it is negative infinity, or finite for the arithmetic mobility mean,
/// and they do not count towards mean zero. With that mean
/// it is less accurate at an empty node whose neighbours are empty, too: the error estimate does not cover it; and where
/// no mass arrives at any time it is a neighbour's, not the derivative.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_potential_end(
    geodesic: *const jko_geodesic,
    potential: *mut f64,
    potential_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe {
            copy(geodesic, "potential", potential, potential_len, |g| Ok(g.potential_end().to_vec()))
        }
    })
}

/// Computes the masses at time `t` in `[0, 1]`, length `n`.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_mass_at(
    geodesic: *const jko_geodesic,
    t: f64,
    mass: *mut f64,
    mass_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { copy(geodesic, "mass", mass, mass_len, |g| g.mass_at(t)) }
    })
}

/// Computes the densities `mu_x(t) / pi_x` at time `t` in `[0, 1]`, length `n`.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_density_at(
    geodesic: *const jko_geodesic,
    t: f64,
    density: *mut f64,
    density_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { copy(geodesic, "density", density, density_len, |g| g.density_at(t)) }
    })
}

/// Computes the potential `psi(t)` at time `t` in `[0, 1]`, length `n`, mean zero under `pi`.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_potential_at(
    geodesic: *const jko_geodesic,
    t: f64,
    potential: *mut f64,
    potential_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { copy(geodesic, "potential", potential, potential_len, |g| g.potential_at(t)) }
    })
}

/// Snapshots, options and a number of threads: what both batches take.
///
/// # Safety
/// As [`input::handle`], [`input::rows`] and [`options::read`].
unsafe fn batch(
    graph: *const jko_graph,
    snapshots: Matrix<*const f64>,
    options: *const jko_geodesic_options,
    num_threads: i32,
) -> Result<Vec<Geodesic>, Failure> {
    // SAFETY: the same promise.
    let (graph, snapshots, options, _watch) = unsafe {
        (
            input::handle("graph", graph)?,
            input::rows("snapshots", snapshots)?,
            geodesic_options(options)?,
            watch::begin(options)?,
        )
    };
    let threads = input::threads(num_threads)?;
    Ok(graph.graph.geodesics(&snapshots, &options, threads)?)
}

/// The status of a batch: that of the first geodesic that did not converge.
fn first_unconverged(geodesics: &[Geodesic]) -> jko_status {
    let mut statuses = geodesics.iter().map(|g| status::of_termination(g.termination()));
    statuses.find(|&status| status != JKO_STATUS_OK).unwrap_or(JKO_STATUS_OK)
}

/// Solves for the geodesics between consecutive snapshots and hands out a handle for each.
///
/// `snapshots` is a matrix of one mass vector per row (`rows` by `cols = n`), with strides in
/// elements; it is copied. Nodes may be empty. `out` has length `rows - 1` (0 for no row) and is filled
/// with handles, or with NULL on an error. `num_threads` threads work, and end before the call returns;
/// 1 starts none; the results are the same to the last bit. Cost: groups of eight pairs share a
/// factorisation.
///
/// Returns: the positive status of the first geodesic that did not converge, with all handles; errors
/// as `jko_geodesic_solve`. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_batch(
    graph: *const jko_graph,
    snapshots: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
    options: *const jko_geodesic_options,
    num_threads: i32,
    out: *mut *mut jko_geodesic,
    out_len: usize,
) -> jko_status {
    guard(|| {
        let matrix = Matrix { data: snapshots, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        let out = unsafe { input::output("out", out, out_len, rows.saturating_sub(1))? };
        out.write(std::iter::repeat_n(std::ptr::null_mut(), out_len));
        // SAFETY: the contract of the module.
        let geodesics = unsafe { batch(graph, matrix, options, num_threads)? };
        let status = first_unconverged(&geodesics);
        let handles = geodesics.into_iter().map(|geodesic| Box::new(jko_geodesic { geodesic }));
        out.write(handles.map(Box::into_raw));
        Ok(status)
    })
}

/// Solves for the geodesics between consecutive snapshots and copies out what learning needs.
///
/// Snapshots, options and threads as for `jko_geodesic_batch`. `distance` and `termination` have
/// length `rows - 1`; either may be NULL with length 0. The end potentials are matrices of `rows - 1`
/// rows and `cols` columns with the strides given for each; either may be NULL. Where the work was stopped
/// before a pair was begun its numbers are NaN.
///
/// Returns: as `jko_geodesic_batch`; INVALID_ARGUMENT for an output stride of 0. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_geodesic_batch_values(
    graph: *const jko_graph,
    snapshots: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
    options: *const jko_geodesic_options,
    num_threads: i32,
    distance: *mut f64,
    distance_len: usize,
    termination: *mut jko_status,
    termination_len: usize,
    potential_start: *mut f64,
    start_row_stride: isize,
    start_col_stride: isize,
    potential_end: *mut f64,
    end_row_stride: isize,
    end_col_stride: isize,
) -> jko_status {
    guard(|| {
        let pairs = rows.saturating_sub(1);
        let shaped =
            |data, row_stride, col_stride| Matrix { data, rows: pairs, cols, row_stride, col_stride };
        let start = shaped(potential_start, start_row_stride, start_col_stride);
        let end = shaped(potential_end, end_row_stride, end_col_stride);
        let matrix = Matrix { data: snapshots, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        let (distance, termination, start, end, geodesics) = unsafe {
            (
                input::optional_output("distance", distance, distance_len, pairs)?,
                input::optional_output("termination", termination, termination_len, pairs)?,
                input::output_matrix("potential_start", start)?,
                input::output_matrix("potential_end", end)?,
                batch(graph, matrix, options, num_threads)?,
            )
        };
        if let Some(distance) = distance {
            let known = |g: &Geodesic| if begun(g) { g.distance() } else { f64::NAN };
            distance.write(geodesics.iter().map(known));
        }
        if let Some(termination) = termination {
            termination.write(geodesics.iter().map(|g| status::of_termination(g.termination())));
        }
        for (k, geodesic) in geodesics.iter().enumerate() {
            if begun(geodesic) {
                start.write_row(k, geodesic.potential_start());
                end.write_row(k, geodesic.potential_end());
            } else {
                let unknown = vec![f64::NAN; cols];
                start.write_row(k, &unknown);
                end.write_row(k, &unknown);
            }
        }
        Ok(first_unconverged(&geodesics))
    })
}

/// Whether anything is known of a geodesic but its ends.
fn begun(geodesic: &Geodesic) -> bool {
    geodesic.distance().is_finite()
}

/// Makes a solver for geodesics on a graph, which it keeps. `options` may be NULL and are copied.
/// Cost: the symbolic analysis of the graph, once per graph.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, STRUCT_SIZE, OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_solver_new(
    graph: *const jko_graph,
    options: *const jko_geodesic_options,
    out: *mut *mut jko_solver,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, graph, watchers, options) = unsafe {
            (
                input::slot("out", out)?,
                input::handle("graph", graph)?,
                Watchers::of(options)?,
                geodesic_options(options)?,
            )
        };
        // SAFETY: the contract of the module.
        let _watch = unsafe { watchers.begin() };
        let solver = Exclusive::new(GeodesicSolver::new(&graph.graph, options)?);
        out.fill(jko_solver { solver, watchers });
        Ok(JKO_STATUS_OK)
    })
}

/// Ends a solver; NULL is fine. Its geodesics live on. Any thread, once nobody uses the handle.
#[no_mangle]
pub unsafe extern "C" fn jko_solver_free(solver: *mut jko_solver) {
    guard_value((), || {
        // SAFETY: the contract of the module.
        unsafe { input::release(solver) }
    })
}

/// The frame of the solves.
///
/// # Safety
/// As [`input::handle`], [`input::input`] and [`input::slot`].
unsafe fn solve_with(
    solver: *mut jko_solver,
    mu0: (*const f64, usize),
    mu1: (*const f64, usize),
    out: *mut *mut jko_geodesic,
    solve: impl FnOnce(&mut GeodesicSolver, &[f64], &[f64]) -> Result<Geodesic, Failure>,
) -> Result<jko_status, Failure> {
    // SAFETY: the same promise.
    let (out, solver, mu0, mu1) = unsafe {
        (
            input::slot("out", out)?,
            input::handle("solver", solver.cast_const())?,
            input::input("mu0", mu0.0, mu0.1)?,
            input::input("mu1", mu1.0, mu1.1)?,
        )
    };
    // SAFETY: the same promise.
    let _watch = unsafe { solver.watchers.begin() };
    let geodesic = solve(&mut *solver.solver.write("solver")?, mu0, mu1)?;
    let status = status::of_termination(geodesic.termination());
    out.fill(jko_geodesic { geodesic });
    Ok(status)
}

/// Solves for the geodesic from `mu0` to `mu1`, any two mass vectors of length `n`, as
/// `jko_geodesic_solve` does.
///
/// Returns: as `jko_geodesic_solve`, and BUSY. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_solver_solve(
    solver: *mut jko_solver,
    mu0: *const f64,
    mu0_len: usize,
    mu1: *const f64,
    mu1_len: usize,
    out: *mut *mut jko_geodesic,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe {
            solve_with(solver, (mu0, mu0_len), (mu1, mu1_len), out, |solver, mu0, mu1| {
                Ok(solver.solve(mu0, mu1)?)
            })
        }
    })
}

/// As `jko_solver_solve`, but starts from the factorisation that the previous solve left, which saves
/// one when the pairs are similar; it is renewed where it does not serve.
///
/// Returns: as `jko_geodesic_solve`, and BUSY. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_solver_solve_next(
    solver: *mut jko_solver,
    mu0: *const f64,
    mu0_len: usize,
    mu1: *const f64,
    mu1_len: usize,
    out: *mut *mut jko_geodesic,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe {
            solve_with(solver, (mu0, mu0_len), (mu1, mu1_len), out, |solver, mu0, mu1| {
                Ok(solver.solve_next(mu0, mu1)?)
            })
        }
    })
}

/// As `jko_solver_solve`, but starts from the path of an earlier geodesic between similar ends on the same
/// graph, which saves steps where Newton's method runs. It changes the time that the solve takes, not
/// what it converges to. Nothing is kept of `start`.
///
/// Returns: as `jko_geodesic_solve`, INVALID_ARGUMENT also for a start on another graph, and BUSY. One
/// thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_solver_solve_from(
    solver: *mut jko_solver,
    start: *const jko_geodesic,
    mu0: *const f64,
    mu0_len: usize,
    mu1: *const f64,
    mu1_len: usize,
    out: *mut *mut jko_geodesic,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe {
            solve_with(solver, (mu0, mu0_len), (mu1, mu1_len), out, |solver, mu0, mu1| {
                let start = input::handle("start", start)?;
                Ok(solver.solve_from(&start.geodesic, mu0, mu1)?)
            })
        }
    })
}
