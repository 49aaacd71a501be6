//! The logarithm: the direction in which the geodesic to another distribution leaves.

use crate::error::{Error, Result};
use crate::geodesic::{Geodesic, GeodesicOptions, GeodesicSolver, Termination};
use crate::graph::Graph;
use crate::parallel;

impl Graph {
    /// The logarithm of `mu1` at `mu0`, two mass vectors of length `n`: the potential at the
    /// start of the geodesic from `mu0` to `mu1`, mean zero under `pi`. Its
    /// [`metric_norm`](Self::metric_norm) at `mu0` is the distance, and minus it is the derivative of
    /// `W^2/2` in `mu0`, up to a constant. At empty nodes of `mu0` it is as in
    /// [`Geodesic::potential_start`]. Cost: one geodesic.
    ///
    /// # Errors
    /// As [`geodesic`](Self::geodesic), and [`Error::NotConverged`].
    pub fn logarithm(&self, mu0: &[f64], mu1: &[f64], options: &GeodesicOptions) -> Result<Vec<f64>> {
        let geodesic = self.geodesic(mu0, mu1, options)?;
        Ok(converged("the geodesic from mu0 to mu1", &geodesic)?.potential_start().to_vec())
    }
}

/// The logarithm of a reference, and what else its geodesic tells.
pub(super) struct Logarithm {
    pub potential: Vec<f64>,
    pub distance: f64,
    pub error_estimate: f64,
}

/// The logarithms at `mu` of the references with the given indices. The references are checked by the
/// caller.
pub(super) fn logarithms<S: AsRef<[f64]> + Sync>(
    graph: &Graph,
    mu: &[f64],
    references: &[S],
    indices: &[usize],
    options: &GeodesicOptions,
    threads: usize,
) -> Result<Vec<Logarithm>> {
    parallel::map_jobs(indices.len(), threads, |k| {
        let i = indices[k];
        let geodesic = GeodesicSolver::new(graph, *options)?.solve(mu, references[i].as_ref())?;
        converged(&format!("the geodesic to references[{i}]"), &geodesic)?;
        Ok(Logarithm {
            potential: geodesic.potential_start().to_vec(),
            distance: geodesic.distance(),
            error_estimate: geodesic.error_estimate(),
        })
    })
}

/// Refuses an empty list, and references that are not positive distributions.
pub(super) fn check_references<S: AsRef<[f64]>>(graph: &Graph, references: &[S]) -> Result<()> {
    if references.is_empty() {
        return Err(Error::invalid("references", "empty; at least one is needed"));
    }
    for (i, reference) in references.iter().enumerate() {
        graph.check_positive_distribution(&format!("references[{i}]"), reference.as_ref())?;
    }
    Ok(())
}

fn converged<'a>(what: &str, geodesic: &'a Geodesic) -> Result<&'a Geodesic> {
    if geodesic.converged() {
        return Ok(geodesic);
    }
    if geodesic.termination() == Termination::Cancelled {
        return Err(Error::Cancelled);
    }
    Err(Error::NotConverged { what: what.into(), reason: geodesic.termination().describe() })
}
