//! Session: register, log in by challenge. Rules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::text::{Bytes, PublicKey, Signature, Spk, Text};

/// `register`: a new account. Does not log in.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct Register {
    /// The spelling to be known by.
    pub username: Text,
    /// The Ed25519 identity key.
    pub public_key: PublicKey,
    /// The signed prekey; given with `sig`, or both null.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub spk: Option<Spk>,
    /// The identity key's signature over the bytes of `spk`.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub sig: Option<Signature>,
    /// Whatever the client keeps at the server.
    pub own_storage: Text,
}

/// `login`: asks for a challenge, 32 bytes, for one use on this connection within 60 s.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct Login {
    /// Who wants to log in.
    pub username: Text,
}

/// `login_challenge_response`: the answer, a signature of 64 bytes (or 32 bytes of the first clients' kind).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct LoginChallengeResponse {
    /// 64 bytes: the signature over origin, username, key and challenge. 32 bytes: the legacy answer.
    pub response: Bytes,
}

/// `username_exists`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct UsernameExists {
    /// The name in question.
    pub username: Text,
}
