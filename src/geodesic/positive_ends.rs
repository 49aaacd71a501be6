//! Positive ends near those of a path, which may have empty nodes, and what it costs to put them there.
//!
//! Potentials are infinite at empty nodes, and no certificate can be carried to there. So bounds are found between
//! other ends, and the distances from the ends to these widen them, by the triangle inequality. There are two ways:
//!
//! * *Trimming* leaves out a short time `s` at both ends. The path stays a geodesic, along which masses and potentials
//!   go with powers of the time from the end, so that intervals in a fixed proportion to that time resolve both. What is
//!   left out is about `2 s W` long.
//! * *Mixing* adds a share of `pi` to all masses, at a price of the order of its root. Masses that grow beyond
//!   that share one after the other make layers, where the path is no geodesic; but where masses stay empty for long it
//!   is the better way.

use super::bounds::{BoundOptions, Bounds};
use super::enclosure::Enclosure;
use super::mixing::mixing_distance;
use super::path::Path;
use super::{normalised, Geodesic};
use crate::error::Result;

/// The positive ends that stand for those of a path.
#[derive(Clone, Copy)]
pub(super) enum Ends {
    /// They are positive.
    Same,
    /// Its masses a short time later and earlier. The path stays what it is, and where its potentials go with powers
    /// of the time from the end, so do those that are carried on.
    Trimmed,
    /// With a small share of `pi` mixed in: better where masses stay empty, or arrive at once.
    Mixed,
}

/// How much of the time is left out at an empty end, as part of the gap: lengths go with time, those of two ends are added
/// to the upper bound and taken from the lower.
const TRIMMED_PART: f64 = 0.1;

/// Intervals of what is left out.
const TRIMMED_INTERVALS: i32 = 20;

/// Times grow by this factor from an end on: paths and potentials are powers of them.
const GROWTH: f64 = 1.25;

/// The shares of `pi` that may be mixed into empty ends, where the search for one begins and its length.
const LEAST_MIXING: f64 = 1e-14;
const MOST_MIXING: f64 = 1e-6;
const FIRST_MIXING: f64 = 1e-7;
const MIXING_TRIALS: usize = 4;

/// Part of the gap that mixing may cost.
const MIXING_PART: f64 = 0.25;

impl Geodesic {
    /// Bounds for a path with positive ends near those of this one, widened by the distances from these, which are
    /// no more than their part of the gap.
    pub(super) fn bounds_with_positive_ends(
        &self,
        ends: Ends,
        options: &BoundOptions,
        smoothing: f64,
    ) -> Result<Bounds> {
        match ends {
            Ends::Same => self.bounds_between(options, smoothing, 0.0),
            Ends::Trimmed => {
                let trimmed = TRIMMED_PART * options.gap;
                let widening = self.trimmed_length(trimmed)?;
                let times = towards_ends(trimmed, options);
                self.trimmed(trimmed).bounds_from(times, options, smoothing, widening)
            }
            Ends::Mixed => {
                let price = |share: f64| -> Result<f64> {
                    let price = |mu| mixing_distance(&self.graph, self.mean, mu, share);
                    Ok(price(&self.mu0)? + price(&self.mu1)?)
                };
                let allowed = MIXING_PART * options.gap * self.distance;
                let mut share = FIRST_MIXING;
                // the price goes with a power of the share between a half and one: this exponent suits both
                for _ in 0..MIXING_TRIALS {
                    let ratio = allowed / price(share)?;
                    share = (share * ratio.powf(4.0 / 3.0)).clamp(LEAST_MIXING, MOST_MIXING);
                }
                self.mixed(share)?.bounds_between(options, smoothing, price(share)?)
            }
        }
    }

    /// This path with a share of `pi` mixed in: a path between the mixed ends, positive throughout, with the
    /// potentials of this one.
    fn mixed(&self, share: f64) -> Result<Geodesic> {
        let path = self.path.mixed(self.graph.reference(), share);
        let mixed = |mu| self.graph.mix_with_reference(mu, share);
        Ok(self.along(path, mixed(&self.mu0)?, mixed(&self.mu1)?))
    }

    /// The part of this path between the times `trimmed` and `1 - trimmed`, run in unit time.
    fn trimmed(&self, trimmed: f64) -> Geodesic {
        let path = self.path.part(trimmed, 1.0 - trimmed);
        let (mu0, mu1) = (normalised(&path.mass(0.0)), normalised(&path.mass(1.0)));
        self.along(path, mu0, mu1)
    }

    /// This geodesic with another path, between other ends.
    fn along(&self, path: Path, mu0: Vec<f64>, mu1: Vec<f64>) -> Geodesic {
        let finite = |t: f64| {
            let mut potential = path.potential(t);
            self.graph.centre(&mut potential);
            potential
        };
        let (potential_start, potential_end) = (finite(0.0), finite(1.0));
        Geodesic { mu0, mu1, path, potential_start, potential_end, ..self.clone() }
    }

    /// An upper bound on what [`trimmed`](Self::trimmed) leaves out: the distances of the ends to those of the trimmed
    /// path.
    fn trimmed_length(&self, trimmed: f64) -> Result<f64> {
        let mut times: Vec<f64> = (0..TRIMMED_INTERVALS).map(|k| trimmed * GROWTH.powi(-k)).collect();
        times.reverse();
        let mirrored: Vec<f64> = times.iter().rev().map(|t| 1.0 - t).collect();
        let mut enclosure = Enclosure::new(self, 0.0, 0.0)?;
        let mut length = enclosure.length_from_end(0.0, times[0])?
            + enclosure.length_from_end(1.0, 1.0 - times[0])?;
        for times in [times, mirrored] {
            length += enclosure.paths(&times)?.iter().map(|piece| piece.length).sum::<f64>();
        }
        Ok(length)
    }
}

/// Times that are near each other towards trimmed ends, in units of what is left between these.
fn towards_ends(trimmed: f64, options: &BoundOptions) -> Vec<f64> {
    let half = ((0.5 / trimmed).ln() / GROWTH.ln()).ceil() as usize;
    let half = half.min(options.max_intervals.max(2) / 2);
    let growth = (0.5 / trimmed).powf(1.0 / half as f64);
    let first = |k: usize| (trimmed * growth.powi(k as i32) - trimmed) / (1.0 - 2.0 * trimmed);
    let before = (0..half).map(first);
    before.clone().chain([0.5]).chain(before.rev().map(|t| 1.0 - t)).collect()
}
