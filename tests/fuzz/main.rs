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

#[test]
fn the_corpus_is_harmless() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/c_api");
    let mut replayed = 0;
    for entry in fs::read_dir(corpus).expect("the corpus") {
        drive::drive(&fs::read(entry.expect("entry").path()).expect("a file"));
        replayed += 1;
    }
    assert!(replayed > 0);
}

#[test]
fn made_up_programmes_are_harmless() {
    let went_far = |seed: &u64| drive::drive(&bytes(*seed, 64 + *seed as usize % 192));
    let far = (0..3000).filter(went_far).count();
    assert!(far > 500, "only {far} had a graph");
}
