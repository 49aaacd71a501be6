//! `jko_energy`: free energies on distributions.

use std::mem;

use super::graph::{self, jko_graph, jko_graph_options};
use super::guard::{guard, guard_value, Exclusive};
use super::input::{self, Matrix};
use super::status::{jko_status, Failure, JKO_STATUS_INVALID_ARGUMENT, JKO_STATUS_OK};
use crate::energy::{FreeEnergy, Interaction, InternalEnergy};
use crate::graph::Duplicates;

/// The internal energy `U(r) = r^m / (m - 1)` with the parameter `m > 0`, `m != 1`.
pub const JKO_INTERNAL_POWER: i32 = 0;

/// A free energy
/// `F(mu) = sum V mu + 1/2 sum W mu mu + beta sum mu ln(mu/pi) + sum pi sum_k a_k U_k(mu/pi)`.
///
/// Zero when new; one function per term changes it. Any number of threads may evaluate it at once;
/// one that calls while another changes it, or the other way round, gets `JKO_STATUS_BUSY`.
pub struct jko_energy {
    energy: Exclusive<FreeEnergy>,
}

impl jko_energy {
    pub(super) fn new(energy: FreeEnergy) -> Self {
        Self { energy: Exclusive::new(energy) }
    }

    /// The energy as it is now, its data shared or copied.
    pub(super) fn snapshot(&self) -> Result<FreeEnergy, Failure> {
        Ok(self.energy.read("energy")?.clone())
    }
}

/// Changes an energy, or leaves it as it was where the change is refused.
///
/// # Safety
/// As [`input::handle`].
unsafe fn change(
    energy: *mut jko_energy,
    change: impl FnOnce(FreeEnergy) -> Result<FreeEnergy, Failure>,
) -> Result<jko_status, Failure> {
    // SAFETY: the same promise.
    let handle = unsafe { input::handle("energy", energy.cast_const())? };
    let mut current = handle.energy.write("energy")?;
    let changed = change(current.clone())?;
    // dropped after the exchange, so that a panic there could not leave half an energy
    drop(mem::replace(&mut *current, changed));
    Ok(JKO_STATUS_OK)
}

/// Makes the zero energy on a graph, which it keeps. Cost `O(n)`.
///
/// Returns: NULL_POINTER, MISALIGNED. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_energy_new(
    graph: *const jko_graph,
    out: *mut *mut jko_energy,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, graph) = unsafe { (input::slot("out", out)?, input::handle("graph", graph)?) };
        out.fill(jko_energy::new(FreeEnergy::new(&graph.graph)));
        Ok(JKO_STATUS_OK)
    })
}

/// Ends an energy; NULL is fine. Flows made from it live on. Any thread, once nobody uses the handle.
#[no_mangle]
pub unsafe extern "C" fn jko_energy_free(energy: *mut jko_energy) {
    guard_value((), || {
        // SAFETY: the contract of the module.
        unsafe { input::release(energy) }
    })
}

/// Sets the potential `V`, length `n`, which is copied.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, BUSY. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_energy_set_potential(
    energy: *mut jko_energy,
    potential: *const f64,
    potential_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe {
            let potential = input::input("potential", potential, potential_len)?;
            change(energy, |energy| Ok(energy.with_potential(potential)?))
        }
    })
}

/// Sets the interaction `W` from a symmetric `n` by `n` matrix with strides in elements, which is
/// copied.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT (not square or not
/// symmetric), BUSY, OUT_OF_MEMORY. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_energy_set_interaction_dense(
    energy: *mut jko_energy,
    interaction: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
) -> jko_status {
    guard(|| {
        if rows != cols {
            let message = format!("interaction: {rows} rows and {cols} columns; it must be square");
            return Err(Failure::new(JKO_STATUS_INVALID_ARGUMENT, message));
        }
        let matrix = Matrix { data: interaction, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        unsafe {
            let entries = input::rows("interaction", matrix)?.concat();
            change(energy, |energy| Ok(energy.with_interaction(Interaction::dense(rows, &entries)?)?))
        }
    })
}

/// Sets the interaction `W` from a symmetric sparse matrix, both triangles, compressed by rows or by
/// columns in the manner of `jko_graph_from_kernel`; it is copied. `options` may be NULL; of them,
/// `index_base` and `duplicates` count.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, NODE_OUT_OF_RANGE, DUPLICATE_EDGE, BAD_VALUE,
/// INVALID_ARGUMENT (not symmetric), STRUCT_SIZE, BUSY, OUT_OF_MEMORY. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_energy_set_interaction_sparse(
    energy: *mut jko_energy,
    row_start: *const i64,
    row_start_len: usize,
    column: *const i64,
    column_len: usize,
    value: *const f64,
    value_len: usize,
    options: *const jko_graph_options,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe {
            let reading = graph::Reading::from_c(options)?;
            let row_start = input::input("row_start", row_start, row_start_len)?;
            let column = input::input("column", column, column_len)?;
            let value = input::input("value", value, value_len)?;
            let sum = reading.duplicates == Duplicates::Sum;
            let matrix = graph::sparse_rows(row_start, column, value, reading.base, sum)?;
            change(energy, |energy| Ok(energy.with_interaction(Interaction::sparse(matrix)?)?))
        }
    })
}

/// Sets the coefficient `beta` of the entropy relative to `pi`.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT (not finite), BUSY. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_energy_set_entropy(energy: *mut jko_energy, beta: f64) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { change(energy, |energy| Ok(energy.with_entropy(beta)?)) }
    })
}

/// Adds `coefficient sum_x pi_x U(mu_x/pi_x)`; `kind` is a `JKO_INTERNAL_` constant, and `parameter`
/// is its parameter. May be called once per internal energy.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, BUSY. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_energy_add_internal(
    energy: *mut jko_energy,
    coefficient: f64,
    kind: i32,
    parameter: f64,
) -> jko_status {
    guard(|| {
        let internal = input::choice("kind", kind, &[InternalEnergy::Power as fn(f64) -> _])?(parameter);
        // SAFETY: the contract of the module.
        unsafe { change(energy, |energy| Ok(energy.with_internal(coefficient, internal)?)) }
    })
}

/// Computes `F(mu)` for masses `mu >= 0`, length `n`; zeros are allowed. Cost: `O(n)` and one product
/// with `W`.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, BUSY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_energy_value(
    energy: *const jko_energy,
    mu: *const f64,
    mu_len: usize,
    value: *mut f64,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (energy, mu, value) = unsafe {
            (
                input::handle("energy", energy)?,
                input::input("mu", mu, mu_len)?,
                input::scalar("value", value)?,
            )
        };
        value.write([energy.energy.read("energy")?.value(mu)?]);
        Ok(JKO_STATUS_OK)
    })
}

/// Computes the first variation `dF/dmu_x` at masses `mu`; all lengths `n`. Cost: `O(n)` and one
/// product with `W`.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE (also an empty node, where the energy
/// has no finite derivative), BUSY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_energy_first_variation(
    energy: *const jko_energy,
    mu: *const f64,
    mu_len: usize,
    variation: *mut f64,
    variation_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (energy, mu) =
            unsafe { (input::handle("energy", energy)?, input::input("mu", mu, mu_len)?) };
        let energy = energy.energy.read("energy")?;
        let nodes = energy.graph().nodes();
        // SAFETY: the contract of the module.
        let out = unsafe { input::output("variation", variation, variation_len, nodes)? };
        out.write(energy.first_variation(mu)?);
        Ok(JKO_STATUS_OK)
    })
}

/// Computes the second variation at masses `mu`, applied to a `direction`; all lengths `n`. Cost:
/// `O(n)` and one product with `W`.
///
/// Returns: as `jko_energy_first_variation`. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_energy_second_variation(
    energy: *const jko_energy,
    mu: *const f64,
    mu_len: usize,
    direction: *const f64,
    direction_len: usize,
    variation: *mut f64,
    variation_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (energy, mu, direction) = unsafe {
            (
                input::handle("energy", energy)?,
                input::input("mu", mu, mu_len)?,
                input::input("direction", direction, direction_len)?,
            )
        };
        let energy = energy.energy.read("energy")?;
        let nodes = energy.graph().nodes();
        // SAFETY: the contract of the module.
        let out = unsafe { input::output("variation", variation, variation_len, nodes)? };
        out.write(energy.second_variation_apply(mu, direction)?);
        Ok(JKO_STATUS_OK)
    })
}
