//! The X3DH leaf of one invitee, seen from both ends (C-202, C-203), for group creation and
//! joining. Nothing here is public.
use crate::encode::t;
use crate::error::{Refusal, Result};
use crate::kdf::{Key, hash, kdf};
use crate::keys::{Identity, Prekey, Spk};
use crate::points::{VerifyingIdentity, XPublic};
use x25519_dalek::StaticSecret;
use zeroize::Zeroizing;

/// X25519; an all-zero result is refused.
pub(crate) fn dh(secret: &StaticSecret, public: &XPublic) -> Result<Key> {
    let shared = secret.diffie_hellman(public.point());
    if shared.was_contributory() {
        Ok(Zeroizing::new(shared.to_bytes()))
    } else {
        Err(Refusal::DhZero)
    }
}

/// The public values that a leaf is bound to; `a` is the creator, `i` the invitee at `position`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeafContext<'a> {
    pub nonce: &'a [u8; 32],
    pub position: u32,
    pub name_a: &'a str,
    pub ik_a: &'a VerifyingIdentity,
    pub name_i: &'a str,
    pub ik_i: &'a VerifyingIdentity,
    pub spk_i: &'a Spk,
    pub ek: &'a XPublic,
}

impl LeafContext<'_> {
    fn leaf(&self, dhs: [Key; 4]) -> Key {
        let mut ikm = Zeroizing::new([0xff; 32 * 5]);
        for (slot, dh) in ikm[32..].chunks_exact_mut(32).zip(&dhs) {
            slot.copy_from_slice(dh.as_ref());
        }
        let info = t(
            "x3dh-leaf",
            &[
                self.nonce,
                &self.position.to_be_bytes(),
                self.name_a.as_bytes(),
                self.ik_a.as_bytes(),
                self.name_i.as_bytes(),
                self.ik_i.as_bytes(),
                &self.spk_i.to_bytes(),
                &self.ek.to_bytes(),
            ],
        );
        kdf(&[0; 32], ikm.as_ref(), &info)
    }

    /// The creator's side.
    pub(crate) fn send(&self, creator: &Identity, ek: &StaticSecret) -> Result<Key> {
        let (ik_a, ik_i) = (creator.x25519(), self.ik_i.x25519());
        let spk_i = self.spk_i.public();
        Ok(self.leaf([
            dh(&ik_a, spk_i)?,
            dh(ek, &ik_i)?,
            dh(ek, spk_i)?,
            dh(&ik_a, &ik_i)?,
        ]))
    }

    /// The invitee's side.
    pub(crate) fn receive(&self, me: &Identity, prekey: &Prekey) -> Result<Key> {
        let (ik_i, ik_a) = (me.x25519(), self.ik_a.x25519());
        let spk_i = prekey.secret();
        Ok(self.leaf([
            dh(spk_i, &ik_a)?,
            dh(&ik_i, self.ek)?,
            dh(spk_i, self.ek)?,
            dh(&ik_i, &ik_a)?,
        ]))
    }
}

/// `x3dh_hash = H(T("x3dh-msg", spk, EK))`, over the wire bytes.
pub(crate) fn message_hash(spk: &[u8], ek: &[u8; 32]) -> [u8; 32] {
    hash(&t("x3dh-msg", &[spk, ek]))
}
