//! A panic anywhere inside work is a status, spoils no handle but the one that was being changed, and leaves
//! all handles free to be freed. A fuse in the innermost loops makes the panics.

#![cfg(test)]

use std::ptr::{null, null_mut};

use super::*;
use crate::watch::fuse;

const MU: [f64; 8] = [0.4, 0.3, 0.2, 0.1, 0.1, 0.2, 0.3, 0.4];
const TIMES: [f64; 2] = [0.0, 0.1];

/// Whether the last message holds a text.
fn says(text: &str) -> bool {
    let mut buffer = [0u8; 256];
    // SAFETY: the buffer has the length that is named.
    let needed = unsafe { jko_last_error(buffer.as_mut_ptr().cast(), buffer.len()) };
    String::from_utf8_lossy(&buffer[..needed.min(buffer.len())]).contains(text)
}

/// Calls with fuses of growing length until the call gets through; after each panic `after` looks at what is
/// left. How many panics there were.
fn burn(call: impl FnMut() -> jko_status, after: impl FnMut()) -> u32 {
    burn_with(fuse::light, call, after)
}

/// The same, with the fuse in the threads that the call starts.
fn burn_in_workers(call: impl FnMut() -> jko_status, after: impl FnMut()) -> u32 {
    burn_with(fuse::light_in_workers, call, after)
}

fn burn_with(light: fn(u32), mut call: impl FnMut() -> jko_status, mut after: impl FnMut()) -> u32 {
    for questions in 0.. {
        light(questions);
        let status = call();
        if fuse::put_out() {
            assert_eq!(status, JKO_STATUS_OK);
            return questions;
        }
        assert_eq!(status, JKO_STATUS_INTERNAL, "after {questions} questions");
        assert!(says("the fuse has burnt down; please report it"));
        after();
    }
    0
}

fn graph() -> *mut jko_graph {
    let mut graph = null_mut();
    // SAFETY: a place for the handle.
    assert_eq!(unsafe { jko_graph_path(4, JKO_REFERENCE_UNIFORM, &mut graph) }, JKO_STATUS_OK);
    graph
}

#[test]
fn a_panic_in_a_solve_spoils_the_solver_only() {
    let graph = graph();
    let (mut solver, mut geodesic) = (null_mut(), null_mut());
    // the call and what follows share the place of the handle
    let solver_place = &raw mut solver;
    let out = &raw mut geodesic;
    // SAFETY: live handles, places for new ones, arrays of the lengths that are named.
    unsafe {
        let panics = burn(
            || {
                jko_solver_free(*solver_place);
                assert_eq!(jko_solver_new(graph, null(), solver_place), JKO_STATUS_OK);
                jko_solver_solve(*solver_place, MU.as_ptr(), 4, MU[4..].as_ptr(), 4, out)
            },
            || {
                assert!((*out).is_null());
                // poisoned, for good, and said so
                let again = jko_solver_solve(*solver_place, MU.as_ptr(), 4, MU[4..].as_ptr(), 4, out);
                assert_eq!(again, JKO_STATUS_INTERNAL);
                assert!(says("solver: an internal error left the handle unusable; free it"));
                // the graph is as good as before
                let status = jko_geodesic_solve(graph, MU.as_ptr(), 4, MU[4..].as_ptr(), 4, null(), out);
                assert_eq!(status, JKO_STATUS_OK);
                jko_geodesic_free(*out);
            },
        );
        assert!(panics > 3, "{panics}");
        jko_geodesic_free(*out);
        jko_solver_free(*solver_place);
        jko_graph_free(graph);
    }
}

#[test]
fn a_panic_in_a_fit_spoils_the_fit_only() {
    let graph = graph();
    let mut fit = null_mut();
    let place = &raw mut fit;
    // SAFETY: as above.
    unsafe {
        let panics = burn(
            || {
                jko_fit_free(*place);
                assert_eq!(jko_fit_new(graph, null(), place), JKO_STATUS_OK);
                jko_fit_add_trajectory(*place, TIMES.as_ptr(), 2, MU.as_ptr(), 2, 4, 4, 1, 1)
            },
            || {
                let mut pairs = 7;
                assert_eq!(jko_fit_pairs(*place, &mut pairs), JKO_STATUS_INTERNAL);
                assert!(says("fit: an internal error left the handle unusable; free it"));
                assert_eq!(pairs, 7);
            },
        );
        assert!(panics > 3, "{panics}");
        jko_fit_free(*place);
        jko_graph_free(graph);
    }
}

#[test]
fn a_panic_over_handles_that_are_only_read_spoils_null() {
    let graph = graph();
    let (mut energy, mut flow, mut geodesic) = (null_mut(), null_mut(), null_mut());
    let (flow, geodesic) = (&raw mut flow, &raw mut geodesic);
    // SAFETY: as above.
    unsafe {
        assert_eq!(jko_energy_new(graph, &mut energy), JKO_STATUS_OK);
        assert_eq!(jko_energy_set_entropy(energy, 1.0), JKO_STATUS_OK);
        let mut distances = [[-1.0; 2]; 2];
        let distances = distances.as_mut_ptr().cast::<f64>();
        let panics = burn(
            || jko_flow_simulate(energy, MU.as_ptr(), 4, TIMES.as_ptr(), 2, null(), flow),
            || assert!((*flow).is_null()),
        );
        assert!(panics > 1, "{panics}");
        let panics = burn(
            || jko_distance_matrix(graph, MU.as_ptr(), 2, 4, 4, 1, null(), 1, distances, 2, 1),
            || assert_eq!(*distances.add(1), -1.0),
        );
        assert!(panics > 3, "{panics}");
        burn(
            || jko_geodesic_batch(graph, MU.as_ptr(), 2, 4, 4, 1, null(), 1, geodesic, 1),
            || assert!((*geodesic).is_null()),
        );
        let (mut lower, mut upper) = (-1.0, -1.0);
        let (low, up) = (&raw mut lower, &raw mut upper);
        let panics = burn(
            || jko_geodesic_bounds(*geodesic, null(), low, up),
            || assert!(*low == -1.0 && *up == -1.0),
        );
        assert!(panics > 3 && *low < *up, "{panics}");
        jko_geodesic_free(*geodesic);
        jko_flow_free(*flow);
        jko_energy_free(energy);
        jko_graph_free(graph);
    }
}

/// Twelve mass vectors on four nodes: as many pairs as make work for more than one thread.
fn many() -> [[f64; 4]; 12] {
    std::array::from_fn(|k| std::array::from_fn(|x| (1.0 + ((x + k) % 4) as f64) / 10.0))
}

#[test]
fn a_panic_on_a_worker_is_a_status() {
    let (graph, masses) = (graph(), many());
    let masses = masses.as_ptr().cast::<f64>();
    let (mut geodesics, mut distances) = ([null_mut(); 11], [-1.0; 144]);
    let (geodesics, distances) = (geodesics.as_mut_ptr(), distances.as_mut_ptr());
    // SAFETY: as above.
    unsafe {
        let panics = burn_in_workers(
            || jko_geodesic_batch(graph, masses, 12, 4, 4, 1, null(), 2, geodesics, 11),
            || assert!((0..11).all(|k| (*geodesics.add(k)).is_null())),
        );
        assert!(panics > 3, "{panics}");
        (0..11).for_each(|k| jko_geodesic_free(*geodesics.add(k)));
        let panics = burn_in_workers(
            || jko_distance_matrix(graph, masses, 12, 4, 4, 1, null(), 3, distances, 12, 1),
            || assert_eq!(*distances.add(1), -1.0),
        );
        assert!(panics > 3 && *distances.add(1) > 0.0, "{panics}");

        let mut fit = null_mut();
        let (place, times) = (&raw mut fit, std::array::from_fn::<f64, 12, _>(|k| k as f64));
        let panics = burn_in_workers(
            || {
                jko_fit_free(*place);
                assert_eq!(jko_fit_new(graph, null(), place), JKO_STATUS_OK);
                jko_fit_add_trajectory(*place, times.as_ptr(), 12, masses, 12, 4, 4, 1, 2)
            },
            || {
                let mut pairs = 7;
                assert_eq!(jko_fit_pairs(*place, &mut pairs), JKO_STATUS_INTERNAL);
                assert!(says("fit: an internal error left the handle unusable; free it"));
            },
        );
        assert!(panics > 3, "{panics}");
        jko_fit_free(*place);
        jko_graph_free(graph);
    }
}
