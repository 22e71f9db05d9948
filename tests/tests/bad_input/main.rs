//! Whatever is wrong with a request: the exact code, exactly one ack, and nothing changed. With `SOTTO_TABLE=path` the first test writes
//! what it tried and what was answered as a Markdown table.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod forms;
mod order;

use std::fmt::Write as _;

use serde_json::{Value, json};
use sotto_protocol::events::{ALIASES, NAMES};
use sotto_server::Switch;
use sotto_tests::keys::{Keys, any_key};
use sotto_tests::person::registration;
use sotto_tests::{Person, Raw, TestServer};

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
        for (arguments, what) in forms::malformed(event) {
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
async fn r_201_r_202_r_203_r_205_r_206_registrations_that_are_refused() {
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
