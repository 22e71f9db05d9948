//! The same for the TypeScript half: what each part may import, what no file may do in a page that holds keys, first lines and lengths.

use super::*;

/// A part of the TypeScript half, and what the files below it may import: names of packages, or paths from the root.
struct Part {
    folder: &'static str,
    may: &'static [&'static str],
}

/// The first that fits a file is its own.
const PARTS: &[Part] = &[
    // What clients compute: the curves and hashes, and of the platform the interface.
    Part {
        folder: "sdk/typescript/src/crypto",
        may: &[
            "@noble",
            "@scure/bip39",
            "sdk/typescript/src/crypto",
            "sdk/typescript/src/platform/platform",
        ],
    },
    // Nothing of Node's, so that browsers and React Native can run it.
    Part {
        folder: "sdk/typescript/src",
        may: &[
            "@noble",
            "@scure/bip39",
            "socket.io-client",
            "sdk/typescript/src",
        ],
    },
    // The only place that knows react-aria.
    Part {
        folder: "web/src/ui",
        may: &[
            "react",
            "react-aria-components",
            "wouter",
            "lucide-react",
            "virtua",
            "frimousse",
            "uqr",
            "web/src/ui",
        ],
    },
    // Of react-aria, what surrounds the whole app.
    Part {
        folder: "web/src/app",
        may: &[
            "react",
            "react-dom/client",
            "react-aria-components/I18nProvider",
            "wouter",
            "lucide-react",
            "@sotto/sdk",
            "@tanstack/react-query",
            "web/src",
        ],
    },
    Part {
        folder: "web/src/features",
        may: &[
            "react",
            "wouter",
            "lucide-react",
            "virtua",
            "frimousse",
            "emojibase-data",
            "uqr",
            "@sotto/sdk",
            "@tanstack/react-query",
            "@noble/hashes",
            "@scure/bip39/wordlists",
            "react-markdown",
            "rehype-sanitize",
            "remark-breaks",
            "unified",
            "mdast",
            "hast",
            "micromark-extension-",
            "mdast-util-",
            "web/src/app",
            "web/src/ui",
            "web/src/features",
        ],
    },
];

/// Ways of making markup or code from text.
const NEVER: &[&str] = &[
    "dangerouslySetInnerHTML",
    ".innerHTML",
    ".outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "createContextualFragment",
    "eval(",
    "new Function",
    "rehype-raw",
];

/// Every file of ours below a folder, with its path from the root.
fn sources(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let root = root();
    files(&root.join(folder), endings, &mut found);
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        (name, fs::read_to_string(path).unwrap())
    };
    found.into_iter().map(read).collect()
}

/// A test, or what tests alone use.
fn is_test(file: &str) -> bool {
    file.contains(".test.") || file.split('/').any(|part| part == "testing")
}

/// What a file imports: packages by name, its neighbours by their path from the root.
fn imports(file: &str, text: &str) -> Vec<String> {
    let starts = ["from \"", "import \"", "import(\""];
    let found = starts.iter().flat_map(|start| {
        text.split(*start)
            .skip(1)
            .filter_map(|rest| rest.split_once('"'))
    });
    found
        .map(|(what, _)| match what.strip_prefix('.') {
            Some(_) => resolve(file, what),
            None => what.to_owned(),
        })
        .collect()
}

fn resolve(file: &str, relative: &str) -> String {
    let mut path: Vec<&str> = file.split('/').collect();
    path.pop();
    for step in relative.split('/') {
        match step {
            "." => {}
            ".." => drop(path.pop()),
            name => path.push(name),
        }
    }
    path.join("/")
}

/// Whether `import` is what a part may import: the thing itself, or what lies in it, or what begins so (where a dash ends it).
fn may(part: &Part, import: &str) -> bool {
    part.may.iter().any(|may| {
        import.strip_prefix(may).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with(['/', '.']) || may.ends_with('-')
        })
    })
}

/// The feature of a path, and what of it is named.
fn feature(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix("web/src/features/")?;
    Some(rest.split_once('/').unwrap_or((rest, "")))
}

#[test]
fn every_part_imports_only_what_it_may() {
    let mut broken = Vec::new();
    let mut seen = 0;
    for folder in ["sdk/typescript/src", "web/src"] {
        for (file, text) in sources(folder, &[".ts", ".tsx"]) {
            let part = PARTS
                .iter()
                .find(|part| file.starts_with(&format!("{}/", part.folder)));
            let Some(part) = part.filter(|_| !is_test(&file)) else {
                continue;
            };
            for import in imports(&file, &text) {
                seen += 1;
                let own = feature(&file).map(|(name, _)| name);
                // What a feature shows is in its index; what it knows, which others may count and name, in its model.
                let is_door = |inside: &str| {
                    inside.is_empty() || inside == "index" || inside.starts_with("model/")
                };
                let through_the_back = feature(&import)
                    .is_some_and(|(name, inside)| own != Some(name) && !is_door(inside));
                if !may(part, &import) || through_the_back && own.is_some() {
                    broken.push(format!("{file} imports {import}"));
                }
            }
        }
    }
    assert!(seen > 300, "only {seen} imports were found");
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn no_page_makes_markup_or_code_from_text() {
    let mut broken = Vec::new();
    for folder in ["sdk/typescript/src", "web/src", "web/public"] {
        for (file, text) in sources(folder, &[".ts", ".tsx", ".js", ".html"]) {
            if !is_test(&file) {
                let named = NEVER.iter().filter(|name| text.contains(**name));
                broken.extend(named.map(|name| format!("{file} names {name}")));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    let page = fs::read_to_string(root().join("web/index.html")).unwrap();
    for (at, _) in page.match_indices("<script") {
        let tag = page[at..].split('>').next().unwrap();
        assert!(
            tag.contains("src=\"/"),
            "an inline or foreign script: {tag}"
        );
    }
    for name in [
        "style=", "<style", "onload=", "onclick=", "//cdn", "https://",
    ] {
        assert!(!page.contains(name), "web/index.html has {name}");
    }
}

#[test]
fn every_file_says_what_lives_there_and_none_has_grown_out_of_hand() {
    let mut broken = Vec::new();
    for folder in ["sdk/typescript", "web", "tests/browser"] {
        for (file, text) in sources(folder, &[".ts", ".tsx", ".mjs"]) {
            // Written by the bindings' generator.
            if file == "sdk/typescript/src/protocol.ts" {
                continue;
            }
            let text = text.trim_start_matches("#!/usr/bin/env node\n");
            if !text.starts_with("/**") {
                broken.push(format!("{file} does not say what lives there"));
            }
            if text.lines().count() > 620 {
                broken.push(format!("more than one thing lives in {file}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn this_check_sees_what_it_must() {
    let text =
        "import { a } from \"../ui/x\";\nimport \"./y.css\";\nconst z = import(\"wouter\");\n";
    assert_eq!(
        imports("web/src/features/chat/File.tsx", text),
        [
            "web/src/features/ui/x",
            "web/src/features/chat/y.css",
            "wouter"
        ]
    );
    let features = &PARTS[4];
    for (import, allowed) in [
        ("react", true),
        ("react/jsx-runtime", true),
        ("react-dom", false),
        ("react-aria-components", false),
        ("web/src/ui/Button", true),
        ("web/src/uix", false),
        ("mdast-util-x", true),
        ("virtual", false),
    ] {
        assert_eq!(may(features, import), allowed, "{import}");
    }
    assert_eq!(feature("web/src/features/chat"), Some(("chat", "")));
}
