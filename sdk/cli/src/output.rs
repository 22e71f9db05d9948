//! What goes to standard output: text for people, or one JSON value per line. Never a control character of someone else's.

use std::io::{self, Write};

use chrono::Local;
use serde_json::{Value, json};
use sotto_sdk::protocol::objects::User;
use sotto_sdk::{Dm, KeyState, Message, Person, Scheduled, Unreadable};

use crate::time;

/// Writes lines; ends quietly where nobody reads any more.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub json: bool,
}

impl Output {
    /// One line of text or one JSON value, whichever was asked for.
    pub fn say(self, text: impl AsRef<str>, value: &Value) {
        if self.json {
            line(&value.to_string());
        } else {
            for text in text.as_ref().lines() {
                line(&plain(text));
            }
        }
    }

    /// A table for people, its rows as JSON for scripts.
    pub fn table(self, head: &[&str], rows: &[(Vec<String>, Value)], nothing: &str) {
        if self.json {
            for (_, value) in rows {
                line(&value.to_string());
            }
            return;
        }
        if rows.is_empty() {
            line(nothing);
            return;
        }
        let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
        let cells: Vec<Vec<String>> = rows
            .iter()
            .map(|(cells, _)| cells.iter().map(|cell| plain(cell)).collect())
            .collect();
        let wide = |column: usize| {
            let all = std::iter::once(&head).chain(&cells);
            all.filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..head.len()).map(wide).collect();
        for row in std::iter::once(&head).chain(&cells) {
            let padded = row.iter().zip(&widths).map(|(cell, width)| {
                let fill = width.saturating_sub(cell.chars().count());
                format!("{cell}{}", " ".repeat(fill))
            });
            let text = padded.collect::<Vec<_>>().join("  ");
            line(text.trim_end());
        }
    }
}

fn line(text: &str) {
    let mut out = io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        // The reader has gone, like `head` after its last line.
        std::process::exit(0);
    }
}

/// Text of someone else's without anything that a terminal would obey, on one line.
pub fn plain(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\t' => ' ',
        // Characters that turn the order of what follows could make one text look like another.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(shown).collect()
}

/// What a DM is called on screen.
pub fn dm_title(dm: &Dm, me: &str) -> String {
    match &dm.name {
        Some(Ok(name)) => plain(name),
        Some(Err(why)) => format!("[unreadable name: {}]", why.code),
        None => {
            let others: Vec<_> = dm
                .users
                .iter()
                .filter(|user| *user != me)
                .cloned()
                .collect();
            if others.is_empty() {
                "(just you)".to_owned()
            } else {
                others.join(", ")
            }
        }
    }
}

pub fn dm_json(dm: &Dm) -> Value {
    json!({
        "id": dm.id,
        "name": dm.name.as_ref().and_then(|name| name.as_ref().ok()),
        "users": dm.users,
        "created_at": dm.created_at,
        "users_in_call": dm.users_in_call,
        "locked": dm.locked.as_ref().map(unreadable),
    })
}

fn unreadable(why: &Unreadable) -> Value {
    json!({"code": why.code, "sentence": why.sentence})
}

pub fn message_json(message: &Message) -> Value {
    let reactions = message.reactions.iter().map(|reaction| {
        json!({
            "id": reaction.id,
            "sender": reaction.sender,
            "reaction": reaction.text.as_ref().ok(),
            "unreadable": reaction.text.as_ref().err().map(unreadable),
        })
    });
    let content = message.content.as_ref().ok();
    json!({
        "id": message.id,
        "dm": message.dm,
        "sender": message.sender,
        "timestamp": message.timestamp,
        "expires": message.expires,
        "pinned": message.pinned,
        "text": content.map(|content| &content.text),
        "revision": content.map(|content| content.revision),
        "reference": content.map(|content| hex::encode(content.reference)),
        "reply_to": content.and_then(|content| content.reply_to).map(hex::encode),
        "unreadable": message.content.as_ref().err().map(unreadable),
        "missing_before": message.missing_before,
        "reactions": reactions.collect::<Vec<_>>(),
    })
}

/// What a message says on screen, refusals and all.
pub fn message_text(message: &Message) -> String {
    match &message.content {
        Ok(content) => content.text.clone(),
        Err(why) => format!("[cannot be shown: {why}]"),
    }
}

/// Further lines of a text are set in, so that none can look like a message of its own.
pub fn indented(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join("\n          | ")
}

/// One message as a line: time, number, sender, text, marks. A reply names its target where that is among `others`.
pub fn message_line<'a>(
    message: &Message,
    mut others: impl Iterator<Item = &'a Message>,
) -> String {
    let now = Local::now();
    let mut marks = Vec::new();
    let reply_to = message
        .content
        .as_ref()
        .ok()
        .and_then(|content| content.reply_to);
    if let Some(target) = reply_to {
        let is_target = |other: &&Message| {
            let content = other.content.as_ref();
            content.is_ok_and(|content| content.reference == target)
        };
        marks.push(match others.find(is_target) {
            Some(other) => format!("reply to #{}", other.id),
            None => "reply".to_owned(),
        });
    }
    if message
        .content
        .as_ref()
        .is_ok_and(|content| content.revision > 0)
    {
        marks.push("edited".to_owned());
    }
    if message.pinned {
        marks.push("pinned".to_owned());
    }
    if let Some(end) = message.expires {
        marks.push(format!("gone {}", time::distance(end, now)));
    }
    for reaction in &message.reactions {
        marks.push(match &reaction.text {
            Ok(text) => format!("{} {}", plain(text), reaction.sender),
            Err(why) => format!("[{}] {}", why.code, reaction.sender),
        });
    }
    let marks = if marks.is_empty() {
        String::new()
    } else {
        format!("  ({})", marks.join(", "))
    };
    let when = time::local(message.timestamp, now);
    let text = indented(&message_text(message));
    format!("{when}  #{} {}: {text}{marks}", message.id, message.sender)
}

pub fn scheduled_json(scheduled: &Scheduled) -> Value {
    json!({
        "dm": scheduled.dm,
        "id": scheduled.id,
        "due": scheduled.due,
        "text": scheduled.text.as_ref().ok(),
        "unreadable": scheduled.text.as_ref().err().map(unreadable),
    })
}

/// How someone's key stands, in a word.
pub fn key_word(key: &KeyState) -> &'static str {
    match key {
        KeyState::Unknown => "not seen before",
        KeyState::Pinned { verified: true } => "verified",
        KeyState::Pinned { verified: false } => "as seen before",
        KeyState::Changed { .. } => "CHANGED",
    }
}

pub fn user_json(user: &User) -> Value {
    json!({
        "username": user.username,
        "status": user.status,
        "biography": user.biography,
        "public_key": user.public_key,
    })
}

pub fn person_json(person: &Person) -> Value {
    let mut value = user_json(&person.user);
    value["key"] = json!(match person.key {
        KeyState::Unknown => "unknown",
        KeyState::Pinned { verified: true } => "verified",
        KeyState::Pinned { verified: false } => "pinned",
        KeyState::Changed { .. } => "changed",
    });
    value
}

/// 60 digits in groups of five, four lines of three.
pub fn digits(number: &str) -> String {
    let groups: Vec<String> = number
        .as_bytes()
        .chunks(5)
        .map(|group| String::from_utf8_lossy(group).into_owned())
        .collect();
    let lines: Vec<String> = groups.chunks(3).map(|line| line.join(" ")).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_given_nothing_to_obey() {
        assert_eq!(
            plain("a\u{1b}[2Jb\nc\u{7f}\u{9b}"),
            "a\u{fffd}[2Jb c\u{fffd}\u{fffd}"
        );
        assert_eq!(plain("abc\u{202e}fed"), "abc\u{fffd}fed");
        assert_eq!(plain("Çarol 👋🏽 李"), "Çarol 👋🏽 李");
    }

    #[test]
    fn no_text_looks_like_another_message() {
        let text = indented("hello\n12:00:00  #9 bob: forged\r\nend");
        assert!(
            text.lines()
                .skip(1)
                .all(|line| line.starts_with("          | ")),
            "{text}"
        );
    }

    #[test]
    fn digits_are_grouped() {
        let number = "012345678901234567890123456789012345678901234567890123456789";
        assert_eq!(digits(number).lines().count(), 4);
        assert!(digits(number).starts_with("01234 56789 01234\n"));
    }
}
