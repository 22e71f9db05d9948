//! What a server logs while everything is done that has content.

use std::collections::HashSet;

use serde_json::{Value, json};
use sotto_tests::process::Server;
use sotto_tests::{Keys, Person};

/// Does everything that has content, and gives all of it in the forms in which it could be logged.
async fn busy_hour(server: &Server) -> HashSet<String> {
    let mut content = HashSet::new();
    let mut people = Vec::new();
    for _ in 0..3 {
        let name = format!("u{}", hex::encode(rand::random::<[u8; 8]>()));
        let person = Person::register(&server.origin(), &name, Keys::fresh()).await;
        content.extend([
            name,
            person.keys.public_key(),
            person.keys.spk(),
            person.keys.sig(),
        ]);
        people.push(person);
    }
    let [alice, bob, carol] = &people[..] else {
        unreachable!("three")
    };
    alice.befriends(bob).await;
    let request = alice.signed_dm_request(&[bob, carol]);
    for key in request["key_tree"].as_array().unwrap() {
        content.insert(key.as_str().unwrap().to_owned());
    }
    content.insert(request["info"].as_str().unwrap().to_owned());
    let dm = alice.ok("create_dm", request).await.as_u64().unwrap();
    let mut secret = || {
        let text = hex::encode(rand::random::<[u8; 16]>());
        content.extend([text.clone(), hex::encode(&text)]);
        text
    };
    for _ in 0..20 {
        let text = secret();
        let message = alice.sends(dm, &text).await;
        let reaction = bob.reacts(&message, &secret()).await;
        bob.ok("remove_reaction", json!({ "id": reaction })).await;
        let (edited, signature) = alice.seals(&secret());
        let edit = json!({ "id": message["id"], "message": edited, "signature": signature });
        alice.ok("set_message", edit).await;
        carol.ok("get_message_history", json!({ "id": dm })).await;
    }
    carol
        .ok(
            "send_message",
            carol.message_with(dm, &secret(), json!({ "schedule": 1, "delete": 1 })),
        )
        .await;
    carol.notice("message_delete_notification").await;
    alice
        .ok("set_dm", json!({ "id": dm, "name": secret() }))
        .await;
    alice
        .ok(
            "set_user",
            json!({ "own_storage": secret(), "status": secret(), "biography": secret() }),
        )
        .await;
    bob.ok("join_call", json!({ "id": dm, "uuid": secret() }))
        .await;
    // What is refused and what is broken is logged most readily.
    let text = secret();
    let name = secret();
    alice.code("send_message", json!({ "id": dm, "message": hex::encode(&text), "signature": bob.keys.sign(text.as_bytes()) })).await;
    alice
        .code(
            "send_message",
            json!({ "id": dm, "message": text, "signature": "0" }),
        )
        .await;
    alice.code("get_user", json!({ "username": name })).await;
    alice.code(&secret(), json!({ "x": secret() })).await;
    let guest = sotto_tests::Raw::connect(&server.origin()).await;
    let challenge = guest.ok("login", json!({ "username": alice.name })).await;
    content.insert(challenge.as_str().unwrap().to_owned());
    let answer = bob
        .keys
        .answer(&server.origin(), &alice.name, challenge.as_str().unwrap());
    content.insert(answer.clone());
    assert_eq!(
        guest
            .code("login_challenge_response", json!({ "response": answer }))
            .await,
        "wrong_response"
    );
    guest.frame("42[\"broken");
    guest.closed().await;
    alice
        .ok("block_user", json!({ "username": bob.name }))
        .await;
    alice.ok("leave_dm", json!({ "id": dm })).await;
    content
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_logs_of_a_busy_server_hold_no_content() {
    for format in ["text", "json"] {
        for level in ["debug", "trace"] {
            let data = tempfile::tempdir().unwrap();
            let settings = [("SOTTO_LOG", level), ("SOTTO_LOG_FORMAT", format)];
            let mut server = Server::start(data.path(), &settings).await;
            let content = busy_hour(&server).await;
            server.terminate().await;
            assert!(server.ended().await.success());
            let logged = server.stderr.text() + &server.stdout.text();
            assert!(logged.contains("going down"), "{logged}");
            if format == "json" {
                for line in server.stderr.text().lines() {
                    assert!(
                        serde_json::from_str::<Value>(line).is_ok(),
                        "no JSON: {line}"
                    );
                }
            }
            for secret in &content {
                let line = logged.lines().find(|line| line.contains(secret.as_str()));
                assert!(
                    line.is_none(),
                    "at {level} as {format}, {secret:.80} is in the log: {line:?}"
                );
            }
            println!(
                "{level}, {format}: {} lines hold none of {} secrets",
                logged.lines().count(),
                content.len()
            );
        }
    }
}
