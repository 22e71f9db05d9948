//! One transaction of the writer, with what it keeps in memory between transactions: ids, free slots, what is known of DMs.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use sea_orm::sea_query::OnConflict;
use sea_orm::{DatabaseTransaction, DbErr, EntityTrait, Set};
use sotto_entity::counter;
use sotto_protocol::text::DmId;

use super::UserId;
use super::calls::Calls;
use super::content::FreeSlots;
use super::dms::DmFacts;
use super::messages::Living;
use super::open::WriteSide;

/// How many DMs the writer remembers.
const REMEMBERED_DMS: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");

/// How many pairs of users the writer remembers.
const REMEMBERED_PAIRS: NonZeroUsize = NonZeroUsize::new(100_000).expect("not zero");

/// The kinds of ids that the server gives out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdKind {
    /// `message.change_seq` and `tombstone.change_seq`, in one sequence.
    Change,
    /// Rows of `content`.
    Content,
    /// DMs.
    Dm,
    /// Messages.
    Message,
    /// Reactions.
    Reaction,
    /// Scheduled messages.
    Scheduled,
    /// Timed events.
    Timed,
    /// Users.
    User,
}

impl IdKind {
    const ALL: [IdKind; 8] = [
        Self::Change,
        Self::Content,
        Self::Dm,
        Self::Message,
        Self::Reaction,
        Self::Scheduled,
        Self::Timed,
        Self::User,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Content => "content",
            Self::Dm => "dm",
            Self::Message => "message",
            Self::Reaction => "reaction",
            Self::Scheduled => "scheduled",
            Self::Timed => "timed",
            Self::User => "user",
        }
    }
}

/// What the writer remembers; true to the database at every start of a transaction, and thrown away when one is rolled back.
#[derive(Debug)]
pub(super) struct Memory {
    counters: HashMap<IdKind, i64>,
    pub(super) slots: FreeSlots,
    pub(super) dms: LruCache<DmId, Arc<DmFacts>>,
    /// Whether two users (the smaller id first) are friends.
    pub(super) friends: LruCache<(UserId, UserId), bool>,
    /// Newest timestamps, for as long as the DM is in `dms`.
    pub(super) last_us: HashMap<DmId, i64>,
}

impl Memory {
    /// Reads it from the database.
    pub(super) async fn load(db: &impl sea_orm::ConnectionTrait) -> Result<Self, DbErr> {
        let stored = counter::Entity::find().all(db).await?;
        let value = |kind: IdKind| {
            stored
                .iter()
                .find(|row| row.name == kind.name())
                .map_or(0, |row| row.value)
        };
        Ok(Self {
            counters: IdKind::ALL
                .into_iter()
                .map(|kind| (kind, value(kind)))
                .collect(),
            slots: FreeSlots::load(db).await?,
            dms: LruCache::new(REMEMBERED_DMS),
            friends: LruCache::new(REMEMBERED_PAIRS),
            last_us: HashMap::new(),
        })
    }
}

/// A transaction of the writer: all that a change may see and do.
#[derive(Debug)]
pub struct Tx {
    db: DatabaseTransaction,
    pub(super) memory: Memory,
    calls: Arc<Calls>,
    counters_before: HashMap<IdKind, i64>,
    now_us: i64,
    keep_us: i64,
    writes: u64,
    spoilt: bool,
    erased: bool,
}

impl Tx {
    pub(super) fn new(
        db: DatabaseTransaction,
        memory: Memory,
        calls: Arc<Calls>,
        now_us: i64,
        keep_us: i64,
    ) -> Self {
        let counters_before = memory.counters.clone();
        Self {
            db,
            memory,
            calls,
            counters_before,
            now_us,
            keep_us,
            writes: 0,
            spoilt: false,
            erased: false,
        }
    }

    /// For reading. What this transaction wrote is seen.
    pub fn db(&self) -> &DatabaseTransaction {
        &self.db
    }

    /// For writing: a change that is refused after this has been called is rolled back.
    pub(super) fn write(&mut self) -> &DatabaseTransaction {
        self.writes += 1;
        &self.db
    }

    /// How often [`Tx::write`] was called.
    pub fn writes(&self) -> u64 {
        self.writes
    }

    /// A change was refused after it had written: nothing of the transaction may stay.
    pub fn spoil(&mut self) {
        self.spoilt = true;
    }

    pub(super) fn is_spoilt(&self) -> bool {
        self.spoilt
    }

    /// When the transaction began, in microseconds since 1970.
    pub fn now_us(&self) -> i64 {
        self.now_us
    }

    /// Which messages there are now.
    pub fn living(&self) -> Living {
        Living::at(self.now_us, self.keep_us)
    }

    /// A new id; never given out before, whatever has become of its predecessors.
    pub fn next_id(&mut self, kind: IdKind) -> i64 {
        let counter = self.memory.counters.entry(kind).or_default();
        *counter += 1;
        *counter
    }

    /// Bytes were freed that must leave the WAL soon.
    pub(super) fn mark_erased(&mut self) {
        self.erased = true;
    }

    /// Who is in which call, this transaction's changes included.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// Takes or moves a place in a call.
    pub fn join_call(&mut self, dm: DmId, user: UserId, place: super::calls::Place) {
        Arc::make_mut(&mut self.calls).join(dm, user, place);
    }

    /// Gives a place in a call back; whether there was one.
    pub fn leave_call(&mut self, dm: DmId, user: UserId) -> bool {
        self.calls.place(dm, user).is_some() && Arc::make_mut(&mut self.calls).leave(dm, user)
    }

    /// Makes it durable; whether bytes were erased. On an error nothing of it happened.
    pub(super) async fn commit(mut self, side: &mut WriteSide) -> Result<bool, DbErr> {
        if let Err(cause) = self.save_counters().await {
            self.roll_back(side).await;
            return Err(cause);
        }
        match self.db.commit().await {
            Ok(()) => {
                side.publish(self.memory, self.calls);
                Ok(self.erased)
            }
            Err(cause) => {
                side.suspect();
                Err(cause)
            }
        }
    }

    /// Undoes it, in the database and in memory.
    pub(super) async fn roll_back(self, side: &mut WriteSide) {
        side.forget();
        if let Err(cause) = self.db.rollback().await {
            tracing::debug!(%cause, "a transaction was over before its rollback");
            side.suspect();
        }
    }

    async fn save_counters(&mut self) -> Result<(), DbErr> {
        let changed: Vec<_> = self
            .memory
            .counters
            .iter()
            .filter(|(kind, value)| self.counters_before.get(kind) != Some(value))
            .map(|(kind, value)| counter::ActiveModel {
                name: Set(kind.name().to_owned()),
                value: Set(*value),
            })
            .collect();
        if changed.is_empty() {
            return Ok(());
        }
        counter::Entity::insert_many(changed)
            .on_conflict(
                OnConflict::column(counter::Column::Name)
                    .update_column(counter::Column::Value)
                    .to_owned(),
            )
            .exec_without_returning(&self.db)
            .await?;
        Ok(())
    }
}
