//! Acked means durable: the server's system calls, traced, show that each ack leaves after a sync of the WAL that was begun after its
//! commit had been written. With `SOTTO_DURABLE=false` the same check must fail, or it would show nothing.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use sotto_tests::client::Client;
use sotto_tests::process::{PATIENCE, Server};
use sotto_tests::{Keys, Person};
use tokio::process::{Child, Command};

/// Messages by each connection, some one after the other, some at once.
const EACH: usize = 60;
/// Connections that send.
const CONNECTIONS: usize = 3;
/// Ack ids of one connection begin here, those of the next at twice that.
const IDS: u64 = 10_000;

/// strace, attached to a running server.
struct Tracer(Child);

impl Tracer {
    async fn attach(server: &Server, to: &Path) -> Self {
        let traced =
            "trace=write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,fsync,fdatasync,ftruncate";
        let mut command = Command::new("strace");
        command
            .args([
                "-f",
                "-y",
                "-tt",
                "-xx",
                "-s",
                "200000",
                "-e",
                traced,
                "-e",
                "signal=none",
            ])
            .args(["-p", &server.pid().to_string(), "-o"])
            .arg(to)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let child = command.spawn().expect(
            "strace is needed to see that acks are durable: install it with scripts/install-test-tools",
        );
        let tracer = Self(child);
        let deadline = Instant::now() + PATIENCE;
        while !traced_by_all_threads(server.pid()) {
            assert!(
                Instant::now() < deadline,
                "strace could not attach to the server"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tracer
    }

    /// Waits until the traced server, and with it strace, has ended.
    async fn ended(mut self) {
        tokio::time::timeout(PATIENCE, self.0.wait())
            .await
            .unwrap()
            .unwrap();
    }
}

/// Whether every thread of a process has a tracer.
fn traced_by_all_threads(pid: u32) -> bool {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    tasks.flatten().all(|task| {
        let status = std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
        let tracer = status
            .lines()
            .find_map(|line| line.strip_prefix("TracerPid:"));
        tracer.is_some_and(|tracer| tracer.trim() != "0")
    })
}

/// A traced call. Places are line numbers: strace writes them in the order of events.
#[derive(Debug)]
struct Call {
    name: String,
    /// What its first argument is open on.
    file: String,
    /// What it writes.
    bytes: Vec<u8>,
    began: usize,
    ended: usize,
}

/// Reads a trace: one call on a line, or its beginning and its end on two where another thread came between.
fn calls(trace: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut unfinished: BTreeMap<&str, usize> = BTreeMap::new();
    for (line, text) in trace.lines().enumerate() {
        let Some((thread, rest)) = text.split_once(' ') else {
            continue;
        };
        let Some((_, rest)) = rest.trim_start().split_once(' ') else {
            continue;
        };
        if rest.starts_with("<... ") {
            if let Some(call) = unfinished.remove(thread) {
                calls[call].ended = line;
            }
            continue;
        }
        let Some((name, arguments)) = rest.split_once('(') else {
            continue;
        };
        let file = arguments
            .split_once('<')
            .and_then(|(_, rest)| rest.split_once('>'));
        let mut ended = line;
        if rest.ends_with("<unfinished ...>") {
            ended = usize::MAX;
            unfinished.insert(thread, calls.len());
        }
        calls.push(Call {
            name: name.to_owned(),
            file: file.map(|(file, _)| unescape_all(file)).unwrap_or_default(),
            bytes: arguments
                .split('"')
                .skip(1)
                .step_by(2)
                .flat_map(unescape)
                .collect(),
            began: line,
            ended,
        });
    }
    calls
}

/// The bytes of `\x00\x01…`.
fn unescape(text: &str) -> Vec<u8> {
    let digits: String = text.split("\\x").collect();
    hex::decode(digits).unwrap_or_default()
}

/// A path, which `-xx` writes in hex too.
fn unescape_all(text: &str) -> String {
    if text.contains("\\x") {
        String::from_utf8_lossy(&unescape(text)).into_owned()
    } else {
        text.to_owned()
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// A WAL frame's header has 24 bytes; bytes 4 to 8 are not zero in the last frame of a commit (SQLite file format, 4.1).
fn ends_a_commit(call: &Call) -> bool {
    call.bytes.len() >= 24 && call.bytes.len() % 4096 == 24 && call.bytes[4..8] != [0; 4]
}

/// A message that was acked: what stands in it, and the id of its ack.
struct Acked {
    marker: Vec<u8>,
    ack_id: u64,
}

/// Checks one ack against the calls: the WAL has the message, then the end of its commit, then a sync begins and ends, then the ack leaves.
fn check(calls: &[Call], acked: &Acked) -> Result<(), String> {
    let Acked { marker, ack_id } = acked;
    let ack = format!("43{ack_id}[{{\"success\":true");
    let is_wal = |call: &&Call| call.file.ends_with("sotto.db-wal");
    let writes = |call: &&Call| !matches!(call.name.as_str(), "fsync" | "fdatasync" | "ftruncate");
    let leaves = calls
        .iter()
        .find(|call| !call.file.ends_with("-wal") && contains(&call.bytes, ack.as_bytes()))
        .ok_or_else(|| format!("ack {ack_id} was not seen to leave"))?;
    let wal_writes: Vec<_> = calls.iter().filter(is_wal).filter(writes).collect();
    let first = wal_writes
        .iter()
        .position(|call| contains(&call.bytes, marker))
        .ok_or_else(|| format!("the message of ack {ack_id} was not seen in the WAL"))?;
    // The header of the frame that holds it is the write just before.
    let rest = &wal_writes[first.saturating_sub(1)..];
    let last = rest
        .iter()
        .position(|call| ends_a_commit(call))
        .ok_or_else(|| format!("the commit of ack {ack_id} has no end"))?;
    let committed = rest.get(last + 1).ok_or("a frame without a page")?.ended;
    let synced = calls.iter().filter(is_wal).any(|call| {
        matches!(call.name.as_str(), "fsync" | "fdatasync")
            && call.began > committed
            && call.ended < leaves.began
    });
    if synced {
        Ok(())
    } else {
        Err(format!(
            "ack {ack_id} left at {} without a sync since {committed}",
            leaves.began
        ))
    }
}

/// Runs a server with strace attached, lets several connections send, and gives the calls and what was acked.
async fn traced_run(durable: &str) -> (Vec<Call>, Vec<Acked>) {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::start(data.path(), &[("SOTTO_DURABLE", durable)]).await;
    let mut people = Vec::new();
    for place in 0..CONNECTIONS {
        let name = format!("sender{place}");
        people.push(Person::register(&server.origin(), &name, Keys::fresh()).await);
    }
    let others: Vec<_> = people[1..].iter().collect();
    let dm = people[0].creates_dm(&others).await;
    let mut clients = Vec::new();
    for (place, person) in people.iter().enumerate() {
        let first_id = IDS * (place as u64 + 1);
        clients.push(
            Client::log_in_from(&server, person, first_id)
                .await
                .unwrap(),
        );
    }
    let trace = data.path().join("trace");
    let tracer = Tracer::attach(&server, &trace).await;
    let sends = people
        .iter()
        .zip(&clients)
        .enumerate()
        .map(async |(place, (person, client))| {
            let mut acked = Vec::new();
            for round in 0..EACH / 6 {
                // Five at once, then one alone: acks of a shared commit, and of one of their own.
                for many in [5, 1] {
                    let asked: Vec<_> = (0..many)
                        .map(|index| {
                            let random = hex::encode(rand::random::<[u8; 12]>());
                            let marker = format!("marker-{place}-{round}-{many}-{index}-{random}");
                            let ack_id = client.next_id();
                            let request =
                                client.request("send_message", &person.message(dm, &marker));
                            (
                                Acked {
                                    marker: marker.into_bytes(),
                                    ack_id,
                                },
                                request,
                            )
                        })
                        .collect();
                    for (sent, request) in asked {
                        assert_eq!(request.await.done(), json!(true));
                        acked.push(sent);
                    }
                }
            }
            acked
        });
    let acked = join_all(sends).await.into_iter().flatten().collect();
    server.terminate().await;
    assert!(server.ended().await.success());
    tracer.ended().await;
    (calls(&std::fs::read_to_string(&trace).unwrap()), acked)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_401_r_801_an_ack_leaves_after_a_sync_of_its_commit() {
    let (calls, acked) = traced_run("true").await;
    assert_eq!(acked.len(), CONNECTIONS * EACH);
    let faults: Vec<_> = acked
        .iter()
        .filter_map(|acked| check(&calls, acked).err())
        .collect();
    assert!(
        faults.is_empty(),
        "{} of {}: {faults:#?}",
        faults.len(),
        acked.len()
    );
    let syncs = calls
        .iter()
        .filter(|call| call.name.ends_with("sync"))
        .count();
    println!(
        "{} acks, {} traced calls, {syncs} syncs",
        acked.len(),
        calls.len()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_801_without_syncs_the_check_fails() {
    let (calls, acked) = traced_run("false").await;
    assert_eq!(acked.len(), CONNECTIONS * EACH);
    for acked in &acked {
        let fault = check(&calls, acked).unwrap_err();
        // Not for want of seeing the ack or the commit.
        assert!(fault.contains("without a sync"), "{fault}");
    }
}

#[test]
fn a_trace_is_read_in_the_order_of_events() {
    let trace = concat!(
        "11 12:00:00.000001 pwrite64(9</x/sotto.db-wal>, \"\\x61\\x62\", 2, 0) = 2\n",
        "11 12:00:00.000002 fdatasync(9</x/sotto.db-wal> <unfinished ...>\n",
        "12 12:00:00.000003 sendto(7<socket:[1]>, \"\\x63\", 1, MSG_NOSIGNAL, NULL, 0) = 1\n",
        "11 12:00:00.000004 <... fdatasync resumed>) = 0\n",
        "12 12:00:00.000005 writev(7<socket:[1]>, [{iov_base=\"\\x64\", iov_len=1}, {iov_base=\"\\x65\", iov_len=1}], 2) = 2\n",
    );
    let calls = calls(trace);
    let shape: Vec<_> = calls
        .iter()
        .map(|call| (call.name.as_str(), call.began, call.ended))
        .collect();
    assert_eq!(
        shape,
        [
            ("pwrite64", 0, 0),
            ("fdatasync", 1, 3),
            ("sendto", 2, 2),
            ("writev", 4, 4)
        ]
    );
    assert_eq!(
        (calls[0].bytes.as_slice(), calls[0].file.as_str()),
        (b"ab".as_slice(), "/x/sotto.db-wal")
    );
    assert_eq!(calls[3].bytes, b"de");
}
