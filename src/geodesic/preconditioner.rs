//! Approximate inverses of the action's Hessian.
//!
//! Both see the path as piecewise linear between the knots, with one Gauss node in each interval. For
//! elements of degree one that is exact; for higher degrees it is the classical preconditioning of
//! spectral elements by linear ones on the same nodes, whose condition number does not grow
//! with the degree (Canuto, Hussaini, Quarteroni, Zang, Spectral Methods, 2006, section 7.4).
//!
//! * [`Blocks`] factorises that Hessian exactly, as a block-tridiagonal matrix with a dense block of
//!   `n` by `n` for each knot.
//! * [`Frozen`] keeps of it only the part with frozen mobilities, and inverts that with one Laplacian.

use super::action::DiscreteAction;
use crate::error::Result;
use crate::graph::LaplacianSolver;
use crate::linalg::vector::axpy;
use crate::linalg::BlockTridiagonal;
use crate::memory;

/// An approximate inverse of the Hessian on changes of the interior knots that conserve mass.
pub(crate) trait Preconditioner {
    /// Prepares for the linearisation that `action` holds, at the path with these `knots`.
    ///
    /// # Errors
    /// [`Error::Singular`](crate::Error::Singular).
    fn prepare(&mut self, action: &DiscreteAction, knots: &[f64]) -> Result<()>;

    /// Overwrites a dual vector for each knot by a change of mass for each knot, zero at both ends.
    fn apply(&mut self, action: &DiscreteAction, vector: &mut [f64]);
}

/// The factorised Hessian of the piecewise linear path.
///
/// For an interval of length `h` from `a` to `b`, with `dv = (db - da)/h`, `dmu = (da + db)/2`,
/// `G = L^+` and `R = B' G B + Q + z/mu`, the second derivative has the blocks
///
/// ```text
/// bb:  G/h - (GB + B'G)/2 + h/4 R      aa:  G/h + (GB + B'G)/2 + h/4 R
/// ab: -G/h + (GB - B'G)/2 + h/4 R
/// ```
///
/// Mass is conserved by taking the change at the heaviest node of each knot to be minus the sum of
/// the others, so that rounding falls where it does least harm.
pub(crate) struct Blocks {
    matrix: BlockTridiagonal,
    spacing: Vec<f64>,
    ground: Vec<usize>,
    green: Vec<f64>,
    transported: Vec<f64>,
    transposed: Vec<f64>,
    rest: Vec<f64>,
}

impl Blocks {
    /// Reserves memory: two dense blocks for each knot.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(action: &DiscreteAction) -> Result<Self> {
        let n = action.graph.nodes();
        let knots = action.mesh.knots();
        memory::admit(memory::doubles(&[4, n, n]), || format!("dense matrices of {n} nodes"))?;
        let dense = || vec![0.0; n * n];
        Ok(Self {
            matrix: BlockTridiagonal::new(n, action.unknowns().len() / n)?,
            spacing: knots.windows(2).map(|t| t[1] - t[0]).collect(),
            ground: vec![0; knots.len()],
            green: dense(),
            transported: dense(),
            transposed: dense(),
            rest: dense(),
        })
    }

    /// Assembles the Hessian, with its diagonal larger by a share `shift`.
    fn assemble(&mut self, action: &DiscreteAction, knots: &[f64], shift: f64) {
        let n = action.graph.nodes();
        let last = self.spacing.len();
        for (ground, mu) in self.ground.iter_mut().zip(knots.chunks_exact(n)) {
            *ground = (0..n).fold(0, |best, x| if mu[x] > mu[best] { x } else { best });
        }
        // interval q lies between unknowns q - 1 and q, where there are such
        let unknowns = self.matrix.blocks();
        for k in 0..unknowns {
            self.matrix.diagonal_mut(k).fill(0.0);
        }
        for q in 0..last {
            self.interval(action, q);
            let h = self.spacing[q];
            let terms = || {
                let sides = self.transported.iter().zip(&self.transposed);
                self.green
                    .iter()
                    .zip(&self.rest)
                    .zip(sides)
                    .map(|((g, r), (gb, bg))| (g / h, h * r / 4.0, gb, bg))
            };
            if q > 0 {
                for (d, (g, r, gb, bg)) in self.matrix.diagonal_mut(q - 1).iter_mut().zip(terms()) {
                    *d += g + 0.5 * (gb + bg) + r;
                }
            }
            if q < unknowns {
                for (d, (g, r, gb, bg)) in self.matrix.diagonal_mut(q).iter_mut().zip(terms()) {
                    *d += g - 0.5 * (gb + bg) + r;
                }
            }
            if q > 0 && q < unknowns {
                let upper = self.matrix.upper_mut(q - 1);
                for (u, (g, r, gb, bg)) in upper.iter_mut().zip(terms()) {
                    *u = 0.5 * (gb - bg) + r - g;
                }
                conserve_mass(upper, n, self.ground[q], self.ground[q + 1]);
            }
        }
        self.add_walls(action);
        for k in 0..unknowns {
            self.ground_diagonal(k, n);
        }
        for k in 0..unknowns {
            let diagonal = self.matrix.diagonal_mut(k);
            for x in 0..n {
                diagonal[x * n + x] *= 1.0 + shift;
            }
        }
    }

    /// Adds what acts on the masses at the knots themselves: the barrier, and the function of the end.
    fn add_walls(&mut self, action: &DiscreteAction) {
        let n = action.graph.nodes();
        let (walls, unknowns) = (&action.knot_walls, self.matrix.blocks());
        for (i, (m, z)) in walls.mass.iter().zip(&walls.dual).enumerate() {
            let (unknown, x) = (walls.first / n - 1 + i / n, i % n);
            self.matrix.diagonal_mut(unknown)[x * n + x] += walls.weight[i / n] * z / m;
        }
        if let Some(terminal) = &action.terminal {
            let diagonal = self.matrix.diagonal_mut(unknowns - 1);
            for (x, curvature) in terminal.diagonal(action.end_mass()).into_iter().enumerate() {
                diagonal[x * n + x] += curvature;
            }
        }
    }

    /// Conserves mass in the finished diagonal block of an unknown.
    fn ground_diagonal(&mut self, unknown: usize, n: usize) {
        let ground = self.ground[unknown + 1];
        let diagonal = self.matrix.diagonal_mut(unknown);
        conserve_mass(diagonal, n, ground, ground);
        diagonal[ground * n + ground] = 1.0;
    }

    /// `G`, `GB`, its transpose and `R` of one Gauss node.
    fn interval(&mut self, action: &DiscreteAction, q: usize) {
        let (n, m) = (action.graph.nodes(), action.graph.edges());
        let edges = &action.tangent[q * m..(q + 1) * m];
        self.green.fill(0.0);
        for x in 0..n {
            self.green[x * n + x] = 1.0;
        }
        action.laplacian[q].solve_grounded(&mut self.green);
        times_transport(action, edges, &self.green, &mut self.transported);
        for x in 0..n {
            for y in 0..n {
                self.transposed[y * n + x] = self.transported[x * n + y];
            }
        }
        times_transport(action, edges, &self.transposed, &mut self.rest);
        let (mu, dual) = (&action.mass[q * n..(q + 1) * n], &action.dual[q * n..(q + 1) * n]);
        for x in 0..n {
            self.rest[x * n + x] += dual[x] / mu[x];
        }
        action.graph.each_edge(|e, x, y| {
            let bend = edges[e].curvature;
            self.rest[x * n + x] += bend / mu[x] / mu[x];
            self.rest[y * n + y] += bend / mu[y] / mu[y];
            self.rest[x * n + y] -= bend / mu[x] / mu[y];
            self.rest[y * n + x] -= bend / mu[x] / mu[y];
        });
    }
}

/// `product = M B` for a dense `M`, column by column.
fn times_transport(
    action: &DiscreteAction,
    edges: &[crate::graph::EdgeTangent],
    matrix: &[f64],
    product: &mut [f64],
) {
    let n = action.graph.nodes();
    product.fill(0.0);
    action.graph.each_edge(|e, x, y| {
        let (tail, head) = (edges[e].transport_tail, edges[e].transport_head);
        let (column_x, column_y) = (&matrix[x * n..(x + 1) * n], &matrix[y * n..(y + 1) * n]);
        // x < y, so that both columns of the product can be borrowed at once
        let (before, after) = product.split_at_mut(y * n);
        let pairs = before[x * n..(x + 1) * n].iter_mut().zip(&mut after[..n]);
        for ((px, py), (a, b)) in pairs.zip(column_x.iter().zip(column_y)) {
            let difference = a - b;
            *px += tail * difference;
            *py += head * difference;
        }
    });
}

impl Preconditioner for Blocks {
    fn prepare(&mut self, action: &DiscreteAction, knots: &[f64]) -> Result<()> {
        for shift in [0.0, 1e-13, 1e-11, 1e-9] {
            self.assemble(action, knots, shift);
            if self.matrix.factorise().is_ok() {
                return Ok(());
            }
        }
        self.assemble(action, knots, 1e-7);
        self.matrix.factorise()
    }

    fn apply(&mut self, action: &DiscreteAction, vector: &mut [f64]) {
        let n = action.graph.nodes();
        let unknowns = action.unknowns();
        let inner = &mut vector[unknowns.clone()];
        for (dual, &ground) in inner.chunks_exact_mut(n).zip(&self.ground[1..]) {
            let reference = dual[ground];
            dual.iter_mut().for_each(|d| *d -= reference);
        }
        self.matrix.solve_in_place(inner);
        for (change, &ground) in inner.chunks_exact_mut(n).zip(&self.ground[1..]) {
            change[ground] = 0.0;
            change[ground] = -change.iter().sum::<f64>();
        }
        vector[..n].fill(0.0);
        vector[unknowns.end..].fill(0.0);
    }
}

/// `T_a' H T_b` for the maps `T` that give the ground minus the sum of the other changes.
fn conserve_mass(block: &mut [f64], n: usize, ground_row: usize, ground_column: usize) {
    for column in block.chunks_exact_mut(n) {
        let reference = column[ground_row];
        column.iter_mut().for_each(|v| *v -= reference);
    }
    let reference = block[ground_column * n..(ground_column + 1) * n].to_vec();
    for column in block.chunks_exact_mut(n) {
        axpy(-1.0, &reference, column);
        column[ground_row] = 0.0;
    }
}

/// The part of the Hessian with frozen mobilities, inverted exactly.
///
/// With `d_k` the change over the interval `k` of length `h_k` it is `sum_k d_k' L_k^+ d_k / h_k`. Setting its
/// derivative equal to a dual vector `r_j` for each knot, with `c_k = r_1 + ... + r_k`:
///
/// ```text
/// d_k = h_k L_k (y - c_k),   (sum_k h_k L_k) y = sum_k h_k L_k c_k   (so that sum_k d_k = 0)
/// ```
///
/// Where the end is free it has a dual vector too, and `y` is the sum of all.
pub(crate) struct Frozen {
    spacing: Vec<f64>,
    laplacian: LaplacianSolver,
    mean: Vec<f64>,
    sums: Vec<f64>,
    flux: Vec<f64>,
}

impl Frozen {
    /// Reserves memory: one Laplacian.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(action: &DiscreteAction) -> Result<Self> {
        let knots = action.mesh.knots();
        Ok(Self {
            spacing: knots.windows(2).map(|t| t[1] - t[0]).collect(),
            laplacian: LaplacianSolver::new(&action.graph)?,
            mean: vec![0.0; action.graph.edges()],
            sums: vec![0.0; action.mass.len()],
            flux: vec![0.0; action.graph.nodes()],
        })
    }
}

impl Preconditioner for Frozen {
    fn prepare(&mut self, action: &DiscreteAction, _: &[f64]) -> Result<()> {
        self.mean.fill(0.0);
        for (edges, h) in action.tangent.chunks_exact(action.graph.edges()).zip(&self.spacing) {
            for (mean, edge) in self.mean.iter_mut().zip(edges) {
                *mean += h * edge.weight;
            }
        }
        self.laplacian.factorise(&self.mean)
    }

    fn apply(&mut self, action: &DiscreteAction, vector: &mut [f64]) {
        let (n, m) = (action.graph.nodes(), action.graph.edges());
        let tangents = || action.tangent.chunks_exact(m).zip(&self.spacing);
        self.sums[..n].fill(0.0);
        for k in 1..self.spacing.len() {
            let (before, here) = self.sums.split_at_mut(k * n);
            here[..n].copy_from_slice(&before[(k - 1) * n..]);
            axpy(1.0, &vector[k * n..(k + 1) * n], &mut here[..n]);
        }
        let potential = &mut self.flux;
        if action.terminal.is_some() {
            let last = self.spacing.len() * n;
            potential.copy_from_slice(&self.sums[last - n..]);
            axpy(1.0, &vector[last..], potential);
        } else {
            potential.fill(0.0);
            for ((edges, h), sum) in tangents().zip(self.sums.chunks_exact(n)) {
                add_flux(action, edges, *h, sum, potential);
            }
            self.laplacian.solve_grounded(potential);
        }
        for sum in self.sums.chunks_exact_mut(n) {
            sum.iter_mut().zip(potential.iter()).for_each(|(c, y)| *c = y - *c);
        }
        vector[..n].fill(0.0);
        for ((edges, h), (k, sum)) in tangents().zip(self.sums.chunks_exact(n).enumerate()) {
            let (before, after) = vector.split_at_mut((k + 1) * n);
            after[..n].copy_from_slice(&before[k * n..]);
            add_flux(action, edges, *h, sum, &mut after[..n]);
        }
        vector[action.unknowns().end..].fill(0.0);
    }
}

/// `out += h L psi`.
fn add_flux(
    action: &DiscreteAction,
    edges: &[crate::graph::EdgeTangent],
    h: f64,
    psi: &[f64],
    out: &mut [f64],
) {
    action.graph.each_edge(|e, x, y| {
        let flux = h * edges[e].weight * (psi[x] - psi[y]);
        out[x] += flux;
        out[y] -= flux;
    });
}
