//! GroupInfo, the signed transcript of a group (C-209 to C-215): layout, hashes and the wire's
//! `info`; for SDK and server.
use crate::encode::{Reader, put_v, t};
use crate::error::{Refusal, Result};
use crate::kdf::hash;
use crate::names;
use crate::points::{VerifyingIdentity, decode_ik};
use std::collections::HashSet;

/// Fewest and most members of a group.
pub const MEMBERS: std::ops::RangeInclusive<usize> = 2..=256;

const MAGIC: &[u8; 8] = b"SOTTOGI1";

/// One member as GroupInfo lists it, in the order of the key tree. Only its form is checked; see
/// [`GroupInfo::roster`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedMember {
    /// The bytes of the username.
    pub name: Vec<u8>,
    /// The identity key.
    pub ik: [u8; 32],
    /// `H(T("x3dh-msg", spk, EK))`; zero for the creator.
    pub x3dh_hash: [u8; 32],
}

/// A member whose name and key are valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The username.
    pub name: String,
    /// The identity key.
    pub ik: VerifyingIdentity,
}

/// A parsed GroupInfo of epoch 0, with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupInfo {
    bytes: Vec<u8>,
    nonce: [u8; 32],
    created_at: u64,
    members: Vec<ListedMember>,
    tree_hash: [u8; 32],
}

impl GroupInfo {
    /// Lays out a new group's description (epoch 0).
    pub(crate) fn build(
        nonce: [u8; 32],
        created_at: u64,
        members: Vec<ListedMember>,
        tree_hash: [u8; 32],
    ) -> Self {
        let mut bytes = Vec::with_capacity(152 + members.len() * 132);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&[0; 32 + 4 + 32]);
        bytes.extend_from_slice(&created_at.to_be_bytes());
        let n = u32::try_from(members.len()).expect("at most 256 members");
        bytes.extend_from_slice(&n.to_be_bytes());
        for member in &members {
            put_v(&mut bytes, &member.name);
            bytes.extend_from_slice(&member.ik);
            bytes.extend_from_slice(&member.x3dh_hash);
        }
        bytes.extend_from_slice(&tree_hash);
        Self {
            bytes,
            nonce,
            created_at,
            members,
            tree_hash,
        }
    }

    /// Reads the layout: magic, lengths, 2 to 256 members, no trailing byte, and what epoch 0 fixes
    /// (epoch, group_id, prev_gi_hash and the creator's x3dh_hash all zero). Names and keys are
    /// checked by [`Self::roster`].
    ///
    /// # Errors
    /// [`Refusal::Gi`].
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let mut r = Reader::new(bytes, Refusal::Gi);
        if r.array::<8>()? != *MAGIC {
            return Err(Refusal::Gi);
        }
        let nonce = r.array()?;
        if r.array::<{ 32 + 4 + 32 }>()? != [0; 68] {
            return Err(Refusal::Gi);
        }
        let created_at = r.u64()?;
        let n = usize::try_from(r.u32()?).map_err(|_| Refusal::Gi)?;
        if !MEMBERS.contains(&n) {
            return Err(Refusal::Gi);
        }
        let mut members = Vec::with_capacity(n);
        for _ in 0..n {
            members.push(ListedMember {
                name: r.v()?.to_vec(),
                ik: r.array()?,
                x3dh_hash: r.array()?,
            });
        }
        let tree_hash = r.array()?;
        r.end()?;
        if members[0].x3dh_hash != [0; 32] {
            return Err(Refusal::Gi);
        }
        Ok(Self {
            bytes: bytes.to_vec(),
            nonce,
            created_at,
            members,
            tree_hash,
        })
    }

    /// The members with valid names and identity keys, all distinct.
    ///
    /// # Errors
    /// Member by member [`Refusal::Name`] then [`Refusal::Ik`]; at last [`Refusal::Name`] for a
    /// name or key that stands twice.
    pub fn roster(&self) -> Result<Vec<Member>> {
        let valid = |m: &ListedMember| {
            let name = names::check(&m.name)?.to_owned();
            Ok(Member {
                name,
                ik: decode_ik(&m.ik)?,
            })
        };
        let roster = self.members.iter().map(valid).collect::<Result<Vec<_>>>()?;
        check_distinct(&roster)?;
        Ok(roster)
    }

    /// The bytes of GI.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The creator's 32 random bytes.
    #[must_use]
    pub fn nonce(&self) -> &[u8; 32] {
        &self.nonce
    }

    /// When the creator made the group, in seconds since 1970 UTC, by the creator's clock.
    #[must_use]
    pub fn created_at(&self) -> u64 {
        self.created_at
    }

    /// The members as listed, the creator first.
    #[must_use]
    pub fn members(&self) -> &[ListedMember] {
        &self.members
    }

    /// `H(T("key-tree", P_2 || .. || P_{2N-1}))`.
    #[must_use]
    pub fn tree_hash(&self) -> &[u8; 32] {
        &self.tree_hash
    }

    /// `gi_hash = H(T("group-info", GI))`; at epoch 0 also the group_id.
    #[must_use]
    pub fn gi_hash(&self) -> [u8; 32] {
        hash(&t("group-info", &[&self.bytes]))
    }

    /// `T("group-info-sig", GI)`, what the creator signs.
    pub(crate) fn signed_bytes(&self) -> Vec<u8> {
        t("group-info-sig", &[&self.bytes])
    }
}

/// Refuses a roster in which a name or a key stands twice.
pub(crate) fn check_distinct(roster: &[Member]) -> Result<()> {
    let mut names = HashSet::new();
    let mut keys = HashSet::new();
    let fresh = |m: &Member| names.insert(m.name.clone()) && keys.insert(m.ik.to_bytes());
    if roster.iter().all(fresh) {
        Ok(())
    } else {
        Err(Refusal::Name)
    }
}

/// The wire's `info = GI || gi_sig || confirm`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedInfo {
    /// The description.
    pub group: GroupInfo,
    /// The creator's signature over it.
    pub signature: [u8; 64],
    /// The key confirmation: detects errors, authenticates nothing.
    pub confirm: [u8; 32],
}

impl SignedInfo {
    /// Reads `info` by its layout alone.
    ///
    /// # Errors
    /// [`Refusal::Gi`].
    pub fn parse(info: &[u8]) -> Result<Self> {
        let (rest, confirm) = info.split_last_chunk().ok_or(Refusal::Gi)?;
        let (group, signature) = rest.split_last_chunk().ok_or(Refusal::Gi)?;
        Ok(Self {
            group: GroupInfo::parse(group)?,
            signature: *signature,
            confirm: *confirm,
        })
    }

    /// The bytes of `info`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.group.as_bytes(), &self.signature, &self.confirm].concat()
    }
}
