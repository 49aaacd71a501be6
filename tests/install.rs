//! The installed library: what lies where, under which names, and whether programs find it.
#![cfg(target_os = "linux")]

mod native;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use native::{
    compiler, library, root, run, scratch, shared_library, succeed, tool, SYSTEM_LIBRARIES, WARNINGS,
};

fn installer() -> Command {
    let mut command = Command::new(root().join("install.sh"));
    command.env_remove("DESTDIR");
    command
}

/// Every file below a directory, relative to it.
fn files(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).expect("directory") {
            let path = entry.expect("entry").path();
            if path.is_dir() && !path.is_symlink() {
                open.push(path);
            } else {
                let relative = path.strip_prefix(directory).expect("below");
                found.push(relative.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn programs_find_what_is_installed() {
    let place = scratch("install");
    fs::remove_dir_all(&place).expect("an empty place");
    let (first, prefix) = (place.join("first"), place.join("prefix"));
    let library = shared_library();
    let built = library.parent().expect("its directory");
    run(installer().arg("--built").arg(built).arg(&first));
    let mut expected = [
        "include/jkoflow.h",
        "include/jkoflow.hpp",
        "lib/cmake/jkoflow/jkoflowConfig.cmake",
        "lib/cmake/jkoflow/jkoflowConfigVersion.cmake",
        "lib/libjkoflow.a",
        "lib/libjkoflow.so",
        "lib/libjkoflow.so.0",
        "lib/libjkoflow.so.0.1.0",
        "lib/pkgconfig/jkoflow-static.pc",
        "lib/pkgconfig/jkoflow.pc",
        "share/jkoflow/installed",
    ]
    .map(String::from)
    .to_vec();
    let cpp = files(&root().join("bindings/cpp/jkoflow"));
    expected.extend(cpp.iter().map(|header| format!("include/jkoflow/{header}")));
    expected.sort();
    assert_eq!(files(&first), expected);

    // the tree may be moved
    fs::rename(&first, &prefix).expect("moved");
    by_pkg_config(&place, &prefix);
    by_cmake(&place, &prefix);

    // a file of somebody else stays, all others go
    fs::write(prefix.join("include/other.h"), "").expect("written");
    run(installer().arg("--uninstall").arg(&prefix));
    assert_eq!(files(&prefix), ["include/other.h"]);
    assert!(!prefix.join("lib").exists());
    let again = installer().arg("--uninstall").arg(&prefix).output().expect("run");
    assert!(!again.status.success(), "there is nothing left to uninstall");
}

/// A program that is built against what is installed.
struct Consumer {
    /// What ends the name of a variable in `tests/install/CMakeLists.txt`.
    language: &'static str,
    standard: &'static str,
    source: &'static str,
    /// What it prints among other things; the quickstart's own numbers are checked elsewhere.
    says: &'static str,
}

const CONSUMERS: [Consumer; 2] = [
    Consumer {
        language: "c",
        standard: "c99",
        source: "examples/c/quickstart.c",
        says: "explained share of motion:    0.99",
    },
    Consumer {
        language: "cpp",
        standard: "c++17",
        source: "tests/install/consumer.cpp",
        says: "learned and foretold",
    },
];

impl Consumer {
    fn works(&self, program: &mut Command) {
        let text = run(program);
        assert!(text.contains(self.says), "{text}");
    }

    /// A shared consumer runs only where it finds the library by its name for the loader.
    fn needs_the_library(&self, program: &Path, prefix: &Path) {
        let alone = Command::new(program).env_remove("LD_LIBRARY_PATH").output().expect("run");
        let errors = String::from_utf8_lossy(&alone.stderr).into_owned();
        assert!(errors.contains("libjkoflow.so.0: cannot open"), "{errors}");
        self.works(Command::new(program).env("LD_LIBRARY_PATH", prefix.join("lib")));
    }
}

fn by_pkg_config(place: &Path, prefix: &Path) {
    if !tool("pkg-config", "consumers through pkg-config") {
        return;
    }
    let flags = |package: &str, question: &[&str]| -> Vec<String> {
        let text = run(Command::new("pkg-config")
            .args(question)
            .arg(package)
            .env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")));
        text.split_whitespace().map(String::from).collect()
    };
    for consumer in &CONSUMERS {
        let cpp = consumer.language == "cpp";
        if cpp && !tool("c++", "consumers in C++ through pkg-config") {
            continue;
        }
        let build = |package: &str| -> PathBuf {
            let program = place.join(format!("{package}-{}", consumer.language));
            run(compiler(cpp)
                .arg(format!("-std={}", consumer.standard))
                .args(WARNINGS)
                .args(flags(package, &["--cflags"]))
                .arg(root().join(consumer.source))
                .args(flags(package, &["--libs"]))
                .arg("-o")
                .arg(&program));
            program
        };
        consumer.needs_the_library(&build("jkoflow"), prefix);
        consumer.works(&mut Command::new(build("jkoflow-static")));
    }
    assert!(flags("jkoflow", &["--static", "--libs"]).ends_with(&SYSTEM_LIBRARIES.map(String::from)));
    assert_eq!(flags("jkoflow", &["--modversion"]), [env!("CARGO_PKG_VERSION")]);
}

fn by_cmake(place: &Path, prefix: &Path) {
    let what = "consumers through find_package";
    if !tool("cmake", what) || !tool("c++", what) {
        return;
    }
    let build = place.join("cmake");
    let sources = CONSUMERS.iter().map(|consumer| {
        format!("-DSOURCE_{}={}", consumer.language, root().join(consumer.source).display())
    });
    succeed(
        Command::new("cmake")
            .arg("-S")
            .arg(root().join("tests/install"))
            .arg("-B")
            .arg(&build)
            .arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display()))
            .arg("-DCMAKE_SKIP_RPATH=ON")
            .args(sources),
    );
    succeed(Command::new("cmake").arg("--build").arg(&build));
    for consumer in &CONSUMERS {
        let program = |kind: &str| build.join(format!("{}-{kind}", consumer.language));
        consumer.needs_the_library(&program("shared"), prefix);
        consumer.works(&mut Command::new(program("static")));
    }
}

/// A program asks for a version; whether 0.1.0 serves.
#[test]
fn cmake_serves_compatible_versions_only() {
    if !tool("cmake", "versions that find_package accepts") {
        return;
    }
    let place = scratch("cmake-version");
    let template = root().join("packaging/jkoflowConfigVersion.cmake.in");
    let template = fs::read_to_string(template).expect("template");
    let installed = [
        ("0.1.3", "", "TRUE"),
        ("0.1.3", "0.1", "TRUE"),
        ("0.1.3", "0.1.3", "TRUE"),
        ("0.1.3", "0.1.4", "FALSE"),
        ("0.1.3", "0.2", "FALSE"),
        ("0.2.0", "0.1", "FALSE"),
        ("0.10.0", "0.1", "FALSE"),
        ("1.4.2", "0.1", "FALSE"),
        ("1.4.2", "1.2", "TRUE"),
        ("1.4.2", "1.5", "FALSE"),
        ("1.4.2", "1", "TRUE"),
        ("2.0.0", "1.4", "FALSE"),
    ];
    for (version, wanted, answer) in installed {
        let script = format!(
            "set(PACKAGE_FIND_VERSION \"{wanted}\")\n{}\nif(NOT PACKAGE_VERSION_COMPATIBLE STREQUAL \
             {answer})\n message(FATAL_ERROR \"{version} for {wanted}\")\nendif()\n",
            template.replace("@VERSION@", version)
        );
        let path = place.join("version.cmake");
        fs::write(&path, script).expect("script");
        run(Command::new("cmake").arg("-P").arg(&path));
    }
}

/// The link flags stand in four places; rustc knows what they should be.
#[test]
fn link_flags_are_what_the_compiler_reports() {
    let place = scratch("link-flags");
    let source = place.join("all.rs");
    fs::write(&source, "extern crate jkoflow;\n").expect("source");
    let library = library(".rlib");
    let executable = std::env::current_exe().expect("test executable");
    let (_, report) = succeed(
        Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()))
            .args(["--edition", "2021", "--crate-type", "staticlib"])
            .args(["--print", "native-static-libs", "--extern"])
            .arg(format!("jkoflow={}", library.display()))
            .arg("-L")
            .arg(executable.parent().expect("where dependencies are"))
            .arg("--out-dir")
            .arg(&place)
            .arg(&source),
    );
    let flags = SYSTEM_LIBRARIES.join(" ");
    let reported = report.lines().find_map(|line| line.split_once("native-static-libs: "));
    assert_eq!(reported.map(|(_, flags)| flags), Some(flags.as_str()), "{report}");
    for place in ["README.md", "include/jkoflow.h", "install.sh"] {
        let text = fs::read_to_string(root().join(place)).expect("text");
        assert!(text.contains(&flags), "{place} names other link flags");
    }
}
