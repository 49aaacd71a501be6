//! A step between two snapshots, as the quadratic losses see it.

use nalgebra::DMatrix;

use super::model::Model;
use super::options::{FitOptions, Loss, Weight, Zeros};
use crate::error::{self, Error, Result};
use crate::geodesic::{Geodesic, Termination};
use crate::graph::{Graph, Sweep};
use crate::linalg::vector::{axpy, dot};

/// The squared violation of the optimality condition, `sum_e w_e [D(g + d)]^2`, for the first variation
/// `g` of an energy at the place where the loss looks.
#[derive(Clone)]
pub(super) struct Step {
    /// `w`: weight of the step times that of the edge, per edge.
    pub weight: Vec<f64>,
    /// `d`: end potential over the time step, per node.
    pub drive: Vec<f64>,
}

impl Step {
    /// The step of length `tau` along a geodesic, with a weight in the loss.
    pub fn new(geodesic: &Geodesic, tau: f64, weight: f64, options: &FitOptions) -> Self {
        let graph = geodesic.graph();
        let (mu0, mu1) = geodesic.ends();
        let at_loss = |start: &[f64], end: &[f64]| match options.loss {
            Loss::Forward => start.to_vec(),
            Loss::Backward => end.to_vec(),
            Loss::Symmetric => mean(start, end),
        };
        let mu = at_loss(mu0, mu1);
        let mut drive = at_loss(geodesic.potential_start(), geodesic.potential_end());
        drive.iter_mut().for_each(|d| *d /= tau);
        let mut mobility = vec![0.0; graph.edges()];
        Sweep::new(graph, options.geodesic.mean).mobility(&mu, &mut mobility);
        for (m, c) in mobility.iter_mut().zip(graph.conductance()) {
            *m *= match options.weight {
                Weight::Metric => weight,
                Weight::Flux => weight * *m / c,
            };
        }
        let empty = empty_nodes(options, mu0, mu1);
        empty.iter().for_each(|&x| drive[x] = 0.0);
        if !empty.is_empty() {
            let mut is_empty = vec![false; graph.nodes()];
            empty.iter().for_each(|&x| is_empty[x] = true);
            for (e, (x, y)) in graph.edge_list().enumerate() {
                if is_empty[x] || is_empty[y] {
                    mobility[e] = 0.0;
                }
            }
        }
        Self { weight: mobility, drive }
    }

    /// `L (g + d)`: half the gradient of the violation with respect to `g`.
    pub fn force(&self, graph: &Graph, variation: &[f64]) -> Vec<f64> {
        let mut sum = self.drive.clone();
        axpy(1.0, variation, &mut sum);
        let mut image = vec![0.0; graph.nodes()];
        graph.apply_laplacian(&self.weight, &sum, &mut image);
        image
    }

    /// The violation and half its gradient with respect to `g`.
    pub fn violation(&self, graph: &Graph, variation: &[f64]) -> (f64, Vec<f64>) {
        let force = self.force(graph, variation);
        (dot(variation, &force) + dot(&self.drive, &force), force)
    }
}

/// The geodesics between consecutive snapshots at increasing times, with empty nodes treated as the
/// options say.
pub(super) fn geodesics_between<S: AsRef<[f64]>>(
    graph: &Graph,
    options: &FitOptions,
    times: &[f64],
    snapshots: &[S],
    threads: usize,
) -> Result<Vec<Geodesic>> {
    error::check_length("times", times.len(), snapshots.len())?;
    if snapshots.len() < 2 {
        let reason = format!("{} given, but a step needs two", snapshots.len());
        return Err(Error::invalid("snapshots", reason));
    }
    error::check_increasing("times", times)?;
    let mass = |(k, mu): (usize, &S)| -> Result<Vec<f64>> {
        let (name, mu) = (format!("snapshots[{k}]"), mu.as_ref());
        if let Zeros::Mix(share) = options.zeros {
            graph.check_distribution(&name, mu)?;
            return graph.mix_with_reference(mu, share);
        }
        options.check_masses(graph, &name, mu)?;
        Ok(mu.to_vec())
    };
    let masses: Vec<Vec<f64>> = snapshots.iter().enumerate().map(mass).collect::<Result<_>>()?;
    let geodesics = graph.geodesics(&masses, &options.geodesic, threads)?;
    if let Some(k) = geodesics.iter().position(|g| !g.converged()) {
        if geodesics[k].termination() == Termination::Cancelled {
            return Err(Error::Cancelled);
        }
        let what = format!("geodesic from snapshot {k} to {}", k + 1);
        return Err(Error::NotConverged { what, reason: geodesics[k].termination().describe() });
    }
    Ok(geodesics)
}

/// The snapshots at which a step looks, by their positions, and the share of each.
pub(super) type Look = Vec<(usize, f64)>;

/// Where a loss looks that knows the two ends of a step only; it starts at snapshot `k`.
pub(super) fn ends(loss: Loss, k: usize) -> Look {
    match loss {
        Loss::Forward => vec![(k, 1.0)],
        Loss::Backward => vec![(k + 1, 1.0)],
        Loss::Symmetric => vec![(k, 0.5), (k + 1, 0.5)],
    }
}

/// The sum of the snapshots' vectors with their shares.
pub(super) fn combine<'a>(look: &Look, of: impl Fn(usize) -> &'a [f64]) -> Vec<f64> {
    let mut sum = vec![0.0; of(look[0].0).len()];
    look.iter().for_each(|&(s, share)| axpy(share, of(s), &mut sum));
    sum
}

/// The mean of two vectors.
pub(super) fn mean(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| 0.5 * (a + b)).collect()
}

/// What the energies of a fit show at a snapshot, or at a step in a sum over snapshots.
#[derive(Clone)]
pub(super) struct Variations {
    /// First variations of the dense functionals, a column each.
    pub features: DMatrix<f64>,
    /// The variation of the entropy.
    pub entropy: Vec<f64>,
    /// The masses themselves, in which the variations of interactions are linear.
    pub mass: Vec<f64>,
}

impl Variations {
    /// At masses `mu`; `given` are the variations of the caller's functionals there.
    pub fn new(model: &Model, mu: &[f64], given: &[Vec<f64>]) -> Result<Self> {
        let pi = model.graph().reference();
        Ok(Self {
            features: model.features(mu, given)?,
            entropy: mu.iter().zip(pi).map(|(m, p)| (m / p).ln()).collect(),
            mass: mu.to_vec(),
        })
    }

    /// Those that the step between `mu0` and `mu1` sees of the snapshots'.
    pub fn seen(
        snapshots: &[Self],
        look: &Look,
        options: &FitOptions,
        mu0: &[f64],
        mu1: &[f64],
    ) -> Self {
        let (first, share) = look[0];
        let mut features = share * &snapshots[first].features;
        look[1..].iter().for_each(|&(s, share)| features += share * &snapshots[s].features);
        let mut entropy = combine(look, |s| &snapshots[s].entropy);
        for x in empty_nodes(options, mu0, mu1) {
            features.row_mut(x).fill(0.0);
            entropy[x] = 0.0;
        }
        Self { features, entropy, mass: combine(look, |s| &snapshots[s].mass) }
    }
}

/// Nodes whose edges are to be left out.
fn empty_nodes(options: &FitOptions, mu0: &[f64], mu1: &[f64]) -> Vec<usize> {
    match options.zeros {
        Zeros::LeaveOut => (0..mu0.len()).filter(|&x| mu0[x] == 0.0 || mu1[x] == 0.0).collect(),
        _ => Vec::new(),
    }
}
