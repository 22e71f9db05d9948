//! One request from its JSON, or the refusal that names the offending key (R-102, R-105); for the dispatcher.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use crate::refusal::{Code, Refusal};

/// Decodes the parameters of an event: one JSON object, or nothing at all for `{}`.
///
/// # Errors
/// `invalid_request`, with a sentence that names the key that is missing or has the wrong form.
pub fn decode<T: DeserializeOwned>(argument: Option<&str>) -> Result<T, Refusal> {
    let mut json = serde_json::Deserializer::from_str(argument.unwrap_or("{}"));
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    object(tracked).map_err(|error| {
        let path = track.path().to_string();
        let reason = error.to_string();
        // serde_json appends a position, which means nothing to a caller who sent an object.
        let reason = reason.split(" at line ").next().unwrap_or_default();
        let sentence = if path == "." {
            reason.to_owned()
        } else {
            format!("{path}: {reason}")
        };
        Refusal::saying(Code::InvalidRequest, sentence)
    })
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
    use crate::dms::CreateDm;
    use crate::messages::SendMessage;

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
}
