//! Other people: look up, friends, blocks, pinned keys, safety numbers. And oneself: profile, new DMs.

use sotto_crypto::Refusal;
use sotto_crypto::envelope::Kind;
use sotto_crypto::fingerprint;
use sotto_crypto::points::decode_ik;
use sotto_protocol::Code;
use sotto_protocol::dms::GetDms;
use sotto_protocol::friends::{
    AckFriendRequest, BlockUser, GetBlocked, GetFriendRequests, GetFriends, GetOutgoingRequests,
    SendFriendRequest, Unblock, Unfriend,
};
use sotto_protocol::objects::{FullUser, Invites, User};
use sotto_protocol::text::DmId;
use sotto_protocol::users::{GetFullUser, GetUserList, SetUser};

use crate::account::text;
use crate::client::{Inner, Sotto};
use crate::clock;
use crate::error::{Error, Result};
use crate::groups::key_changed;
use crate::model::{Dm, KeyState, Person};

/// What to change of one's own profile; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// At most 64 code points.
    pub status: Option<String>,
    /// At most 500 code points.
    pub biography: Option<String>,
    /// At most 256 KiB, usually a data URL.
    pub profile_picture: Option<String>,
    /// Who may invite the user to DMs of more than two.
    pub invites: Option<Invites>,
}

impl Inner {
    /// Pins a new friend's key at first sight; someone pinned before is only held against the pin.
    pub(crate) async fn pin_friend(&self, username: &str) -> Result<()> {
        let user = self.fetch_user(username).await?;
        if user.spk.is_none() {
            decode_ik(&user.public_key.0)?;
            return self.check_pin(username, &user.public_key.0).await;
        }
        let (_, pin) = self.check_bundle(&user).await?;
        let now = clock::seconds();
        self.vault
            .change(self.access(), |content| {
                content.note_pin(username, &pin, now);
                Ok(())
            })
            .await
    }

    async fn key_state(&self, user: &User) -> KeyState {
        let pin = self.vault.read(|content| {
            let pin = content.pins.get(&user.username);
            pin.map(|pin| (pin.ik.0, pin.verified))
        });
        match pin.await {
            None => KeyState::Unknown,
            Some((pinned, verified)) if pinned == user.public_key.0 => {
                KeyState::Pinned { verified }
            }
            Some((pinned, _)) => KeyState::Changed { pinned },
        }
    }

    async fn person(&self, user: User) -> Person {
        Person {
            key: self.key_state(&user).await,
            user,
        }
    }

    pub(crate) async fn refresh_vault(&self) -> Result<()> {
        self.vault.refresh(self.access()).await.map(drop)
    }
}

/// What this account keeps at the server for its own devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storage {
    /// Percent of the limit in use.
    pub percent: usize,
    /// Groups whose keys are kept.
    pub groups: usize,
    /// People whose keys are pinned.
    pub pins: usize,
    /// When the current prekey was made, in seconds since 1970 UTC.
    pub prekey_created_at: Option<u64>,
}

/// Declares the four lists of names.
macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident = $request:ident;)*) => {
        impl Sotto {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// [`Error::Disconnected`], [`Error::Timeout`].
            pub async fn $name(&self) -> Result<Vec<String>> {
                self.inner.link.patient(&$request {}).await
            }
        )*}
    };
}

lists! {
    /// The user's friends.
    friends = GetFriends;
    /// Who asks the user to be friends.
    friend_requests = GetFriendRequests;
    /// Whom the user asks to be friends.
    outgoing_requests = GetOutgoingRequests;
    /// Whom the user blocks.
    blocked = GetBlocked;
}

impl Sotto {
    /// Oneself, as the server has it.
    ///
    /// # Errors
    /// [`Error::Disconnected`], [`Error::Timeout`].
    pub async fn me(&self) -> Result<FullUser> {
        self.inner.link.patient(&GetFullUser {}).await
    }

    /// What this account keeps at the server for its own devices.
    ///
    /// # Errors
    /// [`Error::Security`] with `E_ROLLBACK` or `E_STORAGE`.
    pub async fn storage(&self) -> Result<Storage> {
        let percent = self.inner.vault.refresh(self.inner.access()).await?.percent;
        let storage = self.inner.vault.read(|content| Storage {
            percent,
            groups: content
                .dms
                .values()
                .filter(|dm| dm.left_at.is_none())
                .count(),
            pins: content.pins.len(),
            prekey_created_at: content
                .current_prekey()
                .map(|prekey| prekey.spk().created_at()),
        });
        Ok(storage.await)
    }

    /// Changes one's own profile.
    ///
    /// # Errors
    /// [`Error::Refused`] with `too_large`.
    pub async fn set_profile(&self, profile: &Profile) -> Result<()> {
        let given = |value: &Option<String>| value.as_deref().map(text).transpose();
        let request = SetUser {
            status: given(&profile.status)?,
            biography: given(&profile.biography)?,
            profile_picture: given(&profile.profile_picture)?,
            invites: profile.invites,
            ..SetUser::default()
        };
        self.inner.until_known(&request).await.map(drop)
    }

    /// A user, with how the key that the server shows stands to the pinned one.
    ///
    /// # Errors
    /// [`Error::Refused`] with `no_such_user`.
    pub async fn user(&self, username: &str) -> Result<Person> {
        let user = self.inner.fetch_user(username).await?;
        Ok(self.inner.person(user).await)
    }

    /// A page of the directory: names with `prefix`, after the name `after`, at most `limit` (up to 1,000).
    ///
    /// # Errors
    /// [`Error::Disconnected`], [`Error::Timeout`].
    pub async fn users(
        &self,
        prefix: Option<&str>,
        after: Option<&str>,
        limit: Option<u64>,
    ) -> Result<Vec<Person>> {
        let request = GetUserList {
            prefix: prefix.map(text).transpose()?,
            after: after.map(text).transpose()?,
            limit,
        };
        let mut people = Vec::new();
        for user in self.inner.link.patient(&request).await? {
            people.push(self.inner.person(user).await);
        }
        Ok(people)
    }

    /// Asks someone to be friends; lifts one's own block.
    ///
    /// # Errors
    /// [`Error::Refused`] (`cannot_friend`, `request_exists`, `already_friends`).
    pub async fn add_friend(&self, username: &str) -> Result<()> {
        let request = SendFriendRequest {
            username: text(username)?,
        };
        self.inner.link.patient(&request).await.map(drop)
    }

    /// Answers a friend request. Accepting pins the friend's key.
    ///
    /// # Errors
    /// [`Error::Refused`] with `no_request`; [`Error::Security`] with `E_KEY_CHANGED` where another key is pinned for the name:
    /// then nothing was answered.
    pub async fn answer_friend(&self, username: &str, accept: bool) -> Result<()> {
        if accept {
            self.inner.pin_friend(username).await?;
        }
        let request = AckFriendRequest {
            username: text(username)?,
            accept,
        };
        self.inner.link.patient(&request).await.map(drop)
    }

    /// Ends a friendship.
    ///
    /// # Errors
    /// [`Error::Refused`] with `not_friends`.
    pub async fn unfriend(&self, username: &str) -> Result<()> {
        let request = Unfriend {
            username: text(username)?,
        };
        self.inner.link.patient(&request).await.map(drop)
    }

    /// Blocks someone; ends the friendship.
    ///
    /// # Errors
    /// [`Error::Refused`] with `no_such_user`.
    pub async fn block(&self, username: &str) -> Result<()> {
        let request = BlockUser {
            username: text(username)?,
        };
        self.inner.until_known(&request).await.map(drop)
    }

    /// Lifts a block.
    ///
    /// # Errors
    /// [`Error::Refused`] with `no_such_user`.
    pub async fn unblock(&self, username: &str) -> Result<()> {
        let request = Unblock {
            username: text(username)?,
        };
        self.inner.until_known(&request).await.map(drop)
    }

    /// Creates a DM with one friend or with several people, and names it where a name is given.
    ///
    /// # Errors
    /// [`Error::Refused`] (`not_friends`, `cannot_invite`, `dm_exists`, …); [`Error::Security`] (`E_KEY_CHANGED`, `E_SPK_STALE`,
    /// `E_SIG`, …) for someone's keys: then nothing was created.
    pub async fn create_dm(&self, usernames: &[String], name: Option<&str>) -> Result<Dm> {
        if name.is_some_and(|name| name.len() > Kind::Name.max_body()) {
            return Err(Error::Invalid("that name is too long".to_owned()));
        }
        let (group, warnings) = self.inner.create(usernames).await?;
        self.inner
            .warnings
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .extend(warnings);
        if name.is_some() {
            self.rename(group.dm, name).await?;
        }
        self.dm(group.dm).await
    }

    /// Leaves a DM and forgets its key, on all devices.
    ///
    /// # Errors
    /// [`Error::Refused`] with `no_access`.
    pub async fn leave(&self, dm: DmId) -> Result<()> {
        self.inner.leave(dm).await
    }

    /// 60 digits that both people see if nobody stands between them. Compare them by another way, then call [`Sotto::verify`].
    ///
    /// # Errors
    /// [`Error::Security`] with `E_KEY_CHANGED` where the server shows another key than the pinned one; `E_IK` for no key at all.
    pub async fn safety_number(&self, username: &str) -> Result<String> {
        let user = self.inner.fetch_user(username).await?;
        self.inner.check_pin(username, &user.public_key.0).await?;
        let theirs = decode_ik(&user.public_key.0)?;
        let keys = &self.inner.keys;
        let mine = (keys.username(), keys.identity().public());
        Ok(fingerprint::safety_number(mine, (username, &theirs)))
    }

    /// 60 digits that all members of a DM see if they are in the same group.
    ///
    /// # Errors
    /// [`Error::Security`] where this device cannot read it.
    pub async fn group_code(&self, dm: DmId) -> Result<String> {
        Ok(self.inner.group(dm).await?.context.group_code())
    }

    /// The user accepts the key that the server now shows for someone. Then what had been stopped for its sake goes on.
    ///
    /// # Errors
    /// [`Error::Security`] with `E_IK` for no key at all.
    pub async fn trust(&self, username: &str) -> Result<()> {
        let user = self.inner.fetch_user(username).await?;
        self.decide(&user, false).await?;
        for dm in self.inner.link.patient(&GetDms {}).await? {
            let known = self
                .inner
                .vault
                .read(|content| content.dms.contains_key(&dm));
            if known.await {
                continue;
            }
            match self.inner.group(dm).await {
                // Stopped for another reason, which was told.
                Ok(_) | Err(Error::Security(_)) => {}
                Err(error) if error.code() == Some(Code::NoAccess) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The user has compared safety numbers: the key is marked as verified.
    ///
    /// # Errors
    /// [`Error::Security`] with `E_KEY_CHANGED` where the server shows another key than the pinned one.
    pub async fn verify(&self, username: &str) -> Result<()> {
        let user = self.inner.fetch_user(username).await?;
        if matches!(self.inner.key_state(&user).await, KeyState::Changed { .. }) {
            return Err(key_changed(username));
        }
        self.decide(&user, true).await
    }

    /// Pins the key of `user` as it was just fetched, and no other that a second answer might show.
    async fn decide(&self, user: &User, verified: bool) -> Result<()> {
        let username = user.username.as_str();
        if username == self.username() {
            let own = "that is you";
            return Err(Error::security(Refusal::Name.code(), own));
        }
        let ik = decode_ik(&user.public_key.0)?.to_bytes();
        let now = clock::seconds();
        self.inner
            .vault
            .change(self.inner.access(), |content| {
                content.decide_pin(username, ik, verified, now);
                Ok(())
            })
            .await
    }
}
