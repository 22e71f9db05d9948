//! Sotto's server, as a library with one public door: [`serve`]. The binary and the black-box tests come in through it.
//!
//! `ARCHITECTURE.md` is the map; every folder's first file says what lives there and for whom.

mod app;
mod clock;
pub mod config;
mod conn;
mod ctx;
mod error;
mod handlers;
mod http;
mod limits;
mod notify;
mod presence;
mod rules;
mod scheduler;
mod server;
mod session;
mod socket;
mod store;
#[cfg(test)]
mod testing;

pub use clock::{Clock, SharedClock, SystemClock};
pub use limits::{Limits, Switch};
pub use server::{Running, WebClient, doctor, migrate, running, serve};
