//! The terminal client as a program: what it prints, how it ends, and two of it on one profile.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "the SDK's own tests use more of it")]
#[path = "../../rust/tests/sdk/fake.rs"]
mod fake;

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use fake::Fake;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A profile of its own at the fake server.
struct Profile {
    folder: PathBuf,
    server: String,
}

impl Profile {
    fn new(fake: &Fake, home: &Path, name: &str) -> Self {
        Self {
            folder: home.join(name),
            server: fake.url.clone(),
        }
    }

    async fn registered(fake: &Fake, home: &Path, name: &str) -> Self {
        let profile = Self::new(fake, home, name);
        let made = profile
            .run(&["register", name, "--yes", "--no-passphrase"])
            .await;
        assert!(made.status.success(), "{made:?}");
        profile
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sotto-cli"));
        command
            .args(arguments)
            .env_remove("SOTTO_PASSPHRASE")
            .env("SOTTO_PROFILE", &self.folder)
            .env("SOTTO_SERVER", &self.server)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().await.unwrap()
    }

    /// What a command prints that must succeed.
    async fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    async fn json(&self, arguments: &[&str]) -> Vec<Value> {
        let text = self.text(&[arguments, &["--json"]].concat()).await;
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// How a command fails: exit code and sentence.
    async fn failure(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(arguments).await;
        let code = output.status.code().unwrap();
        assert_ne!(code, 0, "{arguments:?}: {output:?}");
        (code, String::from_utf8(output.stderr).unwrap())
    }
}

/// The events of a running `tail --json`.
struct Tail {
    _child: Child,
    lines: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
}

impl Tail {
    fn start(profile: &Profile) -> Self {
        let mut child = profile.command(&["tail", "--json"]).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self {
            _child: child,
            lines,
        }
    }

    /// The next event of a kind; others are passed over.
    async fn next(&mut self, kind: &str) -> Value {
        loop {
            let line = self.lines.next_line().await.unwrap().expect("tail goes on");
            let event: Value = serde_json::from_str(&line).unwrap();
            if event["event"] == kind {
                return event;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_talk_in_two_terminals() {
    let fake = Fake::start().await;
    let home = tempfile::tempdir().unwrap();
    let alice = Profile::registered(&fake, home.path(), "alice").await;
    let bob = Profile::registered(&fake, home.path(), "bob").await;
    let mut screen = Tail::start(&bob);
    screen.next("connected").await;
    let made = alice
        .text(&["group", "new", "--name", "Plans", "bob"])
        .await;
    assert!(made.contains("Plans"), "{made}");
    assert_eq!(
        screen.next("invited").await["users"],
        json!(["alice", "bob"])
    );
    let sent = alice
        .json(&["send", "Plans", "Why is the answer 42?"])
        .await;
    let id = sent[0]["id"].to_string();
    assert_eq!(
        screen.next("message").await["text"],
        "Why is the answer 42?"
    );
    // While bob's tail runs, the same profile answers.
    bob.text(&["send", "plans", "Because", "--reply-to", &id])
        .await;
    bob.text(&["react", &id, "👍"]).await;
    assert_eq!(
        screen.next("message").await["reply_to"],
        sent[0]["reference"]
    );
    let reacted = screen.next("message_changed").await;
    assert_eq!(reacted["reactions"][0]["reaction"], "👍");
    alice.text(&["edit", &id, "Why is the answer 43?"]).await;
    assert_eq!(
        screen.next("message_changed").await["text"],
        "Why is the answer 43?"
    );
    let history = alice.text(&["history", "Plans"]).await;
    let lines: Vec<_> = history.lines().collect();
    assert!(
        lines[0].contains("alice: Why is the answer 43?  (edited, 👍 bob)"),
        "{history}"
    );
    assert!(
        lines[1].contains(&format!("bob: Because  (reply to #{id})")),
        "{history}"
    );
    alice.text(&["delete", &id]).await;
    assert_eq!(screen.next("message_deleted").await["id"].to_string(), id);
    let numbers = (
        alice.json(&["safety-number", "bob"]).await[0]["safety_number"].clone(),
        bob.json(&["safety-number", "alice"]).await[0]["safety_number"].clone(),
    );
    assert_eq!(numbers.0, numbers.1);
    // Tail begins where it ended, and says nothing twice.
    drop(screen);
    alice.text(&["send", "Plans", "while you were away"]).await;
    let mut screen = Tail::start(&bob);
    assert_eq!(screen.next("message").await["text"], "while you were away");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_and_passphrases() {
    let fake = Fake::start().await;
    let home = tempfile::tempdir().unwrap();
    let secret = home.path().join("passphrase");
    std::fs::write(&secret, "correct horse\nsecond line\n").unwrap();
    let secret = secret.to_str().unwrap();
    let alice = Profile::new(&fake, home.path(), "alice");
    let made = alice
        .json(&["register", "alice", "--yes", "--passphrase-file", secret])
        .await;
    let words: Vec<_> = made[0]["words"].as_array().unwrap().clone();
    assert_eq!(words.len(), 24);
    let (code, said) = alice.failure(&["dms"]).await;
    assert_eq!(code, 2, "nobody is there to ask: {said}");
    alice.text(&["dms", "--passphrase-file", secret]).await;
    let wrong = home.path().join("wrong");
    std::fs::write(&wrong, "battery staple\n").unwrap();
    let (code, said) = alice
        .failure(&["dms", "--passphrase-file", wrong.to_str().unwrap()])
        .await;
    assert_eq!(
        (code, said.contains("passphrase is wrong")),
        (5, true),
        "{said}"
    );

    let words: Vec<_> = words.iter().map(|word| word.as_str().unwrap()).collect();
    let recover = async |name: &str, words: &str| {
        let profile = Profile::new(&fake, home.path(), name);
        let mut command = profile.command(&["recover", "alice", "--no-passphrase"]);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stdin, words.as_bytes())
            .await
            .unwrap();
        drop(stdin);
        child.wait_with_output().await.unwrap()
    };
    let back = recover("second", &words.join("  ")).await;
    assert!(back.status.success(), "{back:?}");
    let mut others = words.clone();
    others.swap(0, 1);
    let refused = recover("third", &others.join(" ")).await;
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_failure_has_its_exit_code() {
    let fake = Fake::start().await;
    let home = tempfile::tempdir().unwrap();
    let alice = Profile::registered(&fake, home.path(), "alice").await;
    Profile::registered(&fake, home.path(), "bob").await;
    let other = Profile::new(&fake, home.path(), "other");
    let (code, said) = other
        .failure(&["register", "bob", "--yes", "--no-passphrase"])
        .await;
    assert_eq!(code, 1, "{said}");
    assert!(!other.folder.exists(), "no keys are left behind");
    let (code, said) = alice.failure(&["history", "99"]).await;
    assert_eq!((code, said.contains("no_access")), (1, true), "{said}");
    for usage in [
        &["history"][..],
        &["send", "nobody", "x"],
        &["send", "1", "x", "--in", "5x"],
        &["--server", "nonsense", "dms"],
        &["no-such-command"],
    ] {
        assert_eq!(alice.failure(usage).await.0, 2, "{usage:?}");
    }
    let (code, said) = alice
        .failure(&["--server", "http://127.0.0.1:9", "dms"])
        .await;
    assert_eq!(code, 3, "{said}");
    alice.text(&["group", "new", "bob"]).await;
    let key = fake.state().users["alice"]["public_key"].clone();
    fake.lie(move |_, event, answer| {
        if event == "get_user" {
            answer["result"]["public_key"] = key.clone();
        }
    });
    let (code, said) = alice.failure(&["safety-number", "bob"]).await;
    assert_eq!((code, said.contains("E_KEY_CHANGED")), (4, true), "{said}");
    let (code, said) = alice.failure(&["safety-number", "bob", "--json"]).await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &said["code"]), (4, &json!("E_KEY_CHANGED")));
    let empty = Profile::new(&fake, home.path(), "empty");
    assert_eq!(empty.failure(&["dms"]).await.0, 5);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let keys = alice.folder.join("keys.json");
        std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o644)).unwrap();
        let (code, said) = alice.failure(&["dms"]).await;
        assert_eq!((code, said.contains("chmod 600")), (5, true), "{said}");
    }
}
