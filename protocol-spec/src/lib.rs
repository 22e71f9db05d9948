//! The language both sides of Sotto speak: events, notices, objects and refusals, for the server and every client.
//!
//! `SPEC.md` beside this crate says in numbered rules what each of them means. Nothing here does I/O.
//!
//! - [`events`]: the list of all requests, each with its name, its parameters and its reply
//! - [`notices`]: the list of all notifications
//! - [`session`], [`users`], [`dms`], [`messages`], [`friends`], [`calls`]: parameters and replies by area
//! - [`objects`]: what travels inside them (user, DM, message, reaction, invitation)
//! - [`text`]: the value types: parsed when they are read, so that no bad value gets past this crate
//! - [`names`]: which usernames there may be
//! - [`decode`]: one request from its JSON, or the refusal that names the offending key
//! - [`refusal`], [`reply`]: every way the server says no, and the envelope of every answer

pub mod calls;
pub mod decode;
pub mod dms;
pub mod events;
pub mod friends;
pub mod messages;
pub mod names;
pub mod notices;
pub mod objects;
pub mod refusal;
pub mod reply;
pub mod session;
pub mod text;
pub mod users;

pub use events::Event;
pub use notices::NoticeKind;
pub use refusal::{Code, Refusal};
