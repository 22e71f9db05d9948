//! Messages: edit, pin, delete, cancel. Rules. (Sending is in `send`, reading in `history`, reacting in `reactions`.)

use std::sync::Arc;

use sotto_protocol::messages::{CancelScheduledMessage, DeleteMessage, SetMessage};
use sotto_protocol::notices::{Notice, Scope};
use sotto_protocol::reply::Done;
use sotto_protocol::text::{DmId, MessageId, ScheduleId};
use sotto_protocol::{Code, Refusal};

use super::{dm_of, may_write};
use crate::app::App;
use crate::ctx::{Applied, Change, Ctx, Member};
use crate::error::Result;
use crate::limits::{Charge, at_most};
use crate::notify::{Actor, Outbox};
use crate::rules::users::signed;
use crate::store::dms::DmFacts;
use crate::store::messages::{self, MessageChange, Row};
use crate::store::signed::Signed;
use crate::store::{Key, Tx, UserId, dm_id, reactions, scheduled};

/// The message and its DM, if the actor is a member.
pub(super) async fn message_of(
    tx: &mut Tx,
    id: MessageId,
    actor: &Actor,
) -> Result<(Row, Arc<DmFacts>)> {
    let row = messages::row(tx.db(), id, tx.living())
        .await?
        .ok_or(Code::NoAccess)?;
    let dm = dm_of(tx, dm_id(row.dm_id), actor).await?;
    Ok((row, dm))
}

/// Counts what a change of a message, which brings so many new bytes, will have sent to everybody in the DM: all of it, twice.
pub(super) async fn charge_change(
    tx: &Tx,
    app: &App,
    charge: &Charge,
    actor: &Actor,
    (row, dm): (&Row, &DmFacts),
    new: usize,
) -> Result<()> {
    let reactions = reactions::of_message(tx.db(), row.id).await?;
    let old = usize::try_from(row.content_len).unwrap_or(usize::MAX);
    let bytes =
        old.saturating_add(new) + reactions.iter().map(reactions::sealed_len).sum::<usize>();
    charge.fan_out(&app.rates, actor.id(), 2 * bytes, dm.members.len())?;
    Ok(())
}

/// Tells everybody in the DM that a message changed, under both names that the seed gives it.
pub(super) async fn tell_change(tx: &Tx, dm: &DmFacts, id: MessageId) -> Result<Outbox> {
    let mut outbox = Outbox::default();
    if let Some(message) = messages::load_one(tx.db(), id, tx.living()).await? {
        let users: Arc<[UserId]> = dm.users().into();
        outbox.users(Arc::clone(&users), Notice::MessageChange(message.clone()));
        outbox.users(users, Notice::Message(message));
    }
    Ok(outbox)
}

/// `set_message`.
pub async fn set(ctx: Ctx<Member>, request: SetMessage) -> Result<Set> {
    let edit = match (request.message, request.signature) {
        (Some(bytes), Some(signature)) => Some(Signed { bytes, signature }),
        (Some(_), None) => {
            let sentence = "signature: mandatory beside message";
            return Err(Refusal::saying(Code::InvalidRequest, sentence).into());
        }
        (None, _) => None,
    };
    let mut authentic = Ok(());
    if let Some(edit) = &edit {
        at_most(
            "message",
            edit.bytes.as_bytes().len(),
            ctx.app.config.limits.max_message,
        )?;
        authentic = signed(&ctx.me().key, edit.bytes.as_bytes(), &edit.signature.0);
    }
    Ok(Set {
        actor: ctx.actor(),
        id: request.id,
        authentic,
        change: MessageChange {
            signed: edit,
            pinned: request.pinned,
        },
        app: Arc::clone(&ctx.app),
        charge: Charge::default(),
    })
}

/// An edit, a pin, or both.
pub struct Set {
    actor: Actor,
    id: MessageId,
    authentic: Result<(), Code>,
    change: MessageChange,
    app: Arc<App>,
    charge: Charge,
}

impl Change for Set {
    type Reply = Done;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<Done>> {
        let (row, dm) = message_of(tx, self.id, &self.actor).await?;
        self.authentic?;
        may_write(tx, &dm, self.actor.id()).await?;
        if self.change.signed.is_some() && row.sender_id != self.actor.id().0 {
            return Err(Code::NotOwner.into());
        }
        if self.change.signed.is_none() && self.change.pinned.is_none() {
            return Ok(Applied::quietly(Done));
        }
        if self.change.pinned == Some(true)
            && !row.pinned
            && messages::pinned_count(tx, dm.id).await? >= self.app.config.limits.max_pins
        {
            return Err(Code::TooLarge.into());
        }
        let edited = self
            .change
            .signed
            .as_ref()
            .map_or(0, |signed| signed.bytes.as_bytes().len());
        charge_change(
            tx,
            &self.app,
            &self.charge,
            &self.actor,
            (&row, &dm),
            edited,
        )
        .await?;
        messages::change(tx, &row, &self.change).await?;
        Ok(Applied {
            reply: Done,
            outbox: tell_change(tx, &dm, self.id).await?,
        })
    }
}

/// `delete_message`.
pub async fn delete(ctx: Ctx<Member>, request: DeleteMessage) -> Result<Delete> {
    Ok(Delete {
        actor: ctx.actor(),
        id: request.id,
    })
}

/// The end of one's own message.
pub struct Delete {
    actor: Actor,
    id: MessageId,
}

impl Change for Delete {
    type Reply = Done;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<Done>> {
        let (row, dm) = message_of(tx, self.id, &self.actor).await?;
        if row.sender_id != self.actor.id().0 {
            return Err(Code::NotOwner.into());
        }
        messages::remove(tx, &[row]).await?;
        let mut outbox = Outbox::default();
        outbox.users(dm.users(), Notice::MessageDelete(self.id));
        Ok(Applied {
            reply: Done,
            outbox,
        })
    }
}

/// `cancel_scheduled_message`.
pub async fn cancel(ctx: Ctx<Member>, request: CancelScheduledMessage) -> Result<Cancel> {
    Ok(Cancel {
        actor: ctx.actor(),
        dm: request.dm_id,
        id: request.schedule_id,
    })
}

/// The end of a scheduled message before its hour.
pub struct Cancel {
    actor: Actor,
    dm: DmId,
    id: ScheduleId,
}

impl Change for Cancel {
    type Reply = Done;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<Done>> {
        let row = scheduled::row(tx.db(), self.id.key()).await?;
        let own =
            row.filter(|row| row.dm_id == self.dm.key() && row.sender_id == self.actor.id().0);
        let row = own.ok_or(Code::NoAccess)?;
        scheduled::cancel(tx, &row).await?;
        let mut outbox = Outbox::default();
        outbox.own_change(&self.actor, Scope::Scheduled, Some(self.dm));
        Ok(Applied {
            reply: Done,
            outbox,
        })
    }
}
