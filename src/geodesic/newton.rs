//! Minimises the discrete action over the paths between two ends: a primal-dual barrier method with
//! truncated Newton steps and a line search on the objective.
//!
//! The problem is convex, so that the only obstacles are the walls where masses vanish. A step of the
//! barrier method solves `H step = -gradient` by preconditioned conjugate gradients, only as
//! accurately as the present iterate deserves (Dembo, Eisenstat, Steihaug, SIAM J. Numer. Anal. 1982),
//! goes at most 99 % of the way to the nearest wall, and shrinks until the objective falls
//! enough. When the Newton decrement is small compared with the barrier, the barrier is lowered.

use super::action::{DiscreteAction, NodeWork};
use super::knots::Knots;
use super::metric::potentials_apart;
use super::preconditioner::Preconditioner;
use crate::error::{Error, Result};
use crate::linalg::vector::{axpy, dot, worse};
use crate::watch;

/// What the minimisation is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewtonOptions {
    /// What the last step may leave of the relative Newton decrement.
    pub tolerance: f64,
    /// What may be left between given ends whose potentials no longer move.
    pub still: Stillness,
    /// The least size of the action that barrier and decrement are compared with: zero between given ends.
    pub least_action: f64,
    /// Barrier to start from and to end with, relative to the action.
    pub first_barrier: f64,
    pub last_barrier: f64,
    pub max_steps: usize,
    /// Hessian products for one step.
    pub max_products: usize,
    /// Steps that may end at that limit before the minimisation stalls.
    pub max_truncated: usize,
}

/// When end potentials are known, which a decrement alone says little of: short intervals have little part in the action.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stillness {
    /// What the last step may leave of the relative Newton decrement.
    pub tolerance: f64,
    /// By what it may have moved the end potentials, as [`potentials_apart`] measures that.
    pub moved: f64,
}

impl Stillness {
    /// The decrement alone counts.
    pub const NEVER: Stillness = Stillness { tolerance: 0.0, moved: 0.0 };
}

/// What it did.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewtonReport {
    pub steps: usize,
    /// `sqrt(g' H^{-1} g / action)`: the relative distance to the minimiser in the metric of the action.
    pub decrement: f64,
    /// What the last step leaves of it.
    pub left: f64,
    /// The barrier that is left, relative to the action.
    pub barrier: f64,
    /// The action with the terminal function, where there is one.
    pub value: f64,
    pub stop: NewtonStop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NewtonStop {
    Converged,
    StepLimit,
    /// Conjugate gradients did not converge, or no step lowers the objective.
    Stalled,
    Cancelled,
}

/// What rounding leaves of the relative Newton decrement.
pub(crate) const LEAST_TOLERANCE: f64 = 2e-13;

/// Share of the way to where a mass or a dual vanishes that a step may take.
const TO_WALL: f64 = 0.99;

/// The barrier falls by this factor when the decrement is small compared with it.
const LOWERING: f64 = 0.1;

/// Relative size of changes of the objective that its rounding hides.
const NOISE: f64 = 1e-13;

/// A decrement below this that does not halve in a step is rounding.
const SETTLED: f64 = 1e-8;

/// So is one below the first of these after so many steps in which neither it halves nor the objective falls by the
/// given part of what was predicted.
const NEARLY_SETTLED: f64 = 1e-3;
const IDLE_STEPS: usize = 4;
const IDLE_PART: f64 = 0.1;

/// What edges conduct besides their mobility on linear elements, in units of the squared mass that moves over the action
/// and of the time to the nearer end: as much as the action hides in its rounding.
const LEAK: f64 = 1e-13;

/// A step that changes each mass by at most a part `d` of it changes the Hessian by some `3 d` of itself, since masses enter
/// with powers down to `-3`. On the way it is off by half of that on average; what that leaves of the decrement is this
/// times `d`.
const BENT: f64 = 2.0;

/// Where the last step changed each mass by less than this part of it, the factors from before it still serve conjugate
/// gradients well.
const UNCHANGED: f64 = 0.05;

/// Where the last step changed each mass by less than this part of it, and the barrier, in units of the action, is less
/// than this part of the least density, the path is away from the walls.
const AWAY: f64 = 0.1;
const AT_WALL: f64 = 0.01;

/// Duals stay within this factor of the central path.
const DUAL_RANGE: f64 = 1e4;

/// A decrement is believed where they are within this one before or after the step: with larger duals the Hessian is too
/// large, and the decrement too small. Else they are put on the central path, so many times at most.
const CENTRAL: f64 = 2.0;
const CENTRINGS: usize = 3;

/// A minimisation in progress; keeps its buffers.
pub(crate) struct Minimiser<'a> {
    action: &'a mut DiscreteAction,
    preconditioner: &'a mut dyn Preconditioner,
    options: NewtonOptions,
    work: NodeWork,
    gradient: Vec<f64>,
    step: Vec<f64>,
    /// The part of the residual that conjugate gradients have left.
    unsolved: f64,
    /// The largest relative change of a mass in the last step, and what was taken of it.
    changed: f64,
    share: f64,
    /// The potentials at both ends, one after the other.
    end_potentials: Vec<f64>,
    residual: Vec<f64>,
    direction: Vec<f64>,
    image: Vec<f64>,
    preconditioned: Vec<f64>,
    trial: Knots,
    /// Changes of masses, rates and duals at the Gauss nodes.
    mass_change: Vec<f64>,
    rate_change: Vec<f64>,
    dual_change: Vec<f64>,
    knot_dual_change: Vec<f64>,
}

impl<'a> Minimiser<'a> {
    pub fn new(
        action: &'a mut DiscreteAction,
        preconditioner: &'a mut dyn Preconditioner,
        options: NewtonOptions,
    ) -> Self {
        let n = action.graph.nodes();
        let (nodes, knots) = (action.mass.len(), action.mass.len() + n);
        Self {
            work: NodeWork::new(action),
            action,
            preconditioner,
            options,
            gradient: vec![0.0; knots],
            step: vec![0.0; knots],
            unsolved: 1.0,
            changed: f64::INFINITY,
            share: 1.0,
            end_potentials: vec![0.0; 2 * n],
            residual: vec![0.0; knots],
            direction: vec![0.0; knots],
            image: vec![0.0; knots],
            preconditioned: vec![0.0; knots],
            trial: Knots::new(n, vec![0.0; knots]),
            mass_change: vec![0.0; nodes],
            rate_change: vec![0.0; nodes],
            dual_change: vec![0.0; nodes],
            knot_dual_change: Vec::with_capacity(knots),
        }
    }

    /// Moves the interior `knots` to the minimiser, from a path that is positive at the Gauss nodes.
    /// The action stays evaluated and linearised at the path returned.
    ///
    /// # Errors
    /// [`Error::Singular`] when even the first path cannot be evaluated.
    pub fn run(&mut self, knots: &mut Knots) -> Result<NewtonReport> {
        (self.action.barrier, self.action.leak) = (0.0, 0.0);
        if self.action.evaluate(knots).is_none() {
            let detail = "the graph falls apart numerically along the first path".into();
            return Err(Error::Singular { what: "Laplacian of the path", detail });
        }
        if !self.action.node_walls {
            self.action.leak = LEAK * self.action.mass_moved().powi(2) / self.size();
            self.action.evaluate(knots);
        }
        self.action.barrier = self.options.first_barrier * self.size();
        self.action.central_dual();
        self.action.linearise();
        self.potentials_moved(knots);
        Ok(self.descend(knots, 1.0))
    }

    /// Goes on from where [`run`](Self::run) ended, to a lower tolerance.
    pub fn finish(&mut self, knots: &mut Knots, tolerance: f64, found: NewtonReport) -> NewtonReport {
        self.options.tolerance = tolerance;
        self.options.max_steps -= found.steps;
        let report = self.descend(knots, found.left);
        NewtonReport { steps: found.steps + report.steps, ..report }
    }

    /// The action at the last path.
    pub fn action(&mut self) -> &mut DiscreteAction {
        self.action
    }

    /// Newton steps from a path at which the action is evaluated and linearised, with this decrement.
    fn descend(&mut self, knots: &mut Knots, mut decrement: f64) -> NewtonReport {
        let (mut steps, mut truncated, mut left) = (0, 0, decrement);
        let (mut least, mut idle, mut centred) = (f64::INFINITY, 0, 0);
        let stop = 'steps: loop {
            self.leave_walls();
            if watch::stopped() {
                break NewtonStop::Cancelled;
            }
            if steps == self.options.max_steps {
                break NewtonStop::StepLimit;
            }
            let mut fresh = self.changed >= UNCHANGED;
            if fresh && self.preconditioner.prepare(self.action).is_err() {
                break if watch::stopped() { NewtonStop::Cancelled } else { NewtonStop::Stalled };
            }
            if truncated > self.options.max_truncated {
                break NewtonStop::Stalled;
            }
            steps += 1;
            let before = decrement;
            let central = self.action.near_central_path(CENTRAL);
            let (slope, solved) = loop {
                self.action.gradient(&mut self.gradient);
                let solved = self.newton_step(decrement, &knots.mass);
                if watch::stopped() {
                    break 'steps NewtonStop::Cancelled;
                }
                if !solved && !fresh {
                    fresh = true;
                    if self.preconditioner.prepare(self.action).is_err() {
                        break 'steps NewtonStop::Stalled;
                    }
                    continue;
                }
                truncated += usize::from(!solved);
                let slope = self.slope();
                let size = self.size();
                // no step at all where even this is not a number
                decrement = (worse(0.0, -slope) / size).sqrt();
                let lowest = self.options.last_barrier * size;
                if self.action.barrier <= lowest || -slope > 0.5 * self.action.barrier {
                    break (slope, solved);
                }
                self.action.barrier = (LOWERING * self.action.barrier).max(lowest);
            };
            watch::count(decrement);
            let lowest = self.action.barrier <= self.options.last_barrier * self.size();
            // no longer falling although it is small: this is rounding
            let settled = decrement < SETTLED && decrement > 0.5 * before || idle == IDLE_STEPS;
            let objective = self.objective();
            left = decrement;
            let Some(part) = self.search(knots, slope) else {
                let done = lowest && solved && (decrement <= self.options.tolerance || settled);
                break if done { NewtonStop::Converged } else { NewtonStop::Stalled };
            };
            left *= part;
            let still = self.stands_still(left, knots);
            let done = lowest && solved && (left <= self.options.tolerance || still || settled);
            let falling = objective - self.objective() > -IDLE_PART * slope || decrement < 0.5 * least;
            idle = if falling || decrement > NEARLY_SETTLED { 0 } else { idle + 1 };
            least = decrement.min(least);
            if done {
                if centred < CENTRINGS && !central && !self.action.near_central_path(CENTRAL) {
                    self.action.central_dual();
                    (centred, idle, least) = (centred + 1, 0, f64::INFINITY);
                    continue;
                }
                break NewtonStop::Converged;
            }
        };
        let barrier = self.action.barrier / self.size();
        let value = self.action.action() + self.action.terminal_value();
        NewtonReport { steps, decrement, left, barrier, value, stop }
    }

    /// Whether so little is left, and the last step moved the end potentials by so little, that they are known.
    fn stands_still(&mut self, left: f64, knots: &Knots) -> bool {
        let moved = self.potentials_moved(knots) / self.share;
        self.share > 0.5 && left <= self.options.still.tolerance && moved <= self.options.still.moved
    }

    /// By how much the end potentials have moved since this was called the last time.
    fn potentials_moved(&mut self, knots: &Knots) -> f64 {
        if self.options.still.tolerance == 0.0 {
            return f64::INFINITY;
        }
        let n = self.action.graph.nodes();
        self.action.action_gradient(&mut self.residual);
        let distance = (2.0 * self.action.action()).sqrt();
        let (first, last) = (&self.residual[..n], &self.residual[self.residual.len() - n..]);
        let ends = [(first, &knots.mass[..n]), (last, knots.last())];
        let mut moved = 0.0;
        for ((new, mu), old) in ends.into_iter().zip(self.end_potentials.chunks_exact_mut(n)) {
            let (graph, mean) = (&self.action.graph, self.action.mean);
            moved = worse(moved, potentials_apart(graph, mean, mu, distance, [new, old]));
            old.copy_from_slice(new);
        }
        moved
    }

    /// Lowers the barrier as far as it goes where the path keeps away from the walls and no longer changes much.
    fn leave_walls(&mut self) {
        let lowest = self.options.last_barrier * self.size();
        let still = self.action.barrier > lowest && self.changed < AWAY;
        if still && self.action.barrier < AT_WALL * self.size() * self.action.least_density() {
            self.action.barrier = lowest;
            self.action.central_dual();
        }
    }

    /// The action with all that is added to it.
    fn objective(&self) -> f64 {
        self.action.action() + self.action.beyond_action()
    }

    /// What barrier and decrement are compared with.
    fn size(&self) -> f64 {
        self.action.action().max(self.options.least_action)
    }

    /// Derivative of the objective along the step.
    fn slope(&self) -> f64 {
        let unknowns = self.action.unknowns();
        dot(&self.gradient[unknowns.clone()], &self.step[unknowns])
    }

    /// `step = -H^{-1} gradient` by conjugate gradients, to the accuracy that the last `decrement` asks for;
    /// false when that was not reached.
    fn newton_step(&mut self, decrement: f64, knots: &[f64]) -> bool {
        let n = self.action.graph.nodes();
        let unknowns = self.action.unknowns();
        self.step.fill(0.0);
        for (r, g) in self.residual.iter_mut().zip(&self.gradient) {
            *r = -g;
        }
        centre_duals(&mut self.residual, knots, n);
        self.direction.copy_from_slice(&self.residual);
        self.preconditioner.apply(self.action, &mut self.direction);
        let first = dot(&self.residual[unknowns.clone()], &self.direction[unknowns.clone()]);
        let target = decrement.clamp(1e-8, self.preconditioner.rest()) * first;
        let (mut square, mut gained) = (first, 0.0);
        self.unsolved = if first == 0.0 { 0.0 } else { 1.0 };
        if first.is_nan() || first <= 0.0 {
            return first == 0.0;
        }
        for _ in 0..self.options.max_products {
            if watch::stopped() {
                return false;
            }
            self.action.hessian_product(&self.direction, &mut self.image, &mut self.work);
            let curvature = dot(&self.direction[unknowns.clone()], &self.image[unknowns.clone()]);
            if curvature.is_nan() || curvature <= 0.0 {
                // an energy that is not convex here: downhill is all that can be had
                if self.step.iter().all(|s| *s == 0.0) {
                    self.step.copy_from_slice(&self.direction);
                }
                return false;
            }
            centre_duals(&mut self.image, knots, n);
            let share = square / curvature;
            gained += share * square;
            axpy(share, &self.direction, &mut self.step);
            axpy(-share, &self.image, &mut self.residual);
            self.preconditioned.copy_from_slice(&self.residual);
            self.preconditioner.apply(self.action, &mut self.preconditioned);
            let next = dot(&self.residual[unknowns.clone()], &self.preconditioned[unknowns.clone()]);
            self.unsolved = worse(0.0, next / first).sqrt();
            // where masses nearly vanish the first square may be far more than all there is to gain
            if next <= target && next <= gained {
                return next >= 0.0;
            }
            let ratio = next / square;
            for (d, z) in self.direction.iter_mut().zip(&self.preconditioned) {
                *d = z + ratio * *d;
            }
            square = next;
        }
        false
    }

    /// Moves along the step as far as masses stay positive and the objective falls (Armijo's rule). Returns the part of
    /// the decrement that this leaves, at most.
    fn search(&mut self, knots: &mut Knots, slope: f64) -> Option<f64> {
        let action = &mut *self.action;
        // rounding in conjugate gradients must not add up to a change of mass
        let n = action.graph.nodes();
        for (step, mu) in self.step.chunks_exact_mut(n).zip(knots.mass.chunks_exact(n)) {
            let gained: f64 = step.iter().sum();
            axpy(-gained, mu, step);
        }
        action.at_nodes(&self.step, &mut self.mass_change, &mut self.rate_change);
        let pi = action.graph.reference();
        let (barrier, mut share, mut dual_share, mut changed) = (action.barrier, 1.0, 1.0, 0.0);
        let mut confine =
            |mass: &[f64], mass_change: &[f64], dual: &[f64], dual_change: &mut Vec<f64>| {
                dual_change.clear();
                dual_change.extend((0..mass.len()).map(|i| {
                    barrier * pi[i % n] / mass[i] - dual[i] * (1.0 + mass_change[i] / mass[i])
                }));
                changed = mass.iter().zip(mass_change).map(|(m, d)| (d / m).abs()).fold(changed, worse);
                share = f64::min(share, to_wall(mass, mass_change));
                dual_share = f64::min(dual_share, to_wall(dual, dual_change));
            };
        if action.node_walls {
            confine(&action.mass, &self.mass_change, &action.dual, &mut self.dual_change);
        }
        let walls = &action.knot_walls;
        confine(&walls.mass, &self.step[walls.first..], &walls.dual, &mut self.knot_dual_change);
        let start = action.action() + action.beyond_action();
        let noise = NOISE * start.abs();
        for _ in 0..40 {
            self.trial.move_from(knots, share, &self.step);
            let value = action.evaluate(&self.trial);
            if value.is_some_and(|v| v <= start + 1e-4 * share * slope + noise) {
                knots.copy_from(&self.trial);
                if action.node_walls {
                    axpy(dual_share, &self.dual_change, &mut action.dual);
                }
                axpy(dual_share, &self.knot_dual_change, &mut action.knot_walls.dual);
                action.confine_dual(DUAL_RANGE);
                (self.changed, self.share) = (changed, share);
                self.action.linearise();
                let left = 1.0 - share + share * (self.unsolved + BENT * changed);
                return Some(left.min(1.0));
            }
            share *= 0.5;
        }
        action.evaluate(knots);
        action.linearise();
        None
    }
}

/// Dual vectors mean the same whatever constant is added at a knot; without their mean under the masses there,
/// that constant's rounding does not drown them.
fn centre_duals(duals: &mut [f64], knots: &[f64], n: usize) {
    for (dual, mu) in duals.chunks_exact_mut(n).zip(knots.chunks_exact(n)) {
        let mean = dot(dual, mu);
        dual.iter_mut().for_each(|d| *d -= mean);
    }
}

/// The share of the change, at most one, that keeps all values positive.
fn to_wall(value: &[f64], change: &[f64]) -> f64 {
    let falling = value.iter().zip(change).filter(|(_, d)| **d < 0.0);
    falling.map(|(v, d)| -TO_WALL * v / d).fold(1.0, f64::min)
}
