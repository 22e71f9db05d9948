//! THE list of notifications: name and payload type; for the notifier, the SDKs and the generated bindings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use ts_rs::TS;

use crate::objects::{Dm, Message, User, X3dhNotice};
use crate::refusal::Code;
use crate::text::{DmId, MessageId, ScheduleId, Sealed, Signature};

/// Declares every notification once.
macro_rules! notices {
    ($($doc:literal $variant:ident($payload:ty) = $name:literal;)*) => {
        /// A notification with its payload, as a client receives it.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Notice {
            $(#[doc = $doc] $variant($payload),)*
        }

        /// The kind of a notification.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum NoticeKind {
            $(#[doc = $doc] $variant,)*
        }

        impl NoticeKind {
            /// Every kind.
            pub const ALL: &[NoticeKind] = &[$(NoticeKind::$variant,)*];

            /// The event name on the wire.
            pub const fn name(self) -> &'static str {
                match self { $(NoticeKind::$variant => $name,)* }
            }

            /// Whether the server emits it with an ack, by which the client says that it has kept it.
            pub const fn wants_ack(self) -> bool {
                matches!(self, NoticeKind::X3dh)
            }
        }

        impl Notice {
            /// What kind it is.
            pub const fn kind(&self) -> NoticeKind {
                match self { $(Notice::$variant(_) => NoticeKind::$variant,)* }
            }

            /// Its payload as JSON, encoded once for however many receivers.
            ///
            /// # Errors
            /// Never in practice: every payload is plain data.
            pub fn to_raw(&self) -> serde_json::Result<Box<RawValue>> {
                match self { $(Notice::$variant(payload) => to_raw_value(payload),)* }
            }

            /// Reads a notification; `None` for a name that this version does not know.
            ///
            /// # Errors
            /// Where the payload does not fit the name.
            pub fn from_json(name: &str, payload: &str) -> serde_json::Result<Option<Notice>> {
                Ok(Some(match name {
                    $($name => Notice::$variant(serde_json::from_str(payload)?),)*
                    _ => return Ok(None),
                }))
            }
        }

        /// Hands every payload type to a visitor, with its kind: for the generator of the bindings.
        pub fn visit_notices(visitor: &mut impl NoticeVisitor) {
            $(visitor.notice::<$payload>(NoticeKind::$variant, $doc);)*
        }
    };
}

/// Sees each notification type once.
pub trait NoticeVisitor {
    /// One notification: payload type, kind, description.
    fn notice<P: JsonSchema + TS + 'static>(&mut self, kind: NoticeKind, doc: &'static str);
}

notices! {
    "A user's profile, presence or prekey changed (R-710)."
    Profile(User) = "profile_notification";
    "A DM is new, or its name, members or call changed (R-711)."
    Dm(Dm) = "dm_notification";
    "A member is typing (R-712)."
    Typing(InDm) = "typing_notification";
    "A message is new or changed: insert, or replace by id (R-713)."
    Message(Message) = "message_notification";
    "A message changed (R-713)."
    MessageChange(Message) = "message_change_notification";
    "A message is gone (R-714)."
    MessageDelete(MessageId) = "message_delete_notification";
    "A scheduled message of the receiver was sent (R-420)."
    ScheduledSent(Scheduled) = "scheduled_message_sent_notification";
    "A scheduled message of the receiver is due in a minute (R-420)."
    ScheduledSoon(Scheduled) = "scheduled_soon_notification";
    "A scheduled message of the receiver was dropped at its hour (R-424, extension)."
    ScheduledFailed(ScheduledFailed) = "scheduled_message_failed_notification";
    "An invitation to a new DM; acked by the client when it is kept (R-304)."
    X3dh(X3dhNotice) = "x3dh_notification";
    "Someone asks to be friends (R-501)."
    FriendRequest(OneUser) = "friend_request_notification";
    "Someone answered the receiver's request (R-503)."
    FriendRequestAccept(FriendAnswer) = "friend_request_accept_notification";
    "A friendship ended (R-505)."
    Unfriend(OneUser) = "unfriend_notification";
    "A member joined the call (R-601)."
    UserJoinedCall(JoinedCall) = "user_joined_call";
    "A member left the call (R-601)."
    UserLeftCall(InDm) = "user_left_call";
    "A call signal of another member (R-604, extension)."
    CallSignal(CallSignalNotice) = "call_signal_notification";
    "What the user did on another device (R-716, extension)."
    OwnChange(OwnChange) = "own_change_notification";
}

/// A member of a DM, in a notice about typing or the end of a place in the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct InDm {
    /// The DM.
    pub id: DmId,
    /// The member.
    pub username: String,
}

/// A member's new place in the call of a DM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct JoinedCall {
    /// The DM.
    pub id: DmId,
    /// The member.
    pub username: String,
    /// How its device is named in the call (*extension*): with it those who are in it know whom they talk with, and need not ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    #[ts(optional)]
    pub uuid: Option<String>,
}

/// A scheduled message, in a notice to its sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Scheduled {
    /// The DM.
    pub dm_id: DmId,
    /// Its id while it was scheduled.
    pub schedule_id: ScheduleId,
}

/// A scheduled message that could not be sent, in a notice to its sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct ScheduledFailed {
    /// The DM.
    pub dm_id: DmId,
    /// Its id while it was scheduled.
    pub schedule_id: ScheduleId,
    /// The code that `send_message` would have been refused with.
    pub code: Code,
}

/// One user, in a notice about friends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct OneUser {
    /// The other user.
    pub username: String,
}

/// The answer to a friend request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct FriendAnswer {
    /// Who answered.
    pub username: String,
    /// Whether they are friends now.
    pub accept: bool,
}

/// A call signal on its way to one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct CallSignalNotice {
    /// The DM.
    pub id: DmId,
    /// Who sent it.
    pub username: String,
    /// The sealed envelope of kind 5.
    pub data: Sealed,
    /// The sender's signature over it.
    pub signature: Signature,
}

/// What the receiver did on another of its devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct OwnChange {
    /// Which list to read again.
    pub scope: Scope,
    /// The DM, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DmId")]
    #[ts(optional)]
    pub id: Option<DmId>,
}

/// Which list of the user's own changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Friends and friend requests.
    Friends,
    /// Blocked users.
    Blocks,
    /// Scheduled messages of a DM.
    Scheduled,
    /// Which DMs there are.
    Dms,
}
