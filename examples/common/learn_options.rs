//! The command line of `learn`.

use std::path::{Path, PathBuf};

use jkoflow::{Loss, Noise, Reference, Term, Weight, Zeros};

use super::arguments::{self, Argument, Arguments};
use super::failure::{Failure, Outcome};

pub const HELP: &str = "\
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
  --loss symmetric|backward|forward|flow
                                     where a step must be optimal: in the mean of its ends (for
                                     snapshots of a continuous process), at its end (for JKO
                                     iterates), at its start [symmetric]; or flow: predict each
                                     snapshot from the one before, with no bias in the time step
  --counts                           columns are counts of independent individuals, zeros welcome:
                                     the likelihood instead of a loss
  --zeros refuse|mix[:S]|leave-out   what becomes of nodes without mass: an error; a share S of the
                                     reference is mixed into every snapshot [0.001]; the edges at
                                     them are left out [refuse]
  --weight metric|flux               what counts: speed left unexplained, or flux, in which edges
                                     between nearly empty nodes weigh less [metric]
  --ridge R                          penalty on the squared potential, R times the mean diagonal of
                                     the potential's block of the normal matrix [1e-6; 0 with
                                     --loss flow and with --counts]
  --cross-validate                   which terms explain steps that were not learned from; chooses
                                     the ridge by the same test unless --ridge is given, and
                                     says what explains blocks that had no part in the choice
  --noise gaussian|sandwich|blocks:N with --loss flow, where standard errors come from: one size of
                                     noise; any noise, independent between steps; or between
                                     blocks of N steps, where what the energy misses lasts [gaussian]
  --forecast T1,T2,...               the masses at these later times, from the last snapshot of
                                     DISTRIBUTIONS.csv, with standard errors; with --counts along
                                     the flow that fits all its snapshots
  --json                             one JSON object instead of a table
  --plot FILE.svg                    draw the potential and its predictions
  --help                             this text

Exit codes: 0 success, 1 some pair or the fit did not converge, or the forecast could not be made,
2 a bad option or a bad file.
";

/// The share of the reference that `--zeros mix` stands for.
const MIXED: f64 = 1e-3;
/// Decides between potentials that the data do not tell apart, and changes little else.
const DEFAULT_RIDGE: f64 = 1e-6;

/// What a fit makes as small as it can.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Criterion {
    /// The part of the motion that the energy leaves unexplained.
    Quadratic(Loss),
    /// The misfit of predicted snapshots.
    Flow,
    /// The deviance of counts.
    Likelihood,
}

impl Criterion {
    pub fn name(self) -> &'static str {
        match self {
            Criterion::Quadratic(loss) => loss.name(),
            Criterion::Flow => "flow",
            Criterion::Likelihood => "likelihood",
        }
    }

    /// The ridge unless one is given: maximum likelihood and fits of the flow need none.
    pub fn default_ridge(self) -> f64 {
        match self {
            Criterion::Quadratic(_) => DEFAULT_RIDGE,
            Criterion::Flow | Criterion::Likelihood => 0.0,
        }
    }
}

pub struct Options {
    pub edges: PathBuf,
    pub distributions: Vec<PathBuf>,
    pub reference: Reference,
    pub terms: Vec<Term>,
    pub criterion: Criterion,
    pub zeros: Zeros,
    pub weight: Weight,
    /// None where it is to be chosen.
    pub ridge: Option<f64>,
    pub cross_validate: bool,
    pub noise: Noise,
    /// Increasing, none without a forecast.
    pub forecast: Vec<f64>,
    pub json: bool,
    pub plot: Option<PathBuf>,
}

/// Options as they were given.
#[derive(Default)]
struct Given {
    files: Vec<PathBuf>,
    reference: Option<Reference>,
    terms: Option<Vec<Term>>,
    loss: Option<Criterion>,
    counts: bool,
    zeros: Option<Zeros>,
    weight: Option<Weight>,
    ridge: Option<f64>,
    cross_validate: bool,
    noise: Option<Noise>,
    forecast: Vec<f64>,
    json: bool,
    plot: Option<PathBuf>,
}

/// `None` when help is wanted.
pub fn parse() -> Outcome<Option<Options>> {
    let mut arguments = Arguments::from_command_line();
    let mut given = Given::default();
    while let Some(argument) = arguments.next()? {
        match argument {
            Argument::File(file) => given.files.push(file),
            Argument::Option(option) if option == "--help" || option == "-h" => return Ok(None),
            Argument::Option(option) => given.read(&option, &mut arguments)?,
        }
    }
    given.check_files()?;
    given.check_combination()?;
    Ok(Some(given.complete()))
}

impl Given {
    fn read(&mut self, option: &str, arguments: &mut Arguments) -> Outcome<()> {
        match option {
            "--reference" => self.reference = Some(arguments.choice(option, &arguments::REFERENCES)?),
            "--terms" => self.terms = Some(parse_terms(&arguments.value(option)?)?),
            "--loss" => {
                let losses = Loss::ALL.map(Criterion::Quadratic).into_iter().chain([Criterion::Flow]);
                let choices: Vec<(&str, Criterion)> = losses.map(|loss| (loss.name(), loss)).collect();
                self.loss = Some(arguments.choice(option, &choices)?);
            }
            "--counts" => self.counts = true,
            "--zeros" => self.zeros = Some(parse_zeros(&arguments.value(option)?)?),
            "--weight" => {
                let choices = Weight::ALL.map(|weight| (weight.name(), weight));
                self.weight = Some(arguments.choice(option, &choices)?);
            }
            "--ridge" => self.ridge = Some(parse_ridge(&arguments.value(option)?)?),
            "--cross-validate" => self.cross_validate = true,
            "--noise" => self.noise = Some(parse_noise(&arguments.value(option)?)?),
            "--forecast" => self.forecast = parse_times(&arguments.value(option)?)?,
            "--json" => self.json = true,
            "--plot" => self.plot = Some(PathBuf::from(arguments.value(option)?)),
            _ => return Err(arguments::unknown(option)),
        }
        Ok(())
    }

    fn check_files(&self) -> Outcome<()> {
        if self.files.len() < 2 {
            let message = format!(
                "at least two files are needed, EDGES.csv and DISTRIBUTIONS.csv, but {} came",
                self.files.len()
            );
            return Err(Failure::usage(message + "; --help says more"));
        }
        self.plot.as_ref().map_or(Ok(()), |plot| refuse_to_overwrite(plot, &self.files))
    }

    /// Refuses what would be given in vain.
    fn check_combination(&self) -> Outcome<()> {
        if self.counts && self.loss.is_some() {
            return Err(Failure::usage("--counts maximises the likelihood: leave --loss out"));
        }
        if self.counts && self.zeros.is_some() {
            return Err(Failure::usage("--counts takes zeros as they are: leave --zeros out"));
        }
        if self.noise.is_some() && (self.counts || self.loss != Some(Criterion::Flow)) {
            return Err(Failure::usage("--noise belongs to --loss flow"));
        }
        let of_flows = match (self.counts, self.loss) {
            (true, _) => "--counts",
            (false, Some(Criterion::Flow)) => "--loss flow",
            _ => return Ok(()),
        };
        let leave_out = matches!(self.zeros, Some(Zeros::LeaveOut));
        for (option, used) in [
            ("--weight", self.weight.is_some()),
            ("--cross-validate", self.cross_validate),
            ("--zeros leave-out", leave_out),
        ] {
            if used {
                let message = format!(
                    "{option} belongs to the losses symmetric, backward and forward, not to {of_flows}"
                );
                return Err(Failure::usage(message));
            }
        }
        Ok(())
    }

    fn complete(mut self) -> Options {
        let criterion = match self.counts {
            true => Criterion::Likelihood,
            false => self.loss.unwrap_or(Criterion::Quadratic(Loss::default())),
        };
        Options {
            edges: self.files.remove(0),
            distributions: self.files,
            reference: self.reference.unwrap_or(Reference::Degree),
            terms: self.terms.unwrap_or_else(|| vec![Term::potential(), Term::entropy()]),
            criterion,
            zeros: self.zeros.unwrap_or(Zeros::Refuse),
            weight: self.weight.unwrap_or_default(),
            ridge: self.ridge,
            cross_validate: self.cross_validate,
            noise: self.noise.unwrap_or_default(),
            forecast: self.forecast,
            json: self.json,
            plot: self.plot,
        }
    }
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
        let (kind, parameter) = split_parameter(name);
        if kinds.contains(&kind) {
            return Err(Failure::usage(format!("--terms: {kind} is named twice")));
        }
        kinds.push(kind);
        terms.push(parse_term(kind, parameter)?);
    }
    Ok(terms)
}

/// What stands before and behind a colon.
fn split_parameter(name: &str) -> (&str, Option<&str>) {
    name.split_once(':').map_or((name, None), |(kind, parameter)| (kind, Some(parameter)))
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

fn parse_zeros(value: &str) -> Outcome<Zeros> {
    match split_parameter(value) {
        ("refuse", None) => Ok(Zeros::Refuse),
        ("leave-out", None) => Ok(Zeros::LeaveOut),
        ("mix", None) => Ok(Zeros::Mix(MIXED)),
        ("mix", Some(share)) => match share.parse::<f64>() {
            Ok(share) if share > 0.0 && share < 1.0 => Ok(Zeros::Mix(share)),
            _ => Err(Failure::usage(format!("--zeros: {share:?} is not a number between 0 and 1"))),
        },
        _ => Err(Failure::usage(format!("--zeros: {value:?} is not one of refuse, mix:S, leave-out"))),
    }
}

fn parse_noise(value: &str) -> Outcome<Noise> {
    match split_parameter(value) {
        ("gaussian", None) => Ok(Noise::Gaussian),
        ("sandwich", None) => Ok(Noise::Sandwich),
        ("blocks", Some(length)) => match length.parse::<usize>() {
            Ok(length) if length > 0 => Ok(Noise::Blocks(length)),
            _ => Err(Failure::usage(format!("--noise: {length:?} is not a number of steps"))),
        },
        _ => {
            let choices = "gaussian, sandwich, blocks:N";
            Err(Failure::usage(format!("--noise: {value:?} is not one of {choices}")))
        }
    }
}

fn parse_ridge(value: &str) -> Outcome<f64> {
    match value.parse::<f64>() {
        Ok(ridge) if ridge.is_finite() && ridge >= 0.0 => Ok(ridge),
        _ => Err(Failure::usage(format!("--ridge: {value:?} is not a non-negative number"))),
    }
}

fn parse_times(list: &str) -> Outcome<Vec<f64>> {
    let mut times: Vec<f64> = Vec::new();
    for word in list.split(',').map(str::trim) {
        let time = match word.parse::<f64>() {
            Ok(time) if time.is_finite() => time,
            _ => return Err(Failure::usage(format!("--forecast: {word:?} is not a time"))),
        };
        if let Some(last) = times.last().filter(|&&last| time <= last) {
            let message = format!("--forecast: time {word} does not come after {last}");
            return Err(Failure::usage(message));
        }
        times.push(time);
    }
    Ok(times)
}
