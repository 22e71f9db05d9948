//! The server's notices, one by one: what each means for keys, groups, cursors and the app.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use sotto_protocol::dms::{GetDm, GetDms};
use sotto_protocol::notices::{Notice, Scope};
use sotto_protocol::objects::{self, X3dhNotice};
use sotto_protocol::text::DmId;

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::follow::Verdict;
use crate::model::Happening;
use crate::transport::ServerEvent;

impl Engine {
    /// Takes one notice. DMs whose changes must be read are added to `pulls`.
    pub(crate) async fn take(
        &mut self,
        event: ServerEvent,
        pulls: &mut BTreeSet<DmId>,
    ) -> Result<()> {
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
                // Too late: this device has left.
                Err(Error::Invalid(_)) => return Ok(()),
                Err(why) => Happening::Warning(format!(
                    "A call signal that claims to be of {} is refused: {why}",
                    signal.username
                )),
            },
            Notice::UserJoinedCall(joined) => {
                let (dm, username) = (joined.id, joined.username);
                let uuid = joined.uuid.as_deref();
                self.inner.call_changed(dm, &username, uuid).await;
                Happening::CallJoined { dm, username }
            }
            Notice::UserLeftCall(left) => {
                let (dm, username) = (left.id, left.username);
                self.inner.call_changed(dm, &username, None).await;
                Happening::CallLeft { dm, username }
            }
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
        let opened = opened.await.inspect_err(|_| {
            follower.fall_behind(wire.dm_id);
        });
        let Some(message) = opened?.pop() else {
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
        // Each has a way of its own.
        Notice::Profile(_)
        | Notice::Dm(_)
        | Notice::Message(_)
        | Notice::MessageChange(_)
        | Notice::MessageDelete(_)
        | Notice::X3dh(_)
        | Notice::FriendRequestAccept(_)
        | Notice::UserJoinedCall(_)
        | Notice::UserLeftCall(_)
        | Notice::CallSignal(_)
        | Notice::OwnChange(_) => return None,
    })
}
