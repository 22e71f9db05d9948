//! The envelope of every answer, for the dispatcher and the SDKs.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use ts_rs::TS;

use crate::refusal::{Code, Refusal};

/// `true`: what an event answers that has nothing to tell but that it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TS)]
#[ts(type = "true")]
pub struct Done;

impl Serialize for Done {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

impl<'de> Deserialize<'de> for Done {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if bool::deserialize(deserializer)? {
            Ok(Done)
        } else {
            Err(de::Error::custom("true is expected"))
        }
    }
}

impl JsonSchema for Done {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Done".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "const": true })
    }
}

/// `{"success": true, "result": …}` or `{"success": false, "result": "…", "code": "…"}`.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Reply<T> {
    /// The event was carried out.
    Success {
        /// Always `true`.
        success: bool,
        /// What the event answers.
        result: T,
    },
    /// The event was refused and changed nothing.
    Failure(Failure),
}

/// The answer to a refused event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Failure {
    /// Always `false`.
    #[schemars(extend("const" = false))]
    #[ts(type = "false")]
    pub success: bool,
    /// A sentence for a person.
    pub result: String,
    /// Why, for programs.
    pub code: Code,
    /// Seconds to wait, with `rate_limited`, `locked_out` and `unavailable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(min = 1))]
    #[ts(optional, type = "number")]
    pub retry_after: Option<u64>,
}

impl<T> Reply<T> {
    /// The envelope of an outcome.
    pub fn new(outcome: Result<T, Refusal>) -> Self {
        match outcome {
            Ok(result) => Self::Success {
                success: true,
                result,
            },
            Err(refusal) => Self::Failure(Failure {
                success: false,
                result: refusal.sentence.into_owned(),
                code: refusal.code,
                retry_after: refusal.retry_after,
            }),
        }
    }
}
