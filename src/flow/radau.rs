//! One step of the three-stage Radau IIA method for `d mu/dt = f(mu)`: collocation of order five,
//! L-stable, stiffly accurate.
//!
//! ```text
//! Y_i = mu + h sum_j a_ij f(Y_j),      the new masses are Y_3
//! ```
//!
//! All stages are found together by Newton's method with the Jacobian of every stage. The same matrix,
//! at the stages that were found, is that of the linear system which the derivatives of the stages
//! solve:
//!
//! ```text
//! dY_i = d mu + h sum_j a_ij (J_j dY_j + F_j),      F_j = df/da at Y_j
//! ```
//!
//! Source: Hairer, Wanner, *Solving Ordinary Differential Equations II*, 1996, section IV.8, from which
//! the filtered error estimate of order three comes too.

use nalgebra::DMatrix;

use super::field::{GradientField, JacobianLayout};
use super::matrix::Matrix;
use super::rosenbrock::{check_filled, Obstacle};
use crate::energy::FreeEnergy;
use crate::error::{Error, Result};
use crate::graph::Mean;
use crate::linalg::vector::axpy;
use crate::linalg::GeneralPattern;

pub(super) const STAGES: usize = 3;

const SQRT_6: f64 = 2.449_489_742_783_178;

const A: [[f64; STAGES]; STAGES] = [
    [(88.0 - 7.0 * SQRT_6) / 360.0, (296.0 - 169.0 * SQRT_6) / 1800.0, (-2.0 + 3.0 * SQRT_6) / 225.0],
    [(296.0 + 169.0 * SQRT_6) / 1800.0, (88.0 + 7.0 * SQRT_6) / 360.0, (-2.0 - 3.0 * SQRT_6) / 225.0],
    [(16.0 - SQRT_6) / 36.0, (16.0 + SQRT_6) / 36.0, 1.0 / 9.0],
];

const NODES: [f64; STAGES] = [(4.0 - SQRT_6) / 10.0, (4.0 + SQRT_6) / 10.0, 1.0];

/// The real eigenvalue of `A^-1`, `30 / (6 + 81^(1/3) - 9^(1/3))`, and the weights of the increments of
/// the stages in the error estimate.
const FILTER: f64 = 3.637_834_252_744_496;
const ESTIMATE: [f64; STAGES] = [(-13.0 - 7.0 * SQRT_6) / 3.0, (-13.0 + 7.0 * SQRT_6) / 3.0, -1.0 / 3.0];

/// Newton's method ends when what is left to do is below this, relative to the masses, or its changes
/// below what rounding may do. Its factors are renewed where changes shrink by less than a factor of `1
/// / SLOW`.
const NEWTON_TOLERANCE: f64 = 1e-12;
const ROUNDING: f64 = 1e-13;
const NEWTON_ITERATIONS: usize = 15;
const SLOW: f64 = 0.1;

/// The patterns of the matrices of a step, analysed once per energy.
pub(super) struct StepLayout {
    pub jacobian: JacobianLayout,
    stages: GeneralPattern,
}

impl StepLayout {
    pub fn new(energy: &FreeEnergy) -> Result<Self> {
        let jacobian = JacobianLayout::new(energy)?;
        let n = energy.graph().nodes();
        let (start, rows) = (jacobian.pattern.column_start(), jacobian.pattern.row());
        let (mut column_start, mut row) = (vec![0], Vec::with_capacity(STAGES * STAGES * rows.len()));
        for _ in 0..STAGES {
            for z in 0..n {
                for i in 0..STAGES {
                    row.extend(rows[start[z]..start[z + 1]].iter().map(|x| i * n + x));
                }
                column_start.push(row.len());
            }
        }
        let stages = GeneralPattern::analyse(STAGES * n, column_start, row)?;
        Ok(Self { jacobian, stages })
    }
}

/// The stages of the last step and the factors of their system.
pub(super) struct Radau<'a> {
    field: GradientField<'a>,
    layout: &'a StepLayout,
    /// Masses below this are as good as nothing to Newton's method.
    floor: Vec<f64>,
    system: Matrix,
    filter: Matrix,
    stages: Vec<Vec<f64>>,
    before: Option<Before>,
}

/// The step before: its length, and the masses at its start and its stages.
struct Before {
    length: f64,
    points: Vec<Vec<f64>>,
}

impl Before {
    /// The interpolation polynomial at a time in units of the length.
    fn extrapolate(&self, time: f64, out: &mut [f64]) {
        let nodes = [0.0, NODES[0], NODES[1], NODES[2]];
        out.fill(0.0);
        for (i, point) in self.points.iter().enumerate() {
            let others = (0..nodes.len()).filter(|j| *j != i);
            let weight: f64 = others.map(|j| (time - nodes[j]) / (nodes[i] - nodes[j])).product();
            axpy(weight, point, out);
        }
    }
}

impl<'a> Radau<'a> {
    pub fn new(
        energy: &'a FreeEnergy,
        mean: Mean,
        layout: &'a StepLayout,
        floor: Vec<f64>,
    ) -> Result<Self> {
        Ok(Self {
            field: GradientField::new(energy, mean),
            layout,
            system: Matrix::new(&layout.stages)?,
            filter: Matrix::new(&layout.jacobian.pattern)?,
            stages: vec![vec![0.0; floor.len()]; STAGES],
            before: None,
            floor,
        })
    }

    /// `f(mu)`.
    pub fn slope(&mut self, mu: &[f64]) -> Vec<f64> {
        let mut slope = vec![0.0; mu.len()];
        self.field.evaluate(mu, &mut slope);
        slope
    }

    /// The stages of the last step; the last one is its end.
    pub fn stages(&self) -> &[Vec<f64>] {
        &self.stages
    }

    /// Finds the stages of a step of length `h` from `mu`, where the vector field is `slope`, and
    /// returns the error estimate, node by node.
    pub fn attempt(
        &mut self,
        mu: &[f64],
        slope: &[f64],
        h: f64,
    ) -> std::result::Result<Vec<f64>, Obstacle> {
        self.guess(mu, slope, h);
        let (mut last, mut stale) = (f64::INFINITY, true);
        for _ in 0..NEWTON_ITERATIONS {
            if stale {
                self.factorise(h).map_err(singular)?;
            }
            let change = self.newton(mu, h)?;
            let rate = change / last;
            // what is left is the rest of a geometric series
            let left = if rate < 1.0 { change * rate / (1.0 - rate) } else { change };
            if change <= ROUNDING || left <= NEWTON_TOLERANCE {
                return self.estimate(mu, slope, h).map_err(singular);
            }
            if change.is_nan() || (stale && rate > 2.0) {
                break;
            }
            stale = rate > SLOW && last.is_finite();
            last = change;
        }
        Err(Obstacle::Singular("Newton's method for the stages did not converge".into()))
    }

    /// First stages: those of the polynomial of the step before, or where there was none along the
    /// slope; at least half of the mass in both cases.
    fn guess(&mut self, mu: &[f64], slope: &[f64], h: f64) {
        for (i, c) in NODES.into_iter().enumerate() {
            let stage = &mut self.stages[i];
            match &self.before {
                None => {
                    stage.iter_mut().zip(mu.iter().zip(slope)).for_each(|(y, (m, s))| *y = m + c * h * s)
                }
                Some(before) => before.extrapolate(1.0 + c * h / before.length, stage),
            }
            stage.iter_mut().zip(mu).for_each(|(y, m)| *y = y.max(0.5 * m));
        }
    }

    /// Goes on from the end of the step of length `h` from `mu` that was found last.
    pub fn accept(&mut self, mu: &[f64], h: f64) {
        let points = std::iter::once(mu.to_vec()).chain(self.stages.iter().cloned()).collect();
        self.before = Some(Before { length: h, points });
    }

    /// One iteration of Newton's method with the factors at hand; returns its largest change, relative
    /// to the masses.
    fn newton(&mut self, mu: &[f64], h: f64) -> std::result::Result<f64, Obstacle> {
        let n = mu.len();
        let slopes: Vec<Vec<f64>> = (0..STAGES).map(|j| self.slope(&self.stages[j].clone())).collect();
        let mut right = DMatrix::zeros(STAGES * n, 1);
        for i in 0..STAGES {
            for x in 0..n {
                let drift: f64 = (0..STAGES).map(|j| A[i][j] * slopes[j][x]).sum();
                right[i * n + x] = (mu[x] - self.stages[i][x]) + h * drift;
            }
        }
        self.system.solve(&mut right);
        let mut largest = 0.0_f64;
        for (i, stage) in self.stages.iter_mut().enumerate() {
            for x in 0..n {
                let change = right[i * n + x];
                let relative = change.abs() / (stage[x] + self.floor[x]);
                largest = if relative.is_nan() { f64::NAN } else { largest.max(relative) };
                stage[x] += change;
            }
            check_filled(stage)?;
        }
        Ok(largest)
    }

    /// Factorises `I - h A (x) J` with the Jacobians at the stages.
    fn factorise(&mut self, h: f64) -> Result<()> {
        let layout = self.layout;
        let pattern = &layout.jacobian.pattern;
        let (start, n) = (pattern.column_start(), self.floor.len());
        let mut jacobian = vec![0.0; pattern.row().len()];
        let mut values = Vec::with_capacity(layout.stages.row().len());
        for j in 0..STAGES {
            self.field.jacobian(&self.stages[j], &layout.jacobian, &mut jacobian);
            for z in 0..n {
                for i in 0..STAGES {
                    let first = values.len();
                    values.extend(jacobian[start[z]..start[z + 1]].iter().map(|v| -h * A[i][j] * v));
                    if i == j {
                        values[first + layout.jacobian.diagonal[z] - start[z]] += 1.0;
                    }
                }
            }
        }
        self.system.factorise(&layout.stages, &values)
    }

    /// `(FILTER/h - J)^-1 (f(mu) + sum_i e_i (Y_i - mu) / h)`.
    fn estimate(&mut self, mu: &[f64], slope: &[f64], h: f64) -> Result<Vec<f64>> {
        let layout = &self.layout.jacobian;
        let mut values = vec![0.0; layout.pattern.row().len()];
        self.field.jacobian(mu, layout, &mut values);
        values.iter_mut().for_each(|v| *v = -*v);
        for &d in &layout.diagonal {
            values[d] += FILTER / h;
        }
        self.filter.factorise(&layout.pattern, &values)?;
        let increment =
            |x: usize| (0..STAGES).map(|i| ESTIMATE[i] * (self.stages[i][x] - mu[x])).sum::<f64>();
        let mut error = DMatrix::from_fn(mu.len(), 1, |x, _| slope[x] + increment(x) / h);
        self.filter.solve(&mut error);
        Ok(error.as_slice().to_vec())
    }

    /// Moves a tangent, `n` rows and any number of columns, along the last step of length `h`. `forcing`
    /// holds `F_j` for each stage, for the leading columns; the others have none.
    ///
    /// # Errors
    /// [`Error::Singular`].
    pub fn transport(
        &mut self,
        tangent: &mut DMatrix<f64>,
        forcing: &[DMatrix<f64>],
        h: f64,
    ) -> Result<()> {
        // the factors of Newton's method may belong to stages that were not yet the last
        self.factorise(h)?;
        let (n, columns) = tangent.shape();
        let mut right = DMatrix::zeros(STAGES * n, columns);
        for i in 0..STAGES {
            right.view_mut((i * n, 0), (n, columns)).copy_from(tangent);
            for (j, force) in forcing.iter().enumerate() {
                let mut block = right.view_mut((i * n, 0), force.shape());
                block.zip_apply(force, |r, f| *r += h * A[i][j] * f);
            }
        }
        self.system.solve(&mut right);
        tangent.copy_from(&right.view(((STAGES - 1) * n, 0), (n, columns)));
        Ok(())
    }
}

fn singular(error: Error) -> Obstacle {
    Obstacle::Singular(error.to_string())
}
