//! Going down in order, and not starting where something is wrong: what operators are promised, and what their
//! logs may never hold.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, HashSet};
use std::process::Output;
use std::time::{Duration, Instant};

use futures_util::SinkExt;
use futures_util::future::join_all;
use serde_json::{Value, json};
use sotto_tests::client::{Answer, Client, End};
use sotto_tests::process::{Server, database, sotto};
use sotto_tests::raw::{dial, next_text};
use sotto_tests::{Keys, Person};
use tokio_tungstenite::tungstenite::Message as Frame;

/// What service managers wait for before they kill.
const GRACE: Duration = Duration::from_secs(10);

/// Runs the binary to its end.
async fn run(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let ended = sotto(settings).args(arguments).output();
    tokio::time::timeout(GRACE, ended)
        .await
        .expect("it ends")
        .unwrap()
}

/// The one line that a failed start leaves.
fn one_line(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(output.stdout.is_empty(), "{output:?}");
    assert_eq!(
        text.matches('\n').count(),
        1,
        "one line is expected: {text}"
    );
    text.trim_end().to_owned()
}

/// Sends until refused or cut off; the messages that were acked, and the codes of refusals.
async fn send_on(
    person: &Person,
    client: &Client,
    dm: u64,
    who: usize,
) -> (Vec<String>, Vec<String>) {
    let (mut acked, mut codes) = (Vec::new(), Vec::new());
    for round in 0.. {
        let requests: Vec<_> = (0..8)
            .map(|at| person.message(dm, &format!("{who}-{round}-{at}")))
            .collect();
        let asked: Vec<_> = requests
            .iter()
            .map(|request| client.request("send_message", request))
            .collect();
        for (answer, request) in join_all(asked).await.into_iter().zip(requests) {
            match answer {
                Answer::Done(_) => {
                    assert!(codes.is_empty(), "R-110: taken after another was refused");
                    acked.push(request["message"].as_str().unwrap().to_owned());
                }
                Answer::Refused(code) => codes.push(code),
                Answer::Lost => return (acked, codes),
            }
        }
    }
    unreachable!("the loop ends with the connection")
}

/// Logs in by hand, asks for more history than a socket holds, and stops reading.
async fn does_not_read(server: &Server, person: &Person, dm: u64) -> sotto_tests::raw::Stream {
    let mut stream = dial(&server.origin(), &[]).await.unwrap();
    let mut ask = async |packet: String, answer: &str| {
        stream.send(Frame::text(packet)).await.unwrap();
        loop {
            let text = next_text(&mut stream).await.unwrap();
            match text.strip_prefix(answer) {
                Some(rest) => return rest.to_owned(),
                None if text == "2" => stream.send(Frame::text("3")).await.unwrap(),
                None => {}
            }
        }
    };
    ask("40".to_owned(), "40").await;
    let challenge = ask(
        format!("421[\"login\",{}]", json!({ "username": person.name })),
        "431",
    )
    .await;
    let challenge: (Value,) = serde_json::from_str(&challenge).unwrap();
    let challenge = challenge.0["result"].as_str().unwrap();
    let response =
        json!({ "response": person.keys.answer(&server.origin(), &person.name, challenge) });
    ask(
        format!("422[\"login_challenge_response\",{response}]"),
        "432",
    )
    .await;
    for id in 3..12 {
        let page = json!({ "id": dm, "count": 200 });
        stream
            .send(Frame::text(format!(
                "42{id}[\"get_message_history\",{page}]"
            )))
            .await
            .unwrap();
    }
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_117_r_125_r_401_sigterm_under_load_loses_nothing_and_closes_transports() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::start(data.path(), &[]).await;
    let mut people = Vec::new();
    for place in 0..6 {
        people.push(
            Person::register(&server.origin(), &format!("person{place}"), Keys::fresh()).await,
        );
    }
    let others: Vec<_> = people[1..].iter().collect();
    let dm = people[0].creates_dm(&others).await;
    let pages = people[5].creates_dm(&[&people[0], &people[1]]).await;
    for place in 0..30 {
        people[5]
            .ok(
                "send_message",
                people[5].message(pages, &format!("{place:>50000}")),
            )
            .await;
    }
    // While this one keeps the server waiting for a second, others go on asking and hear that it goes down.
    let _slow = does_not_read(&server, &people[5], pages).await;
    let mut clients = Vec::new();
    for person in &people[..5] {
        clients.push(Client::log_in(&server, person).await.unwrap());
    }
    let sending = people.iter().zip(&clients).enumerate();
    let sending = join_all(sending.map(|(who, (person, client))| send_on(person, client, dm, who)));
    let stopping = async {
        let seen = people[0].hears("1-20-0").await;
        assert_eq!(seen["sender"], people[1].name.as_str());
        let began = Instant::now();
        server.terminate().await;
        let status = server.ended().await;
        (status, began.elapsed())
    };
    let (sent, (status, took)) = tokio::join!(sending, stopping);
    assert_eq!(status.code(), Some(0), "{}", server.stderr.text());
    assert!(took < GRACE, "it took {took:?} to go down");
    for client in &clients {
        let end = client.ended().await;
        assert_ne!(
            end,
            End::DisconnectPacket,
            "R-117: after a DISCONNECT clients do not come back"
        );
    }
    let codes: HashSet<_> = sent
        .iter()
        .flat_map(|(_, codes)| codes)
        .map(String::as_str)
        .collect();
    assert_eq!(codes, HashSet::from(["unavailable"]), "R-125");
    let log = server.stderr.text();
    assert!(!log.contains("ERROR"), "{log}");

    let server = Server::start(data.path(), &[]).await;
    let client = Client::log_in(&server, &people[0]).await.unwrap();
    let mut there: BTreeMap<String, usize> = BTreeMap::new();
    for message in client.history(dm).await {
        *there
            .entry(message["message"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    let acked: Vec<_> = sent.into_iter().flat_map(|(acked, _)| acked).collect();
    println!(
        "went down in {took:?}; {} messages were acked, {} are there",
        acked.len(),
        there.len()
    );
    assert!(acked.len() > 200);
    for message in acked {
        assert_eq!(
            there.get(&message),
            Some(&1),
            "R-801: acked and not there once: {message}"
        );
    }
}

#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused_with_one_line() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]).await;
    let url = format!("sqlite://{}", database(data.path()).display());
    let settings = [
        ("SOTTO_LISTEN", "127.0.0.1:0"),
        ("SOTTO_DATABASE_URL", url.as_str()),
        ("SOTTO_METRICS_LISTEN", "off"),
    ];
    for arguments in [&[][..], &["serve"]] {
        let line = one_line(&run(arguments, &settings).await);
        assert!(
            line.contains("another server is using") && line.contains("sotto.db"),
            "{line}"
        );
    }
    // The first one has not noticed, and the file is free again once it is gone, by whatever death.
    assert_eq!(server.ready().await, 200);
    server.kill().await;
    drop(Server::start(data.path(), &[]).await);
}

#[tokio::test]
async fn a_wrong_setting_stops_the_start_with_one_line_that_names_it() {
    let data = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", database(data.path()).display());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let missing = data.path().join("missing.pem").display().to_string();
    for (settings, named) in [
        (&[("SOTTO_LISTEN", "3000")][..], "SOTTO_LISTEN"),
        (&[("SOTTO_LISTEN", "localhost:3000")], "SOTTO_LISTEN"),
        (&[("SOTTO_LISTEN", taken.as_str())], "SOTTO_LISTEN"),
        // Beyond loopback the origin has to be known, or any host could be one.
        (&[("SOTTO_LISTEN", "0.0.0.0:0")], "SOTTO_PUBLIC_URL"),
        (&[("SOTTO_LISTEN", "[::]:0")], "SOTTO_PUBLIC_URL"),
        (
            &[("SOTTO_PUBLIC_URL", "chat.example.org")],
            "SOTTO_PUBLIC_URL",
        ),
        (
            &[("SOTTO_PUBLIC_URL", "https://a.example,ftp://b.example")],
            "SOTTO_PUBLIC_URL",
        ),
        (
            &[("SOTTO_DATABASE_URL", "mysql://localhost/sotto")],
            "sqlite://",
        ),
        (&[("SOTTO_METRICS_LISTEN", "on")], "SOTTO_METRICS_LISTEN"),
        (
            &[("SOTTO_METRICS_LISTEN", taken.as_str())],
            "SOTTO_METRICS_LISTEN",
        ),
        (
            &[("SOTTO_TRUSTED_PROXIES", "10.0.0.0/33")],
            "SOTTO_TRUSTED_PROXIES",
        ),
        (
            &[("SOTTO_CORS_ORIGINS", "app.example.org")],
            "SOTTO_CORS_ORIGINS",
        ),
        (&[("SOTTO_TLS_CERT", missing.as_str())], "SOTTO_TLS_KEY"),
        (
            &[
                ("SOTTO_TLS_CERT", missing.as_str()),
                ("SOTTO_TLS_KEY", missing.as_str()),
            ],
            "SOTTO_TLS_CERT",
        ),
        (
            &[("SOTTO_LEGACY_DH_LOGIN", "maybe")],
            "SOTTO_LEGACY_DH_LOGIN",
        ),
        (&[("SOTTO_RETENTION_DAYS", "-1")], "SOTTO_RETENTION_DAYS"),
        (&[("SOTTO_DIRECTORY", "closed")], "SOTTO_DIRECTORY"),
        (
            &[("SOTTO_ICE_SERVERS", "http://stun.example.org")],
            "SOTTO_ICE_SERVERS",
        ),
        (
            &[("SOTTO_ICE_SERVERS", "turn:turn.example.org")],
            "SOTTO_TURN_SECRET",
        ),
        (&[("SOTTO_PING_INTERVAL", "0")], "SOTTO_PING_INTERVAL"),
        (&[("SOTTO_PING_INTERVAL", "soon")], "SOTTO_PING_INTERVAL"),
        (&[("SOTTO_LOG_FORMAT", "xml")], "SOTTO_LOG_FORMAT"),
        (&[("SOTTO_LOG", "sotto=loud")], "SOTTO_LOG"),
        (&[("SOTTO_DATABASE_READERS", "0")], "SOTTO_DATABASE_READERS"),
        (&[("SOTTO_LIMITS", "none")], "SOTTO_LIMITS"),
        (&[("SOTTO_MAX_MEMBERS", "1")], "SOTTO_MAX_MEMBERS"),
        (&[("SOTTO_MAX_MESSAGE", "1e6")], "SOTTO_MAX_MESSAGE"),
        (&[("SOTTO_MAX_FRAME", "1000")], "SOTTO_MAX_FRAME"),
        (&[("SOTTO_RATE_EVENTS", "-3")], "SOTTO_RATE_EVENTS"),
    ] {
        let mut all = vec![
            ("SOTTO_LISTEN", "127.0.0.1:0"),
            ("SOTTO_DATABASE_URL", url.as_str()),
            ("SOTTO_METRICS_LISTEN", "off"),
        ];
        all.extend(settings);
        let line = one_line(&run(&[], &all).await);
        assert!(line.contains(named), "{settings:?}: {line}");
        assert!(line.len() < 400, "{settings:?}: no clear line: {line}");
    }
}

/// Names and values of an environment file.
fn parse_env(text: &str) -> BTreeMap<String, String> {
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pairs = lines.map(|line| {
        line.split_once('=')
            .unwrap_or_else(|| panic!("no setting: {line}"))
    });
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[tokio::test]
async fn what_config_prints_is_an_environment_file_that_gives_the_same_settings() {
    let changed = [
        ("SOTTO_LISTEN", "127.0.0.1:4321"),
        (
            "SOTTO_PUBLIC_URL",
            "https://one.example,https://two.example",
        ),
        ("SOTTO_LOG", "sotto=info,warn"),
        ("SOTTO_RETENTION_DAYS", "30"),
        ("SOTTO_LIMITS", "off"),
        ("SOTTO_MAX_MESSAGE", "1000"),
    ];
    for settings in [&[][..], &changed] {
        let printed = run(&["config"], settings).await;
        assert!(printed.status.success());
        let printed = String::from_utf8(printed.stdout).unwrap();
        let parsed = parse_env(&printed);
        for (name, value) in settings {
            assert_eq!(parsed.get(*name).map(String::as_str), Some(*value));
        }
        let again: Vec<_> = parsed
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let again = run(&["config"], &again).await;
        assert!(again.status.success(), "{again:?}");
        assert_eq!(String::from_utf8(again.stdout).unwrap(), printed);
    }
    // Flags count as well as variables.
    let flags = run(&["--listen", "127.0.0.1:4321", "config"], &[]).await;
    let parsed = parse_env(&String::from_utf8(flags.stdout).unwrap());
    assert_eq!(parsed["SOTTO_LISTEN"], "127.0.0.1:4321");
}

/// Every setting, as `sotto config` lists them, those without a value too.
async fn names() -> Vec<String> {
    let printed = String::from_utf8(run(&["config"], &[]).await.stdout).unwrap();
    let lines = printed.lines().map(|line| line.trim_start_matches('#'));
    let names = lines
        .filter(|line| line.starts_with("SOTTO_"))
        .filter_map(|line| line.split_once('='));
    names.map(|(name, _)| name.to_owned()).collect()
}

#[tokio::test]
async fn r_130_help_names_every_setting() {
    let help = String::from_utf8(run(&["--help"], &[]).await.stdout).unwrap();
    let names = names().await;
    assert!(names.len() > 50, "{names:?}");
    for name in names {
        assert!(
            help.contains(&format!("[env: {name}")),
            "--help does not name {name}"
        );
    }
}

#[tokio::test]
async fn secrets_are_masked_wherever_settings_are_printed() {
    let data = tempfile::tempdir().unwrap();
    let secret = "correct-horse-battery";
    let settings = [
        ("SOTTO_TURN_SECRET", secret),
        ("SOTTO_ICE_SERVERS", "turn:turn.example.org"),
    ];
    let mut server = Server::start(
        data.path(),
        &[&settings[..], &[("SOTTO_LOG", "debug")]].concat(),
    )
    .await;
    server.terminate().await;
    server.ended().await;
    let printed = server.stdout.text();
    assert!(
        printed.contains("Settings in force:") && printed.contains("SOTTO_TURN_SECRET=(secret)"),
        "{printed}"
    );
    let mut outputs = vec![printed, server.stderr.text()];
    for arguments in [&["config"][..], &["--help"]] {
        let output = run(arguments, &settings).await;
        assert!(output.status.success());
        outputs.push(String::from_utf8(output.stdout).unwrap());
    }
    for output in outputs {
        assert!(!output.contains(secret), "{output}");
    }
}

/// Does everything that has content, and gives all of it in the forms in which it could be logged.
async fn busy_hour(server: &Server) -> HashSet<String> {
    let mut content = HashSet::new();
    let mut people = Vec::new();
    for _ in 0..3 {
        let name = format!("u{}", hex::encode(rand::random::<[u8; 8]>()));
        let person = Person::register(&server.origin(), &name, Keys::fresh()).await;
        content.extend([
            name,
            person.keys.public_key(),
            person.keys.spk(),
            person.keys.sig(),
        ]);
        people.push(person);
    }
    let [alice, bob, carol] = &people[..] else {
        unreachable!("three")
    };
    alice.befriends(bob).await;
    let request = alice.signed_dm_request(&[bob, carol]);
    for key in request["key_tree"].as_array().unwrap() {
        content.insert(key.as_str().unwrap().to_owned());
    }
    content.insert(request["info"].as_str().unwrap().to_owned());
    let dm = alice.ok("create_dm", request).await.as_u64().unwrap();
    let mut secret = || {
        let text = hex::encode(rand::random::<[u8; 16]>());
        content.extend([text.clone(), hex::encode(&text)]);
        text
    };
    for _ in 0..20 {
        let text = secret();
        let message = alice.sends(dm, &text).await;
        let reaction = bob.reacts(&message, &secret()).await;
        bob.ok("remove_reaction", json!({ "id": reaction })).await;
        let (edited, signature) = alice.seals(&secret());
        let edit = json!({ "id": message["id"], "message": edited, "signature": signature });
        alice.ok("set_message", edit).await;
        carol.ok("get_message_history", json!({ "id": dm })).await;
    }
    carol
        .ok(
            "send_message",
            carol.message_with(dm, &secret(), json!({ "schedule": 1, "delete": 1 })),
        )
        .await;
    carol.notice("message_delete_notification").await;
    alice
        .ok("set_dm", json!({ "id": dm, "name": secret() }))
        .await;
    alice
        .ok(
            "set_user",
            json!({ "own_storage": secret(), "status": secret(), "biography": secret() }),
        )
        .await;
    bob.ok("join_call", json!({ "id": dm, "uuid": secret() }))
        .await;
    // What is refused and what is broken is logged most readily.
    let text = secret();
    let name = secret();
    alice.code("send_message", json!({ "id": dm, "message": hex::encode(&text), "signature": bob.keys.sign(text.as_bytes()) })).await;
    alice
        .code(
            "send_message",
            json!({ "id": dm, "message": text, "signature": "0" }),
        )
        .await;
    alice.code("get_user", json!({ "username": name })).await;
    alice.code(&secret(), json!({ "x": secret() })).await;
    let guest = sotto_tests::Raw::connect(&server.origin()).await;
    let challenge = guest.ok("login", json!({ "username": alice.name })).await;
    content.insert(challenge.as_str().unwrap().to_owned());
    let answer = bob
        .keys
        .answer(&server.origin(), &alice.name, challenge.as_str().unwrap());
    content.insert(answer.clone());
    assert_eq!(
        guest
            .code("login_challenge_response", json!({ "response": answer }))
            .await,
        "wrong_response"
    );
    guest.frame("42[\"broken");
    guest.closed().await;
    alice
        .ok("block_user", json!({ "username": bob.name }))
        .await;
    alice.ok("leave_dm", json!({ "id": dm })).await;
    content
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_logs_of_a_busy_server_hold_no_content() {
    for format in ["text", "json"] {
        for level in ["debug", "trace"] {
            let data = tempfile::tempdir().unwrap();
            let settings = [("SOTTO_LOG", level), ("SOTTO_LOG_FORMAT", format)];
            let mut server = Server::start(data.path(), &settings).await;
            let content = busy_hour(&server).await;
            server.terminate().await;
            assert!(server.ended().await.success());
            let logged = server.stderr.text() + &server.stdout.text();
            assert!(logged.contains("going down"), "{logged}");
            if format == "json" {
                for line in server.stderr.text().lines() {
                    assert!(
                        serde_json::from_str::<Value>(line).is_ok(),
                        "no JSON: {line}"
                    );
                }
            }
            for secret in &content {
                let line = logged.lines().find(|line| line.contains(secret.as_str()));
                assert!(
                    line.is_none(),
                    "at {level} as {format}, {secret:.80} is in the log: {line:?}"
                );
            }
            println!(
                "{level}, {format}: {} lines hold none of {} secrets",
                logged.lines().count(),
                content.len()
            );
        }
    }
}
