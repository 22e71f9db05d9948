//! Which of two refusals is given: R-121.

use super::*;

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
