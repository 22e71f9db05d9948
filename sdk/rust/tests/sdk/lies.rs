//! What a server may try, and the refusal that meets each attempt (C-901 to C-929).

use rand::rng;
use serde_json::{Value, json};
use sotto_crypto::keys::Prekey;
use sotto_sdk::protocol::text::{DmId, Fixed, Spk};
use sotto_sdk::protocol::users::SetUser;
use sotto_sdk::{Happening, KeyState, Page, SendOptions, Sotto};

use crate::fake::Fake;
use crate::people::{Person, text};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

async fn say(session: &Sotto, dm: DmId, text: &str) {
    session
        .send(dm, text, SendOptions::default())
        .await
        .unwrap();
}

async fn newest(session: &Sotto, dm: DmId) -> String {
    text(&session.history(dm, Page::Newest, 1).await.unwrap()[0])
}

/// Alice and Bob with a DM of two, and the sessions of both.
async fn pair(fake: &Fake) -> (Person, Sotto, Person, Sotto, DmId) {
    let alice = Person::register(fake, "alice").await;
    let bob = Person::register(fake, "bob").await;
    let (a, b) = (alice.connect().await, bob.connect().await);
    let dm = a.create_dm(&names(&["bob"]), None).await.unwrap().id;
    (alice, a, bob, b, dm)
}

/// C-404.
#[tokio::test]
async fn a_swapped_key_stops_until_the_user_accepts_it() {
    let fake = Fake::start().await;
    let (_, a, ..) = pair(&fake).await;
    let mallory = Person::register(&fake, "mallory").await;
    let stolen = fake.state().users["mallory"].clone();
    let swapped = stolen.clone();
    fake.lie(move |_, event, answer| {
        if event == "get_user" && answer["result"]["username"] == "bob" {
            for key in ["public_key", "spk", "sig"] {
                answer["result"][key] = swapped[key].clone();
            }
        }
    });
    assert!(matches!(
        a.user("bob").await.unwrap().key,
        KeyState::Changed { .. }
    ));
    for attempt in [
        a.create_dm(&names(&["bob", "mallory"]), None)
            .await
            .map(drop),
        a.safety_number("bob").await.map(drop),
        a.verify("bob").await,
    ] {
        assert_eq!(attempt.unwrap_err().security_code(), Some("E_KEY_CHANGED"));
    }
    assert_eq!(fake.count("alice", "create_dm"), 1, "nothing was sent");
    a.trust("bob").await.unwrap();
    assert_eq!(
        a.user("bob").await.unwrap().key,
        KeyState::Pinned { verified: false }
    );
    drop(mallory);
}

/// C-218.
#[tokio::test]
async fn a_key_of_the_group_is_held_against_the_partners_own() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    let bob = Person::register(&fake, "bob").await;
    Person::register(&fake, "mallory").await;
    let other = fake.state().users["mallory"]["public_key"].clone();
    // The server shows Bob another key for Alice than the one that signed the group.
    fake.lie(move |to, event, answer| {
        if to == "bob" && event == "get_user" && answer["result"]["username"] == "alice" {
            answer["result"]["public_key"] = other.clone();
        }
    });
    alice
        .connect()
        .await
        .create_dm(&names(&["bob"]), None)
        .await
        .unwrap();
    let (b, mut sees) = bob.follow().await;
    let code = sees
        .until(|happening| match happening {
            Happening::InvitationRefused { why, .. } => Some(why.security_code()),
            _ => None,
        })
        .await;
    assert_eq!(code, Some("E_KEY_CHANGED"));
    let dms = b.dms().await.unwrap();
    assert_eq!(dms[0].locked.as_ref().unwrap().code, "E_KEY_CHANGED");
    fake.be_honest();
    b.trust("alice").await.unwrap();
    assert_eq!(b.dms().await.unwrap()[0].locked, None);
}

/// C-219.
#[tokio::test]
async fn an_invitation_without_info_is_a_downgrade() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    let bob = Person::register(&fake, "bob").await;
    let (_b, mut sees) = bob.follow().await;
    fake.lie(|to, event, payload| match event {
        _ if to != "bob" => {}
        "x3dh_notification" => payload["info"] = Value::Null,
        "get_dm" => {
            payload["result"]["info"] = Value::Null;
            payload["result"]["x3dh"]["info"] = Value::Null;
        }
        _ => {}
    });
    let creating = alice.connect().await;
    let created = creating.create_dm(&names(&["bob"]), None).await.unwrap();
    let code = sees
        .until(|happening| match happening {
            Happening::InvitationRefused { why, .. } => Some(why.security_code()),
            _ => None,
        })
        .await;
    assert_eq!(code, Some("E_DOWNGRADE"));
    assert!(
        fake.state().dms[&created.id.get()].acked.is_empty(),
        "it was not acked"
    );
}

#[tokio::test]
async fn the_same_group_under_another_dm_is_refused() {
    let fake = Fake::start().await;
    let (_, _, bob, b, dm) = pair(&fake).await;
    b.dms().await.unwrap();
    let invitation = fake.state().dms[&dm.get()].x3dh["bob"].clone();
    drop(b);
    let (_b, mut sees) = bob.follow().await;
    let mut again = invitation;
    again["id"] = json!(999);
    fake.state().notify("bob", "x3dh_notification", &again);
    let code = sees
        .until(|happening| match happening {
            Happening::InvitationRefused { why, .. } => Some(why.security_code()),
            _ => None,
        })
        .await;
    assert_eq!(code, Some("E_REPLAY_GROUP"));
}

/// C-405.
#[tokio::test]
async fn an_older_prekey_than_one_already_seen_is_refused() {
    let fake = Fake::start().await;
    let (_, a, bob, b, _) = pair(&fake).await;
    Person::register(&fake, "carol").await;
    let old = fake.state().users["bob"].clone();
    let created_at = u64::from_str_radix(&old["spk"].as_str().unwrap()[20..36], 16).unwrap();
    let newer = Prekey::generate(&mut rng(), created_at + 10);
    let publish = SetUser {
        spk: Some(Spk::new(newer.spk().to_bytes().to_vec())),
        sig: Some(Fixed(bob.keys.identity().sign_spk(newer.spk()))),
        ..SetUser::default()
    };
    b.call(&publish).await.unwrap();
    a.create_dm(&names(&["bob", "carol"]), None).await.unwrap();
    fake.lie(move |_, event, answer| {
        if event == "get_user" && answer["result"]["username"] == "bob" {
            answer["result"]["spk"] = old["spk"].clone();
            answer["result"]["sig"] = old["sig"].clone();
        }
    });
    let refused = a.create_dm(&names(&["bob", "carol"]), None).await;
    assert_eq!(refused.unwrap_err().security_code(), Some("E_SPK_STALE"));
}

/// C-507.
#[tokio::test]
async fn an_older_own_storage_is_a_rollback() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    Person::register(&fake, "bob").await;
    let old = fake.state().users["alice"]["own_storage"].clone();
    let session = alice.connect().await;
    session.create_dm(&names(&["bob"]), None).await.unwrap();
    session.close().await.unwrap();
    fake.state().users.get_mut("alice").unwrap()["own_storage"] = old;
    let refused = alice.try_connect().await.unwrap_err();
    assert_eq!(refused.security_code(), Some("E_ROLLBACK"));
    fake.state().users.get_mut("alice").unwrap()["own_storage"] = json!("00ff");
    let refused = alice.try_connect().await.unwrap_err();
    assert_eq!(refused.security_code(), Some("E_STORAGE"));
}

/// C-311, C-312.
#[tokio::test]
async fn repeated_moved_and_rolled_back_messages_are_marked() {
    let fake = Fake::start().await;
    let (_, a, _, b, dm) = pair(&fake).await;
    let other = a.create_dm(&names(&["bob"]), None).await.unwrap().id;
    say(&a, dm, "pay 5").await;
    let original = b.history(dm, Page::Newest, 1).await.unwrap().remove(0);
    let wire = fake.state().messages[&original.id.get()].clone();
    let plant = |dm: DmId, sender: &str| {
        let mut state = fake.state();
        state.plant(dm.get(), sender, &wire["message"], &wire["signature"])
    };
    plant(dm, "alice");
    assert_eq!(
        newest(&b, dm).await,
        "E_REPLAY_MSG",
        "the same envelope under another id"
    );
    plant(dm, "bob");
    assert_eq!(newest(&b, dm).await, "E_SENDER", "ascribed to someone else");
    plant(other, "alice");
    assert_eq!(newest(&b, other).await, "E_EPOCH", "moved to another DM");
    a.edit(original.id, "pay 6").await.unwrap();
    assert_eq!(text(&b.message(original.id).await.unwrap()), "pay 6");
    let edited = fake
        .state()
        .messages
        .insert(original.id.get(), wire.clone());
    let rolled_back = b.message(original.id).await.unwrap();
    assert_eq!(
        text(&rolled_back),
        "E_REPLAY_MSG",
        "an older version brought back"
    );
    let mut tampered = edited.unwrap();
    let mut bytes = hex::decode(tampered["message"].as_str().unwrap()).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    tampered["message"] = json!(hex::encode(bytes));
    fake.state().messages.insert(original.id.get(), tampered);
    assert_eq!(text(&b.message(original.id).await.unwrap()), "E_SIG");
}

#[tokio::test]
async fn a_transplanted_reaction_is_marked() {
    let fake = Fake::start().await;
    let (_, a, _, b, dm) = pair(&fake).await;
    say(&a, dm, "good news").await;
    say(&a, dm, "bad news").await;
    let history = b.history(dm, Page::Newest, 2).await.unwrap();
    let (bad, good) = (history[0].id, history[1].id);
    b.react(good, "👍").await.unwrap();
    {
        let mut state = fake.state();
        let reactions = state.messages[&good.get()]["reactions"].clone();
        state.messages.get_mut(&bad.get()).unwrap()["reactions"] = reactions;
    }
    let good = a.message(good).await.unwrap();
    assert_eq!(good.reactions[0].text, Ok("👍".to_owned()));
    let bad = a.message(bad).await.unwrap();
    assert_eq!(text(&bad), "bad news");
    assert_eq!(bad.reactions[0].text.as_ref().unwrap_err().code, "E_INNER");
}

#[tokio::test]
async fn a_ghost_member_is_not_believed() {
    let fake = Fake::start().await;
    let (_, a, _, _, dm) = pair(&fake).await;
    fake.state()
        .dms
        .get_mut(&dm.get())
        .unwrap()
        .users
        .push("mallory".to_owned());
    let seen = a.dm(dm).await.unwrap();
    assert_eq!(seen.users, ["alice", "bob"]);
    assert_eq!(seen.locked.unwrap().code, "E_GI");
}

#[tokio::test]
async fn an_unreadable_message_is_told_and_not_dropped() {
    let fake = Fake::start().await;
    let (_, a, bob, b, dm) = pair(&fake).await;
    drop(b);
    let (_b, mut sees) = bob.follow().await;
    let planted = fake
        .state()
        .plant(dm.get(), "alice", &json!("00"), &json!("00".repeat(64)));
    fake.state().publish(planted);
    let message = sees.message().await;
    assert_eq!(
        (message.id.get(), text(&message).as_str()),
        (planted, "E_INNER")
    );
    say(&a, dm, "still there?").await;
    assert_eq!(text(&sees.message().await), "still there?");
}

#[tokio::test]
async fn an_older_state_never_replaces_a_newer_one() {
    let fake = Fake::start().await;
    let (_, a, bob, b, dm) = pair(&fake).await;
    drop(b);
    let (_b, mut sees) = bob.follow().await;
    say(&a, dm, "hello").await;
    let hello = sees.message().await;
    let old = fake.state().messages[&hello.id.get()].clone();
    fake.cut("bob");
    a.pin(hello.id, true).await.unwrap();
    let pinned = sees.message().await;
    assert!(pinned.pinned);
    // A notice from before the pin, which was on its way for long.
    fake.state().notify("bob", "message_notification", &old);
    say(&a, dm, "next").await;
    let next = sees
        .until(|happening| match happening {
            Happening::MessageNew(message) | Happening::MessageChanged(message) => {
                Some((text(message), message.pinned))
            }
            _ => None,
        })
        .await;
    assert_eq!(
        next,
        ("next".to_owned(), false),
        "nothing was told of the older state"
    );
}

#[tokio::test]
async fn a_changed_key_in_a_profile_is_told() {
    let fake = Fake::start().await;
    let (_, a, bob, b, _) = pair(&fake).await;
    b.dms().await.unwrap();
    drop((a, b));
    let (_b, mut sees) = bob.follow().await;
    let mut profile = fake.state().users["alice"].clone();
    let real = profile["public_key"].clone();
    profile["public_key"] = fake.state().users["bob"]["public_key"].clone();
    fake.state().notify("bob", "profile_notification", &profile);
    let pinned = sees
        .until(|happening| match happening {
            Happening::KeyChanged {
                username, pinned, ..
            } if username == "alice" => Some(*pinned),
            _ => None,
        })
        .await;
    assert_eq!(json!(hex::encode(pinned)), real);
}

/// C-403.
#[tokio::test]
async fn a_login_is_a_signature_and_nothing_else() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    fake.lie(|_, event, answer| {
        if event == "login" {
            answer["result"] = json!("00".repeat(31));
        }
    });
    let refused = alice.try_connect().await.unwrap_err();
    assert_eq!(refused.security_code(), Some("E_CHALLENGE"));
    assert_eq!(fake.count("alice", "login_challenge_response"), 0);
    // A challenge that is a point, as a hostile server would send it, still gets a signature: useless for Diffie-Hellman.
    let point = hex::encode(alice.keys.identity().public().to_bytes());
    fake.lie(move |_, event, answer| {
        if event == "login" {
            answer["result"] = json!(point);
        }
    });
    assert!(alice.try_connect().await.is_err());
    let state = fake.state();
    let answers = state
        .log
        .iter()
        .filter(|(_, event, _)| event == "login_challenge_response");
    let lengths: Vec<_> = answers
        .map(|(_, _, p)| p["response"].as_str().unwrap().len())
        .collect();
    assert_eq!(lengths, [128]);
}
