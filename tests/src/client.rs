//! A connection whose end is an answer like any other, for tests that take the server away under it: it asks much at once, keeps
//! nothing that nobody waits for, and says what is in doubt.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_tungstenite::tungstenite::Message as Frame;

use crate::person::Person;
use crate::process::{PATIENCE, Server};
use crate::raw::{dial, next_text};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Success, with the result.
    Done(Value),
    /// Refused, with the code.
    Refused(String),
    /// The connection ended before the ack came: it may have happened or not.
    Lost,
}

impl Answer {
    /// The result.
    ///
    /// # Panics
    /// Where it is none.
    pub fn done(self) -> Value {
        match self {
            Self::Done(result) => result,
            other => panic!("expected success, got {other:?}"),
        }
    }

    /// Whether it was refused with this code.
    pub fn is_refused(&self, code: &str) -> bool {
        matches!(self, Self::Refused(found) if found == code)
    }
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// A Socket.IO DISCONNECT packet (`41`).
    DisconnectPacket,
    /// The transport was closed.
    Transport(String),
}

type Waiting = HashMap<u64, oneshot::Sender<Value>>;

/// One Socket.IO connection over a raw websocket.
#[derive(Debug)]
pub struct Client {
    out: mpsc::UnboundedSender<String>,
    /// `None` once the connection has ended.
    waiting: Arc<Mutex<Option<Waiting>>>,
    next_id: AtomicU64,
    end: watch::Receiver<Option<End>>,
    notices: tokio::sync::Mutex<mpsc::UnboundedReceiver<(String, Value)>>,
}

impl Client {
    /// Dials a server and opens the main namespace. Ack ids count from `first_id`.
    ///
    /// # Errors
    /// A sentence where the server is gone.
    pub async fn dial(origin: &str, first_id: u64) -> Result<Self, String> {
        let mut stream = dial(origin, &[]).await?;
        let told = |cause: tokio_tungstenite::tungstenite::Error| cause.to_string();
        stream.send(Frame::text("40")).await.map_err(told)?;
        loop {
            match next_text(&mut stream).await?.as_str() {
                text if text.starts_with("40") => break,
                "2" => stream.send(Frame::text("3")).await.map_err(told)?,
                _ => {}
            }
        }
        let (out, mut queue) = mpsc::unbounded_channel::<String>();
        let (end, ended) = watch::channel(None);
        let (tell, notices) = mpsc::unbounded_channel();
        let waiting = Arc::new(Mutex::new(Some(Waiting::new())));
        let (mut sink, mut source) = stream.split();
        let pong = out.downgrade();
        let acks = Arc::clone(&waiting);
        let reading = async move {
            loop {
                let text = match source.next().await {
                    Some(Ok(Frame::Text(text))) => text,
                    Some(Ok(Frame::Close(frame))) => {
                        return End::Transport(format!("closed: {frame:?}"));
                    }
                    Some(Ok(_)) => continue,
                    Some(Err(cause)) => return End::Transport(cause.to_string()),
                    None => return End::Transport("end of stream".to_owned()),
                };
                match text.split_at(text.len().min(2)) {
                    ("2", _) => drop(pong.upgrade().map(|out| out.send("3".to_owned()))),
                    ("41", _) => return End::DisconnectPacket,
                    ("42", event) => {
                        let json = event.trim_start_matches(|c: char| c.is_ascii_digit());
                        if let Ok((name, payload)) = serde_json::from_str(json) {
                            drop(tell.send((name, payload)));
                        }
                    }
                    ("43", ack) => {
                        let (id, json) = ack.split_at(ack.find('[').unwrap_or(ack.len()));
                        let id: u64 = id.parse().unwrap_or(u64::MAX);
                        drop(tell.send(("ack".to_owned(), json!(id))));
                        let waiter = lock(&acks).as_mut().and_then(|acks| acks.remove(&id));
                        if let (Some(waiter), Ok((reply,))) = (waiter, serde_json::from_str(json)) {
                            drop(waiter.send(reply));
                        }
                    }
                    _ => {}
                }
            }
        };
        let writing = async move {
            while let Some(mut text) = queue.recv().await {
                loop {
                    if let Err(cause) = sink.feed(Frame::text(text)).await {
                        return End::Transport(cause.to_string());
                    }
                    match queue.try_recv() {
                        Ok(more) => text = more,
                        Err(_) => break,
                    }
                }
                if let Err(cause) = sink.flush().await {
                    return End::Transport(cause.to_string());
                }
            }
            drop(sink.close().await);
            End::Transport("closed by the client".to_owned())
        };
        let given_up = Arc::clone(&waiting);
        tokio::spawn(async move {
            tokio::pin!(reading, writing);
            // A server that is gone is seen first by whoever writes; what it had sent before still counts.
            let how = tokio::select! {
                how = &mut reading => how,
                how = &mut writing => match tokio::time::timeout(PATIENCE, reading).await {
                    Ok(End::DisconnectPacket) => End::DisconnectPacket,
                    _ => how,
                },
            };
            end.send_replace(Some(how));
            *lock(&given_up) = None;
        });
        Ok(Self {
            out,
            waiting,
            next_id: AtomicU64::new(first_id),
            end: ended,
            notices: tokio::sync::Mutex::new(notices),
        })
    }

    /// Dials and logs in.
    ///
    /// # Errors
    /// A sentence where the server is gone on the way.
    ///
    /// # Panics
    /// Where the login is refused.
    pub async fn log_in(server: &Server, person: &Person) -> Result<Self, String> {
        Self::log_in_from(server, person, 0).await
    }

    /// [`Client::log_in`] with ack ids that count from `first_id`.
    ///
    /// # Errors
    /// A sentence where the server is gone on the way.
    ///
    /// # Panics
    /// Where the login is refused.
    pub async fn log_in_from(
        server: &Server,
        person: &Person,
        first_id: u64,
    ) -> Result<Self, String> {
        let client = Self::dial(&server.origin(), first_id).await?;
        let challenge = match client
            .ask("login", json!({ "username": person.name }))
            .await
        {
            Answer::Lost => return Err("lost while logging in".to_owned()),
            answer => answer.done(),
        };
        let challenge = challenge.as_str().expect("a challenge is a string");
        let response = person
            .keys
            .answer(&server.origin(), &person.name, challenge);
        let response = json!({ "response": response });
        match client.ask("login_challenge_response", response).await {
            Answer::Lost => Err("lost while logging in".to_owned()),
            answer => {
                answer.done();
                Ok(client)
            }
        }
    }

    /// The ack id of the next request.
    pub fn next_id(&self) -> u64 {
        self.next_id.load(Ordering::Relaxed)
    }

    /// Sends an event and gives what its ack will be. The event is on its way, in order, when this returns, awaited or not.
    pub fn request(&self, event: &str, argument: &Value) -> impl Future<Output = Answer> + use<> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (tell, told) = oneshot::channel();
        let mut waiting = lock(&self.waiting);
        if let Some(waiting) = waiting.as_mut() {
            waiting.insert(id, tell);

            let packet = format!("42{id}[\"{event}\",{argument}]");
            drop(self.out.send(packet));
        }
        drop(waiting);
        async move {
            let Ok(mut reply) = told.await else {
                return Answer::Lost;
            };
            if reply["success"] == true {
                Answer::Done(reply["result"].take())
            } else {
                Answer::Refused(reply["code"].as_str().unwrap_or_default().to_owned())
            }
        }
    }

    /// Sends an event and waits for its ack.
    ///
    /// # Panics
    /// Where none comes and the connection stays.
    pub async fn ask(&self, event: &str, argument: Value) -> Answer {
        tokio::time::timeout(PATIENCE, self.request(event, &argument))
            .await
            .unwrap_or_else(|_| panic!("{event} was never acked"))
    }

    /// The next notice of this name; those of other names before it are dropped.
    ///
    /// # Panics
    /// Where none comes in time.
    pub async fn notice(&self, name: &str) -> Value {
        let find = async {
            let mut notices = self.notices.lock().await;
            loop {
                let (found, payload) = notices.recv().await?;
                if found == name {
                    return Some(payload);
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, find).await;
        found
            .ok()
            .flatten()
            .unwrap_or_else(|| panic!("{name} never came"))
    }

    /// Every notice that has come and was not taken yet, in order. Acks stand among them, as `ack` with their id.
    pub async fn heard(&self) -> Vec<(String, Value)> {
        let mut notices = self.notices.lock().await;
        std::iter::from_fn(|| notices.try_recv().ok()).collect()
    }

    /// Waits until the connection has ended, and tells how.
    ///
    /// # Panics
    /// Where it does not end in time.
    pub async fn ended(&self) -> End {
        let mut end = self.end.clone();
        let found = tokio::time::timeout(PATIENCE, end.wait_for(Option::is_some)).await;
        let found = found.expect("the connection ends in time");
        found
            .ok()
            .and_then(|end| end.clone())
            .unwrap_or_else(|| End::Transport("dropped".to_owned()))
    }

    /// Every message of a DM, oldest first.
    ///
    /// # Panics
    /// Where the server is gone on the way.
    pub async fn history(&self, dm: u64) -> Vec<Value> {
        let mut all: Vec<Value> = Vec::new();
        loop {
            let cursor = all.last().map(|message| message["timestamp"].clone());
            let after = cursor.unwrap_or_else(|| json!("1970-01-01T00:00:00"));
            let page = json!({ "id": dm, "after": after, "count": 200 });
            match self.ask("get_message_history", page).await.done() {
                Value::Array(page) if page.is_empty() => return all,
                Value::Array(page) => all.extend(page),
                other => panic!("no page of history: {other}"),
            }
        }
    }
}
