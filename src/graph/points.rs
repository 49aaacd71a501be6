//! Neighbourhood graphs of point clouds.

use std::collections::BTreeMap;

use kdtree::distance::squared_euclidean;
use kdtree::KdTree;

use super::{Duplicates, Graph, Reference};
use crate::error::{self, Error, Result};

/// Coordinates of this size square without leaving the range of doubles.
const SAFE: std::ops::Range<f64> = 1e-100..1e100;

impl Graph {
    /// The symmetric `k` nearest neighbour graph, unit weights: two points are joined where either is
    /// among the `k` nearest of the other in Euclidean distance.
    ///
    /// `points` holds `n` rows of `dimension` coordinates. Points may coincide. Which of several points
    /// at the same distance count as nearest is not specified, but the same input gives the same graph.
    /// Cost: about `O(k n log n)` by a k-d tree (Bentley 1975) while the dimension is small, turning to
    /// `O(n^2)` as it passes twenty; `O(c^2)` for `c` coinciding points.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for dimension zero, no point, or unless `1 <= k < n`;
    /// [`Error::LengthMismatch`] for an incomplete row; [`Error::BadValue`] for a coordinate that is not
    /// finite; [`Error::Disconnected`] for clusters that are further apart than their points.
    ///
    /// ```
    /// use jkoflow::{Graph, Reference};
    /// let on_a_line = [0.0, 1.0, 2.1, 3.3];
    /// let graph = Graph::nearest_neighbours(&on_a_line, 1, 1, Reference::Degree)?;
    /// assert_eq!(graph.edge_list().collect::<Vec<_>>(), [(0, 1), (1, 2), (2, 3)]);
    /// # Ok::<(), jkoflow::Error>(())
    /// ```
    pub fn nearest_neighbours(
        points: &[f64],
        dimension: usize,
        k: usize,
        reference: Reference,
    ) -> Result<Self> {
        let (nodes, pairs) = neighbour_pairs(points, dimension, k)?;
        let edges: Vec<_> = pairs.into_keys().map(|(x, y)| (x, y, 1.0)).collect();
        Graph::from_weights(nodes, &edges, reference, Duplicates::Refuse)
    }

    /// As [`nearest_neighbours`](Self::nearest_neighbours), with the weight `exp(-d^2 / (2 h^2))` on an
    /// edge of length `d`, where `h` is the bandwidth.
    ///
    /// # Errors
    /// The same; [`Error::InvalidArgument`] for a bandwidth that is not positive and finite, or so small
    /// that a weight underflows.
    pub fn nearest_neighbours_weighted(
        points: &[f64],
        dimension: usize,
        k: usize,
        bandwidth: f64,
        reference: Reference,
    ) -> Result<Self> {
        if !(bandwidth.is_finite() && bandwidth > 0.0) {
            let reason = format!("{bandwidth} is not a positive finite number");
            return Err(Error::invalid("bandwidth", reason));
        }
        let (nodes, pairs) = neighbour_pairs(points, dimension, k)?;
        let mut edges = Vec::with_capacity(pairs.len());
        for ((x, y), distance) in pairs {
            let z = distance / bandwidth;
            let weight = (-0.5 * z * z).exp();
            if weight < f64::MIN_POSITIVE {
                let reason = format!(
                    "{bandwidth} lets the weight of the edge {x}-{y} of length {distance} underflow"
                );
                return Err(Error::invalid("bandwidth", reason));
            }
            edges.push((x, y, weight));
        }
        Graph::from_weights(nodes, &edges, reference, Duplicates::Refuse)
    }
}

/// Number of points, and the neighbouring pairs with their distances.
type Neighbours = (usize, BTreeMap<(usize, usize), f64>);

fn neighbour_pairs(points: &[f64], dimension: usize, k: usize) -> Result<Neighbours> {
    let nodes = check_cloud(points, dimension, k)?;
    let size = points.iter().fold(0.0, |largest: f64, c| largest.max(c.abs()));
    // any other cloud keeps its coordinates, so that equal distances stay equal
    let unit = if size == 0.0 || SAFE.contains(&size) { 1.0 } else { size };
    let points: Vec<f64> = points.iter().map(|c| c / unit).collect();

    let mut tree = KdTree::new(dimension);
    let refusal = |error: kdtree::ErrorKind| Error::invalid("points", error.to_string());
    for (x, point) in points.chunks_exact(dimension).enumerate() {
        tree.add(point, x).map_err(refusal)?;
    }
    let mut pairs = BTreeMap::new();
    for (x, point) in points.chunks_exact(dimension).enumerate() {
        // one more, for the point itself; it may be missing among more than k that coincide with it
        let nearest = tree.nearest(point, k + 1, &squared_euclidean).map_err(refusal)?;
        for (square, &y) in nearest.into_iter().filter(|&(_, &y)| y != x).take(k) {
            pairs.insert((x.min(y), x.max(y)), square.sqrt() * unit);
        }
    }
    Ok((nodes, pairs))
}

/// Checks the arguments and returns the number of points.
fn check_cloud(points: &[f64], dimension: usize, k: usize) -> Result<usize> {
    if dimension == 0 {
        return Err(Error::invalid("dimension", "0, but a point needs at least one coordinate"));
    }
    let nodes = points.len() / dimension;
    if !points.len().is_multiple_of(dimension) {
        error::check_length("points", points.len(), (nodes + 1) * dimension)?;
    }
    if nodes == 0 {
        return Err(Error::invalid("points", "there are none, but a graph needs at least one node"));
    }
    error::check_finite("points", points)?;
    if k == 0 || k >= nodes {
        let reason = format!("{k}, but {nodes} points have from 1 to {} neighbours", nodes - 1);
        return Err(Error::invalid("k", reason));
    }
    Ok(nodes)
}
