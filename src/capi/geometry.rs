//! `jko_metric_`, `jko_path_`, `jko_distance_matrix`, `jko_barycentre_`: the geometry beyond geodesics.

use std::ffi::c_void;

use super::flow::{flow_options, jko_flow_options};
use super::geodesic::{geodesic_options, jko_geodesic_options};
use super::graph::{self, jko_graph};
use super::guard::guard;
use super::input::{self, Matrix, Output};
use super::options;
use super::status::{self, jko_status, Failure, JKO_STATUS_OK};
use super::watch::{self, jko_cancel_token, jko_progress_callback};
use crate::geometry::BarycentreOptions;
use crate::graph::{Graph, Mean};

/// How a barycentre is to be computed. Fill it with `jko_barycentre_options_init`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct jko_barycentre_options {
    /// Size of the struct; set by the init function.
    pub struct_size: usize,
    /// Largest norm of the gradient, relative to the weighted root mean square distance to the
    /// references; 1e-8 by default. Where geodesics to the references are known less well, twice their error takes its place.
    pub tolerance: f64,
    /// Iterations after which the descent gives up; 200 by default.
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

/// Fills `size` bytes of options with the defaults; pass `sizeof(jko_barycentre_options)`.
///
/// Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_barycentre_options_init(
    options: *mut jko_barycentre_options,
    size: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { options::init(options, size) }.map(|()| JKO_STATUS_OK)
    })
}

/// A single output that may be left out by NULL.
///
/// # Safety
/// As [`input::scalar`].
unsafe fn optional_scalar<T: Copy>(name: &str, pointer: *mut T) -> Result<Option<Output<T>>, Failure> {
    // SAFETY: the same promise.
    unsafe { input::optional_output(name, pointer, usize::from(!pointer.is_null()), 1) }
}

fn write<T: Copy>(out: Option<Output<T>>, values: impl IntoIterator<Item = T>) {
    if let Some(out) = out {
        out.write(values);
    }
}

/// From one form of a tangent at a mass vector to the other.
type Conversion = fn(&Graph, Mean, &[f64], &[f64]) -> crate::Result<Vec<f64>>;

/// The frame of both forms of a tangent: a vector in, a vector out.
///
/// # Safety
/// As [`input::handle`], [`input::input`] and [`input::output`].
unsafe fn convert(
    graph: *const jko_graph,
    mean: i32,
    mu: (*const f64, usize),
    from: (&str, *const f64, usize),
    to: (&str, *mut f64, usize),
    compute: Conversion,
) -> Result<jko_status, Failure> {
    // SAFETY: the same promise.
    let graph = &unsafe { input::handle("graph", graph)? }.graph;
    // SAFETY: the same promise.
    let (mu, from, to) = unsafe {
        (
            input::input("mu", mu.0, mu.1)?,
            input::input(from.0, from.1, from.2)?,
            input::output(to.0, to.1, to.2, graph.nodes())?,
        )
    };
    to.write(compute(graph, graph::mean("mean", mean)?, mu, from)?);
    Ok(JKO_STATUS_OK)
}

/// Computes the rate of change `dmu/dt = L(rho) psi` of a tangent with potential `psi` at a positive
/// mass vector `mu`; all of length `n`. `mean` is a `JKO_MEAN_` constant. Cost: one sweep over the
/// edges.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT. Any
/// thread.
#[no_mangle]
pub unsafe extern "C" fn jko_metric_rate(
    graph: *const jko_graph,
    mean: i32,
    mu: *const f64,
    mu_len: usize,
    psi: *const f64,
    psi_len: usize,
    rate: *mut f64,
    rate_len: usize,
) -> jko_status {
    guard(|| {
        let (from, to) = (("psi", psi, psi_len), ("rate", rate, rate_len));
        // SAFETY: the contract of the module.
        unsafe { convert(graph, mean, (mu, mu_len), from, to, Graph::potential_to_rate) }
    })
}

/// Computes the potential `psi`, mean zero under `pi`, of a tangent with the given rate of change of sum
/// zero at a positive mass vector `mu`; all of length `n`. The inverse of `jko_metric_rate`. Cost: one
/// sparse factorisation.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT (also
/// for a rate whose sum is not zero), SINGULAR, OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_metric_potential(
    graph: *const jko_graph,
    mean: i32,
    mu: *const f64,
    mu_len: usize,
    rate: *const f64,
    rate_len: usize,
    psi: *mut f64,
    psi_len: usize,
) -> jko_status {
    guard(|| {
        let (from, to) = (("rate", rate, rate_len), ("psi", psi, psi_len));
        // SAFETY: the contract of the module.
        unsafe { convert(graph, mean, (mu, mu_len), from, to, Graph::rate_to_potential) }
    })
}

/// Computes the scalar product `psi^T L(rho) phi` of two tangents at a positive mass vector `mu`, given
/// by their potentials; all of length `n`. With `phi = psi` it is the squared speed. Cost: one sweep.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT. Any
/// thread.
#[no_mangle]
pub unsafe extern "C" fn jko_metric_product(
    graph: *const jko_graph,
    mean: i32,
    mu: *const f64,
    mu_len: usize,
    psi: *const f64,
    psi_len: usize,
    phi: *const f64,
    phi_len: usize,
    product: *mut f64,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (graph, mu, psi, phi, out) = unsafe {
            (
                input::handle("graph", graph)?,
                input::input("mu", mu, mu_len)?,
                input::input("psi", psi, psi_len)?,
                input::input("phi", phi, phi_len)?,
                input::scalar("product", product)?,
            )
        };
        out.write([graph.graph.metric_product(graph::mean("mean", mean)?, mu, psi, phi)?]);
        Ok(JKO_STATUS_OK)
    })
}

/// Follows the geodesic that leaves the positive mass vector `mu` with potential `psi`, both of length
/// `n`, at the first of the increasing `times`, and shows it at all of them.
///
/// With the times 0 and 1 the last row is the exponential map. `masses` and `potentials` are matrices of
/// one row per time and `n` columns, with strides in elements; either may be NULL. `energy_drift`, which
/// may be NULL, takes the largest relative change of the conserved energy. `options` may be NULL; the
/// tolerance bounds the error of a step. Cost: 37 sweeps over the edges per step.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT,
/// STRUCT_SIZE, FLOW_FAILED (the message says when the geodesic leaves the simplex), OUT_OF_MEMORY;
/// CANCELLED, with nothing written. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_metric_geodesic_flow(
    graph: *const jko_graph,
    mu: *const f64,
    mu_len: usize,
    psi: *const f64,
    psi_len: usize,
    times: *const f64,
    times_len: usize,
    options: *const jko_flow_options,
    masses: *mut f64,
    masses_row_stride: isize,
    masses_col_stride: isize,
    potentials: *mut f64,
    potentials_row_stride: isize,
    potentials_col_stride: isize,
    energy_drift: *mut f64,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let graph = &unsafe { input::handle("graph", graph)? }.graph;
        let shaped = |data, row_stride, col_stride| Matrix {
            data,
            rows: times_len,
            cols: graph.nodes(),
            row_stride,
            col_stride,
        };
        let masses = shaped(masses, masses_row_stride, masses_col_stride);
        let potentials = shaped(potentials, potentials_row_stride, potentials_col_stride);
        // SAFETY: the contract of the module.
        let (mu, psi, times, options, masses, potentials, drift, _watch) = unsafe {
            (
                input::input("mu", mu, mu_len)?,
                input::input("psi", psi, psi_len)?,
                input::input("times", times, times_len)?,
                flow_options(options)?,
                input::output_matrix("masses", masses)?,
                input::output_matrix("potentials", potentials)?,
                optional_scalar("energy_drift", energy_drift)?,
                watch::begin(options)?,
            )
        };
        let flow = graph.geodesic_flow(mu, psi, times, &options)?;
        for (row, (mass, potential)) in flow.masses().iter().zip(flow.potentials()).enumerate() {
            masses.write_row(row, mass);
            potentials.write_row(row, potential);
        }
        write(drift, [flow.energy_drift()]);
        Ok(JKO_STATUS_OK)
    })
}

/// Computes the logarithm of `mu1` at `mu0`: the potential `psi` with which the geodesic from `mu0` to
/// `mu1` leaves, mean zero under `pi`; all of length `n`. At empty nodes of
/// `mu0` it is as in `jko_geodesic_potential_start`. `options` may be NULL. Cost: one geodesic.
///
/// Returns: as `jko_geodesic_solve`, but NOT_CONVERGED where the geodesic did not converge; CANCELLED,
/// with nothing written. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_metric_logarithm(
    graph: *const jko_graph,
    mu0: *const f64,
    mu0_len: usize,
    mu1: *const f64,
    mu1_len: usize,
    options: *const jko_geodesic_options,
    psi: *mut f64,
    psi_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let graph = &unsafe { input::handle("graph", graph)? }.graph;
        // SAFETY: the contract of the module.
        let (mu0, mu1, options, out, _watch) = unsafe {
            (
                input::input("mu0", mu0, mu0_len)?,
                input::input("mu1", mu1, mu1_len)?,
                geodesic_options(options)?,
                input::output("psi", psi, psi_len, graph.nodes())?,
                watch::begin(options)?,
            )
        };
        out.write(graph.logarithm(mu0, mu1, &options)?);
        Ok(JKO_STATUS_OK)
    })
}

/// Computes the action of the path through the rows of `masses` (`rows` by `cols = n`, strides in
/// elements) at as many increasing `times`.
///
/// The path is linear between the rows, with the best constant flux on each segment. Nodes may be empty; where mass
/// crosses nodes that are empty all along a segment the action is infinite. For samples of a geodesic on [0, 1] the action
/// converges to the squared distance at second order. `mean` is a `JKO_MEAN_` constant. Cost: per
/// segment five sweeps and a sparse factorisation.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT,
/// SINGULAR, OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_path_action(
    graph: *const jko_graph,
    mean: i32,
    times: *const f64,
    times_len: usize,
    masses: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
    action: *mut f64,
) -> jko_status {
    guard(|| {
        let matrix = Matrix { data: masses, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        let (graph, times, masses, out) = unsafe {
            (
                input::handle("graph", graph)?,
                input::input("times", times, times_len)?,
                input::rows("masses", matrix)?,
                input::scalar("action", action)?,
            )
        };
        out.write([graph.graph.path_action(graph::mean("mean", mean)?, times, &masses)?]);
        Ok(JKO_STATUS_OK)
    })
}

/// Computes the length of each segment of the path through the rows of `masses`; their sum is the length
/// of the path, at least the distance of its ends up to the error of a rule of five nodes: 3e-8 where densities no
/// more than double over a segment, 2e-2 where one end of an edge is empty.
///
/// Path and cost as for `jko_path_action`. `lengths` has length `rows - 1`.
///
/// Returns: as `jko_path_action`. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_path_lengths(
    graph: *const jko_graph,
    mean: i32,
    masses: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
    lengths: *mut f64,
    lengths_len: usize,
) -> jko_status {
    guard(|| {
        let matrix = Matrix { data: masses, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        let (graph, masses, out) = unsafe {
            (
                input::handle("graph", graph)?,
                input::rows("masses", matrix)?,
                input::output("lengths", lengths, lengths_len, rows.saturating_sub(1))?,
            )
        };
        out.write(graph.graph.segment_lengths(graph::mean("mean", mean)?, &masses)?);
        Ok(JKO_STATUS_OK)
    })
}

/// Computes the distances between all pairs of `distributions`, a matrix of one mass vector per row
/// (`rows` by `cols = n`) with strides in elements; empty nodes are welcome.
///
/// `distances` is a matrix of `rows` by `rows`, with strides: symmetric, zero on the diagonal, NaN where
/// the geodesic did not converge. `options` may be NULL. `num_threads` threads work, and end before the
/// call returns; 1 starts none; the results are the same to the last bit. Cost: `rows (rows - 1) / 2`
/// geodesics, of which groups of eight share a factorisation.
///
/// Returns: the positive status of the first pair that did not converge, with all others computed;
/// NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT, STRUCT_SIZE,
/// SINGULAR, OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_distance_matrix(
    graph: *const jko_graph,
    distributions: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
    options: *const jko_geodesic_options,
    num_threads: i32,
    distances: *mut f64,
    distances_row_stride: isize,
    distances_col_stride: isize,
) -> jko_status {
    guard(|| {
        let matrix = Matrix { data: distributions, rows, cols, row_stride, col_stride };
        let square = Matrix {
            data: distances,
            rows,
            cols: rows,
            row_stride: distances_row_stride,
            col_stride: distances_col_stride,
        };
        if rows > 0 {
            input::not_null("distances", distances)?;
        }
        // SAFETY: the contract of the module.
        let (graph, distributions, options, out, _watch) = unsafe {
            (
                input::handle("graph", graph)?,
                input::rows("distributions", matrix)?,
                geodesic_options(options)?,
                input::output_matrix("distances", square)?,
                watch::begin(options)?,
            )
        };
        let threads = input::threads(num_threads)?;
        let matrix = graph.graph.distance_matrix(&distributions, &options, threads)?;
        for i in 0..matrix.size() {
            out.write_row(i, matrix.row(i));
        }
        match matrix.unconverged() {
            [] => Ok(JKO_STATUS_OK),
            pairs @ [(i, j, termination), ..] => {
                let (why, count) = (termination.describe(), pairs.len());
                let message =
                    format!("distributions {i} and {j}, the first of {count} such pairs: {why}");
                Err(Failure::new(status::of_termination(*termination), message))
            }
        }
    })
}

/// Computes the barycentre of positive references: the mass vector `mu` where the sum of
/// `weights[i] W(mu, references[i])^2 / 2` is least.
///
/// `references` is a matrix of one mass vector per row (`rows` by `cols = n`) with strides in elements;
/// `weights`, one per row, are not negative and sum to one. `mass` has length `n`. `objective`,
/// `residual` (the norm of the gradient, relative to the root mean square distance) and `iterations` may
/// be NULL. `options` may be NULL; `num_threads` as for `jko_distance_matrix`. Cost: per iteration a
/// geodesic for each reference of positive weight, and a geodesic flow.
///
/// Returns: ITERATION_LIMIT, STALLED or CANCELLED, with the last iterate, where it did not converge; NULL_POINTER,
/// MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT, STRUCT_SIZE, SINGULAR,
/// NOT_CONVERGED (a geodesic to a reference; the message names it), OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_barycentre_solve(
    graph: *const jko_graph,
    references: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
    weights: *const f64,
    weights_len: usize,
    options: *const jko_barycentre_options,
    num_threads: i32,
    mass: *mut f64,
    mass_len: usize,
    objective: *mut f64,
    residual: *mut f64,
    iterations: *mut usize,
) -> jko_status {
    guard(|| {
        let matrix = Matrix { data: references, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        let graph = &unsafe { input::handle("graph", graph)? }.graph;
        // SAFETY: the contract of the module.
        let (references, weights, options, mass, objective, residual, iterations, _watch) = unsafe {
            (
                input::rows("references", matrix)?,
                input::input("weights", weights, weights_len)?,
                options::read(options)?,
                input::output("mass", mass, mass_len, graph.nodes())?,
                optional_scalar("objective", objective)?,
                optional_scalar("residual", residual)?,
                optional_scalar("iterations", iterations)?,
                watch::begin(options)?,
            )
        };
        options::reserved_zero("options.reserved", options.reserved)?;
        let options = BarycentreOptions::default()
            .with_mean(graph::mean("options.mean", options.mean)?)
            .with_tolerance(options.tolerance)
            .with_max_iterations(input::count("options.max_iterations", options.max_iterations)?);
        let threads = input::threads(num_threads)?;
        let barycentre = graph.barycentre(&references, weights, &options, threads)?;
        mass.write(barycentre.mass().iter().copied());
        write(objective, [barycentre.objective()]);
        write(residual, [barycentre.residual()]);
        write(iterations, [barycentre.iterations()]);
        Ok(status::of_termination(barycentre.termination()))
    })
}

/// Computes the weights for which `mu` (length `n`) is closest to being the barycentre of the
/// references.
///
/// `references` as for `jko_barycentre_solve`; all are positive on every node. `weights`, one per row,
/// are not negative and sum to one. `residual`, which may be NULL, takes the norm of the gradient for
/// these weights, in units of distance: zero for a barycentre. `options` may be NULL; `num_threads` as
/// for `jko_distance_matrix`. Cost: one geodesic per reference, and a quadratic programme in the
/// weights.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT,
/// STRUCT_SIZE, SINGULAR, NOT_CONVERGED (a geodesic to a reference; the message names it),
/// OUT_OF_MEMORY; CANCELLED, with nothing written. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_barycentre_weights(
    graph: *const jko_graph,
    mu: *const f64,
    mu_len: usize,
    references: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
    options: *const jko_geodesic_options,
    num_threads: i32,
    weights: *mut f64,
    weights_len: usize,
    residual: *mut f64,
) -> jko_status {
    guard(|| {
        let matrix = Matrix { data: references, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        let (graph, mu, references, options, weights, residual, _watch) = unsafe {
            (
                input::handle("graph", graph)?,
                input::input("mu", mu, mu_len)?,
                input::rows("references", matrix)?,
                geodesic_options(options)?,
                input::output("weights", weights, weights_len, rows)?,
                optional_scalar("residual", residual)?,
                watch::begin(options)?,
            )
        };
        let threads = input::threads(num_threads)?;
        let found = graph.graph.barycentric_weights(mu, &references, &options, threads)?;
        weights.write(found.weights().iter().copied());
        write(residual, [found.residual()]);
        Ok(JKO_STATUS_OK)
    })
}
