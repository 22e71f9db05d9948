//! Any bytes as the argument of any event: `cargo +nightly fuzz run decode`, in the folder above or with `--fuzz-dir`.

#![no_main]

#[path = "../every_event.rs"]
mod every_event;

libfuzzer_sys::fuzz_target!(|input: &[u8]| every_event::check(input));
