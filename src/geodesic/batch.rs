//! Many geodesics in one call: all consecutive pairs of a sequence of snapshots.

use super::{Geodesic, GeodesicOptions, GeodesicSolver};
use crate::error::Result;
use crate::graph::Graph;
use crate::memory;
use crate::parallel;
use crate::watch;

/// Consecutive pairs that share one factorised Laplacian. A constant, so that the result does not
/// depend on the number of threads.
const GROUP: usize = 8;

impl Graph {
    /// The geodesics between consecutive `snapshots` (each a mass vector of length `n`, which may have
    /// empty nodes): one fewer than there are snapshots, in order.
    ///
    /// Groups of eight consecutive pairs share a factorisation. `threads` is the number of threads
    /// that work on groups; one starts none. The result is bit-identical for every number.
    ///
    /// # Errors
    /// As [`geodesic`](Self::geodesic), naming the snapshot; `threads = 0`.
    pub fn geodesics<S: AsRef<[f64]> + Sync>(
        &self,
        snapshots: &[S],
        options: &GeodesicOptions,
        threads: usize,
    ) -> Result<Vec<Geodesic>> {
        self.geodesics_watched(snapshots, options, threads, &|| {})
    }

    /// As [`geodesics`](Self::geodesics); `solved` is called after each pair, on the thread that
    /// solved it.
    ///
    /// # Errors
    /// As [`geodesics`](Self::geodesics).
    pub fn geodesics_watched<S: AsRef<[f64]> + Sync>(
        &self,
        snapshots: &[S],
        options: &GeodesicOptions,
        threads: usize,
        solved: &(dyn Fn() + Sync),
    ) -> Result<Vec<Geodesic>> {
        options.check()?;
        for (k, mu) in snapshots.iter().enumerate() {
            self.check_distribution(&format!("snapshots[{k}]"), mu.as_ref())?;
        }
        // of each geodesic at least its ends, its end potentials and its path are kept
        let kept = memory::doubles(&[snapshots.len(), 8, self.nodes()]);
        memory::admit(kept, || format!("geodesics between {} snapshots", snapshots.len()))?;
        let pairs: Vec<(&[f64], &[f64])> =
            snapshots.windows(2).map(|pair| (pair[0].as_ref(), pair[1].as_ref())).collect();
        let groups: Vec<&[(&[f64], &[f64])]> = pairs.chunks(GROUP).collect();
        watch::begin_parts(pairs.len());
        let solved = parallel::map_jobs(groups.len(), threads, |group| {
            self.solve_group(groups[group], options, solved)
        })?;
        Ok(solved.into_iter().flatten().collect())
    }

    fn solve_group(
        &self,
        pairs: &[(&[f64], &[f64])],
        options: &GeodesicOptions,
        solved: &(dyn Fn() + Sync),
    ) -> Result<Vec<Geodesic>> {
        let mut solver = GeodesicSolver::new(self, *options)?;
        let mut geodesics = Vec::with_capacity(pairs.len());
        for (mu0, mu1) in pairs {
            geodesics.push(solver.solve_next(mu0, mu1)?);
            watch::part_done();
            solved();
        }
        Ok(geodesics)
    }
}
