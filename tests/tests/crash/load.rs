//! What people do until the server is gone under them, and how they ask again for what is in doubt.

use futures_util::future::join_all;
use serde_json::json;
use sotto_tests::Person;
use sotto_tests::client::{Answer, Client};
use sotto_tests::process::now_us;

use crate::journal::{Cancelled, Fate, Friendship, Group, Journal, Reacted, Sent, some_bytes};

/// The most that one person sends in a round, so that a fast machine does not drown the check.
const MOST: usize = 40;

/// Someone at work: who, with which connections, and the journal.
pub struct Worker<'a> {
    pub place: usize,
    pub people: &'a [Person],
    pub buddy: &'a Person,
    pub client: &'a Client,
    pub buddy_client: &'a Client,
    pub dms: &'a [u64],
    pub journal: &'a mut Journal,
}

/// The connection is gone.
struct Gone;

/// Success or the end; anything else is a bug.
fn done(what: &str, answer: Answer) -> Result<serde_json::Value, Gone> {
    match answer {
        Answer::Done(result) => Ok(result),
        Answer::Lost => Err(Gone),
        Answer::Refused(code) => panic!("{what} was refused: {code}"),
    }
}

impl Worker<'_> {
    /// Works until the server is gone.
    pub async fn work(mut self) {
        let before = self.journal.sent.len();
        while self.something(before).await.is_ok() {}
    }

    async fn something(&mut self, before: usize) -> Result<(), Gone> {
        match rand::random_range(0..20) {
            0..=7 if self.journal.sent.len() < before + MOST => self.send().await,
            8..=9 => self.edit().await,
            10..=11 => self.react().await,
            12 => self.unreact().await,
            13..=14 => self.cancel().await,
            15..=16 => self.befriend().await,
            17..=18 => self.store().await,
            19 if rand::random_range(0..4) == 0 => self.group().await,
            _ => done(
                "get_friends",
                self.client.ask("get_friends", json!({})).await,
            )
            .map(drop),
        }
    }

    fn me(&self) -> &Person {
        &self.people[self.place]
    }

    async fn send(&mut self) -> Result<(), Gone> {
        let first = self.journal.sent.len();
        for _ in 0..rand::random_range(1..8) {
            let dm = self.dms[rand::random_range(0..self.dms.len())];
            let sent = Sent::new(self.me(), dm);
            self.journal.sent.push(sent);
        }
        let new = &mut self.journal.sent[first..];
        let asked = new
            .iter()
            .map(|sent| self.client.request("send_message", &sent.request));
        let answers = join_all(asked.collect::<Vec<_>>()).await;
        let mut gone = false;
        for (sent, answer) in new.iter_mut().zip(answers) {
            match done("send_message", answer) {
                Ok(_) => sent.fate = Fate::Acked(now_us()),
                Err(Gone) => gone = true,
            }
        }
        if gone { Err(Gone) } else { Ok(()) }
    }

    /// A place in `sent` of a message that stays, if there is one.
    fn any_that_stays(&self) -> Option<usize> {
        let fit = |place: &usize| {
            let sent = &self.journal.sent[*place];
            sent.stays() && !sent.edit_in_doubt
        };
        let places: Vec<_> = (0..self.journal.sent.len()).filter(fit).collect();
        (!places.is_empty()).then(|| places[rand::random_range(0..places.len())])
    }

    async fn edit(&mut self) -> Result<(), Gone> {
        let Some(place) = self.any_that_stays() else {
            return Ok(());
        };
        let bytes = some_bytes();
        let signature = self.me().keys.sign(&bytes);
        let sent = &mut self.journal.sent[place];
        let request =
            json!({ "id": sent.id, "message": hex::encode(&bytes), "signature": signature });
        sent.versions.push(hex::encode(&bytes));
        sent.edit_in_doubt = true;
        done("set_message", self.client.ask("set_message", request).await)?;
        sent.edit_in_doubt = false;
        sent.current = sent.versions.len() - 1;
        Ok(())
    }

    async fn react(&mut self) -> Result<(), Gone> {
        let Some(place) = self.any_that_stays() else {
            return Ok(());
        };
        let bytes: [u8; 24] = rand::random();
        let message = self.journal.sent[place].id.unwrap_or_default();
        let request = json!({
            "id": message,
            "reaction": hex::encode(bytes),
            "signature": self.me().keys.sign(&bytes),
        });
        let reactions = &mut self.journal.reacted;
        if reactions.iter().filter(|it| it.message == message).count() >= 40 {
            return Ok(());
        }
        reactions.push(Reacted {
            message,
            request: request.clone(),
            bytes: hex::encode(bytes),
            id: None,
            fate: Fate::InDoubt,
            removal: Cancelled::No,
        });
        let answer = self.client.ask("add_reaction", request).await;
        let id = done("add_reaction", answer)?;
        if let Some(last) = self.journal.reacted.last_mut() {
            (last.id, last.fate) = (id.as_u64(), Fate::Acked(now_us()));
        }
        Ok(())
    }

    async fn unreact(&mut self) -> Result<(), Gone> {
        let there = |it: &&mut Reacted| it.id.is_some() && it.removal == Cancelled::No;
        let Some(reacted) = self.journal.reacted.iter_mut().find(there) else {
            return Ok(());
        };
        reacted.removal = Cancelled::Maybe;
        let request = json!({ "id": reacted.id });
        done(
            "remove_reaction",
            self.client.ask("remove_reaction", request).await,
        )?;
        reacted.removal = Cancelled::Yes;
        Ok(())
    }

    async fn cancel(&mut self) -> Result<(), Gone> {
        let waits = |sent: &&mut Sent| {
            sent.schedule_us > 0
                && sent.id.is_none()
                && sent.cancelled == Cancelled::No
                && matches!(sent.fate, Fate::Acked(at) if at + sent.schedule_us > now_us())
        };
        let Some(sent) = self.journal.sent.iter_mut().rev().find(waits) else {
            return Ok(());
        };
        let answer = self.client.ask("get_dm", json!({ "id": sent.dm })).await;
        let dm = done("get_dm", answer)?;
        let waiting = dm["scheduled_messages"].as_object();
        let found = waiting
            .into_iter()
            .flatten()
            .find(|(_, scheduled)| scheduled["message"] == sent.versions[0].as_str());
        let Some((schedule_id, _)) = found else {
            return Ok(());
        };
        let schedule_id: u64 = schedule_id.parse().expect("a schedule id is a number");
        sent.cancelled = Cancelled::Maybe;
        let request = json!({ "dm_id": sent.dm, "schedule_id": schedule_id });
        match self.client.ask("cancel_scheduled_message", request).await {
            Answer::Done(_) => sent.cancelled = Cancelled::Yes,
            // not reported cancelled, so it was sent.
            Answer::Refused(code) if code == "no_access" => sent.cancelled = Cancelled::No,
            answer => drop(done("cancel_scheduled_message", answer)?),
        }
        Ok(())
    }

    async fn befriend(&mut self) -> Result<(), Gone> {
        let (me, buddy) = (&self.people[self.place].name, &self.buddy.name);
        let (asks, event, argument, next) = match self.journal.friendship.0 {
            Friendship::None => (
                self.client,
                "send_friend_request",
                json!({ "username": buddy }),
                Friendship::Asked,
            ),
            Friendship::Asked => (
                self.buddy_client,
                "ack_friend_request",
                json!({ "username": me, "accept": true }),
                Friendship::Friends,
            ),
            Friendship::Friends => (
                self.client,
                "unfriend",
                json!({ "username": buddy }),
                Friendship::None,
            ),
        };
        self.journal.friendship.1 = Some(next);
        done(event, asks.ask(event, argument).await)?;
        self.journal.friendship = (next, None);
        Ok(())
    }

    async fn store(&mut self) -> Result<(), Gone> {
        let (version, _) = self.journal.storage.0;
        let text = hex::encode(rand::random::<[u8; 40]>());
        self.journal.storage.1 = Some((version + 1, text.clone()));
        let request = json!({ "own_storage": text, "own_storage_version": version });
        done("set_user", self.client.ask("set_user", request).await)?;
        self.journal.storage = ((version + 1, text), None);
        Ok(())
    }

    async fn group(&mut self) -> Result<(), Gone> {
        let members: Vec<_> = (0..3)
            .map(|step| (self.place + step) % self.people.len())
            .collect();
        let others: Vec<_> = members[1..].iter().map(|at| &self.people[*at]).collect();
        let request = self.me().signed_dm_request(&others);
        self.journal.groups.push(Group {
            request: request.clone(),
            members,
            id: None,
        });
        let id = done("create_dm", self.client.ask("create_dm", request).await)?;
        if let Some(group) = self.journal.groups.last_mut() {
            group.id = id.as_u64();
        }
        Ok(())
    }
}

/// Asks again for what is in doubt. Each of these may be repeated, and then has happened once. How many there were.
pub async fn ask_again(client: &Client, journal: &mut Journal) -> usize {
    let mut doubts = 0;
    for sent in &mut journal.sent {
        if sent.fate == Fate::InDoubt {
            client
                .ask("send_message", sent.request.clone())
                .await
                .done();
            sent.fate = Fate::Acked(now_us());
            doubts += 1;
        }
    }
    for reacted in &mut journal.reacted {
        if reacted.fate == Fate::InDoubt {
            let request = reacted.request.clone();
            reacted.id = client.ask("add_reaction", request).await.done().as_u64();
            reacted.fate = Fate::Acked(now_us());
            doubts += 1;
        }
    }
    for group in &mut journal.groups {
        if group.id.is_none() {
            let request = group.request.clone();
            group.id = client.ask("create_dm", request).await.done().as_u64();
            doubts += 1;
        }
    }
    doubts
}
