//! Making and joining groups: keys are kept in `own_storage` before anyone is told that they exist.

use std::sync::Arc;

use rand::rng;
use sotto_crypto::bundle::{Bundle, check_pin};
use sotto_crypto::group::{self, GroupContext, GroupRandom, Invitation, Me};
use sotto_crypto::keys::GroupSecret;
use sotto_crypto::{Refusal, hex};
use sotto_protocol::Code;
use sotto_protocol::dms::{CreateDm, GetDm, GetDms, LeaveDm, X3dhMessage};
use sotto_protocol::objects::{DmDetails, User, X3dhNotice};
use sotto_protocol::text::{Bytes, DmId, Fixed, Spk};
use sotto_protocol::users::GetUser;

use crate::account::text;
use crate::client::Inner;
use crate::clock;
use crate::error::{Error, Result};
use crate::secret::Secret32;
use crate::vault::content::{Content, PendingGroup};

/// A group that this device can read and write.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub dm: DmId,
    pub context: GroupContext,
    /// The user's own place in it.
    pub position: u32,
}

impl Group {
    fn new(inner: &Inner, dm: DmId, context: GroupContext) -> Result<Arc<Self>> {
        let position = context
            .position(inner.keys.username())
            .ok_or(Refusal::Position)?;
        Ok(Arc::new(Self {
            dm,
            context,
            position,
        }))
    }
}

/// Others' prekeys change while a DM is being made; how often it is begun anew.
const ATTEMPTS: usize = 3;

impl Inner {
    /// The group behind a DM, from memory, from `own_storage`, or from an invitation that is still to be read.
    pub(crate) async fn group(&self, dm: DmId) -> Result<Arc<Group>> {
        if let Some(group) = self.groups.lock().await.get(&dm) {
            return Ok(Arc::clone(group));
        }
        let details = self.link.patient(&GetDm { id: dm }).await?;
        self.group_of(&details).await
    }

    /// [`Self::group`] where the DM was just read.
    pub(crate) async fn group_of(&self, details: &DmDetails) -> Result<Arc<Group>> {
        let dm = details.dm.id;
        if let Some(group) = self.groups.lock().await.get(&dm) {
            return Ok(Arc::clone(group));
        }
        if let Some(group) = self.restore(details).await? {
            return Ok(group);
        }
        // Another device may have joined in the meantime.
        self.refresh_vault().await?;
        if let Some(group) = self.restore(details).await? {
            return Ok(group);
        }
        match &details.x3dh {
            // One group under two ids: whatever was written to the one could be shown in the other (C-919).
            Some(invitation) if invitation.id != dm => Err(Refusal::ReplayGroup.into()),
            Some(invitation) => self.join(invitation).await,
            None => Err(Error::security(
                Refusal::Epoch.code(),
                format!("No device of this account has the key of DM {dm}"),
            )),
        }
    }

    async fn remember(&self, group: Arc<Group>) -> Arc<Group> {
        self.groups
            .lock()
            .await
            .insert(group.dm, Arc::clone(&group));
        group
    }

    /// Builds the group from what `own_storage` holds: bound to this DM, or created and never heard of again.
    async fn restore(&self, details: &DmDetails) -> Result<Option<Arc<Group>>> {
        let dm = details.dm.id;
        let Some(info) = details.info.as_ref() else {
            return Err(Error::security(
                Refusal::Downgrade.code(),
                format!("DM {dm} was made by a client without signed group info"),
            ));
        };
        let bound = self.vault.read(|content| {
            content
                .epoch(dm)
                .map(|epoch| (*epoch.secret.expose(), epoch.gi_hash.0))
        });
        if let Some((secret, gi_hash)) = bound.await {
            let secret = GroupSecret::from_bytes(secret);
            let context = GroupContext::restore(&info.0, &gi_hash, secret)?;
            return Ok(Some(self.remember(Group::new(self, dm, context)?).await));
        }
        let gi_hash = sotto_crypto::group_info::SignedInfo::parse(&info.0)?
            .group
            .gi_hash();
        let pending = self.vault.read(|content| {
            let pending = content.pending.get(&hex::encode(&gi_hash))?;
            Some(*pending.secret.expose())
        });
        let Some(secret) = pending.await else {
            return Ok(None);
        };
        let context = GroupContext::restore(&info.0, &gi_hash, GroupSecret::from_bytes(secret))?;
        self.bind(dm, &context).await?;
        Ok(Some(self.remember(Group::new(self, dm, context)?).await))
    }

    /// Binds a group to its DM in `own_storage`.
    async fn bind(&self, dm: DmId, context: &GroupContext) -> Result<()> {
        self.vault
            .change(self.access(), |content| {
                // The id is the server's word: what is written to one DM must not be sealed for another's members.
                check_unbound(content, dm, context)?;
                content.keep_group(dm, context);
                Ok(())
            })
            .await
    }

    /// Accepts an invitation: every check of 2.7, then the key into `own_storage`. The caller acks afterwards.
    pub(crate) async fn join(&self, notice: &X3dhNotice) -> Result<Arc<Group>> {
        let invitation = Invitation {
            sender: notice.sender.clone(),
            ik: notice.ik.0,
            spk: notice.spk.as_bytes().to_vec(),
            ek: notice.ek.0,
            key_tree: notice.key_tree.iter().map(|key| key.0).collect(),
            position: notice.position,
            dm_id: notice.id.get(),
            info: notice.info.as_ref().map(|info| info.0.clone()),
        };
        let receive = || {
            self.vault.read(|content| {
                let me = Me {
                    identity: self.keys.identity(),
                    name: self.keys.username(),
                    prekeys: &content.prekeys(),
                };
                group::receive(me, &invitation, content, content)
            })
        };
        let joined = match receive().await {
            // The prekey may be one that another device has published.
            Err(Refusal::Spk) => {
                self.refresh_vault().await?;
                receive().await
            }
            outcome => outcome,
        };
        let joined = joined.map_err(|refusal| explain_invitation(notice, refusal))?;
        let context = joined.context;
        let partner = match context.roster() {
            [creator, _] => Some(
                self.first_sight(&creator.name, creator.ik.as_bytes())
                    .await?,
            ),
            _ => None,
        };
        let now = clock::seconds();
        self.vault
            .change(self.access(), |content| {
                // Another device may have bound the id or the group in the meantime.
                check_unbound(content, notice.id, &context)?;
                content.keep_group(notice.id, &context);
                if let Some(pin) = &partner {
                    content.note_pin(&context.roster()[0].name, pin, now);
                }
                Ok(())
            })
            .await?;
        Ok(self.remember(Group::new(self, notice.id, context)?).await)
    }

    /// Takes the user's key from the server and holds it against the one that a group names: only the former is ever pinned.
    async fn first_sight(
        &self,
        username: &str,
        in_group: &[u8; 32],
    ) -> Result<sotto_crypto::bundle::Pin> {
        let user = self.fetch_user(username).await?;
        if user.public_key.0 != *in_group {
            return Err(key_changed(username));
        }
        let (_, pin) = self.check_bundle(&user).await?;
        Ok(pin)
    }

    pub(crate) async fn fetch_user(&self, username: &str) -> Result<User> {
        let user = self
            .link
            .patient(&GetUser {
                username: text(username)?,
            })
            .await?;
        if user.username != username {
            return Err(Error::security(
                Refusal::Name.code(),
                format!("The server answered for another user than {username}"),
            ));
        }
        Ok(user)
    }

    /// Checks someone's keys against the pin. The prekey's age is told in words, where it is worth a warning.
    pub(crate) async fn check_bundle(
        &self,
        user: &User,
    ) -> Result<(Option<String>, sotto_crypto::bundle::Pin)> {
        let name = &user.username;
        let (Some(spk), Some(sig)) = (&user.spk, &user.sig) else {
            return Err(Error::Invalid(format!(
                "{name} has not published a prekey yet"
            )));
        };
        let bundle = Bundle {
            username: name,
            ik: &user.public_key.0,
            spk: spk.as_bytes(),
            sig: &sig.0,
        };
        let checked = self.vault.read(|content| bundle.check(content)).await;
        let checked = checked.map_err(|refusal| match refusal {
            Refusal::KeyChanged => key_changed(name),
            other => Error::security(
                other.code(),
                format!(
                    "The keys of {name} are refused: {}",
                    other.sentence().trim_end_matches('.')
                ),
            ),
        })?;
        let warning = checked.is_old(clock::seconds()).then(|| {
            format!("{name}'s prekey is over 60 days old: {name} has not been here for long, or the server holds back a newer one")
        });
        Ok((warning, checked.pin))
    }

    /// Creates a DM. Answers warnings for the user along with it.
    pub(crate) async fn create(&self, usernames: &[String]) -> Result<(Arc<Group>, Vec<String>)> {
        for _ in 1..ATTEMPTS {
            match self.try_create(usernames).await {
                Err(error) if error.code() == Some(Code::StalePrekey) => {}
                outcome => return outcome,
            }
        }
        self.try_create(usernames).await
    }

    async fn try_create(&self, usernames: &[String]) -> Result<(Arc<Group>, Vec<String>)> {
        let mut users = Vec::with_capacity(usernames.len());
        let mut warnings = Vec::new();
        let mut pins = Vec::new();
        for username in usernames {
            let user = self.fetch_user(username).await?;
            let (warning, pin) = self.check_bundle(&user).await?;
            warnings.extend(warning);
            pins.push((username.clone(), pin));
            users.push(user);
        }
        let created = self.compute(&users).await?;
        let gi_hash = hex::encode(created.context.gi_hash());
        let (two, now) = (usernames.len() == 1, clock::seconds());
        self.vault
            .change(self.access(), |content| {
                let pending = PendingGroup {
                    secret: Secret32::new(*created.context.secret().expose()),
                    at: now,
                };
                content.pending.insert(gi_hash.clone(), pending);
                for (username, pin) in &pins {
                    // Of larger groups only those are remembered who were pinned before.
                    if two || content.pins.contains_key(username) {
                        content.note_pin(username, pin, now);
                    }
                }
                Ok(())
            })
            .await?;
        let spk = |bytes: &[u8]| Spk::new(bytes.to_vec()).ok_or(Refusal::Spk);
        let messages = created.messages.iter().map(|message| {
            Ok(X3dhMessage {
                ek: Fixed(message.ek),
                spk: spk(&message.spk)?,
            })
        });
        let request = CreateDm {
            usernames: usernames
                .iter()
                .map(|name| text(name))
                .collect::<Result<_>>()?,
            messages: messages.collect::<Result<_>>()?,
            key_tree: created.key_tree.iter().map(|key| Fixed(*key)).collect(),
            info: Some(Bytes(created.info.clone())),
        };
        // The same `info` once more is answered with the first DM's id, so a lost answer is simply asked for again.
        let dm = match self.until_known(&request).await {
            Ok(dm) => dm,
            Err(error) => {
                if matches!(error, Error::Refused(_)) {
                    self.forget_pending(&gi_hash).await?;
                }
                return Err(error);
            }
        };
        self.bind(dm, &created.context).await?;
        let group = Group::new(self, dm, created.context)?;
        Ok((self.remember(group).await, warnings))
    }

    async fn compute(&self, users: &[User]) -> Result<group::Created> {
        let none = |name: &str| Error::Invalid(format!("{name} has not published a prekey yet"));
        let bundles = users.iter().map(|user| {
            let (spk, sig) = (user.spk.as_ref(), user.sig.as_ref());
            Ok(Bundle {
                username: &user.username,
                ik: &user.public_key.0,
                spk: spk.ok_or_else(|| none(&user.username))?.as_bytes(),
                sig: &sig.ok_or_else(|| none(&user.username))?.0,
            })
        });
        let bundles: Vec<_> = bundles.collect::<Result<_>>()?;
        if bundles.is_empty() || bundles.len() > 255 {
            return Err(Error::Invalid("a DM has 2 to 256 members".to_owned()));
        }
        let random = GroupRandom::generate(&mut rng(), bundles.len() + 1);
        let created = self.vault.read(|content| {
            group::create(
                self.keys.identity(),
                self.keys.username(),
                clock::seconds(),
                &bundles,
                content,
                &random,
            )
        });
        Ok(created.await?)
    }

    async fn forget_pending(&self, gi_hash: &str) -> Result<()> {
        self.vault
            .change(self.access(), |content| {
                content.pending.remove(gi_hash);
                Ok(())
            })
            .await
    }

    /// Leaves a DM: at the server first, then a tombstone in `own_storage`.
    pub(crate) async fn leave(&self, dm: DmId) -> Result<()> {
        match self.until_known(&LeaveDm { id: dm }).await {
            Ok(_) => {}
            // The answer to the first attempt was lost, and it had worked.
            Err(error) if error.code() == Some(Code::NoAccess) && self.is_gone(dm).await? => {}
            Err(error) => return Err(error),
        }
        self.bury(dm).await
    }

    async fn is_gone(&self, dm: DmId) -> Result<bool> {
        let known = self.vault.read(|content| content.dms.contains_key(&dm));
        Ok(known.await && !self.link.patient(&GetDms {}).await?.contains(&dm))
    }

    /// Forgets a DM that the user is no longer in.
    pub(crate) async fn bury(&self, dm: DmId) -> Result<()> {
        self.groups.lock().await.remove(&dm);
        self.replays.forget_dm(dm)?;
        let now = clock::seconds();
        self.vault
            .change(self.access(), |content| {
                content.bury(dm, now);
                Ok(())
            })
            .await
    }

    /// Holds a key that the server shows against the pin.
    pub(crate) async fn check_pin(&self, username: &str, ik: &[u8; 32]) -> Result<()> {
        self.vault
            .read(|content| check_pin(content, username, ik))
            .await
            .map_err(|_| key_changed(username))
    }
}

/// A DM id belongs to one group for ever, and a group to one DM id.
fn check_unbound(content: &Content, dm: DmId, context: &GroupContext) -> Result<()> {
    let other = content
        .dms
        .iter()
        .any(|(id, kept)| (*id == dm) != (kept.group_id.0 == *context.group_id()));
    if other {
        return Err(Refusal::ReplayGroup.into());
    }
    Ok(())
}

/// The refusal that stops everything until the user has decided.
pub(crate) fn key_changed(username: &str) -> Error {
    Error::security(
        Refusal::KeyChanged.code(),
        format!(
            "The identity key of {username} is not the one that was seen before: compare safety numbers, then trust the new key or not"
        ),
    )
}

fn explain_invitation(notice: &X3dhNotice, refusal: Refusal) -> Error {
    Error::security(
        refusal.code(),
        format!(
            "The invitation to DM {} by {} is refused: {}",
            notice.id,
            notice.sender,
            refusal.sentence().trim_end_matches('.')
        ),
    )
}
