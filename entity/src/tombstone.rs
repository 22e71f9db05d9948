//! A message that is gone, for devices that were away.

use sea_orm::entity::prelude::*;

/// A message that is gone, for devices that were away.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tombstone")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub change_seq: i64,
    pub dm_id: i64,
    pub message_id: i64,
    pub deleted_us: i64,
}

/// Relations are followed by hand in the store, where each read is shaped.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
