//! A block, an unfriending and a leave, each raced against 1,000 sends that are queued already: once it is acked, nothing that it
//! forbids takes effect (R-804, with ).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::{Value, json};
use sotto_tests::client::{Answer, Client};
use sotto_tests::process::Server;
use sotto_tests::{Keys, Person};

/// Sends in each race, over so many connections of their sender: as many as a connection's lane takes at once.
const SENDS: usize = 1_000;
const CONNECTIONS: usize = 4;
/// How many races of each kind must have been decided in the midst of the sends, and how many are run for that at most.
const IN_THE_MIDST: usize = 2;
const AT_MOST: usize = 20;
/// Length of the messages: long enough that the server is busy with them for a while.
const LENGTH: usize = 3_000;

/// Who ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Sender,
    Other,
}

/// A race: what ends the right to post, by whom, and what is refused afterwards.
struct Race {
    event: &'static str,
    by: By,
    /// In a group of three; else in a DM of two.
    group: bool,
    refusal: &'static str,
}

/// The messages of a history, each with how often it stands there.
fn bodies(history: &[Value]) -> BTreeMap<String, usize> {
    let mut bodies = BTreeMap::new();
    for message in history {
        *bodies
            .entry(message["message"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    bodies
}

/// What was heard after the first that fits.
fn after(heard: Vec<(String, Value)>, fits: impl Fn(&str, &Value) -> bool) -> Vec<(String, Value)> {
    let mut heard = heard.into_iter();
    let found = heard.any(|(name, notice)| fits(&name, &notice));
    assert!(found, "R-702: its end was not heard of");
    heard.collect()
}

/// One race between fresh people. How many of the sends were acked.
async fn run(server: &Server, race: &Race, round: usize) -> usize {
    let what = format!("{} by {:?}, {round}", race.event, race.by);
    let register = async |name: &str| {
        let name = format!("{name}-{}-{:?}-{}-{round}", race.event, race.by, race.group);
        Person::register(&server.origin(), &name, Keys::fresh()).await
    };
    let sender = register("sender").await;
    let other = register("other").await;
    sender.befriends(&other).await;
    let dm = if race.group {
        let third = register("third").await;
        sender.creates_dm(&[&other, &third]).await
    } else {
        sender.creates_dm(&[&other]).await
    };
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(Client::log_in(server, &sender).await.unwrap());
    }
    let ender = match race.by {
        By::Sender => (Client::log_in(server, &sender).await.unwrap(), &other.name),
        By::Other => (Client::log_in(server, &other).await.unwrap(), &sender.name),
    };
    let reader = Client::log_in(server, &other).await.unwrap();
    let requests: Vec<_> = (0..SENDS)
        .map(|place| sender.message(dm, &format!("{what}: {place:>LENGTH$}")))
        .collect();
    let argument = match race.event {
        "leave_dm" => json!({ "id": dm }),
        _ => json!({ "username": ender.1 }),
    };
    // All of them are queued before any answer is looked at.
    let sends: Vec<_> = requests
        .chunks(SENDS / CONNECTIONS)
        .zip(&connections)
        .map(|(some, connection)| {
            let asked: Vec<_> = some
                .iter()
                .map(|request| connection.request("send_message", request))
                .collect();
            join_all(asked)
        })
        .collect();
    let ending = async {
        // Somewhere in the midst, at another place each time: at once, or when some have been taken.
        let some = if rand::random() { SENDS / 5 } else { 1 };
        for _ in 0..rand::random_range(0..some) {
            reader.notice("message_notification").await;
        }
        let ack_id = ender.0.next_id();
        ender.0.ask(race.event, argument).await.done();
        (ack_id, bodies(&reader.history(dm).await))
    };
    let (answers, (ack_id, at_its_ack)) = tokio::join!(join_all(sends), ending);
    let at_the_end = bodies(&reader.history(dm).await);

    // Acks and notices leave in the order of the commits, and so what stands behind the end was committed after it.
    let heard = if race.event == "leave_dm" {
        after(reader.heard().await, |name, notice| {
            name == "dm_notification" && !notice["users"].to_string().contains(&sender.name)
        })
    } else {
        after(ender.0.heard().await, |name, notice| {
            name == "ack" && *notice == json!(ack_id)
        })
    };
    let late = heard
        .iter()
        .filter(|(name, _)| name == "message_notification");
    assert_eq!(late.count(), 0, "R-804: {what}: committed after it");
    let new: BTreeSet<_> = at_the_end
        .keys()
        .filter(|body| !at_its_ack.contains_key(*body))
        .collect();
    assert!(
        new.is_empty(),
        "R-804: {what}: {} messages came after the ack",
        new.len()
    );
    let mut acked = 0;
    for (answers, requests) in answers.iter().zip(requests.chunks(SENDS / CONNECTIONS)) {
        let mut ended = false;
        for (answer, request) in answers.iter().zip(requests) {
            let times = at_the_end
                .get(request["message"].as_str().unwrap())
                .copied()
                .unwrap_or(0);
            match answer {
                Answer::Done(_) => {
                    assert!(!ended, "R-110: {what}: taken after another was refused");
                    assert_eq!(times, 1, "R-401: {what}: acked, and {times} times there");
                    acked += 1;
                }
                answer => {
                    assert!(answer.is_refused(race.refusal), "{what}: {answer:?}");
                    assert_eq!(times, 0, "R-120: {what}: refused, and there");
                    ended = true;
                }
            }
        }
    }
    assert_eq!(at_the_end.len(), acked, "{what}: others' messages");
    acked
}

async fn repeatedly(race: Race) {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]).await;
    let mut acked = Vec::new();
    let in_the_midst = |acked: &[usize]| {
        acked
            .iter()
            .filter(|acked| (1..SENDS).contains(*acked))
            .count()
    };
    // Where all were taken or none, nothing was raced.
    while in_the_midst(&acked) < IN_THE_MIDST {
        assert!(
            acked.len() < AT_MOST,
            "{} by {:?} was not in the midst of the sends: {acked:?}",
            race.event,
            race.by
        );
        acked.push(run(&server, &race, acked.len()).await);
    }
    println!(
        "{} by {:?}: of {SENDS} sends {acked:?} were taken",
        race.event, race.by
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_804_r_506_a_block_by_the_other() {
    repeatedly(Race {
        event: "block_user",
        by: By::Other,
        group: false,
        refusal: "not_friends",
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_804_r_506_a_block_by_the_sender() {
    repeatedly(Race {
        event: "block_user",
        by: By::Sender,
        group: false,
        refusal: "not_friends",
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_804_r_505_an_unfriending_by_the_other() {
    repeatedly(Race {
        event: "unfriend",
        by: By::Other,
        group: false,
        refusal: "not_friends",
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_804_r_505_an_unfriending_by_the_sender() {
    repeatedly(Race {
        event: "unfriend",
        by: By::Sender,
        group: false,
        refusal: "not_friends",
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_804_r_316_leaving_a_group() {
    repeatedly(Race {
        event: "leave_dm",
        by: By::Sender,
        group: true,
        refusal: "no_access",
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_804_r_319_leaving_a_dm_of_two() {
    repeatedly(Race {
        event: "leave_dm",
        by: By::Sender,
        group: false,
        refusal: "no_access",
    })
    .await;
}
