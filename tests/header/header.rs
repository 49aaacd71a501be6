//! `include/jkoflow.h` is what cbindgen makes of the sources. In a package of its own, so that nobody
//! compiles cbindgen to run an example.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use jkoflow::capi::STATUSES;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
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
  OK is not mentioned. Nothing prints, exits, touches signals or reads the environment; nothing aborts,
  unless memory runs out in the middle of a computation.

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

Contract on stopping
  Options have a cancel token, which any thread or signal handler may set, and a progress callback, which is
  called on the calling thread. Both stop long work: it asks within every iteration, and returns
  JKO_STATUS_CANCELLED with the best it has. Where it has nothing yet, outputs are untouched and the handle
  of a constructor is NULL.

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
