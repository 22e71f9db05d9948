//! The blob that carries the content through a server that must not read it.

use rand::Rng;
use rand::rng;
use sotto_crypto::storage::{self, Owner};
use sotto_crypto::{Refusal, hex};
use zeroize::Zeroizing;

use super::content::Content;
use crate::account::AccountKeys;
use crate::error::{Error, Result};

/// Characters that the server takes for `own_storage` (1 MiB): a blob is hex, so half as many bytes.
pub const LIMIT: usize = 1 << 20;

/// An opened blob.
pub struct Opened {
    /// The blob's own version.
    pub version: u64,
    /// What stood in it.
    pub content: Content,
}

fn owner(keys: &AccountKeys) -> Owner<'_> {
    Owner {
        key: keys.storage_key(),
        name: keys.username(),
        ik: keys.identity().public(),
    }
}

/// Seals `content` as `version`.
pub fn seal(keys: &AccountKeys, version: u64, content: &Content) -> Result<String> {
    let json = json(content)?;
    let mut salt = [0; 32];
    rng().fill_bytes(&mut salt);
    Ok(hex::encode(&storage::seal(
        &owner(keys),
        version,
        &salt,
        &json,
    )))
}

/// Characters that `content` would take at the server.
pub fn length(content: &Content) -> Result<usize> {
    Ok(2 * storage::sealed_len(json(content)?.len()))
}

/// Opens what the server holds. `highest_seen` is the highest version that this device has seen.
pub fn open(keys: &AccountKeys, text: &str, highest_seen: u64) -> Result<Opened> {
    let blob = hex::decode(text).map_err(|_| Refusal::Storage)?;
    let opened = storage::open(&owner(keys), &blob, highest_seen)?;
    let content: Content =
        serde_json::from_str(&opened.json).map_err(|_| Error::from(Refusal::Storage))?;
    if content.v != 1 {
        return Err(Error::security(
            Refusal::Downgrade.code(),
            "own_storage was written by another version of the protocol",
        ));
    }
    Ok(Opened {
        version: opened.version,
        content,
    })
}

fn json(content: &Content) -> Result<Zeroizing<String>> {
    serde_json::to_string(content)
        .map(Zeroizing::new)
        .map_err(|error| Error::Storage(error.to_string()))
}
