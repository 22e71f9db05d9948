//! What a user's clients keep at the server; apart from `user`, since it is large and changes often.

use sea_orm::entity::prelude::*;

/// What a user's clients keep at the server; apart from `user`, since it is large and changes often.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "storage")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i64,
    /// Rises by one with every change.
    pub version: i64,
    pub own_storage: String,
}

/// Relations are followed by hand in the store, where each read is shaped.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
