//! A message that was sent.

use sea_orm::entity::prelude::*;

/// A message that was sent.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub dm_id: i64,
    pub sender_id: i64,
    /// Signature (64 bytes) and sealed bytes, in `content`.
    pub content_id: i64,
    /// How many bytes of the slot they take.
    pub content_len: i64,
    /// Unique and rising within the DM.
    pub sent_us: i64,
    /// When it destroys itself.
    pub delete_us: Option<i64>,
    pub pinned: bool,
    /// Number of its last change, rising over all DMs.
    pub change_seq: i64,
    /// When that was.
    pub changed_us: i64,
}

/// Relations are followed by hand in the store, where each read is shaped.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
