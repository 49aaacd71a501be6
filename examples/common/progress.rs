//! A progress bar on standard error, if a person is watching.

use std::io::{stderr, IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const WIDTH: usize = 40;
/// Short work needs no bar.
const QUIET: Duration = Duration::from_millis(300);

pub struct Progress {
    what: &'static str,
    total: usize,
    done: AtomicUsize,
    start: Instant,
    shown: bool,
}

impl Progress {
    pub fn new(what: &'static str, total: usize) -> Self {
        let shown = stderr().is_terminal();
        Self { what, total, done: AtomicUsize::new(0), start: Instant::now(), shown }
    }

    /// One more is done; may be called from any thread.
    pub fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if self.shown && self.start.elapsed() > QUIET {
            let full = (WIDTH * done / self.total.max(1)).min(WIDTH);
            let (bar, rest) = ("#".repeat(full), "-".repeat(WIDTH - full));
            // a bar that cannot be drawn is no reason to stop
            let _ = write!(stderr(), "\r{} [{bar}{rest}] {done}/{}", self.what, self.total);
        }
    }
}

impl Drop for Progress {
    /// Wipes the bar.
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
