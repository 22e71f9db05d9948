//! What stands in `own_storage` (C-503): prekeys, group secrets, pins. Keys that this version does not know are kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sotto_crypto::bundle::{Pin, Pins};
use sotto_crypto::group::{GroupContext, KnownGroups};
use sotto_crypto::keys::Prekey;
use sotto_protocol::text::{DmId, Fixed};

use crate::secret::Secret32;

/// How long a retired prekey is kept, in seconds (120 days): longer than the 90 days of a pending invitation.
const KEEP_RETIRED: u64 = 120 * 24 * 3_600;

/// How long the secret of a group that never got a DM is kept, in seconds (120 days).
const KEEP_PENDING: u64 = 120 * 24 * 3_600;

/// The age at which a prekey is replaced, in seconds (30 days).
pub const ROTATE_AFTER: u64 = 30 * 24 * 3_600;

/// The JSON inside the blob.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// The form of this content.
    pub v: u32,
    /// One's own prekeys, the current and the retired ones.
    #[serde(default)]
    pub spks: Vec<KeptPrekey>,
    /// The groups behind the DMs; those that were left stay as tombstones.
    #[serde(default)]
    pub dms: BTreeMap<DmId, KeptDm>,
    /// Groups that were sent to the server and whose DM id has not come back yet, by `gi_hash` in hex.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pending: BTreeMap<String, PendingGroup>,
    /// Other people's keys, by username.
    #[serde(default)]
    pub pins: BTreeMap<String, KeptPin>,
    /// What newer versions added.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Default for Content {
    fn default() -> Self {
        Self {
            v: 1,
            spks: Vec::new(),
            dms: BTreeMap::new(),
            pending: BTreeMap::new(),
            pins: BTreeMap::new(),
            extra: Map::new(),
        }
    }
}

/// A prekey with its private half.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptPrekey {
    /// When it was made, in seconds since 1970 UTC.
    pub created_at: u64,
    /// The private half.
    pub private: Secret32,
    /// When a newer one took its place, in seconds since 1970 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<u64>,
    /// What newer versions added.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The group behind a DM.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptDm {
    /// The group's lasting name.
    pub group_id: Fixed<32>,
    /// Its secrets, one per epoch; none any more once the DM was left.
    #[serde(default)]
    pub epochs: Vec<KeptEpoch>,
    /// When the DM was left, in seconds since 1970 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_at: Option<u64>,
    /// What newer versions added.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The secret of one epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptEpoch {
    /// The epoch, 0 throughout `sotto/1`.
    pub e: u32,
    /// `group_secret`.
    pub secret: Secret32,
    /// `gi_hash`.
    pub gi_hash: Fixed<32>,
    /// What newer versions added.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A group without a DM id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PendingGroup {
    /// `group_secret`.
    pub secret: Secret32,
    /// When it was sent, in seconds since 1970 UTC.
    pub at: u64,
}

/// What is remembered of another person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptPin {
    /// The identity key.
    pub ik: Fixed<32>,
    /// The highest `created_at` of a prekey seen, in seconds since 1970 UTC.
    #[serde(default)]
    pub spk_created_at: u64,
    /// Whether the user has compared safety numbers.
    #[serde(default)]
    pub verified: bool,
    /// When the key was first seen or accepted, in seconds since 1970 UTC.
    #[serde(default)]
    pub decided_at: u64,
    /// Whether the user decided; else it was first sight.
    #[serde(default)]
    pub by_user: bool,
    /// What newer versions added.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Content {
    /// Adds a prekey that becomes the current one.
    pub fn add_prekey(&mut self, prekey: &Prekey) {
        let created_at = prekey.spk().created_at();
        for old in &mut self.spks {
            old.retired_at.get_or_insert(created_at);
        }
        self.spks.push(KeptPrekey {
            created_at,
            private: Secret32::new(*prekey.expose()),
            retired_at: None,
            extra: Map::new(),
        });
    }

    /// The current prekey: the newest that is not retired.
    pub fn current_prekey(&self) -> Option<Prekey> {
        let current = self.spks.iter().filter(|spk| spk.retired_at.is_none());
        current
            .max_by_key(|spk| spk.created_at)
            .map(KeptPrekey::prekey)
    }

    /// All prekeys that an invitation may name.
    pub fn prekeys(&self) -> Vec<Prekey> {
        self.spks.iter().map(KeptPrekey::prekey).collect()
    }

    /// Drops what has outlived its use.
    pub fn tidy(&mut self, now: u64) {
        self.spks.retain(|spk| {
            spk.retired_at
                .is_none_or(|at| now.saturating_sub(at) < KEEP_RETIRED)
        });
        self.pending
            .retain(|_, group| now.saturating_sub(group.at) < KEEP_PENDING);
    }

    /// Keeps the secret of a DM's group.
    pub fn keep_group(&mut self, dm: DmId, context: &GroupContext) {
        let gi_hash = Fixed(*context.gi_hash());
        self.pending.remove(&hex::encode(context.gi_hash()));
        let kept = self.dms.entry(dm).or_insert_with(|| KeptDm {
            group_id: Fixed(*context.group_id()),
            epochs: Vec::new(),
            left_at: None,
            extra: Map::new(),
        });
        if kept.left_at.is_none() && kept.epochs.iter().all(|epoch| epoch.gi_hash != gi_hash) {
            kept.epochs.push(KeptEpoch {
                e: context.epoch(),
                secret: Secret32::new(*context.secret().expose()),
                gi_hash,
                extra: Map::new(),
            });
        }
    }

    /// Turns a DM that was left into a tombstone.
    pub fn bury(&mut self, dm: DmId, now: u64) {
        if let Some(kept) = self.dms.get_mut(&dm) {
            kept.epochs.clear();
            kept.left_at.get_or_insert(now);
        }
    }

    /// The newest secret of a DM's group.
    pub fn epoch(&self, dm: DmId) -> Option<&KeptEpoch> {
        self.dms.get(&dm)?.epochs.iter().max_by_key(|epoch| epoch.e)
    }

    /// Takes what a check of someone's keys found: first sight, or a newer prekey under the pinned key.
    pub fn note_pin(&mut self, username: &str, pin: &Pin, now: u64) {
        let kept = self
            .pins
            .entry(username.to_owned())
            .or_insert_with(|| KeptPin {
                ik: Fixed(pin.ik),
                spk_created_at: pin.spk_created_at,
                verified: false,
                decided_at: now,
                by_user: false,
                extra: Map::new(),
            });
        if kept.ik.0 == pin.ik {
            kept.spk_created_at = kept.spk_created_at.max(pin.spk_created_at);
        }
    }

    /// The user decides for a key.
    pub fn decide_pin(&mut self, username: &str, ik: [u8; 32], verified: bool, now: u64) {
        let old = self.pins.remove(username);
        let same = old.filter(|pin| pin.ik.0 == ik);
        self.pins.insert(
            username.to_owned(),
            KeptPin {
                ik: Fixed(ik),
                spk_created_at: same.as_ref().map_or(0, |pin| pin.spk_created_at),
                verified,
                decided_at: now,
                by_user: true,
                extra: same.map(|pin| pin.extra).unwrap_or_default(),
            },
        );
    }
}

impl KeptPrekey {
    fn prekey(&self) -> Prekey {
        Prekey::new(*self.private.expose(), self.created_at)
    }
}

impl Pins for Content {
    fn pin(&self, username: &str) -> Option<Pin> {
        self.pins.get(username).map(|pin| Pin {
            ik: pin.ik.0,
            spk_created_at: pin.spk_created_at,
            verified: pin.verified,
        })
    }
}

impl KnownGroups for Content {
    fn dm_of(&self, group_id: &[u8; 32]) -> Option<u64> {
        self.dms
            .iter()
            .find(|(_, dm)| dm.group_id.0 == *group_id)
            .map(|(id, _)| id.get())
    }

    fn group_of(&self, dm_id: u64) -> Option<[u8; 32]> {
        let kept = self.dms.get(&DmId::new(dm_id)?)?;
        Some(kept.group_id.0)
    }
}
