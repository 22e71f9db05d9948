//! Group commit: one task owns the one write connection, commits what is queued as one transaction, and then lets every job
//! tell its outcome, in commit order (`docs/decisions/0003`).

use std::any::{Any, TypeId};
use std::collections::VecDeque;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::open::WriteSide;
use super::tx::Tx;
use crate::clock::{SharedClock, until};
use crate::error::{Error, OutOfReach, Result};

/// The most jobs that share a transaction.
const BATCH: usize = 256;
/// How long freed bytes may stay in the WAL before it is truncated: the promise is 10 s.
const ERASE_WITHIN: Duration = Duration::from_secs(2);
/// How soon a truncation that readers held up is tried again.
const ERASE_AGAIN: Duration = Duration::from_millis(200);
/// A WAL beyond this many bytes is checkpointed even when nothing was erased.
const WAL_LIMIT: u64 = 32 << 20;

/// A change to the database and what follows from its outcome.
pub trait Job: Send + 'static {
    /// Jobs of one kind that stand next to each other in a batch are applied together.
    fn kind(&self) -> TypeId;

    /// How jobs of this kind are applied: one verdict each, in order.
    ///
    /// May run again on the same jobs after a rollback, so it keeps its result in the job and changes nothing else but `tx`.
    fn apply(&self) -> ApplyAll;

    /// The job, for `apply` to find its own type again.
    fn as_any(&mut self) -> &mut (dyn Any + Send);

    /// Called once, in commit order, when the change is durable or has failed for good.
    fn finish(self: Box<Self>, outcome: Result<()>);
}

/// Applies jobs of one kind within a transaction.
pub type ApplyAll = for<'a> fn(
    &'a mut [&'a mut (dyn Any + Send)],
    &'a mut Tx,
) -> Pin<Box<dyn Future<Output = Vec<Result<()>>> + Send + 'a>>;

/// Where jobs are handed in.
#[derive(Clone)]
pub struct Queue {
    jobs: mpsc::Sender<Box<dyn Job>>,
    healthy: Arc<AtomicBool>,
    closed: CancellationToken,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue")
            .field("free", &self.jobs.capacity())
            .finish()
    }
}

impl Queue {
    /// Hands a job in without waiting.
    ///
    /// # Errors
    /// `unavailable` when the queue is full or the server is going down.
    pub fn submit(&self, job: impl Job) -> Result<()> {
        self.jobs
            .try_send(Box::new(job))
            .map_err(|_| Error::Broken(OutOfReach.into()))
    }

    /// Hands a job in, waiting for room; for work that nobody can be told to try again.
    ///
    /// # Errors
    /// `unavailable` when the server is going down.
    pub async fn submit_patiently(&self, job: impl Job) -> Result<()> {
        self.jobs
            .send(Box::new(job))
            .await
            .map_err(|_| Error::Broken(OutOfReach.into()))
    }

    /// Takes no more jobs; the writer ends when those that wait are committed and told.
    pub fn close(&self) {
        self.closed.cancel();
    }

    /// Whether it takes no more changes, since the server goes down.
    pub fn is_closed(&self) -> bool {
        self.closed.is_cancelled()
    }

    /// Whether the last batch could be committed.
    pub fn healthy(&self) -> bool {
        self.healthy.load(Ordering::Relaxed)
    }
}

/// A job with its verdict, on its way to being told.
type Told = (Box<dyn Job>, Result<()>);

/// The task that writes.
pub(super) struct Writer {
    side: WriteSide,
    clock: SharedClock,
    jobs: mpsc::Receiver<Box<dyn Job>>,
    told: mpsc::Sender<Vec<Told>>,
    healthy: Arc<AtomicBool>,
    closed: CancellationToken,
    /// When the WAL has to be truncated, if anything was erased since the last time.
    truncate_at: Option<Instant>,
}

/// The tasks of a started writer: they end when every [`Queue`] is gone and everything is committed and told.
#[derive(Debug)]
pub struct Running {
    writer: tokio::task::JoinHandle<()>,
    teller: tokio::task::JoinHandle<()>,
}

impl Running {
    /// Waits for both to end.
    pub async fn ended(self) {
        for task in [self.writer, self.teller] {
            if let Err(cause) = task.await {
                tracing::error!(%cause, "a task of the writer broke");
            }
        }
    }
}

impl Writer {
    /// Starts the writer; `depth` jobs may wait.
    pub(super) fn start(side: WriteSide, clock: SharedClock, depth: usize) -> (Queue, Running) {
        let (sender, jobs) = mpsc::channel(depth);
        // Two batches: the next may commit while the last one is told, and no more pile up.
        let (told, mut to_tell) = mpsc::channel::<Vec<Told>>(2);
        let healthy = Arc::new(AtomicBool::new(true));
        let closed = CancellationToken::new();
        let queue = Queue {
            jobs: sender,
            healthy: Arc::clone(&healthy),
            closed: closed.clone(),
        };
        let writer = Self {
            side,
            clock,
            jobs,
            told,
            healthy,
            closed,
            // What was erased before a crash may still be in the WAL.
            truncate_at: Some(Instant::now()),
        };
        let teller = tokio::spawn(async move {
            while let Some(batch) = to_tell.recv().await {
                for (job, outcome) in batch {
                    if std::panic::catch_unwind(AssertUnwindSafe(|| job.finish(outcome))).is_err() {
                        tracing::error!("telling the outcome of a job panicked");
                    }
                }
            }
        });
        (
            queue,
            Running {
                writer: tokio::spawn(writer.run()),
                teller,
            },
        )
    }

    async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let truncate_at = self.truncate_at;
            let received = tokio::select! {
                biased;
                () = until(truncate_at.map(Into::into)) => {
                    self.truncate().await;
                    continue;
                }
                () = self.closed.cancelled(), if !self.jobs.is_closed() => {
                    self.jobs.close();
                    continue;
                }
                received = self.jobs.recv_many(&mut batch, BATCH) => received,
            };
            if received == 0 {
                break;
            }
            metrics::histogram!("sotto_commit_batch_size").record(received as f64);
            metrics::gauge!("sotto_writer_queue_depth").set(self.jobs.len() as f64);
            let began = Instant::now();
            let told = self.commit(std::mem::take(&mut batch)).await;
            metrics::histogram!("sotto_commit_seconds").record(began.elapsed().as_secs_f64());
            let wal_bytes = self.side.wal_bytes();
            metrics::gauge!("sotto_wal_bytes").set(wal_bytes as f64);
            if self.told.send(told).await.is_err() {
                break;
            }
            if self.truncate_at.is_none() && wal_bytes > WAL_LIMIT {
                self.truncate().await;
            }
        }
        self.truncate().await;
        self.side.close().await;
    }

    /// Commits a batch as one transaction; where that fails, job by job, so that only the culprit suffers.
    async fn commit(&mut self, mut batch: Vec<Box<dyn Job>>) -> Vec<Told> {
        match self.attempt(&mut batch).await {
            Ok(verdicts) => {
                self.healthy.store(true, Ordering::Relaxed);
                return batch.into_iter().zip(verdicts).collect();
            }
            // Out of reach for one is out of reach for all, and each try may wait for seconds.
            Err(cause) if batch.len() > 1 && !cause.is_out_of_reach() => {
                tracing::debug!(
                    cause = format!("{cause:?}"),
                    "a batch is committed one by one"
                );
            }
            Err(cause) => return self.give_up(batch, cause),
        }
        let mut told = Vec::with_capacity(batch.len());
        let mut singly: VecDeque<_> = batch.into();
        while let Some(job) = singly.pop_front() {
            let mut alone = vec![job];
            match self.attempt(&mut alone).await {
                Ok(verdicts) => {
                    self.healthy.store(true, Ordering::Relaxed);
                    told.extend(alone.into_iter().zip(verdicts));
                }
                Err(cause) => told.extend(self.give_up(alone, cause)),
            }
        }
        told
    }

    /// The one job that could not be committed, or all where none can be, with why.
    fn give_up(&self, jobs: Vec<Box<dyn Job>>, cause: Error) -> Vec<Told> {
        if matches!(cause, Error::Broken(_)) {
            self.healthy.store(false, Ordering::Relaxed);
        }
        let mut cause = Some(cause);
        let mut why = || cause.take().unwrap_or(Error::Broken(OutOfReach.into()));
        jobs.into_iter().map(|job| (job, Err(why()))).collect()
    }

    /// One transaction over `batch`. `Err`: nothing of it happened, and it may be tried again in smaller pieces.
    async fn attempt(&mut self, batch: &mut [Box<dyn Job>]) -> Result<Vec<Result<()>>> {
        let mut tx = self.side.begin(self.clock.now_us()).await?;
        match apply_all(batch, &mut tx).await {
            Ok(verdicts) => {
                let erased = tx.commit(&mut self.side).await?;
                if erased && self.truncate_at.is_none() {
                    self.truncate_at = Some(Instant::now() + ERASE_WITHIN);
                }
                Ok(verdicts)
            }
            Err(cause) => {
                tx.roll_back(&mut self.side).await;
                Err(cause)
            }
        }
    }

    /// Copies the WAL into the database and cuts it to nothing, so that no erased byte is left in it.
    async fn truncate(&mut self) {
        match self.side.truncate_wal().await {
            Ok(true) => self.truncate_at = None,
            Ok(false) => {
                tracing::debug!("readers hold the WAL; truncating it again soon");
                self.truncate_at = Some(Instant::now() + ERASE_AGAIN);
            }
            Err(cause) => {
                tracing::error!(%cause, "the WAL could not be truncated");
                self.truncate_at = Some(Instant::now() + ERASE_AGAIN);
            }
        }
    }
}

/// Runs the jobs in order, neighbours of one kind together. `Err` where the transaction must not be committed: a job broke, or was
/// refused after it had written.
async fn apply_all(batch: &mut [Box<dyn Job>], tx: &mut Tx) -> Result<Vec<Result<()>>> {
    let mut verdicts = Vec::with_capacity(batch.len());
    for group in batch.chunk_by_mut(|one, next| one.kind() == next.kind()) {
        let apply = group[0].apply();
        let mut jobs: Vec<&mut (dyn Any + Send)> =
            group.iter_mut().map(|job| job.as_any()).collect();
        let applied = AssertUnwindSafe(apply(&mut jobs, tx)).catch_unwind().await;
        for verdict in applied.map_err(|_| Error::Broken(anyhow::anyhow!("a handler panicked")))? {
            match verdict {
                Err(cause) if tx.is_spoilt() || matches!(cause, Error::Broken(_)) => {
                    return Err(cause);
                }
                verdict => verdicts.push(verdict),
            }
        }
    }
    Ok(verdicts)
}
