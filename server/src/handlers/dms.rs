//! DMs: create, read, name, leave, typing, invitations. Rules.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use sotto_protocol::dms::{CreateDm, GetDm, GetDms, LeaveDm, PingTyping, SetDm};
use sotto_protocol::notices::{InDm, Notice, Scope};
use sotto_protocol::objects::DmDetails;
use sotto_protocol::reply::Done;
use sotto_protocol::text::DmId;
use sotto_protocol::{Code, Refusal};

use super::{dm_notice, dm_of, leave_call, may_write};
use crate::app::App;
use crate::ctx::{Applied, Change, Ctx, Member};
use crate::error::Result;
use crate::limits::{Charge, Rate, at_most};
use crate::notify::{Actor, Outbox, Tell};
use crate::rules::dms::{Invitee, group_info, may_invite, well_formed};
use crate::store::dms::{self, NewDm, Tree};
use crate::store::users::{self, Identity};
use crate::store::{Tx, UserId, friends, history, messages, scheduled};

/// `create_dm`.
pub async fn create(ctx: Ctx<Member>, request: CreateDm) -> Result<Create> {
    let limits = &ctx.app.config.limits;
    well_formed(&ctx.me().username, &request, limits.max_members)?;
    let info_hash = match &request.info {
        Some(info) if info.0.is_empty() => {
            return Err(Refusal::saying(
                Code::InvalidRequest,
                "info: at least one byte is expected",
            )
            .into());
        }
        Some(info) => {
            at_most("info", info.0.len(), limits.max_info)?;
            Some(Sha256::digest(&info.0).to_vec())
        }
        None => None,
    };
    Ok(Create {
        app: Arc::clone(&ctx.app),
        actor: ctx.actor(),
        request,
        info_hash,
        invitations: Charge::default(),
        charge: Charge::default(),
    })
}

/// A new DM.
pub struct Create {
    app: Arc<App>,
    actor: Actor,
    request: CreateDm,
    info_hash: Option<Vec<u8>>,
    invitations: Charge,
    charge: Charge,
}

impl Change for Create {
    type Reply = DmId;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<DmId>> {
        let me = self.actor.id();
        if let Some(hash) = &self.info_hash
            && let Some(id) = dms::by_info(tx.db(), me, hash).await?
        {
            return Ok(Applied::quietly(id));
        }
        let others = self.others(tx).await?;
        let ids: Vec<_> = others.iter().map(Identity::id).collect();
        let strangers = self.may_create(tx, &others, &ids).await?;
        self.prekeys_are_current(&others)?;
        if let Some(info) = &self.request.info {
            let creator = (&*self.actor.me.username, *self.actor.me.key.as_bytes());
            let members: Vec<_> = std::iter::once(creator)
                .chain(others.iter().map(|user| {
                    (
                        user.username.as_str(),
                        user.public_key.as_slice().try_into().unwrap_or_default(),
                    )
                }))
                .collect();
            group_info(&info.0, &members, &self.request)?;
        }
        let count = u32::try_from(strangers.len()).unwrap_or(u32::MAX);
        self.invitations
            .count(&self.app.rates, Rate::Invitations(me, count))?;
        self.charge
            .fan_out(&self.app.rates, me, self.bytes(), others.len())?;
        let tree = Tree {
            key_tree: self.request.key_tree.clone(),
            messages: self.request.messages.clone(),
        };
        let new = NewDm {
            creator: me,
            invited: ids
                .iter()
                .map(|user| (*user, strangers.contains(user)))
                .collect(),
            tree: &tree,
            info: self
                .request
                .info
                .clone()
                .map(|info| info.0)
                .zip(self.info_hash.clone()),
        };
        let dm = dms::create(tx, new).await?;
        let mut outbox = Outbox::default();
        self.invite(dm.id, &tree, &ids, &mut outbox);
        outbox.users(dm.users(), dm_notice(tx, &dm));
        Ok(Applied {
            reply: dm.id,
            outbox,
        })
    }
}

impl Create {
    /// Length of what goes to each invitee, about.
    fn bytes(&self) -> usize {
        self.request.key_tree.len() * 32 + self.request.info.as_ref().map_or(0, |info| info.0.len())
    }

    /// The others in the order of the request.
    async fn others(&self, tx: &Tx) -> Result<Vec<Identity>> {
        let names = || self.request.usernames.iter().map(|name| name.as_str());
        let found = users::identities(tx.db(), names()).await?;
        let mut found: HashMap<_, _> = found
            .into_iter()
            .map(|user| (user.username.clone(), user))
            .collect();
        let others: Option<Vec<_>> = names().map(|name| found.remove(name)).collect();
        Ok(others.ok_or(Code::NoSuchUser)?)
    }

    /// Whether the creator may; to whom of the others the creator is a stranger.
    async fn may_create(
        &self,
        tx: &mut Tx,
        others: &[Identity],
        ids: &[UserId],
    ) -> Result<HashSet<UserId>> {
        let me = self.actor.id();
        if let [other] = ids {
            if !tx.are_friends(me, *other).await? {
                return Err(Code::NotFriends.into());
            }
            if dms::pair_exists(tx.db(), me, *other).await? {
                return Err(Code::DmExists.into());
            }
            return Ok(HashSet::new());
        }
        let set = |users: Vec<UserId>| users.into_iter().collect::<HashSet<_>>();
        let blockers = set(friends::blockers_among(tx.db(), me, ids).await?);
        let friends = set(friends::friends_among(tx.db(), me, ids).await?);
        let fellows = set(dms::fellows_among(tx.db(), me, ids).await?);
        let mut strangers = HashSet::new();
        for other in others {
            let id = other.id();
            let known = friends.contains(&id) || fellows.contains(&id);
            let pending = if known {
                0
            } else {
                dms::pending_from_strangers(tx, id).await?
            };
            let invitee = Invitee {
                blocks: blockers.contains(&id),
                friend: friends.contains(&id),
                known,
                friends_only: other.invites_from_friends,
                pending_from_strangers: pending,
            };
            if !may_invite(&invitee, self.app.config.limits.max_stranger_invitations) {
                return Err(Code::CannotInvite.into());
            }
            if !known {
                strangers.insert(id);
            }
        }
        Ok(strangers)
    }

    /// Whether each message was made for the invitee's current prekey.
    fn prekeys_are_current(&self, others: &[Identity]) -> Result<()> {
        if others.iter().any(|user| user.spk.is_none()) {
            return Err(Code::NoPrekey.into());
        }
        let mut pairs = others.iter().zip(&self.request.messages);
        if pairs.any(|(user, message)| user.spk.as_deref() != Some(message.spk.as_bytes())) {
            return Err(Code::StalePrekey.into());
        }
        Ok(())
    }

    fn invite(&self, id: DmId, tree: &Tree, invited: &[UserId], outbox: &mut Outbox) {
        let me = &self.actor.me;
        for (index, user) in invited.iter().enumerate() {
            let position = i32::try_from(index + 1).unwrap_or(i32::MAX);
            let info = self.request.info.as_ref();
            let notice = dms::notice(tree, info, &me.username, me.key.as_bytes(), position, id);
            if let Some(notice) = notice {
                outbox.user(*user, Notice::X3dh(notice));
            }
        }
    }
}

/// `get_dms`.
pub async fn list(ctx: Ctx<Member>, _: GetDms) -> Result<Vec<DmId>> {
    Ok(dms::of_user(ctx.store().reader(), ctx.my_id()).await?)
}

/// `get_dm`.
pub async fn get(ctx: Ctx<Member>, request: GetDm) -> Result<DmDetails> {
    let (reader, me, living) = (ctx.store().reader(), ctx.my_id(), ctx.living());
    let dm = dms::with_member(reader, request.id, me)
        .await?
        .ok_or(Code::NoAccess)?;
    let newest = history::page(
        reader,
        dm.id,
        history::Window::Before(None),
        1,
        usize::MAX,
        living,
    )
    .await?;
    Ok(DmDetails {
        latest_message: messages::load(reader, &newest, living).await?.pop(),
        scheduled_messages: scheduled::of_sender_in(reader, dm.id, me)
            .await?
            .into_iter()
            .collect(),
        info: dms::info(reader, dm.id).await?,
        x3dh: dms::invitation(reader, dm.id, me).await?,
        dm: dm.to_object(&ctx.store().calls()),
    })
}

/// `set_dm`.
pub async fn set(ctx: Ctx<Member>, request: SetDm) -> Result<Rename> {
    let name = request.name.map(|name| name.into_string());
    let chars = name.as_ref().map_or(0, |name| name.chars().count());
    at_most("name", chars, ctx.app.config.limits.max_dm_name)?;
    Ok(Rename {
        app: Arc::clone(&ctx.app),
        actor: ctx.actor(),
        dm: request.id,
        name,
        charge: Charge::default(),
    })
}

/// A new name.
pub struct Rename {
    actor: Actor,
    dm: DmId,
    name: Option<String>,
    app: Arc<App>,
    charge: Charge,
}

impl Change for Rename {
    type Reply = Done;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<Done>> {
        let dm = dm_of(tx, self.dm, &self.actor).await?;
        let me = self.actor.id();
        may_write(tx, &dm, me).await?;
        let bytes = self.name.as_ref().map_or(0, String::len);
        self.charge
            .fan_out(&self.app.rates, me, bytes, dm.members.len())?;
        dms::rename(tx, dm.id, self.name.as_deref()).await?;
        let dm = dm_of(tx, self.dm, &self.actor).await?;
        let mut outbox = Outbox::default();
        outbox.users(dm.users(), dm_notice(tx, &dm));
        Ok(Applied {
            reply: Done,
            outbox,
        })
    }
}

/// `leave_dm`.
pub async fn leave(ctx: Ctx<Member>, request: LeaveDm) -> Result<Leave> {
    Ok(Leave {
        actor: ctx.actor(),
        dm: request.id,
    })
}

/// A member's farewell.
pub struct Leave {
    actor: Actor,
    dm: DmId,
}

impl Change for Leave {
    type Reply = Done;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<Done>> {
        let me = self.actor.id();
        dm_of(tx, self.dm, &self.actor).await?;
        dms::leave(tx, self.dm, me).await?;
        let mut outbox = Outbox::default();
        match tx.dm(self.dm).await? {
            Some(dm) => {
                leave_call(tx, &dm, me, &self.actor.me.username, &mut outbox);
                outbox.users(dm.users(), dm_notice(tx, &dm));
            }
            None => {
                tx.leave_call(self.dm, me);
                outbox.0.push(Tell::Due(tx.now_us()));
            }
        }
        outbox.own_change(&self.actor, Scope::Dms, Some(self.dm));
        Ok(Applied {
            reply: Done,
            outbox,
        })
    }
}

/// `ping_typing`.
pub async fn typing(ctx: Ctx<Member>, request: PingTyping) -> Result<Typing> {
    let may_tell = ctx.app.rates.may_type(ctx.my_id(), request.id.get());
    Ok(Typing {
        actor: ctx.actor(),
        dm: request.id,
        may_tell,
    })
}

/// A member is typing. Changes nothing, but is judged and told in line with what does.
pub struct Typing {
    actor: Actor,
    dm: DmId,
    may_tell: bool,
}

impl Change for Typing {
    type Reply = Done;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<Done>> {
        let me = self.actor.id();
        let dm = dm_of(tx, self.dm, &self.actor).await?;
        may_write(tx, &dm, me).await?;
        let mut outbox = Outbox::default();
        if self.may_tell {
            let others: Vec<_> = dm.users().into_iter().filter(|user| *user != me).collect();
            outbox.users(
                others,
                Notice::Typing(InDm {
                    id: dm.id,
                    username: self.actor.name(),
                }),
            );
        }
        Ok(Applied {
            reply: Done,
            outbox,
        })
    }
}

/// The DMs to which a device is invited right after its login: those that nobody acked yet, by id.
pub async fn pending_invitations(ctx: &Ctx<Member>) -> Result<Vec<DmId>> {
    Ok(dms::pending(ctx.store().reader(), ctx.my_id(), ctx.now_us()).await?)
}

/// The invitation to one of them, for this device.
pub async fn invitation(ctx: &Ctx<Member>, id: DmId) -> Result<Outbox> {
    let mut outbox = Outbox::default();
    if let Some(notice) = dms::invitation(ctx.store().reader(), id, ctx.my_id()).await? {
        outbox.device(ctx.my_id(), ctx.session.device, Notice::X3dh(notice));
    }
    Ok(outbox)
}

/// A device of the invitee keeps the invitation now.
pub struct AckInvitation {
    /// The DM.
    pub dm: DmId,
    /// The invitee.
    pub user: UserId,
}

impl Change for AckInvitation {
    type Reply = ();

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<()>> {
        dms::ack_invitation(tx, self.dm, self.user).await?;
        Ok(Applied::quietly(()))
    }
}
