//! Anderson acceleration of a fixed-point iteration `x <- G(x)`.
//!
//! Of the last few steps it takes the combination whose residuals `G(x) - x` cancel best in a
//! weighted least-squares sense (Anderson 1965; Walker and Ni, SIAM J. Numer. Anal. 2011).

use std::collections::VecDeque;

use nalgebra::{DMatrix, DVector};

use crate::linalg::vector::weighted_dot;

/// Steps that are remembered. More than four gained nothing on heat steps of any size.
pub(super) const WINDOW: usize = 4;

/// Relative shift of the Gram matrix, which keeps nearly parallel steps from blowing up.
const TIKHONOV: f64 = 1e-14;

/// The memory of an accelerated iteration.
pub(crate) struct Anderson {
    last: Option<Step>,
    differences: VecDeque<Step>,
    /// Scalar products of the remembered residual differences, row by row of the lower triangle.
    gram: VecDeque<VecDeque<f64>>,
    /// Scalar products of the differences with the last residual.
    products: VecDeque<f64>,
    /// Memory of forgotten steps.
    spare: Vec<Step>,
}

#[derive(Default)]
struct Step {
    image: Vec<f64>,
    residual: Vec<f64>,
}

impl Anderson {
    pub fn new() -> Self {
        Self {
            last: None,
            differences: VecDeque::new(),
            gram: VecDeque::new(),
            products: VecDeque::new(),
            spare: Vec::new(),
        }
    }

    /// Forgets everything, as after a change of the map; returns the last plain image `G(x)`.
    pub fn restart(&mut self) -> Option<Vec<f64>> {
        self.spare.extend(self.differences.drain(..));
        self.gram.clear();
        self.products.clear();
        self.last.take().map(|step| step.image)
    }

    /// Replaces `image = G(x)` by the accelerated iterate. `weight` holds the squared weight of each
    /// block of `weight.len()` entries of the residual's norm.
    pub fn accelerate(&mut self, x: &[f64], image: &mut [f64], weight: &[f64]) {
        let mut step = self.spare.pop().unwrap_or_default();
        step.image.clear();
        step.image.extend_from_slice(image);
        step.residual.clear();
        step.residual.extend(image.iter().zip(x).map(|(g, x)| g - x));
        if let Some(mut last) = self.last.take() {
            subtract_from(&step.image, &mut last.image);
            subtract_from(&step.residual, &mut last.residual);
            self.remember(last);
            self.update_products(&step, weight);
            self.combine(image);
        }
        self.last = Some(step);
    }

    fn remember(&mut self, difference: Step) {
        if self.differences.len() == WINDOW {
            self.spare.extend(self.differences.pop_front());
            self.products.pop_front();
            self.gram.pop_front();
            self.gram.iter_mut().for_each(|row| {
                row.pop_front();
            });
        }
        self.differences.push_back(difference);
    }

    /// One scalar product per difference serves both sides of the normal equations, since
    /// `<d_i, d_new> = <d_i, f> - <d_i, f_last>` and `d_new = f - f_last`.
    fn update_products(&mut self, step: &Step, weight: &[f64]) {
        let fresh: VecDeque<f64> = self
            .differences
            .iter()
            .map(|d| weighted_product(&d.residual, &step.residual, weight))
            .collect();
        let newest = &self.differences[self.differences.len() - 1].residual;
        let mut row: VecDeque<f64> =
            self.products.iter().zip(&fresh).map(|(last, now)| now - last).collect();
        row.push_back(weighted_product(newest, newest, weight));
        self.gram.push_back(row);
        self.products = fresh;
    }

    /// Subtracts the combination of remembered steps whose residual is nearest to the present one.
    fn combine(&self, image: &mut [f64]) {
        let count = self.differences.len();
        let shift = TIKHONOV * self.gram.iter().enumerate().map(|(i, r)| r[i]).fold(0.0, f64::max);
        let gram = DMatrix::from_fn(count, count, |i, j| {
            self.gram[i.max(j)][i.min(j)] + if i == j { shift } else { 0.0 }
        });
        let right = DVector::from_iterator(count, self.products.iter().copied());
        let Some(combination) = gram.cholesky().map(|c| c.solve(&right)) else { return };
        for (difference, gamma) in self.differences.iter().zip(combination.iter()) {
            for (g, d) in image.iter_mut().zip(&difference.image) {
                *g -= gamma * d;
            }
        }
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
    blocks.map(|(a, b)| weighted_dot(a, b, weight)).sum()
}
