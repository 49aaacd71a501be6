//! How well energies are recovered: for each class of graphs, functional and noise level, data are
//! simulated, fitted with each loss, and the fits asked to predict starts they have not seen.
//!
//! ```text
//! cargo run --release --example recover -- --short
//! ```

mod common;

use std::process::ExitCode;
use std::time::Instant;

use common::arguments::{self, Argument, Arguments};
use common::failure::{self, Failure, Outcome};
use jkoflow::{
    CountFit, CountFitOptions, Error, Fit, FitOptions, FlowFit, FlowFitOptions, FlowOptions, FreeEnergy,
    Graph, Loss, Model, Reference, Result, Ridge, Term,
};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

const HELP: &str = "\
Simulates processes of known energies on many graphs, fits them, and tells how well that went.

usage: recover [options]

  --short            three graphs, two functionals, two noise levels
  --graph NAME       only the graphs whose name contains NAME
  --functional NAME  only the functional of this name; otherwise all on graphs below 200 nodes, and
                     V + entropy on larger ones
  --help             this text

Per line: relative error of all parameters in the 2-norm, the potential centred; then mean Hellinger
distances of predictions to the truth from starts that were not fitted, after one time step and after
ten times the span of the data, for the fit, for the heat flow with the best rate, and for persistence
(- where a flow ends before); seconds for the fit.
";

/// Time step, snapshots per trajectory and trajectories of the data.
const STEP: f64 = 0.1;
const SNAPSHOTS: usize = 9;
const TRAJECTORIES: usize = 5;
/// Starts for predictions, and when the long run ends.
const TESTS: usize = 3;
const LONG: f64 = 10.0 * STEP * (SNAPSHOTS - 1) as f64;
const BETA: f64 = 0.5;
/// Graphs of so many nodes are fitted with one functional, unless another is asked for.
const LARGE: usize = 200;
/// Strength of an energy without entropy: nodes empty in finite time there, and the flow ends.
const WITHOUT_ENTROPY: f64 = 0.1;
/// Ridge on the potential where there is noise, as of the program `learn`.
const RIDGE: f64 = 1e-6;

const FUNCTIONALS: [(&str, [bool; 3]); 5] = [
    ("potential", [true, false, false]),
    ("entropy", [false, true, false]),
    ("interaction", [false, false, true]),
    ("V + entropy", [true, true, false]),
    ("V + entropy + W", [true, true, true]),
];

/// Individuals per snapshot; none for exact masses.
const NOISE: [Option<usize>; 3] = [None, Some(1_000_000), Some(10_000)];

fn main() -> ExitCode {
    failure::run(program)
}

fn program() -> Outcome<bool> {
    let mut arguments = Arguments::from_command_line();
    let (mut short, mut only_graph, mut only_functional) = (false, String::new(), None);
    while let Some(argument) = arguments.next()? {
        match argument {
            Argument::File(file) => {
                return Err(Failure::usage(format!("{} is not an option", file.display())))
            }
            Argument::Option(option) => match option.as_str() {
                "--help" | "-h" => {
                    failure::print(HELP)?;
                    return Ok(true);
                }
                "--short" => short = true,
                "--graph" => only_graph = arguments.value(&option)?,
                "--functional" => {
                    let names = FUNCTIONALS.map(|(name, _)| (name, name));
                    only_functional = Some(arguments.choice(&option, &names)?);
                }
                _ => return Err(arguments::unknown(&option)),
            },
        }
    }
    failure::print(&heading())?;
    for (number, (name, graph)) in graphs().map_err(Failure::computation)?.into_iter().enumerate() {
        if (short && number % 3 != 0) || !name.contains(&only_graph) {
            continue;
        }
        for (functional, parts) in FUNCTIONALS {
            let large = graph.nodes() >= LARGE && functional != "V + entropy";
            let wanted = only_functional.map_or(!large, |only| only == functional);
            if !wanted || (short && !parts[0]) {
                continue;
            }
            let case = Case::new(&graph, parts, number as u64).map_err(Failure::computation)?;
            for noise in NOISE.into_iter().skip(usize::from(short)) {
                let data = case.observe(noise);
                for line in case.lines(&data).map_err(Failure::computation)? {
                    failure::print(&format!("| {name} | {functional} | {} | {line}\n", level(noise)))?;
                }
            }
        }
    }
    Ok(true)
}

fn heading() -> String {
    let columns = [
        "graph",
        "functional",
        "counts",
        "loss",
        "error",
        "one step",
        "heat",
        "persistence",
        "long run",
        "heat",
        "persistence",
        "seconds",
    ];
    format!("| {} |\n|{}\n", columns.join(" | "), "---|".repeat(columns.len()))
}

fn level(noise: Option<usize>) -> String {
    noise.map_or("exact".into(), |count| format!("{:.0e}", count as f64))
}

fn graphs() -> Result<Vec<(String, Graph)>> {
    let degree = Reference::Degree;
    let blocks = [0.5, 0.05, 0.05, 0.05, 0.5, 0.05, 0.05, 0.05, 0.5];
    let graphs = vec![
        ("Erdos-Renyi", Graph::erdos_renyi(40, 0.15, 1, degree)?),
        ("stochastic block", Graph::stochastic_block(&[15, 15, 15], &blocks, 2, degree)?),
        ("Barabasi-Albert", Graph::barabasi_albert(50, 2, 3, degree)?),
        ("Watts-Strogatz", Graph::watts_strogatz(40, 4, 0.2, 4, degree)?),
        ("grid", Graph::grid(&[6, 6], false, degree)?),
        ("cycle", Graph::cycle(30, degree)?),
        ("complete", Graph::complete(20, degree)?),
        ("tree", Graph::random_tree(30, 5, degree)?),
        ("hypercube", Graph::hypercube(5, degree)?),
        ("Erdos-Renyi", Graph::erdos_renyi(200, 0.04, 8, degree)?),
    ];
    Ok(graphs.into_iter().map(|(name, graph)| (format!("{name} {}", graph.nodes()), graph)).collect())
}

/// A process whose energy is known.
struct Case {
    graph: Graph,
    terms: Vec<Term>,
    parameters: Vec<f64>,
    times: Vec<f64>,
    trajectories: Vec<Vec<Vec<f64>>>,
    /// Start, one step later, in the long run if the flow gets there.
    tests: Vec<Vec<Vec<f64>>>,
    seed: u64,
}

/// What is seen of it: counts if there is noise, and masses that are nowhere zero.
struct Data {
    counts: Option<Vec<Vec<Vec<f64>>>>,
    masses: Vec<Vec<Vec<f64>>>,
}

impl Case {
    /// The strongest process of a sequence, each half as strong as the one before, that outlasts its
    /// data.
    fn new(graph: &Graph, parts: [bool; 3], seed: u64) -> Result<Self> {
        let mut strength = if parts[1] { 1.0 } else { WITHOUT_ENTROPY };
        loop {
            match Self::of_strength(graph, parts, seed, strength) {
                Err(Error::FlowFailed { .. }) if strength > 1e-3 => strength *= 0.5,
                result => return result,
            }
        }
    }

    fn of_strength(graph: &Graph, parts: [bool; 3], seed: u64, strength: f64) -> Result<Self> {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let n = graph.nodes();
        let (mut terms, mut parameters) = (Vec::new(), Vec::new());
        if parts[0] {
            terms.push(Term::potential());
            let mut potential: Vec<f64> = (0..n).map(|_| random.random_range(-1.0..1.0)).collect();
            graph.centre(&mut potential);
            potential.iter_mut().for_each(|v| *v *= strength);
            parameters.extend(potential);
        }
        if parts[1] {
            terms.push(Term::entropy());
            parameters.push(BETA);
        }
        if parts[2] {
            let complete = 2 * graph.edges() == n * (n - 1);
            terms.push(Term::interaction_by_hops(if complete { 1 } else { 2 }));
            // repulsion that matters as much as the potential: a node meets so much mass
            let met = 2.0 * graph.edges() as f64 / (n * n) as f64;
            parameters.extend([strength / met, 0.3 * strength / met].iter().take(if complete {
                1
            } else {
                2
            }));
        }
        let energy = Model::new(graph, &terms)?.energy(&parameters)?;
        let times: Vec<f64> = (0..SNAPSHOTS).map(|k| STEP * k as f64).collect();
        let exact = FlowOptions::default().with_tolerance(1e-10);
        let mut flow = |times: &[f64]| -> Result<Vec<Vec<f64>>> {
            let raw: Vec<f64> = (0..n).map(|_| f64::exp(random.random_range(0.0..3.0))).collect();
            let sum: f64 = raw.iter().sum();
            let start: Vec<f64> = raw.iter().map(|m| m / sum).collect();
            Ok(energy.flow(&start, times, &exact)?.masses().to_vec())
        };
        let trajectories = (0..TRAJECTORIES).map(|_| flow(&times)).collect::<Result<_>>()?;
        let tests = (0..TESTS)
            .map(|_| {
                let mut test = flow(&[0.0, STEP])?;
                let after = energy.flow(&test[1], &[STEP, LONG], &exact).ok();
                test.extend(after.map(|after| after.masses()[1].clone()));
                Ok(test)
            })
            .collect::<Result<_>>()?;
        Ok(Self { graph: graph.clone(), terms, parameters, times, trajectories, tests, seed })
    }

    fn observe(&self, noise: Option<usize>) -> Data {
        let Some(count) = noise else { return Data { counts: None, masses: self.trajectories.clone() } };
        let mut random = Pcg64Mcg::seed_from_u64(1000 + self.seed);
        let counts: Vec<Vec<Vec<f64>>> = self
            .trajectories
            .iter()
            .map(|snapshots| snapshots.iter().map(|mu| draw(mu, count, &mut random)).collect())
            .collect();
        // one more individual, spread like pi, so that no node is empty
        let smooth = |counts: &Vec<f64>| -> Vec<f64> {
            let pairs = counts.iter().zip(self.graph.reference());
            pairs.map(|(n, p)| (n + p) / (count + 1) as f64).collect()
        };
        let masses = counts.iter().map(|t| t.iter().map(smooth).collect()).collect();
        Data { counts: Some(counts), masses }
    }

    /// A line per loss.
    fn lines(&self, data: &Data) -> Result<Vec<String>> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let ridge = if data.counts.is_some() { Ridge::on_potential(RIDGE) } else { Ridge::default() };
        let mut fits = Vec::new();
        let mut heat = FreeEnergy::new(&self.graph);
        for loss in [Loss::Symmetric, Loss::Backward] {
            let begin = Instant::now();
            let options = FitOptions::default().with_terms(&self.terms).with_loss(loss);
            let mut fit = Fit::new(&self.graph, options)?;
            for masses in &data.masses {
                fit.add_trajectory(&self.times, masses, threads)?;
            }
            let fitted = fit.solve(&ridge)?;
            if loss == Loss::Symmetric {
                // the other loss would burden the baseline with its own bias
                heat = heat.with_entropy(fitted.baselines().heat_entropy.max(0.0))?;
            }
            fits.push((loss.name(), fitted.parameters().to_vec(), begin.elapsed()));
        }
        let begin = Instant::now();
        // no finer than the data
        let tolerance = if data.counts.is_some() { 1e-7 } else { 1e-10 };
        let flow = FlowOptions::default().with_tolerance(tolerance).with_max_steps(2000);
        let mut fit = FlowFit::new(&self.graph, &self.terms, FlowFitOptions::default().with_flow(flow))?;
        for masses in &data.masses {
            fit.add_trajectory(&self.times, masses)?;
        }
        let fitted = fit.solve(&ridge, threads)?;
        fits.push(("flow", fitted.estimate().parameters().to_vec(), begin.elapsed()));
        if let Some(trajectories) = &data.counts {
            let begin = Instant::now();
            let options = CountFitOptions::default().with_flow(flow);
            let mut fit = CountFit::new(&self.graph, &self.terms, options)?;
            for counts in trajectories {
                fit.add_trajectory(&self.times, counts)?;
            }
            let fitted = fit.solve(&ridge, threads)?;
            fits.push(("likelihood", fitted.estimate().parameters().to_vec(), begin.elapsed()));
        }
        let heat = self.predictions(&heat);
        let still = self.predictions(&FreeEnergy::new(&self.graph));
        let model = Model::new(&self.graph, &self.terms)?;
        fits.into_iter()
            .map(|(loss, parameters, time)| {
                let own = self.predictions(&model.energy(&parameters)?);
                let columns: Vec<String> = (0..2)
                    .map(|k| format!("{} | {} | {}", text(own[k]), text(heat[k]), text(still[k])))
                    .collect();
                let error = self.error(&parameters);
                let seconds = time.as_secs_f64();
                Ok(format!("{loss} | {error:.1e} | {} | {} | {seconds:.2} |", columns[0], columns[1]))
            })
            .collect()
    }

    /// Relative error of all parameters.
    fn error(&self, parameters: &[f64]) -> f64 {
        let difference = parameters.iter().zip(&self.parameters).map(|(a, b)| (a - b) * (a - b));
        let size = self.parameters.iter().map(|b| b * b);
        (difference.sum::<f64>() / size.sum::<f64>()).sqrt()
    }

    /// Mean Hellinger distances to the truth after one step and in the long run; none where the flow
    /// ends before.
    fn predictions(&self, energy: &FreeEnergy) -> [Option<f64>; 2] {
        let mean = |k: usize, end: f64| -> Option<f64> {
            let mut sum = 0.0;
            for test in &self.tests {
                let flow = energy.flow(&test[0], &[0.0, end], &FlowOptions::default()).ok()?;
                sum += hellinger(&flow.masses()[1], test.get(k)?);
            }
            Some(sum / TESTS as f64)
        };
        [mean(1, STEP), mean(2, LONG)]
    }
}

fn text(distance: Option<f64>) -> String {
    distance.map_or("-".into(), |d| format!("{d:.1e}"))
}

fn hellinger(a: &[f64], b: &[f64]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| (a.sqrt() - b.sqrt()).powi(2));
    (0.5 * squares.sum::<f64>()).sqrt()
}

/// `count` individuals, each drawn from `mu`.
fn draw(mu: &[f64], count: usize, random: &mut Pcg64Mcg) -> Vec<f64> {
    let mut reach = 0.0;
    let upto: Vec<f64> = mu
        .iter()
        .map(|m| {
            reach += m;
            reach
        })
        .collect();
    // where to begin looking, for each n-th of the unit interval
    let n = mu.len();
    let share = |k: usize| k as f64 / n as f64;
    let first: Vec<usize> = (0..n).map(|k| upto.partition_point(|u| *u < share(k)).min(n - 1)).collect();
    let mut counts = vec![0.0; n];
    for _ in 0..count {
        let place: f64 = random.random();
        let mut node = first[((place * n as f64) as usize).min(n - 1)];
        while node + 1 < n && upto[node] < place {
            node += 1;
        }
        counts[node] += 1.0;
    }
    counts
}
