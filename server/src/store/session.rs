//! Wrong answers to challenges, counted across reconnects, restarts and nodes.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, Set};
use sotto_entity::login_failure;

use super::{Tx, UserId};
use crate::clock::DAY;

/// Until when this address is locked out of this account; 0 where it is not.
pub async fn locked_until(
    db: &impl ConnectionTrait,
    user: UserId,
    address: &str,
) -> Result<i64, DbErr> {
    let row = login_failure::Entity::find_by_id((user.0, address.to_owned()))
        .one(db)
        .await?;
    Ok(row.map_or(0, |row| row.locked_until_us))
}

/// Wrong answers in a row from this address for this account.
pub async fn failures(
    db: &impl ConnectionTrait,
    user: UserId,
    address: &str,
) -> Result<i32, DbErr> {
    let row = login_failure::Entity::find_by_id((user.0, address.to_owned()))
        .one(db)
        .await?;
    Ok(row.map_or(0, |row| row.count))
}

/// Writes down how many wrong answers there were, and until when they lock out.
pub async fn set_failures(
    tx: &mut Tx,
    user: UserId,
    address: &str,
    count: i32,
    locked_until_us: i64,
) -> Result<(), DbErr> {
    use login_failure::Column::{Address, Count, LastUs, LockedUntilUs, UserId};
    let row = login_failure::ActiveModel {
        user_id: Set(user.0),
        address: Set(address.to_owned()),
        count: Set(count),
        locked_until_us: Set(locked_until_us),
        last_us: Set(tx.now_us()),
    };
    login_failure::Entity::insert(row)
        .on_conflict(
            OnConflict::columns([UserId, Address])
                .update_columns([Count, LockedUntilUs, LastUs])
                .to_owned(),
        )
        .exec_without_returning(tx.write())
        .await
        .map(drop)
}

/// A right answer: the row is over.
pub async fn clear_failures(tx: &mut Tx, user: UserId, address: &str) -> Result<(), DbErr> {
    login_failure::Entity::delete_by_id((user.0, address.to_owned()))
        .exec(tx.write())
        .await
        .map(drop)
}

/// Forgets wrong answers after which nothing came for long.
pub(super) async fn forget_old(tx: &mut Tx) -> Result<(), DbErr> {
    let before_us = tx.now_us() - FAILURE_LIFE_US;
    login_failure::Entity::delete_many()
        .filter(login_failure::Column::LastUs.lt(before_us))
        .exec(tx.write())
        .await
        .map(drop)
}

/// How long wrong answers are remembered.
const FAILURE_LIFE_US: i64 = 90 * DAY;
