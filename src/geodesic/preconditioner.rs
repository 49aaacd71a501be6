//! Approximate inverses of the action's Hessian.
//!
//! All see the path as piecewise linear between the knots, with one Gauss node in each interval. For
//! elements of degree one that is exact; for higher degrees it is the classical preconditioning of
//! spectral elements by linear ones on the same nodes, whose condition number does not grow
//! with the degree (Canuto, Hussaini, Quarteroni, Zang, Spectral Methods, 2006, section 7.4).
//!
//! * [`Blocks`](super::blocks::Blocks) factorises that Hessian exactly, as a block-tridiagonal matrix with a dense block of
//!   `n` by `n` for each knot.
//! * [`SpaceTime`](super::spacetime::SpaceTime) factorises it exactly too, as a sparse matrix in masses and potentials.
//! * [`Frozen`] keeps of it only the part with frozen mobilities, and inverts that with one Laplacian.

use super::action::DiscreteAction;
use super::blocks::Blocks;
use super::spacetime::{SpaceTime, SpaceTimePattern, ENTRIES_PER_EDGE};
use crate::error::{Error, Result};
use crate::graph::LaplacianSolver;
use crate::linalg::vector::axpy;
use crate::memory;

/// Graphs up to this size have dense blocks in any case.
pub(super) const SMALL: usize = 64;

/// Memory that a factorisation may take, in bytes, where no limit was given.
const MOST: usize = 6 << 30;

/// An approximate inverse of the Hessian on changes of the interior knots that conserve mass.
pub(crate) trait Preconditioner {
    /// Prepares for the linearisation that `action` holds.
    ///
    /// # Errors
    /// [`Error::Singular`](crate::Error::Singular).
    fn prepare(&mut self, action: &DiscreteAction) -> Result<()>;

    /// Overwrites a dual vector for each knot by a change of mass for each knot, zero at both ends.
    fn apply(&mut self, action: &DiscreteAction, vector: &mut [f64]);

    /// What conjugate gradients may leave of the squared residual, far from the minimiser.
    fn rest(&self) -> f64 {
        0.1
    }
}

/// The factorised Hessian: in dense blocks or sparse, whichever has fewer entries. An entry costs about the same in both, by
/// measurement on planar and spatial grids and random graphs.
///
/// # Errors
/// [`Error::OutOfMemory`] where neither fits.
pub(crate) fn factorised(action: &DiscreteAction) -> Result<Box<dyn Preconditioner>> {
    let (n, m, intervals) = (action.graph.nodes(), action.graph.edges(), action.nodes());
    let in_blocks = 2 * intervals * n * n;
    if n > SMALL && ENTRIES_PER_EDGE * m < n * n {
        affordable(SpaceTimePattern::analysis_bytes(action))?;
        let pattern = SpaceTimePattern::analyse(action)?;
        if pattern.factor_entries() < in_blocks && affordable(pattern.bytes()).is_ok() {
            return Ok(Box::new(SpaceTime::new(pattern)?));
        }
    }
    affordable(memory::doubles(&[in_blocks]))?;
    Ok(Box::new(Blocks::new(action)?))
}

/// Refuses a factorisation that takes more memory than is allowed, decent or there.
fn affordable(bytes: usize) -> Result<()> {
    let what = || "the factorised Hessian".into();
    if bytes > memory::limit_or(MOST) {
        return Err(Error::OutOfMemory { what: what() });
    }
    memory::admit(bytes, what)
}

/// The part of the Hessian with frozen mobilities, inverted exactly.
///
/// With `d_k` the change over the interval `k` of length `h_k` it is `sum_k d_k' L_k^+ d_k / h_k`. Setting its
/// derivative equal to a dual vector `r_j` for each knot, with `c_k = r_1 + ... + r_k`:
///
/// ```text
/// d_k = h_k L_k (y - c_k),   (sum_k h_k L_k) y = sum_k h_k L_k c_k   (so that sum_k d_k = 0)
/// ```
///
/// Where the end is free it has a dual vector too, and `y` is the sum of all.
pub(crate) struct Frozen {
    spacing: Vec<f64>,
    laplacian: LaplacianSolver,
    mean: Vec<f64>,
    sums: Vec<f64>,
    flux: Vec<f64>,
}

impl Frozen {
    /// Reserves memory: one Laplacian.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(action: &DiscreteAction) -> Result<Self> {
        let knots = action.mesh.knots();
        Ok(Self {
            spacing: knots.windows(2).map(|t| t[1] - t[0]).collect(),
            laplacian: LaplacianSolver::new(&action.graph)?,
            mean: vec![0.0; action.graph.edges()],
            sums: vec![0.0; action.mass.len()],
            flux: vec![0.0; action.graph.nodes()],
        })
    }
}

impl Preconditioner for Frozen {
    fn prepare(&mut self, action: &DiscreteAction) -> Result<()> {
        self.mean.fill(0.0);
        for (edges, h) in action.tangent.chunks_exact(action.graph.edges()).zip(&self.spacing) {
            for (mean, edge) in self.mean.iter_mut().zip(edges) {
                *mean += h * edge.weight;
            }
        }
        self.laplacian.factorise(&self.mean)
    }

    fn apply(&mut self, action: &DiscreteAction, vector: &mut [f64]) {
        let (n, m) = (action.graph.nodes(), action.graph.edges());
        let tangents = || action.tangent.chunks_exact(m).zip(&self.spacing);
        self.sums[..n].fill(0.0);
        for k in 1..self.spacing.len() {
            let (before, here) = self.sums.split_at_mut(k * n);
            here[..n].copy_from_slice(&before[(k - 1) * n..]);
            axpy(1.0, &vector[k * n..(k + 1) * n], &mut here[..n]);
        }
        let potential = &mut self.flux;
        if action.terminal.is_some() {
            let last = self.spacing.len() * n;
            potential.copy_from_slice(&self.sums[last - n..]);
            axpy(1.0, &vector[last..], potential);
        } else {
            potential.fill(0.0);
            for ((edges, h), sum) in tangents().zip(self.sums.chunks_exact(n)) {
                add_flux(action, edges, *h, sum, potential);
            }
            self.laplacian.solve_grounded(potential);
        }
        for sum in self.sums.chunks_exact_mut(n) {
            sum.iter_mut().zip(potential.iter()).for_each(|(c, y)| *c = y - *c);
        }
        vector[..n].fill(0.0);
        for ((edges, h), (k, sum)) in tangents().zip(self.sums.chunks_exact(n).enumerate()) {
            let (before, after) = vector.split_at_mut((k + 1) * n);
            after[..n].copy_from_slice(&before[k * n..]);
            add_flux(action, edges, *h, sum, &mut after[..n]);
        }
        vector[action.unknowns().end..].fill(0.0);
    }
}

/// `out += h L psi`.
fn add_flux(
    action: &DiscreteAction,
    edges: &[crate::graph::EdgeTangent],
    h: f64,
    psi: &[f64],
    out: &mut [f64],
) {
    action.graph.each_edge(|e, x, y| {
        let flux = h * edges[e].weight * (psi[x] - psi[y]);
        out[x] += flux;
        out[y] -= flux;
    });
}
