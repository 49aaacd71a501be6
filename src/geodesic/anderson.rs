//! Anderson acceleration of a fixed-point iteration `x <- G(x)`.
//!
//! Of the last few steps it takes the combination whose residuals `G(x) - x` cancel best in a
//! weighted least-squares sense (Anderson 1965; Walker and Ni, SIAM J. Numer. Anal. 2011).

use std::collections::VecDeque;

use nalgebra::{SMatrix, SVector};

use crate::linalg::vector::weighted_dot;

/// Steps that are remembered. More than four gained nothing on heat steps of any size.
pub(super) const WINDOW: usize = 4;

/// Relative shift of the Gram matrix, which keeps nearly parallel steps from blowing up.
const TIKHONOV: f64 = 1e-14;

/// The memory of an accelerated iteration; reserved once.
pub(crate) struct Anderson {
    last: Option<Step>,
    differences: VecDeque<Step>,
    /// Scalar products of the remembered residual differences: the lower triangle, oldest first.
    gram: [[f64; WINDOW]; WINDOW],
    /// Scalar products of the differences with the last residual.
    products: [f64; WINDOW],
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
            differences: VecDeque::with_capacity(WINDOW),
            gram: [[0.0; WINDOW]; WINDOW],
            products: [0.0; WINDOW],
            // those remembered, the last and the present one
            spare: (0..WINDOW + 2).map(|_| Step::default()).collect(),
        }
    }

    /// Forgets everything and reserves memory for iterates of this length.
    pub fn reserve(&mut self, length: usize) {
        self.restart();
        for numbers in self.spare.iter_mut().flat_map(|step| [&mut step.image, &mut step.residual]) {
            numbers.clear();
            numbers.reserve_exact(length);
        }
    }

    /// Forgets everything, as after a change of the map.
    pub fn restart(&mut self) {
        self.spare.extend(self.differences.drain(..).chain(self.last.take()));
    }

    /// The last plain image `G(x)`.
    pub fn plain_image(&self) -> Option<&[f64]> {
        self.last.as_ref().map(|step| step.image.as_slice())
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
            self.products.copy_within(1.., 0);
            self.gram.copy_within(1.., 0);
            self.gram.iter_mut().for_each(|row| row.copy_within(1.., 0));
        }
        self.differences.push_back(difference);
    }

    /// One scalar product per difference serves both sides of the normal equations, since
    /// `<d_i, d_new> = <d_i, f> - <d_i, f_last>` and `d_new = f - f_last`.
    fn update_products(&mut self, step: &Step, weight: &[f64]) {
        let new = self.differences.len() - 1;
        for (i, difference) in self.differences.iter().enumerate() {
            let product = weighted_product(&difference.residual, &step.residual, weight);
            self.gram[new][i] = product - self.products[i];
            self.products[i] = product;
        }
        let newest = &self.differences[new].residual;
        self.gram[new][new] = weighted_product(newest, newest, weight);
    }

    /// Subtracts the combination of remembered steps whose residual is nearest to the present one.
    fn combine(&self, image: &mut [f64]) {
        let count = self.differences.len();
        let shift = TIKHONOV * (0..count).map(|i| self.gram[i][i]).fold(0.0, f64::max);
        // the steps that are still missing are of no use to the others
        let gram = SMatrix::<f64, WINDOW, WINDOW>::from_fn(|i, j| match (i.max(j), i == j) {
            (later, diagonal) if later >= count => f64::from(u8::from(diagonal)),
            (later, diagonal) => self.gram[later][i.min(j)] + if diagonal { shift } else { 0.0 },
        });
        let right =
            SVector::<f64, WINDOW>::from_fn(|i, _| if i < count { self.products[i] } else { 0.0 });
        let finite = |gamma: &SVector<f64, WINDOW>| gamma.iter().all(|g| g.is_finite());
        let Some(combination) = gram.lu().solve(&right).filter(finite) else { return };
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
