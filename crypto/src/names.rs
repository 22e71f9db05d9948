//! The username rule of the formats (C-105), for SDK and server. A server may be stricter
//! still at registration.
use crate::error::{Refusal, Result};
use unicode_normalization::is_nfc;

/// Longest username in bytes of UTF-8.
pub const MAX_NAME: usize = 64;

/// Reads a username: 1 to 64 bytes of UTF-8 in NFC, no U+0000-001F or U+007F-009F, no white space
/// at either end.
///
/// White space is what has the Unicode property `White_Space` (not JavaScript's `trim`, which also
/// takes U+FEFF). Names are compared as bytes.
///
/// # Errors
/// [`Refusal::Name`].
pub fn check(bytes: &[u8]) -> Result<&str> {
    if bytes.is_empty() || bytes.len() > MAX_NAME {
        return Err(Refusal::Name);
    }
    let name = std::str::from_utf8(bytes).map_err(|_| Refusal::Name)?;
    let banned = |c: char| matches!(c, '\0'..='\x1f' | '\x7f'..='\u{9f}');
    let edged = name.starts_with(char::is_whitespace) || name.ends_with(char::is_whitespace);
    if edged || name.chars().any(banned) || !is_nfc(name) {
        return Err(Refusal::Name);
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_105_names_are_taken_and_refused_by_the_rule() {
        for good in [
            "a",
            "\u{c7}arol",
            "Smith Jones",
            "名前",
            &"x".repeat(64),
            "\u{feff}x",
        ] {
            assert_eq!(check(good.as_bytes()), Ok(good), "{good:?}");
        }
        let long = "x".repeat(65);
        let bad = [
            "",
            " a",
            "a ",
            "\u{3000}a",
            "a\u{a0}",
            "a\nb",
            "\0",
            "a\u{7f}",
            "a\u{9f}",
            &long,
            "C\u{327}arol",
        ];
        for name in bad {
            assert_eq!(check(name.as_bytes()), Err(Refusal::Name), "{name:?}");
        }
        assert_eq!(check(&[0xff]), Err(Refusal::Name));
        assert_eq!(
            check(&[0xed, 0xa0, 0x80]),
            Err(Refusal::Name),
            "a lone surrogate"
        );
    }
}
