//! The only real clock and the only dice: everything else is handed them, so that tests can move time by hand.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::TryRng;

/// What time it is.
pub trait Clock: Send + Sync + 'static {
    /// Microseconds since 1970, UTC.
    fn now_us(&self) -> i64;

    /// Completes when `now_us` may have reached `due_us`, and at the latest after `at_most`. It may wake early: ask `now_us` again.
    fn wait_until(
        &self,
        due_us: i64,
        at_most: Duration,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// A clock that everyone shares.
pub type SharedClock = Arc<dyn Clock>;

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the clock"
    )]
    fn now_us(&self) -> i64 {
        let since_1970 = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX)
    }

    fn wait_until(
        &self,
        due_us: i64,
        at_most: Duration,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let left = u64::try_from(due_us.saturating_sub(self.now_us())).unwrap_or(0);
        Box::pin(tokio::time::sleep(Duration::from_micros(left).min(at_most)))
    }
}

/// Sleeps until a moment of tokio's clock, or for ever where there is none.
pub async fn until(moment: Option<tokio::time::Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Fills an array with bytes of the operating system's generator.
///
/// # Errors
/// Where the operating system has none to give.
pub fn random_bytes<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    rand::rngs::SysRng.try_fill_bytes(&mut bytes)?;
    Ok(bytes)
}

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in a day.
pub const DAY: i64 = 86_400 * SECOND;
