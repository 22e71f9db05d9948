//! DMs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod invitations;

use serde_json::{Value, json};
use sotto_tests::keys::{Keys, any_key, new_spk};
use sotto_tests::person::{answer_challenge, registration};
use sotto_tests::{Came, Person, TestServer};

/// The names of the notices that came last, in order.
fn notices(person: &Person) -> Vec<String> {
    let name = |came| match came {
        Came::Notice(name, ..) if name != "profile_notification" => Some(name),
        _ => None,
    };
    person.history().into_iter().filter_map(name).collect()
}

async fn details(person: &Person, dm: u64) -> Value {
    person.ok("get_dm", json!({ "id": dm })).await
}

#[tokio::test]
async fn r_301_r_305_r_313_a_dm_of_two() {
    let server = TestServer::start().await;
    let [alice, bob] = server.people(["alice", "bob"]).await;
    alice.befriends(&bob).await;
    let phone = alice.another_device().await;
    let before = (notices(&alice).len(), notices(&bob).len());
    let request = alice.dm_request(&[&bob]);
    let dm = alice
        .ok("create_dm", request.clone())
        .await
        .as_u64()
        .unwrap();
    let invitation = bob.notice("x3dh_notification").await;
    let expected = json!({
        "sender": "alice",
        "ik": alice.keys.public_key(),
        "spk": bob.keys.spk(),
        "ek": request["messages"][0]["ek"],
        "key_tree": request["key_tree"],
        "position": 1,
        "id": dm,
    });
    assert_eq!(invitation, expected, "R-304");
    let created = bob.notice("dm_notification").await;
    assert_eq!(phone.notice("dm_notification").await, created, "R-702");
    assert_eq!(alice.notice("dm_notification").await, created);
    assert_eq!(notices(&alice)[before.0..], ["dm_notification"]);
    assert_eq!(
        notices(&bob)[before.1..],
        ["x3dh_notification", "dm_notification"],
        "R-313"
    );
    assert_eq!(created["users"], json!(["alice", "bob"]));
    assert_eq!(
        (&created["name"], &created["users_in_call"]),
        (&Value::Null, &json!([]))
    );
    let mut full = created;
    for (key, value) in [
        ("latest_message", Value::Null),
        ("scheduled_messages", json!({})),
        ("info", Value::Null),
        ("x3dh", Value::Null),
    ] {
        full[key] = value;
    }
    assert_eq!(
        details(&alice, dm).await,
        full,
        "R-305: the creator has no invitation"
    );
    full["x3dh"] = expected;
    assert_eq!(details(&bob, dm).await, full, "R-305");
}

#[tokio::test]
async fn r_302_r_303_r_315_positions_and_keys_of_a_group() {
    let server = TestServer::start().await;
    let people = server
        .people(["alice", "zoe", "bob", "carol", "dave"])
        .await;
    let others: Vec<_> = people[1..].iter().collect();
    let request = people[0].dm_request(&others);
    assert_eq!(
        request["key_tree"].as_array().unwrap().len(),
        14,
        "p = 8 for five"
    );
    let dm = people[0].ok("create_dm", request.clone()).await;
    for (index, person) in others.iter().enumerate() {
        let invitation = person.notice("x3dh_notification").await;
        assert_eq!(invitation["position"], index + 1);
        assert_eq!(invitation["ek"], request["messages"][index]["ek"]);
        assert_eq!(invitation["spk"], person.keys.spk());
        assert_eq!(invitation["key_tree"], request["key_tree"]);
        assert_eq!(invitation["id"], dm);
    }
    let users = details(&people[3], dm.as_u64().unwrap()).await["users"].clone();
    assert_eq!(
        users,
        json!(["alice", "zoe", "bob", "carol", "dave"]),
        "in key-tree order"
    );
    people[2].ok("leave_dm", json!({ "id": dm })).await;
    let users = details(&people[3], dm.as_u64().unwrap()).await["users"].clone();
    assert_eq!(users, json!(["alice", "zoe", "carol", "dave"]), "R-315");
}

#[tokio::test]
async fn r_141_a_dm_of_256() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let guest = server.guest().await;
    let keys = Keys::fresh();
    let names: Vec<_> = (1..256).map(|n| format!("member{n:03}")).collect();
    for name in &names {
        guest.ok("register", registration(name, &keys)).await;
    }
    let message = || json!({ "ek": any_key(), "spk": keys.spk() });
    let messages: Vec<_> = names.iter().map(|_| message()).collect();
    let tree: Vec<_> = (0..510).map(|_| any_key()).collect();
    let request = json!({ "usernames": names, "messages": messages, "key_tree": tree });
    let dm = alice.ok("create_dm", request).await;
    answer_challenge(&guest, &server.origin(), "member255", &keys).await;
    let invitation = guest.notice("x3dh_notification").await;
    assert_eq!(
        (&invitation["position"], &invitation["id"]),
        (&json!(255), &dm)
    );
    alice.sends(dm.as_u64().unwrap(), "hello, everybody").await;
    let message = guest.notice("message_notification").await;
    assert_eq!(message["sender"], "alice");
}

#[tokio::test]
async fn r_306_any_member_names_a_dm() {
    let server = TestServer::start().await;
    let ([alice, bob, carol], dm) = server.trio().await;
    let name = "ä".repeat(2_048);
    assert_eq!(
        bob.ok("set_dm", json!({ "id": dm, "name": name, "users": [] }))
            .await,
        true
    );
    for person in [&alice, &bob, &carol] {
        assert_eq!(
            person.notice("dm_notification").await["name"],
            name,
            "R-711"
        );
    }
    assert_eq!(
        carol.code("set_dm", json!({ "id": dm })).await,
        "invalid_request"
    );
    assert_eq!(details(&carol, dm).await["name"], name);
    carol.ok("set_dm", json!({ "id": dm, "name": "" })).await;
    assert_eq!(alice.notice("dm_notification").await["name"], "");
    carol.ok("set_dm", json!({ "id": dm, "name": null })).await;
    assert_eq!(alice.notice("dm_notification").await["name"], Value::Null);
}

#[tokio::test]
async fn r_314_dms_ascend() {
    let server = TestServer::start().await;
    let [alice, bob, carol] = server.people(["alice", "bob", "carol"]).await;
    let mut dms = Vec::new();
    for n in 0..6 {
        let creator = [&alice, &bob, &carol][n % 3];
        let others: Vec<_> = [&alice, &bob, &carol]
            .into_iter()
            .filter(|p| p.name != creator.name)
            .collect();
        dms.push(creator.creates_dm(&others).await);
    }
    assert!(dms.is_sorted());
    assert_eq!(bob.ok("get_dms", json!({})).await, json!(dms));
    let left = dms.remove(2);
    bob.ok("leave_dm", json!({ "id": left })).await;
    assert_eq!(bob.ok("get_dms", json!({})).await, json!(dms));
    assert_eq!(
        bob.code("get_dm", json!({ "id": left })).await,
        "no_access",
        "R-127"
    );
}

#[tokio::test]
async fn r_316_leaving() {
    let server = TestServer::start().await;
    let ([alice, bob, carol], dm) = server.trio().await;
    let phone = bob.another_device().await;
    let later = bob.message_with(dm, "later", json!({ "schedule": 10 }));
    bob.ok("send_message", later).await;
    for person in [&alice, &bob] {
        person
            .ok("join_call", json!({ "id": dm, "uuid": "u" }))
            .await;
    }
    for person in [&alice, &bob, &carol, &phone] {
        person.news().await;
    }
    assert_eq!(bob.ok("leave_dm", json!({ "id": dm })).await, true);
    for person in [&alice, &carol] {
        let news = person.news().await;
        let names: Vec<_> = news.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["user_left_call", "dm_notification"],
            "in this order"
        );
        assert_eq!(news[0].1, json!({ "id": dm, "username": "bob" }));
        assert_eq!(news[1].1["users"], json!(["alice", "carol"]));
        assert_eq!(news[1].1["users_in_call"], json!(["alice"]));
    }
    assert_eq!(bob.headlines().await, Vec::<String>::new());
    let own = phone.notice("own_change_notification").await;
    assert_eq!(own, json!({ "scope": "dms", "id": dm }), "R-716");
    server.clock().moves(11);
    alice.sends(dm, "marker").await;
    let history = alice.ok("get_message_history", json!({ "id": dm })).await;
    assert_eq!(
        Person::texts(&history),
        ["marker"],
        "scheduled messages are cancelled"
    );
    assert_eq!(
        bob.headlines().await,
        Vec::<String>::new(),
        "R-702: no member any more"
    );
}

#[tokio::test]
async fn r_317_with_the_last_member_all_goes() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let message = alice.sends(dm, "hi").await;
    let reaction = alice.reacts(&message, "+1").await;
    alice.ok("leave_dm", json!({ "id": dm })).await;
    assert_eq!(details(&bob, dm).await["users"], json!(["bob"]));
    assert_eq!(
        bob.ok("get_message", json!({ "id": message["id"] })).await["sender"],
        "alice"
    );
    bob.ok("leave_dm", json!({ "id": dm })).await;
    let phone = server.device(&bob).await;
    assert_eq!(
        phone.headlines().await,
        Vec::<String>::new(),
        "no invitation is left"
    );
    for (event, request) in [
        ("get_dm", json!({ "id": dm })),
        ("get_message", json!({ "id": message["id"] })),
        ("remove_reaction", json!({ "id": reaction })),
    ] {
        assert_eq!(bob.code(event, request).await, "no_access", "{event}");
    }
    // Its id is not given out again.
    let next = alice.creates_dm(&[&bob]).await;
    assert!(next > dm);
}

#[tokio::test]
async fn r_318_r_319_a_dm_of_two_that_are_no_friends() {
    let server = TestServer::start().await;
    let (alice, bob, dm) = server.pair().await;
    let message = alice.sends(dm, "hi").await;
    let reaction = alice.reacts(&message, "+1").await;
    alice
        .ok(
            "send_message",
            alice.message_with(dm, "later", json!({ "schedule": 600 })),
        )
        .await;
    bob.ok("unfriend", json!({ "username": "alice" })).await;
    let (bytes, signature) = alice.seals("x");
    let writes = [
        ("send_message", alice.message(dm, "x")),
        (
            "set_message",
            json!({ "id": message["id"], "pinned": true }),
        ),
        (
            "set_message",
            json!({ "id": message["id"], "message": bytes, "signature": signature }),
        ),
        (
            "add_reaction",
            json!({ "id": message["id"], "reaction": bytes, "signature": signature }),
        ),
        ("set_dm", json!({ "id": dm, "name": "x" })),
        ("join_call", json!({ "id": dm, "uuid": "u" })),
        ("ping_typing", json!({ "id": dm })),
    ];
    for (event, request) in &writes {
        assert_eq!(
            alice.code(event, request.clone()).await,
            "not_friends",
            "{event}"
        );
    }
    for (event, request) in [
        ("get_dm", json!({ "id": dm })),
        ("get_message", json!({ "id": message["id"] })),
        ("get_message_history", json!({ "id": dm })),
        ("get_pinned", json!({ "id": dm })),
        ("get_message_changes", json!({ "id": dm })),
        ("remove_reaction", json!({ "id": reaction })),
        ("delete_message", json!({ "id": message["id"] })),
    ] {
        assert_eq!(alice.code(event, request).await, "ok", "{event}");
    }
    let scheduled = details(&alice, dm).await["scheduled_messages"].clone();
    let id: u64 = scheduled
        .as_object()
        .unwrap()
        .keys()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let cancel = json!({ "dm_id": dm, "schedule_id": id });
    assert_eq!(alice.code("cancel_scheduled_message", cancel).await, "ok");
    // One of the two leaves: still the same kind of DM.
    bob.ok("leave_dm", json!({ "id": dm })).await;
    assert_eq!(
        alice.code("send_message", alice.message(dm, "alone")).await,
        "not_friends",
        "R-319"
    );
    alice.befriends(&bob).await;
    assert_eq!(
        alice.code("send_message", alice.message(dm, "alone")).await,
        "ok",
        "R-319"
    );
    assert_eq!(alice.code("leave_dm", json!({ "id": dm })).await, "ok");
}

#[tokio::test]
async fn r_318_a_group_of_two_that_is_left_over_stays_a_group() {
    let server = TestServer::start().await;
    let ([alice, bob, carol], dm) = server.trio().await;
    carol.ok("leave_dm", json!({ "id": dm })).await;
    alice.sends(dm, "no friends, no matter").await;
    bob.hears("no friends, no matter").await;
    // And it is no DM of two for R-309.
    alice.befriends(&bob).await;
    assert_eq!(
        alice.code("create_dm", alice.dm_request(&[&bob])).await,
        "ok"
    );
}

#[tokio::test]
async fn r_320_r_712_typing_is_told_to_the_others_once_a_second() {
    let server = TestServer::start().await;
    let ([alice, bob, carol], dm) = server.trio().await;
    let phone = alice.another_device().await;
    let second = bob.creates_dm(&[&alice, &carol]).await;
    for _ in 0..3 {
        assert_eq!(alice.ok("ping_typing", json!({ "id": dm })).await, true);
    }
    // Another DM and another user are counted for themselves.
    alice.ok("ping_typing", json!({ "id": second })).await;
    bob.ok("ping_typing", json!({ "id": dm })).await;
    let typing = |name: &str, dm: u64| {
        (
            "typing_notification".to_owned(),
            json!({ "id": dm, "username": name }),
        )
    };
    let of = |news: Vec<(String, Value)>| {
        news.into_iter()
            .filter(|(name, _)| name == "typing_notification")
            .collect::<Vec<_>>()
    };
    let heard = of(carol.news().await);
    assert_eq!(
        heard,
        [
            typing("alice", dm),
            typing("alice", second),
            typing("bob", dm)
        ]
    );
    assert_eq!(
        of(bob.news().await),
        [typing("alice", dm), typing("alice", second)]
    );
    for own in [&alice, &phone] {
        assert_eq!(
            of(own.news().await),
            [typing("bob", dm)],
            "R-712: not one's own"
        );
    }
    // A second later it is told again.
    let again = async {
        loop {
            alice.ok("ping_typing", json!({ "id": dm })).await;
            if !of(carol.news().await).is_empty() {
                return;
            }
        }
    };
    tokio::time::timeout(sotto_tests::raw::PATIENCE, again)
        .await
        .expect("another notice");
}
