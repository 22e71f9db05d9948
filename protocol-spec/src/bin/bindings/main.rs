//! `sotto-bindings`: writes `bindings/` from the wire types, for clients in other languages, and what the TypeScript SDK has of them;
//! `--check` compares instead.

mod asyncapi;
mod schema;
mod shapes;
mod typescript;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use serde_json::Value;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let check = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--check"] => true,
        _ => {
            eprintln!("usage: sotto-bindings [--check]");
            return ExitCode::from(2);
        }
    };
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = crate_folder.join("bindings");
    // An npm package holds no files from outside its folder.
    let sdk = crate_folder.join("../sdk/typescript/src");
    let typescript = typescript::file();
    let files = [
        (sdk.join("protocol.ts"), typescript.clone()),
        (sdk.join("shapes.ts"), shapes::file()),
        (folder.join("sotto.ts"), typescript),
        (folder.join("sotto.schema.json"), pretty(schema::file())),
        (folder.join("sotto.asyncapi.json"), pretty(asyncapi::file())),
    ];
    let outcome = if check {
        differences(&folder, &files)
    } else {
        write(&files).map(|()| Vec::new())
    };
    match outcome {
        Ok(stale) if stale.is_empty() => ExitCode::SUCCESS,
        Ok(stale) => {
            eprintln!(
                "stale: {}; run `cargo run -p sotto-protocol --bin sotto-bindings`",
                stale.join(", ")
            );
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

fn write(files: &[(PathBuf, String)]) -> io::Result<()> {
    for (path, content) in files {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, content)?;
    }
    Ok(())
}

/// The files that are missing or differ, and those in `folder` that nothing generates any more.
fn differences(folder: &Path, files: &[(PathBuf, String)]) -> io::Result<Vec<String>> {
    let mut stale = Vec::new();
    for (path, content) in files {
        match fs::read_to_string(path) {
            Ok(there) if there == *content => {}
            Ok(_) => stale.push(path.display().to_string()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                stale.push(path.display().to_string());
            }
            Err(error) => return Err(error),
        }
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if !files.iter().any(|(known, _)| *known == path) {
            stale.push(path.display().to_string());
        }
    }
    Ok(stale)
}

/// JSON for people, with sorted keys: whether serde_json keeps the order of insertion depends on what else is built.
fn pretty(mut value: Value) -> String {
    value.sort_all_objects();
    format!("{value:#}\n")
}
