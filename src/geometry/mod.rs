//! More of the geometry that `W_K` gives to the positive distributions on a graph.
//!
//! | subject | calls |
//! |---|---|
//! | the metric tensor | [`potential_to_rate`](crate::Graph::potential_to_rate), [`rate_to_potential`](crate::Graph::rate_to_potential), [`metric_product`](crate::Graph::metric_product), [`metric_norm`](crate::Graph::metric_norm) |
//! | exponential map and logarithm | [`exponential`](crate::Graph::exponential), [`geodesic_flow`](crate::Graph::geodesic_flow), [`logarithm`](crate::Graph::logarithm) |
//! | a given path | [`path_action`](crate::Graph::path_action), [`path_length`](crate::Graph::path_length), [`segment_lengths`](crate::Graph::segment_lengths) |
//! | all pairs | [`distance_matrix`](crate::Graph::distance_matrix) |
//! | barycentres | [`barycentre`](crate::Graph::barycentre), [`barycentric_weights`](crate::Graph::barycentric_weights) |
//!
//! # Tangents
//!
//! Inside the simplex a tangent at `mu` is a rate of change `dmu/dt` of sum zero. Every rate is
//! `L(rho) psi` for one potential `psi`, up to a constant, and potentials are how tangents are given
//! and reported here, with mean zero under `pi`. Their scalar product is
//!
//! ```text
//! <psi, phi> = psi' L(rho) phi = sum_e c_e theta_e (psi_x - psi_y) (phi_x - phi_y)
//! ```
//!
//! A potential is also a covector: the derivative of a function of `mu` is a vector `g` up to a
//! constant, and its gradient in this metric is the tangent with the potential `g`.

mod barycentre;
mod coordinates;
mod distances;
mod exponential;
mod logarithm;
mod metric;
mod path;

pub use barycentre::{Barycentre, BarycentreOptions};
pub use coordinates::BarycentricWeights;
pub use distances::DistanceMatrix;
pub use exponential::GeodesicFlow;
