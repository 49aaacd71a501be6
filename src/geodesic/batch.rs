//! Many geodesics in one call: all consecutive pairs of a sequence of snapshots.

use super::{Geodesic, GeodesicOptions, GeodesicSolver};
use crate::error::{Error, Result};
use crate::graph::Graph;

/// Consecutive pairs that share one factorised Laplacian. A constant, so that the result does not
/// depend on the number of threads.
const GROUP: usize = 8;

impl Graph {
    /// The geodesics between consecutive `snapshots` (each a positive mass vector of length `n`):
    /// one fewer than there are snapshots, in order.
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
        if threads == 0 {
            return Err(Error::invalid("threads", "0 threads cannot work; 1 starts none"));
        }
        for (k, mu) in snapshots.iter().enumerate() {
            self.check_positive_distribution(&format!("snapshots[{k}]"), mu.as_ref())?;
        }
        let pairs: Vec<(&[f64], &[f64])> =
            snapshots.windows(2).map(|pair| (pair[0].as_ref(), pair[1].as_ref())).collect();
        let groups: Vec<&[(&[f64], &[f64])]> = pairs.chunks(GROUP).collect();
        let workers = threads.min(groups.len().max(1));

        // worker w takes groups w, w + workers, ...: no queue, no lock
        let work = |worker: usize| -> Vec<Result<Vec<Geodesic>>> {
            groups
                .iter()
                .skip(worker)
                .step_by(workers)
                .map(|g| self.solve_group(g, options, solved))
                .collect()
        };
        let mut by_worker: Vec<std::vec::IntoIter<Result<Vec<Geodesic>>>> = if workers == 1 {
            vec![work(0).into_iter()]
        } else {
            std::thread::scope(|scope| -> Result<_> {
                let work = &work;
                let mut handles = Vec::with_capacity(workers - 1);
                for w in 1..workers {
                    // the name tells the panic hook of the C boundary that the thread is ours
                    let thread = std::thread::Builder::new().name("jkoflow".into());
                    let handle = thread.spawn_scoped(scope, move || work(w)).map_err(|error| {
                        Error::invalid("threads", format!("thread {w} could not be started: {error}"))
                    })?;
                    handles.push(handle);
                }
                let mut results = vec![work(0).into_iter()];
                for handle in handles {
                    match handle.join() {
                        Ok(result) => results.push(result.into_iter()),
                        Err(panic) => std::panic::resume_unwind(panic),
                    }
                }
                Ok(results)
            })?
        };
        let mut geodesics = Vec::with_capacity(pairs.len());
        for group in 0..groups.len() {
            if let Some(result) = by_worker[group % workers].next() {
                geodesics.extend(result?);
            }
        }
        Ok(geodesics)
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
            solved();
        }
        Ok(geodesics)
    }
}
