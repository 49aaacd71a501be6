//! Cholesky factorisation of symmetric positive definite block-tridiagonal matrices with dense
//! blocks, by `faer`.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::linalg::triangular_solve;
use faer::{Accum, MatMut, MatRef, Par};

use crate::error::{Error, Result};
use crate::memory;

/// A symmetric matrix of `blocks` by `blocks` dense blocks of `dim` by `dim` numbers, of which only
/// those on and beside the diagonal are not zero; then its factor, in the same memory.
pub(crate) struct BlockTridiagonal {
    dim: usize,
    /// Blocks on the diagonal, column by column; of each, the lower triangle is read.
    diagonal: Vec<f64>,
    /// Block `(k, k+1)`, column by column.
    upper: Vec<f64>,
    work: MemBuffer,
}

impl BlockTridiagonal {
    /// Reserves a zero matrix.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn new(dim: usize, blocks: usize) -> Result<Self> {
        let scratch = factor::cholesky_in_place_scratch::<f64>(dim, Par::Seq, Default::default());
        let what = || format!("{blocks} by 2 dense blocks of {dim} by {dim} numbers");
        memory::admit(memory::doubles(&[2, blocks, dim, dim]), what)?;
        let work = MemBuffer::try_new(scratch).map_err(|_| Error::OutOfMemory { what: what() })?;
        let zeros = |count: usize| vec![0.0; count * dim * dim];
        Ok(Self { dim, diagonal: zeros(blocks), upper: zeros(blocks.saturating_sub(1)), work })
    }

    pub fn blocks(&self) -> usize {
        self.diagonal.len() / (self.dim * self.dim)
    }

    /// Block `k` of the diagonal, column by column.
    pub fn diagonal_mut(&mut self, k: usize) -> &mut [f64] {
        let size = self.dim * self.dim;
        &mut self.diagonal[k * size..(k + 1) * size]
    }

    /// The block in row `k` and column `k + 1`, column by column.
    pub fn upper_mut(&mut self, k: usize) -> &mut [f64] {
        let size = self.dim * self.dim;
        &mut self.upper[k * size..(k + 1) * size]
    }

    /// Replaces the matrix by its factor. Cost: `7/3 dim^3` per block.
    ///
    /// # Errors
    /// [`Error::Singular`] when a pivot is not positive.
    pub fn factorise(&mut self) -> Result<()> {
        let (dim, size) = (self.dim, self.dim * self.dim);
        for k in 0..self.blocks() {
            let (done, rest) = self.diagonal.split_at_mut(k * size);
            let mut here = MatMut::from_column_major_slice_mut(&mut rest[..size], dim, dim);
            if k > 0 {
                // X = L^{-1} A_{k-1,k};  A_kk - X' X
                let before = MatRef::from_column_major_slice(&done[(k - 1) * size..], dim, dim);
                let coupling = &mut self.upper[(k - 1) * size..k * size];
                let mut coupling = MatMut::from_column_major_slice_mut(coupling, dim, dim);
                triangular_solve::solve_lower_triangular_in_place(before, coupling.as_mut(), Par::Seq);
                triangular::matmul(
                    here.as_mut(),
                    BlockStructure::TriangularLower,
                    Accum::Add,
                    coupling.as_ref().transpose(),
                    BlockStructure::Rectangular,
                    coupling.as_ref(),
                    BlockStructure::Rectangular,
                    -1.0,
                    Par::Seq,
                );
            }
            let stack = MemStack::new(&mut self.work);
            factor::cholesky_in_place(here, Default::default(), Par::Seq, stack, Default::default())
                .map_err(|e| Error::Singular {
                    what: "Hessian of the action",
                    detail: format!("{e:?}"),
                })?;
        }
        Ok(())
    }

    /// Overwrites `rhs` (`dim` times `blocks` numbers) with the solution.
    pub fn solve_in_place(&self, rhs: &mut [f64]) {
        let (dim, size) = (self.dim, self.dim * self.dim);
        let factor =
            |k: usize| MatRef::from_column_major_slice(&self.diagonal[k * size..][..size], dim, dim);
        let blocks = self.blocks();
        for k in 0..blocks {
            let (before, here) = rhs.split_at_mut(k * dim);
            if k > 0 {
                let before = &before[(k - 1) * dim..];
                for (column, h) in self.upper[(k - 1) * size..].chunks_exact(dim).zip(&mut here[..dim]) {
                    *h -= super::vector::dot(column, before);
                }
            }
            let here = MatMut::from_column_major_slice_mut(&mut here[..dim], dim, 1);
            triangular_solve::solve_lower_triangular_in_place(factor(k), here, Par::Seq);
        }
        for k in (0..blocks).rev() {
            let (here, after) = rhs[k * dim..].split_at_mut(dim);
            if k + 1 < blocks {
                for (column, a) in self.upper[k * size..].chunks_exact(dim).zip(&after[..dim]) {
                    super::vector::axpy(-a, column, here);
                }
            }
            let here = MatMut::from_column_major_slice_mut(here, dim, 1);
            triangular_solve::solve_upper_triangular_in_place(factor(k).transpose(), here, Par::Seq);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A random matrix `J' J + I` with this sparsity, against its product with a known vector.
    #[test]
    fn solves_what_it_multiplies() {
        let mut state = 1_u64;
        let mut draw = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        };
        for (dim, blocks) in [(1, 1), (1, 5), (3, 1), (4, 6), (33, 3)] {
            let mut matrix = BlockTridiagonal::new(dim, blocks).expect("small");
            let x: Vec<f64> = (0..dim * blocks).map(|_| draw()).collect();
            let mut b = x.clone();
            for k in 0..blocks {
                for i in 0..dim {
                    matrix.diagonal_mut(k)[i * dim + i] = 1.0;
                }
            }
            // each term couples blocks k and k+1 through one vector
            for k in 0..blocks {
                let wide = if k + 1 < blocks { 2 * dim } else { dim };
                let u: Vec<f64> = (0..wide).map(|_| draw()).collect();
                let product: f64 = u.iter().zip(&x[k * dim..]).map(|(u, x)| u * x).sum();
                for (b, u) in b[k * dim..].iter_mut().zip(&u) {
                    *b += u * product;
                }
                for i in 0..wide {
                    for j in 0..wide {
                        let (row, column) = (i % dim, j % dim);
                        match (i / dim, j / dim) {
                            (0, 1) => matrix.upper_mut(k)[column * dim + row] += u[i] * u[j],
                            (1, 0) => {}
                            (own, _) => matrix.diagonal_mut(k + own)[column * dim + row] += u[i] * u[j],
                        }
                    }
                }
            }
            matrix.factorise().expect("positive definite");
            matrix.solve_in_place(&mut b);
            let error = b.iter().zip(&x).map(|(b, x)| (b - x).abs()).fold(0.0, f64::max);
            assert!(error < 1e-12, "{dim} {blocks}: {error:e}");
        }
    }
}
