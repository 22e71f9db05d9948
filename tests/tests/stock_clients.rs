//! The stories of the official socket.io-client and of python-socketio, lived against a server in this process. They come with no special
//! settings, which is the point.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Stdio;

use sotto_tests::TestServer;
use tokio::process::Command;

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// What a story needs must be there: a test that skips itself proves nothing.
fn must_exist(path: &Path, what: &str) {
    assert!(
        path.exists(),
        "{what} is missing ({}): `make test` installs it",
        path.display()
    );
}

async fn lives(mut command: Command, what: &str) {
    let output = command
        .current_dir(clients())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap_or_else(|cause| panic!("{what} cannot be run ({cause}): `make test` installs it"));
    let told = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}:\n{told}\n{complaint}");
    let last = told.lines().last().unwrap_or_default();
    assert!(
        last.ends_with(" passed, 0 failed") && !last.starts_with("0 "),
        "{what}: {last}"
    );
}

async fn story(mode: &str) {
    must_exist(
        &clients().join("../../node_modules/socket.io-client"),
        "the official Socket.IO client",
    );
    let server = TestServer::on_real_time(|_| {}).await;
    let mut node = Command::new("node");
    node.arg("story.mjs").arg(server.origin()).arg(mode);
    lives(node, &format!("story.mjs over {mode}")).await;
}

#[tokio::test]
async fn r_101_the_official_client_over_websocket() {
    story("websocket").await;
}

#[tokio::test]
async fn r_101_the_official_client_over_polling() {
    story("polling").await;
}

#[tokio::test]
async fn r_101_the_official_client_with_an_upgrade() {
    story("upgrade").await;
}

async fn smoke(transport: &str) {
    let python = clients().join(".venv/bin/python");
    must_exist(&clients().join(".venv/.installed"), "python-socketio");
    let server = TestServer::on_real_time(|_| {}).await;
    let mut command = Command::new(python);
    command
        .arg("smoke.py")
        .arg(server.origin())
        .args(["--transport", transport]);
    lives(command, &format!("smoke.py over {transport}")).await;
}

#[tokio::test]
async fn r_101_python_over_websocket() {
    smoke("websocket").await;
}

#[tokio::test]
async fn r_101_python_over_polling() {
    smoke("polling").await;
}

#[test]
fn the_clients_are_where_this_test_looks() {
    for file in ["story.mjs", "smoke.py", "package.json", "requirements.txt"] {
        must_exist(&clients().join(file), file);
    }
    let package = std::fs::read_to_string(clients().join("package.json")).unwrap();
    assert!(package.contains("\"socket.io-client\": \"4."), "{package}");
}
