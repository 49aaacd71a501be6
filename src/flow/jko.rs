//! Steps of the scheme of Jordan, Kinderlehrer and Otto (SIAM J. Math. Anal. 1998) in the metric `W_K`:
//!
//! ```text
//! mu_{k+1} = argmin F(mu) + W_K(mu_k, mu)^2 / (2 tau)
//! ```
//!
//! The path and its end are found together, by the solver of the [geodesics](crate::Geodesic) with the end set
//! free and `tau F` added to the action. At the minimum `tau dF(mu_{k+1}) + psi(1)` is constant.

use std::sync::Arc;

use crate::energy::FreeEnergy;
use crate::error::{Error, Result};
use crate::geodesic::{self, Geodesic, GeodesicOptions, Terminal, Termination};
use crate::linalg::vector::{dot, max_abs};
use crate::memory;

/// A step of the scheme.
#[derive(Clone)]
pub struct JkoStep {
    geodesic: Geodesic,
    energy: f64,
    residual: f64,
    termination: Termination,
}

impl JkoStep {
    /// The new distribution, length `n`.
    pub fn mass(&self) -> &[f64] {
        self.geodesic.ends().1
    }

    /// The geodesic from the old to the new distribution. Its distance divided by `tau` is the
    /// speed of the step. Its error estimate is relative to the distance, unlike the [`residual`](Self::residual):
    /// a step that hardly goes anywhere, held back by the boundary though the energy falls steeply, may have
    /// converged with an estimate above the tolerance.
    pub fn geodesic(&self) -> &Geodesic {
        &self.geodesic
    }

    /// The energy of the new distribution.
    pub fn energy(&self) -> f64 {
        self.energy
    }

    /// How far `tau dF + psi(1)` is from constant at the new distribution: its norm in the metric there, relative
    /// to that of `tau dF` or to the distance, whichever is larger. These two are the same but for nodes of density below
    /// 1e-12, which count as empty: they have no part in it with the means that vanish there, and with the arithmetic mean
    /// only where it is less than elsewhere, since they have no mass to give away, and would be at that density, too.
    pub fn residual(&self) -> f64 {
        self.residual
    }

    /// Whether the tolerance is met, by the geodesic and by the [`residual`](Self::residual).
    pub fn converged(&self) -> bool {
        self.termination == Termination::Converged
    }

    /// Why the step stopped.
    pub fn termination(&self) -> Termination {
        self.termination
    }
}

impl FreeEnergy {
    /// One step of length `tau` from `mu0`, a distribution of length `n`.
    ///
    /// An empty node of `mu0` is given a share of 1e-10 of the reference, which changes the step by no more than its
    /// default tolerance there, unless `tau` is so small that it moves less than a millionth of the mass.
    ///
    /// The energy should be convex along the step; where it is not, as with a repulsive interaction that `tau` does not
    /// tame, a local minimum is returned.
    ///
    /// Cost: about that of a geodesic, see [`GeodesicSolver::solve`](crate::GeodesicSolver::solve).
    ///
    /// # Errors
    /// A `tau` that is not positive; ends and options as for [`Graph::geodesic`](crate::Graph::geodesic). Not
    /// converging is no error: see [`JkoStep::converged`].
    ///
    /// ```
    /// use jkoflow::{FreeEnergy, GeodesicOptions, Graph, Reference};
    /// let cycle = Graph::cycle(4, Reference::Uniform)?;
    /// let energy = FreeEnergy::new(&cycle).with_entropy(1.0)?;
    /// let step = energy.jko_step(&[0.4, 0.3, 0.2, 0.1], 0.1, &GeodesicOptions::default())?;
    /// assert!(step.converged() && step.residual() < 1e-8);
    /// # Ok::<(), jkoflow::Error>(())
    /// ```
    pub fn jko_step(&self, mu0: &[f64], tau: f64, options: &GeodesicOptions) -> Result<JkoStep> {
        if !(tau > 0.0 && tau.is_finite()) {
            return Err(Error::invalid("tau", format!("{tau} is not positive and finite")));
        }
        let graph = self.graph();
        graph.check_distribution("mu0", mu0)?;
        let filled =
            if mu0.contains(&0.0) { graph.mix_with_reference(mu0, FILLING)? } else { mu0.to_vec() };
        let slope = self.slope(&filled, tau)?;
        let speed = graph.metric_norm(options.mean, &filled, &slope)?;
        // below its rounding error the slope says nothing: this is the equilibrium
        let rounding = rounding_of(&slope);
        if speed <= rounding {
            let geodesic = graph.geodesic(mu0, mu0, options)?;
            let (energy, termination) = (self.value(mu0)?, geodesic.termination());
            return Ok(JkoStep { geodesic, energy, residual: 0.0, termination });
        }
        let terminal: Arc<dyn Terminal> = Arc::new(Scaled { energy: self.clone(), tau });
        let floor = rounding / speed;
        let geodesic =
            geodesic::proximal(graph, options, &filled, &terminal, 0.5 * speed * speed, floor)?;
        let mu1 = geodesic.ends().1;
        let energy = self.value(mu1)?;
        let slope = self.slope(mu1, tau)?;
        let mut sum: Vec<f64> = slope.iter().zip(geodesic.potential_end()).map(|(a, b)| a + b).collect();
        // the masses add up to one, so that this is the mean where they are
        let level: f64 = sum.iter().zip(mu1).filter(|(_, m)| **m > 0.0).map(|(s, m)| s * m).sum();
        // mass that is not there cannot leave, nor is there a lack of what would still count as none
        let least = graph.reference().iter().map(|p| geodesic::EMPTY * p);
        let filled: Vec<f64> = mu1.iter().zip(least).map(|(m, least)| m.max(least)).collect();
        let slope_filled = self.slope(&filled, tau)?;
        for x in (0..mu1.len()).filter(|x| mu1[*x] < filled[*x]) {
            if sum[x].max(slope_filled[x] + geodesic.potential_end()[x]) > level {
                sum[x] = level;
            }
        }
        let norm = |psi: &[f64]| geodesic::metric_norm(graph, options.mean, mu1, psi);
        let (left, size) = (norm(&sum), norm(&slope).max(geodesic.distance()));
        let residual = if left == 0.0 { 0.0 } else { left / size };
        let wanted = options.tolerance_of(&geodesic).max(floor);
        let optimal = residual <= wanted || left <= rounding_of(&slope);
        let termination = match geodesic.termination() {
            Termination::Converged if !optimal => Termination::Stalled,
            termination => termination,
        };
        Ok(JkoStep { geodesic, energy, residual, termination })
    }

    /// `tau dF`, which must not overflow.
    fn slope(&self, mu: &[f64], tau: f64) -> Result<Vec<f64>> {
        let slope: Vec<f64> = self.first_variation(mu)?.iter().map(|v| tau * v).collect();
        if slope.iter().all(|v| (v * v).is_finite()) {
            return Ok(slope);
        }
        Err(Error::invalid("tau", format!("the energy's slope times {tau:e} overflows")))
    }

    /// `steps` steps of length `tau` from `mu0`, each from where the last one ended. Where the work is
    /// cancelled, the step that it was in is the last.
    ///
    /// # Errors
    /// As [`jko_step`](Self::jko_step).
    pub fn jko_flow(
        &self,
        mu0: &[f64],
        tau: f64,
        steps: usize,
        options: &GeodesicOptions,
    ) -> Result<Vec<JkoStep>> {
        // of each step at least its ends, its end potentials and its path are kept
        let kept = memory::doubles(&[steps, 8, mu0.len()]);
        memory::admit(kept, || format!("{steps} steps"))?;
        let mut taken: Vec<JkoStep> = Vec::with_capacity(steps);
        for _ in 0..steps {
            let from = taken.last().map_or(mu0, JkoStep::mass);
            let step = self.jko_step(from, tau, options)?;
            let cancelled = step.termination() == Termination::Cancelled;
            taken.push(step);
            if cancelled {
                break;
            }
        }
        Ok(taken)
    }
}

/// What rounding leaves of the norm of such a slope.
fn rounding_of(slope: &[f64]) -> f64 {
    32.0 * f64::EPSILON * max_abs(slope)
}

/// Share of the reference that empty nodes are given.
const FILLING: f64 = 1e-10;

/// `tau F`.
struct Scaled {
    energy: FreeEnergy,
    tau: f64,
}

impl Terminal for Scaled {
    fn value(&self, mu: &[f64]) -> f64 {
        // masses are positive here, so that the only error cannot occur
        self.tau * self.energy.value(mu).unwrap_or(f64::NAN)
    }

    fn add_gradient(&self, mu: &[f64], gradient: &mut [f64]) {
        let mut slope = vec![0.0; mu.len()];
        self.energy.first_variation_into(mu, self.energy.entropy(), &mut slope);
        // a constant does not matter, and without it rounding is least
        let mean = dot(&slope, mu);
        for (g, s) in gradient.iter_mut().zip(slope) {
            *g += self.tau * (s - mean);
        }
    }

    fn add_hessian_product(&self, mu: &[f64], change: &[f64], product: &mut [f64]) {
        let mut field = vec![0.0; mu.len()];
        if let Some(interaction) = self.energy.interaction() {
            interaction.add_product(change, &mut field);
        }
        for x in 0..mu.len() {
            let local = self.energy.local_second_variation(x, mu[x], self.energy.entropy());
            product[x] += self.tau * (field[x] + local * change[x]);
        }
    }

    fn diagonal(&self, mu: &[f64]) -> Vec<f64> {
        let entropy = self.energy.entropy();
        (0..mu.len())
            .map(|x| self.tau * self.energy.local_second_variation(x, mu[x], entropy).max(0.0))
            .collect()
    }
}
