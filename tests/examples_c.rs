//! The C examples compile without a warning and say what is true.
#![cfg(target_os = "linux")]

mod native;

use std::process::Command;

use native::{compile, run, succeed};

fn example(name: &str) -> Command {
    Command::new(compile(&format!("examples/c/{name}.c")))
}

/// The number after a label, up to the next blank or comma.
fn number(text: &str, label: &str) -> f64 {
    let rest = text.split(label).nth(1).unwrap_or_else(|| panic!("no {label} in {text}"));
    let word = rest.trim_start().split([' ', ',', '\n']).next().expect("a word");
    word.parse().unwrap_or_else(|_| panic!("{word} is no number"))
}

#[test]
fn graph_knows_its_degrees() {
    let text = run(&mut example("graph"));
    assert!(text.starts_with("4 nodes, 4 edges\n"));
    // the degrees are 2, 3, 7 and 4
    for (node, degree) in [(1, 2.0), (2, 3.0), (3, 7.0), (4, 4.0)] {
        let share = number(&text, &format!("node {node} has the share"));
        assert!((share - degree / 16.0).abs() < 1e-4);
    }
}

#[test]
fn geodesic_lies_between_its_bounds() {
    let text = run(&mut example("geodesic"));
    let distance = number(&text, "distance");
    assert!(number(&text, "between") <= distance && distance <= number(&text, "and "));
    // the mirror image of the path is the path backwards
    let middle: Vec<f64> = text
        .split("halfway:")
        .nth(1)
        .expect("the middle")
        .lines()
        .next()
        .expect("a line")
        .split_whitespace()
        .map(|word| word.parse().expect("a number"))
        .collect();
    assert!((middle[0] - middle[2]).abs() < 1e-3);
}

#[test]
fn solver_sees_the_symmetry_of_the_cycle() {
    let text = run(&mut example("solver"));
    let distances: Vec<&str> = text.lines().map(|line| &line[18..26]).collect();
    assert_eq!(distances.len(), 3);
    assert!(distances.iter().all(|d| *d == distances[0]), "{text}");
}

#[test]
fn flow_spreads_mass_evenly() {
    let text = run(&mut example("flow"));
    let last = text.lines().last().expect("a line");
    assert!((number(last, "first node") - 0.2).abs() < 1e-6);
    assert!(number(last, "energy").abs() < 1e-6);
}

/// Numbers after a label, to the end of the line.
fn numbers(text: &str, label: &str) -> Vec<f64> {
    let line = text.lines().find(|line| line.starts_with(label)).expect("the line");
    line[label.len()..].split_whitespace().map(|word| word.parse().expect("a number")).collect()
}

#[test]
fn barycentre_gives_its_weights_back() {
    let text = run(&mut example("barycentre"));
    // references and weights are mirror images of each other, and so is their mean
    let mean = numbers(&text, "barycentre:");
    assert!((mean.iter().sum::<f64>() - 1.0).abs() < 1e-5);
    assert!((mean[0] - mean[4]).abs() < 2e-6 && (mean[1] - mean[3]).abs() < 2e-6, "{text}");
    for (found, expected) in numbers(&text, "weights:").iter().zip([0.4, 0.4, 0.2]) {
        assert!((found - expected).abs() < 1e-4, "{text}");
    }
}

#[test]
fn metric_measures_the_distance() {
    let text = run(&mut example("metric"));
    let (length, distance) = (number(&text, "length"), number(&text, "distance"));
    assert!(distance > 0.1 && (length - distance).abs() < 1e-7 * distance, "{text}");
    assert!(number(&text, "at the rate") < 0.0);
    assert!(number(&text, "misses the end by") < 1e-6);
}

#[test]
fn fit_finds_what_was_hidden() {
    let text = run(&mut example("fit"));
    assert!((number(&text, "entropy coefficient") - 0.7).abs() < 0.01, "{text}");
    assert!(number(&text, "explains") > 0.999);
}

#[test]
fn simulation_descends_and_stops_at_a_signal() {
    let energies = |text: &str| -> Vec<f64> {
        text.lines().filter(|l| l.starts_with("step")).map(|l| number(l, "energy")).collect()
    };
    let (whole, reports) = succeed(&mut example("simulation"));
    let whole = energies(&whole);
    assert_eq!(whole.len(), 8);
    assert!(whole.windows(2).all(|pair| pair[1] < pair[0]), "{whole:?}");
    assert!(reports.lines().count() >= 8);
    let (part, _) = succeed(example("simulation").arg("3"));
    assert!(part.ends_with("interrupted in step 3; the last whole step is kept\n"), "{part}");
    assert_eq!(energies(&part), whole[..3]);
}
