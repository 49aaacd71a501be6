//! The example programs, run as a person runs them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use jkoflow::{
    BoundOptions, CountFit, CountFitOptions, Duplicates, Fit, FitOptions, FlowOptions, Forecast,
    GeodesicOptions, Graph, Mean, Reference, Ridge, Term, Zeros,
};
use serde_json::Value;

const EDGES: &str = "source,target\na,b\nb,c\nc,a\nc,d\n";
const MASSES: &str = "node,0,1,2\na,0.4,0.35,0.31\nb,0.3,0.3,0.29\nc,0.2,0.22,0.25\nd,0.1,0.13,0.15\n";

fn run(program: &str, arguments: &[&str]) -> Output {
    let deps = std::env::current_exe().expect("a test knows its own path");
    let profile = deps.parent().and_then(Path::parent).expect("tests lie in target/PROFILE/deps");
    let file = profile.join("examples").join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
    Command::new(&file).args(arguments).output().unwrap_or_else(|error| {
        panic!(
            "{}: {error}; `cargo test` builds it, `cargo test --test programs` does not",
            file.display()
        )
    })
}

/// Writes two files into a directory of their own and returns their paths.
fn files(name: &str, edges: &str, masses: &str) -> [String; 2] {
    [file(name, "edges.csv", edges), file(name, "masses.csv", masses)]
}

fn file(directory: &str, name: &str, content: impl AsRef<[u8]>) -> String {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("programs").join(directory);
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().into()
}

fn data(name: &str) -> String {
    format!("{}/examples/data/us_income/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The one JSON object on standard output.
fn json(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    serde_json::from_str(&stdout(output)).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// Rows of a file without quotes.
fn rows(path: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| line.split(',').map(String::from).collect()).collect()
}

struct Income {
    nodes: Vec<String>,
    graph: Graph,
    times: Vec<f64>,
    snapshots: Vec<Vec<f64>>,
}

/// The income data, read without the help of the programs.
fn income(reference: Reference) -> Income {
    let table = rows(&data("income.csv"));
    let nodes: Vec<String> = table[1..].iter().map(|row| row[0].clone()).collect();
    let index = |label: &String| nodes.iter().position(|node| node == label).unwrap();
    let edges: Vec<(usize, usize, f64)> =
        rows(&data("edges.csv"))[1..].iter().map(|row| (index(&row[0]), index(&row[1]), 1.0)).collect();
    let graph = Graph::from_weights(nodes.len(), &edges, reference, Duplicates::Refuse).unwrap();
    let times: Vec<f64> = table[0][1..].iter().map(|time| time.parse().unwrap()).collect();
    let snapshots = (1..=times.len())
        .map(|k| {
            let column: Vec<f64> = table[1..].iter().map(|row| row[k].parse().unwrap()).collect();
            let sum: f64 = column.iter().sum();
            column.iter().map(|value| value / sum).collect()
        })
        .collect();
    Income { nodes, graph, times, snapshots }
}

/// Within rounding of `expected`, relative to its largest entry.
fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    let size = expected.iter().fold(1e-300, |size: f64, v| size.max(v.abs()));
    for (k, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= 1e-9 * size, "entry {k}: {a} is not {b}");
    }
}

#[test]
fn distance_prints_what_the_library_computes() {
    let output = run(
        "distance",
        &[
            &data("edges.csv"),
            &data("income.csv"),
            "--json",
            "--reference=uniform",
            "--mean",
            "geometric",
        ],
    );
    let object = json(&output);
    let income = income(Reference::Uniform);
    assert_eq!(object["nodes"], Value::from(income.nodes.clone()));
    let pairs = object["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), income.times.len() - 1);
    let options = GeodesicOptions::default().with_mean(Mean::Geometric);
    for k in [0, 1, 40, 79] {
        let (start, end) = (&income.snapshots[k], &income.snapshots[k + 1]);
        let geodesic = income.graph.geodesic(start, end, &options).unwrap();
        let pair = &pairs[k];
        assert_eq!(pair["from"], income.times[k].to_string());
        assert_eq!(pair["to"], income.times[k + 1].to_string());
        assert_close(&[pair["distance"].as_f64().unwrap()], &[geodesic.distance()]);
        assert_close(&numbers(&pair["potential_start"]), geodesic.potential_start());
        assert_close(&numbers(&pair["potential_end"]), geodesic.potential_end());
        assert_eq!(pair["converged"], true);
        assert_eq!(pair["method"], geodesic.method());
        assert_eq!(pair["reason"], geodesic.reason());
        assert_eq!(pair["iterations"], geodesic.iterations());
        let bounds = geodesic.bounds(&BoundOptions::default()).unwrap();
        assert_close(&[pair["lower"].as_f64().unwrap()], &[bounds.lower]);
        assert_close(&[pair["upper"].as_f64().unwrap()], &[bounds.upper]);
        assert_eq!(pair["bounds_reached"], bounds.reached);
        assert!(pair["error_estimate"].as_f64().unwrap() < 1e-8);
        assert!(pair["seconds"].as_f64().unwrap() >= 0.0);
    }
    let notes = stderr(&output);
    assert!(notes.contains("81 of 81 columns did not sum to one"), "{notes}");
}

/// A reference problem as two files; its chain is that of its conductances as weights.
fn reference_problem(file: &str, name: &str) -> (Value, [String; 2]) {
    let text = std::fs::read_to_string(format!("{}/tests/data/{file}", env!("CARGO_MANIFEST_DIR")));
    let problems: Vec<Value> = serde_json::from_str(&text.unwrap()).unwrap();
    let problem = problems.into_iter().find(|problem| problem["name"] == name).unwrap();
    let mut edges = "source,target,weight\n".to_string();
    for (edge, weight) in
        problem["edges"].as_array().unwrap().iter().zip(numbers(&problem["conductance"]))
    {
        edges += &format!("node {},node {},{weight}\n", edge[0], edge[1]);
    }
    let mut masses = "node,0,1\n".to_string();
    for (node, (start, end)) in numbers(&problem["mu0"]).iter().zip(numbers(&problem["mu1"])).enumerate()
    {
        masses += &format!("node {node},{start},{end}\n");
    }
    let paths = files(&name.replace('/', "-"), &edges, &masses);
    (problem, paths)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn a_far_pair_is_enclosed() {
    let (problem, [edges, masses]) = reference_problem("geodesics.json", "path6/bumps");
    let exact = number(&problem["distance"]);
    for gap in [1e-2, 1e-4, 1e-6] {
        let arguments = [&edges, &masses, "--json", "--tolerance=1e-10", "--gap", &gap.to_string()];
        let pair = json(&run("distance", &arguments))["pairs"][0].clone();
        assert!((number(&pair["distance"]) / exact - 1.0).abs() < 1e-9, "{pair}");
        let (lower, upper) = (number(&pair["lower"]), number(&pair["upper"]));
        assert!(lower <= exact && exact <= upper && upper - lower <= gap * upper, "{pair}");
        assert_eq!(pair["bounds_reached"], true);
    }
}

/// From one node to the other of a two-node chain, by Maas' integral.
#[test]
fn potentials_at_empty_nodes_are_null() {
    let exact = 1.5587074514770292;
    let [edges, masses] = files("dirac", "source,target\na,b\n", "node,0,1\na,1,0\nb,0,1\n");
    let pair = json(&run("distance", &[&edges, &masses, "--json"]))["pairs"][0].clone();
    assert!((number(&pair["distance"]) - exact).abs() < 1e-4, "{pair}");
    assert!(number(&pair["lower"]) <= exact && exact <= number(&pair["upper"]), "{pair}");
    // mean zero over the one node that holds mass
    assert_eq!(pair["potential_start"], serde_json::json!([0.0, null]));
    assert_eq!(pair["potential_end"], serde_json::json!([null, 0.0]));
    assert_eq!(pair["converged"], true);

    let plain = json(&run("distance", &[&edges, &masses, "--json", "--no-bounds"]))["pairs"][0].clone();
    assert_eq!(plain["distance"], pair["distance"]);
    for key in ["lower", "upper", "bounds_reached"] {
        assert!(plain.as_object().unwrap().contains_key(key) && plain[key].is_null(), "{plain}");
    }
    let table = stdout(&run("distance", &[&edges, &masses, "--no-bounds"]));
    assert!(table.contains("lower") && table.lines().last().unwrap().contains("  -  "), "{table}");

    // for the arithmetic mean c theta = 1/2 (rho_a + rho_b)/2 = 1/2 all along: the potential gains 2,
    // W^2 = 2
    let pair = json(&run("distance", &[&edges, &masses, "--json", "--mean", "arithmetic"]));
    let pair = &pair["pairs"][0];
    assert!((number(&pair["distance"]) - 2f64.sqrt()).abs() < 1e-4, "{pair}");
    let end = numbers(&pair["potential_end"]);
    assert!(
        (end[1] - end[0] - 2.0).abs() < 1e-3 && numbers(&pair["potential_start"]).len() == 2,
        "{pair}"
    );
}

/// Rounded to six digits they enclose what those in the JSON do, the bounds of the exact distance.
#[test]
fn printed_bounds_enclose() {
    let arguments = [&data("edges.csv"), &data("income.csv")];
    let object = json(&run("distance", &[arguments[0], arguments[1], "--json"]));
    let table = stdout(&run("distance", &arguments.map(String::as_str)));
    let mut rounded = 0;
    for (pair, row) in object["pairs"].as_array().unwrap().iter().zip(table.lines().skip(2)) {
        let fields: Vec<&str> = row.split_whitespace().collect();
        let (lower, upper): (f64, f64) = (fields[3].parse().unwrap(), fields[4].parse().unwrap());
        assert!(lower <= number(&pair["lower"]) && number(&pair["upper"]) <= upper, "{row}\n{pair}");
        for (printed, exact) in [(lower, &pair["lower"]), (upper, &pair["upper"])] {
            assert!((printed / number(exact) - 1.0).abs() < 1.01e-5, "{row}\n{pair}");
            rounded += usize::from(printed != number(exact));
        }
    }
    assert!(rounded > 100, "{table}");
}

#[test]
fn a_node_alone_stays_where_it_is() {
    let [edges, masses] = files("alone", "source,target\n", "node,0,1\na,2,1\n");
    let pair = json(&run("distance", &[&edges, &masses, "--json"]))["pairs"][0].clone();
    for key in ["distance", "lower", "upper"] {
        assert_eq!(pair[key], 0.0, "{pair}");
    }
    let table = stdout(&run("distance", &[&edges, &masses]));
    assert!(table.lines().last().unwrap().contains(" 0  "), "{table}");
}

#[test]
fn empty_nodes_are_welcome() {
    for name in ["cycle8/dirac", "path4/dirac"] {
        let (problem, [edges, masses]) = reference_problem("zeros.json", name);
        let (exact, uncertainty) = (number(&problem["distance"]), number(&problem["uncertainty"]));
        let pair = json(&run("distance", &[&edges, &masses, "--json"]))["pairs"][0].clone();
        assert!((number(&pair["distance"]) - exact).abs() < uncertainty, "{pair}");
        let (lower, upper) = (number(&pair["lower"]), number(&pair["upper"]));
        assert!(lower <= exact + uncertainty && exact - uncertainty <= upper, "{pair}");
        for (end, potential) in [("mu0", "potential_start"), ("mu1", "potential_end")] {
            for (mass, value) in numbers(&problem[end]).iter().zip(pair[potential].as_array().unwrap()) {
                assert_eq!(value.is_null(), *mass == 0.0, "{pair}");
            }
        }
    }
}

#[test]
fn learn_prints_what_the_library_learns() {
    let arguments =
        [&data("edges.csv"), &data("income.csv"), "--json", "--reference", "uniform", "--ridge", "0.1"];
    let object = json(&run("learn", &arguments));
    let income = income(Reference::Uniform);
    let mut fit = Fit::new(&income.graph, FitOptions::default()).unwrap();
    fit.add_trajectory(&income.times, &income.snapshots, 1).unwrap();
    let fitted = fit.solve(&Ridge::on_potential(0.1)).unwrap();
    assert_eq!(object["nodes"], Value::from(income.nodes));
    assert_close(&numbers(&object["potential"]), fitted.potential());
    assert_close(&[object["entropy"].as_f64().unwrap()], &[fitted.entropy()]);
    assert_close(&[object["explained"].as_f64().unwrap()], &[fitted.explained()]);
    assert_eq!(object["pairs"], 80);
    assert!(object["seconds"].as_f64().unwrap() >= 0.0);
}

#[test]
fn learn_merges_trajectories_in_any_order_of_rows() {
    let [edges, masses] = files("merge", EDGES, MASSES);
    let shuffled = "node,5,6,7\nd,0.1,0.13,0.15\nb,0.3,0.3,0.29\na,0.4,0.35,0.31\nc,0.2,0.22,0.25\n";
    let again = file("merge", "again.csv", shuffled);
    let one = json(&run("learn", &[&edges, &masses, "--json"]));
    let two = json(&run("learn", &[&edges, &masses, &again, "--json"]));
    assert_eq!(two["pairs"], 4);
    assert_close(&numbers(&two["potential"]), &numbers(&one["potential"]));
}

#[test]
fn learn_obeys_its_options() {
    let [edges, masses] = files("options", EDGES, MASSES);
    let learn =
        |more: &[&str]| json(&run("learn", &[&[edges.as_str(), &masses, "--json"], more].concat()));
    assert_eq!(learn(&["--terms", "potential"])["entropy"], 0.0);
    assert_eq!(numbers(&learn(&["--terms", "entropy"])["potential"]), vec![0.0; 4]);
    let entropies =
        ["symmetric", "backward", "forward"].map(|loss| learn(&["--loss", loss])["entropy"].as_f64());
    assert!(entropies[0] != entropies[1] && entropies[1] != entropies[2]);
    assert_ne!(learn(&["--reference", "degree"]), learn(&["--reference", "uniform"]));
}

#[test]
fn learn_knows_more_terms_and_how_sure_it_is() {
    let income = income(Reference::Uniform);
    let (edges, masses) = (data("edges.csv"), data("income.csv"));
    let list = "potential,entropy,interaction-by-hops:3,power:2";
    let arguments =
        [&edges, &masses, "--json", "--reference", "uniform", "--ridge", "0.1", "--terms", list];
    let object = json(&run("learn", &arguments));
    let terms = [Term::potential(), Term::entropy(), Term::interaction_by_hops(3), Term::power(2.0)];
    let mut fit = Fit::new(&income.graph, FitOptions::default().with_terms(&terms)).unwrap();
    fit.add_trajectory(&income.times, &income.snapshots, 1).unwrap();
    let fitted = fit.solve(&Ridge::on_potential(0.1)).unwrap();
    let errors = fitted.standard_errors().unwrap();
    assert_close(&numbers(&object["interaction_by_hops"]), fitted.coefficients("interaction_by_hops"));
    assert_close(&[object["power"].as_f64().unwrap()], fitted.coefficients("power[2]"));
    assert_close(&numbers(&object["standard_errors"]["potential"]), &errors[..48]);
    assert_close(&[object["standard_errors"]["entropy"].as_f64().unwrap()], &errors[48..49]);
    assert_close(&numbers(&object["standard_errors"]["interaction_by_hops"]), &errors[49..52]);
    assert_close(&[object["standard_errors"]["power"].as_f64().unwrap()], &errors[52..]);
    assert_eq!(object["unidentified"], Value::Array(vec![]));
    assert_eq!(object["baselines"]["persistence"]["explained"], 0.0);
    let heat = &object["baselines"]["heat"];
    let alone = json(&run("learn", &[&arguments[..7], &["--terms", "entropy"]].concat()));
    assert_close(&[heat["entropy"].as_f64().unwrap()], &[alone["entropy"].as_f64().unwrap()]);
    assert_close(&[heat["explained"].as_f64().unwrap()], &[alone["explained"].as_f64().unwrap()]);
    assert_eq!((alone["power"].as_f64(), numbers(&alone["interaction_by_hops"]).len()), (Some(0.0), 0));

    let validated =
        json(&run("learn", &[&arguments[..5], &["--cross-validate", "--terms", list]].concat()));
    let scores = &validated["cross_validation"];
    assert_eq!((scores["ridges"].as_array().unwrap().len(), &scores["blocks"]), (7, &Value::from(10)));
    assert_eq!(scores["terms"].as_array().unwrap().len(), 4);
    // what had a part in the choice explains itself better than what had none
    let best = scores["ridges"].as_array().unwrap().iter().map(|r| r["explained"].as_f64().unwrap());
    let nested = scores["nested"]["explained"].as_f64().unwrap();
    assert!(nested < best.fold(f64::NEG_INFINITY, f64::max) + 1e-3, "{nested}");
    let given = json(&run("learn", &[&arguments[..], &["--cross-validate"]].concat()));
    assert_eq!(given["cross_validation"]["ridge"], 0.1);
    let table = stdout(&run("learn", &[&edges, &masses, "--terms", list, "--cross-validate"]));
    assert!(
        table.contains("Worth keeping: ") && table.contains("Interaction over 2 edges: "),
        "{table}"
    );
}

/// The first problem of `fits.json`, and its files: edges, then trajectories.
fn fit_problem() -> (Value, Graph, Vec<String>) {
    let path = format!("{}/tests/data/fits.json", env!("CARGO_MANIFEST_DIR"));
    let problems: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let problem = problems[0].clone();
    let (mut list, mut edges) = (Vec::new(), "source,target,weight\n".to_string());
    for (edge, weight) in problem["edges"].as_array().unwrap().iter().zip(numbers(&problem["weights"])) {
        let end = |k: usize| edge[k].as_u64().unwrap() as usize;
        list.push((end(0), end(1), weight));
        edges += &format!("{},{},{weight}\n", end(0), end(1));
    }
    let nodes = problem["nodes"].as_u64().unwrap() as usize;
    let graph = Graph::from_weights(nodes, &list, Reference::Degree, Duplicates::Refuse).unwrap();
    let mut paths = vec![file("fits", "edges.csv", edges)];
    for (t, trajectory) in problem["trajectories"].as_array().unwrap().iter().enumerate() {
        let columns: Vec<Vec<f64>> = trajectory.as_array().unwrap().iter().map(numbers).collect();
        let masses = snapshots_file(&numbers(&problem["times"]), &columns);
        paths.push(file("fits", &format!("masses{t}.csv"), masses));
    }
    (problem, graph, paths)
}

/// Nodes are numbered; floats are written so that they are read back as they were.
fn snapshots_file(times: &[f64], columns: &[Vec<f64>]) -> String {
    let fields = |first: String, rest: Vec<f64>| {
        let rest: Vec<String> = rest.iter().map(f64::to_string).collect();
        format!("{first},{}\n", rest.join(","))
    };
    let mut text = fields("node".into(), times.to_vec());
    for x in 0..columns[0].len() {
        text += &fields(x.to_string(), columns.iter().map(|column| column[x]).collect());
    }
    text
}

#[test]
fn the_flow_loss_finds_the_energy_that_made_the_snapshots() {
    let (problem, graph, paths) = fit_problem();
    let mut arguments: Vec<&str> = paths.iter().map(String::as_str).collect();
    arguments.extend(["--loss", "flow", "--json"]);
    let object = json(&run("learn", &arguments));
    let mut truth = numbers(&problem["potential"]);
    graph.centre(&mut truth);
    let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let learned = numbers(&object["potential"]);
    let miss: Vec<f64> = learned.iter().zip(&truth).map(|(a, b)| a - b).collect();
    assert!(norm(&miss) < 1e-6 * norm(&truth), "{}", norm(&miss) / norm(&truth));
    let ratio = number(&object["entropy"]) / number(&problem["beta"]);
    assert!((ratio - 1.0).abs() < 1e-6, "{ratio}");
    assert_eq!((&object["loss"], &object["converged"]), (&Value::from("flow"), &Value::from(true)));
    assert_eq!(object["unidentified"], Value::Array(vec![]));
    assert!(number(&object["explained"]) > 1.0 - 1e-9);
    assert!(number(&object["baselines"]["heat"]["explained"]) < 0.99);
    assert_eq!(numbers(&object["standard_errors"]["potential"]).len(), truth.len());
}

const COUNTS: &str = "node,0,1,2\na,40,31,26\nb,0,14,16\nc,10,4,7\nd,0,1,6\n";

#[test]
fn counts_are_fitted_by_their_likelihood() {
    let [edges, counts] = files("counts", EDGES, COUNTS);
    let arguments = [&edges, &counts, "--counts", "--terms=entropy", "--forecast", "3,5", "--json"];
    let output = run("learn", &arguments);
    assert!(stderr(&output).is_empty(), "{}", stderr(&output));
    let object = json(&output);

    let list = [(0, 1, 1.0), (1, 2, 1.0), (2, 0, 1.0), (2, 3, 1.0)];
    let graph = Graph::from_weights(4, &list, Reference::Degree, Duplicates::Refuse).unwrap();
    let (times, n) =
        ([0.0, 1.0, 2.0], [[40.0, 0.0, 10.0, 0.0], [31.0, 14.0, 4.0, 1.0], [26.0, 16.0, 7.0, 6.0]]);
    let mut fit = CountFit::new(&graph, &[Term::entropy()], CountFitOptions::default()).unwrap();
    fit.add_trajectory(&times, &n).unwrap();
    let fitted = fit.solve(&Ridge::default(), 1).unwrap();
    assert_close(&[number(&object["entropy"])], &[fitted.estimate().entropy()]);
    let error = number(&object["standard_errors"]["entropy"]);
    assert_close(&[error], fitted.estimate().standard_errors());
    assert_close(&[number(&object["deviance"])], &[fitted.deviance()]);
    assert_eq!(object["degrees_of_freedom"], 5);
    assert_eq!((&object["loss"], &object["pairs"]), (&Value::from("likelihood"), &Value::from(2)));
    let forecast = fitted.forecast(0, &[2.0, 3.0, 5.0], &FlowOptions::default()).unwrap();
    expect_forecast(&object["forecast"], &forecast);

    // at rest the likeliest masses are the frequencies in all counts
    let all: f64 = n.iter().flatten().sum();
    let mut at_rest = 0.0;
    for snapshot in &n {
        let sum: f64 = snapshot.iter().sum();
        for (x, count) in snapshot.iter().enumerate().filter(|(_, count)| **count > 0.0) {
            let pooled = n.iter().map(|snapshot| snapshot[x]).sum::<f64>() / all;
            at_rest += 2.0 * count * (count / (sum * pooled)).ln();
        }
    }
    let explained = 1.0 - fitted.deviance() / at_rest;
    assert_close(&[number(&object["explained"])], &[explained]);
    // entropy is all that was learned, so that a heat flow does as well
    assert_close(&[number(&object["baselines"]["heat"]["explained"])], &[explained]);

    let table = stdout(&run("learn", &arguments[..6]));
    assert!(table.contains("of the deviance in 2 steps") && table.contains("Deviance: "), "{table}");
    assert!(table.contains("at 5") && table.contains("Forecast"), "{table}");
}

/// What the program foretells, without the snapshot from which it starts.
fn expect_forecast(found: &Value, forecast: &Forecast) {
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), forecast.times().len() - 1);
    for (k, at) in found.iter().enumerate() {
        assert_eq!(number(&at["time"]), forecast.times()[k + 1]);
        assert_close(&numbers(&at["mass"]), &forecast.masses()[k + 1]);
        assert_close(&numbers(&at["standard_errors"]), &forecast.standard_errors()[k + 1]);
        assert!((numbers(&at["mass"]).iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
}

#[test]
fn forecasts_start_from_the_last_snapshot() {
    let income = income(Reference::Uniform);
    let (edges, masses) = (data("edges.csv"), data("income.csv"));
    let arguments = [
        &edges,
        &masses,
        "--json",
        "--reference",
        "uniform",
        "--terms",
        "entropy",
        "--forecast",
        "2010,2020",
    ];
    let object = json(&run("learn", &arguments));
    let mut fit = Fit::new(&income.graph, FitOptions::default().with_terms(&[Term::entropy()])).unwrap();
    fit.add_trajectory(&income.times, &income.snapshots, 1).unwrap();
    let fitted = fit.solve(&Ridge::default()).unwrap();
    let (last, times) = (&income.snapshots[80], [2009.0, 2010.0, 2020.0]);
    let forecast = fitted.forecast(last, &times, &FlowOptions::default()).unwrap();
    expect_forecast(&object["forecast"], &forecast);

    let table = stdout(&run("learn", &[&arguments[..2], &arguments[3..]].concat()));
    assert!(table.contains("Forecast for the 10 nodes that change most"), "{table}");
    assert!(table.contains("at 2009") && table.contains("at 2020") && table.contains(" +- "), "{table}");
    let flow = json(&run("learn", &[&arguments[..], &["--loss", "flow"]].concat()));
    assert_eq!(numbers(&flow["forecast"][1]["mass"]).len(), 48);

    // mass that gathers ends up on one node
    let [edges, masses] =
        files("gathers", "source,target\na,b\n", "node,0,1,2\na,0.5,0.51,0.53\nb,0.5,0.49,0.47\n");
    let output = run("learn", &[&edges, &masses, "--terms=entropy", "--forecast=1e9", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    assert!(stderr(&output).contains("there is no forecast"), "{}", stderr(&output));
    let object: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(number(&object["entropy"]) < 0.0 && object["forecast"].is_null());
    assert!(object.as_object().unwrap().contains_key("forecast"));
}

/// The README's claim about 1990 to 2009, foretold from 1929 to 1989.
#[test]
fn forecasts_of_income_are_worth_little() {
    let income = income(Reference::Uniform);
    let early: String = rows(&data("income.csv")).iter().map(|row| row[..62].join(",") + "\n").collect();
    let early = file("early", "early.csv", early);
    let years: Vec<String> = (1990..2010).map(|year| year.to_string()).collect();
    let hellinger = |mu: &[f64], nu: &[f64]| {
        let square = |(a, b): (&f64, &f64)| (a.sqrt() - b.sqrt()).powi(2);
        (0.5 * mu.iter().zip(nu).map(square).sum::<f64>()).sqrt()
    };
    let mean = |miss: &dyn Fn(usize) -> f64| (0..20).map(miss).sum::<f64>() / 20.0;
    let miss = |more: &[&str]| {
        let arguments = [
            &data("edges.csv"),
            &early,
            "--reference=uniform",
            "--json",
            "--forecast",
            &years.join(","),
        ];
        let object = json(&run("learn", &[&arguments[..], more].concat()));
        mean(&|k| hellinger(&numbers(&object["forecast"][k]["mass"]), &income.snapshots[61 + k]))
    };
    let persistence = mean(&|k| hellinger(&income.snapshots[60], &income.snapshots[61 + k]));
    assert_eq!(format!("{persistence:.4}"), "0.0161");
    assert_eq!(format!("{:.4}", miss(&["--cross-validate"])), "0.0155");
    assert_eq!(format!("{:.4}", miss(&["--terms", "entropy"])), "0.0181");
}

#[test]
fn empty_nodes_are_mixed_or_left_out_on_demand() {
    let empty = "node,0,1,2\na,0.4,0.35,0.31\nb,0.4,0.35,0.3\nc,0.2,0.3,0.34\nd,0,0,0.05\n";
    let [edges, masses] = files("zeros", EDGES, empty);
    let columns = [[0.4, 0.4, 0.2, 0.0], [0.35, 0.35, 0.3, 0.0], [0.31, 0.3, 0.34, 0.05]];
    let list = [(0, 1, 1.0), (1, 2, 1.0), (2, 0, 1.0), (2, 3, 1.0)];
    let graph = Graph::from_weights(4, &list, Reference::Degree, Duplicates::Refuse).unwrap();
    for (option, zeros) in
        [("mix", Zeros::Mix(1e-3)), ("mix:0.05", Zeros::Mix(0.05)), ("leave-out", Zeros::LeaveOut)]
    {
        let object =
            json(&run("learn", &[&edges, &masses, "--zeros", option, "--terms", "entropy", "--json"]));
        let options = FitOptions::default().with_terms(&[Term::entropy()]).with_zeros(zeros);
        let mut fit = Fit::new(&graph, options).unwrap();
        fit.add_trajectory(&[0.0, 1.0, 2.0], &columns, 1).unwrap();
        let fitted = fit.solve(&Ridge::default()).unwrap();
        assert_close(&[number(&object["entropy"])], &[fitted.entropy()]);
    }
    let flow = ["--loss=flow", "--zeros=mix:0.05", "--terms=entropy", "--json", "--forecast=4"];
    let object = json(&run("learn", &[&[edges.as_str(), &masses][..], &flow].concat()));
    assert!(number(&object["entropy"]) > 0.0 && numbers(&object["forecast"][0]["mass"])[3] > 0.0);
    let refused = run("learn", &[&edges, &masses, "--zeros", "refuse"]);
    expect_fault(&refused, "masses.csv:5:2:", "\"d\" is empty in the snapshot at time 0");
    expect_fault(&refused, "masses.csv:5:2:", "--zeros mix or --zeros leave-out");
}

#[test]
fn people_get_tables_and_pictures() {
    let output = run("distance", &[&data("edges.csv"), &data("income.csv")]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("distance") && stdout(&output).lines().count() == 82);

    let plot = file("tables", "plot.svg", "");
    let output = run("learn", &[&data("edges.csv"), &data("income.csv"), "--plot", &plot]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("Entropy coefficient"));
    let picture = std::fs::read_to_string(plot).unwrap();
    assert!(picture.starts_with("<svg") && picture.ends_with("</svg>\n"));
    assert!(picture.contains(">Florida<") && picture.contains("Mass flows towards low potential"));

    for program in ["distance", "learn"] {
        let output = run(program, &["--help"]);
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).contains("usage:"));
    }
}

#[test]
fn few_data_come_with_a_caution() {
    let [edges, masses] = files("caution", "source,target\na,b\n", "node,0,1\na,0.6,0.5\nb,0.4,0.5\n");
    let text = stdout(&run("learn", &[&edges, &masses]));
    assert!(text.contains("2 coefficients from 1 observed changes"), "{text}");
    let text = stdout(&run("learn", &[&data("edges.csv"), &data("income.csv")]));
    assert!(!text.contains("Caution"), "{text}");
}

#[test]
fn labels_in_a_picture_are_escaped() {
    let edges = "source,target\n\"<a & b>\",c\n";
    let masses = "node,0,1,2\n\"<a & b>\",1,2,3\nc,3,2,2\n";
    let [edges, masses] = files("escaped", edges, masses);
    let plot = file("escaped", "plot.svg", "");
    let output = run("learn", &[&edges, &masses, "--plot", &plot]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(std::fs::read_to_string(plot).unwrap().contains("&lt;a &amp; b&gt;"));
}

#[test]
fn odd_but_sound_files_are_read() {
    let [edges, masses] = files("plain", EDGES, MASSES);
    let plain = json(&run("distance", &[&edges, &masses, "--json"]));
    let odd_edges =
        "\u{feff}source,target,weight\r\na,b,1\r\nb,\"c\", 1.0\r\nc , a,1e0\r\n\r\nc,d,1\r\n\r\n\r\n";
    let odd_masses = format!("\u{feff}{}\n\n", MASSES.replace('\n', "\r\n"));
    let [edges, masses] = files("odd", odd_edges, &odd_masses);
    let odd = json(&run("distance", &[&edges, &masses, "--json"]));
    assert_eq!(plain["pairs"][0]["potential_end"], odd["pairs"][0]["potential_end"]);

    let edges = "source,target\n\"Bonn, Rhine\",\"says \"\"hi\"\"\"\n";
    let masses = "node,0,1\n\"Bonn, Rhine\",1,2\n\"says \"\"hi\"\"\",3,3\n";
    let [edges, masses] = files("quoted", edges, masses);
    let object = json(&run("distance", &[&edges, &masses, "--json"]));
    assert_eq!(object["nodes"], Value::from(vec!["Bonn, Rhine", "says \"hi\""]));
}

#[test]
fn a_pair_that_does_not_converge_is_named() {
    let [edges, masses] =
        files("far", EDGES, "node,0,1,2\na,1,1e-30,2e-30\nb,1,1e-20,1e-20\nc,1,1,1\nd,1e-30,1,1\n");
    let output = run("distance", &[&edges, &masses, "--json"]);
    let object: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let all = object["pairs"].as_array().unwrap().iter().all(|pair| pair["converged"] == true);
    assert_eq!(output.status.code(), Some(i32::from(!all)));
    assert_eq!(
        stderr(&output).contains("the pair from 0 to 1 did not converge"),
        object["pairs"][0]["converged"] == false
    );
}

/// A node without mass, which matters only where the graph is good.
const EMPTY: &str = "node,0,1\na,1,0\nb,1,1\nc,1,1\nd,1,1\n";

/// Edges, masses, the file at fault with the place, and a part of the message.
const BAD_FILES: [(&str, &str, &str, &str); 34] = [
    ("", MASSES, "edges.csv:1:1:", "the file is empty"),
    (EDGES, "\n\n", "masses.csv:1:1:", "the file is empty"),
    ("a,b\nb,c\n", MASSES, "edges.csv:1:1:", "\"source\" is due, not \"a\""),
    ("source\na\n", MASSES, "edges.csv:1:2:", "\"target\" is due"),
    ("source,target,w\na,b,1\n", MASSES, "edges.csv:1:3:", "\"weight\" is due"),
    ("source,target,weight,x\na,b,1,1\n", MASSES, "edges.csv:1:4:", "\"x\" is too much"),
    (EDGES, "a,0.4,0.35\nb,0.3,0.3\n", "masses.csv:1:1:", "should begin with \"node\", not \"a\""),
    (EDGES, "node,0,1\n", "masses.csv:1:1:", "no nodes"),
    ("source,target\na,b\nb,Sea\n", MASSES, "edges.csv:3:2:", "unknown node \"Sea\""),
    ("source,target\na,b\n\nbb,c\n", MASSES, "edges.csv:4:1:", "the nearest is \"b\""),
    (EDGES, "node,0,1\na,1,1\nb,1,1\na,1,2\n", "masses.csv:4:1:", "\"a\" was given before, in line 2"),
    (EDGES, "node,0,1\na,1,1\nb,1\n", "masses.csv:3:2:", "the row has 2 fields, but the header has 3"),
    (EDGES, "node,0,1\r\na,1,1\r\n\r\nb,1,2,3\r\n", "masses.csv:4:4:", "the row has 4 fields"),
    ("source,target\na\n", MASSES, "edges.csv:2:1:", "the row has 1 field,"),
    (EDGES, "node,0,1\na,1,one\n", "masses.csv:2:3:", "\"one\" is not a number"),
    (EDGES, "node,0,1\na,1,\n", "masses.csv:2:3:", "a number is missing"),
    (EDGES, "node,0,1\n,1,1\n", "masses.csv:2:1:", "a label is missing"),
    (EDGES, "node,0,1\na,-1,1\n", "masses.csv:2:2:", "-1 is negative"),
    (EDGES, "node,0,1\na,NaN,1\n", "masses.csv:2:2:", "\"NaN\" is not a finite number"),
    (EDGES, "node,0,1\na,1,inf\n", "masses.csv:2:3:", "\"inf\" is not a finite number"),
    (EDGES, "node,0,soon\na,1,1\n", "masses.csv:1:3:", "\"soon\" is not a time"),
    (EDGES, "node,0,inf\na,1,1\n", "masses.csv:1:3:", "\"inf\" is not a time"),
    (EDGES, "node,0,2,1\na,1,1,1\n", "masses.csv:1:4:", "time 1 does not come after 2"),
    (EDGES, "node,0\na,1\n", "masses.csv:1:2:", "1 snapshot, but at least two"),
    (EDGES, "node,0,1\na,1,0\nb,1,0\n", "masses.csv:1:3:", "at time 1 holds no mass"),
    (EDGES, "node,0,1\na,1,1e308\nb,1,1e308\n", "masses.csv:1:3:", "overflows"),
    ("source,target\na,b\nb,c\n", MASSES, "masses.csv:5:1:", "\"d\" has no edge in"),
    ("source,target\na,b\nc,c\n", MASSES, "edges.csv:3:2:", "\"c\" to itself"),
    ("source,target\na,b\nb,c\nb,a\n", MASSES, "edges.csv:4:1:", "was given before, in line 2"),
    ("source,target,weight\na,b,1\nb,c,0\n", MASSES, "edges.csv:3:3:", "0 is not positive"),
    ("source,target,weight\na,b,x\n", MASSES, "edges.csv:2:3:", "\"x\" is not a number"),
    ("source,target\na,b\nc,d\n", MASSES, "edges.csv:2:1:", "2 components"),
    ("source,target\na,b\nc,d\n", EMPTY, "edges.csv:2:1:", "2 components"),
    (EDGES, "node,0,1\na,1,1\nb,1,1\n", "edges.csv:3:2:", "unknown node \"c\""),
];

#[test]
fn a_bad_file_gets_one_line_and_code_2() {
    for (k, (edges, masses, place, message)) in BAD_FILES.iter().enumerate() {
        let [edges, masses] = files(&format!("bad{k}"), edges, masses);
        for program in ["distance", "learn"] {
            expect_fault(&run(program, &[&edges, &masses]), place, message);
        }
    }
}

fn expect_fault(output: &Output, place: &str, message: &str) {
    let text = stderr(output);
    assert!(text.contains(place) && text.contains(message), "wanted {place} ... {message}, got {text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(output.stdout.is_empty());
}

#[test]
fn other_bad_files_get_the_same() {
    let [edges, masses] = files("other", EDGES, MASSES);
    expect_fault(&run("distance", &["nowhere.csv", &masses]), "nowhere.csv:", "cannot be read");
    expect_fault(&run("learn", &[&edges, "nowhere.csv"]), "nowhere.csv:", "cannot be read");
    let latin = file("other", "latin.csv", b"node,0,1\na,1,2\nb,\xe9,1\n");
    expect_fault(&run("learn", &[&edges, &latin]), "latin.csv:3:2:", "not valid UTF-8");

    let parts = "source,target\na,b\nc,d\nd,e\n";
    let five = "node,0,1\na,1,1\nb,1,2\nc,1,1\nd,1,1\ne,1,1\n";
    let [parts, five] = files("parts", parts, five);
    expect_fault(
        &run("learn", &[&parts, &five]),
        "edges.csv:2:1:",
        "the smallest has 2 nodes and holds \"a\"",
    );

    let [edges, empty] = files("empty", EDGES, &MASSES.replace("b,0.3,0.3", "b,0.3,0"));
    let message = "\"b\" is empty in the snapshot at time 1";
    expect_fault(&run("learn", &[&edges, &empty]), "masses.csv:3:3:", message);
    expect_fault(&run("learn", &[&edges, &masses, &empty]), "empty/masses.csv:3:3:", message);

    let more = file("other", "more.csv", "node,0,1\na,1,1\nb,1,1\nc,1,1\nD,1,1\n");
    expect_fault(&run("learn", &[&edges, &masses, &more]), "more.csv:5:1:", "unknown node \"D\"");
    let fewer = file("other", "fewer.csv", "node,0,1\na,1,1\nb,1,1\nd,1,1\n");
    expect_fault(&run("learn", &[&edges, &masses, &fewer]), "fewer.csv:1:1:", "node \"c\" of");
    let plot = "/nowhere/plot.svg";
    let output = run("learn", &[&edges, &masses, "--plot", plot]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("cannot be written"));
}

#[test]
fn bad_options_get_one_line_and_code_2() {
    let [edges, masses] = files("arguments", EDGES, MASSES);
    for (program, arguments, message) in [
        ("distance", &[][..], "two files are needed"),
        ("distance", &[edges.as_str()], "but 1 came"),
        ("distance", &[&edges, &masses, &masses], "but 3 came"),
        ("distance", &[&edges, &masses, "--ridge", "1"], "unknown option --ridge"),
        ("distance", &[&edges, &masses, "--mean", "median"], "\"median\" is not one of log, geometric"),
        ("distance", &[&edges, &masses, "--mean"], "--mean needs a value"),
        ("distance", &[&edges, &masses, "--json=yes"], "takes no value"),
        (
            "distance",
            &[&edges, &masses, "--tolerance", "0"],
            "--tolerance: \"0\" is not a number between",
        ),
        ("distance", &[&edges, &masses, "--gap", "1"], "--gap: \"1\" is not a number between 0 and 1"),
        ("distance", &[&edges, &masses, "--gap=small"], "--gap: \"small\" is not a number"),
        ("learn", &[&edges], "but 1 came"),
        ("learn", &[&edges, &masses, "--reference", "node"], "not one of degree, uniform"),
        ("learn", &[&edges, &masses, "--terms", "potential,heat"], "\"heat\" is not one of"),
        ("learn", &[&edges, &masses, "--terms", "entropy,entropy"], "named twice"),
        ("learn", &[&edges, &masses, "--terms", "power:2,power:3"], "named twice"),
        ("learn", &[&edges, &masses, "--terms", "power:1"], "power:1: a positive number other than 1"),
        ("learn", &[&edges, &masses, "--terms", "interaction-by-hops"], "a parameter is due"),
        ("learn", &[&edges, &masses, "--terms", "interaction-by-hops:0"], "a number of edges"),
        ("learn", &[&edges, &masses, "--terms", "entropy:2"], "takes no parameter"),
        ("learn", &[&edges, &masses, "--weight", "mass"], "not one of metric, flux"),
        ("learn", &[&edges, &masses, "--loss", "l1"], "not one of symmetric, backward, forward, flow"),
        ("learn", &[&edges, &masses, "--counts", "--loss", "flow"], "leave --loss out"),
        ("learn", &[&edges, &masses, "--counts", "--zeros", "mix"], "leave --zeros out"),
        ("learn", &[&edges, &masses, "--counts", "--weight", "flux"], "--weight belongs to the losses"),
        ("learn", &[&edges, &masses, "--counts", "--cross-validate"], "not to --counts"),
        ("learn", &[&edges, &masses, "--loss=flow", "--cross-validate"], "not to --loss flow"),
        ("learn", &[&edges, &masses, "--noise", "sandwich"], "--noise belongs to --loss flow"),
        ("learn", &[&edges, &masses, "--loss=flow", "--noise", "blocks:0"], "not a number of steps"),
        (
            "learn",
            &[&edges, &masses, "--loss=flow", "--zeros=leave-out"],
            "--zeros leave-out belongs to",
        ),
        ("learn", &[&edges, &masses, "--counts"], "0.4 is not a count"),
        ("learn", &[&edges, &masses, "--zeros", "drop"], "not one of refuse, mix:S, leave-out"),
        ("learn", &[&edges, &masses, "--zeros", "mix:1"], "\"1\" is not a number between 0 and 1"),
        ("learn", &[&edges, &masses, "--forecast", "soon"], "--forecast: \"soon\" is not a time"),
        ("learn", &[&edges, &masses, "--forecast", "4,3"], "time 3 does not come after 4"),
        ("learn", &[&edges, &masses, "--forecast", "2"], "does not come after 2, the last snapshot of"),
        ("learn", &[&edges, &masses, "--ridge", "-1"], "not a non-negative number"),
        ("learn", &[&edges, &masses, "--ridge", "NaN"], "not a non-negative number"),
        ("learn", &[&edges, &masses, "-x"], "unknown option -x"),
        ("learn", &[&edges, &masses, "--plot", &masses], "is an input and would be overwritten"),
        ("learn", &[&edges, &masses, "--plot", &edges], "is an input and would be overwritten"),
    ] {
        expect_fault(&run(program, arguments), "", message);
    }
}
