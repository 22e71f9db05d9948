//! EDGE: the only folder that speaks Socket.IO. Connections come in here, are kept in the hub, and leave.

mod dispatch;
mod hub;
mod lane;
mod routes;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use socketioxide::extract::SocketRef;
use socketioxide::handler::ConnectHandler;
use socketioxide::layer::SocketIoLayer;
use socketioxide::{ParserConfig, SocketIo};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::clock::SECOND;
use crate::config::Config;
use crate::conn::{Wire, Wires};
use crate::handlers::dms::AckInvitation;
use crate::limits::AddressKey;
use crate::notify::{Outbox, Tell};
use crate::session::Session;
use crate::store::calls::DeviceId;

pub use dispatch::Edge;
pub use hub::{Connection, Hub, HubEvent};

use dispatch::Dispatch;
use lane::Lane;

/// What the handshake request said of a connection; put there by the HTTP edge.
#[derive(Clone, Debug)]
pub struct Handshake {
    /// Where it comes from.
    pub address: AddressKey,
    /// The origin that the client dialled, where it is a loopback one.
    pub loopback_origin: Option<String>,
    /// The session's transport.
    pub wire: Arc<Wire>,
}

/// How long a client may take to ack an invitation; later, it is sent again after the next login.
const ACK_TIMEOUT: Duration = Duration::from_secs(300);

/// The Socket.IO layer of a server.
pub fn layer(config: &Config) -> (SocketIoLayer, SocketIo) {
    let limits = &config.limits;
    SocketIo::builder()
        .ping_interval(config.ping_interval())
        .ping_timeout(Duration::from_secs(config.ping_timeout))
        .connect_timeout(Duration::from_secs(config.connect_timeout))
        .ack_timeout(ACK_TIMEOUT)
        .max_payload(limits.max_frame as u64)
        .ws_max_message_size(limits.max_frame)
        .ws_max_frame_size(limits.max_frame)
        .max_buffer_size(limits.max_queue_packets)
        .with_parser(ParserConfig::common().max_incoming_binaries(0))
        .build_layer()
}

/// Opens the namespace. Handlers are registered in a middleware: after it, a fast client's first event could come before them.
pub fn open(
    io: &SocketIo,
    app: Arc<App>,
    hub: Arc<Hub>,
    wires: Arc<Wires>,
    lanes: TaskTracker,
) -> Arc<Edge> {
    let edge = Arc::new(Edge::new(app, hub, lanes));
    let devices = Arc::new(AtomicU64::new(0));
    let for_middleware = Arc::clone(&edge);
    let admit = async move |socket: SocketRef| -> Result<(), Refused> {
        let device = DeviceId(devices.fetch_add(1, Ordering::Relaxed) + 1);
        take_in(&for_middleware, &wires, socket, device)
    };
    io.ns("/", (async |_: SocketRef| {}).with(admit));
    edge
}

/// Why a connection is not taken in.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(&'static str);

impl From<Infallible> for Refused {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

fn take_in(
    edge: &Arc<Edge>,
    wires: &Arc<Wires>,
    socket: SocketRef,
    device: DeviceId,
) -> Result<(), Refused> {
    let handshake = socket.req_parts().extensions.get::<Handshake>().cloned();
    let Some(handshake) = handshake else {
        return Err(Refused("The handshake is incomplete."));
    };
    let sid = socket.id.to_string();
    let wire = wires.adopt(&sid, handshake.wire);
    let session = Session::new(device, handshake.address, handshake.loopback_origin);
    let now_us = edge.app.clock.now_us();
    let connection = Connection::new(Arc::new(session), wire, socket.clone(), now_us);
    let connection = Arc::new(connection);
    if !edge.hub.add(Arc::clone(&connection)) {
        metrics::counter!("sotto_closed_total", "why" => "address").increment(1);
        return Err(Refused("Too many connections from your address."));
    }
    let lane = Lane::start(Arc::clone(edge), Arc::clone(&connection));
    let connection = Arc::downgrade(&connection);
    socket.on_fallback(Dispatch {
        edge: Arc::clone(edge),
        lane,
        connection,
    });
    let hub = Arc::clone(&edge.hub);
    let wires = Arc::clone(wires);
    socket.on_disconnect(async move || {
        wires.remove(&sid);
        hub.remove(device);
    });
    Ok(())
}

/// Acts on what the hub sees happen, until the hub is gone.
pub async fn caretaker(app: Arc<App>, mut events: mpsc::UnboundedReceiver<HubEvent>) {
    while let Some(event) = events.recv().await {
        let outcome = match event {
            // Not awaited: a commit for each would hold up the acks behind it and the news of who is there.
            HubEvent::InvitationAcked(user, dm) => {
                app.submit(AckInvitation { dm, user }, |outcome| {
                    if let Err(cause) = outcome {
                        drop(cause.into_refusal("hub"));
                    }
                })
            }
            HubEvent::Online(user) | HubEvent::Offline(user) => {
                app.teller.tell(Outbox(vec![Tell::Profile(user, None)]));
                Ok(())
            }
        };
        match outcome {
            Ok(()) => {}
            // Going down: an invitation whose ack is not kept is sent again.
            Err(_) if app.store.writer().is_closed() => {}
            Err(cause) => drop(cause.into_refusal("hub")),
        }
    }
}

/// Closes connections that have been silent without logging in, and forgets challenges that are over.
pub fn sweep(edge: &Edge) {
    let now_us = edge.app.clock.now_us();
    let deadline_us = i64::try_from(edge.app.config.login_deadline)
        .unwrap_or(i64::MAX)
        .saturating_mul(SECOND);
    for connection in edge.hub.connections() {
        connection.session.forget_stale_challenge(now_us);
        let silent_us = now_us - connection.last_event_us.load(Ordering::Relaxed);
        if connection.session.me().is_none() && silent_us > deadline_us {
            edge.hub.close(&connection, "login_deadline");
        }
    }
}
