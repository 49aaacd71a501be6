//! The documented gauge of a model, see [`Model`].

use std::ops::Range;

use nalgebra::DMatrix;

use super::model::Model;
use super::terms::{pairs, Kind, Term};

impl Model {
    /// Brings parameters, or a change of them, into the documented gauge.
    pub(crate) fn fix_gauge(&self, parameters: &mut [f64]) {
        let Some(free) = self.free_potential() else { return };
        let is_full = |(term, _): &(&Term, &Range<usize>)| matches!(term.kind(), Kind::FullInteraction);
        if let Some((_, block)) = self.terms().iter().zip(self.blocks()).find(is_full) {
            let (n, pi) = (self.graph().nodes(), self.graph().reference());
            let matrix = symmetric(n, &parameters[block.clone()]);
            let row: Vec<f64> = (0..n).map(|x| (0..n).map(|y| matrix[(x, y)] * pi[y]).sum()).collect();
            let mean: f64 = row.iter().zip(pi).map(|(r, p)| r * p).sum();
            let a: Vec<f64> = row.iter().map(|r| r - 0.5 * mean).collect();
            for ((x, y), w) in pairs(n).zip(&mut parameters[block.clone()]) {
                *w -= a[x] + a[y];
            }
            parameters[free.clone()].iter_mut().zip(&a).for_each(|(v, a)| *v += a);
        }
        self.graph().centre(&mut parameters[free]);
    }
}

/// The symmetric matrix with this upper triangle, row by row.
pub(super) fn symmetric(n: usize, upper: &[f64]) -> DMatrix<f64> {
    let mut matrix = DMatrix::zeros(n, n);
    for ((x, y), w) in pairs(n).zip(upper) {
        matrix[(x, y)] = *w;
        matrix[(y, x)] = *w;
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Graph, Reference};

    /// The gauge changes no energy difference and is idempotent.
    #[test]
    fn the_gauge_is_invisible() {
        let graph = Graph::path(4, Reference::Degree).expect("a path");
        let model = Model::new(&graph, &[Term::full_interaction(), Term::potential()]).expect("a model");
        let before: Vec<f64> = (0..14).map(|k| (k as f64 * 1.7).sin()).collect();
        let mut after = before.clone();
        model.fix_gauge(&mut after);
        let difference = |a: &[f64]| {
            let energy = model.energy(a).expect("an energy");
            energy.value(&[0.1, 0.2, 0.3, 0.4]).expect("F")
                - energy.value(&[0.7, 0.1, 0.1, 0.1]).expect("F")
        };
        assert!((difference(&before) - difference(&after)).abs() < 1e-14);
        let again = {
            let mut a = after.clone();
            model.fix_gauge(&mut a);
            a
        };
        assert!(again.iter().zip(&after).all(|(a, b)| (a - b).abs() < 1e-14));
    }
}
