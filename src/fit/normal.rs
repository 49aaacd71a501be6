//! The normal equations of a fit: sums over pairs that can be added and merged.
//!
//! A pair contributes the squared norm, in the Dirichlet form of its mobility `L`, of
//! `V + sum_p a_p phi_p + d`, with a potential `V` free per node, features `phi_p` with one
//! coefficient each, and the drive `d` (an end potential over the time step). Hence
//!
//! ```text
//! [ A   B ] [V]     [ r ]     A   = sum L          B_p  = sum L phi_p      r   = sum L d
//! [ B'  C ] [a] = - [ s ]     C_pq = sum phi_p' L phi_q                    s_p = sum phi_p' L d
//! ```
//!
//! `A` is again a Laplacian on the graph and is kept as one weight per edge; everything else is
//! a few vectors. The features are eliminated last, by the Schur complement `C - B' A^+ B`.

use nalgebra::{DMatrix, DVector};

use crate::error::{Error, Result};
use crate::graph::{Graph, LaplacianSolver};
use crate::linalg::vector::{axpy, dot};
use crate::linalg::{Factorisation, SparseCholesky};

/// A feature whose Schur complement falls below this share of its diagonal is not determined.
const DETERMINED: f64 = 1e-10;

/// The accumulated sums.
#[derive(Clone)]
pub(super) struct NormalEquations {
    pub pairs: usize,
    /// `sum d' L d`: the loss of the zero energy.
    pub total: f64,
    /// Edge weights of `A`.
    weight: Vec<f64>,
    /// `B`, one vector per feature.
    cross: Vec<Vec<f64>>,
    /// `C`.
    features: DMatrix<f64>,
    /// `r`.
    node_drive: Vec<f64>,
    /// `s`.
    feature_drive: DVector<f64>,
}

/// Coefficients and the loss they leave.
pub(super) struct Solution {
    pub potential: Option<Vec<f64>>,
    pub features: Vec<f64>,
    pub residual: f64,
}

impl NormalEquations {
    pub fn new(graph: &Graph, features: usize) -> Self {
        Self {
            pairs: 0,
            total: 0.0,
            weight: vec![0.0; graph.edges()],
            cross: vec![vec![0.0; graph.nodes()]; features],
            features: DMatrix::zeros(features, features),
            node_drive: vec![0.0; graph.nodes()],
            feature_drive: DVector::zeros(features),
        }
    }

    /// Adds a pair with the given mobility per edge.
    pub fn add(&mut self, graph: &Graph, mobility: &[f64], features: &[Vec<f64>], drive: &[f64]) {
        self.pairs += 1;
        axpy(1.0, mobility, &mut self.weight);
        let mut image = vec![0.0; graph.nodes()];
        graph.apply_laplacian(mobility, drive, &mut image);
        axpy(1.0, &image, &mut self.node_drive);
        self.total += dot(drive, &image);
        for (p, phi) in features.iter().enumerate() {
            self.feature_drive[p] += dot(phi, &image);
        }
        for (q, phi) in features.iter().enumerate() {
            graph.apply_laplacian(mobility, phi, &mut image);
            axpy(1.0, &image, &mut self.cross[q]);
            for (p, other) in features.iter().enumerate() {
                self.features[(p, q)] += dot(other, &image);
            }
        }
    }

    /// Adds the sums of another fit of the same shape.
    pub fn merge(&mut self, other: &Self) {
        self.pairs += other.pairs;
        self.total += other.total;
        axpy(1.0, &other.weight, &mut self.weight);
        for (a, b) in self.cross.iter_mut().zip(&other.cross) {
            axpy(1.0, b, a);
        }
        self.features += &other.features;
        axpy(1.0, &other.node_drive, &mut self.node_drive);
        self.feature_drive += &other.feature_drive;
    }

    /// Minimises the loss. `potential_ridge` is `None` when no potential is wanted; ridges are
    /// relative to the mean diagonal of their blocks; `names` are the features', for messages.
    pub fn solve(
        &self,
        graph: &Graph,
        potential_ridge: Option<f64>,
        feature_ridge: &[f64],
        names: &[&'static str],
    ) -> Result<Solution> {
        let mut schur = self.features.clone();
        for (p, ridge) in feature_ridge.iter().enumerate() {
            schur[(p, p)] += ridge * self.features[(p, p)];
        }
        let mut right = -&self.feature_drive;
        let block = match potential_ridge {
            None => None,
            Some(ridge) => Some(PotentialBlock::factorise(graph, &self.weight, ridge)?),
        };
        let mut from_drive = self.node_drive.clone();
        let mut from_features = self.cross.clone();
        if let Some(block) = &block {
            block.solve(&mut from_drive);
            for column in &mut from_features {
                block.solve(column);
            }
            for p in 0..names.len() {
                right[p] += dot(&self.cross[p], &from_drive);
                for q in 0..names.len() {
                    schur[(p, q)] -= dot(&self.cross[p], &from_features[q]);
                }
            }
        }
        let features = self.solve_features(schur, right, names)?;

        let potential = block.map(|_| {
            let mut v: Vec<f64> = from_drive.iter().map(|d| -d).collect();
            for (a, column) in features.iter().zip(&from_features) {
                v.iter_mut().zip(column).for_each(|(v, c)| *v -= a * c);
            }
            graph.centre(&mut v);
            v
        });
        let residual = self.loss(graph, potential.as_deref(), &features);
        Ok(Solution { potential, features, residual })
    }

    fn solve_features(
        &self,
        schur: DMatrix<f64>,
        right: DVector<f64>,
        names: &[&'static str],
    ) -> Result<Vec<f64>> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        for (p, name) in names.iter().enumerate() {
            let diagonal = self.features[(p, p)];
            if schur[(p, p)].is_nan() || schur[(p, p)] <= DETERMINED * diagonal {
                let term = (*name).to_string();
                return Err(Error::NotDetermined { term, pairs: self.pairs });
            }
        }
        let factor = schur
            .cholesky()
            .ok_or_else(|| Error::NotDetermined { term: names.join(", "), pairs: self.pairs })?;
        Ok(factor.solve(&right).iter().copied().collect())
    }

    /// The loss at given coefficients, without the ridge.
    fn loss(&self, graph: &Graph, potential: Option<&[f64]>, features: &[f64]) -> f64 {
        let a = DVector::from_column_slice(features);
        let mut loss =
            self.total + 2.0 * self.feature_drive.dot(&a) + (a.transpose() * &self.features * &a)[0];
        if let Some(v) = potential {
            loss += graph.dirichlet_form(&self.weight, v) + 2.0 * dot(v, &self.node_drive);
            for (a, cross) in features.iter().zip(&self.cross) {
                loss += 2.0 * a * dot(v, cross);
            }
        }
        loss.max(0.0)
    }
}

/// The factorised block `A + ridge`, with the constants removed.
enum PotentialBlock {
    Plain(LaplacianSolver),
    Ridged(SparseCholesky),
}

impl PotentialBlock {
    fn factorise(graph: &Graph, weight: &[f64], ridge: f64) -> Result<Self> {
        if ridge == 0.0 || graph.nodes() == 1 {
            let mut laplacian = LaplacianSolver::new(graph)?;
            laplacian.factorise(weight)?;
            return Ok(Self::Plain(laplacian));
        }
        let n = graph.nodes();
        let mut degree = vec![0.0; n];
        for (e, (x, y)) in graph.edge_list().enumerate() {
            degree[x] += weight[e];
            degree[y] += weight[e];
        }
        let shift = ridge * degree.iter().sum::<f64>() / n as f64;
        let mut values = Vec::with_capacity(n + graph.edges());
        for x in 0..n {
            values.push(degree[x] + shift);
            let edges = graph.row_start()[x]..graph.row_start()[x + 1];
            values.extend(weight[edges].iter().map(|w| -w));
        }
        let mut cholesky = SparseCholesky::new(graph.laplacian_pattern()?)?;
        cholesky.factorise("normal equations of the potential", &values)?;
        Ok(Self::Ridged(cholesky))
    }

    fn solve(&self, right: &mut [f64]) {
        match self {
            Self::Plain(laplacian) => laplacian.solve_in_place(right),
            Self::Ridged(cholesky) => cholesky.solve_in_place(right),
        }
    }
}
