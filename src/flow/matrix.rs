//! Square systems on a pattern, factorised as dense or as sparse matrices.

use nalgebra::{DMatrix, Dyn, LU};

use crate::error::{Error, Result};
use crate::linalg::{Factorisation, GeneralPattern, SparseLu};
use crate::memory;

/// Systems of fewer unknowns, and fuller ones, are factorised as dense matrices.
const DENSE_BELOW: usize = 100;
const DENSE_SHARE: f64 = 0.3;

/// A factorised square matrix, dense or sparse, whichever is cheaper for its pattern.
pub(super) enum Matrix {
    Dense(Option<LU<f64, Dyn, Dyn>>),
    Sparse(Box<SparseLu>),
}

impl Matrix {
    pub fn new(pattern: &GeneralPattern) -> Result<Self> {
        let dim = pattern.column_start().len() - 1;
        let full = pattern.row().len() as f64 > DENSE_SHARE * (dim * dim) as f64;
        Ok(if dim < DENSE_BELOW || full {
            // the matrix and its factors
            memory::admit(memory::doubles(&[2, dim, dim]), || {
                format!("a dense matrix of {dim} unknowns")
            })?;
            Self::Dense(None)
        } else {
            Self::Sparse(Box::new(SparseLu::new(pattern)?))
        })
    }

    pub fn factorise(&mut self, pattern: &GeneralPattern, values: &[f64]) -> Result<()> {
        const WHAT: &str = "stages of the gradient flow";
        match self {
            Self::Sparse(lu) => lu.factorise(WHAT, values),
            Self::Dense(lu) => {
                let start = pattern.column_start();
                let dim = start.len() - 1;
                let mut dense = DMatrix::zeros(dim, dim);
                for z in 0..dim {
                    for k in start[z]..start[z + 1] {
                        dense[(pattern.row()[k], z)] = values[k];
                    }
                }
                let factors = dense.lu();
                if !factors.is_invertible() {
                    return Err(Error::Singular { what: WHAT, detail: "a pivot is zero".into() });
                }
                *lu = Some(factors);
                Ok(())
            }
        }
    }

    /// Overwrites the columns of `right` with the solutions.
    pub fn solve(&self, right: &mut DMatrix<f64>) {
        match self {
            Self::Sparse(lu) => lu.solve_in_place(right.as_mut_slice()),
            Self::Dense(Some(lu)) => {
                // every pivot was found to be non-zero
                lu.solve_mut(right);
            }
            Self::Dense(None) => {}
        }
    }
}
