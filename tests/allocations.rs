//! What is allocated over ten thousand repeated calls: as much for the last as for the first, and all of it is
//! given back. What is allocated within one: nothing by an iteration of shooting.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;

use jkoflow::{
    CancelToken, Fit, FitOptions, FlowOptions, FreeEnergy, Geodesic, GeodesicOptions, GeodesicSolver,
    Graph, Method, Reference, Ridge, Watch,
};

thread_local! {
    /// Calls and bytes in use of this thread, so that other tests are not counted.
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

fn count(calls: usize, bytes: isize) {
    let _ = CALLS.try_with(|c| c.set(c.get() + calls));
    let _ = BYTES.try_with(|b| b.set(b.get() + bytes));
}

// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(1, size as isize - layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(0, -(layout.size() as isize));
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations per call over the whole run are those of the second call, and no byte stays in use.
fn same_each_time(name: &str, repetitions: usize, mut call: impl FnMut()) {
    call(); // the first may reserve what later ones reuse
    let measured = |call: &mut dyn FnMut()| {
        let before = CALLS.get();
        call();
        CALLS.get() - before
    };
    let each = measured(&mut call);
    let in_use = BYTES.get();
    for k in 0..repetitions {
        let now = measured(&mut call);
        assert_eq!(now, each, "{name}: call {k}");
        assert_eq!(BYTES.get(), in_use, "{name}: call {k}");
    }
    println!("{name}: {each} allocations per call");
}

const FROM: [f64; 6] = [0.3, 0.2, 0.2, 0.1, 0.1, 0.1];
const TO: [f64; 6] = [0.1, 0.1, 0.1, 0.2, 0.2, 0.3];

#[test]
fn repeated_calls_allocate_alike_and_keep_nothing() {
    let graph = Graph::cycle(6, Reference::Uniform).expect("a cycle");
    let options = GeodesicOptions::default();
    let mut solver = GeodesicSolver::new(&graph, options).expect("a solver");
    same_each_time("solver", 10_000, || {
        assert!(solver.solve_next(&FROM, &TO).expect("a geodesic").converged());
    });
    same_each_time("geodesic", 10_000, || {
        assert!(graph.geodesic(&FROM, &TO, &options).expect("a geodesic").converged());
    });
    let newton = options.with_method(Method::Newton);
    same_each_time("Newton", 100, || {
        assert!(graph.geodesic(&FROM, &TO, &newton).expect("a geodesic").converged());
    });
    let energy = FreeEnergy::new(&graph).with_entropy(1.0).expect("entropy");
    let times = [0.0, 0.05, 0.1, 0.15];
    let flow = || energy.flow(&FROM, &times, &FlowOptions::default()).expect("a flow");
    same_each_time("flow", 1000, || assert!(flow().complete()));
    let seen = flow();
    same_each_time("fit", 1000, || {
        let mut fit = Fit::new(&graph, FitOptions::default()).expect("a fit");
        fit.add_trajectory(&times, seen.masses(), 1).expect("a trajectory");
        assert!(fit.solve(&Ridge::on_potential(1e-6)).is_ok());
    });
    same_each_time("refusals", 10_000, || assert!(graph.geodesic(&FROM[1..], &TO, &options).is_err()));
}

/// A distance matrix that is cancelled solves for nothing more: what is left costs a list per group of eight
/// pairs, not a solver.
#[test]
fn what_is_cancelled_is_left_at_once() {
    let graph = Graph::cycle(6, Reference::Uniform).expect("a cycle");
    let mixed = |k: usize| -> Vec<f64> {
        let share = k as f64 / 40.0;
        FROM.iter().zip(TO).map(|(a, b)| (1.0 - share) * a + share * b).collect()
    };
    let distributions: Vec<Vec<f64>> = (0..40).map(mixed).collect();
    let token = CancelToken::new();
    token.cancel();
    let before = CALLS.get();
    let watch = Watch::new().with_token(&token);
    let matrix = watch.over(|| graph.distance_matrix(&distributions, &GeodesicOptions::default(), 1));
    let (taken, groups) = (CALLS.get() - before, (40 * 39 / 2_usize).div_ceil(8));
    assert_eq!(matrix.expect("a matrix").unconverged().len(), 40 * 39 / 2);
    // beside them a name for each distribution that is checked, and lists that grow
    assert!(taken < groups + 40 + 60, "{taken} allocations for {groups} groups");
}

/// Masses between `1 - depth` and `1 + depth` times their mean.
fn wave(graph: &Graph, depth: f64, phase: f64) -> Vec<f64> {
    let weight = |x: usize| 1.0 + depth * (0.4 * x as f64 + phase).sin();
    let total: f64 = (0..graph.nodes()).map(weight).sum();
    (0..graph.nodes()).map(|x| weight(x) / total).collect()
}

/// The ends of a heat step.
fn heat_step(graph: &Graph) -> [Vec<f64>; 2] {
    let from = wave(graph, 0.5, 0.0);
    let energy = FreeEnergy::new(graph).with_entropy(1.0).expect("entropy");
    let flow = energy.flow(&from, &[0.0, 0.1], &FlowOptions::default()).expect("a flow");
    [from, flow.masses()[1].clone()]
}

/// A geodesic, and what was allocated from each of its iterations to the next, as a listener sees it.
fn per_iteration(graph: &Graph, [from, to]: &[Vec<f64>; 2], tolerance: f64) -> (Geodesic, Vec<usize>) {
    let options = GeodesicOptions::default().with_tolerance(tolerance);
    let mut solver = GeodesicSolver::new(graph, options).expect("a solver");
    let seen = Rc::new(RefCell::new(Vec::with_capacity(1000)));
    let list = Rc::clone(&seen);
    let watch = Watch::new().with_interval(Duration::ZERO).with_progress(move |progress| {
        let mut list = list.borrow_mut();
        if progress.iterations as usize > list.len() && list.len() < list.capacity() {
            list.push(CALLS.get());
        }
        ControlFlow::Continue(())
    });
    let geodesic = watch.over(|| solver.solve(from, to)).expect("a geodesic");
    assert!(geodesic.converged());
    let each = seen.borrow().windows(2).map(|calls| calls[1] - calls[0]).collect();
    (geodesic, each)
}

/// On a graph whose Laplacian is eliminated and on two whose factor is sparse; between ends so near that
/// few iterations do, and between others.
#[test]
fn iterations_of_shooting_allocate_nothing() {
    let grid = |side| Graph::grid(&[side, side], false, Reference::Uniform).expect("a grid");
    for graph in [Graph::cycle(20, Reference::Uniform).expect("a cycle"), grid(10), grid(30)] {
        let hollow = if graph.nodes() == 100 { 0.99 } else { 0.999 };
        for ends in [heat_step(&graph), [wave(&graph, hollow, 0.0), wave(&graph, hollow, 1.5)]] {
            for tolerance in [1e-3, 1e-6] {
                let (geodesic, each) = per_iteration(&graph, &ends, tolerance);
                assert!(geodesic.method() == "shooting" && !each.is_empty());
                // but for finer paths than the first, of three nodes: few, each with more nodes; and for a result
                // that is not good enough yet
                let refined = each.iter().filter(|calls| **calls > 0).count();
                let finer = (geodesic.time_nodes() - 3).min(3);
                assert!(refined <= finer + 1, "{} nodes, {tolerance:e}: {each:?}", graph.nodes());
            }
        }
    }
}

/// Newton's method between Diracs: nothing but at the start of each mesh, on a graph whose Laplacian is eliminated and
/// on two whose factor is sparse, with dense blocks and without.
#[test]
fn iterations_of_newton_allocate_nothing_within_a_mesh() {
    let grid = |side| Graph::grid(&[side, side], false, Reference::Uniform).expect("a grid");
    for graph in [Graph::cycle(20, Reference::Uniform).expect("a cycle"), grid(6), grid(10)] {
        let dirac = |x: usize| (0..graph.nodes()).map(|y| f64::from(u8::from(x == y))).collect();
        let ends = [dirac(0), dirac(graph.nodes() / 2)];
        let (geodesic, each) = per_iteration(&graph, &ends, 1e-3);
        assert_eq!(geodesic.method(), "newton");
        // meshes of 16, 32, 64 ... intervals, the first of which begins before its first iteration; and the workspace of
        // the sparse factors, at each mesh's first use of it
        let meshes = (geodesic.time_nodes() / 16).ilog2() as usize;
        let begun = each.iter().filter(|calls| **calls > 0).count();
        assert!(each.len() > 20 && begun <= 2 * meshes, "{} nodes: {each:?}", graph.nodes());
    }
}
