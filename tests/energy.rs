//! Free energies: closed forms, derivatives against finite differences, and what is refused.

use jkoflow::{FreeEnergy, Graph, Interaction, InternalEnergy, Reference, Result};
use proptest::prelude::*;
use sprs::TriMat;

// ---------------------------------------------------------------- helpers

/// Numbers in `[-1, 1]` without a pattern.
fn noise(n: usize, seed: u64) -> Vec<f64> {
    (0..n).map(|k| (12.9898 * (k as f64 + 1.0) + 78.233 * seed as f64).sin()).collect()
}

/// A positive distribution that varies by a factor of about `e^2`.
fn distribution(n: usize, seed: u64) -> Vec<f64> {
    let weights: Vec<f64> = noise(n, seed).iter().map(|v| v.exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|w| w / sum).collect()
}

fn symmetric(n: usize, seed: u64) -> Vec<f64> {
    let entries = noise(n * n, seed);
    (0..n * n).map(|k| entries[k] + entries[(k % n) * n + k / n]).collect()
}

fn sparse_of(n: usize, entries: &[f64]) -> Interaction {
    let mut triplets = TriMat::new((n, n));
    for (k, &v) in entries.iter().enumerate().filter(|(_, v)| **v != 0.0) {
        triplets.add_triplet(k / n, k % n, v);
    }
    Interaction::sparse(triplets.to_csr()).unwrap()
}

fn all_terms(graph: &Graph, seed: u64) -> FreeEnergy {
    let n = graph.nodes();
    FreeEnergy::new(graph)
        .with_potential(noise(n, seed))
        .and_then(|f| f.with_interaction(Interaction::dense(n, &symmetric(n, seed + 1))?))
        .and_then(|f| f.with_entropy(0.7))
        .and_then(|f| f.with_internal(0.4, InternalEnergy::Power(2.5)))
        .and_then(|f| f.with_internal(0.3, InternalEnergy::Power(0.5)))
        .unwrap()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn moved(mu: &[f64], by: f64, direction: &[f64]) -> Vec<f64> {
    mu.iter().zip(direction).map(|(m, d)| m + by * d).collect()
}

fn assert_refused<T>(result: Result<T>, words: &[&str]) {
    let message = result.err().expect("this must be refused").to_string();
    for word in words {
        assert!(message.contains(word), "{word:?} is missing in {message:?}");
    }
}

fn assert_near(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance * (1.0 + expected.abs()),
        "{found:e}, not {expected:e}"
    );
}

// ---------------------------------------------------------------- derivatives

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn variations_are_the_derivatives_of_the_value(n in 2usize..15, seed in 0u64..1000) {
        let graph = Graph::random_tree(n, seed, Reference::Degree).unwrap();
        let energy = all_terms(&graph, seed);
        let mu = distribution(n, seed + 2);
        // relative to the masses, so that a step stays well inside
        let direction: Vec<f64> = noise(n, seed + 3).iter().zip(&mu).map(|(d, m)| d * m).collect();
        let (ahead, behind) = (moved(&mu, 1e-4, &direction), moved(&mu, -1e-4, &direction));
        let slope = (energy.value(&ahead).unwrap() - energy.value(&behind).unwrap()) / 2e-4;
        assert_near(dot(&energy.first_variation(&mu).unwrap(), &direction), slope, 1e-7);
        let (g1, g0) = (energy.first_variation(&ahead).unwrap(), energy.first_variation(&behind).unwrap());
        let second = energy.second_variation_apply(&mu, &direction).unwrap();
        for x in 0..n {
            assert_near(second[x], (g1[x] - g0[x]) / 2e-4, 1e-6);
        }
    }

    #[test]
    fn the_second_variation_is_symmetric(n in 2usize..12, seed in 0u64..1000) {
        let graph = Graph::cycle(n.max(3), Reference::Uniform).unwrap();
        let n = graph.nodes();
        let energy = all_terms(&graph, seed);
        let (mu, a, b) = (distribution(n, seed), noise(n, seed + 7), noise(n, seed + 8));
        let ab = dot(&a, &energy.second_variation_apply(&mu, &b).unwrap());
        let ba = dot(&b, &energy.second_variation_apply(&mu, &a).unwrap());
        assert_near(ab, ba, 1e-12);
    }
}

// ---------------------------------------------------------------- closed forms

#[test]
fn every_term_alone_has_its_closed_form() {
    let graph = Graph::path(2, Reference::Uniform).unwrap();
    let mu = [0.25, 0.75];
    let zero = FreeEnergy::new(&graph);
    assert_eq!(zero.value(&mu).unwrap(), 0.0);
    assert_eq!(zero.first_variation(&mu).unwrap(), [0.0, 0.0]);
    let linear = zero.clone().with_potential(vec![3.0, -1.0]).unwrap();
    assert_eq!(linear.value(&mu).unwrap(), 0.0);
    let pair =
        zero.clone().with_interaction(Interaction::dense(2, &[1.0, 2.0, 2.0, 4.0]).unwrap()).unwrap();
    assert_near(pair.value(&mu).unwrap(), 0.5 * 1.75 * 1.75, 1e-15);
    assert_eq!(pair.first_variation(&mu).unwrap(), [1.75, 3.5]);
    let entropy = zero.clone().with_entropy(2.0).unwrap();
    assert_near(entropy.value(&mu).unwrap(), 2.0 * (0.25 * 0.5_f64.ln() + 0.75 * 1.5_f64.ln()), 1e-15);
    let square = zero.with_internal(3.0, InternalEnergy::Power(2.0)).unwrap();
    assert_near(square.value(&mu).unwrap(), 3.0 * 0.5 * (0.25 + 2.25), 1e-15);
    assert_eq!(square.first_variation(&mu).unwrap(), [3.0, 9.0]);
    assert_eq!(square.second_variation_apply(&mu, &[1.0, -1.0]).unwrap(), [12.0, -12.0]);
}

#[test]
fn the_reference_has_no_entropy_and_a_dirac_has_its_logarithm() {
    let graph = Graph::star(5, Reference::Degree).unwrap();
    let energy = FreeEnergy::new(&graph).with_entropy(1.0).unwrap();
    assert_near(energy.value(graph.reference()).unwrap(), 0.0, 1e-15);
    let dirac = [0.0, 1.0, 0.0, 0.0, 0.0];
    assert_near(energy.value(&dirac).unwrap(), -graph.reference()[1].ln(), 1e-15);
}

#[test]
fn sparse_and_dense_interactions_are_the_same_energy() {
    let graph = Graph::cycle(9, Reference::Uniform).unwrap();
    let mut entries = symmetric(9, 4);
    (0..81).filter(|k| (k / 9 + k % 9) % 3 == 0).for_each(|k| entries[k] = 0.0);
    let base = FreeEnergy::new(&graph);
    let dense = base.clone().with_interaction(Interaction::dense(9, &entries).unwrap()).unwrap();
    let sparse = base.with_interaction(sparse_of(9, &entries)).unwrap();
    let mu = distribution(9, 1);
    assert_near(sparse.value(&mu).unwrap(), dense.value(&mu).unwrap(), 1e-15);
    let (a, b) = (sparse.first_variation(&mu).unwrap(), dense.first_variation(&mu).unwrap());
    a.iter().zip(&b).for_each(|(a, b)| assert_near(*a, *b, 1e-15));
    assert!(dense.interaction().unwrap().is_dense() && !sparse.interaction().unwrap().is_dense());
}

#[test]
fn what_was_put_in_can_be_read() {
    let graph = Graph::path(3, Reference::Uniform).unwrap();
    let energy = all_terms(&graph, 5);
    assert_eq!(energy.potential(), noise(3, 5));
    assert_eq!(energy.entropy(), 0.7);
    assert_eq!(energy.internal()[1], (0.3, InternalEnergy::Power(0.5)));
    assert_eq!(energy.interaction().unwrap().nodes(), 3);
    assert_eq!(energy.graph().nodes(), 3);
    assert_eq!(FreeEnergy::new(&graph).potential(), [0.0; 3]);
}

// ---------------------------------------------------------------- refusals

#[test]
fn empty_nodes_have_a_value_but_no_logarithm() {
    let graph = Graph::path(3, Reference::Uniform).unwrap();
    let mu = [0.5, 0.0, 0.5];
    let with = |m| FreeEnergy::new(&graph).with_internal(1.0, InternalEnergy::Power(m)).unwrap();
    let entropy = FreeEnergy::new(&graph).with_entropy(1.0).unwrap();
    assert!(entropy.value(&mu).unwrap().is_finite());
    assert_refused(entropy.first_variation(&mu), &["mu[1]", "empty"]);
    assert_refused(with(0.5).first_variation(&mu), &["mu[1]", "empty"]);
    assert_eq!(with(1.5).first_variation(&mu).unwrap()[1], 0.0);
    assert_refused(with(1.5).second_variation_apply(&mu, &mu), &["mu[1]", "second derivative"]);
    assert!(with(2.0).second_variation_apply(&mu, &mu).is_ok());
    assert!(FreeEnergy::new(&graph).with_potential([1.0; 3]).unwrap().first_variation(&mu).is_ok());
}

#[test]
fn bad_terms_are_refused() {
    let graph = Graph::path(3, Reference::Uniform).unwrap();
    let zero = || FreeEnergy::new(&graph);
    assert_refused(zero().with_potential([1.0, 2.0]), &["potential", "3", "2"]);
    assert_refused(zero().with_potential([1.0, f64::NAN, 0.0]), &["potential[1]", "NaN"]);
    assert_refused(zero().with_entropy(f64::INFINITY), &["beta", "inf"]);
    assert_refused(zero().with_internal(1.0, InternalEnergy::Power(1.0)), &["that is the entropy"]);
    assert_refused(zero().with_internal(1.0, InternalEnergy::Power(-2.0)), &["-2"]);
    assert_refused(zero().with_internal(f64::NAN, InternalEnergy::Power(2.0)), &["coefficient", "NaN"]);
    let small = Interaction::dense(2, &[0.0; 4]).unwrap();
    assert_refused(zero().with_interaction(small), &["interaction", "3", "2"]);
    assert_refused(zero().value(&[0.5, 0.5]), &["mu", "3", "2"]);
    assert_refused(zero().value(&[0.5, -0.5, 1.0]), &["mu[1]", "-0.5"]);
    assert_refused(zero().second_variation_apply(&[0.5; 3], &[1.0]), &["direction", "3", "1"]);
}

#[test]
fn bad_interactions_are_refused() {
    assert_refused(Interaction::dense(2, &[0.0; 3]), &["interaction", "4", "3"]);
    assert_refused(Interaction::dense(2, &[0.0, 1.0, f64::NAN, 0.0]), &["interaction[2]"]);
    let skew = [0.0, 1.0, 2.0, 1.5, 0.0, 0.0, 7.0, 0.0, 0.0];
    assert_refused(Interaction::dense(3, &skew), &["W[0,2] = 2", "W[2,0] = 7"]);
    assert!(Interaction::dense(2, &[0.0, 1.0, 1.0 + 1e-14, 0.0]).is_ok());
    let mut lopsided = TriMat::new((3, 3));
    lopsided.add_triplet(2, 1, 4.0);
    assert_refused(Interaction::sparse(lopsided.to_csr()), &["W[2,1] = 4", "W[1,2] = 0"]);
    let wide: TriMat<f64> = TriMat::new((2, 3));
    assert_refused(Interaction::sparse(wide.to_csr()), &["2 rows", "3 columns"]);
}
