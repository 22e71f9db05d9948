//! Usernames: what may be registered, and when two spellings are the same name.

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};
use icu_properties::props::{
    DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, WhiteSpace,
};
use icu_properties::{CodePointMapData, CodePointSetData};

/// A name that can be registered, with the form that decides whether it is taken.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Username {
    spelling: String,
    folded: String,
}

impl Username {
    /// Takes `spelling` if it is a username of at most `max_bytes` bytes of UTF-8: not empty, in NFC, without characters of category C,
    /// without white space at either end or two in a row, without `@`, `/` and `:`.
    pub fn parse(spelling: &str, max_bytes: usize) -> Option<Self> {
        let category = CodePointMapData::<GeneralCategory>::new();
        let is_space = |c| CodePointSetData::new::<WhiteSpace>().contains(c);
        let mut before = ' ';
        for c in spelling.chars() {
            if GeneralCategoryGroup::Other.contains(category.get(c))
                || matches!(c, '@' | '/' | ':')
                || is_space(before) && is_space(c)
            {
                return None;
            }
            before = c;
        }
        // An empty name ends in the imagined space before it; so does one that begins with white space fail above.
        if is_space(before)
            || spelling.len() > max_bytes
            || !ComposingNormalizer::new_nfc().is_normalized(spelling)
        {
            return None;
        }
        let folded = fold(spelling);
        // A name of nothing but ignorable characters would fold to the name of no one.
        (!folded.is_empty()).then(|| Self {
            spelling: spelling.to_owned(),
            folded,
        })
    }

    /// The spelling that was given.
    pub fn as_str(&self) -> &str {
        &self.spelling
    }

    /// The form by which names are unique and sorted.
    pub fn folded(&self) -> &str {
        &self.folded
    }
}

/// `toNFKC_Casefold` (Unicode Standard, 3.13, R5): equal for spellings that differ in case, width or ignorable characters.
pub fn fold(text: &str) -> String {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let mapper = CaseMapper::new();
    let nfkc = ComposingNormalizer::new_nfkc();
    let mut folded = DecomposingNormalizer::new_nfd()
        .normalize(text)
        .into_owned();
    // Folding can make text that normalises to something foldable; the second pass reaches the fixed point.
    for _ in 0..2 {
        let kept: String = folded.chars().filter(|c| !ignorable.contains(*c)).collect();
        folded = nfkc.normalize(&mapper.fold_string(&kept)).into_owned();
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_203_what_may_be_registered() {
        for good in [
            "a",
            "Agent Smith",
            "Çarol",
            "李小龍",
            "a.b-c_d",
            "😀",
            &"x".repeat(64),
        ] {
            assert!(Username::parse(good, 64).is_some(), "{good:?}");
        }
        for bad in [
            "",
            " ",
            " a",
            "a ",
            "a  b",
            "a\u{a0}\u{a0}b",
            "a\tb",
            "a@b",
            "a/b",
            "a:b",
            "a\u{0}",
            "a\u{200d}b",
            "e\u{301}",
            "\u{e000}",
            "\u{378}",
            "a\u{2028}",
            "\u{feff}a",
            &"x".repeat(65),
            "\u{34f}",
        ] {
            assert!(Username::parse(bad, 64).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn r_203_spellings_of_one_name() {
        for (one, other) in [
            ("ALICE", "alice"),
            ("Straße", "STRASSE"),
            ("ﬁnn", "Finn"),
            ("Ａｌｉｃｅ", "alice"),
            ("ΣΑΣ", "σας"),
            ("a\u{34f}b", "ab"),
            ("Å", "å"),
        ] {
            assert_eq!(fold(one), fold(other), "{one:?} {other:?}");
            assert_eq!(
                fold(&fold(one)),
                fold(one),
                "folding is idempotent: {one:?}"
            );
        }
        assert_ne!(fold("alice"), fold("alicé"));
    }
}
