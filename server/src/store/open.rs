//! Opening the database: migrations, the exclusive lock, the write connection and the reading pool.

use std::fs::{DirBuilder, File, OpenOptions as FileOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, FromQueryResult,
    RuntimeErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sotto_migration::MigratorTrait;

use super::calls::Calls;
use super::tx::{Memory, Tx};
use super::writer::{Running, Writer};
use super::{Store, raw_rows};
use crate::clock::SharedClock;

/// SQLite before this can corrupt a WAL database that several connections use.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);
/// Waiting for a lock inside SQLite, which here only a checkpoint or an operator's own tool can hold.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// How to open the database.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// `sqlite://…`.
    pub url: String,
    /// Reading connections.
    pub readers: u32,
    /// Whether each commit waits for the disk (`synchronous=FULL`). Only benches say no.
    pub durable: bool,
    /// How many changes may wait for the writer.
    pub queue_depth: usize,
    /// How long messages are kept, in microseconds; 0 for ever.
    pub keep_us: i64,
}

/// Opens the database for serving: takes the lock, migrates, starts the writer.
///
/// # Errors
/// One line for the operator: not SQLite, held by another server, SQLite too old, not writable.
pub async fn open(options: &OpenOptions, clock: SharedClock) -> anyhow::Result<(Store, Running)> {
    let path = file_of(&options.url)?;
    make_folder(&path)?;
    let lock = lock_beside(&path)?;
    make_file(&path)?;
    let write = connect_writer(options).await?;
    require_recent_sqlite(&write).await?;
    sotto_migration::Migrator::up(&write, None)
        .await
        .context("the migrations failed")?;
    let read = connect_readers(options).await?;
    let calls = Arc::new(RwLock::new(Arc::default()));
    let side = WriteSide {
        memory: None,
        calls: Arc::clone(&calls),
        wal: PathBuf::from(format!("{}-wal", path.display())),
        read: read.clone(),
        db: write,
        options: options.clone(),
        suspect: false,
        _lock: lock,
    };
    let (jobs, running) = Writer::start(side, clock, options.queue_depth);
    Ok((
        Store {
            read,
            jobs,
            calls,
            keep_us: options.keep_us,
        },
        running,
    ))
}

/// Folder and files are for the owner of the process alone; SQLite gives its own files beside the database the same mode.
fn make_folder(path: &Path) -> anyhow::Result<()> {
    let Some(parent) = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    else {
        return Ok(());
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(parent)
        .with_context(|| format!("cannot create the folder {}", parent.display()))
}

fn make_file(path: &Path) -> anyhow::Result<()> {
    private_file(path)
        .map(drop)
        .with_context(|| format!("cannot open {}", path.display()))
}

fn private_file(path: &Path) -> std::io::Result<File> {
    FileOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

/// The path of something beside the database file of this address.
///
/// # Errors
/// Where the address is none of SQLite's.
pub fn beside(url: &str, ending: &str) -> anyhow::Result<PathBuf> {
    Ok(PathBuf::from(format!(
        "{}.{ending}",
        file_of(url)?.display()
    )))
}

/// The path in a `sqlite://` address.
fn file_of(url: &str) -> anyhow::Result<PathBuf> {
    let Some(rest) = url.strip_prefix("sqlite:") else {
        bail!("the database address must begin with sqlite:// (this version embeds SQLite only)");
    };
    let path = rest
        .strip_prefix("//")
        .unwrap_or(rest)
        .split('?')
        .next()
        .unwrap_or_default();
    ensure!(
        !path.is_empty() && path != ":memory:",
        "the database address names no file: messages must outlive the process"
    );
    Ok(PathBuf::from(path))
}

/// Takes the lock that keeps a second server off the same file; held until the file is closed, by whatever death.
fn lock_beside(path: &Path) -> anyhow::Result<File> {
    let beside = PathBuf::from(format!("{}.lock", path.display()));
    let mut file =
        private_file(&beside).with_context(|| format!("cannot open {}", beside.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            bail!(
                "another server is using {}; one process per database file",
                path.display()
            )
        }
        Err(TryLockError::Error(cause)) => {
            return Err(cause).with_context(|| format!("cannot lock {}", beside.display()));
        }
    }
    file.set_len(0)?;
    write!(file, "{}", std::process::id())?;
    Ok(file)
}

fn base(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .pragma("cache_size", "-65536")
        .pragma("temp_store", "memory")
        .pragma("secure_delete", "on")
}

fn pool(options: &OpenOptions, connections: u32) -> ConnectOptions {
    let mut pool = ConnectOptions::new(options.url.clone());
    pool.sqlx_logging(false)
        .record_stmt_in_spans(false)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(3))
        .min_connections(1)
        .max_connections(connections)
        .idle_timeout(None)
        .max_lifetime(None);
    pool
}

async fn connect_writer(options: &OpenOptions) -> anyhow::Result<DatabaseConnection> {
    let synchronous = if options.durable {
        SqliteSynchronous::Full
    } else {
        SqliteSynchronous::Off
    };
    let mut pool = pool(options, 1);
    pool.map_sqlx_sqlite_opts(move |sqlite| {
        base(sqlite)
            .create_if_missing(true)
            .synchronous(synchronous)
            .pragma("wal_autocheckpoint", "0")
    });
    Database::connect(pool)
        .await
        .with_context(|| format!("cannot open {}", options.url))
}

async fn connect_readers(options: &OpenOptions) -> anyhow::Result<DatabaseConnection> {
    let mut pool = pool(options, options.readers);
    pool.map_sqlx_sqlite_opts(|sqlite| base(sqlite).pragma("query_only", "on"));
    Database::connect(pool)
        .await
        .with_context(|| format!("cannot open {}", options.url))
}

#[derive(FromQueryResult)]
struct Version {
    version: String,
}

async fn require_recent_sqlite(db: &DatabaseConnection) -> anyhow::Result<()> {
    let rows: Vec<Version> = raw_rows(db, "SELECT sqlite_version() AS version", []).await?;
    let text = rows
        .into_iter()
        .next()
        .map(|row| row.version)
        .unwrap_or_default();
    let found = parse_version(&text).with_context(|| format!("SQLite calls itself {text:?}"))?;
    let (major, minor, patch) = OLDEST_SQLITE;
    ensure!(
        found >= OLDEST_SQLITE,
        "SQLite {text} can corrupt its WAL; build with {major}.{minor}.{patch} or later"
    );
    Ok(())
}

fn parse_version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

/// The write connection with what belongs to it.
#[derive(Debug)]
pub(super) struct WriteSide {
    db: DatabaseConnection,
    read: DatabaseConnection,
    /// `None` at start and after a rollback: read anew.
    memory: Option<Memory>,
    calls: Arc<RwLock<Arc<Calls>>>,
    wal: PathBuf,
    options: OpenOptions,
    /// Whether the driver and SQLite may disagree on an open transaction, so that the connection must be replaced.
    suspect: bool,
    /// Held for the life of the process's use of the file.
    _lock: File,
}

#[derive(FromQueryResult)]
struct Checkpoint {
    busy: i32,
}

impl WriteSide {
    /// Begins a transaction that holds the write lock from the start.
    pub(super) async fn begin(&mut self, now_us: i64) -> Result<Tx, DbErr> {
        if self.suspect {
            self.reconnect().await?;
        }
        let memory = match self.memory.take() {
            Some(memory) => memory,
            None => Memory::load(&self.db).await?,
        };
        let immediate = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        match self.db.begin_with_options(immediate).await {
            Ok(db) => Ok(Tx::new(
                db,
                memory,
                self.current_calls(),
                now_us,
                self.options.keep_us,
            )),
            Err(cause) => {
                self.memory = Some(memory);
                Err(cause)
            }
        }
    }

    fn current_calls(&self) -> Arc<Calls> {
        Arc::clone(
            &self
                .calls
                .read()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        )
    }

    /// What a committed transaction leaves in memory.
    pub(super) fn publish(&mut self, memory: Memory, calls: Arc<Calls>) {
        self.memory = Some(memory);
        *self
            .calls
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = calls;
    }

    /// Distrusts the memory: the next transaction reads it anew.
    pub(super) fn forget(&mut self) {
        self.memory = None;
    }

    /// A COMMIT or ROLLBACK failed. SQLite rolls back on its own where the disk is full; the driver would take the next transaction
    /// for a nested one and never commit it.
    pub(super) fn suspect(&mut self) {
        self.suspect = true;
        self.forget();
    }

    async fn reconnect(&mut self) -> Result<(), DbErr> {
        self.db.close_by_ref().await?;
        let fresh = connect_writer(&self.options).await;
        self.db = fresh.map_err(|cause| DbErr::Conn(RuntimeErr::Internal(format!("{cause:#}"))))?;
        self.suspect = false;
        Ok(())
    }

    /// Copies the WAL into the database file and truncates it. `false` where a reader is in the way.
    pub(super) async fn truncate_wal(&mut self) -> Result<bool, DbErr> {
        if self.suspect {
            self.reconnect().await?;
        }
        let rows: Vec<Checkpoint> =
            raw_rows(&self.db, "PRAGMA wal_checkpoint(TRUNCATE)", []).await?;
        Ok(rows.iter().all(|row| row.busy == 0))
    }

    /// Length of the WAL file.
    pub(super) fn wal_bytes(&self) -> u64 {
        std::fs::metadata(&self.wal).map_or(0, |file| file.len())
    }

    /// Closes both sides.
    pub(super) async fn close(self) {
        for db in [self.read, self.db] {
            if let Err(cause) = db.close().await {
                tracing::error!(%cause, "closing the database failed");
            }
        }
    }
}

/// Optimises the planner's statistics; for the daily sweep, on the writer's connection.
pub(super) async fn optimize(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    super::raw_execute(db, "PRAGMA optimize", [])
        .await
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(parse_version("3.51.10") > parse_version("3.51.3"));
        assert!(parse_version("3.9.0") < Some(OLDEST_SQLITE));
        assert_eq!(parse_version("three"), None);
    }

    #[test]
    fn addresses_must_name_a_file() {
        assert_eq!(
            file_of("sqlite://data/sotto.db").ok(),
            Some(PathBuf::from("data/sotto.db"))
        );
        assert_eq!(
            file_of("sqlite:///var/s.db?mode=rwc").ok(),
            Some(PathBuf::from("/var/s.db"))
        );
        for bad in ["sqlite::memory:", "sqlite://", "mysql://x", "data.db"] {
            assert!(file_of(bad).is_err(), "{bad}");
        }
    }
}
