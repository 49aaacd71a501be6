//! Symmetric interaction matrices, dense or sparse.

use std::sync::Arc;

use nalgebra::DMatrix;
use sprs::{CsMat, TriMat};

use crate::error::{self, Error, Result};

/// A symmetric interaction `W_xy`, the second term of a [`FreeEnergy`](super::FreeEnergy).
///
/// Immutable; cloning shares the entries.
#[derive(Debug, Clone)]
pub struct Interaction {
    matrix: Arc<Matrix>,
}

#[derive(Debug)]
enum Matrix {
    Dense(DMatrix<f64>),
    Sparse(CsMat<f64>),
}

/// Entries across the diagonal may differ by this much, relative to the largest entry.
const SYMMETRY_TOLERANCE: f64 = 1e-12;

impl Interaction {
    /// An interaction from all `n^2` entries, row by row. Applying it costs `O(n^2)`.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless there are `n^2` entries, [`Error::BadValue`] for one that is
    /// not finite, [`Error::InvalidArgument`] naming the worst pair of a matrix that is not symmetric
    /// to 1e-12 of its largest entry.
    pub fn dense(n: usize, entries: &[f64]) -> Result<Self> {
        let expected =
            n.checked_mul(n).ok_or_else(|| Error::invalid("n", format!("{n} is too large")))?;
        error::check_length("interaction", entries.len(), expected)?;
        error::check_finite("interaction", entries)?;
        let matrix = DMatrix::from_row_slice(n, n, entries);
        let pairs = (0..n).flat_map(|x| (0..x).map(move |y| (x, y)));
        check_symmetry(entries, pairs.map(|(x, y)| (y, x, matrix[(y, x)], matrix[(x, y)])))?;
        Ok(Self { matrix: Arc::new(Matrix::Dense(matrix)) })
    }

    /// An interaction from the stored entries of a sparse matrix, both triangles, compressed by rows
    /// or by columns. Applying it costs `O(n + entries)`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a matrix that is not square, or not symmetric to 1e-12 of its
    /// largest entry (naming the worst pair); [`Error::BadValue`] for an entry that is not finite.
    pub fn sparse(matrix: CsMat<f64>) -> Result<Self> {
        let (rows, columns) = matrix.shape();
        if rows != columns {
            let reason = format!("{rows} rows and {columns} columns; it must be square");
            return Err(Error::invalid("interaction", reason));
        }
        error::check_finite("interaction.data", matrix.data())?;
        let pairs = matrix.iter().map(|(&value, (x, y))| {
            let mirrored = matrix.get(y, x).copied().unwrap_or(0.0);
            (x, y, value, mirrored)
        });
        check_symmetry(matrix.data(), pairs)?;
        Ok(Self { matrix: Arc::new(Matrix::Sparse(matrix)) })
    }

    /// `sum_k a_k W_k`, sparse if all of them are. Cost: linear in the stored entries.
    ///
    /// # Errors
    /// No parts; [`Error::LengthMismatch`] for parts of different sizes; coefficients that are not
    /// finite.
    pub fn combination(parts: &[(f64, &Interaction)]) -> Result<Self> {
        let Some((_, first)) = parts.first() else {
            return Err(Error::invalid("parts", "there is nothing to combine"));
        };
        let n = first.nodes();
        for (coefficient, part) in parts {
            error::check_length("interaction (rows)", part.nodes(), n)?;
            error::check_finite("coefficient", &[*coefficient])?;
        }
        let matrix = if parts.iter().any(|(_, part)| part.is_dense()) {
            let mut sum = DMatrix::zeros(n, n);
            for (a, part) in parts {
                (0..n).for_each(|y| part.for_column(y, |x, w| sum[(x, y)] += a * w));
            }
            Matrix::Dense(sum)
        } else {
            let mut sum = TriMat::new((n, n));
            for (a, part) in parts {
                (0..n).for_each(|y| part.for_column(y, |x, w| sum.add_triplet(x, y, a * w)));
            }
            Matrix::Sparse(sum.to_csr())
        };
        Ok(Self { matrix: Arc::new(matrix) })
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        match &*self.matrix {
            Matrix::Dense(w) => w.nrows(),
            Matrix::Sparse(w) => w.rows(),
        }
    }

    /// Whether all `n^2` entries are stored.
    pub fn is_dense(&self) -> bool {
        matches!(&*self.matrix, Matrix::Dense(_))
    }

    /// `out += W v`.
    pub(crate) fn add_product(&self, v: &[f64], out: &mut [f64]) {
        for (y, &value) in v.iter().enumerate() {
            self.for_column(y, |x, w| out[x] += w * value);
        }
    }

    /// Visits `(x, W_xy)` for the stored entries of column `y`, by increasing `x`.
    pub(crate) fn for_column(&self, y: usize, mut visit: impl FnMut(usize, f64)) {
        match &*self.matrix {
            Matrix::Dense(w) => w.column(y).iter().enumerate().for_each(|(x, &value)| visit(x, value)),
            Matrix::Sparse(w) => {
                // by symmetry a compressed row is a column
                if let Some(column) = w.outer_view(y) {
                    column.iter().for_each(|(x, &value)| visit(x, value));
                }
            }
        }
    }
}

/// Refuses the pair of mirrored entries `(x, y, W_xy, W_yx)` that differs most, if it differs too much.
fn check_symmetry(entries: &[f64], pairs: impl Iterator<Item = (usize, usize, f64, f64)>) -> Result<()> {
    let largest = entries.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let gap = |pair: &(usize, usize, f64, f64)| (pair.2 - pair.3).abs();
    let worst = pairs.max_by(|a, b| gap(a).total_cmp(&gap(b)));
    match worst {
        Some((x, y, forward, backward)) if (forward - backward).abs() > SYMMETRY_TOLERANCE * largest => {
            let reason = format!("not symmetric: W[{x},{y}] = {forward}, but W[{y},{x}] = {backward}");
            Err(Error::invalid("interaction", reason))
        }
        _ => Ok(()),
    }
}
