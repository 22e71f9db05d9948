//! `sotto-cli`: Sotto in a terminal, on the Rust SDK. For people and for scripts.

mod args;
mod commands;
mod failure;
mod keyfile;
mod output;
mod profile;
mod time;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = args::Cli::parse();
    let json = cli.options.json;
    match commands::run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(json),
    }
}
