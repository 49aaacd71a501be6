//! Sparse Cholesky `A = L L'` of symmetric positive definite matrices, by `faer`.

use std::sync::{Arc, Mutex};

use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use faer::sparse::linalg::cholesky::supernodal::SupernodalLltRef;
use faer::sparse::linalg::cholesky::{
    factorize_symbolic_cholesky, CholeskySymbolicParams, LltRef, SymbolicCholesky, SymbolicCholeskyRaw,
    SymmetricOrdering,
};
use faer::sparse::{SparseColMatRef, SymbolicSparseColMat, SymbolicSparseColMatRef};
use faer::{Conj, MatMut, Par, Side};

use super::vector::axpy;
use super::Factorisation;
use crate::error::{Error, Result};
use crate::memory;

/// The analysed sparsity pattern of a symmetric matrix: fill-reducing ordering
/// and symbolic factor. Cheap to clone and to share between threads.
#[derive(Clone)]
pub struct SymmetricPattern {
    lower: Arc<(SymbolicSparseColMat<usize>, SymbolicCholesky<usize>)>,
}

impl SymmetricPattern {
    /// Analyses the pattern of a lower triangle in compressed columns.
    ///
    /// `column_start` has `dim + 1` entries; `row` holds the sorted row indices of each
    /// column, diagonal included. Cost: near linear for planar graphs, at most the cost
    /// of the factorisation.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] when the factor cannot be laid out.
    pub fn analyse(dim: usize, column_start: Vec<usize>, row: Vec<usize>) -> Result<Self> {
        let pattern = SymbolicSparseColMat::new_checked(dim, dim, column_start, None, row);
        let symbolic = factorize_symbolic_cholesky(
            pattern.as_ref(),
            Side::Lower,
            SymmetricOrdering::Amd,
            CholeskySymbolicParams::default(),
        )
        .map_err(|_| Error::OutOfMemory {
            what: format!("symbolic Cholesky factor of {dim} unknowns"),
        })?;
        Ok(Self { lower: Arc::new((pattern, symbolic)) })
    }

    /// Numbers that a factor takes.
    pub(crate) fn factor_entries(&self) -> usize {
        self.symbolic().len_val()
    }

    fn pattern(&self) -> SymbolicSparseColMatRef<'_, usize> {
        self.lower.0.as_ref()
    }

    fn symbolic(&self) -> &SymbolicCholesky<usize> {
        &self.lower.1
    }
}

/// Memory for solving with many right-hand sides, which grows where more is needed.
pub(crate) struct Workspace {
    buffer: MemBuffer,
    bytes: usize,
}

impl Workspace {
    pub fn new() -> Self {
        Self { buffer: MemBuffer::new(StackReq::EMPTY), bytes: 0 }
    }

    fn reserve(&mut self, scratch: StackReq) -> &mut MemBuffer {
        let bytes = scratch.unaligned_bytes_required();
        if bytes > self.bytes {
            (self.buffer, self.bytes) = (MemBuffer::new(scratch), bytes);
        }
        &mut self.buffer
    }
}

/// A numeric Cholesky factor on a [`SymmetricPattern`]. Its memory is reused when it
/// is refactorised.
pub struct SparseCholesky {
    pattern: SymmetricPattern,
    factor: Vec<f64>,
    factor_work: MemBuffer,
    /// For one right-hand side, and for whichever thread comes first.
    solve_work: Mutex<MemBuffer>,
}

impl SparseCholesky {
    /// Reserves the factor's memory; no numbers yet.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn new(pattern: &SymmetricPattern) -> Result<Self> {
        let symbolic = pattern.symbolic();
        let entries = symbolic.len_val();
        let scratch = symbolic.factorize_numeric_llt_scratch::<f64>(Par::Seq, Default::default());
        let what = || format!("a Cholesky factor of {entries} entries");
        let solve_scratch = symbolic.solve_in_place_scratch::<f64>(1, Par::Seq);
        let work = scratch.unaligned_bytes_required() + solve_scratch.unaligned_bytes_required();
        memory::admit(memory::doubles(&[entries]).saturating_add(work), what)?;
        let room =
            |scratch| MemBuffer::try_new(scratch).map_err(|_| Error::OutOfMemory { what: what() });
        Ok(Self {
            pattern: pattern.clone(),
            factor: vec![0.0; entries],
            factor_work: room(scratch)?,
            solve_work: Mutex::new(room(solve_scratch)?),
        })
    }

    /// Factorises the matrix whose lower triangle has these `values` on the pattern.
    ///
    /// # Errors
    /// [`Error::Singular`] when a pivot is not positive.
    pub fn factorise(&mut self, what: &'static str, values: &[f64]) -> Result<()> {
        let matrix = SparseColMatRef::new(self.pattern.pattern(), values);
        self.pattern
            .symbolic()
            .factorize_numeric_llt(
                &mut self.factor,
                matrix,
                Side::Lower,
                Default::default(),
                Par::Seq,
                MemStack::new(&mut self.factor_work),
                Default::default(),
            )
            .map(|_| ())
            .map_err(|e| Error::Singular { what, detail: format!("{e:?}") })
    }

    /// `half = L^{-1} P rows`, so that `half' half = rows' A^{-1} rows`: a row for each row of the matrix, a column for each
    /// right-hand side.
    pub(crate) fn half_solve_rows(&self, rows: &[f64], half: &mut [f64], workspace: &mut Workspace) {
        let (dim, symbolic) = (self.dim(), self.pattern.symbolic());
        let count = rows.len() / dim;
        match symbolic.perm() {
            None => half.copy_from_slice(rows),
            Some(order) => {
                let (order, _) = order.arrays();
                for (target, &x) in half.chunks_exact_mut(count).zip(order) {
                    target.copy_from_slice(&rows[x * count..(x + 1) * count]);
                }
            }
        }
        match symbolic.raw() {
            SymbolicCholeskyRaw::Simplicial(symbolic) => {
                let (start, row) = (symbolic.col_ptr(), symbolic.row_idx());
                for k in 0..dim {
                    let (here, later) = half[k * count..].split_at_mut(count);
                    // the diagonal is the first entry of each column
                    let pivot = self.factor[start[k]];
                    here.iter_mut().for_each(|v| *v /= pivot);
                    let below = start[k] + 1..start[k + 1];
                    for (&x, entry) in row[below.clone()].iter().zip(&self.factor[below]) {
                        axpy(-entry, here, &mut later[(x - k - 1) * count..][..count]);
                    }
                }
            }
            SymbolicCholeskyRaw::Supernodal(symbolic) => {
                let scratch = symbolic.solve_in_place_scratch::<f64>(count, Par::Seq);
                SupernodalLltRef::new(symbolic, &self.factor).l_solve_with_conj(
                    Conj::No,
                    MatMut::from_row_major_slice_mut(half, dim, count),
                    Par::Seq,
                    MemStack::new(workspace.reserve(scratch)),
                );
            }
        }
    }

    fn solve(&self, rhs: MatMut<'_, f64>) {
        if rhs.ncols() == 1 {
            if let Ok(mut work) = self.solve_work.try_lock() {
                return self.solve_with(&mut work, rhs);
            }
        }
        // many right-hand sides, or another thread is at work
        let scratch = self.pattern.symbolic().solve_in_place_scratch::<f64>(rhs.ncols(), Par::Seq);
        self.solve_with(&mut MemBuffer::new(scratch), rhs);
    }

    fn solve_with(&self, work: &mut MemBuffer, rhs: MatMut<'_, f64>) {
        let stack = MemStack::new(work);
        LltRef::new(self.pattern.symbolic(), &self.factor).solve_in_place_with_conj(
            Conj::No,
            rhs,
            Par::Seq,
            stack,
        );
    }
}

impl Factorisation for SparseCholesky {
    fn dim(&self) -> usize {
        self.pattern.pattern().nrows()
    }

    fn solve_in_place(&self, rhs: &mut [f64]) {
        let (dim, columns) = (self.dim(), rhs.len() / self.dim());
        self.solve(MatMut::from_column_major_slice_mut(rhs, dim, columns));
    }
}
