//! Geodesics against reference values, closed forms, finite differences and invariants.

mod common;

use common::{chain, data, numbers, relative_difference, Uniform};
use jkoflow::{
    Duplicates, FlowOptions, FreeEnergy, Geodesic, GeodesicOptions, GeodesicSolver, Graph, Mean, Method,
    Reference, Termination,
};
use proptest::prelude::*;

fn solve(graph: &Graph, mu0: &[f64], mu1: &[f64], tolerance: f64) -> Geodesic {
    solve_by(Method::Automatic, graph, mu0, mu1, tolerance)
}

fn solve_by(method: Method, graph: &Graph, mu0: &[f64], mu1: &[f64], tolerance: f64) -> Geodesic {
    let options = GeodesicOptions::default().with_tolerance(tolerance).with_method(method);
    graph.geodesic(mu0, mu1, &options).expect("solved")
}

/// The largest of the relative errors of the distance and of both end potentials.
fn true_error(geodesic: &Geodesic, problem: &serde_json::Value) -> f64 {
    let distance = problem["distance"].as_f64().expect("a distance");
    let potential = |v: &[f64], key: &str| relative_difference(v, &numbers(problem, key));
    (geodesic.distance() / distance - 1.0)
        .abs()
        .max(potential(geodesic.potential_start(), "potential_start"))
        .max(potential(geodesic.potential_end(), "potential_end"))
}

#[test]
fn all_reference_problems() {
    let problems = data("geodesics.json");
    assert_eq!(problems.len(), 27);
    for problem in &problems {
        for (method, distance_error, error) in
            [(Method::Automatic, 1e-9, 1e-7), (Method::Newton, 1e-8, 1e-6)]
        {
            let name = format!("{}, {method:?}", problem["name"]);
            let (mu0, mu1) = (numbers(problem, "mu0"), numbers(problem, "mu1"));
            let geodesic = solve_by(method, &chain(problem), &mu0, &mu1, 1e-10);
            assert!(geodesic.converged(), "{name}: {:?}", geodesic.termination());
            assert!(method == Method::Automatic || geodesic.method() == "newton");
            let distance = problem["distance"].as_f64().expect("a distance");
            let found = geodesic.distance();
            assert!((found / distance - 1.0).abs() < distance_error, "{name}: {found} for {distance}");
            let found = true_error(&geodesic, problem);
            assert!(found < error, "{name}: {found:e}");
        }
    }
}

/// The reference values themselves are good to about this.
const REFERENCE_ERROR: f64 = 5e-12;

/// Both methods' estimates are never below the true error, seldom far above it, and small where the
/// solve converged.
#[test]
fn error_estimate_is_honest() {
    let problems = data("geodesics.json");
    for method in [Method::Automatic, Method::Newton] {
        let (mut failures, mut all, mut far_above) = (Vec::new(), 0, 0);
        for tolerance in [1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9] {
            let mut ratios = Vec::new();
            for problem in &problems {
                let (mu0, mu1) = (numbers(problem, "mu0"), numbers(problem, "mu1"));
                let geodesic = solve_by(method, &chain(problem), &mu0, &mu1, tolerance);
                let (error, estimate) = (true_error(&geodesic, problem), geodesic.error_estimate());
                let name = format!("{}, {method:?} at {tolerance:e}", problem["name"]);
                if !geodesic.converged()
                    || error > estimate + REFERENCE_ERROR
                    || estimate > 2.0 * tolerance
                {
                    let end = geodesic.termination();
                    failures.push(format!("{name}: error {error:e}, estimate {estimate:e}, {end:?}"));
                }
                ratios.push(estimate / error.max(1e-11));
            }
            ratios.sort_by(f64::total_cmp);
            let share = |part: f64| ratios[(part * (ratios.len() - 1) as f64) as usize];
            println!(
                "{method:?} {tolerance:e}: estimate/error least {:.1}, 10% {:.1}, median {:.1}, 90% {:.1}, most {:.1}",
                share(0.0), share(0.1), share(0.5), share(0.9), share(1.0)
            );
            all += ratios.len();
            far_above += ratios.iter().filter(|r| **r > 100.0).count();
            let median = share(0.5);
            // Newton's rungs are few, and what it finds may be far better than what was asked for
            if method == Method::Automatic && median >= 200.0 {
                failures.push(format!("at {tolerance:e} the estimate overshoots by {median}"));
            }
        }
        println!("{method:?}: {far_above} of {all} estimates more than 100 times the error");
        assert!(failures.is_empty(), "{failures:#?}");
    }
}

/// On large graphs one node may be far worse than the others, between rough densities above all.
#[test]
fn error_estimate_sees_the_worst_node() {
    for graph in
        [Graph::grid(&[60, 60], false, Reference::Uniform), Graph::hypercube(11, Reference::Uniform)]
    {
        let graph = graph.expect("a graph");
        let from = Uniform(23).distribution(graph.nodes(), 6.0);
        let heat = FreeEnergy::new(&graph).with_entropy(1.0).expect("entropy");
        let flow = heat.flow(&from, &[0.0, 0.02], &FlowOptions::default()).expect("a flow");
        let to = &flow.masses()[1];
        let best = solve(&graph, &from, to, 1e-11);
        for tolerance in [1e-3, 1e-5, 1e-7] {
            let geodesic = solve(&graph, &from, to, tolerance);
            let error = (geodesic.distance() / best.distance() - 1.0)
                .abs()
                .max(relative_difference(geodesic.potential_start(), best.potential_start()))
                .max(relative_difference(geodesic.potential_end(), best.potential_end()));
            let (nodes, estimate) = (graph.nodes(), geodesic.error_estimate());
            println!("{nodes} nodes at {tolerance:e}: error {error:e}, estimate {estimate:e}");
            assert!(geodesic.converged() && geodesic.method() == "shooting");
            assert!(error <= estimate, "{nodes}: {error:e}, {estimate:e}");
            assert!(
                estimate <= tolerance && estimate < 100.0 * error,
                "{nodes}: {error:e}, {estimate:e}"
            );
        }
    }
}

/// Between the ends, too: masses in the 1-norm relative to what moves, potentials in their largest entry.
#[test]
fn path_error_estimate_is_honest() {
    for method in [Method::Automatic, Method::Newton] {
        let mut ratios = Vec::new();
        for problem in &data("geodesics.json") {
            let (graph, mu0, mu1) = (chain(problem), numbers(problem, "mu0"), numbers(problem, "mu1"));
            let best = solve_by(method, &graph, &mu0, &mu1, 1e-10);
            let moved: f64 = mu0.iter().zip(&mu1).map(|(a, b)| (a - b).abs()).sum();
            for tolerance in [1e-3, 1e-4, 1e-6] {
                let found = solve_by(method, &graph, &mu0, &mu1, tolerance);
                let mut error = 0f64;
                for t in (1..40).map(|k| f64::from(k) / 40.0) {
                    let mass = [&found, &best].map(|geodesic| geodesic.mass_at(t).unwrap());
                    let off: f64 = mass[0].iter().zip(&mass[1]).map(|(a, b)| (a - b).abs()).sum();
                    let psi = [&found, &best].map(|geodesic| geodesic.potential_at(t).unwrap());
                    let far = psi[0].iter().zip(&psi[1]).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                    let size = psi[1].iter().fold(0f64, |m, v| m.max(v.abs()));
                    error = error.max(off / moved).max(far / size);
                }
                let (name, estimate) = (&problem["name"], found.path_error_estimate());
                let known = best.path_error_estimate();
                assert!(
                    error <= estimate + known,
                    "{name}, {method:?} at {tolerance:e}: {error:e}, {estimate:e}"
                );
                if error > 10.0 * known {
                    ratios.push(estimate / error);
                }
            }
        }
        ratios.sort_by(f64::total_cmp);
        let (least, median, most) = (ratios[0], ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
        println!("{method:?}: estimate/error least {least:.1}, median {median:.1}, most {most:.1}");
        assert!(median < 100.0, "{method:?}: overshoots by {median}");
    }
}

/// The distance on two nodes is an integral in one variable (Maas 2011, section 2).
fn two_node_distance(p: f64, q: f64, from: f64, to: f64) -> f64 {
    let density = |beta: f64| ((p + q) / q * (1.0 - beta) / 2.0, (p + q) / p * (1.0 + beta) / 2.0);
    let integrand = |beta: f64| {
        let (s, t) = density(beta);
        Mean::Logarithmic.value(s, t).sqrt().recip()
    };
    // composite Simpson rule, far finer than the digits compared
    let steps = 20_000;
    let h = (to - from) / steps as f64;
    let sum: f64 = (0..=steps)
        .map(|k| {
            let weight = if k == 0 || k == steps { 1.0 } else { 2.0 + 2.0 * (k % 2) as f64 };
            weight * integrand(from + k as f64 * h)
        })
        .sum();
    0.5 * (1.0 / p + 1.0 / q).sqrt() * sum * h / 3.0
}

#[test]
fn two_nodes_have_a_closed_form() {
    let published = [
        (1.0, 1.0, -0.5, 0.6, 0.79279894974),
        (0.7, 0.3, -0.5, 0.6, 1.15919428503),
        (0.3, 0.5, -0.5, 0.7, 1.3839512842),
    ];
    for (p, q, from, to, distance) in published {
        assert!((two_node_distance(p, q, from, to) / distance - 1.0f64).abs() < 1e-10);
    }
    for (p, q) in [(1.0, 1.0), (0.7, 0.3), (0.3, 0.5), (0.05, 0.9), (1e-3, 2e-3)] {
        let pi = [q / (p + q), p / (p + q)];
        let graph = Graph::from_chain(&pi, &[(0, 1, pi[0] * p)], Duplicates::Refuse).expect("a chain");
        for (from, to) in [(-0.5, 0.6), (0.1, 0.2), (0.3, 0.3001), (-0.9, 0.7)] {
            let mass = |beta: f64| [(1.0 - beta) / 2.0, (1.0 + beta) / 2.0];
            let geodesic = solve(&graph, &mass(from), &mass(to), 1e-11);
            let exact = two_node_distance(p, q, from, to);
            assert!(geodesic.converged());
            let error = (geodesic.distance() / exact - 1.0).abs();
            assert!(error < 1e-10, "p = {p}, q = {q}, {from} to {to}: {error:e}");
        }
    }
}

#[test]
fn end_potentials_are_the_derivative_of_the_squared_distance() {
    let mut random = Uniform(5);
    for mean in Mean::ALL {
        let graph = Graph::erdos_renyi(9, 0.5, 3, Reference::Degree).expect("connected");
        let options = GeodesicOptions::default().with_mean(mean).with_tolerance(1e-11);
        let (mu0, mu1) = (random.distribution(9, 1.0), random.distribution(9, 1.0));
        let geodesic = graph.geodesic(&mu0, &mu1, &options).expect("solved");
        let half_square = |a: &[f64], b: &[f64]| {
            let g = graph.geodesic(a, b, &options).expect("solved");
            assert!(g.converged());
            0.5 * g.distance() * g.distance()
        };
        // move mass from node 0 to node x; the error of the difference quotient is of order h^2
        let h = 1e-4;
        let moved = |mu: &[f64], x: usize, h: f64| {
            let mut mu = mu.to_vec();
            mu[0] -= h;
            mu[x] += h;
            mu
        };
        for x in 1..9 {
            let end = (half_square(&mu0, &moved(&mu1, x, h)) - half_square(&mu0, &moved(&mu1, x, -h)))
                / (2.0 * h);
            let start = (half_square(&moved(&mu0, x, h), &mu1) - half_square(&moved(&mu0, x, -h), &mu1))
                / (2.0 * h);
            let difference = |psi: &[f64]| psi[x] - psi[0];
            assert!((end - difference(geodesic.potential_end())).abs() < 2e-6, "{mean:?}, node {x}");
            assert!((start + difference(geodesic.potential_start())).abs() < 2e-6, "{mean:?}, node {x}");
        }
    }
}

/// `H = W^2/2` at every time, and the path solves the Hamiltonian system between the nodes.
#[test]
fn path_solves_the_hamiltonian_system() {
    let graph = Graph::grid(&[3, 4], false, Reference::Uniform).expect("a grid");
    let mut random = Uniform(11);
    let geodesic = solve(&graph, &random.distribution(12, 1.0), &random.distribution(12, 1.0), 1e-12);
    let edges: Vec<(usize, usize)> = graph.edge_list().collect();
    let h = 1e-4;
    for t in [0.0, 0.21, 0.5, 0.83, 1.0] {
        let (mu, psi) =
            (geodesic.mass_at(t).expect("inside"), geodesic.potential_at(t).expect("inside"));
        let rho = graph.density(&mu).expect("n masses");
        let (mut action, mut rate) = (0.0, [0.0; 12]);
        for (&(x, y), c) in edges.iter().zip(graph.conductance()) {
            let theta = Mean::Logarithmic.value(rho[x], rho[y]);
            let difference = psi[x] - psi[y];
            action += c * theta * difference * difference;
            rate[x] += c * theta * difference;
            rate[y] -= c * theta * difference;
        }
        assert!((action.sqrt() / geodesic.distance() - 1.0).abs() < 1e-6, "t = {t}");
        assert!((mu.iter().sum::<f64>() - 1.0).abs() < 1e-14);
        if t > 0.0 && t < 1.0 {
            let (a, b) =
                (geodesic.mass_at(t - h).expect("inside"), geodesic.mass_at(t + h).expect("inside"));
            for x in 0..12 {
                assert!(((b[x] - a[x]) / (2.0 * h) - rate[x]).abs() < 1e-6, "node {x} at {t}");
            }
        }
    }
    for t in [-0.1, 1.1, f64::NAN] {
        assert!(geodesic.mass_at(t).is_err() && geodesic.potential_at(t).is_err());
    }
}

#[test]
fn degenerate_cases() {
    let one = Graph::path(1, Reference::Uniform).expect("one node");
    let geodesic = solve(&one, &[1.0], &[1.0], 1e-9);
    assert_eq!((geodesic.distance(), geodesic.potential_end()), (0.0, &[0.0][..]));

    let cycle = Graph::cycle(5, Reference::Uniform).expect("a cycle");
    let mu = [0.1, 0.2, 0.3, 0.15, 0.25];
    let geodesic = solve(&cycle, &mu, &mu, 1e-9);
    assert!(geodesic.converged());
    assert_eq!(geodesic.distance(), 0.0);
    assert_eq!(geodesic.mass_at(0.3).expect("inside"), mu);

    // nearly equal ends: W ~ sqrt(delta' L^+ delta), and the estimate admits the rounding of the masses
    let mut near = mu;
    near[0] += 1e-13;
    near[1] -= 1e-13;
    let geodesic = solve(&cycle, &mu, &near, 1e-9);
    assert!(geodesic.converged() && geodesic.distance() > 0.0 && geodesic.error_estimate() < 0.1);
}

#[test]
fn bad_input_is_named() {
    let path = Graph::path(3, Reference::Degree).expect("a path");
    let options = GeodesicOptions::default();
    let good = [0.25, 0.5, 0.25];
    let message = |mu: &[f64]| path.geodesic(&good, mu, &options).err().expect("refused").to_string();
    assert!(message(&[0.5, 0.5]).contains("mu1: expected 3 entries, got 2"));
    assert!(message(&[0.5, f64::NAN, 0.5]).contains("mu1[1]: NaN"));
    assert!(message(&[0.5, -0.25, 0.75]).contains("mu1[1]: -0.25"));
    assert!(message(&[0.5, 0.5, 0.5]).contains("mu1: masses sum to 1.5"));
    let snapshots = [good.to_vec(), vec![0.2, 1.0, -0.2]];
    let error = path.geodesics(&snapshots, &options, 1).err().expect("refused").to_string();
    assert!(error.contains("snapshots[1][2]"), "{error}");
    assert!(path.geodesics(&snapshots, &options, 0).is_err());
    for tolerance in [0.0, 1.0, -1.0, f64::NAN] {
        assert!(GeodesicSolver::new(&path, options.with_tolerance(tolerance)).is_err());
    }
    assert!(GeodesicSolver::new(&path, options.with_max_iterations(0)).is_err());
}

#[test]
fn says_when_it_did_not_converge() {
    let path = Graph::path(30, Reference::Uniform).expect("a path");
    let bump =
        |at: usize| -> Vec<f64> { (0..30).map(|x| if x == at { 1.0 - 29e-9 } else { 1e-9 }).collect() };
    let geodesic = solve(&path, &bump(0), &bump(29), 1e-9);
    assert!(!geodesic.converged());
    assert!(geodesic.termination().describe().starts_with("did not converge"));

    let options = GeodesicOptions::default().with_max_iterations(2);
    let mut random = Uniform(3);
    let (mu0, mu1) = (random.distribution(30, 1.0), random.distribution(30, 1.0));
    let geodesic = path.geodesic(&mu0, &mu1, &options).expect("a result all the same");
    assert_eq!(geodesic.termination(), Termination::IterationLimit);
    assert_eq!(geodesic.iterations(), 2);
    assert!(geodesic.error_estimate() > 1e-9);
}

#[test]
fn batch_is_the_same_for_every_number_of_threads() {
    let graph = Graph::grid(&[4, 5], false, Reference::Degree).expect("a grid");
    let mut random = Uniform(17);
    let snapshots: Vec<Vec<f64>> = (0..30).map(|_| random.distribution(20, 0.7)).collect();
    let options = GeodesicOptions::default().with_tolerance(1e-9);
    let one = graph.geodesics(&snapshots, &options, 1).expect("solved");
    assert_eq!(one.len(), 29);
    for threads in [2, 3, 7] {
        let many = graph.geodesics(&snapshots, &options, threads).expect("solved");
        for (a, b) in one.iter().zip(&many) {
            assert_eq!(a.distance().to_bits(), b.distance().to_bits());
            assert_eq!(a.potential_end(), b.potential_end());
        }
    }
    for (k, geodesic) in one.iter().enumerate() {
        let alone = solve(&graph, &snapshots[k], &snapshots[k + 1], 1e-9);
        assert!(geodesic.converged());
        assert!((geodesic.distance() / alone.distance() - 1.0).abs() < 1e-8);
    }
    assert!(graph.geodesics(&snapshots[..1], &options, 2).expect("no pair").is_empty());
}

/// A Laplacian left by a pair whose mass sat elsewhere must not spoil the next pair.
#[test]
fn reused_factor_is_renewed_when_it_does_not_serve() {
    let graph = Graph::path(20, Reference::Uniform).expect("a path");
    let side = |left: bool, tilt: f64| -> Vec<f64> {
        let mass = |x: usize| if (x < 10) == left { 1.0 + tilt * (x % 10) as f64 } else { 1e-4 };
        let sum: f64 = (0..20).map(mass).sum();
        (0..20).map(|x| mass(x) / sum).collect()
    };
    let options = GeodesicOptions::default();
    let (a, b, c, d) = (side(true, 0.0), side(true, 0.01), side(false, 0.0), side(false, 0.01));
    let mut solver = GeodesicSolver::new(&graph, options).expect("good options");
    assert!(solver.solve(&a, &b).expect("solved").converged());
    let next = solver.solve_next(&c, &d).expect("solved");
    let alone = graph.geodesic(&c, &d, &options).expect("solved");
    assert!(alone.converged() && next.converged(), "{:?}", next.termination());
    assert!((next.distance() / alone.distance() - 1.0).abs() < 2e-9);
}

/// Polynomials between time nodes dip below zero where masses are nearly none; what is handed out does not.
#[test]
fn masses_are_never_negative() {
    let path = Graph::path(3, Reference::Uniform).expect("a path");
    let (mu0, mu1) = ([0.022, 0.955, 0.023], [0.003, 0.068, 0.929]);
    for tolerance in [None, Some(1e-3), Some(1e-5), Some(1e-9)] {
        let mut options = GeodesicOptions::default();
        options.tolerance = tolerance;
        let geodesic = path.geodesic(&mu0, &mu1, &options).expect("a geodesic");
        for k in 0..=2000 {
            let mass = geodesic.mass_at(f64::from(k) / 2000.0).expect("inside");
            assert!(mass.iter().all(|m| *m >= 0.0), "{tolerance:?}, {k}: {mass:?}");
            assert!((mass.iter().sum::<f64>() - 1.0).abs() < 1e-13, "{tolerance:?}, {k}: {mass:?}");
        }
    }
}

/// A path with almost no mobility in its middle: an error or a status, never a number that is wrong.
#[test]
fn tiny_masses_end_in_words() {
    let path = Graph::path(3, Reference::Uniform).expect("a path");
    for tiny in [1e-30, 1e-300, 5e-324] {
        for mean in Mean::ALL {
            let options = GeodesicOptions::default().with_mean(mean);
            match path.geodesic(&[0.6, 0.4, tiny], &[0.5, 0.5, tiny], &options) {
                Ok(g) => assert!(!g.converged() || g.distance() > 0.0, "{mean:?} at {tiny:e}"),
                Err(error) => assert!(error.to_string().contains("singular"), "{error}"),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Symmetry, the triangle inequality, the reversed path, and mass at all times.
    #[test]
    fn metric_axioms(nodes in 2usize..12, seed in any::<u64>(), mean in 0usize..4) {
        let graph = Graph::random_tree(nodes, seed, Reference::Uniform).unwrap();
        let options = GeodesicOptions::default().with_mean(Mean::ALL[mean]).with_tolerance(1e-8);
        let mut random = Uniform(seed);
        let mu: Vec<Vec<f64>> = (0..3).map(|_| random.distribution(nodes, 0.8)).collect();
        let between = |a: usize, b: usize| graph.geodesic(&mu[a], &mu[b], &options).unwrap();
        let (ab, ba, bc, ac) = (between(0, 1), between(1, 0), between(1, 2), between(0, 2));
        for g in [&ab, &ba, &bc, &ac] {
            prop_assert!(g.converged(), "{:?}", g.termination());
        }
        prop_assert!((ab.distance() / ba.distance() - 1.0).abs() < 2e-8);
        prop_assert!(ac.distance() <= (ab.distance() + bc.distance()) * (1.0 + 2e-8));
        prop_assert!(ab.distance() > 0.0);
        let minus: Vec<f64> = ba.potential_end().iter().map(|v| -v).collect();
        prop_assert!(relative_difference(ab.potential_start(), &minus) < 1e-6);
        for k in 0..=10 {
            let mass = ab.mass_at(k as f64 / 10.0).unwrap();
            prop_assert!((mass.iter().sum::<f64>() - 1.0).abs() < 1e-13);
        }
    }
}
