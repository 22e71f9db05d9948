//! Messages, reactions and scheduled messages: rows here, their sealed bytes in `content`.

use std::collections::{HashMap, HashSet};

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Set, Value,
};
use sotto_entity::{message, reaction, resend, tombstone};
use sotto_protocol::objects::{Message, Reaction};
use sotto_protocol::text::{DmId, MessageId};

use super::dms::timestamp;
use super::signed::Signed;
use super::tx::IdKind;
use super::{
    Key, Tx, UserId, content, dm_id, dms, message_id, placeholders, raw_execute, raw_rows,
    reaction_id, sweep, timed,
};

/// Rows of one statement.
const ROWS: usize = 256;
/// A message on its way into the database.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The DM.
    pub dm: DmId,
    /// The sender.
    pub sender: UserId,
    /// Where signature and sealed bytes go: fresh ones, or the slot of the scheduled message this was.
    pub content: NewContent,
    /// From [`Tx::next_timestamp`].
    pub sent_us: i64,
    /// When it destroys itself.
    pub delete_us: Option<i64>,
}

/// Sealed bytes that are new, or that already have a slot.
#[derive(Clone, Debug)]
pub enum NewContent {
    /// To be put into a slot.
    Fresh(Signed),
    /// In a slot: its id and how many bytes of it.
    Kept(i64, i64),
}

/// Keeps messages with their self-destruction; their ids, in order.
pub async fn insert(tx: &mut Tx, new: Vec<NewMessage>) -> Result<Vec<MessageId>, DbErr> {
    let fresh = new.iter().filter_map(|message| match &message.content {
        NewContent::Fresh(signed) => Some(signed.to_slot()),
        NewContent::Kept(..) => None,
    });
    let fresh: Vec<_> = fresh.collect();
    let lengths: Vec<_> = fresh.iter().map(|bytes| bytes.len() as i64).collect();
    let mut slots = content::put(tx, fresh).await?.into_iter().zip(lengths);
    let changed_us = tx.now_us();
    let mut rows = Vec::with_capacity(new.len());
    let mut ids = Vec::with_capacity(new.len());
    let mut ends = Vec::new();
    let mut touched = Vec::new();
    for message in new {
        let slot = match message.content {
            NewContent::Fresh(_) => slots.next(),
            NewContent::Kept(id, len) => Some((id, len)),
        };
        let Some((content_id, content_len)) = slot else {
            return Err(DbErr::Custom("a message without a slot".to_owned()));
        };
        let id = tx.next_id(IdKind::Message);
        ends.extend(
            message
                .delete_us
                .map(|due_us| (due_us, timed::Kind::Destroy, id)),
        );
        ids.push(message_id(id));
        touched.push(message.dm);
        rows.push(message::ActiveModel {
            id: Set(id),
            dm_id: Set(message.dm.key()),
            sender_id: Set(message.sender.0),
            content_id: Set(content_id),
            content_len: Set(content_len),
            sent_us: Set(message.sent_us),
            delete_us: Set(message.delete_us),
            pinned: Set(false),
            change_seq: Set(tx.next_id(IdKind::Change)),
            changed_us: Set(changed_us),
        });
    }
    while !rows.is_empty() {
        let some: Vec<_> = rows.drain(..rows.len().min(ROWS)).collect();
        message::Entity::insert_many(some)
            .exec_without_returning(tx.write())
            .await?;
    }
    touched.sort_unstable();
    touched.dedup();
    dms::save_timestamps(tx, &touched).await?;
    timed::insert(tx, ends).await?;
    Ok(ids)
}

/// Which of these marks are of messages that were taken in the last 7 days.
pub async fn known_marks(tx: &Tx, marks: &[Vec<u8>]) -> Result<HashSet<Vec<u8>>, DbErr> {
    let mut known = HashSet::new();
    for some in marks.chunks(ROWS) {
        let rows = resend::Entity::find()
            .filter(resend::Column::Hash.is_in(some.iter().cloned()))
            .filter(resend::Column::TakenUs.gt(tx.now_us() - sweep::RESEND_US))
            .all(tx.db())
            .await?;
        known.extend(rows.into_iter().map(|row| row.hash));
    }
    Ok(known)
}

/// Remembers that these messages were taken.
pub async fn mark_taken(tx: &mut Tx, marks: Vec<Vec<u8>>) -> Result<(), DbErr> {
    let taken_us = tx.now_us();
    for some in marks.chunks(ROWS) {
        let rows = some.iter().map(|hash| resend::ActiveModel {
            hash: Set(hash.clone()),
            taken_us: Set(taken_us),
        });
        // A mark that has served its time and was not swept yet begins anew.
        let anew = OnConflict::column(resend::Column::Hash)
            .update_column(resend::Column::TakenUs)
            .to_owned();
        resend::Entity::insert_many(rows)
            .on_conflict(anew)
            .exec_without_returning(tx.write())
            .await?;
    }
    Ok(())
}

/// Which messages there are at a moment: those that are neither past their end nor past the retention. What is past them is
/// in no answer any more, whether it was erased yet or not.
#[derive(Clone, Copy, Debug)]
pub struct Living {
    /// The moment.
    pub now_us: i64,
    /// What was sent by then is past the retention.
    pub after_us: i64,
}

impl Living {
    /// What there is now, where messages are kept for so long (0: for ever).
    pub(super) fn at(now_us: i64, keep_us: i64) -> Self {
        let after_us = if keep_us > 0 {
            now_us.saturating_sub(keep_us)
        } else {
            i64::MIN
        };
        Self { now_us, after_us }
    }

    /// A condition on rows of `message`, for which [`Living::values`] stand in.
    pub(super) const SQL: &str =
        "(message.delete_us IS NULL OR message.delete_us > ?) AND message.sent_us > ?";

    pub(super) fn values(self) -> [Value; 2] {
        [self.now_us.into(), self.after_us.into()]
    }

    fn includes(self, row: &Row) -> bool {
        row.delete_us.is_none_or(|end_us| end_us > self.now_us) && row.sent_us > self.after_us
    }
}

/// The row of a message, its sealed bytes apart.
pub type Row = message::Model;

/// A message that is not past its end, whoever asks.
pub async fn row(
    db: &impl ConnectionTrait,
    id: MessageId,
    living: Living,
) -> Result<Option<Row>, DbErr> {
    let row = message::Entity::find_by_id(id.key()).one(db).await?;
    Ok(row.filter(|row| living.includes(row)))
}

/// Rows by id, in ascending order; those that are gone are left out.
pub async fn rows(db: &impl ConnectionTrait, ids: &[i64]) -> Result<Vec<Row>, DbErr> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(ROWS) {
        let ids = some.iter().copied();
        found.extend(
            message::Entity::find()
                .filter(message::Column::Id.is_in(ids))
                .all(db)
                .await?,
        );
    }
    Ok(found)
}

#[derive(FromQueryResult)]
struct FullRow {
    id: i64,
    dm_id: i64,
    sender: String,
    bytes: Vec<u8>,
    content_len: i64,
    sent_us: i64,
    delete_us: Option<i64>,
    pinned: bool,
}

#[derive(FromQueryResult)]
struct ReactionRow {
    id: i64,
    message_id: i64,
    sender: String,
    bytes: Vec<u8>,
    content_len: i64,
}

/// Whole messages, in the order of `ids`; those that are gone or past their end are left out.
pub async fn load(
    db: &impl ConnectionTrait,
    ids: &[i64],
    living: Living,
) -> Result<Vec<Message>, DbErr> {
    let mut found: HashMap<i64, Message> = HashMap::with_capacity(ids.len());
    for some in ids.chunks(ROWS) {
        let list = placeholders(some.len());
        let ids = || some.iter().map(|id| Value::from(*id));
        let sql = format!(
            "SELECT message.id, message.dm_id, \"user\".username AS sender, content.bytes, message.content_len, \
             message.sent_us, message.delete_us, message.pinned \
             FROM message JOIN content ON content.id = message.content_id JOIN \"user\" ON \"user\".id = message.sender_id \
             WHERE message.id IN ({list}) AND {}",
            Living::SQL
        );
        for row in raw_rows::<FullRow>(db, &sql, ids().chain(living.values())).await? {
            let signed = Signed::from_slot(&row.bytes, row.content_len)?;
            let message = Message {
                id: message_id(row.id),
                dm_id: dm_id(row.dm_id),
                sender: row.sender,
                message: signed.bytes,
                signature: signed.signature,
                timestamp: timestamp(row.sent_us),
                delete_timestamp: row.delete_us.map(timestamp),
                pinned: row.pinned,
                reactions: Vec::new(),
            };
            found.insert(row.id, message);
        }
        let sql = format!(
            "SELECT reaction.id, reaction.message_id, \"user\".username AS sender, content.bytes, reaction.content_len \
             FROM reaction JOIN content ON content.id = reaction.content_id JOIN \"user\" ON \"user\".id = reaction.sender_id \
             WHERE reaction.message_id IN ({list}) ORDER BY reaction.id"
        );
        for row in raw_rows::<ReactionRow>(db, &sql, ids()).await? {
            let signed = Signed::from_slot(&row.bytes, row.content_len)?;
            if let Some(message) = found.get_mut(&row.message_id) {
                message.reactions.push(Reaction {
                    id: reaction_id(row.id),
                    sender: row.sender,
                    reaction: signed.bytes,
                    signature: signed.signature,
                });
            }
        }
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// One whole message.
pub async fn load_one(
    db: &impl ConnectionTrait,
    id: MessageId,
    living: Living,
) -> Result<Option<Message>, DbErr> {
    Ok(load(db, &[id.key()], living).await?.into_iter().next())
}

/// What an edit or a pin changes; `None` leaves as it is.
#[derive(Clone, Debug, Default)]
pub struct MessageChange {
    /// New sealed bytes; the old ones are erased.
    pub signed: Option<Signed>,
    /// Whether it is pinned.
    pub pinned: Option<bool>,
}

/// Edits or pins a message.
pub async fn change(tx: &mut Tx, row: &Row, change: &MessageChange) -> Result<(), DbErr> {
    let mut new = message::ActiveModel {
        change_seq: Set(tx.next_id(IdKind::Change)),
        changed_us: Set(tx.now_us()),
        ..Default::default()
    };
    if let Some(signed) = &change.signed {
        let bytes = signed.to_slot();
        new.content_len = Set(bytes.len() as i64);
        new.content_id = Set(content::put_one(tx, bytes).await?);
        content::erase(tx, &[row.content_id]).await?;
    }
    if let Some(pinned) = change.pinned {
        new.pinned = Set(pinned);
    }
    message::Entity::update_many()
        .set(new)
        .filter(message::Column::Id.eq(row.id))
        .exec(tx.write())
        .await
        .map(drop)
}

/// How many messages of a DM are pinned.
pub async fn pinned_count(tx: &Tx, dm: DmId) -> Result<u64, DbErr> {
    message::Entity::find()
        .filter(message::Column::DmId.eq(dm.key()))
        .filter(message::Column::Pinned.eq(true))
        .filter(Expr::cust_with_values(Living::SQL, tx.living().values()))
        .count(tx.db())
        .await
}

/// Removes messages and their reactions and leaves tombstones.
pub async fn remove(tx: &mut Tx, rows: &[Row]) -> Result<(), DbErr> {
    remove_rows(tx, rows).await?;
    let deleted_us = tx.now_us();
    let stones: Vec<_> = rows
        .iter()
        .map(|row| tombstone::ActiveModel {
            change_seq: Set(tx.next_id(IdKind::Change)),
            dm_id: Set(row.dm_id),
            message_id: Set(row.id),
            deleted_us: Set(deleted_us),
        })
        .collect();
    for some in stones.chunks(ROWS) {
        tombstone::Entity::insert_many(some.to_vec())
            .exec_without_returning(tx.write())
            .await?;
    }
    Ok(())
}

/// Removes messages with their reactions and their self-destruction, without a trace.
pub(super) async fn remove_rows(tx: &mut Tx, rows: &[Row]) -> Result<(), DbErr> {
    for some in rows.chunks(ROWS) {
        let ids: Vec<_> = some.iter().map(|row| row.id).collect();
        let reactions = reaction::Entity::find()
            .filter(reaction::Column::MessageId.is_in(ids.clone()))
            .all(tx.db())
            .await?;
        let mut slots: Vec<_> = some.iter().map(|row| row.content_id).collect();
        slots.extend(reactions.iter().map(|row| row.content_id));
        content::erase(tx, &slots).await?;
        reaction::Entity::delete_many()
            .filter(reaction::Column::MessageId.is_in(ids.clone()))
            .exec(tx.write())
            .await?;
        message::Entity::delete_many()
            .filter(message::Column::Id.is_in(ids.clone()))
            .exec(tx.write())
            .await?;
        timed::forget(tx, &[timed::Kind::Destroy], &ids).await?;
    }
    Ok(())
}

/// Of the `limit` oldest messages those that were sent before a moment. Ids rise with time but for steps of the clock, so no index over all
/// messages has to be kept for this.
pub async fn sent_before(
    db: &impl ConnectionTrait,
    before_us: i64,
    limit: u64,
) -> Result<Vec<Row>, DbErr> {
    let mut oldest = message::Entity::find()
        .order_by_asc(message::Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    oldest.retain(|row| row.sent_us < before_us);
    Ok(oldest)
}

/// Forgets marks, tombstones and login failures that have served their time.
pub(super) async fn forget_old(
    tx: &mut Tx,
    marks_before: i64,
    stones_before: i64,
) -> Result<(), DbErr> {
    raw_execute(
        tx.write(),
        "DELETE FROM resend WHERE taken_us < ?",
        [marks_before.into()],
    )
    .await?;
    raw_execute(
        tx.write(),
        "DELETE FROM tombstone WHERE deleted_us < ?",
        [stones_before.into()],
    )
    .await?;
    Ok(())
}
