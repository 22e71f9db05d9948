//! Friends and blocks. Rules.

use std::sync::Arc;

use sotto_protocol::friends::{
    AckFriendRequest, BlockUser, GetBlocked, GetFriendRequests, GetFriends, GetOutgoingRequests,
    SendFriendRequest, Unblock, Unfriend,
};
use sotto_protocol::notices::{FriendAnswer, Notice, OneUser, Scope};
use sotto_protocol::reply::Done;
use sotto_protocol::{Code, Refusal};

use super::{dm_notice, leave_call};
use crate::ctx::{Applied, Change, Ctx, Member};
use crate::error::Result;
use crate::notify::{Actor, Outbox};
use crate::rules::friends::may_ask;
use crate::store::friends::{self, List};
use crate::store::users::{self, Identity};
use crate::store::{Tx, UserId, dms};

/// What is done about one other user.
pub struct About<K> {
    actor: Actor,
    username: String,
    kind: K,
}

fn about<K>(ctx: &Ctx<Member>, username: sotto_protocol::text::Text, kind: K) -> About<K> {
    About {
        actor: ctx.actor(),
        username: username.into_string(),
        kind,
    }
}

impl<K> About<K> {
    /// The other user.
    async fn other(&self, tx: &Tx, unknown: Code) -> Result<Identity> {
        Ok(users::identity(tx.db(), &self.username)
            .await?
            .ok_or(unknown)?)
    }

    fn one_user(&self) -> OneUser {
        OneUser {
            username: self.actor.name(),
        }
    }
}

/// `send_friend_request`.
pub async fn ask(ctx: Ctx<Member>, request: SendFriendRequest) -> Result<About<Ask>> {
    Ok(about(&ctx, request.username, Ask))
}

/// A friend request.
pub struct Ask;

impl Change for About<Ask> {
    type Reply = Done;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<Done>> {
        let me = self.actor.id();
        let them = self.other(tx, Code::CannotFriend).await?.id();
        if them == me {
            return Err(Code::CannotFriend.into());
        }
        let between = friends::between(tx.db(), me, them).await?;
        may_ask(&between)?;
        friends::ask(tx, me, them).await?;
        let mut outbox = Outbox::default();
        lift_own_block(tx, between.blocks, &self.actor, them, &mut outbox).await?;
        outbox.user(them, Notice::FriendRequest(self.one_user()));
        outbox.own_change(&self.actor, Scope::Friends, None);
        Ok(Applied {
            reply: Done,
            outbox,
        })
    }
}

async fn lift_own_block(
    tx: &mut Tx,
    blocks: bool,
    actor: &Actor,
    them: UserId,
    outbox: &mut Outbox,
) -> Result<()> {
    if blocks {
        friends::unblock(tx, actor.id(), them).await?;
        outbox.own_change(actor, Scope::Blocks, None);
    }
    Ok(())
}

/// `ack_friend_request`.
pub async fn answer(ctx: Ctx<Member>, request: AckFriendRequest) -> Result<About<Answer>> {
    Ok(about(
        &ctx,
        request.username,
        Answer {
            accept: request.accept,
        },
    ))
}

/// The answer to a friend request.
pub struct Answer {
    accept: bool,
}

impl Change for About<Answer> {
    type Reply = Done;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<Done>> {
        let me = self.actor.id();
        let them = self.other(tx, Code::NoRequest).await?.id();
        let between = friends::between(tx.db(), me, them).await?;
        if !between.asked_by {
            return Err(Code::NoRequest.into());
        }
        let mut outbox = Outbox::default();
        if self.kind.accept {
            friends::befriend(tx, me, them).await?;
            lift_own_block(tx, between.blocks, &self.actor, them, &mut outbox).await?;
        } else {
            friends::retract(tx, them, me).await?;
        }
        let answer = FriendAnswer {
            username: self.actor.name(),
            accept: self.kind.accept,
        };
        outbox.user(them, Notice::FriendRequestAccept(answer));
        outbox.own_change(&self.actor, Scope::Friends, None);
        Ok(Applied {
            reply: Done,
            outbox,
        })
    }
}

/// `unfriend`.
pub async fn unfriend(ctx: Ctx<Member>, request: Unfriend) -> Result<About<End>> {
    Ok(about(&ctx, request.username, End))
}

/// The end of a friendship.
pub struct End;

impl Change for About<End> {
    type Reply = Done;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<Done>> {
        let me = self.actor.id();
        let other = self.other(tx, Code::NoSuchUser).await?;
        let them = other.id();
        if !tx.are_friends(me, them).await? {
            return Err(Code::NotFriends.into());
        }
        let mut outbox = Outbox::default();
        end_friendship(tx, &self.actor, &other, &mut outbox).await?;
        outbox.user(them, Notice::Unfriend(self.one_user()));
        outbox.user(
            me,
            Notice::Unfriend(OneUser {
                username: other.username,
            }),
        );
        Ok(Applied {
            reply: Done,
            outbox,
        })
    }
}

/// Ends a friendship; both leave the call of their DM.
async fn end_friendship(
    tx: &mut Tx,
    actor: &Actor,
    other: &Identity,
    outbox: &mut Outbox,
) -> Result<()> {
    let (me, them) = (actor.id(), other.id());
    friends::unfriend(tx, me, them).await?;
    for id in dms::of_pair(tx.db(), me, them).await? {
        let Some(dm): Option<Arc<_>> = tx.dm(id).await? else {
            continue;
        };
        let i_left = leave_call(tx, &dm, me, &actor.me.username, outbox);
        let they_left = leave_call(tx, &dm, them, &other.username, outbox);
        if i_left || they_left {
            outbox.users(dm.users(), dm_notice(tx, &dm));
        }
    }
    Ok(())
}

/// `block_user`.
pub async fn block(ctx: Ctx<Member>, request: BlockUser) -> Result<About<Block>> {
    Ok(about(&ctx, request.username, Block))
}

/// A block.
pub struct Block;

impl Change for About<Block> {
    type Reply = Done;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<Done>> {
        let me = self.actor.id();
        let other = self.other(tx, Code::NoSuchUser).await?;
        let them = other.id();
        not_oneself(me, them)?;
        let between = friends::between(tx.db(), me, them).await?;
        if between.blocks {
            return Ok(Applied::quietly(Done));
        }
        let mut outbox = Outbox::default();
        friends::block(tx, me, them).await?;
        if between.friends {
            end_friendship(tx, &self.actor, &other, &mut outbox).await?;
        }
        if between.asked {
            friends::retract(tx, me, them).await?;
        }
        outbox.own_change(&self.actor, Scope::Blocks, None);
        if between.friends || between.asked {
            outbox.own_change(&self.actor, Scope::Friends, None);
        }
        Ok(Applied {
            reply: Done,
            outbox,
        })
    }
}

fn not_oneself(me: UserId, them: UserId) -> Result<()> {
    if me == them {
        return Err(Refusal::saying(Code::InvalidRequest, "username: that is yourself").into());
    }
    Ok(())
}

/// `unblock`.
pub async fn unblock(ctx: Ctx<Member>, request: Unblock) -> Result<About<Lift>> {
    Ok(about(&ctx, request.username, Lift))
}

/// The end of a block.
pub struct Lift;

impl Change for About<Lift> {
    type Reply = Done;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<Done>> {
        let me = self.actor.id();
        let them = self.other(tx, Code::NoSuchUser).await?.id();
        not_oneself(me, them)?;
        let blocks = friends::between(tx.db(), me, them).await?.blocks;
        let mut outbox = Outbox::default();
        lift_own_block(tx, blocks, &self.actor, them, &mut outbox).await?;
        Ok(Applied {
            reply: Done,
            outbox,
        })
    }
}

async fn names(ctx: &Ctx<Member>, list: List) -> Result<Vec<String>> {
    Ok(friends::list(ctx.store().reader(), ctx.my_id(), list).await?)
}

/// `get_friends`.
pub async fn list(ctx: Ctx<Member>, _: GetFriends) -> Result<Vec<String>> {
    names(&ctx, List::Friends).await
}

/// `get_friend_requests`.
pub async fn incoming(ctx: Ctx<Member>, _: GetFriendRequests) -> Result<Vec<String>> {
    names(&ctx, List::Incoming).await
}

/// `get_outgoing_requests`.
pub async fn outgoing(ctx: Ctx<Member>, _: GetOutgoingRequests) -> Result<Vec<String>> {
    names(&ctx, List::Outgoing).await
}

/// `get_blocked`.
pub async fn blocked(ctx: Ctx<Member>, _: GetBlocked) -> Result<Vec<String>> {
    names(&ctx, List::Blocked).await
}
