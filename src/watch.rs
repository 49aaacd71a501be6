//! Stopping long work, hearing how far it is, and bounding its memory.
//!
//! Every operation is made of others: bounds need geodesics, geodesics need factorisations, a barycentre
//! all of them. A request to stop has to reach the innermost loop, wherever it runs. Hence a [`Watch`] is
//! put [`over`](Watch::over) a piece of work; loops below ask `stopped()`, on whatever thread of the
//! library they run, and end with the best that they have.
//!
//! A loop asks at least once per iteration of shooting, per step of Newton's method, per iteration of
//! conjugate gradients within, per time step of a flow and per knot of a bound. Between two questions there is
//! at most one sparse factorisation for each time node of a path, or one analysis of such a path as a whole. A question
//! costs some nanoseconds.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// A flag that asks work to stop. Copies share the flag; any thread may set it, a signal handler too.
#[derive(Debug, Clone, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// A flag that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks all work under the flag to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Lowers the flag, so that work can begin again.
    pub fn reset(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether the flag is set.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Iterations made so far, over all parts: of shooting, steps of Newton's method, time steps of a flow.
    pub iterations: u64,
    /// Parts that are done, such as geodesics of a batch.
    pub done: u64,
    /// Parts altogether; 0 where the work is in one piece.
    pub total: u64,
    /// The relative change of the last iteration, NaN before the first one.
    pub residual: f64,
    /// Time since the work began, in seconds.
    pub seconds: f64,
}

/// What is called while work goes on, now and then; a break asks it to stop.
type Listener = Box<dyn FnMut(&Progress) -> ControlFlow<()>>;

/// Watches over work: stops it, hears of its progress, bounds its memory.
///
/// ```
/// use jkoflow::{CancelToken, GeodesicOptions, Graph, Reference, Termination, Watch};
/// let (token, grid) = (CancelToken::new(), Graph::grid(&[4, 4], false, Reference::Uniform)?);
/// let (mut corner, flat) = ([0.0; 16], [1.0 / 16.0; 16]);
/// corner[0] = 1.0;
/// token.cancel(); // another thread may do so at any time
/// let watch = Watch::new().with_token(&token);
/// let geodesic = watch.over(|| grid.geodesic(&corner, &flat, &GeodesicOptions::default()))?;
/// assert_eq!(geodesic.termination(), Termination::Cancelled);
/// # Ok::<(), jkoflow::Error>(())
/// ```
#[derive(Default)]
pub struct Watch {
    token: Option<CancelToken>,
    listener: Option<Listener>,
    interval: Option<Duration>,
    memory_limit: Option<usize>,
}

/// Between two calls of a listener pass at least this many milliseconds, unless it is said otherwise.
const INTERVAL: u64 = 100;

impl Watch {
    /// A watch that does nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// This watch, stopping the work when the token is cancelled.
    pub fn with_token(mut self, token: &CancelToken) -> Self {
        self.token = Some(token.clone());
        self
    }

    /// This watch, calling `listener` on the thread that began the work: soon after the start, then about
    /// every tenth of a second. A break stops the work.
    pub fn with_progress(
        mut self,
        listener: impl FnMut(&Progress) -> ControlFlow<()> + 'static,
    ) -> Self {
        self.listener = Some(Box::new(listener));
        self
    }

    /// This watch, with another least time between two calls of the listener.
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// This watch, refusing work that would take more bytes than this at a time, on each of its threads.
    ///
    /// What a piece of the work needs is reckoned before it is taken: the paths, factors and dense matrices of a
    /// geodesic on its first time mesh, the masses of a flow and their derivatives, the results of a batch. More
    /// than the limit is [`Error::OutOfMemory`], and says how much. A geodesic whose finer meshes would not fit
    /// ends with [`Termination::MemoryLimit`](crate::Termination::MemoryLimit), bounds keep what they have. Not counted: what came in,
    /// vectors of one number per node or edge, the fill of LU factors.
    pub fn with_memory_limit(mut self, bytes: usize) -> Self {
        self.memory_limit = Some(bytes);
        self
    }

    /// Runs the work under this watch.
    ///
    /// Work that is stopped returns early. What has an iterate returns the best one and says
    /// [`Termination::Cancelled`](crate::Termination::Cancelled); a [`Flow`](crate::Flow) returns the times it
    /// reached; everything else returns [`Error::Cancelled`]. A watch over a part of the work takes the place of
    /// the one over the whole.
    pub fn over<T>(self, work: impl FnOnce() -> T) -> T {
        let _scope = self.begin();
        work()
    }

    /// Watches what this thread does until the result is dropped.
    pub(crate) fn begin(self) -> Scope {
        if self.token.is_none() && self.listener.is_none() && self.memory_limit.is_none() {
            return Scope::enter(None);
        }
        let shared = Shared {
            token: self.token,
            memory_limit: self.memory_limit,
            stopped: AtomicBool::new(false),
            iterations: AtomicU64::new(0),
            done: AtomicU64::new(0),
            total: AtomicU64::new(0),
            residual: AtomicU64::new(f64::NAN.to_bits()),
        };
        let ear = self.listener.map(|listener| {
            let interval = self.interval.unwrap_or(Duration::from_millis(INTERVAL));
            Rc::new(RefCell::new(Ear { listener, interval, began: Instant::now(), next: None }))
        });
        Scope::enter(Some(Attention { shared: Arc::new(shared), ear }))
    }
}

/// What all threads of one piece of work share.
struct Shared {
    token: Option<CancelToken>,
    memory_limit: Option<usize>,
    /// Once work is stopped it stays so, whatever becomes of the token.
    stopped: AtomicBool,
    iterations: AtomicU64,
    done: AtomicU64,
    total: AtomicU64,
    residual: AtomicU64,
}

/// What only the thread that began the work has.
struct Ear {
    listener: Listener,
    interval: Duration,
    began: Instant,
    next: Option<Instant>,
}

/// The watch as a thread sees it.
#[derive(Clone)]
struct Attention {
    shared: Arc<Shared>,
    ear: Option<Rc<RefCell<Ear>>>,
}

thread_local! {
    /// Empty again when the last scope ends, so that it needs no destructor. One would keep a shared library
    /// loaded until the thread ends.
    static CURRENT: ManuallyDrop<RefCell<Option<Attention>>> =
        const { ManuallyDrop::new(RefCell::new(None)) };
}

/// Puts back what was there when it goes, after a panic too.
pub(crate) struct Scope(Option<Attention>);

impl Scope {
    fn enter(attention: Option<Attention>) -> Self {
        Self(exchange(attention))
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        drop(exchange(self.0.take()));
    }
}

fn exchange(attention: Option<Attention>) -> Option<Attention> {
    // a thread that is being torn down has nobody left to watch
    CURRENT.try_with(|current| current.replace(attention)).unwrap_or(None)
}

fn current() -> Option<Attention> {
    CURRENT.try_with(|current| current.borrow().clone()).unwrap_or(None)
}

/// Whether the work is to end. Inner loops ask; every question is a chance to report progress.
pub(crate) fn stopped() -> bool {
    #[cfg(test)]
    fuse::burn();
    let Some(Attention { shared, ear }) = current() else { return false };
    if shared.stopped.load(Ordering::Relaxed) {
        return true;
    }
    let stop = shared.token.as_ref().is_some_and(CancelToken::is_cancelled)
        || ear.is_some_and(|ear| ear.borrow_mut().report(&shared).is_break());
    if stop {
        shared.stopped.store(true, Ordering::Relaxed);
    }
    stop
}

/// [`Error::Cancelled`] where the work is to end.
///
/// # Errors
/// That one.
pub(crate) fn check() -> Result<()> {
    if stopped() {
        return Err(Error::Cancelled);
    }
    Ok(())
}

/// Bytes that a piece of the work may take, where there is a limit.
pub(crate) fn memory_limit() -> Option<usize> {
    current().and_then(|attention| attention.shared.memory_limit)
}

/// Counts an iteration that changed the result relatively by so much.
pub(crate) fn count(residual: f64) {
    if let Some(Attention { shared, .. }) = current() {
        shared.iterations.fetch_add(1, Ordering::Relaxed);
        shared.residual.store(residual.to_bits(), Ordering::Relaxed);
    }
}

/// Work that a watch sees in parts is about to begin.
pub(crate) fn begin_parts(total: usize) {
    if let Some(Attention { shared, .. }) = current() {
        shared.total.store(total as u64, Ordering::Relaxed);
        shared.done.store(0, Ordering::Relaxed);
    }
}

/// A part is done.
pub(crate) fn part_done() {
    if let Some(Attention { shared, .. }) = current() {
        shared.done.fetch_add(1, Ordering::Relaxed);
    }
}

/// The watch that other threads are to work under.
#[derive(Clone)]
pub(crate) struct Delegate {
    shared: Option<Arc<Shared>>,
    #[cfg(test)]
    fuse: Option<fuse::Spare>,
}

/// The present thread's watch, for others that do a part of its work.
pub(crate) fn delegate() -> Delegate {
    Delegate {
        shared: current().map(|attention| attention.shared),
        #[cfg(test)]
        fuse: fuse::spare(),
    }
}

impl Delegate {
    /// Runs a part of the work on another thread.
    pub fn over<T>(self, work: impl FnOnce() -> T) -> T {
        #[cfg(test)]
        self.fuse.into_iter().for_each(fuse::Spare::light);
        let _scope = Scope::enter(self.shared.map(|shared| Attention { shared, ear: None }));
        work()
    }
}

impl Ear {
    /// Tells the listener, if it is time to.
    fn report(&mut self, shared: &Shared) -> ControlFlow<()> {
        let now = Instant::now();
        if self.next.is_some_and(|next| now < next) {
            return ControlFlow::Continue(());
        }
        let progress = Progress {
            iterations: shared.iterations.load(Ordering::Relaxed),
            done: shared.done.load(Ordering::Relaxed),
            total: shared.total.load(Ordering::Relaxed),
            residual: f64::from_bits(shared.residual.load(Ordering::Relaxed)),
            seconds: (now - self.began).as_secs_f64(),
        };
        // what the listener computes is not under the watch
        let _scope = Scope::enter(None);
        let answer = (self.listener)(&progress);
        self.next = Some(Instant::now() + self.interval);
        answer
    }
}

/// Panics in the middle of work, for tests of what becomes of it.
#[cfg(test)]
pub(crate) mod fuse {
    use std::cell::{Cell, RefCell};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::Arc;

    thread_local! {
        static LEFT: Cell<Option<u32>> = const { Cell::new(None) };
        static SPARE: RefCell<Option<Spare>> = const { RefCell::new(None) };
    }

    /// A fuse for the threads that work for this one.
    #[derive(Clone)]
    pub(crate) struct Spare {
        questions: u32,
        burnt: Arc<AtomicBool>,
    }

    /// This thread panics when it has asked so many times whether to stop.
    pub fn light(questions: u32) {
        LEFT.set(Some(questions));
    }

    /// Every thread that works for this one panics when it has asked so many times.
    pub fn light_in_workers(questions: u32) {
        SPARE.set(Some(Spare { questions, burnt: Arc::default() }));
    }

    /// Whether the panic is still to come; puts both fuses out.
    pub fn put_out() -> bool {
        let spare = SPARE.take().is_some_and(|spare| !spare.burnt.load(Ordering::Relaxed));
        LEFT.take().is_some() || spare
    }

    pub(super) fn spare() -> Option<Spare> {
        SPARE.with_borrow(Clone::clone)
    }

    impl Spare {
        pub(super) fn light(self) {
            light(self.questions);
            SPARE.set(Some(self));
        }
    }

    pub(super) fn burn() {
        match LEFT.get() {
            None => {}
            Some(0) => {
                LEFT.set(None);
                SPARE.with_borrow(|spare| {
                    spare.iter().for_each(|spare| spare.burnt.store(true, Ordering::Relaxed));
                });
                panic!("the fuse has burnt down");
            }
            Some(left) => LEFT.set(Some(left - 1)),
        }
    }
}
