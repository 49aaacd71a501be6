//! What tests of the C interface share: compilers and tools of this machine, and the libraries that
//! cargo built beside the test.
#![allow(dead_code)] // each test uses a part

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A place for what a test builds, its own.
pub fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("native-{name}"));
    fs::create_dir_all(&directory).expect("a directory for the test");
    directory
}

/// Runs a command that must succeed and print nothing to standard error; what it printed otherwise.
pub fn run(command: &mut Command) -> String {
    let (text, errors) = succeed(command);
    assert!(errors.is_empty(), "{:?} printed\n{errors}", command.get_program());
    text
}

/// Runs a command that must succeed; its standard output and standard error.
pub fn succeed(command: &mut Command) -> (String, String) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    // not the environment, which is long
    let line: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).collect();
    assert!(output.status.success(), "{line:?}\n{text}\n{errors}");
    (text, errors)
}

/// Whether a tool is there. Where it is not, a line says what is left out and how to get it; on the machine that
/// decides what lands, that is a failure.
pub fn tool(name: &str, for_what: &str) -> bool {
    if Command::new(name).arg("--version").output().is_ok() {
        return true;
    }
    assert!(std::env::var_os("JKOFLOW_CI").is_none(), "{name} is needed for {for_what}");
    let source = match name {
        "octave-cli" | "mkoctfile" => "Debian's octave-dev, or octave.org",
        "mpicc" | "mpirun" => "Debian's libopenmpi-dev and openmpi-bin",
        "abidw" | "abidiff" => "Debian's abigail-tools",
        "c++" | "g++" | "clang++" | "clang" | "cmake" | "pkg-config" => "a package of this name",
        _ => "julialang.org; the variable JULIA names it where it is not in the PATH",
    };
    // not by a macro, whose lines the test harness keeps to itself where tests pass
    let line =
        format!("skipped {for_what}: there is no {name} on this machine (get it from {source})\n");
    std::io::stderr().write_all(line.as_bytes()).expect("standard error");
    false
}

/// The C or C++ compiler of this machine, or what `CC` or `CXX` names.
pub fn compiler(cpp: bool) -> Command {
    let target = env!("JKOFLOW_TARGET");
    let mut build = cc::Build::new();
    build.cpp(cpp).target(target).host(target).opt_level(1).cargo_metadata(false);
    build.get_compiler().to_command()
}

pub const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

/// What a static library needs besides itself; `tests/install.rs` compares with what rustc says.
pub const SYSTEM_LIBRARIES: [&str; 7] = ["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc"];

/// The newest library with this ending that cargo left beside the test executable.
pub fn library(ending: &str) -> PathBuf {
    let deps = std::env::current_exe().expect("test executable");
    let deps = deps.parent().expect("its directory");
    let mut found: Vec<PathBuf> = fs::read_dir(deps)
        .expect("directory")
        .chain(fs::read_dir(deps.join("..")).expect("directory"))
        .map(|entry| entry.expect("entry").path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("libjkoflow") && name.ends_with(ending)
        })
        .collect();
    found.sort_by_key(|path| fs::metadata(path).and_then(|m| m.modified()).ok());
    found.pop().unwrap_or_else(|| panic!("no libjkoflow{ending} beside the test executable"))
}

/// The static library that belongs to this test.
pub fn static_library() -> PathBuf {
    library(".a")
}

/// The shared library that belongs to this test.
pub fn shared_library() -> PathBuf {
    library(".so")
}

/// Compiles a C99 program against the static library.
pub fn compile(source: &str) -> PathBuf {
    let source = root().join(source);
    let name = source.file_stem().expect("name");
    let program = scratch(&name.to_string_lossy()).join(name);
    run(compiler(false)
        .args(["-std=c99", "-g"])
        .args(WARNINGS)
        .arg("-I")
        .arg(root().join("include"))
        .arg(&source)
        .arg(static_library())
        .args(SYSTEM_LIBRARIES)
        .arg("-o")
        .arg(&program));
    program
}
