//! The people and the group that the suites share; the golden inputs of the specification.
use crate::{get, rep, text, with};
use serde_json::{Value, json};

pub const NAMES: [&str; 3] = ["alice", "bob", "\u{c7}arol"];

/// The account of a name: R is its number repeated.
pub fn account(number: u8) -> Value {
    get("account", json!({"r": rep::<32>(number)}))
}

/// A bundle of person `number` with its prekey, as create takes it.
pub fn bundle(name: &str, number: u8, spk_priv: u8, created_at: u64) -> Value {
    let account = account(number);
    let input = json!({"ik_seed": account["ik_seed"], "spk_priv": rep::<32>(spk_priv), "created_at": created_at});
    let spk = get("spk_make", input);
    json!({"name_hex": text(name), "ik": account["ik"], "spk": spk["spk"], "sig": spk["sig"]})
}

/// What alice creates the group of three from.
pub fn create_input() -> Value {
    json!({
        "ik_seed": account(1)["ik_seed"],
        "name_hex": text("alice"),
        "created_at": 1_700_000_100,
        "bundles": [bundle("bob", 2, 0x12, 1_700_000_000), bundle(NAMES[2], 3, 0x13, 1_700_000_001)],
        "pins": [],
        "nonce": rep::<32>(0x41),
        "eks": [rep::<32>(0x21), rep::<32>(0x22)],
        "leaf": rep::<32>(0x31),
        "padding": [rep::<32>(0x33)],
    })
}

/// The notification for bob (1) or Çarol (2), with the receiver's own secrets.
pub fn notification(position: usize) -> Value {
    let created = get("group_create", create_input());
    let me = account(u8::try_from(position + 1).unwrap());
    let prekey = [(0x12, 1_700_000_000_u64), (0x13, 1_700_000_001)][position - 1];
    json!({
        "ik_seed": me["ik_seed"],
        "name_hex": text(NAMES[position]),
        "prekeys": [{"spk_priv": rep::<32>(prekey.0), "created_at": prekey.1}],
        "pins": [],
        "known": [],
        "sender_hex": text("alice"),
        "ik": account(1)["ik"],
        "spk": created["messages"][position - 1]["spk"],
        "ek": created["messages"][position - 1]["ek"],
        "key_tree": created["key_tree"],
        "position": position,
        "dm_id": 7,
        "info": created["info"],
    })
}

/// What a member needs to seal and open.
pub fn context() -> Value {
    let created = get("group_create", create_input());
    json!({"info": created["info"], "gi_hash": created["gi_hash"], "group_secret": created["group_secret"]})
}

/// The input for member `position` to seal a message with the session byte `sid`, number and salt
/// byte given.
pub fn draft(position: u8, sid: u8, seq: u32, body: &str) -> Value {
    let salt = format!("{}{:08x}{}", rep::<20>(sid), seq, rep::<8>(position));
    let rest = json!({
        "ik_seed": account(position + 1)["ik_seed"],
        "position": position,
        "kind": 1,
        "target": rep::<32>(0),
        "rev": 0,
        "sent_at_ms": 1_700_000_200_000_u64,
        "expire_s": 0,
        "body_hex": text(body),
        "sid": rep::<8>(sid),
        "seq": seq,
        "salt": salt,
    });
    with(&context(), rest)
}
