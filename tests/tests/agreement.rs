//! What a device learns from notices and its own acks equals what a fresh device fetches: random walks of four people with two devices
//! each.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};
use sotto_protocol::text::Timestamp;
use sotto_server::Clock as _;
use sotto_tests::dice::Dice;
use sotto_tests::{Came, Person, TestServer};

/// What one device knows.
#[derive(Debug, Default)]
struct View {
    dms: BTreeMap<u64, Value>,
    messages: BTreeMap<u64, BTreeMap<u64, Value>>,
    invitations: BTreeMap<u64, Value>,
    friends: BTreeSet<String>,
    incoming: BTreeSet<String>,
    outgoing: BTreeSet<String>,
    blocked: BTreeSet<String>,
    profiles: BTreeMap<String, Value>,
    /// Lists of its own that another device changed since: to be read again.
    stale: BTreeSet<String>,
}

/// What a device asked, by the id of its ack.
type Asked = HashMap<u64, (&'static str, Value)>;

impl View {
    /// Goes through all that came, in order.
    fn of(device: &Person, asked: &Asked) -> Self {
        let mut view = Self::default();
        for came in device.history() {
            match came {
                Came::Ack(id, reply) if reply[0]["success"] == true => {
                    if let Some((event, request)) = asked.get(&id) {
                        view.acked(event, request);
                    }
                }
                Came::Ack(..) => {}
                Came::Notice(name, payload, _) => view.told(&name, payload),
            }
        }
        view
    }

    fn acked(&mut self, event: &str, request: &Value) {
        let name = || request["username"].as_str().unwrap().to_owned();
        match event {
            "leave_dm" => self.forget(request["id"].as_u64().unwrap()),
            "send_friend_request" => {
                self.outgoing.insert(name());
                self.blocked.remove(&name());
            }
            "ack_friend_request" => {
                self.incoming.remove(&name());
                if request["accept"] == true {
                    self.friends.insert(name());
                    self.blocked.remove(&name());
                }
            }
            "block_user" => drop(self.blocked.insert(name())),
            "unblock" => drop(self.blocked.remove(&name())),
            _ => {}
        }
    }

    fn forget(&mut self, dm: u64) {
        self.dms.remove(&dm);
        self.messages.remove(&dm);
        self.invitations.remove(&dm);
    }

    fn told(&mut self, notice: &str, payload: Value) {
        let id = payload["id"].as_u64();
        let name = payload["username"].as_str().unwrap_or_default().to_owned();
        match notice {
            "dm_notification" => drop(self.dms.insert(id.unwrap(), payload)),
            "x3dh_notification" => drop(self.invitations.insert(id.unwrap(), payload)),
            "message_notification" => {
                let dm = payload["dm_id"].as_u64().unwrap();
                assert!(
                    self.dms.contains_key(&dm),
                    "R-702: of a DM that the device is not in"
                );
                self.messages
                    .entry(dm)
                    .or_default()
                    .insert(id.unwrap(), payload);
            }
            "message_change_notification" => {
                let dm = payload["dm_id"].as_u64().unwrap();
                let known = self.messages.entry(dm).or_default();
                assert!(
                    known.contains_key(&id.unwrap()),
                    "R-703: changed before it came"
                );
                known.insert(id.unwrap(), payload);
            }
            "message_delete_notification" => {
                let gone = payload.as_u64().unwrap();
                let removed = self
                    .messages
                    .values_mut()
                    .filter_map(|all| all.remove(&gone))
                    .count();
                assert_eq!(
                    removed, 1,
                    "R-714: of a message that the device does not have"
                );
            }
            "friend_request_notification" => drop(self.incoming.insert(name)),
            "friend_request_accept_notification" => {
                self.outgoing.remove(&name);
                if payload["accept"] == true {
                    self.friends.insert(name);
                }
            }
            "unfriend_notification" => drop(self.friends.remove(&name)),
            "profile_notification" => drop(self.profiles.insert(name, payload)),
            "own_change_notification" => {
                let scope = payload["scope"].as_str().unwrap();
                if scope == "dms" {
                    self.forget(id.unwrap());
                }
                self.stale.insert(scope.to_owned());
            }
            "user_joined_call" | "user_left_call" | "typing_notification" => {
                assert!(self.dms.contains_key(&id.unwrap()), "R-702: {notice}");
            }
            "scheduled_soon_notification"
            | "scheduled_message_sent_notification"
            | "scheduled_message_failed_notification" => {}
            other => panic!("an unknown notice: {other}"),
        }
    }

    /// Holds it against what a fresh device of the same user is told.
    async fn agrees(&self, fresh: &Person, whose: &str) {
        let dms: Vec<u64> = serde_json::from_value(fresh.ok("get_dms", json!({})).await).unwrap();
        assert_eq!(
            self.dms.keys().copied().collect::<Vec<_>>(),
            dms,
            "{whose}: DMs"
        );
        for dm in dms {
            let mut details = fresh.ok("get_dm", json!({ "id": dm })).await;
            let parts = details.as_object_mut().unwrap();
            let invitation = parts.remove("x3dh").unwrap();
            let latest = parts.remove("latest_message").unwrap();
            for key in ["scheduled_messages", "info"] {
                parts.remove(key).unwrap();
            }
            assert_eq!(self.dms[&dm], details, "{whose}: DM {dm}");
            let known = self.invitations.get(&dm).cloned().unwrap_or_default();
            assert_eq!(known, invitation, "{whose}: invitation to {dm}");
            let history = whole_history(fresh, dm).await;
            let known = self.messages.get(&dm).cloned().unwrap_or_default();
            let known: Vec<_> = known.into_values().rev().collect();
            assert_eq!(known, history, "{whose}: messages of {dm}");
            assert_eq!(
                known.first().cloned().unwrap_or_default(),
                latest,
                "{whose}: latest of {dm}"
            );
            let pinned = fresh.ok("get_pinned", json!({ "id": dm })).await;
            let known: Vec<_> = known
                .into_iter()
                .filter(|message| message["pinned"] == true)
                .collect();
            assert_eq!(json!(known), pinned, "{whose}: pins of {dm}");
        }
        for (list, scope, event) in [
            (&self.friends, "friends", "get_friends"),
            (&self.incoming, "friends", "get_friend_requests"),
            (&self.outgoing, "friends", "get_outgoing_requests"),
            (&self.blocked, "blocks", "get_blocked"),
        ] {
            if !self.stale.contains(scope) {
                assert_eq!(
                    json!(list),
                    fresh.ok(event, json!({})).await,
                    "{whose}: {event}"
                );
            }
        }
    }
}

async fn whole_history(person: &Person, dm: u64) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let page = person
            .ok("get_message_history", json!({ "id": dm, "cursor": cursor }))
            .await;
        let Some(last) = page.as_array().unwrap().last() else {
            return all;
        };
        cursor = last["timestamp"].clone();
        all.extend(page.as_array().unwrap().clone());
    }
}

/// The people of a walk, two devices each, and what has been asked.
struct Walk {
    server: TestServer,
    devices: Vec<Person>,
    asked: Vec<Asked>,
    waiting: Vec<Vec<u64>>,
    dice: Dice,
    dms: Vec<u64>,
    /// Upper ends of the ids that there may be by now.
    messages: u64,
    reactions: u64,
    /// How often each event was answered how.
    codes: BTreeMap<String, usize>,
}

impl Walk {
    async fn new(seed: u64) -> Self {
        let server = TestServer::start().await;
        let people = server.people(["alice", "bob", "carol", "dave"]).await;
        server.person("zed").await.hangs_up();
        let mut devices = Vec::new();
        for person in people {
            devices.push(server.device(&person).await);
            devices.push(person);
        }
        Self {
            asked: devices.iter().map(|_| Asked::new()).collect(),
            waiting: devices.iter().map(|_| Vec::new()).collect(),
            server,
            devices,
            dice: Dice(seed),
            dms: Vec::new(),
            messages: 1,
            reactions: 1,
            codes: BTreeMap::new(),
        }
    }

    fn ask(&mut self, device: usize, event: &'static str, request: Value) {
        let id = self.devices[device].emit(event, &request);
        self.asked[device].insert(id, (event, request));
        self.waiting[device].push(id);
    }

    /// Waits for what this device has asked.
    async fn answered(&mut self, device: usize) {
        for id in std::mem::take(&mut self.waiting[device]) {
            let reply = self.devices[device].ack(id).await;
            let event = self.asked[device][&id].0;
            *self
                .codes
                .entry(format!("{event} {}", reply.code()))
                .or_default() += 1;
            match reply.code() {
                "ok" if event == "create_dm" => self.dms.push(reply.result().as_u64().unwrap()),
                "ok" if event == "add_reaction" => {
                    self.reactions = self.reactions.max(reply.result().as_u64().unwrap() + 1);
                }
                "internal" | "unavailable" | "invalid_request" | "rate_limited" => {
                    panic!("{event}: {}", reply.0)
                }
                _ => {}
            }
        }
    }

    /// Someone else's first device.
    fn other(&mut self, device: usize) -> usize {
        let people = self.devices.len() / 2;
        let step = 1 + self.dice.index(people - 1);
        2 * ((device / 2 + step) % people)
    }

    fn step(&mut self) -> usize {
        let device = self.dice.index(self.devices.len());
        let other = self.other(device);
        let name = self.devices[other].name.clone();
        let dm = self
            .dms
            .get(self.dice.index(self.dms.len().max(1)))
            .copied()
            .unwrap_or(1);
        let message = 1 + self.dice.below(self.messages);
        let text = format!("{:x}", self.dice.roll());
        let me = &self.devices[device];
        let (bytes, signature) = me.seals(&text);
        let (event, request) = match self.dice.below(40) {
            0..8 => ("send_message", me.message(dm, &text)),
            8..10 => {
                let later =
                    json!({ "schedule": 1 + self.dice.below(90), "delete": self.dice.below(3) });
                (
                    "send_message",
                    self.devices[device].message_with(dm, &text, later),
                )
            }
            10..12 => {
                let brief = json!({ "delete": 1 + self.dice.below(60) });
                (
                    "send_message",
                    self.devices[device].message_with(dm, &text, brief),
                )
            }
            12..15 => (
                "set_message",
                json!({ "id": message, "message": bytes, "signature": signature }),
            ),
            15..17 => (
                "set_message",
                json!({ "id": message, "pinned": self.dice.once_in(2) }),
            ),
            17..20 => (
                "add_reaction",
                json!({ "id": message, "reaction": bytes, "signature": signature }),
            ),
            20..22 => (
                "remove_reaction",
                json!({ "id": 1 + self.dice.below(self.reactions) }),
            ),
            22..24 => ("delete_message", json!({ "id": message })),
            24 => ("set_dm", json!({ "id": dm, "name": text })),
            25 if self.dice.once_in(4) => ("leave_dm", json!({ "id": dm })),
            26 => {
                let third = (other + 2) % self.devices.len();
                let third = if third / 2 == device / 2 {
                    (third + 2) % self.devices.len()
                } else {
                    third
                };
                let all = [&self.devices[other], &self.devices[third]];
                let others = if self.dice.once_in(2) {
                    &all[..1]
                } else {
                    &all[..]
                };
                ("create_dm", self.devices[device].dm_request(others))
            }
            27..29 => ("send_friend_request", json!({ "username": name })),
            29..32 => {
                let accept = !self.dice.once_in(4);
                (
                    "ack_friend_request",
                    json!({ "username": name, "accept": accept }),
                )
            }
            32 if self.dice.once_in(2) => ("unfriend", json!({ "username": name })),
            33 => ("block_user", json!({ "username": "zed" })),
            34 => ("unblock", json!({ "username": "zed" })),
            35 => ("join_call", json!({ "id": dm, "uuid": text })),
            36 => ("leave_call", json!({ "id": dm })),
            37 => ("set_user", json!({ "biography": text })),
            38 => ("ping_typing", json!({ "id": dm })),
            _ => {
                self.server.clock().moves(self.dice.below(10).cast_signed());
                ("get_dms", json!({}))
            }
        };
        if event == "send_message" {
            self.messages += 1;
        }
        self.ask(device, event, request);
        device
    }

    /// Everything that was asked is answered, everything that is due is done, everything that was told has come.
    async fn comes_to_rest(&mut self) {
        for device in 0..self.devices.len() {
            self.answered(device).await;
        }
        self.server.clock().moves(1_000);
        // Due after all the rest.
        let [zoe, max] = self.server.people(["zoe", "max"]).await;
        let dm = zoe.creates_dm(&[&self.devices[0], &max]).await;
        let at = Timestamp::from_micros(self.server.clock().now_us() + 1).unwrap();
        zoe.ok(
            "send_message",
            zoe.message_with(dm, "last", json!({ "schedule_at": at.to_string() })),
        )
        .await;
        self.server.clock().moves_us(1);
        zoe.hears("last").await;
        for device in &self.devices {
            device.settled().await;
        }
    }

    async fn agrees(&self) {
        for (device, asked) in self.devices.iter().zip(&self.asked) {
            let fresh = self.server.device(device).await;
            View::of(device, asked).agrees(&fresh, &device.name).await;
        }
    }

    /// The last profile that each one hears of is the one that there is.
    async fn profiles_agree(&self) {
        for person in self.devices.iter().step_by(2) {
            person
                .ok(
                    "set_user",
                    json!({ "status": format!("last of {}", person.name) }),
                )
                .await;
        }
        for (index, device) in self.devices.iter().enumerate() {
            let mut near: BTreeSet<String> =
                serde_json::from_value(device.ok("get_friends", json!({})).await).unwrap();
            for dm in device.ok("get_dms", json!({})).await.as_array().unwrap() {
                let users = device.ok("get_dm", json!({ "id": dm })).await["users"].clone();
                near.extend(serde_json::from_value::<Vec<String>>(users).unwrap());
            }
            for name in near {
                let of_a_walker = self.devices.iter().any(|device| device.name == name);
                if !of_a_walker || (name == device.name && index % 2 == 0) {
                    continue;
                }
                let status = format!("last of {name}");
                let told =
                    device.notice_where("profile_notification", |user| user["status"] == *status);
                let told = told.await;
                assert_eq!(
                    told,
                    device.ok("get_user", json!({ "username": name })).await,
                    "R-710"
                );
            }
        }
    }
}

async fn walk(seed: u64, steps: usize) {
    let mut walk = Walk::new(seed).await;
    for (asker, asked) in [(0, 2), (2, 4), (4, 6)] {
        let [one, other] = [asker, asked].map(|index| walk.devices[index].name.clone());
        walk.ask(asker, "send_friend_request", json!({ "username": other }));
        walk.answered(asker).await;
        walk.ask(
            asked,
            "ack_friend_request",
            json!({ "username": one, "accept": true }),
        );
        walk.answered(asked).await;
    }
    for step in 0..steps {
        let device = walk.step();
        if step % 7 == 0 || walk.waiting[device].len() > 40 {
            walk.answered(device).await;
        }
    }
    walk.comes_to_rest().await;
    walk.agrees().await;
    walk.profiles_agree().await;
    let done = walk.codes.keys().filter(|key| key.ends_with(" ok")).count();
    assert!(done >= 15, "the walk did too little: {:?}", walk.codes);
}

macro_rules! walks {
    ($($name:ident = $seed:literal;)*) => {$(
        #[tokio::test]
        async fn $name() {
            walk($seed, 600).await;
        }
    )*};
}

walks! {
    r_702_r_703_r_711_r_713_r_714_r_716_walk_1 = 1;
    walk_2 = 2;
    walk_3 = 3;
    walk_4 = 4;
    walk_5 = 5;
    walk_6 = 6;
}
