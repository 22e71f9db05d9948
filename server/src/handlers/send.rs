//! `send_message`, the path that is walked most: neighbours in a batch share their statements. Rules.

use std::collections::HashSet;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use sotto_protocol::Code;
use sotto_protocol::messages::SendMessage;
use sotto_protocol::notices::{Notice, Scope};
use sotto_protocol::objects::Message;
use sotto_protocol::reply::Done;
use sotto_protocol::text::DmId;

use super::may_write;
use crate::app::App;
use crate::ctx::{Applied, Change, Ctx, Member};
use crate::error::{Error, Result};
use crate::limits::{Charge, at_most};
use crate::notify::{Actor, Outbox, Tell};
use crate::rules::messages::{Due, Wanted, micros, plan, soon};
use crate::rules::users::signed;
use crate::store::Tx;
use crate::store::dms::{DmFacts, timestamp};
use crate::store::messages::{self, NewContent, NewMessage};
use crate::store::scheduled::{self, NewScheduled};
use crate::store::signed::Signed;

/// `send_message`.
pub async fn send(ctx: Ctx<Member>, request: SendMessage) -> Result<Send> {
    let limits = &ctx.app.config.limits;
    let delete = request.delete.unwrap_or(0);
    let wanted = Wanted {
        schedule: request.schedule,
        schedule_at: request.schedule_at,
        delete,
    };
    let due = plan(wanted, ctx.now_us(), limits.max_delay)?;
    at_most(
        "message",
        request.message.as_bytes().len(),
        limits.max_message,
    )?;
    let mut mark = Sha256::new();
    mark.update(request.id.get().to_be_bytes());
    mark.update(ctx.my_id().0.to_be_bytes());
    mark.update(request.signature.0);
    Ok(Send {
        app: Arc::clone(&ctx.app),
        actor: ctx.actor(),
        dm: request.id,
        authentic: signed(
            &ctx.me().key,
            request.message.as_bytes(),
            &request.signature.0,
        ),
        mark: mark.finalize().to_vec(),
        signed: Signed {
            bytes: request.message,
            signature: request.signature,
        },
        due,
        delete_after_us: micros(delete),
        charge: Charge::default(),
    })
}

/// A message to send or to hold until its hour.
pub struct Send {
    app: Arc<App>,
    actor: Actor,
    dm: DmId,
    signed: Signed,
    /// Whether the signature is the sender's; costly to find out, so it was done before the writer's turn.
    authentic: Result<(), Code>,
    /// SHA-256 of DM, sender and signature, by which a repetition is known.
    mark: Vec<u8>,
    due: Due,
    delete_after_us: i64,
    charge: Charge,
}

/// What becomes of a send.
enum Fate {
    /// Taken before, or held until its hour.
    Answered(Outbox),
    /// The message at this place among those to insert.
    Sent(usize, Arc<DmFacts>),
}

impl Change for Send {
    type Reply = Done;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<Done>> {
        let mut verdicts = Self::apply_all(&[self], tx).await;
        verdicts
            .pop()
            .unwrap_or_else(|| Err(anyhow::anyhow!("no verdict on a send").into()))
    }

    async fn apply_all(batch: &[&Self], tx: &mut Tx) -> Vec<Result<Applied<Done>>> {
        match send_all(batch, tx).await {
            Ok(verdicts) => verdicts,
            // The database failed: the whole batch is tried again one by one.
            Err(cause) => vec![Err(cause)],
        }
    }
}

async fn send_all(batch: &[&Send], tx: &mut Tx) -> Result<Vec<Result<Applied<Done>>>> {
    let marks: Vec<_> = batch.iter().map(|send| send.mark.clone()).collect();
    let mut taken = messages::known_marks(tx, &marks).await?;
    let mut fates = Vec::with_capacity(batch.len());
    let mut new = Vec::new();
    let mut new_marks = Vec::new();
    for send in batch {
        match send.judge(tx, &mut taken, &mut new, &mut new_marks).await {
            Err(cause @ Error::Broken(_)) => return Err(cause),
            fate => fates.push(fate),
        }
    }
    messages::mark_taken(tx, new_marks).await?;
    let times: Vec<_> = new
        .iter()
        .map(|message| (message.sent_us, message.delete_us))
        .collect();
    let ids = messages::insert(tx, new).await?;
    let answer = |(send, fate): (&&Send, Result<Fate>)| {
        let outbox = match fate? {
            Fate::Answered(outbox) => outbox,
            Fate::Sent(place, dm) => {
                let (sent_us, delete_us) = times[place];
                let message = Message {
                    id: ids[place],
                    dm_id: dm.id,
                    sender: send.actor.name(),
                    message: send.signed.bytes.clone(),
                    signature: send.signed.signature,
                    timestamp: timestamp(sent_us),
                    delete_timestamp: delete_us.map(timestamp),
                    pinned: false,
                    reactions: Vec::new(),
                };
                let mut outbox = Outbox::default();
                outbox.users(dm.users(), Notice::Message(message));
                outbox.0.extend(delete_us.map(Tell::Due));
                outbox
            }
        };
        Ok(Applied {
            reply: Done,
            outbox,
        })
    };
    Ok(batch.iter().zip(fates).map(answer).collect())
}

impl Send {
    /// The rules, and where they allow it a place among the messages to insert. Writes only for a message that is held.
    async fn judge(
        &self,
        tx: &mut Tx,
        taken: &mut HashSet<Vec<u8>>,
        new: &mut Vec<NewMessage>,
        new_marks: &mut Vec<Vec<u8>>,
    ) -> Result<Fate> {
        let me = self.actor.id();
        let dm = tx.dm_of(self.dm, me).await?.ok_or(Code::NoAccess)?;
        self.authentic?;
        if taken.contains(&self.mark) {
            return Ok(Fate::Answered(Outbox::default()));
        }
        may_write(tx, &dm, me).await?;
        let bytes = self.signed.bytes.as_bytes().len();
        let due_us = match self.due {
            Due::Now => None,
            Due::In(us) => Some(tx.now_us() + us),
            Due::At(us) => Some(us).filter(|due_us| *due_us > tx.now_us()),
        };
        if due_us.is_some() {
            self.may_schedule(tx, bytes as u64).await?;
        }
        self.charge
            .fan_out(&self.app.rates, me, bytes, dm.members.len())?;
        taken.insert(self.mark.clone());
        new_marks.push(self.mark.clone());
        if let Some(due_us) = due_us {
            return self.hold(tx, due_us).await.map(Fate::Answered);
        }
        let sent_us = tx.next_timestamp(dm.id, i64::MIN).await?;
        new.push(NewMessage {
            dm: dm.id,
            sender: me,
            content: NewContent::Fresh(self.signed.clone()),
            sent_us,
            delete_us: (self.delete_after_us > 0).then(|| sent_us + self.delete_after_us),
        });
        Ok(Fate::Sent(new.len() - 1, dm))
    }

    async fn may_schedule(&self, tx: &Tx, bytes: u64) -> Result<()> {
        let limits = &self.app.config.limits;
        let (count, held) = scheduled::held_by(tx, self.actor.id()).await?;
        if count >= limits.max_scheduled || held + bytes > limits.max_scheduled_bytes {
            return Err(Code::TooLarge.into());
        }
        Ok(())
    }

    async fn hold(&self, tx: &mut Tx, due_us: i64) -> Result<Outbox> {
        let soon_us = soon(due_us, tx.now_us());
        let new = NewScheduled {
            dm: self.dm,
            sender: self.actor.id(),
            signed: self.signed.clone(),
            due_us,
            delete_after_us: self.delete_after_us,
            soon_us,
        };
        scheduled::insert(tx, &new).await?;
        let mut outbox = Outbox::default();
        outbox.own_change(&self.actor, Scope::Scheduled, Some(self.dm));
        outbox.0.push(Tell::Due(soon_us.unwrap_or(due_us)));
        Ok(outbox)
    }
}
