//! Times that people write and read: durations, moments of the local clock.

use std::time::Duration;

use chrono::{DateTime, Days, Local, NaiveDateTime, NaiveTime, TimeZone, Utc};
use sotto_sdk::protocol::text::Timestamp;

use crate::failure::{Failure, Outcome};

/// Reads `5s`, `10m`, `2h30m`, `3d`; a bare number is seconds.
pub fn duration(text: &str) -> Outcome<Duration> {
    let wrong = || Failure::usage(format!("{text:?} is no duration like 30s, 10m or 2h30m"));
    let mut seconds = 0_u64;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
        let mut unit = rest[digits..].chars();
        let factor = match unit.next() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3_600,
            Some('d') => 86_400,
            None if digits == text.trim().len() => 1,
            _ => return Err(wrong()),
        };
        seconds = number
            .checked_mul(factor)
            .and_then(|more| seconds.checked_add(more))
            .ok_or_else(wrong)?;
        rest = unit.as_str();
    }
    Ok(Duration::from_secs(seconds))
}

/// Reads `2027-03-01T08:00:00Z` (or with an offset), `2027-03-01 08:00[:30]` or `08:00` of the local clock, the next to come.
pub fn moment(text: &str, now: DateTime<Local>) -> Outcome<Timestamp> {
    let text = text.trim();
    let wrong = || {
        Failure::usage(format!(
            "{text:?} is no time like 2027-03-01T08:00:00Z, '2027-03-01 08:00' or 08:00"
        ))
    };
    let local = |naive: NaiveDateTime| Local.from_local_datetime(&naive).earliest();
    let parsed = if let Ok(exact) = DateTime::parse_from_rfc3339(text) {
        Some(exact.with_timezone(&Utc))
    } else if let Some(naive) = [
        "%Y-%m-%d %H:%M",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%dT%H:%M:%S",
    ]
    .iter()
    .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
    {
        local(naive).map(|moment| moment.with_timezone(&Utc))
    } else {
        let time = ["%H:%M", "%H:%M:%S"]
            .iter()
            .find_map(|form| NaiveTime::parse_from_str(text, form).ok())
            .ok_or_else(wrong)?;
        let today = now.date_naive().and_time(time);
        let tomorrow = today.checked_add_days(Days::new(1)).ok_or_else(wrong)?;
        [today, tomorrow]
            .into_iter()
            .filter_map(local)
            .find(|moment| *moment > now)
            .map(|moment| moment.with_timezone(&Utc))
    };
    parsed
        .and_then(|moment| Timestamp::from_micros(moment.timestamp_micros()))
        .ok_or_else(wrong)
}

/// A moment on the local clock; today's without the date.
pub fn local(timestamp: Timestamp, now: DateTime<Local>) -> String {
    let moment = DateTime::from_timestamp_micros(timestamp.micros()).unwrap_or_default();
    let moment = moment.with_timezone(&Local);
    let form = if moment.date_naive() == now.date_naive() {
        "%H:%M:%S"
    } else {
        "%Y-%m-%d %H:%M"
    };
    moment.format(form).to_string()
}

/// How far a moment is from now: `in 5 s`, `2 h ago`.
pub fn distance(timestamp: Timestamp, now: DateTime<Local>) -> String {
    let seconds = (timestamp.micros() - now.timestamp_micros()) / 1_000_000;
    let far = seconds.unsigned_abs();
    let text = match far {
        0..=99 => format!("{far} s"),
        100..=5_999 => format!("{} min", far / 60),
        6_000..=172_799 => format!("{} h", far / 3_600),
        _ => format!("{} d", far / 86_400),
    };
    if far == 0 {
        "now".to_owned()
    } else if seconds > 0 {
        format!("in {text}")
    } else {
        format!("{text} ago")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, seconds) in [
            ("5s", 5),
            ("10m", 600),
            ("2h30m", 9_000),
            ("3d", 259_200),
            ("7", 7),
            (" 1m1s ", 61),
        ] {
            assert_eq!(duration(text).unwrap().as_secs(), seconds, "{text}");
        }
        for bad in [
            "",
            "s",
            "5x",
            "-5s",
            "1.5h",
            "5 s",
            "5s7",
            "99999999999999999999d",
        ] {
            assert!(duration(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn moments_are_read() {
        let now = Local
            .from_local_datetime(&"2026-11-20T12:00:00".parse().unwrap())
            .unwrap();
        let exact = moment("2027-03-01T08:00:00Z", now).unwrap();
        assert_eq!(exact.to_string(), "2027-03-01T08:00:00.000000");
        assert_eq!(moment("2027-03-01T10:00:00+02:00", now).unwrap(), exact);
        let day = moment("2027-03-01 08:00", now).unwrap();
        assert_eq!(local(day, now), "2027-03-01 08:00");
        assert_eq!(local(moment("12:30", now).unwrap(), now), "12:30:00");
        assert_eq!(
            local(moment("11:30", now).unwrap(), now),
            "2026-11-21 11:30"
        );
        for bad in ["", "yesterday", "25:00", "2027-13-01 08:00", "2027-03-01"] {
            assert!(moment(bad, now).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn distances_are_told() {
        let now = Local
            .from_local_datetime(&"2026-11-20T12:00:00".parse().unwrap())
            .unwrap();
        let at = |seconds: i64| {
            Timestamp::from_micros(now.timestamp_micros() + seconds * 1_000_000).unwrap()
        };
        for (seconds, text) in [
            (0, "now"),
            (5, "in 5 s"),
            (-600, "10 min ago"),
            (7_200, "in 2 h"),
            (-259_200, "3 d ago"),
        ] {
            assert_eq!(distance(at(seconds), now), text);
        }
    }
}
