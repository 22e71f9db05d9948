//! The open connections, and the Notifier that delivers to them: one emit per connection, so that the one which does not keep up is
//! known and closed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde_json::value::RawValue;
use socketioxide::extract::SocketRef;
use socketioxide::{AckError, SendError};
use sotto_protocol::notices::Notice;
use sotto_protocol::text::DmId;
use sotto_protocol::{Code, Refusal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::conn::Wire;
use crate::limits::{AddressKey, Limits, Switch};
use crate::notify::{Notifier, To};
use crate::session::{Me, Session};
use crate::store::UserId;
use crate::store::calls::DeviceId;

/// An open connection.
pub struct Connection {
    /// Its state.
    pub session: Arc<Session>,
    /// Its transport.
    pub wire: Arc<Wire>,
    /// Cancelled when the connection is over.
    pub over: CancellationToken,
    /// When its last event came, in microseconds since 1970.
    pub last_event_us: AtomicI64,
    socket: SocketRef,
}

impl Connection {
    pub(super) fn new(
        session: Arc<Session>,
        wire: Arc<Wire>,
        socket: SocketRef,
        now_us: i64,
    ) -> Self {
        Self {
            session,
            wire,
            over: CancellationToken::new(),
            last_event_us: AtomicI64::new(now_us),
            socket,
        }
    }

    fn device(&self) -> DeviceId {
        self.session.device
    }
}

/// What the hub sees happen that others must act on.
#[derive(Debug)]
pub enum HubEvent {
    /// A client keeps its invitation to a DM now.
    InvitationAcked(UserId, DmId),
    /// The first device of a user logged in.
    Online(UserId),
    /// The last device of a user is gone.
    Offline(UserId),
}

#[derive(Default)]
struct Open {
    connections: HashMap<DeviceId, Arc<Connection>>,
    by_user: HashMap<UserId, Vec<Arc<Connection>>>,
    by_address: HashMap<AddressKey, usize>,
}

/// The open connections.
pub struct Hub {
    open: RwLock<Open>,
    /// Held while a connection logs in, so that a user's connections are counted rightly.
    logins: Mutex<()>,
    events: mpsc::UnboundedSender<HubEvent>,
    max_queue_bytes: u64,
    /// `None` where rates are off.
    max_sockets: Option<(usize, usize)>,
}

impl Hub {
    /// A hub without connections, and where its events come out.
    pub fn new(limits: &Limits) -> (Arc<Self>, mpsc::UnboundedReceiver<HubEvent>) {
        let (events, receiver) = mpsc::unbounded_channel();
        let max_sockets = (limits.rates == Switch::On)
            .then_some((limits.max_user_sockets, limits.max_address_sockets));
        let hub = Self {
            open: RwLock::default(),
            logins: Mutex::default(),
            events,
            max_queue_bytes: limits.max_queue_bytes,
            max_sockets,
        };
        (Arc::new(hub), receiver)
    }

    fn read(&self) -> RwLockReadGuard<'_, Open> {
        self.open.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Open> {
        self.open.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn event(&self, event: HubEvent) {
        // The other end outlives the connections; at the very end there is nobody left to act.
        drop(self.events.send(event));
    }

    /// Takes a new connection in; `false` where its address has too many.
    pub(super) fn add(&self, connection: Arc<Connection>) -> bool {
        let mut open = self.write();
        let of_address = open
            .by_address
            .entry(connection.session.address)
            .or_default();
        if self
            .max_sockets
            .is_some_and(|(_, most)| *of_address >= most)
        {
            return false;
        }
        *of_address += 1;
        open.connections.insert(connection.device(), connection);
        metrics::gauge!("sotto_sockets").set(open.connections.len() as f64);
        true
    }

    /// Logs a connection in; `answer` is sent before any notice can be.
    ///
    /// # Errors
    /// `rate_limited` where the user has too many connections; `answer` is not called.
    pub(super) fn log_in(
        &self,
        connection: &Arc<Connection>,
        me: Arc<Me>,
        answer: impl FnOnce(),
    ) -> Result<(), Refusal> {
        let _one_by_one = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let open = self.read();
            let devices = open.by_user.get(&me.id).map_or(0, Vec::len);
            if self.max_sockets.is_some_and(|(most, _)| devices >= most) {
                let sentence = "Too many devices of yours are connected.";
                return Err(Refusal {
                    retry_after: Some(60),
                    ..Refusal::saying(Code::RateLimited, sentence)
                });
            }
            if open.connections.contains_key(&connection.device()) {
                connection.session.log_in(Arc::clone(&me));
            }
        }
        // Without the lock on what is open: an answer that finds the queue full closes the connection, which takes that lock.
        answer();
        let mut open = self.write();
        if !open.connections.contains_key(&connection.device()) {
            // It is over already: whoever sees that it is gone must not find it among the user's devices.
            return Ok(());
        }
        let devices = open.by_user.entry(me.id).or_default();
        let first = devices.is_empty();
        devices.push(Arc::clone(connection));
        drop(open);
        if first {
            self.event(HubEvent::Online(me.id));
        }
        Ok(())
    }

    /// Lets a connection go, for whatever reason; the second time nothing happens.
    pub(super) fn remove(&self, device: DeviceId) {
        let mut open = self.write();
        let Some(connection) = open.connections.remove(&device) else {
            return;
        };
        if let Some(of_address) = open.by_address.get_mut(&connection.session.address) {
            *of_address -= 1;
            if *of_address == 0 {
                open.by_address.remove(&connection.session.address);
            }
        }
        metrics::gauge!("sotto_sockets").set(open.connections.len() as f64);
        connection.over.cancel();
        connection.wire.end();
        let Some(me) = connection.session.me() else {
            return;
        };
        let mut last = false;
        if let Some(devices) = open.by_user.get_mut(&me.id) {
            devices.retain(|other| other.device() != device);
            last = devices.is_empty();
        }
        if last {
            open.by_user.remove(&me.id);
        }
        drop(open);
        if last {
            self.event(HubEvent::Offline(me.id));
        }
    }

    /// Ends a connection by closing its transport, so that stock clients come back.
    pub fn close(&self, connection: &Connection, why: &'static str) {
        tracing::debug!(device = connection.device().0, why, "closing a connection");
        metrics::counter!("sotto_closed_total", "why" => why).increment(1);
        connection.wire.end();
        self.remove(connection.device());
    }

    /// Every open connection.
    pub fn connections(&self) -> Vec<Arc<Connection>> {
        self.read().connections.values().cloned().collect()
    }

    /// Closes a connection that does not keep up with what is sent. The bytes were counted by [`Wire::queued`] before they were sent,
    /// or they could be written before they are queued.
    pub(super) fn sent(&self, connection: &Connection, outcome: Result<(), SendError>) {
        let is_slow = match outcome {
            Ok(()) => connection.wire.waiting() > self.max_queue_bytes,
            Err(SendError::Socket(socketioxide::SocketError::Closed)) => false,
            Err(_) => true,
        };
        if is_slow {
            metrics::counter!("sotto_dropped_total").increment(1);
            self.close(connection, "slow");
        }
    }

    fn emit(&self, connection: &Connection, name: &'static str, payload: &RawValue) {
        connection.wire.queued(name.len() + payload.get().len());
        let outcome = connection.socket.emit(name, payload);
        self.sent(connection, outcome);
    }

    /// Emits an invitation, which counts as kept once the client acks it.
    fn emit_invitation(
        &self,
        connection: &Arc<Connection>,
        name: &'static str,
        payload: &RawValue,
        dm: DmId,
    ) {
        connection.wire.queued(name.len() + payload.get().len());
        let acked = connection
            .socket
            .emit_with_ack::<_, serde_json::Value>(name, payload);
        let (acked, outcome) = match acked {
            Ok(acked) => (Some(acked), Ok(())),
            Err(cause) => (None, Err(cause)),
        };
        self.sent(connection, outcome);
        let (Some(acked), Some(me)) = (acked, connection.session.me()) else {
            return;
        };
        let events = self.events.clone();
        let over = connection.over.clone();
        tokio::spawn(async move {
            let answer = tokio::select! {
                answer = acked => answer,
                () = over.cancelled() => return,
            };
            // An ack without a value does not decode, and says just as well that the client has it.
            if matches!(answer, Ok(_) | Err(AckError::Decode(_))) {
                drop(events.send(HubEvent::InvitationAcked(me.id, dm)));
            }
        });
    }
}

impl Notifier for Hub {
    fn notify(&self, to: &To, notice: &Notice) {
        let targets: Vec<Arc<Connection>> = {
            let open = self.read();
            let of = |user: &UserId| open.by_user.get(user).into_iter().flatten();
            match to {
                To::Users(users) => users.iter().flat_map(of).cloned().collect(),
                To::OtherDevices(user, device) => of(user)
                    .filter(|other| other.device() != *device)
                    .cloned()
                    .collect(),
                To::Device(user, device) => of(user)
                    .filter(|other| other.device() == *device)
                    .cloned()
                    .collect(),
            }
        };
        if targets.is_empty() {
            return;
        }
        let payload = match notice.to_raw() {
            Ok(payload) => payload,
            Err(cause) => {
                tracing::error!(%cause, notice = notice.kind().name(), "a notice could not be encoded");
                return;
            }
        };
        let name = notice.kind().name();
        metrics::counter!("sotto_notices_total", "notice" => name).increment(targets.len() as u64);
        for connection in &targets {
            match notice {
                Notice::X3dh(invitation) => {
                    self.emit_invitation(connection, name, &payload, invitation.id);
                }
                _ => self.emit(connection, name, &payload),
            }
        }
    }

    fn is_online(&self, user: UserId) -> bool {
        self.read().by_user.contains_key(&user)
    }
}

impl Connection {
    /// Notes that an event came.
    pub(super) fn heard(&self, now_us: i64) {
        self.last_event_us.store(now_us, Ordering::Relaxed);
    }
}
