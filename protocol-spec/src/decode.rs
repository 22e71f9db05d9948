//! One request from its JSON, or the refusal that names the offending key (R-102, R-105); for the dispatcher.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use crate::refusal::{Code, Refusal};

/// Decodes the parameters of an event: one JSON object, or nothing at all for `{}`.
///
/// # Errors
/// `invalid_request`, with a sentence that names the key that is missing or has the wrong form, and says what is expected
/// there. It repeats nothing of what was sent but the names of keys.
pub fn decode<T: DeserializeOwned>(argument: Option<&str>) -> Result<T, Refusal> {
    let mut json = serde_json::Deserializer::from_str(argument.unwrap_or("{}"));
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    object(tracked)
        .map_err(|error| (track.path().to_string(), error))
        .and_then(|request| match json.end() {
            Ok(()) => Ok(request),
            Err(error) => Err((".".to_owned(), error)),
        })
        .map_err(|(path, error)| {
            let reason = expectation(&error.to_string());
            let sentence = if is_place(&path) {
                format!("{path}: {reason}.")
            } else {
                format!("{reason}.")
            };
            Refusal::saying(Code::InvalidRequest, sentence)
        })
}

/// What serde_json expected, without what it found (which may be long, or nothing for a log) and where in the text (which
/// means nothing to a caller who sent an object).
fn expectation(reason: &str) -> String {
    let reason = reason
        .rsplit_once(" at line ")
        .map_or(reason, |(before, _)| before);
    match reason.rsplit_once(", expected ") {
        Some((_, "u64")) => "a whole number from 0 is expected".to_owned(),
        Some((_, what)) => format!("{what} is expected"),
        None => reason.to_owned(),
    }
}

/// Whether a path leads to a place that an event has: a caller's own keys can be anything.
fn is_place(path: &str) -> bool {
    path.len() <= 64
        && path != "."
        && path
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.[]".contains(&b))
}

/// Reads a struct from a JSON object only. Derived code takes an array of the fields, too, which the wire does not know.
///
/// # Errors
/// Where the input is no object or does not fit `T`.
pub fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(input: D) -> Result<T, D::Error> {
    input.deserialize_map(ObjectVisitor(PhantomData))
}

/// [`object`] for each element of an array.
///
/// # Errors
/// Where the input is no array of objects that fit `T`.
pub fn objects<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    input: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Vec::<Object<T>>::deserialize(input)?
        .into_iter()
        .map(|object| object.0)
        .collect())
}

/// Tells a key that is there and null from one that is not there: `Some(None)` and `None`.
///
/// # Errors
/// Where the value is neither null nor fits `T`.
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    input: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(input).map(Some)
}

struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        object(input).map(Object)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::dms::{CreateDm, GetDm, GetDms, SetDm};
    use crate::messages::{GetMessageHistory, SendMessage};
    use crate::users::SetUser;

    fn why<T: DeserializeOwned + fmt::Debug>(argument: &str) -> String {
        let refusal = decode::<T>(Some(argument)).unwrap_err();
        assert_eq!(refusal.code, Code::InvalidRequest);
        refusal.sentence.into_owned()
    }

    #[test]
    fn r_105_an_invalid_request_names_the_key() {
        let sig = "00".repeat(64);
        assert!(why::<SendMessage>("{}").contains("`id`"));
        assert!(why::<SendMessage>(r#"{"id":"7"}"#).starts_with("id: "));
        let negative = format!(r#"{{"id":7,"message":"ab","signature":"{sig}","schedule":-1}}"#);
        assert!(why::<SendMessage>(&negative).starts_with("schedule: "));
        let nested = r#"{"usernames":["b"],"messages":[{"ek":"00","spk":"00"}],"key_tree":[]}"#;
        assert!(
            why::<CreateDm>(nested).starts_with("messages[0].ek: "),
            "{}",
            why::<CreateDm>(nested)
        );
        assert!(
            why::<CreateDm>(r#"{"usernames":["b"],"messages":[["00","00"]],"key_tree":[]}"#)
                .starts_with("messages[0]: ")
        );
        assert!(why::<SendMessage>("[1]").contains("object"));
    }

    #[test]
    fn r_105_an_invalid_request_says_what_is_expected_and_repeats_nothing() {
        let long = "x, expected you at line 1 ".repeat(10_000);
        assert_eq!(
            why::<SendMessage>(&format!(r#"{{"id":"{long}"}}"#)),
            "id: a positive whole number below 2^53 is expected."
        );
        assert_eq!(
            why::<SetUser>(&format!(r#"{{"invites":"{long}"}}"#)),
            "invites: `anyone` or `friends` is expected."
        );
        assert_eq!(
            why::<SendMessage>(r#"{"id":7,"schedule":1.5}"#),
            "schedule: a whole number from 0 is expected."
        );
        assert!(why::<SendMessage>(&format!(r#"{{"{long}":[1,}}"#)).len() < 100);
        assert!(why::<SendMessage>(r#"{"id":7}{"id":8}"#).len() < 100);
    }

    #[test]
    fn r_102_a_request_is_one_object_or_nothing() {
        assert!(decode::<GetDms>(None).is_ok());
        assert!(decode::<GetDms>(Some("{}")).is_ok());
        for bad in ["null", "[]", "7", "{} {}", "{},", ""] {
            assert!(decode::<GetDms>(Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn r_107_unknown_keys_are_ignored_and_null_is_nothing() {
        let sig = "00".repeat(64);
        let request = format!(
            r#"{{"id":7,"message":"ab","signature":"{sig}","schedule":null,"colour":["red"],"colour":1}}"#
        );
        let request: SendMessage = decode(Some(&request)).unwrap();
        assert_eq!((request.schedule, request.delete), (None, None));
        assert!(why::<GetDm>(r#"{"id":7,"id":7}"#).contains("`id`"));
        assert!(why::<GetDm>(r#"{"id":null}"#).starts_with("id: "));
    }

    #[test]
    fn r_116_seconds_and_counts_are_whole_numbers() {
        let sig = "00".repeat(64);
        for (value, good) in [
            ("0", true),
            ("31536000", true),
            ("-1", false),
            ("1.0", false),
            ("\"1\"", false),
        ] {
            let request =
                format!(r#"{{"id":7,"message":"ab","signature":"{sig}","delete":{value}}}"#);
            assert_eq!(
                decode::<SendMessage>(Some(&request)).is_ok(),
                good,
                "{value}"
            );
            let request = format!(r#"{{"id":7,"count":{value}}}"#);
            assert_eq!(
                decode::<GetMessageHistory>(Some(&request)).is_ok(),
                good,
                "{value}"
            );
        }
    }

    #[test]
    fn r_214_and_r_306_what_null_says_where_it_is_not_nothing() {
        assert!(
            decode::<SetUser>(Some(r#"{"spk":null}"#))
                .unwrap()
                .spk
                .unwrap()
                .is_none()
        );
        assert!(decode::<SetUser>(Some("{}")).unwrap().spk.is_none());
        assert!(
            decode::<SetDm>(Some(r#"{"id":7,"name":null}"#))
                .unwrap()
                .name
                .is_none()
        );
        assert!(why::<SetDm>(r#"{"id":7}"#).contains("`name`"));
    }
}
