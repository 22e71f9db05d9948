//! Packets of Engine.IO v4 and Socket.IO v5 (main namespace, text only), to text and back.

use serde::Deserialize;
use serde_json::value::RawValue;

/// What the server says first: how the connection is kept alive.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handshake {
    /// Names the connection.
    pub sid: String,
    /// Milliseconds between two pings.
    pub ping_interval: u64,
    /// Milliseconds that a ping may be late before the connection counts as dead.
    pub ping_timeout: u64,
    /// Bytes that one frame to the server may have.
    #[serde(default = "default_max_payload")]
    pub max_payload: usize,
}

/// Engine.IO's own default, for servers that do not say.
fn default_max_payload() -> usize {
    1_000_000
}

/// A packet from the server.
#[derive(Debug)]
pub enum Packet {
    /// Engine.IO open.
    Open(Handshake),
    /// Engine.IO close.
    Close,
    /// Engine.IO ping, to be answered.
    Ping,
    /// Something that asks for nothing.
    Noop,
    /// The namespace is ours.
    Connected,
    /// The namespace is not ours, and why.
    ConnectRefused(String),
    /// Socket.IO disconnect.
    Disconnect,
    /// An event, with the id it is to be acked under.
    Event {
        /// Its name.
        name: String,
        /// Its first argument as JSON; `null` where it has none.
        payload: String,
        /// Set where the server waits for an ack.
        ack: Option<u64>,
    },
    /// The answer to one of our events.
    Ack {
        /// The id that we gave it.
        id: u64,
        /// The first argument.
        payload: Box<RawValue>,
    },
}

/// Reads a text frame.
///
/// # Errors
/// A short reason where the frame is no packet of the protocol.
pub fn decode(frame: &str) -> Result<Packet, &'static str> {
    let (kind, rest) = split_first(frame).ok_or("an empty frame")?;
    match kind {
        b'0' => serde_json::from_str(rest)
            .map(Packet::Open)
            .map_err(|_| "a handshake that is none"),
        b'1' => Ok(Packet::Close),
        b'2' => Ok(Packet::Ping),
        b'3' | b'5' | b'6' => Ok(Packet::Noop),
        b'4' => decode_message(rest),
        _ => Err("an unknown packet type"),
    }
}

fn decode_message(text: &str) -> Result<Packet, &'static str> {
    let (kind, rest) = split_first(text).ok_or("an empty message")?;
    match kind {
        b'0' => Ok(Packet::Connected),
        b'1' => Ok(Packet::Disconnect),
        b'2' => {
            let (ack, json) = take_id(rest)?;
            let mut arguments: Vec<Box<RawValue>> =
                serde_json::from_str(json).map_err(|_| "an event that is no JSON array")?;
            if arguments.is_empty() {
                return Err("an event without a name");
            }
            let payload = match arguments.len() {
                1 => "null".to_owned(),
                _ => Box::<str>::from(arguments.swap_remove(1)).into_string(),
            };
            let name = serde_json::from_str(arguments[0].get())
                .map_err(|_| "an event whose name is no string")?;
            Ok(Packet::Event { name, payload, ack })
        }
        b'3' => {
            let (id, json) = take_id(rest)?;
            let arguments: Vec<Box<RawValue>> =
                serde_json::from_str(json).map_err(|_| "an ack that is no JSON array")?;
            Ok(Packet::Ack {
                id: id.ok_or("an ack without an id")?,
                payload: arguments.into_iter().next().ok_or("an empty ack")?,
            })
        }
        b'4' => {
            #[derive(Deserialize)]
            struct Why {
                #[serde(default)]
                message: String,
            }
            let why: Why = serde_json::from_str(rest).unwrap_or(Why {
                message: String::new(),
            });
            Ok(Packet::ConnectRefused(why.message))
        }
        _ => Err("a packet type that this protocol does not use"),
    }
}

fn split_first(text: &str) -> Option<(u8, &str)> {
    let first = *text.as_bytes().first()?;
    // A first byte outside ASCII begins a longer character, and no packet.
    Some((first, text.get(1..)?))
}

fn take_id(text: &str) -> Result<(Option<u64>, &str), &'static str> {
    let end = text
        .bytes()
        .position(|b| !b.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return Ok((None, rest));
    }
    let id = digits.parse().map_err(|_| "an ack id out of range")?;
    Ok((Some(id), rest))
}

/// Asks for the main namespace.
pub const CONNECT: &str = "40";
/// Answers a ping.
pub const PONG: &str = "3";
/// Leaves the namespace, at the end of a session.
pub const DISCONNECT: &str = "41";

/// An event with one JSON argument, to be acked under `id`.
pub fn event(id: u64, name: &str, payload: &str) -> String {
    // Event names are ours: snake case, nothing that JSON would escape.
    format!("42{id}[\"{name}\",{payload}]")
}

/// The ack of a server's event, with no arguments.
pub fn ack(id: u64) -> String {
    format!("43{id}[]")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_packets_of_the_protocol_are_read() {
        let open = decode(
            r#"0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000}"#,
        );
        let Packet::Open(handshake) = open.unwrap() else {
            panic!("an open packet");
        };
        assert_eq!(
            (
                handshake.ping_interval,
                handshake.ping_timeout,
                handshake.max_payload
            ),
            (25_000, 20_000, 1_000)
        );
        assert!(matches!(decode("2").unwrap(), Packet::Ping));
        assert!(matches!(
            decode(r#"40{"sid":"b"}"#).unwrap(),
            Packet::Connected
        ));
        let Packet::Event { name, payload, ack } = decode(r#"4217["x",{"a":[1]}]"#).unwrap() else {
            panic!("an event");
        };
        assert_eq!(
            (name.as_str(), payload.as_str(), ack),
            ("x", r#"{"a":[1]}"#, Some(17))
        );
        let Packet::Event { payload, ack, .. } = decode(r#"42["x"]"#).unwrap() else {
            panic!("an event");
        };
        assert_eq!((payload.as_str(), ack), ("null", None));
        let Packet::Ack { id, payload } = decode(r#"435[{"success":true}]"#).unwrap() else {
            panic!("an ack");
        };
        assert_eq!((id, payload.get()), (5, r#"{"success":true}"#));
        assert!(
            matches!(decode(r#"44{"message":"no"}"#).unwrap(), Packet::ConnectRefused(why) if why == "no")
        );
    }

    #[test]
    fn what_is_no_packet_is_refused_without_a_panic() {
        for bad in [
            "",
            "4",
            "42",
            "42[]",
            "42[1]",
            "42{",
            "43[1]",
            "435[]",
            "4399999999999999999999[1]",
            "45-[1]",
            "0{}",
            "9",
            "é",
            "4é",
        ] {
            assert!(decode(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let Packet::Event { name, payload, ack } =
            decode(&event(3, "get_dm", r#"{"id":7}"#)).unwrap()
        else {
            panic!("an event");
        };
        assert_eq!(
            (name.as_str(), payload.as_str(), ack),
            ("get_dm", r#"{"id":7}"#, Some(3))
        );
    }
}
