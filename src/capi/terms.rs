//! `jko_terms`: what an energy is learned from.

use std::ffi::{c_char, CStr};

use super::guard::{guard, guard_value, Exclusive};
use super::input::{self, Matrix};
use super::status::{jko_status, Failure, JKO_STATUS_INVALID_ARGUMENT, JKO_STATUS_OK};
use crate::energy::Interaction;
use crate::fit::Term;

/// The terms of an energy that is to be learned, all linear in their parameters. Empty when new; they
/// count from zero in the order in which they are added, and their parameters follow in the same order.
/// One thread at a time may change it; a second one gets `JKO_STATUS_BUSY`.
pub struct jko_terms {
    terms: Exclusive<Vec<Term>>,
}

impl jko_terms {
    /// The terms as they are now.
    pub(super) fn snapshot(&self) -> Result<Vec<Term>, Failure> {
        Ok(self.terms.read("terms")?.clone())
    }
}

/// Adds a term.
///
/// # Safety
/// As [`input::handle`].
unsafe fn add(terms: *mut jko_terms, term: Term) -> Result<jko_status, Failure> {
    // SAFETY: the same promise.
    let handle = unsafe { input::handle("terms", terms.cast_const())? };
    handle.terms.write("terms")?.push(term);
    Ok(JKO_STATUS_OK)
}

/// A square matrix from C, all its entries row by row.
///
/// # Safety
/// As [`input::rows`].
unsafe fn square(name: &str, matrix: Matrix<*const f64>) -> Result<Vec<f64>, Failure> {
    if matrix.rows != matrix.cols {
        let message =
            format!("{name}: {} rows and {} columns; it must be square", matrix.rows, matrix.cols);
        return Err(Failure::new(JKO_STATUS_INVALID_ARGUMENT, message));
    }
    // SAFETY: the same promise.
    Ok(unsafe { input::rows(name, matrix)? }.concat())
}

/// Makes an empty list of terms.
///
/// Returns: NULL_POINTER, MISALIGNED. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_terms_new(out: *mut *mut jko_terms) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let out = unsafe { input::slot("out", out)? };
        out.fill(jko_terms { terms: Exclusive::new(Vec::new()) });
        Ok(JKO_STATUS_OK)
    })
}

/// Ends a list of terms; NULL is fine. Any thread, once nobody uses the handle.
#[no_mangle]
pub unsafe extern "C" fn jko_terms_free(terms: *mut jko_terms) {
    guard_value((), || {
        // SAFETY: the contract of the module.
        unsafe { input::release(terms) }
    })
}

/// Adds a potential with one parameter per node, for any number of nodes.
///
/// Returns: NULL_POINTER, MISALIGNED, BUSY. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_terms_add_potential(terms: *mut jko_terms) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { add(terms, Term::potential()) }
    })
}

/// Adds a potential in the span of given functions on the nodes, one per row of a matrix with `cols =
/// n`, which is copied; one parameter per row.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BUSY, OUT_OF_MEMORY; what does not fit the graph
/// is found by `jko_fit_new_with_terms`. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_terms_add_potential_in(
    terms: *mut jko_terms,
    functions: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
) -> jko_status {
    guard(|| {
        let matrix = Matrix { data: functions, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        unsafe {
            let functions = input::rows("functions", matrix)?;
            add(terms, Term::potential_in(&functions))
        }
    })
}

/// Adds the entropy relative to `pi`, with its coefficient as the parameter.
///
/// Returns: NULL_POINTER, MISALIGNED, BUSY. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_terms_add_entropy(terms: *mut jko_terms) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { add(terms, Term::entropy()) }
    })
}

/// Adds the internal energy of the density to the power `m > 0`, `m != 1`, with its coefficient as the
/// parameter.
///
/// Returns: NULL_POINTER, MISALIGNED, BUSY; a bad power is found by `jko_fit_new_with_terms`. One thread
/// at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_terms_add_power(terms: *mut jko_terms, m: f64) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { add(terms, Term::power(m)) }
    })
}

/// Adds an interaction with one parameter for each number of edges between two nodes, from 1 to `reach`.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, BUSY; a reach beyond the graph's is found by
/// `jko_fit_new_with_terms`. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_terms_add_interaction_by_hops(
    terms: *mut jko_terms,
    reach: i64,
) -> jko_status {
    guard(|| {
        let reach = input::count("reach", reach)?;
        // SAFETY: the contract of the module.
        unsafe { add(terms, Term::interaction_by_hops(reach)) }
    })
}

/// Adds an interaction with one parameter for each bin `edges[j] <= d < edges[j+1]` of a distance
/// between nodes, from a symmetric `n` by `n` matrix; everything is copied.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT, BUSY, OUT_OF_MEMORY.
/// One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_terms_add_interaction_by_distance(
    terms: *mut jko_terms,
    distances: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
    edges: *const f64,
    edges_len: usize,
) -> jko_status {
    guard(|| {
        let matrix = Matrix { data: distances, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        unsafe {
            let distances = square("distances", matrix)?;
            let edges = input::input("edges", edges, edges_len)?;
            add(terms, Term::interaction_by_distance(rows, &distances, edges)?)
        }
    })
}

/// Adds an interaction with one parameter for each bump `exp(-(d - centres[j])^2 / (2 width^2))` of a
/// distance between nodes, from a symmetric `n` by `n` matrix; everything is copied.
///
/// Returns: as `jko_terms_add_interaction_by_distance`. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_terms_add_interaction_radial(
    terms: *mut jko_terms,
    distances: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
    centres: *const f64,
    centres_len: usize,
    width: f64,
) -> jko_status {
    guard(|| {
        let matrix = Matrix { data: distances, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        unsafe {
            let distances = square("distances", matrix)?;
            let centres = input::input("centres", centres, centres_len)?;
            add(terms, Term::interaction_radial(rows, &distances, centres, width)?)
        }
    })
}

/// Adds an interaction that is a multiple of a symmetric `n` by `n` matrix, which is copied; the factor
/// is the parameter. `name` is text that ends in NUL, at most 255 bytes of UTF-8, and tells the term
/// from others of its kind.
///
/// Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT, BUSY, OUT_OF_MEMORY.
/// One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_terms_add_interaction_matrix(
    terms: *mut jko_terms,
    name: *const c_char,
    matrix: *const f64,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
) -> jko_status {
    guard(|| {
        let matrix = Matrix { data: matrix, rows, cols, row_stride, col_stride };
        // SAFETY: the contract of the module.
        unsafe {
            let name = text("name", name)?;
            let interaction = Interaction::dense(rows, &square("matrix", matrix)?)?;
            add(terms, Term::interaction_in(&[interaction]).named(name))
        }
    })
}

/// Adds an interaction with every entry `x <= y` of a symmetric matrix as a parameter, row by row, for
/// at most 64 nodes. It needs a ridge beside a potential with a parameter per node.
///
/// Returns: NULL_POINTER, MISALIGNED, BUSY. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_terms_add_full_interaction(terms: *mut jko_terms) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { add(terms, Term::full_interaction()) }
    })
}

/// Adds a block of `count` functionals of the caller's own, whose first variations come with each
/// snapshot, see `jko_fit_add_trajectory_with`. `name` as for `jko_terms_add_interaction_matrix`.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, BUSY. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_terms_add_given(
    terms: *mut jko_terms,
    name: *const c_char,
    count: i64,
) -> jko_status {
    guard(|| {
        let count = input::count("count", count)?;
        // SAFETY: the contract of the module.
        unsafe { add(terms, Term::given(text("name", name)?, count)) }
    })
}

/// Keeps every parameter of a term between two bounds, which may be infinite. The term is given by its
/// number.
///
/// Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT (no such term), BUSY; bounds that make no sense
/// are found by `jko_fit_new_with_terms`. One thread at a time.
#[no_mangle]
pub unsafe extern "C" fn jko_terms_set_bounds(
    terms: *mut jko_terms,
    term: i64,
    lower: f64,
    upper: f64,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let handle = unsafe { input::handle("terms", terms.cast_const())? };
        let k = input::count("term", term)?;
        let mut list = handle.terms.write("terms")?;
        let count = list.len();
        let Some(entry) = list.get_mut(k) else {
            let message = format!("term: {k}, but there are {count} terms");
            return Err(Failure::new(JKO_STATUS_INVALID_ARGUMENT, message));
        };
        *entry = entry.clone().with_bounds(lower, upper);
        Ok(JKO_STATUS_OK)
    })
}

/// A short name from C.
///
/// # Safety
/// A pointer that is not NULL points to text that ends in NUL.
unsafe fn text(name: &str, pointer: *const c_char) -> Result<String, Failure> {
    input::not_null(name, pointer)?;
    // SAFETY: the same promise.
    let bytes = unsafe { CStr::from_ptr(pointer) };
    match bytes.to_str() {
        Ok(text) if !text.is_empty() && text.len() <= LONGEST_NAME => Ok(text.to_string()),
        Ok(_) => {
            let message = format!("{name}: 1 to {LONGEST_NAME} bytes are due");
            Err(Failure::new(JKO_STATUS_INVALID_ARGUMENT, message))
        }
        Err(_) => {
            Err(Failure::new(JKO_STATUS_INVALID_ARGUMENT, format!("{name}: it is not valid UTF-8")))
        }
    }
}

/// Names are short enough to be read in a table.
const LONGEST_NAME: usize = 255;
