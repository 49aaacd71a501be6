//! Random graphs from a seed. All weights are one.
//!
//! The same seed gives the same graph on every platform: the generator (PCG 64, O'Neill 2014) and its
//! integer and uniform draws are defined bit by bit, and the one logarithm that is needed is made of
//! rounded arithmetic here, since the platforms' own differ in the last place.
//!
//! A chain must be connected. Where the model allows a disconnected graph it is drawn again from
//! the same stream, up to [`DRAWS`] times, so that the result follows the model conditioned on being
//! connected; if every draw falls apart, [`Error::Disconnected`] describes the last one.

use std::collections::HashSet;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

use super::builders::{check_nodes, edge, edge_buffer, unit_graph, Edge};
use super::{Graph, Reference};
use crate::error::{self, Error, Result};

/// How often a random graph is drawn in search of a connected one.
const DRAWS: usize = 100;

/// How often the pairing of a regular graph is begun anew when it has run into a dead end.
const PAIRINGS: usize = 1000;

impl Graph {
    /// The Erdős–Rényi graph `G(n,p)`, given that it is connected: every pair is an edge with
    /// probability `p`, independently.
    ///
    /// Absent pairs are jumped over by geometric steps (Batagelj and Brandes, *Efficient generation of
    /// large random networks*, 2005), so that a draw costs `O(nodes + edges)`. Up to 100 draws are made
    /// in search of a connected one, which is likely once `p > ln(n)/n`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for `n = 0` or a `p` outside `[0, 1]`; [`Error::Disconnected`] if no
    /// draw was connected; [`Error::OutOfMemory`].
    pub fn erdos_renyi(n: usize, p: f64, seed: u64, reference: Reference) -> Result<Self> {
        check_nodes("n", n)?;
        check_probability("p", p)?;
        connected(n, seed, reference, |rng| {
            let mut edges = edge_buffer(likely_count(p * pairs(n) as f64))?;
            pairs_within(rng, 0, n, p, &mut edges);
            Ok(edges)
        })
    }

    /// The stochastic block model, given that it is connected.
    ///
    /// Block `a` holds `sizes[a]` consecutive nodes; a node of block `a` and a node of block `b` are
    /// joined with probability `probability[a k + b]`, independently, where `k = sizes.len()` and the
    /// `k` by `k` matrix is symmetric. Cost of a draw (of at most 100): `O(nodes + edges + k^2)`, by the
    /// steps of [`erdos_renyi`](Self::erdos_renyi).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for no block or an empty one, for probabilities outside `[0, 1]` or
    /// not symmetric; [`Error::LengthMismatch`] unless there are `k^2`; [`Error::Disconnected`] if no
    /// draw was connected; [`Error::OutOfMemory`].
    pub fn stochastic_block(
        sizes: &[usize],
        probability: &[f64],
        seed: u64,
        reference: Reference,
    ) -> Result<Self> {
        let start = block_starts(sizes)?;
        let blocks = sizes.len();
        check_block_matrix(blocks, probability)?;
        let nodes = start[blocks];
        let of = |a: usize, b: usize| probability[a * blocks + b];
        let mut expected = 0.0;
        for a in 0..blocks {
            expected += of(a, a) * pairs(sizes[a]) as f64;
            expected +=
                (a + 1..blocks).map(|b| of(a, b) * sizes[a] as f64 * sizes[b] as f64).sum::<f64>();
        }
        connected(nodes, seed, reference, |rng| {
            let mut edges = edge_buffer(likely_count(expected))?;
            for a in 0..blocks {
                pairs_within(rng, start[a], sizes[a], of(a, a), &mut edges);
                for b in a + 1..blocks {
                    let width = sizes[b] as u64;
                    bernoulli(rng, sizes[a] as u64 * width, of(a, b), |trial| {
                        let (row, column) = (trial / width, trial % width);
                        edges.push(edge(start[a] + row as usize, start[b] + column as usize));
                    });
                }
            }
            Ok(edges)
        })
    }

    /// Preferential attachment (Barabási and Albert 1999): `m (n - m)` edges, always connected.
    ///
    /// Nodes `0..=m` begin as a star about node 0; each later node is joined to `m` distinct earlier
    /// ones, drawn one after another in proportion to their degrees from a list in which every node
    /// occurs once per edge end. Expected cost `O(m n)`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `1 <= m < n`; [`Error::OutOfMemory`].
    pub fn barabasi_albert(n: usize, m: usize, seed: u64, reference: Reference) -> Result<Self> {
        check_nodes("n", n)?;
        if m == 0 || m >= n {
            let reason = format!("{m}, but a new node needs from 1 to n - 1 = {} edges", n - 1);
            return Err(Error::invalid("m", reason));
        }
        let mut rng = Pcg64::seed_from_u64(seed);
        let mut edges = edge_buffer(m as u128 * (n - m) as u128)?;
        let mut ends: Vec<u32> = Vec::with_capacity(2 * m * (n - m));
        let mut join = |ends: &mut Vec<u32>, old: usize, new: usize| {
            edges.push(edge(old, new));
            ends.extend([old as u32, new as u32]);
        };
        (1..=m).for_each(|leaf| join(&mut ends, 0, leaf));

        // the newest node that has chosen this one: tells a repeated choice at once
        let mut chosen_by = vec![0; n];
        for new in m + 1..n {
            // a node's own ends must not attract it
            let old_ends = ends.len();
            let mut missing = m;
            while missing > 0 {
                let old = ends[rng.random_range(0..old_ends)] as usize;
                if chosen_by[old] != new {
                    chosen_by[old] = new;
                    join(&mut ends, old, new);
                    missing -= 1;
                }
            }
        }
        unit_graph(n, &edges, reference)
    }

    /// The small world of Watts and Strogatz (1998), given that it is connected: `n k/2` edges.
    ///
    /// Begins with the ring in which every node is joined to its `k` nearest. Then each edge `(x, x+j)`,
    /// for `j = 1, .., k/2` and around the ring, is with probability `p` turned to a uniform `(x, w)`
    /// that is neither a loop nor present (and left alone where `x` is joined to all). Expected cost of
    /// a draw (of at most 100): `O(n k)`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `k` is even, `2 <= k < n` and `p` lies in `[0, 1]`;
    /// [`Error::Disconnected`] if no draw was connected; [`Error::OutOfMemory`].
    pub fn watts_strogatz(n: usize, k: usize, p: f64, seed: u64, reference: Reference) -> Result<Self> {
        check_nodes("n", n)?;
        check_probability("p", p)?;
        if k < 2 || k >= n || k % 2 == 1 {
            let reason = format!(
                "{k}, but every node of the ring has an even number of neighbours below n = {n}"
            );
            return Err(Error::invalid("k", reason));
        }
        connected(n, seed, reference, |rng| rewired_ring(rng, n, k, p))
    }

    /// A random graph in which every node has the same degree, given that it is connected.
    ///
    /// Half-edges are paired one after another, uniformly among those left, refusing loops and double
    /// edges, and anew from the start if no pair is left to choose (Steger and Wormald, *Generating
    /// random regular graphs quickly*, 1999): asymptotically uniform while the degree is below
    /// `n^(1/3)` (Kim and Vu 2003). A degree above `(n-1)/2` is made as the complement of the other.
    /// Expected cost of a draw (of at most 100): linear in the edges for bounded degrees; `O(n^2)` for a
    /// complement.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `degree < n` and `n degree` is even, or should a thousand
    /// pairings all meet a dead end;
    /// [`Error::Disconnected`] if no draw was connected: always so for degree 1 and `n > 2`, and often
    /// for degree 2 on many nodes, which is a union of cycles; [`Error::OutOfMemory`].
    pub fn random_regular(n: usize, degree: usize, seed: u64, reference: Reference) -> Result<Self> {
        check_nodes("n", n)?;
        if degree >= n {
            return Err(Error::invalid(
                "degree",
                format!("{degree}, but {n} nodes allow at most {}", n - 1),
            ));
        }
        if n % 2 == 1 && degree % 2 == 1 {
            let reason = format!(
                "{degree} on {n} nodes: both are odd, and the degrees must sum to an even number"
            );
            return Err(Error::invalid("degree", reason));
        }
        connected(n, seed, reference, |rng| {
            if 2 * degree < n {
                regular_edges(rng, n, degree)
            } else {
                complement(n, &regular_edges(rng, n, n - 1 - degree)?)
            }
        })
    }

    /// A tree drawn uniformly from the `n^(n-2)` labelled trees, by its Prüfer code (1918).
    /// Cost `O(n)`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for `n = 0` or `n` beyond 32 bits; [`Error::OutOfMemory`].
    pub fn random_tree(n: usize, seed: u64, reference: Reference) -> Result<Self> {
        check_nodes("n", n)?;
        let mut edges = edge_buffer((n - 1) as u128)?;
        if n > 1 {
            let mut rng = Pcg64::seed_from_u64(seed);
            let code: Vec<usize> = (2..n).map(|_| rng.random_range(0..n)).collect();
            decode_pruefer(n, &code, &mut edges);
        }
        unit_graph(n, &edges, reference)
    }
}

/// The first connected graph of a stream of draws, or the error of the last draw.
fn connected(
    nodes: usize,
    seed: u64,
    reference: Reference,
    mut draw: impl FnMut(&mut Pcg64) -> Result<Vec<Edge>>,
) -> Result<Graph> {
    let mut rng = Pcg64::seed_from_u64(seed);
    let mut next = || unit_graph(nodes, &draw(&mut rng)?, reference);
    let mut outcome = next();
    for _ in 1..DRAWS {
        if !matches!(outcome, Err(Error::Disconnected { .. })) {
            break;
        }
        outcome = next();
    }
    outcome
}

fn check_probability(argument: &str, p: f64) -> Result<()> {
    if (0.0..=1.0).contains(&p) {
        return Ok(());
    }
    Err(Error::invalid(argument, format!("{p} is not between 0 and 1")))
}

/// First node of each block, and the number of nodes at the end.
fn block_starts(sizes: &[usize]) -> Result<Vec<usize>> {
    let mut start = vec![0usize];
    for (a, &size) in sizes.iter().enumerate() {
        check_nodes(&format!("sizes[{a}]"), size)?;
        start.push(start[a].saturating_add(size));
    }
    check_nodes("sizes", start[sizes.len()])?;
    Ok(start)
}

fn check_block_matrix(blocks: usize, probability: &[f64]) -> Result<()> {
    error::check_length("probability", probability.len(), blocks * blocks)?;
    for a in 0..blocks {
        for b in 0..blocks {
            let (there, back) = (probability[a * blocks + b], probability[b * blocks + a]);
            check_probability(&format!("probability[{}]", a * blocks + b), there)?;
            if there != back {
                let reason =
                    format!("not symmetric: {there} from block {a} to {b}, but {back} from {b} to {a}");
                return Err(Error::invalid("probability", reason));
            }
        }
    }
    Ok(())
}

/// Number of pairs of `n` nodes.
fn pairs(n: usize) -> u64 {
    let n = n as u64;
    n * n.saturating_sub(1) / 2
}

/// A number of edges that a draw with this expectation will hardly exceed.
fn likely_count(expected: f64) -> u128 {
    (expected + 5.0 * expected.sqrt()) as u128
}

/// Joins each pair of the nodes `first..first + n` with probability `p`.
fn pairs_within(rng: &mut Pcg64, first: usize, n: usize, p: f64, edges: &mut Vec<Edge>) {
    // pair number row_start + x is (x, y): row y holds the y pairs with smaller nodes
    let (mut y, mut row_start) = (1, 0);
    bernoulli(rng, pairs(n), p, |trial| {
        while trial >= row_start + y {
            row_start += y;
            y += 1;
        }
        edges.push(edge(first + (trial - row_start) as usize, first + y as usize));
    });
}

/// Visits the successes among independent trials `0..trials`, in order, jumping from one to the next by
/// a geometric variable `floor(ln(1-U)/ln(1-p))`. Cost: one draw per success.
fn bernoulli(rng: &mut Pcg64, trials: u64, p: f64, mut success: impl FnMut(u64)) {
    if p == 0.0 {
        return;
    }
    let rate = minus_ln_complement(p);
    let mut trial = 0u64;
    loop {
        let failures = minus_ln_complement(rng.random()) / rate;
        // the cast rounds down, and saturates where the jump leaves the range
        trial = trial.saturating_add(failures as u64);
        if trial >= trials {
            return;
        }
        success(trial);
        trial += 1;
    }
}

/// `-ln(1-p)` for `p` in `[0, 1]`, to about one unit in the last place, by rounded arithmetic alone.
///
/// Doubling `1-p` until it passes one half is exact, and costs `ln 2` each time; what is left has
/// `-ln(1-q) = 2 artanh(q/(2-q))`, a series in the square of an argument of at most `1/3`.
fn minus_ln_complement(p: f64) -> f64 {
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let (mut q, mut doublings) = (p, 0.0);
    while q > 0.5 {
        q = 2.0 * q - 1.0;
        doublings += 1.0;
    }
    let d = q / (2.0 - q);
    let u = d * d;
    let series = ODD_RECIPROCALS.iter().rev().fold(0.0, |sum, c| sum * u + c);
    doublings * std::f64::consts::LN_2 + 2.0 * d * series
}

/// `1/(2k+1)`: the first 17 terms of `artanh(d)/d` leave less than `9^-17 / 35`, below 2e-18.
const ODD_RECIPROCALS: [f64; 17] = {
    let mut c = [0.0; 17];
    let mut k = 0;
    while k < 17 {
        c[k] = 1.0 / (2 * k + 1) as f64;
        k += 1;
    }
    c
};

/// Both ends in order: how a set of undirected edges names its members.
fn key(x: usize, y: usize) -> (usize, usize) {
    (x.min(y), x.max(y))
}

/// The edges of the ring on `n` nodes with `k` neighbours each, every one turned with probability `p`.
fn rewired_ring(rng: &mut Pcg64, n: usize, k: usize, p: f64) -> Result<Vec<Edge>> {
    let mut edges = edge_buffer(n as u128 * (k / 2) as u128)?;
    edges.extend((1..=k / 2).flat_map(|j| (0..n).map(move |x| edge(x, (x + j) % n))));
    let mut present: HashSet<_> = edges.iter().map(|&(x, y, _)| key(x, y)).collect();
    let mut degree = vec![k; n];
    for (x, y, _) in edges.iter_mut() {
        if rng.random::<f64>() >= p || degree[*x] == n - 1 {
            continue;
        }
        let w = loop {
            let w = rng.random_range(0..n);
            if w != *x && !present.contains(&key(*x, w)) {
                break w;
            }
        };
        present.remove(&key(*x, *y));
        present.insert(key(*x, w));
        degree[*y] -= 1;
        degree[w] += 1;
        *y = w;
    }
    Ok(edges)
}

/// The edges of one random regular graph, `degree <= (n-1)/2`.
fn regular_edges(rng: &mut Pcg64, n: usize, degree: usize) -> Result<Vec<Edge>> {
    let mut edges = edge_buffer(n as u128 * degree as u128 / 2)?;
    for _ in 0..PAIRINGS {
        edges.clear();
        if pair_half_edges(rng, n, degree, &mut edges) {
            return Ok(edges);
        }
    }
    let reason =
        format!("{PAIRINGS} pairings of the half-edges of {n} nodes of degree {degree} met a dead end");
    Err(Error::invalid("degree", reason))
}

/// Pairs half-edges at random without loops and double edges; false in a dead end.
fn pair_half_edges(rng: &mut Pcg64, n: usize, degree: usize, edges: &mut Vec<Edge>) -> bool {
    let mut free: Vec<usize> = (0..n * degree).map(|half| half / degree).collect();
    let mut present = HashSet::with_capacity(free.len() / 2);
    let mut refused = 0;
    while !free.is_empty() {
        let (i, j) = (rng.random_range(0..free.len()), rng.random_range(0..free.len()));
        let (x, y) = (free[i], free[j]);
        if x != y && present.insert(key(x, y)) {
            edges.push(edge(x, y));
            // the later place first, so that the earlier still holds its half-edge
            free.swap_remove(i.max(j));
            free.swap_remove(i.min(j));
            refused = 0;
            continue;
        }
        refused += 1;
        // looking through all pairs costs as much as the draws that were refused before
        if refused % (free.len() * free.len()) == 0 && !any_pair_left(&free, &present) {
            return false;
        }
    }
    true
}

fn any_pair_left(free: &[usize], present: &HashSet<(usize, usize)>) -> bool {
    let joinable = |x: usize, y: usize| x != y && !present.contains(&key(x, y));
    free.iter().enumerate().any(|(i, &x)| free[i + 1..].iter().any(|&y| joinable(x, y)))
}

/// All pairs of nodes that are not among the edges.
fn complement(n: usize, edges: &[Edge]) -> Result<Vec<Edge>> {
    let absent: HashSet<_> = edges.iter().map(|&(x, y, _)| key(x, y)).collect();
    let mut rest = edge_buffer(pairs(n) as u128 - edges.len() as u128)?;
    let all = (0..n).flat_map(|x| (x + 1..n).map(move |y| (x, y)));
    rest.extend(all.filter(|pair| !absent.contains(pair)).map(|(x, y)| edge(x, y)));
    Ok(rest)
}

/// The edges of the labelled tree on `n >= 2` nodes with this code of length `n - 2`.
///
/// A node occurs in the code once less than its degree. The smallest leaf belongs to the first letter;
/// the scan for leaves never turns back, except to a letter that has just become a smaller leaf.
fn decode_pruefer(n: usize, code: &[usize], edges: &mut Vec<Edge>) {
    let mut degree = vec![1u32; n];
    code.iter().for_each(|&x| degree[x] += 1);
    let next_leaf = |degree: &[u32], from: usize| (from..n).find(|&x| degree[x] == 1).unwrap_or(n - 1);

    let mut scan = next_leaf(&degree, 0);
    let mut leaf = scan;
    for &x in code {
        edges.push(edge(leaf, x));
        degree[x] -= 1;
        if degree[x] == 1 && x < scan {
            leaf = x;
        } else {
            scan = next_leaf(&degree, scan + 1);
            leaf = scan;
        }
    }
    edges.push(edge(leaf, n - 1));
}
