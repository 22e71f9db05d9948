//! Friends and blocks.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use sotto_tests::{Person, TestServer};

async fn list(person: &Person, event: &str) -> Vec<String> {
    serde_json::from_value(person.ok(event, json!({})).await).unwrap()
}

fn who(name: &str) -> Value {
    json!({ "username": name })
}

fn none() -> Vec<String> {
    Vec::new()
}

/// News without profiles.
async fn news(person: &Person) -> Vec<(String, Value)> {
    person
        .news()
        .await
        .into_iter()
        .filter(|(name, _)| name != "profile_notification")
        .collect()
}

fn one(name: &str, payload: Value) -> Vec<(String, Value)> {
    vec![(name.to_owned(), payload)]
}

fn own_change(scope: &str) -> (String, Value) {
    (
        "own_change_notification".to_owned(),
        json!({ "scope": scope }),
    )
}

#[tokio::test]
async fn r_501_r_503_r_510_asking_and_accepting() {
    let server = TestServer::start().await;
    let [alice, bob] = server.people(["alice", "bob"]).await;
    let [alice2, bob2] = [alice.another_device().await, bob.another_device().await];
    assert_eq!(alice.ok("send_friend_request", who("bob")).await, true);
    for device in [&bob, &bob2] {
        assert_eq!(
            news(device).await,
            one("friend_request_notification", who("alice"))
        );
    }
    assert_eq!(news(&alice).await, []);
    assert_eq!(news(&alice2).await, [own_change("friends")], "R-716");
    assert_eq!(list(&alice2, "get_outgoing_requests").await, ["bob"]);
    assert_eq!(list(&bob, "get_friend_requests").await, ["alice"]);
    let accept = json!({ "username": "alice", "accept": true });
    assert_eq!(bob.ok("ack_friend_request", accept).await, true);
    for device in [&alice, &alice2] {
        let told = json!({ "username": "bob", "accept": true });
        assert_eq!(
            news(device).await,
            one("friend_request_accept_notification", told)
        );
    }
    assert_eq!(news(&bob).await, []);
    assert_eq!(news(&bob2).await, [own_change("friends")], "R-716");
    for (person, friend) in [(&alice, "bob"), (&bob, "alice")] {
        assert_eq!(list(person, "get_friends").await, [friend]);
        assert_eq!(list(person, "get_friend_requests").await, none());
        assert_eq!(list(person, "get_outgoing_requests").await, none());
    }
}

#[tokio::test]
async fn r_503_declining_ends_the_request() {
    let server = TestServer::start().await;
    let [alice, bob] = server.people(["alice", "bob"]).await;
    bob.ok("block_user", who("alice")).await;
    bob.ok("unblock", who("alice")).await;
    alice.ok("send_friend_request", who("bob")).await;
    bob.ok("block_user", who("alice")).await;
    bob.ok(
        "ack_friend_request",
        json!({ "username": "alice", "accept": false }),
    )
    .await;
    let told = alice.notice("friend_request_accept_notification").await;
    assert_eq!(told, json!({ "username": "bob", "accept": false }));
    assert_eq!(
        list(&bob, "get_blocked").await,
        ["alice"],
        "declining changes no block"
    );
    for person in [&alice, &bob] {
        for event in [
            "get_friends",
            "get_friend_requests",
            "get_outgoing_requests",
        ] {
            assert_eq!(list(person, event).await, none());
        }
    }
    assert_eq!(
        bob.code(
            "ack_friend_request",
            json!({ "username": "alice", "accept": true })
        )
        .await,
        "no_request",
        "R-504"
    );
}

#[tokio::test]
async fn r_502_r_504_what_cannot_be_asked_or_answered() {
    let server = TestServer::start().await;
    let [alice, bob, carol] = server.people(["alice", "bob", "carol"]).await;
    let ask =
        async |person: &Person, name: &str| person.ask("send_friend_request", who(name)).await;
    let oneself = ask(&alice, "alice").await;
    assert_eq!(oneself.code(), "cannot_friend");
    assert_eq!(
        ask(&alice, "nobody").await,
        oneself,
        "word for word the same"
    );
    assert_eq!(
        ask(&alice, "BOB").await,
        oneself,
        "R-128: the stored spelling only"
    );
    bob.ok("block_user", who("alice")).await;
    assert_eq!(ask(&alice, "bob").await, oneself, "one code for all");
    assert_eq!(news(&bob).await, []);
    bob.ok("unblock", who("alice")).await;
    assert_eq!(ask(&alice, "bob").await.code(), "ok");
    assert_eq!(ask(&alice, "bob").await.code(), "request_exists");
    assert_eq!(
        ask(&bob, "alice").await.code(),
        "request_exists",
        "in either direction"
    );
    bob.ok("block_user", who("alice")).await;
    assert_eq!(
        ask(&alice, "bob").await.code(),
        "request_exists",
        "before cannot_friend"
    );
    let answer = async |person: &Person, name: &str| {
        person
            .code(
                "ack_friend_request",
                json!({ "username": name, "accept": true }),
            )
            .await
    };
    for name in ["bob", "carol", "nobody", "alice"] {
        assert_eq!(answer(&alice, name).await, "no_request", "R-504: {name}");
    }
    assert_eq!(answer(&bob, "alice").await, "ok");
    assert_eq!(
        list(&bob, "get_blocked").await,
        none(),
        "R-503: accepting lifts the own block"
    );
    assert_eq!(ask(&alice, "bob").await.code(), "already_friends");
    assert_eq!(ask(&bob, "alice").await.code(), "already_friends");
    // Asking lifts the asker's own block.
    let carol2 = carol.another_device().await;
    carol.ok("block_user", who("alice")).await;
    news(&carol2).await;
    carol.ok("send_friend_request", who("alice")).await;
    assert_eq!(list(&carol, "get_blocked").await, none(), "R-501");
    assert_eq!(
        news(&carol2).await,
        [own_change("blocks"), own_change("friends")]
    );
}

#[tokio::test]
async fn r_505_unfriending() {
    let server = TestServer::start().await;
    let [alice, bob, carol] = server.people(["alice", "bob", "carol"]).await;
    alice.befriends(&bob).await;
    let alice2 = alice.another_device().await;
    assert_eq!(alice.code("unfriend", who("carol")).await, "not_friends");
    assert_eq!(alice.code("unfriend", who("alice")).await, "not_friends");
    assert_eq!(alice.code("unfriend", who("nobody")).await, "no_such_user");
    news(&bob).await;
    assert_eq!(bob.ok("unfriend", who("alice")).await, true);
    for device in [&alice, &alice2] {
        assert_eq!(news(device).await, one("unfriend_notification", who("bob")));
    }
    assert_eq!(
        news(&bob).await,
        one("unfriend_notification", who("alice")),
        "both sides"
    );
    assert_eq!(alice.code("unfriend", who("bob")).await, "not_friends");
    assert_eq!(list(&alice, "get_friends").await, none());
    alice.befriends(&bob).await;
    drop(carol);
}

#[tokio::test]
async fn r_506_r_508_r_509_blocking() {
    let server = TestServer::start().await;
    let [alice, bob, carol, dave] = server.people(["alice", "bob", "carol", "dave"]).await;
    let alice2 = alice.another_device().await;
    alice.befriends(&bob).await;
    alice.ok("send_friend_request", who("carol")).await;
    dave.ok("send_friend_request", who("alice")).await;
    for person in [&alice, &alice2, &bob, &carol, &dave] {
        person.news().await;
    }
    for name in ["bob", "carol", "dave"] {
        assert_eq!(alice.ok("block_user", who(name)).await, true);
    }
    for name in ["bob", "carol"] {
        assert_eq!(
            alice.ok("block_user", who(name)).await,
            true,
            "R-509: twice"
        );
    }
    for person in [&alice, &bob, &carol, &dave] {
        assert_eq!(
            news(person).await,
            [],
            "R-506: nobody is told, {} neither",
            person.name
        );
    }
    let scopes: Vec<_> = news(&alice2)
        .await
        .into_iter()
        .map(|(_, own)| own["scope"].clone())
        .collect();
    assert_eq!(
        scopes,
        ["blocks", "friends", "blocks", "friends", "blocks"],
        "R-716: but own devices"
    );
    assert_eq!(list(&alice, "get_blocked").await, ["bob", "carol", "dave"]);
    assert_eq!(list(&alice, "get_friends").await, none());
    assert_eq!(list(&bob, "get_friends").await, none());
    assert_eq!(
        list(&alice, "get_outgoing_requests").await,
        none(),
        "retracted"
    );
    assert_eq!(list(&carol, "get_friend_requests").await, none());
    assert_eq!(list(&alice, "get_friend_requests").await, ["dave"], "kept");
    assert_eq!(list(&dave, "get_outgoing_requests").await, ["alice"]);
    alice
        .ok(
            "ack_friend_request",
            json!({ "username": "dave", "accept": true }),
        )
        .await;
    assert_eq!(list(&alice, "get_blocked").await, ["bob", "carol"]);
    assert_eq!(list(&alice, "get_friends").await, ["dave"]);
    for (event, name) in [
        ("unblock", "bob"),
        ("unblock_user", "carol"),
        ("unblock_user", "carol"),
    ] {
        assert_eq!(alice.ok(event, who(name)).await, true, "R-508, R-509");
    }
    assert_eq!(list(&alice, "get_blocked").await, none());
    assert_eq!(
        list(&alice, "get_friends").await,
        ["dave"],
        "unblocking makes no friends"
    );
    for event in ["block_user", "unblock", "unblock_user"] {
        assert_eq!(
            alice.code(event, who("alice")).await,
            "invalid_request",
            "R-509: {event}"
        );
        assert_eq!(
            alice.code(event, who("nobody")).await,
            "no_such_user",
            "R-128: {event}"
        );
    }
}

#[tokio::test]
async fn r_507_blocks_do_not_touch_groups() {
    let server = TestServer::start().await;
    let ([alice, bob, carol], dm) = server.trio().await;
    alice.ok("block_user", who("bob")).await;
    bob.sends(dm, "hello all").await;
    alice.hears("hello all").await;
    carol.hears("hello all").await;
    alice.sends(dm, "hello").await;
    bob.hears("hello").await;
    // But a new one cannot be made with the blocker, whoever else is in it.
    assert_eq!(
        bob.code("create_dm", bob.dm_request(&[&alice, &carol]))
            .await,
        "cannot_invite"
    );
    assert_eq!(
        alice
            .code("create_dm", alice.dm_request(&[&bob, &carol]))
            .await,
        "ok"
    );
}

#[tokio::test]
async fn r_507_two_who_block_each_other() {
    let server = TestServer::start().await;
    let [alice, bob] = server.people(["alice", "bob"]).await;
    for (one, other) in [(&alice, "bob"), (&bob, "alice")] {
        one.ok("block_user", who(other)).await;
    }
    for (one, other) in [(&alice, "bob"), (&bob, "alice")] {
        assert_eq!(
            one.code("send_friend_request", who(other)).await,
            "cannot_friend"
        );
        assert_eq!(one.ok("get_user", who(other)).await["status"], "offline");
    }
    assert_eq!(
        list(&alice, "get_blocked").await,
        ["bob"],
        "R-120: the refused request lifted nothing"
    );
}

#[tokio::test]
async fn r_510_lists_by_folded_name() {
    let server = TestServer::start().await;
    let hub = server.person("hub").await;
    let mut people = Vec::new();
    for name in ["Zoë", "anna", "Bob", "ﬁnn", "Fiona", "Ωmega", "42"] {
        people.push(server.person(name).await);
    }
    let sorted = ["42", "anna", "Bob", "ﬁnn", "Fiona", "Zoë", "Ωmega"];
    for person in &people {
        person.ok("send_friend_request", who("hub")).await;
    }
    assert_eq!(list(&hub, "get_friend_requests").await, sorted);
    for person in &people {
        hub.ok(
            "ack_friend_request",
            json!({ "username": person.name, "accept": true }),
        )
        .await;
    }
    assert_eq!(list(&hub, "get_friends").await, sorted);
    for person in &people {
        hub.ok("unfriend", who(&person.name)).await;
        hub.ok("send_friend_request", who(&person.name)).await;
    }
    assert_eq!(list(&hub, "get_outgoing_requests").await, sorted);
    for person in &people {
        hub.ok("block_user", who(&person.name)).await;
    }
    assert_eq!(list(&hub, "get_blocked").await, sorted);
}

#[tokio::test]
async fn r_511_the_end_of_a_friendship_ends_the_call_of_two() {
    for event in ["unfriend", "block_user"] {
        let mut server = TestServer::start().await;
        let (alice, bob, dm) = server.pair().await;
        let carol = server.person("carol").await;
        let group = alice.creates_dm(&[&bob, &carol]).await;
        for person in [&alice, &bob] {
            for id in [dm, group] {
                person
                    .ok("join_call", json!({ "id": id, "uuid": "u" }))
                    .await;
            }
        }
        for person in [&alice, &bob] {
            person.news().await;
        }
        alice.ok(event, who("bob")).await;
        for person in [&alice, &bob] {
            let mut told = news(person).await;
            told.retain(|(name, _)| name != "unfriend_notification");
            let names: Vec<_> = told.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(
                names,
                ["user_left_call", "user_left_call", "dm_notification"],
                "{event}"
            );
            assert_eq!(
                (&told[2].1["id"], &told[2].1["users_in_call"]),
                (&json!(dm), &json!([]))
            );
            let group = person.ok("get_dm", json!({ "id": group })).await;
            assert_eq!(
                group["users_in_call"],
                json!(["alice", "bob"]),
                "only that of the two"
            );
        }
        server.end().await;
    }
}
