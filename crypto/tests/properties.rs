//! Properties: no input makes a reader panic, every bit of what is signed counts, and no order of
//! events fools the replay memory.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use sotto_crypto::bundle::{Bundle, NoPins};
use sotto_crypto::envelope::{self, Draft, Envelope, Incoming, Kind, Sealed, Slot, Stamp};
use sotto_crypto::group::{self, GroupContext, GroupRandom};
use sotto_crypto::group_info::{GroupInfo, SignedInfo};
use sotto_crypto::keys::{Identity, Prekey, Spk, StorageKey};
use sotto_crypto::replay::{Place, Replay};
use sotto_crypto::storage::{self, Owner};
use sotto_crypto::{Refusal, hazmat, hex, names, points};
use std::collections::HashMap;
use std::sync::LazyLock;
use zeroize::Zeroizing;

struct World {
    people: [Identity; 2],
    context: GroupContext,
    info: Vec<u8>,
}

const NAMES: [&str; 2] = ["alice", "bob"];

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let people = [1, 2].map(|b| Identity::from_seed([b; 32]));
    let prekey = Prekey::new([3; 32], 1);
    let (spk, sig) = (prekey.spk().to_bytes(), people[1].sign_spk(prekey.spk()));
    let ik = people[1].public().as_bytes();
    let bundles = [Bundle {
        username: NAMES[1],
        ik,
        spk: &spk,
        sig: &sig,
    }];
    let secret = |b| Zeroizing::new([b; 32]);
    let random = GroupRandom {
        nonce: [4; 32],
        eks: vec![secret(5)],
        leaf: secret(6),
        padding: vec![],
    };
    let created = group::create(&people[0], NAMES[0], 7, &bundles, &NoPins, &random).unwrap();
    World {
        people,
        context: created.context,
        info: created.info,
    }
});

fn seal(position: u32, seq: u32, kind: Kind, target: [u8; 32], rev: u32, body: &str) -> Sealed {
    let mut salt = [position as u8; 32];
    salt[..4].copy_from_slice(&seq.to_be_bytes());
    let stamp = Stamp {
        sid: [9; 8],
        seq,
        salt,
    };
    let draft = Draft {
        kind,
        target,
        rev,
        sent_at_ms: 0,
        expire_s: 0,
        body,
    };
    envelope::seal(
        &WORLD.context,
        &WORLD.people[position as usize],
        position,
        &stamp,
        &draft,
    )
    .unwrap()
}

/// What a script may show: each envelope with its sender's name, its revision and its root.
struct Shown {
    sealed: Sealed,
    sender: &'static str,
    kind: Kind,
    rev: u32,
    root: [u8; 32],
}

static POOL: LazyLock<Vec<Shown>> = LazyLock::new(|| {
    let mut pool = Vec::new();
    let mut seqs = [0, 0];
    let mut push = |position: u32, kind, target: [u8; 32], rev| {
        let seq = &mut seqs[position as usize];
        let sealed = seal(position, *seq, kind, target, rev, "text");
        *seq += 1;
        let root = if kind == Kind::Message {
            sealed.msg_ref
        } else {
            target
        };
        pool.push(Shown {
            sealed,
            sender: NAMES[position as usize],
            kind,
            rev,
            root,
        });
        root
    };
    let roots = [0, 1].map(|position| push(position, Kind::Message, [0; 32], 0));
    for (author, root) in [(0, roots[0]), (1, roots[1])] {
        for rev in [1, 2, 2, 3] {
            push(author, Kind::Edit, root, rev);
        }
        push(1 - author, Kind::Edit, root, 2);
        push(1 - author, Kind::Reaction, root, 0);
    }
    for (position, rev) in [(0, 1), (1, 2), (0, 2), (1, 3)] {
        push(position, Kind::Name, [0; 32], rev);
    }
    pool
});

proptest! {
    #[test]
    fn readers_take_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..700)) {
        let _ = hex::decode(&String::from_utf8_lossy(&bytes));
        let _ = names::check(&bytes);
        let _ = points::decode_ik(&bytes);
        let _ = points::decode_x(&bytes);
        let _ = Replay::from_bytes(&bytes);
        let key = StorageKey::from_bytes([1; 32]);
        let owner = Owner { key: &key, name: "alice", ik: WORLD.people[0].public() };
        prop_assert_eq!(storage::open(&owner, &bytes, 0).unwrap_err(), Refusal::Storage);
        prop_assert!(Envelope::parse(&bytes).is_err());
        prop_assert!(SignedInfo::parse(&bytes).is_err());
        // And behind the right beginning.
        let _ = Spk::parse(&[b"sotto-spk1", bytes.as_slice()].concat());
        let _ = Envelope::parse(&[b"STM1\x01", bytes.as_slice()].concat());
        let _ = Replay::from_bytes(&[b"STR1", bytes.as_slice()].concat());
        let zeros = [0; 32 + 68 + 8];
        let _ = GroupInfo::parse(&[b"SOTTOGI1", zeros.as_slice(), &[0, 0, 0, 2], &bytes].concat());
    }

    #[test]
    fn hex_has_one_form(text in "[0-9a-fA-F]{0,8}") {
        if let Ok(bytes) = hex::decode(&text) {
            prop_assert_eq!(hex::encode(&bytes), text);
        }
    }

    #[test]
    fn an_accepted_info_has_one_form(at in 0..WORLD.info.len(), bit in 0..8) {
        let mut info = WORLD.info.clone();
        info[at] ^= 1_u8 << bit;
        if let Ok(parsed) = SignedInfo::parse(&info) {
            prop_assert_eq!(parsed.to_bytes(), info);
        }
    }

    #[test]
    fn every_bit_of_an_envelope_counts(at in 0..249_usize, bit in 0..8, body in "[a-z]{13,60}") {
        let mut sealed = seal(0, 0, Kind::Message, [0; 32], 0, &body);
        prop_assert_eq!(sealed.envelope.len(), 249);
        sealed.envelope[at] ^= 1_u8 << bit;
        // Signed anew: what a hostile sender can do, who holds the key but not the commitment to
        // another.
        let signature = hazmat::signature(WORLD.people[0].expose_seed(), &sealed.envelope);
        let slot = Slot::Message { root: None };
        let incoming = Incoming { slot, sender: None, envelope: &sealed.envelope, signature: &signature };
        prop_assert!(envelope::open(&WORLD.context, &incoming).is_err());
    }

    #[test]
    fn a_body_reads_back(body in "\\PC{0,200}", expire_s: u32, sent_at_ms: u64, target: [u8; 32]) {
        let stamp = Stamp { sid: [1; 8], seq: 5, salt: [2; 32] };
        let draft = Draft { kind: Kind::Message, target, rev: 0, sent_at_ms, expire_s, body: &body };
        let sealed = envelope::seal(&WORLD.context, &WORLD.people[1], 1, &stamp, &draft).unwrap();
        let slot = Slot::Message { root: Some(sealed.msg_ref) };
        let incoming =
            Incoming { slot, sender: Some("bob"), envelope: &sealed.envelope, signature: &sealed.signature };
        let opened = envelope::open(&WORLD.context, &incoming).unwrap();
        prop_assert_eq!((opened.body, opened.expire_s), (body, expire_s));
        prop_assert_eq!((opened.sent_at_ms, opened.target), (sent_at_ms, target));
    }

    /// C-311, C-312, C-316: a server that shows anything anywhere in any order: what is taken as new stays consistent.
    #[test]
    fn no_order_of_events_fools_the_memory(events in prop::collection::vec((0..POOL.len(), 1..4_u64), 1..60)) {
        let mut replay = Replay::new();
        let mut homes: HashMap<usize, (Kind, u64)> = HashMap::new();
        let mut messages: HashMap<u64, (&Shown, u32)> = HashMap::new();
        let mut name = 0;
        for (index, id) in events {
            let shown = &POOL[index];
            let place = match shown.kind {
                Kind::Reaction => {
                    // The server chooses the message; the client knows that one's root.
                    let Some(root) = replay.root(id) else { continue };
                    Place::Reaction { id, root }
                }
                Kind::Name => Place::Name,
                _ => Place::Message(id),
            };
            let before = replay.clone();
            let sender = (shown.kind != Kind::Name).then_some(shown.sender);
            let sealed = &shown.sealed;
            let got = replay.receive(&WORLD.context, place, sender, &sealed.envelope, &sealed.signature);
            let Ok(got) = got else {
                prop_assert_eq!(&replay, &before);
                continue;
            };
            let home = match place {
                Place::Message(id) => (Kind::Message, id),
                Place::Reaction { id, .. } => (Kind::Reaction, id),
                _ => (shown.kind, 0),
            };
            prop_assert_eq!(*homes.entry(index).or_insert(home), home, "an envelope has one place");
            match place {
                Place::Message(id) => {
                    let (first, rev) = *messages.entry(id).or_insert((shown, 0));
                    prop_assert_eq!(first.root, shown.root, "a message stays the same message");
                    prop_assert_eq!(first.sender, shown.sender, "an author stays the author");
                    prop_assert!(shown.rev >= rev, "a message is not rolled back");
                    messages.insert(id, (first, shown.rev));
                }
                Place::Reaction { root, .. } => prop_assert_eq!(root, shown.root),
                _ => {
                    prop_assert!(shown.rev >= name, "a name is not rolled back");
                    name = shown.rev;
                }
            }
            prop_assert_eq!(got.opened.msg_ref, sealed.msg_ref);
            prop_assert_eq!(Replay::from_bytes(&replay.to_bytes()), Some(replay.clone()));
        }
    }
}
