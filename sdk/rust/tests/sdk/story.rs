//! The main story, two devices, and absences, against an honest server in memory.
use crate::fake::Fake;
use crate::people::{Person, text};
use sotto_sdk::{AccountKeys, Happening, Page, SendOptions};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn three_people_talk() {
    let fake = Fake::start().await;
    let (alice, bob, carol) = (
        Person::register(&fake, "alice").await,
        Person::register(&fake, "bob").await,
        Person::register(&fake, "Çarol").await,
    );
    let (alice, _) = alice.follow().await;
    let (bob, mut bob_sees) = bob.follow().await;
    let (carol, mut carol_sees) = carol.follow().await;
    let dm = alice
        .create_dm(&names(&["bob", "Çarol"]), Some("Plans"))
        .await
        .unwrap();
    assert_eq!(dm.users, ["alice", "bob", "Çarol"]);
    let invited = bob_sees
        .until(|happening| match happening {
            Happening::Invited(dm) => Some(dm.clone()),
            _ => None,
        })
        .await;
    assert_eq!((invited.id, invited.locked), (dm.id, None));
    alice
        .send(dm.id, "hello", SendOptions::default())
        .await
        .unwrap();
    let hello = bob_sees.message().await;
    assert_eq!(
        (text(&hello).as_str(), hello.sender.as_str()),
        ("hello", "alice")
    );
    let reference = hello.content.as_ref().unwrap().reference;
    let reply = SendOptions {
        reply_to: Some(reference),
        ..SendOptions::default()
    };
    bob.send(dm.id, "hello yourself", reply).await.unwrap();
    carol.react(hello.id, "👋").await.unwrap();
    carol_sees.texts_until("hello yourself").await;
    alice.edit(hello.id, "hello all").await.unwrap();
    alice.pin(hello.id, true).await.unwrap();
    let edited = bob_sees
        .until(|happening| match happening {
            Happening::MessageChanged(message) if message.pinned => Some(message.clone()),
            _ => None,
        })
        .await;
    assert_eq!(text(&edited), "hello all");
    assert_eq!(edited.content.as_ref().unwrap().revision, 1);
    assert_eq!(edited.content.as_ref().unwrap().reference, reference);
    assert_eq!(edited.reactions[0].text, Ok("👋".to_owned()));
    let history = carol.history(dm.id, Page::Newest, 10).await.unwrap();
    assert_eq!(
        history.iter().map(text).collect::<Vec<_>>(),
        ["hello yourself", "hello all"]
    );
    assert_eq!(
        history[0].content.as_ref().unwrap().reply_to,
        Some(reference)
    );
    assert_eq!(
        carol.dm(dm.id).await.unwrap().name,
        Some(Ok("Plans".to_owned()))
    );
    carol.rename(dm.id, Some("Better plans")).await.unwrap();
    assert_eq!(
        bob.dm(dm.id).await.unwrap().name,
        Some(Ok("Better plans".to_owned()))
    );
    bob.rename(dm.id, None).await.unwrap();
    assert_eq!(alice.dm(dm.id).await.unwrap().name, None);
    assert_eq!(
        alice.group_code(dm.id).await.unwrap(),
        carol.group_code(dm.id).await.unwrap()
    );
    assert_eq!(
        alice.safety_number("bob").await.unwrap(),
        bob.safety_number("alice").await.unwrap()
    );
    let state = fake.state();
    assert_eq!(
        state.dms[&dm.id.get()].acked.len(),
        2,
        "both have acked their invitations"
    );
    for message in state.messages.values() {
        assert!(!message.to_string().contains(&hex::encode("hello")));
    }
}

#[tokio::test]
async fn words_open_everything_on_a_new_device() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    let bob = Person::register(&fake, "bob").await;
    let session = alice.connect().await;
    let dm = session.create_dm(&names(&["bob"]), None).await.unwrap();
    session
        .send(dm.id, "before", SendOptions::default())
        .await
        .unwrap();
    session.close().await.unwrap();
    // Bob was away: the invitation waits for him.
    let there = bob.connect().await;
    assert_eq!(
        text(&there.history(dm.id, Page::Newest, 1).await.unwrap()[0]),
        "before"
    );
    let mut recovered = alice.device();
    recovered.keys = AccountKeys::recover("alice", &alice.words).unwrap();
    let recovered = recovered.connect().await;
    let history = recovered.history(dm.id, Page::Newest, 1).await.unwrap();
    assert_eq!(text(&history[0]), "before");
}

#[tokio::test]
async fn an_absence_leaves_no_gap_and_repeats_nothing() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    let bob = Person::register(&fake, "bob").await;
    let sender = alice.connect().await;
    let dm = sender.create_dm(&names(&["bob"]), None).await.unwrap().id;
    let say = async |text: &str| sender.send(dm, text, SendOptions::default()).await.unwrap();
    say("0").await;
    let (session, mut sees) = bob.follow().await;
    say("1").await;
    assert_eq!(
        sees.texts_until("1").await,
        ["1"],
        "the first time begins with the present"
    );
    session.close().await.unwrap();
    for n in 2..300 {
        say(&n.to_string()).await;
    }
    let first = sender
        .history(
            dm,
            Page::After(sotto_sdk::protocol::text::Timestamp::from_micros(0).unwrap()),
            2,
        )
        .await
        .unwrap();
    sender.edit(first[0].id, "0, edited").await.unwrap();
    sender.delete(first[1].id).await.unwrap();
    let (session, mut sees) = bob.follow().await;
    let expected: Vec<_> = (2..300).map(|n| n.to_string()).collect();
    assert_eq!(sees.texts_until("299").await, expected);
    let mut changed = false;
    sees.until(|happening| match happening {
        Happening::MessageChanged(message) => {
            assert_eq!(text(message), "0, edited");
            changed = true;
            None
        }
        Happening::MessageDeleted { id, .. } => (*id == first[1].id).then_some(()),
        _ => None,
    })
    .await;
    assert!(changed);
    // A lost connection: what was told is not told again, what was missed is.
    fake.cut("bob");
    for n in 300..310 {
        say(&n.to_string()).await;
    }
    let expected: Vec<_> = (300..310).map(|n| n.to_string()).collect();
    assert_eq!(sees.texts_until("309").await, expected);
    drop(session);
}

#[tokio::test]
async fn a_cursor_that_is_too_old_is_replaced_without_a_gap() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    let bob = Person::register(&fake, "bob").await;
    let sender = alice.connect().await;
    let dm = sender.create_dm(&names(&["bob"]), None).await.unwrap().id;
    let (session, mut sees) = bob.follow().await;
    sender
        .send(dm, "seen", SendOptions::default())
        .await
        .unwrap();
    sees.texts_until("seen").await;
    session.close().await.unwrap();
    for text in ["a", "b", "c"] {
        sender.send(dm, text, SendOptions::default()).await.unwrap();
    }
    fake.state().dms.get_mut(&dm.get()).unwrap().oldest = 3;
    let (_session, mut sees) = bob.follow().await;
    sees.until(|happening| matches!(happening, Happening::HistoryReset { .. }).then_some(()))
        .await;
    assert_eq!(sees.texts_until("c").await, ["a", "b", "c"]);
}

/// C-505.
#[tokio::test]
async fn two_devices_never_lose_each_others_keys() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    for n in 0..6 {
        Person::register(&fake, &format!("friend{n}")).await;
    }
    let (one, two) = (alice.connect().await, alice.device().connect().await);
    let create = async |session: &sotto_sdk::Sotto, range: std::ops::Range<u32>| {
        for n in range {
            session
                .create_dm(&[format!("friend{n}")], None)
                .await
                .unwrap();
        }
    };
    tokio::join!(create(&one, 0..3), create(&two, 3..6));
    let third = alice.device().connect().await;
    let dms = third.dms().await.unwrap();
    assert_eq!(dms.len(), 6);
    assert!(dms.iter().all(|dm| dm.locked.is_none()), "{dms:?}");
}

#[tokio::test]
async fn a_lost_ack_neither_loses_nor_doubles() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    Person::register(&fake, "bob").await;
    let session = alice.connect().await;
    fake.state().lose_ack = Some("create_dm");
    let dm = session.create_dm(&names(&["bob"]), None).await.unwrap();
    assert_eq!(fake.state().dms.len(), 1);
    assert_eq!(dm.locked, None);
    fake.state().lose_ack = Some("send_message");
    let sent = session
        .send(dm.id, "once", SendOptions::default())
        .await
        .unwrap();
    assert!(!sent.queued);
    assert_eq!(
        fake.count("alice", "send_message"),
        2,
        "the same bytes went out again"
    );
    assert_eq!(fake.state().messages.len(), 1);
    let found = session.find(dm.id, sent.reference).await.unwrap().unwrap();
    assert_eq!(text(&found), "once");
    fake.state().lose_ack = Some("set_user");
    session.verify("bob").await.unwrap();
    let again = alice.device().connect().await;
    let bob = again.user("bob").await.unwrap();
    assert_eq!(bob.key, sotto_sdk::KeyState::Pinned { verified: true });
    assert!(alice.store.keys("outbox-").unwrap().is_empty());
}

#[tokio::test]
async fn a_send_over_a_lost_connection_waits_for_the_next() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    Person::register(&fake, "bob").await;
    let session = alice.connect().await;
    let dm = session.create_dm(&names(&["bob"]), None).await.unwrap().id;
    for n in 0..4 {
        fake.cut("alice");
        let sent = session
            .send(dm, &n.to_string(), SendOptions::default())
            .await;
        assert!(!sent.unwrap().queued);
    }
    assert_eq!(fake.state().messages.len(), 4);
    assert!(alice.store.keys("outbox-").unwrap().is_empty());
}

#[tokio::test]
async fn a_crash_between_creating_and_keeping_loses_no_key() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    let bob = Person::register(&fake, "bob").await;
    let session = alice.connect().await;
    fake.state().lose_ack = Some("create_dm");
    let creating = tokio::spawn({
        let session = session.clone();
        async move { session.create_dm(&names(&["bob"]), None).await }
    });
    // The server has the DM; the client dies before it hears of it.
    while fake.state().dms.is_empty() {
        tokio::task::yield_now().await;
    }
    creating.abort();
    drop(session);
    let again = alice.device().connect().await;
    let dms = again.dms().await.unwrap();
    assert_eq!((dms.len(), dms[0].locked.clone()), (1, None));
    again
        .send(dms[0].id, "still here", SendOptions::default())
        .await
        .unwrap();
    let bob = bob.connect().await;
    let history = bob.history(dms[0].id, Page::Newest, 5).await.unwrap();
    assert_eq!(text(&history[0]), "still here");
}

#[tokio::test]
async fn a_dm_that_was_left_is_forgotten_on_all_devices() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    Person::register(&fake, "bob").await;
    let (one, two) = (alice.connect().await, alice.device().connect().await);
    let dm = one.create_dm(&names(&["bob"]), None).await.unwrap().id;
    assert_eq!(two.dms().await.unwrap()[0].locked, None);
    two.leave(dm).await.unwrap();
    assert!(one.dms().await.unwrap().is_empty());
    two.leave(dm).await.unwrap();
    let refused = one.history(dm, Page::Newest, 1).await.unwrap_err();
    assert_eq!(refused.code(), Some(sotto_sdk::protocol::Code::NoAccess));
}
