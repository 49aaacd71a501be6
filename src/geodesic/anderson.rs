//! Anderson acceleration of a fixed-point iteration `x <- G(x)`.
//!
//! Of the last few steps it takes the combination whose residuals `G(x) - x` cancel best in a
//! weighted least-squares sense (Anderson 1965; Walker and Ni, SIAM J. Numer. Anal. 2011).

use std::collections::VecDeque;

use nalgebra::{DMatrix, DVector};

/// Steps that are remembered. More than four gained nothing on heat steps of any size.
const WINDOW: usize = 4;

/// Relative shift of the Gram matrix, which keeps nearly parallel steps from blowing up.
const TIKHONOV: f64 = 1e-14;

/// The memory of an accelerated iteration.
pub(crate) struct Anderson {
    last: Option<Step>,
    differences: VecDeque<Step>,
    /// Scalar products of the remembered residual differences.
    gram: VecDeque<VecDeque<f64>>,
}

struct Step {
    image: Vec<f64>,
    residual: Vec<f64>,
}

impl Anderson {
    pub fn new() -> Self {
        Self { last: None, differences: VecDeque::new(), gram: VecDeque::new() }
    }

    /// Forgets everything, as after a change of the map.
    pub fn restart(&mut self) {
        self.last = None;
        self.differences.clear();
        self.gram.clear();
    }

    /// Replaces `image = G(x)` by the accelerated iterate. `weight` holds the squared weight of each
    /// block of `weight.len()` entries of the residual's norm.
    pub fn accelerate(&mut self, x: &[f64], image: &mut [f64], weight: &[f64]) {
        let residual: Vec<f64> = image.iter().zip(x).map(|(g, x)| g - x).collect();
        let step = Step { image: image.to_vec(), residual };
        if let Some(mut last) = self.last.take() {
            subtract_from(&step.image, &mut last.image);
            subtract_from(&step.residual, &mut last.residual);
            self.remember(last, weight);
        }
        let count = self.differences.len();
        if count > 0 {
            let product = |a: &Step| weighted_product(&a.residual, &step.residual, weight);
            let right = DVector::from_iterator(count, self.differences.iter().map(product));
            let shift = TIKHONOV * self.gram.iter().enumerate().map(|(i, r)| r[i]).fold(0.0, f64::max);
            let gram = DMatrix::from_fn(count, count, |i, j| {
                self.gram[i.max(j)][i.min(j)] + if i == j { shift } else { 0.0 }
            });
            if let Some(combination) = gram.cholesky().map(|c| c.solve(&right)) {
                for (difference, gamma) in self.differences.iter().zip(combination.iter()) {
                    for (g, d) in image.iter_mut().zip(&difference.image) {
                        *g -= gamma * d;
                    }
                }
            }
        }
        self.last = Some(step);
    }

    fn remember(&mut self, difference: Step, weight: &[f64]) {
        if self.differences.len() == WINDOW {
            self.differences.pop_front();
            self.gram.pop_front();
            self.gram.iter_mut().for_each(|row| {
                row.pop_front();
            });
        }
        self.differences.push_back(difference);
        let newest = &self.differences[self.differences.len() - 1].residual;
        let row = self.differences.iter().map(|d| weighted_product(&d.residual, newest, weight));
        let row: VecDeque<f64> = row.collect();
        self.gram.push_back(row);
    }
}

/// `b <- a - b`
fn subtract_from(a: &[f64], b: &mut [f64]) {
    for (b, a) in b.iter_mut().zip(a) {
        *b = a - *b;
    }
}

fn weighted_product(a: &[f64], b: &[f64], weight: &[f64]) -> f64 {
    let blocks = a.chunks_exact(weight.len()).zip(b.chunks_exact(weight.len()));
    blocks.map(|(a, b)| a.iter().zip(b).zip(weight).map(|((a, b), w)| w * a * b).sum::<f64>()).sum()
}
