//! Friends and blocks against a model: any sequence of what three people do gives the codes, lists and notices that a page of plain
//! rules gives.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use sotto_tests::{Person, TestServer};

const NAMES: [&str; 3] = ["alice", "bob", "carol"];

#[derive(Clone, Copy, Debug)]
enum Act {
    Ask,
    Accept,
    Decline,
    Unfriend,
    Block,
    Unblock,
}

/// The whole truth.
#[derive(Default)]
struct Model {
    /// Both ways.
    friends: BTreeSet<(usize, usize)>,
    /// From, to.
    requests: BTreeSet<(usize, usize)>,
    /// Blocker, blocked.
    blocks: BTreeSet<(usize, usize)>,
    /// What each user's actor device and other device have been told.
    told: [[Vec<Value>; 2]; 3],
}

impl Model {
    fn tells(&mut self, user: usize, name: &str, payload: &Value) {
        for device in &mut self.told[user] {
            device.push(json!([name, payload]));
        }
    }

    fn tells_own(&mut self, user: usize, scope: &str) {
        self.told[user][1].push(json!(["own_change_notification", { "scope": scope }]));
    }

    fn lifts_block(&mut self, me: usize, them: usize) {
        if self.blocks.remove(&(me, them)) {
            self.tells_own(me, "blocks");
        }
    }

    fn does(&mut self, me: usize, act: Act, them: usize) -> &'static str {
        let friends = self.friends.contains(&(me, them));
        let from = |name: usize| json!({ "username": NAMES[name] });
        match act {
            Act::Ask if me == them => return "cannot_friend",
            Act::Ask => {
                if self.requests.contains(&(me, them)) || self.requests.contains(&(them, me)) {
                    return "request_exists";
                } else if friends {
                    return "already_friends";
                } else if self.blocks.contains(&(them, me)) {
                    return "cannot_friend";
                }
                self.requests.insert((me, them));
                self.lifts_block(me, them);
                self.tells(them, "friend_request_notification", &from(me));
                self.tells_own(me, "friends");
            }
            Act::Accept | Act::Decline => {
                if !self.requests.remove(&(them, me)) {
                    return "no_request";
                }
                let accept = matches!(act, Act::Accept);
                if accept {
                    self.friends.extend([(me, them), (them, me)]);
                    self.lifts_block(me, them);
                }
                let answer = json!({ "username": NAMES[me], "accept": accept });
                self.tells(them, "friend_request_accept_notification", &answer);
                self.tells_own(me, "friends");
            }
            Act::Unfriend => {
                if !friends {
                    return "not_friends";
                }
                self.part(me, them);
                self.tells(them, "unfriend_notification", &from(me));
                self.tells(me, "unfriend_notification", &from(them));
            }
            Act::Block | Act::Unblock if me == them => return "invalid_request",
            Act::Block => {
                if self.blocks.insert((me, them)) {
                    let asked = self.requests.remove(&(me, them));
                    self.part(me, them);
                    self.tells_own(me, "blocks");
                    if friends || asked {
                        self.tells_own(me, "friends");
                    }
                }
            }
            Act::Unblock => self.lifts_block(me, them),
        }
        "ok"
    }

    fn part(&mut self, me: usize, them: usize) {
        self.friends
            .retain(|pair| *pair != (me, them) && *pair != (them, me));
    }

    fn list(&self, of: usize, event: &str) -> Vec<&'static str> {
        let names = |all: &BTreeSet<(usize, usize)>, incoming: bool| {
            let mut names: Vec<_> = all
                .iter()
                .map(|(from, to)| if incoming { (*to, *from) } else { (*from, *to) })
                .filter(|(mine, _)| *mine == of)
                .map(|(_, theirs)| NAMES[theirs])
                .collect();
            names.sort_unstable();
            names
        };
        match event {
            "get_friends" => names(&self.friends, false),
            "get_friend_requests" => names(&self.requests, true),
            "get_outgoing_requests" => names(&self.requests, false),
            _ => names(&self.blocks, false),
        }
    }
}

fn request(act: Act, them: usize) -> (&'static str, Value) {
    let who = json!({ "username": NAMES[them] });
    let answer = |accept: bool| json!({ "username": NAMES[them], "accept": accept });
    match act {
        Act::Ask => ("send_friend_request", who),
        Act::Accept => ("ack_friend_request", answer(true)),
        Act::Decline => ("ack_friend_request", answer(false)),
        Act::Unfriend => ("unfriend", who),
        Act::Block => ("block_user", who),
        Act::Unblock => ("unblock", who),
    }
}

async fn told(device: &Person) -> Vec<Value> {
    let news = device
        .news()
        .await
        .into_iter()
        .filter(|(name, _)| name != "profile_notification");
    news.map(|(name, payload)| json!([name, payload])).collect()
}

async fn as_the_model(acts: Vec<(usize, Act, usize)>) {
    let server = TestServer::start().await;
    let people = server.people(NAMES).await;
    let mut others = Vec::new();
    for person in &people {
        others.push(person.another_device().await);
    }
    let mut model = Model::default();
    for (me, act, them) in acts {
        let (event, request) = request(act, them);
        let code = people[me].code(event, request).await;
        assert_eq!(
            code,
            model.does(me, act, them),
            "{} {act:?} {}",
            NAMES[me],
            NAMES[them]
        );
    }
    for (me, (first, second)) in people.iter().zip(&others).enumerate() {
        for event in [
            "get_friends",
            "get_friend_requests",
            "get_outgoing_requests",
            "get_blocked",
        ] {
            let list = second.ok(event, json!({})).await;
            assert_eq!(list, json!(model.list(me, event)), "{} {event}", NAMES[me]);
        }
        assert_eq!(
            told(first).await,
            model.told[me][0],
            "{}, acting device",
            NAMES[me]
        );
        assert_eq!(
            told(second).await,
            model.told[me][1],
            "{}, other device",
            NAMES[me]
        );
    }
}

#[test]
fn r_501_to_r_510_friends_and_blocks_follow_the_model() {
    let act = prop_oneof![
        4 => Just(Act::Ask),
        4 => Just(Act::Accept),
        1 => Just(Act::Decline),
        2 => Just(Act::Unfriend),
        2 => Just(Act::Block),
        2 => Just(Act::Unblock),
    ];
    let acts = prop::collection::vec((0..3_usize, act, 0..3_usize), 1..60);
    let mut runner = TestRunner::new(Config::with_cases(48));
    runner
        .run(&acts, |acts| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(as_the_model(acts));
            Ok(())
        })
        .unwrap();
}
