//! Distances between consecutive snapshots of a process on a graph.
//!
//! ```text
//! cargo run --release --example distance -- EDGES.csv DISTRIBUTIONS.csv
//! ```

mod common;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use common::arguments::{self, Argument, Arguments};
use common::failure::{self, Failure, Outcome};
use common::input::{self, Snapshots};
use common::progress::Progress;
use common::text;
use jkoflow::{Geodesic, GeodesicOptions, GeodesicSolver, Mean, Reference};
use serde_json::json;

const HELP: &str = "\
Distances W_K between consecutive snapshots of a process on a graph.

usage: distance EDGES.csv DISTRIBUTIONS.csv [options]

EDGES.csv has the header source,target or source,target,weight and a row per undirected
edge. DISTRIBUTIONS.csv has the header node,TIME,TIME,... and a row per node; each column
is a snapshot, scaled to sum to one.

  --reference degree|uniform               the reference measure on the nodes [degree]
  --mean log|geometric|harmonic|arithmetic the mobility of an edge [log]
  --json                                   one JSON object, with the potentials, instead of a table
  --help                                   this text

Exit codes: 0 success, 1 some pair did not converge, 2 a bad option or a bad file.
";

fn main() -> ExitCode {
    failure::run(program)
}

struct Options {
    edges: PathBuf,
    distributions: PathBuf,
    reference: Reference,
    mean: Mean,
    json: bool,
}

struct Solved {
    geodesic: Geodesic,
    seconds: f64,
}

fn program() -> Outcome<bool> {
    let Some(options) = parse()? else {
        failure::print(HELP)?;
        return Ok(true);
    };
    let snapshots = Snapshots::read(&options.distributions)?;
    let graph = input::read_graph(&options.edges, &snapshots, options.reference)?;
    snapshots.note_scaling();

    let geodesic_options = GeodesicOptions::default().with_mean(options.mean);
    let mut solver = GeodesicSolver::new(&graph, geodesic_options).map_err(Failure::computation)?;
    let solved = solve(&mut solver, &snapshots)?;
    failure::print(&if options.json {
        to_json(&snapshots, &solved)
    } else {
        to_table(&snapshots, &solved)
    })?;
    Ok(note_failures(&snapshots, &solved))
}

/// `None` when help is wanted.
fn parse() -> Outcome<Option<Options>> {
    let mut arguments = Arguments::from_command_line();
    let (mut reference, mut mean, mut json) = (Reference::Degree, Mean::Logarithmic, false);
    let mut files = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            Argument::File(file) => files.push(file),
            Argument::Option(option) => match option.as_str() {
                "--help" | "-h" => return Ok(None),
                "--reference" => reference = arguments.choice(&option, &arguments::REFERENCES)?,
                "--mean" => {
                    mean = arguments.choice(&option, &Mean::ALL.map(|mean| (mean.name(), mean)))?
                }
                "--json" => json = true,
                _ => return Err(arguments::unknown(&option)),
            },
        }
    }
    match <[PathBuf; 2]>::try_from(files) {
        Ok([edges, distributions]) => Ok(Some(Options { edges, distributions, reference, mean, json })),
        Err(files) => {
            let message = format!(
                "two files are needed, EDGES.csv and DISTRIBUTIONS.csv, but {} came",
                files.len()
            );
            Err(Failure::usage(message + "; --help says more"))
        }
    }
}

fn solve(solver: &mut GeodesicSolver, snapshots: &Snapshots) -> Outcome<Vec<Solved>> {
    let progress = Progress::new("geodesics", snapshots.pairs());
    let mut solved = Vec::with_capacity(snapshots.pairs());
    for pair in snapshots.masses.windows(2) {
        let start = Instant::now();
        let geodesic = solver.solve(&pair[0], &pair[1]).map_err(Failure::computation)?;
        solved.push(Solved { geodesic, seconds: start.elapsed().as_secs_f64() });
        progress.step();
    }
    Ok(solved)
}

/// Non-finite numbers become `null`.
fn to_json(snapshots: &Snapshots, solved: &[Solved]) -> String {
    let pairs: Vec<_> = solved
        .iter()
        .zip(snapshots.headings.windows(2))
        .map(|(Solved { geodesic, seconds }, times)| {
            json!({
                "from": times[0],
                "to": times[1],
                "distance": geodesic.distance(),
                "error_estimate": geodesic.error_estimate(),
                "potential_start": geodesic.potential_start(),
                "potential_end": geodesic.potential_end(),
                "converged": geodesic.converged(),
                "method": geodesic.method(),
                "iterations": geodesic.iterations(),
                "seconds": seconds,
            })
        })
        .collect();
    format!("{}\n", json!({ "nodes": snapshots.nodes, "pairs": pairs }))
}

fn to_table(snapshots: &Snapshots, solved: &[Solved]) -> String {
    let rows: Vec<Vec<String>> = solved
        .iter()
        .zip(snapshots.headings.windows(2))
        .map(|(Solved { geodesic, seconds }, times)| {
            vec![
                times[0].clone(),
                times[1].clone(),
                text::number(geodesic.distance(), 6),
                format!("{:.1e}", geodesic.error_estimate()),
                geodesic.iterations().to_string(),
                format!("{:.2}", 1e3 * seconds),
                if geodesic.converged() { "yes" } else { "NO" }.to_string(),
            ]
        })
        .collect();
    text::table(&["from", "to", "distance", "rel. error", "iterations", "ms", "converged"], &rows, 0)
}

/// Whether every pair converged; names those that did not.
fn note_failures(snapshots: &Snapshots, solved: &[Solved]) -> bool {
    let mut all = true;
    for (solved, times) in solved.iter().zip(snapshots.headings.windows(2)) {
        if !solved.geodesic.converged() {
            let why = solved.geodesic.termination().describe();
            failure::note(&format!("note: the pair from {} to {} {why}", times[0], times[1]));
            all = false;
        }
    }
    all
}
