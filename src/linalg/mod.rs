//! Factorisations behind one small trait, so that the rooms above never see
//! which library does the work.
//!
//! A pattern is analysed once (ordering, elimination tree, supernodes) and its
//! symbolic result is reused by every numeric factorisation on that pattern.

mod cholesky;
mod lu;
pub(crate) mod vector;

pub use cholesky::{SparseCholesky, SymmetricPattern};
pub use lu::{GeneralPattern, SparseLu};

/// A factorised square system `A x = b`.
pub trait Factorisation {
    /// Number of unknowns.
    fn dim(&self) -> usize;

    /// Overwrites `rhs` (length [`dim`](Self::dim)) with the solution.
    fn solve_in_place(&self, rhs: &mut [f64]);
}
