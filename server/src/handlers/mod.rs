//! What each event does, a file per area. A read answers from the reading pool; a write is a `Change` that finds, asks the rules, does and
//! tells within the writer's transaction.

pub mod calls;
pub mod dms;
pub mod friends;
pub mod history;
pub mod messages;
mod page;
pub mod reactions;
pub mod send;
pub mod session;
pub mod users;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use sotto_protocol::Code;
use sotto_protocol::notices::Notice;
use sotto_protocol::text::DmId;

use crate::error::Result;
use crate::notify::{Actor, Outbox};
use crate::rules::messages::may_post;
use crate::store::dms::DmFacts;
use crate::store::{Tx, UserId};

/// The DM, if the actor is a member. A DM that does not exist looks just like one of others.
async fn dm_of(tx: &mut Tx, id: DmId, actor: &Actor) -> Result<Arc<DmFacts>> {
    tx.dm_of(id, actor.id())
        .await?
        .ok_or_else(|| Code::NoAccess.into())
}

/// Refuses what two who are no friends may not do in their DM.
async fn may_write(tx: &mut Tx, dm: &DmFacts, user: UserId) -> Result<()> {
    Ok(may_post(tx.standing(dm, user).await?)?)
}

/// The notice that a DM changed.
fn dm_notice(tx: &Tx, dm: &DmFacts) -> Notice {
    Notice::Dm(dm.to_object(tx.calls()))
}

/// Takes a user out of a DM's call, if it is in one, and tells those who are to know.
fn leave_call(
    tx: &mut Tx,
    dm: &DmFacts,
    user: UserId,
    username: &str,
    outbox: &mut Outbox,
) -> bool {
    let left = tx.leave_call(dm.id, user);
    if left {
        let notice = sotto_protocol::notices::InDm {
            id: dm.id,
            username: username.to_owned(),
        };
        outbox.users(dm.users(), Notice::UserLeftCall(notice));
    }
    left
}
