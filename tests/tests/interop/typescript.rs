//! A member that uses the TypeScript SDK.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::members::{How, Log};
use crate::peer::Peer;

pub struct TypeScriptMember {
    pub name: String,
    pub log: Rc<Log>,
    peer: Rc<Peer>,
}

impl TypeScriptMember {
    pub async fn register(peer: &Rc<Peer>, server: &str, name: &str) -> Self {
        let member = Self {
            name: name.to_owned(),
            log: peer.log(name),
            peer: Rc::clone(peer),
        };
        member.ask("register", json!([server])).await;
        member
    }

    async fn ask(&self, what: &str, args: Value) -> Value {
        match self.peer.ask(&self.name, what, args).await {
            Ok(answer) => answer,
            Err(error) => panic!("{} cannot {what}: {error}", self.name),
        }
    }

    pub async fn add_friend(&self, username: &str) {
        self.ask("addFriend", json!([username])).await;
    }

    pub async fn answer_friend(&self, username: &str) {
        self.ask("answerFriend", json!([username, true])).await;
    }

    pub async fn create(&self, others: &[String], name: &str) -> u64 {
        let dm = self.ask("createDm", json!([others, name])).await;
        dm["id"].as_u64().unwrap()
    }

    pub async fn send(&self, dm: u64, text: &str, how: How) -> String {
        let mut options = json!({});
        if let Some(reference) = how.reply_to {
            options["replyTo"] = json!(reference);
        }
        if let Some(seconds) = how.in_seconds {
            options["inSeconds"] = json!(seconds);
        }
        if let Some(seconds) = how.delete_after {
            options["deleteAfter"] = json!(seconds);
        }
        let sent = self.ask("send", json!([dm, text, options])).await;
        assert_eq!(sent["queued"], false);
        sent["reference"].as_str().unwrap().to_owned()
    }

    pub async fn edit(&self, message: u64, text: &str) {
        self.ask("edit", json!([message, text])).await;
    }

    pub async fn delete(&self, message: u64) {
        self.ask("delete", json!([message])).await;
    }

    pub async fn pin(&self, message: u64) {
        self.ask("pin", json!([message, true])).await;
    }

    pub async fn react(&self, message: u64, text: &str) -> u64 {
        let reaction = self.ask("react", json!([message, text])).await;
        reaction.as_u64().unwrap()
    }

    pub async fn unreact(&self, reaction: u64) {
        self.ask("unreact", json!([reaction])).await;
    }

    pub async fn rename(&self, dm: u64, name: Option<&str>) {
        self.ask("rename", json!([dm, name])).await;
    }

    pub async fn scheduled(&self, dm: u64) -> Vec<Value> {
        let all = self.ask("scheduled", json!([dm])).await;
        all.as_array().unwrap().clone()
    }

    pub async fn dm(&self, dm: u64) -> Value {
        self.ask("dm", json!([dm])).await
    }

    pub async fn history(&self, dm: u64) -> Vec<Value> {
        let all = self.ask("history", json!([dm, {"count": 3}])).await;
        all.as_array().unwrap().clone()
    }

    pub async fn pinned(&self, dm: u64) -> Vec<Value> {
        let all = self.ask("pinned", json!([dm])).await;
        all.as_array().unwrap().clone()
    }

    /// Without the spaces between the groups of digits.
    pub async fn group_code(&self, dm: u64) -> String {
        let code = self.ask("groupCode", json!([dm])).await;
        code.as_str().unwrap().replace(' ', "")
    }

    pub async fn safety_number(&self, username: &str) -> String {
        let number = self.ask("safetyNumber", json!([username])).await;
        number.as_str().unwrap().replace(' ', "")
    }

    pub async fn join_call(&self, dm: u64) -> Vec<String> {
        let there = self.ask("joinCall", json!([dm])).await;
        serde_json::from_value(there).unwrap()
    }

    pub async fn signal(&self, dm: u64, username: &str, body: &str) {
        self.ask("sendCallSignal", json!([dm, username, body]))
            .await;
    }

    pub async fn leave_call(&self, dm: u64) {
        self.ask("leaveCall", json!([dm])).await;
    }

    pub async fn close(&self) {
        self.ask("close", json!([])).await;
    }
}
