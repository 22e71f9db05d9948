//! Registering and logging in.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::scalar::Scalar;
use serde_json::{Value, json};
use sotto_tests::keys::{Keys, new_spk};
use sotto_tests::person::{answer_challenge, registration};
use sotto_tests::{Person, Raw, TestServer};

async fn challenge(raw: &Raw, name: &str) -> String {
    let challenge = raw.ok("login", json!({ "username": name })).await;
    challenge.as_str().unwrap().to_owned()
}

async fn answers(raw: &Raw, response: &str) -> String {
    raw.code("login_challenge_response", json!({ "response": response }))
        .await
}

#[tokio::test]
async fn r_201_registering_does_not_log_in() {
    let server = TestServer::start().await;
    let guest = server.guest().await;
    let keys = Keys::fresh();
    assert_eq!(
        guest.ok("register", registration("alice", &keys)).await,
        true
    );
    assert_eq!(guest.code("get_dms", json!({})).await, "not_logged_in");
    answer_challenge(&guest, &server.origin(), "alice", &keys).await;
    assert_eq!(guest.ok("get_dms", json!({})).await, json!([]));
    for (event, request) in [
        ("register", registration("bob", &Keys::fresh())),
        ("login", json!({ "username": "alice" })),
        (
            "login_challenge_response",
            json!({ "response": "00".repeat(64) }),
        ),
    ] {
        assert_eq!(
            guest.code(event, request).await,
            "already_logged_in",
            "{event}"
        );
    }
}

#[tokio::test]
async fn r_202_both_forms_of_prekeys_and_none_are_taken() {
    let server = TestServer::start().await;
    let guest = server.guest().await;
    let keys = Keys::fresh();
    let mut none = registration("none", &keys);
    none["spk"] = json!(null);
    none["sig"] = json!(null);
    guest.ok("register", none).await;
    let seed = Keys::of_the_seed();
    assert_eq!(seed.spk.len(), 32);
    guest.ok("register", registration("seed", &seed)).await;
    guest.ok("register", registration("fifty", &keys)).await;
    let reader = server.person("reader").await;
    for (name, spk) in [
        ("none", json!(null)),
        ("seed", json!(seed.spk())),
        ("fifty", json!(keys.spk())),
    ] {
        let user = reader.ok("get_user", json!({ "username": name })).await;
        assert_eq!(user["spk"], spk, "{name}");
        assert_eq!(user["sig"].is_null(), spk.is_null(), "{name}");
    }
}

#[tokio::test]
async fn r_204_of_two_registrations_at_once_one_succeeds() {
    let server = TestServer::start().await;
    let (one, other) = (server.guest().await, server.guest().await);
    for (a, b) in [
        ("anna", "anna"),
        ("Zoë", "zoë"),
        ("STRASSE", "strasse"),
        ("ﬁn", "fin"),
    ] {
        let ids = [
            one.emit("register", &registration(a, &Keys::fresh())),
            other.emit("register", &registration(b, &Keys::fresh())),
        ];
        let mut codes = [
            one.ack(ids[0]).await.code().to_owned(),
            other.ack(ids[1]).await.code().to_owned(),
        ];
        codes.sort();
        assert_eq!(codes, ["ok", "username_taken"], "{a} and {b}");
        for name in [a, b] {
            assert_eq!(
                one.ok("username_exists", json!({ "username": name })).await,
                true,
                "R-207"
            );
        }
    }
}

#[tokio::test]
async fn r_207_exists_is_what_register_would_call_taken() {
    let server = TestServer::start().await;
    let guest = server.guest().await;
    guest
        .ok("register", registration("Zoë", &Keys::fresh()))
        .await;
    for (name, exists) in [
        ("Zoë", true),
        ("zoë", true),
        ("ZOË", true),
        ("zoe", false),
        // Never to be registered, so never taken: decomposed, or with what is not allowed.
        ("Zoe\u{308}", false),
        ("Zoë ", false),
        ("", false),
        ("a@b", false),
        (&"x".repeat(65), false),
    ] {
        assert_eq!(
            guest
                .ok("username_exists", json!({ "username": name }))
                .await,
            exists,
            "{name:?}"
        );
    }
}

#[tokio::test]
async fn r_208_a_challenge_is_a_fresh_point_of_the_prime_order_group() {
    let server = TestServer::start().await;
    server.person("alice").await;
    let guest = server.guest().await;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..20 {
        let challenge = challenge(&guest, "alice").await;
        let bytes: [u8; 32] = hex::decode(&challenge).unwrap().try_into().unwrap();
        let point = CompressedEdwardsY(bytes).decompress().unwrap();
        assert!(point.is_torsion_free() && !point.is_small_order());
        assert!(seen.insert(challenge));
    }
    for name in ["nobody", "ALICE", "Alice"] {
        assert_eq!(
            guest.code("login", json!({ "username": name })).await,
            "no_such_user",
            "R-128"
        );
    }
}

#[tokio::test]
async fn r_209_r_223_a_challenge_is_for_one_answer() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let (keys, origin) = (&alice.keys, server.origin());
    let guest = server.guest().await;
    assert_eq!(answers(&guest, &"00".repeat(64)).await, "no_challenge");
    // Wrong, and spent: the right answer comes too late.
    let point = challenge(&guest, "alice").await;
    assert_eq!(answers(&guest, &"00".repeat(64)).await, "wrong_response");
    assert_eq!(
        answers(&guest, &keys.answer(&origin, "alice", &point)).await,
        "no_challenge"
    );
    // An answer of 64 digits is of the right form, too.
    let point = challenge(&guest, "alice").await;
    assert_eq!(answers(&guest, &"00".repeat(32)).await, "wrong_response");
    assert_eq!(
        answers(&guest, &keys.answer(&origin, "alice", &point)).await,
        "no_challenge"
    );
    // Another length is no answer and spends nothing.
    let point = challenge(&guest, "alice").await;
    assert_eq!(answers(&guest, "00").await, "invalid_request");
    assert_eq!(
        answers(&guest, &keys.answer(&origin, "alice", &point)).await,
        "ok"
    );
}

#[tokio::test]
async fn r_209_another_login_replaces_the_challenge_if_it_succeeds() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let (keys, origin) = (&alice.keys, server.origin());
    let guest = server.guest().await;
    let first = challenge(&guest, "alice").await;
    challenge(&guest, "alice").await;
    assert_eq!(
        answers(&guest, &keys.answer(&origin, "alice", &first)).await,
        "wrong_response"
    );
    let third = challenge(&guest, "alice").await;
    assert_eq!(
        guest.code("login", json!({ "username": "nobody" })).await,
        "no_such_user"
    );
    assert_eq!(
        answers(&guest, &keys.answer(&origin, "alice", &third)).await,
        "ok"
    );
}

#[tokio::test]
async fn r_209_a_challenge_lives_60_seconds_on_its_connection() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let (keys, origin) = (&alice.keys, server.origin());
    let [one, other] = [server.guest().await, server.guest().await];
    let point = challenge(&one, "alice").await;
    let answer = keys.answer(&origin, "alice", &point);
    assert_eq!(
        answers(&other, &answer).await,
        "no_challenge",
        "another connection"
    );
    server.clock().moves_us(60_000_001);
    assert_eq!(answers(&one, &answer).await, "no_challenge", "too late");
    let point = challenge(&one, "alice").await;
    server.clock().moves(60);
    assert_eq!(
        answers(&one, &keys.answer(&origin, "alice", &point)).await,
        "ok",
        "just in time"
    );
}

#[tokio::test]
async fn r_220_only_this_key_name_and_challenge() {
    let server = TestServer::start().await;
    let [alice, bob] = server.people(["alice", "bob"]).await;
    let guest = server.guest().await;
    let origin = server.origin();
    let point = challenge(&guest, "alice").await;
    assert_eq!(
        answers(&guest, &bob.keys.answer(&origin, "alice", &point)).await,
        "wrong_response"
    );
    let point = challenge(&guest, "alice").await;
    assert_eq!(
        answers(&guest, &alice.keys.answer(&origin, "bob", &point)).await,
        "wrong_response"
    );
    let point = challenge(&guest, "alice").await;
    assert_eq!(
        answers(&guest, &alice.keys.sign(&hex::decode(point).unwrap())).await,
        "wrong_response"
    );
    let point = challenge(&guest, "alice").await;
    let answer = alice.keys.answer(&origin, "alice", &point);
    assert_eq!(
        answers(&guest, &answer.to_uppercase()).await,
        "ok",
        "R-111: either case"
    );
}

#[tokio::test]
async fn r_221_without_a_public_url_only_the_loopback_host_counts() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let port = server.running().address.port();
    let dialled = format!("http://localhost:{port}");
    let guest = Raw::connect(&dialled).await;
    for (origin, code) in [
        (server.origin(), "wrong_response"),
        (format!("https://localhost:{port}"), "wrong_response"),
        ("https://chat.example.org".to_owned(), "wrong_response"),
        (format!("{dialled}/"), "wrong_response"),
        (dialled.clone(), "ok"),
    ] {
        let point = challenge(&guest, "alice").await;
        assert_eq!(
            answers(&guest, &alice.keys.answer(&origin, "alice", &point)).await,
            code,
            "{origin}"
        );
    }
    // Another host in the Host header is none of ours.
    let far = Raw::try_connect(&server.origin(), &[("host", "chat.example.org")])
        .await
        .unwrap();
    let point = challenge(&far, "alice").await;
    let answer = alice
        .keys
        .answer("http://chat.example.org", "alice", &point);
    assert_eq!(answers(&far, &answer).await, "wrong_response");
}

#[tokio::test]
async fn r_221_with_public_urls_only_they_count() {
    let server = TestServer::with(|config| {
        config.public_url = vec![
            "https://chat.example.org".to_owned(),
            "http://chat.local:81".to_owned(),
        ];
    })
    .await;
    let guest = server.guest().await;
    let keys = Keys::fresh();
    guest.ok("register", registration("alice", &keys)).await;
    for (origin, code) in [
        (server.origin(), "wrong_response"),
        ("https://chat.example.org:443".to_owned(), "wrong_response"),
        ("http://chat.example.org".to_owned(), "wrong_response"),
        ("https://chat.example.org".to_owned(), "ok"),
    ] {
        let point = challenge(&guest, "alice").await;
        assert_eq!(
            answers(&guest, &keys.answer(&origin, "alice", &point)).await,
            code,
            "{origin}"
        );
    }
    Person::log_in_as(
        &server.origin(),
        "http://chat.local:81",
        "alice",
        Arc::new(keys),
    )
    .await;
}

/// What the first clients answered: the challenge point times their secret scalar.
fn legacy_answer(keys: &Keys, challenge: &str) -> String {
    let bytes: [u8; 32] = hex::decode(challenge).unwrap().try_into().unwrap();
    let point = CompressedEdwardsY(bytes).decompress().unwrap();
    let scalar =
        Scalar::from_bytes_mod_order(curve25519_dalek::scalar::clamp_integer(keys.scalar_bytes()));
    hex::encode((point * scalar).compress().0)
}

#[tokio::test]
async fn r_222_the_first_clients_answer_is_off_by_default() {
    let server = TestServer::start().await;
    let guest = server.guest().await;
    let keys = Keys::of_the_seed();
    guest.ok("register", registration("old", &keys)).await;
    let point = challenge(&guest, "old").await;
    assert_eq!(
        answers(&guest, &legacy_answer(&keys, &point)).await,
        "wrong_response"
    );
    answer_challenge(&guest, &server.origin(), "old", &keys).await;
}

#[tokio::test]
async fn r_222_the_first_clients_answer_where_it_is_allowed() {
    let server = TestServer::with(|config| config.legacy_dh_login = true).await;
    let guest = server.guest().await;
    let (old, new) = (Keys::of_the_seed(), Keys::fresh());
    let mut bare = registration("bare", &old);
    bare["spk"] = json!(null);
    bare["sig"] = json!(null);
    guest.ok("register", registration("old", &old)).await;
    guest.ok("register", registration("new", &new)).await;
    guest.ok("register", bare).await;
    let point = challenge(&guest, "old").await;
    assert_eq!(
        answers(&guest, &legacy_answer(&new, &point)).await,
        "wrong_response"
    );
    let point = challenge(&guest, "new").await;
    assert_eq!(
        answers(&guest, &legacy_answer(&new, &point)).await,
        "wrong_response",
        "never with 50 bytes"
    );
    for name in ["old", "bare"] {
        let guest = server.guest().await;
        let point = challenge(&guest, name).await;
        assert_eq!(
            answers(&guest, &legacy_answer(&old, &point)).await,
            "ok",
            "{name}"
        );
    }
    let signing = server.guest().await;
    answer_challenge(&signing, &server.origin(), "old", &old).await;
    // With a prekey of 50 bytes the account has outgrown the legacy answer, also for challenges that come later.
    let spk = new_spk();
    let change = json!({ "spk": hex::encode(&spk), "sig": old.sign(&spk) });
    signing.ok("set_user", change).await;
    let guest = server.guest().await;
    let point = challenge(&guest, "old").await;
    assert_eq!(
        answers(&guest, &legacy_answer(&old, &point)).await,
        "wrong_response"
    );
}

#[tokio::test]
async fn r_222_a_challenge_given_out_before_the_prekey_changed_is_no_way_round() {
    let server = TestServer::with(|config| config.legacy_dh_login = true).await;
    let [guest, other] = [server.guest().await, server.guest().await];
    let keys = Keys::of_the_seed();
    guest.ok("register", registration("old", &keys)).await;
    let point = challenge(&other, "old").await;
    answer_challenge(&guest, &server.origin(), "old", &keys).await;
    let spk = new_spk();
    guest
        .ok(
            "set_user",
            json!({ "spk": hex::encode(&spk), "sig": keys.sign(&spk) }),
        )
        .await;
    assert_eq!(
        answers(&other, &legacy_answer(&keys, &point)).await,
        "wrong_response"
    );
}

async fn answers_wrongly(raw: &Raw, name: &str, times: usize) {
    for _ in 0..times {
        challenge(raw, name).await;
        assert_eq!(answers(raw, &"00".repeat(64)).await, "wrong_response");
    }
}

#[tokio::test]
async fn r_224_ten_wrong_answers_lock_out_for_a_minute() {
    let mut server = TestServer::with(|config| {
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let [alice, bob] = server.people(["alice", "bob"]).await;
    let origin = server.origin();
    let [guest, waiting] = [server.guest().await, server.guest().await];
    let point = challenge(&waiting, "alice").await;
    answers_wrongly(&guest, "alice", 10).await;
    let refusal = guest.ask("login", json!({ "username": "alice" })).await;
    assert_eq!(
        (refusal.code(), refusal.0["retry_after"].as_u64()),
        ("locked_out", Some(60))
    );
    let right = alice.keys.answer(&origin, "alice", &point);
    assert_eq!(
        answers(&waiting, &right).await,
        "locked_out",
        "a right answer, too"
    );
    assert_eq!(
        answers(&waiting, &right).await,
        "no_challenge",
        "R-223: and it is spent"
    );
    let again = server.guest().await;
    assert_eq!(
        again.code("login", json!({ "username": "alice" })).await,
        "locked_out",
        "reconnecting"
    );
    assert_eq!(
        alice.ok("get_dms", json!({})).await,
        json!([]),
        "open sessions stay open"
    );
    answer_challenge(&again, &origin, "bob", &bob.keys).await;
    let elsewhere = Raw::try_connect(&origin, &[("x-forwarded-for", "198.51.100.7")])
        .await
        .unwrap();
    answer_challenge(&elsewhere, &origin, "alice", &alice.keys).await;
    server.restart().await;
    let guest = server.guest().await;
    assert_eq!(
        guest.code("login", json!({ "username": "alice" })).await,
        "locked_out",
        "restarted"
    );
    server.clock().moves(59);
    let refusal = guest.ask("login", json!({ "username": "alice" })).await;
    assert_eq!(refusal.0["retry_after"], 1, "R-104");
    server.clock().moves(1);
    answer_challenge(&guest, &server.origin(), "alice", &alice.keys).await;
}

#[tokio::test]
async fn r_224_a_right_answer_ends_the_row() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    for _ in 0..3 {
        let guest = server.guest().await;
        answers_wrongly(&guest, "alice", 9).await;
        answer_challenge(&guest, &server.origin(), "alice", &alice.keys).await;
    }
    // After a lockout it takes ten again.
    let guest = server.guest().await;
    answers_wrongly(&guest, "alice", 10).await;
    server.clock().moves(61);
    answers_wrongly(&guest, "alice", 9).await;
    answer_challenge(&guest, &server.origin(), "alice", &alice.keys).await;
}

#[tokio::test]
async fn r_224_no_challenge_and_expired_ones_do_not_count() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let guest = server.guest().await;
    for _ in 0..12 {
        assert_eq!(answers(&guest, &"00".repeat(64)).await, "no_challenge");
        challenge(&guest, "alice").await;
        server.clock().moves(61);
        assert_eq!(answers(&guest, &"00".repeat(64)).await, "no_challenge");
    }
    answer_challenge(&guest, &server.origin(), "alice", &alice.keys).await;
}

#[tokio::test]
async fn r_154_a_user_has_twenty_connections() {
    let server = TestServer::with(|config| {
        config.limits.rates = sotto_server::Switch::On;
        config.limits.max_user_sockets = 2;
        config.limits.rate_logins = 1_000;
    })
    .await;
    let alice = server.person("alice").await;
    let second = alice.another_device().await;
    let third = server.guest().await;
    let point = challenge(&third, "alice").await;
    let right = alice.keys.answer(&server.origin(), "alice", &point);
    let refusal = third
        .ask("login_challenge_response", json!({ "response": right }))
        .await;
    assert_eq!(refusal.code(), "rate_limited");
    assert!(refusal.0["retry_after"].as_u64() >= Some(1), "R-104");
    let bob = server.person("bob").await;
    bob.befriends(&alice).await;
    second.hangs_up();
    // Bob's watching tells when it is gone: the third succeeds sooner or later, without a fourth ever being let in.
    let watch = async {
        loop {
            let point = challenge(&third, "alice").await;
            let right = alice.keys.answer(&server.origin(), "alice", &point);
            if answers(&third, &right).await == "ok" {
                return;
            }
        }
    };
    tokio::time::timeout(sotto_tests::raw::PATIENCE, watch)
        .await
        .unwrap();
    let nothing: Value = bob.ok("get_dms", json!({})).await;
    assert_eq!(nothing, json!([]));
}
