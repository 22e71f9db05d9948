//! Two devices' `own_storage` become one (C-505, C-506): nothing that either of them kept is lost.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::{Map, Value};

use super::content::{Content, KeptDm, KeptPin};

/// Two devices saw different first keys for one name: `E_KEY_CHANGED`, for the user to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinConflict {
    /// Whose keys they are.
    pub username: String,
    /// The key that stays pinned until the user decides.
    pub pinned: [u8; 32],
    /// The other one.
    pub other: [u8; 32],
}

impl Content {
    /// Joins this device's content with what the server holds. Where only one value can stay and no rule decides, the server's does.
    pub fn merge(self, theirs: Content) -> (Content, Vec<PinConflict>) {
        let mut conflicts = Vec::new();
        let mut spks = theirs.spks;
        for mine in self.spks {
            match spks.iter_mut().find(|spk| spk.private == mine.private) {
                Some(same) => {
                    same.retired_at = earlier(same.retired_at, mine.retired_at);
                    same.extra = join(mine.extra, std::mem::take(&mut same.extra));
                }
                None => spks.push(mine),
            }
        }
        spks.sort_by_key(|spk| (spk.created_at, *spk.private.expose()));
        let mut pins = theirs.pins;
        for (username, mine) in self.pins {
            match pins.entry(username) {
                Entry::Vacant(free) => drop(free.insert(mine)),
                Entry::Occupied(mut taken) => {
                    let theirs = taken.get().clone();
                    let conflict = (mine.ik != theirs.ik && !mine.by_user && !theirs.by_user)
                        .then_some((mine.ik.0, theirs.ik.0));
                    let chosen = merge_pin(mine, theirs);
                    if let Some((mine, theirs)) = conflict {
                        let pinned = chosen.ik.0;
                        conflicts.push(PinConflict {
                            username: taken.key().clone(),
                            pinned,
                            other: if pinned == mine { theirs } else { mine },
                        });
                    }
                    taken.insert(chosen);
                }
            }
        }
        let dms = union(self.dms, theirs.dms, merge_dm);
        let mut pending = union(self.pending, theirs.pending, |_, theirs| theirs);
        // A group that one device has bound to its DM is pending nowhere.
        pending.retain(|gi_hash, _| {
            dms.values()
                .all(|dm| hex::encode(dm.group_id.0) != *gi_hash)
        });
        let content = Content {
            v: self.v.max(theirs.v),
            spks,
            dms,
            pending,
            pins,
            extra: join(self.extra, theirs.extra),
        };
        (content, conflicts)
    }
}

fn union<K: Ord, V>(
    mine: BTreeMap<K, V>,
    mut theirs: BTreeMap<K, V>,
    both: impl Fn(V, V) -> V,
) -> BTreeMap<K, V> {
    for (key, value) in mine {
        let value = match theirs.remove(&key) {
            Some(other) => both(value, other),
            None => value,
        };
        theirs.insert(key, value);
    }
    theirs
}

fn merge_dm(mine: KeptDm, theirs: KeptDm) -> KeptDm {
    // A DM id belongs to one group for ever. Were there two, the first that reached the server stays.
    if mine.group_id != theirs.group_id {
        return theirs;
    }
    let left_at = earlier(mine.left_at, theirs.left_at);
    let mut epochs = theirs.epochs;
    for epoch in mine.epochs {
        if epochs.iter().all(|other| other.gi_hash != epoch.gi_hash) {
            epochs.push(epoch);
        }
    }
    epochs.sort_by_key(|epoch| (epoch.e, epoch.gi_hash.0));
    if left_at.is_some() {
        epochs.clear();
    }
    KeptDm {
        group_id: theirs.group_id,
        epochs,
        left_at,
        extra: join(mine.extra, theirs.extra),
    }
}

fn merge_pin(mine: KeptPin, theirs: KeptPin) -> KeptPin {
    let same_key = mine.ik == theirs.ik;
    let highest = mine.spk_created_at.max(theirs.spk_created_at);
    // A decision beats first sight, and the later of two decisions wins; of two first sights the first one is that.
    let rank = |pin: &KeptPin| {
        let time = i128::from(pin.decided_at);
        (
            pin.by_user,
            if pin.by_user { time } else { -time },
            pin.verified,
            pin.ik.0,
        )
    };
    let (winner, loser) = if rank(&mine) > rank(&theirs) {
        (mine, theirs)
    } else {
        (theirs, mine)
    };
    if same_key {
        KeptPin {
            spk_created_at: highest,
            extra: join(loser.extra, winner.extra),
            ..winner
        }
    } else {
        winner
    }
}

fn earlier(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}

/// Joins what this version does not understand, key by key, objects in depth; `theirs` wins.
fn join(mine: Map<String, Value>, mut theirs: Map<String, Value>) -> Map<String, Value> {
    for (key, value) in mine {
        let joined = match (value, theirs.remove(&key)) {
            (mine, None) => mine,
            (Value::Object(mine), Some(Value::Object(theirs))) => Value::Object(join(mine, theirs)),
            (_, Some(theirs)) => theirs,
        };
        theirs.insert(key, joined);
    }
    theirs
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use serde_json::json;

    fn content(json: Value) -> Content {
        serde_json::from_value(json).unwrap()
    }

    fn hex32(byte: u8) -> String {
        hex::encode([byte; 32])
    }

    fn pin(ik: u8, decided_at: u64, by_user: bool) -> Value {
        json!({"bob": {"ik": hex32(ik), "spk_created_at": ik, "verified": by_user, "decided_at": decided_at, "by_user": by_user}})
    }

    fn dm(secret: u8) -> Value {
        json!({"group_id": hex32(secret), "epochs": [{"e": 0, "secret": hex32(secret), "gi_hash": hex32(secret)}]})
    }

    /// Merges both ways round and demands the same outcome.
    fn merged(a: &Value, b: &Value) -> (Content, Vec<PinConflict>) {
        let one = content(a.clone()).merge(content(b.clone()));
        let other = content(b.clone()).merge(content(a.clone()));
        assert_eq!(one, other, "the order of devices must not matter");
        let again = one.0.clone().merge(one.0.clone());
        assert_eq!(
            again,
            (one.0.clone(), vec![]),
            "merging twice changes nothing"
        );
        one
    }

    #[test]
    fn c_505_keys_of_both_devices_are_kept() {
        let a = json!({"v": 1, "spks": [{"created_at": 1, "private": hex32(1), "retired_at": 9}], "dms": {"7": dm(7)}});
        let b = json!({"v": 1, "spks": [{"created_at": 1, "private": hex32(1)}, {"created_at": 2, "private": hex32(2)}], "dms": {"8": dm(8)}});
        let (both, conflicts) = merged(&a, &b);
        assert!(conflicts.is_empty());
        assert_eq!(both.dms.len(), 2);
        assert_eq!(both.spks.len(), 2);
        assert_eq!(both.spks[0].retired_at, Some(9));
        assert_eq!(both.current_prekey().unwrap().expose(), &[2; 32]);
    }

    #[test]
    fn c_505_a_dm_that_was_left_stays_left() {
        let a = json!({"v": 1, "dms": {"7": {"group_id": hex32(7), "left_at": 5}}});
        let b = json!({"v": 1, "dms": {"7": dm(7)}});
        let (both, _) = merged(&a, &b);
        let kept = both.dms.values().next().unwrap();
        assert!(kept.epochs.is_empty());
        assert_eq!(kept.left_at, Some(5));
    }

    #[test]
    fn c_506_pins_follow_the_rules() {
        for (a, b, wins, conflict) in [
            // The same key: nothing to decide.
            (pin(1, 5, false), pin(1, 6, false), 1, false),
            // A decision beats first sight, however old it is.
            (pin(1, 1, true), pin(2, 9, false), 1, false),
            // The later decision wins.
            (pin(1, 1, true), pin(2, 9, true), 2, false),
            // Two first sights: the user must decide; until then the earlier stays.
            (pin(1, 5, false), pin(2, 4, false), 2, true),
        ] {
            let (both, conflicts) =
                merged(&json!({"v": 1, "pins": a}), &json!({"v": 1, "pins": b}));
            assert_eq!(both.pins["bob"].ik.0, [wins; 32], "{a} {b}");
            assert_eq!(!conflicts.is_empty(), conflict, "{a} {b}");
        }
    }

    #[test]
    fn c_506_a_pin_keeps_the_highest_prekey_time_of_both() {
        let mut a = pin(1, 5, true);
        a["bob"]["spk_created_at"] = json!(50);
        let (both, _) = merged(
            &json!({"v": 1, "pins": a}),
            &json!({"v": 1, "pins": pin(1, 6, true)}),
        );
        assert_eq!(both.pins["bob"].spk_created_at, 50);
    }

    #[test]
    fn c_503_what_is_not_understood_is_kept_at_every_depth() {
        let a = json!({"v": 1, "theme": {"dark": true}, "dms": {"7": {"group_id": hex32(7), "muted": true, "left_at": 3}}});
        let b = json!({"v": 1, "theme": {"size": 3}, "dms": {"7": {"group_id": hex32(7), "colour": "red"}}});
        let (both, _) = merged(&a, &b);
        let json = serde_json::to_value(&both).unwrap();
        assert_eq!(json["theme"], json!({"dark": true, "size": 3}));
        assert_eq!(json["dms"]["7"]["muted"], json!(true));
        assert_eq!(json["dms"]["7"]["colour"], json!("red"));
    }

    #[test]
    fn a_group_bound_by_one_device_is_pending_on_none() {
        let a = json!({"v": 1, "pending": {hex32(7): {"secret": hex32(7), "at": 1}}});
        let b = json!({"v": 1, "dms": {"7": dm(7)}});
        let (both, _) = merged(&a, &b);
        assert!(both.pending.is_empty());
        assert_eq!(both.dms.len(), 1);
    }
}
