//! The fits of `learn`.

use jkoflow::{
    CountFit, CountFitOptions, Fit, FitOptions, FlowFit, FlowFitOptions, Graph, Loss, Ridge, Term, Zeros,
};

use super::failure::{self, Failure, Outcome};
use super::input::Snapshots;
use super::learn_options::Options;
use super::learned::{Fitted, Learned};
use super::progress::Progress;

/// What is learned from what.
pub struct Task<'a> {
    pub graph: &'a Graph,
    pub trajectories: &'a [Snapshots],
    pub options: &'a Options,
}

impl Task<'_> {
    /// The ridge that was asked for, or the default one.
    pub fn ridge(&self) -> Ridge {
        let options = self.options;
        Ridge::on_potential(options.ridge.unwrap_or(options.criterion.default_ridge()))
    }

    /// The data of all pairs that have a geodesic, and the number of those that do not.
    pub fn collect(&self, loss: Loss) -> Outcome<(Fit, usize)> {
        let options = self.fit_options(loss);
        let mut fit = Fit::new(self.graph, options.clone()).map_err(Failure::computation)?;
        let progress = Progress::new("geodesics", self.steps());
        let mut failed = Vec::new();
        for snapshots in self.trajectories {
            let geodesics = self
                .graph
                .geodesics_watched(&snapshots.masses, &options.geodesic, threads(), &|| progress.step())
                .map_err(Failure::computation)?;
            let mut first = 0;
            for run in geodesics.split_inclusive(|geodesic| !geodesic.converged()) {
                let last = first + run.len();
                let found = run.iter().take_while(|geodesic| geodesic.converged()).count();
                if found > 0 {
                    let times = &snapshots.times[first..=first + found];
                    fit.add_geodesics(times, &run[..found], threads()).map_err(Failure::computation)?;
                }
                if let Some(geodesic) = run.get(found) {
                    let headings = &snapshots.headings[last - 1..=last];
                    let (file, why) = (snapshots.file_name(), geodesic.termination().describe());
                    let pair = format!("{} to {}", headings[0], headings[1]);
                    failed.push(format!("note: {file}: the pair from {pair} is left out: it {why}"));
                }
                first = last;
            }
        }
        drop(progress);
        failed.iter().for_each(|line| failure::note(line));
        if fit.pairs() == 0 {
            let message =
                "nothing to learn from: no pair of snapshots has a geodesic; use closer snapshots";
            return Err(Failure::computation(message));
        }
        Ok((fit, failed.len()))
    }

    fn fit_options(&self, loss: Loss) -> FitOptions {
        let zeros = match self.options.zeros {
            // the snapshots are mixed already
            Zeros::Mix(_) => Zeros::Refuse,
            zeros => zeros,
        };
        FitOptions::default()
            .with_terms(&self.options.terms)
            .with_loss(loss)
            .with_weight(self.options.weight)
            .with_zeros(zeros)
    }

    pub fn solve(&self, fit: &Fit, ridge: &Ridge) -> Outcome<Learned> {
        let fitted = fit.solve(ridge).map_err(Failure::computation)?;
        let baselines = fitted.baselines();
        Ok(Learned {
            criterion: self.options.criterion,
            steps: fitted.pairs(),
            explained: fitted.explained(),
            heat: [baselines.heat_explained, baselines.heat_entropy],
            fitted: Fitted::Quadratic(Box::new(fitted)),
        })
    }

    pub fn fit_flow(&self) -> Outcome<Learned> {
        let solve = |terms: &[Term], ridge: &Ridge| {
            let options = FlowFitOptions::default().with_noise(self.options.noise);
            let mut fit = FlowFit::new(self.graph, terms, options)?;
            for snapshots in self.trajectories {
                fit.add_trajectory(&snapshots.times, &snapshots.masses)?;
            }
            fit.solve(ridge, threads())
        };
        let fitted = solve(&self.options.terms, &self.ridge()).map_err(Failure::computation)?;
        let heat = solve(&[Term::entropy()], &Ridge::default()).map_err(Failure::computation)?;
        Ok(Learned {
            criterion: self.options.criterion,
            steps: self.steps(),
            explained: fitted.explained(),
            heat: [heat.explained(), heat.estimate().entropy()],
            fitted: Fitted::Flow(Box::new(fitted)),
        })
    }

    pub fn fit_counts(&self) -> Outcome<Learned> {
        let solve = |terms: &[Term], ridge: &Ridge| {
            let mut fit = CountFit::new(self.graph, terms, CountFitOptions::default())?;
            for snapshots in self.trajectories {
                fit.add_trajectory(&snapshots.times, &snapshots.columns)?;
            }
            fit.solve(ridge, threads())
        };
        let fitted = solve(&self.options.terms, &self.ridge()).map_err(Failure::computation)?;
        let heat = solve(&[Term::entropy()], &Ridge::default()).map_err(Failure::computation)?;
        let persistence: f64 = self.trajectories.iter().map(|s| deviance_at_rest(&s.columns)).sum();
        let share = |deviance: f64| if persistence > 0.0 { 1.0 - deviance / persistence } else { 0.0 };
        Ok(Learned {
            criterion: self.options.criterion,
            steps: self.steps(),
            explained: share(fitted.deviance()),
            heat: [share(heat.deviance()), heat.estimate().entropy()],
            fitted: Fitted::Counts(Box::new(fitted)),
        })
    }

    fn steps(&self) -> usize {
        self.trajectories.iter().map(Snapshots::pairs).sum()
    }
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |threads| threads.get())
}

/// The deviance of masses that do not move: the likeliest ones are the frequencies in all counts.
fn deviance_at_rest(counts: &[Vec<f64>]) -> f64 {
    let total = |n: &[f64]| n.iter().sum::<f64>();
    let pooled: Vec<f64> = (0..counts[0].len()).map(|x| counts.iter().map(|n| n[x]).sum()).collect();
    let of_snapshot = |n: &Vec<f64>| {
        let scale = total(&pooled) / total(n);
        let of_node = |(n, p): (&f64, &f64)| if *n > 0.0 { n * (scale * n / p).ln() } else { 0.0 };
        n.iter().zip(&pooled).map(of_node).sum::<f64>()
    };
    2.0 * counts.iter().map(of_snapshot).sum::<f64>()
}

/// Whether the fit converged; says so where it did not.
pub fn note_convergence(fitted: &Fitted) -> bool {
    if let Some(estimate) = fitted.estimate().filter(|estimate| !estimate.converged()) {
        failure::note(&format!("note: the fit {}", estimate.status().describe()));
    }
    fitted.converged()
}
