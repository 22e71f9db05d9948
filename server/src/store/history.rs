//! Pages of a DM: which messages stand on them, and what changed since a device last looked.

use sea_orm::{ConnectionTrait, DbErr, EntityTrait, FromQueryResult};
use sotto_protocol::text::DmId;

use super::messages::Living;
use super::{Key, raw_rows};

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
    living: Living,
) -> Result<Vec<i64>, DbErr> {
    let (filter, edge, order) = match window {
        Window::Before(edge) => ("sent_us < ?", edge.unwrap_or(i64::MAX), "DESC"),
        Window::After(edge) => ("sent_us > ?", edge, "ASC"),
        Window::PinnedBefore(edge) => ("pinned AND sent_us < ?", edge.unwrap_or(i64::MAX), "DESC"),
    };
    let sql = format!(
        "SELECT id, content_len + COALESCE((SELECT SUM(content_len) FROM reaction WHERE message_id = message.id), 0) AS bytes \
         FROM message WHERE dm_id = ? AND {filter} AND {} ORDER BY sent_us {order} LIMIT ?",
        Living::SQL
    );
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let values = {
        let [now, after] = living.values();
        [dm.key().into(), edge.into(), now, after, count.into()]
    };
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
