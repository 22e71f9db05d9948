//! A message that waits for its hour.

use sea_orm::entity::prelude::*;

/// A message that waits for its hour.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "scheduled")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub dm_id: i64,
    pub sender_id: i64,
    /// Signature (64 bytes) and sealed bytes, in `content`.
    pub content_id: i64,
    pub content_len: i64,
    pub due_us: i64,
    /// From the send to its end; 0 for never.
    pub delete_after_us: i64,
}

/// Relations are followed by hand in the store, where each read is shaped.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
