//! `sotto-bench`: measures a Sotto server and prints Markdown tables.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};
use sotto_bench::compare::{self, Compare, setting};
use sotto_bench::figures::Table;
use sotto_bench::idle::{self, Idle};
use sotto_bench::logins::{self, Logins};
use sotto_bench::machine::{Pinning, facts, parse_cpus, pin, raise_open_files};
use sotto_bench::probe::Probe;
use sotto_bench::sends::{self, Sends};
use sotto_bench::server::{Launch, Place};
use sotto_bench::timed::{self, Timed};
use sotto_bench::wire::Target;

/// Measures a Sotto server over real sockets and prints Markdown tables.
///
/// Without --url, each measurement starts a server of its own with an empty database and SOTTO_LIMITS=off. The load runs on one
/// core and the server on another, where there are two. Settings of the server are taken from the environment (SOTTO_…) and --env.
#[derive(Debug, Parser)]
#[command(name = "sotto-bench", version, max_term_width = 110, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    place: PlaceArgs,
    #[command(subcommand)]
    command: What,
}

const EXAMPLES: &str = "\
Examples:
  sotto-bench all                                        every measurement; for the record
  sotto-bench sends --group 100 --groups 4               four groups of 100, 10 s
  sotto-bench sends --group 2 --groups 1 --in-flight 1   the latency of one send after the other
  sotto-bench timed --count 10000 --within 10            lateness of scheduled messages
  sotto-bench idle --connections 2000                    memory of a connection
  sotto-bench --url http://127.0.0.1:3000 --pid 4711 logins
  sotto-bench compare --a old/sotto --b new/sotto --rounds 5 --group 10
  sotto-bench compare --a target/release/sotto --b target/release/sotto --env-b SOTTO_DURABLE=false";

#[derive(Debug, Args)]
#[command(next_help_heading = "Where and how")]
struct PlaceArgs {
    /// The binary to start servers from
    #[arg(long, global = true, default_value = "target/release/sotto")]
    server: PathBuf,
    /// Measure this running server instead (http only); it should have been started with SOTTO_LIMITS=off
    #[arg(long, global = true)]
    url: Option<String>,
    /// The origin that the running server takes for its own, where that is not the URL's
    #[arg(long, global = true, requires = "url")]
    origin: Option<String>,
    /// The running server's process on this machine, for processor time and memory
    #[arg(long, global = true, requires = "url")]
    pid: Option<u32>,
    /// Address of the running server's metrics, `127.0.0.1:3001`
    #[arg(long, global = true, requires = "url")]
    metrics: Option<std::net::SocketAddr>,
    /// Where directories for databases are made [default: the system's temporary directory]
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    /// A setting for servers that are started, `SOTTO_NAME=value`; can be given several times
    #[arg(long, global = true, value_name = "SETTING", value_parser = setting)]
    env: Vec<(String, String)>,
    /// Processors of servers that are started, like `0,2-3` [default: the first that may be used]
    #[arg(long, global = true, value_name = "LIST", value_parser = cpus)]
    server_cpus: Option<Cpus>,
    /// Processors of the load [default: the second that may be used]
    #[arg(long, global = true, value_name = "LIST", value_parser = cpus)]
    client_cpus: Option<Cpus>,
    /// Leave the choice of processors to the kernel
    #[arg(long, global = true, conflicts_with_all = ["server_cpus", "client_cpus"])]
    no_pin: bool,
}

/// A list of processors; a type of its own, since clap would take a `Vec` for an argument given several times.
#[derive(Clone, Debug)]
struct Cpus(Vec<usize>);

fn cpus(text: &str) -> Result<Cpus, String> {
    parse_cpus(text)
        .map(Cpus)
        .map_err(|cause| cause.to_string())
}

#[derive(Debug, Subcommand)]
enum What {
    /// Durable send_message acks and deliveries a second
    Sends(Sends),
    /// Lateness of scheduled messages
    Timed(Timed),
    /// Memory of idle logged-in connections
    Idle(Idle),
    /// Logins a second
    Logins(Logins),
    /// Two servers in turn: medians and their ratios
    Compare(Compare),
    /// Everything, one after the other, with the commands and the machine
    All(All),
}

#[derive(Debug, Args)]
struct All {
    /// How long each rate is measured
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Timed sends
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: u32,
    /// Idle connections
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    connections: u32,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("sotto-bench: {cause:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    raise_open_files()?;
    let data = cli.place.data.clone().unwrap_or_else(std::env::temp_dir);
    let facts = facts(&data)?;
    let (place, pinned) = place(cli.place, data)?;
    // One thread: what the load costs is one core at most, and reads as such.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime")?;
    runtime.block_on(measure(&place, cli.command, &facts, &pinned))
}

/// Where to measure, and a sentence on who runs on which processor. From here on, this thread is bound to the load's.
fn place(args: PlaceArgs, data: PathBuf) -> Result<(Place, String)> {
    let mut pinning = Pinning::default();
    if !args.no_pin && args.url.is_none() {
        pinning = Pinning::one_each()?;
    }
    if let Some(Cpus(list)) = args.server_cpus {
        pinning.server = list;
    }
    if let Some(Cpus(list)) = args.client_cpus {
        pinning.client = list;
    }
    pin(&pinning.client)?;
    let bound = |who: &str, cpus: &[usize]| match cpus {
        [] => format!("{who} not pinned"),
        cpus => format!("{who} pinned to processor {cpus:?}"),
    };
    let pinned = format!(
        "{}, {}",
        bound("server", &pinning.server),
        bound("load", &pinning.client)
    );
    let place = match args.url {
        Some(url) => {
            let probe = Probe {
                pid: args.pid,
                metrics: args.metrics,
            };
            Place::Running(Target::parse(&url, args.origin)?, probe)
        }
        None => Place::Own(Launch {
            binary: args.server,
            data,
            settings: args.env,
            cpus: pinning.server,
        }),
    };
    Ok((place, pinned))
}

async fn measure(place: &Place, what: What, facts: &[String], pinned: &str) -> Result<()> {
    match what {
        What::Sends(sends) => {
            let mut table = sends::Report::table();
            table.row(sends::measure(place, &sends).await?.cells());
            print!("{table}");
        }
        What::Timed(timed) => print!("{}", timed::measure(place, &timed).await?.table()),
        What::Idle(idle) => print!("{}", idle::measure(place, &idle).await?.table()),
        What::Logins(logins) => print!("{}", logins::measure(place, &logins).await?.table()),
        What::Compare(compare) => {
            let Place::Own(launch) = place else {
                bail!("compare starts its own servers and takes no --url");
            };
            let table = compare::measure(launch, &compare, |name, report| {
                let (acks, latency) = (report.acks, report.latency);
                eprintln!("{name}: {acks:.0} acks/s, {latency} ms");
            });
            print!("{}", table.await?);
        }
        What::All(all) => {
            print_machine(facts, pinned);
            return measure_all(place, &all).await;
        }
    }
    println!();
    print_machine(facts, pinned);
    Ok(())
}

fn print_machine(facts: &[String], pinned: &str) {
    for fact in facts {
        println!("- {fact}");
    }
    println!("- {pinned}");
}

async fn measure_all(place: &Place, all: &All) -> Result<()> {
    let sends = |group, groups, in_flight| Sends {
        group,
        groups,
        in_flight,
        seconds: all.seconds,
        bytes: 256,
    };
    let mut commands = Vec::new();
    let mut table = sends::Report::table();
    for sends in [
        sends(2, 1, 1),
        sends(2, 32, 16),
        sends(10, 16, 16),
        sends(100, 4, 16),
    ] {
        eprintln!("{} …", sends.command());
        table.row(sends::measure(place, &sends).await?.cells());
        commands.push(sends.command());
    }
    show(&table);
    let timed = Timed {
        count: all.count,
        within: 10,
        lead: None,
        bytes: 256,
    };
    eprintln!("{} …", timed.command());
    show(&timed::measure(place, &timed).await?.table());
    commands.push(timed.command());
    let idle = Idle {
        connections: all.connections,
        rest: 30,
    };
    eprintln!("{} …", idle.command());
    show(&idle::measure(place, &idle).await?.table());
    commands.push(idle.command());
    let logins = Logins {
        at_once: 32,
        seconds: all.seconds.min(10),
    };
    eprintln!("{} …", logins.command());
    show(&logins::measure(place, &logins).await?.table());
    commands.push(logins.command());
    println!("\nCommands:\n");
    for command in commands {
        println!("    sotto-bench {command}");
    }
    Ok(())
}

fn show(table: &Table) {
    print!("\n{table}");
}
