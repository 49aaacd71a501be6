//! `jko_fit`: learning an energy from snapshots.

use std::sync::RwLockReadGuard;

use super::fit_options::{fit_options, jko_fit_options, jko_ridge};
use super::fitted::jko_fitted;
use super::geodesic::jko_geodesic;
use super::graph::jko_graph;
use super::guard::{guard, guard_value, Exclusive};
use super::input::{self, Matrix};
use super::options;
use super::status::{jko_status, Failure, JKO_STATUS_INVALID_ARGUMENT, JKO_STATUS_OK};
use super::terms::jko_terms;
use super::watch::Watchers;
use crate::fit::{Candidate, Fit, Folds, Model, Ridge, Term};

/// A learning problem: what the steps seen so far add up to. One thread at a time may change it; a
/// second one gets `JKO_STATUS_BUSY`.
pub struct jko_fit {
    fit: Exclusive<Fit>,
    watchers: Watchers,
}

impl jko_fit {
    /// The fit, to look at.
    pub(super) fn read(&self) -> Result<RwLockReadGuard<'_, Fit>, Failure> {
        self.fit.read("fit")
    }
}

/// Makes an empty learning problem on a graph, which it keeps. `options` may be NULL and are copied.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, STRUCT_SIZE, OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_new(
    graph: *const jko_graph,
    options: *const jko_fit_options,
    out: *mut *mut jko_fit,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, graph, watchers, options) = unsafe {
            (
                input::slot("out", out)?,
                input::handle("graph", graph)?,
                Watchers::of(options)?,
                fit_options(options)?,
            )
        };
        // SAFETY: the contract of the module.
        let _watch = unsafe { watchers.begin() };
        let fit = Exclusive::new(Fit::new(&graph.graph, options)?);
        out.fill(jko_fit { fit, watchers });
        Ok(JKO_STATUS_OK)
    })
}

/// Makes an empty learning problem with these terms, which are copied; those of `options`, which may be
/// NULL, play no role.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT (no term, two of one
/// name, a term that does not fit the graph), STRUCT_SIZE, BUSY (the terms), OUT_OF_MEMORY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_new_with_terms(
    graph: *const jko_graph,
    options: *const jko_fit_options,
    terms: *const jko_terms,
    out: *mut *mut jko_fit,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, graph, watchers, options, terms) = unsafe {
            (
                input::slot("out", out)?,
                input::handle("graph", graph)?,
                Watchers::of(options)?,
                fit_options(options)?,
                input::handle("terms", terms)?,
            )
        };
        let options = options.with_terms(&terms.snapshot()?);
        // SAFETY: the contract of the module.
        let _watch = unsafe { watchers.begin() };
        let fit = Exclusive::new(Fit::new(&graph.graph, options)?);
        out.fill(jko_fit { fit, watchers });
        Ok(JKO_STATUS_OK)
    })
}

/// Ends a fit; NULL is fine. Any thread, once nobody uses the handle.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_free(fit: *mut jko_fit) {
    guard_value((), || {
        // SAFETY: the contract of the module.
        unsafe { input::release(fit) }
    })
}

/// Reads the number of steps added so far.
///
/// Returns: NULL_POINTER, MISALIGNED, BUSY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_pairs(fit: *const jko_fit, pairs: *mut usize) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (fit, pairs) = unsafe { (input::handle("fit", fit)?, input::scalar("pairs", pairs)?) };
        pairs.write([fit.fit.read("fit")?.pairs()]);
        Ok(JKO_STATUS_OK)
    })
}

/// Adds one step of length `tau > 0` whose geodesic is known, with a `weight > 0` in the loss (1 unless
/// steps differ in reliability). Nothing is kept of the geodesic. Cost: a few sweeps over the edges.
///
/// Returns: NULL_POINTER, MISALIGNED, BAD_VALUE (also for an end with an empty node), INVALID_ARGUMENT
/// (a geodesic on another graph or with another mean), NOT_CONVERGED, BUSY. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_add_pair(
    fit: *mut jko_fit,
    geodesic: *const jko_geodesic,
    tau: f64,
    weight: f64,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (fit, geodesic) =
            unsafe { (input::handle("fit", fit.cast_const())?, input::handle("geodesic", geodesic)?) };
        fit.fit.write("fit")?.add_pair(&geodesic.geodesic, tau, weight)?;
        Ok(JKO_STATUS_OK)
    })
}

/// Adds the steps between consecutive snapshots at increasing times, each with weight one.
///
/// `times` has length `rows`; `snapshots` is a matrix of one positive mass vector per row (`rows` by
/// `cols = n`), with strides in elements. Both are copied. `num_threads` threads solve for the
/// geodesics, and end before the call returns; 1 starts none; the result is the same to the last bit.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT,
/// NOT_CONVERGED (a geodesic; the message names the step), SINGULAR, BUSY, OUT_OF_MEMORY; CANCELLED,
/// with nothing added. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_add_trajectory(
    fit: *mut jko_fit,
    times: *const f64,
    times_len: usize,
    snapshots: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
    num_threads: i32,
) -> jko_status {
    guard(|| {
        let matrix = Matrix { data: snapshots, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        let (fit, times, snapshots) = unsafe {
            (
                input::handle("fit", fit.cast_const())?,
                input::input("times", times, times_len)?,
                input::rows("snapshots", matrix)?,
            )
        };
        let threads = input::threads(num_threads)?;
        // SAFETY: the contract of the module.
        let _watch = unsafe { fit.watchers.begin() };
        fit.fit.write("fit")?.add_trajectory(times, &snapshots, threads)?;
        Ok(JKO_STATUS_OK)
    })
}

/// As `jko_fit_add_trajectory`, for terms of the caller's own. Row `s count + j` of `variations` is the
/// first variation of their functional `j` at snapshot `s`, with `count` functionals in all and `n`
/// columns; its strides are its own.
///
/// Returns: as `jko_fit_add_trajectory`. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_add_trajectory_with(
    fit: *mut jko_fit,
    times: *const f64,
    times_len: usize,
    snapshots: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
    variations: *const f64,
    variation_rows: usize,
    variation_row_stride: isize,
    variation_col_stride: isize,
    num_threads: i32,
) -> jko_status {
    guard(|| {
        let matrix = Matrix { data: snapshots, rows, cols, row_stride, col_stride };
        let given = Matrix {
            data: variations,
            rows: variation_rows,
            cols,
            row_stride: variation_row_stride,
            col_stride: variation_col_stride,
        };
        // SAFETY: the contract of the module.
        let (fit, times, snapshots, given) = unsafe {
            (
                input::handle("fit", fit.cast_const())?,
                input::input("times", times, times_len)?,
                input::rows("snapshots", matrix)?,
                input::rows("variations", given)?,
            )
        };
        let threads = input::threads(num_threads)?;
        let count = given.len() / rows.max(1);
        input::check_length("variations (rows)", given.len(), count.saturating_mul(rows))?;
        let given: Vec<Vec<Vec<f64>>> = given.chunks(count.max(1)).map(<[_]>::to_vec).collect();
        // SAFETY: the contract of the module.
        let _watch = unsafe { fit.watchers.begin() };
        fit.fit.write("fit")?.add_trajectory_with(times, &snapshots, &given, threads)?;
        Ok(JKO_STATUS_OK)
    })
}

/// Adds everything that `other` has seen, for data that were read in parts.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT (another graph, other terms, loss or mean, or
/// the fit itself), BUSY. One thread at a time for `fit`; `other` is only read.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_merge(fit: *mut jko_fit, other: *const jko_fit) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (into, from) =
            unsafe { (input::handle("fit", fit.cast_const())?, input::handle("other", other)?) };
        if std::ptr::eq(into, from) {
            let message = "other: a fit cannot be merged into itself";
            return Err(Failure::new(JKO_STATUS_INVALID_ARGUMENT, message));
        }
        into.fit.write("fit")?.merge(&*from.fit.read("other")?)?;
        Ok(JKO_STATUS_OK)
    })
}

/// Reads the number of doubles that `jko_fit_statistics` writes.
///
/// Returns: NULL_POINTER, MISALIGNED, BUSY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_statistics_len(fit: *const jko_fit, len: *mut usize) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (fit, len) = unsafe { (input::handle("fit", fit)?, input::scalar("len", len)?) };
        len.write([fit.fit.read("fit")?.statistics_len()]);
        Ok(JKO_STATUS_OK)
    })
}

/// Copies everything that `jko_fit_solve` needs of the data into a flat buffer. Buffers of fits of the
/// same problem may be added entry by entry, at most 8192 of them, as by `MPI_Allreduce` with `MPI_SUM`:
/// the sum is the buffer of all their data. Single steps are not in it.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BUSY. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_statistics(
    fit: *const jko_fit,
    statistics: *mut f64,
    statistics_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let fit = unsafe { input::handle("fit", fit)? }.fit.read("fit")?;
        // SAFETY: the contract of the module.
        let out =
            unsafe { input::output("statistics", statistics, statistics_len, fit.statistics_len())? };
        out.write(fit.statistics());
        Ok(JKO_STATUS_OK)
    })
}

/// Adds the data behind a buffer of `jko_fit_statistics`, or behind a sum of such buffers.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT (another graph, other
/// terms, loss, weight or mean), BUSY. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_add_statistics(
    fit: *mut jko_fit,
    statistics: *const f64,
    statistics_len: usize,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (fit, statistics) = unsafe {
            (
                input::handle("fit", fit.cast_const())?,
                input::input("statistics", statistics, statistics_len)?,
            )
        };
        fit.fit.write("fit")?.add_statistics(statistics)?;
        Ok(JKO_STATUS_OK)
    })
}

/// Computes the share of the motion that is explained in steps that were left out, and its standard
/// error: how well the terms of a fit, or some of them, predict.
///
/// The steps are divided into `blocks` in the order in which they were added. With `forward` 0 each
/// block is tested on what all others teach; with 1, each but the first on what those before it teach.
/// `ridges` and `included` have an entry per term: its ridge, relative to the mean diagonal of its block
/// of the normal matrix, and whether it takes part (1) or not (0). The share is at most 1, 0 for
/// persistence, and NaN where the teaching steps leave parameters open.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT (too few steps, a bad ridge),
/// SINGULAR, BUSY, OUT_OF_MEMORY; CANCELLED by the token of the fit's options, with no result. Any
/// thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_cross_validate(
    fit: *const jko_fit,
    blocks: i64,
    forward: i32,
    ridges: *const f64,
    ridges_len: usize,
    included: *const i32,
    included_len: usize,
    explained: *mut f64,
    standard_error: *mut f64,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (fit, ridges, included, explained, standard_error) = unsafe {
            (
                input::handle("fit", fit)?,
                input::input("ridges", ridges, ridges_len)?,
                input::input("included", included, included_len)?,
                input::scalar("explained", explained)?,
                input::scalar("standard_error", standard_error)?,
            )
        };
        let blocks = input::count("blocks", blocks)?;
        let _watch = fit.watchers.begin_unheard();
        let fit = fit.fit.read("fit")?;
        let names: Vec<&str> = fit.model().terms().iter().map(Term::name).collect();
        input::check_length("included", included.len(), names.len())?;
        let takes_part: Vec<bool> = included
            .iter()
            .map(|&value| input::choice("included", value, &[false, true]))
            .collect::<Result<_, _>>()?;
        let terms = names.iter().zip(&takes_part).filter(|(_, part)| **part);
        let candidate = Candidate {
            terms: terms.map(|(name, _)| (*name).to_string()).collect(),
            ridge: ridge_of(fit.model(), Some(ridges))?,
        };
        let folds = input::choice(
            "forward",
            forward,
            &[Folds::Blocks(blocks), Folds::Forward(blocks.saturating_sub(1))],
        )?;
        let scores = fit.cross_validate(folds, &[candidate])?;
        explained.write(scores.iter().map(|score| score.explained));
        standard_error.write(scores.iter().map(|score| score.standard_error));
        Ok(JKO_STATUS_OK)
    })
}

/// A ridge from one number per term, none without numbers.
pub(super) fn ridge_of(model: &Model, ridges: Option<&[f64]>) -> Result<Ridge, Failure> {
    let Some(ridges) = ridges else { return Ok(Ridge::default()) };
    let terms = model.terms();
    input::check_length("ridges", ridges.len(), terms.len())?;
    Ok(terms.iter().zip(ridges).fold(Ridge::default(), |ridge, (t, value)| ridge.with(t.name(), *value)))
}

/// As `jko_fit_solve`, with a ridge per term in the order of the terms, each relative to the mean
/// diagonal of the term's block of the normal matrix.
///
/// Returns: as `jko_fit_solve`, and LENGTH_MISMATCH. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_solve_with(
    fit: *const jko_fit,
    ridges: *const f64,
    ridges_len: usize,
    out: *mut *mut jko_fitted,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, fit, ridges) = unsafe {
            (
                input::slot("out", out)?,
                input::handle("fit", fit)?,
                input::input("ridges", ridges, ridges_len)?,
            )
        };
        let (fit, watchers) = (fit.fit.read("fit")?, &fit.watchers);
        let _watch = watchers.begin_unheard();
        let fitted = fit.solve(&ridge_of(fit.model(), Some(ridges))?)?;
        out.fill(jko_fitted::new(fitted));
        Ok(JKO_STATUS_OK)
    })
}

/// Solves for the energy that minimises the loss plus the ridge; `ridge` may be NULL. The fit can be
/// added to and solved again. Cost: one sparse factorisation. The token and the memory limit of the
/// fit's options hold here too; the callback is not called, since several threads may solve at once.
///
/// Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE, INVALID_ARGUMENT (no step yet, a bad ridge),
/// NOT_DETERMINED (the data leave a coefficient open), SINGULAR, BUSY, OUT_OF_MEMORY; CANCELLED, with no
/// result. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_fit_solve(
    fit: *const jko_fit,
    ridge: *const jko_ridge,
    out: *mut *mut jko_fitted,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (out, fit, ridge) =
            unsafe { (input::slot("out", out)?, input::handle("fit", fit)?, options::read(ridge)?) };
        let ridge = Ridge::on_potential(ridge.potential).with("entropy", ridge.entropy);
        let _watch = fit.watchers.begin_unheard();
        let fitted = fit.fit.read("fit")?.solve(&ridge)?;
        out.fill(jko_fitted::new(fitted));
        Ok(JKO_STATUS_OK)
    })
}
