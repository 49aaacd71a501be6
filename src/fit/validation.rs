//! Cross-validation: how well an energy learned from some steps explains others, and which terms and
//! ridges do best at that.

use nalgebra::DVector;

use super::fitted::{share, FittedEnergy};
use super::normal::NormalEquations;
use super::options::Ridge;
use super::system::{Solution, System};
use super::Fit;
use crate::error::{Error, Result};

/// How the steps are divided into those that teach and those that test. Parts are blocks of steps in the
/// order in which they were added, since neighbours share a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Folds {
    /// So many blocks; each is tested once, on what all others teach.
    Blocks(usize),
    /// So many blocks after a first one; each is tested on what the blocks before it teach. For
    /// forecasts.
    Forward(usize),
}

/// What is tried: some of the terms of a fit, by name, under a ridge.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Names of the terms.
    pub terms: Vec<String>,
    /// The ridge.
    pub ridge: Ridge,
}

/// How a candidate did.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Score {
    /// What was tried.
    pub candidate: Candidate,
    /// The share of the motion in the tested steps that is explained: at most 1, 0 for persistence,
    /// below 0 where the energy is worse than none. NaN where the teaching steps did not determine the
    /// parameters.
    pub explained: f64,
    /// Standard error of that share, from its variation over the blocks (a ratio estimator's).
    pub standard_error: f64,
    /// The share per block.
    pub by_block: Vec<f64>,
}

/// A teaching and a testing part of the data.
pub(super) struct Split {
    pub teach: NormalEquations,
    pub test: NormalEquations,
}

/// Sums over blocks of steps, in their order.
pub(super) struct Blocks {
    pub sums: Vec<NormalEquations>,
    /// Whether only earlier blocks teach.
    pub forward: bool,
}

impl Fit {
    /// Tries each of the candidates on the same division of the steps.
    ///
    /// Cost: per block and candidate that of [`solve`](Fit::solve) without standard errors.
    ///
    /// # Errors
    /// Fewer than two blocks, fewer steps than blocks, data known only by their sums, a bad ridge, a
    /// term that the fit does not have.
    pub fn cross_validate(&self, folds: Folds, candidates: &[Candidate]) -> Result<Vec<Score>> {
        let splits = self.blocks(folds)?.splits();
        candidates.iter().map(|candidate| self.score(&splits, candidate)).collect()
    }

    /// The held-out share that the pure heat flow explains, with the entropy coefficient that the
    /// teaching steps give it: a baseline for [`cross_validate`](Self::cross_validate).
    ///
    /// # Errors
    /// As there.
    pub fn cross_validate_heat_flow(&self, folds: Folds) -> Result<f64> {
        let splits = self.blocks(folds)?.splits();
        let left = |split: &Split| {
            let (beta, _) = split.teach.heat_flow();
            let [curvature, slope] = split.test.heat;
            split.test.total + 2.0 * beta * slope + beta * beta * curvature
        };
        let residual: f64 = splits.iter().map(left).sum();
        Ok(share(residual, splits.iter().map(|split| split.test.total).sum()))
    }

    /// A path over the terms: from none, always the term that explains most of the tested steps joins.
    /// One score per number of terms; see [`worth_keeping`].
    ///
    /// # Errors
    /// As [`cross_validate`](Self::cross_validate).
    pub fn term_path(&self, folds: Folds, ridge: &Ridge) -> Result<Vec<Score>> {
        self.path_on(&self.blocks(folds)?.splits(), ridge)
    }

    /// The path over the terms on these splits.
    pub(super) fn path_on(&self, splits: &[Split], ridge: &Ridge) -> Result<Vec<Score>> {
        let mut rest: Vec<String> = self.model.terms().iter().map(|t| t.name().to_string()).collect();
        let mut path: Vec<Score> = Vec::new();
        while !rest.is_empty() {
            let mut best: Option<(usize, Score)> = None;
            for (k, term) in rest.iter().enumerate() {
                let mut terms = path.last().map_or(Vec::new(), |score| score.candidate.terms.clone());
                terms.push(term.clone());
                let score = self.score(splits, &Candidate { terms, ridge: ridge.clone() })?;
                let better = |b: &Score| score.explained > b.explained || b.explained.is_nan();
                if best.as_ref().is_none_or(|(_, b)| better(b)) {
                    best = Some((k, score));
                }
            }
            if let Some((k, score)) = best {
                rest.remove(k);
                path.push(score);
            }
        }
        Ok(path)
    }

    /// The share of the motion in the steps of this fit that an energy learned elsewhere explains: a
    /// held-out score, where the steps are others. At most 1, 0 for persistence, below 0 where the
    /// energy is worse than none.
    ///
    /// # Errors
    /// An energy on another graph, or of other terms.
    pub fn explained_by(&self, learned: &FittedEnergy) -> Result<f64> {
        let model = learned.model();
        if !self.graph().same_as(model.graph()) || self.model.names() != model.names() {
            return Err(Error::invalid(
                "learned",
                "it is on another graph or of other terms than the fit",
            ));
        }
        let parameters = learned.parameters();
        if self.model.apart().is_some() {
            return Ok(share(self.violations(parameters).iter().sum(), self.normal.total));
        }
        let dense = model.dense().into_iter().map(|p| parameters[p]);
        let dense = DVector::from_iterator(self.normal.features.nrows(), dense);
        let potential = model.free_potential().map(|block| &parameters[block]);
        Ok(share(self.normal.loss(self.graph(), potential, &dense), self.normal.total))
    }

    /// The sums over the blocks that the folds make of the steps.
    pub(super) fn blocks(&self, folds: Folds) -> Result<Blocks> {
        let (blocks, forward) = match folds {
            Folds::Blocks(count) => (count, false),
            Folds::Forward(count) => (count.saturating_add(1), true),
        };
        if blocks < 2 {
            return Err(Error::invalid(
                "folds",
                "one block to teach and one to test are needed at least",
            ));
        }
        if self.steps.len() != self.pairs() {
            let reason = "single steps are needed, but of some only sums are known";
            return Err(Error::invalid("fit", reason));
        }
        let steps = self.steps.len();
        if steps < blocks {
            let reason = format!("{blocks} blocks cannot be made of {steps} steps");
            return Err(Error::invalid("folds", reason));
        }
        let block = |b: usize| {
            let mut sum = NormalEquations::new(self.graph(), self.normal.features.nrows());
            for seen in &self.steps[b * steps / blocks..(b + 1) * steps / blocks] {
                sum.add(self.graph(), &seen.step, &seen.variations);
            }
            sum
        };
        Ok(Blocks { sums: (0..blocks).map(block).collect(), forward })
    }

    pub(super) fn score(&self, splits: &[Split], candidate: &Candidate) -> Result<Score> {
        candidate.ridge.check()?;
        let terms = self.positions(&candidate.terms)?;
        if terms.iter().any(|&k| self.model.apart() == Some(k)) {
            let reason = "a full interaction on so many nodes is not cross-validated";
            return Err(Error::invalid("candidates", reason));
        }
        let left = |split: &Split| -> Result<(f64, f64)> {
            let residual = self.held_out(split, &terms, &candidate.ridge)?;
            Ok((residual.unwrap_or(f64::NAN), split.test.total))
        };
        let parts: Vec<(f64, f64)> = splits.iter().map(left).collect::<Result<_>>()?;
        let (explained, standard_error) = explained_of(&parts);
        Ok(Score {
            candidate: candidate.clone(),
            explained,
            standard_error,
            by_block: parts.iter().map(|(residual, total)| share(*residual, *total)).collect(),
        })
    }

    /// The loss on the tested steps, none where the teaching steps leave parameters open.
    pub(super) fn held_out(&self, split: &Split, terms: &[usize], ridge: &Ridge) -> Result<Option<f64>> {
        let dense = self.model.dense_of(terms);
        let teach = split.teach.select(&dense);
        let penalties = self.model.penalties(&teach, terms, ridge);
        let system = System::new(self.graph(), &teach, &penalties)?;
        if !system.open_directions().is_empty() {
            return Ok(None);
        }
        let bounds = self.model.dense_bounds();
        let bounds: Vec<(f64, f64)> = dense.iter().map(|&p| bounds[p]).collect();
        let loss = |Solution { potential, dense: a, .. }: Solution| {
            split.test.select(&dense).loss(self.graph(), potential.as_deref(), &a)
        };
        Ok(system.minimise(&bounds).map(loss))
    }

    /// Positions of terms by their names.
    pub(super) fn positions(&self, names: &[String]) -> Result<Vec<usize>> {
        let position =
            |name: &String| {
                self.model.terms().iter().position(|term| term.name() == name).ok_or_else(|| {
                    Error::invalid("candidates", format!("the fit has no term named {name}"))
                })
            };
        let mut positions: Vec<usize> = names.iter().map(position).collect::<Result<_>>()?;
        positions.sort_unstable();
        positions.dedup();
        Ok(positions)
    }
}

impl Blocks {
    /// One split for each block that is tested.
    pub fn splits(&self) -> Vec<Split> {
        let all: Vec<usize> = (0..self.sums.len()).collect();
        (usize::from(self.forward)..all.len()).map(|b| self.split(&all, b)).collect()
    }

    /// The block at a position among some blocks as the test of what the others of them teach.
    pub fn split(&self, among: &[usize], position: usize) -> Split {
        let test = self.sums[among[position]].clone();
        let mut teach = test.emptied();
        let teaches = |k: usize| if self.forward { k < position } else { k != position };
        let teachers = (0..among.len()).filter(|&k| teaches(k));
        teachers.for_each(|k| teach.merge(&self.sums[among[k]]));
        Split { teach, test }
    }
}

/// The share that is explained of blocks of which so much is left, of so much, and its standard error.
pub(super) fn explained_of(parts: &[(f64, f64)]) -> (f64, f64) {
    let residual: f64 = parts.iter().map(|(residual, _)| residual).sum();
    let total: f64 = parts.iter().map(|(_, total)| total).sum();
    let explained = share(residual, total);
    let count = parts.len() as f64;
    let spread: f64 = parts.iter().map(|(r, t)| (r - (1.0 - explained) * t).powi(2)).sum();
    (explained, (count / (count - 1.0) * spread).sqrt() / total)
}

/// The position of the first score on a path that lies within one standard error of the best (Breiman et
/// al. 1984): simpler, and not distinguishably worse. None where the best does not beat persistence.
pub fn worth_keeping(path: &[Score]) -> Option<usize> {
    let best =
        path.iter().filter(|s| s.explained > 0.0).max_by(|a, b| a.explained.total_cmp(&b.explained))?;
    path.iter().position(|score| score.explained >= best.explained - best.standard_error)
}
