//! Every term of a fit, its bounds, its certainty and what it predicts of steps it has not seen.

mod common;

use common::Uniform;
use jkoflow::fit::worth_keeping;
use jkoflow::{
    Candidate, Fit, FitOptions, FittedEnergy, FlowOptions, Folds, FreeEnergy, GeodesicOptions, Graph,
    Interaction, InternalEnergy, Loss, Model, Reference, Ridge, SnapshotLoss, Term, Weight, Zeros,
};

type Trajectories = Vec<Vec<Vec<f64>>>;

fn flows(energy: &FreeEnergy, times: &[f64], starts: usize, seed: u64) -> Trajectories {
    let mut random = Uniform(seed);
    let options = FlowOptions::default().with_tolerance(1e-11);
    (0..starts)
        .map(|_| {
            let start = random.distribution(energy.graph().nodes(), 1.5);
            energy.flow(&start, times, &options).expect("a flow").masses().to_vec()
        })
        .collect()
}

fn fit(graph: &Graph, options: FitOptions, times: &[f64], data: &Trajectories) -> Fit {
    let mut fit = Fit::new(graph, options).expect("good options");
    for snapshots in data {
        fit.add_trajectory(times, snapshots, 1).expect("geodesics");
    }
    fit
}

fn times(count: usize, tau: f64) -> Vec<f64> {
    (0..count).map(|k| tau * k as f64).collect()
}

fn assert_near(found: &[f64], sought: &[f64], tolerance: f64) {
    assert_eq!(found.len(), sought.len());
    for (k, (a, b)) in found.iter().zip(sought).enumerate() {
        assert!((a - b).abs() <= tolerance, "[{k}]: {a} for {b}");
    }
}

fn refused<T>(result: jkoflow::Result<T>, part: &str) {
    let message = result.err().expect("refused").to_string();
    assert!(message.contains(part), "{message}");
}

/// On iterates of the JKO scheme the backward loss is exact, for every kind of term at once.
#[test]
fn jko_iterates_give_all_terms_back() {
    let graph = Graph::grid(&[2, 3], false, Reference::Degree).expect("a grid");
    let mut random = Uniform(5);
    let slope: Vec<f64> = (0..6).map(|x| (x % 3) as f64 - 1.0).collect();
    let square = InternalEnergy::from_functions(|r| r * r * r, |r| 3.0 * r * r, |r| 6.0 * r);
    let terms = [
        Term::entropy(),
        Term::potential_in(&[slope, vec![1.0, 0.0, 0.0, 0.0, 0.0, -1.0]]),
        Term::interaction_by_hops(2),
        Term::power(2.0),
        Term::internal("cubic", square),
    ];
    let truth = [0.6, 0.3, -0.4, 0.5, -0.2, 0.25, 0.1];
    let model = Model::new(&graph, &terms).expect("a model");
    let names = model.names();
    assert_eq!(
        names[1..5],
        ["potential_in[0]", "potential_in[1]", "interaction_by_hops[1]", "interaction_by_hops[2]"]
    );
    assert_eq!((&names[0][..], &names[5][..], &names[6][..]), ("entropy", "power[2]", "cubic"));
    let energy = model.energy(&truth).expect("an energy");
    let geodesic = GeodesicOptions::default().with_tolerance(1e-11);
    let options =
        FitOptions::default().with_terms(&terms).with_loss(Loss::Backward).with_geodesic(geodesic);
    let mut fit = Fit::new(&graph, options).expect("good options");
    let tau = 0.1;
    for _ in 0..6 {
        let steps = energy.jko_flow(&random.distribution(6, 1.5), tau, 3, &geodesic).expect("steps");
        for step in &steps {
            fit.add_pair(step.geodesic(), tau, 1.0).expect("converged");
        }
    }
    let learned = fit.solve(&Ridge::default()).expect("determined");
    assert_near(learned.parameters(), &truth, 1e-6);
    assert_near(learned.coefficients("interaction_by_hops"), &truth[3..5], 1e-6);
    assert!(learned.explained() > 1.0 - 1e-12 && learned.unidentified().is_empty());
    assert!(learned.residuals().len() == 18 && learned.coefficients("nothing").is_empty());
}

/// Interactions by distance, in bumps, in given matrices and in full describe the same energies.
#[test]
fn interactions_agree() {
    let graph = Graph::path(5, Reference::Uniform).expect("a path");
    let distances: Vec<f64> = (0..25).map(|k| (k / 5_i32 - k % 5).abs().into()).collect();
    let entry = |x: usize, y: usize| [0.0, 0.7, -0.3, 0.0, 0.0][x.abs_diff(y)];
    let entries: Vec<f64> = (0..25).map(|k| entry(k / 5, k % 5)).collect();
    let matrix = Interaction::dense(5, &entries).expect("symmetric");
    let model = |term: Term| Model::new(&graph, &[term]).expect("a model");
    let energies = [
        model(Term::interaction_by_hops(2)).energy(&[0.7, -0.3]),
        model(Term::interaction_by_distance(5, &distances, &[0.5, 1.5, 2.5]).expect("bins"))
            .energy(&[0.7, -0.3]),
        // so narrow that they do not overlap
        model(Term::interaction_radial(5, &distances, &[1.0, 2.0], 1e-2).expect("bumps"))
            .energy(&[0.7, -0.3]),
        model(Term::interaction_in(&[matrix])).energy(&[1.0]),
        model(Term::full_interaction())
            .energy(&(0..5).flat_map(|x| (x..5).map(move |y| entry(x, y))).collect::<Vec<f64>>()),
    ];
    let mu = Uniform(3).distribution(5, 1.0);
    let mut sought = 0.0;
    for x in 0..5 {
        for y in 0..5 {
            sought += 0.5 * mu[x] * mu[y] * entry(x, y);
        }
    }
    for energy in energies {
        let found = energy.expect("an energy").value(&mu).expect("a value");
        assert!((found - sought).abs() < 1e-15);
    }
    refused(Term::interaction_by_distance(5, &distances, &[1.0]), "two");
    refused(Term::interaction_radial(5, &distances[1..], &[1.0], 1.0), "distances");
    refused(Term::interaction_radial(5, &distances, &[1.0], 0.0), "width");
    refused(Model::new(&graph, &[Term::interaction_by_hops(5)]), "no two nodes are 5 hops apart");
}

/// A full interaction beside a free potential has a gauge; within it, a small ridge gives the energy
/// back.
#[test]
fn full_interaction_in_its_gauge() {
    let n = 4;
    let graph = Graph::cycle(n, Reference::Uniform).expect("a cycle");
    let mut random = Uniform(8);
    let mut matrix = vec![0.0; n * n];
    for x in 0..n {
        for y in 0..=x {
            let w = 2.0 * random.draw() - 1.0;
            (matrix[x * n + y], matrix[y * n + x]) = (w, w);
        }
    }
    let energy = FreeEnergy::new(&graph)
        .with_potential([0.3, -0.2, 0.5, 0.1])
        .and_then(|e| e.with_entropy(1.5))
        .and_then(|e| e.with_interaction(Interaction::dense(n, &matrix)?))
        .expect("an energy");
    let data = flows(&energy, &times(6, 0.005), 12, 1);
    let terms = [Term::potential(), Term::entropy(), Term::full_interaction()];
    let fit = fit(&graph, FitOptions::default().with_terms(&terms), &times(6, 0.005), &data);
    refused(fit.solve(&Ridge::default()), "do not determine");
    let learned = fit.solve(&Ridge::default().with("interaction", 1e-9)).expect("determined");
    assert_eq!(learned.unidentified().len(), n);
    assert!(learned
        .unidentified()
        .iter()
        .all(|d| d.contains("interaction[") && d.contains("a potential")));
    // W pi = 0
    let w = learned.energy().expect("an energy").interaction().expect("W").clone();
    let learned_energy = learned.energy().expect("an energy");
    let ones = FreeEnergy::new(&graph).with_interaction(w).expect("W");
    assert_near(&ones.first_variation(&[0.25; 4]).expect("a field"), &[0.0; 4], 1e-12);
    // the same energy up to a constant, wherever it is looked at
    let gap = |mu: &[f64]| energy.value(mu).expect("F") - learned_energy.value(mu).expect("F");
    let at_centre = gap(&[0.25; 4]);
    for _ in 0..20 {
        let mu = random.distribution(n, 1.0);
        assert!((gap(&mu) - at_centre).abs() < 2e-3, "{}", gap(&mu) - at_centre);
    }
}

/// Weak interactions on larger graphs carry the bias of the time step: between third and fourth order in
/// it, growing with the nodes, and small where the interaction is as strong as the rest.
#[test]
fn weak_interactions_show_the_bias() {
    let error = |side: usize, tau: f64, strength: f64| -> f64 {
        let graph = Graph::grid(&[side, side], false, Reference::Degree).expect("a grid");
        let n = graph.nodes();
        let terms = [Term::potential(), Term::entropy(), Term::interaction_by_hops(2)];
        let mut random = Uniform(4);
        let mut truth: Vec<f64> = (0..n).map(|_| 2.0 * random.draw() - 1.0).collect();
        truth.extend([0.5, strength, -0.5 * strength]);
        let energy = Model::new(&graph, &terms).and_then(|m| m.energy(&truth)).expect("an energy");
        let times = times(8, tau);
        let data = flows(&energy, &times, 3, 6);
        let fit = fit(&graph, FitOptions::default().with_terms(&terms), &times, &data);
        let learned = fit.solve(&Ridge::default()).expect("determined");
        (learned.coefficients("interaction_by_hops")[0] / strength - 1.0).abs()
    };
    let halved = error(16, 0.04, 1.0) / error(16, 0.02, 1.0);
    assert!(halved > 7.0 && halved < 20.0, "halving tau divides the error by {halved}");
    let grown = error(16, 0.02, 1.0) / error(8, 0.02, 1.0);
    assert!(grown > 2.0 && grown < 8.0, "four times the nodes, {grown} times the error");
    assert!(error(16, 0.02, 1.0) < 1e-4 && error(16, 0.02, 256.0 / 36.0) < 1e-5);
}

/// More parameters than equations: the interaction can only help, and what its steps are needed for is
/// refused by name.
#[test]
fn full_interaction_on_many_nodes() {
    let n = 70;
    let graph = Graph::cycle(n, Reference::Uniform).expect("a cycle");
    let near = Model::new(&graph, &[Term::entropy(), Term::interaction_by_hops(2)]).expect("a model");
    let energy = near.energy(&[0.5, 20.0, 10.0]).expect("an energy");
    let times = times(4, 0.05);
    let data = flows(&energy, &times, 2, 3);
    let with = |terms: &[Term]| FitOptions::default().with_terms(terms);
    let (interaction, entropy) = (Term::full_interaction(), Term::entropy());
    let whole = fit(&graph, with(&[entropy.clone(), interaction.clone()]), &times, &data);
    let without = fit(&graph, with(std::slice::from_ref(&entropy)), &times, &data);
    let ridge = Ridge::default().with("interaction", 1e-2);
    let learned = whole.solve(&ridge).expect("converged");
    assert_eq!(learned.coefficients("interaction").len(), n * (n + 1) / 2);
    // without it the penalised loss is that of no interaction
    let alone = without.solve(&ridge).expect("determined");
    assert!(learned.residual() < 0.1 * alone.residual(), "{} {}", learned.residual(), alone.residual());
    assert!(learned.standard_errors().is_none());
    assert!(learned.without_errors().expect("a reason").contains("by iteration"));
    assert!((whole.explained_by(&learned).expect("a share") - learned.explained()).abs() < 1e-12);
    refused(whole.solve(&Ridge::default()), "without a ridge");
    let mut empty = Fit::new(&graph, with(&[entropy.clone(), interaction.clone()])).expect("terms");
    refused(empty.add_statistics(&whole.statistics()), "sums do not suffice");
    let candidate = Candidate { terms: vec!["interaction".into()], ridge };
    refused(whole.cross_validate(Folds::Blocks(2), &[candidate]), "not cross-validated");
    let bounded = entropy.with_bounds(0.0, f64::INFINITY);
    refused(Fit::new(&graph, with(&[bounded, interaction.clone()])), "no bounds beside");
    refused(Model::new(&graph, &[interaction]), "at most 64");
}

/// A block whose first variations the caller gives is as good as a term that the library knows.
#[test]
fn given_blocks_stand_for_terms() {
    let graph = Graph::star(5, Reference::Degree).expect("a star");
    let energy = FreeEnergy::new(&graph)
        .with_potential([0.3, -0.2, 0.5, 0.1, 0.0])
        .and_then(|e| e.with_entropy(0.7))
        .and_then(|e| e.with_internal(0.4, InternalEnergy::Power(3.0)))
        .expect("an energy");
    let times = times(5, 0.02);
    let data = flows(&energy, &times, 3, 4);
    let known = [Term::potential(), Term::entropy(), Term::power(3.0)];
    let sought = fit(&graph, FitOptions::default().with_terms(&known), &times, &data)
        .solve(&Ridge::default())
        .expect("determined");
    let given = [Term::given("mine", 2), Term::potential()];
    let mut fit = Fit::new(&graph, FitOptions::default().with_terms(&given)).expect("good options");
    for snapshots in &data {
        let variations: Vec<Vec<Vec<f64>>> = snapshots
            .iter()
            .map(|mu| {
                let rho = graph.density(mu).expect("a density");
                vec![
                    rho.iter().map(|r| r.ln() + 7.0).collect(),
                    rho.iter().map(|r| 1.5 * r * r).collect(),
                ]
            })
            .collect();
        refused(fit.add_trajectory(&times, snapshots, 1), "variations");
        refused(fit.add_trajectory_with(&times, snapshots, &variations[1..], 1), "variations");
        fit.add_trajectory_with(&times, snapshots, &variations, 1).expect("geodesics");
    }
    let learned = fit.solve(&Ridge::default()).expect("determined");
    let mine = [sought.entropy(), sought.coefficients("power[3]")[0]];
    assert_near(learned.coefficients("mine"), &mine, 1e-10);
    assert_near(learned.potential(), sought.potential(), 1e-10);
    refused(learned.energy(), "only the caller");
}

/// At an active bound the minimum is that of the fit without the term's freedom, and it is not below the
/// free one.
#[test]
fn bounds_hold() {
    let graph = Graph::erdos_renyi(8, 0.5, 2, Reference::Degree).expect("connected");
    let energy = FreeEnergy::new(&graph)
        .with_potential((0..8).map(|x| (x as f64).sin()).collect::<Vec<f64>>())
        .and_then(|e| e.with_entropy(0.3))
        .expect("an energy");
    let times = times(6, 0.05);
    let data = flows(&energy, &times, 3, 7);
    let solve = |lower: f64, upper: f64| -> FittedEnergy {
        let terms =
            [Term::potential(), Term::entropy().with_bounds(lower, upper), Term::interaction_by_hops(2)];
        let options = FitOptions::default().with_terms(&terms);
        fit(&graph, options, &times, &data).solve(&Ridge::default()).expect("determined")
    };
    let free = solve(f64::NEG_INFINITY, f64::INFINITY);
    let (pushed, fixed) = (solve(0.5, 2.0), solve(0.5, 0.5));
    assert_eq!(pushed.entropy(), 0.5);
    assert_near(pushed.parameters(), fixed.parameters(), 1e-12);
    assert!(pushed.residual() > free.residual());
    let errors = pushed.standard_errors().expect("enough steps");
    assert!(errors[8].is_nan() && errors[..8].iter().chain(&errors[9..]).all(|e| *e > 0.0));
    assert_near(solve(0.0, 2.0).parameters(), free.parameters(), 1e-12);
    let options = FitOptions::default().with_terms(&[Term::entropy().with_bounds(1.0, 0.0)]);
    refused(Fit::new(&graph, options), "nothing lies between");
    let options = FitOptions::default().with_terms(&[Term::potential().with_bounds(0.0, 1.0)]);
    refused(Fit::new(&graph, options), "no bounds");
}

/// Sums from several processes, added like numbers, are the sums of one; threads change no bit.
#[test]
fn statistics_add_up() {
    let graph = Graph::grid(&[3, 3], false, Reference::Degree).expect("a grid");
    let energy = FreeEnergy::new(&graph).with_entropy(1.0).expect("an energy");
    let times = times(4, 0.02);
    let data = flows(&energy, &times, 4, 3);
    let terms = [Term::potential(), Term::entropy(), Term::interaction_by_hops(2)];
    let options = || FitOptions::default().with_terms(&terms);
    let whole = fit(&graph, options(), &times, &data);
    let parts: Vec<Vec<f64>> = data
        .iter()
        .map(|snapshots| fit(&graph, options(), &times, &vec![snapshots.clone()]).statistics())
        .collect();
    let sum: Vec<f64> =
        (0..whole.statistics_len()).map(|k| parts.iter().map(|part| part[k]).sum()).collect();
    let mut merged = Fit::new(&graph, options()).expect("good options");
    merged.add_statistics(&sum).expect("the same problem");
    assert_eq!(merged.pairs(), whole.pairs());
    let ridge = Ridge::on_potential(0.01);
    let (a, b) = (whole.solve(&ridge).expect("determined"), merged.solve(&ridge).expect("determined"));
    assert_near(a.parameters(), b.parameters(), 1e-10);
    assert!(b.without_errors().expect("a reason").contains("only sums") && a.without_errors().is_none());
    assert!(b.standard_errors().is_none() && b.residuals().is_empty() && a.residuals().len() == 12);
    assert!(
        (a.residuals().iter().sum::<f64>() - a.residual()).abs() < 1e-12 * a.baselines().persistence
    );
    refused(merged.cross_validate(Folds::Blocks(2), &[]), "sums");

    let mut other = Fit::new(&graph, options().with_loss(Loss::Forward)).expect("good options");
    refused(other.add_statistics(&sum), "fingerprint");
    refused(other.add_statistics(&sum[1..]), "statistics: expected");
    let mut broken = sum.clone();
    broken[0] = 0.5;
    refused(merged.add_statistics(&broken), "begins with 0.5");
    assert_eq!(other.pairs(), 0);

    let bits = |threads: usize| -> Vec<u64> {
        let mut fit = Fit::new(&graph, options()).expect("good options");
        data.iter().for_each(|s| fit.add_trajectory(&times, s, threads).expect("geodesics"));
        fit.statistics().iter().map(|v| v.to_bits()).collect()
    };
    assert!(bits(1) == bits(2) && bits(2) == bits(3));
}

/// Empty nodes break nothing, and what they leave open is named.
#[test]
fn zeros_are_survived() {
    let graph = Graph::cycle(6, Reference::Uniform).expect("a cycle");
    let terms = [Term::potential(), Term::entropy()];
    let options = |zeros: Zeros| FitOptions::default().with_terms(&terms).with_zeros(zeros);
    let energy = FreeEnergy::new(&graph)
        .with_potential([0.5, 0.2, -0.3, -0.4, 0.0, 0.0])
        .and_then(|e| e.with_entropy(0.5))
        .expect("an energy");
    let times = times(6, 0.02);
    let mut data = flows(&energy, &times, 2, 6);
    let full =
        fit(&graph, options(Zeros::Refuse), &times, &data).solve(&Ridge::default()).expect("solved");
    let same =
        fit(&graph, options(Zeros::LeaveOut), &times, &data).solve(&Ridge::default()).expect("solved");
    assert_eq!(full.parameters(), same.parameters());
    let mixed =
        fit(&graph, options(Zeros::Mix(1e-6)), &times, &data).solve(&Ridge::default()).expect("solved");
    assert_near(full.parameters(), mixed.parameters(), 1e-3);

    // one node is never seen
    for mu in data.iter_mut().flatten() {
        mu[3] = 0.0;
        let sum: f64 = mu.iter().sum();
        mu.iter_mut().for_each(|m| *m /= sum);
    }
    let mut strict = Fit::new(&graph, options(Zeros::Refuse)).expect("good options");
    refused(strict.add_trajectory(&times, &data[0], 1), "snapshots[0][3]");
    for zeros in [Zeros::Mix(1e-3), Zeros::LeaveOut] {
        let fit = fit(&graph, options(zeros), &times, &data);
        let learned = fit.solve(&Ridge::on_potential(1e-6)).expect("solved");
        assert!(learned.parameters().iter().all(|v| v.is_finite()), "{zeros:?}");
        let open = learned.unidentified();
        assert_eq!(open, if zeros == Zeros::LeaveOut { &["potential[3]"][..] } else { &[] });
    }
    assert!(Fit::new(&graph, options(Zeros::Mix(1.5))).is_err());
}

/// Standard errors against the spread over many samples: independent steps whose ends are disturbed.
#[test]
fn standard_errors_are_those_of_repetition() {
    let graph = Graph::cycle(5, Reference::Uniform).expect("a cycle");
    let energy = FreeEnergy::new(&graph)
        .with_potential([0.4, 0.1, -0.3, -0.4, 0.2])
        .and_then(|e| e.with_entropy(0.5))
        .expect("an energy");
    let mut random = Uniform(77);
    let tau = 0.1;
    let clean: Vec<[Vec<f64>; 2]> = flows(&energy, &[0.0, tau], 40, 12)
        .into_iter()
        .map(|pair| [pair[0].clone(), pair[1].clone()])
        .collect();
    let samples = 150;
    let (mut found, mut claimed) = (Vec::new(), Vec::new());
    for _ in 0..samples {
        let mut fit = Fit::new(&graph, FitOptions::default()).expect("good options");
        for [start, end] in &clean {
            // nearly normal: a sum of twelve uniform numbers
            let mut normal = || (0..12).map(|_| random.draw()).sum::<f64>() - 6.0;
            let mut noisy: Vec<f64> = end.iter().map(|m| m * (2e-3 * normal()).exp()).collect();
            let sum: f64 = noisy.iter().sum();
            noisy.iter_mut().for_each(|m| *m /= sum);
            fit.add_trajectory(&[0.0, tau], &[start.clone(), noisy], 1).expect("geodesics");
        }
        let learned = fit.solve(&Ridge::default()).expect("determined");
        let errors = learned.standard_errors().expect("enough steps");
        assert!((errors[5].powi(2) - learned.covariance(5, 5).expect("known")).abs() < 1e-12);
        let difference = [1.0, -1.0, 0.0, 0.0, 0.0, 0.0];
        let v = learned.parameters();
        found.push([v[0], v[0] - v[1], v[5]]);
        let of_difference = learned.standard_error_of(&difference).expect("a length").expect("known");
        claimed.push([errors[0], of_difference, errors[5]]);
    }
    for p in 0..3 {
        let mean = found.iter().map(|v| v[p]).sum::<f64>() / f64::from(samples);
        let spread = found.iter().map(|v| (v[p] - mean).powi(2)).sum::<f64>() / f64::from(samples - 1);
        let said = claimed.iter().map(|v| v[p]).sum::<f64>() / f64::from(samples);
        // the spread of 150 samples is itself known to 6 %
        assert!((spread.sqrt() / said - 1.0).abs() < 0.18, "[{p}]: {} for {said}", spread.sqrt());
    }
}

/// What the data leave open is said in the names of the parameters.
#[test]
fn open_directions_are_named() {
    let graph = Graph::path(4, Reference::Uniform).expect("a path");
    let energy = FreeEnergy::new(&graph).with_entropy(1.0).expect("an energy");
    let times = times(4, 0.05);
    let data = flows(&energy, &times, 2, 5);
    let matrix = Interaction::dense(4, &(0..16).map(|k| f64::from(k / 4 * (k % 4))).collect::<Vec<_>>());
    let matrix = matrix.expect("symmetric");
    let terms = [Term::entropy(), Term::interaction_in(&[matrix.clone(), matrix])];
    let fit = fit(&graph, FitOptions::default().with_terms(&terms), &times, &data);
    refused(fit.solve(&Ridge::default()), "interaction_in[");
    let learned = fit.solve(&Ridge::default().with("interaction_in", 1e-8)).expect("determined");
    let open = learned.unidentified();
    let both = ["interaction_in[0] - interaction_in[1]", "-interaction_in[0] + interaction_in[1]"];
    assert!(open.len() == 1 && both.contains(&open[0].as_str()), "{open:?}");
    let w = learned.coefficients("interaction_in");
    assert!((w[0] - w[1]).abs() < 1e-6, "the ridge shares alike");

    let still = vec![vec![0.4, 0.1, 0.3, 0.2]; 3];
    let mut rest = Fit::new(&graph, FitOptions::default()).expect("good options");
    rest.add_trajectory(&[0.0, 1.0, 2.0], &still, 1).expect("geodesics");
    refused(rest.solve(&Ridge::on_potential(0.1)), "nothing moves");
}

/// Held-out steps tell a missing interaction, prefer it to too many terms, and know the baselines.
#[test]
fn cross_validation_finds_the_interaction() {
    let graph = Graph::grid(&[3, 4], false, Reference::Degree).expect("a grid");
    let terms = [Term::potential(), Term::entropy(), Term::interaction_by_hops(2), Term::power(2.0)];
    let mut random = Uniform(2);
    let potential: Vec<f64> = (0..12).map(|_| random.draw()).collect();
    let truth = Model::new(&graph, &terms[..3]).expect("a model");
    let energy = truth.energy(&[&potential[..], &[0.6, 2.0, -1.0]].concat()).expect("an energy");
    let times = times(6, 0.02);
    let mut data = flows(&energy, &times, 5, 9);
    for mu in data.iter_mut().flatten() {
        mu.iter_mut().for_each(|m| *m *= 1.0 + 1e-3 * (random.draw() - 0.5));
        let sum: f64 = mu.iter().sum();
        mu.iter_mut().for_each(|m| *m /= sum);
    }
    let fit = fit(&graph, FitOptions::default().with_terms(&terms), &times, &data);
    let candidate = |terms: &[&str], ridge: f64| Candidate {
        terms: terms.iter().map(|t| t.to_string()).collect(),
        ridge: Ridge::on_potential(ridge),
    };
    let candidates = [
        candidate(&["potential", "entropy"], 0.0),
        candidate(&["potential", "entropy", "interaction_by_hops"], 0.0),
        candidate(&["potential", "entropy", "interaction_by_hops"], 100.0),
        candidate(&["entropy"], 0.0),
    ];
    for folds in [Folds::Blocks(5), Folds::Forward(4)] {
        let scores = fit.cross_validate(folds, &candidates).expect("scores");
        assert!(scores[1].explained > scores[0].explained + 2.0 * scores[1].standard_error, "{folds:?}");
        assert!(scores[1].explained > scores[2].explained && scores[1].explained < 1.0);
        let heat = fit.cross_validate_heat_flow(folds).expect("a share");
        assert!((heat - scores[3].explained).abs() < 1e-12);
        assert!(scores
            .iter()
            .all(|s| s.by_block.len() == if folds == Folds::Blocks(5) { 5 } else { 4 }));
    }
    // one trajectory held out by hand
    let alone = |k: usize| -> Fit {
        self::fit(&graph, FitOptions::default().with_terms(&terms), &times, &vec![data[k].clone()])
    };
    let mut others = alone(0);
    (1..4).for_each(|k| others.merge(&alone(k)).expect("the same problem"));
    let learned = others.solve(&Ridge::default()).expect("determined");
    assert!((others.explained_by(&learned).expect("a share") - learned.explained()).abs() < 1e-12);
    let all = candidate(&["potential", "entropy", "interaction_by_hops", "power[2]"], 0.0);
    let score = &fit.cross_validate(Folds::Blocks(5), &[all]).expect("scores")[0];
    let held_out = alone(4).explained_by(&learned).expect("a share");
    assert!((held_out - score.by_block[4]).abs() < 1e-9 && held_out < 1.0);
    let path = fit.term_path(Folds::Blocks(5), &Ridge::default()).expect("a path");
    let kept = &path[worth_keeping(&path).expect("it beats persistence")].candidate.terms;
    assert!(
        kept.iter().any(|t| t == "interaction_by_hops") && kept.iter().any(|t| t == "entropy"),
        "{kept:?}"
    );
    refused(fit.cross_validate(Folds::Blocks(1), &candidates), "one block to teach");
    refused(fit.cross_validate(Folds::Blocks(26), &candidates), "26 blocks");
    refused(fit.cross_validate(Folds::Blocks(2), &[candidate(&["heat"], 0.0)]), "no term named heat");
}

/// A choice that is tested on blocks which had no part in it: the same as by hand, block by block.
#[test]
fn choices_are_tested_on_other_blocks() {
    let graph = Graph::erdos_renyi(8, 0.5, 3, Reference::Degree).expect("connected");
    let energy = FreeEnergy::new(&graph).with_entropy(0.4).expect("an energy");
    let times = times(2, 0.05);
    let mut random = Uniform(12);
    let mut disturb = |mu: &Vec<f64>| -> Vec<f64> {
        let raw: Vec<f64> = mu.iter().map(|m| m * (1.0 + 0.02 * (random.draw() - 0.5))).collect();
        let sum: f64 = raw.iter().sum();
        raw.iter().map(|m| m / sum).collect()
    };
    let data: Vec<Vec<Vec<f64>>> = flows(&energy, &times, 8, 2)
        .iter()
        .map(|snapshots| snapshots.iter().map(&mut disturb).collect())
        .collect();
    let terms = [Term::potential(), Term::entropy()];
    let options = FitOptions::default().with_terms(&terms);
    let ridges = [1e-6, 1e-2, 1.0].map(Ridge::on_potential);
    let whole = fit(&graph, options.clone(), &times, &data);
    let nested = whole.cross_validate_selection(Folds::Blocks(4), &ridges).expect("a score");
    let (mut left, mut total) = (0.0, 0.0);
    for tested in 0..4 {
        let of_block = |k: &usize| *k / 2 == tested;
        let pick = |inside: bool| -> Vec<Vec<Vec<f64>>> {
            (0..8).filter(|k| of_block(k) == inside).map(|k| data[k].clone()).collect()
        };
        let (test, teach) = (fit(&graph, options.clone(), &times, &pick(true)), pick(false));
        let selection = fit(&graph, options.clone(), &times, &teach)
            .select(Folds::Blocks(3), &ridges)
            .expect("a choice");
        assert_eq!(nested.chosen[tested].terms, selection.keep);
        assert_eq!(nested.chosen[tested].ridge, ridges[selection.best]);
        let kept: Vec<Term> =
            terms.iter().filter(|t| selection.keep.iter().any(|k| k == t.name())).cloned().collect();
        let persistence = test.solve(&Ridge::on_potential(1.0)).expect("a fit").baselines().persistence;
        total += persistence;
        left += if kept.is_empty() {
            persistence
        } else {
            let options = FitOptions::default().with_terms(&kept);
            let learned = fit(&graph, options.clone(), &times, &teach)
                .solve(&ridges[selection.best])
                .expect("determined");
            let share = fit(&graph, options, &times, &pick(true)).explained_by(&learned);
            (1.0 - share.expect("a share")) * persistence
        };
    }
    assert!((nested.explained - (1.0 - left / total)).abs() < 1e-9, "{}", nested.explained);
    assert!(nested.standard_error > 0.0);
    let forward = whole.cross_validate_selection(Folds::Forward(3), &ridges).expect("a score");
    assert_eq!((forward.chosen.len(), forward.chosen[0].terms.len()), (3, 2));
    refused(whole.select(Folds::Blocks(4), &[]), "there is none to choose");
}

/// The loss for models of any kind: its gradient is that of finite differences, and its minimum over a
/// linear model is the fit.
#[test]
fn snapshot_loss_has_its_gradient() {
    let graph = Graph::erdos_renyi(7, 0.5, 3, Reference::Degree).expect("connected");
    let energy = FreeEnergy::new(&graph).with_entropy(0.5).expect("an energy");
    let times = times(4, 0.1);
    let data = flows(&energy, &times, 1, 8);
    let mut random = Uniform(5);
    let variations: Vec<Vec<f64>> = (0..4).map(|_| (0..7).map(|_| random.draw()).collect()).collect();
    for loss in Loss::ALL {
        for weight in Weight::ALL {
            let options = FitOptions::default().with_loss(loss).with_weight(weight);
            let function = SnapshotLoss::new(&graph, &options, &times, &data[0], 2).expect("geodesics");
            let (_, gradient) = function.loss_and_gradient(&variations).expect("a loss");
            for s in 0..4 {
                for x in 0..7 {
                    let at = |h: f64| {
                        let mut moved = variations.clone();
                        moved[s][x] += h;
                        function.loss_and_gradient(&moved).expect("a loss").0
                    };
                    // exact for a quadratic function, to rounding
                    let slope = (at(0.5) - at(-0.5)) / 1.0;
                    assert!((gradient[s][x] - slope).abs() < 1e-12, "{loss:?} {s} {x}");
                }
            }
            let fit = fit(&graph, options, &times, &data);
            let learned = fit.solve(&Ridge::on_potential(0.1)).expect("determined");
            let learned_energy = learned.energy().expect("an energy");
            let at_fit: Vec<Vec<f64>> =
                data[0].iter().map(|mu| learned_energy.first_variation(mu).expect("dF")).collect();
            let (value, _) = function.loss_and_gradient(&at_fit).expect("a loss");
            assert!((value - learned.residual()).abs() < 1e-12 * learned.baselines().persistence);
        }
    }
    let function =
        SnapshotLoss::new(&graph, &FitOptions::default(), &times, &data[0], 1).expect("geodesics");
    refused(function.loss_and_gradient(&variations[1..]), "first_variations: expected 4");
    refused(function.loss_and_gradient(&vec![vec![f64::NAN; 7]; 4]), "first_variations[0]");
}

/// The smoothest functions on a cycle and on a path are known.
#[test]
fn eigenvectors_have_closed_forms() {
    let path = Graph::path(7, Reference::Uniform).expect("a path");
    let cosine = |j: usize, x: usize| {
        2.0_f64.sqrt() * (std::f64::consts::PI * j as f64 * (x as f64 + 0.5) / 7.0).cos()
    };
    for (j, u) in path.laplacian_eigenvectors(6).expect("found").iter().enumerate() {
        let sought: Vec<f64> = (0..7).map(|x| cosine(j + 1, x)).collect();
        let sign = (u[0] * sought[0]).signum();
        assert_near(u, &sought.iter().map(|v| sign * v).collect::<Vec<_>>(), 1e-8);
    }
    // pairs of equal eigenvalues, and many nodes
    let cycle = Graph::cycle(400, Reference::Uniform).expect("a cycle");
    for (j, u) in cycle.laplacian_eigenvectors(5).expect("found").iter().enumerate() {
        let frequency = 2.0 * std::f64::consts::PI * (j / 2 + 1) as f64 / 400.0;
        for x in 0..400 {
            let around = u[(x + 1) % 400] + u[(x + 399) % 400];
            assert!((around - 2.0 * frequency.cos() * u[x]).abs() < 1e-9);
        }
    }
    refused(path.laplacian_eigenvectors(7), "between 1 and n - 1");
    assert_eq!(Weight::ALL.map(Weight::name), ["metric", "flux"]);
}
