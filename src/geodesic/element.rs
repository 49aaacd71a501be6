//! A piece of a path: a polynomial in time, given by its values at Gauss-Lobatto nodes and seen by
//! the action at Gauss nodes.
//!
//! A polynomial of degree `p` through `p + 1` Lobatto nodes (both ends among them), integrated by the
//! rule of the `p` Gauss nodes: minimising the action over such paths gives the Gauss collocation
//! method for the Hamiltonian system (Marsden and West, Acta Numerica 2001, section 2.6), so that
//! minimisation and [shooting](super::shooting) solve the same equations. Between two neighbouring
//! Lobatto nodes lies exactly one Gauss node.

use std::sync::Arc;

use super::collocation::{legendre_values, Collocation};

/// Nodes and matrices of one degree, on the unit interval.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    /// Gauss nodes, weights, and collocation.
    pub rule: Arc<Collocation>,
    /// The `p + 1` Lobatto nodes, from 0 to 1.
    pub knot: Vec<f64>,
    /// Values at the Gauss nodes from values at the knots: `p` rows of `p + 1`.
    pub value: Vec<f64>,
    /// Derivatives at the Gauss nodes from values at the knots: `p` rows of `p + 1`.
    pub derivative: Vec<f64>,
}

impl Element {
    pub fn new(degree: usize) -> Self {
        let rule = Arc::new(Collocation::new(degree));
        let knot = lobatto_nodes(degree);
        let barycentric: Vec<f64> = knot
            .iter()
            .map(|a| knot.iter().filter(|b| *b != a).map(|b| 4.0 * (a - b)).product::<f64>().recip())
            .collect();
        let mut value = Vec::with_capacity(degree * (degree + 1));
        let mut derivative = Vec::with_capacity(degree * (degree + 1));
        for &c in &rule.node {
            // l_i(c) = (b_i/(c - x_i)) / sum_j b_j/(c - x_j);  l_i'(c) by differentiating the logarithm
            let terms: Vec<f64> = knot.iter().zip(&barycentric).map(|(x, b)| b / (c - x)).collect();
            let sum: f64 = terms.iter().sum();
            let all: f64 = knot.iter().map(|x| 1.0 / (c - x)).sum();
            for (term, x) in terms.iter().zip(&knot) {
                value.push(term / sum);
                derivative.push(term / sum * (all - 1.0 / (c - x)));
            }
        }
        Self { rule, knot, value, derivative }
    }

    pub fn degree(&self) -> usize {
        self.rule.stages()
    }
}

/// The `degree + 1` zeros of `(1 - x^2) P'_degree(x)`, mapped to `[0, 1]`, by Newton's method.
fn lobatto_nodes(degree: usize) -> Vec<f64> {
    let p = degree as f64;
    let mut knots: Vec<f64> = (0..=degree)
        .map(|i| {
            let mut x = -(std::f64::consts::PI * i as f64 / p).cos();
            for _ in 0..100 {
                let values = legendre_values(degree, x);
                let step = (x * values[degree] - values[degree - 1]) / ((p + 1.0) * values[degree]);
                x -= step;
                if step.abs() < 1e-16 {
                    break;
                }
            }
            0.5 * (x + 1.0)
        })
        .collect();
    (knots[0], knots[degree]) = (0.0, 1.0);
    knots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_are_exact_on_polynomials() {
        for degree in 1..=16 {
            let element = Element::new(degree);
            assert!(element.knot.windows(2).zip(&element.rule.node).all(|(k, &c)| k[0] < c && c < k[1]));
            for power in 0..=degree {
                let y = |t: f64| (2.0 * t - 1.0).powi(power as i32);
                let slope = |t: f64| match power {
                    0 => 0.0,
                    _ => 2.0 * power as f64 * (2.0 * t - 1.0).powi(power as i32 - 1),
                };
                for (q, &c) in element.rule.node.iter().enumerate() {
                    let row = q * (degree + 1)..(q + 1) * (degree + 1);
                    let apply = |matrix: &[f64]| -> f64 {
                        matrix[row.clone()].iter().zip(&element.knot).map(|(a, &t)| a * y(t)).sum()
                    };
                    assert!((apply(&element.value) - y(c)).abs() < 1e-13, "{degree} {power}");
                    assert!((apply(&element.derivative) - slope(c)).abs() < 1e-11, "{degree} {power}");
                }
            }
        }
    }
}
