//! A WebSocket, Engine.IO and Socket.IO client with nothing in it that a measurement does not need,
//! so that one core of load can keep one core of server busy. For every measurement.
//!
//! Frames are told apart by their first bytes; JSON is parsed only by [`Connection::ask`]. The mask
//! of RFC 6455 5.3 is zero, which a server unmasks like any other and which costs nothing here.

use std::net::SocketAddr;
use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

/// How a notice of a new or changed message begins.
const MESSAGE: &[u8] = b"[\"message_notification\"";
/// How the answer to an event that was carried out begins.
const SUCCESS: &[u8] = b"[{\"success\":true";
/// Bytes that a connection reads at once; more where a frame is longer.
const INBOX: usize = 16 * 1024;
/// Requests of one [`Connection::ask_all`] that are under way together.
const ASKED_AT_ONCE: usize = 64;

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

/// A server to measure.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where it listens.
    pub address: SocketAddr,
    /// The host of its URL, with the port: what `Host` says.
    pub host: String,
    /// The origin that logins are bound to.
    pub origin: String,
}

impl Target {
    /// The server at `url`, which must be `http`; `origin` where it knows itself by another name.
    ///
    /// # Errors
    /// Where the URL has no host, another scheme or a name that does not resolve.
    pub fn parse(url: &str, origin: Option<String>) -> Result<Self> {
        let url = Url::parse(url).with_context(|| format!("{url} is no URL"))?;
        ensure!(
            url.scheme() == "http",
            "only http:// servers are measured; TLS is left out"
        );
        let name = url.host_str().context("the URL names no host")?;
        let port = url
            .port_or_known_default()
            .context("the URL names no port")?;
        let address = *url
            .socket_addrs(|| None)
            .with_context(|| format!("{name} does not resolve"))?
            .first()
            .with_context(|| format!("{name} has no address"))?;
        Ok(Self {
            address,
            host: format!("{name}:{port}"),
            origin: origin.unwrap_or_else(|| url.origin().ascii_serialization()),
        })
    }
}

/// What a server sends that a measurement looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// The answer to the event with this ack id, as a JSON array of one.
    Ack(u64, &'a [u8]),
    /// A notice, as the JSON array of its name and payload.
    Notice(&'a [u8]),
}

impl<'a> Packet<'a> {
    /// Whether this is a `message_notification`.
    #[must_use]
    pub fn is_message(&self) -> bool {
        matches!(self, Self::Notice(text) if text.starts_with(MESSAGE))
    }

    /// Whether this is the answer to an event that was carried out.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Ack(_, reply) if reply.starts_with(SUCCESS))
    }

    /// Packet, and the ack id that the server wants to hear.
    fn parse(text: &'a [u8]) -> Option<(Self, Option<u64>)> {
        let (is_ack, rest) = match text {
            [b'4', b'2', rest @ ..] => (false, rest),
            [b'4', b'3', rest @ ..] => (true, rest),
            _ => return None,
        };
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, body) = rest.split_at(digits);
        let number = std::str::from_utf8(number).ok()?.parse().ok();
        Some(if is_ack {
            (Self::Ack(number?, body), None)
        } else {
            (Self::Notice(body), number)
        })
    }
}

/// Appends a text frame as a client sends it.
pub fn push_frame(out: &mut Vec<u8>, payload: &[u8]) {
    push(out, TEXT, payload);
}

fn push(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    out.push(0x80 | opcode);
    match payload.len() {
        short @ 0..=125 => out.push(0x80 | short as u8),
        medium @ 126..=0xffff => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
}

/// One connection, over a websocket from the start.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    inbox: Vec<u8>,
    unread: Range<usize>,
    next_ack: u64,
}

impl Connection {
    /// Connects and joins the namespace `/`.
    ///
    /// # Errors
    /// Where the server cannot be reached or does not speak Socket.IO 5 over websocket.
    pub async fn open(target: &Target) -> Result<Self> {
        let stream = TcpStream::connect(target.address)
            .await
            .with_context(|| format!("cannot connect to {}", target.address))?;
        stream.set_nodelay(true)?;
        let mut connection = Self {
            stream,
            inbox: vec![0; INBOX],
            unread: 0..0,
            next_ack: 0,
        };
        connection.shake_hands(&target.host).await?;
        Ok(connection)
    }

    async fn shake_hands(&mut self, host: &str) -> Result<()> {
        let request = format!(
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        );
        self.stream.write_all(request.as_bytes()).await?;
        let end = loop {
            self.fill().await?;
            let head = &self.inbox[self.unread.clone()];
            if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
                break self.unread.start + end + 4;
            }
        };
        let head = String::from_utf8_lossy(&self.inbox[self.unread.start..end]);
        ensure!(
            head.starts_with("HTTP/1.1 101"),
            "no websocket: {}",
            head.lines().next().unwrap_or_default()
        );
        self.unread.start = end;
        let open = self.text().await?;
        ensure!(open.starts_with('0'), "no Engine.IO handshake: {open}");
        let mut join = Vec::new();
        push_frame(&mut join, b"40");
        self.write(&join).await?;
        let joined = self.text().await?;
        ensure!(joined.starts_with("40"), "not let in: {joined}");
        Ok(())
    }

    /// The next text frame that is no ping, for the handshake. A server may ping before it lets in.
    async fn text(&mut self) -> Result<String> {
        loop {
            let Some((TEXT, payload)) = self.frame()? else {
                self.fill().await?;
                continue;
            };
            let text = String::from_utf8_lossy(&self.inbox[payload]).into_owned();
            if text != "2" {
                return Ok(text);
            }
            let mut pong = Vec::new();
            push_frame(&mut pong, b"3");
            self.write(&pong).await?;
        }
    }

    /// Sends frames that [`push_frame`] made.
    ///
    /// # Errors
    /// Where the connection is broken.
    pub async fn write(&mut self, frames: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(frames).await?)
    }

    /// Waits for packets, hands every one that is there to `each`, and answers what wants an answer: pings and invitations.
    ///
    /// # Errors
    /// Where the server closed the connection or sent what this client cannot read.
    pub async fn turn(&mut self, mut each: impl FnMut(Packet<'_>)) -> Result<()> {
        let mut replies = Vec::new();
        let mut heard = false;
        loop {
            while let Some((opcode, payload)) = self.frame()? {
                heard = true;
                let payload = &self.inbox[payload];
                match opcode {
                    TEXT if payload == b"2" => push_frame(&mut replies, b"3"),
                    TEXT => {
                        let Some((packet, wanted)) = Packet::parse(payload) else {
                            let start = &payload[..payload.len().min(80)];
                            bail!("an unexpected packet: {}", String::from_utf8_lossy(start));
                        };
                        if let Some(id) = wanted {
                            push_frame(&mut replies, format!("43{id}[]").as_bytes());
                        }
                        each(packet);
                    }
                    PING => push(&mut replies, PONG, payload),
                    PONG => {}
                    CLOSE => bail!("the server closed the connection"),
                    other => bail!("a frame with opcode {other}"),
                }
            }
            if heard {
                break;
            }
            self.fill().await?;
        }
        if !replies.is_empty() {
            self.stream.write_all(&replies).await?;
        }
        Ok(())
    }

    /// Reads what there is, at least one byte. Nothing is lost where this is cancelled.
    async fn fill(&mut self) -> Result<()> {
        if self.unread.is_empty() {
            self.unread = 0..0;
        } else if self.inbox.len() - self.unread.end < INBOX / 4 {
            self.inbox.copy_within(self.unread.clone(), 0);
            self.unread = 0..self.unread.len();
            if self.inbox.len() - self.unread.end < INBOX / 4 {
                self.inbox.resize(self.inbox.len() * 2, 0);
            }
        }
        let read = self
            .stream
            .read(&mut self.inbox[self.unread.end..])
            .await
            .context("the connection broke")?;
        ensure!(read > 0, "the server cut the connection");
        self.unread.end += read;
        Ok(())
    }

    /// Opcode and place of the next frame, if it is whole.
    fn frame(&mut self) -> Result<Option<(u8, Range<usize>)>> {
        let bytes = &self.inbox[self.unread.clone()];
        let Some((opcode, payload)) = parse_frame(bytes)? else {
            return Ok(None);
        };
        let start = self.unread.start;
        self.unread.start += payload.end;
        Ok(Some((opcode, start + payload.start..start + payload.end)))
    }

    /// The ack id of the next event that this connection sends; counted on by `count`.
    pub fn reserve_acks(&mut self, count: usize) -> u64 {
        let first = self.next_ack;
        self.next_ack += count as u64;
        first
    }

    /// Asks, and returns the `result`.
    ///
    /// # Errors
    /// Where the server refuses, with its reason, or the connection is broken.
    pub async fn ask(&mut self, event: &str, parameters: Value) -> Result<Value> {
        let mut results = self.ask_all(event, vec![parameters]).await?;
        results.pop().context("no answer")
    }

    /// Asks the same thing with one set of parameters after the other, without waiting for each answer.
    ///
    /// # Errors
    /// Where the server refuses one, with its reason, or the connection is broken.
    pub async fn ask_all(&mut self, event: &str, parameters: Vec<Value>) -> Result<Vec<Value>> {
        let mut results = Vec::with_capacity(parameters.len());
        for some in parameters.chunks(ASKED_AT_ONCE) {
            let first = self.reserve_acks(some.len());
            let mut frames = Vec::new();
            for (id, one) in (first..).zip(some) {
                push_frame(
                    &mut frames,
                    format!("42{id}{}", json!([event, one])).as_bytes(),
                );
            }
            self.write(&frames).await?;
            let mut replies = vec![Value::Null; some.len()];
            let mut missing = some.len();
            while missing > 0 {
                self.turn(|packet| {
                    if let Packet::Ack(id, reply) = packet
                        && let Some(place) = id.checked_sub(first)
                        && let Some(slot) = replies.get_mut(place as usize)
                    {
                        *slot = serde_json::from_slice(reply).unwrap_or_default();
                        missing -= 1;
                    }
                })
                .await?;
            }
            for mut reply in replies {
                ensure!(
                    reply[0]["success"] == true,
                    "{event} was refused: {}",
                    refusal(&reply)
                );
                results.push(reply[0]["result"].take());
            }
        }
        Ok(results)
    }
}

/// What a refused event was told, and what to do where only the rates were in the way.
fn refusal(reply: &Value) -> String {
    let code = reply[0]["code"].as_str().unwrap_or("no code");
    let hint = if code == "rate_limited" {
        " (start the server with SOTTO_LIMITS=off)"
    } else {
        ""
    };
    format!("{code}{hint}")
}

/// Opcode and payload of the frame that `bytes` begin with, if it is whole.
fn parse_frame(bytes: &[u8]) -> Result<Option<(u8, Range<usize>)>> {
    let [first, second, rest @ ..] = bytes else {
        return Ok(None);
    };
    ensure!(
        first & 0x80 != 0 && first & 0x0f != 0,
        "a message in several frames"
    );
    ensure!(second & 0x80 == 0, "a masked frame from a server");
    let (header, len) = match second & 0x7f {
        126 => match rest.first_chunk::<2>() {
            Some(len) => (4, u64::from(u16::from_be_bytes(*len))),
            None => return Ok(None),
        },
        127 => match rest.first_chunk::<8>() {
            Some(len) => (10, u64::from_be_bytes(*len)),
            None => return Ok(None),
        },
        len => (2, u64::from(len)),
    };
    let end = header + usize::try_from(len)?;
    Ok((bytes.len() >= end).then_some((first & 0x0f, header..end)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_whole_or_not_at_all() {
        for len in [0_usize, 125, 126, 0xffff, 0x1_0000] {
            let mut frame = Vec::new();
            push_frame(&mut frame, &vec![b'x'; len]);
            // As a server sends it: without the mask.
            let mask = frame.len() - len - 4;
            frame.drain(mask..mask + 4);
            frame[1] &= 0x7f;
            assert_eq!(
                parse_frame(&frame).unwrap(),
                Some((TEXT, mask..mask + len)),
                "{len}"
            );
            for cut in [1, mask, frame.len() - 1] {
                if cut < frame.len() {
                    assert_eq!(
                        parse_frame(&frame[..cut]).unwrap(),
                        None,
                        "{len} cut at {cut}"
                    );
                }
            }
        }
        assert!(parse_frame(&[0x01, 0x00]).is_err(), "a first fragment");
        assert!(parse_frame(&[0x80, 0x00]).is_err(), "a last fragment");
        assert!(parse_frame(&[0x81, 0x80]).is_err(), "a mask");
    }

    #[test]
    fn packets_are_told_apart() {
        let message = Packet::parse(b"42[\"message_notification\",{\"id\":1}]").unwrap();
        assert!(message.0.is_message() && message.1.is_none());
        let invitation = Packet::parse(b"427[\"x3dh_notification\",{}]").unwrap();
        assert!(!invitation.0.is_message());
        assert_eq!(invitation.1, Some(7));
        let taken = Packet::parse(b"4312[{\"success\":true,\"result\":true}]").unwrap();
        assert!(taken.0.is_success() && taken.1.is_none());
        let refused = Packet::parse(b"4312[{\"success\":false,\"result\":\"No.\"}]").unwrap();
        assert!(!refused.0.is_success() && !refused.0.is_message());
        assert_eq!(Packet::parse(b"43[]"), None);
        assert_eq!(Packet::parse(b"41"), None);
    }
}
