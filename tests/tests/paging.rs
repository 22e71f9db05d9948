//! Pages of history and changes cover each message exactly once and in order, also while others send.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use sotto_tests::{Person, TestServer};

fn texts(page: &Value) -> Vec<String> {
    Person::texts(page)
}

async fn page(person: &Person, dm: u64, more: Value) -> Value {
    let mut request = more;
    request["id"] = json!(dm);
    person.ok("get_message_history", request).await
}

/// Backwards from the newest until an empty page; oldest first.
async fn backwards(person: &Person, dm: u64, count: u64) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let page = page(person, dm, json!({ "cursor": cursor, "count": count })).await;
        let Some(last) = page.as_array().unwrap().last() else {
            break;
        };
        cursor = last["timestamp"].clone();
        all.extend(page.as_array().unwrap().clone());
    }
    all.reverse();
    all
}

/// Forwards from the beginning, past empty pages, until so many have come.
async fn forwards(person: &Person, dm: u64, count: u64, total: usize) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), json!("2000-01-01T00:00:00"));
    while all.len() < total {
        let page = page(person, dm, json!({ "after": after, "count": count })).await;
        if let Some(last) = page.as_array().unwrap().last() {
            after = last["timestamp"].clone();
        }
        all.extend(page.as_array().unwrap().clone());
    }
    all
}

/// By changes from a cursor on, until so many have come.
async fn by_changes(
    person: &Person,
    dm: u64,
    since: Value,
    count: u64,
    total: usize,
) -> Vec<Value> {
    let (mut all, mut since) = (Vec::new(), since);
    while all.len() < total {
        let request = json!({ "id": dm, "since": since, "count": count });
        let found = person.ok("get_message_changes", request).await;
        since = found["cursor"].clone();
        assert!(found["deleted"].as_array().unwrap().is_empty());
        all.extend(found["messages"].as_array().unwrap().clone());
    }
    all
}

async fn sends(person: &Person, dm: u64, count: usize, length: usize) {
    let mut waiting = Vec::new();
    for n in 0..count {
        let text = format!("{} {n} {}", person.name, "x".repeat(length));
        waiting.push(person.emit("send_message", &person.message(dm, &text)));
        if n % 5 == 4 {
            for id in waiting.drain(..) {
                person.ack(id).await.result();
            }
        }
    }
    for id in waiting {
        person.ack(id).await.result();
    }
}

async fn everyone_reads_the_same(counts: [u64; 3], sizes: [usize; 2], length: usize) {
    let server = TestServer::with(|config| config.limits.max_page = 20_000).await;
    let ([alice, bob, reader], dm) = server.trio().await;
    let [second, third] = [server.device(&reader).await, server.device(&reader).await];
    let start = reader.ok("get_message_changes", json!({ "id": dm })).await["cursor"].clone();
    let total = sizes[0] + sizes[1];
    let (.., early, forth, changed) = tokio::join!(
        sends(&alice, dm, sizes[0], length),
        sends(&bob, dm, sizes[1], length),
        backwards(&reader, dm, counts[0]),
        forwards(&second, dm, counts[1], total),
        by_changes(&third, dm, start, counts[2], total),
    );
    let back = backwards(&reader, dm, counts[0]).await;
    assert_eq!(back.len(), total, "each once");
    let stamps: Vec<_> = back
        .iter()
        .map(|m| m["timestamp"].as_str().unwrap())
        .collect();
    assert!(stamps.is_sorted_by(|a, b| a < b), "in order");
    assert_eq!(forth, back, "the same forwards");
    assert_eq!(changed, back, "the same by changes");
    assert_eq!(
        early[..],
        back[..early.len()],
        "a walk back while others send misses nothing older"
    );
    for person in [&alice, &bob] {
        let own: Vec<_> = back
            .iter()
            .filter(|m| m["sender"] == person.name.as_str())
            .cloned()
            .collect();
        let sent = texts(&json!(own));
        let expected =
            (0..sent.len()).map(|n| format!("{} {n} {}", person.name, "x".repeat(length)));
        assert_eq!(sent, expected.collect::<Vec<_>>(), "R-110");
    }
}

#[test]
fn r_407_r_409_r_410_r_412_pages_cover_each_message_once() {
    let counts = prop::array::uniform3(prop_oneof![1..=3_u64, 4..=60_u64, Just(200_u64)]);
    let sizes = prop::array::uniform2(0..=60_usize);
    let mut runner = TestRunner::new(Config::with_cases(16));
    runner
        .run(
            &(counts, sizes, 0..=400_usize),
            |(counts, sizes, length)| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(everyone_reads_the_same(counts, sizes, length));
                Ok(())
            },
        )
        .unwrap();
}
