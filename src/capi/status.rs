//! Status codes: one list makes the constants, their texts, the table in the header and a test.

use std::ffi::CStr;

use crate::error::Error;
use crate::fit::FitStatus;
use crate::geodesic::Termination;

/// What a call came to: zero is success, positive is a usable result that is not optimal, negative
/// is an error that changed nothing.
#[allow(non_camel_case_types)]
pub type jko_status = i32;

/// One row of the table of statuses.
#[derive(Debug, Clone, Copy)]
pub struct StatusEntry {
    /// Name of the C constant.
    pub name: &'static str,
    /// Its value.
    pub value: jko_status,
    /// What it means, as `jko_status_message` says it.
    pub text: &'static CStr,
}

macro_rules! statuses {
    ($($name:ident = $value:literal, $text:literal;)*) => {
        $(
            #[doc = concat!("Status ", stringify!($value), ".")]
            pub const $name: jko_status = $value;
        )*
        /// Every status, in the order of the documentation.
        pub const STATUSES: &[StatusEntry] = &[
            $(StatusEntry { name: stringify!($name), value: $value, text: $text },)*
        ];
    };
}

statuses! {
    JKO_STATUS_OK = 0, c"success";

    JKO_STATUS_ITERATION_LIMIT = 1, c"not converged: the iteration limit was reached";
    JKO_STATUS_STALLED = 2, c"not converged: rounding stopped the progress";
    JKO_STATUS_RESOLUTION = 4, c"not converged: the path varies too fast in time";

    JKO_STATUS_CANCELLED = 5, c"stopped on request";

    JKO_STATUS_MEMORY_LIMIT = 6, c"not converged: a finer resolution would take too much memory";

    JKO_STATUS_NULL_POINTER = -1, c"a required pointer is NULL";
    JKO_STATUS_MISALIGNED = -2, c"a pointer is not aligned for its type";
    JKO_STATUS_LENGTH_MISMATCH = -3, c"an array does not have the length that is needed";
    JKO_STATUS_NODE_OUT_OF_RANGE = -4, c"a node index beyond the graph";
    JKO_STATUS_SELF_LOOP = -5, c"an edge from a node to itself";
    JKO_STATUS_DUPLICATE_EDGE = -6, c"the same edge was given twice";
    JKO_STATUS_BAD_VALUE = -7, c"a number is NaN, infinite, of the wrong sign or out of its range";
    JKO_STATUS_INVALID_ARGUMENT = -8, c"an argument makes no sense";
    JKO_STATUS_NOT_NORMALISED = -9, c"masses do not sum to one";
    JKO_STATUS_DISCONNECTED = -10, c"the graph is disconnected";
    JKO_STATUS_NOT_REVERSIBLE = -11, c"the kernel is not reversible";
    JKO_STATUS_STRUCT_SIZE = -12, c"an options struct has an impossible size; call its init function first";
    JKO_STATUS_BUSY = -13, c"the handle is in use by another thread";

    JKO_STATUS_SINGULAR = -20, c"a matrix is singular to working precision";
    JKO_STATUS_NOT_CONVERGED = -21, c"an iteration on which the result depends did not converge";
    JKO_STATUS_NOT_DETERMINED = -22, c"the data do not determine a coefficient";
    JKO_STATUS_FLOW_FAILED = -23, c"the flow could not be continued";

    JKO_STATUS_OUT_OF_MEMORY = -90, c"out of memory";

    JKO_STATUS_INTERNAL = -99, c"internal error in the library; please report it";
}

/// The text of a status; a fixed text for a number that is none.
pub(super) fn text(status: jko_status) -> &'static CStr {
    match STATUSES.iter().find(|entry| entry.value == status) {
        Some(entry) => entry.text,
        None => c"unknown status",
    }
}

/// A status with the detailed message that `jko_last_error` hands out.
#[derive(Debug)]
pub(super) struct Failure {
    pub status: jko_status,
    pub message: String,
}

impl Failure {
    pub fn new(status: jko_status, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::LengthMismatch { .. } => JKO_STATUS_LENGTH_MISMATCH,
            Error::NodeOutOfRange { .. } => JKO_STATUS_NODE_OUT_OF_RANGE,
            Error::SelfLoop { .. } => JKO_STATUS_SELF_LOOP,
            Error::DuplicateEdge { .. } => JKO_STATUS_DUPLICATE_EDGE,
            Error::BadValue { .. } => JKO_STATUS_BAD_VALUE,
            Error::InvalidArgument { .. } => JKO_STATUS_INVALID_ARGUMENT,
            Error::NotNormalised { .. } => JKO_STATUS_NOT_NORMALISED,
            Error::Disconnected { .. } => JKO_STATUS_DISCONNECTED,
            Error::NotReversible { .. } => JKO_STATUS_NOT_REVERSIBLE,
            Error::Singular { .. } => JKO_STATUS_SINGULAR,
            Error::NotConverged { .. } => JKO_STATUS_NOT_CONVERGED,
            Error::NotDetermined { .. } => JKO_STATUS_NOT_DETERMINED,
            Error::FlowFailed { .. } => JKO_STATUS_FLOW_FAILED,
            Error::Cancelled => JKO_STATUS_CANCELLED,
            Error::OutOfMemory { .. } => JKO_STATUS_OUT_OF_MEMORY,
        };
        Self::new(status, error.to_string())
    }
}

/// How a geodesic ended, as a status.
pub(super) fn of_termination(termination: Termination) -> jko_status {
    match termination {
        Termination::Converged => JKO_STATUS_OK,
        Termination::IterationLimit => JKO_STATUS_ITERATION_LIMIT,
        Termination::Stalled => JKO_STATUS_STALLED,
        Termination::Resolution => JKO_STATUS_RESOLUTION,
        Termination::MemoryLimit => JKO_STATUS_MEMORY_LIMIT,
        Termination::Cancelled => JKO_STATUS_CANCELLED,
    }
}

/// How the iteration of a fit ended, as a status.
pub(super) fn of_fit(status: FitStatus) -> jko_status {
    match status {
        FitStatus::Converged => JKO_STATUS_OK,
        FitStatus::IterationLimit => JKO_STATUS_ITERATION_LIMIT,
        FitStatus::Stalled => JKO_STATUS_STALLED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_distinct_and_fall_into_their_ranges() {
        for (k, entry) in STATUSES.iter().enumerate() {
            assert!(STATUSES[..k].iter().all(|e| e.value != entry.value && e.name != entry.name));
            assert!(entry.name.starts_with("JKO_STATUS_"));
            assert_eq!(text(entry.value), entry.text);
            assert!(!entry.text.is_empty());
        }
        assert_eq!(text(12345), c"unknown status");
        assert_eq!(STATUSES[0].value, JKO_STATUS_OK);
    }
}
