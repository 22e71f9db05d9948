//! The executor behind `vectors/*.json`: one function per `op`, for the generator and the test
//! runner of this crate alone.
//!
//! It shows inner steps that no SDK may see, so it exists only under the feature `vectors`.
use crate::error::Result;
use crate::hex;
use serde_json::{Value, json};

mod basics;
mod envelopes;
mod groups;

/// The input of a case. A vector file with a missing or ill-typed field is a bug of the file:
/// reading one panics.
#[derive(Debug, Clone, Copy)]
struct In<'a>(&'a Value);

impl<'a> In<'a> {
    fn get(self, key: &str) -> In<'a> {
        In(self
            .0
            .get(key)
            .unwrap_or_else(|| panic!("no field {key} in {}", self.0)))
    }

    fn opt(self, key: &str) -> Option<In<'a>> {
        self.0.get(key).filter(|v| !v.is_null()).map(In)
    }

    fn list(self, key: &str) -> Vec<In<'a>> {
        self.get(key)
            .0
            .as_array()
            .expect("a list")
            .iter()
            .map(In)
            .collect()
    }

    fn str(self) -> &'a str {
        self.0.as_str().expect("a string")
    }

    fn bytes(self, key: &str) -> Vec<u8> {
        self.get(key).as_bytes()
    }

    fn as_bytes(self) -> Vec<u8> {
        hex::decode(self.str()).expect("bytes are hex")
    }

    fn array<const N: usize>(self, key: &str) -> [u8; N] {
        self.get(key).as_array()
    }

    fn as_array<const N: usize>(self) -> [u8; N] {
        hex::decode_array(self.str()).expect("bytes are hex of the right length")
    }

    /// A well-formed text; where a case may hold any bytes, take [`Self::bytes`].
    fn text(self, key: &str) -> String {
        String::from_utf8(self.bytes(key)).expect("text is UTF-8")
    }

    fn u64(self, key: &str) -> u64 {
        let value = self.get(key).0;
        value
            .as_u64()
            .or_else(|| value.as_str()?.parse().ok())
            .expect("an integer or its decimal string")
    }

    fn u32(self, key: &str) -> u32 {
        u32::try_from(self.u64(key)).expect("an integer below 2^32")
    }
}

fn bytes(b: impl AsRef<[u8]>) -> Value {
    Value::String(hex::encode(b.as_ref()))
}

/// An integer, as a decimal string where JavaScript's numbers would round it.
fn number(n: u64) -> Value {
    if n > 1 << 53 {
        Value::String(n.to_string())
    } else {
        json!(n)
    }
}

/// Run-length coding: `[first index, last index, code]`.
fn runs(codes: impl Iterator<Item = &'static str>) -> Vec<(usize, usize, &'static str)> {
    let mut runs: Vec<(usize, usize, &str)> = Vec::new();
    for (i, code) in codes.enumerate() {
        match runs.last_mut().filter(|run| run.2 == code) {
            Some(run) => run.1 = i,
            None => runs.push((i, i, code)),
        }
    }
    runs
}

/// Runs one case; none for an unknown `op`.
///
/// # Panics
/// If `input` lacks a field or holds one of the wrong type.
#[must_use]
pub fn run(op: &str, input: &Value) -> Option<Result<Value>> {
    let input = In(input);
    basics::run(op, input)
        .or_else(|| groups::run(op, input))
        .or_else(|| envelopes::run(op, input))
}
