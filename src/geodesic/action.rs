//! The discrete action of a path and its first two derivatives.
//!
//! # The convex problem
//!
//! The path is a continuous piecewise polynomial ([`Element`]) with masses at the knots as unknowns. At
//! each Gauss node `q` of weight `w_q` it has masses `mu_q` and rates `v_q`, linear in the unknowns, and
//!
//! ```text
//! action = sum_q w_q A(mu_q, v_q),   A(mu, v) = 1/2 v' L(mu)^+ v = max_psi  v' psi - 1/2 psi' L(mu) psi
//! ```
//!
//! `A` is jointly convex (the discrete Benamou-Brenier formula with the flux minimised out), so the whole
//! problem is. The envelope theorem gives its derivatives from the maximiser `psi = L^+ v`:
//!
//! ```text
//! dA = psi' dv - force' dmu
//! d2A = (dv - B dmu)' L^+ (dv - B dmu) + dmu' Q dmu
//! ```
//!
//! where `B dmu = L'(mu)[dmu] psi`, and `Q >= 0` comes from the concavity of the mean. A product with the
//! Hessian costs one Laplacian solve and one sweep per Gauss node.
//!
//! A function of the end masses may be added, which are then unknowns too: a JKO step (see [`Terminal`]).
//!
//! A logarithmic barrier `-kappa sum_q w_q sum_x pi_x ln mu_qx` may be added. Its second derivative is
//! replaced by `z/mu` with dual variables `z` of their own, which a primal-dual method updates
//! (Nocedal and Wright, Numerical Optimization, chapter 19). On elements of degree one it acts at the knots
//! instead, so that the path is positive between them too: at the Gauss nodes alone, masses at the knots could
//! zigzag around zero.
//!
//! # Rounding
//!
//! Rates are known to sixteen digits at best. Where only nearly empty nodes join two parts of the graph, what
//! rounding leaves of the flux between them, over a mobility that may be `1e-27`, would be a potential without
//! meaning. So each edge may conduct a little more than its mobility: `leak t`, at a time `t` from the nearer
//! end, where potentials grow like `1/t` at most. Then rounding moves them by `1e-16 / (leak t)`, little
//! beside `1/t`, and the action changes by `int leak t / t^2 dt`, the leak times a logarithm.

use std::sync::Arc;

use super::convex::least_density;
use super::element::Element;
use super::knots::Knots;
use crate::error::Result;
use crate::graph::{EdgeTangent, Graph, LaplacianSolver, Mean, Sweep};
use crate::linalg::vector::{axpy, dot, sum_abs};

/// Elements in time: where they begin and end, and their degrees.
#[derive(Clone)]
pub(crate) struct TimeMesh {
    /// Ends of the elements: `0 = t_0 < ... < t_E = 1`.
    pub breaks: Vec<f64>,
    pub elements: Vec<Arc<Element>>,
}

impl TimeMesh {
    /// Elements of the given degrees between the given breaks.
    pub fn new(breaks: Vec<f64>, degrees: &[usize]) -> Self {
        let mut known: Vec<Arc<Element>> = Vec::new();
        let elements = degrees
            .iter()
            .map(|&degree| match known.iter().find(|e| e.degree() == degree) {
                Some(element) => element.clone(),
                None => {
                    known.push(Arc::new(Element::new(degree)));
                    known[known.len() - 1].clone()
                }
            })
            .collect();
        Self { breaks, elements }
    }

    /// Intervals between neighbouring knots; as many as there are Gauss nodes.
    pub fn intervals(&self) -> usize {
        self.elements.iter().map(|e| e.degree()).sum()
    }

    /// Each element with its start, its length, and its first knot (which is its first Gauss node).
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let mut first = 0;
        self.elements.iter().zip(self.breaks.windows(2)).map(move |(element, ends)| {
            let piece = Piece { element, start: ends[0], length: ends[1] - ends[0], first };
            first += element.degree();
            piece
        })
    }

    /// The length of the shortest element.
    pub fn shortest(&self) -> f64 {
        self.pieces().map(|piece| piece.length).fold(1.0, f64::min)
    }

    /// Times of the knots.
    pub fn knots(&self) -> Vec<f64> {
        let inner = self.pieces().flat_map(|p| {
            let degree = p.element.degree();
            p.element.knot[..degree].iter().map(|c| p.start + c * p.length).collect::<Vec<_>>()
        });
        inner.chain([1.0]).collect()
    }
}

/// A function of the masses at the end of the path that is added to the action, such as `tau F` in a JKO step.
pub(crate) trait Terminal: Send + Sync {
    /// Its value at positive masses.
    fn value(&self, mu: &[f64]) -> f64;

    /// Adds its derivative.
    fn add_gradient(&self, mu: &[f64], gradient: &mut [f64]);

    /// Adds the product of its second derivative with a change of the masses.
    fn add_hessian_product(&self, mu: &[f64], change: &[f64], product: &mut [f64]);

    /// A diagonal that is not negative and near the second derivative.
    fn diagonal(&self, mu: &[f64]) -> Vec<f64>;
}

/// Knots at which the barrier acts: a range of the unknowns, the last of them among it.
pub(crate) struct KnotWalls {
    /// Where their masses begin among those at the knots.
    pub first: usize,
    pub mass: Vec<f64>,
    pub dual: Vec<f64>,
    /// Weight of the barrier at each knot: half the time of the intervals beside it.
    pub weight: Vec<f64>,
}

/// One element of a mesh.
pub(crate) struct Piece<'a> {
    pub element: &'a Arc<Element>,
    pub start: f64,
    pub length: f64,
    pub first: usize,
}

/// The action at one path, with everything its derivatives need.
pub(crate) struct DiscreteAction {
    pub graph: Graph,
    pub mean: Mean,
    pub mesh: TimeMesh,
    sweep: Sweep,
    /// Strength `kappa` of the barrier.
    pub barrier: f64,
    /// What each edge conducts besides its mobility, per time to the nearer end.
    pub leak: f64,
    /// Weight of each Gauss node, and the time from it to the nearer end.
    pub weight: Vec<f64>,
    to_end: Vec<f64>,
    /// Masses, rates, potentials, forces and duals at the Gauss nodes, `n` numbers for each.
    pub mass: Vec<f64>,
    pub rate: Vec<f64>,
    pub potential: Vec<f64>,
    pub force: Vec<f64>,
    pub dual: Vec<f64>,
    /// Linearised edges at the Gauss nodes, `m` for each.
    pub tangent: Vec<EdgeTangent>,
    /// The Laplacian of each Gauss node.
    pub laplacian: Vec<LaplacianSolver>,
    /// Whether the barrier acts at the Gauss nodes.
    pub node_walls: bool,
    /// The knots at which it acts.
    pub knot_walls: KnotWalls,
    /// The function of the end masses, where they are not given.
    pub terminal: Option<Arc<dyn Terminal>>,
    slope: Vec<f64>,
    mobility: Vec<f64>,
    scratch: Vec<f64>,
}

impl DiscreteAction {
    /// Reserves memory for paths on a mesh.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(graph: &Graph, mean: Mean, mesh: TimeMesh) -> Result<Self> {
        let (n, m, nodes) = (graph.nodes(), graph.edges(), mesh.intervals());
        let weight: Vec<f64> = mesh
            .pieces()
            .flat_map(|p| p.element.rule.weight.iter().map(|b| b * p.length).collect::<Vec<_>>())
            .collect();
        let to_end = mesh
            .pieces()
            .flat_map(|p| {
                let times = p.element.rule.node.iter().map(|c| p.start + c * p.length);
                times.map(|t| t.min(1.0 - t)).collect::<Vec<_>>()
            })
            .collect();
        let numbers = || vec![0.0; n * nodes];
        let linear = mesh.elements.iter().all(|element| element.degree() == 1);
        let walled = if linear { 1..nodes } else { nodes..nodes };
        Ok(Self {
            graph: graph.clone(),
            mesh,
            mean,
            sweep: Sweep::new(graph, mean),
            barrier: 0.0,
            leak: 0.0,
            to_end,
            node_walls: !linear,
            knot_walls: KnotWalls::new(n, walled, &weight),
            terminal: None,
            weight,
            mass: numbers(),
            rate: numbers(),
            potential: numbers(),
            force: numbers(),
            dual: numbers(),
            tangent: vec![EdgeTangent::default(); m * nodes],
            laplacian: (0..nodes).map(|_| LaplacianSolver::new(graph)).collect::<Result<_>>()?,
            slope: numbers(),
            mobility: vec![0.0; m],
            scratch: vec![0.0; 2 * n],
        })
    }

    /// Frees the end and adds a function of it.
    pub fn with_terminal(mut self, terminal: Arc<dyn Terminal>) -> Self {
        let nodes = self.nodes();
        let first = if self.node_walls { nodes } else { 1 };
        self.knot_walls = KnotWalls::new(self.graph.nodes(), first..nodes + 1, &self.weight);
        self.terminal = Some(terminal);
        self
    }

    /// The unknowns among the masses at the knots: all but those at given ends.
    pub fn unknowns(&self) -> std::ops::Range<usize> {
        let n = self.graph.nodes();
        n..self.mass.len() + if self.terminal.is_some() { n } else { 0 }
    }

    /// Number of Gauss nodes.
    pub fn nodes(&self) -> usize {
        self.weight.len()
    }

    /// Values at the Gauss nodes of the change of a path with these values at the knots.
    pub fn at_nodes(&self, knots: &[f64], mass: &mut [f64], rate: &mut [f64]) {
        let n = self.graph.nodes();
        for piece in self.mesh.pieces() {
            let p = piece.element.degree();
            for q in 0..p {
                let target = (piece.first + q) * n..(piece.first + q + 1) * n;
                let (mass, rate) = (&mut mass[target.clone()], &mut rate[target]);
                mass.fill(0.0);
                rate.fill(0.0);
                for i in 0..=p {
                    let knot = &knots[(piece.first + i) * n..(piece.first + i + 1) * n];
                    axpy(piece.element.value[q * (p + 1) + i], knot, mass);
                    axpy(piece.element.derivative[q * (p + 1) + i] / piece.length, knot, rate);
                }
            }
        }
    }

    /// The transpose of [`at_nodes`](Self::at_nodes), weighted by the rule: dual vectors at the nodes to
    /// dual vectors at the knots.
    pub fn to_knots(&self, mass: &[f64], rate: &[f64], knots: &mut [f64]) {
        let n = self.graph.nodes();
        knots.fill(0.0);
        for piece in self.mesh.pieces() {
            let p = piece.element.degree();
            for q in 0..p {
                let node = piece.first + q;
                let (mass, rate) = (&mass[node * n..(node + 1) * n], &rate[node * n..(node + 1) * n]);
                for i in 0..=p {
                    let knot = &mut knots[(piece.first + i) * n..(piece.first + i + 1) * n];
                    axpy(self.weight[node] * piece.element.value[q * (p + 1) + i], mass, knot);
                    let slope = piece.element.derivative[q * (p + 1) + i] / piece.length;
                    axpy(self.weight[node] * slope, rate, knot);
                }
            }
        }
    }

    /// Moves to the path with these masses at the knots; the action with its barrier, or `None` where a
    /// mass at a Gauss node is not positive or the graph falls apart numerically.
    pub fn evaluate(&mut self, knots: &Knots) -> Option<f64> {
        self.follow(knots);
        let n = self.graph.nodes();
        let mut value = 0.0;
        self.knot_walls.copy_masses(&knots.mass);
        let mut masses = self.mass.iter().chain(&self.knot_walls.mass);
        if !masses.all(|m| m.is_finite() && *m > 0.0) {
            return None;
        }
        for q in 0..self.nodes() {
            let node = q * n..(q + 1) * n;
            self.sweep.mobility(&self.mass[node.clone()], &mut self.mobility);
            let leak = self.leakage(q);
            self.mobility.iter_mut().for_each(|w| *w += leak);
            self.laplacian[q].factorise_leaky(&self.mobility).ok()?;
            let psi = &mut self.potential[node.clone()];
            psi.copy_from_slice(&self.rate[node.clone()]);
            self.laplacian[q].solve_grounded(psi);
            value += 0.5 * self.weight[q] * dot(psi, &self.rate[node]);
        }
        value += self.beyond_action();
        value.is_finite().then_some(value)
    }

    /// The mass that the path moves from node to node, at least.
    pub fn mass_moved(&self) -> f64 {
        let rates = self.rate.chunks_exact(self.graph.nodes()).zip(&self.weight);
        rates.map(|(rate, w)| 0.5 * w * sum_abs(rate)).sum()
    }

    /// What each edge conducts at a Gauss node besides its mobility.
    pub fn leakage(&self, q: usize) -> f64 {
        self.leak * self.to_end[q]
    }

    /// Masses and rates at the Gauss nodes of the path through these knots.
    fn follow(&mut self, knots: &Knots) {
        let n = self.graph.nodes();
        for piece in self.mesh.pieces() {
            let (p, first) = (piece.element.degree(), piece.first * n);
            for q in 0..p {
                let target = (piece.first + q) * n..(piece.first + q + 1) * n;
                let (mass, rate) = (&mut self.mass[target.clone()], &mut self.rate[target]);
                mass.fill(0.0);
                rate.fill(0.0);
                for i in 0..=p {
                    let row = q * (p + 1) + i;
                    let slope = piece.element.derivative[row] / piece.length;
                    axpy(piece.element.value[row], &knots.mass[first + i * n..][..n], mass);
                    // the slopes of all knots add up to zero, so that the first one may be taken from each
                    for (x, v) in rate.iter_mut().enumerate() {
                        *v += slope * knots.difference(first + i * n + x, first + x);
                    }
                }
            }
        }
    }

    /// What the objective has besides the action: the terminal function and the barrier.
    pub fn beyond_action(&self) -> f64 {
        self.terminal_value() + self.barrier_value()
    }

    /// The terminal function at the end, zero where there is none.
    pub fn terminal_value(&self) -> f64 {
        self.terminal.as_ref().map_or(0.0, |terminal| terminal.value(self.end_mass()))
    }

    /// `-kappa sum_q w_q sum_x pi_x ln mu_qx`.
    fn barrier_value(&self) -> f64 {
        if self.barrier == 0.0 {
            return 0.0;
        }
        let pi = self.graph.reference();
        let n = pi.len();
        let logarithms = |mu: &[f64]| -> f64 { mu.iter().zip(pi).map(|(m, p)| p * m.ln()).sum() };
        let sum = |masses: &[f64], weights: &[f64]| -> f64 {
            masses.chunks_exact(n).zip(weights).map(|(mu, w)| w * logarithms(mu)).sum()
        };
        let nodes = if self.node_walls { sum(&self.mass, &self.weight) } else { 0.0 };
        -self.barrier * (nodes + sum(&self.knot_walls.mass, &self.knot_walls.weight))
    }

    /// Masses at the end, where it is free.
    pub fn end_mass(&self) -> &[f64] {
        let masses = &self.knot_walls.mass;
        &masses[masses.len() - self.graph.nodes()..]
    }

    /// `psi' L psi / 2` integrated, without the barrier.
    pub fn action(&self) -> f64 {
        let n = self.graph.nodes();
        let nodes = self.potential.chunks_exact(n).zip(self.rate.chunks_exact(n));
        nodes.zip(&self.weight).map(|((psi, v), w)| 0.5 * w * dot(psi, v)).sum()
    }

    /// The least density at the nodes and knots that have walls.
    pub fn least_density(&self) -> f64 {
        let least = |masses: &[f64]| {
            let times = masses.chunks_exact(self.graph.nodes());
            times.map(|mu| least_density(&self.graph, mu)).fold(f64::INFINITY, f64::min)
        };
        let nodes = if self.node_walls { least(&self.mass) } else { f64::INFINITY };
        nodes.min(least(&self.knot_walls.mass))
    }

    /// Puts the duals on the central path, `z = kappa pi / mu`.
    pub fn central_dual(&mut self) {
        let barrier = self.barrier;
        self.each_dual(|z, m, p| *z = barrier * p / m);
    }

    /// Whether all duals are within a factor of the central path.
    pub fn near_central_path(&self, range: f64) -> bool {
        let pi = self.graph.reference();
        let near = |dual: &[f64], mass: &[f64]| {
            dual.iter().zip(mass).enumerate().all(|(i, (z, m))| {
                let ratio = z * m / (self.barrier * pi[i % pi.len()]);
                ratio * range > 1.0 && ratio < range
            })
        };
        let walls = &self.knot_walls;
        (!self.node_walls || near(&self.dual, &self.mass)) && near(&walls.dual, &walls.mass)
    }

    /// Keeps the duals within a factor of the central path.
    pub fn confine_dual(&mut self, range: f64) {
        let barrier = self.barrier;
        self.each_dual(|z, m, p| {
            let central = barrier * p / m;
            *z = z.clamp(central / range, central * range);
        });
    }

    /// Calls `change(dual, mass, pi)` for all nodes at all times.
    fn each_dual(&mut self, change: impl Fn(&mut f64, f64, f64)) {
        let pi = self.graph.reference();
        let on = |dual: &mut [f64], mass: &[f64]| {
            for (i, (z, m)) in dual.iter_mut().zip(mass).enumerate() {
                change(z, *m, pi[i % pi.len()]);
            }
        };
        if self.node_walls {
            on(&mut self.dual, &self.mass);
        }
        on(&mut self.knot_walls.dual, &self.knot_walls.mass);
    }

    /// Prepares the derivatives at the path last evaluated.
    pub fn linearise(&mut self) {
        let (n, m) = (self.graph.nodes(), self.graph.edges());
        for q in 0..self.nodes() {
            let node = q * n..(q + 1) * n;
            self.sweep.linearise(
                &self.mass[node.clone()],
                &self.potential[node.clone()],
                &mut self.tangent[q * m..(q + 1) * m],
                &mut self.force[node],
            );
        }
    }

    /// Derivative of the objective in the masses at the knots, up to a constant for each knot.
    pub fn gradient(&mut self, gradient: &mut [f64]) {
        self.action_gradient(gradient);
        let pi = self.graph.reference();
        let (n, walls) = (pi.len(), &self.knot_walls);
        for (i, (g, m)) in gradient[walls.first..].iter_mut().zip(&walls.mass).enumerate() {
            *g -= self.barrier * walls.weight[i / n] * pi[i % n] / m;
        }
        if let Some(terminal) = &self.terminal {
            let last = gradient.len() - n;
            terminal.add_gradient(self.end_mass(), &mut gradient[last..]);
        }
    }

    /// Derivative of the action, with the barrier at the Gauss nodes, in the masses at the knots.
    pub fn action_gradient(&mut self, gradient: &mut [f64]) {
        let pi = self.graph.reference();
        let n = pi.len();
        let barrier = if self.node_walls { self.barrier } else { 0.0 };
        let masses = self.mass.iter().enumerate();
        for (slope, (f, (i, m))) in self.slope.iter_mut().zip(self.force.iter().zip(masses)) {
            *slope = -f - barrier * pi[i % n] / m;
        }
        self.to_knots(&self.slope, &self.potential, gradient);
    }

    /// What drives the potentials at the Gauss nodes: where the barrier holds a node above zero, it acts like a
    /// force, half of what it does at a knot on either side.
    pub fn forces(&self) -> Vec<f64> {
        let pi = self.graph.reference();
        let n = pi.len();
        let mut forces = self.force.clone();
        if self.node_walls {
            let masses = self.mass.iter().enumerate();
            forces.iter_mut().zip(masses).for_each(|(f, (i, m))| *f += self.barrier * pi[i % n] / m);
        } else {
            for (i, m) in self.knot_walls.mass.iter().enumerate() {
                let (knot, wall) = (self.knot_walls.first + i, 0.5 * self.barrier * pi[i % n] / m);
                forces[knot - n] += wall;
                if let Some(after) = forces.get_mut(knot) {
                    *after += wall;
                }
            }
        }
        forces
    }

    /// Product of the Hessian with a change of the masses at the knots, up to a constant for each knot.
    pub fn hessian_product(&mut self, change: &[f64], product: &mut [f64], work: &mut NodeWork) {
        let (n, m) = (self.graph.nodes(), self.graph.edges());
        self.at_nodes(change, &mut work.mass, &mut work.rate);
        for q in 0..self.nodes() {
            let node = q * n..(q + 1) * n;
            let edges = &self.tangent[q * m..(q + 1) * m];
            let mu = &self.mass[node.clone()];
            let dual = &self.dual[node.clone()];
            let (a, chi) = (&mut work.mass[node.clone()], &mut work.rate[node]);
            subtract_transport(&self.graph, edges, a, chi);
            self.laplacian[q].solve_grounded(chi);
            let (relative, rest) = self.scratch.split_at_mut(n);
            let out = &mut rest[..n];
            for x in 0..n {
                relative[x] = a[x] / mu[x];
                out[x] = dual[x] * relative[x];
            }
            self.graph.each_edge(|e, x, y| {
                let edge = &edges[e];
                let difference = chi[x] - chi[y];
                let bend = edge.curvature * (relative[x] - relative[y]);
                out[x] += bend / mu[x] - edge.transport_tail * difference;
                out[y] -= bend / mu[y] + edge.transport_head * difference;
            });
            a.copy_from_slice(out);
        }
        self.to_knots(&work.mass, &work.rate, product);
        let walls = &self.knot_walls;
        let changes = change[walls.first..].iter().zip(&mut product[walls.first..]);
        for (i, ((d, p), (m, z))) in changes.zip(walls.mass.iter().zip(&walls.dual)).enumerate() {
            *p += walls.weight[i / n] * z / m * d;
        }
        if let Some(terminal) = &self.terminal {
            let last = product.len() - n;
            terminal.add_hessian_product(self.end_mass(), &change[last..], &mut product[last..]);
        }
    }
}

impl KnotWalls {
    /// At these of the knots, which lie between intervals of the given lengths.
    fn new(n: usize, knots: std::ops::Range<usize>, lengths: &[f64]) -> Self {
        let half = |interval: usize| 0.5 * lengths.get(interval).copied().unwrap_or(0.0);
        let zeros = vec![0.0; n * knots.len()];
        let weight = knots.clone().map(|k| half(k - 1) + half(k)).collect();
        Self { first: n * knots.start, mass: zeros.clone(), dual: zeros, weight }
    }

    fn copy_masses(&mut self, knots: &[f64]) {
        let count = self.mass.len();
        self.mass.copy_from_slice(&knots[self.first..][..count]);
    }
}

/// `rate -= B mass` with `B mass = L'(mu)[mass] psi`.
fn subtract_transport(graph: &Graph, edges: &[EdgeTangent], mass: &[f64], rate: &mut [f64]) {
    graph.each_edge(|e, x, y| {
        let flux = edges[e].transport_tail * mass[x] + edges[e].transport_head * mass[y];
        rate[x] -= flux;
        rate[y] += flux;
    });
}

/// Buffers of [`DiscreteAction::hessian_product`].
pub(crate) struct NodeWork {
    mass: Vec<f64>,
    rate: Vec<f64>,
}

impl NodeWork {
    pub fn new(action: &DiscreteAction) -> Self {
        Self { mass: vec![0.0; action.mass.len()], rate: vec![0.0; action.mass.len()] }
    }
}
