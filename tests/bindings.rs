//! Every function of the C interface can be reached from each language in `bindings`, or is left out
//! there for a reason: the file `left_out.txt` of the language has lines `function: reason`. What the
//! README of a language shows is a program that runs.

mod native;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
#[cfg(target_os = "linux")]
use std::process::Command;

use native::root;
#[cfg(target_os = "linux")]
use native::{compiler, run, scratch, shared_library, static_library, succeed, tool};

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn cpp_reaches_every_function() {
    reaches_every_function("cpp", &["hpp"]);
}

/// The table of its README names every function, with those that are left out in their list.
#[test]
fn cpp_documents_every_function() {
    let directory = root().join("bindings/cpp");
    let documented = names(&read(&directory.join("README.md")));
    let left_out = left_out(&directory.join("left_out.txt"));
    for function in exported_functions() {
        let known = documented.contains(&function) || left_out.contains_key(&function);
        assert!(known, "the README omits {function}");
    }
}

#[test]
fn julia_reaches_every_function() {
    reaches_every_function("julia", &["jl"]);
}

#[test]
fn matlab_reaches_every_function() {
    reaches_every_function("matlab", &["c", "h"]);
}

#[test]
#[cfg(target_os = "linux")]
fn cpp_readme_runs() {
    if !tool("c++", "the README of the C++ binding") {
        return;
    }
    let place = scratch("readme-cpp");
    let (source, program) = (place.join("readme.cpp"), place.join("readme"));
    fs::write(&source, shown("cpp", "cpp")).expect("source");
    run(compiler(true)
        .arg("-std=c++17")
        .args(native::WARNINGS)
        .args(["include", "bindings/cpp"].map(|place| format!("-I{}", root().join(place).display())))
        .arg(&source)
        .arg(static_library())
        .args(native::SYSTEM_LIBRARIES)
        .arg("-o")
        .arg(&program));
    let text = run(&mut Command::new(program));
    assert!(text.contains("entropy 0.5 +-") && text.contains("later 0.127 +-"), "{text}");
}

#[test]
#[cfg(target_os = "linux")]
fn julia_readme_runs() {
    let julia = std::env::var("JULIA").unwrap_or_else(|_| "julia".into());
    if !tool(&julia, "the README of the Julia package") {
        return;
    }
    let place = scratch("readme-julia");
    let program = place.join("readme.jl");
    fs::write(&program, shown("julia", "julia")).expect("program");
    succeed(
        Command::new(julia)
            .arg("--startup-file=no")
            .arg(format!("--project={}", root().join("bindings/julia/JKOFlow").display()))
            .arg(program)
            // cargo's own, by which the system's loader would find the library before it was named
            .env_remove("LD_LIBRARY_PATH")
            .env("JULIA_DEPOT_PATH", place.join("depot"))
            .env("JKOFLOW_LIBRARY", shared_library()),
    );
}

/// The blocks in this language that the README of a binding shows, one after the other.
fn shown(binding: &str, language: &str) -> String {
    let readme = read(&root().join("bindings").join(binding).join("README.md"));
    let (mut program, mut inside) = (String::new(), false);
    for line in readme.lines() {
        match line.trim_start().strip_prefix("```") {
            Some(opened) => inside = opened == language,
            None if inside => program.extend([line, "\n"]),
            None => {}
        }
    }
    assert!(!program.is_empty(), "the README of {binding} shows nothing in {language}");
    program
}

/// Looks in the sources with these endings, without comments, tests and examples.
fn reaches_every_function(language: &str, endings: &[&str]) {
    let directory = root().join("bindings").join(language);
    let functions = exported_functions();
    let used: BTreeSet<String> = sources(&directory, endings)
        .iter()
        .flat_map(|path| names(&without_comments(&read(path))))
        .collect();
    let left_out = left_out(&directory.join("left_out.txt"));
    for function in &functions {
        assert!(
            used.contains(function) || left_out.contains_key(function),
            "{language} does not reach {function}; use it or say why not in left_out.txt"
        );
    }
    for (function, reason) in &left_out {
        assert!(functions.contains(function), "{language} leaves out {function}, which does not exist");
        assert!(!used.contains(function), "{language} leaves out {function}, but uses it");
        assert!(reason.len() >= 10, "{language} leaves out {function} without a reason");
    }
}

/// The names of the functions that the header declares.
fn exported_functions() -> BTreeSet<String> {
    let header = without_comments(&read(&root().join("include/jkoflow.h")));
    let declared = header.match_indices('(').filter_map(|(at, _)| {
        let name = header[..at].rsplit(|c: char| !is_name(c)).next()?;
        (name.starts_with("jko_")).then(|| name.to_string())
    });
    let functions: BTreeSet<String> = declared.collect();
    assert!(functions.len() > 100, "only {} functions", functions.len());
    functions
}

/// The words of a text that begin with `jko_`.
fn names(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !is_name(c)).filter(|word| word.starts_with("jko_")).map(String::from).collect()
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// A source without what stands between `/*` and `*/`, after `//` or after `#`.
fn without_comments(text: &str) -> String {
    let mut code = String::new();
    let mut pieces = text.split("/*");
    code.push_str(pieces.next().unwrap_or(""));
    for piece in pieces {
        code.push_str(piece.split_once("*/").map_or("", |(_, rest)| rest));
    }
    let lines = code.lines().map(|line| line.split("//").next().unwrap_or(""));
    lines.filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n")
}

/// The files below a directory with these endings, but for tests and examples.
fn sources(directory: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory of sources") {
        let path = entry.expect("entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["test", "tests", "examples"].contains(&name.as_str()) {
                found.extend(sources(&path, endings));
            }
        } else if endings.iter().any(|ending| name.ends_with(&format!(".{ending}"))) {
            found.push(path);
        }
    }
    found
}

fn left_out(path: &Path) -> BTreeMap<String, String> {
    let text = read(path);
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (function, reason) =
                line.split_once(':').unwrap_or_else(|| panic!("{}: {line}", path.display()));
            (function.trim().to_string(), reason.trim().to_string())
        })
        .collect()
}
