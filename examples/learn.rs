//! The free energy that drives snapshots of a process on a graph.
//!
//! ```text
//! cargo run --release --example learn -- EDGES.csv DISTRIBUTIONS.csv
//! ```

mod common;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use common::arguments::{self, Argument, Arguments};
use common::failure::{self, Failure, Outcome};
use common::input::{self, Snapshots};
use common::plot::{self, Learned};
use common::progress::Progress;
use common::text;
use jkoflow::{Fit, FitOptions, FittedEnergy, FlowOptions, Graph, Loss, Reference, Ridge, Term};
use serde_json::json;

const HELP: &str = "\
The free energy (a potential on the nodes and an entropy) that drives snapshots of a process.

usage: learn EDGES.csv DISTRIBUTIONS.csv [MORE.csv ...] [options]

EDGES.csv has the header source,target or source,target,weight and a row per undirected
edge. DISTRIBUTIONS.csv has the header node,TIME,TIME,... and a row per node; each column
is a snapshot with mass on every node, scaled to sum to one. MORE.csv are further trajectories
of the same nodes.

  --reference degree|uniform         the reference measure on the nodes [degree]
  --terms potential,entropy          what is learned [both]
  --loss symmetric|backward|forward  where a step must be optimal: in the mean of its ends (for
                                     snapshots of a continuous process), at its end (for JKO
                                     iterates), at its start [symmetric]
  --ridge R                          penalty on the squared potential, R times the mean diagonal of
                                     the potential's block of the normal matrix [1e-6]
  --json                             one JSON object instead of a table
  --plot FILE.svg                    draw the potential and its predictions
  --help                             this text

Exit codes: 0 success, 1 some pair did not converge and was left out, 2 a bad option or a bad file.
";

/// Decides between potentials that the data do not tell apart, and changes little else.
const DEFAULT_RIDGE: f64 = 1e-6;
/// The table shows this many of the lowest and of the highest potentials.
const SHOWN: usize = 10;

fn main() -> ExitCode {
    failure::run(program)
}

struct Options {
    edges: PathBuf,
    distributions: Vec<PathBuf>,
    reference: Reference,
    fit: FitOptions,
    ridge: Ridge,
    json: bool,
    plot: Option<PathBuf>,
}

impl Options {
    /// Whether the term of this name is learned.
    fn has(&self, term: &str) -> bool {
        self.fit.terms.iter().any(|t| t.name() == term)
    }
}

/// A fit and the number of pairs that had to be left out.
struct Result {
    fitted: FittedEnergy,
    left_out: usize,
    seconds: f64,
}

fn program() -> Outcome<bool> {
    let Some(options) = parse()? else {
        failure::print(HELP)?;
        return Ok(true);
    };
    let trajectories = read_trajectories(&options.distributions)?;
    let graph = input::read_graph(&options.edges, &trajectories[0], options.reference)?;
    trajectories.iter().for_each(Snapshots::note_scaling);

    let result = learn(&graph, &trajectories, &options)?;
    let nodes = &trajectories[0].nodes;
    failure::print(&if options.json {
        to_json(nodes, &result)
    } else {
        to_table(nodes, &result, &options)
    })?;
    if let Some(file) = &options.plot {
        write_plot(file, &graph, &trajectories[0], &result.fitted, &options)?;
    }
    Ok(result.left_out == 0)
}

/// `None` when help is wanted.
fn parse() -> Outcome<Option<Options>> {
    let mut arguments = Arguments::from_command_line();
    let (mut reference, mut fit, mut ridge) = (Reference::Degree, FitOptions::default(), DEFAULT_RIDGE);
    let (mut json, mut plot) = (false, None);
    let mut files = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            Argument::File(file) => files.push(file),
            Argument::Option(option) => match option.as_str() {
                "--help" | "-h" => return Ok(None),
                "--reference" => reference = arguments.choice(&option, &arguments::REFERENCES)?,
                "--terms" => fit.terms = parse_terms(&arguments.value(&option)?)?,
                "--loss" => {
                    fit.loss = arguments.choice(&option, &Loss::ALL.map(|loss| (loss.name(), loss)))?
                }
                "--ridge" => ridge = parse_ridge(&arguments.value(&option)?)?,
                "--json" => json = true,
                "--plot" => plot = Some(PathBuf::from(arguments.value(&option)?)),
                _ => return Err(arguments::unknown(&option)),
            },
        }
    }
    if files.len() < 2 {
        let message = format!(
            "at least two files are needed, EDGES.csv and DISTRIBUTIONS.csv, but {} came",
            files.len()
        );
        return Err(Failure::usage(message + "; --help says more"));
    }
    if let Some(plot) = &plot {
        refuse_to_overwrite(plot, &files)?;
    }
    let edges = files.remove(0);
    let ridge = Ridge::on_potential(ridge);
    Ok(Some(Options { edges, distributions: files, reference, fit, ridge, json, plot }))
}

/// The plot must not replace what it is made from.
fn refuse_to_overwrite(plot: &Path, inputs: &[PathBuf]) -> Outcome<()> {
    let Ok(target) = plot.canonicalize() else { return Ok(()) };
    match inputs.iter().find(|input| input.canonicalize().is_ok_and(|path| path == target)) {
        Some(input) => {
            let message = format!("--plot: {} is an input and would be overwritten", input.display());
            Err(Failure::usage(message))
        }
        None => Ok(()),
    }
}

fn parse_terms(list: &str) -> Outcome<Vec<Term>> {
    let mut terms: Vec<Term> = Vec::new();
    for name in list.split(',') {
        let term = match name.trim() {
            "potential" => Term::potential(),
            "entropy" => Term::entropy(),
            other => {
                let message = format!("--terms: {other:?} is not one of potential, entropy");
                return Err(Failure::usage(message));
            }
        };
        if terms.iter().any(|t| t.name() == term.name()) {
            return Err(Failure::usage(format!("--terms: {name} is named twice")));
        }
        terms.push(term);
    }
    Ok(terms)
}

fn parse_ridge(value: &str) -> Outcome<f64> {
    match value.parse::<f64>() {
        Ok(ridge) if ridge.is_finite() && ridge >= 0.0 => Ok(ridge),
        _ => Err(Failure::usage(format!("--ridge: {value:?} is not a non-negative number"))),
    }
}

/// All in the node order of the first.
fn read_trajectories(files: &[PathBuf]) -> Outcome<Vec<Snapshots>> {
    let first = Snapshots::read_positive(&files[0])?;
    let mut trajectories = Vec::with_capacity(files.len());
    for file in &files[1..] {
        trajectories.push(Snapshots::read_positive_in_order(file, &first.nodes, first.file_name())?);
    }
    trajectories.insert(0, first);
    Ok(trajectories)
}

fn learn(graph: &Graph, trajectories: &[Snapshots], options: &Options) -> Outcome<Result> {
    let start = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get());
    let progress = Progress::new("geodesics", trajectories.iter().map(Snapshots::pairs).sum());
    let mut fit = Fit::new(graph, options.fit.clone()).map_err(Failure::computation)?;
    let mut failed = Vec::new();
    for snapshots in trajectories {
        let geodesics = graph
            .geodesics_watched(&snapshots.masses, &options.fit.geodesic, threads, &|| progress.step())
            .map_err(Failure::computation)?;
        for (k, geodesic) in geodesics.iter().enumerate() {
            if geodesic.converged() {
                let tau = snapshots.times[k + 1] - snapshots.times[k];
                fit.add_pair(geodesic, tau, 1.0).map_err(Failure::computation)?;
            } else {
                let (file, from, to) =
                    (snapshots.file_name(), &snapshots.headings[k], &snapshots.headings[k + 1]);
                let why = geodesic.termination().describe();
                failed.push(format!("note: {file}: the pair from {from} to {to} is left out: it {why}"));
            }
        }
    }
    drop(progress);
    failed.iter().for_each(|line| failure::note(line));
    if fit.pairs() == 0 {
        let message = "nothing to learn from: no pair of snapshots has a geodesic; use closer snapshots";
        return Err(Failure::computation(message));
    }
    let fitted = fit.solve(&options.ridge).map_err(Failure::computation)?;
    Ok(Result { fitted, left_out: failed.len(), seconds: start.elapsed().as_secs_f64() })
}

/// Non-finite numbers become `null`.
fn to_json(nodes: &[String], result: &Result) -> String {
    let object = json!({
        "nodes": nodes,
        "potential": result.fitted.potential(),
        "entropy": result.fitted.entropy(),
        "pairs": result.fitted.pairs(),
        "explained": result.fitted.explained(),
        "seconds": result.seconds,
    });
    format!("{object}\n")
}

fn to_table(nodes: &[String], result: &Result, options: &Options) -> String {
    let fitted = &result.fitted;
    let mut text = String::new();
    if options.has("potential") {
        text += &potential_table(nodes, fitted.potential());
        text += "\nMass flows towards low potential.\n";
    }
    if options.has("entropy") {
        text += &format!(
            "Entropy coefficient: {} ({})\n",
            text::number(fitted.entropy(), 6),
            match fitted.entropy() {
                b if b > 0.0 => "above zero: it spreads mass",
                b if b < 0.0 => "below zero: it gathers mass",
                _ => "zero: it does nothing",
            }
        );
    }
    let percent = 100.0 * fitted.explained();
    text += &format!(
        "Explained: {percent:.1} % of the motion in {}\n",
        text::counted(fitted.pairs(), "step")
    );
    text + &caution(nodes.len(), fitted.pairs(), &options.fit.terms)
}

/// Says so when there are hardly more data than coefficients.
fn caution(nodes: usize, pairs: usize, terms: &[Term]) -> String {
    let coefficients: usize =
        terms.iter().map(|term| if term.name() == "potential" { nodes - 1 } else { 1 }).sum();
    let numbers = pairs * (nodes - 1);
    if numbers >= 3 * coefficients {
        return String::new();
    }
    format!("Caution: {coefficients} coefficients from {numbers} observed changes fit well by chance.\n")
}

/// From the lowest to the highest; of many nodes only the extremes.
fn potential_table(nodes: &[String], potential: &[f64]) -> String {
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    order.sort_by(|&x, &y| potential[x].total_cmp(&potential[y]));
    let row = |&x: &usize| vec![nodes[x].clone(), text::number(potential[x], 6)];
    let rows: Vec<Vec<String>> = if order.len() <= 2 * SHOWN + 1 {
        order.iter().map(row).collect()
    } else {
        let gap = vec![format!("... {} more ...", order.len() - 2 * SHOWN), String::new()];
        let (lowest, highest) = (&order[..SHOWN], &order[order.len() - SHOWN..]);
        lowest.iter().map(row).chain([gap]).chain(highest.iter().map(row)).collect()
    };
    text::table(&["node", "potential"], &rows, 1)
}

fn write_plot(
    file: &Path,
    graph: &Graph,
    snapshots: &Snapshots,
    fitted: &FittedEnergy,
    options: &Options,
) -> Outcome<()> {
    let learned = Learned {
        snapshots,
        edges: graph.edges(),
        potential: fitted.potential(),
        entropy: fitted.entropy(),
        terms: &options.fit.terms,
        explained: fitted.explained(),
        pairs: fitted.pairs(),
        predicted: &predict_steps(snapshots, fitted),
        from_first: &predict_all(snapshots, fitted),
    };
    std::fs::write(file, plot::draw(&learned))
        .map_err(|error| Failure::usage(format!("{}: cannot be written: {error}", file.display())))
}

/// The flow from each snapshot to the time of the next; NaN where it cannot be continued.
fn predict_steps(snapshots: &Snapshots, fitted: &FittedEnergy) -> Vec<Vec<f64>> {
    let progress = Progress::new("predictions", snapshots.pairs());
    let mut predicted = Vec::with_capacity(snapshots.pairs());
    let mut failed = 0;
    for (mass, times) in snapshots.masses.iter().zip(snapshots.times.windows(2)) {
        predicted.push(flow(mass, times, fitted).unwrap_or_else(|_| {
            failed += 1;
            vec![f64::NAN; mass.len()]
        }));
        progress.step();
    }
    drop(progress);
    if failed > 0 {
        let steps = text::counted(failed, "step");
        failure::note(&format!("note: the plot lacks {steps} in which the flow could not be continued"));
    }
    predicted
}

/// The flow from the first snapshot at each of the times, as far as it can be continued.
fn predict_all(snapshots: &Snapshots, fitted: &FittedEnergy) -> Vec<Vec<f64>> {
    let progress = Progress::new("long prediction", snapshots.pairs());
    let mut masses = vec![snapshots.masses[0].clone()];
    for times in snapshots.times.windows(2) {
        match flow(&masses[masses.len() - 1], times, fitted) {
            Ok(mass) => masses.push(mass),
            Err(error) => {
                drop(progress);
                failure::note(&format!(
                    "note: the plot's prediction from the first snapshot ends early: {error}"
                ));
                return masses;
            }
        }
        progress.step();
    }
    masses
}

/// The masses at the second time, when `start` are those at the first.
fn flow(start: &[f64], times: &[f64], fitted: &FittedEnergy) -> jkoflow::Result<Vec<f64>> {
    let flow = fitted.energy()?.flow(start, times, &FlowOptions::default())?;
    Ok(flow.masses()[1].clone())
}
