//! Tells cargo when the embedded web client has changed. What is embedded is watched already; this is for files that come and go.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A debug build reads the files when it is asked for them.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        let built = Path::new("../web/dist");
        // Of a folder that is not there, cargo would say each time that it has changed.
        let watched = if built.exists() {
            built
        } else {
            Path::new("../web")
        };
        println!("cargo::rerun-if-changed={}", watched.display());
    }
}
