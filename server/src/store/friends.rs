//! Friendships, friend requests and blocks.

use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, Set,
};
use sotto_entity::{block, friend_request, friendship};

use super::{Tx, UserId, raw_rows};
use crate::rules::friends::Between;

#[derive(FromQueryResult)]
struct Links {
    friends: bool,
    asked: bool,
    asked_by: bool,
    blocks: bool,
    blocked_by: bool,
}

fn pair(one: UserId, other: UserId) -> (i64, i64) {
    let (UserId(low), UserId(high)) = (Ord::min(one, other), Ord::max(one, other));
    (low, high)
}

/// What stands between two users.
pub async fn between(
    db: &impl ConnectionTrait,
    me: UserId,
    them: UserId,
) -> Result<Between, DbErr> {
    let (low, high) = pair(me, them);
    let sql = "SELECT \
        EXISTS (SELECT 1 FROM friendship WHERE low_id = ? AND high_id = ?) AS friends, \
        EXISTS (SELECT 1 FROM friend_request WHERE from_id = ? AND to_id = ?) AS asked, \
        EXISTS (SELECT 1 FROM friend_request WHERE from_id = ? AND to_id = ?) AS asked_by, \
        EXISTS (SELECT 1 FROM block WHERE blocker_id = ? AND blocked_id = ?) AS blocks, \
        EXISTS (SELECT 1 FROM block WHERE blocker_id = ? AND blocked_id = ?) AS blocked_by";
    let pairs = [
        (low, high),
        (me.0, them.0),
        (them.0, me.0),
        (me.0, them.0),
        (them.0, me.0),
    ];
    let values = pairs
        .into_iter()
        .flat_map(|(one, other)| [one.into(), other.into()]);
    let rows: Vec<Links> = raw_rows(db, sql, values).await?;
    Ok(rows
        .into_iter()
        .next()
        .map_or_else(Between::default, |row| Between {
            friends: row.friends,
            asked: row.asked,
            asked_by: row.asked_by,
            blocks: row.blocks,
            blocked_by: row.blocked_by,
        }))
}

/// Which list of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Friends.
    Friends,
    /// Who asks the user.
    Incoming,
    /// Whom the user asks.
    Outgoing,
    /// Whom the user blocks.
    Blocked,
}

#[derive(FromQueryResult)]
struct Name {
    username: String,
}

/// A list of usernames, by folded name.
pub async fn list(db: &impl ConnectionTrait, me: UserId, list: List) -> Result<Vec<String>, DbErr> {
    let of = match list {
        List::Friends => {
            "SELECT high_id FROM friendship WHERE low_id = ? UNION SELECT low_id FROM friendship WHERE high_id = ?"
        }
        List::Incoming => "SELECT from_id FROM friend_request WHERE to_id = ?",
        List::Outgoing => "SELECT to_id FROM friend_request WHERE from_id = ?",
        List::Blocked => "SELECT blocked_id FROM block WHERE blocker_id = ?",
    };
    let sql = format!("SELECT username FROM \"user\" WHERE id IN ({of}) ORDER BY folded");
    let values = vec![me.0.into(); of.matches('?').count()];
    let rows: Vec<Name> = raw_rows(db, &sql, values).await?;
    Ok(rows.into_iter().map(|row| row.username).collect())
}

/// Makes two users friends and forgets requests between them.
pub async fn befriend(tx: &mut Tx, one: UserId, other: UserId) -> Result<(), DbErr> {
    retract(tx, one, other).await?;
    retract(tx, other, one).await?;
    let (low, high) = pair(one, other);
    let row = friendship::ActiveModel {
        low_id: Set(low),
        high_id: Set(high),
    };
    friendship::Entity::insert(row)
        .exec_without_returning(tx.write())
        .await?;
    tx.forget_pair(one, other);
    Ok(())
}

/// Ends a friendship.
pub async fn unfriend(tx: &mut Tx, one: UserId, other: UserId) -> Result<(), DbErr> {
    let (low, high) = pair(one, other);
    friendship::Entity::delete_by_id((low, high))
        .exec(tx.write())
        .await?;
    tx.forget_pair(one, other);
    Ok(())
}

/// Keeps a friend request.
pub async fn ask(tx: &mut Tx, from: UserId, to: UserId) -> Result<(), DbErr> {
    let row = friend_request::ActiveModel {
        from_id: Set(from.0),
        to_id: Set(to.0),
    };
    friend_request::Entity::insert(row)
        .exec_without_returning(tx.write())
        .await
        .map(drop)
}

/// Forgets a friend request.
pub async fn retract(tx: &mut Tx, from: UserId, to: UserId) -> Result<(), DbErr> {
    friend_request::Entity::delete_by_id((from.0, to.0))
        .exec(tx.write())
        .await
        .map(drop)
}

/// Keeps a block.
pub async fn block(tx: &mut Tx, blocker: UserId, blocked: UserId) -> Result<(), DbErr> {
    let row = block::ActiveModel {
        blocker_id: Set(blocker.0),
        blocked_id: Set(blocked.0),
    };
    block::Entity::insert(row)
        .exec_without_returning(tx.write())
        .await
        .map(drop)
}

/// Lifts a block.
pub async fn unblock(tx: &mut Tx, blocker: UserId, blocked: UserId) -> Result<(), DbErr> {
    block::Entity::delete_by_id((blocker.0, blocked.0))
        .exec(tx.write())
        .await
        .map(drop)
}

/// Which of `others` block `me`.
pub async fn blockers_among(
    db: &impl ConnectionTrait,
    me: UserId,
    others: &[UserId],
) -> Result<Vec<UserId>, DbErr> {
    let rows = block::Entity::find()
        .filter(block::Column::BlockedId.eq(me.0))
        .filter(block::Column::BlockerId.is_in(others.iter().map(|user| user.0)))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| UserId(row.blocker_id)).collect())
}

/// Which of `others` are friends of `me`.
pub async fn friends_among(
    db: &impl ConnectionTrait,
    me: UserId,
    others: &[UserId],
) -> Result<Vec<UserId>, DbErr> {
    let others: Vec<_> = others.iter().map(|user| user.0).collect();
    let rows = friendship::Entity::find()
        .filter(
            Condition::any()
                .add(
                    friendship::Column::LowId
                        .eq(me.0)
                        .and(friendship::Column::HighId.is_in(others.clone())),
                )
                .add(
                    friendship::Column::HighId
                        .eq(me.0)
                        .and(friendship::Column::LowId.is_in(others)),
                ),
        )
        .all(db)
        .await?;
    let other = |row: friendship::Model| {
        if row.low_id == me.0 {
            row.high_id
        } else {
            row.low_id
        }
    };
    Ok(rows.into_iter().map(|row| UserId(other(row))).collect())
}
