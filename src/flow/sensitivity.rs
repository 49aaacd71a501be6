//! Gradient flows together with their derivatives in the parameters of the energy and in the start.
//!
//! For `F = sum_p a_p F_p` the tangent `S = d mu/da` obeys the flow's equation linearised,
//!
//! ```text
//! dS/dt = J(mu) S + F,      F_p = -L(rho) dF_p/dmu
//! ```
//!
//! It is not integrated by itself: the [collocation](super::radau) is differentiated, so that `S` is the
//! derivative of the numbers that are returned as masses (for the steps that were taken), and a
//! Gauss-Newton method converges as if there were no time discretisation.

use std::ops::Range;

use nalgebra::DMatrix;

use super::radau::{Radau, StepLayout};
use super::rosenbrock::Obstacle;
use super::{check_times, FlowOptions, FLOOR, SAFETY};
use crate::energy::FreeEnergy;
use crate::error::{self, Error, Result};
use crate::graph::{Graph, Sweep};
use crate::memory;
use crate::watch;

/// A family of energies that is linear in its parameters.
pub(crate) trait LinearEnergy: Sync {
    /// The graph on which they live.
    fn graph(&self) -> &Graph;

    /// Number of parameters.
    fn parameters(&self) -> usize;

    /// The parameters that are a potential at each node, if these are among them.
    fn free_potential(&self) -> Option<Range<usize>>;

    /// The energy with these parameters.
    fn energy(&self, parameters: &[f64]) -> Result<FreeEnergy>;

    /// The first variations of the other parameters' functionals at a positive `mu`, up to constants:
    /// `n` rows, a column for each of them in their order.
    ///
    /// # Errors
    /// A functional that cannot be evaluated.
    fn dense_features(&self, mu: &[f64]) -> Result<DMatrix<f64>>;
}

/// Masses at a time and their derivatives.
#[derive(Debug, Clone)]
pub(crate) struct Tangent {
    pub mass: Vec<f64>,
    /// `n` rows; a column per parameter, then one per direction of the start.
    pub derivative: DMatrix<f64>,
}

/// Flows of one energy of the family, from any start. Its patterns are analysed once.
pub(crate) struct SensitiveFlow<'a> {
    family: &'a dyn LinearEnergy,
    energy: FreeEnergy,
    layout: StepLayout,
    options: FlowOptions,
}

impl<'a> SensitiveFlow<'a> {
    /// # Errors
    /// Options out of range, parameters that make no energy, [`Error::OutOfMemory`].
    pub fn new(family: &'a dyn LinearEnergy, parameters: &[f64], options: &FlowOptions) -> Result<Self> {
        options.check()?;
        error::check_length("parameters", parameters.len(), family.parameters())?;
        let energy = family.energy(parameters)?;
        let layout = StepLayout::new(&energy)?;
        Ok(Self { family, energy, layout, options: *options })
    }

    /// The masses at the `times`, the first of which is that of `mu0`.
    ///
    /// # Errors
    /// As [`FreeEnergy::flow`].
    pub fn masses(&self, mu0: &[f64], times: &[f64]) -> Result<Vec<Vec<f64>>> {
        let mut path = self.start(mu0, None, times)?;
        self.follow(&mut path, times, |path| path.mass.clone())
    }

    /// The masses at the `times`, with their derivatives in the parameters and along the columns of
    /// `directions`, the changes of `mu0` (`n` rows, each column of sum zero).
    ///
    /// Cost: per step, a few LU factorisations with three times the flow's unknowns and a solve per
    /// column.
    ///
    /// # Errors
    /// As [`FreeEnergy::flow`].
    pub fn tangents(
        &self,
        mu0: &[f64],
        directions: Option<&DMatrix<f64>>,
        times: &[f64],
    ) -> Result<Vec<Tangent>> {
        let parameters = self.family.parameters();
        let columns = parameters + directions.map_or(0, DMatrix::ncols);
        // what is seen, and the right-hand sides and forcing of a step
        let seen = memory::doubles(&[times.len() + 8, mu0.len(), columns + 1]);
        memory::admit(seen, || {
            format!("the derivatives of a flow at {} times in {columns} parameters", times.len())
        })?;
        let mut derivative = DMatrix::zeros(mu0.len(), columns);
        if let Some(directions) = directions {
            derivative.columns_mut(parameters, directions.ncols()).copy_from(directions);
        }
        let mut path = self.start(mu0, Some(derivative), times)?;
        self.follow(&mut path, times, |path| Tangent {
            mass: path.mass.clone(),
            derivative: path.tangent.clone().unwrap_or_default(),
        })
    }

    fn start(&self, mu0: &[f64], tangent: Option<DMatrix<f64>>, times: &[f64]) -> Result<Path<'_>> {
        let graph = self.energy.graph();
        graph.check_positive_distribution("mu0", mu0)?;
        check_times(times)?;
        let floor: Vec<f64> = graph.reference().iter().map(|p| FLOOR * p).collect();
        let mut method = Radau::new(&self.energy, self.options.mean, &self.layout, floor.clone())?;
        let slope = method.slope(mu0);
        let forcing = Forcing { family: self.family, sweep: Sweep::new(graph, self.options.mean) };
        let mut path = Path {
            method,
            forcing,
            floor,
            mass: mu0.to_vec(),
            slope,
            tangent,
            time: times[0],
            step: f64::INFINITY,
            // the estimate is of order three, the method of order five
            tolerance: 0.1 * self.options.tolerance.powf(2.0 / 3.0),
            tries: 0,
            max_tries: self.options.max_steps,
        };
        path.step = path.tolerance.powf(0.25) / path.relative(&path.slope);
        Ok(path)
    }

    fn follow<T>(
        &self,
        path: &mut Path<'_>,
        times: &[f64],
        seen: impl Fn(&Path<'_>) -> T,
    ) -> Result<Vec<T>> {
        let mut states = vec![seen(path)];
        for &time in &times[1..] {
            path.advance_to(time)?;
            states.push(seen(path));
        }
        Ok(states)
    }
}

/// A flow under way.
struct Path<'a> {
    method: Radau<'a>,
    forcing: Forcing<'a>,
    floor: Vec<f64>,
    mass: Vec<f64>,
    slope: Vec<f64>,
    tangent: Option<DMatrix<f64>>,
    time: f64,
    /// The step that the controller proposes.
    step: f64,
    tolerance: f64,
    tries: usize,
    max_tries: usize,
}

/// Step sizes change by factors within these bounds.
const SHRINK: f64 = 0.2;
const GROW: f64 = 8.0;

impl Path<'_> {
    /// Steps until exactly `end`.
    fn advance_to(&mut self, end: f64) -> Result<()> {
        let mut limit = GROW;
        while self.time < end {
            if watch::stopped() {
                return Err(Error::Cancelled);
            }
            let rest = end - self.time;
            // two equal steps rather than a full one and a crumb
            let h = if self.step >= rest { rest } else { self.step.min(0.5 * rest) };
            if self.tries >= self.max_tries {
                return Err(self.failed(format!("{} steps were tried, the limit", self.max_tries)));
            }
            self.tries += 1;
            let (error, why) = self.attempt(h);
            let factor = (SAFETY * error.powf(-0.25)).clamp(SHRINK, GROW);
            if error > 1.0 {
                limit = 1.0;
                self.step = h * factor.min(SAFETY);
                if self.time + self.step <= self.time {
                    return Err(self.failed(format!("the steps became too small; {why}")));
                }
                continue;
            }
            self.accept(h)?;
            self.time = if h == rest { end } else { self.time + h };
            let proposal = h * factor.min(limit);
            // a step that was cut to meet a time says nothing against the longer one proposed before
            self.step = if h < self.step { self.step.max(proposal) } else { proposal };
            limit = GROW;
        }
        Ok(())
    }

    /// The error of a step in units of the tolerance, infinite where there is none, and what is said of
    /// it.
    fn attempt(&mut self, h: f64) -> (f64, String) {
        match self.method.attempt(&self.mass, &self.slope, h) {
            Ok(error) => {
                let error = self.relative(&error) / self.tolerance;
                (error, format!("the last one missed the tolerance {error:.1e} times"))
            }
            Err(Obstacle::Emptied(node)) => (f64::INFINITY, format!("the last one emptied node {node}")),
            Err(Obstacle::Singular(detail)) => (f64::INFINITY, format!("the last one failed: {detail}")),
        }
    }

    fn accept(&mut self, h: f64) -> Result<()> {
        // the derivatives take as long as the step did
        watch::check()?;
        if let Some(tangent) = &mut self.tangent {
            let forcing = self.method.stages().iter().map(|mu| self.forcing.at(mu));
            let forcing = forcing.collect::<Result<Vec<DMatrix<f64>>>>()?;
            self.method.transport(tangent, &forcing, h)?;
        }
        self.method.accept(&self.mass, h);
        let total: f64 = self.mass.iter().sum();
        let end = &self.method.stages()[super::radau::STAGES - 1];
        let drift = total / end.iter().sum::<f64>();
        self.mass = end.iter().map(|m| drift * m).collect();
        self.slope = self.method.slope(&self.mass);
        Ok(())
    }

    /// `max_x |v_x| / (mu_x + 1e-3 pi_x)`, infinite as soon as one entry is not a number.
    fn relative(&self, v: &[f64]) -> f64 {
        let ratios = v.iter().zip(&self.mass).zip(&self.floor).map(|((v, m), f)| v.abs() / (m + f));
        ratios.fold(0.0_f64, |largest, r| if r.is_nan() { f64::INFINITY } else { largest.max(r) })
    }

    fn failed(&self, reason: String) -> Error {
        Error::FlowFailed { time: self.time, reason }
    }
}

/// The derivative of the vector field in the parameters.
struct Forcing<'a> {
    family: &'a dyn LinearEnergy,
    sweep: Sweep,
}

impl Forcing<'_> {
    /// `-L(rho) dF_p/dmu` for every parameter, `n` rows.
    fn at(&mut self, mu: &[f64]) -> Result<DMatrix<f64>> {
        let (family, graph) = (self.family, self.family.graph());
        let n = mu.len();
        let mut weight = vec![0.0; graph.edges()];
        self.sweep.mobility(mu, &mut weight);
        let potential = family.free_potential().unwrap_or(0..0);
        let features = family.dense_features(mu)?;
        let mut forcing = DMatrix::zeros(n, family.parameters());
        for (e, (x, y)) in graph.edge_list().enumerate() {
            if !potential.is_empty() {
                let (a, b) = (potential.start + x, potential.start + y);
                forcing[(x, a)] -= weight[e];
                forcing[(y, a)] += weight[e];
                forcing[(x, b)] += weight[e];
                forcing[(y, b)] -= weight[e];
            }
        }
        let others = (0..family.parameters()).filter(|p| !potential.contains(p));
        let mut image = vec![0.0; n];
        for (p, feature) in others.zip(features.column_iter()) {
            graph.apply_laplacian(&weight, feature.as_slice(), &mut image);
            forcing.column_mut(p).iter_mut().zip(&image).for_each(|(f, v)| *f = -v);
        }
        Ok(forcing)
    }
}

#[cfg(test)]
mod tests;
