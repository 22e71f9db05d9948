//! The program that holds the TypeScript members: commands in, answers and events out, as lines of JSON.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::rc::Rc;
use std::time::SystemTime;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{Mutex, oneshot};

use crate::members::Log;

/// A running program; ended when dropped.
pub struct Peer {
    stdin: Mutex<ChildStdin>,
    next: Cell<u64>,
    shared: Rc<Shared>,
    _child: Child,
}

#[derive(Default)]
struct Shared {
    waiting: RefCell<HashMap<u64, oneshot::Sender<Value>>>,
    logs: RefCell<HashMap<String, Rc<Log>>>,
}

impl Peer {
    /// Starts it. To be called within a `LocalSet`.
    pub fn start() -> Rc<Self> {
        let mut child = Command::new("node")
            .arg(bundle())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|cause| {
                panic!("node cannot be started ({cause}): these tests need Node 20.19 or later")
            });
        let stdin = Mutex::new(child.stdin.take().unwrap());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let shared = Rc::new(Shared::default());
        let hearing = Rc::clone(&shared);
        tokio::task::spawn_local(async move {
            while let Some(line) = lines.next_line().await.unwrap() {
                hearing.hear(serde_json::from_str(&line).unwrap());
            }
            // Whoever waits for an answer hears that there will be none.
            hearing.waiting.borrow_mut().clear();
        });
        Rc::new(Self {
            stdin,
            next: Cell::new(1),
            shared,
            _child: child,
        })
    }

    /// What a member is told from now on.
    pub fn log(&self, who: &str) -> Rc<Log> {
        let mut logs = self.shared.logs.borrow_mut();
        Rc::clone(logs.entry(who.to_owned()).or_default())
    }

    /// Has a member do something.
    pub async fn ask(&self, who: &str, what: &str, args: Value) -> Result<Value, Value> {
        let id = self.next.replace(self.next.get() + 1);
        let (answer, answered) = oneshot::channel();
        self.shared.waiting.borrow_mut().insert(id, answer);
        let mut line = json!({"id": id, "who": who, "do": what, "args": args}).to_string();
        line.push('\n');
        self.stdin
            .lock()
            .await
            .write_all(line.as_bytes())
            .await
            .unwrap();
        let answer = answered.await.expect("the program is gone");
        match answer.get("ok") {
            Some(ok) => Ok(ok.clone()),
            None => Err(answer["error"].clone()),
        }
    }
}

impl Shared {
    fn hear(&self, line: Value) {
        if let Some(id) = line["id"].as_u64() {
            let waiting = self.waiting.borrow_mut().remove(&id);
            // Who asked may have given up.
            drop(waiting.unwrap().send(line));
            return;
        }
        let mut logs = self.logs.borrow_mut();
        let log = logs.entry(line["who"].as_str().unwrap().to_owned());
        log.or_default()
            .add(line["event"].as_str().unwrap(), line["payload"].clone());
    }
}

const BUILD: &str = "build it with `npm run -w sdk/typescript peer`";

/// The bundle, which must not be older than what it is made of.
fn bundle() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let bundle = root.join("target/peer.mjs");
    let Ok(built) = bundle.metadata().and_then(|file| file.modified()) else {
        panic!("{} is missing: {BUILD}", bundle.display());
    };
    for sources in [
        "sdk/typescript/src",
        "sdk/typescript/test/sdk/people.ts",
        "sdk/typescript/test/peer.ts",
    ] {
        let newest = newest(&root.join(sources));
        assert!(
            newest <= built,
            "{} is older than {sources}: {BUILD}",
            bundle.display()
        );
    }
    bundle
}

fn newest(path: &Path) -> SystemTime {
    if path.is_dir() {
        let entries = path.read_dir().unwrap();
        let times = entries.map(|entry| newest(&entry.unwrap().path()));
        return times.max().unwrap_or(SystemTime::UNIX_EPOCH);
    }
    // The SDK's own tests are no part of the bundle.
    if path.to_string_lossy().ends_with(".test.ts") {
        return SystemTime::UNIX_EPOCH;
    }
    path.metadata().unwrap().modified().unwrap()
}
