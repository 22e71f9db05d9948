//! envelope, envelope-negatives, report.
use crate::people::{NAMES, account, context, draft};
use crate::{Suite, flipped, get, rep, text, with};
use serde_json::{Value, json};

pub fn all() -> Vec<Suite> {
    vec![envelope(), negatives(), report()]
}

/// What a receiver is given: a sealed envelope in a slot.
pub fn incoming(sealed: &Value, slot: &str, sender: Option<&str>) -> Value {
    let rest = json!({
        "slot": slot, "sender_hex": sender.map(text), "envelope": sealed["envelope"], "signature": sealed["signature"],
    });
    with(&context(), rest)
}

fn root() -> String {
    rep::<32>(0x99)
}

fn envelope() -> Suite {
    let mut s = Suite::new(
        "envelope",
        "C-220 C-301 C-302 C-303 C-304 C-305 C-306 C-307 C-308 C-310",
    );
    s.ok("restore", context(), "");
    for position in 0..3 {
        s.ok(
            "sender_key",
            with(&context(), json!({"position": position})),
            "",
        );
    }
    for len in [0, 1, 11, 12, 13, 63, 64, 76, 77] {
        let sealed = s.ok(
            "seal",
            draft(0, 0x51, 0, &"x".repeat(len)),
            "body lengths around the padding's edge",
        );
        let mut opened = incoming(&sealed, "message", Some("alice"));
        s.ok("open", opened.clone(), "");
        opened["root"] = sealed["msg_ref"].clone();
        s.ok("open", opened, "known as the root of its message");
    }
    let golden = with(
        &draft(0, 0x51, 0, "Why is the answer 42?"),
        json!({"salt": rep::<32>(0x52)}),
    );
    s.ok("seal", golden, "the golden envelope");
    let call = s.ok(
        "call_target",
        json!({"caller_hex": text("c-1"), "callee_hex": text("c-2")}),
        "",
    );
    s.ok(
        "call_target",
        json!({"caller_hex": text("c-"), "callee_hex": text("1c-2")}),
        "the boundary counts",
    );
    let rev = json!({"rev": 3});
    let kinds = [
        (
            1,
            "message",
            json!({"target": root(), "sent_at_ms": "18446744073709551615", "expire_s": u32::MAX}),
        ),
        (2, "reaction", json!({"target": root()})),
        (3, "name", rev.clone()),
        (4, "message", with(&rev, json!({"target": root()}))),
        (5, "call", json!({"target": call["target"]})),
    ];
    for (kind, slot, change) in kinds {
        let input = with(
            &with(
                &draft(1, 0x53, 7, "\u{1f44d} \u{c7}"),
                json!({"kind": kind}),
            ),
            change,
        );
        let sealed = s.ok("seal", input, slot);
        let sender = if kind == 3 { None } else { Some("bob") };
        let place = match kind {
            1 => json!({}),
            5 => json!({"target": call["target"]}),
            _ => json!({"root": root()}),
        };
        s.ok("open", with(&incoming(&sealed, slot, sender), place), slot);
    }
    let name = get(
        "seal",
        with(&draft(1, 0x53, 7, "The Matrix"), json!({"kind": 3})),
    );
    let both = format!(
        "{}{}",
        name["envelope"].as_str().unwrap(),
        name["signature"].as_str().unwrap()
    );
    s.ok("split_name", json!({"name": both}), "env || signature");
    s.err(
        "E_INNER",
        "split_name",
        json!({"name": both[..(185 + 64 - 1) * 2]}),
        "shorter than any name",
    );
    for (kind, limit, len) in [
        (1, 65_356, 65_529),
        (2, 844, 1_017),
        (3, 780, 953),
        (4, 65_356, 65_529),
        (5, 16_204, 16_377),
    ] {
        let rev = u32::from(kind == 4);
        let input = with(
            &draft(0, 0x54, kind, "x"),
            json!({"kind": kind, "rev": rev, "times": limit}),
        );
        let sealed = s.ok("seal_repeat", input.clone(), "the longest body of its kind");
        assert_eq!(sealed["len"], len);
        s.err(
            "E_INNER",
            "seal_repeat",
            with(&input, json!({"times": limit + 1})),
            "one byte more",
        );
    }
    for (kind, rev, target, note) in [
        (1, 1, rep::<32>(0), "a message has revision 0"),
        (2, 1, root(), "a reaction has revision 0"),
        (5, 1, root(), "a call signal has revision 0"),
        (4, 0, root(), "an edit's revision begins at 1"),
        (3, 0, root(), "a name has no target"),
    ] {
        let input = with(
            &draft(0, 0x55, 0, ""),
            json!({"kind": kind, "rev": rev, "target": target}),
        );
        s.err("E_INNER", "seal", input, note);
    }
    s.err(
        "E_SENDER",
        "seal",
        with(&draft(0, 0x55, 0, ""), json!({"position": 1})),
        "another member's place",
    );
    s.err(
        "E_SENDER",
        "seal",
        with(&draft(0, 0x55, 0, ""), json!({"position": 3})),
        "no member's place",
    );
    s
}

/// An envelope of member 1 around any inner bytes.
fn with_inner(kind: u8, inner: &str) -> Value {
    get(
        "seal_inner",
        with(
            &draft(1, 0x56, 0, ""),
            json!({"kind": kind, "inner": inner}),
        ),
    )
}

/// `envelope` with the byte at `at` flipped, signed anew by bob.
fn resigned(envelope: &Value, at: usize) -> Value {
    let envelope = flipped(envelope, at);
    let sig = get(
        "sign",
        json!({"ik_seed": account(2)["ik_seed"], "m": envelope}),
    );
    json!({"envelope": envelope, "signature": sig["sig"]})
}

fn negatives() -> Suite {
    let mut s = Suite::new("envelope-negatives", "C-220 C-304 C-309");
    let sealed = get("seal", draft(1, 0x56, 0, "follow the white rabbit"));
    let input = incoming(&sealed, "message", Some("bob"));
    s.ok("open", input.clone(), "the one that all others damage");
    let mut bad =
        |code: &str, changes: Value, note: &str| s.err(code, "open", with(&input, changes), note);
    bad(
        "E_SENDER",
        json!({"sender_hex": text("alice")}),
        "attributed to another member",
    );
    bad(
        "E_SENDER",
        json!({"sender_hex": text("mallory")}),
        "attributed to a stranger",
    );
    bad(
        "E_KIND",
        json!({"slot": "reaction", "root": root()}),
        "a message as a reaction",
    );
    bad("E_KIND", json!({"slot": "name"}), "a message as a name");
    bad(
        "E_KIND",
        json!({"slot": "call", "target": root()}),
        "a message as a call signal",
    );
    bad(
        "E_INNER",
        json!({"root": root()}),
        "in another message's place",
    );
    bad(
        "E_SIG",
        json!({"signature": flipped(&sealed["signature"], 9)}),
        "signature",
    );
    bad("E_SIG", json!({"signature": ""}), "no signature");
    let fields = [
        (0, "E_DOWNGRADE", "magic"),
        (4, "E_KIND", "kind 0"),
        (8, "E_EPOCH", "epoch"),
        (9, "E_EPOCH", "gi_tag"),
        (28, "E_SIG", "position 0: alice's key"),
        (25, "E_SENDER", "position out of range"),
        (29, "E_SIG", "sid"),
        (40, "E_SIG", "seq"),
        (41, "E_SIG", "salt"),
        (73, "E_SIG", "commitment"),
        (105, "E_SIG", "ciphertext"),
        (248, "E_SIG", "tag"),
    ];
    for (at, code, note) in fields {
        let changes = json!({"envelope": flipped(&sealed["envelope"], at), "sender_hex": null});
        bad(code, changes, &format!("{note}, not signed anew"));
    }
    for (at, code, note) in [
        (29, "E_COMMIT", "sid"),
        (40, "E_COMMIT", "seq"),
        (41, "E_COMMIT", "salt"),
        (73, "E_COMMIT", "commitment"),
        (105, "E_AEAD", "ciphertext"),
        (248, "E_AEAD", "tag"),
    ] {
        bad(
            code,
            resigned(&sealed["envelope"], at),
            &format!("{note}, signed anew by the sender"),
        );
    }
    // A hostile member: carol seals under bob's sender key, which every member can derive, and
    // signs with her own key.
    let forged = with(
        &draft(1, 0x57, 0, "I am Bob"),
        json!({"kind": 1, "ik_seed": account(3)["ik_seed"]}),
    );
    let inner = format!(
        "{}{:08x}{:016x}{:08x}00000000{}",
        rep::<32>(0),
        0,
        0,
        0,
        rep::<12>(0)
    );
    let forged = get("seal_inner", with(&forged, json!({"inner": inner})));
    bad("E_SIG", forged, "sealed as bob, signed by carol");
    let kind_6 = with_inner(6, &inner);
    bad("E_KIND", kind_6, "kind 6");
    inners(&mut s, &input);
    let truncated = with(&input, json!({"sender_hex": null}));
    s.ok(
        "open_truncated",
        truncated.clone(),
        "every prefix, with the whole envelope's signature",
    );
    s.ok(
        "open_truncated",
        with(&truncated, json!({"ik_seed": account(2)["ik_seed"]})),
        "every prefix, signed by the sender",
    );
    s.err(
        "E_EPOCH",
        "restore",
        with(&context(), json!({"gi_hash": rep::<32>(0)})),
        "an info of another hash",
    );
    s.err(
        "E_CONFIRM",
        "restore",
        with(&context(), json!({"group_secret": rep::<32>(0)})),
        "another secret",
    );
    s.err(
        "E_GI",
        "restore",
        with(&context(), json!({"info": ""})),
        "no info",
    );
    s
}

/// Inner texts that only a faulty or hostile member seals.
fn inners(s: &mut Suite, input: &Value) {
    let inner = |target: &str, rev: u32, len: u32, rest: &str| {
        let head = format!(
            "{target}{rev:08x}{:016x}{:08x}{len:08x}",
            1_700_000_200_000_u64, 0
        );
        let text = format!("{head}{rest}");
        let fill = (text.len() / 2).next_multiple_of(64) * 2;
        format!("{text:0<fill$}")
    };
    let zero = rep::<32>(0);
    let good = with_inner(1, &inner(&zero, 0, 2, "6869"));
    s.ok("open", with(input, good), "hi");
    let cases = [
        (
            1,
            inner(&zero, 0, 2, "686901"),
            "message",
            "padding that is not zero",
        ),
        (
            1,
            inner(&zero, 0, 2, "6869") + &rep::<64>(0),
            "message",
            "padding of more than the least",
        ),
        (
            1,
            inner(&zero, 0, 13, "6869"),
            "message",
            "a body longer than the text",
        ),
        (
            1,
            inner(&zero, 0, u32::MAX, "6869"),
            "message",
            "a body of 4 GiB",
        ),
        (1, inner(&zero, 0, 1, "ff"), "message", "not UTF-8"),
        (
            1,
            inner(&zero, 1, 2, "6869"),
            "message",
            "a message with a revision",
        ),
        (
            4,
            inner(&root(), 0, 2, "6869"),
            "message",
            "an edit with revision 0",
        ),
        (
            2,
            inner(&root(), 1, 2, "6869"),
            "reaction",
            "a reaction with a revision",
        ),
        (
            3,
            inner(&root(), 1, 2, "6869"),
            "name",
            "a name with a target",
        ),
        (
            2,
            inner(&rep::<32>(0x98), 0, 2, "6869"),
            "reaction",
            "a reaction to another message",
        ),
        (
            4,
            inner(&rep::<32>(0x98), 1, 2, "6869"),
            "message",
            "an edit of another message",
        ),
        (
            5,
            inner(&rep::<32>(0x98), 0, 2, "6869"),
            "call",
            "a signal of another call",
        ),
        (
            2,
            inner(&root(), 0, 845, &"61".repeat(845)),
            "reaction",
            "a reaction one byte too long",
        ),
        (
            3,
            inner(&zero, 0, 781, &"61".repeat(781)),
            "name",
            "a name one byte too long",
        ),
    ];
    for (kind, inner, slot, note) in cases {
        // A message's own place has no root to differ from, so that what is refused is its content.
        let root = if kind == 1 {
            Value::Null
        } else {
            json!(root())
        };
        let place = json!({
            "slot": slot, "root": root, "target": crate::envelopes::root(), "sender_hex": null,
        });
        s.err(
            "E_INNER",
            "open",
            with(&with(input, place), with_inner(kind, &inner)),
            note,
        );
    }
}

fn report() -> Suite {
    let mut s = Suite::new("report", "C-314");
    let sealed = get("seal", draft(2, 0x58, 4, "an insult"));
    let made = s.ok("report_make", with(&context(), sealed.clone()), "");
    let report = with(
        &made,
        json!({"envelope": sealed["envelope"], "signature": sealed["signature"]}),
    );
    let opened = s.ok("report_open", report.clone(), "");
    assert_eq!(opened["sender_hex"], text(NAMES[2]));
    let other = get("seal", draft(2, 0x58, 5, "a kindness"));
    let mut bad = |code: &str, changes: Value, note: &str| {
        s.err(code, "report_open", with(&report, changes), note)
    };
    bad(
        "E_COMMIT",
        json!({"prk": rep::<32>(1)}),
        "another key: what is reported cannot be chosen",
    );
    let swapped = json!({"envelope": other["envelope"], "signature": other["signature"]});
    bad("E_COMMIT", swapped, "the key opens no other envelope");
    bad(
        "E_SIG",
        json!({"signature": flipped(&sealed["signature"], 0)}),
        "not what was signed",
    );
    bad(
        "E_SIG",
        json!({"envelope": flipped(&sealed["envelope"], 120)}),
        "not what was signed",
    );
    bad(
        "E_EPOCH",
        json!({"gi": flipped(&made["gi"], 8)}),
        "another group",
    );
    bad("E_GI", json!({"gi": ""}), "no group");
    s.err(
        "E_EPOCH",
        "report_make",
        with(
            &context(),
            json!({"envelope": flipped(&sealed["envelope"], 9), "signature": ""}),
        ),
        "another group's",
    );
    s
}
