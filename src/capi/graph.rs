//! `jko_graph`: constructors and what can be read from a graph.

use sprs::CsMat;

use super::guard::{guard, guard_value};
use super::input;
use super::options;
use super::status::{jko_status, Failure};
use super::status::{JKO_STATUS_DUPLICATE_EDGE, JKO_STATUS_INVALID_ARGUMENT, JKO_STATUS_OK};
use crate::error;
use crate::graph::{Duplicates, Graph, Mean, Reference};

/// Reference measure in proportion to the degrees: the stationary law of the random walk.
pub const JKO_REFERENCE_DEGREE: i32 = 0;
/// Uniform reference measure.
pub const JKO_REFERENCE_UNIFORM: i32 = 1;

/// An edge that is given twice is refused.
pub const JKO_DUPLICATES_REFUSE: i32 = 0;
/// The weights of an edge that is given more than once are added.
pub const JKO_DUPLICATES_SUM: i32 = 1;

/// Logarithmic mean, for which the heat flow is the gradient flow of the entropy.
pub const JKO_MEAN_LOGARITHMIC: i32 = 0;
/// Geometric mean.
pub const JKO_MEAN_GEOMETRIC: i32 = 1;
/// Harmonic mean.
pub const JKO_MEAN_HARMONIC: i32 = 2;
/// Arithmetic mean.
pub const JKO_MEAN_ARITHMETIC: i32 = 3;

/// A finite, connected, reversible Markov chain. Immutable: any number of threads may use it at once.
///
/// It is shared inside, so it may be freed while solvers, geodesics, energies, flows and fits made
/// from it live.
pub struct jko_graph {
    pub(super) graph: Graph,
}

/// How edges and matrices are to be read. Fill it with `jko_graph_options_init`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct jko_graph_options {
    /// Size of the struct; set by the init function.
    pub struct_size: usize,
    /// `JKO_REFERENCE_DEGREE` (default) or `JKO_REFERENCE_UNIFORM`; for `jko_graph_from_weights`.
    pub reference: i32,
    /// `JKO_DUPLICATES_REFUSE` (default) or `JKO_DUPLICATES_SUM`.
    pub duplicates: i32,
    /// Number of the first node and of the first entry of a matrix: 0 (default) or 1.
    pub index_base: i32,
    /// 0.
    pub reserved: i32,
}

/// The options of C as those of Rust.
pub(super) struct Reading {
    reference: Reference,
    pub(super) duplicates: Duplicates,
    pub(super) base: i64,
}

impl Reading {
    /// # Safety
    /// As [`options::read`].
    pub(super) unsafe fn from_c(options: *const jko_graph_options) -> Result<Self, Failure> {
        // SAFETY: the same promise.
        let options = unsafe { options::read(options)? };
        options::reserved_zero("options.reserved", options.reserved)?;
        Ok(Self {
            reference: reference("options.reference", options.reference)?,
            duplicates: input::choice(
                "options.duplicates",
                options.duplicates,
                &[Duplicates::Refuse, Duplicates::Sum],
            )?,
            base: index_base("options.index_base", options.index_base)?,
        })
    }

    /// The edges as triples.
    fn edges(
        &self,
        nodes: usize,
        source: &[i64],
        target: &[i64],
        weight: Option<&[f64]>,
    ) -> Result<Vec<(usize, usize, f64)>, Failure> {
        input::check_length("target", target.len(), source.len())?;
        if let Some(weight) = weight {
            input::check_length("weight", weight.len(), source.len())?;
        }
        let mut edges = input::reserved(source.len(), "the list of edges")?;
        for (k, (&x, &y)) in source.iter().zip(target).enumerate() {
            let x = input::node("source", k, x, self.base, nodes)?;
            let y = input::node("target", k, y, self.base, nodes)?;
            edges.push((x, y, weight.map_or(1.0, |weight| weight[k])));
        }
        Ok(edges)
    }
}

pub(super) fn reference(name: &str, value: i32) -> Result<Reference, Failure> {
    input::choice(name, value, &[Reference::Degree, Reference::Uniform])
}

fn index_base(name: &str, value: i32) -> Result<i64, Failure> {
    input::choice(name, value, &[0, 1])
}

pub(super) fn mean(name: &str, value: i32) -> Result<Mean, Failure> {
    input::choice(name, value, &Mean::ALL)
}

/// The constant of C for a mean.
pub(super) fn mean_constant(mean: Mean) -> i32 {
    match mean {
        Mean::Logarithmic => JKO_MEAN_LOGARITHMIC,
        Mean::Geometric => JKO_MEAN_GEOMETRIC,
        Mean::Harmonic => JKO_MEAN_HARMONIC,
        Mean::Arithmetic => JKO_MEAN_ARITHMETIC,
    }
}

/// Fills `size` bytes of options with the defaults; pass `sizeof(jko_graph_options)`.
///
/// Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_options_init(
    options: *mut jko_graph_options,
    size: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { options::init(options, size) }.map(|()| JKO_STATUS_OK)
    })
}

/// Makes an undirected graph of `nodes` nodes from weighted edges.
///
/// Edge `k` joins `source[k]` and `target[k]` with `weight[k] > 0`; each edge once, in any order and
/// direction. `weight` may be NULL with length 0: all weights are one. The arrays are copied.
/// `options` may be NULL. Cost: linear in nodes and edges. Messages about edges count nodes from 0.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, NODE_OUT_OF_RANGE, SELF_LOOP, DUPLICATE_EDGE,
/// BAD_VALUE, INVALID_ARGUMENT, DISCONNECTED, STRUCT_SIZE, OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_from_weights(
    nodes: usize,
    source: *const i64,
    source_len: usize,
    target: *const i64,
    target_len: usize,
    weight: *const f64,
    weight_len: usize,
    options: *const jko_graph_options,
    out: *mut *mut jko_graph,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, reading, source, target, weight) = unsafe {
            (
                input::slot("out", out)?,
                Reading::from_c(options)?,
                input::input("source", source, source_len)?,
                input::input("target", target, target_len)?,
                input::optional("weight", weight, weight_len)?,
            )
        };
        let edges = reading.edges(nodes, source, target, weight)?;
        let graph = Graph::from_weights(nodes, &edges, reading.reference, reading.duplicates)?;
        out.fill(jko_graph { graph });
        Ok(JKO_STATUS_OK)
    })
}

/// Makes a chain from its reference measure and its conductances.
///
/// `pi` holds one positive number per node, sum one within 1e-9; the number of nodes is `pi_len`.
/// Edge `k` has the conductance `conductance[k] = pi_x K(x,y) > 0`. The arrays are copied. `options`
/// may be NULL; its `reference` is not used. Cost: linear in nodes and edges.
///
/// Returns: as `jko_graph_from_weights`, and NOT_NORMALISED. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_from_chain(
    pi: *const f64,
    pi_len: usize,
    source: *const i64,
    source_len: usize,
    target: *const i64,
    target_len: usize,
    conductance: *const f64,
    conductance_len: usize,
    options: *const jko_graph_options,
    out: *mut *mut jko_graph,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, reading, pi, source, target, conductance) = unsafe {
            (
                input::slot("out", out)?,
                Reading::from_c(options)?,
                input::input("pi", pi, pi_len)?,
                input::input("source", source, source_len)?,
                input::input("target", target, target_len)?,
                input::input("conductance", conductance, conductance_len)?,
            )
        };
        input::check_length("conductance", conductance.len(), source.len())?;
        let edges = reading.edges(pi.len(), source, target, Some(conductance))?;
        out.fill(jko_graph { graph: Graph::from_chain(pi, &edges, reading.duplicates)? });
        Ok(JKO_STATUS_OK)
    })
}

/// Makes the chain of a transition kernel or generator `K`, a square matrix of compressed rows.
///
/// Row `x` has the entries `row_start[x] .. row_start[x+1]` of `column` and `value`, columns in any
/// order; `row_start` has one entry more than there are nodes. The diagonal and zeros are ignored.
/// `pi` is the reversible measure (positive, sum one), or NULL with length 0: then it is found by
/// detailed balance. The arrays are copied. `options` may be NULL; its `index_base` counts for
/// `row_start` and `column` alike, its `reference` is not used. Cost: linear in the entries, plus
/// sorting each row.
///
/// Returns: as `jko_graph_from_weights`, NOT_NORMALISED and NOT_REVERSIBLE. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_from_kernel(
    row_start: *const i64,
    row_start_len: usize,
    column: *const i64,
    column_len: usize,
    value: *const f64,
    value_len: usize,
    pi: *const f64,
    pi_len: usize,
    options: *const jko_graph_options,
    out: *mut *mut jko_graph,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, reading, row_start, column, value, pi) = unsafe {
            (
                input::slot("out", out)?,
                Reading::from_c(options)?,
                input::input("row_start", row_start, row_start_len)?,
                input::input("column", column, column_len)?,
                input::input("value", value, value_len)?,
                input::optional("pi", pi, pi_len)?,
            )
        };
        let sum = reading.duplicates == Duplicates::Sum;
        let kernel = sparse_rows(row_start, column, value, reading.base, sum)?;
        out.fill(jko_graph { graph: Graph::from_kernel(&kernel, pi)? });
        Ok(JKO_STATUS_OK)
    })
}

/// A square matrix of compressed rows from C; entries of a row come in any order.
pub(super) fn sparse_rows(
    row_start: &[i64],
    column: &[i64],
    value: &[f64],
    base: i64,
    sum_duplicates: bool,
) -> Result<CsMat<f64>, Failure> {
    let invalid = |message: String| Failure::new(JKO_STATUS_INVALID_ARGUMENT, message);
    let Some(n) = row_start.len().checked_sub(1) else {
        return Err(invalid(
            "row_start: it is empty, but has one entry more than there are rows".into(),
        ));
    };
    input::check_length("value", value.len(), column.len())?;
    let mut start = input::reserved(n + 1, "row_start")?;
    for (x, &at) in row_start.iter().enumerate() {
        let before = start.last().copied().unwrap_or(0);
        let at_zero = at.checked_sub(base).and_then(|at| usize::try_from(at).ok());
        match at_zero.filter(|&at| at >= before && at <= column.len() && (x > 0 || at == 0)) {
            Some(at) => start.push(at),
            None => {
                let first =
                    if x == 0 { "must be the index base" } else { "decreases or is out of range" };
                return Err(invalid(format!("row_start[{x}]: {at} {first}")));
            }
        }
    }
    input::check_length("column", column.len(), start[n])?;

    let mut indptr = input::reserved(n + 1, "rows")?;
    let mut indices: Vec<usize> = input::reserved(column.len(), "columns")?;
    let mut values: Vec<f64> = input::reserved(column.len(), "values")?;
    let mut row: Vec<(usize, f64)> = Vec::new();
    indptr.push(0);
    for x in 0..n {
        row.clear();
        for k in start[x]..start[x + 1] {
            row.push((input::node("column", k, column[k], base, n)?, value[k]));
        }
        row.sort_by_key(|&(y, _)| y);
        let first = indices.len();
        for &(y, v) in &row {
            match indices[first..].last() {
                Some(&last) if last == y && sum_duplicates => {
                    if let Some(sum) = values.last_mut() {
                        *sum += v;
                    }
                }
                Some(&last) if last == y => {
                    let (x, y) = (x as i64 + base, y as i64 + base);
                    let message = format!("column: the entry in row {x} and column {y} is given twice");
                    return Err(Failure::new(JKO_STATUS_DUPLICATE_EDGE, message));
                }
                _ => {
                    indices.push(y);
                    values.push(v);
                }
            }
        }
        indptr.push(indices.len());
    }
    CsMat::try_new((n, n), indptr, indices, values)
        .map_err(|(_, _, _, error)| invalid(format!("the sparse matrix: {error}")))
}

/// Ends a graph; NULL is fine. Any thread, once nobody uses the handle.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_free(graph: *mut jko_graph) {
    guard_value((), || {
        // SAFETY: the contract of the module.
        unsafe { input::release(graph) }
    })
}

/// Number of nodes `n`; 0 for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_nodes(graph: *const jko_graph) -> usize {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        unsafe { input::handle("graph", graph) }.map_or(0, |handle| handle.graph.nodes())
    })
}

/// Number of undirected edges `m`; 0 for NULL. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_edges(graph: *const jko_graph) -> usize {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        unsafe { input::handle("graph", graph) }.map_or(0, |handle| handle.graph.edges())
    })
}

/// Copies the reference measure `pi`, length `n`, sum one.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_reference(
    graph: *const jko_graph,
    pi: *mut f64,
    pi_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let graph = &unsafe { input::handle("graph", graph)? }.graph;
        // SAFETY: the contract of the module.
        let pi = unsafe { input::output("pi", pi, pi_len, graph.nodes())? };
        pi.write(graph.reference().iter().copied());
        Ok(JKO_STATUS_OK)
    })
}

/// Copies the conductances `c_xy = pi_x K(x,y)`, length `m`, in the order of `jko_graph_edge_list`.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_conductance(
    graph: *const jko_graph,
    conductance: *mut f64,
    conductance_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let graph = &unsafe { input::handle("graph", graph)? }.graph;
        // SAFETY: the contract of the module.
        let out = unsafe { input::output("conductance", conductance, conductance_len, graph.edges())? };
        out.write(graph.conductance().iter().copied());
        Ok(JKO_STATUS_OK)
    })
}

/// Copies the edges, length `m` each, `source[k] < target[k]`, in lexicographic order, with nodes
/// counted from `index_base` (0 or 1).
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_edge_list(
    graph: *const jko_graph,
    index_base: i32,
    source: *mut i64,
    source_len: usize,
    target: *mut i64,
    target_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let graph = &unsafe { input::handle("graph", graph)? }.graph;
        let base = self::index_base("index_base", index_base)?;
        // SAFETY: the contract of the module.
        let (source, target) = unsafe {
            (
                input::output("source", source, source_len, graph.edges())?,
                input::output("target", target, target_len, graph.edges())?,
            )
        };
        source.write(graph.edge_list().map(|(x, _)| x as i64 + base));
        target.write(graph.edge_list().map(|(_, y)| y as i64 + base));
        Ok(JKO_STATUS_OK)
    })
}

/// Whether `mu` (length `n`) is a distribution: finite, non-negative, sum one within 1e-9; and, if
/// `positive` is not 0, with mass on every node.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_check_distribution(
    graph: *const jko_graph,
    mu: *const f64,
    mu_len: usize,
    positive: i32,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (graph, mu) = unsafe { (input::handle("graph", graph)?, input::input("mu", mu, mu_len)?) };
        match positive {
            0 => graph.graph.check_distribution("mu", mu)?,
            _ => graph.graph.check_positive_distribution("mu", mu)?,
        }
        Ok(JKO_STATUS_OK)
    })
}

/// Computes the densities `mu_x / pi_x` of a mass vector; all lengths `n`. `density` may be `mu`.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_density(
    graph: *const jko_graph,
    mu: *const f64,
    mu_len: usize,
    density: *mut f64,
    density_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let graph = &unsafe { input::handle("graph", graph)? }.graph;
        // SAFETY: the contract of the module.
        let (mu, out) = unsafe {
            (
                input::input("mu", mu, mu_len)?,
                input::output("density", density, density_len, graph.nodes())?,
            )
        };
        out.write(graph.density(mu)?);
        Ok(JKO_STATUS_OK)
    })
}

/// Computes `(1 - share) mu + share pi`, which moves a distribution inside the simplex; all lengths
/// `n`. `mixed` may be `mu`.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT
/// (`share` outside `[0, 1]`). Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_mix_with_reference(
    graph: *const jko_graph,
    mu: *const f64,
    mu_len: usize,
    share: f64,
    mixed: *mut f64,
    mixed_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let graph = &unsafe { input::handle("graph", graph)? }.graph;
        // SAFETY: the contract of the module.
        let (mu, out) = unsafe {
            (input::input("mu", mu, mu_len)?, input::output("mixed", mixed, mixed_len, graph.nodes())?)
        };
        out.write(graph.mix_with_reference(mu, share)?);
        Ok(JKO_STATUS_OK)
    })
}

/// Subtracts the mean under `pi` from a potential of length `n`: the gauge of every potential that
/// the library returns. `centred` may be `potential`.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_graph_centre(
    graph: *const jko_graph,
    potential: *const f64,
    potential_len: usize,
    centred: *mut f64,
    centred_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let graph = &unsafe { input::handle("graph", graph)? }.graph;
        input::check_length("potential", potential_len, graph.nodes())?;
        // SAFETY: the contract of the module.
        let (potential, out) = unsafe {
            (
                input::input("potential", potential, potential_len)?,
                input::output("centred", centred, centred_len, graph.nodes())?,
            )
        };
        error::check_finite("potential", potential)?;
        let mut values = input::reserved(potential.len(), "potential")?;
        values.extend_from_slice(potential);
        graph.centre(&mut values);
        out.write(values);
        Ok(JKO_STATUS_OK)
    })
}

/// Computes a mean `theta(s,t)` of two densities, and unless NULL its derivatives.
///
/// `gradient` has length 2: `theta_s, theta_t`. `hessian` has length 3: `theta_ss, theta_st,
/// theta_tt`. Either may be NULL with length 0. Derivatives may be infinite where a density is zero.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT (no such mean), BAD_VALUE
/// (a density that is negative or not finite). Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_mean_value(
    mean: i32,
    s: f64,
    t: f64,
    value: *mut f64,
    gradient: *mut f64,
    gradient_len: usize,
    hessian: *mut f64,
    hessian_len: usize,
) -> jko_status {
    guard(|| {
        let mean = self::mean("mean", mean)?;
        crate::error::check_non_negative("(s, t)", &[s, t])?;
        // SAFETY: the contract of the module.
        let (value, gradient, hessian) = unsafe {
            (
                input::scalar("value", value)?,
                input::optional_output("gradient", gradient, gradient_len, 2)?,
                input::optional_output("hessian", hessian, hessian_len, 3)?,
            )
        };
        value.write([mean.value(s, t)]);
        if let Some(gradient) = gradient {
            let (_, by_s, by_t) = mean.gradient(s, t);
            gradient.write([by_s, by_t]);
        }
        if let Some(hessian) = hessian {
            let (ss, st, tt) = mean.hessian(s, t);
            hessian.write([ss, st, tt]);
        }
        Ok(JKO_STATUS_OK)
    })
}
