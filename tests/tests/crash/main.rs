//! `kill -9` under load, again and again: what was acked is there, once, and never before its time.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod check;
mod journal;
mod load;

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use sotto_tests::client::Client;
use sotto_tests::process::{Server, database, now_us};
use sotto_tests::{Keys, Person};

use journal::{Cancelled, Fate, Journal};
use load::Worker;

/// How often the server is killed, unless `SOTTO_CRASH_ROUNDS` says otherwise.
const ROUNDS: usize = 20;
/// How many people work at once, each with a buddy to make friends with.
const PEOPLE: usize = 8;
/// How long the end of the run may take until everything that is due has happened.
const PATIENCE: Duration = Duration::from_secs(30);

struct World {
    people: Vec<Person>,
    buddies: Vec<Person>,
    dms: Vec<u64>,
    /// For each DM, the place in its changes before anything happened.
    beginnings: Vec<Value>,
    journals: Vec<Journal>,
    /// What was announced to the first person before the last kill.
    announced: Vec<(String, Value)>,
}

impl World {
    async fn new(server: &Server) -> Self {
        let origin = server.origin();
        let register = async |prefix: &str| {
            let mut people = Vec::new();
            for place in 0..PEOPLE {
                let name = format!("{prefix}{place}");
                people.push(Person::register(&origin, &name, Keys::fresh()).await);
            }
            people
        };
        let people = register("person").await;
        let buddies = register("buddy").await;
        let others: Vec<_> = people[1..].iter().collect();
        let (mut dms, mut beginnings) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let dm = people[0].creates_dm(&others).await;
            let now = json!({ "id": dm, "since": null });
            let mut changes = people[0].ok("get_message_changes", now).await;
            dms.push(dm);
            beginnings.push(changes["cursor"].take());
        }
        Self {
            people,
            buddies,
            dms,
            beginnings,
            journals: (0..PEOPLE).map(|_| Journal::new()).collect(),
            announced: Vec::new(),
        }
    }

    async fn clients(server: &Server, people: &[Person]) -> Vec<Client> {
        let dialled = people.iter().map(|person| Client::log_in(server, person));
        let dialled = join_all(dialled).await.into_iter();
        dialled.collect::<Result<_, _>>().unwrap()
    }

    /// Everyone works, and the server is killed at some moment in the midst of it.
    async fn work_until_killed(&mut self, server: Server) {
        let clients = Self::clients(&server, &self.people).await;
        let buddy_clients = Self::clients(&server, &self.buddies).await;
        let (people, dms) = (&self.people, &self.dms);
        let workers = self
            .journals
            .iter_mut()
            .enumerate()
            .map(|(place, journal)| {
                let worker = Worker {
                    place,
                    people,
                    buddy: &self.buddies[place],
                    client: &clients[place],
                    buddy_client: &buddy_clients[place],
                    dms,
                    journal,
                };
                worker.work()
            });
        let kill = async {
            // Not a wait for anything: the kill is to hit another moment each time.
            tokio::time::sleep(Duration::from_millis(rand::random_range(200..900))).await;
            server.kill().await;
        };
        tokio::join!(join_all(workers), kill);
        clients[0].ended().await;
        self.announced = clients[0].heard().await;
    }

    /// Compares, asks again for what is in doubt, and compares once more. How many things were in doubt.
    async fn check(&mut self, server: &Server) -> Result<usize, Vec<String>> {
        let clients = Self::clients(server, &self.people).await;
        let buddy_clients = Self::clients(server, &self.buddies).await;
        let names: Vec<_> = self.people.iter().map(|it| it.name.clone()).collect();
        let mut faults = Vec::new();
        let view = check::look(&clients[0], &self.dms, &mut faults).await;
        faults.extend(view.compare_all(&names, &mut self.journals));
        faults.extend(check::compare_announced(&clients[0], &view, &self.announced).await);
        for (place, journal) in self.journals.iter_mut().enumerate() {
            let pair = (&names[place], &self.buddies[place].name);
            let (client, buddy) = (&clients[place], &buddy_clients[place]);
            faults.extend(check::compare_account(client, buddy, pair, journal).await);
        }
        faults.extend(check::compare_groups(&clients, &self.dms, &self.journals).await);
        if !faults.is_empty() {
            return Err(faults);
        }
        let again = clients.iter().zip(&mut self.journals);
        let doubts = join_all(again.map(|(client, journal)| load::ask_again(client, journal)));
        let doubts = doubts.await.into_iter().sum();
        let view = check::look(&clients[0], &self.dms, &mut faults).await;
        faults.extend(view.compare_all(&names, &mut self.journals));
        faults.extend(check::compare_groups(&clients, &self.dms, &self.journals).await);
        if faults.is_empty() {
            Ok(doubts)
        } else {
            Err(faults)
        }
    }

    /// Waits until everything that is due has happened: scheduled messages are there, once; what destroyed itself is gone, once.
    async fn settle(&mut self, server: &Server) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.check(server).await.unwrap();
            let clients = Self::clients(server, &self.people[..1]).await;
            let mut removed = Vec::new();
            for (dm, beginning) in self.dms.iter().zip(&self.beginnings) {
                removed.extend(check::removed(&clients[0], *dm, beginning).await);
            }
            let removed: std::collections::HashMap<_, _> = removed.into_iter().collect();
            let sent = || self.journals.iter().flat_map(|journal| &journal.sent);
            for sent in sent().filter(|sent| sent.stays()) {
                let id = sent.id.unwrap_or_default();
                assert!(
                    !removed.contains_key(&id),
                    "R-422: {id} was destroyed, and stays"
                );
            }
            for (id, times) in &removed {
                assert_eq!(*times, 1, "R-422: {id} was destroyed {times} times");
            }
            let waits = |sent: &&journal::Sent| match sent.id {
                Some(id) => sent.delete_us > 0 && !removed.contains_key(&id),
                None => {
                    let due_us = match sent.fate {
                        Fate::Acked(at_us) => at_us + sent.schedule_us + sent.delete_us,
                        Fate::InDoubt => i64::MAX,
                    };
                    match sent.cancelled {
                        Cancelled::No => sent.delete_us == 0 || due_us > now_us(),
                        Cancelled::Maybe => due_us > now_us(),
                        Cancelled::Yes => false,
                    }
                }
            };
            let waiting = sent().filter(waits).count();
            if waiting == 0 {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "R-422: {waiting} timed effects did not happen: {:?}",
                sent().find(waits)
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    fn count(&self, counted: impl Fn(&journal::Sent) -> bool) -> usize {
        let sent = self.journals.iter().flat_map(|journal| &journal.sent);
        sent.filter(|sent| counted(sent)).count()
    }
}

fn data() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

async fn start(data: &Path) -> Server {
    Server::start(data, &[]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_801_r_422_nothing_acked_is_lost_doubled_or_early_by_kill_9() {
    let rounds = std::env::var("SOTTO_CRASH_ROUNDS");
    let rounds = rounds.map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let data = data();
    let mut server = start(data.path()).await;
    let mut world = World::new(&server).await;
    let mut doubts = 0;
    for round in 0..rounds {
        world.work_until_killed(server).await;
        server = start(data.path()).await;
        match world.check(&server).await {
            Ok(more) => doubts += more,
            Err(faults) => panic!("round {round}: {} faults: {faults:#?}", faults.len()),
        }
    }
    world.settle(&server).await;
    let sent = world.count(|_| true);
    let scheduled = world.count(|sent| sent.schedule_us > 0 && sent.id.is_some());
    let destroyed = world.count(|sent| sent.end_us.is_some());
    let cancelled = world.count(|sent| sent.cancelled == Cancelled::Yes);
    let edited = world.count(|sent| sent.current > 0);
    let reactions: usize = world.journals.iter().map(|it| it.reacted.len()).sum();
    let groups: usize = world.journals.iter().map(|it| it.groups.len()).sum();
    println!(
        "{rounds} kills: {sent} messages ({scheduled} scheduled, {destroyed} destroyed, {cancelled} cancelled, {edited} edited), \
         {reactions} reactions, {groups} groups; {doubts} requests were in doubt"
    );
    // A run in which nothing was in flight at the kills would have shown nothing.
    for (what, count) in [
        ("sent", sent / 10),
        ("scheduled", scheduled),
        ("destroyed", destroyed),
        ("cancelled", cancelled),
        ("edited", edited),
        ("reactions", reactions),
        ("in doubt", doubts),
    ] {
        assert!(count >= rounds / 2, "too little was {what}: {count}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_check_notices_a_lost_wal() {
    let data = data();
    let server = start(data.path()).await;
    let mut world = World::new(&server).await;
    // The first round makes the messages whose fate is compared, the second loses what was written since the last checkpoint.
    world.work_until_killed(server).await;
    let server = start(data.path()).await;
    world.check(&server).await.unwrap();
    server.terminate().await;
    let mut server = server;
    assert!(server.ended().await.success());
    let server = start(data.path()).await;
    world.work_until_killed(server).await;
    let wal = format!("{}-wal", database(data.path()).display());
    std::fs::write(&wal, []).unwrap();
    let server = start(data.path()).await;
    let faults = world.check(&server).await.unwrap_err();
    assert!(
        faults.iter().any(|fault| fault.contains("lost")),
        "{faults:#?}"
    );
}
