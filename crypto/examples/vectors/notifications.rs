//! notification, server-group-info: what an invitee and a server make of a created group.
use crate::groups::{gi, golden_gi, members};
use crate::people::{NAMES, account, create_input, notification};
use crate::{LOW_ORDER, Suite, flipped, get, rep, text, with};
use serde_json::{Value, json};

pub fn all() -> Vec<Suite> {
    vec![notifications(), server()]
}

/// The notification with `info` around a GI that alice signed, whatever it says.
fn signed(notification: &Value, gi: &Value) -> Value {
    let signature = get(
        "gi_sign",
        json!({"ik_seed": account(1)["ik_seed"], "gi": gi}),
    );
    let confirm = rep::<32>(0);
    let info = format!(
        "{}{}{confirm}",
        gi.as_str().unwrap(),
        signature["gi_sig"].as_str().unwrap()
    );
    with(notification, json!({"info": info}))
}

/// The notification with another key tree that alice signed.
fn signed_tree(notification: &Value, change: impl FnOnce(&mut Vec<Value>)) -> Value {
    let mut keys = notification["key_tree"].as_array().unwrap().clone();
    change(&mut keys);
    let hash = get("tree_hash", json!({"key_tree": keys}));
    let gi = gi(json!({"tree_hash": hash["hash"]}));
    with(&signed(notification, &gi), json!({"key_tree": keys}))
}

fn notifications() -> Suite {
    let mut s = Suite::new("notification", "C-208 C-216 C-219");
    let (bob, carol) = (notification(1), notification(2));
    let got = s.ok("receive", bob.clone(), "");
    s.ok("receive", carol.clone(), "");
    let prekey = |b: u8, at: u64| json!({"spk_priv": rep::<32>(b), "created_at": at});
    let prekeys = json!([prekey(0x77, 1_800_000_000), prekey(0x12, 1_700_000_000)]);
    s.ok(
        "receive",
        with(&bob, json!({"prekeys": prekeys})),
        "with a retired prekey",
    );
    let pin = |name: &str, number| json!({"pins": [{"name_hex": text(name), "ik": account(number)["ik"], "spk_created_at": 0}]});
    s.ok(
        "receive",
        with(&bob, pin("alice", 1)),
        "the creator is pinned",
    );
    let known = |dm_id: u64, group: &Value| json!({"known": [{"dm_id": dm_id, "group_id": group}]});
    s.ok(
        "receive",
        with(&bob, known(7, &got["gi_hash"])),
        "the same once more",
    );
    s.ok(
        "receive",
        with(&bob, known(8, &json!(rep::<32>(1)))),
        "another DM holds another group",
    );
    received_badly(
        &mut s,
        &bob,
        pin,
        known(8, &got["gi_hash"]),
        known(7, &json!(rep::<32>(1))),
    );
    substituted(&mut s, &bob);
    s.ok(
        "receive_damaged",
        bob.clone(),
        "every byte flipped, every prefix",
    );
    let resigned = json!({"creator_seed": account(1)["ik_seed"]});
    s.ok(
        "receive_damaged",
        with(&bob, resigned),
        "flipped and signed anew by the creator",
    );
    s
}

fn received_badly(
    s: &mut Suite,
    bob: &Value,
    pin: impl Fn(&str, u8) -> Value,
    moved: Value,
    rebound: Value,
) {
    let keys = bob["key_tree"].as_array().unwrap();
    let spk_tag = bob["spk"].as_str().unwrap();
    let mut bad = |code: &str, input: Value, note: &str| s.err(code, "receive", input, note);
    let mut change = |code: &str, changes: Value, note: &str| bad(code, with(bob, changes), note);
    change(
        "E_HEX",
        json!({"ek": bob["ek"].as_str().unwrap().to_uppercase()}),
        "upper case",
    );
    change(
        "E_HEX",
        json!({"ek": bob["ek"].as_str().unwrap()[2..]}),
        "31 bytes",
    );
    change("E_HEX", json!({"ik": "0x"}), "a prefix");
    change("E_HEX", json!({"key_tree": ["00".repeat(33)]}), "33 bytes");
    change("E_DOWNGRADE", json!({"info": null}), "no info");
    change("E_GI", json!({"info": ""}), "empty info");
    change(
        "E_SENDER",
        json!({"sender_hex": text("bob")}),
        "another sender",
    );
    change(
        "E_SENDER",
        json!({"ik": account(3)["ik"]}),
        "another sender's key",
    );
    for position in [0, 2, 3, 4, u32::MAX] {
        change(
            "E_POSITION",
            json!({"position": position}),
            "the creator's, another's, the padding's, none",
        );
    }
    change(
        "E_POSITION",
        json!({"position": 0, "name_hex": text("alice"), "ik_seed": account(1)["ik_seed"]}),
        "the creator is invited to the own group",
    );
    change(
        "E_POSITION",
        json!({"name_hex": text("bo")}),
        "the name there is not mine",
    );
    change(
        "E_POSITION",
        json!({"ik_seed": account(9)["ik_seed"]}),
        "the key there is not mine",
    );
    change(
        "E_KEY_CHANGED",
        pin("alice", 9),
        "the creator's key differs from the pin",
    );
    change(
        "E_KEY_CHANGED",
        pin(NAMES[2], 9),
        "a third member's key differs from the pin",
    );
    change(
        "E_TREE_LEN",
        json!({"key_tree": keys[..5]}),
        "one key short",
    );
    change(
        "E_TREE_LEN",
        json!({"key_tree": ([keys.as_slice(), &[bob["ek"].clone()]].concat())}),
        "one key long",
    );
    let mut swapped = keys.clone();
    swapped.swap(4, 5);
    change(
        "E_TREE_HASH",
        json!({"key_tree": swapped}),
        "two keys swapped",
    );
    swapped[4] = swapped[5].clone();
    change(
        "E_TREE_HASH",
        json!({"key_tree": swapped}),
        "a key stands twice",
    );
    swapped[4] = json!(LOW_ORDER[0]);
    change(
        "E_X25519",
        json!({"key_tree": swapped}),
        "a key of low order",
    );
    change("E_DOWNGRADE", json!({"spk": rep::<32>(1)}), "a seed prekey");
    change("E_SPK", json!({"spk": spk_tag[..98]}), "49 bytes");
    change(
        "E_SPK",
        json!({"spk": flipped(&bob["spk"], 0)}),
        "another magic",
    );
    change("E_SPK", json!({"prekeys": []}), "no prekey of mine");
    change(
        "E_SPK",
        json!({"spk": flipped(&bob["spk"], 17)}),
        "another time of making",
    );
    change(
        "E_GI",
        json!({"ek": account(9)["u"]}),
        "an ek that was not signed",
    );
    change(
        "E_CONFIRM",
        json!({"info": flipped(&bob["info"], 465)}),
        "the confirmation flipped",
    );
    change(
        "E_REPLAY_GROUP",
        moved,
        "the group is known under another DM",
    );
    change("E_REPLAY_GROUP", rebound, "the DM holds another group");

    let hash = |changes: Value| {
        get(
            "x3dh_hash",
            with(&json!({"spk": bob["spk"], "ek": bob["ek"]}), changes),
        )["hash"]
            .clone()
    };
    for u in LOW_ORDER {
        let listed = members(|m| m[1]["x3dh_hash"] = hash(json!({"ek": u})));
        bad(
            "E_X25519",
            with(&signed(bob, &gi(listed)), json!({"ek": u})),
            "ek of low order, signed",
        );
    }
    let listed = members(|m| m[1]["x3dh_hash"] = hash(json!({"ek": account(9)["u"]})));
    bad(
        "E_LEAF",
        with(&signed(bob, &gi(listed)), json!({"ek": account(9)["u"]})),
        "another ek, signed",
    );
    bad(
        "E_LEAF",
        signed_tree(bob, |keys| keys[3] = account(9)["u"].clone()),
        "another leaf, signed",
    );
    bad(
        "E_PATH",
        signed_tree(bob, |keys| keys[0] = account(9)["u"].clone()),
        "another ancestor, signed",
    );
    bad(
        "E_PATH",
        signed_tree(bob, |keys| keys[2] = account(9)["u"].clone()),
        "another sibling, signed",
    );
    bad(
        "E_CONFIRM",
        signed_tree(bob, |keys| keys[1] = account(9)["u"].clone()),
        "another sibling of the last ancestor, signed",
    );
    bad(
        "E_TREE_LEN",
        signed_tree(bob, |keys| keys.truncate(2)),
        "a tree for two, signed",
    );
    bad(
        "E_X25519",
        signed_tree(bob, |keys| keys[5] = json!(LOW_ORDER[1])),
        "low order in the tree, signed",
    );
    bad(
        "E_NAME",
        signed(bob, &gi(members(|m| m[2]["name_hex"] = json!(text("bob"))))),
        "two of one name, signed",
    );
    bad(
        "E_IK",
        signed(bob, &gi(members(|m| m[2]["ik"] = json!(LOW_ORDER[0])))),
        "a bad key, signed",
    );
    let ghost =
        json!({"name_hex": text("ghost"), "ik": account(9)["ik"], "x3dh_hash": rep::<32>(1)});
    let info = bob["info"].as_str().unwrap();
    let unsigned = format!(
        "{}{}",
        gi(members(|m| m.push(ghost))).as_str().unwrap(),
        &info[info.len() - 192..]
    );
    bad(
        "E_SIG",
        with(bob, json!({"info": unsigned})),
        "a member added by the server",
    );
    bad(
        "E_SIG",
        with(bob, json!({"info": flipped(&bob["info"], 400)})),
        "the signature flipped",
    );
}

/// The server gives bob a copath of its own, with every hash and the confirmation computed anew:
/// all matches but the signature.
fn substituted(s: &mut Suite, bob: &Value) {
    let mut keys = bob["key_tree"].as_array().unwrap().clone();
    let node = |own: u8, sibling: &Value, k: u32| {
        let step = json!({"own": rep::<32>(own), "sibling": sibling, "nonce": rep::<32>(0x41), "k": k, "own_is_left": k == 2});
        get("tree_node", step)
    };
    // Bob is node 5. The server takes his sibling's place (4), so it knows s_2; and his uncle's
    // (3), so it knows s_1.
    let lower = node(0xa4, &keys[3], 2);
    let upper = node(0xa3, &lower["p_k"], 1);
    (keys[2], keys[0], keys[1]) = (
        lower["own_public"].clone(),
        lower["p_k"].clone(),
        upper["own_public"].clone(),
    );
    let hash = get("tree_hash", json!({"key_tree": keys}));
    let gi = gi(json!({"tree_hash": hash["hash"]}));
    let parsed = get("gi_parse", json!({"gi": gi}));
    let secret = get(
        "group_secret",
        json!({"gi_hash": parsed["gi_hash"], "root": upper["s_k"]}),
    );
    let confirm = get(
        "confirm",
        json!({"gi_hash": parsed["gi_hash"], "group_secret": secret["group_secret"]}),
    );
    let signature = &bob["info"].as_str().unwrap()[golden_gi().len()..][..128];
    let info = format!(
        "{}{signature}{}",
        gi.as_str().unwrap(),
        confirm["confirm"].as_str().unwrap()
    );
    let attack = with(bob, json!({"key_tree": keys, "info": info}));
    s.err(
        "E_SIG",
        "receive",
        attack,
        "copath substitution: all matches but the signature",
    );
    let resigned = get(
        "gi_sign",
        json!({"ik_seed": account(1)["ik_seed"], "gi": gi}),
    );
    let info = format!(
        "{}{}{}",
        gi.as_str().unwrap(),
        resigned["gi_sig"].as_str().unwrap(),
        confirm["confirm"].as_str().unwrap()
    );
    let out = s.ok(
        "receive",
        with(bob, json!({"key_tree": keys, "info": info})),
        "the same tree if alice had signed it",
    );
    assert_eq!(
        out["group_secret"], secret["group_secret"],
        "the attack is complete but for the signature"
    );
}

fn server() -> Suite {
    let mut s = Suite::new("server-group-info", "C-209 C-215");
    let created = get("group_create", create_input());
    let member = |i: usize| json!({"name_hex": text(NAMES[i]), "ik": account(u8::try_from(i + 1).unwrap())["ik"]});
    let input = json!({
        "members": [member(0), member(1), member(2)],
        "messages": created["messages"],
        "key_tree": created["key_tree"],
        "info": created["info"],
    });
    s.ok("server_group_info", input.clone(), "");
    s.ok(
        "server_group_info",
        with(&input, json!({"info": flipped(&created["info"], 465)})),
        "the confirmation is not the server's",
    );
    let keys = created["key_tree"].as_array().unwrap();
    let messages = created["messages"].as_array().unwrap();
    let mut bad = |code: &str, changes: Value, note: &str| {
        s.err(code, "server_group_info", with(&input, changes), note)
    };
    bad(
        "E_GI",
        json!({"members": [member(0), member(2), member(1)]}),
        "another order",
    );
    bad(
        "E_GI",
        json!({"members": [member(0), member(1)], "messages": messages[..1]}),
        "a member less",
    );
    bad(
        "E_GI",
        json!({"members": [member(1), member(0), member(2)]}),
        "another creator",
    );
    let renamed = json!({"name_hex": text("bobb"), "ik": account(2)["ik"]});
    bad(
        "E_GI",
        json!({"members": [member(0), renamed, member(2)]}),
        "another name for a key",
    );
    let other = json!({"name_hex": text("bob"), "ik": account(9)["ik"]});
    bad(
        "E_GI",
        json!({"members": [member(0), other, member(2)]}),
        "another registered key",
    );
    bad(
        "E_GI",
        json!({"messages": [messages[1], messages[0]]}),
        "messages in another order",
    );
    bad("E_GI", json!({"messages": messages[..1]}), "a message less");
    bad(
        "E_TREE_LEN",
        json!({"key_tree": keys[..4]}),
        "another length",
    );
    let mut swapped = keys.clone();
    swapped.swap(0, 1);
    bad("E_TREE_HASH", json!({"key_tree": swapped}), "another tree");
    bad(
        "E_SIG",
        json!({"info": flipped(&created["info"], 8)}),
        "the nonce changed",
    );
    bad(
        "E_SIG",
        json!({"info": flipped(&created["info"], 380)}),
        "the signature changed",
    );
    bad(
        "E_GI",
        json!({"info": flipped(&created["info"], 75)}),
        "epoch 1",
    );
    bad("E_GI", json!({"info": ""}), "empty");
    bad(
        "E_GI",
        json!({"info": format!("{}00", created["info"].as_str().unwrap())}),
        "a trailing byte",
    );
    s
}
