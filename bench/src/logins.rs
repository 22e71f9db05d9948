//! How many people can log in a second: connect, challenge, signature, and away again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use tokio::task::JoinSet;

use crate::figures::{Spread, Table, maybe, number};
use crate::people::{Person, register};
use crate::server::Place;

/// One measurement.
#[derive(Clone, Debug, Args)]
pub struct Logins {
    /// People who log in and leave again and again, at the same time
    #[arg(long, value_name = "K", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub at_once: u16,
    /// How long to measure
    #[arg(long, value_name = "S", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub seconds: u64,
}

impl Logins {
    /// The subcommand that makes this measurement.
    #[must_use]
    pub fn command(&self) -> String {
        format!(
            "logins --at-once {} --seconds {}",
            self.at_once, self.seconds
        )
    }
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was measured.
    pub of: Logins,
    /// Logins a second.
    pub logins: f64,
    /// From connecting to being logged in, in milliseconds.
    pub latency: Spread,
    /// Processor time of the server for each, in microseconds.
    pub cpu_each: Option<f64>,
    /// How many cores the load kept busy: it signs as often as the server verifies.
    pub load_cores: f64,
}

impl Report {
    /// As a table.
    #[must_use]
    pub fn table(&self) -> Table {
        let mut table = Table::new([
            "at once",
            "logins/s",
            "p50 / p99 / max ms",
            "server µs/login",
            "load cores",
        ]);
        table.row([
            self.of.at_once.to_string(),
            number(self.logins),
            self.latency.to_string(),
            maybe(self.cpu_each),
            number(self.load_cores),
        ]);
        table
    }
}

/// Measures.
///
/// # Errors
/// Where the server refuses or breaks.
pub async fn measure(place: &Place, logins: &Logins) -> Result<Report> {
    let server = place.server()?;
    let people = Person::crowd(logins.at_once.into());
    register(&server.target, &people).await?;
    let target = Arc::new(server.target.clone());
    let before = server.probe.sample().await?;
    let deadline = before.at + Duration::from_secs(logins.seconds);
    let mut workers = JoinSet::new();
    for person in people {
        let target = Arc::clone(&target);
        workers.spawn(async move {
            let mut latencies_us = Vec::new();
            while Instant::now() < deadline {
                let began = Instant::now();
                let connection = person.log_in(&target).await?;
                let us = began.elapsed().as_micros();
                latencies_us.push(u32::try_from(us).unwrap_or(u32::MAX));
                drop(connection);
            }
            anyhow::Ok(latencies_us)
        });
    }
    let mut latencies_us = Vec::new();
    while let Some(worker) = workers.join_next().await {
        latencies_us.extend(worker??);
    }
    let after = server.probe.sample().await?;
    server.stop()?;
    let count = latencies_us.len() as f64;
    Ok(Report {
        of: logins.clone(),
        logins: count / (after.at - before.at).as_secs_f64(),
        latency: Spread::of(&mut latencies_us),
        cpu_each: after.cpu_since(&before).map(|cpu| cpu * 1e6 / count),
        load_cores: after.own_share_since(&before),
    })
}
