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
        let mu = at_loss(options.loss, mu0, mu1);
        let mut drive = at_loss(options.loss, geodesic.potential_start(), geodesic.potential_end());
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

/// First variations of the dense functionals where the loss looks; `given` are those of the caller's
/// functionals at both ends.
pub(super) fn features(
    model: &Model,
    options: &FitOptions,
    geodesic: &Geodesic,
    given: [&[Vec<f64>]; 2],
) -> Result<DMatrix<f64>> {
    let (mu0, mu1) = geodesic.ends();
    let mut features = match options.loss {
        Loss::Forward => model.features(mu0, given[0])?,
        Loss::Backward => model.features(mu1, given[1])?,
        Loss::Symmetric => 0.5 * (model.features(mu0, given[0])? + model.features(mu1, given[1])?),
    };
    for x in empty_nodes(options, mu0, mu1) {
        features.row_mut(x).fill(0.0);
    }
    Ok(features)
}

/// The variation of the entropy where the loss looks.
pub(super) fn entropy_feature(options: &FitOptions, geodesic: &Geodesic) -> Vec<f64> {
    let pi = geodesic.graph().reference();
    let logarithm = |mu: &[f64]| -> Vec<f64> { mu.iter().zip(pi).map(|(m, p)| (m / p).ln()).collect() };
    let (mu0, mu1) = geodesic.ends();
    let mut feature = at_loss(options.loss, &logarithm(mu0), &logarithm(mu1));
    empty_nodes(options, mu0, mu1).iter().for_each(|&x| feature[x] = 0.0);
    feature
}

/// The value that a loss uses of two ends'.
pub(super) fn at_loss(loss: Loss, start: &[f64], end: &[f64]) -> Vec<f64> {
    match loss {
        Loss::Forward => start.to_vec(),
        Loss::Backward => end.to_vec(),
        Loss::Symmetric => start.iter().zip(end).map(|(a, b)| 0.5 * (a + b)).collect(),
    }
}

/// Nodes whose edges are to be left out.
fn empty_nodes(options: &FitOptions, mu0: &[f64], mu1: &[f64]) -> Vec<usize> {
    match options.zeros {
        Zeros::LeaveOut => (0..mu0.len()).filter(|&x| mu0[x] == 0.0 || mu1[x] == 0.0).collect(),
        _ => Vec::new(),
    }
}
