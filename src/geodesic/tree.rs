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
}

/// Grows trees; keeps its memory.
pub(crate) struct Grower {
    ends: Vec<(u32, u32)>,
    /// Edges from the strongest to the weakest.
    ranked: Vec<u32>,
    /// Another node of the same part for each node, itself where there is none.
    joined: Vec<u32>,
    /// Neighbours in the tree.
    beside: Vec<Vec<u32>>,
}

impl Grower {
    pub fn new(graph: &Graph) -> Self {
        let mut degrees = vec![0; graph.nodes()];
        graph.edge_list().for_each(|(x, y)| [x, y].into_iter().for_each(|z| degrees[z] += 1));
        Self {
            ends: graph.edge_list().map(|(x, y)| (x as u32, y as u32)).collect(),
            ranked: (0..graph.edges() as u32).collect(),
            joined: vec![0; graph.nodes()],
            beside: degrees.into_iter().map(Vec::with_capacity).collect(),
        }
    }

    /// Makes `tree` the one whose weakest edges are as strong as they can be (Kruskal, Proc. AMS 1956): for any
    /// threshold, nodes that stronger edges connect are connected in the tree by such edges.
    ///
    /// Costs `O(m ln m)`.
    pub fn grow(&mut self, strength: &[f64], tree: &mut SpanningTree) {
        let stronger =
            |a: &u32, b: &u32| strength[*b as usize].total_cmp(&strength[*a as usize]).then(a.cmp(b));
        self.ranked.sort_unstable_by(stronger);
        self.joined.iter_mut().enumerate().for_each(|(x, part)| *part = x as u32);
        self.beside.iter_mut().for_each(Vec::clear);
        for &e in &self.ranked {
            let (x, y) = self.ends[e as usize];
            let (a, b) = (part(&mut self.joined, x), part(&mut self.joined, y));
            if a != b {
                self.joined[a as usize] = b;
                self.beside[x as usize].push(y);
                self.beside[y as usize].push(x);
            }
        }
        tree.hang(&self.beside);
    }
}

impl SpanningTree {
    /// Reserves memory.
    pub fn new(nodes: usize) -> Self {
        Self { parent: vec![0; nodes], order: Vec::with_capacity(nodes), children: vec![(0, 0); nodes] }
    }

    /// Orders the nodes from the first, which becomes the root.
    fn hang(&mut self, beside: &[Vec<u32>]) {
        self.order.clear();
        self.order.push(0);
        self.parent[0] = 0;
        for at in 0..beside.len() {
            let x = self.order[at];
            let first = self.order.len();
            for &y in &beside[x as usize] {
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

    /// The end of the edge between `x` and `y` that is farther from the root, where that edge is in the tree.
    pub fn child(&self, x: usize, y: usize) -> Option<usize> {
        match () {
            _ if self.parent(y) == x => Some(y),
            _ if self.parent(x) == y => Some(x),
            _ => None,
        }
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

    /// `T^-1`: overwrites a change of mass of sum zero by the transfers that make it.
    pub fn gather(&self, change: &mut [f64]) {
        for &x in self.order[1..].iter().rev() {
            change[self.parent(x as usize)] += change[x as usize];
        }
        change[self.root()] = 0.0;
    }

    /// `T'`: overwrites a potential by its differences from each node to its parent, zero at the root.
    pub fn differences(&self, potential: &mut [f64]) {
        for &x in self.order[1..].iter().rev() {
            potential[x as usize] -= potential[self.parent(x as usize)];
        }
        potential[self.root()] = 0.0;
    }
}

/// What stands for the part that `x` belongs to, by path halving.
fn part(joined: &mut [u32], mut x: u32) -> u32 {
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
        let (mut grower, mut tree) = (Grower::new(&cycle), SpanningTree::new(5));
        for weakest in 0..5 {
            let strength: Vec<f64> =
                (0..5).map(|e| if e == weakest { 1e-9 } else { 1.0 + e as f64 }).collect();
            grower.grow(&strength, &mut tree);
            let (a, b) = cycle.edge_list().nth(weakest).expect("five edges");
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
