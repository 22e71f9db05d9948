//! Making DMs: invitations, `info`, and the refusals of `create_dm` in their order.

use super::*;

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
