//! Attacks on groups and keys that a malicious server or member could try, each with the check that
//! holds it off.
use super::{Group, Person, TestRng, create, invitation};
use crate::bundle::{Bundle, NoPins, Pin};
use crate::encode::t;
use crate::envelope::{self, Draft, Envelope, Incoming, Kind, Slot, Stamp};
use crate::error::Refusal;
use crate::group::{self, GroupRandom, Invitation, Joined, receive, receive_with};
use crate::group_info::{GroupInfo, SignedInfo};
use crate::kdf::{Key, hash};
use crate::keys::{Prekey, Spk};
use crate::points::{XPublic, decode_x};
use crate::tree;
use std::collections::BTreeMap;
use x25519_dalek::StaticSecret;
use zeroize::Zeroizing;

fn nothing_known() -> BTreeMap<u64, [u8; 32]> {
    BTreeMap::new()
}

fn join(group: &Group, position: usize, invitation: &Invitation) -> crate::Result<Joined> {
    receive(
        group.people[position].me(),
        invitation,
        &NoPins,
        &nothing_known(),
    )
}

/// The server replaces every sibling on one member's way up by keys of its own and computes all
/// ancestors, the tree hash, the group secret and the confirmation anew. It needs no secret of
/// anyone. Gives the root secret that the server then knows.
fn substitute_copath(group: &Group, position: usize) -> (Invitation, Key) {
    let mut invitation = group.invitation(position);
    let info = SignedInfo::parse(invitation.info.as_deref().unwrap()).unwrap();
    let nonce = *info.group.nonce();
    let mut k = invitation.key_tree.len() / 2 + 1 + position;
    let mut root = Zeroizing::new([0; 32]);
    while k > 1 {
        let own = StaticSecret::from([k as u8; 32]);
        let own_public = XPublic::of(&own);
        let victim = decode_x(&invitation.key_tree[k - 2]).unwrap();
        invitation.key_tree[(k ^ 1) - 2] = own_public.to_bytes();
        let pair = if k.is_multiple_of(2) {
            [&victim, &own_public]
        } else {
            [&own_public, &victim]
        };
        root = tree::parent(&own, &victim, &nonce, k / 2, pair).unwrap();
        k /= 2;
        if k > 1 {
            invitation.key_tree[k - 2] = XPublic::of(&StaticSecret::from(*root)).to_bytes();
        }
    }
    let forged = GroupInfo::build(
        nonce,
        info.group.created_at(),
        info.group.members().to_vec(),
        tree::tree_hash(&invitation.key_tree),
    );
    let gi_hash = forged.gi_hash();
    let confirm = *group::confirm_tag(&group::group_secret(&gi_hash, &root), &gi_hash);
    let forged = SignedInfo {
        group: forged,
        signature: info.signature,
        confirm,
    };
    invitation.info = Some(forged.to_bytes());
    (invitation, root)
}

#[test]
fn c_212_a_substituted_copath_fails_on_the_signature_and_on_nothing_else() {
    for (n, position) in [(2, 1), (3, 1), (3, 2), (5, 4), (9, 3)] {
        let group = Group::new(n, n as u64);
        let (forged, root) = substitute_copath(&group, position);
        assert_eq!(join(&group, position, &forged).unwrap_err(), Refusal::Sig);
        // The proof that the signature is what holds: without that one check the attack succeeds,
        // and the server has the secret.
        let me = group.people[position].me();
        let joined = receive_with(me, &forged, &NoPins, &nothing_known(), |_, _| Ok(())).unwrap();
        let known_to_server = group::group_secret(joined.context.gi_hash(), &root);
        assert_eq!(*joined.context.secret(), known_to_server);
        assert_ne!(joined.context.secret(), group.created.context.secret());
    }
}

/// C-204.
#[test]
fn without_the_secret_no_padding_leaf_can_be_guessed() {
    let group = Group::new(5, 50);
    let key_tree: Vec<_> = group
        .created
        .key_tree
        .iter()
        .map(|p| decode_x(p).unwrap())
        .collect();
    let nonce = group.random.nonce;
    let gi_hash = group.created.context.gi_hash();
    for position in 5..8_u32 {
        let at = usize::try_from(position).unwrap();
        let index = position.to_be_bytes();
        let guesses = [
            [0; 32],
            nonce,
            hash(&nonce),
            hash(&[nonce.as_slice(), &index].concat()),
            *gi_hash,
            hash(gi_hash),
            hash(&t("padding", &[&nonce, &index])),
            hash(&t("x3dh-leaf", &[&nonce, &index])),
            *group.created.context.group_info().tree_hash(),
        ];
        for guess in guesses {
            let climbed = tree::climb(at, Zeroizing::new(guess), &key_tree, &nonce);
            assert_eq!(climbed.unwrap_err(), Refusal::Leaf);
        }
        // Why it matters: whoever holds a padding leaf holds the root.
        let leaf = group.random.padding[at - 5].clone();
        let root = tree::climb(at, leaf, &key_tree, &nonce).unwrap();
        assert_eq!(
            group::group_secret(gi_hash, &root),
            *group.created.context.secret()
        );
    }
    let all = group
        .random
        .padding
        .iter()
        .chain([&group.random.leaf])
        .chain(&group.random.eks);
    let distinct: std::collections::BTreeSet<[u8; 32]> = all.map(|leaf| **leaf).collect();
    assert_eq!(distinct.len(), 3 + 1 + 4);
}

#[test]
fn c_112_every_invitee_of_every_group_has_an_ephemeral_key_of_its_own() {
    let mut rng = TestRng::new(112);
    let people: Vec<_> = (0..4)
        .map(|i| Person::new(&format!("member-{i}"), &mut rng))
        .collect();
    let mut eks = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let random = GroupRandom::generate(&mut rng, 4);
        let messages = create(&people, 1_700_000_100, &random).unwrap().messages;
        eks.extend(messages.iter().map(|message| message.ek));
    }
    assert_eq!(eks.len(), 3 * 3);
}

/// C-405.
#[test]
fn a_stale_or_foreign_prekey_is_refused_by_the_creator() {
    let mut rng = TestRng::new(9);
    let (alice, bob) = (Person::new("alice", &mut rng), Person::new("bob", &mut rng));
    let newer = Prekey::generate(&mut rng, 1_700_000_500);
    let pin = |created_at| Pin {
        ik: bob.identity.public().to_bytes(),
        spk_created_at: created_at,
        verified: true,
    };
    let attempt = |prekey: &Prekey, pinned: u64| {
        let (spk, sig) = (prekey.spk().to_bytes(), bob.identity.sign_spk(prekey.spk()));
        let ik = bob.identity.public().as_bytes();
        let bundle = Bundle {
            username: "bob",
            ik,
            spk: &spk,
            sig: &sig,
        };
        let pins = BTreeMap::from([("bob".to_owned(), pin(pinned))]);
        let random = GroupRandom::generate(&mut TestRng::new(1), 2);
        group::create(&alice.identity, "alice", 0, &[bundle], &pins, &random)
            .map(|created| created.checked[0].pin)
    };
    let taken = attempt(&newer, bob.prekey.spk().created_at()).unwrap();
    assert_eq!(
        (taken.spk_created_at, taken.verified),
        (newer.spk().created_at(), true)
    );
    // The server goes back to the old one, whose private key a thief may have.
    assert_eq!(
        attempt(&bob.prekey, taken.spk_created_at).unwrap_err(),
        Refusal::SpkStale
    );
}

#[test]
fn one_set_of_keys_in_two_trees_gives_two_groups() {
    let group = Group::new(3, 33);
    // The same people, the same secrets, another second: the trees are equal, the groups are not.
    let twin = create(&group.people, 1_700_000_101, &group.random).unwrap();
    assert_eq!(twin.key_tree, group.created.key_tree);
    assert_ne!(twin.context.gi_hash(), group.created.context.gi_hash());
    assert_ne!(twin.context.secret(), group.created.context.secret());
    assert_ne!(
        twin.context.group_code(),
        group.created.context.group_code()
    );
    // Another nonce alone changes every leaf and every node.
    let random = GroupRandom {
        nonce: [9; 32],
        ..GroupRandom::generate(&mut TestRng::new(0), 3)
    };
    let random = GroupRandom {
        eks: group.random.eks.clone(),
        leaf: group.random.leaf.clone(),
        padding: group.random.padding.clone(),
        ..random
    };
    let other = create(&group.people, 1_700_000_100, &random).unwrap();
    assert_ne!(other.key_tree, group.created.key_tree);
    // One's info with the other's tree is refused, and neither reads the other's envelopes.
    let mixed = Invitation {
        key_tree: other.key_tree.clone(),
        ..group.invitation(1)
    };
    assert_eq!(join(&group, 1, &mixed).unwrap_err(), Refusal::TreeHash);
    let sealed = hello(&group, 0);
    let incoming = Incoming {
        slot: Slot::Message { root: None },
        sender: Some("member-0"),
        envelope: &sealed.envelope,
        signature: &sealed.signature,
    };
    assert_eq!(
        envelope::open(&twin.context, &incoming).unwrap_err(),
        Refusal::Epoch
    );
    envelope::open(&group.created.context, &incoming).unwrap();
    // Both invitations are genuine, but one DM holds one group and one group stands in one DM.
    let joined = join(&group, 1, &group.invitation(1)).unwrap();
    let known = BTreeMap::from([(1, *joined.context.group_id())]);
    let second = invitation(&group.people[0], &twin, 1);
    let me = || group.people[1].me();
    assert_eq!(
        receive(me(), &second, &NoPins, &known).unwrap_err(),
        Refusal::ReplayGroup
    );
    assert!(receive(me(), &Invitation { dm_id: 2, ..second }, &NoPins, &known).is_ok());
    let moved = Invitation {
        dm_id: 2,
        ..group.invitation(1)
    };
    assert_eq!(
        receive(me(), &moved, &NoPins, &known).unwrap_err(),
        Refusal::ReplayGroup
    );
    assert!(
        receive(me(), &group.invitation(1), &NoPins, &known)
            .unwrap()
            .known
    );
}

fn hello(group: &Group, position: u32) -> envelope::Sealed {
    let draft = Draft {
        kind: Kind::Message,
        target: [0; 32],
        rev: 0,
        sent_at_ms: 1,
        expire_s: 0,
        body: "hello",
    };
    let stamp = Stamp {
        sid: [1; 8],
        seq: 0,
        salt: [position as u8; 32],
    };
    let me = &group.people[position as usize].identity;
    envelope::seal(&group.created.context, me, position, &stamp, &draft).unwrap()
}

/// A place that takes a signature or refuses it.
type Slotted<'a> = dyn Fn(&[u8; 64]) -> crate::Result<()> + 'a;

/// Whatever one key signs in one place is worth nothing in any other: all slots, each offered every
/// other slot's artefact.
#[test]
fn no_signature_counts_in_another_slot() {
    let group = Group::new(2, 77);
    let alice = &group.people[0];
    let ik = alice.identity.public();
    let context = &group.created.context;
    let info = SignedInfo::parse(&group.created.info).unwrap();
    let sealed = hello(&group, 0);
    let spk = alice.prekey.spk().to_bytes();
    let (origin, challenge) = ("https://chat.example.org", [7; 32]);
    let login = alice
        .identity
        .sign_login(origin, &alice.name, &challenge)
        .unwrap();
    let signatures = [
        alice.identity.sign_spk(alice.prekey.spk()),
        login,
        info.signature,
        sealed.signature,
    ];
    let pinned = BTreeMap::new();
    let slots: [&Slotted<'_>; 4] = [
        &|sig| {
            let bundle = Bundle {
                username: &alice.name,
                ik: ik.as_bytes(),
                spk: &spk,
                sig,
            };
            bundle.check(&pinned).map(|_| ())
        },
        &|sig| crate::login::verify(ik, origin, &alice.name, &challenge, sig),
        &|sig| {
            let forged = SignedInfo {
                signature: *sig,
                ..info.clone()
            };
            let invitation = Invitation {
                info: Some(forged.to_bytes()),
                ..group.invitation(1)
            };
            join(&group, 1, &invitation).map(|_| ())
        },
        &|sig| {
            let slot = Slot::Message { root: None };
            let incoming = Incoming {
                slot,
                sender: Some("member-0"),
                envelope: &sealed.envelope,
                signature: sig,
            };
            envelope::open(context, &incoming).map(|_| ())
        },
    ];
    for (i, slot) in slots.iter().enumerate() {
        for (j, signature) in signatures.iter().enumerate() {
            let expected = if i == j { Ok(()) } else { Err(Refusal::Sig) };
            assert_eq!(slot(signature), expected, "artefact {j} in slot {i}");
        }
    }
    // And no signed text parses as another: the formats begin differently, whatever stands behind.
    let texts: [Vec<u8>; 4] = [
        spk.to_vec(),
        crate::login::message(origin, &alice.name, ik, &challenge),
        info.group.signed_bytes(),
        sealed.envelope.clone(),
    ];
    for (i, text) in texts.iter().enumerate() {
        assert_eq!(Spk::parse(text).is_ok(), i == 0);
        assert_eq!(Envelope::parse(text).is_ok(), i == 3);
        assert_eq!(text[0] == 0, i == 1 || i == 2);
        assert!(GroupInfo::parse(text).is_err());
    }
    assert_ne!(texts[1][..20], texts[2][..20], "the labels differ");
}

/// C-404.
#[test]
fn a_known_person_with_another_key_stops_everything() {
    let group = Group::new(3, 3);
    let pins = |name: &str| {
        let pin = Pin {
            ik: [1; 32],
            spk_created_at: 0,
            verified: false,
        };
        BTreeMap::from([(name.to_owned(), pin)])
    };
    for name in ["member-0", "member-1", "member-2"] {
        let got = receive(
            group.people[1].me(),
            &group.invitation(1),
            &pins(name),
            &nothing_known(),
        );
        assert_eq!(got.unwrap_err(), Refusal::KeyChanged, "{name}");
    }
    receive(
        group.people[1].me(),
        &group.invitation(1),
        &pins("a stranger"),
        &nothing_known(),
    )
    .unwrap();
}

/// C-309: messages go by the key in GroupInfo, so a key swapped later in the directory changes nothing for
/// them.
#[test]
fn a_key_swapped_after_creation_does_not_touch_old_messages() {
    let group = Group::new(2, 4);
    let joined = join(&group, 1, &group.invitation(1)).unwrap();
    let sealed = hello(&group, 0);
    let impostor = Person::new("member-0", &mut TestRng::new(999));
    let by = |signature: [u8; 64]| {
        let slot = Slot::Message { root: None };
        let incoming = Incoming {
            slot,
            sender: Some("member-0"),
            envelope: &sealed.envelope,
            signature: &signature,
        };
        envelope::open(&joined.context, &incoming).map(|opened| opened.body)
    };
    assert_eq!(by(sealed.signature).as_deref(), Ok("hello"));
    assert_eq!(
        by(impostor.identity.sign(&sealed.envelope)),
        Err(Refusal::Sig)
    );
    let ik = group.people[0].identity.public().to_bytes();
    let pins = BTreeMap::from([(
        "member-0".to_owned(),
        Pin {
            ik,
            spk_created_at: 0,
            verified: true,
        },
    )]);
    let (spk, sig) = (
        impostor.prekey.spk().to_bytes(),
        impostor.identity.sign_spk(impostor.prekey.spk()),
    );
    let bundle = Bundle {
        username: "member-0",
        ik: impostor.identity.public().as_bytes(),
        spk: &spk,
        sig: &sig,
    };
    assert_eq!(bundle.check(&pins).unwrap_err(), Refusal::KeyChanged);
}
