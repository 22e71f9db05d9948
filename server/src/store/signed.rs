//! Sealed bytes with their signature, as they lie together in one slot of `content`.

use sea_orm::DbErr;
use sotto_protocol::text::{Fixed, Sealed, Signature};

/// Bytes of an Ed25519 signature, which stands before the sealed bytes in a slot.
pub(super) const SIGNATURE: usize = 64;

/// Sealed bytes with their signature.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The sealed bytes.
    pub bytes: Sealed,
    /// The sender's signature over them.
    pub signature: Signature,
}

impl Signed {
    pub(super) fn to_slot(&self) -> Vec<u8> {
        [self.signature.0.as_slice(), self.bytes.as_bytes()].concat()
    }

    pub(super) fn from_slot(slot: &[u8], len: i64) -> Result<Self, DbErr> {
        let parse = || {
            let bytes = slot.get(..usize::try_from(len).ok()?)?;
            let (signature, sealed) = bytes.split_first_chunk::<SIGNATURE>()?;
            Some(Self {
                bytes: Sealed::new(sealed.to_vec())?,
                signature: Fixed(*signature),
            })
        };
        parse().ok_or_else(|| DbErr::Custom("a slot does not hold what its row says".to_owned()))
    }
}
