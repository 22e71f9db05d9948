//! Compares what is there with the journals: nothing acked lost, nothing doubled, nothing early, nothing that nobody asked for.

use std::collections::{BTreeSet, HashMap, HashSet};

use futures_util::future::join_all;
use serde_json::{Value, json};
use sotto_protocol::text::Timestamp;
use sotto_tests::client::Client;
use sotto_tests::process::now_us;

use crate::journal::{Cancelled, Fate, Friendship, Journal, Reacted, Sent};

/// How late the check lets a scheduled message be in the middle of the run. At its end all are waited for.
const LATE_US: i64 = 15_000_000;

/// A message as the server shows it.
#[derive(Debug)]
pub struct Seen {
    pub id: u64,
    pub dm: u64,
    pub sender: String,
    pub sent_us: i64,
    pub end_us: Option<i64>,
    /// Id and bytes of each reaction.
    pub reactions: Vec<(u64, String)>,
}

/// What the server shows.
pub struct View {
    /// When the look began and ended.
    pub from_us: i64,
    pub until_us: i64,
    /// By their bytes.
    pub messages: HashMap<String, Vec<Seen>>,
}

fn micros(timestamp: &Value) -> Option<i64> {
    let timestamp: Option<Timestamp> = serde_json::from_value(timestamp.clone()).ok()?;
    timestamp.map(|timestamp| timestamp.micros())
}

fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("an id")
}

/// Reads everything that the DMs hold.
pub async fn look(client: &Client, dms: &[u64], faults: &mut Vec<String>) -> View {
    let from_us = now_us();
    let histories = join_all(dms.iter().map(|dm| client.history(*dm))).await;
    let until_us = now_us();
    let mut messages: HashMap<String, Vec<Seen>> = HashMap::new();
    for history in histories {
        let mut last_us = 0;
        for message in history {
            let sent_us = micros(&message["timestamp"]).expect("a timestamp");
            if sent_us <= last_us {
                faults.push(format!("R-115: {message} is not newer than the one before"));
            }
            last_us = sent_us;
            let reactions = message["reactions"].as_array().expect("a list");
            let seen = Seen {
                id: number(&message["id"]),
                dm: number(&message["dm_id"]),
                sender: text(&message["sender"]),
                sent_us,
                end_us: micros(&message["delete_timestamp"]),
                reactions: reactions
                    .iter()
                    .map(|it| (number(&it["id"]), text(&it["reaction"])))
                    .collect(),
            };
            messages
                .entry(text(&message["message"]))
                .or_default()
                .push(seen);
        }
    }
    View {
        from_us,
        until_us,
        messages,
    }
}

impl View {
    /// Compares one message; notes what is known of it from now on.
    fn compare(&self, who: &str, sent: &mut Sent) -> Result<(), String> {
        let found: Vec<_> = sent
            .versions
            .iter()
            .enumerate()
            .flat_map(|(version, bytes)| {
                let seen = self.messages.get(bytes).into_iter().flatten();
                seen.map(move |seen| (version, seen))
            })
            .collect();
        let earliest_us = sent.asked_us + sent.schedule_us;
        let [(version, seen)] = found[..] else {
            if !found.is_empty() {
                return Err("R-403, R-422: doubled".to_owned());
            }
            return self.may_be_missing(sent, earliest_us);
        };
        let expected_end_us = (sent.delete_us > 0).then(|| seen.sent_us + sent.delete_us);
        let last = sent.versions.len() - 1;
        let checks = [
            (seen.sender == who && seen.dm == sent.dm, "it is another's"),
            (seen.sent_us >= earliest_us, "R-423: sent early"),
            (
                sent.cancelled != Cancelled::Yes,
                "R-417: cancelled and sent all the same",
            ),
            (
                sent.id.is_none_or(|id| id == seen.id),
                "R-422: sent a second time",
            ),
            (
                version == sent.current || (sent.edit_in_doubt && version == last),
                "R-801: an acked edit is lost",
            ),
            (
                seen.end_us == expected_end_us,
                "R-421: its end is not `delete` after the send",
            ),
            (
                seen.end_us.is_none_or(|end_us| end_us > self.from_us),
                "R-421: shown past its end",
            ),
        ];
        if let Some((_, fault)) = checks.iter().find(|(holds, _)| !holds) {
            return Err(format!("{fault}: {seen:?}"));
        }
        sent.current = version;
        sent.edit_in_doubt = false;
        sent.cancelled = Cancelled::No;
        sent.id = Some(seen.id);
        sent.end_us = seen.end_us;
        Ok(())
    }

    /// Whether a message that is not there need not be.
    fn may_be_missing(&self, sent: &Sent, earliest_us: i64) -> Result<(), String> {
        let Fate::Acked(acked_us) = sent.fate else {
            return Ok(());
        };
        if sent.cancelled != Cancelled::No {
            return Ok(());
        }
        let was_there = sent.schedule_us == 0
            || sent.id.is_some()
            || acked_us + sent.schedule_us + LATE_US <= self.from_us;
        let ends_us = sent.end_us.unwrap_or(earliest_us + sent.delete_us);
        if was_there && (sent.delete_us == 0 || ends_us > self.until_us) {
            return Err("R-801: acked and lost, or destroyed early (R-422)".to_owned());
        }
        Ok(())
    }

    fn compare_reaction(&self, reacted: &mut Reacted) -> Result<(), String> {
        let all = self.messages.values().flatten();
        let on = all.filter(|seen| seen.id == reacted.message);
        let found: Vec<_> = on
            .flat_map(|seen| &seen.reactions)
            .filter(|(_, bytes)| *bytes == reacted.bytes)
            .collect();
        match (&found[..], reacted.fate, reacted.removal) {
            ([], Fate::Acked(_), Cancelled::No) => Err("an acked reaction is lost".to_owned()),
            ([], _, Cancelled::Maybe) => {
                reacted.removal = Cancelled::Yes;
                Ok(())
            }
            ([], ..) => Ok(()),
            ([_], _, Cancelled::Yes) => Err("a removed reaction is back".to_owned()),
            ([(id, _)], ..) if reacted.id.is_none_or(|known| known == *id) => {
                reacted.removal = Cancelled::No;
                Ok(())
            }
            _ => Err("R-418: a reaction is doubled".to_owned()),
        }
    }

    /// Compares all that people did in the DMs.
    pub fn compare_all(&self, names: &[String], journals: &mut [Journal]) -> Vec<String> {
        let mut faults = Vec::new();
        let mut known: HashSet<&String> = HashSet::new();
        for (who, journal) in names.iter().zip(&mut *journals) {
            for sent in &mut journal.sent {
                if let Err(fault) = self.compare(who, sent) {
                    faults.push(format!("{who}: {fault}: {}", brief(sent)));
                }
            }
            for reacted in &mut journal.reacted {
                if let Err(fault) = self.compare_reaction(reacted) {
                    faults.push(format!("{who}: {fault}: {reacted:?}"));
                }
            }
        }
        for journal in journals {
            known.extend(journal.sent.iter().flat_map(|sent| &sent.versions));
        }
        let unknown = self
            .messages
            .iter()
            .filter(|(bytes, _)| !known.contains(bytes));
        faults.extend(unknown.map(|(_, seen)| format!("nobody sent {seen:?}")));
        faults
    }
}

/// What was announced before the kill has to be there after it: a notice leaves after its change is durable.
pub async fn compare_announced(
    client: &Client,
    view: &View,
    announced: &[(String, Value)],
) -> Vec<String> {
    let messages: HashSet<_> = view
        .messages
        .values()
        .flatten()
        .map(|seen| seen.id)
        .collect();
    let dms = client.ask("get_dms", json!({})).await.done();
    let dms: HashSet<_> = dms.as_array().expect("a list").iter().map(number).collect();
    let is_lost = |(name, notice): &&(String, Value)| match name.as_str() {
        "message_notification" => {
            notice["delete_timestamp"].is_null() && !messages.contains(&number(&notice["id"]))
        }
        "dm_notification" | "x3dh_notification" => !dms.contains(&number(&notice["id"])),
        _ => false,
    };
    let lost = announced.iter().filter(is_lost);
    lost.map(|(name, notice)| format!("R-704, R-802: announced and lost: {name} {notice}"))
        .collect()
}

/// A message without its bytes.
fn brief(sent: &Sent) -> String {
    let Sent {
        dm,
        current,
        edit_in_doubt,
        schedule_us,
        delete_us,
        asked_us,
        fate,
        cancelled,
        id,
        end_us,
        ..
    } = sent;
    format!(
        "dm {dm}, id {id:?}, version {current}, edit in doubt {edit_in_doubt}, schedule {schedule_us}, delete {delete_us}, \
         asked {asked_us}, {fate:?}, cancelled {cancelled:?}, end {end_us:?}"
    )
}

async fn names(client: &Client, event: &str) -> BTreeSet<String> {
    let names = client.ask(event, json!({})).await.done();
    names.as_array().expect("a list").iter().map(text).collect()
}

/// Compares friendship and own_storage of one person; what was in doubt is known afterwards.
pub async fn compare_account(
    client: &Client,
    buddy_client: &Client,
    (me, buddy): (&String, &String),
    journal: &mut Journal,
) -> Vec<String> {
    let mut faults = Vec::new();
    let friends = names(client, "get_friends").await.contains(buddy);
    let asked = names(client, "get_outgoing_requests").await.contains(buddy);
    let mirrored = (
        names(buddy_client, "get_friends").await.contains(me),
        names(buddy_client, "get_friend_requests")
            .await
            .contains(me),
    );
    let found = match (friends, asked) {
        (true, false) => Friendship::Friends,
        (false, true) => Friendship::Asked,
        (false, false) => Friendship::None,
        (true, true) => {
            faults.push(format!("{me} and {buddy} are friends and asked to be"));
            Friendship::Friends
        }
    };
    if mirrored != (friends, asked) {
        faults.push(format!("{me} and {buddy} see their friendship differently"));
    }
    let (certain, maybe) = journal.friendship;
    if found != certain && Some(found) != maybe {
        faults.push(format!(
            "R-801: {me}: acked {certain:?} or in doubt {maybe:?}, found {found:?}"
        ));
    }
    journal.friendship = (found, None);

    let user = client.ask("get_full_user", json!({})).await.done();
    let found = (
        number(&user["own_storage_version"]),
        text(&user["own_storage"]),
    );
    let (certain, maybe) = &journal.storage;
    if found != *certain && Some(&found) != maybe.as_ref() {
        faults.push(format!(
            "R-216, R-801: {me}: own_storage is {found:?}, acked {certain:?}, in doubt {maybe:?}"
        ));
    }
    journal.storage = (found, None);
    faults
}

/// Compares everyone's DMs with those that were acked; `in_doubt` more may be there for all of their members or for none.
pub async fn compare_groups(clients: &[Client], base: &[u64], journals: &[Journal]) -> Vec<String> {
    let mut faults = Vec::new();
    let groups: Vec<_> = journals
        .iter()
        .flat_map(|journal| &journal.groups)
        .collect();
    let mut unknown: HashMap<u64, BTreeSet<usize>> = HashMap::new();
    for (place, client) in clients.iter().enumerate() {
        let dms = client.ask("get_dms", json!({})).await.done();
        let dms: Vec<_> = dms.as_array().expect("a list").iter().map(number).collect();
        let there: HashSet<_> = dms.iter().copied().collect();
        let mine = groups.iter().filter(|group| group.members.contains(&place));
        let known: HashSet<_> = mine
            .filter_map(|group| group.id)
            .chain(base.iter().copied())
            .collect();
        for lost in known.difference(&there) {
            faults.push(format!("R-801: person {place} has lost DM {lost}"));
        }
        for id in there.difference(&known) {
            unknown.entry(*id).or_default().insert(place);
        }
    }
    let mut in_doubt: Vec<BTreeSet<usize>> = groups
        .iter()
        .filter(|group| group.id.is_none())
        .map(|group| group.members.iter().copied().collect())
        .collect();
    for (id, members) in unknown {
        match in_doubt.iter().position(|expected| *expected == members) {
            Some(place) => drop(in_doubt.swap_remove(place)),
            None => faults.push(format!(
                "R-312, R-313: DM {id} has members {members:?}, which nobody asked for"
            )),
        }
    }
    faults
}

/// Which messages were removed since the beginning, by id, each as often as it stands in the list of changes.
pub async fn removed(client: &Client, dm: u64, since: &Value) -> HashMap<u64, usize> {
    let mut removed: HashMap<u64, usize> = HashMap::new();
    let mut since = since.clone();
    loop {
        let request = json!({ "id": dm, "since": since, "count": 200 });
        let mut page = client.ask("get_message_changes", request).await.done();
        for stone in page["deleted"].as_array().expect("a list") {
            *removed.entry(number(stone)).or_default() += 1;
        }
        since = page["cursor"].take();
        if page["more"] != true {
            return removed;
        }
    }
}
