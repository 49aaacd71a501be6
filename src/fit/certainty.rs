//! How sure a fit may be: influences of the steps, and directions that the data leave open.

use nalgebra::{DMatrix, DVector};

use super::system::{Direction, Penalties, Solution, System};
use super::Fit;
use crate::error::Result;
use crate::graph::connected_parts;

/// A column per step, or why there is none.
pub(super) type Influences = std::result::Result<DMatrix<f64>, &'static str>;

const ONLY_SUMS: &str = "of some steps only sums are known; fits that are merged keep their steps";
const ONE_STEP: &str = "there is one step, which says nothing of the scatter between steps";
const TOO_FEW: &str = "there are no more observed changes than free parameters";
const OPEN: &str = "the data leave parameters open";
pub(super) const BY_ITERATION: &str =
    "a full interaction on so many nodes is found by iteration, without an inverse of its normal matrix";

impl Fit {
    /// A scaled column per step whose squares add up to the covariance, and the violation of each step.
    pub(super) fn influences(&self, system: &System, solution: &Solution) -> (Influences, Vec<f64>) {
        if self.steps.len() != self.pairs() {
            return (Err(ONLY_SUMS), Vec::new());
        }
        let (graph, steps) = (self.graph(), self.steps.len());
        let (mut columns, mut residuals) = (Vec::new(), Vec::with_capacity(steps));
        let mut solvable = true;
        for seen in &self.steps {
            let mut variation = &seen.variations.features * &solution.dense;
            if let Some(v) = &solution.potential {
                variation.iter_mut().zip(v).for_each(|(g, v)| *g += v);
            }
            let (violation, force) = seen.step.violation(graph, variation.as_slice());
            residuals.push(violation.max(0.0));
            let score = seen.variations.features.tr_mul(&DVector::from_column_slice(&force));
            match system.respond(&force, &score, &solution.held) {
                Some((nodes, dense)) => {
                    let mut influence = self.assemble(Some(&nodes), &(-dense));
                    if let Some(block) = self.model.free_potential() {
                        influence[block].iter_mut().for_each(|v| *v = -*v);
                    }
                    self.model.fix_gauge(&mut influence);
                    columns.extend(influence);
                }
                None => solvable = false,
            }
        }
        let free = solution.held.iter().filter(|held| !**held).count()
            + self.model.free_potential().map_or(0, |block| block.len() - 1);
        let observed = steps * (graph.nodes() - 1);
        if !solvable {
            return (Err(OPEN), residuals);
        }
        if steps < 2 {
            return (Err(ONE_STEP), residuals);
        }
        if observed <= free {
            return (Err(TOO_FEW), residuals);
        }
        let (k, n, p) = (steps as f64, observed as f64, free as f64);
        let correction = (k / (k - 1.0) * (n - 1.0) / (n - p)).sqrt();
        (Ok(correction * DMatrix::from_vec(self.model.parameters(), steps, columns)), residuals)
    }

    /// What the data leave open where a ridge decides.
    pub(super) fn unidentified(&self, penalties: &Penalties) -> Result<Vec<String>> {
        if penalties.potential.unwrap_or(0.0) == 0.0 && penalties.dense.iter().all(|p| *p == 0.0) {
            return Ok(self.split_potential());
        }
        let bare = Penalties {
            potential: penalties.potential.map(|_| 0.0),
            dense: vec![0.0; penalties.dense.len()],
        };
        let open = System::new(self.graph(), &self.normal, &bare)?.open_directions();
        Ok(self.describe(&open).into_iter().chain(self.split_potential()).collect())
    }

    /// One text per part of the graph that no edge with mobility joins to the first.
    fn split_potential(&self) -> Vec<String> {
        if self.model.free_potential().is_none() {
            return Vec::new();
        }
        let parts = connected_parts(self.graph(), &self.normal.weight);
        let text = |part: &Vec<usize>| match part.as_slice() {
            [x] => format!("potential[{x}]"),
            [x, ..] => format!("the potential around node {x} ({} nodes), by a constant", part.len()),
            [] => String::new(),
        };
        parts.iter().skip(1).map(text).collect()
    }

    /// Directions in the names of the parameters.
    pub(super) fn describe(&self, directions: &[Direction]) -> Vec<String> {
        let names = self.model.names();
        let dense = self.model.dense();
        let text = |direction: &Direction| {
            let mut text = String::new();
            for (k, &(p, a)) in direction.entries.iter().enumerate() {
                let sign = match (k, a < 0.0) {
                    (0, false) => "",
                    (0, true) => "-",
                    (_, false) => " + ",
                    (_, true) => " - ",
                };
                let size = match format!("{:.3} ", a.abs()) {
                    one if one == "1.000 " => String::new(),
                    size => size,
                };
                text += &format!("{sign}{size}{}", names[dense[p]]);
            }
            if direction.needs_potential {
                text + " + a potential"
            } else {
                text
            }
        };
        directions.iter().map(text).collect()
    }
}
