//! Gradient flows of a free energy in the discrete transport metric:
//!
//! ```text
//! d mu/dt = -L(rho) dF/dmu(mu)
//! ```
//!
//! With the entropy alone and the logarithmic mean it is the heat equation of the chain. Along a flow
//! the masses stay positive, their sum is constant, and the energy decreases; the integrator keeps
//! all three.

mod field;
mod jko;
mod matrix;
mod radau;
mod rosenbrock;
pub(crate) mod sensitivity;

pub use jko::JkoStep;

use crate::energy::FreeEnergy;
use crate::error::{self, Error, Result};
use crate::graph::Mean;
use crate::memory;
use crate::watch;
use rosenbrock::{Obstacle, Rosenbrock};

/// How a gradient flow is to be integrated.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct FlowOptions {
    /// Mobility mean; logarithmic by default.
    pub mean: Mean,
    /// Largest error of a step in any mass, relative to `mu_x + 1e-3 pi_x`; 1e-8 by default.
    pub tolerance: f64,
    /// Attempted steps after which the integration gives up; 100,000 by default.
    pub max_steps: usize,
}

impl Default for FlowOptions {
    fn default() -> Self {
        Self { mean: Mean::Logarithmic, tolerance: 1e-8, max_steps: 100_000 }
    }
}

impl FlowOptions {
    /// These options with another mean.
    pub fn with_mean(mut self, mean: Mean) -> Self {
        self.mean = mean;
        self
    }

    /// These options with another tolerance.
    pub fn with_tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// These options with another limit of steps.
    pub fn with_max_steps(mut self, max_steps: usize) -> Self {
        self.max_steps = max_steps;
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        error::check_tolerance(self.tolerance)?;
        if self.max_steps == 0 {
            return Err(Error::invalid("max_steps", "0 steps lead nowhere"));
        }
        Ok(())
    }
}

/// A gradient flow, seen at the times that were asked for.
#[derive(Debug, Clone)]
pub struct Flow {
    times: Vec<f64>,
    masses: Vec<Vec<f64>>,
    energies: Vec<f64>,
    steps: usize,
    rejected: usize,
    complete: bool,
}

impl Flow {
    /// The times, as they were given; those reached, where the flow is not [`complete`](Self::complete).
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// The masses at each time, each of length `n`; the first is the start.
    pub fn masses(&self) -> &[Vec<f64>] {
        &self.masses
    }

    /// The energy at each time. It never increases: where the rounding of two equal values would make
    /// it do so, the earlier one is repeated.
    pub fn energies(&self) -> &[f64] {
        &self.energies
    }

    /// Whether it reached the last time; otherwise a [`Watch`](crate::Watch) stopped it.
    pub fn complete(&self) -> bool {
        self.complete
    }

    /// Number of steps taken.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Number of steps tried and given up for shorter ones.
    pub fn rejected(&self) -> usize {
        self.rejected
    }
}

impl FreeEnergy {
    /// The gradient flow that starts at `mu0` at the first of the `times`, seen at all of them.
    ///
    /// Integrated by Rodas5P (Steinebach 2023), an L-stable Rosenbrock method of order five with the
    /// exact Jacobian, in steps that end exactly on the given times. A step that would empty a node
    /// or raise the energy is rejected and shortened. Where the energy rises by no more than its own
    /// rounding error, the old masses are kept: they are the equilibrium, to rounding.
    ///
    /// Cost: a sparse LU factorisation and eight solves per step, on the pattern of the graph. A
    /// sparse interaction adds the pattern of `L W`; a dense one makes it full, `O(n^3)` per step.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for no times or options out of range; [`Error::BadValue`] for times
    /// that are not finite and strictly increasing, or an empty node of `mu0` (mix in a little of the
    /// reference); [`Error::NotNormalised`]; [`Error::FlowFailed`] where steps became too small or too
    /// many, as with an energy whose flow ends in finite time; [`Error::OutOfMemory`].
    pub fn flow(&self, mu0: &[f64], times: &[f64], options: &FlowOptions) -> Result<Flow> {
        options.check()?;
        self.graph().check_positive_distribution("mu0", mu0)?;
        check_times(times)?;
        let seen = memory::doubles(&[times.len(), mu0.len() + 2]);
        memory::admit(seen, || format!("a flow seen at {} times", times.len()))?;
        let mut energies = vec![self.value(mu0)?];
        let mut masses = vec![mu0.to_vec()];
        let mut integration = Integration::new(self, mu0, times, options)?;
        for &time in &times[1..] {
            match integration.advance_to(time) {
                Err(Error::Cancelled) => break,
                other => other?,
            }
            let mu = integration.state.mu();
            let energy = self.value(mu)?;
            energies.push(energies.last().map_or(energy, |&before| energy.min(before)));
            masses.push(mu.to_vec());
        }
        let Integration { steps, rejected, .. } = integration;
        let complete = masses.len() == times.len();
        Ok(Flow { times: times[..masses.len()].to_vec(), masses, energies, steps, rejected, complete })
    }
}

fn check_times(times: &[f64]) -> Result<()> {
    if times.is_empty() {
        return Err(Error::invalid("times", "empty; the first entry is the time of mu0"));
    }
    error::check_increasing("times", times)
}

/// Masses below this share of `pi` are as good as nothing to the error norm.
const FLOOR: f64 = 1e-3;

/// Step sizes change by factors within these bounds, aiming a little below the tolerance.
const SHRINK: f64 = 0.2;
const GROW: f64 = 5.0;
const SAFETY: f64 = 0.9;

/// What became of an attempted step.
enum Verdict {
    Accepted { mu: Option<Vec<f64>>, error: f64 },
    Rejected { factor: f64, why: Rejection },
}

/// Why a step was rejected.
enum Rejection {
    Inaccurate(f64),
    Uphill(f64),
    Obstacle(Obstacle),
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Rejection::Inaccurate(error) => {
                write!(f, "the last one missed the tolerance {error:.1e} times")
            }
            Rejection::Uphill(rise) => write!(f, "the last one raised the energy by {rise:.1e}"),
            Rejection::Obstacle(Obstacle::Emptied(node)) => {
                write!(f, "the last one emptied node {node}")
            }
            Rejection::Obstacle(Obstacle::Singular(detail)) => {
                write!(f, "the last one failed: {detail}")
            }
        }
    }
}

/// A flow under way: the state, the time and the step size that the controller proposes.
struct Integration<'a> {
    energy: &'a FreeEnergy,
    state: Rosenbrock<'a>,
    options: FlowOptions,
    time: f64,
    step: f64,
    after_rejection: bool,
    steps: usize,
    rejected: usize,
}

impl<'a> Integration<'a> {
    fn new(energy: &'a FreeEnergy, mu0: &[f64], times: &[f64], options: &FlowOptions) -> Result<Self> {
        let state = Rosenbrock::new(energy, options.mean, mu0)?;
        let mut integration = Self {
            energy,
            state,
            options: *options,
            time: times[0],
            step: f64::INFINITY,
            after_rejection: false,
            steps: 0,
            rejected: 0,
        };
        // a first step whose fifth power is about the tolerance, in units of the relative change
        let speed = integration.relative_to_masses(integration.state.slope(), 1.0);
        integration.step = 0.1 * options.tolerance.powf(0.2) / speed;
        Ok(integration)
    }

    /// `max_x |v_x| / (scale (mu_x + 1e-3 pi_x))`, infinite as soon as one entry is not a number.
    fn relative_to_masses(&self, v: &[f64], scale: f64) -> f64 {
        let pi = self.energy.graph().reference();
        let ratios = v.iter().zip(self.state.mu()).zip(pi).map(|((v, m), p)| v.abs() / (m + FLOOR * p));
        ratios.fold(0.0_f64, |largest, r| if r.is_nan() { f64::INFINITY } else { largest.max(r) })
            / scale
    }

    /// Steps until exactly `end`.
    fn advance_to(&mut self, end: f64) -> Result<()> {
        while self.time < end {
            watch::check()?;
            let rest = end - self.time;
            // two equal steps rather than a full one and a crumb
            let h = if self.step >= rest { rest } else { self.step.min(0.5 * rest) };
            self.check_progress(h)?;
            match self.attempt(h) {
                Verdict::Accepted { mu, error } => {
                    self.steps += 1;
                    self.time = if h == rest { end } else { self.time + h };
                    self.adapt(h, error);
                    watch::count(error * self.options.tolerance);
                    if let Some(mu) = mu {
                        self.state.move_to(mu);
                    }
                }
                Verdict::Rejected { factor, why } => {
                    self.rejected += 1;
                    self.after_rejection = true;
                    self.step = h * factor;
                    if self.time + self.step <= self.time {
                        return Err(self.failed(format!("the steps became too small; {why}")));
                    }
                }
            }
        }
        Ok(())
    }

    fn check_progress(&self, h: f64) -> Result<()> {
        if self.steps + self.rejected >= self.options.max_steps {
            let reason =
                format!("{} steps were tried, the limit; the next is {h:e}", self.options.max_steps);
            return Err(self.failed(reason));
        }
        Ok(())
    }

    fn failed(&self, reason: String) -> Error {
        Error::FlowFailed { time: self.time, reason }
    }

    fn attempt(&mut self, h: f64) -> Verdict {
        let mu = match self.state.attempt(h) {
            Ok(mu) => mu,
            Err(obstacle) => {
                return Verdict::Rejected { factor: 0.5, why: Rejection::Obstacle(obstacle) }
            }
        };
        let error = self.relative_to_masses(self.state.error(), self.options.tolerance);
        if error > 1.0 {
            let factor = factor_for(error).min(SAFETY);
            return Verdict::Rejected { factor, why: Rejection::Inaccurate(error) };
        }
        let change: Vec<f64> = mu.iter().zip(self.state.mu()).map(|(new, old)| new - old).collect();
        let (rise, rounding) = self.energy.difference(self.state.mu(), &change);
        if rise > rounding || rise.is_nan() {
            return Verdict::Rejected { factor: 0.5, why: Rejection::Uphill(rise) };
        }
        Verdict::Accepted { mu: (rise <= 0.0).then_some(mu), error }
    }

    /// The next step size, after a step of length `h` with this error. A step that was cut to meet a
    /// time says nothing against the longer one that was proposed before.
    fn adapt(&mut self, h: f64, error: f64) {
        let limit = if self.after_rejection { 1.0 } else { GROW };
        let proposal = h * factor_for(error).min(limit);
        self.step = if h < self.step { self.step.max(proposal) } else { proposal };
        self.after_rejection = false;
    }
}

/// By how much a step may be longer, the error (in units of the tolerance) growing with its fifth power.
fn factor_for(error: f64) -> f64 {
    (SAFETY * error.powf(-0.2)).clamp(SHRINK, GROW)
}
