//! How long work goes on after it is asked to stop, on a grid of ten thousand nodes.
//!
//! A request waits at most as long as lies between two questions of the work whether to stop, and then for what
//! the work still does. Both are measured: the first at every question, the second where the time is up. A test
//! that takes minutes; `cargo test --test latency -- --ignored --nocapture` shows the table.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::{Duration, Instant};

use jkoflow::{
    BarycentreOptions, BoundOptions, Fit, FitOptions, FlowFit, FlowFitOptions, FlowOptions, FreeEnergy,
    GeodesicOptions, Graph, Method, Reference, Term, Watch,
};

const SIDE: usize = 100;

/// Each operation is stopped after this time.
const BUDGET: Duration = Duration::from_secs(6);

/// No request waits longer. A question comes at least once per factorisation of all time nodes.
const LONGEST: Duration = Duration::from_secs(5);

/// A smooth bump with its centre at these shares of the sides, positive everywhere.
fn bump(x: f64, y: f64, width: f64, floor: f64) -> Vec<f64> {
    let place = |k: usize| ((k / SIDE) as f64 / SIDE as f64 - x, (k % SIDE) as f64 / SIDE as f64 - y);
    let mass = |k: usize| {
        let (dx, dy) = place(k);
        floor + (-(dx * dx + dy * dy) / (2.0 * width * width)).exp()
    };
    let sum: f64 = (0..SIDE * SIDE).map(mass).sum();
    (0..SIDE * SIDE).map(|k| mass(k) / sum).collect()
}

/// Runs the work until it ends or the time is up; prints and bounds the two latencies.
fn measure<T>(name: &str, work: impl FnOnce() -> T) {
    let began = Instant::now();
    let (last, worst, questions) =
        (Rc::new(Cell::new(began)), Rc::new(Cell::new(Duration::ZERO)), Rc::new(Cell::new(0_u64)));
    let (seen, longest, count) = (last.clone(), worst.clone(), questions.clone());
    let watch = Watch::new().with_interval(Duration::ZERO).with_progress(move |_| {
        let now = Instant::now();
        longest.set(longest.get().max(now - seen.get()));
        seen.set(now);
        count.set(count.get() + 1);
        if now - began > BUDGET {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    drop(watch.over(work));
    let after = last.get().elapsed();
    let ms = |time: Duration| 1e3 * time.as_secs_f64();
    println!(
        "{name:<24}{:>8} questions{:>10.1} ms between two{:>10.1} ms to the return",
        questions.get(),
        ms(worst.get()),
        ms(after)
    );
    assert!(questions.get() > 0, "{name} never asks");
    assert!(worst.get() < LONGEST && after < LONGEST, "{name}");
}

#[test]
#[ignore = "takes minutes"]
fn stops_are_prompt_on_ten_thousand_nodes() {
    let graph = Graph::grid(&[SIDE, SIDE], false, Reference::Uniform).expect("a grid");
    let (near, here) = (bump(0.52, 0.5, 0.3, 0.5), bump(0.5, 0.5, 0.3, 0.5));
    let (left, right) = (bump(0.2, 0.2, 0.1, 1e-2), bump(0.8, 0.8, 0.1, 1e-2));
    let mut corner = vec![0.0; SIDE * SIDE];
    corner[0] = 1.0;
    let options = GeodesicOptions::default();
    let newton = options.with_method(Method::Newton);
    let series: Vec<Vec<f64>> =
        (0..20).map(|k| bump(0.4 + 0.01 * f64::from(k), 0.5, 0.3, 0.5)).collect();

    measure("geodesic, shooting", || graph.geodesic(&here, &near, &options).map(|_| ()));
    measure("geodesic, Newton", || graph.geodesic(&left, &right, &newton).map(|_| ()));
    measure("geodesic, from a corner", || graph.geodesic(&corner, &here, &options).map(|_| ()));
    measure("batch", || graph.geodesics(&series, &options, 1).map(|_| ()));
    measure("batch, two threads", || graph.geodesics(&series, &options, 2).map(|_| ()));
    measure("distance matrix", || graph.distance_matrix(&series, &options, 1).map(|_| ()));
    let geodesic = graph.geodesic(&here, &near, &options).expect("a geodesic");
    let tight = BoundOptions::default().with_gap(1e-7);
    measure("bounds", || geodesic.bounds(&tight).map(|_| ()));
    measure("barycentre", || {
        let descent = BarycentreOptions::default();
        graph.barycentre(&series[..3], &[0.2, 0.3, 0.5], &descent, 1).map(|_| ())
    });
    let energy = FreeEnergy::new(&graph).with_entropy(1.0).expect("entropy");
    let times: Vec<f64> = (0..5).map(|k| 1e-2 * f64::from(k)).collect();
    let flow = FlowOptions::default();
    measure("flow", || energy.flow(&left, &times, &flow).map(|_| ()));
    let psi: Vec<f64> = here.iter().zip(&near).map(|(a, b)| 1e-3 * (b - a) / a).collect();
    measure("geodesic flow", || graph.geodesic_flow(&here, &psi, &times, &flow).map(|_| ()));
    measure("JKO step", || energy.jko_step(&here, 1e-2, &options).map(|_| ()));
    let mut fit = Fit::new(&graph, FitOptions::default()).expect("a fit");
    let dates: Vec<f64> = (0..20).map(f64::from).collect();
    measure("fit, a trajectory", || fit.add_trajectory(&dates, &series, 1));
    let heat = energy.flow(&left, &times, &flow).expect("a flow");
    let mut learning =
        FlowFit::new(&graph, &[Term::entropy()], FlowFitOptions::default()).expect("a fit");
    learning.add_trajectory(&times, heat.masses()).expect("a trajectory");
    measure("fit of a flow", || learning.solve(&Default::default(), 1).map(|_| ()));
}
