//! Barycentres: the distribution whose weighted squared distances to given ones are least.
//!
//! # Method
//!
//! The derivative of `F(mu) = sum_i w_i W_K(mu, nu_i)^2 / 2` is `-p(mu)` up to a constant, with
//! `p = sum_i w_i log_mu(nu_i)` (Karcher 1977, for Riemannian manifolds; the derivative of `W_K^2` is
//! the end potential). Riemannian gradient descent moves along the geodesic in the direction `p`,
//!
//! ```text
//! mu <- exp_mu(step p),
//! ```
//!
//! where `step = 1` would be exact if the space were flat. It is not: how much the Hessian of `F`
//! differs from the metric is seen in how `p` changes over a step, and the next `step` is that of
//! Barzilai and Borwein (IMA J. Numer. Anal. 8, 1988),
//!
//! ```text
//! step <- s' L(rho)^+ s / s'y,   s = mu_new - mu,   y = p - p_new,
//! ```
//!
//! where `s' L^+ s` is, to leading order, the squared length `step^2 p' L p` of the geodesic just
//! followed. Such steps need not decrease `F` every time; they are halved until `F` is below the largest
//! of its last few values (Grippo, Lampariello, Lucidi, SIAM J. Numer. Anal. 23, 1986), and while the
//! geodesic would leave the simplex. On random references they took 3 to 11 iterations to 1e-8, where
//! steps of one took up to 163.

use crate::error::{self, Error, Result};
use crate::flow::FlowOptions;
use crate::geodesic::{GeodesicOptions, Termination};
use crate::geometry::logarithm::{check_references, logarithms};
use crate::graph::{Graph, Mean};
use crate::linalg::vector::{axpy, dot};
use crate::watch;

/// How a barycentre is to be computed.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct BarycentreOptions {
    /// Mobility mean; logarithmic by default.
    pub mean: Mean,
    /// Largest [`residual`](Barycentre::residual), relative to the weighted root mean square
    /// distance to the references; 1e-8 by default. Geodesics are solved ten times more accurately, and
    /// where they cannot be, because references nearly coincide, twice their error takes its place.
    pub tolerance: f64,
    /// Iterations after which the descent gives up; 200 by default.
    pub max_iterations: usize,
}

impl Default for BarycentreOptions {
    fn default() -> Self {
        Self { mean: Mean::Logarithmic, tolerance: 1e-8, max_iterations: 200 }
    }
}

impl BarycentreOptions {
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

    /// These options with another iteration limit.
    pub fn with_max_iterations(mut self, max_iterations: usize) -> Self {
        self.max_iterations = max_iterations;
        self
    }

    /// The options of the geodesics inside.
    fn geodesics(&self) -> GeodesicOptions {
        let tolerance = (0.1 * self.tolerance).max(FINEST_GEODESIC);
        GeodesicOptions::default().with_mean(self.mean).with_tolerance(tolerance)
    }

    fn check(&self) -> Result<()> {
        error::check_tolerance(self.tolerance)?;
        if self.max_iterations == 0 {
            return Err(Error::invalid("max_iterations", "0 iterations cannot reach a tolerance"));
        }
        Ok(())
    }
}

/// A barycentre, and how well it satisfies its optimality condition.
#[derive(Debug, Clone)]
pub struct Barycentre {
    mass: Vec<f64>,
    distances: Vec<f64>,
    objective: f64,
    residual: f64,
    iterations: usize,
    termination: Termination,
}

impl Barycentre {
    /// The masses, length `n`, sum one to rounding.
    pub fn mass(&self) -> &[f64] {
        &self.mass
    }

    /// The distance to each reference, in their order; NaN for those of weight zero.
    pub fn distances(&self) -> &[f64] {
        &self.distances
    }

    /// `sum_i w_i W_K(mu, nu_i)^2 / 2`.
    pub fn objective(&self) -> f64 {
        self.objective
    }

    /// The norm of the gradient of the objective in the metric, relative to the weighted root mean
    /// square distance to the references: about how far the mass is from the barycentre, relatively.
    pub fn residual(&self) -> f64 {
        self.residual
    }

    /// Steps that were made.
    pub fn iterations(&self) -> usize {
        self.iterations
    }

    /// Why the descent stopped: converged, iteration limit or stalled. Where it did not converge, the
    /// mass is that of the last iterate.
    pub fn termination(&self) -> Termination {
        self.termination
    }

    /// Whether the tolerance is met.
    pub fn converged(&self) -> bool {
        self.termination == Termination::Converged
    }
}

impl Graph {
    /// The barycentre of positive `references` `nu_i` (length `n` each) with the given `weights`, which
    /// are not negative and sum to one: where `sum_i w_i W_K(mu, nu_i)^2 / 2` is least.
    ///
    /// Riemannian gradient descent from `sum_i w_i nu_i`, with Barzilai-Borwein steps along geodesics.
    /// It finds a point where the gradient vanishes; where the metric has much positive curvature
    /// there might be several.
    /// `threads` share the geodesics to the references; one starts none, and the result is
    /// bit-identical for every number. Cost: per iteration one geodesic for each reference of positive
    /// weight, and one [`exponential`](Self::exponential) map.
    ///
    /// # Errors
    /// References that are not positive distributions; weights that are not; bad options; `threads = 0`;
    /// [`Error::NotConverged`], naming the reference, where one of the first geodesics does not converge.
    /// Not converging afterwards is no error: see [`Barycentre::termination`].
    ///
    /// ```
    /// use jkoflow::{BarycentreOptions, Graph, Reference};
    /// let path = Graph::path(3, Reference::Uniform)?;
    /// let references = [[0.6, 0.3, 0.1], [0.1, 0.3, 0.6]];
    /// let barycentre = path.barycentre(&references, &[0.5, 0.5], &BarycentreOptions::default(), 1)?;
    /// assert!(barycentre.converged());
    /// assert!((barycentre.mass()[0] - barycentre.mass()[2]).abs() < 1e-8); // the middle of a mirror image
    /// # Ok::<(), jkoflow::Error>(())
    /// ```
    pub fn barycentre<S: AsRef<[f64]> + Sync>(
        &self,
        references: &[S],
        weights: &[f64],
        options: &BarycentreOptions,
        threads: usize,
    ) -> Result<Barycentre> {
        options.check()?;
        check_references(self, references)?;
        check_weights(weights, references.len())?;
        if threads == 0 {
            return Err(Error::invalid("threads", "0 threads cannot work; 1 starts none"));
        }
        Descent { graph: self, references, weights, options, threads }.run()
    }
}

fn check_weights(weights: &[f64], count: usize) -> Result<()> {
    error::check_length("weights", weights.len(), count)?;
    error::check_non_negative("weights", weights)?;
    let sum: f64 = weights.iter().sum();
    if (sum - 1.0).abs() > crate::graph::MASS_TOLERANCE {
        return Err(Error::invalid("weights", format!("sum to {sum}, not to 1")));
    }
    Ok(())
}

/// Geodesics are asked for no more than this.
const FINEST_GEODESIC: f64 = 1e-12;

/// The exponential map only has to lead downhill: where it leads is measured anew.
const STEP_TOLERANCE: f64 = 1e-7;

/// Bounds of the step, in which one is exact for a flat space, and when to give up halving it.
const LEAST_STEP: f64 = 0.05;
const LARGEST_STEP: f64 = 4.0;
const SHORTEST_STEP: f64 = 1e-4;

/// Values of the objective of which the largest must be undercut, and by how much of the slope.
const MEMORY: usize = 5;
const DECREASE: f64 = 1e-4;

/// What the descent works on.
struct Descent<'a, S> {
    graph: &'a Graph,
    references: &'a [S],
    weights: &'a [f64],
    options: &'a BarycentreOptions,
    threads: usize,
}

/// All that is known at an iterate.
struct Iterate {
    mu: Vec<f64>,
    distances: Vec<f64>,
    objective: f64,
    /// `sum_i w_i log_mu(nu_i)`: minus the gradient.
    direction: Vec<f64>,
    /// Its norm.
    norm: f64,
    /// Estimated relative error of the geodesics.
    error: f64,
}

impl Iterate {
    fn residual(&self) -> f64 {
        if self.norm > 0.0 {
            self.norm / (2.0 * self.objective).sqrt()
        } else {
            0.0
        }
    }
}

impl<S: AsRef<[f64]> + Sync> Descent<'_, S> {
    fn run(&self) -> Result<Barycentre> {
        let used: Vec<usize> = (0..self.weights.len()).filter(|&i| self.weights[i] > 0.0).collect();
        let first = self.references[used[0]].as_ref();
        if used.iter().all(|&i| self.references[i].as_ref() == first) {
            // exact, where relative accuracy would mean nothing
            let distances = self.weights.iter().map(|&w| if w > 0.0 { 0.0 } else { f64::NAN }).collect();
            return Ok(Barycentre {
                mass: first.to_vec(),
                distances,
                objective: 0.0,
                residual: 0.0,
                iterations: 0,
                termination: Termination::Converged,
            });
        }
        let mut at = self.look(self.mixture(&used))?;
        let mut recent = vec![at.objective];
        let mut step = 1.0;
        let mut iterations = 0;
        let termination = loop {
            // the error of the geodesics, which grows where references nearly coincide, is the limit
            if at.residual() <= self.options.tolerance.max(2.0 * at.error) {
                break Termination::Converged;
            }
            if watch::stopped() {
                break Termination::Cancelled;
            }
            if iterations == self.options.max_iterations {
                break Termination::IterationLimit;
            }
            let above = recent.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
            let (taken, next) = match self.descend(&at, step, above) {
                Ok(Some(found)) => found,
                Ok(None) => break Termination::Stalled,
                Err(Error::Cancelled) => break Termination::Cancelled,
                Err(other) => return Err(other),
            };
            iterations += 1;
            step = barzilai_borwein(&at, &next, taken);
            if recent.len() == MEMORY {
                recent.remove(0);
            }
            recent.push(next.objective);
            at = next;
        };
        Ok(Barycentre {
            residual: at.residual(),
            mass: at.mu,
            distances: at.distances,
            objective: at.objective,
            iterations,
            termination,
        })
    }

    /// `sum_i w_i nu_i`, a positive distribution.
    fn mixture(&self, used: &[usize]) -> Vec<f64> {
        let mut mu = vec![0.0; self.graph.nodes()];
        for &i in used {
            axpy(self.weights[i], self.references[i].as_ref(), &mut mu);
        }
        let sum: f64 = mu.iter().sum();
        mu.iter_mut().for_each(|m| *m /= sum);
        mu
    }

    /// Solves for the geodesics from `mu` to the references.
    fn look(&self, mu: Vec<f64>) -> Result<Iterate> {
        let used: Vec<usize> = (0..self.weights.len()).filter(|&i| self.weights[i] > 0.0).collect();
        let logarithms = logarithms(
            self.graph,
            &mu,
            self.references,
            &used,
            &self.options.geodesics(),
            self.threads,
        )?;
        let mut direction = vec![0.0; mu.len()];
        let mut distances = vec![f64::NAN; self.weights.len()];
        let (mut objective, mut error) = (0.0, 0.0_f64);
        for (&i, logarithm) in used.iter().zip(&logarithms) {
            let w = self.weights[i];
            axpy(w, &logarithm.potential, &mut direction);
            objective += 0.5 * w * logarithm.distance * logarithm.distance;
            distances[i] = logarithm.distance;
            error = error.max(logarithm.error_estimate);
        }
        let norm = self.graph.metric_norm(self.options.mean, &mu, &direction)?;
        Ok(Iterate { mu, distances, objective, direction, norm, error })
    }

    /// The first of the steps `step, step/2, ...` that stays in the simplex and leads below `above`.
    fn descend(&self, at: &Iterate, mut step: f64, above: f64) -> Result<Option<(f64, Iterate)>> {
        let options = FlowOptions::default().with_mean(self.options.mean).with_tolerance(STEP_TOLERANCE);
        let noise = 4.0 * at.error * at.objective;
        while step >= SHORTEST_STEP {
            let psi: Vec<f64> = at.direction.iter().map(|p| step * p).collect();
            let moved = self.graph.exponential(&at.mu, &psi, &options);
            match moved.and_then(|(mu, _)| self.look(mu)) {
                Ok(next) if next.objective <= above - DECREASE * step * at.norm * at.norm + noise => {
                    return Ok(Some((step, next)));
                }
                // too far: uphill, out of the simplex, or where geodesics cannot be computed
                Ok(_)
                | Err(Error::FlowFailed { .. } | Error::NotConverged { .. } | Error::Singular { .. }) => {
                    step *= 0.5;
                }
                Err(other) => return Err(other),
            }
        }
        Ok(None)
    }
}

/// The next step, from how the direction changed over the one taken.
fn barzilai_borwein(at: &Iterate, next: &Iterate, taken: f64) -> f64 {
    let s: Vec<f64> = next.mu.iter().zip(&at.mu).map(|(new, old)| new - old).collect();
    let curvature = dot(&s, &at.direction) - dot(&s, &next.direction);
    let length = taken * at.norm;
    if curvature > 0.0 {
        (length * length / curvature).clamp(LEAST_STEP, LARGEST_STEP)
    } else {
        1.0
    }
}
