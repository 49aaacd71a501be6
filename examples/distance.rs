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
use common::input::{self, Entries, Snapshots};
use common::progress::Progress;
use common::text;
use jkoflow::{BoundOptions, Bounds, Error, Geodesic, GeodesicOptions, GeodesicSolver, Mean, Reference};
use serde_json::json;

const HELP: &str = "\
Distances W_K between consecutive snapshots of a process on a graph.

usage: distance EDGES.csv DISTRIBUTIONS.csv [options]

EDGES.csv has the header source,target or source,target,weight and a row per undirected
edge. DISTRIBUTIONS.csv has the header node,TIME,TIME,... and a row per node; each column
is a snapshot, scaled to sum to one; nodes may be empty.

  --reference degree|uniform               the reference measure on the nodes [degree]
  --mean log|geometric|harmonic|arithmetic the mobility of an edge [log]
  --tolerance T                            relative accuracy wanted in the distance and potentials
                                           [1e-9; 1e-4 where an end is nearly empty somewhere]
  --gap G                                  gap wanted between lower and upper bound, relative to the
                                           upper one [1e-4]
  --no-bounds                              leave out the bounds, which take longer than the distance
                                           where nodes are empty
  --json                                   one JSON object, with the potentials, instead of a table
  --help                                   this text

The bounds enclose the exact distance, whether or not the solver converged.
In the JSON object null stands for what is infinite or undefined: potentials at empty nodes,
bounds that were left out or could not be computed.

Exit codes: 0 success, 1 some pair did not converge, 2 a bad option or a bad file.
";

fn main() -> ExitCode {
    failure::run(program)
}

struct Options {
    edges: PathBuf,
    distributions: PathBuf,
    reference: Reference,
    geodesic: GeodesicOptions,
    /// `None` when they are not wanted.
    bounds: Option<BoundOptions>,
    json: bool,
}

struct Solved {
    geodesic: Geodesic,
    bounds: Option<Bounds>,
    /// Without the bounds.
    seconds: f64,
}

fn program() -> Outcome<bool> {
    let Some(options) = parse()? else {
        failure::print(HELP)?;
        return Ok(true);
    };
    let snapshots = Snapshots::read(&options.distributions, Entries::Masses)?;
    let graph = input::read_graph(&options.edges, &snapshots, options.reference)?;
    snapshots.note_scaling();

    let mut solver = GeodesicSolver::new(&graph, options.geodesic).map_err(Failure::computation)?;
    let solved = solve(&mut solver, &snapshots, options.bounds.as_ref())?;
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
    let (mut reference, mut geodesic) = (Reference::Degree, GeodesicOptions::default());
    let (mut bound_options, mut with_bounds, mut json) = (BoundOptions::default(), true, false);
    let mut files = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            Argument::File(file) => files.push(file),
            Argument::Option(option) => match option.as_str() {
                "--help" | "-h" => return Ok(None),
                "--reference" => reference = arguments.choice(&option, &arguments::REFERENCES)?,
                "--mean" => {
                    geodesic.mean =
                        arguments.choice(&option, &Mean::ALL.map(|mean| (mean.name(), mean)))?
                }
                "--tolerance" => geodesic.tolerance = Some(arguments.fraction(&option)?),
                "--gap" => bound_options.gap = arguments.fraction(&option)?,
                "--no-bounds" => with_bounds = false,
                "--json" => json = true,
                _ => return Err(arguments::unknown(&option)),
            },
        }
    }
    match <[PathBuf; 2]>::try_from(files) {
        Ok([edges, distributions]) => {
            let bounds = with_bounds.then_some(bound_options);
            Ok(Some(Options { edges, distributions, reference, geodesic, bounds, json }))
        }
        Err(files) => {
            let message = format!(
                "two files are needed, EDGES.csv and DISTRIBUTIONS.csv, but {} came",
                files.len()
            );
            Err(Failure::usage(message + "; --help says more"))
        }
    }
}

fn solve(
    solver: &mut GeodesicSolver,
    snapshots: &Snapshots,
    bound_options: Option<&BoundOptions>,
) -> Outcome<Vec<Solved>> {
    let progress = Progress::new("geodesics", snapshots.pairs());
    let mut solved = Vec::with_capacity(snapshots.pairs());
    for pair in snapshots.masses.windows(2) {
        let start = Instant::now();
        let geodesic = solver.solve(&pair[0], &pair[1]).map_err(Failure::computation)?;
        let seconds = start.elapsed().as_secs_f64();
        let bounds = match bound_options {
            Some(options) => enclose(&geodesic, options)?,
            None => None,
        };
        solved.push(Solved { geodesic, bounds, seconds });
        progress.step();
    }
    Ok(solved)
}

/// The bounds; `None` where the masses are too small for them, which says nothing against the distance.
fn enclose(geodesic: &Geodesic, options: &BoundOptions) -> Outcome<Option<Bounds>> {
    match geodesic.bounds(options) {
        Ok(bounds) => Ok(Some(bounds)),
        Err(Error::Singular { .. }) => Ok(None),
        Err(other) => Err(Failure::computation(other)),
    }
}

/// Non-finite numbers become `null`.
fn to_json(snapshots: &Snapshots, solved: &[Solved]) -> String {
    let pairs: Vec<_> = solved
        .iter()
        .zip(snapshots.headings.windows(2))
        .map(|(Solved { geodesic, bounds, seconds }, times)| {
            json!({
                "from": times[0],
                "to": times[1],
                "distance": geodesic.distance(),
                "lower": bounds.map(|bounds| bounds.lower),
                "upper": bounds.map(|bounds| bounds.upper),
                "bounds_reached": bounds.map(|bounds| bounds.reached),
                "error_estimate": geodesic.error_estimate(),
                "potential_start": geodesic.potential_start(),
                "potential_end": geodesic.potential_end(),
                "converged": geodesic.converged(),
                "method": geodesic.method(),
                "reason": geodesic.reason(),
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
        .map(|(Solved { geodesic, bounds, seconds }, times)| {
            let (lower, upper) = match bounds {
                Some(bounds) => {
                    (text::number_below(bounds.lower, 6), text::number_above(bounds.upper, 6))
                }
                None => ("-".to_string(), "-".to_string()),
            };
            vec![
                times[0].clone(),
                times[1].clone(),
                text::number(geodesic.distance(), 6),
                lower,
                upper,
                format!("{:.1e}", geodesic.error_estimate()),
                geodesic.iterations().to_string(),
                format!("{:.2}", 1e3 * seconds),
                if geodesic.converged() { "yes" } else { "NO" }.to_string(),
            ]
        })
        .collect();
    let header =
        ["from", "to", "distance", "lower", "upper", "rel. error", "iterations", "ms", "converged"];
    text::table(&header, &rows, 0)
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
        if let Some(bounds) = solved.bounds.filter(|bounds| !bounds.reached) {
            let gap = format!("{:.1e}", bounds.gap());
            failure::note(&format!(
                "note: from {} to {} the bounds stay {gap} apart",
                times[0], times[1]
            ));
        }
    }
    all
}
