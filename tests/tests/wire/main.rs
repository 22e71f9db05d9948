//! The transport and what holds for every event: R-101 to R-119, R-124, R-125, R-161, R-803; health, metrics and CORS.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod beside;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use sotto_server::config::OffOr;
use sotto_tests::http;
use sotto_tests::keys::Keys;
use sotto_tests::person::registration;
use sotto_tests::raw::{PATIENCE, Stream, dial, next_text};
use sotto_tests::{Came, Person, Raw, TestServer};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// Dials and opens the namespace, or leaves that to the test.
async fn open(origin: &str, connect: bool) -> Stream {
    let mut stream = dial(origin, &[]).await.unwrap();
    assert!(next_text(&mut stream).await.unwrap().starts_with('0'));
    if connect {
        stream.send(Frame::text("40")).await.unwrap();
        while !next_text(&mut stream).await.unwrap().starts_with("40") {}
    }
    stream
}

#[tokio::test]
async fn r_101_r_119_the_handshake_announces_the_settings() {
    let server = TestServer::with(|config| {
        config.ping_interval = 7;
        config.ping_timeout = 3;
    })
    .await;
    let guest = server.guest().await;
    assert_eq!(guest.handshake["pingInterval"], 7_000);
    assert_eq!(guest.handshake["pingTimeout"], 3_000);
    assert_eq!(guest.handshake["maxPayload"], 2_097_152, "R-147");
    let polling = http::get(
        server.running().address,
        "/socket.io/?EIO=4&transport=polling",
        &[],
    )
    .await;
    assert_eq!(polling.status, 200);
    let handshake: Value = serde_json::from_str(
        polling
            .body
            .trim_start_matches(|c| c != '{')
            .trim_end_matches(|c| c != '}'),
    )
    .unwrap();
    assert_eq!(handshake["upgrades"], json!(["websocket"]));
    assert_eq!(handshake["maxPayload"], 2_097_152);
}

#[tokio::test]
async fn r_108_an_event_without_an_ack_id_is_carried_out() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    alice.frame(format!(
        "42{}",
        json!(["send_message", alice.message(dm, "no ack, please")])
    ));
    bob.hears("no ack, please").await;
    alice.settled().await;
    let acks = alice
        .history()
        .iter()
        .filter(|came| matches!(came, Came::Ack(..)))
        .count();
    let before = acks;
    alice.frame(r#"42["no_such_event"]"#);
    alice.frame(r#"42["get_dm",7]"#);
    alice.settled().await;
    let acks = alice
        .history()
        .iter()
        .filter(|came| matches!(came, Came::Ack(..)))
        .count();
    assert_eq!(acks, before + 1, "only that of the last");
}

#[tokio::test]
async fn r_102_an_event_without_parameters() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    for arguments in [&[][..], &["{}"], &[r#"{"unknown":[1,{"a":null}]}"#]] {
        let id = alice.emit_text("get_dms", arguments);
        assert_eq!(alice.ack(id).await.result(), json!([]), "{arguments:?}");
    }
    // Ack ids are the client's own, large ones as well.
    for id in [9_007_199_254_740_991_u64, 77] {
        alice.frame(format!("42{id}[\"get_friends\"]"));
    }
    for id in [9_007_199_254_740_991, 77] {
        assert_eq!(alice.ack(id).await.result(), json!([]));
    }
}

/// Everything that is no well-formed text EVENT packet; what becomes of the sender is open, but nobody else notices.
#[tokio::test]
async fn r_109_malformed_packets_end_their_own_connection_at_most() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let long = "x".repeat(100_000);
    for packet in [
        "42",
        "42[",
        "42[]",
        "42{}",
        "42[7]",
        "42[null,{}]",
        "42[[\"get_dms\"]]",
        "42[\"get_dms\"",
        "42\"get_dms\"",
        "42[\"\\ud800\"]",
        "421",
        "42-1[\"get_dms\"]",
        "4299999999999999999999[\"get_dms\"]",
        "42/admin,[\"get_dms\"]",
        "42/,1[\"get_dms\"]",
        "43[]",
        "439999[]",
        "43abc",
        "44{}",
        "45",
        "451-[\"get_dms\",{\"_placeholder\":true,\"num\":0}]",
        "452-[\"x\",{\"_placeholder\":true,\"num\":7}]",
        "46",
        "47",
        "49",
        "4",
        "",
        "0",
        "1",
        "2",
        "2probe",
        "3",
        "5",
        "6",
        "9",
        "b4AAAA",
        "40",
        "40/admin,",
        "40{\"token\":1}",
        "é",
        "4é",
        "42é[]",
        &long,
    ] {
        let mut stream = open(&server.origin(), true).await;
        stream.send(Frame::text(packet)).await.unwrap();
        // Whatever it was, the next event is answered or the connection is over; nothing hangs.
        drop(
            stream
                .send(Frame::text(
                    "4277[\"username_exists\",{\"username\":\"x\"}]",
                ))
                .await,
        );
        let fate = async {
            while let Some(Ok(frame)) = stream.next().await {
                if matches!(&frame, Frame::Text(text) if text.starts_with("4377[")) {
                    return;
                }
            }
        };
        let shown: String = packet.chars().take(40).collect();
        tokio::time::timeout(PATIENCE, fate)
            .await
            .unwrap_or_else(|_| panic!("{shown:?} hangs"));
        assert_eq!(
            alice.ok("get_dms", json!({})).await,
            json!([dm]),
            "{shown:?}"
        );
    }
    for binary in [vec![], vec![4, 0, 255], vec![0; 10_000]] {
        let mut stream = open(&server.origin(), true).await;
        drop(
            stream
                .send(Frame::text(
                    "451-[\"get_dms\",{\"_placeholder\":true,\"num\":0}]",
                ))
                .await,
        );
        drop(stream.send(Frame::binary(binary)).await);
        drop(stream.close(None).await);
        assert_eq!(alice.ok("get_dms", json!({})).await, json!([dm]));
    }
    // An event before CONNECT.
    let mut early = open(&server.origin(), false).await;
    drop(
        early
            .send(Frame::text(format!(
                "421{}",
                json!(["send_message", alice.message(dm, "early")])
            )))
            .await,
    );
    drop(early.send(Frame::text("40")).await);
    alice.sends(dm, "still here").await;
    bob.hears("still here").await;
    let all = alice.ok("get_message_history", json!({ "id": dm })).await;
    assert_eq!(Person::texts(&all), ["still here"]);
}

#[tokio::test]
async fn r_119_a_frame_over_the_limit() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let mut stream = open(&server.origin(), true).await;
    let large = format!("421[\"get_dms\",{{\"x\":\"{}\"}}]", "x".repeat(2_097_152));
    drop(stream.send(Frame::text(large.clone())).await);
    // The WebSocket layer gives no code of its own (1009 where it does): what counts is that it ends.
    let fate = async {
        loop {
            match stream.next().await {
                Some(Ok(Frame::Close(Some(close)))) => {
                    return assert_eq!(close.code, CloseCode::Size);
                }
                None | Some(Err(_) | Ok(Frame::Close(None))) => return,
                Some(Ok(Frame::Text(text))) => assert!(!text.starts_with("43"), "{text}"),
                Some(Ok(_)) => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE, fate).await.unwrap();
    let address = server.running().address;
    let handshake = http::get(address, "/socket.io/?EIO=4&transport=polling", &[]).await;
    let sid = handshake
        .body
        .split("\"sid\":\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let path = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
    assert_eq!(http::post(address, &path, "40").await.status, 200);
    assert_eq!(http::post(address, &path, &large).await.status, 413);
    alice.sends(dm, "unharmed").await;
    bob.hears("unharmed").await;
    // Just below the limit it is taken.
    let room = "x".repeat(2_000_000);
    assert_eq!(alice.ok("get_dms", json!({ "x": room })).await, json!([dm]));
}

#[tokio::test]
async fn r_110_reads_see_the_writes_before_them() {
    let server = TestServer::start().await;
    let (alice, _bob, dm) = server.pair().await;
    let mut asked = Vec::new();
    for n in 0..100 {
        let name = format!("name {n}");
        let set = alice.emit("set_dm", &json!({ "id": dm, "name": name }));
        let get = alice.emit("get_dm", &json!({ "id": dm }));
        asked.push((set, get, name));
    }
    for (set, get, name) in asked {
        assert_eq!(alice.ack(set).await.result(), true);
        assert_eq!(alice.ack(get).await.result()["name"], name);
    }
    // Acks of one connection leave in the order sent, refusals in between, too.
    let mut ids = Vec::new();
    for n in 0..60 {
        ids.push(match n % 4 {
            0 => alice.emit("send_message", &alice.message(dm, &format!("{n}"))),
            1 => alice.emit("get_dms", &json!({})),
            2 => alice.emit("get_dm", &json!({ "id": "7" })),
            _ => alice.emit_text("get_dm", &["7"]),
        });
    }
    for id in &ids {
        alice.ack(*id).await;
    }
    let order: Vec<_> = alice
        .history()
        .into_iter()
        .filter_map(|came| match came {
            Came::Ack(id, _) if ids.contains(&id) => Some(id),
            _ => None,
        })
        .collect();
    assert_eq!(order, ids);
}

#[tokio::test]
async fn r_108_r_110_a_full_lane_refuses_and_answers_everything() {
    let server = TestServer::with(|config| config.limits.max_lane = 4).await;
    let alice = server.person("alice").await;
    let ids: Vec<_> = (0..500)
        .map(|_| alice.emit("get_full_user", &json!({})))
        .collect();
    let (mut done, mut refused) = (0, 0);
    for id in &ids {
        let reply = alice.ack(*id).await;
        match reply.code() {
            "ok" => done += 1,
            "rate_limited" => {
                assert!(reply.0["retry_after"].as_u64() >= Some(1), "R-104");
                refused += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert!(done >= 4 && refused > 0, "{done} done, {refused} refused");
    assert_eq!(
        alice.ok("get_dms", json!({})).await,
        json!([]),
        "and it goes on"
    );
}

#[tokio::test]
async fn r_117_going_down_closes_the_transport() {
    let mut server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let pending: Vec<_> = (0..50)
        .map(|n| alice.emit("send_message", &alice.message(dm, &format!("{n}"))))
        .collect();
    alice.ack(pending[0]).await;
    server.end().await;
    let mut taken = 0;
    for person in [&alice, &bob] {
        person.closed().await;
        let goodbye = person.history().into_iter().find(
            |came| matches!(came, Came::Notice(name, ..) if name == "packet 41" || name == "packet 1"),
        );
        assert_eq!(goodbye, None, "R-117: no DISCONNECT");
    }
    for id in &pending {
        taken += usize::from(alice.acks(*id) == 1);
    }
    server.begin().await;
    let alice = server.device(&alice).await;
    let all = alice
        .ok("get_message_history", json!({ "id": dm, "count": 200 }))
        .await;
    let stored = all.as_array().unwrap().len();
    assert!(
        stored >= 1 && taken >= stored,
        "R-801: {taken} acks, {stored} stored: refusals count as acks"
    );
}

#[tokio::test]
async fn r_118_who_does_not_log_in_is_closed_after_the_deadline() {
    let server = TestServer::with(|config| config.login_deadline = 100).await;
    let alice = server.person("alice").await;
    let [silent, talking] = [server.guest().await, server.guest().await];
    server.clock().moves(90);
    talking.settled().await;
    server.clock().moves(11);
    // The sweep looks every few seconds.
    let why = silent.closed().await;
    assert!(talking.is_open() && alice.is_open(), "{why}");
    talking.settled().await;
    let goodbye = |came: &Came| matches!(came, Came::Notice(name, ..) if name == "packet 41");
    assert!(!silent.history().iter().any(goodbye), "R-117");
    assert_eq!(alice.ok("get_dms", json!({})).await, json!([]));
}

/// Logs in over a stream that the test then never reads again.
async fn log_in_by_hand(server: &TestServer, person: &Person) -> Stream {
    let mut stream = open(&server.origin(), true).await;
    stream
        .send(Frame::text(format!(
            "420{}",
            json!(["login", { "username": person.name }])
        )))
        .await
        .unwrap();
    let challenge = loop {
        let text = next_text(&mut stream).await.unwrap();
        if let Some(ack) = text.strip_prefix("430") {
            let ack: Value = serde_json::from_str(ack).unwrap();
            break ack[0]["result"].as_str().unwrap().to_owned();
        }
    };
    let response = person
        .keys
        .answer(&server.origin(), &person.name, &challenge);
    let answer = json!(["login_challenge_response", { "response": response }]);
    stream
        .send(Frame::text(format!("421{answer}")))
        .await
        .unwrap();
    while !next_text(&mut stream).await.unwrap().starts_with("431") {}
    stream
}

#[tokio::test]
async fn r_803_who_does_not_read_is_closed_and_delays_nobody() {
    let server = TestServer::with(|config| config.limits.max_queue_bytes = 1 << 20).await;
    let [alice, bob, carol] = server.people(["alice", "bob", "carol"]).await;
    let dm = alice.creates_dm(&[&bob, &carol]).await;
    let mut slow = log_in_by_hand(&server, &carol).await;
    alice.news().await;
    carol.hangs_up();
    // More than the kernel's buffers and the queue hold together.
    let mut sent = 0;
    let online = |news: Vec<(String, Value)>| {
        !news
            .iter()
            .any(|(_, user)| user["username"] == "carol" && user["status"] == "offline")
    };
    while online(alice.news_so_far()) {
        let text = format!("{sent}{}", "x".repeat(60_000));
        alice.ok("send_message", alice.message(dm, &text)).await;
        bob.hears(&text).await;
        sent += 1;
        assert!(sent < 1_000, "120 MB and nobody noticed");
    }
    assert!(sent > 1);
    // What is left in the buffers ends before the last message.
    let mut read = 0;
    while let Ok(Some(Ok(frame))) = tokio::time::timeout(PATIENCE, slow.next()).await {
        read += usize::from(
            matches!(&frame, Frame::Text(text) if text.contains("message_notification")),
        );
        assert!(
            !matches!(&frame, Frame::Text(text) if text.starts_with("41")),
            "R-117"
        );
    }
    assert!(read < sent, "{read} of {sent}");
    let again = server.device(&bob).await;
    assert_eq!(again.ok("get_dms", json!({})).await, json!([dm]));
}
