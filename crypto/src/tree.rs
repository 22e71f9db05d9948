//! The key tree (C-205 to C-208): built by the creator, climbed by every invitee. Nothing here is
//! public.
use crate::encode::t;
use crate::error::{Refusal, Result};
use crate::kdf::{Key, hash, kdf};
use crate::points::{XPublic, decode_x};
use crate::x3dh::dh;
use std::collections::HashSet;
use x25519_dalek::StaticSecret;

/// N, the least power of two that holds `members` leaves.
pub(crate) fn leaves(members: usize) -> usize {
    members.next_power_of_two()
}

/// `tree_hash = H(T("key-tree", P_2 || .. || P_{2N-1}))`.
pub(crate) fn tree_hash(key_tree: &[[u8; 32]]) -> [u8; 32] {
    hash(&t("key-tree", &[key_tree.as_flattened()]))
}

/// True if no key stands twice.
pub(crate) fn distinct(key_tree: &[[u8; 32]]) -> bool {
    let mut seen = HashSet::with_capacity(key_tree.len());
    key_tree.iter().all(|p| seen.insert(p))
}

/// `s_k` of the parent `k` from one child's secret and the other's public key.
pub(crate) fn parent(
    own: &StaticSecret,
    sibling: &XPublic,
    nonce: &[u8; 32],
    k: usize,
    pair: [&XPublic; 2],
) -> Result<Key> {
    let node = u32::try_from(k)
        .expect("a tree has at most 511 nodes")
        .to_be_bytes();
    let info = t(
        "tree-node",
        &[nonce, &node, &pair[0].to_bytes(), &pair[1].to_bytes()],
    );
    Ok(kdf(b"", dh(own, sibling)?.as_ref(), &info))
}

/// Builds the tree over N leaf secrets: `[P_2, .., P_{2N-1}]` and the root secret `s_1`.
pub(crate) fn build(leaves: &[Key], nonce: &[u8; 32]) -> Result<(Vec<[u8; 32]>, Key)> {
    let n = leaves.len();
    debug_assert!(n.is_power_of_two() && n >= 2);
    // Heap order; slots 0 and 1 are unused, since the root's public key is never formed.
    let mut nodes: Vec<Option<(StaticSecret, XPublic)>> = vec![None; 2 * n];
    let put = |nodes: &mut Vec<_>, k: usize, secret: &Key| {
        let secret = StaticSecret::from(**secret);
        let public = XPublic::of(&secret);
        nodes[k] = Some((secret, public));
    };
    for (i, leaf) in leaves.iter().enumerate() {
        put(&mut nodes, n + i, leaf);
    }
    for k in (1..n).rev() {
        let (Some((left, p_left)), Some((_, p_right))) = (&nodes[2 * k], &nodes[2 * k + 1]) else {
            unreachable!("children are filled before their parent");
        };
        let secret = parent(left, p_right, nonce, k, [p_left, p_right])?;
        if k == 1 {
            let key_tree = nodes
                .iter()
                .flatten()
                .map(|(_, public)| public.to_bytes())
                .collect();
            return Ok((key_tree, secret));
        }
        put(&mut nodes, k, &secret);
    }
    unreachable!("the loop ends at the root")
}

/// Decodes a received tree for `members` members: length, points, distinctness.
pub(crate) fn decode(key_tree: &[[u8; 32]], members: usize) -> Result<Vec<XPublic>> {
    if key_tree.len() != 2 * leaves(members) - 2 {
        return Err(Refusal::TreeLen);
    }
    let points = key_tree
        .iter()
        .map(|p| decode_x(p))
        .collect::<Result<Vec<_>>>()?;
    if distinct(key_tree) {
        Ok(points)
    } else {
        Err(Refusal::TreeHash)
    }
}

/// Climbs from the leaf at `position` to the root secret `s_1`, checking each own public key on the
/// way.
pub(crate) fn climb(
    position: usize,
    leaf: Key,
    key_tree: &[XPublic],
    nonce: &[u8; 32],
) -> Result<Key> {
    let public = |k: usize| &key_tree[k - 2];
    let mut k = key_tree.len() / 2 + 1 + position;
    let mut secret = leaf;
    let mut differs = Refusal::Leaf;
    while k > 1 {
        let own = StaticSecret::from(*secret);
        if XPublic::of(&own) != *public(k) {
            return Err(differs);
        }
        let left = k & !1;
        secret = parent(
            &own,
            public(k ^ 1),
            nonce,
            k / 2,
            [public(left), public(left | 1)],
        )?;
        k /= 2;
        differs = Refusal::Path;
    }
    Ok(secret)
}
