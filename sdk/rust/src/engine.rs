//! What runs behind a client: settles in after each login, takes the server's notices one by one, and comes back after a loss.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use sotto_protocol::Code;
use sotto_protocol::dms::{GetDm, GetDms};
use sotto_protocol::friends::GetFriends;
use sotto_protocol::text::DmId;
use tokio::sync::{mpsc, watch};

use crate::client::{Inner, Sotto};
use crate::error::{Error, Result};
use crate::follow::Follower;
use crate::link::{Backoff, dial, is_final, making_connections};
use crate::model::Happening;
use crate::transport::{Connection, ServerEvent};

/// How many waiting notices are taken together.
const BATCH: usize = 256;

/// What was seen of envelopes is kept so often at most: it is written as a whole. Cursors are kept after each batch.
const SAVE_EVERY: Duration = Duration::from_secs(2);

/// Percent of the `own_storage` limit at which the user is warned (C-509).
const NEARLY_FULL: usize = 80;

/// Asks the engine to stop, also by being dropped.
#[derive(Debug)]
pub(crate) struct Stop {
    ask: watch::Sender<bool>,
    finished: watch::Receiver<bool>,
}

impl Stop {
    pub fn now(&self) {
        self.ask.send_replace(true);
    }

    pub async fn done(&self) {
        // An engine that is gone is done, too.
        drop(self.finished.clone().wait_for(|finished| *finished).await);
    }
}

pub(crate) struct Engine {
    pub inner: Arc<Inner>,
    tell: Option<mpsc::Sender<Happening>>,
    pub follower: Option<Follower>,
    stop: watch::Receiver<bool>,
}

impl Engine {
    /// Settles in on a fresh login and lets the engine run.
    pub async fn start(
        inner: Arc<Inner>,
        connection: Connection,
        tell: Option<mpsc::Sender<Happening>>,
    ) -> Result<(Sotto, ())> {
        let (ask, asked) = watch::channel(false);
        let (finish, finished) = watch::channel(false);
        let follower = match tell {
            Some(_) => Some(Follower::open(Arc::clone(&inner.store))?),
            None => None,
        };
        let mut engine = Self {
            inner: Arc::clone(&inner),
            tell,
            follower,
            stop: asked,
        };
        inner.link.online(connection.socket.clone());
        making_connections(engine.settle_in()).await?;
        tokio::spawn(making_connections(async move {
            engine.run(connection).await;
            finish.send_replace(true);
        }));
        let stop = Arc::new(Stop { ask, finished });
        Ok((Sotto { inner, stop }, ()))
    }

    async fn run(&mut self, mut connection: Connection) {
        loop {
            self.serve(&mut connection.events).await;
            self.save();
            if self.stopped() {
                break;
            }
            self.inner.link.offline();
            let why = connection.socket.closed().await;
            self.tell(Happening::Disconnected { why }).await;
            match self.come_back().await {
                Some(Ok(next)) => connection = next,
                Some(Err(error)) => {
                    self.inner.link.end(error.clone());
                    self.tell(Happening::Ended(error)).await;
                    break;
                }
                None => break,
            }
        }
        let closed = Error::Disconnected("the client was closed".to_owned());
        self.inner.link.end(closed);
    }

    fn stopped(&self) -> bool {
        *self.stop.borrow() || self.stop.has_changed().is_err()
    }

    /// Dials until logged in and settled; `None` where the app has gone in the meantime.
    async fn come_back(&mut self) -> Option<Result<Connection>> {
        let mut backoff = Backoff::new();
        let mut last = None;
        loop {
            let mut stop = self.stop.clone();
            tokio::select! {
                () = tokio::time::sleep(backoff.wait(last.as_ref())) => {}
                () = asked(&mut stop) => return None,
            }
            let inner = Arc::clone(&self.inner);
            let attempt = async {
                let dialled = dial(&inner.server, &inner.keys, &inner.options.transport).await?;
                inner.link.online(dialled.socket.clone());
                self.settle_in().await?;
                Ok(dialled)
            };
            let attempt = tokio::select! {
                attempt = attempt => attempt,
                () = asked(&mut stop) => return None,
            };
            match attempt {
                Ok(connection) => return Some(Ok(connection)),
                Err(error) if is_final(&error) => return Some(Err(error)),
                Err(error) => {
                    tracing::debug!(%error, "not connected yet");
                    inner.link.offline();
                    last = Some(error);
                }
            }
        }
    }

    /// What is due after each login, before anything is told.
    async fn settle_in(&mut self) -> Result<()> {
        self.look_at_vault().await?;
        self.inner.vault.rotate(self.inner.access()).await?;
        let dms = self.inner.link.patient(&GetDms {}).await?;
        for dm in &dms {
            let known = self
                .inner
                .vault
                .read(|content| content.dms.contains_key(dm));
            if !known.await {
                self.try_group(*dm).await?;
            }
        }
        for failed in self.inner.flush_outbox().await? {
            let warning = format!(
                "A message to DM {} could not be sent: {}",
                failed.dm, failed.why
            );
            self.tell(Happening::Warning(warning)).await;
        }
        let Some(follower) = &mut self.follower else {
            return Ok(());
        };
        for dm in follower.begin(&self.inner, &dms).await? {
            match self.inner.link.patient(&GetDm { id: dm }).await {
                Ok(details) => {
                    let view = self.inner.view(&details).await?;
                    self.tell(Happening::Invited(view)).await;
                }
                // Left in the meantime.
                Err(error) if error.code() == Some(Code::NoAccess) => {}
                Err(error) => return Err(error),
            }
        }
        self.pin_friends().await
    }

    /// Pins the keys of friends who were made on another device or while away.
    async fn pin_friends(&self) -> Result<()> {
        for friend in self.inner.link.patient(&GetFriends {}).await? {
            let pinned = self
                .inner
                .vault
                .read(|content| content.pins.contains_key(&friend));
            if pinned.await {
                continue;
            }
            match self.inner.pin_friend(&friend).await {
                Err(why @ (Error::Security(_) | Error::Invalid(_))) => {
                    self.tell(Happening::Warning(why.to_string())).await;
                }
                // Gone in the meantime.
                Err(Error::Refused(_)) => {}
                outcome => outcome?,
            }
        }
        Ok(())
    }

    /// Reads a DM that this device has no key for, which accepts the invitation if there is one.
    pub async fn try_group(&mut self, dm: DmId) -> Result<()> {
        let details = match self.inner.link.patient(&GetDm { id: dm }).await {
            Ok(details) => details,
            Err(error) if error.code() == Some(Code::NoAccess) => return Ok(()),
            Err(error) => return Err(error),
        };
        match self.inner.group_of(&details).await {
            Ok(_) => Ok(()),
            Err(why @ (Error::Security(_) | Error::Invalid(_))) => {
                let invitation = details.x3dh.map(|x3dh| x3dh.sender);
                let sender = invitation.or_else(|| details.dm.users.first().cloned());
                self.tell(Happening::InvitationRefused {
                    dm,
                    sender: sender.unwrap_or_default(),
                    why,
                })
                .await;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    pub async fn look_at_vault(&mut self) -> Result<()> {
        let found = self.inner.vault.refresh(self.inner.access()).await?;
        for conflict in found.conflicts {
            self.tell(Happening::KeyChanged {
                username: conflict.username,
                pinned: conflict.pinned,
                seen: conflict.other,
            })
            .await;
        }
        if found.percent >= NEARLY_FULL {
            let warning = format!(
                "The storage for keys is {} % full; leave DMs that are not needed before it is",
                found.percent
            );
            self.tell(Happening::Warning(warning)).await;
        }
        Ok(())
    }

    /// Serves one connection until it ends or the app does.
    async fn serve(&mut self, events: &mut mpsc::Receiver<ServerEvent>) {
        self.tell(Happening::Connected).await;
        if let Some(follower) = &self.follower {
            let all = follower.dms();
            self.pull_all(all).await;
        }
        let mut stop = self.stop.clone();
        let (mut unsaved, mut saved) = (true, Instant::now());
        loop {
            let due = self.follower.as_ref().and_then(Follower::next_expiry);
            let keep = unsaved.then(|| SAVE_EVERY.saturating_sub(saved.elapsed()));
            let batch = tokio::select! {
                batch = next_batch(events) => batch,
                () = sleep(due) => {
                    self.expire().await;
                    continue;
                }
                () = sleep(keep) => {
                    self.save();
                    (unsaved, saved) = (false, Instant::now());
                    continue;
                }
                () = asked(&mut stop) => return,
            };
            if batch.is_empty() {
                return;
            }
            let mut pulls = BTreeSet::new();
            for event in batch {
                if let Err(error) = self.take(event, &mut pulls).await {
                    tracing::debug!(%error, "a notice was not taken");
                }
            }
            if let Some(follower) = &self.follower {
                pulls.extend(follower.overdue());
            }
            self.pull_all(pulls).await;
            if let Some(follower) = &mut self.follower {
                follower.save_all();
            }
            unsaved = true;
        }
    }

    async fn expire(&mut self) {
        let Some(follower) = &mut self.follower else {
            return;
        };
        for (dm, id) in follower.take_expired() {
            self.inner.replays.forget(dm, id);
            let gone = Happening::MessageDeleted { dm: Some(dm), id };
            self.tell(gone).await;
        }
    }

    async fn pull_all(&mut self, dms: BTreeSet<DmId>) {
        for dm in dms {
            loop {
                let Some(follower) = &mut self.follower else {
                    return;
                };
                match follower.pull(&self.inner, dm).await {
                    Ok(pulled) => {
                        for happening in pulled.happenings {
                            self.tell(happening).await;
                        }
                        if let Some(follower) = &mut self.follower {
                            follower.save(dm);
                        }
                        if !pulled.more || self.stopped() {
                            break;
                        }
                    }
                    Err(error) => {
                        // The connection is gone, or the server is in trouble: the next notice or login pulls again.
                        tracing::debug!(%error, %dm, "changes could not be read");
                        follower.fall_behind(dm);
                        break;
                    }
                }
            }
        }
    }

    /// Keeps what was learnt. Beside another process that follows this profile, that one keeps it.
    fn save(&mut self) {
        let owner = match &mut self.follower {
            Some(follower) => {
                follower.save_all();
                follower.is_owner()
            }
            None => matches!(self.inner.store.claim(crate::follow::ROLE), Ok(Some(_))),
        };
        if owner && let Err(error) = self.inner.replays.save() {
            tracing::warn!(%error, "what was seen could not be kept");
        }
    }

    /// Tells the app, waiting for it where it is slow. Without one, warnings are kept for it.
    pub async fn tell(&self, happening: Happening) {
        let Some(tell) = &self.tell else {
            let warning = match happening {
                Happening::Warning(text) => text,
                Happening::InvitationRefused { why, .. } => why.to_string(),
                Happening::KeyChanged { username, .. } => {
                    crate::groups::key_changed(&username).to_string()
                }
                _ => return,
            };
            let warnings = self.inner.warnings.lock();
            warnings
                .unwrap_or_else(PoisonError::into_inner)
                .push(warning);
            return;
        };
        let mut stop = self.stop.clone();
        tokio::select! {
            // An app that has dropped its events wants none.
            sent = tell.send(happening) => drop(sent),
            () = asked(&mut stop) => {}
        }
    }
}

/// Waits until the app wants no more or is gone.
async fn asked(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

/// What waits; empty at the end of the connection.
async fn next_batch(events: &mut mpsc::Receiver<ServerEvent>) -> Vec<ServerEvent> {
    let mut batch = Vec::new();
    events.recv_many(&mut batch, BATCH).await;
    batch
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
