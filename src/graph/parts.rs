//! Parts of a graph that hang together.

use super::Graph;

/// The connected components of the edges with a positive weight, each by increasing node.
pub(crate) fn connected_parts(graph: &Graph, weight: &[f64]) -> Vec<Vec<usize>> {
    let mut parent: Vec<u32> = (0..graph.nodes() as u32).collect();
    for (e, (x, y)) in graph.edge_list().enumerate() {
        if weight[e] > 0.0 {
            let (a, b) = (root(&mut parent, x as u32), root(&mut parent, y as u32));
            parent[a.max(b) as usize] = a.min(b);
        }
    }
    let mut place = vec![usize::MAX; graph.nodes()];
    let mut parts: Vec<Vec<usize>> = Vec::new();
    for x in 0..graph.nodes() {
        let root = root(&mut parent, x as u32) as usize;
        if place[root] == usize::MAX {
            place[root] = parts.len();
            parts.push(Vec::new());
        }
        parts[place[root]].push(x);
    }
    parts
}

/// Root of `x`, halving the path on the way.
pub(super) fn root(parent: &mut [u32], mut x: u32) -> u32 {
    while parent[x as usize] != x {
        parent[x as usize] = parent[parent[x as usize] as usize];
        x = parent[x as usize];
    }
    x
}
