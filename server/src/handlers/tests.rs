//! Handlers with a real database, a clock that stands still and a notifier that records: what is answered, and what is told to whom.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use sotto_protocol::Code;
use sotto_protocol::messages::{
    AddReaction, DeleteMessage, GetMessageChanges, GetMessageHistory, SendMessage, SetMessage,
};
use sotto_protocol::notices::Notice;
use sotto_protocol::objects::Message;
use sotto_protocol::text::DmId;

use super::{friends, history, messages, reactions, send};
use crate::clock::SECOND;
use crate::ctx::{Applied, Change};
use crate::error::{Error, Result};
use crate::notify::To;
use crate::store::Tx;
use crate::testing::{Inside, Person};

/// Two friends with a DM.
struct Two {
    inside: Inside,
    alice: Person,
    bob: Person,
    dm: DmId,
}

async fn two() -> Two {
    let inside = Inside::new().await;
    let (alice, bob) = (
        inside.person("alice", 1).await,
        inside.person("bob", 2).await,
    );
    inside.befriend(&alice, &bob).await;
    let dm = inside.dm(&[&alice, &bob]).await;
    Two {
        inside,
        alice,
        bob,
        dm,
    }
}

fn message(person: &Person, dm: DmId, text: &str) -> SendMessage {
    let (message, signature) = person.signs(text.as_bytes());
    SendMessage {
        id: dm,
        message,
        signature,
        schedule: None,
        delete: None,
        schedule_at: None,
    }
}

fn code<T: std::fmt::Debug>(outcome: Result<T>) -> Code {
    match outcome {
        Err(Error::Refused(refusal)) => refusal.code,
        other => panic!("a refusal was expected: {other:?}"),
    }
}

async fn says(inside: &Inside, person: &Person, request: SendMessage) -> Result<()> {
    let change = send::send(person.ctx(), request).await?;
    inside.app.commit(change).await.map(drop)
}

async fn history(person: &Person, dm: DmId) -> Vec<Message> {
    let request = GetMessageHistory {
        id: dm,
        cursor: None,
        count: None,
        limit: None,
        after: None,
    };
    history::history(person.ctx(), request)
        .await
        .expect("history")
}

#[tokio::test(flavor = "multi_thread")]
async fn r_115_timestamps_rise_though_the_clock_stands_still_and_notices_keep_their_order() {
    let Two {
        inside,
        alice,
        bob,
        dm,
    } = two().await;
    let sends = (0..50).map(|n| {
        says(
            &inside,
            &alice,
            message(&alice, dm, &format!("message {n}")),
        )
    });
    assert!(
        join_all(sends)
            .await
            .into_iter()
            .all(|outcome| outcome.is_ok())
    );
    let stored = history(&bob, dm).await;
    assert_eq!(stored.len(), 50);
    assert!(stored.is_sorted_by(|newer, older| newer.timestamp > older.timestamp));
    let told: Vec<_> = inside
        .told()
        .await
        .into_iter()
        .map(|(to, notice)| {
            assert_eq!(to, To::Users([alice.id, bob.id].into()));
            match notice {
                Notice::Message(message) => message,
                other => panic!("{other:?}"),
            }
        })
        .collect();
    assert!(
        told.iter().rev().eq(stored.iter()),
        "told in the order of their timestamps"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn r_403_a_repeated_send_is_answered_and_does_nothing() {
    let Two {
        inside, alice, dm, ..
    } = two().await;
    let again = (0..20).map(|_| says(&inside, &alice, message(&alice, dm, "once")));
    assert!(
        join_all(again)
            .await
            .into_iter()
            .all(|outcome| outcome.is_ok())
    );
    assert_eq!(
        history(&alice, dm).await.len(),
        1,
        "repetitions share a batch"
    );
    assert_eq!(inside.told().await.len(), 1);
    inside
        .clock
        .0
        .fetch_add(8 * 86_400 * SECOND, Ordering::SeqCst);
    says(&inside, &alice, message(&alice, dm, "once"))
        .await
        .expect("a new message");
    assert_eq!(
        history(&alice, dm).await.len(),
        2,
        "after 7 days it is a new one"
    );
}

/// Writes, then is refused, breaks or panics.
enum Fails {
    Refused,
    Broken,
    Panics,
}

impl Change for Fails {
    type Reply = ();

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<()>> {
        crate::store::session::set_failures(tx, crate::store::UserId(1), "here", 7, 7).await?;
        match self {
            Self::Refused => Err(Code::NoAccess.into()),
            Self::Broken => Err(anyhow::anyhow!("on purpose").into()),
            Self::Panics => panic!("on purpose"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_failure_does_not_spoil_the_batch_and_leaves_nothing_behind() {
    let Two {
        inside,
        alice,
        bob,
        dm,
    } = two().await;
    let mut sends = Vec::new();
    let mut failures = Vec::new();
    for n in 0..30 {
        sends.push(says(
            &inside,
            &alice,
            message(&alice, dm, &format!("message {n}")),
        ));
        let failure = match n % 3 {
            0 => Fails::Refused,
            1 => Fails::Broken,
            _ => Fails::Panics,
        };
        failures.push(inside.app.commit(failure));
    }
    let (sent, failed) = tokio::join!(join_all(sends), join_all(failures));
    assert!(sent.into_iter().all(|outcome| outcome.is_ok()));
    for (n, outcome) in failed.into_iter().enumerate() {
        match (n % 3, outcome) {
            (0, Err(Error::Refused(refusal))) => assert_eq!(refusal.code, Code::NoAccess),
            (1 | 2, Err(Error::Broken(_))) => {}
            (_, other) => panic!("{n}: {other:?}"),
        }
    }
    assert_eq!(history(&bob, dm).await.len(), 30);
    let user = crate::store::UserId(1);
    let count = crate::store::session::failures(inside.app.store.reader(), user, "here").await;
    assert_eq!(
        count.expect("a look"),
        0,
        "what a failed change wrote is gone"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn r_318_once_an_unfriend_is_acked_nothing_it_forbids_commits() {
    let Two {
        inside,
        alice,
        bob,
        dm,
    } = two().await;
    let username = serde_json::from_str("\"alice\"").expect("text");
    let end = friends::unfriend(bob.ctx(), sotto_protocol::friends::Unfriend { username });
    let end = end.await.expect("a change");
    let before =
        (0..500).map(|n| says(&inside, &alice, message(&alice, dm, &format!("before {n}"))));
    let (sent, ended) = tokio::join!(join_all(before), inside.app.commit(end));
    ended.expect("the end of a friendship");
    let taken = sent.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(history_len(&alice, dm).await, taken);
    for outcome in sent.into_iter().filter(|outcome| outcome.is_err()) {
        assert_eq!(code(outcome), Code::NotFriends);
    }
    let late = says(&inside, &alice, message(&alice, dm, "late")).await;
    assert_eq!(code(late), Code::NotFriends);
}

async fn history_len(person: &Person, dm: DmId) -> usize {
    let mut cursor = None;
    let mut len = 0;
    loop {
        let request = GetMessageHistory {
            id: dm,
            cursor,
            count: Some(200),
            limit: None,
            after: None,
        };
        let page = history::history(person.ctx(), request)
            .await
            .expect("history");
        let Some(last) = page.last() else { return len };
        cursor = Some(last.timestamp);
        len += page.len();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn erased_slots_are_used_again_and_hold_nothing_of_what_was() {
    let Two {
        inside, alice, dm, ..
    } = two().await;
    for round in 0..3 {
        for n in 0..40 {
            let text = format!("round {round} message {n} {}", "x".repeat(n * 37));
            says(&inside, &alice, message(&alice, dm, &text))
                .await
                .expect("sent");
        }
        let stored = history(&alice, dm).await;
        assert_eq!(stored.len(), 40);
        for message in stored {
            let text = String::from_utf8(message.message.as_bytes().to_vec()).expect("text");
            assert!(text.starts_with(&format!("round {round} ")), "{text}");
            let delete = messages::delete(alice.ctx(), DeleteMessage { id: message.id });
            inside
                .app
                .commit(delete.await.expect("a change"))
                .await
                .expect("deleted");
        }
    }
    let slots = crate::store::content_slots(inside.app.store.reader())
        .await
        .expect("a look");
    assert!(
        slots.total <= 45,
        "three rounds share their slots: {slots:?}"
    );
    assert_eq!(
        slots.dirty_and_free, 0,
        "a free slot is all zeros: {slots:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn r_713_a_change_is_told_under_both_names_and_found_by_who_was_away() {
    let Two {
        inside,
        alice,
        bob,
        dm,
    } = two().await;
    let changes = async |since: Option<String>| {
        let request = GetMessageChanges {
            id: dm,
            since,
            count: None,
        };
        history::changes(bob.ctx(), request).await.expect("changes")
    };
    let start = changes(None).await;
    says(&inside, &alice, message(&alice, dm, "first"))
        .await
        .expect("sent");
    let id = history(&alice, dm).await[0].id;
    inside.told().await;
    let (edited, signature) = alice.signs(b"second");
    let edit = SetMessage {
        id,
        message: Some(edited.clone()),
        signature: Some(signature),
        pinned: Some(true),
    };
    let edit = messages::set(alice.ctx(), edit).await.expect("a change");
    inside.app.commit(edit).await.expect("edited");
    let told: Vec<_> = inside
        .told()
        .await
        .into_iter()
        .map(|(_, notice)| notice)
        .collect();
    match &told[..] {
        [Notice::MessageChange(one), Notice::Message(other)] => {
            assert_eq!(one, other);
            assert!(one.pinned && one.message == edited);
        }
        other => panic!("{other:?}"),
    }
    let (reaction, signature) = bob.signs(b"+1");
    for _ in 0..2 {
        let request = AddReaction {
            id,
            reaction: reaction.clone(),
            signature,
        };
        let react = reactions::add(bob.ctx(), request).await.expect("a change");
        assert_eq!(
            inside.app.commit(react).await.expect("an id").get(),
            1,
            "again is the same"
        );
    }
    let seen = changes(Some(start.cursor)).await;
    assert_eq!(
        seen.messages.len(),
        1,
        "a message that changed twice comes once, as it is now"
    );
    assert_eq!(seen.messages[0].reactions.len(), 1);
    let delete = messages::delete(alice.ctx(), DeleteMessage { id })
        .await
        .expect("a change");
    inside.app.commit(delete).await.expect("deleted");
    let seen = changes(Some(seen.cursor)).await;
    assert_eq!((seen.messages.len(), seen.deleted), (0, vec![id]));
    assert!(changes(Some(seen.cursor)).await.deleted.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_file_is_refused() {
    let inside = Inside::new().await;
    let options = crate::store::OpenOptions {
        url: format!("sqlite://{}", inside.database().display()),
        readers: 1,
        durable: true,
        queue_depth: 1,
        keep_us: 0,
    };
    let clock: crate::clock::SharedClock = Arc::<crate::testing::FixedClock>::clone(&inside.clock);
    let refused = crate::store::open(&options, clock).await.map(drop);
    let sentence = format!("{:#}", refused.expect_err("a lock"));
    assert!(
        sentence.contains("another server") && !sentence.contains('\n'),
        "{sentence}"
    );
}
