//! Value types of the wire, for requests, objects and both SDKs: each is parsed once, where it is read.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, NaiveDateTime, Timelike, Utc};
use schemars::generate::Contract;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use ts_rs::TS;

/// The largest id that a JavaScript number holds exactly (R-112).
pub const MAX_ID: u64 = (1 << 53) - 1;

/// Declares an id: a positive integer below 2^53 (R-112).
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, TS)]
        #[serde(transparent)]
        #[ts(type = "number")]
        pub struct $name(u64);

        impl $name {
            /// The id with this value, or `None` unless 1 ≤ `value` < 2^53.
            pub const fn new(value: u64) -> Option<Self> {
                if value >= 1 && value <= MAX_ID { Some(Self(value)) } else { None }
            }

            /// The id as a number.
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_u64(IdVisitor).map(Self)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "integer", "minimum": 1, "maximum": MAX_ID })
            }
        }
    };
}

id!(
    /// Names a DM.
    DmId
);
id!(
    /// Names a message, in all DMs together.
    MessageId
);
id!(
    /// Names a reaction, in all DMs together.
    ReactionId
);
id!(
    /// Names a scheduled message until it is sent.
    ScheduleId
);

/// Reads an id from a JSON number, or from the string that serde makes of an integer map key.
struct IdVisitor;

impl de::Visitor<'_> for IdVisitor {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a positive whole number below 2^53")
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<u64, E> {
        if (1..=MAX_ID).contains(&value) {
            Ok(value)
        } else {
            Err(E::invalid_value(de::Unexpected::Unsigned(value), &self))
        }
    }
}

/// Text from a client: Unicode without NUL (R-113); lone surrogates do not survive JSON decoding.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, TS,
)]
#[serde(transparent)]
#[schemars(extend("pattern" = r"^[^\u0000]*$"))]
#[ts(type = "string")]
pub struct Text(String);

impl Text {
    /// The text, or `None` where it holds a NUL.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        (!text.contains('\0')).then_some(Self(text))
    }

    /// Its characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its characters, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?)
            .ok_or_else(|| de::Error::custom("text without the character NUL is expected"))
    }
}

/// Bytes of any length, as hex on the wire: read in either case, written in lower case (R-111).
#[derive(Clone, Default, PartialEq, Eq, Hash, TS)]
#[ts(type = "string")]
pub struct Bytes(pub Vec<u8>);

/// So many bytes as the field has (a key 32, a signature 64), as hex on the wire; no other length is taken (R-111).
#[derive(Clone, Copy, PartialEq, Eq, Hash, TS)]
#[ts(rename = "Hex", type = "string")]
pub struct Fixed<const N: usize>(pub [u8; N]);

/// At least one byte that only clients can read or make: a message, a reaction, a call signal (R-111).
#[derive(Clone, PartialEq, Eq, Hash, TS)]
#[ts(type = "string")]
pub struct Sealed(Vec<u8>);

/// A signed prekey: the 32 bytes of the first clients or the 50 bytes of `sotto/1` (R-202).
#[derive(Clone, PartialEq, Eq, Hash, TS)]
#[ts(type = "string")]
pub struct Spk(Vec<u8>);

/// An Ed25519 public key, 32 bytes (RFC 8032). Whether it is a good one is a rule, not a form.
pub type PublicKey = Fixed<32>;
/// An X25519 public key, 32 bytes (RFC 7748).
pub type DhKey = Fixed<32>;
/// An Ed25519 signature, 64 bytes (RFC 8032).
pub type Signature = Fixed<64>;

impl Sealed {
    /// The sealed bytes, or `None` where there are none.
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (!bytes.is_empty()).then_some(Self(bytes))
    }

    /// The sealed bytes, of which the server knows nothing.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The sealed bytes, owned.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl Spk {
    /// The prekey, or `None` unless it has 32 or 50 bytes.
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        matches!(bytes.len(), 32 | 50).then_some(Self(bytes))
    }

    /// Its 32 or 50 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Lower-case hex, into a buffer of the right length: `hex::encode` goes digit by digit, which shows in a profile.
fn to_hex(bytes: &[u8]) -> String {
    let mut digits = vec![0; 2 * bytes.len()];
    hex::encode_to_slice(bytes, &mut digits).expect("two digits for each byte");
    String::from_utf8(digits).expect("hex digits are ASCII")
}

/// Gives a byte type its hex form on the wire. `$pattern` is a regular expression, of what matches one byte.
macro_rules! hex_on_the_wire {
    (<$($generics:ident $gty:ident)?> $name:ty, $schema_name:expr, |$value:ident| $bytes:expr, |$raw:ident| $parse:expr, $expected:expr, |$byte:ident| $pattern:expr) => {
        impl $(<const $generics: $gty>)? Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $value = self;
                serializer.serialize_str(&to_hex($bytes))
            }
        }

        impl<'de, $(const $generics: $gty)?> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<str>::deserialize(deserializer)?;
                let $raw = hex::decode(text.as_bytes())
                    .map_err(|_| de::Error::custom("pairs of hex digits are expected"))?;
                $parse.ok_or_else(|| de::Error::custom($expected))
            }
        }

        impl $(<const $generics: $gty>)? fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let $value = self;
                write!(f, "({} bytes)", $bytes.len())
            }
        }

        impl $(<const $generics: $gty>)? JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                ($schema_name).into()
            }
            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let $byte = match generator.contract() {
                    Contract::Serialize => "(?:[0-9a-f]{2})",
                    _ => "(?:[0-9a-fA-F]{2})",
                };
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}

hex_on_the_wire!(
    <> Bytes, "Bytes", |v| &v.0, |raw| Some(Bytes(raw)), "hex digits are expected",
    |byte| format!("^{byte}*$")
);
hex_on_the_wire!(
    <N usize> Fixed<N>, format!("Bytes{N}"), |v| &v.0,
    |raw| raw.try_into().ok().map(Fixed), format!("{} hex digits are expected", 2 * N),
    |byte| format!("^{byte}{{{N}}}$")
);
hex_on_the_wire!(
    <> Sealed, "Sealed", |v| &v.0, |raw| Sealed::new(raw), "at least one byte is expected",
    |byte| format!("^{byte}+$")
);
hex_on_the_wire!(
    <> Spk, "Spk", |v| &v.0, |raw| Spk::new(raw), "64 or 100 hex digits are expected",
    |byte| format!("^{byte}{{32}}(?:{byte}{{18}})?$")
);

/// A moment in UTC, in microseconds since 1970 (R-114): `2023-07-22T01:58:59.123456` on the wire, always six
/// digits and no zone. Read with 0 to 9 fractional digits (beyond six: cut off) and with `Z` or an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, TS)]
#[ts(type = "string")]
pub struct Timestamp(i64);

impl Timestamp {
    /// The first moment of year 0 and the last of year 9999: what the format can hold.
    const RANGE: std::ops::RangeInclusive<i64> = -62_167_219_200_000_000..=253_402_300_799_999_999;

    /// The moment this many microseconds after 1970, or `None` outside the years 0 to 9999.
    pub fn from_micros(micros: i64) -> Option<Self> {
        Self::RANGE.contains(&micros).then_some(Self(micros))
    }

    /// Microseconds since 1970.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Reads the wire form; `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let fraction = text.split_once('.').map_or(0, |(_, rest)| {
            rest.bytes().take_while(u8::is_ascii_digit).count()
        });
        if fraction > 9 || !text.is_ascii() || text.ends_with('.') {
            return None;
        }
        let moment = match NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f") {
            Ok(naive) => naive.and_utc(),
            Err(_) => DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc),
        };
        // A leap second (23:59:60) would move the fraction past a second; UTC instants here have none.
        if moment.nanosecond() >= 1_000_000_000 {
            return None;
        }
        Self::from_micros(moment.timestamp_micros())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = DateTime::from_timestamp_micros(self.0).unwrap_or_default();
        write!(f, "{}", moment.format("%Y-%m-%dT%H:%M:%S%.6f"))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| de::Error::custom("a time like 2023-07-22T01:58:59.123456 is expected"))
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let fraction_and_zone = match generator.contract() {
            Contract::Serialize => r"\.[0-9]{6}",
            _ => r"(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})?",
        };
        let date_and_time = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}";
        json_schema!({
            "type": "string",
            "pattern": format!("^{date_and_time}{fraction_and_zone}$")
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn r_112_ids_are_positive_integers_below_2_to_the_53() {
        for good in ["1", "9007199254740991"] {
            assert!(serde_json::from_str::<DmId>(good).is_ok(), "{good}");
        }
        for bad in [
            "0",
            "-1",
            "1.0",
            "1.5",
            "\"1\"",
            "9007199254740992",
            "1e3",
            "null",
            "true",
        ] {
            assert!(serde_json::from_str::<DmId>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn r_111_hex_is_read_in_either_case_and_written_in_lower_case() {
        let bytes: Bytes = serde_json::from_str("\"aBCd\"").unwrap();
        assert_eq!(serde_json::to_string(&bytes).unwrap(), "\"abcd\"");
        for bad in ["\"a\"", "\"0x12\"", "\"zz\"", "12", "\" 12\""] {
            assert!(serde_json::from_str::<Bytes>(bad).is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<Sealed>("\"\"").is_err());
        assert!(serde_json::from_str::<Fixed<2>>("\"abcdef\"").is_err());
        assert!(serde_json::from_str::<Spk>(&format!("\"{}\"", "00".repeat(33))).is_err());
    }

    #[test]
    fn r_113_text_is_unicode_without_nul_and_lone_surrogates() {
        for bad in [r#""a\u0000b""#, r#""\ud800""#, r#""\udc00x""#, "5"] {
            assert!(serde_json::from_str::<Text>(bad).is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<Text>(r#""\ud83d\ude00""#).is_ok());
    }

    #[test]
    fn r_114_timestamps_are_read_leniently_and_written_strictly() {
        let six = "2023-07-22T01:58:59.123456";
        for same in [
            six,
            "2023-07-22T01:58:59.123456Z",
            "2023-07-22T01:58:59.123456789",
            "2023-07-22T03:58:59.123456+02:00",
        ] {
            assert_eq!(Timestamp::parse(same).unwrap().to_string(), six, "{same}");
        }
        let whole = Timestamp::parse("2023-07-22T01:58:59").unwrap();
        assert_eq!(whole.to_string(), "2023-07-22T01:58:59.000000");
        for bad in [
            "",
            "2023-07-22",
            "2023-07-22 01:58:59.1x",
            "2023-13-22T01:58:59",
            "2023-07-22T01:58:59.",
            "2023-07-22T01:58:59.1234567890",
            "2023-07-22T23:59:60",
            "12023-07-22T01:58:59",
            "2023-07-22T01:58:59.1+2:00",
            "٢٠٢٣-07-22T01:58:59",
        ] {
            assert_eq!(Timestamp::parse(bad), None, "{bad}");
        }
    }
}
