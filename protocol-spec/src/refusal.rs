//! Every way the server says no: one table of codes and sentences, for the server, the SDKs and the manual.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $sentence:literal;)*) => {
        /// Why a request was refused; on the wire in snake case.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
        #[schemars(rename = "RefusalCode")]
        #[ts(rename = "RefusalCode")]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $code)] $variant,)*
        }

        impl Code {
            /// Every code, in alphabetical order.
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// The code as it stands on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $code,)* }
            }

            /// The sentence a person reads where the refusal says nothing more exact.
            pub const fn sentence(self) -> &'static str {
                match self { $(Code::$variant => $sentence,)* }
            }
        }
    };
}

codes! {
    AlreadyFriends = "already_friends", "You are friends already.";
    AlreadyLoggedIn = "already_logged_in", "This connection is logged in already.";
    BadGroupInfo = "bad_group_info", "The signed group info does not fit the DM it came with.";
    BadSignature = "bad_signature", "The signature does not fit the key and the bytes.";
    CannotFriend = "cannot_friend", "You cannot send a friend request to that user.";
    CannotInvite = "cannot_invite", "Someone on the list cannot be invited by you.";
    Conflict = "conflict", "Another device has changed this in the meantime; read it again.";
    CursorTooOld = "cursor_too_old", "That cursor is too old; fetch the DM anew.";
    DmExists = "dm_exists", "A DM of just you two exists already.";
    /// A failure of ours: the sentence names an incident and nothing else.
    Internal = "internal", "Something went wrong on our side.";
    InvalidKey = "invalid_key", "That is no acceptable public key.";
    InvalidRequest = "invalid_request", "The request is malformed.";
    InvalidUsername = "invalid_username", "That is no acceptable username.";
    LockedOut = "locked_out", "Too many wrong answers; wait a minute.";
    NoAccess = "no_access", "You do not have access to that.";
    NoChallenge = "no_challenge", "There is no challenge to answer; call login first.";
    NoPrekey = "no_prekey", "Someone on the list has no signed prekey yet.";
    NoRequest = "no_request", "There is no friend request from that user.";
    NoSuchUser = "no_such_user", "There is no such user.";
    NotFriends = "not_friends", "You are not friends with that user.";
    NotInCall = "not_in_call", "That place in the call is empty.";
    NotLoggedIn = "not_logged_in", "Log in first.";
    NotOwner = "not_owner", "That belongs to another member.";
    RateLimited = "rate_limited", "Too many requests; slow down.";
    RequestExists = "request_exists", "There is a friend request between you already.";
    StalePrekey = "stale_prekey", "Someone on the list has a newer signed prekey; fetch it again.";
    TooLarge = "too_large", "That is beyond a limit.";
    Unavailable = "unavailable", "The database is out of reach; try again soon.";
    UnknownEvent = "unknown_event", "There is no such event.";
    UsernameTaken = "username_taken", "That username is taken.";
    WrongResponse = "wrong_response", "The answer to the challenge is wrong.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One refusal: a code for programs, a sentence for people, and when trying again makes sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub code: Code,
    /// A sentence for a person.
    pub sentence: Cow<'static, str>,
    /// Seconds to wait, with `rate_limited`, `locked_out` and `unavailable`.
    pub retry_after: Option<u64>,
}

impl Refusal {
    /// A refusal with its own sentence instead of the code's.
    pub fn saying(code: Code, sentence: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            sentence: sentence.into(),
            retry_after: None,
        }
    }

    /// A refusal that makes sense to try again after `seconds` (rounded up by the caller, at least 1).
    pub fn retry_after(code: Code, seconds: u64) -> Self {
        Self {
            retry_after: Some(seconds.max(1)),
            ..code.into()
        }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self::saying(code, code.sentence())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.sentence)
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_alphabetical_snake_case_and_unique() {
        let names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        assert!(
            names
                .iter()
                .all(|n| n.bytes().all(|b| b == b'_' || b.is_ascii_lowercase()))
        );
    }
}
