//! The only folder that speaks to the database; a file per noun. Handlers see rows as plain values and never a statement.
//!
//! Reads go to a pool of `query_only` connections; every write is a [`writer::Job`] on the one write connection.

pub mod calls;
pub mod content;
pub mod dms;
pub mod friends;
pub mod history;
pub mod messages;
mod open;
pub mod reactions;
pub mod scheduled;
pub mod session;
pub mod signed;
pub mod sweep;
pub mod timed;
mod tx;
pub mod users;
pub mod writer;

use std::sync::{Arc, RwLock};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, FromQueryResult, RuntimeErr, Statement, Value,
};

#[cfg(test)]
pub use content::slots as content_slots;
pub use open::{OpenOptions, beside, open};
pub use tx::Tx;

use crate::error::{Error, OutOfReach};
use calls::Calls;

/// What everyone but the writer holds of the database.
#[derive(Clone, Debug)]
pub struct Store {
    read: DatabaseConnection,
    jobs: writer::Queue,
    calls: Arc<RwLock<Arc<Calls>>>,
    keep_us: i64,
}

impl Store {
    /// The pool of reading connections, for the `store` functions that take one.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.read
    }

    /// The queue of the one writer.
    pub fn writer(&self) -> &writer::Queue {
        &self.jobs
    }

    /// Which messages there are at a moment.
    pub fn living(&self, now_us: i64) -> messages::Living {
        messages::Living::at(now_us, self.keep_us)
    }

    /// Who is in which call, as of the last commit.
    pub fn calls(&self) -> Arc<Calls> {
        Arc::clone(
            &self
                .calls
                .read()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        )
    }
}

/// A user's id; never leaves the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub i64);

/// Something that the database keeps as a `BIGINT` key.
pub trait Key: Copy {
    /// The key as the database has it.
    fn key(self) -> i64;
}

impl Key for UserId {
    fn key(self) -> i64 {
        self.0
    }
}

macro_rules! protocol_keys {
    ($($id:ident),*) => {$(
        impl Key for sotto_protocol::text::$id {
            fn key(self) -> i64 {
                self.get() as i64
            }
        }
    )*};
}
protocol_keys!(DmId, MessageId, ReactionId, ScheduleId);

/// A key of the database as an id of the protocol. Keys come from counters that start at 1 and stay below 2^53.
macro_rules! from_key {
    ($($name:ident -> $id:ident),*) => {$(
        pub(crate) fn $name(key: i64) -> sotto_protocol::text::$id {
            u64::try_from(key)
                .ok()
                .and_then(sotto_protocol::text::$id::new)
                .expect("a key that a counter gave out")
        }
    )*};
}
from_key!(dm_id -> DmId, message_id -> MessageId, reaction_id -> ReactionId, schedule_id -> ScheduleId);

impl From<DbErr> for Error {
    fn from(cause: DbErr) -> Self {
        if is_out_of_reach(&cause) {
            return Self::Broken(anyhow::Error::from(cause).context(OutOfReach));
        }
        Self::Broken(cause.into())
    }
}

/// Whether trying again later makes sense: no connection, a lock of another tool, a full disk, a file that cannot be read or written.
fn is_out_of_reach(cause: &DbErr) -> bool {
    let runtime = match cause {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => return true,
        DbErr::Exec(runtime) | DbErr::Query(runtime) => runtime,
        _ => return false,
    };
    let RuntimeErr::SqlxError(cause) = runtime else {
        return false;
    };
    let code = cause
        .as_database_error()
        .and_then(|cause| cause.code()?.parse::<u32>().ok());
    // SQLITE_BUSY, LOCKED, READONLY, IOERR, FULL and CANTOPEN, which extended codes keep in their low byte.
    code.is_some_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
}

/// Runs a raw statement, for the few places where sea-query's own cannot say it or measurably costs more.
async fn raw_execute(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64, DbErr> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

/// Reads rows of a raw statement.
async fn raw_rows<T: FromQueryResult>(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<T>, DbErr> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    T::find_by_statement(statement).all(db).await
}

/// `?, ?, …`: as many placeholders as there are values.
fn placeholders(count: usize) -> String {
    vec!["?"; count].join(", ")
}
