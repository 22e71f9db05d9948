//! AES-GCM is not committing: one ciphertext can be made that opens under two keys. The commitment
//! refuses it.
use super::{Group, TestRng};
use crate::aead;
use crate::envelope::{self, Draft, Envelope, Incoming, Kind, Slot, Stamp};
use crate::error::Refusal;
use crate::group::GroupContext;
use crate::kdf::Key;
use crate::keys::GroupSecret;
use aes_gcm::aead::Payload;
use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::aes::Aes256;
use aes_gcm::aes::cipher::BlockCipherEncrypt;
use aes_gcm::{Aes256Gcm, Nonce};
use rand_core::Rng;

/// GF(2^128) as GCM orders its bits: bit 0 is the highest bit of the first byte.
fn mul(x: u128, y: u128) -> u128 {
    let (mut z, mut v) = (0, y);
    for i in (0..128).rev() {
        if x >> i & 1 == 1 {
            z ^= v;
        }
        v = if v & 1 == 1 {
            v >> 1 ^ 0xe1 << 120
        } else {
            v >> 1
        };
    }
    z
}

fn pow(x: u128, n: u32) -> u128 {
    (0..n).fold(1 << 127, |acc, _| mul(acc, x))
}

/// x^(2^128 - 2).
fn inverse(x: u128) -> u128 {
    let (mut acc, mut square) = (1 << 127, x);
    for _ in 1..128 {
        square = mul(square, square);
        acc = mul(acc, square);
    }
    acc
}

fn block(key: &[u8; 32], input: [u8; 16]) -> u128 {
    let mut block = input.into();
    Aes256::new(&(*key).into()).encrypt_block(&mut block);
    u128::from_be_bytes(block.into())
}

fn blocks(bytes: &[u8]) -> Vec<u128> {
    let block = |chunk: &[u8]| {
        let mut padded = [0; 16];
        padded[..chunk.len()].copy_from_slice(chunk);
        u128::from_be_bytes(padded)
    };
    bytes.chunks(16).map(block).collect()
}

/// GCM's tag over `aad` and a ciphertext of whole blocks, nonce 0^12.
fn tag(key: &[u8; 32], aad: &[u8], ciphertext: &[u8]) -> u128 {
    let h = block(key, [0; 16]);
    let lengths = ((aad.len() as u128 * 8) << 64) | (ciphertext.len() as u128 * 8);
    let all = blocks(aad)
        .into_iter()
        .chain(blocks(ciphertext))
        .chain([lengths]);
    let ghash = all.fold(0, |acc, x| mul(acc ^ x, h));
    let mut j0 = [0; 16];
    j0[15] = 1;
    ghash ^ block(key, j0)
}

/// Sets the last block of `ciphertext` so that both keys give one tag, and gives `ciphertext ||
/// tag`.
fn collide(keys: [&[u8; 32]; 2], aad: &[u8], ciphertext: &mut [u8]) -> Vec<u8> {
    let last = ciphertext.len() - 16;
    ciphertext[last..].fill(0);
    let difference = tag(keys[0], aad, ciphertext) ^ tag(keys[1], aad, ciphertext);
    // The last block x adds x·H^2 to each tag: x·(H1^2 + H2^2) must make up the difference.
    let [h1, h2] = keys.map(|key| pow(block(key, [0; 16]), 2));
    let x = mul(difference, inverse(h1 ^ h2));
    ciphertext[last..].copy_from_slice(&x.to_be_bytes());
    let tag = tag(keys[0], aad, ciphertext);
    [ciphertext, tag.to_be_bytes().as_slice()].concat()
}

#[test]
fn the_collision_is_real() {
    assert_eq!(mul(inverse(0x1234_5678), 0x1234_5678), 1 << 127);
    let mut rng = TestRng::new(5);
    let mut random = || {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        bytes
    };
    let (k1, k2) = (random(), random());
    let mut ciphertext = [random(), random()].concat();
    let sealed = collide([&k1, &k2], b"any associated data", &mut ciphertext);
    for key in [k1, k2] {
        let payload = Payload {
            msg: &sealed,
            aad: b"any associated data",
        };
        Aes256Gcm::new(&key.into())
            .decrypt(&Nonce::default(), payload)
            .unwrap();
    }
}

/// A member makes one signed envelope for two groups' keys under one header, each of which would
/// read another text.
#[test]
fn c_303_an_envelope_for_two_keys_fails_on_the_commitment_and_on_nothing_else() {
    let group = Group::new(2, 6);
    let context = &group.created.context;
    let me = &group.people[0].identity;
    // The second key belongs to another secret under the same transcript: what an equivocating
    // member would hand out.
    let mut other = context.clone();
    other.replace_secret(GroupSecret::from_bytes([8; 32]));
    let stamp = Stamp {
        sid: [1; 8],
        seq: 0,
        salt: [2; 32],
    };
    let draft = Draft {
        kind: Kind::Message,
        target: [0; 32],
        rev: 0,
        sent_at_ms: 0,
        expire_s: 0,
        body: "one text",
    };
    let honest = envelope::seal(context, me, 0, &stamp, &draft).unwrap();
    let (aad, sealed) = honest.envelope.split_at(105);
    let keys = [context, &other].map(|c| message_key(c, &honest.envelope));
    let mut ciphertext = sealed[..sealed.len() - 16].to_vec();
    let forged = [aad, &collide([&keys[0], &keys[1]], aad, &mut ciphertext)].concat();
    let signature = me.sign(&forged);

    // Without the commitment both open.
    for key in &keys {
        assert!(aead::open(key, aad, &forged[105..], &mut Vec::new()));
    }
    let slot = Slot::Message { root: None };
    let incoming = Incoming {
        slot,
        sender: None,
        envelope: &forged,
        signature: &signature,
    };
    assert_eq!(
        envelope::open(&other, &incoming).unwrap_err(),
        Refusal::Commit
    );
    // The key it commits to goes on to the content, whose last block is no longer what an honest
    // sender pads with.
    assert_eq!(
        envelope::open(context, &incoming).unwrap_err(),
        Refusal::Inner
    );
}

fn message_key(context: &GroupContext, envelope: &[u8]) -> [u8; 32] {
    let parsed = Envelope::parse(envelope).unwrap();
    let sender_key: Key = context.sender_key(0).unwrap();
    *parsed.message_key(&parsed.prk(&sender_key), context.gi_hash())
}
