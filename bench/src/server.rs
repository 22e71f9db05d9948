//! The server to measure: one of our own with a fresh database, or one that runs already.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{sched_getaffinity, sched_setaffinity};
use tempfile::TempDir;

use crate::machine::pin;
use crate::probe::Probe;
use crate::wire::Target;

/// How long a server may take to listen.
const START: Duration = Duration::from_secs(60);
/// How long a server may take to go down.
const STOP: Duration = Duration::from_secs(15);

/// How servers of our own are started.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The `sotto` binary.
    pub binary: PathBuf,
    /// Where directories for databases are made.
    pub data: PathBuf,
    /// Further settings, `SOTTO_…` variables and their values.
    pub settings: Vec<(String, String)>,
    /// The processors that it may use; empty: all.
    pub cpus: Vec<usize>,
}

/// Where to measure.
#[derive(Clone, Debug)]
pub enum Place {
    /// A fresh server for each measurement.
    Own(Launch),
    /// A server that runs already.
    Running(Target, Probe),
}

/// A server that is there for one measurement.
#[derive(Debug)]
pub struct Server {
    /// How to reach it.
    pub target: Target,
    /// How to see what it costs.
    pub probe: Probe,
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    child: Child,
    launch: Launch,
    directory: TempDir,
}

impl Drop for Own {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Place {
    /// A server to measure, empty where it is our own.
    ///
    /// # Errors
    /// Where it does not start; with the last it said.
    pub fn server(&self) -> Result<Server> {
        match self {
            Self::Own(launch) => {
                let directory = tempfile::Builder::new()
                    .prefix("sotto-bench-")
                    .tempdir_in(&launch.data)
                    .with_context(|| format!("cannot write in {}", launch.data.display()))?;
                Server::start(launch.clone(), directory)
            }
            Self::Running(target, probe) => Ok(Server {
                target: target.clone(),
                probe: *probe,
                own: None,
            }),
        }
    }
}

impl Server {
    fn start(launch: Launch, directory: TempDir) -> Result<Self> {
        let log = directory.path().join("log");
        // Affinity is inherited, so this thread wears the server's for a moment.
        let own_cpus = sched_getaffinity(None)?;
        pin(&launch.cpus)?;
        let child = Command::new(&launch.binary)
            .env("SOTTO_LISTEN", "127.0.0.1:0")
            .env("SOTTO_METRICS_LISTEN", "127.0.0.1:0")
            .env("SOTTO_LIMITS", "off")
            .env("SOTTO_DATABASE_URL", database_url(directory.path()))
            .env_remove("SOTTO_PUBLIC_URL")
            .envs(launch.settings.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log)?)
            .spawn();
        sched_setaffinity(None, &own_cpus)?;
        let mut child = child.with_context(|| {
            let binary = launch.binary.display();
            format!("cannot start {binary} (cargo build --release -p sotto-server makes it)")
        })?;
        let stdout = child.stdout.take().context("no output")?;
        let pid = child.id();
        let own = Own {
            child,
            launch,
            directory,
        };
        let (listens, metrics) = match addresses(stdout) {
            Ok(addresses) => addresses,
            Err(cause) => {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                bail!("{cause}: {}", said.trim());
            }
        };
        // By number, so that no resolver has a say.
        let url = listens.replace("localhost", "127.0.0.1");
        let metrics = metrics
            .strip_prefix("http://")
            .and_then(|rest| rest.strip_suffix("/metrics"))
            .context("the server names no metrics")?
            .parse()?;
        Ok(Self {
            target: Target::parse(&url, None)?,
            probe: Probe {
                pid: Some(pid),
                metrics: Some(metrics),
            },
            own: Some(own),
        })
    }

    /// Goes down and comes up again on the same database, so that its memory is that of a fresh process. A server that is not our
    /// own stays as it is; `false` then.
    ///
    /// # Errors
    /// Where it does not stop or start.
    pub fn restart(mut self) -> Result<(Self, bool)> {
        let Some(mut own) = self.own.take() else {
            return Ok((self, false));
        };
        own.stop()?;
        let launch = own.launch.clone();
        // The directory moves on to the next process; what is left of this one is dead.
        let directory = std::mem::replace(&mut own.directory, tempfile::tempdir()?);
        drop(own);
        Ok((Self::start(launch, directory)?, true))
    }

    /// Goes down in order, if it is our own.
    ///
    /// # Errors
    /// Where it does not.
    pub fn stop(mut self) -> Result<()> {
        match self.own.take() {
            Some(mut own) => own.stop(),
            None => Ok(()),
        }
    }
}

impl Own {
    fn stop(&mut self) -> Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                if status.success() {
                    return Ok(());
                }
                bail!("the server ended with {status}");
            }
            if began.elapsed() > STOP {
                bail!("the server does not go down");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn database_url(directory: &Path) -> String {
    format!("sqlite://{}", directory.join("sotto.db").display())
}

/// Where the server listens and where its metrics are, from the lines that it prints at the start. The rest is read and thrown
/// away, or it would wait for us one day.
fn addresses(stdout: impl std::io::Read + Send + 'static) -> Result<(String, String)> {
    let (found, addresses) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines() {
            let Ok(line) = line else { break };
            for mark in [" listens on ", "Metrics on "] {
                if let Some((_, address)) = line.split_once(mark) {
                    drop(found.send(address.to_owned()));
                }
            }
        }
    });
    let next = || {
        addresses
            .recv_timeout(START)
            .context("the server did not start")
    };
    Ok((next()?, next()?))
}
