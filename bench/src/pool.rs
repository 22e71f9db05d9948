//! Messages that are signed and framed ahead of time, so that sending one costs no more than copying it.

use ed25519_dalek::{Signer, SigningKey};
use rand::Rng;

use crate::people::Person;
use crate::wire::push_frame;

/// The shortest message: 8 random bytes of the pool, 8 bytes of the message's number in it.
pub const SHORTEST: usize = 16;

/// `send_message` frames with rising ack ids. No two pools and no two messages of a pool have the same bytes, so that the
/// server takes none for a repetition.
#[derive(Debug)]
pub struct Pool {
    first_ack: u64,
    frames: Vec<u8>,
    ends: Vec<usize>,
}

/// What the messages of a pool have in common.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    /// The DM.
    pub dm: u64,
    /// How many.
    pub count: usize,
    /// Bytes of each, from [`SHORTEST`].
    pub bytes: usize,
    /// The ack id of the first.
    pub first_ack: u64,
}

impl Pool {
    /// Signs as `sender`. `more` gives what else stands in the request with this number, as JSON that begins with a comma.
    pub fn signed(sender: &Person, recipe: Recipe, more: impl Fn(usize) -> String) -> Self {
        let key = SigningKey::from_bytes(sender.identity.expose_seed());
        let mut message = vec![0; recipe.bytes.max(SHORTEST)];
        rand::rng().fill_bytes(&mut message);
        let mut pool = Self {
            first_ack: recipe.first_ack,
            frames: Vec::with_capacity(recipe.count * (2 * message.len() + 256)),
            ends: Vec::with_capacity(recipe.count),
        };
        for index in 0..recipe.count {
            message[8..SHORTEST].copy_from_slice(&(index as u64).to_be_bytes());
            let packet = format!(
                "42{}[\"send_message\",{{\"id\":{},\"message\":\"{}\",\"signature\":\"{}\"{}}}]",
                recipe.first_ack + index as u64,
                recipe.dm,
                hex::encode(&message),
                hex::encode(key.sign(&message).to_bytes()),
                more(index),
            );
            push_frame(&mut pool.frames, packet.as_bytes());
            pool.ends.push(pool.frames.len());
        }
        pool
    }

    /// How many messages.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The frames of the messages from number `from` to before `to`, one after the other.
    pub fn frames(&self, from: usize, to: usize) -> &[u8] {
        let end_of = |count: usize| count.checked_sub(1).map_or(0, |last| self.ends[last]);
        &self.frames[end_of(from)..end_of(to)]
    }

    /// The number of the message that this ack is for.
    pub fn index(&self, ack: u64) -> Option<usize> {
        let index = usize::try_from(ack.checked_sub(self.first_ack)?).ok()?;
        (index < self.len()).then_some(index)
    }
}

/// The number within its pool of the message that a notice is about.
pub fn index_in(notice: &[u8]) -> Option<usize> {
    let digits = text_of(notice, b"\"message\":\"")?.get(16..2 * SHORTEST)?;
    let digits = std::str::from_utf8(digits).ok()?;
    usize::from_str_radix(digits, 16).ok()
}

/// The text behind a key, up to the next quotation mark.
pub fn text_of<'a>(notice: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let start = notice.windows(key.len()).position(|some| some == key)? + key.len();
    let text = &notice[start..];
    let end = text.iter().position(|byte| *byte == b'"')?;
    Some(&text[..end])
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use sotto_protocol::decode::decode;
    use sotto_protocol::messages::SendMessage;

    #[test]
    fn every_message_of_a_pool_is_signed_distinct_and_found_again() {
        let sender = Person::crowd(1).remove(0);
        let recipe = Recipe {
            dm: 7,
            count: 3,
            bytes: 100,
            first_ack: 9,
        };
        let pool = Pool::signed(&sender, recipe, |index| format!(",\"schedule\":{index}"));
        let whole: Vec<u8> = (0..3)
            .flat_map(|index| pool.frames(index, index + 1).to_vec())
            .collect();
        assert_eq!(pool.frames(0, 3), whole);
        let mut signatures = std::collections::HashSet::new();
        for index in 0..3 {
            // Two bytes of head, two of length, four of mask.
            let packet = std::str::from_utf8(&pool.frames(index, index + 1)[8..]).unwrap();
            let body = packet
                .strip_prefix(&format!("42{}[\"send_message\",", 9 + index))
                .and_then(|rest| rest.strip_suffix(']'))
                .unwrap();
            let request: SendMessage = decode(Some(body)).unwrap();
            assert_eq!(
                (request.id.get(), request.schedule),
                (7, Some(index as u64))
            );
            let message = request.message.as_bytes();
            assert_eq!(message.len(), 100);
            let verdict = sender
                .identity
                .public()
                .verify(message, &request.signature.0);
            assert!(verdict.is_ok());
            assert!(signatures.insert(request.signature.0));
            assert_eq!(index_in(body.as_bytes()), Some(index));
            assert_eq!(pool.index(9 + index as u64), Some(index));
        }
        assert_eq!((pool.index(8), pool.index(12)), (None, None));
    }
}
