//! The SDK against servers that say what a test wants: frame by frame, or as a Sotto in memory that can lie.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calls;
mod crashes;
mod fake;
mod lies;
mod peer;
mod people;
mod rules;
mod storage;
mod story;
mod transport;
