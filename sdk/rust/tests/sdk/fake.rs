//! A Sotto server in memory, honest until a test tells it to lie: so many of the events as the SDK needs, without rules and limits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use sotto_crypto::points::decode_ik;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message as Frame;

/// What a test makes of an answer or a notice before it goes out: the receiver, the event, the payload.
pub type Lie = Box<dyn Fn(&str, &str, &mut Value) + Send>;

pub struct Fake {
    pub url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub struct State {
    origin: String,
    pub users: BTreeMap<String, Value>,
    pub friends: BTreeSet<(String, String)>,
    pub dms: BTreeMap<u64, Dm>,
    pub messages: BTreeMap<u64, Value>,
    /// Who is in a DM's call, with the uuid.
    pub calls: BTreeMap<u64, BTreeMap<String, Value>>,
    /// Answers and notices pass through it.
    pub lie: Option<Lie>,
    /// The connection is cut instead of the next ack of this event, after it was carried out.
    pub lose_ack: Option<&'static str>,
    /// Every event that came, in order.
    pub log: Vec<(String, String, Value)>,
    taken: BTreeSet<String>,
    connections: Vec<Connection>,
    next_id: u64,
    clock: u64,
}

#[derive(Default)]
pub struct Dm {
    pub users: Vec<String>,
    pub name: Value,
    pub info: Value,
    pub x3dh: BTreeMap<String, Value>,
    pub acked: BTreeSet<String>,
    changes: Vec<u64>,
    /// Cursors below it are too old.
    pub oldest: u64,
}

struct Connection {
    id: u64,
    user: Option<String>,
    challenge: Vec<u8>,
    out: mpsc::UnboundedSender<String>,
    waiting: BTreeMap<u64, u64>,
}

const NO_ACCESS: &str = "no_access";

impl Fake {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            origin: url.clone(),
            clock: 1_700_000_000,
            ..State::default()
        }));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { url, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn lie(&self, lie: impl Fn(&str, &str, &mut Value) + Send + 'static) {
        self.state().lie = Some(Box::new(lie));
    }

    pub fn be_honest(&self) {
        self.state().lie = None;
    }

    /// Cuts all connections of a user.
    pub fn cut(&self, user: &str) {
        let mut state = self.state();
        state
            .connections
            .retain(|connection| connection.user.as_deref() != Some(user));
    }

    /// How often a user sent an event.
    pub fn count(&self, user: &str, event: &str) -> usize {
        let state = self.state();
        let log = state.log.iter();
        log.filter(|(by, name, _)| by == user && name == event)
            .count()
    }
}

async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) {
    let Ok(socket) = accept_async(stream).await else {
        return;
    };
    let (mut sink, mut stream) = socket.split();
    let (out, mut queue) = mpsc::unbounded_channel::<String>();
    let id = {
        let mut state = state.lock().unwrap();
        let id = state.fresh();
        state.connections.push(Connection {
            id,
            user: None,
            challenge: Vec::new(),
            out,
            waiting: BTreeMap::new(),
        });
        id
    };
    let open = json!({"sid": "s", "upgrades": [], "pingInterval": 25_000, "pingTimeout": 20_000, "maxPayload": 2_000_000});
    drop(sink.send(Frame::text(format!("0{open}"))).await);
    loop {
        let frame = tokio::select! {
            // The sender is dropped where the connection is cut.
            text = queue.recv() => match text {
                Some(text) => { drop(sink.send(Frame::text(text)).await); continue; }
                None => return,
            },
            frame = stream.next() => frame,
        };
        let Some(Ok(Frame::Text(text))) = frame else {
            break;
        };
        state.lock().unwrap().frame(id, &text);
    }
    state
        .lock()
        .unwrap()
        .connections
        .retain(|connection| connection.id != id);
}

fn find(connections: &mut [Connection], id: u64) -> Option<&mut Connection> {
    connections
        .iter_mut()
        .find(|connection| connection.id == id)
}

impl State {
    fn fresh(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn now(&mut self) -> String {
        self.clock += 1;
        let moment = sotto_sdk::protocol::text::Timestamp::from_micros(
            i64::try_from(self.clock).unwrap() * 1_000_000,
        );
        moment.unwrap().to_string()
    }

    fn frame(&mut self, id: u64, text: &str) {
        let Some(connection) = find(&mut self.connections, id) else {
            return;
        };
        if text == "40" {
            drop(connection.out.send(r#"40{"sid":"n"}"#.to_owned()));
        } else if let Some(ack) = text.strip_prefix("43") {
            let number = ack[..ack.find('[').unwrap()].parse().unwrap();
            let dm = connection.waiting.remove(&number);
            let user = connection.user.clone().unwrap_or_default();
            if let Some(dm) = dm.and_then(|dm| self.dms.get_mut(&dm)) {
                dm.acked.insert(user);
            }
        } else if let Some(rest) = text.strip_prefix("42") {
            let start = rest.find('[').unwrap();
            let ack: u64 = rest[..start].parse().unwrap();
            let (name, parameters): (String, Value) = serde_json::from_str(&rest[start..]).unwrap();
            self.event(id, ack, &name, parameters);
        }
    }

    fn event(&mut self, id: u64, ack: u64, name: &str, parameters: Value) {
        let user = find(&mut self.connections, id).and_then(|connection| connection.user.clone());
        let me = user.clone().unwrap_or_default();
        self.log
            .push((me.clone(), name.to_owned(), parameters.clone()));
        let mut notices = Vec::new();
        let answer = match self.carry_out(id, &me, name, &parameters, &mut notices) {
            Ok(result) => json!({"success": true, "result": result}),
            Err(code) => json!({"success": false, "result": "No.", "code": code}),
        };
        if self.lose_ack == Some(name) {
            self.lose_ack = None;
            self.connections.retain(|connection| connection.id != id);
        } else {
            let mut answer = answer;
            if let Some(lie) = &self.lie {
                lie(&me, name, &mut answer);
            }
            if let Some(connection) = find(&mut self.connections, id) {
                drop(connection.out.send(format!("43{ack}[{answer}]")));
            }
        }
        for (to, name, payload) in notices {
            self.notify(&to, name, &payload);
        }
        if name == "login_challenge_response" {
            self.resend(id);
        }
    }

    /// Sends a notice to all connections of a user.
    pub fn notify(&mut self, to: &str, name: &str, payload: &Value) {
        let mut payload = payload.clone();
        if let Some(lie) = &self.lie {
            lie(to, name, &mut payload);
        }
        let number = self.fresh();
        let mine = self
            .connections
            .iter_mut()
            .filter(|connection| connection.user.as_deref() == Some(to));
        for connection in mine {
            let wants_ack = name == "x3dh_notification";
            if wants_ack {
                let dm = payload["id"].as_u64().unwrap();
                connection.waiting.insert(number, dm);
            }
            let id = if wants_ack {
                number.to_string()
            } else {
                String::new()
            };
            drop(
                connection
                    .out
                    .send(format!("42{id}{}", json!([name, payload]))),
            );
        }
    }

    fn resend(&mut self, id: u64) {
        let Some(user) = find(&mut self.connections, id).and_then(|c| c.user.clone()) else {
            return;
        };
        let pending: Vec<_> = self
            .dms
            .values()
            .filter(|dm| !dm.acked.contains(&user))
            .filter_map(|dm| dm.x3dh.get(&user).cloned())
            .collect();
        for invitation in pending {
            self.notify(&user, "x3dh_notification", &invitation);
        }
    }

    fn dm_of(&mut self, me: &str, id: &Value) -> Result<&mut Dm, &'static str> {
        let dm = self.dms.get_mut(&id.as_u64().unwrap()).ok_or(NO_ACCESS)?;
        if dm.users.iter().any(|user| user == me) {
            Ok(dm)
        } else {
            Err(NO_ACCESS)
        }
    }

    fn dm_json(&self, id: u64) -> Value {
        let dm = &self.dms[&id];
        json!({"id": id, "users": dm.users, "name": dm.name, "created_at": "2023-01-01T00:00:00.000000", "users_in_call": []})
    }

    /// Notes a change of a message and tells everyone.
    pub fn changed(&mut self, message: u64, notices: &mut Vec<(String, &'static str, Value)>) {
        let value = self.messages[&message].clone();
        let dm = self.dms.get_mut(&value["dm_id"].as_u64().unwrap()).unwrap();
        dm.changes.push(message);
        for user in &dm.users {
            notices.push((user.clone(), "message_notification", value.clone()));
        }
    }

    /// Puts a message there as if `sender` had sent it.
    pub fn plant(&mut self, dm: u64, sender: &str, message: &Value, signature: &Value) -> u64 {
        let id = self.fresh();
        let timestamp = self.now();
        let value = json!({"id": id, "dm_id": dm, "sender": sender, "message": message, "signature": signature,
            "timestamp": timestamp, "delete_timestamp": null, "pinned": false, "reactions": []});
        self.messages.insert(id, value);
        id
    }

    /// Tells everyone of a message as it is now.
    pub fn publish(&mut self, message: u64) {
        let mut notices = Vec::new();
        self.changed(message, &mut notices);
        for (to, name, payload) in notices {
            self.notify(&to, name, &payload);
        }
    }

    fn carry_out(
        &mut self,
        connection: u64,
        me: &str,
        name: &str,
        p: &Value,
        notices: &mut Vec<(String, &'static str, Value)>,
    ) -> Result<Value, &'static str> {
        let username = p["username"].as_str().unwrap_or_default().to_owned();
        match name {
            "register" => {
                if self.users.contains_key(&username) {
                    return Err("username_taken");
                }
                self.users.insert(
                    username.clone(),
                    json!({"username": username, "public_key": p["public_key"], "spk": p["spk"], "sig": p["sig"],
                        "status": "online", "biography": "", "profile_picture": "", "own_storage": p["own_storage"],
                        "own_storage_version": 0, "invites": "anyone"}),
                );
            }
            "login" => {
                let id = self.fresh();
                let user = self.users.contains_key(&username);
                let connection = find(&mut self.connections, connection).unwrap();
                connection.challenge = vec![u8::try_from(id % 200).unwrap(); 32];
                connection.user = Some(username).filter(|_| user);
                let challenge = hex::encode(&connection.challenge);
                return if user {
                    Ok(json!(challenge))
                } else {
                    Err("no_such_user")
                };
            }
            "login_challenge_response" => {
                let key = hex::decode(self.users[me]["public_key"].as_str().unwrap()).unwrap();
                let response = hex::decode(p["response"].as_str().unwrap()).unwrap();
                let connection = find(&mut self.connections, connection).unwrap();
                sotto_crypto::login::verify(
                    &decode_ik(&key).unwrap(),
                    &self.origin,
                    me,
                    &connection.challenge,
                    &response,
                )
                .map_err(|_| "wrong_response")?;
            }
            "username_exists" => return Ok(json!(self.users.contains_key(&username))),
            "get_full_user" => return Ok(self.users[me].clone()),
            "get_user" => {
                let mut user = self.users.get(&username).ok_or("no_such_user")?.clone();
                user.as_object_mut().unwrap().remove("own_storage");
                return Ok(user);
            }
            "set_user" => {
                let user = self.users.get_mut(me).unwrap();
                if !p["own_storage"].is_null() {
                    let version = user["own_storage_version"].as_u64().unwrap();
                    if p["own_storage_version"]
                        .as_u64()
                        .is_some_and(|v| v != version)
                    {
                        return Err("conflict");
                    }
                    user["own_storage"] = p["own_storage"].clone();
                    user["own_storage_version"] = json!(version + 1);
                }
                if !p["spk"].is_null() {
                    user["spk"] = p["spk"].clone();
                    user["sig"] = p["sig"].clone();
                }
            }
            "get_dms" => {
                let mine = self
                    .dms
                    .iter()
                    .filter(|(_, dm)| dm.users.iter().any(|u| u == me));
                return Ok(mine.map(|(id, _)| json!(id)).collect());
            }
            "get_dm" => {
                let dm = self.dm_of(me, &p["id"])?;
                let (info, x3dh) = (dm.info.clone(), dm.x3dh.get(me).cloned());
                let mut value = self.dm_json(p["id"].as_u64().unwrap());
                value["latest_message"] = Value::Null;
                value["scheduled_messages"] = json!({});
                value["info"] = info;
                value["x3dh"] = json!(x3dh);
                return Ok(value);
            }
            "create_dm" => return self.create_dm(me, p, notices),
            "leave_dm" => {
                let dm = self.dm_of(me, &p["id"])?;
                dm.users.retain(|user| user != me);
            }
            "set_dm" => self.dm_of(me, &p["id"])?.name = p["name"].clone(),
            "send_message" => {
                self.dm_of(me, &p["id"])?;
                if self
                    .taken
                    .insert(p["signature"].as_str().unwrap().to_owned())
                {
                    let dm = p["id"].as_u64().unwrap();
                    let id = self.plant(dm, me, &p["message"], &p["signature"]);
                    self.changed(id, notices);
                }
            }
            "set_message" => {
                let id = p["id"].as_u64().unwrap();
                let message = self.messages.get_mut(&id).ok_or(NO_ACCESS)?;
                for key in ["message", "signature", "pinned"] {
                    if !p[key].is_null() {
                        message[key] = p[key].clone();
                    }
                }
                self.changed(id, notices);
            }
            "delete_message" => {
                let id = p["id"].as_u64().unwrap();
                let message = self.messages.remove(&id).ok_or(NO_ACCESS)?;
                let dm = self
                    .dms
                    .get_mut(&message["dm_id"].as_u64().unwrap())
                    .unwrap();
                dm.changes.push(id);
                for user in &dm.users {
                    notices.push((user.clone(), "message_delete_notification", json!(id)));
                }
            }
            "add_reaction" => {
                let id = self.fresh();
                let message = self
                    .messages
                    .get_mut(&p["id"].as_u64().unwrap())
                    .ok_or(NO_ACCESS)?;
                let reaction = json!({"id": id, "sender": me, "reaction": p["reaction"], "signature": p["signature"]});
                message["reactions"].as_array_mut().unwrap().push(reaction);
                self.changed(p["id"].as_u64().unwrap(), notices);
                return Ok(json!(id));
            }
            "get_message" => {
                let message = self.messages.get(&p["id"].as_u64().unwrap());
                return message.cloned().ok_or(NO_ACCESS);
            }
            "get_message_history" => return self.history(me, p),
            "get_message_changes" => return self.changes_since(me, p),
            "send_friend_request" | "ack_friend_request" => {
                self.friends.insert((me.to_owned(), username));
            }
            "get_friends" => return Ok(json!([])),
            "join_call" | "leave_call" => {
                let users = self.dm_of(me, &p["id"])?.users.clone();
                let call = self.calls.entry(p["id"].as_u64().unwrap()).or_default();
                let mut notice = json!({"id": p["id"], "username": me});
                let (name, answer) = if name == "join_call" {
                    notice["uuid"] = p["uuid"].clone();
                    call.insert(me.to_owned(), p["uuid"].clone());
                    ("user_joined_call", json!(call))
                } else {
                    call.remove(me).ok_or("not_in_call")?;
                    ("user_left_call", json!(true))
                };
                notices.extend(users.into_iter().map(|user| (user, name, notice.clone())));
                return Ok(answer);
            }
            "call_signal" => {
                let notice = json!({"id": p["id"], "username": me, "data": p["data"], "signature": p["signature"]});
                notices.push((username, "call_signal_notification", notice));
            }
            _ => return Err("unknown_event"),
        }
        Ok(json!(true))
    }

    fn create_dm(
        &mut self,
        me: &str,
        p: &Value,
        notices: &mut Vec<(String, &'static str, Value)>,
    ) -> Result<Value, &'static str> {
        if let Some((id, _)) = self.dms.iter().find(|(_, dm)| dm.info == p["info"]) {
            return Ok(json!(id));
        }
        let names: Vec<_> = p["usernames"].as_array().unwrap().clone();
        let names: Vec<_> = names
            .iter()
            .map(|n| n.as_str().unwrap().to_owned())
            .collect();
        let id = self.fresh();
        let mut dm = Dm {
            users: [vec![me.to_owned()], names.clone()].concat(),
            info: p["info"].clone(),
            ..Dm::default()
        };
        for (i, name) in names.iter().enumerate() {
            if self.users[name]["spk"] != p["messages"][i]["spk"] {
                return Err("stale_prekey");
            }
            let invitation = json!({"sender": me, "ik": self.users[me]["public_key"], "spk": p["messages"][i]["spk"],
                "ek": p["messages"][i]["ek"], "key_tree": p["key_tree"], "position": i + 1, "id": id, "info": p["info"]});
            dm.x3dh.insert(name.clone(), invitation.clone());
            notices.push((name.clone(), "x3dh_notification", invitation));
        }
        let users = dm.users.clone();
        self.dms.insert(id, dm);
        let view = self.dm_json(id);
        for user in users {
            notices.push((user, "dm_notification", view.clone()));
        }
        Ok(json!(id))
    }

    fn history(&mut self, me: &str, p: &Value) -> Result<Value, &'static str> {
        self.dm_of(me, &p["id"])?;
        let count = usize::try_from(p["count"].as_u64().unwrap_or(50)).unwrap();
        let time = |m: &Value| m["timestamp"].as_str().unwrap().to_owned();
        let mut all: Vec<_> = self
            .messages
            .values()
            .filter(|m| m["dm_id"] == p["id"])
            .cloned()
            .collect();
        all.sort_by_key(time);
        if let Some(after) = p["after"].as_str() {
            all.retain(|m| time(m).as_str() > after);
        } else {
            all.retain(|m| {
                p["cursor"]
                    .as_str()
                    .is_none_or(|cursor| time(m).as_str() < cursor)
            });
            all.reverse();
        }
        all.truncate(count);
        Ok(json!(all))
    }

    fn changes_since(&mut self, me: &str, p: &Value) -> Result<Value, &'static str> {
        let dm = self.dm_of(me, &p["id"])?;
        let end = dm.changes.len();
        let Some(since) = p["since"].as_str() else {
            return Ok(
                json!({"messages": [], "deleted": [], "cursor": end.to_string(), "more": false}),
            );
        };
        let since: usize = since.parse().unwrap();
        if since < usize::try_from(dm.oldest).unwrap() {
            return Err("cursor_too_old");
        }
        // Each message once, at its last change.
        let count = usize::try_from(p["count"].as_u64().unwrap()).unwrap();
        let upto = end.min(since + count);
        let mut ids: Vec<u64> = Vec::new();
        for id in &dm.changes[since..upto] {
            ids.retain(|other| other != id);
            ids.push(*id);
        }
        let (there, gone): (Vec<_>, Vec<_>) = ids
            .into_iter()
            .partition(|id| self.messages.contains_key(id));
        let there: Vec<_> = there.iter().map(|id| self.messages[id].clone()).collect();
        Ok(
            json!({"messages": there, "deleted": gone, "cursor": upto.to_string(), "more": upto < end}),
        )
    }
}
