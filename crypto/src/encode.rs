//! The injective encodings `V` and `T` (C-101, C-102) and the reader of fixed layouts, for the
//! rest of this crate.
use crate::error::{Refusal, Result};

/// `V(x) = u32(len x) || x`, appended to `out`.
///
/// # Panics
/// If `x` is 4 GiB or longer; every caller's field is bounded far below.
pub(crate) fn put_v(out: &mut Vec<u8>, x: &[u8]) {
    let len = u32::try_from(x.len()).expect("a field is shorter than 4 GiB");
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(x);
}

/// `T(label, f1..fk) = V("sotto/1/" + label) || u8(k) || V(f1) || .. || V(fk)`.
///
/// Injective in (label, fields); its first byte is always 0x00, which no other signed format of
/// `sotto/1` begins with.
#[must_use]
pub(crate) fn t(label: &str, fields: &[&[u8]]) -> Vec<u8> {
    const PREFIX: &[u8] = b"sotto/1/";
    let body: usize = fields.iter().map(|f| f.len() + 4).sum();
    let mut out = Vec::with_capacity(4 + PREFIX.len() + label.len() + 1 + body);
    let head = u32::try_from(PREFIX.len() + label.len()).expect("labels are short");
    out.extend_from_slice(&head.to_be_bytes());
    out.extend_from_slice(PREFIX);
    out.extend_from_slice(label.as_bytes());
    out.push(u8::try_from(fields.len()).expect("at most 255 fields"));
    for field in fields {
        put_v(&mut out, field);
    }
    out
}

/// Reads a fixed layout front to back; every shortfall is the one refusal it was made with.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    short: Refusal,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], short: Refusal) -> Self {
        Self { rest: bytes, short }
    }

    pub(crate) fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or(self.short)?;
        self.rest = rest;
        Ok(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(self.short)?;
        self.rest = rest;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    /// A length-prefixed field, the inverse of [`put_v`].
    pub(crate) fn v(&mut self) -> Result<&'a [u8]> {
        let len = usize::try_from(self.u32()?).map_err(|_| self.short)?;
        self.take(len)
    }

    pub(crate) fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// Refuses trailing bytes.
    pub(crate) fn end(self) -> Result<()> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.short)
        }
    }
}

/// Zero-fills what follows `out[..from]` to the least multiple of `block`.
pub(crate) fn pad(out: &mut Vec<u8>, from: usize, block: usize) {
    out.resize(from + (out.len() - from).next_multiple_of(block), 0);
}

/// True if `rest` is the least zero fill to a multiple of `block`: shorter than a block and all
/// zero.
pub(crate) fn is_least_padding(rest: &[u8], block: usize) -> bool {
    rest.len() < block && rest.iter().all(|b| *b == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    type Input = (String, Vec<Vec<u8>>);

    fn encode((label, fields): &Input) -> Vec<u8> {
        t(label, &fields.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    fn input() -> impl Strategy<Value = Input> {
        // Short fields over a tiny alphabet: collisions of a sloppy encoding are then likely, not
        // astronomically rare.
        let field = prop::collection::vec(0u8..3, 0..4);
        ("[a-b]{0,2}", prop::collection::vec(field, 0..4))
    }

    proptest! {
        #[test]
        fn c_102_distinct_inputs_give_distinct_bytes(inputs in prop::collection::vec(input(), 2..60)) {
            let mut seen: HashMap<Vec<u8>, Input> = HashMap::new();
            for item in inputs {
                let bytes = encode(&item);
                prop_assert_eq!(bytes[0], 0);
                if let Some(other) = seen.get(&bytes) {
                    prop_assert_eq!(other, &item);
                }
                seen.insert(bytes, item);
            }
        }

        #[test]
        fn c_101_v_reads_back(x in prop::collection::vec(any::<u8>(), 0..300), tail in prop::collection::vec(any::<u8>(), 0..9)) {
            let mut out = Vec::new();
            put_v(&mut out, &x);
            out.extend_from_slice(&tail);
            let mut reader = Reader::new(&out, Refusal::Gi);
            prop_assert_eq!(reader.v(), Ok(x.as_slice()));
            prop_assert_eq!(reader.rest(), tail.as_slice());
        }
    }

    #[test]
    fn c_102_moving_a_boundary_changes_the_bytes() {
        assert_ne!(t("x", &[b"ab", b"c"]), t("x", &[b"a", b"bc"]));
        assert_ne!(t("x", &[b"abc"]), t("x", &[b"abc", b""]));
        assert_ne!(t("xa", &[]), t("x", &[b"a"]));
    }

    #[test]
    fn a_reader_refuses_what_is_short_or_long() {
        let mut reader = Reader::new(&[0, 0, 0, 3, 1, 2], Refusal::Inner);
        assert_eq!(reader.v(), Err(Refusal::Inner));
        assert_eq!(
            Reader::new(&[1], Refusal::Storage).end(),
            Err(Refusal::Storage)
        );
    }
}
