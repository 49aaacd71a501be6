//! The factorised Hessian of a piecewise linear path on a large graph, sparse in graph and time.
//!
//! # The system
//!
//! The Hessian of the action in the masses has dense blocks, because it has `G = L^+` in it (see
//! [`blocks`](super::blocks)). With the potentials `chi = G (dv - B dmu)` of a change as unknowns of their own it has
//! not: with `a` and `b` the changes at the knots of an interval of length `h`, `H change = dual` is what is
//! left of
//!
//! ```text
//! h/4 S (a + b)  +  E' chi  =  dual        (sums over the intervals beside a knot)
//! E change  -  h L chi      =  0           E change = b - a - h B (a + b)/2
//! ```
//!
//! when the potentials are eliminated. Unknowns of neighbours in graph and time alone act on each other, and the
//! matrix is quasidefinite. Nested dissection orders it ([`dissection`](super::dissection)); on a grid of side `s`
//! over `K` intervals its factor has about `(s^2 K)^(4/3)` entries, where dense blocks have `2 K s^4`.
//!
//! The potentials have no scale but their differences, so each conducts a little to the ground.

use super::action::DiscreteAction;
use super::dissection::{dissect, Unknown};
use super::preconditioner::Preconditioner;
use crate::error::Result;
use crate::linalg::{QuasidefinitePattern, SparseQuasidefinite};
use crate::memory;

/// What a node conducts to the ground, in units of what it conducts to its neighbours: the error that this makes is
/// of the same order, that of rounding of the order of `1e-16` over it.
const GROUND: f64 = 3e-9;

/// Entries of the system for each node and each edge at each time, as they are added.
const ENTRIES_PER_NODE: usize = 5;
pub(super) const ENTRIES_PER_EDGE: usize = 21;

/// An unknown that is given: no place in the matrix.
const GIVEN: u32 = u32::MAX;

/// The analysed system of a mesh.
pub(crate) struct SpaceTimePattern {
    matrix: QuasidefinitePattern,
    unknowns: Unknowns,
}

/// The factorised Hessian.
pub(crate) struct SpaceTime {
    matrix: SparseQuasidefinite,
    unknowns: Unknowns,
    values: Vec<f64>,
    rhs: Vec<f64>,
}

/// Where the unknowns are in the order of their elimination.
struct Unknowns {
    spacing: Vec<f64>,
    /// For each knot, a place for each node.
    mass: Vec<u32>,
    /// For each interval, a place for each node.
    potential: Vec<u32>,
}

impl SpaceTimePattern {
    /// Bytes that the analysis takes: two numbers for each entry, thrice.
    pub fn analysis_bytes(action: &DiscreteAction) -> usize {
        let (n, m) = (action.graph.nodes(), action.graph.edges());
        memory::doubles(&[3, action.nodes(), ENTRIES_PER_NODE * n + ENTRIES_PER_EDGE * m])
    }

    /// Orders and analyses. Cost: for `K` intervals some hundred bytes for each of `K m` edges, and `O(K m ln(K n))`
    /// operations.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn analyse(action: &DiscreteAction) -> Result<Self> {
        let n = action.graph.nodes();
        let knots = action.mesh.knots();
        let intervals = knots.len() - 1;
        let order = dissect(&action.graph, intervals);
        let mut unknowns = Unknowns {
            spacing: knots.windows(2).map(|t| t[1] - t[0]).collect(),
            mass: vec![GIVEN; n * knots.len()],
            potential: vec![GIVEN; n * intervals],
        };
        let mut signs = vec![1; order.len()];
        for (at, unknown) in order.into_iter().enumerate() {
            match unknown {
                Unknown::Mass { knot, node } => unknowns.mass[knot * n + node] = at as u32,
                Unknown::Potential { interval, node } => {
                    unknowns.potential[interval * n + node] = at as u32;
                    signs[at] = -1;
                }
            }
        }
        if action.terminal.is_some() {
            // a free end acts on the last interval alone
            for place in &mut unknowns.mass[intervals * n..] {
                *place = signs.len() as u32;
                signs.push(1);
            }
        }
        let mut entries = Vec::new();
        unknowns.each_entry(action, |a, b, _| entries.push((a, b)));
        Ok(Self { matrix: QuasidefinitePattern::analyse(signs, &entries)?, unknowns })
    }

    /// Numbers that the factor takes.
    pub fn factor_entries(&self) -> usize {
        self.matrix.factor_entries()
    }

    /// Bytes that the factorisation takes.
    pub fn bytes(&self) -> usize {
        self.matrix.bytes()
    }
}

impl SpaceTime {
    /// Reserves the factor's memory.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(pattern: SpaceTimePattern) -> Result<Self> {
        let SpaceTimePattern { matrix, unknowns } = pattern;
        let dim = unknowns.mass.iter().chain(&unknowns.potential).filter(|at| **at != GIVEN).count();
        let matrix = SparseQuasidefinite::new(matrix)?;
        Ok(Self { matrix, unknowns, values: Vec::new(), rhs: vec![0.0; dim] })
    }
}

impl Unknowns {
    /// Calls `visit(row, column, value)` for all contributions to the matrix, in an order that depends on the mesh
    /// and the graph alone; one triangle of it, entry by entry on either side of the diagonal.
    fn each_entry(&self, action: &DiscreteAction, mut visit: impl FnMut(u32, u32, f64)) {
        let (n, m) = (action.graph.nodes(), action.graph.edges());
        let mut add = |a: u32, b: u32, value: f64| {
            if a != GIVEN && b != GIVEN {
                visit(a, b, value);
            }
        };
        for (q, &h) in self.spacing.iter().enumerate() {
            let edges = &action.tangent[q * m..(q + 1) * m];
            let (mu, dual) = (&action.mass[q * n..(q + 1) * n], &action.dual[q * n..(q + 1) * n]);
            let sides = [&self.mass[q * n..(q + 1) * n], &self.mass[(q + 1) * n..(q + 2) * n]];
            let chi = &self.potential[q * n..(q + 1) * n];
            for x in 0..n {
                // S on the diagonal, and the rates
                let wall = 0.25 * h * dual[x] / mu[x];
                for (a, b) in [(0, 0), (1, 1), (0, 1)] {
                    add(sides[a][x], sides[b][x], wall);
                }
                add(chi[x], sides[0][x], -1.0);
                add(chi[x], sides[1][x], 1.0);
            }
            let leak = action.leakage(q);
            action.graph.each_edge(|e, x, y| {
                let edge = &edges[e];
                let bend = 0.25 * h * edge.curvature;
                let (at_x, at_y) = (bend / mu[x] / mu[x], bend / mu[y] / mu[y]);
                let across = -bend / mu[x] / mu[y];
                for (a, b) in [(0, 0), (1, 1), (0, 1)] {
                    add(sides[a][x], sides[b][x], at_x);
                    add(sides[a][y], sides[b][y], at_y);
                    add(sides[a][x], sides[b][y], across);
                }
                add(sides[1][x], sides[0][y], across);
                let (tail, head) = (0.5 * h * edge.transport_tail, 0.5 * h * edge.transport_head);
                for side in sides {
                    add(chi[x], side[x], -tail);
                    add(chi[x], side[y], -head);
                    add(chi[y], side[x], tail);
                    add(chi[y], side[y], head);
                }
                let weight = h * (edge.weight + leak);
                add(chi[x], chi[x], -(1.0 + GROUND) * weight);
                add(chi[y], chi[y], -(1.0 + GROUND) * weight);
                add(chi[x], chi[y], weight);
            });
        }
        let walls = &action.knot_walls;
        for (i, (m, z)) in walls.mass.iter().zip(&walls.dual).enumerate() {
            let at = self.mass[walls.first + i];
            add(at, at, walls.weight[i / n] * z / m);
        }
        if let Some(terminal) = &action.terminal {
            let end = &self.mass[self.spacing.len() * n..];
            for (at, curvature) in end.iter().zip(terminal.diagonal(action.end_mass())) {
                add(*at, *at, curvature);
            }
        }
    }
}

impl Preconditioner for SpaceTime {
    fn prepare(&mut self, action: &DiscreteAction) -> Result<()> {
        let values = &mut self.values;
        values.clear();
        self.unknowns.each_entry(action, |_, _, value| values.push(value));
        self.matrix.factorise(values)
    }

    fn apply(&mut self, action: &DiscreteAction, vector: &mut [f64]) {
        let unknowns = action.unknowns();
        self.rhs.fill(0.0);
        for (at, dual) in self.unknowns.mass[unknowns.clone()].iter().zip(&vector[unknowns.clone()]) {
            self.rhs[*at as usize] = *dual;
        }
        self.matrix.solve_in_place(&mut self.rhs);
        vector.fill(0.0);
        for (at, change) in self.unknowns.mass[unknowns.clone()].iter().zip(&mut vector[unknowns]) {
            *change = self.rhs[*at as usize];
        }
    }

    /// A product costs little beside a factorisation, and short steps are dear.
    fn rest(&self) -> f64 {
        1e-6
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geodesic::action::{NodeWork, TimeMesh};
    use crate::geodesic::blocks::Blocks;
    use crate::geodesic::knots::Knots;
    use crate::graph::{Graph, Mean, Reference};
    use crate::linalg::vector::{distance_max, max_abs};

    /// It undoes the matrix-free product, as dense blocks do, on graphs with cycles and without, with as few
    /// intervals as there can be and with more.
    #[test]
    fn inverts_the_hessian() {
        let graphs = [
            Graph::grid(&[4, 5], false, Reference::Uniform),
            Graph::complete(6, Reference::Uniform),
            Graph::path(30, Reference::Uniform),
            Graph::path(2, Reference::Uniform),
        ];
        let meshes = [vec![0.0, 0.3, 1.0], vec![0.0, 0.1, 0.25, 0.5, 0.7, 0.9, 0.95, 1.0]];
        for graph in graphs.map(|graph| graph.expect("a graph")) {
            for (mean, breaks) in
                Mean::ALL.iter().flat_map(|mean| meshes.iter().map(move |b| (*mean, b)))
            {
                let n = graph.nodes();
                let intervals = breaks.len() - 1;
                let mesh = TimeMesh::new(breaks.clone(), &vec![1; intervals]);
                let mut action = DiscreteAction::new(&graph, mean, mesh).expect("small");
                // densities between 0.1 and 1.9 that travel
                let wave = |k: usize, x: usize| 1.0 + 0.9 * (0.7 * x as f64 + breaks[k]).sin();
                let masses = (0..=intervals).flat_map(|k| {
                    let total: f64 = (0..n).map(|x| wave(k, x)).sum();
                    (0..n).map(move |x| wave(k, x) / total)
                });
                let knots = Knots::new(n, masses.collect());
                action.barrier = 1e-3;
                action.evaluate(&knots).expect("positive");
                action.central_dual();
                action.linearise();
                let mut change = vec![0.0; (intervals + 1) * n];
                for k in 1..intervals {
                    let row = &mut change[k * n..(k + 1) * n];
                    row.iter_mut().enumerate().for_each(|(x, d)| *d = (3.0 * x as f64 + k as f64).cos());
                    let mean: f64 = row.iter().sum::<f64>() / n as f64;
                    row.iter_mut().for_each(|d| *d -= mean);
                }
                let mut product = vec![0.0; change.len()];
                action.hessian_product(&change, &mut product, &mut NodeWork::new(&action));
                // a constant at a knot means nothing, but would leak
                for row in product.chunks_exact_mut(n) {
                    let mean = row.iter().sum::<f64>() / n as f64;
                    row.iter_mut().for_each(|dual| *dual -= mean);
                }
                let pattern = SpaceTimePattern::analyse(&action).expect("small");
                let mut sparse = SpaceTime::new(pattern).expect("small");
                let mut dense = Blocks::new(&action).expect("small");
                for inverse in [&mut sparse as &mut dyn Preconditioner, &mut dense] {
                    let mut found = product.clone();
                    inverse.prepare(&action).expect("quasidefinite");
                    inverse.apply(&action, &mut found);
                    let error = distance_max(&found, &change) / max_abs(&change);
                    // what leaks to the ground, over the few nodes of a graph
                    assert!(
                        error < 100.0 * GROUND,
                        "{n} nodes, {mean:?}, {intervals} intervals: {error:e}"
                    );
                }
            }
        }
    }
}
