//! What a mixed group lives through.

use std::rc::Rc;

use serde_json::{Value, json};
use sotto_tests::TestServer;
use tokio::task::LocalSet;

use crate::members::{How, Kind, Member};
use crate::peer::Peer;
use crate::rust::RustMember;
use crate::typescript::TypeScriptMember;

/// A group of `size` whose kinds take turns, made by a member of `creator`'s kind: everything that can be said goes both ways.
pub async fn lives(size: usize, creator: Kind) {
    LocalSet::new()
        .run_until(Box::pin(live(size, creator)))
        .await;
}

async fn live(size: usize, creator: Kind) {
    let server = TestServer::on_real_time(|_| {}).await;
    let peer = Peer::start();
    let members = register(&server, &peer, size, creator).await;
    let dm = create(&members).await;
    for (author, other) in [(0, 1), (1, 0)] {
        Talk {
            members: &members,
            dm,
            author: &members[author],
            other: &members[other],
        }
        .all()
        .await;
    }
    all_agree(&members, dm).await;
    for member in &members {
        for bad in ["warning", "invitationRefused"] {
            let told = member.log().all(bad);
            assert!(told.is_empty(), "{}: {told:?}", member.name());
        }
        member.close().await;
    }
}

async fn register(server: &TestServer, peer: &Rc<Peer>, size: usize, creator: Kind) -> Vec<Member> {
    let mut members = Vec::new();
    let other = match creator {
        Kind::Rust => Kind::TypeScript,
        Kind::TypeScript => Kind::Rust,
    };
    for (n, kind) in [creator, other].into_iter().cycle().take(size).enumerate() {
        // A name that is not ASCII, and one with a space.
        let name = ["Ålice", "bob b"]
            .get(n)
            .map_or_else(|| format!("member{n}"), |name| (*name).to_owned());
        members.push(match kind {
            Kind::Rust => Member::Rust(RustMember::register(&server.origin(), &name).await),
            Kind::TypeScript => {
                Member::TypeScript(TypeScriptMember::register(peer, &server.origin(), &name).await)
            }
        });
    }
    members
}

/// The first member makes the group with all others, who are told.
async fn create(members: &[Member]) -> u64 {
    let (creator, others) = members.split_first().unwrap();
    creator.add_friend(others[0].name()).await;
    others[0].answer_friend(creator.name()).await;
    creator
        .log()
        .next("friendAnswer", |answer| answer["accepted"] == true)
        .await;
    let names: Vec<_> = others.iter().map(|other| other.name().to_owned()).collect();
    let dm = creator.create(&names, "Plans · planes").await;
    let all: Vec<_> = members.iter().map(Member::name).collect();
    for member in others {
        let invited = member
            .log()
            .next("invited", |told| told["dm"]["id"] == dm)
            .await;
        assert_eq!(invited["dm"]["locked"], Value::Null, "{invited}");
        assert_eq!(invited["dm"]["users"], json!(all));
    }
    dm
}

/// Who says what to whom.
struct Talk<'a> {
    members: &'a [Member],
    dm: u64,
    author: &'a Member,
    other: &'a Member,
}

impl Talk<'_> {
    async fn all(&self) {
        let said = self.message_and_reply().await;
        self.reaction(said).await;
        self.edit_and_pin(said).await;
        self.name().await;
        self.later_and_for_a_while().await;
        self.call().await;
        self.deletion(said).await;
    }

    /// What everyone is told next of a kind that fits; all are told the same.
    async fn told(&self, event: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let mut first = None;
        for member in self.members {
            let told = member.log().next(event, &fits).await;
            first.get_or_insert(told);
        }
        first.unwrap()
    }

    /// What everyone sees of a message next, where it fits.
    async fn sees(&self, event: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let told = self.told(event, |told| fits(&told["message"])).await;
        told["message"].clone()
    }

    async fn message_and_reply(&self) -> u64 {
        let text = format!("hello from {} — 你好 👋🏽\n\u{202e}", self.author.name());
        let reference = self.author.send(self.dm, &text, How::default()).await;
        let seen = self.sees("messageNew", |m| says(m, &text)).await;
        assert_eq!(seen["sender"], self.author.name());
        assert_eq!(seen["content"]["value"]["reference"], json!(reference));
        assert_eq!(seen["expires"], Value::Null);
        let how = How {
            reply_to: Some(reference.clone()),
            ..How::default()
        };
        let answer = format!("hello yourself, {}", self.author.name());
        self.other.send(self.dm, &answer, how).await;
        let reply = self.sees("messageNew", |m| says(m, &answer)).await;
        assert_eq!(reply["content"]["value"]["replyTo"], json!(reference));
        seen["id"].as_u64().unwrap()
    }

    async fn reaction(&self, message: u64) {
        let id = self.other.react(message, "🎉").await;
        let seen = self
            .sees("messageChanged", |m| m["reactions"][0]["id"] == id)
            .await;
        let expected =
            json!({"id": id, "sender": self.other.name(), "text": {"ok": true, "value": "🎉"}});
        assert_eq!(seen["reactions"], json!([expected]));
        let own = self.author.react(message, "👍").await;
        let both = |m: &Value| m["id"] == message && m["reactions"].as_array().unwrap().len() == 2;
        self.sees("messageChanged", both).await;
        self.author.unreact(own).await;
        let one = |m: &Value| m["id"] == message && m["reactions"].as_array().unwrap().len() == 1;
        self.sees("messageChanged", one).await;
    }

    async fn edit_and_pin(&self, message: u64) {
        for (revision, text) in [(1, "edited"), (2, "")] {
            self.author.edit(message, text).await;
            let edited =
                |m: &Value| m["id"] == message && m["content"]["value"]["revision"] == revision;
            let seen = self.sees("messageChanged", edited).await;
            assert_eq!(seen["content"]["value"]["text"], text);
            assert_eq!(seen["reactions"][0]["text"]["ok"], true, "{seen}");
        }
        self.other.pin(message).await;
        self.sees("messageChanged", |m| {
            m["id"] == message && m["pinned"] == true
        })
        .await;
        for member in self.members {
            let pinned = member.pinned(self.dm).await;
            let ids: Vec<_> = pinned.iter().map(|m| m["id"].clone()).collect();
            assert_eq!(ids, [json!(message)], "{}", member.name());
        }
    }

    async fn name(&self) {
        for (by, name) in [
            (self.author, Some("Ænother name")),
            (self.other, None),
            (self.author, Some(self.author.name())),
        ] {
            by.rename(self.dm, name).await;
            let expected = name.map(|name| json!({"ok": true, "value": name}));
            self.told("dmChanged", |told| told["dm"]["name"] == json!(expected))
                .await;
        }
    }

    /// A message that is sent in two seconds, and one that lives for two.
    async fn later_and_for_a_while(&self) {
        let (later, brief) = ("later", "for a while");
        let in_two = How {
            in_seconds: Some(2),
            ..How::default()
        };
        let for_two = How {
            delete_after: Some(2),
            ..How::default()
        };
        self.author.send(self.dm, later, in_two).await;
        let waiting = self.author.scheduled(self.dm).await;
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0]["text"], json!({"ok": true, "value": later}));
        assert!(self.other.scheduled(self.dm).await.is_empty());
        self.author.send(self.dm, brief, for_two).await;
        let seen = self.sees("messageNew", |m| says(m, brief)).await;
        assert!(seen["expires"].is_string(), "{seen}");
        let sent = self.sees("messageNew", |m| says(m, later)).await;
        assert_eq!(sent["missingBefore"], 0, "it has a session of its own");
        let told = self.author.log();
        told.next("scheduledSent", |told| told["id"] == waiting[0]["id"])
            .await;
        self.told("messageDeleted", |told| told["id"] == seen["id"])
            .await;
    }

    async fn call(&self) {
        self.author.join_call(self.dm).await;
        let there = self.other.join_call(self.dm).await;
        assert_eq!(there.len(), 2);
        for name in [self.author.name(), self.other.name()] {
            self.told("callJoined", |told| told["username"] == name)
                .await;
        }
        let body = r#"{"sdp":"v=0…"}"#;
        for (from, to) in [(self.author, self.other), (self.other, self.author)] {
            for n in 0..3 {
                let body = format!("{body}{n}");
                from.signal(self.dm, to.name(), &body).await;
                let signal = to.log().next("callSignal", |_| true).await;
                let expected = json!({"dm": self.dm, "username": from.name(), "body": body});
                assert_eq!(signal, expected);
            }
        }
        self.author.leave_call(self.dm).await;
        self.told("callLeft", |told| told["username"] == self.author.name())
            .await;
        // From another place in the call than before.
        self.author.join_call(self.dm).await;
        self.other
            .log()
            .next("callJoined", |told| told["username"] == self.author.name())
            .await;
        self.author
            .signal(self.dm, self.other.name(), "again")
            .await;
        let again = |told: &Value| told["body"] == "again";
        self.other.log().next("callSignal", again).await;
        self.author.leave_call(self.dm).await;
        self.other.leave_call(self.dm).await;
    }

    async fn deletion(&self, message: u64) {
        self.author.delete(message).await;
        self.told("messageDeleted", |told| told["id"] == message)
            .await;
    }
}

fn says(message: &Value, text: &str) -> bool {
    message["content"]["value"]["text"] == text
}

/// Codes, numbers, names and history are the same for everyone.
async fn all_agree(members: &[Member], dm: u64) {
    let code = members[0].group_code(dm).await;
    assert_eq!(code.len(), 60);
    let (seen, history) = (members[0].dm(dm).await, members[0].history(dm).await);
    assert_eq!(history.len(), 4, "two replies and two that came later");
    for member in members {
        assert_eq!(member.group_code(dm).await, code, "{}", member.name());
        assert_eq!(member.dm(dm).await, seen, "{}", member.name());
        let own = member.history(dm).await;
        for message in &own {
            assert_eq!(message["content"]["ok"], true, "{message}");
        }
        let plain = |all: &[Value]| -> Vec<Value> { all.iter().map(without_gaps).collect() };
        assert_eq!(plain(&own), plain(&history), "{}", member.name());
    }
    for (at, one) in members.iter().enumerate() {
        for other in &members[at + 1..] {
            let number = one.safety_number(other.name()).await;
            assert_eq!(number.len(), 60);
            assert_eq!(number, other.safety_number(one.name()).await);
        }
    }
}

/// What was missed before a message is each device's own business.
fn without_gaps(message: &Value) -> Value {
    let mut message = message.clone();
    message["missingBefore"] = Value::Null;
    message
}
