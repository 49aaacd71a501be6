//! The order in which the unknowns of a path are eliminated: nested dissection of graph and time together (George,
//! SIAM J. Numer. Anal. 1973).
//!
//! Potentials live on the intervals between the knots, masses at the knots, and only neighbours in the graph and
//! in time act on each other. All masses at a knot part what is before from what is after; all unknowns of
//! a few nodes that part the graph do so too. Whichever is the smaller is eliminated last, after the two parts.

use std::cmp::Ordering;
use std::ops::Range;

use crate::graph::Graph;

/// An unknown of a path's Hessian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    /// Mass of a node at a knot.
    Mass { knot: usize, node: usize },
    /// Potential of a node on an interval.
    Potential { interval: usize, node: usize },
}

/// Parts of no more nodes times intervals than this are not divided.
const LEAF: usize = 8;

/// All potentials, and the masses at the knots between the intervals, in the order of elimination.
///
/// Costs `O((m + n K) ln(n K))` for `K` intervals.
pub(super) fn dissect(graph: &Graph, intervals: usize) -> Vec<Unknown> {
    let mut dissection = Dissection::new(graph);
    dissection.part((0..graph.nodes()).collect(), 0..intervals);
    dissection.order
}

struct Dissection {
    order: Vec<Unknown>,
    neighbours: Vec<Vec<usize>>,
    /// What the part in hand knows of each node: outside, not reached, or its level.
    level: Vec<usize>,
}

const OUTSIDE: usize = usize::MAX;
const UNREACHED: usize = usize::MAX - 1;

impl Dissection {
    fn new(graph: &Graph) -> Self {
        let mut neighbours = vec![Vec::new(); graph.nodes()];
        for (x, y) in graph.edge_list() {
            neighbours[x].push(y);
            neighbours[y].push(x);
        }
        Self { order: Vec::new(), neighbours, level: vec![OUTSIDE; graph.nodes()] }
    }

    /// Orders the potentials of some nodes on these intervals, and their masses between.
    fn part(&mut self, nodes: Vec<usize>, intervals: Range<usize>) {
        let length = intervals.len();
        if nodes.len() * length <= LEAF {
            return self.line(&nodes, intervals);
        }
        let middle = (intervals.start + intervals.end) / 2;
        let smaller = |cut: &Cut| length == 1 || cut.separator.len() * (2 * length - 1) < nodes.len();
        let cut = self.cut(&nodes).filter(smaller);
        match cut {
            Some(cut) => {
                self.part(cut.before, intervals.clone());
                self.part(cut.after, intervals.clone());
                self.line(&cut.separator, intervals);
            }
            None if length > 1 => {
                self.part(nodes.clone(), intervals.start..middle);
                self.part(nodes.clone(), middle..intervals.end);
                self.order.extend(nodes.into_iter().map(|node| Unknown::Mass { knot: middle, node }));
            }
            None => self.line(&nodes, intervals),
        }
    }

    /// Orders all unknowns of some nodes, one node after the other.
    fn line(&mut self, nodes: &[usize], intervals: Range<usize>) {
        for &node in nodes {
            for interval in intervals.clone() {
                if interval > intervals.start {
                    self.order.push(Unknown::Mass { knot: interval, node });
                }
                self.order.push(Unknown::Potential { interval, node });
            }
        }
    }

    /// Parts some nodes by those at one distance from an outermost node; `None` where that leaves nothing on a side.
    fn cut(&mut self, nodes: &[usize]) -> Option<Cut> {
        let mut reached = self.levels(nodes, nodes[0]);
        if reached.len() < nodes.len() {
            return Some(self.apart(nodes, reached));
        }
        reached = self.levels(nodes, *reached.last()?);
        let depth = self.level[*reached.last()?];
        let mut size = vec![0; depth + 1];
        reached.iter().for_each(|x| size[self.level[*x]] += 1);
        let (mut before, mut best) = (0, None);
        for (l, &here) in size.iter().enumerate() {
            let lesser = before.min(nodes.len() - before - here);
            let cost = here as f64 / lesser as f64;
            if lesser > 0 && best.is_none_or(|(_, least)| cost < least) {
                best = Some((l, cost));
            }
            before += here;
        }
        let mut cut = Cut::default();
        for x in reached {
            match std::mem::replace(&mut self.level[x], OUTSIDE).cmp(&best.map_or(0, |(l, _)| l)) {
                Ordering::Less => cut.before.push(x),
                Ordering::Equal => cut.separator.push(x),
                Ordering::Greater => cut.after.push(x),
            }
        }
        best.map(|_| cut)
    }

    /// Parts some nodes that are not connected: as many of the components as come to half of them, from that on which has
    /// been `reached`, and the others.
    fn apart(&mut self, nodes: &[usize], mut reached: Vec<usize>) -> Cut {
        let mut before = reached.len();
        for &x in nodes {
            if 2 * before >= nodes.len() {
                break;
            }
            if self.level[x] == UNREACHED {
                self.spread(x, &mut reached);
                // the last component stays apart however large it is
                if reached.len() == nodes.len() {
                    break;
                }
                before = reached.len();
            }
        }
        let after = nodes.iter().copied().filter(|x| self.level[*x] == UNREACHED);
        let after = reached[before..].iter().copied().chain(after).collect();
        reached.truncate(before);
        nodes.iter().for_each(|x| self.level[*x] = OUTSIDE);
        Cut { before: reached, after, separator: Vec::new() }
    }

    /// The nodes that can be reached from one, by their distance, which is left in `level`.
    fn levels(&mut self, nodes: &[usize], start: usize) -> Vec<usize> {
        nodes.iter().for_each(|x| self.level[*x] = UNREACHED);
        let mut reached = Vec::with_capacity(nodes.len());
        self.spread(start, &mut reached);
        reached
    }

    /// Adds the nodes that can be reached from one.
    fn spread(&mut self, start: usize, reached: &mut Vec<usize>) {
        let mut next = reached.len();
        self.level[start] = 0;
        reached.push(start);
        while let Some(&x) = reached.get(next) {
            for &y in &self.neighbours[x] {
                if self.level[y] == UNREACHED {
                    self.level[y] = self.level[x] + 1;
                    reached.push(y);
                }
            }
            next += 1;
        }
    }
}

/// Nodes parted by a separator.
#[derive(Default)]
struct Cut {
    before: Vec<usize>,
    after: Vec<usize>,
    separator: Vec<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Duplicates, Reference};

    /// All potentials, and masses at all knots between, on connected graphs and such as fall apart.
    #[test]
    fn every_unknown_has_one_place() {
        let star: Vec<_> = (1..3001).map(|x| (0, x, 1.0)).collect();
        let graphs = [
            Graph::path(1, Reference::Uniform),
            Graph::path(2, Reference::Uniform),
            Graph::complete(7, Reference::Uniform),
            Graph::grid(&[9, 7], false, Reference::Uniform),
            Graph::hypercube(5, Reference::Uniform),
            // whose leaves fall apart without their hub
            Graph::from_weights(3001, &star, Reference::Uniform, Duplicates::Refuse),
        ];
        for graph in graphs.map(|graph| graph.expect("a graph")) {
            for intervals in [1, 2, 5, 16] {
                let order = dissect(&graph, intervals);
                let n = graph.nodes();
                let (mut masses, mut potentials) = (vec![0; n * intervals], vec![0; n * intervals]);
                for unknown in &order {
                    match *unknown {
                        Unknown::Mass { knot, node } => masses[knot * n + node] += 1,
                        Unknown::Potential { interval, node } => potentials[interval * n + node] += 1,
                    }
                }
                assert!(potentials.iter().all(|count| *count == 1));
                assert!(masses[..n].iter().all(|count| *count == 0));
                assert!(masses[n..].iter().all(|count| *count == 1));
            }
        }
    }

    /// Whatever parts the unknowns of a long path with fewer of them comes last: a node at few times, a time at many.
    #[test]
    fn a_path_is_cut_in_space_and_many_intervals_in_time() {
        let path = Graph::path(400, Reference::Uniform).expect("a path");
        let last = |order: &[Unknown], count: usize| order[order.len() - count..].to_vec();
        let in_space = dissect(&path, 2);
        assert!(last(&in_space, 3).iter().all(|unknown| match unknown {
            Unknown::Mass { node, .. } | Unknown::Potential { node, .. } => (150..250).contains(node),
        }));
        let in_time = dissect(&path, 512);
        assert!(last(&in_time, 400).iter().all(|u| matches!(u, Unknown::Mass { knot: 256, .. })));
    }
}
