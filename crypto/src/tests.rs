//! Tests that need the inside of the crate: external vectors, attacks, secrets. What the interface
//! shows is tested in `tests/`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attacks;
mod gcm_collision;
mod order;
mod rfc;
mod secrets;
mod sizes;
mod wycheproof;

use crate::bundle::{Bundle, NoPins};
use crate::group::{self, Created, GroupRandom, Invitation, Me};
use crate::keys::{Identity, Prekey, RecoverySecret};
use rand_core::{Infallible, TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

/// Random-looking bytes that a test can repeat: SHA-256 of a seed and a counter.
struct TestRng {
    seed: u64,
    counter: u64,
}

impl TestRng {
    fn new(seed: u64) -> Self {
        Self { seed, counter: 0 }
    }
}

impl TryRng for TestRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(32) {
            self.counter += 1;
            let block =
                Sha256::digest([self.seed.to_be_bytes(), self.counter.to_be_bytes()].concat());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for TestRng {}

/// A person with one prekey.
struct Person {
    name: String,
    identity: Identity,
    prekey: Prekey,
}

impl Person {
    fn new(name: &str, rng: &mut TestRng) -> Self {
        let identity = RecoverySecret::generate(rng).identity();
        Self {
            name: name.to_owned(),
            identity,
            prekey: Prekey::generate(rng, 1_700_000_000),
        }
    }

    fn me(&self) -> Me<'_> {
        Me {
            identity: &self.identity,
            name: &self.name,
            prekeys: std::slice::from_ref(&self.prekey),
        }
    }
}

/// `n` people, the first of whom made a group with the others.
struct Group {
    people: Vec<Person>,
    random: GroupRandom,
    created: Created,
}

impl Group {
    fn new(n: usize, seed: u64) -> Self {
        let mut rng = TestRng::new(seed);
        let people: Vec<_> = (0..n)
            .map(|i| Person::new(&format!("member-{i}"), &mut rng))
            .collect();
        let random = GroupRandom::generate(&mut rng, n);
        let created = create(&people, 1_700_000_100, &random).unwrap();
        Self {
            people,
            random,
            created,
        }
    }

    fn invitation(&self, position: usize) -> Invitation {
        invitation(&self.people[0], &self.created, position)
    }
}

fn create(people: &[Person], created_at: u64, random: &GroupRandom) -> crate::Result<Created> {
    let spks: Vec<_> = people.iter().map(|p| p.prekey.spk().to_bytes()).collect();
    let sigs: Vec<_> = people
        .iter()
        .map(|p| p.identity.sign_spk(p.prekey.spk()))
        .collect();
    let bundle = |i: usize| Bundle {
        username: &people[i].name,
        ik: people[i].identity.public().as_bytes(),
        spk: &spks[i],
        sig: &sigs[i],
    };
    let bundles: Vec<_> = (1..people.len()).map(bundle).collect();
    group::create(
        &people[0].identity,
        &people[0].name,
        created_at,
        &bundles,
        &NoPins,
        random,
    )
}

fn invitation(creator: &Person, created: &Created, position: usize) -> Invitation {
    let message = &created.messages[position - 1];
    Invitation {
        sender: creator.name.clone(),
        ik: creator.identity.public().to_bytes(),
        spk: message.spk.to_vec(),
        ek: message.ek,
        key_tree: created.key_tree.clone(),
        position: u32::try_from(position).unwrap(),
        dm_id: 1,
        info: Some(created.info.clone()),
    }
}
