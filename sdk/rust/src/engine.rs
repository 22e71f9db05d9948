//! What runs behind a client: settles in after each login, takes the server's notices one by one, and comes back after a loss.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use sotto_protocol::Code;
use sotto_protocol::dms::{GetDm, GetDms};
use sotto_protocol::notices::{Notice, Scope};
use sotto_protocol::objects::{self, X3dhNotice};
use sotto_protocol::text::DmId;
use tokio::sync::{mpsc, watch};

use crate::client::{Inner, Sotto};
use crate::error::{Error, Result};
use crate::follow::{Follower, Verdict};
use crate::link::{Backoff, dial, is_final};
use crate::model::Happening;
use crate::transport::{Connection, ServerEvent};

/// How many waiting notices are taken together.
const BATCH: usize = 256;

/// Percent of the `own_storage` limit at which the user is warned (`sotto/1`, 2.14).
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
    inner: Arc<Inner>,
    tell: Option<mpsc::Sender<Happening>>,
    follower: Option<Follower>,
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
        engine.settle_in().await?;
        tokio::spawn(async move {
            engine.run(connection).await;
            finish.send_replace(true);
        });
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
            match attempt.await {
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
        if let Some(follower) = &mut self.follower {
            follower.begin(&self.inner, &dms).await?;
        }
        Ok(())
    }

    /// Reads a DM that this device has no key for, which accepts the invitation if there is one.
    async fn try_group(&mut self, dm: DmId) -> Result<()> {
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

    async fn look_at_vault(&mut self) -> Result<()> {
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
        loop {
            let due = self.follower.as_ref().and_then(Follower::next_expiry);
            let batch = tokio::select! {
                batch = next_batch(events) => batch,
                () = sleep_until(due) => {
                    self.expire().await;
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
            self.save();
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
                        // The connection is gone, or the server is in trouble: the next login pulls again.
                        tracing::debug!(%error, %dm, "changes could not be read");
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
    async fn tell(&self, happening: Happening) {
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

    /// Takes one notice. DMs whose changes must be read are added to `pulls`.
    async fn take(&mut self, event: ServerEvent, pulls: &mut BTreeSet<DmId>) -> Result<()> {
        let notice = match Notice::from_json(&event.name, &event.payload) {
            Ok(Some(notice)) => notice,
            // Of a newer server.
            Ok(None) => return Ok(()),
            Err(error) => {
                let warning = format!("The server sent a {} that is none: {error}", event.name);
                self.tell(Happening::Warning(warning)).await;
                return Ok(());
            }
        };
        match notice {
            Notice::X3dh(invitation) => {
                self.invited(&invitation, pulls).await?;
                // Only now is the key safe.
                if let Some(ack) = event.ack {
                    ack.send();
                }
                Ok(())
            }
            Notice::Profile(user) => self.profile(user).await,
            other if self.follower.is_some() => self.follow(other, pulls).await,
            _ => Ok(()),
        }
    }

    async fn invited(&mut self, notice: &X3dhNotice, pulls: &mut BTreeSet<DmId>) -> Result<()> {
        let dm = notice.id;
        let known = self
            .inner
            .vault
            .read(|content| content.dms.contains_key(&dm));
        let news = !known.await;
        if let Err(why) = self.inner.join(notice).await {
            if matches!(why, Error::Security(_) | Error::Invalid(_)) {
                self.tell(Happening::InvitationRefused {
                    dm,
                    sender: notice.sender.clone(),
                    why: why.clone(),
                })
                .await;
            }
            return Err(why);
        }
        if news {
            self.new_dm(dm, pulls).await?;
        }
        Ok(())
    }

    /// Tells of a DM that was not followed before, and begins to follow it.
    async fn new_dm(&mut self, dm: DmId, pulls: &mut BTreeSet<DmId>) -> Result<()> {
        let Some(follower) = &mut self.follower else {
            return Ok(());
        };
        if !follower.adopt(&self.inner, dm).await? {
            return Ok(());
        }
        let details = self.inner.link.patient(&GetDm { id: dm }).await?;
        let view = self.inner.view(&details).await?;
        self.tell(Happening::Invited(view)).await;
        pulls.insert(dm);
        Ok(())
    }

    async fn profile(&mut self, user: objects::User) -> Result<()> {
        if user.username == self.inner.keys.username() {
            // Another device may have changed `own_storage`.
            self.look_at_vault().await?;
        } else if self
            .inner
            .check_pin(&user.username, &user.public_key.0)
            .await
            .is_err()
        {
            let pinned = self.inner.vault.read(|content| {
                let pin = content.pins.get(&user.username);
                pin.map(|pin| pin.ik.0)
            });
            if let Some(pinned) = pinned.await {
                self.tell(Happening::KeyChanged {
                    username: user.username.clone(),
                    pinned,
                    seen: user.public_key.0,
                })
                .await;
            }
        }
        self.tell(Happening::Profile(user)).await;
        Ok(())
    }

    async fn follow(&mut self, notice: Notice, pulls: &mut BTreeSet<DmId>) -> Result<()> {
        let happening = match notice {
            Notice::Message(message) | Notice::MessageChange(message) => {
                return self.message(&message, pulls).await;
            }
            Notice::MessageDelete(id) => {
                let place = self.inner.places.lock();
                let dm = place
                    .unwrap_or_else(PoisonError::into_inner)
                    .get(&id)
                    .copied();
                let Some(follower) = &mut self.follower else {
                    return Ok(());
                };
                if !follower.delete(dm, id) {
                    return Ok(());
                }
                if let Some(dm) = dm {
                    self.inner.replays.forget(dm, id);
                }
                Happening::MessageDeleted { dm, id }
            }
            Notice::Dm(dm) => return self.dm_changed(dm, pulls).await,
            Notice::OwnChange(change) => {
                if change.scope == Scope::Dms {
                    self.own_dms(pulls).await?;
                }
                Happening::OwnChange {
                    scope: change.scope,
                    dm: change.id,
                }
            }
            Notice::FriendRequestAccept(answer) => {
                if answer.accept {
                    self.inner.pin_friend(&answer.username).await?;
                }
                Happening::FriendAnswer {
                    username: answer.username,
                    accepted: answer.accept,
                }
            }
            Notice::CallSignal(signal) => match self.inner.call_signal(&signal).await {
                Ok(body) => Happening::CallSignal {
                    dm: signal.id,
                    username: signal.username,
                    body,
                },
                Err(why) => Happening::Warning(format!(
                    "A call signal that claims to be of {} is refused: {why}",
                    signal.username
                )),
            },
            other => match plain(other) {
                Some(happening) => happening,
                None => return Ok(()),
            },
        };
        self.tell(happening).await;
        Ok(())
    }

    async fn message(&mut self, wire: &objects::Message, pulls: &mut BTreeSet<DmId>) -> Result<()> {
        let Some(follower) = &mut self.follower else {
            return Ok(());
        };
        if pulls.contains(&wire.dm_id) {
            return Ok(());
        }
        let verdict = follower.judge(wire);
        match verdict {
            Verdict::Known => return Ok(()),
            Verdict::Pull => {
                pulls.insert(wire.dm_id);
                return Ok(());
            }
            Verdict::New | Verdict::Changed => {}
        }
        let opened = self.inner.open_all(wire.dm_id, std::slice::from_ref(wire));
        let Some(message) = opened.await?.pop() else {
            return Ok(());
        };
        follower.shown(wire, &message);
        let happening = match verdict {
            Verdict::New => Happening::MessageNew(message),
            _ => Happening::MessageChanged(message),
        };
        self.tell(happening).await;
        Ok(())
    }

    async fn dm_changed(&mut self, dm: objects::Dm, pulls: &mut BTreeSet<DmId>) -> Result<()> {
        let followed = self
            .follower
            .as_ref()
            .is_some_and(|follower| follower.follows(dm.id));
        if !followed {
            self.try_group(dm.id).await?;
            return self.new_dm(dm.id, pulls).await;
        }
        let group = match self.inner.group(dm.id).await {
            Ok(group) => Ok(group),
            Err(Error::Security(why)) => Err(crate::model::Unreadable {
                code: why.code,
                sentence: why.sentence,
            }),
            Err(error) => return Err(error),
        };
        let view = self.inner.view_of(&dm, &group);
        self.tell(Happening::DmChanged(view)).await;
        Ok(())
    }

    /// Another device created, joined or left DMs.
    async fn own_dms(&mut self, pulls: &mut BTreeSet<DmId>) -> Result<()> {
        let now: BTreeSet<_> = self
            .inner
            .link
            .patient(&GetDms {})
            .await?
            .into_iter()
            .collect();
        let Some(follower) = &mut self.follower else {
            return Ok(());
        };
        let before = follower.dms();
        for gone in before.difference(&now) {
            follower.drop_dm(*gone);
        }
        for gone in before.difference(&now) {
            self.tell(Happening::DmGone { dm: *gone }).await;
        }
        for fresh in now.difference(&before) {
            self.try_group(*fresh).await?;
            self.new_dm(*fresh, pulls).await?;
        }
        Ok(())
    }
}

/// Notices that are told as they come.
fn plain(notice: Notice) -> Option<Happening> {
    Some(match notice {
        Notice::Typing(typing) => Happening::Typing {
            dm: typing.id,
            username: typing.username,
        },
        Notice::ScheduledSent(sent) => Happening::ScheduledSent {
            dm: sent.dm_id,
            id: sent.schedule_id,
        },
        Notice::ScheduledSoon(soon) => Happening::ScheduledSoon {
            dm: soon.dm_id,
            id: soon.schedule_id,
        },
        Notice::ScheduledFailed(failed) => Happening::ScheduledFailed {
            dm: failed.dm_id,
            id: failed.schedule_id,
            code: failed.code,
        },
        Notice::FriendRequest(one) => Happening::FriendRequest {
            username: one.username,
        },
        Notice::Unfriend(one) => Happening::Unfriended {
            username: one.username,
        },
        Notice::UserJoinedCall(joined) => Happening::CallJoined {
            dm: joined.id,
            username: joined.username,
        },
        Notice::UserLeftCall(left) => Happening::CallLeft {
            dm: left.id,
            username: left.username,
        },
        // Each has a way of its own.
        Notice::Profile(_)
        | Notice::Dm(_)
        | Notice::Message(_)
        | Notice::MessageChange(_)
        | Notice::MessageDelete(_)
        | Notice::X3dh(_)
        | Notice::FriendRequestAccept(_)
        | Notice::CallSignal(_)
        | Notice::OwnChange(_) => return None,
    })
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

async fn sleep_until(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
