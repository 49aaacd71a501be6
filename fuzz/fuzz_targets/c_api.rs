//! Drives the C interface with what the fuzzer makes up; `tests/fuzz/drive.rs` says how.
#![no_main]

#[path = "../../tests/fuzz/drive.rs"]
mod drive;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    drive::drive(bytes);
});
