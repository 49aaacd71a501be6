//! The binding for MATLAB and Octave: it compiles, its own tests pass in Octave, and Ctrl-C ends a call.
#![cfg(target_os = "linux")]

mod native;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use native::{root, scratch, static_library, tool};

fn binding() -> PathBuf {
    root().join("bindings/matlab")
}

/// Whether Octave and its compiler are there.
fn octave_is_there() -> bool {
    let tests = "the tests of bindings/matlab";
    tool("octave-cli", tests) && tool("mkoctfile", tests)
}

/// Octave with a program, its path set.
fn octave(paths: &[&Path], program: &str) -> Command {
    let mut command = Command::new("octave-cli");
    command.args(["--norc", "--no-history"]).current_dir(scratch("octave"));
    for path in paths {
        command.arg("--path").arg(path);
    }
    command.arg("--eval").arg(program);
    command
}

/// What a program of Octave printed; its exit code says whether it succeeded, its standard error does not.
fn succeed(mut command: Command) -> String {
    let output = command.output().expect("octave-cli runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    text
}

/// The directory of the MEX file, which is compiled once.
fn mex_directory() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let directory = scratch("mex");
        let program = format!("build('{}', '{}')", directory.display(), static_library().display());
        succeed(octave(&[&binding()], &program));
        directory
    })
}

#[test]
fn tests_in_octave_pass() {
    if octave_is_there() {
        let tests = binding().join("tests");
        let text = succeed(octave(&[&binding(), mex_directory(), &tests], "run_tests"));
        let count = fs::read_dir(&tests)
            .expect("tests")
            .filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().starts_with("test_"))
            .count();
        assert!(text.ends_with(&format!("all {count} passed\n")), "{text}");
    }
}

#[test]
fn mex_file_shows_only_its_entry() {
    if octave_is_there() {
        let file = mex_directory().join("jkoflow_mex.mex");
        let output = Command::new("nm").args(["-D", "--defined-only"]).arg(file).output().expect("nm");
        let text = String::from_utf8_lossy(&output.stdout);
        let symbols: Vec<_> = text.lines().filter_map(|line| line.split(' ').nth(2)).collect();
        assert_eq!(symbols, ["mexFunction"]);
    }
}

/// Sends SIGINT during a call that would take a minute; Octave has to clean up, and to stop without
/// going on.
fn interrupt(call: &str) {
    let program = format!(
        "g = jkoflow.graph('grid', [20 20], 'Reference', 'uniform');
         a = zeros(400, 1); a(1) = 1; b = a(end:-1:1); S = [a b] / 2 + 1 / 800;
         unwind_protect
           disp('working'); fflush(stdout);
           {call};
           disp('went on');
         unwind_protect_cleanup
           printf('handles %d, alive %d\\n', jkoflow.handles(), isstruct(jkoflow.graph_info(g)));
         end_unwind_protect"
    );
    let mut child = octave(&[&binding(), mex_directory()], &program)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("octave-cli runs");
    let mut output = BufReader::new(child.stdout.take().expect("its output"));
    let mut line = String::new();
    output.read_line(&mut line).expect("a line");
    assert_eq!(line, "working\n");
    std::thread::sleep(Duration::from_millis(500));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    let start = Instant::now();
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("text");
    let mut errors = String::new();
    child.stderr.take().expect("its errors").read_to_string(&mut errors).expect("text");
    child.wait().expect("its end");
    assert_eq!(rest, "handles 1, alive 1\n", "{errors}");
    assert!(!errors.contains("fatal"), "{errors}");
    assert!(start.elapsed() < Duration::from_secs(40), "{:?}", start.elapsed());
}

#[test]
fn ctrl_c_ends_a_solve() {
    if octave_is_there() {
        interrupt("jkoflow.geodesic(g, a, b, 'Tolerance', 1e-11, 'TimeLimit', 60)");
    }
}

#[test]
fn ctrl_c_in_a_callback_ends_a_solve() {
    if octave_is_there() {
        let slow = "@(p) any(arrayfun(@(k) k < 0, 1:1e5))";
        interrupt(&format!(
            "jkoflow.geodesic(g, a, b, 'Tolerance', 1e-11, 'TimeLimit', 60, 'Progress', {slow})"
        ));
    }
}

#[test]
fn ctrl_c_ends_a_fit_of_the_flow() {
    if octave_is_there() {
        interrupt("jkoflow.flow_fit(g, 0:1, S, 'Ridge', 0.1, 'Start', [a; 1], 'TimeLimit', 60)");
    }
}

/// The blocks of a language in a text of Markdown, one after the other.
fn blocks(text: &str, language: &str) -> String {
    let begin = format!("```{language}\n");
    text.split(&begin).skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

#[test]
fn readme_tells_what_its_code_finds() {
    if octave_is_there() {
        let text = fs::read_to_string(binding().join("README.md")).expect("README.md");
        let code = blocks(&text, "matlab").replacen("jkoflow.free", "first = learned; jkoflow.free", 1);
        let program = format!(
            "{code}
             assert(all(distances > 0) && numel(distances) == 80 && jkoflow.handles() == 0);
             printf('about %.4f:\\n', first.entropy);
             printf('misses by %.4f, and\\nby %.4f.\\n', misses);
             printf('%d of %d states\\n', held, numel(states));"
        );
        let told = succeed(octave(&[&binding(), mex_directory()], &program));
        assert_eq!(told.lines().count(), 4, "{told}");
        for line in told.lines() {
            assert!(text.contains(line), "the README does not say: {line}");
        }
    }
}

#[test]
fn every_function_has_help_and_a_place_in_the_table() {
    let table = fs::read_to_string(binding().join("README.md")).expect("README.md");
    let mut count = 0;
    for file in fs::read_dir(binding().join("+jkoflow")).expect("+jkoflow") {
        let path = file.expect("a file").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("text");
        let help = text.lines().nth(1).expect("a second line");
        assert!(
            help.starts_with(&format!("%{} ", name.to_uppercase())) && help.ends_with('.'),
            "{help}"
        );
        assert!(table.contains(&format!("`{name}`")), "{name} is not in the README");
        count += 1;
    }
    assert!(count > 40);
}
