//! A limit of memory that is met on the way ends the work with the best that was found, and says so.

use jkoflow::{
    BoundOptions, Error, Geodesic, GeodesicOptions, Graph, Reference, Result, Termination, Watch,
};

/// Limits from too little for anything to enough for everything.
fn limits() -> impl Iterator<Item = usize> {
    (20..64).map(|k| 2.0_f64.powf(0.5 * f64::from(k)) as usize)
}

/// A grid, and all mass in opposite corners.
fn corners(sides: [usize; 2]) -> (Graph, [Vec<f64>; 2]) {
    let graph = Graph::grid(&sides, false, Reference::Uniform).expect("a grid");
    let n = graph.nodes();
    let corner = |x: usize| (0..n).map(|y| f64::from(u8::from(x == y))).collect();
    (graph, [corner(0), corner(n - 1)])
}

fn under<T>(limit: usize, work: impl FnOnce() -> T) -> T {
    Watch::new().with_memory_limit(limit).over(work)
}

#[test]
fn a_geodesic_keeps_its_last_mesh() {
    let (graph, [mu0, mu1]) = corners([4, 4]);
    let solve = || graph.geodesic(&mu0, &mu1, &GeodesicOptions::default());
    let whole = solve().expect("a geodesic").distance();
    let mut ended = [0; 3];
    for limit in limits() {
        match under(limit, solve) {
            Err(Error::OutOfMemory { what }) => {
                assert!(what.contains("limit"), "{what}");
                ended[0] += 1;
            }
            Ok(kept) if !kept.converged() => {
                assert_eq!(kept.termination(), Termination::MemoryLimit);
                assert!(kept.error_estimate() > 1e-4 && kept.iterations() > 0);
                let error = (kept.distance() - whole).abs() / whole;
                assert!(error < 0.2, "{error} with {limit} bytes");
                ended[1] += 1;
            }
            whole => {
                assert!(whole.is_ok_and(|geodesic| geodesic.converged()));
                ended[2] += 1;
            }
        }
    }
    assert!(ended.iter().all(|count| *count > 0), "{ended:?}");
}

/// On graphs of more than 64 nodes the same problems are tried without the factors that do not fit; what comes of that is
/// known to be no minimiser, and does not take the place of one.
#[test]
fn a_geodesic_without_factors_is_not_trusted() {
    let (graph, [mu0, mu1]) = corners([9, 9]);
    let solve = || graph.geodesic(&mu0, &mu1, &GeodesicOptions::default());
    let whole = solve().expect("a geodesic");
    assert!(whole.converged());
    for limit in [3_000_000, 6_000_000, 12_000_000] {
        let kept = under(limit, solve).expect("a geodesic on the first mesh");
        assert_eq!(kept.termination(), Termination::MemoryLimit);
        let error = (kept.distance() / whole.distance() - 1.0).abs();
        assert!(error <= kept.error_estimate() + 1e-4 && error < 0.02, "{error} with {limit} bytes");
        assert!(kept.error_estimate() > 1e-4, "{limit} bytes");
    }
}

/// Between near ends shooting takes more time nodes step by step; what does not fit leaves the path before.
#[test]
fn a_shot_keeps_its_last_time_nodes() {
    let graph = Graph::grid(&[20, 20], false, Reference::Uniform).expect("a grid");
    let wave = |phase: f64| -> Vec<f64> {
        let mass = (0..400).map(|x| (1.0 + 0.5 * (0.3 * x as f64 + phase).sin()) / 400.0);
        let mass: Vec<f64> = mass.collect();
        let sum: f64 = mass.iter().sum();
        mass.iter().map(|m| m / sum).collect()
    };
    let (mu0, mu1) = (wave(0.0), wave(1.0));
    let solve = || graph.geodesic(&mu0, &mu1, &GeodesicOptions::default());
    let whole = solve().expect("a geodesic");
    assert!(whole.method() == "shooting" && whole.time_nodes() > 3);
    let mut ended = [0; 3];
    for limit in (10..100).map(|k| 2.0_f64.powf(0.25 * f64::from(k)) as usize) {
        match under(limit, solve) {
            Err(error) => {
                assert!(matches!(error, Error::OutOfMemory { .. }), "{error}");
                ended[0] += 1;
            }
            Ok(kept) if !kept.converged() => {
                assert_eq!(kept.termination(), Termination::MemoryLimit);
                let error = (kept.distance() / whole.distance() - 1.0).abs();
                assert!(error <= kept.error_estimate() && error < 1e-2, "{error} with {limit} bytes");
                ended[1] += 1;
            }
            Ok(_) => ended[2] += 1,
        }
    }
    assert!(ended.iter().all(|count| *count > 0), "{ended:?}");
}

#[test]
fn bounds_stay_where_tighter_ones_would_not_fit() {
    let (graph, [mu0, mu1]) = corners([2, 3]);
    let near = [graph.mix_with_reference(&mu0, 0.1), graph.mix_with_reference(&mu1, 0.1)]
        .map(|mixed| mixed.expect("a mixture"));
    // between Diracs from gap to gap, between positive ends by more and more intervals
    for ([mu0, mu1], gap) in [([mu0, mu1], 1e-3), (near, 1e-6)] {
        let solve = || -> Result<Geodesic> {
            graph.geodesic(&mu0, &mu1, &GeodesicOptions::default().with_tolerance(1e-5))
        };
        let rough = solve().expect("a geodesic");
        let fine = GeodesicOptions::default().with_tolerance(1e-8);
        let distance = graph.geodesic(&mu0, &mu1, &fine).expect("a geodesic").distance();
        let mut kept = 0;
        for limit in (8..16).map(|k| 1 << k) {
            match under(limit, || rough.bounds(&BoundOptions::default().with_gap(gap))) {
                Err(error) => assert!(matches!(error, Error::OutOfMemory { .. }), "{error}"),
                Ok(bounds) => {
                    assert!(bounds.lower <= distance * (1.0 + 1e-6), "{bounds:?} {distance}");
                    assert!(distance <= bounds.upper * (1.0 + 1e-6), "{bounds:?} {distance}");
                    assert!(!bounds.cancelled);
                    assert!(!bounds.out_of_memory || !bounds.reached);
                    kept += usize::from(bounds.out_of_memory);
                }
            }
        }
        assert!(kept > 0, "a gap of {gap:e}");
    }
}
