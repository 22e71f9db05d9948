//! Beside the events: health, metrics, CORS, forwarded addresses, and failures of the database.

use super::*;

#[tokio::test]
async fn r_161_forwarded_addresses_count_only_from_trusted_proxies() {
    let limits = |config: &mut sotto_server::config::Config| {
        config.limits.rates = sotto_server::Switch::On;
        config.limits.rate_registrations_hour = 1;
    };
    let server = TestServer::with(limits).await;
    let from = async |server: &TestServer, address: &str, name: &str| {
        let raw = Raw::try_connect(&server.origin(), &[("x-forwarded-for", address)])
            .await
            .unwrap();
        raw.code("register", registration(name, &Keys::fresh()))
            .await
    };
    assert_eq!(from(&server, "198.51.100.1", "one").await, "ok");
    assert_eq!(
        from(&server, "198.51.100.2", "two").await,
        "rate_limited",
        "R-156: one address"
    );
    let warnings = |server: &TestServer| {
        server
            .logged()
            .iter()
            .filter(|line| line.contains("SOTTO_TRUSTED_PROXIES"))
            .count()
    };
    assert_eq!(warnings(&server), 1, "said once");
    let trusting = TestServer::with(|config| {
        limits(config);
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    assert_eq!(from(&trusting, "198.51.100.1", "one").await, "ok");
    assert_eq!(from(&trusting, "198.51.100.2", "two").await, "ok");
    assert_eq!(
        from(&trusting, "6.6.6.6, 198.51.100.2", "three").await,
        "rate_limited",
        "from the right"
    );
    assert_eq!(from(&trusting, "2001:db8:1:2::1", "four").await, "ok");
    assert_eq!(
        from(&trusting, "2001:db8:1:2:3::9", "five").await,
        "rate_limited",
        "one /64"
    );
    assert_eq!(from(&trusting, "2001:db8:1:3::1", "five").await, "ok");
    assert_eq!(warnings(&trusting), 1, "not by the one that trusts");
}

#[tokio::test]
async fn health_tells_whether_it_serves() {
    let mut server = TestServer::start().await;
    let address = server.running().address;
    for (path, body) in [("/healthz", "ok"), ("/readyz", "ready")] {
        let answer = http::get(address, path, &[]).await;
        assert_eq!(
            (answer.status, answer.body),
            (200, format!("{{\"status\":\"{body}\"}}")),
            "{path}"
        );
    }
    assert_eq!(
        http::get(address, "/metrics", &[]).await.status,
        404,
        "not where clients come"
    );
    assert_eq!(http::get(address, "/no/such/path", &[]).await.status, 404);
    server.end().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn metrics_have_a_port_of_their_own() {
    let server = TestServer::with(|config| {
        config.metrics_listen = Some(OffOr::On("127.0.0.1:0".parse().unwrap()));
    })
    .await;
    let (alice, _bob, dm) = server.pair().await;
    alice.sends(dm, "counted").await;
    alice.code("get_dm", json!({ "id": 999 })).await;
    alice.code("no_such_event", json!({})).await;
    let address = server.running().metrics_address.unwrap();
    let answer = http::get(address, "/metrics", &[]).await;
    assert_eq!(answer.status, 200);
    for name in [
        "sotto_events_total{event=\"send_message\",outcome=\"ok\"}",
        "sotto_events_total{event=\"get_dm\",outcome=\"no_access\"}",
        "sotto_events_total{event=\"unknown\",outcome=\"unknown_event\"}",
        "sotto_event_seconds_bucket{event=\"send_message\"",
        "sotto_notices_total{notice=\"message_notification\"}",
        "sotto_commit_seconds_",
        "sotto_commit_batch_size_",
        "sotto_sockets",
        "sotto_links",
    ] {
        assert!(
            answer.body.contains(name),
            "{name} is missing in\n{}",
            answer.body
        );
    }
    for secret in ["alice", "bob", &alice.keys.public_key()] {
        assert!(!answer.body.contains(secret), "{secret} in the metrics");
    }
    assert_eq!(http::get(address, "/readyz", &[]).await.status, 200);
}

#[tokio::test]
async fn cors_is_for_the_pages_that_are_named() {
    let page = "origin: https://app.example.org";
    let path = "/socket.io/?EIO=4&transport=polling";
    let closed = TestServer::start().await;
    let answer = http::get(closed.running().address, path, &[page]).await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    let open = TestServer::with(|config| {
        config.cors_origins = vec!["https://app.example.org".to_owned()];
    })
    .await;
    let address = open.running().address;
    let answer = http::get(address, path, &[page]).await;
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some("https://app.example.org")
    );
    let other = http::get(address, path, &["origin: https://evil.example.org"]).await;
    assert_ne!(
        other.header("access-control-allow-origin"),
        Some("https://evil.example.org")
    );
    let asks = [
        page,
        "access-control-request-method: POST",
        "access-control-request-headers: content-type",
    ];
    let preflight = http::send(address, "OPTIONS", path, &asks, "").await;
    assert_eq!(preflight.status, 200);
    assert!(
        preflight
            .header("access-control-allow-methods")
            .unwrap()
            .contains("POST")
    );
    let all = TestServer::with(|config| config.cors_origins = vec!["*".to_owned()]).await;
    let answer = http::get(all.running().address, path, &[page]).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}

/// Does something to the database behind the server's back.
async fn meddle(server: &TestServer, script: &str) -> tokio::process::Child {
    let program = format!(
        "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], isolation_level=None)\n{script}"
    );
    tokio::process::Command::new("python3")
        .args(["-c", &program])
        .arg(server.database())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("python3")
}

#[tokio::test]
async fn r_124_a_failure_of_ours_tells_an_incident_and_no_cause() {
    let mut server = TestServer::start().await;
    server.expects_errors();
    let alice = server.person("alice").await;
    let broken = meddle(
        &server,
        "c.execute('ALTER TABLE block RENAME TO elsewhere')",
    )
    .await;
    assert!(broken.wait_with_output().await.unwrap().status.success());
    let mut incidents = Vec::new();
    for (event, request) in [
        ("get_blocked", json!({})),
        ("send_friend_request", json!({ "username": "alice" })),
    ] {
        let reply = alice.ask(event, request).await;
        if event == "send_friend_request" && reply.code() == "cannot_friend" {
            continue;
        }
        assert_eq!(reply.code(), "internal", "{event}");
        let sentence = reply.0["result"].as_str().unwrap().to_owned();
        for word in ["block", "table", "SQL", "sql"] {
            assert!(!sentence.contains(word), "{sentence}");
        }
        let incident = sentence
            .split("incident ")
            .nth(1)
            .unwrap()
            .trim_end_matches([')', '.']);
        incidents.push(incident.to_owned());
    }
    for incident in incidents {
        let logged = server.logged();
        let line = logged
            .iter()
            .find(|line| line.contains(&incident))
            .expect("R-124: logged under its id");
        assert!(line.contains("block"), "{line}");
        assert!(!line.contains("alice"), "no names in the log: {line}");
    }
    assert_eq!(
        alice.ok("get_dms", json!({})).await,
        json!([]),
        "it goes on"
    );
}

#[tokio::test]
async fn r_125_a_database_out_of_reach_is_unavailable() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut server = TestServer::start().await;
    server.expects_errors();
    let (alice, bob, dm) = server.pair().await;
    // Another program takes the write lock, and keeps it.
    let mut holder = meddle(
        &server,
        "c.execute('BEGIN IMMEDIATE')\nprint('held', flush=True)\nsys.stdin.readline()",
    )
    .await;
    let mut held = [0; 4];
    holder
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut held)
        .await
        .unwrap();
    let reply = alice.ask("send_message", alice.message(dm, "now?")).await;
    assert_eq!(reply.code(), "unavailable");
    assert!(reply.0["retry_after"].as_u64() >= Some(1), "R-104");
    assert_eq!(
        http::get(server.running().address, "/readyz", &[])
            .await
            .status,
        503
    );
    assert_eq!(
        alice.ok("get_message_history", json!({ "id": dm })).await,
        json!([]),
        "reads go on"
    );
    holder
        .stdin
        .as_mut()
        .unwrap()
        .write_all(b"\n")
        .await
        .unwrap();
    holder.wait().await.unwrap();
    alice.sends(dm, "now?").await;
    bob.hears("now?").await;
    assert_eq!(
        http::get(server.running().address, "/readyz", &[])
            .await
            .status,
        200
    );
}
