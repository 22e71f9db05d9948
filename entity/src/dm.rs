//! A DM.

use sea_orm::entity::prelude::*;

/// A DM.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dm")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub creator_id: i64,
    /// The invitee of a DM created for two, whoever has left since.
    pub partner_id: Option<i64>,
    /// How many it was created for; a DM of two stays one when somebody leaves.
    pub size: i32,
    /// Its name, in `content`.
    pub name_id: Option<i64>,
    /// The key tree and every invitee's X3DH message, in `content`.
    pub tree_id: i64,
    /// The signed GroupInfo, in `content`.
    pub info_id: Option<i64>,
    /// SHA-256 of the GroupInfo; with the creator it makes a repeated `create_dm` harmless.
    pub info_hash: Option<Vec<u8>>,
    pub created_us: i64,
    /// Timestamp of the newest message ever sent, gone or not.
    pub last_us: i64,
}

/// Relations are followed by hand in the store, where each read is shaped.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
