//! Solving the normal equations: the potential eliminated by a sparse factorisation, the dense rest by
//! its Schur complement `S = C - B' A^+ B`, within bounds.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use super::box_qp;
use super::normal::NormalEquations;
use super::potential::PotentialBlock;
use crate::error::Result;
use crate::graph::Graph;

/// Directions whose Schur complement falls below this share of the diagonal of `C` are not determined.
const DETERMINED: f64 = 1e-10;

/// With more dense parameters than this, directions that the data leave open are not looked for: it
/// takes all eigenvectors of the Schur complement.
const NAMED_DIRECTIONS: usize = 400;

/// Penalties on the squared parameters.
pub(super) struct Penalties {
    /// On the free potential, relative to the mean diagonal of its block; `None` where there is none.
    pub potential: Option<f64>,
    /// Absolute, on each dense parameter.
    pub dense: Vec<f64>,
}

/// The normal equations with penalties, reduced to the dense parameters.
pub(super) struct System<'a> {
    normal: &'a NormalEquations,
    block: Option<PotentialBlock>,
    /// `A^+ B`.
    eliminated: DMatrix<f64>,
    /// `S`.
    schur: DMatrix<f64>,
}

/// Parameters at the minimum.
pub(super) struct Solution {
    pub potential: Option<Vec<f64>>,
    pub dense: DVector<f64>,
    /// The dense parameters that a bound holds.
    pub held: Vec<bool>,
}

impl<'a> System<'a> {
    /// Cost: one sparse factorisation and a solve per dense parameter.
    pub fn new(graph: &Graph, normal: &'a NormalEquations, penalties: &Penalties) -> Result<Self> {
        let mut schur = normal.features.clone();
        for (p, penalty) in penalties.dense.iter().enumerate() {
            schur[(p, p)] += penalty;
        }
        let block = match penalties.potential {
            None => None,
            Some(ridge) => Some(PotentialBlock::factorise(graph, &normal.weight, ridge)?),
        };
        let mut eliminated = DMatrix::zeros(normal.cross.nrows(), normal.cross.ncols());
        if let Some(block) = &block {
            eliminated.copy_from(&normal.cross);
            eliminated.column_iter_mut().for_each(|mut column| block.solve(column.as_mut_slice()));
            schur.gemm_tr(-1.0, &normal.cross, &eliminated, 1.0);
        }
        schur = 0.5 * (&schur + schur.transpose());
        Ok(Self { normal, block, eliminated, schur })
    }

    /// The minimiser within bounds on the dense parameters; `None` where it is not unique.
    pub fn minimise(&self, bounds: &[(f64, f64)]) -> Option<Solution> {
        let (mut from_drive, reduced) = self.reduce(self.normal.node_drive.as_slice());
        let right = reduced - &self.normal.feature_drive;
        let (dense, held) = box_qp::minimise(&self.schur, &right, bounds)?;
        let potential = self.block.is_some().then(|| {
            from_drive.gemv(1.0, &self.eliminated, &dense, 1.0);
            from_drive.iter().map(|v| -v).collect()
        });
        Some(Solution { potential, dense, held })
    }

    /// What a force on the parameters, `nodes` on the potential and `dense` on the rest, moves them by
    /// where those held stay: the solution of the system.
    pub fn respond(
        &self,
        nodes: &[f64],
        dense: &DVector<f64>,
        held: &[bool],
    ) -> Option<(Vec<f64>, DVector<f64>)> {
        let (mut potential, reduced) = self.reduce(nodes);
        let right = dense - reduced;
        let rest = DVector::zeros(dense.len());
        let dense = box_qp::minimise_free(&self.schur, &right, &rest, held)?;
        potential.gemv(-1.0, &self.eliminated, &dense, 1.0);
        Some((potential.iter().copied().collect(), dense))
    }

    /// `A^+ b` and `B' A^+ b`, zeros without a potential.
    fn reduce(&self, nodes: &[f64]) -> (DVector<f64>, DVector<f64>) {
        let mut solved = DVector::from_column_slice(nodes);
        match &self.block {
            Some(block) => block.solve(solved.as_mut_slice()),
            None => solved.fill(0.0),
        }
        let reduced = self.normal.cross.tr_mul(&solved);
        (solved, reduced)
    }

    /// Directions of the dense parameters that are not determined, a basis that is as sparse as
    /// elimination makes it, with one as the largest coefficient of each.
    pub fn open_directions(&self) -> Vec<Direction> {
        let k = self.schur.nrows();
        if k == 0 || k > NAMED_DIRECTIONS {
            return Vec::new();
        }
        let size = |p: usize| match self.normal.features[(p, p)] {
            c if c > 0.0 => c.sqrt(),
            _ => 1.0,
        };
        let scaled = DMatrix::from_fn(k, k, |p, q| self.schur[(p, q)] / (size(p) * size(q)));
        let eigen = SymmetricEigen::new(scaled);
        let mut open: Vec<DVector<f64>> = (0..k)
            .filter(|&j| eigen.eigenvalues[j].is_nan() || eigen.eigenvalues[j] <= DETERMINED)
            .map(|j| eigen.eigenvectors.column(j).into_owned())
            .collect();
        reduce_to_echelon(&mut open);
        let direction = |v: &DVector<f64>| {
            let mut dense = DVector::from_fn(k, |p, _| v[p] / size(p));
            // the largest coefficient is one, so that the text reads well
            dense /= dense[dense.iamax()];
            let without_potential = dense.dot(&(&self.normal.features * &dense));
            let moved: f64 = (0..k).map(|p| (size(p) * dense[p]).powi(2)).sum();
            let entries = (0..k).filter(|&p| v[p].abs() > 1e-6).map(|p| (p, dense[p])).collect();
            Direction {
                entries,
                needs_potential: self.block.is_some() && without_potential > 1e-8 * moved,
            }
        };
        open.iter().map(direction).collect()
    }
}

/// A combination of dense parameters, by position, which the data do not determine.
pub(super) struct Direction {
    pub entries: Vec<(usize, f64)>,
    /// Whether a change of the potential makes up for it.
    pub needs_potential: bool,
}

/// Spans the same space by vectors with a pivot each, where the others are zero.
fn reduce_to_echelon(vectors: &mut [DVector<f64>]) {
    for i in 0..vectors.len() {
        let pivot = vectors[i].iamax();
        let scale = vectors[i][pivot];
        if scale == 0.0 {
            continue;
        }
        vectors[i] /= scale;
        let row = vectors[i].clone();
        for (j, other) in vectors.iter_mut().enumerate() {
            if j != i {
                let factor = other[pivot];
                *other -= factor * &row;
            }
        }
    }
}
