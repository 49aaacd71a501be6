//! Free energies on the simplex of distributions over a graph.
//!
//! ```text
//! F(mu) = sum_x V_x mu_x + 1/2 sum_xy W_xy mu_x mu_y + beta sum_x mu_x ln(mu_x/pi_x)
//!         + sum_x pi_x sum_k a_k U_k(rho_x),      rho_x = mu_x / pi_x
//! ```
//!
//! | term | first variation | second variation applied to `d` |
//! |---|---|---|
//! | potential `V` | `V_x` | 0 |
//! | interaction `W` | `sum_y W_xy mu_y` | `sum_y W_xy d_y` |
//! | entropy | `beta (ln rho_x + 1)` | `beta d_x / mu_x` |
//! | internal `U` | `U'(rho_x)` | `U''(rho_x) d_x / pi_x` |
//!
//! The same energy has many descriptions: `V` matters only up to a constant, and
//! `(W + a 1' + 1 a', V - a)` is the same energy as `(W, V)` on distributions.
//! [`FreeEnergy::flow`] follows the gradient flow.

mod interaction;
mod internal;

pub use interaction::Interaction;
pub use internal::{DensityFunction, InternalEnergy};

use crate::error::{self, Error, Result};
use crate::graph::Graph;
use internal::entropy_divergence;

/// A free energy on the distributions over a graph: any sum of a potential, an interaction, the
/// entropy relative to `pi`, and internal energies of the density.
///
/// Made by [`new`](Self::new), which is zero, and one `with_` method per term. Immutable afterwards.
#[derive(Clone)]
pub struct FreeEnergy {
    graph: Graph,
    potential: Vec<f64>,
    interaction: Option<Interaction>,
    entropy: f64,
    internal: Vec<(f64, InternalEnergy)>,
}

impl FreeEnergy {
    /// The zero energy on a graph.
    pub fn new(graph: &Graph) -> Self {
        Self {
            graph: graph.clone(),
            potential: vec![0.0; graph.nodes()],
            interaction: None,
            entropy: 0.0,
            internal: Vec::new(),
        }
    }

    /// This energy with the potential `V`, length `n`.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], or [`Error::BadValue`] for an entry that is not finite.
    pub fn with_potential(mut self, potential: impl Into<Vec<f64>>) -> Result<Self> {
        let potential = potential.into();
        error::check_length("potential", potential.len(), self.graph.nodes())?;
        error::check_finite("potential", &potential)?;
        self.potential = potential;
        Ok(self)
    }

    /// This energy with the interaction `W`.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless it is `n` by `n`.
    pub fn with_interaction(mut self, interaction: Interaction) -> Result<Self> {
        error::check_length("interaction (rows)", interaction.nodes(), self.graph.nodes())?;
        self.interaction = Some(interaction);
        Ok(self)
    }

    /// This energy with `beta` times the entropy relative to `pi`. A negative `beta` is allowed;
    /// its flow concentrates mass and usually ends in finite time.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `beta` is finite.
    pub fn with_entropy(mut self, beta: f64) -> Result<Self> {
        check_coefficient("beta", beta)?;
        self.entropy = beta;
        Ok(self)
    }

    /// This energy plus `coefficient sum_x pi_x U(rho_x)`; may be called once per internal energy.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless the coefficient is finite and the power is positive, finite
    /// and not one.
    pub fn with_internal(mut self, coefficient: f64, energy: InternalEnergy) -> Result<Self> {
        check_coefficient("coefficient", coefficient)?;
        energy.check()?;
        // a term that is switched off must not put 0 times infinity at an empty node
        if coefficient != 0.0 {
            self.internal.push((coefficient, energy));
        }
        Ok(self)
    }

    /// The graph on which the energy lives.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The potential `V`, length `n`; zeros where none was given.
    pub fn potential(&self) -> &[f64] {
        &self.potential
    }

    /// The interaction `W`, if there is one.
    pub fn interaction(&self) -> Option<&Interaction> {
        self.interaction.as_ref()
    }

    /// The coefficient `beta` of the entropy.
    pub fn entropy(&self) -> f64 {
        self.entropy
    }

    /// The internal energies with their coefficients.
    pub fn internal(&self) -> &[(f64, InternalEnergy)] {
        &self.internal
    }

    /// `F(mu)` for masses `mu >= 0`, length `n`, of any total; zeros are allowed, with `0 ln 0 = 0`.
    /// Cost: `O(n)` and one product with `W`.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], or [`Error::BadValue`] for a mass that is negative or not finite.
    pub fn value(&self, mu: &[f64]) -> Result<f64> {
        self.check_masses(mu)?;
        let field = self.interaction_field(mu);
        let local = self.sum_over_nodes(|x, pi| {
            let rho = mu[x] / pi;
            let entropy = if mu[x] == 0.0 { 0.0 } else { mu[x] * rho.ln() };
            let internal: f64 = self.internal.iter().map(|(a, u)| a * u.value(rho)).sum();
            mu[x] * (self.potential[x] + 0.5 * field[x]) + self.entropy * entropy + pi * internal
        });
        Ok(local)
    }

    /// The first variation `dF/dmu_x`, length `n`, at masses `mu >= 0` of any total.
    /// Cost: `O(n)` and one product with `W`.
    ///
    /// # Errors
    /// As [`value`](Self::value); also [`Error::BadValue`] naming the first empty node, where an
    /// entropy or a power `m < 1` has no finite derivative.
    pub fn first_variation(&self, mu: &[f64]) -> Result<Vec<f64>> {
        self.check_masses(mu)?;
        self.check_filled(mu, 1, "is empty, where the energy has no finite derivative")?;
        let mut out = vec![0.0; mu.len()];
        self.first_variation_into(mu, self.entropy, &mut out);
        Ok(out)
    }

    /// The second variation applied to a `direction` of length `n`:
    /// `W d + beta d/mu + sum_k a_k U_k''(rho) d/pi`. Cost: `O(n)` and one product with `W`.
    ///
    /// # Errors
    /// As [`first_variation`](Self::first_variation), with powers `m < 2` in place of `m < 1`;
    /// [`Error::BadValue`] for a direction that is not finite.
    pub fn second_variation_apply(&self, mu: &[f64], direction: &[f64]) -> Result<Vec<f64>> {
        self.check_masses(mu)?;
        error::check_length("direction", direction.len(), mu.len())?;
        error::check_finite("direction", direction)?;
        self.check_filled(mu, 2, "is empty, where the energy has no finite second derivative")?;
        let mut out = self.interaction_field(direction);
        for (x, o) in out.iter_mut().enumerate() {
            *o += self.local_second_variation(x, mu[x], self.entropy) * direction[x];
        }
        Ok(out)
    }

    /// The first variation with another coefficient of the entropy (zero where the mobility takes
    /// care of it), for masses already known to be good.
    pub(crate) fn first_variation_into(&self, mu: &[f64], entropy: f64, out: &mut [f64]) {
        out.copy_from_slice(&self.potential);
        if let Some(interaction) = &self.interaction {
            interaction.add_product(mu, out);
        }
        if entropy == 0.0 && self.internal.is_empty() {
            return;
        }
        for ((o, m), pi) in out.iter_mut().zip(mu).zip(self.graph.reference()) {
            let rho = m / pi;
            if entropy != 0.0 {
                *o += entropy * (rho.ln() + 1.0);
            }
            *o += self.internal.iter().map(|(a, u)| a * u.derivative(rho)).sum::<f64>();
        }
    }

    /// Diagonal entry at node `x` of the second variation without the interaction, with another
    /// coefficient of the entropy.
    pub(crate) fn local_second_variation(&self, x: usize, mass: f64, entropy: f64) -> f64 {
        let pi = self.graph.reference()[x];
        let internal: f64 = self.internal.iter().map(|(a, u)| a * u.second_derivative(mass / pi)).sum();
        // at an empty node without entropy, 0/0 must not appear
        if entropy == 0.0 {
            internal / pi
        } else {
            entropy / mass + internal / pi
        }
    }

    /// `F(mu + change) - F(mu)` for positive masses and a change of total mass zero, and the size of
    /// its rounding error.
    ///
    /// Split into the first variation (centred, which a change of total mass zero does not feel)
    /// times the change, and the divergences of the terms. It does not cancel: near the equilibrium
    /// it is right long after `F` itself has stopped to move.
    pub(crate) fn difference(&self, mu: &[f64], change: &[f64]) -> (f64, f64) {
        let mut slope = vec![0.0; mu.len()];
        self.first_variation_into(mu, self.entropy, &mut slope);
        let mass: f64 = mu.iter().sum();
        let mean = self.sum_over_nodes(|x, _| slope[x] * mu[x]) / mass;
        let field = self.interaction_field(change);
        let rise = self.sum_over_nodes(|x, pi| {
            let (m, d) = (mu[x], change[x]);
            let mut divergence = 0.5 * field[x] * d;
            if self.entropy != 0.0 {
                divergence += self.entropy * m * entropy_divergence(d / m);
            }
            for (a, u) in &self.internal {
                divergence += a * pi * u.divergence(m / pi, d / pi);
            }
            (slope[x] - mean) * d + divergence
        });
        let size = self.first_variation_size(mu);
        // the first variation is rounded, and so are the masses whose difference the change is
        let moved: f64 = change.iter().map(|d| d.abs()).sum();
        let unsettled: f64 = slope.iter().zip(mu).map(|(g, m)| (g - mean).abs() * m).sum();
        (rise, 4.0 * f64::EPSILON * (size * (moved + mass * f64::EPSILON) + unsettled))
    }

    /// The largest sum of the absolute values of the terms of the first variation at any node.
    fn first_variation_size(&self, mu: &[f64]) -> f64 {
        let field = self.interaction_field(mu);
        let at_node = |(x, pi): (usize, &f64)| {
            let rho = mu[x] / pi;
            let entropy = self.entropy.abs() * (rho.ln().abs() + 1.0);
            let internal: f64 = self.internal.iter().map(|(a, u)| (a * u.derivative(rho)).abs()).sum();
            self.potential[x].abs() + field[x].abs() + entropy + internal
        };
        self.graph.reference().iter().enumerate().map(at_node).fold(0.0, f64::max)
    }

    /// `W v`, zeros without an interaction.
    fn interaction_field(&self, v: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; v.len()];
        if let Some(interaction) = &self.interaction {
            interaction.add_product(v, &mut out);
        }
        out
    }

    /// A sum over the nodes, `term(x, pi_x)`, compensated (Neumaier 1974) so that its error does not
    /// grow with their number.
    fn sum_over_nodes(&self, mut term: impl FnMut(usize, f64) -> f64) -> f64 {
        let (mut sum, mut lost) = (0.0_f64, 0.0);
        for (x, &pi) in self.graph.reference().iter().enumerate() {
            let value = term(x, pi);
            let total = sum + value;
            lost += if sum.abs() >= value.abs() { (sum - total) + value } else { (value - total) + sum };
            sum = total;
        }
        sum + lost
    }

    fn check_masses(&self, mu: &[f64]) -> Result<()> {
        error::check_length("mu", mu.len(), self.graph.nodes())?;
        error::check_non_negative("mu", mu)
    }

    /// Refuses an empty node where the derivative of this order, one or two, is infinite.
    fn check_filled(&self, mu: &[f64], order: usize, expected: &'static str) -> Result<()> {
        if self.entropy == 0.0 && !self.internal.iter().any(|(_, u)| u.is_singular(order)) {
            return Ok(());
        }
        match mu.iter().position(|&m| m == 0.0) {
            None => Ok(()),
            Some(index) => Err(Error::BadValue { argument: "mu".into(), index, value: 0.0, expected }),
        }
    }
}

fn check_coefficient(argument: &str, value: f64) -> Result<()> {
    if value.is_finite() {
        return Ok(());
    }
    Err(Error::invalid(argument, format!("{value} is not finite")))
}
