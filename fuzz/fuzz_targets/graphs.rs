//! Offers the C interface graphs that the fuzzer makes up; see `tests/fuzz/drive`.
#![no_main]

#[path = "../../tests/fuzz/drive/mod.rs"]
mod drive;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    drive::graphs::graphs(bytes);
});
