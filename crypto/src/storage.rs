//! The sealed `own_storage` blob (C-501, C-502), for the client SDKs. What stands in its JSON is
//! theirs.
use crate::aead;
use crate::encode::{Reader, is_least_padding, pad, put_v, t};
use crate::error::{Refusal, Result};
use crate::kdf::{Key, expand, extract};
use crate::keys::StorageKey;
use crate::points::VerifyingIdentity;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const MAGIC: &[u8; 4] = b"STS1";
const MODE: u8 = 1;
const HEADER: usize = 4 + 1 + 8 + 32;
const SEALED_FROM: usize = HEADER + 32;
const BLOCK: usize = 1024;

/// Whose blob it is.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// `os_key`.
    pub key: &'a StorageKey,
    /// The username.
    pub name: &'a str,
    /// The identity key.
    pub ik: &'a VerifyingIdentity,
}

impl Owner<'_> {
    fn keys(&self, header: &[u8; HEADER], salt: &[u8]) -> (Key, Key) {
        let prk = extract(salt, self.key.expose());
        let derive = |label| {
            expand(
                &prk,
                &t(label, &[self.name.as_bytes(), self.ik.as_bytes(), header]),
            )
        };
        (derive("storage-mk"), derive("storage-commit"))
    }
}

/// An opened blob.
pub struct Opened {
    /// The blob's own version, which rises by 1 with every write.
    pub version: u64,
    /// The JSON text; not parsed.
    pub json: Zeroizing<String>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Length in bytes of the blob that seals `json_len` bytes; its hex is twice as long.
#[must_use]
pub fn sealed_len(json_len: usize) -> usize {
    SEALED_FROM + (4 + json_len).next_multiple_of(BLOCK) + aead::TAG
}

/// Seals `json` as `version`. `salt` is 32 random bytes, never used twice.
#[must_use]
pub fn seal(owner: &Owner<'_>, version: u64, salt: &[u8; 32], json: &str) -> Vec<u8> {
    seal_unchecked(owner, version, salt, sealed_len(json.len()), |out| {
        put_v(out, json.as_bytes());
        pad(out, SEALED_FROM, BLOCK);
    })
}

/// [`seal`] around any inner text, for vectors of what no honest client seals.
pub(crate) fn seal_unchecked(
    owner: &Owner<'_>,
    version: u64,
    salt: &[u8; 32],
    len: usize,
    inner: impl FnOnce(&mut Vec<u8>),
) -> Vec<u8> {
    // One allocation, so that growing leaves no copy of the text behind.
    let mut out = Vec::with_capacity(len);
    out.extend_from_slice(MAGIC);
    out.push(MODE);
    out.extend_from_slice(&version.to_be_bytes());
    out.extend_from_slice(salt);
    let header: [u8; HEADER] = out
        .as_slice()
        .try_into()
        .expect("the header was just laid out");
    let (mk, mc) = owner.keys(&header, salt);
    out.extend_from_slice(mc.as_ref());
    inner(&mut out);
    aead::seal(&mk, &mut out, SEALED_FROM);
    out
}

/// Opens a blob. `highest_seen` is the highest version this device has seen, 0 at first.
///
/// # Errors
/// [`Refusal::Storage`] for whatever is not a blob sealed for `owner`; [`Refusal::Rollback`] for
/// one that is, with a version below `highest_seen`. A fresh device cannot notice a rollback.
pub fn open(owner: &Owner<'_>, blob: &[u8], highest_seen: u64) -> Result<Opened> {
    let mut r = Reader::new(blob, Refusal::Storage);
    let header: [u8; HEADER] = r.array()?;
    let mc_given: [u8; 32] = r.array()?;
    let mut h = Reader::new(&header, Refusal::Storage);
    if h.array::<4>()? != *MAGIC || h.u8()? != MODE {
        return Err(Refusal::Storage);
    }
    let version = h.u64()?;
    let (mk, mc) = owner.keys(&header, h.rest());
    if !bool::from(mc.ct_eq(&mc_given)) {
        return Err(Refusal::Storage);
    }
    let mut inner = Zeroizing::new(Vec::new());
    if !aead::open(&mk, &blob[..SEALED_FROM], r.rest(), &mut inner)
        || !inner.len().is_multiple_of(BLOCK)
    {
        return Err(Refusal::Storage);
    }
    let mut r = Reader::new(&inner, Refusal::Storage);
    let json = std::str::from_utf8(r.v()?).map_err(|_| Refusal::Storage)?;
    if !is_least_padding(r.rest(), BLOCK) {
        return Err(Refusal::Storage);
    }
    if version < highest_seen {
        return Err(Refusal::Rollback);
    }
    Ok(Opened {
        version,
        json: Zeroizing::new(json.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Identity;

    /// Seals under `owner` with any magic and mode, and with a commitment that is flipped or not.
    fn blob(owner: &Owner<'_>, magic: &[u8; 4], mode: u8, flip: u8) -> Vec<u8> {
        let mut out = [magic.as_slice(), &[mode], &[0; 8], &[7; 32]].concat();
        let header: [u8; HEADER] = out.as_slice().try_into().expect("a header");
        let (mk, mut mc) = owner.keys(&header, &[7; 32]);
        mc[0] ^= flip;
        out.extend_from_slice(mc.as_ref());
        put_v(&mut out, b"{}");
        pad(&mut out, SEALED_FROM, BLOCK);
        aead::seal(&mk, &mut out, SEALED_FROM);
        out
    }

    /// From outside all look like a blob whose tag fails; here the tag is right each time.
    #[test]
    fn c_502_magic_mode_and_commitment_are_each_checked() {
        let (key, identity) = (
            StorageKey::from_bytes([1; 32]),
            Identity::from_seed([2; 32]),
        );
        let owner = Owner {
            key: &key,
            name: "alice",
            ik: identity.public(),
        };
        let opened = |magic, mode, flip| {
            open(&owner, &blob(&owner, magic, mode, flip), 0).map(|o| o.version)
        };
        assert_eq!(opened(b"STS1", 1, 0), Ok(0));
        assert_eq!(opened(b"STS1", 1, 1), Err(Refusal::Storage));
        assert_eq!(opened(b"STS2", 1, 0), Err(Refusal::Storage));
        assert_eq!(opened(b"STS1", 2, 0), Err(Refusal::Storage));
    }
}
