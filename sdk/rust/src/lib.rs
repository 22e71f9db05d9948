//! The Rust client of Sotto, for apps, bots and the terminal client.
//!
//! Where to begin: [`account`] for keys and registration, [`Sotto`] for a session, [`model`] for what an app sees.
//!
//! - [`transport`]: Socket.IO over a websocket; `link`: the session over its connections; `engine` and `notices`: what runs behind a client
//! - `vault`: `own_storage`; `groups`: making and joining DMs; `replays`: what was seen of each DM
//! - [`send`], [`read`], [`people`], `calls`: what an app does; `follow`: what it is told; `outbox`: what is on its way
//! - [`store`]: where a device keeps its state
#![doc = ""]
#![doc = include_str!("../README.md")]

pub mod account;
mod call;
mod calls;
pub mod client;
mod clock;
mod engine;
pub mod error;
mod follow;
mod groups;
mod link;
pub mod model;
mod notices;
mod outbox;
pub mod people;
pub mod read;
mod replays;
mod secret;
pub mod send;
pub mod store;
pub mod transport;
mod vault;

pub use account::{AccountKeys, KeyStore, RecoveryWords, is_taken, register};
pub use client::{Events, Options, Sotto};
pub use error::{Error, Refused, Result, Security};
pub use model::{
    Content, Dm, Happening, KeyState, Message, MessageRef, Person, Reaction, Scheduled, Unreadable,
};
pub use people::{Profile, Storage};
pub use read::Page;
pub use send::{SendOptions, Sent, When};
pub use sotto_protocol as protocol;
pub use store::{FileStore, MemoryStore, Store};
pub use transport::{ServerAddress, TransportConfig};
