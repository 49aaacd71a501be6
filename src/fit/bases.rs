//! Functions on the nodes and on pairs of nodes in which potentials and interactions are expanded.

use std::collections::VecDeque;

use nalgebra::{DMatrix, SymmetricEigen};
use sprs::TriMat;

use crate::energy::Interaction;
use crate::error::{self, Error, Result};
use crate::graph::{Graph, LaplacianSolver};
use crate::linalg::vector::{dot, max_abs};

/// Matrices with fewer entries than this share of all are stored sparsely.
const SPARSE: f64 = 0.25;

/// `W_d(x,y) = [hops(x,y) = d]` for `d = 1..=reach`. Cost: one breadth-first search per node, as deep as
/// the reach.
///
/// # Errors
/// A reach beyond the diameter, where there is nothing to learn.
pub(super) fn hops(graph: &Graph, reach: usize) -> Result<Vec<Interaction>> {
    let n = graph.nodes();
    let mut neighbours = vec![Vec::new(); n];
    for (x, y) in graph.edge_list() {
        neighbours[x].push(y);
        neighbours[y].push(x);
    }
    let mut matrices = (0..reach).map(|_| TriMat::new((n, n))).collect::<Vec<_>>();
    // the last search that saw a node, and at which distance
    let mut seen = vec![(usize::MAX, 0); n];
    for x in 0..n {
        seen[x] = (x, 0);
        let mut queue = VecDeque::from([x]);
        while let Some(y) = queue.pop_front() {
            let distance = seen[y].1 + 1;
            if distance > reach {
                break;
            }
            for &z in &neighbours[y] {
                if seen[z].0 != x {
                    seen[z] = (x, distance);
                    matrices[distance - 1].add_triplet(x, z, 1.0);
                    queue.push_back(z);
                }
            }
        }
    }
    if let Some(d) = matrices.iter().position(|w| w.nnz() == 0) {
        let reason = format!("no two nodes are {} hops apart", d + 1);
        return Err(Error::invalid("terms (interaction_by_hops)", reason));
    }
    matrices.into_iter().map(|w| Interaction::sparse(w.to_csr())).collect()
}

/// `W_j(x,y) = [edges[j] <= d_xy < edges[j+1]]`.
pub(super) fn bins(n: usize, distances: &[f64], edges: &[f64]) -> Result<Vec<Interaction>> {
    let distances = check_distances(n, distances)?;
    if edges.len() < 2 {
        return Err(Error::invalid("edges", "a bin needs two"));
    }
    error::check_increasing("edges", edges)?;
    let inside = |d: f64, bin: &[f64]| if bin[0] <= d && d < bin[1] { 1.0 } else { 0.0 };
    edges.windows(2).map(|bin| map_entries(distances, |d| inside(d, bin))).collect()
}

/// `W_j(x,y) = exp(-(d_xy - centres[j])^2 / (2 width^2))`.
pub(super) fn bumps(
    n: usize,
    distances: &[f64],
    centres: &[f64],
    width: f64,
) -> Result<Vec<Interaction>> {
    let distances = check_distances(n, distances)?;
    error::check_finite("centres", centres)?;
    error::check_positive("width", &[width])?;
    let bump = |d: f64, centre: f64| (-0.5 * ((d - centre) / width).powi(2)).exp();
    centres.iter().map(|&centre| map_entries(distances, |d| bump(d, centre))).collect()
}

/// Distances that are as symmetric as an interaction has to be.
fn check_distances(n: usize, distances: &[f64]) -> Result<&[f64]> {
    Interaction::dense(n, distances).map(|_| distances).map_err(|error| match error {
        Error::InvalidArgument { reason, .. } => Error::invalid("distances", reason),
        Error::LengthMismatch { expected, found, .. } => {
            Error::LengthMismatch { argument: "distances".into(), expected, found }
        }
        Error::BadValue { index, value, expected, .. } => {
            Error::BadValue { argument: "distances".into(), index, value, expected }
        }
        other => other,
    })
}

/// The matrix of `f(d_xy)`, of the upper triangle, mirrored.
fn map_entries(distances: &[f64], f: impl Fn(f64) -> f64) -> Result<Interaction> {
    let n = distances.len().isqrt();
    let entry = |x: usize, y: usize| f(distances[x.min(y) * n + x.max(y)]);
    let pairs = || (0..n).flat_map(|x| (0..n).map(move |y| (x, y)));
    let stored = pairs().filter(|&(x, y)| entry(x, y) != 0.0).count();
    if stored as f64 >= SPARSE * (n * n) as f64 {
        let entries: Vec<f64> = pairs().map(|(x, y)| entry(x, y)).collect();
        return Interaction::dense(n, &entries);
    }
    let mut matrix = TriMat::new((n, n));
    for (x, y) in pairs().filter(|&(x, y)| entry(x, y) != 0.0) {
        matrix.add_triplet(x, y, entry(x, y));
    }
    Interaction::sparse(matrix.to_csr())
}

/// Eigenvectors are found to this residual, relative to the eigenvalue.
const RESIDUAL: f64 = 1e-9;
/// Iterations after which that is given up.
const ITERATIONS: usize = 500;
/// Vectors that are iterated beside the wanted ones, which speeds the last of those up.
const GUARD: usize = 8;

impl Graph {
    /// The `count` smoothest functions on the nodes after the constants: eigenvectors of the generator,
    /// `L u = lambda diag(pi) u` with `L` the Laplacian of the conductances, by increasing `lambda`,
    /// with `sum_x pi_x u_x^2 = 1` and the largest entry of each positive. A basis for
    /// [`Term::potential_in`](super::Term::potential_in).
    ///
    /// By subspace iteration with the inverse. Cost: one sparse factorisation, then `2 count` solves per
    /// iteration.
    ///
    /// # Errors
    /// A `count` of zero, or of more than the `n - 1` that exist; no convergence, where the spectrum has
    /// no gap behind the wanted part.
    pub fn laplacian_eigenvectors(&self, count: usize) -> Result<Vec<Vec<f64>>> {
        let n = self.nodes();
        if count == 0 || count >= n {
            let reason = format!("{count} is not between 1 and n - 1 = {}", n - 1);
            return Err(Error::invalid("count", reason));
        }
        let mut solver = LaplacianSolver::new(self)?;
        solver.factorise(self.conductance())?;
        let pi = self.reference();
        let columns = (2 * count + GUARD).min(n - 1);
        // an arbitrary start that favours nothing: cosines of incommensurate frequencies
        let mut basis: Vec<Vec<f64>> = (1..=columns)
            .map(|j| (0..n).map(|x| (j as f64 * (0.5 + x as f64) * 0.754_877_666).cos()).collect())
            .collect();
        for _ in 0..ITERATIONS {
            // orthonormal under pi, without constants
            for j in 0..columns {
                for _ in 0..2 {
                    self.centre(&mut basis[j]);
                    for i in 0..j {
                        let (before, rest) = basis.split_at_mut(j);
                        let overlap: f64 = (0..n).map(|x| pi[x] * before[i][x] * rest[0][x]).sum();
                        (0..n).for_each(|x| rest[0][x] -= overlap * before[i][x]);
                    }
                    let norm = (0..n).map(|x| pi[x] * basis[j][x].powi(2)).sum::<f64>().sqrt();
                    basis[j].iter_mut().for_each(|u| *u /= norm);
                }
            }
            let images: Vec<Vec<f64>> = basis
                .iter()
                .map(|u| {
                    let mut image = vec![0.0; n];
                    self.apply_laplacian(self.conductance(), u, &mut image);
                    image
                })
                .collect();
            let form = DMatrix::from_fn(columns, columns, |i, j| dot(&basis[i], &images[j]));
            let eigen = SymmetricEigen::new(0.5 * (&form + form.transpose()));
            let mut order: Vec<usize> = (0..columns).collect();
            order.sort_by(|&i, &j| eigen.eigenvalues[i].total_cmp(&eigen.eigenvalues[j]));
            let rotated = |vectors: &[Vec<f64>], j: usize| -> Vec<f64> {
                (0..n)
                    .map(|x| (0..columns).map(|i| vectors[i][x] * eigen.eigenvectors[(i, j)]).sum())
                    .collect()
            };
            let smoothest: Vec<Vec<f64>> = order.iter().map(|&j| rotated(&basis, j)).collect();
            let converged = order[..count].iter().zip(&smoothest).all(|(&j, u)| {
                let (lambda, image) = (eigen.eigenvalues[j], rotated(&images, j));
                let defect = |x: usize| (image[x] / pi[x] - lambda * u[x]).abs();
                (0..n).all(|x| defect(x) <= RESIDUAL * lambda * max_abs(u))
            });
            if converged {
                return Ok(smoothest.into_iter().take(count).map(with_positive_peak).collect());
            }
            basis = smoothest
                .iter()
                .map(|u| {
                    let mut weighted: Vec<f64> = u.iter().zip(pi).map(|(u, p)| u * p).collect();
                    solver.solve_in_place(&mut weighted);
                    weighted
                })
                .collect();
        }
        let what = format!("iteration for {count} eigenvectors");
        Err(Error::NotConverged { what, reason: "did not settle; ask for another count" })
    }
}

fn with_positive_peak(mut u: Vec<f64>) -> Vec<f64> {
    // ties, as on a cycle, go to the first node
    let peak = (0..u.len()).fold(0, |p, x| if u[x].abs() > u[p].abs() * (1.0 + 1e-6) { x } else { p });
    if u[peak] < 0.0 {
        u.iter_mut().for_each(|v| *v = -*v);
    }
    u
}
