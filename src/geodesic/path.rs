//! A path of masses and potentials: a polynomial in time on each of a few elements.

use std::sync::Arc;

use super::collocation::Collocation;
use crate::linalg::vector::{axpy, distance_1};

/// Times between two nodes of a polynomial at which it is looked at.
const BETWEEN: usize = 6;

/// Masses and potentials as functions of time, each a polynomial per element through its value at the
/// element's start and its values at the Gauss nodes.
#[derive(Clone)]
pub(crate) struct Path {
    nodes: usize,
    /// Ends of the elements, from 0 to 1.
    breaks: Vec<f64>,
    rules: Vec<Arc<Collocation>>,
    /// `psi` then `mu` at the start of each element: `2 n` numbers for each.
    starts: Vec<f64>,
    /// `psi` then `mu` at each Gauss node: `2 n` numbers for each.
    values: Vec<f64>,
    /// Where in time this path begins on the elements, and how long it is there.
    part: (f64, f64),
}

impl Path {
    /// From elements (ends and rules), `starts` and `values` as the fields say, on `nodes` graph nodes.
    pub fn new(
        nodes: usize,
        breaks: Vec<f64>,
        rules: Vec<Arc<Collocation>>,
        starts: Vec<f64>,
        values: Vec<f64>,
    ) -> Self {
        Self { nodes, breaks, rules, starts, values, part: (0.0, 1.0) }
    }

    /// The straight path between two distributions, with potentials zero.
    pub fn straight(mu0: &[f64], mu1: &[f64]) -> Self {
        let zero = vec![0.0; mu0.len()];
        let middle: Vec<f64> = mu0.iter().zip(mu1).map(|(a, b)| 0.5 * (a + b)).collect();
        let rules = vec![Arc::new(Collocation::new(1))];
        let start = [zero.as_slice(), mu0].concat();
        Self::new(mu0.len(), vec![0.0, 1.0], rules, start, [zero.as_slice(), &middle].concat())
    }

    /// The path with `share` of `pi` mixed into its masses at all times.
    pub fn mixed(&self, pi: &[f64], share: f64) -> Self {
        let mut mixed = self.clone();
        for block in mixed
            .starts
            .chunks_exact_mut(2 * self.nodes)
            .chain(mixed.values.chunks_exact_mut(2 * self.nodes))
        {
            for (m, p) in block[self.nodes..].iter_mut().zip(pi) {
                *m = (1.0 - share) * *m + share * p;
            }
        }
        mixed
    }

    /// The part of this whole path between two times, run in unit time: its potentials are smaller by its duration.
    pub fn part(&self, start: f64, end: f64) -> Self {
        Self { part: (start, end - start), ..self.clone() }
    }

    /// Potentials and masses at the start of each element.
    pub fn starts(&self) -> impl Iterator<Item = (&[f64], &[f64])> {
        self.starts.chunks_exact(2 * self.nodes).map(|block| block.split_at(self.nodes))
    }

    /// Ends of the elements, from 0 to 1.
    pub fn breaks(&self) -> &[f64] {
        &self.breaks
    }

    /// Gauss nodes over all elements.
    pub fn time_nodes(&self) -> usize {
        self.rules.iter().map(|rule| rule.stages()).sum()
    }

    /// Masses at time `t`. Where the polynomial dips below zero between its nodes, by less than its error, there is none.
    pub fn mass(&self, t: f64) -> Vec<f64> {
        let mut mass = self.interpolate(t, self.nodes);
        if mass.iter().any(|m| *m < 0.0) {
            let before: f64 = mass.iter().sum();
            mass.iter_mut().for_each(|m| *m = m.max(0.0));
            let share = before / mass.iter().sum::<f64>();
            mass.iter_mut().for_each(|m| *m *= share);
        }
        mass
    }

    /// Whether a mass is negative at the beginning of an element or at some time between two nodes of its polynomial.
    pub fn undershoots(&self) -> bool {
        let elements = self.breaks.windows(2).zip(&self.rules);
        let mut times = elements.flat_map(|(ends, rule)| {
            let nodes = [&[0.0], &rule.node[..], &[1.0]].concat();
            let gaps: Vec<_> = nodes.windows(2).map(|pair| (pair[0], pair[1] - pair[0])).collect();
            let between = |(start, gap): (f64, f64)| {
                (0..BETWEEN).map(move |k| start + gap * k as f64 / BETWEEN as f64)
            };
            gaps.into_iter().flat_map(between).map(|t| ends[0] + t * (ends[1] - ends[0]))
        });
        times.any(|t| self.interpolate(t, self.nodes).iter().any(|m| *m < 0.0))
    }

    /// Potentials at time `t`, up to a constant.
    pub fn potential(&self, t: f64) -> Vec<f64> {
        let mut potential = self.interpolate(t, 0);
        potential.iter_mut().for_each(|psi| *psi *= self.part.1);
        potential
    }

    /// The polynomials at time `t` of the numbers that stand `offset` into each block.
    fn interpolate(&self, t: f64, offset: usize) -> Vec<f64> {
        let n = self.nodes;
        let t = self.part.0 + self.part.1 * t;
        let inner = &self.breaks[1..self.breaks.len() - 1];
        let element = inner.partition_point(|end| *end <= t);
        let (start, end) = (self.breaks[element], self.breaks[element + 1]);
        let w = self.rules[element].interpolation((t - start) / (end - start));
        let first: usize = self.rules[..element].iter().map(|rule| rule.stages()).sum();
        let at_start = &self.starts[2 * n * element + offset..][..n];
        let mut value: Vec<f64> = at_start.iter().map(|v| w[0] * v).collect();
        for (block, w) in self.values[2 * n * first..].chunks_exact(2 * n).zip(&w[1..]) {
            axpy(*w, &block[offset..offset + n], &mut value);
        }
        value
    }
}

/// The potential at the start of an element of this `length`, from `psi` (the first half of each `block`) and
/// the forces at its Gauss nodes: the mean potential less the mean of the shape that the forces
/// give it, `sum_i b_i q_i = -sum_j (sum_i b_i A_ij) force_j`.
pub(crate) fn start_potential(
    rule: &Collocation,
    length: f64,
    blocks: &[f64],
    force: &[f64],
    start: &mut [f64],
) {
    let (n, s) = (start.len(), rule.stages());
    start.fill(0.0);
    for (block, b) in blocks.chunks_exact(2 * n).zip(&rule.weight) {
        axpy(*b, &block[..n], start);
    }
    for j in 0..s {
        let mean: f64 = (0..s).map(|i| rule.weight[i] * rule.integral[i * s + j]).sum();
        axpy(length * mean, &force[j * n..(j + 1) * n], start);
    }
}

/// What the rounding of the masses at the ends leaves uncertain, relative to their difference, as
/// [`mass_difference`](crate::linalg::vector::mass_difference) takes it.
pub(super) fn ends_rounding(mu0: &[f64], mu1: &[f64]) -> f64 {
    let sums = mu0.iter().zip(mu1).map(|(a, b)| a + b);
    let (total, heaviest) = sums.fold((0.0, 0f64), |(sum, most), m| (sum + m, most.max(m)));
    let light = (0.5 * (total - heaviest)).max(0.0);
    32.0 * f64::EPSILON * light / distance_1(mu0, mu1).min(1.0)
}
