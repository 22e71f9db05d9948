//! `own_storage` across time: prekeys that grow old, limits, keys of newer versions.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use sotto_crypto::keys::{Prekey, RecoverySecret};
use sotto_crypto::storage::{self, Owner};
use sotto_sdk::{Error, Page, SendOptions};

use crate::fake::Fake;
use crate::people::{Person, text};

const DAY: u64 = 24 * 3_600;

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// What the server holds for someone, opened.
pub fn stored(fake: &Fake, person: &Person) -> Value {
    let name = person.keys.username();
    let text = fake.state().users[name]["own_storage"].clone();
    let key = RecoverySecret::from_words(&person.words)
        .unwrap()
        .storage_key();
    let owner = Owner {
        key: &key,
        name,
        ik: person.keys.identity().public(),
    };
    let blob = hex::decode(text.as_str().unwrap()).unwrap();
    serde_json::from_str(&storage::open(&owner, &blob, 0).unwrap().json).unwrap()
}

/// Puts `content` at the server, as another client of the same account would.
pub fn put(fake: &Fake, person: &Person, version: u64, content: &Value) {
    let name = person.keys.username();
    let key = RecoverySecret::from_words(&person.words)
        .unwrap()
        .storage_key();
    let owner = Owner {
        key: &key,
        name,
        ik: person.keys.identity().public(),
    };
    let salt: [u8; 32] = rand::random();
    let blob = storage::seal(&owner, version, &salt, &content.to_string());
    let mut state = fake.state();
    let user = state.users.get_mut(name).unwrap();
    user["own_storage"] = json!(hex::encode(blob));
    user["own_storage_version"] = json!(user["own_storage_version"].as_u64().unwrap() + 1);
}

/// Shows `prekey` as the person's own.
fn publish(fake: &Fake, person: &Person, prekey: &Prekey) {
    let mut state = fake.state();
    let user = state.users.get_mut(person.keys.username()).unwrap();
    user["spk"] = json!(hex::encode(prekey.spk().to_bytes()));
    user["sig"] = json!(hex::encode(person.keys.identity().sign_spk(prekey.spk())));
}

/// C-409.
#[tokio::test]
async fn an_old_prekey_is_replaced_and_still_opens_what_was_sent_to_it() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    let bob = Person::register(&fake, "bob").await;
    let old = Prekey::new([7; 32], now() - 31 * DAY);
    let forgotten = json!({"created_at": now() - 200 * DAY, "private": hex::encode([8; 32]), "retired_at": now() - 121 * DAY});
    let kept = json!({"created_at": now() - 150 * DAY, "private": hex::encode([9; 32]), "retired_at": now() - 119 * DAY});
    let current =
        json!({"created_at": old.spk().created_at(), "private": hex::encode(old.expose())});
    put(
        &fake,
        &bob,
        2,
        &json!({"v": 1, "spks": [forgotten, kept, current]}),
    );
    publish(&fake, &bob, &old);
    let alice = alice.connect().await;
    let dm = alice.create_dm(&["bob".to_owned()], None).await.unwrap().id;
    alice
        .send(dm, "to the old one", SendOptions::default())
        .await
        .unwrap();
    let session = bob.connect().await;
    let history = session.history(dm, Page::Newest, 1).await.unwrap();
    assert_eq!(text(&history[0]), "to the old one");
    let spks = stored(&fake, &bob)["spks"].as_array().unwrap().clone();
    let ages: Vec<_> = spks
        .iter()
        .map(|spk| (now() - spk["created_at"].as_u64().unwrap()) / DAY)
        .collect();
    assert_eq!(
        ages,
        [150, 31, 0],
        "120 days after its retirement a prekey goes"
    );
    assert!(spks[1]["retired_at"].is_u64() && spks[2]["retired_at"].is_null());
    let shown = fake.state().users["bob"]["spk"].clone();
    let newest = Prekey::new(
        hex::decode(spks[2]["private"].as_str().unwrap())
            .unwrap()
            .try_into()
            .unwrap(),
        spks[2]["created_at"].as_u64().unwrap(),
    );
    assert_eq!(shown, json!(hex::encode(newest.spk().to_bytes())));
    drop(session);
    let before = fake.count("bob", "set_user");
    bob.connect().await;
    assert_eq!(fake.count("bob", "set_user"), before, "a fresh one stays");
}

#[tokio::test]
async fn a_prekey_that_the_server_holds_back_is_published_again() {
    let fake = Fake::start().await;
    let bob = Person::register(&fake, "bob").await;
    let right = fake.state().users["bob"]["spk"].clone();
    publish(&fake, &bob, &Prekey::new([7; 32], now() - 5 * DAY));
    bob.connect().await;
    assert_eq!(fake.state().users["bob"]["spk"], right);
}

/// C-503.
#[tokio::test]
async fn what_newer_versions_keep_is_preserved() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    Person::register(&fake, "bob").await;
    let mut content = stored(&fake, &alice);
    content["theme"] = json!({"dark": true});
    content["spks"][0]["note"] = json!("first");
    put(&fake, &alice, 2, &content);
    let session = alice.connect().await;
    session.create_dm(&["bob".to_owned()], None).await.unwrap();
    let after = stored(&fake, &alice);
    assert_eq!(after["theme"], json!({"dark": true}));
    assert_eq!(after["spks"][0]["note"], json!("first"));
    assert_eq!(after["dms"].as_object().unwrap().len(), 1);
    assert!(
        after.get("pending").is_none(),
        "the group is bound to its DM"
    );
}

/// C-509.
#[tokio::test]
async fn near_the_limit_it_warns_and_at_the_limit_it_creates_nothing() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    Person::register(&fake, "bob").await;
    let mut content = stored(&fake, &alice);
    // The largest JSON whose sealed form fits 1 MiB of hex.
    content["ballast"] = json!("");
    let room = (512 << 10) - storage::sealed_len(0) - content.to_string().len();
    content["ballast"] = json!("x".repeat(room));
    put(&fake, &alice, 2, &content);
    let session = alice.connect().await;
    let warnings = session.warnings().join("\n");
    assert!(warnings.contains("% full"), "{warnings}");
    let refused = session
        .create_dm(&["bob".to_owned()], None)
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::Storage(_)), "{refused}");
    assert_eq!(
        fake.count("alice", "create_dm"),
        0,
        "no group without a place for its key"
    );
    assert_eq!(stored(&fake, &alice), content, "and no key was dropped");
}

/// C-504: on a conflict both changes survive.
#[tokio::test]
async fn two_devices_that_write_at_once_keep_both_changes() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    for n in 0..8 {
        Person::register(&fake, &format!("friend{n}")).await;
    }
    let (one, two) = (alice.connect().await, alice.device().connect().await);
    let mark = async |session: &sotto_sdk::Sotto, range: std::ops::Range<u32>| {
        for n in range {
            session.verify(&format!("friend{n}")).await.unwrap();
        }
    };
    tokio::join!(mark(&one, 0..4), mark(&two, 4..8));
    let pins = stored(&fake, &alice)["pins"].as_object().unwrap().clone();
    assert_eq!(pins.len(), 8);
    assert!(pins.values().all(|pin| pin["verified"] == true));
    let conflicts = fake
        .state()
        .log
        .iter()
        .filter(|(_, event, _)| event == "set_user")
        .count();
    assert!(
        conflicts > 8,
        "they did meet: {conflicts} writes for 8 changes"
    );
}
