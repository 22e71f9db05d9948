//! Messages, reactions and scheduled messages: rows here, their sealed bytes in `content`.

use std::collections::{HashMap, HashSet};

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Set, Value,
};
use sotto_entity::{message, reaction, resend, scheduled, tombstone};
use sotto_protocol::objects::{Message, Reaction, ScheduledMessage};
use sotto_protocol::text::{DmId, Fixed, MessageId, ReactionId, ScheduleId, Sealed, Signature};

use super::dms::timestamp;
use super::tx::IdKind;
use super::{
    Key, Tx, UserId, content, dm_id, dms, message_id, placeholders, raw_execute, raw_rows,
    reaction_id, schedule_id, sweep, timed,
};

/// Rows of one statement.
const ROWS: usize = 256;
/// Bytes of an Ed25519 signature, which stands before the sealed bytes in a slot.
const SIGNATURE: usize = 64;

/// Sealed bytes with their signature.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The sealed bytes.
    pub bytes: Sealed,
    /// The sender's signature over them.
    pub signature: Signature,
}

impl Signed {
    fn to_slot(&self) -> Vec<u8> {
        [self.signature.0.as_slice(), self.bytes.as_bytes()].concat()
    }

    fn from_slot(slot: &[u8], len: i64) -> Result<Self, DbErr> {
        let parse = || {
            let bytes = slot.get(..usize::try_from(len).ok()?)?;
            let (signature, sealed) = bytes.split_first_chunk::<SIGNATURE>()?;
            Some(Self {
                bytes: Sealed::new(sealed.to_vec())?,
                signature: Fixed(*signature),
            })
        };
        parse().ok_or_else(|| DbErr::Custom("a slot does not hold what its row says".to_owned()))
    }
}

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

/// The row of a message, its sealed bytes apart.
pub type Row = message::Model;

/// A message that is not past its end, whoever asks.
pub async fn row(
    db: &impl ConnectionTrait,
    id: MessageId,
    now_us: i64,
) -> Result<Option<Row>, DbErr> {
    let row = message::Entity::find_by_id(id.key()).one(db).await?;
    Ok(row.filter(|row| row.delete_us.is_none_or(|end| end > now_us)))
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
    now_us: i64,
) -> Result<Vec<Message>, DbErr> {
    let mut found: HashMap<i64, Message> = HashMap::with_capacity(ids.len());
    for some in ids.chunks(ROWS) {
        let list = placeholders(some.len());
        let ids = || some.iter().map(|id| Value::from(*id));
        let sql = format!(
            "SELECT message.id, message.dm_id, \"user\".username AS sender, content.bytes, message.content_len, \
             message.sent_us, message.delete_us, message.pinned \
             FROM message JOIN content ON content.id = message.content_id JOIN \"user\" ON \"user\".id = message.sender_id \
             WHERE message.id IN ({list}) AND (message.delete_us IS NULL OR message.delete_us > ?)"
        );
        for row in raw_rows::<FullRow>(db, &sql, ids().chain([now_us.into()])).await? {
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
    now_us: i64,
) -> Result<Option<Message>, DbErr> {
    Ok(load(db, &[id.key()], now_us).await?.into_iter().next())
}

/// Which part of a DM's messages.
#[derive(Clone, Copy, Debug)]
pub enum Window {
    /// Strictly older than this, newest first; `None`: from the newest.
    Before(Option<i64>),
    /// Strictly newer than this, oldest first.
    After(i64),
    /// Pinned and strictly older than this, newest first.
    PinnedBefore(Option<i64>),
}

#[derive(FromQueryResult)]
struct Size {
    id: i64,
    bytes: i64,
}

/// The ids of a page of at most `count`, cut where its messages would surely exceed `max_bytes` of JSON; at least one where there is one.
pub async fn page(
    db: &impl ConnectionTrait,
    dm: DmId,
    window: Window,
    count: u64,
    max_bytes: usize,
    now_us: i64,
) -> Result<Vec<i64>, DbErr> {
    let (filter, edge, order) = match window {
        Window::Before(edge) => ("sent_us < ?", edge.unwrap_or(i64::MAX), "DESC"),
        Window::After(edge) => ("sent_us > ?", edge, "ASC"),
        Window::PinnedBefore(edge) => ("pinned AND sent_us < ?", edge.unwrap_or(i64::MAX), "DESC"),
    };
    let sql = format!(
        "SELECT id, content_len + COALESCE((SELECT SUM(content_len) FROM reaction WHERE message_id = message.id), 0) AS bytes \
         FROM message WHERE dm_id = ? AND {filter} AND (delete_us IS NULL OR delete_us > ?) ORDER BY sent_us {order} LIMIT ?"
    );
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let values = [dm.key().into(), edge.into(), now_us.into(), count.into()];
    let rows: Vec<Size> = raw_rows(db, &sql, values).await?;
    Ok(fitting(rows, max_bytes))
}

/// The first rows that can fit into `max_bytes` when written as hex: a lower bound of their JSON, which is cut exactly later.
fn fitting(rows: Vec<Size>, max_bytes: usize) -> Vec<i64> {
    let mut used = 0_usize;
    rows.into_iter()
        .enumerate()
        .take_while(|(index, row)| {
            used = used.saturating_add(usize::try_from(row.bytes).unwrap_or(0).saturating_mul(2));
            *index == 0 || used <= max_bytes
        })
        .map(|(_, row)| row.id)
        .collect()
}

/// One entry of what changed in a DM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Change {
    /// Its number, rising over all DMs.
    pub seq: i64,
    /// When it happened.
    pub at_us: i64,
    /// The message.
    pub message_id: i64,
    /// Whether the message is gone.
    pub gone: bool,
}

/// What changed in a DM after `since` and up to `newest`, oldest first.
pub async fn changes(
    db: &impl ConnectionTrait,
    dm: DmId,
    since: i64,
    newest: i64,
    count: u64,
) -> Result<Vec<Change>, DbErr> {
    let sql = "SELECT change_seq AS seq, changed_us AS at_us, id AS message_id, FALSE AS gone FROM message \
        WHERE dm_id = ? AND change_seq > ? AND change_seq <= ? \
        UNION ALL SELECT change_seq, deleted_us, message_id, TRUE FROM tombstone \
        WHERE dm_id = ? AND change_seq > ? AND change_seq <= ? ORDER BY seq LIMIT ?";
    let edges = [
        dm.key(),
        since,
        newest,
        dm.key(),
        since,
        newest,
        i64::try_from(count).unwrap_or(i64::MAX),
    ];
    raw_rows(db, sql, edges.map(Into::into)).await
}

/// The number of the newest change of all.
pub async fn newest_change(db: &impl ConnectionTrait) -> Result<i64, DbErr> {
    use sotto_entity::counter;
    let row = counter::Entity::find_by_id("change").one(db).await?;
    Ok(row.map_or(0, |row| row.value))
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
        .filter(Expr::cust_with_values(
            "(delete_us IS NULL OR delete_us > ?)",
            [tx.now_us()],
        ))
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

/// A reaction by id.
pub async fn reaction(
    db: &impl ConnectionTrait,
    id: ReactionId,
) -> Result<Option<reaction::Model>, DbErr> {
    reaction::Entity::find_by_id(id.key()).one(db).await
}

/// All reactions of a message, by id.
pub async fn reactions(
    db: &impl ConnectionTrait,
    message: i64,
) -> Result<Vec<reaction::Model>, DbErr> {
    reaction::Entity::find()
        .filter(reaction::Column::MessageId.eq(message))
        .order_by_asc(reaction::Column::Id)
        .all(db)
        .await
}

#[derive(FromQueryResult)]
struct SignedReaction {
    id: i64,
    bytes: Vec<u8>,
}

/// The user's reaction to a message that came with this signature.
pub async fn reaction_by_signature(
    db: &impl ConnectionTrait,
    message: i64,
    sender: UserId,
    signature: &Signature,
) -> Result<Option<ReactionId>, DbErr> {
    let sql = "SELECT reaction.id, content.bytes FROM reaction JOIN content ON content.id = reaction.content_id \
        WHERE reaction.message_id = ? AND reaction.sender_id = ?";
    let rows: Vec<SignedReaction> = raw_rows(db, sql, [message.into(), sender.0.into()]).await?;
    let same = |row: &SignedReaction| row.bytes.starts_with(&signature.0);
    Ok(rows.into_iter().find(same).map(|row| reaction_id(row.id)))
}

/// Length of the sealed bytes of a reaction.
pub fn reaction_len(row: &reaction::Model) -> usize {
    usize::try_from(row.content_len)
        .unwrap_or(0)
        .saturating_sub(SIGNATURE)
}

/// Adds a reaction to a message.
pub async fn react(
    tx: &mut Tx,
    message: &Row,
    sender: UserId,
    signed: &Signed,
) -> Result<ReactionId, DbErr> {
    let bytes = signed.to_slot();
    let content_len = bytes.len() as i64;
    let content_id = content::put_one(tx, bytes).await?;
    let id = tx.next_id(IdKind::Reaction);
    let row = reaction::ActiveModel {
        id: Set(id),
        message_id: Set(message.id),
        sender_id: Set(sender.0),
        content_id: Set(content_id),
        content_len: Set(content_len),
    };
    reaction::Entity::insert(row)
        .exec_without_returning(tx.write())
        .await?;
    change(tx, message, &MessageChange::default()).await?;
    Ok(reaction_id(id))
}

/// Takes a reaction back.
pub async fn unreact(tx: &mut Tx, message: &Row, row: &reaction::Model) -> Result<(), DbErr> {
    content::erase(tx, &[row.content_id]).await?;
    reaction::Entity::delete_by_id(row.id)
        .exec(tx.write())
        .await?;
    change(tx, message, &MessageChange::default()).await
}

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
pub async fn schedule(tx: &mut Tx, new: &NewScheduled) -> Result<ScheduleId, DbErr> {
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
pub async fn scheduled_row(db: &impl ConnectionTrait, id: i64) -> Result<Option<Scheduled>, DbErr> {
    scheduled::Entity::find_by_id(id).one(db).await
}

/// What a user has scheduled in a DM, by id.
pub async fn scheduled_of(
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
    for row in rows {
        let bytes = content::read(db, row.content_id, None).await?;
        // Sent or cancelled between the two reads, its slot may be free or another's by now.
        if scheduled_row(db, row.id).await?.is_none() {
            continue;
        }
        let signed = Signed::from_slot(&bytes, row.content_len)?;
        let message = ScheduledMessage {
            message: signed.bytes,
            signature: signed.signature,
            timestamp: timestamp(row.due_us),
        };
        found.push((schedule_id(row.id), message));
    }
    Ok(found)
}

#[derive(FromQueryResult)]
struct Held {
    count: i64,
    bytes: i64,
}

/// How many messages a user has scheduled anywhere, and how many sealed bytes they are.
pub async fn scheduled_by(tx: &Tx, sender: UserId) -> Result<(u64, u64), DbErr> {
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
pub async fn unschedule(tx: &mut Tx, row: &Scheduled) -> Result<(), DbErr> {
    scheduled::Entity::delete_by_id(row.id)
        .exec(tx.write())
        .await?;
    timed::forget(tx, &[timed::Kind::Send, timed::Kind::Soon], &[row.id]).await
}

/// Takes a scheduled message out and erases its bytes.
pub async fn cancel(tx: &mut Tx, row: &Scheduled) -> Result<(), DbErr> {
    unschedule(tx, row).await?;
    content::erase(tx, &[row.content_id]).await
}

/// Cancels everything that is scheduled in a DM, or what one sender has.
pub(super) async fn cancel_all_scheduled(
    tx: &mut Tx,
    dm: DmId,
    sender: Option<UserId>,
) -> Result<(), DbErr> {
    let mut query = scheduled::Entity::find().filter(scheduled::Column::DmId.eq(dm.key()));
    if let Some(sender) = sender {
        query = query.filter(scheduled::Column::SenderId.eq(sender.0));
    }
    for row in query.all(tx.db()).await? {
        cancel(tx, &row).await?;
    }
    Ok(())
}

/// The oldest messages that were sent before a moment.
pub async fn sent_before(
    db: &impl ConnectionTrait,
    before_us: i64,
    limit: u64,
) -> Result<Vec<Row>, DbErr> {
    message::Entity::find()
        .filter(message::Column::SentUs.lt(before_us))
        .order_by_asc(message::Column::Id)
        .limit(limit)
        .all(db)
        .await
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
