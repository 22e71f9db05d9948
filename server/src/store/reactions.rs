//! Reactions: rows here, their sealed bytes in `content`.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Set,
};
use sotto_entity::reaction;
use sotto_protocol::text::{ReactionId, Signature};

use super::messages::{MessageChange, Row, change};
use super::signed::{SIGNATURE, Signed};
use super::tx::IdKind;
use super::{Key, Tx, UserId, content, raw_rows, reaction_id};

/// A reaction by id.
pub async fn by_id(
    db: &impl ConnectionTrait,
    id: ReactionId,
) -> Result<Option<reaction::Model>, DbErr> {
    reaction::Entity::find_by_id(id.key()).one(db).await
}

/// All reactions of a message, by id.
pub async fn of_message(
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
pub async fn by_signature(
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
pub fn sealed_len(row: &reaction::Model) -> usize {
    usize::try_from(row.content_len)
        .unwrap_or(0)
        .saturating_sub(SIGNATURE)
}

/// Adds a reaction to a message.
pub async fn insert(
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
pub async fn remove(tx: &mut Tx, message: &Row, row: &reaction::Model) -> Result<(), DbErr> {
    content::erase(tx, &[row.content_id]).await?;
    reaction::Entity::delete_by_id(row.id)
        .exec(tx.write())
        .await?;
    change(tx, message, &MessageChange::default()).await
}
