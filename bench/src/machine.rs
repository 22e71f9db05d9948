//! The machine: which processors are used, how many files may be open, and what to tell with every figure.

use std::fs;
use std::io::{Seek, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::figures::quantile;
use crate::timed::{now_us, wire_time};

/// How often the disk is asked for a sync.
const SYNCS: usize = 200;

/// Processors for the server and for the load.
#[derive(Clone, Debug, Default)]
pub struct Pinning {
    /// The server's; empty: wherever the kernel likes.
    pub server: Vec<usize>,
    /// The load's; empty: wherever the kernel likes.
    pub client: Vec<usize>,
}

impl Pinning {
    /// One processor for each, where this process may use two.
    ///
    /// # Errors
    /// Where the kernel does not say which processors may be used.
    pub fn one_each() -> Result<Self> {
        let allowed = sched_getaffinity(None)?;
        let mut cpus = (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu));
        Ok(match (cpus.next(), cpus.next()) {
            (Some(server), Some(client)) => Self {
                server: vec![server],
                client: vec![client],
            },
            _ => Self::default(),
        })
    }
}

/// Reads a list of processors as taskset(1) takes it: `0,2-3`.
///
/// # Errors
/// A sentence on what is wrong.
pub fn parse_cpus(text: &str) -> Result<Vec<usize>> {
    let mut cpus = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| {
            text.trim()
                .parse::<usize>()
                .with_context(|| format!("`{text}` is no processor"))
        };
        let (first, last) = (number(first)?, number(last)?);
        ensure!(
            first <= last && last < CpuSet::MAX_CPU,
            "`{part}` is no range of processors"
        );
        cpus.extend(first..=last);
    }
    Ok(cpus)
}

/// Binds this thread, and all that it starts from now on, to processors; to none in particular where the list is empty.
///
/// # Errors
/// Where this process may not use them.
pub fn pin(cpus: &[usize]) -> Result<()> {
    if cpus.is_empty() {
        return Ok(());
    }
    let mut set = CpuSet::new();
    for cpu in cpus {
        set.set(*cpu);
    }
    sched_setaffinity(None, &set).with_context(|| format!("cannot use processors {cpus:?}"))
}

/// Lets this process, and the server that it starts, hold as many connections as the machine allows. Returns how many.
///
/// # Errors
/// Where the kernel refuses.
pub fn raise_open_files() -> Result<u64> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, raised)?;
    Ok(limit.maximum.unwrap_or(u64::MAX))
}

/// One line for each fact that a figure depends on.
///
/// # Errors
/// Where `data` cannot be written to.
pub fn facts(data: &Path) -> Result<Vec<String>> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, key: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(':'))
            .map_or_else(|| "unknown".to_owned(), |value| value.trim().to_owned())
    };
    let cpuinfo = read("/proc/cpuinfo");
    let processors = cpuinfo
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or("unknown");
    let syncs = sync_latencies(data)?;
    Ok(vec![
        format!("date: {} UTC", wire_time(now_us())),
        format!(
            "processor: {processors} × {}",
            field(&cpuinfo, "model name")
        ),
        format!("memory: {}", field(&read("/proc/meminfo"), "MemTotal")),
        format!(
            "kernel: Linux {}",
            read("/proc/sys/kernel/osrelease").trim()
        ),
        format!("load of the last minute before the start: {load}"),
        format!(
            "file system of the database: {}; 4 KiB written and synced (fdatasync), µs p50 / p99: {syncs}",
            file_system(data)?
        ),
    ])
}

/// What a durable write costs at least: at the end of a file, and over what it holds already, which needs no news of its length and
/// is what a write-ahead log does most of the time.
fn sync_latencies(data: &Path) -> Result<String> {
    let mut file = tempfile::tempfile_in(data)
        .with_context(|| format!("cannot write in {}", data.display()))?;
    let mut pass = || -> Result<String> {
        let mut took = Vec::with_capacity(SYNCS);
        for _ in 0..SYNCS {
            let began = Instant::now();
            file.write_all(&[7; 4096])?;
            file.sync_data()?;
            took.push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX));
        }
        file.rewind()?;
        let (p50, p99) = (quantile(&mut took, 0.5), quantile(&mut took, 0.99));
        Ok(format!("{p50} / {p99}"))
    };
    Ok(format!("{} appended, {} overwritten", pass()?, pass()?))
}

/// The type of the file system that holds `path`: that of the longest mount point above it.
fn file_system(path: &Path) -> Result<String> {
    let path = path.canonicalize()?;
    let mounts = fs::read_to_string("/proc/self/mounts")?;
    let longest = mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ').skip(1);
            Some((fields.next()?, fields.next()?))
        })
        .filter(|(point, _)| path.starts_with(point))
        .max_by_key(|(point, _)| point.len());
    Ok(longest.map_or("unknown", |(_, kind)| kind).to_owned())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn lists_of_processors() {
        assert_eq!(parse_cpus("0").unwrap(), [0]);
        assert_eq!(parse_cpus("0,2-4,1").unwrap(), [0, 2, 3, 4, 1]);
        for wrong in ["", "a", "3-1", "0,", "99999999", "-1"] {
            assert!(parse_cpus(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_file_system_and_its_syncs_are_found() {
        let facts = facts(&std::env::temp_dir()).unwrap();
        let disk = facts.iter().find(|fact| fact.starts_with("file system"));
        assert!(
            disk.is_some_and(|fact| !fact.contains("unknown")),
            "{facts:?}"
        );
        assert!(super::facts(Path::new("/nowhere/at/all")).is_err());
    }
}
