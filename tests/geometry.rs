//! The geometry beyond single geodesics: closed forms, invariants, finite differences, symmetries.

mod common;

use common::{chain, data, largest, numbers, relative_difference, Uniform};
use jkoflow::{
    BarycentreOptions, Duplicates, Error, FlowOptions, GeodesicOptions, Graph, Mean, Reference,
    Termination,
};
use proptest::prelude::*;

fn tight() -> GeodesicOptions {
    GeodesicOptions::default().with_tolerance(1e-11)
}

fn difference(a: &[f64], b: &[f64]) -> f64 {
    largest(&a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<_>>())
}

// --- metric tensor

#[test]
fn potentials_and_rates_are_inverse_to_each_other() {
    let graph = Graph::erdos_renyi(15, 0.4, 3, Reference::Degree).expect("connected");
    let mut random = Uniform(1);
    for mean in Mean::ALL {
        let mu = random.distribution(15, 2.0);
        let mut psi: Vec<f64> = (0..15).map(|_| random.draw() - 0.5).collect();
        let rate = graph.potential_to_rate(mean, &mu, &psi).expect("good input");
        assert!(rate.iter().sum::<f64>().abs() < 1e-15);
        let back = graph.rate_to_potential(mean, &mu, &rate).expect("good input");
        graph.centre(&mut psi);
        assert!(difference(&back, &psi) < 1e-12);

        // the product is psi' rate, symmetric, and the norm its square root
        let phi: Vec<f64> = (0..15).map(|_| random.draw()).collect();
        let product = |a: &[f64], b: &[f64]| graph.metric_product(mean, &mu, a, b).expect("good input");
        let dual: f64 = phi.iter().zip(&rate).map(|(a, b)| a * b).sum();
        assert!((product(&psi, &phi) - dual).abs() < 1e-14);
        assert!((product(&psi, &phi) - product(&phi, &psi)).abs() < 1e-16);
        let norm = graph.metric_norm(mean, &mu, &psi).expect("good input");
        assert!((norm * norm / product(&psi, &psi) - 1.0).abs() < 1e-14);
    }
}

/// The heat equation is the gradient flow of the entropy: `L(rho) ln rho = -` generator (Maas 2011).
#[test]
fn the_entropys_gradient_is_the_heat_equation() {
    let graph = Graph::grid(&[3, 4], false, Reference::Degree).expect("a grid");
    let mu = Uniform(2).distribution(12, 2.0);
    let rho = graph.density(&mu).expect("n masses");
    let log: Vec<f64> = rho.iter().map(|r| r.ln()).collect();
    let rate = graph.potential_to_rate(Mean::Logarithmic, &mu, &log).expect("good input");
    let mut heat = vec![0.0; 12];
    for ((x, y), c) in graph.edge_list().zip(graph.conductance()) {
        heat[x] += c * (rho[x] - rho[y]);
        heat[y] -= c * (rho[x] - rho[y]);
    }
    assert!(difference(&rate, &heat) < 1e-15);
}

#[test]
fn tangents_are_checked() {
    let path = Graph::path(3, Reference::Uniform).expect("a path");
    let (mu, mean) = ([0.2, 0.3, 0.5], Mean::Logarithmic);
    let says = |result: Result<Vec<f64>, Error>, text: &str| {
        let message = result.expect_err("refused").to_string();
        assert!(message.contains(text), "{message}");
    };
    says(path.rate_to_potential(mean, &mu, &[0.1, 0.0, 0.0]), "rate: sums to 1e-1");
    says(path.rate_to_potential(mean, &mu, &[0.1, -0.1]), "rate: expected 3 entries, got 2");
    says(path.rate_to_potential(mean, &[0.5, 0.5, 0.0], &[0.1, -0.1, 0.0]), "mu[2]: 0 is empty");
    says(path.potential_to_rate(mean, &mu, &[0.0, f64::NAN, 0.0]), "psi[1]: NaN");
    let product = path.metric_product(mean, &mu, &[0.0; 3], &[0.0; 4]);
    assert!(product.expect_err("refused").to_string().contains("phi: expected 3 entries, got 4"));
    assert!(path.metric_norm(mean, &[0.5; 3], &[0.0; 3]).is_err());
    // rounding of the size of what is given is no objection
    assert!(path.rate_to_potential(mean, &mu, &[0.1, 0.2, -0.3 + 1e-12]).is_ok());
    assert_eq!(path.rate_to_potential(mean, &mu, &[0.0; 3]).expect("at rest"), [0.0; 3]);
}

// --- exponential map and logarithm

#[test]
fn exponential_inverts_the_logarithm_on_all_reference_problems() {
    let options = FlowOptions::default().with_tolerance(1e-12);
    for problem in data("geodesics.json") {
        let (graph, name) = (chain(&problem), &problem["name"]);
        let (mu0, mu1) = (numbers(&problem, "mu0"), numbers(&problem, "mu1"));
        let psi = graph.logarithm(&mu0, &mu1, &tight()).expect("converged");
        let norm = graph.metric_norm(Mean::Logarithmic, &mu0, &psi).expect("good input");
        let distance = problem["distance"].as_f64().expect("a distance");
        assert!((norm / distance - 1.0).abs() < 1e-9, "{name}: norm {norm}");

        let flow = graph.geodesic_flow(&mu0, &psi, &[0.0, 0.3, 1.0], &options).expect("inside");
        let (mass, potential) = (&flow.masses()[2], &flow.potentials()[2]);
        // the flow amplifies the error of the logarithm, the more the longer the geodesic
        assert!(difference(mass, &mu1) < 1e-8, "{name}: {:e}", difference(mass, &mu1));
        let error = relative_difference(potential, &numbers(&problem, "potential_end"));
        assert!(error < 1e-7, "{name}: {error:e}");
        assert!(flow.energy_drift() < 1e-10, "{name}: {:e}", flow.energy_drift());
        assert!((flow.speed() / norm - 1.0).abs() < 1e-14);
        assert_eq!(flow.masses()[0], mu0);
        assert!((mass.iter().sum::<f64>() - 1.0).abs() < 1e-12);

        let (end, end_potential) = graph.exponential(&mu0, &psi, &options).expect("inside");
        assert!(difference(&end, mass) < 1e-10 && relative_difference(&end_potential, potential) < 1e-8);
    }
}

/// Arc length on two nodes (Maas 2011, section 2), for masses `(1 - beta)/2, (1 + beta)/2`.
fn two_node_distance(p: f64, q: f64, from: f64, to: f64) -> f64 {
    let integrand = |beta: f64| {
        let (s, t) = ((p + q) / q * (1.0 - beta) / 2.0, (p + q) / p * (1.0 + beta) / 2.0);
        Mean::Logarithmic.value(s, t).sqrt().recip()
    };
    let steps = 20_000;
    let h = (to - from) / f64::from(steps);
    let weight = |k: i32| if k == 0 || k == steps { 1.0 } else { f64::from(2 + 2 * (k % 2)) };
    let sum: f64 = (0..=steps).map(|k| weight(k) * integrand(from + f64::from(k) * h)).sum();
    0.5 * (1.0 / p + 1.0 / q).sqrt() * sum * h / 3.0
}

fn two_nodes(p: f64, q: f64) -> Graph {
    let pi = [q / (p + q), p / (p + q)];
    Graph::from_chain(&pi, &[(0, 1, pi[0] * p)], Duplicates::Refuse).expect("a chain")
}

#[test]
fn exponential_on_two_nodes_travels_the_arc_length() {
    let options = FlowOptions::default().with_tolerance(1e-12);
    for (p, q) in [(1.0, 1.0), (0.7, 0.3), (0.05, 0.9)] {
        let graph = two_nodes(p, q);
        for (from, wanted) in [(-0.5, 0.9), (0.3, 0.2), (-0.9, 0.5), (0.2, -0.6)] {
            let mu = [(1.0 - from) / 2.0, (1.0 + from) / 2.0];
            // a positive rate at node 1 raises beta
            let unit = graph.metric_norm(Mean::Logarithmic, &mu, &[0.0, 1.0]).expect("good input");
            let psi = [0.0, wanted / unit];
            let (end, potential) = graph.exponential(&mu, &psi, &options).expect("inside");
            let travelled = two_node_distance(p, q, from, end[1] - end[0]);
            assert!((travelled - wanted).abs() < 1e-10, "{p}, {q}, {from}: {travelled} {wanted}");
            let speed = graph.metric_norm(Mean::Logarithmic, &end, &potential).expect("good input");
            assert!((speed / wanted.abs() - 1.0).abs() < 1e-10);
        }
    }
}

/// Two nodes, p = q = 1: from the middle to a Dirac it is half of 1.5587074518 (Maas 2011).
#[test]
fn a_geodesic_that_leaves_the_simplex_says_when() {
    let graph = two_nodes(1.0, 1.0);
    let unit = graph.metric_norm(Mean::Logarithmic, &[0.5; 2], &[0.0, 1.0]).expect("good input");
    let error = graph
        .geodesic_flow(&[0.5; 2], &[0.0, 1.0 / unit], &[2.0, 4.0], &FlowOptions::default())
        .expect_err("the boundary is nearer");
    let Error::FlowFailed { time, reason } = &error else { panic!("{error}") };
    assert!((time - 2.0 - 1.5587074518 / 2.0).abs() < 1e-6, "{time}");
    assert!(reason.contains("leaves the simplex, node 0 is down"), "{reason}");
}

#[test]
fn the_flow_is_reversible_and_additive() {
    let graph = Graph::grid(&[3, 4], false, Reference::Uniform).expect("a grid");
    let options = FlowOptions::default().with_tolerance(1e-11);
    let mut random = Uniform(4);
    for mean in Mean::ALL {
        let options = options.with_mean(mean);
        let mu = random.distribution(12, 1.0);
        let mut psi: Vec<f64> = (0..12).map(|_| random.draw()).collect();
        graph.centre(&mut psi);
        let flow = graph.geodesic_flow(&mu, &psi, &[0.0, 0.1, 0.25, 0.5], &options).expect("inside");
        assert!(flow.energy_drift() < 1e-10 && flow.steps() >= 3);
        let half: Vec<f64> = psi.iter().map(|p| 0.5 * p).collect();
        let (end, potential) = graph.exponential(&mu, &half, &options).expect("inside");
        assert!(difference(&end, &flow.masses()[3]) < 1e-10);
        let back: Vec<f64> = potential.iter().map(|p| -p).collect();
        let (start, reversed) = graph.exponential(&end, &back, &options).expect("inside");
        assert!(difference(&start, &mu) < 1e-10);
        assert!(difference(&reversed, &half.iter().map(|p| -p).collect::<Vec<_>>()) < 1e-9);
    }
    let rest = graph.exponential(&[1.0 / 12.0; 12], &[3.0; 12], &options).expect("at rest");
    assert!(difference(&rest.0, &[1.0 / 12.0; 12]) < 1e-16 && largest(&rest.1) < 1e-15);
    let one = Graph::path(1, Reference::Uniform).expect("one node");
    assert_eq!(one.exponential(&[1.0], &[2.0], &options).expect("one node"), (vec![1.0], vec![0.0]));
}

#[test]
fn exponential_and_logarithm_are_checked() {
    let path = Graph::path(30, Reference::Uniform).expect("a path");
    let mu = vec![1.0 / 30.0; 30];
    let options = FlowOptions::default();
    let refused = |psi: &[f64], times: &[f64], options: &FlowOptions| {
        path.geodesic_flow(&mu, psi, times, options).expect_err("refused").to_string()
    };
    assert!(refused(&[0.0; 29], &[0.0], &options).contains("psi: expected 30 entries, got 29"));
    assert!(refused(&[f64::INFINITY; 30], &[0.0], &options).contains("psi[0]: inf"));
    assert!(refused(&[0.0; 30], &[], &options).contains("times: empty"));
    assert!(refused(&[0.0; 30], &[0.0, 0.0], &options).contains("times[1]: 0"));
    assert!(refused(&[0.0; 30], &[0.0], &options.with_tolerance(0.0)).contains("tolerance"));
    assert!(refused(&[1e200, 0.0].repeat(15), &[0.0, 1.0], &options).contains("psi: so large"));
    let psi: Vec<f64> = (0..30).map(f64::from).collect();
    let few = refused(&psi, &[0.0, 1.0], &options.with_max_steps(1));
    assert!(few.contains("beyond time 0.") && few.contains("limit of 1 steps"), "{few}");

    let bump =
        |at: usize| -> Vec<f64> { (0..30).map(|x| if x == at { 1.0 - 29e-9 } else { 1e-9 }).collect() };
    let few = GeodesicOptions::default().with_max_iterations(15);
    let error = path.logarithm(&bump(0), &bump(29), &few).expect_err("too far for so few steps");
    assert!(matches!(error, Error::NotConverged { .. }), "{error}");
    assert!(error.to_string().starts_with("the geodesic from mu0 to mu1 did not converge"), "{error}");
}

// --- action and length of a path

/// Samples of a geodesic at `k / count`.
fn samples(graph: &Graph, mu0: &[f64], mu1: &[f64], count: usize) -> (Vec<f64>, Vec<Vec<f64>>, f64) {
    let geodesic = graph.geodesic(mu0, mu1, &tight().with_tolerance(1e-12)).expect("solved");
    assert!(geodesic.converged());
    let times: Vec<f64> = (0..=count).map(|k| k as f64 / count as f64).collect();
    let masses = times.iter().map(|&t| geodesic.mass_at(t).expect("inside")).collect();
    (times, masses, geodesic.distance())
}

#[test]
fn the_action_of_a_geodesics_samples_converges_at_second_order() {
    for problem in data("geodesics.json").iter().filter(|p| p["name"] != "path6/bumps") {
        let (graph, name) = (chain(problem), &problem["name"]);
        let (mu0, mu1) = (numbers(problem, "mu0"), numbers(problem, "mu1"));
        let error = |count: usize| {
            let (times, masses, distance) = samples(&graph, &mu0, &mu1, count);
            let action = graph.path_action(Mean::Logarithmic, &times, &masses).expect("a path");
            let length = graph.path_length(Mean::Logarithmic, &masses).expect("a path");
            assert!(length >= distance * (1.0 - 1e-11), "{name}: {length} < {distance}");
            // Cauchy and Schwarz, on a time interval of length one
            assert!(action >= length * length * (1.0 - 1e-13), "{name}");
            action / (distance * distance) - 1.0
        };
        let (coarse, fine) = (error(16), error(32));
        assert!(coarse > 0.0 && coarse < 5e-3, "{name}: {coarse:e}");
        let order = (coarse / fine).log2();
        if problem["pi"].as_array().map(Vec::len) == Some(2) {
            // on two nodes a segment is its own geodesic, up to the speed on it
            assert!(order > 1.9, "{name}: order {order}");
        } else {
            assert!((1.9..2.1).contains(&order), "{name}: order {order}, {coarse:e}, {fine:e}");
        }
    }
}

/// `dt * action_k = l_k^2` has a closed form on two nodes, `c = 1/2`, by quadrature in one variable.
#[test]
fn one_segment_on_two_nodes_is_an_integral() {
    let graph = two_nodes(1.0, 1.0);
    let (from, to) = (-0.4, 0.5);
    let mass = |beta: f64| [(1.0 - beta) / 2.0, (1.0 + beta) / 2.0];
    let steps = 2000;
    let resistance: f64 = (0..steps)
        .map(|k| {
            let beta = from + (to - from) * (f64::from(k) + 0.5) / f64::from(steps);
            Mean::Logarithmic.value(1.0 - beta, 1.0 + beta).recip() / f64::from(steps)
        })
        .sum();
    let flux: f64 = (to - from) / 2.0;
    let square = flux * flux / 0.5 * resistance;
    let masses = [mass(from), mass(to)];
    let lengths = graph.segment_lengths(Mean::Logarithmic, &masses).expect("a path");
    assert!((lengths[0] * lengths[0] / square - 1.0).abs() < 1e-6, "{} {square}", lengths[0]);
    let action = graph.path_action(Mean::Logarithmic, &[1.0, 1.5], &masses).expect("a path");
    assert!((action / (2.0 * lengths[0] * lengths[0]) - 1.0).abs() < 1e-14);
}

#[test]
fn length_does_not_depend_on_the_parametrisation() {
    let graph = Graph::grid(&[3, 3], false, Reference::Degree).expect("a grid");
    let mut random = Uniform(8);
    let (mu0, mu1) = (random.distribution(9, 1.0), random.distribution(9, 1.0));
    let geodesic = graph.geodesic(&mu0, &mu1, &tight()).expect("solved");
    let sampled = |f: &dyn Fn(f64) -> f64| -> (Vec<f64>, Vec<Vec<f64>>) {
        let s = (0..=64).map(|k| f64::from(k) / 64.0);
        (s.clone().collect(), s.map(|s| geodesic.mass_at(f(s)).expect("inside")).collect())
    };
    let even = sampled(&|s| s);
    let bent = sampled(&|s| s * s * (3.0 - 2.0 * s));
    let length = |path: &(Vec<f64>, Vec<Vec<f64>>)| {
        graph.path_length(Mean::Logarithmic, &path.1).expect("a path")
    };
    assert!((length(&even) / length(&bent) - 1.0).abs() < 1e-3);
    // the action of the bent one is that of its speed 6 s (1 - s), whose square has the mean 6/5
    let action = graph.path_action(Mean::Logarithmic, &bent.0, &bent.1).expect("a path");
    assert!((action / (1.2 * geodesic.distance().powi(2)) - 1.0).abs() < 2e-3);
    // backwards, in other units of time, and piece by piece
    let back: Vec<Vec<f64>> = even.1.iter().rev().cloned().collect();
    let forward = length(&even);
    assert!(
        (graph.path_length(Mean::Logarithmic, &back).expect("a path") / forward - 1.0).abs() < 1e-14
    );
    let pieces = graph.path_length(Mean::Logarithmic, &even.1[..30]).expect("a path")
        + graph.path_length(Mean::Logarithmic, &even.1[29..]).expect("a path");
    assert!((pieces / forward - 1.0).abs() < 1e-14);
    let slow: Vec<f64> = even.0.iter().map(|t| 3.0 * t - 1.0).collect();
    let ratio = graph.path_action(Mean::Logarithmic, &slow, &even.1).expect("a path")
        / graph.path_action(Mean::Logarithmic, &even.0, &even.1).expect("a path");
    assert!((3.0 * ratio - 1.0).abs() < 1e-14);
}

#[test]
fn paths_are_checked() {
    let graph = Graph::path(3, Reference::Uniform).expect("a path");
    let good = [0.3, 0.3, 0.4];
    let refused = |times: &[f64], masses: &[[f64; 3]]| {
        graph.path_action(Mean::Logarithmic, times, masses).expect_err("refused").to_string()
    };
    assert!(refused(&[0.0], &[good; 2]).contains("times: expected 2 entries, got 1"));
    assert!(refused(&[1.0, 0.5], &[good; 2]).contains("times[1]: 0.5"));
    assert!(refused(&[], &[]).contains("masses: empty"));
    assert!(refused(&[0.0, 1.0], &[good, [0.5; 3]]).contains("masses[1]: masses sum to 1.5"));
    let length = |masses: &[[f64; 3]]| graph.path_length(Mean::Logarithmic, masses).expect("a path");
    assert_eq!(length(&[good]), 0.0);
    assert_eq!(length(&[good, good]), 0.0);
    // empty nodes at the ends are fine
    assert!(length(&[[1.0, 0.0, 0.0], [0.3, 0.3, 0.4], [0.0, 0.0, 1.0]]) > 0.0);
}

/// Where nodes stay empty the rest of the graph is all there is, and no way leads through them.
#[test]
fn paths_beside_nodes_that_stay_empty() {
    let graph = Graph::path(6, Reference::Uniform).expect("a path");
    let conductance = graph.conductance()[0];
    for mean in Mean::ALL {
        let length = |from: [f64; 6], to: [f64; 6]| {
            graph
                .path_length(mean, &[from, to])
                .unwrap_or_else(|e| panic!("{mean:?} {from:?} {to:?} {e}"))
        };
        // the pairs {0, 1} and {4, 5} exchange nothing with each other, so that their squares add up
        let (from, to) = ([0.3, 0.2, 0.0, 0.0, 0.4, 0.1], [0.32, 0.18, 0.0, 0.0, 0.35, 0.15]);
        let square = |moved: f64, a: f64, b: f64| {
            let at = |k: usize| moved * (k as f64 + 0.5) / 1000.0;
            let inverse = (0..1000).map(|k| 1.0 / mean.value(6.0 * (a + at(k)), 6.0 * (b - at(k))));
            moved * moved * inverse.sum::<f64>() / 1000.0 / conductance
        };
        let exact = (square(0.02, 0.3, 0.2) + square(-0.05, 0.4, 0.1)).sqrt();
        let found = length(from, to);
        assert!((found / exact - 1.0).abs() < 1e-6, "{mean:?}: {found}, not {exact}");
        assert_eq!(length(from, from), 0.0);
        // node 1 hands on to node 4, through two that are empty
        let apart = [0.3, 0.1, 0.0, 0.0, 0.5, 0.1];
        assert_eq!(length(from, apart), f64::INFINITY, "{mean:?}");
        let over = [0.3, 0.1, 0.1, 0.0, 0.4, 0.1];
        assert!(length(from, over).is_finite(), "{mean:?}");
        let action = graph.path_action(mean, &[0.0, 1.0, 2.0], &[from, to, apart]).expect("a path");
        assert_eq!(action, f64::INFINITY);
        // through one empty node, where only the arithmetic mean conducts
        let through = length([0.5, 0.0, 0.5, 0.0, 0.0, 0.0], [0.4, 0.0, 0.6, 0.0, 0.0, 0.0]);
        assert_eq!(through.is_finite(), mean == Mean::Arithmetic, "{mean:?}: {through}");
    }
}

// --- distance matrix

#[test]
fn distance_matrix_is_that_of_the_pairs_for_every_number_of_threads() {
    let graph = Graph::grid(&[3, 4], false, Reference::Degree).expect("a grid");
    let mut random = Uniform(6);
    let distributions: Vec<Vec<f64>> = (0..9).map(|_| random.distribution(12, 1.0)).collect();
    let options = GeodesicOptions::default();
    let one = graph.distance_matrix(&distributions, &options, 1).expect("solved");
    assert_eq!((one.size(), one.as_slice().len()), (9, 81));
    assert!(one.unconverged().is_empty());
    for i in 0..9 {
        assert_eq!(one.distance(i, i), 0.0);
        for j in 0..9 {
            assert_eq!(one.distance(i, j).to_bits(), one.row(j)[i].to_bits());
            if i != j {
                let alone =
                    graph.geodesic(&distributions[i], &distributions[j], &options).expect("solved");
                assert!((one.distance(i, j) / alone.distance() - 1.0).abs() < 4e-9);
            }
        }
    }
    for threads in [2, 3, 8, 50] {
        let many = graph.distance_matrix(&distributions, &options, threads).expect("solved");
        let bits = |v: &[f64]| v.iter().map(|d| d.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(one.as_slice()), bits(many.as_slice()));
    }
}

#[test]
fn distance_matrix_takes_empty_nodes() {
    let cycle = Graph::cycle(4, Reference::Uniform).expect("a cycle");
    let dirac = |at: usize| -> Vec<f64> { (0..4).map(|x| if x == at { 1.0 } else { 0.0 }).collect() };
    let options = GeodesicOptions::default();
    let matrix = cycle.distance_matrix(&[dirac(0), dirac(1), dirac(2)], &options, 2).expect("solved");
    assert!(matrix.unconverged().is_empty());
    // the cycle turns one pair of neighbours into the other
    assert!((matrix.distance(0, 1) / matrix.distance(1, 2) - 1.0).abs() < 2e-4);
    assert!(matrix.distance(0, 2) > matrix.distance(0, 1));
    assert!(matrix.distance(0, 2) < 2.0 * matrix.distance(0, 1));
}

#[test]
fn distance_matrix_names_what_is_wrong() {
    let path = Graph::path(30, Reference::Uniform).expect("a path");
    // enough for what is near
    let options = GeodesicOptions::default().with_max_iterations(15);
    let bump =
        |at: usize| -> Vec<f64> { (0..30).map(|x| if x == at { 1.0 - 29e-9 } else { 1e-9 }).collect() };
    let mut near = vec![1.0 / 30.0; 30];
    near[3] += 0.01;
    near[4] -= 0.01;
    let matrix =
        path.distance_matrix(&[vec![1.0 / 30.0; 30], near, bump(0)], &options, 2).expect("solved");
    assert!(matrix.distance(0, 1) > 0.0);
    assert!(matrix.distance(2, 0).is_nan() && matrix.distance(1, 2).is_nan());
    let pairs: Vec<(usize, usize)> = matrix.unconverged().iter().map(|&(i, j, _)| (i, j)).collect();
    assert_eq!(pairs, [(0, 2), (1, 2)]);
    assert!(matrix.unconverged().iter().all(|p| p.2 != Termination::Converged));

    let flat = vec![1.0 / 30.0; 30];
    let error = path.distance_matrix(&[flat.clone(), vec![1.0; 30]], &options, 1).expect_err("refused");
    assert!(error.to_string().contains("distributions[1]: masses sum to 30"));
    assert!(path.distance_matrix(&[flat.clone(), flat.clone()], &options, 0).is_err());
    assert_eq!(path.distance_matrix(&[flat], &options, 4).expect("one").as_slice(), [0.0]);
    assert_eq!(path.distance_matrix::<Vec<f64>>(&[], &options, 4).expect("none").size(), 0);
}

// --- barycentres

fn references(graph: &Graph, count: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut random = Uniform(seed);
    (0..count).map(|_| random.distribution(graph.nodes(), 1.5)).collect()
}

#[test]
fn the_barycentre_of_two_lies_on_their_geodesic() {
    for problem in data("geodesics.json") {
        let (graph, name) = (chain(&problem), &problem["name"]);
        let ends = [numbers(&problem, "mu0"), numbers(&problem, "mu1")];
        let distance = problem["distance"].as_f64().expect("a distance");
        let geodesic = graph.geodesic(&ends[0], &ends[1], &tight()).expect("solved");
        let middle = graph.geodesic_flow(
            &ends[0],
            geodesic.potential_start(),
            &[0.0, 0.3],
            &FlowOptions::default().with_tolerance(1e-12),
        );
        let middle = middle.expect("inside").masses()[1].clone();
        let b = graph.barycentre(&ends, &[0.7, 0.3], &BarycentreOptions::default(), 1).expect("near");
        assert!(b.converged(), "{name}: {:?} {:e}", b.termination(), b.residual());
        assert!(b.residual() <= 1e-8);
        assert!(difference(b.mass(), &middle) < 1e-8, "{name}: {:e}", difference(b.mass(), &middle));
        assert!((b.distances()[0] / (0.3 * distance) - 1.0).abs() < 1e-7, "{name}");
        assert!((b.distances()[1] / (0.7 * distance) - 1.0).abs() < 1e-7, "{name}");
        assert!((b.objective() / (0.5 * 0.21 * distance * distance) - 1.0).abs() < 1e-9, "{name}");
    }
}

#[test]
fn barycentres_are_first_order_optimal() {
    let graph = Graph::erdos_renyi(10, 0.4, 5, Reference::Degree).expect("connected");
    let nu = references(&graph, 4, 21);
    let weights = [0.1, 0.4, 0.2, 0.3];
    for mean in Mean::ALL {
        let options = BarycentreOptions::default().with_mean(mean).with_tolerance(1e-9);
        let b = graph.barycentre(&nu, &weights, &options, 1).expect("near");
        assert!(b.converged(), "{mean:?}: {:?}", b.termination());
        assert!((b.mass().iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let geodesics = tight().with_mean(mean);
        let objective = |mu: &[f64]| -> f64 {
            let half_square = |nu: &Vec<f64>| {
                0.5 * graph.geodesic(mu, nu, &geodesics).expect("solved").distance().powi(2)
            };
            nu.iter().zip(&weights).map(|(nu, w)| w * half_square(nu)).sum()
        };
        let least = objective(b.mass());
        assert!((b.objective() / least - 1.0).abs() < 1e-8);
        let mut random = Uniform(22);
        for _ in 0..6 {
            let h = 1e-3;
            let mut direction: Vec<f64> = b.mass().iter().map(|m| m * (random.draw() - 0.5)).collect();
            let sum: f64 = direction.iter().sum();
            direction.iter_mut().zip(b.mass()).for_each(|(d, m)| *d -= sum * m);
            let moved = |h: f64| -> Vec<f64> {
                b.mass().iter().zip(&direction).map(|(m, d)| m + h * d).collect()
            };
            let (up, down) = (objective(&moved(h)), objective(&moved(-h)));
            let slope = (up - down) / (2.0 * h);
            assert!(slope.abs() < 1e-6 * least, "{mean:?}: slope {slope:e} of {least}");
            assert!(up > least && down > least);
        }
    }
}

#[test]
fn barycentres_know_their_symmetries() {
    let graph = Graph::cycle(6, Reference::Uniform).expect("a cycle");
    let options = BarycentreOptions::default();
    let nu = references(&graph, 3, 31);
    let weights = [0.5, 0.3, 0.2];
    let b = graph.barycentre(&nu, &weights, &options, 1).expect("near");
    assert!(b.converged());

    // the order of the references
    let (turned, turned_weights) = ([&nu[2], &nu[0], &nu[1]], [0.2, 0.5, 0.3]);
    let c = graph.barycentre(&turned, &turned_weights, &options, 1).expect("near");
    assert!(difference(b.mass(), c.mass()) < 1e-8);
    // a rotation of the cycle
    let rotate = |mu: &[f64]| -> Vec<f64> { (0..6).map(|x| mu[(x + 2) % 6]).collect() };
    let rotated: Vec<Vec<f64>> = nu.iter().map(|mu| rotate(mu)).collect();
    let c = graph.barycentre(&rotated, &weights, &options, 1).expect("near");
    assert!(difference(&rotate(b.mass()), c.mass()) < 1e-8);
    // all rotations of one reference
    let orbit: Vec<Vec<f64>> = (0..6).map(|k| (0..6).map(|x| nu[0][(x + k) % 6]).collect()).collect();
    let c = graph.barycentre(&orbit, &[1.0 / 6.0; 6], &options, 1).expect("near");
    assert!(c.converged() && difference(c.mass(), &[1.0 / 6.0; 6]) < 1e-8);
    // the number of threads
    for threads in [2, 5] {
        let c = graph.barycentre(&nu, &weights, &options, threads).expect("near");
        assert_eq!(b.mass(), c.mass());
        assert_eq!(b.residual().to_bits(), c.residual().to_bits());
    }
    // a reference given twice, with its weight divided
    let twice = [&nu[0], &nu[1], &nu[2], &nu[0]];
    let c = graph.barycentre(&twice, &[0.25, 0.3, 0.2, 0.25], &options, 1).expect("near");
    assert!(difference(b.mass(), c.mass()) < 1e-8);
}

#[test]
fn barycentres_of_one_distribution_are_it() {
    let graph = Graph::star(5, Reference::Degree).expect("a star");
    let nu = references(&graph, 2, 41);
    let options = BarycentreOptions::default();
    let alone = graph.barycentre(&nu[..1], &[1.0], &options, 1).expect("itself");
    assert!(alone.converged() && alone.iterations() == 0);
    assert_eq!((alone.mass(), alone.objective(), alone.residual()), (&nu[0][..], 0.0, 0.0));
    let vertex = graph.barycentre(&nu, &[0.0, 1.0], &options, 1).expect("itself");
    assert_eq!(vertex.mass(), nu[1]);
    assert!(vertex.distances()[0].is_nan() && vertex.distances()[1] == 0.0);
    let same = [&nu[0], &nu[0], &nu[0]];
    let equal = graph.barycentre(&same, &[0.2, 0.3, 0.5], &options, 1).expect("itself");
    assert_eq!(equal.mass(), nu[0]);
    // nearly a vertex, and references that nearly coincide
    let near = graph.barycentre(&nu, &[1e-9, 1.0 - 1e-9], &options, 1).expect("near");
    assert!(near.converged() && difference(near.mass(), &nu[1]) < 1e-8);
    let mut other = nu[0].clone();
    other[0] += 1e-11;
    other[1] -= 1e-11;
    let near = graph.barycentre(&[&nu[0], &other], &[0.5, 0.5], &options, 1).expect("near");
    assert!(near.converged() && difference(near.mass(), &nu[0]) < 1e-11);
}

#[test]
fn barycentres_say_what_is_wrong() {
    let path = Graph::path(30, Reference::Uniform).expect("a path");
    let options = BarycentreOptions::default();
    let bump =
        |at: usize| -> Vec<f64> { (0..30).map(|x| if x == at { 1.0 - 29e-9 } else { 1e-9 }).collect() };
    let flat = vec![1.0 / 30.0; 30];
    let refused = |nu: &[Vec<f64>], weights: &[f64]| {
        path.barycentre(nu, weights, &options, 1).expect_err("refused").to_string()
    };
    assert!(refused(&[], &[]).contains("references: empty"));
    assert!(refused(&[flat.clone(), vec![1.0; 30]], &[0.5, 0.5]).contains("references[1]: masses sum"));
    assert!(
        refused(std::slice::from_ref(&flat), &[0.5, 0.5]).contains("weights: expected 1 entries, got 2")
    );
    assert!(refused(&[flat.clone(), flat.clone()], &[1.5, -0.5]).contains("weights[1]: -0.5"));
    assert!(refused(&[flat.clone(), flat.clone()], &[0.5, 0.4]).contains("weights: sum to 0.9"));
    let far = refused(&[bump(0), bump(29)], &[0.5, 0.5]);
    assert!(far.contains("the geodesic to references[0] did not converge"), "{far}");
    let flats = [flat.clone(), flat.clone()];
    assert!(path.barycentre(&flats, &[0.5, 0.5], &options, 0).is_err());
    assert!(path.barycentre(&flats, &[0.5, 0.5], &options.with_tolerance(0.0), 1).is_err());
    assert!(path.barycentre(&flats, &[0.5, 0.5], &options.with_max_iterations(0), 1).is_err());

    let graph = Graph::cycle(6, Reference::Uniform).expect("a cycle");
    let nu = references(&graph, 3, 51);
    let b =
        graph.barycentre(&nu, &[0.5, 0.3, 0.2], &options.with_max_iterations(1), 1).expect("an iterate");
    assert_eq!((b.termination(), b.iterations()), (Termination::IterationLimit, 1));
    assert!(b.residual() > 1e-8);
}

// --- barycentric weights

#[test]
fn weights_are_recovered_from_a_barycentre() {
    let graph = Graph::grid(&[3, 4], false, Reference::Degree).expect("a grid");
    let nu = references(&graph, 4, 61);
    let options = BarycentreOptions::default().with_tolerance(1e-10);
    for weights in [[0.1, 0.2, 0.3, 0.4], [0.0, 0.5, 0.0, 0.5], [0.25; 4], [0.0, 0.0, 1.0, 0.0]] {
        let b = graph.barycentre(&nu, &weights, &options, 2).expect("near");
        assert!(b.converged());
        let found = graph.barycentric_weights(b.mass(), &nu, &tight(), 2).expect("near");
        assert!(difference(found.weights(), &weights) < 1e-7, "{:?}", found.weights());
        assert!(found.residual() < 1e-8, "{:e}", found.residual());
        assert!((found.weights().iter().sum::<f64>() - 1.0).abs() < 1e-14);
        for ((a, b), w) in found.distances().iter().zip(b.distances()).zip(weights) {
            assert!(w == 0.0 || (a - b).abs() < 1e-8);
        }
    }
}

/// Against all weights on a grid, with the residual computed anew from logarithms and the metric.
#[test]
fn no_weights_on_a_grid_do_better() {
    let graph = Graph::cycle(7, Reference::Uniform).expect("a cycle");
    let mean = Mean::Logarithmic;
    for seed in 71..75 {
        let nu = references(&graph, 3, seed);
        let mu = Uniform(seed + 100).distribution(7, 1.0);
        let found = graph.barycentric_weights(&mu, &nu, &tight(), 1).expect("near");
        // seven nodes have six dimensions: a random point is no barycentre of three
        assert!(found.residual() > 1e-3);
        let logs: Vec<Vec<f64>> =
            nu.iter().map(|nu| graph.logarithm(&mu, nu, &tight()).expect("near")).collect();
        let residual = |w: [f64; 3]| {
            let sum: Vec<f64> = (0..7).map(|x| (0..3).map(|i| w[i] * logs[i][x]).sum()).collect();
            graph.metric_norm(mean, &mu, &sum).expect("good input")
        };
        let w = found.weights();
        assert!((residual([w[0], w[1], w[2]]) / found.residual() - 1.0).abs() < 1e-12);
        let mut best = f64::INFINITY;
        for a in 0..=100 {
            for b in 0..=100 - a {
                best = best.min(residual([a, b, 100 - a - b].map(|k| f64::from(k) / 100.0)));
            }
        }
        assert!(found.residual() <= best * (1.0 + 1e-13));
        assert!(best - found.residual() < 1e-2 * best, "{} {best}", found.residual());
    }
}

#[test]
fn barycentric_weights_at_references_and_bad_input() {
    let graph = Graph::path(4, Reference::Uniform).expect("a path");
    let nu = references(&graph, 3, 81);
    let options = GeodesicOptions::default();
    for i in 0..3 {
        let found = graph.barycentric_weights(&nu[i], &nu, &options, 1).expect("near");
        assert!(found.weights().iter().enumerate().all(|(j, &w)| w == if i == j { 1.0 } else { 0.0 }));
        assert_eq!((found.residual(), found.distances()[i]), (0.0, 0.0));
    }
    let twice = [&nu[0], &nu[0]];
    let found = graph.barycentric_weights(&nu[1], &twice, &options, 1).expect("near");
    let distance = graph.geodesic(&nu[1], &nu[0], &options).expect("near").distance();
    assert!((found.residual() / distance - 1.0).abs() < 1e-8);

    let says = |result: Result<jkoflow::BarycentricWeights, Error>, text: &str| {
        let message = result.expect_err("refused").to_string();
        assert!(message.contains(text), "{message}");
    };
    says(graph.barycentric_weights(&[0.5; 2], &nu, &options, 1), "mu: expected 4 entries, got 2");
    says(graph.barycentric_weights::<Vec<f64>>(&nu[0], &[], &options, 1), "references: empty");
    says(
        graph.barycentric_weights(&nu[0], &[vec![0.5, 0.5, 0.0, 0.0]], &options, 1),
        "references[0][2]",
    );
    says(graph.barycentric_weights(&nu[0], &nu, &options, 0), "threads");
    says(
        graph.barycentric_weights(&nu[0], &nu, &options.with_max_iterations(1), 1),
        "references[1] did not",
    );
}

// --- all of it

/// Almost no mobility in places: an error or a finite number, never one that is not.
#[test]
fn tiny_masses_end_in_words() {
    let path = Graph::path(4, Reference::Uniform).expect("a path");
    let good = vec![0.25; 4];
    let words = |name: &str, result: Result<f64, Error>| match result {
        Ok(value) => assert!(value.is_finite() && value >= 0.0, "{name}: {value}"),
        Err(Error::Singular { .. } | Error::FlowFailed { .. } | Error::NotConverged { .. }) => {}
        Err(error) => panic!("{name}: {error}"),
    };
    for tiny in [1e-12, 1e-30, 1e-200, 1e-300, 5e-324] {
        for mean in Mean::ALL {
            let mu = vec![0.3, 0.3, 0.4, tiny];
            let psi = [0.1, -0.2, 0.3, 0.4];
            words("norm", path.metric_norm(mean, &mu, &psi));
            words("length", path.path_length(mean, &[&good, &mu, &good]));
            words("length", path.path_length(mean, &[vec![0.2, 0.4, 0.4, tiny], mu.clone()]));
            let potential = path.rate_to_potential(mean, &mu, &[0.1, 0.0, 0.0, -0.1]);
            words("potential", potential.map(|psi| largest(&psi)));
            for size in [1e-3, 1.0, 1e3] {
                let psi = psi.map(|p| size * p);
                let end = path.exponential(&mu, &psi, &FlowOptions::default().with_mean(mean));
                if let Ok((mass, _)) = &end {
                    assert!(mass.iter().all(|&m| m > 0.0));
                }
                words("exponential", end.map(|(mass, psi)| largest(&mass) + largest(&psi)));
            }
            let options = GeodesicOptions::default().with_mean(mean);
            let nu = [good.clone(), mu.clone(), vec![0.4, 0.3, 0.3, tiny]];
            if let Ok(matrix) = path.distance_matrix(&nu, &options, 1) {
                let bad = matrix.as_slice().iter().filter(|d| !d.is_finite()).count();
                assert_eq!(bad, 2 * matrix.unconverged().len());
            }
            let b =
                path.barycentre(&nu, &[0.2, 0.3, 0.5], &BarycentreOptions::default().with_mean(mean), 1);
            if let Ok(b) = &b {
                assert!(b.mass().iter().all(|&m| m > 0.0) && b.objective().is_finite());
            }
            words("barycentre", b.map(|b| b.residual()));
            words("weights", path.barycentric_weights(&good, &nu, &options, 1).map(|w| w.residual()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Random trees: the exponential of the logarithm, lengths above distances, and a barycentre whose
    /// weights are those that were asked for.
    #[test]
    fn the_parts_agree(nodes in 3usize..10, seed in any::<u64>(), mean in 0usize..4) {
        let mean = Mean::ALL[mean];
        let graph = Graph::random_tree(nodes, seed, Reference::Degree).unwrap();
        let mut random = Uniform(seed);
        let nu: Vec<Vec<f64>> = (0..3).map(|_| random.distribution(nodes, 1.0)).collect();
        let options = tight().with_mean(mean);
        let psi = graph.logarithm(&nu[0], &nu[1], &options).unwrap();
        let flow = FlowOptions::default().with_mean(mean).with_tolerance(1e-11);
        let (end, _) = graph.exponential(&nu[0], &psi, &flow).unwrap();
        prop_assert!(difference(&end, &nu[1]) < 1e-8);

        let distances = graph.distance_matrix(&nu, &options, 1).unwrap();
        prop_assert!(distances.unconverged().is_empty());
        let lengths = graph.segment_lengths(mean, &nu).unwrap();
        prop_assert!(lengths[0] >= distances.distance(0, 1) * (1.0 - 1e-6));
        prop_assert!(lengths[1] >= distances.distance(1, 2) * (1.0 - 1e-6));

        let mut weights: Vec<f64> = random.distribution(3, 2.0);
        weights[2] = 1.0 - weights[0] - weights[1];
        let b = graph.barycentre(&nu, &weights, &BarycentreOptions::default().with_mean(mean), 1).unwrap();
        prop_assert!(b.converged(), "{:?} {:e}", b.termination(), b.residual());
        let found = graph.barycentric_weights(b.mass(), &nu, &options, 1).unwrap();
        prop_assert!(found.residual() < 2e-8 * (2.0 * b.objective()).sqrt());
    }
}
