//! Whatever is wrong with a request: the exact code, exactly one ack, and nothing changed. With `SOTTO_TABLE=path` the first test writes
//! what it tried and what was answered as a Markdown table.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};
use sotto_protocol::events::{ALIASES, NAMES};
use sotto_server::Switch;
use sotto_tests::keys::{Keys, any_key};
use sotto_tests::person::registration;
use sotto_tests::{Person, Raw, TestServer};

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
fn malformed(event: &str) -> Vec<(Vec<String>, String)> {
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

/// What a user sees of everything that a refused request could have changed.
async fn snapshot(person: &Person, dm: u64) -> Vec<Value> {
    let mut seen = Vec::new();
    for event in [
        "get_full_user",
        "get_user_list",
        "get_dms",
        "get_friends",
        "get_friend_requests",
        "get_outgoing_requests",
        "get_blocked",
    ] {
        seen.push(person.ok(event, json!({})).await);
    }
    for event in ["get_dm", "get_message_history", "get_pinned"] {
        seen.push(person.ok(event, json!({ "id": dm })).await);
    }
    seen
}

/// Sends an event and checks the code; how it was answered.
async fn refused(raw: &Raw, event: &str, arguments: &[&str], code: &str) -> String {
    let id = raw.emit_text(event, arguments);
    let reply = raw.ack(id).await;
    let shown: String = arguments.join(",").chars().take(200).collect();
    assert_eq!(reply.code(), code, "{event} {shown}: {}", reply.0);
    raw.settled().await;
    assert_eq!(raw.acks(id), 1, "R-108: {event} {shown}");
    reply.0["result"].as_str().unwrap_or("").to_owned()
}

struct World {
    server: TestServer,
    alice: Person,
    bob: Person,
    dm: u64,
    message: u64,
    /// Of others.
    foreign_dm: u64,
    foreign_message: u64,
}

impl World {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let (alice, bob, dm) = server.pair().await;
        let [carol, dave] = server.people(["carol", "dave"]).await;
        carol.befriends(&dave).await;
        let foreign_dm = carol.creates_dm(&[&dave]).await;
        let foreign = carol.sends(foreign_dm, "not yours").await;
        let message = alice.sends(dm, "hello").await;
        bob.hears("hello").await;
        Self {
            message: message["id"].as_u64().unwrap(),
            foreign_message: foreign["id"].as_u64().unwrap(),
            server,
            alice,
            bob,
            dm,
            foreign_dm,
        }
    }
}

#[tokio::test]
async fn r_102_r_105_r_120_r_122_a_wrong_form_is_an_invalid_request() {
    let world = World::new().await;
    let alice = &world.alice;
    // Carol and Dave have hung up: that news must not come later.
    world.bob.settled().await;
    let before = snapshot(alice, world.dm).await;
    alice.news().await;
    world.bob.news().await;
    let mut table = String::from("| Event | What was wrong | Answer |\n|---|---|---|\n");
    let mut tried = 0;
    for event in NAMES
        .iter()
        .copied()
        .chain(ALIASES.iter().map(|(alias, _)| *alias))
    {
        for (arguments, what) in malformed(event) {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let sentence = refused(alice, event, &arguments, "invalid_request").await;
            if let Some(key) = what.strip_prefix('`').and_then(|rest| rest.split_once('`')) {
                assert!(
                    sentence.contains(key.0),
                    "R-105: {event} {what}: {sentence}"
                );
            }
            let _ = writeln!(
                table,
                "| `{event}` | {what} | `invalid_request`: {sentence} |"
            );
            tried += 1;
        }
    }
    for (event, request, code, what) in world.unacceptable() {
        let request = request.to_string();
        let sentence = refused(alice, event, &[&request], code).await;
        let _ = writeln!(table, "| `{event}` | {what} | `{code}`: {sentence} |");
        tried += 1;
    }
    assert!(tried > 600, "{tried}");
    assert_eq!(
        snapshot(alice, world.dm).await,
        before,
        "R-120: nothing changed"
    );
    assert_eq!(
        alice.headlines().await,
        Vec::<String>::new(),
        "R-120: nobody is told"
    );
    assert_eq!(
        world.bob.headlines().await,
        Vec::<String>::new(),
        "R-120: nobody is told"
    );
    if let Some(path) = std::env::var_os("SOTTO_TABLE") {
        std::fs::write(path, table).unwrap();
    }
    drop(world.server);
}

impl World {
    /// Requests of the right form that are refused for what they say, by Alice, who is logged in.
    fn unacceptable(&self) -> Vec<(&'static str, Value, &'static str, &'static str)> {
        let mut all = self.beyond_limits();
        all.extend(self.of_others());
        all.extend(self.ill_fitting());
        all
    }

    fn signed(&self, id: u64, key: &str, bytes: &[u8]) -> Value {
        let signature = self.alice.keys.sign(bytes);
        json!({ "id": id, key: hex::encode(bytes), "signature": signature })
    }

    fn beyond_limits(&self) -> Vec<(&'static str, Value, &'static str, &'static str)> {
        let send = |more: Value| self.alice.message_with(self.dm, "x", more);
        let large = |event, request, what| (event, request, "too_large", what);
        let mut signal = self.signed(self.dm, "data", &[7; 16_385]);
        signal["username"] = json!("bob");
        let mut invitation = self.alice.dm_request(&[&self.bob]);
        invitation["info"] = json!("00".repeat(65_537));
        let year = 31_536_001;
        vec![
            large(
                "set_user",
                json!({ "status": "ä".repeat(65) }),
                "R-133: status of 65",
            ),
            large(
                "set_user",
                json!({ "biography": "ä".repeat(501) }),
                "R-133: biography of 501",
            ),
            large(
                "set_user",
                json!({ "profile_picture": "x".repeat(262_145) }),
                "R-134: 256 KiB + 1",
            ),
            large(
                "set_user",
                json!({ "own_storage": "x".repeat(1_048_577) }),
                "R-135: 1 MiB + 1",
            ),
            large(
                "set_dm",
                json!({ "id": self.dm, "name": "ä".repeat(2_049) }),
                "R-136: name of 2,049",
            ),
            large(
                "send_message",
                self.signed(self.dm, "message", &[7; 65_537]),
                "R-137: 64 KiB + 1",
            ),
            large(
                "set_message",
                self.signed(self.message, "message", &[7; 65_537]),
                "R-137: 64 KiB + 1",
            ),
            large(
                "add_reaction",
                self.signed(self.message, "reaction", &[7; 1_025]),
                "R-138: 1 KiB + 1",
            ),
            large(
                "join_call",
                json!({ "id": self.dm, "uuid": "ä".repeat(257) }),
                "R-142: uuid of 257",
            ),
            large(
                "send_message",
                send(json!({ "schedule": year })),
                "R-143: a year and a second",
            ),
            large(
                "send_message",
                send(json!({ "delete": year })),
                "R-143: a year and a second",
            ),
            large(
                "send_message",
                send(json!({ "schedule_at": "2123-07-22T01:58:59" })),
                "R-143: a century",
            ),
            large("create_dm", invitation, "R-145: info of 64 KiB + 1"),
            large("call_signal", signal, "R-146: 16 KiB + 1"),
        ]
    }

    /// Ids and names of what the caller has no part in, or that do not exist.
    fn of_others(&self) -> Vec<(&'static str, Value, &'static str, &'static str)> {
        let mut all = Vec::new();
        for (dm, what) in [(self.foreign_dm, "a DM of others"), (999_999, "no DM")] {
            let mut signal = self.signed(dm, "data", b"x");
            signal["username"] = json!("bob");
            for (event, request) in [
                ("get_dm", json!({ "id": dm })),
                ("set_dm", json!({ "id": dm, "name": null })),
                ("leave_dm", json!({ "id": dm })),
                ("ping_typing", json!({ "id": dm })),
                ("send_message", self.signed(dm, "message", b"x")),
                ("get_message_history", json!({ "id": dm })),
                ("get_message_changes", json!({ "id": dm })),
                ("get_pinned", json!({ "id": dm })),
                ("join_call", json!({ "id": dm, "uuid": "u" })),
                ("leave_call", json!({ "id": dm })),
                ("call_signal", signal),
                (
                    "cancel_scheduled_message",
                    json!({ "dm_id": dm, "schedule_id": 1 }),
                ),
            ] {
                all.push((event, request, "no_access", what));
            }
        }
        for (id, what) in [
            (self.foreign_message, "a message of others"),
            (999_999, "no message"),
        ] {
            for (event, request) in [
                ("get_message", json!({ "id": id })),
                ("set_message", json!({ "id": id, "pinned": true })),
                ("delete_message", json!({ "id": id })),
                ("add_reaction", self.signed(id, "reaction", b"x")),
            ] {
                all.push((event, request, "no_access", what));
            }
        }
        all.push((
            "remove_reaction",
            json!({ "id": 999_999 }),
            "no_access",
            "no reaction",
        ));
        for event in [
            "get_user",
            "unfriend",
            "block_user",
            "unblock",
            "unblock_user",
        ] {
            for name in ["nobody", "ALICE", "", "a@b"] {
                all.push((
                    event,
                    json!({ "username": name }),
                    "no_such_user",
                    "R-128: no such user",
                ));
            }
        }
        let ask = json!({ "username": "nobody" });
        all.push((
            "send_friend_request",
            ask,
            "cannot_friend",
            "R-502: no such user",
        ));
        let answer = json!({ "username": "nobody", "accept": true });
        all.push((
            "ack_friend_request",
            answer,
            "no_request",
            "R-504: no such user",
        ));
        all
    }

    /// Parts that do not fit each other.
    fn ill_fitting(&self) -> Vec<(&'static str, Value, &'static str, &'static str)> {
        let invalid = |event, request, what| (event, request, "invalid_request", what);
        let now = "2023-07-22T01:58:59";
        let history = |more: Value| {
            let mut request = json!({ "id": self.dm });
            request
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            request
        };
        let mut send = self.alice.message(self.dm, "x");
        send["schedule"] = json!(1);
        send["schedule_at"] = json!(now);
        let mut forged = self.alice.message(self.dm, "x");
        forged["signature"] = json!(self.bob.keys.sign(b"x"));
        let key = &self.alice.keys;
        vec![
            invalid("send_message", send, "R-405: schedule and schedule_at"),
            (
                "send_message",
                forged,
                "bad_signature",
                "R-402: signed by another",
            ),
            invalid(
                "get_message_history",
                history(json!({ "cursor": now, "after": now })),
                "R-410",
            ),
            invalid(
                "get_message_history",
                history(json!({ "count": 0 })),
                "R-122: count 0",
            ),
            invalid(
                "get_message_changes",
                history(json!({ "since": "x" })),
                "R-412: no cursor",
            ),
            invalid(
                "set_message",
                json!({ "id": self.message, "message": "ab" }),
                "R-415: unsigned",
            ),
            invalid(
                "join_call",
                json!({ "id": self.dm, "uuid": "" }),
                "R-122: an empty uuid",
            ),
            invalid("set_user", json!({ "spk": null }), "R-214: spk null"),
            invalid(
                "set_user",
                json!({ "spk": null, "sig": key.sig() }),
                "R-214: spk null",
            ),
            invalid(
                "set_user",
                json!({ "spk": key.spk() }),
                "R-214: spk without sig",
            ),
            (
                "set_user",
                json!({ "spk": key.spk(), "sig": self.bob.keys.sig() }),
                "bad_signature",
                "R-214",
            ),
            (
                "set_user",
                json!({ "spk": "00".repeat(32), "sig": key.sign(&[0; 32]) }),
                "invalid_key",
                "R-202: zero",
            ),
            (
                "set_user",
                json!({ "spk": "00".repeat(50), "sig": key.sign(&[0; 50]) }),
                "invalid_key",
                "R-202: no magic",
            ),
            (
                "set_user",
                json!({ "own_storage": "x", "own_storage_version": 7 }),
                "conflict",
                "R-216: another version",
            ),
            invalid(
                "block_user",
                json!({ "username": "alice" }),
                "R-509: oneself",
            ),
            invalid("unblock", json!({ "username": "alice" }), "R-509: oneself"),
            invalid(
                "login_challenge_response",
                json!({ "response": "00".repeat(31) }),
                "R-220",
            ),
            invalid(
                "login_challenge_response",
                json!({ "response": "00".repeat(65) }),
                "R-220",
            ),
            invalid(
                "login_challenge_response",
                json!({ "response": "" }),
                "R-220",
            ),
            ("get_dm_s", json!({}), "unknown_event", "R-126"),
            ("", json!({}), "unknown_event", "R-126"),
            ("connect", json!({}), "unknown_event", "R-126"),
            ("disconnect", json!({}), "unknown_event", "R-126"),
            ("__proto__", json!({}), "unknown_event", "R-126"),
            ("GET_DMS", json!({}), "unknown_event", "R-126"),
        ]
    }
}

#[tokio::test]
async fn r_301_r_303_the_lists_of_create_dm_fit_each_other() {
    let world = World::new().await;
    let (alice, bob) = (&world.alice, &world.bob);
    let good = alice.dm_request(&[bob]);
    let message = || json!({ "ek": any_key(), "spk": bob.keys.spk() });
    let many: Vec<_> = (0..256).map(|n| format!("user{n}")).collect();
    let messages: Vec<_> = many.iter().map(|_| message()).collect();
    let tree = |count: usize| (0..count).map(|_| any_key()).collect::<Vec<_>>();
    for (change, what) in [
        (
            json!({ "usernames": [], "messages": [], "key_tree": [] }),
            "nobody",
        ),
        (
            json!({ "usernames": many, "messages": messages, "key_tree": tree(1_022) }),
            "256 others",
        ),
        (
            json!({ "usernames": ["bob", "bob"], "messages": [message(), message()], "key_tree": tree(6) }),
            "Bob twice",
        ),
        (json!({ "usernames": ["alice"] }), "oneself"),
        (json!({ "messages": [] }), "no message"),
        (
            json!({ "messages": [message(), message()] }),
            "a message too many",
        ),
        (
            json!({ "messages": [["00", "00"]] }),
            "a message that is a list",
        ),
        (
            json!({ "messages": [{ "ek": any_key() }] }),
            "a message without spk",
        ),
        (
            json!({ "messages": [{ "ek": "00".repeat(31), "spk": bob.keys.spk() }] }),
            "a short ek",
        ),
        (
            json!({ "messages": [{ "ek": any_key(), "spk": "00".repeat(33) }] }),
            "an spk of 33 bytes",
        ),
        (json!({ "key_tree": tree(1) }), "a key too few"),
        (json!({ "key_tree": tree(3) }), "a key too many"),
        (json!({ "key_tree": [any_key(), "00"] }), "a short key"),
        (json!({ "key_tree": [any_key(), 7] }), "a number for a key"),
        (json!({ "usernames": [7] }), "a number for a name"),
        (json!({ "usernames": "bob" }), "a name for a list"),
        (json!({ "info": "" }), "an empty info"),
        (json!({ "info": "0" }), "an odd info"),
    ] {
        let mut request = good.clone();
        request
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        assert_eq!(
            alice.code("create_dm", request).await,
            "invalid_request",
            "{what}"
        );
    }
    assert_eq!(
        alice.ok("get_dms", json!({})).await,
        json!([world.dm]),
        "R-120"
    );
}

#[tokio::test]
async fn r_201_to_r_206_registrations_that_are_refused() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let guest = server.guest().await;
    let keys = Keys::fresh();
    let good = registration("zoe", &keys);
    let mut low = [0; 32];
    low[0] = 1;
    let mut masked = low;
    masked[31] = 0x80;
    let spk = |bytes: &[u8]| json!({ "spk": hex::encode(bytes), "sig": keys.sign(bytes) });
    for (change, code) in [
        (json!({ "spk": null }), "invalid_request"),
        (json!({ "sig": null }), "invalid_request"),
        (spk(&[0; 32]), "invalid_key"),
        (spk(&low), "invalid_key"),
        (spk(&masked), "invalid_key"),
        (spk(&[9; 50]), "invalid_key"),
        (json!({ "public_key": "00".repeat(32) }), "invalid_key"),
        (json!({ "public_key": "ff".repeat(32) }), "invalid_key"),
        (json!({ "public_key": hex::encode(low) }), "invalid_key"),
        (json!({ "sig": alice.keys.sig() }), "bad_signature"),
        (json!({ "own_storage": "x".repeat(1_048_577) }), "too_large"),
        (json!({ "username": "alice" }), "username_taken"),
        (json!({ "username": "ALICE" }), "username_taken"),
        (json!({ "username": "ａlice" }), "username_taken"),
        (json!({ "username": "" }), "invalid_username"),
        (json!({ "username": "x".repeat(65) }), "invalid_username"),
        (json!({ "username": " zoe" }), "invalid_username"),
        (json!({ "username": "zoe " }), "invalid_username"),
        (json!({ "username": "z  oe" }), "invalid_username"),
        (json!({ "username": "z@oe" }), "invalid_username"),
        (json!({ "username": "z/oe" }), "invalid_username"),
        (json!({ "username": "z:oe" }), "invalid_username"),
        (json!({ "username": "z\noe" }), "invalid_username"),
        (json!({ "username": "z\u{200b}oe" }), "invalid_username"),
        (json!({ "username": "z\u{e000}oe" }), "invalid_username"),
        (json!({ "username": "zoe\u{308}" }), "invalid_username"),
    ] {
        let mut request = good.clone();
        request
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let shown: String = change.to_string().chars().take(80).collect();
        assert_eq!(guest.code("register", request).await, code, "{shown}");
    }
    let taken = guest
        .ok("username_exists", json!({ "username": "zoe" }))
        .await;
    assert_eq!(taken, false, "R-120: nothing was registered");
    guest.ok("register", good).await;
}

/// Where two refusals fit, the first of R-121's order is given.
#[tokio::test]
async fn r_121_of_two_refusals_the_first_is_given() {
    let world = World::new().await;
    let guest = world.server.guest().await;
    let (alice, dm) = (&world.alice, world.dm);
    let many = "07".repeat(65_537);
    let forged = world.bob.keys.sign(b"x");
    let foreign = world.foreign_dm;
    let low = "00".repeat(32);
    let mut taken = registration("alice", &Keys::fresh());
    taken["sig"] = json!(forged);
    let mut misnamed = registration("a@b", &Keys::fresh());
    misnamed["sig"] = json!(forged);
    for (raw, event, request, code, what) in [
        (
            &guest,
            "no_such_event",
            "[7]",
            "unknown_event",
            "before invalid_request",
        ),
        (
            &guest,
            "get_dm",
            "{}",
            "not_logged_in",
            "before invalid_request",
        ),
        (
            &guest,
            "get_dm",
            "[]",
            "not_logged_in",
            "before invalid_request of the argument",
        ),
        (
            &guest,
            "get_dm",
            "{},{}",
            "not_logged_in",
            "before invalid_request of the arguments",
        ),
        (
            &guest,
            "register",
            &taken.to_string(),
            "bad_signature",
            "before username_taken",
        ),
        (
            &guest,
            "register",
            &misnamed.to_string(),
            "invalid_username",
            "before bad_signature",
        ),
        (
            alice,
            "register",
            &misnamed.to_string(),
            "invalid_username",
            "before already_logged_in",
        ),
        (
            alice,
            "register",
            &taken.to_string(),
            "bad_signature",
            "before already_logged_in",
        ),
        (
            alice,
            "login",
            "{}",
            "invalid_request",
            "before already_logged_in",
        ),
        (
            alice,
            "login_challenge_response",
            r#"{"response":"00"}"#,
            "invalid_request",
            "likewise",
        ),
        (
            alice,
            "send_message",
            &json!({ "id": foreign, "message": many }).to_string(),
            "invalid_request",
            "before too_large and no_access",
        ),
        (
            alice,
            "send_message",
            &json!({ "id": foreign, "message": many, "signature": forged }).to_string(),
            "too_large",
            "before no_access",
        ),
        (
            alice,
            "send_message",
            &json!({ "id": foreign, "message": many, "signature": forged, "schedule": 1,
                "schedule_at": "2023-07-22T01:58:59" })
            .to_string(),
            "invalid_request",
            "before too_large, between keys too",
        ),
        (
            alice,
            "send_message",
            &json!({ "id": foreign, "message": "07", "signature": forged }).to_string(),
            "no_access",
            "before bad_signature",
        ),
        (
            alice,
            "add_reaction",
            &json!({ "id": world.foreign_message, "reaction": "07", "signature": forged })
                .to_string(),
            "no_access",
            "before bad_signature",
        ),
        (
            alice,
            "set_user",
            &json!({ "spk": low, "sig": forged, "status": "x".repeat(65) }).to_string(),
            "too_large",
            "before invalid_key",
        ),
        (
            alice,
            "set_user",
            &json!({ "spk": low, "sig": forged }).to_string(),
            "invalid_key",
            "before bad_signature",
        ),
        (
            alice,
            "set_user",
            &json!({ "spk": world.bob.keys.spk(), "sig": "00".repeat(64), "own_storage": "x",
                "own_storage_version": 9 })
            .to_string(),
            "bad_signature",
            "before conflict",
        ),
        (
            alice,
            "call_signal",
            &json!({ "id": dm, "username": "nobody", "data": "07", "signature": forged })
                .to_string(),
            "bad_signature",
            "before no_such_user and not_in_call",
        ),
    ] {
        let arguments: Vec<_> = if request == "{},{}" {
            vec!["{}", "{}"]
        } else {
            vec![request]
        };
        let id = raw.emit_text(event, &arguments);
        assert_eq!(raw.ack(id).await.code(), code, "{event}: {what}");
    }
    // A wrong signature on a message of another member, in a DM of two that are no friends: bad_signature, then not_friends.
    let theirs = world.bob.sends(dm, "Bob's").await;
    alice.ok("unfriend", json!({ "username": "bob" })).await;
    let edit =
        |signature: &str| json!({ "id": theirs["id"], "message": "07", "signature": signature });
    assert_eq!(
        alice.code("set_message", edit(&forged)).await,
        "bad_signature"
    );
    let forged = json!({ "id": dm, "message": "07", "signature": forged });
    assert_eq!(alice.code("send_message", forged).await, "bad_signature");
}

#[tokio::test]
async fn r_121_rate_limited_comes_second() {
    let server = TestServer::with(|config| {
        config.limits.rates = Switch::On;
        config.limits.rate_events = 1;
        config.limits.rate_events_burst = 1;
    })
    .await;
    let guest = server.guest().await;
    assert_eq!(guest.code("get_dms", json!({})).await, "not_logged_in");
    for (event, argument, code) in [
        ("get_dms", "{}", "rate_limited"),
        ("get_dm", "{}", "rate_limited"),
        ("get_dm", "[]", "rate_limited"),
        ("login", "{}", "rate_limited"),
        ("no_such_event", "{}", "unknown_event"),
    ] {
        let id = guest.emit_text(event, &[argument]);
        let reply = guest.ack(id).await;
        assert_eq!(reply.code(), code, "{event} {argument}");
        if code == "rate_limited" {
            assert_eq!(reply.0["retry_after"], 1, "R-104: {event}");
        }
    }
}

/// Limits that depend on what is stored come last.
#[tokio::test]
async fn r_121_a_stored_limit_comes_last() {
    let server = TestServer::with(|config| {
        config.limits.max_pins = 0;
        config.limits.max_scheduled = 0;
        config.limits.max_reactions = 0;
    })
    .await;
    let (alice, bob, dm) = server.pair().await;
    let carol = server.person("carol").await;
    let message = alice.sends(dm, "hi").await;
    let pin = json!({ "id": message["id"], "pinned": true });
    let later = |person: &Person| person.message_with(dm, "later", json!({ "schedule": 60 }));
    let react = |person: &Person| {
        let (reaction, signature) = person.seals("+1");
        json!({ "id": message["id"], "reaction": reaction, "signature": signature })
    };
    for (person, code) in [(&carol, "no_access"), (&alice, "too_large")] {
        assert_eq!(person.code("set_message", pin.clone()).await, code);
        assert_eq!(person.code("send_message", later(person)).await, code);
        assert_eq!(person.code("add_reaction", react(person)).await, code);
    }
    let mut edit_and_pin = pin.clone();
    let (bytes, signature) = bob.seals("edited");
    edit_and_pin["message"] = json!(bytes);
    edit_and_pin["signature"] = json!(signature);
    assert_eq!(bob.code("set_message", edit_and_pin).await, "not_owner");
    alice.ok("unfriend", json!({ "username": "bob" })).await;
    assert_eq!(alice.code("set_message", pin).await, "not_friends");
    assert_eq!(
        alice.code("send_message", later(&alice)).await,
        "not_friends"
    );
    assert_eq!(
        alice.code("add_reaction", react(&alice)).await,
        "not_friends"
    );
}
