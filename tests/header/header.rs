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
const INTRODUCTION: &str = include_str!("introduction.txt");

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

/// The header's first page names what there is, and its program is the README's.
#[test]
fn introduction_is_true() {
    let header = generated_header();
    let declarations = &header[header.find("#ifndef JKOFLOW_H").expect("the guard")..];
    let words = INTRODUCTION.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let mut functions = 0;
    for word in words.filter(|word| word.starts_with("jko_")) {
        let known = [format!("{word}("), format!("*{word})"), format!("{word};"), format!("{word} *")];
        assert!(known.iter().any(|text| declarations.contains(text.as_str())), "there is no {word}");
        functions += 1;
    }
    assert!(functions > 30);
    let readme = fs::read_to_string(root().join("README.md")).expect("README");
    let program = INTRODUCTION.split("A complete program").nth(1).expect("a program");
    let program = program.split("\n\n").next().expect("its end");
    for line in program.lines().filter(|line| line.ends_with(';') && !line.contains("printf")) {
        assert!(readme.contains(line.trim()), "{line} is not in the README's program");
    }
}
