//! Graphs with a name: paths, cycles, grids, cubes. All weights are one.
//!
//! Every constructor is linear in nodes plus edges, refuses a size that makes no sense by the name
//! of its argument, and ends in [`Graph::from_weights`], whose scaling by the [`Reference`] applies.

use super::{Duplicates, Graph, Reference};
use crate::error::{Error, Result};
use crate::memory;

/// One undirected edge of weight one, as [`Graph::from_weights`] takes it.
pub(super) type Edge = (usize, usize, f64);

impl Graph {
    /// The path `0 - 1 - ... - (n-1)`: `n` nodes, `n-1` edges. Cost `O(n)`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for `n = 0` or `n` beyond 32 bits.
    pub fn path(n: usize, reference: Reference) -> Result<Self> {
        check_nodes("n", n)?;
        let mut edges = edge_buffer((n - 1) as u128)?;
        edges.extend((1..n).map(|y| edge(y - 1, y)));
        unit_graph(n, &edges, reference)
    }

    /// The cycle on `n >= 3` nodes: `n` edges, every degree two. Cost `O(n)`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for `n < 3` (two nodes would share a double edge) or beyond 32 bits.
    pub fn cycle(n: usize, reference: Reference) -> Result<Self> {
        check_nodes("n", n)?;
        if n < 3 {
            return Err(Error::invalid("n", format!("a cycle needs at least 3 nodes, not {n}")));
        }
        let mut edges = edge_buffer(n as u128)?;
        edges.extend((0..n).map(|x| edge(x, (x + 1) % n)));
        unit_graph(n, &edges, reference)
    }

    /// The star on `n` nodes in all: node 0 is the centre, joined to the `n-1` others. Cost `O(n)`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for `n = 0` or `n` beyond 32 bits.
    pub fn star(n: usize, reference: Reference) -> Result<Self> {
        check_nodes("n", n)?;
        let mut edges = edge_buffer((n - 1) as u128)?;
        edges.extend((1..n).map(|leaf| edge(0, leaf)));
        unit_graph(n, &edges, reference)
    }

    /// The complete graph: `n(n-1)/2` edges. Cost `O(n^2)`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for `n = 0`, or more edges than 32 bits count;
    /// [`Error::OutOfMemory`].
    pub fn complete(n: usize, reference: Reference) -> Result<Self> {
        check_nodes("n", n)?;
        let mut edges = edge_buffer(n as u128 * (n as u128 - 1) / 2)?;
        edges.extend((0..n).flat_map(|x| (x + 1..n).map(move |y| edge(x, y))));
        unit_graph(n, &edges, reference)
    }

    /// The grid with the given sides (one, two or three of them), or the torus if `periodic`.
    ///
    /// The node at `(i, j, k)` has number `(i sides[1] + j) sides[2] + k`: the last coordinate runs
    /// fastest. A side of one has no edges in its direction. Cost: linear in the nodes.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for no side or more than three, a side of zero, a periodic side of
    /// two (its edge would be double), or more nodes than 32 bits count.
    ///
    /// ```
    /// use jkoflow::{Graph, Reference};
    /// let torus = Graph::grid(&[4, 5], true, Reference::Uniform)?;
    /// assert_eq!((torus.nodes(), torus.edges()), (20, 40));
    /// # Ok::<(), jkoflow::Error>(())
    /// ```
    pub fn grid(sides: &[usize], periodic: bool, reference: Reference) -> Result<Self> {
        if !(1..=3).contains(&sides.len()) {
            let reason = format!("a grid has 1, 2 or 3 sides, not {}", sides.len());
            return Err(Error::invalid("sides", reason));
        }
        for (axis, &side) in sides.iter().enumerate() {
            if side == 0 || (periodic && side == 2) {
                let least = if periodic { "1, or at least 3 where periodic" } else { "at least 1" };
                return Err(Error::invalid(
                    format!("sides[{axis}]"),
                    format!("{side}, but a side is {least}"),
                ));
            }
        }
        let product = sides.iter().try_fold(1usize, |n, &side| n.checked_mul(side));
        let nodes = product.unwrap_or(usize::MAX);
        check_nodes("sides", nodes)?;

        let mut edges = edge_buffer(nodes as u128 * sides.len() as u128)?;
        for x in 0..nodes {
            let mut stride = nodes;
            for &side in sides {
                stride /= side;
                let coordinate = x / stride % side;
                if coordinate + 1 < side {
                    edges.push(edge(x, x + stride));
                } else if periodic && side > 1 {
                    edges.push(edge(x, x - coordinate * stride));
                }
            }
        }
        unit_graph(nodes, &edges, reference)
    }

    /// The hypercube: `2^dimension` nodes, joined where their binary numbers differ in one bit.
    /// Each has degree `dimension`. Cost `O(dimension 2^dimension)`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where nodes or edges outgrow 32 bits (`dimension > 28`);
    /// [`Error::OutOfMemory`].
    pub fn hypercube(dimension: usize, reference: Reference) -> Result<Self> {
        hamming_graph("dimension", dimension, 2, reference)
    }

    /// The Hamming graph `H(length, alphabet)`: the words of that length, joined where they differ in
    /// exactly one letter.
    ///
    /// There are `alphabet^length` nodes of degree `length (alphabet - 1)`; the number of a word is its
    /// value with the first letter most significant. Cost: linear in the edges.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for an empty alphabet, or nodes or edges that outgrow 32 bits;
    /// [`Error::OutOfMemory`].
    pub fn hamming(length: usize, alphabet: usize, reference: Reference) -> Result<Self> {
        hamming_graph("length", length, alphabet, reference)
    }
}

/// `argument` is the name under which a length that is too large is refused.
fn hamming_graph(argument: &str, length: usize, alphabet: usize, reference: Reference) -> Result<Graph> {
    if alphabet == 0 {
        return Err(Error::invalid("alphabet", "no letter, but words need at least one"));
    }
    // one letter makes one word, whatever its length
    let length = if alphabet == 1 { 0 } else { length };
    let power = u32::try_from(length).ok().and_then(|length| alphabet.checked_pow(length));
    let nodes = power.unwrap_or(usize::MAX);
    check_nodes(argument, nodes)?;

    let per_node = length as u128 * (alphabet as u128 - 1);
    let mut edges = edge_buffer(nodes as u128 * per_node / 2)?;
    for x in 0..nodes {
        let mut stride = nodes;
        for _ in 0..length {
            stride /= alphabet;
            let letter = x / stride % alphabet;
            edges.extend((1..alphabet - letter).map(|step| edge(x, x + step * stride)));
        }
    }
    unit_graph(nodes, &edges, reference)
}

pub(super) fn edge(x: usize, y: usize) -> Edge {
    (x, y, 1.0)
}

/// The graph of distinct unit edges.
pub(super) fn unit_graph(nodes: usize, edges: &[Edge], reference: Reference) -> Result<Graph> {
    Graph::from_weights(nodes, edges, reference, Duplicates::Refuse)
}

/// Refuses no node, and more than a node index of 32 bits can name; before any memory is asked for.
pub(super) fn check_nodes(argument: &str, nodes: usize) -> Result<()> {
    if nodes == 0 {
        return Err(Error::invalid(argument, "0, but a graph needs at least one node"));
    }
    if nodes > u32::MAX as usize {
        return Err(Error::invalid(argument, "the graph would have more than 2^32 - 1 nodes"));
    }
    Ok(())
}

/// Room for this many edges, or an error instead of an abort where they are out of reach.
pub(super) fn edge_buffer(count: u128) -> Result<Vec<Edge>> {
    if count > u32::MAX as u128 {
        return Err(Error::invalid("edges", format!("{count} edges are more than 2^32 - 1")));
    }
    let count = count as usize;
    // three numbers in the list, and no more than as many beside it while it is made
    memory::admit(memory::doubles(&[6, count]), || format!("a list of {count} edges"))?;
    Ok(Vec::with_capacity(count))
}
