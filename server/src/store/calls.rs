//! Who is in which call: in memory alone, yet changed with the transaction like everything else, so that notices stay in commit order.

use std::collections::{BTreeMap, HashMap};

use sotto_protocol::text::DmId;

use super::UserId;

/// A connection's number, unique as long as the process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(pub u64);

/// A member's place in a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// How the device is to be reached, in the client's words.
    pub uuid: String,
    /// The connection that holds the place.
    pub device: DeviceId,
}

/// All calls of this process.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    by_dm: HashMap<DmId, BTreeMap<UserId, Place>>,
}

impl Calls {
    /// Everyone in a DM's call.
    pub fn of(&self, dm: DmId) -> impl Iterator<Item = (UserId, &Place)> {
        self.by_dm
            .get(&dm)
            .into_iter()
            .flatten()
            .map(|(user, place)| (*user, place))
    }

    /// One member's place in a DM's call.
    pub fn place(&self, dm: DmId, user: UserId) -> Option<&Place> {
        self.by_dm.get(&dm)?.get(&user)
    }

    /// The calls in which this connection holds its user's place.
    pub fn held_by(&self, user: UserId, device: DeviceId) -> Vec<DmId> {
        let holds = |places: &BTreeMap<UserId, Place>| {
            places
                .get(&user)
                .is_some_and(|place| place.device == device)
        };
        let mut held: Vec<_> = self
            .by_dm
            .iter()
            .filter(|(_, places)| holds(places))
            .map(|(dm, _)| *dm)
            .collect();
        held.sort_unstable();
        held
    }

    /// Takes the user's place, from another device of the same user too.
    pub(super) fn join(&mut self, dm: DmId, user: UserId, place: Place) {
        self.by_dm.entry(dm).or_default().insert(user, place);
    }

    /// Gives the user's place back; whether there was one.
    pub(super) fn leave(&mut self, dm: DmId, user: UserId) -> bool {
        let Some(places) = self.by_dm.get_mut(&dm) else {
            return false;
        };
        let left = places.remove(&user).is_some();
        if places.is_empty() {
            self.by_dm.remove(&dm);
        }
        left
    }
}
