//! The C boundary: its header, its guard, its structs, and C programs that use it.

use std::fmt::Write as _;
use std::fs;
use std::mem::{align_of, offset_of, size_of};
use std::path::{Path, PathBuf};
use std::process::Command;

use jkoflow::capi::{self, STATUSES};
use jkoflow::{Fit, FitOptions, FlowOptions, FreeEnergy, GeodesicOptions, Graph, Reference, Ridge};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the header opens with.
const INTRODUCTION: &str = "\
jkoflow - geodesics of Maas' discrete transport metric W_K on graphs, and the free energies that
drive snapshots of a process.

A graph is a finite reversible Markov chain with reference measure pi. A distribution is a mass
vector mu >= 0 of length n with sum one, not a density. A geodesic measures the distance between two
of them, a flow simulates a free energy, a fit learns the energy from snapshots.

Linking, on Linux:
  shared:  cc program.c -ljkoflow
  static:  cc program.c libjkoflow.a -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc

Contract on errors
  Functions that can fail return a jko_status: 0 is success; a positive status comes with a usable
  result that is not optimal; a negative status is an error, and then nothing has changed, but that a
  constructor sets its handle to NULL. jko_last_error has the details: argument, index and value. The
  comments name statuses without their prefix JKO_STATUS_; INTERNAL can come from any function, and
  OK is not mentioned. Nothing prints, aborts, exits, touches signals or reads the environment.

  Lengths, indices and numbers are checked, NULL and alignment too. What cannot be checked is the
  caller's promise: a handle came from this library and has not been freed; a pointer points to as
  many elements as the length beside it says, left alone by other threads during the call. Length 0
  allows NULL. Outputs may be the same memory as inputs. Inputs are copied, and handles keep what they
  need of each other, so they may be freed in any order. Every handle is freed once, by its own free
  function, which does nothing for NULL.

Contract on threads
  Any thread may own, use and free a handle. Functions that take a handle as const may run on many
  threads at once. Functions that change a handle take it without const, one at a time: a second one
  returns JKO_STATUS_BUSY. Work happens on the calling thread, unless num_threads above 1 is asked for;
  then the threads end before the call returns, and results are the same to the last bit.

Contract on compatibility
  JKO_ABI_VERSION changes when programs have to be compiled anew, and so does the name of the shared
  library. Otherwise functions, constants, and fields at the end of option structs are only added: an
  init function with sizeof sets the defaults of the program's version, and NULL stands for them.
  A matrix is a pointer, rows, cols and two strides, counted in elements: entry (i, j) is
  data[i * row_stride + j * col_stride], which suits row-major and column-major arrays.";

/// The header as the sources imply it.
fn generated_header() -> String {
    let mut config = cbindgen::Config::from_file(root().join("cbindgen.toml")).expect("cbindgen.toml");
    let mut opening = String::from("/*\n");
    for line in INTRODUCTION.lines() {
        opening.push_str(format!(" * {line}").trim_end());
        opening.push('\n');
    }
    opening.push_str(" *\n * Generated from the sources; do not edit.\n */");
    config.header = Some(opening);

    let mut table = String::from("\n/*\n * Statuses\n *\n");
    for entry in STATUSES {
        let (name, value, text) = (entry.name, entry.value, entry.text.to_str().expect("text"));
        writeln!(table, " * {value:>4}  {:<20} {text}", &name["JKO_STATUS_".len()..]).expect("string");
    }
    table.push_str(" */\n");
    for entry in STATUSES {
        let value = entry.value;
        let literal = if value < 0 { format!("({value})") } else { value.to_string() };
        writeln!(table, "#define {} {literal}", entry.name).expect("string");
    }
    config.after_includes = Some(table);

    // the other files follow from their `mod` lines
    let builder = cbindgen::Builder::new().with_config(config).with_src(root().join("src/capi/mod.rs"));
    let mut bytes = Vec::new();
    builder.generate().expect("the header can be generated").write(&mut bytes);
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn header_is_up_to_date() {
    let path = root().join("include/jkoflow.h");
    let generated = generated_header();
    if std::env::var_os("JKOFLOW_BLESS").is_some() {
        fs::write(&path, &generated).expect("the header can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "include/jkoflow.h differs; renew it with JKOFLOW_BLESS=1 cargo test"
    );
}

#[test]
fn header_documents_every_exported_function() {
    let header = generated_header();
    let functions = exported_functions();
    assert!(functions.len() > 70, "only {} functions", functions.len());
    for (name, _) in functions {
        let at =
            header.find(&format!("{name}(")).unwrap_or_else(|| panic!("{name} is not in the header"));
        let line = header[..at].rfind('\n').expect("a line before");
        assert!(header[..line].ends_with("*/"), "{name} has no comment");
    }
}

/// Name and source text of every exported function.
fn exported_functions() -> Vec<(String, String)> {
    let mut functions = Vec::new();
    for file in fs::read_dir(root().join("src/capi")).expect("src/capi") {
        let source = fs::read_to_string(file.expect("entry").path()).expect("source");
        assert_eq!(source.matches("#[no_mangle]").count(), source.matches("extern \"C\" fn ").count());
        for (at, marker) in source.match_indices("extern \"C\" fn ") {
            let rest = &source[at + marker.len()..];
            let name = rest[..rest.find('(').expect("arguments")].to_string();
            let end = rest.find("\n}\n").expect("end of the function");
            functions.push((name, rest[..end].to_string()));
        }
    }
    functions
}

#[test]
fn every_entry_point_is_guarded_and_nothing_else() {
    for (name, text) in exported_functions() {
        assert!(name.starts_with("jko_"), "{name} has no prefix");
        let body = text[text.find(" {\n").expect("body") + 3..].trim();
        // one expression: the guard around everything
        assert!(body.starts_with("guard(|| ") || body.starts_with("guard_value("), "{name}: {body}");
        assert!(body.ends_with(')'), "{name} goes on after its guard");
        let mut depth = 0;
        for (k, c) in body.char_indices() {
            depth += i32::from("({[".contains(c)) - i32::from(")}]".contains(c));
            assert!(depth > 0 || k + 1 == body.len() || k < body.find('(').unwrap_or(0), "{name}");
        }
    }
}

#[test]
fn the_boundary_has_no_panicking_shortcuts() {
    for file in fs::read_dir(root().join("src/capi")).expect("src/capi") {
        let path = file.expect("entry").path();
        let source = fs::read_to_string(&path).expect("source");
        let code = source.split("#[cfg(test)]").next().unwrap_or("");
        for word in [".unwrap()", ".expect(", "panic!", "unreachable!", "todo!", "println!", "assert!"] {
            assert!(!code.contains(word), "{} uses {word}", path.display());
        }
        let unsafe_places = code.matches("unsafe {").count() + code.matches("unsafe impl").count();
        let reasons = code.matches("// SAFETY:").count();
        assert!(
            reasons >= unsafe_places,
            "{}: {unsafe_places} unsafe, {reasons} reasons",
            path.display()
        );
    }
}

/// Freezes size, offsets and the absence of padding.
macro_rules! frozen {
    ($type:ident, $size:literal, $($field:ident: $kind:ty = $offset:literal),+) => {
        assert_eq!(size_of::<capi::$type>(), $size, stringify!($type));
        assert_eq!(align_of::<capi::$type>(), 8);
        $(assert_eq!(offset_of!(capi::$type, $field), $offset, stringify!($type.$field));)+
        assert_eq!([$(size_of::<$kind>()),+].iter().sum::<usize>(), $size, "padding in {}", stringify!($type));
    };
}

#[test]
#[cfg(target_pointer_width = "64")]
fn structs_keep_their_layout() {
    frozen!(jko_graph_options, 24, struct_size: usize = 0, reference: i32 = 8, duplicates: i32 = 12,
        index_base: i32 = 16, reserved: i32 = 20);
    frozen!(jko_geodesic_options, 32, struct_size: usize = 0, tolerance: f64 = 8,
        max_iterations: i64 = 16, mean: i32 = 24, reserved: i32 = 28);
    frozen!(jko_flow_options, 32, struct_size: usize = 0, tolerance: f64 = 8,
        max_steps: i64 = 16, mean: i32 = 24, reserved: i32 = 28);
    frozen!(jko_fit_options, 40, struct_size: usize = 0, tolerance: f64 = 8, max_iterations: i64 = 16,
        mean: i32 = 24, loss: i32 = 28, terms: i32 = 32, reserved: i32 = 36);
    frozen!(jko_ridge, 24, struct_size: usize = 0, potential: f64 = 8, entropy: f64 = 16);
}

#[test]
fn handles_may_cross_threads() {
    fn shareable<T: Send + Sync>() {}
    shareable::<capi::jko_graph>();
    shareable::<capi::jko_geodesic>();
    shareable::<capi::jko_solver>();
    shareable::<capi::jko_energy>();
    shareable::<capi::jko_flow>();
    shareable::<capi::jko_fit>();
    shareable::<capi::jko_fitted>();
}

#[test]
fn versions_agree() {
    let version =
        format!("{}.{}.{}", capi::JKO_VERSION_MAJOR, capi::JKO_VERSION_MINOR, capi::JKO_VERSION_PATCH);
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    let build = fs::read_to_string(root().join("build.rs")).expect("build.rs");
    assert!(build.contains(&format!("libjkoflow.so.{}", capi::JKO_ABI_VERSION)));
}

/// A place for what a test builds, its own.
fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("capi-{name}"));
    fs::create_dir_all(&directory).expect("a directory for the test");
    directory
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{text}\n{errors}");
    assert!(errors.is_empty(), "{command:?} printed\n{errors}");
    text
}

const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

#[test]
#[cfg(target_os = "linux")]
fn header_compiles_in_every_dialect_and_twice() {
    let directory = scratch("header");
    let source = directory.join("twice.c");
    let text = "#include <jkoflow.h>\n#include <jkoflow.h>\nint main(void) { return JKO_STATUS_OK; }\n";
    fs::write(&source, text).expect("source");
    let dialects = [
        ("cc", "c", ["c99", "c11", "c17"].as_slice()),
        ("c++", "c++", ["c++11", "c++14", "c++17", "c++20"].as_slice()),
    ];
    for (compiler, language, standards) in dialects {
        for standard in standards {
            run(Command::new(compiler)
                .args(["-x", language, "-fsyntax-only", &format!("-std={standard}")])
                .args(WARNINGS)
                .arg("-I")
                .arg(root().join("include"))
                .arg(&source));
        }
    }
}

/// The static library that belongs to this test.
fn static_library() -> PathBuf {
    let deps = std::env::current_exe().expect("test executable");
    let deps = deps.parent().expect("its directory");
    let mut found: Vec<PathBuf> = fs::read_dir(deps)
        .expect("directory")
        .chain(fs::read_dir(deps.join("..")).expect("directory"))
        .map(|entry| entry.expect("entry").path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("libjkoflow") && name.ends_with(".a")
        })
        .collect();
    found.sort_by_key(|path| fs::metadata(path).and_then(|m| m.modified()).ok());
    found.pop().expect("libjkoflow.a beside the test executable")
}

/// Compiles a C99 program against the static library.
fn compile(source: &str) -> PathBuf {
    let name = Path::new(source).file_stem().expect("name");
    let program = scratch(&name.to_string_lossy()).join(name);
    run(Command::new("cc")
        .args(["-std=c99", "-O1", "-g"])
        .args(WARNINGS)
        .arg("-I")
        .arg(root().join("include"))
        .arg(root().join(source))
        .arg(static_library())
        .args(["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc", "-o"])
        .arg(&program));
    program
}

#[test]
#[cfg(target_os = "linux")]
fn boundary_program_succeeds() {
    let text = run(&mut Command::new(compile("tests/c/boundary.c")));
    assert!(text.ends_with("boundary: all checks passed\n"), "{text}");
}

#[test]
#[cfg(target_os = "linux")]
fn quickstart_agrees_with_rust() {
    let text = run(&mut Command::new(compile("examples/c/quickstart.c")));
    let number = |label: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(label)).expect("a line with the label");
        let word = line.split(':').nth(1).expect("a colon").split_whitespace().next().expect("a number");
        word.parse().unwrap_or_else(|_| panic!("{word} is no number"))
    };

    let graph = Graph::cycle(8, Reference::Uniform).expect("graph");
    let hills: Vec<f64> = (0..8).map(|x| 0.25 * f64::from((x * x) % 5) - 0.5).collect();
    let mu0: Vec<f64> = (0..8).map(|x| f64::from(x + 1) / 36.0).collect();
    let times: Vec<f64> = (0..11).map(|k| 0.05 * f64::from(k)).collect();
    let truth = FreeEnergy::new(&graph).with_potential(hills.as_slice()).expect("potential");
    let truth = truth.with_entropy(0.5).expect("entropy");
    let flow = truth.flow(&mu0, &times, &FlowOptions::default()).expect("flow");
    let mut fit = Fit::new(&graph, FitOptions::default()).expect("fit");
    fit.add_trajectory(&times, flow.masses(), 1).expect("trajectory");
    let learned = fit.solve(&Ridge::default()).expect("solution");
    let replay = learned.energy().flow(&mu0, &times, &FlowOptions::default()).expect("flow");
    let last = flow.masses().last().expect("snapshots");
    let distance = graph.geodesic(&mu0, last, &GeodesicOptions::default()).expect("geodesic").distance();
    let miss = last.iter().zip(replay.masses().last().expect("snapshots"));
    let miss = miss.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);

    let same = |label: &str, expected: f64| {
        let found = number(label);
        assert!(
            (found - expected).abs() <= 1e-9 * expected.abs().max(1e-3),
            "{label} {found} {expected}"
        );
    };
    same("distance", distance);
    same("entropy", learned.entropy());
    same("explained", learned.explained());
    same("largest miss", miss);
}
