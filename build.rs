//! Gives the shared library its name for the dynamic linker, which holds the version of the binary
//! interface, and tells the tests which compiler to ask for.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=JKOFLOW_TARGET={}", std::env::var("TARGET").unwrap_or_default());
    let system = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if matches!(system.as_str(), "linux" | "freebsd" | "netbsd" | "openbsd" | "dragonfly") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libjkoflow.so.0");
    }
}
