//! One minimisation of a ladder, and what two successive ones say about the error.
//!
//! # The error estimate
//!
//! Along a geodesic the norm of the potential in the metric is the distance at all times; along collocation polynomials
//! it is so up to their error, which [`SmoothError`] sees in that way on a single mesh.
//!
//! On linear ones successive rungs differ by `d_k`, relatively, in the distance and in both end potentials, and contract by
//! four, or less where a singularity shows. While they contract by less than [`SECOND_ORDER`] says, what a geometric series
//! leaves is left, and `d_k` at least; the first comparison, which knows no contraction, leaves nine times `d_k`. Beyond that
//! order extrapolated values are reported. At first they are trusted to three times `d_k`, and then, by what they moved by:
//!
//! * to twice that, or twice `d_k` where this is more;
//! * after a contraction by more than [`CLEAN_ORDER`] to what they moved by, or a quarter of `d_k`;
//! * after two of these to twice what they moved by, or a tenth of `d_k`. Where what they move by falls as the fourth order
//!   does, a quarter of what they moved by the time before takes the place of that tenth.
//!
//! Paths with kinks move irregularly, and all this is taken several times. By what the norms of the end potentials differ
//! from the distance these are wrong at least, which tells of layers in time that no rung has seen.
//!
//! # End potentials
//!
//! `psi(1)` is the derivative of the discrete action in the masses at the last knot, `-psi(0)` in those
//! at the first. Both are exact derivatives of what was minimised (and as accurate as the distance), which
//! the multiplier of the last interval is not.

use std::sync::Arc;

use super::action::{DiscreteAction, Terminal, TimeMesh};
use super::convex::{
    fills_in_a_layer, least_density, nearly_empty, nearly_empty_nodes, EMPTY, NEARLY_EMPTY,
};
use super::knots::{Knots, Polyline};
use super::metric::{metric_difference, metric_square, potentials_apart};
use super::newton::{Minimiser, NewtonOptions, NewtonReport, NewtonStop, LEAST_TOLERANCE};
use super::path::{ends_rounding, start_potential, Path};
use super::preconditioner::{factorised, Frozen, Preconditioner, SMALL};
use super::smooth_error::{energy_missed, SmoothError};
use crate::error::{Error, Result};
use crate::graph::{connected_parts, Graph, Mean};
use crate::linalg::vector::{distance_1, worse};

/// Hessian products for one step before the Hessian is factorised: this number, or this part of all unknowns where that
/// is more. That is what one or two factorisations cost on a planar grid, where they go with the square of that number
/// and a product goes with its first power.
pub(super) const PRODUCTS: usize = 300;
const PRODUCT_SHARE: usize = 200;

/// Products for one step where a factorisation is too large.
const PATIENT_PRODUCTS: usize = 2000;

/// Barrier to start from where there is no path to start from, in units of the action. Where a share of the safe
/// path is mixed into one, the barrier is at least this share.
pub(super) const COLD_BARRIER: f64 = 1.0;

/// What rounding in the factorisations leaves uncertain.
const ROUNDING: f64 = 5e-12;

/// A relative Newton decrement above this, where the minimisation stopped early, is far from the minimiser.
const LOST: f64 = 1e-3;

/// A linear ladder that contracts faster than this is near its second order, a quarter.
const SECOND_ORDER: f64 = 0.4;

/// One that contracts faster than this shows its second order cleanly.
const CLEAN_ORDER: f64 = 0.28;

/// What extrapolation leaves of the last difference at least.
const FLOOR: f64 = 0.1;

/// Extrapolated values whose moves fall faster than this are near their fourth order, a sixteenth; what they
/// leave of the last move but one at least.
const FOURTH_ORDER: f64 = 0.2;
const FOURTH_FLOOR: f64 = 0.25;

/// A smooth ladder that contracts more slowly than this is no smooth one.
const GEOMETRIC: f64 = 0.3;

/// A difference above this says only that the rungs have nothing to do with each other, not how far apart they are.
const LOST_SIGHT: f64 = 1.0;

/// The error of end potentials in their largest entry, in units of the Newton decrement that is left and the root of the
/// number of nodes, one of which may have all of it; and the least that it is taken for.
const DECREMENT_SAFETY: f64 = 4.0;
const LEAST_DECREMENT_SAFETY: f64 = 16.0;

/// Smooth paths that are resolved to what is wanted are minimised until the decrement leaves this part of that.
const FINISHED: f64 = 0.25;

/// Paths that touch the boundary have kinks, and move irregularly between rungs: by so much more.
const KINKS: f64 = 4.0;
const HARMONIC_KINKS: f64 = 3.0;

/// Where the barrier's force is more than this part of the action somewhere, it holds up a mass that would vanish for a while,
/// or fall so low that a polynomial between higher ones does not see the difference.
const HELD: f64 = 1e-3;

/// Where end potentials miss their norms by more than this, the rest may be in layers in time; where edges of nearly empty
/// nodes have less than this part in the square of a norm, their layers do not matter.
const UNSEEN: f64 = 0.01;
const NEGLIGIBLE: f64 = 1e-5;

/// What is minimised: the action between two ends, or with a terminal function of the second.
#[derive(Clone, Copy)]
pub(super) struct Problem<'a> {
    pub graph: &'a Graph,
    pub mean: Mean,
    pub ends: [&'a [f64]; 2],
    pub terminal: Option<&'a Arc<dyn Terminal>>,
    /// Whether the path is expected to be singular, and is sought among piecewise linear ones.
    pub singular: bool,
}

/// Where a minimisation starts: a path, and the same to the precision of its knots where it is linear between them.
/// What flows through nearly empty nodes does not survive the rounding of masses divided by a short time, which the potentials
/// that drive it back there pay for with dozens of steps.
#[derive(Clone, Copy)]
pub(super) struct Guess<'a> {
    pub path: &'a Path,
    pub polyline: Option<&'a Polyline>,
}

/// One minimisation.
pub(super) struct Rung {
    pub path: Path,
    polyline: Option<Polyline>,
    /// Masses at the end.
    pub end: Vec<f64>,
    pub distance: f64,
    /// Extrapolated, where the ladder is linear.
    pub best_distance: f64,
    pub best_potentials: [Vec<f64>; 2],
    pub report: NewtonReport,
    /// Whether a factorisation would have helped that was too large.
    pub out_of_memory: bool,
    pub difference: f64,
    /// Its ratio to the rung before's; one where that has none.
    contraction: f64,
    pub estimate: f64,
    /// The least density on the way, where a barrier keeps it positive.
    least_density: f64,
    /// Whether it is negative between the nodes of a polynomial.
    undershoots: bool,
    /// What the mesh leaves of the error of a smooth path.
    time_error: SmoothError,
    potentials: [Vec<f64>; 2],
    extrapolated: bool,
    /// Whether it contracted at the second order proper.
    clean: bool,
    /// By what extrapolated values moved, where the rung before has some, too.
    moved: f64,
}

impl Problem<'_> {
    /// The ends whose potentials are asked for: where the end is free nobody asks for that at the start.
    fn asked_ends(&self) -> impl Iterator<Item = usize> {
        usize::from(self.terminal.is_some())..2
    }

    /// Whether mass that is not there carries some along a path of polynomials. Where mobilities vanish with the masses that
    /// would be dear; else the constraint is missing between the nodes, and the path may be shorter than any.
    fn undershoots(&self, path: &Path) -> bool {
        !self.mean.vanishes() && path.undershoots()
    }

    /// The error of end potentials on smooth paths, in units of the Newton decrement that is left.
    fn decrement_safety(&self) -> f64 {
        (DECREMENT_SAFETY * (self.graph.nodes() as f64).sqrt()).max(LEAST_DECREMENT_SAFETY)
    }

    /// Minimises on one mesh, with the end free where there is a terminal function. Conjugate gradients with the
    /// frozen mobilities come first, unless the Hessian is to be `exact`; where they fail it is, from there on.
    pub fn minimise(
        &self,
        mesh: TimeMesh,
        guess: Option<Guess>,
        options: &NewtonOptions,
        wanted: f64,
        exact: &mut bool,
    ) -> Result<Rung> {
        let Problem { graph, mean, ends, terminal, .. } = *self;
        let mut action = DiscreteAction::new(graph, mean, mesh)?;
        if let Some(terminal) = terminal {
            action = action.with_terminal(terminal.clone());
        }
        let (mut knots, share) = first_knots(&mut action, ends, guess);
        let options = NewtonOptions { first_barrier: options.first_barrier.max(share), ..*options };
        let found = |action: &mut DiscreteAction, knots: &Knots| {
            let (path, potentials) = (path_of(action, &knots.mass), end_potentials(action));
            let ends = [ends[0], knots.last()];
            let time_error = if self.singular || !action.node_walls || self.undershoots(&path) {
                SmoothError::unknown()
            } else {
                SmoothError::new(action, mean, &path, ends, &potentials)
            };
            (path, potentials, time_error)
        };
        let mut finished = None;
        let mut to_finish = |action: &mut DiscreteAction, knots: &Knots, left: f64| {
            let now = found(action, knots);
            let unfinished = self.decrement_safety() * left > FINISHED * wanted;
            if unfinished && now.2.resolution <= wanted {
                return Some((FINISHED / self.decrement_safety() * wanted).max(LEAST_TOLERANCE));
            }
            finished = Some(now);
            None
        };
        let (report, out_of_memory) = descend(&mut action, &mut knots, options, exact, &mut to_finish)?;
        let (path, potentials, time_error) = finished.unwrap_or_else(|| found(&mut action, &knots));
        let distance = (2.0 * action.action()).sqrt();
        let linear = action.mesh.pieces().all(|piece| piece.element.degree() == 1);
        Ok(Rung {
            end: knots.last().to_vec(),
            polyline: linear.then(|| Polyline { times: action.mesh.knots(), knots }),
            time_error,
            least_density: action.least_density(),
            undershoots: !linear && self.undershoots(&path),
            path,
            distance,
            best_distance: distance,
            best_potentials: potentials.clone(),
            potentials,
            extrapolated: false,
            clean: false,
            moved: f64::INFINITY,
            report,
            out_of_memory,
            difference: f64::INFINITY,
            contraction: 1.0,
            estimate: f64::INFINITY,
        })
    }
}

impl Rung {
    /// Where the next rung starts.
    pub fn guess(&self) -> Guess<'_> {
        Guess { path: &self.path, polyline: self.polyline.as_ref() }
    }

    /// Extrapolates and estimates the error, with the rung before.
    pub fn compare(&mut self, problem: &Problem, before: Option<&Rung>) {
        let &Problem { graph, mean, ends, singular, .. } = problem;
        let Some(before) = before else { return };
        let apart = |distances: [f64; 2], potentials: [&[Vec<f64>; 2]; 2]| -> f64 {
            let potential = |end: usize| {
                potentials_apart(
                    graph,
                    mean,
                    ends[end],
                    self.distance,
                    potentials.map(|all| &all[end][..]),
                )
            };
            let moved = distance_1(&self.end, &before.end) / distance_1(&self.end, ends[0]);
            let distance = (distances[0] - distances[1]).abs() / self.distance;
            problem.asked_ends().map(potential).fold(worse(distance, moved), worse)
        };
        let difference = apart([self.distance, before.distance], [&self.potentials, &before.potentials]);
        let contraction = if before.difference.is_finite() {
            difference / before.difference.min(LOST_SIGHT)
        } else {
            1.0
        };
        let kinks = kinks(mean);
        let left = if !singular {
            self.time_error.total() * if self.touches_boundary(graph) { kinks } else { 1.0 }
        } else if contraction > SECOND_ORDER {
            // what a geometric series leaves; one that was ahead of its order and no longer is moves irregularly
            let irregular = if before.contraction < CLEAN_ORDER { KINKS } else { 1.0 };
            let contraction = contraction.min(0.9);
            kinks.max(irregular) * difference * (contraction / (1.0 - contraction)).max(1.0)
        } else {
            let extrapolate = |new: f64, old: f64| new + (new - old) / 3.0;
            let distance = extrapolate(self.distance, before.distance);
            let potentials = [0, 1].map(|end: usize| -> Vec<f64> {
                let pairs = self.potentials[end].iter().zip(&before.potentials[end]);
                pairs.map(|(new, old)| extrapolate(*new, *old)).collect()
            });
            let moved = apart([distance, before.best_distance], [&potentials, &before.best_potentials]);
            self.best_distance = distance;
            self.best_potentials = potentials;
            self.extrapolated = true;
            self.clean = contraction < CLEAN_ORDER;
            self.moved = if before.extrapolated { moved } else { f64::INFINITY };
            match (before.extrapolated, self.clean) {
                // twice in a row at the second order proper, a quarter: what is extrapolated can be trusted
                (true, true) if before.clean => {
                    let fourth = moved < FOURTH_ORDER * before.moved;
                    let floor = if fourth { FOURTH_FLOOR * kinks * before.moved } else { f64::INFINITY };
                    (2.0 * kinks * moved).max(floor.min(FLOOR * difference))
                }
                // once: extrapolation has taken nearly all of the difference
                (true, true) => (kinks * moved).max(0.25 * difference),
                (true, false) => 2.0 * kinks * moved.max(difference),
                // the first sign of second order may be an accident
                (false, _) => 3.0 * kinks * difference,
            }
        };
        // a free end is not extrapolated: its potential is optimal up to what extrapolation adds to it
        let left = if problem.terminal.is_some() && self.extrapolated {
            let added = [&self.best_potentials[1][..], &self.potentials[1]];
            let added = metric_difference(graph, mean, ends[1], added) / self.distance;
            left.max(difference / 3.0).max(added)
        } else {
            left
        };
        (self.difference, self.contraction) = (difference, contraction);
        // a free end is known as well as it is minimised
        let given = if problem.terminal.is_some() { 0.0 } else { ends_rounding(ends[0], ends[1]) };
        let rounding = ROUNDING + given;
        self.estimate = left.max(if singular { self.norm_error(problem) } else { 0.0 })
            + self.unfinished(problem, 1.0)
            + rounding;
        if self.out_of_memory {
            self.estimate = f64::INFINITY;
        }
    }

    /// By what the norms of the end potentials miss the distance, relatively, where no node is empty at that end.
    fn norm_error(&self, problem: &Problem) -> f64 {
        let &Problem { graph, mean, ends, .. } = problem;
        let full = problem.asked_ends().filter(|end| least_density(graph, ends[*end]) >= EMPTY);
        let states = full.map(|end| (self.best_potentials[end].as_slice(), ends[end]));
        energy_missed(graph, mean, self.best_distance, states)
    }

    /// Whether nearly empty nodes have a part in the norms of the end potentials, or what these miss of the distance
    /// is so much that they may have.
    pub fn has_layers(&self, problem: &Problem) -> bool {
        let &Problem { graph, mean, ends, .. } = problem;
        let square = self.distance * self.distance;
        problem.asked_ends().filter(|end| nearly_empty_nodes(graph, ends[*end]).next().is_some()).any(
            |end| {
                let part = |counts: &dyn Fn(f64) -> bool| {
                    let psi = |x: usize| self.potentials[end][x];
                    metric_square(graph, mean, ends[end], psi, counts) / square
                };
                (part(&|_| true).sqrt() - 1.0).abs() > UNSEEN || part(&fills_in_a_layer) > NEGLIGIBLE
            },
        )
    }

    /// What the Newton decrement and the barrier that are left do to the potentials, where the action is this part of what
    /// they are relative to. Where a mass vanishes for a while, conservation of `mu'^2/(2 theta) + kappa pi ln mu` in time
    /// leaves a rate, and with it a difference of potentials, of the order of the barrier's root; between ends of some
    /// lowest density the barrier moves them by its ratio to that.
    fn unfinished(&self, problem: &Problem, action: f64) -> f64 {
        let (left, barrier) = (self.report.left / action, self.report.barrier / action);
        if problem.singular {
            return left + 3.0 * barrier.sqrt();
        }
        let least = |mu: &&[f64]| least_density(problem.graph, mu);
        let lowest = problem.ends.iter().map(least).fold(1.0, f64::min);
        problem.decrement_safety() * left + barrier / lowest
    }

    /// The estimate relative to the distance, also where the action is so small that the minimisation went by
    /// `least_action` instead.
    pub fn estimate_of_distance(&self, problem: &Problem, least_action: f64) -> f64 {
        let action = 0.5 * self.distance * self.distance;
        if action >= least_action {
            return self.estimate;
        }
        let part = self.unfinished(problem, action / least_action);
        self.estimate + part / (1.0 - part).max(0.0)
    }

    /// The estimated error of masses and potentials between the ends.
    pub fn path_estimate(&self) -> f64 {
        if self.time_error.path.is_finite() {
            self.estimate + self.time_error.path
        } else {
            self.estimate.sqrt()
        }
    }

    /// Whether the path stays at the boundary for a while, or so near to it that it makes no difference; or ends near it.
    pub fn touches_boundary(&self, graph: &Graph) -> bool {
        self.report.barrier > HELD * self.least_density
            || self.undershoots
            || nearly_empty(graph, &self.end)
    }

    /// Whether it contracted as smooth ladders do.
    pub fn geometric(&self) -> bool {
        self.contraction < GEOMETRIC
    }

    /// By what the next rung will differ, or move extrapolated values, at most.
    pub fn expected(&self) -> f64 {
        self.difference.min(self.moved)
    }

    /// Whether the minimisation ended at the minimiser.
    pub fn settled(&self) -> bool {
        self.report.stop == NewtonStop::Converged
    }

    /// Whether the minimisation ended far from the minimiser, or no one knows how far: steps that were not solved for tell
    /// too little of what is left.
    pub fn lost(&self) -> bool {
        !self.settled() && (self.report.decrement > LOST || self.out_of_memory)
    }
}

/// What kinks make of errors; one for the means whose geodesics have none, since an emptying node draws mass.
fn kinks(mean: Mean) -> f64 {
    match mean {
        Mean::Harmonic => HARMONIC_KINKS,
        mean if mean.vanishes() => 1.0,
        _ => KINKS,
    }
}

/// Minimises from these knots, and says whether a factorisation would have helped that was too large. `to_finish` may ask
/// for a lower tolerance where one is met, by what is left there.
fn descend(
    action: &mut DiscreteAction,
    knots: &mut Knots,
    options: NewtonOptions,
    exact: &mut bool,
    to_finish: &mut dyn FnMut(&mut DiscreteAction, &Knots, f64) -> Option<f64>,
) -> Result<(NewtonReport, bool)> {
    let mut steps = 0;
    let mut run = |action: &mut _, inverse: &mut dyn Preconditioner, options| -> Result<NewtonReport> {
        let mut minimiser = Minimiser::new(action, inverse, options);
        let mut report = minimiser.run(knots)?;
        if report.stop == NewtonStop::Converged {
            if let Some(tolerance) = to_finish(minimiser.action(), knots, report.left) {
                report = minimiser.finish(knots, tolerance, report);
            }
        }
        steps += report.steps;
        Ok(NewtonReport { steps, ..report })
    };
    // from where another way of solving for the steps has come to
    let onward = |report: &NewtonReport| NewtonOptions {
        first_barrier: report.barrier,
        max_steps: options.max_steps.saturating_sub(report.steps),
        ..options
    };
    let mut from = options;
    if !*exact {
        let max_products = PRODUCTS.max(action.mass.len() / PRODUCT_SHARE);
        let brief = NewtonOptions { max_products, max_truncated: 0, ..options };
        let report = run(action, &mut Frozen::new(action)?, brief)?;
        if report.stop != NewtonStop::Stalled {
            return Ok((report, false));
        }
        from = onward(&report);
    }
    match factorised(action) {
        Ok(mut inverse) => {
            *exact = true;
            Ok((run(action, inverse.as_mut(), from)?, false))
        }
        Err(Error::OutOfMemory { .. }) if action.graph.nodes() > SMALL => {
            let patient = NewtonOptions { max_products: PATIENT_PRODUCTS, ..from };
            let report = run(action, &mut Frozen::new(action)?, patient)?;
            Ok((report, matches!(report.stop, NewtonStop::Stalled | NewtonStop::StepLimit)))
        }
        Err(error) => Err(error),
    }
}

/// Masses at the knots to start from, positive at the Gauss nodes: the guess, shifted to meet the ends, with
/// as little as possible of a safe path mixed in; and the share of that.
fn first_knots(action: &mut DiscreteAction, ends: [&[f64]; 2], guess: Option<Guess>) -> (Knots, f64) {
    let times = action.mesh.knots();
    if let Some(polyline) = guess.and_then(|guess| guess.polyline) {
        let straight = polyline.at(&times);
        if let Some(value) = action.evaluate(&straight) {
            let one_piece = ends.iter().all(|mu| in_one_piece(&action.graph, mu));
            let halved = one_piece.then(|| polyline.halved(&times)).flatten();
            let halved = halved.filter(|knots| action.evaluate(knots).is_some_and(|less| less < value));
            return (halved.unwrap_or(straight), 0.0);
        }
    }
    let graph = action.graph.clone();
    let pi = graph.reference();
    // a straight line, mixed in the middle with as much of the reference as moves
    let moved = 0.5 * distance_1(ends[0], ends[1]);
    let safe: Vec<f64> = times
        .iter()
        .flat_map(|&t| {
            let share = 1.2 * moved * t * (1.0 - t);
            let line = ends[0].iter().zip(ends[1]).map(move |(a, b)| (1.0 - t) * a + t * b);
            line.zip(pi).map(move |(m, p)| (1.0 - share) * m + share * p)
        })
        .collect();
    let Some(guess) = guess else { return (Knots::new(pi.len(), safe), COLD_BARRIER) };
    let guess = guess.path;
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
        let mixed = shifted.iter().zip(&safe).map(|(m, s)| (1.0 - share) * m + share * s);
        let knots = Knots::new(pi.len(), mixed.collect());
        if action.evaluate(&knots).is_some() {
            return (knots, share);
        }
    }
    (Knots::new(pi.len(), safe), COLD_BARRIER)
}

/// Whether the nodes that are not nearly empty hang together. Where nearly empty ones lie between them hardly anything may
/// flow, less than by what cubics would have either side gain.
fn in_one_piece(graph: &Graph, mu: &[f64]) -> bool {
    let full: Vec<bool> = mu.iter().zip(graph.reference()).map(|(m, p)| m / p >= NEARLY_EMPTY).collect();
    let joins: Vec<f64> = graph.edge_list().map(|(x, y)| f64::from(full[x] && full[y])).collect();
    connected_parts(graph, &joins).iter().filter(|part| full[part[0]]).count() == 1
}

/// `psi(0)` and `psi(1)`: derivatives of the action in the masses at the first and last knot. The barrier's
/// part stays in: where a node is empty for a while it is the multiplier of that constraint.
fn end_potentials(action: &mut DiscreteAction) -> [Vec<f64>; 2] {
    let n = action.graph.nodes();
    let mut gradient = vec![0.0; action.mass.len() + n];
    action.action_gradient(&mut gradient);
    let start = gradient[..n].iter().map(|g| -g).collect();
    let end = gradient[gradient.len() - n..].to_vec();
    [start, end]
}

/// The path with potentials, for the masses at these knots.
fn path_of(action: &DiscreteAction, knots: &[f64]) -> Path {
    let n = action.graph.nodes();
    let mut values = Vec::with_capacity(2 * action.mass.len());
    let mut forces = action.forces();
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
