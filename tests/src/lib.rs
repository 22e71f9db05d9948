//! What the black-box tests stand on: a real server in the process, a clock moved by hand, and people with raw connections.

pub mod client;
pub mod clock;
pub mod dice;
pub mod http;
pub mod keys;
pub mod person;
pub mod process;
pub mod raw;
pub mod server;
pub mod shapes;

pub use keys::Keys;
pub use person::Person;
pub use raw::{Came, Raw, Reply};
pub use server::TestServer;
