//! The worked story in every language: distances between years of income data, the energy that is
//! learned from them, and its forecast. Each program prints lines of a key and a value, which must be
//! those of Rust.
#![cfg(target_os = "linux")]

mod native;

use std::path::PathBuf;
use std::process::Command;

use jkoflow::{Duplicates, Fit, FitOptions, FlowOptions, GeodesicOptions, Graph, Reference, Ridge};
use native::{compile, root, run, scratch, shared_library, static_library, succeed, tool};

/// How far languages may differ, relatively.
const TOLERANCE: f64 = 1e-12;

fn data(name: &str) -> PathBuf {
    root().join("examples/data/us_income").join(name)
}

#[test]
fn story_in_c() {
    agrees("C", &run(Command::new(compile("examples/c/story.c")).arg(data(""))));
}

#[test]
fn story_in_cpp() {
    if !tool("g++", "the story in C++") {
        return;
    }
    let program = scratch("story-cpp").join("story");
    run(Command::new("g++")
        .args(["-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"])
        .args(["include", "bindings/cpp"].map(|place| format!("-I{}", root().join(place).display())))
        .arg(root().join("bindings/cpp/examples/story.cpp"))
        .arg(static_library())
        .args(native::SYSTEM_LIBRARIES)
        .arg("-o")
        .arg(&program));
    agrees("C++", &run(Command::new(program).arg(data(""))));
}

#[test]
fn story_in_julia() {
    let julia = std::env::var("JULIA").unwrap_or_else(|_| "julia".into());
    let story = root().join("bindings/julia/story.jl");
    let what = "the story in Julia";
    if !tool(&julia, what) {
        return;
    }
    let (text, _) = succeed(
        Command::new(julia)
            .arg("--startup-file=no")
            .arg(format!("--project={}", root().join("bindings/julia/JKOFlow").display()))
            .arg(story)
            // cargo's own, by which the system's loader would find the library before it was named
            .env_remove("LD_LIBRARY_PATH")
            .env("JULIA_DEPOT_PATH", scratch("story-julia").join("depot"))
            .env("JKOFLOW_LIBRARY", shared_library()),
    );
    agrees("Julia", &text);
}

#[test]
fn story_in_octave() {
    let binding = root().join("bindings/matlab");
    let what = "the story in Octave";
    if !tool("octave-cli", what) || !tool("mkoctfile", what) {
        return;
    }
    let place = scratch("story-octave");
    let program = format!("build('{}', '{}'); story()", place.display(), static_library().display());
    let (text, _) = succeed(
        Command::new("octave-cli")
            .args(["--norc", "--no-history", "--no-gui"])
            .current_dir(&place)
            .arg("--path")
            .arg(&place)
            .arg("--path")
            .arg(&binding)
            .arg("--eval")
            .arg(program),
    );
    agrees("Octave", &text);
}

/// Compares the lines that a program printed with those of Rust.
fn agrees(language: &str, text: &str) {
    let (found, expected) = (lines(text), told_by_rust());
    assert_eq!(found.len(), expected.len(), "{language} printed\n{text}");
    for ((key, value), (expected_key, expected)) in found.iter().zip(&expected) {
        assert_eq!(key, expected_key, "{language}");
        let miss = (value - expected).abs();
        assert!(miss <= TOLERANCE * expected.abs(), "{language}: {key} is {value:e}, not {expected:e}");
    }
}

/// Keys and values; the last word of a line is the value.
fn lines(text: &str) -> Vec<(String, f64)> {
    text.lines()
        .map(|line| {
            let (key, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value in {line}"));
            (key.to_string(), value.parse().unwrap_or_else(|_| panic!("no number in {line}")))
        })
        .collect()
}

/// The story by the library itself.
fn told_by_rust() -> Vec<(String, f64)> {
    let (states, years, snapshots) = read_income();
    let graph = read_graph(&states);
    let paths = graph.geodesics(&snapshots[..11], &GeodesicOptions::default(), 1).expect("geodesics");
    // the default loss is the symmetric one
    let mut fit = Fit::new(&graph, FitOptions::default()).expect("fit");
    fit.add_trajectory(&years, &snapshots, 1).expect("snapshots");
    let fitted = fit.solve(&Ridge::on_potential(0.1)).expect("energy");
    let last = snapshots.last().expect("snapshots");
    let energy = fitted.energy().expect("energy of the terms");
    let flow = energy.flow(last, &[0.0, 1.0], &FlowOptions::default()).expect("flow");

    let mut told = vec![("nodes".to_string(), states.len() as f64)];
    let mut tell = |key: &str, values: &[f64]| {
        told.extend(values.iter().enumerate().map(|(k, &value)| (format!("{key} {k}"), value)));
    };
    tell("distance", &paths.iter().map(|path| path.distance()).collect::<Vec<_>>());
    tell("potential", fitted.potential());
    tell("forecast", &flow.masses()[1]);
    told.insert(11, ("entropy".to_string(), fitted.entropy()));
    told
}

/// States, years and a distribution per year.
fn read_income() -> (Vec<String>, Vec<f64>, Vec<Vec<f64>>) {
    let mut file = csv::Reader::from_path(data("income.csv")).expect("income");
    let years: Vec<f64> = file
        .headers()
        .expect("header")
        .iter()
        .skip(1)
        .map(|year| year.parse().expect("a year"))
        .collect();
    let (mut states, mut snapshots) = (Vec::new(), vec![Vec::new(); years.len()]);
    for row in file.records() {
        let row = row.expect("row");
        states.push(row[0].to_string());
        for (snapshot, income) in snapshots.iter_mut().zip(row.iter().skip(1)) {
            snapshot.push(income.parse::<f64>().expect("income"));
        }
    }
    for snapshot in &mut snapshots {
        let sum: f64 = snapshot.iter().sum();
        snapshot.iter_mut().for_each(|share| *share /= sum);
    }
    (states, years, snapshots)
}

fn read_graph(states: &[String]) -> Graph {
    let mut file = csv::Reader::from_path(data("edges.csv")).expect("edges");
    let number = |name: &str| states.iter().position(|state| state == name).expect("a state");
    let edges: Vec<(usize, usize, f64)> = file
        .records()
        .map(|row| row.expect("row"))
        .map(|row| (number(&row[0]), number(&row[1]), 1.0))
        .collect();
    Graph::from_weights(states.len(), &edges, Reference::Uniform, Duplicates::Refuse).expect("graph")
}
