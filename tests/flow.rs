//! Gradient flows: exact solutions, reference snapshots, and what every flow must keep.

use jkoflow::{
    Duplicates, Flow, FlowOptions, FreeEnergy, Graph, Interaction, InternalEnergy, Mean, Reference,
    Result,
};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use serde_json::Value;
use sprs::TriMat;

// ---------------------------------------------------------------- helpers

/// Numbers in `[-1, 1]` without a pattern.
fn noise(n: usize, seed: u64) -> Vec<f64> {
    (0..n).map(|k| (12.9898 * (k as f64 + 1.0) + 78.233 * seed as f64).sin()).collect()
}

fn normalised(weights: Vec<f64>) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|w| w / sum).collect()
}

fn distribution(n: usize, seed: u64) -> Vec<f64> {
    normalised(noise(n, seed).iter().map(|v| (2.0 * v).exp()).collect())
}

fn options(tolerance: f64) -> FlowOptions {
    FlowOptions::default().with_tolerance(tolerance)
}

fn heat(graph: &Graph) -> FreeEnergy {
    FreeEnergy::new(graph).with_entropy(1.0).unwrap()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn assert_refused<T>(result: Result<T>, words: &[&str]) {
    let message = result.err().expect("this must be refused").to_string();
    for word in words {
        assert!(message.contains(word), "{word:?} is missing in {message:?}");
    }
}

/// Mass, positivity and decay, which every flow keeps.
fn assert_is_flow(energy: &FreeEnergy, flow: &Flow) {
    let total: f64 = flow.masses()[0].iter().sum();
    for (mu, &value) in flow.masses().iter().zip(flow.energies()) {
        assert!(mu.iter().all(|&m| m > 0.0));
        assert!((mu.iter().sum::<f64>() - total).abs() < 1e-14);
        assert!((energy.value(mu).unwrap() - value).abs() <= 1e-14 * (1.0 + value.abs()));
    }
    assert!(flow.energies().windows(2).all(|pair| pair[1] <= pair[0]));
    assert_eq!(flow.masses().len(), flow.times().len());
}

/// `exp(-t L / pi) mu`, by the eigenvectors of the symmetrised Laplacian.
fn exact_heat(graph: &Graph, mu: &[f64], t: f64) -> Vec<f64> {
    let n = graph.nodes();
    let root: Vec<f64> = graph.reference().iter().map(|p| p.sqrt()).collect();
    let mut s: DMatrix<f64> = DMatrix::zeros(n, n);
    for ((x, y), c) in graph.edge_list().zip(graph.conductance()) {
        s[(x, x)] += c / (root[x] * root[x]);
        s[(y, y)] += c / (root[y] * root[y]);
        s[(x, y)] -= c / (root[x] * root[y]);
        s[(y, x)] -= c / (root[x] * root[y]);
    }
    let mut eigen = s.symmetric_eigen();
    // exactly zero, however large the others are
    let lowest = eigen.eigenvalues.imin();
    eigen.eigenvalues[lowest] = 0.0;
    let start = DVector::from_iterator(n, mu.iter().zip(&root).map(|(m, r)| m / r));
    let mut modes: DVector<f64> = eigen.eigenvectors.transpose() * start;
    modes
        .iter_mut()
        .zip(eigen.eigenvalues.iter())
        .for_each(|(m, l): (&mut f64, &f64)| *m *= (-l * t).exp());
    let end: DVector<f64> = eigen.eigenvectors * modes;
    end.iter().zip(&root).map(|(v, r)| v * r).collect()
}

// ---------------------------------------------------------------- exact solutions

#[test]
fn two_nodes_relax_at_the_sum_of_their_rates() {
    let (p, q) = (0.7, 0.3);
    let pi = [q / (p + q), p / (p + q)];
    let graph = Graph::from_chain(&pi, &[(0, 1, pi[0] * p)], Duplicates::Refuse).unwrap();
    let times = [1.0, 1.5, 3.0, 20.0];
    let flow = heat(&graph).flow(&[0.9, 0.1], &times, &options(1e-10)).unwrap();
    for (mu, t) in flow.masses().iter().zip(times) {
        let expected = pi[0] + (0.9 - pi[0]) * (-(p + q) * (t - 1.0)).exp();
        assert!((mu[0] - expected).abs() < 1e-9, "at {t}: {} instead of {expected}", mu[0]);
    }
}

#[test]
fn heat_is_the_exponential_of_the_generator() {
    let graphs = [
        Graph::erdos_renyi(20, 0.3, 5, Reference::Degree).unwrap(),
        Graph::grid(&[4, 3], false, Reference::Uniform).unwrap(),
        Graph::random_tree(15, 3, Reference::Degree).unwrap(),
    ];
    for graph in &graphs {
        let times = [0.0, 0.01, 0.3, 2.0, 10.0];
        let mu = distribution(graph.nodes(), 2);
        let flow = heat(graph).flow(&mu, &times, &options(1e-10)).unwrap();
        assert_is_flow(&heat(graph), &flow);
        for (found, t) in flow.masses().iter().zip(times) {
            let error = distance(found, &exact_heat(graph, &mu, t));
            assert!(error < 1e-10, "at {t}: {error:e}");
        }
    }
}

#[test]
fn heat_starts_from_nearly_empty_nodes() {
    let graph = Graph::cycle(12, Reference::Uniform).unwrap();
    let mut mu = vec![1e-40; 12];
    mu[0] = 1.0;
    let times = [0.0, 0.1, 1.0];
    let flow = heat(&graph).flow(&mu, &times, &options(1e-9)).unwrap();
    for (found, t) in flow.masses().iter().zip(times) {
        assert!(distance(found, &exact_heat(&graph, &mu, t)) < 1e-9);
    }
}

/// Rates over eight decades: the fast edges must not dictate the steps.
#[test]
fn stiffness_costs_no_steps() {
    let n = 12;
    let edges: Vec<_> =
        (0..n - 1).map(|x| (x, x + 1, 10f64.powf(8.0 * x as f64 / (n - 2) as f64))).collect();
    let graph = Graph::from_chain(&vec![1.0 / n as f64; n], &edges, Duplicates::Refuse).unwrap();
    let mu = distribution(n, 1);
    let times = [0.0, 1e-8, 1e-4, 0.1, 1.0, 1e3];
    let flow = heat(&graph).flow(&mu, &times, &FlowOptions::default()).unwrap();
    assert_is_flow(&heat(&graph), &flow);
    assert!(flow.steps() < 500, "{} steps", flow.steps());
    for (found, t) in flow.masses().iter().zip(times) {
        let error = distance(found, &exact_heat(&graph, &mu, t));
        assert!(error < 1e-7, "at {t}: {error:e}");
    }
}

#[test]
fn the_method_has_order_five() {
    let graph = Graph::erdos_renyi(12, 0.4, 3, Reference::Degree).unwrap();
    let energy = potential_and_pairs(&graph, 0.5, dense(12))
        .with_internal(0.2, InternalEnergy::Power(1.5))
        .unwrap();
    let mu = distribution(12, 8);
    for mean in Mean::ALL {
        let run = |tol| energy.flow(&mu, &[0.0, 1.0], &options(tol).with_mean(mean)).unwrap();
        let exact = run(1e-13);
        let results = [1e-4, 1e-6, 1e-8, 1e-10].map(|tol| {
            let flow = run(tol);
            (flow.steps() as f64, distance(&flow.masses()[1], &exact.masses()[1]), tol)
        });
        for &(_, error, tol) in &results {
            assert!(error < 3.0 * tol, "{error:e} at tolerance {tol:e}");
        }
        let ((few, coarse, _), (many, fine, _)) = (results[1], results[3]);
        let order = (coarse / fine).ln() / (many / few).ln();
        assert!((4.3..7.0).contains(&order), "order {order}: {results:?}");
    }
}

// ---------------------------------------------------------------- reference snapshots

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn reference_graph(case: &Value) -> Graph {
    let ends = case["edges"].as_array().unwrap().iter().map(numbers);
    let edges: Vec<_> =
        ends.zip(numbers(&case["weights"])).map(|(e, w)| (e[0] as usize, e[1] as usize, w)).collect();
    let nodes = case["nodes"].as_u64().unwrap() as usize;
    Graph::from_weights(nodes, &edges, Reference::Degree, Duplicates::Refuse).unwrap()
}

/// Numbers of edges on a shortest way between all pairs.
fn hops(graph: &Graph) -> Vec<usize> {
    let n = graph.nodes();
    let mut hops = vec![n; n * n];
    (0..n).for_each(|x| hops[x * n + x] = 0);
    graph.edge_list().for_each(|(x, y)| (hops[x * n + y], hops[y * n + x]) = (1, 1));
    for z in 0..n {
        for x in 0..n {
            for y in 0..n {
                hops[x * n + y] = hops[x * n + y].min(hops[x * n + z] + hops[z * n + y]);
            }
        }
    }
    hops
}

fn dense_of(n: usize, entries: &[f64]) -> Interaction {
    Interaction::dense(n, entries).unwrap()
}

fn sparse_of(n: usize, entries: &[f64]) -> Interaction {
    let mut triplets = TriMat::new((n, n));
    for (k, &v) in entries.iter().enumerate().filter(|(_, v)| **v != 0.0) {
        triplets.add_triplet(k / n, k % n, v);
    }
    Interaction::sparse(triplets.to_csr()).unwrap()
}

#[test]
fn reference_snapshots_are_reproduced() {
    let text = std::fs::read_to_string("tests/data/fits.json").unwrap();
    let cases: Value = serde_json::from_str(&text).unwrap();
    for case in cases.as_array().unwrap() {
        let graph = reference_graph(case);
        let mut energy = FreeEnergy::new(&graph)
            .with_potential(numbers(&case["potential"]))
            .and_then(|f| f.with_entropy(case["beta"].as_f64().unwrap()))
            .unwrap();
        if !case["interaction_by_hops"].is_null() {
            let by_hops = numbers(&case["interaction_by_hops"]);
            let entry = |&h: &usize| if (1..=by_hops.len()).contains(&h) { by_hops[h - 1] } else { 0.0 };
            let entries: Vec<f64> = hops(&graph).iter().map(entry).collect();
            energy = energy.with_interaction(sparse_of(graph.nodes(), &entries)).unwrap();
        }
        let times = numbers(&case["times"]);
        for trajectory in case["trajectories"].as_array().unwrap() {
            let snapshots: Vec<Vec<f64>> = trajectory.as_array().unwrap().iter().map(numbers).collect();
            let flow = energy.flow(&snapshots[0], &times, &options(1e-9)).unwrap();
            assert_is_flow(&energy, &flow);
            for (k, (found, expected)) in flow.masses().iter().zip(&snapshots).enumerate() {
                let error = distance(found, expected);
                assert!(error < 1e-8, "{} snapshot {k}: {error:e}", case["name"]);
            }
        }
    }
}

// ---------------------------------------------------------------- every energy and mean

fn dense(n: usize) -> Interaction {
    let entries = noise(n * n, 6);
    let symmetric: Vec<f64> = (0..n * n).map(|k| entries[k] + entries[(k % n) * n + k / n]).collect();
    dense_of(n, &symmetric)
}

fn potential_and_pairs(graph: &Graph, beta: f64, interaction: Interaction) -> FreeEnergy {
    FreeEnergy::new(graph)
        .with_potential(noise(graph.nodes(), 9))
        .and_then(|f| f.with_entropy(beta))
        .and_then(|f| f.with_interaction(interaction))
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn mass_positivity_and_decay_are_kept(n in 2usize..16, seed in 0u64..1000, mean in 0usize..4) {
        let graph = Graph::random_tree(n, seed, Reference::Degree).unwrap();
        let energy = potential_and_pairs(&graph, 0.3, dense(n))
            .with_internal(0.2, InternalEnergy::Power(2.0))
            .unwrap();
        let options = options(1e-6).with_mean(Mean::ALL[mean]);
        let times: Vec<f64> = (0..8).map(|k| 0.01 * 3f64.powi(k)).collect();
        let flow = energy.flow(&distribution(n, seed), &times, &options).unwrap();
        assert_is_flow(&energy, &flow);
    }
}

#[test]
fn equilibrium_is_the_gibbs_distribution() {
    let graph = Graph::grid(&[5, 4], false, Reference::Degree).unwrap();
    let (beta, v) = (0.4, noise(20, 3));
    let energy = FreeEnergy::new(&graph).with_potential(&v[..]).unwrap().with_entropy(beta).unwrap();
    let weight = |(v, p): (&f64, &f64)| p * (-v / beta).exp();
    let gibbs = normalised(v.iter().zip(graph.reference()).map(weight).collect());
    for mean in Mean::ALL {
        let options = FlowOptions::default().with_mean(mean);
        let flow = energy.flow(&distribution(20, 1), &[0.0, 500.0, 1e6], &options).unwrap();
        assert_is_flow(&energy, &flow);
        assert!(distance(&flow.masses()[2], &gibbs) < 1e-12);
        let still = energy.flow(&gibbs, &[0.0, 1.0, 1e6], &options).unwrap();
        assert!(distance(&still.masses()[2], &gibbs) < 1e-14 && still.steps() < 60);
    }
}

#[test]
fn powers_spread_to_the_reference() {
    let graph = Graph::grid(&[4, 4], false, Reference::Degree).unwrap();
    for m in [0.5, 1.5, 2.0, 3.0] {
        let energy = FreeEnergy::new(&graph).with_internal(1.0, InternalEnergy::Power(m)).unwrap();
        for mean in Mean::ALL {
            let options = FlowOptions::default().with_mean(mean);
            let flow = energy.flow(&distribution(16, 1), &[0.0, 0.1, 1.0, 1e3], &options).unwrap();
            assert_is_flow(&energy, &flow);
            assert!(distance(&flow.masses()[3], graph.reference()) < 1e-10, "m = {m}, {mean:?}");
        }
    }
}

/// Two nodes, arithmetic mean, power two: `theta = 1` and `U' = 2 rho`, so `rho_0 - rho_1` decays at
/// rate four.
#[test]
fn a_power_on_two_nodes_decays_exponentially() {
    let graph = Graph::from_chain(&[0.5, 0.5], &[(0, 1, 0.5)], Duplicates::Refuse).unwrap();
    let energy = FreeEnergy::new(&graph).with_internal(1.0, InternalEnergy::Power(2.0)).unwrap();
    let options = options(1e-11).with_mean(Mean::Arithmetic);
    let flow = energy.flow(&[0.8, 0.2], &[0.0, 0.3], &options).unwrap();
    let expected = 0.5 + 0.3 * (-1.2_f64).exp();
    assert!((flow.masses()[1][0] - expected).abs() < 1e-11);
}

#[test]
fn sparse_and_dense_interactions_flow_alike() {
    let graph = Graph::grid(&[5, 4], false, Reference::Uniform).unwrap();
    let entries: Vec<f64> =
        hops(&graph).iter().map(|&h| if h <= 2 { 3.0 / (1.0 + h as f64) } else { 0.0 }).collect();
    let run = |w| {
        let energy = potential_and_pairs(&graph, 0.4, w);
        energy.flow(&distribution(20, 4), &[0.0, 0.1, 1.0], &FlowOptions::default()).unwrap()
    };
    let (sparse, dense) = (run(sparse_of(20, &entries)), run(dense_of(20, &entries)));
    assert_eq!(sparse.steps(), dense.steps());
    sparse.masses().iter().zip(dense.masses()).for_each(|(a, b)| assert!(distance(a, b) < 1e-13));
}

#[test]
fn intermediate_times_change_nothing() {
    let graph = Graph::cycle(10, Reference::Uniform).unwrap();
    let energy = potential_and_pairs(&graph, 0.4, dense(10));
    let fine: Vec<f64> = (0..=50).map(|k| 0.02 * k as f64).collect();
    let mu = distribution(10, 4);
    let a = energy.flow(&mu, &fine, &options(1e-10)).unwrap();
    let b = energy.flow(&mu, &[0.0, 1.0], &options(1e-10)).unwrap();
    assert!(distance(&a.masses()[50], &b.masses()[1]) < 1e-9);
}

// ---------------------------------------------------------------- edges of the domain

#[test]
fn one_node_stays() {
    let graph = Graph::from_chain(&[1.0], &[], Duplicates::Refuse).unwrap();
    let energy = heat(&graph).with_potential([3.0]).unwrap();
    let flow = energy.flow(&[1.0], &[0.0, 1.0, 5.0], &FlowOptions::default()).unwrap();
    assert_eq!(flow.masses(), [[1.0], [1.0], [1.0]]);
    assert_eq!(flow.energies(), [3.0; 3]);
}

#[test]
fn the_zero_energy_and_a_single_time_move_nothing() {
    let graph = Graph::cycle(5, Reference::Uniform).unwrap();
    let mu = distribution(5, 1);
    let flow = FreeEnergy::new(&graph).flow(&mu, &[0.0, 1.0], &FlowOptions::default()).unwrap();
    assert!(distance(&flow.masses()[1], &mu) < 1e-16);
    let flow = heat(&graph).flow(&mu, &[2.0], &FlowOptions::default()).unwrap();
    assert_eq!((flow.masses().len(), flow.steps(), flow.rejected()), (1, 0, 0));
}

#[test]
fn bad_starts_times_and_options_are_refused() {
    let graph = Graph::path(3, Reference::Uniform).unwrap();
    let (energy, mu, usual) = (heat(&graph), [0.2, 0.3, 0.5], FlowOptions::default());
    assert_refused(energy.flow(&[0.5, 0.0, 0.5], &[0.0, 1.0], &usual), &["mu0[1]", "reference"]);
    assert_refused(energy.flow(&[0.5, 0.5, 0.5], &[0.0, 1.0], &usual), &["mu0", "1.5"]);
    assert_refused(energy.flow(&mu, &[], &usual), &["times", "empty"]);
    assert_refused(energy.flow(&mu, &[0.0, 1.0, 1.0], &usual), &["times[2]", "1"]);
    assert_refused(energy.flow(&mu, &[0.0, f64::NAN], &usual), &["times[1]"]);
    assert_refused(energy.flow(&mu, &[0.0, 1.0], &options(0.0)), &["tolerance"]);
    assert_refused(energy.flow(&mu, &[0.0, 1.0], &usual.with_max_steps(0)), &["max_steps"]);
    assert_refused(energy.flow(&mu, &[0.0, 1.0], &usual.with_max_steps(2)), &["flow", "limit"]);
}

/// A potential alone moves mass at the speed of the mobility. The harmonic mean vanishes like the
/// smaller density `s`, which then falls exponentially; the logarithmic mean vanishes like `1/ln(1/s)`,
/// and the node is empty after a finite time. So it is against the entropy.
#[test]
fn flows_towards_the_boundary_go_on_or_say_why_not() {
    let graph = Graph::path(4, Reference::Uniform).unwrap();
    let (mu, usual) = (distribution(4, 2), FlowOptions::default());
    let energy = FreeEnergy::new(&graph).with_potential([3.0, 2.0, 1.0, 0.0]).unwrap();
    let flow = energy.flow(&mu, &[0.0, 1.0, 5.0], &usual.with_mean(Mean::Harmonic)).unwrap();
    assert_is_flow(&energy, &flow);
    assert_refused(energy.flow(&mu, &[0.0, 5.0], &usual), &["beyond time 1.27", "emptied node"]);
    let backward = FreeEnergy::new(&graph).with_entropy(-1.0).unwrap();
    assert_refused(backward.flow(&mu, &[0.0, 50.0], &usual), &["beyond time", "node"]);
}
