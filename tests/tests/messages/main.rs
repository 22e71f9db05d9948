//! Messages, and the limits.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod pages;
mod reactions;

use serde_json::{Value, json};
use sotto_tests::person::text_of;
use sotto_tests::{Came, Person, TestServer};

async fn history(person: &Person, dm: u64) -> Value {
    person.ok("get_message_history", json!({ "id": dm })).await
}

fn ids(messages: &Value) -> Vec<u64> {
    messages
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["id"].as_u64().unwrap())
        .collect()
}

fn edit(person: &Person, id: &Value, text: &str) -> Value {
    let (message, signature) = person.seals(text);
    json!({ "id": id, "message": message, "signature": signature })
}

#[tokio::test]
async fn r_401_r_406_r_713_a_message() {
    let server = TestServer::start().await;
    let ([alice, bob, carol], dm) = server.trio().await;
    let phone = alice.another_device().await;
    let request = alice.message_with(dm, "hello", json!({ "schedule": 0, "delete": 0 }));
    assert_eq!(alice.ok("send_message", request.clone()).await, true);
    let told = alice.hears("hello").await;
    let expected = json!({
        "id": told["id"],
        "dm_id": dm,
        "sender": "alice",
        "message": request["message"],
        "signature": request["signature"],
        "timestamp": told["timestamp"],
        "delete_timestamp": null,
        "pinned": false,
        "reactions": [],
    });
    assert_eq!(told, expected);
    for person in [&phone, &bob, &carol] {
        assert_eq!(person.hears("hello").await, expected, "R-702");
        assert_eq!(
            person.ok("get_message", json!({ "id": told["id"] })).await,
            expected
        );
        assert_eq!(history(person, dm).await, json!([expected]));
        assert_eq!(
            person.ok("get_dm", json!({ "id": dm })).await["latest_message"],
            expected
        );
    }
    let stamp = told["timestamp"].as_str().unwrap();
    assert!(
        stamp.len() == 26 && stamp.as_bytes()[19] == b'.',
        "R-114: {stamp}"
    );
}

#[tokio::test]
async fn r_111_hex_in_either_case_is_the_same_message() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let mut request = alice.message(dm, "\u{fe}\u{ef}");
    for key in ["message", "signature"] {
        request[key] = json!(request[key].as_str().unwrap().to_uppercase());
    }
    alice.ok("send_message", request.clone()).await;
    let told = bob.notice("message_notification").await;
    assert_eq!(
        told["message"],
        request["message"].as_str().unwrap().to_lowercase()
    );
    alice
        .ok("send_message", alice.message(dm, "\u{fe}\u{ef}"))
        .await;
    assert_eq!(
        ids(&history(&bob, dm).await).len(),
        1,
        "R-403: and the same send"
    );
}

#[tokio::test]
async fn r_137_a_message_has_1_byte_to_64_kib() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    for text in ["x".to_owned(), "x".repeat(65_536)] {
        alice.sends(dm, &text).await;
        assert_eq!(text_of(&bob.hears(&text).await), text);
    }
    assert_eq!(
        alice
            .code("send_message", alice.message(dm, &"x".repeat(65_537)))
            .await,
        "too_large"
    );
    assert_eq!(
        alice.code("send_message", alice.message(dm, "")).await,
        "invalid_request"
    );
    assert_eq!(
        ids(&history(&alice, dm).await).len(),
        2,
        "R-123: nothing of it is stored"
    );
}

#[tokio::test]
async fn r_402_the_signature_is_the_senders_own_over_these_bytes() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let message = alice.sends(dm, "hello").await;
    let bytes = hex::encode("text");
    for signature in [
        alice.keys.sign(b"other"),
        bob.keys.sign(b"text"),
        "00".repeat(64),
    ] {
        for (event, key, id) in [
            ("send_message", "message", json!(dm)),
            ("set_message", "message", message["id"].clone()),
            ("add_reaction", "reaction", message["id"].clone()),
        ] {
            let request = json!({ "id": id, key: bytes, "signature": signature });
            assert_eq!(alice.code(event, request).await, "bad_signature", "{event}");
        }
    }
    assert_eq!(history(&bob, dm).await, json!([message]));
}

#[tokio::test]
async fn r_115_timestamps_strictly_rise_under_a_clock_that_stands_or_steps_back() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let mut stamps = Vec::new();
    for n in 0..20 {
        if n == 10 {
            server.clock().moves(-3_600);
        }
        let sender = if n % 3 == 0 { &bob } else { &alice };
        let message = sender.sends(dm, &format!("message {n}")).await;
        stamps.push(message["timestamp"].as_str().unwrap().to_owned());
    }
    assert!(stamps.is_sorted_by(|a, b| a < b), "{stamps:?}");
    let texts = Person::texts(&history(&alice, dm).await);
    assert_eq!(
        texts,
        (0..20)
            .rev()
            .map(|n| format!("message {n}"))
            .collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn r_403_a_repeated_send_does_nothing_for_seven_days() {
    let mut server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let group = {
        let carol = server.person("carol").await;
        alice.creates_dm(&[&bob, &carol]).await
    };
    let message = alice.sends(dm, "once").await;
    bob.hears("once").await;
    let again = [
        alice.message(dm, "once"),
        alice.message_with(dm, "once", json!({ "schedule": 60, "delete": 5 })),
        alice.message_with(dm, "once", json!({ "schedule_at": "2023-07-22T01:58:59" })),
    ];
    for request in &again {
        assert_eq!(alice.ok("send_message", request.clone()).await, true);
    }
    // Whatever has become of it.
    alice
        .ok("delete_message", json!({ "id": message["id"] }))
        .await;
    bob.news().await;
    alice.news().await;
    for request in &again {
        assert_eq!(alice.ok("send_message", request.clone()).await, true);
    }
    assert_eq!(bob.headlines().await, Vec::<String>::new());
    assert_eq!(history(&bob, dm).await, json!([]));
    // Another DM and another signature are another send.
    alice.sends(group, "once").await;
    // A scheduled message counts from when it was taken, also once it is cancelled.
    let later = alice.message_with(dm, "later", json!({ "schedule": 60 }));
    alice.ok("send_message", later.clone()).await;
    let details = alice.ok("get_dm", json!({ "id": dm })).await;
    let id = details["scheduled_messages"]
        .as_object()
        .unwrap()
        .keys()
        .next()
        .unwrap()
        .clone();
    let id: u64 = id.parse().unwrap();
    let cancel = json!({ "dm_id": dm, "schedule_id": id });
    alice.ok("cancel_scheduled_message", cancel).await;
    assert_eq!(alice.ok("send_message", later).await, true);
    let details = alice.ok("get_dm", json!({ "id": dm })).await;
    assert_eq!(details["scheduled_messages"], json!({}));
    // Six days later, after a restart: still known. After seven it is new.
    server.clock().moves(6 * 86_400);
    server.restart().await;
    let alice = server.device(&alice).await;
    alice.ok("send_message", alice.message(dm, "once")).await;
    assert_eq!(history(&alice, dm).await, json!([]));
    server.clock().moves(86_400 + 1);
    server.restart().await;
    let alice = server.device(&alice).await;
    alice.sends(dm, "once").await;
    assert_eq!(Person::texts(&history(&alice, dm).await), ["once"]);
}

#[tokio::test]
async fn r_403_the_same_send_twice_at_once() {
    let server = TestServer::start().await;
    let (alice, _bob, dm) = server.pair().await;
    let phone = alice.another_device().await;
    let mut sent = Vec::new();
    for n in 0..30 {
        let request = alice.message(dm, &format!("message {n}"));
        for device in [&alice, &phone, &alice] {
            sent.push((device, device.emit("send_message", &request)));
        }
    }
    for (device, id) in sent {
        assert_eq!(device.ack(id).await.result(), true);
    }
    let texts = Person::texts(&history(&alice, dm).await);
    assert_eq!(
        texts,
        (0..30)
            .rev()
            .map(|n| format!("message {n}"))
            .collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn r_413_r_414_r_415_r_713_edits() {
    let server = TestServer::start().await;
    let ([alice, bob, carol], dm) = server.trio().await;
    let message = alice.sends(dm, "first").await;
    let reaction = bob.reacts(&message, "+1").await;
    for person in [&alice, &bob, &carol] {
        person.news().await;
    }
    assert_eq!(
        bob.code("set_message", edit(&bob, &message["id"], "Bob's"))
            .await,
        "not_owner"
    );
    let mut both = edit(&alice, &message["id"], "second");
    both["pinned"] = json!(true);
    both["colour"] = json!("red");
    assert_eq!(alice.ok("set_message", both).await, true);
    for person in [&alice, &bob, &carol] {
        let news = person.news().await;
        let names: Vec<_> = news.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["message_change_notification", "message_notification"],
            "R-713"
        );
        assert_eq!(news[0].1, news[1].1);
        let now = person
            .ok("get_message", json!({ "id": message["id"] }))
            .await;
        assert_eq!(news[0].1, now);
        assert_eq!(
            (text_of(&now).as_str(), &now["pinned"]),
            ("second", &json!(true))
        );
        assert_eq!(now["timestamp"], message["timestamp"]);
        assert_eq!(now["reactions"][0]["id"], reaction);
    }
    for nothing in [
        json!({ "id": message["id"] }),
        json!({ "id": message["id"], "signature": alice.keys.sign(b"x") }),
        json!({ "id": message["id"], "message": null, "pinned": null }),
    ] {
        assert_eq!(alice.ok("set_message", nothing).await, true, "R-414");
    }
    for person in [&alice, &bob, &carol] {
        assert_eq!(
            person.headlines().await,
            Vec::<String>::new(),
            "R-414: no notice"
        );
    }
}

#[tokio::test]
async fn r_416_r_714_deletion() {
    let server = TestServer::start().await;
    let ([alice, bob, carol], dm) = server.trio().await;
    let message = alice.sends(dm, "regretted").await;
    bob.reacts(&message, "+1").await;
    assert_eq!(
        bob.code("delete_message", json!({ "id": message["id"] }))
            .await,
        "not_owner"
    );
    for person in [&alice, &bob, &carol] {
        person.news().await;
    }
    assert_eq!(
        alice
            .ok("delete_message", json!({ "id": message["id"] }))
            .await,
        true
    );
    for person in [&alice, &bob, &carol] {
        let news = person.news().await;
        assert_eq!(
            news,
            [(
                "message_delete_notification".to_owned(),
                message["id"].clone()
            )]
        );
        assert_eq!(
            person
                .code("get_message", json!({ "id": message["id"] }))
                .await,
            "no_access"
        );
        assert_eq!(history(person, dm).await, json!([]));
        assert_eq!(
            person.ok("get_dm", json!({ "id": dm })).await["latest_message"],
            Value::Null
        );
    }
}

#[tokio::test]
async fn r_417_cancelling() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let phone = alice.another_device().await;
    for n in 0..3 {
        let later = alice.message_with(dm, &format!("{n}"), json!({ "schedule": 10 + n }));
        alice.ok("send_message", later).await;
    }
    for _ in 0..3 {
        let own = phone.notice("own_change_notification").await;
        assert_eq!(own, json!({ "scope": "scheduled", "id": dm }), "R-716");
    }
    let scheduled = alice.ok("get_dm", json!({ "id": dm })).await["scheduled_messages"].clone();
    let ids: Vec<u64> = scheduled
        .as_object()
        .unwrap()
        .keys()
        .map(|id| id.parse().unwrap())
        .collect();
    assert_eq!(ids.len(), 3);
    assert_eq!(
        bob.ok("get_dm", json!({ "id": dm })).await["scheduled_messages"],
        json!({}),
        "R-305"
    );
    let cancel = |id: u64| json!({ "dm_id": dm, "schedule_id": id });
    assert_eq!(
        bob.code("cancel_scheduled_message", cancel(ids[1])).await,
        "no_access"
    );
    let elsewhere = json!({ "dm_id": dm + 1, "schedule_id": ids[1] });
    assert_eq!(
        alice.code("cancel_scheduled_message", elsewhere).await,
        "no_access"
    );
    assert_eq!(
        phone.ok("cancel_scheduled_message", cancel(ids[1])).await,
        true
    );
    assert_eq!(
        phone.code("cancel_scheduled_message", cancel(ids[1])).await,
        "no_access"
    );
    assert_eq!(
        alice.notice("own_change_notification").await["scope"],
        "scheduled"
    );
    server.clock().moves(20);
    alice.hears("2").await;
    assert_eq!(
        Person::texts(&history(&bob, dm).await),
        ["2", "0"],
        "cancelled is never sent"
    );
    assert_eq!(
        alice.code("cancel_scheduled_message", cancel(ids[0])).await,
        "no_access",
        "sent"
    );
}

/// The author's ack comes before the author's own notice, and for everyone a DM's notices come in one order: that of their effect.
#[tokio::test]
async fn r_110_r_703_r_704_order_of_acks_and_notices() {
    let server = TestServer::start().await;
    let ([alice, bob, carol], dm) = server.trio().await;
    let phone = alice.another_device().await;
    let mut sent = Vec::new();
    for n in 0..100 {
        for person in [&alice, &bob, &carol] {
            let text = format!("{} {n}", person.name);
            sent.push((
                person,
                person.emit("send_message", &person.message(dm, &text)),
                text,
            ));
        }
    }
    for (person, id, _) in &sent {
        assert_eq!(person.ack(*id).await.result(), true);
    }
    let heard = |person: &Person| -> Vec<Value> {
        let message = |came| match came {
            Came::Notice(name, payload, _) if name == "message_notification" => Some(payload),
            _ => None,
        };
        person.history().into_iter().filter_map(message).collect()
    };
    for person in [&alice, &bob, &carol, &phone] {
        person.settled().await;
    }
    let order = heard(&phone);
    assert_eq!(order.len(), 300);
    let stamps: Vec<_> = order
        .iter()
        .map(|m| m["timestamp"].as_str().unwrap())
        .collect();
    assert!(stamps.is_sorted_by(|a, b| a < b));
    for person in [&alice, &bob, &carol] {
        assert_eq!(heard(person), order, "R-703: {}", person.name);
        let own: Vec<_> = order
            .iter()
            .filter(|m| m["sender"] == person.name.as_str())
            .map(text_of)
            .collect();
        let expected: Vec<_> = (0..100).map(|n| format!("{} {n}", person.name)).collect();
        assert_eq!(own, expected, "R-110: in the order sent");
        let came = person.history();
        for (author, id, text) in sent
            .iter()
            .filter(|(author, ..)| author.name == person.name)
        {
            let ack = came
                .iter()
                .position(|c| matches!(c, Came::Ack(other, _) if other == id));
            let bytes = hex::encode(text);
            let notice = came.iter().position(
                |c| matches!(c, Came::Notice(_, payload, _) if payload["message"] == bytes.as_str()),
            );
            assert!(ack < notice, "R-704: {} {text}", author.name);
        }
    }
}
