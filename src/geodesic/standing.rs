//! A lower bound by potentials that do not change in time, for where those of the path are lost.
//!
//! # Derivation
//!
//! For any potential `phi` and any mean, since none is above the arithmetic one,
//!
//! ```text
//! <phi, L(rho) phi> = sum_e c_e theta_e (phi_x - phi_y)^2 <= sum_x mu_x g_x <= max_x g_x,
//! g_x = 1/2 sum_y K(x,y) (phi_x - phi_y)^2,
//! ```
//!
//! so that along any path from `mu0` to `mu1`, by Cauchy's inequality in the metric,
//!
//! ```text
//! <phi, mu1 - mu0> = int <phi, L(rho_t) psi_t> dt <= (max_x g_x)^(1/2) W.
//! ```
//!
//! The best `phi` is the one for which the nodes with the largest `g` are those where a distribution `w` sits that makes
//! `L(w) phi = mu1 - mu0` longest, all with the arithmetic mean. We look for it by letting `w` grow where `g` is large; each
//! iterate gives a bound.

use super::Geodesic;
use crate::error::Result;
use crate::graph::{LaplacianSolver, Mean, Sweep};
use crate::linalg::vector::{dot, mass_difference, max_abs};

/// Potentials that are tried; more gain little.
const TRIALS: usize = 16;

impl Geodesic {
    /// A number that the distance is not below, positive between different ends unless it underflows. Each of a few trials
    /// costs a factorisation.
    ///
    /// # Errors
    /// Memory.
    pub(super) fn standing_bound(&self) -> Result<f64> {
        let graph = &self.graph;
        let mut difference = mass_difference(&self.mu0, &self.mu1);
        let scale = max_abs(&difference);
        if scale == 0.0 {
            return Ok(0.0);
        }
        difference.iter_mut().for_each(|d| *d /= scale);
        let mut sweep = Sweep::new(graph, Mean::Arithmetic);
        let mut laplacian = LaplacianSolver::new(graph)?;
        let mut weight = vec![0.0; graph.edges()];
        let mut place = graph.reference().to_vec();
        let (mut phi, mut force) = (difference.clone(), vec![0.0; difference.len()]);
        let mut best = 0.0;
        for _ in 0..TRIALS {
            sweep.mobility(&place, &mut weight);
            phi.copy_from_slice(&difference);
            if laplacian.factorise(&weight).is_err() {
                break;
            }
            laplacian.solve_in_place(&mut phi);
            // with the arithmetic mean the force is half of `g`
            sweep.force(&place, &phi, &mut weight, &mut force);
            let largest = 2.0 * max_abs(&force);
            let sizes: f64 = phi.iter().zip(&difference).map(|(p, d)| (p * d).abs()).sum();
            let rounding = (phi.len() + 8) as f64 * f64::EPSILON * (sizes + 2.0 * max_abs(&phi));
            let gain = (dot(&phi, &difference) - rounding) / (largest.sqrt() * (1.0 + 1e-14));
            if gain.is_finite() {
                best = f64::max(best, gain);
            }
            place.iter_mut().zip(&force).for_each(|(w, f)| *w *= (2.0 * f / largest).sqrt().max(1e-3));
            let total: f64 = place.iter().sum();
            place.iter_mut().for_each(|w| *w /= total);
        }
        Ok(scale * best)
    }
}

#[cfg(test)]
mod tests {
    use crate::{GeodesicOptions, Graph, Mean, Reference};

    /// It is exact for the arithmetic mean on two nodes, where nothing else could be moved or spared.
    #[test]
    fn is_below_the_distance_and_near() {
        for n in [2, 3, 6] {
            let graph = Graph::path(n, Reference::Uniform).expect("a path");
            let dirac = |at: usize| (0..n).map(|x| if x == at { 1.0 } else { 0.0 }).collect::<Vec<_>>();
            for mean in Mean::ALL {
                let options = GeodesicOptions::default().with_mean(mean);
                let geodesic = graph.geodesic(&dirac(0), &dirac(n - 1), &options).expect("valid");
                let share = geodesic.standing_bound().expect("small") / geodesic.distance();
                let least = if mean == Mean::Arithmetic { 0.8 } else { 0.57 };
                assert!(share > least && share < 1.0 + 1e-4, "{n}, {mean:?}: {share}");
                if n == 2 && mean == Mean::Harmonic {
                    assert!((share - std::f64::consts::FRAC_2_PI).abs() < 1e-4, "{share}");
                }
                if n == 2 && mean == Mean::Arithmetic {
                    assert!((share - 1.0).abs() < 1e-8, "{share}");
                }
            }
        }
    }
}
