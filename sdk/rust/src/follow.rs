//! Following DMs without gaps or repeats: a cursor per DM, kept across runs, and what was told since.
//!
//! Two sources tell of a message: the server's notices, in order, and `get_message_changes`, in order. Between the two there is
//! no order, so a DM is either settling (what was read may be ahead of the notices, which then only cause another read) or live
//! (the notices are ahead). A DM goes live with the first notice of a message newer than everything that was read: all notices
//! that follow are newer, too. So an older state never replaces a newer one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sotto_protocol::Code;
use sotto_protocol::messages::GetMessageChanges;
use sotto_protocol::objects;
use sotto_protocol::text::{DmId, MessageId, Timestamp};

use crate::client::Inner;
use crate::clock;
use crate::error::{Error, Result};
use crate::model::{Happening, Message};
use crate::read::Page;
use crate::store::{self, Claim, Store};

/// The role of the one process that keeps a profile's cursors.
pub(crate) const ROLE: &str = "follow";

/// Entries that are told before the cursor moves on.
const ADVANCE_AT: usize = 256;

/// Messages per page.
const PAGE: u64 = 200;

/// How long after its end a message is taken away here if the server says nothing.
const GRACE: i64 = 5_000_000;

fn key(dm: DmId) -> String {
    format!("{ROLE}-{dm}")
}

/// What is known of one DM.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Followed {
    /// Everything before it was told.
    cursor: Option<String>,
    /// The newest message that was told.
    newest: Option<Timestamp>,
    /// History from `newest` on is still to be told: the DM is new, or the cursor was too old.
    #[serde(default)]
    filling: bool,
    /// What was told since the cursor: a digest of the state, or none for a message that is gone.
    #[serde(default)]
    shown: BTreeMap<MessageId, Option<String>>,
    #[serde(skip)]
    settling: bool,
    /// A notice or a read failed: nothing of the DM is told until a read has succeeded.
    #[serde(skip)]
    behind: bool,
    /// What the running chain of pages has touched, and the newest message in it.
    #[serde(skip)]
    touched: BTreeSet<MessageId>,
    #[serde(skip)]
    seen: Option<Timestamp>,
    #[serde(skip)]
    changed: bool,
}

impl Followed {
    fn is_newer(&self, wire: &objects::Message) -> bool {
        self.newest.is_none_or(|newest| wire.timestamp > newest)
    }

    fn show(&mut self, wire: &objects::Message) {
        self.shown.insert(wire.id, Some(digest(wire)));
        self.seen = self.seen.max(Some(wire.timestamp));
        self.changed = true;
    }
}

/// What to do with a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Told already.
    Known,
    /// A new message.
    New,
    /// A new state of a message.
    Changed,
    /// Older or newer than what was read: read again.
    Pull,
}

/// What one read brought.
#[derive(Debug, Default)]
pub(crate) struct Pulled {
    pub happenings: Vec<Happening>,
    pub more: bool,
}

#[derive(Debug)]
pub(crate) struct Follower {
    store: Arc<dyn Store>,
    claim: Option<Claim>,
    /// Whether this profile has followed before: then a DM without a cursor is a new one.
    began: bool,
    dms: HashMap<DmId, Followed>,
    /// Messages that destroy themselves, by their end in microseconds.
    ends: BTreeSet<(i64, DmId, MessageId)>,
    /// Messages that went without this device knowing where they had been.
    gone: BTreeSet<MessageId>,
}

#[derive(Default, Serialize, Deserialize)]
struct Began(bool);

impl Follower {
    pub fn open(store: Arc<dyn Store>) -> Result<Self> {
        let began: Option<Began> = store::read_json(&*store, "followed")?;
        Ok(Self {
            claim: store.claim(ROLE)?,
            began: began.is_some_and(|began| began.0),
            dms: HashMap::new(),
            ends: BTreeSet::new(),
            gone: BTreeSet::new(),
            store,
        })
    }

    /// Whether this process keeps the profile's cursors; a second one that follows does so without keeping anything, until the
    /// first is gone.
    pub fn is_owner(&mut self) -> bool {
        if self.claim.is_none() {
            self.claim = self.store.claim(ROLE).unwrap_or_else(|error| {
                tracing::warn!(%error, "the profile's cursors cannot be claimed");
                None
            });
        }
        self.claim.is_some()
    }

    pub fn dms(&self) -> BTreeSet<DmId> {
        self.dms.keys().copied().collect()
    }

    pub fn follows(&self, dm: DmId) -> bool {
        self.dms.contains_key(&dm)
    }

    /// Takes up the cursors after a login. A DM that has none gets one now, before anything of it is read. Answers the DMs that are
    /// new since the last time.
    pub async fn begin(&mut self, inner: &Inner, dms: &[DmId]) -> Result<Vec<DmId>> {
        let mut fresh = Vec::new();
        self.dms.retain(|dm, _| dms.contains(dm));
        for dm in dms {
            if !self.dms.contains_key(dm)
                && let Some(kept) = store::read_json(&*self.store, &key(*dm))?
            {
                self.dms.insert(*dm, kept);
            }
            if !self.dms.contains_key(dm) {
                self.take_up(inner, *dm).await?;
                self.save(*dm);
                if self.began && self.follows(*dm) {
                    fresh.push(*dm);
                }
            }
            if let Some(followed) = self.dms.get_mut(dm) {
                followed.settling = true;
            }
        }
        if !self.began {
            self.began = true;
            if self.is_owner() {
                store::update_json(&*self.store, "followed", |began: &mut Began| began.0 = true)?;
            }
        }
        Ok(fresh)
    }

    /// Begins to follow a DM, from its first message. `false` where it is followed already or out of reach.
    pub async fn adopt(&mut self, inner: &Inner, dm: DmId) -> Result<bool> {
        if self.follows(dm) {
            return Ok(false);
        }
        self.take_up(inner, dm).await?;
        Ok(self.follows(dm))
    }

    async fn take_up(&mut self, inner: &Inner, dm: DmId) -> Result<()> {
        let mut followed = Followed {
            settling: true,
            changed: true,
            filling: self.began,
            ..Followed::default()
        };
        match fresh_cursor(inner, dm).await {
            Ok(cursor) => followed.cursor = Some(cursor),
            Err(error) if error.code() == Some(Code::NoAccess) => return Ok(()),
            Err(error) => return Err(error),
        }
        if !self.began {
            // What is there before the first time belongs to history.
            let newest = inner.page(dm, Page::Newest, 1).await?;
            followed.newest = newest.first().map(|message| message.timestamp);
        }
        self.dms.insert(dm, followed);
        Ok(())
    }

    pub fn drop_dm(&mut self, dm: DmId) {
        self.dms.remove(&dm);
        self.ends.retain(|(_, of, _)| *of != dm);
        if self.is_owner()
            && let Err(error) = self.store.update(&key(dm), &mut |_| None)
        {
            tracing::warn!(%error, "a cursor could not be dropped");
        }
    }

    /// Whether and how a notice is to be told.
    pub fn judge(&mut self, wire: &objects::Message) -> Verdict {
        let Some(followed) = self.dms.get_mut(&wire.dm_id) else {
            return Verdict::Pull;
        };
        if followed.behind {
            return Verdict::Pull;
        }
        if self.gone.contains(&wire.id) {
            return Verdict::Known;
        }
        let newer = followed.is_newer(wire);
        match followed.shown.get(&wire.id) {
            Some(None) => return Verdict::Known,
            Some(Some(shown)) if *shown == digest(wire) => return Verdict::Known,
            Some(Some(_)) if followed.settling => return Verdict::Pull,
            Some(Some(_)) => return Verdict::Changed,
            None => {}
        }
        if followed.filling || (followed.settling && !newer) {
            return Verdict::Pull;
        }
        if newer {
            followed.settling = false;
            Verdict::New
        } else {
            Verdict::Changed
        }
    }

    /// Something of this DM could not be told in its turn.
    pub fn fall_behind(&mut self, dm: DmId) {
        if let Some(followed) = self.dms.get_mut(&dm) {
            followed.behind = true;
        }
    }

    /// A notice was told.
    pub fn shown(&mut self, wire: &objects::Message, message: &Message) {
        if let Some(followed) = self.dms.get_mut(&wire.dm_id) {
            followed.show(wire);
            followed.newest = followed.newest.max(followed.seen);
        }
        self.note_end(message);
    }

    /// A message is gone; `false` where that was told already.
    pub fn delete(&mut self, dm: Option<DmId>, id: MessageId) -> bool {
        match dm.and_then(|dm| self.dms.get_mut(&dm)) {
            Some(followed) => {
                followed.changed = true;
                !matches!(followed.shown.insert(id, None), Some(None))
            }
            None => self.gone.insert(id),
        }
    }

    /// DMs that must be read: so much was told that the cursor must move on, or something could not be told.
    pub fn overdue(&self) -> impl Iterator<Item = DmId> + '_ {
        let full =
            |(dm, followed): (&DmId, &Followed)| (followed.shown.len() > ADVANCE_AT).then_some(*dm);
        self.dms.iter().filter_map(full)
    }

    /// Reads one page of what happened. Called again while there is more.
    pub async fn pull(&mut self, inner: &Inner, dm: DmId) -> Result<Pulled> {
        if !self.follows(dm) && !self.adopt(inner, dm).await? {
            return Ok(Pulled::default());
        }
        let Some(followed) = self.dms.get_mut(&dm) else {
            return Ok(Pulled::default());
        };
        if followed.filling {
            return self.fill(inner, dm).await;
        }
        let request = GetMessageChanges {
            id: dm,
            since: followed.cursor.clone(),
            count: Some(PAGE),
        };
        let changes = match inner.link.patient(&request).await {
            Ok(changes) => changes,
            Err(error) => return self.no_changes(inner, dm, error).await,
        };
        if changes.more && Some(&changes.cursor) == followed.cursor.as_ref() {
            return Err(Error::protocol(
                "get_message_changes",
                "a cursor that stands still",
            ));
        }
        let mut happenings = Vec::new();
        let messages = inner.open_all(dm, &changes.messages).await?;
        let Some(followed) = self.dms.get_mut(&dm) else {
            return Ok(Pulled::default());
        };
        let mut ending = Vec::new();
        for (wire, message) in changes.messages.iter().zip(messages) {
            followed.touched.insert(wire.id);
            let before = followed.shown.get(&wire.id);
            let known = match before {
                Some(None) => true,
                Some(Some(shown)) => *shown == digest(wire),
                None => false,
            };
            if known {
                continue;
            }
            let new = before.is_none() && followed.is_newer(wire);
            followed.show(wire);
            ending.push(message.clone());
            happenings.push(if new {
                Happening::MessageNew(message)
            } else {
                Happening::MessageChanged(message)
            });
        }
        for id in changes.deleted {
            followed.touched.insert(id);
            inner.replays.forget(dm, id);
            let told = matches!(followed.shown.insert(id, None), Some(None));
            if !told && !self.gone.remove(&id) {
                happenings.push(Happening::MessageDeleted { dm: Some(dm), id });
            }
        }
        followed.cursor = Some(changes.cursor);
        followed.changed = true;
        if !changes.more {
            followed.newest = followed.newest.max(followed.seen);
            followed.settling = true;
            followed.behind = false;
            let touched = std::mem::take(&mut followed.touched);
            followed.shown.retain(|id, _| touched.contains(id));
        }
        for message in &ending {
            self.note_end(message);
        }
        Ok(Pulled {
            happenings,
            more: changes.more,
        })
    }

    /// The cursor is no use any more: a new one, then history from where the telling stopped. Or the DM is gone.
    async fn no_changes(&mut self, inner: &Inner, dm: DmId, error: Error) -> Result<Pulled> {
        let happening = match error.code() {
            Some(Code::CursorTooOld) => {
                let cursor = fresh_cursor(inner, dm).await?;
                if let Some(followed) = self.dms.get_mut(&dm) {
                    followed.cursor = Some(cursor);
                    followed.filling = true;
                    followed.shown.clear();
                    followed.changed = true;
                }
                Happening::HistoryReset { dm }
            }
            Some(Code::NoAccess) => {
                self.drop_dm(dm);
                Happening::DmGone { dm }
            }
            _ => return Err(error),
        };
        Ok(Pulled {
            more: self.follows(dm),
            happenings: vec![happening],
        })
    }

    /// Tells history forward, oldest first.
    async fn fill(&mut self, inner: &Inner, dm: DmId) -> Result<Pulled> {
        let newest = self.dms.get(&dm).and_then(|followed| followed.newest);
        let from = newest.or_else(|| Timestamp::from_micros(0));
        let page = from.map_or(Page::Newest, Page::After);
        let wire = inner.page(dm, page, PAGE).await?;
        let messages = inner.open_all(dm, &wire).await?;
        let Some(followed) = self.dms.get_mut(&dm) else {
            return Ok(Pulled::default());
        };
        followed.changed = true;
        if wire.is_empty() {
            followed.filling = false;
        }
        for wire in &wire {
            followed.show(wire);
        }
        followed.newest = followed.newest.max(followed.seen);
        for message in &messages {
            self.note_end(message);
        }
        // What changed since the cursor is read after the last page.
        Ok(Pulled {
            happenings: messages.into_iter().map(Happening::MessageNew).collect(),
            more: true,
        })
    }

    fn note_end(&mut self, message: &Message) {
        if let Some(end) = message.expires {
            self.ends
                .insert((end.micros().saturating_add(GRACE), message.dm, message.id));
        }
    }

    /// How long until a message ends that the server should have taken away.
    pub fn next_expiry(&self) -> Option<Duration> {
        let (end, ..) = self.ends.first()?;
        let wait = end.saturating_sub(clock::micros());
        Some(Duration::from_micros(u64::try_from(wait).unwrap_or(0)))
    }

    /// Messages whose end has come and that are still shown.
    pub fn take_expired(&mut self) -> Vec<(DmId, MessageId)> {
        let now = clock::micros();
        let mut expired = Vec::new();
        while let Some((end, dm, id)) = self.ends.first().copied() {
            if end > now {
                break;
            }
            self.ends.pop_first();
            if self.delete(Some(dm), id) {
                expired.push((dm, id));
            }
        }
        expired
    }

    pub fn save(&mut self, dm: DmId) {
        let owner = self.is_owner();
        let Some(followed) = self.dms.get_mut(&dm).filter(|f| f.changed && owner) else {
            return;
        };
        let bytes = match serde_json::to_vec(followed) {
            Ok(bytes) => bytes,
            Err(error) => {
                tracing::warn!(%error, "a cursor could not be written");
                return;
            }
        };
        match self.store.update(&key(dm), &mut |_| Some(bytes.clone())) {
            Ok(()) => followed.changed = false,
            Err(error) => tracing::warn!(%error, "a cursor could not be kept"),
        }
    }

    pub fn save_all(&mut self) {
        for dm in self.dms() {
            self.save(dm);
        }
    }
}

async fn fresh_cursor(inner: &Inner, dm: DmId) -> Result<String> {
    let request = GetMessageChanges {
        id: dm,
        since: None,
        count: Some(1),
    };
    Ok(inner.link.patient(&request).await?.cursor)
}

/// Stands for a state of a message: equal for equal states, as 32 hex digits.
fn digest(wire: &objects::Message) -> String {
    let mut hash = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    field(wire.sender.as_bytes());
    field(wire.message.as_bytes());
    field(&wire.signature.0);
    field(&[u8::from(wire.pinned)]);
    let end = wire.delete_timestamp.map_or(i64::MIN, Timestamp::micros);
    field(&end.to_be_bytes());
    for reaction in &wire.reactions {
        field(&reaction.id.get().to_be_bytes());
        field(reaction.reaction.as_bytes());
    }
    hex::encode(&hash.finalize()[..16])
}
