//! Sparse `L D L'` of symmetric quasidefinite matrices. `faer` analyses and solves; the numbers of the
//! factor come from [`fronts`](super::fronts), which can be interrupted.
//!
//! A matrix `[A, B'; B, -C]` with positive definite `A` and `C` has such a factor in any order of its
//! unknowns, with positive pivots for those of `A` and negative ones for those of `C` (Vanderbei, SIAM
//! J. Optim. 1995). So the order is chosen for sparsity alone.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::sparse::linalg::cholesky::supernodal::SymbolicSupernodalCholesky;
use faer::sparse::linalg::cholesky::{
    factorize_symbolic_cholesky, CholeskySymbolicParams, LdltRef, SymbolicCholesky, SymbolicCholeskyRaw,
    SymmetricOrdering,
};
use faer::sparse::linalg::SupernodalThreshold;
use faer::sparse::{SparseColMatRef, SymbolicSparseColMat};
use faer::{Conj, MatMut, Par, Side};

use super::fronts::Fronts;
use crate::error::{Error, Result};
use crate::memory;

/// The analysed pattern of a quasidefinite matrix whose unknowns are numbered in the order of their
/// elimination.
pub(crate) struct QuasidefinitePattern {
    /// Signs of the pivots.
    signs: Vec<i8>,
    lower: SymbolicSparseColMat<usize>,
    /// Where each of the entries that were given is among those of `lower`.
    place: Vec<u32>,
    symbolic: SymbolicCholesky<usize>,
}

/// The matrix with its numeric factor. Memory is reused when it is factorised again.
pub(crate) struct SparseQuasidefinite {
    pattern: QuasidefinitePattern,
    values: Vec<f64>,
    factor: Vec<f64>,
    fronts: Fronts,
    solve_work: MemBuffer,
}

impl QuasidefinitePattern {
    /// Analyses the pattern of entries (row and column, on either side of the diagonal; those at the
    /// same place add up). All of the diagonal must be among them.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] when the factor cannot be laid out.
    pub fn analyse(signs: Vec<i8>, entries: &[(u32, u32)]) -> Result<Self> {
        let dim = signs.len();
        let (column_start, row, place) = compress(dim, entries);
        let lower = SymbolicSparseColMat::new_checked(dim, dim, column_start, None, row);
        let parameters = CholeskySymbolicParams {
            supernodal_flop_ratio_threshold: SupernodalThreshold::FORCE_SUPERNODAL,
            ..Default::default()
        };
        // in the given order the analysis reads the upper triangle
        let symbolic = lower.as_ref().transpose().to_col_major().and_then(|upper| {
            let order = SymmetricOrdering::Identity;
            factorize_symbolic_cholesky(upper.as_ref(), Side::Upper, order, parameters)
        });
        let symbolic = symbolic
            .map_err(|_| Error::OutOfMemory { what: format!("symbolic factor of {dim} unknowns") })?;
        Ok(Self { signs, lower, place, symbolic })
    }

    /// Numbers that a factor takes.
    pub fn factor_entries(&self) -> usize {
        self.symbolic.len_val()
    }

    /// Bytes that a factor and its workspace take.
    pub fn bytes(&self) -> usize {
        memory::doubles(&[self.factor_entries()]).saturating_add(Fronts::bytes(self.supernodes()))
    }

    fn supernodes(&self) -> &SymbolicSupernodalCholesky<usize> {
        match self.symbolic.raw() {
            SymbolicCholeskyRaw::Supernodal(supernodes) => supernodes,
            SymbolicCholeskyRaw::Simplicial(_) => unreachable!("supernodes were asked for"),
        }
    }
}

/// Columns of the lower triangle in compressed form, their sorted rows, and the place of each entry
/// there.
fn compress(dim: usize, entries: &[(u32, u32)]) -> (Vec<usize>, Vec<usize>, Vec<u32>) {
    let lower = |&(a, b): &(u32, u32)| (a.max(b), a.min(b));
    // the entries, sorted by column and then by row, each as often as it was given
    let mut first = vec![0_usize; dim + 1];
    entries.iter().for_each(|entry| first[lower(entry).1 as usize + 1] += 1);
    (0..dim).for_each(|column| first[column + 1] += first[column]);
    let mut next = first.clone();
    let mut by_column = vec![0_u32; entries.len()];
    for (at, entry) in entries.iter().enumerate() {
        let slot = &mut next[lower(entry).1 as usize];
        by_column[*slot] = at as u32;
        *slot += 1;
    }
    let (mut column_start, mut rows, mut place) = (vec![0], Vec::new(), vec![0; entries.len()]);
    for column in 0..dim {
        let here = &mut by_column[first[column]..first[column + 1]];
        here.sort_unstable_by_key(|at| lower(&entries[*at as usize]).0);
        let begin = rows.len();
        for &at in here.iter() {
            let row = lower(&entries[at as usize]).0 as usize;
            if rows.len() == begin || rows.last() != Some(&row) {
                rows.push(row);
            }
            place[at as usize] = (rows.len() - 1) as u32;
        }
        column_start.push(rows.len());
    }
    (column_start, rows, place)
}

impl SparseQuasidefinite {
    /// Reserves the factor's memory; no numbers yet.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn new(pattern: QuasidefinitePattern) -> Result<Self> {
        let (dim, entries) = (pattern.signs.len(), pattern.factor_entries());
        let what = || format!("a factor of {dim} unknowns with {entries} entries");
        memory::admit(pattern.bytes(), what)?;
        let solve = pattern.symbolic.solve_in_place_scratch::<f64>(1, Par::Seq);
        Ok(Self {
            values: vec![0.0; pattern.lower.row_idx().len()],
            factor: vec![0.0; entries],
            fronts: Fronts::new(pattern.supernodes())?,
            solve_work: MemBuffer::try_new(solve).map_err(|_| Error::OutOfMemory { what: what() })?,
            pattern,
        })
    }

    /// Factorises the matrix that has these values at the entries of its pattern, in their order.
    ///
    /// # Errors
    /// [`Error::Singular`] when a pivot is zero or not finite, [`Error::Cancelled`] when the work is to
    /// end.
    pub fn factorise(&mut self, entries: &[f64]) -> Result<()> {
        self.values.fill(0.0);
        for (at, value) in self.pattern.place.iter().zip(entries) {
            self.values[*at as usize] += value;
        }
        let matrix = SparseColMatRef::new(self.pattern.lower.as_ref(), &self.values);
        self.fronts.factorise(self.pattern.supernodes(), matrix, &self.pattern.signs, &mut self.factor)
    }

    /// Overwrites a right-hand side with the solution.
    pub fn solve_in_place(&mut self, rhs: &mut [f64]) {
        let rhs = MatMut::from_column_major_slice_mut(rhs, self.pattern.signs.len(), 1);
        let stack = MemStack::new(&mut self.solve_work);
        LdltRef::new(&self.pattern.symbolic, &self.factor).solve_in_place_with_conj(
            Conj::No,
            rhs,
            Par::Seq,
            stack,
        );
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::ops::ControlFlow;
    use std::rc::Rc;
    use std::time::Duration;

    use super::*;
    use crate::watch::Watch;

    /// Random numbers between -1/2 and 1/2.
    fn random() -> impl FnMut() -> f64 {
        let mut state = 1_u64;
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        }
    }

    /// A matrix `[A, B'; B, -C]` with interleaved unknowns, in entries that add up.
    struct Sample {
        signs: Vec<i8>,
        entries: Vec<(u32, u32)>,
        values: Vec<f64>,
    }

    impl Sample {
        /// A random matrix with entries between these neighbours and a diagonal of this size.
        fn new(dim: usize, diagonal: f64, neighbours: impl Fn(usize, usize) -> bool) -> Self {
            let mut draw = random();
            let signs = (0..dim).map(|i| if i % 3 == 1 { -1 } else { 1 }).collect();
            let mut sample = Self { signs, entries: Vec::new(), values: Vec::new() };
            for i in 0..dim {
                // in two parts, which add up
                let half = f64::from(sample.signs[i]) * 0.5 * diagonal;
                sample.add(i, i, half);
                for j in (0..i).filter(|j| neighbours(i, *j)) {
                    // on either side of the diagonal
                    let (row, column) = if (i + j) % 2 == 0 { (i, j) } else { (j, i) };
                    sample.add(row, column, draw());
                }
                sample.add(i, i, half);
            }
            sample
        }

        /// Neighbours are less than `reach` apart.
        fn band(dim: usize, reach: usize) -> Self {
            Self::new(dim, 0.5 * (reach + 1) as f64, |i, j| i - j <= reach)
        }

        /// A grid of 15 by 15 by 15 points in nested dissection: the planes that halve it are last,
        /// before them those that halve the parts.
        fn grid() -> Self {
            let side = 1..16_usize;
            let plane = |x| side.clone().flat_map(move |y| (1..16).map(move |z| [x, y, z]));
            let mut points: Vec<[usize; 3]> = side.clone().flat_map(plane).collect();
            points.sort_by_key(|point| point.map(|c| c.trailing_zeros()).into_iter().max());
            Self::new(points.len(), 4.0, |i, j| {
                let apart = points[i].iter().zip(points[j]).map(|(a, b)| a.abs_diff(b));
                apart.sum::<usize>() == 1
            })
        }

        fn add(&mut self, row: usize, column: usize, value: f64) {
            self.entries.push((row as u32, column as u32));
            self.values.push(value);
        }

        fn times(&self, x: &[f64]) -> Vec<f64> {
            let mut b = vec![0.0; x.len()];
            for (&(row, column), value) in self.entries.iter().zip(&self.values) {
                b[row as usize] += value * x[column as usize];
                if row != column {
                    b[column as usize] += value * x[row as usize];
                }
            }
            b
        }

        fn analysed(&self) -> SparseQuasidefinite {
            let pattern = QuasidefinitePattern::analyse(self.signs.clone(), &self.entries);
            SparseQuasidefinite::new(pattern.expect("small")).expect("small")
        }

        /// Solves for the product with a random vector that vanishes at the lost unknowns; returns the
        /// error.
        fn error(&self, matrix: &mut SparseQuasidefinite, lost: &[usize]) -> f64 {
            let mut draw = random();
            let mut x: Vec<f64> = (0..self.signs.len()).map(|_| draw()).collect();
            lost.iter().for_each(|i| x[*i] = 0.0);
            let mut found = self.times(&x);
            matrix.factorise(&self.values).expect("quasidefinite");
            matrix.solve_in_place(&mut found);
            found.iter().zip(&x).map(|(f, x)| (f - x).abs()).fold(0.0, f64::max)
        }
    }

    #[test]
    fn solves_what_it_multiplies() {
        for (dim, reach) in [(1, 0), (2, 1), (9, 3), (40, 12), (300, 150), (400, 400)] {
            let sample = Sample::band(dim, reach);
            let mut matrix = sample.analysed();
            for _ in 0..2 {
                let error = sample.error(&mut matrix, &[]);
                assert!(error < 1e-11, "{dim} {reach}: {error:e}");
            }
        }
    }

    /// Many small fronts below one of some hundred columns.
    #[test]
    fn solves_on_a_grid_in_space() {
        let sample = Sample::grid();
        let error = sample.error(&mut sample.analysed(), &[]);
        assert!(error < 1e-11, "{error:e}");
    }

    /// An unknown whose pivot has the wrong sign stays as it is, and the others solve their equations.
    #[test]
    fn leaves_lost_unknowns_alone() {
        for mut sample in [Sample::band(9, 3), Sample::band(300, 150), Sample::grid()] {
            let dim = sample.signs.len();
            let lost = [1, dim / 2, dim - 1];
            for i in lost {
                sample.add(i, i, -1e3 * f64::from(sample.signs[i]));
            }
            let error = sample.error(&mut sample.analysed(), &lost);
            assert!(error < 1e-11, "{dim}: {error:e}");
        }
    }

    /// Between fronts and within one, and the next factorisation is none the worse for it.
    #[test]
    fn stops_when_it_is_asked_to() {
        for (sample, least) in [(Sample::grid(), 500), (Sample::band(400, 400), 4)] {
            let mut matrix = sample.analysed();
            let asked = Rc::new(Cell::new(0));
            let mut questions = |last: usize| {
                asked.set(0);
                let count = asked.clone();
                let watch = Watch::new().with_interval(Duration::ZERO).with_progress(move |_| {
                    count.set(count.get() + 1);
                    if count.get() == last {
                        return ControlFlow::Break(());
                    }
                    ControlFlow::Continue(())
                });
                (watch.over(|| matrix.factorise(&sample.values)), asked.get())
            };
            let (result, all) = questions(usize::MAX);
            assert!(result.is_ok() && all >= least, "{result:?} after {all}");
            for last in [1, all / 2, all] {
                assert_eq!(questions(last), (Err(Error::Cancelled), last));
            }
            let error = sample.error(&mut matrix, &[]);
            assert!(error < 1e-11, "{error:e}");
        }
    }
}
