//! Socket.IO v5 on Engine.IO v4 over a websocket: all that a client needs of it.
//!
//! - [`address`]: where the server is, and the origin that a login is bound to
//! - [`packet`]: packets to text and back
//! - [`socket`]: one connection

pub mod address;
pub mod packet;
pub mod socket;
mod tls;

pub use address::ServerAddress;
pub use socket::{Connection, ServerEvent, Socket, TransportConfig};
