//! Does at its time what is to be done at a time: timed events as rows, and the periodic sweeps.

mod due;
mod sweeps;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::Result;
use crate::store::timed;

pub use sweeps::{Sweeps, start as start_sweeps};

/// The longest sleep: wall clocks step and machines suspend, while tokio's sleeps do neither.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);
/// How long to wait after a failure of the database.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Carries out timed events until told to stop. What fell due while the server was down comes first.
pub async fn run(app: Arc<App>, mut planned: watch::Receiver<i64>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let next_us = match do_what_is_due(&app, &mut planned, &stop).await {
            Ok(next_us) => next_us,
            Err(cause) => {
                drop(cause.into_refusal("timed"));
                tokio::select! {
                    () = tokio::time::sleep(AFTER_FAILURE) => continue,
                    () = stop.cancelled() => return,
                }
            }
        };
        tokio::select! {
            () = app.clock.wait_until(next_us.unwrap_or(i64::MAX), LONGEST_SLEEP) => {}
            changed = planned.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            () = stop.cancelled() => return,
        }
    }
}

/// Everything that is due now, or until told to stop: a long backlog must not hold up going down. When the next is due.
async fn do_what_is_due(
    app: &App,
    planned: &mut watch::Receiver<i64>,
    stop: &CancellationToken,
) -> Result<Option<i64>> {
    loop {
        // Seen before the look at the table: what is planned after it wakes the loop.
        planned.mark_unchanged();
        let next_us = timed::next_due(app.store.reader()).await?;
        match next_us {
            Some(due_us) if due_us <= app.clock.now_us() && !stop.is_cancelled() => {
                do_a_batch(app).await?;
            }
            _ => return Ok(next_us),
        }
    }
}

/// A batch of what is due; where that breaks, one by one, so that the culprit is put off and the others are not.
async fn do_a_batch(app: &App) -> Result<()> {
    match app.commit(due::DoWhatIsDue { limit: due::BATCH }).await {
        Err(cause) if !cause.is_out_of_reach() => drop(cause.into_refusal("timed")),
        done => return done,
    }
    for _ in 0..due::BATCH {
        match app.commit(due::DoWhatIsDue { limit: 1 }).await {
            Err(cause) if !cause.is_out_of_reach() => app.commit(due::PutOff).await?,
            done => done?,
        }
    }
    Ok(())
}
