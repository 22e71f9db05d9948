//! Messages that wait for their hour: rows here, their sealed bytes in `content`.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Set,
};
use sotto_entity::scheduled;
use sotto_protocol::objects::ScheduledMessage;
use sotto_protocol::text::{DmId, ScheduleId};

use super::dms::timestamp;
use super::signed::{SIGNATURE, Signed};
use super::tx::IdKind;
use super::{Key, Tx, UserId, content, raw_rows, schedule_id, timed};

/// A scheduled message's row, its sealed bytes apart.
pub type Scheduled = scheduled::Model;

/// A message to be held until its hour.
#[derive(Clone, Debug)]
pub struct NewScheduled {
    /// The DM.
    pub dm: DmId,
    /// The sender.
    pub sender: UserId,
    /// Signature and sealed bytes.
    pub signed: Signed,
    /// When it is due.
    pub due_us: i64,
    /// From the send to its end; 0 for never.
    pub delete_after_us: i64,
    /// When to remind the sender, if at all.
    pub soon_us: Option<i64>,
}

/// Holds a message until its hour.
pub async fn insert(tx: &mut Tx, new: &NewScheduled) -> Result<ScheduleId, DbErr> {
    let bytes = new.signed.to_slot();
    let content_len = bytes.len() as i64;
    let content_id = content::put_one(tx, bytes).await?;
    let id = tx.next_id(IdKind::Scheduled);
    let row = scheduled::ActiveModel {
        id: Set(id),
        dm_id: Set(new.dm.key()),
        sender_id: Set(new.sender.0),
        content_id: Set(content_id),
        content_len: Set(content_len),
        due_us: Set(new.due_us),
        delete_after_us: Set(new.delete_after_us),
    };
    scheduled::Entity::insert(row)
        .exec_without_returning(tx.write())
        .await?;
    let soon = new.soon_us.map(|due_us| (due_us, timed::Kind::Soon, id));
    let events = soon
        .into_iter()
        .chain([(new.due_us, timed::Kind::Send, id)])
        .collect();
    timed::insert(tx, events).await?;
    Ok(schedule_id(id))
}

/// A scheduled message by id.
pub async fn row(db: &impl ConnectionTrait, id: i64) -> Result<Option<Scheduled>, DbErr> {
    scheduled::Entity::find_by_id(id).one(db).await
}

/// What a user has scheduled in a DM, by id.
pub async fn of_sender_in(
    db: &impl ConnectionTrait,
    dm: DmId,
    sender: UserId,
) -> Result<Vec<(ScheduleId, ScheduledMessage)>, DbErr> {
    let rows = scheduled::Entity::find()
        .filter(scheduled::Column::DmId.eq(dm.key()))
        .filter(scheduled::Column::SenderId.eq(sender.0))
        .order_by_asc(scheduled::Column::Id)
        .all(db)
        .await?;
    let mut found = Vec::with_capacity(rows.len());
    for held in rows {
        let bytes = content::read(db, held.content_id, None).await?;
        // Sent or cancelled between the two reads, its slot may be free or another's by now.
        if row(db, held.id).await?.is_none() {
            continue;
        }
        let signed = Signed::from_slot(&bytes, held.content_len)?;
        let message = ScheduledMessage {
            message: signed.bytes,
            signature: signed.signature,
            timestamp: timestamp(held.due_us),
        };
        found.push((schedule_id(held.id), message));
    }
    Ok(found)
}

#[derive(FromQueryResult)]
struct Held {
    count: i64,
    bytes: i64,
}

/// How many messages a user has scheduled anywhere, and how many sealed bytes they are.
pub async fn held_by(tx: &Tx, sender: UserId) -> Result<(u64, u64), DbErr> {
    let sql = "SELECT COUNT(*) AS count, COALESCE(SUM(content_len), 0) AS bytes FROM scheduled WHERE sender_id = ?";
    let rows: Vec<Held> = raw_rows(tx.db(), sql, [sender.0.into()]).await?;
    let held = rows.first().map_or((0, 0), |row| (row.count, row.bytes));
    let count = u64::try_from(held.0).unwrap_or(0);
    Ok((
        count,
        u64::try_from(held.1)
            .unwrap_or(0)
            .saturating_sub(count * SIGNATURE as u64),
    ))
}

/// Takes a scheduled message out without erasing its bytes: they become the message.
pub async fn take_out(tx: &mut Tx, row: &Scheduled) -> Result<(), DbErr> {
    scheduled::Entity::delete_by_id(row.id)
        .exec(tx.write())
        .await?;
    timed::forget(tx, &[timed::Kind::Send, timed::Kind::Soon], &[row.id]).await
}

/// Takes a scheduled message out and erases its bytes.
pub async fn cancel(tx: &mut Tx, row: &Scheduled) -> Result<(), DbErr> {
    take_out(tx, row).await?;
    content::erase(tx, &[row.content_id]).await
}

/// Cancels everything that is scheduled in a DM, or what one sender has.
pub(super) async fn cancel_all(tx: &mut Tx, dm: DmId, sender: Option<UserId>) -> Result<(), DbErr> {
    let mut query = scheduled::Entity::find().filter(scheduled::Column::DmId.eq(dm.key()));
    if let Some(sender) = sender {
        query = query.filter(scheduled::Column::SenderId.eq(sender.0));
    }
    for row in query.all(tx.db()).await? {
        cancel(tx, &row).await?;
    }
    Ok(())
}
