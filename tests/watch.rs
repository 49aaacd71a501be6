//! Long work stops when it is asked to, at every question, and keeps what it has.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;

use jkoflow::{
    BarycentreOptions, BoundOptions, CancelToken, Error, Fit, FitOptions, FlowOptions, FreeEnergy,
    Geodesic, GeodesicOptions, Graph, Mean, Method, Progress, Reference, Termination, Watch,
};

fn grid() -> Graph {
    Graph::grid(&[4, 4], false, Reference::Uniform).expect("a grid")
}

/// A bump around a node, positive everywhere.
fn bump(graph: &Graph, centre: usize, floor: f64) -> Vec<f64> {
    let n = graph.nodes();
    let mass = |x: usize| floor + (-0.4 * (x as f64 - centre as f64).powi(2)).exp();
    let sum: f64 = (0..n).map(mass).sum();
    (0..n).map(|x| mass(x) / sum).collect()
}

/// Runs the work and stops it at its question number `at`, counted from 0. What came of it, and the
/// progress that was reported at each question.
fn stopped_at<T>(at: usize, work: impl FnOnce() -> T) -> (T, Vec<Progress>) {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let log = seen.clone();
    let watch = Watch::new().with_interval(Duration::ZERO).with_progress(move |progress| {
        log.borrow_mut().push(*progress);
        if log.borrow().len() > at {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    let result = watch.over(work);
    let seen = seen.borrow().clone();
    (result, seen)
}

/// Questions that the work asks when nobody stops it.
fn questions<T>(work: impl FnOnce() -> T) -> usize {
    stopped_at(usize::MAX, work).1.len()
}

/// Stops of which the tests try some: the first, the last, and a few between.
fn stops(questions: usize) -> Vec<usize> {
    let mut stops: Vec<usize> = (0..6).map(|k| k * (questions - 1) / 5).collect();
    stops.dedup();
    stops
}

fn joins(geodesic: &Geodesic, mu0: &[f64], mu1: &[f64]) {
    for (t, mu) in [(0.0, mu0), (1.0, mu1)] {
        let mass = geodesic.mass_at(t).expect("masses");
        assert!(mass.iter().zip(mu).all(|(a, b)| (a - b).abs() < 1e-9), "{mass:?} {mu:?}");
    }
}

#[test]
fn geodesics_stop_at_every_question() {
    let graph = grid();
    let (near, from) = (bump(&graph, 5, 0.5), bump(&graph, 6, 0.5));
    let (mut left, mut right) = (vec![0.0; 16], vec![0.0; 16]);
    (left[0], right[15]) = (1.0, 1.0);
    for (mu0, mu1) in [(&from, &near), (&left, &right)] {
        for method in [Method::Automatic, Method::Newton] {
            let options = GeodesicOptions::default().with_method(method);
            let solve = || graph.geodesic(mu0, mu1, &options).expect("a geodesic");
            let whole = solve();
            let questions = questions(solve);
            assert!(questions >= whole.iterations(), "{questions} in {}", whole.iterations());
            for at in stops(questions) {
                let (geodesic, seen) = stopped_at(at, solve);
                // nobody is asked again, and no iteration is begun after that
                assert_eq!(seen.len(), at + 1);
                assert!(geodesic.iterations() as u64 <= seen[at].iterations + 1);
                if !geodesic.converged() {
                    assert_eq!(geodesic.termination(), Termination::Cancelled, "{at} of {questions}");
                    joins(&geodesic, mu0, mu1);
                    // what it has is valid
                    let bounds = geodesic.bounds(&BoundOptions::default()).expect("bounds");
                    assert!(bounds.lower <= whole.distance() * (1.0 + 1e-6));
                    assert!(whole.distance() <= bounds.upper * (1.0 + 1e-6));
                }
            }
        }
    }
}

/// On a star a path comes near to the boundary between positive ends, so that a second ladder of meshes follows the first.
/// Whichever is stopped says so.
#[test]
fn every_ladder_says_that_it_was_stopped() {
    let graph = Graph::star(5, Reference::Uniform).expect("a star");
    let (mu0, mu1) = ([0.01, 0.96, 0.01, 0.01, 0.01], [0.01, 0.01, 0.96, 0.01, 0.01]);
    let options = GeodesicOptions::default().with_mean(Mean::Arithmetic);
    let solve = || graph.geodesic(&mu0, &mu1, &options).expect("a geodesic");
    let whole = solve();
    assert!(whole.converged() && whole.error_estimate() > 1e-9, "no second ladder");
    let questions = questions(solve);
    for at in (0..questions).step_by(questions / 12 + 1) {
        let (geodesic, _) = stopped_at(at, solve);
        assert!(
            geodesic.termination() == Termination::Cancelled || geodesic.distance() == whole.distance(),
            "{at} of {questions}: {:?}",
            geodesic.termination()
        );
    }
    for limit in (1..whole.iterations()).step_by(17) {
        let geodesic = graph.geodesic(&mu0, &mu1, &options.with_max_iterations(limit)).expect("a path");
        assert!(geodesic.iterations() <= limit);
        assert!(
            geodesic.termination() == Termination::IterationLimit || geodesic.error_estimate() <= 1e-4,
            "{limit}: {:?}",
            geodesic.termination()
        );
    }
}

/// The second question is asked before the first Newton step, so that none is made.
#[test]
fn no_newton_step_is_begun_after_a_stop() {
    let graph = grid();
    let (mu0, mu1) = (bump(&graph, 0, 0.01), bump(&graph, 15, 0.01));
    let options = GeodesicOptions::default().with_method(Method::Newton);
    let (geodesic, seen) = stopped_at(1, || graph.geodesic(&mu0, &mu1, &options).expect("a geodesic"));
    assert_eq!((seen.len(), geodesic.iterations()), (2, 0));
    assert_eq!(geodesic.termination(), Termination::Cancelled);
    joins(&geodesic, &mu0, &mu1);
}

#[test]
fn a_watch_changes_no_result() {
    let graph = grid();
    let (mu0, mu1) = (bump(&graph, 0, 0.01), bump(&graph, 15, 0.01));
    let solve = || graph.geodesic(&mu0, &mu1, &GeodesicOptions::default()).expect("a geodesic");
    let (watched, _) = stopped_at(usize::MAX, solve);
    assert_eq!(watched.distance().to_bits(), solve().distance().to_bits());
    assert_eq!(watched.potential_end(), solve().potential_end());
}

#[test]
fn a_token_stops_all_threads_of_a_batch() {
    let graph = grid();
    let snapshots: Vec<Vec<f64>> = (0..40).map(|k| bump(&graph, k % 16, 0.2)).collect();
    let options = GeodesicOptions::default();
    for threads in [1, 2, 4] {
        let token = CancelToken::new();
        let set = token.clone();
        let watch = Watch::new().with_token(&token).with_interval(Duration::ZERO);
        let watch = watch.with_progress(move |progress| {
            if progress.done >= 3 {
                set.cancel(); // seen at the next question
            }
            assert_eq!(progress.total, 39);
            ControlFlow::Continue(())
        });
        let batch = watch.over(|| graph.geodesics(&snapshots, &options, threads)).expect("a batch");
        assert_eq!(batch.len(), 39);
        let finished = batch.iter().filter(|g| g.converged()).count();
        assert!((3..39).contains(&finished), "{finished} with {threads} threads");
        for (k, geodesic) in batch.iter().enumerate().filter(|(_, g)| !g.converged()) {
            assert_eq!(geodesic.termination(), Termination::Cancelled);
            joins(geodesic, &snapshots[k], &snapshots[k + 1]);
        }
        // threads that the library starts look at it too
        let none =
            Watch::new().with_token(&token).over(|| graph.geodesics(&snapshots, &options, threads));
        assert!(none.expect("a batch").iter().all(|g| g.iterations() == 0));
        // the same token may serve again
        token.reset();
        let again = Watch::new().with_token(&token).over(|| graph.geodesics(&snapshots, &options, 2));
        assert!(again.expect("a batch").iter().all(Geodesic::converged));
    }
}

#[test]
fn distances_that_were_not_reached_are_named() {
    let graph = grid();
    let distributions: Vec<Vec<f64>> = (0..6).map(|k| bump(&graph, k, 0.2)).collect();
    let all = || graph.distance_matrix(&distributions, &GeodesicOptions::default(), 1).expect("matrix");
    for at in stops(questions(all)) {
        let (matrix, seen) = stopped_at(at, all);
        assert_eq!(seen.len(), at + 1);
        let missing = matrix.unconverged();
        assert!(missing.len() as u64 >= 14 - seen[at].done && missing.len() <= 15);
        for &(i, j, termination) in missing {
            assert_eq!(termination, Termination::Cancelled);
            assert!(matrix.distance(i, j).is_nan());
        }
    }
}

#[test]
fn flows_keep_the_times_they_reached() {
    let graph = grid();
    let energy = FreeEnergy::new(&graph).with_entropy(1.0).expect("entropy");
    let times: Vec<f64> = (0..9).map(|k| 0.05 * f64::from(k)).collect();
    let mu0 = bump(&graph, 0, 0.1);
    let simulate = || energy.flow(&mu0, &times, &FlowOptions::default()).expect("a flow");
    let whole = simulate();
    assert!(whole.complete());
    for at in stops(questions(simulate)) {
        let (flow, seen) = stopped_at(at, simulate);
        assert_eq!(seen.len(), at + 1);
        assert!(!flow.complete());
        let reached = flow.times().len();
        assert!(reached < times.len());
        assert_eq!(flow.times(), &times[..reached]);
        assert_eq!(flow.masses(), &whole.masses()[..reached]);
        assert_eq!(flow.energies(), &whole.energies()[..reached]);
    }
}

#[test]
fn bounds_stay_valid() {
    let graph = grid();
    let ends = [
        [bump(&graph, 0, 0.01), bump(&graph, 15, 0.01)],
        [vec![1.0 / 16.0; 16], (0..16).map(|x| f64::from(u8::from(x == 3))).collect()],
    ];
    for [mu0, mu1] in ends {
        let geodesic = graph.geodesic(&mu0, &mu1, &GeodesicOptions::default()).expect("a geodesic");
        let options = BoundOptions::default().with_gap(1e-5);
        let enclose = || geodesic.bounds(&options);
        let mut results = 0;
        for at in stops(questions(enclose)) {
            match stopped_at(at, enclose).0 {
                Ok(bounds) => {
                    results += 1;
                    assert!(bounds.cancelled);
                    let slack = 1.0 + 2.0 * geodesic.error_estimate();
                    assert!(bounds.lower <= slack * geodesic.distance());
                    assert!(geodesic.distance() <= slack * bounds.upper);
                }
                Err(error) => assert_eq!(error, Error::Cancelled),
            }
        }
        assert!(results > 0);
    }
}

#[test]
fn barycentres_keep_an_iterate_and_fits_stay_as_they_were() {
    let graph = grid();
    let references: Vec<Vec<f64>> = [0, 7, 15].iter().map(|&k| bump(&graph, k, 0.2)).collect();
    let options = BarycentreOptions::default();
    let descend = || graph.barycentre(&references, &[0.2, 0.3, 0.5], &options, 1);
    let (mut iterates, mut nothing) = (0, 0);
    for at in stops(questions(descend)) {
        match stopped_at(at, descend).0 {
            Ok(barycentre) => {
                iterates += 1;
                assert!(barycentre.converged() || barycentre.termination() == Termination::Cancelled);
                assert!((barycentre.mass().iter().sum::<f64>() - 1.0).abs() < 1e-9);
                assert!(barycentre.objective().is_finite());
            }
            Err(error) => {
                nothing += 1;
                assert_eq!(error, Error::Cancelled);
            }
        }
    }
    assert!(iterates > 0 && nothing > 0);
    let weights = || graph.barycentric_weights(&references[0], &references, &Default::default(), 1);
    assert_eq!(stopped_at(1, weights).0.map(|_| ()), Err(Error::Cancelled));

    let mut fit = Fit::new(&graph, FitOptions::default()).expect("a fit");
    let times = [0.0, 0.1, 0.2];
    let (result, _) = stopped_at(1, || fit.add_trajectory(&times, &references, 1));
    assert_eq!(result, Err(Error::Cancelled));
    assert_eq!(fit.pairs(), 0);
    let other = [&references[1..], &references[..1]].concat();
    assert_eq!(stopped_at(0, || fit.add_trajectory(&times, &other, 2)).0, Err(Error::Cancelled));
    fit.add_trajectory(&times, &references, 1).expect("added");
    assert_eq!(fit.pairs(), 2);
}

#[test]
fn steps_and_exponentials_stop() {
    let graph = grid();
    let energy = FreeEnergy::new(&graph).with_entropy(1.0).expect("entropy");
    let mu0 = bump(&graph, 0, 0.1);
    let step = || energy.jko_step(&mu0, 0.1, &GeodesicOptions::default()).expect("a step");
    for at in stops(questions(step)) {
        let (stopped, seen) = stopped_at(at, step);
        assert_eq!(seen.len(), at + 1);
        if !stopped.converged() {
            assert_eq!(stopped.geodesic().termination(), Termination::Cancelled);
            assert!((stopped.mass().iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }
    let psi: Vec<f64> = (0..16).map(|x| 0.01 * f64::from(x)).collect();
    let leave = || graph.exponential(&mu0, &psi, &FlowOptions::default());
    assert!(questions(leave) > 0);
    assert_eq!(stopped_at(0, leave).0.map(|_| ()), Err(Error::Cancelled));
}

/// Listeners may use the library, and are not heard by their own watch.
#[test]
fn a_listener_may_solve() {
    let graph = grid();
    let (mu0, mu1) = (bump(&graph, 0, 0.1), bump(&graph, 9, 0.1));
    let inner = (graph.clone(), mu0.clone(), mu1.clone());
    let calls = Rc::new(Cell::new(0));
    let count = calls.clone();
    let watch = Watch::new().with_interval(Duration::ZERO).with_progress(move |_| {
        count.set(count.get() + 1);
        let (graph, mu0, mu1) = &inner;
        assert!(graph.geodesic(mu0, mu1, &GeodesicOptions::default()).expect("a geodesic").converged());
        ControlFlow::Continue(())
    });
    let outer = watch.over(|| graph.geodesic(&mu0, &mu1, &GeodesicOptions::default()));
    assert!(outer.expect("a geodesic").converged());
    assert!(calls.get() > 0);
}

/// A tenth of a second passes between reports, so that short work reports once.
#[test]
fn reports_are_rare() {
    let graph = Graph::path(2, Reference::Uniform).expect("a path");
    let calls = Rc::new(Cell::new(0));
    let count = calls.clone();
    let watch = Watch::new().with_interval(Duration::from_secs(3600)).with_progress(move |_| {
        count.set(count.get() + 1);
        ControlFlow::Continue(())
    });
    let far = || graph.geodesic(&[1.0, 0.0], &[0.0, 1.0], &GeodesicOptions::default());
    assert!(questions(far) > 10);
    assert!(watch.over(far).expect("a geodesic").converged());
    assert_eq!(calls.get(), 1);
}
