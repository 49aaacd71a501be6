//! The factorised Hessian of a piecewise linear path.
//!
//! For an interval of length `h` from `a` to `b`, with `dv = (db - da)/h`, `dmu = (da + db)/2`, `G = L^+` and
//! `S = Q + z/mu`, the second derivative is
//!
//! ```text
//! (dv - B dmu)' G (dv - B dmu) h + dmu' S dmu h
//! ```
//!
//! # Coordinates
//!
//! Changes of mass at a knot are written as transfers along a spanning tree, `da = T_a u_a`, so that mass is
//! conserved, and with `E_a = -T_a/h - B T_a/2`, `E_b = T_b/h - B T_b/2` the blocks are
//!
//! ```text
//! H_ij = h E_i' G E_j + h/4 T_i' S T_j,   E_i' G E_j = X_i' X_j
//! ```
//!
//! where `X = R^{-1} E` with a factor `R R'` of the Laplacian. These products are most of the work, and what rounding does to
//! them is small beside the scales of the two unknowns.
//!
//! The tree matters where nodes are nearly empty. A flux between parts of the graph that only such nodes join
//! costs its square over a tiny mobility, which rules out a sum of changes over one of the parts that is not
//! tiny. As a sum of many unknowns that would make the matrix as badly conditioned as the mobility is small; but
//! a tree of strongest edges crosses such a cut only where it must, each time with an unknown of its own, and a
//! matrix that is bad by the scales of its unknowns alone does Cholesky's factorisation no harm (van der Sluis,
//! Numer. Math. 1969).

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, MatMut, MatRef, Par};

use super::action::DiscreteAction;
use super::preconditioner::Preconditioner;
use super::tree::{Grower, SpanningTree};
use crate::error::Result;
use crate::graph::EdgeTangent;
use crate::linalg::{BlockTridiagonal, Workspace};
use crate::memory;

/// The factorised Hessian.
pub(crate) struct Blocks {
    matrix: BlockTridiagonal,
    spacing: Vec<f64>,
    /// One for each knot, by the weaker mobilities on its two sides.
    trees: Vec<SpanningTree>,
    grower: Grower,
    strength: Vec<f64>,
    /// `E_i`, and `X_i` for both sides of an interval: a row for each node, a column for each transfer.
    change: Vec<f64>,
    halves: [Vec<f64>; 2],
    /// The diagonal of `S`.
    bend: Vec<f64>,
    workspace: Workspace,
}

impl Blocks {
    /// Reserves memory: two dense blocks for each knot.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(action: &DiscreteAction) -> Result<Self> {
        let n = action.graph.nodes();
        let knots = action.mesh.knots();
        memory::admit(memory::doubles(&[3, n, n]), || format!("dense matrices of {n} nodes"))?;
        let dense = || vec![0.0; n * n];
        Ok(Self {
            matrix: BlockTridiagonal::new(n, action.unknowns().len() / n)?,
            spacing: knots.windows(2).map(|t| t[1] - t[0]).collect(),
            trees: knots.iter().map(|_| SpanningTree::new(n)).collect(),
            grower: Grower::new(&action.graph),
            strength: vec![0.0; action.graph.edges()],
            change: dense(),
            halves: [dense(), dense()],
            bend: vec![0.0; n],
            workspace: Workspace::new(),
        })
    }

    /// Grows the trees of the unknown knots.
    fn grow(&mut self, action: &DiscreteAction) {
        let m = action.graph.edges();
        let mobility = |q: usize| action.tangent[q * m..(q + 1) * m].iter().map(|edge| edge.weight);
        for k in 1..=self.matrix.blocks() {
            self.strength.clear();
            self.strength.extend(mobility(k - 1));
            if k < self.spacing.len() {
                self.strength.iter_mut().zip(mobility(k)).for_each(|(s, w)| *s = s.min(w));
            }
            self.grower.grow(&self.strength, &mut self.trees[k]);
        }
    }

    /// Assembles the Hessian, with its diagonal larger by a share `shift`.
    fn assemble(&mut self, action: &DiscreteAction, shift: f64) {
        let n = action.graph.nodes();
        let unknowns = self.matrix.blocks();
        for k in 0..unknowns {
            self.matrix.diagonal_mut(k).fill(0.0);
        }
        for q in 0..self.spacing.len() {
            self.add_interval(action, q);
        }
        self.add_walls(action);
        for k in 0..unknowns {
            let root = self.trees[k + 1].root();
            let diagonal = self.matrix.diagonal_mut(k);
            diagonal[root * n + root] = 1.0;
            for x in 0..n {
                diagonal[x * n + x] *= 1.0 + shift;
            }
        }
    }

    /// Adds what the interval after knot `q` gives; its knots are the unknowns `q - 1` and `q`, where there are
    /// such.
    fn add_interval(&mut self, action: &DiscreteAction, q: usize) {
        let (n, m) = (action.graph.nodes(), action.graph.edges());
        let edges = &action.tangent[q * m..(q + 1) * m];
        let (mu, dual) = (&action.mass[q * n..(q + 1) * n], &action.dual[q * n..(q + 1) * n]);
        let pairs =
            [(Side::Before, Side::Before), (Side::Before, Side::After), (Side::After, Side::After)];
        let unknown = |side: Side| (1..=self.matrix.blocks()).contains(&side.knot(q));
        let (before, after) = (unknown(Side::Before), unknown(Side::After));
        if before {
            self.respond(action, edges, q, Side::Before);
        }
        if after {
            self.respond(action, edges, q, Side::After);
        }
        self.bend.iter_mut().zip(dual.iter().zip(mu)).for_each(|(s, (z, m))| *s = z / m);
        action.graph.each_edge(|e, x, y| {
            self.bend[x] += edges[e].curvature / mu[x] / mu[x];
            self.bend[y] += edges[e].curvature / mu[y] / mu[y];
        });
        for (source, target) in pairs {
            let needed = |side| if side == Side::Before { before } else { after };
            if needed(source) && needed(target) {
                self.add_flux(q, source, target);
                self.add_bends(action, edges, q, source, target);
            }
        }
    }

    /// `X_i` for one side of the interval after knot `q`.
    fn respond(&mut self, action: &DiscreteAction, edges: &[EdgeTangent], q: usize, side: Side) {
        let n = action.graph.nodes();
        let (tree, rate) = (&self.trees[side.knot(q)], side.sign() / self.spacing[q]);
        self.change.fill(0.0);
        for x in (0..n).filter(|x| *x != tree.root()) {
            self.change[x * n + x] = rate;
            self.change[tree.parent(x) * n + x] = -rate;
        }
        action.graph.each_edge(|e, x, y| {
            for (node, slope) in [(x, edges[e].transport_tail), (y, edges[e].transport_head)] {
                tree.touching(node).for_each(|(transfer, sign)| {
                    let flux = 0.5 * sign * slope;
                    self.change[x * n + transfer] -= flux;
                    self.change[y * n + transfer] += flux;
                });
            }
        });
        let half = &mut self.halves[side as usize];
        action.laplacian[q].half_solve_rows(&mut self.change, half, &mut self.workspace);
    }

    /// Adds `h X_i' X_j` to a block; above the diagonal it is the first that comes.
    fn add_flux(&mut self, q: usize, source: Side, target: Side) {
        let (h, n) = (self.spacing[q], self.bend.len());
        let half = |side: Side| MatRef::from_row_major_slice(&self.halves[side as usize], n, n);
        let (rows, columns) = (half(source).transpose(), half(target));
        if source == target {
            let block =
                MatMut::from_column_major_slice_mut(self.matrix.diagonal_mut(target.knot(q) - 1), n, n);
            let (lower, whole) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
            triangular::matmul(block, lower, Accum::Add, rows, whole, columns, whole, h, Par::Seq);
        } else {
            let block = MatMut::from_column_major_slice_mut(self.matrix.upper_mut(q - 1), n, n);
            matmul(block, Accum::Replace, rows, columns, h, Par::Seq);
        }
    }

    /// Adds `h/4 T_i' S T_j` to a block.
    fn add_bends(
        &mut self,
        action: &DiscreteAction,
        edges: &[EdgeTangent],
        q: usize,
        source: Side,
        target: Side,
    ) {
        let (n, mu) = (self.bend.len(), &action.mass[q * self.bend.len()..]);
        let (rows, columns) = (&self.trees[source.knot(q)], &self.trees[target.knot(q)]);
        let block = if source == target {
            self.matrix.diagonal_mut(target.knot(q) - 1)
        } else {
            self.matrix.upper_mut(q - 1)
        };
        let part = 0.25 * self.spacing[q];
        let mut add = |x: usize, y: usize, bend: f64| {
            columns.touching(y).for_each(|(column, sign)| {
                let (bend, column) = (sign * part * bend, &mut block[column * n..(column + 1) * n]);
                rows.touching(x).for_each(|(row, sign)| column[row] += sign * bend);
            });
        };
        for (x, bend) in self.bend.iter().enumerate() {
            add(x, x, *bend);
        }
        action.graph.each_edge(|e, x, y| {
            let bend = -edges[e].curvature / mu[x] / mu[y];
            add(x, y, bend);
            add(y, x, bend);
        });
    }

    /// Adds what acts on the masses at the knots themselves: the barrier, and the function of the end.
    fn add_walls(&mut self, action: &DiscreteAction) {
        let n = action.graph.nodes();
        let (walls, unknowns) = (&action.knot_walls, self.matrix.blocks());
        for (i, (m, z)) in walls.mass.iter().zip(&walls.dual).enumerate() {
            self.add_at_node(walls.first / n - 1 + i / n, i % n, walls.weight[i / n] * z / m);
        }
        if let Some(terminal) = &action.terminal {
            for (x, curvature) in terminal.diagonal(action.end_mass()).into_iter().enumerate() {
                self.add_at_node(unknowns - 1, x, curvature);
            }
        }
    }

    /// Adds a second derivative in the mass of one node.
    fn add_at_node(&mut self, unknown: usize, x: usize, curvature: f64) {
        let (tree, diagonal) = (&self.trees[unknown + 1], self.matrix.diagonal_mut(unknown));
        let n = self.bend.len();
        for (a, sign_a) in tree.touching(x) {
            for (b, sign_b) in tree.touching(x) {
                diagonal[a * n + b] += sign_a * sign_b * curvature;
            }
        }
    }
}

/// The two knots of an interval.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

impl Side {
    /// The sign of the knot's masses in the rate.
    fn sign(self) -> f64 {
        match self {
            Side::Before => -1.0,
            Side::After => 1.0,
        }
    }

    /// The knot of the interval after knot `q`.
    fn knot(self, q: usize) -> usize {
        q + usize::from(self == Side::After)
    }
}

impl Preconditioner for Blocks {
    fn prepare(&mut self, action: &DiscreteAction) -> Result<()> {
        self.grow(action);
        for shift in [0.0, 1e-13, 1e-11, 1e-9] {
            self.assemble(action, shift);
            if self.matrix.factorise().is_ok() {
                return Ok(());
            }
        }
        self.assemble(action, 1e-7);
        self.matrix.factorise()
    }

    fn apply(&mut self, action: &DiscreteAction, vector: &mut [f64]) {
        let n = action.graph.nodes();
        let unknowns = action.unknowns();
        let inner = &mut vector[unknowns.clone()];
        for (dual, tree) in inner.chunks_exact_mut(n).zip(&self.trees[1..]) {
            tree.differences(dual);
        }
        self.matrix.solve_in_place(inner);
        for (change, tree) in inner.chunks_exact_mut(n).zip(&self.trees[1..]) {
            tree.spread(change);
        }
        vector[..n].fill(0.0);
        vector[unknowns.end..].fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geodesic::action::{NodeWork, TimeMesh};
    use crate::geodesic::knots::Knots;
    use crate::graph::{Graph, Mean, Reference};

    /// On linear elements it undoes the matrix-free product, also where only a nearly empty node joins two parts.
    #[test]
    fn inverts_the_hessian() {
        for least in [0.1f64, 1e-6, 1e-12] {
            // what flows through the middle is known to the rounding of the changes beside it, up to 0.02
            let accuracy = 1e-12 + 0.02 * f64::EPSILON / least;
            for mean in Mean::ALL {
                let graph = Graph::path(5, Reference::Uniform).expect("a path");
                let n = graph.nodes();
                let mesh = TimeMesh::new(vec![0.0, 0.2, 0.5, 0.9, 1.0], &[1; 4]);
                let mut action = DiscreteAction::new(&graph, mean, mesh).expect("small");
                // the middle node is nearly empty at all times
                let masses = |k: usize| {
                    let shift = 0.02 * k as f64;
                    let mu = [0.3 + shift, 0.2 - shift, least, 0.1 + 0.5 * shift, 0.4 - 0.5 * shift];
                    let total: f64 = mu.iter().sum();
                    mu.map(|m| m / total)
                };
                let knots = Knots::new(n, (0..5).flat_map(masses).collect());
                action.barrier = 1e-3 * least;
                action.evaluate(&knots).expect("positive");
                action.central_dual();
                action.linearise();
                // changes of the interior knots that conserve mass, no larger than the masses
                let mut change = vec![0.0; 5 * n];
                for k in 1..4 {
                    let part = [0.01 * k as f64, -0.01, 0.1 * least, 0.02, -0.02];
                    change[k * n..(k + 1) * n].copy_from_slice(&part);
                    let total: f64 = part.iter().sum();
                    change[k * n] -= total;
                    // what leaves the left part through the middle is as small as the mass there
                    let left = change[k * n] + change[k * n + 1];
                    change[k * n + 1] += 0.5 * least - left;
                    change[k * n + 3] -= 0.5 * least - left;
                }
                let mut vector = vec![0.0; 5 * n];
                action.hessian_product(&change, &mut vector, &mut NodeWork::new(&action));
                let mut blocks = Blocks::new(&action).expect("small");
                blocks.prepare(&action).expect("positive definite");
                blocks.apply(&action, &mut vector);
                for (i, (found, wanted)) in vector.iter().zip(&change).enumerate() {
                    let scale = knots.mass[i];
                    let error = (found - wanted).abs() / scale;
                    assert!(error <= accuracy, "{mean:?}, {least:e}, {i}: {found:e} not {wanted:e}");
                }
            }
        }
    }
}
