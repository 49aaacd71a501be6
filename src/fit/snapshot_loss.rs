//! The quadratic losses for energies of any kind, such as neural networks: value and gradient with
//! respect to the first variations at the snapshots.

use super::options::FitOptions;
use super::step::{self, Look, Step};
use super::trajectory::Trajectory;
use crate::error::{self, Result};
use crate::graph::Graph;
use crate::linalg::vector::axpy;

/// The loss of a trajectory, `sum_k sum_e w_e [D(g + psi_k / tau_k)]^2` with the first variation `g` of
/// an energy and the end potentials `psi_k` of the geodesic of each step, both where the options look
/// (`Symmetric`: in the mean over the step,
/// see [`Loss`](super::Loss)). The same as a [`Fit`](super::Fit) minimises over energies
/// that are linear in their parameters.
///
/// A model with parameters `p` and first variations `g_s(p)` at the snapshots has the gradient
/// `sum_s (d g_s / d p)' G_s`, with the gradients `G_s` that
/// [`loss_and_gradient`](Self::loss_and_gradient) returns. The losses of several trajectories add up.
///
/// ```
/// use jkoflow::{FitOptions, Graph, Reference, SnapshotLoss};
/// let path = Graph::path(3, Reference::Uniform)?;
/// let snapshots = [vec![0.5, 0.3, 0.2], vec![0.45, 0.3, 0.25]];
/// let loss = SnapshotLoss::new(&path, &FitOptions::default(), &[0.0, 0.1], &snapshots, 1)?;
/// // a potential that is the same at both snapshots, improved by one step of gradient descent
/// let mut variations = vec![vec![0.0; 3]; 2];
/// let (before, gradient) = loss.loss_and_gradient(&variations)?;
/// for (v, g) in variations.iter_mut().zip(&gradient) {
///     v.iter_mut().zip(g).for_each(|(v, g)| *v -= 0.1 * g);
/// }
/// assert!(loss.loss_and_gradient(&variations)?.0 < before);
/// # Ok::<(), jkoflow::Error>(())
/// ```
#[derive(Clone)]
pub struct SnapshotLoss {
    graph: Graph,
    steps: Vec<Step>,
    looks: Vec<Look>,
}

impl SnapshotLoss {
    /// The loss of the steps between consecutive `snapshots` at increasing `times`. The terms among the
    /// options play no role. Cost: the geodesics, on `threads` threads.
    ///
    /// # Errors
    /// As [`Fit::add_trajectory`](super::Fit::add_trajectory).
    pub fn new<S: AsRef<[f64]> + Sync>(
        graph: &Graph,
        options: &FitOptions,
        times: &[f64],
        snapshots: &[S],
        threads: usize,
    ) -> Result<Self> {
        options.check()?;
        let Trajectory { steps, looks, .. } =
            Trajectory::new(graph, options, times, snapshots, threads)?;
        Ok(Self { graph: graph.clone(), steps, looks })
    }

    /// Number of snapshots.
    pub fn snapshots(&self) -> usize {
        self.steps.len() + 1
    }

    /// The loss, and its gradient with respect to the first variations, a vector of length `n` per
    /// snapshot. Constants in the variations change nothing. Cost: two sweeps over the edges per step.
    ///
    /// # Errors
    /// As many variations as snapshots are needed, each of length `n` and finite.
    pub fn loss_and_gradient<S: AsRef<[f64]>>(
        &self,
        first_variations: &[S],
    ) -> Result<(f64, Vec<Vec<f64>>)> {
        let n = self.graph.nodes();
        error::check_length("first_variations", first_variations.len(), self.snapshots())?;
        for (s, variation) in first_variations.iter().enumerate() {
            let name = format!("first_variations[{s}]");
            error::check_length(&name, variation.as_ref().len(), n)?;
            error::check_finite(&name, variation.as_ref())?;
        }
        let mut loss = 0.0;
        let mut gradient = vec![vec![0.0; n]; self.snapshots()];
        for (step, look) in self.steps.iter().zip(&self.looks) {
            let variation = step::combine(look, |s| first_variations[s].as_ref());
            let (violation, force) = step.violation(&self.graph, &variation);
            loss += violation;
            look.iter().for_each(|&(s, share)| axpy(2.0 * share, &force, &mut gradient[s]));
        }
        Ok((loss, gradient))
    }
}
