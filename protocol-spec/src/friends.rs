//! Friends and blocks. Rules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::text::Text;

/// Declares an event that names one user and nothing else.
macro_rules! about_one_user {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
        pub struct $name {
            /// The other user's stored spelling.
            pub username: Text,
        }
    )*};
}

/// Declares an event without parameters.
macro_rules! without_parameters {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema, TS)]
        pub struct $name {}
    )*};
}

about_one_user! {
    /// `send_friend_request`; lifts the caller's own block of the target.
    SendFriendRequest;
    /// `unfriend`.
    Unfriend;
    /// `block_user`; ends the friendship and retracts the caller's own request.
    BlockUser;
    /// `unblock`, also reached as `unblock_user`.
    Unblock;
}

without_parameters! {
    /// `get_friends`, by folded username.
    GetFriends;
    /// `get_friend_requests`: who asks the caller, by folded username.
    GetFriendRequests;
    /// `get_outgoing_requests`: whom the caller asks, by folded username.
    GetOutgoingRequests;
    /// `get_blocked`, by folded username.
    GetBlocked;
}

/// `ack_friend_request`: answers a request; accepting lifts the caller's own block.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct AckFriendRequest {
    /// Who asked.
    pub username: Text,
    /// Whether to be friends.
    pub accept: bool,
}
