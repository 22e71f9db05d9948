//! Someone with keys and one logged-in connection, and what people do.

use std::ops::Deref;
use std::sync::Arc;

use serde_json::{Value, json};
use sotto_crypto::bundle::{Bundle, NoPins};
use sotto_crypto::group::{self, GroupRandom};
use sotto_protocol::Event;

use crate::keys::{Keys, any_key};
use crate::raw::Raw;

/// A user's device: all that a [`Raw`] connection can, logged in.
#[derive(Debug)]
pub struct Person {
    /// The username.
    pub name: String,
    /// The keys, shared by all devices.
    pub keys: Arc<Keys>,
    origin: String,
    raw: Raw,
}

impl Deref for Person {
    type Target = Raw;

    fn deref(&self) -> &Raw {
        &self.raw
    }
}

impl Person {
    /// Registers and logs in.
    pub async fn register(origin: &str, name: &str, keys: Keys) -> Self {
        let raw = Raw::connect(origin).await;
        raw.ok("register", registration(name, &keys)).await;
        let keys = Arc::new(keys);
        answer_challenge(&raw, origin, name, &keys).await;
        Self {
            name: name.to_owned(),
            keys,
            origin: origin.to_owned(),
            raw,
        }
    }

    /// Logs in on a new connection.
    pub async fn log_in(origin: &str, name: &str, keys: Arc<Keys>) -> Self {
        Self::log_in_as(origin, origin, name, keys).await
    }

    /// Logs in on a new connection, signing for another origin than the one that is dialled.
    pub async fn log_in_as(dialled: &str, signed: &str, name: &str, keys: Arc<Keys>) -> Self {
        let raw = Raw::connect(dialled).await;
        answer_challenge(&raw, signed, name, &keys).await;
        Self {
            name: name.to_owned(),
            keys,
            origin: dialled.to_owned(),
            raw,
        }
    }

    /// Logs in on a device that acks no invitation.
    pub async fn log_in_without_keeping(origin: &str, name: &str, keys: &Arc<Keys>) -> Self {
        let raw = Raw::connect(origin).await;
        raw.keeps_invitations(false);
        answer_challenge(&raw, origin, name, keys).await;
        Self {
            name: name.to_owned(),
            keys: Arc::clone(keys),
            origin: origin.to_owned(),
            raw,
        }
    }

    /// Another device of the same user.
    pub async fn another_device(&self) -> Self {
        Self::log_in(&self.origin, &self.name, Arc::clone(&self.keys)).await
    }

    /// Ends the connection.
    pub fn hangs_up(self) {
        drop(self.raw);
    }

    /// Asks with a typed request for what must be granted.
    pub async fn typed<E: Event>(&self, request: &E) -> E::Reply {
        let request = serde_json::to_value(request).expect("a request is JSON");
        let result = self.ok(E::NAME, request).await;
        serde_json::from_value(result).expect("the reply has its type")
    }

    /// Makes friends; neither has notices of it left.
    pub async fn befriends(&self, other: &Self) {
        self.ok("send_friend_request", json!({ "username": other.name }))
            .await;
        other.notice("friend_request_notification").await;
        let accept = json!({ "username": self.name, "accept": true });
        other.ok("ack_friend_request", accept).await;
        self.notice("friend_request_accept_notification").await;
    }

    /// A `create_dm` with these people, without `info`.
    pub fn dm_request(&self, others: &[&Self]) -> Value {
        let leaves = (others.len() + 1).next_power_of_two();
        let messages: Vec<_> = others
            .iter()
            .map(|other| json!({ "ek": any_key(), "spk": other.keys.spk() }))
            .collect();
        let key_tree: Vec<_> = (0..2 * leaves - 2).map(|_| any_key()).collect();
        let names: Vec<_> = others.iter().map(|other| &other.name).collect();
        json!({ "usernames": names, "messages": messages, "key_tree": key_tree })
    }

    /// A `create_dm` with these people, with a signed `info`.
    pub fn signed_dm_request(&self, others: &[&Self]) -> Value {
        let keys: Vec<_> = others
            .iter()
            .map(|other| {
                let sig = hex::decode(other.keys.sig()).expect("hex");
                (
                    other.name.as_str(),
                    other.keys.public_bytes(),
                    other.keys.spk.clone(),
                    sig,
                )
            })
            .collect();
        let bundles: Vec<_> = keys
            .iter()
            .map(|(username, ik, spk, sig)| Bundle {
                username,
                ik,
                spk,
                sig,
            })
            .collect();
        let random = GroupRandom::generate(&mut rand::rng(), others.len() + 1);
        let identity = self.keys.identity();
        let made = group::create(
            &identity,
            &self.name,
            1_700_000_000,
            &bundles,
            &NoPins,
            &random,
        )
        .expect("a group");
        let messages: Vec<_> = made
            .messages
            .iter()
            .map(
                |message| json!({ "ek": hex::encode(message.ek), "spk": hex::encode(message.spk) }),
            )
            .collect();
        let names: Vec<_> = others.iter().map(|other| &other.name).collect();
        let key_tree: Vec<_> = made.key_tree.iter().map(hex::encode).collect();
        json!({
            "usernames": names,
            "messages": messages,
            "key_tree": key_tree,
            "info": hex::encode(made.info),
        })
    }

    /// Creates a DM; nobody has notices of it left.
    pub async fn creates_dm(&self, others: &[&Self]) -> u64 {
        let id = self.ok("create_dm", self.dm_request(others)).await;
        let is_it = |notice: &Value| notice["id"] == id;
        for other in others {
            other.notice_where("x3dh_notification", is_it).await;
            other.notice_where("dm_notification", is_it).await;
        }
        self.notice_where("dm_notification", is_it).await;
        id.as_u64().expect("an id")
    }

    /// A `send_message` of this text, signed.
    pub fn message(&self, dm: u64, text: &str) -> Value {
        let (message, signature) = self.seals(text);
        json!({ "id": dm, "message": message, "signature": signature })
    }

    /// The same with further keys.
    pub fn message_with(&self, dm: u64, text: &str, more: Value) -> Value {
        let mut request = self.message(dm, text);
        let more = more.as_object().expect("an object").clone();
        request.as_object_mut().expect("an object").extend(more);
        request
    }

    /// Bytes and signature, as hex. Nothing is sealed: to the server all bytes are the same.
    pub fn seals(&self, text: &str) -> (String, String) {
        (hex::encode(text), self.keys.sign(text.as_bytes()))
    }

    /// Sends, and takes one's own notice of it: the message.
    pub async fn sends(&self, dm: u64, text: &str) -> Value {
        self.ok("send_message", self.message(dm, text)).await;
        self.hears(text).await
    }

    /// Waits for a message with this text.
    pub async fn hears(&self, text: &str) -> Value {
        let bytes = hex::encode(text);
        self.notice_where("message_notification", |message| {
            message["message"] == bytes
        })
        .await
    }

    /// Reacts; the reaction's id.
    pub async fn reacts(&self, message: &Value, text: &str) -> u64 {
        let (reaction, signature) = self.seals(text);
        let request = json!({ "id": message["id"], "reaction": reaction, "signature": signature });
        self.ok("add_reaction", request)
            .await
            .as_u64()
            .expect("an id")
    }

    /// The texts of a list of messages.
    pub fn texts(messages: &Value) -> Vec<String> {
        messages
            .as_array()
            .expect("a list")
            .iter()
            .map(text_of)
            .collect()
    }
}

/// The text of a message.
pub fn text_of(message: &Value) -> String {
    let bytes = hex::decode(message["message"].as_str().expect("hex")).expect("hex");
    String::from_utf8(bytes).expect("a test's text")
}

/// A `register` for these keys.
pub fn registration(name: &str, keys: &Keys) -> Value {
    json!({
        "username": name,
        "public_key": keys.public_key(),
        "spk": keys.spk(),
        "sig": keys.sig(),
        "own_storage": "",
    })
}

/// Logs a connection in.
pub async fn answer_challenge(raw: &Raw, origin: &str, name: &str, keys: &Keys) {
    let challenge = raw.ok("login", json!({ "username": name })).await;
    let challenge = challenge.as_str().expect("a challenge");
    let response = keys.answer(origin, name, challenge);
    raw.ok("login_challenge_response", json!({ "response": response }))
        .await;
}
