//! A client that dies at every point of creating and joining: no DM is ever left without a key.

use std::pin::Pin;
use std::task::{Context, Poll};

use sotto_sdk::{Page, SendOptions};

use crate::fake::Fake;
use crate::people::{Person, text};

/// Lets a future be polled so many times; then it is dropped where it stands.
struct Dies<F> {
    work: Pin<Box<F>>,
    polls: usize,
}

impl<F: Future> Future for Dies<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        self.work.as_mut().poll(context).map(Some)
    }
}

fn dies<F: Future>(polls: usize, work: F) -> Dies<F> {
    Dies {
        work: Box::pin(work),
        polls,
    }
}

/// More polls than any of the tests needs: reached only by one that never ends.
const FAR: usize = 10_000;

async fn all_open(person: &Person, polls: usize) {
    let session = person.device().connect().await;
    let dms = session.dms().await.unwrap();
    for dm in dms {
        assert_eq!(dm.locked, None, "after {polls} polls");
    }
    session.close().await.unwrap();
}

#[tokio::test]
async fn dying_while_creating_leaves_no_dm_without_a_key() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    Person::register(&fake, "bob").await;
    let mut deaths = 0;
    for polls in 0..FAR {
        let session = alice.connect().await;
        let creating = async { session.create_dm(&["bob".to_owned()], None).await };
        let outcome = dies(polls, creating).await;
        drop(session);
        // A request that was on its way may still make a DM; then the next round sees it.
        all_open(&alice, polls).await;
        match outcome {
            Some(created) => {
                created.unwrap();
                assert!(deaths > 3, "it did die on the way");
                return;
            }
            None => deaths += 1,
        }
    }
}

#[tokio::test]
async fn dying_while_joining_acks_nothing_that_is_not_kept() {
    let fake = Fake::start().await;
    let alice = Person::register(&fake, "alice").await;
    let bob = Person::register(&fake, "bob").await;
    let creator = alice.connect().await;
    let dm = creator
        .create_dm(&["bob".to_owned()], None)
        .await
        .unwrap()
        .id;
    creator
        .send(dm, "welcome", SendOptions::default())
        .await
        .unwrap();
    let fresh = fake.state().users["bob"]["own_storage"].clone();
    let mut deaths = 0;
    for polls in 0..FAR {
        let device = bob.device();
        let outcome = dies(polls, device.try_connect()).await;
        {
            let state = fake.state();
            let kept = state.users["bob"]["own_storage"] != fresh;
            let acked = state.dms[&dm.get()].acked.contains("bob");
            assert!(
                kept || !acked,
                "acked before it was kept, after {polls} polls"
            );
        }
        match outcome {
            Some(session) => {
                let session = session.unwrap();
                let history = session.history(dm, Page::Newest, 1).await.unwrap();
                assert_eq!(text(&history[0]), "welcome");
                assert!(deaths > 3, "it did die on the way");
                return;
            }
            None => deaths += 1,
        }
    }
}
