//! A person's keys on this device, and how an account comes to be: from fresh words, or from words on paper.

use rand::rng;
use serde::{Deserialize, Serialize};
use sotto_crypto::keys::{Identity, Prekey, RecoverySecret, StorageKey};
use sotto_crypto::names;
use sotto_protocol::Code;
use sotto_protocol::session::{Register, UsernameExists};
use sotto_protocol::text::{Fixed, Spk, Text};
use zeroize::Zeroizing;

use crate::call::call;
use crate::clock;
use crate::error::{Error, Result};
use crate::link;
use crate::secret::Secret32;
use crate::transport::{ServerAddress, Socket, TransportConfig};
use crate::vault::content::Content;
use crate::vault::sealed;

/// What a device keeps of an account: the username, the identity key, the key of `own_storage`. The words are not among it.
#[derive(Clone, Debug)]
pub struct AccountKeys {
    username: String,
    identity: Identity,
    storage_key: StorageKey,
}

/// The 24 words, to be shown once and written down. Erased when dropped.
pub struct RecoveryWords(Zeroizing<String>);

impl RecoveryWords {
    /// The words, separated by single spaces.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for RecoveryWords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryWords(..)")
    }
}

/// Where an app keeps its keys between runs: a key ring, an encrypted file.
pub trait KeyStore {
    /// The keys that were saved, where there are any.
    ///
    /// # Errors
    /// [`Error::Storage`], also where they may not be read as they lie.
    fn load(&self) -> Result<Option<AccountKeys>>;

    /// Keeps `keys`, durably.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn save(&self, keys: &AccountKeys) -> Result<()>;
}

#[derive(Serialize, Deserialize)]
struct Kept {
    v: u32,
    username: String,
    ik_seed: Secret32,
    os_key: Secret32,
}

impl AccountKeys {
    /// Keys for a new account, with the words that bring them back.
    ///
    /// # Errors
    /// [`Error::Security`] with `E_NAME` for what can be no username.
    pub fn create(username: &str) -> Result<(Self, RecoveryWords)> {
        let secret = RecoverySecret::generate(&mut rng());
        let keys = Self::of(username, &secret)?;
        Ok((keys, RecoveryWords(secret.words())))
    }

    /// The keys of an account from its 24 words.
    ///
    /// # Errors
    /// [`Error::Security`] with `E_WORDS` or `E_NAME`.
    pub fn recover(username: &str, words: &str) -> Result<Self> {
        Self::of(username, &RecoverySecret::from_words(words)?)
    }

    fn of(username: &str, secret: &RecoverySecret) -> Result<Self> {
        names::check(username.as_bytes())?;
        Ok(Self {
            username: username.to_owned(),
            identity: secret.identity(),
            storage_key: secret.storage_key(),
        })
    }

    /// Everything, for a [`KeyStore`] to keep under lock.
    ///
    /// # Panics
    /// Never: the keys are plain data.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let kept = Kept {
            v: 1,
            username: self.username.clone(),
            ik_seed: Secret32::new(*self.identity.expose_seed()),
            os_key: Secret32::new(*self.storage_key.expose()),
        };
        Zeroizing::new(serde_json::to_vec(&kept).expect("keys are plain data"))
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let kept: Kept = serde_json::from_slice(bytes)
            .map_err(|_| Error::Storage("the keys are damaged".to_owned()))?;
        if kept.v != 1 {
            return Err(Error::Storage(
                "the keys were written by a newer version".to_owned(),
            ));
        }
        names::check(kept.username.as_bytes())?;
        Ok(Self {
            username: kept.username,
            identity: Identity::from_seed(*kept.ik_seed.expose()),
            storage_key: StorageKey::from_bytes(*kept.os_key.expose()),
        })
    }

    /// The username.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The identity: signs, and knows its public key.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(crate) fn storage_key(&self) -> &StorageKey {
        &self.storage_key
    }
}

/// Registers an account at `server`. Does not log in. Safe to repeat with the same keys after a lost connection.
///
/// # Errors
/// [`Error::Refused`] (`username_taken`, `invalid_username`, …) or [`Error::Connect`].
pub async fn register(
    server: &ServerAddress,
    keys: &AccountKeys,
    config: &TransportConfig,
) -> Result<()> {
    let prekey = Prekey::generate(&mut rng(), clock::seconds());
    let mut content = Content::default();
    content.add_prekey(&prekey);
    let sealed = sealed::seal(keys, 1, &content)?;
    let request = Register {
        username: text(keys.username())?,
        public_key: Fixed(keys.identity().public().to_bytes()),
        spk: Spk::new(prekey.spk().to_bytes().to_vec()),
        sig: Some(Fixed(keys.identity().sign_spk(prekey.spk()))),
        own_storage: text(&sealed)?,
    };
    let connection = Socket::connect(server, config).await?;
    match call(&connection.socket, &request).await {
        Ok(_) => Ok(()),
        // The account may be there all the same, now or from an earlier attempt; whoever can log in to it owns it.
        Err(error) if error.outcome_unknown() || error.code() == Some(Code::UsernameTaken) => {
            match link::dial(server, keys, config).await {
                Ok(_) => Ok(()),
                Err(_) => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

/// Whether a name can no longer be registered at `server`.
///
/// # Errors
/// [`Error::Connect`], [`Error::Refused`].
pub async fn is_taken(
    server: &ServerAddress,
    username: &str,
    config: &TransportConfig,
) -> Result<bool> {
    let connection = Socket::connect(server, config).await?;
    let request = UsernameExists {
        username: text(username)?,
    };
    call(&connection.socket, &request).await
}

/// Text for the wire.
pub(crate) fn text(text: &str) -> Result<Text> {
    Text::new(text).ok_or_else(|| Error::Invalid("text must not hold the character NUL".to_owned()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn words_bring_the_same_keys_back() {
        let (keys, words) = AccountKeys::create("alice").unwrap();
        let again = AccountKeys::recover("alice", &words.reveal().to_uppercase()).unwrap();
        assert_eq!(keys.identity().public(), again.identity().public());
        assert!(keys.storage_key() == again.storage_key());
        let kept = AccountKeys::from_bytes(&keys.to_bytes()).unwrap();
        assert_eq!(kept.username(), "alice");
        assert_eq!(kept.identity().public(), keys.identity().public());
        assert!(kept.storage_key() == keys.storage_key());
        let wrong = AccountKeys::recover("alice", "abandon ".repeat(24).trim()).unwrap_err();
        assert_eq!(wrong.security_code(), Some("E_WORDS"));
        assert_eq!(
            AccountKeys::create(" a").unwrap_err().security_code(),
            Some("E_NAME")
        );
    }

    #[test]
    fn nothing_secret_is_shown() {
        let (keys, words) = AccountKeys::create("alice").unwrap();
        let shown = format!("{keys:?} {words:?}");
        assert!(!shown.contains(&hex::encode(keys.identity().expose_seed())));
        assert!(!shown.contains(&hex::encode(keys.storage_key().expose())));
        assert!(!shown.contains(words.reveal().split(' ').next().unwrap()));
    }
}
