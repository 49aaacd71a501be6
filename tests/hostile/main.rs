//! Every function of the header, called with every pointer NULL, every length wrong by one, and NaN and
//! infinity in every array: by a C program that is generated from the header.
//!
//! The generator knows good arguments by their names; each function is first called with them and must
//! succeed. Then one argument at a time is made bad, and the call must be refused, with outputs as they were
//! and handles NULL. What may be NULL, and lengths that any number suits, are listed.
#![cfg(target_os = "linux")]

mod arguments;
#[path = "../native/mod.rs"]
mod native;

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use arguments::{FREE, GOOD, LATE, OPTIONAL};
use native::{compile, root, run, scratch};

/// A parameter as the header declares it.
struct Parameter {
    /// Type without the name, such as `const double *`.
    kind: String,
    name: String,
}

struct Function {
    name: String,
    returns: String,
    parameters: Vec<Parameter>,
}

/// All functions that the header declares.
fn functions() -> Vec<Function> {
    let header = fs::read_to_string(root().join("include/jkoflow.h")).expect("the header");
    let body = header.split("extern \"C\" {").nth(1).expect("declarations");
    let mut plain = String::new();
    for line in body.lines() {
        let line = line.trim();
        if !line.starts_with(['/', '*', '#']) {
            plain.push_str(line);
            plain.push(' ');
        }
    }
    plain.split(';').filter_map(function).collect()
}

fn function(declaration: &str) -> Option<Function> {
    let (head, rest) = declaration.split_once('(')?;
    let at = head.rfind("jko_")?;
    let name = head[at..].to_string();
    let parameter = |text: &str| {
        let text = text.trim();
        let at = text.rfind([' ', '*']).map_or(0, |at| at + 1);
        Parameter { kind: text[..at].trim().into(), name: text[at..].into() }
    };
    let parameters = rest.trim_end().trim_end_matches(')');
    let parameters = match parameters {
        "void" => Vec::new(),
        _ => parameters.split(',').map(parameter).collect(),
    };
    Some(Function { name, returns: head[..at].trim().into(), parameters })
}

fn lookup<'a>(table: &[(&str, &'a str)], function: &str, name: &str) -> Option<&'a str> {
    let full = format!("{function}.{name}");
    let find = |key: &str| table.iter().find(|(k, _)| *k == key).map(|(_, value)| *value);
    find(&full).or_else(|| find(name))
}

fn listed(list: &[&str], function: &str, name: &str) -> bool {
    list.contains(&name) || list.contains(&format!("{function}.{name}").as_str())
}

/// How an argument is passed: the expression, and what to do around the call.
enum Argument {
    /// An input array of so many entries.
    Input { entries: usize },
    /// An output array, or a single value.
    Output,
    /// Where a constructor puts its handle.
    Slot,
    /// Anything else.
    Plain(String),
}

fn argument(f: &Function, p: &Parameter) -> Argument {
    let by_name = f.name.starts_with("jko_options_") || f.name.ends_with("_init");
    match (p.kind.as_str(), p.name.as_str()) {
        (kind, _) if kind.ends_with("**") => return Argument::Slot,
        (_, "options" | "ridge") if by_name => return Argument::Plain(format!("({})&room", p.kind)),
        (_, "size") => return Argument::Plain("sizeof(jko_geodesic_options)".into()),
        _ => {}
    }
    let good = lookup(GOOD, &f.name, &p.name);
    match good {
        Some("out") => Argument::Output,
        Some(text) if text.starts_with('{') => {
            Argument::Input { entries: text.matches(',').count() + 1 }
        }
        Some(text) if text.contains(" of ") => {
            let entries = text.split(' ').next().and_then(|word| word.parse().ok()).expect("a number");
            Argument::Input { entries }
        }
        Some(text) => Argument::Plain(text.into()),
        None if p.kind.ends_with('*') => Argument::Output,
        None if p.name.ends_with("_len") => {
            let array = p.name.trim_end_matches("_len");
            let input = f.parameters.iter().find(|q| q.name == array).map(|q| argument(f, q));
            match input {
                Some(Argument::Input { entries }) => Argument::Plain(entries.to_string()),
                _ => Argument::Plain("4".into()),
            }
        }
        None => Argument::Plain("0".into()),
    }
}

const NOT_FINITE: [&str; 3] = ["NAN", "INFINITY", "-INFINITY"];

/// How many entries a function may write to an output, where that is one number: its length, or one where there is
/// none. Matrices and texts have more than one number.
fn entries_of_output(f: &Function, name: &str) -> Option<String> {
    let length = f.parameters.iter().find(|p| p.name == format!("{name}_len"));
    match length.map(|p| argument(f, p)) {
        Some(Argument::Plain(len)) => Some(len),
        Some(_) => None,
        None => {
            let shaped = |p: &Parameter| p.name.ends_with("row_stride") || p.name == "capacity";
            (!f.parameters.iter().any(shaped)).then(|| "1".to_string())
        }
    }
}

/// The checks of one function.
fn checks(f: &Function) -> String {
    let mut text = format!("static void check_{}(void) {{\n", f.name);
    let (mut reset, mut untouched, mut release) = (String::new(), String::new(), String::new());
    let mut behind = String::new();
    let mut expressions = Vec::new();
    for p in &f.parameters {
        let name = &p.name;
        match argument(f, p) {
            Argument::Plain(expression) => expressions.push(expression),
            Argument::Slot => {
                let kind = p.kind.trim_end_matches('*').trim();
                writeln!(text, "    {kind} *at_{name} = NULL;").expect("text");
                writeln!(reset, "    at_{name} = ({kind} *)&room;").expect("text");
                writeln!(untouched, "    EXPECT(at_{name} == NULL || at_{name} == ({kind} *)&room);")
                    .expect("text");
                writeln!(release, "    if (at_{name} != ({kind} *)&room) {kind}_free(at_{name});")
                    .expect("text");
                expressions.push(format!("&at_{name}"));
            }
            Argument::Input { .. } => {
                let kind = p.kind.trim_start_matches("const ").trim_end_matches('*').trim();
                let good = lookup(GOOD, &f.name, name).expect("good values");
                // room behind for a length that is one too large
                writeln!(text, "    {kind} at_{name}[32];").expect("text");
                let from = match good.split_once(" of ") {
                    Some((_, computed)) => computed.to_string(),
                    None => {
                        writeln!(text, "    static const {kind} good_{name}[32] = {good};")
                            .expect("text");
                        format!("good_{name}")
                    }
                };
                writeln!(reset, "    memcpy(at_{name}, {from}, sizeof at_{name});").expect("text");
                expressions.push(format!("at_{name}"));
            }
            Argument::Output => {
                let kind = p.kind.trim_end_matches('*').trim();
                writeln!(text, "    {kind} at_{name}[32];").expect("text");
                writeln!(reset, "    memset(at_{name}, 0x5a, sizeof at_{name});").expect("text");
                writeln!(untouched, "    EXPECT(untouched(at_{name}, sizeof at_{name}));")
                    .expect("text");
                if let Some(len) = entries_of_output(f, name) {
                    let size = format!("sizeof at_{name} - {len} * sizeof *at_{name}");
                    writeln!(behind, "    EXPECT(untouched(at_{name} + {len}, {size}));").expect("text");
                }
                expressions.push(format!("at_{name}"));
            }
        }
    }
    reset.push_str("    jko_geodesic_options_init(&room.options, sizeof room.options);\n");
    let call = |changed: usize, expression: &str| {
        let arguments: Vec<&str> = expressions
            .iter()
            .enumerate()
            .map(|(k, e)| if k == changed { expression } else { e.as_str() })
            .collect();
        format!("{}({})", f.name, arguments.join(", "))
    };
    let has_status = f.returns == "jko_status";
    let mut attempt = |before: &str, call: String, expected: &str| {
        text.push_str(&reset);
        text.push_str(before);
        if has_status {
            writeln!(text, "    STATUS({call}, {expected});").expect("text");
            if expected != "status >= 0" && expected != "1" {
                text.push_str(&untouched);
            }
            text.push_str(&behind);
            text.push_str(&release);
        } else {
            // nothing to check but that it returns
            writeln!(text, "    (void){call};\n    calls++;").expect("text");
        }
    };
    if !f.name.ends_with("_free") {
        attempt("", call(usize::MAX, ""), "status >= 0");
    }
    for (k, p) in f.parameters.iter().enumerate() {
        let by_name = f.name.starts_with("jko_options_") || f.name.ends_with("_init");
        let optional = listed(OPTIONAL, &f.name, &p.name) && !by_name;
        let name = &p.name;
        if p.kind.ends_with('*') && !(f.name == "jko_options_set_pointer" && name == "value") {
            let expected = if optional { "status >= 0" } else { "status == JKO_STATUS_NULL_POINTER" };
            attempt("", call(k, "NULL"), expected);
        }
        if !has_status {
            continue;
        }
        let is_length =
            name.ends_with("_len") || name.ends_with("rows") || name == "cols" || name == "size";
        if is_length && !listed(FREE, &f.name, name) {
            for change in ["+ 1", "- 1"] {
                attempt("", call(k, &format!("{} {change}", expressions[k])), "status < 0");
            }
            attempt("", call(k, "SIZE_MAX"), "status < 0");
            attempt("", call(k, "SIZE_MAX / 8"), "status < 0");
        }
        let late = listed(LATE, &f.name, name);
        let refused = if late { "status >= 0" } else { "status < 0" };
        if let Argument::Input { entries } = argument(f, p) {
            let values: &[&str] = match p.kind.as_str() {
                "const double *" => &NOT_FINITE,
                "const int64_t *" => &["-1", "1000", "INT64_MAX", "INT64_MIN"],
                "const int32_t *" => &["-1", "1000", "INT32_MAX", "INT32_MIN"],
                _ => &[],
            };
            for entry in 0..entries {
                for bad in values {
                    let before = format!("    at_{name}[{entry}] = {bad};\n");
                    attempt(&before, call(usize::MAX, ""), refused);
                }
            }
        }
        if p.kind == "double" {
            for bad in NOT_FINITE {
                attempt("", call(k, bad), refused);
            }
        }
        if p.kind == "int64_t" {
            for bad in ["-1", "INT64_MIN"] {
                attempt("", call(k, bad), "status < 0");
            }
        }
        if p.kind == "int32_t" && name != "periodic" && name != "positive" {
            for bad in ["-1", "1000000", "INT32_MIN", "INT32_MAX"] {
                // there may be as many threads as jobs
                let many = name == "num_threads" && !bad.contains('-') && !bad.contains("MIN");
                attempt("", call(k, bad), if many { "status >= 0" } else { "status < 0" });
            }
        }
    }
    text.push_str("}\n\n");
    text
}

const PROLOGUE: &str = include_str!("prologue.c");

#[test]
fn bad_arguments_are_refused() {
    let functions = functions();
    let mut text = String::from(PROLOGUE);
    for function in &functions {
        text.push_str(&checks(function));
    }
    text.push_str("int main(void) {\n    set_up();\n    found_later();\n");
    for function in &functions {
        writeln!(text, "    check_{}();", function.name).expect("text");
    }
    text.push_str(
        "    tear_down();\n    printf(\"%d calls\\n\", calls);\n    return failures != 0;\n}\n",
    );
    let source = scratch("hostile-source").join("hostile.c");
    fs::write(&source, text).expect("source");
    let output = run(&mut Command::new(compile(&source.to_string_lossy())));
    let calls: usize = output.split(' ').next().and_then(|word| word.parse().ok()).expect("a number");
    assert!(functions.len() > 150 && calls > 1000, "{} functions, {output}", functions.len());
}
