//! Choosing a ridge and terms by cross-validation, and what such a choice is worth.
//!
//! The best of several scores is too good: it was chosen on the blocks that it is about. An honest one
//! repeats the whole choice without each block in turn, by the inner blocks, and tests on that block
//! what was chosen and learned without it (Stone 1974; Varma, Simon 2006).

use super::options::Ridge;
use super::validation::{explained_of, worth_keeping, Blocks, Candidate, Folds, Score, Split};
use super::Fit;
use crate::error::{Error, Result};

/// A ridge and terms, chosen on all blocks.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Selection {
    /// How all terms do under each of the ridges.
    pub ridges: Vec<Score>,
    /// The position of the best of them.
    pub best: usize,
    /// The path over the terms with that ridge, see [`Fit::term_path`].
    pub path: Vec<Score>,
    /// The terms that are worth keeping, see [`worth_keeping`]; none where persistence does as well.
    pub keep: Vec<String>,
}

/// How a choice did that was made without what it is tested on.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NestedScore {
    /// The share of the motion in the tested steps that is explained, as in a [`Score`].
    pub explained: f64,
    /// Standard error of that share.
    pub standard_error: f64,
    /// What was chosen without each of the tested blocks.
    pub chosen: Vec<Candidate>,
}

impl Fit {
    /// Chooses among ridges with all terms, then among terms along the path with that ridge.
    ///
    /// The scores of what is chosen are too good, since the same blocks chose it: see
    /// [`cross_validate_selection`](Self::cross_validate_selection).
    ///
    /// # Errors
    /// As [`cross_validate`](Self::cross_validate), and no ridge.
    pub fn select(&self, folds: Folds, ridges: &[Ridge]) -> Result<Selection> {
        self.select_on(&self.blocks(folds)?.splits(), ridges)
    }

    /// The held-out share of the motion that is explained if ridge and terms are chosen as by
    /// [`select`](Self::select) on the teaching blocks alone, for each tested block anew. Where a single
    /// block teaches, it is given all terms and the first of the ridges.
    ///
    /// Cost: for `B` blocks that of `B` selections on `B - 1` of them.
    ///
    /// # Errors
    /// As [`select`](Self::select).
    pub fn cross_validate_selection(&self, folds: Folds, ridges: &[Ridge]) -> Result<NestedScore> {
        let blocks = self.blocks(folds)?;
        let count = blocks.sums.len();
        let (mut parts, mut chosen) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for tested in usize::from(blocks.forward)..count {
            let teachers: Vec<usize> = match blocks.forward {
                true => (0..tested).collect(),
                false => (0..count).filter(|b| *b != tested).collect(),
            };
            let candidate = self.choose(&blocks, &teachers, ridges)?;
            let among: Vec<usize> = teachers.iter().copied().chain([tested]).collect();
            let split = blocks.split(&among, teachers.len());
            let left = match candidate.terms.is_empty() {
                true => split.test.total,
                false => {
                    let terms = self.positions(&candidate.terms)?;
                    self.held_out(&split, &terms, &candidate.ridge)?.unwrap_or(f64::NAN)
                }
            };
            parts.push((left, split.test.total));
            chosen.push(candidate);
        }
        let (explained, standard_error) = explained_of(&parts);
        Ok(NestedScore { explained, standard_error, chosen })
    }

    /// What some of the blocks choose, divided among themselves.
    fn choose(&self, blocks: &Blocks, teachers: &[usize], ridges: &[Ridge]) -> Result<Candidate> {
        let first = usize::from(blocks.forward);
        let splits: Vec<Split> = match teachers.len() {
            1 => Vec::new(),
            count => (first..count).map(|k| blocks.split(teachers, k)).collect(),
        };
        if splits.is_empty() {
            let ridge = ridges.first().ok_or_else(no_ridge)?.clone();
            return Ok(Candidate { terms: self.term_names(), ridge });
        }
        let selection = self.select_on(&splits, ridges)?;
        Ok(Candidate { terms: selection.keep, ridge: ridges[selection.best].clone() })
    }

    fn select_on(&self, splits: &[Split], ridges: &[Ridge]) -> Result<Selection> {
        let terms = self.term_names();
        let score = |ridge: &Ridge| {
            self.score(splits, &Candidate { terms: terms.clone(), ridge: ridge.clone() })
        };
        let scores: Vec<Score> = ridges.iter().map(score).collect::<Result<_>>()?;
        let best = (0..scores.len())
            .filter(|&k| !scores[k].explained.is_nan())
            .max_by(|&a, &b| scores[a].explained.total_cmp(&scores[b].explained))
            .unwrap_or(0);
        let path = self.path_on(splits, ridges.get(best).ok_or_else(no_ridge)?)?;
        let keep = worth_keeping(&path).map_or(Vec::new(), |k| path[k].candidate.terms.clone());
        Ok(Selection { ridges: scores, best, path, keep })
    }

    fn term_names(&self) -> Vec<String> {
        self.model().terms().iter().map(|term| term.name().to_string()).collect()
    }
}

fn no_ridge() -> Error {
    Error::invalid("ridges", "there is none to choose")
}
