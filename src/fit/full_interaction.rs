//! Full interactions on many nodes, whose `n (n+1)/2` parameters outnumber what the data say.
//!
//! The first variation `W m_k` of a step depends on its masses `m_k` only, so that the normal equations
//! need not be written out. With `h_k = W m_k - V - sum_p a_p phi_p`, where `V` and `a` answer to the
//! forces of `W` (see `system.rs`), the Schur complement of the normal matrix for the entries
//! `x <= y` of `W` is
//!
//! ```text
//! (S W)_xy = ridge W_xy + sum_k (f_k)_x (m_k)_y + (f_k)_y (m_k)_x,     f_k = L_k h_k
//! ```
//!
//! with one of the two equal summands on the diagonal. Conjugate gradients solve `S W = b` with the
//! diagonal of the matrix before elimination as preconditioner (Hestenes, Stiefel 1952). An iteration
//! costs two products of an `n` by `n` matrix with all masses and one solve with the potential's block.
//! Only `K (n-1)` eigenvalues for `K` steps differ from the ridge, and the small ones are cut off by it:
//! the iterations grow with the root of one over the ridge.
//!
//! Nothing here has an inverse of `S`, so that there are no standard errors; an active set of bounds and
//! the blocks of a cross-validation would each take many such iterations, and are refused by name.

use nalgebra::{DMatrix, DVector};

use super::certainty::BY_ITERATION;
use super::gauge::symmetric;
use super::options::Ridge;
use super::system::System;
use super::terms::pairs;
use super::{Fit, FittedEnergy, SeenStep};
use crate::error::{Error, Result};
use crate::watch;

/// The residual is brought down by this factor in the norm of the preconditioner.
const RESIDUAL: f64 = 1e-14;
const MAX_ITERATIONS: usize = 20_000;

impl Fit {
    /// The minimum over all parameters where a full interaction is kept apart from the dense ones.
    ///
    /// # Errors
    /// No ridge on the interaction; steps of which only sums are known; no convergence.
    pub(super) fn solve_with_full_interaction(
        &self,
        system: &System,
        ridge: &Ridge,
        unidentified: Vec<String>,
    ) -> Result<FittedEnergy> {
        let Some(term) = self.model.apart() else {
            return Err(Error::invalid("fit", "it has no full interaction apart"));
        };
        let name = self.model.terms()[term].name();
        if ridge.of(name) == 0.0 {
            let term = format!("{name} (without a ridge)");
            return Err(Error::NotDetermined { term, pairs: self.pairs() });
        }
        if self.steps.len() != self.pairs() {
            let reason = format!("the sums of single steps do not suffice for the term {name}");
            return Err(Error::invalid("fit", reason));
        }
        let problem = Reduced::new(self, system, ridge.of(name));
        let interaction = problem.minimise()?;
        let (potential, dense) = problem.rest(&interaction)?;
        let mut parameters = self.assemble(Some(&potential), &dense);
        parameters[self.model.blocks()[term].clone()].copy_from_slice(interaction.as_slice());
        let residuals = self.violations(&parameters);
        self.model.fix_gauge(&mut parameters);
        let held = vec![false; parameters.len()];
        let residual = residuals.iter().sum();
        Ok(self.fitted(parameters, held, residual, (Err(BY_ITERATION), residuals), unidentified))
    }

    /// The violation of each step at given parameters.
    pub(super) fn violations(&self, parameters: &[f64]) -> Vec<f64> {
        let dense = self.model.dense().into_iter().map(|p| parameters[p]);
        let dense = DVector::from_iterator(self.normal.features.nrows(), dense);
        let potential = self.model.free_potential().map(|block| &parameters[block]);
        let n = self.graph().nodes();
        let interaction = self.model.apart().map(|term| {
            let block = self.model.blocks()[term].clone();
            symmetric(n, &parameters[block])
        });
        let violation = |seen: &SeenStep| {
            let mut variation = &seen.variations.features * &dense;
            if let Some(v) = potential {
                variation += DVector::from_column_slice(v);
            }
            if let Some(w) = &interaction {
                variation += w * DVector::from_column_slice(&seen.variations.mass);
            }
            seen.step.violation(self.graph(), variation.as_slice()).0.max(0.0)
        };
        self.steps.iter().map(violation).collect()
    }
}

/// The quadratic problem in the entries of `W` that is left when the other parameters are eliminated.
struct Reduced<'a> {
    fit: &'a Fit,
    system: &'a System<'a>,
    /// Masses where the loss looks, a column per step.
    masses: DMatrix<f64>,
    /// Penalty on each squared entry.
    penalty: f64,
    /// Diagonal of the normal matrix with the penalty.
    diagonal: DVector<f64>,
}

/// A vector per step, as columns.
type Columns = DMatrix<f64>;

impl<'a> Reduced<'a> {
    fn new(fit: &'a Fit, system: &'a System<'a>, ridge: f64) -> Self {
        let (graph, n) = (fit.graph(), fit.graph().nodes());
        let columns: Vec<DVector<f64>> =
            fit.steps.iter().map(|seen| DVector::from_column_slice(&seen.variations.mass)).collect();
        let masses = DMatrix::from_columns(&columns);
        let mut square = DMatrix::zeros(n, n);
        for (seen, m) in fit.steps.iter().zip(&columns) {
            let mut degree = vec![0.0; n];
            for (&w, (x, y)) in seen.step.weight.iter().zip(graph.edge_list()) {
                degree[x] += w;
                degree[y] += w;
                // both orders of the pair share this entry
                square[(x, y)] -= w * m[x] * m[y];
                square[(y, x)] -= w * m[x] * m[y];
            }
            square.ger(1.0, &DVector::from_vec(degree), &m.component_mul(m), 1.0);
        }
        let mut diagonal = upper_triangle(&square);
        let penalty = ridge * diagonal.mean();
        diagonal.add_scalar_mut(penalty);
        Self { fit, system, masses, penalty, diagonal }
    }

    /// Conjugate gradients.
    fn minimise(&self) -> Result<DVector<f64>> {
        let drives = self.fit.steps.iter().map(|seen| DVector::from_column_slice(&seen.step.drive));
        let mut residual = -self.reaction(Columns::from_columns(&drives.collect::<Vec<_>>()))?;
        let mut found = DVector::zeros(residual.len());
        let mut scaled = residual.component_div(&self.diagonal);
        let mut direction = scaled.clone();
        let mut size = residual.dot(&scaled);
        let goal = RESIDUAL * RESIDUAL * size;
        for _ in 0..MAX_ITERATIONS {
            if size <= goal {
                return Ok(found);
            }
            watch::check()?;
            let image = self.apply(&direction)?;
            let length = size / direction.dot(&image);
            found.axpy(length, &direction, 1.0);
            residual.axpy(-length, &image, 1.0);
            scaled = residual.component_div(&self.diagonal);
            let next = residual.dot(&scaled);
            direction = &scaled + (next / size) * direction;
            size = next;
        }
        let reason = "reached the limit of iterations; a larger ridge on the interaction needs fewer";
        Err(Error::NotConverged { what: "fit of the full interaction".into(), reason })
    }

    /// `S W`.
    fn apply(&self, entries: &DVector<f64>) -> Result<DVector<f64>> {
        let mut image = self.reaction(self.field(entries))?;
        image.axpy(self.penalty, entries, 1.0);
        Ok(image)
    }

    /// `W m_k`.
    fn field(&self, entries: &DVector<f64>) -> Columns {
        symmetric(self.masses.nrows(), entries.as_slice()) * &self.masses
    }

    /// The forces on `W` of fields to which the other parameters have answered.
    fn reaction(&self, mut fields: Columns) -> Result<DVector<f64>> {
        let (potential, dense) = self.answer(&fields)?;
        let potential = DVector::from_vec(potential);
        for (mut field, seen) in fields.column_iter_mut().zip(&self.fit.steps) {
            field += &potential;
            field.gemv(1.0, &seen.variations.features, &dense, 1.0);
        }
        Ok(upper_triangle(&(self.forces(&fields) * self.masses.transpose())))
    }

    /// The potential and the dense parameters that are best beside fields.
    fn answer(&self, fields: &Columns) -> Result<(Vec<f64>, DVector<f64>)> {
        let forces = self.forces(fields);
        let mut on_dense = DVector::zeros(self.fit.normal.features.nrows());
        for (force, seen) in forces.column_iter().zip(&self.fit.steps) {
            on_dense.gemv_tr(-1.0, &seen.variations.features, &force, 1.0);
        }
        let on_nodes = -forces.column_sum();
        let free = vec![false; on_dense.len()];
        self.system.respond(on_nodes.as_slice(), &on_dense, &free).ok_or_else(|| Error::NotDetermined {
            term: "what stands beside the full interaction".into(),
            pairs: self.fit.pairs(),
        })
    }

    /// `L_k h_k`.
    fn forces(&self, fields: &Columns) -> Columns {
        let mut forces = Columns::zeros(fields.nrows(), fields.ncols());
        for ((mut force, field), seen) in
            forces.column_iter_mut().zip(fields.column_iter()).zip(&self.fit.steps)
        {
            let weight = &seen.step.weight;
            self.fit.graph().apply_laplacian(weight, field.as_slice(), force.as_mut_slice());
        }
        forces
    }

    /// The potential and the dense parameters at the minimum.
    fn rest(&self, entries: &DVector<f64>) -> Result<(Vec<f64>, DVector<f64>)> {
        let mut fields = self.field(entries);
        for (mut field, seen) in fields.column_iter_mut().zip(&self.fit.steps) {
            field += DVector::from_column_slice(&seen.step.drive);
        }
        self.answer(&fields)
    }
}

/// `A_xy + A_yx` for `x < y`, `A_xx`: the derivative of `sum A_xy W_xy` in the entries `x <= y`.
fn upper_triangle(matrix: &DMatrix<f64>) -> DVector<f64> {
    let n = matrix.nrows();
    let entry = |(x, y)| if x == y { matrix[(x, x)] } else { matrix[(x, y)] + matrix[(y, x)] };
    DVector::from_iterator(n * (n + 1) / 2, pairs(n).map(entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::energy::FreeEnergy;
    use crate::fit::{FitOptions, Term};
    use crate::flow::FlowOptions;
    use crate::graph::{Graph, Reference};

    /// The same data fitted with all normal equations written out and without.
    #[test]
    fn agrees_with_the_dense_solve() {
        let n = 9;
        let graph = Graph::erdos_renyi(n, 0.4, 5, Reference::Degree).expect("connected");
        let energy = FreeEnergy::new(&graph)
            .with_entropy(0.8)
            .and_then(|e| e.with_potential((0..n).map(|x| (2.0 * x as f64).sin()).collect::<Vec<_>>()))
            .expect("an energy");
        let times = [0.0, 0.05, 0.1, 0.15];
        let interaction = Term::full_interaction();
        for terms in [
            vec![Term::potential(), Term::entropy(), interaction.clone()],
            vec![interaction.clone(), Term::power(2.0)],
            vec![interaction],
        ] {
            let options = FitOptions::default().with_terms(&terms);
            let mut dense = Fit::new(&graph, options.clone()).expect("good options");
            let mut apart = Fit::with_dense_interaction_up_to(&graph, options, 0).expect("the same");
            for start in 0..3 {
                let raw: Vec<f64> =
                    (0..n).map(|x| f64::exp((1.7 * x as f64 + f64::from(start)).sin())).collect();
                let sum: f64 = raw.iter().sum();
                let mu: Vec<f64> = raw.iter().map(|m| m / sum).collect();
                let flow = energy.flow(&mu, &times, &FlowOptions::default()).expect("a flow");
                dense.add_trajectory(&times, flow.masses(), 1).expect("geodesics");
                apart.add_trajectory(&times, flow.masses(), 1).expect("geodesics");
            }
            for penalty in [1e-1, 1e-4] {
                let ridge = Ridge::default().with("interaction", penalty);
                let ridge = if penalty > 1e-2 { ridge.with("potential", 0.3) } else { ridge };
                let sought = dense.solve(&ridge).expect("determined");
                let found = apart.solve(&ridge).expect("converged");
                let size = sought.parameters().iter().fold(0.0_f64, |m, a| m.max(a.abs()));
                for (a, b) in found.parameters().iter().zip(sought.parameters()) {
                    assert!((a - b).abs() < 1e-7 * size, "{a} for {b}, ridge {penalty}");
                }
                let total = sought.baselines().persistence;
                assert!((found.residual() - sought.residual()).abs() < 1e-9 * total);
                assert!(
                    (apart.explained_by(&sought).expect("a share") - sought.explained()).abs() < 1e-9
                );
            }
            assert!(apart.solve(&Ridge::default()).is_err());
        }
    }
}
