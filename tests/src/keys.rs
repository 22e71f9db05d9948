//! Keys of a test's people, and what they sign: put together here from the rules, not by the code under test.

use ed25519_dalek::{Signer, SigningKey};
use sotto_crypto::keys::{Identity, Prekey};

/// An identity key and a signed prekey.
#[derive(Debug)]
pub struct Keys {
    signing: SigningKey,
    /// The signed prekey, 32 or 50 bytes.
    pub spk: Vec<u8>,
}

impl Keys {
    /// New ones, the prekey in the 50-byte form.
    pub fn fresh() -> Self {
        let spk = new_spk();
        Self {
            signing: SigningKey::from_bytes(&rand::random()),
            spk,
        }
    }

    /// New ones, the prekey in the 32-byte form of the first clients.
    pub fn of_the_seed() -> Self {
        Self {
            spk: rand::random::<[u8; 32]>().to_vec(),
            ..Self::fresh()
        }
    }

    /// The identity key, as hex.
    pub fn public_key(&self) -> String {
        hex::encode(self.signing.verifying_key().as_bytes())
    }

    /// The identity key's bytes.
    pub fn public_bytes(&self) -> [u8; 32] {
        self.signing.verifying_key().to_bytes()
    }

    /// The prekey, as hex.
    pub fn spk(&self) -> String {
        hex::encode(&self.spk)
    }

    /// The signature over the prekey, as hex.
    pub fn sig(&self) -> String {
        self.sign(&self.spk)
    }

    /// A raw signature over any bytes, as hex.
    pub fn sign(&self, bytes: &[u8]) -> String {
        hex::encode(self.signing.sign(bytes).to_bytes())
    }

    /// The answer to a login challenge (C-401): the signature over `T("login", origin, username, IK, challenge)`.
    pub fn answer(&self, origin: &str, username: &str, challenge: &str) -> String {
        let challenge = hex::decode(challenge).expect("a challenge is hex");
        let key = self.public_bytes();
        let fields: [&[u8]; 4] = [origin.as_bytes(), username.as_bytes(), &key, &challenge];
        self.sign(&encode("sotto/1/login", &fields))
    }

    /// The secret scalar's clamped bytes (RFC 8032, 5.1.5), for the first clients' login answer.
    pub fn scalar_bytes(&self) -> [u8; 32] {
        self.signing.to_scalar_bytes()
    }

    /// The same identity for `sotto_crypto`, which makes groups.
    pub fn identity(&self) -> Identity {
        Identity::from_seed(self.signing.to_bytes())
    }
}

/// A prekey of 50 bytes.
pub fn new_spk() -> Vec<u8> {
    Prekey::new(rand::random(), 1_700_000_000)
        .spk()
        .to_bytes()
        .to_vec()
}

/// 32 random bytes as hex: a key that the server only measures.
pub fn any_key() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}

/// `V(label) || u8(k) || V(f1) || … || V(fk)` (C-102).
fn encode(label: &str, fields: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut value = |bytes: &[u8], count: Option<usize>| {
        out.extend_from_slice(&u32::try_from(bytes.len()).expect("short").to_be_bytes());
        out.extend_from_slice(bytes);
        out.extend(count.map(|count| u8::try_from(count).expect("few")));
    };
    value(label.as_bytes(), Some(fields.len()));
    for field in fields {
        value(field, None);
    }
    out
}
