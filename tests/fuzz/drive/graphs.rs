//! Graphs: from edges, chains and kernels, and from every builder, each with anything for arguments.

use std::ptr::{null, null_mut};

use jkoflow::capi::*;

use super::tape::{fine, options, Tape};

/// Makes a graph and looks at it; whether there was one.
pub fn graphs(bytes: &[u8]) -> bool {
    let mut tape = Tape(bytes);
    let graph = if tape.byte() % 2 == 0 { small_graph(&mut tape) } else { built(&mut tape) };
    if graph.is_null() {
        return false;
    }
    // SAFETY: a live handle, arrays of the lengths that it has.
    unsafe {
        look(graph);
        jko_graph_free(graph);
    }
    true
}

/// What every graph must be: a connected chain in detailed balance with a distribution.
///
/// # Safety
/// A live handle.
pub unsafe fn look(graph: *const jko_graph) {
    // SAFETY: arrays of the lengths that the graph has.
    unsafe {
        let (n, m) = (jko_graph_nodes(graph), jko_graph_edges(graph));
        assert!(n >= 1 && m + 1 >= n);
        let (mut pi, mut conductance) = (vec![0.0; n], vec![0.0; m]);
        let (mut source, mut target) = (vec![-1; m], vec![-1; m]);
        assert!(fine(jko_graph_reference(graph, pi.as_mut_ptr(), n)));
        assert!(fine(jko_graph_conductance(graph, conductance.as_mut_ptr(), m)));
        assert!(fine(jko_graph_edge_list(graph, 0, source.as_mut_ptr(), m, target.as_mut_ptr(), m)));
        assert!((pi.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{pi:?}");
        assert!(pi.iter().chain(&conductance).all(|v| *v > 0.0 && v.is_finite()));
        assert!(source.iter().zip(&target).all(|(x, y)| 0 <= *x && x < y && *y < n as i64));
        let mut density = vec![0.0; n];
        assert!(fine(jko_graph_density(graph, pi.as_ptr(), n, density.as_mut_ptr(), n)));
        assert!(density.iter().all(|r| (r - 1.0).abs() < 1e-9));
    }
}

/// A graph of a builder, with sizes that are mostly small, and now and then beyond everything.
fn built(tape: &mut Tape) -> *mut jko_graph {
    let mut graph = null_mut();
    let place = &raw mut graph;
    let size = |tape: &mut Tape| match tape.byte() {
        255 => usize::MAX,
        254 => 1 << 40,
        byte => usize::from(byte % 40),
    };
    let (reference, seed) = (tape.small(3) as i32, u64::from(tape.byte()));
    let (a, b) = (size(tape), size(tape));
    // SAFETY: a place for the handle, arrays of the lengths that are named.
    let status = unsafe {
        match tape.byte() % 13 {
            0 => jko_graph_path(a, reference, place),
            1 => jko_graph_cycle(a, reference, place),
            2 => jko_graph_star(a, reference, place),
            3 => jko_graph_complete(a, reference, place),
            4 => {
                let sides = [a, b, 1 + tape.small(3)];
                let count = tape.small(4);
                jko_graph_grid(sides.as_ptr(), count, i32::from(tape.byte() % 2), reference, place)
            }
            5 => jko_graph_hypercube(a % 12, reference, place),
            6 => jko_graph_hamming(a % 5, b % 5, reference, place),
            7 => jko_graph_erdos_renyi(a, tape.real() / 8.0, seed, reference, place),
            8 => {
                let sizes = [a, b];
                let probability = tape.reals(4);
                let (s, p) = (sizes.as_ptr(), probability.as_ptr());
                jko_graph_stochastic_block(s, 2, p, 4, seed, reference, place)
            }
            9 => jko_graph_barabasi_albert(a, b, seed, reference, place),
            10 => jko_graph_watts_strogatz(a, b, tape.real() / 16.0, seed, reference, place),
            11 => jko_graph_random_regular(a, b, seed, reference, place),
            _ => {
                let (rows, cols) = (a % 16, b % 4);
                let points = tape.reals(rows * cols);
                let bandwidth = tape.real();
                let k = tape.small(6);
                let (data, stride) = (points.as_ptr(), cols as isize);
                jko_graph_nearest_neighbours(data, rows, cols, stride, 1, k, bandwidth, reference, place)
            }
        }
    };
    assert_eq!(fine(status), !graph.is_null());
    graph
}

/// A graph of at most seven nodes, or none where the bytes describe none.
pub fn small_graph(tape: &mut Tape) -> *mut jko_graph {
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
