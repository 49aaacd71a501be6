//! Geodesics between any two ends: the discrete action is minimised on a ladder of time meshes until
//! the results agree.
//!
//! # Two ladders
//!
//! Between positive ends the path is smooth, and polynomials of rising degree converge
//! geometrically: four elements, shorter towards the ends, of degree 5, 8, 12, 16, then more elements, all after
//! a first rung of linear ones, which finds the way from any start.
//! Where an end has empty nodes, potentials are singular and masses grow like powers of time that differ
//! from node to node, over many orders of magnitude. No polynomial follows that without undershooting,
//! so there the path is linear between the knots (which is bulletproof) on meshes that double, graded such that the
//! error is of second order, and Richardson's extrapolation takes it away.
//!
//! # The error estimate
//!
//! Successive rungs differ by `d_k`, relatively, in the distance and in both end potentials. Smooth
//! ladders contract ever faster, so what is left after rung `k` is below `d_k (d_k/d_{k-1})`, up to a
//! safety factor. Linear ladders contract by four, or less where a singularity shows, and then `d_k` is left at
//! most while they contract by less than [`SECOND_ORDER`] says; beyond, extrapolated values are reported, and the
//! estimate is what they moved by, but not less than a quarter of `d_k`. The first comparison alone is trusted to be
//! worth `d_k`.
//!
//! # End potentials
//!
//! `psi(1)` is the derivative of the discrete action in the masses at the last knot, `-psi(0)` in those
//! at the first. Both are exact derivatives of what was minimised (and as accurate as the distance), which
//! the multiplier of the last interval is not.

use std::sync::Arc;

use super::action::{DiscreteAction, Terminal, TimeMesh};
use super::newton::{Minimiser, NewtonOptions, NewtonReport, NewtonStop};
use super::path::{start_potential, Path};
use super::preconditioner::{Blocks, Frozen, Preconditioner};
use super::{Goal, Termination};
use crate::error::{Error, Result};
use crate::graph::{Graph, Mean};
use crate::linalg::vector::{distance_1, distance_max, max_abs};

/// A node whose density at an end is below this counts as nearly empty: the path is not expected to be
/// smooth, and potentials are compared in the metric at that end.
pub(crate) const NEARLY_EMPTY: f64 = 1e-6;

/// Graphs up to this size have their Hessian factorised in dense blocks at once; of those up to the second
/// size, when conjugate gradients with the frozen mobilities fail, or an end is nearly empty somewhere.
const DENSE_AT_ONCE: usize = 64;
const DENSE_AT_NEED: usize = 400;

/// Newton steps after which a rung is left as it is: coarse meshes may not be able to follow the path.
const STEPS_PER_RUNG: usize = 100;

/// Barrier to start from, in units of the action: without and with a path to start from. Where a share of the
/// safe path is mixed into that, the barrier is at least this share.
const COLD_BARRIER: f64 = 1.0;
const WARM_BARRIER: f64 = 1e-3;

/// Barrier that is low enough for the coarsest mesh.
const FIRST_RUNG_BARRIER: f64 = 1e-5;

/// What rounding in the factorisations leaves uncertain.
const ROUNDING: f64 = 5e-12;

/// A relative Newton decrement above this, where the minimisation stopped early, is far from the minimiser.
const LOST: f64 = 1e-3;

/// Memory that a rung of the ladder may take, in bytes.
const MEMORY: usize = 4 << 30;

/// Degrees of the rungs for smooth paths after the first, and the factor by which each has more elements than
/// the ladder's least.
const SMOOTH: [(usize, usize); 9] =
    [(5, 1), (8, 1), (12, 1), (16, 1), (12, 2), (16, 2), (12, 4), (16, 4), (16, 8)];

/// Linear elements of the first rung.
const FIRST_ELEMENTS: usize = 16;

/// Elements of the rungs for singular paths.
const LINEAR: [usize; 7] = [16, 32, 64, 128, 256, 512, 1024];

/// A linear ladder that contracts faster than this is near its second order, a quarter.
const SECOND_ORDER: f64 = 0.4;

/// One that contracts faster than this shows its second order cleanly.
const CLEAN_ORDER: f64 = 0.28;

/// What is left of a smooth ladder's error after rung `k`, at most, in units of `d_k^2/d_{k-1}`.
const SMOOTH_SAFETY: f64 = 10.0;

/// What the ladder found.
pub(crate) struct Climb {
    pub path: Path,
    /// Masses at the end.
    pub end: Vec<f64>,
    pub potential_start: Vec<f64>,
    pub potential_end: Vec<f64>,
    pub distance: f64,
    pub iterations: usize,
    /// Last Newton decrement.
    pub residual: f64,
    pub error_estimate: f64,
    pub path_error_estimate: f64,
    pub termination: Termination,
}

/// Whether some node is empty or nearly so.
pub(crate) fn nearly_empty(graph: &Graph, mu: &[f64]) -> bool {
    least_density(graph, mu) < NEARLY_EMPTY
}

/// Minimises the action between two different ends. `guess` gives the masses at a time, if there is a
/// path to start from; the barrier then starts low.
///
/// # Errors
/// Memory; [`Error::Singular`] when the graph falls apart numerically.
pub(crate) fn minimise(
    graph: &Graph,
    mean: Mean,
    ends: [&[f64]; 2],
    goal: &Goal,
    guess: Option<&Path>,
) -> Result<Climb> {
    if ends.iter().any(|mu| nearly_empty(graph, mu)) {
        return climb_ladder(graph, mean, ends, goal, guess, true);
    }
    let smooth = climb_ladder(graph, mean, ends, goal, guess, false)?;
    if smooth.termination == Termination::Converged || smooth.iterations >= goal.max_iterations {
        return Ok(smooth);
    }
    // a path may touch the boundary between positive ends, when the mean has a finite slope there
    let rest = Goal { max_iterations: goal.max_iterations - smooth.iterations, ..*goal };
    let mut linear = climb_ladder(graph, mean, ends, &rest, Some(&smooth.path), true)?;
    linear.iterations += smooth.iterations;
    Ok(if linear.error_estimate < smooth.error_estimate {
        linear
    } else {
        Climb { iterations: linear.iterations, ..smooth }
    })
}

/// One ladder, from its first rung to where the tolerance is met.
fn climb_ladder(
    graph: &Graph,
    mean: Mean,
    ends: [&[f64]; 2],
    goal: &Goal,
    guess: Option<&Path>,
    singular: bool,
) -> Result<Climb> {
    let lowest_density = ends.iter().map(|mu| least_density(graph, mu)).fold(f64::INFINITY, f64::min);
    let mesh = |k: usize| match (singular, k) {
        (true, k) => Some(graded_mesh(*LINEAR.get(k)?, 1, mean.vanishes())),
        (false, 0) => Some(graded_mesh(FIRST_ELEMENTS, 1, false)),
        (false, k) => {
            let (degree, factor) = *SMOOTH.get(k - 1)?;
            Some(graded_mesh(factor * least_elements(lowest_density), degree, false))
        }
    };
    let mut last: Option<Rung> = None;
    let (mut steps, mut worse, mut last_difference) = (0, 0, f64::INFINITY);
    let mut dense = graph.nodes() <= if singular { DENSE_AT_NEED } else { DENSE_AT_ONCE };
    let mut termination = Termination::Resolution;
    let lowest = match singular {
        // the barrier in units of the action moves the minimum by at most its own size
        true => 0.01 * goal.tolerance,
        // it also moves potentials, by kappa pi/mu per unit of time
        false => 1e-3 * goal.tolerance * lowest_density,
    };
    let mut barrier = WARM_BARRIER;
    for (k, mesh) in (0..).map_while(|k| Some((k, mesh(k)?))) {
        if last.is_some() && memory(graph, mesh.intervals(), dense)? > MEMORY {
            break;
        }
        let start = last.as_ref().map(|rung| &rung.path).or(guess);
        let options = NewtonOptions {
            tolerance: newton_tolerance(last_difference),
            least_action: 0.0,
            first_barrier: barrier,
            last_barrier: if k == 0 { lowest.max(FIRST_RUNG_BARRIER) } else { lowest },
            max_steps: (goal.max_iterations - steps).min(STEPS_PER_RUNG),
            // beyond this dense blocks are cheaper, where they are affordable
            max_products: if graph.nodes() > DENSE_AT_NEED { 2000 } else { 200 },
            max_truncated: if graph.nodes() > DENSE_AT_NEED { usize::MAX } else { 3 },
        };
        let problem = Problem { graph, mean, ends, terminal: None };
        let mut rung = match climb(&problem, mesh, start, &options, &mut dense) {
            // what the earlier rungs found is not lost
            Err(Error::Singular { .. }) if last.is_some() => break,
            other => other?,
        };
        steps += rung.report.steps;
        barrier = options.last_barrier;
        rung.compare(graph, mean, ends, last.as_ref(), singular);
        last_difference = rung.difference.min(last_difference);
        let spent = steps >= goal.max_iterations;
        if last.as_ref().is_some_and(|before| !before.lost()) && rung.lost() {
            // not a minimiser, so that it says nothing about the rung before
            termination = if spent { Termination::IterationLimit } else { Termination::Stalled };
            break;
        }
        let falling = last.as_ref().is_none_or(|before| rung.estimate < before.estimate);
        worse = if falling { 0 } else { worse + 1 };
        let done = rung.estimate <= goal.tolerance;
        last = Some(rung);
        if done {
            termination = Termination::Converged;
            break;
        }
        if spent {
            termination = Termination::IterationLimit;
            break;
        }
        // linear ladders may take a few rungs until they contract; smooth ones are at their rounding
        if worse == 2 && !singular {
            termination = Termination::Stalled;
            break;
        }
    }
    match last {
        Some(rung) => Ok(rung.finish(graph, ends, steps, termination)),
        // every ladder has a first rung
        None => Err(Error::invalid("max_iterations", "no iteration was allowed")),
    }
}

/// Minimises the action plus a function of the end, from a positive `mu0`.
///
/// `scale` is the size that the action is expected to have. The path is short where the function is smooth, so
/// the ladder starts with a single element.
///
/// # Errors
/// As [`minimise`].
pub(crate) fn proximal(
    graph: &Graph,
    mean: Mean,
    mu0: &[f64],
    terminal: &Arc<dyn Terminal>,
    scale: f64,
    goal: &Goal,
) -> Result<Climb> {
    let mut best: Option<Rung> = None;
    let singular = nearly_empty(graph, mu0);
    let mut dense = graph.nodes() <= if singular { DENSE_AT_NEED } else { DENSE_AT_ONCE };
    let (mut steps, mut last_difference) = (0, f64::INFINITY);
    let mut termination = Termination::Resolution;
    let elements = least_elements(least_density(graph, mu0));
    let smooth = [(3, 1)].into_iter().chain(SMOOTH).map(|(degree, factor)| {
        let elements = if elements > 4 { factor * elements } else { factor * factor };
        (elements, degree)
    });
    let linear = LINEAR.map(|elements| (elements, 1));
    let rungs: Vec<(usize, usize)> = if singular { linear.to_vec() } else { smooth.collect() };
    // mass that must enter empty nodes had better be there at the start
    let share = if singular { 0.3 } else { 0.0 };
    let guess: Vec<f64> =
        mu0.iter().zip(graph.reference()).map(|(m, p)| (1.0 - share) * m + share * p).collect();
    for (k, (elements, degree)) in rungs.into_iter().enumerate() {
        let mesh = graded_mesh(elements, degree, singular && mean.vanishes());
        if best.is_some() && memory(graph, mesh.intervals(), dense)? > MEMORY {
            break;
        }
        let still = Path::straight(mu0, &guess);
        let start = best.as_ref().map_or(&still, |b| &b.path);
        let end = best.as_ref().map_or_else(|| guess.clone(), |b| b.end.clone());
        let options = NewtonOptions {
            // a long step weighs the end so much that its potential needs a far better minimiser
            tolerance: (1e-5 * last_difference).clamp(1e-13, 1e-6),
            least_action: 1e-3 * scale,
            first_barrier: if k == 0 { COLD_BARRIER } else { 0.0 },
            last_barrier: 1e-3 * goal.tolerance * least_density(graph, &end).min(1.0),
            max_steps: (goal.max_iterations - steps).min(STEPS_PER_RUNG),
            max_products: if graph.nodes() > DENSE_AT_NEED { 2000 } else { 200 },
            max_truncated: usize::MAX,
        };
        let options =
            NewtonOptions { first_barrier: options.first_barrier.max(options.last_barrier), ..options };
        let problem = Problem { graph, mean, ends: [mu0, &end], terminal: Some(terminal) };
        let mut rung = climb(&problem, mesh, Some(start), &options, &mut dense)?;
        steps += rung.report.steps;
        let end = rung.end.clone();
        rung.compare(graph, mean, [mu0, &end], best.as_ref(), singular);
        last_difference = rung.difference.min(last_difference);
        let done = rung.estimate <= goal.tolerance;
        if best.as_ref().is_none_or(|b| rung.estimate <= b.estimate) {
            best = Some(rung);
        }
        if done {
            termination = Termination::Converged;
            break;
        }
        if steps >= goal.max_iterations {
            termination = Termination::IterationLimit;
            break;
        }
    }
    match best {
        Some(rung) => {
            let end = rung.end.clone();
            Ok(rung.finish(graph, [mu0, &end], steps, termination))
        }
        None => Err(Error::invalid("max_iterations", "no iteration was allowed")),
    }
}

fn least_density(graph: &Graph, mu: &[f64]) -> f64 {
    mu.iter().zip(graph.reference()).map(|(m, p)| m / p).fold(f64::INFINITY, f64::min)
}

/// Elements that keep polynomials positive while masses change over the given orders of magnitude.
fn least_elements(lowest_density: f64) -> usize {
    match lowest_density {
        d if d > 0.05 => 4,
        d if d > 1e-3 => 8,
        _ => 16,
    }
}

/// `elements` elements of this degree, shorter towards the ends: by `u^2 (3 - 2u)` in general, and by
/// `u^3 (10 - 15 u + 6 u^2)` where paths are singular at their ends.
fn graded_mesh(elements: usize, degree: usize, singular: bool) -> TimeMesh {
    let graded = |k: usize| {
        let u = k as f64 / elements as f64;
        match singular {
            true => u * u * u * (10.0 - 15.0 * u + 6.0 * u * u),
            false => u * u * (3.0 - 2.0 * u),
        }
    };
    TimeMesh::new((0..=elements).map(graded).collect(), &vec![degree; elements])
}

/// Bytes that the minimisation on so many intervals takes.
fn memory(graph: &Graph, intervals: usize, dense: bool) -> Result<usize> {
    let (n, m) = (graph.nodes(), graph.edges());
    let factor = graph.laplacian_pattern()?.factor_entries();
    let node = 8 * (20 * n + 4 * m + factor + m + n);
    let blocks = if dense { 16 * n * n } else { 0 };
    Ok(intervals.saturating_mul(node + blocks))
}

/// One minimisation of the ladder.
struct Rung {
    path: Path,
    end: Vec<f64>,
    distance: f64,
    /// Extrapolated, where the ladder is linear.
    best_distance: f64,
    potentials: [Vec<f64>; 2],
    best_potentials: [Vec<f64>; 2],
    extrapolated: bool,
    free_end: bool,
    report: NewtonReport,
    difference: f64,
    estimate: f64,
}

/// The Newton decrement to stop at: far below the last difference between rungs, since potentials are less
/// accurate than the action that the decrement measures, and not below rounding.
fn newton_tolerance(last_difference: f64) -> f64 {
    (1e-4 * last_difference).clamp(2e-13, 1e-4)
}

/// What a rung minimises: the action between two ends, or with a terminal function of the second.
struct Problem<'a> {
    graph: &'a Graph,
    mean: Mean,
    ends: [&'a [f64]; 2],
    terminal: Option<&'a Arc<dyn Terminal>>,
}

/// Minimises on one mesh, with the end free where there is a terminal function; switches to dense blocks when
/// conjugate gradients fail.
fn climb(
    problem: &Problem,
    mesh: TimeMesh,
    guess: Option<&Path>,
    options: &NewtonOptions,
    dense: &mut bool,
) -> Result<Rung> {
    let &Problem { graph, mean, ends, terminal } = problem;
    let mut action = DiscreteAction::new(graph, mean, mesh)?;
    if let Some(terminal) = terminal {
        action = action.with_terminal(terminal.clone());
    }
    let (mut knots, share) = first_knots(&mut action, ends, guess);
    let options = &NewtonOptions { first_barrier: options.first_barrier.max(share), ..*options };
    let first = knots.clone();
    let mut report = {
        let mut preconditioner: Box<dyn Preconditioner> =
            if *dense { Box::new(Blocks::new(&action)?) } else { Box::new(Frozen::new(&action)?) };
        Minimiser::new(&mut action, preconditioner.as_mut(), *options).run(&mut knots)?
    };
    if report.stop == NewtonStop::Stalled && !*dense && graph.nodes() <= DENSE_AT_NEED {
        *dense = true;
        knots.copy_from_slice(&first);
        let mut blocks = Blocks::new(&action)?;
        let wasted = report.steps;
        let rest = NewtonOptions { max_steps: options.max_steps.saturating_sub(wasted), ..*options };
        report = Minimiser::new(&mut action, &mut blocks, rest).run(&mut knots)?;
        report.steps += wasted;
    }
    let potentials = end_potentials(&mut action);
    let distance = (2.0 * action.action()).sqrt();
    Ok(Rung {
        path: path_of(&action, &knots),
        end: knots[knots.len() - graph.nodes()..].to_vec(),
        distance,
        best_distance: distance,
        best_potentials: potentials.clone(),
        potentials,
        extrapolated: false,
        free_end: terminal.is_some(),
        report,
        difference: f64::INFINITY,
        estimate: f64::INFINITY,
    })
}

/// Masses at the knots to start from, positive at the Gauss nodes: the guess, shifted to meet the ends, with
/// as little as possible of a safe path mixed in; and the share of that.
fn first_knots(action: &mut DiscreteAction, ends: [&[f64]; 2], guess: Option<&Path>) -> (Vec<f64>, f64) {
    let times = action.mesh.knots();
    let graph = action.graph.clone();
    let pi = graph.reference();
    // a straight line, mixed with the reference in the middle
    let safe: Vec<f64> = times
        .iter()
        .flat_map(|&t| {
            let share = 1.2 * t * (1.0 - t);
            let line = ends[0].iter().zip(ends[1]).map(move |(a, b)| (1.0 - t) * a + t * b);
            line.zip(pi).map(move |(m, p)| (1.0 - share) * m + share * p)
        })
        .collect();
    let Some(guess) = guess else { return (safe, COLD_BARRIER) };
    let (old0, old1) = (guess.mass(0.0), guess.mass(1.0));
    let shifted: Vec<f64> = times
        .iter()
        .flat_map(|&t| {
            let mut mu = guess.mass(t);
            for x in 0..mu.len() {
                mu[x] += (1.0 - t) * (ends[0][x] - old0[x]) + t * (ends[1][x] - old1[x]);
            }
            let total: f64 = mu.iter().sum();
            mu.iter_mut().for_each(|m| *m /= total);
            mu
        })
        .collect();
    for share in [1e-9, 1e-6, 1e-4, 1e-2, 0.1, 0.5] {
        let knots: Vec<f64> =
            shifted.iter().zip(&safe).map(|(m, s)| (1.0 - share) * m + share * s).collect();
        if action.evaluate(&knots).is_some() {
            return (knots, share);
        }
    }
    (safe, COLD_BARRIER)
}

/// `psi(0)` and `psi(1)`: derivatives of the action in the masses at the first and last knot. The barrier's
/// part stays in: where a node is empty for a while it is the multiplier of that constraint.
fn end_potentials(action: &mut DiscreteAction) -> [Vec<f64>; 2] {
    let n = action.graph.nodes();
    let end = action.end.take();
    let mut gradient = vec![0.0; action.mass.len() + n];
    action.gradient(&mut gradient);
    action.end = end;
    let start = gradient[..n].iter().map(|g| -g).collect();
    let end = gradient[gradient.len() - n..].to_vec();
    [start, end]
}

/// The path with potentials, for the masses at these knots.
fn path_of(action: &DiscreteAction, knots: &[f64]) -> Path {
    let n = action.graph.nodes();
    let mut values = Vec::with_capacity(2 * action.mass.len());
    // where the barrier holds a node above zero, it acts on the potential like a force
    let pi = action.graph.reference();
    let masses = action.mass.iter().enumerate();
    let mut forces: Vec<f64> =
        action.force.iter().zip(masses).map(|(f, (i, m))| f + action.barrier * pi[i % n] / m).collect();
    for (q, psi) in action.potential.chunks_exact(n).enumerate() {
        let mut psi = psi.to_vec();
        action.graph.centre(&mut psi);
        action.graph.centre(&mut forces[q * n..(q + 1) * n]);
        values.extend_from_slice(&psi);
        values.extend_from_slice(&action.mass[q * n..(q + 1) * n]);
    }
    let mut starts = Vec::new();
    let mut rules = Vec::new();
    for piece in action.mesh.pieces() {
        let (first, last) = (piece.first, piece.first + piece.element.degree());
        let rule: &Arc<_> = &piece.element.rule;
        let mut psi = vec![0.0; n];
        let blocks = &values[2 * n * first..2 * n * last];
        start_potential(rule, piece.length, blocks, &forces[n * first..n * last], &mut psi);
        starts.extend_from_slice(&psi);
        starts.extend_from_slice(&knots[n * first..n * (first + 1)]);
        rules.push(rule.clone());
    }
    Path::new(n, action.mesh.breaks.clone(), rules, starts, values)
}

impl Rung {
    /// Extrapolates and estimates the error, with the rung before.
    fn compare(
        &mut self,
        graph: &Graph,
        mean: Mean,
        ends: [&[f64]; 2],
        before: Option<&Rung>,
        singular: bool,
    ) {
        let rest = self.report.decrement + self.report.barrier;
        let Some(before) = before else { return };
        let apart = |distances: [f64; 2], potentials: [&[Vec<f64>; 2]; 2]| -> f64 {
            let potential = |end: usize| {
                let (new, old) = (&potentials[0][end], &potentials[1][end]);
                if nearly_empty(graph, ends[end]) {
                    metric_difference(graph, mean, ends[end], new, old) / self.distance
                } else {
                    largest_difference(graph, new, old)
                }
            };
            let moved = distance_1(&self.end, &before.end) / distance_1(&self.end, ends[0]);
            let distance = (distances[0] - distances[1]).abs() / self.distance;
            // where the end is free nobody asks for the potential at the start
            let start = if self.free_end { 0.0 } else { potential(0) };
            distance.max(start).max(potential(1)).max(moved)
        };
        let difference = apart([self.distance, before.distance], [&self.potentials, &before.potentials]);
        let contraction =
            if before.difference.is_finite() { difference / before.difference } else { 1.0 };
        let left = if !singular {
            (SMOOTH_SAFETY * contraction).min(1.0) * difference
        } else if contraction > SECOND_ORDER {
            // what a geometric series leaves
            let contraction = contraction.min(0.9);
            difference * (contraction / (1.0 - contraction)).max(1.0)
        } else {
            let extrapolate = |new: f64, old: f64| new + (new - old) / 3.0;
            let distance = extrapolate(self.distance, before.distance);
            let potentials = [0, 1].map(|end: usize| -> Vec<f64> {
                let pairs = self.potentials[end].iter().zip(&before.potentials[end]);
                pairs.map(|(new, old)| extrapolate(*new, *old)).collect()
            });
            let settled =
                apart([distance, before.best_distance], [&potentials, &before.best_potentials]);
            self.best_distance = distance;
            self.best_potentials = potentials;
            if before.extrapolated {
                // at the second order proper, a quarter, extrapolation has taken nearly all of it
                settled.max(if contraction < CLEAN_ORDER { 0.25 * difference } else { difference })
            } else {
                // the first sign of second order may be an accident
                3.0 * difference
            }
        };
        self.extrapolated = singular && contraction <= SECOND_ORDER;
        self.difference = difference;
        // between rungs paths with kinks, which touch the boundary, move irregularly
        let kinks = if singular && !mean.vanishes() { 4.0 } else { 1.0 };
        self.estimate = kinks * left + rest + ROUNDING;
    }

    /// Whether the minimisation ended far from the minimiser.
    fn lost(&self) -> bool {
        self.report.stop != NewtonStop::Converged && self.report.decrement > LOST
    }

    fn finish(self, graph: &Graph, ends: [&[f64]; 2], steps: usize, termination: Termination) -> Climb {
        let [mut potential_start, mut potential_end] = self.best_potentials;
        centre_where_mass_is(graph, ends[0], &mut potential_start);
        centre_where_mass_is(graph, ends[1], &mut potential_end);
        Climb {
            path: self.path,
            end: self.end,
            potential_start,
            potential_end,
            distance: self.best_distance,
            iterations: steps,
            residual: self.report.decrement,
            error_estimate: self.estimate,
            path_error_estimate: self.estimate.sqrt(),
            termination,
        }
    }
}

/// Largest difference of two potentials of mean zero, relative to the largest entry.
fn largest_difference(graph: &Graph, a: &[f64], b: &[f64]) -> f64 {
    let centred = |v: &[f64]| {
        let mut v = v.to_vec();
        graph.centre(&mut v);
        v
    };
    let (a, b) = (centred(a), centred(b));
    distance_max(&a, &b) / max_abs(&a).max(f64::MIN_POSITIVE)
}

/// Norm of the difference of two potentials in the metric at `mu`, which may have empty nodes:
/// `sqrt(sum_e c_e theta_e (d_x - d_y)^2)`.
fn metric_difference(graph: &Graph, mean: Mean, mu: &[f64], a: &[f64], b: &[f64]) -> f64 {
    let pi = graph.reference();
    let mut square = 0.0;
    graph.each_edge(|e, x, y| {
        let theta = mean.value(mu[x] / pi[x], mu[y] / pi[y]);
        if theta > 0.0 {
            let difference = (a[x] - b[x]) - (a[y] - b[y]);
            square += graph.conductance()[e] * theta * difference * difference;
        }
    });
    square.sqrt()
}

/// Subtracts the mean under `pi` over the nodes that hold mass.
fn centre_where_mass_is(graph: &Graph, mu: &[f64], potential: &mut [f64]) {
    let (mut total, mut sum) = (0.0, 0.0);
    for ((v, p), m) in potential.iter().zip(graph.reference()).zip(mu) {
        if *m > 0.0 {
            total += p;
            sum += p * v;
        }
    }
    potential.iter_mut().for_each(|v| *v -= sum / total);
}
