//! Runs every case of `vectors/*.json` by its `op`, and holds the golden values against what the
//! specification prints.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use sotto_crypto::{Refusal, vectors};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The suites for this crate's executor; that of merging is for the SDKs, which hold the JSON.
fn suites() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "json"));
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (
            name,
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap(),
        )
    };
    let (own, others): (Vec<_>, Vec<_>) = paths
        .into_iter()
        .map(read)
        .partition(|(_, suite): &(String, Value)| suite.get("runner").is_none());
    let others: Vec<_> = others.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(others, ["storage-merge"], "nothing else is left out");
    own
}

/// Compares an output; in a partial suite only the members that the file gives.
fn same(got: &Value, expected: &Value, partial: bool) -> bool {
    if !partial {
        return got == expected;
    }
    expected
        .as_object()
        .unwrap()
        .iter()
        .all(|(key, value)| got.get(key) == Some(value))
}

#[test]
fn every_case_of_every_suite_holds() {
    let mut count = 0;
    let mut ids = BTreeSet::new();
    for (name, suite) in suites() {
        assert_eq!(suite["format"], "sotto-vectors/1", "{name}");
        assert_eq!(suite["suite"], name.as_str());
        let rule = |word: &str| {
            let number = word.strip_prefix("C-").unwrap_or_default();
            number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit())
        };
        let rules = suite["spec"].as_str().unwrap();
        assert!(rules.split(' ').all(rule), "{name} says what it is for");
        let partial = suite.get("partial").is_some_and(|p| p == true);
        assert_eq!(
            partial,
            name == "golden",
            "only the golden suite is partial"
        );
        for case in suite["cases"].as_array().unwrap() {
            let (id, op) = (case["id"].as_str().unwrap(), case["op"].as_str().unwrap());
            assert!(ids.insert(id.to_owned()), "{id} stands twice");
            let result =
                vectors::run(op, &case["in"]).unwrap_or_else(|| panic!("{id}: no op {op}"));
            match (case.get("out"), case.get("err"), result) {
                (Some(out), None, Ok(got)) => assert!(same(&got, out, partial), "{id} gave {got}"),
                (None, Some(err), Err(refusal)) => assert_eq!(refusal.code(), err, "{id}"),
                (_, _, got) => panic!("{id} gave {got:?}"),
            }
            count += 1;
        }
    }
    println!("{count} cases");
    assert!(count > 780, "{count} cases: some are missing");
}

#[test]
fn every_code_has_a_case() {
    let mut covered = BTreeSet::new();
    for (_, suite) in suites() {
        for case in suite["cases"].as_array().unwrap() {
            covered.extend(case.get("err").map(|e| e.as_str().unwrap().to_owned()));
            for verdict in case["out"]["verdicts"].as_array().into_iter().flatten() {
                covered.insert(verdict.as_str().unwrap().to_owned());
            }
        }
    }
    let missing: Vec<_> = Refusal::ALL
        .iter()
        .map(|r| r.code())
        .filter(|c| !covered.contains(*c))
        .collect();
    // With every key decoded first, no X25519 result can be zero: the check stands behind them and
    // has a unit test.
    assert_eq!(missing, ["E_DH_ZERO"]);
}

#[test]
fn an_unknown_op_is_none() {
    assert!(vectors::run("no-such-op", &Value::Null).is_none());
}
