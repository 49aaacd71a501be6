//! The misfit of predicted snapshots as a function of the parameters, with its derivatives.

use nalgebra::{DMatrix, DVector};

use super::flow_loss::FlowFit;
use super::scoring::{Objective, Point, Quadratic};
use crate::error::Result;
use crate::flow::sensitivity::SensitiveFlow;
use crate::memory;
use crate::parallel::map_jobs;

/// Pairs whose derivatives are held in memory at a time.
const CHUNK: usize = 32;

/// A step from one snapshot to the next.
pub(super) struct Pair<'a> {
    pub times: [f64; 2],
    pub from: &'a [f64],
    pub to: &'a [f64],
    /// `1 / w`.
    pub weight: Vec<f64>,
}

impl Pair<'_> {
    /// Its part of the loss.
    pub fn misfit(&self, predicted: &[f64]) -> f64 {
        let square = |((a, b), w): ((&f64, &f64), &f64)| w * (a - b) * (a - b);
        0.5 * predicted.iter().zip(self.to).zip(&self.weight).map(square).sum::<f64>()
    }
}

/// The loss as a function of the parameters.
pub(super) struct Misfit<'a> {
    pub fit: &'a FlowFit,
    pub pairs: Vec<Pair<'a>>,
    pub threads: usize,
}

/// The weighted misfit of a pair and its derivative.
struct Linearised {
    misfit: DVector<f64>,
    derivative: DMatrix<f64>,
}

impl Misfit<'_> {
    pub fn residuals(&self, parameters: &[f64]) -> Result<Vec<f64>> {
        let flow = SensitiveFlow::new(&self.fit.model, parameters, &self.fit.options.flow)?;
        map_jobs(self.pairs.len(), self.threads, |k| {
            let pair = &self.pairs[k];
            Ok(pair.misfit(&flow.masses(pair.from, &pair.times)?[1]))
        })
    }

    /// Visits the pairs in their order, so that sums do not depend on the number of threads.
    fn for_each(&self, parameters: &[f64], mut visit: impl FnMut(Linearised)) -> Result<()> {
        let flow = SensitiveFlow::new(&self.fit.model, parameters, &self.fit.options.flow)?;
        for chunk in self.pairs.chunks(CHUNK) {
            let linearised = map_jobs(chunk.len(), self.threads, |k| {
                let pair = &chunk[k];
                let mut end = flow.tangents(pair.from, None, &pair.times)?.swap_remove(1);
                let root: Vec<f64> = pair.weight.iter().map(|w| w.sqrt()).collect();
                let misfit = DVector::from_fn(root.len(), |x, _| root[x] * (end.mass[x] - pair.to[x]));
                for mut column in end.derivative.column_iter_mut() {
                    column.iter_mut().zip(&root).for_each(|(s, r)| *s *= r);
                }
                Ok(Linearised { misfit, derivative: end.derivative })
            })?;
            linearised.into_iter().for_each(&mut visit);
        }
        Ok(())
    }

    /// The covariance of the gradient: the sum over blocks of this many consecutive pairs of the outer
    /// products of their gradients, corrected for `free` fitted parameters (Cameron, Miller 2015, eq.
    /// 12). NaN for a single block.
    pub fn scores(&self, parameters: &[f64], length: usize, free: f64) -> Result<DMatrix<f64>> {
        let k = parameters.len();
        let (mut sum, mut gradient) = (DMatrix::zeros(k, k), DVector::zeros(k));
        let ends = self.fit.ends_of_blocks(length);
        let (mut pair, mut blocks) = (0, 0);
        self.for_each(parameters, |seen| {
            gradient.gemv_tr(1.0, &seen.derivative, &seen.misfit, 1.0);
            pair += 1;
            if pair == ends[blocks] {
                sum.ger(1.0, &gradient, &gradient, 1.0);
                gradient.fill(0.0);
                blocks += 1;
            }
        })?;
        let (blocks, observed) = (blocks as f64, (pair * (self.fit.model.graph().nodes() - 1)) as f64);
        if blocks < 2.0 {
            return Ok(sum * f64::NAN);
        }
        Ok(sum * (blocks / (blocks - 1.0) * (observed - 1.0) / (observed - free)))
    }
}

impl Objective for Misfit<'_> {
    fn value(&self, point: &Point) -> Result<f64> {
        Ok(self.residuals(&point.parameters)?.iter().sum())
    }

    fn quadratic(&self, point: &Point) -> Result<Quadratic> {
        let k = point.parameters.len();
        memory::admit(memory::doubles(&[6, k, k]), || format!("the information on {k} parameters"))?;
        let mut sum = Quadratic {
            value: 0.0,
            gradient: DVector::zeros(k),
            information: DMatrix::zeros(k, k),
            nuisance: Vec::new(),
        };
        self.for_each(&point.parameters, |pair| {
            sum.value += 0.5 * pair.misfit.norm_squared();
            sum.gradient.gemv_tr(1.0, &pair.derivative, &pair.misfit, 1.0);
            // the transpose is copied: products of stored matrices are several times faster
            sum.information.gemm(1.0, &pair.derivative.transpose(), &pair.derivative, 1.0);
        })?;
        Ok(sum)
    }
}
