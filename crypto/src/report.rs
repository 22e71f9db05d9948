//! The abuse report (C-314): opens exactly one envelope to whoever it is given to; for
//! clients and moderators.
use crate::envelope::{Envelope, Opened};
use crate::error::{Refusal, Result};
use crate::group::GroupContext;
use crate::group_info::GroupInfo;
use crate::points::VerifyingIdentity;
use std::fmt;
use zeroize::Zeroizing;

/// What a report holds. `prk` opens this envelope and no other.
#[derive(Clone)]
pub struct AbuseReport {
    /// The envelope.
    pub envelope: Vec<u8>,
    /// The sender's signature over it.
    pub signature: Vec<u8>,
    /// The key of this envelope.
    pub prk: Zeroizing<[u8; 32]>,
    /// GI, without signature and confirmation.
    pub group_info: Vec<u8>,
}

impl fmt::Debug for AbuseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AbuseReport(..)")
    }
}

/// A report that holds what it claims.
#[derive(Debug, Clone)]
pub struct OpenedReport {
    /// The content, with the sender's name as the group lists it.
    pub opened: Opened,
    /// The key that signed. The reader compares it with the one registered for that name: the
    /// report itself proves no name.
    pub ik: VerifyingIdentity,
}

/// Reports one envelope.
///
/// # Errors
/// As [`Envelope::parse`]; [`Refusal::Epoch`] and [`Refusal::Sender`] if it is none of this group.
pub fn make(context: &GroupContext, envelope: &[u8], signature: &[u8]) -> Result<AbuseReport> {
    let parsed = Envelope::parse(envelope)?;
    if parsed.epoch != context.epoch() || parsed.gi_tag != context.gi_hash()[..16] {
        return Err(Refusal::Epoch);
    }
    let sender_key = context.sender_key(parsed.position).ok_or(Refusal::Sender)?;
    Ok(AbuseReport {
        envelope: envelope.to_vec(),
        signature: signature.to_vec(),
        prk: parsed.prk(&sender_key),
        group_info: context.group_info().as_bytes().to_vec(),
    })
}

/// Opens a report: the envelope is what that key signed, and its only content.
///
/// # Errors
/// [`Refusal::Gi`], [`Refusal::Name`] and [`Refusal::Ik`] for the group; then those of
/// [`crate::envelope::open`], save the target's.
pub fn open(report: &AbuseReport) -> Result<OpenedReport> {
    let group = GroupInfo::parse(&report.group_info)?;
    let roster = group.roster()?;
    let gi_hash = group.gi_hash();
    let envelope = Envelope::parse(&report.envelope)?;
    if envelope.epoch != 0 || envelope.gi_tag != gi_hash[..16] {
        return Err(Refusal::Epoch);
    }
    let position = usize::try_from(envelope.position).map_err(|_| Refusal::Sender)?;
    let member = roster.get(position).ok_or(Refusal::Sender)?;
    member.ik.verify(&report.envelope, &report.signature)?;
    let opened = envelope.open(&report.prk, &gi_hash, &member.name)?;
    Ok(OpenedReport {
        opened,
        ik: member.ik,
    })
}
