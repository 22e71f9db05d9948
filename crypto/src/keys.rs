//! A person's keys (C-106 to C-110): recovery secret and words, identity, signed prekeys, storage
//! key; for the client SDKs.
use crate::encode::t;
use crate::envelope::Envelope;
use crate::error::{Refusal, Result};
use crate::group_info::GroupInfo;
use crate::kdf::kdf;
use crate::login;
use crate::points::{VerifyingIdentity, XPublic, decode_ik, decode_x};
use bip39::{Language, Mnemonic};
use ed25519_dalek::{Signer, SigningKey};
use rand_core::CryptoRng;
use std::fmt;
use subtle::ConstantTimeEq;
use unicode_normalization::UnicodeNormalization;
use x25519_dalek::StaticSecret;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

macro_rules! secret32 {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Zeroize, ZeroizeOnDrop)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Takes the 32 bytes, as kept or freshly random.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 secret bytes, to be kept and never shown.
            #[must_use]
            pub fn expose(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl PartialEq for $name {
            /// In constant time.
            fn eq(&self, other: &Self) -> bool {
                self.0.ct_eq(&other.0).into()
            }
        }

        impl Eq for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

secret32! {
    /// R: 32 random bytes from which identity and storage key are derived. A device erases it once
    /// the words are confirmed.
    RecoverySecret
}
secret32! {
    /// `os_key`, under which `own_storage` is sealed.
    StorageKey
}
secret32! {
    /// `group_secret`, the seed protocol's sharedKey: what `own_storage` keeps of a group, with its
    /// `gi_hash`.
    GroupSecret
}

impl RecoverySecret {
    /// A fresh secret.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The 24 words of the BIP-39 English list that carry R as entropy, separated by single spaces.
    #[must_use]
    pub fn words(&self) -> Zeroizing<String> {
        let mnemonic =
            Mnemonic::from_entropy_in(Language::English, &self.0).expect("32 bytes are an entropy");
        let mut out = Zeroizing::new(String::with_capacity(24 * 9));
        for (i, word) in mnemonic.words().enumerate() {
            if i > 0 {
                out.push(' ');
            }
            out.push_str(word);
        }
        out
    }

    /// Reads 24 words: NFKD, lower-cased, split on white space; unabbreviated.
    ///
    /// # Errors
    /// [`Refusal::Words`] for a wrong count, an unknown word or a wrong checksum.
    pub fn from_words(words: &str) -> Result<Self> {
        let mut clean = Zeroizing::new(String::with_capacity(words.len() * 4));
        clean.extend(words.nfkd().flat_map(char::to_lowercase));
        let mnemonic =
            Mnemonic::parse_in_normalized(Language::English, &clean).map_err(|_| Refusal::Words)?;
        let (mut entropy, len) = mnemonic.to_entropy_array();
        let secret = entropy
            .first_chunk::<32>()
            .filter(|_| len == 32)
            .map(|r| Self(*r));
        entropy.zeroize();
        secret.ok_or(Refusal::Words)
    }

    /// `ik_seed = KDF("", R, T("identity-seed"))`, as an identity.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity::from_seed(*kdf(b"", &self.0, &t("identity-seed", &[])))
    }

    /// `os_key = KDF("", R, T("storage-key"))`.
    #[must_use]
    pub fn storage_key(&self) -> StorageKey {
        StorageKey(*kdf(b"", &self.0, &t("storage-key", &[])))
    }
}

/// A person's identity: the Ed25519 key of `ik_seed` (the seed protocol's `priv`) and, inside the
/// crate, its X25519 form.
#[derive(Clone)]
pub struct Identity {
    signing: SigningKey,
    public: VerifyingIdentity,
}

impl Identity {
    /// The identity of a bare 32-byte Ed25519 seed. An account with recovery words takes
    /// [`RecoverySecret::identity`].
    #[must_use]
    pub fn from_seed(mut seed: [u8; 32]) -> Self {
        let signing = SigningKey::from_bytes(&seed);
        seed.zeroize();
        let public = decode_ik(signing.verifying_key().as_bytes())
            .expect("a clamped multiple of the base point is canonical and of prime order");
        Self { signing, public }
    }

    /// `ik_seed`, to be kept on the device and never shown.
    #[must_use]
    pub fn expose_seed(&self) -> &[u8; 32] {
        self.signing.as_bytes()
    }

    /// IK.
    #[must_use]
    pub fn public(&self) -> &VerifyingIdentity {
        &self.public
    }

    /// The signature over the 50 bytes of `spk`, the `sig` of a registration.
    #[must_use]
    pub fn sign_spk(&self, spk: &Spk) -> [u8; 64] {
        self.sign(&spk.to_bytes())
    }

    /// The answer to a login challenge; see [`crate::login`].
    ///
    /// # Errors
    /// [`Refusal::Challenge`] if `challenge` is not 32 bytes long.
    pub fn sign_login(&self, origin: &str, username: &str, challenge: &[u8]) -> Result<[u8; 64]> {
        let challenge = challenge.try_into().map_err(|_| Refusal::Challenge)?;
        Ok(self.sign(&login::message(origin, username, &self.public, challenge)))
    }

    /// `gi_sig` over a group description.
    #[must_use]
    pub fn sign_group(&self, group: &GroupInfo) -> [u8; 64] {
        self.sign(&group.signed_bytes())
    }

    /// The signature over an envelope, the wire's `signature`.
    #[must_use]
    pub fn sign_envelope(&self, envelope: &Envelope<'_>) -> [u8; 64] {
        self.sign(envelope.as_bytes())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing.sign(message).to_bytes()
    }

    /// `SHA-512(ik_seed)[0..32]`, clamped where it is used.
    pub(crate) fn x25519(&self) -> StaticSecret {
        StaticSecret::from(*Zeroizing::new(self.signing.to_scalar_bytes()))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

/// A public signed prekey in the 50-byte form: `"sotto-spk1" || u64(created_at) || X25519 public`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spk {
    created_at: u64,
    public: XPublic,
}

impl Spk {
    /// Length of the wire form in bytes.
    pub const LEN: usize = 50;
    const MAGIC: &'static [u8; 10] = b"sotto-spk1";

    /// Reads the 50-byte form.
    ///
    /// # Errors
    /// [`Refusal::Downgrade`] for the seed protocol's 32 bytes, [`Refusal::Spk`] for another length
    /// or magic, [`Refusal::X25519`] for its point.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        if bytes.len() == 32 {
            return Err(Refusal::Downgrade);
        }
        let rest = bytes
            .strip_prefix(Self::MAGIC)
            .filter(|_| bytes.len() == Self::LEN)
            .ok_or(Refusal::Spk)?;
        let (created_at, public) = rest.split_first_chunk::<8>().ok_or(Refusal::Spk)?;
        Ok(Self {
            created_at: u64::from_be_bytes(*created_at),
            public: decode_x(public)?,
        })
    }

    /// The 50 bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[..10].copy_from_slice(Self::MAGIC);
        out[10..18].copy_from_slice(&self.created_at.to_be_bytes());
        out[18..].copy_from_slice(&self.public.to_bytes());
        out
    }

    /// When its owner made it, in seconds since 1970 UTC, by the owner's clock.
    #[must_use]
    pub fn created_at(&self) -> u64 {
        self.created_at
    }

    /// Its X25519 public key.
    #[must_use]
    pub fn public(&self) -> &XPublic {
        &self.public
    }
}

/// One's own signed prekey with its private half.
#[derive(Clone)]
pub struct Prekey {
    secret: StaticSecret,
    spk: Spk,
}

impl Prekey {
    /// From 32 random bytes and the time of making, in seconds since 1970 UTC.
    #[must_use]
    pub fn new(mut private: [u8; 32], created_at: u64) -> Self {
        let secret = StaticSecret::from(private);
        private.zeroize();
        let public = XPublic::of(&secret);
        Self {
            secret,
            spk: Spk { created_at, public },
        }
    }

    /// A fresh one.
    pub fn generate(rng: &mut impl CryptoRng, created_at: u64) -> Self {
        let mut private = [0; 32];
        rng.fill_bytes(&mut private);
        Self::new(private, created_at)
    }

    /// The public half.
    #[must_use]
    pub fn spk(&self) -> &Spk {
        &self.spk
    }

    /// The private 32 bytes, to be kept in `own_storage` for 120 days after retirement.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        self.secret.as_bytes()
    }

    pub(crate) fn secret(&self) -> &StaticSecret {
        &self.secret
    }
}

impl fmt::Debug for Prekey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prekey")
            .field("spk", &self.spk)
            .finish_non_exhaustive()
    }
}
