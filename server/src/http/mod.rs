//! EDGE: everything that speaks plain HTTP. Accepting connections, who they come from, health, metrics and the web client.

pub mod address;
pub mod admin;
mod encoding;
pub mod health;
pub mod listener;
pub mod metrics;
pub mod sessions;
pub mod site;
pub mod web;
