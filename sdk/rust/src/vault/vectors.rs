//! The test vectors of merging, for all SDKs: written from here, held against the file, replayed from it.
//!
//! `SOTTO_WRITE_VECTORS=1 cargo test -p sotto-sdk --lib vault::vectors` writes the file anew.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::{env, fs};

use serde_json::{Value, json};

use super::content::Content;

fn hex32(byte: u8) -> String {
    hex::encode([byte; 32])
}

fn spk(created_at: u64, retired_at: Option<u64>) -> Value {
    let private = hex32(u8::try_from(created_at).unwrap());
    let mut spk = json!({"created_at": created_at, "private": private});
    if let Some(at) = retired_at {
        spk["retired_at"] = json!(at);
    }
    spk
}

fn dm(group: u8, epochs: &[u8]) -> Value {
    let epoch = |e: &u8| json!({"e": e, "secret": hex32(group + e), "gi_hash": hex32(group + e)});
    json!({"group_id": hex32(group), "epochs": epochs.iter().map(epoch).collect::<Vec<_>>()})
}

fn pin(ik: u8, spk_created_at: u64, decided_at: u64, by_user: bool) -> Value {
    json!({"bob": {"ik": hex32(ik), "spk_created_at": spk_created_at, "verified": by_user, "decided_at": decided_at, "by_user": by_user}})
}

fn pins(mine: Value, theirs: Value) -> [Value; 2] {
    [json!({"pins": mine}), json!({"pins": theirs})]
}

/// What each case is about, this device's content and the server's. `v` and empty members are added.
fn inputs() -> Vec<(&'static str, [Value; 2])> {
    let left = |at: u64| json!({"group_id": hex32(0x70), "epochs": [], "left_at": at});
    let pending = |group: u8| json!({hex32(group): {"secret": hex32(group), "at": 1}});
    vec![
        ("nothing and nothing", [json!({}), json!({})]),
        (
            "prekeys of both, in the order of their making",
            [
                json!({"spks": [spk(3, None)]}),
                json!({"spks": [spk(1, Some(2)), spk(2, None)]}),
            ],
        ),
        (
            "a prekey that one device retired, and the earlier of two times",
            [
                json!({"spks": [spk(1, Some(9)), spk(2, Some(5))]}),
                json!({"spks": [spk(1, None), spk(2, Some(4))]}),
            ],
        ),
        (
            "DMs of both",
            [
                json!({"dms": {"7": dm(0x70, &[0])}}),
                json!({"dms": {"8": dm(0x80, &[0])}}),
            ],
        ),
        (
            "epochs of both, in their order",
            [
                json!({"dms": {"7": dm(0x70, &[0, 2])}}),
                json!({"dms": {"7": dm(0x70, &[0, 1])}}),
            ],
        ),
        (
            "a DM that this device left",
            [
                json!({"dms": {"7": left(5)}}),
                json!({"dms": {"7": dm(0x70, &[0])}}),
            ],
        ),
        (
            "a DM that another device left",
            [
                json!({"dms": {"7": dm(0x70, &[0])}}),
                json!({"dms": {"7": left(5)}}),
            ],
        ),
        (
            "a DM that both left: the earlier time",
            [
                json!({"dms": {"7": left(5)}}),
                json!({"dms": {"7": left(6)}}),
            ],
        ),
        (
            "two groups for one DM: the server's",
            [
                json!({"dms": {"7": dm(0x70, &[0])}}),
                json!({"dms": {"7": dm(0x80, &[0])}}),
            ],
        ),
        (
            "pending groups of both",
            [
                json!({"pending": pending(0x70)}),
                json!({"pending": pending(0x80)}),
            ],
        ),
        (
            "a group that is pending here and has its DM there",
            [
                json!({"pending": pending(0x70)}),
                json!({"dms": {"7": dm(0x70, &[0])}}),
            ],
        ),
        (
            "a pin that only this device has",
            pins(pin(1, 1, 5, false), json!({})),
        ),
        (
            "a pin that only the server has",
            pins(json!({}), pin(1, 1, 5, false)),
        ),
        (
            "one key, seen twice: the first sight, the highest prekey time",
            pins(pin(1, 9, 5, false), pin(1, 8, 6, false)),
        ),
        (
            "a decision beats first sight, however old",
            pins(pin(1, 1, 1, true), pin(2, 1, 9, false)),
        ),
        (
            "the same the other way round",
            pins(pin(2, 1, 9, false), pin(1, 1, 1, true)),
        ),
        (
            "the later of two decisions",
            pins(pin(1, 1, 1, true), pin(2, 1, 9, true)),
        ),
        (
            "two first sights: the user must decide, the earlier stays until then",
            pins(pin(1, 1, 5, false), pin(2, 1, 4, false)),
        ),
        (
            "what is not understood, at every depth; the server's where both have it",
            [
                json!({"theme": {"dark": true, "size": 2}, "dms": {"7": {"group_id": hex32(0x70), "epochs": [], "muted": true}}}),
                json!({"theme": {"size": 3}, "dms": {"7": {"group_id": hex32(0x70), "epochs": [], "colour": "red"}}}),
            ],
        ),
    ]
}

fn content(value: &Value) -> Content {
    serde_json::from_value(value.clone()).unwrap()
}

/// The merged content, and the names whose keys the user must decide.
fn merge(input: &Value) -> Value {
    let (merged, conflicts) = content(&input["mine"]).merge(content(&input["theirs"]));
    let conflicts = conflicts.iter().map(|conflict| {
        json!({
            "name_hex": hex::encode(&conflict.username),
            "pinned": hex::encode(conflict.pinned),
            "other": hex::encode(conflict.other),
        })
    });
    json!({"merged": merged, "conflicts": conflicts.collect::<Vec<_>>()})
}

fn file() -> String {
    let cases = inputs().into_iter().zip(1..).map(|((note, sides), number)| {
        let [mine, theirs] = sides.map(|side| {
            let mut whole = json!({"v": 1, "spks": [], "dms": {}, "pins": {}});
            for (key, value) in side.as_object().unwrap() {
                whole[key] = value.clone();
            }
            whole
        });
        let input = json!({"mine": mine, "theirs": theirs});
        let (out, note) = (merge(&input), json!(note));
        format!(
            r#"  {{"id":"storage-merge-{number:03}","op":"storage_merge","in":{input},"out":{out},"note":{note}}}"#
        )
    });
    let head = r#"{"format":"sotto-vectors/1","suite":"storage-merge","spec":"C-503 C-505 C-506","runner":"sdk","cases":["#;
    format!("{head}\n{}\n]}}\n", cases.collect::<Vec<_>>().join(",\n"))
}

#[test]
fn the_file_holds_what_merging_gives() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crypto/vectors/storage-merge.json");
    if env::var_os("SOTTO_WRITE_VECTORS").is_some() {
        fs::write(&path, file()).unwrap();
    }
    let written = fs::read_to_string(path).unwrap();
    let suite: Value = serde_json::from_str(&written).unwrap();
    let cases = suite["cases"].as_array().unwrap();
    for case in cases {
        assert_eq!(
            merge(&case["in"]),
            case["out"],
            "{}: {}",
            case["id"],
            case["note"]
        );
    }
    // As values: the order of keys is not the vectors' business.
    let fresh: Value = serde_json::from_str(&file()).unwrap();
    assert!(suite == fresh, "write the vectors anew");
}
