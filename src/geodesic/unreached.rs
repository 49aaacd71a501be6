//! Potentials at an end where a node is empty and all its neighbours are.
//!
//! Only the arithmetic mean has any: `theta(0,b) > 0` lets mass enter an empty node at a finite potential. Where both
//! nodes of an edge are empty its mobility is zero, the masses near the end are powers of the time and what rounding and
//! barrier make of them, and so are the derivatives of the action. But where mass arrives in the end,
//!
//! ```text
//! d psi_x/dt = -1/4 sum_y K(x,y) (psi_x - psi_y)^2
//! ```
//!
//! which does not contain the masses, holds from the beginning: `theta_s = 1/2`. So the potential is carried to the end from
//! the time at which the path has mass there. That is the derivative of `W_K^2/2` towards the node, the least of the
//! potentials that the dual problem admits.

use super::convex::EMPTY;
use super::path::Path;
use crate::graph::{Graph, Mean, Sweep};

/// A density that neither the barrier nor rounding makes.
const REACHED: f64 = 1e-7;

/// Replaces the entries of an end potential at empty nodes all of whose neighbours are empty, for a mean with
/// `theta(0,b) > 0`. Where mass never arrives many potentials serve the dual problem, and it is not the least that is given.
///
/// Accurate as the path's potentials are. Cost: two sweeps over the edges for each element of the path, if there are such nodes.
pub(super) fn carry_to_unreached(
    graph: &Graph,
    mean: Mean,
    path: &Path,
    end: usize,
    potential: &mut [f64],
) {
    let states = towards_end(path, end);
    let Some((_, _, mu)) = states.last() else { return };
    let unreached = unreached_nodes(graph, mu);
    if unreached.is_empty() {
        return;
    }
    let pi = graph.reference();
    let held = (0..mu.len()).fold(0, |best, x| if mu[x] > mu[best] { x } else { best });
    let reached = |mu: &[f64]| unreached.iter().filter(|x| mu[**x] >= REACHED * pi[**x]).count();
    // the last time before the end at which as many have mass as ever have
    let most = states.iter().map(|(_, _, mu)| reached(mu)).max().unwrap_or(0);
    let from = states.iter().rposition(|(_, _, mu)| reached(mu) == most).unwrap_or(0);

    let (n, m) = (pi.len(), graph.edges());
    let mut sweep = Sweep::new(graph, mean);
    let (mut weight, mut slopes) = (vec![0.0; m], [vec![0.0; n], vec![0.0; n]]);
    let mut carried = states[from].1.to_vec();
    for pair in states[from..].windows(2) {
        let step = pair[1].0 - pair[0].0;
        // Heun's method at the unreached nodes, relative to the one that holds most; the others are known
        sweep.force(pi, &carried, &mut weight, &mut slopes[0]);
        let mut next = pair[1].1.to_vec();
        let advance = |next: &mut [f64], slopes: [&[f64]; 2]| {
            for &x in &unreached {
                let slope = |s: &[f64]| s[x] - s[held];
                let change = -0.5 * step * (slope(slopes[0]) + slope(slopes[1]));
                next[x] = next[held] + carried[x] - carried[held] + change;
            }
        };
        advance(&mut next, [&slopes[0], &slopes[0]]);
        sweep.force(pi, &next, &mut weight, &mut slopes[1]);
        advance(&mut next, [&slopes[0], &slopes[1]]);
        carried = next;
    }
    for x in unreached {
        potential[x] = potential[held] + carried[x] - carried[held];
    }
}

/// Times, potentials and masses at the ends of the path's elements, in the order that leads to this end.
fn towards_end(path: &Path, end: usize) -> Vec<(f64, Vec<f64>, Vec<f64>)> {
    let state = |t: &f64| (*t, path.potential(*t), path.mass(*t));
    if end == 0 {
        path.breaks().iter().rev().map(state).collect()
    } else {
        path.breaks().iter().map(state).collect()
    }
}

/// The empty nodes all of whose neighbours are empty.
fn unreached_nodes(graph: &Graph, mu: &[f64]) -> Vec<usize> {
    let empty: Vec<bool> = mu.iter().zip(graph.reference()).map(|(m, p)| *m < EMPTY * p).collect();
    let mut unreached = empty.clone();
    for (x, y) in graph.edge_list() {
        unreached[x] &= empty[y];
        unreached[y] &= empty[x];
    }
    (0..mu.len()).filter(|x| unreached[*x]).collect()
}
