//! An account.

use sea_orm::entity::prelude::*;

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// The spelling it is known by.
    pub username: String,
    /// `toNFKC_Casefold` of the spelling; unique, and the order of every list of names.
    pub folded: String,
    /// Ed25519 identity key, 32 bytes; never changes.
    pub public_key: Vec<u8>,
    /// Signed prekey, 32 or 50 bytes.
    pub spk: Option<Vec<u8>>,
    /// The identity key's signature over `spk`, 64 bytes.
    pub sig: Option<Vec<u8>>,
    /// As the user set it, whoever is connected.
    pub status: String,
    /// Whether only friends may invite the user to groups.
    pub invites_from_friends: bool,
    /// Microseconds since 1970, as every `_us` column.
    pub created_us: i64,
    pub biography: String,
    pub profile_picture: String,
}

/// Relations are followed by hand in the store, where each read is shaped.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
