//! The envelope of messages, reactions, DM names, edits and call signals (C-301 to C-310): sealed,
//! opened, never replay-checked here (that is [`crate::replay`]); for the client SDKs.
use crate::aead;
use crate::encode::{Reader, is_least_padding, pad, put_v, t};
use crate::error::{Refusal, Result};
use crate::group::GroupContext;
use crate::kdf::{Key, expand, extract, hash};
use crate::keys::Identity;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const MAGIC: &[u8; 4] = b"STM1";
/// Length of `hdr` in bytes.
const HEADER: usize = 73;
/// Where the ciphertext begins: after `hdr || mc`.
const SEALED_FROM: usize = HEADER + 32;
/// The inner text is filled to a multiple of this.
const BLOCK: usize = 64;
/// Bytes that sealing adds to the padded inner text.
pub const OVERHEAD: usize = SEALED_FROM + aead::TAG;
/// The shortest envelope: an empty body.
pub const MIN_LEN: usize = OVERHEAD + BLOCK;

/// What an envelope is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// 1: a message.
    Message,
    /// 2: a reaction.
    Reaction,
    /// 3: the name of the DM.
    Name,
    /// 4: an edited message.
    Edit,
    /// 5: a call signal.
    Call,
}

impl Kind {
    /// The byte in the header.
    #[must_use]
    pub fn to_byte(self) -> u8 {
        match self {
            Self::Message => 1,
            Self::Reaction => 2,
            Self::Name => 3,
            Self::Edit => 4,
            Self::Call => 5,
        }
    }

    /// Reads the byte.
    ///
    /// # Errors
    /// [`Refusal::Kind`].
    pub fn from_byte(byte: u8) -> Result<Self> {
        Ok(match byte {
            1 => Self::Message,
            2 => Self::Reaction,
            3 => Self::Name,
            4 => Self::Edit,
            5 => Self::Call,
            _ => return Err(Refusal::Kind),
        })
    }

    /// Longest body in bytes of UTF-8. Each makes the largest envelope that the wire's limit for
    /// its place holds: 64 KiB for messages and edits, 1 KiB for reactions, 2,048 hex digits
    /// (signature included) for names, 16 KiB for call signals.
    #[must_use]
    pub fn max_body(self) -> usize {
        match self {
            Self::Message | Self::Edit => 65_356,
            Self::Reaction => 844,
            Self::Name => 780,
            Self::Call => 16_204,
        }
    }
}

/// What distinguishes one envelope of a sender from all others: 8 random bytes per client session,
/// a number that rises by 1 within the session from 0, and 32 fresh random bytes. A salt used twice
/// breaks the encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The session.
    pub sid: [u8; 8],
    /// The number within the session.
    pub seq: u32,
    /// Fresh random bytes.
    pub salt: [u8; 32],
}

/// What is to be sealed.
#[derive(Clone, Copy)]
pub struct Draft<'a> {
    /// What it is.
    pub kind: Kind,
    /// What it hangs on; see [`Opened::target`].
    pub target: [u8; 32],
    /// The revision: from 1 for edits, rising for names, 0 for everything else.
    pub rev: u32,
    /// The sender's clock, in milliseconds since 1970 UTC.
    pub sent_at_ms: u64,
    /// After how many seconds every client forgets it; 0: never.
    pub expire_s: u32,
    /// The text.
    pub body: &'a str,
}

impl fmt::Debug for Draft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("kind", &self.kind)
            .field("rev", &self.rev)
            .finish_non_exhaustive()
    }
}

/// A sealed and signed envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The wire's `message` or `reaction`, or the data of a call signal.
    pub envelope: Vec<u8>,
    /// The wire's `signature`.
    pub signature: [u8; 64],
    /// `msg_ref(env)`.
    pub msg_ref: [u8; 32],
}

impl Sealed {
    /// `env || signature`, the wire's form of a DM name, which has no signature field.
    #[must_use]
    pub fn to_name(&self) -> Vec<u8> {
        [self.envelope.as_slice(), &self.signature].concat()
    }
}

/// `msg_ref(env) = H(T("msg-ref", env))`.
#[must_use]
pub fn msg_ref(envelope: &[u8]) -> [u8; 32] {
    hash(&t("msg-ref", &[envelope]))
}

/// The target of a call signal: `H(T("call", caller's uuid, callee's uuid))`, where the caller is
/// the sender of this signal.
#[must_use]
pub fn call_target(caller_uuid: &str, callee_uuid: &str) -> [u8; 32] {
    hash(&t(
        "call",
        &[caller_uuid.as_bytes(), callee_uuid.as_bytes()],
    ))
}

/// Splits a DM name into envelope and signature.
///
/// # Errors
/// [`Refusal::Inner`] if it is shorter than the two.
pub fn split_name(name: &[u8]) -> Result<(&[u8], &[u8])> {
    let (envelope, signature) = name.split_last_chunk::<64>().ok_or(Refusal::Inner)?;
    if envelope.len() < MIN_LEN {
        Err(Refusal::Inner)
    } else {
        Ok((envelope, signature))
    }
}

/// An envelope parsed by its layout: nothing in it has been verified.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    bytes: &'a [u8],
    pub(crate) kind: Kind,
    pub(crate) epoch: u32,
    pub(crate) gi_tag: [u8; 16],
    pub(crate) position: u32,
    pub(crate) sid: [u8; 8],
    pub(crate) seq: u32,
    pub(crate) salt: [u8; 32],
    mc: [u8; 32],
}

impl<'a> Envelope<'a> {
    /// Reads the layout.
    ///
    /// # Errors
    /// [`Refusal::Inner`] for a length that no envelope has, [`Refusal::Downgrade`] for the magic,
    /// [`Refusal::Kind`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        if bytes.len() < MIN_LEN || !(bytes.len() - OVERHEAD).is_multiple_of(BLOCK) {
            return Err(Refusal::Inner);
        }
        let mut r = Reader::new(bytes, Refusal::Inner);
        if r.array::<4>()? != *MAGIC {
            return Err(Refusal::Downgrade);
        }
        Ok(Self {
            bytes,
            kind: Kind::from_byte(r.u8()?)?,
            epoch: r.u32()?,
            gi_tag: r.array()?,
            position: r.u32()?,
            sid: r.array()?,
            seq: r.u32()?,
            salt: r.array()?,
            mc: r.array()?,
        })
    }

    /// All bytes: what the sender signs.
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    fn header(&self) -> &'a [u8] {
        &self.bytes[..HEADER]
    }

    /// `prk = Extract(salt, sender_key_j)`: opens this one envelope.
    pub(crate) fn prk(&self, sender_key: &Key) -> Key {
        extract(&self.salt, sender_key.as_ref())
    }

    #[cfg(test)]
    pub(crate) fn message_key(&self, prk: &Key, gi_hash: &[u8; 32]) -> Key {
        message_keys(prk, self.header(), gi_hash).0
    }

    /// From the commitment to the limits of the body: everything that can be checked with the key
    /// and no further knowledge.
    pub(crate) fn open(&self, prk: &Key, gi_hash: &[u8; 32], sender: &str) -> Result<Opened> {
        let (mk, mc) = message_keys(prk, self.header(), gi_hash);
        if !bool::from(mc.ct_eq(&self.mc)) {
            return Err(Refusal::Commit);
        }
        let mut inner = Zeroizing::new(Vec::new());
        let (aad, sealed) = self.bytes.split_at(SEALED_FROM);
        if !aead::open(&mk, aad, sealed, &mut inner) {
            return Err(Refusal::Aead);
        }
        let mut r = Reader::new(&inner, Refusal::Inner);
        let (target, rev, sent_at_ms, expire_s) = (r.array()?, r.u32()?, r.u64()?, r.u32()?);
        let body = std::str::from_utf8(r.v()?).map_err(|_| Refusal::Inner)?;
        if !is_least_padding(r.rest(), BLOCK) {
            return Err(Refusal::Inner);
        }
        check_inner(self.kind, &target, rev, body)?;
        Ok(Opened {
            kind: self.kind,
            position: self.position,
            sender: sender.to_owned(),
            sid: self.sid,
            seq: self.seq,
            msg_ref: msg_ref(self.bytes),
            target,
            rev,
            sent_at_ms,
            expire_s,
            body: body.to_owned(),
        })
    }
}

/// What kind, revision and target must be to each other, and how long the body may be.
fn check_inner(kind: Kind, target: &[u8; 32], rev: u32, body: &str) -> Result<()> {
    let rev_fits = match kind {
        Kind::Edit => rev > 0,
        Kind::Name => true,
        Kind::Message | Kind::Reaction | Kind::Call => rev == 0,
    };
    let target_fits = kind != Kind::Name || *target == [0; 32];
    if rev_fits && target_fits && body.len() <= kind.max_body() {
        Ok(())
    } else {
        Err(Refusal::Inner)
    }
}

fn message_keys(prk: &Key, header: &[u8], gi_hash: &[u8; 32]) -> (Key, Key) {
    (
        expand(prk, &t("msg-key", &[header, gi_hash])),
        expand(prk, &t("msg-commit", &[header, gi_hash])),
    )
}

/// Seals and signs `draft` as `me`, member `position` of the group.
///
/// # Errors
/// [`Refusal::Sender`] if `me` is not that member; [`Refusal::Inner`] if the draft breaks a rule of
/// its kind or its limit.
pub fn seal(
    context: &GroupContext,
    me: &Identity,
    position: u32,
    stamp: &Stamp,
    draft: &Draft<'_>,
) -> Result<Sealed> {
    context
        .member(position)
        .filter(|m| m.ik == *me.public())
        .ok_or(Refusal::Sender)?;
    check_inner(draft.kind, &draft.target, draft.rev, draft.body)?;
    seal_unchecked(context, me, position, stamp, draft.kind.to_byte(), |out| {
        out.extend_from_slice(&draft.target);
        out.extend_from_slice(&draft.rev.to_be_bytes());
        out.extend_from_slice(&draft.sent_at_ms.to_be_bytes());
        out.extend_from_slice(&draft.expire_s.to_be_bytes());
        put_v(out, draft.body.as_bytes());
        pad(out, SEALED_FROM, BLOCK);
    })
}

/// [`seal`] around any inner text: tests and vectors make with it what an honest client would not.
pub(crate) fn seal_unchecked(
    context: &GroupContext,
    me: &Identity,
    position: u32,
    stamp: &Stamp,
    kind: u8,
    inner: impl FnOnce(&mut Vec<u8>),
) -> Result<Sealed> {
    let sender_key = context.sender_key(position).ok_or(Refusal::Sender)?;
    let gi_hash = context.gi_hash();
    let mut out = Vec::with_capacity(HEADER);
    out.extend_from_slice(MAGIC);
    out.push(kind);
    out.extend_from_slice(&context.epoch().to_be_bytes());
    out.extend_from_slice(&gi_hash[..16]);
    out.extend_from_slice(&position.to_be_bytes());
    out.extend_from_slice(&stamp.sid);
    out.extend_from_slice(&stamp.seq.to_be_bytes());
    out.extend_from_slice(&stamp.salt);
    let (mk, mc) = message_keys(&extract(&stamp.salt, sender_key.as_ref()), &out, gi_hash);
    out.extend_from_slice(mc.as_ref());
    inner(&mut out);
    aead::seal(&mk, &mut out, SEALED_FROM);
    Ok(Sealed {
        signature: me.sign(&out),
        msg_ref: msg_ref(&out),
        envelope: out,
    })
}

/// Where on the wire an envelope stood, with what is known of that place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// A Message object's `message`: kinds 1 and 4. The root reference of that message, if it is
    /// known.
    Message {
        /// See [`Opened::root`].
        root: Option<[u8; 32]>,
    },
    /// A Reaction object's `reaction`: kind 2.
    Reaction {
        /// The root reference of the message it is attached to.
        root: [u8; 32],
    },
    /// A DM object's `name`: kind 3.
    Name,
    /// A call_signal_notification's `data`: kind 5.
    Call {
        /// From [`call_target`].
        target: [u8; 32],
    },
}

impl Slot {
    fn takes(self, kind: Kind) -> bool {
        match self {
            Self::Message { .. } => matches!(kind, Kind::Message | Kind::Edit),
            Self::Reaction { .. } => kind == Kind::Reaction,
            Self::Name => kind == Kind::Name,
            Self::Call { .. } => kind == Kind::Call,
        }
    }

    fn is_target_of(self, opened: &Opened) -> bool {
        match self {
            Self::Message { root } => root.is_none_or(|root| root == opened.root()),
            Self::Reaction { root } => opened.target == root,
            Self::Name => true,
            Self::Call { target } => opened.target == target,
        }
    }
}

/// An envelope as it came.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// Where it stood.
    pub slot: Slot,
    /// The sender that the server names; none for a DM's name, for which the wire has no field.
    pub sender: Option<&'a str>,
    /// The envelope.
    pub envelope: &'a [u8],
    /// Its signature.
    pub signature: &'a [u8],
}

/// An opened envelope.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// What it is.
    pub kind: Kind,
    /// The sender's position in the group.
    pub position: u32,
    /// The sender's name in the group.
    pub sender: String,
    /// The sender's session.
    pub sid: [u8; 8],
    /// The number within that session.
    pub seq: u32,
    /// The reference of this envelope.
    pub msg_ref: [u8; 32],
    /// For a message: the msg_ref it replies to, or zero. For a reaction or an edit: the root
    /// reference of its message. For a name: zero. For a call signal: [`call_target`].
    pub target: [u8; 32],
    /// The revision.
    pub rev: u32,
    /// The sender's clock, in milliseconds since 1970 UTC.
    pub sent_at_ms: u64,
    /// After how many seconds every client forgets it; 0: never. The client enforces it.
    pub expire_s: u32,
    /// The text.
    pub body: String,
}

impl Opened {
    /// The root reference of the message this is or edits: what reactions and edits aim at.
    #[must_use]
    pub fn root(&self) -> [u8; 32] {
        if self.kind == Kind::Edit {
            self.target
        } else {
            self.msg_ref
        }
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("kind", &self.kind)
            .field("position", &self.position)
            .field("seq", &self.seq)
            .field("rev", &self.rev)
            .finish_non_exhaustive()
    }
}

/// Opens an envelope without memory of others: all of C-309 but replay and revisions. For what is
/// shown or kept, take [`Replay::receive`](crate::replay::Replay::receive) instead.
///
/// # Errors
/// In order: [`Refusal::Inner`] for its length, [`Refusal::Downgrade`], [`Refusal::Kind`],
/// [`Refusal::Epoch`], [`Refusal::Sender`], [`Refusal::Sig`], [`Refusal::Commit`],
/// [`Refusal::Aead`], [`Refusal::Inner`].
pub fn open(context: &GroupContext, incoming: &Incoming<'_>) -> Result<Opened> {
    let opened = open_untargeted(context, incoming)?;
    check_target(incoming.slot, &opened)?;
    Ok(opened)
}

/// [`open`] up to, and without, the comparison of the target with the place, which comes after the
/// replay check.
pub(crate) fn open_untargeted(context: &GroupContext, incoming: &Incoming<'_>) -> Result<Opened> {
    let envelope = Envelope::parse(incoming.envelope)?;
    if !incoming.slot.takes(envelope.kind) {
        return Err(Refusal::Kind);
    }
    if envelope.epoch != context.epoch() || envelope.gi_tag != context.gi_hash()[..16] {
        return Err(Refusal::Epoch);
    }
    let member = context.member(envelope.position).ok_or(Refusal::Sender)?;
    if incoming.sender.is_some_and(|sender| sender != member.name) {
        return Err(Refusal::Sender);
    }
    member.ik.verify(incoming.envelope, incoming.signature)?;
    let sender_key = context
        .sender_key(envelope.position)
        .ok_or(Refusal::Sender)?;
    envelope.open(&envelope.prk(&sender_key), context.gi_hash(), &member.name)
}

pub(crate) fn check_target(slot: Slot, opened: &Opened) -> Result<()> {
    if slot.is_target_of(opened) {
        Ok(())
    } else {
        Err(Refusal::Inner)
    }
}
