//! DMs: create, read, name, leave, typing. Rules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::decode::{objects, present};
use crate::text::{Bytes, DhKey, DmId, Spk, Text};

/// `create_dm`: a DM of the caller (leaf 0) and 1 to 255 others (leaves from 1, in this order).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct CreateDm {
    /// The others, distinct.
    pub usernames: Vec<Text>,
    /// One X3DH message for each of them.
    #[serde(deserialize_with = "objects")]
    pub messages: Vec<X3dhMessage>,
    /// `2·p − 2` keys, `p` the least power of two ≥ members; level by level from just below the root.
    pub key_tree: Vec<DhKey>,
    /// The signed GroupInfo of `sotto/1`, up to 64 KiB (*extension*).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub info: Option<Bytes>,
}

/// What the creator computed for one invitee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct X3dhMessage {
    /// A fresh ephemeral key.
    pub ek: DhKey,
    /// The invitee's current signed prekey.
    pub spk: Spk,
}

/// `get_dms`: the ids of the caller's DMs, ascending.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema, TS)]
pub struct GetDms {}

/// `get_dm`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct GetDm {
    /// The DM.
    pub id: DmId,
}

/// `set_dm`: names a DM.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
#[schemars(extend("required" = ["id", "name"]))]
pub struct SetDm {
    /// The DM.
    pub id: DmId,
    /// The new name, at most 2,048 code points, or null for none. The key is required.
    #[serde(deserialize_with = "required_name")]
    pub name: Option<Text>,
}

/// Serde takes a missing `Option` for null; here the key must be there.
fn required_name<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Option<Text>, D::Error> {
    Ok(present(input)?.flatten())
}

/// `leave_dm`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct LeaveDm {
    /// The DM.
    pub id: DmId,
}

/// `ping_typing`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct PingTyping {
    /// The DM.
    pub id: DmId,
}
