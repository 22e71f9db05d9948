//! DMs, their members and invitations.

use std::sync::Arc;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Set,
};
use serde::{Deserialize, Serialize};
use sotto_entity::{dm, member, message, tombstone};
use sotto_protocol::dms::X3dhMessage;
use sotto_protocol::objects::{Dm, X3dhNotice};
use sotto_protocol::text::{Bytes, DhKey, DmId, Fixed, Timestamp};

use super::calls::Calls;
use super::content;
use super::tx::IdKind;
use super::{Key, Tx, UserId, dm_id, raw_execute, raw_rows, timed};
use crate::clock::DAY;
use crate::rules::messages::Standing;

/// How long an invitation that nobody acked is sent again.
pub const INVITATION_LIFE_US: i64 = 90 * DAY;

/// A member with what notices say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberFacts {
    /// Who.
    pub user: UserId,
    /// The stored spelling of the name.
    pub username: Arc<str>,
}

/// What rules and notices need to know of a DM; the newest timestamp apart, it changes only with its members and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DmFacts {
    /// The DM.
    pub id: DmId,
    /// Who created it.
    pub creator: UserId,
    /// The two it was created for, whoever has left since; `None` for a group.
    pub pair: Option<(UserId, UserId)>,
    /// The members in key-tree order.
    pub members: Vec<MemberFacts>,
    /// Its name.
    pub name: Option<String>,
    /// When it was created.
    pub created_us: i64,
}

impl DmFacts {
    /// The member with this id.
    pub fn member(&self, user: UserId) -> Option<&MemberFacts> {
        self.members.iter().find(|member| member.user == user)
    }

    /// Every member's id.
    pub fn users(&self) -> Vec<UserId> {
        self.members.iter().map(|member| member.user).collect()
    }

    /// The DM as clients see it.
    pub fn to_object(&self, calls: &Calls) -> Dm {
        let in_call = |member: &&MemberFacts| calls.place(self.id, member.user).is_some();
        let name = |member: &MemberFacts| member.username.to_string();
        Dm {
            id: self.id,
            users: self.members.iter().map(name).collect(),
            name: self.name.clone(),
            created_at: timestamp(self.created_us),
            users_in_call: self.members.iter().filter(in_call).map(name).collect(),
        }
    }
}

/// A stored moment on the wire. Stored moments come from the clock or from a parsed timestamp, and both stay within years 0 to 9999.
pub(crate) fn timestamp(us: i64) -> Timestamp {
    Timestamp::from_micros(us).unwrap_or_else(|| Timestamp::from_micros(0).expect("1970"))
}

#[derive(FromQueryResult)]
struct MemberRow {
    user_id: i64,
    username: String,
}

/// Reads what is known of a DM.
pub async fn facts(db: &impl ConnectionTrait, id: DmId) -> Result<Option<DmFacts>, DbErr> {
    let Some(row) = dm::Entity::find_by_id(id.key()).one(db).await? else {
        return Ok(None);
    };
    let sql = "SELECT member.user_id, \"user\".username FROM member JOIN \"user\" ON \"user\".id = member.user_id \
        WHERE member.dm_id = ? ORDER BY member.position";
    let members: Vec<MemberRow> = raw_rows(db, sql, [id.key().into()]).await?;
    let name = match framed(db, "name_id", id).await? {
        Some(bytes) => Some(text(bytes)?),
        None => None,
    };
    Ok(Some(DmFacts {
        id,
        creator: UserId(row.creator_id),
        pair: row
            .partner_id
            .map(|partner| (UserId(row.creator_id), UserId(partner))),
        members: members
            .into_iter()
            .map(|row| MemberFacts {
                user: UserId(row.user_id),
                username: row.username.into(),
            })
            .collect(),
        name,
        created_us: row.created_us,
    }))
}

fn text(bytes: Vec<u8>) -> Result<String, DbErr> {
    String::from_utf8(bytes).map_err(|_| DbErr::Custom("a DM's name is no text".to_owned()))
}

#[derive(FromQueryResult)]
struct Framed {
    bytes: Vec<u8>,
}

/// What a column of a DM's row points to. In one statement: between two, the slot might be erased and become another DM's.
async fn framed(
    db: &impl ConnectionTrait,
    column: &'static str,
    id: DmId,
) -> Result<Option<Vec<u8>>, DbErr> {
    let sql = format!(
        "SELECT content.bytes FROM dm JOIN content ON content.id = dm.{column} WHERE dm.id = ?"
    );
    let rows: Vec<Framed> = raw_rows(db, &sql, [id.key().into()]).await?;
    rows.into_iter()
        .next()
        .map(|row| content::unframed(&row.bytes))
        .transpose()
}

/// The DM if `user` is a member.
pub async fn with_member(
    db: &impl ConnectionTrait,
    id: DmId,
    user: UserId,
) -> Result<Option<DmFacts>, DbErr> {
    Ok(facts(db, id)
        .await?
        .filter(|facts| facts.member(user).is_some()))
}

/// Whether a user is a member of a DM.
pub async fn is_member(db: &impl ConnectionTrait, id: DmId, user: UserId) -> Result<bool, DbErr> {
    Ok(member::Entity::find_by_id((id.key(), user.0))
        .one(db)
        .await?
        .is_some())
}

impl Tx {
    /// What is known of a DM, from memory where it is there.
    pub async fn dm(&mut self, id: DmId) -> Result<Option<Arc<DmFacts>>, DbErr> {
        if let Some(known) = self.memory.dms.get(&id) {
            return Ok(Some(Arc::clone(known)));
        }
        let Some(read) = facts(self.db(), id).await?.map(Arc::new) else {
            return Ok(None);
        };
        if let Some((forgotten, _)) = self.memory.dms.push(id, Arc::clone(&read)) {
            self.memory.last_us.remove(&forgotten);
        }
        Ok(Some(read))
    }

    /// [`Tx::dm`] if `user` is a member.
    pub async fn dm_of(&mut self, id: DmId, user: UserId) -> Result<Option<Arc<DmFacts>>, DbErr> {
        Ok(self
            .dm(id)
            .await?
            .filter(|facts| facts.member(user).is_some()))
    }

    /// Whether two users are friends, from memory where it is there.
    pub async fn are_friends(&mut self, one: UserId, other: UserId) -> Result<bool, DbErr> {
        let pair = (one.min(other), one.max(other));
        if let Some(known) = self.memory.friends.get(&pair) {
            return Ok(*known);
        }
        let read = super::friends::between(self.db(), one, other)
            .await?
            .friends;
        self.memory.friends.put(pair, read);
        Ok(read)
    }

    /// How a user stands to a DM, for the rules to judge.
    pub async fn standing(&mut self, dm: &DmFacts, user: UserId) -> Result<Standing, DbErr> {
        let two_who_are_no_friends = match dm.pair {
            Some((one, other)) => !self.are_friends(one, other).await?,
            None => false,
        };
        Ok(Standing {
            member: dm.member(user).is_some(),
            two_who_are_no_friends,
        })
    }

    /// Distrusts what is remembered of a friendship.
    pub(super) fn forget_pair(&mut self, one: UserId, other: UserId) {
        self.memory.friends.pop(&(one.min(other), one.max(other)));
    }

    fn forget_dm(&mut self, id: DmId) {
        self.memory.dms.pop(&id);
        self.memory.last_us.remove(&id);
    }

    /// The next message timestamp of a DM: now, or a microsecond after its newest, and never before `not_before_us`.
    pub async fn next_timestamp(&mut self, id: DmId, not_before_us: i64) -> Result<i64, DbErr> {
        let last_us = match self.memory.last_us.get(&id) {
            Some(last_us) => *last_us,
            None => dm::Entity::find_by_id(id.key())
                .select_only()
                .column(dm::Column::LastUs)
                .into_tuple()
                .one(self.db())
                .await?
                .unwrap_or_default(),
        };
        let next = self.now_us().max(not_before_us).max(last_us + 1);
        self.memory.last_us.insert(id, next);
        Ok(next)
    }
}

/// Writes down the newest timestamps that [`Tx::next_timestamp`] gave out for these DMs.
pub(super) async fn save_timestamps(tx: &mut Tx, ids: &[DmId]) -> Result<(), DbErr> {
    for some in ids.chunks(TIMESTAMPS) {
        let newest = some
            .iter()
            .filter_map(|id| Some((id.key(), *tx.memory.last_us.get(id)?)));
        let newest: Vec<_> = newest.flat_map(|(id, us)| [id.into(), us.into()]).collect();
        let rows = vec!["(?, ?)"; newest.len() / 2].join(", ");
        let sql = format!(
            "WITH newest (id, us) AS (VALUES {rows}) UPDATE dm SET last_us = newest.us FROM newest WHERE dm.id = newest.id"
        );
        raw_execute(tx.write(), &sql, newest).await?;
    }
    Ok(())
}

/// Rows of one statement that saves timestamps.
const TIMESTAMPS: usize = 256;

/// A user's DMs, ascending.
pub async fn of_user(db: &impl ConnectionTrait, user: UserId) -> Result<Vec<DmId>, DbErr> {
    let ids: Vec<i64> = member::Entity::find()
        .select_only()
        .column(member::Column::DmId)
        .filter(member::Column::UserId.eq(user.0))
        .order_by_asc(member::Column::DmId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().map(dm_id).collect())
}

/// Whether two users are in a DM that was created for just them.
pub async fn pair_exists(
    db: &impl ConnectionTrait,
    one: UserId,
    other: UserId,
) -> Result<bool, DbErr> {
    let sql = "SELECT id FROM dm WHERE ((partner_id = ? AND creator_id = ?) OR (partner_id = ? AND creator_id = ?)) \
        AND (SELECT COUNT(*) FROM member WHERE dm_id = dm.id) = 2";
    let values = [one.0, other.0, other.0, one.0].map(Into::into);
    Ok(!raw_rows::<Id>(db, sql, values).await?.is_empty())
}

/// The DMs that were created for just these two.
pub async fn of_pair(
    db: &impl ConnectionTrait,
    one: UserId,
    other: UserId,
) -> Result<Vec<DmId>, DbErr> {
    let sql = "SELECT id FROM dm WHERE (partner_id = ? AND creator_id = ?) OR (partner_id = ? AND creator_id = ?)";
    let values = [one.0, other.0, other.0, one.0].map(Into::into);
    Ok(raw_rows::<Id>(db, sql, values)
        .await?
        .into_iter()
        .map(|row| dm_id(row.id))
        .collect())
}

#[derive(FromQueryResult)]
struct Id {
    id: i64,
}

/// Which of `others` share a DM with `me`.
pub async fn fellows_among(
    db: &impl ConnectionTrait,
    me: UserId,
    others: &[UserId],
) -> Result<Vec<UserId>, DbErr> {
    let sql = format!(
        "SELECT DISTINCT other.user_id AS id FROM member AS mine JOIN member AS other ON other.dm_id = mine.dm_id \
         WHERE mine.user_id = ? AND other.user_id IN ({})",
        super::placeholders(others.len())
    );
    let values = std::iter::once(me.0)
        .chain(others.iter().map(|user| user.0))
        .map(Into::into);
    Ok(raw_rows::<Id>(db, &sql, values)
        .await?
        .into_iter()
        .map(|row| UserId(row.id))
        .collect())
}

/// How many invitations from strangers wait for the user.
pub async fn pending_from_strangers(tx: &Tx, user: UserId) -> Result<u64, DbErr> {
    member::Entity::find()
        .filter(member::Column::UserId.eq(user.0))
        .filter(member::Column::Pending.eq(true))
        .filter(member::Column::FromStranger.eq(true))
        .filter(member::Column::InvitedUs.gt(tx.now_us() - INVITATION_LIFE_US))
        .count(tx.db())
        .await
}

/// The DM that this creator made with this GroupInfo.
pub async fn by_info(
    db: &impl ConnectionTrait,
    creator: UserId,
    hash: &[u8],
) -> Result<Option<DmId>, DbErr> {
    let row = dm::Entity::find()
        .filter(dm::Column::CreatorId.eq(creator.0))
        .filter(dm::Column::InfoHash.eq(hash))
        .one(db)
        .await?;
    Ok(row.map(|row| dm_id(row.id)))
}

/// What `create_dm` brings.
#[derive(Clone, Debug)]
pub struct NewDm<'a> {
    /// The caller.
    pub creator: UserId,
    /// The others in key-tree order, with whether the creator is a stranger to them.
    pub invited: Vec<(UserId, bool)>,
    /// The tree's public keys and one message for each invitee.
    pub tree: &'a Tree,
    /// The GroupInfo and its SHA-256.
    pub info: Option<(Vec<u8>, Vec<u8>)>,
}

/// The public part of the key agreement, kept once for all invitees.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tree {
    /// The tree's public keys.
    pub key_tree: Vec<DhKey>,
    /// The message of the invitee at position `i + 1`.
    pub messages: Vec<X3dhMessage>,
}

/// Creates a DM.
pub async fn create(tx: &mut Tx, new: NewDm<'_>) -> crate::error::Result<Arc<DmFacts>> {
    let id = tx.next_id(IdKind::Dm);
    let tree = content::with_length(&serde_json::to_vec(new.tree)?);
    let mut slots = vec![tree];
    let info_hash = new.info.map(|(info, hash)| {
        slots.push(content::with_length(&info));
        hash
    });
    let slots = content::put(tx, slots).await?;
    let created_us = tx.now_us();
    let partner = match new.invited[..] {
        [(partner, _)] => Some(partner.0),
        _ => None,
    };
    let row = dm::ActiveModel {
        id: Set(id),
        creator_id: Set(new.creator.0),
        partner_id: Set(partner),
        size: Set(leaf(new.invited.len() + 1)),
        name_id: Set(None),
        tree_id: Set(slots[0]),
        info_id: Set(slots.get(1).copied()),
        info_hash: Set(info_hash),
        created_us: Set(created_us),
        last_us: Set(0),
    };
    dm::Entity::insert(row)
        .exec_without_returning(tx.write())
        .await?;
    let creator = (new.creator, false);
    let everyone = std::iter::once(&creator).chain(&new.invited).enumerate();
    let rows = everyone.map(|(position, (user, from_stranger))| member::ActiveModel {
        dm_id: Set(id),
        user_id: Set(user.0),
        position: Set(leaf(position)),
        pending: Set(position > 0),
        from_stranger: Set(*from_stranger),
        invited_us: Set(created_us),
    });
    member::Entity::insert_many(rows)
        .exec_without_returning(tx.write())
        .await?;
    let facts = tx.dm(dm_id(id)).await?;
    facts.ok_or_else(|| anyhow::anyhow!("the DM that was just created is gone").into())
}

/// A leaf number or a count of leaves as a column; there are at most 256.
fn leaf(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Gives a DM a name, or none.
pub async fn rename(tx: &mut Tx, id: DmId, name: Option<&str>) -> Result<(), DbErr> {
    let old: Option<Option<i64>> = dm::Entity::find_by_id(id.key())
        .select_only()
        .column(dm::Column::NameId)
        .into_tuple()
        .one(tx.db())
        .await?;
    let slot = match name {
        Some(name) => Some(content::put_one(tx, content::with_length(name.as_bytes())).await?),
        None => None,
    };
    dm::Entity::update_many()
        .col_expr(dm::Column::NameId, Expr::value(slot))
        .filter(dm::Column::Id.eq(id.key()))
        .exec(tx.write())
        .await?;
    content::erase(tx, &old.flatten().into_iter().collect::<Vec<_>>()).await?;
    tx.forget_dm(id);
    Ok(())
}

/// Takes a member out, with its scheduled messages there; with the last one the DM and all in it goes.
pub async fn leave(tx: &mut Tx, id: DmId, user: UserId) -> Result<(), DbErr> {
    super::scheduled::cancel_all(tx, id, Some(user)).await?;
    member::Entity::delete_by_id((id.key(), user.0))
        .exec(tx.write())
        .await?;
    tx.forget_dm(id);
    let left = member::Entity::find()
        .filter(member::Column::DmId.eq(id.key()))
        .count(tx.db())
        .await?;
    if left == 0 {
        remove(tx, id).await?;
    }
    Ok(())
}

/// Removes a DM without members and everything that was in it. Nobody sees it any more; its messages may be many and go a batch at a time, so
/// that other changes get their turn.
async fn remove(tx: &mut Tx, id: DmId) -> Result<(), DbErr> {
    super::scheduled::cancel_all(tx, id, None).await?;
    empty(tx, id).await?;
    tombstone::Entity::delete_many()
        .filter(tombstone::Column::DmId.eq(id.key()))
        .exec(tx.write())
        .await?;
    if let Some(row) = dm::Entity::find_by_id(id.key()).one(tx.db()).await? {
        let slots: Vec<_> = [row.name_id, Some(row.tree_id), row.info_id]
            .into_iter()
            .flatten()
            .collect();
        content::erase(tx, &slots).await?;
    }
    dm::Entity::delete_by_id(id.key()).exec(tx.write()).await?;
    Ok(())
}

/// Erases a batch of the messages of a DM that is gone, and plans the next.
pub async fn empty(tx: &mut Tx, id: DmId) -> Result<(), DbErr> {
    let rows = message::Entity::find()
        .filter(message::Column::DmId.eq(id.key()))
        .limit(ERASED_AT_ONCE)
        .all(tx.db())
        .await?;
    super::messages::remove_rows(tx, &rows).await?;
    if rows.len() as u64 == ERASED_AT_ONCE {
        let now_us = tx.now_us();
        timed::insert(tx, vec![(now_us, timed::Kind::Empty, id.key())]).await?;
    }
    Ok(())
}

/// Messages of one batch of [`empty`].
const ERASED_AT_ONCE: u64 = 1_000;

/// The user's own invitation to a DM; `None` for the creator and for who is no member.
pub async fn invitation(
    db: &impl ConnectionTrait,
    id: DmId,
    user: UserId,
) -> crate::error::Result<Option<X3dhNotice>> {
    let row = member::Entity::find_by_id((id.key(), user.0))
        .one(db)
        .await?;
    let Some(row) = row.filter(|row| row.position > 0) else {
        return Ok(None);
    };
    let Some(dm) = dm::Entity::find_by_id(id.key()).one(db).await? else {
        return Ok(None);
    };
    let Some(creator) = super::users::by_id(db, UserId(dm.creator_id)).await? else {
        return Ok(None);
    };
    let Some(tree) = framed(db, "tree_id", id).await? else {
        return Ok(None);
    };
    let tree: Tree = serde_json::from_slice(&tree)?;
    let info = info(db, id).await?;
    Ok(notice(
        &tree,
        info.as_ref(),
        &creator.username,
        &creator.public_key,
        row.position,
        id,
    ))
}

/// The signed GroupInfo of a DM.
pub async fn info(db: &impl ConnectionTrait, id: DmId) -> Result<Option<Bytes>, DbErr> {
    Ok(framed(db, "info_id", id).await?.map(Bytes))
}

/// The invitation of the member at `position`; `None` where there is none.
pub fn notice(
    tree: &Tree,
    info: Option<&Bytes>,
    sender: &str,
    ik: &[u8],
    position: i32,
    id: DmId,
) -> Option<X3dhNotice> {
    let position = u32::try_from(position).ok()?;
    let message = tree
        .messages
        .get(usize::try_from(position).ok()?.checked_sub(1)?)?;
    Some(X3dhNotice {
        sender: sender.to_owned(),
        ik: Fixed(ik.try_into().ok()?),
        spk: message.spk.clone(),
        ek: message.ek,
        key_tree: tree.key_tree.clone(),
        position,
        id,
        info: info.cloned(),
    })
}

/// The DMs whose invitation the user has not acked yet, by id.
pub async fn pending(
    db: &impl ConnectionTrait,
    user: UserId,
    now_us: i64,
) -> Result<Vec<DmId>, DbErr> {
    let ids: Vec<i64> = member::Entity::find()
        .select_only()
        .column(member::Column::DmId)
        .filter(member::Column::UserId.eq(user.0))
        .filter(member::Column::Pending.eq(true))
        .filter(member::Column::InvitedUs.gt(now_us - INVITATION_LIFE_US))
        .order_by_asc(member::Column::DmId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().map(dm_id).collect())
}

/// The invitee's client keeps the invitation now.
pub async fn ack_invitation(tx: &mut Tx, id: DmId, user: UserId) -> Result<(), DbErr> {
    member::Entity::update_many()
        .col_expr(member::Column::Pending, Expr::value(false))
        .filter(member::Column::DmId.eq(id.key()))
        .filter(member::Column::UserId.eq(user.0))
        .exec(tx.write())
        .await
        .map(drop)
}
