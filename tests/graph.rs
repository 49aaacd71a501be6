//! Graphs: the ways in agree, what is refused is named, and the builders keep their formulas.

use std::collections::BTreeSet;

use jkoflow::{Duplicates, Error, Graph, LaplacianSolver, Reference, Result};
use proptest::prelude::*;
use sprs::{CsMat, TriMat};

type Edge = (usize, usize, f64);

const REFERENCES: [Reference; 2] = [Reference::Degree, Reference::Uniform];

// ---------------------------------------------------------------- helpers

fn weighted(nodes: usize, edges: &[Edge], reference: Reference) -> Result<Graph> {
    Graph::from_weights(nodes, edges, reference, Duplicates::Refuse)
}

/// The message of the error that must be there, after checking that it holds every one of the words.
fn assert_refused<T>(result: Result<T>, words: &[&str]) {
    let message = result.err().expect("this must be refused").to_string();
    for word in words {
        assert!(message.contains(word), "{word:?} is missing in {message:?}");
    }
}

fn edges_of(graph: &Graph) -> Vec<(usize, usize)> {
    graph.edge_list().collect()
}

fn degrees(graph: &Graph) -> Vec<usize> {
    let mut degree = vec![0; graph.nodes()];
    for (x, y) in graph.edge_list() {
        degree[x] += 1;
        degree[y] += 1;
    }
    degree
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (k, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= tolerance * e.abs(), "entry {k}: {f:e}, not {e:e}");
    }
}

fn assert_same(a: &Graph, b: &Graph, tolerance: f64) {
    assert_eq!(edges_of(a), edges_of(b));
    assert_close(a.reference(), b.reference(), tolerance);
    assert_close(a.conductance(), b.conductance(), tolerance);
}

/// What holds for every chain: `pi` sums to one, and edges come once, in order, from small to large.
fn assert_is_chain(graph: &Graph) {
    let sum: f64 = graph.reference().iter().sum();
    assert!((sum - 1.0).abs() < 1e-12, "pi sums to {sum}");
    assert!(graph.reference().iter().chain(graph.conductance()).all(|&v| v > 0.0 && v.is_finite()));
    let edges = edges_of(graph);
    assert_eq!(edges.len(), graph.edges());
    assert!(edges.windows(2).all(|pair| pair[0] < pair[1]) && edges.iter().all(|(x, y)| x < y));
}

/// The rates `K(x,y) = c_xy/pi_x`, with the given diagonal as a function of the row's sum.
fn kernel_of(graph: &Graph, diagonal: Option<fn(f64) -> f64>) -> CsMat<f64> {
    let n = graph.nodes();
    let mut entries = TriMat::new((n, n));
    let mut exit = vec![0.0; n];
    for ((x, y), c) in graph.edge_list().zip(graph.conductance()) {
        for (from, to) in [(x, y), (y, x)] {
            let rate = c / graph.reference()[from];
            entries.add_triplet(from, to, rate);
            exit[from] += rate;
        }
    }
    if let Some(diagonal) = diagonal {
        (0..n).for_each(|x| entries.add_triplet(x, x, diagonal(exit[x])));
    }
    entries.to_csr()
}

fn kernel(n: usize, entries: &[Edge]) -> CsMat<f64> {
    let mut triplets = TriMat::new((n, n));
    entries.iter().for_each(|&(x, y, k)| triplets.add_triplet(x, y, k));
    triplets.to_csr()
}

/// A connected graph with weights over many decades: a random tree and some more edges.
fn random_weights() -> impl Strategy<Value = (usize, Vec<Edge>)> {
    let weight = || (-15.0..15.0f64).prop_map(f64::exp);
    let tree = prop::collection::vec((0.0..1.0f64, weight()), 1..25);
    let more = prop::collection::vec((0.0..1.0f64, 0.0..1.0f64, weight()), 0..40);
    (tree, more).prop_map(|(tree, more)| {
        let n = tree.len() + 1;
        let at = |u: f64, n: usize| (u * n as f64) as usize;
        let mut edges: Vec<Edge> =
            tree.iter().enumerate().map(|(k, &(u, w))| (k + 1, at(u, k + 1), w)).collect();
        for (u, v, w) in more {
            let (x, y) = (at(u, n), at(v, n));
            let known = |&(a, b, _): &Edge| (a, b) == (x, y) || (b, a) == (x, y);
            if x != y && !edges.iter().any(known) {
                edges.push((x, y, w));
            }
        }
        (n, edges)
    })
}

// ---------------------------------------------------------------- ways in

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn weights_kernels_and_chains_agree((n, edges) in random_weights()) {
        for reference in REFERENCES {
            let graph = weighted(n, &edges, reference).unwrap();
            assert_is_chain(&graph);
            // detailed balance is carried along a tree: a rounding or two for each of its edges
            let tolerance = 1e-12;
            for diagonal in [None, Some((|exit| -exit) as fn(f64) -> f64), Some(|_| 0.5)] {
                let kernel = kernel_of(&graph, diagonal);
                assert_same(&Graph::from_kernel(&kernel, None).unwrap(), &graph, tolerance);
                let pi = Some(graph.reference());
                assert_same(&Graph::from_kernel(&kernel, pi).unwrap(), &graph, tolerance);
                assert_same(&Graph::from_kernel(&kernel.to_csc(), pi).unwrap(), &graph, tolerance);
            }
            let triples: Vec<Edge> =
                graph.edge_list().zip(graph.conductance()).map(|((x, y), &c)| (x, y, c)).collect();
            let chain = Graph::from_chain(graph.reference(), &triples, Duplicates::Refuse).unwrap();
            assert_same(&chain, &graph, 1e-15 * n as f64);
        }
    }

    /// The walk leaves a node at rate one: `sum_y c_xy = pi_x`; and uniform rates are the weights.
    #[test]
    fn references_mean_what_they_say((n, edges) in random_weights()) {
        let walk = weighted(n, &edges, Reference::Degree).unwrap();
        let mut leaving = vec![0.0; n];
        for ((x, y), c) in walk.edge_list().zip(walk.conductance()) {
            leaving[x] += c;
            leaving[y] += c;
        }
        assert_close(&leaving, walk.reference(), 1e-13);

        let heat = weighted(n, &edges, Reference::Uniform).unwrap();
        assert_close(heat.reference(), &vec![1.0 / n as f64; n], 0.0);
        let mut sorted: Vec<Edge> = edges.iter().map(|&(x, y, w)| (x.min(y), x.max(y), w)).collect();
        sorted.sort_by_key(|&(x, y, _)| (x, y));
        let rates: Vec<f64> = heat.conductance().iter().map(|c| c * n as f64).collect();
        assert_close(&rates, &sorted.iter().map(|e| e.2).collect::<Vec<_>>(), 1e-15);
    }

    #[test]
    fn the_order_of_edges_and_ends_does_not_matter((n, edges) in random_weights()) {
        let turned: Vec<Edge> = edges.iter().rev().map(|&(x, y, w)| (y, x, w)).collect();
        let (a, b) = (weighted(n, &edges, Reference::Degree), weighted(n, &turned, Reference::Degree));
        assert_same(&a.unwrap(), &b.unwrap(), 0.0);
    }

    /// Summed halves are the whole.
    #[test]
    fn duplicates_are_summed_on_request((n, edges) in random_weights()) {
        let halves: Vec<Edge> =
            edges.iter().flat_map(|&(x, y, w)| [(x, y, 0.25 * w), (y, x, 0.75 * w)]).collect();
        let sum = Graph::from_weights(n, &halves, Reference::Degree, Duplicates::Sum).unwrap();
        assert_same(&sum, &weighted(n, &edges, Reference::Degree).unwrap(), 1e-15);
    }

    /// The solver inverts the Laplacian: current through a path meets resistances in series.
    #[test]
    fn resistances_in_series_add(
        weights in prop::collection::vec((-3.0..3.0f64).prop_map(f64::exp), 1..40),
    ) {
        let n = weights.len() + 1;
        let edges: Vec<Edge> = weights.iter().enumerate().map(|(x, &w)| (x, x + 1, w)).collect();
        let graph = weighted(n, &edges, Reference::Degree).unwrap();
        let mut solver = LaplacianSolver::new(&graph).unwrap();
        solver.factorise(graph.conductance()).unwrap();
        let mut potential = vec![0.0; n];
        (potential[0], potential[n - 1]) = (1.0, -1.0);
        solver.solve_in_place(&mut potential);
        let resistance: f64 = graph.conductance().iter().map(|c| 1.0 / c).sum();
        assert_close(&[potential[0] - potential[n - 1]], &[resistance], 1e-11);
        let mean: f64 = potential.iter().zip(graph.reference()).map(|(v, p)| v * p).sum();
        prop_assert!(mean.abs() <= 1e-12 * resistance);
    }
}

#[test]
fn one_node_and_two_nodes() {
    for reference in REFERENCES {
        let point = weighted(1, &[], reference).unwrap();
        assert_eq!((point.nodes(), point.edges(), point.reference()), (1, 0, &[1.0][..]));
        // whatever the weight, both ends of a single edge are alike
        let pair = weighted(2, &[(1, 0, 7.0)], reference).unwrap();
        assert_eq!(pair.reference(), &[0.5, 0.5]);
        let rate = if reference == Reference::Degree { 1.0 } else { 7.0 };
        assert_eq!(pair.conductance(), &[0.5 * rate]);
    }
    assert_eq!(Graph::from_chain(&[1.0], &[], Duplicates::Refuse).unwrap().nodes(), 1);
    for pi in [None, Some(&[1.0][..])] {
        assert_eq!(Graph::from_kernel(&kernel(1, &[(0, 0, 1.0)]), pi).unwrap().edges(), 0);
    }
    // rates a and b: pi = (b, a)/(a+b)
    let pair = Graph::from_kernel(&kernel(2, &[(0, 1, 3.0), (1, 0, 1.0)]), None).unwrap();
    assert_close(pair.reference(), &[0.25, 0.75], 1e-15);
    assert_close(pair.conductance(), &[0.75], 1e-15);
}

#[test]
fn weights_over_three_hundred_decades() {
    let edges = [(0, 1, 1e-150), (1, 2, 1.0), (2, 3, 1e150)];
    let graph = weighted(4, &edges, Reference::Degree).unwrap();
    assert_close(graph.reference(), &[0.5e-300, 0.5e-150, 0.5, 0.5], 1e-15);
    assert_close(graph.conductance(), &[0.5e-300, 0.5e-150, 0.5], 1e-15);
    let kernel = kernel_of(&graph, None);
    assert_same(&Graph::from_kernel(&kernel, Some(graph.reference())).unwrap(), &graph, 1e-15);
    // without pi it is exp of a logarithm near 700, whose rounding is 1e-13
    assert_same(&Graph::from_kernel(&kernel, None).unwrap(), &graph, 1e-12);
    let uniform = weighted(4, &edges, Reference::Uniform).unwrap();
    assert_close(uniform.conductance(), &[0.25e-150, 0.25, 0.25e150], 1e-15);
}

// ---------------------------------------------------------------- refusals

#[test]
fn bad_edges_are_named() {
    let refuse = |n, edges: &[Edge], words: &[&str]| {
        for reference in REFERENCES {
            assert_refused(weighted(n, edges, reference), words);
        }
    };
    refuse(0, &[], &["nodes", "at least one"]);
    refuse(3, &[(0, 1, 1.0), (1, 7, 1.0)], &["edges[1]", "node 7", "3 nodes"]);
    refuse(3, &[(0, 1, 1.0), (2, 2, 1.0)], &["edges[1]", "self-loop", "node 2"]);
    refuse(2, &[(0, 1, f64::NAN)], &["weights[0]", "NaN"]);
    refuse(2, &[(0, 1, f64::INFINITY)], &["weights[0]", "inf"]);
    refuse(3, &[(0, 1, 1.0), (1, 2, 0.0)], &["weights[1]", "0"]);
    refuse(2, &[(0, 1, -2.5)], &["weights[0]", "-2.5"]);
    refuse(3, &[(0, 1, 1.0), (1, 2, 1.0), (1, 0, 1.0)], &["edges[2]", "0-1", "edges[0]"]);
    // {0, 1, 2}, {3, 4}, {5}
    refuse(6, &[(0, 1, 1.0), (1, 2, 1.0), (3, 4, 1.0)], &["3 components", "1 node ", "node 5"]);
    refuse(5, &[(0, 1, 1.0), (1, 2, 1.0), (3, 4, 1.0)], &["2 components", "2 nodes", "node 3"]);
    let overflowing = [(0, 1, f64::MAX), (1, 2, f64::MAX)];
    assert_refused(weighted(3, &overflowing, Reference::Degree), &["edges", "overflows"]);
    let twice = [(0, 1, f64::MAX), (0, 1, f64::MAX)];
    let sum = Graph::from_weights(2, &twice, Reference::Uniform, Duplicates::Sum);
    assert_refused(sum, &["conductances[0]", "inf"]);
}

#[test]
fn bad_reference_measures_are_named() {
    let edge = [(0, 1, 1.0)];
    let rates = kernel(2, &[(0, 1, 1.0), (1, 0, 1.0)]);
    let cases: [(&[f64], &[&str]); 5] = [
        (&[0.5, 0.6], &["pi", "sum to 1.1"]),
        (&[1.0, 1.0], &["pi", "sum to 2"]),
        (&[1.0, 0.0], &["pi[1]", "0"]),
        (&[1.5, -0.5], &["pi[1]", "-0.5"]),
        (&[f64::NAN, 1.0], &["pi[0]", "NaN"]),
    ];
    for (pi, words) in cases {
        assert_refused(Graph::from_chain(pi, &edge, Duplicates::Refuse), words);
        assert_refused(Graph::from_kernel(&rates, Some(pi)), words);
    }
    assert_refused(Graph::from_chain(&[], &[], Duplicates::Refuse), &["nodes", "at least one"]);
    assert_refused(Graph::from_kernel(&rates, Some(&[1.0])), &["pi", "expected 2", "got 1"]);
    assert_refused(
        Graph::from_chain(&[1.0], &edge, Duplicates::Refuse),
        &["edges[0]", "node 1", "1 nodes"],
    );
}

#[test]
fn bad_kernels_are_named() {
    let refuse = |n, entries: &[Edge], words: &[&str]| {
        assert_refused(Graph::from_kernel(&kernel(n, entries), None), words);
    };
    assert_refused(Graph::from_kernel(&CsMat::zero((2, 3)), None), &["kernel", "2 rows", "3 columns"]);
    refuse(0, &[], &["at least one"]);
    refuse(2, &[(0, 1, 1.0), (1, 0, -3.0)], &["row 1", "column 0", "-3"]);
    refuse(2, &[(0, 1, 1.0), (1, 0, f64::NAN)], &["row 1", "column 0", "NaN"]);
    refuse(3, &[(0, 1, 1.0), (1, 0, 1.0)], &["2 components", "node 2"]);
    // one way only, seen from either end
    refuse(2, &[(0, 1, 2.0)], &["not reversible", "0-1"]);
    refuse(2, &[(1, 0, 2.0)], &["not reversible", "0-1"]);
    refuse(2, &[(0, 1, 2.0), (1, 0, 0.0)], &["not reversible", "0-1"]);
    let one_way = kernel(2, &[(0, 1, 2.0)]);
    assert_refused(Graph::from_kernel(&one_way, Some(&[0.5, 0.5])), &["not reversible", "0-1"]);
}

#[test]
fn the_worst_edge_of_an_irreversible_kernel_is_named() {
    // around the cycle 0-1-2-3 forward rates 1, backward rates 1 but for two of them
    let mut entries: Vec<Edge> =
        (0..4).flat_map(|x| [(x, (x + 1) % 4, 1.0), ((x + 1) % 4, x, 1.0)]).collect();
    let rate = |entries: &mut Vec<Edge>, from, to, k| {
        entries.iter_mut().find(|e| (e.0, e.1) == (from, to)).unwrap().2 = k;
    };
    rate(&mut entries, 1, 0, 0.9);
    rate(&mut entries, 3, 2, 0.5);
    match Graph::from_kernel(&kernel(4, &entries), Some(&[0.25; 4])).err() {
        Some(Error::NotReversible { source_node: 2, target_node: 3, forward, backward, violation }) => {
            assert_close(&[forward, backward, violation], &[0.25, 0.125, 0.5], 1e-15);
        }
        other => panic!("{other:?}"),
    }
    // without pi the product around the cycle, 0.45, must be missing at the edge that closes the tree
    match Graph::from_kernel(&kernel(4, &entries), None).err() {
        Some(Error::NotReversible { violation, .. }) => assert_close(&[violation], &[0.55], 1e-12),
        other => panic!("{other:?}"),
    }
    // ten digits are good enough
    let nearly = kernel(
        3,
        &[(0, 1, 1.0), (1, 0, 1.0 + 1e-10), (1, 2, 1.0), (2, 1, 1.0), (0, 2, 1.0), (2, 0, 1.0)],
    );
    assert!(Graph::from_kernel(&nearly, None).is_ok());
}

#[test]
fn distributions_are_checked() {
    let graph = Graph::path(3, Reference::Degree).unwrap();
    assert_refused(graph.check_distribution("mu", &[0.5, 0.5]), &["mu", "expected 3", "got 2"]);
    assert_refused(graph.check_distribution("mu0", &[0.5, 0.5, 0.5]), &["mu0", "sum to 1.5"]);
    assert_refused(graph.check_distribution("mu", &[1.25, -0.25, 0.0]), &["mu[1]", "-0.25"]);
    assert_refused(graph.check_distribution("mu", &[f64::NAN, 1.0, 0.0]), &["mu[0]", "NaN"]);
    assert_refused(graph.check_positive_distribution("mu", &[0.5, 0.0, 0.5]), &["mu[1]", "empty"]);
    assert_refused(graph.mix_with_reference(&[1.0, 0.0, 0.0], 1.5), &["share", "1.5"]);
    assert_refused(graph.density(&[1.0]), &["mu", "expected 3", "got 1"]);
    // pi = (1, 2, 1)/4
    assert_eq!(graph.mix_with_reference(&[1.0, 0.0, 0.0], 0.5).unwrap(), [0.625, 0.25, 0.125]);
    assert_eq!(graph.density(graph.reference()).unwrap(), [1.0; 3]);
    assert!(graph.check_positive_distribution("mu", graph.reference()).is_ok());
    let mut potential = [1.0, 2.0, 7.0];
    graph.centre(&mut potential);
    assert_eq!(potential, [-2.0, -1.0, 4.0]);
}

// ---------------------------------------------------------------- named graphs

#[test]
fn paths_cycles_stars_and_complete_graphs() {
    for reference in REFERENCES {
        for n in 1..8 {
            let path = Graph::path(n, reference).unwrap();
            assert_eq!(edges_of(&path), (1..n).map(|y| (y - 1, y)).collect::<Vec<_>>());
            let star = Graph::star(n, reference).unwrap();
            assert_eq!(edges_of(&star), (1..n).map(|y| (0, y)).collect::<Vec<_>>());
            let complete = Graph::complete(n, reference).unwrap();
            assert_eq!((complete.nodes(), complete.edges()), (n, n * (n - 1) / 2));
            [path, star, complete].iter().for_each(assert_is_chain);
        }
        for n in 3..8 {
            let cycle = Graph::cycle(n, reference).unwrap();
            assert_eq!((cycle.edges(), degrees(&cycle)), (n, vec![2; n]));
            assert!((1..n).all(|y| edges_of(&cycle).contains(&(y - 1, y))));
        }
    }
    let star = Graph::star(5, Reference::Degree).unwrap();
    assert_close(star.reference(), &[0.5, 0.125, 0.125, 0.125, 0.125], 0.0);
}

/// Neighbours on a grid differ by one step in one coordinate, around the end where it is periodic.
#[test]
fn grids_join_nodes_one_step_apart() {
    let shapes: [&[usize]; 8] =
        [&[1], &[5], &[4, 3], &[1, 6], &[3, 1, 4], &[3, 4, 5], &[1, 1, 1], &[4, 4]];
    for sides in shapes {
        for periodic in [false, true] {
            let grid = Graph::grid(sides, periodic, Reference::Uniform).unwrap();
            let n: usize = sides.iter().product();
            assert_eq!(grid.nodes(), n);
            assert_is_chain(&grid);
            let coordinates = |mut x: usize| {
                let mut c: Vec<usize> = sides.iter().rev().map(|s| (x % s, x /= s).0).collect();
                c.reverse();
                c
            };
            let step = |a: usize, b: usize, side: usize| {
                a.abs_diff(b) == 1 || (periodic && side > 2 && a.abs_diff(b) == side - 1)
            };
            let mut expected = Vec::new();
            for x in 0..n {
                for y in x + 1..n {
                    let (p, q) = (coordinates(x), coordinates(y));
                    let apart: Vec<usize> = (0..sides.len()).filter(|&i| p[i] != q[i]).collect();
                    if apart.len() == 1 && step(p[apart[0]], q[apart[0]], sides[apart[0]]) {
                        expected.push((x, y));
                    }
                }
            }
            assert_eq!(edges_of(&grid), expected, "{sides:?} {periodic}");
            let ends = |side: usize| if periodic && side > 1 { side } else { side - 1 };
            let formula: usize = sides.iter().map(|&side| n / side * ends(side)).sum();
            assert_eq!(grid.edges(), formula);
        }
    }
}

#[test]
fn words_at_distance_one_are_joined() {
    for (length, alphabet) in [(0, 5), (3, 1), (1, 4), (3, 2), (3, 3), (2, 5)] {
        let graph = Graph::hamming(length, alphabet, Reference::Degree).unwrap();
        let n = alphabet.pow(length as u32);
        let letters = |x: usize| (0..length as u32).map(move |i| x / alphabet.pow(i) % alphabet);
        let distance = |x: usize, y: usize| letters(x).zip(letters(y)).filter(|(a, b)| a != b).count();
        let expected: Vec<_> = (0..n)
            .flat_map(|x| (x + 1..n).map(move |y| (x, y)))
            .filter(|&(x, y)| distance(x, y) == 1)
            .collect();
        assert_eq!((graph.nodes(), edges_of(&graph)), (n, expected));
        assert_eq!(degrees(&graph), vec![length * (alphabet - 1); n]);
    }
    for dimension in 0..7 {
        let cube = Graph::hypercube(dimension, Reference::Uniform).unwrap();
        assert_eq!((cube.nodes(), 2 * cube.edges()), (1 << dimension, dimension << dimension));
        assert!(edges_of(&cube).iter().all(|(x, y)| (x ^ y).is_power_of_two()));
    }
}

#[test]
fn sizes_without_a_graph_are_named() {
    let r = Reference::Degree;
    assert_refused(Graph::path(0, r), &["n:", "at least one"]);
    assert_refused(Graph::path(usize::MAX, r), &["n:", "2^32"]);
    assert_refused(Graph::star(0, r), &["n:", "at least one"]);
    assert_refused(Graph::complete(0, r), &["n:", "at least one"]);
    assert_refused(Graph::complete(1_000_000, r), &["499999500000 edges"]);
    assert_refused(Graph::cycle(2, r), &["n:", "at least 3", "2"]);
    assert_refused(Graph::grid(&[], false, r), &["sides", "not 0"]);
    assert_refused(Graph::grid(&[2, 2, 2, 2], false, r), &["sides", "not 4"]);
    assert_refused(Graph::grid(&[3, 0], false, r), &["sides[1]", "0"]);
    assert_refused(Graph::grid(&[3, 2], true, r), &["sides[1]", "2", "at least 3"]);
    assert_refused(Graph::grid(&[1 << 40, 1 << 40], false, r), &["sides", "2^32"]);
    assert_refused(Graph::hypercube(200, r), &["dimension", "2^32"]);
    assert_refused(Graph::hypercube(31, r), &["edges"]);
    assert_refused(Graph::hamming(3, 0, r), &["alphabet"]);
    assert_refused(Graph::hamming(usize::MAX, 2, r), &["length", "2^32"]);
}

// ---------------------------------------------------------------- random graphs

/// Asserts that a count with this mean and variance lies within six standard deviations.
fn assert_plausible(count: usize, mean: f64, variance: f64) {
    let deviation = (count as f64 - mean).abs() / variance.sqrt();
    assert!(deviation <= 6.0, "{count} is {deviation:.1} sigma from {mean}");
}

type Draw = fn(u64) -> Result<Graph>;

#[test]
fn a_seed_names_one_graph() {
    let draws: [Draw; 6] = [
        |seed| Graph::erdos_renyi(60, 0.15, seed, Reference::Degree),
        |seed| Graph::stochastic_block(&[20, 30], &[0.5, 0.1, 0.1, 0.4], seed, Reference::Degree),
        |seed| Graph::barabasi_albert(60, 3, seed, Reference::Degree),
        |seed| Graph::watts_strogatz(60, 4, 0.3, seed, Reference::Degree),
        |seed| Graph::random_regular(60, 3, seed, Reference::Degree),
        |seed| Graph::random_tree(60, seed, Reference::Degree),
    ];
    for draw in draws {
        let mut seen = BTreeSet::new();
        for seed in [0, 1, 2, u64::MAX] {
            let graph = draw(seed).unwrap();
            assert_is_chain(&graph);
            assert_same(&draw(seed).unwrap(), &graph, 0.0);
            assert!(seen.insert(edges_of(&graph)), "two seeds gave the same graph");
        }
    }
}

#[test]
fn erdos_renyi_has_binomially_many_edges() {
    for seed in 0..5 {
        let (n, p) = (2000usize, 0.01);
        let graph = Graph::erdos_renyi(n, p, seed, Reference::Degree).unwrap();
        let pairs = (n * (n - 1) / 2) as f64;
        assert_plausible(graph.edges(), p * pairs, p * (1.0 - p) * pairs);
    }
    assert_eq!(Graph::erdos_renyi(30, 1.0, 0, Reference::Degree).unwrap().edges(), 30 * 29 / 2);
    assert_eq!(Graph::erdos_renyi(1, 0.0, 0, Reference::Degree).unwrap().nodes(), 1);
}

/// On three nodes at `p = 1/2` all eight graphs are alike, and four of them are connected.
#[test]
fn small_random_graphs_follow_the_conditioned_law() {
    let draws = 4000;
    let mut count = std::collections::BTreeMap::new();
    for seed in 0..draws {
        let graph = Graph::erdos_renyi(3, 0.5, seed, Reference::Degree).unwrap();
        *count.entry(edges_of(&graph)).or_insert(0) += 1;
    }
    assert_eq!(count.len(), 4);
    for &c in count.values() {
        assert_plausible(c, draws as f64 / 4.0, draws as f64 * 3.0 / 16.0);
    }
}

/// Cayley: sixteen labelled trees on four nodes, all alike.
#[test]
fn small_trees_are_uniform() {
    let draws = 8000;
    let mut count = std::collections::BTreeMap::new();
    for seed in 0..draws {
        *count.entry(edges_of(&Graph::random_tree(4, seed, Reference::Degree).unwrap())).or_insert(0) +=
            1;
    }
    assert_eq!(count.len(), 16);
    for &c in count.values() {
        assert_plausible(c, draws as f64 / 16.0, draws as f64 * 15.0 / 256.0);
    }
}

/// Seventy labelled cubic graphs on six nodes: ten complete bipartite ones and sixty prisms.
#[test]
fn small_cubic_graphs_all_occur() {
    let all: BTreeSet<_> = (0..3000)
        .map(|seed| edges_of(&Graph::random_regular(6, 3, seed, Reference::Degree).unwrap()))
        .collect();
    assert_eq!(all.len(), 70);
}

#[test]
fn trees_have_one_edge_less_than_nodes() {
    for n in [1, 2, 3, 4, 17, 1000] {
        for seed in 0..5 {
            let tree = Graph::random_tree(n, seed, Reference::Uniform).unwrap();
            // the constructor has checked that it is connected
            assert_eq!((tree.nodes(), tree.edges()), (n, n - 1));
        }
    }
}

#[test]
fn regular_graphs_are_regular() {
    for (n, degree) in
        [(1, 0), (2, 1), (4, 3), (10, 3), (11, 4), (50, 7), (20, 10), (20, 13), (9, 8), (60, 29)]
    {
        for seed in 0..5 {
            let graph = Graph::random_regular(n, degree, seed, Reference::Degree).unwrap();
            assert_eq!(degrees(&graph), vec![degree; n]);
            assert_close(graph.reference(), &vec![1.0 / n as f64; n], 1e-15);
        }
    }
}

#[test]
fn preferential_attachment_counts() {
    for (n, m) in [(2, 1), (10, 1), (10, 9), (50, 3), (400, 5)] {
        let graph = Graph::barabasi_albert(n, m, 7, Reference::Degree).unwrap();
        assert_eq!(graph.edges(), m * (n - m));
        // every node after the star brings m edges
        let earlier = |y: usize| graph.edge_list().filter(|e| e.1 == y).count();
        assert!((m + 1..n).all(|y| earlier(y) == m));
    }
}

#[test]
fn small_worlds_keep_their_edges() {
    let ring = Graph::watts_strogatz(12, 4, 0.0, 3, Reference::Degree).unwrap();
    assert!(edges_of(&ring).iter().all(|(x, y)| [1, 2, 10, 11].contains(&(y - x))));
    assert_eq!(degrees(&ring), vec![4; 12]);
    for (n, k, p) in [(30, 4, 0.2), (30, 6, 1.0), (7, 6, 1.0), (500, 8, 0.5)] {
        for seed in 0..5 {
            let graph = Graph::watts_strogatz(n, k, p, seed, Reference::Degree).unwrap();
            assert_eq!(graph.edges(), n * k / 2);
            // an edge keeps the end from which it is turned
            assert!(degrees(&graph).iter().all(|&d| d >= k / 2));
        }
    }
    // a turned edge rarely lands on the ring again: of n edges p n leave it
    let (n, p) = (5000, 0.3);
    let graph = Graph::watts_strogatz(n, 4, p, 1, Reference::Degree).unwrap();
    let kept = graph.edge_list().filter(|(x, y)| [1, 2, n - 2, n - 1].contains(&(y - x))).count();
    let all = 2.0 * n as f64;
    assert_plausible(kept, (1.0 - p) * all, p * (1.0 - p) * all);
}

#[test]
fn blocks_have_their_own_probabilities() {
    let (sizes, p) = ([300, 500, 1], [0.2, 0.03, 0.5, 0.03, 0.1, 0.5, 0.5, 0.5, 0.0]);
    let graph = Graph::stochastic_block(&sizes, &p, 11, Reference::Degree).unwrap();
    let block = |x: usize| [300, 800, 801].iter().position(|&end| x < end).unwrap();
    for a in 0..3 {
        for b in a..3 {
            let count = graph.edge_list().filter(|&(x, y)| (block(x), block(y)) == (a, b)).count();
            let pairs = if a == b { sizes[a] * (sizes[a] - 1) / 2 } else { sizes[a] * sizes[b] } as f64;
            let q: f64 = p[3 * a + b];
            if pairs > 0.0 {
                assert_plausible(count, q * pairs, q * (1.0 - q) * pairs);
            } else {
                assert_eq!(count, 0);
            }
        }
    }
    let bipartite =
        Graph::stochastic_block(&[3, 4], &[0.0, 1.0, 1.0, 0.0], 0, Reference::Degree).unwrap();
    assert_eq!(degrees(&bipartite), [4, 4, 4, 3, 3, 3, 3]);
}

#[test]
fn random_graphs_refuse_by_name() {
    let r = Reference::Degree;
    assert_refused(Graph::erdos_renyi(0, 0.5, 0, r), &["n:", "at least one"]);
    assert_refused(Graph::erdos_renyi(5, 1.5, 0, r), &["p:", "1.5"]);
    assert_refused(Graph::erdos_renyi(5, f64::NAN, 0, r), &["p:", "NaN"]);
    assert_refused(Graph::erdos_renyi(5, 0.0, 0, r), &["disconnected", "5 components"]);
    assert_refused(Graph::erdos_renyi(1 << 20, 1.0, 0, r), &["edges are more"]);
    assert_refused(Graph::stochastic_block(&[], &[], 0, r), &["sizes"]);
    assert_refused(Graph::stochastic_block(&[2, 0], &[1.0; 4], 0, r), &["sizes[1]"]);
    assert_refused(
        Graph::stochastic_block(&[2, 2], &[1.0; 3], 0, r),
        &["probability", "expected 4", "got 3"],
    );
    assert_refused(
        Graph::stochastic_block(&[2, 2], &[1.0, 0.1, 0.2, 1.0], 0, r),
        &["not symmetric", "0.1", "0.2"],
    );
    assert_refused(
        Graph::stochastic_block(&[2, 2], &[1.0, -1.0, -1.0, 1.0], 0, r),
        &["probability[1]", "-1"],
    );
    assert_refused(
        Graph::stochastic_block(&[2, 3], &[1.0, 0.0, 0.0, 1.0], 0, r),
        &["2 components", "2 nodes"],
    );
    assert_refused(Graph::barabasi_albert(5, 0, 0, r), &["m:", "0"]);
    assert_refused(Graph::barabasi_albert(5, 5, 0, r), &["m:", "5", "4"]);
    assert_refused(Graph::watts_strogatz(5, 3, 0.1, 0, r), &["k:", "3", "even"]);
    assert_refused(Graph::watts_strogatz(6, 6, 0.1, 0, r), &["k:", "6"]);
    assert_refused(Graph::watts_strogatz(6, 2, -0.1, 0, r), &["p:", "-0.1"]);
    assert_refused(Graph::random_regular(5, 3, 0, r), &["degree", "3", "5 nodes", "odd"]);
    assert_refused(Graph::random_regular(4, 4, 0, r), &["degree", "4", "3"]);
    assert_refused(Graph::random_regular(6, 1, 0, r), &["3 components", "2 nodes"]);
    assert_refused(Graph::random_tree(0, 0, r), &["n:", "at least one"]);
}

// ---------------------------------------------------------------- point clouds

fn squared_distance(points: &[f64], dimension: usize, x: usize, y: usize) -> f64 {
    (0..dimension).map(|i| (points[x * dimension + i] - points[y * dimension + i]).powi(2)).sum()
}

/// Squared distance to the `k`-th nearest of the others, by sorting them all.
fn reach(points: &[f64], dimension: usize, k: usize) -> Vec<f64> {
    let n = points.len() / dimension;
    let kth = |x: usize| {
        let mut all: Vec<f64> =
            (0..n).filter(|&y| y != x).map(|y| squared_distance(points, dimension, x, y)).collect();
        all.sort_by(f64::total_cmp);
        all[k - 1]
    };
    (0..n).map(kth).collect()
}

/// Checks a neighbour graph, ties or not: every point strictly within reach of one end is joined, no
/// point beyond the reach of both is, and every node has `k` neighbours within its reach.
fn assert_joins_nearest(graph: &Graph, points: &[f64], dimension: usize, k: usize) {
    let n = points.len() / dimension;
    let reach = reach(points, dimension, k);
    let joined: BTreeSet<_> = graph.edge_list().collect();
    let mut within = vec![0; n];
    for x in 0..n {
        for y in x + 1..n {
            let d = squared_distance(points, dimension, x, y);
            let edge = joined.contains(&(x, y));
            assert!(edge || (d >= reach[x] && d >= reach[y]), "{x}-{y} is missing");
            assert!(!edge || d <= reach[x] || d <= reach[y], "{x}-{y} is too long");
            for z in [x, y] {
                within[z] += usize::from(edge && d <= reach[z]);
            }
        }
    }
    assert!(within.iter().all(|&count| count >= k));
}

/// Retries with more neighbours until the cloud hangs together.
fn assert_cloud(points: &[f64], dimension: usize, k: usize) {
    for k in k..points.len() / dimension {
        match Graph::nearest_neighbours(points, dimension, k, Reference::Degree) {
            Ok(graph) => return assert_joins_nearest(&graph, points, dimension, k),
            Err(Error::Disconnected { .. }) => continue,
            Err(other) => panic!("{other}"),
        }
    }
    panic!("all points are neighbours at last");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn neighbours_agree_with_a_double_loop(
        dimension in 1usize..5,
        k in 1usize..8,
        coordinates in prop::collection::vec(-1.0..1.0f64, 60..300),
    ) {
        let n = coordinates.len() / dimension;
        assert_cloud(&coordinates[..n * dimension], dimension, k);
    }

    /// Few values for each coordinate: many points coincide, and most distances are tied.
    #[test]
    fn neighbours_agree_where_points_coincide(
        dimension in 1usize..4,
        k in 1usize..8,
        coordinates in prop::collection::vec((0i32..4).prop_map(f64::from), 60..300),
    ) {
        let n = coordinates.len() / dimension;
        assert_cloud(&coordinates[..n * dimension], dimension, k);
    }
}

#[test]
fn equally_spaced_points_make_a_path() {
    for unit in [1.0, 1e-200, 1e200, 1e-310] {
        let points: Vec<f64> = (0..50).map(|x| 3.0 * x as f64 * unit).collect();
        // the ends reach their second nearest
        let graph = Graph::nearest_neighbours(&points, 1, 2, Reference::Degree).unwrap();
        let mut expected: Vec<_> = (1..50).map(|y| (y - 1, y)).chain([(0, 2), (47, 49)]).collect();
        expected.sort();
        assert_eq!(edges_of(&graph), expected, "{unit:e}");
    }
}

#[test]
fn coinciding_points_are_neighbours() {
    let points = vec![0.5; 2 * 40];
    let graph = Graph::nearest_neighbours(&points, 2, 39, Reference::Degree).unwrap();
    assert_eq!(graph.edges(), 40 * 39 / 2);
    // two clusters of ten coinciding points
    let clusters: Vec<f64> = (0..20).map(|x| f64::from(x < 10)).collect();
    assert_refused(
        Graph::nearest_neighbours(&clusters, 1, 9, Reference::Degree),
        &["2 components", "10 nodes"],
    );
    assert!(Graph::nearest_neighbours(&clusters, 1, 10, Reference::Degree).is_ok());
}

#[test]
fn gaussian_weights_fall_with_the_distance() {
    let points = [0.0, 0.0, 3.0, 4.0, 3.0, 16.0];
    let graph = Graph::nearest_neighbours_weighted(&points, 2, 1, 10.0, Reference::Uniform).unwrap();
    // distances 5 and 12
    assert_eq!(edges_of(&graph), [(0, 1), (1, 2)]);
    assert_close(graph.conductance(), &[(-0.125f64).exp() / 3.0, (-0.72f64).exp() / 3.0], 1e-15);
    let refuse = |h: f64, words: &[&str]| {
        assert_refused(Graph::nearest_neighbours_weighted(&points, 2, 1, h, Reference::Uniform), words);
    };
    refuse(0.0, &["bandwidth", "0"]);
    refuse(f64::NAN, &["bandwidth", "NaN"]);
    refuse(0.1, &["bandwidth", "0.1", "0-1", "5"]);
}

#[test]
fn bad_clouds_are_named() {
    let refuse = |points: &[f64], dimension, k, words: &[&str]| {
        assert_refused(Graph::nearest_neighbours(points, dimension, k, Reference::Degree), words);
    };
    refuse(&[0.0, 1.0, f64::NAN], 1, 1, &["points[2]", "NaN"]);
    refuse(&[0.0, f64::INFINITY, 1.0], 1, 1, &["points[1]", "inf"]);
    refuse(&[0.0, 1.0, 2.0], 2, 1, &["points", "expected 4", "got 3"]);
    refuse(&[0.0, 1.0], 0, 1, &["dimension", "0"]);
    refuse(&[], 2, 1, &["points"]);
    refuse(&[0.0, 1.0, 2.0], 1, 0, &["k:", "0"]);
    refuse(&[0.0, 1.0, 2.0], 1, 3, &["k:", "3", "2"]);
    refuse(&[0.0, 1.0, 10.0, 11.0], 1, 1, &["2 components", "2 nodes"]);
}
