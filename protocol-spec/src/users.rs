//! Users: look up, list, change oneself. Rules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::decode::present;
use crate::objects::Invites;
use crate::text::{Signature, Spk, Text};

/// `get_user`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct GetUser {
    /// The stored spelling.
    pub username: Text,
}

/// `get_full_user`: oneself.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema, TS)]
pub struct GetFullUser {}

/// `get_user_list`: a page of the directory, by folded username.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema, TS)]
pub struct GetUserList {
    /// Only names whose folded form begins with the folded form of this (*extension*).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub prefix: Option<Text>,
    /// Only names whose folded form comes after the folded form of this (*extension*).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub after: Option<Text>,
    /// At most so many, from 1; cut to 1,000 (*extension*).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    #[ts(optional, type = "number")]
    pub limit: Option<u64>,
}

/// `set_user`: changes what is given and leaves the rest.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema, TS)]
pub struct SetUser {
    /// A new signed prekey, with `sig`. Null is refused: a prekey is replaced, never taken away.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Spk")]
    #[ts(optional, as = "Option<Spk>")]
    pub spk: Option<Option<Spk>>,
    /// The identity key's signature over the bytes of `spk`; alone it sets nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub sig: Option<Signature>,
    /// At most 64 code points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub status: Option<Text>,
    /// At most 500 code points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub biography: Option<Text>,
    /// At most 256 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub profile_picture: Option<Text>,
    /// At most 1 MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub own_storage: Option<Text>,
    /// The version that `own_storage` was made from; another current one answers `conflict` (*extension*).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub own_storage_version: Option<u64>,
    /// Who may invite to DMs of more than two (*extension*).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub invites: Option<Invites>,
}
