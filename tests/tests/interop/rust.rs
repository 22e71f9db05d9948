//! A member that uses the Rust SDK, told of in the form of the TypeScript SDK.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sotto_sdk::protocol::text::{DmId, MessageId, ReactionId};
use sotto_sdk::{
    AccountKeys, Dm, Events, Happening, MemoryStore, Message, Options, Page, SendOptions,
    ServerAddress, Sotto, TransportConfig, Unreadable, When, register,
};

use crate::members::{How, Log};

pub struct RustMember {
    pub name: String,
    pub log: Rc<Log>,
    sotto: Sotto,
}

fn dm_id(id: u64) -> DmId {
    DmId::new(id).unwrap()
}

fn message_id(id: u64) -> MessageId {
    MessageId::new(id).unwrap()
}

fn reference(hex: &str) -> [u8; 32] {
    hex::decode(hex).unwrap().try_into().unwrap()
}

impl RustMember {
    /// To be called within a `LocalSet`.
    pub async fn register(server: &str, name: &str) -> Self {
        let address = ServerAddress::parse(server).unwrap();
        let (keys, _) = AccountKeys::create(name).unwrap();
        register(&address, &keys, &TransportConfig::default())
            .await
            .unwrap();
        Self::enter(server, keys, Arc::new(MemoryStore::default())).await
    }

    /// A session of an account that is there already. To be called within a `LocalSet`.
    pub async fn enter(server: &str, keys: AccountKeys, store: Arc<MemoryStore>) -> Self {
        let server = ServerAddress::parse(server).unwrap();
        let name = keys.username().to_owned();
        let (sotto, events) = Sotto::follow(&server, keys, store, Options::default())
            .await
            .unwrap();
        let log = Rc::new(Log::default());
        tokio::task::spawn_local(listen(events, Rc::clone(&log)));
        Self { name, log, sotto }
    }

    pub async fn leave(&self, dm: u64) {
        self.sotto.leave(dm_id(dm)).await.unwrap();
    }

    /// All DMs: the id, and the code of why one cannot be read.
    pub async fn dms(&self) -> Vec<(u64, Option<String>)> {
        let dms = self.sotto.dms().await.unwrap();
        let locked = |dm: &Dm| dm.locked.as_ref().map(|why| why.code.to_owned());
        dms.iter().map(|dm| (dm.id.get(), locked(dm))).collect()
    }

    pub async fn add_friend(&self, username: &str) {
        self.sotto.add_friend(username).await.unwrap();
    }

    pub async fn answer_friend(&self, username: &str) {
        self.sotto.answer_friend(username, true).await.unwrap();
    }

    pub async fn create(&self, others: &[String], name: &str) -> u64 {
        let dm = self.sotto.create_dm(others, Some(name)).await.unwrap();
        dm.id.get()
    }

    pub async fn send(&self, dm: u64, text: &str, how: How) -> String {
        let seconds = |seconds: u64| Duration::from_secs(seconds);
        let options = SendOptions {
            reply_to: how.reply_to.as_deref().map(reference),
            when: how
                .in_seconds
                .map_or(When::Now, |wait| When::In(seconds(wait))),
            delete_after: how.delete_after.map(seconds),
        };
        let sent = self.sotto.send(dm_id(dm), text, options).await.unwrap();
        assert!(!sent.queued);
        hex::encode(sent.reference)
    }

    pub async fn edit(&self, message: u64, text: &str) {
        self.sotto.edit(message_id(message), text).await.unwrap();
    }

    pub async fn delete(&self, message: u64) {
        self.sotto.delete(message_id(message)).await.unwrap();
    }

    pub async fn pin(&self, message: u64) {
        self.sotto.pin(message_id(message), true).await.unwrap();
    }

    pub async fn react(&self, message: u64, text: &str) -> u64 {
        let reaction = self.sotto.react(message_id(message), text).await;
        reaction.unwrap().get()
    }

    pub async fn unreact(&self, reaction: u64) {
        let reaction = ReactionId::new(reaction).unwrap();
        self.sotto.unreact(reaction).await.unwrap();
    }

    pub async fn rename(&self, dm: u64, name: Option<&str>) {
        self.sotto.rename(dm_id(dm), name).await.unwrap();
    }

    pub async fn scheduled(&self, dm: u64) -> Vec<Value> {
        let waiting = self.sotto.scheduled(dm_id(dm)).await.unwrap();
        let form = |waiting: &sotto_sdk::Scheduled| {
            json!({
                "dm": waiting.dm,
                "id": waiting.id,
                "due": waiting.due,
                "text": opened(&waiting.text, |text| json!(text)),
            })
        };
        waiting.iter().map(form).collect()
    }

    pub async fn dm(&self, dm: u64) -> Value {
        dm_form(&self.sotto.dm(dm_id(dm)).await.unwrap())
    }

    pub async fn history(&self, dm: u64) -> Vec<Value> {
        let mut all = Vec::new();
        let mut page = Page::Newest;
        loop {
            let messages = self.sotto.history(dm_id(dm), page, 3).await.unwrap();
            let Some(last) = messages.last() else {
                return all;
            };
            page = Page::Before(last.timestamp);
            all.extend(messages.iter().map(message_form));
        }
    }

    pub async fn pinned(&self, dm: u64) -> Vec<Value> {
        let pinned = self.sotto.pinned(dm_id(dm)).await.unwrap();
        pinned.iter().map(message_form).collect()
    }

    pub async fn group_code(&self, dm: u64) -> String {
        self.sotto.group_code(dm_id(dm)).await.unwrap()
    }

    pub async fn safety_number(&self, username: &str) -> String {
        self.sotto.safety_number(username).await.unwrap()
    }

    pub async fn join_call(&self, dm: u64) -> Vec<String> {
        let there = self.sotto.join_call(dm_id(dm)).await.unwrap();
        there.into_keys().collect()
    }

    pub async fn signal(&self, dm: u64, username: &str, body: &str) {
        let sent = self.sotto.send_call_signal(dm_id(dm), username, body);
        sent.await.unwrap();
    }

    pub async fn leave_call(&self, dm: u64) {
        self.sotto.leave_call(dm_id(dm)).await.unwrap();
    }

    pub async fn close(&self) {
        self.sotto.clone().close().await.unwrap();
    }
}

async fn listen(mut events: Events, log: Rc<Log>) {
    while let Some(happening) = events.next().await {
        match &happening {
            Happening::MessageNew(message) => {
                log.add("messageNew", json!({"message": message_form(message)}));
            }
            Happening::MessageChanged(message) => {
                log.add("messageChanged", json!({"message": message_form(message)}));
            }
            Happening::MessageDeleted { dm, id } => {
                log.add("messageDeleted", json!({"dm": dm, "id": id}));
            }
            Happening::Invited(dm) => log.add("invited", json!({"dm": dm_form(dm)})),
            Happening::DmChanged(dm) => log.add("dmChanged", json!({"dm": dm_form(dm)})),
            Happening::ScheduledSent { dm, id } => {
                log.add("scheduledSent", json!({"dm": dm, "id": id}));
            }
            Happening::CallJoined { dm, username } => {
                log.add("callJoined", json!({"dm": dm, "username": username}));
            }
            Happening::CallLeft { dm, username } => {
                log.add("callLeft", json!({"dm": dm, "username": username}));
            }
            Happening::CallSignal { dm, username, body } => {
                let payload = json!({"dm": dm, "username": username, "body": body});
                log.add("callSignal", payload);
            }
            Happening::Warning(text) => log.add("warning", json!({"text": text})),
            Happening::InvitationRefused { why, .. } => {
                log.add("invitationRefused", json!({"error": why.to_string()}));
            }
            Happening::FriendRequest { username } => {
                log.add("friendRequest", json!({"username": username}));
            }
            Happening::FriendAnswer { username, accepted } => {
                let payload = json!({"username": username, "accepted": accepted});
                log.add("friendAnswer", payload);
            }
            _ => {}
        }
    }
}

fn opened<T>(text: &Result<T, Unreadable>, form: impl FnOnce(&T) -> Value) -> Value {
    match text {
        Ok(value) => json!({"ok": true, "value": form(value)}),
        Err(why) => json!({"ok": false, "why": {"code": why.code}}),
    }
}

fn dm_form(dm: &Dm) -> Value {
    json!({
        "id": dm.id,
        "users": dm.users,
        "name": dm.name.as_ref().map(|name| opened(name, |name| json!(name))),
        "createdAt": dm.created_at,
        "usersInCall": dm.users_in_call,
        "locked": dm.locked.as_ref().map(|why| json!({"code": why.code})),
    })
}

fn message_form(message: &Message) -> Value {
    let content = opened(&message.content, |content| {
        json!({
            "text": content.text,
            "reference": hex::encode(content.reference),
            "replyTo": content.reply_to.map(hex::encode),
            "revision": content.revision,
            "writtenMs": content.written_ms,
        })
    });
    let reactions = message.reactions.iter().map(|reaction| {
        json!({
            "id": reaction.id,
            "sender": reaction.sender,
            "text": opened(&reaction.text, |text| json!(text)),
        })
    });
    json!({
        "id": message.id,
        "dm": message.dm,
        "sender": message.sender,
        "timestamp": message.timestamp,
        "expires": message.expires,
        "pinned": message.pinned,
        "content": content,
        "reactions": reactions.collect::<Vec<_>>(),
        "missingBefore": message.missing_before,
    })
}
