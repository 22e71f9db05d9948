//! What a server verifies, and all it needs of this crate: no function here takes or gives a
//! secret.
pub use crate::login::verify as verify_login;
pub use crate::points::{VerifyingIdentity, decode_ik};

use crate::error::{Refusal, Result};
use crate::group_info::SignedInfo;
use crate::keys::Spk;
use crate::points;
use crate::tree;
use crate::x3dh::message_hash;

/// The two forms of a registered prekey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpkForm {
    /// The seed protocol's 32 bytes.
    Seed,
    /// The 50 bytes of `sotto/1`. Its owner's account must refuse legacy login answers.
    Signed(Spk),
}

/// Checks a prekey's form: 50 bytes as [`Spk::parse`], or 32 bytes that, with bit 255 masked, are
/// neither zero nor of low order.
///
/// # Errors
/// [`Refusal::X25519`] for the point, [`Refusal::Spk`] for another length or magic.
pub fn check_spk(spk: &[u8]) -> Result<SpkForm> {
    if let Ok(seed) = <&[u8; 32]>::try_from(spk) {
        return if points::is_low_order(seed) {
            Err(Refusal::X25519)
        } else {
            Ok(SpkForm::Seed)
        };
    }
    Spk::parse(spk).map(SpkForm::Signed)
}

/// What a create_dm says and the server knows, to hold against its `info`.
#[derive(Debug, Clone, Copy)]
pub struct Claimed<'a> {
    /// The creator, then `usernames`, in order, each with its registered identity key.
    pub members: &'a [(&'a str, [u8; 32])],
    /// `messages`: (spk, ek) for each of `usernames`.
    pub messages: &'a [(&'a [u8], [u8; 32])],
    /// `key_tree`.
    pub key_tree: &'a [[u8; 32]],
}

/// Checks everything public in the `info` of a create_dm: layout, epoch 0, zero group_id and
/// prev_gi_hash, names and keys in order, every x3dh_hash, tree length and hash, the creator's
/// signature. The confirmation needs the secret and stays unchecked.
///
/// # Errors
/// In order: [`Refusal::Gi`], [`Refusal::TreeLen`], [`Refusal::TreeHash`], [`Refusal::Ik`] if the
/// creator's registered key is none, [`Refusal::Sig`].
pub fn check_group_info(info: &[u8], claimed: &Claimed<'_>) -> Result<SignedInfo> {
    let info = SignedInfo::parse(info)?;
    let listed = info.group.members();
    if listed.len() != claimed.members.len() || claimed.messages.len() + 1 != listed.len() {
        return Err(Refusal::Gi);
    }
    let same = |(m, (name, ik)): (&crate::group_info::ListedMember, &(&str, [u8; 32]))| {
        m.name == name.as_bytes() && m.ik == *ik
    };
    if !listed.iter().zip(claimed.members).all(same) {
        return Err(Refusal::Gi);
    }
    let mut invited = listed[1..].iter().zip(claimed.messages);
    if !invited.all(|(m, (spk, ek))| m.x3dh_hash == message_hash(spk, ek)) {
        return Err(Refusal::Gi);
    }
    if claimed.key_tree.len() != 2 * tree::leaves(listed.len()) - 2 {
        return Err(Refusal::TreeLen);
    }
    if tree::tree_hash(claimed.key_tree) != *info.group.tree_hash() {
        return Err(Refusal::TreeHash);
    }
    decode_ik(&claimed.members[0].1)?.verify(&info.group.signed_bytes(), &info.signature)?;
    Ok(info)
}
