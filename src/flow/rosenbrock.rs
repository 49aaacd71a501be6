//! One step of Rodas5P for `d mu/dt = f(mu)`: order five, L-stable, stiffly accurate, with an
//! embedded error estimate of order four and one matrix for all eight stages.
//!
//! Source: G. Steinebach, *Construction of Rosenbrock-Wanner method Rodas5P and numerical benchmarks
//! within the Julia Differential Equations package*, BIT 2023. In the transformed variables
//!
//! ```text
//! (I/(h g) - J) k_i = f(mu + sum_j a_ij k_j) + sum_j C_ij/h k_j,      J = df/dmu(mu)
//! ```
//!
//! where the seventh argument is the sixth plus `k_6`, the eighth is the seventh plus `k_7`, and the
//! new state is the eighth plus `k_8`, which is also the error estimate.

use super::field::{GradientField, JacobianLayout};
use crate::energy::FreeEnergy;
use crate::error::Result;
use crate::graph::Mean;
use crate::linalg::vector::axpy;
use crate::linalg::{Factorisation, SparseLu};

const STAGES: usize = 8;

const GAMMA: f64 = 0.21193756319429014;

/// Rows two to six of `a`; the others follow from them.
const A: [&[f64]; 5] = [
    &[3.0],
    &[2.849394379747939, 0.45842242204463923],
    &[-6.954028509809101, 2.489845061869568, -10.358996098473584],
    &[2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641],
    &[
        -7.502846399306121,
        2.561846144803919,
        -11.627539656261098,
        -0.18268767659942256,
        0.030198172008377946,
    ],
];

/// Rows two to eight of `C`.
const C: [&[f64]; 7] = [
    &[-14.155112264123755],
    &[-17.97296035885952, -2.859693295451294],
    &[147.12150275711716, -1.41221402718213, 71.68940251302358],
    &[165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306],
    &[
        24.854864614690072,
        -3.0009227002832186,
        47.4931110020768,
        5.5814197821558125,
        -0.6610691825249471,
    ],
    &[
        30.91273214028599,
        -3.1208243349937974,
        77.79954646070892,
        34.28646028294783,
        -19.097331116725623,
        -28.087943162872662,
    ],
    &[
        37.80277123390563,
        -3.2571969029072276,
        112.26918849496327,
        66.9347231244047,
        -40.06618937091002,
        -54.66780262877968,
        -9.48861652309627,
    ],
];

/// Why a step was not taken.
#[derive(Debug, Clone)]
pub(crate) enum Obstacle {
    /// This node would have lost all of its mass.
    Emptied(usize),
    /// The matrix of the stages has no factors.
    Singular(String),
}

/// The state of the integration at one time: masses, vector field and Jacobian.
pub(crate) struct Rosenbrock<'a> {
    field: GradientField<'a>,
    layout: JacobianLayout,
    lu: SparseLu,
    mu: Vec<f64>,
    slope: Vec<f64>,
    jacobian: Vec<f64>,
    matrix: Vec<f64>,
    stages: Vec<Vec<f64>>,
    argument: Vec<f64>,
}

impl<'a> Rosenbrock<'a> {
    pub fn new(energy: &'a FreeEnergy, mean: Mean, mu: &[f64]) -> Result<Self> {
        let n = mu.len();
        let layout = JacobianLayout::new(energy)?;
        let entries = layout.pattern.row().len();
        let mut state = Self {
            field: GradientField::new(energy, mean),
            lu: SparseLu::new(&layout.pattern)?,
            layout,
            mu: Vec::new(),
            slope: vec![0.0; n],
            jacobian: vec![0.0; entries],
            matrix: vec![0.0; entries],
            stages: vec![vec![0.0; n]; STAGES],
            argument: vec![0.0; n],
        };
        state.move_to(mu.to_vec());
        Ok(state)
    }

    /// The masses from which the next step starts.
    pub fn mu(&self) -> &[f64] {
        &self.mu
    }

    /// The vector field there.
    pub fn slope(&self) -> &[f64] {
        &self.slope
    }

    /// Goes on from these positive masses.
    pub fn move_to(&mut self, mu: Vec<f64>) {
        self.field.evaluate(&mu, &mut self.slope);
        self.field.jacobian(&mu, &self.layout, &mut self.jacobian);
        self.mu = mu;
    }

    /// Tries a step of length `h`, which leaves the state as it is; returns the new masses, to be
    /// read together with [`error`](Self::error).
    pub fn attempt(&mut self, h: f64) -> std::result::Result<Vec<f64>, Obstacle> {
        self.factorise(h).map_err(|e| Obstacle::Singular(e.to_string()))?;
        for i in 0..STAGES {
            self.stage(i, h)?;
        }
        let mut end = self.argument.clone();
        axpy(1.0, &self.stages[STAGES - 1], &mut end);
        check_filled(&end)?;
        let drift = self.mu.iter().sum::<f64>() / end.iter().sum::<f64>();
        end.iter_mut().for_each(|m| *m *= drift);
        Ok(end)
    }

    /// The error estimate of the last attempt, node by node.
    pub fn error(&self) -> &[f64] {
        &self.stages[STAGES - 1]
    }

    fn factorise(&mut self, h: f64) -> Result<()> {
        for (m, j) in self.matrix.iter_mut().zip(&self.jacobian) {
            *m = -j;
        }
        for &d in &self.layout.diagonal {
            self.matrix[d] += 1.0 / (h * GAMMA);
        }
        self.lu.factorise("stage of the gradient flow", &self.matrix)
    }

    /// Computes `k_i` (counted from zero) and leaves its argument behind.
    fn stage(&mut self, i: usize, h: f64) -> std::result::Result<(), Obstacle> {
        let (before, rest) = self.stages.split_at_mut(i);
        let k = &mut rest[0];
        match i {
            0 => {
                self.argument.copy_from_slice(&self.mu);
                k.copy_from_slice(&self.slope);
            }
            _ => {
                if i <= A.len() {
                    self.argument.copy_from_slice(&self.mu);
                    add_combination(&mut self.argument, 1.0, A[i - 1], before);
                } else {
                    axpy(1.0, &before[i - 1], &mut self.argument);
                }
                check_filled(&self.argument)?;
                self.field.evaluate(&self.argument, k);
                add_combination(k, 1.0 / h, C[i - 1], before);
            }
        }
        self.lu.solve_in_place(k);
        // The columns of J sum to zero, so k does as well. What the solution of a stiff system adds
        // to that goes along the slowest mode, which near an equilibrium is the masses themselves.
        let drift = k.iter().sum::<f64>() / self.mu.iter().sum::<f64>();
        axpy(-drift, &self.mu, k);
        Ok(())
    }
}

/// `out += scale sum_j coefficients_j vectors_j`.
fn add_combination(out: &mut [f64], scale: f64, coefficients: &[f64], vectors: &[Vec<f64>]) {
    for (c, v) in coefficients.iter().zip(vectors) {
        axpy(scale * c, v, out);
    }
}

/// Refuses masses that are not positive; a NaN is not.
pub(super) fn check_filled(mu: &[f64]) -> std::result::Result<(), Obstacle> {
    match mu.iter().position(|&m| !(m > 0.0 && m.is_finite())) {
        None => Ok(()),
        Some(node) => Err(Obstacle::Emptied(node)),
    }
}
