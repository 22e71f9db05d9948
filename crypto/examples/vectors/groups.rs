//! group-info, group-create.
use crate::people::{NAMES, account, bundle, create_input};
use crate::{Suite, flipped, get, rep, text, with};
use serde_json::{Value, json};

pub fn all() -> Vec<Suite> {
    vec![group_info(), group_create()]
}

/// A GI of the golden group with changes to its members or other inputs.
pub fn gi(changes: Value) -> Value {
    let parsed = get("gi_parse", json!({"gi": golden_gi()}));
    get("gi_build", with(&parsed, changes))["gi"].clone()
}

pub fn golden_gi() -> String {
    let info = get("group_create", create_input())["info"].clone();
    let info = info.as_str().unwrap();
    info[..info.len() - 192].to_owned()
}

pub fn members(change: impl FnOnce(&mut Vec<Value>)) -> Value {
    let mut members = get("gi_parse", json!({"gi": golden_gi()}))["members"]
        .as_array()
        .unwrap()
        .clone();
    change(&mut members);
    json!({"members": members})
}

fn group_info() -> Suite {
    let mut s = Suite::new("group-info", "C-209 C-210 C-211 C-212 C-213 C-214");
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
    let mut s = Suite::new("group-create", "C-201 C-203 C-215");
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
