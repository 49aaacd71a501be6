//! Against the other integrator, and against differences.

use super::*;
use crate::energy::{Interaction, InternalEnergy};
use crate::graph::{Mean, Reference};

/// Potential at each node, an interaction of neighbours, entropy, a power.
struct Family {
    graph: Graph,
    coupling: Vec<f64>,
}

impl Family {
    fn new(graph: Graph) -> Self {
        let n = graph.nodes();
        let mut coupling = vec![0.0; n * n];
        for (x, y) in graph.edge_list() {
            (coupling[x * n + y], coupling[y * n + x]) = (1.0, 1.0);
        }
        Self { graph, coupling }
    }
}

impl LinearEnergy for Family {
    fn graph(&self) -> &Graph {
        &self.graph
    }

    fn parameters(&self) -> usize {
        self.graph.nodes() + 3
    }

    fn free_potential(&self) -> Option<Range<usize>> {
        Some(1..self.graph.nodes() + 1)
    }

    fn energy(&self, a: &[f64]) -> Result<FreeEnergy> {
        let n = self.graph.nodes();
        let matrix: Vec<f64> = self.coupling.iter().map(|c| a[0] * c).collect();
        FreeEnergy::new(&self.graph)
            .with_potential(&a[1..n + 1])?
            .with_interaction(Interaction::dense(n, &matrix)?)?
            .with_entropy(a[n + 1])?
            .with_internal(a[n + 2], InternalEnergy::Power(2.0))
    }

    fn dense_features(&self, mu: &[f64]) -> Result<DMatrix<f64>> {
        let n = mu.len();
        let pi = self.graph.reference();
        let mut features = DMatrix::zeros(n, 3);
        for x in 0..n {
            features[(x, 0)] = (0..n).map(|y| self.coupling[x * n + y] * mu[y]).sum();
            features[(x, 1)] = (mu[x] / pi[x]).ln();
            features[(x, 2)] = 2.0 * mu[x] / pi[x];
        }
        Ok(features)
    }
}

fn problem(n: usize) -> (Family, Vec<f64>, Vec<f64>) {
    let family = Family::new(Graph::cycle(n, Reference::Uniform).expect("a cycle"));
    let mut parameters = vec![0.7];
    parameters.extend((0..n).map(|x| (1.3 * x as f64).sin()));
    parameters.extend([0.5, 0.2]);
    let raw: Vec<f64> = (0..n).map(|x| if x == 1 { 1e-4 } else { 1.0 + (x as f64).cos() }).collect();
    let sum: f64 = raw.iter().sum();
    (family, parameters, raw.iter().map(|m| m / sum).collect())
}

/// Sixth-order central difference of a vector function at zero.
fn derivative(f: impl Fn(f64) -> Vec<f64>, h: f64) -> Vec<f64> {
    let mut sum = vec![0.0; f(0.0).len()];
    for (k, c) in [(1.0, 0.75), (2.0, -0.15), (3.0, 1.0 / 60.0)] {
        for (s, (a, b)) in sum.iter_mut().zip(f(k * h).iter().zip(f(-k * h))) {
            *s += c * (a - b) / h;
        }
    }
    sum
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn masses_are_those_of_the_other_integrator() {
    let times = [0.0, 0.02, 0.3, 2.0];
    for n in [4, 7, 40] {
        let (family, parameters, mu0) = problem(n);
        for mean in Mean::ALL {
            let fine = FlowOptions::default().with_mean(mean).with_tolerance(1e-12);
            let energy = family.energy(&parameters).expect("an energy");
            let reference = energy.flow(&mu0, &times, &fine).expect("a flow");
            for tolerance in [1e-6, 1e-8, 1e-10] {
                let options = fine.with_tolerance(tolerance);
                let flow = SensitiveFlow::new(&family, &parameters, &options).expect("good");
                let masses = flow.masses(&mu0, &times).expect("a flow");
                for (a, b) in masses.iter().zip(reference.masses()) {
                    let error = distance(a, b);
                    assert!(error < tolerance, "{n} {mean:?} {tolerance:e}: {error:e}");
                }
            }
        }
    }
}

#[test]
fn derivatives_are_those_of_differences() {
    let times = [0.0, 0.05, 0.4];
    // the larger one goes through the sparse factorisation
    for (n, mean) in [(5, Mean::Logarithmic), (5, Mean::Geometric), (40, Mean::Logarithmic)] {
        let (family, parameters, mu0) = problem(n);
        let options = FlowOptions::default().with_mean(mean).with_tolerance(1e-12);
        let flow = SensitiveFlow::new(&family, &parameters, &options).expect("good");
        let direction = DMatrix::from_fn(n, 1, |x, _| [0.5, 0.0, -0.5, 0.0][x.min(3)]);
        let tangents = flow.tangents(&mu0, Some(&direction), &times).expect("a flow");
        assert_eq!(tangents[0].derivative.columns(0, n + 3).amax(), 0.0);
        for p in (0..n + 4).step_by(n / 5).chain([n + 1, n + 2, n + 3]) {
            let at = |t: f64| {
                let (mut a, mut start) = (parameters.clone(), mu0.clone());
                match p < n + 3 {
                    true => a[p] += t,
                    false => start.iter_mut().zip(&direction).for_each(|(m, d)| *m += t * d),
                }
                let flow = SensitiveFlow::new(&family, &a, &options).expect("good");
                flow.masses(&start, &times).expect("a flow").concat()
            };
            // the start must stay positive
            let differences = derivative(at, if p < n + 3 { 5e-3 } else { 0.05 / (n * n) as f64 });
            let exact: Vec<f64> = tangents
                .iter()
                .flat_map(|t| t.derivative.column(p).iter().copied().collect::<Vec<_>>())
                .collect();
            let error = distance(&exact, &differences);
            let size = exact.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            assert!(error < 1e-9 * size.max(0.1), "{n} {mean:?} {p}: {error:e} of {size:e}");
            assert!(exact.iter().sum::<f64>().abs() < 1e-12);
        }
    }
}
