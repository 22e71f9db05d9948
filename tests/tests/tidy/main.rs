//! The house rules that a compiler does not hold: who may import whom, the first line of each file, no `unsafe`, no file that has grown
//! out of hand. The table of imports is that of ARCHITECTURE.md.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

mod typescript;

/// A room of the house: a folder, what its files may never name, and why.
struct Room {
    folder: &'static str,
    never: &'static [&'static str],
    /// What may be named although it looks like one of `never`.
    but: &'static [&'static str],
}

const ROOMS: &[Room] = &[
    Room {
        folder: "protocol-spec/src",
        never: &[
            "tokio",
            "sea_orm",
            "socketioxide",
            "axum",
            "sotto_crypto",
            "sotto_server",
            "sotto_entity",
            "sotto_sdk",
        ],
        but: &[],
    },
    Room {
        folder: "crypto/src",
        never: &[
            "tokio",
            "std::net",
            "std::process",
            "sotto_protocol",
            "sea_orm",
            "socketioxide",
            "sotto_server",
            "sotto_entity",
            "sotto_sdk",
        ],
        but: &[],
    },
    Room {
        folder: "entity/src",
        never: &[
            "sotto_protocol",
            "sotto_server",
            "sotto_sdk",
            "sotto_crypto",
            "serde",
            "tokio",
        ],
        but: &[],
    },
    Room {
        folder: "migration/src",
        never: &[
            "sotto_protocol",
            "sotto_server",
            "sotto_sdk",
            "sotto_crypto",
            "sotto_entity",
        ],
        but: &[],
    },
    // Of the clock, rules know only what a second is.
    Room {
        folder: "server/src/rules",
        never: &[
            "crate::store",
            "crate::socket",
            "crate::http",
            "crate::handlers",
            "crate::ctx",
            "crate::app",
            "crate::notify",
            "crate::clock",
            "tokio",
            "sea_orm",
            "async",
            "SystemTime",
            "Instant",
        ],
        but: &["crate::clock::SECOND", "crate::clock::DAY"],
    },
    // Of rules, the store gives plain values to be judged.
    Room {
        folder: "server/src/store",
        never: &[
            "crate::handlers",
            "crate::socket",
            "crate::http",
            "crate::notify",
            "crate::rules",
            "crate::ctx",
            "crate::app",
            "socketioxide",
            "axum",
        ],
        but: &[
            "crate::rules::friends::Between",
            "crate::rules::messages::Standing",
        ],
    },
    Room {
        folder: "server/src/handlers",
        never: &[
            "crate::socket",
            "crate::http",
            "crate::scheduler",
            "sea_orm",
            "sotto_entity",
            "socketioxide",
            "axum",
        ],
        but: &[],
    },
    Room {
        folder: "server/src/scheduler",
        never: &[
            "crate::socket",
            "crate::http",
            "crate::handlers",
            "sea_orm",
            "sotto_entity",
            "socketioxide",
            "axum",
        ],
        but: &[],
    },
    Room {
        folder: "server/src/socket",
        never: &[
            "crate::http",
            "crate::scheduler",
            "sea_orm",
            "sotto_entity",
            "axum",
            "hyper",
        ],
        but: &[],
    },
    Room {
        folder: "server/src/http",
        never: &[
            "crate::socket",
            "crate::handlers",
            "crate::scheduler",
            "sea_orm",
            "sotto_entity",
            "socketioxide",
        ],
        but: &["crate::socket::Handshake"],
    },
    Room {
        folder: "sdk",
        never: &[
            "sotto_server",
            "sotto_entity",
            "sotto_migration",
            "sea_orm",
            "socketioxide",
        ],
        but: &[],
    },
    Room {
        folder: "tests",
        never: &["sotto_entity", "sotto_migration", "sea_orm", "socketioxide"],
        but: &[],
    },
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// Every file of ours with one of these endings.
fn files(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    let skipped = [
        "target",
        "node_modules",
        ".git",
        ".venv",
        "dist",
        "proptest-regressions",
        "test-results",
    ];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // Links lead to what stands elsewhere.
        if skipped.contains(&name.as_str()) || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            files(&path, endings, found);
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
}

fn rust_files(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let root = root();
    files(&root.join(folder), &[".rs"], &mut found);
    assert!(!found.is_empty(), "{folder} is empty");
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        (name, fs::read_to_string(path).unwrap())
    };
    found.into_iter().map(read).collect()
}

/// The code of a file: no comments, no string literals, no unit tests (which come last), and `use` trees written out in full.
fn code(text: &str) -> String {
    let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
    let text = text.split("\n#[cfg(test)]\n#[expect").next().unwrap();
    let mut code = String::new();
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with("//") {
            continue;
        }
        for (index, part) in line.split('"').enumerate() {
            if index % 2 == 0 {
                code.push_str(part);
            }
        }
        code.push('\n');
    }
    for line in text
        .split(';')
        .filter_map(|statement| statement.trim().rsplit_once("use "))
    {
        spread(
            &line.1.split_whitespace().collect::<String>(),
            "",
            &mut code,
        );
    }
    code
}

/// Writes `a::{b, c::{d}}` as `a::b`, `a::c::d`.
fn spread(tree: &str, prefix: &str, out: &mut String) {
    let Some((path, rest)) = tree.split_once('{') else {
        out.push_str(&format!("{prefix}{tree}\n"));
        return;
    };
    let inner = rest.strip_suffix('}').unwrap_or(rest);
    let (mut depth, mut begin) = (0_i32, 0);
    let prefix = format!("{prefix}{path}");
    for (at, letter) in inner.char_indices().chain([(inner.len(), ',')]) {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if begin < at {
                    spread(&inner[begin..at], &prefix, out);
                }
                begin = at + 1;
            }
            _ => {}
        }
    }
}

/// Whether a word of the code begins with this name.
fn names(code: &str, name: &str, but: &[&str]) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + name.len()..].chars().next();
        let excused = but.iter().any(|but| code[at..].starts_with(but));
        let tree = code[at + name.len()..].starts_with("::{");
        !before.is_some_and(is_word) && !after.is_some_and(is_word) && !excused && !tree
    })
}

#[test]
fn every_room_imports_only_what_it_may() {
    let mut broken = Vec::new();
    for room in ROOMS {
        for (file, text) in rust_files(room.folder) {
            if file == "tests/tests/tidy/main.rs" {
                continue;
            }
            let code = code(&text);
            for name in room
                .never
                .iter()
                .filter(|name| names(&code, name, room.but))
            {
                broken.push(format!("{file} names {name}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn one_folder_speaks_to_the_database_one_speaks_socket_io_and_one_serves_files() {
    let mut broken = Vec::new();
    for (file, text) in rust_files("server/src") {
        let code = code(&text);
        for (name, folder) in [
            ("sea_orm", "server/src/store/"),
            ("sotto_entity", "server/src/store/"),
            ("sotto_migration", "server/src/store/"),
            ("sqlx", "server/src/store/"),
            ("socketioxide", "server/src/socket/"),
            ("rust_embed", "server/src/http/"),
        ] {
            if names(&code, name, &[]) && !file.starts_with(folder) {
                broken.push(format!("{file} names {name}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_check_itself_sees_what_it_must() {
    let text = "//! x\nuse crate::{app::App, store::{self, Tx}};\nuse tokio::sync::{mpsc, watch};\n// sea_orm\nlet x = \"axum\";\n";
    let code = code(text);
    for (name, seen) in [
        ("crate::store", true),
        ("crate::app", true),
        ("tokio", true),
        ("sea_orm", false),
        ("axum", false),
        ("crate::sto", false),
    ] {
        assert_eq!(names(&code, name, &[]), seen, "{name} in {code}");
    }
    assert!(!names(&code, "crate::app", &["crate::app::App"]), "{code}");
}

#[test]
fn no_unsafe_and_the_lints_of_the_workspace_everywhere() {
    let workspace = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    let mut manifests = Vec::new();
    files(&root(), &["Cargo.toml"], &mut manifests);
    for manifest in manifests {
        let text = fs::read_to_string(&manifest).unwrap();
        if text.contains("[workspace]") || manifest.ends_with("fuzz/Cargo.toml") {
            continue;
        }
        assert!(
            text.contains("[lints]\nworkspace = true"),
            "{}",
            manifest.display()
        );
    }
    let keyword = concat!("un", "safe");
    for (file, text) in rust_files("") {
        assert!(
            !names(&code(&text), keyword, &["unsafe_code"]),
            "{file} is {keyword}"
        );
    }
}

#[test]
fn every_file_says_what_lives_there() {
    let silent: Vec<_> = rust_files("")
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(file, _)| file)
        .collect();
    assert!(
        silent.is_empty(),
        "the first line says what lives here and for whom: {silent:#?}"
    );
}

#[test]
fn no_file_has_grown_out_of_hand() {
    let long: Vec<_> = rust_files("")
        .into_iter()
        .map(|(file, text)| (text.lines().count(), file))
        .filter(|(lines, _)| *lines > 620)
        .collect();
    assert!(long.is_empty(), "more than one thing lives in {long:#?}");
}

/// The project speaks of itself alone: no path of a machine, no name of a workplace.
#[test]
fn nothing_names_the_place_where_it_was_written() {
    let words = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("sha", "red/design"),
        concat!("sha", "red/seeds"),
        concat!("/tmp/", "brief"),
        concat!("iss", "ues show"),
    ];
    let endings = [
        ".rs", ".md", ".toml", ".mjs", ".ts", ".py", ".json", ".yml", ".yaml", ".txt", ".sh",
        "Makefile",
    ];
    let mut found = Vec::new();
    files(&root(), &endings, &mut found);
    assert!(found.len() > 100);
    for path in found {
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        for word in words {
            assert!(!text.contains(word), "{} names {word}", path.display());
        }
    }
}
