//! What happens when something is due: the same rules, the same store, the same outbox as when a client asks.

use std::sync::Arc;

use sotto_protocol::Code;
use sotto_protocol::notices::{Notice, Scheduled, ScheduledFailed};

use crate::clock::SECOND;
use crate::ctx::{Applied, Change};
use crate::error::Result;
use crate::notify::{Outbox, Tell};
use crate::rules::messages::{LATE_REMINDER_US, may_post};
use crate::store::dms::{self, DmFacts};
use crate::store::messages::{self, NewContent, NewMessage, Row};
use crate::store::timed::{self, Kind, TimedEvent};
use crate::store::{Tx, UserId, dm_id, message_id, schedule_id, scheduled};

/// How many events share a transaction.
pub(super) const BATCH: u64 = 256;

/// Carries out events that are due.
pub(super) struct DoWhatIsDue {
    /// How many at the most.
    pub limit: u64,
}

impl Change for DoWhatIsDue {
    type Reply = ();

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<()>> {
        let mut outbox = Outbox::default();
        for event in timed::take_due(tx, self.limit).await? {
            let late_us = tx.now_us() - event.due_us;
            metrics::histogram!("sotto_timed_late_seconds").record(late_us as f64 / SECOND as f64);
            match event.kind {
                Kind::Send => send(tx, &event, &mut outbox).await?,
                Kind::Soon => remind(tx, &event, &mut outbox).await?,
                Kind::Destroy => destroy(tx, &event, &mut outbox).await?,
                Kind::Empty => dms::empty(tx, dm_id(event.about)).await?,
            }
        }
        Ok(Applied { reply: (), outbox })
    }
}

/// Puts the first event that is due off: it broke, and must not hold up those behind it.
pub(super) struct PutOff;

/// For how long.
const PUT_OFF_US: i64 = 60 * SECOND;

impl Change for PutOff {
    type Reply = ();

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<()>> {
        let until_us = tx.now_us() + PUT_OFF_US;
        for event in timed::take_due(tx, 1).await? {
            timed::insert(tx, vec![(until_us, event.kind, event.about)]).await?;
        }
        Ok(Applied::quietly(()))
    }
}

/// Sends a scheduled message, or drops it where its sender may no longer post.
async fn send(tx: &mut Tx, event: &TimedEvent, outbox: &mut Outbox) -> Result<()> {
    let Some(row) = scheduled::row(tx.db(), event.about).await? else {
        return Ok(());
    };
    let (sender, id) = (UserId(row.sender_id), dm_id(row.dm_id));
    let notice = Scheduled {
        dm_id: id,
        schedule_id: schedule_id(row.id),
    };
    let dm = match may_still_post(tx, &row).await? {
        Ok(dm) => dm,
        Err(code) => {
            scheduled::cancel(tx, &row).await?;
            let failed = ScheduledFailed {
                dm_id: id,
                schedule_id: notice.schedule_id,
                code,
            };
            outbox.user(sender, Notice::ScheduledFailed(failed));
            return Ok(());
        }
    };
    scheduled::take_out(tx, &row).await?;
    let sent_us = tx.next_timestamp(id, row.due_us).await?;
    let delete_us = (row.delete_after_us > 0).then(|| sent_us + row.delete_after_us);
    let content = NewContent::Kept(row.content_id, row.content_len);
    let new = NewMessage {
        dm: id,
        sender,
        content,
        sent_us,
        delete_us,
    };
    let ids = messages::insert(tx, vec![new]).await?;
    // Seen as of its own time: a microsecond ahead of the clock is no reason to leave it out.
    if let Some(id) = ids.first()
        && let Some(message) = messages::load_one(tx.db(), *id, tx.living()).await?
    {
        outbox.users(dm.users(), Notice::Message(message));
    }
    outbox.user(sender, Notice::ScheduledSent(notice));
    outbox.0.extend(delete_us.map(Tell::Due));
    Ok(())
}

async fn may_still_post(
    tx: &mut Tx,
    row: &scheduled::Scheduled,
) -> Result<std::result::Result<Arc<DmFacts>, Code>> {
    let Some(dm) = tx.dm(dm_id(row.dm_id)).await? else {
        return Ok(Err(Code::NoAccess));
    };
    let standing = tx.standing(&dm, UserId(row.sender_id)).await?;
    Ok(may_post(standing).map(|()| dm))
}

/// Reminds the sender that a message is due in a minute, unless that is late.
async fn remind(tx: &mut Tx, event: &TimedEvent, outbox: &mut Outbox) -> Result<()> {
    if tx.now_us() - event.due_us > LATE_REMINDER_US {
        return Ok(());
    }
    if let Some(row) = scheduled::row(tx.db(), event.about).await? {
        let notice = Scheduled {
            dm_id: dm_id(row.dm_id),
            schedule_id: schedule_id(row.id),
        };
        outbox.user(UserId(row.sender_id), Notice::ScheduledSoon(notice));
    }
    Ok(())
}

/// A message destroys itself.
async fn destroy(tx: &mut Tx, event: &TimedEvent, outbox: &mut Outbox) -> Result<()> {
    let rows = messages::rows(tx.db(), &[event.about]).await?;
    remove(tx, rows, outbox).await
}

/// Removes messages whose time is over and tells their DMs.
pub(super) async fn remove(tx: &mut Tx, rows: Vec<Row>, outbox: &mut Outbox) -> Result<()> {
    messages::remove(tx, &rows).await?;
    for row in rows {
        if let Some(dm) = tx.dm(dm_id(row.dm_id)).await? {
            outbox.users(dm.users(), Notice::MessageDelete(message_id(row.id)));
        }
    }
    Ok(())
}
