//! The operator's door to a running server: a Unix socket beside the database, for the owner of the process alone. Admin commands ask here
//! and never touch the database themselves.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use super::health::{Health, readiness};

/// How long a running server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Only the owner may read and write.
const OWNER_ONLY: u32 = 0o600;

/// What a running server says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    /// Its version.
    pub version: String,
    /// Why it cannot serve right now, if it cannot.
    pub unready: Option<String>,
}

/// Listens beside the database; what a server that was killed left there is replaced, since this one holds the lock.
///
/// # Errors
/// Where the folder does not take a socket.
pub fn listen(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(OWNER_ONLY))?;
    Ok(listener)
}

/// The one route.
pub fn routes(health: Health) -> Router {
    let status = async move || {
        let unready = readiness(&health).await.err().map(str::to_owned);
        Json(Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            unready,
        })
    };
    Router::new().route("/status", get(status))
}

/// Asks the server that holds the database how it is; `None` where none answers.
pub async fn ask(path: PathBuf) -> Option<Status> {
    let ask = async {
        let mut stream = UnixStream::connect(path).await?;
        stream.write_all(b"GET /status HTTP/1.0\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        io::Result::Ok(answer)
    };
    let answer = tokio::time::timeout(PATIENCE, ask).await.ok()?.ok()?;
    serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
}
