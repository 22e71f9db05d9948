//! How late scheduled messages come, when many are due within seconds; and that each comes once and none early.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use clap::Args;
use futures_util::future::try_join_all;
use sotto_protocol::text::Timestamp;

use crate::figures::{Spread, Table, maybe, number};
use crate::people::Group;
use crate::pool::{Pool, Recipe, index_in, text_of};
use crate::server::Place;
use crate::wire::{Connection, Packet};

/// Messages of one sender: a server holds 1,000 for each user by default.
const EACH: usize = 500;
/// Messages that a sender has on their way while scheduling.
const IN_FLIGHT: usize = 32;
/// How long after the last is due the last may come.
const PATIENCE: Duration = Duration::from_secs(60);

/// One measurement.
#[derive(Clone, Debug, Args)]
pub struct Timed {
    /// Messages, scheduled by one user for each 500 of them in DMs of two
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub count: u32,
    /// Seconds within which all are due, evenly spread
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub within: u32,
    /// Seconds ahead of the first due one in which all must have been accepted [default: 5, and 1 for each 500]
    #[arg(long, value_name = "SECONDS")]
    pub lead: Option<u32>,
    /// Bytes of each message
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(16..=2048))]
    pub bytes: u32,
}

impl Timed {
    /// The subcommand that makes this measurement.
    #[must_use]
    pub fn command(&self) -> String {
        let (count, within) = (self.count, self.within);
        format!("timed --count {count} --within {within}")
    }

    fn lead(&self) -> u32 {
        self.lead.unwrap_or(5 + self.count / 500)
    }
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was measured.
    pub of: Timed,
    /// Messages accepted for later, a second.
    pub accepted: f64,
    /// From the due instant to the arrival at the other member, in milliseconds.
    pub arrival: Spread,
    /// From the due instant to the timestamp that the server gave, in milliseconds.
    pub stamp: Spread,
    /// How many cores the server kept busy while they were due.
    pub server_cores: Option<f64>,
    /// Changes that shared a commit meanwhile, on average.
    pub batch: Option<f64>,
}

impl Report {
    /// As a table.
    #[must_use]
    pub fn table(&self) -> Table {
        let mut table = Table::new([
            "timed sends",
            "late on arrival p50 / p99 / max ms",
            "late by timestamp p50 / p99 / max ms",
            "accepted/s",
            "server cores",
            "batch",
        ]);
        table.row([
            format!("{} within {} s", self.of.count, self.of.within),
            self.arrival.to_string(),
            self.stamp.to_string(),
            number(self.accepted),
            maybe(self.server_cores),
            maybe(self.batch),
        ]);
        table
    }
}

/// Measures.
///
/// # Errors
/// Where the server refuses or breaks, or a message comes early, twice or not at all.
pub async fn measure(place: &Place, timed: &Timed) -> Result<Report> {
    let server = place.server()?;
    let count = timed.count as usize;
    let senders = count.div_ceil(EACH);
    let mut groups = Group::many(&server.target, senders, 2).await?;
    let first_due_us = now_us() + i64::from(timed.lead()) * 1_000_000;
    // Neighbours in time belong to different senders.
    let plan = Plan {
        first_due_us,
        step_us: f64::from(timed.within) * 1e6 / count as f64,
        senders,
        bytes: timed.bytes as usize,
    };
    let began = now_us();
    let scheduling = groups.iter_mut().enumerate().map(|(sender, group)| {
        let own = (count - sender).div_ceil(senders);
        schedule(group, &plan, sender, own)
    });
    try_join_all(scheduling).await?;
    let took_us = now_us() - began;
    ensure!(
        now_us() < first_due_us,
        "accepting all took {:.1} s; try --lead {}",
        took_us as f64 / 1e6,
        took_us / 1_000_000 * 2 + 1
    );
    let before = server.probe.sample().await?;
    let last_due = Duration::from_secs((timed.lead() + timed.within).into());
    let listening = groups.iter_mut().enumerate().map(|(sender, group)| {
        let own = (count - sender).div_ceil(senders);
        observe(&mut group.others[0], &plan, sender, own)
    });
    let observed = tokio::time::timeout(last_due + PATIENCE, try_join_all(listening))
        .await
        .context("not all messages came")??;
    let after = server.probe.sample().await?;
    drop(groups);
    server.stop()?;
    let mut arrivals = Vec::with_capacity(count);
    let mut stamps = Vec::with_capacity(count);
    for (arrival, stamp) in observed.into_iter().flatten() {
        arrivals.push(arrival);
        stamps.push(stamp);
    }
    Ok(Report {
        of: timed.clone(),
        accepted: count as f64 / (took_us as f64 / 1e6),
        arrival: Spread::of(&mut arrivals),
        stamp: Spread::of(&mut stamps),
        server_cores: after
            .cpu_since(&before)
            .map(|cpu| cpu / (after.at - before.at).as_secs_f64()),
        batch: after.mean_since(&before, "sotto_commit_batch_size"),
    })
}

/// When which message is due.
struct Plan {
    first_due_us: i64,
    step_us: f64,
    senders: usize,
    bytes: usize,
}

impl Plan {
    /// When the message with this number of its sender is due, in microseconds since 1970.
    fn due_us(&self, sender: usize, index: usize) -> i64 {
        self.first_due_us + (self.step_us * (index * self.senders + sender) as f64) as i64
    }
}

/// Schedules one sender's messages; returns when all are accepted.
async fn schedule(group: &mut Group, plan: &Plan, sender: usize, count: usize) -> Result<()> {
    let connection = &mut group.creators_connection;
    let recipe = Recipe {
        dm: group.dm,
        count,
        bytes: plan.bytes,
        first_ack: connection.reserve_acks(count),
    };
    let pool = Pool::signed(&group.creator, recipe, |index| {
        format!(
            ",\"schedule_at\":\"{}\"",
            wire_time(plan.due_us(sender, index))
        )
    });
    let (mut sent, mut acked) = (0, 0);
    let mut refusal = None;
    while acked < count {
        let end = count.min(acked + IN_FLIGHT);
        connection.write(pool.frames(sent, end)).await?;
        sent = end;
        connection
            .turn(|packet| {
                if let Packet::Ack(_, reply) = packet {
                    acked += 1;
                    if !packet.is_success() {
                        refusal = Some(String::from_utf8_lossy(reply).into_owned());
                    }
                }
            })
            .await?;
        if let Some(reply) = refusal {
            anyhow::bail!("a message was refused: {reply}");
        }
    }
    Ok(())
}

/// Waits for one sender's messages: how late each arrived and how late it was stamped, in microseconds.
async fn observe(
    connection: &mut Connection,
    plan: &Plan,
    sender: usize,
    count: usize,
) -> Result<Vec<(u32, u32)>> {
    let mut late = vec![None; count];
    let mut missing = count;
    let mut wrong = None;
    while missing > 0 {
        let mut now = None;
        connection
            .turn(|packet| {
                let Packet::Notice(text) = packet else { return };
                if !packet.is_message() {
                    return;
                }
                let arrived_us = *now.get_or_insert_with(now_us);
                let index = index_in(text).unwrap_or(usize::MAX);
                let due_us = plan.due_us(sender, index.min(count));
                let lateness = |at_us: i64| u32::try_from(at_us - due_us).ok();
                let stamp = text_of(text, b"\"timestamp\":\"")
                    .and_then(|stamp| Timestamp::parse(std::str::from_utf8(stamp).ok()?))
                    .and_then(|stamp| lateness(stamp.micros()));
                match (late.get_mut(index), lateness(arrived_us), stamp) {
                    (Some(place @ None), Some(arrival), Some(stamp)) => {
                        *place = Some((arrival, stamp));
                        missing -= 1;
                    }
                    (Some(Some(_)), ..) => wrong = Some("a message came twice"),
                    (Some(None), ..) => wrong = Some("a message came early"),
                    (None, ..) => wrong = Some("a message that was never scheduled came"),
                }
            })
            .await?;
        if let Some(wrong) = wrong {
            anyhow::bail!(wrong);
        }
    }
    Ok(late.into_iter().flatten().collect())
}

/// Microseconds since 1970.
pub fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    })
}

/// Microseconds since 1970 as the wire writes them.
pub fn wire_time(us: i64) -> String {
    let time = Timestamp::from_micros(us).and_then(|time| serde_json::to_value(time).ok());
    time.and_then(|time| Some(time.as_str()?.to_owned()))
        .unwrap_or_default()
}
