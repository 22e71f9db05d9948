//! What a logged-in connection that does nothing costs the server in memory.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use tokio::task::JoinSet;

use crate::figures::{Table, maybe, number};
use crate::machine::raise_open_files;
use crate::people::{Person, log_in_all, register};
use crate::server::Place;

/// How long a server may rest before its memory is taken as that of an idle one.
const REST: Duration = Duration::from_secs(2);

/// One measurement.
#[derive(Clone, Debug, Args)]
pub struct Idle {
    /// Connections, each of a user of its own
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub connections: u32,
    /// Seconds that they stay before memory is read; 30 include a ping
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=3600))]
    pub rest: u64,
}

impl Idle {
    /// The subcommand that makes this measurement.
    #[must_use]
    pub fn command(&self) -> String {
        format!(
            "idle --connections {} --rest {}",
            self.connections, self.rest
        )
    }
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was measured.
    pub of: Idle,
    /// Resident bytes without connections.
    pub before: u64,
    /// Resident bytes with all of them.
    pub with: u64,
    /// Resident bytes after all have gone.
    pub after: u64,
    /// Logins a second while they came.
    pub logins: f64,
    /// The share of a core that the server used while all rested.
    pub resting_cores: Option<f64>,
    /// Whether the server had been started anew after the users were registered.
    pub fresh: bool,
}

impl Report {
    /// As a table.
    #[must_use]
    pub fn table(&self) -> Table {
        let mut table = Table::new([
            "idle connections",
            "KiB each",
            "RSS before MiB",
            "RSS with all MiB",
            "RSS after MiB",
            "server cores at rest",
            "logins/s on the way",
        ]);
        let mib = |bytes: u64| number(bytes as f64 / f64::from(1 << 20));
        let each = self.with.saturating_sub(self.before) as f64 / f64::from(self.of.connections);
        let fresh = if self.fresh {
            ""
        } else {
            " (server not fresh)"
        };
        table.row([
            format!("{}{fresh}", self.of.connections),
            number(each / 1024.0),
            mib(self.before),
            mib(self.with),
            mib(self.after),
            maybe(self.resting_cores),
            number(self.logins),
        ]);
        table
    }
}

/// Measures.
///
/// # Errors
/// Where the server's process is not known, it refuses, or it lets a connection go.
pub async fn measure(place: &Place, idle: &Idle) -> Result<Report> {
    let open_files = raise_open_files()?;
    ensure!(
        open_files > u64::from(idle.connections) + 64,
        "only {open_files} open files are allowed (ulimit -Hn)"
    );
    let people = Person::crowd(idle.connections as usize);
    let server = place.server()?;
    register(&server.target, &people).await?;
    // What registering left in the allocator's hands would hide what connections take.
    let (server, fresh) = server.restart()?;
    tokio::time::sleep(REST).await;
    let resident = || {
        let resident = server.probe.resident()?;
        resident.context("memory is read from /proc: --pid says which process the server is")
    };
    let before = resident()?;
    let began = Instant::now();
    let connections = log_in_all(&server.target, &people).await?;
    let logins = f64::from(idle.connections) / began.elapsed().as_secs_f64();
    let mut resting = JoinSet::new();
    for mut connection in connections {
        resting.spawn(async move {
            loop {
                // Answers pings.
                if let Err(cause) = connection.turn(|_| {}).await {
                    return cause;
                }
            }
        });
    }
    let at_rest = server.probe.sample().await?;
    tokio::select! {
        () = tokio::time::sleep(Duration::from_secs(idle.rest)) => {}
        Some(lost) = resting.join_next() => bail!("a connection was lost: {:#}", lost?),
    }
    let rested = server.probe.sample().await?;
    let with = resident()?;
    resting.shutdown().await;
    tokio::time::sleep(REST).await;
    let after = resident()?;
    server.stop()?;
    Ok(Report {
        of: idle.clone(),
        before,
        with,
        after,
        logins,
        resting_cores: rested
            .cpu_since(&at_rest)
            .map(|cpu| cpu / (rested.at - at_rest.at).as_secs_f64()),
        fresh,
    })
}
