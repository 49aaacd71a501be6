//! The fit that several processes share, where Open MPI is installed.
#![cfg(target_os = "linux")]

mod native;

use std::path::PathBuf;
use std::process::Command;

use native::{root, run, scratch, static_library, tool, SYSTEM_LIBRARIES};

fn compiled() -> PathBuf {
    let program = scratch("mpi").join("fit");
    run(Command::new("mpicc")
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(root().join("include"))
        .arg(root().join("examples/mpi/fit.c"))
        .arg(static_library())
        .args(SYSTEM_LIBRARIES)
        .arg("-o")
        .arg(&program));
    program
}

/// What is printed after a label.
fn number(text: &str, label: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(label)).expect("a line with the label");
    let word = line[label.len()..].split_whitespace().next().expect("a number");
    word.parse().unwrap_or_else(|_| panic!("{word} is no number"))
}

/// Four processes find what one finds, and that is what was hidden, up to the bias of the time step.
#[test]
fn four_processes_share_a_fit() {
    if !["mpicc", "mpirun"].into_iter().all(|program| tool(program, "a fit shared by processes")) {
        return;
    }
    let program = compiled();
    let with = |processes: &str| {
        run(Command::new("mpirun")
            .args(["--allow-run-as-root", "--oversubscribe", "-n", processes])
            .arg(&program))
    };
    let (one, four) = (with("1"), with("4"));
    assert!(one.contains("process 0 of 1: 60 of 60 steps are its own"), "{one}");
    for rank in 0..4 {
        let line = format!("process {rank} of 4: 15 of 60 steps are its own");
        assert!(four.contains(&line), "{four}");
    }
    for (label, hidden, bias) in
        [("entropy:", 0.5, 1e-3), ("one hop apart:", 6.0, 0.06), ("two hops apart:", 0.0, 0.06)]
    {
        let (alone, shared) = (number(&one, label), number(&four, label));
        assert!((alone - shared).abs() < 1e-9 * f64::max(hidden, 1.0), "{label} {alone} {shared}");
        assert!((shared - hidden).abs() < bias, "{label} {shared}");
    }
    assert!(number(&four, "largest error of the potential:") < 1e-2, "{four}");
}
