//! Numbers that people compare (C-406 to C-408): fingerprint, safety number and group code; for the
//! client SDKs.
use crate::encode::t;
use crate::points::VerifyingIdentity;
use sha2::{Digest, Sha512};

const ITERATIONS: usize = 5200;

/// 30 digits that stand for a name with its identity key: 5200 rounds of SHA-512, about a
/// millisecond.
#[must_use]
pub fn fingerprint(name: &str, ik: &VerifyingIdentity) -> String {
    let d = t("fingerprint", &[name.as_bytes(), ik.as_bytes()]);
    let mut x = Sha512::digest(&d);
    for _ in 1..ITERATIONS {
        x = Sha512::new().chain_update(x).chain_update(&d).finalize();
    }
    digits(&x[..30])
}

/// 60 digits, the same on both sides: the two fingerprints sorted and joined.
#[must_use]
pub fn safety_number(a: (&str, &VerifyingIdentity), b: (&str, &VerifyingIdentity)) -> String {
    let mut both = [fingerprint(a.0, a.1), fingerprint(b.0, b.1)];
    both.sort();
    both.concat()
}

/// 60 digits that all members of a group compare. Twice a fingerprint's length, since a creator may
/// look for collisions.
#[must_use]
pub fn group_code(gi_hash: &[u8; 32]) -> String {
    digits(&Sha512::digest(t("group-code", &[gi_hash]))[..60])
}

/// Five bytes big-endian modulo 100,000 give five digits.
fn digits(bytes: &[u8]) -> String {
    let number = |group: &[u8]| group.iter().fold(0u64, |n, b| n << 8 | u64::from(*b)) % 100_000;
    bytes
        .chunks_exact(5)
        .map(|group| format!("{:05}", number(group)))
        .collect()
}
