//! DMs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

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
async fn r_304_an_invitation_is_kept_until_a_device_has_acked_it() {
    let mut server = TestServer::start().await;
    let [alice, bob, carol] = server.people(["alice", "bob", "carol"]).await;
    bob.keeps_invitations(false);
    let phone = bob.another_device().await;
    phone.keeps_invitations(false);
    let mut dms = Vec::new();
    for _ in 0..3 {
        dms.push(
            alice
                .ok("create_dm", alice.dm_request(&[&bob, &carol]))
                .await,
        );
    }
    for device in [&bob, &phone] {
        for dm in &dms {
            assert_eq!(device.notice("x3dh_notification").await["id"], *dm);
        }
    }
    // Nobody acked: each login brings them again, in order of DM id.
    for _ in 0..2 {
        let again = Person::log_in_without_keeping(&server.origin(), "bob", &bob.keys).await;
        for dm in &dms {
            assert_eq!(again.notice("x3dh_notification").await["id"], *dm);
        }
    }
    server.restart().await;
    let keeping = server.device(&bob).await;
    let mut invitations = Vec::new();
    for dm in &dms {
        let invitation = keeping.notice("x3dh_notification").await;
        assert_eq!(invitation["id"], *dm, "after a restart, too");
        invitations.push(invitation);
    }
    // Acked now: no login brings them again, while get_dm still shows them to the invitee.
    until_acked(&server, &bob).await;
    let last = server.device(&bob).await;
    assert_eq!(last.headlines().await, Vec::<String>::new());
    for (dm, invitation) in dms.iter().zip(&invitations) {
        assert_eq!(
            last.ok("get_dm", json!({ "id": dm })).await["x3dh"],
            *invitation,
            "R-305"
        );
    }
}

/// Logs in until no invitation comes: acks travel on their own, so the first look may be early. A look that acks nothing.
async fn until_acked(server: &TestServer, person: &Person) {
    let looks = async {
        loop {
            let origin = server.origin();
            let device = Person::log_in_without_keeping(&origin, &person.name, &person.keys).await;
            if device.headlines().await.is_empty() {
                return;
            }
        }
    };
    tokio::time::timeout(sotto_tests::raw::PATIENCE, looks)
        .await
        .expect("the acks to count");
}

#[tokio::test]
async fn r_304_an_invitation_nobody_acks_ends_after_90_days() {
    let server = TestServer::start().await;
    let [alice, bob, carol] = server.people(["alice", "bob", "carol"]).await;
    bob.keeps_invitations(false);
    alice
        .ok("create_dm", alice.dm_request(&[&bob, &carol]))
        .await;
    bob.notice("x3dh_notification").await;
    server.clock().moves(90 * 86_400 - 1);
    let late = Person::log_in_without_keeping(&server.origin(), "bob", &bob.keys).await;
    late.notice("x3dh_notification").await;
    server.clock().moves(2);
    let later = Person::log_in_without_keeping(&server.origin(), "bob", &bob.keys).await;
    assert_eq!(later.headlines().await, Vec::<String>::new());
}

#[tokio::test]
async fn r_304_leaving_withdraws_the_invitation() {
    let server = TestServer::start().await;
    let [alice, bob, carol] = server.people(["alice", "bob", "carol"]).await;
    bob.keeps_invitations(false);
    let dm = alice
        .ok("create_dm", alice.dm_request(&[&bob, &carol]))
        .await;
    bob.ok("leave_dm", json!({ "id": dm })).await;
    let again = server.device(&bob).await;
    assert_eq!(again.headlines().await, Vec::<String>::new(), "R-316");
}

#[tokio::test]
async fn r_307_r_308_info_is_checked_and_goes_out_unchanged() {
    let server = TestServer::start().await;
    let [alice, bob, carol] = server.people(["alice", "bob", "carol"]).await;
    let good = alice.signed_dm_request(&[&bob, &carol]);
    let other = alice.signed_dm_request(&[&bob, &carol]);
    let swapped = alice.signed_dm_request(&[&carol, &bob]);
    let fewer = alice.signed_dm_request(&[&bob]);
    let by_bob = bob.signed_dm_request(&[&alice, &carol]);
    let mut flipped = hex::decode(good["info"].as_str().unwrap()).unwrap();
    *flipped.last_mut().unwrap() ^= 1;
    let with = |key: &str, value: &Value| {
        let mut request = good.clone();
        request[key] = value.clone();
        request
    };
    for (request, what) in [
        (with("info", &other["info"]), "another group's"),
        (with("info", &swapped["info"]), "names in another order"),
        (with("info", &fewer["info"]), "other members"),
        (with("info", &by_bob["info"]), "another creator"),
        (
            with("info", &json!(hex::encode(flipped))),
            "another signature or confirmation",
        ),
        (
            with(
                "info",
                &json!(format!("{}00", good["info"].as_str().unwrap())),
            ),
            "a byte more",
        ),
        (with("info", &json!("00")), "no info at all"),
        (with("key_tree", &other["key_tree"]), "another tree"),
        (with("messages", &other["messages"]), "other messages"),
    ] {
        let code = alice.code("create_dm", request).await;
        // The last bytes are the confirmation, which only members can check, or the signature: then it must be refused.
        if what != "another signature or confirmation" || code != "ok" {
            assert_eq!(code, "bad_group_info", "{what}");
        }
    }
    let dm = alice.ok("create_dm", good.clone()).await;
    let invitation = bob
        .notice_where("x3dh_notification", |notice| notice["id"] == dm)
        .await;
    assert_eq!(invitation["info"], good["info"]);
    for person in [&alice, &bob, &carol] {
        let details = person.ok("get_dm", json!({ "id": dm })).await;
        assert_eq!(details["info"], good["info"], "R-308");
    }
}

#[tokio::test]
async fn r_312_the_same_info_is_the_same_dm() {
    let server = TestServer::start().await;
    let [alice, bob, carol] = server.people(["alice", "bob", "carol"]).await;
    alice.befriends(&bob).await;
    let request = alice.signed_dm_request(&[&bob]);
    let dm = alice.ok("create_dm", request.clone()).await;
    bob.notice("dm_notification").await;
    alice.notice("dm_notification").await;
    // Before any rule that would refuse it by now: it exists, they are no friends, the prekey is another.
    alice.ok("unfriend", json!({ "username": "bob" })).await;
    let spk = new_spk();
    bob.ok(
        "set_user",
        json!({ "spk": hex::encode(&spk), "sig": bob.keys.sign(&spk) }),
    )
    .await;
    for person in [&alice, &bob] {
        person.news().await;
    }
    assert_eq!(alice.ok("create_dm", request.clone()).await, dm);
    assert_eq!(
        alice.headlines().await,
        Vec::<String>::new(),
        "nothing happens"
    );
    assert_eq!(bob.headlines().await, Vec::<String>::new());
    assert_eq!(alice.ok("get_dms", json!({})).await, json!([dm]));
    // Another creator's same bytes are another request.
    assert_eq!(carol.code("create_dm", request).await, "not_friends");
}

#[tokio::test]
async fn r_309_r_311_refusals_of_a_dm_of_two_in_their_order() {
    let server = TestServer::start().await;
    let [alice, bob] = server.people(["alice", "bob"]).await;
    let guest = server.guest().await;
    let mut bare = registration("bare", &bob.keys);
    bare["spk"] = json!(null);
    bare["sig"] = json!(null);
    guest.ok("register", bare).await;
    let to = |name: &str, spk: &str, info: Option<&str>| {
        json!({
            "usernames": [name],
            "messages": [{ "ek": any_key(), "spk": spk }],
            "key_tree": [any_key(), any_key()],
            "info": info,
        })
    };
    let stale = any_key();
    let create = async |request: Value| alice.code("create_dm", request).await;
    assert_eq!(
        create(to("nobody", &stale, Some("00"))).await,
        "no_such_user"
    );
    assert_eq!(
        create(to("BOB", &stale, Some("00"))).await,
        "no_such_user",
        "R-128"
    );
    assert_eq!(create(to("bare", &stale, Some("00"))).await, "not_friends");
    assert_eq!(create(to("bob", &stale, Some("00"))).await, "not_friends");
    answer_challenge(&guest, &server.origin(), "bare", &bob.keys).await;
    for (raw, name) in [(&*bob, "bob"), (&guest, "bare")] {
        alice
            .ok("send_friend_request", json!({ "username": name }))
            .await;
        raw.ok(
            "ack_friend_request",
            json!({ "username": "alice", "accept": true }),
        )
        .await;
    }
    assert_eq!(create(to("bare", &stale, Some("00"))).await, "no_prekey");
    assert_eq!(create(to("bob", &stale, Some("00"))).await, "stale_prekey");
    assert_eq!(
        create(to("bob", &bob.keys.spk(), Some("00"))).await,
        "bad_group_info"
    );
    assert_eq!(create(to("bob", &bob.keys.spk(), None)).await, "ok");
    assert_eq!(create(to("bob", &stale, Some("00"))).await, "dm_exists");
    assert_eq!(
        bob.code("create_dm", bob.dm_request(&[&alice])).await,
        "dm_exists",
        "from the other side"
    );
    // With one of the two gone there is room for another.
    let dm = bob.ok("get_dms", json!({})).await[0].clone();
    bob.ok("leave_dm", json!({ "id": dm })).await;
    assert_eq!(create(to("bob", &bob.keys.spk(), None)).await, "ok");
}

#[tokio::test]
async fn r_310_r_311_refusals_of_a_group_in_their_order() {
    let server = TestServer::with(|config| config.limits.max_stranger_invitations = 2).await;
    let people = server
        .people(["alice", "bob", "blocker", "choosy", "popular", "friend"])
        .await;
    let [alice, bob, blocker, choosy, popular, friend] = &people;
    for person in &people {
        person.keeps_invitations(false);
    }
    blocker
        .ok("block_user", json!({ "username": "alice" }))
        .await;
    choosy.ok("set_user", json!({ "invites": "friends" })).await;
    let create = async |others: &[&Person]| alice.ask("create_dm", alice.dm_request(others)).await;
    let refusal = create(&[bob, blocker]).await;
    assert_eq!(refusal.code(), "cannot_invite");
    assert_eq!(
        create(&[bob, choosy]).await,
        refusal,
        "it does not say who or why"
    );
    for stranger in [bob, choosy] {
        let request = stranger.dm_request(&[popular, friend]);
        stranger.ok("create_dm", request).await;
    }
    assert_eq!(
        create(&[bob, popular]).await,
        refusal,
        "two unacked invitations from strangers"
    );
    alice.befriends(choosy).await;
    assert_eq!(create(&[bob, choosy]).await.code(), "ok", "from a friend");
    // Whom the creator knows by now does not count as a stranger.
    alice.befriends(popular).await;
    assert_eq!(create(&[bob, popular]).await.code(), "ok");
    // Fellow members of any DM do not either, but a block counts for everyone.
    let mut request = alice.dm_request(&[bob, blocker]);
    request["usernames"] = json!(["nobody", "blocker"]);
    assert_eq!(
        alice.code("create_dm", request.clone()).await,
        "no_such_user",
        "R-311"
    );
    request["usernames"] = json!(["bob", "blocker"]);
    request["messages"][0]["spk"] = json!(any_key());
    assert_eq!(
        alice.code("create_dm", request.clone()).await,
        "cannot_invite",
        "R-311"
    );
    blocker.ok("unblock", json!({ "username": "alice" })).await;
    assert_eq!(
        alice.code("create_dm", request).await,
        "stale_prekey",
        "R-311"
    );
}

#[tokio::test]
async fn r_310_acking_makes_room_for_strangers() {
    let server = TestServer::with(|config| config.limits.max_stranger_invitations = 1).await;
    let [alice, bob, carol, dave] = server.people(["alice", "bob", "carol", "dave"]).await;
    bob.keeps_invitations(false);
    alice
        .ok("create_dm", alice.dm_request(&[&bob, &carol]))
        .await;
    bob.notice("x3dh_notification").await;
    assert_eq!(
        dave.code("create_dm", dave.dm_request(&[&bob, &carol]))
            .await,
        "cannot_invite"
    );
    let phone = bob.another_device().await;
    phone.notice("x3dh_notification").await;
    until_acked(&server, &bob).await;
    assert_eq!(
        dave.code("create_dm", dave.dm_request(&[&bob, &carol]))
            .await,
        "ok"
    );
}

#[tokio::test]
async fn r_153_strangers_invited_by_one_user_in_a_day() {
    let server = TestServer::with(|config| {
        config.limits.rates = sotto_server::Switch::On;
        config.limits.rate_invitations_day = 3;
        config.limits.rate_registrations_hour = 100;
        config.limits.rate_logins = 100;
    })
    .await;
    let [alice, bob, carol, dave] = server.people(["alice", "bob", "carol", "dave"]).await;
    assert_eq!(
        alice
            .code("create_dm", alice.dm_request(&[&bob, &carol]))
            .await,
        "ok"
    );
    // Two of three are used; Bob and Carol are fellow members now and cost nothing, Dave costs the third.
    for _ in 0..3 {
        assert_eq!(
            alice
                .code("create_dm", alice.dm_request(&[&bob, &carol]))
                .await,
            "ok"
        );
    }
    assert_eq!(
        alice
            .code("create_dm", alice.dm_request(&[&bob, &dave]))
            .await,
        "ok"
    );
    let [erin, frank] = server.people(["erin", "frank"]).await;
    let refusal = alice
        .ask("create_dm", alice.dm_request(&[&erin, &frank]))
        .await;
    assert_eq!(refusal.code(), "rate_limited");
    assert_eq!(erin.ok("get_dms", json!({})).await, json!([]), "R-120");
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
