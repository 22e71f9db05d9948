//! Groups of every shape: all members of small ones, the first and last of the largest.
use super::{Group, Person, TestRng, create};
use crate::bundle::NoPins;
use crate::error::Refusal;
use crate::group::{GroupContext, GroupRandom, receive};
use std::collections::BTreeMap;

#[test]
fn c_205_every_member_reaches_the_same_secret() {
    for n in [2, 3, 4, 5, 8, 9] {
        let group = Group::new(n, 1000 + n as u64);
        for position in 1..n {
            let me = group.people[position].me();
            let joined =
                receive(me, &group.invitation(position), &NoPins, &BTreeMap::new()).unwrap();
            assert_eq!(
                joined.context.secret(),
                group.created.context.secret(),
                "{position} of {n}"
            );
            assert_eq!(joined.context.roster(), group.created.context.roster());
            let keys =
                (0..u32::try_from(n).unwrap()).map(|j| joined.context.sender_key(j).unwrap());
            let distinct: std::collections::BTreeSet<[u8; 32]> = keys.map(|k| *k).collect();
            assert_eq!(distinct.len(), n, "every sender has a key of its own");
            assert!(
                joined
                    .context
                    .sender_key(u32::try_from(n).unwrap())
                    .is_none()
            );
        }
        // The places of the creator and of the padding are nobody's.
        for position in [0, n, n.next_power_of_two() - 1, n.next_power_of_two()] {
            if position > 0 && position < n {
                continue;
            }
            let mut invitation = group.invitation(1);
            invitation.position = u32::try_from(position).unwrap();
            let got = receive(group.people[1].me(), &invitation, &NoPins, &BTreeMap::new());
            assert_eq!(got.unwrap_err(), Refusal::Position);
        }
    }
}

#[test]
fn a_group_of_256_is_made_and_joined_and_one_of_257_is_not() {
    let group = Group::new(256, 256);
    assert_eq!(group.created.key_tree.len(), 510);
    assert!(group.created.info.len() < 64 * 1024);
    for position in [1, 255] {
        let me = group.people[position].me();
        let joined = receive(me, &group.invitation(position), &NoPins, &BTreeMap::new()).unwrap();
        assert_eq!(joined.context.secret(), group.created.context.secret());
    }
    let context = &group.created.context;
    let restored = GroupContext::restore(
        &group.created.info,
        context.gi_hash(),
        context.secret().clone(),
    )
    .unwrap();
    assert_eq!(restored.position("member-255"), Some(255));
    let mut people = group.people;
    people.push(Person::new("one too many", &mut TestRng::new(1)));
    let random = GroupRandom::generate(&mut TestRng::new(2), 257);
    assert_eq!(create(&people, 0, &random).unwrap_err(), Refusal::Gi);
    assert_eq!(
        create(
            &people[..1],
            0,
            &GroupRandom::generate(&mut TestRng::new(2), 1)
        )
        .unwrap_err(),
        Refusal::Gi
    );
}
