//! How far a distribution moves when a little of the reference is mixed in.
//!
//! The straight path `mu_s = mu + s (pi - mu)`, `0 <= s <= share`, keeps every density at `s` or above,
//! so that even where `mu` is empty each mobility, which lies between the two densities, is at least
//! `s`. With one flux `m` of divergence `pi - mu` for the whole path its length is
//!
//! ```text
//! int_0^share g(s)^(1/2) ds,   g(s) = sum_e m_e^2 / (c_e theta_e(s))
//! ```
//!
//! On a panel `[a, b]` Jensen's inequality and the convexity of `g` (`1/theta` is convex where `theta`
//! is concave and positive) bound the integral by `(b - a) ((g(a) + g(b))/2)^(1/2)`. On the first one,
//! `[0, a]`, concavity alone gives `theta(s) >= theta(a) s/a`, hence `g(s) <= g(a) a/s` and an integral
//! of at most `2 a g(a)^(1/2)`. With `theta(s) >= s` alone the whole price would be
//! `W^2 <= 4 share v' L(1)^+ v`, `v = pi - mu`.

use crate::error::Result;
use crate::graph::{Graph, LaplacianSolver, Mean, Sweep};

/// Panels per halving of `s`. Where `g` is like `1/s`, three lose half a percent.
const PANELS_PER_HALVING: i32 = 3;

/// Halvings of `s` before the first panel, whose part is then `2^-15` of the whole at most.
const HALVINGS: i32 = 30;

/// The rounding of the sums and of the flux's divergence, relative.
const ROUNDING: f64 = 1e-10;

/// An upper bound on `W_K(mu, (1 - share) mu + share pi)` for any distribution `mu`, empty nodes
/// included; of the order of `share^(1/2)` where there are some.
///
/// Cost: one factorisation and ninety sweeps over the edges.
///
/// # Errors
/// As [`Graph::mix_with_reference`] and [`LaplacianSolver::factorise`].
pub(crate) fn mixing_distance(graph: &Graph, mean: Mean, mu: &[f64], share: f64) -> Result<f64> {
    graph.mix_with_reference(mu, share)?;
    let total: f64 = mu.iter().sum();
    let shift: Vec<f64> = mu.iter().zip(graph.reference()).map(|(m, p)| p - m / total).collect();
    if share == 0.0 || shift.iter().all(|&v| v == 0.0) {
        return Ok(0.0);
    }
    let mut sweep = Sweep::new(graph, mean);
    let (mut mixed, mut weight) = (vec![0.0; graph.nodes()], vec![0.0; graph.edges()]);
    let mut mobility_at = |s: f64, weight: &mut [f64]| {
        for ((m, own), p) in mixed.iter_mut().zip(mu).zip(graph.reference()) {
            *m = (1.0 - s) * own / total + s * p;
        }
        sweep.mobility(&mixed, weight);
    };

    // any flux will do; half way along the path in the metric, the mobility is a fair average
    mobility_at(0.25 * share, &mut weight);
    let mut laplacian = LaplacianSolver::new(graph)?;
    laplacian.factorise(&weight)?;
    let mut potential = shift;
    laplacian.solve_in_place(&mut potential);
    let square: Vec<f64> = graph
        .edge_list()
        .zip(&weight)
        .map(|((x, y), w)| (w * (potential[x] - potential[y])).powi(2))
        .collect();

    let panels = HALVINGS * PANELS_PER_HALVING;
    let mut cost_at = |s: f64| -> f64 {
        mobility_at(s, &mut weight);
        square.iter().zip(&weight).map(|(m, w)| m / w).sum()
    };
    let (mut length, mut end, mut cost) = (0.0, share, cost_at(share));
    for k in 1..=panels {
        let start = share * 0.5f64.powf(f64::from(k) / f64::from(PANELS_PER_HALVING));
        let before = cost_at(start);
        length += (end - start) * (0.5 * (before + cost)).sqrt();
        (end, cost) = (start, before);
    }
    length += 2.0 * end * cost.sqrt();
    Ok(length * (1.0 + ROUNDING))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geodesic::{BoundOptions, GeodesicOptions};
    use crate::graph::{Duplicates, Reference};

    /// Two nodes, `p = q = 1`, one Dirac to the other: `W` is known, and mixing pays for the zeros.
    #[test]
    fn encloses_two_diracs() {
        const EXACT: f64 = 1.5587074514770292;
        let graph = Graph::from_chain(&[0.5; 2], &[(0, 1, 0.5)], Duplicates::Refuse).unwrap();
        let ends = [[1.0, 0.0], [0.0, 1.0]];
        let mut widths = Vec::new();
        for share in [0.3, 0.1, 1e-2, 1e-4, 1e-8] {
            let inside = ends.map(|mu| graph.mix_with_reference(&mu, share).unwrap());
            let options = GeodesicOptions::default();
            let geodesic = graph.geodesic(&inside[0], &inside[1], &options).unwrap();
            let price = ends.map(|mu| mixing_distance(&graph, options.mean, &mu, share).unwrap());
            assert!((price[0] / price[1] - 1.0).abs() < 1e-9, "the chain is symmetric");
            let options = BoundOptions::default().with_gap(1e-3);
            let bounds = geodesic.bounds_between(&options, 1.0, price[0] + price[1]).unwrap();
            assert!(bounds.lower <= EXACT && EXACT <= bounds.upper, "{share:e}: {bounds:?}");
            widths.push(bounds.upper - bounds.lower);
        }
        // here the solver serves, and twice the price of both ends is most of the width
        assert!(widths[1] < 0.5 * widths[0] && widths[2] < 0.15, "{widths:?}");
    }

    /// On two nodes the price itself is an integral in one variable (Maas 2011, section 2).
    #[test]
    fn price_on_two_nodes_is_nearly_exact() {
        let graph = Graph::from_chain(&[0.5; 2], &[(0, 1, 0.5)], Duplicates::Refuse).unwrap();
        for mean in Mean::ALL {
            for share in [1e-1f64, 1e-3, 1e-6] {
                // W = int_{1-share}^1 theta(1 - r, 1 + r)^(-1/2) dr / sqrt(2), with 1 - r = share u^4 smooth
                let steps = 4000;
                let integrand = |u: f64| {
                    let (low, slope) = (share * u.powi(4), 4.0 * share * u.powi(3));
                    if u == 0.0 {
                        0.0
                    } else {
                        slope / mean.value(low, 2.0 - low).sqrt()
                    }
                };
                let h = 1.0 / f64::from(steps);
                let sum: f64 = (0..steps).map(|k| integrand((f64::from(k) + 0.5) * h)).sum();
                let exact = sum * h / 2f64.sqrt();
                let price = mixing_distance(&graph, mean, &[1.0, 0.0], share).unwrap();
                assert!(price > exact * (1.0 - 1e-7), "{mean:?} {share:e}: {price} {exact}");
                assert!(price < 1.01 * exact, "{mean:?} {share:e}: {price} {exact}");
            }
        }
    }

    #[test]
    fn is_below_the_analytic_price_and_vanishes_where_nothing_moves() {
        let graph = Graph::grid(&[4, 4], false, Reference::Degree).unwrap();
        let mut dirac = vec![0.0; 16];
        dirac[5] = 1.0;
        let mut potential: Vec<f64> = graph.reference().iter().zip(&dirac).map(|(p, m)| p - m).collect();
        let shift = potential.clone();
        let mut laplacian = LaplacianSolver::new(&graph).unwrap();
        laplacian.factorise(graph.conductance()).unwrap();
        laplacian.solve_in_place(&mut potential);
        let energy: f64 = potential.iter().zip(&shift).map(|(a, b)| a * b).sum();
        for mean in Mean::ALL {
            for share in [1e-1f64, 1e-4, 1e-8, 1e-12] {
                let price = mixing_distance(&graph, mean, &dirac, share).unwrap();
                let analytic = 2.0 * (share * energy).sqrt();
                assert!(price > 0.0 && price < analytic, "{mean:?} {share:e}: {price} {analytic}");
            }
            assert_eq!(mixing_distance(&graph, mean, &dirac, 0.0).unwrap(), 0.0);
            assert!(mixing_distance(&graph, mean, graph.reference(), 0.5).unwrap() < 1e-15);
            assert!(mixing_distance(&graph, mean, &dirac, 2.0).is_err());
            let one = Graph::path(1, Reference::Uniform).unwrap();
            assert_eq!(mixing_distance(&one, mean, &[1.0], 0.1).unwrap(), 0.0);
        }
    }
}
