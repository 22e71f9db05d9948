//! What an app sees: DMs, messages, reactions and people, opened and verified.

use sotto_protocol::objects;
use sotto_protocol::text::{DmId, MessageId, ReactionId, ScheduleId, Timestamp};

/// Names a message by its content, whatever id the server gives it (C-307): what replies aim at.
pub type MessageRef = [u8; 32];

/// Why something could not be opened. It is shown as such and never left out silently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The code of `sotto/1`, section 2.12, such as `E_SIG`.
    pub code: &'static str,
    /// The reason, for a person.
    pub sentence: String,
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.sentence, self.code)
    }
}

impl From<sotto_crypto::Refusal> for Unreadable {
    fn from(refusal: sotto_crypto::Refusal) -> Self {
        Self {
            code: refusal.code(),
            sentence: refusal.sentence().trim_end_matches('.').to_owned(),
        }
    }
}

/// A message.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The DM it is in.
    pub dm: DmId,
    /// Who sent it. Proven by signature where `content` is readable; else only what the server says.
    pub sender: String,
    /// When the server took it; strictly rising within a DM, so an exact cursor.
    pub timestamp: Timestamp,
    /// When it destroys itself.
    pub expires: Option<Timestamp>,
    /// Whether a member pinned it. The server's word: pins are not signed.
    pub pinned: bool,
    /// What it says.
    pub content: Result<Content, Unreadable>,
    /// Its reactions.
    pub reactions: Vec<Reaction>,
    /// How many earlier envelopes of the same sender and session this device has not seen: deleted, not loaded yet, or withheld.
    pub missing_before: u32,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("dm", &self.dm)
            .field("timestamp", &self.timestamp)
            .finish_non_exhaustive()
    }
}

/// What a message says.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// The text.
    pub text: String,
    /// What replies and reactions to this message aim at; stays the same through edits.
    pub reference: MessageRef,
    /// The message this one replies to. Not known for an edited message, whose first version is gone.
    pub reply_to: Option<MessageRef>,
    /// How often it was edited; 0: never.
    pub revision: u32,
    /// When it was written by the sender's clock, in milliseconds since 1970 UTC.
    pub written_ms: u64,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content")
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

/// A reaction to a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Reaction {
    /// Its id.
    pub id: ReactionId,
    /// Who reacted.
    pub sender: String,
    /// What it says, usually an emoji.
    pub text: Result<String, Unreadable>,
}

impl std::fmt::Debug for Reaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reaction")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A DM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dm {
    /// Its id.
    pub id: DmId,
    /// The members, in key-tree order. That someone has left is the server's word.
    pub users: Vec<String>,
    /// Its name, where it has one.
    pub name: Option<Result<String, Unreadable>>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who is in the call.
    pub users_in_call: Vec<String>,
    /// Why this device cannot read it; `None` where it can.
    pub locked: Option<Unreadable>,
}

/// One of the user's own messages that waits for its hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// The DM.
    pub dm: DmId,
    /// Its id until it is sent.
    pub id: ScheduleId,
    /// When it is due.
    pub due: Timestamp,
    /// What it says.
    pub text: Result<String, Unreadable>,
}

/// Another user, with what this account remembers of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// What the server says.
    pub user: objects::User,
    /// How the server's key stands to the pinned one.
    pub key: KeyState,
}

/// How a key that the server shows stands to the pinned one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// No key is pinned for this name.
    Unknown,
    /// The key is the pinned one.
    Pinned {
        /// Whether the user has compared safety numbers.
        verified: bool,
    },
    /// Another key is pinned: everything that would use the new one is refused until the user accepts it.
    Changed {
        /// The pinned key.
        pinned: [u8; 32],
    },
}

/// What happened, for [`crate::Events`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Happening {
    /// Logged in. What was missed follows as ordinary events.
    Connected,
    /// The connection is lost and being made again.
    Disconnected {
        /// Why, for a person.
        why: String,
    },
    /// It will not be made again; this is the last event.
    Ended(crate::Error),
    /// A message that was not there before.
    MessageNew(Message),
    /// A message as it is now: edited, pinned, reacted to. Replace what is shown under this id.
    MessageChanged(Message),
    /// A message is gone.
    MessageDeleted {
        /// The DM, where it is known.
        dm: Option<DmId>,
        /// The message.
        id: MessageId,
    },
    /// Too long away from this DM for its changes to be told one by one: read again what is shown of it. New messages still follow.
    HistoryReset {
        /// The DM.
        dm: DmId,
    },
    /// A member is typing.
    Typing {
        /// The DM.
        dm: DmId,
        /// The member.
        username: String,
    },
    /// The user is in a new DM, which this device can read.
    Invited(Dm),
    /// An invitation that must not be accepted. It comes again with each login until it can be.
    InvitationRefused {
        /// The DM.
        dm: DmId,
        /// Who invites, by the server's word.
        sender: String,
        /// Why not.
        why: crate::Error,
    },
    /// A DM's name, members or call changed.
    DmChanged(Dm),
    /// The user is no longer in this DM.
    DmGone {
        /// The DM.
        dm: DmId,
    },
    /// A scheduled message was sent.
    ScheduledSent {
        /// The DM.
        dm: DmId,
        /// Its id until now.
        id: ScheduleId,
    },
    /// A scheduled message will be sent in a minute.
    ScheduledSoon {
        /// The DM.
        dm: DmId,
        /// Its id.
        id: ScheduleId,
    },
    /// A scheduled message was dropped at its hour.
    ScheduledFailed {
        /// The DM.
        dm: DmId,
        /// Its id until now.
        id: ScheduleId,
        /// The server's reason.
        code: sotto_protocol::Code,
    },
    /// Someone asks to be friends.
    FriendRequest {
        /// Who.
        username: String,
    },
    /// Someone answered the user's request.
    FriendAnswer {
        /// Who.
        username: String,
        /// Whether they are friends now.
        accepted: bool,
    },
    /// A friendship ended.
    Unfriended {
        /// With whom.
        username: String,
    },
    /// Someone's profile or presence changed.
    Profile(objects::User),
    /// A member joined the call.
    CallJoined {
        /// The DM.
        dm: DmId,
        /// The member.
        username: String,
    },
    /// A member left the call.
    CallLeft {
        /// The DM.
        dm: DmId,
        /// The member.
        username: String,
    },
    /// A signal for this device's call, verified.
    CallSignal {
        /// The DM.
        dm: DmId,
        /// Who sent it.
        username: String,
        /// What it says.
        body: String,
    },
    /// Another device of the user changed one of the user's own lists.
    OwnChange {
        /// Which list.
        scope: sotto_protocol::notices::Scope,
        /// The DM, where there is one.
        dm: Option<DmId>,
    },
    /// The server shows another key for someone than the pinned one.
    KeyChanged {
        /// Whose.
        username: String,
        /// The pinned key, which stays in force until the user decides.
        pinned: [u8; 32],
        /// The other one.
        seen: [u8; 32],
    },
    /// Something that the user should know, for a person.
    Warning(String),
}
