//! Which points and signatures are accepted (C-113 to C-115), for SDK and server: one rule, the same
//! in every language.
use crate::error::{Refusal, Result};
use curve25519_dalek::edwards::CompressedEdwardsY;
use ed25519_dalek::{Signature, VerifyingKey};
use std::fmt;
use x25519_dalek::{PublicKey, StaticSecret};

/// An identity key that passed `decode_ik`, held decoded so that the costly torsion check is made
/// once per key.
#[derive(Clone, Copy)]
pub struct VerifyingIdentity {
    key: VerifyingKey,
}

impl VerifyingIdentity {
    /// The 32 bytes of the Ed25519 public key, as on the wire.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// The same 32 bytes, borrowed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// `verify(IK, m, s)`: 64 bytes, S < L, R canonical and not of small order, `[S]B - [k]IK`
    /// encodes to R.
    ///
    /// # Errors
    /// [`Refusal::Sig`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        let signature = Signature::from_slice(signature).map_err(|_| Refusal::Sig)?;
        self.key
            .verify_strict(message, &signature)
            .map_err(|_| Refusal::Sig)
    }

    /// The X25519 form `u = (1+y)/(1-y)`, always a member of the prime-order group.
    pub(crate) fn x25519(&self) -> XPublic {
        XPublic(PublicKey::from(self.key.to_montgomery().to_bytes()))
    }
}

impl PartialEq for VerifyingIdentity {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for VerifyingIdentity {}

impl fmt::Debug for VerifyingIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "VerifyingIdentity({})",
            crate::hex::encode(self.as_bytes())
        )
    }
}

/// `decode_ik`: 32 bytes, canonical, on the curve, not of small order, torsion-free.
///
/// # Errors
/// [`Refusal::Ik`].
pub fn decode_ik(bytes: &[u8]) -> Result<VerifyingIdentity> {
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| Refusal::Ik)?;
    let compressed = CompressedEdwardsY(bytes);
    let point = compressed.decompress().ok_or(Refusal::Ik)?;
    // Compressing again catches x = 0 with the sign bit set and y >= p, which decompression lets
    // pass. (None of those is of prime order, so the checks behind it would refuse them too.)
    if point.compress() != compressed || point.is_small_order() || !point.is_torsion_free() {
        return Err(Refusal::Ik);
    }
    Ok(VerifyingIdentity {
        key: VerifyingKey::from(point),
    })
}

/// An X25519 public key that passed `decode_x`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct XPublic(PublicKey);

impl XPublic {
    /// The 32 bytes, as on the wire.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        self.0.to_bytes()
    }

    pub(crate) fn of(secret: &StaticSecret) -> Self {
        Self(PublicKey::from(secret))
    }

    #[cfg(test)]
    pub(crate) fn unchecked(bytes: [u8; 32]) -> Self {
        Self(PublicKey::from(bytes))
    }

    pub(crate) fn point(&self) -> &PublicKey {
        &self.0
    }
}

const P: [u8; 32] = {
    let mut p = [0xff; 32];
    p[0] = 0xed;
    p[31] = 0x7f;
    p
};

/// The five u of low order: 0, 1, the two of order 8, and p - 1 (RFC 7748 7 by way of the curve's
/// small subgroup and its twist's).
const LOW_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ],
    {
        let mut minus_one = P;
        minus_one[0] = 0xec;
        minus_one
    },
];

/// `decode_x`: 32 bytes, u < p (so bit 255 is 0), not one of the five u of low order.
///
/// # Errors
/// [`Refusal::X25519`].
pub fn decode_x(bytes: &[u8]) -> Result<XPublic> {
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| Refusal::X25519)?;
    let below_p = bytes.iter().rev().lt(P.iter().rev());
    if !below_p || LOW_ORDER.contains(&bytes) {
        return Err(Refusal::X25519);
    }
    Ok(XPublic(PublicKey::from(bytes)))
}

/// True if u, with bit 255 masked and reduced modulo p, is zero or of low order: the check for the
/// 32-byte prekey form.
pub(crate) fn is_low_order(bytes: &[u8; 32]) -> bool {
    // X25519 masks bit 255 and reduces; multiplying by any clamped scalar gives zero exactly for
    // low order.
    let probe = StaticSecret::from([1; 32]);
    !probe
        .diffie_hellman(&PublicKey::from(*bytes))
        .was_contributory()
}
