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
//! which does not contain the masses, for `theta_s = 1/2`, holds from the beginning. So the potential is carried to the end from
//! the time at which the path has mass there. That is the derivative of `W_K^2/2` towards the node, the least of the
//! potentials that the dual problem admits.

use super::convex::EMPTY;
use super::path::Path;
use crate::graph::Graph;
use crate::linalg::vector::{max_abs, worse};

/// A density that neither the barrier nor rounding makes.
const REACHED: f64 = 1e-7;

/// What a potential may change in one step, in units of what would make the next one unstable; and the most steps.
const STEP: f64 = 0.1;
const MOST_STEPS: f64 = 1e4;

/// Potentials that grow by more than this factor were not carried along.
const RUNAWAY: f64 = 3.0;

/// Replaces the entries of an end potential at empty nodes all of whose neighbours are empty, for the arithmetic mean.
/// Where no mass arrives at any time the entry becomes that of the neighbour with the strongest edge: it holds nothing,
/// and one of many potentials that serve the dual problem.
///
/// Accurate as the path's potentials are. Cost: two sweeps over the edges for each element of the path, more where weights
/// differ much, if there are such nodes.
pub(super) fn carry_to_unreached(graph: &Graph, path: &Path, end: usize, potential: &mut [f64]) {
    let states = towards_end(path, end);
    let Some((_, _, mu)) = states.last() else { return };
    let unreached = unreached_nodes(graph, mu);
    if unreached.is_empty() {
        return;
    }
    let pi = graph.reference();
    let held = (0..mu.len()).fold(0, |best, x| if mu[x] > mu[best] { x } else { best });
    let has_mass = |x: &usize, mu: &[f64]| mu[*x] >= REACHED * pi[*x];
    let reached = |mu: &[f64]| unreached.iter().filter(|x| has_mass(x, mu)).count();
    // the last time before the end at which as many have mass as ever have
    let most = states.iter().map(|(_, _, mu)| reached(mu)).max().unwrap_or(0);
    let from = states.iter().rposition(|(_, _, mu)| reached(mu) == most).unwrap_or(0);
    let (never, late): (Vec<usize>, Vec<usize>) =
        unreached.into_iter().partition(|x| !has_mass(x, &states[from].2));

    let mut known = vec![true; mu.len()];
    never.iter().for_each(|x| known[*x] = false);
    let times = states[from..].iter().map(|(t, psi, _)| (*t, psi.as_slice())).collect::<Vec<_>>();
    let carried = carry(graph, &known, &late, held, &times);
    for x in late {
        potential[x] = potential[held] + carried[x];
    }
    spread_to(graph, &mut known, never, potential);
}

/// The potentials of the `late` nodes less that of the node `held`, carried through these times from the first to the
/// last; those of the other known nodes are given at each. Those of the first time where they cannot be carried.
fn carry(
    graph: &Graph,
    known: &[bool],
    late: &[usize],
    held: usize,
    times: &[(f64, &[f64])],
) -> Vec<f64> {
    let relative = |psi: &[f64]| psi.iter().map(|v| v - psi[held]).collect::<Vec<_>>();
    let first = relative(times[0].1);
    let runaway = RUNAWAY * max_abs(&first);
    let mut psi = first.clone();
    let mut slopes = [vec![0.0; psi.len()], vec![0.0; psi.len()]];
    for pair in times.windows(2) {
        let (before, after) = (relative(pair[0].1), relative(pair[1].1));
        let whole = pair[1].0 - pair[0].0;
        let steps = (whole.abs() * fastest(graph, known, late, &psi) / STEP).ceil().max(1.0);
        if steps.is_nan() || steps > MOST_STEPS {
            return first;
        }
        let step = whole / steps;
        for k in 1..=steps as usize {
            // Heun's method
            let share = k as f64 / steps;
            let mut next: Vec<f64> =
                before.iter().zip(&after).map(|(a, b)| (1.0 - share) * a + share * b).collect();
            forces(graph, known, &psi, &mut slopes[0]);
            let advance = |next: &mut [f64], slopes: [&[f64]; 2]| {
                for &x in late {
                    let slope = |s: &[f64]| s[x] - s[held];
                    next[x] = psi[x] - 0.5 * step * (slope(slopes[0]) + slope(slopes[1]));
                }
            };
            advance(&mut next, [&slopes[0], &slopes[0]]);
            forces(graph, known, &next, &mut slopes[1]);
            advance(&mut next, [&slopes[0], &slopes[1]]);
            psi = next;
        }
        // a node that was empty again in between has no such equation
        if !late.iter().all(|x| psi[*x].abs() <= runaway) {
            return first;
        }
    }
    psi
}

/// `1/4 sum_y K(x,y) (psi_x - psi_y)^2` over the edges between known nodes.
fn forces(graph: &Graph, known: &[bool], psi: &[f64], force: &mut [f64]) {
    let pi = graph.reference();
    force.fill(0.0);
    for ((x, y), c) in graph.edge_list().zip(graph.conductance()) {
        if known[x] && known[y] {
            let half = 0.25 * c * (psi[x] - psi[y]) * (psi[x] - psi[y]);
            force[x] += half / pi[x];
            force[y] += half / pi[y];
        }
    }
}

/// The largest derivative of a late node's force in its potential.
fn fastest(graph: &Graph, known: &[bool], late: &[usize], psi: &[f64]) -> f64 {
    let pi = graph.reference();
    let mut rate = vec![0.0; psi.len()];
    for ((x, y), c) in graph.edge_list().zip(graph.conductance()) {
        if known[x] && known[y] {
            let half = 0.5 * c * (psi[x] - psi[y]).abs();
            rate[x] += half / pi[x];
            rate[y] += half / pi[y];
        }
    }
    late.iter().map(|x| rate[*x]).fold(0.0, worse)
}

/// Gives each of the unknown nodes, from the known ones on, the potential of the known neighbour with the strongest edge.
fn spread_to(graph: &Graph, known: &mut [bool], mut unknown: Vec<usize>, potential: &mut [f64]) {
    while !unknown.is_empty() {
        let mut strongest = vec![(0.0, 0); potential.len()];
        for ((x, y), &c) in graph.edge_list().zip(graph.conductance()) {
            for (a, b) in [(x, y), (y, x)] {
                if known[a] && !known[b] && c > strongest[b].0 {
                    strongest[b] = (c, a);
                }
            }
        }
        for &x in &unknown {
            if strongest[x].0 > 0.0 {
                potential[x] = potential[strongest[x].1];
                known[x] = true;
            }
        }
        unknown.retain(|x| !known[*x]);
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
