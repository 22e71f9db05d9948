//! `own_storage`: read, checked against rollback, merged, written by compare-and-set; two devices never lose each other's keys.

pub mod content;
pub mod merge;
pub mod sealed;
#[cfg(test)]
mod vectors;

use rand::rng;
use serde::{Deserialize, Serialize};
use sotto_crypto::keys::Prekey;
use sotto_protocol::Code;
use sotto_protocol::text::{Fixed, Spk};
use sotto_protocol::users::{GetFullUser, SetUser};
use tokio::sync::Mutex;

use crate::account::{AccountKeys, text};
use crate::clock;
use crate::error::{Error, Result};
use crate::link::Link;
use crate::store::{self, Store};
use content::{Content, ROTATE_AFTER};
use merge::PinConflict;

/// How often a write may meet another device's before it gives up.
const ATTEMPTS: usize = 32;

const HIGHEST: &str = "own-storage";

#[derive(Default, Serialize, Deserialize)]
struct Highest {
    version: u64,
}

/// The content as this device knows it.
#[derive(Debug, Default)]
pub(crate) struct Vault {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What this device holds.
    content: Content,
    /// What the server held last.
    remote: Content,
    /// The version inside the server's blob.
    blob_version: u64,
    /// The server's counter.
    server_version: u64,
    /// What merging could not decide and nobody was told yet.
    conflicts: Vec<PinConflict>,
}

/// What the vault needs to reach the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access<'a> {
    pub link: &'a Link,
    pub keys: &'a AccountKeys,
    pub store: &'a dyn Store,
}

/// What a look at the server's copy found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Names for which two devices saw different first keys.
    pub conflicts: Vec<PinConflict>,
    /// Percent of the limit in use.
    pub percent: usize,
}

impl Vault {
    /// Looks at what is known.
    pub async fn read<R>(&self, look: impl FnOnce(&Content) -> R) -> R {
        look(&self.state.lock().await.content)
    }

    /// Reads the server's copy, joins it with what this device holds, and writes back what the server lacks.
    pub async fn refresh(&self, access: Access<'_>) -> Result<Found> {
        let mut state = self.state.lock().await;
        state.fetch(access).await?;
        if state.content != state.remote {
            state.write(access, &mut |_| Ok(())).await?;
        }
        let percent = 100 * sealed::length(&state.content)? / sealed::LIMIT;
        let conflicts = std::mem::take(&mut state.conflicts);
        Ok(Found { conflicts, percent })
    }

    /// Changes the content and makes the change durable at the server. `change` may run more than once: on what other devices wrote.
    pub async fn change<R>(
        &self,
        access: Access<'_>,
        mut change: impl FnMut(&mut Content) -> Result<R>,
    ) -> Result<R> {
        self.state.lock().await.write(access, &mut change).await
    }

    /// Publishes a new prekey where the current one is over 30 days old or missing, and the current one where the server shows another.
    pub async fn rotate(&self, access: Access<'_>) -> Result<()> {
        let mut state = self.state.lock().await;
        let now = clock::seconds();
        let current = state.content.current_prekey();
        let fresh =
            current.filter(|prekey| now.saturating_sub(prekey.spk().created_at()) <= ROTATE_AFTER);
        let published = access.link.patient(&GetFullUser {}).await?.user.spk;
        let prekey = match fresh {
            Some(prekey) => {
                if published.is_some_and(|spk| spk.as_bytes() == prekey.spk().to_bytes()) {
                    return Ok(());
                }
                prekey
            }
            None => {
                let prekey = Prekey::generate(&mut rng(), now);
                // Kept before it is shown: an invitation made with it must never meet a device that lacks it.
                let keep = &mut |content: &mut Content| {
                    // Another device may have been faster.
                    let newest = content.current_prekey();
                    match newest
                        .filter(|p| now.saturating_sub(p.spk().created_at()) <= ROTATE_AFTER)
                    {
                        Some(newest) => Ok(newest),
                        None => {
                            content.add_prekey(&prekey);
                            Ok(prekey.clone())
                        }
                    }
                };
                state.write(access, keep).await?
            }
        };
        let publish = SetUser {
            spk: Some(Spk::new(prekey.spk().to_bytes().to_vec())),
            sig: Some(Fixed(access.keys.identity().sign_spk(prekey.spk()))),
            ..SetUser::default()
        };
        access.link.patient(&publish).await?;
        Ok(())
    }
}

impl State {
    /// Reads and merges, without writing.
    async fn fetch(&mut self, access: Access<'_>) -> Result<()> {
        let full = access.link.patient(&GetFullUser {}).await?;
        if full.user.public_key.0 != access.keys.identity().public().to_bytes() {
            return Err(Error::security(
                "E_KEY_CHANGED",
                "The server names another identity key for this account than the one on this device",
            ));
        }
        let highest: Highest = store::read_json(access.store, HIGHEST)?.unwrap_or_default();
        let highest = highest.version.max(self.blob_version);
        let opened = sealed::open(access.keys, &full.own_storage, highest)?;
        remember(access.store, opened.version)?;
        self.blob_version = opened.version;
        self.server_version = full.own_storage_version;
        self.remote = opened.content.clone();
        let (mut merged, conflicts) = std::mem::take(&mut self.content).merge(opened.content);
        merged.tidy(clock::seconds());
        self.content = merged;
        self.conflicts.extend(conflicts);
        Ok(())
    }

    async fn write<R>(
        &mut self,
        access: Access<'_>,
        change: &mut impl FnMut(&mut Content) -> Result<R>,
    ) -> Result<R> {
        for _ in 0..ATTEMPTS {
            let mut wanted = self.content.clone();
            let outcome = change(&mut wanted)?;
            if wanted == self.remote {
                self.content = wanted;
                return Ok(outcome);
            }
            let version = self.blob_version + 1;
            let sealed = sealed::seal(access.keys, version, &wanted)?;
            if sealed.len() > sealed::LIMIT {
                return Err(Error::Storage(
                    "own_storage is full: leave some DMs before creating or joining more"
                        .to_owned(),
                ));
            }
            let request = SetUser {
                own_storage: Some(text(&sealed)?),
                own_storage_version: Some(self.server_version),
                ..SetUser::default()
            };
            match access.link.patient(&request).await {
                Ok(_) => {
                    remember(access.store, version)?;
                    self.blob_version = version;
                    self.server_version += 1;
                    self.remote = wanted.clone();
                    self.content = wanted;
                    return Ok(outcome);
                }
                Err(error) if error.code() == Some(Code::Conflict) || error.outcome_unknown() => {
                    // Whatever happened, the server's copy tells.
                    self.fetch(access).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Err(Error::Storage(
            "own_storage is being changed by other devices all the time; try again".to_owned(),
        ))
    }
}

/// Remembers the highest version seen, so that an older blob is noticed.
fn remember(store: &dyn Store, version: u64) -> Result<()> {
    store::update_json(store, HIGHEST, |highest: &mut Highest| {
        highest.version = highest.version.max(version);
    })
}
