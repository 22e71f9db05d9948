//! What is to happen at a moment.

use sea_orm::entity::prelude::*;

/// What is to happen at a moment.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "timed_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub due_us: i64,
    /// See `store::timed::Kind` in the server.
    pub kind: i32,
    /// The scheduled message or the message it is about.
    pub ref_id: i64,
}

/// Relations are followed by hand in the store, where each read is shaped.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
