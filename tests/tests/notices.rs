//! Who is told what about everything that anyone does: of what was refused.

use serde_json::{Value, json};
use sotto_tests::{Came, Person, TestServer};

/// Alice on two devices, Bob and Carol in a DM with her and among themselves; Dave is Alice's friend and shares a DM of two with her;
/// Zoe has to do with nobody.
struct World {
    server: TestServer,
    people: [Person; 6],
    dm: u64,
    pair: u64,
    message: Value,
    reaction: u64,
}

const ALICE: usize = 0;
const PHONE: usize = 1;
const BOB: usize = 2;
const CAROL: usize = 3;
const DAVE: usize = 4;
const ZOE: usize = 5;

impl World {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let [alice, bob, carol, dave, zoe] = server
            .people(["alice", "bob", "carol", "dave", "zoe"])
            .await;
        alice.befriends(&dave).await;
        let dm = alice.creates_dm(&[&bob, &carol]).await;
        let pair = alice.creates_dm(&[&dave]).await;
        let message = alice.sends(dm, "hello").await;
        let reaction = alice.reacts(&message, "+1").await;
        let phone = alice.another_device().await;
        let world = Self {
            server,
            people: [alice, phone, bob, carol, dave, zoe],
            dm,
            pair,
            message,
            reaction,
        };
        for person in &world.people {
            person.news().await;
        }
        world
    }

    fn alice(&self) -> &Person {
        &self.people[ALICE]
    }

    fn signed(&self, id: &Value, key: &str, text: &str) -> Value {
        let (bytes, signature) = self.alice().seals(text);
        json!({ "id": id, key: bytes, "signature": signature })
    }
}

/// Notices' names without their common ending.
type Told = &'static [&'static str];

/// What Alice does on her first device, and what each one is told: herself, her phone, Bob, Carol, Dave and Zoe.
type Row = (&'static str, fn(&World) -> Value, [Told; 6]);

const NOTHING: Told = &[];
const CHANGE: Told = &["message_change", "message"];
const IN_CALL: Told = &["user_joined_call", "dm"];
const INVITED: Told = &["x3dh", "dm"];

const TABLE: &[Row] = &[
    (
        "send_message",
        |w| w.alice().message(w.dm, "x"),
        [
            &["message"],
            &["message"],
            &["message"],
            &["message"],
            NOTHING,
            NOTHING,
        ],
    ),
    (
        "send_message",
        |w| w.alice().message(w.pair, "x"),
        [
            &["message"],
            &["message"],
            NOTHING,
            NOTHING,
            &["message"],
            NOTHING,
        ],
    ),
    (
        "send_message",
        |w| w.alice().message_with(w.dm, "x", json!({ "schedule": 9 })),
        [NOTHING, &["own_change"], NOTHING, NOTHING, NOTHING, NOTHING],
    ),
    (
        "set_message",
        |w| json!({ "id": w.message["id"], "pinned": true }),
        [CHANGE, CHANGE, CHANGE, CHANGE, NOTHING, NOTHING],
    ),
    (
        "set_message",
        |w| w.signed(&w.message["id"], "message", "y"),
        [CHANGE, CHANGE, CHANGE, CHANGE, NOTHING, NOTHING],
    ),
    (
        "add_reaction",
        |w| w.signed(&w.message["id"], "reaction", "y"),
        [CHANGE, CHANGE, CHANGE, CHANGE, NOTHING, NOTHING],
    ),
    (
        "remove_reaction",
        |w| json!({ "id": w.reaction }),
        [CHANGE, CHANGE, CHANGE, CHANGE, NOTHING, NOTHING],
    ),
    (
        "delete_message",
        |w| json!({ "id": w.message["id"] }),
        [
            &["message_delete"],
            &["message_delete"],
            &["message_delete"],
            &["message_delete"],
            NOTHING,
            NOTHING,
        ],
    ),
    (
        "set_dm",
        |w| json!({ "id": w.dm, "name": "x" }),
        [&["dm"], &["dm"], &["dm"], &["dm"], NOTHING, NOTHING],
    ),
    (
        "ping_typing",
        |w| json!({ "id": w.dm }),
        [NOTHING, NOTHING, &["typing"], &["typing"], NOTHING, NOTHING],
    ),
    (
        "leave_dm",
        |w| json!({ "id": w.dm }),
        [NOTHING, &["own_change"], &["dm"], &["dm"], NOTHING, NOTHING],
    ),
    (
        "join_call",
        |w| json!({ "id": w.dm, "uuid": "u" }),
        [IN_CALL, IN_CALL, IN_CALL, IN_CALL, NOTHING, NOTHING],
    ),
    (
        "create_dm",
        |w| w.alice().dm_request(&[&w.people[BOB], &w.people[ZOE]]),
        [&["dm"], &["dm"], INVITED, NOTHING, NOTHING, INVITED],
    ),
    (
        "send_friend_request",
        |_| json!({ "username": "bob" }),
        [
            NOTHING,
            &["own_change"],
            &["friend_request"],
            NOTHING,
            NOTHING,
            NOTHING,
        ],
    ),
    (
        "unfriend",
        |_| json!({ "username": "dave" }),
        [
            &["unfriend"],
            &["unfriend"],
            NOTHING,
            NOTHING,
            &["unfriend"],
            NOTHING,
        ],
    ),
    (
        "block_user",
        |_| json!({ "username": "zoe" }),
        [NOTHING, &["own_change"], NOTHING, NOTHING, NOTHING, NOTHING],
    ),
    (
        "block_user",
        |_| json!({ "username": "dave" }),
        [
            NOTHING,
            &["own_change", "own_change"],
            NOTHING,
            NOTHING,
            NOTHING,
            NOTHING,
        ],
    ),
    ("unblock", |_| json!({ "username": "zoe" }), [NOTHING; 6]),
    (
        "set_user",
        |_| json!({ "status": "here" }),
        [
            NOTHING,
            &["profile"],
            &["profile"],
            &["profile"],
            &["profile"],
            NOTHING,
        ],
    ),
    (
        "set_user",
        |_| json!({ "own_storage": "x" }),
        [NOTHING, &["profile"], NOTHING, NOTHING, NOTHING, NOTHING],
    ),
    // Reading tells nobody.
    ("get_dm", |w| json!({ "id": w.dm }), [NOTHING; 6]),
    (
        "get_message_history",
        |w| json!({ "id": w.dm }),
        [NOTHING; 6],
    ),
    ("get_user_list", |_| json!({}), [NOTHING; 6]),
    ("get_user", |_| json!({ "username": "bob" }), [NOTHING; 6]),
    // Nor does what is refused.
    ("leave_call", |w| json!({ "id": w.dm }), [NOTHING; 6]),
    ("unfriend", |_| json!({ "username": "bob" }), [NOTHING; 6]),
    (
        "send_friend_request",
        |_| json!({ "username": "dave" }),
        [NOTHING; 6],
    ),
    (
        "ack_friend_request",
        |_| json!({ "username": "bob", "accept": true }),
        [NOTHING; 6],
    ),
    (
        "send_message",
        |w| json!({ "id": w.dm, "message": "00", "signature": "00".repeat(64) }),
        [NOTHING; 6],
    ),
    ("remove_reaction", |_| json!({ "id": 999 }), [NOTHING; 6]),
];

/// What someone is told from now on, profiles of Alice included, those of others not: they come when they come.
async fn told(person: &Person) -> Vec<String> {
    let news = person.news().await.into_iter();
    news.filter(|(name, payload)| name != "profile_notification" || payload["username"] == "alice")
        .map(|(name, _)| {
            name.strip_suffix("_notification")
                .unwrap_or(&name)
                .to_owned()
        })
        .collect()
}

/// What differs from the table.
async fn differences((event, request, expected): &Row) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut world = World::new().await;
    // Presence of Alice's devices was told at their logins; a change before this one says that nothing of it is left.
    world
        .alice()
        .ok("set_user", json!({ "status": "marker" }))
        .await;
    for index in [PHONE, BOB, CAROL, DAVE] {
        let marked = |user: &Value| user["status"] == "marker";
        world.people[index]
            .notice_where("profile_notification", marked)
            .await;
    }
    for person in &world.people {
        person.news().await;
    }
    let before = world.alice().history().len();
    let id = world.alice().emit(event, &request(&world));
    world.alice().ack(id).await;
    // Those who hear of a profile hear of it a moment later.
    for (index, person) in world.people.iter().enumerate() {
        if expected[index].contains(&"profile") {
            let about = |user: &Value| user["username"] == "alice";
            let profile = person.notice_where("profile_notification", about).await;
            assert!(profile.get("own_storage").is_none(), "R-717: {profile}");
        }
    }
    for (index, person) in world.people.iter().enumerate() {
        let expected: Vec<_> = expected[index]
            .iter()
            .filter(|name| **name != "profile")
            .collect();
        let told = told(person).await;
        if told.iter().ne(expected.iter().copied()) {
            wrong.push(format!(
                "{event}: {index} was told {told:?}, expected {expected:?}"
            ));
        }
    }
    let came = world.alice().history().split_off(before);
    assert!(
        matches!(came.first(), Some(Came::Ack(first, _)) if *first == id),
        "R-704: the ack of {event} comes first: {came:?}"
    );
    world.server.end().await;
    wrong
}

/// All rows at once: each waits a second for news of profiles to calm down.
#[tokio::test]
async fn r_702_r_704_r_710_r_711_r_712_r_713_r_714_r_716_r_717_who_is_told_what() {
    let rows = futures_util::future::join_all(TABLE.iter().map(differences)).await;
    let wrong = rows.concat();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Answering a request, leaving a call and signalling need something before them.
#[tokio::test]
async fn r_702_r_716_who_is_told_of_answers_and_calls() {
    let world = World::new().await;
    let [alice, phone, bob, carol, dave, zoe] = &world.people;
    bob.ok("send_friend_request", json!({ "username": "alice" }))
        .await;
    for device in [alice, phone] {
        device.notice("friend_request_notification").await;
    }
    alice
        .ok(
            "ack_friend_request",
            json!({ "username": "bob", "accept": true }),
        )
        .await;
    assert_eq!(told(phone).await, ["own_change"]);
    assert_eq!(told(bob).await, ["friend_request_accept"]);
    for person in [alice, carol, dave, zoe] {
        assert_eq!(told(person).await, Vec::<String>::new(), "{}", person.name);
    }
    alice
        .ok("join_call", json!({ "id": world.dm, "uuid": "a" }))
        .await;
    carol
        .ok("join_call", json!({ "id": world.dm, "uuid": "c" }))
        .await;
    for person in &world.people {
        person.news().await;
    }
    let mut signal = world.signed(&json!(world.dm), "data", "offer");
    signal["username"] = json!("carol");
    alice.ok("call_signal", signal).await;
    assert_eq!(told(carol).await, ["call_signal"]);
    for person in [alice, phone, bob, dave, zoe] {
        assert_eq!(told(person).await, Vec::<String>::new(), "{}", person.name);
    }
    alice.ok("leave_call", json!({ "id": world.dm })).await;
    for person in [alice, phone, bob, carol] {
        assert_eq!(
            told(person).await,
            ["user_left_call", "dm"],
            "{}",
            person.name
        );
    }
    for person in [dave, zoe] {
        assert_eq!(told(person).await, Vec::<String>::new(), "{}", person.name);
    }
}

/// Whoever has left is told nothing more, and who is invited is told from the invitation on.
#[tokio::test]
async fn r_702_every_current_member_and_nobody_else() {
    let world = World::new().await;
    let [alice, phone, bob, carol, _, _] = &world.people;
    bob.ok("leave_dm", json!({ "id": world.dm })).await;
    for person in &world.people {
        person.news().await;
    }
    alice
        .ok("set_dm", json!({ "id": world.dm, "name": "without Bob" }))
        .await;
    alice.sends(world.dm, "without Bob").await;
    carol
        .ok(
            "set_message",
            json!({ "id": world.message["id"], "pinned": true }),
        )
        .await;
    world.server.clock().moves(1);
    assert_eq!(told(bob).await, Vec::<String>::new());
    assert_eq!(
        told(phone).await,
        ["dm", "message", "message_change", "message"]
    );
}

/// No notice tells of something that was rolled back: of two changes of which one must fail, the one that is acked is told, once.
#[tokio::test]
async fn r_802_what_is_refused_in_the_same_batch_is_not_told() {
    let world = World::new().await;
    let [alice, _, bob, carol, _, _] = &world.people;
    let mut asked = Vec::new();
    for n in 0..100 {
        let good = alice.message(world.dm, &format!("good {n}"));
        let mut forged = bob.message(world.dm, &format!("forged {n}"));
        forged["signature"] = json!(carol.keys.sign(b"something else"));
        asked.push((alice, alice.emit("send_message", &good), "ok"));
        asked.push((bob, bob.emit("send_message", &forged), "bad_signature"));
        asked.push((
            bob,
            bob.emit("set_message", &json!({ "id": 9_999, "pinned": true })),
            "no_access",
        ));
        asked.push((
            carol,
            carol.emit(
                "add_reaction",
                &world.signed(&world.message["id"], "reaction", "z"),
            ),
            "bad_signature",
        ));
    }
    for (person, id, code) in asked {
        assert_eq!(person.ack(id).await.code(), code);
    }
    let heard: Vec<_> = carol
        .news()
        .await
        .into_iter()
        .filter(|(name, _)| name != "profile_notification")
        .collect();
    let expected: Vec<_> = (0..100)
        .map(|n| json!(hex::encode(format!("good {n}"))))
        .collect();
    let texts: Vec<_> = heard
        .iter()
        .map(|(_, message)| message["message"].clone())
        .collect();
    assert_eq!(texts, expected);
    assert!(heard.iter().all(|(name, _)| name == "message_notification"));
}
