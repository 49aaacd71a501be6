//! The steps of a trajectory, as the quadratic losses see them.
//!
//! # What the neighbours of a step add to the symmetric loss
//!
//! Along a flow the potential `phi = -dF` of the velocity obeys `mu' = L phi`, and its mean over a step
//! is nearly that of the geodesic's, `psi / tau`. The symmetric loss compares these means. With the
//! values at the two ends only, the trapezoidal rule, it errs by `O(tau^2)`. Where the trajectory goes
//! on, two more snapshots are at hand, and the error is brought down to `O(tau^4)` inside of a
//! trajectory of equal steps, to `O(tau^3)` elsewhere:
//!
//! - `dF` is averaged over the step by a rule on four snapshots that is exact for parabolas in time and
//!   gives the same share to both ends of the step. Noise in these moves the geodesic's potential one
//!   way at one end and the other way at the other; equal shares keep its correlation with `dF` at zero,
//!   as in the trapezoidal rule. In equal steps the shares are `(-1, 13, 13, -1) / 24`, and `(23, 23, 5,
//!   -3) / 48` at the first.
//! - `psi` is averaged by Simpson's rule.
//! - The two means differ where the flow is not a geodesic. Let `psi / tau = phi + delta`, and
//!   `alpha = phi' + 1/2 d(phi' L phi)/dmu` the flow's acceleration. The paths are `epsilon` apart, with
//!   `epsilon = 0` at both ends and `epsilon' = L delta + L[epsilon] phi`, where `L[v]` is the
//!   derivative of `L` along `v`. To leading order, with `s` the time since the middle of the step,
//!   `delta = -alpha s` and `epsilon = L alpha (tau^2/4 - s^2)/2`. The integral of `epsilon'` over the
//!   step vanishes:
//!
//! ```text
//! mean of delta = tau^2/12 L^+ ( L[L phi] alpha - L[L alpha] phi )
//! ```
//!
//!   `alpha` is read off the kinks between the geodesics of neighbouring steps, which have the same
//!   masses there; divided by the time between the middles of the steps they are what a second
//!   difference is in a flat space.
//!
//! Three or fewer snapshots, steps more than two and a half times as long as a neighbour, and empty
//! nodes have no use of this: there the loss looks at both ends only. So it does where steps are added
//! one by one.

use super::options::{FitOptions, Loss};
use super::step::{ends, geodesics_between, mean, Look, Step};
use crate::error::Result;
use crate::geodesic::Geodesic;
use crate::graph::{EdgeTangent, Graph, LaplacianSolver, Sweep};
use crate::linalg::vector::axpy;
use crate::parallel::map_jobs;

/// Steps that share one analysis of the Laplacian. A constant, so that the result does not depend on the
/// number of threads.
const GROUP: usize = 8;
/// Neighbouring steps may differ by this factor in length; beyond, a rule over both says nothing of
/// either.
const EVEN: f64 = 2.5;

/// Masses, steps and where each of them looks.
pub(super) struct Trajectory {
    /// With empty nodes treated as the options say.
    pub masses: Vec<Vec<f64>>,
    pub steps: Vec<Step>,
    /// Shares of the snapshots in each step, by their positions.
    pub looks: Vec<Look>,
}

impl Trajectory {
    /// The steps between consecutive snapshots at increasing times. Cost: the geodesics, on `threads`
    /// threads, and with the symmetric loss a factorised Laplacian per step.
    pub fn new<S: AsRef<[f64]>>(
        graph: &Graph,
        options: &FitOptions,
        times: &[f64],
        snapshots: &[S],
        threads: usize,
    ) -> Result<Self> {
        let geodesics = geodesics_between(graph, options, times, snapshots, threads)?;
        Self::along(graph, options, times, &geodesics, threads)
    }

    /// The steps along geodesics, each of which starts where the one before ends.
    pub fn along(
        graph: &Graph,
        options: &FitOptions,
        times: &[f64],
        geodesics: &[Geodesic],
        threads: usize,
    ) -> Result<Self> {
        let tau: Vec<f64> = times.windows(2).map(|t| t[1] - t[0]).collect();
        let course = Course { graph, options, geodesics, tau: &tau };
        let groups = geodesics.len().div_ceil(GROUP);
        let grouped = map_jobs(groups, threads, |g| {
            course.steps(g * GROUP..geodesics.len().min((g + 1) * GROUP))
        })?;
        let (steps, looks) = grouped.into_iter().flatten().unzip();
        let masses = (0..times.len()).map(|s| course.mass(s).to_vec()).collect();
        Ok(Self { masses, steps, looks })
    }
}

/// Geodesics one after the other, and the time each of them takes.
struct Course<'a> {
    graph: &'a Graph,
    options: &'a FitOptions,
    geodesics: &'a [Geodesic],
    tau: &'a [f64],
}

impl Course<'_> {
    /// The mass vector of snapshot `s`.
    fn mass(&self, s: usize) -> &[f64] {
        match self.geodesics.get(s) {
            Some(geodesic) => geodesic.ends().0,
            None => self.geodesics[s - 1].ends().1,
        }
    }

    /// Some consecutive steps and where they look.
    fn steps(&self, range: std::ops::Range<usize>) -> Result<Vec<(Step, Look)>> {
        let mut solver = None;
        let step = |k: usize| {
            let mut step = Step::new(&self.geodesics[k], self.tau[k], 1.0, self.options);
            let Some(look) = self.four_snapshots(k) else {
                return Ok((step, ends(self.options.loss, k)));
            };
            let solver = match &mut solver {
                Some(solver) => solver,
                none => none.insert(LaplacianSolver::new(self.graph)?),
            };
            step.drive = self.mean_potential(k)?;
            axpy(-1.0, &self.lag(k, solver)?, &mut step.drive);
            Ok((step, look))
        };
        range.map(step).collect()
    }

    /// The shares of four snapshots in step `k`, where they are to be had.
    fn four_snapshots(&self, k: usize) -> Option<Look> {
        let steps = self.tau.len();
        if self.options.loss != Loss::Symmetric || steps < 3 {
            return None;
        }
        let first = k.saturating_sub(1).min(steps - 3);
        let even = |pair: &[f64]| pair[0] <= EVEN * pair[1] && pair[1] <= EVEN * pair[0];
        let full = |s: usize| self.mass(s).iter().all(|m| *m > 0.0);
        if !self.tau[first..first + 3].windows(2).all(even) || !(first..first + 4).all(full) {
            return None;
        }
        // distances of the other two snapshots from the middle of the step, in units of its length
        let from_middle = |s: usize| {
            let (low, high, sign) = if s < k { (s, k, -1.0) } else { (k + 1, s, 1.0) };
            sign * (0.5 + self.tau[low..high].iter().sum::<f64>() / self.tau[k])
        };
        let others: Vec<usize> = (first..first + 4).filter(|&s| s != k && s != k + 1).collect();
        let (p, q) = (from_middle(others[0]), from_middle(others[1]));
        // the means of 1, t and t^2 over [-1/2, 1/2] are exact: 1, 0 and 1/12
        let a = -1.0 / (6.0 * (p - q) * (p + 0.25 / q));
        let b = -a * p / q;
        let end = 0.5 * (1.0 - a - b);
        Some(vec![(k, end), (k + 1, end), (others[0], a), (others[1], b)])
    }

    /// The geodesic's potential over the time step, averaged over it.
    fn mean_potential(&self, k: usize) -> Result<Vec<f64>> {
        let geodesic = &self.geodesics[k];
        let mut mean = geodesic.potential_at(0.5)?;
        mean.iter_mut().for_each(|psi| *psi *= 4.0);
        axpy(1.0, geodesic.potential_start(), &mut mean);
        axpy(1.0, geodesic.potential_end(), &mut mean);
        mean.iter_mut().for_each(|psi| *psi /= 6.0 * self.tau[k]);
        Ok(mean)
    }

    /// By how much that mean exceeds the flow's: the mean of `delta` above.
    fn lag(&self, k: usize, solver: &mut LaplacianSolver) -> Result<Vec<f64>> {
        let (geodesic, tau) = (&self.geodesics[k], self.tau[k]);
        let mass = mean(geodesic.ends().0, geodesic.ends().1);
        let mut sweep = Sweep::new(self.graph, self.options.geodesic.mean);
        let potential: Vec<f64> = geodesic.potential_at(0.5)?.iter().map(|psi| psi / tau).collect();
        let acceleration = self.acceleration(k);
        let (weight, mut lag) = turned(self.graph, &mut sweep, &mass, &potential, &acceleration);
        axpy(-1.0, &turned(self.graph, &mut sweep, &mass, &acceleration, &potential).1, &mut lag);
        solver.factorise_leaky(&weight)?;
        solver.solve_in_place(&mut lag);
        lag.iter_mut().for_each(|x| *x *= tau * tau / 12.0);
        Ok(lag)
    }

    /// `alpha` in the middle of step `k`: the mean over its ends, as far as the trajectory goes on
    /// there.
    fn acceleration(&self, k: usize) -> Vec<f64> {
        let mut sum = vec![0.0; self.graph.nodes()];
        let joints: Vec<usize> = (k.max(1)..=(k + 1).min(self.tau.len() - 1)).collect();
        for &s in &joints {
            let (before, after) = (self.tau[s - 1], self.tau[s]);
            let time = 0.5 * (before + after) * joints.len() as f64;
            axpy(1.0 / (after * time), self.geodesics[s].potential_start(), &mut sum);
            axpy(-1.0 / (before * time), self.geodesics[s - 1].potential_end(), &mut sum);
        }
        sum
    }
}

/// The weights of `L` at masses `mu`, and `L[L u] v`.
fn turned(graph: &Graph, sweep: &mut Sweep, mu: &[f64], u: &[f64], v: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let n = graph.nodes();
    let (mut rate, mut image, mut force) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    let mut edges = vec![EdgeTangent::default(); graph.edges()];
    sweep.linearise(mu, v, &mut edges, &mut force);
    let weight: Vec<f64> = edges.iter().map(|edge| edge.weight).collect();
    graph.apply_laplacian(&weight, u, &mut rate);
    for (edge, (x, y)) in edges.iter().zip(graph.edge_list()) {
        let flux = edge.transport_tail * rate[x] + edge.transport_head * rate[y];
        image[x] += flux;
        image[y] -= flux;
    }
    (weight, image)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Reference;

    /// Where the steps of snapshots at these times look, on a cycle.
    fn looks(times: &[f64], empty: Option<usize>) -> Vec<Look> {
        let graph = Graph::cycle(4, Reference::Uniform).expect("a cycle");
        let snapshots: Vec<Vec<f64>> = (0..times.len())
            .map(|s| match empty {
                Some(k) if k == s => vec![0.0, 0.4, 0.3, 0.3],
                _ => vec![0.3 - 0.01 * s as f64, 0.2 + 0.01 * s as f64, 0.25, 0.25],
            })
            .collect();
        let options = FitOptions::default().with_zeros(crate::fit::Zeros::LeaveOut);
        Trajectory::new(&graph, &options, times, &snapshots, 2).expect("geodesics").looks
    }

    #[test]
    fn parabolas_are_averaged_exactly() {
        for times in [&[0.0, 0.1, 0.2, 0.3, 0.4][..], &[0.0, 0.1, 0.25, 0.4, 0.6], &[0.0, 0.2, 0.3, 0.4]]
        {
            for (k, look) in looks(times, None).iter().enumerate() {
                assert_eq!((look.len(), look[0].1), (4, look[1].1), "both ends of the step count alike");
                let (begin, end) = (times[k], times[k + 1]);
                for power in 0..3 {
                    let found: f64 = look.iter().map(|&(s, share)| share * times[s].powi(power)).sum();
                    let integral = |t: f64| t.powi(power + 1) / f64::from(power + 1);
                    let sought = (integral(end) - integral(begin)) / (end - begin);
                    assert!((found - sought).abs() < 1e-14, "{times:?} {k} {power}: {found} {sought}");
                }
            }
        }
        let even = looks(&[0.0, 0.1, 0.2, 0.3, 0.4], None);
        let near = |look: &Look, shares: [(usize, f64); 4]| {
            look.iter().zip(shares).all(|(a, b)| a.0 == b.0 && (a.1 - b.1).abs() < 1e-14)
        };
        let (inner, outer) = (13.0 / 24.0, -1.0 / 24.0);
        assert!(near(&even[1], [(1, inner), (2, inner), (0, outer), (3, outer)]));
        let first = 23.0 / 48.0;
        assert!(near(&even[0], [(0, first), (1, first), (2, 5.0 / 48.0), (3, -3.0 / 48.0)]));
        assert!(near(&even[3], [(3, first), (4, first), (1, -3.0 / 48.0), (2, 5.0 / 48.0)]));
    }

    #[test]
    fn two_ends_are_enough_where_no_more_are_to_be_had() {
        let ends = |look: &Look| look.len() == 2;
        assert!(looks(&[0.0, 0.1, 0.2], None).iter().all(ends));
        // a step that is three times as long as its neighbours, and an empty node
        assert!(looks(&[0.0, 0.1, 0.4, 0.5], None).iter().all(ends));
        let with_empty = looks(&[0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6], Some(0));
        assert_eq!(with_empty.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 4, 4, 4, 4]);
    }
}
