//! THE list of requests: name, who may call it, parameters, reply; for the dispatcher, the SDKs and the bindings.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use ts_rs::TS;

use crate::calls::{CallSignal, GetIceServers, IceServer, InCall, JoinCall, LeaveCall};
use crate::dms::{CreateDm, GetDm, GetDms, LeaveDm, PingTyping, SetDm};
use crate::friends::{
    AckFriendRequest, BlockUser, GetBlocked, GetFriendRequests, GetFriends, GetOutgoingRequests,
    SendFriendRequest, Unblock, Unfriend,
};
use crate::messages::{
    AddReaction, CancelScheduledMessage, DeleteMessage, GetMessage, GetMessageChanges,
    GetMessageHistory, GetPinned, MessageChanges, RemoveReaction, SendMessage, SetMessage,
};
use crate::objects::{DmDetails, FullUser, Message, User};
use crate::reply::Done;
use crate::session::{Login, LoginChallengeResponse, Register, UsernameExists};
use crate::text::{DmId, Fixed, ReactionId};
use crate::users::{GetFullUser, GetUser, GetUserList, SetUser};

/// A request: its wire name and what it answers.
pub trait Event: Serialize + DeserializeOwned + JsonSchema + TS + Send + 'static {
    /// The event name on the wire.
    const NAME: &'static str;
    /// Who may call it.
    const ACCESS: Access;
    /// The `result` of a success.
    type Reply: Serialize + DeserializeOwned + JsonSchema + TS + Send + 'static;
}

/// Who may call an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Any connection.
    Anyone,
    /// A connection that is logged in; any other is told `not_logged_in`.
    LoggedIn,
}

/// Sees each request type once.
pub trait EventVisitor {
    /// One request, with its one-line description.
    fn event<E: Event>(&mut self, doc: &'static str);
}

macro_rules! events {
    ($($doc:literal $request:ident = $name:literal, $access:ident => $reply:ty;)*) => {
        $(impl Event for $request {
            const NAME: &'static str = $name;
            const ACCESS: Access = Access::$access;
            type Reply = $reply;
        })*

        /// The wire name of every event, [`ALIASES`] apart.
        pub const NAMES: &[&str] = &[$($name,)*];

        /// Hands every request type to a visitor.
        pub fn visit_events(visitor: &mut impl EventVisitor) {
            $(visitor.event::<$request>($doc);)*
        }
    };
}

/// Second names of events: the name, and the event it stands for.
pub const ALIASES: &[(&str, &str)] = &[("unblock_user", Unblock::NAME)];

events! {
    "Creates an account; does not log in."
    Register = "register", Anyone => Done;
    "Asks for a challenge."
    Login = "login", Anyone => Fixed<32>;
    "Answers the challenge and logs this connection in."
    LoginChallengeResponse = "login_challenge_response", Anyone => Done;
    "Tells whether a name is taken."
    UsernameExists = "username_exists", Anyone => bool;

    "Reads a user."
    GetUser = "get_user", LoggedIn => User;
    "Reads oneself."
    GetFullUser = "get_full_user", LoggedIn => FullUser;
    "Reads the directory."
    GetUserList = "get_user_list", LoggedIn => Vec<User>;
    "Changes oneself."
    SetUser = "set_user", LoggedIn => Done;

    "Creates a DM."
    CreateDm = "create_dm", LoggedIn => DmId;
    "Lists the caller's DMs."
    GetDms = "get_dms", LoggedIn => Vec<DmId>;
    "Reads a DM."
    GetDm = "get_dm", LoggedIn => DmDetails;
    "Names a DM."
    SetDm = "set_dm", LoggedIn => Done;
    "Leaves a DM."
    LeaveDm = "leave_dm", LoggedIn => Done;
    "Tells the others that the caller is typing."
    PingTyping = "ping_typing", LoggedIn => Done;

    "Sends a message, now or at its hour."
    SendMessage = "send_message", LoggedIn => Done;
    "Reads a message."
    GetMessage = "get_message", LoggedIn => Message;
    "Reads a page of history."
    GetMessageHistory = "get_message_history", LoggedIn => Vec<Message>;
    "Reads the pinned messages."
    GetPinned = "get_pinned", LoggedIn => Vec<Message>;
    "Reads what changed since a cursor (extension)."
    GetMessageChanges = "get_message_changes", LoggedIn => MessageChanges;
    "Edits or pins a message."
    SetMessage = "set_message", LoggedIn => Done;
    "Deletes one's own message (extension)."
    DeleteMessage = "delete_message", LoggedIn => Done;
    "Cancels a scheduled message."
    CancelScheduledMessage = "cancel_scheduled_message", LoggedIn => Done;
    "Reacts to a message."
    AddReaction = "add_reaction", LoggedIn => ReactionId;
    "Takes a reaction back."
    RemoveReaction = "remove_reaction", LoggedIn => Done;

    "Asks someone to be friends."
    SendFriendRequest = "send_friend_request", LoggedIn => Done;
    "Lists who asks the caller."
    GetFriendRequests = "get_friend_requests", LoggedIn => Vec<String>;
    "Lists whom the caller asks."
    GetOutgoingRequests = "get_outgoing_requests", LoggedIn => Vec<String>;
    "Answers a friend request."
    AckFriendRequest = "ack_friend_request", LoggedIn => Done;
    "Ends a friendship."
    Unfriend = "unfriend", LoggedIn => Done;
    "Lists the caller's friends."
    GetFriends = "get_friends", LoggedIn => Vec<String>;
    "Blocks a user."
    BlockUser = "block_user", LoggedIn => Done;
    "Lifts a block."
    Unblock = "unblock", LoggedIn => Done;
    "Lists whom the caller blocks."
    GetBlocked = "get_blocked", LoggedIn => Vec<String>;

    "Joins a DM's call."
    JoinCall = "join_call", LoggedIn => InCall;
    "Leaves a DM's call."
    LeaveCall = "leave_call", LoggedIn => Done;
    "Sends a signal to a device in the call (extension)."
    CallSignal = "call_signal", LoggedIn => Done;
    "Reads the STUN and TURN servers (extension)."
    GetIceServers = "get_ice_servers", LoggedIn => Vec<IceServer>;
}
