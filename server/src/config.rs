//! Every setting: an environment variable `SOTTO_…` and a flag, documented where it is declared.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use url::Url;

use crate::limits::{Limits, Switch};

/// Sotto: a self-hosted, end-to-end encrypted group messenger server.
///
/// Without a subcommand it serves. Every flag can be given as the environment variable beside it.
#[derive(Clone, Debug, Parser)]
#[command(name = "sotto", version, max_term_width = 110, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do; `serve` without one.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The settings.
    #[command(flatten)]
    pub config: Config,
}

const EXAMPLES: &str = "\
Examples:
  sotto                                        serve http://localhost:3000, data in ./data
  SOTTO_LISTEN=0.0.0.0:3000 SOTTO_PUBLIC_URL=https://chat.example.org sotto
  sotto config > sotto.env                     a commented list of all settings
  sotto doctor                                 check database, clock and settings";

/// What the binary can do.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Command {
    /// Start the server (the default).
    Serve,
    /// Bring the database's schema up to date and stop.
    Migrate,
    /// Check settings, database and clock, and say what is wrong.
    Doctor,
    /// Print every setting with its meaning and value in force, as a commented environment file.
    Config,
}

/// The settings.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Address to listen on. Beyond loopback, SOTTO_PUBLIC_URL must be set.
    #[arg(long, env = "SOTTO_LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,

    /// The database: `sqlite://PATH`.
    #[arg(
        long,
        env = "SOTTO_DATABASE_URL",
        default_value = "sqlite://data/sotto.db"
    )]
    pub database_url: String,

    /// The origins at which clients reach this server, separated by commas (`https://chat.example.org`). Logins are bound to them.
    /// Unset: only loopback hosts, taken from the Host header.
    #[arg(long, env = "SOTTO_PUBLIC_URL", value_delimiter = ',')]
    pub public_url: Vec<String>,

    /// Address of the private port with /metrics; `off` for none. Keep it from strangers. By default 127.0.0.1:3001, where it is free.
    #[arg(long, env = "SOTTO_METRICS_LISTEN")]
    pub metrics_listen: Option<OffOr<SocketAddr>>,

    /// Proxies whose X-Forwarded-For and Forwarded headers are believed: addresses or networks, separated by commas.
    #[arg(long, env = "SOTTO_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<Network>,

    /// Origins of web pages that may use this server from elsewhere, separated by commas; `*` for all.
    #[arg(long, env = "SOTTO_CORS_ORIGINS", value_delimiter = ',')]
    pub cors_origins: Vec<String>,

    /// The web client, at every path that is not the server's own: `on`, or `off` for none.
    #[arg(long, env = "SOTTO_WEB", default_value = "on")]
    pub web: Switch,

    /// A folder with a web client instead of the one that is built in. For programs that start a server, so no setting of its own.
    #[arg(skip)]
    pub web_folder: Option<PathBuf>,

    /// PEM file with the certificate chain; with SOTTO_TLS_KEY the server speaks TLS itself.
    #[arg(long, env = "SOTTO_TLS_CERT", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// PEM file with the private key of SOTTO_TLS_CERT.
    #[arg(long, env = "SOTTO_TLS_KEY", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Take the login answers of this protocol's first clients, too. They let a malicious server log in elsewhere; off by default.
    #[arg(long, env = "SOTTO_LEGACY_DH_LOGIN", default_value_t = false, action = clap::ArgAction::Set, value_name = "BOOL")]
    pub legacy_dh_login: bool,

    /// Days after which a message is removed like an expired one; 0 keeps messages.
    #[arg(
        long,
        env = "SOTTO_RETENTION_DAYS",
        default_value_t = 0,
        value_name = "DAYS"
    )]
    pub retention_days: u32,

    /// Who sees whom in get_user_list: `open`, everybody; `contacts`, friends, requests and fellow members only.
    #[arg(long, env = "SOTTO_DIRECTORY", default_value = "open")]
    pub directory: Directory,

    /// STUN and TURN servers for calls, separated by commas (`stun:stun.example.org:3478,turn:turn.example.org:3478`).
    #[arg(long, env = "SOTTO_ICE_SERVERS", value_delimiter = ',')]
    pub ice_servers: Vec<String>,

    /// Secret shared with the TURN servers (coturn's `static-auth-secret`), from which credentials of 10 minutes are made.
    #[arg(long, env = "SOTTO_TURN_SECRET", hide_env_values = true)]
    pub turn_secret: Option<Secret>,

    /// How often a connection is pinged, in seconds.
    #[arg(long, env = "SOTTO_PING_INTERVAL", default_value_t = 25, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub ping_interval: u64,

    /// How long an answer to a ping may take, in seconds.
    #[arg(long, env = "SOTTO_PING_TIMEOUT", default_value_t = 20, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub ping_timeout: u64,

    /// How long a new connection may take to say CONNECT, in seconds.
    #[arg(long, env = "SOTTO_CONNECT_TIMEOUT", default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub connect_timeout: u64,

    /// How long a connection that is not logged in may stay silent, in seconds.
    #[arg(long, env = "SOTTO_LOGIN_DEADLINE", default_value_t = 300, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub login_deadline: u64,

    /// Log format.
    #[arg(long, env = "SOTTO_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// What is logged, in the syntax of tracing's EnvFilter.
    #[arg(
        long,
        env = "SOTTO_LOG",
        default_value = "sotto=info,sotto_server=info,warn"
    )]
    pub log: String,

    /// Reading connections to the database.
    #[arg(long, env = "SOTTO_DATABASE_READERS", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub database_readers: u32,

    /// Whether every commit waits for the disk. `false` loses acked messages when the power goes: for measurements only.
    #[arg(long, env = "SOTTO_DURABLE", default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL")]
    pub durable: bool,

    /// The limits.
    #[command(flatten)]
    pub limits: Limits,
}

/// A value, or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffOr<T> {
    /// Not at all.
    Off,
    /// This.
    On(T),
}

impl<T: std::str::FromStr> std::str::FromStr for OffOr<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        if text == "off" {
            Ok(Self::Off)
        } else {
            text.parse().map(Self::On)
        }
    }
}

/// A network or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(pub IpNet);

impl std::str::FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        text.parse::<IpNet>()
            .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
            .map(Self)
            .map_err(|_| format!("{text:?} is neither an address nor a network like 10.0.0.0/8"))
    }
}

/// Text that never reaches a log.
#[derive(Clone, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
pub struct Secret(String);

impl Secret {
    /// The text, for the one who needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

impl std::str::FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

/// Who sees whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Directory {
    /// Everybody sees everybody.
    Open,
    /// Friends, requests and fellow members see each other.
    Contacts,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Config {
    /// The settings that no environment variable and no flag changes.
    pub fn defaults() -> Self {
        let none: [&str; 1] = ["sotto"];
        let command = Cli::command().mut_args(|arg| arg.env(None::<&str>));
        let matches = command.get_matches_from(none);
        <Self as FromArgMatches>::from_arg_matches(&matches).expect("every setting has a default")
    }

    /// Checks what no single setting can.
    ///
    /// # Errors
    /// One line that says which setting is wrong and how to mend it.
    pub fn validate(&self) -> anyhow::Result<()> {
        self.origins()?;
        ensure!(
            self.listen.ip().is_loopback() || !self.public_url.is_empty(),
            "SOTTO_LISTEN={} is reachable from elsewhere, so SOTTO_PUBLIC_URL must say at which address (https://…)",
            self.listen
        );
        for origin in &self.cors_origins {
            ensure!(
                origin == "*" || origin_of(origin).is_some_and(|canonical| canonical == *origin),
                "SOTTO_CORS_ORIGINS: {origin:?} is no origin like https://app.example.org"
            );
        }
        for server in &self.ice_servers {
            ensure!(
                ["stun:", "stuns:", "turn:", "turns:"]
                    .iter()
                    .any(|scheme| server.starts_with(scheme)),
                "SOTTO_ICE_SERVERS: {server:?} must begin with stun:, stuns:, turn: or turns:"
            );
        }
        ensure!(
            self.turn_secret.is_some()
                || !self
                    .ice_servers
                    .iter()
                    .any(|server| server.starts_with("turn")),
            "SOTTO_ICE_SERVERS names a TURN server, so SOTTO_TURN_SECRET must be set"
        );
        self.limits.validate()
    }

    /// The server's own origins, in the form that login signatures name.
    ///
    /// # Errors
    /// Where an entry of `SOTTO_PUBLIC_URL` is no http(s) address.
    pub fn origins(&self) -> anyhow::Result<Vec<String>> {
        let parse = |text: &String| {
            origin_of(text).with_context(|| {
                format!("SOTTO_PUBLIC_URL: {text:?} is no address like https://chat.example.org")
            })
        };
        self.public_url.iter().map(parse).collect()
    }

    /// How often to ping.
    pub fn ping_interval(&self) -> Duration {
        Duration::from_secs(self.ping_interval)
    }
}

impl Cli {
    /// Reads flags and environment; prints help and ends the process where that is asked for.
    ///
    /// An environment variable that is set to nothing counts as not set: that is how container files leave things out.
    ///
    /// # Errors
    /// One line that names the setting which is wrong, by its variable and its flag.
    pub fn read() -> anyhow::Result<(Self, InForce)> {
        let wrong = |wrong: clap::Error| {
            if !wrong.use_stderr() {
                wrong.exit();
            }
            anyhow::anyhow!(one_line(&wrong.to_string()))
        };
        let matches = command().try_get_matches().map_err(wrong)?;
        let cli = Self::from_arg_matches(&matches).map_err(wrong)?;
        Ok((cli, InForce(settings(&matches))))
    }
}

/// What clap says of a wrong value in several lines, for terminals, as one for service managers' logs. It names flags; most settings
/// come from variables.
fn one_line(told: &str) -> String {
    let told = told.split("\n\n").next().unwrap_or_default();
    let lines: Vec<_> = told.lines().map(str::trim).collect();
    let told = lines.join(" ");
    let mut told = told.strip_prefix("error: ").unwrap_or(&told).to_owned();
    // Only when it is built does an argument know how it is shown.
    let mut command = Cli::command();
    command.build();
    for arg in command.get_arguments() {
        if let Some(name) = arg.get_env().and_then(|name| name.to_str()) {
            told = told.replace(&arg.to_string(), &format!("{name} ({arg})"));
        }
    }
    told
}

/// The command line, with what clap's derive cannot say.
fn command() -> clap::Command {
    Cli::command().mut_args(|arg| {
        let is_empty = arg
            .get_env()
            .is_some_and(|name| std::env::var_os(name).is_some_and(|value| value.is_empty()));
        // Every setting may stand before or behind the subcommand.
        let arg = if arg.get_env().is_some() {
            arg.global(true)
        } else {
            arg
        };
        if is_empty { arg.env(None::<&str>) } else { arg }
    })
}

/// Name, value and meaning of every setting in force, secrets masked.
#[derive(Clone, Debug)]
pub struct InForce(Vec<(String, String, String)>);

impl InForce {
    /// Name and value of every setting, for the start.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value, _)| (name.as_str(), value.as_str()))
    }

    /// Every setting as a commented environment file; one without a value, or with a secret one, is commented out.
    pub fn example(&self) -> String {
        let mut text = String::from(
            "# Settings of Sotto, with the values in force. Lines that begin with # are comments.\n",
        );
        for (name, value, help) in &self.0 {
            let mark = if value.is_empty() || value == MASKED {
                "#"
            } else {
                ""
            };
            let _ = write!(
                text,
                "\n# {}\n{mark}{name}={value}\n",
                help.replace('\n', "\n# ")
            );
        }
        text
    }
}

const MASKED: &str = "(secret)";

fn settings(matches: &clap::ArgMatches) -> Vec<(String, String, String)> {
    let shown = |arg: &clap::Arg| {
        let name = arg.get_env()?.to_str()?.to_owned();
        let given = matches.get_raw(arg.get_id().as_str()).map(|values| {
            values
                .map(|value| value.to_string_lossy())
                .collect::<Vec<_>>()
                .join(",")
        });
        let value = given.unwrap_or_default();
        let masked = arg.is_hide_env_values_set() && !value.is_empty();
        let value = if masked { MASKED.to_owned() } else { value };
        Some((name, value, arg.get_help()?.to_string()))
    };
    Cli::command().get_arguments().filter_map(shown).collect()
}

/// The WHATWG origin of an http(s) address in lower case, without a default port; `None` for anything else.
pub fn origin_of(text: &str) -> Option<String> {
    let url = Url::parse(text.trim()).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_canonical() {
        for (text, origin) in [
            (
                "https://Chat.Example.org/",
                Some("https://chat.example.org"),
            ),
            (
                "https://chat.example.org:443/path",
                Some("https://chat.example.org"),
            ),
            ("http://localhost:3000", Some("http://localhost:3000")),
            ("ws://localhost:3000", None),
            ("chat.example.org", None),
        ] {
            assert_eq!(origin_of(text).as_deref(), origin, "{text}");
        }
    }

    #[test]
    fn a_wrong_value_is_told_in_one_line_that_names_its_variable() {
        for (arguments, expected) in [
            (
                ["sotto", "--ping-interval", "soon"],
                "invalid value 'soon' for 'SOTTO_PING_INTERVAL (--ping-interval <SECONDS>)': invalid digit found in string",
            ),
            (
                ["sotto", "--directory", "shut"],
                "invalid value 'shut' for 'SOTTO_DIRECTORY (--directory <DIRECTORY>)' [possible values: open, contacts]",
            ),
            (
                ["sotto", "--tls-cert", "cert.pem"],
                "the following required arguments were not provided: SOTTO_TLS_KEY (--tls-key <TLS_KEY>)",
            ),
        ] {
            let wrong = Cli::try_parse_from(arguments).expect_err("a wrong value");
            assert_eq!(one_line(&wrong.to_string()), expected);
        }
    }

    #[test]
    fn a_server_in_the_open_must_know_its_address() {
        let mut config = Config::defaults();
        assert!(config.validate().is_ok());
        config.listen = "0.0.0.0:3000".parse().expect("an address");
        assert!(config.validate().is_err());
        config.public_url = vec!["https://chat.example.org".to_owned()];
        assert!(config.validate().is_ok());
        config.public_url.push("chat".to_owned());
        assert!(config.validate().is_err());
    }

    #[test]
    fn every_setting_is_an_environment_variable_with_a_meaning() {
        for arg in Cli::command().get_arguments() {
            if matches!(arg.get_id().as_str(), "help" | "version") {
                continue;
            }
            let env = arg
                .get_env()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            assert!(env.starts_with("SOTTO_"), "{}", arg.get_id());
            assert!(arg.get_help().is_some(), "{env} has no meaning");
        }
    }

    #[test]
    fn settings_stand_before_or_behind_the_subcommand() {
        for words in [
            ["sotto", "--listen", "127.0.0.1:4", "serve"],
            ["sotto", "serve", "--listen", "127.0.0.1:4"],
        ] {
            let matches = command().try_get_matches_from(words).expect("settings");
            let cli = Cli::from_arg_matches(&matches).expect("settings");
            assert_eq!(cli.config.listen.port(), 4);
            let in_force = InForce(settings(&matches));
            assert!(
                in_force
                    .values()
                    .any(|setting| setting == ("SOTTO_LISTEN", "127.0.0.1:4"))
            );
        }
    }

    #[test]
    fn secrets_are_masked() {
        let matches = command().try_get_matches_from(["sotto", "--turn-secret", "hunter2"]);
        let shown = InForce(settings(&matches.expect("settings"))).example();
        assert!(
            !shown.contains("hunter2") && shown.contains("#SOTTO_TURN_SECRET=(secret)"),
            "{shown}"
        );
        let secret: Secret = "hunter2".parse().expect("never fails");
        assert!(!format!("{secret:?}").contains("hunter2"));
    }
}
