//! Factorises a graph's Laplacian without subtractions, for small graphs.
//!
//! Eliminating a node joins its neighbours with one another (the star-mesh transform): nodes `y` and `z` beside
//! `x` gain an edge of weight `w_xy w_xz / w_x`, where `w_x` is the sum of the weights at `x`, and the rest of the matrix
//! is a Laplacian again. Because the pivots are sums of positive weights each entry of the factor has its full relative
//! accuracy, however many orders of magnitude the weights span (Grassmann, Taksar, Heyman, Operations
//! Research 1985). Cholesky's factorisation loses a weight that is small beside the others at its node.

use super::vector::{axpy, dot};

/// The star-mesh factor of a connected weighted graph; keeps its memory.
pub(crate) struct Elimination {
    nodes: usize,
    /// The node that is not eliminated; it changes places with the last one.
    ground: usize,
    /// Symmetric matrix of weights while eliminating; row `x` then has `w_xy/w_x` for later `y`.
    factor: Vec<f64>,
    pivot: Vec<f64>,
}

impl Elimination {
    pub fn new(nodes: usize) -> Self {
        Self { nodes, ground: 0, factor: vec![0.0; nodes * nodes], pivot: vec![0.0; nodes] }
    }

    /// Factorises for these edges and weights with the given ground; false where the graph is not connected or a
    /// weight is not finite. Costs `n^3/3` multiplications, less for sparse graphs.
    pub fn factorise(
        &mut self,
        edges: impl Iterator<Item = ((usize, usize), f64)>,
        ground: usize,
    ) -> bool {
        let n = self.nodes;
        self.ground = ground;
        self.factor.fill(0.0);
        let place = |x: usize| match x {
            _ if x == ground => n - 1,
            _ if x == n - 1 => ground,
            _ => x,
        };
        for ((x, y), weight) in edges {
            let (x, y) = (place(x), place(y));
            self.factor[x * n + y] = weight;
            self.factor[y * n + x] = weight;
        }
        for k in 0..n - 1 {
            let (done, rest) = self.factor.split_at_mut((k + 1) * n);
            let row = &mut done[k * n + k + 1..];
            let pivot: f64 = row.iter().sum();
            if !(pivot > 0.0 && pivot.is_finite()) {
                return false;
            }
            self.pivot[k] = pivot;
            for (weight, later) in row.iter().zip(rest.chunks_exact_mut(n)) {
                if *weight > 0.0 {
                    // the diagonal, which nothing reads, is written as well
                    axpy(weight / pivot, row, &mut later[k + 1..]);
                }
            }
            row.iter_mut().for_each(|weight| *weight /= pivot);
        }
        true
    }

    /// Overwrites a right-hand side with the solution that vanishes at the ground; what the right-hand side has there is
    /// not looked at.
    pub fn solve_in_place(&self, rhs: &mut [f64]) {
        let n = self.nodes;
        rhs.swap(self.ground, n - 1);
        for k in 0..n - 1 {
            let (value, later) = (rhs[k], &mut rhs[k + 1..]);
            axpy(value, &self.factor[k * n + k + 1..(k + 1) * n], later);
        }
        rhs[n - 1] = 0.0;
        for k in (0..n - 1).rev() {
            let sum = dot(&self.factor[k * n + k + 1..(k + 1) * n], &rhs[k + 1..]);
            rhs[k] = rhs[k] / self.pivot[k] + sum;
        }
        rhs.swap(self.ground, n - 1);
    }

    /// Overwrites right-hand sides `E` (a row for each node, a column for each of them) by `X` with `X'X = E' L^+ E`. What they
    /// have at the ground is not looked at.
    pub fn half_solve_rows(&self, rows: &mut [f64]) {
        let n = self.nodes;
        let count = rows.len() / n;
        if self.ground != n - 1 {
            let (before, last) = rows.split_at_mut((n - 1) * count);
            before[self.ground * count..][..count].swap_with_slice(last);
        }
        for k in 0..n - 1 {
            let (here, later) = rows[k * count..].split_at_mut(count);
            let weights = self.factor[k * n + k + 1..(k + 1) * n].iter();
            for (weight, row) in weights.zip(later.chunks_exact_mut(count)) {
                if *weight != 0.0 {
                    axpy(*weight, here, row);
                }
            }
            let root = self.pivot[k].sqrt();
            here.iter_mut().for_each(|v| *v /= root);
        }
        rows[(n - 1) * count..].fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On a path the potential difference over an edge is the flux through it over its weight, whatever the weights.
    #[test]
    fn each_edge_of_a_path_keeps_its_accuracy() {
        let weight = [1e12, 3e-14, 7.0, 2e-30, 5e9, 1e-3];
        let n = weight.len() + 1;
        let flux: Vec<f64> = (0..n - 1).map(|e| 1.0 + e as f64).collect();
        for ground in 0..n {
            let mut elimination = Elimination::new(n);
            let edges = weight.iter().enumerate().map(|(e, w)| ((e, e + 1), *w));
            assert!(elimination.factorise(edges, ground));
            // the flux f_e leaves x = e and enters e + 1: b = f_e - f_(e-1)
            let mut potential: Vec<f64> = (0..n)
                .map(|x| if x + 1 < n { flux[x] } else { 0.0 } - if x > 0 { flux[x - 1] } else { 0.0 })
                .collect();
            let mut rows: Vec<f64> = potential.iter().flat_map(|v| [*v, -2.0 * v]).collect();
            elimination.solve_in_place(&mut potential);
            elimination.half_solve_rows(&mut rows);
            // the action of the flux
            let action: f64 = flux.iter().zip(weight).map(|(f, w)| f * f / w).sum();
            let square: f64 = rows.chunks_exact(2).map(|pair| pair[0] * pair[0]).sum();
            assert!((square / action - 1.0).abs() <= 1e-14, "{ground}: {square:e} not {action:e}");
            assert!(rows.chunks_exact(2).all(|pair| pair[1] == -2.0 * pair[0]));
            assert_eq!(potential[ground], 0.0);
            for (e, (f, w)) in flux.iter().zip(weight).enumerate() {
                // seen from the side of the ground the difference is not lost in larger ones
                let (near, far) = if e < ground { (e + 1, e) } else { (e, e + 1) };
                let sign = if e < ground { 1.0 } else { -1.0 };
                let expected = potential[near] + sign * f / w;
                let error = (potential[far] - expected).abs();
                assert!(error <= 1e-14 * expected.abs().max(potential[near].abs()), "{ground}, {e}");
            }
        }
    }

    #[test]
    fn disconnected_and_infinite_weights_are_refused() {
        let mut elimination = Elimination::new(3);
        assert!(!elimination.factorise([((0, 1), 1.0)].into_iter(), 0));
        assert!(!elimination.factorise([((0, 1), 1.0), ((1, 2), f64::INFINITY)].into_iter(), 0));
        assert!(!elimination.factorise([((0, 1), f64::NAN), ((1, 2), 1.0)].into_iter(), 2));
        let mut alone = Elimination::new(1);
        assert!(alone.factorise(std::iter::empty(), 0));
        let mut rhs = [3.0];
        alone.solve_in_place(&mut rhs);
        assert_eq!(rhs, [0.0]);
    }
}
