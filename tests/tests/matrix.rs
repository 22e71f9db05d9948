//! The authorization matrix: every event, asked by everyone who stands differently to what it is about, and the exact code each gets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sotto_protocol::events::{ALIASES, NAMES};
use sotto_tests::keys::Keys;
use sotto_tests::person::registration;
use sotto_tests::{Person, TestServer};

/// An id that nothing has.
const NOTHING: u64 = 9_007_199_254_740_991;

/// A DM that Alice created with Bob and Frank, who has left it since. Carol never had a part in it. Alice has written, reacted and
/// scheduled; she and Bob are in the call.
struct World {
    server: TestServer,
    alice: Person,
    bob: Person,
    carol: Person,
    frank: Person,
    dm: u64,
    message: u64,
    reaction: u64,
    schedule: u64,
}

impl World {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let [alice, bob, carol, frank] = server.people(["alice", "bob", "carol", "frank"]).await;
        let dm = alice.creates_dm(&[&bob, &frank]).await;
        let message = alice.sends(dm, "hello").await;
        let reaction = alice.reacts(&message, "+1").await;
        let later = alice.message_with(dm, "later", json!({ "schedule": 600 }));
        alice.ok("send_message", later).await;
        let details = alice.ok("get_dm", json!({ "id": dm })).await;
        let schedule = details["scheduled_messages"]
            .as_object()
            .unwrap()
            .keys()
            .next()
            .unwrap();
        frank.ok("leave_dm", json!({ "id": dm })).await;
        for person in [&alice, &bob] {
            person
                .ok("join_call", json!({ "id": dm, "uuid": person.name }))
                .await;
        }
        Self {
            message: message["id"].as_u64().unwrap(),
            schedule: schedule.parse().unwrap(),
            server,
            alice,
            bob,
            carol,
            frank,
            dm,
            reaction,
        }
    }
}

/// An event, what is asked by whom, and the codes for: a connection that is not logged in, a user without a part in the DM, one who
/// has left it, a member, and the creator and author.
struct Row {
    event: &'static str,
    codes: [&'static str; 5],
    request: fn(&World, &Person) -> Value,
}

const fn row(
    event: &'static str,
    codes: [&'static str; 5],
    request: fn(&World, &Person) -> Value,
) -> Row {
    Row {
        event,
        codes,
        request,
    }
}

const ANYONE: [&str; 5] = ["ok"; 5];
const USERS: [&str; 5] = ["not_logged_in", "ok", "ok", "ok", "ok"];
const MEMBERS: [&str; 5] = ["not_logged_in", "no_access", "no_access", "ok", "ok"];
const OWNER: [&str; 5] = ["not_logged_in", "no_access", "no_access", "not_owner", "ok"];

fn of_dm(world: &World, _: &Person) -> Value {
    json!({ "id": world.dm })
}

fn of_message(world: &World, _: &Person) -> Value {
    json!({ "id": world.message })
}

fn nothing(_: &World, _: &Person) -> Value {
    json!({})
}

fn someone(world: &World, _: &Person) -> Value {
    // A user with whom nobody has anything to do yet.
    let _ = world;
    json!({ "username": "zoe" })
}

const TABLE: &[Row] = &[
    row(
        "register",
        [
            "ok",
            "already_logged_in",
            "already_logged_in",
            "already_logged_in",
            "already_logged_in",
        ],
        |_, _| registration("newcomer", &Keys::fresh()),
    ),
    row(
        "login",
        [
            "ok",
            "already_logged_in",
            "already_logged_in",
            "already_logged_in",
            "already_logged_in",
        ],
        |_, _| json!({ "username": "alice" }),
    ),
    row(
        "login_challenge_response",
        [
            "no_challenge",
            "already_logged_in",
            "already_logged_in",
            "already_logged_in",
            "already_logged_in",
        ],
        |_, _| json!({ "response": "00".repeat(64) }),
    ),
    row(
        "username_exists",
        ANYONE,
        |_, _| json!({ "username": "alice" }),
    ),
    row("get_user", USERS, |_, _| json!({ "username": "alice" })),
    row("get_full_user", USERS, nothing),
    row("get_user_list", USERS, nothing),
    row("set_user", USERS, |_, _| json!({ "status": "busy" })),
    row("create_dm", USERS, |world, me| {
        let others: Vec<_> = [&world.alice, &world.bob, &world.carol]
            .into_iter()
            .filter(|other| other.name != me.name)
            .collect();
        me.dm_request(&others)
    }),
    row("get_dms", USERS, nothing),
    row("get_dm", MEMBERS, of_dm),
    row(
        "set_dm",
        MEMBERS,
        |world, _| json!({ "id": world.dm, "name": "ours" }),
    ),
    row("leave_dm", MEMBERS, of_dm),
    row("ping_typing", MEMBERS, of_dm),
    row("send_message", MEMBERS, |world, me| {
        me.message(world.dm, "hi")
    }),
    row("send_message", MEMBERS, |world, me| {
        me.message_with(
            world.dm,
            "hi later",
            json!({ "schedule": 60, "delete": 60 }),
        )
    }),
    row("get_message", MEMBERS, of_message),
    row("get_message_history", MEMBERS, of_dm),
    row("get_pinned", MEMBERS, of_dm),
    row("get_message_changes", MEMBERS, of_dm),
    row(
        "set_message",
        MEMBERS,
        |world, _| json!({ "id": world.message, "pinned": true }),
    ),
    row("set_message", MEMBERS, of_message),
    row("set_message", OWNER, |world, me| {
        let (message, signature) = me.seals("edited");
        json!({ "id": world.message, "message": message, "signature": signature })
    }),
    row("delete_message", OWNER, of_message),
    row(
        "cancel_scheduled_message",
        ["not_logged_in", "no_access", "no_access", "no_access", "ok"],
        |world, _| json!({ "dm_id": world.dm, "schedule_id": world.schedule }),
    ),
    row("add_reaction", MEMBERS, |world, me| {
        let (reaction, signature) = me.seals("-1");
        json!({ "id": world.message, "reaction": reaction, "signature": signature })
    }),
    row(
        "remove_reaction",
        OWNER,
        |world, _| json!({ "id": world.reaction }),
    ),
    row("send_friend_request", USERS, someone),
    row("get_friend_requests", USERS, nothing),
    row("get_outgoing_requests", USERS, nothing),
    row(
        "ack_friend_request",
        [
            "not_logged_in",
            "no_request",
            "no_request",
            "no_request",
            "no_request",
        ],
        |_, _| json!({ "username": "zoe", "accept": true }),
    ),
    row(
        "unfriend",
        [
            "not_logged_in",
            "not_friends",
            "not_friends",
            "not_friends",
            "not_friends",
        ],
        someone,
    ),
    row("get_friends", USERS, nothing),
    row("block_user", USERS, someone),
    row("unblock", USERS, someone),
    row("unblock_user", USERS, someone),
    row("get_blocked", USERS, nothing),
    row(
        "join_call",
        MEMBERS,
        |world, _| json!({ "id": world.dm, "uuid": "u" }),
    ),
    row("leave_call", MEMBERS, of_dm),
    row("call_signal", MEMBERS, |world, me| {
        let (data, signature) = me.seals("offer");
        let to = if me.name == "alice" { "bob" } else { "alice" };
        json!({ "id": world.dm, "username": to, "data": data, "signature": signature })
    }),
    row("get_ice_servers", USERS, nothing),
];

#[test]
fn r_106_every_event_stands_in_the_matrix() {
    let listed: BTreeSet<_> = NAMES
        .iter()
        .copied()
        .chain(ALIASES.iter().map(|(alias, _)| *alias))
        .collect();
    let tabled: BTreeSet<_> = TABLE.iter().map(|row| row.event).collect();
    assert_eq!(listed, tabled);
}

#[tokio::test]
async fn r_106_r_121_r_127_everyone_gets_the_exact_code() {
    let mut wrong = Vec::new();
    for row in TABLE {
        let mut world = World::new().await;
        let zoe = world.server.person("zoe").await;
        let guest = world.server.guest().await;
        let outsider = (row.request)(&world, &world.carol);
        let mut codes = vec![guest.code(row.event, outsider).await];
        for person in [&world.carol, &world.frank, &world.bob, &world.alice] {
            codes.push(person.code(row.event, (row.request)(&world, person)).await);
        }
        if codes != row.codes {
            wrong.push(format!(
                "{}: {codes:?}, expected {:?}",
                row.event, row.codes
            ));
        }
        drop(zoe);
        world.server.end().await;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Who has no part in a thing is told the same whether the thing exists, exists no more, or never did: the whole answer is equal.
#[tokio::test]
async fn r_127_forbidden_and_missing_are_one() {
    let world = World::new().await;
    let gone = world.alice.sends(world.dm, "gone").await;
    world
        .alice
        .ok("delete_message", json!({ "id": gone["id"] }))
        .await;
    let mut tried = 0;
    for row in TABLE.iter().filter(|row| row.codes[1] == "no_access") {
        for outsider in [&world.carol, &world.frank] {
            let real = (row.request)(&world, outsider);
            let mut answers = vec![outsider.ask(row.event, real.clone()).await.0.to_string()];
            let keys: Vec<_> = ["id", "dm_id", "schedule_id"]
                .into_iter()
                .filter(|key| real.get(key).is_some())
                .collect();
            for key in keys {
                for id in [json!(NOTHING), gone["id"].clone()] {
                    let mut missing = real.clone();
                    missing[key] = id;
                    answers.push(outsider.ask(row.event, missing).await.0.to_string());
                }
            }
            assert!(answers.len() > 2, "{} names nothing", row.event);
            assert!(
                answers[0].contains("\"no_access\""),
                "{}: {}",
                row.event,
                answers[0]
            );
            assert!(
                answers.iter().all(|answer| *answer == answers[0]),
                "{answers:#?}"
            );
            tried += answers.len();
        }
    }
    assert!(tried > 80, "{tried}");
}

/// For members, too: what is gone looks like what never was.
#[tokio::test]
async fn r_127_what_is_gone_never_was() {
    let world = World::new().await;
    let gone = world.alice.sends(world.dm, "gone").await;
    let reaction = world.alice.reacts(&gone, "+1").await;
    world
        .alice
        .ok("delete_message", json!({ "id": gone["id"] }))
        .await;
    for (event, id) in [
        ("get_message", &gone["id"]),
        ("set_message", &gone["id"]),
        ("delete_message", &gone["id"]),
        ("remove_reaction", &json!(reaction)),
    ] {
        let first = world.alice.ask(event, json!({ "id": id })).await;
        let never = world.alice.ask(event, json!({ "id": NOTHING })).await;
        assert_eq!(
            (first.code(), first.0.to_string()),
            ("no_access", never.0.to_string()),
            "{event}"
        );
    }
}
