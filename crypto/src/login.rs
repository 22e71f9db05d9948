//! Login by signature (C-401): the bytes that are signed, and the server's check. The
//! client's half is [`Identity::sign_login`](crate::keys::Identity::sign_login).
use crate::encode::t;
use crate::error::{Refusal, Result};
use crate::points::VerifyingIdentity;

/// `T("login", origin, username, IK, challenge)`.
pub(crate) fn message(
    origin: &str,
    username: &str,
    ik: &VerifyingIdentity,
    challenge: &[u8; 32],
) -> Vec<u8> {
    t(
        "login",
        &[
            origin.as_bytes(),
            username.as_bytes(),
            ik.as_bytes(),
            challenge,
        ],
    )
}

/// Checks an answer. `origin` is the server's own, in the form of the WHATWG URL standard:
/// lower-case, `https` for `wss` and `http` for `ws`, the default port left out, no slash at the
/// end.
///
/// # Errors
/// [`Refusal::Challenge`] if `challenge` is not 32 bytes long, [`Refusal::Sig`] if the answer is
/// not `ik`'s for just these values.
pub fn verify(
    ik: &VerifyingIdentity,
    origin: &str,
    username: &str,
    challenge: &[u8],
    response: &[u8],
) -> Result<()> {
    let challenge = challenge.try_into().map_err(|_| Refusal::Challenge)?;
    ik.verify(&message(origin, username, ik, challenge), response)
}
