//! A group from creation to a reaction, through the public interface alone, with the golden inputs
//! of the specification.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use sotto_crypto::bundle::{Bundle, NoPins};
use sotto_crypto::envelope::{self, Draft, Incoming, Kind, Slot, Stamp};
use sotto_crypto::group::{self, Created, GroupContext, GroupRandom, Invitation, Me};
use sotto_crypto::keys::{Identity, Prekey, RecoverySecret};
use sotto_crypto::replay::{Place, Replay};
use sotto_crypto::storage::{self, Owner};
use sotto_crypto::{Refusal, fingerprint, hex, report, server};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

struct World {
    alice: Identity,
    bob: Identity,
    carol: Identity,
    bob_prekey: Prekey,
    carol_prekey: Prekey,
    created: Created,
}

fn world() -> World {
    let person = |b: u8| RecoverySecret::from_bytes([b; 32]).identity();
    let (alice, bob, carol) = (person(1), person(2), person(3));
    let bob_prekey = Prekey::new([0x12; 32], 1_700_000_000);
    let carol_prekey = Prekey::new([0x13; 32], 1_700_000_001);
    let (b_spk, c_spk) = (bob_prekey.spk().to_bytes(), carol_prekey.spk().to_bytes());
    let (b_sig, c_sig) = (
        bob.sign_spk(bob_prekey.spk()),
        carol.sign_spk(carol_prekey.spk()),
    );
    let bundles = [
        Bundle {
            username: "bob",
            ik: bob.public().as_bytes(),
            spk: &b_spk,
            sig: &b_sig,
        },
        Bundle {
            username: "\u{c7}arol",
            ik: carol.public().as_bytes(),
            spk: &c_spk,
            sig: &c_sig,
        },
    ];
    let random = GroupRandom {
        nonce: [0x41; 32],
        eks: vec![Zeroizing::new([0x21; 32]), Zeroizing::new([0x22; 32])],
        leaf: Zeroizing::new([0x31; 32]),
        padding: vec![Zeroizing::new([0x33; 32])],
    };
    let created =
        group::create(&alice, "alice", 1_700_000_100, &bundles, &NoPins, &random).unwrap();
    World {
        alice,
        bob,
        carol,
        bob_prekey,
        carol_prekey,
        created,
    }
}

fn invitation(created: &Created, alice: &Identity, position: u32) -> Invitation {
    let message = &created.messages[position as usize - 1];
    Invitation {
        sender: "alice".to_owned(),
        ik: alice.public().to_bytes(),
        spk: message.spk.to_vec(),
        ek: message.ek,
        key_tree: created.key_tree.clone(),
        position,
        dm_id: 7,
        info: Some(created.info.clone()),
    }
}

fn join(w: &World, position: u32) -> GroupContext {
    let (identity, name, prekey) = match position {
        1 => (&w.bob, "bob", &w.bob_prekey),
        _ => (&w.carol, "\u{c7}arol", &w.carol_prekey),
    };
    let me = Me {
        identity,
        name,
        prekeys: std::slice::from_ref(prekey),
    };
    let joined = group::receive(
        me,
        &invitation(&w.created, &w.alice, position),
        &NoPins,
        &BTreeMap::new(),
    );
    joined.unwrap().context
}

#[test]
fn three_people_share_a_group_and_talk() {
    let w = world();
    let created = &w.created;
    let golden = "166300730e47b63d87e18c8363df40a1b00803ffc02a137ecdec293d2341f4c3";
    assert_eq!(hex::encode(created.context.gi_hash()), golden);
    let golden = "d94ea1aa4ebcb5c535b298fca9c12be66147a7cc7d33d9d2c0b2b647af65efe2";
    assert_eq!(hex::encode(created.context.secret().expose()), golden);
    assert_eq!(
        (
            created.info.len(),
            created.context.group_info().as_bytes().len()
        ),
        (466, 370)
    );
    let (bob, carol) = (join(&w, 1), join(&w, 2));
    assert_eq!(bob.secret(), created.context.secret());
    assert_eq!(carol.secret(), created.context.secret());
    assert_eq!(
        bob.group_code(),
        "865966509417574073698540840150859409695523225098578909380033"
    );
    let again = GroupContext::restore(&created.info, bob.gi_hash(), bob.secret().clone()).unwrap();
    assert_eq!(again.roster(), bob.roster());

    let stamp = Stamp {
        sid: [0x51; 8],
        seq: 0,
        salt: [0x52; 32],
    };
    let body = "Why is the answer 42?";
    let draft = Draft {
        kind: Kind::Message,
        target: [0; 32],
        rev: 0,
        sent_at_ms: 1_700_000_200_000,
        expire_s: 0,
        body,
    };
    let sealed = envelope::seal(&created.context, &w.alice, 0, &stamp, &draft).unwrap();
    assert_eq!(sealed.envelope.len(), 249);
    let golden = "7102db9b255745cb9dbf8cf38ec790f60eadc44d95c605c2187489c7ee731977";
    assert_eq!(hex::encode(&sealed.msg_ref), golden);

    let mut replay = Replay::new();
    let got = replay
        .receive(
            &bob,
            Place::Message(1),
            Some("alice"),
            &sealed.envelope,
            &sealed.signature,
        )
        .unwrap();
    assert_eq!(
        (got.opened.body.as_str(), got.fresh, got.gap),
        (body, true, 0)
    );
    let mut replay = Replay::from_bytes(&replay.to_bytes()).unwrap();
    let again = replay
        .receive(
            &bob,
            Place::Message(1),
            Some("alice"),
            &sealed.envelope,
            &sealed.signature,
        )
        .unwrap();
    assert!(!again.fresh);
    let moved = replay.receive(
        &bob,
        Place::Message(2),
        Some("alice"),
        &sealed.envelope,
        &sealed.signature,
    );
    assert_eq!(moved, Err(Refusal::ReplayMsg));

    let stamp = Stamp {
        sid: [0x61; 8],
        seq: 0,
        salt: [0x62; 32],
    };
    let reaction = Draft {
        kind: Kind::Reaction,
        target: sealed.msg_ref,
        body: "👍",
        ..draft
    };
    let reaction = envelope::seal(&carol, &w.carol, 2, &stamp, &reaction).unwrap();
    let incoming = Incoming {
        slot: Slot::Reaction {
            root: sealed.msg_ref,
        },
        sender: Some("\u{c7}arol"),
        envelope: &reaction.envelope,
        signature: &reaction.signature,
    };
    assert_eq!(envelope::open(&bob, &incoming).unwrap().body, "👍");

    let report = report::make(&bob, &sealed.envelope, &sealed.signature).unwrap();
    let opened = report::open(&report).unwrap();
    assert_eq!(
        (opened.opened.body.as_str(), opened.opened.sender.as_str()),
        (body, "alice")
    );
    assert_eq!(&opened.ik, w.alice.public());
}

#[test]
fn the_server_checks_what_is_public() {
    let w = world();
    let members = [
        ("alice", w.alice.public().to_bytes()),
        ("bob", w.bob.public().to_bytes()),
        ("\u{c7}arol", w.carol.public().to_bytes()),
    ];
    let messages: Vec<_> = w
        .created
        .messages
        .iter()
        .map(|m| (m.spk.as_slice(), m.ek))
        .collect();
    let claimed = server::Claimed {
        members: &members,
        messages: &messages,
        key_tree: &w.created.key_tree,
    };
    server::check_group_info(&w.created.info, &claimed).unwrap();
    let sig = w
        .alice
        .sign_login("https://chat.example.org", "alice", &[0x61; 32])
        .unwrap();
    let golden = "7ab7e57cddc7adfa0f5e6861f95b4e618d3c1be959879232bb2a56f7e1d70268\
                  707192aab24c3825cc4e14eaad57eb9b13d1de09960b022f69d0ae8b6edf6c0c";
    assert_eq!(hex::encode(&sig), golden);
    let check = |origin, sig: &[u8]| {
        server::verify_login(w.alice.public(), origin, "alice", &[0x61; 32], sig)
    };
    assert_eq!(check("https://chat.example.org", &sig), Ok(()));
    assert_eq!(check("https://evil.example.org", &sig), Err(Refusal::Sig));
}

#[test]
fn storage_and_numbers_match_the_golden_values() {
    let secret = RecoverySecret::from_bytes([1; 32]);
    let words = "absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic avoid letter \
                 advice cage absurd amount doctor acoustic avoid letter advice comic";
    assert_eq!(secret.words().as_str(), words);
    assert_eq!(RecoverySecret::from_words(words).unwrap(), secret);
    let (alice, key) = (secret.identity(), secret.storage_key());
    let owner = Owner {
        key: &key,
        name: "alice",
        ik: alice.public(),
    };
    let blob = storage::seal(&owner, 5, &[0x71; 32], r#"{"v":1}"#);
    assert_eq!(blob.len(), 1117);
    let opened = storage::open(&owner, &blob, 5).unwrap();
    assert_eq!((opened.version, opened.json.as_str()), (5, r#"{"v":1}"#));
    assert_eq!(
        storage::open(&owner, &blob, 6).unwrap_err(),
        Refusal::Rollback
    );
    let bob = RecoverySecret::from_bytes([2; 32]).identity();
    assert_eq!(
        fingerprint::fingerprint("alice", alice.public()),
        "566306389592823456105987636893"
    );
    let safety = "566306389592823456105987636893904787670519943916966196353508";
    assert_eq!(
        fingerprint::safety_number(("bob", bob.public()), ("alice", alice.public())),
        safety
    );
}
