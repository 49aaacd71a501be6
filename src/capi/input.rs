//! Pointers from C, checked and turned into slices, and results handed back.
//!
//! What can be checked is checked: NULL, alignment, lengths, overflow of sizes. What cannot is the
//! caller's promise, which the header states: a pointer that is not NULL points to as many valid
//! elements as its length says, and nobody writes to them during the call.

use std::mem;

use super::status::{Failure, JKO_STATUS_LENGTH_MISMATCH, JKO_STATUS_MISALIGNED};
use super::status::{JKO_STATUS_INVALID_ARGUMENT, JKO_STATUS_NODE_OUT_OF_RANGE};
use super::status::{JKO_STATUS_NULL_POINTER, JKO_STATUS_OUT_OF_MEMORY};

/// Refuses NULL and pointers that are not aligned.
pub(super) fn not_null<T>(name: &str, pointer: *const T) -> Result<(), Failure> {
    if pointer.is_null() {
        return Err(Failure::new(JKO_STATUS_NULL_POINTER, format!("{name}: the pointer is NULL")));
    }
    if !pointer.is_aligned() {
        let message = format!("{name}: the pointer is not aligned to {} bytes", mem::align_of::<T>());
        return Err(Failure::new(JKO_STATUS_MISALIGNED, message));
    }
    Ok(())
}

/// A handle that must be there.
///
/// # Safety
/// A pointer that is neither NULL nor misaligned is a live handle.
pub(super) unsafe fn handle<'a, T>(name: &str, pointer: *const T) -> Result<&'a T, Failure> {
    not_null(name, pointer)?;
    // SAFETY: not NULL and aligned; live by the caller's promise, and handles are only ever shared.
    Ok(unsafe { &*pointer })
}

/// An input array; length 0 allows NULL.
///
/// # Safety
/// The pointer, unless NULL, points to `len` initialised elements that nobody writes meanwhile.
pub(super) unsafe fn input<'a, T>(
    name: &str,
    pointer: *const T,
    len: usize,
) -> Result<&'a [T], Failure> {
    if len == 0 {
        return Ok(&[]);
    }
    not_null(name, pointer)?;
    check_size::<T>(name, Some(len))?;
    // SAFETY: not NULL, aligned, no longer than an object may be; the rest is the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(pointer, len) })
}

/// An input array that may be left out by NULL with length 0.
///
/// # Safety
/// As [`input`].
pub(super) unsafe fn optional<'a, T>(
    name: &str,
    pointer: *const T,
    len: usize,
) -> Result<Option<&'a [T]>, Failure> {
    if pointer.is_null() && len == 0 {
        return Ok(None);
    }
    // SAFETY: the same promise.
    unsafe { input(name, pointer, len) }.map(Some)
}

fn check_size<T>(name: &str, count: Option<usize>) -> Result<usize, Failure> {
    let bytes = count.and_then(|count| count.checked_mul(mem::size_of::<T>()));
    match (count, bytes) {
        (Some(count), Some(bytes)) if bytes <= isize::MAX as usize => Ok(count),
        _ => Err(Failure::new(
            JKO_STATUS_LENGTH_MISMATCH,
            format!("{name}: no array is as long as its length says"),
        )),
    }
}

pub(super) fn check_length(name: &str, found: usize, expected: usize) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    let message = format!("{name}: expected {expected} entries, got {found}");
    Err(Failure::new(JKO_STATUS_LENGTH_MISMATCH, message))
}

/// An output array of checked length, untouched until it is written.
pub(super) struct Output<T> {
    pointer: *mut T,
    len: usize,
}

/// An output array of exactly `expected` entries; none allow NULL.
///
/// # Safety
/// The pointer, unless NULL, points to `len` elements that may be written until the call returns.
pub(super) unsafe fn output<T: Copy>(
    name: &str,
    pointer: *mut T,
    len: usize,
    expected: usize,
) -> Result<Output<T>, Failure> {
    check_length(name, len, expected)?;
    if len > 0 {
        not_null(name, pointer)?;
        check_size::<T>(name, Some(len))?;
    }
    Ok(Output { pointer, len })
}

/// An output array that may be left out by NULL with length 0.
///
/// # Safety
/// As [`output`].
pub(super) unsafe fn optional_output<T: Copy>(
    name: &str,
    pointer: *mut T,
    len: usize,
    expected: usize,
) -> Result<Option<Output<T>>, Failure> {
    if pointer.is_null() && len == 0 {
        return Ok(None);
    }
    // SAFETY: the same promise.
    unsafe { output(name, pointer, len, expected) }.map(Some)
}

impl<T: Copy> Output<T> {
    /// Copies the values out.
    pub fn write(&self, values: impl IntoIterator<Item = T>) {
        for (k, value) in values.into_iter().take(self.len).enumerate() {
            // SAFETY: `k < len`, and `len` elements may be written, as promised to `output`.
            unsafe { self.pointer.add(k).write(value) };
        }
    }
}

/// A single output value.
///
/// # Safety
/// As [`output`] with one element.
pub(super) unsafe fn scalar<T: Copy>(name: &str, pointer: *mut T) -> Result<Output<T>, Failure> {
    // SAFETY: the same promise.
    unsafe { output(name, pointer, 1, 1) }
}

/// Where a constructor puts its handle: NULL until it is filled.
pub(super) struct Slot<T>(*mut *mut T);

/// The place for a new handle, set to NULL.
///
/// # Safety
/// A pointer that is not NULL may be written until the call returns.
pub(super) unsafe fn slot<T>(name: &str, pointer: *mut *mut T) -> Result<Slot<T>, Failure> {
    not_null(name, pointer)?;
    // SAFETY: not NULL, aligned, and writable by the caller's promise.
    unsafe { pointer.write(std::ptr::null_mut()) };
    Ok(Slot(pointer))
}

impl<T> Slot<T> {
    /// Hands the value over to C, until the noun's `free`.
    pub fn fill(self, value: T) {
        // SAFETY: checked by `slot`.
        unsafe { self.0.write(Box::into_raw(Box::new(value))) };
    }
}

/// Ends a handle; NULL is fine.
///
/// # Safety
/// A pointer that is not NULL came from [`Slot::fill`] and is not used afterwards.
pub(super) unsafe fn release<T>(pointer: *mut T) {
    if !pointer.is_null() {
        // SAFETY: made by `Box::into_raw` in `Slot::fill`, and given back once.
        drop(unsafe { Box::from_raw(pointer) });
    }
}

/// A matrix with strides, as it comes from C: entry `(i, j)` stands at
/// `data[i row_stride + j col_stride]`.
#[derive(Clone, Copy)]
pub(super) struct Matrix<P> {
    pub data: P,
    pub rows: usize,
    pub cols: usize,
    pub row_stride: isize,
    pub col_stride: isize,
}

impl<P> Matrix<P> {
    /// Refuses spans that no array has; returns whether there are entries at all.
    fn check(&self, name: &str) -> Result<bool, Failure> {
        check_size::<f64>(name, self.rows.checked_mul(self.cols))?;
        if self.rows == 0 || self.cols == 0 {
            return Ok(false);
        }
        let reach = |count: usize, stride: isize| (count - 1).checked_mul(stride.unsigned_abs());
        let down = reach(self.rows, self.row_stride);
        let across = reach(self.cols, self.col_stride);
        check_size::<f64>(name, down.zip(across).and_then(|(a, b)| a.checked_add(b)))?;
        Ok(true)
    }

    /// Distance of an entry from the first, in elements; cannot overflow after `check`.
    fn offset(&self, row: usize, col: usize) -> isize {
        row as isize * self.row_stride + col as isize * self.col_stride
    }
}

/// The rows of an input matrix, copied.
///
/// # Safety
/// Every entry that the strides reach is initialised, and nobody writes it meanwhile.
pub(super) unsafe fn rows(name: &str, matrix: Matrix<*const f64>) -> Result<Vec<Vec<f64>>, Failure> {
    if matrix.check(name)? {
        not_null(name, matrix.data)?;
    } else if matrix.rows > 0 {
        let message = format!("{name} (cols): a row needs at least one entry");
        return Err(Failure::new(JKO_STATUS_LENGTH_MISMATCH, message));
    }
    let mut rows = reserved(matrix.rows, name)?;
    for i in 0..matrix.rows {
        let mut row = reserved(matrix.cols, name)?;
        // SAFETY: inside the matrix, whose entries the caller promises; offsets were checked.
        row.extend((0..matrix.cols).map(|j| unsafe { *matrix.data.offset(matrix.offset(i, j)) }));
        rows.push(row);
    }
    Ok(rows)
}

/// An output matrix; without data it is left out.
pub(super) struct OutputMatrix(Option<Matrix<*mut f64>>);

/// An output matrix, or none where the pointer is NULL.
///
/// # Safety
/// Every entry that the strides reach may be written until the call returns.
pub(super) unsafe fn output_matrix(
    name: &str,
    matrix: Matrix<*mut f64>,
) -> Result<OutputMatrix, Failure> {
    if matrix.data.is_null() {
        return Ok(OutputMatrix(None));
    }
    if matrix.check(name)? {
        not_null(name, matrix.data)?;
    }
    let collapsed = |count: usize, stride: isize| count > 1 && stride == 0;
    if collapsed(matrix.rows, matrix.row_stride) || collapsed(matrix.cols, matrix.col_stride) {
        let message = format!("{name}: a stride of 0 would write every entry to the same place");
        return Err(Failure::new(JKO_STATUS_INVALID_ARGUMENT, message));
    }
    Ok(OutputMatrix(Some(matrix)))
}

impl OutputMatrix {
    /// Writes one row.
    pub fn write_row(&self, row: usize, values: &[f64]) {
        let Some(matrix) = &self.0 else { return };
        if row >= matrix.rows {
            return;
        }
        for (col, &value) in values.iter().take(matrix.cols).enumerate() {
            // SAFETY: inside the matrix, whose entries may be written; offsets were checked.
            unsafe { matrix.data.offset(matrix.offset(row, col)).write(value) };
        }
    }
}

/// Room for as many elements, or a status instead of an abort.
pub(super) fn reserved<T>(count: usize, what: &str) -> Result<Vec<T>, Failure> {
    let mut room = Vec::new();
    match room.try_reserve_exact(count) {
        Ok(()) => Ok(room),
        Err(_) => Err(Failure::new(
            JKO_STATUS_OUT_OF_MEMORY,
            format!("out of memory: {count} elements for {what}"),
        )),
    }
}

/// A node index from C, counted from `base`.
pub(super) fn node(
    name: &str,
    at: usize,
    index: i64,
    base: i64,
    nodes: usize,
) -> Result<usize, Failure> {
    let from_zero = index.checked_sub(base).and_then(|x| usize::try_from(x).ok());
    from_zero.filter(|&x| x < nodes).ok_or_else(|| {
        Failure::new(
            JKO_STATUS_NODE_OUT_OF_RANGE,
            format!("{name}[{at}]: node {index}, but the graph has {nodes} nodes, counted from {base}"),
        )
    })
}

/// One of a list of choices, by its number.
pub(super) fn choice<T: Copy>(name: &str, value: i32, choices: &[T]) -> Result<T, Failure> {
    let found = usize::try_from(value).ok().and_then(|k| choices.get(k));
    found.copied().ok_or_else(|| {
        Failure::new(
            JKO_STATUS_INVALID_ARGUMENT,
            format!("{name}: {value} is none of the choices 0 to {}", choices.len().saturating_sub(1)),
        )
    })
}

/// A count that C gives as a signed number.
pub(super) fn count(name: &str, value: i64) -> Result<usize, Failure> {
    usize::try_from(value).map_err(|_| {
        Failure::new(JKO_STATUS_INVALID_ARGUMENT, format!("{name}: {value} is not a count"))
    })
}

/// A number of threads, at least one.
pub(super) fn threads(value: i32) -> Result<usize, Failure> {
    usize::try_from(value).ok().filter(|threads| *threads > 0).ok_or_else(|| {
        let message = format!("num_threads: {value} threads cannot work; 1 starts none");
        Failure::new(JKO_STATUS_INVALID_ARGUMENT, message)
    })
}
