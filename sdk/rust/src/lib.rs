//! The Rust client of Sotto.

pub mod error;
pub mod transport;

pub use error::{Error, Refused, Result, Security};
