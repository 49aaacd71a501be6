//! All distances between several distributions.

use crate::error::{Error, Result};
use crate::geodesic::{GeodesicOptions, GeodesicSolver, Termination};
use crate::graph::Graph;
use crate::memory;
use crate::parallel;
use crate::watch;

/// Pairs that share one factorised Laplacian. A constant, so that the result does not depend on the
/// number of threads.
const GROUP: usize = 8;

/// The distances between all pairs of `m` distributions, symmetric with a zero diagonal.
#[derive(Debug, Clone)]
pub struct DistanceMatrix {
    size: usize,
    distances: Vec<f64>,
    unconverged: Vec<(usize, usize, Termination)>,
}

impl DistanceMatrix {
    /// Number `m` of distributions.
    pub fn size(&self) -> usize {
        self.size
    }

    /// `W_K` between distributions `i` and `j`, both below `m`; NaN where the geodesic did not converge.
    ///
    /// # Panics
    /// An index that is not below `m`.
    pub fn distance(&self, i: usize, j: usize) -> f64 {
        self.row(i)[j]
    }

    /// Row `i`, length `m`.
    ///
    /// # Panics
    /// An index that is not below `m`.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.distances[i * self.size..][..self.size]
    }

    /// All rows, one after the other: `m * m` numbers.
    pub fn as_slice(&self) -> &[f64] {
        &self.distances
    }

    /// The pairs `i < j` whose geodesic did not converge, in lexicographic order, and why. Their entries
    /// are NaN, so that nothing computed from them looks like a result.
    pub fn unconverged(&self) -> &[(usize, usize, Termination)] {
        &self.unconverged
    }
}

impl Graph {
    /// The distances between all pairs of `m` `distributions`, each a mass vector of length `n`, which
    /// may have empty nodes.
    ///
    /// The `m (m - 1) / 2` pairs are solved in groups of eight that share a factorisation. `threads` is
    /// the number of threads that work on groups; one starts none. The result is bit-identical for every
    /// number. Not converging is no error: see [`DistanceMatrix::unconverged`].
    ///
    /// # Errors
    /// As [`geodesic`](Self::geodesic), naming the distribution or the pair; `threads = 0`; memory.
    pub fn distance_matrix<S: AsRef<[f64]> + Sync>(
        &self,
        distributions: &[S],
        options: &GeodesicOptions,
        threads: usize,
    ) -> Result<DistanceMatrix> {
        options.check()?;
        for (i, mu) in distributions.iter().enumerate() {
            self.check_distribution(&format!("distributions[{i}]"), mu.as_ref())?;
        }
        let size = distributions.len();
        // each pair has two entries, its two numbers and its result
        let needed = memory::doubles(&[size, size, 4]);
        memory::admit(needed, || format!("distances between {size} distributions"))?;
        let mut distances = vec![0.0; size * size];

        let pairs: Vec<(usize, usize)> =
            (0..size).flat_map(|i| (i + 1..size).map(move |j| (i, j))).collect();
        let groups: Vec<&[(usize, usize)]> = pairs.chunks(GROUP).collect();
        watch::begin_parts(pairs.len());
        let solved = parallel::map_jobs(groups.len(), threads, |group| {
            if watch::stopped() {
                return Ok(vec![(f64::NAN, Termination::Cancelled); groups[group].len()]);
            }
            let mut solver = GeodesicSolver::new(self, *options)?;
            let solve = |&(i, j): &(usize, usize)| {
                let geodesic = solver
                    .solve_next(distributions[i].as_ref(), distributions[j].as_ref())
                    .map_err(|error| name_pair(error, i, j))?;
                watch::part_done();
                Ok((geodesic.distance(), geodesic.termination()))
            };
            groups[group].iter().map(solve).collect::<Result<Vec<_>>>()
        })?;

        let mut unconverged = Vec::new();
        for (&(i, j), (distance, termination)) in pairs.iter().zip(solved.into_iter().flatten()) {
            let converged = termination == Termination::Converged;
            if !converged {
                unconverged.push((i, j, termination));
            }
            let entry = if converged { distance } else { f64::NAN };
            distances[i * size + j] = entry;
            distances[j * size + i] = entry;
        }
        Ok(DistanceMatrix { size, distances, unconverged })
    }
}

/// A factorisation that broke down, with the pair for which it did.
fn name_pair(error: Error, i: usize, j: usize) -> Error {
    match error {
        Error::Singular { what, detail } => Error::Singular {
            what,
            detail: format!("distributions[{i}] to distributions[{j}]: {detail}"),
        },
        other => other,
    }
}
