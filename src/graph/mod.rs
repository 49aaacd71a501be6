//! Finite reversible Markov chains: the graphs on which mass moves.
//!
//! A [`Graph`] is connected and undirected, with a conductance `c_xy > 0` on each edge and a
//! reference measure `pi_x > 0`, `sum pi = 1`, on the nodes. The jump rates are
//! `K(x,y) = c_xy / pi_x`, so detailed balance holds by construction. A distribution is a mass
//! vector `mu >= 0`, `sum mu = 1`; its density is `rho_x = mu_x / pi_x`.
//!
//! | a user has | call | reference | conductance |
//! |---|---|---|---|
//! | weights of an undirected graph, random walk | [`Graph::from_weights`], [`Reference::Degree`] | `deg_x / sum deg` | `w_xy / sum deg` |
//! | weights, uniform reference | [`Graph::from_weights`], [`Reference::Uniform`] | `1/n` | `w_xy / n` |
//! | a chain: `pi` and conductances | [`Graph::from_chain`] | given | given |
//! | a kernel or generator `K` | [`Graph::from_kernel`] | given, or found by detailed balance | `pi_x K(x,y)` |

mod builders;
mod construct;
mod kernel;
mod means;
mod operators;
mod parts;
mod points;
mod random;

use std::sync::{Arc, OnceLock};

pub use construct::{Duplicates, Reference};
pub use means::Mean;
pub(crate) use operators::{EdgeTangent, Sweep};
pub(crate) use parts::connected_parts;

use crate::error::{self, Error, Result};
use crate::linalg::vector::axpy;
use crate::linalg::{Elimination, Factorisation, SparseCholesky, SymmetricPattern, Workspace};

/// A finite, connected, reversible Markov chain. Immutable; cloning shares it.
#[derive(Clone)]
pub struct Graph {
    chain: Arc<Chain>,
}

/// Edges are kept once, from the smaller node to the larger, in lexicographic order.
struct Chain {
    /// Reference measure of each node.
    pi: Vec<f64>,
    /// Edges of node `x` to larger nodes are `row_start[x]..row_start[x+1]`.
    row_start: Vec<usize>,
    /// Larger end of each edge.
    head: Vec<u32>,
    /// Conductance of each edge.
    conductance: Vec<f64>,
    /// Symbolic factor of a matrix with the Laplacian's pattern, made when first needed.
    laplacian_pattern: OnceLock<Result<SymmetricPattern>>,
}

impl Graph {
    /// Number of nodes `n`.
    pub fn nodes(&self) -> usize {
        self.chain.pi.len()
    }

    /// Number of undirected edges `m`.
    pub fn edges(&self) -> usize {
        self.chain.head.len()
    }

    /// The reference measure `pi`, length `n`, sum one.
    pub fn reference(&self) -> &[f64] {
        &self.chain.pi
    }

    /// The conductance `c_xy` of each edge, in the order of [`edge_list`](Self::edge_list).
    pub fn conductance(&self) -> &[f64] {
        &self.chain.conductance
    }

    /// The edges `(x, y)`, `x < y`, in lexicographic order: the order of every array per edge.
    pub fn edge_list(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..self.nodes())
            .flat_map(move |x| self.larger_neighbours(x).iter().map(move |&y| (x, y as usize)))
    }

    /// Whether both are the same chain: shared, or equal in every number.
    pub fn same_as(&self, other: &Graph) -> bool {
        let (a, b) = (&self.chain, &other.chain);
        Arc::ptr_eq(a, b)
            || (a.pi == b.pi
                && a.row_start == b.row_start
                && a.head == b.head
                && a.conductance == b.conductance)
    }

    /// The densities `rho_x = mu_x / pi_x` of a mass vector of length `n`.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`]; [`Error::BadValue`] for what is not finite.
    pub fn density(&self, mu: &[f64]) -> Result<Vec<f64>> {
        error::check_length("mu", mu.len(), self.nodes())?;
        error::check_finite("mu", mu)?;
        Ok(mu.iter().zip(self.reference()).map(|(m, p)| m / p).collect())
    }

    /// `(1 - share) mu + share pi`: moves a distribution inside the simplex.
    ///
    /// # Errors
    /// As [`check_distribution`](Self::check_distribution); `share` must lie in `[0, 1]`.
    pub fn mix_with_reference(&self, mu: &[f64], share: f64) -> Result<Vec<f64>> {
        self.check_distribution("mu", mu)?;
        if !(0.0..=1.0).contains(&share) {
            return Err(Error::invalid("share", format!("{share} is not between 0 and 1")));
        }
        Ok(mu.iter().zip(self.reference()).map(|(m, p)| (1.0 - share) * m + share * p).collect())
    }

    /// Subtracts the mean under `pi`, the gauge in which potentials are reported.
    pub fn centre(&self, potential: &mut [f64]) {
        let mean: f64 = potential.iter().zip(self.reference()).map(|(v, p)| v * p).sum();
        potential.iter_mut().for_each(|v| *v -= mean);
    }

    /// Refuses anything but a mass vector of length `n`: finite, non-negative, summing to one
    /// within [`MASS_TOLERANCE`].
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::BadValue`], [`Error::NotNormalised`], naming `argument`.
    pub fn check_distribution(&self, argument: &str, mu: &[f64]) -> Result<()> {
        error::check_length(argument, mu.len(), self.nodes())?;
        error::check_non_negative(argument, mu)?;
        let sum: f64 = mu.iter().sum();
        if (sum - 1.0).abs() > MASS_TOLERANCE {
            return Err(Error::NotNormalised { argument: argument.into(), sum });
        }
        Ok(())
    }

    /// As [`check_distribution`](Self::check_distribution), and positive on every node.
    ///
    /// # Errors
    /// The same, and [`Error::BadValue`] that names the first empty node.
    pub fn check_positive_distribution(&self, argument: &str, mu: &[f64]) -> Result<()> {
        self.check_distribution(argument, mu)?;
        match mu.iter().position(|&m| m == 0.0) {
            None => Ok(()),
            Some(index) => Err(Error::BadValue {
                argument: argument.into(),
                index,
                value: 0.0,
                expected:
                    "is empty, and every node must hold some mass here; mix in a little of the reference",
            }),
        }
    }

    pub(crate) fn row_start(&self) -> &[usize] {
        &self.chain.row_start
    }

    pub(crate) fn heads(&self) -> &[u32] {
        &self.chain.head
    }

    pub(crate) fn larger_neighbours(&self, x: usize) -> &[u32] {
        &self.chain.head[self.chain.row_start[x]..self.chain.row_start[x + 1]]
    }

    /// Calls `visit(e, x, y)` for each edge `e` from `x` to a larger `y`.
    pub(crate) fn each_edge(&self, mut visit: impl FnMut(usize, usize, usize)) {
        for x in 0..self.nodes() {
            for e in self.row_start()[x]..self.row_start()[x + 1] {
                visit(e, x, self.heads()[e] as usize);
            }
        }
    }

    /// Symbolic Cholesky factor of a matrix with the Laplacian's pattern; analysed once.
    pub(crate) fn laplacian_pattern(&self) -> Result<&SymmetricPattern> {
        self.chain
            .laplacian_pattern
            .get_or_init(|| {
                let (column_start, row) = self.lower_triangle();
                SymmetricPattern::analyse(self.nodes(), column_start, row)
            })
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Compressed columns of the lower triangle (diagonal first) of a symmetric matrix with the
    /// graph's pattern.
    pub(crate) fn lower_triangle(&self) -> (Vec<usize>, Vec<usize>) {
        let mut column_start = Vec::with_capacity(self.nodes() + 1);
        let mut row = Vec::with_capacity(self.nodes() + self.edges());
        column_start.push(0);
        for x in 0..self.nodes() {
            row.push(x);
            row.extend(self.larger_neighbours(x).iter().map(|&y| y as usize));
            column_start.push(row.len());
        }
        (column_start, row)
    }
}

/// A distribution may miss total mass one by this much, for inputs printed with ten digits.
pub const MASS_TOLERANCE: f64 = 1e-9;

const LAPLACIAN: &str = "weighted graph Laplacian";

/// Leakage, relative to a node's weight, that makes a Laplacian positive definite in spite of rounding.
const LEAKAGE: f64 = 1e-13;

/// The factorised weighted Laplacian of a graph, grounded at its best connected node.
///
/// Small graphs are eliminated without subtractions, which keeps the weakest edges beside the strongest; larger ones by
/// a sparse Cholesky factorisation. Applies the pseudo-inverse `L^+` up to the additive constant, which
/// [`Graph::centre`] fixes. Keeps its memory between factorisations.
///
/// # Grounding
/// The matrix that is factorised is `L + w e_g e_g'`. For a right-hand side of sum zero its solution
/// solves `L x = b` with `x_g = 0`, since the columns of `L` sum to zero. The ground `g` is the node of
/// largest weight, so that nearly empty nodes, whose weights are tiny, never carry the others.
pub struct LaplacianSolver {
    graph: Graph,
    factor: Factor,
    values: Vec<f64>,
    degree: Vec<f64>,
    ground: usize,
}

/// How a Laplacian is factorised.
enum Factor {
    /// With the full relative accuracy of each entry, at the cost of a dense matrix.
    Small(Elimination),
    Large(SparseCholesky),
}

/// Graphs up to this size are factorised as dense matrices.
const SMALL: usize = 32;

impl LaplacianSolver {
    /// Analyses the graph (once per graph) and reserves the factor.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn new(graph: &Graph) -> Result<Self> {
        let factor = match graph.nodes() {
            n if n <= SMALL => Factor::Small(Elimination::new(n)),
            _ => Factor::Large(SparseCholesky::new(graph.laplacian_pattern()?)?),
        };
        let values = Vec::with_capacity(graph.nodes() + graph.edges());
        let degree = vec![0.0; graph.nodes()];
        Ok(Self { graph: graph.clone(), factor, values, degree, ground: 0 })
    }

    /// Factorises the Laplacian with the given weight (conductance times mobility) per edge.
    ///
    /// # Errors
    /// [`Error::Singular`] where weights are so small that the graph falls apart numerically.
    pub fn factorise(&mut self, weight: &[f64]) -> Result<()> {
        let graph = &self.graph;
        self.degree.fill(0.0);
        for x in 0..graph.nodes() {
            for e in graph.row_start()[x]..graph.row_start()[x + 1] {
                self.degree[x] += weight[e];
                self.degree[graph.heads()[e] as usize] += weight[e];
            }
        }
        let better = |best: usize, x: usize| if self.degree[x] > self.degree[best] { x } else { best };
        self.ground = (0..graph.nodes()).fold(0, better);
        let cholesky = match &mut self.factor {
            Factor::Large(cholesky) => cholesky,
            Factor::Small(elimination) => {
                let edges = graph.edge_list().zip(weight.iter().copied());
                if elimination.factorise(edges, self.ground) {
                    return Ok(());
                }
                let detail = "the graph falls apart numerically".into();
                return Err(Error::Singular { what: LAPLACIAN, detail });
            }
        };
        self.degree[self.ground] *= 2.0;
        self.values.clear();
        for (x, &diagonal) in self.degree.iter().enumerate() {
            self.values.push(diagonal);
            self.values
                .extend(weight[graph.row_start()[x]..graph.row_start()[x + 1]].iter().map(|w| -w));
        }
        cholesky.factorise(LAPLACIAN, &self.values)
    }

    /// As [`factorise`](Self::factorise), but where pivots are lost in rounding a little leakage from each node
    /// keeps the graph together.
    ///
    /// # Errors
    /// [`Error::Singular`] where weights are zero or not finite.
    pub(crate) fn factorise_leaky(&mut self, weight: &[f64]) -> Result<()> {
        let Err(failed) = self.factorise(weight) else { return Ok(()) };
        let Factor::Large(cholesky) = &mut self.factor else { return Err(failed) };
        if !weight.iter().all(|w| w.is_finite() && *w > 0.0) {
            return Err(failed);
        }
        let mut diagonal = 0;
        for x in 0..self.graph.nodes() {
            self.values[diagonal] *= 1.0 + LEAKAGE;
            diagonal += 1 + self.graph.larger_neighbours(x).len();
        }
        cholesky.factorise(LAPLACIAN, &self.values)
    }

    /// Overwrites right-hand sides of sum zero (`n` numbers each, one after the other) with the solutions
    /// that vanish at the ground. A right-hand side of another sum is met everywhere but at the ground.
    pub(crate) fn solve_grounded(&self, rhs: &mut [f64]) {
        for column in rhs.chunks_exact_mut(self.graph.nodes()) {
            match &self.factor {
                Factor::Small(elimination) => elimination.solve_in_place(column),
                Factor::Large(cholesky) => {
                    column[self.ground] -= column.iter().sum::<f64>();
                    cholesky.solve_in_place(column);
                    column[self.ground] = 0.0;
                }
            }
        }
    }

    /// `half` with `half' half = rows' L^+ rows`, for right-hand sides of sum zero that stand beside each other: a row for
    /// each node. Overwrites them where they differ by rounding.
    pub(crate) fn half_solve_rows(&self, rows: &mut [f64], half: &mut [f64], workspace: &mut Workspace) {
        match &self.factor {
            Factor::Small(elimination) => {
                half.copy_from_slice(rows);
                elimination.half_solve_rows(half);
            }
            Factor::Large(cholesky) => {
                let count = rows.len() / self.graph.nodes();
                let (before, rest) = rows.split_at_mut(self.ground * count);
                let (ground, after) = rest.split_at_mut(count);
                // their sum is zero, which the rounding of what stands there must not hide
                ground.fill(0.0);
                for row in before.chunks_exact(count).chain(after.chunks_exact(count)) {
                    axpy(-1.0, row, ground);
                }
                cholesky.half_solve_rows(rows, half, workspace);
            }
        }
    }

    /// Overwrites a right-hand side of sum zero (length `n`) with the solution, mean zero under `pi`.
    pub fn solve_in_place(&self, rhs: &mut [f64]) {
        self.solve_grounded(rhs);
        self.graph.centre(rhs);
    }
}
