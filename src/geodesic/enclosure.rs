//! What one interval of time contributes to the two bounds on the distance.
//!
//! Knots `t_0 = 0 < ... < t_N = 1` cut the geodesic into intervals. On each the masses `mu_k` and
//! potentials `psi_k` at its two knots give a piece of a path and a piece of a certificate; `h` is
//! the interval's duration and `delta = mu_{k+1} - mu_k`.
//!
//! # Above
//!
//! `W_K` is no longer than any path. Take masses linear in time and a flux constant in time, with
//! divergence `delta / h`. Along that line `1/theta` is convex in time, because `theta` is concave and
//! positive, so the trapezoid rule on any subdivision bounds the mean of `1/theta` from above
//! (Hermite-Hadamard). With these means `A_e`, the cheapest flux is a potential flow for the edge
//! weights `w_e = c_e / A_e`, and the piece, run in unit time, has the action
//! `delta' L_w^+ delta`. Action in unit time bounds the square of a length, and `W_K` obeys the
//! triangle inequality, hence
//!
//! ```text
//! W_K(mu0, mu1) <= sum_k (delta_k' L_w^+ delta_k)^(1/2)
//! ```
//!
//! which is below the root of the total action: the intervals need not take the time they took.
//!
//! # Below
//!
//! For any `phi` that is continuous and piecewise smooth in time, and any path with flux `m`,
//!
//! ```text
//! <phi_1,mu1> - <phi_0,mu0> = int <phidot,mu> + sum_e m_e D_e phi dt <= int 1/2 sum_e m_e^2/(c_e theta_e) + G_t(mu_t) dt
//! G_t(mu) = <phidot,mu> + 1/2 sum_e c_e theta_e(rho) (D_e phi)^2
//! ```
//!
//! by Young's inequality. `theta` is concave and 1-homogeneous, so `G_t` is too, and lies below its
//! own tangent plane at any positive `rhohat`, which by Euler's identity passes through the origin.
//! On distributions a linear function is at most its largest coefficient:
//!
//! ```text
//! G_t(mu) <= max_x r_x(t),   r_x = phidot_x + 1/2 sum_y K(x,y) theta_s(rhohat_x, rhohat_y) (phi_x - phi_y)^2
//! W_K^2 / 2 >= <phi_1,mu1> - <phi_0,mu0> - int_0^1 max_x r_x(t) dt
//! ```
//!
//! This is all that is used of the mean, so it holds for all four. `phi` is a cubic Hermite interpolant
//! in time, with the slopes that make `r` vanish at the knots, so that `r` is of third order.
//!
//! The potentials at the knots are not those of the geodesic, whose errors between the ends would come
//! in at first order. They are carried on, from the middle or from an end, by their own equation,
//! `d phi/dt = -force(rhohat, phi)`. Then `r` would vanish altogether but for the integration's error, and
//! what `rhohat` lacks enters the bound as a square. Hence the bounds neither need a geodesic that
//! converged nor are limited by the accuracy of its path.
//!
//! # Nearly empty nodes
//!
//! `max_x r_x` asks for the same accuracy at nodes that are nearly empty, where forces grow like `1/t^2` towards an end
//! and are far larger than `W_K^2` between near ends. So `s phi` takes the place of `phi`, with `s` a little below one: its
//! `r` is `s (s - 1)` times the force, room for errors in proportion to the force. Of the bound it takes at most the share
//! `1 - s`, as forces are not negative.
//!
//! `phi` may also jump, by `J_x` at a time `t`: that adds `<J,mu_t>`, at most `max_x J_x`, to the right-hand
//! side, and `<J,mu>` of the path that is known to the sum over its intervals. Falls, `J_x < 0`, where that path has no
//! mass cost nothing. They are needed: while a node stays empty, as it may for a while with the arithmetic and harmonic means,
//! the geodesic's potential there falls faster than its force tells, and one that is carried on would lose it.
//!
//! # What is not proved
//!
//! The time integral of `max_x r_x` is a quadrature: see [`Enclosure::excess`] for the margin that is
//! taken for its error. Everything else is rigorous up to the rounding of double precision, for which
//! a margin is taken as well.

use super::Geodesic;
use crate::error::{Error, Result};
use crate::graph::{LaplacianSolver, Mean, Sweep};
use crate::linalg::vector::{axpy, dot, mass_difference, max_abs, worse};
use crate::watch;

/// What one interval contributes.
#[derive(Clone, Copy)]
pub(crate) struct Piece {
    pub start: f64,
    pub end: f64,
    /// Length of its path, an upper bound on the distance between the masses at its knots.
    pub length: f64,
    /// `<phi,mu>` at its end, less that at its start, less the integral of `max_x r_x`.
    pub dual: f64,
}

impl Piece {
    /// Its share of `(upper^2 - lower^2) / 2`. Not negative but for rounding: the argument for the
    /// lower bound holds on every interval.
    pub fn gap(&self) -> f64 {
        let above = 0.5 * self.length * self.length / (self.end - self.start);
        let gap = above - self.dual;
        // where the potentials overflowed, any large number asks for the most parts
        if gap.is_finite() {
            gap.max(0.0)
        } else {
            above / f64::EPSILON
        }
    }
}

/// Where the potentials at the knots come from.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Potential {
    /// Carried on from this time by their own equation, both ways.
    CarriedFrom(f64),
    /// The same, but where nodes are nearly empty they fall to those of the geodesic.
    FallingFrom(f64),
    /// Carried on from both ends, with a jump where they meet: into a layer at an end, where potentials grow like
    /// `1/t`, errors grow like `1/t^2`, and out of it they fade as fast.
    CarriedFromEnds,
    /// Those of the geodesic: where the equation cannot be integrated from the start in large steps.
    Sampled,
}

/// The geodesic at one knot.
#[derive(Default)]
struct Knot {
    time: f64,
    /// Masses, positive.
    mu: Vec<f64>,
    /// `rhohat`, as masses.
    hat: Vec<f64>,
    /// `d mu/dt = L(rho) psi`.
    mu_rate: Vec<f64>,
    psi: Vec<f64>,
    /// `d phi/dt = -force(rhohat, psi)`.
    psi_rate: Vec<f64>,
    /// Conductance times mobility of each edge.
    weight: Vec<f64>,
}

/// `rhohat` is the path's density plus this part of the gap wanted, at most the second density. It keeps the
/// forces at empty nodes within reach of the integration; the bound loses less than the gap, for this enters as a
/// square too but where a node is empty all the time, or passes much on with little mass.
pub(crate) fn usual_smoothing(gap: f64) -> f64 {
    f64::min(0.3 * gap, 0.01)
}

/// By which part of the gap wanted potentials are smaller than their equation makes them.
const SCALED_PART: f64 = 0.3;

/// A node's potential may fall at a knot where that costs no more than this part of the gap wanted, if all nodes did so at
/// all knots: few do.
const FALL_PART: f64 = 20.0;

/// No mass between the ends is taken to be below this share of the smaller one there.
const LEAST_SHARE: f64 = 1e-3;

/// Parts of an interval on which the trapezoid rule bounds the mean of `1/theta`.
const PANELS: usize = 4;

/// An edge with a density that changes by more than this factor has a subdivision of its own ...
const STEEP: f64 = 2.0;

/// ... on which that density grows by this factor from point to point.
const GROWTH: f64 = 1.25;

/// Parts of an interval on which the excess is sampled.
const SAMPLES: usize = 8;

/// Evaluates pieces, with the buffers for it.
pub(crate) struct Enclosure<'a> {
    geodesic: &'a Geodesic,
    /// What `rhohat` has beyond the path's masses.
    smoothing: Vec<f64>,
    /// What the potentials are multiplied with in the end.
    scale: f64,
    /// What the fall of one node's potential may cost per unit of time.
    fall_allowed: f64,
    sweep: Sweep,
    laplacian: LaplacianSolver,
    knots: [Knot; 2],
    mu: Vec<f64>,
    psi: Vec<f64>,
    weight: Vec<f64>,
    mean_inverse: Vec<f64>,
    residual: Vec<f64>,
    /// `r` at the `SAMPLES + 1` equally spaced times of an interval.
    samples: Vec<Vec<f64>>,
}

impl<'a> Enclosure<'a> {
    /// With this share of the reference density in `rhohat`, see [`usual_smoothing`]; for potentials that are scaled and may fall for
    /// bounds with this relative `gap`.
    pub fn new(geodesic: &'a Geodesic, smoothing: f64, gap: f64) -> Result<Self> {
        let graph = &geodesic.graph;
        let (n, m) = (graph.nodes(), graph.edges());
        Ok(Self {
            geodesic,
            smoothing: graph.reference().iter().map(|p| smoothing * p).collect(),
            scale: 1.0 - SCALED_PART * gap,
            fall_allowed: FALL_PART * gap * 0.5 * geodesic.distance * geodesic.distance / n as f64,
            sweep: Sweep::new(graph, geodesic.mean),
            laplacian: LaplacianSolver::new(graph)?,
            knots: [Knot::default(), Knot::default()],
            mu: vec![0.0; n],
            psi: vec![0.0; n],
            weight: vec![0.0; m],
            mean_inverse: vec![0.0; m],
            residual: vec![0.0; n],
            samples: vec![vec![0.0; n]; SAMPLES + 1],
        })
    }

    /// The pieces of path between consecutive `times`, with no certificate yet.
    pub fn paths(&mut self, times: &[f64]) -> Result<Vec<Piece>> {
        let mut pieces = Vec::with_capacity(times.len() - 1);
        self.knots[1] = self.knot(times[0])?;
        for pair in times.windows(2) {
            self.knots.swap(0, 1);
            self.knots[1] = self.knot(pair[1])?;
            pieces.push(Piece { start: pair[0], end: pair[1], length: self.length()?, dual: 0.0 });
        }
        Ok(pieces)
    }

    /// Computes what the pieces, which follow each other from 0 to 1, contribute to the lower bound.
    pub fn certify(&mut self, pieces: &mut [Piece], potential: Potential) -> Result<()> {
        let anchor = match potential {
            Potential::CarriedFrom(time) | Potential::FallingFrom(time) => time,
            _ => 0.5,
        };
        let (before, after) = pieces.split_at_mut(pieces.partition_point(|piece| piece.start < anchor));
        if potential != Potential::CarriedFromEnds {
            self.forward(after, potential)?;
            return self.backward(before, potential);
        }
        self.forward(before, potential)?;
        let left = self.knots[1].psi.clone();
        self.backward(after, potential)?;
        if let (Some(last), false) = (before.last_mut(), after.is_empty()) {
            last.dual -= jump_loss(&left, &self.knots[0].psi, &self.knots[0].mu);
        }
        Ok(())
    }

    /// Certifies pieces one after the other.
    fn forward(&mut self, pieces: &mut [Piece], potential: Potential) -> Result<()> {
        let Some(first) = pieces.first() else { return Ok(()) };
        self.knots[1] = self.knot(first.start)?;
        for piece in pieces {
            self.knots.swap(0, 1);
            self.knots[1] = self.knot(piece.end)?;
            piece.dual = self.certificate(0, 1, potential);
        }
        Ok(())
    }

    /// Certifies pieces, the last one first.
    fn backward(&mut self, pieces: &mut [Piece], potential: Potential) -> Result<()> {
        let Some(last) = pieces.last() else { return Ok(()) };
        self.knots[0] = self.knot(last.end)?;
        for piece in pieces.iter_mut().rev() {
            self.knots.swap(0, 1);
            self.knots[0] = self.knot(piece.start)?;
            piece.dual = self.certificate(1, 0, potential);
        }
        Ok(())
    }

    /// What the interval contributes to the lower bound, with potentials known at the knot `from`.
    fn certificate(&mut self, from: usize, to: usize, potential: Potential) -> f64 {
        if potential == Potential::Sampled {
            return self.dual();
        }
        let sampled = self.knots[to].psi.clone();
        self.carry(from, to);
        let dual = self.dual();
        if let Potential::FallingFrom(_) = potential {
            return dual - self.fall(to, &sampled);
        }
        dual
    }

    /// Replaces the potential at one knot by that of `d phi/dt = -force(rhohat, phi)` from the other, by
    /// the classical Runge-Kutta step, forwards or backwards in time.
    fn carry(&mut self, from: usize, to: usize) {
        let Self { sweep, mu, psi, weight, residual: force, knots, .. } = self;
        let mut b = std::mem::take(&mut knots[to]);
        let a = &knots[from];
        let h = b.time - a.time;
        let step: Vec<f64> = b.mu.iter().zip(&a.mu).map(|(b, a)| b - a).collect();
        hermite_mass(0.5, h, a, &b, &step, mu);
        let mut next = a.psi.clone();
        axpy(h / 6.0, &a.psi_rate, &mut next);
        psi.copy_from_slice(&a.psi);
        axpy(0.5 * h, &a.psi_rate, psi);
        for reach in [0.5 * h, h] {
            sweep.force(mu, psi, weight, force);
            axpy(-h / 3.0, force, &mut next);
            psi.copy_from_slice(&a.psi);
            axpy(-reach, force, psi);
        }
        sweep.force(&b.hat, psi, weight, force);
        axpy(-h / 6.0, force, &mut next);
        self.geodesic.graph.centre(&mut next);
        sweep.force(&b.hat, &next, weight, &mut b.psi_rate);
        b.psi_rate.iter_mut().for_each(|f| *f = -*f);
        b.psi = next;
        knots[to] = b;
    }

    /// Lets the potential at a knot, which was carried to there, fall in the direction of time where that brings it to the
    /// `sampled` one at little cost; returns what that takes from the lower bound.
    fn fall(&mut self, at: usize, sampled: &[f64]) -> f64 {
        let allowed = self.fall_allowed * (self.knots[1].time - self.knots[0].time);
        let Knot { mu, hat, psi, psi_rate, .. } = &mut self.knots[at];
        let carried = psi.clone();
        let shift = dot(mu, &carried) - dot(mu, sampled);
        // backwards in time it is the later potential that is known
        let forwards = at == 1;
        for ((psi, sampled), m) in psi.iter_mut().zip(sampled).zip(mu.iter()) {
            let target = sampled + shift;
            let falls = if forwards { target < *psi } else { target > *psi };
            if falls && (target - *psi).abs() * m < allowed {
                *psi = target;
            }
        }
        self.sweep.force(hat, psi, &mut self.weight, psi_rate);
        psi_rate.iter_mut().for_each(|f| *f = -*f);
        if forwards {
            jump_loss(&carried, psi, mu)
        } else {
            jump_loss(psi, &carried, mu)
        }
    }

    /// Samples the geodesic.
    fn knot(&mut self, time: f64) -> Result<Knot> {
        watch::check()?;
        let graph = &self.geodesic.graph;
        let (n, m) = (graph.nodes(), graph.edges());
        let mut mu = self.geodesic.mass_at(time)?;
        if time > 0.0 && time < 1.0 {
            // between its nodes the path's polynomial may dip below zero
            let (start, end) = self.geodesic.ends();
            for ((m, u), v) in mu.iter_mut().zip(start).zip(end) {
                *m = m.max(LEAST_SHARE * u.min(*v));
            }
            mu = super::normalised(&mu);
        }
        let psi = self.geodesic.potential_at(time)?;
        let (mut weight, mut psi_rate, mut mu_rate) = (vec![0.0; m], vec![0.0; n], vec![0.0; n]);
        self.sweep.mobility(&mu, &mut weight);
        graph.apply_laplacian(&weight, &psi, &mut mu_rate);
        let hat: Vec<f64> = mu.iter().zip(&self.smoothing).map(|(m, more)| m + more).collect();
        self.sweep.force(&hat, &psi, &mut self.weight, &mut psi_rate);
        psi_rate.iter_mut().for_each(|f| *f = -*f);
        Ok(Knot { time, mu, hat, mu_rate, psi, psi_rate, weight })
    }

    /// The length of the straight path between the knots.
    fn length(&mut self) -> Result<f64> {
        if self.knots[0].mu == self.knots[1].mu {
            return Ok(0.0);
        }
        self.mean_inverse();
        self.weight.iter_mut().zip(&self.mean_inverse).for_each(|(w, inverse)| *w = 1.0 / inverse);
        self.least_length()
    }

    /// An upper bound on the distance between the masses at these two times, of which those at `end` may be zero: on
    /// the straight path mobilities are at least the share `u` of those at `time`, for they are concave, and
    /// `int_0^1 u^(-1/2) du = 2`.
    pub fn length_from_end(&mut self, end: f64, time: f64) -> Result<f64> {
        self.knots = [self.knot(end)?, self.knot(time)?];
        self.weight.copy_from_slice(&self.knots[1].weight);
        Ok(2.0 * self.least_length()?)
    }

    /// An upper bound on the root of `delta' L_w^+ delta`, `delta` the difference of the knots' masses and `w` the `weight`.
    fn least_length(&mut self) -> Result<f64> {
        let graph = &self.geodesic.graph;
        let [a, b] = &self.knots;
        let mut delta = mass_difference(&a.mu, &b.mu);
        // squares of the least masses underflow
        let scale = max_abs(&delta);
        if scale == 0.0 {
            return Ok(0.0);
        }
        delta.iter_mut().for_each(|d| *d /= scale);
        self.laplacian.factorise(&self.weight)?;
        self.psi.copy_from_slice(&delta);
        self.laplacian.solve_in_place(&mut self.psi);

        // delta' L^+ delta = psi' L psi + 2 psi' rest + rest' L^+ rest with rest = delta - L psi, for any
        // psi: so a potential that is slightly wrong does not spoil the bound
        let rest = &mut self.residual;
        graph.apply_laplacian(&self.weight, &self.psi, rest);
        rest.iter_mut().zip(&delta).for_each(|(r, d)| *r = d - *r);
        let mut action =
            graph.dirichlet_form(&self.weight, &self.psi) + 2.0 * dot(&self.psi, rest).abs();
        self.psi.copy_from_slice(rest);
        self.laplacian.solve_in_place(&mut self.psi);
        action += dot(&self.psi, rest).abs();
        if !action.is_finite() {
            return Err(Error::Singular {
                what: "weighted graph Laplacian",
                detail: "the path's action is not finite".into(),
            });
        }
        Ok(scale * action.sqrt())
    }

    /// An upper bound on the mean of `1 / (c theta)` along the straight path, per edge.
    fn mean_inverse(&mut self) {
        let [a, b] = &self.knots;
        let mean_inverse = &mut self.mean_inverse;
        let (inner, outer) = (1.0 / PANELS as f64, 0.5 / PANELS as f64);
        for ((sum, u), v) in mean_inverse.iter_mut().zip(&a.weight).zip(&b.weight) {
            *sum = outer / u + outer / v;
        }
        for k in 1..PANELS {
            let share = k as f64 / PANELS as f64;
            for ((m, u), v) in self.mu.iter_mut().zip(&a.mu).zip(&b.mu) {
                *m = (1.0 - share) * u + share * v;
            }
            self.sweep.mobility(&self.mu, &mut self.weight);
            for (sum, w) in mean_inverse.iter_mut().zip(&self.weight) {
                *sum += inner / w;
            }
        }
        let graph = &self.geodesic.graph;
        let pi = graph.reference();
        let steep: Vec<bool> =
            a.mu.iter().zip(&b.mu).map(|(u, v)| u.max(*v) > STEEP * u.min(*v)).collect();
        for (e, (x, y)) in graph.edge_list().enumerate() {
            if steep[x] || steep[y] {
                let from = [a.mu[x] / pi[x], a.mu[y] / pi[y]];
                let to = [b.mu[x] / pi[x], b.mu[y] / pi[y]];
                let graded = graded_mean_inverse(self.geodesic.mean, from, to) / graph.conductance()[e];
                mean_inverse[e] = mean_inverse[e].min(graded);
            }
        }
    }

    /// `<phi,mu>` at the right knot less that at the left, less the integral of `max_x r_x`, for the scaled potentials.
    fn dual(&mut self) -> f64 {
        let [a, b] = &self.knots;
        let h = b.time - a.time;
        let n = a.mu.len();
        let delta: Vec<f64> = b.mu.iter().zip(&a.mu).map(|(b, a)| b - a).collect();
        let step: Vec<f64> = b.psi.iter().zip(&a.psi).map(|(b, a)| b - a).collect();
        // written so that what nearly equal ends have in common does not cancel
        let gain = dot(&b.psi, &delta) + dot(&step, &a.mu);
        let size = |u: &[f64], v: &[f64]| u.iter().zip(v).map(|(a, b)| (a * b).abs()).sum::<f64>();
        let sums = size(&b.psi, &delta) + size(&step, &a.mu);
        let slopes = h * (max_abs(&a.psi_rate) + max_abs(&b.psi_rate)) + max_abs(&step);
        let rounding = f64::EPSILON * ((16.0 + n as f64 / 8.0) * sums + 32.0 * slopes);

        for k in 1..SAMPLES {
            self.sample(k, &delta, &step);
        }
        for (k, knot) in [(0, &self.knots[0]), (SAMPLES, &self.knots[1])] {
            let rates = self.samples[k].iter_mut().zip(&knot.psi_rate);
            rates.for_each(|(r, rate)| *r = (1.0 - self.scale) * rate);
        }
        let gauge = self.set_gauge(h);
        self.scale * (gain + gauge - self.excess(h) - rounding)
    }

    /// `r/s` at sample `k`: of the Hermite interpolants `phi`, and of that of the masses for `rhohat`.
    fn sample(&mut self, k: usize, delta: &[f64], step: &[f64]) {
        let [a, b] = &self.knots;
        let h = b.time - a.time;
        let t = k as f64 / SAMPLES as f64;
        hermite(t, h, &a.psi, step, [&a.psi_rate, &b.psi_rate], &mut self.psi);
        hermite_mass(t, h, a, b, delta, &mut self.mu);
        let r = &mut self.samples[k];
        self.sweep.force(&self.mu, &self.psi, &mut self.weight, r);
        r.iter_mut().for_each(|r| *r *= self.scale);
        axpy(6.0 * t * (1.0 - t) / h, step, r);
        axpy((1.0 - t) * (1.0 - 3.0 * t), &a.psi_rate, r);
        axpy(t * (3.0 * t - 2.0), &b.psi_rate, r);
    }

    /// Adds to the potentials the function of time alone that makes `max_x r_x`
    /// integrate to about zero, and returns what it gains. Any such function leaves the bound
    /// valid, and this one makes `max_x r_x` small, of which the quadrature is taken.
    fn set_gauge(&mut self, h: f64) -> f64 {
        let simpson = |k: usize| (2 + 2 * (k % 2)) as f64 / (3 * SAMPLES) as f64;
        let mean: f64 = (1..SAMPLES).map(|k| simpson(k) * largest(&self.samples[k])).sum();
        for k in 1..SAMPLES {
            let t = k as f64 / SAMPLES as f64;
            self.samples[k].iter_mut().for_each(|r| *r -= 6.0 * t * (1.0 - t) * mean);
        }
        -h * mean
    }

    /// An estimate of `int max_x r_x dt` from above.
    ///
    /// On a panel of width `d` each `r_x` lies above its chord by at most `p_x = d^2/8 max(-r_x'')`, and above the chord of
    /// `max_x r_x` by `g_x` less, the smaller of its distances from the maximum at the panel's ends. What is above is
    /// part of a parabola, on average at most two thirds of `p_x - g_x`. So the maximum's integral exceeds the trapezoid rule
    /// by at most `2 d/3 max_x (p_x - g_x)`, kinks of the maximum notwithstanding: they bend upwards. The
    /// second derivative is taken from second differences: the larger of those at the panel's ends, and
    /// twice that, for they are samples. Where they do not resolve `r`, half as many samples tell: what that
    /// changes is added as well.
    fn excess(&self, h: f64) -> f64 {
        let tops: Vec<f64> = self.samples.iter().map(|r| largest(r)).collect();
        let trapezoid = |step: usize| -> f64 {
            let inner: f64 = (step..SAMPLES).step_by(step).map(|k| tops[k]).sum();
            (0.5 * (tops[0] + tops[SAMPLES]) + inner) * step as f64
        };
        let above = |panel: usize, x: usize| -> f64 {
            let r = |k: usize| self.samples[k][x];
            let bend = |k: usize| 2.0 * r(k) - r(k - 1) - r(k + 1);
            let peak = 0.25 * worse(bend(panel.max(1)), bend((panel + 1).min(SAMPLES - 1)));
            peak - f64::min(tops[panel] - r(panel), tops[panel + 1] - r(panel + 1))
        };
        let nodes = self.samples[0].len();
        let margin = |panel| (0..nodes).map(|x| above(panel, x)).fold(0.0, worse);
        let margins: f64 = (0..SAMPLES).map(margin).sum();
        h / SAMPLES as f64 * (trapezoid(1) + (trapezoid(1) - trapezoid(2)).abs() + margins * 2.0 / 3.0)
    }
}

/// The largest of these numbers, NaN if one is.
fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, worse)
}

/// What a jump of the potentials from `left` to `right` takes from the lower bound, `max_x J_x - <J,mu>`, and its
/// rounding.
fn jump_loss(left: &[f64], right: &[f64], mu: &[f64]) -> f64 {
    let jump: Vec<f64> = right.iter().zip(left).map(|(r, l)| r - l).collect();
    let sizes: f64 = jump.iter().zip(mu).map(|(j, m)| (j * m).abs()).sum();
    let rounding = f64::EPSILON * ((16.0 + jump.len() as f64 / 8.0) * sizes + max_abs(&jump));
    largest(&jump) - dot(&jump, mu) + rounding
}

/// The cubic on an interval of duration `h` that begins at `start`, grows by `step` and has these rates at
/// its ends, at the share `t` of the interval.
fn hermite(t: f64, h: f64, start: &[f64], step: &[f64], rates: [&[f64]; 2], out: &mut [f64]) {
    out.copy_from_slice(start);
    axpy(t * t * (3.0 - 2.0 * t), step, out);
    axpy(h * t * (1.0 - t) * (1.0 - t), rates[0], out);
    axpy(-h * t * t * (1.0 - t), rates[1], out);
}

/// `rhohat` between two knots, as masses: the cubic, and positive.
fn hermite_mass(t: f64, h: f64, a: &Knot, b: &Knot, step: &[f64], out: &mut [f64]) {
    hermite(t, h, &a.hat, step, [&a.mu_rate, &b.mu_rate], out);
    for ((m, u), v) in out.iter_mut().zip(&a.hat).zip(&b.hat) {
        *m = m.max(0.5 * u.min(*v));
    }
}

/// An upper bound on the mean of `1/theta` along the segment between two pairs of densities, by the
/// trapezoid rule on points at which the density that changes most grows geometrically.
fn graded_mean_inverse(mean: Mean, from: [f64; 2], to: [f64; 2]) -> f64 {
    let growth = |k: usize| (to[k] / from[k]).ln();
    let lead = if growth(0).abs() > growth(1).abs() { 0 } else { 1 };
    // starting where the leading density is small, so that the fine end is resolved
    let (from, to) = if growth(lead) > 0.0 { (from, to) } else { (to, from) };
    let growth = (to[lead] / from[lead]).ln();
    let points = (growth / GROWTH.ln()).ceil();
    let inverse = |share: f64| {
        let at = |k: usize| (1.0 - share) * from[k] + share * to[k];
        1.0 / mean.value(at(0), at(1))
    };
    let (mut sum, mut before, mut value) = (0.0, 0.0, inverse(0.0));
    for j in 1..=points as usize {
        let share = match j as f64 {
            j if j == points => 1.0,
            j => (j / points * growth).exp_m1() / growth.exp_m1(),
        };
        let next = inverse(share);
        sum += 0.5 * (share - before) * (value + next);
        (before, value) = (share, next);
    }
    sum
}
