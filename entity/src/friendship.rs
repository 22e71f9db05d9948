//! Two users who are friends.

use sea_orm::entity::prelude::*;

/// Two users who are friends.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "friendship")]
pub struct Model {
    /// The smaller user id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub low_id: i64,
    /// The larger one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub high_id: i64,
}

/// Relations are followed by hand in the store, where each read is shaped.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
