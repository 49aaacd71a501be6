//! Fits of fifty snapshots on 100 and on 10,000 nodes, whole and stage by stage.

use std::hint::black_box;

use criterion::{criterion_group, criterion_main, BenchmarkId, Criterion};
use jkoflow::{Fit, FitOptions, FlowOptions, Graph, Model, Reference, Ridge, Term};
use jkoflow_benches::heat_step;

const SNAPSHOTS: usize = 50;
const STEP: f64 = 0.02;

/// Snapshots of a flow with potential, entropy and interaction, each as strong as the others.
fn snapshots(graph: &Graph, terms: &[Term], times: &[f64]) -> Vec<Vec<f64>> {
    let n = graph.nodes();
    let model = Model::new(graph, terms).expect("terms");
    let mut parameters: Vec<f64> = (0..n).map(|x| (1.7 * x as f64).sin()).collect();
    let scale = n as f64 / 10.0;
    parameters.extend([0.5, scale, -0.5 * scale, 0.3 * scale]);
    let energy = model.energy(&parameters).expect("an energy");
    let (start, _) = heat_step(graph, 0.0);
    let options = FlowOptions::default().with_tolerance(1e-6);
    energy.flow(&start, times, &options).expect("a flow").masses().to_vec()
}

fn fits(c: &mut Criterion) {
    let times: Vec<f64> = (0..SNAPSHOTS).map(|k| STEP * k as f64).collect();
    let terms = [Term::potential(), Term::entropy(), Term::interaction_by_hops(3)];
    let mut group = c.benchmark_group("fit of 50 snapshots");
    group.sample_size(10);
    for side in [10, 100] {
        let graph = Graph::grid(&[side, side], false, Reference::Degree).expect("a grid");
        let name = format!("grid {side}x{side}");
        let seen = snapshots(&graph, &terms, &times);
        let options = FitOptions::default().with_terms(&terms);
        let empty = Fit::new(&graph, options.clone()).expect("good options");
        group.bench_function(BenchmarkId::new(&name, "empty fit with its matrices of hops"), |b| {
            b.iter(|| Fit::new(black_box(&graph), options.clone()).expect("good options"))
        });
        for threads in [1, 2] {
            let id = BenchmarkId::new(&name, format!("geodesics, {threads} threads"));
            group.bench_function(id, |b| {
                b.iter(|| graph.geodesics(black_box(&seen), &options.geodesic, threads).expect("solved"))
            });
        }
        let geodesics = graph.geodesics(&seen, &options.geodesic, 2).expect("solved");
        let filled = || {
            let mut fit = empty.clone();
            for geodesic in &geodesics {
                fit.add_pair(geodesic, STEP, 1.0).expect("converged");
            }
            fit
        };
        group.bench_function(BenchmarkId::new(&name, "sums"), |b| b.iter(filled));
        let fit = filled();
        group.bench_function(BenchmarkId::new(&name, "solve with standard errors"), |b| {
            b.iter(|| black_box(&fit).solve(&Ridge::on_potential(1e-6)).expect("determined"))
        });
        // without single steps there are no standard errors
        let mut sums = empty.clone();
        sums.add_statistics(&fit.statistics()).expect("the same problem");
        group.bench_function(BenchmarkId::new(&name, "solve from sums"), |b| {
            b.iter(|| black_box(&sums).solve(&Ridge::on_potential(1e-6)).expect("determined"))
        });
    }
    group.finish();
}

criterion_group!(benches, fits);
criterion_main!(benches);
