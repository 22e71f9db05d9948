//! One Socket.IO connection: dial, handshake, keep alive, requests with acks, events in order.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::CertificateDer;
use serde_json::value::RawValue;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
};

use super::address::ServerAddress;
use super::packet::{self, Handshake, Packet};
use super::tls;
use crate::error::{Error, Result};

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Settings of a connection.
#[derive(Clone, Debug)]
pub struct TransportConfig {
    /// From the first byte to the open namespace. Default: 10 s.
    pub connect_timeout: Duration,
    /// From a request to its ack. Default: 30 s.
    pub request_timeout: Duration,
    /// Bytes of the largest frame that is read; a larger one ends the connection. Default: 16 MiB.
    pub max_incoming: usize,
    /// Events that may wait for the app; one more ends the connection, and the app catches up. Default: 8,192.
    pub event_queue: usize,
    /// Certificates trusted beside the machine's own.
    pub extra_roots: Vec<CertificateDer<'static>>,
}

impl Default for TransportConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            max_incoming: 16 << 20,
            event_queue: 8_192,
            extra_roots: Vec::new(),
        }
    }
}

/// An open connection: the hand that sends and the queue that receives.
#[derive(Debug)]
pub struct Connection {
    /// Sends requests; may be cloned.
    pub socket: Socket,
    /// The server's events in the order sent. Ends when the connection does.
    pub events: mpsc::Receiver<ServerEvent>,
}

/// An event that the server sent.
#[derive(Debug)]
pub struct ServerEvent {
    /// Its name.
    pub name: String,
    /// Its payload as JSON.
    pub payload: String,
    /// Where the server waits for an ack: tells it that the event is kept.
    pub ack: Option<EventAck>,
}

/// The right to ack one event.
#[derive(Debug)]
pub struct EventAck {
    id: u64,
    out: mpsc::UnboundedSender<Out>,
}

impl EventAck {
    /// Tells the server that the event is kept. On a connection that has ended nothing happens, and the server sends the event again.
    pub fn send(self) {
        drop(self.out.send(Out::Text(packet::ack(self.id))));
    }
}

/// Sends requests on one connection; clones share it. The connection ends when all of them are gone.
#[derive(Clone, Debug)]
pub struct Socket {
    out: mpsc::UnboundedSender<Out>,
    pending: Arc<Pending>,
    closed: watch::Receiver<Option<String>>,
    request_timeout: Duration,
    max_payload: usize,
}

/// The longest that a server may be silent, whatever it announces.
const LONGEST_SILENCE: Duration = Duration::from_secs(600);

/// How long the goodbye of a closing connection may take.
const GOODBYE: Duration = Duration::from_secs(2);

#[derive(Debug)]
enum Out {
    Text(String),
    Close,
}

/// Requests that wait for their acks.
#[derive(Debug, Default)]
struct Pending {
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    ended: bool,
    acks: HashMap<u64, oneshot::Sender<Box<RawValue>>>,
}

impl Pending {
    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn register(&self) -> Option<(u64, oneshot::Receiver<Box<RawValue>>)> {
        let (tell, told) = oneshot::channel();
        let mut waiting = self.lock();
        if waiting.ended {
            return None;
        }
        let id = waiting.next;
        waiting.next += 1;
        waiting.acks.insert(id, tell);
        Some((id, told))
    }

    fn take(&self, id: u64) -> Option<oneshot::Sender<Box<RawValue>>> {
        self.lock().acks.remove(&id)
    }

    /// Drops every waiter, which tells each of them that no answer will come.
    fn end(&self) {
        let mut waiting = self.lock();
        waiting.ended = true;
        waiting.acks.clear();
    }
}

/// Removes a request that nobody waits for any more, however its waiter ended.
struct Forget<'a>(&'a Pending, u64);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.0.take(self.1);
    }
}

impl Socket {
    /// Dials `server` and opens the main namespace.
    ///
    /// # Errors
    /// [`Error::Connect`] with the reason.
    pub async fn connect(server: &ServerAddress, config: &TransportConfig) -> Result<Connection> {
        let fail = |why: String| Error::Connect {
            server: server.to_string(),
            why,
        };
        let connector = Connector::Rustls(tls::client_config(&config.extra_roots)?);
        let limits = WebSocketConfig::default()
            .read_buffer_size(8 << 10)
            .max_message_size(Some(config.max_incoming))
            .max_frame_size(Some(config.max_incoming));
        let deadline = Instant::now() + config.connect_timeout;
        let dialled = async {
            let (mut stream, _) = connect_async_tls_with_config(
                server.socket_url(),
                Some(limits),
                true,
                Some(connector),
            )
            .await
            .map_err(|error| fail(error.to_string()))?;
            let handshake = open(&mut stream).await.map_err(fail)?;
            Ok::<_, Error>((stream, handshake))
        };
        let (stream, handshake) = timeout_at(deadline, dialled).await.map_err(|_| {
            fail(format!(
                "no answer within {} s",
                config.connect_timeout.as_secs()
            ))
        })??;
        Ok(run(stream, &handshake, config))
    }

    /// Sends one event and waits for its ack: the first argument of it, as JSON.
    ///
    /// # Errors
    /// [`Error::Timeout`], [`Error::Disconnected`], and [`Error::Invalid`] for a frame over the server's limit.
    pub async fn request(&self, event: &'static str, payload: &str) -> Result<Box<RawValue>> {
        let lost = || Error::Disconnected(self.why_closed());
        let (id, ack) = self.pending.register().ok_or_else(lost)?;
        let forget = Forget(&self.pending, id);
        let frame = packet::event(id, event, payload);
        if frame.len() > self.max_payload {
            return Err(Error::Invalid(format!(
                "{event} would take {} bytes, and the server takes {} in one frame",
                frame.len(),
                self.max_payload
            )));
        }
        self.out.send(Out::Text(frame)).map_err(|_| lost())?;
        let answer = timeout(self.request_timeout, ack).await;
        drop(forget);
        match answer {
            Ok(Ok(payload)) => Ok(payload),
            Ok(Err(_)) => Err(lost()),
            Err(_) => Err(Error::Timeout {
                event,
                seconds: self.request_timeout.as_secs(),
            }),
        }
    }

    /// Ends the connection; what waits for an answer gets [`Error::Disconnected`].
    pub fn close(&self) {
        drop(self.out.send(Out::Close));
    }

    /// Waits until the connection has ended, and tells why.
    pub async fn closed(&self) -> String {
        let mut closed = self.closed.clone();
        // The sender is gone only with its tasks, which is an end as well.
        drop(closed.wait_for(Option::is_some).await);
        self.why_closed()
    }

    /// Whether the connection has ended.
    pub fn is_closed(&self) -> bool {
        self.closed.borrow().is_some() || self.out.is_closed()
    }

    fn why_closed(&self) -> String {
        let why = self.closed.borrow().clone();
        why.unwrap_or_else(|| "it was closed".to_owned())
    }
}

/// Reads the handshake and asks for the namespace.
async fn open(stream: &mut Stream) -> std::result::Result<Handshake, String> {
    let Packet::Open(handshake) = next_packet(stream).await? else {
        return Err("the server does not speak Engine.IO 4".to_owned());
    };
    stream
        .send(Frame::text(packet::CONNECT))
        .await
        .map_err(|error| error.to_string())?;
    loop {
        match next_packet(stream).await? {
            Packet::Connected => return Ok(handshake),
            Packet::ConnectRefused(why) => return Err(format!("the server refused: {why}")),
            Packet::Ping => stream
                .send(Frame::text(packet::PONG))
                .await
                .map_err(|error| error.to_string())?,
            Packet::Noop => {}
            _ => return Err("the server does not speak Socket.IO 5".to_owned()),
        }
    }
}

async fn next_packet(stream: &mut Stream) -> std::result::Result<Packet, String> {
    loop {
        match stream.next().await {
            Some(Ok(Frame::Text(text))) => return packet::decode(&text).map_err(str::to_owned),
            Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
            Some(Ok(_)) | None => return Err("the server hung up".to_owned()),
            Some(Err(error)) => return Err(error.to_string()),
        }
    }
}

fn run(stream: Stream, handshake: &Handshake, config: &TransportConfig) -> Connection {
    let (sink, stream) = stream.split();
    let (out, out_queue) = mpsc::unbounded_channel();
    let (event_queue, events) = mpsc::channel(config.event_queue);
    let (tell_closed, closed) = watch::channel(None);
    let pending = Arc::new(Pending::default());
    let silence = handshake
        .ping_interval
        .saturating_add(handshake.ping_timeout);
    // A server that announces years of silence is still noticed when it is gone.
    let silence = Duration::from_millis(silence).min(LONGEST_SILENCE);
    let reader = Reader {
        stream,
        // Weak, so that the reader alone does not keep a connection open that nobody uses.
        out: out.downgrade(),
        pending: Arc::clone(&pending),
        event_queue,
        silence,
    };
    tokio::spawn(supervise(reader, sink, out_queue, tell_closed));
    let socket = Socket {
        out,
        pending,
        closed,
        request_timeout: config.request_timeout,
        max_payload: handshake.max_payload,
    };
    Connection { socket, events }
}

/// Runs both directions until one of them ends.
async fn supervise(
    mut reader: Reader,
    sink: SplitSink<Stream, Frame>,
    out_queue: mpsc::UnboundedReceiver<Out>,
    tell_closed: watch::Sender<Option<String>>,
) {
    let why = tokio::select! {
        why = reader.run() => why,
        why = write(sink, out_queue) => why,
    };
    tracing::debug!(%why, "the connection ended");
    // In this order, so that whoever learns of the end can ask for the reason.
    tell_closed.send_replace(Some(why));
    reader.pending.end();
}

/// Writes what is queued. A peer that takes nothing is noticed by the reader, as no ping comes.
async fn write(
    mut sink: SplitSink<Stream, Frame>,
    mut queue: mpsc::UnboundedReceiver<Out>,
) -> String {
    loop {
        let batch = async {
            // Everything that waits goes out with one flush.
            let mut next = queue.recv().await;
            while let Some(Out::Text(text)) = next {
                sink.feed(Frame::text(text)).await?;
                match queue.try_recv() {
                    Ok(more) => next = Some(more),
                    Err(_) => return sink.flush().await.map(|()| true),
                }
            }
            // Closed by this side: a goodbye that need not arrive.
            let goodbye = async {
                sink.feed(Frame::text(packet::DISCONNECT)).await?;
                sink.close().await
            };
            drop(timeout(GOODBYE, goodbye).await);
            Ok(false)
        };
        match batch.await {
            Ok(true) => {}
            Ok(false) => return "it was closed".to_owned(),
            Err(error) => return error.to_string(),
        }
    }
}

struct Reader {
    stream: SplitStream<Stream>,
    out: mpsc::WeakUnboundedSender<Out>,
    pending: Arc<Pending>,
    event_queue: mpsc::Sender<ServerEvent>,
    silence: Duration,
}

impl Reader {
    /// Reads until the connection ends; the reason is for a person.
    async fn run(&mut self) -> String {
        let mut deadline = Instant::now() + self.silence;
        loop {
            let frame = match timeout_at(deadline, self.stream.next()).await {
                Err(_) => return "the server fell silent".to_owned(),
                Ok(None) => return "the server hung up".to_owned(),
                Ok(Some(Err(error))) => return error.to_string(),
                Ok(Some(Ok(frame))) => frame,
            };
            let text = match frame {
                Frame::Text(text) => text,
                Frame::Close(_) => return "the server closed it".to_owned(),
                Frame::Binary(_) => return "the server sent a binary frame".to_owned(),
                Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_) => continue,
            };
            match packet::decode(&text) {
                Ok(Packet::Ping) => {
                    deadline = Instant::now() + self.silence;
                    let Some(out) = self.out.upgrade() else {
                        return "it was closed".to_owned();
                    };
                    drop(out.send(Out::Text(packet::PONG.to_owned())));
                }
                Ok(Packet::Ack { id, payload }) => {
                    if let Some(waiter) = self.pending.take(id) {
                        // Whoever asked may have given up.
                        drop(waiter.send(payload));
                    }
                }
                Ok(Packet::Event { name, payload, ack }) => {
                    if let Some(why) = self.pass_on(name, payload, ack) {
                        return why;
                    }
                }
                Ok(Packet::Close | Packet::Disconnect) => return "the server closed it".to_owned(),
                Ok(Packet::Noop | Packet::Connected) => {}
                Ok(Packet::Open(_) | Packet::ConnectRefused(_)) => {
                    return "the server opened it twice".to_owned();
                }
                Err(why) => return format!("the server sent {why}"),
            }
        }
    }

    /// Queues an event for the app. The app is never waited for: acks and pings must go on.
    fn pass_on(&self, name: String, payload: String, ack: Option<u64>) -> Option<String> {
        let ack = match (ack, self.out.upgrade()) {
            (Some(id), Some(out)) => Some(EventAck { id, out }),
            _ => None,
        };
        let event = ServerEvent { name, payload, ack };
        match self.event_queue.try_send(event) {
            Ok(()) => None,
            Err(mpsc::error::TrySendError::Full(_)) => {
                Some("this app is too slow for the server's events".to_owned())
            }
            // Nobody listens for events, which is fine.
            Err(mpsc::error::TrySendError::Closed(_)) => None,
        }
    }
}
