//! Solving: geodesics, their bounds, flows and fits, with options and masses that are mostly valid.

use std::ptr::{null, null_mut};

use jkoflow::capi::*;

use super::graphs::small_graph;
use super::tape::{fine, options, Tape};

/// Runs the programme; whether it came as far as a graph.
pub fn solving(bytes: &[u8]) -> bool {
    let mut tape = Tape(bytes);
    let graph = small_graph(&mut tape);
    if graph.is_null() {
        return false;
    }
    // SAFETY: live handles, arrays of the lengths that are named, places for results.
    unsafe {
        let n = jko_graph_nodes(graph);
        let (mu0, mu1) = (tape.masses(n), tape.masses(n));
        let room = room_for_steps(&mut tape);
        let mut geodesic = null_mut();
        let options = room.as_ptr().cast();
        if fine(jko_geodesic_solve(graph, mu0.as_ptr(), n, mu1.as_ptr(), n, options, &mut geodesic)) {
            let distance = jko_geodesic_distance(geodesic);
            assert!(distance >= 0.0, "distance {distance}");
            let mut mass = vec![0.0; n];
            assert!(fine(jko_geodesic_mass_at(geodesic, 0.5, mass.as_mut_ptr(), n)));
            assert!((mass.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{mass:?}");
            let (mut lower, mut upper) = (0.0, 0.0);
            if tape.byte() > 200 && fine(jko_geodesic_bounds(geodesic, null(), &mut lower, &mut upper)) {
                assert!(lower <= upper);
            }
        }
        jko_geodesic_free(geodesic);

        let (mut energy, mut flow) = (null_mut(), null_mut());
        assert!(fine(jko_energy_new(graph, &mut energy)));
        let potential = tape.reals(n);
        fine(jko_energy_set_potential(energy, potential.as_ptr(), n));
        fine(jko_energy_set_entropy(energy, tape.real()));
        let times = [0.0, tape.real()];
        let mut room = super::tape::options(&mut tape, JKO_OPTIONS_FLOW);
        let place = room.as_mut_ptr().cast::<jko_flow_options>();
        (*place).max_steps = (*place).max_steps.clamp(-1, 200);
        let options = place.cast_const();
        if fine(jko_flow_simulate(energy, mu0.as_ptr(), n, times.as_ptr(), 2, options, &mut flow)) {
            let mut energies = [0.0; 2];
            assert!(fine(jko_flow_energies(flow, energies.as_mut_ptr(), 2)));
            assert!(energies[1] <= energies[0]);
        }
        jko_flow_free(flow);
        let (options, mut mass, tau) = (room_for_steps(&mut tape), vec![0.0; n], tape.real());
        let (at, out) = (options.as_ptr().cast(), mass.as_mut_ptr());
        if fine(jko_energy_step(energy, mu0.as_ptr(), n, tau, at, out, n, null_mut(), null_mut())) {
            assert!((mass.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{mass:?}");
        }
        jko_energy_free(energy);
        fit(&mut tape, graph);
        jko_graph_free(graph);
    }
    true
}

/// Options of geodesics with no more than thirty iterations: a fuzzer has no hours.
fn room_for_steps(tape: &mut Tape) -> Vec<f64> {
    let mut room = options(tape, JKO_OPTIONS_GEODESIC);
    // SAFETY: a whole options struct, in its own memory.
    unsafe {
        let place = room.as_mut_ptr().cast::<jko_geodesic_options>();
        (*place).max_iterations = (*place).max_iterations.clamp(-1, 30);
    }
    room
}

/// A fit of a few steps, and what it found.
///
/// # Safety
/// A live graph.
unsafe fn fit(tape: &mut Tape, graph: *const jko_graph) {
    // SAFETY: live handles, arrays of the lengths that are named, places for results.
    unsafe {
        let n = jko_graph_nodes(graph);
        let mut room = options(tape, JKO_OPTIONS_FIT);
        let place = room.as_mut_ptr().cast::<jko_fit_options>();
        (*place).max_iterations = (*place).max_iterations.clamp(-1, 30);
        let (mut fit, mut fitted) = (null_mut(), null_mut());
        if fine(jko_fit_new(graph, place, &mut fit)) {
            let rows = 2 + tape.small(2);
            let snapshots: Vec<f64> = (0..rows).flat_map(|_| tape.masses(n)).collect();
            let times: Vec<f64> = (0..rows).map(|k| k as f64 + tape.real()).collect();
            let (times, data) = (times.as_ptr(), snapshots.as_ptr());
            let threads = 1 + tape.small(2) as i32;
            fine(jko_fit_add_trajectory(fit, times, rows, data, rows, n, n as isize, 1, threads));
            let ridge = options(tape, JKO_OPTIONS_RIDGE);
            if fine(jko_fit_solve(fit, ridge.as_ptr().cast(), &mut fitted)) {
                let explained = jko_fitted_explained(fitted);
                assert!(explained.is_nan() || explained <= 1.0 + 1e-9, "{explained}");
            }
        }
        jko_fitted_free(fitted);
        jko_fit_free(fit);
    }
}
