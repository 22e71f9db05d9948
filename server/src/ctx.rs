//! All that a handler may hold, and the shape of what it does: a read answers at once, a write hands a [`Change`] to the writer.

use std::any::{Any, TypeId};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use sotto_protocol::Code;
use tokio::sync::oneshot;

use crate::app::App;
use crate::error::{Error, Result};
use crate::notify::{Actor, Outbox, Teller};
use crate::session::{Me, Session};
use crate::store::messages::Living;
use crate::store::writer::{ApplyAll, Job};
use crate::store::{Store, Tx, UserId};

/// A connection that may or may not be logged in.
#[derive(Clone, Debug)]
pub struct Guest;

/// A connection that is logged in.
#[derive(Clone, Debug)]
pub struct Member(pub Arc<Me>);

/// Who a handler is for; decided by its type, so that it cannot disagree with its body.
pub trait Who: Sized + Send + 'static {
    /// Who is at the other end.
    ///
    /// # Errors
    /// `not_logged_in` where the handler asks for a member.
    fn of(session: &Session) -> Result<Self>;
}

impl Who for Guest {
    fn of(_: &Session) -> Result<Self> {
        Ok(Self)
    }
}

impl Who for Member {
    fn of(session: &Session) -> Result<Self> {
        session
            .me()
            .map(Self)
            .ok_or_else(|| Code::NotLoggedIn.into())
    }
}

/// What a handler holds.
#[derive(Clone, Debug)]
pub struct Ctx<W> {
    /// Everything built once.
    pub app: Arc<App>,
    /// The connection.
    pub session: Arc<Session>,
    who: W,
}

impl<W: Who> Ctx<W> {
    /// The context of an event on this connection.
    ///
    /// # Errors
    /// `not_logged_in` where the handler asks for a member.
    pub fn new(app: Arc<App>, session: Arc<Session>) -> Result<Self> {
        let who = W::of(&session)?;
        Ok(Self { app, session, who })
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.app.store
    }

    /// Which messages there are now.
    pub fn living(&self) -> Living {
        self.store().living(self.now_us())
    }

    /// Microseconds since 1970.
    pub fn now_us(&self) -> i64 {
        self.app.clock.now_us()
    }
}

impl Ctx<Member> {
    /// Who is logged in.
    pub fn me(&self) -> &Arc<Me> {
        &self.who.0
    }

    /// The user's id.
    pub fn my_id(&self) -> UserId {
        self.who.0.id
    }

    /// Who acts, and on which device.
    pub fn actor(&self) -> Actor {
        Actor {
            me: Arc::clone(&self.who.0),
            device: self.session.device,
        }
    }
}

/// What a change came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied<R> {
    /// What the caller is answered.
    pub reply: R,
    /// What others are told afterwards.
    pub outbox: Outbox,
}

impl<R> Applied<R> {
    /// An answer, and nothing to tell.
    pub fn quietly(reply: R) -> Self {
        Self {
            reply,
            outbox: Outbox::default(),
        }
    }
}

/// A change to the database: find, may they, do, tell, all within the writer's transaction, so that the rules see the very state they
/// protect.
pub trait Change: Sized + Send + Sync + 'static {
    /// What the caller is answered.
    type Reply: Send + 'static;

    /// Applies it. May be called again after a rollback.
    fn apply(&self, tx: &mut Tx) -> impl Future<Output = Result<Applied<Self::Reply>>> + Send;

    /// Applies neighbours in a batch together; one after the other unless a kind knows better.
    fn apply_all(
        batch: &[&Self],
        tx: &mut Tx,
    ) -> impl Future<Output = Vec<Result<Applied<Self::Reply>>>> + Send {
        async move {
            let mut verdicts = Vec::with_capacity(batch.len());
            for change in batch {
                let writes = tx.writes();
                let verdict = change.apply(tx).await;
                if verdict.is_err() && tx.writes() != writes {
                    tx.spoil();
                }
                verdicts.push(verdict);
            }
            verdicts
        }
    }
}

/// A change in the writer's queue.
struct Submitted<C: Change> {
    change: C,
    applied: Option<Applied<C::Reply>>,
    teller: Arc<Teller>,
    answer: Box<dyn FnOnce(Result<C::Reply>) + Send>,
}

impl<C: Change> Job for Submitted<C> {
    fn kind(&self) -> TypeId {
        TypeId::of::<C>()
    }

    fn apply(&self) -> ApplyAll {
        apply_all::<C>
    }

    fn as_any(&mut self) -> &mut (dyn Any + Send) {
        self
    }

    fn finish(self: Box<Self>, outcome: Result<()>) {
        match (outcome, self.applied) {
            (Ok(()), Some(applied)) => {
                (self.answer)(Ok(applied.reply));
                self.teller.tell(applied.outbox);
            }
            (Ok(()), None) => {
                (self.answer)(Err(anyhow::anyhow!(
                    "a change was committed without a result"
                )
                .into()));
            }
            (Err(cause), _) => (self.answer)(Err(cause)),
        }
    }
}

fn apply_all<'a, C: Change>(
    jobs: &'a mut [&'a mut (dyn Any + Send)],
    tx: &'a mut Tx,
) -> Pin<Box<dyn Future<Output = Vec<Result<()>>> + Send + 'a>> {
    Box::pin(async move {
        let mut jobs: Vec<&mut Submitted<C>> = jobs
            .iter_mut()
            .filter_map(|job| job.downcast_mut())
            .collect();
        let changes: Vec<&C> = jobs.iter().map(|job| &job.change).collect();
        let verdicts = C::apply_all(&changes, tx).await;
        let keep = |(job, verdict): (&mut &mut Submitted<C>, Result<Applied<C::Reply>>)| {
            verdict.map(|applied| job.applied = Some(applied))
        };
        jobs.iter_mut().zip(verdicts).map(keep).collect()
    })
}

impl App {
    /// Hands a change to the writer. `answer` is called once, in commit order, before what the change tells leaves.
    ///
    /// # Errors
    /// `unavailable` where the queue is full; `answer` is then never called.
    pub fn submit<C: Change>(
        &self,
        change: C,
        answer: impl FnOnce(Result<C::Reply>) + Send + 'static,
    ) -> Result<()> {
        self.store.writer().submit(self.job(change, answer))
    }

    /// Hands a change of our own to the writer and waits for its outcome.
    ///
    /// # Errors
    /// What the change was refused with, or why it could not be carried out.
    pub async fn commit<C: Change>(&self, change: C) -> Result<C::Reply> {
        let (answer, outcome) = oneshot::channel();
        let job = self.job(change, move |result| drop(answer.send(result)));
        self.store.writer().submit_patiently(job).await?;
        outcome
            .await
            .map_err(|_| Error::Broken(anyhow::anyhow!("the writer went away")))?
    }

    fn job<C: Change>(
        &self,
        change: C,
        answer: impl FnOnce(Result<C::Reply>) + Send + 'static,
    ) -> Submitted<C> {
        let teller = Arc::clone(&self.teller);
        Submitted {
            change,
            applied: None,
            teller,
            answer: Box::new(answer),
        }
    }
}
