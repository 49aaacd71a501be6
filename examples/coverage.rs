//! Whether intervals contain the truth as often as they say: many simulated data sets of counts, the
//! maximum-likelihood fit to each, and its standard errors against what the estimates really do.
//!
//! ```text
//! cargo run --release --example coverage -- [DATA_SETS] [COUNTS_PER_SNAPSHOT]
//! ```

use jkoflow::{CountFit, CountFitOptions, FlowOptions, Graph, Model, Reference, Ridge, Term};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

const NODES: usize = 7;
const TRAJECTORIES: usize = 4;
/// Two-sided 95 % of the normal distribution.
const QUANTILE: f64 = 1.959_964;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let data_sets: usize = arguments.next().map_or(Ok(1000), |a| a.parse())?;
    let count: usize = arguments.next().map_or(Ok(100_000), |a| a.parse())?;

    let mut random = Pcg64Mcg::seed_from_u64(7);
    let graph = Graph::erdos_renyi(NODES, 0.5, 3, Reference::Degree)?;
    let terms = [Term::potential(), Term::entropy(), Term::interaction_by_hops(1)];
    let model = Model::new(&graph, &terms)?;
    let mut truth: Vec<f64> = (0..NODES).map(|_| random.random_range(-1.0..1.0)).collect();
    graph.centre(&mut truth);
    truth.extend([0.5, 1.0]);
    let energy = model.energy(&truth)?;
    let times: Vec<f64> = (0..6).map(|k| 0.4 * k as f64).collect();
    let mut flows = Vec::new();
    for _ in 0..TRAJECTORIES {
        let start = random_distribution(&mut random);
        flows.push(energy.flow(&start, &times, &FlowOptions::default())?);
    }

    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut tallies = vec![Tally::default(); truth.len()];
    let mut deviance = 0.0;
    for _ in 0..data_sets {
        let mut fit = CountFit::new(&graph, &terms, CountFitOptions::default())?;
        for flow in &flows {
            let counts: Vec<Vec<f64>> =
                flow.masses().iter().map(|mu| draw(mu, count, &mut random)).collect();
            fit.add_trajectory(&times, &counts)?;
        }
        let fitted = fit.solve(&Ridge::default(), threads)?;
        let estimate = fitted.estimate();
        if !estimate.converged() {
            return Err(format!("a fit {}", estimate.status().describe()).into());
        }
        for (p, tally) in tallies.iter_mut().enumerate() {
            tally.add(estimate.parameters()[p] - truth[p], estimate.standard_errors()[p]);
        }
        deviance += fitted.deviance() / fitted.degrees_of_freedom() as f64 / data_sets as f64;
    }

    println!(
        "{data_sets} data sets of {TRAJECTORIES} trajectories, {} snapshots of {count}\n",
        times.len()
    );
    println!(
        "{:<24}{:>9}{:>12}{:>12}{:>11}{:>11}",
        "parameter", "truth", "mean error", "std error", "variance", "covered"
    );
    println!("{:<24}{:>9}{:>12}{:>12}{:>11}{:>11}", "", "", "", "(Fisher)", "/ Fisher", "of 95 %");
    let names = model.names();
    for p in 0..truth.len() {
        println!("{:<24}{:>9.4}{}", names[p], truth[p], tallies[p].line());
    }
    let potential = tallies[..NODES].iter().fold(Tally::default(), |sum, t| sum.merged(t));
    println!("{:<24}{:>9}{}", "all of the potential", "", potential.line());
    let (half, share) = (f64::sqrt(2.0 / data_sets as f64), f64::sqrt(0.95 * 0.05 / data_sets as f64));
    println!("\nscatter of one parameter's ratio {half:.3}, of its coverage {:.1} %", 100.0 * share);
    println!("deviance per degree of freedom: {deviance:.3}");
    Ok(())
}

/// What became of a parameter over the data sets.
#[derive(Clone, Default)]
struct Tally {
    sets: f64,
    error: f64,
    square: f64,
    fisher: f64,
    covered: f64,
}

impl Tally {
    fn add(&mut self, error: f64, standard_error: f64) {
        self.sets += 1.0;
        self.error += error;
        self.square += error * error;
        self.fisher += standard_error * standard_error;
        self.covered += f64::from(error.abs() < QUANTILE * standard_error);
    }

    fn merged(&self, other: &Self) -> Self {
        Self {
            sets: self.sets + other.sets,
            error: self.error + other.error,
            square: self.square + other.square,
            fisher: self.fisher + other.fisher,
            covered: self.covered + other.covered,
        }
    }

    fn line(&self) -> String {
        let mean = self.error / self.sets;
        let fisher = self.fisher / self.sets;
        let variance = self.square / self.sets - mean * mean;
        let covered = 100.0 * self.covered / self.sets;
        format!("{mean:>12.2e}{:>12.2e}{:>11.3}{covered:>9.1} %", fisher.sqrt(), variance / fisher)
    }
}

fn random_distribution(random: &mut Pcg64Mcg) -> Vec<f64> {
    let raw: Vec<f64> = (0..NODES).map(|_| f64::exp(random.random_range(0.0..3.0))).collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|m| m / sum).collect()
}

/// `count` individuals, each drawn from `mu`.
fn draw(mu: &[f64], count: usize, random: &mut Pcg64Mcg) -> Vec<f64> {
    let mut counts = vec![0.0; mu.len()];
    for _ in 0..count {
        let mut left: f64 = random.random();
        let node = mu.iter().position(|m| {
            left -= m;
            left < 0.0
        });
        counts[node.unwrap_or(mu.len() - 1)] += 1.0;
    }
    counts
}
