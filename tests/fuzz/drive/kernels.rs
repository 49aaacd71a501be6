//! Matrices in compressed rows: kernels of graphs, and interactions, with rows that may be anything.

use std::ptr::null_mut;

use jkoflow::capi::*;

use super::graphs::look;
use super::tape::{fine, options, Tape};

/// A matrix of `n` rows: starts, columns, values. Mostly symmetric in its pattern, sometimes anything.
struct Rows {
    start: Vec<i64>,
    column: Vec<i64>,
    value: Vec<f64>,
}

impl Rows {
    fn read(tape: &mut Tape, n: usize, base: i64) -> Self {
        let (mut start, mut column, mut value) = (vec![base], Vec::new(), Vec::new());
        let symmetric = tape.byte() < 200;
        let mut entries = vec![0.0; n * n];
        for x in 0..n {
            for y in x..n {
                let weight = if tape.byte().is_multiple_of(3) { 0.0 } else { tape.real() };
                entries[x * n + y] = weight;
                entries[y * n + x] = if symmetric { weight } else { tape.real() };
            }
        }
        for row in entries.chunks(n) {
            for (y, w) in row.iter().enumerate().filter(|(_, w)| **w != 0.0) {
                column.push(y as i64 + base);
                value.push(*w);
            }
            start.push(column.len() as i64 + base);
        }
        let mut rows = Self { start, column, value };
        rows.spoil(tape);
        rows
    }

    /// Replaces a few numbers by anything, now and then.
    fn spoil(&mut self, tape: &mut Tape) {
        for _ in 0..tape.byte().saturating_sub(252) {
            let at = usize::from(tape.byte());
            match tape.byte() % 3 {
                0 => {
                    let len = self.start.len();
                    self.start[at % len] = tape.index();
                }
                1 if !self.column.is_empty() => {
                    let len = self.column.len();
                    self.column[at % len] = tape.index();
                }
                2 if !self.value.is_empty() => {
                    let len = self.value.len();
                    self.value[at % len] = tape.real();
                }
                _ => {}
            }
        }
    }
}

/// A graph from a kernel and an energy with a sparse interaction; whether there was a graph.
pub fn kernels(bytes: &[u8]) -> bool {
    let mut tape = Tape(bytes);
    let n = 1 + tape.small(6);
    let room = options(&mut tape, JKO_OPTIONS_GRAPH);
    let options = room.as_ptr().cast::<jko_graph_options>();
    // SAFETY: a whole options struct, in its own memory.
    let base = i64::from(unsafe { (*options).index_base });
    let kernel = Rows::read(&mut tape, n, base.clamp(-1, 1));
    let pi = if tape.byte() % 2 == 0 { tape.masses(n) } else { Vec::new() };
    let given = if pi.is_empty() { std::ptr::null() } else { pi.as_ptr() };
    let mut graph = null_mut();
    // SAFETY: arrays of the lengths that are named, places for results, live handles.
    unsafe {
        let status = jko_graph_from_kernel(
            kernel.start.as_ptr(),
            kernel.start.len(),
            kernel.column.as_ptr(),
            kernel.column.len(),
            kernel.value.as_ptr(),
            kernel.value.len(),
            given,
            pi.len(),
            options,
            &mut graph,
        );
        assert_eq!(fine(status), !graph.is_null());
        let found = !graph.is_null();
        if !found {
            assert!(fine(jko_graph_path(n, JKO_REFERENCE_UNIFORM, &mut graph)));
        }
        look(graph);
        interact(&mut tape, graph, options, base.clamp(-1, 1));
        jko_graph_free(graph);
        found
    }
}

/// # Safety
/// A live graph, options in their own memory.
unsafe fn interact(
    tape: &mut Tape,
    graph: *const jko_graph,
    options: *const jko_graph_options,
    base: i64,
) {
    // SAFETY: arrays of the lengths that are named, places for results, live handles.
    unsafe {
        let n = jko_graph_nodes(graph);
        let matrix = Rows::read(tape, n, base);
        let mut energy = null_mut();
        assert!(fine(jko_energy_new(graph, &mut energy)));
        let status = jko_energy_set_interaction_sparse(
            energy,
            matrix.start.as_ptr(),
            matrix.start.len(),
            matrix.column.as_ptr(),
            matrix.column.len(),
            matrix.value.as_ptr(),
            matrix.value.len(),
            options,
        );
        let (mu, mut value, mut variation) = (tape.masses(n), f64::NAN, vec![0.0; n]);
        if fine(status) && fine(jko_energy_value(energy, mu.as_ptr(), n, &mut value)) {
            let out = variation.as_mut_ptr();
            assert!(fine(jko_energy_first_variation(energy, mu.as_ptr(), n, out, n)));
            // Euler's identity for the quadratic form W/2
            let twice: f64 = mu.iter().zip(&variation).map(|(m, v)| m * v).sum();
            let size: f64 = mu.iter().zip(&variation).map(|(m, v)| (m * v).abs()).sum();
            assert!(!twice.is_finite() || (twice - 2.0 * value).abs() <= 1e-9 * size.max(1e-300));
        }
        jko_energy_free(energy);
    }
}
