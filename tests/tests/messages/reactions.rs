//! Reactions, and what a user may have waiting.

use super::*;

#[tokio::test]
async fn r_138_r_418_r_419_reactions() {
    let server = TestServer::start().await;
    let ([alice, bob, carol], dm) = server.trio().await;
    let message = alice.sends(dm, "react!").await;
    let first = bob.reacts(&message, "+1").await;
    let told = carol.notice("message_change_notification").await;
    let (reaction, signature) = bob.seals("+1");
    let expected =
        json!([{ "id": first, "sender": "bob", "reaction": reaction, "signature": signature }]);
    assert_eq!(told["reactions"], expected);
    for person in [&alice, &bob, &carol] {
        person.news().await;
    }
    assert_eq!(
        bob.reacts(&message, "+1").await,
        first,
        "R-418: the id there is"
    );
    assert_eq!(alice.headlines().await, Vec::<String>::new(), "and no news");
    // Another member's same bytes have another signature, and so are another reaction.
    let second = alice.reacts(&message, "+1").await;
    let third = bob.reacts(&message, &"x".repeat(1_024)).await;
    let now = carol
        .ok("get_message", json!({ "id": message["id"] }))
        .await;
    let listed: Vec<_> = now["reactions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["id"].clone())
        .collect();
    assert_eq!(
        listed,
        [first, second, third],
        "R-406: in order of their ids"
    );
    assert_eq!(
        alice.code("remove_reaction", json!({ "id": first })).await,
        "not_owner"
    );
    assert_eq!(
        bob.ok("remove_reaction", json!({ "id": first })).await,
        true
    );
    assert_eq!(
        bob.code("remove_reaction", json!({ "id": first })).await,
        "no_access"
    );
    let news = carol.news().await;
    let last = &news.last().unwrap();
    assert_eq!(last.0, "message_notification", "R-713");
    assert_eq!(last.1["reactions"].as_array().unwrap().len(), 2);
    assert!(
        bob.reacts(&message, "+1").await > third,
        "it may come back, as another"
    );
}

#[tokio::test]
async fn r_139_reactions_of_a_message_are_limited() {
    let server = TestServer::with(|config| {
        config.limits.max_reactions_by_user = 3;
        config.limits.max_reactions = 5;
        config.limits.max_reaction_bytes = 1_000;
    })
    .await;
    let ([alice, bob, carol], dm) = server.trio().await;
    let message = alice.sends(dm, "react!").await;
    let react = |person: &Person, text: &str| {
        let (reaction, signature) = person.seals(text);
        let request = json!({ "id": message["id"], "reaction": reaction, "signature": signature });
        (request, person.name.clone())
    };
    for n in 0..3 {
        alice.reacts(&message, &format!("{n}")).await;
    }
    assert_eq!(
        alice.code("add_reaction", react(&alice, "3").0).await,
        "too_large",
        "three by one"
    );
    assert_eq!(
        alice.code("add_reaction", react(&alice, "2").0).await,
        "ok",
        "it is there already"
    );
    assert_eq!(
        bob.code("add_reaction", react(&bob, &"x".repeat(998)).0)
            .await,
        "too_large",
        "bytes"
    );
    bob.reacts(&message, &"x".repeat(996)).await;
    bob.reacts(&message, "y").await;
    assert_eq!(
        carol.code("add_reaction", react(&carol, "z").0).await,
        "too_large",
        "five in all"
    );
    let other = alice.sends(dm, "another").await;
    carol.reacts(&other, "z").await;
}

#[tokio::test]
async fn r_144_scheduled_messages_of_a_user_are_limited() {
    let server = TestServer::with(|config| {
        config.limits.max_scheduled = 3;
        config.limits.max_scheduled_bytes = 100;
    })
    .await;
    let (alice, bob, dm) = server.pair().await;
    let later =
        |person: &Person, text: &str| person.message_with(dm, text, json!({ "schedule": 60 }));
    assert_eq!(
        alice
            .code("send_message", later(&alice, &"x".repeat(101)))
            .await,
        "too_large"
    );
    assert_eq!(
        alice
            .code("send_message", later(&alice, &"x".repeat(98)))
            .await,
        "ok"
    );
    assert_eq!(
        alice.code("send_message", later(&alice, "yyy")).await,
        "too_large",
        "bytes"
    );
    assert_eq!(alice.code("send_message", later(&alice, "y")).await, "ok");
    assert_eq!(alice.code("send_message", later(&alice, "z")).await, "ok");
    assert_eq!(
        alice.code("send_message", later(&alice, "w")).await,
        "too_large",
        "three"
    );
    assert_eq!(
        alice.code("send_message", later(&alice, "z")).await,
        "ok",
        "R-403: it is there"
    );
    assert_eq!(
        bob.code("send_message", later(&bob, "of my own")).await,
        "ok",
        "counted by user"
    );
    // What was refused left no mark: it can be sent later.
    server.clock().moves(60);
    alice.hears("z").await;
    assert_eq!(alice.code("send_message", later(&alice, "w")).await, "ok");
    assert_eq!(
        alice.code("send_message", alice.message(dm, "now")).await,
        "ok",
        "not scheduled, not counted"
    );
}
