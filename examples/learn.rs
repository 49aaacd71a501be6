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
use common::report::{self, Report, Validation};
use common::text;
use jkoflow::{
    Candidate, Fit, FitOptions, FittedEnergy, FlowOptions, Folds, Graph, Loss, Reference, Ridge, Term,
    Weight,
};

const HELP: &str = "\
The free energy (a potential on the nodes, an entropy, ...) that drives snapshots of a process.

usage: learn EDGES.csv DISTRIBUTIONS.csv [MORE.csv ...] [options]

EDGES.csv has the header source,target or source,target,weight and a row per undirected
edge. DISTRIBUTIONS.csv has the header node,TIME,TIME,... and a row per node; each column
is a snapshot with mass on every node, scaled to sum to one. MORE.csv are further trajectories
of the same nodes.

  --reference degree|uniform         the reference measure on the nodes [degree]
  --terms TERM,TERM,...              what is learned [potential,entropy]; a TERM is one of
                                     potential, entropy, interaction-by-hops:D (a coefficient
                                     for each distance of 1 to D edges), power:M (the internal
                                     energy of density to the power M, as of porous media)
  --loss symmetric|backward|forward  where a step must be optimal: in the mean of its ends (for
                                     snapshots of a continuous process), at its end (for JKO
                                     iterates), at its start [symmetric]
  --weight metric|flux               what counts: speed left unexplained, or flux, in which edges
                                     between nearly empty nodes weigh less [metric]
  --ridge R                          penalty on the squared potential, R times the mean diagonal of
                                     the potential's block of the normal matrix [1e-6]
  --cross-validate                   which terms explain steps that were not learned from; chooses
                                     the ridge by the same test unless --ridge is given
  --json                             one JSON object instead of a table
  --plot FILE.svg                    draw the potential and its predictions
  --help                             this text

Exit codes: 0 success, 1 some pair did not converge and was left out, 2 a bad option or a bad file.
";

/// Decides between potentials that the data do not tell apart, and changes little else.
const DEFAULT_RIDGE: f64 = 1e-6;
/// Ridges that are compared.
const RIDGES: [f64; 7] = [1e-6, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0];
/// Blocks of steps that are left out in turn.
const BLOCKS: usize = 10;

fn main() -> ExitCode {
    failure::run(program)
}

struct Options {
    edges: PathBuf,
    distributions: Vec<PathBuf>,
    reference: Reference,
    fit: FitOptions,
    /// None where it is to be chosen.
    ridge: Option<f64>,
    cross_validate: bool,
    json: bool,
    plot: Option<PathBuf>,
}

fn program() -> Outcome<bool> {
    let Some(options) = parse()? else {
        failure::print(HELP)?;
        return Ok(true);
    };
    let trajectories = read_trajectories(&options.distributions)?;
    let graph = input::read_graph(&options.edges, &trajectories[0], options.reference)?;
    trajectories.iter().for_each(Snapshots::note_scaling);

    let start = Instant::now();
    let (fit, left_out) = collect(&graph, &trajectories, &options)?;
    let validation = options.cross_validate.then(|| validate(&fit, options.ridge)).transpose()?;
    let ridge = match &validation {
        Some(validation) => validation.ridge,
        None => options.ridge.unwrap_or(DEFAULT_RIDGE),
    };
    let fitted = fit.solve(&Ridge::on_potential(ridge)).map_err(Failure::computation)?;
    let report = Report {
        nodes: &trajectories[0].nodes,
        fitted: &fitted,
        validation: validation.as_ref(),
        seconds: start.elapsed().as_secs_f64(),
    };
    failure::print(&if options.json { report::to_json(&report) } else { report::to_table(&report) })?;
    if let Some(file) = &options.plot {
        write_plot(file, &graph, &trajectories[0], &fitted, &options)?;
    }
    Ok(left_out == 0)
}

/// `None` when help is wanted.
fn parse() -> Outcome<Option<Options>> {
    let mut arguments = Arguments::from_command_line();
    let (mut reference, mut fit, mut ridge) = (Reference::Degree, FitOptions::default(), None);
    let (mut cross_validate, mut json, mut plot) = (false, false, None);
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
                "--weight" => {
                    fit.weight = arguments.choice(&option, &Weight::ALL.map(|w| (w.name(), w)))?
                }
                "--ridge" => ridge = Some(parse_ridge(&arguments.value(&option)?)?),
                "--cross-validate" => cross_validate = true,
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
    let distributions = files;
    Ok(Some(Options { edges, distributions, reference, fit, ridge, cross_validate, json, plot }))
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
    let mut kinds: Vec<&str> = Vec::new();
    for name in list.split(',').map(str::trim) {
        let (kind, parameter) = match name.split_once(':') {
            Some((kind, parameter)) => (kind, Some(parameter)),
            None => (name, None),
        };
        if kinds.contains(&kind) {
            return Err(Failure::usage(format!("--terms: {kind} is named twice")));
        }
        kinds.push(kind);
        terms.push(parse_term(kind, parameter)?);
    }
    Ok(terms)
}

fn parse_term(kind: &str, parameter: Option<&str>) -> Outcome<Term> {
    let bad = |what: &str| {
        let given = parameter.map_or(String::new(), |text| format!(":{text}"));
        Err(Failure::usage(format!("--terms: {kind}{given}: {what}")))
    };
    match (kind, parameter) {
        ("potential", None) => Ok(Term::potential()),
        ("entropy", None) => Ok(Term::entropy()),
        ("potential" | "entropy", Some(_)) => bad("it takes no parameter"),
        ("interaction-by-hops", Some(reach)) => match reach.parse::<usize>() {
            Ok(reach) if reach > 0 => Ok(Term::interaction_by_hops(reach)),
            _ => bad("a number of edges is due, 1 or more"),
        },
        ("power", Some(m)) => match m.parse::<f64>() {
            Ok(m) if m > 0.0 && m.is_finite() && m != 1.0 => Ok(Term::power(m).named("power")),
            _ => bad("a positive number other than 1 is due"),
        },
        ("interaction-by-hops" | "power", None) => bad("a parameter is due behind a colon"),
        _ => {
            let choices = "potential, entropy, interaction-by-hops:D, power:M";
            Err(Failure::usage(format!("--terms: {kind:?} is not one of {choices}")))
        }
    }
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

/// The data of all pairs that have a geodesic, and the number of those that do not.
fn collect(graph: &Graph, trajectories: &[Snapshots], options: &Options) -> Outcome<(Fit, usize)> {
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
    Ok((fit, failed.len()))
}

/// The best ridge, unless one is given, and the path over the terms with it.
fn validate(fit: &Fit, ridge: Option<f64>) -> Outcome<Validation> {
    let blocks = BLOCKS.min(fit.pairs());
    let folds = Folds::Blocks(blocks);
    let terms: Vec<String> = fit.model().terms().iter().map(|t| t.name().to_string()).collect();
    let has_potential = fit.model().free_potential().is_some();
    let ridges = match ridge {
        Some(ridge) => vec![ridge],
        None if has_potential => RIDGES.to_vec(),
        None => vec![DEFAULT_RIDGE],
    };
    let candidate = |&ridge: &f64| Candidate { terms: terms.clone(), ridge: Ridge::on_potential(ridge) };
    let candidates: Vec<Candidate> = ridges.iter().map(candidate).collect();
    let scores = fit.cross_validate(folds, &candidates).map_err(Failure::computation)?;
    let best = (0..scores.len())
        .filter(|&k| !scores[k].explained.is_nan())
        .max_by(|&a, &b| scores[a].explained.total_cmp(&scores[b].explained))
        .map_or(ridges[0], |k| ridges[k]);
    let path = fit.term_path(folds, &Ridge::on_potential(best)).map_err(Failure::computation)?;
    let heat = fit.cross_validate_heat_flow(folds).map_err(Failure::computation)?;
    Ok(Validation { ridge: best, ridges, scores, path, heat, blocks })
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
