//! `jko_cancel_token` and `jko_progress`: stopping long work, and hearing of it.

use std::ffi::c_void;
use std::ops::ControlFlow;

use super::guard::{guard, guard_value};
use super::input;
use super::options::{self, Options};
use super::status::{jko_status, Failure, JKO_STATUS_OK};
use crate::watch::{CancelToken, Progress, Scope, Watch};

/// A flag that stops work. Any number of calls may look at it, and any thread may set it at any time.
pub struct jko_cancel_token {
    token: CancelToken,
}

/// How far the work is, as a callback hears it. Fields may be added at the end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct jko_progress {
    /// Size of the struct in the library that runs.
    pub struct_size: usize,
    /// Iterations made so far, over all parts: of shooting, steps of Newton's method, time steps of a flow.
    pub iterations: i64,
    /// Parts that are done, such as geodesics of a batch.
    pub done: i64,
    /// Parts altogether; 0 where the work is in one piece.
    pub total: i64,
    /// Relative change in the last iteration; NaN before the first one.
    pub residual: f64,
    /// Seconds since the call.
    pub seconds: f64,
}

/// Hears of progress on the thread that made the call: soon after its start, then about every tenth of a
/// second. `progress` lives until it returns. Anything but 0 stops the work.
///
/// It may use the library, but a handle that the call is changing is busy. It must return: no exception and
/// no `longjmp` may leave it.
pub type jko_progress_callback =
    Option<unsafe extern "C" fn(progress: *const jko_progress, user_data: *mut c_void) -> i32>;

/// Options that say who watches, and over how much memory.
pub(super) trait Watched: Options {
    /// The token, the callback and what the callback gets.
    fn watchers(&self) -> (*const jko_cancel_token, jko_progress_callback, *mut c_void);

    /// Bytes, 0 without a limit.
    fn memory_limit(&self) -> i64;
}

macro_rules! watched {
    ($($type:path),*) => {
        $(impl Watched for $type {
            fn watchers(&self) -> (*const jko_cancel_token, jko_progress_callback, *mut c_void) {
                (self.cancel, self.progress, self.user_data)
            }

            fn memory_limit(&self) -> i64 {
                self.memory_limit
            }
        })*
    };
}

watched!(
    super::geodesic::jko_geodesic_options,
    super::bounds::jko_bound_options,
    super::flow::jko_flow_options,
    super::geometry::jko_barycentre_options,
    super::fit_options::jko_fit_options,
    super::flow_fit::jko_flow_fit_options,
    super::count_fit::jko_count_fit_options
);

/// Who watches the work of a handle. The token is shared, so that it may be freed before.
#[derive(Default)]
pub(super) struct Watchers {
    token: Option<CancelToken>,
    callback: jko_progress_callback,
    user_data: usize,
    memory_limit: usize,
}

impl Watchers {
    /// Those that the options name.
    ///
    /// # Safety
    /// As [`options::read`]; the token is NULL or a live handle.
    pub unsafe fn of<T: Watched>(options: *const T) -> Result<Self, Failure> {
        // SAFETY: the same promise.
        let options = unsafe { options::read(options)? };
        let (token, callback, user_data) = options.watchers();
        let memory_limit = input::count("options.memory_limit", options.memory_limit())?;
        let token = if token.is_null() {
            None
        } else {
            // SAFETY: not NULL, so live.
            Some(unsafe { input::handle("options.cancel", token)? }.token.clone())
        };
        // kept as a number: handles cross threads, and what it means there is the program's affair
        Ok(Self { token, callback, user_data: user_data.expose_provenance(), memory_limit })
    }

    /// Watches until the result is dropped, without calling back: for work on handles that several
    /// threads may use at once.
    pub fn begin_unheard(&self) -> Scope {
        self.silent().begin()
    }

    /// The token and the limit.
    fn silent(&self) -> Watch {
        let mut watch = Watch::new();
        if let Some(token) = &self.token {
            watch = watch.with_token(token);
        }
        if self.memory_limit > 0 {
            watch = watch.with_memory_limit(self.memory_limit);
        }
        watch
    }

    /// Watches until the result is dropped.
    ///
    /// # Safety
    /// The callback, if there is one, may be called on this thread with its `user_data` until then.
    pub unsafe fn begin(&self) -> Scope {
        let mut watch = self.silent();
        if let Some(callback) = self.callback {
            let user_data = self.user_data;
            watch = watch.with_progress(move |progress| {
                let progress = jko_progress::from(progress);
                let user_data = std::ptr::with_exposed_provenance_mut(user_data);
                // SAFETY: the promise of `begin`.
                match unsafe { callback(&raw const progress, user_data) } {
                    0 => ControlFlow::Continue(()),
                    _ => ControlFlow::Break(()),
                }
            });
        }
        watch.begin()
    }
}

/// Watches as the options say, until the result is dropped.
///
/// # Safety
/// As [`Watchers::of`] and [`Watchers::begin`].
pub(super) unsafe fn begin<T: Watched>(options: *const T) -> Result<Scope, Failure> {
    // SAFETY: the same promise.
    Ok(unsafe { Watchers::of(options)?.begin() })
}

impl From<&Progress> for jko_progress {
    fn from(progress: &Progress) -> Self {
        let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        Self {
            struct_size: std::mem::size_of::<Self>(),
            iterations: count(progress.iterations),
            done: count(progress.done),
            total: count(progress.total),
            residual: progress.residual,
            seconds: progress.seconds,
        }
    }
}

/// Makes a token that is not set, for the `cancel` field of options. Work that began with it keeps it
/// alive inside.
///
/// Returns: NULL_POINTER, MISALIGNED. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_cancel_token_new(out: *mut *mut jko_cancel_token) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        unsafe { input::slot("out", out)? }.fill(jko_cancel_token { token: CancelToken::new() });
        Ok(JKO_STATUS_OK)
    })
}

/// Asks all work under the token to stop; nothing for NULL. The calls return `JKO_STATUS_CANCELLED` after
/// the iteration they are in, with the best that they have. Any thread, any time, and in a signal handler:
/// it stores one atomic flag, takes no lock and no memory.
#[no_mangle]
pub unsafe extern "C" fn jko_cancel_token_set(token: *const jko_cancel_token) {
    guard_value((), || {
        // SAFETY: the contract of the module.
        if let Some(token) = unsafe { token.as_ref() } {
            token.token.cancel();
        }
    })
}

/// Clears the token, so that later calls run; nothing for NULL. Any thread, any time, and in a signal handler.
#[no_mangle]
pub unsafe extern "C" fn jko_cancel_token_reset(token: *const jko_cancel_token) {
    guard_value((), || {
        // SAFETY: the contract of the module.
        if let Some(token) = unsafe { token.as_ref() } {
            token.token.reset();
        }
    })
}

/// Whether the token is set, 1 or 0; 0 for NULL. Any thread, any time, and in a signal handler.
#[no_mangle]
pub unsafe extern "C" fn jko_cancel_token_is_set(token: *const jko_cancel_token) -> i32 {
    guard_value(0, || {
        // SAFETY: the contract of the module.
        unsafe { token.as_ref() }.map_or(0, |token| i32::from(token.token.is_cancelled()))
    })
}

/// Ends a token; NULL is fine. Any thread, once nobody sets it any more.
#[no_mangle]
pub unsafe extern "C" fn jko_cancel_token_free(token: *mut jko_cancel_token) {
    guard_value((), || {
        // SAFETY: the contract of the module.
        unsafe { input::release(token) }
    })
}
