//! What the periodic sweeps do to the database.

use sea_orm::DbErr;

use super::{Tx, messages, open, session};
use crate::clock::DAY;

/// How long a message that was taken is recognised when it comes again.
pub const RESEND_US: i64 = 7 * DAY;
/// How long devices that were away can catch up on deletions.
pub const TOMBSTONE_US: i64 = 90 * DAY;

/// Forgets what has served its time: marks of taken messages, tombstones, lockouts.
pub async fn forget_old(tx: &mut Tx) -> Result<(), DbErr> {
    let now_us = tx.now_us();
    messages::forget_old(tx, now_us - RESEND_US, now_us - TOMBSTONE_US).await?;
    session::forget_old(tx).await
}

/// Lets SQLite refresh the statistics that its planner goes by.
pub async fn optimize(tx: &Tx) -> Result<(), DbErr> {
    open::optimize(tx.db()).await
}

/// Lets the writer truncate the WAL soon after this transaction.
pub fn truncate_wal_soon(tx: &mut Tx) {
    tx.mark_erased();
}
