//! One connection of the scripted server, frame by frame.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::{WebSocketStream, accept_async};

/// A listener on a port of its own.
pub struct Listener(TcpListener);

impl Listener {
    pub async fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    /// The next connection, before any packet.
    pub async fn accept(&self) -> Peer {
        let (stream, _) = self.0.accept().await.unwrap();
        Peer(accept_async(stream).await.unwrap())
    }

    /// The next connection, its namespace open.
    pub async fn accept_open(&self) -> Peer {
        let mut peer = self.accept().await;
        peer.open(25_000, 20_000, 1_000_000).await;
        peer
    }
}

/// A client that is connected to the scripted server.
pub struct Peer(WebSocketStream<TcpStream>);

impl Peer {
    pub async fn open(&mut self, interval: u64, timeout: u64, max_payload: usize) {
        let handshake = json!({
            "sid": "s", "upgrades": [], "pingInterval": interval, "pingTimeout": timeout, "maxPayload": max_payload,
        });
        self.say(&format!("0{handshake}")).await;
        assert_eq!(self.hear().await.as_deref(), Some("40"));
        self.say(r#"40{"sid":"n"}"#).await;
    }

    /// Sends a text frame; a client that is gone does not fail the test here.
    pub async fn say(&mut self, text: &str) {
        drop(self.0.send(Frame::text(text.to_owned())).await);
    }

    /// The next text frame; `None` at the end.
    pub async fn hear(&mut self) -> Option<String> {
        loop {
            match self.0.next().await? {
                Ok(Frame::Text(text)) => return Some(text.to_string()),
                Ok(Frame::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next event: ack id, name, parameters. Pongs are skipped.
    pub async fn event(&mut self) -> Option<(u64, String, Value)> {
        loop {
            let text = self.hear().await?;
            let Some(rest) = text.strip_prefix("42") else {
                continue;
            };
            let start = rest.find('[').unwrap();
            let (name, parameters) = serde_json::from_str(&rest[start..]).unwrap();
            return Some((rest[..start].parse().unwrap(), name, parameters));
        }
    }

    pub async fn ack(&mut self, id: u64, answer: Value) {
        self.say(&format!("43{id}[{answer}]")).await;
    }

    pub async fn emit(&mut self, name: &str, payload: Value, ack: Option<u64>) {
        let id = ack.map(|id| id.to_string()).unwrap_or_default();
        self.say(&format!("42{id}{}", json!([name, payload]))).await;
    }

    /// Ends the connection without a goodbye.
    pub fn hang_up(self) {
        drop(self);
    }
}
