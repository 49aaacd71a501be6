//! The metric tensor: tangents as potentials and as rates, their products and norms.

use crate::error::{self, Error, Result};
use crate::graph::{Graph, LaplacianSolver, Mean};

/// A rate of change may miss the sum zero by this share of its 1-norm, as masses may miss one.
const RATE_TOLERANCE: f64 = crate::graph::MASS_TOLERANCE;

impl Graph {
    /// The rate of change `dmu/dt = L(rho) psi` of a tangent with potential `psi` at a positive mass
    /// vector `mu`; all of length `n`, the rate in mass per time, sum zero. The constant in `psi` does
    /// not matter. Cost: one sweep over the edges.
    ///
    /// # Errors
    /// A `mu` that is not a positive distribution, a `psi` of the wrong length or not finite.
    pub fn potential_to_rate(&self, mean: Mean, mu: &[f64], psi: &[f64]) -> Result<Vec<f64>> {
        let weight = self.mobility(mean, mu)?;
        self.check_potential("psi", psi)?;
        let mut rate = vec![0.0; self.nodes()];
        self.apply_laplacian(&weight, psi, &mut rate);
        Ok(rate)
    }

    /// The potential `psi = L(rho)^+ rate` of a tangent with the given rate of change at a positive mass
    /// vector `mu`, mean zero under `pi`; all of length `n`. The inverse of
    /// [`potential_to_rate`](Self::potential_to_rate). Cost: one sparse factorisation.
    ///
    /// # Errors
    /// A `mu` that is not a positive distribution; a `rate` of the wrong length, not finite, or whose
    /// sum is not zero within `1e-9` of its 1-norm; [`Error::Singular`] where the masses are so small
    /// that the graph falls apart numerically.
    pub fn rate_to_potential(&self, mean: Mean, mu: &[f64], rate: &[f64]) -> Result<Vec<f64>> {
        let weight = self.mobility(mean, mu)?;
        self.check_potential("rate", rate)?;
        let (sum, size) = rate.iter().fold((0.0, 0.0), |(sum, size), r| (sum + r, size + r.abs()));
        if f64::abs(sum) > RATE_TOLERANCE * size {
            let reason =
                format!("sums to {sum:e}, not to 0; a rate of change of masses keeps their sum");
            return Err(Error::invalid("rate", reason));
        }
        let mut psi: Vec<f64> = rate.iter().zip(self.reference()).map(|(r, p)| r - sum * p).collect();
        let mut laplacian = LaplacianSolver::new(self)?;
        laplacian.factorise(&weight)?;
        laplacian.solve_in_place(&mut psi);
        if psi.iter().all(|v| v.is_finite()) {
            return Ok(psi);
        }
        let detail = "the potential is beyond the range of numbers".into();
        Err(Error::Singular { what: "weighted graph Laplacian", detail })
    }

    /// The scalar product `psi' L(rho) phi` of two tangents at a positive mass vector `mu`, given by
    /// their potentials, in squared distance per squared time. Cost: one sweep.
    ///
    /// # Errors
    /// A `mu` that is not a positive distribution, a potential of the wrong length or not finite.
    pub fn metric_product(&self, mean: Mean, mu: &[f64], psi: &[f64], phi: &[f64]) -> Result<f64> {
        let weight = self.mobility(mean, mu)?;
        self.check_potential("psi", psi)?;
        self.check_potential("phi", phi)?;
        Ok(self.dirichlet_product(&weight, psi, phi))
    }

    /// The norm `sqrt(psi' L(rho) psi)` of a tangent: the speed at which `mu` moves, in distance per
    /// time. Cost: one sweep.
    ///
    /// # Errors
    /// As [`metric_product`](Self::metric_product).
    pub fn metric_norm(&self, mean: Mean, mu: &[f64], psi: &[f64]) -> Result<f64> {
        let weight = self.mobility(mean, mu)?;
        self.check_potential("psi", psi)?;
        Ok(self.dirichlet_form(&weight, psi).sqrt())
    }

    pub(super) fn check_potential(&self, argument: &str, psi: &[f64]) -> Result<()> {
        error::check_length(argument, psi.len(), self.nodes())?;
        error::check_finite(argument, psi)
    }

    /// `psi' L phi = sum_e w_e (psi_x - psi_y) (phi_x - phi_y)`.
    pub(super) fn dirichlet_product(&self, weight: &[f64], psi: &[f64], phi: &[f64]) -> f64 {
        let edges = self.edge_list().zip(weight);
        edges.map(|((x, y), w)| w * (psi[x] - psi[y]) * (phi[x] - phi[y])).sum()
    }
}
