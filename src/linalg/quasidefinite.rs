//! Sparse `L D L'` of symmetric quasidefinite matrices, by `faer`.
//!
//! A matrix `[A, B'; B, -C]` with positive definite `A` and `C` has such a factor in any order of its
//! unknowns, with positive pivots for those of `A` and negative ones for those of `C` (Vanderbei, SIAM J. Optim.
//! 1995). So the order is chosen for sparsity alone.

use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use faer::linalg::cholesky::ldlt::factor::LdltRegularization;
use faer::sparse::linalg::cholesky::{
    factorize_symbolic_cholesky, CholeskySymbolicParams, LdltRef, SymbolicCholesky, SymmetricOrdering,
};
use faer::sparse::{SparseColMatRef, SymbolicSparseColMat};
use faer::{Conj, MatMut, Par, Side};

use crate::error::{Error, Result};
use crate::memory;

/// What takes the place of a pivot that rounding has left with the wrong sign: its unknown stays as it is.
const LOST_PIVOT: f64 = 1e100;

/// The analysed pattern of a quasidefinite matrix whose unknowns are numbered in the order of their elimination.
pub(crate) struct QuasidefinitePattern {
    /// Signs of the pivots.
    signs: Vec<i8>,
    upper: SymbolicSparseColMat<usize>,
    /// Where each of the entries that were given is among those of `upper`.
    place: Vec<u32>,
    symbolic: SymbolicCholesky<usize>,
}

/// The matrix with its numeric factor. Memory is reused when it is factorised again.
pub(crate) struct SparseQuasidefinite {
    pattern: QuasidefinitePattern,
    values: Vec<f64>,
    factor: Vec<f64>,
    factor_work: MemBuffer,
    solve_work: MemBuffer,
}

impl QuasidefinitePattern {
    /// Analyses the pattern of entries (row and column, on either side of the diagonal; those at the same place
    /// add up). All of the diagonal must be among them.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] when the factor cannot be laid out.
    pub fn analyse(signs: Vec<i8>, entries: &[(u32, u32)]) -> Result<Self> {
        let dim = signs.len();
        let (column_start, row, place) = compress(dim, entries);
        let upper = SymbolicSparseColMat::new_checked(dim, dim, column_start, None, row);
        let symbolic = factorize_symbolic_cholesky(
            upper.as_ref(),
            Side::Upper,
            SymmetricOrdering::Identity,
            CholeskySymbolicParams::default(),
        )
        .map_err(|_| Error::OutOfMemory { what: format!("symbolic factor of {dim} unknowns") })?;
        Ok(Self { signs, upper, place, symbolic })
    }

    /// Numbers that a factor takes.
    pub fn factor_entries(&self) -> usize {
        self.symbolic.len_val()
    }

    /// Bytes that a factor and its workspace take.
    pub fn bytes(&self) -> usize {
        memory::doubles(&[self.factor_entries()])
            .saturating_add(self.factor_scratch().unaligned_bytes_required())
    }

    fn factor_scratch(&self) -> StackReq {
        self.symbolic.factorize_numeric_ldlt_scratch::<f64>(Par::Seq, Default::default())
    }
}

/// Columns of the upper triangle in compressed form, their sorted rows, and the place of each entry there.
fn compress(dim: usize, entries: &[(u32, u32)]) -> (Vec<usize>, Vec<usize>, Vec<u32>) {
    let upper = |&(a, b): &(u32, u32)| (a.min(b), a.max(b));
    // the entries, sorted by column and then by row, each as often as it was given
    let mut first = vec![0_usize; dim + 1];
    entries.iter().for_each(|entry| first[upper(entry).1 as usize + 1] += 1);
    (0..dim).for_each(|column| first[column + 1] += first[column]);
    let mut next = first.clone();
    let mut by_column = vec![0_u32; entries.len()];
    for (at, entry) in entries.iter().enumerate() {
        let slot = &mut next[upper(entry).1 as usize];
        by_column[*slot] = at as u32;
        *slot += 1;
    }
    let (mut column_start, mut rows, mut place) = (vec![0], Vec::new(), vec![0; entries.len()]);
    for column in 0..dim {
        let here = &mut by_column[first[column]..first[column + 1]];
        here.sort_unstable_by_key(|at| upper(&entries[*at as usize]).0);
        let begin = rows.len();
        for &at in here.iter() {
            let row = upper(&entries[at as usize]).0 as usize;
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
        let room =
            |scratch| MemBuffer::try_new(scratch).map_err(|_| Error::OutOfMemory { what: what() });
        Ok(Self {
            values: vec![0.0; pattern.upper.row_idx().len()],
            factor: vec![0.0; entries],
            factor_work: room(pattern.factor_scratch())?,
            solve_work: room(solve)?,
            pattern,
        })
    }

    /// Factorises the matrix that has these values at the entries of its pattern, in their order.
    ///
    /// # Errors
    /// [`Error::Singular`] when a pivot is zero or not finite.
    pub fn factorise(&mut self, entries: &[f64]) -> Result<()> {
        self.values.fill(0.0);
        for (at, value) in self.pattern.place.iter().zip(entries) {
            self.values[*at as usize] += value;
        }
        let matrix = SparseColMatRef::new(self.pattern.upper.as_ref(), &self.values);
        let regularisation = LdltRegularization {
            dynamic_regularization_signs: Some(&self.pattern.signs),
            dynamic_regularization_delta: LOST_PIVOT,
            dynamic_regularization_epsilon: 0.0,
        };
        self.pattern
            .symbolic
            .factorize_numeric_ldlt(
                &mut self.factor,
                matrix,
                Side::Upper,
                regularisation,
                Par::Seq,
                MemStack::new(&mut self.factor_work),
                Default::default(),
            )
            .map(|_| ())
            .map_err(|e| Error::Singular { what: "Hessian of the action", detail: format!("{e:?}") })
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
    use super::*;

    /// Random matrices `[A, B'; B, -C]` with interleaved unknowns, against their product with a known vector: small
    /// ones, which `faer` factorises entry by entry, and one that it factorises by supernodes.
    #[test]
    fn solves_what_it_multiplies() {
        let mut state = 1_u64;
        let mut draw = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        };
        for (dim, reach) in [(1, 0), (2, 1), (9, 3), (40, 12), (300, 150)] {
            let signs: Vec<i8> = (0..dim).map(|i| if i % 3 == 1 { -1 } else { 1 }).collect();
            let (mut entries, mut values) = (Vec::new(), Vec::new());
            let mut add = |row: usize, column: usize, value: f64| {
                entries.push((row as u32, column as u32));
                values.push(value);
            };
            for i in 0..dim {
                // in two parts, which add up
                let diagonal = f64::from(signs[i]) * 0.5 * (reach + 1) as f64;
                add(i, i, 0.5 * diagonal);
                for j in i.saturating_sub(reach)..i {
                    // on either side of the diagonal
                    let (row, column) = if (i + j) % 2 == 0 { (i, j) } else { (j, i) };
                    add(row, column, draw());
                }
                add(i, i, 0.5 * diagonal);
            }
            let x: Vec<f64> = (0..dim).map(|_| draw()).collect();
            let mut b = vec![0.0; dim];
            for (&(row, column), value) in entries.iter().zip(&values) {
                b[row as usize] += value * x[column as usize];
                if row != column {
                    b[column as usize] += value * x[row as usize];
                }
            }
            let pattern = QuasidefinitePattern::analyse(signs, &entries).expect("small");
            let mut matrix = SparseQuasidefinite::new(pattern).expect("small");
            for _ in 0..2 {
                let mut found = b.clone();
                matrix.factorise(&values).expect("quasidefinite");
                matrix.solve_in_place(&mut found);
                let error = found.iter().zip(&x).map(|(f, x)| (f - x).abs()).fold(0.0, f64::max);
                assert!(error < 1e-11, "{dim} {reach}: {error:e}");
            }
        }
    }
}
