//! What lies below Socket.IO: the TCP links that carry a session, with a switch to end them and meters of what is written.
//!
//! socketioxide can end a connection only by a DISCONNECT packet, after which stock clients do not come back, and not at all once
//! its queue is full. So the accept loop gives every link a switch, and the sessions find theirs here (`docs/decisions/0007`).

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// One TCP connection.
#[derive(Debug)]
pub struct Link {
    /// Ends the connection at once.
    pub cut: CancellationToken,
    carries: OnceLock<Arc<Wire>>,
}

impl Link {
    /// A connection that ends when `cut` is cancelled.
    pub fn new(cut: CancellationToken) -> Self {
        Self {
            cut,
            carries: OnceLock::new(),
        }
    }

    /// Bytes went out to the peer.
    pub fn wrote(&self, bytes: usize) {
        if let Some(wire) = self.carries.get() {
            wire.wrote(bytes);
        }
    }
}

/// What carries one Engine.IO session, over whatever transport.
#[derive(Debug, Default)]
pub struct Wire {
    /// Cancelled when the server ends the session.
    pub ended: CancellationToken,
    /// The switches of its links; not the links, which hold this wire.
    links: Mutex<Vec<CancellationToken>>,
    queued: AtomicU64,
    written: AtomicU64,
    progress: Notify,
}

impl Wire {
    /// A websocket's link carries this session alone from now on.
    pub fn attach(self: &Arc<Self>, link: &Arc<Link>) {
        if link.carries.set(Arc::clone(self)).is_ok() {
            self.links
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(link.cut.clone());
            if self.ended.is_cancelled() {
                link.cut.cancel();
            }
        }
    }

    /// Ends the session by closing its transport.
    pub fn end(&self) {
        self.ended.cancel();
        for cut in self
            .links
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
        {
            cut.cancel();
        }
    }

    /// Bytes are about to be queued for the client.
    pub fn queued(&self, bytes: usize) {
        // What was written beyond what was queued is framing; kept, it would grow into a credit that hides a full queue.
        let written = self.written.load(Ordering::Relaxed);
        self.queued.fetch_max(written, Ordering::Relaxed);
        self.queued.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Bytes went out to the client.
    pub fn wrote(&self, bytes: usize) {
        self.written.fetch_add(bytes as u64, Ordering::Relaxed);
        self.progress.notify_waiters();
    }

    /// How many bytes wait for the client. Framing makes more bytes leave than were queued, so this errs on the low side by a few
    /// per cent, and never below zero.
    pub fn waiting(&self) -> u64 {
        self.queued
            .load(Ordering::Relaxed)
            .saturating_sub(self.written.load(Ordering::Relaxed))
    }

    /// Waits until at most `limit` bytes wait for the client, or the session has ended.
    pub async fn drained_to(&self, limit: u64) {
        loop {
            let progress = self.progress.notified();
            if self.waiting() <= limit || self.ended.is_cancelled() {
                return;
            }
            tokio::select! {
                () = progress => {}
                () = self.ended.cancelled() => return,
            }
        }
    }
}

/// The sessions by Engine.IO id, for requests that name one.
#[derive(Debug, Default)]
pub struct Wires {
    by_sid: Mutex<HashMap<String, Arc<Wire>>>,
}

impl Wires {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Wire>>> {
        self.by_sid.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session that a handshake began, under its id. An upgrade that overtook it has brought a wire of its own, which counts.
    pub fn adopt(&self, sid: &str, wire: Arc<Wire>) -> Arc<Wire> {
        Arc::clone(self.lock().entry(sid.to_owned()).or_insert(wire))
    }

    /// The session with this id.
    pub fn get(&self, sid: &str) -> Option<Arc<Wire>> {
        self.lock().get(sid).cloned()
    }

    /// A session is over.
    pub fn remove(&self, sid: &str) {
        self.lock().remove(sid);
    }

    /// Forgets wires that nothing holds any more: upgrades of sessions that never came to be.
    pub fn forget_orphans(&self) {
        self.lock().retain(|_, wire| Arc::strong_count(wire) > 1);
    }
}
