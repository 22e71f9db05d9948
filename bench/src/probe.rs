//! What a server costs while it is measured: processor time and memory from `/proc`, its own metrics.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Where to look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Probe {
    /// The server's process, if it runs on this machine.
    pub pid: Option<u32>,
    /// The address of its metrics.
    pub metrics: Option<SocketAddr>,
}

/// What was seen at one moment.
#[derive(Clone, Debug)]
pub struct Sample {
    /// When.
    pub at: Instant,
    /// Processor time of the server's process since its start.
    pub cpu: Option<Duration>,
    /// Processor time of this process since its start.
    pub own_cpu: Duration,
    /// The server's metrics by name and labels.
    pub metrics: HashMap<String, f64>,
}

impl Probe {
    /// Looks.
    ///
    /// # Errors
    /// Where the process is gone or the metrics are out of reach.
    pub async fn sample(&self) -> Result<Sample> {
        // The processor time first: the server's work for the metrics is none of the measurement's.
        let cpu = self.pid.map(|pid| cpu_time(&pid.to_string())).transpose()?;
        let (at, own_cpu) = (Instant::now(), cpu_time("self")?);
        let metrics = match self.metrics {
            Some(address) => parse(&get(address).await?),
            None => HashMap::new(),
        };
        Ok(Sample {
            at,
            cpu,
            own_cpu,
            metrics,
        })
    }

    /// Resident memory of the server's process in bytes (`VmRSS`).
    ///
    /// # Errors
    /// Where the process is gone.
    pub fn resident(&self) -> Result<Option<u64>> {
        let Some(pid) = self.pid else {
            return Ok(None);
        };
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))
            .context("the server's process is gone")?;
        let kib = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))
            .and_then(|kib| kib.trim().parse::<u64>().ok())
            .context("no VmRSS")?;
        Ok(Some(kib * 1024))
    }
}

impl Sample {
    /// Seconds of processor time that the server used since `before`.
    pub fn cpu_since(&self, before: &Self) -> Option<f64> {
        Some(self.cpu?.saturating_sub(before.cpu?).as_secs_f64())
    }

    /// The share of one core that this process used since `before`.
    pub fn own_share_since(&self, before: &Self) -> f64 {
        let used = self.own_cpu.saturating_sub(before.own_cpu);
        used.as_secs_f64() / (self.at - before.at).as_secs_f64()
    }

    /// The mean of what a histogram recorded since `before`; none where it recorded nothing.
    pub fn mean_since(&self, before: &Self, histogram: &str) -> Option<f64> {
        let grown = |suffix: &str| {
            let name = format!("{histogram}_{suffix}");
            let was = before.metrics.get(&name).copied().unwrap_or(0.0);
            self.metrics.get(&name).map(|is| is - was)
        };
        let (sum, count) = (grown("sum")?, grown("count")?);
        (count > 0.0).then(|| sum / count)
    }
}

/// User and system time of a process, in ticks of 10 ms.
fn cpu_time(pid: &str) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .context("the process to measure is gone")?;
    ticks(&stat)
        .map(|ticks| Duration::from_millis(10 * ticks))
        .context("no processor time in /proc")
}

/// Fields 14 and 15 of `/proc/PID/stat` (proc(5)), behind the name in parentheses, which may hold anything. Linux counts
/// them in hundredths of a second on every architecture (`USER_HZ`).
fn ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

async fn get(address: SocketAddr) -> Result<String> {
    let mut stream = TcpStream::connect(address)
        .await
        .with_context(|| format!("no metrics on {address}"))?;
    // HTTP/1.0, so that the answer ends with the connection and comes in one piece.
    let request = format!("GET /metrics HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
    ensure!(head.contains(" 200 "), "no metrics on {address}");
    Ok(body.to_owned())
}

/// Prometheus' text format: `name{labels} value`.
fn parse(text: &str) -> HashMap<String, f64> {
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples
        .filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        })
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn processor_time_behind_a_nasty_name() {
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 150 25 0 0 20 0 4 0";
        assert_eq!(ticks(stat), Some(175));
        assert!(cpu_time("self").is_ok());
    }

    #[test]
    fn means_between_two_looks() {
        let sample = |text: &str| Sample {
            at: Instant::now(),
            cpu: None,
            own_cpu: Duration::ZERO,
            metrics: parse(text),
        };
        let before = sample("# TYPE x histogram\nx_sum 10\nx_count 4\nx_bucket{le=\"1\"} 2\n");
        let after = sample("x_sum 40\nx_count 10\n");
        assert_eq!(after.mean_since(&before, "x"), Some(5.0));
        assert_eq!(after.mean_since(&after, "x"), None);
        assert_eq!(before.metrics.get("x_bucket{le=\"1\"}"), Some(&2.0));
    }

    #[test]
    fn memory_of_this_very_process() {
        let probe = Probe {
            pid: Some(std::process::id()),
            metrics: None,
        };
        assert!(probe.resident().unwrap().unwrap() > 1 << 20);
    }
}
