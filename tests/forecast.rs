//! A forecast follows the flow under the mobility mean that was learned under, and no other.

use jkoflow::{
    CountFit, CountFitOptions, Error, Fit, FitOptions, FlowFit, FlowFitOptions, FlowOptions, Forecast,
    FreeEnergy, GeodesicOptions, Graph, Mean, Reference, Ridge, Term,
};

const TIMES: [f64; 4] = [0.0, 0.1, 0.2, 0.3];
const BETA: f64 = 0.7;

fn graph() -> Graph {
    Graph::path(4, Reference::Degree).expect("a path")
}

fn options(mean: Mean) -> FlowOptions {
    FlowOptions::default().with_mean(mean).with_tolerance(1e-10)
}

/// The flow of the entropy under a mean: no heat flow unless the mean is logarithmic.
fn flow(mean: Mean, times: &[f64]) -> Vec<Vec<f64>> {
    let energy = FreeEnergy::new(&graph()).with_entropy(BETA).expect("an energy");
    energy.flow(&[0.4, 0.3, 0.2, 0.1], times, &options(mean)).expect("a flow").masses().to_vec()
}

fn names_both<T: std::fmt::Debug>(outcome: Result<T, Error>, wanted: Mean, learned: Mean) {
    match outcome.expect_err("another mean") {
        Error::InvalidArgument { argument, reason } => {
            assert_eq!(argument, "options.mean");
            assert!(reason.contains(wanted.name()) && reason.contains(learned.name()), "{reason}");
        }
        other => panic!("{other}"),
    }
}

/// The last masses are those of the true flow under the mean.
fn follows(forecast: &Forecast, mean: Mean, ahead: &[f64], tolerance: f64) {
    let truth = flow(mean, ahead);
    for (a, b) in forecast.masses().iter().flatten().zip(truth.iter().flatten()) {
        assert!((a - b).abs() < tolerance, "{}: {a} {b}", mean.name());
    }
}

#[test]
fn a_forecast_is_one_under_the_mean_of_its_fit() {
    let (graph, terms, ahead) = (graph(), [Term::entropy()], [0.0, 1.0]);
    let start = [0.4, 0.3, 0.2, 0.1];
    for (mean, other) in [
        (Mean::Harmonic, Mean::Logarithmic),
        (Mean::Logarithmic, Mean::Arithmetic),
        (Mean::Geometric, Mean::Harmonic),
    ] {
        let seen = flow(mean, &TIMES);
        let (own, wrong) = (options(mean), options(other));
        let steps = GeodesicOptions::default();

        let geodesic = GeodesicOptions::default().with_mean(mean);
        let quadratic = FitOptions::default().with_terms(&terms).with_geodesic(geodesic);
        let mut fit = Fit::new(&graph, quadratic).expect("options");
        fit.add_trajectory(&TIMES, &seen, 1).expect("snapshots");
        let fitted = fit.solve(&Ridge::default()).expect("a fit");
        assert_eq!(fitted.mean(), mean);
        follows(&fitted.forecast(&start, &ahead, &own).expect("a forecast"), mean, &ahead, 1e-3);
        names_both(fitted.forecast(&start, &ahead, &wrong), other, mean);
        names_both(fitted.forecast_steps(&start, 0.1, 1, &steps.with_mean(other), 1), other, mean);

        let learning = FlowFitOptions::default().with_flow(own);
        let mut fit = FlowFit::new(&graph, &terms, learning).expect("options");
        fit.add_trajectory(&TIMES, &seen).expect("snapshots");
        let fitted = fit.solve(&Ridge::default(), 1).expect("a fit");
        let estimate = fitted.estimate();
        assert_eq!(estimate.mean(), mean);
        follows(&estimate.forecast(&start, &ahead, &own).expect("a forecast"), mean, &ahead, 1e-7);
        names_both(estimate.forecast(&start, &ahead, &wrong), other, mean);
        names_both(estimate.forecast_steps(&start, 0.1, 1, &steps.with_mean(other), 1), other, mean);
        assert!(estimate.forecast_steps(&start, 0.1, 1, &steps.with_mean(mean), 1).is_ok());

        let mut fit =
            CountFit::new(&graph, &terms, CountFitOptions::default().with_flow(own)).expect("options");
        let counts: Vec<Vec<f64>> = seen.iter().map(|mu| mu.iter().map(|m| 1e8 * m).collect()).collect();
        fit.add_trajectory(&TIMES, &counts).expect("counts");
        let fitted = fit.solve(&Ridge::default(), 1).expect("a fit");
        assert_eq!(fitted.estimate().mean(), mean);
        follows(&fitted.forecast(0, &ahead, &own).expect("a forecast"), mean, &ahead, 1e-5);
        names_both(fitted.forecast(0, &ahead, &wrong), other, mean);
    }
}

#[test]
fn shares_are_no_counts() {
    let mut fit =
        CountFit::new(&graph(), &[Term::entropy()], CountFitOptions::default()).expect("options");
    let seen = flow(Mean::Logarithmic, &TIMES);
    let refused = fit.add_trajectory(&TIMES, &seen).expect_err("shares");
    assert!(refused.to_string().starts_with("counts[0]: they sum to 1.000, as shares do"), "{refused}");
    // one individual is a count, and so is a weight that is no whole number
    let few = [[0.0, 1.0, 0.0, 0.0], [0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 1.5, 1.0], [1.0, 1.0, 2.0, 0.25]];
    fit.add_trajectory(&TIMES, &few).expect("counts");
}
