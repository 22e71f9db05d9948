//! The public interface, held against a list: a new public function is a decision, and none may
//! give out a Diffie-Hellman result.
//!
//! After a deliberate change, paste what the failing test prints into `tests/public-api.txt`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

/// Modules that `lib.rs` keeps private, where secrets of the protocol's inside are handled.
const PRIVATE: [&str; 5] = ["aead", "encode", "kdf", "tree", "x3dh"];

/// Each public function of the product build as `module: signature`, and each re-export.
fn surface() -> Vec<String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files: Vec<_> = fs::read_dir(src)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "rs"));
    files.sort();
    let mut lines = Vec::new();
    for file in files {
        let module = file.file_stem().unwrap().to_str().unwrap().to_owned();
        // Behind the feature of the vectors, and behind cfg(test).
        if ["vectors", "tests"].contains(&module.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let mut open: Option<String> = None;
        for line in text.lines().map(str::trim) {
            let starts = [
                "pub fn ",
                "pub const fn ",
                "pub unsafe fn ",
                "pub async fn ",
                "pub use ",
            ];
            if open.is_none() && starts.iter().any(|s| line.starts_with(s)) {
                open = Some(String::new());
            }
            if let Some(signature) = &mut open {
                signature.push_str(line);
                signature.push(' ');
                if line.ends_with('{') || line.ends_with(';') || line.ends_with('}') {
                    let end = signature.find(" {").unwrap_or(signature.len());
                    let whole = signature[..end]
                        .trim()
                        .replace("( ", "(")
                        .replace(", )", ")");
                    lines.push(format!("{module}: {whole}"));
                    open = None;
                }
            }
        }
    }
    lines
}

#[test]
fn the_public_interface_is_the_listed_one() {
    let listed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/public-api.txt");
    let surface = surface().join("\n") + "\n";
    assert!(
        surface.contains("group: pub fn create("),
        "the reader of signatures works"
    );
    let expected = fs::read_to_string(listed).unwrap();
    assert!(
        surface == expected,
        "the public interface is now:\n{surface}"
    );
}

#[test]
fn c_109_no_public_function_gives_out_a_shared_secret() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    for module in PRIVATE {
        assert!(
            lib.contains(&format!("\nmod {module};")),
            "{module} is private"
        );
    }
    for line in surface() {
        let (module, signature) = line.split_once(": ").unwrap();
        assert!(
            !PRIVATE.contains(&module),
            "{line} stands in a private module"
        );
        for inner in [
            "SharedSecret",
            "StaticSecret",
            "Scalar",
            "MontgomeryPoint",
            "EdwardsPoint",
            "x25519",
        ] {
            assert!(!signature.contains(inner), "{line}");
        }
        // Signing bytes that a caller chose is for hazmat alone.
        let raw = signature.contains("-> [u8; 64]") && signature.contains("message: &[u8]");
        assert!(!raw || module == "hazmat", "{line}");
    }
    let hazmat: Vec<_> = surface()
        .into_iter()
        .filter(|l| l.starts_with("hazmat: "))
        .collect();
    assert_eq!(
        hazmat.len(),
        2,
        "signature and verify, nothing else: {hazmat:?}"
    );
}
