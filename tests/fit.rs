//! Learning against energies that are known: reference snapshots, exact flows, and real data.

mod common;

use common::{data, edges, numbers, Uniform};
use jkoflow::{
    Duplicates, Fit, FitOptions, FittedEnergy, FlowOptions, FreeEnergy, GeodesicOptions, Graph, Loss,
    Reference, Ridge, Term, Weight,
};
use proptest::prelude::*;

fn rows(value: &serde_json::Value) -> Vec<Vec<f64>> {
    let row = |r: &serde_json::Value| -> Vec<f64> {
        r.as_array().expect("a row").iter().map(|v| v.as_f64().expect("a number")).collect()
    };
    value.as_array().expect("rows").iter().map(row).collect()
}

/// Relative error in the 2-norm, both centred under `pi`.
fn relative_error(graph: &Graph, learned: &[f64], truth: &[f64]) -> f64 {
    let mut truth = truth.to_vec();
    graph.centre(&mut truth);
    let norm = |v: &mut dyn Iterator<Item = f64>| v.map(|x| x * x).sum::<f64>().sqrt();
    norm(&mut learned.iter().zip(&truth).map(|(a, b)| a - b)) / norm(&mut truth.iter().copied())
}

fn learn(graph: &Graph, times: &[f64], trajectories: &[Vec<Vec<f64>>], loss: Loss) -> FittedEnergy {
    let mut fit = Fit::new(graph, FitOptions::default().with_loss(loss)).expect("good options");
    for snapshots in trajectories {
        fit.add_trajectory(times, snapshots, 1).expect("geodesics");
    }
    fit.solve(&Ridge::default()).expect("determined")
}

/// The graph of a reference problem and its trajectories.
fn snapshots_of(problem: &serde_json::Value) -> (Graph, Vec<Vec<Vec<f64>>>) {
    assert_eq!(problem["reference"], "degree");
    let nodes = problem["nodes"].as_u64().expect("a number") as usize;
    let graph =
        Graph::from_weights(nodes, &edges(problem, "weights"), Reference::Degree, Duplicates::Refuse)
            .expect("a graph");
    let trajectories = problem["trajectories"].as_array().expect("trajectories");
    (graph, trajectories.iter().map(rows).collect())
}

#[test]
fn reference_snapshots() {
    let problem = &data("fits.json")[0];
    let (graph, trajectories) = snapshots_of(problem);
    let (times, truth) = (numbers(problem, "times"), numbers(problem, "potential"));
    let beta = problem["beta"].as_f64().expect("beta");

    let symmetric = learn(&graph, &times, &trajectories, Loss::Symmetric);
    assert!(relative_error(&graph, symmetric.potential(), &truth) < 3e-4);
    assert!((symmetric.entropy() - beta).abs() < 2e-4, "beta {}", symmetric.entropy());
    assert!(symmetric.explained() > 0.9999 && symmetric.pairs() == 10 * trajectories.len());

    let backward = learn(&graph, &times, &trajectories, Loss::Backward);
    let error = relative_error(&graph, backward.potential(), &truth);
    assert!(error < 2.3e-2 && error > 1e-3, "{error}");
    assert!((backward.entropy() - beta).abs() < 4e-3);
}

/// A potential, an entropy and an interaction by hops from the snapshots of an exact flow.
#[test]
fn reference_snapshots_with_an_interaction() {
    let problem = &data("fits.json")[1];
    let (graph, trajectories) = snapshots_of(problem);
    let (times, truth) = (numbers(problem, "times"), numbers(problem, "potential"));
    let terms = [Term::potential(), Term::entropy(), Term::interaction_by_hops(3)];
    for weight in Weight::ALL {
        let options = FitOptions::default().with_terms(&terms).with_weight(weight);
        let mut fit = Fit::new(&graph, options).expect("good options");
        for snapshots in &trajectories {
            fit.add_trajectory(&times, snapshots, 2).expect("geodesics");
        }
        let learned = fit.solve(&Ridge::default()).expect("determined");
        assert!(relative_error(&graph, learned.potential(), &truth) < 4e-3);
        let by_hops = learned.coefficients("interaction_by_hops");
        for (found, sought) in by_hops.iter().zip(numbers(problem, "interaction_by_hops")) {
            assert!((found / sought - 1.0).abs() < 0.02, "{found} for {sought}");
        }
        let error = (learned.entropy() - problem["beta"].as_f64().expect("beta")).abs();
        assert!(error < 1e-3, "{error}");
        assert!(learned.unidentified().is_empty());
    }
}

/// On exact flows the symmetric loss is biased to second order in the time step by single steps and to
/// third by trajectories, which is fourth but for their ends; the others to first.
#[test]
fn bias_in_the_time_step() {
    let graph = Graph::erdos_renyi(12, 0.4, 4, Reference::Degree).expect("connected");
    let mut random = Uniform(9);
    let truth: Vec<f64> = (0..12).map(|_| 2.0 * random.draw() - 1.0).collect();
    let energy = FreeEnergy::new(&graph)
        .with_potential(truth.clone())
        .and_then(|e| e.with_entropy(0.5))
        .expect("an energy");
    let starts: Vec<Vec<f64>> = (0..4).map(|_| random.distribution(12, 1.5)).collect();
    let error = |tau: f64, loss: Loss, together: bool| {
        let times: Vec<f64> = (0..7).map(|k| tau * k as f64).collect();
        let options = FlowOptions::default().with_tolerance(1e-11);
        let trajectories: Vec<Vec<Vec<f64>>> = starts
            .iter()
            .map(|mu0| energy.flow(mu0, &times, &options).expect("a flow").masses().to_vec())
            .collect();
        if together {
            let learned = learn(&graph, &times, &trajectories, loss);
            return relative_error(&graph, learned.potential(), &truth);
        }
        let pairs: Vec<Vec<Vec<f64>>> =
            trajectories.iter().flat_map(|t| t.windows(2).map(<[_]>::to_vec)).collect();
        let learned = learn(&graph, &[0.0, tau], &pairs, loss);
        relative_error(&graph, learned.potential(), &truth)
    };
    for (loss, together, low, high) in [
        (Loss::Symmetric, false, 3.5, 4.5),
        (Loss::Symmetric, true, 7.0, 20.0),
        (Loss::Backward, true, 1.7, 2.3),
        (Loss::Forward, true, 1.7, 2.3),
    ] {
        let ratio = error(0.04, loss, together) / error(0.02, loss, together);
        assert!(ratio > low && ratio < high, "{loss:?}: halving tau divides the error by {ratio}");
    }
    assert!(error(0.04, Loss::Symmetric, true) < 0.2 * error(0.04, Loss::Symmetric, false));
}

/// Yearly income shares of the US states; figures of a prototype that is independent of this code.
#[test]
fn convergence_of_incomes_ends() {
    let folder = format!("{}/examples/data/us_income", env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| -> Vec<Vec<String>> {
        let text = std::fs::read_to_string(format!("{folder}/{name}")).expect("the data");
        text.lines().map(|l| l.split(',').map(str::to_owned).collect()).collect()
    };
    let table = read("income.csv");
    let place = |label: &str| table[1..].iter().position(|row| row[0] == label).expect("a state");
    let edges: Vec<(usize, usize, f64)> =
        read("edges.csv")[1..].iter().map(|e| (place(&e[0]), place(&e[1]), 1.0)).collect();
    let graph =
        Graph::from_weights(48, &edges, Reference::Uniform, Duplicates::Refuse).expect("a graph");
    let years: Vec<f64> = table[0][1..].iter().map(|y| y.parse().expect("a year")).collect();
    let shares = |k: usize| -> Vec<f64> {
        let column: Vec<f64> = table[1..].iter().map(|r| r[k + 1].parse().expect("a number")).collect();
        let sum: f64 = column.iter().sum();
        column.iter().map(|v| v / sum).collect()
    };
    for (from, to, beta) in [(1929.0, 1959.0, 0.0205), (1960.0, 1989.0, 0.0063), (1990.0, 2009.0, 0.0)] {
        let window: Vec<usize> =
            (0..years.len()).filter(|&k| years[k] >= from && years[k] <= to).collect();
        let times: Vec<f64> = window.iter().map(|&k| years[k]).collect();
        let snapshots: Vec<Vec<f64>> = window.iter().map(|&k| shares(k)).collect();
        let mut fit = Fit::new(&graph, FitOptions::default()).expect("good options");
        fit.add_trajectory(&times, &snapshots, 1).expect("geodesics");
        let learned = fit.solve(&Ridge::on_potential(0.1)).expect("determined");
        let error = (learned.entropy() - beta).abs();
        assert!(error < 6e-4, "{from} to {to}: beta = {}", learned.entropy());
    }
}

#[test]
fn refusals_leave_the_fit_as_it_was() {
    let graph = Graph::cycle(4, Reference::Uniform).expect("a cycle");
    let other = Graph::path(4, Reference::Uniform).expect("a path");
    let mut random = Uniform(2);
    let snapshots: Vec<Vec<f64>> = (0..4).map(|_| random.distribution(4, 0.5)).collect();
    let times = [0.0, 0.1, 0.2, 0.3];
    let mut fit = Fit::new(&graph, FitOptions::default()).expect("good options");
    assert!(fit.solve(&Ridge::default()).err().expect("no data").to_string().contains("no pair"));
    fit.add_trajectory(&times, &snapshots, 1).expect("geodesics");
    let before = fit.solve(&Ridge::default()).expect("determined");

    let refused = |result: jkoflow::Result<()>, part: &str| {
        let message = result.expect_err("refused").to_string();
        assert!(message.contains(part), "{message}");
    };
    refused(fit.add_trajectory(&times[..3], &snapshots, 1), "times: expected 4 entries, got 3");
    refused(fit.add_trajectory(&times[..1], &snapshots[..1], 1), "needs two");
    refused(fit.add_trajectory(&[0.0, 0.2, 0.1, 0.3], &snapshots, 1), "times[2]: 0.1");
    refused(fit.add_trajectory(&[0.0, 0.1, 0.1, 0.3], &snapshots, 1), "times[2]: 0.1");
    let elsewhere =
        other.geodesic(&snapshots[0], &snapshots[1], &GeodesicOptions::default()).expect("solved");
    refused(fit.add_pair(&elsewhere, 0.1, 1.0), "another graph");
    let one_step = GeodesicOptions::default().with_max_iterations(1);
    let rough = graph.geodesic(&snapshots[0], &snapshots[1], &one_step).expect("a result");
    refused(fit.add_pair(&rough, 0.1, 1.0), "did not converge");
    let good =
        graph.geodesic(&snapshots[0], &snapshots[1], &GeodesicOptions::default()).expect("solved");
    refused(fit.add_pair(&good, 0.0, 1.0), "tau[0]: 0");
    refused(fit.add_pair(&good, 0.1, f64::NAN), "weight[0]: NaN");
    let entropy_only =
        Fit::new(&graph, FitOptions::default().with_terms(&[Term::entropy()])).expect("good");
    refused(fit.merge(&entropy_only), "differ");
    assert!(fit.solve(&Ridge::on_potential(-1.0)).is_err());
    assert!(Fit::new(&graph, FitOptions::default().with_terms(&[])).is_err());
    let twice = [Term::entropy(), Term::entropy()];
    assert!(Fit::new(&graph, FitOptions::default().with_terms(&twice)).is_err());

    let after = fit.solve(&Ridge::default()).expect("determined");
    assert_eq!(after.potential(), before.potential());
    assert_eq!(fit.pairs(), 3);

    // one pair says nothing about potential and entropy apart
    let mut single = Fit::new(&graph, FitOptions::default()).expect("good options");
    single.add_pair(&good, 0.1, 1.0).expect("added");
    assert!(single.solve(&Ridge::default()).err().expect("open").to_string().contains("entropy"));
    assert!(single.solve(&Ridge::on_potential(0.1)).is_ok());
}

#[test]
fn empty_nodes_are_named() {
    let graph = Graph::cycle(4, Reference::Uniform).expect("a cycle");
    let snapshots = [[0.4, 0.3, 0.2, 0.1], [0.3, 0.3, 0.2, 0.2], [0.5, 0.3, 0.0, 0.2], [0.25; 4]];
    let times = [0.0, 0.1, 0.2, 0.3];
    let options = GeodesicOptions::default();
    let geodesics = graph.geodesics(&snapshots, &options, 1).expect("distances need no mass everywhere");
    let mut fit = Fit::new(&graph, FitOptions::default()).expect("good options");
    let refused = |result: jkoflow::Result<()>, place: &str| {
        let message = result.expect_err("refused").to_string();
        assert!(message.starts_with(place), "{message}");
        assert!(message.contains("the option zeros"), "{message}");
    };
    refused(fit.add_trajectory(&times, &snapshots, 1), "snapshots[2][2]: 0 is empty");
    refused(fit.add_pair(&geodesics[1], 0.1, 1.0), "mu1 of the geodesic[2]: 0 is empty");
    refused(fit.add_pair(&geodesics[2], 0.1, 1.0), "mu0 of the geodesic[2]: 0 is empty");
    assert_eq!(fit.pairs(), 0);

    // as `Zeros::Mix` does
    let mixed = snapshots.map(|mu| graph.mix_with_reference(&mu, 0.01).expect("a distribution"));
    fit.add_trajectory(&times, &mixed, 1).expect("geodesics");
    assert!(fit.solve(&Ridge::on_potential(0.1)).expect("determined").entropy().is_finite());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// The order of pairs, the split into fits, and the scale of time do not matter.
    #[test]
    fn sums_do_not_care_for_order(nodes in 3usize..9, seed in any::<u64>()) {
        let graph = Graph::random_tree(nodes, seed, Reference::Degree).unwrap();
        let mut random = Uniform(seed);
        let snapshots: Vec<Vec<f64>> = (0..7).map(|_| random.distribution(nodes, 0.6)).collect();
        let times: Vec<f64> =
            (0..7).scan(0.0, |t, _| { *t += 0.1 + random.draw(); Some(*t) }).collect();
        let options = || FitOptions::default();
        // three snapshots are too few for the neighbours of a step to say anything of it
        let mut whole = Fit::new(&graph, options()).unwrap();
        for part in [0..3, 2..5, 4..7] {
            whole.add_trajectory(&times[part.clone()], &snapshots[part], 2).unwrap();
        }

        let geodesics = graph.geodesics(&snapshots, &options().geodesic, 1).unwrap();
        let mut parts = [Fit::new(&graph, options()).unwrap(), Fit::new(&graph, options()).unwrap()];
        for k in [4, 1, 5, 0, 3, 2] {
            parts[k % 2].add_pair(&geodesics[k], times[k + 1] - times[k], 1.0).unwrap();
        }
        let [mut merged, odd] = parts;
        merged.merge(&odd).unwrap();
        prop_assert_eq!(merged.pairs(), whole.pairs());
        let (a, b) = (
            whole.solve(&Ridge::on_potential(0.1)).unwrap(),
            merged.solve(&Ridge::on_potential(0.1)).unwrap(),
        );
        let size = a.potential().iter().fold(1e-3, |m: f64, v| m.max(v.abs()));
        for (a, b) in a.potential().iter().zip(b.potential()) {
            prop_assert!((a - b).abs() < 1e-9 * size);
        }
        prop_assert!((a.entropy() - b.entropy()).abs() < 1e-9 * size);
        prop_assert!(a.explained() <= 1.0 && a.residual() >= 0.0);

        // time measured in other units scales the energy
        let slow: Vec<f64> = times.iter().map(|t| 10.0 * t).collect();
        let mut scaled = Fit::new(&graph, options()).unwrap();
        scaled.add_trajectory(&slow, &snapshots, 1).unwrap();
        let c = scaled.solve(&Ridge::on_potential(0.1)).unwrap();
        let mut together = Fit::new(&graph, options()).unwrap();
        together.add_geodesics(&times, &geodesics, 2).unwrap();
        let d = together.solve(&Ridge::on_potential(0.1)).unwrap();
        prop_assert!((10.0 * c.entropy() - d.entropy()).abs() < 1e-8 * size);
    }
}
