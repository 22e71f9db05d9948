//! What Sotto's clients compute: the byte formats and checks of `sotto/1`, for the client SDKs and,
//! to verify, for the server.
//!
//! The crate is pure: no I/O, no clock, and all randomness is an input. No function gives out a
//! Diffie-Hellman result; raw signing stands in [`hazmat`] alone.
//!
//! Where to begin: [`keys`] for an account, [`group`] to make or join a group, [`envelope`] and
//! [`replay`] for messages, [`server`] for what a server verifies.

pub mod bundle;
pub mod envelope;
pub mod error;
pub mod fingerprint;
pub mod group;
pub mod group_info;
pub mod hazmat;
pub mod hex;
pub mod keys;
pub mod login;
pub mod names;
pub mod points;
pub mod replay;
pub mod report;
pub mod server;
pub mod storage;
#[cfg(feature = "vectors")]
pub mod vectors;

mod aead;
mod encode;
mod kdf;
#[cfg(test)]
mod tests;
mod tree;
mod x3dh;

pub use error::{Refusal, Result};
