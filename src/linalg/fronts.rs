//! Numeric `L D L'` by supernodes, left-looking, on the symbolic analysis of `faer`.
//!
//! A supernode is a run of columns whose factor has the same rows below them (Ng, Peyton, SIAM J. Sci.
//! Comput. 1993). Its front is the dense matrix of these columns, with their own rows first and those
//! below after them. That is also how `faer` stores a factor, with the pivots on the diagonal; what is
//! above the diagonal has no meaning. In the order of the columns each front takes its entries of the
//! matrix, subtracts the products of the earlier fronts that reach into its columns, and is then
//! eliminated panel by panel.
//!
//! Before each of these steps it is asked whether to stop, in the first one every few columns. No product
//! is larger than `QUANTUM`, unless it has only a few columns.

use std::ops::Range;

use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use faer::linalg::cholesky::ldlt::factor::{self, LdltRegularization};
use faer::linalg::{matmul, triangular_solve};
use faer::sparse::linalg::cholesky::supernodal::SymbolicSupernodalCholesky;
use faer::sparse::SparseColMatRef;
use faer::{Accum, MatMut, MatRef, Par};

use crate::error::{Error, Result};
use crate::memory;
use crate::watch;

/// What takes the place of a pivot that rounding has left with the wrong sign: its unknown stays as it
/// is.
const LOST_PIVOT: f64 = 1e100;

/// Columns that are eliminated, or subtracted, at a time.
const PANEL: usize = 128;

/// A product has at least so many columns, where there are as many.
const STRIP: usize = 16;

/// Multiplications between two questions whether to stop: a fraction of a second.
const QUANTUM: usize = 2_000_000_000;

/// No front.
const NONE: u32 = u32::MAX;

/// What the elimination needs beside the factor; reused.
pub(super) struct Fronts {
    /// The front of each column.
    owner: Vec<u32>,
    /// For each front, the first earlier one whose next rows are among its columns; and the one after
    /// each in such a list.
    first: Vec<u32>,
    next: Vec<u32>,
    /// Rows below the columns of each front that have been subtracted from later ones.
    used: Vec<u32>,
    /// Where the rows of the front in hand are in it.
    local: Vec<u32>,
    /// Where the rows of an earlier front are in it.
    target: Vec<u32>,
    /// Rows of an earlier front, times the pivots.
    scaled: Vec<f64>,
    /// What is to be subtracted.
    product: Vec<f64>,
    work: MemBuffer,
}

/// The columns of a supernode and the rows below them.
struct Shape<'a> {
    columns: Range<usize>,
    below: &'a [usize],
}

impl<'a> Shape<'a> {
    fn new(symbolic: &'a SymbolicSupernodalCholesky<usize>, s: usize) -> Self {
        let rows = symbolic.col_ptr_for_row_idx();
        Self {
            columns: symbolic.supernode_begin()[s]..symbolic.supernode_end()[s],
            below: &symbolic.row_idx()[rows[s]..rows[s + 1]],
        }
    }

    fn width(&self) -> usize {
        self.columns.len()
    }

    fn height(&self) -> usize {
        self.columns.len() + self.below.len()
    }
}

/// The largest width, and the largest number of rows below.
fn extent(symbolic: &SymbolicSupernodalCholesky<usize>) -> (usize, usize) {
    (0..symbolic.n_supernodes())
        .map(|s| Shape::new(symbolic, s))
        .fold((0, 0), |(wide, deep), shape| (wide.max(shape.width()), deep.max(shape.below.len())))
}

fn elimination_scratch() -> StackReq {
    factor::cholesky_in_place_scratch::<f64>(PANEL, Par::Seq, Default::default())
}

impl Fronts {
    /// Bytes that it takes.
    pub fn bytes(symbolic: &SymbolicSupernodalCholesky<usize>) -> usize {
        let (wide, deep) = extent(symbolic);
        let indices = 2 * symbolic.nrows() + 3 * symbolic.n_supernodes() + deep;
        memory::doubles(&[PANEL, wide + deep])
            .saturating_add(4 * indices)
            .saturating_add(elimination_scratch().unaligned_bytes_required())
    }

    /// Reserves its memory.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn new(symbolic: &SymbolicSupernodalCholesky<usize>) -> Result<Self> {
        let (wide, deep) = extent(symbolic);
        let mut owner = vec![0; symbolic.nrows()];
        let fronts = symbolic.n_supernodes();
        for s in 0..fronts {
            owner[Shape::new(symbolic, s).columns].fill(s as u32);
        }
        let work = MemBuffer::try_new(elimination_scratch())
            .map_err(|_| Error::OutOfMemory { what: "the elimination of a panel".into() })?;
        Ok(Self {
            owner,
            first: vec![NONE; fronts],
            next: vec![NONE; fronts],
            used: vec![0; fronts],
            local: vec![0; symbolic.nrows()],
            target: vec![0; deep],
            scaled: vec![0.0; PANEL * wide],
            product: vec![0.0; PANEL * deep],
            work,
        })
    }

    /// Overwrites `factor` with the factor of a matrix, of which the lower triangle is given, and whose
    /// pivots should have these signs.
    ///
    /// # Errors
    /// [`Error::Singular`] when a pivot is zero or not finite, [`Error::Cancelled`].
    pub fn factorise(
        &mut self,
        symbolic: &SymbolicSupernodalCholesky<usize>,
        lower: SparseColMatRef<'_, usize, f64>,
        signs: &[i8],
        factor: &mut [f64],
    ) -> Result<()> {
        let place = symbolic.col_ptr_for_val();
        self.first.fill(NONE);
        for s in 0..symbolic.n_supernodes() {
            let shape = Shape::new(symbolic, s);
            let (before, front) = factor[..place[s + 1]].split_at_mut(place[s]);
            self.assemble(&shape, lower, front)?;
            let mut earlier = self.first[s];
            while earlier != NONE {
                let d = earlier as usize;
                earlier = self.next[d];
                let source = Shape::new(symbolic, d);
                let values = &before[place[d]..place[d + 1]];
                let used = self.used[d] as usize;
                let used = self.subtract(&shape, front, &source, used, values)?;
                self.wait(d, &source, used);
            }
            self.eliminate(&shape, &signs[shape.columns.clone()], front)?;
            self.wait(s, &shape, 0);
        }
        Ok(())
    }

    /// Puts a front on the list of the one that owns its first row below that has not been used.
    fn wait(&mut self, s: usize, shape: &Shape, used: usize) {
        self.used[s] = used as u32;
        if let Some(row) = shape.below.get(used) {
            let first = &mut self.first[self.owner[*row] as usize];
            self.next[s] = std::mem::replace(first, s as u32);
        }
    }

    /// Overwrites a front with the entries of the matrix.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    fn assemble(
        &mut self,
        shape: &Shape,
        lower: SparseColMatRef<'_, usize, f64>,
        front: &mut [f64],
    ) -> Result<()> {
        let rows = shape.columns.clone().chain(shape.below.iter().copied());
        rows.enumerate().for_each(|(at, row)| self.local[row] = at as u32);
        let columns = front.chunks_exact_mut(shape.height()).zip(shape.columns.clone());
        for (k, (column, j)) in columns.enumerate() {
            if k % PANEL == 0 {
                watch::check()?;
            }
            column.fill(0.0);
            for (row, value) in lower.row_idx_of_col(j).zip(lower.val_of_col(j)) {
                column[self.local[row] as usize] += value;
            }
        }
        Ok(())
    }

    /// Subtracts what an earlier front has in the columns of this one. Returns how many of its rows have
    /// then been used.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    fn subtract(
        &mut self,
        shape: &Shape,
        front: &mut [f64],
        source: &Shape,
        used: usize,
        values: &[f64],
    ) -> Result<usize> {
        let values = MatRef::from_column_major_slice(values, source.height(), source.width());
        let rows = &source.below[used..];
        let columns = rows.partition_point(|row| *row < shape.columns.end);
        for (target, row) in self.target.iter_mut().zip(rows) {
            *target = self.local[*row];
        }
        let strip = strip(rows.len() * source.width());
        for from in (0..columns).step_by(strip) {
            let (count, height) = (strip.min(columns - from), rows.len() - from);
            watch::check()?;
            let product = &mut self.product[..count * height];
            let out = MatMut::from_column_major_slice_mut(product, height, count);
            let top = source.width() + used + from;
            multiply(out, Accum::Replace, values, top, &mut self.scaled);
            let target = &self.target[from..rows.len()];
            for (k, product) in self.product.chunks_exact(height).take(count).enumerate() {
                let column = &mut front[target[k] as usize * shape.height()..][..shape.height()];
                for (at, product) in target[k..].iter().zip(&product[k..]) {
                    column[*at as usize] += product;
                }
            }
        }
        Ok(used + columns)
    }

    /// Eliminates the columns of a front.
    ///
    /// # Errors
    /// [`Error::Singular`], [`Error::Cancelled`].
    fn eliminate(&mut self, shape: &Shape, signs: &[i8], front: &mut [f64]) -> Result<()> {
        let (height, width) = (shape.height(), shape.width());
        for begin in (0..width).step_by(PANEL) {
            let end = width.min(begin + PANEL);
            let (left, panel) = front[..end * height].split_at_mut(begin * height);
            let left = MatRef::from_column_major_slice(left, height, begin);
            let mut panel = MatMut::from_column_major_slice_mut(panel, height, end - begin);
            if begin > 0 {
                let strip = strip((height - begin) * begin);
                for from in (begin..end).step_by(strip) {
                    let count = strip.min(end - from);
                    watch::check()?;
                    let out = panel.as_mut().submatrix_mut(from, from - begin, height - from, count);
                    multiply(out, Accum::Add, left, from, &mut self.scaled);
                }
            }
            watch::check()?;
            let panel = panel.subrows_mut(begin, height - begin);
            let (mut top, mut bottom) = panel.split_at_row_mut(end - begin);
            let regularisation = LdltRegularization {
                dynamic_regularization_signs: Some(&signs[begin..end]),
                dynamic_regularization_delta: LOST_PIVOT,
                // with zero there would be no regularisation
                dynamic_regularization_epsilon: f64::MIN_POSITIVE,
            };
            let stack = MemStack::new(&mut self.work);
            factor::cholesky_in_place(top.as_mut(), regularisation, Par::Seq, stack, Default::default())
                .map_err(|e| Error::Singular {
                    what: "Hessian of the action",
                    detail: format!("{e:?}, from column {}", shape.columns.start + begin),
                })?;
            triangular_solve::solve_unit_lower_triangular_in_place(
                top.as_ref(),
                bottom.as_mut().transpose_mut(),
                Par::Seq,
            );
            for (k, column) in bottom.col_iter_mut().enumerate() {
                let inverse = top[(k, k)].recip();
                column.iter_mut().for_each(|value| *value *= inverse);
            }
        }
        Ok(())
    }
}

/// How many columns to treat at a time when each takes so many operations.
fn strip(operations: usize) -> usize {
    (QUANTUM / operations.max(1)).clamp(STRIP, PANEL)
}

/// Adds to `out`, or replaces it by, `-B D B_1'`: `B` are the rows of a front from `top` on, `B_1` the
/// first of them, as many as `out` has columns, `D` the pivots of the front.
fn multiply(out: MatMut<'_, f64>, accum: Accum, front: MatRef<'_, f64>, top: usize, scaled: &mut [f64]) {
    let (depth, count) = (front.ncols(), out.ncols());
    let rows = front.subrows(top, front.nrows() - top);
    let mut scaled = MatMut::from_column_major_slice_mut(&mut scaled[..depth * count], count, depth);
    for (k, (to, from)) in scaled.as_mut().col_iter_mut().zip(rows.col_iter()).enumerate() {
        let pivot = front[(k, k)];
        to.iter_mut().zip(from.iter()).for_each(|(to, from)| *to = pivot * from);
    }
    matmul::matmul(out, accum, rows, scaled.as_ref().transpose(), -1.0, Par::Seq);
}
