//! How a program ends when it cannot go on: one line on standard error and an exit code.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// Bad options or bad files: the user can mend it.
const USAGE: u8 = 2;
/// Good input that could not be worked out.
const COMPUTATION: u8 = 1;

pub type Outcome<T> = Result<T, Failure>;

#[derive(Debug)]
pub struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    pub fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: USAGE }
    }

    pub fn computation(message: impl ToString) -> Self {
        Self { message: message.to_string(), code: COMPUTATION }
    }

    /// Something wrong at a place in a file; lines and columns count from one.
    pub fn at(file: &str, line: usize, column: usize, message: impl AsRef<str>) -> Self {
        Self::usage(format!("{file}:{line}:{column}: {}", message.as_ref()))
    }
}

/// Runs a program: `Ok(true)` is success, `Ok(false)` an incomplete result that was printed.
pub fn run(program: impl FnOnce() -> Outcome<bool>) -> ExitCode {
    match program() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(COMPUTATION),
        Err(failure) => {
            note(&failure.message);
            ExitCode::from(failure.code)
        }
    }
}

/// One line on standard error. A file name may hold a line break, a message must not.
pub fn note(message: &str) {
    let line = message.replace(['\n', '\r'], " ");
    // nobody is left to tell when standard error is closed
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Writes to standard output; a reader that went away (`| head`) is no error.
pub fn print(text: &str) -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::computation(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}
