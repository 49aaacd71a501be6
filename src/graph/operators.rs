//! Sweeps over the edges: mobility, weighted Laplacian, and the Hamiltonian's two halves.
//!
//! These loops are where a geodesic's time goes. They need one logarithm per node, one division
//! per edge, and touch each edge once.

use super::means::{
    ArithmeticMean, GeometricMean, HarmonicMean, LogMean, Mean, MobilityMean, NodeTerms,
};
use super::Graph;
use crate::error::Result;

/// Calls a generic method with the type that stands for the mean.
macro_rules! with_mean {
    ($mean:expr, $self:ident . $method:ident ( $($argument:expr),* )) => {
        match $mean {
            Mean::Logarithmic => $self.$method::<LogMean>($($argument),*),
            Mean::Geometric => $self.$method::<GeometricMean>($($argument),*),
            Mean::Harmonic => $self.$method::<HarmonicMean>($($argument),*),
            Mean::Arithmetic => $self.$method::<ArithmeticMean>($($argument),*),
        }
    };
}

/// Edge sweeps at a positive mass vector, with their buffer.
pub(crate) struct Sweep {
    graph: Graph,
    mean: Mean,
    nodes: Vec<NodeTerms>,
}

/// Weight `c theta` of an edge and its derivatives in the densities at the smaller and the larger end.
#[derive(Clone, Copy, Default)]
pub(crate) struct EdgeMobility {
    pub weight: f64,
    pub slope_tail: f64,
    pub slope_head: f64,
}

/// The linearised sweep of an edge `(x, y)` at masses `mu` and potentials `psi`.
///
/// With `d = psi_x - psi_y`, the Hamiltonian's term `c theta d^2 / 2` changes with the masses by
/// `transport_tail d/2` per unit of mass at `x` (likewise at `y`) and has the second derivative
/// `-curvature (a_x/mu_x - a_y/mu_y)^2` along a change of masses `a`.
#[derive(Clone, Copy, Default)]
pub(crate) struct EdgeTangent {
    /// `c theta`.
    pub weight: f64,
    /// `d(c theta)/d mu_x (psi_x - psi_y)`.
    pub transport_tail: f64,
    /// `d(c theta)/d mu_y (psi_x - psi_y)`.
    pub transport_head: f64,
    /// `c d^2/2 s t theta_st`.
    pub curvature: f64,
}

impl Sweep {
    pub fn new(graph: &Graph, mean: Mean) -> Self {
        Self { graph: graph.clone(), mean, nodes: vec![[0.0; 3]; graph.nodes()] }
    }

    /// `weight_e = c_e theta(rho_x, rho_y)` for each edge.
    pub fn mobility(&mut self, mu: &[f64], weight: &mut [f64]) {
        with_mean!(self.mean, self.each_edge(mu, |e, edge| weight[e] = edge.weight))
    }

    /// Weight and slopes of each edge.
    pub fn mobility_and_slopes(&mut self, mu: &[f64], edges: &mut [EdgeMobility]) {
        with_mean!(self.mean, self.each_edge(mu, |e, edge| edges[e] = edge))
    }

    /// One evaluation of the Hamiltonian's right-hand side in `psi`:
    /// `weight_e = c_e theta_e` and `force_x = 1/2 sum_y K(x,y) theta_s(rho_x, rho_y) (psi_x - psi_y)^2`,
    /// so that `d psi/dt = -force`.
    pub fn force(&mut self, mu: &[f64], psi: &[f64], weight: &mut [f64], force: &mut [f64]) {
        with_mean!(self.mean, self.force_for(mu, psi, weight, force))
    }

    /// The linearisation of each edge, and the force as in [`force`](Self::force).
    pub fn linearise(&mut self, mu: &[f64], psi: &[f64], edges: &mut [EdgeTangent], force: &mut [f64]) {
        with_mean!(self.mean, self.linearise_for(mu, psi, edges, force))
    }

    fn linearise_for<M: MobilityMean>(
        &mut self,
        mu: &[f64],
        psi: &[f64],
        edges: &mut [EdgeTangent],
        force: &mut [f64],
    ) {
        self.prepare::<M>(mu);
        let graph = &self.graph;
        let (heads, conductance, pi) = (graph.heads(), graph.conductance(), graph.reference());
        force.fill(0.0);
        for x in 0..self.nodes.len() {
            let tail = self.nodes[x];
            for e in graph.row_start()[x]..graph.row_start()[x + 1] {
                let y = heads[e] as usize;
                let head = self.nodes[y];
                let (theta, slope_x, slope_y) = M::gradient(&tail, &head, None);
                let (c, d) = (conductance[e], psi[x] - psi[y]);
                let edge = EdgeTangent {
                    weight: c * theta,
                    transport_tail: c * slope_x * d / pi[x],
                    transport_head: c * slope_y * d / pi[y],
                    curvature: 0.5 * c * d * d * M::curvature(&tail, &head),
                };
                force[x] += 0.5 * edge.transport_tail * d;
                force[y] += 0.5 * edge.transport_head * d;
                edges[e] = edge;
            }
        }
    }

    fn force_for<M: MobilityMean>(
        &mut self,
        mu: &[f64],
        psi: &[f64],
        weight: &mut [f64],
        force: &mut [f64],
    ) {
        self.prepare::<M>(mu);
        let graph = &self.graph;
        let (heads, conductance) = (graph.heads(), graph.conductance());
        force.fill(0.0);
        for x in 0..self.nodes.len() {
            let (node, potential) = (self.nodes[x], psi[x]);
            let mut own = 0.0;
            for e in graph.row_start()[x]..graph.row_start()[x + 1] {
                let y = heads[e] as usize;
                let (theta, slope_x, slope_y) = M::gradient(&node, &self.nodes[y], None);
                weight[e] = conductance[e] * theta;
                let difference = potential - psi[y];
                let half = 0.5 * conductance[e] * difference * difference;
                own += half * slope_x;
                force[y] += half * slope_y;
            }
            force[x] += own;
        }
        for (f, p) in force.iter_mut().zip(graph.reference()) {
            *f /= p;
        }
    }

    fn each_edge<M: MobilityMean>(&mut self, mu: &[f64], mut visit: impl FnMut(usize, EdgeMobility)) {
        self.prepare::<M>(mu);
        let graph = &self.graph;
        for x in 0..self.nodes.len() {
            let node = self.nodes[x];
            for e in graph.row_start()[x]..graph.row_start()[x + 1] {
                let head = &self.nodes[graph.heads()[e] as usize];
                let (theta, slope_tail, slope_head) = M::gradient(&node, head, None);
                let c = graph.conductance()[e];
                let edge = EdgeMobility {
                    weight: c * theta,
                    slope_tail: c * slope_tail,
                    slope_head: c * slope_head,
                };
                visit(e, edge);
            }
        }
    }

    fn prepare<M: MobilityMean>(&mut self, mu: &[f64]) {
        for ((node, m), p) in self.nodes.iter_mut().zip(mu).zip(self.graph.reference()) {
            *node = M::node(m / p);
        }
    }
}

impl Graph {
    /// The weights `c_e theta(rho_x, rho_y)` of the Laplacian `L(rho)`, per edge, at a positive mass
    /// vector. Cost: one sweep.
    ///
    /// # Errors
    /// A `mu` that is not a positive distribution.
    pub fn mobility(&self, mean: Mean, mu: &[f64]) -> Result<Vec<f64>> {
        self.check_positive_distribution("mu", mu)?;
        let mut weight = vec![0.0; self.edges()];
        Sweep::new(self, mean).mobility(mu, &mut weight);
        Ok(weight)
    }

    /// `out = L psi` for the Laplacian with the given weight per edge: `out_x = sum_y w_xy (psi_x - psi_y)`.
    pub(crate) fn apply_laplacian(&self, weight: &[f64], psi: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for x in 0..psi.len() {
            let potential = psi[x];
            let mut own = 0.0;
            for e in self.row_start()[x]..self.row_start()[x + 1] {
                let y = self.heads()[e] as usize;
                let flux = weight[e] * (potential - psi[y]);
                own += flux;
                out[y] -= flux;
            }
            out[x] += own;
        }
    }

    /// `psi' L psi = sum_e w_e (psi_x - psi_y)^2`.
    pub(crate) fn dirichlet_form(&self, weight: &[f64], psi: &[f64]) -> f64 {
        let mut sum = 0.0;
        for x in 0..psi.len() {
            for e in self.row_start()[x]..self.row_start()[x + 1] {
                let difference = psi[x] - psi[self.heads()[e] as usize];
                sum += weight[e] * difference * difference;
            }
        }
        sum
    }
}
