//! The Julia package `bindings/julia/JKOFlow`, by its own tests, against the library of this build.

use std::path::PathBuf;
use std::process::Command;

use native::{root, scratch, shared_library, succeed};

mod native;

/// `julia`, or what `JULIA` names.
fn julia() -> PathBuf {
    std::env::var_os("JULIA").map_or_else(|| PathBuf::from("julia"), PathBuf::from)
}

#[test]
#[cfg(target_os = "linux")]
fn the_julia_package_passes_its_tests() {
    let what = "the tests of the Julia package";
    if !native::tool(&julia().to_string_lossy(), what) {
        return;
    }
    let package = root().join("bindings/julia/JKOFlow");
    // a depot of its own: nothing of the user's, and no trace in the user's home
    let depot = scratch("julia").join("depot");
    let (text, errors) = succeed(
        Command::new(julia())
            .args(["--startup-file=no", "--color=no"])
            .arg(format!("--project={}", package.display()))
            .arg(package.join("test/runtests.jl"))
            // cargo's own, by which the system's loader would find the library before it was named
            .env_remove("LD_LIBRARY_PATH")
            .env("JULIA_DEPOT_PATH", depot)
            .env("JKOFLOW_LIBRARY", shared_library()),
    );
    assert!(text.contains("Test Summary:") && text.contains("JKOFlow"), "{text}\n{errors}");
}
