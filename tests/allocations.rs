//! What is allocated over ten thousand repeated calls: as much for the last as for the first, and all of it is
//! given back.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use jkoflow::{
    CancelToken, Fit, FitOptions, FlowOptions, FreeEnergy, GeodesicOptions, GeodesicSolver, Graph,
    Method, Reference, Ridge, Watch,
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
