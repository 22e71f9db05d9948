//! Messages: read, edit, pin, delete, react, cancel. Rules. (`send_message` is in `send`.)

use std::sync::Arc;

use sotto_protocol::messages::{
    AddReaction, CancelScheduledMessage, DeleteMessage, GetMessage, GetMessageChanges,
    GetMessageHistory, GetPinned, MessageChanges, RemoveReaction, SetMessage,
};
use sotto_protocol::notices::{Notice, Scope};
use sotto_protocol::objects::Message;
use sotto_protocol::reply::Done;
use sotto_protocol::text::{DmId, MessageId, ReactionId, ScheduleId, Signature, Timestamp};
use sotto_protocol::{Code, Refusal};

use super::users::Page;
use super::{dm_of, may_write};
use crate::app::App;
use crate::ctx::{Applied, Change, Ctx, Member};
use crate::error::Result;
use crate::limits::at_most;
use crate::notify::{Actor, Outbox};
use crate::rules::users::signed;
use crate::store::dms::{self, DmFacts};
use crate::store::messages::{self, MessageChange, Row, Signed, Window};
use crate::store::sweep::TOMBSTONE_US;
use crate::store::{Key, Tx, UserId, dm_id, message_id};

/// How many messages a page has when the caller does not say.
const PAGE: u64 = 50;
/// The most messages a page has.
const MAX_PAGE: u64 = 200;

/// `get_message`.
pub async fn get(ctx: Ctx<Member>, request: GetMessage) -> Result<Message> {
    let (reader, now_us) = (ctx.store().reader(), ctx.now_us());
    let message = messages::load_one(reader, request.id, now_us)
        .await?
        .ok_or(Code::NoAccess)?;
    must_be_member(&ctx, message.dm_id).await?;
    Ok(message)
}

async fn must_be_member(ctx: &Ctx<Member>, dm: DmId) -> Result<()> {
    if dms::is_member(ctx.store().reader(), dm, ctx.my_id()).await? {
        Ok(())
    } else {
        Err(Code::NoAccess.into())
    }
}

/// How many are asked for: from 1, cut to 200.
fn count(key: &'static str, asked: Option<u64>) -> Result<Option<u64>> {
    match asked {
        Some(0) => {
            let sentence = format!("{key}: at least 1 is expected");
            Err(Refusal::saying(Code::InvalidRequest, sentence).into())
        }
        Some(count) => Ok(Some(count.min(MAX_PAGE))),
        None => Ok(None),
    }
}

/// `get_message_history`.
pub async fn history(ctx: Ctx<Member>, request: GetMessageHistory) -> Result<Vec<Message>> {
    let limit = count("limit", request.limit)?;
    let count = count("count", request.count)?.or(limit).unwrap_or(PAGE);
    let micros = |moment: Option<Timestamp>| moment.map(Timestamp::micros);
    let window = match (micros(request.cursor), micros(request.after)) {
        (Some(_), Some(_)) => {
            return Err(Refusal::saying(Code::InvalidRequest, "after: given beside cursor").into());
        }
        (cursor, None) => Window::Before(cursor),
        (None, Some(after)) => Window::After(after),
    };
    page(&ctx, request.id, window, count).await
}

/// `get_pinned`.
pub async fn pinned(ctx: Ctx<Member>, request: GetPinned) -> Result<Vec<Message>> {
    let count = count("count", request.count)?.unwrap_or(ctx.app.config.limits.max_pins);
    let cursor = request.cursor.map(Timestamp::micros);
    page(&ctx, request.id, Window::PinnedBefore(cursor), count).await
}

async fn page(ctx: &Ctx<Member>, dm: DmId, window: Window, count: u64) -> Result<Vec<Message>> {
    must_be_member(ctx, dm).await?;
    let (reader, now_us, max_page) = (
        ctx.store().reader(),
        ctx.now_us(),
        ctx.app.config.limits.max_page,
    );
    let ids = messages::page(reader, dm, window, count, max_page, now_us).await?;
    let mut page = Page::new(max_page);
    for message in messages::load(reader, &ids, now_us).await? {
        if !page.take(message)? {
            break;
        }
    }
    Ok(page.items)
}

/// Where a device is in the changes of a DM: the number of the last change it knows and when that was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    seq: i64,
    at_us: i64,
}

impl Cursor {
    fn parse(text: &str) -> Option<Self> {
        let (seq, at_us) = text.split_once('-')?;
        let number = |hex: &str| {
            i64::from_str_radix(hex, 16)
                .ok()
                .filter(|n| format!("{n:x}") == hex)
        };
        Some(Self {
            seq: number(seq)?,
            at_us: number(at_us)?,
        })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}-{:x}", self.seq, self.at_us)
    }
}

/// `get_message_changes`.
pub async fn changes(ctx: Ctx<Member>, request: GetMessageChanges) -> Result<MessageChanges> {
    let count = count("count", request.count)?.unwrap_or(PAGE);
    let since = request.since.as_deref().map(|text| {
        let sentence = "since: a cursor of an earlier answer is expected";
        Cursor::parse(text).ok_or_else(|| Refusal::saying(Code::InvalidRequest, sentence))
    });
    let since = since.transpose()?;
    must_be_member(&ctx, request.id).await?;
    let now_us = ctx.now_us();
    if since.is_some_and(|since| now_us - since.at_us > TOMBSTONE_US) {
        return Err(Code::CursorTooOld.into());
    }
    // What commits after this has a higher number and is left to the next call.
    let newest = messages::newest_change(ctx.store().reader()).await?;
    let end = Cursor {
        seq: newest,
        at_us: now_us,
    };
    match since {
        Some(since) => changes_between(&ctx, request.id, since, end, count).await,
        None => Ok(MessageChanges {
            messages: Vec::new(),
            deleted: Vec::new(),
            cursor: end.to_string(),
            more: false,
        }),
    }
}

/// A page of what changed after `since` and not after `end`.
async fn changes_between(
    ctx: &Ctx<Member>,
    dm: DmId,
    since: Cursor,
    end: Cursor,
    count: u64,
) -> Result<MessageChanges> {
    let reader = ctx.store().reader();
    let mut found = messages::changes(reader, dm, since.seq, end.seq, count + 1).await?;
    let mut more = found.len() as u64 > count;
    if more {
        found.pop();
    }
    let living: Vec<_> = found
        .iter()
        .filter(|change| !change.gone)
        .map(|change| change.message_id)
        .collect();
    let mut living = messages::load(reader, &living, ctx.now_us())
        .await?
        .into_iter()
        .peekable();
    let mut page = Page::new(ctx.app.config.limits.max_page);
    let mut deleted = Vec::new();
    let mut reached = since;
    for change in found {
        let id = message_id(change.message_id);
        if change.gone {
            deleted.push(id);
        } else if let Some(message) = living.next_if(|message| message.id == id)
            && !page.take(message)?
        {
            more = true;
            break;
        }
        reached = Cursor {
            seq: change.seq,
            at_us: change.at_us,
        };
    }
    let cursor = if more { reached } else { end };
    Ok(MessageChanges {
        messages: page.items,
        deleted,
        cursor: cursor.to_string(),
        more,
    })
}

/// The message and its DM, if the actor is a member.
async fn message_of(tx: &mut Tx, id: MessageId, actor: &Actor) -> Result<(Row, Arc<DmFacts>)> {
    let row = messages::row(tx.db(), id, tx.now_us())
        .await?
        .ok_or(Code::NoAccess)?;
    let dm = dm_of(tx, dm_id(row.dm_id), actor).await?;
    Ok((row, dm))
}

/// Tells everybody in the DM that a message changed, under both names that the seed gives it.
async fn tell_change(tx: &Tx, dm: &DmFacts, id: MessageId) -> Result<Outbox> {
    let mut outbox = Outbox::default();
    if let Some(message) = messages::load_one(tx.db(), id, tx.now_us()).await? {
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
        max_pins: ctx.app.config.limits.max_pins,
    })
}

/// An edit, a pin, or both.
pub struct Set {
    actor: Actor,
    id: MessageId,
    authentic: Result<(), Code>,
    change: MessageChange,
    max_pins: u64,
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
            && messages::pinned_count(tx, dm.id).await? >= self.max_pins
        {
            return Err(Code::TooLarge.into());
        }
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
        let row = messages::scheduled_row(tx.db(), self.id.key()).await?;
        let own =
            row.filter(|row| row.dm_id == self.dm.key() && row.sender_id == self.actor.id().0);
        let row = own.ok_or(Code::NoAccess)?;
        messages::cancel(tx, &row).await?;
        let mut outbox = Outbox::default();
        outbox.own_change(&self.actor, Scope::Scheduled, Some(self.dm));
        Ok(Applied {
            reply: Done,
            outbox,
        })
    }
}

/// `add_reaction`.
pub async fn react(ctx: Ctx<Member>, request: AddReaction) -> Result<React> {
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
    })
}

/// A reaction.
pub struct React {
    app: Arc<App>,
    actor: Actor,
    id: MessageId,
    signed: Signed,
    authentic: Result<(), Code>,
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
        let known = messages::reaction_by_signature(tx.db(), row.id, me, self.signature()).await?;
        if let Some(id) = known {
            return Ok(Applied::quietly(id));
        }
        may_write(tx, &dm, me).await?;
        let others = messages::reactions(tx.db(), row.id).await?;
        let own = others
            .iter()
            .filter(|reaction| reaction.sender_id == me.0)
            .count();
        self.fits(
            own,
            others.len(),
            others.iter().map(messages::reaction_len).sum(),
        )?;
        let id = messages::react(tx, &row, me, &self.signed).await?;
        Ok(Applied {
            reply: id,
            outbox: tell_change(tx, &dm, self.id).await?,
        })
    }
}

/// `remove_reaction`.
pub async fn unreact(ctx: Ctx<Member>, request: RemoveReaction) -> Result<Unreact> {
    Ok(Unreact {
        actor: ctx.actor(),
        id: request.id,
    })
}

/// The end of one's own reaction.
pub struct Unreact {
    actor: Actor,
    id: ReactionId,
}

impl Change for Unreact {
    type Reply = Done;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<Done>> {
        let reaction = messages::reaction(tx.db(), self.id)
            .await?
            .ok_or(Code::NoAccess)?;
        let id = message_id(reaction.message_id);
        let (row, dm) = message_of(tx, id, &self.actor).await?;
        if reaction.sender_id != self.actor.id().0 {
            return Err(Code::NotOwner.into());
        }
        messages::unreact(tx, &row, &reaction).await?;
        Ok(Applied {
            reply: Done,
            outbox: tell_change(tx, &dm, id).await?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    #[test]
    fn cursors_come_back_as_they_went_out() {
        let cursor = Cursor {
            seq: 77,
            at_us: 1_700_000_000_000_000,
        };
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        for bad in [
            "",
            "-",
            "1",
            "1-",
            "-1-2",
            "+1-2",
            "1-2-3",
            "01-2",
            "g-1",
            "ffffffffffffffff1-1",
        ] {
            assert_eq!(Cursor::parse(bad), None, "{bad}");
        }
    }
}
