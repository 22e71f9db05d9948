//! What was seen of each DM's envelopes, kept across runs: opens what comes and refuses what comes back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sotto_crypto::envelope::split_name;
use sotto_crypto::replay::{Place, Received, Replay};
use sotto_protocol::objects;
use sotto_protocol::text::{DmId, MessageId, Timestamp};

use crate::clock;
use crate::error::Result;
use crate::groups::Group;
use crate::model::{Content, Message, Reaction, Unreadable};
use crate::store::Store;

#[derive(Debug)]
pub(crate) struct Replays {
    store: Arc<dyn Store>,
    known: Mutex<HashMap<DmId, Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    replay: Replay,
    /// The highest revision of the DM's name, also while it has none.
    name_rev: u32,
    changed: bool,
}

impl Kept {
    fn to_bytes(&self) -> Vec<u8> {
        [&self.name_rev.to_be_bytes()[..], &self.replay.to_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (name_rev, replay) = bytes.split_first_chunk()?;
        Some(Self {
            replay: Replay::from_bytes(replay)?,
            name_rev: u32::from_be_bytes(*name_rev),
            changed: false,
        })
    }
}

fn key(dm: DmId) -> String {
    format!("replay-{dm}")
}

impl Replays {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            known: Mutex::default(),
        }
    }

    fn with<R>(&self, dm: DmId, act: impl FnOnce(&mut Kept) -> R) -> R {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = known.entry(dm).or_insert_with(|| {
            let bytes = self.store.read(&key(dm)).unwrap_or_else(|error| {
                tracing::warn!(%error, "what was seen of a DM cannot be read");
                None
            });
            bytes
                .and_then(|bytes| Kept::from_bytes(&bytes))
                .unwrap_or_default()
        });
        act(kept)
    }

    /// Opens one envelope with all the checks of 2.8.
    pub fn receive(
        &self,
        group: &Group,
        place: Place,
        sender: Option<&str>,
        envelope: &[u8],
        signature: &[u8],
    ) -> std::result::Result<Received, Unreadable> {
        self.with(group.dm, |kept| {
            let received =
                kept.replay
                    .receive(&group.context, place, sender, envelope, signature)?;
            kept.changed |= received.fresh;
            Ok(received)
        })
    }

    /// Opens a message with its reactions. What cannot be opened is marked so.
    pub fn message(&self, group: &Group, wire: &objects::Message) -> Message {
        let received = self.opened(group, wire);
        let root = match &received {
            Ok(received) => Ok(received.opened.root()),
            Err(why) => Err(why.clone()),
        };
        let reactions = wire.reactions.iter().map(|reaction| Reaction {
            id: reaction.id,
            sender: reaction.sender.clone(),
            text: match &root {
                Ok(root) => self.reaction(group, *root, reaction),
                Err(why) => Err(why.clone()),
            },
        });
        let reactions = reactions.collect();
        let missing_before = received.as_ref().map_or(0, |received| received.gap);
        let own_limit = received
            .as_ref()
            .ok()
            .and_then(|received| end_of_life(wire, received.opened.expire_s));
        Message {
            id: wire.id,
            dm: wire.dm_id,
            sender: wire.sender.clone(),
            timestamp: wire.timestamp,
            expires: match (wire.delete_timestamp, own_limit) {
                (Some(server), Some(sender)) => Some(server.min(sender)),
                (one, other) => one.or(other),
            },
            pinned: wire.pinned,
            content: received.and_then(|received| content(wire, received)),
            reactions,
            missing_before,
        }
    }

    /// The sender's own limit on the life of a message, in seconds; 0: none, or it cannot be opened.
    pub fn limit(&self, group: &Group, wire: &objects::Message) -> u32 {
        self.opened(group, wire)
            .map_or(0, |received| received.opened.expire_s)
    }

    fn opened(
        &self,
        group: &Group,
        wire: &objects::Message,
    ) -> std::result::Result<Received, Unreadable> {
        self.receive(
            group,
            Place::Message(wire.id.get()),
            Some(&wire.sender),
            wire.message.as_bytes(),
            &wire.signature.0,
        )
    }

    fn reaction(
        &self,
        group: &Group,
        root: [u8; 32],
        wire: &objects::Reaction,
    ) -> std::result::Result<String, Unreadable> {
        let place = Place::Reaction {
            id: wire.id.get(),
            root,
        };
        let bytes = wire.reaction.as_bytes();
        self.receive(group, place, Some(&wire.sender), bytes, &wire.signature.0)
            .map(|received| received.opened.body)
    }

    /// Opens a DM's name: the text and its revision.
    pub fn name(&self, group: &Group, hex: &str) -> std::result::Result<(String, u32), Unreadable> {
        let bytes = sotto_crypto::hex::decode(hex)?;
        let (envelope, signature) = split_name(&bytes)?;
        let received = self.receive(group, Place::Name, None, envelope, signature)?;
        let rev = received.opened.rev;
        self.with(group.dm, |kept| kept.name_rev = kept.name_rev.max(rev));
        Ok((received.opened.body, rev))
    }

    /// The highest revision that this device has seen of a DM's name, 0 for none.
    pub fn highest_name(&self, dm: DmId) -> u32 {
        self.with(dm, |kept| kept.name_rev)
    }

    /// A message is gone.
    pub fn forget(&self, dm: DmId, message: MessageId) {
        self.with(dm, |kept| {
            kept.changed |= kept.replay.root(message.get()).is_some();
            kept.replay.forget(message.get());
        });
    }

    /// A DM is gone.
    pub fn forget_dm(&self, dm: DmId) -> Result<()> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&dm);
        self.store.update(&key(dm), &mut |_| None)
    }

    /// Keeps what was learnt since the last time.
    pub fn save(&self) -> Result<()> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for (dm, kept) in known.iter_mut().filter(|(_, kept)| kept.changed) {
            let bytes = kept.to_bytes();
            self.store.update(&key(*dm), &mut |_| Some(bytes.clone()))?;
            kept.changed = false;
        }
        Ok(())
    }
}

fn content(
    wire: &objects::Message,
    received: Received,
) -> std::result::Result<Content, Unreadable> {
    let opened = received.opened;
    if expired(wire, opened.expire_s) {
        return Err(Unreadable {
            code: "E_EXPIRED",
            sentence: "This message has destroyed itself, and the server still shows it".to_owned(),
        });
    }
    Ok(Content {
        reference: opened.root(),
        reply_to: (opened.rev == 0 && opened.target != [0; 32]).then_some(opened.target),
        revision: opened.rev,
        written_ms: opened.sent_at_ms,
        text: opened.body,
    })
}

/// The sender's own limit, which holds whatever the server says.
fn end_of_life(wire: &objects::Message, expire_s: u32) -> Option<Timestamp> {
    let end = wire.timestamp.micros() + i64::from(expire_s) * 1_000_000;
    Timestamp::from_micros(end).filter(|_| expire_s > 0)
}

/// Whether that limit is past. A minute is allowed for clocks that differ.
fn expired(wire: &objects::Message, expire_s: u32) -> bool {
    const LENIENCE: i64 = 60_000_000;
    let end = end_of_life(wire, expire_s);
    end.is_some_and(|end| clock::micros() > end.micros().saturating_add(LENIENCE))
}
