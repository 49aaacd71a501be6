//! Half the deviance of counts as a function of the energy's parameters and of the starts, see
//! [`likelihood`](super::likelihood).

use nalgebra::{DMatrix, DVector};

use super::likelihood::{CountFit, Counts};
use super::scoring::{Nuisance, Objective, Point, Quadratic};
use crate::error::Result;
use crate::flow::sensitivity::SensitiveFlow;
use crate::memory;
use crate::parallel::map_jobs;

/// Trajectories whose derivatives are held in memory at a time.
const CHUNK: usize = 16;
pub(super) fn normalised(counts: &[f64]) -> Vec<f64> {
    let sum: f64 = counts.iter().sum();
    counts.iter().map(|n| n / sum).collect()
}

pub(super) fn softmax(exponents: &[f64]) -> Vec<f64> {
    let largest = exponents.iter().fold(f64::NEG_INFINITY, |m, e| m.max(*e));
    let powers: Vec<f64> = exponents.iter().map(|e| (e - largest).exp()).collect();
    normalised(&powers)
}

/// `diag(mu) - mu mu'`.
pub(super) fn softmax_slope(mu: &[f64]) -> DMatrix<f64> {
    let n = mu.len();
    DMatrix::from_fn(n, n, |x, y| if x == y { mu[x] * (1.0 - mu[x]) } else { -mu[x] * mu[y] })
}

/// `sum_x n ln(n / (N mu)) - n + N mu`: each term is non-negative, and nothing cancels in the sum.
fn half_deviance(counts: &[f64], mu: &[f64]) -> f64 {
    let total: f64 = counts.iter().sum();
    let term = |(n, m): (&f64, &f64)| {
        let expected = total * m;
        if *n == 0.0 {
            return expected;
        }
        // (1 + u) ln(1 + u) - u with u = n / expected - 1
        let u = (n - expected) / expected;
        let series = u * u * (0.5 - u * (1.0 / 6.0 - u / 12.0));
        expected * if u.abs() < 1e-4 { series } else { (1.0 + u) * u.ln_1p() - u }
    };
    counts.iter().zip(mu).map(term).sum()
}

/// Half the deviance, with the pseudo-counts' share.
pub(super) struct Deviance<'a> {
    pub fit: &'a CountFit,
    pub threads: usize,
}

impl Deviance<'_> {
    fn flow(&self, point: &Point) -> Result<SensitiveFlow<'_>> {
        SensitiveFlow::new(&self.fit.model, &point.parameters, &self.fit.options.flow)
    }

    /// The pseudo-counts at the first time.
    fn prior(&self) -> Vec<f64> {
        let pi = self.fit.model.graph().reference();
        pi.iter().map(|p| self.fit.options.pseudo_counts * p).collect()
    }

    /// Half the deviance of the counts alone.
    pub fn of_counts(&self, point: &Point) -> Result<f64> {
        let flow = self.flow(point)?;
        let trajectories = &self.fit.trajectories;
        let values = map_jobs(trajectories.len(), self.threads, |t| {
            let masses = flow.masses(&softmax(&point.nuisance[t]), &trajectories[t].times)?;
            let snapshots = trajectories[t].counts.iter().zip(&masses);
            Ok(snapshots.map(|(counts, mu)| half_deviance(counts, mu)).sum::<f64>())
        })?;
        Ok(values.iter().sum())
    }

    /// The quadratic model of a trajectory in parameters and exponents: value, gradient, information.
    fn trajectory(
        &self,
        flow: &SensitiveFlow<'_>,
        trajectory: &Counts,
        exponents: &[f64],
    ) -> Result<(f64, DVector<f64>, DMatrix<f64>)> {
        let start = softmax(exponents);
        let states = flow.tangents(&start, Some(&softmax_slope(&start)), &trajectory.times)?;
        let size = states[0].derivative.ncols();
        let (mut value, mut gradient) = (0.0, DVector::zeros(size));
        memory::admit(memory::doubles(&[2, size, size]), || {
            format!("the information on {size} unknowns")
        })?;
        let mut information = DMatrix::zeros(size, size);
        let prior = self.prior();
        let observed = trajectory.counts.iter().zip(&states);
        for (counts, state) in observed.chain([(&prior, &states[0])]) {
            let total: f64 = counts.iter().sum();
            value += half_deviance(counts, &state.mass);
            // columns sum to zero, so that any multiple of one may be added to the score
            let root: Vec<f64> = state.mass.iter().map(|m| (total / m).sqrt()).collect();
            let misfit =
                DVector::from_fn(root.len(), |x, _| root[x] * (state.mass[x] - counts[x] / total));
            let mut weighted = state.derivative.clone();
            for mut column in weighted.column_iter_mut() {
                column.iter_mut().zip(&root).for_each(|(s, r)| *s *= r);
            }
            gradient.gemv_tr(1.0, &weighted, &misfit, 1.0);
            // the transpose is copied: products of stored matrices are several times faster
            information.gemm(1.0, &weighted.transpose(), &weighted, 1.0);
        }
        Ok((value, gradient, information))
    }
}

impl Objective for Deviance<'_> {
    fn value(&self, point: &Point) -> Result<f64> {
        let starts =
            point.nuisance.iter().map(|exponents| half_deviance(&self.prior(), &softmax(exponents)));
        Ok(starts.sum::<f64>() + self.of_counts(point)?)
    }

    fn quadratic(&self, point: &Point) -> Result<Quadratic> {
        let (k, n) = (point.parameters.len(), self.fit.model.graph().nodes());
        let flow = self.flow(point)?;
        memory::admit(memory::doubles(&[6, k, k]), || format!("the information on {k} parameters"))?;
        let mut sum = Quadratic {
            value: 0.0,
            gradient: DVector::zeros(k),
            information: DMatrix::zeros(k, k),
            nuisance: Vec::with_capacity(point.nuisance.len()),
        };
        let (trajectories, nuisance) = (&self.fit.trajectories, &point.nuisance);
        for first in (0..trajectories.len()).step_by(CHUNK) {
            let count = CHUNK.min(trajectories.len() - first);
            let parts = map_jobs(count, self.threads, |t| {
                self.trajectory(&flow, &trajectories[first + t], &nuisance[first + t])
            })?;
            for (value, gradient, information) in parts {
                sum.value += value;
                sum.gradient += gradient.rows(0, k);
                sum.information += information.view((0, 0), (k, k));
                let mut own = information.view((k, k), (n, n)).into_owned();
                // a constant in the exponents changes nothing: give it some weight, so that it stays
                own.add_scalar_mut(own.trace() / (n * n) as f64);
                sum.nuisance.push(Nuisance {
                    gradient: gradient.rows(k, n).into_owned(),
                    information: own,
                    cross: information.view((k, 0), (n, k)).into_owned(),
                });
            }
        }
        Ok(sum)
    }
}
