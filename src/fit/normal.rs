//! The normal equations of a fit: sums over steps that can be added and merged.
//!
//! A step contributes the squared norm, in the Dirichlet form of its mobility `L`, of
//! `V + sum_p a_p phi_p + d`, with a potential `V` free per node, features `phi_p` with one
//! coefficient each, and the drive `d` (an end potential over the time step). Hence
//!
//! ```text
//! [ A   B ] [V]     [ r ]     A   = sum L          B_p  = sum L phi_p      r   = sum L d
//! [ B'  C ] [a] = - [ s ]     C_pq = sum phi_p' L phi_q                    s_p = sum phi_p' L d
//! ```
//!
//! `A` is again a Laplacian on the graph and is kept as one weight per edge; everything else is
//! a few vectors. The features are eliminated last, see `system.rs`.

use nalgebra::{DMatrix, DVector};

use super::step::{Step, Variations};
use crate::graph::Graph;
use crate::linalg::vector::{axpy, dot};

/// The accumulated sums.
#[derive(Clone)]
pub(super) struct NormalEquations {
    pub pairs: usize,
    /// `sum d' L d`: the loss of the zero energy.
    pub total: f64,
    /// `sum phi' L phi` and `sum phi' L d` for the variation `phi` of the entropy, whether or not that
    /// is learned.
    pub heat: [f64; 2],
    /// Edge weights of `A`.
    pub weight: Vec<f64>,
    /// `B`, a column per feature.
    pub cross: DMatrix<f64>,
    /// `C`.
    pub features: DMatrix<f64>,
    /// `r`.
    pub node_drive: DVector<f64>,
    /// `s`.
    pub feature_drive: DVector<f64>,
}

impl NormalEquations {
    pub fn new(graph: &Graph, features: usize) -> Self {
        Self {
            pairs: 0,
            total: 0.0,
            heat: [0.0; 2],
            weight: vec![0.0; graph.edges()],
            cross: DMatrix::zeros(graph.nodes(), features),
            features: DMatrix::zeros(features, features),
            node_drive: DVector::zeros(graph.nodes()),
            feature_drive: DVector::zeros(features),
        }
    }

    /// Adds a step with what it sees of the energies. Cost: a sweep per feature and the product `C`.
    pub fn add(&mut self, graph: &Graph, step: &Step, variations: &Variations) {
        let Variations { features, entropy, .. } = variations;
        self.pairs += 1;
        axpy(1.0, &step.weight, &mut self.weight);
        let zero = vec![0.0; graph.nodes()];
        let force = DVector::from_vec(step.force(graph, &zero));
        self.total += dot(&step.drive, force.as_slice());
        self.heat[0] += graph.dirichlet_form(&step.weight, entropy);
        self.heat[1] += dot(entropy, force.as_slice());
        self.feature_drive.gemv_tr(1.0, features, &force, 1.0);
        self.node_drive += force;
        let mut image = DMatrix::zeros(graph.nodes(), features.ncols());
        for (mut out, phi) in image.column_iter_mut().zip(features.column_iter()) {
            graph.apply_laplacian(&step.weight, phi.as_slice(), out.as_mut_slice());
        }
        self.features.gemm_tr(1.0, features, &image, 1.0);
        self.cross += image;
    }

    /// Adds the sums of another fit of the same shape.
    pub fn merge(&mut self, other: &Self) {
        self.pairs += other.pairs;
        self.total += other.total;
        axpy(1.0, &other.heat, &mut self.heat);
        axpy(1.0, &other.weight, &mut self.weight);
        self.cross += &other.cross;
        self.features += &other.features;
        self.node_drive += &other.node_drive;
        self.feature_drive += &other.feature_drive;
    }

    /// Sums of the same shape over no step.
    pub fn emptied(&self) -> Self {
        let (nodes, features) = self.cross.shape();
        Self {
            pairs: 0,
            total: 0.0,
            heat: [0.0; 2],
            weight: vec![0.0; self.weight.len()],
            cross: DMatrix::zeros(nodes, features),
            features: DMatrix::zeros(features, features),
            node_drive: DVector::zeros(nodes),
            feature_drive: DVector::zeros(features),
        }
    }

    /// The same sums with fewer features, by their positions.
    pub fn select(&self, features: &[usize]) -> Self {
        Self {
            pairs: self.pairs,
            total: self.total,
            heat: self.heat,
            weight: self.weight.clone(),
            cross: self.cross.select_columns(features),
            features: self.features.select_rows(features).select_columns(features),
            node_drive: self.node_drive.clone(),
            feature_drive: self.feature_drive.select_rows(features),
        }
    }

    /// The loss at given coefficients, without the ridge.
    pub fn loss(&self, graph: &Graph, potential: Option<&[f64]>, features: &DVector<f64>) -> f64 {
        let mut loss = self.total
            + 2.0 * self.feature_drive.dot(features)
            + features.dot(&(&self.features * features));
        if let Some(v) = potential {
            let coupled = &self.cross * features;
            loss += graph.dirichlet_form(&self.weight, v)
                + 2.0 * dot(v, self.node_drive.as_slice())
                + 2.0 * dot(v, coupled.as_slice());
        }
        loss.max(0.0)
    }

    /// The entropy coefficient that does best alone, and the loss it leaves: the pure heat flow.
    pub fn heat_flow(&self) -> (f64, f64) {
        let [curvature, slope] = self.heat;
        if curvature <= 0.0 {
            return (0.0, self.total);
        }
        (-slope / curvature, (self.total - slope * slope / curvature).max(0.0))
    }
}
