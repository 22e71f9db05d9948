//! A scripted Socket.IO server for the tests of this crate: it says exactly what a test wants it to say.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

pub mod peer;
