//! What several test files share: the reference problems and seeded random distributions.
#![allow(dead_code)]

use jkoflow::{Duplicates, Graph};
use serde_json::Value;

/// A file of `tests/data`, which says where its numbers come from.
pub fn data(name: &str) -> Vec<Value> {
    let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&text).expect("valid JSON")
}

/// The numbers under `key`.
pub fn numbers(problem: &Value, key: &str) -> Vec<f64> {
    let list = problem[key].as_array().unwrap_or_else(|| panic!("no {key}"));
    list.iter().map(|v| v.as_f64().expect("a number")).collect()
}

/// The problem's edges with the numbers under `key`.
pub fn edges(problem: &Value, key: &str) -> Vec<(usize, usize, f64)> {
    let node = |v: &Value| v.as_u64().expect("a node") as usize;
    let list = problem["edges"].as_array().expect("edges");
    list.iter().zip(numbers(problem, key)).map(|(e, c)| (node(&e[0]), node(&e[1]), c)).collect()
}

/// The chain of a reference problem.
pub fn chain(problem: &Value) -> Graph {
    Graph::from_chain(&numbers(problem, "pi"), &edges(problem, "conductance"), Duplicates::Refuse)
        .expect("a valid chain")
}

/// A small linear congruential stream of numbers in `(0, 1)`.
pub struct Uniform(pub u64);

impl Uniform {
    pub fn draw(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// A positive distribution whose masses differ by a factor of at most `exp(spread)`.
    pub fn distribution(&mut self, n: usize, spread: f64) -> Vec<f64> {
        let mut mu: Vec<f64> = (0..n).map(|_| (spread * self.draw()).exp()).collect();
        let sum: f64 = mu.iter().sum();
        mu.iter_mut().for_each(|m| *m /= sum);
        mu
    }
}

pub fn largest(v: &[f64]) -> f64 {
    v.iter().fold(0.0, |m, x| m.max(x.abs()))
}

pub fn without_mean(v: &[f64]) -> Vec<f64> {
    let mean = v.iter().sum::<f64>() / v.len() as f64;
    v.iter().map(|x| x - mean).collect()
}

/// Largest difference relative to the largest entry of `b`, both with their plain mean removed.
pub fn relative_difference(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (without_mean(a), without_mean(b));
    let difference: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
    largest(&difference) / largest(&b)
}
