//! Writes `vectors/*.json` (format `sotto-vectors/1`) and copies the external vectors, for both
//! SDKs' test runners.
//!
//! `cargo run -p sotto-crypto --example vectors` writes; with `-- --check` it fails if a file
//! differs. `golden.json` is typed in from the specification and never written here.
#![expect(clippy::unwrap_used, reason = "a generator fails by panicking")]

use serde_json::{Value, json};
use std::path::Path;

mod basics;
mod envelopes;
mod external;
mod groups;
mod notifications;
mod people;
mod points;
mod replay;
mod trees;

/// Two of the five u of low order: zero, and one of order 8.
const LOW_ORDER: [&str; 2] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
];

/// A suite under construction: every case is run as it is added, so a file never says what the code
/// does not do.
struct Suite {
    name: &'static str,
    spec: &'static str,
    cases: Vec<String>,
    negatives: usize,
}

impl Suite {
    fn new(name: &'static str, spec: &'static str) -> Self {
        Self {
            name,
            spec,
            cases: Vec::new(),
            negatives: 0,
        }
    }

    /// A case that must succeed; gives its output.
    fn ok(&mut self, op: &str, input: Value, note: &str) -> Value {
        let out = run(op, &input).unwrap_or_else(|e| panic!("{} {op} ({note}): {e}", self.name));
        let id = format!("{}-{:03}", self.name, self.cases.len() - self.negatives + 1);
        self.push(&id, op, &input, "out", &out, note);
        out
    }

    /// A case that must be refused with `code`.
    fn err(&mut self, code: &str, op: &str, input: Value, note: &str) {
        let got = run(op, &input).map_or_else(
            |e| e.code(),
            |out| panic!("{} {op} ({note}) gave {out}", self.name),
        );
        assert_eq!(got, code, "{} {op} ({note})", self.name);
        self.negatives += 1;
        let id = format!("{}-neg-{:03}", self.name, self.negatives);
        self.push(&id, op, &input, "err", &json!(code), note);
    }

    fn push(&mut self, id: &str, op: &str, input: &Value, key: &str, result: &Value, note: &str) {
        let note = if note.is_empty() {
            String::new()
        } else {
            format!(r#","note":{}"#, json!(note))
        };
        self.cases.push(format!(
            r#"  {{"id":"{id}","op":"{op}","in":{input},"{key}":{result}{note}}}"#
        ));
    }

    fn file(&self) -> String {
        let head = format!(
            r#"{{"format":"sotto-vectors/1","suite":"{}","spec":"{}","cases":["#,
            self.name, self.spec
        );
        format!("{head}\n{}\n]}}\n", self.cases.join(",\n"))
    }
}

fn run(op: &str, input: &Value) -> sotto_crypto::Result<Value> {
    sotto_crypto::vectors::run(op, input).unwrap_or_else(|| panic!("no op {op}"))
}

/// Runs an op whose output is only needed to make another input.
fn get(op: &str, input: Value) -> Value {
    run(op, &input).unwrap_or_else(|e| panic!("{op}: {e}"))
}

/// Hex of a UTF-8 text.
fn text(s: &str) -> String {
    sotto_crypto::hex::encode(s.as_bytes())
}

/// Hex of `N` equal bytes.
fn rep<const N: usize>(b: u8) -> String {
    sotto_crypto::hex::encode(&[b; N])
}

/// `input` with some members replaced or added.
fn with(input: &Value, changes: Value) -> Value {
    let mut out = input.clone();
    for (key, value) in changes.as_object().unwrap() {
        out[key] = value.clone();
    }
    out
}

/// Hex with one byte changed.
fn flipped(hex: &Value, at: usize) -> String {
    let mut bytes = sotto_crypto::hex::decode(hex.as_str().unwrap()).unwrap();
    bytes[at] ^= 1;
    sotto_crypto::hex::encode(&bytes)
}

fn main() {
    let check = std::env::args().any(|a| a == "--check");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut files: Vec<(String, String)> = Vec::new();
    let mut cases = 0;
    let areas = [
        basics::all(),
        points::all(),
        trees::all(),
        groups::all(),
        notifications::all(),
        envelopes::all(),
        replay::all(),
    ];
    for suite in areas.into_iter().flatten() {
        cases += suite.cases.len();
        files.push((format!("{}.json", suite.name), suite.file()));
    }
    files.extend(external::files());
    let mut differ = 0;
    for (name, content) in &files {
        let path = folder.join(name);
        if std::fs::read_to_string(&path).ok().as_ref() == Some(content) {
            continue;
        }
        differ += 1;
        println!("{} {name}", if check { "differs:" } else { "written:" });
        if !check {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, content).unwrap();
        }
    }
    println!("{cases} cases, {} files", files.len());
    if check && differ > 0 {
        std::process::exit(1);
    }
}
