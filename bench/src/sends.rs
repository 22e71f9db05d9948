//! How many durable `send_message` acks and deliveries a second, how long an ack takes, what a send costs the server.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::figures::{Spread, Table, maybe, number};
use crate::people::{Group, Person};
use crate::pool::{Pool, Recipe};
use crate::probe::Sample;
use crate::server::{Place, Server};
use crate::wire::{Connection, Packet};

/// How long what was sent may take to reach everyone when nothing new is sent.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest time that the rate is estimated over before the measurement.
const WARM_UP: Duration = Duration::from_secs(2);
/// Messages of one sender while warming up.
const WARM_UP_MESSAGES: usize = 2_000;

/// One measurement.
#[derive(Clone, Debug, Args)]
pub struct Sends {
    /// Members of each group, all of them connected; the first one sends
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(2..=256))]
    pub group: u16,
    /// Groups that are written in at the same time
    #[arg(long, value_name = "G", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    pub groups: u16,
    /// Messages of each sender that are on their way at the same time
    #[arg(long, value_name = "K", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub in_flight: u16,
    /// How long to measure
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub seconds: u64,
    /// Bytes of each message
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(16..=65_536))]
    pub bytes: u32,
}

impl Sends {
    /// The subcommand that makes this measurement.
    #[must_use]
    pub fn command(&self) -> String {
        format!(
            "sends --group {} --groups {} --in-flight {} --seconds {} --bytes {}",
            self.group, self.groups, self.in_flight, self.seconds, self.bytes
        )
    }
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was measured.
    pub of: Sends,
    /// Over how many seconds.
    pub seconds: f64,
    /// Whether the signed messages were used up before the time was.
    pub cut_short: bool,
    /// Acks a second.
    pub acks: f64,
    /// Deliveries a second: notices of the messages that reached a member.
    pub deliveries: f64,
    /// From writing the event to reading its ack, in milliseconds.
    pub latency: Spread,
    /// Processor time of the server for each ack, in microseconds.
    pub cpu_per_send: Option<f64>,
    /// Processor time of the server for each delivery, in microseconds.
    pub cpu_per_delivery: Option<f64>,
    /// How many cores the server kept busy.
    pub server_cores: Option<f64>,
    /// How many cores the load kept busy; near 1, the load is what was measured.
    pub load_cores: f64,
    /// Changes that shared a commit, on average.
    pub batch: Option<f64>,
    /// How long a commit took on average, in milliseconds.
    pub commit: Option<f64>,
}

impl Report {
    /// The head of the table that [`Report::cells`] fits.
    #[must_use]
    pub fn table() -> Table {
        Table::new([
            "group",
            "groups × in flight",
            "acks/s",
            "deliveries/s",
            "ack p50 / p99 / max ms",
            "server µs/send",
            "server µs/delivery",
            "server cores",
            "load cores",
            "batch",
            "commit ms",
        ])
    }

    /// A row of that table.
    #[must_use]
    pub fn cells(&self) -> Vec<String> {
        let of = &self.of;
        let seconds = if self.cut_short {
            format!(" (only {:.1} s)", self.seconds)
        } else {
            String::new()
        };
        vec![
            of.group.to_string(),
            format!("{} × {}{seconds}", of.groups, of.in_flight),
            number(self.acks),
            number(self.deliveries),
            self.latency.to_string(),
            maybe(self.cpu_per_send),
            maybe(self.cpu_per_delivery),
            maybe(self.server_cores),
            number(self.load_cores),
            maybe(self.batch),
            maybe(self.commit),
        ]
    }
}

/// What all connections count together.
#[derive(Default)]
struct Tally {
    acks: AtomicU64,
    deliveries: AtomicU64,
    /// Whether messages are still to be sent and acks timed.
    open: AtomicBool,
    /// Rung when a sender has nothing left to send.
    used_up: Notify,
    refusal: Mutex<Option<String>>,
}

impl Tally {
    fn refused(&self, reply: &[u8]) {
        let mut refusal = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        refusal.get_or_insert_with(|| String::from_utf8_lossy(reply).into_owned());
    }

    fn check(&self) -> Result<()> {
        let refusal = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        match &*refusal {
            Some(reply) => bail!("a message was refused: {reply}"),
            None => Ok(()),
        }
    }
}

/// Measures on a server of its own, or on the running one.
///
/// # Errors
/// Where the server refuses, breaks, or does not deliver each message to each member exactly once.
pub async fn measure(place: &Place, sends: &Sends) -> Result<Report> {
    let server = place.server()?;
    let report = run(&server, sends).await?;
    server.stop()?;
    Ok(report)
}

/// Measures.
///
/// # Errors
/// As [`measure`].
pub async fn run(server: &Server, sends: &Sends) -> Result<Report> {
    let tally = Arc::new(Tally::default());
    let mut members = JoinSet::new();
    let mut senders = Vec::new();
    let groups = Group::many(&server.target, sends.groups.into(), sends.group.into()).await?;
    for group in groups {
        for connection in group.others {
            members.spawn(listen(connection, Arc::clone(&tally)));
        }
        senders.push(Sender {
            person: group.creator,
            dm: group.dm,
            connection: group.creators_connection,
            in_flight: sends.in_flight.into(),
            tally: Arc::clone(&tally),
        });
    }
    tokio::select! {
        report = measure_with(server, sends, &tally, senders) => report,
        lost = members.join_next() => match lost {
            Some(Ok(Err(cause))) => Err(cause).context("a member was lost"),
            _ => bail!("a member was lost"),
        },
    }
}

async fn measure_with(
    server: &Server,
    sends: &Sends,
    tally: &Arc<Tally>,
    senders: Vec<Sender>,
) -> Result<Report> {
    let count = senders.len();
    let (senders, warm_up) = phase(sends, tally, senders, WARM_UP_MESSAGES, WARM_UP, || {
        server.probe.sample()
    })
    .await?;
    // Half as many again as it seems to take: warmed up, a server is faster.
    let expected = warm_up.acks as f64 / warm_up.seconds() * sends.seconds as f64 * 1.5;
    let each = (expected / count as f64) as usize + 2 * usize::from(sends.in_flight);
    let window = Duration::from_secs(sends.seconds);
    let (_, mut phase) = phase(sends, tally, senders, each, window, || {
        server.probe.sample()
    })
    .await?;
    let seconds = phase.seconds();
    let (before, after) = (&phase.before, &phase.after);
    let cpu = after.cpu_since(before);
    let per = |count: u64| cpu.map(|cpu| cpu * 1e6 / count.max(1) as f64);
    Ok(Report {
        of: sends.clone(),
        seconds,
        cut_short: phase.used_up,
        acks: phase.acks as f64 / seconds,
        deliveries: phase.deliveries as f64 / seconds,
        latency: Spread::of(&mut phase.latencies_us),
        cpu_per_send: per(phase.acks),
        cpu_per_delivery: per(phase.deliveries),
        server_cores: cpu.map(|cpu| cpu / seconds),
        load_cores: after.own_share_since(before),
        batch: after.mean_since(before, "sotto_commit_batch_size"),
        commit: after
            .mean_since(before, "sotto_commit_seconds")
            .map(|seconds| seconds * 1e3),
    })
}

/// A stretch of sending.
struct Phase {
    before: Sample,
    after: Sample,
    acks: u64,
    deliveries: u64,
    latencies_us: Vec<u32>,
    used_up: bool,
}

impl Phase {
    fn seconds(&self) -> f64 {
        (self.after.at - self.before.at).as_secs_f64()
    }
}

/// Signs `each` messages for each sender, sends for `window` or until one sender has none left, and waits until all that was sent has
/// reached everyone.
async fn phase<S: Future<Output = Result<Sample>>>(
    sends: &Sends,
    tally: &Arc<Tally>,
    senders: Vec<Sender>,
    each: usize,
    window: Duration,
    sample: impl Fn() -> S,
) -> Result<(Vec<Sender>, Phase)> {
    let mut ready = Vec::with_capacity(senders.len());
    for sender in senders {
        ready.push(sender.sign(each, sends.bytes as usize).await?);
    }
    tally.acks.store(0, Ordering::Relaxed);
    tally.deliveries.store(0, Ordering::Relaxed);
    tally.open.store(true, Ordering::Relaxed);
    let before = sample().await?;
    let mut sending = JoinSet::new();
    for (sender, pool) in ready {
        sending.spawn(sender.send(pool));
    }
    let used_up = tokio::select! {
        () = tokio::time::sleep(window) => false,
        () = tally.used_up.notified() => true,
    };
    tally.open.store(false, Ordering::Relaxed);
    let acks = tally.acks.load(Ordering::Relaxed);
    let deliveries = tally.deliveries.load(Ordering::Relaxed);
    let after = sample().await?;
    let mut sent = 0;
    let mut senders = Vec::new();
    let mut latencies_us = Vec::new();
    while let Some(done) = sending.join_next().await {
        let (sender, done) = done??;
        sent += done.sent;
        latencies_us.extend(done.latencies_us);
        senders.push(sender);
    }
    tally.check()?;
    settle(tally, &mut senders, sent * u64::from(sends.group)).await?;
    Ok((
        senders,
        Phase {
            before,
            after,
            acks,
            deliveries,
            latencies_us,
            used_up,
        },
    ))
}

/// Waits until every member has got every message, the senders their own, too.
async fn settle(tally: &Tally, senders: &mut [Sender], expected: u64) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let deliveries = tally.deliveries.load(Ordering::Relaxed);
        if deliveries == expected {
            return Ok(());
        }
        ensure!(
            deliveries < expected && Instant::now() < deadline,
            "{deliveries} deliveries instead of {expected}"
        );
        for sender in senders.iter_mut() {
            let turn = sender
                .connection
                .turn(|packet| count_delivery(tally, packet));
            // Nothing is lost where there is nothing to read.
            match tokio::time::timeout(Duration::from_millis(1), turn).await {
                Ok(outcome) => outcome?,
                Err(_) => continue,
            }
        }
    }
}

fn count_delivery(tally: &Tally, packet: Packet<'_>) {
    if packet.is_message() {
        tally.deliveries.fetch_add(1, Ordering::Relaxed);
    }
}

/// A member who only listens.
async fn listen(mut connection: Connection, tally: Arc<Tally>) -> Result<()> {
    loop {
        connection
            .turn(|packet| count_delivery(&tally, packet))
            .await?;
    }
}

/// A member who sends.
struct Sender {
    person: Person,
    dm: u64,
    connection: Connection,
    in_flight: usize,
    tally: Arc<Tally>,
}

/// What a sender did.
struct Sent {
    sent: u64,
    latencies_us: Vec<u32>,
}

impl Sender {
    async fn sign(mut self, count: usize, bytes: usize) -> Result<(Self, Pool)> {
        let recipe = Recipe {
            dm: self.dm,
            count,
            bytes,
            first_ack: self.connection.reserve_acks(count),
        };
        // Beside the runtime, so that the connections stay alive meanwhile.
        let signed = tokio::task::spawn_blocking(move || {
            let pool = Pool::signed(&self.person, recipe, |_| String::new());
            (self, pool)
        });
        Ok(signed.await?)
    }

    /// Keeps as many messages on their way as it may, until time or messages are up and everything is acked.
    async fn send(mut self, pool: Pool) -> Result<(Self, Sent)> {
        let tally = Arc::clone(&self.tally);
        let mut sent_at = Vec::with_capacity(pool.len());
        let mut acked = 0;
        let mut latencies_us = Vec::with_capacity(pool.len());
        loop {
            if tally.open.load(Ordering::Relaxed) {
                let next = sent_at.len();
                let end = pool.len().min(acked + self.in_flight);
                sent_at.resize(end, Instant::now());
                self.connection.write(pool.frames(next, end)).await?;
                if end == pool.len() {
                    tally.used_up.notify_one();
                }
            }
            if acked == sent_at.len() {
                let sent = sent_at.len() as u64;
                return Ok((self, Sent { sent, latencies_us }));
            }
            let mut now = None;
            let mut acks = 0;
            let mut deliveries = 0;
            self.connection
                .turn(|packet| match packet {
                    Packet::Ack(id, reply) => {
                        let now = *now.get_or_insert_with(Instant::now);
                        let at = pool.index(id).and_then(|index| sent_at.get(index));
                        match at {
                            Some(at) if packet.is_success() => {
                                let us = (now - *at).as_micros();
                                latencies_us.push(u32::try_from(us).unwrap_or(u32::MAX));
                            }
                            _ => tally.refused(reply),
                        }
                        acks += 1;
                    }
                    Packet::Notice(_) => deliveries += u64::from(packet.is_message()),
                })
                .await?;
            acked += acks;
            tally.acks.fetch_add(acks as u64, Ordering::Relaxed);
            tally.deliveries.fetch_add(deliveries, Ordering::Relaxed);
        }
    }
}
