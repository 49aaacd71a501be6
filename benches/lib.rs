//! Problems that the benchmarks share.

use jkoflow::Graph;

/// Two Gaussian bumps of standard deviation 0.08 sides (at least 0.8 nodes) on a square grid, centred at a
/// quarter and at three quarters of both sides, over a uniform floor that holds the given share of the mass.
pub fn bumps(side: usize, floor: f64) -> [Vec<f64>; 2] {
    let width = (0.08 * (side - 1) as f64).max(0.8);
    [0.25, 0.75].map(|centre| {
        let from_centre = |k: usize| k as f64 - centre * (side - 1) as f64;
        let mut bump: Vec<f64> = (0..side * side)
            .map(|k| {
                let (x, y) = (from_centre(k / side), from_centre(k % side));
                (-(x * x + y * y) / (2.0 * width * width)).exp()
            })
            .collect();
        let top = bump.iter().fold(0.0, |m, b| f64::max(m, *b));
        if floor == 0.0 {
            bump.iter_mut().filter(|b| **b < 1e-12 * top).for_each(|b| *b = 0.0);
        }
        let sum: f64 = bump.iter().sum();
        let uniform = floor / (side * side) as f64;
        bump.iter().map(|b| uniform + (1.0 - floor) * b / sum).collect()
    })
}

/// Two independent random log-normal densities.
pub fn random_ends(graph: &Graph) -> [Vec<f64>; 2] {
    let (mu0, mu1) = heat_step(graph, 0.0);
    let reversed: Vec<f64> = mu1.iter().rev().copied().collect();
    [mu0, reversed]
}

/// A random log-normal density and its image under the heat semigroup, `tau` later.
///
/// The heat equation is integrated by the classical Runge-Kutta method; the rates of the
/// random walk are at most one, so a step of 0.05 is far inside its stability region.
pub fn heat_step(graph: &Graph, tau: f64) -> (Vec<f64>, Vec<f64>) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let pi = graph.reference();
    // the sum of twelve uniform numbers less six is nearly normal
    let mut mu: Vec<f64> =
        pi.iter().map(|p| p * ((0..12).map(|_| uniform()).sum::<f64>() - 6.0).exp()).collect();
    let sum: f64 = mu.iter().sum();
    mu.iter_mut().for_each(|m| *m /= sum);

    let edges: Vec<(usize, usize)> = graph.edge_list().collect();
    let rate = |mu: &[f64]| {
        let mut out = vec![0.0; mu.len()];
        for (&(x, y), c) in edges.iter().zip(graph.conductance()) {
            let flux = c * (mu[x] / pi[x] - mu[y] / pi[y]);
            out[x] -= flux;
            out[y] += flux;
        }
        out
    };
    let shifted = |mu: &[f64], h: f64, k: &[f64]| -> Vec<f64> {
        mu.iter().zip(k).map(|(m, k)| m + h * k).collect()
    };
    let steps = (tau / 0.05).ceil().max(1.0) as usize;
    let h = tau / steps as f64;
    let mut end = mu.clone();
    for _ in 0..steps {
        let k1 = rate(&end);
        let k2 = rate(&shifted(&end, h / 2.0, &k1));
        let k3 = rate(&shifted(&end, h / 2.0, &k2));
        let k4 = rate(&shifted(&end, h, &k3));
        for x in 0..end.len() {
            end[x] += h / 6.0 * (k1[x] + 2.0 * k2[x] + 2.0 * k3[x] + k4[x]);
        }
    }
    let sum: f64 = end.iter().sum();
    end.iter_mut().for_each(|m| *m /= sum);
    (mu, end)
}
