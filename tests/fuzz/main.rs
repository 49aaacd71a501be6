//! Replays what the fuzzer has found, and some thousand made-up programmes besides.

mod drive;

use std::fs;

/// A fixed sequence of bytes that look random (splitmix64).
fn bytes(seed: u64, count: usize) -> Vec<u8> {
    let word = |k: u64| {
        let mut z = (seed << 32 | k).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)).to_le_bytes()
    };
    (0..count as u64 / 8 + 1).flat_map(word).take(count).collect()
}

/// Replays the corpus of one driver.
fn replay(target: &str) {
    let corpus = format!("{}/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let files: Vec<_> = fs::read_dir(corpus).expect("the corpus").collect();
    assert!(!files.is_empty(), "{target}");
    let (_, drive) = drive::DRIVERS.into_iter().find(|(name, _)| *name == target).expect("a driver");
    for file in files {
        drive(&fs::read(file.expect("entry").path()).expect("a file"));
    }
}

#[test]
fn the_corpus_of_graphs_is_harmless() {
    replay("graphs");
}

#[test]
fn the_corpus_of_kernels_is_harmless() {
    replay("kernels");
}

#[test]
fn the_corpus_of_options_is_harmless() {
    replay("options");
}

#[test]
fn the_corpus_of_solving_is_harmless() {
    replay("solving");
}

#[test]
fn made_up_programmes_are_harmless() {
    for (name, drive) in drive::DRIVERS {
        let far = (0..3000).filter(|&seed| drive(&bytes(seed, 64 + seed as usize % 192))).count();
        println!("{name}: {far} of 3000 came to a result");
        assert!(far > 300, "{name}: only {far} came to a result");
    }
}

/// Every driver is a target of the fuzzer.
#[test]
fn every_driver_is_a_target() {
    let root = env!("CARGO_MANIFEST_DIR");
    let manifest = fs::read_to_string(format!("{root}/fuzz/Cargo.toml")).expect("the manifest");
    let source = fs::read_to_string(format!("{root}/tests/fuzz/main.rs")).expect("this file");
    for (name, _) in drive::DRIVERS {
        assert!(source.contains(&format!("replay(\"{name}\")")), "{name} is not replayed");
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
        let target =
            fs::read_to_string(format!("{root}/fuzz/fuzz_targets/{name}.rs")).expect("a target");
        assert!(target.contains(&format!("drive::{name}::{name}(bytes)")), "{name}");
    }
}
