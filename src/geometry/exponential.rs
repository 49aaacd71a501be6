//! The exponential map: the geodesic that leaves a distribution in a given direction.
//!
//! Inside the simplex a geodesic follows the Hamiltonian system (Maas 2011; Erbar and Maas 2012)
//!
//! ```text
//! d mu /dt =  L(rho) psi
//! d psi_x/dt = -1/2 sum_y K(x,y) theta_s(rho_x,rho_y) (psi_x - psi_y)^2
//! ```
//!
//! along which `H = 1/2 psi' L(rho) psi` is constant. It is integrated by extrapolation of the modified
//! midpoint rule (Gragg 1965; Hairer, Nørsett, Wanner, Solving ODEs I, II.9), whose error is a series in
//! the squared step: six columns make order twelve, and the last two of them an error estimate.
//!
//! A geodesic may run into the boundary of the simplex in finite time, for the boundary is at a finite
//! distance. Where steps shrink to nothing because the next one would empty a node, the flow ends in
//! an error that says when.

use crate::error::{self, Error, Result};
use crate::flow::FlowOptions;
use crate::graph::{Graph, Sweep};
use crate::linalg::vector::{axpy, max_abs};
use crate::memory;
use crate::watch;

/// A geodesic followed from its start, seen at the times that were asked for.
#[derive(Debug, Clone)]
pub struct GeodesicFlow {
    times: Vec<f64>,
    masses: Vec<Vec<f64>>,
    potentials: Vec<Vec<f64>>,
    speed: f64,
    energy_drift: f64,
    steps: usize,
    rejected: usize,
}

impl GeodesicFlow {
    /// The times, as they were given.
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// The masses at each time, each of length `n`; the first is the start.
    pub fn masses(&self) -> &[Vec<f64>] {
        &self.masses
    }

    /// The potentials at each time, each of length `n`, mean zero under `pi`.
    pub fn potentials(&self) -> &[Vec<f64>] {
        &self.potentials
    }

    /// The constant speed `sqrt(psi' L(rho) psi)`, in distance per time.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// The largest relative change of the conserved energy over all steps: an independent check of the
    /// integration.
    pub fn energy_drift(&self) -> f64 {
        self.energy_drift
    }

    /// Number of steps taken, of 37 sweeps each.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Number of steps tried and given up for shorter ones.
    pub fn rejected(&self) -> usize {
        self.rejected
    }
}

impl Graph {
    /// The exponential map: where the geodesic that leaves the positive mass vector `mu` with potential
    /// `psi` is at time one, as its mass and its potential there (mean zero under `pi`), all of length
    /// `n`.
    ///
    /// It is the inverse of [`logarithm`](Self::logarithm) as long as the geodesic is the shortest path.
    /// Its length is [`metric_norm`](Self::metric_norm). For another time `t` use `t psi`, or
    /// [`geodesic_flow`](Self::geodesic_flow).
    ///
    /// # Errors
    /// As [`geodesic_flow`](Self::geodesic_flow).
    ///
    /// ```
    /// use jkoflow::{FlowOptions, GeodesicOptions, Graph, Reference};
    /// let cycle = Graph::cycle(4, Reference::Uniform)?;
    /// let (from, to) = ([0.4, 0.3, 0.2, 0.1], [0.25; 4]);
    /// let psi = cycle.logarithm(&from, &to, &GeodesicOptions::default())?;
    /// let (end, _) = cycle.exponential(&from, &psi, &FlowOptions::default())?;
    /// assert!((end[0] - 0.25).abs() < 1e-7);
    /// # Ok::<(), jkoflow::Error>(())
    /// ```
    pub fn exponential(
        &self,
        mu: &[f64],
        psi: &[f64],
        options: &FlowOptions,
    ) -> Result<(Vec<f64>, Vec<f64>)> {
        let mut flow = self.geodesic_flow(mu, psi, &[0.0, 1.0], options)?;
        Ok((flow.masses.swap_remove(1), flow.potentials.swap_remove(1)))
    }

    /// The geodesic that leaves the positive mass vector `mu` with potential `psi` (length `n` each) at
    /// the first of the increasing `times`, seen at all of them.
    ///
    /// The tolerance of the options bounds the error of a step in any mass, relative to
    /// `mu_x + 1e-3 pi_x`, and in any potential, relative to the largest; below `1e-13` rounding
    /// takes its place. Cost: 37 sweeps over the edges per step.
    ///
    /// # Errors
    /// A `mu` that is not a positive distribution, a `psi` of the wrong length or not finite, times that
    /// do not increase, bad options; [`Error::FlowFailed`] with the time where the geodesic leaves the
    /// simplex, or where there were too many steps.
    pub fn geodesic_flow(
        &self,
        mu: &[f64],
        psi: &[f64],
        times: &[f64],
        options: &FlowOptions,
    ) -> Result<GeodesicFlow> {
        options.check()?;
        self.check_positive_distribution("mu", mu)?;
        self.check_potential("psi", psi)?;
        if times.is_empty() {
            return Err(Error::invalid("times", "empty; the first entry is the time of mu"));
        }
        error::check_increasing("times", times)?;
        let seen = memory::doubles(&[times.len(), 2, self.nodes()]);
        memory::admit(seen, || format!("a geodesic seen at {} times", times.len()))?;
        let mut integration = Integration::new(self, mu, psi, times, options);
        if !integration.energy.is_finite() {
            return Err(Error::invalid("psi", "so large that its energy overflows"));
        }
        let mut flow = GeodesicFlow {
            times: times.to_vec(),
            masses: Vec::with_capacity(times.len()),
            potentials: Vec::with_capacity(times.len()),
            speed: (2.0 * integration.energy).sqrt(),
            energy_drift: 0.0,
            steps: 0,
            rejected: 0,
        };
        for &time in times {
            integration.advance_to(time)?;
            let (mu, psi) = integration.state.split_at(self.nodes());
            flow.masses.push(mu.to_vec());
            flow.potentials.push(psi.to_vec());
        }
        Ok(GeodesicFlow {
            energy_drift: integration.drift,
            steps: integration.steps,
            rejected: integration.rejected,
            ..flow
        })
    }
}

/// Midpoint substeps of each column of the extrapolation.
const SUBSTEPS: [usize; 6] = [2, 4, 6, 8, 10, 12];

/// The error estimate of a step grows with this power of its length.
const ERROR_ORDER: f64 = 11.0;

/// Tolerances below this ask for less than the rounding of a step.
const ROUNDING: f64 = 1e-13;

/// Masses below this share of `pi` are as good as nothing to the error norm.
const FLOOR: f64 = 1e-3;

/// Step sizes change by factors within these bounds, aiming a little below the tolerance.
const SHRINK: f64 = 0.2;
const GROW: f64 = 3.0;
const SAFETY: f64 = 0.8;

/// Steps below this share of the whole time lead nowhere.
const SHORTEST: f64 = 1e-14;

/// Why a step was rejected.
enum Rejection {
    Emptied(usize),
    Inaccurate(f64),
}

/// The two halves of the Hamiltonian's vector field at a state `(mu, psi)` of `2n` numbers.
struct Hamiltonian<'a> {
    graph: &'a Graph,
    sweep: Sweep,
    weight: Vec<f64>,
}

impl Hamiltonian<'_> {
    /// `out = (L psi, -force)`, or the first node that is not positive.
    fn slope(&mut self, state: &[f64], out: &mut [f64]) -> std::result::Result<(), Rejection> {
        let (mu, psi) = state.split_at(self.graph.nodes());
        if let Some(x) = mu.iter().position(|&m| m <= 0.0 || !m.is_finite()) {
            return Err(Rejection::Emptied(x));
        }
        let (rate, force) = out.split_at_mut(mu.len());
        self.sweep.force(mu, psi, &mut self.weight, force);
        self.graph.apply_laplacian(&self.weight, psi, rate);
        force.iter_mut().for_each(|f| *f = -*f);
        Ok(())
    }

    /// `1/2 psi' L psi`.
    fn energy(&mut self, state: &[f64]) -> f64 {
        let (mu, psi) = state.split_at(self.graph.nodes());
        self.sweep.mobility(mu, &mut self.weight);
        0.5 * self.graph.dirichlet_form(&self.weight, psi)
    }

    /// The modified midpoint rule: what a step `h` in an even number of substeps adds to the state.
    fn midpoint(
        &mut self,
        state: &[f64],
        slope: &[f64],
        h: f64,
        substeps: usize,
    ) -> std::result::Result<Vec<f64>, Rejection> {
        let h = h / substeps as f64;
        let mut before = vec![0.0; state.len()];
        let mut now: Vec<f64> = slope.iter().map(|f| h * f).collect();
        let (mut place, mut f) = (vec![0.0; state.len()], vec![0.0; state.len()]);
        for _ in 1..substeps {
            place.copy_from_slice(state);
            axpy(1.0, &now, &mut place);
            self.slope(&place, &mut f)?;
            axpy(2.0 * h, &f, &mut before);
            std::mem::swap(&mut before, &mut now);
        }
        Ok(now)
    }

    /// Extrapolated increment of a step and its estimated error.
    fn extrapolate(
        &mut self,
        state: &[f64],
        slope: &[f64],
        h: f64,
    ) -> std::result::Result<(Vec<f64>, Vec<f64>), Rejection> {
        // Neville's scheme in the squared substep; row[k] holds column k of the last row
        let mut row: Vec<Vec<f64>> = Vec::with_capacity(SUBSTEPS.len());
        let mut error = Vec::new();
        for (j, &substeps) in SUBSTEPS.iter().enumerate() {
            let mut entry = self.midpoint(state, slope, h, substeps)?;
            for k in 0..j {
                let ratio = substeps as f64 / SUBSTEPS[j - 1 - k] as f64;
                let factor = 1.0 / (ratio * ratio - 1.0);
                error = entry.iter().zip(&row[k]).map(|(new, old)| factor * (new - old)).collect();
                let next = entry.iter().zip(&error).map(|(new, e)| new + e).collect();
                row[k] = std::mem::replace(&mut entry, next);
            }
            row.push(entry);
        }
        Ok((row.swap_remove(SUBSTEPS.len() - 1), error))
    }
}

/// A flow under way.
struct Integration<'a> {
    field: Hamiltonian<'a>,
    tolerance: f64,
    max_steps: usize,
    state: Vec<f64>,
    energy: f64,
    drift: f64,
    time: f64,
    span: f64,
    step: f64,
    steps: usize,
    rejected: usize,
}

impl<'a> Integration<'a> {
    fn new(graph: &'a Graph, mu: &[f64], psi: &[f64], times: &[f64], options: &FlowOptions) -> Self {
        let sweep = Sweep::new(graph, options.mean);
        let mut field = Hamiltonian { graph, sweep, weight: vec![0.0; graph.edges()] };
        let mut state = [mu, psi].concat();
        graph.centre(&mut state[mu.len()..]);
        let energy = field.energy(&state);
        Self {
            field,
            tolerance: options.tolerance.max(ROUNDING),
            max_steps: options.max_steps,
            state,
            energy,
            drift: 0.0,
            time: times[0],
            span: times[times.len() - 1] - times[0],
            step: f64::INFINITY,
            steps: 0,
            rejected: 0,
        }
    }

    /// Steps until exactly `end`.
    fn advance_to(&mut self, end: f64) -> Result<()> {
        let mut slope = vec![0.0; self.state.len()];
        while self.time < end {
            if let Err(why) = self.field.slope(&self.state, &mut slope) {
                return Err(self.left_simplex(&why));
            }
            if self.step == f64::INFINITY {
                // a first step that changes no mass by much
                self.step = 0.5 / self.relative_size(&slope);
            }
            loop {
                watch::check()?;
                let rest = end - self.time;
                // two equal steps rather than a full one and a crumb
                let h = if self.step >= rest { rest } else { self.step.min(0.5 * rest) };
                if self.steps + self.rejected >= self.max_steps {
                    let reason = format!("the limit of {} steps is reached", self.max_steps);
                    return Err(Error::FlowFailed { time: self.time, reason });
                }
                match self.attempt(&slope, h) {
                    Ok(error) => {
                        self.steps += 1;
                        watch::count(error);
                        self.time = if h == rest { end } else { self.time + h };
                        let proposal = h * factor_for(error);
                        // a step that was cut to meet a time says nothing against a longer one
                        self.step = if h < self.step { self.step.max(proposal) } else { proposal };
                        break;
                    }
                    Err(why) => {
                        self.rejected += 1;
                        self.step = h * match why {
                            Rejection::Emptied(_) => 0.5,
                            Rejection::Inaccurate(error) => factor_for(error).min(SAFETY),
                        };
                        if self.step < SHORTEST * self.span || self.time + self.step <= self.time {
                            return Err(self.left_simplex(&why));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Moves the state by a step, if it is good enough, and returns its error in units of the tolerance.
    fn attempt(&mut self, slope: &[f64], h: f64) -> std::result::Result<f64, Rejection> {
        let (increment, error) = self.field.extrapolate(&self.state, slope, h)?;
        let error = self.relative_size(&error) / self.tolerance;
        if error > 1.0 || error.is_nan() {
            return Err(Rejection::Inaccurate(error));
        }
        let n = self.field.graph.nodes();
        let mut next = self.state.clone();
        axpy(1.0, &increment, &mut next);
        if let Some(x) = next[..n].iter().position(|&m| m <= 0.0) {
            return Err(Rejection::Emptied(x));
        }
        self.field.graph.centre(&mut next[n..]);
        self.state = next;
        let energy = self.field.energy(&self.state);
        if self.energy > 0.0 {
            self.drift = self.drift.max((energy / self.energy - 1.0).abs());
        }
        Ok(error)
    }

    /// The largest entry of a change of the state: masses relative to `mu_x + 1e-3 pi_x`, potentials to
    /// the largest; not a number as soon as an entry is none.
    fn relative_size(&self, change: &[f64]) -> f64 {
        let n = self.field.graph.nodes();
        let largest = max_abs(&self.state[n..]).max(f64::MIN_POSITIVE);
        let masses =
            self.state[..n].iter().zip(self.field.graph.reference()).map(|(m, p)| m + FLOOR * p);
        let scales = masses.chain(std::iter::repeat(largest));
        let ratios = change.iter().zip(scales).map(|(v, scale)| v.abs() / scale);
        ratios.fold(0.0, |largest, r| if r > largest || r.is_nan() { r } else { largest })
    }

    /// The vector field is smooth inside the simplex, so steps come to nothing only at its boundary.
    fn left_simplex(&self, why: &Rejection) -> Error {
        let mu = &self.state[..self.field.graph.nodes()];
        let density = |x: usize| mu[x] / self.field.graph.reference()[x];
        let emptiest = || (0..mu.len()).min_by(|&x, &y| density(x).total_cmp(&density(y))).unwrap_or(0);
        let x = match why {
            Rejection::Emptied(x) => *x,
            Rejection::Inaccurate(_) => emptiest(),
        };
        let reason =
            format!("the geodesic leaves the simplex, node {x} is down to a mass of {:e}", mu[x]);
        Error::FlowFailed { time: self.time, reason }
    }
}

/// By how much a step may be longer, for an error in units of the tolerance.
fn factor_for(error: f64) -> f64 {
    if error.is_nan() {
        return SHRINK;
    }
    (SAFETY * error.powf(-1.0 / ERROR_ORDER)).clamp(SHRINK, GROW)
}
