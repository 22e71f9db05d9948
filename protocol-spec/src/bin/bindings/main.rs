//! `sotto-bindings`: writes `bindings/` from the wire types, for clients in other languages; `--check` compares instead.

mod asyncapi;
mod schema;
mod typescript;

use std::path::Path;
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
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("bindings");
    let files = [
        ("sotto.ts", typescript::file()),
        ("sotto.schema.json", pretty(schema::file())),
        ("sotto.asyncapi.json", pretty(asyncapi::file())),
    ];
    let outcome = if check {
        differences(&folder, &files)
    } else {
        write(&folder, &files).map(|()| Vec::new())
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

fn write(folder: &Path, files: &[(&str, String)]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    files
        .iter()
        .try_for_each(|(name, content)| fs::write(folder.join(name), content))
}

/// The files that are missing or differ, and those that nothing generates any more.
fn differences(folder: &Path, files: &[(&str, String)]) -> io::Result<Vec<String>> {
    let mut stale = Vec::new();
    for (name, content) in files {
        match fs::read_to_string(folder.join(name)) {
            Ok(there) if there == *content => {}
            Ok(_) => stale.push((*name).to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => stale.push((*name).to_owned()),
            Err(error) => return Err(error),
        }
    }
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !files.iter().any(|(known, _)| *known == name) {
            stale.push(name);
        }
    }
    Ok(stale)
}

/// JSON for people, with sorted keys: whether serde_json keeps the order of insertion depends on what else is built.
fn pretty(mut value: Value) -> String {
    value.sort_all_objects();
    format!("{value:#}\n")
}
