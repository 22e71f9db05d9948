//! The periodic sweeps, run by tokio-cron-scheduler: what nobody waits for to the second.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use anyhow::Context;
use tokio_cron_scheduler::{Job, JobScheduler};

use super::due;
use crate::app::App;
use crate::clock::DAY;
use crate::ctx::{Applied, Change};
use crate::error::{Error, Result};
use crate::notify::Outbox;
use crate::store::{Tx, messages, sweep};

/// How many messages past their retention share a transaction.
const BATCH: u64 = 256;

/// The running sweeps.
pub struct Sweeps(JobScheduler);

impl Sweeps {
    /// Stops them.
    pub async fn stop(mut self) {
        if let Err(cause) = self.0.shutdown().await {
            tracing::warn!(%cause, "stopping the sweeps failed");
        }
    }
}

/// Starts the sweeps; `connections` is what is done every few seconds about connections.
///
/// # Errors
/// Where a schedule is malformed.
pub async fn start(
    app: Arc<App>,
    connections: impl Fn() + Send + Sync + 'static,
) -> anyhow::Result<Sweeps> {
    let scheduler = JobScheduler::new()
        .await
        .context("the sweeps could not be set up")?;
    // Sessions: silent strangers, stale challenges, idle rate limiters.
    let connections = Arc::new(connections);
    add(&scheduler, "*/5 * * * * *", move || {
        connections();
        Box::pin(async {})
    })
    .await?;
    let rates = Arc::clone(&app);
    add(&scheduler, "30 * * * * *", move || {
        rates.rates.forget_idle();
        Box::pin(async {})
    })
    .await?;
    for (schedule, what) in [
        ("*/5 * * * * *", Sweep::Retention),
        ("45 */10 * * * *", Sweep::Old),
        ("20 */15 * * * *", Sweep::Wal),
        ("50 10 4 * * *", Sweep::Optimize),
    ] {
        let app = Arc::clone(&app);
        add(&scheduler, schedule, move || {
            let app = Arc::clone(&app);
            Box::pin(async move { run(&app, what).await })
        })
        .await?;
    }
    scheduler
        .start()
        .await
        .context("the sweeps could not be started")?;
    // What became old while the server was down does not wait for the next round, nor the server for it: it may be much.
    tokio::spawn(async move {
        for what in [Sweep::Retention, Sweep::Old] {
            run(&app, what).await;
        }
    });
    Ok(Sweeps(scheduler))
}

async fn add(
    scheduler: &JobScheduler,
    schedule: &str,
    job: impl Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync + 'static,
) -> anyhow::Result<()> {
    let job = Job::new_async(schedule, move |_, _| job())?;
    scheduler.add(job).await?;
    Ok(())
}

/// What is swept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sweep {
    /// Marks, tombstones and lockouts that have served their time.
    Old,
    /// The planner's statistics.
    Optimize,
    /// Messages past `SOTTO_RETENTION_DAYS`.
    Retention,
    /// The WAL, so that it does not stay long after a busy hour.
    Wal,
}

async fn run(app: &App, what: Sweep) {
    let days = i64::from(app.config.retention_days);
    let outcome = match what {
        Sweep::Retention if days == 0 => Ok(()),
        Sweep::Retention => retain(app, days * DAY).await,
        other => app.commit(Housekeeping(other)).await,
    };
    match outcome {
        Ok(()) => {}
        // Going down: the next start goes on with it.
        Err(_) if app.store.writer().is_closed() => {}
        // Going down: the next start sweeps again.
        Err(Error::Broken(_)) if app.store.writer().is_closed() => {}
        Err(cause @ Error::Broken(_)) => drop(cause.into_refusal("sweep")),
        Err(Error::Refused(refusal)) => tracing::warn!(%refusal, ?what, "a sweep was refused"),
    }
}

/// Removes what is too old, a batch after the other, so that other changes get their turn.
async fn retain(app: &App, keep_us: i64) -> Result<()> {
    while app.commit(Retain { keep_us }).await? {}
    Ok(())
}

/// A batch of messages past their retention; whether there may be more.
struct Retain {
    keep_us: i64,
}

impl Change for Retain {
    type Reply = bool;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<bool>> {
        let rows = messages::sent_before(tx.db(), tx.now_us() - self.keep_us, BATCH).await?;
        let more = rows.len() as u64 == BATCH;
        let mut outbox = Outbox::default();
        due::remove(tx, rows, &mut outbox).await?;
        Ok(Applied {
            reply: more,
            outbox,
        })
    }
}

struct Housekeeping(Sweep);

impl Change for Housekeeping {
    type Reply = ();

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<()>> {
        match self.0 {
            Sweep::Old => sweep::forget_old(tx).await?,
            Sweep::Optimize => sweep::optimize(tx).await?,
            Sweep::Wal => sweep::truncate_wal_soon(tx),
            Sweep::Retention => {}
        }
        Ok(Applied::quietly(()))
    }
}
