//! The vector field of a gradient flow and its exact Jacobian.
//!
//! Mass leaves node `x` along the edge `(x, y)` at the rate
//!
//! ```text
//! j = c theta(rho_x, rho_y) (g_x - g_y) + b c (rho_x - rho_y),    d mu_x/dt = -sum_y j_xy
//! ```
//!
//! With the logarithmic mean, `theta (ln s - ln t) = s - t`: there the entropy is taken out of `g`
//! and becomes the second term, `b = beta`, which neither cancels nor needs a logarithm. With any
//! other mean `b = 0` and `g` is the whole first variation.

use crate::energy::FreeEnergy;
use crate::error::Result;
use crate::graph::{Graph, Mean, Sweep};
use crate::linalg::GeneralPattern;

/// `f(mu) = -L(rho) dF/dmu` and its derivative, with their buffers.
pub(crate) struct GradientField<'a> {
    energy: &'a FreeEnergy,
    sweep: Sweep,
    /// Coefficient of the entropy inside `g`.
    entropy_in_potential: f64,
    /// Coefficient `b` of the linear flux.
    linear: f64,
    weight: Vec<f64>,
    potential: Vec<f64>,
}

impl<'a> GradientField<'a> {
    pub fn new(energy: &'a FreeEnergy, mean: Mean) -> Self {
        let graph = energy.graph();
        let (linear, entropy_in_potential) = match mean {
            Mean::Logarithmic => (energy.entropy(), 0.0),
            _ => (0.0, energy.entropy()),
        };
        Self {
            energy,
            sweep: Sweep::new(graph, mean),
            entropy_in_potential,
            linear,
            weight: vec![0.0; graph.edges()],
            potential: vec![0.0; graph.nodes()],
        }
    }

    /// `out = f(mu)` for positive masses.
    pub fn evaluate(&mut self, mu: &[f64], out: &mut [f64]) {
        let graph = self.energy.graph();
        let (pi, conductance) = (graph.reference(), graph.conductance());
        self.sweep.mobility(mu, &mut self.weight);
        self.energy.first_variation_into(mu, self.entropy_in_potential, &mut self.potential);
        out.fill(0.0);
        for (e, (x, y)) in graph.edge_list().enumerate() {
            let flux = self.weight[e] * (self.potential[x] - self.potential[y])
                + self.linear * conductance[e] * (mu[x] / pi[x] - mu[y] / pi[y]);
            out[x] -= flux;
            out[y] += flux;
        }
    }

    /// `values = df/dmu` at positive masses, on the pattern that `layout` describes.
    pub fn jacobian(&mut self, mu: &[f64], layout: &JacobianLayout, values: &mut [f64]) {
        let graph = self.energy.graph();
        let (pi, conductance) = (graph.reference(), graph.conductance());
        let mut edges = vec![Default::default(); graph.edges()];
        self.sweep.mobility_and_slopes(mu, &mut edges);
        self.energy.first_variation_into(mu, self.entropy_in_potential, &mut self.potential);
        values.fill(0.0);
        let curvature: Vec<f64> = (0..mu.len())
            .map(|x| self.energy.local_second_variation(x, mu[x], self.entropy_in_potential))
            .collect();
        for (e, (x, y)) in graph.edge_list().enumerate() {
            let edge = &edges[e];
            self.weight[e] = edge.weight;
            let difference = self.potential[x] - self.potential[y];
            let linear = self.linear * conductance[e];
            let by_tail = (edge.slope_tail * difference + linear) / pi[x] + edge.weight * curvature[x];
            let by_head = (edge.slope_head * difference - linear) / pi[y] - edge.weight * curvature[y];
            let [below, above] = layout.edge[e];
            values[layout.diagonal[x]] -= by_tail;
            values[below] += by_tail;
            values[above] -= by_head;
            values[layout.diagonal[y]] += by_head;
        }
        self.subtract_interaction(layout, values);
    }

    /// `values -= L(rho) W`, column by column.
    fn subtract_interaction(&self, layout: &JacobianLayout, values: &mut [f64]) {
        let Some(interaction) = self.energy.interaction() else { return };
        let mut column = vec![0.0; self.potential.len()];
        for z in 0..column.len() {
            interaction.for_column(z, |x, w| {
                for &(y, e) in layout.neighbours(x) {
                    let flux = self.weight[e] * w;
                    column[x] -= flux;
                    column[y] += flux;
                }
            });
            let entries = layout.pattern.column_start()[z]..layout.pattern.column_start()[z + 1];
            for (value, &x) in values[entries.clone()].iter_mut().zip(&layout.pattern.row()[entries]) {
                *value += std::mem::take(&mut column[x]);
            }
        }
    }
}

/// Where the entries of the Jacobian live: the graph's pattern with its diagonal, joined with that
/// of `L W` where there is an interaction.
pub(crate) struct JacobianLayout {
    pub pattern: GeneralPattern,
    /// Position of each diagonal entry.
    pub diagonal: Vec<usize>,
    /// For the edge `(x, y)`, `x < y`, the positions of the entries `(y, x)` and `(x, y)`.
    edge: Vec<[usize; 2]>,
    /// Neighbours of every node, with the edge that leads there.
    neighbour_start: Vec<usize>,
    neighbour: Vec<(usize, usize)>,
}

impl JacobianLayout {
    /// Lays the Jacobian out and analyses its pattern. Cost: `O(m)`, and `O(n^2)` for a dense
    /// interaction; then the symbolic factorisation.
    pub fn new(energy: &FreeEnergy) -> Result<Self> {
        let graph = energy.graph();
        let n = graph.nodes();
        let (neighbour_start, neighbour) = adjacency(graph);
        let of = |x: usize| &neighbour[neighbour_start[x]..neighbour_start[x + 1]];
        let (mut column_start, mut row) = (vec![0], Vec::new());
        let mut seen = vec![usize::MAX; n];
        for z in 0..n {
            let first = row.len();
            let mut reach = |x: usize| {
                let around = of(x).iter().map(|&(y, _)| y).chain([x]);
                row.extend(around.filter(|&y| std::mem::replace(&mut seen[y], z) != z));
            };
            reach(z);
            if let Some(interaction) = energy.interaction() {
                interaction.for_column(z, |x, w| {
                    if w != 0.0 {
                        reach(x)
                    }
                });
            }
            row[first..].sort_unstable();
            column_start.push(row.len());
        }
        let position = |x: usize, z: usize| {
            let first = column_start[z];
            first + row[first..column_start[z + 1]].partition_point(|&r| r < x)
        };
        let diagonal = (0..n).map(|x| position(x, x)).collect();
        let edge = graph.edge_list().map(|(x, y)| [position(y, x), position(x, y)]).collect();
        let pattern = GeneralPattern::analyse(n, column_start, row)?;
        Ok(Self { pattern, diagonal, edge, neighbour_start, neighbour })
    }

    fn neighbours(&self, x: usize) -> &[(usize, usize)] {
        &self.neighbour[self.neighbour_start[x]..self.neighbour_start[x + 1]]
    }
}

/// `(neighbour, edge)` of every node, compressed.
fn adjacency(graph: &Graph) -> (Vec<usize>, Vec<(usize, usize)>) {
    let n = graph.nodes();
    let mut start = vec![0; n + 1];
    for (x, y) in graph.edge_list() {
        start[x + 1] += 1;
        start[y + 1] += 1;
    }
    for x in 0..n {
        start[x + 1] += start[x];
    }
    let mut next = start.clone();
    let mut neighbour = vec![(0, 0); start[n]];
    for (e, (x, y)) in graph.edge_list().enumerate() {
        for (a, b) in [(x, y), (y, x)] {
            neighbour[next[a]] = (b, e);
            next[a] += 1;
        }
    }
    (start, neighbour)
}
