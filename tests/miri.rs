//! The C interface at its edges, small enough for Miri, which sees every access out of bounds, every use
//! after a free, every read of what was never written, and broken rules of aliasing:
//!
//! ```text
//! MIRIFLAGS=-Zmiri-permissive-provenance cargo +nightly miri test --test miri
//! ```
//!
//! Arrays are no longer than they need be, results are written to memory that nobody has initialised, and
//! the gaps of strided matrices stay so.
//!
//! Miri cannot run what asks faer for a sparse factorisation: Newton's method and graphs of more than 32
//! nodes. The ordering of faer 0.24.4 overwrites an uninitialised number through `Cell::set`, which reads
//! the old one and drops it.

use std::cell::Cell;
use std::ffi::{c_char, c_void, CStr};
use std::mem::{size_of, MaybeUninit};
use std::ptr::{null, null_mut};

use jkoflow::capi::*;

const UNIFORM: i32 = JKO_REFERENCE_UNIFORM;
const LEFT: [f64; 3] = [0.5, 0.3, 0.2];
const RIGHT: [f64; 3] = [0.2, 0.3, 0.5];

/// A new handle; the constructor must succeed.
fn made<T>(make: impl FnOnce(*mut *mut T) -> jko_status) -> *mut T {
    let mut place = MaybeUninit::<*mut T>::uninit();
    assert_eq!(make(place.as_mut_ptr()), JKO_STATUS_OK, "{}", last_error());
    // SAFETY: written on success.
    unsafe { place.assume_init() }
}

/// What a call writes into `N` doubles that nobody has initialised; the call must succeed.
fn filled<const N: usize>(fill: impl FnOnce(*mut f64) -> jko_status) -> [f64; N] {
    let mut room = MaybeUninit::<[f64; N]>::uninit();
    assert_eq!(fill(room.as_mut_ptr().cast()), JKO_STATUS_OK, "{}", last_error());
    // SAFETY: written on success, which is what Miri checks.
    unsafe { room.assume_init() }
}

/// The text that a function copies in the manner of `jko_last_error`.
fn text(copy: impl Fn(*mut c_char, usize) -> usize) -> String {
    let needed = copy(null_mut(), 0);
    let mut room = vec![MaybeUninit::<u8>::uninit(); needed];
    assert_eq!(copy(room.as_mut_ptr().cast(), needed), needed);
    // SAFETY: `needed` bytes were written, the last of them NUL.
    let text = unsafe { CStr::from_ptr(room.as_ptr().cast()) };
    assert_eq!(text.to_bytes().len() + 1, needed);
    text.to_str().expect("UTF-8").to_string()
}

fn last_error() -> String {
    // SAFETY: as much room as is said.
    text(|buffer, capacity| unsafe { jko_last_error(buffer, capacity) })
}

fn path() -> *mut jko_graph {
    // SAFETY: a place for the handle.
    made(|out| unsafe { jko_graph_path(3, UNIFORM, out) })
}

fn close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= tolerance;
    assert!(found.iter().zip(expected).all(near), "{found:?}, not {expected:?}");
}

/// Structs of every size from before the first field to beyond the last, in no more memory than that.
#[test]
fn options_stay_within_their_size() {
    let mut group = 0;
    while jko_options_count(group) > 0 {
        let whole = jko_options_size(group);
        for size in (8..=whole + 16).step_by(8) {
            let mut room = vec![MaybeUninit::<usize>::uninit(); size / 8];
            let options: *mut c_void = room.as_mut_ptr().cast();
            // SAFETY: `size` bytes, aligned to eight.
            unsafe {
                assert_eq!(jko_options_init(group, options, size), JKO_STATUS_OK);
                each_option(group, options, size);
                assert_eq!(options.cast::<usize>().read(), size);
                let beside = options.cast::<u8>().wrapping_add(1).cast();
                assert_eq!(jko_options_init(group, beside, size), JKO_STATUS_MISALIGNED);
            }
        }
        group += 1;
    }
    assert_eq!(group, 9);
}

/// Reads and writes every option that there is room for; others are refused.
///
/// # Safety
/// Options of `size` bytes.
unsafe fn each_option(group: i32, options: *mut c_void, size: usize) {
    for k in 0..jko_options_count(group) {
        let name = jko_options_name(group, k);
        let mut value = -1.0;
        // SAFETY: static texts, options as promised.
        unsafe {
            assert!(CStr::from_ptr(jko_options_text(group, k)).to_bytes().len() > 10);
            if jko_options_kind(group, k) == JKO_OPTION_POINTER {
                let status = jko_options_set_pointer(group, options, name, null_mut());
                assert!(status == JKO_STATUS_OK || size < jko_options_size(group));
                continue;
            }
            let status = jko_options_get(group, options, name, &raw mut value);
            assert_eq!(status, jko_options_set(group, options, name, value.max(0.0)));
            match status {
                JKO_STATUS_OK => assert_eq!(value, jko_options_default(group, k)),
                _ => assert!(status == JKO_STATUS_STRUCT_SIZE && size < jko_options_size(group)),
            }
        }
    }
}

/// An older program's options end before the newer fields, in memory of its own.
#[test]
fn structs_of_older_and_newer_programs_are_read_within_their_size() {
    let graph = path();
    for words in 1..=size_of::<jko_graph_options>() / 8 + 2 {
        let mut room = vec![0_usize; words];
        room[0] = 8 * words;
        let options = room.as_ptr().cast();
        let (from, to) = ([0_i64, 1], [1_i64, 2]);
        // SAFETY: arrays of the lengths that are named.
        unsafe {
            let (from, to) = (from.as_ptr(), to.as_ptr());
            let other = made(|out| jko_graph_from_weights(3, from, 2, to, 2, null(), 0, options, out));
            assert_eq!(jko_graph_edges(other), jko_graph_edges(graph));
            jko_graph_free(other);
        }
    }
    // SAFETY: a live handle.
    unsafe { jko_graph_free(graph) };
}

#[test]
fn errors_are_copied_and_cut_at_characters() {
    let terms = made(|out| {
        // SAFETY: a place for the handle.
        unsafe { jko_terms_new(out) }
    });
    // SAFETY: live handles, texts that end in NUL, as much room as is said.
    unsafe {
        let name = c"Größe".as_ptr();
        assert_eq!(jko_terms_add_given(terms, name, -1), JKO_STATUS_INVALID_ARGUMENT);
        let mut options = MaybeUninit::<jko_ridge>::uninit();
        let place = options.as_mut_ptr();
        assert_eq!(jko_ridge_init(place, size_of::<jko_ridge>()), JKO_STATUS_OK);
        let status = jko_options_set(JKO_OPTIONS_RIDGE, place.cast(), name, 1.0);
        assert_eq!(status, JKO_STATUS_INVALID_ARGUMENT);
        let whole = last_error();
        assert!(whole.contains("Größe"), "{whole}");
        for capacity in 1..=whole.len() + 1 {
            let mut room = vec![MaybeUninit::<u8>::uninit(); capacity];
            assert_eq!(jko_last_error(room.as_mut_ptr().cast(), capacity), whole.len() + 1);
            let cut = CStr::from_ptr(room.as_ptr().cast()).to_str().expect("whole characters");
            assert!(whole.starts_with(cut) && cut.len() + 2 >= capacity);
        }
        jko_terms_free(terms);
    }
}

#[test]
fn what_is_null_or_misaligned_is_not_touched() {
    let graph = path();
    let mut room = MaybeUninit::<[f64; 4]>::uninit();
    // SAFETY: every call must refuse before it touches what is wrong.
    unsafe {
        let beside = room.as_mut_ptr().cast::<u8>().add(1).cast::<f64>();
        assert_eq!(jko_graph_reference(graph, beside, 3), JKO_STATUS_MISALIGNED);
        assert_eq!(jko_graph_density(graph, beside, 3, beside, 3), JKO_STATUS_MISALIGNED);
        assert_eq!(jko_graph_reference(graph, null_mut(), 3), JKO_STATUS_NULL_POINTER);
        assert_eq!(jko_graph_reference(null(), beside, 3), JKO_STATUS_NULL_POINTER);
        assert_eq!(jko_graph_path(3, UNIFORM, beside.cast()), JKO_STATUS_MISALIGNED);
        assert_eq!(jko_graph_path(3, UNIFORM, null_mut()), JKO_STATUS_NULL_POINTER);
        let wrong = graph.cast::<u8>().wrapping_add(1).cast::<jko_graph>();
        assert_eq!(jko_graph_reference(wrong, LEFT.as_ptr().cast_mut(), 3), JKO_STATUS_MISALIGNED);
        assert_eq!(jko_graph_nodes(wrong), 0);
        // arrays longer than any, where one element is
        let long = usize::MAX / 4;
        let status = jko_graph_check_distribution(graph, LEFT.as_ptr(), long, 0);
        assert_eq!(status, JKO_STATUS_LENGTH_MISMATCH);
        assert_eq!(jko_graph_reference(graph, beside, 2), JKO_STATUS_LENGTH_MISMATCH);
        jko_graph_free(null_mut());
        jko_cancel_token_set(null());
        jko_cancel_token_free(null_mut());
        jko_graph_free(graph);
    }
}

/// Graphs from arrays of their own length, with the inverse of what went in coming out.
#[test]
fn graphs_are_made_and_read() {
    let (from, to, weight) = ([0_i64, 1], [1_i64, 2], [1.0, 2.0]);
    let (start, column, rate) = ([0_i64, 1, 3, 4], [1_i64, 0, 2, 1], [1.0, 0.5, 0.5, 1.0]);
    // SAFETY: live handles, arrays of the lengths that are named.
    unsafe {
        let (source, target, w) = (from.as_ptr(), to.as_ptr(), weight.as_ptr());
        let graph = made(|out| jko_graph_from_weights(3, source, 2, target, 2, w, 2, null(), out));
        // degrees 1, 3, 2 of 6, conductances w/6
        close(&filled::<3>(|pi| jko_graph_reference(graph, pi, 3)), &[1.0 / 6.0, 0.5, 1.0 / 3.0], 1e-15);
        let conductance = filled::<2>(|out| jko_graph_conductance(graph, out, 2));
        close(&conductance, &[1.0 / 6.0, 1.0 / 3.0], 1e-15);
        let (mut a, mut b) = ([MaybeUninit::<i64>::uninit(); 2], [MaybeUninit::<i64>::uninit(); 2]);
        let (heads, tails) = (a.as_mut_ptr().cast::<i64>(), b.as_mut_ptr().cast::<i64>());
        assert_eq!(jko_graph_edge_list(graph, 1, heads, 2, tails, 2), JKO_STATUS_OK);
        assert_eq!([*heads, *heads.add(1), *tails, *tails.add(1)], [1, 2, 2, 3]);
        jko_graph_free(graph);

        let (rows, columns, rates) = (start.as_ptr(), column.as_ptr(), rate.as_ptr());
        let graph =
            made(|out| jko_graph_from_kernel(rows, 4, columns, 4, rates, 4, null(), 0, null(), out));
        close(&filled::<3>(|pi| jko_graph_reference(graph, pi, 3)), &[0.25, 0.5, 0.25], 1e-14);
        jko_graph_free(graph);

        let points = [0.0, 1.0, 3.0];
        let last = points.as_ptr().add(2);
        let graph = made(|out| jko_graph_nearest_neighbours(last, 3, 1, -1, 1, 1, 0.0, UNIFORM, out));
        assert_eq!((jko_graph_nodes(graph), jko_graph_edges(graph)), (3, 2));
        jko_graph_free(graph);
        let graph = made(|out| jko_graph_random_tree(5, 1, UNIFORM, out));
        assert_eq!(jko_graph_edges(graph), 4);
        jko_graph_free(graph);
    }
}

/// `V`, `W` and the entropy against their formula; the graph may be gone.
#[test]
fn energies_outlive_their_graph_and_take_matrices_in_any_order() {
    let graph = path();
    let interaction = [[2.0, 1.0, 0.0], [1.0, 4.0, 3.0], [0.0, 3.0, 6.0]];
    // rows three apart from back to front, and gaps of one between them that stay uninitialised
    let mut room = [MaybeUninit::<f64>::uninit(); 11];
    for (x, row) in interaction.iter().enumerate() {
        row.iter().enumerate().for_each(|(y, w)| _ = room[10 - 4 * x - y].write(*w));
    }
    let potential = [1.0, -1.0, 0.5];
    // SAFETY: live handles, arrays and strides as they are named.
    unsafe {
        let energy = made(|out| jko_energy_new(graph, out));
        jko_graph_free(graph);
        let last = room.as_ptr().add(10).cast();
        assert_eq!(jko_energy_set_interaction_dense(energy, last, 3, 3, -4, -1), JKO_STATUS_OK);
        assert_eq!(jko_energy_set_potential(energy, potential.as_ptr(), 3), JKO_STATUS_OK);
        assert_eq!(jko_energy_set_entropy(energy, 2.0), JKO_STATUS_OK);
        let variation = filled::<3>(|out| jko_energy_first_variation(energy, LEFT.as_ptr(), 3, out, 3));
        let expected: Vec<f64> = (0..3)
            .map(|x| {
                let inner: f64 = interaction[x].iter().zip(LEFT).map(|(w, m)| w * m).sum();
                potential[x] + inner + 2.0 * ((3.0 * LEFT[x]).ln() + 1.0)
            })
            .collect();
        close(&variation, &expected, 1e-12);
        let (start, column, value) = ([0_i64, 1, 2, 2], [1_i64, 0], [1.0, 1.0]);
        let (rows, columns, values) = (start.as_ptr(), column.as_ptr(), value.as_ptr());
        let status = jko_energy_set_interaction_sparse(energy, rows, 4, columns, 2, values, 2, null());
        assert_eq!(status, JKO_STATUS_OK);
        let direction = [1.0, -2.0, 1.0];
        let second = filled::<3>(|out| {
            jko_energy_second_variation(energy, LEFT.as_ptr(), 3, direction.as_ptr(), 3, out, 3)
        });
        close(&second, &[-2.0 + 2.0 / 0.5, 1.0 - 4.0 / 0.3, 2.0 / 0.2], 1e-12);
        jko_energy_free(energy);
    }
}

/// The distance of two nodes is `int dp / sqrt(theta(p, 1 - p))`, here by Simpson's rule.
#[test]
fn a_geodesic_outlives_its_graph() {
    let speed = |k: usize| {
        let p = 0.3 + 0.1 * k as f64 / 16.0;
        let weight = if k.is_multiple_of(16) { 1.0 } else { 2.0 + 2.0 * (k % 2) as f64 };
        weight * ((p / (1.0 - p)).ln() / (2.0 * p - 1.0)).sqrt()
    };
    let expected = (0..=16).map(speed).sum::<f64>() * 0.1 / 48.0;
    let (from, to) = ([0.3, 0.7], [0.4, 0.6]);
    // SAFETY: live handles, arrays of the lengths that are named.
    unsafe {
        let graph = made(|out| jko_graph_path(2, UNIFORM, out));
        let geodesic =
            made(|out| jko_geodesic_solve(graph, from.as_ptr(), 2, to.as_ptr(), 2, null(), out));
        jko_graph_free(graph);
        close(&[jko_geodesic_distance(geodesic)], &[expected], 1e-8);
        close(&filled::<2>(|mass| jko_geodesic_mass_at(geodesic, 1.0, mass, 2)), &to, 1e-9);
        assert!(!text(|buffer, size| jko_geodesic_method(geodesic, buffer, size)).is_empty());
        jko_geodesic_free(geodesic);
    }
}

/// What the callback finds behind `user_data`.
struct Listener {
    solver: *mut jko_solver,
    token: *const jko_cancel_token,
    calls: Cell<usize>,
}

/// Uses the solver that is solving, and stops it.
unsafe extern "C" fn listen(progress: *const jko_progress, user_data: *mut c_void) -> i32 {
    // SAFETY: what was given as `user_data`, and a struct for the time of the call.
    unsafe {
        let listener = &*user_data.cast::<Listener>();
        assert_eq!((*progress).struct_size, size_of::<jko_progress>());
        listener.calls.set(listener.calls.get() + 1);
        let mut out = null_mut();
        let (from, to) = (LEFT.as_ptr(), RIGHT.as_ptr());
        let status = jko_solver_solve(listener.solver, from, 3, to, 3, &raw mut out);
        assert_eq!(status, JKO_STATUS_BUSY);
        assert!(out.is_null() && last_error().contains("solver"));
        jko_cancel_token_set(listener.token);
    }
    0
}

#[test]
fn a_callback_meets_a_busy_solver_and_stops_it() {
    let graph = path();
    // SAFETY: live handles, arrays of the lengths that are named, a listener that outlives the call.
    unsafe {
        let token = made(|out| jko_cancel_token_new(out));
        let mut listener = Listener { solver: null_mut(), token, calls: Cell::new(0) };
        let place = &raw mut listener;
        let mut options = MaybeUninit::<jko_geodesic_options>::uninit();
        let options = options.as_mut_ptr();
        jko_geodesic_options_init(options, size_of::<jko_geodesic_options>());
        (*options).cancel = token;
        (*options).progress = Some(listen);
        (*options).user_data = place.cast();
        (*place).solver = made(|out| jko_solver_new(graph, options, out));
        let solver = (*place).solver;
        let mut geodesic = null_mut();
        let status = jko_solver_solve(solver, LEFT.as_ptr(), 3, RIGHT.as_ptr(), 3, &raw mut geodesic);
        assert_eq!(status, JKO_STATUS_CANCELLED);
        assert_eq!((*place).calls.get(), 1);
        jko_geodesic_free(geodesic);
        jko_solver_free(solver);
        jko_cancel_token_free(token);
        jko_graph_free(graph);
    }
}

/// On a complete graph whose edges have rate one, heat leaves `1/n` of the rest behind as `exp(-n t)`.
#[test]
fn a_flow_of_one_step_is_written_column_by_column() {
    let (beta, times) = (1.0_f64, [0.0, 0.01]);
    let decay = (-3.0 * beta * times[1]).exp();
    // SAFETY: live handles, arrays and strides as they are named.
    unsafe {
        let graph = made(|out| jko_graph_complete(3, UNIFORM, out));
        let energy = made(|out| jko_energy_new(graph, out));
        assert_eq!(jko_energy_set_entropy(energy, beta), JKO_STATUS_OK);
        let at = times.as_ptr();
        let flow = made(|out| jko_flow_simulate(energy, LEFT.as_ptr(), 3, at, 2, null(), out));
        jko_energy_free(energy);
        jko_graph_free(graph);
        let masses = filled::<6>(|out| jko_flow_masses(flow, out, 2, 3, 1, 2));
        for (x, left) in LEFT.iter().enumerate() {
            assert_eq!(masses[2 * x], *left);
            close(&[masses[2 * x + 1]], &[1.0 / 3.0 + (left - 1.0 / 3.0) * decay], 1e-7);
        }
        let mut few = [MaybeUninit::<f64>::uninit(); 2];
        let status = jko_flow_mass(flow, 2, few.as_mut_ptr().cast(), 3);
        assert!(status != JKO_STATUS_OK && !last_error().is_empty());
        jko_flow_free(flow);
    }
}

/// A fit of heat finds the entropy; what it exports makes the same fit, to the last bit.
#[test]
fn statistics_of_a_fit_come_out_and_go_in() {
    let decay = (-3.0 * 0.01_f64).exp();
    let later = LEFT.map(|m| 1.0 / 3.0 + (m - 1.0 / 3.0) * decay);
    // a snapshot per column
    let snapshots: Vec<f64> = LEFT.iter().zip(later).flat_map(|(a, b)| [*a, b]).collect();
    let times = [0.0, 0.01];
    // SAFETY: live handles, arrays and strides as they are named, texts that end in NUL.
    unsafe {
        let graph = made(|out| jko_graph_complete(3, UNIFORM, out));
        let terms = made(|out| jko_terms_new(out));
        assert_eq!(jko_terms_add_entropy(terms), JKO_STATUS_OK);
        let fit = made(|out| jko_fit_new_with_terms(graph, null(), terms, out));
        let twin = made(|out| jko_fit_new_with_terms(graph, null(), terms, out));
        jko_terms_free(terms);
        jko_graph_free(graph);
        let (at, data) = (times.as_ptr(), snapshots.as_ptr());
        assert_eq!(jko_fit_add_trajectory(fit, at, 2, data, 2, 3, 1, 2, 1), JKO_STATUS_OK);

        let mut len = MaybeUninit::uninit();
        assert_eq!(jko_fit_statistics_len(fit, len.as_mut_ptr()), JKO_STATUS_OK);
        let len = len.assume_init();
        let mut statistics = vec![MaybeUninit::<f64>::uninit(); len];
        let buffer = statistics.as_mut_ptr().cast::<f64>();
        assert_eq!(jko_fit_statistics(fit, buffer, len - 1), JKO_STATUS_LENGTH_MISMATCH);
        assert_eq!(jko_fit_statistics(fit, buffer, len), JKO_STATUS_OK);
        assert_eq!(jko_fit_add_statistics(twin, buffer, len), JKO_STATUS_OK);

        let solved = [fit, twin].map(|fit| made(|out| jko_fit_solve(fit, null(), out)));
        let [entropy, again] = solved.map(|fitted| jko_fitted_entropy(fitted));
        assert_eq!(entropy, again);
        close(&[entropy], &[1.0], 1e-3);
        let name = text(|buffer, capacity| jko_fitted_parameter_name(solved[0], 0, buffer, capacity));
        assert_eq!(name, "entropy");
        let nothing = text(|buffer, capacity| jko_fitted_parameter_name(solved[0], 1, buffer, capacity));
        assert_eq!(nothing, "");
        jko_fit_free(fit);
        jko_fit_free(twin);
        solved.into_iter().for_each(|fitted| jko_fitted_free(fitted));
    }
}

/// Terms copy what they are given, names too.
#[test]
fn terms_keep_copies() {
    // SAFETY: live handles, arrays and strides as they are named, texts that end in NUL.
    unsafe {
        let graph = path();
        let terms = made(|out| jko_terms_new(out));
        {
            // one row for all three, by a stride of nothing
            let ones = [1.0; 3];
            let row = ones.as_ptr();
            assert_eq!(jko_terms_add_potential_in(terms, row, 1, 3, 0, 1), JKO_STATUS_OK);
            let name = c"same".to_owned();
            let status = jko_terms_add_interaction_matrix(terms, name.as_ptr(), row, 3, 3, 0, 1);
            assert_eq!(status, JKO_STATUS_OK);
            let name = c"other".to_owned();
            assert_eq!(jko_terms_add_given(terms, name.as_ptr(), 2), JKO_STATUS_OK);
            assert_eq!(jko_terms_set_bounds(terms, 1, 0.0, f64::INFINITY), JKO_STATUS_OK);
        }
        assert_eq!(jko_terms_add_power(terms, 2.0), JKO_STATUS_OK);
        let fit = made(|out| jko_fit_new_with_terms(graph, null(), terms, out));
        jko_terms_free(terms);
        jko_fit_free(fit);
        jko_graph_free(graph);
    }
}

/// A matrix of distances into every other column, by two threads that share a graph.
#[test]
fn threads_share_a_graph() {
    let shares = [0.3, 0.4, 0.5, 0.6, 0.7];
    let distributions: Vec<f64> = shares.iter().flat_map(|p| [*p, 1.0 - p]).collect();
    let mut room = [MaybeUninit::<f64>::uninit(); 49];
    room[1].write(-7.0);
    // SAFETY: live handles, arrays and strides as they are named.
    unsafe {
        let graph = made(|out| jko_graph_path(2, UNIFORM, out));
        let (data, out) = (distributions.as_ptr(), room.as_mut_ptr().cast::<f64>());
        let status = jko_distance_matrix(graph, data, 5, 2, 2, 1, null(), 2, out, 10, 2);
        assert_eq!(status, JKO_STATUS_OK);
        let distance = |a: usize, b: usize| *out.add(10 * a + 2 * b);
        for a in 0..5 {
            for b in 0..5 {
                // on a line, distances add up
                let steps: f64 = (a.min(b)..a.max(b)).map(|k| distance(k, k + 1)).sum();
                close(&[distance(a, b)], &[steps], 1e-8);
            }
        }
        assert_eq!(*out.add(1), -7.0);
        jko_graph_free(graph);
    }
}
