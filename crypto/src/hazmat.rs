//! The seed protocol's raw `signature(priv, m)` and `verify(pub, m, s)`, for interoperation with
//! seed clients and for tests.
//!
//! Dangerous: a raw signature over bytes that another party chose may be valid as a prekey, a login
//! or an envelope. Everything else signs through the typed `sign_…` methods of
//! [`Identity`].
use crate::error::Result;
use crate::keys::Identity;
use crate::points::decode_ik;

/// Ed25519 (RFC 8032) over `message`, with the 32-byte seed `private`.
#[must_use]
pub fn signature(private: &[u8; 32], message: &[u8]) -> [u8; 64] {
    Identity::from_seed(*private).sign(message)
}

/// The rule C-115.
///
/// # Errors
/// [`Refusal::Ik`](crate::Refusal::Ik) for the key, [`Refusal::Sig`](crate::Refusal::Sig) for the
/// signature.
pub fn verify(public: &[u8], message: &[u8], signature: &[u8]) -> Result<()> {
    decode_ik(public)?.verify(message, signature)
}
