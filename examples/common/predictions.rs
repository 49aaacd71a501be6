//! Where a learned energy leads: from snapshot to snapshot, from the first on, and beyond the last.

use jkoflow::{FlowOptions, Forecast};

use super::failure::note;
use super::input::Snapshots;
use super::learned::Fitted;
use super::progress::Progress;
use super::text;

/// The masses at the last snapshot and at these later times.
pub fn forecast(fitted: &Fitted, snapshots: &Snapshots, times: &[f64]) -> jkoflow::Result<Forecast> {
    let last = snapshots.pairs();
    let from_last: Vec<f64> = snapshots.times[last..].iter().chain(times).copied().collect();
    let (mass, options) = (&snapshots.masses[last], FlowOptions::default());
    match fitted {
        Fitted::Quadratic(fitted) => fitted.forecast(mass, &from_last, &options),
        Fitted::Flow(fitted) => fitted.estimate().forecast(mass, &from_last, &options),
        Fitted::Counts(fitted) => fitted.forecast(0, &from_last, &options),
    }
}

/// The flow from each snapshot to the time of the next; NaN where it cannot be continued.
pub fn one_step_ahead(snapshots: &Snapshots, fitted: &Fitted) -> Vec<Vec<f64>> {
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
        note(&format!("note: the plot lacks {steps} in which the flow could not be continued"));
    }
    predicted
}

/// The flow from the first snapshot, or from the start that explains the counts, at each of the times,
/// as far as it can be continued.
pub fn from_first(snapshots: &Snapshots, fitted: &Fitted) -> jkoflow::Result<Vec<Vec<f64>>> {
    let progress = Progress::new("long prediction", snapshots.pairs());
    let mut masses = vec![match fitted {
        Fitted::Counts(fitted) => fitted.start(0)?.to_vec(),
        _ => snapshots.masses[0].clone(),
    }];
    for times in snapshots.times.windows(2) {
        match flow(&masses[masses.len() - 1], times, fitted) {
            Ok(mass) => masses.push(mass),
            Err(error) => {
                drop(progress);
                note(&format!(
                    "note: the plot's prediction from the first snapshot ends early: {error}"
                ));
                return Ok(masses);
            }
        }
        progress.step();
    }
    Ok(masses)
}

/// The masses at the second time, when `start` are those at the first.
fn flow(start: &[f64], times: &[f64], fitted: &Fitted) -> jkoflow::Result<Vec<f64>> {
    let flow = fitted.energy()?.flow(start, times, &FlowOptions::default())?;
    Ok(flow.masses()[1].clone())
}
