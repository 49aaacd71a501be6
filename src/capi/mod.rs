//! The C boundary: translates, and nothing else.
//!
//! Every function of `include/jkoflow.h` is here, documented in the words of that header, which is
//! generated from these files. Each entry point runs inside one guard, checks what can be checked of
//! its pointers, calls the Rust function of the same meaning, and turns the outcome into a
//! [`jko_status`].
//!
//! # Safety
//!
//! All of these functions have the same contract, which no check can replace: a handle came from
//! this library and has not been freed; a pointer that is not NULL points to as many elements as the
//! length beside it says, valid and left alone by others during the call. Everything else, a
//! wrong length or number or a NULL, is answered by a status.
#![allow(unsafe_code)] // the one place for it
#![deny(unsafe_op_in_unsafe_fn)]
#![allow(clippy::missing_safety_doc)] // one contract for all, above
#![allow(clippy::too_many_arguments)] // an array in C is a pointer and a length
#![allow(non_camel_case_types)] // the names of C

mod bounds;
mod builders;
mod count_fit;
mod energy;
mod estimate;
mod fit;
mod fit_options;
mod fitted;
mod flow;
mod flow_fit;
mod forecast;
mod geodesic;
mod geometry;
mod graph;
mod guard;
mod input;
mod jko;
mod option_names;
mod options;
mod snapshot_loss;
mod status;
mod terms;
mod watch;

use std::ffi::{c_char, CStr};

pub use bounds::*;
pub use builders::*;
pub use count_fit::*;
pub use energy::*;
pub use estimate::*;
pub use fit::*;
pub use fit_options::*;
pub use fitted::*;
pub use flow::*;
pub use flow_fit::*;
pub use forecast::*;
pub use geodesic::*;
pub use geometry::*;
pub use graph::*;
pub use jko::*;
pub use option_names::*;
pub use snapshot_loss::*;
pub use status::*;
pub use terms::*;
pub use watch::*;

use guard::{guard_value, with_last_error};

/// Major version of the library that this header belongs to.
pub const JKO_VERSION_MAJOR: i32 = 0;
/// Minor version of the library that this header belongs to.
pub const JKO_VERSION_MINOR: i32 = 1;
/// Patch version of the library that this header belongs to.
pub const JKO_VERSION_PATCH: i32 = 0;
/// Version of the binary interface; it changes when programs have to be compiled anew.
pub const JKO_ABI_VERSION: i32 = 0;

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => c"unknown",
    };

/// The version of the library that runs, such as "0.1.0". Static text. Any thread, any time.
#[no_mangle]
pub extern "C" fn jko_version() -> *const c_char {
    guard_value(c"".as_ptr(), || VERSION.as_ptr())
}

/// The binary interface of the library that runs; compare it with `JKO_ABI_VERSION`. Any thread, any
/// time.
#[no_mangle]
pub extern "C" fn jko_abi_version() -> i32 {
    guard_value(-1, || JKO_ABI_VERSION)
}

/// What a status means, in one line. Static text, also for a number that is no status. Any thread,
/// any time.
#[no_mangle]
pub extern "C" fn jko_status_message(status: jko_status) -> *const c_char {
    guard_value(c"".as_ptr(), || status::text(status).as_ptr())
}

/// Copies the detailed message of the last call on this thread that did not return `JKO_STATUS_OK`,
/// empty if there was none.
///
/// `buffer` has room for `capacity` bytes; the text is cut to fit, and ends in NUL whenever
/// `capacity` is not 0. NULL with 0 asks for the size only. Returns the bytes that the whole text
/// needs, its NUL included. The message stays until another call on this thread fails. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_last_error(buffer: *mut c_char, capacity: usize) -> usize {
    guard_value(0, || {
        with_last_error(1, |text| {
            // SAFETY: the contract of the module.
            unsafe { copy_text(text, buffer, capacity) }
        })
    })
}

/// Copies a text, cut to fit at a character, and returns the bytes it needs with its NUL.
///
/// # Safety
/// `buffer`, unless NULL, has room for `capacity` bytes.
unsafe fn copy_text(text: &str, buffer: *mut c_char, capacity: usize) -> usize {
    if !buffer.is_null() && capacity > 0 {
        let mut fitting = text.len().min(capacity - 1);
        while !text.is_char_boundary(fitting) {
            fitting -= 1;
        }
        // SAFETY: `fitting + 1 <= capacity` bytes may be written.
        unsafe {
            std::ptr::copy_nonoverlapping(text.as_ptr(), buffer.cast::<u8>(), fitting);
            buffer.add(fitting).write(0);
        }
    }
    text.len().saturating_add(1)
}

#[cfg(test)]
mod panics;
