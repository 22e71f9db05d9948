//! A real server in this process, on a free port, with a database of its own.

use std::cell::RefCell;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Once};
use std::time::Duration;

use sotto_server::config::{Config, OffOr};
use sotto_server::{Running, SharedClock, Switch, SystemClock, serve};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::clock::HandClock;
use crate::keys::Keys;
use crate::person::Person;
use crate::raw::Raw;

/// A server of a test's own. Where it logs an error that the test did not expect, dropping it fails the test.
///
/// It belongs to the thread that started it, so a test uses the ordinary single-threaded `#[tokio::test]`.
pub struct TestServer {
    /// The settings, for the next start.
    pub config: Config,
    hand: Arc<HandClock>,
    clock: SharedClock,
    running: Option<(Running, oneshot::Sender<()>)>,
    errors_are_expected: bool,
    dir: Arc<TempDir>,
}

impl TestServer {
    /// A server with the defaults, rates switched off and a clock that stands still.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with other settings.
    pub async fn with(settings: impl FnOnce(&mut Config)) -> Self {
        let hand = Arc::new(HandClock::default());
        let clock = Arc::clone(&hand);
        Self::build(settings, hand, clock).await
    }

    /// A server on the system's clock.
    pub async fn on_real_time(settings: impl FnOnce(&mut Config)) -> Self {
        Self::build(settings, Arc::default(), Arc::new(SystemClock)).await
    }

    async fn build(
        settings: impl FnOnce(&mut Config),
        hand: Arc<HandClock>,
        clock: SharedClock,
    ) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let mut config = Config::defaults();
        config.database_url = format!("sqlite://{}", dir.path().join("sotto.db").display());
        config.metrics_listen = Some(OffOr::Off);
        config.limits.rates = Switch::Off;
        // Nothing here pulls the plug; what survives that is tested with real processes.
        config.durable = false;
        settings(&mut config);
        LOGGING.call_once(|| {
            tracing::subscriber::set_global_default(Logs).expect("the only subscriber");
        });
        let mut server = Self {
            config,
            hand,
            clock,
            running: None,
            errors_are_expected: false,
            dir: Arc::new(dir),
        };
        server.begin().await;
        server
    }

    /// Starts again on the same database, on another port.
    pub async fn begin(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port");
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move { drop(stopped.await) };
        let clock = Arc::clone(&self.clock);
        let running = serve(self.config.clone(), listener, clock, shutdown).await;
        self.running = Some((running.expect("a server"), stop));
    }

    /// Goes down in order.
    pub async fn end(&mut self) {
        let (running, stop) = self.running.take().expect("it runs");
        drop(stop);
        tokio::time::timeout(Duration::from_secs(15), running.ended())
            .await
            .expect("R-801: a server goes down in time")
            .expect("a server goes down in order");
    }

    /// Goes down and starts again.
    pub async fn restart(&mut self) {
        self.end().await;
        self.begin().await;
    }

    /// What is running.
    pub fn running(&self) -> &Running {
        &self.running.as_ref().expect("it runs").0
    }

    /// Where clients reach it.
    pub fn origin(&self) -> String {
        format!("http://{}", self.running().address)
    }

    /// The clock that the test moves.
    pub fn clock(&self) -> &HandClock {
        &self.hand
    }

    /// Where the database lies.
    pub fn database(&self) -> PathBuf {
        self.dir.path().join("sotto.db")
    }

    /// Every line of level warning or error so far, of all servers of this test.
    pub fn logged(&self) -> Vec<String> {
        lines()
    }

    /// From now on errors in the log do not fail the test.
    pub fn expects_errors(&mut self) {
        self.errors_are_expected = true;
    }

    /// A connection that is not logged in.
    pub async fn guest(&self) -> Raw {
        Raw::connect(&self.origin()).await
    }

    /// Someone new, registered and logged in.
    pub async fn person(&self, name: &str) -> Person {
        Person::register(&self.origin(), name, Keys::fresh()).await
    }

    /// Several people.
    pub async fn people<const N: usize>(&self, names: [&str; N]) -> [Person; N] {
        let mut people = Vec::new();
        for name in names {
            people.push(self.person(name).await);
        }
        people
            .try_into()
            .unwrap_or_else(|_| unreachable!("as many as names"))
    }

    /// Two friends and their DM of two.
    pub async fn pair(&self) -> (Person, Person, u64) {
        let [alice, bob] = self.people(["alice", "bob"]).await;
        alice.befriends(&bob).await;
        let dm = alice.creates_dm(&[&bob]).await;
        (alice, bob, dm)
    }

    /// Three people and their DM.
    pub async fn trio(&self) -> ([Person; 3], u64) {
        let people = self.people(["alice", "bob", "carol"]).await;
        let dm = people[0].creates_dm(&[&people[1], &people[2]]).await;
        (people, dm)
    }

    /// Another device of a person, after a restart too.
    pub async fn device(&self, person: &Person) -> Person {
        Person::log_in(&self.origin(), &person.name, Arc::clone(&person.keys)).await
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let errors: Vec<_> = lines()
            .into_iter()
            .filter(|line| line.starts_with("ERROR"))
            .collect();
        assert!(
            self.errors_are_expected || errors.is_empty(),
            "the server logged errors: {errors:#?}"
        );
    }
}

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

static LOGGING: Once = Once::new();

/// What the servers of this thread, which is this test, have logged.
fn lines() -> Vec<String> {
    LINES.with_borrow(Clone::clone)
}

/// Keeps log lines of level warning and error, by thread.
struct Logs;

impl Subscriber for Logs {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && *metadata.level() <= Level::WARN
            && metadata.target().starts_with("sotto")
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        LINES.with_borrow_mut(|lines| lines.push(line.0));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.push_str(&format!(" {}={value:?}", field.name()));
    }
}
