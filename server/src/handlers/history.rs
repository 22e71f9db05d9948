//! Reading: a message, pages of history and of pinned messages, what changed since a cursor. Rules.

use sotto_protocol::messages::{
    GetMessage, GetMessageChanges, GetMessageHistory, GetPinned, MessageChanges,
};
use sotto_protocol::objects::Message;
use sotto_protocol::text::{DmId, Timestamp};
use sotto_protocol::{Code, Refusal};

use super::page::Page;
use crate::ctx::{Ctx, Member};
use crate::error::Result;
use crate::store::history::{self, Window};
use crate::store::sweep::TOMBSTONE_US;
use crate::store::{dms, message_id, messages};

/// How many messages a page has when the caller does not say.
const PAGE: u64 = 50;
/// The most messages a page has.
const MAX_PAGE: u64 = 200;

/// `get_message`.
pub async fn get(ctx: Ctx<Member>, request: GetMessage) -> Result<Message> {
    let reader = ctx.store().reader();
    let message = messages::load_one(reader, request.id, ctx.living())
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
    let (reader, living, max_page) = (
        ctx.store().reader(),
        ctx.living(),
        ctx.app.config.limits.max_page,
    );
    let ids = history::page(reader, dm, window, count, max_page, living).await?;
    let mut page = Page::new(max_page);
    for message in messages::load(reader, &ids, living).await? {
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
    let newest = history::newest_change(ctx.store().reader()).await?;
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
    let mut found = history::changes(reader, dm, since.seq, end.seq, count + 1).await?;
    let mut more = found.len() as u64 > count;
    if more {
        found.pop();
    }
    let living: Vec<_> = found
        .iter()
        .filter(|change| !change.gone)
        .map(|change| change.message_id)
        .collect();
    let mut living = messages::load(reader, &living, ctx.living())
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
