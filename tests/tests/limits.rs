//! Rates and connections. Sizes stand with their events.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use sotto_server::config::Config;
use sotto_server::{Limits, Switch};
use sotto_tests::keys::Keys;
use sotto_tests::person::{answer_challenge, registration};
use sotto_tests::{Raw, TestServer};

/// Rates on, none of them in the way but the one that a test sets.
fn on(config: &mut Config) -> &mut Limits {
    let limits = &mut config.limits;
    limits.rates = Switch::On;
    limits.rate_registrations_hour = 10_000;
    limits.rate_logins = 10_000;
    limits.rate_events = 10_000;
    limits.rate_events_burst = 10_000;
    limits
}

#[test]
fn r_130_to_r_160_the_defaults_are_those_of_the_table() {
    let limits = Config::defaults().limits;
    let mib = 1_048_576;
    for (rule, number, default) in [
        ("R-132", limits.max_username, 64),
        ("R-133", limits.max_biography, 500),
        ("R-133", limits.max_status, 64),
        ("R-134", limits.max_profile_picture, 256 * 1_024),
        ("R-135", limits.max_own_storage, mib),
        ("R-136", limits.max_dm_name, 2_048),
        ("R-137", limits.max_message, 64 * 1_024),
        ("R-138", limits.max_reaction, 1_024),
        ("R-139", limits.max_reactions_by_user, 50),
        ("R-139", limits.max_reactions, 500),
        ("R-139", limits.max_reaction_bytes, 128 * 1_024),
        ("R-140", usize::try_from(limits.max_pins).unwrap(), 100),
        ("R-141", limits.max_members, 256),
        ("R-142", limits.max_uuid, 256),
        (
            "R-143",
            usize::try_from(limits.max_delay).unwrap(),
            31_536_000,
        ),
        (
            "R-144",
            usize::try_from(limits.max_scheduled).unwrap(),
            1_000,
        ),
        (
            "R-144",
            usize::try_from(limits.max_scheduled_bytes).unwrap(),
            2 * mib,
        ),
        ("R-145", limits.max_info, 64 * 1_024),
        ("R-146", limits.max_call_signal, 16 * 1_024),
        ("R-147", limits.max_frame, 2 * mib),
        ("R-154", limits.max_user_sockets, 20),
        ("R-158", limits.max_address_sockets, 200),
    ] {
        assert_eq!(number, default, "{rule}");
    }
    for (rule, number, default) in [
        ("R-150", limits.rate_events, 50),
        ("R-150", limits.rate_events_burst, 200),
        ("R-151", limits.rate_sends, 20),
        ("R-151", limits.rate_sends_burst, 100),
        ("R-152", limits.rate_dms_hour, 30),
        ("R-153", limits.rate_invitations_day, 50),
        ("R-155", limits.rate_fan_out, 32 * 1_048_576),
        ("R-155", limits.rate_fan_out_burst, 256 * 1_048_576),
        ("R-156", limits.rate_registrations_hour, 20),
        ("R-157", limits.rate_logins, 10),
        ("R-160", limits.rate_call_signals, 50),
    ] {
        assert_eq!(number, default, "{rule}");
    }
    assert_eq!(limits.rates, Switch::On);
}

/// Asks so often at once; how many are refused as too many, each with the time to wait.
async fn refused(raw: &Raw, event: &str, requests: impl IntoIterator<Item = Value>) -> usize {
    let ids: Vec<_> = requests
        .into_iter()
        .map(|request| raw.emit(event, &request))
        .collect();
    let mut refused = 0;
    for id in ids {
        let reply = raw.ack(id).await;
        if reply.code() == "rate_limited" {
            assert!(
                reply.0["retry_after"].as_u64() >= Some(1),
                "R-104: {}",
                reply.0
            );
            refused += 1;
        } else {
            assert_eq!(reply.code(), "ok", "{event}: {}", reply.0);
        }
    }
    refused
}

#[tokio::test]
async fn r_150_events_of_one_user_whatever_the_device() {
    let server = TestServer::with(|config| {
        on(config).rate_events = 1;
        config.limits.rate_events_burst = 20;
    })
    .await;
    let [alice, bob] = server.people(["alice", "bob"]).await;
    let phone = alice.another_device().await;
    let first = refused(&alice, "get_dms", vec![json!({}); 15]).await;
    let second = refused(&phone, "get_dms", vec![json!({}); 15]).await;
    // One more comes back with each second that this takes.
    assert!(
        (8..=10).contains(&(first + second)),
        "{first} and {second} of 30"
    );
    assert_eq!(
        refused(&bob, "get_dms", vec![json!({}); 15]).await,
        0,
        "another user's own"
    );
}

#[tokio::test]
async fn r_151_sends_of_one_user() {
    let server = TestServer::with(|config| {
        on(config).rate_sends = 1;
        config.limits.rate_sends_burst = 5;
    })
    .await;
    let (alice, bob, dm) = server.pair().await;
    let messages = |n: usize| {
        (0..n)
            .map(|n| alice.message(dm, &format!("{n}")))
            .collect::<Vec<_>>()
    };
    assert!((4..=5).contains(&refused(&alice, "send_message", messages(10)).await));
    assert_eq!(
        refused(&alice, "get_dms", vec![json!({}); 20]).await,
        0,
        "sends alone"
    );
    bob.sends(dm, "I can").await;
    let all = alice.ok("get_message_history", json!({ "id": dm })).await;
    assert!(
        (6..=7).contains(&all.as_array().unwrap().len()),
        "R-120: what was refused is not there"
    );
}

#[tokio::test]
async fn r_152_dms_created_by_one_user_in_an_hour() {
    let server = TestServer::with(|config| on(config).rate_dms_hour = 3).await;
    let [alice, bob, carol] = server.people(["alice", "bob", "carol"]).await;
    let requests: Vec<_> = (0..5).map(|_| alice.dm_request(&[&bob, &carol])).collect();
    assert_eq!(refused(&alice, "create_dm", requests).await, 2);
    assert_eq!(
        bob.ok("get_dms", json!({})).await.as_array().unwrap().len(),
        3
    );
    bob.creates_dm(&[&alice, &carol]).await;
}

#[tokio::test]
async fn r_155_fan_out_is_bytes_times_recipients() {
    let server = TestServer::with(|config| {
        on(config).rate_fan_out = 1;
        config.limits.rate_fan_out_burst = 10_000;
    })
    .await;
    let ([alice, bob, _carol], dm) = server.trio().await;
    // Three members times 1,000 bytes: three fit.
    let messages = (0..5).map(|n| alice.message(dm, &format!("{n}{}", "x".repeat(999))));
    assert_eq!(refused(&alice, "send_message", messages).await, 2);
    // More than a whole burst never fits: no use in coming back soon.
    let never = bob
        .ask("send_message", bob.message(dm, &"x".repeat(4_000)))
        .await;
    assert_eq!(never.code(), "rate_limited");
    assert!(
        never.0["retry_after"].as_u64() >= Some(3_600),
        "{}",
        never.0
    );
    bob.sends(dm, &"x".repeat(3_000)).await;
}

#[tokio::test]
async fn r_156_r_157_registrations_and_logins_from_one_address() {
    let server = TestServer::with(|config| {
        let limits = on(config);
        limits.rate_registrations_hour = 3;
        limits.rate_logins = 4;
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let [one, two] = [server.guest().await, server.guest().await];
    let register = |n: usize| registration(&format!("user{n}"), &Keys::fresh());
    assert_eq!(refused(&one, "register", (0..2).map(register)).await, 0);
    assert_eq!(
        refused(&two, "register", (2..5).map(register)).await,
        2,
        "by address, not by connection"
    );
    let refused_logins = refused(&one, "login", vec![json!({ "username": "user0" }); 7]).await;
    assert!((2..=3).contains(&refused_logins), "{refused_logins}");
    let far = Raw::try_connect(&server.origin(), &[("x-forwarded-for", "198.51.100.1")])
        .await
        .unwrap();
    assert_eq!(refused(&far, "register", (5..8).map(register)).await, 0);
    assert_eq!(
        refused(&far, "login", vec![json!({ "username": "user0" }); 4]).await,
        0
    );
}

#[tokio::test]
async fn r_158_connections_from_one_address() {
    let server = TestServer::with(|config| {
        on(config).max_address_sockets = 3;
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let mut open = vec![
        server.guest().await,
        server.guest().await,
        server.guest().await,
    ];
    let refusal = Raw::try_connect(&server.origin(), &[]).await.unwrap_err();
    assert!(
        refusal.starts_with("44") && refusal.contains("address"),
        "{refusal}"
    );
    Raw::try_connect(&server.origin(), &[("x-forwarded-for", "198.51.100.1")])
        .await
        .unwrap();
    open.pop();
    let room = async { while Raw::try_connect(&server.origin(), &[]).await.is_err() {} };
    tokio::time::timeout(sotto_tests::raw::PATIENCE, room)
        .await
        .expect("room for another");
}

#[tokio::test]
async fn r_159_connections_of_the_whole_server() {
    let server = TestServer::with(|config| config.limits.max_connections = 2).await;
    let (one, two) = (server.guest().await, server.guest().await);
    assert!(Raw::try_connect(&server.origin(), &[]).await.is_err());
    one.settled().await;
    drop(two);
    let room = async { while Raw::try_connect(&server.origin(), &[]).await.is_err() {} };
    tokio::time::timeout(sotto_tests::raw::PATIENCE, room)
        .await
        .expect("room for another");
    one.settled().await;
}

#[tokio::test]
async fn r_162_off_switches_off_rates_alone() {
    let server = TestServer::with(|config| {
        let limits = &mut config.limits;
        limits.rates = Switch::Off;
        limits.rate_events = 1;
        limits.rate_events_burst = 1;
        limits.rate_sends = 1;
        limits.rate_sends_burst = 1;
        limits.rate_dms_hour = 1;
        limits.rate_invitations_day = 1;
        limits.rate_call_signals = 1;
        limits.rate_fan_out = 1;
        limits.rate_fan_out_burst = 1;
        limits.rate_registrations_hour = 1;
        limits.rate_logins = 1;
        limits.max_user_sockets = 1;
        limits.max_address_sockets = 1;
        limits.max_biography = 3;
    })
    .await;
    let [alice, bob, carol] = server.people(["alice", "bob", "carol"]).await;
    let phone = alice.another_device().await;
    for _ in 0..3 {
        let dm = alice.creates_dm(&[&bob, &carol]).await;
        alice.sends(dm, "as often as I like").await;
        phone.hears("as often as I like").await;
    }
    assert_eq!(
        alice.code("set_user", json!({ "biography": "long" })).await,
        "too_large",
        "sizes stay"
    );
    let guest = server.guest().await;
    for _ in 0..10 {
        guest.ok("login", json!({ "username": "alice" })).await;
        let answer = json!({ "response": "00".repeat(64) });
        assert_eq!(
            guest.code("login_challenge_response", answer).await,
            "wrong_response"
        );
    }
    assert_eq!(
        guest.code("login", json!({ "username": "alice" })).await,
        "locked_out",
        "R-224 stays"
    );
    answer_challenge(&guest, &server.origin(), "bob", &bob.keys).await;
}
