//! For the tests of handlers: a server's inside on a database of its own, with a clock that stands still and a notifier that records.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ed25519_dalek::{Signer, SigningKey};
use sotto_protocol::names::Username;
use sotto_protocol::notices::Notice;
use sotto_protocol::text::{DmId, Fixed, Sealed};
use tempfile::TempDir;

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::ctx::{Applied, Change, Ctx, Member};
use crate::error::Result;
use crate::limits::{AddressKey, Rates, Switch};
use crate::notify::{Notifier, Teller, TellerEnds, To};
use crate::rules::users::identity_key;
use crate::session::{Me, Session};
use crate::store::calls::DeviceId;
use crate::store::users::NewUser;
use crate::store::{self, OpenOptions, Tx, UserId, friends, users};

/// A clock that moves by hand alone.
#[derive(Debug)]
pub struct FixedClock(pub AtomicI64);

impl Clock for FixedClock {
    fn now_us(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn wait_until(
        &self,
        _: i64,
        at_most: Duration,
    ) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(at_most))
    }
}

/// Records what is told.
#[derive(Debug, Default)]
pub struct Recorder(Mutex<Vec<(To, Notice)>>);

impl Recorder {
    /// What was told since the last time.
    pub fn take(&self) -> Vec<(To, Notice)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Notifier for Recorder {
    fn notify(&self, to: &To, notice: &Notice) {
        let told = (to.clone(), notice.clone());
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(told);
    }

    fn is_online(&self, _: UserId) -> bool {
        true
    }
}

/// A server's inside.
pub struct Inside {
    pub app: Arc<App>,
    told: Arc<Recorder>,
    pub clock: Arc<FixedClock>,
    _ends: TellerEnds,
    folder: TempDir,
}

impl Inside {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(FixedClock(AtomicI64::new(1_700_000_000_000_000)));
        let mut config = Config::defaults();
        config.limits.rates = Switch::Off;
        let options = OpenOptions {
            url: format!("sqlite://{}", folder.path().join("sotto.db").display()),
            readers: 2,
            durable: false,
            queue_depth: 4_096,
            keep_us: 0,
        };
        let shared: crate::clock::SharedClock = Arc::<FixedClock>::clone(&clock);
        let (store, _) = store::open(&options, Arc::clone(&shared))
            .await
            .expect("a database");
        let told = Arc::new(Recorder::default());
        let notifier = Arc::<Recorder>::clone(&told);
        let (teller, ends) = Teller::new(notifier);
        let app = App {
            origins: Vec::new(),
            rates: Rates::new(&config.limits),
            clock: shared,
            store,
            teller: Arc::new(teller),
            config,
        };
        Self {
            app: Arc::new(app),
            told,
            clock,
            _ends: ends,
            folder,
        }
    }

    /// What was told since the last time. A change of nothing comes first: once it is answered, everything before it is told.
    pub async fn told(&self) -> Vec<(To, Notice)> {
        self.app.commit(Nothing).await.expect("nothing to go wrong");
        self.told.take()
    }

    /// Where the database is.
    pub fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("sotto.db")
    }

    /// A user with a prekey, logged in on a device of the same number.
    pub async fn person(&self, name: &str, number: u8) -> Person {
        let key = SigningKey::from_bytes(&[number; 32]);
        let public_key = key.verifying_key().to_bytes();
        let spk = vec![number | 64; 32];
        let sig = key.sign(&spk).to_bytes().to_vec();
        let new = NewUser {
            username: Username::parse(name, 64).expect("a username"),
            public_key: public_key.to_vec(),
            prekey: Some((spk, sig)),
            own_storage: String::new(),
        };
        let id = self.app.commit(Make(new)).await.expect("a user");
        let me = Arc::new(Me {
            id,
            username: name.into(),
            key: identity_key(&public_key).expect("a key"),
        });
        let address = AddressKey::from(std::net::IpAddr::from([127, 0, 0, 1]));
        let session = Arc::new(Session::new(DeviceId(u64::from(number)), address, None));
        session.log_in(me);
        Person {
            app: Arc::clone(&self.app),
            session,
            key,
            id,
        }
    }

    /// Makes two users friends.
    pub async fn befriend(&self, one: &Person, other: &Person) {
        self.app
            .commit(Befriend(one.id, other.id))
            .await
            .expect("friends");
    }

    /// A DM of these, the first its creator.
    pub async fn dm(&self, people: &[&Person]) -> DmId {
        let members: Vec<_> = people[1..]
            .iter()
            .map(|person| (person.id, false))
            .collect();
        self.app
            .commit(MakeDm(people[0].id, members))
            .await
            .expect("a DM")
    }
}

struct Nothing;

impl Change for Nothing {
    type Reply = ();

    async fn apply(&self, _: &mut Tx) -> Result<Applied<()>> {
        Ok(Applied::quietly(()))
    }
}

struct Make(NewUser);

impl Change for Make {
    type Reply = UserId;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<UserId>> {
        let id = users::create(tx, &self.0).await?.expect("a free name");
        Ok(Applied::quietly(id))
    }
}

struct Befriend(UserId, UserId);

impl Change for Befriend {
    type Reply = ();

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<()>> {
        friends::befriend(tx, self.0, self.1).await?;
        Ok(Applied::quietly(()))
    }
}

struct MakeDm(UserId, Vec<(UserId, bool)>);

impl Change for MakeDm {
    type Reply = DmId;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<DmId>> {
        let tree = store::dms::Tree {
            key_tree: Vec::new(),
            messages: Vec::new(),
        };
        let new = store::dms::NewDm {
            creator: self.0,
            invited: self.1.clone(),
            tree: &tree,
            info: None,
        };
        Ok(Applied::quietly(store::dms::create(tx, new).await?.id))
    }
}

/// A user on a device.
pub struct Person {
    app: Arc<App>,
    session: Arc<Session>,
    key: SigningKey,
    pub id: UserId,
}

impl Person {
    /// What a handler of this user's events holds.
    pub fn ctx(&self) -> Ctx<Member> {
        Ctx::new(Arc::clone(&self.app), Arc::clone(&self.session)).expect("a member")
    }

    /// Sealed bytes with this user's signature.
    pub fn signs(&self, bytes: &[u8]) -> (Sealed, Fixed<64>) {
        (
            Sealed::new(bytes.to_vec()).expect("bytes"),
            Fixed(self.key.sign(bytes).to_bytes()),
        )
    }
}
