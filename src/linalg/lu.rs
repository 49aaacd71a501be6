//! Sparse LU with partial pivoting of general square matrices, by `faer`.

use std::sync::Arc;

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::sparse::linalg::lu::{factorize_symbolic_lu, LuRef, LuSymbolicParams, NumericLu, SymbolicLu};
use faer::sparse::{SparseColMatRef, SymbolicSparseColMat};
use faer::{Conj, MatMut, Par};

use super::Factorisation;
use crate::error::{Error, Result};
use crate::memory;

/// The analysed sparsity pattern of a general square matrix.
#[derive(Clone)]
pub struct GeneralPattern {
    shared: Arc<(SymbolicSparseColMat<usize>, SymbolicLu<usize>)>,
}

impl GeneralPattern {
    /// Analyses a pattern in compressed columns with sorted row indices.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] when the factor cannot be laid out.
    pub fn analyse(dim: usize, column_start: Vec<usize>, row: Vec<usize>) -> Result<Self> {
        let pattern = SymbolicSparseColMat::new_checked(dim, dim, column_start, None, row);
        let symbolic = factorize_symbolic_lu(pattern.as_ref(), LuSymbolicParams::default())
            .map_err(|_| Error::OutOfMemory { what: format!("symbolic LU factor of {dim} unknowns") })?;
        Ok(Self { shared: Arc::new((pattern, symbolic)) })
    }

    /// First entry of each column in the list of row indices, and one past the last.
    pub fn column_start(&self) -> &[usize] {
        self.shared.0.col_ptr()
    }

    /// Row index of every entry, column by column.
    pub fn row(&self) -> &[usize] {
        self.shared.0.row_idx()
    }
}

/// A numeric LU factor on a [`GeneralPattern`].
pub struct SparseLu {
    pattern: GeneralPattern,
    numeric: NumericLu<usize, f64>,
    factor_work: MemBuffer,
}

impl SparseLu {
    /// Reserves the workspace; no numbers yet.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn new(pattern: &GeneralPattern) -> Result<Self> {
        let scratch = pattern.shared.1.factorize_numeric_lu_scratch::<f64>(Par::Seq, Default::default());
        let what = || "the workspace of an LU factorisation".to_string();
        memory::admit(scratch.unaligned_bytes_required(), what)?;
        let factor_work =
            MemBuffer::try_new(scratch).map_err(|_| Error::OutOfMemory { what: what() })?;
        Ok(Self { pattern: pattern.clone(), numeric: NumericLu::new(), factor_work })
    }

    /// Factorises the matrix with these `values` on the pattern.
    ///
    /// # Errors
    /// [`Error::Singular`].
    pub fn factorise(&mut self, what: &'static str, values: &[f64]) -> Result<()> {
        let (pattern, symbolic) = &*self.pattern.shared;
        symbolic
            .factorize_numeric_lu(
                &mut self.numeric,
                SparseColMatRef::new(pattern.as_ref(), values),
                Par::Seq,
                MemStack::new(&mut self.factor_work),
                Default::default(),
            )
            .map(|_| ())
            .map_err(|e| Error::Singular { what, detail: format!("{e:?}") })
    }
}

impl Factorisation for SparseLu {
    fn dim(&self) -> usize {
        self.pattern.shared.0.ncols()
    }

    fn solve_in_place(&self, rhs: &mut [f64]) {
        let symbolic = &self.pattern.shared.1;
        let (dim, columns) = (self.dim(), rhs.len() / self.dim());
        let mut work = MemBuffer::new(symbolic.solve_in_place_scratch::<f64>(columns, Par::Seq));
        LuRef::new_unchecked(symbolic, &self.numeric).solve_in_place_with_conj(
            Conj::No,
            MatMut::from_column_major_slice_mut(rhs, dim, columns),
            Par::Seq,
            MemStack::new(&mut work),
        );
    }
}
