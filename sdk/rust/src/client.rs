//! The client: everything that an app does, on one logged-in account. See [`Sotto`].

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex as StdMutex};
use std::time::Duration;

use rand::{RngExt, rng};
use sotto_protocol::Event;
use sotto_protocol::text::{DmId, MessageId};
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

use crate::account::AccountKeys;
use crate::calls::Call;
use crate::engine::{Engine, Stop};
use crate::error::{Error, Result};
use crate::groups::Group;
use crate::link::{self, Link};
use crate::model::Happening;
use crate::replays::Replays;
use crate::send::Sequencer;
use crate::store::Store;
use crate::transport::{Connection, ServerAddress, TransportConfig};
use crate::vault::{Access, Vault};

/// Settings of a client.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Settings of the connection.
    pub transport: TransportConfig,
}

/// What happens on the account, in order. Read it steadily: a reader that falls far behind loses the connection and catches up after.
#[derive(Debug)]
pub struct Events {
    queue: mpsc::Receiver<Happening>,
}

impl Events {
    /// The next one; `None` once the client is gone.
    pub async fn next(&mut self) -> Option<Happening> {
        self.queue.recv().await
    }
}

/// How long a client that is closed may take to finish what it is at.
const GRACE: Duration = Duration::from_secs(2);

/// How many events may wait for the app.
const EVENT_QUEUE: usize = 1_024;

/// How often something without a known outcome is tried before the app is told.
const ATTEMPTS: usize = 4;

/// A logged-in account. Clones share the session, which ends with the last of them (or with [`Sotto::close`]).
///
/// The connection is made again by itself after a loss. Requests made meanwhile wait for as long as for an answer; what must not
/// be lost or doubled (sends, new DMs, leaving) is repeated safely until its outcome is known.
#[derive(Clone, Debug)]
pub struct Sotto {
    pub(crate) inner: Arc<Inner>,
    pub(crate) stop: Arc<Stop>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub server: ServerAddress,
    pub options: Options,
    pub keys: AccountKeys,
    pub store: Arc<dyn Store>,
    pub link: Link,
    pub vault: Vault,
    pub replays: Replays,
    pub groups: Mutex<HashMap<DmId, Arc<Group>>>,
    pub sequencer: Sequencer,
    pub calls: Mutex<BTreeMap<DmId, Call>>,
    /// What the uuids of this device's places in calls begin with: by it they are told from those of the user's other devices.
    pub call_prefix: String,
    /// Which DM a message is in: notices of deletion name the message alone.
    pub places: StdMutex<HashMap<MessageId, DmId>>,
    /// Warnings that no event stream was there to tell.
    pub warnings: StdMutex<Vec<String>>,
}

impl Inner {
    pub(crate) fn access(&self) -> Access<'_> {
        Access {
            link: &self.link,
            keys: &self.keys,
            store: &*self.store,
        }
    }

    /// Sends a request, and sends it again while its outcome is not known: only for requests that may be repeated.
    pub(crate) async fn until_known<E: Event>(&self, request: &E) -> Result<E::Reply> {
        for _ in 1..ATTEMPTS {
            match self.link.patient(request).await {
                Err(error) if error.outcome_unknown() => {}
                outcome => return outcome,
            }
        }
        self.link.patient(request).await
    }
}

impl Sotto {
    /// Logs in, reads `own_storage`, accepts pending invitations, renews the prekey where it is due, and sends what an earlier run
    /// could not. No events are kept; see [`Sotto::follow`].
    ///
    /// # Errors
    /// [`Error::Connect`]; [`Error::Refused`] (`no_such_user`, `locked_out`, …); [`Error::Security`] (`E_ROLLBACK`, `E_STORAGE`, …).
    pub async fn connect(
        server: &ServerAddress,
        keys: AccountKeys,
        store: Arc<dyn Store>,
        options: Options,
    ) -> Result<Self> {
        let (inner, connection) = Self::begin(server, keys, store, options).await?;
        Ok(Engine::start(inner, connection, None).await?.0)
    }

    /// [`Sotto::connect`] that also tells what happens: first what this profile missed since the last time, then what comes. The
    /// first time, it begins with the present: older messages are read with [`Sotto::history`].
    ///
    /// # Errors
    /// Those of [`Sotto::connect`].
    pub async fn follow(
        server: &ServerAddress,
        keys: AccountKeys,
        store: Arc<dyn Store>,
        options: Options,
    ) -> Result<(Self, Events)> {
        let (inner, connection) = Self::begin(server, keys, store, options).await?;
        let (tell, queue) = mpsc::channel(EVENT_QUEUE);
        let (sotto, _) = Engine::start(inner, connection, Some(tell)).await?;
        Ok((sotto, Events { queue }))
    }

    async fn begin(
        server: &ServerAddress,
        keys: AccountKeys,
        store: Arc<dyn Store>,
        options: Options,
    ) -> Result<(Arc<Inner>, Connection)> {
        let connection = link::patient_dial(server, &keys, &options.transport).await?;
        let inner = Inner {
            server: server.clone(),
            link: Link::new(options.transport.request_timeout),
            options,
            keys,
            replays: Replays::new(Arc::clone(&store)),
            store,
            vault: Vault::default(),
            groups: Mutex::default(),
            sequencer: Sequencer::default(),
            calls: Mutex::default(),
            call_prefix: hex::encode(rng().random::<[u8; 8]>()),
            places: StdMutex::default(),
            warnings: StdMutex::default(),
        };
        Ok((Arc::new(inner), connection))
    }

    /// The user's own name.
    pub fn username(&self) -> &str {
        self.inner.keys.username()
    }

    /// The server.
    pub fn server(&self) -> &ServerAddress {
        &self.inner.server
    }

    /// Sends any request of the protocol as it stands, without the care that this SDK takes of keys and content.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Disconnected`], [`Error::Timeout`].
    pub async fn call<E: Event>(&self, request: &E) -> Result<E::Reply> {
        self.inner.link.call(request).await
    }

    /// Takes the warnings since the last time, for a person: those of [`Sotto::create_dm`], and without [`Sotto::follow`] all others.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self
            .inner
            .warnings
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        std::mem::take(&mut *warnings)
    }

    /// Ends the session and keeps what was learnt. Events end, too.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn close(self) -> Result<()> {
        self.stop.now();
        if timeout(GRACE, self.stop.done()).await.is_err() {
            // It waits for an answer, which now will not come.
            let closed = Error::Disconnected("the client was closed".to_owned());
            self.inner.link.end(closed);
            self.stop.done().await;
        }
        Ok(())
    }
}
