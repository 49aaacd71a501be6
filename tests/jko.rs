//! JKO steps against their optimality condition, heat flow, closed forms and finite differences.

mod common;

use common::{chain, data, numbers, Uniform};
use jkoflow::{
    Duplicates, FlowOptions, FreeEnergy, GeodesicOptions, Graph, Interaction, InternalEnergy, Mean,
    Reference,
};

fn distance_1(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum()
}

/// `F(mu) + W^2(mu0, mu)/(2 tau)` by a geodesic between given ends.
fn objective(energy: &FreeEnergy, mu0: &[f64], mu: &[f64], tau: f64, options: &GeodesicOptions) -> f64 {
    let w = energy.graph().geodesic(mu0, mu, options).expect("solved");
    assert!(w.converged(), "{mu0:?} {mu:?}: {:?} {:e}", w.termination(), w.error_estimate());
    energy.value(mu).expect("positive") + w.distance() * w.distance() / (2.0 * tau)
}

#[test]
fn steps_are_first_order_optimal_on_all_graphs_and_means() {
    let options = GeodesicOptions::default().with_tolerance(1e-9);
    let mut random = Uniform(3);
    for problem in
        data("geodesics.json").iter().filter(|p| p["name"].as_str().unwrap().ends_with("random"))
    {
        let graph = chain(problem);
        let n = graph.nodes();
        let mu0 = numbers(problem, "mu0");
        let potential: Vec<f64> = (0..n).map(|_| random.draw()).collect();
        let matrix: Vec<f64> = {
            let a: Vec<f64> = (0..n).map(|_| random.draw() - 0.5).collect();
            (0..n * n).map(|k| a[k / n] * a[k % n]).collect()
        };
        for mean in Mean::ALL {
            let energy = FreeEnergy::new(&graph)
                .with_potential(potential.clone())
                .and_then(|e| e.with_entropy(0.3))
                .and_then(|e| e.with_interaction(Interaction::dense(n, &matrix)?))
                .and_then(|e| e.with_internal(0.2, InternalEnergy::Power(2.0)))
                .expect("an energy");
            for tau in [0.01, 0.3, 5.0] {
                let step = energy.jko_step(&mu0, tau, &options.with_mean(mean)).expect("a step");
                let name = &problem["name"];
                assert!(step.converged(), "{name} {mean:?} {tau}: {:?}", step.geodesic().termination());
                assert!(step.residual() < 1e-8, "{name} {mean:?} {tau}: {:e}", step.residual());
                let sum: f64 = step.mass().iter().sum();
                assert!(step.mass().iter().all(|m| *m > 0.0));
                assert!((sum - 1.0).abs() < 1e-12, "{name} {mean:?} {tau}: {:e}", sum - 1.0);
            }
        }
    }
}

/// The distance within the step is that of the geodesic solver, and no neighbour is better.
#[test]
fn a_step_is_the_minimiser() {
    let graph = Graph::grid(&[3, 4], false, Reference::Degree).expect("a grid");
    let n = graph.nodes();
    let mut random = Uniform(11);
    let mu0 = random.distribution(n, 2.0);
    let potential: Vec<f64> = (0..n).map(|_| 2.0 * random.draw()).collect();
    let energy = FreeEnergy::new(&graph).with_potential(potential).unwrap().with_entropy(0.5).unwrap();
    let options = GeodesicOptions::default().with_tolerance(1e-11);
    let tau = 0.7;
    let step = energy.jko_step(&mu0, tau, &options).expect("a step");
    let w = graph.geodesic(&mu0, step.mass(), &options).expect("solved");
    assert!((step.geodesic().distance() / w.distance() - 1.0).abs() < 1e-9);
    let best = objective(&energy, &mu0, step.mass(), tau, &options);
    for _ in 0..10 {
        let mut direction: Vec<f64> = (0..n).map(|_| random.draw() - 0.5).collect();
        let mean = direction.iter().sum::<f64>() / n as f64;
        direction.iter_mut().zip(step.mass()).for_each(|(d, m)| *d = (*d - mean) * m);
        let shift = direction.iter().sum::<f64>() / n as f64;
        direction.iter_mut().for_each(|d| *d -= shift);
        let at = |h: f64| -> f64 {
            let mu: Vec<f64> = step.mass().iter().zip(&direction).map(|(m, d)| m + h * d).collect();
            objective(&energy, &mu0, &mu, tau, &options) - best
        };
        let h = 1e-3;
        let (up, down) = (at(h), at(-h));
        assert!(up > 0.0 && down > 0.0, "{up:e} {down:e}");
        // the slope vanishes: what is left of the central difference is of third order
        assert!((up - down).abs() < 2e-2 * (up + down), "{up:e} {down:e}");
    }
}

/// On two nodes the step is a scalar equation, since the distance is an integral (Maas 2011).
#[test]
fn two_nodes_against_a_scalar_search() {
    let graph = Graph::from_chain(&[0.5, 0.5], &[(0, 1, 0.5)], jkoflow::Duplicates::Refuse).unwrap();
    let energy = FreeEnergy::new(&graph).with_potential([0.0, 1.0]).unwrap().with_entropy(0.2).unwrap();
    let tau = 0.4;
    let speed = |m: f64| Mean::Logarithmic.value(2.0 * m, 2.0 * (1.0 - m)).sqrt().recip();
    let from = 0.3;
    // dW/dm = sqrt(2) / sqrt(theta) on this chain: W^2/2 = (int)^2
    let distance = |m: f64| -> f64 {
        let steps = 2000;
        let h = (m - from) / steps as f64;
        (0..steps)
            .map(|k| {
                let a = from + k as f64 * h;
                h / 6.0 * (speed(a) + 4.0 * speed(a + h / 2.0) + speed(a + h))
            })
            .sum::<f64>()
            .abs()
            * 2.0_f64.sqrt()
    };
    let exact = graph
        .geodesic(&[0.3, 0.7], &[0.6, 0.4], &GeodesicOptions::default())
        .expect("solved")
        .distance();
    assert!((distance(0.6) - exact).abs() < 1e-9, "{} {exact}", distance(0.6));
    let value = |m: f64| energy.value(&[m, 1.0 - m]).unwrap() + distance(m).powi(2) / (2.0 * tau);
    // golden section
    let (mut a, mut b) = (0.3, 0.999);
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    while b - a > 1e-9 {
        let (c, d) = (b - golden * (b - a), a + golden * (b - a));
        if value(c) < value(d) {
            b = d;
        } else {
            a = c;
        }
    }
    let step = energy.jko_step(&[0.3, 0.7], tau, &GeodesicOptions::default()).expect("a step");
    // a search on values is good to the root of their rounding
    assert!((step.mass()[0] - a).abs() < 1e-6, "{} {a}", step.mass()[0]);
}

/// Steps of the entropy follow the heat flow, with an error of first order in `tau`.
#[test]
fn entropy_steps_converge_to_the_heat_flow() {
    let graph = Graph::grid(&[4, 4], false, Reference::Uniform).expect("a grid");
    let mu0 = Uniform(5).distribution(16, 3.0);
    let energy = FreeEnergy::new(&graph).with_entropy(1.0).unwrap();
    let end = 0.4;
    let exact = energy.flow(&mu0, &[0.0, end], &FlowOptions::default()).expect("a flow");
    let exact = &exact.masses()[1];
    let error = |steps: usize| {
        let taken =
            energy.jko_flow(&mu0, end / steps as f64, steps, &GeodesicOptions::default()).unwrap();
        assert!(taken.iter().all(|s| s.converged()));
        assert!(taken.windows(2).all(|s| s[1].energy() <= s[0].energy()));
        distance_1(taken[steps - 1].mass(), exact)
    };
    let errors = [error(4), error(8), error(16), error(32)];
    for pair in errors.windows(2) {
        let ratio = pair[0] / pair[1];
        assert!((1.7..2.3).contains(&ratio), "{errors:?}");
    }
}

/// With the arithmetic mean two nodes are a line: the step goes as far as `tau` times the slope, or to the end of the line,
/// where the slope need not vanish.
#[test]
fn steps_may_end_at_the_boundary() {
    let graph = Graph::path(2, Reference::Uniform).expect("two nodes");
    // mobility is that of the reference, and masses are half of the densities
    let length_per_mass = 1.0 / graph.conductance()[0].sqrt();
    let energy = FreeEnergy::new(&graph).with_potential(vec![0.0, 1.0]).expect("an energy");
    for tolerance in [1e-2, 1e-3, 1e-4, 1e-6] {
        let options = GeodesicOptions::default().with_mean(Mean::Arithmetic).with_tolerance(tolerance);
        for tau in [0.1, 0.5, 1.0, 10.0] {
            let step = energy.jko_step(&[2.0 / 3.0, 1.0 / 3.0], tau, &options).expect("a step");
            let name = format!("{tolerance:e}, {tau}: {:?} {:e}", step.termination(), step.residual());
            assert!(step.converged() && step.residual() <= tolerance, "{name}");
            // the minimum of `-m + (length m)^2/(2 tau)` over the mass `m` that moves
            let moved = (tau / length_per_mass.powi(2)).min(1.0 / 3.0);
            assert!(
                (1.0 / 3.0 - step.mass()[1] - moved).abs() <= tolerance,
                "{name}, {:?}",
                step.mass()
            );
            let distance = step.geodesic().distance();
            assert!(
                (distance / (length_per_mass * moved) - 1.0).abs() <= tolerance,
                "{name}, {distance}"
            );
        }
    }
}

/// Mass that a polynomial path owes between its time nodes carries none: the step is as long as the geodesic between its ends.
/// A node without mass that the energy drives away from has hardly anything to give. With the arithmetic mean the mobility
/// of the only edge is `c`, so that the way is the mass that moved over the root of `c`.
#[test]
fn steps_that_are_held_back_say_what_is_known_of_their_way() {
    let mut held = 0;
    for conductance in [0.01, 0.3, 0.58, 5.0, 40.0] {
        let edge = [(0, 1, conductance)];
        let graph = Graph::from_weights(2, &edge, Reference::Uniform, Duplicates::Refuse).unwrap();
        for (slope, tau) in
            [(1.5, 1e-3), (1.5, 0.1), (1.5, 19.0), (0.01, 3.0), (40.0, 1.0), (300.0, 20.0)]
        {
            let energy = FreeEnergy::new(&graph)
                .with_potential([slope, 0.0])
                .and_then(|e| e.with_internal(0.1, InternalEnergy::Power(2.0)))
                .unwrap();
            let options = GeodesicOptions::default().with_mean(Mean::Arithmetic);
            let step = energy.jko_step(&[0.0, 1.0], tau, &options).unwrap();
            let case = format!("c {conductance} slope {slope} tau {tau}");
            assert!(
                step.converged(),
                "{case}: {:?}, residual {:e}",
                step.termination(),
                step.residual()
            );
            let geodesic = step.geodesic();
            let (start, end) = geodesic.ends();
            let way = (start[0] - end[0]).abs() / graph.conductance()[0].sqrt();
            let error = (geodesic.distance() / way - 1.0).abs();
            let estimate = geodesic.error_estimate();
            assert!(error <= estimate, "{case}: {error:e}, estimated {estimate:e}");
            held += usize::from(estimate > options.tolerance.unwrap_or(1e-4));
        }
    }
    assert!(held > 0);
}

#[test]
fn steps_along_the_boundary() {
    let edges = [(0, 1, 0.566), (1, 2, 2.115), (2, 3, 0.385), (3, 4, 0.661)];
    let graph =
        Graph::from_weights(5, &edges, Reference::Degree, Duplicates::Refuse).expect("connected");
    let energy = FreeEnergy::new(&graph)
        .with_potential(vec![-0.94, -0.13, 0.17, -0.58, 0.34])
        .and_then(|e| e.with_entropy(0.1))
        .expect("an energy");
    let options = GeodesicOptions::default().with_mean(Mean::Arithmetic);
    let step =
        energy.jko_step(&[0.3505, 0.0297, 0.1456, 0.3113, 0.1629], 30.0, &options).expect("a step");
    assert!(step.converged(), "{:?}", step.termination());
    let (mu0, mu1) = step.geodesic().ends();
    let between = graph.geodesic(mu0, mu1, &options.with_tolerance(1e-6)).expect("a geodesic");
    assert!(between.converged(), "{:e}", between.error_estimate());
    let allowed = step.geodesic().error_estimate() + 1e-6;
    let distance = between.distance();
    assert!((step.geodesic().distance() / distance - 1.0).abs() <= allowed, "{distance}");
    let largest = between.potential_end().iter().fold(0.0, |m, v| f64::max(m, v.abs()));
    for (found, wanted) in step.geodesic().potential_end().iter().zip(between.potential_end()) {
        assert!((found - wanted).abs() <= allowed * largest, "{found} not {wanted}");
    }
}

/// Nodes that end just above, or just below, a density of 1e-12 are empty on one mesh and not on the next.
#[test]
fn steps_to_the_edge_of_emptiness() {
    let edges = [(0, 1, 1.593), (0, 2, 3.062)];
    let graph =
        Graph::from_weights(3, &edges, Reference::Uniform, Duplicates::Refuse).expect("connected");
    let star = Graph::star(3, Reference::Uniform).expect("a star");
    let on = |graph: &Graph, potential: [f64; 3]| {
        FreeEnergy::new(graph)
            .with_potential(potential)
            .and_then(|e| e.with_entropy(0.1))
            .expect("an energy")
    };
    let log =
        (0..30).map(|k| (on(&graph, [-1.1, 2.55, -0.32]), Mean::Logarithmic, 0.9 + 0.01 * k as f64));
    let arithmetic =
        [([2.36, -2.55, -2.01], 2.65), ([2.97, -2.91, 0.14], 2.59), ([2.96, -0.06, -2.67], 2.36)]
            .map(|(potential, tau)| (on(&star, potential), Mean::Arithmetic, tau));
    for (energy, mean, tau) in log.chain(arithmetic) {
        let options = GeodesicOptions::default().with_mean(mean);
        let step = energy.jko_step(&[0.64, 0.18, 0.18], tau, &options).expect("a step");
        let (stop, error, mass) = (step.termination(), step.geodesic().error_estimate(), step.mass());
        assert!(step.converged(), "{mean:?}, {tau}: {stop:?}, {error:e}, {mass:?}");
        // where there is mass the slope of energy and squared distance is the same; what counts as none has no part in distances,
        // but for the arithmetic mean, where it would fall no faster than elsewhere
        let none = |x: usize| mass[x] < 1e-12 * graph.reference()[x];
        let filled: Vec<f64> = (0..3).map(|x| mass[x].max(1e-12 * graph.reference()[x])).collect();
        let slope = energy.first_variation(&filled).expect("positive");
        let sum = |x: usize| tau * slope[x] + step.geodesic().potential_end()[x];
        let heaviest = (0..3).max_by(|x, y| mass[*x].total_cmp(&mass[*y])).expect("three nodes");
        for x in 0..3 {
            let rise = sum(x) - sum(heaviest);
            let holds = if none(x) {
                mean != Mean::Arithmetic || rise > -1e-3
            } else {
                mass[x] < 1e-6 || rise.abs() < 1e-3
            };
            assert!(holds, "{mean:?}, {tau}: {rise} at {x} of {mass:?}");
        }
    }
}

/// Entropies so small that nodes nearly empty: what is extrapolated must be optimal, too.
#[test]
fn long_steps_towards_nearly_empty_nodes() {
    let path = Graph::path(2, Reference::Uniform).expect("two nodes");
    let cycle = Graph::cycle(5, Reference::Uniform).expect("a cycle");
    let on_path = FreeEnergy::new(&path).with_potential(vec![0.0, 1.0]).expect("a potential");
    let on_cycle =
        FreeEnergy::new(&cycle).with_potential(vec![0.0, 1.0, 2.0, 0.5, 1.5]).expect("a potential");
    let start: Vec<f64> = (0..5).map(|x| (5 - x) as f64 / 15.0).collect();
    for mean in Mean::ALL {
        let options = GeodesicOptions::default().with_mean(mean);
        for (energy, mu0, tau) in [
            (&on_path, &[2.0 / 3.0, 1.0 / 3.0][..], 10.0),
            (&on_path, &[2.0 / 3.0, 1.0 / 3.0], 100.0),
            (&on_path, &[2.0 / 3.0, 1.0 / 3.0], 1000.0),
            (&on_cycle, &start, 1.0),
            (&on_cycle, &start, 100.0),
        ] {
            let energy = energy.clone().with_entropy(0.05).expect("an entropy");
            let step = energy.jko_step(mu0, tau, &options).expect("a step");
            let name = format!("{mean:?}, {tau}, {} nodes", mu0.len());
            assert!(step.converged(), "{name}: {:?} {:e}", step.termination(), step.residual());
            assert!(step.residual() <= 1e-4, "{name}: {:e}", step.residual());
        }
    }
}

/// Steps that end where densities are anything between 1e-20 and one.
#[test]
fn long_steps_to_gibbs_distributions() {
    let graphs = [
        Graph::path(3, Reference::Uniform).expect("a path"),
        Graph::cycle(4, Reference::Uniform).expect("a cycle"),
        Graph::cycle(5, Reference::Uniform).expect("a cycle"),
        Graph::complete(5, Reference::Uniform).expect("complete"),
    ];
    let steep = vec![0.0, 1.0, -1.0, 0.5, 0.2];
    let cases = [
        (0, vec![0.0, 1.0, 2.0], 0.02, 10.0, vec![1.0 / 3.0; 3]),
        (1, vec![0.0, 2.0 / 3.0, 4.0 / 3.0, 2.0], 0.02, 10.0, vec![0.25; 4]),
        (1, vec![0.0, 2.0 / 3.0, 4.0 / 3.0, 2.0], 0.05, 1000.0, vec![0.25; 4]),
        (2, vec![0.0, 0.5, 1.0, 1.5, 2.0], 0.02, 10.0, vec![0.2; 5]),
        (3, vec![0.0, 0.5, 1.0, 1.5, 2.0], 0.05, 100.0, vec![0.2; 5]),
        (2, steep.clone(), 0.05, 1000.0, vec![0.5, 0.3, 0.1, 0.1, 0.0]),
        (2, steep.clone(), 0.05, 1000.0, vec![0.5, 0.3, 0.1, 0.05, 0.05]),
        (2, steep.clone(), 0.1, 100.0, vec![0.5, 0.3, 0.1, 0.1, 0.0]),
        (2, steep, 0.1, 1000.0, vec![0.2; 5]),
    ];
    for (graph, potential, entropy, tau, mu0) in cases {
        let name = format!("{} nodes, entropy {entropy}, tau {tau}, from {mu0:?}", potential.len());
        let energy = FreeEnergy::new(&graphs[graph])
            .with_potential(potential.clone())
            .and_then(|e| e.with_entropy(entropy))
            .expect("an energy");
        let step = energy.jko_step(&mu0, tau, &GeodesicOptions::default()).expect("a step");
        let (residual, estimate) = (step.residual(), step.geodesic().error_estimate());
        assert!(step.converged(), "{name}: {:?} {residual:e} {estimate:e}", step.termination());
        // between the start and the Gibbs distribution; near the latter, where the distance costs less than the energy gains
        let gibbs: Vec<f64> = potential.iter().map(|v| (-v / entropy).exp()).collect();
        let total: f64 = gibbs.iter().sum();
        let gibbs: Vec<f64> = gibbs.iter().map(|m| m / total).collect();
        let value = |mu: &[f64]| energy.value(mu).expect("an energy");
        assert!(value(step.mass()) >= value(&gibbs) - 1e-12, "{name}");
        assert!(value(step.mass()) <= value(&mu0), "{name}");
        let distance = step.geodesic().distance();
        assert!(distance_1(step.mass(), &gibbs) < 4.0 * distance * distance / tau, "{name}");
    }
}

/// Energies that empty nodes, convex or not: steps converge, the first-order condition holds to the tolerance, and no
/// neighbour with more mass at one node is better.
#[test]
fn steep_energies() {
    let path = Graph::path(4, Reference::Uniform).expect("a path");
    let options = GeodesicOptions::default();
    for (entropy, slope) in
        [(0.1, 10.0), (0.1, 30.0), (0.1, 100.0), (0.0, 1.0), (0.0, 10.0), (0.0, 100.0), (-1.0, 0.0)]
    {
        let potential: Vec<f64> = (0..4).map(|x| slope * x as f64).collect();
        let energy = FreeEnergy::new(&path)
            .with_potential(potential)
            .and_then(|e| e.with_entropy(entropy))
            .expect("an energy");
        for mu0 in [[0.0, 0.0, 0.0, 1.0], [0.1, 0.1, 0.1, 0.7], [0.7, 0.1, 0.1, 0.1]] {
            for tau in [0.5, 1.0, 10.0, 1000.0] {
                let step = energy.jko_step(&mu0, tau, &options).expect("a step");
                let name = format!("{entropy}, {slope}, {mu0:?}, {tau}");
                assert!(step.converged(), "{name}: {:?} {:e}", step.termination(), step.residual());
                assert!(step.residual() <= 1e-4, "{name}: {:e}", step.residual());
                // so long a step goes all the way down, where no edge is left that the residual could see
                assert!(tau < 1000.0 || slope == 0.0 || step.mass()[0] > 0.9999, "{name}");
                // distances of the size of rounding are known to nobody
                if tau > 1.0 || distance_1(step.mass(), &mu0) < 1e-9 {
                    continue;
                }
                let fine = options.with_tolerance(1e-4);
                let value = objective(&energy, &mu0, step.mass(), tau, &fine);
                for node in 0..4 {
                    for share in [0.1, 0.01] {
                        let mut near: Vec<f64> = step.mass().iter().map(|m| (1.0 - share) * m).collect();
                        near[node] += share;
                        let there = objective(&energy, &mu0, &near, tau, &fine);
                        // the square of a distance that is known to 1e-4
                        let known = 4e-4 * value.abs().max(there.abs());
                        assert!(value <= there + known, "{name}, {node}: {value} beside {there}");
                    }
                }
            }
        }
    }
    let energy = FreeEnergy::new(&path).with_entropy(1.0).expect("an energy");
    let error = energy.jko_step(&[0.4, 0.3, 0.2, 0.1], 1e300, &options).err().expect("refused");
    assert!(error.to_string().starts_with("tau: "), "{error}");
    // no energy, no motion, not even into empty nodes
    let still = FreeEnergy::new(&path).jko_step(&[1.0, 0.0, 0.0, 0.0], 1.0, &options).expect("a step");
    assert!(still.converged() && still.mass() == [1.0, 0.0, 0.0, 0.0]);
}

#[test]
fn edge_cases() {
    let options = GeodesicOptions::default();
    // from the equilibrium nothing moves
    let path = Graph::path(5, Reference::Degree).unwrap();
    let entropy = FreeEnergy::new(&path).with_entropy(1.0).unwrap();
    let step = entropy.jko_step(path.reference(), 1.0, &options).expect("a step");
    assert!(distance_1(step.mass(), path.reference()) < 1e-12 && step.converged());
    // no energy, no motion
    let step =
        FreeEnergy::new(&path).jko_step(&[0.1, 0.2, 0.3, 0.2, 0.2], 1.0, &options).expect("a step");
    assert!(distance_1(step.mass(), &[0.1, 0.2, 0.3, 0.2, 0.2]) < 1e-12);
    // a very long step reaches the minimum of the energy
    let step = entropy.jko_step(&[0.6, 0.1, 0.1, 0.1, 0.1], 1e6, &options).expect("a step");
    assert!(distance_1(step.mass(), path.reference()) < 1e-4, "{:?}", step.mass());
    // so long that all slope left is rounding
    let step = entropy.jko_step(&[1.0, 0.0, 0.0, 0.0, 0.0], 1e8, &options).expect("a step");
    assert!(step.residual() >= 0.0, "{}", step.residual());
    // a Dirac
    let step = entropy.jko_step(&[1.0, 0.0, 0.0, 0.0, 0.0], 0.1, &options).expect("a step");
    assert!(step.mass().iter().all(|m| *m > 0.0), "{:?}", step.mass());
    assert!(
        step.converged(),
        "{:?} {:e}",
        step.geodesic().termination(),
        step.geodesic().error_estimate()
    );
    // one node
    let one = Graph::from_chain(&[1.0], &[], jkoflow::Duplicates::Refuse).unwrap();
    let step = FreeEnergy::new(&one).with_entropy(1.0).unwrap().jko_step(&[1.0], 1.0, &options).unwrap();
    assert_eq!(step.mass(), &[1.0]);
    for tau in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = entropy.jko_step(path.reference(), tau, &options).err().expect("refused");
        assert!(error.to_string().contains("tau"), "{error}");
    }
}
