//! Geodesics between any two ends: the discrete action is minimised on a ladder of time meshes until
//! the results agree.
//!
//! Between positive ends the path is smooth, and polynomials of rising degree converge
//! geometrically: four elements, shorter towards the ends, of degree 5, 8, 12, 16, then more elements, all after
//! a first rung of linear ones, which finds the way from any start.
//! Where an end has empty nodes, potentials are singular and masses grow like powers of time that differ
//! from node to node, over many orders of magnitude. No polynomial follows that without undershooting,
//! so there the path is linear between the knots (which is bulletproof) on meshes that double, graded such that the
//! error is of second order, and Richardson's extrapolation takes it away. Paths between positive ends may
//! touch the boundary too, and then go the same way.
//!
//! A nearly empty node fills in a layer in time as short as its density, and there its potential falls from a
//! value that the rest of the path knows nothing of. By conservation the norm of the potential in the metric is the
//! distance at all times, the ends included; where those found on a coarse mesh fall short of it, or nearly empty nodes
//! have a part in it, half of the elements go into the layers, spread over the orders of magnitude of time.
//!
//! A [`Ladder`] decides on the next rung and when to stop, a [`Rung`](super::rung::Rung) is one minimisation.

use std::sync::Arc;

use super::action::Terminal;
use super::ladder::{Climb, Ladder};
use super::path::{ends_rounding, Path};
use super::rung::Problem;
use super::tree::{Grower, SpanningTree};
use super::{Goal, Termination};
use crate::error::{Error, Result};
use crate::graph::{Graph, Mean, Sweep};
use crate::linalg::vector::{mass_difference, max_abs};

/// A node whose density at an end is below this counts as nearly empty: the path is not expected to be
/// smooth, and potentials are compared in the metric at that end.
pub(crate) const NEARLY_EMPTY: f64 = 1e-6;

/// A node whose density at an end is below this counts as empty: it fills in a time so short that meshes do not
/// resolve it, since times near one would run together.
pub(crate) const EMPTY: f64 = 1e-12;

/// Linear elements of the first rung between smooth ends.
const FIRST_ELEMENTS: usize = 10;

/// Degrees of the rungs for smooth paths after the first, and the factor by which each has more elements than
/// the ladder's least.
const SMOOTH: [(usize, usize); 9] =
    [(5, 1), (8, 1), (12, 1), (16, 1), (12, 2), (16, 2), (12, 4), (16, 4), (16, 8)];

/// Elements of the rungs for singular paths.
const LINEAR: [usize; 10] = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192];

/// Whether some node is empty or nearly so.
pub(crate) fn nearly_empty(graph: &Graph, mu: &[f64]) -> bool {
    least_density(graph, mu) < NEARLY_EMPTY
}

/// The densities of the nodes that are nearly empty but do not count as empty.
pub(super) fn nearly_empty_nodes<'a>(graph: &'a Graph, mu: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    let densities = mu.iter().zip(graph.reference()).map(|(m, p)| m / p);
    densities.filter(|rho| fills_in_a_layer(*rho))
}

/// Whether a node of this density is nearly empty but does not count as empty.
pub(super) fn fills_in_a_layer(density: f64) -> bool {
    (EMPTY..NEARLY_EMPTY).contains(&density)
}

/// Minimises the action between two different ends. `guess` gives the masses at a time, if there is a
/// path to start from; the barrier then starts low.
///
/// # Errors
/// Memory; [`Error::Singular`] when the graph falls apart numerically.
pub(crate) fn minimise(
    graph: &Graph,
    mean: Mean,
    ends: [&[f64]; 2],
    goal: &Goal,
    guess: Option<&Path>,
) -> Result<Climb> {
    let singular = ends.iter().any(|mu| nearly_empty(graph, mu));
    // no less is known of ends that are nearly equal
    let floor = 2.0 * ends_rounding(ends[0], ends[1]);
    let goal = &Goal {
        tolerance: goal.tolerance.max(floor),
        singular_tolerance: goal.singular_tolerance.max(floor),
        ..*goal
    };
    let problem = Problem { graph, mean, ends, terminal: None, singular };
    let lowest_density = ends.iter().map(|mu| least_density(graph, mu)).fold(f64::INFINITY, f64::min);
    let meshes = if singular { linear_meshes() } else { smooth_meshes(lowest_density) };
    let found = Ladder::new(problem, *goal, 0.0).climb(&meshes, guess)?;
    let found = or_singular(problem, goal, 0.0, found)?;
    if floor < 1.0 && found.error_estimate < 1.0 {
        return Ok(found);
    }
    Ok(or_straight(problem, found))
}

/// What was found between ends whose difference is in the rounding of their masses, or before a limit; or the straight
/// path, where that is shorter.
fn or_straight(problem: Problem, found: Climb) -> Climb {
    let Problem { graph, mean, ends, .. } = problem;
    let length = straight_length(graph, mean, ends);
    if length.is_nan() || found.distance <= length {
        return found;
    }
    let unknown = vec![0.0; ends[0].len()];
    Climb {
        path: Path::straight(ends[0], ends[1]),
        potential_start: unknown.clone(),
        potential_end: unknown,
        distance: length,
        error_estimate: f64::INFINITY,
        path_error_estimate: f64::INFINITY,
        termination: match found.termination {
            Termination::Converged => Termination::Stalled,
            stopped => stopped,
        },
        ..found
    }
}

/// A bound on the length of the straight path; infinite where that goes through nodes without mass.
///
/// Along it mobilities are at least the share `2 u` of those in the middle at a time `u <= 1/2`, for they are concave, and
/// `int_0^(1/2) (2 u)^(-1/2) du = 1` for either half. The flux is that in a tree, which rounding does not touch.
pub(super) fn straight_length(graph: &Graph, mean: Mean, ends: [&[f64]; 2]) -> f64 {
    let middle: Vec<f64> = ends[0].iter().zip(ends[1]).map(|(a, b)| 0.5 * (a + b)).collect();
    let mut weight = vec![0.0; graph.edges()];
    Sweep::new(graph, mean).mobility(&middle, &mut weight);
    // means of nothing are not defined
    weight.iter_mut().filter(|w| w.is_nan()).for_each(|w| *w = 0.0);
    let mut tree = SpanningTree::new(middle.len());
    Grower::new(graph).grow(&weight, &mut tree);
    let mut flux = mass_difference(ends[0], ends[1]);
    tree.gather(&mut flux);
    let scale = max_abs(&flux);
    let cost = |flux: f64, weight: f64| if flux == 0.0 { 0.0 } else { (flux / scale).powi(2) / weight };
    let action: f64 = graph
        .edge_list()
        .zip(&weight)
        .filter_map(|((x, y), w)| tree.child(x, y).map(|child| cost(flux[child], *w)))
        .sum();
    2.0 * scale * action.sqrt()
}

/// Minimises the action plus a function of the end, from a positive `mu0`.
///
/// `scale` is the size that the action is expected to have. The path is short where the function is smooth, so
/// the ladder starts with a single element.
///
/// # Errors
/// As [`minimise`].
pub(crate) fn proximal(
    graph: &Graph,
    mean: Mean,
    mu0: &[f64],
    terminal: &Arc<dyn Terminal>,
    scale: f64,
    goal: &Goal,
) -> Result<Climb> {
    let singular = nearly_empty(graph, mu0);
    // mass that must enter empty nodes had better be there at the start
    let share = if singular { 0.3 } else { 0.0 };
    let end: Vec<f64> =
        mu0.iter().zip(graph.reference()).map(|(m, p)| (1.0 - share) * m + share * p).collect();
    let problem = Problem { graph, mean, ends: [mu0, &end], terminal: Some(terminal), singular };
    let meshes = if singular { linear_meshes() } else { proximal_meshes(least_density(graph, mu0)) };
    let least_action = 1e-3 * scale;
    let found =
        Ladder::new(problem, *goal, least_action).climb(&meshes, Some(&Path::straight(mu0, &end)))?;
    // nodes may empty on the way to the end that is found
    let end = found.end.clone();
    or_singular(Problem { ends: [mu0, &end], ..problem }, goal, least_action, found)
}

/// What was found, or something better on meshes for singular paths where that has not converged: a path may touch the
/// boundary between positive ends, or come too near to it for polynomials.
fn or_singular(problem: Problem, goal: &Goal, least_action: f64, found: Climb) -> Result<Climb> {
    let over = matches!(found.termination, Termination::Converged | Termination::Cancelled);
    if problem.singular || over || found.iterations >= goal.max_iterations {
        return Ok(found);
    }
    if found.error_estimate <= goal.singular_tolerance {
        let termination = match found.termination {
            Termination::MemoryLimit => Termination::MemoryLimit,
            _ => Termination::Converged,
        };
        return Ok(Climb { termination, ..found });
    }
    let problem = Problem { singular: true, ..problem };
    let rest = Goal {
        tolerance: goal.singular_tolerance,
        max_iterations: goal.max_iterations - found.iterations,
        ..*goal
    };
    let ladder = Ladder::new(problem, rest, least_action);
    let linear = match ladder.climb(&linear_meshes(), Some(&found.path)) {
        // what was found on smooth meshes is not lost
        Err(Error::Singular { .. } | Error::OutOfMemory { .. }) => return Ok(found),
        other => other?,
    };
    let iterations = found.iterations + linear.iterations;
    Ok(if linear.error_estimate < found.error_estimate {
        Climb { iterations, ..linear }
    } else {
        let termination = match linear.termination {
            stopped @ (Termination::Cancelled | Termination::IterationLimit) => stopped,
            _ => found.termination,
        };
        Climb { iterations, termination, ..found }
    })
}

/// Elements of the meshes between smooth ends, and their degree.
fn smooth_meshes(lowest_density: f64) -> Vec<(usize, usize)> {
    let elements = least_elements(lowest_density);
    let later = SMOOTH.map(|(degree, factor)| (factor * elements, degree));
    [(FIRST_ELEMENTS, 1)].into_iter().chain(later).collect()
}

/// The same for short paths to a free end.
fn proximal_meshes(lowest_density: f64) -> Vec<(usize, usize)> {
    let elements = least_elements(lowest_density);
    let meshes = [(3, 1)].into_iter().chain(SMOOTH);
    let count = |factor| if elements > 4 { factor * elements } else { factor * factor };
    meshes.map(|(degree, factor)| (count(factor), degree)).collect()
}

/// The same for singular paths.
fn linear_meshes() -> Vec<(usize, usize)> {
    LINEAR.map(|elements| (elements, 1)).to_vec()
}

/// Elements that keep polynomials positive while masses change over the given orders of magnitude.
fn least_elements(lowest_density: f64) -> usize {
    match lowest_density {
        d if d > 0.05 => 4,
        d if d > 1e-3 => 8,
        _ => 16,
    }
}

/// The least mass per reference measure.
pub(super) fn least_density(graph: &Graph, mu: &[f64]) -> f64 {
    mu.iter().zip(graph.reference()).map(|(m, p)| m / p).fold(f64::INFINITY, f64::min)
}
