//! Geodesics of Maas' discrete transport metric `W_K` on graphs, and the free energies that drive
//! snapshots of a process.
//!
//! A [`Graph`] carries a geometry, a [`Geodesic`] measures in it, a [`FreeEnergy`] moves a
//! distribution through it, a [`Fit`] learns the energy from snapshots.
//!
//! ```
//! use jkoflow::{Fit, FitOptions, FlowOptions, FreeEnergy, Graph, Reference, Ridge};
//!
//! // a process that descends a known energy ...
//! let graph = Graph::cycle(5, Reference::Uniform)?;
//! let hills = [0.0, 1.0, 0.5, -1.0, -0.5];
//! let truth = FreeEnergy::new(&graph).with_potential(&hills)?.with_entropy(0.5)?;
//! let times: Vec<f64> = (0..11).map(|k| 0.05 * k as f64).collect();
//! let flow = truth.flow(&[0.4, 0.1, 0.2, 0.1, 0.2], &times, &FlowOptions::default())?;
//!
//! // ... and the energy that is learned from its snapshots
//! let mut fit = Fit::new(&graph, FitOptions::default())?;
//! fit.add_trajectory(&times, flow.masses(), 1)?;
//! let learned = fit.solve(&Ridge::default())?;
//! assert!((learned.entropy() - 0.5).abs() < 0.01);
//! # Ok::<(), jkoflow::Error>(())
//! ```
#![warn(missing_docs)]
#![deny(unsafe_code)]
// an index is a node or an edge here, and sums over them should look like sums
#![allow(clippy::needless_range_loop)]

pub mod capi;
pub mod energy;
mod error;
pub mod fit;
pub mod flow;
pub mod geodesic;
pub mod geometry;
pub mod graph;
pub mod linalg;
mod memory;
mod parallel;
pub mod watch;

pub use energy::{DensityFunction, FreeEnergy, Interaction, InternalEnergy};
pub use error::{Error, Result};
pub use fit::{
    Baselines, Candidate, CountFit, CountFitOptions, CountFitted, Estimate, Fit, FitOptions, FitStatus,
    FittedEnergy, FlowFit, FlowFitOptions, FlowFitted, Folds, Forecast, Loss, Model, NestedScore, Noise,
    Ridge, Score, Selection, SnapshotLoss, Term, Weight, Zeros,
};
pub use flow::{Flow, FlowOptions, JkoStep};
pub use geodesic::{
    BoundOptions, Bounds, Geodesic, GeodesicOptions, GeodesicSolver, Method, Termination,
};
pub use geometry::{Barycentre, BarycentreOptions, BarycentricWeights, DistanceMatrix, GeodesicFlow};
pub use graph::{Duplicates, Graph, LaplacianSolver, Mean, Reference};
pub use watch::{CancelToken, Progress, Watch};

/// The README's Rust is compiled and run with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
