//! `SPEC.md` and the tests of the whole repository agree: every rule is quoted by a test, every quoted rule is there.
//!
//! A quotation is the letter of a rule and its three digits, joined by a dash in text or by an underscore in the name of a
//! test.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use sotto_protocol::Code;
use sotto_protocol::events::{ALIASES, Access, Event, EventVisitor, NAMES, visit_events};
use sotto_protocol::notices::NoticeKind;

/// The number of a rule; those of the wire come before those of the cryptography.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rule {
    crypto: bool,
    number: u16,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}-{:03}",
            if self.crypto { 'C' } else { 'R' },
            self.number
        )
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn spec() -> String {
    fs::read_to_string(here("SPEC.md")).expect("SPEC.md is there")
}

/// The rules that SPEC.md states, in its order: a bold number at the start of a line or of a row of a table.
fn stated(spec: &str) -> Vec<Rule> {
    spec.lines()
        .filter_map(|line| line.strip_prefix("| ").unwrap_or(line).strip_prefix("**"))
        .filter_map(|line| Some(line.split_once("**")?.0))
        .filter_map(|bold| {
            quoted(bold)
                .into_iter()
                .next()
                .filter(|rule| rule.to_string() == bold)
        })
        .collect()
}

/// The rules that a text quotes.
fn quoted(text: &str) -> Vec<Rule> {
    let bytes = text.as_bytes();
    (0..bytes.len().saturating_sub(4))
        .filter_map(|at| {
            let crypto = match (bytes[at], bytes[at + 1]) {
                (b'R', b'-') | (b'r', b'_') => false,
                (b'C', b'-') | (b'c', b'_') => true,
                _ => return None,
            };
            // Part of a longer word or number it is no quotation.
            if at > 0 && bytes[at - 1].is_ascii_alphanumeric()
                || bytes.get(at + 5).is_some_and(u8::is_ascii_alphanumeric)
            {
                return None;
            }
            let digits = &bytes[at + 2..at + 5];
            digits.iter().all(u8::is_ascii_digit).then(|| Rule {
                crypto,
                number: digits
                    .iter()
                    .fold(0, |number, digit| number * 10 + u16::from(digit - b'0')),
            })
        })
        .collect()
}

/// What of a file is a test: all of it, the end of it, or nothing.
fn tested<'a>(path: &Path, text: &'a str) -> &'a str {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let in_tests = path.components().any(|part| part.as_os_str() == "tests");
    match path
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default()
    {
        "md" => "",
        // Test vectors say which rules they are for; the rest of them is data.
        "json" => text.find("\"spec\":").map_or("", |at| {
            let value = &text[at + 7..];
            &value[..value.find([',', '}', '\n']).unwrap_or(value.len())]
        }),
        _ if in_tests || name == "tests.rs" || name.contains(".test.") => text,
        // Tests stand last in a file.
        _ => text.find("\nmod tests {").map_or("", |at| &text[at..]),
    }
}

/// Calls `see` with every source, document and test vector of the repository, by its path below the root.
fn walk(see: &mut dyn FnMut(&Path, &str)) {
    const SKIPPED: &[&str] = &["target", "node_modules", "dist", "data", "external"];
    const ENDINGS: &[&str] = &["rs", "js", "mjs", "cjs", "ts", "tsx", "py", "md"];
    let root = here("..");
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder can be listed") {
            let path = entry.expect("an entry can be read").path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if path.is_dir() {
                if !name.starts_with('.') && !SKIPPED.contains(&name.as_str()) {
                    folders.push(path);
                }
                continue;
            }
            let ending = path
                .extension()
                .and_then(|ending| ending.to_str())
                .unwrap_or_default();
            let vectors = ending == "json" && folder.ends_with("vectors");
            if !ENDINGS.contains(&ending) && !vectors {
                continue;
            }
            let text = fs::read_to_string(&path).expect("a source is text");
            see(
                path.strip_prefix(&root).expect("it is below the root"),
                &text,
            );
        }
    }
}

fn quoted_by_tests() -> BTreeSet<Rule> {
    let spec = spec();
    let refusals = client_refusals(&spec);
    let mut rules = BTreeSet::new();
    walk(&mut |path, text| {
        rules.extend(quoted(tested(path, text)));
        if path.extension().is_some_and(|ending| ending == "json") {
            let shown = refusals
                .iter()
                .filter(|(_, code)| text.contains(&format!("\"err\":\"{code}\"")));
            rules.extend(shown.map(|(rule, _)| *rule));
        }
    });
    rules
}

/// The codes with which an SDK refuses, each with its rule: a test vector that ends in one is a test of that rule.
fn client_refusals(spec: &str) -> Vec<(Rule, &str)> {
    let rows = spec.lines().filter(|line| line.starts_with("| **C-"));
    let codes: Vec<(Rule, &str)> = rows
        .filter_map(|row| Some((*quoted(row).first()?, row.split(" | ").nth(1)?)))
        .collect();
    assert!(
        codes.iter().all(|(_, code)| code.starts_with("E_")),
        "{codes:?}"
    );
    codes
}

#[test]
fn rules_are_unique_and_ascend() {
    let rules = stated(&spec());
    assert!(rules.len() > 200, "only {} rules were found", rules.len());
    let mistakes: Vec<_> = rules.windows(2).filter(|pair| pair[0] >= pair[1]).collect();
    assert!(
        mistakes.is_empty(),
        "out of order or there twice: {mistakes:?}"
    );
}

#[test]
fn every_quoted_rule_is_there() {
    let rules: BTreeSet<Rule> = stated(&spec()).into_iter().collect();
    let mut unknown: BTreeMap<Rule, BTreeSet<PathBuf>> = BTreeMap::new();
    walk(&mut |path, text| {
        // Of vectors only what they say they are for, and of everything else every word.
        let text = if path.extension().is_some_and(|ending| ending == "json") {
            tested(path, text)
        } else {
            text
        };
        for rule in quoted(text)
            .into_iter()
            .filter(|rule| !rules.contains(rule))
        {
            unknown.entry(rule).or_default().insert(path.to_owned());
        }
    });
    assert!(
        unknown.is_empty(),
        "there are no such rules in SPEC.md: {unknown:#?}"
    );
}

#[test]
fn every_rule_is_quoted_by_a_test() {
    let rules: BTreeSet<Rule> = stated(&spec()).into_iter().collect();
    let tested = quoted_by_tests();
    let untested: Vec<_> = rules.difference(&tested).collect();
    assert!(untested.is_empty(), "no test quotes {untested:?}");
}

#[test]
fn the_tables_name_every_event_notice_and_code() {
    struct Guests(Vec<&'static str>);
    impl EventVisitor for Guests {
        fn event<E: Event>(&mut self, _: &'static str) {
            if E::ACCESS == Access::Anyone {
                self.0.push(E::NAME);
            }
        }
    }
    let mut guests = Guests(Vec::new());
    visit_events(&mut guests);

    let spec = spec();
    let events: BTreeSet<&str> = NAMES
        .iter()
        .copied()
        .chain(ALIASES.iter().map(|(alias, _)| *alias))
        .collect();
    assert_eq!(first_column(&spec, "## 10. ", |_| true), events);
    let before_login = first_column(&spec, "## 10. ", |cell| cell.ends_with(", before login"));
    assert_eq!(before_login, guests.0.into_iter().collect());
    let notices = NoticeKind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(first_column(&spec, "### Every notice", |_| true), notices);
    let acked = NoticeKind::ALL
        .iter()
        .filter(|kind| kind.wants_ack())
        .map(|kind| kind.name())
        .collect();
    assert_eq!(
        first_column(&spec, "### Every notice", |cell| cell
            .ends_with(", with an ack")),
        acked
    );
    let codes = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(first_column(&spec, "## 11. ", |_| true), codes);
}

/// The names in backticks in the first column of the table under a heading, of those cells that `which` takes.
fn first_column<'a>(spec: &'a str, heading: &str, which: fn(&str) -> bool) -> BTreeSet<&'a str> {
    let (_, section) = spec
        .split_once(&format!("\n{heading}"))
        .expect("the heading is there");
    section
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|row| {
            row.trim_start_matches("| ")
                .split(" |")
                .next()
                .unwrap_or_default()
        })
        .filter(|cell| which(cell))
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn a_quotation_is_a_letter_and_three_digits() {
    // Put together here, so that this test quotes nothing itself.
    let (wire, crypto) = (["R", "101"], ["C", "202"]);
    let text = format!("({}), {}.", wire.join("-"), crypto.join("-"));
    assert_eq!(
        format!("{:?}", quoted(&text)),
        format!("[{}, {}]", wire.join("-"), crypto.join("-"))
    );
    let name = format!("fn r_{}_and_c_{}_agree()", wire[1], crypto[1]);
    assert_eq!(quoted(&name), quoted(&text));
    for other in ["x", "1"] {
        assert!(quoted(&format!("{other}{}", wire.join("-"))).is_empty());
        assert!(quoted(&format!("{}{other}", wire.join("-"))).is_empty());
    }
    for text in ["R-1xx", "R-", "C-9", "R101", ""] {
        assert!(quoted(text).is_empty(), "{text}");
    }
}

#[test]
fn only_tests_count() {
    let text = "//! about\nmod tests {\nfn t() {}";
    let all = text.to_owned();
    for (path, expected) in [
        ("server/src/lib.rs", "\nmod tests {\nfn t() {}"),
        ("server/tests/wire.rs", all.as_str()),
        ("tests/clients/stories/dms.mjs", all.as_str()),
        ("sdk/typescript/src/login.test.ts", all.as_str()),
        ("server/src/store/tests.rs", all.as_str()),
        ("docs/tests/notes.md", ""),
    ] {
        assert_eq!(tested(Path::new(path), text), expected, "{path}");
    }
    let vectors = Path::new("crypto/vectors/tree.json");
    assert_eq!(
        tested(vectors, r#"{"spec":"2.5","cases":[{"note":"x"}]}"#),
        r#""2.5""#
    );
}
