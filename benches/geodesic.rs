//! Geodesics near and far: a heat step `tau = 0.1` of a random log-normal density, whole and stage by
//! stage; random, peaked and empty ends; a batch.

use std::hint::black_box;

use criterion::{criterion_group, criterion_main, BenchmarkId, Criterion};
use jkoflow::{GeodesicOptions, GeodesicSolver, Graph, LaplacianSolver, Mean, Reference};
use jkoflow_benches::{bumps, heat_step, random_ends};

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

fn far(c: &mut Criterion) {
    let mut group = c.benchmark_group("far ends");
    group.sample_size(10);
    let mut bench = |name: String, graph: &Graph, ends: &[Vec<f64>; 2], tolerance: f64| {
        let options = GeodesicOptions::default().with_tolerance(tolerance);
        let mut solver = GeodesicSolver::new(graph, options).expect("good options");
        group.bench_function(BenchmarkId::new(name, format!("to {tolerance:e}")), |b| {
            b.iter(|| solver.solve(black_box(&ends[0]), &ends[1]).expect("solved"))
        });
    };
    for n in [10, 30, 100, 300, 1000] {
        let chance = (8.0 / n as f64).min(0.6);
        let graph = Graph::erdos_renyi(n, chance, 7, Reference::Degree).expect("a connected graph");
        bench(format!("random, erdos-renyi {n}"), &graph, &random_ends(&graph), 1e-9);
    }
    for (side, floors) in
        [(10, [0.5, 0.1, 0.01, 0.0].as_slice()), (16, &[0.5, 0.1, 0.01]), (32, &[0.5, 0.1, 0.01])]
    {
        let graph = Graph::grid(&[side, side], false, Reference::Uniform).expect("a grid");
        for &floor in floors {
            let tolerance = if floor == 0.0 { 1e-4 } else { 1e-6 };
            bench(
                format!("bumps over {floor}, grid {side}x{side}"),
                &graph,
                &bumps(side, floor),
                tolerance,
            );
        }
    }
    let cube = Graph::hypercube(6, Reference::Uniform).expect("a hypercube");
    let dirac = |x: usize| (0..64).map(|y| if x == y { 1.0 } else { 0.0 }).collect::<Vec<f64>>();
    bench("opposite diracs, hypercube 2^6".into(), &cube, &[dirac(0), dirac(63)], 1e-4);
    let large = Graph::grid(&[316, 317], false, Reference::Degree).expect("a grid");
    bench("random, grid 316x317".into(), &large, &random_ends(&large), 1e-6);
    group.finish();
}

/// Fifty consecutive pairs of a heat flow, on one and two threads.
fn batch(c: &mut Criterion) {
    let graph = Graph::grid(&[20, 20], false, Reference::Degree).expect("a grid");
    let snapshots: Vec<Vec<f64>> = (0..=50).map(|k| heat_step(&graph, 0.1 * k as f64).1).collect();
    let mut group = c.benchmark_group("batch of 50 pairs, grid 20x20");
    group.sample_size(10);
    for threads in [1, 2] {
        let options = GeodesicOptions::default();
        group.bench_function(format!("{threads} threads"), |b| {
            b.iter(|| graph.geodesics(black_box(&snapshots), &options, threads).expect("solved"))
        });
    }
    group.finish();
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

criterion_group!(benches, far, batch, benchmark);
criterion_main!(benches);
