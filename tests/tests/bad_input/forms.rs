//! What every kind of key refuses, and every wrong form of every event.

use super::*;

/// What a key takes.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Id,
    Text,
    /// So many bytes, as hex.
    Fixed(usize),
    /// At least one byte, as hex.
    Sealed,
    Whole,
    Count,
    Bool,
    Timestamp,
    List,
    Word,
}

use Kind::*;

/// What every key of this kind refuses, as JSON text, with a word about it.
fn bad_values(kind: Kind) -> Vec<(String, &'static str)> {
    let mut bad = vec![
        ("{}".to_owned(), "an object"),
        ("[]".to_owned(), "an array"),
    ];
    let mut more = |values: &[(&str, &'static str)]| {
        bad.extend(
            values
                .iter()
                .map(|(text, what)| ((*text).to_owned(), *what)),
        );
    };
    match kind {
        Id => more(&[
            ("\"7\"", "a string"),
            ("0", "0"),
            ("-1", "negative"),
            ("1.5", "a fraction"),
            ("1.0", "a fraction"),
            ("1e3", "an exponent"),
            ("9007199254740992", "2^53"),
            ("18446744073709551616", "2^64"),
            ("true", "a boolean"),
        ]),
        Text => more(&[
            ("7", "a number"),
            ("true", "a boolean"),
            (r#""a\u0000b""#, "NUL"),
            (r#""\ud800""#, "a lone high surrogate"),
            (r#""\udc00x""#, "a lone low surrogate"),
        ]),
        Fixed(bytes) => {
            more(&[("7", "a number"), ("\"\"", "empty"), (r#""\u0000""#, "NUL")]);
            bad.push((
                json!("0".repeat(2 * bytes - 1)).to_string(),
                "an odd number of digits",
            ));
            bad.push((json!("00".repeat(bytes - 1)).to_string(), "a byte short"));
            bad.push((json!("00".repeat(bytes + 1)).to_string(), "a byte long"));
            bad.push((json!("zz".repeat(bytes)).to_string(), "no hex"));
            bad.push((
                json!(format!("0x{}", "00".repeat(bytes - 1))).to_string(),
                "a 0x prefix",
            ));
            bad.push((
                json!(format!(" {} ", "00".repeat(bytes - 1))).to_string(),
                "spaces",
            ));
        }
        Sealed => more(&[
            ("7", "a number"),
            ("\"\"", "empty"),
            ("\"a\"", "an odd number of digits"),
            ("\"zz\"", "no hex"),
            ("\"0x00\"", "a 0x prefix"),
            (r#""\u0000\u0000""#, "NUL"),
        ]),
        Whole | Count => more(&[
            ("-1", "negative"),
            ("1.5", "a fraction"),
            ("1.0", "a fraction"),
            ("\"1\"", "a string"),
            ("true", "a boolean"),
            ("18446744073709551616", "2^64"),
        ]),
        Bool => more(&[("1", "a number"), ("\"true\"", "a string")]),
        Timestamp => more(&[
            ("7", "a number"),
            ("\"yesterday\"", "no time"),
            ("\"2023-13-01T00:00:00\"", "a 13th month"),
            ("\"2023-07-22\"", "a date alone"),
            ("\"2023-07-22T01:58:59.1234567890\"", "ten digits"),
        ]),
        List => {
            bad = vec![
                ("{}".to_owned(), "an object"),
                ("\"x\"".to_owned(), "a string"),
            ]
        }
        Word => more(&[("\"nobody\"", "another word"), ("1", "a number")]),
    }
    if kind == Count {
        bad.push(("0".to_owned(), "0"));
    }
    bad
}

/// An event's keys: name, kind, and whether it may be left out.
fn keys_of(event: &str) -> Vec<(&'static str, Kind, bool)> {
    let about_a_message = vec![("id", Id, false)];
    match event {
        "register" => vec![
            ("username", Text, false),
            ("public_key", Fixed(32), false),
            ("spk", Fixed(32), true),
            ("sig", Fixed(64), true),
            ("own_storage", Text, false),
        ],
        "login_challenge_response" => vec![("response", Fixed(64), false)],
        "login"
        | "username_exists"
        | "get_user"
        | "send_friend_request"
        | "unfriend"
        | "block_user"
        | "unblock"
        | "unblock_user" => vec![("username", Text, false)],
        "ack_friend_request" => vec![("username", Text, false), ("accept", Bool, false)],
        "get_user_list" => vec![
            ("prefix", Text, true),
            ("after", Text, true),
            ("limit", Count, true),
        ],
        "set_user" => vec![
            ("spk", Fixed(32), true),
            ("sig", Fixed(64), true),
            ("status", Text, true),
            ("biography", Text, true),
            ("profile_picture", Text, true),
            ("own_storage", Text, true),
            ("own_storage_version", Whole, true),
            ("invites", Word, true),
        ],
        "create_dm" => vec![
            ("usernames", List, false),
            ("messages", List, false),
            ("key_tree", List, false),
            ("info", Sealed, true),
        ],
        "set_dm" => vec![("id", Id, false), ("name", Text, false)],
        "send_message" => vec![
            ("id", Id, false),
            ("message", Sealed, false),
            ("signature", Fixed(64), false),
            ("schedule", Whole, true),
            ("delete", Whole, true),
            ("schedule_at", Timestamp, true),
        ],
        "get_message_history" => vec![
            ("id", Id, false),
            ("cursor", Timestamp, true),
            ("count", Count, true),
            ("limit", Count, true),
            ("after", Timestamp, true),
        ],
        "get_pinned" => vec![
            ("id", Id, false),
            ("cursor", Timestamp, true),
            ("count", Count, true),
        ],
        "get_message_changes" => {
            vec![
                ("id", Id, false),
                ("since", Word, true),
                ("count", Count, true),
            ]
        }
        "set_message" => vec![
            ("id", Id, false),
            ("message", Sealed, true),
            ("signature", Fixed(64), true),
            ("pinned", Bool, true),
        ],
        "cancel_scheduled_message" => vec![("dm_id", Id, false), ("schedule_id", Id, false)],
        "add_reaction" => {
            vec![
                ("id", Id, false),
                ("reaction", Sealed, false),
                ("signature", Fixed(64), false),
            ]
        }
        "join_call" => vec![("id", Id, false), ("uuid", Text, false)],
        "call_signal" => vec![
            ("id", Id, false),
            ("username", Text, false),
            ("data", Sealed, false),
            ("signature", Fixed(64), false),
        ],
        "get_dm" | "leave_dm" | "ping_typing" | "get_message" | "delete_message"
        | "remove_reaction" | "leave_call" => about_a_message,
        "get_full_user"
        | "get_dms"
        | "get_friend_requests"
        | "get_outgoing_requests"
        | "get_friends"
        | "get_blocked"
        | "get_ice_servers" => Vec::new(),
        other => panic!("{other} has no keys listed here"),
    }
}

/// A value that a key of this kind takes; the events that carry it are refused for another key, or change nothing.
fn good_value(kind: Kind, key: &str) -> Value {
    match kind {
        Id => json!(1),
        Text => json!("x"),
        Fixed(bytes) => json!("09".repeat(bytes)),
        Sealed => json!("ab"),
        Whole | Count => json!(1),
        Bool => json!(true),
        Timestamp => json!("2023-07-22T01:58:59.123456"),
        List if key == "usernames" => json!(["x"]),
        List if key == "messages" => json!([{ "ek": any_key(), "spk": any_key() }]),
        List => json!([any_key(), any_key()]),
        Word if key == "invites" => json!("anyone"),
        Word => json!("0-0"),
    }
}

/// A request as JSON text.
fn text(pairs: &[(String, String)]) -> String {
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(key, value)| format!("{}:{value}", json!(key)))
        .collect();
    format!("{{{}}}", pairs.join(","))
}

/// Everything of the wrong form for an event: arguments as JSON text, and what is wrong.
pub fn malformed(event: &str) -> Vec<(Vec<String>, String)> {
    let keys = keys_of(event);
    let base: Vec<_> = keys
        .iter()
        .filter(|(_, _, optional)| !optional)
        .map(|(key, kind, _)| ((*key).to_owned(), good_value(*kind, key).to_string()))
        .collect();
    let mut cases = Vec::new();
    for argument in ["[]", "[1]", "[{}]", "\"x\"", "7", "true", "null"] {
        cases.push((
            vec![argument.to_owned()],
            format!("the argument is `{argument}`"),
        ));
    }
    cases.push((
        vec![text(&base), "1".to_owned()],
        "a second argument".to_owned(),
    ));
    cases.push((
        vec!["{}".to_owned(), "{}".to_owned()],
        "a second argument".to_owned(),
    ));
    if !base.is_empty() {
        cases.push((Vec::new(), "no argument".to_owned()));
        cases.push((vec!["{}".to_owned()], "no keys".to_owned()));
    }
    for (key, kind, optional) in keys {
        let with = |value: Option<&str>| {
            let mut pairs = base.clone();
            pairs.retain(|(other, _)| other != key);
            pairs.extend(value.map(|value| (key.to_owned(), value.to_owned())));
            pairs
        };
        if !optional {
            cases.push((vec![text(&with(None))], format!("`{key}` is missing")));
            if !(event == "set_dm" && key == "name") {
                cases.push((vec![text(&with(Some("null")))], format!("`{key}` is null")));
            }
        }
        let mut twice = with(Some(&good_value(kind, key).to_string()));
        twice.push((key.to_owned(), good_value(kind, key).to_string()));
        cases.push((vec![text(&twice)], format!("`{key}` stands twice")));
        for (value, what) in bad_values(kind) {
            cases.push((vec![text(&with(Some(&value)))], format!("`{key}`: {what}")));
        }
    }
    cases
}
