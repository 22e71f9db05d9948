//! Calls: who is reached, and that nobody has to ask for it.

use sotto_protocol::text::DmId;
use sotto_sdk::{Error, Happening, Sotto};

use crate::fake::Fake;
use crate::people::{Person, Watcher};

/// Alice and Bob, both listening, and their DM.
async fn pair(fake: &Fake) -> (Person, [(Sotto, Watcher); 2], DmId) {
    let (alice, bob) = (
        Person::register(fake, "alice").await,
        Person::register(fake, "bob").await,
    );
    let sessions = [alice.follow().await, bob.follow().await];
    let guests = ["bob".to_owned()];
    let dm = sessions[0].0.create_dm(&guests, None).await.unwrap().id;
    (alice, sessions, dm)
}

async fn joined(sees: &mut Watcher, who: &str) {
    sees.until(|happening| {
        matches!(happening, Happening::CallJoined { username, .. } if username == who).then_some(())
    })
    .await;
}

async fn signal(sees: &mut Watcher) -> String {
    sees.until(|happening| match happening {
        Happening::CallSignal { body, .. } => Some(body.clone()),
        Happening::Warning(warning) => panic!("{warning}"),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn r_601_c_308_the_first_in_a_call_knows_who_comes_without_joining_again() {
    let fake = Fake::start().await;
    let (_, [(a, mut a_sees), (b, mut b_sees)], dm) = pair(&fake).await;
    a.join_call(dm).await.unwrap();
    b.join_call(dm).await.unwrap();
    joined(&mut a_sees, "bob").await;
    a.send_call_signal(dm, "bob", "offer").await.unwrap();
    assert_eq!(signal(&mut b_sees).await, "offer");
    b.send_call_signal(dm, "alice", "answer").await.unwrap();
    assert_eq!(signal(&mut a_sees).await, "answer");
    // Bob comes back under another uuid: what Alice seals is for the new one.
    b.leave_call(dm).await.unwrap();
    b.join_call(dm).await.unwrap();
    joined(&mut a_sees, "bob").await;
    b.send_call_signal(dm, "alice", "again").await.unwrap();
    assert_eq!(signal(&mut a_sees).await, "again");
    a.send_call_signal(dm, "bob", "welcome").await.unwrap();
    assert_eq!(signal(&mut b_sees).await, "welcome");
    assert_eq!(fake.count("alice", "join_call"), 1);
    assert_eq!(fake.count("bob", "join_call"), 2);
}

#[tokio::test]
async fn r_601_a_server_that_does_not_say_the_uuid_is_asked() {
    let fake = Fake::start().await;
    fake.lie(|_, event, notice| {
        if event == "user_joined_call" {
            notice.as_object_mut().unwrap().remove("uuid");
        }
    });
    let (_, [(a, mut a_sees), (b, mut b_sees)], dm) = pair(&fake).await;
    a.join_call(dm).await.unwrap();
    b.join_call(dm).await.unwrap();
    joined(&mut a_sees, "bob").await;
    a.send_call_signal(dm, "bob", "offer").await.unwrap();
    assert_eq!(signal(&mut b_sees).await, "offer");
    assert_eq!(fake.count("alice", "join_call"), 2);
}

#[tokio::test]
async fn r_602_a_device_whose_place_another_took_is_in_no_call_and_takes_nothing_back() {
    let fake = Fake::start().await;
    let (alice, [(a, mut a_sees), (b, mut b_sees)], dm) = pair(&fake).await;
    a.join_call(dm).await.unwrap();
    joined(&mut a_sees, "alice").await;
    b.join_call(dm).await.unwrap();
    let phone = alice.device().connect().await;
    phone.join_call(dm).await.unwrap();
    joined(&mut a_sees, "alice").await;
    let refused = a.send_call_signal(dm, "bob", "mine").await.unwrap_err();
    assert!(matches!(refused, Error::Invalid(_)), "{refused}");
    phone.send_call_signal(dm, "bob", "ours").await.unwrap();
    assert_eq!(signal(&mut b_sees).await, "ours");
    assert_eq!(fake.count("alice", "join_call"), 2);
    assert_eq!(fake.count("bob", "join_call"), 1);
}
