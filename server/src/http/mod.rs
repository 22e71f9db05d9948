//! EDGE: everything that speaks plain HTTP. Accepting connections, who they come from, health and metrics.

pub mod address;
pub mod admin;
pub mod health;
pub mod listener;
pub mod metrics;
pub mod sessions;
