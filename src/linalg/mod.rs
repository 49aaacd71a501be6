//! Factorisations behind one small trait, so that the rooms above never see
//! which library does the work.
//!
//! A pattern is analysed once (ordering, elimination tree, supernodes) and its
//! symbolic result is reused by every numeric factorisation on that pattern.

mod block_tridiagonal;
mod cholesky;
mod elimination;
mod fronts;
mod lu;
mod quasidefinite;
pub(crate) mod vector;

pub(crate) use block_tridiagonal::BlockTridiagonal;
pub(crate) use cholesky::Workspace;
pub use cholesky::{SparseCholesky, SymmetricPattern};
pub(crate) use elimination::Elimination;
pub use lu::{GeneralPattern, SparseLu};
pub(crate) use quasidefinite::{QuasidefinitePattern, SparseQuasidefinite};

/// A factorised square system `A x = b`.
pub trait Factorisation {
    /// Number of unknowns.
    fn dim(&self) -> usize;

    /// Overwrites right-hand sides, [`dim`](Self::dim) numbers each, one after the other, with
    /// their solutions.
    fn solve_in_place(&self, rhs: &mut [f64]);
}
