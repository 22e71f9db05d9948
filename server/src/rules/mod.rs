//! What may be done: pure functions of what is known, without clock, database or runtime.

pub mod dms;
pub mod friends;
pub mod messages;
pub mod users;
