//! What can go wrong, as values that name the culprit.

use thiserror::Error as ThisError;

/// `Result` with [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Every way in which a call of this library can fail.
///
/// A message names the argument, the index and the value, so that a person who
/// reads only the message can mend the input.
#[derive(Debug, Clone, PartialEq, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// An array does not have the length that its neighbours imply.
    #[error("{argument}: expected {expected} entries, got {found}")]
    LengthMismatch {
        /// Name of the argument.
        argument: String,
        /// Length that was needed.
        expected: usize,
        /// Length that came.
        found: usize,
    },
    /// A node index beyond the graph.
    #[error("{argument}[{index}]: node {node}, but the graph has {nodes} nodes")]
    NodeOutOfRange {
        /// Name of the argument.
        argument: String,
        /// Position in that argument.
        index: usize,
        /// The node that was named.
        node: i64,
        /// Number of nodes of the graph.
        nodes: usize,
    },
    /// An edge from a node to itself.
    #[error("edges[{edge}]: self-loop at node {node}; a loop moves no mass, leave it out")]
    SelfLoop {
        /// Position in the edge list.
        edge: usize,
        /// The node.
        node: usize,
    },
    /// The same pair of nodes twice.
    #[error(
        "edges[{second}]: the edge {source_node}-{target_node} was given before, as edges[{first}]; \
         give each undirected edge once, or ask for duplicates to be summed"
    )]
    DuplicateEdge {
        /// Where it came first.
        first: usize,
        /// Where it came again.
        second: usize,
        /// Smaller end.
        source_node: usize,
        /// Larger end.
        target_node: usize,
    },
    /// A number that is NaN, infinite, of the wrong sign, or out of its range.
    #[error("{argument}[{index}]: {value} {expected}")]
    BadValue {
        /// Name of the argument.
        argument: String,
        /// Position in that argument.
        index: usize,
        /// The value found there.
        value: f64,
        /// What it should have been, as the end of a sentence.
        expected: &'static str,
    },
    /// A scalar or a choice that makes no sense; the text says why.
    #[error("{argument}: {reason}")]
    InvalidArgument {
        /// Name of the argument.
        argument: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A vector that should be a probability distribution is not.
    #[error("{argument}: masses sum to {sum}, not to 1; divide by the sum if that is meant")]
    NotNormalised {
        /// Name of the argument.
        argument: String,
        /// The sum found.
        sum: f64,
    },
    /// The graph falls apart.
    #[error(
        "the graph is disconnected: {components} components, the smallest has {smallest_size} \
         node{plural} (it contains node {smallest_node}); mass cannot travel between components",
        plural = if *smallest_size == 1 { "" } else { "s" }
    )]
    Disconnected {
        /// Number of connected components.
        components: usize,
        /// Nodes in the smallest of them.
        smallest_size: usize,
        /// One node of the smallest.
        smallest_node: usize,
    },
    /// A kernel without detailed balance.
    #[error(
        "the kernel is not reversible: on the edge {source_node}-{target_node} the flows \
         pi(x)K(x,y) = {forward:e} and pi(y)K(y,x) = {backward:e} differ by {violation:.2e} relatively"
    )]
    NotReversible {
        /// One end of the worst edge.
        source_node: usize,
        /// Its other end.
        target_node: usize,
        /// `pi(x) K(x,y)`.
        forward: f64,
        /// `pi(y) K(y,x)`.
        backward: f64,
        /// Their relative difference.
        violation: f64,
    },
    /// A factorisation broke down.
    #[error("{what}: the matrix is singular to working precision ({detail})")]
    Singular {
        /// Which system.
        what: &'static str,
        /// What the factorisation said.
        detail: String,
    },
    /// A computation whose result is not good enough for what it is wanted for.
    #[error("{what} {reason}")]
    NotConverged {
        /// Which computation.
        what: String,
        /// How it ended.
        reason: &'static str,
    },
    /// Coefficients that the data leave open.
    #[error(
        "the data ({pairs} pair{plural}) do not determine the coefficient of: {term}; \
         add snapshots, leave the term out, or give it a ridge",
        plural = if *pairs == 1 { "" } else { "s" }
    )]
    NotDetermined {
        /// The term.
        term: String,
        /// Pairs seen.
        pairs: usize,
    },
    /// A time integration that could not go on.
    #[error("the flow could not be continued beyond time {time}: {reason}")]
    FlowFailed {
        /// Last time that was reached.
        time: f64,
        /// Why it stopped.
        reason: String,
    },
    /// A [`Watch`](crate::Watch) stopped the work before there was a result.
    #[error("cancelled before there was a result")]
    Cancelled,
    /// The requested memory is not there.
    #[error("out of memory: {what}")]
    OutOfMemory {
        /// What was being allocated.
        what: String,
    },
}

impl Error {
    /// [`Error::InvalidArgument`] from anything printable.
    pub(crate) fn invalid(argument: impl Into<String>, reason: impl Into<String>) -> Self {
        Error::InvalidArgument { argument: argument.into(), reason: reason.into() }
    }
}

/// Refuses a slice of the wrong length.
pub(crate) fn check_length(argument: &str, found: usize, expected: usize) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::LengthMismatch { argument: argument.into(), expected, found })
}

/// Refuses NaN and infinities.
pub(crate) fn check_finite(argument: &str, values: &[f64]) -> Result<()> {
    check_each(argument, values, f64::is_finite, "is not finite")
}

/// Refuses everything but finite numbers above zero.
pub(crate) fn check_positive(argument: &str, values: &[f64]) -> Result<()> {
    check_each(argument, values, |v| v.is_finite() && v > 0.0, "is not a positive finite number")
}

/// Refuses everything but finite numbers from zero on.
pub(crate) fn check_non_negative(argument: &str, values: &[f64]) -> Result<()> {
    check_each(argument, values, |v| v.is_finite() && v >= 0.0, "is not a non-negative finite number")
}

/// Refuses a tolerance outside the open interval from zero to one.
pub(crate) fn check_tolerance(tolerance: f64) -> Result<()> {
    if tolerance > 0.0 && tolerance < 1.0 {
        return Ok(());
    }
    Err(Error::invalid("tolerance", format!("{tolerance} is not between 0 and 1")))
}

/// Refuses anything but finite, strictly increasing numbers.
pub(crate) fn check_increasing(argument: &str, values: &[f64]) -> Result<()> {
    check_finite(argument, values)?;
    match values.windows(2).position(|w| w[1] <= w[0]) {
        None => Ok(()),
        Some(k) => Err(Error::BadValue {
            argument: argument.into(),
            index: k + 1,
            value: values[k + 1],
            expected: "does not exceed the one before; they must increase",
        }),
    }
}

fn check_each(
    argument: &str,
    values: &[f64],
    good: impl Fn(f64) -> bool,
    expected: &'static str,
) -> Result<()> {
    match values.iter().position(|&v| !good(v)) {
        None => Ok(()),
        Some(index) => {
            Err(Error::BadValue { argument: argument.into(), index, value: values[index], expected })
        }
    }
}
