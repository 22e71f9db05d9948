//! Wrong answers in a row from one address for one user.

use sea_orm::entity::prelude::*;

/// Wrong answers in a row from one address for one user.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "login_failure")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i64,
    /// IPv4 address or IPv6 /64.
    #[sea_orm(primary_key, auto_increment = false)]
    pub address: String,
    pub count: i32,
    /// 0 while not locked out.
    pub locked_until_us: i64,
    /// When the last one came.
    pub last_us: i64,
}

/// Relations are followed by hand in the store, where each read is shaped.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
