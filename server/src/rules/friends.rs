//! Rules of friends and blocks.

use sotto_protocol::Code;

/// What stands between two users, seen from the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Between {
    /// They are friends.
    pub friends: bool,
    /// The first has asked the second.
    pub asked: bool,
    /// The second has asked the first.
    pub asked_by: bool,
    /// The first blocks the second.
    pub blocks: bool,
    /// The second blocks the first.
    pub blocked_by: bool,
}

/// Whether the first may ask the second to be friends.
///
/// # Errors
/// `request_exists`, `already_friends`, `cannot_friend`, in this order.
pub fn may_ask(between: &Between) -> Result<(), Code> {
    if between.asked || between.asked_by {
        Err(Code::RequestExists)
    } else if between.friends {
        Err(Code::AlreadyFriends)
    } else if between.blocked_by {
        Err(Code::CannotFriend)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_501_who_may_be_asked() {
        let none = Between::default();
        for (between, verdict) in [
            (none, Ok(())),
            (
                Between {
                    blocks: true,
                    ..none
                },
                Ok(()),
            ),
            (
                Between {
                    asked: true,
                    ..none
                },
                Err(Code::RequestExists),
            ),
            (
                Between {
                    asked_by: true,
                    ..none
                },
                Err(Code::RequestExists),
            ),
            (
                Between {
                    asked_by: true,
                    blocks: true,
                    ..none
                },
                Err(Code::RequestExists),
            ),
            (
                Between {
                    friends: true,
                    ..none
                },
                Err(Code::AlreadyFriends),
            ),
            (
                Between {
                    blocked_by: true,
                    ..none
                },
                Err(Code::CannotFriend),
            ),
            (
                Between {
                    asked: true,
                    blocked_by: true,
                    ..none
                },
                Err(Code::RequestExists),
            ),
        ] {
            assert_eq!(may_ask(&between), verdict, "{between:?}");
        }
    }
}
