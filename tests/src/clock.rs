//! A clock that only the test moves; for `TestServer`.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use sotto_server::{Clock, SystemClock};
use tokio::sync::watch;

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in a day.
pub const DAY: i64 = 86_400 * SECOND;

/// Stands still until it is moved. Begins at the real time, so that timestamps look like today's.
#[derive(Debug)]
pub struct HandClock(watch::Sender<i64>);

impl Default for HandClock {
    fn default() -> Self {
        Self(watch::Sender::new(SystemClock.now_us()))
    }
}

impl HandClock {
    /// Moves it on, or back, by so many seconds. Whoever waits for a moment that has come by then wakes.
    pub fn moves(&self, seconds: i64) {
        self.moves_us(seconds * SECOND);
    }

    /// Moves it by so many microseconds.
    pub fn moves_us(&self, micros: i64) {
        self.0.send_modify(|now_us| *now_us += micros);
    }
}

impl Clock for HandClock {
    fn now_us(&self) -> i64 {
        *self.0.borrow()
    }

    fn wait_until(
        &self,
        due_us: i64,
        at_most: Duration,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut time = self.0.subscribe();
        Box::pin(async move {
            // Too early is allowed; and the sender lives as long as `self`.
            drop(tokio::time::timeout(at_most, time.wait_for(|now_us| *now_us >= due_us)).await);
        })
    }
}
