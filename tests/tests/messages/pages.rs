//! Pages of history, pins and changes.

use super::*;

async fn changes(person: &Person, dm: u64, since: &Value) -> Value {
    person
        .ok("get_message_changes", json!({ "id": dm, "since": since }))
        .await
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
