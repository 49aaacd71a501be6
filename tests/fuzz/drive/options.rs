//! Options: structs of any size with any bytes in them, and names and values that need not exist.

use std::ffi::{c_void, CString};
use std::ptr::null_mut;

use jkoflow::capi::*;

use super::tape::{fine, Tape};

/// Offers every group what the bytes say; whether any options were taken.
pub fn options(bytes: &[u8]) -> bool {
    let mut tape = Tape(bytes);
    let group = tape.small(11) as i32 - 1;
    let size = 8 * tape.small(24) + usize::from(tape.byte() > 240);
    let mut room = [0.0_f64; 32];
    let place = room.as_mut_ptr().cast();
    // SAFETY: sizes are below that of the room.
    unsafe {
        if !fine(jko_options_init(group, place, size)) {
            return false;
        }
        for _ in 0..tape.small(6) {
            let known = jko_options_name(group, tape.small(16));
            let unknown = CString::new(vec![b'a' + tape.byte() % 26; tape.small(9)]).unwrap_or_default();
            let name = if known.is_null() || tape.byte() > 250 { unknown.as_ptr() } else { known };
            let (value, mut back) = (tape.real(), f64::NAN);
            if fine(jko_options_set(group, place, name, value)) {
                assert!(fine(jko_options_get(group, place, name, &mut back)));
                assert!(back == value || value.is_nan(), "{back} for {value}");
            }
        }
        // bytes beyond the size stay as they are; within it they may be anything but pointers
        let words = size / 8;
        for _ in 0..tape.small(4) {
            let at = 1 + tape.small(24);
            if at < words.min(4) {
                room[at] = f64::from_bits(u64::from_le_bytes(std::array::from_fn(|_| tape.byte())));
            }
        }
        let place = room.as_mut_ptr();
        no_hours(group, place.cast());
        offer(group, place.cast());
    }
    true
}

/// Asks for no more than a few hundred iterations, steps or intervals: a million of them may be had, and take
/// their time.
///
/// # Safety
/// Options of the size that they begin with.
unsafe fn no_hours(group: i32, place: *mut c_void) {
    for k in (0..jko_options_count(group)).filter(|&k| jko_options_kind(group, k) == JKO_OPTION_COUNT) {
        let (name, mut value) = (jko_options_name(group, k), f64::NAN);
        // SAFETY: static text, options as promised.
        unsafe {
            if fine(jko_options_get(group, place, name, &mut value)) && value > 300.0 {
                assert!(fine(jko_options_set(group, place, name, 300.0)));
            }
        }
    }
}

/// Hands the options to a call that reads them, on a graph so small that nothing takes long.
///
/// # Safety
/// Options of the size that they begin with.
unsafe fn offer(group: i32, place: *mut u8) {
    let (mu0, mu1) = ([0.6, 0.4], [0.3, 0.7]);
    let (source, target, times) = ([0_i64], [1_i64], [0.0, 0.1]);
    let both = [0.6, 0.4, 0.3, 0.7];
    let (mut graph, mut made, mut geodesic, mut energy) =
        (null_mut(), null_mut(), null_mut(), null_mut());
    let (mut flow, mut fit, mut fitted, mut terms) = (null_mut(), null_mut(), null_mut(), null_mut());
    let (mut flow_fit, mut count_fit) = (null_mut(), null_mut());
    let (mut lower, mut upper, mut mass) = (0.0, 0.0, [0.0; 2]);
    // SAFETY: live handles, arrays of the lengths that are named, options as promised.
    unsafe {
        assert!(fine(jko_graph_path(2, JKO_REFERENCE_UNIFORM, &mut graph)));
        match group {
            JKO_OPTIONS_GRAPH => {
                let (s, t) = (source.as_ptr(), target.as_ptr());
                fine(jko_graph_from_weights(2, s, 1, t, 1, mu0.as_ptr(), 1, place.cast(), &mut made));
            }
            JKO_OPTIONS_GEODESIC => {
                let (from, to) = (mu0.as_ptr(), mu1.as_ptr());
                fine(jko_geodesic_solve(graph, from, 2, to, 2, place.cast(), &mut geodesic));
            }
            JKO_OPTIONS_BOUND => {
                let (from, to) = (mu0.as_ptr(), mu1.as_ptr());
                let none = std::ptr::null();
                assert!(fine(jko_geodesic_solve(graph, from, 2, to, 2, none, &mut geodesic)));
                if fine(jko_geodesic_bounds(geodesic, place.cast(), &mut lower, &mut upper)) {
                    assert!(lower <= upper);
                }
            }
            JKO_OPTIONS_FLOW => {
                assert!(fine(jko_energy_new(graph, &mut energy)));
                let (from, at) = (mu0.as_ptr(), times.as_ptr());
                fine(jko_flow_simulate(energy, from, 2, at, 2, place.cast(), &mut flow));
            }
            JKO_OPTIONS_BARYCENTRE => {
                let (data, share, out) = (both.as_ptr(), mu0.as_ptr(), mass.as_mut_ptr());
                let (objective, residual, iterations) = (null_mut(), null_mut(), null_mut());
                fine(jko_barycentre_solve(
                    graph,
                    data,
                    2,
                    2,
                    2,
                    1,
                    share,
                    2,
                    place.cast(),
                    1,
                    out,
                    2,
                    objective,
                    residual,
                    iterations,
                ));
            }
            JKO_OPTIONS_FIT => {
                fine(jko_fit_new(graph, place.cast(), &mut fit));
            }
            JKO_OPTIONS_RIDGE => {
                assert!(fine(jko_fit_new(graph, std::ptr::null(), &mut fit)));
                let at = times.as_ptr();
                assert!(fine(jko_fit_add_trajectory(fit, at, 2, both.as_ptr(), 2, 2, 2, 1, 1)));
                fine(jko_fit_solve(fit, place.cast(), &mut fitted));
            }
            _ => {
                assert!(fine(jko_terms_new(&mut terms)) && fine(jko_terms_add_entropy(terms)));
                match group {
                    JKO_OPTIONS_FLOW_FIT => {
                        fine(jko_flow_fit_new(graph, terms, place.cast(), &mut flow_fit))
                    }
                    _ => fine(jko_count_fit_new(graph, terms, place.cast(), &mut count_fit)),
                };
            }
        }
        jko_count_fit_free(count_fit);
        jko_flow_fit_free(flow_fit);
        jko_terms_free(terms);
        jko_fitted_free(fitted);
        jko_fit_free(fit);
        jko_flow_free(flow);
        jko_energy_free(energy);
        jko_geodesic_free(geodesic);
        jko_graph_free(made);
        jko_graph_free(graph);
    }
}
