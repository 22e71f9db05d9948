//! replay: scripts of events, each with the list of verdicts.
use crate::envelopes::incoming;
use crate::people::{context, draft};
use crate::{Suite, get, rep, text, with};
use serde_json::{Value, json};

pub fn all() -> Vec<Suite> {
    vec![replay()]
}

const PEOPLE: [&str; 3] = ["alice", "bob", "\u{c7}arol"];

/// Seals as member `position`, with changes to the draft.
fn sealed(position: u8, sid: u8, seq: u32, changes: Value) -> Value {
    let mut out = get("seal", with(&draft(position, sid, seq, "text"), changes));
    out["sender_hex"] = json!(text(PEOPLE[usize::from(position)]));
    out
}

fn edit(position: u8, sid: u8, seq: u32, root: &Value, rev: u32) -> Value {
    sealed(
        position,
        sid,
        seq,
        json!({"kind": 4, "target": root, "rev": rev}),
    )
}

fn event(sealed: &Value, place: Value) -> Value {
    let whole = incoming(sealed, "", None);
    let event = json!({"envelope": whole["envelope"], "signature": whole["signature"], "sender_hex": sealed["sender_hex"]});
    with(&event, place)
}

fn message(sealed: &Value, id: u64) -> Value {
    event(sealed, json!({"place": "message", "id": id}))
}

fn reaction(sealed: &Value, id: u64, root: &Value) -> Value {
    event(sealed, json!({"place": "reaction", "id": id, "root": root}))
}

fn name(sealed: &Value) -> Value {
    event(sealed, json!({"place": "name", "sender_hex": null}))
}

fn replay() -> Suite {
    let mut s = Suite::new("replay", "C-311 C-312 C-316 C-926");
    let mut script = |note: &str, events: Vec<(Value, &str)>| {
        let (events, expected): (Vec<_>, Vec<_>) = events.into_iter().unzip();
        let out = s.ok("replay", with(&context(), json!({"events": events})), note);
        assert_eq!(out["verdicts"], json!(expected), "{note}");
    };
    let a = sealed(0, 1, 0, json!({}));
    let b = sealed(0, 1, 1, json!({}));
    let (root_a, root_b) = (&a["msg_ref"], &b["msg_ref"]);
    script(
        "a message once, again, moved",
        vec![
            (message(&a, 1), "fresh gap 0"),
            (message(&a, 1), "known"),
            (message(&a, 2), "E_REPLAY_MSG"),
            (message(&b, 2), "fresh gap 0"),
            (message(&b, 1), "E_REPLAY_MSG"),
            (message(&a, 1), "known"),
        ],
    );
    let react = sealed(1, 2, 0, json!({"kind": 2, "target": root_a}));
    script(
        "a reaction once, again, moved, transplanted",
        vec![
            (message(&a, 1), "fresh gap 0"),
            (message(&b, 2), "fresh gap 0"),
            (reaction(&react, 10, root_a), "fresh gap 0"),
            (reaction(&react, 10, root_a), "known"),
            (reaction(&react, 11, root_a), "E_REPLAY_MSG"),
            (reaction(&react, 11, root_b), "E_REPLAY_MSG"),
            (reaction(&react, 10, root_b), "E_INNER"),
            (message(&react, 3), "E_KIND"),
        ],
    );
    script(
        "a reaction transplanted before it was seen at home",
        vec![
            (reaction(&react, 10, root_b), "E_INNER"),
            (reaction(&react, 10, root_a), "fresh gap 0"),
        ],
    );
    let (first, second) = (edit(0, 1, 2, root_a, 1), edit(0, 1, 3, root_a, 2));
    script(
        "edits in order, then rolled back",
        vec![
            (message(&a, 1), "fresh gap 0"),
            (message(&first, 1), "fresh gap 1"),
            (message(&second, 1), "fresh gap 0"),
            (message(&second, 1), "known"),
            (message(&first, 1), "E_REPLAY_MSG"),
            (message(&a, 1), "E_REPLAY_MSG"),
            (message(&second, 1), "known"),
        ],
    );
    script(
        "a device that sees only the edit, then the original",
        vec![
            (message(&second, 1), "fresh gap 3"),
            (message(&a, 1), "E_REPLAY_MSG"),
            (message(&first, 1), "E_REPLAY_MSG"),
            (message(&second, 1), "known"),
        ],
    );
    let twin = edit(0, 9, 0, root_a, 2);
    script(
        "two devices edit at once: the server's order holds",
        vec![
            (message(&a, 1), "fresh gap 0"),
            (message(&second, 1), "fresh gap 2"),
            (message(&twin, 1), "fresh gap 0"),
            (message(&second, 1), "fresh gap 0"),
            (message(&first, 1), "E_REPLAY_MSG"),
        ],
    );
    let (far, too_far) = (
        edit(0, 1, 4, root_a, 65_538),
        edit(0, 1, 5, root_a, 131_075),
    );
    script(
        "a revision may rise by 65,536",
        vec![
            (message(&a, 1), "fresh gap 0"),
            (message(&second, 1), "fresh gap 2"),
            (message(&far, 1), "fresh gap 0"),
            (message(&too_far, 1), "E_INNER"),
        ],
    );
    let (highest_first, over) = (edit(0, 1, 4, root_a, 65_536), edit(0, 1, 4, root_a, 65_537));
    script(
        "a first revision may be 65,536",
        vec![
            (message(&over, 1), "E_INNER"),
            (message(&highest_first, 1), "fresh gap 4"),
        ],
    );
    let edit_b = edit(0, 1, 6, root_b, 1);
    script(
        "an edit put in another message's place",
        vec![
            (message(&a, 1), "fresh gap 0"),
            (message(&b, 2), "fresh gap 0"),
            (message(&edit_b, 1), "E_INNER"),
            (message(&edit_b, 3), "E_INNER"),
            (message(&edit_b, 2), "fresh gap 4"),
        ],
    );
    script(
        "another message put in a known one's place",
        vec![(message(&a, 1), "fresh gap 0"), (message(&b, 1), "E_INNER")],
    );
    let hostile = edit(1, 2, 1, root_a, 1);
    script(
        "an edit by another member",
        vec![
            (message(&a, 1), "fresh gap 0"),
            (message(&hostile, 1), "E_SENDER"),
            (message(&a, 1), "known"),
        ],
    );
    let named =
        |position, sid, seq, rev: u32| sealed(position, sid, seq, json!({"kind": 3, "rev": rev}));
    let (one, two, also_two, three) = (
        named(0, 3, 0, 1),
        named(1, 4, 0, 2),
        named(2, 5, 0, 2),
        named(0, 3, 1, 3),
    );
    let far = named(2, 5, 1, 70_000);
    script(
        "names rise, are replaced, not rolled back",
        vec![
            (name(&one), "fresh gap 0"),
            (name(&one), "known"),
            (name(&two), "fresh gap 0"),
            (name(&also_two), "fresh gap 0"),
            (name(&one), "E_REPLAY_MSG"),
            (name(&three), "fresh gap 0"),
            (name(&two), "E_REPLAY_MSG"),
            (name(&far), "E_INNER"),
            (message(&one, 1), "E_KIND"),
        ],
    );
    let later = sealed(0, 1, 5, json!({}));
    script(
        "gaps are shown and may close",
        vec![
            (message(&a, 1), "fresh gap 0"),
            (message(&later, 6), "fresh gap 4"),
            (message(&b, 2), "fresh gap 0"),
        ],
    );
    let reused = sealed(0, 1, 0, json!({"salt": rep::<32>(0xee)}));
    let reused_edit = edit(0, 1, 0, root_a, 1);
    let reused_reaction = sealed(0, 1, 0, json!({"kind": 2, "target": root_b}));
    script(
        "a number used twice",
        vec![
            (message(&a, 1), "fresh gap 0"),
            (message(&reused, 2), "E_REPLAY_MSG"),
            (message(&reused, 1), "E_REPLAY_MSG"),
            (message(&reused_edit, 1), "E_REPLAY_MSG"),
            (reaction(&reused_reaction, 10, root_b), "E_REPLAY_MSG"),
        ],
    );
    let forget = json!({"place": "forget", "id": 1});
    script(
        "a deleted message does not come back elsewhere",
        vec![
            (message(&a, 1), "fresh gap 0"),
            (message(&first, 1), "fresh gap 1"),
            (forget, "forgotten"),
            (message(&a, 2), "E_REPLAY_MSG"),
            (message(&first, 2), "E_REPLAY_MSG"),
            (message(&b, 2), "fresh gap 0"),
        ],
    );
    let target = get(
        "call_target",
        json!({"caller_hex": text("c-1"), "callee_hex": text("c-2")}),
    )["target"]
        .clone();
    let back = get(
        "call_target",
        json!({"caller_hex": text("c-2"), "callee_hex": text("c-1")}),
    )["target"]
        .clone();
    let signal = sealed(0, 6, 0, json!({"kind": 5, "target": target}));
    let call = |target: &Value| event(&signal, json!({"place": "call", "target": target}));
    script(
        "call signals",
        vec![
            (call(&back), "E_INNER"),
            (call(&target), "fresh gap 0"),
            (call(&target), "known"),
            (message(&signal, 1), "E_KIND"),
        ],
    );
    let stolen = with(
        &event(&b, json!({"place": "message", "id": 2})),
        json!({"sender_hex": text("bob")}),
    );
    let damaged = with(&message(&b, 2), json!({"signature": a["signature"]}));
    script(
        "what was refused leaves no trace",
        vec![
            (stolen, "E_SENDER"),
            (damaged, "E_SIG"),
            (message(&b, 2), "fresh gap 1"),
        ],
    );
    s
}
