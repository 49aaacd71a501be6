//! Reads a stream of bytes as a programme of calls of the C interface, one driver for each part of it.
//!
//! Handles are valid, lengths match the arrays, and everything else is what the bytes say. No call may be an
//! internal error, and whatever is returned as a result must be one. A driver says whether it came to a result.
#![allow(dead_code)] // each target uses one driver

pub mod graphs;
pub mod kernels;
pub mod options;
pub mod solving;
mod tape;

/// A driver with the name of its target and its corpus.
pub type Driver = (&'static str, fn(&[u8]) -> bool);

/// All of them.
pub const DRIVERS: [Driver; 4] = [
    ("graphs", graphs::graphs),
    ("kernels", kernels::kernels),
    ("options", options::options),
    ("solving", solving::solving),
];
