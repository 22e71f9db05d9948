//! tail: what happens, live, as lines for people or JSON for programs.

use std::collections::HashMap;

use serde_json::{Value, json};
use sotto_sdk::protocol::text::{DmId, MessageId};
use sotto_sdk::{Dm, Events, Happening, Message, Sotto};

use super::{find_dm, now};
use crate::args::Tail;
use crate::failure::Outcome;
use crate::output::{
    Output, dm_json, dm_title, indented, message_json, message_line, message_text, plain, user_json,
};
use crate::profile::Profile;
use crate::time;

pub async fn tail(profile: &Profile<'_>, output: Output, what: Tail) -> Outcome {
    let (sotto, events) = Sotto::follow(
        &profile.server()?,
        profile.keys()?,
        profile.store()?,
        profile.sdk_options()?,
    )
    .await?;
    let mut view = View {
        output,
        only: match &what.dm {
            Some(dm) => Some(find_dm(&sotto, dm).await?.id),
            None => None,
        },
        what,
        titles: HashMap::new(),
        members: HashMap::new(),
        shown: HashMap::new(),
        statuses: HashMap::new(),
        me: sotto.username().to_owned(),
        lines: 0,
    };
    for dm in sotto.dms().await? {
        view.learn(&dm);
    }
    let outcome = tokio::select! {
        outcome = watch(&mut view, events) => outcome,
        () = interrupted() => Ok(()),
    };
    sotto.close().await?;
    outcome
}

async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminate) =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
    {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    drop(tokio::signal::ctrl_c().await);
}

async fn watch(view: &mut View, mut events: Events) -> Outcome {
    while let Some(happening) = events.next().await {
        if let Happening::Ended(error) = happening {
            return Err(error.into());
        }
        view.show(&happening);
        if view.what.count.is_some_and(|count| view.lines >= count) {
            break;
        }
    }
    Ok(())
}

/// What is on screen, to tell what changed.
struct View {
    output: Output,
    what: Tail,
    only: Option<DmId>,
    titles: HashMap<DmId, String>,
    members: HashMap<DmId, Vec<String>>,
    shown: HashMap<MessageId, Message>,
    statuses: HashMap<String, String>,
    me: String,
    lines: u64,
}

impl View {
    fn learn(&mut self, dm: &Dm) {
        self.titles.insert(dm.id, dm_title(dm, &self.me));
        self.members.insert(dm.id, dm.users.clone());
    }

    fn title(&self, dm: DmId) -> String {
        let title = self.titles.get(&dm).cloned();
        title.unwrap_or_else(|| format!("DM {dm}"))
    }

    /// One line about a DM, or about none.
    fn line(&mut self, kind: &str, dm: Option<DmId>, text: &str, mut value: Value) {
        if dm.is_some() && self.only.is_some() && dm != self.only {
            return;
        }
        value["event"] = json!(kind);
        let text = match dm {
            Some(dm) => format!("[{}] {text}", self.title(dm)),
            None => format!("* {text}"),
        };
        self.output.say(text, &value);
        self.lines += 1;
    }

    fn show(&mut self, happening: &Happening) {
        match happening {
            Happening::MessageNew(message) => self.new_message(message),
            Happening::MessageChanged(message) => self.changed_message(message),
            Happening::MessageDeleted { dm, id } => {
                self.shown.remove(id);
                let value = json!({"id": id, "dm": dm});
                self.line("message_deleted", *dm, &format!("#{id} is gone"), value);
            }
            Happening::HistoryReset { dm } => self.line(
                "history_reset",
                Some(*dm),
                "away for too long: older messages may have changed since",
                json!({"dm": dm}),
            ),
            Happening::Typing { dm, username } => {
                if self.what.typing {
                    let text = format!("{username} is typing");
                    let value = json!({"dm": dm, "username": username});
                    self.line("typing", Some(*dm), &text, value);
                }
            }
            Happening::Invited(dm) => {
                self.learn(dm);
                let text = format!("new DM {} of {}", dm.id, dm.users.join(", "));
                self.line("invited", Some(dm.id), &text, dm_json(dm));
            }
            Happening::InvitationRefused { dm, sender, why } => {
                let value = json!({"dm": dm, "sender": sender, "code": why.security_code(), "error": why.to_string()});
                self.line("invitation_refused", None, &why.to_string(), value);
            }
            Happening::DmChanged(dm) => {
                let title = self.title(dm.id);
                let members = self.members.get(&dm.id).cloned();
                self.learn(dm);
                let mut changes = Vec::new();
                if title != self.title(dm.id) {
                    changes.push(format!("was called {title}"));
                }
                if members.as_ref() != Some(&dm.users) {
                    changes.push(format!("members: {}", dm.users.join(", ")));
                }
                // For people, what they see already is no news.
                if !changes.is_empty() || self.output.json {
                    self.line("dm_changed", Some(dm.id), &changes.join("; "), dm_json(dm));
                }
            }
            Happening::DmGone { dm } => {
                self.line(
                    "dm_gone",
                    Some(*dm),
                    "you are no longer in it",
                    json!({"dm": dm}),
                );
            }
            other => self.show_rest(other),
        }
    }

    fn show_rest(&mut self, happening: &Happening) {
        match happening {
            Happening::Connected => self.line("connected", None, "connected", json!({})),
            Happening::Disconnected { why } => {
                let text = format!("not connected ({why}); trying again");
                self.line("disconnected", None, &text, json!({"why": why}));
            }
            Happening::ScheduledSent { dm, id } => {
                let text = format!("scheduled message {id} was sent");
                self.line(
                    "scheduled_sent",
                    Some(*dm),
                    &text,
                    json!({"dm": dm, "id": id}),
                );
            }
            Happening::ScheduledSoon { dm, id } => {
                let text = format!("scheduled message {id} will be sent in a minute");
                self.line(
                    "scheduled_soon",
                    Some(*dm),
                    &text,
                    json!({"dm": dm, "id": id}),
                );
            }
            Happening::ScheduledFailed { dm, id, code } => {
                let text = format!("scheduled message {id} was not sent ({code})");
                let value = json!({"dm": dm, "id": id, "code": code});
                self.line("scheduled_failed", Some(*dm), &text, value);
            }
            Happening::FriendRequest { username } => {
                let text = format!("{username} asks to be friends");
                self.line("friend_request", None, &text, json!({"username": username}));
            }
            Happening::FriendAnswer { username, accepted } => {
                let word = if *accepted { "accepted" } else { "declined" };
                let text = format!("{username} has {word} your request");
                let value = json!({"username": username, "accepted": accepted});
                self.line("friend_answer", None, &text, value);
            }
            Happening::Unfriended { username } => {
                let text = format!("{username} and you are no longer friends");
                self.line("unfriended", None, &text, json!({"username": username}));
            }
            Happening::Profile(user) => {
                let before = self
                    .statuses
                    .insert(user.username.clone(), user.status.clone());
                // For people only presence is news; programs get every profile.
                let news = user.username != self.me && before.as_ref() != Some(&user.status);
                if (news && self.what.presence) || self.output.json {
                    let text = format!("{} is {}", user.username, plain(&user.status));
                    self.line("profile", None, &text, user_json(user));
                }
            }
            Happening::CallJoined { dm, username } => {
                let text = format!("{username} joined the call");
                let value = json!({"dm": dm, "username": username});
                self.line("call_joined", Some(*dm), &text, value);
            }
            Happening::CallLeft { dm, username } => {
                let text = format!("{username} left the call");
                let value = json!({"dm": dm, "username": username});
                self.line("call_left", Some(*dm), &text, value);
            }
            Happening::KeyChanged {
                username,
                pinned,
                seen,
            } => {
                let text = format!(
                    "THE KEY OF {username} HAS CHANGED: compare safety numbers before you `trust` it"
                );
                let value = json!({"username": username, "pinned": hex::encode(pinned), "seen": hex::encode(seen)});
                self.line("key_changed", None, &text, value);
            }
            Happening::Warning(text) => {
                self.line("warning", None, text, json!({"warning": text}));
            }
            // For other programs, or shown by `show`.
            _ => {}
        }
    }

    fn new_message(&mut self, message: &Message) {
        self.shown.insert(message.id, message.clone());
        let mut text = message_line(message, self.shown.values());
        if message.missing_before > 0 {
            text = format!("{text}  (before it, {} not seen)", message.missing_before);
        }
        self.line("message", Some(message.dm), &text, message_json(message));
    }

    fn changed_message(&mut self, message: &Message) {
        let before = self.shown.insert(message.id, message.clone());
        let mut changes = Vec::new();
        if let Some(before) = &before {
            if message_text(before) != message_text(message) {
                changes.push(format!("now says: {}", indented(&message_text(message))));
            }
            if before.pinned != message.pinned {
                changes.push(
                    if message.pinned {
                        "pinned"
                    } else {
                        "no longer pinned"
                    }
                    .to_owned(),
                );
            }
            for reaction in &message.reactions {
                if before.reactions.iter().all(|old| old.id != reaction.id) {
                    let text = reaction
                        .text
                        .as_ref()
                        .map_or_else(|why| why.code, String::as_str);
                    changes.push(format!("{text} by {}", reaction.sender));
                }
            }
            for old in &before.reactions {
                if message
                    .reactions
                    .iter()
                    .all(|reaction| reaction.id != old.id)
                {
                    let text = old
                        .text
                        .as_ref()
                        .map_or_else(|why| why.code, String::as_str);
                    changes.push(format!("{text} of {} taken back", old.sender));
                }
            }
        }
        let text = if changes.is_empty() {
            format!("changed: {}", message_line(message, self.shown.values()))
        } else {
            let when = time::local(message.timestamp, now());
            format!(
                "{when}  #{} of {}: {}",
                message.id,
                message.sender,
                changes.join(", ")
            )
        };
        self.line(
            "message_changed",
            Some(message.dm),
            &text,
            message_json(message),
        );
    }
}
