//! group, dms, group-code.

use serde_json::{Value, json};
use sotto_sdk::{Page, Sotto};

use super::{find_dm, now};
use crate::args::Group;
use crate::failure::Outcome;
use crate::output::{Output, digits, dm_json, dm_title, message_text};
use crate::time;

pub async fn group(sotto: &Sotto, output: Output, group: Group) -> Outcome {
    let Group::New { name, usernames } = group;
    let dm = sotto.create_dm(&usernames, name.as_deref()).await?;
    let title = dm_title(&dm, sotto.username());
    output.say(
        format!("DM {} with {} is ready.", dm.id, title),
        &dm_json(&dm),
    );
    Ok(())
}

pub async fn list(sotto: &Sotto, output: Output) -> Outcome {
    let me = sotto.username();
    let mut rows = Vec::new();
    for dm in sotto.dms().await? {
        let latest = sotto.history(dm.id, Page::Newest, 1).await?;
        let (text, when) = match latest.first() {
            Some(message) => (
                format!("{}: {}", message.sender, message_text(message)),
                time::distance(message.timestamp, now()),
            ),
            None => (String::new(), time::distance(dm.created_at, now())),
        };
        let shown: String = match &dm.locked {
            Some(why) => format!("[locked: {why}]"),
            None => text.chars().take(50).collect(),
        };
        let mut value = dm_json(&dm);
        value["latest"] = latest
            .first()
            .map_or(Value::Null, crate::output::message_json);
        let members = dm.users.len().to_string();
        rows.push((
            vec![dm.id.to_string(), dm_title(&dm, me), members, when, shown],
            value,
        ));
    }
    output.table(
        &["DM", "NAME", "MEMBERS", "LATEST", ""],
        &rows,
        "No DMs yet; `sotto-cli group new USER` makes one.",
    );
    Ok(())
}

pub async fn group_code(sotto: &Sotto, output: Output, dm: &str) -> Outcome {
    let dm = find_dm(sotto, dm).await?;
    let code = sotto.group_code(dm.id).await?;
    output.say(digits(&code), &json!({"dm": dm.id, "group_code": code}));
    Ok(())
}
