//! Two-sided bounds on the distance, from an approximate geodesic: options, result, and where to cut.
//!
//! The bounds are sums over intervals of time; [`Enclosure`] derives and computes an interval's share.
//! Because the argument for the lower bound holds on every interval, each has a gap of its own,
//! and the intervals with large gaps are split until the sum is small enough.

use super::convex::least_density;
use super::enclosure::{usual_smoothing, Enclosure, Piece, Potential};
use super::positive_ends::Ends;
use super::{Geodesic, GeodesicOptions, GeodesicSolver, Termination};
use crate::error::{Error, Result};
use crate::linalg::vector::distance_1;
use crate::memory;

/// How tight the bounds on a distance are to be.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct BoundOptions {
    /// Relative gap `(upper - lower) / upper` wanted; 1e-4 by default.
    pub gap: f64,
    /// Equal intervals of time to begin with; 4 by default.
    pub first_intervals: usize,
    /// Largest number of intervals; 4096 by default. With no more than `first_intervals`, exactly this
    /// many equal intervals are used between ends without empty nodes; with empty nodes there are at least two.
    pub max_intervals: usize,
}

impl Default for BoundOptions {
    fn default() -> Self {
        Self { gap: 1e-4, first_intervals: 4, max_intervals: 4096 }
    }
}

impl BoundOptions {
    /// These options with another gap.
    pub fn with_gap(mut self, gap: f64) -> Self {
        self.gap = gap;
        self
    }

    /// These options with another number of intervals to begin with.
    pub fn with_first_intervals(mut self, first_intervals: usize) -> Self {
        self.first_intervals = first_intervals;
        self
    }

    /// These options with another largest number of intervals.
    pub fn with_max_intervals(mut self, max_intervals: usize) -> Self {
        self.max_intervals = max_intervals;
        self
    }

    fn check(&self) -> Result<()> {
        if !(self.gap > 0.0 && self.gap < 1.0) {
            return Err(Error::invalid("gap", format!("{} is not between 0 and 1", self.gap)));
        }
        for (name, count) in
            [("first_intervals", self.first_intervals), ("max_intervals", self.max_intervals)]
        {
            if count == 0 {
                return Err(Error::invalid(name, "0 intervals do not reach from one end to the other"));
            }
        }
        Ok(())
    }
}

/// What is known of a distance: `lower <= W_K <= upper`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Bounds {
    /// A number that the distance is not below.
    pub lower: f64,
    /// A number that the distance is not above.
    pub upper: f64,
    /// Intervals of time that were used; 0 where the ends are equal.
    pub intervals: usize,
    /// Whether the gap is as small as was wanted.
    pub reached: bool,
    /// Whether a [`Watch`](crate::Watch) stopped the search for tighter ones.
    pub cancelled: bool,
    /// Whether the search ended because tighter ones would take more memory than a
    /// [`Watch`](crate::Watch::with_memory_limit) allows or than is there.
    pub out_of_memory: bool,
}

impl Bounds {
    /// What is known of any distance.
    const UNKNOWN: Self = Self {
        lower: 0.0,
        upper: f64::INFINITY,
        intervals: 0,
        reached: false,
        cancelled: false,
        out_of_memory: false,
    };

    /// What both know together, for this gap.
    fn and(&self, other: &Self, gap: f64) -> Self {
        let (lower, upper) = (self.lower.max(other.lower), self.upper.min(other.upper));
        Self {
            lower,
            upper,
            intervals: self.intervals.max(other.intervals),
            reached: upper - lower <= gap * upper,
            cancelled: self.cancelled || other.cancelled,
            out_of_memory: self.out_of_memory || other.out_of_memory,
        }
    }

    /// What is known when the search for tighter ones ended with an error: these, if there are any and
    /// the error leaves them as good as they were.
    fn after(self, error: Error) -> Result<Self> {
        match error {
            _ if self.upper.is_infinite() => Err(error),
            Error::Cancelled => Ok(Self { cancelled: true, ..self }),
            Error::OutOfMemory { .. } => Ok(Self { out_of_memory: true, ..self }),
            Error::Singular { .. } => Ok(self),
            other => Err(other),
        }
    }

    /// Whether there is no use in searching further.
    fn ended(&self) -> bool {
        self.reached || self.cancelled || self.out_of_memory
    }

    /// The relative gap `(upper - lower) / upper`; 0 where both are 0.
    pub fn gap(&self) -> f64 {
        if self.upper > 0.0 {
            (self.upper - self.lower) / self.upper
        } else {
            0.0
        }
    }
}

impl Geodesic {
    /// Encloses the distance between two bounds, neither of which relies on the solver's error estimate.
    ///
    /// The upper bound is the length of a path between the same ends, the lower bound a feasible value
    /// of the dual problem; both are valid whether or not the solve converged, and close together if it
    /// did. They are rigorous up to rounding and up to the quadrature of the lower bound's
    /// Hamilton-Jacobi residual in time, for both of which a margin is included. All that is used of the mean is that it is
    /// concave and homogeneous, so that they hold for all four.
    ///
    /// Where an end has empty nodes, bounds are found for the path without a short time at both ends, and where that does
    /// not do for ends with a small share of `pi` mixed in; the distance from each end to what stands for it is added
    /// to the upper and taken from the lower bound (triangle inequality). There, and where ends are so steep that the gap
    /// is not reached at once, bounds are sought for smaller and smaller gaps, and when the path is too rough for one it is
    /// solved for once more, to a hundredth of the gap wanted: the most costly part, and spared by a geodesic of that
    /// tolerance. Where the potentials of the path are lost all the same, which is so where weights differ by many orders,
    /// with the harmonic mean where nodes are empty, and where some hold less than 1e-12 for a good part of the time, wide gaps are tried, which leave potentials more room, and at last potentials
    /// that do not change in time.
    ///
    /// The upper bound's gap falls with the second power of the number of intervals, the lower one's
    /// with the third, down to the square of [`path_error_estimate`](Self::path_error_estimate).
    ///
    /// Cost per interval: one sparse factorisation, two pairs of triangular solves, twenty sweeps over
    /// the edges. The default gap takes 4 to 70 intervals for smooth geodesics, hundreds where nodes are
    /// nearly empty at an end, thousands between Diracs.
    ///
    /// # Errors
    /// Bad options, and before there are any bounds memory and [`Error::Singular`] where the masses are so
    /// small that the graph falls apart numerically. Not reaching the gap is no error: see
    /// [`Bounds::reached`].
    ///
    /// ```
    /// use jkoflow::{BoundOptions, GeodesicOptions, Graph, Reference};
    /// let cycle = Graph::cycle(4, Reference::Uniform)?;
    /// let geodesic = cycle.geodesic(&[0.4, 0.3, 0.2, 0.1], &[0.25; 4], &GeodesicOptions::default())?;
    /// let bounds = geodesic.bounds(&BoundOptions::default())?;
    /// assert!(bounds.reached && bounds.gap() <= 1e-4);
    /// assert!(bounds.lower <= geodesic.distance() && geodesic.distance() <= bounds.upper);
    /// # Ok::<(), jkoflow::Error>(())
    /// ```
    pub fn bounds(&self, options: &BoundOptions) -> Result<Bounds> {
        options.check()?;
        let direct = if self.mu0 == self.mu1 || !self.has_empty_ends() {
            let direct = self.bounds_between(options, SMOOTHING_PARTS[0], 0.0)?;
            if direct.ended() || options.max_intervals <= options.first_intervals {
                return self.not_lost(options, direct);
            }
            direct
        } else {
            Bounds::UNKNOWN
        };
        self.not_lost(options, self.bounds_step_by_step(options, direct)?)
    }

    /// These bounds, or where the lower one is lost that for a wide gap, which leaves potentials more room, or by one that does
    /// not change in time.
    fn not_lost(&self, options: &BoundOptions, bounds: Bounds) -> Result<Bounds> {
        let lost = |bounds: &Bounds| bounds.lower < LOST * bounds.upper && !bounds.cancelled;
        let mut best = bounds;
        let wide = options.with_max_intervals(options.max_intervals.min(WIDE_INTERVALS));
        for gap in WIDE_GAPS.into_iter().filter(|gap| *gap > options.gap) {
            if !lost(&best) {
                return Ok(best);
            }
            match self.bounds_for_gap(&wide.with_gap(gap), &mut 0) {
                Ok(found) => best = best.and(&found, options.gap),
                Err(error) => return best.after(error),
            }
        }
        if !lost(&best) {
            return Ok(best);
        }
        match self.standing_bound() {
            Ok(standing) => Ok(Bounds { lower: best.lower.max(standing).min(best.upper), ..best }),
            Err(error) => best.after(error),
        }
    }

    /// Improves on bounds between steep ends: for a wide gap first, then for smaller ones down to that wanted.
    ///
    /// Where the gap is too small for the path or for the number of intervals, potentials drift off and
    /// the lower bound is lost; that of a wider gap is then the better one. A path that is too rough is computed again,
    /// once.
    fn bounds_step_by_step(&self, options: &BoundOptions, mut best: Bounds) -> Result<Bounds> {
        let (mut gap, mut smoothing, mut finer) = (options.gap.max(FIRST_GAP), 0, None);
        loop {
            let path: &Geodesic = finer.as_ref().unwrap_or(self);
            let attempt = match path.bounds_for_gap(&options.with_gap(gap), &mut smoothing) {
                Err(error) => return best.after(error),
                Ok(attempt) => attempt,
            };
            best = best.and(&attempt, options.gap);
            if best.ended() {
                return Ok(best);
            }
            if attempt.reached && gap > options.gap {
                gap = options.gap.max(FINER * gap);
                continue;
            }
            let tolerance = PATH_PART * options.gap;
            if finer.is_some() || !self.converged() || self.error_estimate <= tolerance {
                return Ok(best);
            }
            let goal = GeodesicOptions::default().with_mean(self.mean).with_tolerance(tolerance);
            let solve = |mut solver: GeodesicSolver| solver.solve_from(self, &self.mu0, &self.mu1);
            let again = match GeodesicSolver::new(&self.graph, goal).and_then(solve) {
                Err(error) => return best.after(error),
                Ok(again) => again,
            };
            if again.termination == Termination::Cancelled {
                return best.after(Error::Cancelled);
            }
            if again.error_estimate >= 0.5 * self.error_estimate {
                return Ok(best);
            }
            finer = Some(again);
        }
    }

    /// Bounds for one gap, with less and less smoothing until it is reached; `smoothing`, an index, stays where it was.
    fn bounds_for_gap(&self, options: &BoundOptions, smoothing: &mut usize) -> Result<Bounds> {
        let ends: &[Ends] =
            if self.has_empty_ends() { &[Ends::Trimmed, Ends::Mixed] } else { &[Ends::Same] };
        let (mut best, mut failed) = (Bounds::UNKNOWN, None);
        for (k, part) in SMOOTHING_PARTS.into_iter().enumerate().skip(*smoothing) {
            let first = k == *smoothing && self.converged();
            let limit = if first { usize::MAX } else { MORE_INTERVALS };
            let sought = options.with_max_intervals(options.max_intervals.min(limit));
            for ends in ends {
                match self.bounds_with_positive_ends(*ends, &sought, part) {
                    // the path may be too rough near its ends for one way, but not for the other
                    Err(error @ Error::Singular { .. }) => failed = Some(error),
                    Err(error) => return best.after(error),
                    Ok(attempt) => best = best.and(&attempt, options.gap),
                }
                if best.ended() {
                    *smoothing = k;
                    return Ok(best);
                }
            }
        }
        failed.map_or(Ok(best), |error| best.after(error))
    }

    /// The least density at the ends of the path's elements.
    fn path_least_density(&self) -> f64 {
        self.path.starts().map(|(_, mu)| least_density(&self.graph, mu)).fold(f64::INFINITY, f64::min)
    }

    /// Whether some mass is zero, or so small that ratios to it overflow.
    fn has_empty_ends(&self) -> bool {
        self.mu0.iter().chain(&self.mu1).any(|m| *m < f64::MIN_POSITIVE)
    }

    /// Bounds on the distance between two distributions whose distances to this geodesic's ends have the sum
    /// `widening`, by the triangle inequality; `gap` is that of these wider bounds, `smoothing` in units of the usual.
    pub(crate) fn bounds_between(
        &self,
        options: &BoundOptions,
        smoothing: f64,
        widening: f64,
    ) -> Result<Bounds> {
        options.check()?;
        let first = options.first_intervals.min(options.max_intervals);
        memory::admit(memory::doubles(&[first]), || format!("bounds from {first} intervals"))?;
        let times = (0..=first).map(|k| k as f64 / first as f64).collect();
        self.bounds_from(times, options, smoothing, widening)
    }

    /// The same, from intervals between these times on.
    pub(super) fn bounds_from(
        &self,
        times: Vec<f64>,
        options: &BoundOptions,
        smoothing: f64,
        widening: f64,
    ) -> Result<Bounds> {
        if self.mu0 == self.mu1 {
            let reached = widening == 0.0;
            return Ok(Bounds { upper: widening, reached, ..Bounds::UNKNOWN });
        }
        let smoothing =
            smoothing * 0.5 * distance_1(&self.mu0, &self.mu1) * usual_smoothing(options.gap);
        let touched = self.path_least_density() < TOUCHED;
        let mut enclosure = Enclosure::new(self, smoothing, if touched { options.gap } else { 0.0 })?;
        // pieces of four numbers that are held thrice
        let first = times.len() - 1;
        memory::admit(memory::doubles(&[first, 12]), || format!("bounds from {first} intervals"))?;
        let mut pieces = enclosure.paths(&times)?;
        // potentials are steepest at ends with nearly empty nodes, so that the middle is a good place to
        // carry them from; the ends are tried as well, and both together
        let mut anchors = vec![
            Potential::CarriedFrom(0.5),
            Potential::CarriedFrom(0.0),
            Potential::CarriedFrom(1.0),
            Potential::CarriedFromEnds,
        ];
        if touched {
            anchors.extend([0.5, 0.0, 1.0].map(Potential::FallingFrom));
        }
        let (mut lower, mut upper) = (0.0, f64::INFINITY);
        let mut stopped = None;
        loop {
            let found = match certified(&mut enclosure, &mut pieces, &mut anchors) {
                // the bounds of earlier rounds are as good as they were
                Err(error @ (Error::Cancelled | Error::OutOfMemory { .. })) if upper.is_finite() => {
                    stopped = Some(error);
                    break;
                }
                other => other?,
            };
            // every round's bounds are valid, and a later one need not be better on both sides
            upper = f64::min(upper, found.1);
            lower = f64::max(lower, found.0).min(upper);
            // where the widening alone exceeds the gap, what lies between need not be much better
            let wanted = options.gap * (upper + widening);
            let allowed = (wanted - 2.0 * widening).max(0.5 * widening);
            if upper - lower <= allowed {
                break;
            }
            let refined = refine(&mut pieces, allowed * upper, options.max_intervals, &mut enclosure);
            match refined {
                Ok(true) => {}
                Ok(false) => break,
                Err(error @ (Error::Cancelled | Error::OutOfMemory { .. })) => {
                    stopped = Some(error);
                    break;
                }
                Err(other) => return Err(other),
            }
        }
        let upper = upper + widening;
        let lower = (lower - widening).max(0.0);
        let reached = upper - lower <= options.gap * upper;
        let found = Bounds { lower, upper, intervals: pieces.len(), reached, ..Bounds::UNKNOWN };
        stopped.map_or(Ok(found), |error| found.after(error))
    }
}

/// The bounds that the pieces give, with the potentials that serve best; `anchors`, the ways to carry them on, are put
/// in the order of their merit.
fn certified(
    enclosure: &mut Enclosure,
    pieces: &mut Vec<Piece>,
    anchors: &mut Vec<Potential>,
) -> Result<(f64, f64)> {
    let mut found = (0.0, 0.0);
    for (k, anchor) in anchors.clone().into_iter().enumerate() {
        let mut carried = pieces.clone();
        enclosure.certify(&mut carried, anchor)?;
        let other = enclose(&carried);
        if k == 0 || other.0 > found.0 {
            anchors[0] = anchor;
            (found, *pieces) = (other, carried);
        }
    }
    let adrift = found.1 - found.0 > ADRIFT * found.1;
    if pieces.len() > if adrift { ADRIFT_INTERVALS } else { ANCHOR_INTERVALS } {
        anchors.truncate(1);
    }
    if adrift {
        let mut sampled = pieces.clone();
        enclosure.certify(&mut sampled, Potential::Sampled)?;
        let other = enclose(&sampled);
        if other.0 > found.0 {
            (found, *pieces) = (other, sampled);
        }
    }
    Ok(found)
}

/// A lower bound below this part of the upper one may be worse than one without a path.
const LOST: f64 = 0.9;

/// The first gap for which bounds between steep ends are sought, and the factor to the next.
const FIRST_GAP: f64 = 0.03;
const FINER: f64 = 0.3;

/// Gaps that are tried where lower bounds are lost, and the most intervals for them.
const WIDE_GAPS: [f64; 2] = [0.1, 0.3];
const WIDE_INTERVALS: usize = 256;

/// What the smoothing of bounds may be, in units of the usual, and the most intervals for all but the first, and for any of
/// a path that did not converge: nodes may matter that hold less mass than the usual smoothing adds.
const SMOOTHING_PARTS: [f64; 3] = [1.0, 1e-2, 1e-5];
const MORE_INTERVALS: usize = 1024;

/// The tolerance of a path that is good enough for bounds, as part of their gap.
const PATH_PART: f64 = 0.01;

/// Beyond this number of intervals the best place to carry potentials from is taken to be known; where they could not be
/// carried along, beyond more.
const ANCHOR_INTERVALS: usize = 64;
const ADRIFT_INTERVALS: usize = 1024;

/// Where a density on the path comes below this, potentials may have to fall, and some of the gap is spent on room for errors.
const TOUCHED: f64 = 1e-4;

/// A relative gap above this means that the potentials could not be carried along.
const ADRIFT: f64 = 0.1;

/// Relative rounding of a sum of positive terms and of a root, with room to spare.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// A dual value below this may be a sum of numbers that have underflowed.
const LEAST_DUAL: f64 = 1e-280;

/// Lower and upper bound that follow from the pieces.
fn enclose(pieces: &[Piece]) -> (f64, f64) {
    let length: f64 = pieces.iter().map(|p| p.length).sum();
    let dual: f64 = pieces.iter().map(|p| p.dual).sum();
    let upper = length * (1.0 + ROUNDING);
    // the comparison is false for NaN; bounds that have met may cross by their rounding
    let lower = if dual > LEAST_DUAL { (2.0 * dual).sqrt() * (1.0 - ROUNDING) } else { 0.0 };
    (lower.min(upper), upper)
}

/// Pieces into which one interval is split at most at a time: it may look worse from afar.
const MOST_PARTS: f64 = 8.0;

/// Intervals shorter than this are not split: their knots would run together.
const SHORTEST: f64 = 1e-12;

/// A factor that splits any interval with a gap worth mentioning into the most parts.
const MOST_SCALE: f64 = 1e100;

/// The new gap is aimed at this share of the one allowed.
const AIM: f64 = 0.8;

/// Splits intervals so that the sum of their gaps comes down to `allowed`, or as far as
/// `max_intervals` admits; false when that splits none.
///
/// A piece's gap is of third order in its duration, the upper bound's part at least. Split in `p`
/// equal parts it leaves `g / p^2`, and `sum g / p^2 = allowed` takes fewest parts when each `p` is
/// proportional to `g^(1/3)`.
fn refine(
    pieces: &mut Vec<Piece>,
    allowed: f64,
    max_intervals: usize,
    enclosure: &mut Enclosure,
) -> Result<bool> {
    if pieces.len() >= max_intervals {
        return Ok(false);
    }
    let root = |p: &Piece| if p.end - p.start > SHORTEST { p.gap().cbrt() } else { 0.0 };
    let roots: Vec<f64> = pieces.iter().map(root).collect();
    // a gap near the least number would ask for more parts than there are numbers
    let mut scale = (roots.iter().sum::<f64>() / (AIM * allowed)).sqrt().min(MOST_SCALE);
    let parts = |scale: f64| -> Vec<usize> {
        roots.iter().map(|root| (scale * root).ceil().clamp(1.0, MOST_PARTS) as usize).collect()
    };
    let mut wanted = parts(scale);
    while wanted.iter().sum::<usize>() > max_intervals {
        scale *= 0.9;
        wanted = parts(scale);
    }
    if wanted.iter().all(|&p| p == 1) {
        return Ok(false);
    }
    let count = wanted.iter().sum();
    memory::admit(memory::doubles(&[count, 13]), || format!("bounds from {count} intervals"))?;
    let mut finer = Vec::with_capacity(count);
    for (piece, parts) in pieces.iter().zip(wanted) {
        if parts == 1 {
            finer.push(*piece);
            continue;
        }
        let duration = piece.end - piece.start;
        let mut times: Vec<f64> =
            (0..parts).map(|k| piece.start + duration * k as f64 / parts as f64).collect();
        times.push(piece.end);
        finer.extend(enclosure.paths(&times)?);
    }
    *pieces = finer;
    Ok(true)
}
