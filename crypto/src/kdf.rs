//! H, Extract, Expand and KDF (C-103) over SHA-256, for the rest of this crate.
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

/// 32 secret bytes that are erased when dropped.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// `H = SHA-256`.
#[must_use]
pub(crate) fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// `Extract(salt, ikm) = HMAC-SHA-256(salt, ikm)`; an empty salt is 32 zero bytes (RFC 5869 2.2).
#[must_use]
pub(crate) fn extract(salt: &[u8], ikm: &[u8]) -> Key {
    let (mut prk, _) = Hkdf::<Sha256>::extract(Some(salt), ikm);
    let key = Zeroizing::new(prk.into());
    prk.zeroize();
    key
}

/// `Expand(prk, info)`: the first 32-byte block of RFC 5869 2.3.
#[must_use]
pub(crate) fn expand(prk: &[u8; 32], info: &[u8]) -> Key {
    let mut out = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::from_prk(prk)
        .expect("a prk of 32 bytes is long enough")
        .expand(info, out.as_mut())
        .expect("one block is never too long");
    out
}

/// `KDF(salt, ikm, info) = Expand(Extract(salt, ikm), info)` = HKDF with L = 32.
#[must_use]
pub(crate) fn kdf(salt: &[u8], ikm: &[u8], info: &[u8]) -> Key {
    expand(&extract(salt, ikm), info)
}
