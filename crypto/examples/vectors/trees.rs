//! x3dh-leaf, tree.
use crate::people::{NAMES, account, bundle};
use crate::{LOW_ORDER, Suite, get, rep, text, with};
use serde_json::{Value, json};
use sotto_crypto::hex;

pub fn all() -> Vec<Suite> {
    vec![x3dh_leaf(), tree()]
}

fn x3dh_leaf() -> Suite {
    let mut s = Suite::new("x3dh-leaf", "C-202 C-203");
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
    let mut s = Suite::new("tree", "C-205 C-206 C-207 C-210");
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
