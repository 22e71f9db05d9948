//! Mark of a message that was taken, so that sending it again does nothing.

use sea_orm::entity::prelude::*;

/// Mark of a message that was taken, so that sending it again does nothing.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resend")]
pub struct Model {
    /// SHA-256 of DM, sender and signature.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    pub taken_us: i64,
}

/// Relations are followed by hand in the store, where each read is shaped.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
