//! Calls.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sotto_tests::{Person, TestServer};

fn join(dm: u64, uuid: &str) -> Value {
    json!({ "id": dm, "uuid": uuid })
}

fn joined(dm: u64, who: &str, uuid: &str) -> (String, Value) {
    let notice = json!({ "id": dm, "username": who, "uuid": uuid });
    ("user_joined_call".to_owned(), notice)
}

fn in_dm(name: &str, dm: u64, who: &str) -> (String, Value) {
    (name.to_owned(), json!({ "id": dm, "username": who }))
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

async fn users_in_call(person: &Person, dm: u64) -> Value {
    person.ok("get_dm", json!({ "id": dm })).await["users_in_call"].clone()
}

#[tokio::test]
async fn r_601_r_603_joining_and_leaving() {
    let server = TestServer::start().await;
    let ([alice, bob, carol], dm) = server.trio().await;
    let uuid = "ü".repeat(256);
    assert_eq!(
        bob.ok("join_call", join(dm, &uuid)).await,
        json!({ "bob": uuid })
    );
    for person in [&alice, &bob, &carol] {
        let told = news(person).await;
        assert_eq!(told[0], joined(dm, "bob", &uuid));
        assert_eq!(
            (&told[1].0[..], &told[1].1["users_in_call"]),
            ("dm_notification", &json!(["bob"]))
        );
        assert_eq!(told.len(), 2);
    }
    let all = alice.ok("join_call", join(dm, "a")).await;
    assert_eq!(all, json!({ "alice": "a", "bob": uuid }), "the caller, too");
    assert_eq!(
        users_in_call(&carol, dm).await,
        json!(["alice", "bob"]),
        "in key-tree order"
    );
    for person in [&alice, &bob, &carol] {
        person.news().await;
    }
    assert_eq!(
        carol.code("leave_call", json!({ "id": dm })).await,
        "not_in_call",
        "R-603"
    );
    assert_eq!(bob.ok("leave_call", json!({ "id": dm })).await, true);
    for person in [&alice, &bob, &carol] {
        let told = news(person).await;
        assert_eq!(told[0], in_dm("user_left_call", dm, "bob"));
        assert_eq!(
            (&told[1].0[..], &told[1].1["users_in_call"]),
            ("dm_notification", &json!(["alice"]))
        );
        assert_eq!(told.len(), 2);
    }
    assert_eq!(
        bob.code("leave_call", json!({ "id": dm })).await,
        "not_in_call",
        "R-603"
    );
}

#[tokio::test]
async fn r_602_the_newest_device_has_the_place() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let phone = alice.another_device().await;
    alice.ok("join_call", join(dm, "laptop")).await;
    assert_eq!(
        phone.ok("join_call", join(dm, "phone")).await,
        json!({ "alice": "phone" }),
        "one place"
    );
    assert_eq!(
        bob.ok("join_call", join(dm, "b")).await,
        json!({ "alice": "phone", "bob": "b" })
    );
    // The device that lost the place goes: nobody leaves.
    alice.hangs_up();
    // The phone goes: Alice leaves.
    bob.news().await;
    phone.ok("get_dms", json!({})).await;
    assert_eq!(users_in_call(&bob, dm).await, json!(["alice", "bob"]));
    phone.hangs_up();
    let left = bob.notice("user_left_call").await;
    assert_eq!(left, json!({ "id": dm, "username": "alice" }));
    assert_eq!(
        bob.notice("dm_notification").await["users_in_call"],
        json!(["bob"])
    );
}

#[tokio::test]
async fn r_602_the_end_of_the_connection_leaves_every_call() {
    let server = TestServer::start().await;
    let ([alice, bob, carol], dm) = server.trio().await;
    let other = bob.creates_dm(&[&alice, &carol]).await;
    let phone = alice.another_device().await;
    for id in [dm, other] {
        alice.ok("join_call", join(id, "a")).await;
    }
    alice.hangs_up();
    for id in [dm, other] {
        bob.notice_where("user_left_call", |left| left["id"] == id)
            .await;
    }
    for id in [dm, other] {
        assert_eq!(users_in_call(&bob, id).await, json!([]));
    }
    assert_eq!(
        phone.code("leave_call", json!({ "id": dm })).await,
        "not_in_call"
    );
}

#[tokio::test]
async fn r_602_calls_end_with_the_server() {
    let mut server = TestServer::start().await;
    let (alice, _bob, dm) = server.pair().await;
    alice.ok("join_call", join(dm, "a")).await;
    server.restart().await;
    let alice = server.device(&alice).await;
    assert_eq!(users_in_call(&alice, dm).await, json!([]));
}

#[tokio::test]
async fn r_604_signals_reach_one_device_in_the_call() {
    let server = TestServer::start().await;
    let ([alice, bob, carol], dm) = server.trio().await;
    let phone = bob.another_device().await;
    let (data, signature) = alice.seals("offer");
    let signal =
        |to: &str| json!({ "id": dm, "username": to, "data": data, "signature": signature });
    assert_eq!(
        alice.code("call_signal", signal("bob")).await,
        "not_in_call",
        "the caller is not in it"
    );
    alice.ok("join_call", join(dm, "a")).await;
    assert_eq!(
        alice.code("call_signal", signal("bob")).await,
        "not_in_call",
        "the called is not"
    );
    phone.ok("join_call", join(dm, "b")).await;
    for person in [&alice, &bob, &phone, &carol] {
        person.news().await;
    }
    assert_eq!(alice.ok("call_signal", signal("bob")).await, true);
    let expected = json!({ "id": dm, "username": "alice", "data": data, "signature": signature });
    assert_eq!(
        news(&phone).await,
        [("call_signal_notification".to_owned(), expected)]
    );
    for person in [&alice, &bob, &carol] {
        assert_eq!(
            news(person).await,
            [],
            "{}'s device is not the one",
            person.name
        );
    }
    let alice2 = alice.another_device().await;
    assert_eq!(
        alice2.code("call_signal", signal("bob")).await,
        "not_in_call",
        "another own device"
    );
    assert_eq!(
        alice.code("call_signal", signal("carol")).await,
        "not_in_call"
    );
    assert_eq!(
        alice.code("call_signal", signal("nobody")).await,
        "no_such_user"
    );
    let outsider = server.person("dave").await;
    assert_eq!(
        alice.code("call_signal", signal("dave")).await,
        "not_in_call",
        "no member"
    );
    let (data, signature) = outsider.seals("offer");
    let request = json!({ "id": dm, "username": "bob", "data": data, "signature": signature });
    assert_eq!(outsider.code("call_signal", request).await, "no_access");
    // It is never stored: no history, no login, no changes tell of it.
    let again = bob.another_device().await;
    assert_eq!(news(&again).await, []);
    assert_eq!(
        bob.ok("get_message_history", json!({ "id": dm })).await,
        json!([])
    );
    // The largest that is taken.
    let large = "x".repeat(16_384);
    let (data, signature) = alice.seals(&large);
    let request = json!({ "id": dm, "username": "bob", "data": data, "signature": signature });
    assert_eq!(alice.code("call_signal", request).await, "ok", "R-146");
}

#[tokio::test]
async fn r_160_signals_are_limited() {
    let server = TestServer::with(|config| {
        config.limits.rates = sotto_server::Switch::On;
        config.limits.rate_call_signals = 2;
    })
    .await;
    let (alice, bob, dm) = server.pair().await;
    for person in [&alice, &bob] {
        person.ok("join_call", join(dm, "u")).await;
    }
    let mut codes = Vec::new();
    for n in 0..4 {
        let (data, signature) = alice.seals(&format!("{n}"));
        let request = json!({ "id": dm, "username": "bob", "data": data, "signature": signature });
        codes.push(alice.emit("call_signal", &request));
    }
    let mut refused = 0;
    for id in codes {
        let reply = alice.ack(id).await;
        if reply.code() == "rate_limited" {
            refused += 1;
            assert_eq!(reply.0["retry_after"], 1, "R-104");
        }
    }
    assert!((1..=2).contains(&refused), "{refused} of four");
}

#[tokio::test]
async fn r_605_no_ice_servers_unless_they_are_set() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    assert_eq!(alice.ok("get_ice_servers", json!({})).await, json!([]));
}

#[tokio::test]
async fn r_605_turn_credentials_of_ten_minutes() {
    let server = TestServer::with(|config| {
        config.ice_servers = vec![
            "stun:stun.example.org:3478".to_owned(),
            "turn:turn.example.org:3478".to_owned(),
            "turns:turn.example.org:5349".to_owned(),
        ];
        config.turn_secret = Some("a shared secret".parse().unwrap());
    })
    .await;
    let alice = server.person("alice").await;
    let servers = alice.ok("get_ice_servers", json!({})).await;
    assert_eq!(
        servers[0],
        json!({ "urls": ["stun:stun.example.org:3478"] })
    );
    let turn = &servers[1];
    assert_eq!(
        turn["urls"],
        json!(["turn:turn.example.org:3478", "turns:turn.example.org:5349"])
    );
    let name = turn["username"].as_str().unwrap();
    let expires: i64 = name.split(':').next().unwrap().parse().unwrap();
    let now = sotto_server::Clock::now_us(server.clock()) / 1_000_000;
    assert_eq!(expires - now, 600);
    assert!(
        !name.contains("alice"),
        "the TURN server does not learn who calls"
    );
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(b"a shared secret").unwrap();
    mac.update(name.as_bytes());
    let password = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
    assert_eq!(turn["credential"], password, "as coturn computes it");
    assert_ne!(
        alice.ok("get_ice_servers", json!({})).await[1]["username"],
        name,
        "each its own"
    );
}
