//! The binary interface is the one that was committed: the names that the shared library exports, and
//! the types behind them as `abidiff` sees them.
//!
//! Rust's own debug information would drag the insides of the handles in. The header is what programs
//! are compiled against, and it is generated from the sources, so what is compared is a library of
//! empty functions with the header's declarations.
#![cfg(target_os = "linux")]

mod native;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use native::{compiler, root, run, scratch, shared_library, tool};

/// The declarations of the header's functions, each up to its semicolon.
fn declarations() -> Vec<String> {
    let header = fs::read_to_string(root().join("include/jkoflow.h")).expect("the header");
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    for line in header.lines() {
        let plain = line.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
        if plain && (line.contains(" *jko_") || line.contains(" jko_")) {
            let is_function = line.contains('(') && !line.starts_with("typedef");
            open = is_function.then(String::new);
        }
        if let Some(text) = &mut open {
            text.push_str(line.trim());
            if line.ends_with(';') {
                found.extend(open.take().map(|text| text.trim_end_matches(';').to_string()));
            }
        }
    }
    found
}

fn name(declaration: &str) -> &str {
    let head = &declaration[..declaration.find('(').expect("arguments")];
    &head[head.rfind("jko_").expect("a name")..]
}

#[test]
fn exported_symbols_are_the_committed_ones() {
    let listing = run(Command::new("nm").args(["-D", "--defined-only"]).arg(shared_library()));
    let mut exported: Vec<&str> =
        listing.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
    exported.sort_unstable();
    let declarations = declarations();
    let mut declared: Vec<&str> = declarations.iter().map(|text| name(text)).collect();
    declared.sort_unstable();
    assert_eq!(exported, declared, "exported, and declared in the header");

    let path = root().join("abi/symbols.txt");
    let text = exported.join("\n") + "\n";
    if std::env::var_os("JKOFLOW_BLESS").is_some() {
        fs::write(&path, &text).expect("written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "the exported symbols differ from abi/symbols.txt; read VERSIONING.md, then renew it with \
         JKOFLOW_BLESS=1 cargo test"
    );
}

/// A shared library, with debug information, of empty functions with the header's declarations.
fn shadow(directory: &Path) -> PathBuf {
    let mut text = String::from("#include <jkoflow.h>\n#include <stdlib.h>\n");
    for declaration in declarations() {
        text.push_str(&format!("{declaration} {{ abort(); }}\n"));
    }
    fs::write(directory.join("shadow.c"), text).expect("source");
    let library = directory.join("libjkoflow.so");
    // no path of this machine in the debug information
    run(compiler(false)
        .current_dir(directory)
        .args(["-w", "-std=c99", "-g", "-O0", "-shared", "-fPIC", "-Wl,-soname,libjkoflow.so", "-I"])
        .arg(root().join("include"))
        .args(["shadow.c", "-o", "libjkoflow.so"]));
    library
}

#[test]
#[cfg(target_arch = "x86_64")]
fn types_are_the_committed_ones() {
    if !tool("abidw", "the binary interface") || !tool("abidiff", "the binary interface") {
        return;
    }
    let library = shadow(&scratch("abi"));
    let baseline = root().join("abi/jkoflow.xml");
    if std::env::var_os("JKOFLOW_BLESS").is_some() {
        run(Command::new("abidw")
            .args(["--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--out-file"])
            .arg(&baseline)
            .arg(&library));
    }
    let report = Command::new("abidiff").arg(&baseline).arg(&library).output().expect("abidiff runs");
    assert!(
        report.status.success(),
        "the binary interface differs from abi/jkoflow.xml; read VERSIONING.md, then renew it with \
         JKOFLOW_BLESS=1 cargo test\n{}{}",
        String::from_utf8_lossy(&report.stdout),
        String::from_utf8_lossy(&report.stderr)
    );
}
