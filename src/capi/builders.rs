//! `jko_graph` by name: paths, grids, random graphs, neighbours of points.

use super::graph::{self, jko_graph};
use super::guard::guard;
use super::input;
use super::status::{jko_status, Failure, JKO_STATUS_OK};
use crate::graph::{Graph, Reference};

/// The frame of a named graph: where it goes, its reference measure, and how it is made.
///
/// # Safety
/// As [`input::slot`].
unsafe fn named(
    out: *mut *mut jko_graph,
    reference: i32,
    make: impl FnOnce(Reference) -> crate::Result<Graph>,
) -> Result<jko_status, Failure> {
    // SAFETY: the same promise.
    let out = unsafe { input::slot("out", out)? };
    let graph = make(graph::reference("reference", reference)?)?;
    out.fill(jko_graph { graph });
    Ok(JKO_STATUS_OK)
}

/// Makes the path `0 - 1 - ... - (n-1)`, unit weights. Cost `O(n)`.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_path(
    n: usize,
    reference: i32,
    out: *mut *mut jko_graph,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { named(out, reference, |reference| Graph::path(n, reference)) }
    })
}

/// Makes the cycle on `n >= 3` nodes, unit weights. Cost `O(n)`.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_cycle(
    n: usize,
    reference: i32,
    out: *mut *mut jko_graph,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { named(out, reference, |reference| Graph::cycle(n, reference)) }
    })
}

/// Makes the star on `n` nodes in all, node 0 its centre, unit weights. Cost `O(n)`.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_star(
    n: usize,
    reference: i32,
    out: *mut *mut jko_graph,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { named(out, reference, |reference| Graph::star(n, reference)) }
    })
}

/// Makes the complete graph on `n` nodes, unit weights. Cost `O(n^2)`.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_complete(
    n: usize,
    reference: i32,
    out: *mut *mut jko_graph,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { named(out, reference, |reference| Graph::complete(n, reference)) }
    })
}

/// Makes the grid with one to three sides, or the torus if `periodic` is not 0; unit weights.
///
/// The last coordinate runs fastest: `(i, j, k)` is node `(i sides[1] + j) sides[2] + k`. Cost: linear
/// in the nodes.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_grid(
    sides: *const usize,
    sides_len: usize,
    periodic: i32,
    reference: i32,
    out: *mut *mut jko_graph,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe {
            let sides = input::input("sides", sides, sides_len);
            // the slot first, so that it is NULL whatever is wrong with the sides
            let out = input::slot("out", out).map(|_| out)?;
            let sides = sides?;
            named(out, reference, |reference| Graph::grid(sides, periodic != 0, reference))
        }
    })
}

/// Makes the hypercube of `2^dimension` nodes, unit weights. Cost: linear in the edges.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_hypercube(
    dimension: usize,
    reference: i32,
    out: *mut *mut jko_graph,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { named(out, reference, |reference| Graph::hypercube(dimension, reference)) }
    })
}

/// Makes the Hamming graph: words of `length` letters, joined where they differ in one; unit weights.
/// The number of a word is its value with the first letter most significant. Cost: linear in the
/// edges.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_hamming(
    length: usize,
    alphabet: usize,
    reference: i32,
    out: *mut *mut jko_graph,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { named(out, reference, |reference| Graph::hamming(length, alphabet, reference)) }
    })
}

/// Makes the Erdos-Renyi graph `G(n,p)`, given that it is connected; unit weights. The same seed gives
/// the same graph everywhere. Cost of a draw, of which at most 100 are made: `O(nodes + edges)`.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, DISCONNECTED (no draw was connected),
/// OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_erdos_renyi(
    n: usize,
    p: f64,
    seed: u64,
    reference: i32,
    out: *mut *mut jko_graph,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { named(out, reference, |reference| Graph::erdos_renyi(n, p, seed, reference)) }
    })
}

/// Makes a stochastic block model, given that it is connected; unit weights.
///
/// Block `a` holds `sizes[a]` consecutive nodes; nodes of the blocks `a` and `b` are joined with
/// probability `probability[a k + b]`, a symmetric `k` by `k` matrix for `k = sizes_len`.
///
/// Returns: as `jko_graph_erdos_renyi`, and LENGTH_MISMATCH. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_stochastic_block(
    sizes: *const usize,
    sizes_len: usize,
    probability: *const f64,
    probability_len: usize,
    seed: u64,
    reference: i32,
    out: *mut *mut jko_graph,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe {
            let sizes = input::input("sizes", sizes, sizes_len);
            let probability = input::input("probability", probability, probability_len);
            let out = input::slot("out", out).map(|_| out)?;
            let (sizes, probability) = (sizes?, probability?);
            named(out, reference, |reference| {
                Graph::stochastic_block(sizes, probability, seed, reference)
            })
        }
    })
}

/// Makes a graph by preferential attachment (Barabasi and Albert): every new node brings `m` edges;
/// unit weights. Cost `O(m n)`.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_barabasi_albert(
    n: usize,
    m: usize,
    seed: u64,
    reference: i32,
    out: *mut *mut jko_graph,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { named(out, reference, |reference| Graph::barabasi_albert(n, m, seed, reference)) }
    })
}

/// Makes a small world (Watts and Strogatz): the ring with `k` neighbours each (even), every edge
/// turned with probability `p`, given that it is connected; unit weights.
///
/// Returns: as `jko_graph_erdos_renyi`. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_watts_strogatz(
    n: usize,
    k: usize,
    p: f64,
    seed: u64,
    reference: i32,
    out: *mut *mut jko_graph,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { named(out, reference, |reference| Graph::watts_strogatz(n, k, p, seed, reference)) }
    })
}

/// Makes a random graph in which every node has the same degree, given that it is connected; unit
/// weights.
///
/// Returns: as `jko_graph_erdos_renyi`. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_random_regular(
    n: usize,
    degree: usize,
    seed: u64,
    reference: i32,
    out: *mut *mut jko_graph,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { named(out, reference, |reference| Graph::random_regular(n, degree, seed, reference)) }
    })
}

/// Makes a tree drawn uniformly from all labelled trees on `n` nodes; unit weights. Cost `O(n)`.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_random_tree(
    n: usize,
    seed: u64,
    reference: i32,
    out: *mut *mut jko_graph,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { named(out, reference, |reference| Graph::random_tree(n, seed, reference)) }
    })
}

/// Makes the graph of the `k` nearest neighbours of points in Euclidean space: two points are joined
/// where either is among the `k` nearest of the other.
///
/// `points` is a matrix of one row per point, with strides in elements; it is copied. `bandwidth` 0
/// gives unit weights, `h > 0` the weights `exp(-d^2 / (2 h^2))`.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT, DISCONNECTED
/// (clusters too far apart), OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_nearest_neighbours(
    points: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
    k: usize,
    bandwidth: f64,
    reference: i32,
    out: *mut *mut jko_graph,
) -> jko_status {
    guard(|| {
        let matrix = input::Matrix { data: points, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        unsafe {
            let out = input::slot("out", out).map(|_| out)?;
            let points = input::rows("points", matrix)?.concat();
            named(out, reference, |reference| match bandwidth {
                0.0 => Graph::nearest_neighbours(&points, cols, k, reference),
                h => Graph::nearest_neighbours_weighted(&points, cols, k, h, reference),
            })
        }
    })
}
