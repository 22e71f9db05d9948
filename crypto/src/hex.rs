//! Strict hex of the wire (C-104), for whoever turns wire text into bytes.
use crate::error::{Refusal, Result};

/// Lower-case hex of `bytes`.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        out.push(char::from(DIGITS[usize::from(b >> 4)]));
        out.push(char::from(DIGITS[usize::from(b & 15)]));
    }
    out
}

/// Reads lower-case hex of any even length.
///
/// # Errors
/// [`Refusal::Hex`] for an odd length, an upper-case digit, a prefix or any other character.
pub fn decode(text: &str) -> Result<Vec<u8>> {
    let bytes = text.as_bytes();
    if !bytes.len().is_multiple_of(2) {
        return Err(Refusal::Hex);
    }
    bytes
        .chunks_exact(2)
        .map(|pair| Ok(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect()
}

/// Reads lower-case hex of exactly `N` bytes.
///
/// # Errors
/// [`Refusal::Hex`] as [`decode`], or for another length.
pub fn decode_array<const N: usize>(text: &str) -> Result<[u8; N]> {
    decode(text)?.try_into().map_err(|_| Refusal::Hex)
}

fn digit(c: u8) -> Result<u8> {
    match c {
        b'0'..=b'9' => Ok(c - b'0'),
        b'a'..=b'f' => Ok(c - b'a' + 10),
        _ => Err(Refusal::Hex),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_104_only_canonical_hex_is_read() {
        assert_eq!(decode("00ff0a"), Ok(vec![0, 255, 10]));
        assert_eq!(decode(""), Ok(vec![]));
        for bad in ["0", "0F", "0x00", "zz", "0 ", " 00", "00\n", "é0"] {
            assert_eq!(decode(bad), Err(Refusal::Hex), "{bad:?}");
        }
        assert_eq!(decode_array::<2>("0001"), Ok([0, 1]));
        assert_eq!(decode_array::<2>("00"), Err(Refusal::Hex));
    }

    #[test]
    fn every_byte_reads_back() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&all)), Ok(all));
    }
}
