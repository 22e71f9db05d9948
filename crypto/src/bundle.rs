//! Pins and the check of other people's key bundles (C-404, C-405), for the client SDKs.
use crate::error::{Refusal, Result};
use crate::keys::Spk;
use crate::names;
use crate::points::{VerifyingIdentity, decode_ik};
use std::collections::{BTreeMap, HashMap};

/// A signed prekey older than this, in seconds (60 days), deserves a warning.
pub const OLD_PREKEY: u64 = 60 * 24 * 60 * 60;

/// What is remembered of a person. Kept in `own_storage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin {
    /// The identity key, byte for byte.
    pub ik: [u8; 32],
    /// The highest `created_at` seen in a prekey of that identity, in seconds since 1970 UTC.
    pub spk_created_at: u64,
    /// True once the user has compared safety numbers.
    pub verified: bool,
}

/// Where a caller keeps its pins.
pub trait Pins {
    /// The pin for `username`, if there is one.
    fn pin(&self, username: &str) -> Option<Pin>;
}

impl Pins for BTreeMap<String, Pin> {
    fn pin(&self, username: &str) -> Option<Pin> {
        self.get(username).copied()
    }
}

impl<S: std::hash::BuildHasher> Pins for HashMap<String, Pin, S> {
    fn pin(&self, username: &str) -> Option<Pin> {
        self.get(username).copied()
    }
}

/// Nobody is pinned yet.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPins;

impl Pins for NoPins {
    fn pin(&self, _: &str) -> Option<Pin> {
        None
    }
}

/// Refuses `ik` if `username` is pinned to another key.
///
/// # Errors
/// [`Refusal::KeyChanged`]: stop and let the user decide.
pub fn check_pin(pins: &(impl Pins + ?Sized), username: &str, ik: &[u8; 32]) -> Result<()> {
    match pins.pin(username) {
        Some(pin) if pin.ik != *ik => Err(Refusal::KeyChanged),
        _ => Ok(()),
    }
}

/// What `get_user` says of a person, as bytes.
#[derive(Debug, Clone, Copy)]
pub struct Bundle<'a> {
    /// The username.
    pub username: &'a str,
    /// The identity key.
    pub ik: &'a [u8],
    /// The signed prekey, in the 50-byte form.
    pub spk: &'a [u8],
    /// The identity's signature over `spk`.
    pub sig: &'a [u8],
}

/// A bundle that passed every check.
#[derive(Debug, Clone)]
pub struct CheckedBundle {
    /// The username.
    pub username: String,
    /// The identity key, as pinned or first seen.
    pub ik: VerifyingIdentity,
    /// The prekey.
    pub spk: Spk,
    /// The pin to keep from now on.
    pub pin: Pin,
}

impl CheckedBundle {
    /// True if the prekey is more than 60 days older than `now` (seconds since 1970 UTC): warn.
    #[must_use]
    pub fn is_old(&self, now: u64) -> bool {
        now.saturating_sub(self.spk.created_at()) > OLD_PREKEY
    }
}

impl Bundle<'_> {
    /// Checks a bundle alone: name, identity key, pin, then the prekey as below.
    ///
    /// # Errors
    /// In this order: [`Refusal::Name`], [`Refusal::Ik`], [`Refusal::KeyChanged`],
    /// [`Refusal::Downgrade`], [`Refusal::Spk`], [`Refusal::X25519`], [`Refusal::Sig`],
    /// [`Refusal::SpkStale`].
    pub fn check(&self, pins: &(impl Pins + ?Sized)) -> Result<CheckedBundle> {
        names::check(self.username.as_bytes())?;
        let ik = decode_ik(self.ik)?;
        check_pin(pins, self.username, ik.as_bytes())?;
        self.check_prekey(&ik, pins)
    }

    /// The prekey's form, point, signature and age against the pin; `ik` has been checked.
    pub(crate) fn check_prekey(
        &self,
        ik: &VerifyingIdentity,
        pins: &(impl Pins + ?Sized),
    ) -> Result<CheckedBundle> {
        let spk = Spk::parse(self.spk)?;
        ik.verify(self.spk, self.sig)?;
        let pinned = pins.pin(self.username);
        if pinned.is_some_and(|pin| spk.created_at() < pin.spk_created_at) {
            return Err(Refusal::SpkStale);
        }
        let pin = Pin {
            ik: ik.to_bytes(),
            spk_created_at: spk.created_at(),
            verified: pinned.is_some_and(|pin| pin.verified),
        };
        Ok(CheckedBundle {
            username: self.username.to_owned(),
            ik: *ik,
            spk,
            pin,
        })
    }
}
