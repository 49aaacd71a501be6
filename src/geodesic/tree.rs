//! Rooted spanning trees of a graph: coordinates in which mass is conserved.
//!
//! A change of mass is a sum of transfers, one from each node but the root to its parent: `change = T transfer`.

use crate::graph::Graph;

/// A spanning tree with a root.
pub(crate) struct SpanningTree {
    /// The node before each, on the way from the root; the root's is itself.
    parent: Vec<u32>,
    /// All nodes, each after its parent and beside its siblings.
    order: Vec<u32>,
    /// Where the children of each node begin in `order`, and how many they are.
    children: Vec<(u32, u32)>,
    /// Edges from the strongest to the weakest, and what joins nodes while the tree is grown.
    ranked: Vec<u32>,
    joined: Vec<u32>,
    beside: Vec<Vec<u32>>,
}

impl SpanningTree {
    /// Reserves memory.
    pub fn new(graph: &Graph) -> Self {
        let n = graph.nodes();
        Self {
            parent: vec![0; n],
            order: Vec::with_capacity(n),
            children: vec![(0, 0); n],
            ranked: (0..graph.edges() as u32).collect(),
            joined: vec![0; n],
            beside: vec![Vec::new(); n],
        }
    }

    /// Grows the tree whose weakest edges are as strong as they can be (Kruskal, Proc. AMS 1956): for any threshold,
    /// nodes that stronger edges connect are connected in the tree by such edges.
    ///
    /// Costs `O(m ln m)`.
    pub fn grow(&mut self, graph: &Graph, strength: &[f64], ends: &[(u32, u32)]) {
        self.ranked.sort_by(|a, b| strength[*b as usize].total_cmp(&strength[*a as usize]));
        self.joined.iter_mut().enumerate().for_each(|(x, group)| *group = x as u32);
        self.beside.iter_mut().for_each(Vec::clear);
        for &e in &self.ranked {
            let (x, y) = ends[e as usize];
            let (a, b) = (group(&mut self.joined, x), group(&mut self.joined, y));
            if a != b {
                self.joined[a as usize] = b;
                self.beside[x as usize].push(y);
                self.beside[y as usize].push(x);
            }
        }
        self.hang(0, graph.nodes());
    }

    /// Orders the nodes from the root.
    fn hang(&mut self, root: u32, n: usize) {
        self.order.clear();
        self.order.push(root);
        self.parent[root as usize] = root;
        for at in 0..n {
            let x = self.order[at];
            let first = self.order.len();
            for &y in &self.beside[x as usize] {
                if y != self.parent[x as usize] {
                    self.parent[y as usize] = x;
                    self.order.push(y);
                }
            }
            self.children[x as usize] = (first as u32, (self.order.len() - first) as u32);
        }
    }

    pub fn root(&self) -> usize {
        self.order[0] as usize
    }

    pub fn parent(&self, x: usize) -> usize {
        self.parent[x] as usize
    }

    /// The transfers that change the mass of `x`, with their signs: its own, which adds to it, and its children's.
    pub fn touching(&self, x: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let (first, count) = self.children[x];
        let children = &self.order[first as usize..(first + count) as usize];
        let own = (x != self.root()).then_some((x, 1.0));
        own.into_iter().chain(children.iter().map(|c| (*c as usize, -1.0)))
    }

    /// `T`: overwrites a transfer for each node, zero at the root, by the change of mass.
    pub fn spread(&self, transfer: &mut [f64]) {
        for &x in &self.order[1..] {
            transfer[self.parent(x as usize)] -= transfer[x as usize];
        }
    }

    /// `T'`: overwrites a potential by its differences from each node to its parent, zero at the root.
    pub fn differences(&self, potential: &mut [f64]) {
        for &x in self.order[1..].iter().rev() {
            potential[x as usize] -= potential[self.parent(x as usize)];
        }
        potential[self.root()] = 0.0;
    }
}

/// The group that `x` belongs to, by path halving.
fn group(joined: &mut [u32], mut x: u32) -> u32 {
    while joined[x as usize] != x {
        joined[x as usize] = joined[joined[x as usize] as usize];
        x = joined[x as usize];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Reference;

    /// On a cycle the weakest edge is left out, and `T` and `T'` are adjoint.
    #[test]
    fn the_weakest_edge_of_a_cycle_is_left_out() {
        let cycle = Graph::cycle(5, Reference::Uniform).expect("a cycle");
        let ends: Vec<(u32, u32)> = cycle.edge_list().map(|(x, y)| (x as u32, y as u32)).collect();
        for weakest in 0..5 {
            let mut tree = SpanningTree::new(&cycle);
            let strength: Vec<f64> =
                (0..5).map(|e| if e == weakest { 1e-9 } else { 1.0 + e as f64 }).collect();
            tree.grow(&cycle, &strength, &ends);
            let (a, b) = (ends[weakest].0 as usize, ends[weakest].1 as usize);
            assert!(tree.parent(a) != b && tree.parent(b) != a);
            let potential = [3.0, -1.0, 4.0, 1.0, -5.0];
            let transfer: Vec<f64> =
                (0..5).map(|x| if x == tree.root() { 0.0 } else { 1.5 + x as f64 }).collect();
            let (mut change, mut differences) = (transfer.clone(), potential);
            tree.spread(&mut change);
            tree.differences(&mut differences);
            assert_eq!(change.iter().sum::<f64>(), 0.0);
            let product = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
            assert_eq!(product(&change, &potential), product(&transfer, &differences));
            let mut by_touch = [0.0; 5];
            for (x, sum) in by_touch.iter_mut().enumerate() {
                *sum = tree.touching(x).map(|(f, sign)| sign * transfer[f]).sum();
            }
            assert_eq!(by_touch.as_slice(), change);
        }
    }
}
