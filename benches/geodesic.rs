//! A heat step `tau = 0.1` of a random log-normal density, whole and stage by stage.

use std::hint::black_box;

use criterion::{criterion_group, criterion_main, BenchmarkId, Criterion};
use jkoflow::{GeodesicOptions, GeodesicSolver, Graph, LaplacianSolver, Mean, Reference};
use jkoflow_benches::heat_step;

fn graphs() -> Vec<(&'static str, Graph)> {
    let grid = |side| Graph::grid(&[side, side], false, Reference::Degree).expect("a grid");
    let random = Graph::erdos_renyi(100, 0.08, 7, Reference::Degree).expect("a connected graph");
    vec![
        ("erdos-renyi 100", random),
        ("grid 20x20", grid(20)),
        ("grid 100x100", grid(100)),
        ("grid 1000x1000", grid(1000)),
    ]
}

fn benchmark(c: &mut Criterion) {
    for (name, graph) in graphs() {
        let (mu0, mu1) = heat_step(&graph, 0.1);
        let large = graph.nodes() > 100_000;
        let mut group = c.benchmark_group("heat step 0.1");
        group.sample_size(10);
        if large {
            group.measurement_time(std::time::Duration::from_secs(60));
        }
        for tolerance in [1e-6, 1e-10] {
            let options = GeodesicOptions::default().with_tolerance(tolerance);
            let mut solver = GeodesicSolver::new(&graph, options).expect("good options");
            let id = BenchmarkId::new(name, format!("geodesic to {tolerance:e}"));
            group
                .bench_function(id, |b| b.iter(|| solver.solve(black_box(&mu0), &mu1).expect("solved")));
        }
        let weight = graph.mobility(Mean::Logarithmic, &mu0).expect("positive");
        let mut laplacian = LaplacianSolver::new(&graph).expect("memory");
        group.bench_function(BenchmarkId::new(name, "factorise"), |b| {
            b.iter(|| laplacian.factorise(black_box(&weight)).expect("positive weights"))
        });
        let difference: Vec<f64> = mu1.iter().zip(&mu0).map(|(b, a)| b - a).collect();
        group.bench_function(BenchmarkId::new(name, "solve"), |b| {
            b.iter(|| laplacian.solve_in_place(&mut black_box(difference.clone())))
        });
        group.bench_function(BenchmarkId::new(name, "sweep"), |b| {
            b.iter(|| graph.mobility(Mean::Logarithmic, black_box(&mu0)).expect("positive"))
        });
        group.finish();
    }
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
