//! Where a device keeps its own small state (cursors, what it has seen, what waits to be sent): a trait, in memory, in files.
//!
//! Nothing in it is a key or a readable word: ids, counters, hashes and sealed bytes only. Secrets stay with the caller
//! ([`crate::account::AccountKeys`]) and in the sealed `own_storage` at the server.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};

/// What becomes of a value: the old one in, the new one out; `None` is «there is none».
pub type Change<'a> = dyn FnMut(Option<&[u8]>) -> Option<Vec<u8>> + 'a;

/// Named values of one profile. Several processes may share a profile: each call is atomic against theirs.
///
/// Calls are short; they may block for as long as a small file takes to reach the disk.
pub trait Store: Send + Sync + std::fmt::Debug {
    /// A value, where there is one.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn read(&self, key: &str) -> Result<Option<Vec<u8>>>;

    /// Replaces a value by what `change` makes of it. Durable when it returns.
    ///
    /// # Errors
    /// [`Error::Storage`]; then nothing changed.
    fn update(&self, key: &str, change: &mut Change<'_>) -> Result<()>;

    /// The keys of all values that begin with `prefix`, in order.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn keys(&self, prefix: &str) -> Result<Vec<String>>;

    /// Claims a role that one process at a time may have, until the answer is dropped; `None` where another has it.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn claim(&self, role: &str) -> Result<Option<Claim>>;
}

/// A role that is held; see [`Store::claim`].
#[derive(Debug)]
pub struct Claim {
    _held: Option<File>,
}

/// Keeps nothing beyond the process: for tests, bots without memory, and one-off tools.
#[derive(Debug, Default)]
pub struct MemoryStore {
    values: Mutex<HashMap<String, Vec<u8>>>,
}

impl MemoryStore {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Vec<u8>>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn read(&self, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.lock().get(key).cloned())
    }

    fn update(&self, key: &str, change: &mut Change<'_>) -> Result<()> {
        let mut values = self.lock();
        match change(values.get(key).map(Vec::as_slice)) {
            Some(new) => values.insert(key.to_owned(), new),
            None => values.remove(key),
        };
        Ok(())
    }

    fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        let values = self.lock();
        let found = values.keys().filter(|key| key.starts_with(prefix));
        let mut keys: Vec<_> = found.cloned().collect();
        keys.sort();
        Ok(keys)
    }

    fn claim(&self, _: &str) -> Result<Option<Claim>> {
        Ok(Some(Claim { _held: None }))
    }
}

/// A folder with one small file per value. Values are replaced by rename after fsync; a lock file orders the processes that
/// share the folder, held only for the length of one call.
#[derive(Debug)]
pub struct FileStore {
    folder: PathBuf,
}

impl FileStore {
    /// Opens the folder, which is made (readable by its owner alone) where it does not exist.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self> {
        let folder = folder.into();
        private_folder(&folder)?;
        Ok(Self { folder })
    }

    fn path(&self, key: &str) -> PathBuf {
        debug_assert!(
            key.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
            "keys are file names"
        );
        self.folder.join(key)
    }

    fn lock(&self) -> Result<File> {
        let path = self.folder.join("lock");
        let file = open_private(&path)?;
        file.lock().map_err(|error| failed(&path, &error))?;
        Ok(file)
    }
}

impl Store for FileStore {
    fn read(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let path = self.path(key);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&path, &error)),
        }
    }

    fn update(&self, key: &str, change: &mut Change<'_>) -> Result<()> {
        let _lock = self.lock()?;
        let old = self.read(key)?;
        match change(old.as_deref()) {
            Some(new) if old.as_deref() == Some(new.as_slice()) => Ok(()),
            Some(new) => write_private(&self.path(key), &new),
            None if old.is_none() => Ok(()),
            None => {
                let path = self.path(key);
                fs::remove_file(&path).map_err(|error| failed(&path, &error))
            }
        }
    }

    fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        let fail = |error| failed(&self.folder, &error);
        let mut keys = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(fail)? {
            // Names with a dot are no values: claims, and what a crash left of a replacement.
            let name = entry.map_err(fail)?.file_name();
            match name.to_str() {
                Some(name) if name.starts_with(prefix) && !name.contains('.') => {
                    keys.push(name.to_owned());
                }
                _ => {}
            }
        }
        keys.sort();
        Ok(keys)
    }

    fn claim(&self, role: &str) -> Result<Option<Claim>> {
        let path = self.folder.join(format!("{role}.claim"));
        let file = open_private(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Claim { _held: Some(file) })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(failed(&path, &error)),
        }
    }
}

/// Makes a folder that only its owner can enter.
///
/// # Errors
/// [`Error::Storage`].
pub fn private_folder(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| failed(path, &error))
}

/// Replaces a file, readable by its owner alone, in one step that survives a crash: write beside it, fsync, rename, fsync the folder.
///
/// # Errors
/// [`Error::Storage`]; then the old file is still there.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    let replace = || {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        // The rename itself is durable only with the folder; not every system can fsync one.
        #[cfg(unix)]
        if let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    };
    replace().map_err(|error: std::io::Error| {
        drop(fs::remove_file(&beside));
        failed(path, &error)
    })
}

fn open_private(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::Storage(format!("{}: {error}", path.display()))
}

/// Reads a JSON value; `None` where there is none.
///
/// # Errors
/// [`Error::Storage`], also where it does not fit `T`.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(
    store: &dyn Store,
    key: &str,
) -> Result<Option<T>> {
    let Some(bytes) = store.read(key)? else {
        return Ok(None);
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|error| Error::Storage(format!("{key} is damaged: {error}")))
}

/// Changes a JSON value in place; one that is missing or damaged begins anew.
///
/// # Errors
/// [`Error::Storage`].
pub(crate) fn update_json<T, R>(
    store: &dyn Store,
    key: &str,
    mut change: impl FnMut(&mut T) -> R,
) -> Result<R>
where
    T: serde::de::DeserializeOwned + serde::Serialize + Default,
{
    let mut outcome = None;
    store.update(key, &mut |old| {
        let mut value: T = old
            .and_then(|bytes| serde_json::from_slice(bytes).ok())
            .unwrap_or_default();
        outcome = Some(change(&mut value));
        serde_json::to_vec(&value).ok()
    })?;
    outcome.ok_or_else(|| Error::Storage(format!("{key} was not updated")))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn story(store: &dyn Store) {
        assert_eq!(store.read("a").unwrap(), None);
        store
            .update("a", &mut |old| {
                assert_eq!(old, None);
                Some(b"1".to_vec())
            })
            .unwrap();
        store
            .update("a", &mut |old| Some([old.unwrap(), b"2"].concat()))
            .unwrap();
        assert_eq!(store.read("a").unwrap().unwrap(), b"12");
        store.update("a", &mut |_| None).unwrap();
        assert_eq!(store.read("a").unwrap(), None);
        for key in ["b-2", "b-1", "c"] {
            store.update(key, &mut |_| Some(vec![1])).unwrap();
        }
        assert_eq!(store.keys("b-").unwrap(), ["b-1", "b-2"]);
    }

    #[test]
    fn both_stores_tell_the_same_story() {
        story(&MemoryStore::default());
        let folder = tempfile::tempdir().unwrap();
        story(&FileStore::open(folder.path().join("state")).unwrap());
    }

    #[test]
    fn one_process_at_a_time_has_a_role() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (
            FileStore::open(folder.path()).unwrap(),
            FileStore::open(folder.path()).unwrap(),
        );
        let held = a.claim("follow").unwrap();
        assert!(held.is_some());
        assert!(b.claim("follow").unwrap().is_none());
        drop(held);
        assert!(b.claim("follow").unwrap().is_some());
    }

    #[test]
    fn writers_that_share_a_folder_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let store = FileStore::open(folder.path()).unwrap();
                    for _ in 0..25 {
                        update_json(&store, "n", |n: &mut u64| *n += 1).unwrap();
                    }
                });
            }
        });
        let store = FileStore::open(folder.path()).unwrap();
        assert_eq!(read_json::<u64>(&store, "n").unwrap(), Some(100));
    }

    #[cfg(unix)]
    #[test]
    fn files_are_readable_by_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        write_private(&path, b"x").unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let inner = folder.path().join("p/q");
        private_folder(&inner).unwrap();
        assert_eq!(
            fs::metadata(&inner).unwrap().permissions().mode() & 0o777,
            0o700
        );
    }
}
