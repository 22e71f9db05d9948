//! Writing: messages, edits, reactions, names. Each is sealed once; a lost answer is asked for again with the same bytes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rand::{Rng, rng};
use sotto_crypto::envelope::{self, Draft, Kind, Sealed as Envelope, Stamp};
use sotto_protocol::dms::{GetDm, PingTyping, SetDm};
use sotto_protocol::messages::{
    AddReaction, CancelScheduledMessage, DeleteMessage, RemoveReaction, SendMessage, SetMessage,
};
use sotto_protocol::objects;
use sotto_protocol::text::{
    DmId, Fixed, MessageId, ReactionId, ScheduleId, Sealed, Text, Timestamp,
};

use crate::client::{Inner, Sotto};
use crate::clock;
use crate::error::{Error, Result};
use crate::groups::Group;
use crate::model::{Content, MessageRef};
use crate::outbox;

/// When a message is sent, what it answers, how long it lives.
#[derive(Clone, Copy, Debug, Default)]
pub struct SendOptions {
    /// The message that this one answers: the `reference` of its content.
    pub reply_to: Option<MessageRef>,
    /// When; at once by default.
    pub when: When,
    /// How long after the send it destroys itself, in whole seconds (up to a year); never by default.
    pub delete_after: Option<Duration>,
}

/// When a message is sent.
#[derive(Clone, Copy, Debug, Default)]
pub enum When {
    /// At once.
    #[default]
    Now,
    /// After so many whole seconds, up to a year.
    In(Duration),
    /// At a moment of the server's clock.
    At(Timestamp),
}

/// What became of a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Names the message by its content; see [`Sotto::find`].
    pub reference: MessageRef,
    /// The server could not be reached: the message is kept and goes out with the next connection of this profile.
    pub queued: bool,
}

/// Session and number of the next envelope of each DM.
#[derive(Debug, Default)]
pub(crate) struct Sequencer {
    sessions: Mutex<HashMap<DmId, ([u8; 8], u32)>>,
}

impl Sequencer {
    /// The next stamp of the DM's running session.
    fn next(&self, dm: DmId) -> Stamp {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let (sid, seq) = sessions.entry(dm).or_insert_with(|| (random(), 0));
        let stamp = Stamp {
            sid: *sid,
            seq: *seq,
            salt: random(),
        };
        match seq.checked_add(1) {
            Some(next) => *seq = next,
            None => drop(sessions.remove(&dm)),
        }
        stamp
    }

    /// A stamp of a session of its own, for what does not come in the order in which it is written.
    fn single() -> Stamp {
        Stamp {
            sid: random(),
            seq: 0,
            salt: random(),
        }
    }

    /// An envelope did not arrive: its number stays free, and others would see a gap in what follows.
    fn restart(&self, dm: DmId) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.remove(&dm);
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rng().fill_bytes(&mut bytes);
    bytes
}

impl Inner {
    pub(crate) fn seal(&self, group: &Group, single: bool, draft: &Draft<'_>) -> Result<Envelope> {
        let limit = draft.kind.max_body();
        if draft.body.len() > limit {
            return Err(Error::Invalid(format!(
                "the text has {} bytes, and {limit} are the most that can be sent",
                draft.body.len()
            )));
        }
        let stamp = if single {
            Sequencer::single()
        } else {
            self.sequencer.next(group.dm)
        };
        let identity = self.keys.identity();
        Ok(envelope::seal(
            &group.context,
            identity,
            group.position,
            &stamp,
            draft,
        )?)
    }

    /// Keeps the DM's session free of gaps where an envelope was refused.
    fn settle<T>(&self, dm: DmId, outcome: Result<T>) -> Result<T> {
        if outcome.is_err() {
            self.sequencer.restart(dm);
        }
        outcome
    }

    /// The message as it is now, sealed and opened, with its group: what an edit or a reaction starts from.
    async fn current(&self, message: MessageId) -> Result<(Arc<Group>, objects::Message, Content)> {
        let wire = self.fetch_message(message).await?;
        let group = self.group(wire.dm_id).await?;
        let content = self.open(&group, &wire).await?.content;
        let content = content.map_err(|why| Error::security(why.code, why.sentence))?;
        Ok((group, wire, content))
    }
}

fn sealed(envelope: Vec<u8>) -> Result<Sealed> {
    Sealed::new(envelope).ok_or_else(|| Error::Invalid("nothing to send".to_owned()))
}

fn draft(kind: Kind, target: [u8; 32], rev: u32, body: &str) -> Draft<'_> {
    Draft {
        kind,
        target,
        rev,
        sent_at_ms: clock::millis(),
        expire_s: 0,
        body,
    }
}

impl Sotto {
    /// Sends a message, now or later. Returns once the server has it for good, or once it is clear that it cannot be reached.
    ///
    /// # Errors
    /// [`Error::Refused`] (`not_friends`, `no_access`, `too_large`, …); [`Error::Security`] where this device cannot write there.
    pub async fn send(&self, dm: DmId, body: &str, options: SendOptions) -> Result<Sent> {
        let group = self.inner.group(dm).await?;
        let delete = options.delete_after.map(|after| after.as_secs());
        let expire_s = u32::try_from(delete.unwrap_or(0))
            .map_err(|_| Error::Invalid("a message lives for a year at most".to_owned()))?;
        let later = !matches!(options.when, When::Now);
        let draft = Draft {
            expire_s,
            ..draft(Kind::Message, options.reply_to.unwrap_or_default(), 0, body)
        };
        let envelope = self.inner.seal(&group, later, &draft)?;
        let (schedule, schedule_at) = match options.when {
            When::Now => (None, None),
            When::In(wait) => (Some(wait.as_secs()), None),
            When::At(moment) => (None, Some(moment)),
        };
        let request = SendMessage {
            id: dm,
            message: sealed(envelope.envelope)?,
            signature: Fixed(envelope.signature),
            schedule,
            delete,
            schedule_at,
        };
        let kept = outbox::keep(&*self.inner.store, &request)?;
        let outcome = self.inner.deliver(request, Instant::now()).await;
        let queued = match outcome {
            Err(error) if error.outcome_unknown() => true,
            outcome => {
                outbox::drop_kept(&*self.inner.store, &kept)?;
                self.inner.settle(dm, outcome)?;
                false
            }
        };
        Ok(Sent {
            reference: envelope.msg_ref,
            queued,
        })
    }

    /// Edits one's own message.
    ///
    /// # Errors
    /// [`Error::Refused`] (`not_owner`, `no_access`, …); [`Error::Security`] where the message as it is cannot be verified.
    pub async fn edit(&self, message: MessageId, body: &str) -> Result<()> {
        let (group, wire, current) = self.inner.current(message).await?;
        let rev = current.revision + 1;
        let draft = Draft {
            // What was to destroy itself still is (C-313).
            expire_s: self.inner.replays.limit(&group, &wire),
            ..draft(Kind::Edit, current.reference, rev, body)
        };
        let envelope = self.inner.seal(&group, false, &draft)?;
        let request = SetMessage {
            id: message,
            message: Some(sealed(envelope.envelope)?),
            signature: Some(Fixed(envelope.signature)),
            pinned: None,
        };
        let outcome = self.inner.until_known(&request).await;
        self.inner.settle(group.dm, outcome).map(drop)
    }

    /// Pins a message or takes the pin off.
    ///
    /// # Errors
    /// [`Error::Refused`] (`no_access`, `not_friends`, `too_large` beyond 100 pins).
    pub async fn pin(&self, message: MessageId, pinned: bool) -> Result<()> {
        let request = SetMessage {
            id: message,
            message: None,
            signature: None,
            pinned: Some(pinned),
        };
        self.inner.until_known(&request).await.map(drop)
    }

    /// Deletes one's own message for everyone.
    ///
    /// # Errors
    /// [`Error::Refused`] (`not_owner`, `no_access`).
    pub async fn delete(&self, message: MessageId) -> Result<()> {
        self.inner
            .link
            .patient(&DeleteMessage { id: message })
            .await
            .map(drop)
    }

    /// Reacts to a message; answers the reaction's id.
    ///
    /// # Errors
    /// [`Error::Refused`]; [`Error::Security`] where the message cannot be verified.
    pub async fn react(&self, message: MessageId, text: &str) -> Result<ReactionId> {
        let (group, _, current) = self.inner.current(message).await?;
        let draft = draft(Kind::Reaction, current.reference, 0, text);
        let envelope = self.inner.seal(&group, false, &draft)?;
        let request = AddReaction {
            id: message,
            reaction: sealed(envelope.envelope)?,
            signature: Fixed(envelope.signature),
        };
        let outcome = self.inner.until_known(&request).await;
        self.inner.settle(group.dm, outcome)
    }

    /// Takes one's own reaction back.
    ///
    /// # Errors
    /// [`Error::Refused`] (`not_owner`, `no_access`).
    pub async fn unreact(&self, reaction: ReactionId) -> Result<()> {
        self.inner
            .link
            .patient(&RemoveReaction { id: reaction })
            .await
            .map(drop)
    }

    /// Names a DM, sealed for its members; `None` takes the name away.
    ///
    /// # Errors
    /// [`Error::Refused`]; [`Error::Security`] where this device cannot write there.
    pub async fn rename(&self, dm: DmId, name: Option<&str>) -> Result<()> {
        // No name is an empty one, so that its revision stays for everyone to see.
        let name = self.sealed_name(dm, name.unwrap_or_default()).await?;
        let request = SetDm {
            id: dm,
            name: Some(name),
        };
        let outcome = self.inner.until_known(&request).await;
        self.inner.settle(dm, outcome).map(drop)
    }

    async fn sealed_name(&self, dm: DmId, name: &str) -> Result<Text> {
        let details = self.inner.link.patient(&GetDm { id: dm }).await?;
        let group = self.inner.group_of(&details).await?;
        let current = details
            .dm
            .name
            .map(|old| self.inner.replays.name(&group, &old));
        let rev = match current {
            Some(Ok((_, rev))) => rev + 1,
            // Taken away, or unreadable: above whatever this device has seen of names before.
            Some(Err(_)) | None => self.inner.replays.highest_name(dm) + 1,
        };
        let envelope = self
            .inner
            .seal(&group, false, &draft(Kind::Name, [0; 32], rev, name))?;
        crate::account::text(&sotto_crypto::hex::encode(&envelope.to_name()))
    }

    /// Tells the others that the user is typing; the server passes on one a second.
    ///
    /// # Errors
    /// [`Error::Refused`].
    pub async fn typing(&self, dm: DmId) -> Result<()> {
        self.inner.link.call(&PingTyping { id: dm }).await.map(drop)
    }

    /// Cancels a message that waits for its hour.
    ///
    /// # Errors
    /// [`Error::Refused`] with `no_access` where it was sent already or never was.
    pub async fn cancel(&self, dm: DmId, scheduled: ScheduleId) -> Result<()> {
        let request = CancelScheduledMessage {
            dm_id: dm,
            schedule_id: scheduled,
        };
        self.inner.link.patient(&request).await.map(drop)
    }
}
