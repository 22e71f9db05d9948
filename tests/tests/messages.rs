//! Messages, and the limits.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use sotto_tests::person::text_of;
use sotto_tests::{Came, Person, TestServer};

async fn history(person: &Person, dm: u64) -> Value {
    person.ok("get_message_history", json!({ "id": dm })).await
}

async fn changes(person: &Person, dm: u64, since: &Value) -> Value {
    person
        .ok("get_message_changes", json!({ "id": dm, "since": since }))
        .await
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
async fn r_407_r_408_r_410_pages_of_history() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    for n in 0..230 {
        alice
            .ok("send_message", alice.message(dm, &format!("{n}")))
            .await;
    }
    let all = bob
        .ok("get_message_history", json!({ "id": dm, "count": 200 }))
        .await;
    assert_eq!(ids(&all).len(), 200);
    let stamps: Vec<_> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["timestamp"].clone())
        .collect();
    let texts = |page: &Value| Person::texts(page);
    let range = |from: i32, to: i32| -> Vec<String> {
        if from > to {
            (to..=from).rev().map(|n| n.to_string()).collect()
        } else {
            (from..=to).map(|n| n.to_string()).collect()
        }
    };
    for (request, expected) in [
        (json!({}), range(229, 180)),
        (json!({ "cursor": null }), range(229, 180)),
        (json!({ "count": 3 }), range(229, 227)),
        (json!({ "limit": 3 }), range(229, 227)),
        (json!({ "count": 2, "limit": 3 }), range(229, 228)),
        (json!({ "count": 100_000 }), range(229, 30)),
        (json!({ "count": 2, "cursor": stamps[0] }), range(228, 227)),
        (json!({ "count": 2, "cursor": stamps[199] }), range(29, 28)),
        (json!({ "count": 3, "after": stamps[5] }), range(225, 227)),
        (json!({ "after": stamps[2] }), range(228, 229)),
        (
            json!({ "count": 3, "after": "1999-01-01T00:00:00" }),
            range(0, 2),
        ),
        (json!({ "cursor": "1999-01-01T00:00:00Z" }), vec![]),
        (json!({ "after": "2999-01-01T00:00:00+02:00" }), vec![]),
        (json!({ "after": stamps[0] }), vec![]),
    ] {
        let mut asked = request.clone();
        asked["id"] = json!(dm);
        let page = bob.ok("get_message_history", asked).await;
        assert_eq!(texts(&page), expected, "{request}");
    }
}

#[tokio::test]
async fn r_409_a_page_of_messages_ends_at_a_mebibyte() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    for n in 0..20 {
        let text = format!("{n:02}{}", "x".repeat(65_534));
        alice.ok("send_message", alice.message(dm, &text)).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let page = bob
            .ok(
                "get_message_history",
                json!({ "id": dm, "cursor": cursor, "count": 200 }),
            )
            .await;
        let Some(last) = page.as_array().unwrap().last() else {
            break;
        };
        assert!(page.to_string().len() <= 1_048_576);
        let all_of_the_rest = seen.len() + ids(&page).len() == 20;
        assert!(all_of_the_rest || ids(&page).len() == 7, "as many as fit");
        cursor = last["timestamp"].clone();
        seen.extend(ids(&page));
    }
    assert_eq!(seen.len(), 20, "only an empty page is the end");
    assert!(seen.is_sorted_by(|a, b| a > b));
}

#[tokio::test]
async fn r_409_one_larger_message_comes_alone() {
    let server = TestServer::with(|config| config.limits.max_page = 4_096).await;
    let (alice, bob, dm) = server.pair().await;
    for text in ["small", &"x".repeat(10_000), "little"] {
        alice.ok("send_message", alice.message(dm, text)).await;
    }
    let mut cursor = Value::Null;
    let mut pages = Vec::new();
    loop {
        let page = bob
            .ok("get_message_history", json!({ "id": dm, "cursor": cursor }))
            .await;
        let Some(last) = page.as_array().unwrap().last() else {
            break;
        };
        cursor = last["timestamp"].clone();
        pages.push(ids(&page).len());
    }
    assert_eq!(pages, [1, 1, 1]);
}

#[tokio::test]
async fn r_411_r_414_pins() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let mut messages = Vec::new();
    for n in 0..5 {
        messages.push(alice.sends(dm, &format!("{n}")).await);
    }
    for n in [3, 0, 4] {
        // Any member pins.
        bob.ok(
            "set_message",
            json!({ "id": messages[n]["id"], "pinned": true }),
        )
        .await;
    }
    let told = alice.notice("message_change_notification").await;
    assert_eq!(
        (&told["id"], &told["pinned"]),
        (&messages[3]["id"], &json!(true))
    );
    let pinned = async |request: Value| {
        let mut asked = request;
        asked["id"] = json!(dm);
        Person::texts(&alice.ok("get_pinned", asked).await)
    };
    assert_eq!(pinned(json!({})).await, ["4", "3", "0"], "newest first");
    assert_eq!(pinned(json!({ "count": 2 })).await, ["4", "3"]);
    assert_eq!(
        pinned(json!({ "cursor": messages[4]["timestamp"], "count": 1 })).await,
        ["3"]
    );
    assert_eq!(
        pinned(json!({ "cursor": messages[0]["timestamp"] })).await,
        Vec::<String>::new()
    );
    alice
        .ok(
            "set_message",
            json!({ "id": messages[3]["id"], "pinned": false }),
        )
        .await;
    assert_eq!(pinned(json!({})).await, ["4", "0"]);
}

#[tokio::test]
async fn r_140_a_dm_has_100_pins() {
    let server = TestServer::start().await;
    let (alice, _bob, dm) = server.pair().await;
    let mut messages = Vec::new();
    for n in 0..101 {
        messages.push(alice.sends(dm, &format!("{n}")).await["id"].clone());
    }
    let pin = async |id: &Value, pinned: bool| {
        alice
            .code("set_message", json!({ "id": id, "pinned": pinned }))
            .await
    };
    for id in &messages[..100] {
        assert_eq!(pin(id, true).await, "ok");
    }
    assert_eq!(pin(&messages[100], true).await, "too_large");
    assert_eq!(pin(&messages[7], true).await, "ok", "it is pinned already");
    let all = alice.ok("get_pinned", json!({ "id": dm })).await;
    assert_eq!(ids(&all).len(), 100, "R-411: all that fit");
    assert_eq!(pin(&messages[7], false).await, "ok");
    assert_eq!(pin(&messages[100], true).await, "ok");
    // A pinned message that is gone makes room, too.
    alice
        .ok("delete_message", json!({ "id": messages[0] }))
        .await;
    assert_eq!(pin(&messages[7], true).await, "ok");
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
async fn r_138_r_418_r_419_reactions() {
    let server = TestServer::start().await;
    let ([alice, bob, carol], dm) = server.trio().await;
    let message = alice.sends(dm, "react!").await;
    let first = bob.reacts(&message, "+1").await;
    let told = carol.notice("message_change_notification").await;
    let (reaction, signature) = bob.seals("+1");
    let expected =
        json!([{ "id": first, "sender": "bob", "reaction": reaction, "signature": signature }]);
    assert_eq!(told["reactions"], expected);
    for person in [&alice, &bob, &carol] {
        person.news().await;
    }
    assert_eq!(
        bob.reacts(&message, "+1").await,
        first,
        "R-418: the id there is"
    );
    assert_eq!(alice.headlines().await, Vec::<String>::new(), "and no news");
    // Another member's same bytes have another signature, and so are another reaction.
    let second = alice.reacts(&message, "+1").await;
    let third = bob.reacts(&message, &"x".repeat(1_024)).await;
    let now = carol
        .ok("get_message", json!({ "id": message["id"] }))
        .await;
    let listed: Vec<_> = now["reactions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["id"].clone())
        .collect();
    assert_eq!(
        listed,
        [first, second, third],
        "R-406: in order of their ids"
    );
    assert_eq!(
        alice.code("remove_reaction", json!({ "id": first })).await,
        "not_owner"
    );
    assert_eq!(
        bob.ok("remove_reaction", json!({ "id": first })).await,
        true
    );
    assert_eq!(
        bob.code("remove_reaction", json!({ "id": first })).await,
        "no_access"
    );
    let news = carol.news().await;
    let last = &news.last().unwrap();
    assert_eq!(last.0, "message_notification", "R-713");
    assert_eq!(last.1["reactions"].as_array().unwrap().len(), 2);
    assert!(
        bob.reacts(&message, "+1").await > third,
        "it may come back, as another"
    );
}

#[tokio::test]
async fn r_139_reactions_of_a_message_are_limited() {
    let server = TestServer::with(|config| {
        config.limits.max_reactions_by_user = 3;
        config.limits.max_reactions = 5;
        config.limits.max_reaction_bytes = 1_000;
    })
    .await;
    let ([alice, bob, carol], dm) = server.trio().await;
    let message = alice.sends(dm, "react!").await;
    let react = |person: &Person, text: &str| {
        let (reaction, signature) = person.seals(text);
        let request = json!({ "id": message["id"], "reaction": reaction, "signature": signature });
        (request, person.name.clone())
    };
    for n in 0..3 {
        alice.reacts(&message, &format!("{n}")).await;
    }
    assert_eq!(
        alice.code("add_reaction", react(&alice, "3").0).await,
        "too_large",
        "three by one"
    );
    assert_eq!(
        alice.code("add_reaction", react(&alice, "2").0).await,
        "ok",
        "it is there already"
    );
    assert_eq!(
        bob.code("add_reaction", react(&bob, &"x".repeat(998)).0)
            .await,
        "too_large",
        "bytes"
    );
    bob.reacts(&message, &"x".repeat(996)).await;
    bob.reacts(&message, "y").await;
    assert_eq!(
        carol.code("add_reaction", react(&carol, "z").0).await,
        "too_large",
        "five in all"
    );
    let other = alice.sends(dm, "another").await;
    carol.reacts(&other, "z").await;
}

#[tokio::test]
async fn r_412_changes_since_a_cursor() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let mut messages = Vec::new();
    for n in 0..4 {
        messages.push(alice.sends(dm, &format!("{n}")).await);
    }
    let start = changes(&bob, dm, &Value::Null).await;
    assert_eq!(
        (&start["messages"], &start["deleted"], &start["more"]),
        (&json!([]), &json!([]), &json!(false)),
        "null means now"
    );
    alice
        .ok("set_message", edit(&alice, &messages[2]["id"], "edited"))
        .await;
    bob.ok(
        "set_message",
        json!({ "id": messages[0]["id"], "pinned": true }),
    )
    .await;
    alice
        .ok("delete_message", json!({ "id": messages[1]["id"] }))
        .await;
    let fresh = alice.sends(dm, "fresh").await;
    let gone = alice.sends(dm, "gone at once").await;
    alice
        .ok("delete_message", json!({ "id": gone["id"] }))
        .await;
    alice.reacts(&messages[2], "+1").await;
    let told = changes(&bob, dm, &start["cursor"]).await;
    let expected =
        [&messages[0]["id"], &fresh["id"], &messages[2]["id"]].map(|id| id.as_u64().unwrap());
    assert_eq!(ids(&told["messages"]), expected, "oldest change first");
    assert_eq!(text_of(&told["messages"][2]), "edited", "as they are now");
    assert_eq!(
        told["messages"][2]["reactions"].as_array().unwrap().len(),
        1
    );
    assert_eq!(told["deleted"], json!([messages[1]["id"], gone["id"]]));
    assert_eq!(told["more"], false);
    let after = changes(&bob, dm, &told["cursor"]).await;
    assert_eq!(
        (&after["messages"], &after["deleted"]),
        (&json!([]), &json!([]))
    );
    // In portions the same comes, each once.
    let (mut seen, mut deleted, mut cursor) = (Vec::new(), Vec::new(), start["cursor"].clone());
    loop {
        let request = json!({ "id": dm, "since": cursor, "count": 1 });
        let page = bob.ok("get_message_changes", request).await;
        seen.extend(ids(&page["messages"]));
        deleted.extend(page["deleted"].as_array().unwrap().clone());
        cursor = page["cursor"].clone();
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(
        (seen, json!(deleted)),
        (expected.to_vec(), told["deleted"].clone())
    );
}

#[tokio::test]
async fn r_413_tombstones_are_kept_for_90_days() {
    let mut server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let message = alice.sends(dm, "soon gone").await;
    let start = changes(&bob, dm, &Value::Null).await["cursor"].clone();
    alice
        .ok("delete_message", json!({ "id": message["id"] }))
        .await;
    server.clock().moves(90 * 86_400 - 1);
    server.restart().await;
    let bob = server.device(&bob).await;
    let told = changes(&bob, dm, &start).await;
    assert_eq!(told["deleted"], json!([message["id"]]));
    server.clock().moves(86_400);
    let late = bob
        .code("get_message_changes", json!({ "id": dm, "since": start }))
        .await;
    assert_eq!(late, "cursor_too_old");
    assert_eq!(
        changes(&bob, dm, &told["cursor"]).await["deleted"],
        json!([])
    );
    server.restart().await;
    let bob = server.device(&bob).await;
    assert_eq!(
        bob.code("get_message_changes", json!({ "id": dm, "since": start }))
            .await,
        "cursor_too_old"
    );
}

#[tokio::test]
async fn r_412_changes_tell_of_self_destruction_and_scheduled_sends() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let start = changes(&bob, dm, &Value::Null).await["cursor"].clone();
    alice
        .ok(
            "send_message",
            alice.message_with(dm, "brief", json!({ "delete": 5 })),
        )
        .await;
    alice
        .ok(
            "send_message",
            alice.message_with(dm, "later", json!({ "schedule": 5 })),
        )
        .await;
    let brief = bob.hears("brief").await;
    server.clock().moves(5);
    let later = bob.hears("later").await;
    assert_eq!(bob.notice("message_delete_notification").await, brief["id"]);
    let told = changes(&bob, dm, &start).await;
    assert_eq!(
        (&told["messages"], &told["deleted"]),
        (&json!([later]), &json!([brief["id"]]))
    );
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

#[tokio::test]
async fn r_144_scheduled_messages_of_a_user_are_limited() {
    let server = TestServer::with(|config| {
        config.limits.max_scheduled = 3;
        config.limits.max_scheduled_bytes = 100;
    })
    .await;
    let (alice, bob, dm) = server.pair().await;
    let later =
        |person: &Person, text: &str| person.message_with(dm, text, json!({ "schedule": 60 }));
    assert_eq!(
        alice
            .code("send_message", later(&alice, &"x".repeat(101)))
            .await,
        "too_large"
    );
    assert_eq!(
        alice
            .code("send_message", later(&alice, &"x".repeat(98)))
            .await,
        "ok"
    );
    assert_eq!(
        alice.code("send_message", later(&alice, "yyy")).await,
        "too_large",
        "bytes"
    );
    assert_eq!(alice.code("send_message", later(&alice, "y")).await, "ok");
    assert_eq!(alice.code("send_message", later(&alice, "z")).await, "ok");
    assert_eq!(
        alice.code("send_message", later(&alice, "w")).await,
        "too_large",
        "three"
    );
    assert_eq!(
        alice.code("send_message", later(&alice, "z")).await,
        "ok",
        "R-403: it is there"
    );
    assert_eq!(
        bob.code("send_message", later(&bob, "of my own")).await,
        "ok",
        "counted by user"
    );
    // What was refused left no mark: it can be sent later.
    server.clock().moves(60);
    alice.hears("z").await;
    assert_eq!(alice.code("send_message", later(&alice, "w")).await, "ok");
    assert_eq!(
        alice.code("send_message", alice.message(dm, "now")).await,
        "ok",
        "not scheduled, not counted"
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
