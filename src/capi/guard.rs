//! The one guard around every entry point: panics, the last error, and exclusive use of handles.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Once, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError};

use super::status::{self, jko_status, Failure};
use super::status::{JKO_STATUS_BUSY, JKO_STATUS_INTERNAL, JKO_STATUS_OK};

/// Name of the threads on which the library works; with it, their panics are told from others'.
pub(super) const WORKER_NAME: &str = "jkoflow";

thread_local! {
    /// How many entry points this thread is inside of.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// Message of the last call on this thread that did not come to `JKO_STATUS_OK`.
    static LAST_ERROR: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs the body of an entry point: a failure leaves its message, a panic becomes
/// `JKO_STATUS_INTERNAL` and prints nothing.
pub(super) fn guard(body: impl FnOnce() -> Result<jko_status, Failure>) -> jko_status {
    let (status, message) = match caught(body) {
        Ok(Ok(JKO_STATUS_OK)) => return JKO_STATUS_OK,
        Ok(Ok(status)) => (status, status::text(status).to_string_lossy().into_owned()),
        Ok(Err(failure)) => (failure.status, failure.message),
        Err(payload) => (JKO_STATUS_INTERNAL, describe(payload)),
    };
    // while the thread is being torn down there is nobody left to ask for the message
    let _ = LAST_ERROR.try_with(|last| *last.borrow_mut() = message);
    status
}

/// Runs the body of an entry point that returns a plain value; a panic becomes `otherwise`.
pub(super) fn guard_value<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    caught(body).unwrap_or(otherwise)
}

/// The last message, to be read or copied.
pub(super) fn with_last_error<T>(otherwise: T, read: impl FnOnce(&str) -> T) -> T {
    let mut read = Some(read);
    let result = LAST_ERROR.try_with(|last| read.take().map(|read| read(&last.borrow())));
    result.ok().flatten().unwrap_or(otherwise)
}

fn caught<T>(body: impl FnOnce() -> T) -> Result<T, Box<dyn Any + Send>> {
    silence_our_panics();
    let enter = |step: fn(u32) -> u32| {
        let _ = DEPTH.try_with(|depth| depth.set(step(depth.get())));
    };
    enter(|depth| depth.saturating_add(1));
    let result = panic::catch_unwind(AssertUnwindSafe(body));
    enter(|depth| depth.saturating_sub(1));
    result
}

/// Puts a hook in front of the one that is there, once: it swallows the report of a panic inside
/// an entry point or on a worker thread of the library, and passes every other on.
fn silence_our_panics() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // the hook cannot be exchanged by a thread that unwinds; it stays as it is then
        if std::thread::panicking() {
            return;
        }
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let inside = DEPTH.try_with(Cell::get).unwrap_or(0) > 0;
            let worker = std::thread::current().name() == Some(WORKER_NAME);
            if !inside && !worker {
                previous(info);
            }
        }));
    });
}

fn describe(payload: Box<dyn Any + Send>) -> String {
    let detail = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text.as_str(),
        (None, None) => "no detail",
    };
    let message = format!("internal error: {detail}; please report it");
    // a payload whose destructor panics must not escape the guard
    std::mem::forget(payload);
    message
}

/// The contents of a handle that can be changed: one user at a time changes it, or several look.
pub(super) struct Exclusive<T>(RwLock<T>);

impl<T> Exclusive<T> {
    pub fn new(value: T) -> Self {
        Self(RwLock::new(value))
    }

    /// For a change; a panic until the guard is dropped poisons the handle.
    pub fn write(&self, name: &str) -> Result<RwLockWriteGuard<'_, T>, Failure> {
        self.0.try_write().map_err(|error| refusal(name, error))
    }

    /// For a look.
    pub fn read(&self, name: &str) -> Result<RwLockReadGuard<'_, T>, Failure> {
        self.0.try_read().map_err(|error| refusal(name, error))
    }
}

fn refusal<G>(name: &str, error: TryLockError<G>) -> Failure {
    match error {
        TryLockError::WouldBlock => {
            Failure::new(JKO_STATUS_BUSY, format!("{name}: the handle is in use by another thread"))
        }
        TryLockError::Poisoned(_) => Failure::new(
            JKO_STATUS_INTERNAL,
            format!("{name}: an internal error left the handle unusable; free it"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    static SEEN: AtomicUsize = AtomicUsize::new(0);
    static OTHERS: AtomicUsize = AtomicUsize::new(0);

    /// Stands for the hook of the application, there before the library is first called.
    fn application_hook() {
        static SET: Once = Once::new();
        SET.call_once(|| {
            panic::set_hook(Box::new(|info| {
                let text = info.payload().downcast_ref::<&str>().copied().unwrap_or("");
                SEEN.fetch_add(usize::from(text.starts_with("boundary")), Ordering::SeqCst);
                OTHERS.fetch_add(usize::from(text == "elsewhere"), Ordering::SeqCst);
            }));
        });
    }

    #[test]
    fn a_panic_is_a_status_prints_nothing_and_poisons() {
        application_hook();
        let handle = Exclusive::new(1);
        let status = guard(|| {
            let _held = handle.write("handle")?;
            panic::panic_any("boundary test")
        });
        assert_eq!(status, JKO_STATUS_INTERNAL);
        with_last_error((), |text| assert!(text.contains("boundary test"), "{text}"));
        assert_eq!(guard(|| handle.read("handle").map(|_| 0)), JKO_STATUS_INTERNAL);
        with_last_error((), |text| assert!(text.contains("free it"), "{text}"));

        let worker = std::thread::Builder::new().name(WORKER_NAME.into());
        let work = worker.spawn(|| panic::panic_any("boundary worker"));
        assert!(work.is_ok_and(|thread| thread.join().is_err()));
        assert_eq!(SEEN.load(Ordering::SeqCst), 0);

        assert!(std::thread::spawn(|| panic::panic_any("elsewhere")).join().is_err());
        assert_eq!(OTHERS.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_handle_in_use_is_busy() {
        application_hook();
        let handle = Exclusive::new(1);
        let status = guard(|| {
            let _held = handle.write("handle")?;
            handle.read("handle").map(|_| JKO_STATUS_OK)
        });
        assert_eq!(status, JKO_STATUS_BUSY);
        assert_eq!(guard(|| handle.write("handle").map(|_| JKO_STATUS_OK)), JKO_STATUS_OK);
    }
}
