//! Where sealed bytes lie: a slab of slots that are overwritten in place and never moved or removed.
//!
//! SQLite's `secure_delete` zeroes the cell that is deleted, but when it rebalances a page it leaves copies of the *living* cells
//! that moved in the unallocated gap, out of reach of their later deletion. Here no cell ever moves: rows are only appended, and
//! erasing writes zeros of the same length over the old bytes (`docs/decisions/0006`).

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Set};
use sotto_entity::{content, free_slot};

use super::tx::{IdKind, Tx};
use super::{placeholders, raw_execute, raw_rows};

/// Free slots by size.
#[derive(Debug, Default)]
pub(super) struct FreeSlots {
    by_size: BTreeMap<i64, Vec<i64>>,
}

impl FreeSlots {
    pub(super) async fn load(db: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let mut slots = Self::default();
        for row in free_slot::Entity::find().all(db).await? {
            slots.add(row.size, row.content_id);
        }
        Ok(slots)
    }

    fn add(&mut self, size: i64, id: i64) {
        self.by_size.entry(size).or_default().push(id);
    }

    fn take(&mut self, size: i64) -> Option<i64> {
        self.by_size.get_mut(&size)?.pop()
    }
}

/// The length of the slot for so many bytes: multiples of 64 up to 1 KiB, then eight steps to each doubling, so that freed slots
/// find new use and at most an eighth is wasted.
fn size_class(len: usize) -> usize {
    let step = if len <= 1024 {
        64
    } else {
        len.next_power_of_two() / 16
    };
    len.max(1).next_multiple_of(step)
}

/// A statement's worth of rows.
const ROWS: usize = 256;

/// Keeps byte strings; their slots, in order.
pub(super) async fn put(tx: &mut Tx, contents: Vec<Vec<u8>>) -> Result<Vec<i64>, DbErr> {
    let mut ids = Vec::with_capacity(contents.len());
    let mut fresh = Vec::new();
    let mut reused = Vec::new();
    for mut bytes in contents {
        let size = size_class(bytes.len());
        bytes.resize(size, 0);
        let id = if let Some(id) = tx.memory.slots.take(size as i64) {
            reused.push(id);
            overwrite(tx, id, bytes).await?;
            id
        } else {
            let id = tx.next_id(IdKind::Content);
            fresh.push(content::ActiveModel {
                id: Set(id),
                bytes: Set(bytes),
            });
            id
        };
        ids.push(id);
    }
    while !fresh.is_empty() {
        let rows: Vec<_> = fresh.drain(..fresh.len().min(ROWS)).collect();
        content::Entity::insert_many(rows)
            .exec_without_returning(tx.write())
            .await?;
    }
    for some in reused.chunks(ROWS) {
        let sql = format!(
            "DELETE FROM free_slot WHERE content_id IN ({})",
            placeholders(some.len())
        );
        raw_execute(tx.write(), &sql, some.iter().map(|id| (*id).into())).await?;
    }
    Ok(ids)
}

/// Keeps one byte string.
pub(super) async fn put_one(tx: &mut Tx, bytes: Vec<u8>) -> Result<i64, DbErr> {
    let ids = put(tx, vec![bytes]).await?;
    ids.into_iter()
        .next()
        .ok_or_else(|| DbErr::Custom("a slot was expected".to_owned()))
}

async fn overwrite(tx: &mut Tx, id: i64, bytes: Vec<u8>) -> Result<(), DbErr> {
    let sql = "UPDATE content SET bytes = ? WHERE id = ?";
    raw_execute(tx.write(), sql, [bytes.into(), id.into()])
        .await
        .map(drop)
}

#[derive(FromQueryResult)]
struct Slot {
    id: i64,
    size: i64,
}

/// Overwrites slots with zeros and frees them for the next of their size.
pub(super) async fn erase(tx: &mut Tx, ids: &[i64]) -> Result<(), DbErr> {
    for some in ids.chunks(ROWS) {
        let list = placeholders(some.len());
        let values = || some.iter().map(|id| (*id).into());
        let sql = format!("SELECT id, length(bytes) AS size FROM content WHERE id IN ({list})");
        let slots: Vec<Slot> = raw_rows(tx.db(), &sql, values()).await?;
        let sql =
            format!("UPDATE content SET bytes = zeroblob(length(bytes)) WHERE id IN ({list})");
        raw_execute(tx.write(), &sql, values()).await?;
        let rows = slots.iter().map(|slot| free_slot::ActiveModel {
            content_id: Set(slot.id),
            size: Set(slot.size),
        });
        if !slots.is_empty() {
            free_slot::Entity::insert_many(rows)
                .exec_without_returning(tx.write())
                .await?;
        }
        for slot in slots {
            tx.memory.slots.add(slot.size, slot.id);
        }
        tx.mark_erased();
    }
    Ok(())
}

/// The first `len` bytes of a slot.
pub(super) async fn read(
    db: &impl ConnectionTrait,
    id: i64,
    len: Option<i64>,
) -> Result<Vec<u8>, DbErr> {
    let row = content::Entity::find_by_id(id).one(db).await?;
    let mut bytes = row.map(|row| row.bytes).unwrap_or_default();
    if let Some(len) = len {
        bytes.truncate(usize::try_from(len).unwrap_or(usize::MAX));
    }
    Ok(bytes)
}

/// Prefixes bytes with their length, for content whose row does not keep it.
pub(super) fn with_length(bytes: &[u8]) -> Vec<u8> {
    let mut framed = (bytes.len() as u64).to_be_bytes().to_vec();
    framed.extend_from_slice(bytes);
    framed
}

/// What [`with_length`] framed.
pub(super) fn unframed(slot: &[u8]) -> Result<Vec<u8>, DbErr> {
    let framed = slot
        .split_first_chunk::<8>()
        .and_then(|(len, rest)| rest.get(..usize::try_from(u64::from_be_bytes(*len)).ok()?));
    framed
        .map(<[u8]>::to_vec)
        .ok_or_else(|| DbErr::Custom("a slot is damaged".to_owned()))
}

#[cfg(test)]
#[derive(Debug, FromQueryResult)]
pub struct Slots {
    /// All slots.
    pub total: i64,
    /// Free ones that hold something else than zeros.
    pub dirty_and_free: i64,
}

/// Counts slots.
#[cfg(test)]
pub async fn slots(db: &impl ConnectionTrait) -> Result<Slots, DbErr> {
    let sql = "SELECT COUNT(*) AS total, COALESCE(SUM(free_slot.content_id IS NOT NULL \
        AND content.bytes <> zeroblob(length(content.bytes))), 0) AS dirty_and_free \
        FROM content LEFT JOIN free_slot ON free_slot.content_id = content.id";
    let rows: Vec<Slots> = raw_rows(db, sql, []).await?;
    rows.into_iter()
        .next()
        .ok_or_else(|| DbErr::Custom("no row".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::size_class;

    #[test]
    fn slots_waste_little_and_come_in_few_sizes() {
        let mut sizes = std::collections::BTreeSet::new();
        for len in 1..=70_000 {
            let size = size_class(len);
            assert!(
                size >= len && size - len <= 64.max(len / 8),
                "{len} in {size}"
            );
            assert_eq!(size_class(size), size);
            sizes.insert(size);
        }
        assert!(sizes.len() < 80, "{}", sizes.len());
    }
}
