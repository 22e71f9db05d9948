//! AES-256-GCM under a key used once (nonce 0^12), in place, for envelopes and storage.
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce, Tag};

/// Length of the tag in bytes.
pub(crate) const TAG: usize = 16;

/// Encrypts `out[from..]` with `out[..from]` as associated data and appends the tag.
pub(crate) fn seal(key: &[u8; 32], out: &mut Vec<u8>, from: usize) {
    let (aad, text) = out.split_at_mut(from);
    let tag = cipher(key)
        .encrypt_inout_detached(&Nonce::default(), aad, InOutBuf::from(text))
        .expect("GCM takes 64 GiB");
    out.extend_from_slice(&tag);
}

/// Opens `ciphertext || tag` into `text`; false if it does not authenticate (then `text` holds
/// nothing of use).
#[must_use]
pub(crate) fn open(key: &[u8; 32], aad: &[u8], sealed: &[u8], text: &mut Vec<u8>) -> bool {
    let Some((body, tag)) = sealed.split_last_chunk::<TAG>() else {
        return false;
    };
    text.clear();
    text.extend_from_slice(body);
    cipher(key)
        .decrypt_inout_detached(
            &Nonce::default(),
            aad,
            InOutBuf::from(text.as_mut_slice()),
            &Tag::from(*tag),
        )
        .is_ok()
}

fn cipher(key: &[u8; 32]) -> Aes256Gcm {
    Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key))
}
