//! Graphs from edge lists: validation, sorting, connectivity. Linear in nodes plus edges.

use std::sync::{Arc, OnceLock};

use super::parts::root;
use super::{Chain, Graph};
use crate::error::{self, Error, Result};
use crate::memory;

/// Which reference measure goes with a weighted graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Reference {
    /// `pi_x = deg_x / sum deg`: the stationary law of the random walk. The default.
    #[default]
    Degree,
    /// `pi_x = 1/n`: the graph heat equation with rates `w_xy`.
    Uniform,
}

/// What to do with an edge that is given more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Duplicates {
    /// Refuse it, naming both places. The default.
    #[default]
    Refuse,
    /// Add the weights.
    Sum,
}

impl Graph {
    /// An undirected graph with weights `w_xy > 0` and a reference measure made from them.
    ///
    /// `edges` holds `(x, y, w_xy)`, each undirected edge once, in any order and direction.
    /// Cost: linear in nodes and edges.
    ///
    /// # Errors
    /// No node; a node out of range; a self-loop; a duplicate edge; a weight that is not positive
    /// and finite; a disconnected graph.
    ///
    /// ```
    /// use jkoflow::{Duplicates, Graph, Reference};
    /// let triangle = [(0, 1, 1.0), (1, 2, 2.0), (0, 2, 0.5)];
    /// let graph = Graph::from_weights(3, &triangle, Reference::Degree, Duplicates::Refuse)?;
    /// assert_eq!(graph.reference()[1], 3.0 / 7.0);
    /// # Ok::<(), jkoflow::Error>(())
    /// ```
    pub fn from_weights(
        nodes: usize,
        edges: &[(usize, usize, f64)],
        reference: Reference,
        duplicates: Duplicates,
    ) -> Result<Self> {
        let mut chain = sorted_chain(nodes, edges, duplicates)?;
        match reference {
            Reference::Uniform => {
                chain.pi = vec![1.0 / nodes as f64; nodes];
                let scale = 1.0 / nodes as f64;
                chain.conductance.iter_mut().for_each(|c| *c *= scale);
            }
            Reference::Degree if nodes == 1 => chain.pi = vec![1.0],
            Reference::Degree => {
                let mut degree = vec![0.0; nodes];
                for x in 0..nodes {
                    for e in chain.row_start[x]..chain.row_start[x + 1] {
                        degree[x] += chain.conductance[e];
                        degree[chain.head[e] as usize] += chain.conductance[e];
                    }
                }
                let total: f64 = degree.iter().sum();
                if !total.is_finite() {
                    return Err(Error::invalid("edges", "the sum of the weights overflows"));
                }
                chain.pi = degree.iter().map(|d| d / total).collect();
                chain.conductance.iter_mut().for_each(|c| *c /= total);
            }
        }
        chain.finish()
    }

    /// A chain given by its reference measure (positive, sum one) and its conductances
    /// `c_xy = pi_x K(x,y)`, as triples `(x, y, c_xy)`.
    ///
    /// # Errors
    /// As [`from_weights`](Self::from_weights); also a `pi` that is not positive or does not sum to
    /// one within 1e-9.
    pub fn from_chain(
        pi: &[f64],
        edges: &[(usize, usize, f64)],
        duplicates: Duplicates,
    ) -> Result<Self> {
        let mut chain = sorted_chain(pi.len(), edges, duplicates)?;
        let sum = check_reference(pi)?;
        chain.pi = pi.iter().map(|p| p / sum).collect();
        chain.finish()
    }
}

/// Refuses a measure that is not positive or does not sum to one, and returns its sum.
pub(super) fn check_reference(pi: &[f64]) -> Result<f64> {
    error::check_positive("pi", pi)?;
    let sum: f64 = pi.iter().sum();
    if (sum - 1.0).abs() > super::MASS_TOLERANCE {
        return Err(Error::NotNormalised { argument: "pi".into(), sum });
    }
    Ok(sum)
}

/// Checks the edges and brings them into lexicographic order by two counting sorts; the weights
/// stand in for conductances, and `pi` is empty.
fn sorted_chain(nodes: usize, edges: &[(usize, usize, f64)], duplicates: Duplicates) -> Result<Chain> {
    if nodes == 0 {
        return Err(Error::invalid("nodes", "a graph needs at least one node"));
    }
    if nodes > u32::MAX as usize {
        return Err(Error::invalid("nodes", format!("{nodes} is more than 2^32 - 1")));
    }
    check_edges(nodes, edges)?;
    // five numbers for each node and edge: two orders, the rows, and what is checked of them
    let numbers = nodes.saturating_add(edges.len());
    memory::admit(memory::doubles(&[5, numbers]), || {
        format!("a graph of {nodes} nodes and {} edges", edges.len())
    })?;

    // by larger end first, then stably by smaller end: lexicographic order
    let by_head = counting_sort(nodes, edges.len(), 0..edges.len(), |i| edges[i].0.max(edges[i].1));
    let by_tail = counting_sort(nodes, edges.len(), by_head.into_iter(), |i| edges[i].0.min(edges[i].1));

    let mut row_start = vec![0; nodes + 1];
    let mut head: Vec<u32> = Vec::with_capacity(edges.len());
    let mut weight: Vec<f64> = Vec::with_capacity(edges.len());
    let mut last: Option<(usize, usize, usize)> = None;
    for i in by_tail {
        let (x, y) = (edges[i].0.min(edges[i].1), edges[i].0.max(edges[i].1));
        match last {
            Some((a, b, j)) if (a, b) == (x, y) => match duplicates {
                Duplicates::Refuse => {
                    let (first, second) = (i.min(j), i.max(j));
                    return Err(Error::DuplicateEdge { first, second, source_node: x, target_node: y });
                }
                Duplicates::Sum => {
                    *weight.last_mut().expect("an edge came before its duplicate") += edges[i].2
                }
            },
            _ => {
                head.push(y as u32);
                weight.push(edges[i].2);
                row_start[x + 1] += 1;
            }
        }
        last = Some((x, y, i));
    }
    for x in 0..nodes {
        row_start[x + 1] += row_start[x];
    }
    Ok(Chain {
        pi: Vec::new(),
        row_start,
        head,
        conductance: weight,
        laplacian_pattern: OnceLock::new(),
    })
}

fn check_edges(nodes: usize, edges: &[(usize, usize, f64)]) -> Result<()> {
    for (index, &(x, y, weight)) in edges.iter().enumerate() {
        if let Some(node) = [x, y].into_iter().find(|&z| z >= nodes) {
            return Err(Error::NodeOutOfRange {
                argument: "edges".into(),
                index,
                node: node as i64,
                nodes,
            });
        }
        if x == y {
            return Err(Error::SelfLoop { edge: index, node: x });
        }
        if !(weight.is_finite() && weight > 0.0) {
            return Err(Error::BadValue {
                argument: "weights".into(),
                index,
                value: weight,
                expected: "is not a positive finite number",
            });
        }
    }
    Ok(())
}

/// The `items` (indices below `count`) in stable order of their `key`, which is below `buckets`.
fn counting_sort(
    buckets: usize,
    count: usize,
    items: impl Iterator<Item = usize> + Clone,
    key: impl Fn(usize) -> usize,
) -> Vec<usize> {
    let mut place = vec![0usize; buckets + 1];
    for i in items.clone() {
        place[key(i) + 1] += 1;
    }
    for k in 0..buckets {
        place[k + 1] += place[k];
    }
    let mut sorted = vec![0; count];
    for i in items {
        let slot = &mut place[key(i)];
        sorted[*slot] = i;
        *slot += 1;
    }
    sorted
}

impl Chain {
    /// The last checks, which need the whole chain.
    pub(super) fn finish(self) -> Result<Graph> {
        self.check_connected()?;
        if let Some(e) = self.conductance.iter().position(|&c| !(c.is_finite() && c > 0.0)) {
            let value = self.conductance[e];
            return Err(Error::BadValue {
                argument: "conductances".into(),
                index: e,
                value,
                expected:
                    "is not a positive finite number after scaling; the weights span too many decades",
            });
        }
        error::check_positive("pi", &self.pi)?;
        Ok(Graph { chain: Arc::new(self) })
    }

    /// Union-find over the edges; names the number of components and the smallest.
    fn check_connected(&self) -> Result<()> {
        let nodes = self.row_start.len() - 1;
        let mut parent: Vec<u32> = (0..nodes as u32).collect();
        for x in 0..nodes {
            for e in self.row_start[x]..self.row_start[x + 1] {
                let (a, b) = (root(&mut parent, x as u32), root(&mut parent, self.head[e]));
                // the smaller index becomes the root, so that a component is named by its first node
                parent[a.max(b) as usize] = a.min(b);
            }
        }
        let mut size = vec![0usize; nodes];
        for x in 0..nodes as u32 {
            size[root(&mut parent, x) as usize] += 1;
        }
        let roots = size.iter().enumerate().filter(|(_, &s)| s > 0);
        let components = roots.clone().count();
        match roots.min_by_key(|(_, &s)| s) {
            Some((smallest_node, &smallest_size)) if components > 1 => {
                Err(Error::Disconnected { components, smallest_size, smallest_node })
            }
            _ => Ok(()),
        }
    }
}
