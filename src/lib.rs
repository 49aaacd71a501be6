//! Geodesics of Maas' discrete transport metric on graphs, and the free energies that drive
//! snapshots of a process.
#![warn(missing_docs)]

mod error;
pub mod geodesic;
pub mod graph;
pub mod linalg;

pub use error::{Error, Result};
pub use geodesic::{Geodesic, GeodesicOptions, GeodesicSolver, Termination};
pub use graph::{Duplicates, Graph, LaplacianSolver, Mean, Reference};
