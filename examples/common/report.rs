//! What `learn` prints: a learned energy, how sure it is and what it is worth.

use jkoflow::{Forecast, NestedScore, Score, Selection};
use serde_json::{json, Map, Value};

use super::learned::{Fitted, Learned};
use super::text;

/// The table shows this many of the lowest and of the highest potentials.
const SHOWN: usize = 10;
/// The forecast's table shows this many of the nodes that change most, and this many of the last times.
const CHANGES: usize = 10;
const LAST_TIMES: usize = 3;

pub struct Report<'a> {
    pub nodes: &'a [String],
    pub learned: &'a Learned,
    pub validation: Option<&'a Validation>,
    /// From the last snapshot on, where asked for.
    pub forecast: Option<&'a jkoflow::Result<Forecast>>,
    pub seconds: f64,
}

/// Scores on steps that were left out.
pub struct Validation {
    /// The ridges on the potential that were tried.
    pub ridges: Vec<f64>,
    /// What all blocks chose.
    pub selection: Selection,
    /// What such a choice explains of blocks that had no part in it; none with too few blocks.
    pub nested: Option<NestedScore>,
    /// The share that the pure heat flow explains.
    pub heat: f64,
    /// Blocks of steps that were left out in turn.
    pub blocks: usize,
}

impl Validation {
    /// The ridge that is used.
    pub fn ridge(&self) -> f64 {
        self.ridges[self.selection.best]
    }
}

/// Non-finite numbers become `null`.
pub fn to_json(report: &Report) -> String {
    let (learned, fitted) = (report.learned, &report.learned.fitted);
    let errors = fitted.standard_errors();
    let mut object = coefficients(report, fitted.parameters());
    object.insert("potential".into(), json!(fitted.potential()));
    object.insert("nodes".into(), json!(report.nodes));
    object.insert("loss".into(), json!(learned.criterion.name()));
    object.insert("converged".into(), json!(fitted.converged()));
    object.insert("pairs".into(), json!(learned.steps));
    object.insert("explained".into(), json!(learned.explained));
    if let Fitted::Counts(counts) = fitted {
        object.insert("deviance".into(), json!(counts.deviance()));
        object.insert("degrees_of_freedom".into(), json!(counts.degrees_of_freedom()));
    }
    let errors = errors.map_or(Value::Null, |errors| Value::Object(coefficients(report, &errors)));
    object.insert("standard_errors".into(), errors);
    object.insert("unidentified".into(), json!(fitted.unidentified()));
    let [explained, entropy] = learned.heat;
    object.insert(
        "baselines".into(),
        json!({
            "persistence": { "explained": 0.0 },
            "heat": { "explained": explained, "entropy": entropy },
        }),
    );
    if let Some(forecast) = report.forecast {
        object.insert("forecast".into(), forecast.as_ref().map_or(Value::Null, forecast_json));
    }
    if let Some(validation) = report.validation {
        object.insert("cross_validation".into(), validation_json(validation));
    }
    object.insert("seconds".into(), json!(report.seconds));
    format!("{}\n", Value::Object(object))
}

/// Parameters, or their errors, by term; zeros for terms that were not learned.
fn coefficients(report: &Report, parameters: &[f64]) -> Map<String, Value> {
    let model = report.learned.fitted.model();
    let of = |name: &str| -> Option<&[f64]> {
        let k = model.terms().iter().position(|term| term.name() == name)?;
        Some(&parameters[model.blocks()[k].clone()])
    };
    let scalar = |name: &str| of(name).map_or(0.0, |a| a[0]);
    let zeros = vec![0.0; report.nodes.len()];
    let mut object = Map::new();
    object.insert("potential".into(), json!(of("potential").unwrap_or(&zeros)));
    object.insert("entropy".into(), json!(scalar("entropy")));
    object.insert("interaction_by_hops".into(), json!(of("interaction_by_hops").unwrap_or(&[])));
    object.insert("power".into(), json!(scalar("power")));
    object
}

/// Without the last snapshot, from which it starts.
fn forecast_json(forecast: &Forecast) -> Value {
    let at = |k: usize| {
        json!({
            "time": forecast.times()[k],
            "mass": forecast.masses()[k],
            "standard_errors": forecast.standard_errors()[k],
        })
    };
    (1..forecast.times().len()).map(at).collect()
}

fn validation_json(validation: &Validation) -> Value {
    let score = |score: &Score| {
        json!({
            "terms": score.candidate.terms,
            "explained": score.explained,
            "standard_error": score.standard_error,
        })
    };
    let ridges = validation.ridges.iter().zip(&validation.selection.ridges).map(|(ridge, s)| {
        json!({ "ridge": ridge, "explained": s.explained, "standard_error": s.standard_error })
    });
    json!({
        "blocks": validation.blocks,
        "ridge": validation.ridge(),
        "ridges": ridges.collect::<Vec<Value>>(),
        "terms": validation.selection.path.iter().map(score).collect::<Vec<Value>>(),
        "keep": validation.selection.keep,
        "nested": validation.nested.as_ref().map(|nested| {
            json!({ "explained": nested.explained, "standard_error": nested.standard_error })
        }),
        "heat": { "explained": validation.heat },
    })
}

pub fn to_table(report: &Report) -> String {
    let (learned, fitted) = (report.learned, &report.learned.fitted);
    let mut text = String::new();
    for term in fitted.model().terms() {
        text += &match term.name() {
            "potential" => {
                potential_table(report.nodes, fitted) + "\nMass flows towards low potential.\n"
            }
            "entropy" => entropy_line(report),
            name => term_lines(report, name),
        };
    }
    text += &format!(
        "Explained: {:.1} % of the {} in {}, {:.1} % by a pure heat flow\n",
        100.0 * learned.explained,
        learned.measure(),
        text::counted(learned.steps, "step"),
        100.0 * learned.heat[0]
    );
    if let Fitted::Counts(counts) = fitted {
        text += &format!(
            "Deviance: {} with {} degrees of freedom\n",
            text::number(counts.deviance(), 6),
            counts.degrees_of_freedom()
        );
    }
    if let Some(reason) = fitted.without_errors() {
        text += &format!("No standard errors: {reason}\n");
    }
    for direction in fitted.unidentified() {
        text += &format!("Not determined by the data: {direction}\n");
    }
    if let Some(validation) = report.validation {
        text += &validation_table(validation);
    }
    if let Some(Ok(forecast)) = report.forecast {
        text += &forecast_table(report.nodes, forecast);
    }
    text + &caution(report)
}

fn entropy_line(report: &Report) -> String {
    let beta = report.learned.fitted.entropy();
    let meaning = match beta {
        b if b > 0.0 => "above zero: it spreads mass",
        b if b < 0.0 => "below zero: it gathers mass",
        _ => "zero: it does nothing",
    };
    let error = report.error_of("entropy").map_or(String::new(), |e| with_error(e[0]));
    format!("Entropy coefficient: {}{error} ({meaning})\n", text::number(beta, 6))
}

/// A line per coefficient.
fn term_lines(report: &Report, name: &str) -> String {
    let (values, errors) = (report.learned.fitted.coefficients(name), report.error_of(name));
    let line = |(k, value): (usize, &f64)| {
        let error = errors.as_ref().map_or(String::new(), |e| with_error(e[k]));
        let number = text::number(*value, 6);
        match name {
            "interaction_by_hops" => {
                let hops = text::counted(k + 1, "edge");
                let meaning = if *value > 0.0 { "repels" } else { "attracts" };
                format!("Interaction over {hops}: {number}{error} ({meaning})\n")
            }
            _ => format!("Coefficient of the {name}: {number}{error}\n"),
        }
    };
    values.iter().enumerate().map(line).collect()
}

impl Report<'_> {
    /// Standard errors of a term's coefficients.
    fn error_of(&self, name: &str) -> Option<Vec<f64>> {
        let model = self.learned.fitted.model();
        let k = model.terms().iter().position(|term| term.name() == name)?;
        Some(self.learned.fitted.standard_errors()?[model.blocks()[k].clone()].to_vec())
    }
}

fn with_error(error: f64) -> String {
    format!(" +- {}", text::number(error, 2))
}

fn validation_table(validation: &Validation) -> String {
    let row = |name: String, explained: f64, error: String| {
        vec![name, format!("{:.1} %", 100.0 * explained), error]
    };
    let error = |score: &Score| format!("{:.1} %", 100.0 * score.standard_error);
    let mut rows = vec![row("pure heat flow".into(), validation.heat, String::new())];
    rows.extend(
        validation
            .selection
            .path
            .iter()
            .map(|s| row(s.candidate.terms.join(", "), s.explained, error(s))),
    );
    let kept = match validation.selection.keep.as_slice() {
        [] => "no term: persistence does as well".into(),
        terms => terms.join(", "),
    };
    let honest = match &validation.nested {
        Some(nested) => format!(
            "These blocks have also chosen the terms, and the ridge where none was given. Chosen without the block that is tested: \
             {:.1} % explained, error {:.1} %\n",
            100.0 * nested.explained,
            100.0 * nested.standard_error
        ),
        None => "These blocks have also chosen what is kept: the best score is too good.\n".into(),
    };
    format!(
        "\nExplained of {} of steps that were left out in turn, ridge {}:\n\n{}\nWorth keeping: {kept}\n\
         {honest}",
        text::counted(validation.blocks, "block"),
        validation.ridge(),
        text::table(&["terms", "explained", "error"], &rows, 1)
    )
}

/// Says so when there are hardly more data than coefficients.
fn caution(report: &Report) -> String {
    let model = report.learned.fitted.model();
    let gauge = usize::from(model.free_potential().is_some());
    let coefficients = model.parameters() - gauge;
    let numbers = report.learned.steps * (report.nodes.len() - 1);
    if numbers >= 3 * coefficients {
        return String::new();
    }
    format!("Caution: {coefficients} coefficients from {numbers} observed changes fit well by chance.\n")
}

/// From the lowest to the highest; of many nodes only the extremes.
fn potential_table(nodes: &[String], fitted: &Fitted) -> String {
    let (potential, errors) = (fitted.potential(), fitted.standard_errors());
    let errors = errors.as_deref().zip(fitted.model().free_potential());
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    order.sort_by(|&x, &y| potential[x].total_cmp(&potential[y]));
    let row = |&x: &usize| {
        let error =
            errors.as_ref().map_or(String::new(), |(e, block)| text::number(e[block.start + x], 2));
        vec![nodes[x].clone(), text::number(potential[x], 6), error]
    };
    let rows: Vec<Vec<String>> = if order.len() <= 2 * SHOWN + 1 {
        order.iter().map(row).collect()
    } else {
        let gap =
            vec![format!("... {} more ...", order.len() - 2 * SHOWN), String::new(), String::new()];
        let (lowest, highest) = (&order[..SHOWN], &order[order.len() - SHOWN..]);
        lowest.iter().map(row).chain([gap]).chain(highest.iter().map(row)).collect()
    };
    text::table(&["node", "potential", "standard error"], &rows, 1)
}

/// The nodes that change most, from the last snapshot to the last times of the forecast.
fn forecast_table(nodes: &[String], forecast: &Forecast) -> String {
    let (times, masses, errors) = (forecast.times(), forecast.masses(), forecast.standard_errors());
    let last = times.len() - 1;
    let shown = times.len().saturating_sub(LAST_TIMES).max(1)..times.len();
    let change = |x: usize| masses[last][x] - masses[0][x];
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    order.sort_by(|&x, &y| change(y).abs().total_cmp(&change(x).abs()));
    order.truncate(CHANGES);
    order.sort_by(|&x, &y| change(y).total_cmp(&change(x)));
    let row = |&x: &usize| {
        let start = [nodes[x].clone(), text::number(masses[0][x], 4)];
        let later = shown.clone().map(|k| text::number(masses[k][x], 4) + &with_error(errors[k][x]));
        start.into_iter().chain(later).collect()
    };
    let rows: Vec<Vec<String>> = order.iter().map(row).collect();
    let headings: Vec<String> = shown.clone().map(|k| format!("at {}", times[k])).collect();
    let start = format!("at {}", times[0]);
    let header: Vec<&str> =
        ["node", &start].into_iter().chain(headings.iter().map(String::as_str)).collect();
    let all = match order.len() < nodes.len() {
        true => format!("\nForecast for the {CHANGES} nodes that change most:\n\n"),
        false => "\nForecast:\n\n".into(),
    };
    all + &text::table(&header, &rows, 1)
}
