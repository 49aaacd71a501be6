//! Problems that the benchmarks share.

use jkoflow::Graph;

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
