//! Reactions: add, take back. Rules.

use std::sync::Arc;

use sotto_protocol::Code;
use sotto_protocol::messages::{AddReaction, RemoveReaction};
use sotto_protocol::reply::Done;
use sotto_protocol::text::{MessageId, ReactionId, Signature};

use super::may_write;
use super::messages::{charge_change, message_of, tell_change};
use crate::app::App;
use crate::ctx::{Applied, Change, Ctx, Member};
use crate::error::Result;
use crate::limits::{Charge, at_most};
use crate::notify::Actor;
use crate::rules::users::signed;
use crate::store::signed::Signed;
use crate::store::{Tx, message_id, reactions};

/// `add_reaction`.
pub async fn add(ctx: Ctx<Member>, request: AddReaction) -> Result<React> {
    let bytes = request.reaction.as_bytes();
    at_most("reaction", bytes.len(), ctx.app.config.limits.max_reaction)?;
    Ok(React {
        authentic: signed(&ctx.me().key, bytes, &request.signature.0),
        app: Arc::clone(&ctx.app),
        actor: ctx.actor(),
        id: request.id,
        signed: Signed {
            bytes: request.reaction,
            signature: request.signature,
        },
        charge: Charge::default(),
    })
}

/// A reaction.
pub struct React {
    app: Arc<App>,
    actor: Actor,
    id: MessageId,
    signed: Signed,
    authentic: Result<(), Code>,
    charge: Charge,
}

impl React {
    fn signature(&self) -> &Signature {
        &self.signed.signature
    }

    /// Whether one more fits on the message.
    fn fits(&self, own: usize, all: usize, bytes: usize) -> Result<()> {
        let limits = &self.app.config.limits;
        let new = self.signed.bytes.as_bytes().len();
        at_most(
            "reactions by one user",
            own + 1,
            limits.max_reactions_by_user,
        )?;
        at_most("reactions", all + 1, limits.max_reactions)?;
        at_most("bytes of reactions", bytes + new, limits.max_reaction_bytes)?;
        Ok(())
    }
}

impl Change for React {
    type Reply = ReactionId;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<ReactionId>> {
        let me = self.actor.id();
        let (row, dm) = message_of(tx, self.id, &self.actor).await?;
        self.authentic?;
        let known = reactions::by_signature(tx.db(), row.id, me, self.signature()).await?;
        if let Some(id) = known {
            return Ok(Applied::quietly(id));
        }
        may_write(tx, &dm, me).await?;
        let others = reactions::of_message(tx.db(), row.id).await?;
        let own = others
            .iter()
            .filter(|reaction| reaction.sender_id == me.0)
            .count();
        self.fits(
            own,
            others.len(),
            others.iter().map(reactions::sealed_len).sum(),
        )?;
        let new = self.signed.bytes.as_bytes().len();
        charge_change(tx, &self.app, &self.charge, &self.actor, (&row, &dm), new).await?;
        let id = reactions::insert(tx, &row, me, &self.signed).await?;
        Ok(Applied {
            reply: id,
            outbox: tell_change(tx, &dm, self.id).await?,
        })
    }
}

/// `remove_reaction`.
pub async fn remove(ctx: Ctx<Member>, request: RemoveReaction) -> Result<Unreact> {
    Ok(Unreact {
        app: Arc::clone(&ctx.app),
        actor: ctx.actor(),
        id: request.id,
        charge: Charge::default(),
    })
}

/// The end of one's own reaction.
pub struct Unreact {
    app: Arc<App>,
    actor: Actor,
    id: ReactionId,
    charge: Charge,
}

impl Change for Unreact {
    type Reply = Done;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<Done>> {
        let reaction = reactions::by_id(tx.db(), self.id)
            .await?
            .ok_or(Code::NoAccess)?;
        let id = message_id(reaction.message_id);
        let (row, dm) = message_of(tx, id, &self.actor).await?;
        if reaction.sender_id != self.actor.id().0 {
            return Err(Code::NotOwner.into());
        }
        charge_change(tx, &self.app, &self.charge, &self.actor, (&row, &dm), 0).await?;
        reactions::remove(tx, &row, &reaction).await?;
        Ok(Applied {
            reply: Done,
            outbox: tell_change(tx, &dm, id).await?,
        })
    }
}
