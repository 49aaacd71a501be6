//! Damped Gauss-Newton (Levenberg-Marquardt, Fisher scoring) for parameters with nuisances beside them.
//!
//! Near a point the objective is a quadratic function of a change `d` of the parameters and changes
//! `e_t` of nuisances (the start of trajectory `t`, say), each of which meets the parameters only:
//!
//! ```text
//! value + g'd + 1/2 d'H d + sum_t ( g_t'e_t + e_t'C_t d + 1/2 e_t'H_t e_t )
//! ```
//!
//! The nuisances are eliminated one by one, which leaves a system in the parameters alone. The diagonals
//! of all `H` are raised by a share `lambda`, adapted as by Nielsen (*Damping parameter in Marquardt's
//! method*, 1999).

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use super::box_qp;
use super::model::Model;
use super::Ridge;
use crate::error::{self, Error, Result};
use crate::watch;

/// How an iteration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FitStatus {
    /// A further step would change next to nothing.
    Converged,
    /// No step made the objective smaller although the quadratic model promised it: rounding, or flows
    /// that cannot be followed around here.
    Stalled,
    /// The limit of iterations was reached.
    IterationLimit,
}

impl FitStatus {
    /// What it says, as the end of a sentence.
    pub fn describe(self) -> &'static str {
        match self {
            FitStatus::Converged => "converged",
            FitStatus::Stalled => "stalled: no step made the objective smaller",
            FitStatus::IterationLimit => "reached the limit of iterations",
        }
    }
}

/// Where an objective is evaluated.
#[derive(Debug, Clone)]
pub(super) struct Point {
    pub parameters: Vec<f64>,
    pub nuisance: Vec<Vec<f64>>,
}

/// A nuisance in the quadratic model: `g_t`, `H_t`, and `C_t` with a column per parameter.
pub(super) struct Nuisance {
    pub gradient: DVector<f64>,
    pub information: DMatrix<f64>,
    pub cross: DMatrix<f64>,
}

/// The quadratic model of an objective at a point.
pub(super) struct Quadratic {
    pub value: f64,
    pub gradient: DVector<f64>,
    pub information: DMatrix<f64>,
    pub nuisance: Vec<Nuisance>,
}

/// What is minimised.
pub(super) trait Objective {
    /// The value, which is never negative.
    fn value(&self, point: &Point) -> Result<f64>;

    /// The value with its gradient and a positive semidefinite approximation of its Hessian.
    fn quadratic(&self, point: &Point) -> Result<Quadratic>;
}

/// Penalties, bounds and limits of a minimisation.
pub(super) struct Problem {
    /// `1/2 penalty_p a_p^2` is added for every parameter.
    pub penalty: Vec<f64>,
    /// Lower and upper bound of each parameter.
    pub bounds: Vec<(f64, f64)>,
    pub max_iterations: usize,
}

pub(super) struct Minimum {
    pub point: Point,
    /// The quadratic model there, without penalties.
    pub quadratic: Quadratic,
    pub status: FitStatus,
    pub iterations: usize,
}

/// Promised decrease, relative to the value, from which on nothing is left to gain: a millionth of the
/// change that noise causes, if the value is noise.
const NEGLIGIBLE_DECREASE: f64 = 1e-12;
/// The same for the size of a step relative to the parameters, in the scale of the information's
/// diagonal.
const NEGLIGIBLE_STEP: f64 = 1e-10;

const FIRST_DAMPING: f64 = 1e-3;
const LEAST_DAMPING: f64 = 1e-12;
const MOST_DAMPING: f64 = 1e12;

/// Minimises an objective from a feasible point, where it has the given quadratic model.
///
/// # Errors
/// An objective whose value is known at a point but not its derivatives.
pub(super) fn minimise(
    objective: &dyn Objective,
    mut point: Point,
    mut quadratic: Quadratic,
    problem: &Problem,
) -> Result<Minimum> {
    let (mut damping, mut growth) = (FIRST_DAMPING, 2.0);
    for iterations in 0..problem.max_iterations {
        let penalised = problem.penalised(&quadratic, &point);
        loop {
            if watch::stopped() {
                return Err(Error::Cancelled);
            }
            let step = penalised.step(damping, &problem.room(&point));
            if let Some(step) = &step {
                if step.decrease <= NEGLIGIBLE_DECREASE * penalised.value || step.size <= NEGLIGIBLE_STEP
                {
                    // so small a step is taken for granted if it can be
                    let trial = problem.moved(&point, step);
                    if let Ok(last) = objective.quadratic(&trial) {
                        if last.value <= quadratic.value * (1.0 + 1e-9) {
                            (point, quadratic) = (trial, last);
                        }
                    }
                    return Ok(Minimum { point, quadratic, status: FitStatus::Converged, iterations });
                }
                let trial = problem.moved(&point, step);
                let value =
                    objective.value(&trial).map_or(f64::INFINITY, |v| v + problem.penalty(&trial));
                let ratio = (penalised.value - value) / step.decrease;
                if ratio > 1e-4 {
                    point = trial;
                    damping *= (1.0 - (2.0 * ratio - 1.0).powi(3)).max(0.1);
                    damping = damping.max(LEAST_DAMPING);
                    growth = 2.0;
                    break;
                }
            }
            damping *= growth;
            growth *= 2.0;
            if damping > MOST_DAMPING {
                return Ok(Minimum { point, quadratic, status: FitStatus::Stalled, iterations });
            }
        }
        quadratic = objective.quadratic(&point)?;
    }
    let iterations = problem.max_iterations;
    Ok(Minimum { point, quadratic, status: FitStatus::IterationLimit, iterations })
}

/// A step and what the quadratic model promises of it.
struct Step {
    parameters: DVector<f64>,
    nuisance: Vec<DVector<f64>>,
    decrease: f64,
    /// Relative to the parameters, in the scale of the information's diagonal.
    size: f64,
}

impl Point {
    /// Without nuisances.
    pub fn of(parameters: &[f64]) -> Self {
        Self { parameters: parameters.to_vec(), nuisance: Vec::new() }
    }
}

/// The nearest parameters within the bounds of the model.
pub(super) fn within_bounds(model: &Model, mut parameters: Vec<f64>) -> Vec<f64> {
    for (term, block) in model.terms().iter().zip(model.blocks()) {
        let (low, high) = term.bounds();
        parameters[block.clone()].iter_mut().for_each(|a| *a = a.clamp(low, high));
    }
    parameters
}

impl Problem {
    /// The bounds of a model, and a ridge relative to the mean diagonal of each term's block of the
    /// information at the start.
    ///
    /// # Errors
    /// A bad ridge; parameters of another number or out of their bounds.
    pub fn new(
        model: &Model,
        ridge: &Ridge,
        quadratic: &Quadratic,
        start: &Point,
        max_iterations: usize,
    ) -> Result<Self> {
        ridge.check()?;
        let start = &start.parameters;
        error::check_length("start", start.len(), model.parameters())?;
        error::check_finite("start", start)?;
        let (mut penalty, mut bounds) = (vec![0.0; start.len()], vec![(0.0, 0.0); start.len()]);
        for (term, block) in model.terms().iter().zip(model.blocks()) {
            let diagonal = block.clone().map(|p| quadratic.information[(p, p)]);
            let mean = diagonal.sum::<f64>() / block.len() as f64;
            penalty[block.clone()].fill(ridge.of(term.name()) * mean);
            bounds[block.clone()].fill(term.bounds());
        }
        for (index, (&value, (low, high))) in start.iter().zip(&bounds).enumerate() {
            if value < *low || value > *high {
                let expected = "is out of the bounds of its term";
                return Err(Error::BadValue { argument: "start".into(), index, value, expected });
            }
        }
        Ok(Self { penalty, bounds, max_iterations })
    }

    /// Which parameters are at a bound.
    pub fn held(&self, parameters: &[f64]) -> Vec<bool> {
        let near = |a: f64, bound: f64| {
            bound.is_finite() && (a - bound).abs() <= 4.0 * f64::EPSILON * bound.abs()
        };
        self.bounds
            .iter()
            .zip(parameters)
            .map(|((low, high), a)| near(*a, *low) || near(*a, *high))
            .collect()
    }

    fn penalty(&self, point: &Point) -> f64 {
        let terms = point.parameters.iter().zip(&self.penalty).map(|(a, penalty)| penalty * a * a);
        0.5 * terms.sum::<f64>()
    }

    fn moved(&self, point: &Point, step: &Step) -> Point {
        let sum = |a: &Vec<f64>, d: &DVector<f64>| a.iter().zip(d.iter()).map(|(a, d)| a + d).collect();
        let mut parameters: Vec<f64> = sum(&point.parameters, &step.parameters);
        for (a, (low, high)) in parameters.iter_mut().zip(&self.bounds) {
            *a = a.clamp(*low, *high);
        }
        let nuisance = point.nuisance.iter().zip(&step.nuisance).map(|(a, d)| sum(a, d)).collect();
        Point { parameters, nuisance }
    }

    /// By how much each parameter may change.
    fn room(&self, point: &Point) -> Vec<(f64, f64)> {
        let room = |((low, high), a): (&(f64, f64), &f64)| ((low - a).min(0.0), (high - a).max(0.0));
        self.bounds.iter().zip(&point.parameters).map(room).collect()
    }

    fn penalised<'a>(&self, quadratic: &'a Quadratic, point: &'a Point) -> Penalised<'a> {
        let mut gradient = quadratic.gradient.clone();
        let mut information = quadratic.information.clone();
        for (p, penalty) in self.penalty.iter().enumerate() {
            gradient[p] += penalty * point.parameters[p];
            information[(p, p)] += penalty;
        }
        let value = quadratic.value + self.penalty(point);
        Penalised { value, gradient, information, nuisance: &quadratic.nuisance, point }
    }
}

struct Penalised<'a> {
    value: f64,
    gradient: DVector<f64>,
    information: DMatrix<f64>,
    nuisance: &'a [Nuisance],
    point: &'a Point,
}

impl Penalised<'_> {
    /// The damped step within the room that is left; none where the system is not positive definite.
    fn step(&self, damping: f64, room: &[(f64, f64)]) -> Option<Step> {
        let mut information = damped(&self.information, damping);
        let mut gradient = self.gradient.clone();
        let factors = factors(self.nuisance, damping)?;
        for (part, factor) in self.nuisance.iter().zip(&factors) {
            gradient -= part.cross.tr_mul(&factor.solve(&part.gradient));
            information -= part.cross.transpose() * factor.solve(&part.cross);
        }
        let (parameters, _) = box_qp::minimise(&information, &-&gradient, room)?;
        let mut nuisance = Vec::with_capacity(self.nuisance.len());
        for (factor, part) in factors.iter().zip(self.nuisance) {
            nuisance.push(-factor.solve(&(&part.gradient + &part.cross * &parameters)));
        }
        let mut promise =
            self.gradient.dot(&parameters) + 0.5 * quadratic_form(&self.information, &parameters);
        for (part, e) in self.nuisance.iter().zip(&nuisance) {
            promise += part.gradient.dot(e) + e.dot(&(&part.cross * &parameters));
            promise += 0.5 * quadratic_form(&part.information, e);
        }
        let scaled = |v: &mut dyn Iterator<Item = f64>| -> f64 {
            v.zip(self.information.diagonal().iter()).map(|(v, d)| d * v * v).sum::<f64>().sqrt()
        };
        let length = scaled(&mut self.point.parameters.iter().copied());
        let size = scaled(&mut parameters.iter().copied()) / length.max(f64::MIN_POSITIVE);
        // a step of the nuisances alone is no reason to stop
        let size = if nuisance.is_empty() { size } else { f64::INFINITY };
        Some(Step { parameters, nuisance, decrease: -promise, size })
    }
}

impl Quadratic {
    /// The factors of the nuisances' information with its diagonal raised; none where one is not
    /// determined.
    pub fn factors(&self, damping: f64) -> Option<Vec<Cholesky<f64, Dyn>>> {
        factors(&self.nuisance, damping)
    }

    /// The information about the parameters that is left when the nuisances are unknown.
    pub fn profile(&self, factors: &[Cholesky<f64, Dyn>]) -> DMatrix<f64> {
        let mut information = self.information.clone();
        for (part, factor) in self.nuisance.iter().zip(factors) {
            information -= part.cross.transpose() * factor.solve(&part.cross);
        }
        information
    }
}

fn factors(nuisance: &[Nuisance], damping: f64) -> Option<Vec<Cholesky<f64, Dyn>>> {
    nuisance.iter().map(|part| damped(&part.information, damping).cholesky()).collect()
}

/// With the diagonal raised by this share; parameters without any effect get a diagonal all the same.
fn damped(information: &DMatrix<f64>, damping: f64) -> DMatrix<f64> {
    let mut damped = information.clone();
    let largest = information.diagonal().amax();
    for p in 0..damped.nrows() {
        let own = information[(p, p)];
        damped[(p, p)] = own + damping * if own > 0.0 { own } else { largest.max(f64::MIN_POSITIVE) };
    }
    damped
}

fn quadratic_form(matrix: &DMatrix<f64>, v: &DVector<f64>) -> f64 {
    v.dot(&(matrix * v))
}
