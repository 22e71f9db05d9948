//! The command line: every command, option and example. What each does stands in [`crate::commands`].

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

const EXAMPLES: &str = "\
Examples:
  sotto-cli --server https://chat.example.org register alice
  sotto-cli friend add bob
  sotto-cli group new bob                        a DM with the friend bob
  sotto-cli group new --name Plans bob carol     a DM of three
  sotto-cli send Plans 'See you at eight'
  sotto-cli send bob 'Happy birthday' --at '2027-03-01 08:00'
  sotto-cli send bob 'The code is 1234' --delete-after 30s
  sotto-cli tail

A DM is named by its number, by its name, or by the other person's name in a DM of two.

Exit codes:
  0 done   1 refused by the server (the code is shown)   2 usage   3 no connection
  4 refused for your safety (E_…)   5 files of this device";

/// End-to-end encrypted messages in a terminal.
#[derive(Debug, Parser)]
#[command(name = "sotto-cli", version, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub options: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Args, Debug)]
pub struct Global {
    /// Folder of keys and state [default: sotto in $XDG_DATA_HOME or ~/.local/share]
    #[arg(long, global = true, env = "SOTTO_PROFILE", value_name = "DIR")]
    pub profile: Option<PathBuf>,
    /// Address of the server; kept in the profile by register and recover
    #[arg(long, global = true, env = "SOTTO_SERVER", value_name = "URL")]
    pub server: Option<String>,
    /// Certificates (PEM) to trust beside the machine's own
    #[arg(long, global = true, env = "SOTTO_CA_FILE", value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// File whose first line is the passphrase; for scripts, as is the variable SOTTO_PASSPHRASE
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Keep the keys unencrypted (register and recover); anyone who can read your files then has your account
    #[arg(long, global = true)]
    pub no_passphrase: bool,
    /// One JSON value per line instead of text for people
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create an account; shows the 24 words that bring it back
    Register {
        username: String,
        /// Do not ask whether the words are written down
        #[arg(long)]
        yes: bool,
    },
    /// Bring an account back from its 24 words, asked for or read from standard input
    Recover { username: String },
    /// Show who this profile is
    Whoami,
    /// Show the account: presence, prekey, storage; or set the status that others see
    Status {
        /// What others see, up to 64 characters
        #[arg(long, value_name = "TEXT")]
        set: Option<String>,
    },
    /// List users of the server
    Users {
        /// Only names that begin with this
        prefix: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
        limit: u64,
    },
    /// Show one user with the state of the key
    Find { username: String },
    /// Friends and friend requests
    #[command(subcommand)]
    Friend(Friend),
    /// Block someone; ends the friendship
    Block { username: String },
    /// Lift a block
    Unblock { username: String },
    /// List whom you block
    Blocked,
    /// Make a DM
    #[command(subcommand)]
    Group(Group),
    /// List your DMs
    Dms,
    /// Name a DM; without NAME the name is taken away
    Rename { dm: String, name: Option<String> },
    /// Leave a DM; its key is forgotten on all your devices
    Leave { dm: String },
    /// Send a message; TEXT - reads it from standard input
    Send(Send),
    /// Messages that wait for their hour
    #[command(subcommand)]
    Scheduled(Scheduled),
    /// Change one of your messages
    Edit { message: u64, text: String },
    /// Delete one of your messages for everyone
    Delete { message: u64 },
    /// React to a message
    React { message: u64, reaction: String },
    /// Take your reaction back; all of yours on that message if none is named
    Unreact {
        message: u64,
        reaction: Option<String>,
    },
    /// Pin a message
    Pin { message: u64 },
    /// Take the pin off a message
    Unpin { message: u64 },
    /// List the pinned messages of a DM
    Pinned { dm: String },
    /// Show a DM's messages, oldest first
    History {
        dm: String,
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
        limit: u64,
        /// Only messages before this time or message number
        #[arg(long, value_name = "TIME|ID")]
        before: Option<String>,
    },
    /// Show what happens, live: first what was missed since the last tail, then what comes, until Ctrl-C
    Tail(Tail),
    /// Show the 60 digits to compare with someone; equal on both sides means nobody is in between
    SafetyNumber { username: String },
    /// Show the 60 digits that all members of a DM share
    GroupCode { dm: String },
    /// Accept the changed key of someone
    Trust { username: String },
    /// Mark someone's key as compared
    Verify { username: String },
}

#[derive(Debug, Subcommand)]
pub enum Friend {
    /// Ask someone to be friends
    Add { username: String },
    /// Accept a request
    Accept { username: String },
    /// Decline a request
    Decline { username: String },
    /// End a friendship
    Remove { username: String },
    /// List your friends
    List,
    /// List requests to you and by you
    Requests,
}

#[derive(Debug, Subcommand)]
pub enum Group {
    /// Make a DM with one friend, or with several people
    New {
        /// A name, which only members can read
        #[arg(long)]
        name: Option<String>,
        #[arg(required = true, value_name = "USER")]
        usernames: Vec<String>,
    },
}

#[derive(Args, Debug)]
pub struct Send {
    pub dm: String,
    pub text: String,
    /// Send at this time: 2027-03-01T08:00:00Z, '2027-03-01 08:00' or 08:00 of your clock
    #[arg(long, value_name = "TIME", conflicts_with = "after")]
    pub at: Option<String>,
    /// Send after this time: 5s, 10m, 2h30m, 3d
    #[arg(long = "in", value_name = "DURATION", id = "after")]
    pub after: Option<String>,
    /// Destroy the message so long after it is sent
    #[arg(long, value_name = "DURATION")]
    pub delete_after: Option<String>,
    /// The message that this one answers
    #[arg(long, value_name = "ID")]
    pub reply_to: Option<u64>,
}

#[derive(Args, Debug)]
pub struct Tail {
    /// Only this DM
    pub dm: Option<String>,
    /// Show who is typing, too
    #[arg(long)]
    pub typing: bool,
    /// Show who comes and goes, too
    #[arg(long)]
    pub presence: bool,
    /// Stop after so many lines
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
}

#[derive(Debug, Subcommand)]
pub enum Scheduled {
    /// List those of a DM, or of all DMs
    List { dm: Option<String> },
    /// Cancel one
    Cancel { dm: String, id: u64 },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
