//! What travels inside replies and notices: users, DMs, messages, reactions, invitations.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::text::{
    Bytes, DhKey, DmId, MessageId, PublicKey, ReactionId, ScheduleId, Sealed, Signature, Spk,
    Timestamp,
};

/// What others see of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct User {
    /// The stored spelling.
    pub username: String,
    /// The Ed25519 identity key.
    pub public_key: PublicKey,
    /// The signed prekey, or null.
    pub spk: Option<Spk>,
    /// The identity key's signature over the bytes of `spk`, or null.
    pub sig: Option<Signature>,
    /// What the user set, or `offline` while no device is connected.
    pub status: String,
    /// Free text, empty by default.
    pub biography: String,
    /// Free text (usually a data URL), empty by default.
    pub profile_picture: String,
}

/// What users see of themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct FullUser {
    /// What everyone sees.
    #[serde(flatten)]
    pub user: User,
    /// Whatever the client keeps at the server; sealed by `sotto/1` clients.
    pub own_storage: String,
    /// Rises by one with every stored change of `own_storage` (*extension*).
    #[ts(type = "number")]
    pub own_storage_version: u64,
    /// Who may invite the user to DMs of more than two (*extension*).
    pub invites: Invites,
}

/// Who may invite a user to a DM of more than two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum Invites {
    /// Everyone who is not blocked.
    #[default]
    Anyone,
    /// Friends alone.
    Friends,
}

/// A DM of two or more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Dm {
    /// Its id.
    pub id: DmId,
    /// The members' usernames in key-tree order.
    pub users: Vec<String>,
    /// Its name, or null; sealed by `sotto/1` clients.
    pub name: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// The usernames of those in the call, in key-tree order.
    pub users_in_call: Vec<String>,
}

/// A DM as `get_dm` answers it to one member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct DmDetails {
    /// What every member sees.
    #[serde(flatten)]
    pub dm: Dm,
    /// The newest message, or null.
    pub latest_message: Option<Message>,
    /// The caller's own scheduled messages.
    #[ts(as = "BTreeMap<String, ScheduledMessage>")]
    pub scheduled_messages: BTreeMap<ScheduleId, ScheduledMessage>,
    /// The signed GroupInfo that the creator gave, or null (*extension*).
    pub info: Option<Bytes>,
    /// The caller's own invitation, null for the creator (*extension*).
    pub x3dh: Option<X3dhNotice>,
}

/// A message that waits for its hour; only its sender sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct ScheduledMessage {
    /// The sealed bytes.
    pub message: Sealed,
    /// The sender's signature over them.
    pub signature: Signature,
    /// When it is due.
    pub timestamp: Timestamp,
}

/// A message that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Message {
    /// Its id, unique in all DMs.
    pub id: MessageId,
    /// The DM it is in.
    pub dm_id: DmId,
    /// The sender's username.
    pub sender: String,
    /// The sealed bytes.
    pub message: Sealed,
    /// The sender's signature over them.
    pub signature: Signature,
    /// When it was sent; strictly rising within a DM.
    pub timestamp: Timestamp,
    /// When it destroys itself, or null.
    pub delete_timestamp: Option<Timestamp>,
    /// Whether it is pinned.
    pub pinned: bool,
    /// Its reactions, by id.
    pub reactions: Vec<Reaction>,
}

/// A reaction to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Reaction {
    /// Its id, unique in all DMs.
    pub id: ReactionId,
    /// The username of who reacted.
    pub sender: String,
    /// The sealed bytes.
    pub reaction: Sealed,
    /// The sender's signature over them.
    pub signature: Signature,
}

/// An invitation to a new DM: what its receiver needs to compute the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct X3dhNotice {
    /// The creator's username.
    pub sender: String,
    /// The creator's identity key.
    pub ik: PublicKey,
    /// The receiver's own signed prekey that was used.
    pub spk: Spk,
    /// The creator's ephemeral key for this receiver.
    pub ek: DhKey,
    /// The tree's public keys, level by level from just below the root.
    pub key_tree: Vec<DhKey>,
    /// The receiver's leaf, from 1.
    #[schemars(range(min = 1, max = 255))]
    pub position: u32,
    /// The DM.
    pub id: DmId,
    /// The signed GroupInfo, where the creator gave one (*extension*).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Bytes")]
    #[ts(optional)]
    pub info: Option<Bytes>,
}
