//! x3dh-leaf, tree, group-info, group-create, notification, server-group-info.
use crate::people::{NAMES, account, bundle, create_input, notification};
use crate::{Suite, flipped, get, rep, text, with};
use serde_json::{Value, json};
use sotto_crypto::hex;

pub fn all() -> Vec<Suite> {
    vec![
        x3dh_leaf(),
        tree(),
        group_info(),
        group_create(),
        notifications(),
        server(),
    ]
}

const LOW_ORDER: [&str; 2] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
];

fn x3dh_leaf() -> Suite {
    let mut s = Suite::new("x3dh-leaf", "2.4");
    let alice = account(1);
    let invitees = ["bob", NAMES[2], "\u{540d}\u{524d}", "Smith Jones"];
    for (i, name) in (1..).zip(invitees) {
        let number = i + 1;
        let invitee = account(number);
        let created_at = 1_700_000_000 + u64::from(i);
        let spk = bundle(name, number, 0x10 + i, created_at)["spk"].clone();
        let send = json!({
            "ik_seed_a": alice["ik_seed"], "name_a_hex": text("alice"), "name_i_hex": text(name), "ik_i": invitee["ik"],
            "spk_i": spk, "ek_priv": rep::<32>(0x20 + i), "nonce": rep::<32>(0x41), "position": i,
        });
        let sent = s.ok("leaf_send", send, "");
        let receive = json!({
            "ik_seed_i": invitee["ik_seed"], "spk_priv": rep::<32>(0x10 + i), "spk_created_at": created_at,
            "name_i_hex": text(name), "name_a_hex": text("alice"), "ik_a": alice["ik"], "ek": sent["ek"],
            "nonce": rep::<32>(0x41), "position": i,
        });
        let got = s.ok("leaf_recv", receive.clone(), "");
        assert_eq!(got["leaf"], sent["leaf"]);
        if i > 1 {
            continue;
        }
        let changes = [
            json!({"position": 2}),
            json!({"nonce": rep::<32>(0x42)}),
            json!({"name_a_hex": text("alicf")}),
            json!({"name_i_hex": text("bo")}),
            json!({"spk_created_at": 1}),
            json!({"ik_a": account(9)["ik"]}),
        ];
        for change in changes {
            let other = s.ok(
                "leaf_recv",
                with(&receive, change),
                "another leaf: every field is bound",
            );
            assert_ne!(other["leaf"], sent["leaf"]);
        }
        let mut negative = hex::decode(alice["ik"].as_str().unwrap()).unwrap();
        negative[31] ^= 0x80;
        let other = s.ok(
            "leaf_recv",
            with(&receive, json!({"ik_a": hex::encode(&negative)})),
            "-IK_a: same u, another leaf",
        );
        assert_ne!(other["leaf"], sent["leaf"]);
        for u in LOW_ORDER {
            s.err(
                "E_X25519",
                "leaf_recv",
                with(&receive, json!({"ek": u})),
                "ek of low order",
            );
        }
        s.err(
            "E_X25519",
            "leaf_recv",
            with(&receive, json!({"ek": rep::<32>(0xff)})),
            "ek not canonical",
        );
        s.err(
            "E_IK",
            "leaf_recv",
            with(&receive, json!({"ik_a": rep::<32>(0)})),
            "IK_a of small order",
        );
    }
    s
}

fn leaves(n: usize) -> Vec<String> {
    (0..n)
        .map(|i| hex::encode(&[u8::try_from(i % 256).unwrap() ^ 0x35, 7].repeat(16)))
        .collect()
}

fn tree() -> Suite {
    let mut s = Suite::new("tree", "2.5");
    let nonce = rep::<32>(0x41);
    let node = json!({"own": rep::<32>(0x31), "sibling": account(1)["u"], "nonce": nonce, "k": 2, "own_is_left": true});
    s.ok("tree_node", node.clone(), "");
    s.ok("tree_node", with(&node, json!({"own_is_left": false})), "");
    s.err(
        "E_X25519",
        "tree_node",
        with(&node, json!({"sibling": LOW_ORDER[0]})),
        "a sibling of low order",
    );
    for (n, members) in [(2, 2), (4, 3), (4, 4), (8, 5), (16, 9)] {
        let built = s.ok(
            "tree_build",
            json!({"leaves": leaves(n), "nonce": nonce}),
            "",
        );
        s.ok("tree_hash", json!({"key_tree": built["key_tree"]}), "");
        for position in 0..members {
            let climb = json!({
                "members": members, "position": position, "leaf": leaves(n)[position], "key_tree": built["key_tree"],
                "nonce": nonce,
            });
            let root = s.ok("tree_climb", climb, "");
            assert_eq!(root["root"], built["root"]);
        }
    }
    for n in [2, 4, 8, 16, 256] {
        s.ok(
            "tree_all",
            json!({"leaves": leaves(n), "nonce": nonce}),
            "every leaf climbs to the one root",
        );
    }
    let built = get("tree_build", json!({"leaves": leaves(4), "nonce": nonce}));
    let climb = json!({
        "members": 3, "position": 1, "leaf": leaves(4)[1], "key_tree": built["key_tree"], "nonce": nonce,
    });
    let keys = built["key_tree"].as_array().unwrap();
    let mut bad = |code: &str, changes: Value, note: &str| {
        s.err(code, "tree_climb", with(&climb, changes), note)
    };
    bad(
        "E_TREE_LEN",
        json!({"key_tree": keys[..5]}),
        "one key short",
    );
    bad(
        "E_TREE_LEN",
        json!({"key_tree": ([keys.as_slice(), &keys[..1]].concat())}),
        "one key long",
    );
    bad("E_TREE_LEN", json!({"key_tree": []}), "empty");
    bad(
        "E_TREE_LEN",
        json!({"members": 2}),
        "a tree for four leaves, two members",
    );
    bad(
        "E_TREE_LEN",
        json!({"members": 5}),
        "a tree for four leaves, five members",
    );
    bad("E_LEAF", json!({"position": 2}), "another's place");
    bad("E_LEAF", json!({"leaf": rep::<32>(9)}), "another leaf");
    bad("E_PATH", json!({"nonce": rep::<32>(0x42)}), "another nonce");
    let replaced = |at: usize, by: Value| {
        let mut keys = keys.clone();
        keys[at] = by;
        json!({"key_tree": keys})
    };
    bad(
        "E_PATH",
        replaced(0, account(9)["u"].clone()),
        "an ancestor replaced",
    );
    bad(
        "E_PATH",
        replaced(2, account(9)["u"].clone()),
        "the sibling replaced",
    );
    bad(
        "E_LEAF",
        replaced(3, account(9)["u"].clone()),
        "the leaf replaced",
    );
    bad(
        "E_TREE_HASH",
        replaced(5, keys[4].clone()),
        "a key stands twice",
    );
    bad(
        "E_X25519",
        replaced(5, json!(LOW_ORDER[1])),
        "a key of low order",
    );
    bad(
        "E_X25519",
        replaced(5, json!(rep::<32>(0xff))),
        "a key that is not canonical",
    );
    s
}

/// A GI of the golden group with changes to its members or other inputs.
fn gi(changes: Value) -> Value {
    let parsed = get("gi_parse", json!({"gi": golden_gi()}));
    get("gi_build", with(&parsed, changes))["gi"].clone()
}

fn golden_gi() -> String {
    let info = get("group_create", create_input())["info"].clone();
    let info = info.as_str().unwrap();
    info[..info.len() - 192].to_owned()
}

fn members(change: impl FnOnce(&mut Vec<Value>)) -> Value {
    let mut members = get("gi_parse", json!({"gi": golden_gi()}))["members"]
        .as_array()
        .unwrap()
        .clone();
    change(&mut members);
    json!({"members": members})
}

fn group_info() -> Suite {
    let mut s = Suite::new("group-info", "2.6");
    let gi_text = golden_gi();
    let parsed = s.ok("gi_parse", json!({"gi": gi_text}), "");
    let built = s.ok("gi_build", parsed.clone(), "");
    assert_eq!(built["gi"], json!(gi_text));
    s.ok("gi_roster", json!({"gi": gi_text}), "");
    s.ok(
        "gi_sign",
        json!({"ik_seed": account(1)["ik_seed"], "gi": gi_text}),
        "",
    );
    s.ok(
        "group_secret",
        json!({"gi_hash": built["gi_hash"], "root": rep::<32>(5)}),
        "",
    );
    s.ok(
        "confirm",
        json!({"gi_hash": built["gi_hash"], "group_secret": rep::<32>(6)}),
        "",
    );
    let created = get("group_create", create_input());
    s.ok("x3dh_hash", created["messages"][0].clone(), "");
    let moved = members(|m| {
        m[0]["name_hex"] = json!(text("aliceb"));
        m[1]["name_hex"] = json!(text("ob"));
    });
    let moved = s.ok(
        "gi_build",
        with(&parsed, moved),
        "the boundary between names counts",
    );
    assert_ne!(moved["gi_hash"], built["gi_hash"]);
    let many = |n: u32| {
        let member = |i| json!({"name_hex": text(&format!("member-{i}")), "ik": account(1)["ik"], "x3dh_hash": rep::<32>(0)});
        with(
            &parsed,
            json!({"members": (0..n).map(member).collect::<Vec<_>>()}),
        )
    };
    for n in [2, 256] {
        let gi = get("gi_build", many(n));
        s.ok(
            "gi_parse",
            json!({"gi": gi["gi"]}),
            "fewest or most members; that keys repeat is seen later",
        );
        s.err(
            "E_NAME",
            "gi_roster",
            json!({"gi": gi["gi"]}),
            "keys repeat",
        );
    }
    for n in [0, 1, 257] {
        let gi = get("gi_build", many(n));
        s.err(
            "E_GI",
            "gi_parse",
            json!({"gi": gi["gi"]}),
            "too few or too many members",
        );
    }
    let at = |at: usize, len: usize, bytes: &str| {
        format!(
            "{}{bytes}{}",
            &gi_text[..at * 2],
            &gi_text[(at + len) * 2..]
        )
    };
    let mut bad =
        |code: &str, gi: String, note: &str| s.err(code, "gi_roster", json!({"gi": gi}), note);
    bad("E_GI", at(0, 8, &text("SOTTOGI2")), "magic");
    bad("E_GI", at(40, 1, "01"), "group_id at epoch 0");
    bad("E_GI", at(75, 1, "01"), "epoch");
    bad("E_GI", at(76, 1, "01"), "prev_gi_hash at epoch 0");
    bad(
        "E_GI",
        at(116, 4, "00000002"),
        "n too small: bytes are left",
    );
    bad(
        "E_GI",
        at(116, 4, "00000004"),
        "n too great: bytes are missing",
    );
    bad("E_GI", at(116, 4, "ffffffff"), "n of four thousand million");
    bad("E_GI", at(120, 4, "00000004"), "a name's length");
    bad("E_GI", at(120, 4, "ffffffff"), "a name of 4 GiB");
    bad("E_GI", at(161, 1, "01"), "an x3dh_hash for the creator");
    bad("E_GI", format!("{gi_text}00"), "a trailing byte");
    bad("E_GI", String::new(), "empty");
    for (name, note) in [
        ("", "empty"),
        (" bob", "white space"),
        ("C\u{327}arol", "not NFC"),
        ("b\0b", "a control character"),
    ] {
        let named = gi(members(|m| m[1]["name_hex"] = json!(text(name))));
        bad("E_NAME", named.as_str().unwrap().to_owned(), note);
    }
    let long = gi(members(|m| m[1]["name_hex"] = json!(text(&"x".repeat(65)))));
    bad("E_NAME", long.as_str().unwrap().to_owned(), "65 bytes");
    let invalid = gi(members(|m| m[1]["name_hex"] = json!("ff")));
    bad("E_NAME", invalid.as_str().unwrap().to_owned(), "not UTF-8");
    let twice = gi(members(|m| m[1]["name_hex"] = json!(text("alice"))));
    bad(
        "E_NAME",
        twice.as_str().unwrap().to_owned(),
        "a name stands twice",
    );
    let twice = gi(members(|m| m[2]["ik"] = m[1]["ik"].clone()));
    bad(
        "E_NAME",
        twice.as_str().unwrap().to_owned(),
        "a key stands twice",
    );
    let small = gi(members(|m| m[2]["ik"] = json!(rep::<32>(0))));
    bad(
        "E_IK",
        small.as_str().unwrap().to_owned(),
        "a key of small order",
    );
    let both = gi(members(|m| {
        m[1]["ik"] = json!(rep::<32>(0));
        m[2]["name_hex"] = json!("");
    }));
    bad(
        "E_IK",
        both.as_str().unwrap().to_owned(),
        "member by member: a bad key before a later bad name",
    );
    s
}

fn group_create() -> Suite {
    let mut s = Suite::new("group-create", "2.4");
    let input = create_input();
    s.ok("group_create", input.clone(), "");
    let of = |n: u8| {
        let bundle = |i: u8| {
            bundle(
                &format!("member-{i}"),
                i + 1,
                0x10 + i,
                1_700_000_000 + u64::from(i),
            )
        };
        let eks: Vec<_> = (1..n).map(|i| rep::<32>(0x20 + i)).collect();
        let padding: Vec<_> = (n..n.next_power_of_two())
            .map(|i| rep::<32>(0x60 + i))
            .collect();
        let bundles: Vec<_> = (1..n).map(bundle).collect();
        with(
            &input,
            json!({"bundles": bundles, "eks": eks, "padding": padding}),
        )
    };
    for n in [2, 4, 5, 9] {
        s.ok("group_create", of(n), "");
    }
    s.err(
        "E_GI",
        "group_create",
        with(&input, json!({"bundles": [], "eks": [], "padding": []})),
        "alone",
    );
    let change = |at: usize, change: Value| {
        let mut bundles = input["bundles"].as_array().unwrap().clone();
        bundles[at] = with(&bundles[at], change);
        json!({"bundles": bundles})
    };
    let pin = |name: &str, ik: &Value, created_at: u64| json!({"pins": [{"name_hex": text(name), "ik": ik, "spk_created_at": created_at}]});
    let (alice, bob, carol) = (account(1), account(2), account(3));
    s.ok(
        "group_create",
        with(&input, pin("bob", &bob["ik"], 1_700_000_000)),
        "pinned",
    );
    let mut bad = |code: &str, changes: Value, note: &str| {
        s.err(code, "group_create", with(&input, changes), note)
    };
    bad("E_NAME", json!({"name_hex": text("")}), "own name");
    bad(
        "E_NAME",
        change(0, json!({"name_hex": text("bob ")})),
        "an invitee's name",
    );
    bad(
        "E_NAME",
        change(0, json!({"name_hex": text("alice")})),
        "oneself invited, by name",
    );
    bad(
        "E_NAME",
        change(0, json!({"ik": alice["ik"]})),
        "oneself invited, by key",
    );
    bad(
        "E_NAME",
        change(1, json!({"name_hex": text("bob")})),
        "a name stands twice",
    );
    bad(
        "E_NAME",
        change(1, json!({"ik": bob["ik"]})),
        "a key stands twice",
    );
    bad(
        "E_IK",
        change(1, json!({"ik": rep::<32>(0)})),
        "a key of small order",
    );
    bad(
        "E_KEY_CHANGED",
        pin(NAMES[2], &bob["ik"], 0),
        "another key is pinned",
    );
    bad(
        "E_KEY_CHANGED",
        pin("alice", &bob["ik"], 0),
        "another key is pinned for oneself",
    );
    bad(
        "E_SPK_STALE",
        pin(NAMES[2], &carol["ik"], 1_700_000_002),
        "an old prekey served again",
    );
    bad(
        "E_SIG",
        change(1, json!({"sig": flipped(&input["bundles"][1]["sig"], 3)})),
        "a prekey's signature",
    );
    bad(
        "E_SIG",
        change(1, json!({"sig": input["bundles"][0]["sig"]})),
        "another's prekey signature",
    );
    bad("E_SPK", change(1, json!({"spk": ""})), "no prekey");
    bad(
        "E_DOWNGRADE",
        change(1, json!({"spk": rep::<32>(9)})),
        "a seed prekey",
    );
    bad(
        "E_TREE_HASH",
        json!({"padding": [rep::<32>(0x31)]}),
        "randomness that repeats",
    );
    s
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
    let mut s = Suite::new("notification", "2.7");
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

/// The server gives bob a copath of its own, with every hash and the confirmation computed anew: all matches but the signature.
fn substituted(s: &mut Suite, bob: &Value) {
    let mut keys = bob["key_tree"].as_array().unwrap().clone();
    let node = |own: u8, sibling: &Value, k: u32| {
        let step = json!({"own": rep::<32>(own), "sibling": sibling, "nonce": rep::<32>(0x41), "k": k, "own_is_left": k == 2});
        get("tree_node", step)
    };
    // Bob is node 5. The server takes his sibling's place (4), so it knows s_2; and his uncle's (3), so it knows s_1.
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
    let mut s = Suite::new("server-group-info", "2.6");
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
