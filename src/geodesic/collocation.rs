//! Gauss-Legendre collocation on the unit interval.
//!
//! With `s` nodes `c_i` and weights `b_i`, a function given by its derivative at the nodes is
//! integrated by `y(c_i) = y(0) + sum_j A_ij y'(c_j)` and `y(1) = y(0) + sum_j b_j y'(c_j)`. For an
//! ordinary differential equation this is the Gauss method: order `2s` at the ends, order
//! `s + 1` between them (Hairer, Nørsett, Wanner, Solving ODEs I, II.7).

/// Largest number of nodes that is offered.
pub(crate) const MAX_STAGES: usize = 48;

/// Nodes, weights and integration matrix for one number of stages.
#[derive(Debug, Clone)]
pub(crate) struct Collocation {
    /// Gauss nodes in `(0, 1)`, increasing.
    pub node: Vec<f64>,
    /// Their weights; the sum is one.
    pub weight: Vec<f64>,
    /// `A_ij = int_0^{c_i} l_j`, row by row.
    pub integral: Vec<f64>,
    /// `legendre[k * s + j] = (2k+1) b_j P_k(2 c_j - 1)`: samples to Legendre coefficients.
    legendre: Vec<f64>,
    /// Barycentric weights of the interpolation through `0, c_1, ..., c_s`.
    barycentric: Vec<f64>,
}

impl Collocation {
    pub fn new(stages: usize) -> Self {
        let (x, weight) = gauss_legendre(stages);
        let node: Vec<f64> = x.iter().map(|x| 0.5 * (x + 1.0)).collect();
        let values: Vec<Vec<f64>> = x.iter().map(|&x| legendre_values(stages, x)).collect();

        let mut legendre = vec![0.0; stages * stages];
        for k in 0..stages {
            for j in 0..stages {
                legendre[k * stages + j] = (2 * k + 1) as f64 * weight[j] * values[j][k];
            }
        }
        // int_0^c P_k(2t-1) dt = (P_{k+1} - P_{k-1})(2c-1) / (2 (2k+1)), and c for k = 0
        let primitive = |i: usize, k: usize| match k {
            0 => node[i],
            _ => (values[i][k + 1] - values[i][k - 1]) / (2 * (2 * k + 1)) as f64,
        };
        let mut integral = vec![0.0; stages * stages];
        for i in 0..stages {
            for j in 0..stages {
                integral[i * stages + j] =
                    (0..stages).map(|k| primitive(i, k) * legendre[k * stages + j]).sum();
            }
        }
        let support: Vec<f64> = std::iter::once(0.0).chain(node.iter().copied()).collect();
        let barycentric = support
            .iter()
            .map(|a| support.iter().filter(|b| *b != a).map(|b| 4.0 * (a - b)).product::<f64>().recip())
            .collect();
        Self { node, weight, integral, legendre, barycentric }
    }

    pub fn stages(&self) -> usize {
        self.node.len()
    }

    /// Weights `w` with `y(t) = w_0 y(0) + sum_j w_j y(c_j)`, exact for polynomials of degree `s`.
    pub fn interpolation(&self, t: f64) -> Vec<f64> {
        let support = || std::iter::once(0.0).chain(self.node.iter().copied());
        if let Some(hit) = support().position(|a| a == t) {
            return (0..=self.stages()).map(|k| if k == hit { 1.0 } else { 0.0 }).collect();
        }
        let mut w: Vec<f64> = support().zip(&self.barycentric).map(|(a, b)| b / (t - a)).collect();
        let sum: f64 = w.iter().sum();
        w.iter_mut().for_each(|w| *w /= sum);
        w
    }

    /// Row `k` of the map from samples at the nodes to Legendre coefficients.
    pub fn legendre_row(&self, k: usize) -> &[f64] {
        let s = self.stages();
        &self.legendre[k * s..(k + 1) * s]
    }
}

/// `P_0(x) ... P_degree(x)` by the three-term recurrence.
pub(crate) fn legendre_values(degree: usize, x: f64) -> Vec<f64> {
    let mut p = vec![1.0, x];
    for k in 1..degree {
        let k_ = k as f64;
        p.push(((2.0 * k_ + 1.0) * x * p[k] - k_ * p[k - 1]) / (k_ + 1.0));
    }
    p.truncate(degree + 1);
    p
}

/// Nodes in `(-1, 1)` and weights scaled to sum one, by Newton's method on `P_s`.
fn gauss_legendre(stages: usize) -> (Vec<f64>, Vec<f64>) {
    let s = stages as f64;
    let mut nodes = vec![0.0; stages];
    let mut weights = vec![0.0; stages];
    for i in 0..stages {
        let mut x = -(std::f64::consts::PI * (i as f64 + 0.75) / (s + 0.5)).cos();
        let mut slope = 0.0;
        for _ in 0..100 {
            let p = legendre_values(stages, x);
            slope = s * (x * p[stages] - p[stages - 1]) / (x * x - 1.0);
            let step = p[stages] / slope;
            x -= step;
            if step.abs() < 1e-16 {
                break;
            }
        }
        nodes[i] = x;
        weights[i] = 1.0 / ((1.0 - x * x) * slope * slope);
    }
    (nodes, weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrates_polynomials_exactly() {
        for stages in 1..=MAX_STAGES {
            let rule = Collocation::new(stages);
            for degree in 0..2 * stages {
                let exact = 1.0 / (degree + 1) as f64;
                let sum: f64 =
                    rule.node.iter().zip(&rule.weight).map(|(c, b)| b * c.powi(degree as i32)).sum();
                assert!((sum - exact).abs() < 2e-15, "{stages} nodes, degree {degree}: {sum}");
            }
            for i in 0..stages {
                for degree in 0..stages {
                    let exact = rule.node[i].powi(degree as i32 + 1) / (degree + 1) as f64;
                    let row = &rule.integral[i * stages..(i + 1) * stages];
                    let sum: f64 =
                        row.iter().zip(&rule.node).map(|(a, c)| a * c.powi(degree as i32)).sum();
                    assert!((sum - exact).abs() < 5e-15, "row {i} of {stages}, degree {degree}");
                }
            }
        }
    }

    #[test]
    fn interpolates_polynomials_exactly() {
        for stages in [1, 2, 5, 12, 32] {
            let rule = Collocation::new(stages);
            for t in [0.0, 0.123, rule.node[stages / 2], 0.77, 1.0] {
                let w = rule.interpolation(t);
                for degree in 0..=stages {
                    let y = |x: f64| (2.0 * x - 1.0).powi(degree as i32);
                    let value = w[0] * y(0.0)
                        + w[1..].iter().zip(&rule.node).map(|(w, &c)| w * y(c)).sum::<f64>();
                    assert!((value - y(t)).abs() < 1e-12, "{stages} nodes, degree {degree}, t = {t}");
                }
            }
        }
    }

    #[test]
    fn legendre_rows_pick_coefficients() {
        let rule = Collocation::new(6);
        for k in 0..6 {
            for l in 0..6 {
                let sum: f64 = rule
                    .legendre_row(k)
                    .iter()
                    .zip(&rule.node)
                    .map(|(w, c)| w * legendre_values(6, 2.0 * c - 1.0)[l])
                    .sum();
                assert!((sum - if k == l { 1.0 } else { 0.0 }).abs() < 1e-14);
            }
        }
    }
}
