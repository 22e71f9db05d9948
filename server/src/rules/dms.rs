//! Rules of DMs.

use std::collections::HashSet;

use sotto_crypto::server::{Claimed, check_group_info};
use sotto_protocol::dms::CreateDm;
use sotto_protocol::{Code, Refusal};

/// Whether the lists of a `create_dm` fit each other.
///
/// # Errors
/// `invalid_request`, naming the list.
pub fn well_formed(me: &str, request: &CreateDm, max_members: usize) -> Result<(), Refusal> {
    let refuse = |sentence: &'static str| Err(Refusal::saying(Code::InvalidRequest, sentence));
    let members = request.usernames.len() + 1;
    if members < 2 || members > max_members {
        return refuse("usernames: too few or too many");
    }
    if request.messages.len() != request.usernames.len() {
        return refuse("messages: one for each of usernames is expected");
    }
    let mut seen = HashSet::from([me]);
    if !request
        .usernames
        .iter()
        .all(|name| seen.insert(name.as_str()))
    {
        return refuse("usernames: each other user once, and not yourself");
    }
    if request.key_tree.len() != 2 * members.next_power_of_two() - 2 {
        return refuse(
            "key_tree: 2p - 2 keys are expected, p the least power of two for all members",
        );
    }
    Ok(())
}

/// Whether everything public in a GroupInfo fits the DM it came with.
///
/// # Errors
/// `bad_group_info`.
pub fn group_info(
    info: &[u8],
    members: &[(&str, [u8; 32])],
    request: &CreateDm,
) -> Result<(), Refusal> {
    let messages: Vec<_> = request
        .messages
        .iter()
        .map(|message| (message.spk.as_bytes(), message.ek.0))
        .collect();
    let key_tree: Vec<_> = request.key_tree.iter().map(|key| key.0).collect();
    let claimed = Claimed {
        members,
        messages: &messages,
        key_tree: &key_tree,
    };
    match check_group_info(info, &claimed) {
        Ok(_) => Ok(()),
        Err(why) => Err(Refusal::saying(
            Code::BadGroupInfo,
            format!(
                "The signed group info does not fit the DM it came with ({}).",
                why.code()
            ),
        )),
    }
}

/// What decides whether someone may be drawn into a group.
#[derive(Clone, Copy, Debug)]
pub struct Invitee {
    /// The invitee blocks the creator.
    pub blocks: bool,
    /// They are friends.
    pub friend: bool,
    /// They are friends or in some DM together.
    pub known: bool,
    /// The invitee takes invitations from friends only.
    pub friends_only: bool,
    /// Invitations from strangers that the invitee has not acked.
    pub pending_from_strangers: u64,
}

/// Whether someone may be drawn into a group.
pub fn may_invite(invitee: &Invitee, max_pending: u64) -> bool {
    !invitee.blocks
        && (invitee.friend || !invitee.friends_only)
        && (invitee.known || invitee.pending_from_strangers < max_pending)
}

#[cfg(test)]
mod tests {
    use sotto_protocol::decode::decode;

    use super::*;

    fn request(names: &[&str], messages: usize, keys: usize) -> CreateDm {
        let message = serde_json::json!({ "ek": "00".repeat(32), "spk": "00".repeat(32) });
        let json = serde_json::json!({
            "usernames": names,
            "messages": vec![message; messages],
            "key_tree": vec!["00".repeat(32); keys],
        });
        decode(Some(&json.to_string())).expect("a request")
    }

    #[test]
    fn r_301_lists_must_fit_each_other() {
        assert!(well_formed("a", &request(&["b"], 1, 2), 256).is_ok());
        assert!(well_formed("a", &request(&["b", "c"], 2, 6), 256).is_ok());
        assert!(well_formed("a", &request(&["b", "c", "d", "e"], 4, 14), 256).is_ok());
        for bad in [
            request(&[], 0, 0),
            request(&["b"], 2, 2),
            request(&["b"], 1, 4),
            request(&["b", "b"], 2, 6),
            request(&["a"], 1, 2),
            request(&["b", "c"], 2, 4),
        ] {
            let refusal = well_formed("a", &bad, 256).expect_err("malformed");
            assert_eq!(refusal.code, Code::InvalidRequest, "{bad:?}");
        }
        assert!(well_formed("a", &request(&["b", "c"], 2, 6), 2).is_err());
    }

    #[test]
    fn r_310_who_may_be_invited() {
        let stranger = Invitee {
            blocks: false,
            friend: false,
            known: false,
            friends_only: false,
            pending_from_strangers: 0,
        };
        let friend = Invitee {
            friend: true,
            known: true,
            ..stranger
        };
        for (invitee, may) in [
            (stranger, true),
            (
                Invitee {
                    blocks: true,
                    ..stranger
                },
                false,
            ),
            (
                Invitee {
                    friends_only: true,
                    ..stranger
                },
                false,
            ),
            (
                Invitee {
                    pending_from_strangers: 200,
                    ..stranger
                },
                false,
            ),
            (
                Invitee {
                    pending_from_strangers: 199,
                    ..stranger
                },
                true,
            ),
            (
                Invitee {
                    known: true,
                    pending_from_strangers: 200,
                    ..stranger
                },
                true,
            ),
            (
                Invitee {
                    friends_only: true,
                    pending_from_strangers: 200,
                    ..friend
                },
                true,
            ),
            (
                Invitee {
                    blocks: true,
                    ..friend
                },
                false,
            ),
        ] {
            assert_eq!(may_invite(&invitee, 200), may, "{invitee:?}");
        }
    }
}
