//! Rules of messages: who may post, and when a message is due.

use sotto_protocol::text::Timestamp;
use sotto_protocol::{Code, Refusal};

use crate::clock::SECOND;

/// What decides whether a user may write in a DM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The user is a member.
    pub member: bool,
    /// The DM was created for two who are not friends now.
    pub two_who_are_no_friends: bool,
}

/// Whether a user may write in a DM.
///
/// # Errors
/// `no_access` for who is no member, `not_friends` in a DM of two that are none.
pub fn may_post(standing: Standing) -> Result<(), Code> {
    if !standing.member {
        Err(Code::NoAccess)
    } else if standing.two_who_are_no_friends {
        Err(Code::NotFriends)
    } else {
        Ok(())
    }
}

/// When a message is wanted, as the request says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Seconds from now, 0 for at once.
    pub schedule: Option<u64>,
    /// A moment instead.
    pub schedule_at: Option<Timestamp>,
    /// Seconds from the send to the end, 0 for never.
    pub delete: u64,
}

/// When a message is due; fixed when it is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// At once.
    Now,
    /// So many microseconds after it is accepted.
    In(i64),
    /// At this moment.
    At(i64),
}

/// What a request's times come to.
///
/// # Errors
/// `invalid_request` where both kinds of schedule are given, `too_large` beyond the limit.
pub fn plan(wanted: Wanted, now_us: i64, max_delay: u64) -> Result<Due, Refusal> {
    if wanted.schedule.is_some() && wanted.schedule_at.is_some() {
        let sentence = "schedule_at: given beside schedule";
        return Err(Refusal::saying(Code::InvalidRequest, sentence));
    }
    let too_far = |key: &str| {
        Err(Refusal::saying(
            Code::TooLarge,
            format!("{key} lies more than {max_delay} seconds ahead."),
        ))
    };
    if wanted.delete > max_delay {
        return too_far("delete");
    }
    match (wanted.schedule, wanted.schedule_at) {
        (Some(seconds), _) if seconds > max_delay => too_far("schedule"),
        (Some(0), _) | (None, None) => Ok(Due::Now),
        (Some(seconds), _) => Ok(Due::In(micros(seconds))),
        (None, Some(at)) if at.micros() > now_us.saturating_add(micros(max_delay)) => {
            too_far("schedule_at")
        }
        (None, Some(at)) if at.micros() <= now_us => Ok(Due::Now),
        (None, Some(at)) => Ok(Due::At(at.micros())),
    }
}

/// Seconds, at most a hundred years of them, as microseconds.
pub fn micros(seconds: u64) -> i64 {
    i64::try_from(seconds)
        .unwrap_or(i64::MAX)
        .saturating_mul(SECOND)
}

/// When to remind the sender of a scheduled message: a minute ahead, if that lies ahead.
pub fn soon(due_us: i64, now_us: i64) -> Option<i64> {
    let soon_us = due_us - 60 * SECOND;
    (soon_us > now_us).then_some(soon_us)
}

/// A reminder that comes this late, after a time the server was down, is left out.
pub const LATE_REMINDER_US: i64 = 5 * SECOND;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000_000;

    #[test]
    fn r_318_who_may_post() {
        let standing = |member, two_who_are_no_friends| Standing {
            member,
            two_who_are_no_friends,
        };
        assert_eq!(may_post(standing(true, false)), Ok(()));
        assert_eq!(may_post(standing(true, true)), Err(Code::NotFriends));
        assert_eq!(may_post(standing(false, false)), Err(Code::NoAccess));
        assert_eq!(may_post(standing(false, true)), Err(Code::NoAccess));
    }

    #[test]
    fn r_404_when_a_message_is_due() {
        let wanted = |schedule, at: Option<i64>, delete| Wanted {
            schedule,
            schedule_at: at.and_then(Timestamp::from_micros),
            delete,
        };
        let code = |result: Result<Due, Refusal>| result.map_err(|refusal| refusal.code);
        for (wanted, due) in [
            (wanted(None, None, 0), Ok(Due::Now)),
            (wanted(Some(0), None, 9), Ok(Due::Now)),
            (wanted(Some(5), None, 0), Ok(Due::In(5_000_000))),
            (wanted(Some(100), None, 100), Ok(Due::In(100_000_000))),
            (wanted(Some(101), None, 0), Err(Code::TooLarge)),
            (wanted(Some(u64::MAX), None, 0), Err(Code::TooLarge)),
            (wanted(None, None, 101), Err(Code::TooLarge)),
            (wanted(Some(0), Some(NOW), 0), Err(Code::InvalidRequest)),
            (wanted(None, Some(NOW - 1), 0), Ok(Due::Now)),
            (wanted(None, Some(NOW + 7), 0), Ok(Due::At(NOW + 7))),
            (
                wanted(None, Some(NOW + 100_000_000), 0),
                Ok(Due::At(NOW + 100_000_000)),
            ),
            (
                wanted(None, Some(NOW + 100_000_001), 0),
                Err(Code::TooLarge),
            ),
        ] {
            assert_eq!(code(plan(wanted, NOW, 100)), due, "{wanted:?}");
        }
    }

    #[test]
    fn r_420_a_minute_ahead_if_there_is_one() {
        assert_eq!(soon(NOW + 60 * SECOND, NOW), None);
        assert_eq!(soon(NOW + 61 * SECOND, NOW), Some(NOW + SECOND));
    }
}
