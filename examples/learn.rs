//! The free energy that drives snapshots of a process on a graph.
//!
//! ```text
//! cargo run --release --example learn -- EDGES.csv DISTRIBUTIONS.csv
//! ```

mod common;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use common::failure::{self, Failure, Outcome};
use common::input::{self, Entries, Snapshots};
use common::learn_options::{self, Criterion, Options, HELP};
use common::learned::Learned;
use common::learning::{self, Task};
use common::plot::{self, Picture};
use common::predictions;
use common::report::{self, Report, Validation};
use jkoflow::{Fit, Folds, Forecast, Graph, Ridge, Zeros};

/// Ridges that are compared.
const RIDGES: [f64; 7] = [1e-6, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0];
/// Blocks of steps that are left out in turn.
const BLOCKS: usize = 10;

fn main() -> ExitCode {
    failure::run(program)
}

fn program() -> Outcome<bool> {
    let Some(options) = learn_options::parse()? else {
        failure::print(HELP)?;
        return Ok(true);
    };
    let mut trajectories = read_trajectories(&options)?;
    check_forecast_times(&options.forecast, &trajectories[0])?;
    let graph = input::read_graph(&options.edges, &trajectories[0], options.reference)?;
    if options.criterion != Criterion::Likelihood {
        if options.zeros == Zeros::Refuse {
            trajectories.iter().try_for_each(Snapshots::refuse_empty_nodes)?;
        }
        trajectories.iter().for_each(Snapshots::note_scaling);
    }
    if let Zeros::Mix(share) = options.zeros {
        mix(&graph, &mut trajectories, share)?;
    }

    let start = Instant::now();
    let task = Task { graph: &graph, trajectories: &trajectories, options: &options };
    let (learned, validation, left_out) = match options.criterion {
        Criterion::Quadratic(loss) => {
            let (fit, left_out) = task.collect(loss)?;
            let validation = options.cross_validate.then(|| validate(&fit, &options)).transpose()?;
            let ridge = validation.as_ref().map_or(task.ridge(), |v| Ridge::on_potential(v.ridge()));
            (task.solve(&fit, &ridge)?, validation, left_out)
        }
        Criterion::Flow => (task.fit_flow()?, None, 0),
        Criterion::Likelihood => (task.fit_counts()?, None, 0),
    };
    let forecast = forecast(&learned, &trajectories[0], &options.forecast);
    let report = Report {
        nodes: &trajectories[0].nodes,
        learned: &learned,
        validation: validation.as_ref(),
        forecast: forecast.as_ref(),
        seconds: start.elapsed().as_secs_f64(),
    };
    failure::print(&if options.json { report::to_json(&report) } else { report::to_table(&report) })?;
    if let Some(file) = &options.plot {
        write_plot(file, &task, &learned)?;
    }
    let foretold = !matches!(forecast, Some(Err(_)));
    Ok(left_out == 0 && learning::note_convergence(&learned.fitted) && foretold)
}

/// All in the node order of the first.
fn read_trajectories(options: &Options) -> Outcome<Vec<Snapshots>> {
    let entries = match options.criterion {
        Criterion::Likelihood => Entries::Counts,
        _ => Entries::Masses,
    };
    let files: &[PathBuf] = &options.distributions;
    let first = Snapshots::read(&files[0], entries)?;
    let mut trajectories = Vec::with_capacity(files.len());
    for file in &files[1..] {
        let more = Snapshots::read_in_order(file, entries, &first.nodes, first.file_name())?;
        trajectories.push(more);
    }
    trajectories.insert(0, first);
    Ok(trajectories)
}

fn check_forecast_times(times: &[f64], snapshots: &Snapshots) -> Outcome<()> {
    let last = snapshots.pairs();
    match times.first() {
        Some(&first) if first <= snapshots.times[last] => {
            let (heading, file) = (&snapshots.headings[last], snapshots.file_name());
            let message = format!(
                "--forecast: time {first} does not come after {heading}, the last snapshot of {file}"
            );
            Err(Failure::usage(message))
        }
        _ => Ok(()),
    }
}

/// Moves all snapshots inside the simplex.
fn mix(graph: &Graph, trajectories: &mut [Snapshots], share: f64) -> Outcome<()> {
    for mass in trajectories.iter_mut().flat_map(|snapshots| &mut snapshots.masses) {
        *mass = graph.mix_with_reference(mass, share).map_err(Failure::computation)?;
    }
    Ok(())
}

/// None without times; an error, which is told, where the flow cannot be continued.
fn forecast(
    learned: &Learned,
    snapshots: &Snapshots,
    times: &[f64],
) -> Option<jkoflow::Result<Forecast>> {
    if times.is_empty() {
        return None;
    }
    let forecast = predictions::forecast(&learned.fitted, snapshots, times);
    if let Err(error) = &forecast {
        failure::note(&format!("note: there is no forecast: {error}"));
    }
    Some(forecast)
}

/// The best ridge, unless one is given, the path over the terms with it, and what that choice is worth.
fn validate(fit: &Fit, options: &Options) -> Outcome<Validation> {
    let blocks = BLOCKS.min(fit.pairs());
    let folds = Folds::Blocks(blocks);
    let ridges = match options.ridge {
        Some(ridge) => vec![ridge],
        None if fit.model().free_potential().is_some() => RIDGES.to_vec(),
        None => vec![options.criterion.default_ridge()],
    };
    let candidates: Vec<Ridge> = ridges.iter().map(|ridge| Ridge::on_potential(*ridge)).collect();
    let selection = fit.select(folds, &candidates).map_err(Failure::computation)?;
    let nested = match blocks {
        // the one that is left teaches, and none is there to choose by
        2 => None,
        _ => Some(fit.cross_validate_selection(folds, &candidates).map_err(Failure::computation)?),
    };
    let heat = fit.cross_validate_heat_flow(folds).map_err(Failure::computation)?;
    Ok(Validation { ridges, selection, nested, heat, blocks })
}

fn write_plot(file: &Path, task: &Task, learned: &Learned) -> Outcome<()> {
    let (snapshots, fitted) = (&task.trajectories[0], &learned.fitted);
    let picture = Picture {
        snapshots,
        edges: task.graph.edges(),
        learned,
        predicted: &predictions::one_step_ahead(snapshots, fitted),
        from_first: &predictions::from_first(snapshots, fitted).map_err(Failure::computation)?,
    };
    std::fs::write(file, plot::draw(&picture))
        .map_err(|error| Failure::usage(format!("{}: cannot be written: {error}", file.display())))
}
