//! What each command does: opens the profile, logs in, acts, prints.

mod account;
mod dms;
mod messages;
mod people;
mod tail;

use chrono::Local;
use sotto_sdk::protocol::text::{DmId, MessageId};
use sotto_sdk::{Dm, Sotto};

use crate::args::{Cli, Command};
use crate::failure::{Failure, Outcome};
use crate::output::{self, Output};
use crate::profile::Profile;

/// Carries out one command.
pub async fn run(cli: Cli) -> Outcome {
    let output = Output {
        json: cli.options.json,
    };
    let profile = Profile::new(&cli.options)?;
    match cli.command {
        Command::Register { username, yes } => {
            return account::register(&profile, output, &username, yes).await;
        }
        Command::Recover { username } => {
            return account::recover(&profile, output, &username).await;
        }
        Command::Whoami => return account::whoami(&profile, output),
        Command::Tail(what) => return tail::tail(&profile, output, what).await,
        _ => {}
    }
    let sotto = Sotto::connect(
        &profile.server()?,
        profile.keys()?,
        profile.store()?,
        profile.sdk_options()?,
    )
    .await?;
    let outcome = act(&sotto, output, cli.command).await;
    for warning in sotto.warnings() {
        eprintln!("sotto-cli: {}", output::plain(&warning));
    }
    let closed = sotto.close().await;
    outcome?;
    Ok(closed?)
}

async fn act(sotto: &Sotto, output: Output, command: Command) -> Outcome {
    match command {
        // Done above, without a session.
        Command::Register { .. } | Command::Recover { .. } | Command::Whoami | Command::Tail(_) => {
            Ok(())
        }
        Command::Status { set } => account::status(sotto, output, set.as_deref()).await,
        Command::Users { prefix, limit } => {
            people::users(sotto, output, prefix.as_deref(), limit).await
        }
        Command::Find { username } => people::find(sotto, output, &username).await,
        Command::Friend(friend) => people::friend(sotto, output, friend).await,
        Command::Block { username } => {
            sotto.block(&username).await?;
            done(output, &format!("{username} is blocked"))
        }
        Command::Unblock { username } => {
            sotto.unblock(&username).await?;
            done(output, &format!("{username} is no longer blocked"))
        }
        Command::Blocked => {
            let names = sotto.blocked().await?;
            people::names(output, &names, "You block nobody.")
        }
        Command::Group(group) => dms::group(sotto, output, group).await,
        Command::Dms => dms::list(sotto, output).await,
        Command::Rename { dm, name } => {
            let dm = find_dm(sotto, &dm).await?;
            sotto.rename(dm.id, name.as_deref()).await?;
            done(output, &format!("DM {} is renamed", dm.id))
        }
        Command::Leave { dm } => {
            let dm = find_dm(sotto, &dm).await?;
            sotto.leave(dm.id).await?;
            done(output, &format!("You have left DM {}", dm.id))
        }
        Command::Send(send) => messages::send(sotto, output, send).await,
        Command::Scheduled(scheduled) => messages::scheduled(sotto, output, scheduled).await,
        Command::Edit { message, text } => {
            sotto.edit(message_id(message)?, &text).await?;
            done(output, &format!("Message #{message} is changed"))
        }
        Command::Delete { message } => {
            sotto.delete(message_id(message)?).await?;
            done(output, &format!("Message #{message} is deleted"))
        }
        Command::React { message, reaction } => {
            messages::react(sotto, output, message_id(message)?, &reaction).await
        }
        Command::Unreact { message, reaction } => {
            messages::unreact(sotto, output, message_id(message)?, reaction.as_deref()).await
        }
        Command::Pin { message } => {
            sotto.pin(message_id(message)?, true).await?;
            done(output, &format!("Message #{message} is pinned"))
        }
        Command::Unpin { message } => {
            sotto.pin(message_id(message)?, false).await?;
            done(output, &format!("Message #{message} is no longer pinned"))
        }
        Command::Pinned { dm } => messages::pinned(sotto, output, &dm).await,
        Command::History { dm, limit, before } => {
            messages::history(sotto, output, &dm, limit, before.as_deref()).await
        }
        Command::SafetyNumber { username } => people::safety_number(sotto, output, &username).await,
        Command::GroupCode { dm } => dms::group_code(sotto, output, &dm).await,
        Command::Trust { username } => {
            sotto.trust(&username).await?;
            done(output, &format!("The key of {username} is accepted"))
        }
        Command::Verify { username } => {
            sotto.verify(&username).await?;
            done(output, &format!("The key of {username} is verified"))
        }
    }
}

fn done(output: Output, text: &str) -> Outcome {
    output.say(format!("{text}."), &serde_json::json!({"done": true}));
    Ok(())
}

fn message_id(id: u64) -> Outcome<MessageId> {
    MessageId::new(id).ok_or_else(|| Failure::usage(format!("{id} is no message number")))
}

/// The DM that a person means: by number, by name, or by the other person of a DM of two.
async fn find_dm(sotto: &Sotto, text: &str) -> Outcome<Dm> {
    if let Some(id) = text.parse().ok().and_then(DmId::new) {
        return Ok(sotto.dm(id).await?);
    }
    choose_dm(sotto.dms().await?, text, sotto.username())
}

fn choose_dm(dms: Vec<Dm>, text: &str, me: &str) -> Outcome<Dm> {
    let named = |dm: &Dm, same: &dyn Fn(&str) -> bool| {
        let name = dm.name.as_ref().and_then(|name| name.as_ref().ok());
        let partner = match dm.users.as_slice() {
            [a, b] if a == me => Some(b),
            [a, b] if b == me => Some(a),
            _ => None,
        };
        name.is_some_and(|name| same(name)) || partner.is_some_and(|partner| same(partner))
    };
    let lower = text.to_lowercase();
    let exact: Vec<&Dm> = dms
        .iter()
        .filter(|dm| named(dm, &|name| name == text))
        .collect();
    let found = if exact.is_empty() {
        let loose = |name: &str| name.to_lowercase() == lower;
        dms.iter().filter(|dm| named(dm, &loose)).collect()
    } else {
        exact
    };
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(Failure::usage(format!(
            "no DM is called {text:?}; `sotto-cli dms` lists yours"
        ))),
        several => {
            let ids: Vec<String> = several.iter().map(|dm| dm.id.to_string()).collect();
            Err(Failure::usage(format!(
                "{text:?} can mean the DMs {}; name one by its number",
                ids.join(", ")
            )))
        }
    }
}

/// The present, once per command.
fn now() -> chrono::DateTime<Local> {
    Local::now()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use sotto_sdk::protocol::text::Timestamp;

    fn dm(id: u64, users: &[&str], name: Option<&str>) -> Dm {
        Dm {
            id: DmId::new(id).unwrap(),
            users: users.iter().map(|user| (*user).to_owned()).collect(),
            name: name.map(|name| Ok(name.to_owned())),
            created_at: Timestamp::from_micros(0).unwrap(),
            users_in_call: Vec::new(),
            locked: None,
        }
    }

    #[test]
    fn a_dm_is_found_by_what_people_call_it() {
        let dms = vec![
            dm(1, &["me", "bob"], None),
            dm(2, &["carol", "me"], None),
            dm(3, &["me", "bob", "carol"], Some("Plans")),
            dm(4, &["me", "dave", "carol"], Some("plans")),
        ];
        let choose = |text: &str| choose_dm(dms.clone(), text, "me").map(|dm| dm.id.get());
        assert_eq!(choose("bob").unwrap(), 1);
        assert_eq!(choose("Carol").unwrap(), 2);
        assert_eq!(choose("Plans").unwrap(), 3, "the exact spelling goes first");
        assert_eq!(choose("plans").unwrap(), 4);
        assert!(choose("PLANS").unwrap_err().sentence.contains("3, 4"));
        assert!(
            choose("dave").is_err(),
            "a member of a larger DM names none"
        );
    }
}
