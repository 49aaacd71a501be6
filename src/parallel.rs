//! Jobs on threads, with a result that does not depend on their number.

use crate::error::{Error, Result};
use crate::watch;

/// The results of `work(0), ..., work(jobs - 1)`, in order, from `threads` threads; one starts none.
///
/// Every job runs whatever became of the others, and the first error in the order of the jobs is
/// returned, so that errors too are the same for every number of threads.
///
/// # Errors
/// `threads = 0`, a thread that could not be started, the first error of a job.
pub(crate) fn map_jobs<T: Send>(
    jobs: usize,
    threads: usize,
    work: impl Fn(usize) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    if threads == 0 {
        return Err(Error::invalid("threads", "0 threads cannot work; 1 starts none"));
    }
    let workers = threads.min(jobs.max(1));
    if workers == 1 {
        // collected in between, so that every job runs here too
        return (0..jobs).map(work).collect::<Vec<Result<T>>>().into_iter().collect();
    }
    // worker w takes jobs w, w + workers, ...: no queue, no lock
    let share = |w: usize| -> Vec<Result<T>> { (w..jobs).step_by(workers).map(&work).collect() };
    let mut by_worker = std::thread::scope(|scope| -> Result<Vec<std::vec::IntoIter<Result<T>>>> {
        let share = &share;
        let watch = watch::delegate();
        let mut handles = Vec::with_capacity(workers - 1);
        for w in 1..workers {
            // the name tells the panic hook of the C boundary that the thread is ours
            let thread = std::thread::Builder::new().name("jkoflow".into());
            let watch = watch.clone();
            let work = move || watch.over(|| share(w));
            let handle = thread.spawn_scoped(scope, work).map_err(|error| {
                Error::invalid("threads", format!("thread {w} could not be started: {error}"))
            })?;
            handles.push(handle);
        }
        let mut results = vec![share(0).into_iter()];
        for handle in handles {
            match handle.join() {
                Ok(result) => results.push(result.into_iter()),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(results)
    })?;
    (0..jobs).filter_map(|job| by_worker[job % workers].next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_order_and_the_first_error() {
        for threads in 1..6 {
            for jobs in [0, 1, 2, 7] {
                let squares = map_jobs(jobs, threads, |k| Ok(k * k));
                assert_eq!(squares, Ok((0..jobs).map(|k| k * k).collect()));
            }
            let odd =
                |k: usize| if k % 2 == 1 { Err(Error::invalid("job", k.to_string())) } else { Ok(k) };
            assert_eq!(map_jobs(9, threads, odd), Err(Error::invalid("job", "1")));
        }
        assert!(map_jobs(3, 0, Ok).is_err());
    }
}
