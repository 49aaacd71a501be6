//! Barycentric weights: of which barycentre is a distribution closest to being?
//!
//! At a barycentre `mu` of the references `nu_i` with weights `w` the gradient
//! `-sum_i w_i log_mu(nu_i)` vanishes. Conversely the weights of a given `mu` are sought by making that
//! gradient as small as it can be in the metric at `mu` (Werenski, Jiang, Tasissa, Aeron, Murphy,
//! Measure estimation in the barycentric coding model, ICML 2022, theorem 1, there for optimal
//! transport in space),
//!
//! ```text
//! min w' A w,   A_ij = log_mu(nu_i)' L(rho) log_mu(nu_j),   w >= 0,   sum w = 1,
//! ```
//!
//! which is the point of least norm in the convex hull of the logarithms. Wolfe's method (Math.
//! Programming 11, 1976) finds it exactly in finitely many steps.

use nalgebra::{DMatrix, DVector};

use crate::error::{Error, Result};
use crate::geodesic::GeodesicOptions;
use crate::geometry::logarithm::{check_references, logarithms};
use crate::graph::Graph;
use crate::linalg::vector::axpy;
use crate::memory;

/// The weights of the references of which a distribution is most nearly the barycentre.
#[derive(Debug, Clone)]
pub struct BarycentricWeights {
    weights: Vec<f64>,
    residual: f64,
    distances: Vec<f64>,
}

impl BarycentricWeights {
    /// The weight of each reference: not negative, sum one. Where several do equally well, one of them.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// `|sum_i w_i log_mu(nu_i)|` in the metric at `mu`, in units of distance: zero, to rounding and to
    /// the accuracy of the geodesics, where `mu` is a barycentre.
    pub fn residual(&self) -> f64 {
        self.residual
    }

    /// The distance from `mu` to each reference.
    pub fn distances(&self) -> &[f64] {
        &self.distances
    }
}

impl Graph {
    /// The weights for which `mu` is closest to being the [`barycentre`](Self::barycentre) of the
    /// `references`; all are positive mass vectors of length `n`.
    ///
    /// `threads` share the geodesics; one starts none, and the result is bit-identical for every number.
    /// Cost: one geodesic per reference, `m^2/2` scalar products for `m` references, and a quadratic
    /// programme in `m` unknowns.
    ///
    /// # Errors
    /// As [`geodesic`](Self::geodesic), for `mu` and the references; no reference; `threads = 0`;
    /// [`Error::NotConverged`], naming the reference, where a geodesic did not converge.
    pub fn barycentric_weights<S: AsRef<[f64]> + Sync>(
        &self,
        mu: &[f64],
        references: &[S],
        options: &GeodesicOptions,
        threads: usize,
    ) -> Result<BarycentricWeights> {
        options.check()?;
        let mobility = self.mobility(options.mean, mu)?;
        check_references(self, references)?;
        // scalar products and logarithms
        let count = references.len();
        let needed = memory::doubles(&[count, count.saturating_add(self.nodes())]);
        memory::admit(needed, || format!("logarithms of {count} references"))?;
        let all: Vec<usize> = (0..count).collect();
        let logarithms = logarithms(self, mu, references, &all, options, threads)?;
        let potential = |i: usize| logarithms[i].potential.as_slice();
        let mut gram = DMatrix::zeros(all.len(), all.len());
        for i in 0..all.len() {
            for j in 0..=i {
                gram[(i, j)] = self.dirichlet_product(&mobility, potential(i), potential(j));
                gram[(j, i)] = gram[(i, j)];
            }
        }
        let weights = least_norm_in_hull(&gram)?;
        // of the combination itself: the square root of w'Aw would lose half the digits
        let mut gradient = vec![0.0; self.nodes()];
        for (&w, logarithm) in weights.iter().zip(&logarithms) {
            axpy(w, &logarithm.potential, &mut gradient);
        }
        let residual = self.dirichlet_form(&mobility, &gradient).sqrt();
        let distances = logarithms.iter().map(|l| l.distance).collect();
        Ok(BarycentricWeights { weights, residual, distances })
    }
}

/// Relative rounding of scalar products: smaller gains are none.
const ROUNDING: f64 = 1e-13;

/// Minimises `w' A w` over the simplex for a Gram matrix `A`, by Wolfe's active-set method.
///
/// The active set holds affinely independent points, whose affine hull's point of least norm has
/// positive weights throughout. A point that lies on the near side of the plane through that point
/// enters; while the new minimiser has a negative weight, we go as far towards it as the hull allows and
/// drop the point whose weight vanishes. The norm decreases each time, so no set comes twice.
fn least_norm_in_hull(gram: &DMatrix<f64>) -> Result<Vec<f64>> {
    let count = gram.nrows();
    let scale = gram.diagonal().max();
    let nearest = (0..count).min_by(|&i, &j| gram[(i, i)].total_cmp(&gram[(j, j)])).unwrap_or(0);
    let mut active = vec![nearest];
    let mut weight = vec![1.0];
    // far beyond what is ever needed; rounding could make sets come twice
    for _ in 0..100 * count {
        let product =
            |i: usize| -> f64 { active.iter().zip(&weight).map(|(&j, w)| w * gram[(i, j)]).sum() };
        let square: f64 = active.iter().zip(&weight).map(|(&i, w)| w * product(i)).sum();
        let entering = (0..count)
            .filter(|i| !active.contains(i))
            .min_by(|&i, &j| product(i).total_cmp(&product(j)))
            .filter(|&i| square - product(i) > ROUNDING * scale);
        let Some(entering) = entering else { return Ok(spread(count, &active, &weight)) };
        active.push(entering);
        weight.push(0.0);
        loop {
            let target = least_norm_in_plane(gram, &active, scale)?;
            let Some(leaving) = walk(&mut weight, &target) else { break };
            active.remove(leaving);
            weight.remove(leaving);
        }
    }
    Err(Error::NotConverged { what: "the quadratic programme".into(), reason: "did not come to an end" })
}

/// Moves towards `target` as far as no weight becomes negative; the weight that vanished, if any.
fn walk(weight: &mut [f64], target: &[f64]) -> Option<usize> {
    let share = |k: usize| weight[k] / (weight[k] - target[k]);
    let first =
        (0..weight.len()).filter(|&k| target[k] <= 0.0).min_by(|&j, &k| share(j).total_cmp(&share(k)));
    let length = first.map_or(1.0, share);
    for (w, t) in weight.iter_mut().zip(target) {
        *w += length * (t - *w);
    }
    first
}

/// The weights of sum one that minimise `w' A w` without regard to signs: `(A + s 1 1') u = 1` and
/// `w = u / sum u`, for any `s > 0`; positive definite for affinely independent points.
fn least_norm_in_plane(gram: &DMatrix<f64>, active: &[usize], scale: f64) -> Result<Vec<f64>> {
    let size = active.len();
    let matrix = DMatrix::from_fn(size, size, |i, j| gram[(active[i], active[j])] + scale);
    let solution = matrix.cholesky().map(|c| c.solve(&DVector::from_element(size, 1.0)));
    let Some(solution) = solution else {
        return Err(Error::Singular {
            what: "barycentric weights",
            detail: format!("the logarithms of references {active:?} nearly lie in a plane"),
        });
    };
    let sum = solution.sum();
    Ok(solution.iter().map(|u| u / sum).collect())
}

/// Weights of all points, scaled to sum one.
fn spread(count: usize, active: &[usize], weight: &[f64]) -> Vec<f64> {
    let sum: f64 = weight.iter().sum();
    let mut all = vec![0.0; count];
    for (&i, w) in active.iter().zip(weight) {
        all[i] = w / sum;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gram matrix of points in the plane or in space.
    fn gram(points: &[&[f64]]) -> DMatrix<f64> {
        DMatrix::from_fn(points.len(), points.len(), |i, j| {
            points[i].iter().zip(points[j]).map(|(a, b)| a * b).sum()
        })
    }

    fn value(gram: &DMatrix<f64>, w: &[f64]) -> f64 {
        let w = DVector::from_column_slice(w);
        w.dot(&(gram * &w))
    }

    #[test]
    fn finds_known_points() {
        let square = gram(&[&[1.0, 1.0], &[-1.0, 1.0], &[-1.0, -1.0], &[1.0, -1.0]]);
        let w = least_norm_in_hull(&square).expect("solved");
        assert!(value(&square, &w) < 1e-28 && w.iter().all(|&w| w >= 0.0));
        // the foot of the origin on the edge from (1, 2) to (1, -1) divides it 1 : 2
        let w = least_norm_in_hull(&gram(&[&[1.0, 2.0], &[1.0, -1.0], &[5.0, 0.0]])).expect("solved");
        for (w, exact) in w.iter().zip([1.0 / 3.0, 2.0 / 3.0, 0.0]) {
            assert!((w - exact).abs() < 1e-15);
        }
        // a vertex, the same twice, one alone, and all at the origin
        let w = least_norm_in_hull(&gram(&[&[3.0, 1.0], &[1.0, 0.0], &[2.0, -1.0]])).expect("solved");
        assert_eq!(w, [0.0, 1.0, 0.0]);
        let twice = gram(&[&[1.0, 1.0], &[1.0, 1.0], &[1.0, -1.0]]);
        let w = least_norm_in_hull(&twice).expect("solved");
        assert!((w[0] + w[1] - 0.5).abs() < 1e-15 && (value(&twice, &w) - 1.0).abs() < 1e-15);
        assert_eq!(least_norm_in_hull(&gram(&[&[4.0]])).expect("solved"), [1.0]);
        assert_eq!(
            value(
                &gram(&[&[0.0], &[0.0]]),
                &least_norm_in_hull(&gram(&[&[0.0], &[0.0]])).expect("solved")
            ),
            0.0
        );
    }

    /// Against all weights with denominator 40.
    #[test]
    fn beats_a_grid_of_weights() {
        let mut seed = 7_u64;
        let mut draw = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1_u64 << 53) as f64
        };
        for _ in 0..200 {
            let shift = draw();
            let points: Vec<Vec<f64>> =
                (0..4).map(|_| (0..3).map(|_| draw() - shift).collect()).collect();
            let gram = gram(&points.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let w = least_norm_in_hull(&gram).expect("solved");
            assert!((w.iter().sum::<f64>() - 1.0).abs() < 1e-14 && w.iter().all(|&w| w >= 0.0));
            let least = value(&gram, &w);
            // the whole hull lies beyond the plane through the point of least norm: the exact condition
            let products = &gram * DVector::from_column_slice(&w);
            assert!(products.iter().all(|p| p - least > -1e-12 * gram.diagonal().max()), "{products}");
            let mut best = f64::INFINITY;
            for a in 0..=40 {
                for b in 0..=40 - a {
                    for c in 0..=40 - a - b {
                        let w = [a, b, c, 40 - a - b - c].map(|k| f64::from(k) / 40.0);
                        best = best.min(value(&gram, &w));
                    }
                }
            }
            // the grid is at most 1/40 away in each weight, and the value is quadratic around its
            // minimum
            assert!(
                least <= best + 1e-14 && best - least < 0.1 * gram.diagonal().max(),
                "{least} {best}"
            );
        }
    }
}
