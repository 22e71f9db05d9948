//! Sealed bytes of whatever kind. Rows are appended and overwritten in place, never moved or removed: see `docs/decisions/0006-deleted-is-gone.md`.

use sea_orm::entity::prelude::*;

/// Sealed bytes of whatever kind. Rows are appended and overwritten in place, never moved or removed: see `docs/decisions/0006-deleted-is-gone.md`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "content")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// The content, then zeros up to the size class; only zeros while the slot is free.
    pub bytes: Vec<u8>,
}

/// Relations are followed by hand in the store, where each read is shaped.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
