//! What is to happen at a moment: rows of one table, removed in the transaction of their effect.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};
use sotto_entity::timed_event;

use super::Tx;
use super::tx::IdKind;

/// What is to happen. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A scheduled message is sent.
    Send = 1,
    /// Its sender is reminded.
    Soon = 2,
    /// A message destroys itself.
    Destroy = 3,
    /// Messages of a DM whose last member left are erased.
    Empty = 4,
}

/// One thing that is to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedEvent {
    /// Its row.
    pub id: i64,
    /// When, in microseconds since 1970.
    pub due_us: i64,
    /// What.
    pub kind: Kind,
    /// The scheduled message or the message it is about.
    pub about: i64,
}

/// Plans events.
pub async fn insert(tx: &mut Tx, events: Vec<(i64, Kind, i64)>) -> Result<(), DbErr> {
    if events.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = events
        .into_iter()
        .map(|(due_us, kind, about)| timed_event::ActiveModel {
            id: Set(tx.next_id(IdKind::Timed)),
            due_us: Set(due_us),
            kind: Set(kind as i32),
            ref_id: Set(about),
        })
        .collect();
    timed_event::Entity::insert_many(rows)
        .exec_without_returning(tx.write())
        .await
        .map(drop)
}

/// Forgets what was planned about these.
pub(super) async fn forget(tx: &mut Tx, kinds: &[Kind], about: &[i64]) -> Result<(), DbErr> {
    timed_event::Entity::delete_many()
        .filter(timed_event::Column::RefId.is_in(about.iter().copied()))
        .filter(timed_event::Column::Kind.is_in(kinds.iter().map(|kind| *kind as i32)))
        .exec(tx.write())
        .await
        .map(drop)
}

/// When the next event is due.
pub async fn next_due(db: &impl ConnectionTrait) -> Result<Option<i64>, DbErr> {
    timed_event::Entity::find()
        .select_only()
        .column(timed_event::Column::DueUs)
        .order_by_asc(timed_event::Column::DueUs)
        .limit(1)
        .into_tuple()
        .one(db)
        .await
}

/// Takes up to `limit` events that are due, in due order; they are gone with the transaction.
pub async fn take_due(tx: &mut Tx, limit: u64) -> Result<Vec<TimedEvent>, DbErr> {
    let rows = timed_event::Entity::find()
        .filter(timed_event::Column::DueUs.lte(tx.now_us()))
        .order_by_asc(timed_event::Column::DueUs)
        .order_by_asc(timed_event::Column::Id)
        .limit(limit)
        .all(tx.db())
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    timed_event::Entity::delete_many()
        .filter(timed_event::Column::Id.is_in(rows.iter().map(|row| row.id)))
        .exec(tx.write())
        .await?;
    rows.into_iter()
        .map(|row| {
            let kind = match row.kind {
                1 => Kind::Send,
                2 => Kind::Soon,
                3 => Kind::Destroy,
                4 => Kind::Empty,
                other => {
                    return Err(DbErr::Custom(format!(
                        "timed event of unknown kind {other}"
                    )));
                }
            };
            Ok(TimedEvent {
                id: row.id,
                due_us: row.due_us,
                kind,
                about: row.ref_id,
            })
        })
        .collect()
}
