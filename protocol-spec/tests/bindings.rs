//! The files in `bindings/` are what the types of this crate generate: for whoever changes a type and forgets them.

use std::process::Command;

#[test]
fn the_bindings_are_up_to_date() {
    let output = Command::new(env!("CARGO_BIN_EXE_sotto-bindings"))
        .arg("--check")
        .output()
        .expect("the generator starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
