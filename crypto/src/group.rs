//! Making and joining a group (C-201 to C-220), and what a member then holds; for the client
//! SDKs.
//!
//! This is the one interface behind which key agreement stands: create or receive in,
//! [`GroupContext`] out.
use crate::bundle::{Bundle, CheckedBundle, Pins, check_pin};
use crate::encode::t;
use crate::error::{Refusal, Result};
use crate::group_info::{GroupInfo, ListedMember, MEMBERS, Member, SignedInfo, check_distinct};
use crate::kdf::{Key, kdf};
use crate::keys::{GroupSecret, Identity, Prekey, Spk};
use crate::points::{XPublic, decode_ik, decode_x};
use crate::x3dh::{LeafContext, message_hash};
use crate::{fingerprint, hex, names, tree};
use rand_core::CryptoRng;
use std::collections::BTreeMap;
use std::fmt;
use subtle::ConstantTimeEq;
use x25519_dalek::StaticSecret;
use zeroize::Zeroizing;

/// What a member holds of a group at one epoch: the roster, the secret and the transcript that
/// binds them.
#[derive(Clone)]
pub struct GroupContext {
    group: GroupInfo,
    gi_hash: [u8; 32],
    roster: Vec<Member>,
    secret: GroupSecret,
}

impl GroupContext {
    /// Restores a context from the server's `info` and what `own_storage` kept.
    ///
    /// # Errors
    /// [`Refusal::Gi`] for the layout, [`Refusal::Epoch`] if `info` is not the one with `gi_hash`,
    /// [`Refusal::Name`] and [`Refusal::Ik`] for its members, [`Refusal::Confirm`] if the secret is
    /// another's.
    pub fn restore(info: &[u8], gi_hash: &[u8; 32], secret: GroupSecret) -> Result<Self> {
        let info = SignedInfo::parse(info)?;
        if info.group.gi_hash() != *gi_hash {
            return Err(Refusal::Epoch);
        }
        let roster = info.group.roster()?;
        let context = Self {
            group: info.group,
            gi_hash: *gi_hash,
            roster,
            secret,
        };
        context.check_confirm(&info.confirm)?;
        Ok(context)
    }

    /// The secret, to be kept in `own_storage`.
    #[must_use]
    pub fn secret(&self) -> &GroupSecret {
        &self.secret
    }

    /// `gi_hash`, to be kept in `own_storage`.
    #[must_use]
    pub fn gi_hash(&self) -> &[u8; 32] {
        &self.gi_hash
    }

    /// The group's lasting name: the `gi_hash` of epoch 0.
    #[must_use]
    pub fn group_id(&self) -> &[u8; 32] {
        &self.gi_hash
    }

    /// The epoch, 0 throughout `sotto/1`.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        0
    }

    /// The members in the order of the key tree, the creator first.
    #[must_use]
    pub fn roster(&self) -> &[Member] {
        &self.roster
    }

    /// The signed description.
    #[must_use]
    pub fn group_info(&self) -> &GroupInfo {
        &self.group
    }

    /// The position of `username`, if a member.
    #[must_use]
    pub fn position(&self, username: &str) -> Option<u32> {
        self.roster
            .iter()
            .position(|m| m.name == username)
            .and_then(|i| u32::try_from(i).ok())
    }

    /// 60 digits that all members compare (C-408).
    #[must_use]
    pub fn group_code(&self) -> String {
        fingerprint::group_code(&self.gi_hash)
    }

    /// The member at `position`.
    pub(crate) fn member(&self, position: u32) -> Option<&Member> {
        self.roster.get(usize::try_from(position).ok()?)
    }

    /// `sender_key_j`, under which member j's envelopes are sealed.
    pub(crate) fn sender_key(&self, position: u32) -> Option<Key> {
        let member = self.member(position)?;
        let fields: [&[u8]; 4] = [
            &position.to_be_bytes(),
            member.name.as_bytes(),
            member.ik.as_bytes(),
            &self.gi_hash,
        ];
        Some(kdf(b"", self.secret.expose(), &t("sender-key", &fields)))
    }

    #[cfg(test)]
    pub(crate) fn replace_secret(&mut self, secret: GroupSecret) {
        self.secret = secret;
    }

    fn check_confirm(&self, confirm: &[u8; 32]) -> Result<()> {
        let expected = confirm_tag(&self.secret, &self.gi_hash);
        if bool::from(expected.ct_eq(confirm)) {
            Ok(())
        } else {
            Err(Refusal::Confirm)
        }
    }
}

impl fmt::Debug for GroupContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupContext")
            .field("gi_hash", &hex::encode(&self.gi_hash))
            .field("members", &self.roster.len())
            .finish_non_exhaustive()
    }
}

/// The randomness of one group.
pub struct GroupRandom {
    /// The nonce of GroupInfo; public.
    pub nonce: [u8; 32],
    /// One ephemeral private key per invitee.
    pub eks: Vec<Zeroizing<[u8; 32]>>,
    /// The creator's leaf.
    pub leaf: Zeroizing<[u8; 32]>,
    /// The padding leaves that fill the tree to a power of two. They must be secret: from one that
    /// can be guessed, its sibling's parent and so the root can be computed.
    pub padding: Vec<Zeroizing<[u8; 32]>>,
}

impl GroupRandom {
    /// Fresh randomness for a group of `members` (the creator counted).
    pub fn generate(rng: &mut impl CryptoRng, members: usize) -> Self {
        let mut fresh = || {
            let mut bytes = Zeroizing::new([0; 32]);
            rng.fill_bytes(bytes.as_mut());
            bytes
        };
        Self {
            nonce: *fresh(),
            leaf: fresh(),
            eks: (1..members).map(|_| fresh()).collect(),
            padding: (members..tree::leaves(members)).map(|_| fresh()).collect(),
        }
    }
}

impl fmt::Debug for GroupRandom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GroupRandom(..)")
    }
}

/// The wire message for one invitee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct X3dhMessage {
    /// The ephemeral public key.
    pub ek: [u8; 32],
    /// The invitee's signed prekey that was used, 50 bytes.
    pub spk: [u8; Spk::LEN],
}

/// A new group: what to send in `create_dm` and what to keep.
#[derive(Debug, Clone)]
pub struct Created {
    /// What the creator holds as member 0. Keep its secret and `gi_hash` before sending.
    pub context: GroupContext,
    /// `messages`, one per bundle, in their order.
    pub messages: Vec<X3dhMessage>,
    /// `key_tree`, 2N-2 public keys.
    pub key_tree: Vec<[u8; 32]>,
    /// `info`.
    pub info: Vec<u8>,
    /// The bundles as checked, with the pins to keep.
    pub checked: Vec<CheckedBundle>,
}

/// Makes a group with the owners of `bundles`. `created_at` is in seconds since 1970 UTC. All or
/// nothing.
///
/// # Errors
/// [`Refusal::Gi`] for fewer than 2 or more than 256 members; then those of [`Bundle::check`],
/// where names, keys, distinctness (self included, [`Refusal::Name`]) and pins of all bundles come
/// before the prekeys of any; [`Refusal::TreeHash`] if `random` repeats itself.
///
/// # Panics
/// If `random` was made for another number of members.
pub fn create(
    me: &Identity,
    name: &str,
    created_at: u64,
    bundles: &[Bundle<'_>],
    pins: &(impl Pins + ?Sized),
    random: &GroupRandom,
) -> Result<Created> {
    let n = bundles.len() + 1;
    if !MEMBERS.contains(&n) {
        return Err(Refusal::Gi);
    }
    assert_eq!(
        (random.eks.len(), random.padding.len()),
        (n - 1, tree::leaves(n) - n),
        "randomness fits the group"
    );
    names::check(name.as_bytes())?;
    let mut roster = vec![Member {
        name: name.to_owned(),
        ik: *me.public(),
    }];
    for bundle in bundles {
        let name = names::check(bundle.username.as_bytes())?.to_owned();
        roster.push(Member {
            name,
            ik: decode_ik(bundle.ik)?,
        });
    }
    check_distinct(&roster)?;
    for member in &roster {
        check_pin(pins, &member.name, member.ik.as_bytes())?;
    }
    let prekeys = bundles.iter().zip(&roster[1..]);
    let checked = prekeys
        .map(|(b, m)| b.check_prekey(&m.ik, pins))
        .collect::<Result<Vec<_>>>()?;

    let mut leaves = vec![random.leaf.clone()];
    let mut listed = vec![listed(&roster[0], [0; 32])];
    let mut messages = Vec::with_capacity(n - 1);
    for (i, (to, ek)) in (1..).zip(checked.iter().zip(&random.eks)) {
        let ek_secret = StaticSecret::from(**ek);
        let ek = XPublic::of(&ek_secret);
        let leaf = LeafContext {
            nonce: &random.nonce,
            position: i,
            name_a: name,
            ik_a: me.public(),
            name_i: &to.username,
            ik_i: &to.ik,
            spk_i: &to.spk,
            ek: &ek,
        };
        leaves.push(leaf.send(me, &ek_secret)?);
        let message = X3dhMessage {
            ek: ek.to_bytes(),
            spk: to.spk.to_bytes(),
        };
        let member = Member {
            name: to.username.clone(),
            ik: to.ik,
        };
        listed.push(self::listed(
            &member,
            message_hash(&message.spk, &message.ek),
        ));
        messages.push(message);
    }
    leaves.extend(random.padding.iter().cloned());
    let (key_tree, root) = tree::build(&leaves, &random.nonce)?;
    if !tree::distinct(&key_tree) {
        return Err(Refusal::TreeHash);
    }
    let group = GroupInfo::build(random.nonce, created_at, listed, tree::tree_hash(&key_tree));
    let gi_hash = group.gi_hash();
    let secret = group_secret(&gi_hash, &root);
    let confirm = *confirm_tag(&secret, &gi_hash);
    let info = SignedInfo {
        signature: me.sign_group(&group),
        confirm,
        group: group.clone(),
    }
    .to_bytes();
    let context = GroupContext {
        group,
        gi_hash,
        roster,
        secret,
    };
    Ok(Created {
        context,
        messages,
        key_tree,
        info,
        checked,
    })
}

fn listed(member: &Member, x3dh_hash: [u8; 32]) -> ListedMember {
    ListedMember {
        name: member.name.clone().into_bytes(),
        ik: member.ik.to_bytes(),
        x3dh_hash,
    }
}

/// `group_secret = KDF(gi_hash, s_1, T("group-secret"))`.
pub(crate) fn group_secret(gi_hash: &[u8; 32], root: &Key) -> GroupSecret {
    GroupSecret::from_bytes(*kdf(gi_hash, root.as_ref(), &t("group-secret", &[])))
}

/// `confirm = KDF("", group_secret, T("confirm", gi_hash))`.
pub(crate) fn confirm_tag(secret: &GroupSecret, gi_hash: &[u8; 32]) -> Key {
    kdf(b"", secret.expose(), &t("confirm", &[gi_hash]))
}

/// An x3dh_notification (or a DM's `x3dh` row), as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Who the server says made the group.
    pub sender: String,
    /// The identity key that the server gives for the sender.
    pub ik: [u8; 32],
    /// The prekey of mine that was used.
    pub spk: Vec<u8>,
    /// The ephemeral key made for me.
    pub ek: [u8; 32],
    /// The key tree.
    pub key_tree: Vec<[u8; 32]>,
    /// My position.
    pub position: u32,
    /// The DM it belongs to.
    pub dm_id: u64,
    /// `info`, which an old server or client may leave out.
    pub info: Option<Vec<u8>>,
}

/// The hex texts of an x3dh_notification.
#[derive(Debug, Clone, Copy)]
pub struct InvitationHex<'a> {
    /// See [`Invitation`].
    pub sender: &'a str,
    /// See [`Invitation`].
    pub ik: &'a str,
    /// See [`Invitation`].
    pub spk: &'a str,
    /// See [`Invitation`].
    pub ek: &'a str,
    /// See [`Invitation`].
    pub key_tree: &'a [String],
    /// See [`Invitation`].
    pub position: u32,
    /// See [`Invitation`].
    pub dm_id: u64,
    /// See [`Invitation`].
    pub info: Option<&'a str>,
}

impl InvitationHex<'_> {
    /// Reads the hex.
    ///
    /// # Errors
    /// [`Refusal::Hex`] where it is not canonical, or `ik`, `ek` or a tree key is not 32 bytes
    /// long.
    pub fn parse(&self) -> Result<Invitation> {
        Ok(Invitation {
            sender: self.sender.to_owned(),
            ik: hex::decode_array(self.ik)?,
            spk: hex::decode(self.spk)?,
            ek: hex::decode_array(self.ek)?,
            key_tree: self
                .key_tree
                .iter()
                .map(|p| hex::decode_array(p))
                .collect::<Result<_>>()?,
            position: self.position,
            dm_id: self.dm_id,
            info: self.info.map(hex::decode).transpose()?,
        })
    }
}

/// The caller's record of which DM holds which group, against replayed invitations.
pub trait KnownGroups {
    /// The DM under which `group_id` is known.
    fn dm_of(&self, group_id: &[u8; 32]) -> Option<u64>;
    /// The group that `dm_id` is bound to.
    fn group_of(&self, dm_id: u64) -> Option<[u8; 32]>;
}

/// From dm_id to group_id.
impl KnownGroups for BTreeMap<u64, [u8; 32]> {
    fn dm_of(&self, group_id: &[u8; 32]) -> Option<u64> {
        self.iter()
            .find(|(_, group)| *group == group_id)
            .map(|(dm, _)| *dm)
    }

    fn group_of(&self, dm_id: u64) -> Option<[u8; 32]> {
        self.get(&dm_id).copied()
    }
}

/// A group that was joined.
#[derive(Debug, Clone)]
pub struct Joined {
    /// What this member holds. Store its secret and `gi_hash`, then acknowledge the invitation.
    pub context: GroupContext,
    /// True if just this DM already held just this group: the same invitation once more, nothing to
    /// do but acknowledge.
    pub known: bool,
}

/// Who is joining, with what.
#[derive(Debug, Clone, Copy)]
pub struct Me<'a> {
    /// My identity.
    pub identity: &'a Identity,
    /// My username.
    pub name: &'a str,
    /// My prekeys, the current one and the retired ones.
    pub prekeys: &'a [Prekey],
}

/// Joins a group: all checks of C-216, in its order.
///
/// # Errors
/// In order: [`Refusal::Downgrade`] without `info`; [`Refusal::Gi`]; [`Refusal::Name`] and
/// [`Refusal::Ik`] as in [`GroupInfo::roster`]; [`Refusal::Sender`] if sender or ik is not member
/// 0's; [`Refusal::Position`]; [`Refusal::KeyChanged`]; [`Refusal::Sig`]; [`Refusal::TreeLen`];
/// [`Refusal::X25519`]; [`Refusal::TreeHash`]; [`Refusal::Downgrade`] for a 32-byte spk and
/// [`Refusal::Spk`] for one that is not mine; [`Refusal::Gi`] if the signed x3dh_hash is not that
/// of (spk, ek); [`Refusal::X25519`] for ek; [`Refusal::DhZero`]; [`Refusal::Leaf`];
/// [`Refusal::Path`]; [`Refusal::Confirm`]; [`Refusal::ReplayGroup`].
pub fn receive(
    me: Me<'_>,
    invitation: &Invitation,
    pins: &(impl Pins + ?Sized),
    known: &(impl KnownGroups + ?Sized),
) -> Result<Joined> {
    receive_with(me, invitation, pins, known, |info, creator| {
        creator
            .ik
            .verify(&info.group.signed_bytes(), &info.signature)
    })
}

/// [`receive`] with the check of the creator's signature as a parameter, so that a test can show
/// what that check holds off.
pub(crate) fn receive_with(
    me: Me<'_>,
    invitation: &Invitation,
    pins: &(impl Pins + ?Sized),
    known: &(impl KnownGroups + ?Sized),
    check_signature: impl FnOnce(&SignedInfo, &Member) -> Result<()>,
) -> Result<Joined> {
    let info = SignedInfo::parse(invitation.info.as_deref().ok_or(Refusal::Downgrade)?)?;
    let roster = info.group.roster()?;
    let creator = &roster[0];
    if invitation.sender != creator.name || invitation.ik != *creator.ik.as_bytes() {
        return Err(Refusal::Sender);
    }
    let position = usize::try_from(invitation.position).map_err(|_| Refusal::Position)?;
    let own = roster
        .get(position)
        .filter(|_| position > 0)
        .ok_or(Refusal::Position)?;
    if own.name != me.name || own.ik != *me.identity.public() {
        return Err(Refusal::Position);
    }
    for member in &roster {
        check_pin(pins, &member.name, member.ik.as_bytes())?;
    }
    check_signature(&info, creator)?;
    let key_tree = tree::decode(&invitation.key_tree, roster.len())?;
    if tree::tree_hash(&invitation.key_tree) != *info.group.tree_hash() {
        return Err(Refusal::TreeHash);
    }
    let prekey = my_prekey(me.prekeys, &invitation.spk)?;
    if message_hash(&invitation.spk, &invitation.ek) != info.group.members()[position].x3dh_hash {
        return Err(Refusal::Gi);
    }
    let leaf = LeafContext {
        nonce: info.group.nonce(),
        position: invitation.position,
        name_a: &creator.name,
        ik_a: &creator.ik,
        name_i: &own.name,
        ik_i: &own.ik,
        spk_i: prekey.spk(),
        ek: &decode_x(&invitation.ek)?,
    };
    let leaf = leaf.receive(me.identity, prekey)?;
    let root = tree::climb(position, leaf, &key_tree, info.group.nonce())?;
    let gi_hash = info.group.gi_hash();
    let secret = group_secret(&gi_hash, &root);
    let context = GroupContext {
        group: info.group,
        gi_hash,
        roster,
        secret,
    };
    context.check_confirm(&info.confirm)?;
    let known = match (known.dm_of(&gi_hash), known.group_of(invitation.dm_id)) {
        (None, None) => false,
        (Some(dm), Some(group)) if dm == invitation.dm_id && group == gi_hash => true,
        _ => return Err(Refusal::ReplayGroup),
    };
    Ok(Joined { context, known })
}

/// My prekey with the public form `spk`; its private half decides, not the list's order.
fn my_prekey<'a>(prekeys: &'a [Prekey], spk: &[u8]) -> Result<&'a Prekey> {
    if spk.len() == 32 {
        return Err(Refusal::Downgrade);
    }
    prekeys
        .iter()
        .find(|p| p.spk().to_bytes() == spk)
        .ok_or(Refusal::Spk)
}
