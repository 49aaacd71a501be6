//! Geodesics between nearby positive distributions: shooting with a frozen Laplacian, on
//! collocation nodes.
//!
//! # The iteration
//!
//! Inside the simplex a geodesic solves the Hamiltonian system (Maas 2011; Erbar and Maas 2012)
//!
//! ```text
//! d mu /dt =  L(rho) psi
//! d psi_x/dt = -force_x(rho, psi),   force_x = 1/2 sum_y K(x,y) theta_s(rho_x,rho_y) (psi_x - psi_y)^2
//! ```
//!
//! with `mu` given at both ends. We keep the path at `s` Gauss nodes. One iteration takes a path
//! `(psi_j, mu_j)` and
//!
//! 1. sweeps the edges once per node for mobilities and forces, and integrates the forces to the
//!    potential's shape `q_i = -sum_j A_ij force_j`, keeping the path's mean potential;
//! 2. shoots: with these mobilities and potentials, the fluxes `F_j = L_j psi_j` miss the end by
//!    `r = mu1 - mu0 - sum_j b_j F_j`;
//! 3. corrects all potentials by `delta = Lbar^+ r`, with one factorised Laplacian `Lbar` (the
//!    mean over the path when it was factorised), and the masses by
//!    `mu_i = mu0 + sum_j A_ij F_j + c_i r`, so that the path always meets both ends.
//!
//! A fixed point is a collocation solution of the two-point problem. Compared with integrating the
//! system from `t = 0` for every correction, the path and the shooting error converge together:
//! an iteration costs `s` sweeps instead of a whole integration, and the ends stay met, so
//! positivity is lost much later. Anderson acceleration does the rest.
//!
//! The solve starts with few nodes and refines when the iteration has reached what the present nodes can resolve; what
//! is left of the error then is estimated in [`shot_error`](super::shot_error).

use super::anderson::{self, Anderson};
use super::collocation::{Collocation, MAX_STAGES};
use super::path::{ends_rounding, start_potential};
use super::shot_error::{largest, more_nodes, remainder, shot_error, sizes, tail};
use super::smooth_error::resolution_error;
use super::Goal;
use crate::error::{Error, Result};
use crate::graph::{Graph, LaplacianSolver, Mean, Sweep};
use crate::linalg::vector::{
    axpy, distance_1, distance_max, dot, mass_difference, max_abs, sum_abs, worse,
};
use crate::memory;
use crate::watch;

/// Nodes of the first, coarse solve.
const FIRST_STAGES: usize = 3;

/// The last change must be so small a part of the tolerance, unless it is below the second number.
const STILL: f64 = 0.01;
const SLOW: f64 = 1e-7;

/// Where the energy shows that a shot is worse than that, it goes on to a smaller target, so many times.
const TIGHTER: f64 = 0.1;
const MOST_TIGHTENED: usize = 5;

/// A step may shrink no mass below this share of what it was.
const SHRINK_LIMIT: f64 = 0.1;

/// A damped step shorter than this share of the full one means the path wants to leave the simplex.
const SHORTEST_STEP: f64 = 1.0 / 64.0;

/// Iterations without a new best residual after which the Laplacian is factorised afresh, and
/// twice that after which the iteration is declared stalled.
const PATIENCE: usize = 8;

/// Why the iteration stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Halt {
    Converged,
    IterationLimit,
    /// The iteration made no more progress.
    Stalled,
    /// The path wanted to leave the positive simplex.
    LeftSimplex,
    /// The path varies too fast in time for the largest number of nodes.
    Resolution,
    /// More time nodes take more memory than is allowed or there.
    Memory,
    Cancelled,
}

/// The path at the collocation nodes and what is known of its quality.
pub(crate) struct Shot {
    pub rule: Collocation,
    /// Potential at the start, mean zero under `pi`.
    pub psi_start: Vec<f64>,
    /// Potential at the end, mean zero under `pi`.
    pub psi_end: Vec<f64>,
    /// `psi_j` then `mu_j` for each node `j`: `2 n s` numbers.
    pub path: Vec<f64>,
    pub distance: f64,
    pub iterations: usize,
    pub residual: f64,
    /// The relative error, without the rounding of the masses.
    pub error: f64,
    /// What the iteration leaves of the error, at most.
    pub remainder: f64,
    /// The first Legendre coefficient that is left out, of forces and rates, relative.
    pub path_next: f64,
    /// The first Legendre coefficient of the forces that is left out, in the largest entry, relative.
    pub next: f64,
    /// What the rounding of the masses leaves uncertain, relative to their difference.
    pub rounding: f64,
    /// Whether the Laplacian was factorised for an earlier pair.
    pub reused_factor: bool,
    pub halt: Halt,
}

/// Buffers and the frozen Laplacian of one graph; reused from one solve to the next.
pub(crate) struct Shooter {
    graph: Graph,
    mean: Mean,
    sweep: Sweep,
    laplacian: LaplacianSolver,
    factorised: bool,
    rule: Collocation,
    /// The path, as in [`Shot`].
    path: Vec<f64>,
    image: Vec<f64>,
    /// Conductance times mobility, per node and edge.
    weight: Vec<f64>,
    /// `force_j`, then `F_j`: `n s` numbers.
    rate: Vec<f64>,
    /// Conductance times mean mobility along the path, per edge.
    mean_weight: Vec<f64>,
    /// `n` numbers: the correction; one after the other a Legendre coefficient, the potential before its
    /// shape is added and the end that was missed.
    correction: Vec<f64>,
    base: Vec<f64>,
    norm_weight: Vec<f64>,
    anderson: Anderson,
}

/// What one iteration saw.
struct Progress {
    /// Largest relative change of potentials and masses.
    change: f64,
    /// The next Legendre coefficient of the forces, in the largest entry, relative.
    next: f64,
    /// The last Legendre coefficient itself: what the path between the ends is good for.
    path_resolution: f64,
    decay: f64,
    action: f64,
}

impl Shooter {
    pub fn new(graph: &Graph, mean: Mean) -> Result<Self> {
        Ok(Self {
            graph: graph.clone(),
            mean,
            sweep: Sweep::new(graph, mean),
            laplacian: LaplacianSolver::new(graph)?,
            factorised: false,
            rule: Collocation::new(FIRST_STAGES),
            path: Vec::new(),
            image: Vec::new(),
            weight: Vec::new(),
            rate: Vec::new(),
            mean_weight: vec![0.0; graph.edges()],
            correction: vec![0.0; graph.nodes()],
            base: vec![0.0; graph.nodes()],
            norm_weight: vec![0.0; 2 * graph.nodes()],
            anderson: Anderson::new(),
        })
    }

    /// Solves from `mu0` to `mu1`, both positive, of equal mass and not equal (so there is an edge). With
    /// `keep_factor`, a Laplacian factorised for an earlier, similar pair serves again.
    pub fn solve(&mut self, mu0: &[f64], mu1: &[f64], goal: &Goal, keep_factor: bool) -> Result<Shot> {
        let difference = mass_difference(mu0, mu1);
        self.admit(FIRST_STAGES)?;
        self.set_stages(FIRST_STAGES);
        self.straight_line(mu0, &difference);
        let reused_factor = keep_factor && self.factorised;
        if !reused_factor {
            self.factorise_mean()?;
        }
        let rounding = ends_rounding(mu0, mu1);
        self.first_potential(&difference);
        self.set_norm(&difference);
        let wanted = goal.tolerance.max(rounding);
        let (mut target, mut iterations, mut tightened) = (wanted, 0, 0);
        let mut settled: Option<Shot> = None;
        loop {
            let (last, remainder, halt) =
                self.converge(mu0, &difference, target, goal.max_iterations, &mut iterations)?;
            // a factor that did not serve is not handed on to the next pair
            self.factorised = halt == Halt::Converged;
            let mut shot =
                Shot { remainder, rounding, reused_factor, ..self.shot(last, iterations, halt) };
            shot.error = shot_error(&shot, &self.graph, self.mean, [mu0, mu1]);
            if halt == Halt::Converged && shot.error <= wanted {
                return Ok(shot);
            }
            // a shot that settled has an error that is known, one that did not has none to compare with it
            let best = match settled {
                Some(before) if halt != Halt::Converged || before.error <= shot.error => before,
                _ => shot,
            };
            let halt = match halt {
                Halt::Converged if iterations >= goal.max_iterations => Halt::IterationLimit,
                Halt::Converged if tightened == MOST_TIGHTENED => Halt::Stalled,
                Halt::Converged => {
                    settled = Some(best);
                    (target, tightened) = (TIGHTER * target, tightened + 1);
                    continue;
                }
                halt => halt,
            };
            return Ok(Shot { halt, iterations, ..best });
        }
    }

    /// Iterates from the present path until time nodes and iteration leave less of the error than `target`, as far as
    /// they tell. Returns the last iteration and what it leaves.
    fn converge(
        &mut self,
        mu0: &[f64],
        difference: &[f64],
        target: f64,
        max_iterations: usize,
        iterations: &mut usize,
    ) -> Result<(Progress, f64, Halt)> {
        let still = target.min((STILL * target).max(SLOW));
        let mut best = f64::INFINITY;
        let mut since_best = 0;
        let mut changes = [f64::NAN; 2];
        loop {
            *iterations += 1;
            let progress = self.iterate(mu0, difference);
            let (change, resolution) = (progress.change, resolution_error(progress.next));
            let remainder = remainder(change, changes);
            changes = [change, changes[0]];
            if !change.is_finite() {
                return Ok((progress, remainder, Halt::LeftSimplex));
            }
            let resolved = resolution <= target;
            let still_enough = change <= still && remainder <= target;
            // a refinement disturbs the path by its own resolution: iterating beyond that first is wasted
            let finest = self.rule.stages() == MAX_STAGES;
            let settled = if finest { resolution } else { progress.path_resolution };
            watch::count(change);
            if watch::stopped() && !(still_enough && resolved) {
                return Ok((progress, remainder, Halt::Cancelled));
            }
            if still_enough || (!resolved && change <= settled) {
                if self.positive_image() {
                    std::mem::swap(&mut self.path, &mut self.image);
                }
                if resolved || finest {
                    let halt = if resolved { Halt::Converged } else { Halt::Resolution };
                    return Ok((progress, remainder, halt));
                }
                if *iterations >= max_iterations {
                    return Ok((progress, remainder, Halt::IterationLimit));
                }
                let stages = self.stages_for(target, &progress);
                if self.admit(stages).is_err() {
                    return Ok((progress, remainder, Halt::Memory));
                }
                self.refine(mu0, stages);
                (best, since_best) = (f64::INFINITY, 0);
                changes = [f64::NAN; 2];
                continue;
            }
            if *iterations >= max_iterations {
                return Ok((progress, remainder, Halt::IterationLimit));
            }
            if change < 0.9 * best {
                (best, since_best) = (change, 0);
            } else {
                since_best += 1;
            }
            if since_best == PATIENCE {
                match self.factorise_mean() {
                    Err(Error::Singular { .. }) => return Ok((progress, remainder, Halt::Stalled)),
                    other => other?,
                }
                self.anderson.restart();
            } else if since_best > 2 * PATIENCE {
                return Ok((progress, remainder, Halt::Stalled));
            }
            if !self.step() {
                return Ok((progress, remainder, Halt::LeftSimplex));
            }
        }
    }

    /// Refuses iterations with so many nodes where they take more memory than there is.
    fn admit(&self, stages: usize) -> Result<()> {
        let (n, m) = (self.graph.nodes(), self.graph.edges());
        // path, image and rates here; images and residuals of steps in the acceleration
        let remembered = 4 * (anderson::WINDOW + 2) * n;
        let needed = memory::doubles(&[stages, remembered + 5 * n + m]);
        memory::admit(needed, || format!("a path of {stages} time nodes"))
    }

    /// Reserves what iterations with so many nodes need.
    fn set_stages(&mut self, stages: usize) {
        let (n, m) = (self.graph.nodes(), self.graph.edges());
        if self.rule.stages() != stages {
            self.rule = Collocation::new(stages);
        }
        self.path.resize(2 * n * stages, 0.0);
        self.image.resize(2 * n * stages, 0.0);
        self.weight.resize(m * stages, 0.0);
        self.rate.resize(n * stages, 0.0);
        self.anderson.reserve(2 * n * stages);
    }

    /// Masses on the straight line between the ends, potentials zero.
    fn straight_line(&mut self, mu0: &[f64], difference: &[f64]) {
        let n = mu0.len();
        for (block, &c) in self.path.chunks_exact_mut(2 * n).zip(&self.rule.node) {
            let (psi, mu) = block.split_at_mut(n);
            psi.fill(0.0);
            for ((m, a), d) in mu.iter_mut().zip(mu0).zip(difference) {
                *m = a + c * d;
            }
        }
    }

    /// Factorises the Laplacian with the mean mobility along the path.
    fn factorise_mean(&mut self) -> Result<()> {
        let (n, m) = (self.graph.nodes(), self.graph.edges());
        for (block, weight) in self.path.chunks_exact(2 * n).zip(self.weight.chunks_exact_mut(m)) {
            self.sweep.mobility(&block[n..], weight);
        }
        self.mean_weight.fill(0.0);
        for (weight, b) in self.weight.chunks_exact(m).zip(&self.rule.weight) {
            axpy(*b, weight, &mut self.mean_weight);
        }
        self.factorised = false;
        self.laplacian.factorise(&self.mean_weight)?;
        self.factorised = true;
        Ok(())
    }

    /// The potential that would be exact if the mobility did not change along the path.
    fn first_potential(&mut self, difference: &[f64]) {
        let n = difference.len();
        self.correction.copy_from_slice(difference);
        self.laplacian.solve_in_place(&mut self.correction);
        for block in self.path.chunks_exact_mut(2 * n) {
            block[..n].copy_from_slice(&self.correction);
        }
    }

    /// Residuals are measured in `L^2(pi)` for potentials and `L^2(1/pi)` for masses, each relative
    /// to its size along the path.
    fn set_norm(&mut self, difference: &[f64]) {
        let n = difference.len();
        let pi = self.graph.reference();
        let psi_size: f64 = self.correction.iter().zip(pi).map(|(v, p)| p * v * v).sum();
        let mass_size: f64 = difference.iter().zip(pi).map(|(d, p)| d * d / p).sum();
        for x in 0..n {
            self.norm_weight[x] = pi[x] / psi_size;
            self.norm_weight[n + x] = 1.0 / (pi[x] * mass_size);
        }
    }

    /// One iteration from `path` to `image`.
    fn iterate(&mut self, mu0: &[f64], difference: &[f64]) -> Progress {
        let n = mu0.len();
        self.sweep_forces();
        let pi = self.graph.reference();
        let [(worst, worst_decay), (force_tail, force_decay)] =
            tail(&self.rule, &self.rate, |psi| sizes(psi, pi), &mut self.base);
        self.shapes();
        self.shoot();
        let [(flux_tail, flux_decay)] =
            tail(&self.rule, &self.rate, |flux| [sum_abs(flux)], &mut self.base);
        let action = self.correct(mu0, difference);

        // relative sizes
        let psi_size = max_abs(&self.image[..n]).max(f64::MIN_POSITIVE);
        let mass_size = sum_abs(difference);
        let mut change: f64 = 0.0;
        for (new, old) in self.image.chunks_exact(2 * n).zip(self.path.chunks_exact(2 * n)) {
            change = worse(change, distance_max(&new[..n], &old[..n]) / psi_size);
            change = worse(change, distance_1(&new[n..], &old[n..]) / mass_size);
        }
        let pi = self.graph.reference();
        let [largest, mean_size] = sizes(&self.image[..n], pi).map(|size| size.max(f64::MIN_POSITIVE));
        let relative = (force_tail / mean_size).max(flux_tail / mass_size);
        Progress {
            change,
            next: worst * worst_decay / largest,
            path_resolution: relative,
            decay: force_decay.max(flux_decay),
            action,
        }
    }

    /// Step 1: `force_j` into `rate`, mobilities into `weight`.
    fn sweep_forces(&mut self) {
        let (n, m) = (self.graph.nodes(), self.graph.edges());
        for (j, block) in self.path.chunks_exact(2 * n).enumerate() {
            let (psi, mu) = block.split_at(n);
            let weight = &mut self.weight[j * m..(j + 1) * m];
            self.sweep.force(mu, psi, weight, &mut self.rate[j * n..(j + 1) * n]);
        }
    }

    /// Potentials of the image: the path's mean potential plus the shape that the forces give.
    fn shapes(&mut self) {
        let n = self.graph.nodes();
        start_potential(&self.rule, 1.0, &self.path, &self.rate, &mut self.base);
        for block in self.image.chunks_exact_mut(2 * n) {
            block[..n].copy_from_slice(&self.base);
        }
        integrate(&self.rule, -1.0, &self.rate, &mut self.image, 0);
    }

    /// Step 2: fluxes `F_j` of the new potentials into `rate`.
    fn shoot(&mut self) {
        let (n, m) = (self.graph.nodes(), self.graph.edges());
        for (j, block) in self.image.chunks_exact(2 * n).enumerate() {
            let flux = &mut self.rate[j * n..(j + 1) * n];
            self.graph.apply_laplacian(&self.weight[j * m..(j + 1) * m], &block[..n], flux);
        }
    }

    /// Step 3: the missed end, the correction of the potentials, and the masses. Returns the action,
    /// corrected to first order for the change of the potentials.
    fn correct(&mut self, mu0: &[f64], difference: &[f64]) -> f64 {
        let n = mu0.len();
        let missed = &mut self.base;
        missed.copy_from_slice(difference);
        for (j, b) in self.rule.weight.iter().enumerate() {
            axpy(-b, &self.rate[j * n..(j + 1) * n], missed);
        }
        self.correction.copy_from_slice(missed);
        self.laplacian.solve_in_place(&mut self.correction);

        let mut action = 0.0;
        for (i, block) in self.image.chunks_exact_mut(2 * n).enumerate() {
            let (psi, mu) = block.split_at_mut(n);
            let flux = &self.rate[i * n..(i + 1) * n];
            action += self.rule.weight[i] * (dot(psi, flux) + 2.0 * dot(&self.correction, flux));
            axpy(1.0, &self.correction, psi);
            mu.copy_from_slice(mu0);
            axpy(self.rule.node[i], missed, mu);
        }
        integrate(&self.rule, 1.0, &self.rate, &mut self.image, n);
        action
    }

    /// Moves from `path` towards the image, accelerated while that keeps all masses positive.
    /// False when even a short plain step would not.
    fn step(&mut self) -> bool {
        let n = self.graph.nodes();
        self.anderson.accelerate(&self.path, &mut self.image, &self.norm_weight);
        if admissible_share(&self.path, &self.image, n) >= 1.0 {
            std::mem::swap(&mut self.path, &mut self.image);
            return true;
        }
        let Some(plain) = self.anderson.plain_image() else { return false };
        let share = admissible_share(&self.path, plain, n);
        if share.is_nan() || share < SHORTEST_STEP {
            return false;
        }
        for (old, new) in self.path.iter_mut().zip(plain) {
            *old += share.min(1.0) * (new - *old);
        }
        self.anderson.restart();
        true
    }

    fn positive_image(&self) -> bool {
        let n = self.graph.nodes();
        self.image.chunks_exact(2 * n).all(|block| block[n..].iter().all(|&m| m > 0.0))
    }

    /// The number of nodes to refine to: enough for the observed decay, at most thrice as many as now.
    fn stages_for(&self, target: f64, progress: &Progress) -> usize {
        let stages = self.rule.stages();
        let needed = stages + more_nodes(target, progress.next, progress.decay);
        needed.clamp(stages + 1, 3 * stages).min(MAX_STAGES)
    }

    /// Carries the path over to more nodes.
    fn refine(&mut self, mu0: &[f64], stages: usize) {
        let n = mu0.len();
        let old_rule = std::mem::replace(&mut self.rule, Collocation::new(stages));
        let old_path = std::mem::take(&mut self.path);
        // an extrapolated start is enough here, for the iteration goes on
        let start = extrapolate_start(&old_rule, &old_path, n);
        self.set_stages(stages);
        for (block, &c) in self.path.chunks_exact_mut(2 * n).zip(&self.rule.node) {
            let w = old_rule.interpolation(c);
            let (psi, mu) = block.split_at_mut(n);
            psi.fill(0.0);
            mu.fill(0.0);
            axpy(w[0], &start, psi);
            axpy(w[0], mu0, mu);
            for (old, w) in old_path.chunks_exact(2 * n).zip(&w[1..]) {
                axpy(*w, &old[..n], psi);
                axpy(*w, &old[n..], mu);
            }
            // between nodes the polynomial may dip below zero; a path to start from must not
            for (x, m) in mu.iter_mut().enumerate() {
                let least = old_path.chunks_exact(2 * n).map(|old| old[n + x]).fold(mu0[x], f64::min);
                *m = m.max(SHRINK_LIMIT * least);
            }
        }
    }

    /// The result; the ends of the potential follow from the forces along the final path.
    fn shot(&mut self, last: Progress, iterations: usize, halt: Halt) -> Shot {
        let n = self.graph.nodes();
        self.sweep_forces();
        let pi = self.graph.reference();
        let [(force, decay)] = tail(&self.rule, &self.rate, |psi| [largest(psi, pi)], &mut self.base);
        let mut psi_start = vec![0.0; n];
        start_potential(&self.rule, 1.0, &self.path, &self.rate, &mut psi_start);
        let mut psi_end = psi_start.clone();
        for (j, b) in self.rule.weight.iter().enumerate() {
            axpy(-b, &self.rate[j * n..(j + 1) * n], &mut psi_end);
        }
        self.graph.centre(&mut psi_start);
        self.graph.centre(&mut psi_end);
        let size = max_abs(&psi_start).max(max_abs(&psi_end)).max(f64::MIN_POSITIVE);
        let next = force * decay / size;
        Shot {
            rule: self.rule.clone(),
            psi_start,
            psi_end,
            path: self.path.clone(),
            // not f64::max, which would make a distance of zero out of NaN
            distance: if last.action < 0.0 { 0.0 } else { last.action.sqrt() },
            iterations,
            residual: last.change,
            error: f64::INFINITY,
            remainder: f64::INFINITY,
            next,
            path_next: next.max(last.path_resolution * last.decay),
            rounding: 0.0,
            reused_factor: false,
            halt,
        }
    }
}

/// The largest share of the step that leaves every mass above [`SHRINK_LIMIT`] of what it was, or
/// more than one.
fn admissible_share(path: &[f64], target: &[f64], n: usize) -> f64 {
    let mut share = f64::INFINITY;
    for (old, new) in path.chunks_exact(2 * n).zip(target.chunks_exact(2 * n)) {
        for (a, b) in old[n..].iter().zip(&new[n..]) {
            if !b.is_finite() {
                return 0.0;
            }
            if *b < SHRINK_LIMIT * a {
                share = share.min((1.0 - SHRINK_LIMIT) * a / (a - b));
            }
        }
    }
    share
}

/// Value at zero of the polynomial through the potentials at the nodes alone.
fn extrapolate_start(rule: &Collocation, path: &[f64], n: usize) -> Vec<f64> {
    let s = rule.stages();
    let mut start = vec![0.0; n];
    for k in 0..s {
        let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
        for (block, w) in path.chunks_exact(2 * n).zip(rule.legendre_row(k)) {
            axpy(sign * w, &block[..n], &mut start);
        }
    }
    start
}

/// Adds `sign * sum_j A_ij rate_j` to the part of block `i` that starts `offset` into it, for all `i`;
/// in pieces that stay in the first cache.
fn integrate(rule: &Collocation, sign: f64, rate: &[f64], path: &mut [f64], offset: usize) {
    const PIECE: usize = 256;
    let s = rule.stages();
    let n = rate.len() / s;
    for first in (0..n).step_by(PIECE) {
        let length = PIECE.min(n - first);
        for (i, block) in path.chunks_exact_mut(2 * n).enumerate() {
            let target = &mut block[offset + first..][..length];
            for j in 0..s {
                axpy(sign * rule.integral[i * s + j], &rate[j * n + first..][..length], target);
            }
        }
    }
}
