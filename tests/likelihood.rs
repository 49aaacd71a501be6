//! Maximum-likelihood fits of counts: against the energies that drew them, and against the likelihood
//! itself.

mod common;

use common::Uniform;
use jkoflow::{
    CountFit, CountFitOptions, Estimate, FlowOptions, FreeEnergy, GeodesicOptions, Graph, Model,
    Reference, Ridge, Term,
};
use nalgebra::DMatrix;

fn terms() -> Vec<Term> {
    vec![Term::potential(), Term::entropy(), Term::interaction_by_hops(1)]
}

/// A graph, parameters with a centred potential, times, and exact trajectories.
struct Truth {
    graph: Graph,
    parameters: Vec<f64>,
    times: Vec<f64>,
    trajectories: Vec<Vec<Vec<f64>>>,
}

fn truth() -> Truth {
    let graph = Graph::grid(&[2, 3], false, Reference::Degree).expect("a grid");
    let mut random = Uniform(5);
    let mut parameters: Vec<f64> = (0..6).map(|_| 2.0 * random.draw() - 1.0).collect();
    graph.centre(&mut parameters);
    parameters.extend([0.5, 1.0]);
    let energy = energy(&graph, &parameters);
    let times: Vec<f64> = (0..5).map(|k| 0.4 * k as f64).collect();
    let trajectories = (0..3)
        .map(|_| {
            let start = random.distribution(6, 3.0);
            energy.flow(&start, &times, &FlowOptions::default()).expect("a flow").masses().to_vec()
        })
        .collect();
    Truth { graph, parameters, times, trajectories }
}

fn energy(graph: &Graph, parameters: &[f64]) -> FreeEnergy {
    Model::new(graph, &terms()).and_then(|model| model.energy(parameters)).expect("an energy")
}

/// `count` individuals, each drawn from `mu`.
fn draw(mu: &[f64], count: usize, random: &mut Uniform) -> Vec<f64> {
    let mut counts = vec![0.0; mu.len()];
    for _ in 0..count {
        let mut left = random.draw();
        let node = mu.iter().position(|m| {
            left -= m;
            left < 0.0
        });
        counts[node.unwrap_or(mu.len() - 1)] += 1.0;
    }
    counts
}

fn fit_of(truth: &Truth, count: usize, random: &mut Uniform) -> CountFit {
    let mut fit = CountFit::new(&truth.graph, &terms(), CountFitOptions::default()).expect("good");
    for snapshots in &truth.trajectories {
        let counts: Vec<Vec<f64>> = snapshots.iter().map(|mu| draw(mu, count, random)).collect();
        fit.add_trajectory(&truth.times, &counts).expect("counts");
    }
    fit
}

/// Counts that are exactly what is expected: the parameters, the starts, and no deviance.
#[test]
fn expected_counts_give_the_truth() {
    let truth = truth();
    let options = CountFitOptions::default()
        .with_flow(FlowOptions::default().with_tolerance(1e-10))
        .with_pseudo_counts(1e-6);
    let mut fit = CountFit::new(&truth.graph, &terms(), options).expect("good");
    for snapshots in &truth.trajectories {
        let counts: Vec<Vec<f64>> =
            snapshots.iter().map(|mu| mu.iter().map(|m| 1e6 * m).collect()).collect();
        fit.add_trajectory(&truth.times, &counts).expect("counts");
    }
    let fitted = fit.solve(&Ridge::default(), 1).expect("determined");
    let estimate = fitted.estimate();
    assert!(estimate.converged(), "{:?}", estimate.status());
    for (a, b) in estimate.parameters().iter().zip(&truth.parameters) {
        assert!((a - b).abs() < 1e-5, "{a} for {b}");
    }
    for (t, snapshots) in truth.trajectories.iter().enumerate() {
        for (a, b) in fitted.start(t).expect("there").iter().zip(&snapshots[0]) {
            assert!((a - b).abs() < 1e-6);
        }
    }
    assert!(fitted.deviance() < 1e-4 && fitted.degrees_of_freedom() == 3 * 4 * 5 - 7);
    assert!(fitted.start(3).is_err());
}

/// Held off its estimate by a standard error, a parameter costs one unit of deviance, the other
/// parameters and the starts being free: the covariance is the inverse of the profile's curvature.
#[test]
fn a_standard_error_costs_a_unit_of_deviance() {
    let truth = truth();
    let mut random = Uniform(3);
    let trajectories: Vec<Vec<Vec<f64>>> = truth
        .trajectories
        .iter()
        .map(|snapshots| snapshots.iter().map(|mu| draw(mu, 100_000, &mut random)).collect())
        .collect();
    let solve = |terms: &[Term]| {
        let mut fit = CountFit::new(&truth.graph, terms, CountFitOptions::default()).expect("good");
        for counts in &trajectories {
            fit.add_trajectory(&truth.times, counts).expect("counts");
        }
        fit.solve(&Ridge::default(), 2).expect("determined")
    };
    let best = solve(&terms());
    let estimate = best.estimate();
    assert!(estimate.converged());
    for (p, name) in [(6, "entropy"), (7, "interaction_by_hops")] {
        for sign in [-1.0, 1.0] {
            let at = estimate.parameters()[p] + sign * estimate.standard_errors()[p];
            let held = |term: Term| if term.name() == name { term.with_bounds(at, at) } else { term };
            let terms: Vec<Term> = terms().into_iter().map(held).collect();
            let rise = solve(&terms).deviance() - best.deviance();
            assert!((rise - 1.0).abs() < 0.05, "{name}: {rise}");
        }
    }
}

/// Intervals of two standard errors contain the truth as often as they say, and squared errors are as
/// large as the information says. The example `coverage` does the same with more data.
#[test]
fn intervals_cover() {
    let truth = truth();
    let mut random = Uniform(11);
    let (mut covered, mut square, mut count, mut deviance) = (0.0, 0.0, 0.0, 0.0);
    // the forecast of a trajectory: at its start, within and beyond its data
    let (ahead, mut forecast_covered, mut forecasts) = ([0.0, 0.7, 3.0], 0.0, 0.0);
    let exact = energy(&truth.graph, &truth.parameters)
        .flow(&truth.trajectories[1][0], &ahead, &FlowOptions::default())
        .expect("a flow");
    let repeats = 60;
    for _ in 0..repeats {
        let fitted = fit_of(&truth, 5_000, &mut random).solve(&Ridge::default(), 2).expect("determined");
        let estimate = fitted.estimate();
        assert!(estimate.converged(), "{:?}", estimate.status());
        for p in 0..8 {
            let z = (estimate.parameters()[p] - truth.parameters[p]) / estimate.standard_errors()[p];
            covered += f64::from(z.abs() < 1.96);
            square += z * z;
            count += 1.0;
        }
        let forecast = fitted.forecast(1, &ahead, &FlowOptions::default()).expect("a forecast");
        for (k, masses) in exact.masses().iter().enumerate() {
            for (m, (low, high)) in masses.iter().zip(forecast.band(k, 1.96).expect("a band")) {
                forecast_covered += f64::from(low < *m && *m < high);
                forecasts += 1.0;
            }
        }
        deviance += fitted.deviance() / fitted.degrees_of_freedom() as f64;
    }
    // the numbers of a data set depend on each other: about as many as 200 independent ones
    let (covered, square) = (covered / count, square / count);
    assert!(covered > 0.9 && covered < 0.99, "{covered}");
    assert!(square > 0.75 && square < 1.3, "{square}");
    let forecast_covered = forecast_covered / forecasts;
    assert!(forecast_covered > 0.9 && forecast_covered < 0.99, "{forecast_covered}");
    let deviance = deviance / f64::from(repeats);
    assert!((deviance - 1.0).abs() < 0.1, "{deviance}");
}

#[test]
fn zeros_break_nothing() {
    let truth = truth();
    let mut random = Uniform(8);
    for count in [3, 12, 100] {
        let fit = fit_of(&truth, count, &mut random);
        let fitted = fit.solve(&Ridge::on_potential(0.1).with("entropy", 0.1), 1).expect("an answer");
        let estimate = fitted.estimate();
        assert!(estimate.parameters().iter().chain(estimate.standard_errors()).all(|v| v.is_finite()));
        assert!(fitted.start(0).expect("there").iter().all(|m| *m > 0.0));
        assert!(fitted.deviance().is_finite());
    }
}

#[test]
fn threads_change_nothing() {
    let truth = truth();
    let fit = fit_of(&truth, 1000, &mut Uniform(4));
    let answers: Vec<_> = (1..4)
        .map(|threads| {
            let fitted = fit.solve(&Ridge::default(), threads).expect("determined");
            let estimate = fitted.estimate();
            (estimate.parameters().to_vec(), estimate.standard_errors().to_vec(), fitted.deviance())
        })
        .collect();
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

#[test]
fn refusals() {
    let graph = Graph::cycle(4, Reference::Uniform).expect("a cycle");
    let mut fit = CountFit::new(&graph, &terms(), CountFitOptions::default()).expect("good");
    assert!(fit.solve(&Ridge::default(), 1).is_err());
    let message = |result: jkoflow::Result<()>| result.expect_err("refused").to_string();
    let times = [0.0, 1.0];
    let text = message(fit.add_trajectory(&times, &[[1.0, 2.0, 3.0, -4.0], [1.0; 4]]));
    assert!(text.starts_with("counts[0][3]: -4"), "{text}");
    let text = message(fit.add_trajectory(&times, &[[1.0; 4], [0.0; 4]]));
    assert!(text.starts_with("counts[1]: nothing was counted"), "{text}");
    assert!(fit.add_trajectory(&times[..1], &[[1.0; 4]]).is_err());
    assert!(fit.add_trajectory(&[1.0, 1.0], &[[1.0; 4]; 2]).is_err());
    let none = CountFitOptions::default().with_pseudo_counts(0.0);
    assert!(CountFit::new(&graph, &terms(), none).is_err());
}

/// The root of the diagonal of `S C S'` for the derivatives `S` of `predict`, by central differences.
fn propagated(estimate: &Estimate, predict: impl Fn(&[f64]) -> Vec<f64>, step: f64) -> Vec<f64> {
    let k = estimate.parameters().len();
    let columns: Vec<Vec<f64>> = (0..k)
        .map(|p| {
            let at = |sign: f64| {
                let mut parameters = estimate.parameters().to_vec();
                parameters[p] += sign * step;
                predict(&parameters)
            };
            at(1.0).iter().zip(at(-1.0)).map(|(a, b)| (a - b) / (2.0 * step)).collect()
        })
        .collect();
    let slopes = DMatrix::from_fn(columns[0].len(), k, |x, p| columns[p][x]);
    (&slopes * estimate.covariance() * slopes.transpose()).diagonal().iter().map(|v| v.sqrt()).collect()
}

#[test]
fn forecasts_propagate_the_covariance() {
    let truth = truth();
    let fitted =
        fit_of(&truth, 100_000, &mut Uniform(6)).solve(&Ridge::default(), 2).expect("determined");
    let estimate = fitted.estimate();
    let mu0 = [0.3, 0.1, 0.2, 0.1, 0.2, 0.1];
    let close = |found: &[Vec<f64>], expected: &[f64], tolerance: f64| {
        let size = expected.iter().fold(0.0_f64, |m, v| m.max(*v));
        for (a, b) in found.concat().iter().zip(expected) {
            assert!((a - b).abs() < tolerance * size, "{a} for {b}");
        }
    };

    let times = [1.0, 1.5, 4.0];
    let fine = FlowOptions::default().with_tolerance(1e-11);
    let forecast = estimate.forecast(&mu0, &times, &fine).expect("a forecast");
    let flow =
        |a: &[f64]| energy(&truth.graph, a).flow(&mu0, &times, &fine).expect("a flow").masses().concat();
    let exact = flow(estimate.parameters());
    assert!(forecast.masses().concat().iter().zip(&exact).all(|(a, b)| (a - b).abs() < 1e-10));
    close(forecast.standard_errors(), &propagated(estimate, flow, 1e-3), 1e-5);
    assert!(forecast.standard_errors()[0].iter().all(|s| *s == 0.0) && forecast.times() == times);
    assert!(forecast.band(3, 1.96).is_err() && forecast.band(1, f64::NAN).is_err());

    let fine = GeodesicOptions::default().with_tolerance(1e-10);
    let endless = estimate.forecast_steps(&mu0, 0.5, usize::MAX, &fine, 2);
    let endless = endless.map(|_| ()).expect_err("refused");
    assert!(endless.to_string().contains("more than 100000"), "{endless}");
    let forecast = estimate.forecast_steps(&mu0, 0.5, 2, &fine, 2).expect("a forecast");
    let steps = |a: &[f64]| -> Vec<f64> {
        let path = energy(&truth.graph, a).jko_flow(&mu0, 0.5, 2, &fine).expect("steps");
        mu0.iter().copied().chain(path.iter().flat_map(|step| step.mass().to_vec())).collect()
    };
    close(forecast.standard_errors(), &propagated(estimate, steps, 1e-3), 1e-3);

    assert!(fitted.forecast(0, &[-1.0, 1.0], &FlowOptions::default()).is_err());
    assert!(fitted.forecast(7, &[1.0], &FlowOptions::default()).is_err());
}
