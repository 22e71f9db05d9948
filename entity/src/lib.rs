//! The tables, one file each, for `server/src/store` alone. No logic and no wire format lives here.

pub mod block;
pub mod content;
pub mod counter;
pub mod dm;
pub mod free_slot;
pub mod friend_request;
pub mod friendship;
pub mod login_failure;
pub mod member;
pub mod message;
pub mod reaction;
pub mod resend;
pub mod scheduled;
pub mod storage;
pub mod timed_event;
pub mod tombstone;
pub mod user;
