//! What a client remembers of a DM's envelopes, so that none is repeated, moved or rolled back
//! (C-311, C-312, C-316).
use crate::encode::Reader;
use crate::envelope::{Incoming, Opened, Slot, check_target, open_untargeted};
use crate::error::{Refusal, Result};
use crate::group::GroupContext;
use std::collections::BTreeMap;

/// How far a revision may be above the highest one seen.
pub const MAX_REV_STEP: u32 = 65_536;

/// Where on the wire an envelope stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The Message object with this id.
    Message(u64),
    /// The Reaction object with this id, on a message with this root reference.
    Reaction {
        /// The reaction's id.
        id: u64,
        /// The root reference of the message it is attached to.
        root: [u8; 32],
    },
    /// The DM's name.
    Name,
    /// A call signal with this target, from [`call_target`](crate::envelope::call_target).
    Call {
        /// The target.
        target: [u8; 32],
    },
}

/// A [`Place`] without what is only expected of it: what an envelope is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    Message(u64),
    Reaction(u64),
    Name,
    Call,
}

impl Place {
    fn spot(self) -> Spot {
        match self {
            Self::Message(id) => Spot::Message(id),
            Self::Reaction { id, .. } => Spot::Reaction(id),
            Self::Name => Spot::Name,
            Self::Call { .. } => Spot::Call,
        }
    }
}

/// What was shown last in a place that has revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Current {
    rev: u32,
    msg_ref: [u8; 32],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct MessageState {
    root: [u8; 32],
    author: u32,
    current: Current,
}

/// The session and number of an envelope.
type Stamped = (u32, [u8; 8], u32);

/// The memory of one DM. Keep it as long as the DM; [`Self::to_bytes`] stores it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replay {
    seen: BTreeMap<Stamped, (Spot, [u8; 32])>,
    messages: BTreeMap<u64, MessageState>,
    roots: BTreeMap<[u8; 32], u64>,
    name: Option<Current>,
}

/// An envelope that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its content.
    pub opened: Opened,
    /// False if this very envelope stands in this place already: nothing to do.
    pub fresh: bool,
    /// How many envelopes of this session, between the highest known and this one, have not been
    /// seen. They may still come, be older than what was loaded, or be withheld; if they stay away,
    /// show the gap.
    pub gap: u32,
}

impl Replay {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens an envelope and makes every check of C-309, in its order; on success it is remembered,
    /// on refusal nothing changes. `sender` is the one the server names, none for a DM's name.
    ///
    /// # Errors
    /// Those of [`crate::envelope::open`] up to the limits of the body; [`Refusal::ReplayMsg`] if
    /// (sender, session, number) was seen with other bytes or in another place; [`Refusal::Inner`]
    /// if the target is not the message it is attached to; [`Refusal::Sender`] for an edit by
    /// another than the message's author; [`Refusal::ReplayMsg`] for a revision below the highest
    /// seen; [`Refusal::Inner`] for one more than 65,536 above it.
    pub fn receive(
        &mut self,
        context: &GroupContext,
        place: Place,
        sender: Option<&str>,
        envelope: &[u8],
        signature: &[u8],
    ) -> Result<Received> {
        let slot = match place {
            Place::Message(id) => Slot::Message {
                root: self.messages.get(&id).map(|m| m.root),
            },
            Place::Reaction { root, .. } => Slot::Reaction { root },
            Place::Name => Slot::Name,
            Place::Call { target } => Slot::Call { target },
        };
        let opened = open_untargeted(
            context,
            &Incoming {
                slot,
                sender,
                envelope,
                signature,
            },
        )?;
        let key = (opened.position, opened.sid, opened.seq);
        let mark = (place.spot(), opened.msg_ref);
        let seen = self.seen.get(&key);
        if seen.is_some_and(|earlier| *earlier != mark) {
            return Err(Refusal::ReplayMsg);
        }
        check_target(slot, &opened)?;
        let fresh = match place {
            Place::Message(id) => self.check_message(id, &opened)?,
            Place::Name => check_rev(self.name.as_ref(), &opened)?,
            Place::Reaction { .. } | Place::Call { .. } => seen.is_none(),
        };
        let gap = if seen.is_some() { 0 } else { self.gap(&opened) };
        self.seen.insert(key, mark);
        if fresh {
            self.note(place, &opened);
        }
        Ok(Received { opened, fresh, gap })
    }

    /// Forgets what a deleted or expired message showed. Its envelopes stay known, so that they
    /// cannot come back elsewhere.
    pub fn forget(&mut self, message_id: u64) {
        if let Some(message) = self.messages.remove(&message_id) {
            self.roots.remove(&message.root);
        }
    }

    /// The root reference of a message, once it was received: what its reactions and edits aim at.
    #[must_use]
    pub fn root(&self, message_id: u64) -> Option<[u8; 32]> {
        self.messages.get(&message_id).map(|m| m.root)
    }

    fn check_message(&self, id: u64, opened: &Opened) -> Result<bool> {
        let known = self.messages.get(&id);
        // The slot compared the root with this message's; here it must not be another message's
        // either.
        if self.roots.get(&opened.root()).is_some_and(|at| *at != id) {
            return Err(Refusal::Inner);
        }
        if known.is_some_and(|m| m.author != opened.position) {
            return Err(Refusal::Sender);
        }
        check_rev(known.map(|m| &m.current), opened)
    }

    fn note(&mut self, place: Place, opened: &Opened) {
        let current = Current {
            rev: opened.rev,
            msg_ref: opened.msg_ref,
        };
        match place {
            Place::Message(id) => {
                self.roots.insert(opened.root(), id);
                let state = MessageState {
                    root: opened.root(),
                    author: opened.position,
                    current,
                };
                self.messages.insert(id, state);
            }
            Place::Name => self.name = Some(current),
            Place::Reaction { .. } | Place::Call { .. } => {}
        }
    }

    fn gap(&self, opened: &Opened) -> u32 {
        let session = |seq| (opened.position, opened.sid, seq);
        let before = self.seen.range(session(0)..session(opened.seq)).next_back();
        before.map_or(opened.seq, |((_, _, last), _)| opened.seq - last - 1)
    }
}

/// True if `opened` replaces what is current, false if it is what is current.
fn check_rev(current: Option<&Current>, opened: &Opened) -> Result<bool> {
    let highest = current.map_or(0, |c| c.rev);
    if current.is_some_and(|c| c.msg_ref == opened.msg_ref) {
        Ok(false)
    } else if opened.rev < highest {
        Err(Refusal::ReplayMsg)
    } else if opened.rev - highest > MAX_REV_STEP {
        Err(Refusal::Inner)
    } else {
        Ok(true)
    }
}

const MAGIC: &[u8; 4] = b"STR1";

/// Storing: a layout of this crate's own, no part of `sotto/1`. It holds no secret, but tells when
/// who wrote.
impl Replay {
    /// The memory as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        let count = |out: &mut Vec<u8>, n: usize| out.extend_from_slice(&(n as u64).to_be_bytes());
        count(&mut out, self.seen.len());
        for ((position, sid, seq), (spot, msg_ref)) in &self.seen {
            let (tag, id) = match *spot {
                Spot::Message(id) => (0, id),
                Spot::Reaction(id) => (1, id),
                Spot::Name => (2, 0),
                Spot::Call => (3, 0),
            };
            out.extend_from_slice(&position.to_be_bytes());
            out.extend_from_slice(sid);
            out.extend_from_slice(&seq.to_be_bytes());
            out.push(tag);
            out.extend_from_slice(&id.to_be_bytes());
            out.extend_from_slice(msg_ref);
        }
        count(&mut out, self.messages.len());
        for (id, m) in &self.messages {
            out.extend_from_slice(&id.to_be_bytes());
            out.extend_from_slice(&m.root);
            out.extend_from_slice(&m.author.to_be_bytes());
            put_current(&mut out, &m.current);
        }
        out.push(u8::from(self.name.is_some()));
        if let Some(current) = &self.name {
            put_current(&mut out, current);
        }
        out
    }

    /// Reads what [`Self::to_bytes`] wrote; none if it is anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::read(&mut Reader::new(bytes, Refusal::Storage))
            .ok()
            .filter(|read| read.to_bytes() == bytes)
    }

    fn read(r: &mut Reader<'_>) -> Result<Self> {
        let mut replay = Self::new();
        if r.array::<4>()? != *MAGIC {
            return Err(Refusal::Storage);
        }
        for _ in 0..r.u64()? {
            let key = (r.u32()?, r.array()?, r.u32()?);
            let spot = match (r.u8()?, r.u64()?) {
                (0, id) => Spot::Message(id),
                (1, id) => Spot::Reaction(id),
                (2, 0) => Spot::Name,
                (3, 0) => Spot::Call,
                _ => return Err(Refusal::Storage),
            };
            replay.seen.insert(key, (spot, r.array()?));
        }
        for _ in 0..r.u64()? {
            let id = r.u64()?;
            let state = MessageState {
                root: r.array()?,
                author: r.u32()?,
                current: read_current(r)?,
            };
            replay.roots.insert(state.root, id);
            replay.messages.insert(id, state);
        }
        replay.name = match r.u8()? {
            0 => None,
            1 => Some(read_current(r)?),
            _ => return Err(Refusal::Storage),
        };
        Ok(replay)
    }
}

fn put_current(out: &mut Vec<u8>, current: &Current) {
    out.extend_from_slice(&current.rev.to_be_bytes());
    out.extend_from_slice(&current.msg_ref);
}

fn read_current(r: &mut Reader<'_>) -> Result<Current> {
    Ok(Current {
        rev: r.u32()?,
        msg_ref: r.array()?,
    })
}
