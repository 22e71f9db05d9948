//! Timed messages under a clock that is moved by hand.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use sotto_protocol::text::Timestamp;
use sotto_server::Clock as _;
use sotto_tests::clock::SECOND;
use sotto_tests::person::text_of;
use sotto_tests::{Person, TestServer};

async fn schedules(person: &Person, dm: u64, text: &str, more: Value) {
    person
        .ok("send_message", person.message_with(dm, text, more))
        .await;
}

async fn scheduled(person: &Person, dm: u64) -> Value {
    person.ok("get_dm", json!({ "id": dm })).await["scheduled_messages"].clone()
}

async fn history(person: &Person, dm: u64) -> Vec<String> {
    Person::texts(&person.ok("get_message_history", json!({ "id": dm })).await)
}

fn micros(stamp: &Value) -> i64 {
    Timestamp::parse(stamp.as_str().unwrap()).unwrap().micros()
}

fn stamp(micros: i64) -> String {
    Timestamp::from_micros(micros).unwrap().to_string()
}

/// News without profiles.
async fn news(person: &Person) -> Vec<(String, Value)> {
    person
        .news()
        .await
        .into_iter()
        .filter(|(name, _)| name != "profile_notification")
        .collect()
}

/// Waits until what is due now is done: a message scheduled for this moment comes after everything that was due before it.
async fn all_done(server: &TestServer, person: &Person, dm: u64) {
    let text = format!("marker {}", rand::random::<u64>());
    let at = stamp(server.clock().now_us() + 1);
    schedules(person, dm, &text, json!({ "schedule_at": at })).await;
    server.clock().moves_us(1);
    person.hears(&text).await;
    person.notice("scheduled_message_sent_notification").await;
}

#[tokio::test]
async fn r_404_r_420_a_scheduled_message() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let phone = alice.another_device().await;
    let start = server.clock().now_us();
    schedules(&alice, dm, "later", json!({ "schedule": 100 })).await;
    let held = scheduled(&phone, dm).await;
    let id: u64 = held
        .as_object()
        .unwrap()
        .keys()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let (message, signature) = alice.seals("later");
    let expected = json!({
        id.to_string(): {
            "message": message, "signature": signature, "timestamp": stamp(start + 100 * SECOND),
        },
    });
    assert_eq!(held, expected, "R-305");
    assert_eq!(
        scheduled(&bob, dm).await,
        json!({}),
        "the sender's own alone"
    );
    assert_eq!(
        phone.notice("own_change_notification").await["scope"],
        "scheduled"
    );
    // A microsecond before the reminder, and at it.
    server.clock().moves_us(40 * SECOND - 1);
    all_done(&server, &bob, dm).await;
    let soon = json!({ "dm_id": dm, "schedule_id": id });
    for device in [&alice, &phone] {
        assert_eq!(device.notice("scheduled_soon_notification").await, soon);
    }
    // A microsecond before the send, and at it.
    server.clock().moves_us(60 * SECOND - 1);
    alice.settled().await;
    assert!(
        !history(&bob, dm).await.contains(&"later".to_owned()),
        "R-422: never early"
    );
    server.clock().moves_us(1);
    let told = bob.hears("later").await;
    for device in [&alice, &phone] {
        assert_eq!(device.hears("later").await, told);
        assert_eq!(
            device.notice("scheduled_message_sent_notification").await,
            soon
        );
    }
    assert_eq!(
        (told["sender"].as_str(), &told["signature"]),
        (Some("alice"), &json!(signature))
    );
    assert!(micros(&told["timestamp"]) >= start + 100 * SECOND, "R-423");
    assert_eq!(scheduled(&alice, dm).await, json!({}));
    assert_eq!(
        news(&bob).await,
        [],
        "of Alice's schedule Bob hears the message alone"
    );
}

#[tokio::test]
async fn r_420_no_reminder_within_a_minute() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    for (n, seconds) in [1, 59, 60, 61].into_iter().enumerate() {
        schedules(&alice, dm, &format!("{n}"), json!({ "schedule": seconds })).await;
    }
    for _ in 0..61 {
        server.clock().moves(1);
        all_done(&server, &bob, dm).await;
    }
    alice.hears("3").await;
    let told = news(&alice).await;
    let soon = told
        .iter()
        .filter(|(name, _)| name == "scheduled_soon_notification")
        .count();
    assert_eq!(soon, 1, "of the one that was 61 s away");
}

#[tokio::test]
async fn r_405_schedule_at() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let now = server.clock().now_us();
    schedules(
        &alice,
        dm,
        "past",
        json!({ "schedule_at": stamp(now - SECOND) }),
    )
    .await;
    bob.hears("past").await;
    schedules(&alice, dm, "now", json!({ "schedule_at": stamp(now) })).await;
    bob.hears("now").await;
    let zoned = format!("{}Z", stamp(now + 5 * SECOND));
    schedules(
        &alice,
        dm,
        "future",
        json!({ "schedule_at": zoned, "schedule": null }),
    )
    .await;
    let held = scheduled(&alice, dm).await;
    let held = held.as_object().unwrap().values().next().unwrap();
    assert_eq!(held["timestamp"], stamp(now + 5 * SECOND));
    server.clock().moves(5);
    let told = bob.hears("future").await;
    assert_eq!(micros(&told["timestamp"]), now + 5 * SECOND);
    let year = 31_536_000 * SECOND;
    let now = server.clock().now_us();
    let at = |us: i64| alice.message_with(dm, "far", json!({ "schedule_at": stamp(us) }));
    assert_eq!(
        alice.code("send_message", at(now + year + 1)).await,
        "too_large",
        "R-143"
    );
    assert_eq!(
        alice.code("send_message", at(now + year)).await,
        "ok",
        "R-143"
    );
    let both = alice.message_with(dm, "x", json!({ "schedule_at": stamp(now), "schedule": 0 }));
    assert_eq!(alice.code("send_message", both).await, "invalid_request");
}

#[tokio::test]
async fn r_404_r_421_r_714_self_destruction() {
    let server = TestServer::start().await;
    let ([alice, bob, carol], dm) = server.trio().await;
    let phone = alice.another_device().await;
    schedules(&alice, dm, "brief", json!({ "delete": 10 })).await;
    let told = bob.hears("brief").await;
    assert_eq!(
        micros(&told["delete_timestamp"]) - micros(&told["timestamp"]),
        10 * SECOND
    );
    let reaction = bob.reacts(&told, "+1").await;
    alice
        .ok("set_message", json!({ "id": told["id"], "pinned": true }))
        .await;
    server.clock().moves_us(10 * SECOND - 1);
    assert_eq!(
        bob.code("get_message", json!({ "id": told["id"] })).await,
        "ok",
        "R-422: never early"
    );
    server.clock().moves_us(1);
    for person in [&alice, &phone, &bob, &carol] {
        assert_eq!(
            person.notice("message_delete_notification").await,
            told["id"]
        );
        assert_eq!(
            person
                .code("get_message", json!({ "id": told["id"] }))
                .await,
            "no_access"
        );
    }
    assert_eq!(
        bob.code("remove_reaction", json!({ "id": reaction })).await,
        "no_access"
    );
    assert_eq!(alice.ok("get_pinned", json!({ "id": dm })).await, json!([]));
    assert_eq!(
        alice.ok("get_dm", json!({ "id": dm })).await["latest_message"],
        Value::Null
    );
    assert_eq!(history(&carol, dm).await, Vec::<String>::new());
}

/// At its time a message leaves every answer, even where the scheduler has not come to it.
#[tokio::test]
async fn r_421_expired_messages_are_in_no_answer() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let since = alice.ok("get_message_changes", json!({ "id": dm })).await["cursor"].clone();
    for n in 0..300 {
        schedules(&alice, dm, &format!("{n}"), json!({ "delete": 10 })).await;
    }
    let last = bob.hears("299").await;
    // These answers race with the scheduler, and must not show what is over, whoever is first.
    server.clock().moves(11);
    let asked = [
        bob.emit("get_message", &json!({ "id": last["id"] })),
        bob.emit("get_message_history", &json!({ "id": dm })),
        bob.emit("get_dm", &json!({ "id": dm })),
        bob.emit("get_message_changes", &json!({ "id": dm, "since": since })),
    ];
    assert_eq!(bob.ack(asked[0]).await.code(), "no_access");
    assert_eq!(bob.ack(asked[1]).await.result(), json!([]));
    assert_eq!(
        bob.ack(asked[2]).await.result()["latest_message"],
        Value::Null
    );
    assert_eq!(bob.ack(asked[3]).await.result()["messages"], json!([]));
    for (event, request) in [
        ("set_message", json!({ "id": last["id"], "pinned": true })),
        ("delete_message", json!({ "id": last["id"] })),
    ] {
        assert_eq!(alice.code(event, request).await, "no_access", "{event}");
    }
}

#[tokio::test]
async fn r_404_the_end_counts_from_the_send() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    schedules(
        &alice,
        dm,
        "later and brief",
        json!({ "schedule": 20, "delete": 5 }),
    )
    .await;
    server.clock().moves(20);
    let told = bob.hears("later and brief").await;
    assert_eq!(
        micros(&told["delete_timestamp"]) - micros(&told["timestamp"]),
        5 * SECOND
    );
    server.clock().moves(5);
    assert_eq!(bob.notice("message_delete_notification").await, told["id"]);
}

#[tokio::test]
async fn r_422_r_423_what_fell_due_while_the_server_was_down() {
    let mut server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let start = server.clock().now_us();
    // Out of order, with one pair at the same instant.
    for (text, more) in [
        ("third", json!({ "schedule": 300 })),
        ("first", json!({ "schedule": 100, "delete": 1_000 })),
        ("second", json!({ "schedule": 200 })),
        ("never seen", json!({ "schedule": 100, "delete": 1 })),
        ("not yet", json!({ "schedule": 5_000 })),
        ("brief", json!({ "delete": 30 })),
    ] {
        schedules(&alice, dm, text, more).await;
    }
    server.end().await;
    server.clock().moves(1_000);
    server.begin().await;
    let alice = server.device(&alice).await;
    let bob = server.device(&bob).await;
    // Done when the server takes connections, or soon after: a marker comes last.
    alice.ok("send_message", alice.message(dm, "marker")).await;
    bob.hears("marker").await;
    let page = bob.ok("get_message_history", json!({ "id": dm })).await;
    let texts = Person::texts(&page);
    let done: Vec<_> = texts
        .iter()
        .rev()
        .filter(|text| *text != "marker")
        .map(String::as_str)
        .collect();
    assert_eq!(
        done,
        ["first", "never seen", "second", "third"],
        "R-423: in due order"
    );
    let now = start + 1_000 * SECOND;
    for message in page.as_array().unwrap() {
        assert!(
            micros(&message["timestamp"]) >= now,
            "R-423: the real time of sending"
        );
        if text_of(message) == "first" {
            let life = micros(&message["delete_timestamp"]) - micros(&message["timestamp"]);
            assert_eq!(life, 1_000 * SECOND, "R-421: from the send");
        }
    }
    assert_eq!(
        scheduled(&alice, dm).await.as_object().unwrap().len(),
        1,
        "R-422: never early"
    );
    // Once: another restart sends nothing again.
    server.restart().await;
    let bob = server.device(&bob).await;
    assert_eq!(history(&bob, dm).await, texts);
    server.clock().moves(2);
    bob.notice("message_delete_notification").await;
    assert!(!history(&bob, dm).await.contains(&"never seen".to_owned()));
}

#[tokio::test]
async fn r_423_a_late_reminder_is_left_out() {
    let mut server = TestServer::start().await;
    let (alice, _bob, dm) = server.pair().await;
    schedules(&alice, dm, "one", json!({ "schedule": 1_000 })).await;
    schedules(&alice, dm, "other", json!({ "schedule": 2_000 })).await;
    server.end().await;
    // The first reminder was due ten seconds ago, the other is due much later.
    server.clock().moves(950);
    server.begin().await;
    let alice = server.device(&alice).await;
    alice.settled().await;
    server.clock().moves(50);
    alice.hears("one").await;
    server.clock().moves(1_000 - 60);
    let soon = alice.notice("scheduled_soon_notification").await;
    let held = scheduled(&alice, dm).await;
    let id = held.as_object().unwrap().keys().next().unwrap().clone();
    assert_eq!(
        soon["schedule_id"].to_string(),
        id,
        "the only reminder is the other one's"
    );
    let told = news(&alice).await;
    assert!(
        !told
            .iter()
            .any(|(name, _)| name == "scheduled_soon_notification"),
        "{told:?}"
    );
}

#[tokio::test]
async fn r_422_a_clock_that_steps_back_makes_nothing_early_and_nothing_twice() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let start = server.clock().now_us();
    schedules(&alice, dm, "later", json!({ "schedule": 100 })).await;
    schedules(&alice, dm, "brief", json!({ "delete": 100 })).await;
    let brief = bob.hears("brief").await;
    server.clock().moves(90);
    server.clock().moves(-3_600);
    alice.sends(dm, "in the past").await;
    server.clock().moves(3_600 + 9);
    assert!(!history(&bob, dm).await.contains(&"later".to_owned()));
    assert_eq!(
        bob.code("get_message", json!({ "id": brief["id"] })).await,
        "ok"
    );
    server.clock().moves(1);
    let told = bob.hears("later").await;
    assert!(micros(&told["timestamp"]) >= start + 100 * SECOND);
    assert_eq!(bob.notice("message_delete_notification").await, brief["id"]);
    server.clock().moves(-3_600);
    assert_eq!(
        bob.code("get_message", json!({ "id": brief["id"] })).await,
        "no_access",
        "gone is gone"
    );
    server.clock().moves(7_200);
    all_done(&server, &bob, dm).await;
    let count = history(&bob, dm)
        .await
        .iter()
        .filter(|text| *text == "later")
        .count();
    assert_eq!(count, 1, "once");
}

#[tokio::test]
async fn r_424_a_sender_who_may_no_longer_post() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let phone = alice.another_device().await;
    schedules(&alice, dm, "to a friend", json!({ "schedule": 30 })).await;
    let held = scheduled(&alice, dm).await;
    let id: u64 = held
        .as_object()
        .unwrap()
        .keys()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    bob.ok("block_user", json!({ "username": "alice" })).await;
    for person in [&alice, &phone, &bob] {
        person.news().await;
    }
    server.clock().moves(30);
    for device in [&alice, &phone] {
        let failed = device.notice("scheduled_message_failed_notification").await;
        assert_eq!(
            failed,
            json!({ "dm_id": dm, "schedule_id": id, "code": "not_friends" })
        );
    }
    assert_eq!(news(&bob).await, [], "the sender's devices only");
    assert_eq!(scheduled(&alice, dm).await, json!({}), "dropped");
    bob.ok("unblock", json!({ "username": "alice" })).await;
    alice.befriends(&bob).await;
    assert_eq!(history(&bob, dm).await, Vec::<String>::new());
    // Friends again by its time: sent.
    schedules(&alice, dm, "to a friend again", json!({ "schedule": 30 })).await;
    alice.ok("unfriend", json!({ "username": "bob" })).await;
    alice.befriends(&bob).await;
    server.clock().moves(30);
    bob.hears("to a friend again").await;
}

#[tokio::test]
async fn r_424_a_block_does_not_stop_a_group() {
    let server = TestServer::start().await;
    let ([alice, bob, carol], dm) = server.trio().await;
    schedules(&alice, dm, "later", json!({ "schedule": 5 })).await;
    bob.ok("block_user", json!({ "username": "alice" })).await;
    server.clock().moves(5);
    bob.hears("later").await;
    carol.hears("later").await;
}

#[tokio::test]
async fn r_426_old_messages_go_where_a_retention_is_set() {
    let mut server = TestServer::with(|config| config.retention_days = 30).await;
    let (alice, bob, dm) = server.pair().await;
    let old = alice.sends(dm, "old").await;
    server.clock().moves(86_400);
    alice.sends(dm, "newer").await;
    assert_eq!(history(&bob, dm).await, ["newer", "old"]);
    server.clock().moves(29 * 86_400 + 1);
    // At once, whether the sweep has come by or not.
    assert_eq!(history(&bob, dm).await, ["newer"]);
    server.restart().await;
    let bob = server.device(&bob).await;
    assert_eq!(history(&bob, dm).await, ["newer"]);
    assert_eq!(
        bob.code("get_message", json!({ "id": old["id"] })).await,
        "no_access"
    );
}

#[tokio::test]
async fn r_426_messages_are_kept_by_default() {
    let mut server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    alice.sends(dm, "old").await;
    server.clock().moves(10_000 * 86_400);
    server.restart().await;
    let bob = server.device(&bob).await;
    assert_eq!(history(&bob, dm).await, ["old"]);
}

#[tokio::test]
async fn r_422_many_at_one_instant_come_once_and_in_the_order_taken() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let at = stamp(server.clock().now_us() + 100 * SECOND);
    for n in 0..600 {
        schedules(&alice, dm, &format!("{n}"), json!({ "schedule_at": at })).await;
    }
    server.clock().moves(100);
    bob.hears("599").await;
    let (mut seen, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let request = json!({ "id": dm, "cursor": cursor, "count": 200 });
        let page = bob.ok("get_message_history", request).await;
        let Some(last) = page.as_array().unwrap().last() else {
            break;
        };
        cursor = last["timestamp"].clone();
        seen.extend(Person::texts(&page));
    }
    seen.reverse();
    assert_eq!(seen, (0..600).map(|n| n.to_string()).collect::<Vec<_>>());
}

/// On the system's clock, too.
#[tokio::test]
async fn r_420_r_421_in_real_time() {
    let server = TestServer::on_real_time(|_| {}).await;
    let (alice, bob, dm) = server.pair().await;
    let sent = alice.sends(dm, "reference").await;
    schedules(&alice, dm, "later", json!({ "schedule": 1, "delete": 1 })).await;
    let told = bob.hears("later").await;
    let waited = micros(&told["timestamp"]) - micros(&sent["timestamp"]);
    assert!((SECOND..4 * SECOND).contains(&waited), "{waited} µs");
    assert_eq!(bob.notice("message_delete_notification").await, told["id"]);
    assert!(server.clock().now_us() > 0);
}
