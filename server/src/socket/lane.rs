//! One connection's events, carried out in the order sent: writes are handed to the writer without waiting for each commit, everything
//! else first waits for them, and so acks leave in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sotto_protocol::Refusal;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::dispatch::{Answer, Edge};
use super::hub::Connection;
use super::routes::Route;

/// An event that waits for its turn.
pub(super) struct Queued {
    /// What it is; `None` for a name that stands in no table.
    pub route: Option<&'static Route>,
    /// Its one argument as JSON, if it has one; or what is wrong with it.
    pub argument: Result<Option<String>, Refusal>,
    /// Where the answer goes.
    pub answer: Answer,
}

/// Where a connection's events are handed in.
#[derive(Clone)]
pub(super) struct Lane {
    events: mpsc::Sender<(Queued, usize)>,
    bytes: Arc<AtomicUsize>,
    max_bytes: usize,
    /// Who is not logged in may have others of the same address beside it, so it is given room for one frame.
    max_guest_bytes: usize,
}

/// How many writes of one connection may be on their way to the disk.
const IN_FLIGHT: u32 = 256;

/// The writes of one connection that are on their way to the disk.
pub(super) struct Outstanding(Arc<Semaphore>);

impl Outstanding {
    /// Room for one more; given back when its answer is sent.
    pub(super) async fn one_more(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).acquire_owned().await.ok()
    }

    /// Waits until all are answered.
    pub(super) async fn settled(&self) {
        drop(self.0.acquire_many(IN_FLIGHT).await);
    }
}

impl Lane {
    /// Starts a connection's lane; it ends when the connection is over and everything that was taken is carried out.
    pub(super) fn start(edge: Arc<Edge>, connection: Arc<Connection>) -> Self {
        let limits = &edge.app.config.limits;
        let (events, mut queue) = mpsc::channel(limits.max_lane);
        let bytes = Arc::new(AtomicUsize::new(0));
        let lane = Self {
            events,
            bytes: Arc::clone(&bytes),
            max_bytes: limits.max_lane_bytes,
            max_guest_bytes: limits.max_frame.min(limits.max_lane_bytes),
        };
        let read_ahead = limits.max_queue_bytes / 4;
        let tracker = edge.lanes.clone();
        tracker.spawn(async move {
            let outstanding = Outstanding(Arc::new(Semaphore::new(IN_FLIGHT as usize)));
            loop {
                let next = tokio::select! {
                    biased;
                    next = queue.recv() => next,
                    () = connection.over.cancelled() => {
                        queue.close();
                        queue.try_recv().ok()
                    }
                };
                let Some((event, size)) = next else { break };
                bytes.fetch_sub(size, Ordering::Relaxed);
                // A client that asks faster than it reads waits here, not in our memory.
                connection.wire.drained_to(read_ahead).await;
                edge.carry_out(&connection, event, &outstanding).await;
            }
            edge.device_gone(&connection).await;
        });
        lane
    }

    /// Queues an event.
    ///
    /// # Errors
    /// The event, where the lane is full.
    pub(super) fn push(&self, event: Queued, is_member: bool) -> Result<(), Box<Queued>> {
        let max_bytes = if is_member {
            self.max_bytes
        } else {
            self.max_guest_bytes
        };
        let argument = event.argument.as_ref().ok().and_then(Option::as_ref);
        let size = argument.map_or(0, String::len);
        if self.bytes.fetch_add(size, Ordering::Relaxed) + size > max_bytes {
            self.bytes.fetch_sub(size, Ordering::Relaxed);
            return Err(Box::new(event));
        }
        self.events.try_send((event, size)).map_err(|full| {
            self.bytes.fetch_sub(size, Ordering::Relaxed);
            Box::new(full.into_inner().0)
        })
    }
}
