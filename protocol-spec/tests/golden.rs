//! Golden files: what travels, byte for byte, for whoever is about to change the wire without meaning to.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use sotto_protocol::Code;
use sotto_protocol::decode::decode;
use sotto_protocol::events::{Event, EventVisitor, NAMES, visit_events};
use sotto_protocol::notices::{Notice, NoticeKind};
use sotto_protocol::reply::{Failure, Reply};

/// `golden/events/NAME.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventFile<'a> {
    event: String,
    #[serde(borrow)]
    request: &'a RawValue,
    #[serde(borrow)]
    reply: &'a RawValue,
    #[serde(borrow)]
    refusal: &'a RawValue,
}

/// `golden/notices/NAME.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoticeFile<'a> {
    notice: String,
    #[serde(borrow)]
    payload: &'a RawValue,
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(here(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn event_file(name: &str) -> String {
    read(&format!("golden/events/{name}.json"))
}

fn parse<'a, T: Deserialize<'a>>(name: &str, text: &'a str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn json_of(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("the types of the wire are plain data")
}

#[test]
fn r_103_requests_replies_and_refusals_are_what_the_golden_files_say() {
    struct Each;
    impl EventVisitor for Each {
        fn event<E: Event>(&mut self, _: &'static str) {
            let name = E::NAME;
            let text = event_file(name);
            let file: EventFile<'_> = parse(name, &text);
            assert_eq!(file.event, name);

            let request: E = decode(Some(file.request.get()))
                .unwrap_or_else(|refusal| panic!("{name}: request: {refusal}"));
            assert_eq!(json_of(&request), file.request.get(), "{name}: request");

            #[derive(Deserialize)]
            struct Success<T> {
                success: bool,
                result: T,
            }
            let reply: Success<E::Reply> = parse(name, file.reply.get());
            assert!(reply.success, "{name}: reply");
            assert_eq!(
                json_of(&Reply::new(Ok(reply.result))),
                file.reply.get(),
                "{name}: reply"
            );

            let failure: Failure = parse(name, file.refusal.get());
            assert!(!failure.success, "{name}: refusal");
            assert_eq!(json_of(&failure), file.refusal.get(), "{name}: refusal");
        }
    }
    visit_events(&mut Each);
}

#[test]
fn r_104_only_three_codes_say_when_to_try_again() {
    let mut seen = 0;
    for name in NAMES {
        let text = event_file(name);
        let file: EventFile<'_> = parse(name, &text);
        let failure: Failure = parse(name, file.refusal.get());
        let timed = [Code::RateLimited, Code::LockedOut, Code::Unavailable].contains(&failure.code);
        assert_eq!(
            failure.retry_after.is_some(),
            timed,
            "{name}: {}",
            failure.code
        );
        seen += usize::from(timed);
    }
    assert!(
        seen >= 3,
        "the golden files show {seen} refusals with a time"
    );
}

#[test]
fn r_701_notices_are_what_the_golden_files_say() {
    for kind in NoticeKind::ALL {
        let name = kind.name();
        let text = read(&format!("golden/notices/{name}.json"));
        let file: NoticeFile<'_> = parse(name, &text);
        assert_eq!(file.notice, name);
        let notice = Notice::from_json(name, file.payload.get())
            .unwrap_or_else(|error| panic!("{name}: {error}"))
            .unwrap_or_else(|| panic!("{name} is no notice"));
        assert_eq!(notice.kind(), *kind);
        assert_eq!(
            notice.to_raw().expect("plain data").get(),
            file.payload.get(),
            "{name}"
        );
    }
}

#[test]
fn no_golden_file_is_stray() {
    for (folder, names) in [
        ("golden/events", NAMES.to_vec()),
        (
            "golden/notices",
            NoticeKind::ALL.iter().map(|kind| kind.name()).collect(),
        ),
    ] {
        let expected: BTreeSet<String> = names.iter().map(|name| format!("{name}.json")).collect();
        let found: BTreeSet<String> = fs::read_dir(here(folder))
            .expect("the folder is there")
            .map(|entry| {
                entry
                    .expect("it can be listed")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        assert_eq!(found, expected, "{folder}");
    }
}

/// The generated schema of one definition, with all others beside it.
fn validator(schema: &Value, definition: &str) -> Validator {
    let mut root = schema.clone();
    root["$ref"] = json!(format!("#/$defs/{definition}"));
    jsonschema::validator_for(&root).unwrap_or_else(|error| panic!("{definition}: {error}"))
}

fn fits(schema: &Value, definition: &str, raw: &RawValue) -> Value {
    let value: Value = parse(definition, raw.get());
    let validator = validator(schema, definition);
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{definition}: {errors:?}");
    assert!(
        !validator.is_valid(&json!([{}])),
        "{definition} takes anything"
    );
    value
}

#[test]
fn the_golden_files_fit_the_json_schema() {
    let schema: Value = parse("schema", &read("bindings/sotto.schema.json"));
    for name in NAMES {
        let text = event_file(name);
        let file: EventFile<'_> = parse(name, &text);
        fits(&schema, &format!("event.{name}.request"), file.request);
        let ack = format!("event.{name}.ack");
        let mut reply = fits(&schema, &ack, file.reply);
        fits(&schema, &ack, file.refusal);

        // The envelope is part of the schema: a result of another kind is not taken.
        reply["result"] = json!({ "surprise": null });
        let surprised = validator(&schema, &ack).is_valid(&reply);
        assert!(!surprised, "{ack} takes any result");
    }
    for kind in NoticeKind::ALL {
        let text = read(&format!("golden/notices/{}.json", kind.name()));
        let file: NoticeFile<'_> = parse(kind.name(), &text);
        fits(&schema, &format!("notice.{}", kind.name()), file.payload);
    }
}

#[test]
fn r_111_the_schema_knows_hex_as_it_is_read_and_as_it_is_sent() {
    let schema: Value = parse("schema", &read("bindings/sotto.schema.json"));
    let upper = "AB".repeat(32);
    for (definition, value, good) in [
        ("Bytes32Input", upper.as_str(), true),
        ("Bytes32", upper.as_str(), false),
        ("Bytes32", &upper.to_lowercase(), true),
        ("Bytes32Input", "abcd", false),
        ("SealedInput", "", false),
        ("TimestampInput", "2023-07-22T01:58:59Z", true),
        ("Timestamp", "2023-07-22T01:58:59Z", false),
        ("Timestamp", "2023-07-22T01:58:59.123456", true),
    ] {
        assert_eq!(
            validator(&schema, definition).is_valid(&json!(value)),
            good,
            "{definition}: {value}"
        );
    }
}
