//! Users: look up, list, change oneself. Rules.

use std::collections::HashSet;

use sotto_protocol::names::fold;
use sotto_protocol::notices::Notice;
use sotto_protocol::objects::{self, FullUser, Invites};
use sotto_protocol::reply::Done;
use sotto_protocol::text::{Fixed, Spk};
use sotto_protocol::users::{GetFullUser, GetUser, GetUserList, SetUser};
use sotto_protocol::{Code, Refusal};

use super::page::Page;
use crate::app::App;
use crate::config::Directory;
use crate::ctx::{Applied, Change, Ctx, Member};
use crate::error::Result;
use crate::limits::at_most;
use crate::notify::{Actor, Outbox, Tell, To};
use crate::rules::users::{Sight, prekey_form, signed, visible_status};
use crate::store::users::{self, ProfileChange, User};
use crate::store::{Tx, UserId, friends};

/// The most users on a page, and how many there are without `limit`.
const PAGE: u64 = 1_000;

/// `get_user`.
pub async fn get(ctx: Ctx<Member>, request: GetUser) -> Result<objects::User> {
    let reader = ctx.store().reader();
    let user = users::by_name(reader, request.username.as_str())
        .await?
        .ok_or(Code::NoSuchUser)?;
    let (me, them) = (ctx.my_id(), UserId(user.id));
    let blocks = friends::between(reader, me, them).await?.blocked_by;
    let stranger = ctx.app.config.directory == Directory::Contacts
        && !users::is_contact(reader, me, them).await?;
    let online = ctx.app.teller.is_online(them);
    Ok(to_object(
        user,
        Sight {
            online,
            blocks,
            stranger,
        },
    ))
}

/// A user's row as someone sees it.
fn to_object(user: User, sight: Sight) -> objects::User {
    objects::User {
        username: user.username,
        public_key: Fixed(user.public_key.try_into().unwrap_or_default()),
        spk: user.spk.and_then(Spk::new),
        sig: user.sig.and_then(|sig| sig.try_into().ok()).map(Fixed),
        status: visible_status(user.status, sight),
        biography: user.biography,
        profile_picture: user.profile_picture,
    }
}

/// The profile that friends and fellow members see.
pub fn profile(user: User, online: bool) -> objects::User {
    to_object(
        user,
        Sight {
            online,
            blocks: false,
            stranger: false,
        },
    )
}

/// `get_full_user`.
pub async fn get_full(ctx: Ctx<Member>, _: GetFullUser) -> Result<FullUser> {
    let reader = ctx.store().reader();
    let user = users::by_id(reader, ctx.my_id())
        .await?
        .ok_or(Code::NoSuchUser)?;
    let storage = users::storage(reader, ctx.my_id()).await?;
    let invites = if user.invites_from_friends {
        Invites::Friends
    } else {
        Invites::Anyone
    };
    Ok(FullUser {
        user: profile(user, true),
        own_storage: storage.own_storage,
        own_storage_version: u64::try_from(storage.version).unwrap_or(0),
        invites,
    })
}

/// `get_user_list`.
pub async fn list(ctx: Ctx<Member>, request: GetUserList) -> Result<Vec<objects::User>> {
    if request.limit == Some(0) {
        return Err(Refusal::saying(Code::InvalidRequest, "limit: at least 1 is expected").into());
    }
    let me = ctx.my_id();
    let contacts_of = (ctx.app.config.directory == Directory::Contacts).then_some(me);
    let prefix = request
        .prefix
        .map(|prefix| fold(prefix.as_str()))
        .unwrap_or_default();
    let mut after = request.after.map(|after| fold(after.as_str()));
    let mut left = request.limit.unwrap_or(PAGE).min(PAGE);
    let mut page = Page::new(ctx.app.config.limits.max_page);
    // Rows may be large, so they are read in small portions until the page is full.
    while left > 0 {
        let portion = left.min(50);
        let reader = ctx.store().reader();
        let rows = users::page(reader, &prefix, after.as_deref(), portion, contacts_of).await?;
        let ids: Vec<_> = rows.iter().map(|row| UserId(row.id)).collect();
        let blockers: HashSet<_> = friends::blockers_among(reader, me, &ids)
            .await?
            .into_iter()
            .collect();
        let last = rows.len() < portion as usize;
        left -= rows.len() as u64;
        after = rows.last().map(|row| row.folded.clone()).or(after);
        for row in rows {
            let id = UserId(row.id);
            let online = ctx.app.teller.is_online(id);
            let sight = Sight {
                online,
                blocks: blockers.contains(&id),
                stranger: false,
            };
            if !page.take(to_object(row, sight))? {
                return Ok(page.items);
            }
        }
        if last {
            break;
        }
    }
    Ok(page.items)
}

/// `set_user`.
pub async fn set(ctx: Ctx<Member>, request: SetUser) -> Result<Set> {
    let limits = &ctx.app.config.limits;
    let prekey = match (request.spk, request.sig) {
        (None, _) => None,
        (Some(Some(spk)), Some(sig)) => Some((spk, sig)),
        (Some(_), _) => {
            let sentence = "spk: a prekey together with sig is expected";
            return Err(Refusal::saying(Code::InvalidRequest, sentence).into());
        }
    };
    let chars = |text: &Option<sotto_protocol::text::Text>| {
        text.as_ref()
            .map_or(0, |text| text.as_str().chars().count())
    };
    let bytes = |text: &Option<sotto_protocol::text::Text>| {
        text.as_ref().map_or(0, |text| text.as_str().len())
    };
    at_most("status", chars(&request.status), limits.max_status)?;
    at_most("biography", chars(&request.biography), limits.max_biography)?;
    at_most(
        "profile_picture",
        bytes(&request.profile_picture),
        limits.max_profile_picture,
    )?;
    at_most(
        "own_storage",
        bytes(&request.own_storage),
        limits.max_own_storage,
    )?;
    if let Some((spk, sig)) = &prekey {
        prekey_form(spk.as_bytes())?;
        signed(&ctx.me().key, spk.as_bytes(), &sig.0)?;
    }
    Ok(Set {
        actor: ctx.actor(),
        seen_by_others: prekey.is_some()
            || request.status.is_some()
            || request.biography.is_some()
            || request.profile_picture.is_some(),
        profile: ProfileChange {
            prekey: prekey.map(|(spk, sig)| (spk.as_bytes().to_vec(), sig.0.to_vec())),
            status: request.status.map(|text| text.into_string()),
            biography: request.biography.map(|text| text.into_string()),
            profile_picture: request.profile_picture.map(|text| text.into_string()),
            invites_from_friends: request.invites.map(|invites| invites == Invites::Friends),
        },
        own_storage: request.own_storage.map(|text| text.into_string()),
        expected_version: request.own_storage_version,
    })
}

/// A change of one's own account.
pub struct Set {
    actor: Actor,
    profile: ProfileChange,
    seen_by_others: bool,
    own_storage: Option<String>,
    expected_version: Option<u64>,
}

impl Change for Set {
    type Reply = Done;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<Done>> {
        let me = self.actor.id();
        let of_account = self.seen_by_others || self.profile.invites_from_friends.is_some();
        if let Some(text) = &self.own_storage {
            let version = users::storage_version(tx.db(), me).await?;
            if self
                .expected_version
                .is_some_and(|expected| i64::try_from(expected) != Ok(version))
            {
                return Err(Code::Conflict.into());
            }
            users::set_storage(tx, me, version + 1, text).await?;
        }
        if of_account {
            users::change(tx, me, &self.profile).await?;
        }
        let mut outbox = Outbox::default();
        if self.seen_by_others {
            outbox.0.push(Tell::Profile(me, Some(self.actor.device)));
        } else if self.own_storage.is_some() || of_account {
            let user = users::by_id(tx.db(), me).await?.ok_or(Code::NoSuchUser)?;
            let to = To::OtherDevices(me, self.actor.device);
            outbox.notice(to, Notice::Profile(profile(user, true)));
        }
        Ok(Applied {
            reply: Done,
            outbox,
        })
    }
}

/// Who hears of a user's profile, and what; `None` for a user who is gone.
pub async fn profile_news(app: &App, of: UserId) -> Result<Option<(Vec<UserId>, objects::User)>> {
    let reader = app.store.reader();
    let audience = users::profile_audience(reader, of).await?;
    let user = users::by_id(reader, of).await?;
    Ok(user.map(|user| (audience, profile(user, app.teller.is_online(of)))))
}
