//! Reads a stream of bytes as a programme of calls of the C interface: graphs from edges, from a chain, from
//! a kernel, options of any size and content, and work with the handles that come of it.
//!
//! Handles are valid, lengths match the arrays, and everything else is what the bytes say. No call may be an
//! internal error, and whatever is returned as a result must be one.

use std::ptr::{null, null_mut};

use jkoflow::capi::*;

/// Takes numbers off the front of the bytes; zeros when they are used up.
struct Tape<'a>(&'a [u8]);

impl Tape<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    fn small(&mut self, below: u8) -> usize {
        usize::from(self.byte() % below)
    }

    /// Mostly a node, sometimes anything.
    fn index(&mut self) -> i64 {
        match self.byte() {
            254 => i64::MAX,
            255 => i64::from_le_bytes(std::array::from_fn(|_| self.byte())),
            byte => i64::from(byte % 8) - i64::from(byte > 250),
        }
    }

    /// Mostly a moderate positive number, sometimes anything.
    fn real(&mut self) -> f64 {
        match self.byte() {
            255 => f64::from_le_bytes(std::array::from_fn(|_| self.byte())),
            254 => 0.0,
            byte => f64::from(byte) / 16.0,
        }
    }

    fn reals(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.real()).collect()
    }

    fn indices(&mut self, count: usize) -> Vec<i64> {
        (0..count).map(|_| self.index()).collect()
    }

    /// Numbers that are mostly a distribution.
    fn masses(&mut self, count: usize) -> Vec<f64> {
        let mut masses = self.reals(count);
        if self.byte() < 250 {
            let sum: f64 = masses.iter().sum();
            masses.iter_mut().for_each(|m| *m /= sum);
        }
        masses
    }
}

/// Every option of a struct of this group, set to what the tape says, now and then.
fn options(tape: &mut Tape, group: i32) -> Vec<f64> {
    let mut room = vec![0.0; jko_options_size(group) / 8 + tape.small(3)];
    let place = room.as_mut_ptr().cast();
    // SAFETY: as many bytes as the size says, aligned to 8.
    unsafe {
        assert_eq!(jko_options_init(group, place, 8 * room.len()), JKO_STATUS_OK);
        for k in 0..jko_options_count(group) {
            let name = jko_options_name(group, k);
            if jko_options_kind(group, k) != JKO_OPTION_POINTER && tape.byte() > 200 {
                let value = match jko_options_kind(group, k) {
                    JKO_OPTION_REAL => tape.real(),
                    _ => f64::from(tape.byte()) - 8.0,
                };
                jko_options_set(group, place, name, value);
            }
        }
    }
    room
}

fn fine(status: jko_status) -> bool {
    assert_ne!(status, JKO_STATUS_INTERNAL);
    status >= JKO_STATUS_OK
}

/// A graph of at most seven nodes, or none where the bytes describe none.
fn graph(tape: &mut Tape) -> *mut jko_graph {
    let mut graph = null_mut();
    let room = options(tape, JKO_OPTIONS_GRAPH);
    let options = room.as_ptr().cast();
    let (nodes, edges) = (1 + tape.small(7), tape.small(16));
    // SAFETY: arrays and options of the sizes that are named.
    let status = unsafe {
        match tape.byte() % 4 {
            0 => jko_graph_cycle(nodes, 1, &mut graph),
            1 => {
                let (from, to) = (tape.indices(edges), tape.indices(edges));
                let weight = tape.reals(edges);
                jko_graph_from_weights(
                    nodes,
                    from.as_ptr(),
                    edges,
                    to.as_ptr(),
                    edges,
                    weight.as_ptr(),
                    edges,
                    options,
                    &mut graph,
                )
            }
            2 => {
                let (pi, from, to) = (tape.masses(nodes), tape.indices(edges), tape.indices(edges));
                let rate = tape.reals(edges);
                jko_graph_from_chain(
                    pi.as_ptr(),
                    nodes,
                    from.as_ptr(),
                    edges,
                    to.as_ptr(),
                    edges,
                    rate.as_ptr(),
                    edges,
                    options,
                    &mut graph,
                )
            }
            _ => {
                let start: Vec<i64> = match tape.byte() {
                    255 => tape.indices(nodes + 1),
                    _ => (0..=nodes).map(|x| (x * edges / nodes) as i64).collect(),
                };
                let (column, value) = (tape.indices(edges), tape.reals(edges));
                jko_graph_from_kernel(
                    start.as_ptr(),
                    nodes + 1,
                    column.as_ptr(),
                    edges,
                    value.as_ptr(),
                    edges,
                    null(),
                    0,
                    options,
                    &mut graph,
                )
            }
        }
    };
    assert_eq!(fine(status), !graph.is_null());
    graph
}

/// Runs the programme; whether it came as far as a graph.
pub fn drive(bytes: &[u8]) -> bool {
    let mut tape = Tape(bytes);
    let graph = graph(&mut tape);
    if graph.is_null() {
        return false;
    }
    // SAFETY: live handles, arrays of the lengths that are named, places for results.
    unsafe {
        let n = jko_graph_nodes(graph);
        let (mu0, mu1) = (tape.masses(n), tape.masses(n));
        let mut room = options(&mut tape, JKO_OPTIONS_GEODESIC);
        // a fuzzer has no hours
        let place = room.as_mut_ptr().cast::<jko_geodesic_options>();
        (*place).max_iterations = (*place).max_iterations.clamp(-1, 30);
        let mut geodesic = null_mut();
        let options = place.cast_const();
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
        let mut room = self::options(&mut tape, JKO_OPTIONS_FLOW);
        let place = room.as_mut_ptr().cast::<jko_flow_options>();
        (*place).max_steps = (*place).max_steps.clamp(-1, 200);
        let options = place.cast_const();
        if fine(jko_flow_simulate(energy, mu0.as_ptr(), n, times.as_ptr(), 2, options, &mut flow)) {
            let mut energies = [0.0; 2];
            assert!(fine(jko_flow_energies(flow, energies.as_mut_ptr(), 2)));
            assert!(energies[1] <= energies[0]);
        }
        jko_flow_free(flow);
        jko_energy_free(energy);
        jko_graph_free(graph);
    }
    true
}
