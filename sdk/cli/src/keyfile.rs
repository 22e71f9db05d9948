//! The keys on disk: sealed under a passphrase (Argon2id, AES-256-GCM), or plain where the user asked for it; never readable by others.

use std::fs;
use std::path::{Path, PathBuf};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use argon2::{Algorithm, Argon2, Params, Version};
use rand::Rng;
use serde::{Deserialize, Serialize};
use sotto_sdk::{AccountKeys, Error, KeyStore, Result, store};
use zeroize::Zeroizing;

/// Memory in KiB, passes and lanes of Argon2id (RFC 9106, the second recommended choice).
const COST: (u32, u32, u32) = (64 * 1024, 3, 4);

/// The most memory in KiB that a key file may ask for: 1 GiB.
const MOST_MEMORY: u32 = 1 << 20;

/// A key file and the passphrase to open or seal it; none: plain.
pub struct KeyFile {
    path: PathBuf,
    passphrase: Option<Zeroizing<String>>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "protection", rename_all = "snake_case")]
enum Kept {
    None {
        keys: String,
    },
    Argon2id {
        memory_kib: u32,
        passes: u32,
        lanes: u32,
        salt: String,
        nonce: String,
        sealed: String,
    },
}

impl KeyFile {
    pub fn new(path: PathBuf, passphrase: Option<Zeroizing<String>>) -> Self {
        Self { path, passphrase }
    }

    /// Whether opening `path` takes a passphrase; `None` where there is no file.
    pub fn is_sealed(path: &Path) -> Result<Option<bool>> {
        Ok(read(path)?.map(|kept| matches!(kept, Kept::Argon2id { .. })))
    }
}

impl KeyStore for KeyFile {
    fn load(&self) -> Result<Option<AccountKeys>> {
        let bytes = match read(&self.path)? {
            None => return Ok(None),
            Some(Kept::None { keys }) => unhex(&keys)?,
            Some(Kept::Argon2id {
                memory_kib,
                passes,
                lanes,
                salt,
                nonce,
                sealed,
            }) => {
                let passphrase = self.passphrase.as_ref().ok_or_else(|| {
                    Error::Storage("the keys are sealed with a passphrase".to_owned())
                })?;
                if memory_kib > MOST_MEMORY {
                    return Err(damaged());
                }
                let cost = (memory_kib, passes, lanes);
                open(
                    passphrase,
                    cost,
                    &unhex(&salt)?,
                    &unhex(&nonce)?,
                    &unhex(&sealed)?,
                )?
            }
        };
        AccountKeys::from_bytes(&bytes).map(Some)
    }

    fn save(&self, keys: &AccountKeys) -> Result<()> {
        let bytes = keys.to_bytes();
        let kept = match &self.passphrase {
            None => Kept::None {
                keys: hex::encode(&*bytes),
            },
            Some(passphrase) => seal(passphrase, &bytes)?,
        };
        let json = serde_json::to_vec_pretty(&kept).map_err(|_| damaged())?;
        store::write_private(&self.path, &Zeroizing::new(json))
    }
}

fn damaged() -> Error {
    Error::Storage("the key file is damaged".to_owned())
}

fn unhex(text: &str) -> Result<Zeroizing<Vec<u8>>> {
    hex::decode(text).map(Zeroizing::new).map_err(|_| damaged())
}

fn read(path: &Path) -> Result<Option<Kept>> {
    let fail = |error: std::io::Error| Error::Storage(format!("{}: {error}", path.display()));
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail(error)),
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(Error::Storage(format!(
                "{0} can be read by other users of this machine, so it is not used; run: chmod 600 '{0}'",
                path.display()
            )));
        }
    }
    let _ = metadata;
    let json = Zeroizing::new(fs::read(path).map_err(fail)?);
    serde_json::from_slice(&json)
        .map(Some)
        .map_err(|_| damaged())
}

fn derive(passphrase: &str, cost: (u32, u32, u32), salt: &[u8]) -> Result<Aes256Gcm> {
    let params = Params::new(cost.0, cost.1, cost.2, Some(32)).map_err(|_| damaged())?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, key.as_mut())
        .map_err(|_| damaged())?;
    Aes256Gcm::new_from_slice(key.as_ref()).map_err(|_| damaged())
}

const PURPOSE: &[u8] = b"sotto-cli keys 1";

fn seal(passphrase: &str, bytes: &[u8]) -> Result<Kept> {
    let (mut salt, mut nonce) = ([0; 16], [0; 12]);
    rand::rng().fill_bytes(&mut salt);
    rand::rng().fill_bytes(&mut nonce);
    let cipher = derive(passphrase, COST, &salt)?;
    let payload = Payload {
        msg: bytes,
        aad: PURPOSE,
    };
    let sealed = cipher
        .encrypt(&Nonce::from(nonce), payload)
        .map_err(|_| damaged())?;
    Ok(Kept::Argon2id {
        memory_kib: COST.0,
        passes: COST.1,
        lanes: COST.2,
        salt: hex::encode(salt),
        nonce: hex::encode(nonce),
        sealed: hex::encode(sealed),
    })
}

fn open(
    passphrase: &str,
    cost: (u32, u32, u32),
    salt: &[u8],
    nonce: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>> {
    let cipher = derive(passphrase, cost, salt)?;
    let nonce: [u8; 12] = nonce.try_into().map_err(|_| damaged())?;
    let payload = Payload {
        msg: sealed,
        aad: PURPOSE,
    };
    cipher
        .decrypt(&Nonce::from(nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| Error::Storage("the passphrase is wrong".to_owned()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn file(path: &Path, passphrase: Option<&str>) -> KeyFile {
        let passphrase = passphrase.map(|text| Zeroizing::new(text.to_owned()));
        KeyFile::new(path.to_owned(), passphrase)
    }

    #[test]
    fn keys_are_sealed_under_the_passphrase() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        assert!(file(&path, None).load().unwrap().is_none());
        assert_eq!(KeyFile::is_sealed(&path).unwrap(), None);
        let (keys, _) = AccountKeys::create("alice").unwrap();
        file(&path, Some("correct horse")).save(&keys).unwrap();
        assert_eq!(KeyFile::is_sealed(&path).unwrap(), Some(true));
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&hex::encode(keys.identity().expose_seed())));
        let again = file(&path, Some("correct horse")).load().unwrap().unwrap();
        assert_eq!(again.identity().public(), keys.identity().public());
        let wrong = file(&path, Some("battery staple")).load().unwrap_err();
        assert!(wrong.to_string().contains("passphrase is wrong"), "{wrong}");
        assert!(file(&path, None).load().is_err());
    }

    #[test]
    fn plain_keys_are_kept_only_where_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        let (keys, _) = AccountKeys::create("alice").unwrap();
        file(&path, None).save(&keys).unwrap();
        assert_eq!(KeyFile::is_sealed(&path).unwrap(), Some(false));
        let again = file(&path, None).load().unwrap().unwrap();
        assert_eq!(again.identity().public(), keys.identity().public());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        let (keys, _) = AccountKeys::create("alice").unwrap();
        file(&path, None).save(&keys).unwrap();
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let refused = file(&path, None).load().unwrap_err().to_string();
            assert!(refused.contains("chmod 600"), "{refused}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(file(&path, None).load().is_ok());
    }
}
