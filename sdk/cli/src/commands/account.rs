//! register, recover, whoami, status.

use std::io::IsTerminal;

use serde_json::json;
use sotto_sdk::{
    AccountKeys, Profile as Changes, ServerAddress, Sotto, is_taken, register as create,
};

use super::now;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::profile::{Profile, read_line};
use crate::time;

/// Makes the words first, so that no crash can leave an account without them.
pub async fn register(profile: &Profile<'_>, output: Output, username: &str, yes: bool) -> Outcome {
    profile.must_be_new()?;
    let server = profile.server()?;
    let transport = profile.transport()?;
    if let Some(keys) = profile.unfinished(username)? {
        create(&server, &keys, &transport).await?;
        return welcome(profile, output, &keys, &server, &[]);
    }
    let (keys, words) = AccountKeys::create(username)?;
    if is_taken(&server, username, &transport).await? {
        return Err(Failure {
            exit: 1,
            sentence: format!("the name {username} is taken"),
            code: Some("username_taken".to_owned()),
        });
    }
    let list: Vec<&str> = words.reveal().split(' ').collect();
    if !output.json {
        show_words(output, &list);
    }
    if !yes {
        confirm(&list)?;
    }
    profile.keep_keys(&keys)?;
    if let Err(error) = create(&server, &keys, &transport).await {
        if matches!(
            error,
            sotto_sdk::Error::Refused(_) | sotto_sdk::Error::Connect { .. }
        ) {
            profile.forget_keys()?;
        }
        return Err(error.into());
    }
    welcome(profile, output, &keys, &server, &list)
}

fn welcome(
    profile: &Profile<'_>,
    output: Output,
    keys: &AccountKeys,
    server: &ServerAddress,
    words: &[&str],
) -> Outcome {
    profile.complete(keys, server)?;
    let name = keys.username();
    output.say(
        format!("Welcome, {name}. Your account at {server} is ready."),
        &json!({"username": name, "server": server.to_string(), "words": words}),
    );
    Ok(())
}

fn show_words(output: Output, words: &[&str]) {
    let nothing = json!(null);
    output.say(
        "These 24 words are your account. Write them down, in order, and show them to nobody:",
        &nothing,
    );
    output.say(" \n", &nothing);
    for (row, line) in words.chunks(4).enumerate() {
        let line = line.iter().enumerate().map(|(column, word)| {
            let number = row * 4 + column + 1;
            format!("{number:>4}. {word:<10}")
        });
        output.say(line.collect::<String>().trim_end(), &nothing);
    }
    output.say(
        " \nThey are not kept anywhere and not shown again. Without them a lost device is a lost account.",
        &nothing,
    );
}

/// Two of the words, to show that they are written down.
fn confirm(words: &[&str]) -> Outcome {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(
            "nobody is there to confirm the words; with --yes register does not ask",
        ));
    }
    let first: usize = rand::random_range(0..12);
    let second: usize = rand::random_range(12..24);
    for number in [first, second] {
        let answer = read_line(&format!("Word number {}: ", number + 1))?;
        if answer.trim().to_lowercase() != words[number] {
            return Err(Failure::usage(
                "that is not the word; nothing was registered, so begin again and write the words down",
            ));
        }
    }
    Ok(())
}

pub async fn recover(profile: &Profile<'_>, output: Output, username: &str) -> Outcome {
    profile.must_be_new()?;
    let server = profile.server()?;
    let words = read_line("The 24 words: ")?;
    let keys = AccountKeys::recover(username, &words)?;
    // Only keys that open the account are worth keeping.
    let sotto = Sotto::connect(
        &server,
        keys.clone(),
        std::sync::Arc::new(sotto_sdk::MemoryStore::default()),
        profile.sdk_options()?,
    )
    .await?;
    let dms = sotto.dms().await?.len();
    sotto.close().await?;
    profile.keep_keys(&keys)?;
    profile.complete(&keys, &server)?;
    output.say(
        format!("Welcome back, {username}. You are in {dms} DMs."),
        &json!({"username": username, "server": server.to_string(), "dms": dms}),
    );
    Ok(())
}

pub fn whoami(profile: &Profile<'_>, output: Output) -> Outcome {
    let (username, server) = profile.who()?;
    output.say(
        format!("{username} at {server}"),
        &json!({"username": username, "server": server}),
    );
    Ok(())
}

pub async fn status(sotto: &Sotto, output: Output, set: Option<&str>) -> Outcome {
    if let Some(status) = set {
        let changes = Changes {
            status: Some(status.to_owned()),
            ..Changes::default()
        };
        sotto.set_profile(&changes).await?;
    }
    let me = sotto.me().await?;
    let storage = sotto.storage().await?;
    let made = sotto_sdk::protocol::text::Timestamp::from_micros(
        i64::try_from(storage.prekey_created_at.unwrap_or(0))
            .unwrap_or(0)
            .saturating_mul(1_000_000),
    );
    let prekey = match (storage.prekey_created_at, made) {
        (Some(_), Some(made)) => format!("made {}", time::distance(made, now())),
        _ => "none".to_owned(),
    };
    let invites = serde_json::to_value(me.invites).unwrap_or_default();
    output.say(
        format!(
            "{} at {}\nstatus:   {}\nprekey:   {prekey}\nstorage:  {} % used, {} groups, {} pinned keys, version {}\ninvites:  {}",
            sotto.username(),
            sotto.server(),
            me.user.status,
            storage.percent,
            storage.groups,
            storage.pins,
            me.own_storage_version,
            invites.as_str().unwrap_or_default(),
        ),
        &json!({
            "username": sotto.username(),
            "server": sotto.server().to_string(),
            "status": me.user.status,
            "biography": me.user.biography,
            "public_key": me.user.public_key,
            "prekey_created_at": storage.prekey_created_at,
            "storage_percent": storage.percent,
            "groups": storage.groups,
            "pins": storage.pins,
            "own_storage_version": me.own_storage_version,
            "invites": me.invites,
        }),
    );
    Ok(())
}
