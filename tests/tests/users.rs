//! Users, profiles, presence and the directory.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use sotto_server::config::Directory;
use sotto_tests::keys::{Keys, new_spk};
use sotto_tests::person::registration;
use sotto_tests::{Person, Raw, TestServer};

async fn user(raw: &Raw, name: &str) -> Value {
    raw.ok("get_user", json!({ "username": name })).await
}

async fn status(raw: &Raw, name: &str) -> String {
    user(raw, name).await["status"].as_str().unwrap().to_owned()
}

fn names(users: &Value) -> Vec<&str> {
    users
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["username"].as_str().unwrap())
        .collect()
}

/// Waits for the profile of someone in this state.
async fn profile(raw: &Raw, name: &str, status: &str) -> Value {
    raw.notice_where("profile_notification", |user| {
        user["username"] == name && user["status"] == status
    })
    .await
}

#[tokio::test]
async fn r_210_r_212_what_users_are() {
    let server = TestServer::start().await;
    let [alice, bob] = server.people(["alice", "bob"]).await;
    let seen = user(&bob, "alice").await;
    let expected = json!({
        "username": "alice",
        "public_key": alice.keys.public_key(),
        "spk": alice.keys.spk(),
        "sig": alice.keys.sig(),
        "status": "online",
        "biography": "",
        "profile_picture": "",
    });
    assert_eq!(seen, expected, "R-210, R-211");
    let mut own = expected;
    own["own_storage"] = json!("");
    own["own_storage_version"] = json!(0);
    own["invites"] = json!("anyone");
    assert_eq!(
        alice.ok("get_full_user", json!({})).await,
        own,
        "R-212, R-215, R-216"
    );
}

#[tokio::test]
async fn r_213_set_user_changes_what_is_given() {
    let server = TestServer::start().await;
    let [alice, bob] = server.people(["alice", "bob"]).await;
    let before = user(&bob, "alice").await;
    let change = json!({
        "status": "in the sea",
        "biography": "z\u{1f600}".repeat(250),
        "profile_picture": "data:,",
        "username": "mallory",
        "public_key": "00",
        "colour": 7,
    });
    assert_eq!(alice.ok("set_user", change.clone()).await, true);
    let mut expected = before.clone();
    for key in ["status", "biography", "profile_picture"] {
        expected[key] = change[key].clone();
    }
    assert_eq!(user(&bob, "alice").await, expected);
    alice
        .ok("set_user", json!({ "biography": "", "status": null }))
        .await;
    expected["biography"] = json!("");
    assert_eq!(
        user(&bob, "alice").await,
        expected,
        "R-107: null is nothing"
    );
    let spk = new_spk();
    let sig = alice.keys.sign(&spk);
    alice
        .ok(
            "set_user",
            json!({ "spk": hex::encode_upper(&spk), "sig": sig.to_uppercase() }),
        )
        .await;
    expected["spk"] = json!(hex::encode(&spk));
    expected["sig"] = json!(sig);
    assert_eq!(user(&bob, "alice").await, expected, "R-111: lower case");
}

#[tokio::test]
async fn r_213_r_214_nothing_to_set_is_no_news() {
    let server = TestServer::start().await;
    let (alice, bob, _) = server.pair().await;
    let phone = alice.another_device().await;
    alice.ok("set_user", json!({ "status": "before" })).await;
    profile(&bob, "alice", "before").await;
    profile(&phone, "alice", "before").await;
    for nothing in [
        json!({}),
        json!({ "sig": alice.keys.sig() }),
        json!({ "own_storage_version": 99 }),
    ] {
        assert_eq!(alice.ok("set_user", nothing).await, true);
    }
    alice.ok("set_user", json!({ "status": "after" })).await;
    // The next notice of all is the one about the next change.
    assert_eq!(bob.notice("profile_notification").await["status"], "after");
    assert_eq!(
        phone.notice("profile_notification").await["status"],
        "after"
    );
}

#[tokio::test]
async fn r_211_others_see_offline_while_no_device_is_connected() {
    let server = TestServer::start().await;
    let (alice, bob, _) = server.pair().await;
    bob.news().await;
    let phone = alice.another_device().await;
    alice.ok("set_user", json!({ "status": "busy" })).await;
    profile(&bob, "alice", "busy").await;
    assert_eq!(status(&bob, "alice").await, "busy");
    phone.hangs_up();
    let keys = std::sync::Arc::clone(&alice.keys);
    alice.hangs_up();
    profile(&bob, "alice", "offline").await;
    assert_eq!(status(&bob, "alice").await, "offline");
    let again = Person::log_in(&server.origin(), "alice", keys).await;
    profile(&bob, "alice", "busy").await;
    assert_eq!(
        status(&bob, "alice").await,
        "busy",
        "the stored one returns"
    );
    // What is set while nobody looks is told in full at the next login.
    again.ok("set_user", json!({ "status": "offline" })).await;
    profile(&bob, "alice", "offline").await;
}

#[tokio::test]
async fn r_710_presence_is_of_the_first_and_the_last_device() {
    let server = TestServer::start().await;
    let (alice, bob, _) = server.pair().await;
    bob.news().await;
    let mut devices = Vec::new();
    for _ in 0..3 {
        devices.push(alice.another_device().await);
    }
    devices.truncate(1);
    // Two of four are gone: no news. A change says that everything before it has been told.
    alice.ok("set_user", json!({ "status": "marker" })).await;
    assert_eq!(bob.notice("profile_notification").await["status"], "marker");
    drop(devices);
    alice.hangs_up();
    assert_eq!(
        bob.notice("profile_notification").await["status"],
        "offline"
    );
}

#[tokio::test]
async fn r_710_profiles_go_to_friends_fellow_members_and_own_devices() {
    let server = TestServer::start().await;
    let [alice, friend, fellow, other, stranger, blocked] = server
        .people(["alice", "friend", "fellow", "other", "stranger", "blocked"])
        .await;
    alice.befriends(&friend).await;
    alice.creates_dm(&[&fellow, &other]).await;
    alice.creates_dm(&[&blocked, &other]).await;
    alice
        .ok("block_user", json!({ "username": "blocked" }))
        .await;
    // Someone who asks is no friend yet.
    stranger
        .ok("send_friend_request", json!({ "username": "alice" }))
        .await;
    let phone = alice.another_device().await;
    for person in [
        &alice, &friend, &fellow, &other, &stranger, &blocked, &phone,
    ] {
        person.news().await;
    }
    alice.ok("set_user", json!({ "status": "here" })).await;
    for person in [&friend, &fellow, &other, &phone] {
        let told = profile(person, "alice", "here").await;
        assert_eq!(
            told,
            user(person, "alice").await,
            "R-710: as R-210 gives it"
        );
    }
    for person in [&alice, &stranger, &blocked] {
        let about = |(name, user): &(String, Value)| {
            name == "profile_notification" && user["username"] == "alice"
        };
        let news = person.news().await;
        assert!(
            !news.iter().any(about),
            "{} heard of it: {news:?}",
            person.name
        );
    }
    assert_eq!(status(&stranger, "alice").await, "here");
}

#[tokio::test]
async fn r_506_r_507_the_blocked_one_sees_offline_and_hears_nothing() {
    let server = TestServer::start().await;
    let ([alice, bob, carol], dm) = server.trio().await;
    assert_eq!(status(&bob, "alice").await, "online");
    alice.ok("block_user", json!({ "username": "bob" })).await;
    assert_eq!(status(&bob, "alice").await, "offline");
    let seen = bob.ok("get_user_list", json!({ "prefix": "alice" })).await;
    assert_eq!(seen[0]["status"], "offline");
    assert_eq!(status(&carol, "alice").await, "online");
    assert_eq!(
        status(&alice, "bob").await,
        "online",
        "the blocker still sees"
    );
    bob.news().await;
    alice.ok("set_user", json!({ "status": "busy" })).await;
    profile(&carol, "alice", "busy").await;
    assert!(
        bob.news()
            .await
            .iter()
            .all(|(_, user)| user["username"] != "alice")
    );
    bob.sends(dm, "still here").await;
    alice.hears("still here").await;
    for unblock in ["unblock", "unblock"] {
        assert_eq!(
            alice.ok(unblock, json!({ "username": "bob" })).await,
            true,
            "R-509"
        );
    }
    assert_eq!(status(&bob, "alice").await, "busy");
}

#[tokio::test]
async fn r_715_the_first_at_once_then_at_most_one_a_second_the_last_state_wins() {
    let server = TestServer::start().await;
    let (alice, bob, _) = server.pair().await;
    // Whatever is left of logging in.
    alice.ok("set_user", json!({ "status": "quiet" })).await;
    profile(&bob, "alice", "quiet").await;
    let began = tokio::time::Instant::now();
    for n in 0..50 {
        alice
            .ok("set_user", json!({ "status": format!("state {n}") }))
            .await;
    }
    profile(&bob, "alice", "state 49").await;
    let seconds = began.elapsed().as_secs();
    let heard = bob
        .history()
        .iter()
        .filter(|came| format!("{came:?}").contains("state "))
        .count();
    assert!(
        heard as u64 <= seconds + 1,
        "{heard} notices in {seconds} s"
    );
    assert_eq!(status(&bob, "alice").await, "state 49");
}

#[tokio::test]
async fn r_216_r_717_own_storage_is_compared_and_set() {
    let server = TestServer::start().await;
    let (alice, bob, _) = server.pair().await;
    let phone = alice.another_device().await;
    let set = |text: &str, version: Option<u64>| {
        let mut change = json!({ "own_storage": text });
        if let Some(version) = version {
            change["own_storage_version"] = json!(version);
        }
        change
    };
    bob.news().await;
    alice.ok("set_user", set("first", Some(0))).await;
    let told = phone.notice("profile_notification").await;
    assert!(
        told.get("own_storage").is_none() && told["username"] == "alice",
        "R-717: {told}"
    );
    let refused = phone.code(
        "set_user",
        json!({
            "own_storage": "second", "own_storage_version": 0, "status": "never",
        }),
    );
    assert_eq!(refused.await, "conflict");
    let full = phone.ok("get_full_user", json!({})).await;
    assert_eq!(
        (
            &full["own_storage"],
            &full["own_storage_version"],
            &full["status"]
        ),
        (&json!("first"), &json!(1), &json!("online")),
        "nothing of the request is stored"
    );
    for (version, code) in [
        (Some(2), "conflict"),
        (Some(1), "ok"),
        (None, "ok"),
        (Some(3), "ok"),
    ] {
        assert_eq!(
            phone.code("set_user", set("x", version)).await,
            code,
            "{version:?}"
        );
    }
    // An equal text is a change, too.
    assert_eq!(
        alice.ok("get_full_user", json!({})).await["own_storage_version"],
        4
    );
    alice
        .ok("set_user", set(&"x".repeat(1_048_576), None))
        .await;
    assert!(bob.headlines().await.is_empty());
    let told = |(name, about): &(String, Value)| {
        name == "profile_notification" && about["username"] == "alice"
    };
    assert!(
        !bob.news().await.iter().any(told),
        "R-717: own devices only"
    );
}

#[tokio::test]
async fn r_216_of_two_devices_at_once_one_wins() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let phone = alice.another_device().await;
    for version in 0..20 {
        let change = |text: &str| json!({ "own_storage": text, "own_storage_version": version });
        let ids = [
            alice.emit("set_user", &change("a")),
            phone.emit("set_user", &change("b")),
        ];
        let mut codes = [
            alice.ack(ids[0]).await.code().to_owned(),
            phone.ack(ids[1]).await.code().to_owned(),
        ];
        codes.sort();
        assert_eq!(codes, ["conflict", "ok"]);
    }
}

#[tokio::test]
async fn r_215_invites() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let phone = alice.another_device().await;
    alice.ok("set_user", json!({ "invites": "friends" })).await;
    assert_eq!(
        phone.ok("get_full_user", json!({})).await["invites"],
        "friends"
    );
    alice.ok("set_user", json!({ "invites": "anyone" })).await;
    assert_eq!(
        phone.ok("get_full_user", json!({})).await["invites"],
        "anyone"
    );
}

async fn registers(raw: &Raw, names: &[&str]) {
    let keys = Keys::fresh();
    for name in names {
        raw.ok("register", registration(name, &keys)).await;
    }
}

#[tokio::test]
async fn r_217_the_directory_in_the_order_of_folded_names() {
    let server = TestServer::start().await;
    let guest = server.guest().await;
    registers(
        &guest,
        &[
            "Zoë", "anna", "Bob", "ﬁnn", "Fiona", "bert", "Ωmega", "42", "straße",
        ],
    )
    .await;
    let alice = server.person("Alice").await;
    let all = alice.ok("get_user_list", json!({})).await;
    let sorted = [
        "42", "Alice", "anna", "bert", "Bob", "ﬁnn", "Fiona", "straße", "Zoë", "Ωmega",
    ];
    assert_eq!(names(&all), sorted, "by folded name, in code-point order");
    assert!(all[0].get("own_storage").is_none());
    assert_eq!(all[0]["status"], "offline");
    for (request, expected) in [
        (json!({ "prefix": "FI" }), vec!["ﬁnn", "Fiona"]),
        (json!({ "prefix": "STRASS" }), vec!["straße"]),
        (json!({ "prefix": "", "limit": 2 }), vec!["42", "Alice"]),
        (json!({ "after": "BERT" }), sorted[4..].to_vec()),
        (json!({ "after": "bert", "prefix": "b" }), vec!["Bob"]),
        (json!({ "after": "bes", "limit": 1 }), vec!["Bob"]),
        (json!({ "prefix": "x" }), vec![]),
        (json!({ "prefix": "%" }), vec![]),
        (json!({ "prefix": "_" }), vec![]),
        (json!({ "after": "ω" }), vec!["Ωmega"]),
        (json!({ "limit": 5_000 }), sorted.to_vec()),
    ] {
        let page = alice.ok("get_user_list", request.clone()).await;
        assert_eq!(names(&page), expected, "{request}");
    }
}

#[tokio::test]
async fn r_217_pages_cover_everybody_once() {
    let server = TestServer::start().await;
    let guest = server.guest().await;
    let everybody: Vec<_> = (0..137).map(|n| format!("user{n:03}")).collect();
    registers(
        &guest,
        &everybody.iter().map(String::as_str).collect::<Vec<_>>(),
    )
    .await;
    let reader = server.person("a").await;
    for limit in [1, 7, 50, 51, 136, 137] {
        let (mut seen, mut after) = (Vec::new(), String::from("a"));
        loop {
            let page = reader
                .ok("get_user_list", json!({ "after": after, "limit": limit }))
                .await;
            let page: Vec<_> = names(&page).into_iter().map(str::to_owned).collect();
            assert!(page.len() <= limit);
            let Some(last) = page.last() else { break };
            after.clone_from(last);
            seen.extend(page);
        }
        assert_eq!(seen, everybody, "limit {limit}");
    }
}

#[tokio::test]
async fn r_218_a_page_of_users_ends_at_a_mebibyte() {
    let server = TestServer::start().await;
    let mut people = Vec::new();
    for n in 0..6 {
        let person = server.person(&format!("user{n}")).await;
        person
            .ok(
                "set_user",
                json!({ "profile_picture": "x".repeat(262_144) }),
            )
            .await;
        people.push(person);
    }
    let reader = &people[0];
    let page = reader.ok("get_user_list", json!({})).await;
    assert_eq!(
        names(&page).len(),
        3,
        "three pictures of 256 KiB and what is around them"
    );
    assert!(page.to_string().len() <= 1_048_576);
    let rest = reader
        .ok("get_user_list", json!({ "after": "user2" }))
        .await;
    assert_eq!(names(&rest), ["user3", "user4", "user5"]);
}

#[tokio::test]
async fn r_218_one_larger_user_comes_alone() {
    let server = TestServer::with(|config| config.limits.max_page = 2_048).await;
    let [alice, bob] = server.people(["alice", "bob"]).await;
    alice
        .ok("set_user", json!({ "profile_picture": "x".repeat(4_096) }))
        .await;
    assert_eq!(names(&bob.ok("get_user_list", json!({})).await), ["alice"]);
    assert_eq!(
        names(&bob.ok("get_user_list", json!({ "after": "alice" })).await),
        ["bob"]
    );
}

#[tokio::test]
async fn r_219_a_directory_of_contacts() {
    let server = TestServer::with(|config| config.directory = Directory::Contacts).await;
    let [alice, friend, _asked, asking, fellow, other, stranger] = server
        .people([
            "alice", "friend", "asked", "asking", "fellow", "other", "stranger",
        ])
        .await;
    assert_eq!(
        names(&stranger.ok("get_user_list", json!({})).await),
        ["stranger"],
        "nobody but oneself"
    );
    alice.befriends(&friend).await;
    alice
        .ok("send_friend_request", json!({ "username": "asked" }))
        .await;
    asking
        .ok("send_friend_request", json!({ "username": "alice" }))
        .await;
    alice.creates_dm(&[&fellow, &other]).await;
    let list = alice.ok("get_user_list", json!({})).await;
    assert_eq!(
        names(&list),
        ["alice", "asked", "asking", "fellow", "friend", "other"]
    );
    assert!(
        list.as_array()
            .unwrap()
            .iter()
            .all(|user| user["status"] == "online")
    );
    assert_eq!(
        names(&alice.ok("get_user_list", json!({ "prefix": "str" })).await),
        Vec::<&str>::new()
    );
    for (who, seen) in [
        ("stranger", "offline"),
        ("friend", "online"),
        ("asked", "online"),
    ] {
        assert_eq!(status(&alice, who).await, seen, "{who}");
    }
    assert_eq!(status(&stranger, "alice").await, "offline");
    // Anyone can still be addressed by name.
    assert_eq!(
        stranger
            .ok("username_exists", json!({ "username": "alice" }))
            .await,
        true
    );
    stranger
        .ok("send_friend_request", json!({ "username": "alice" }))
        .await;
    assert_eq!(status(&stranger, "alice").await, "online");
}

#[tokio::test]
async fn r_131_r_132_bytes_and_code_points() {
    let server = TestServer::start().await;
    let guest = server.guest().await;
    for (name, code) in [("ä".repeat(32), "ok"), ("ä".repeat(33), "invalid_username")] {
        let request = registration(&name, &Keys::fresh());
        assert_eq!(
            guest.code("register", request).await,
            code,
            "64 bytes of UTF-8"
        );
    }
    let alice = server.person("alice").await;
    for (key, letter, count, code) in [
        ("status", "𝄞", 64, "ok"),
        ("status", "x", 65, "too_large"),
        ("biography", "𝄞", 500, "ok"),
        ("biography", "x", 501, "too_large"),
        ("profile_picture", "ä", 131_072, "ok"),
        ("profile_picture", "ä", 131_073, "too_large"),
        ("own_storage", "ä", 524_288, "ok"),
        ("own_storage", "ä", 524_289, "too_large"),
    ] {
        let change = json!({ key: letter.repeat(count) });
        assert_eq!(
            alice.code("set_user", change).await,
            code,
            "{count} {letter} of {key}"
        );
    }
}
