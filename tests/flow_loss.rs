//! Fits of the flow itself, against the energies that made the data.

mod common;

use common::{data, edges, numbers, Uniform};
use jkoflow::{
    Duplicates, Fit, FitOptions, FlowFit, FlowFitOptions, FlowOptions, FreeEnergy, GeodesicOptions,
    Graph, Interaction, Loss, Mean, Noise, Reference, Ridge, Term,
};
use serde_json::Value;

fn rows(value: &Value) -> Vec<Vec<f64>> {
    let row =
        |r: &Value| r.as_array().expect("a row").iter().map(|v| v.as_f64().expect("a number")).collect();
    value.as_array().expect("rows").iter().map(row).collect()
}

fn norm(v: impl Iterator<Item = f64>) -> f64 {
    v.map(|x| x * x).sum::<f64>().sqrt()
}

/// Relative error in the 2-norm, the truth centred under `pi`.
fn relative_error(graph: &Graph, learned: &[f64], truth: &[f64]) -> f64 {
    let mut truth = truth.to_vec();
    graph.centre(&mut truth);
    norm(learned.iter().zip(&truth).map(|(a, b)| a - b)) / norm(truth.iter().copied())
}

/// The graph of a problem of `fits.json` and its trajectories.
fn reference(problem: &Value) -> (Graph, Vec<f64>, Vec<Vec<Vec<f64>>>) {
    let nodes = problem["nodes"].as_u64().expect("a number") as usize;
    let edges = edges(problem, "weights");
    let graph =
        Graph::from_weights(nodes, &edges, Reference::Degree, Duplicates::Refuse).expect("a graph");
    let trajectories =
        problem["trajectories"].as_array().expect("trajectories").iter().map(rows).collect();
    (graph, numbers(problem, "times"), trajectories)
}

#[test]
fn reference_snapshots() {
    for problem in &data("fits.json") {
        let name = &problem["name"];
        let (graph, times, trajectories) = reference(problem);
        let mut terms = vec![Term::potential(), Term::entropy()];
        let hops =
            problem["interaction_by_hops"].as_array().map(|_| numbers(problem, "interaction_by_hops"));
        if let Some(hops) = &hops {
            terms.push(Term::interaction_by_hops(hops.len()));
        }
        let mut fit = FlowFit::new(&graph, &terms, FlowFitOptions::default()).expect("good");
        for snapshots in &trajectories {
            fit.add_trajectory(&times, snapshots).expect("good snapshots");
        }
        let fitted = fit.solve(&Ridge::default(), 1).expect("determined");
        let estimate = fitted.estimate();
        assert!(estimate.converged(), "{name}: {:?}", estimate.status());
        assert!(estimate.unidentified().is_empty(), "{name}: {:?}", estimate.unidentified());
        let error = relative_error(&graph, estimate.potential(), &numbers(problem, "potential"));
        assert!(error < 1e-6, "{name}: V {error:e}");
        let beta = problem["beta"].as_f64().expect("beta");
        assert!((estimate.entropy() - beta).abs() < 1e-6 * beta, "{name}: beta {}", estimate.entropy());
        for (found, truth) in
            estimate.coefficients("interaction_by_hops").iter().zip(hops.iter().flatten())
        {
            assert!((found - truth).abs() < 1e-6 * truth.abs(), "{name}: {found} for {truth}");
        }
        assert!(fitted.explained() > 1.0 - 1e-12);
    }
}

type Trajectories = Vec<Vec<Vec<f64>>>;

/// Flows of an energy with a potential, an entropy and an interaction of neighbours.
fn example(tau: f64, mean: Mean) -> (Graph, Vec<f64>, [f64; 2], Vec<f64>, Trajectories) {
    let graph = Graph::grid(&[2, 3], false, Reference::Degree).expect("a grid");
    let mut random = Uniform(5);
    let potential: Vec<f64> = (0..6).map(|_| 2.0 * random.draw() - 1.0).collect();
    let mut matrix = vec![0.0; 36];
    for (x, y) in graph.edge_list() {
        (matrix[6 * x + y], matrix[6 * y + x]) = (0.7, 0.7);
    }
    let energy = FreeEnergy::new(&graph)
        .with_potential(potential.clone())
        .and_then(|e| e.with_entropy(0.4))
        .and_then(|e| e.with_interaction(Interaction::dense(6, &matrix)?))
        .expect("an energy");
    let times: Vec<f64> = (0..6).map(|k| tau * k as f64).collect();
    let options = FlowOptions::default().with_tolerance(1e-12).with_mean(mean);
    let starts = [random.distribution(6, 2.0), random.distribution(6, 2.0), random.distribution(6, 2.0)];
    let trajectories = starts
        .iter()
        .map(|mu0| energy.flow(mu0, &times, &options).expect("a flow").masses().to_vec())
        .collect();
    (graph, potential, [0.4, 0.7], times, trajectories)
}

fn terms() -> Vec<Term> {
    vec![Term::potential(), Term::entropy(), Term::interaction_by_hops(1)]
}

fn fit_of(
    graph: &Graph,
    times: &[f64],
    trajectories: &[Vec<Vec<f64>>],
    options: FlowFitOptions,
) -> FlowFit {
    let mut fit = FlowFit::new(graph, &terms(), options).expect("good");
    for snapshots in trajectories {
        fit.add_trajectory(times, snapshots).expect("good snapshots");
    }
    fit
}

/// Exact data give the exact parameters at any time step, with any mean.
#[test]
fn no_bias_in_the_time_step() {
    for (tau, mean) in [
        (0.02, Mean::Logarithmic),
        (0.5, Mean::Logarithmic),
        (1.5, Mean::Logarithmic),
        (0.3, Mean::Geometric),
    ] {
        let (graph, potential, [beta, w], times, trajectories) = example(tau, mean);
        let flow = FlowOptions::default().with_tolerance(1e-11).with_mean(mean);
        let options = FlowFitOptions::default().with_flow(flow);
        let fit = fit_of(&graph, &times, &trajectories, options);
        let fitted = fit.solve(&Ridge::default(), 1).expect("determined");
        let estimate = fitted.estimate();
        assert!(estimate.converged(), "{tau} {mean:?}: {:?}", estimate.status());
        assert!(relative_error(&graph, estimate.potential(), &potential) < 1e-6);
        assert!((estimate.entropy() - beta).abs() < 1e-6);
        assert!((estimate.coefficients("interaction_by_hops")[0] - w).abs() < 1e-6);
        // from elsewhere to the same
        let again = fit.solve_from(&[0.0; 8], &Ridge::default(), 1).expect("determined");
        for (a, b) in again.estimate().parameters().iter().zip(estimate.parameters()) {
            assert!((a - b).abs() < 1e-6, "{tau}: {a} {b}");
        }
    }
}

#[test]
fn threads_change_nothing() {
    let (graph, _, _, times, trajectories) = example(0.2, Mean::Logarithmic);
    let noisy: Vec<Vec<Vec<f64>>> = noisy(&trajectories, 1e-3, 3);
    let fit = fit_of(&graph, &times, &noisy, FlowFitOptions::default());
    let answers: Vec<_> = (1..4)
        .map(|threads| {
            let fitted = fit.solve(&Ridge::on_potential(1e-4), threads).expect("determined");
            let estimate = fitted.estimate();
            (
                estimate.parameters().to_vec(),
                estimate.standard_errors().to_vec(),
                fitted.residuals().to_vec(),
            )
        })
        .collect();
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

/// Masses times one plus noise of this size, scaled to sum one.
fn noisy(trajectories: &[Vec<Vec<f64>>], size: f64, seed: u64) -> Vec<Vec<Vec<f64>>> {
    let mut random = Uniform(seed);
    let mut disturb = |mu: &Vec<f64>| -> Vec<f64> {
        let raw: Vec<f64> = mu.iter().map(|m| m * (1.0 + size * (2.0 * random.draw() - 1.0))).collect();
        let sum: f64 = raw.iter().sum();
        raw.iter().map(|m| m / sum).collect()
    };
    trajectories.iter().map(|snapshots| snapshots.iter().map(&mut disturb).collect()).collect()
}

/// Predictions disturbed by noise of the stated model: the estimates scatter as the standard errors say.
#[test]
fn standard_errors_are_the_scatter() {
    let (graph, potential, [beta, w], _, trajectories) = example(0.2, Mean::Logarithmic);
    let mut truth = potential.clone();
    graph.centre(&mut truth);
    truth.extend([beta, w]);
    let sigma = 1e-3;
    let energy = {
        let fit =
            fit_of(&graph, &[0.0, 0.2], &[trajectories[0][..2].to_vec()], FlowFitOptions::default());
        fit.model().energy(&truth).expect("an energy")
    };
    let mut random = Uniform(77);
    let mut normal =
        || (-2.0 * random.draw().ln()).sqrt() * (std::f64::consts::TAU * random.draw()).cos();
    let repeats = 60;
    for noise in [Noise::Gaussian, Noise::Sandwich] {
        let (mut square, mut count) = (0.0, 0.0);
        for _ in 0..repeats {
            let mut fit = FlowFit::new(&graph, &terms(), FlowFitOptions::default().with_noise(noise))
                .expect("good");
            for snapshots in &trajectories {
                for start in snapshots {
                    // what follows the start, disturbed with variance sigma^2 (diag(mu) - mu mu')
                    let end = energy
                        .flow(start, &[0.0, 0.2], &FlowOptions::default())
                        .expect("a flow")
                        .masses()[1]
                        .clone();
                    let z: Vec<f64> = end.iter().map(|m| sigma * m.sqrt() * normal()).collect();
                    let drift: f64 = z.iter().sum();
                    let end: Vec<f64> = end.iter().zip(&z).map(|(m, z)| m + z - drift * m).collect();
                    fit.add_trajectory(&[0.0, 0.2], &[start.clone(), end]).expect("a pair");
                }
            }
            let fitted = fit.solve_from(&truth, &Ridge::default(), 2).expect("determined");
            let estimate = fitted.estimate();
            assert!(estimate.converged());
            let found = estimate.parameters().iter().zip(estimate.standard_errors());
            for ((a, s), b) in found.zip(&truth) {
                square += ((a - b) / s).powi(2);
                count += 1.0;
            }
        }
        // eight dependent squares in each of sixty repeats: the mean is within 25 % of one
        let mean = square / count;
        let low = if noise == Noise::Gaussian { 0.75 } else { 0.7 };
        assert!(mean > low && mean < 1.35, "{noise:?}: {mean}");
    }
}

/// What the model misses may last: the errors of blocks come from the gradients of whole blocks.
#[test]
fn errors_of_blocks_know_what_lasts() {
    let (graph, _, _, times, trajectories) = example(0.2, Mean::Logarithmic);
    let steps = times.len() - 1;
    let data = noisy(&trajectories, 1e-2, 8);
    let fit_to = |data: &[Vec<Vec<f64>>], noise: Noise| {
        let options = FlowFitOptions::default().with_noise(noise);
        let mut fit = FlowFit::new(&graph, &[Term::entropy()], options).expect("good");
        data.iter().for_each(|s| fit.add_trajectory(&times, s).expect("good snapshots"));
        fit.solve(&Ridge::default(), 1).expect("determined")
    };
    let errors = |noise: Noise| fit_to(&data, noise).estimate().standard_errors().to_vec();
    assert_eq!(errors(Noise::Sandwich), errors(Noise::Blocks(1)));

    // trajectories as blocks, by hand: the gradients of their losses by finite differences
    let whole = Noise::Blocks(usize::MAX);
    let fitted = fit_to(&data, whole);
    let beta = fitted.estimate().entropy();
    let loss = |snapshots: &Vec<Vec<f64>>, beta: f64| -> f64 {
        let energy = FreeEnergy::new(&graph).with_entropy(beta).expect("an energy");
        let fine = FlowOptions::default().with_tolerance(1e-12);
        let pair = |k: usize| -> f64 {
            let flow = energy.flow(&snapshots[k], &times[k..k + 2], &fine).expect("a flow");
            let (found, sought) = (&flow.masses()[1], &snapshots[k + 1]);
            let pi = graph.reference();
            let terms =
                (0..6).map(|x| (found[x] - sought[x]).powi(2) / (0.999 * sought[x] + 0.001 * pi[x]));
            0.5 * terms.sum::<f64>()
        };
        (0..steps).map(pair).sum()
    };
    let h = 1e-4;
    let slope = |s: &Vec<Vec<f64>>| (loss(s, beta + h) - loss(s, beta - h)) / (2.0 * h);
    let squares: f64 = data.iter().map(|s| slope(s).powi(2)).sum();
    // the curvature without the second derivatives, as of the Gauss-Newton matrix
    let tangent = |snapshots: &Vec<Vec<f64>>| -> f64 {
        let fine = FlowOptions::default().with_tolerance(1e-12);
        let end = |beta: f64, k: usize| {
            let energy = FreeEnergy::new(&graph).with_entropy(beta).expect("an energy");
            energy.flow(&snapshots[k], &times[k..k + 2], &fine).expect("a flow").masses()[1].clone()
        };
        let pair = |k: usize| -> f64 {
            let (up, down) = (end(beta + h, k), end(beta - h, k));
            let (sought, pi) = (&snapshots[k + 1], graph.reference());
            let terms = (0..6)
                .map(|x| ((up[x] - down[x]) / (2.0 * h)).powi(2) / (0.999 * sought[x] + 0.001 * pi[x]));
            terms.sum()
        };
        (0..steps).map(pair).sum()
    };
    let information: f64 = data.iter().map(tangent).sum();
    // with one parameter the correction for fitted ones is one
    let blocks = data.len() as f64;
    let sought = (squares * blocks / (blocks - 1.0)).sqrt() / information;
    let found = fitted.estimate().standard_errors()[0];
    assert!((found / sought - 1.0).abs() < 1e-4, "{found} for {sought}");

    let alone = fit_to(&data[..1], whole);
    assert!(alone.estimate().standard_errors()[0].is_nan());
    let none = FlowFitOptions::default().with_noise(Noise::Blocks(0));
    assert!(FlowFit::new(&graph, &[Term::entropy()], none).is_err());
}

#[test]
fn what_is_not_determined_is_named() {
    let (graph, _, _, times, trajectories) = example(0.2, Mean::Logarithmic);
    // the same functional twice
    let twice = vec![Term::potential(), Term::entropy(), Term::entropy().named("again")];
    let mut fit = FlowFit::new(&graph, &twice, FlowFitOptions::default()).expect("good");
    for snapshots in &trajectories {
        fit.add_trajectory(&times, snapshots).expect("good snapshots");
    }
    let fitted = fit.solve(&Ridge::default(), 1).expect("an answer");
    let estimate = fitted.estimate();
    assert_eq!(estimate.unidentified().len(), 1, "{:?}", estimate.unidentified());
    let text = &estimate.unidentified()[0];
    assert!(text == "again - entropy" || text == "entropy - again", "{text}");
    assert!(estimate.standard_errors()[6].is_infinite() && estimate.standard_errors()[7].is_infinite());
    assert!(estimate.standard_errors()[..6].iter().all(|s| s.is_finite()));
}

#[test]
fn bounds_hold() {
    let (graph, _, _, times, trajectories) = example(0.2, Mean::Logarithmic);
    let terms = [Term::potential(), Term::entropy().with_bounds(0.0, 0.3), Term::interaction_by_hops(1)];
    let mut fit = FlowFit::new(&graph, &terms, FlowFitOptions::default()).expect("good");
    for snapshots in &trajectories {
        fit.add_trajectory(&times, snapshots).expect("good snapshots");
    }
    let bounded = fit.solve(&Ridge::default(), 1).expect("determined");
    assert!(bounded.estimate().converged());
    assert_eq!(bounded.estimate().entropy(), 0.3);
    assert!(bounded.estimate().standard_errors()[6].is_nan());
    let message = fit.solve_from(&[0.5; 8], &Ridge::default(), 1).err().expect("refused").to_string();
    assert!(message.contains("start[6]: 0.5 is out of the bounds"), "{message}");
}

#[test]
fn refusals() {
    let graph = Graph::cycle(4, Reference::Uniform).expect("a cycle");
    let new = |options| FlowFit::new(&graph, &[Term::potential(), Term::entropy()], options);
    let mut fit = new(FlowFitOptions::default()).expect("good");
    assert!(fit
        .solve(&Ridge::default(), 1)
        .err()
        .expect("no data")
        .to_string()
        .contains("no trajectory"));
    let snapshots = [[0.4, 0.3, 0.3, 0.0], [0.3, 0.3, 0.2, 0.2]];
    let message = fit.add_trajectory(&[0.0, 0.1], &snapshots).expect_err("refused").to_string();
    assert!(message.starts_with("snapshots[0][3]: 0 is empty"), "{message}");
    assert!(fit.add_trajectory(&[0.1, 0.1], &snapshots).is_err());
    assert!(fit.add_trajectory(&[0.1], &snapshots[..1]).is_err());
    assert!(new(FlowFitOptions::default().with_mixing(1.0)).is_err());
    assert!(FlowFit::new(&graph, &[Term::given("mine", 2)], FlowFitOptions::default()).is_err());
    // an empty node is welcome where nothing starts, and anywhere with a little mixed in
    fit.add_trajectory(&[0.0, 0.1], &[snapshots[1], snapshots[0]]).expect("a target may be empty");
    let mut mixed = new(FlowFitOptions::default().with_mixing(0.01)).expect("good");
    mixed.add_trajectory(&[0.0, 0.1], &snapshots).expect("mixed");
    assert!(mixed.solve(&Ridge::on_potential(0.1), 1).is_ok());
}

/// JKO iterates meet the backward loss exactly.
#[test]
fn iterates_of_the_scheme() {
    let (graph, potential, [beta, w], _, trajectories) = example(0.2, Mean::Logarithmic);
    let model = FlowFit::new(&graph, &terms(), FlowFitOptions::default()).expect("good");
    let mut parameters = potential.clone();
    parameters.extend([beta, w]);
    let energy = model.model().energy(&parameters).expect("an energy");
    let fine = GeodesicOptions::default().with_tolerance(1e-11);
    let options =
        FitOptions::default().with_terms(&terms()).with_loss(Loss::Backward).with_geodesic(fine);
    let mut fit = Fit::new(&graph, options).expect("good");
    let times = [0.0, 0.3, 0.6, 0.9, 1.2];
    for snapshots in &trajectories {
        let steps = energy.jko_flow(&snapshots[0], 0.3, 4, &fine).expect("steps");
        let mut iterates = vec![snapshots[0].clone()];
        iterates.extend(steps.iter().map(|step| step.mass().to_vec()));
        fit.add_trajectory(&times, &iterates, 1).expect("geodesics");
    }
    let fitted = fit.solve(&Ridge::default()).expect("determined");
    let error = relative_error(&graph, fitted.potential(), &potential);
    assert!(error < 1e-6, "{error:e}");
    assert!((fitted.entropy() - beta).abs() < 1e-6);
    assert!((fitted.coefficients("interaction_by_hops")[0] - w).abs() < 1e-6);
}
