//! Going down in order, and not starting where something is wrong: what operators are promised, and what their
//! logs may never hold.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod logs;
mod start;

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use futures_util::SinkExt;
use futures_util::future::join_all;
use serde_json::{Value, json};
use sotto_tests::client::{Answer, Client, End};
use sotto_tests::process::Server;
use sotto_tests::raw::{dial, next_text};
use sotto_tests::{Keys, Person};
use tokio_tungstenite::tungstenite::Message as Frame;

/// What service managers wait for before they kill.
const GRACE: Duration = Duration::from_secs(10);

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
