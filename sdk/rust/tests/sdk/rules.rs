//! Rules for which a client answers alone: what it keeps, when it acks, what it shows no longer.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use sotto_crypto::storage;
use sotto_sdk::protocol::text::Timestamp;
use sotto_sdk::{Happening, Page, SendOptions};

use crate::fake::Fake;
use crate::people::{Person, text};
use crate::storage::{put, stored};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn c_217_an_invitation_whose_key_is_not_stored_is_not_acked() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    let bob = Person::register(&fake, "bob").await;
    let (_b, mut sees) = bob.follow().await;
    fake.lie(|to, event, answer| {
        if to == "bob" && event == "set_user" {
            *answer = json!({"success": false, "result": "No.", "code": "too_large"});
        }
    });
    let a = alice.connect().await;
    let dm = a.create_dm(&names(&["bob"]), None).await.unwrap().id;
    // Notices are taken in order: what is told of this one comes after the invitation.
    fake.state()
        .notify("bob", "message_notification", &json!({}));
    sees.until(|happening| matches!(happening, Happening::Warning(_)).then_some(()))
        .await;
    assert_eq!(fake.count("bob", "set_user"), 1, "it was tried");
    assert!(fake.state().dms[&dm.get()].acked.is_empty());
}

#[tokio::test]
async fn c_313_a_message_past_its_limit_is_not_shown_whatever_the_server_does() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    let bob = Person::register(&fake, "bob").await;
    let (a, b) = (alice.connect().await, bob.connect().await);
    let dm = a.create_dm(&names(&["bob"]), None).await.unwrap().id;
    // The server in memory stamps messages with a time long past, and deletes nothing by itself.
    let brief = SendOptions {
        delete_after: Some(Duration::from_secs(60)),
        ..SendOptions::default()
    };
    a.send(dm, "for a minute", brief).await.unwrap();
    a.send(dm, "for ever", SendOptions::default())
        .await
        .unwrap();
    let history = b.history(dm, Page::Newest, 2).await.unwrap();
    assert_eq!(
        history.iter().map(text).collect::<Vec<_>>(),
        ["for ever", "E_EXPIRED"]
    );
}

#[tokio::test]
async fn c_313_an_edit_keeps_the_senders_limit() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    let bob = Person::register(&fake, "bob").await;
    let (a, b) = (alice.connect().await, bob.connect().await);
    let dm = a.create_dm(&names(&["bob"]), None).await.unwrap().id;
    let brief = SendOptions {
        delete_after: Some(Duration::from_secs(3_600)),
        ..SendOptions::default()
    };
    a.send(dm, "brief", brief).await.unwrap();
    let sent = a.history(dm, Page::Newest, 1).await.unwrap().remove(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = Timestamp::from_micros(i64::try_from(now.as_micros()).unwrap()).unwrap();
    // Sent just now, by a server that destroys nothing.
    {
        let mut state = fake.state();
        let wire = state.messages.get_mut(&sent.id.get()).unwrap();
        wire["timestamp"] = json!(now);
        wire["delete_timestamp"] = json!(null);
    }
    a.edit(sent.id, "brief!").await.unwrap();
    let edited = b.message(sent.id).await.unwrap();
    assert_eq!(text(&edited), "brief!");
    let end = now.micros() + 3_600_000_000;
    assert_eq!(edited.expires, Timestamp::from_micros(end));
}

#[tokio::test]
async fn c_503_what_is_kept_has_the_shape_that_other_clients_read() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    Person::register(&fake, "bob").await;
    let session = alice.connect().await;
    let dm = session.create_dm(&names(&["bob"]), None).await.unwrap().id;
    let content = stored(&fake, &alice);
    assert_eq!(content["v"], 1);
    assert_eq!(content["spks"].as_array().unwrap().len(), 1);
    let kept = &content["dms"][dm.get().to_string()];
    let epoch = &kept["epochs"][0];
    assert_eq!(epoch["e"], 0);
    assert_eq!(
        epoch["gi_hash"], kept["group_id"],
        "at epoch 0 they are one"
    );
    for hash in [&epoch["secret"], &epoch["gi_hash"]] {
        assert_eq!(hex::decode(hash.as_str().unwrap()).unwrap().len(), 32);
    }
    let bob = fake.state().users["bob"]["public_key"].clone();
    assert_eq!(content["pins"]["bob"]["ik"], bob);
}

#[tokio::test]
async fn c_504_each_write_raises_the_blobs_own_version_and_names_the_servers() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    Person::register(&fake, "bob").await;
    let content = stored(&fake, &alice);
    put(&fake, &alice, 7, &content);
    fake.state().users.get_mut("alice").unwrap()["own_storage_version"] = json!(40);
    let session = alice.connect().await;
    session.verify("bob").await.unwrap();
    session.create_dm(&names(&["bob"]), None).await.unwrap();
    let state = fake.state();
    let writes = state.log.iter().filter(|(_, event, parameters)| {
        event == "set_user" && !parameters["own_storage"].is_null()
    });
    let counters = writes.map(|(_, _, parameters)| {
        let blob = hex::decode(parameters["own_storage"].as_str().unwrap()).unwrap();
        let version = u64::from_be_bytes(blob[5..13].try_into().unwrap());
        (version, parameters["own_storage_version"].as_u64().unwrap())
    });
    assert_eq!(counters.collect::<Vec<_>>(), [(8, 40), (9, 41), (10, 42)]);
}

fn pinned(fake: &Fake, person: &Person) -> BTreeSet<String> {
    let content = stored(fake, person);
    content["pins"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn c_508_pins_are_those_of_partners_of_verified_users_and_of_friends() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    let bob = Person::register(&fake, "bob").await;
    let carol = Person::register(&fake, "carol").await;
    Person::register(&fake, "dave").await;
    let a = alice.connect().await;
    let others = names(&["bob", "carol", "dave"]);
    a.create_dm(&others, None).await.unwrap();
    let c = carol.connect().await;
    assert_eq!(c.dms().await.unwrap().len(), 1);
    assert_eq!(pinned(&fake, &alice), set(&[]), "of a larger group nobody");
    assert_eq!(pinned(&fake, &carol), set(&[]), "not even its creator");
    a.create_dm(&names(&["bob"]), None).await.unwrap();
    assert_eq!(pinned(&fake, &alice), set(&["bob"]));
    bob.connect().await;
    assert_eq!(pinned(&fake, &bob), set(&["alice"]));
    a.verify("carol").await.unwrap();
    assert_eq!(pinned(&fake, &alice), set(&["bob", "carol"]));
    a.close().await.unwrap();
    fake.lie(|to, event, answer| {
        if to == "alice" && event == "get_friends" {
            answer["result"] = json!(["dave"]);
        }
    });
    drop(alice.follow().await);
    assert_eq!(pinned(&fake, &alice), set(&["bob", "carol", "dave"]));
}

#[tokio::test]
async fn c_508_a_roster_comes_from_the_info_whose_hash_was_kept() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    for name in ["bob", "carol"] {
        Person::register(&fake, name).await;
    }
    let session = alice.connect().await;
    let create = async |name: &str| session.create_dm(&names(&[name]), None).await.unwrap().id;
    let (first, second) = (create("bob").await, create("carol").await);
    session.close().await.unwrap();
    let other = fake.state().dms[&second.get()].info.clone();
    fake.state().dms.get_mut(&first.get()).unwrap().info = other;
    let again = alice.device().connect().await;
    let locked = again.dm(first).await.unwrap().locked;
    assert_eq!(locked.unwrap().code, "E_EPOCH");
    assert_eq!(again.dm(second).await.unwrap().users, ["alice", "carol"]);
}

#[tokio::test]
async fn c_509_the_warning_begins_at_80_percent() {
    // In blocks of 1,024 bytes: 409 are 79 % of the limit of 1 MiB of hex, 410 are 80 %.
    for (blocks, warned) in [(409, false), (410, true)] {
        let fake = Fake::start().await;
        let alice = Person::register(&fake, "alice").await;
        let mut content = stored(&fake, &alice);
        content["ballast"] = json!("");
        let spare = 1_024 * blocks - 512 - content.to_string().len();
        content["ballast"] = Value::from("x".repeat(spare));
        let sealed = 2 * storage::sealed_len(content.to_string().len());
        assert_eq!(100 * sealed / (1 << 20) >= 80, warned);
        put(&fake, &alice, 2, &content);
        let session = alice.connect().await;
        let warnings = session.warnings().join("\n");
        assert_eq!(warnings.contains("80 % full"), warned, "{warnings}");
    }
}
