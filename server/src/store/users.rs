//! Accounts, what clients keep at the server, and who may see whom.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, SelectExt, Set, Value,
};
use sotto_entity::{storage, user};
use sotto_protocol::names::Username;

use super::tx::IdKind;
use super::{Tx, UserId, raw_rows};

/// An account's row.
pub type User = user::Model;

/// The small part of an account that most rules need.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Identity {
    /// The user's id.
    pub id: i64,
    /// The stored spelling.
    pub username: String,
    /// Ed25519 identity key, 32 bytes.
    pub public_key: Vec<u8>,
    /// Signed prekey.
    pub spk: Option<Vec<u8>>,
    /// Whether only friends may invite to groups.
    pub invites_from_friends: bool,
}

impl Identity {
    /// The user's id.
    pub fn id(&self) -> UserId {
        UserId(self.id)
    }
}

/// What a new account begins with.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Its name.
    pub username: Username,
    /// Ed25519 identity key, 32 bytes.
    pub public_key: Vec<u8>,
    /// Signed prekey and signature.
    pub prekey: Option<(Vec<u8>, Vec<u8>)>,
    /// Whatever the client keeps.
    pub own_storage: String,
}

/// The status of a new account.
pub const FIRST_STATUS: &str = "online";

/// Creates an account; `None` where the name is taken.
pub async fn create(tx: &mut Tx, new: &NewUser) -> Result<Option<UserId>, DbErr> {
    if folded_exists(tx.db(), new.username.folded()).await? {
        return Ok(None);
    }
    let id = tx.next_id(IdKind::User);
    let created_us = tx.now_us();
    let row = user::ActiveModel {
        id: Set(id),
        username: Set(new.username.as_str().to_owned()),
        folded: Set(new.username.folded().to_owned()),
        public_key: Set(new.public_key.clone()),
        spk: Set(new.prekey.as_ref().map(|(spk, _)| spk.clone())),
        sig: Set(new.prekey.as_ref().map(|(_, sig)| sig.clone())),
        status: Set(FIRST_STATUS.to_owned()),
        invites_from_friends: Set(false),
        created_us: Set(created_us),
        biography: Set(String::new()),
        profile_picture: Set(String::new()),
    };
    user::Entity::insert(row)
        .exec_without_returning(tx.write())
        .await?;
    let own = storage::ActiveModel {
        user_id: Set(id),
        version: Set(0),
        own_storage: Set(new.own_storage.clone()),
    };
    storage::Entity::insert(own)
        .exec_without_returning(tx.write())
        .await?;
    Ok(Some(UserId(id)))
}

/// Whether a name that folds to this is taken.
pub async fn folded_exists(db: &impl ConnectionTrait, folded: &str) -> Result<bool, DbErr> {
    user::Entity::find()
        .filter(user::Column::Folded.eq(folded))
        .exists(db)
        .await
}

/// An account by its stored spelling.
pub async fn by_name(db: &impl ConnectionTrait, username: &str) -> Result<Option<User>, DbErr> {
    user::Entity::find()
        .filter(user::Column::Username.eq(username))
        .one(db)
        .await
}

/// An account by id.
pub async fn by_id(db: &impl ConnectionTrait, id: UserId) -> Result<Option<User>, DbErr> {
    user::Entity::find_by_id(id.0).one(db).await
}

/// Identities by stored spelling, in no order; names that nobody has are left out.
pub async fn identities<'a>(
    db: &impl ConnectionTrait,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Identity>, DbErr> {
    user::Entity::find()
        .select_only()
        .columns([
            user::Column::Id,
            user::Column::Username,
            user::Column::PublicKey,
            user::Column::Spk,
            user::Column::InvitesFromFriends,
        ])
        .filter(user::Column::Username.is_in(names))
        .into_model()
        .all(db)
        .await
}

/// One identity by stored spelling.
pub async fn identity(db: &impl ConnectionTrait, name: &str) -> Result<Option<Identity>, DbErr> {
    Ok(identities(db, [name]).await?.into_iter().next())
}

/// A page of the directory: after a folded name, with a folded prefix, by folded name in code-point order.
pub async fn page(
    db: &impl ConnectionTrait,
    prefix: &str,
    after: Option<&str>,
    limit: u64,
    only_contacts_of: Option<UserId>,
) -> Result<Vec<User>, DbErr> {
    let mut query = user::Entity::find()
        .order_by_asc(user::Column::Folded)
        .limit(limit);
    if let Some(after) = after {
        query = query.filter(user::Column::Folded.gt(after));
    }
    if !prefix.is_empty() {
        // Every text with this prefix lies between it and it with the last code point behind it.
        query = query
            .filter(user::Column::Folded.gte(prefix))
            .filter(user::Column::Folded.lte(format!("{prefix}{}", char::MAX)));
    }
    if let Some(me) = only_contacts_of {
        let values = vec![Value::from(me.0); CONTACTS.matches('?').count()];
        query = query.filter(Expr::cust_with_values(
            format!("id IN ({CONTACTS})"),
            values,
        ));
    }
    query.all(db).await
}

/// Friends, requests in either direction, fellow members, and oneself.
const CONTACTS: &str = "\
    SELECT high_id FROM friendship WHERE low_id = ? UNION SELECT low_id FROM friendship WHERE high_id = ? \
    UNION SELECT to_id FROM friend_request WHERE from_id = ? UNION SELECT from_id FROM friend_request WHERE to_id = ? \
    UNION SELECT other.user_id FROM member AS mine JOIN member AS other ON other.dm_id = mine.dm_id WHERE mine.user_id = ? \
    UNION SELECT ?";

#[derive(FromQueryResult)]
struct Id {
    id: i64,
}

/// Whether `them` is a contact of `me`.
pub async fn is_contact(
    db: &impl ConnectionTrait,
    me: UserId,
    them: UserId,
) -> Result<bool, DbErr> {
    let sql = format!("SELECT id FROM \"user\" WHERE id = ? AND id IN ({CONTACTS})");
    let mut values = vec![Value::from(me.0); sql.matches('?').count()];
    values[0] = them.0.into();
    Ok(!raw_rows::<Id>(db, &sql, values).await?.is_empty())
}

/// Who hears of changes to a profile: friends and fellow members, less those the user blocks.
pub async fn profile_audience(db: &impl ConnectionTrait, of: UserId) -> Result<Vec<UserId>, DbErr> {
    let sql = "SELECT other AS id FROM (\
        SELECT high_id AS other FROM friendship WHERE low_id = ? UNION SELECT low_id FROM friendship WHERE high_id = ? \
        UNION SELECT other.user_id FROM member AS mine JOIN member AS other ON other.dm_id = mine.dm_id WHERE mine.user_id = ?\
        ) AS near WHERE other <> ? AND other NOT IN (SELECT blocked_id FROM block WHERE blocker_id = ?)";
    let rows: Vec<Id> = raw_rows(db, sql, vec![Value::from(of.0); 5]).await?;
    Ok(rows.into_iter().map(|row| UserId(row.id)).collect())
}

/// What `set_user` changes of an account; `None` leaves as it is.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// Signed prekey and signature.
    pub prekey: Option<(Vec<u8>, Vec<u8>)>,
    /// The stored status.
    pub status: Option<String>,
    /// Free text.
    pub biography: Option<String>,
    /// Free text.
    pub profile_picture: Option<String>,
    /// Whether only friends may invite to groups.
    pub invites_from_friends: Option<bool>,
}

/// Changes an account.
pub async fn change(tx: &mut Tx, id: UserId, change: &ProfileChange) -> Result<(), DbErr> {
    let mut row = user::ActiveModel {
        id: Set(id.0),
        ..Default::default()
    };
    if let Some((spk, sig)) = &change.prekey {
        row.spk = Set(Some(spk.clone()));
        row.sig = Set(Some(sig.clone()));
    }
    if let Some(status) = &change.status {
        row.status = Set(status.clone());
    }
    if let Some(biography) = &change.biography {
        row.biography = Set(biography.clone());
    }
    if let Some(picture) = &change.profile_picture {
        row.profile_picture = Set(picture.clone());
    }
    if let Some(from_friends) = change.invites_from_friends {
        row.invites_from_friends = Set(from_friends);
    }
    user::Entity::update_many()
        .set(row)
        .filter(user::Column::Id.eq(id.0))
        .exec(tx.write())
        .await
        .map(drop)
}

/// What the user's clients keep at the server.
pub async fn storage(db: &impl ConnectionTrait, id: UserId) -> Result<storage::Model, DbErr> {
    storage::Entity::find_by_id(id.0)
        .one(db)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("the storage of a user".to_owned()))
}

/// The version of what the user's clients keep.
pub async fn storage_version(db: &impl ConnectionTrait, id: UserId) -> Result<i64, DbErr> {
    storage::Entity::find_by_id(id.0)
        .select_only()
        .column(storage::Column::Version)
        .into_tuple()
        .one(db)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("the storage of a user".to_owned()))
}

/// Replaces what the user's clients keep.
pub async fn set_storage(tx: &mut Tx, id: UserId, version: i64, text: &str) -> Result<(), DbErr> {
    let row = storage::ActiveModel {
        user_id: Set(id.0),
        version: Set(version),
        own_storage: Set(text.to_owned()),
    };
    storage::Entity::update(row)
        .exec(tx.write())
        .await
        .map(drop)
}
