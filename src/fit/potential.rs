//! The block of the normal matrix that belongs to a potential free per node: a Laplacian plus a ridge.

use crate::error::Result;
use crate::graph::{connected_parts, Graph};
use crate::linalg::{Factorisation, SparseCholesky};

/// The factorised `A + ridge`. Without a ridge, the constants of each part of the graph that the data
/// connect are removed.
pub(super) struct PotentialBlock {
    graph: Graph,
    cholesky: SparseCholesky,
    /// Nodes by the connected component they are in, where there is no ridge.
    components: Option<Vec<Vec<usize>>>,
    /// The best connected node of each component.
    grounds: Vec<usize>,
}

impl PotentialBlock {
    /// For the Laplacian with a weight per edge and a ridge relative to its mean diagonal.
    pub fn factorise(graph: &Graph, weight: &[f64], ridge: f64) -> Result<Self> {
        let n = graph.nodes();
        let mut diagonal = vec![0.0; n];
        for (e, (x, y)) in graph.edge_list().enumerate() {
            diagonal[x] += weight[e];
            diagonal[y] += weight[e];
        }
        let mean = diagonal.iter().sum::<f64>() / n as f64;
        let (mut components, mut grounds) = (None, Vec::new());
        if ridge > 0.0 && mean > 0.0 {
            diagonal.iter_mut().for_each(|d| *d += ridge * mean);
        } else {
            let parts = connected_parts(graph, weight);
            for part in &parts {
                let ground = part.iter().copied().fold(part[0], |best, x| {
                    if diagonal[x] > diagonal[best] {
                        x
                    } else {
                        best
                    }
                });
                // a node without data has a ground of its own and stays at zero
                diagonal[ground] = if diagonal[ground] > 0.0 { 2.0 * diagonal[ground] } else { 1.0 };
                grounds.push(ground);
            }
            components = Some(parts);
        }
        let mut values = Vec::with_capacity(n + graph.edges());
        for x in 0..n {
            values.push(diagonal[x]);
            let edges = graph.row_start()[x]..graph.row_start()[x + 1];
            values.extend(weight[edges].iter().map(|w| -w));
        }
        let mut cholesky = SparseCholesky::new(graph.laplacian_pattern()?)?;
        cholesky.factorise("normal equations of the potential", &values)?;
        Ok(Self { graph: graph.clone(), cholesky, components, grounds })
    }

    /// Overwrites a right-hand side, of sum zero on each component where there is no ridge, with its
    /// solution; without a ridge, that with mean zero under `pi` on each component.
    pub fn solve(&self, right: &mut [f64]) {
        let Some(components) = &self.components else { return self.cholesky.solve_in_place(right) };
        for (part, &ground) in components.iter().zip(&self.grounds) {
            right[ground] -= part.iter().map(|&x| right[x]).sum::<f64>();
        }
        self.cholesky.solve_in_place(right);
        let pi = self.graph.reference();
        for part in components {
            let mass: f64 = part.iter().map(|&x| pi[x]).sum();
            let mean = part.iter().map(|&x| pi[x] * right[x]).sum::<f64>() / mass;
            part.iter().for_each(|&x| right[x] -= mean);
        }
    }
}
