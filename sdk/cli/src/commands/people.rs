//! users, find, friend, blocked, safety-number.

use serde_json::json;
use sotto_sdk::{KeyState, Sotto};

use super::done;
use crate::args::Friend;
use crate::failure::Outcome;
use crate::output::{Output, digits, key_word, person_json};

/// The most that the server gives at once.
const PAGE: u64 = 1_000;

pub async fn users(sotto: &Sotto, output: Output, prefix: Option<&str>, limit: u64) -> Outcome {
    let mut people = Vec::new();
    while people.len() < usize::try_from(limit).unwrap_or(usize::MAX) {
        let left = limit - people.len() as u64;
        let after = people
            .last()
            .map(|person: &sotto_sdk::Person| person.user.username.clone());
        let page = sotto
            .users(prefix, after.as_deref(), Some(left.min(PAGE)))
            .await?;
        if page.is_empty() {
            break;
        }
        people.extend(page);
    }
    let rows: Vec<_> = people
        .iter()
        .map(|person| {
            let user = &person.user;
            let cells = vec![
                user.username.clone(),
                user.status.clone(),
                key_word(&person.key).to_owned(),
            ];
            (cells, person_json(person))
        })
        .collect();
    output.table(&["USER", "STATUS", "KEY"], &rows, "Nobody.");
    Ok(())
}

pub async fn find(sotto: &Sotto, output: Output, username: &str) -> Outcome {
    let person = sotto.user(username).await?;
    let user = &person.user;
    let mut text = format!(
        "{}: {}, key {}",
        user.username,
        user.status,
        key_word(&person.key)
    );
    if !user.biography.is_empty() {
        text = format!("{text}\n{}", user.biography);
    }
    if matches!(person.key, KeyState::Changed { .. }) {
        text = format!(
            "{text}\nThe server shows another key than before. Ask {username} by another way; then `trust`, or do not."
        );
    }
    output.say(text, &person_json(&person));
    Ok(())
}

pub fn names(output: Output, names: &[String], nothing: &str) -> Outcome {
    let rows: Vec<_> = names
        .iter()
        .map(|name| (vec![name.clone()], json!({"username": name})))
        .collect();
    output.table(&["USER"], &rows, nothing);
    Ok(())
}

pub async fn friend(sotto: &Sotto, output: Output, friend: Friend) -> Outcome {
    match friend {
        Friend::Add { username } => {
            sotto.add_friend(&username).await?;
            done(output, &format!("{username} is asked"))
        }
        Friend::Accept { username } => {
            sotto.answer_friend(&username, true).await?;
            done(output, &format!("{username} and you are friends"))
        }
        Friend::Decline { username } => {
            sotto.answer_friend(&username, false).await?;
            done(output, &format!("The request of {username} is declined"))
        }
        Friend::Remove { username } => {
            sotto.unfriend(&username).await?;
            done(output, &format!("{username} and you are no longer friends"))
        }
        Friend::List => names(output, &sotto.friends().await?, "No friends yet."),
        Friend::Requests => {
            let to_me = sotto.friend_requests().await?;
            let by_me = sotto.outgoing_requests().await?;
            let row = |name: &String, way: &str, key: &str| {
                let cells = vec![name.clone(), way.to_owned()];
                (cells, json!({"username": name, "direction": key}))
            };
            let incoming = to_me.iter().map(|name| row(name, "asks you", "incoming"));
            let outgoing = by_me
                .iter()
                .map(|name| row(name, "asked by you", "outgoing"));
            let rows: Vec<_> = incoming.chain(outgoing).collect();
            output.table(&["USER", "REQUEST"], &rows, "No requests.");
            Ok(())
        }
    }
}

pub async fn safety_number(sotto: &Sotto, output: Output, username: &str) -> Outcome {
    let number = sotto.safety_number(username).await?;
    output.say(
        format!(
            "{}\n \nIf {username} sees the same digits, nobody stands between you: then say `sotto-cli verify {username}`.",
            digits(&number)
        ),
        &json!({"username": username, "safety_number": number}),
    );
    Ok(())
}
