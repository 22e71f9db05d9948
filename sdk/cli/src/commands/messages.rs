//! send, scheduled, react, pinned, history.

use std::io::Read;

use serde_json::json;
use sotto_sdk::protocol::text::{MessageId, ScheduleId, Timestamp};
use sotto_sdk::{Message, Page, SendOptions, Sotto, When};

use super::{done, find_dm, message_id, now};
use crate::args::{Scheduled, Send};
use crate::failure::{Failure, NO_CONNECTION, Outcome};
use crate::output::{Output, dm_title, message_json, message_line, scheduled_json};
use crate::time;

/// The most that the server gives at once.
const PAGE: u64 = 200;

pub async fn send(sotto: &Sotto, output: Output, send: Send) -> Outcome {
    let text = if send.text == "-" {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|error| Failure::usage(format!("standard input: {error}")))?;
        text.trim_end_matches('\n').to_owned()
    } else {
        send.text
    };
    if text.is_empty() {
        return Err(Failure::usage("there is nothing to send"));
    }
    let when = match (&send.at, &send.after) {
        (Some(at), _) => When::At(time::moment(at, now())?),
        (None, Some(after)) => When::In(time::duration(after)?),
        (None, None) => When::Now,
    };
    let delete_after = send
        .delete_after
        .as_deref()
        .map(time::duration)
        .transpose()?;
    let dm = find_dm(sotto, &send.dm).await?;
    let reply_to = match send.reply_to {
        Some(id) => Some(reference(sotto, message_id(id)?).await?),
        None => None,
    };
    let options = SendOptions {
        reply_to,
        when,
        delete_after,
    };
    let sent = sotto.send(dm.id, &text, options).await?;
    if sent.queued {
        return Err(Failure {
            exit: NO_CONNECTION,
            sentence:
                "the server did not answer; the message is kept and goes out with the next command"
                    .to_owned(),
            code: None,
        });
    }
    let title = dm_title(&dm, sotto.username());
    if !matches!(when, When::Now) {
        let waiting = sotto.scheduled(dm.id).await?;
        // The one that is due last among those with this text is the newest of them.
        let mine = waiting
            .iter()
            .filter(|waiting| waiting.text.as_ref() == Ok(&text));
        return match mine.max_by_key(|waiting| waiting.id) {
            Some(waiting) => {
                let due = time::distance(waiting.due, now());
                let line = format!("To {title} {due}, as scheduled message {}.", waiting.id);
                output.say(line, &scheduled_json(waiting));
                Ok(())
            }
            None => done(output, &format!("Sent to {title}")),
        };
    }
    match sotto.find(dm.id, sent.reference).await? {
        Some(message) => {
            output.say(
                format!("Sent to {title} as #{}.", message.id),
                &message_json(&message),
            );
            Ok(())
        }
        None => done(output, &format!("Sent to {title}")),
    }
}

async fn reference(sotto: &Sotto, id: MessageId) -> Outcome<[u8; 32]> {
    match sotto.message(id).await?.content {
        Ok(content) => Ok(content.reference),
        Err(why) => Err(Failure {
            exit: 4,
            sentence: format!("message #{id} cannot be answered: {why}"),
            code: Some(why.code.to_owned()),
        }),
    }
}

pub async fn scheduled(sotto: &Sotto, output: Output, scheduled: Scheduled) -> Outcome {
    match scheduled {
        Scheduled::Cancel { dm, id } => {
            let dm = find_dm(sotto, &dm).await?;
            let id = ScheduleId::new(id).ok_or_else(|| {
                Failure::usage(format!("{id} is no number of a scheduled message"))
            })?;
            sotto.cancel(dm.id, id).await?;
            done(output, &format!("Scheduled message {id} is cancelled"))
        }
        Scheduled::List { dm } => {
            let dms = match dm {
                Some(dm) => vec![find_dm(sotto, &dm).await?],
                None => sotto.dms().await?,
            };
            let mut rows = Vec::new();
            for dm in dms.iter().filter(|dm| dm.locked.is_none()) {
                for waiting in sotto.scheduled(dm.id).await? {
                    let text = match &waiting.text {
                        Ok(text) => text.clone(),
                        Err(why) => format!("[cannot be shown: {why}]"),
                    };
                    let cells = vec![
                        waiting.id.to_string(),
                        dm_title(dm, sotto.username()),
                        time::local(waiting.due, now()),
                        time::distance(waiting.due, now()),
                        text,
                    ];
                    rows.push((cells, scheduled_json(&waiting)));
                }
            }
            output.table(
                &["ID", "DM", "DUE", "", "TEXT"],
                &rows,
                "Nothing is scheduled.",
            );
            Ok(())
        }
    }
}

pub async fn react(sotto: &Sotto, output: Output, message: MessageId, text: &str) -> Outcome {
    let id = sotto.react(message, text).await?;
    output.say(
        format!("{text} on message #{message}."),
        &json!({"reaction": id, "message": message}),
    );
    Ok(())
}

pub async fn unreact(
    sotto: &Sotto,
    output: Output,
    message: MessageId,
    text: Option<&str>,
) -> Outcome {
    let mut taken = 0;
    for reaction in sotto.message(message).await?.reactions {
        let meant = match (text, &reaction.text) {
            (Some(text), Ok(reaction)) => reaction == text,
            (Some(_), Err(_)) => false,
            (None, _) => true,
        };
        if meant && reaction.sender == sotto.username() {
            sotto.unreact(reaction.id).await?;
            taken += 1;
        }
    }
    if taken == 0 {
        return Err(Failure::usage(format!(
            "you have no such reaction on message #{message}"
        )));
    }
    output.say(
        format!("{taken} taken back from message #{message}."),
        &json!({"removed": taken, "message": message}),
    );
    Ok(())
}

fn show(output: Output, messages: &[Message]) {
    for message in messages {
        let line = message_line(message, messages.iter());
        output.say(line, &message_json(message));
    }
}

pub async fn pinned(sotto: &Sotto, output: Output, dm: &str) -> Outcome {
    let dm = find_dm(sotto, dm).await?;
    let mut messages = sotto.pinned(dm.id).await?;
    messages.reverse();
    if messages.is_empty() && !output.json {
        output.say("Nothing is pinned.", &json!(null));
    }
    show(output, &messages);
    Ok(())
}

pub async fn history(
    sotto: &Sotto,
    output: Output,
    dm: &str,
    limit: u64,
    before: Option<&str>,
) -> Outcome {
    let dm = find_dm(sotto, dm).await?;
    let mut page = match before {
        Some(before) => Page::Before(moment_of(sotto, before).await?),
        None => Page::Newest,
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut messages: Vec<Message> = Vec::new();
    while messages.len() < limit {
        let left = u64::try_from(limit - messages.len()).unwrap_or(PAGE);
        let more = sotto.history(dm.id, page, left.min(PAGE)).await?;
        let Some(last) = more.last() else {
            break;
        };
        page = Page::Before(last.timestamp);
        messages.extend(more);
    }
    messages.reverse();
    if messages.is_empty() && !output.json {
        output.say("No messages.", &json!(null));
    }
    show(output, &messages);
    Ok(())
}

/// A time, or the time of a message.
async fn moment_of(sotto: &Sotto, text: &str) -> Outcome<Timestamp> {
    match text.trim_start_matches('#').parse() {
        Ok(id) => Ok(sotto.message(message_id(id)?).await?.timestamp),
        Err(_) => time::moment(text, now()),
    }
}
