//! The logarithm: the direction in which the geodesic to another distribution leaves.

use crate::error::{Error, Result};
use crate::geodesic::{Geodesic, GeodesicOptions};
use crate::graph::Graph;

impl Graph {
    /// The logarithm of `mu1` at `mu0`, two positive mass vectors of length `n`: the potential at the
    /// start of the geodesic from `mu0` to `mu1`, mean zero under `pi`. Its
    /// [`metric_norm`](Self::metric_norm) at `mu0` is the distance, and minus it is the derivative of
    /// `W^2/2` in `mu0`, up to a constant. Cost: one geodesic.
    ///
    /// # Errors
    /// As [`geodesic`](Self::geodesic), and [`Error::NotConverged`].
    pub fn logarithm(&self, mu0: &[f64], mu1: &[f64], options: &GeodesicOptions) -> Result<Vec<f64>> {
        let geodesic = self.geodesic(mu0, mu1, options)?;
        Ok(converged("the geodesic from mu0 to mu1", &geodesic)?.potential_start().to_vec())
    }
}

fn converged<'a>(what: &str, geodesic: &'a Geodesic) -> Result<&'a Geodesic> {
    if geodesic.converged() {
        return Ok(geodesic);
    }
    Err(Error::NotConverged { what: what.into(), reason: geodesic.termination().describe() })
}
