//! The orders of checks: an input with every fault at once is refused for the first, and with each
//! fault mended for the next one.
use super::{Group, TestRng};
use crate::bundle::{Bundle, NoPins, Pin};
use crate::envelope::{self, Draft, Kind, Sealed, Stamp};
use crate::error::Refusal;
use crate::group::{self, GroupRandom, Invitation, receive};
use crate::group_info::{GroupInfo, SignedInfo};
use crate::replay::{Place, Replay};
use crate::tree;
use crate::x3dh::message_hash;
use std::collections::BTreeMap;

/// Mends the faults 0, 1, … one after the other. `attempt` is told of each fault whether it is
/// still there.
fn mend<T: std::fmt::Debug>(
    faults: &[(Refusal, &str)],
    attempt: impl Fn(&dyn Fn(&str) -> bool) -> crate::Result<T>,
) {
    for (mended, (refusal, name)) in faults.iter().enumerate() {
        let there = |fault: &str| {
            let at = faults.iter().position(|(_, name)| *name == fault);
            at.unwrap_or_else(|| panic!("no fault {fault}")) >= mended
        };
        assert_eq!(attempt(&there).unwrap_err(), *refusal, "{name}");
    }
    attempt(&|_| false).unwrap();
}

#[test]
fn c_216_an_invitation_is_refused_for_its_first_fault() {
    let group = Group::new(3, 216);
    let honest = group.invitation(1);
    let info = SignedInfo::parse(honest.info.as_deref().unwrap()).unwrap();
    // Good points that stand in nobody's tree.
    let other = |seed| Group::new(2, seed).created.key_tree[0];
    let attempt = |there: &dyn Fn(&str) -> bool| {
        let mut invitation = honest.clone();
        let mut members = info.group.members().to_vec();
        if there("another ek") {
            invitation.ek = other(1);
        }
        if there("ek of low order") {
            invitation.ek = [0; 32];
        }
        members[1].x3dh_hash = message_hash(&invitation.spk, &invitation.ek);
        if there("x3dh_hash") {
            members[1].x3dh_hash = [1; 32];
        }
        if there("spk of the seed") {
            invitation.spk = vec![1; 32];
        } else if there("spk of another") {
            invitation.spk[17] ^= 1;
        }
        if there("ancestor") {
            invitation.key_tree[0] = other(2);
        }
        let tree_hash = tree::tree_hash(&invitation.key_tree);
        if there("tree_hash") {
            invitation.key_tree.swap(4, 5);
        }
        if there("node twice") {
            invitation.key_tree[4] = invitation.key_tree[5];
        }
        if there("node of low order") {
            invitation.key_tree[5] = [0; 32];
        }
        if there("tree's length") {
            invitation.key_tree.pop();
        }
        if there("member twice") {
            members[2].name = members[1].name.clone();
        }
        if there("key") {
            members[2].ik = [0; 32];
        }
        if there("name") {
            members[2].name = b" ".to_vec();
        }
        let gi = GroupInfo::build(
            *info.group.nonce(),
            info.group.created_at(),
            members,
            tree_hash,
        );
        let mut signature = group.people[0].identity.sign_group(&gi);
        signature[0] ^= u8::from(there("gi_sig"));
        let mut confirm = info.confirm;
        confirm[31] ^= u8::from(there("confirm"));
        let mut bytes = SignedInfo {
            group: gi,
            signature,
            confirm,
        }
        .to_bytes();
        if there("layout") {
            bytes[0] ^= 1;
        }
        invitation.info = (!there("no info")).then_some(bytes);
        if there("sender") {
            invitation.sender = "member-1".to_owned();
        }
        if there("position") {
            invitation.position = 0;
        }
        let pinned = Pin {
            ik: [1; 32],
            spk_created_at: 0,
            verified: false,
        };
        let mut pins = BTreeMap::new();
        if there("pin") {
            pins.insert("member-2".to_owned(), pinned);
        }
        let mut known = BTreeMap::new();
        if there("known group") {
            known.insert(honest.dm_id, [1; 32]);
        }
        receive(group.people[1].me(), &invitation, &pins, &known)
    };
    mend(
        &[
            (Refusal::Downgrade, "no info"),
            (Refusal::Gi, "layout"),
            (Refusal::Name, "name"),
            (Refusal::Ik, "key"),
            (Refusal::Name, "member twice"),
            (Refusal::Sender, "sender"),
            (Refusal::Position, "position"),
            (Refusal::KeyChanged, "pin"),
            (Refusal::Sig, "gi_sig"),
            (Refusal::TreeLen, "tree's length"),
            (Refusal::X25519, "node of low order"),
            (Refusal::TreeHash, "node twice"),
            (Refusal::TreeHash, "tree_hash"),
            (Refusal::Downgrade, "spk of the seed"),
            (Refusal::Spk, "spk of another"),
            (Refusal::Gi, "x3dh_hash"),
            (Refusal::X25519, "ek of low order"),
            (Refusal::Leaf, "another ek"),
            (Refusal::Path, "ancestor"),
            (Refusal::Confirm, "confirm"),
            (Refusal::ReplayGroup, "known group"),
        ],
        attempt,
    );
}

#[test]
fn c_201_a_creator_refuses_for_the_first_fault() {
    let group = Group::new(3, 201);
    let me = &group.people[0];
    let attempt = |there: &dyn Fn(&str) -> bool| {
        let invitees = &group.people[1..];
        let mut names: Vec<_> = invitees.iter().map(|p| p.name.clone()).collect();
        let mut iks: Vec<_> = invitees
            .iter()
            .map(|p| p.identity.public().to_bytes())
            .collect();
        let mut spks: Vec<_> = invitees
            .iter()
            .map(|p| p.prekey.spk().to_bytes().to_vec())
            .collect();
        let mut sigs: Vec<_> = invitees
            .iter()
            .map(|p| p.identity.sign_spk(p.prekey.spk()))
            .collect();
        let mut pins = BTreeMap::new();
        let pin = |ik, spk_created_at| Pin {
            ik,
            spk_created_at,
            verified: false,
        };
        if there("stale") {
            pins.insert(names[0].clone(), pin(iks[0], u64::MAX));
        }
        if there("pin of the second") {
            pins.insert(names[1].clone(), pin([1; 32], 0));
        }
        sigs[0][0] ^= u8::from(there("sig of the first"));
        // Found last of all: it stands in the second bundle.
        sigs[1][0] ^= u8::from(there("sig of the second"));
        if there("spk's point") {
            spks[0][18..].fill(0);
        }
        if there("spk's magic") {
            spks[0][0] ^= 1;
        }
        if there("spk of the seed") {
            spks[0].truncate(32);
        }
        if there("oneself") {
            names[1].clone_from(&me.name);
        }
        if there("key") {
            iks[1] = [0; 32];
        }
        if there("name") {
            names[1] = " ".to_owned();
        }
        let bundle = |i: usize| Bundle {
            username: &names[i],
            ik: &iks[i],
            spk: &spks[i],
            sig: &sigs[i],
        };
        let bundles: Vec<_> = (0..2).map(bundle).collect();
        let bundles = if there("alone") {
            &[]
        } else {
            bundles.as_slice()
        };
        let random = GroupRandom::generate(&mut TestRng::new(1), 3);
        group::create(&me.identity, &me.name, 0, bundles, &pins, &random)
    };
    mend(
        &[
            (Refusal::Gi, "alone"),
            (Refusal::Name, "name"),
            (Refusal::Ik, "key"),
            (Refusal::Name, "oneself"),
            (Refusal::KeyChanged, "pin of the second"),
            (Refusal::Downgrade, "spk of the seed"),
            (Refusal::Spk, "spk's magic"),
            (Refusal::X25519, "spk's point"),
            (Refusal::Sig, "sig of the first"),
            (Refusal::SpkStale, "stale"),
            (Refusal::Sig, "sig of the second"),
        ],
        attempt,
    );
}

/// Seals `draft` as `position`, with the last byte of its padding set to `tail`.
fn sealed(group: &Group, position: u32, seq: u32, draft: &Draft<'_>, tail: u8) -> Sealed {
    let stamp = Stamp {
        sid: [3; 8],
        seq,
        salt: [tail; 32],
    };
    let me = &group.people[position as usize].identity;
    let context = &group.created.context;
    let kind = draft.kind.to_byte();
    envelope::seal_unchecked(context, me, position, &stamp, kind, |out| {
        out.extend_from_slice(&draft.target);
        out.extend_from_slice(&draft.rev.to_be_bytes());
        out.extend_from_slice(&[0; 12]);
        crate::encode::put_v(out, draft.body.as_bytes());
        crate::encode::pad(out, 105, 64);
        *out.last_mut().unwrap() = tail;
    })
    .unwrap()
}

#[test]
fn c_309_an_envelope_is_refused_for_its_first_fault() {
    let group = Group::new(3, 309);
    let context = &group.created.context;
    let message = |body| Draft {
        kind: Kind::Message,
        target: [0; 32],
        rev: 0,
        sent_at_ms: 0,
        expire_s: 0,
        body,
    };
    // Member 1's message 7, its edit to revision 2, and member 2's message 8 with a number in use.
    let first = sealed(&group, 1, 0, &message("first"), 0);
    let edit = |root, rev| Draft {
        kind: Kind::Edit,
        target: root,
        rev,
        ..message("edited")
    };
    let mut replay = Replay::new();
    let mut take = |id, sealed: &Sealed| {
        let place = Place::Message(id);
        replay
            .receive(context, place, None, &sealed.envelope, &sealed.signature)
            .unwrap();
    };
    take(7, &first);
    take(7, &sealed(&group, 1, 1, &edit(first.msg_ref, 2), 0));
    take(8, &sealed(&group, 2, 0, &message("second"), 0));
    let attempt = |there: &dyn Fn(&str) -> bool| {
        let by = if there("another author") { 2 } else { 1 };
        let root = if there("target") {
            [9; 32]
        } else {
            first.msg_ref
        };
        let rev = if there("rolled back") { 1 } else { 3 };
        let seq = if there("number in use") { 0 } else { 5 };
        let tail = u8::from(there("padding"));
        let mut sealed = sealed(&group, by, seq, &edit(root, rev), tail);
        let bytes = &mut sealed.envelope;
        *bytes.last_mut().unwrap() ^= u8::from(there("tag"));
        bytes[73] ^= u8::from(there("commitment"));
        bytes[28] |= if there("position") { 8 } else { 0 };
        bytes[9] ^= u8::from(there("gi_tag"));
        bytes[8] ^= u8::from(there("epoch"));
        bytes[4] = match (there("kind"), there("field")) {
            (true, _) => 9,
            (_, true) => 2,
            _ => bytes[4],
        };
        bytes[0] ^= u8::from(there("magic"));
        if there("length") {
            bytes.push(0);
        }
        let identity = &group.people[by as usize].identity;
        let mut signature = identity.sign(&sealed.envelope);
        signature[0] ^= u8::from(there("signature"));
        let name = if there("sender") {
            "member-0".to_owned()
        } else {
            format!("member-{by}")
        };
        let mut replay = replay.clone();
        replay.receive(
            context,
            Place::Message(7),
            Some(&name),
            &sealed.envelope,
            &signature,
        )
    };
    mend(
        &[
            (Refusal::Inner, "length"),
            (Refusal::Downgrade, "magic"),
            (Refusal::Kind, "kind"),
            (Refusal::Kind, "field"),
            (Refusal::Epoch, "epoch"),
            (Refusal::Epoch, "gi_tag"),
            (Refusal::Sender, "position"),
            (Refusal::Sender, "sender"),
            (Refusal::Sig, "signature"),
            (Refusal::Commit, "commitment"),
            (Refusal::Aead, "tag"),
            (Refusal::Inner, "padding"),
            (Refusal::ReplayMsg, "number in use"),
            (Refusal::Inner, "target"),
            (Refusal::Sender, "another author"),
            (Refusal::ReplayMsg, "rolled back"),
        ],
        attempt,
    );
}

/// C-216: what is bound to each other already comes once more; either half alone is a replay.
#[test]
fn the_same_invitation_once_more_changes_nothing() {
    let group = Group::new(2, 7);
    let invitation = group.invitation(1);
    let join = |dm_id, known: &[(u64, [u8; 32])]| {
        let invitation = Invitation {
            dm_id,
            ..invitation.clone()
        };
        let known: BTreeMap<u64, [u8; 32]> = known.iter().copied().collect();
        receive(group.people[1].me(), &invitation, &NoPins, &known).map(|joined| joined.known)
    };
    let id = *group.created.context.group_id();
    assert_eq!(join(1, &[]), Ok(false));
    assert_eq!(join(1, &[(1, id)]), Ok(true));
    assert_eq!(join(2, &[(1, id)]), Err(Refusal::ReplayGroup));
    assert_eq!(join(1, &[(1, [0; 32])]), Err(Refusal::ReplayGroup));
    assert_eq!(join(2, &[(1, id), (2, [0; 32])]), Err(Refusal::ReplayGroup));
}
