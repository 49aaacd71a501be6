//! The C boundary: its header, its guard, its structs, and C programs that use it.

mod native;

use std::fs;
use std::mem::{align_of, offset_of, size_of};
use std::process::Command;

use jkoflow::capi;
use jkoflow::{Fit, FitOptions, FlowOptions, FreeEnergy, GeodesicOptions, Graph, Reference, Ridge};
use native::{compile, compiler, root, run, scratch, tool, SYSTEM_LIBRARIES, WARNINGS};

#[test]
fn header_documents_every_exported_function() {
    let header = fs::read_to_string(root().join("include/jkoflow.h")).expect("the header");
    let functions = exported_functions();
    assert!(functions.len() > 70, "only {} functions", functions.len());
    for (name, _) in functions {
        // the page before the first declaration has examples
        let page = header.find("*/").expect("an opening comment");
        let at = header[page..].find(&format!("{name}(")).map(|at| page + at);
        let at = at.unwrap_or_else(|| panic!("{name} is not in the header"));
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
        if source.contains("\n#![cfg(test)]\n") {
            continue;
        }
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
    frozen!(jko_geodesic_options, 64, struct_size: usize = 0, tolerance: f64 = 8,
        max_iterations: i64 = 16, mean: i32 = 24, method: i32 = 28,
        cancel: usize = 32, progress: usize = 40, user_data: usize = 48, memory_limit: i64 = 56);
    frozen!(jko_bound_options, 64, struct_size: usize = 0, gap: f64 = 8, first_intervals: i64 = 16,
        max_intervals: i64 = 24,
        cancel: usize = 32, progress: usize = 40, user_data: usize = 48, memory_limit: i64 = 56);
    frozen!(jko_flow_options, 64, struct_size: usize = 0, tolerance: f64 = 8,
        max_steps: i64 = 16, mean: i32 = 24, reserved: i32 = 28,
        cancel: usize = 32, progress: usize = 40, user_data: usize = 48, memory_limit: i64 = 56);
    frozen!(jko_barycentre_options, 64, struct_size: usize = 0, tolerance: f64 = 8,
        max_iterations: i64 = 16, mean: i32 = 24, reserved: i32 = 28,
        cancel: usize = 32, progress: usize = 40, user_data: usize = 48, memory_limit: i64 = 56);
    frozen!(jko_fit_options, 88, struct_size: usize = 0, tolerance: f64 = 8, max_iterations: i64 = 16,
        mean: i32 = 24, loss: i32 = 28, terms: i32 = 32, weight: i32 = 36, zeros: i32 = 40,
        reserved: i32 = 44, zeros_share: f64 = 48, cancel: usize = 56, progress: usize = 64,
        user_data: usize = 72, memory_limit: i64 = 80);
    frozen!(jko_progress, 48, struct_size: usize = 0, iterations: i64 = 8, done: i64 = 16, total: i64 = 24,
        residual: f64 = 32, seconds: f64 = 40);
    frozen!(jko_flow_fit_options, 88, struct_size: usize = 0, tolerance: f64 = 8, max_steps: i64 = 16,
        mixing: f64 = 24, max_iterations: i64 = 32, mean: i32 = 40, noise: i32 = 44,
        cancel: usize = 48, progress: usize = 56, user_data: usize = 64, memory_limit: i64 = 72,
        noise_block: i64 = 80);
    frozen!(jko_count_fit_options, 80, struct_size: usize = 0, tolerance: f64 = 8, max_steps: i64 = 16,
        pseudo_counts: f64 = 24, max_iterations: i64 = 32, mean: i32 = 40, reserved: i32 = 44,
        cancel: usize = 48, progress: usize = 56, user_data: usize = 64, memory_limit: i64 = 72);
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
    shareable::<capi::jko_terms>();
    shareable::<capi::jko_snapshot_loss>();
    shareable::<capi::jko_cancel_token>();
    shareable::<capi::jko_flow_fit>();
    shareable::<capi::jko_flow_fitted>();
    shareable::<capi::jko_count_fit>();
    shareable::<capi::jko_count_fitted>();
    shareable::<capi::jko_estimate>();
    shareable::<capi::jko_forecast>();
}

#[test]
fn versions_agree() {
    let version =
        format!("{}.{}.{}", capi::JKO_VERSION_MAJOR, capi::JKO_VERSION_MINOR, capi::JKO_VERSION_PATCH);
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    let build = fs::read_to_string(root().join("build.rs")).expect("build.rs");
    assert!(build.contains(&format!("libjkoflow.so.{}", capi::JKO_ABI_VERSION)));
}

#[test]
#[cfg(target_os = "linux")]
fn header_compiles_in_every_dialect_and_twice() {
    let directory = scratch("header");
    let source = directory.join("twice.c");
    let text = "#include <jkoflow.h>\n#include <jkoflow.h>\nint main(void) { return JKO_STATUS_OK; }\n";
    fs::write(&source, text).expect("source");
    let dialects = [
        (false, "c", ["c99", "c11", "c17"].as_slice()),
        (true, "c++", ["c++11", "c++14", "c++17", "c++20"].as_slice()),
    ];
    for (cpp, language, standards) in dialects {
        if cpp && !tool("c++", "the header in C++") {
            continue;
        }
        for standard in standards {
            run(compiler(cpp)
                .args(["-x", language, "-fsyntax-only", &format!("-std={standard}")])
                .args(WARNINGS)
                .arg("-I")
                .arg(root().join("include"))
                .arg(&source));
        }
    }
}

/// Runs a C program of `tests/c`, which says that all its checks have passed.
#[cfg(target_os = "linux")]
fn passes(name: &str, arguments: &[&std::ffi::OsStr]) {
    let text = run(Command::new(compile(&format!("tests/c/{name}.c"))).args(arguments));
    assert!(text.ends_with(&format!("{name}: all checks passed\n")), "{text}");
}

#[test]
#[cfg(target_os = "linux")]
fn boundary_program_succeeds() {
    passes("boundary", &[]);
}

#[test]
#[cfg(target_os = "linux")]
fn geometry_program_succeeds() {
    passes("geometry", &[]);
}

#[test]
#[cfg(target_os = "linux")]
fn terms_program_succeeds() {
    let text = run(&mut Command::new(compile("tests/c/terms.c")));
    assert!(text.ends_with("terms: all checks passed\n"), "{text}");
}

#[test]
#[cfg(target_os = "linux")]
fn options_program_succeeds() {
    passes("options", &[]);
}

#[test]
#[cfg(target_os = "linux")]
fn watch_program_succeeds() {
    passes("watch", &[]);
}

#[test]
#[cfg(target_os = "linux")]
fn memory_program_succeeds() {
    passes("memory", &[]);
}

#[test]
#[cfg(target_os = "linux")]
fn threads_program_succeeds() {
    passes("threads", &[]);
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn memory_does_not_grow_over_ten_thousand_solves() {
    // what a thread keeps for its next allocations would count as in use
    let tunables = "glibc.malloc.tcache_count=0";
    let text = run(Command::new(compile("tests/c/loop.c")).env("GLIBC_TUNABLES", tunables));
    assert!(text.ends_with("loop: all checks passed\n"), "{text}");
}

#[test]
#[cfg(target_os = "linux")]
fn the_shared_library_comes_and_goes() {
    passes("reload", &[native::shared_library().as_os_str()]);
}

/// The table of options knows every field that the header has, by its name and in its order.
#[test]
fn options_are_those_of_the_header() {
    let header = fs::read_to_string(root().join("include/jkoflow.h")).expect("the header");
    let groups: Vec<&str> =
        header.match_indices("#define JKO_OPTIONS_").map(|(at, _)| &header[at..]).collect();
    assert_eq!(groups.len(), 9);
    for (group, rest) in (0..).zip(groups) {
        let number = rest.split_whitespace().nth(2).expect("a number");
        assert_eq!(number, group.to_string());
        let before = &header[..header.len() - rest.len()];
        let name = before.rsplit("The struct `").next().and_then(|rest| rest.split('`').next());
        let name = name.expect("the struct's name");
        let before = header.split(&format!("}} {name};")).next().expect("the struct");
        let body = before.rsplit("typedef struct").next().expect("its fields");
        let fields = body.lines().filter(|line| line.ends_with(';')).map(|line| {
            let field = line.trim_end_matches(';').rsplit([' ', '*']).next().expect("a field");
            field.to_string()
        });
        let expected: Vec<String> =
            fields.filter(|field| field != "struct_size" && field != "reserved").collect();
        let listed: Vec<String> = (0..capi::jko_options_count(group))
            .map(|k| {
                // SAFETY: static text that ends in NUL.
                let text = unsafe { std::ffi::CStr::from_ptr(capi::jko_options_name(group, k)) };
                text.to_str().expect("UTF-8").to_string()
            })
            .collect();
        assert_eq!(listed, expected, "{name}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn flow_fits_program_succeeds() {
    passes("flow_fits", &[]);
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
    let replay =
        learned.energy().expect("an energy").flow(&mu0, &times, &FlowOptions::default()).expect("flow");
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

/// The README's snippet is compiled as it stands, with the README's link line, and runs.
#[test]
#[cfg(target_os = "linux")]
fn readme_snippet_runs() {
    let readme = fs::read_to_string(root().join("README.md")).expect("README");
    let snippet = readme.split("```c\n").nth(1).and_then(|rest| rest.split("```").next());
    let source = scratch("readme-source").join("snippet.c");
    fs::write(&source, snippet.expect("a C snippet")).expect("source");
    let text = run(&mut Command::new(compile(&source.to_string_lossy())));
    let distance = Graph::cycle(4, Reference::Uniform)
        .and_then(|g| g.geodesic(&[0.4, 0.3, 0.2, 0.1], &[0.25; 4], &GeodesicOptions::default()))
        .expect("geodesic")
        .distance();
    assert!(text.starts_with(&format!("success: distance {distance:.9}, relative")), "{text}");
    assert!(readme.contains(&SYSTEM_LIBRARIES.join(" ")), "the README's link line differs");
}
