//! A member of a DM, with its invitation.

use sea_orm::entity::prelude::*;

/// A member of a DM, with its invitation.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "member")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub dm_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i64,
    /// Leaf in the key tree; 0 is the creator.
    pub position: i32,
    /// Whether the invitation has not been acked yet.
    pub pending: bool,
    /// Whether the creator was neither friend nor fellow member.
    pub from_stranger: bool,
    pub invited_us: i64,
}

/// Relations are followed by hand in the store, where each read is shaped.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
