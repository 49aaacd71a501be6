//! A problem minimised on one time mesh after the other, each from the path before, until the tolerance is met.

use super::action::TimeMesh;
use super::convex::{least_density, nearly_empty_nodes};
use super::newton::{NewtonOptions, NewtonStop, Stillness, LEAST_TOLERANCE};
use super::path::Path;
use super::preconditioner::SMALL;
use super::rung::{Guess, Problem, Rung, COLD_BARRIER, PRODUCTS};
use super::unreached::carry_to_unreached;
use super::{Goal, Termination};
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::memory;

/// Newton steps after which a rung is left as it is: coarse polynomials may not be able to follow the path.
const SMOOTH_STEPS: usize = 100;
const LINEAR_STEPS: usize = 300;

/// Barrier to start the first rung from, in units of the action, where there is a path to start from.
const WARM_BARRIER: f64 = 1e-3;

/// Barriers that are low enough for the first linear mesh and for the later ones.
const FIRST_RUNG_BARRIER: f64 = 1e-5;
const LATER_RUNG_BARRIER: f64 = 1e-6;

/// What the root of the barrier may be of the tolerance, and of what the next rung is expected to differ by.
const BARRIER_PART: f64 = 0.005;

/// What the root of the barrier is of the last difference at first, on the next mesh.
const WARM_PART: f64 = 0.03;

/// What may be left of the decrement where end potentials stand still, and by what these may still move, in parts of the
/// last difference.
const STILL: f64 = 1e-2;
const MOVED: f64 = 1e-3;

/// The lowest barrier between singular ends, whose root is then below all that their meshes resolve.
const LEAST_BARRIER: f64 = 1e-20;

/// The highest one where the end is free, so that nodes that are empty there count as such.
const FREE_END_BARRIER: f64 = 1e-16;

/// Between singular ends, graphs up to this size have their Hessian factorised at once.
const SINGULAR_EXACT: usize = 400;

/// Steps that may end at the limit of Hessian products.
const MAX_TRUNCATED: usize = 3;

/// Memory that a rung of the ladder after the first may take, in bytes, where no limit was given.
const MEMORY: usize = 4 << 30;

/// Rungs without a better estimate after which a ladder is given up: smooth ones are at their rounding then, linear
/// ones may take a few until they resolve a layer in time.
const FRUITLESS_SMOOTH: usize = 2;
const FRUITLESS_LINEAR: usize = 5;

/// What a ladder found.
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

/// A problem with the meshes on which it is minimised.
pub(super) struct Ladder<'a> {
    problem: Problem<'a>,
    goal: Goal,
    /// The least size of the action that barrier and decrement are compared with.
    least_action: f64,
    /// Whether the Hessian is factorised from the first step on.
    exact: bool,
    /// What was tried so far, and the Newton steps that it took.
    rungs: Vec<Rung>,
    steps: usize,
}

impl<'a> Ladder<'a> {
    /// For an action of at least this size; zero between given ends, where there is no other scale.
    pub fn new(problem: Problem<'a>, goal: Goal, least_action: f64) -> Self {
        let exact = problem.graph.nodes() <= if problem.singular { SINGULAR_EXACT } else { SMALL };
        Self { problem, goal, least_action, exact, rungs: Vec::new(), steps: 0 }
    }

    /// Climbs the given meshes (elements and degree of each) to where the tolerance is met.
    ///
    /// # Errors
    /// Memory, and [`Error::Singular`] when not even the first rung can be minimised.
    pub fn climb(mut self, meshes: &[(usize, usize)], guess: Option<&Path>) -> Result<Climb> {
        let guess = guess.map(|path| Guess { path, polyline: None });
        let limit = if self.problem.singular { FRUITLESS_LINEAR } else { FRUITLESS_SMOOTH };
        let mut grading = if self.problem.singular { Grading::Singular } else { Grading::Smooth };
        let (mut least, mut fruitless, mut tried_layers) = (f64::INFINITY, 0, false);
        let mut termination = Termination::Resolution;
        for &(elements, degree) in meshes {
            let mesh = graded_mesh(elements, degree, grading);
            let needed = self.memory(mesh.intervals())?;
            if self.rungs.is_empty() {
                memory::admit(needed, || format!("a path of {} time nodes", mesh.intervals()))?;
            } else if needed > memory::limit_or(MEMORY) {
                termination = Termination::MemoryLimit;
                break;
            }
            let warm = !self.rungs.is_empty() || guess.is_some();
            let mut rung = match self.minimise(mesh.clone(), degree, guess, warm) {
                // what the earlier rungs found is not lost
                Err(Error::Singular { .. }) if !self.rungs.is_empty() => break,
                Err(Error::OutOfMemory { .. }) if !self.rungs.is_empty() => {
                    termination = Termination::MemoryLimit;
                    break;
                }
                other => other?,
            };
            // a free end may come to have nodes that are nearly empty on any mesh
            let may_have_layers = self.rungs.len() == 1
                || !self.rungs.is_empty() && self.problem.terminal.is_some() && !tried_layers;
            if matches!(grading, Grading::Singular) && may_have_layers {
                if let Some(layers) = self.layers(&rung) {
                    tried_layers = true;
                    if let Some(first) = self.again_in(layers, &rung, elements, degree) {
                        (grading, rung) = (layers, first);
                        (least, fruitless) = (f64::INFINITY, 0);
                    }
                }
            }
            let mut cancelled = rung.report.stop == NewtonStop::Cancelled;
            let mut spent = self.steps >= self.goal.max_iterations;
            let again = rung.lost() && !rung.out_of_memory && warm && !cancelled && !spent;
            if again && self.problem.singular {
                // what is empty on this mesh may be too different from what was on the last; where rounding
                // rules, the second attempt may take for a minimum what the first was already below
                match self.minimise(mesh, degree, guess, false) {
                    Ok(again) if again.report.stop == NewtonStop::Cancelled => cancelled = true,
                    Ok(again) if again.report.value < rung.report.value => rung = again,
                    Ok(_) | Err(Error::Singular { .. } | Error::OutOfMemory { .. }) => {}
                    Err(other) => return Err(other),
                }
                spent = self.steps >= self.goal.max_iterations;
            }
            if cancelled {
                termination = Termination::Cancelled;
                if self.rungs.is_empty() {
                    self.rungs.push(rung);
                }
                break;
            }
            let stuck = if rung.out_of_memory { Termination::MemoryLimit } else { Termination::Stalled };
            if rung.lost() && self.rungs.last().is_some_and(|before| !before.lost()) {
                // not a minimiser, so that it says little about the rung before
                termination = if spent { Termination::IterationLimit } else { stuck };
                if least.is_infinite() && !rung.out_of_memory {
                    self.rungs.push(rung);
                }
                break;
            }
            let before = self.rungs.last();
            // two minimisations that did not end make a third on a finer mesh hopeless
            let endless = !rung.settled()
                && (rung.estimate >= least
                    || rung.out_of_memory
                    || !self.problem.singular && !rung.geometric())
                && before.is_some_and(|before| !before.settled());
            // polynomials do not follow a path along the boundary; touching it once may be what a coarse mesh makes of it
            let touches = |rung: &Rung| rung.touches_boundary(self.problem.graph);
            let at_boundary =
                degree > 1 && touches(&rung) && self.rungs.len() > 1 && before.is_some_and(touches);
            let hopeless = endless || at_boundary;
            fruitless = if rung.estimate < least || least.is_infinite() { 0 } else { fruitless + 1 };
            least = rung.estimate.min(least);
            self.rungs.push(rung);
            if least <= self.goal.tolerance {
                termination = Termination::Converged;
                break;
            }
            if spent {
                termination = Termination::IterationLimit;
                break;
            }
            if fruitless == limit || hopeless {
                termination = stuck;
                break;
            }
        }
        self.finish(termination)
    }

    /// Meshes with layers, where a rung on others shows that there are some that matter.
    fn layers(&self, rung: &Rung) -> Option<Grading> {
        let problem = Problem { ends: [self.problem.ends[0], &rung.end], ..self.problem };
        let shortest = shortest_layer(&problem)?;
        (rung.settled() && rung.has_layers(&problem)).then_some(Grading::Layers(shortest))
    }

    /// The first rung of a ladder on other meshes, which begins again with it, from a rung on as many elements.
    fn again_in(
        &mut self,
        grading: Grading,
        from: &Rung,
        elements: usize,
        degree: usize,
    ) -> Option<Rung> {
        let before = std::mem::take(&mut self.rungs);
        let mesh = graded_mesh(elements, degree, grading);
        match self.minimise(mesh, degree, Some(from.guess()), true) {
            Ok(first) if first.settled() => Some(first),
            _ => {
                self.rungs = before;
                None
            }
        }
    }

    /// The next rung: where it is `warm`, from the path of the last, or for the first from `guess`; else from a
    /// safe one.
    fn minimise(
        &mut self,
        mesh: TimeMesh,
        degree: usize,
        guess: Option<Guess>,
        warm: bool,
    ) -> Result<Rung> {
        let Problem { graph, ends, terminal, singular, .. } = self.problem;
        let before = self.rungs.last();
        let start = before.map(Rung::guess).or(guess).filter(|_| warm);
        let end = before.map_or_else(|| ends[1].to_vec(), |rung| rung.end.clone());
        let difference = self.rungs.iter().map(|rung| rung.difference).fold(f64::INFINITY, f64::min);
        let expected = self.rungs.iter().map(Rung::expected).fold(f64::INFINITY, f64::min);
        let lowest = [ends[0], &end].map(|mu| least_density(graph, mu)).into_iter().fold(1.0, f64::min);
        let least_barrier = if singular {
            // it moves potentials by a multiple of its root
            let most = if terminal.is_some() { FREE_END_BARRIER } else { f64::INFINITY };
            (BARRIER_PART * self.goal.tolerance).powi(2).clamp(LEAST_BARRIER, most)
        } else {
            // it moves them by kappa pi/mu per unit of time
            1e-3 * self.goal.tolerance * lowest
        };
        let last_barrier = match before {
            None if degree == 1 => least_barrier.max(FIRST_RUNG_BARRIER),
            Some(_) if singular && terminal.is_none() => {
                least_barrier.max((BARRIER_PART * expected).powi(2).min(LATER_RUNG_BARRIER))
            }
            _ => least_barrier,
        };
        let first_barrier = match before {
            // the old path is off by the last difference, which the barrier must not be too low to correct
            Some(rung) if singular => {
                rung.report.barrier.max((WARM_PART * rung.difference.min(0.1)).powi(2))
            }
            Some(rung) => rung.report.barrier,
            None if terminal.is_some() => COLD_BARRIER,
            None => WARM_BARRIER,
        };
        let steps_per_rung = if singular { LINEAR_STEPS } else { SMOOTH_STEPS };
        let options = NewtonOptions {
            tolerance: match terminal {
                // a potential in a short interval has little part in the action
                None => (difference * f64::min(1e-4, 1e-2 * mesh.shortest().sqrt()))
                    .clamp(LEAST_TOLERANCE, 1e-4),
                // a long step weighs the end so much that its potential needs a far better minimiser
                Some(_) => 1e-13,
            },
            still: if singular && terminal.is_none() {
                Stillness { tolerance: (STILL * difference).min(1e-4), moved: MOVED * difference }
            } else {
                Stillness::NEVER
            },
            least_action: self.least_action,
            first_barrier: first_barrier.max(last_barrier),
            last_barrier,
            max_steps: (self.goal.max_iterations - self.steps).min(steps_per_rung),
            max_products: PRODUCTS,
            max_truncated: if terminal.is_some() { usize::MAX } else { MAX_TRUNCATED },
        };
        let problem = Problem { ends: [ends[0], &end], ..self.problem };
        let mut exact = self.exact;
        let mut rung = problem.minimise(mesh, start, &options, self.goal.tolerance, &mut exact)?;
        // what is hard on one mesh is so on the next, unless it was the way from a bad start
        self.exact = exact && (singular || self.exact);
        self.steps += rung.report.steps;
        let end = rung.end.clone();
        rung.compare(&Problem { ends: [ends[0], &end], ..self.problem }, before);
        Ok(rung)
    }

    /// Bytes that the minimisation on so many intervals takes.
    fn memory(&self, intervals: usize) -> Result<usize> {
        let graph = self.problem.graph;
        let (n, m) = (graph.nodes(), graph.edges());
        let factor = graph.laplacian_pattern()?.factor_entries();
        let node = 8 * (20 * n + 4 * m + factor + m + n);
        let blocks = if self.exact && n <= SMALL { 16 * n * n } else { 0 };
        Ok(intervals.saturating_mul(node + blocks))
    }

    /// The rung with the least estimate, the later of equal ones.
    fn finish(self, termination: Termination) -> Result<Climb> {
        let best = self.rungs.into_iter().rev().min_by(|a, b| a.estimate.total_cmp(&b.estimate));
        let Some(rung) = best else {
            return Err(Error::invalid("max_iterations", "no iteration was allowed"));
        };
        let path_error_estimate = rung.path_estimate();
        let error_estimate = rung.estimate_of_distance(&self.problem, self.least_action);
        let [mut potential_start, mut potential_end] = rung.best_potentials;
        let Problem { graph, mean, .. } = self.problem;
        if !mean.vanishes() {
            for (end, potential) in [&mut potential_start, &mut potential_end].into_iter().enumerate() {
                carry_to_unreached(graph, &rung.path, end, potential);
            }
        }
        centre_where_mass_is(graph, self.problem.ends[0], &mut potential_start);
        centre_where_mass_is(graph, &rung.end, &mut potential_end);
        Ok(Climb {
            path: rung.path,
            end: rung.end,
            potential_start,
            potential_end,
            distance: rung.best_distance,
            iterations: self.steps,
            residual: rung.report.decrement,
            // where masses underflow nothing is known
            error_estimate: if error_estimate.is_nan() { f64::INFINITY } else { error_estimate },
            path_error_estimate,
            termination,
        })
    }
}

/// The least time in which a nearly empty node fills at either end, if there is one: it cannot do so faster than at
/// the root of its mobility.
fn shortest_layer(problem: &Problem) -> Option<f64> {
    let Problem { graph, mean, ends, .. } = *problem;
    let nearly_empty = ends.iter().flat_map(|mu| nearly_empty_nodes(graph, mu));
    nearly_empty.reduce(f64::min).map(|least| least / mean.value(least, 1.0).sqrt())
}

/// `elements` elements of this degree, shorter towards the ends: by `u^2 (3 - 2u)` in general, and by
/// `u^3 (10 - 15 u + 6 u^2)` where paths are singular at their ends.
fn graded_mesh(elements: usize, degree: usize, grading: Grading) -> TimeMesh {
    let graded = |k: usize| {
        let u = k as f64 / elements as f64;
        match grading {
            Grading::Smooth => u * u * (3.0 - 2.0 * u),
            Grading::Singular => u * u * u * (10.0 - 15.0 * u + 6.0 * u * u),
            Grading::Layers(least) if u <= 0.5 => layered(u, least),
            Grading::Layers(least) => 1.0 - layered(1.0 - u, least),
        }
    };
    TimeMesh::new((0..=elements).map(graded).collect(), &vec![degree; elements])
}

/// How a mesh is graded towards the ends of time.
#[derive(Clone, Copy)]
enum Grading {
    Smooth,
    /// Ends with empty nodes.
    Singular,
    /// Ends with nodes so nearly empty that they fill within this time.
    Layers(f64),
}

/// The time `t <= 1/2` at which half of the elements, spread by `asin(sqrt t)`, and half, spread by
/// `ln(1 + (2t/layer)^(1/q))`, have come to a share `u <= 1/2`. In the layer times go with the power `q`, which is three
/// unless the first of them would run together when counted from one.
fn layered(u: f64, layer: f64) -> f64 {
    let power = match layer {
        _ if layer > 1e-8 => 3.0,
        _ if layer > 1e-10 => 2.0,
        _ => 1.0,
    };
    let logarithm = |t: f64| (2.0 * t / layer).powf(1.0 / power).ln_1p();
    let whole = logarithm(0.5);
    let share = |t: f64| t.sqrt().asin() / std::f64::consts::PI + 0.25 * logarithm(t) / whole;
    // bisection in the logarithm, since layers are short
    let (mut low, mut high) = (1e-12 * layer, 0.5);
    if u <= share(low) {
        return low * u / share(low);
    }
    for _ in 0..80 {
        let middle = (low * high).sqrt();
        if share(middle) < u {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
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
