//! Messages: send, read, edit, pin, delete, react. Rules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::objects::Message;
use crate::text::{DmId, MessageId, ReactionId, ScheduleId, Sealed, Signature, Timestamp};

/// `send_message`: now, or at its hour.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct SendMessage {
    /// The DM.
    pub id: DmId,
    /// The sealed bytes, 1 byte to 64 KiB.
    pub message: Sealed,
    /// The sender's signature over them.
    pub signature: Signature,
    /// Seconds from now until it is sent; 0: at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub schedule: Option<u64>,
    /// Seconds from the send until it destroys itself; 0: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub delete: Option<u64>,
    /// The moment to send it at, instead of `schedule` (*extension*).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub schedule_at: Option<Timestamp>,
}

/// `get_message`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct GetMessage {
    /// The message.
    pub id: MessageId,
}

/// `get_message_history`: a page, newest first, older than `cursor`; or oldest first, newer than `after`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct GetMessageHistory {
    /// The DM.
    pub id: DmId,
    /// Strictly older than this; null: from the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional = nullable)]
    pub cursor: Option<Timestamp>,
    /// 1 to 200, by default 50; more is cut to 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    #[ts(optional, type = "number")]
    pub count: Option<u64>,
    /// Read as `count` where there is no `count`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    #[ts(optional, type = "number")]
    pub limit: Option<u64>,
    /// Strictly newer than this, oldest first, instead of `cursor` (*extension*).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional = nullable)]
    pub after: Option<Timestamp>,
}

/// `get_pinned`: the pinned messages of a DM, newest first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct GetPinned {
    /// The DM.
    pub id: DmId,
    /// Strictly older than this; null: from the newest (*extension*).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional = nullable)]
    pub cursor: Option<Timestamp>,
    /// 1 to 200; without it, all that fit the page (*extension*).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    #[ts(optional, type = "number")]
    pub count: Option<u64>,
}

/// `get_message_changes` (*extension*): what was added, changed or removed since a cursor.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct GetMessageChanges {
    /// The DM.
    pub id: DmId,
    /// A cursor of an earlier answer; null: from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional = nullable)]
    pub since: Option<String>,
    /// 1 to 200, by default 50; more is cut to 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    #[ts(optional, type = "number")]
    pub count: Option<u64>,
}

/// What changed in a DM, oldest change first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct MessageChanges {
    /// Messages that were added or changed, as they are now.
    pub messages: Vec<Message>,
    /// Messages that are gone.
    pub deleted: Vec<MessageId>,
    /// Where to go on; opaque.
    pub cursor: String,
    /// Whether there is more right now.
    pub more: bool,
}

/// `set_message`: edits one's own message, pins anyone's.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct SetMessage {
    /// The message.
    pub id: MessageId,
    /// The new sealed bytes, with `signature`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub message: Option<Sealed>,
    /// The sender's signature over the new bytes; alone it sets nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub signature: Option<Signature>,
    /// Whether it is pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub pinned: Option<bool>,
}

/// `delete_message` (*extension*): the sender's own.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct DeleteMessage {
    /// The message.
    pub id: MessageId,
}

/// `cancel_scheduled_message`: the caller's own, not yet sent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct CancelScheduledMessage {
    /// The DM.
    pub dm_id: DmId,
    /// The scheduled message, from `get_dm`.
    pub schedule_id: ScheduleId,
}

/// `add_reaction`; answers the reaction's id.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct AddReaction {
    /// The message.
    pub id: MessageId,
    /// The sealed bytes, at most 1 KiB.
    pub reaction: Sealed,
    /// The sender's signature over them.
    pub signature: Signature,
}

/// `remove_reaction`: the caller's own.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct RemoveReaction {
    /// The reaction.
    pub id: ReactionId,
}
