//! Graphs from a transition kernel or generator, with detailed balance found or checked.

use sprs::CsMat;

use super::{Duplicates, Graph};
use crate::error::{self, Error, Result};

/// Detailed balance may fail by this much, relatively: the rounding of a kernel that was
/// normalised row by row and carried along a long spanning tree.
const REVERSIBILITY_TOLERANCE: f64 = 1e-8;

impl Graph {
    /// The chain of a transition kernel or generator `K` (`n` by `n`, sparse rows).
    ///
    /// Off-diagonal entries are jump rates `K(x,y) >= 0`; zeros are ignored and so is the diagonal,
    /// which holds the laziness of a kernel or minus the exit rate of a generator. Without `pi` the
    /// reversible measure is found by detailed balance along a spanning tree, in logarithms; in
    /// both cases it is checked on every edge. Cost: linear in the entries.
    ///
    /// # Errors
    /// A matrix that is not square, rates that are negative or not finite, a `pi` as in
    /// [`from_chain`](Self::from_chain), a disconnected graph, and [`Error::NotReversible`] with the
    /// worst edge and its violation.
    pub fn from_kernel(kernel: &CsMat<f64>, pi: Option<&[f64]>) -> Result<Self> {
        let nodes = kernel.rows();
        if kernel.cols() != nodes {
            let reason = format!("{} rows but {} columns; it must be square", nodes, kernel.cols());
            return Err(Error::invalid("kernel", reason));
        }
        if let Some(pi) = pi {
            error::check_length("pi", pi.len(), nodes)?;
        }
        let rows;
        let kernel = if kernel.is_csr() {
            kernel
        } else {
            rows = kernel.to_csr();
            &rows
        };
        check_rates(kernel)?;
        let transpose = kernel.transpose_view().to_csr();
        let pi = match pi {
            // normalised before it meets the rates, which must not change with its rounding
            Some(pi) => {
                let sum = super::construct::check_reference(pi)?;
                pi.iter().map(|p| p / sum).collect()
            }
            None => measure(&detailed_balance(kernel, &transpose)?)?,
        };
        let edges = conductances(kernel, &transpose, &pi)?;
        Graph::from_chain(&pi, &edges, Duplicates::Refuse)
    }
}

fn check_rates(kernel: &CsMat<f64>) -> Result<()> {
    let entries = kernel.iter().enumerate();
    for (index, (&rate, (x, y))) in entries {
        // the diagonal of a generator is negative, and not used
        if !(rate.is_finite() && (x == y || rate >= 0.0)) {
            return Err(Error::BadValue {
                argument: format!("kernel, row {x}, column {y}, entry"),
                index,
                value: rate,
                expected: if x == y { "is not finite" } else { "is not a non-negative finite rate" },
            });
        }
    }
    Ok(())
}

/// Rate from `x` to `y`, zero if absent.
fn rate(kernel: &CsMat<f64>, x: usize, y: usize) -> f64 {
    kernel.get(x, y).copied().unwrap_or(0.0)
}

/// `ln pi` up to normalisation, carried along a breadth-first tree by `pi_y/pi_x = K(x,y)/K(y,x)`.
fn detailed_balance(kernel: &CsMat<f64>, transpose: &CsMat<f64>) -> Result<Vec<f64>> {
    let nodes = kernel.rows();
    let mut log_pi = vec![f64::NAN; nodes];
    for start in 0..nodes {
        if !log_pi[start].is_nan() {
            continue;
        }
        // a second component would be refused later, by name; here it only needs some values
        log_pi[start] = 0.0;
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(x) = queue.pop_front() {
            for matrix in [kernel, transpose] {
                let row = matrix.outer_view(x);
                for (y, &value) in row.iter().flat_map(|row| row.iter()) {
                    if y == x || value == 0.0 || !log_pi[y].is_nan() {
                        continue;
                    }
                    let (forward, backward) = (rate(kernel, x, y), rate(kernel, y, x));
                    if forward == 0.0 || backward == 0.0 {
                        return Err(one_way(x, y, forward, backward));
                    }
                    log_pi[y] = log_pi[x] + forward.ln() - backward.ln();
                    queue.push_back(y);
                }
            }
        }
    }
    Ok(log_pi)
}

fn one_way(x: usize, y: usize, forward: f64, backward: f64) -> Error {
    Error::NotReversible { source_node: x, target_node: y, forward, backward, violation: 1.0 }
}

/// The probability measure with these logarithms, up to a constant.
fn measure(log_pi: &[f64]) -> Result<Vec<f64>> {
    let top = log_pi.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut pi: Vec<f64> = log_pi.iter().map(|l| (l - top).exp()).collect();
    let sum: f64 = pi.iter().sum();
    pi.iter_mut().for_each(|p| *p /= sum);
    if let Some(x) = pi.iter().position(|&p| p < f64::MIN_POSITIVE) {
        let reason = format!("the reversible measure underflows at node {x}: it spans too many decades");
        return Err(Error::invalid("kernel", reason));
    }
    Ok(pi)
}

type Edges = Vec<(usize, usize, f64)>;

/// Averages `pi_x K(x,y)` with `pi_y K(y,x)` on every edge, after checking that they agree.
fn conductances(kernel: &CsMat<f64>, transpose: &CsMat<f64>, pi: &[f64]) -> Result<Edges> {
    let mut edges = Vec::with_capacity(kernel.nnz() / 2);
    let mut worst: Option<(f64, Error)> = None;
    for x in 0..pi.len() {
        // the transpose's row holds the entries K(y,x): an edge that only goes one way is seen from either
        for (matrix, is_transpose) in [(kernel, false), (transpose, true)] {
            for (y, &value) in matrix.outer_view(x).iter().flat_map(|row| row.iter()) {
                if y <= x || value == 0.0 {
                    continue;
                }
                let (k_forward, k_backward) = (rate(kernel, x, y), rate(kernel, y, x));
                if is_transpose && k_forward != 0.0 {
                    continue;
                }
                let (forward, backward) = (pi[x] * k_forward, pi[y] * k_backward);
                let violation = (forward - backward).abs() / forward.max(backward);
                if violation > REVERSIBILITY_TOLERANCE
                    && worst.as_ref().is_none_or(|(w, _)| violation > *w)
                {
                    let error = Error::NotReversible {
                        source_node: x,
                        target_node: y,
                        forward,
                        backward,
                        violation,
                    };
                    worst = Some((violation, error));
                }
                edges.push((x, y, 0.5 * (forward + backward)));
            }
        }
    }
    match worst {
        Some((_, error)) => Err(error),
        None => Ok(edges),
    }
}
