//! Steps of the scheme of Jordan, Kinderlehrer and Otto.

use super::energy::jko_energy;
use super::geodesic::{geodesic_options, jko_geodesic, jko_geodesic_options};
use super::guard::guard;
use super::input;
use super::status::{self, jko_status, Failure};
use super::status::{
    JKO_STATUS_CANCELLED, JKO_STATUS_ITERATION_LIMIT, JKO_STATUS_MEMORY_LIMIT, JKO_STATUS_OK,
};
use super::watch;
use crate::JkoStep;

/// Computes `argmin F(mu) + W_K(mu0, mu)^2 / (2 tau)`: the next distribution of the JKO scheme, into `mass`; all of
/// length `n`. `options` may be NULL.
///
/// `residual` may be NULL; it gets how far `tau dF + psi(1)` is from constant at the new distribution, in
/// the metric's norm, relative to `tau dF` or the distance; nodes of density below 1e-12 count as empty and have no part in it. A step
/// converged where geodesic and residual are within the tolerance. An empty node of `mu0` is given a share of 1e-10 of the
/// reference. `out` may be NULL; it gets the geodesic that the step followed. Cost:
/// about that of a geodesic.
///
/// Returns: a positive status, with the best step found, where it did not converge (ITERATION_LIMIT,
/// STALLED, RESOLUTION, MEMORY_LIMIT: the message says how far it came; CANCELLED); NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED,
/// INVALID_ARGUMENT, STRUCT_SIZE, SINGULAR, OUT_OF_MEMORY, BUSY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_energy_step(
    energy: *const jko_energy,
    mu0: *const f64,
    mu0_len: usize,
    tau: f64,
    options: *const jko_geodesic_options,
    mass: *mut f64,
    mass_len: usize,
    residual: *mut f64,
    out: *mut *mut jko_geodesic,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let energy = unsafe { input::handle("energy", energy)? }.snapshot()?;
        // SAFETY: the contract of the module.
        let (mu0, options, mass, residual, out, _watch) = unsafe {
            (
                input::input("mu0", mu0, mu0_len)?,
                geodesic_options(options)?,
                input::output("mass", mass, mass_len, energy.graph().nodes())?,
                input::optional_output("residual", residual, usize::from(!residual.is_null()), 1)?,
                if out.is_null() { None } else { Some(input::slot("out", out)?) },
                watch::begin(options)?,
            )
        };
        let step = energy.jko_step(mu0, tau, &options)?;
        mass.write(step.mass().iter().copied());
        if let Some(residual) = residual {
            residual.write([step.residual()]);
        }
        if let Some(out) = out {
            out.fill(jko_geodesic { geodesic: step.geodesic().clone() });
        }
        match status::of_termination(step.termination()) {
            status @ (JKO_STATUS_OK | JKO_STATUS_CANCELLED) => Ok(status),
            status => Err(unfinished(status, &step)),
        }
    })
}

/// How far a step has come, and what would help.
fn unfinished(status: jko_status, step: &JkoStep) -> Failure {
    let (ended, residual) = (step.termination().describe(), step.residual());
    let estimate = step.geodesic().error_estimate();
    let help = match status {
        JKO_STATUS_ITERATION_LIMIT => "allow more iterations, or ask for a larger tolerance",
        JKO_STATUS_MEMORY_LIMIT => "allow more memory, or ask for a larger tolerance",
        _ => "ask for a larger tolerance, or take a shorter step",
    };
    let message =
        format!("the step {ended}; residual {residual:.2e}, error estimate {estimate:.2e}; {help}");
    Failure::new(status, message)
}
