//! A Socket.IO connection over a websocket that sends whatever a test wants and keeps all that comes, in order.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::shapes::{is_payload_of, is_result_of};

/// How long anything may take that is to happen: a deadline, never a pause.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A websocket.
pub type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Something that came from the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Came {
    /// The ack with this id, and its arguments.
    Ack(u64, Value),
    /// A notice: its name, its payload and the id it is to be acked under.
    Notice(String, Value, Option<u64>),
}

#[derive(Debug, Default)]
struct Log {
    /// What came, and whether a test has taken it.
    came: Vec<(Came, bool)>,
    closed: Option<String>,
}

#[derive(Debug)]
struct Shared {
    log: Mutex<Log>,
    changed: watch::Sender<()>,
    keeps_invitations: AtomicBool,
}

impl Shared {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Log)) {
        change(&mut self.log());
        self.changed.send_replace(());
    }
}

/// One connection.
#[derive(Debug)]
pub struct Raw {
    out: mpsc::UnboundedSender<Frame>,
    shared: Arc<Shared>,
    next: AtomicU64,
    /// The Engine.IO handshake.
    pub handshake: Value,
}

/// The answer to an event: one of the two envelopes, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply(pub Value);

impl Reply {
    fn read(arguments: Value) -> Self {
        let [reply] = arguments.as_array().expect("acks are arrays").as_slice() else {
            panic!("R-103: an ack with other than one argument: {arguments}");
        };
        let keys: Vec<_> = reply
            .as_object()
            .expect("R-103: an object")
            .keys()
            .map(String::as_str)
            .collect();
        match (reply["success"].as_bool(), &keys[..]) {
            (Some(true), ["result", "success"] | ["success", "result"]) => {}
            (Some(false), _) => {
                let retry = ["rate_limited", "locked_out", "unavailable"]
                    .contains(&reply["code"].as_str().expect("R-103: a code"));
                let after = reply.get("retry_after");
                assert!(
                    reply["result"]
                        .as_str()
                        .is_some_and(|text| !text.is_empty()),
                    "R-103: {reply}"
                );
                assert!(
                    keys.len() == 3 + usize::from(after.is_some()),
                    "R-103: {reply}"
                );
                assert!(
                    after.is_none_or(|after| retry && after.as_u64() >= Some(1)),
                    "R-104: {reply}"
                );
            }
            _ => panic!("R-103: {reply}"),
        }
        Self(reply.clone())
    }

    /// The result of a success.
    pub fn result(self) -> Value {
        assert_eq!(self.0["success"], true, "refused: {}", self.0);
        self.0["result"].clone()
    }

    /// `ok`, or the code of a refusal.
    pub fn code(&self) -> &str {
        self.0["code"].as_str().unwrap_or("ok")
    }
}

impl Raw {
    /// Connects and opens the namespace.
    pub async fn connect(origin: &str) -> Self {
        Self::try_connect(origin, &[]).await.expect("a connection")
    }

    /// Connects with further headers; the server's words where it does not take the connection in.
    pub async fn try_connect(
        origin: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, String> {
        let mut stream = dial(origin, headers).await?;
        let open = next_text(&mut stream).await?;
        let handshake = serde_json::from_str(open.strip_prefix('0').ok_or("no handshake")?)
            .map_err(|cause| cause.to_string())?;
        let connect = stream.send(Frame::text("40")).await;
        connect.map_err(|cause| cause.to_string())?;
        let mut answer = next_text(&mut stream).await?;
        while answer == "2" {
            let pong = stream.send(Frame::text("3")).await;
            pong.map_err(|cause| cause.to_string())?;
            answer = next_text(&mut stream).await?;
        }
        if !answer.starts_with("40") {
            return Err(answer);
        }
        Ok(Self::run(stream, handshake))
    }

    fn run(stream: Stream, handshake: Value) -> Self {
        let (out, mut queue) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            log: Mutex::default(),
            changed: watch::Sender::new(()),
            keeps_invitations: AtomicBool::new(true),
        });
        let (mut sink, mut stream) = stream.split();
        let keep = Arc::clone(&shared);
        let pong: mpsc::WeakUnboundedSender<Frame> = mpsc::UnboundedSender::downgrade(&out);
        tokio::spawn(async move {
            let why = loop {
                let frame = tokio::select! {
                    frame = queue.recv() => match frame {
                        Some(frame) => {
                            if let Err(cause) = sink.send(frame).await {
                                break cause.to_string();
                            }
                            continue;
                        }
                        None => {
                            drop(sink.close().await);
                            break "closed by the test".to_owned();
                        }
                    },
                    frame = stream.next() => frame,
                };
                match frame {
                    Some(Ok(Frame::Text(text))) => {
                        if let Some(answer) = take_in(&keep, &text)
                            && let Some(out) = pong.upgrade()
                        {
                            drop(out.send(Frame::text(answer)));
                        }
                    }
                    Some(Ok(Frame::Close(close))) => break format!("closed: {close:?}"),
                    Some(Ok(_)) => {}
                    Some(Err(cause)) => break cause.to_string(),
                    None => break "the server hung up".to_owned(),
                }
            };
            keep.change(|log| log.closed = Some(why));
        });
        Self {
            out,
            shared,
            next: AtomicU64::new(0),
            handshake,
        }
    }

    /// Sends a websocket text frame as it is.
    pub fn frame(&self, text: impl Into<String>) {
        drop(self.out.send(Frame::text(text.into())));
    }

    /// Sends a websocket binary frame.
    pub fn binary(&self, bytes: Vec<u8>) {
        drop(self.out.send(Frame::binary(bytes)));
    }

    /// Sends an event with these arguments, written out as JSON; the id that its ack will have.
    pub fn emit_text(&self, event: &str, arguments: &[&str]) -> u64 {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut packet = format!("42{id}[{}", serde_json::json!(event));
        for argument in arguments {
            packet.push(',');
            packet.push_str(argument);
        }
        packet.push(']');
        self.frame(packet);
        id
    }

    /// Sends an event with one argument; the id that its ack will have.
    pub fn emit(&self, event: &str, argument: &Value) -> u64 {
        self.emit_text(event, &[&argument.to_string()])
    }

    /// Waits for an ack.
    pub async fn ack(&self, id: u64) -> Reply {
        let found = self
            .until(
                &format!("ack {id}"),
                |came| matches!(came, Came::Ack(other, _) if *other == id),
            )
            .await;
        let Came::Ack(_, arguments) = found else {
            unreachable!("only acks were asked for")
        };
        Reply::read(arguments)
    }

    /// Asks, and waits for the answer.
    pub async fn ask(&self, event: &str, argument: Value) -> Reply {
        let id = self.emit(event, &argument);
        let reply = self.ack(id).await;
        assert!(
            reply.code() != "ok" || is_result_of(event, &reply.0["result"]),
            "no result of {event}: {}",
            reply.0
        );
        reply
    }

    /// Asks for what must be granted.
    pub async fn ok(&self, event: &str, argument: Value) -> Value {
        let what = format!("{event} {}", short(&argument));
        let reply = self.ask(event, argument).await;
        assert_eq!(reply.0["success"], true, "{what}: {}", reply.0);
        reply.result()
    }

    /// `ok`, or the code of the refusal.
    pub async fn code(&self, event: &str, argument: Value) -> String {
        self.ask(event, argument).await.code().to_owned()
    }

    /// Waits until everything that was sent to this connection up to now has come.
    pub async fn settled(&self) {
        self.ok("username_exists", serde_json::json!({ "username": "x" }))
            .await;
    }

    /// Waits for the first notice of this name that fits and was not taken yet, and takes it.
    pub async fn notice_where(&self, name: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let found = self
            .until(name, |came| {
                matches!(came, Came::Notice(other, payload, _) if other == name && fits(payload))
            })
            .await;
        let Came::Notice(_, payload, _) = found else {
            unreachable!("only notices were asked for")
        };
        payload
    }

    /// Waits for the first notice of this name that was not taken yet, and takes it.
    pub async fn notice(&self, name: &str) -> Value {
        self.notice_where(name, |_| true).await
    }

    /// Everything that came and was not taken yet, acks left out; takes it.
    pub async fn news(&self) -> Vec<(String, Value)> {
        self.settled().await;
        self.news_so_far()
    }

    /// As [`news`](Self::news), of what has come by now.
    pub fn news_so_far(&self) -> Vec<(String, Value)> {
        let mut news = Vec::new();
        for (came, taken) in &mut self.shared.log().came {
            if let Came::Notice(name, payload, _) = came
                && !std::mem::replace(taken, true)
            {
                news.push((name.clone(), payload.clone()));
            }
        }
        news
    }

    /// The names of all news, less those of profiles, which come when they come.
    pub async fn headlines(&self) -> Vec<String> {
        let news = self.news().await.into_iter().map(|(name, _)| name);
        news.filter(|name| name != "profile_notification").collect()
    }

    /// Everything that ever came, in order.
    pub fn history(&self) -> Vec<Came> {
        self.shared
            .log()
            .came
            .iter()
            .map(|(came, _)| came.clone())
            .collect()
    }

    /// How many acks came under an id.
    pub fn acks(&self, id: u64) -> usize {
        let is_it = |came: &Came| matches!(came, Came::Ack(other, _) if *other == id);
        self.history().iter().filter(|came| is_it(came)).count()
    }

    /// Whether invitations are acked as they come, as a client does that has kept them.
    pub fn keeps_invitations(&self, keeps: bool) {
        self.shared
            .keeps_invitations
            .store(keeps, Ordering::Relaxed);
    }

    /// Waits until the connection has ended, and tells why.
    pub async fn closed(&self) -> String {
        let mut changed = self.shared.changed.subscribe();
        let ended = async {
            loop {
                if let Some(why) = self.shared.log().closed.clone() {
                    return why;
                }
                drop(changed.changed().await);
            }
        };
        tokio::time::timeout(PATIENCE, ended)
            .await
            .expect("the connection to end")
    }

    /// Whether the connection has not ended yet.
    pub fn is_open(&self) -> bool {
        self.shared.log().closed.is_none()
    }

    async fn until(&self, what: &str, fits: impl Fn(&Came) -> bool) -> Came {
        let mut changed = self.shared.changed.subscribe();
        let search = async {
            loop {
                {
                    let mut log = self.shared.log();
                    let found = log
                        .came
                        .iter_mut()
                        .find(|(came, taken)| !taken && fits(came));
                    if let Some((came, taken)) = found {
                        *taken = true;
                        return came.clone();
                    }
                    if let Some(why) = &log.closed {
                        panic!("no {what}: the connection ended ({why})");
                    }
                }
                drop(changed.changed().await);
            }
        };
        match tokio::time::timeout(PATIENCE, search).await {
            Ok(came) => came,
            Err(_) => panic!(
                "no {what} within {PATIENCE:?}; not taken: {:?}",
                self.news_so_far()
            ),
        }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let mut seen = std::collections::HashSet::new();
        for came in self.history() {
            match came {
                Came::Ack(id, _) => assert!(seen.insert(id), "R-108: two acks under the id {id}"),
                Came::Notice(name, payload, _) => assert!(
                    is_payload_of(&name, &payload) || name.starts_with("packet "),
                    "no payload of {name}: {payload}"
                ),
            }
        }
    }
}

/// Opens the websocket.
pub async fn dial(origin: &str, headers: &[(&'static str, &str)]) -> Result<Stream, String> {
    let url = format!(
        "{}/socket.io/?EIO=4&transport=websocket",
        origin.replacen("http", "ws", 1)
    );
    let mut request = url
        .into_client_request()
        .map_err(|cause| cause.to_string())?;
    for (name, value) in headers {
        let value = value.parse().map_err(|_| "no header value")?;
        request.headers_mut().insert(*name, value);
    }
    let limits = WebSocketConfig::default()
        .max_message_size(Some(64 << 20))
        .max_frame_size(Some(64 << 20));
    let dialled = connect_async_with_config(request, Some(limits), true);
    let dialled = tokio::time::timeout(PATIENCE, dialled).await;
    let (stream, _) = dialled
        .map_err(|_| "no websocket in time".to_owned())?
        .map_err(|cause| cause.to_string())?;
    Ok(stream)
}

/// The next text frame.
pub async fn next_text(stream: &mut Stream) -> Result<String, String> {
    loop {
        match tokio::time::timeout(PATIENCE, stream.next()).await {
            Ok(Some(Ok(Frame::Text(text)))) => return Ok(text.to_string()),
            Ok(Some(Ok(Frame::Ping(_) | Frame::Pong(_)))) => {}
            Ok(other) => return Err(format!("{other:?}")),
            Err(_) => return Err("silence".to_owned()),
        }
    }
}

/// Keeps what a frame says; what is to be answered.
fn take_in(shared: &Shared, text: &str) -> Option<String> {
    if text == "2" {
        return Some("3".to_owned());
    }
    let Some(packet) = text.strip_prefix("42").or_else(|| text.strip_prefix("43")) else {
        shared.change(|log| {
            log.came.push((
                Came::Notice(format!("packet {text}"), Value::Null, None),
                false,
            ));
        });
        return None;
    };
    let end = packet.find('[')?;
    let id = packet[..end].parse().ok();
    let mut arguments: Vec<Value> =
        serde_json::from_str(&packet[end..]).expect("JSON from the server");
    if text.starts_with("43") {
        let ack = Came::Ack(id.expect("an ack id"), Value::Array(arguments));
        shared.change(|log| log.came.push((ack, false)));
        return None;
    }
    assert!(arguments.len() == 2, "R-701: a notice has one argument");
    let payload = arguments.pop().expect("two");
    let name = arguments[0].as_str().expect("R-701: a name").to_owned();
    assert_eq!(name == "x3dh_notification", id.is_some(), "R-304: {name}");
    let keeps = shared.keeps_invitations.load(Ordering::Relaxed);
    let answer = id.filter(|_| keeps).map(|id| format!("43{id}[]"));
    shared.change(|log| log.came.push((Came::Notice(name, payload, id), false)));
    answer
}

/// JSON for an assertion's message, cut where it is long.
fn short(json: &Value) -> String {
    json.to_string().chars().take(300).collect()
}
