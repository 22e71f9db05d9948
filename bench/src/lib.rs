//! The load generator: drives a running Sotto server over real sockets and says what it measured.
//!
//! For `sotto-bench`, whose subcommands are the modules [`sends`], [`timed`], [`idle`], [`logins`]
//! and [`compare`]. Everything runs on one thread, so that the load has one core's price.

pub mod compare;
pub mod figures;
pub mod idle;
pub mod logins;
pub mod machine;
pub mod people;
pub mod pool;
pub mod probe;
pub mod sends;
pub mod server;
pub mod timed;
pub mod wire;
