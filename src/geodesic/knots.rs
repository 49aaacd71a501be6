//! Masses at the knots of a path, to twice the working precision.
//!
//! What flows through a node that joins two parts of the graph is a difference of what these parts gain. Where that
//! node is nearly empty the flux has to vanish as its mobility does, far below the rounding of the masses divided
//! by the length of an interval. Each mass is therefore the sum of a double and a far smaller one (Dekker, Numer.
//! Math. 1971), so that rates are as accurate as doubles can be, however short the interval.
//!
//! Masses at a knot add up to one in the same precision, too: else rates would not add up to zero, and what they miss
//! would have to flow to the ground over whatever little leads there.

/// The masses at all knots of a path.
#[derive(Clone)]
pub(crate) struct Knots {
    /// Rounded masses, `n` numbers for each knot.
    pub mass: Vec<f64>,
    /// What rounding took away.
    tail: Vec<f64>,
    /// The number of nodes `n`.
    nodes: usize,
}

impl Knots {
    /// Knots of so many nodes, with these masses, whose sums are one up to rounding.
    pub fn new(nodes: usize, mass: Vec<f64>) -> Self {
        let tail = vec![0.0; mass.len()];
        let mut knots = Self { mass, tail, nodes };
        knots.settle();
        knots
    }

    /// Gives the heaviest node of each knot what its masses lack to one.
    fn settle(&mut self) {
        let knots = self.mass.chunks_exact_mut(self.nodes).zip(self.tail.chunks_exact_mut(self.nodes));
        for (mass, tail) in knots {
            let (mut heaviest, mut lack, mut rest) = (0, 1.0, 0.0);
            for x in 0..mass.len() {
                let (sum, lost) = two_sum(lack, -mass[x]);
                (lack, rest) = (sum, rest + (lost - tail[x]));
                if mass[x] > mass[heaviest] {
                    heaviest = x;
                }
            }
            (mass[heaviest], tail[heaviest]) = two_sum(mass[heaviest], tail[heaviest] + (lack + rest));
        }
    }

    /// `self = from + share * step`, with masses that add up to one.
    pub fn move_from(&mut self, from: &Knots, share: f64, step: &[f64]) {
        let target = self.mass.iter_mut().zip(&mut self.tail);
        let source = from.mass.iter().zip(&from.tail).zip(step);
        for ((mass, tail), ((old, old_tail), step)) in target.zip(source) {
            let (sum, lost) = two_sum(*old, share * step);
            (*mass, *tail) = two_sum(sum, lost + old_tail);
        }
        self.settle();
    }

    /// The rounded masses at the last knot.
    pub fn last(&self) -> &[f64] {
        &self.mass[self.mass.len() - self.nodes..]
    }

    /// Overwrites these knots by others on the same mesh.
    pub fn copy_from(&mut self, other: &Knots) {
        self.mass.copy_from_slice(&other.mass);
        self.tail.copy_from_slice(&other.tail);
    }

    /// The difference of two entries, as accurate as a double can be.
    pub fn difference(&self, new: usize, old: usize) -> f64 {
        // exact where the masses are within a factor of two
        (self.mass[new] - self.mass[old]) + (self.tail[new] - self.tail[old])
    }
}

/// A path that is linear between its knots, to the precision of these.
pub(crate) struct Polyline {
    pub times: Vec<f64>,
    pub knots: Knots,
}

impl Polyline {
    /// Its masses at other times, from 0 to 1: the rates between two of them are those of the polyline, to the rounding of
    /// the rates.
    pub fn at(&self, times: &[f64]) -> Knots {
        let Knots { mass, tail, nodes } = &self.knots;
        let mut found = Knots { mass: Vec::new(), tail: Vec::new(), nodes: *nodes };
        for &t in times {
            let after = self.times.partition_point(|&knot| knot <= t).clamp(1, self.times.len() - 1);
            let (start, end) = (self.times[after - 1], self.times[after]);
            // an entry of the nearer knot, the same of the other one, and the way from there
            let (near, far, share) = if t - start <= end - t {
                (after - 1, after, (t - start) / (end - start))
            } else {
                (after, after - 1, (end - t) / (end - start))
            };
            for (i, j) in (near * nodes..(near + 1) * nodes).zip(far * nodes..) {
                let (sum, lost) = two_sum(mass[i], share * self.knots.difference(j, i));
                let (sum, lost) = two_sum(sum, lost + tail[i]);
                found.mass.push(sum);
                found.tail.push(lost);
            }
        }
        found.settle();
        found
    }

    /// The same with a knot between any two, at these times; `None` where they are others.
    ///
    /// There logarithms of masses follow cubics in the number of the knot: meshes are graded so that paths are smooth in that.
    /// What fills an empty node goes with a power of time, so that beside such an end the logarithm of time takes the place
    /// of the number.
    pub fn halved(&self, times: &[f64]) -> Option<Knots> {
        let (nodes, last) = (self.knots.nodes, self.times.len() - 1);
        let nested = times.len() == 2 * last + 1 && times.iter().step_by(2).eq(&self.times);
        if !nested || last < LEAST_HALVED {
            return None;
        }
        let straight = self.at(times);
        let (mut halved, mut bend) = (straight.clone(), vec![0.0; straight.mass.len()]);
        let mut logarithm = vec![0.0; last + 1];
        let mut known: [Option<Vec<Middle>>; 4] = Default::default();
        for x in 0..nodes {
            for (j, logarithm) in logarithm.iter_mut().enumerate() {
                *logarithm = self.knots.mass[j * nodes + x].ln();
            }
            let empty = [logarithm[0], logarithm[last]].map(|end| end == f64::NEG_INFINITY);
            let case = usize::from(empty[0]) + 2 * usize::from(empty[1]);
            let middles = known[case].get_or_insert_with(|| middles(times, empty));
            for (i, Middle { start, weight }) in middles.iter().enumerate() {
                let value: f64 = weight.iter().zip(&logarithm[*start..]).map(|(w, l)| w * l).sum();
                let k = (2 * i + 1) * nodes + x;
                bend[k] = Some(value.exp() - straight.mass[k]).filter(|b| b.is_finite()).unwrap_or(0.0);
            }
        }
        halved.move_from(&straight, 1.0, &bend);
        Some(halved)
    }
}

/// Knots below which a path is not halved: a cubic takes four that are not empty.
const LEAST_HALVED: usize = 5;

/// A value between two knots, from those at four in a row.
struct Middle {
    start: usize,
    weight: [f64; 4],
}

/// The values at every other of these times, from those at the rest, of a node that may be empty at either end.
fn middles(times: &[f64], empty: [bool; 2]) -> Vec<Middle> {
    let last = (times.len() - 1) / 2;
    let (first, end) = (usize::from(empty[0]), last - usize::from(empty[1]));
    let middle = |i: usize| {
        let place = |k: usize| match 2 * i < last {
            true if empty[0] => times[k].ln(),
            false if empty[1] => -(1.0 - times[k]).ln(),
            _ => k as f64,
        };
        let start = i.saturating_sub(1).clamp(first, end - 3);
        // beyond the last mass there is a power, and little sense in more
        let through = match i {
            i if i < first => 0..2,
            i if i >= end => 2..4,
            _ => 0..4,
        };
        let knot = |j: usize| place(2 * (start + j));
        let new = place(2 * i + 1);
        let mut weight = [0.0; 4];
        for j in through.clone() {
            let others = through.clone().filter(|k| *k != j);
            weight[j] = others.map(|k| (new - knot(k)) / (knot(j) - knot(k))).product();
        }
        Middle { start, weight }
    };
    (0..last).map(middle).collect()
}

/// The rounded sum, and exactly what rounding took away (Knuth, The Art of Computer Programming 2, 4.2.2).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_in_sum = sum - a;
    (sum, (a - (sum - b_in_sum)) + (b - b_in_sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_below_the_rounding_of_the_masses_add_up() {
        let mut knots = Knots::new(2, vec![0.5, 0.5]);
        let mut next = knots.clone();
        for _ in 0..1000 {
            next.move_from(&knots, 0.5, &[1e-20, -1e-20]);
            knots.copy_from(&next);
        }
        assert_eq!(knots.mass, [0.5, 0.5]);
        assert!((knots.difference(0, 1) / 1e-17 - 1.0).abs() < 1e-13);
        next.move_from(&knots, 1.0, &[1e-3, -1e-3]);
        assert!((next.difference(0, 1) / 2e-3 - 1.0).abs() < 1e-13);
        next.move_from(&next.clone(), 1.0, &[-1e-3, 1e-3]);
        assert!((next.difference(0, 1) / 1e-17 - 1.0).abs() < 1e-13);
    }

    /// Rates are those of the polyline however short the time, where masses have lost them.
    #[test]
    fn polylines_keep_their_rates() {
        let mut knots = Knots::new(2, vec![0.5, 0.5, 0.5, 0.5, 0.2, 0.8]);
        knots.move_from(&knots.clone(), 1.0, &[0.0, 0.0, 3e-20, -3e-20, 0.0, 0.0]);
        let polyline = Polyline { times: vec![0.0, 1e-12, 1.0], knots };
        let times = [0.0, 3e-13, 9e-13, 1e-12, 0.25, 0.7, 1.0];
        let finer = polyline.at(&times);
        assert_eq!(&finer.mass[..8], [0.5; 8]);
        for (k, window) in times.windows(2).enumerate() {
            let rate = finer.difference(2 * k + 2, 2 * k) / (window[1] - window[0]);
            let wanted = if k < 3 { 3e-8 } else { -0.3 / (1.0 - 1e-12) };
            assert!((rate / wanted - 1.0).abs() < 1e-13, "{k}: {rate:e}");
            assert_eq!(finer.difference(2 * k + 2, 2 * k), -finer.difference(2 * k + 3, 2 * k + 1));
        }
    }

    /// Between knots a path is met at the third order at least, where its masses fill and empty by orders of magnitude, too.
    #[test]
    fn halved_polylines_follow_smooth_paths() {
        let path =
            |t: f64| [0.9 * (t * t * (1.0 - t)), 0.9 * t * (1.0 - t).powi(2), 1.0 - 0.9 * t * (1.0 - t)];
        let times = |count: usize| -> Vec<f64> {
            let graded = |u: f64| u * u * u * (10.0 - 15.0 * u + 6.0 * u * u);
            (0..=count).map(|k| graded(k as f64 / count as f64)).collect()
        };
        let worst = |count: usize, before: f64| {
            let (old, new) = (times(count), times(2 * count));
            let knots = Knots::new(3, old.iter().flat_map(|&t| path(t)).collect());
            let polyline = Polyline { times: old, knots };
            let halved = polyline.halved(&new).expect("the times are nested");
            assert!(
                polyline.halved(&times(3 * count)).is_none()
                    && polyline.halved(&polyline.times).is_none()
            );
            let mut worst: f64 = 0.0;
            for (k, &t) in new.iter().enumerate() {
                let mass = &halved.mass[3 * k..3 * k + 3];
                assert!(
                    (mass.iter().sum::<f64>() - 1.0).abs() < 1e-15 && (0.0 < t && t < 1.0 || k % 2 == 0)
                );
                // all knots but those in the first and last intervals, where only the power is met
                if (3..new.len() - 3).contains(&k) {
                    let exact = path(t);
                    worst = (0..2).map(|x| (mass[x] / exact[x] - 1.0).abs()).fold(worst, f64::max);
                }
                assert!(k % 2 == 1 || mass == &polyline.knots.mass[3 * k / 2..3 * k / 2 + 3]);
            }
            assert!(worst < before / 6.0, "{count}: {worst:e} after {before:e}");
            worst
        };
        [16, 32, 64, 128].into_iter().fold(1.0, |before, count| worst(count, before));
    }

    /// What three nodes gain adds up to nothing, far below the rounding of the heaviest mass.
    #[test]
    fn masses_add_up_to_one() {
        let mut knots = Knots::new(3, vec![1.0, 0.0, 0.0, 0.7, 0.2, 0.1 + 3e-16]);
        for light in [3e-17, 1e-25] {
            knots.move_from(&knots.clone(), 1.0, &[0.0, light, 0.0, 0.1, 0.2, -light]);
            let gained: f64 = (0..3).map(|x| knots.difference(3 + x, x)).sum();
            assert!(gained.abs() <= 1e-16, "{gained:e}");
        }
        // the first knot has taken from its heaviest node what came to the second
        assert_eq!((knots.mass[0], knots.tail[0]), (1.0, -3e-17 - 1e-25));
    }
}
