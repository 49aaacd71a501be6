//! What parameters mean: the first variations of a model's functionals, and its energy.

use nalgebra::DMatrix;

use super::gauge::symmetric;
use super::model::Model;
use super::terms::{pairs, Kind};
use crate::energy::{FreeEnergy, Interaction};
use crate::error::{self, Error, Result};
use crate::linalg::vector::axpy;

impl Model {
    /// First variations of the dense functionals at masses `mu > 0`, one column each, up to constants.
    /// The columns of the free potential, which are left out, are the unit vectors.
    ///
    /// # Errors
    /// A term whose first variations only the caller knows.
    pub(crate) fn dense_features(&self, mu: &[f64]) -> Result<DMatrix<f64>> {
        self.features(mu, &[])
    }

    /// As [`dense_features`](Self::dense_features), with what the caller gives: one vector of length `n`
    /// per functional, in the order of the terms.
    pub(super) fn features(&self, mu: &[f64], given: &[Vec<f64>]) -> Result<DMatrix<f64>> {
        error::check_length("first variations given", given.len(), self.given())?;
        let n = self.graph().nodes();
        let density = self.graph().density(mu)?;
        let mut given = given.iter();
        let mut columns: Vec<f64> = Vec::with_capacity(n * self.dense().len());
        for (k, term) in self.realised.iter().enumerate() {
            match term.kind() {
                Kind::FreePotential => {}
                Kind::FullInteraction if self.apart() == Some(k) => {}
                Kind::PotentialIn(functions) => functions.iter().for_each(|u| columns.extend(u)),
                Kind::Entropy => columns.extend(density.iter().map(|r| r.ln())),
                Kind::Internal(energy) => columns.extend(density.iter().map(|r| energy.derivative(*r))),
                Kind::Interactions(matrices) => {
                    for matrix in matrices.iter() {
                        let mut field = vec![0.0; n];
                        matrix.add_product(mu, &mut field);
                        columns.extend(field);
                    }
                }
                Kind::FullInteraction => {
                    for (x, y) in pairs(n) {
                        let start = columns.len();
                        columns.resize(start + n, 0.0);
                        columns[start + x] = mu[y];
                        columns[start + y] = mu[x];
                    }
                }
                Kind::Given(count) => {
                    for variation in given.by_ref().take(*count) {
                        error::check_length("first variation given", variation.len(), n)?;
                        error::check_finite("first variation given", variation)?;
                        columns.extend(variation);
                    }
                }
                // written out as matrices
                Kind::Hops(_) => {}
            }
        }
        Ok(DMatrix::from_vec(n, columns.len() / n, columns))
    }

    /// The energy at these parameters, with its potential centred under `pi`.
    ///
    /// # Errors
    /// As many parameters as the model has are needed, all finite; a term whose functionals only the
    /// caller knows.
    pub fn energy(&self, parameters: &[f64]) -> Result<FreeEnergy> {
        error::check_length("parameters", parameters.len(), self.parameters())?;
        error::check_finite("parameters", parameters)?;
        let n = self.graph().nodes();
        let mut energy = FreeEnergy::new(self.graph());
        let mut entropy = 0.0;
        let mut interactions: Vec<(f64, Interaction)> = Vec::new();
        for (term, block) in self.realised.iter().zip(self.blocks()) {
            let a = &parameters[block.clone()];
            match term.kind() {
                Kind::FreePotential | Kind::PotentialIn(_) => {}
                Kind::Entropy => entropy += a[0],
                Kind::Internal(internal) => energy = energy.with_internal(a[0], internal.clone())?,
                Kind::Interactions(matrices) => {
                    interactions.extend(a.iter().copied().zip(matrices.iter().cloned()))
                }
                Kind::FullInteraction => {
                    let matrix = symmetric(n, a);
                    interactions.push((1.0, Interaction::dense(n, matrix.as_slice())?));
                }
                Kind::Given(_) => {
                    let reason = "only the caller knows its functionals, so no energy can be made of it";
                    return Err(Error::invalid(format!("terms ({})", term.name()), reason));
                }
                // written out as matrices
                Kind::Hops(_) => {}
            }
        }
        energy = energy.with_potential(self.potential(parameters))?.with_entropy(entropy)?;
        if interactions.is_empty() {
            return Ok(energy);
        }
        let parts: Vec<(f64, &Interaction)> = interactions.iter().map(|(a, w)| (*a, w)).collect();
        energy.with_interaction(Interaction::combination(&parts)?)
    }

    /// The potential at these parameters, free or in a basis, length `n`, centred under `pi`.
    pub(super) fn potential(&self, parameters: &[f64]) -> Vec<f64> {
        let mut potential = vec![0.0; self.graph().nodes()];
        for (term, block) in self.realised.iter().zip(self.blocks()) {
            let a = &parameters[block.clone()];
            match term.kind() {
                Kind::FreePotential => axpy(1.0, a, &mut potential),
                Kind::PotentialIn(functions) => {
                    a.iter().zip(functions.iter()).for_each(|(a, u)| axpy(*a, u, &mut potential))
                }
                _ => {}
            }
        }
        self.graph().centre(&mut potential);
        potential
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::energy::InternalEnergy;
    use crate::fit::Term;
    use crate::graph::{Graph, Reference};

    /// Each feature against the first variation of the energy at a unit vector of parameters.
    #[test]
    fn features_are_first_variations() {
        let graph = Graph::star(5, Reference::Degree).expect("a star");
        let terms = [
            Term::entropy(),
            Term::potential_in(&[vec![1.0, 2.0, -1.0, 0.5, 0.0]]),
            Term::potential(),
            Term::interaction_by_hops(2),
            Term::full_interaction(),
            Term::power(0.5),
            Term::internal(
                "cube",
                InternalEnergy::from_functions(|r| r.powi(3), |r| 3.0 * r * r, |r| 6.0 * r),
            ),
        ];
        let model = Model::new(&graph, &terms).expect("a model");
        assert_eq!((model.parameters(), model.free_potential()), (1 + 1 + 5 + 2 + 15 + 2, Some(2..7)));
        assert_eq!(model.names().len(), model.parameters());
        let mu = [0.3, 0.1, 0.2, 0.25, 0.15];
        let features = model.dense_features(&mu).expect("features");
        for (column, p) in model.dense().into_iter().enumerate() {
            let mut unit = vec![0.0; model.parameters()];
            unit[p] = 1.0;
            let variation =
                model.energy(&unit).and_then(|e| e.first_variation(&mu)).expect("a variation");
            let gap = features[(0, column)] - variation[0];
            for x in 0..5 {
                let other = features[(x, column)] - variation[x];
                assert!((other - gap).abs() < 1e-14, "{} at {x}", model.names()[p]);
            }
        }
    }
}
