//! Ops of X3DH leaves, the key tree, GroupInfo, creating and joining.
use super::basics::pins;
use super::{In, bytes, number, runs};
use crate::bundle::{Bundle, Pin};
use crate::encode::t;
use crate::error::{Refusal, Result};
use crate::group::{self, GroupRandom, Invitation, InvitationHex, Joined, Me};
use crate::group_info::{GroupInfo, ListedMember, SignedInfo};
use crate::kdf::Key;
use crate::keys::{GroupSecret, Identity, Prekey, Spk};
use crate::points::{XPublic, decode_ik, decode_x};
use crate::server::{Claimed, check_group_info};
use crate::tree;
use crate::x3dh::{LeafContext, message_hash};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use x25519_dalek::StaticSecret;
use zeroize::Zeroizing;

pub(super) fn run(op: &str, input: In<'_>) -> Option<Result<Value>> {
    Some(match op {
        "leaf_send" => leaf_send(input),
        "leaf_recv" => leaf_recv(input),
        "x3dh_hash" => {
            Ok(json!({"hash": bytes(message_hash(&input.bytes("spk"), &input.array("ek")))}))
        }
        "tree_node" => tree_node(input),
        "tree_build" => tree_build(input),
        "tree_climb" => tree_climb(input),
        "tree_all" => tree_all(input),
        "tree_hash" => Ok(json!({"hash": bytes(tree::tree_hash(&keys(input, "key_tree")))})),
        "gi_build" => gi_build(input),
        "gi_parse" => gi_parse(input),
        "gi_roster" => gi_roster(input),
        "gi_sign" => gi_sign(input),
        "group_secret" => group_secret(input),
        "confirm" => confirm(input),
        "group_create" => group_create(input),
        "receive" => receive(input),
        "receive_damaged" => receive_damaged(input),
        "server_group_info" => server_group_info(input),
        _ => return None,
    })
}

fn keys(input: In<'_>, key: &str) -> Vec<[u8; 32]> {
    input.list(key).into_iter().map(In::as_array).collect()
}

fn secrets(input: In<'_>, key: &str) -> Vec<Key> {
    keys(input, key).into_iter().map(Zeroizing::new).collect()
}

fn leaf_send(input: In<'_>) -> Result<Value> {
    let creator = Identity::from_seed(input.array("ik_seed_a"));
    let ek_priv = StaticSecret::from(input.array::<32>("ek_priv"));
    let context = LeafContext {
        nonce: &input.array("nonce"),
        position: input.u32("position"),
        name_a: &input.text("name_a_hex"),
        ik_a: creator.public(),
        name_i: &input.text("name_i_hex"),
        ik_i: &decode_ik(&input.bytes("ik_i"))?,
        spk_i: &Spk::parse(&input.bytes("spk_i"))?,
        ek: &XPublic::of(&ek_priv),
    };
    let leaf = context.send(&creator, &ek_priv)?;
    Ok(json!({"ek": bytes(context.ek.to_bytes()), "leaf": bytes(*leaf)}))
}

fn leaf_recv(input: In<'_>) -> Result<Value> {
    let me = Identity::from_seed(input.array("ik_seed_i"));
    let prekey = Prekey::new(input.array("spk_priv"), input.u64("spk_created_at"));
    let context = LeafContext {
        nonce: &input.array("nonce"),
        position: input.u32("position"),
        name_a: &input.text("name_a_hex"),
        ik_a: &decode_ik(&input.bytes("ik_a"))?,
        name_i: &input.text("name_i_hex"),
        ik_i: me.public(),
        spk_i: prekey.spk(),
        ek: &decode_x(&input.bytes("ek"))?,
    };
    Ok(json!({"leaf": bytes(*context.receive(&me, &prekey)?)}))
}

/// One step up: from a node's secret and its sibling's public key to the parent `k`.
fn tree_node(input: In<'_>) -> Result<Value> {
    let own = StaticSecret::from(input.array::<32>("own"));
    let (public, sibling) = (XPublic::of(&own), decode_x(&input.bytes("sibling"))?);
    let k = usize::try_from(input.u32("k")).expect("a small number");
    let pair = if input.get("own_is_left").0 == &json!(true) {
        [&public, &sibling]
    } else {
        [&sibling, &public]
    };
    let secret = tree::parent(&own, &sibling, &input.array("nonce"), k, pair)?;
    let parent = XPublic::of(&StaticSecret::from(*secret));
    Ok(
        json!({"own_public": bytes(public.to_bytes()), "p_k": bytes(parent.to_bytes()), "s_k": bytes(*secret)}),
    )
}

fn tree_build(input: In<'_>) -> Result<Value> {
    let (key_tree, root) = tree::build(&secrets(input, "leaves"), &input.array("nonce"))?;
    let list: Vec<_> = key_tree.iter().map(bytes).collect();
    Ok(
        json!({"key_tree": list, "p_2": bytes(key_tree[0]), "p_3": bytes(key_tree[1]), "root": bytes(*root)}),
    )
}

fn tree_climb(input: In<'_>) -> Result<Value> {
    let members = usize::try_from(input.u32("members")).expect("a small number");
    let position = usize::try_from(input.u32("position")).expect("a small number");
    let key_tree = tree::decode(&keys(input, "key_tree"), members)?;
    let root = tree::climb(
        position,
        Zeroizing::new(input.array("leaf")),
        &key_tree,
        &input.array("nonce"),
    )?;
    Ok(json!({"root": bytes(*root)}))
}

/// Builds, then climbs from every leaf, the padding's too: all reach the one root.
fn tree_all(input: In<'_>) -> Result<Value> {
    let (leaves, nonce) = (secrets(input, "leaves"), input.array("nonce"));
    let (key_tree, root) = tree::build(&leaves, &nonce)?;
    let points = tree::decode(&key_tree, leaves.len())?;
    for (position, leaf) in leaves.iter().enumerate() {
        let climbed = tree::climb(position, leaf.clone(), &points, &nonce)?;
        assert_eq!(*climbed, *root, "leaf {position} climbs to another root");
    }
    let all = tree::tree_hash(&key_tree);
    Ok(json!({"keys": key_tree.len(), "root": bytes(*root), "tree_hash": bytes(all)}))
}

fn gi_build(input: In<'_>) -> Result<Value> {
    let member = |m: In<'_>| ListedMember {
        name: m.bytes("name_hex"),
        ik: m.array("ik"),
        x3dh_hash: m.array("x3dh_hash"),
    };
    let members = input.list("members").into_iter().map(member).collect();
    let gi = GroupInfo::build(
        input.array("nonce"),
        input.u64("created_at"),
        members,
        input.array("tree_hash"),
    );
    Ok(json!({"gi": bytes(gi.as_bytes()), "gi_hash": bytes(gi.gi_hash())}))
}

fn gi_parse(input: In<'_>) -> Result<Value> {
    let gi = GroupInfo::parse(&input.bytes("gi"))?;
    let member = |m: &ListedMember| json!({"ik": bytes(m.ik), "name_hex": bytes(&m.name), "x3dh_hash": bytes(m.x3dh_hash)});
    Ok(json!({
        "created_at": number(gi.created_at()),
        "gi_hash": bytes(gi.gi_hash()),
        "members": gi.members().iter().map(member).collect::<Vec<_>>(),
        "nonce": bytes(gi.nonce()),
        "tree_hash": bytes(gi.tree_hash()),
    }))
}

/// Layout, then names and keys.
fn gi_roster(input: In<'_>) -> Result<Value> {
    let roster = GroupInfo::parse(&input.bytes("gi"))?.roster()?;
    Ok(json!({"members": roster.len()}))
}

/// Signs whatever bytes stand in `gi`, so that cases can hold what no honest creator signs.
fn gi_sign(input: In<'_>) -> Result<Value> {
    let identity = Identity::from_seed(input.array("ik_seed"));
    let signed = t("group-info-sig", &[&input.bytes("gi")]);
    Ok(json!({"gi_sig": bytes(identity.sign(&signed))}))
}

fn group_secret(input: In<'_>) -> Result<Value> {
    let secret = group::group_secret(
        &input.array("gi_hash"),
        &Zeroizing::new(input.array("root")),
    );
    Ok(json!({"group_secret": bytes(secret.expose())}))
}

fn confirm(input: In<'_>) -> Result<Value> {
    let secret = GroupSecret::from_bytes(input.array("group_secret"));
    Ok(json!({"confirm": bytes(*group::confirm_tag(&secret, &input.array("gi_hash")))}))
}

fn group_create(input: In<'_>) -> Result<Value> {
    let me = Identity::from_seed(input.array("ik_seed"));
    let owned: Vec<_> = input
        .list("bundles")
        .into_iter()
        .map(|b| {
            (
                b.text("name_hex"),
                b.bytes("ik"),
                b.bytes("spk"),
                b.bytes("sig"),
            )
        })
        .collect();
    let bundles: Vec<_> = owned
        .iter()
        .map(|(username, ik, spk, sig)| Bundle {
            username,
            ik,
            spk,
            sig,
        })
        .collect();
    let random = GroupRandom {
        nonce: input.array("nonce"),
        eks: secrets(input, "eks"),
        leaf: Zeroizing::new(input.array("leaf")),
        padding: secrets(input, "padding"),
    };
    let created = group::create(
        &me,
        &input.text("name_hex"),
        input.u64("created_at"),
        &bundles,
        &pins(input),
        &random,
    )?;
    let info = SignedInfo::parse(&created.info)?;
    let message = |m: &group::X3dhMessage| json!({"ek": bytes(m.ek), "spk": bytes(m.spk)});
    Ok(json!({
        "confirm": bytes(info.confirm),
        "gi_hash": bytes(created.context.gi_hash()),
        "gi_len": info.group.as_bytes().len(),
        "gi_sig": bytes(info.signature),
        "group_secret": bytes(created.context.secret().expose()),
        "info": bytes(&created.info),
        "info_len": created.info.len(),
        "key_tree": created.key_tree.iter().map(bytes).collect::<Vec<_>>(),
        "messages": created.messages.iter().map(message).collect::<Vec<_>>(),
    }))
}

/// A notification as JSON gives it.
struct Notification {
    identity: Identity,
    name: String,
    prekeys: Vec<Prekey>,
    pins: BTreeMap<String, Pin>,
    known: BTreeMap<u64, [u8; 32]>,
}

impl Notification {
    fn read(input: In<'_>) -> Self {
        let prekey = |p: In<'_>| Prekey::new(p.array("spk_priv"), p.u64("created_at"));
        let known = |k: In<'_>| (k.u64("dm_id"), k.array("group_id"));
        Self {
            identity: Identity::from_seed(input.array("ik_seed")),
            name: input.text("name_hex"),
            prekeys: input.list("prekeys").into_iter().map(prekey).collect(),
            pins: pins(input),
            known: input.list("known").into_iter().map(known).collect(),
        }
    }

    fn receive(&self, invitation: &Invitation) -> Result<Joined> {
        let me = Me {
            identity: &self.identity,
            name: &self.name,
            prekeys: &self.prekeys,
        };
        group::receive(me, invitation, &self.pins, &self.known)
    }
}

fn invitation(input: In<'_>) -> Result<Invitation> {
    let key_tree: Vec<_> = input
        .list("key_tree")
        .into_iter()
        .map(|k| k.str().to_owned())
        .collect();
    let texts = InvitationHex {
        sender: &input.text("sender_hex"),
        ik: input.get("ik").str(),
        spk: input.get("spk").str(),
        ek: input.get("ek").str(),
        key_tree: &key_tree,
        position: input.u32("position"),
        dm_id: input.u64("dm_id"),
        info: input.opt("info").map(In::str),
    };
    texts.parse()
}

fn receive(input: In<'_>) -> Result<Value> {
    let joined = Notification::read(input).receive(&invitation(input)?)?;
    Ok(json!({
        "gi_hash": bytes(joined.context.gi_hash()),
        "group_secret": bytes(joined.context.secret().expose()),
        "known": joined.known,
    }))
}

/// Receives with every byte of `info` flipped once (its lowest bit) and with every proper prefix of
/// it. Where `creator_seed` is given, a GI that was flipped is signed anew. Run-length coded:
/// `[first index, last index, code]`.
fn receive_damaged(input: In<'_>) -> Result<Value> {
    let notification = Notification::read(input);
    let invitation = invitation(input)?;
    let info = invitation.info.clone().ok_or(Refusal::Downgrade)?;
    let creator = input
        .opt("creator_seed")
        .map(|seed| Identity::from_seed(seed.as_array()));
    let code = |info: Vec<u8>| {
        let damaged = Invitation {
            info: Some(info),
            ..invitation.clone()
        };
        notification
            .receive(&damaged)
            .map_or_else(Refusal::code, |_| "ok")
    };
    let gi_len = info.len() - 96;
    let flip = |at: usize| {
        let mut flipped = info.clone();
        flipped[at] ^= 1;
        if let Some(creator) = creator.as_ref().filter(|_| at < gi_len) {
            let signature = creator.sign(&t("group-info-sig", &[&flipped[..gi_len]]));
            flipped[gi_len..gi_len + 64].copy_from_slice(&signature);
        }
        code(flipped)
    };
    let flips = runs((0..info.len()).map(flip));
    let prefixes = runs((0..info.len()).map(|len| code(info[..len].to_vec())));
    Ok(json!({"flips": flips, "prefixes": prefixes}))
}

fn server_group_info(input: In<'_>) -> Result<Value> {
    let members: Vec<(String, [u8; 32])> = input
        .list("members")
        .into_iter()
        .map(|m| (m.text("name_hex"), m.array("ik")))
        .collect();
    let members: Vec<_> = members
        .iter()
        .map(|(name, ik)| (name.as_str(), *ik))
        .collect();
    let messages: Vec<(Vec<u8>, [u8; 32])> = input
        .list("messages")
        .into_iter()
        .map(|m| (m.bytes("spk"), m.array("ek")))
        .collect();
    let messages: Vec<_> = messages
        .iter()
        .map(|(spk, ek)| (spk.as_slice(), *ek))
        .collect();
    let key_tree = keys(input, "key_tree");
    let claimed = Claimed {
        members: &members,
        messages: &messages,
        key_tree: &key_tree,
    };
    check_group_info(&input.bytes("info"), &claimed).map(|_| json!({}))
}
