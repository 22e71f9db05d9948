//! The `sotto` binary: reads settings, starts logging, serves until told to stop.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use sotto_server::config::{Cli, Command, Config, InForce, LogFormat};
use sotto_server::{SharedClock, SystemClock, WebClient, doctor, migrate, running, serve};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing::Level;
use tracing_subscriber::filter::{EnvFilter, FilterExt, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

fn main() -> ExitCode {
    let outcome = Cli::read().and_then(|(cli, in_force)| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("no runtime")?;
        runtime.block_on(run(cli, &in_force))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            // One line: the reason and what lies behind it.
            drop(writeln!(std::io::stderr(), "sotto: {cause:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli, in_force: &InForce) -> anyhow::Result<()> {
    let clock: SharedClock = Arc::new(SystemClock);
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => start(cli.config, in_force, clock).await,
        Command::Migrate => {
            if let Some(status) = running(&cli.config).await? {
                return say(&format!(
                    "{status}; it brought the schema up to date when it started."
                ));
            }
            migrate(&cli.config, clock).await?;
            say("The schema is up to date.")
        }
        Command::Doctor => {
            for finding in doctor(&cli.config, clock).await? {
                say(&finding)?;
            }
            say("All is well.")
        }
        Command::Config => say(in_force.example().trim_end()),
    }
}

fn say(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

async fn start(config: Config, in_force: &InForce, clock: SharedClock) -> anyhow::Result<()> {
    config.validate()?;
    log(&config)?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("SOTTO_LISTEN: cannot listen on {}", config.listen))?;
    let scheme = if config.tls_cert.is_some() {
        "https"
    } else {
        "http"
    };
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let shutdown = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    let running = serve(config, listener, clock, shutdown).await?;
    say(&format!(
        "Sotto {} listens on {scheme}://{}",
        env!("CARGO_PKG_VERSION"),
        dialled(running.address)
    ))?;
    if let Some(address) = running.metrics_address {
        say(&format!("Metrics on http://{address}/metrics"))?;
    }
    say(&match running.web {
        WebClient::Served => format!("Web client on {scheme}://{}/", dialled(running.address)),
        WebClient::Missing => {
            "No web client: this server was built without it (`make web` builds it, then build the server again)".to_owned()
        }
        WebClient::Off => "No web client: SOTTO_WEB=off".to_owned(),
    })?;
    say("Settings in force:")?;
    for (name, value) in in_force.values() {
        say(&format!("  {name}={value}"))?;
    }
    running.ended().await
}

/// The address as a person would type it.
fn dialled(address: std::net::SocketAddr) -> String {
    if address.ip().is_loopback() && address.is_ipv4() {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    }
}

fn log(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log).context("SOTTO_LOG is malformed")?;
    // At `trace` the libraries below us write out whole frames, and with them names and sealed bytes.
    let is_free_of_content =
        filter_fn(|event| *event.level() != Level::TRACE || event.target().starts_with("sotto"));
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let lines = match config.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter.and(is_free_of_content)))
        .init();
    Ok(())
}
