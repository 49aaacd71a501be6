//! Geodesics between ends that nearly agree and have empty nodes, or whose nodes are nearly empty, against closed forms.

mod common;

use common::Uniform;
use jkoflow::{
    BoundOptions, Duplicates, Geodesic, GeodesicOptions, GeodesicSolver, Graph, Mean, Reference,
    Termination,
};

/// The distance on two nodes that hold half of the reference each, from (1, 0) to (1 - e, e):
/// `int_0^e dm / sqrt(c theta)` (Maas 2011, section 2), by the midpoint rule in the fourth root of `m`, which
/// takes the singularity away, and Richardson's extrapolation.
fn from_a_dirac(mean: Mean, conductance: f64, e: f64) -> f64 {
    let slope = |u: f64| {
        let m = e * u.powi(4);
        4.0 * e * u.powi(3) / (conductance * mean.value(2.0 * (1.0 - m), 2.0 * m)).sqrt()
    };
    let midpoint = |count: usize| {
        (0..count).map(|k| slope((k as f64 + 0.5) / count as f64)).sum::<f64>() / count as f64
    };
    (4.0 * midpoint(20_000) - midpoint(10_000)) / 3.0
}

fn solve(graph: &Graph, mean: Mean, mu0: &[f64], mu1: &[f64]) -> Geodesic {
    graph.geodesic(mu0, mu1, &GeodesicOptions::default().with_mean(mean)).expect("solved")
}

#[test]
fn two_nodes_have_a_closed_form() {
    let graph = Graph::path(2, Reference::Uniform).expect("two nodes");
    let conductance = graph.conductance()[0];
    for mean in Mean::ALL {
        for e in [1e-2, 1e-4, 1e-6, 1e-8, 1e-10] {
            let geodesic = solve(&graph, mean, &[1.0, 0.0], &[1.0 - e, e]);
            // the mass that 1 - e, rounded, leaves
            let exact = from_a_dirac(mean, conductance, 1.0 - (1.0 - e));
            let (distance, estimate) = (geodesic.distance(), geodesic.error_estimate());
            assert!(geodesic.converged() && estimate < 2e-4, "{mean:?}, {e:e}: {estimate:e}");
            assert!(
                (distance / exact - 1.0).abs() <= estimate,
                "{mean:?}, {e:e}: {distance} for {exact}"
            );
        }
    }
}

/// The distance on these two nodes from (a, 1 - a) to (1 - b, b), `int_a^(1 - b) dm / sqrt(c theta)`: from both ends to the
/// middle by the midpoint rule in the logarithm of the lesser mass.
fn between_nearly_empty(mean: Mean, conductance: f64, a: f64, b: f64) -> f64 {
    let count = 40_000;
    let from = |least: f64| -> f64 {
        let (low, high) = (least.ln(), 0.5f64.ln());
        let step = (high - low) / count as f64;
        let piece = |k: usize| {
            let m = (low + (k as f64 + 0.5) * step).exp();
            m * step / (conductance * mean.value(2.0 * (1.0 - m), 2.0 * m)).sqrt()
        };
        (0..count).map(piece).sum()
    };
    from(a) + from(b)
}

/// The whole speed is in the one edge, so that `c theta (psi_0 - psi_1)^2 = W^2` at either end.
#[test]
fn nearly_empty_nodes_have_potentials_in_closed_form() {
    let graph = Graph::path(2, Reference::Uniform).expect("two nodes");
    let conductance = graph.conductance()[0];
    for mean in Mean::ALL {
        for (a, b) in [(1e-3, 1e-7), (1e-8, 1e-8), (1e-10, 0.3), (1e-11, 2e-12), (1e-5, 1e-12)] {
            let geodesic = solve(&graph, mean, &[a, 1.0 - a], &[1.0 - b, b]);
            let exact = between_nearly_empty(mean, conductance, a, b);
            let (distance, estimate) = (geodesic.distance(), geodesic.error_estimate());
            let name = format!("{mean:?}, {a:e}, {b:e}");
            assert!(geodesic.converged() && estimate <= 1e-4, "{name}: {estimate:e}");
            let error = (distance / exact - 1.0).abs();
            // that of the quadrature, of the square of its step
            assert!(error <= estimate + 1e-7, "{name}: {distance} for {exact}");
            let ends = [(a, geodesic.potential_start()), (b, geodesic.potential_end())];
            for (m, psi) in ends {
                let theta = mean.value(2.0 * m, 2.0 * (1.0 - m));
                let speed = (conductance * theta).sqrt() * (psi[0] - psi[1]).abs();
                let error = (speed / exact - 1.0).abs();
                assert!(
                    error <= estimate + 1e-7,
                    "{name}: potential off by {error:e}, estimate {estimate:e}"
                );
            }
        }
    }
}

/// Masses below 1e-12 count as none: neither distance nor the potentials elsewhere notice.
#[test]
fn the_least_masses_count_as_none() {
    let graph = Graph::cycle(5, Reference::Uniform).expect("a cycle");
    for mean in Mean::ALL {
        let ends = |least: f64| {
            ([least, 0.5, 0.3 - least, least, 0.2 - least], [0.4, least, least, 0.6 - 2.0 * least, 0.0])
        };
        let (mu0, mu1) = ends(0.0);
        let empty = solve(&graph, mean, &mu0, &mu1);
        assert!(empty.converged(), "{mean:?}: {:?}", empty.termination());
        for least in [1e-20, 1e-100, 1e-300] {
            let (mu0, mu1) = ends(least);
            let geodesic = solve(&graph, mean, &mu0, &mu1);
            let allowed = geodesic.error_estimate() + empty.error_estimate();
            let apart = (geodesic.distance() / empty.distance() - 1.0).abs();
            assert!(geodesic.converged(), "{mean:?}, {least:e}: {:?}", geodesic.termination());
            assert!(apart <= allowed, "{mean:?}, {least:e}: {apart:e}");
            // nodes 1 and 2 have mass and an edge at the start
            let drop = |g: &Geodesic| g.potential_start()[1] - g.potential_start()[2];
            let apart = (drop(&geodesic) - drop(&empty)).abs() / empty.distance();
            assert!(apart <= allowed, "{mean:?}, {least:e}: {apart:e}");
            assert!(geodesic.potential_start().iter().all(|v| v.is_finite()));
        }
    }
}

/// A mass far below what the heaviest one can tell.
#[test]
fn differences_below_the_rounding_of_the_heaviest_mass() {
    let graph = Graph::path(2, Reference::Uniform).expect("two nodes");
    for mean in Mean::ALL {
        for e in [1e-20, 1e-60, 1e-100] {
            let geodesic = solve(&graph, mean, &[1.0, 0.0], &[1.0, e]);
            let exact = from_a_dirac(mean, graph.conductance()[0], e);
            let (distance, estimate) = (geodesic.distance(), geodesic.error_estimate());
            assert!(geodesic.converged() && estimate < 2e-4, "{mean:?}, {e:e}: {estimate:e}");
            assert!(
                (distance / exact - 1.0).abs() <= estimate,
                "{mean:?}, {e:e}: {distance} for {exact}"
            );
            let bounds = geodesic.bounds(&BoundOptions::default()).expect("bounds");
            // with the arithmetic mean the lower bound is exact
            assert!(
                bounds.lower <= exact * (1.0 + 1e-12) && exact <= bounds.upper,
                "{mean:?}, {e:e}: {bounds:?} for {exact}"
            );
            // beside a node that is not quite empty the upper one is near, too
            let further = solve(&graph, mean, &[1.0, e], &[1.0, 2.0 * e]);
            let (distance, estimate) = (further.distance(), further.error_estimate());
            let upper = further.bounds(&BoundOptions::default()).expect("bounds").upper;
            assert!(
                upper >= distance * (1.0 - estimate) && upper < 1.01 * distance,
                "{mean:?}, {e:e}: {upper} for {distance}"
            );
        }
    }
}

/// Near ends of which one node holds nearly all: their distance is the difference at the light node over the root of the
/// mobility, since that hardly changes on the way.
#[test]
fn near_a_heavy_node_the_light_ones_count() {
    let graph = Graph::path(2, Reference::Uniform).expect("two nodes");
    for mean in Mean::ALL {
        for (light, d) in [(3e-5, 2e-13), (1e-4, 1e-9), (0.1, 1e-12)] {
            let (from, to) = ([light, 1.0 - light], [light + d, 1.0 - (light + d)]);
            let geodesic =
                graph.geodesic(&from, &to, &GeodesicOptions::default().with_mean(mean)).expect("valid");
            let moved = to[0] - from[0];
            let middle = 0.5 * (from[0] + to[0]);
            let mobility = graph.conductance()[0] * mean.value(2.0 * middle, 2.0 * (1.0 - middle));
            // the change of the mobility comes in squared
            let exact = moved / mobility.sqrt();
            let error = (geodesic.distance() / exact - 1.0).abs();
            assert!(error < 1e-9 + (d / light).powi(2), "{mean:?}, {light:e}, {d:e}: {error:e}");
        }
    }
}

/// All distances lie on one line.
#[test]
fn distances_on_two_nodes_add_up() {
    let graph = Graph::path(2, Reference::Uniform).expect("two nodes");
    let at = |k: usize| [1.0 - 1e-7 * k as f64, 1e-7 * k as f64];
    let between = |a: usize, b: usize| {
        let geodesic = solve(&graph, Mean::Logarithmic, &at(a), &at(b));
        assert!(geodesic.converged(), "{a} to {b}: {:?}", geodesic.termination());
        (geodesic.distance(), geodesic.distance() * geodesic.error_estimate())
    };
    let (whole, mut allowed) = between(0, 10);
    let mut sum = 0.0;
    for k in 0..10 {
        let (distance, error) = between(k, k + 1);
        (sum, allowed) = (sum + distance, allowed + error);
    }
    assert!((sum - whole).abs() <= allowed, "{whole} is not {sum} within {allowed:e}");
}

/// Beside an empty node the distance is that of the metric tensor: `e / sqrt(c theta)` with `theta = 3/2`.
#[test]
fn an_empty_node_aside_does_not_matter() {
    let graph = Graph::path(3, Reference::Uniform).expect("a path");
    let speed = (graph.conductance()[0] * 1.5).sqrt().recip();
    for e in [1e-3, 1e-5, 1e-7] {
        let geodesic = solve(&graph, Mean::Logarithmic, &[0.5, 0.5, 0.0], &[0.5 - e, 0.5 + e, 0.0]);
        let found = geodesic.distance() / e;
        // the ends are rounded, and the tensor changes with the square of e
        assert!(
            (found / speed - 1.0).abs() < geodesic.error_estimate() + e * e + 1e-15 / e,
            "{e:e}: {found}"
        );
    }
}

/// A short step of the heat equation from one empty node on a grid.
#[test]
fn bounds_enclose_short_steps() {
    let mut random = Uniform(11);
    let grid = Graph::grid(&[4, 4], false, Reference::Uniform).expect("a grid");
    let mut mu = random.distribution(16, 1.0);
    mu[5] = 0.0;
    let total: f64 = mu.iter().sum();
    mu.iter_mut().for_each(|m| *m /= total);
    for step in [1e-3, 1e-5, 1e-7] {
        let mut next = mu.clone();
        for ((x, y), c) in grid.edge_list().zip(grid.conductance()) {
            let flux = step * c * (mu[x] - mu[y]) / grid.reference()[x];
            next[x] -= flux;
            next[y] += flux;
        }
        for mean in Mean::ALL {
            let geodesic = solve(&grid, mean, &mu, &next);
            let (distance, error) =
                (geodesic.distance(), geodesic.error_estimate() * geodesic.distance());
            let bounds = geodesic.bounds(&BoundOptions::default().with_gap(1e-2)).expect("bounds");
            assert!(geodesic.converged(), "{mean:?}, {step:e}: {:?}", geodesic.termination());
            assert!(
                bounds.lower <= distance + error && distance - error <= bounds.upper,
                "{mean:?}, {step:e}: {distance} +- {error:e}, {bounds:?}"
            );
        }
    }
}

/// What shooting has when the iterations are spent is not thrown away.
#[test]
fn the_best_path_survives_a_limit_of_iterations() {
    let graph = Graph::cycle(4, Reference::Uniform).expect("a cycle");
    let (mu0, mu1) = ([0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4]);
    let exact = solve(&graph, Mean::Logarithmic, &mu0, &mu1).distance();
    let mut last = f64::INFINITY;
    for limit in [2, 4, 6, 8] {
        let options = GeodesicOptions::default().with_max_iterations(limit);
        let geodesic = graph.geodesic(&mu0, &mu1, &options).expect("a result all the same");
        let error = (geodesic.distance() / exact - 1.0).abs();
        assert_eq!(geodesic.termination(), Termination::IterationLimit);
        assert!(geodesic.iterations() <= limit);
        assert!(error <= geodesic.error_estimate() && error < last, "{limit}: {error:e}");
        last = error;
    }
    assert!(last < 1e-5, "{last:e}");
}

/// Whatever the limit: no more iterations than that, also where a kept factor fails first, and what is said to have
/// converged is within the tolerance.
#[test]
fn limits_of_iterations_hold_and_converged_means_it() {
    for seed in 0..20 {
        let graph = Graph::random_tree(7, seed, Reference::Uniform).expect("a tree");
        let mut random = Uniform(seed);
        let mu: Vec<Vec<f64>> = (0..3).map(|_| random.distribution(7, 1.2)).collect();
        for limit in (1..60).step_by(3) {
            for tolerance in [1e-4, 1e-9, 1e-14] {
                let options =
                    GeodesicOptions::default().with_max_iterations(limit).with_tolerance(tolerance);
                let mut solver = GeodesicSolver::new(&graph, options).expect("a solver");
                for k in 0..2 {
                    let geodesic = solver.solve_next(&mu[k], &mu[k + 1]).expect("a path");
                    let (estimate, iterations) = (geodesic.error_estimate(), geodesic.iterations());
                    assert!(iterations <= limit, "{seed}, {tolerance:e}: {iterations} of {limit}");
                    // what the rounding of masses leaves is no fault of the solver's
                    assert!(
                        !geodesic.converged() || estimate <= tolerance.max(1e-13),
                        "{seed}, {tolerance:e}, {limit}: {estimate:e}"
                    );
                }
            }
        }
    }
}

/// A weak edge in the middle, whose weight is lost in sums with the others. All that costs is to pass that edge, with all
/// mass beside it: with `m` on its left, `int dm / sqrt(c theta(n m, n (1 - m)))`.
#[test]
fn a_weak_edge_is_no_error() {
    let n = 8;
    for mean in [Mean::Logarithmic, Mean::Geometric] {
        for weak in [1e-10, 1e-16, 1e-20, 1e-40] {
            let weight = |x: usize| if x + 1 == n / 2 { weak } else { 1.0 };
            let edges: Vec<(usize, usize, f64)> = (0..n - 1).map(|x| (x, x + 1, weight(x))).collect();
            let graph = Graph::from_weights(n, &edges, Reference::Uniform, Duplicates::Refuse);
            let graph = graph.expect("a path");
            let slope = |sign: f64| -> Vec<f64> {
                (0..n).map(|x| (1.0 + sign * (x as f64 / (n - 1) as f64 - 0.5)) / n as f64).collect()
            };
            let (mu0, mu1) = (slope(0.5), slope(-0.5));
            let geodesic = solve(&graph, mean, &mu0, &mu1);
            let left = |mu: &[f64]| mu.iter().take(n / 2).sum::<f64>();
            let (from, to) = (left(&mu0), left(&mu1));
            let (count, density) = (1000, n as f64);
            let step = (to - from) / count as f64;
            let piece = |k: usize| {
                let m = from + (k as f64 + 0.5) * step;
                step / (weak / density * mean.value(density * m, density * (1.0 - m))).sqrt()
            };
            let exact: f64 = (0..count).map(piece).sum();
            let distance = geodesic.distance();
            let (low, high) = (exact * (1.0 - 1e-6), exact * (1.0 + 100.0 * weak.sqrt() + 1e-6));
            let name = format!("{mean:?}, {weak:e}: {distance} for {exact}");
            assert!(low <= distance && distance <= high, "{name}");
        }
    }
}
