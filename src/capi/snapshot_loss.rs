//! `jko_snapshot_loss`: the quadratic loss for energies that live outside of the library.

use super::fit_options::{fit_options, jko_fit_options};
use super::graph::jko_graph;
use super::guard::{guard, guard_value};
use super::input::{self, Matrix};
use super::status::{jko_status, JKO_STATUS_OK};
use super::watch;
use crate::fit::SnapshotLoss;

/// The quadratic loss of a trajectory, for an energy of any kind that is trained against it: a neural
/// network, say. Immutable: any number of threads may use it at once.
pub struct jko_snapshot_loss {
    loss: SnapshotLoss,
}

/// Makes the loss of the steps between consecutive snapshots; arguments as for `jko_fit_add_trajectory`.
/// `options` may be NULL; its terms play no role. The geodesics are computed here, once.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT,
/// STRUCT_SIZE, NOT_CONVERGED, SINGULAR, CANCELLED, OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_snapshot_loss_new(
    graph: *const jko_graph,
    options: *const jko_fit_options,
    times: *const f64,
    times_len: usize,
    snapshots: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
    num_threads: i32,
    out: *mut *mut jko_snapshot_loss,
) -> jko_status {
    guard(|| {
        let matrix = Matrix { data: snapshots, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        let (out, graph, _watch, options, times, snapshots) = unsafe {
            (
                input::slot("out", out)?,
                input::handle("graph", graph)?,
                watch::begin(options)?,
                fit_options(options)?,
                input::input("times", times, times_len)?,
                input::rows("snapshots", matrix)?,
            )
        };
        let threads = input::threads(num_threads)?;
        let loss = SnapshotLoss::new(&graph.graph, &options, times, &snapshots, threads)?;
        out.fill(jko_snapshot_loss { loss });
        Ok(JKO_STATUS_OK)
    })
}

/// Ends a loss; NULL is fine. Any thread, once nobody uses the handle.
#[no_mangle]
pub unsafe extern "C" fn jko_snapshot_loss_free(loss: *mut jko_snapshot_loss) {
    guard_value((), || {
        // SAFETY: the contract of the module.
        unsafe { input::release(loss) }
    })
}

/// Computes the loss at the first variations of an energy at the snapshots, one per row (`rows`
/// snapshots by `cols = n`), and its gradient with respect to them, of the same shape, with strides of
/// its own. The gradient may be NULL. Cost: two sweeps over the edges per step.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT, OUT_OF_MEMORY. Any
/// thread.
#[no_mangle]
pub unsafe extern "C" fn jko_snapshot_loss_evaluate(
    loss: *const jko_snapshot_loss,
    variations: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
    value: *mut f64,
    gradient: *mut f64,
    gradient_row_stride: isize,
    gradient_col_stride: isize,
) -> jko_status {
    guard(|| {
        let matrix = Matrix { data: variations, rows, cols, row_stride, col_stride };
        let out = Matrix {
            data: gradient,
            rows,
            cols,
            row_stride: gradient_row_stride,
            col_stride: gradient_col_stride,
        };
        // SAFETY: the contract of the module.
        let (loss, variations, value, out) = unsafe {
            (
                input::handle("loss", loss)?,
                input::rows("variations", matrix)?,
                input::scalar("value", value)?,
                input::output_matrix("gradient", out)?,
            )
        };
        let (sum, gradient) = loss.loss.loss_and_gradient(&variations)?;
        value.write([sum]);
        gradient.iter().enumerate().for_each(|(s, row)| out.write_row(s, row));
        Ok(JKO_STATUS_OK)
    })
}
