//! Everything that is built once, listed once.

use std::sync::Arc;

use crate::clock::SharedClock;
use crate::config::Config;
use crate::limits::Rates;
use crate::notify::Teller;
use crate::store::Store;

/// The parts of a running server that handlers and sweeps share.
pub struct App {
    /// The settings.
    pub config: Config,
    /// The server's own origins; empty where only loopback hosts are known.
    pub origins: Vec<String>,
    /// What time it is.
    pub clock: SharedClock,
    /// The database.
    pub store: Store,
    /// The rate limiters.
    pub rates: Rates,
    /// The door to the devices.
    pub teller: Arc<Teller>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("origins", &self.origins)
            .finish_non_exhaustive()
    }
}
