//! Deleted is gone: within 10 s what was destroyed, deleted, replaced or taken back is in no file of the running server, while others
//! go on sending and reading.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod scan;

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use sotto_tests::client::{Answer, Client};
use sotto_tests::process::Server;
use sotto_tests::{Keys, Person, TestServer};

use scan::Finder;

/// The promise of R-425.
const GONE_WITHIN: Duration = Duration::from_secs(10);
/// Messages that are sent before anything is erased, and then those among which some destroy themselves.
const FIRST: usize = 1_700;
const THEN: usize = 500;
/// Seconds until a message destroys itself: time enough for the control scan.
const DELETE: u64 = 16;
/// Requests that one connection has on their way at once.
const AT_ONCE: usize = 32;

fn random(len: usize) -> Vec<u8> {
    (0..len).map(|_| rand::random()).collect()
}

/// Mostly short, some long, up to the limit of 64 KiB.
fn some_length() -> usize {
    match rand::random_range(0..100) {
        0..50 => rand::random_range(1..200),
        50..80 => rand::random_range(200..2_000),
        80..96 => rand::random_range(2_000..16_000),
        96..99 => rand::random_range(16_000..65_536),
        _ => 65_536,
    }
}

/// Sealed bytes with their signature, which are as random and stand beside them.
struct Content {
    bytes: Vec<u8>,
    signature: String,
}

impl Content {
    fn new(by: &Person, len: usize) -> Self {
        let bytes = random(len);
        let signature = by.keys.sign(&bytes);
        Self { bytes, signature }
    }

    fn message(&self, dm: u64, more: &[(&str, u64)]) -> Value {
        let mut request =
            json!({ "id": dm, "message": hex::encode(&self.bytes), "signature": self.signature });
        for (key, value) in more {
            request[*key] = json!(value);
        }
        request
    }

    /// Adds it to what is looked for; short bytes are known by their signature alone.
    fn add_to(&self, finder: &mut Finder, name: String) -> Vec<usize> {
        let signature = hex::decode(&self.signature).unwrap();
        let mut numbers = vec![finder.add(format!("signature of {name}"), &signature)];
        if self.bytes.len() >= 16 {
            numbers.push(finder.add(name, &self.bytes));
        }
        numbers
    }
}

/// Asks for all of it, a few at a time, and expects success.
async fn all_done(client: &Client, event: &str, requests: &[Value]) -> Vec<Value> {
    let mut results = Vec::with_capacity(requests.len());
    for some in requests.chunks(AT_ONCE) {
        let asked: Vec<_> = some
            .iter()
            .map(|request| client.request(event, request))
            .collect();
        let answers = join_all(asked).await;
        results.extend(answers.into_iter().map(Answer::done));
    }
    results
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Stays,
    IsDeleted,
    IsEdited,
    DestroysItself,
}

struct Told {
    content: Content,
    fate: Fate,
    numbers: Vec<usize>,
}

/// Others who send and read for as long as something is looked for.
struct Others<'a> {
    dm: u64,
    sender: (&'a Person, &'a Client),
    readers: Vec<&'a Client>,
    read_dms: [u64; 2],
    stop: AtomicBool,
    sent: AtomicUsize,
    read: AtomicUsize,
}

impl Others<'_> {
    fn go_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    async fn send(&self) {
        let (person, client) = self.sender;
        while self.go_on() {
            let some: Vec<_> = (0..8)
                .map(|_| Content::new(person, some_length().min(8_000)).message(self.dm, &[]))
                .collect();
            self.sent.fetch_add(
                all_done(client, "send_message", &some).await.len(),
                Ordering::Relaxed,
            );
        }
    }

    async fn read(&self, client: &Client) {
        while self.go_on() {
            for dm in self.read_dms {
                let page = client
                    .ask("get_message_history", json!({ "id": dm, "count": 200 }))
                    .await;
                let page = page.done();
                self.read
                    .fetch_add(page.as_array().unwrap().len(), Ordering::Relaxed);
            }
        }
    }

    /// Works until `work` has ended.
    async fn around<T>(&self, work: impl Future<Output = T>) -> T {
        let work = async {
            let result = work.await;
            self.stop.store(true, Ordering::Relaxed);
            result
        };
        let reading = join_all(self.readers.iter().map(|reader| self.read(reader)));
        let (result, (), _) = tokio::join!(work, self.send(), reading);
        result
    }
}

/// Panics unless just `expected` are found.
fn expect_found(finder: &Finder, found: &BTreeSet<usize>, expected: &BTreeSet<usize>, when: &str) {
    let names = |numbers: Vec<&usize>| -> Vec<String> {
        numbers
            .into_iter()
            .take(20)
            .map(|number| finder.name(*number).to_owned())
            .collect()
    };
    let missing = names(expected.difference(found).collect());
    assert!(missing.is_empty(), "{when}: not found: {missing:?}");
    let left: Vec<_> = found.difference(expected).collect();
    assert!(
        left.is_empty(),
        "R-425: {when}: {} still stand in a file: {:?}",
        left.len(),
        names(left.clone())
    );
}

/// A DM whose last member leaves, with all that was in it: messages, name, GroupInfo, keys.
struct Doomed {
    dm: u64,
    contents: Vec<(String, Vec<u8>)>,
}

async fn doomed(people: &[Person], clients: &[Client]) -> Doomed {
    let request = people[0].signed_dm_request(&[&people[1]]);
    let befriended = json!({ "username": people[1].name });
    clients[0]
        .ask("send_friend_request", befriended)
        .await
        .done();
    let accept = json!({ "username": people[0].name, "accept": true });
    clients[1].ask("ack_friend_request", accept).await.done();
    let dm = clients[0]
        .ask("create_dm", request.clone())
        .await
        .done()
        .as_u64()
        .unwrap();
    let bytes = |value: &Value| hex::decode(value.as_str().unwrap()).unwrap();
    let info = bytes(&request["info"]);
    // Signature and confirmation at the end of it (C-215); the rest repeats names and keys that stand in the accounts.
    let mut contents = vec![
        ("GroupInfo".to_owned(), info[info.len() - 96..].to_vec()),
        (
            "ephemeral key".to_owned(),
            bytes(&request["messages"][0]["ek"]),
        ),
    ];
    for key in request["key_tree"].as_array().unwrap() {
        contents.push(("key of the tree".to_owned(), bytes(key)));
    }
    let name = hex::encode(random(200));
    clients[1]
        .ask("set_dm", json!({ "id": dm, "name": name }))
        .await
        .done();
    contents.push(("name of a DM".to_owned(), name.into_bytes()));
    // More than the server removes at once.
    let mut messages = Vec::new();
    for person in 0..2 {
        let some: Vec<_> = (0..1_100)
            .map(|place| {
                let len = if place < 60 {
                    some_length().max(16)
                } else {
                    40
                };
                Content::new(&people[person], len)
            })
            .collect();
        let requests: Vec<_> = some.iter().map(|it| it.message(dm, &[])).collect();
        all_done(&clients[person], "send_message", &requests).await;
        let named = some
            .into_iter()
            .map(|it| ("a message of a DM that is left".to_owned(), it.bytes));
        messages.extend(named);
    }
    for _ in 0..5 {
        let later = Content::new(&people[0], 300);
        clients[0]
            .ask("send_message", later.message(dm, &[("schedule", 3_000)]))
            .await
            .done();
        messages.push((
            "a scheduled message of a DM that is left".to_owned(),
            later.bytes,
        ));
    }
    contents.extend(messages);
    Doomed { dm, contents }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_425_r_421_r_317_what_is_erased_is_in_no_file_within_10_s_under_load() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]).await;
    let mut people = Vec::new();
    let mut clients = Vec::new();
    for place in 0..5 {
        let person =
            Person::register(&server.origin(), &format!("person{place}"), Keys::fresh()).await;
        clients.push(Client::log_in(&server, &person).await.unwrap());
        people.push(person);
    }
    let others: Vec<_> = people[1..].iter().collect();
    let dm = people[0].creates_dm(&others).await;
    let busy = people[0].creates_dm(&others).await;
    let doomed = doomed(&people[..2], &clients).await;

    let mut finder = Finder::default();
    let mut staying = BTreeSet::new();
    let mut going = BTreeSet::new();
    for (name, content) in &doomed.contents {
        going.insert(finder.add(name.clone(), content));
    }
    let mut told: Vec<Told> = Vec::new();
    let mut taken = BTreeSet::new();
    let mut first_timed = None;
    for (phase, count) in [FIRST, THEN].into_iter().enumerate() {
        let new: Vec<_> = (0..count)
            .map(|place| {
                let fate = match rand::random_range(0..10) {
                    0..3 => Fate::Stays,
                    3..5 => Fate::IsEdited,
                    5..8 if phase == 1 => Fate::DestroysItself,
                    _ => Fate::IsDeleted,
                };
                // Equal ones would be one message sent twice.
                let content = loop {
                    let content = Content::new(&people[0], some_length());
                    if taken.insert(content.bytes.clone()) {
                        break content;
                    }
                };
                let name = format!(
                    "message {phase}.{place} of {} bytes, {fate:?}",
                    content.bytes.len()
                );
                let numbers = content.add_to(&mut finder, name);
                Told {
                    content,
                    fate,
                    numbers,
                }
            })
            .collect();
        if phase == 1 {
            first_timed = Some(Instant::now());
        }
        let requests: Vec<_> = new
            .iter()
            .map(|told| match told.fate {
                Fate::DestroysItself => told.content.message(dm, &[("delete", DELETE)]),
                _ => told.content.message(dm, &[]),
            })
            .collect();
        all_done(&clients[0], "send_message", &requests).await;
        told.extend(new);
    }
    let last_timed = Instant::now();
    for told in &told {
        match told.fate {
            Fate::Stays => staying.extend(&told.numbers),
            _ => going.extend(&told.numbers),
        }
    }
    let mut by_bytes: HashMap<String, &Told> = told
        .iter()
        .map(|told| (hex::encode(&told.content.bytes), told))
        .collect();
    let history = clients[0].history(dm).await;
    let mut chosen: Vec<(u64, &Told)> = history
        .iter()
        .filter_map(|message| {
            let told = by_bytes.remove(message["message"].as_str()?)?;
            Some((message["id"].as_u64()?, told))
        })
        .collect();
    assert_eq!(chosen.len(), told.len(), "every message is in the history");
    let mut reactions = Vec::new();
    let mut cancelled = Vec::new();
    for (id, _) in chosen
        .iter()
        .filter(|(_, told)| told.fate == Fate::Stays)
        .take(150)
    {
        let content = Content::new(&people[1], rand::random_range(16..1_000));
        going.extend(content.add_to(&mut finder, "a reaction that is taken back".to_owned()));
        reactions.push(json!({ "id": id, "reaction": hex::encode(&content.bytes), "signature": content.signature }));
    }
    let reactions = all_done(&clients[1], "add_reaction", &reactions).await;
    for _ in 0..50 {
        let content = Content::new(&people[2], rand::random_range(16..4_000));
        going.extend(content.add_to(
            &mut finder,
            "a scheduled message that is cancelled".to_owned(),
        ));
        cancelled.push(content.message(dm, &[("schedule", 3_000)]));
    }
    all_done(&clients[2], "send_message", &cancelled).await;
    let waiting = clients[2].ask("get_dm", json!({ "id": dm })).await.done();
    let waiting: Vec<u64> = waiting["scheduled_messages"]
        .as_object()
        .unwrap()
        .keys()
        .map(|id| id.parse().unwrap())
        .collect();
    assert_eq!(waiting.len(), 50);

    let everything: BTreeSet<_> = staying.union(&going).copied().collect();
    let found = finder.scan(data.path(), server.pid());
    assert!(
        first_timed.unwrap().elapsed() < Duration::from_secs(DELETE),
        "this machine is too slow: messages destroyed themselves before the control scan was over"
    );
    expect_found(&finder, &found, &everything, "before anything is erased");

    let load = Others {
        dm: busy,
        sender: (&people[4], &clients[4]),
        readers: vec![&clients[3], &clients[2]],
        read_dms: [dm, busy],
        stop: AtomicBool::new(false),
        sent: AtomicUsize::new(0),
        read: AtomicUsize::new(0),
    };
    let erasing = async {
        // In an order of their own, so that what lies between them comes and goes.
        shuffle(&mut chosen);
        let of = |fate: Fate| chosen.iter().filter(move |(_, told)| told.fate == fate);
        let deletions: Vec<_> = of(Fate::IsDeleted)
            .map(|(id, _)| json!({ "id": id }))
            .collect();
        let edits: Vec<_> = of(Fate::IsEdited)
            .map(|(id, _)| Content::new(&people[0], some_length()).message(*id, &[]))
            .collect();
        let removals: Vec<_> = reactions.iter().map(|id| json!({ "id": id })).collect();
        let cancellations: Vec<_> = waiting
            .iter()
            .map(|id| json!({ "dm_id": dm, "schedule_id": id }))
            .collect();
        tokio::join!(
            all_done(&clients[0], "delete_message", &deletions),
            all_done(&clients[0], "set_message", &edits),
            all_done(&clients[1], "remove_reaction", &removals),
            all_done(&clients[2], "cancel_scheduled_message", &cancellations),
        );
        for client in &clients[..2] {
            client
                .ask("leave_dm", json!({ "id": doomed.dm }))
                .await
                .done();
        }
        let erased = Instant::now().max(last_timed + Duration::from_secs(DELETE));
        tokio::time::sleep_until((erased + GONE_WITHIN).into()).await;
        let (path, pid) = (data.path().to_owned(), server.pid());
        tokio::task::spawn_blocking(move || {
            let found = finder.scan(&path, pid);
            (finder, found)
        })
        .await
        .unwrap()
    };
    let (finder, found) = load.around(erasing).await;
    expect_found(&finder, &found, &staying, "10 s after the last erasure");
    let (sent, read) = (load.sent.into_inner(), load.read.into_inner());
    println!(
        "{} contents erased, {} stay; meanwhile {sent} messages sent and {read} read",
        going.len(),
        staying.len()
    );
    assert!(
        sent > 200 && read > 2_000,
        "there was no load: {sent} sent, {read} read"
    );
}

fn shuffle<T>(items: &mut [T]) {
    for last in (1..items.len()).rev() {
        items.swap(last, rand::random_range(0..=last));
    }
}

#[tokio::test]
async fn r_426_r_425_a_message_past_its_retention_is_in_no_file_within_10_s() {
    let mut server = TestServer::with(|config| config.retention_days = 1).await;
    let [alice, bob] = server.people(["alice", "bob"]).await;
    alice.befriends(&bob).await;
    let dm = alice.creates_dm(&[&bob]).await;
    let mut finder = Finder::default();
    let mut say = async |count: usize, name: &str| {
        let mut numbers = BTreeSet::new();
        for place in 0..count {
            let content = Content::new(&alice, some_length().max(16));
            alice.ok("send_message", content.message(dm, &[])).await;
            numbers.extend(content.add_to(&mut finder, format!("{name} {place}")));
        }
        numbers
    };
    let old = say(60, "old").await;
    server.clock().moves(20 * 3_600);
    let young = say(20, "young").await;
    let folder = server.database();
    let folder = folder.parent().unwrap();
    let scan = |finder: &Finder| finder.scan(folder, std::process::id());
    expect_found(
        &finder,
        &scan(&finder),
        &old.union(&young).copied().collect(),
        "before their time",
    );
    server.clock().moves(10 * 3_600);
    // The sweep runs once a minute and at the start, so the start is what is waited for.
    server.restart().await;
    tokio::time::sleep(GONE_WITHIN).await;
    expect_found(&finder, &scan(&finder), &young, "10 s after the sweep");
}
