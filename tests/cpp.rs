//! The C++ binding: `bindings/cpp/jkoflow.hpp` compiles without a warning, and the programs of
//! `tests/cpp` do what they should with each compiler, under sanitizers too.
#![cfg(target_os = "linux")]

mod native;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use native::{root, run, scratch, static_library, tool, SYSTEM_LIBRARIES};

const WARNINGS: [&str; 7] =
    ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Werror"];
/// Undefined behaviour ends the program, as an error in memory does.
const SANITIZERS: [&str; 3] =
    ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];

fn compiler(name: &str, standard: &str) -> Command {
    let mut command = Command::new(name);
    command.arg(format!("-std={standard}")).args(WARNINGS);
    for directory in ["include", "bindings/cpp"] {
        command.arg("-I").arg(root().join(directory));
    }
    command
}

/// Compiles C++17 sources into a program.
fn build(name: &str, sources: &[&Path], compiler_name: &str, flags: &[&str]) -> PathBuf {
    let program = scratch(&format!("{compiler_name}-{name}")).join(name);
    run(compiler(compiler_name, "c++17")
        .args(["-g", "-O1"])
        .args(flags)
        .args(sources)
        .arg(static_library())
        .args(SYSTEM_LIBRARIES)
        .arg("-o")
        .arg(&program));
    program
}

/// Runs a program of `tests/cpp`, with gcc's sanitizers and without clang's, which may lack its
/// libraries.
fn passes(name: &str, sources: &[&str]) {
    let sources: Vec<PathBuf> = sources.iter().map(|file| root().join("tests/cpp").join(file)).collect();
    let sources: Vec<&Path> = sources.iter().map(PathBuf::as_path).collect();
    for (compiler, flags) in [("g++", SANITIZERS.as_slice()), ("clang++", [].as_slice())] {
        if tool(compiler, "a C++ test") {
            let text = run(&mut Command::new(build(name, &sources, compiler, flags)));
            assert_eq!(text, format!("{name}: all checks passed\n"), "{compiler}");
        }
    }
}

#[test]
fn owners_move_and_errors_are_thrown() {
    passes("ownership", &["ownership.cpp", "ownership_too.cpp"]);
}

#[test]
fn work_is_watched_and_options_have_the_defaults_of_the_library() {
    passes("watching", &["watching.cpp"]);
}

#[test]
fn values_are_true() {
    passes("values", &["values.cpp"]);
}

#[test]
fn energies_are_learned() {
    passes("fits", &["fits.cpp"]);
}

#[test]
fn flows_and_counts_are_fitted_and_forecast() {
    passes("flow_fits", &["flow_fits.cpp"]);
}

#[test]
fn every_header_stands_alone_in_every_standard_and_twice() {
    let directory = root().join("bindings/cpp/jkoflow");
    let mut headers = vec!["jkoflow.hpp".to_string()];
    for entry in fs::read_dir(directory).expect("the headers") {
        headers.push(format!("jkoflow/{}", entry.expect("entry").file_name().to_string_lossy()));
    }
    let place = scratch("cpp-headers");
    for name in ["g++", "clang++"] {
        if !tool(name, "the C++ headers") {
            continue;
        }
        for header in &headers {
            let source = place.join("twice.cpp");
            let text = format!("#include <{header}>\n#include <{header}>\nint main() {{ return 0; }}\n");
            fs::write(&source, text).expect("source");
            run(compiler(name, "c++17").arg("-fsyntax-only").arg(&source));
        }
        run(compiler(name, "c++20").arg("-fsyntax-only").arg(root().join("tests/cpp/designated.cpp")));
    }
}
