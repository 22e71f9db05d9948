//! Every way in which `sotto/1` refuses an input, for the client SDKs and the server: one enum, one
//! code each.
use std::fmt;

macro_rules! refusals {
    ($($name:ident $code:literal $sentence:literal),+ $(,)?) => {
        /// A refusal of the MUST-reject list (C-901 and on). Both SDKs give the same code for the
        /// same bytes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Refusal {
            $(#[doc = $sentence] $name),+
        }

        impl Refusal {
            /// All refusals, in the order of the specification's table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable code, for example `E_SIG`.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// One sentence for a person; it holds no input.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence),+ }
            }
        }
    };
}

refusals! {
    Hex "E_HEX" "The hex is not lower-case, has an odd length or is not as long as it must be.",
    Name "E_NAME" "A username breaks the rule, a member stands twice in the list, or oneself among the others.",
    Ik "E_IK" "An identity key is not a canonical point of the prime-order group.",
    X25519 "E_X25519" "An X25519 public key is not canonical or of low order.",
    DhZero "E_DH_ZERO" "A Diffie-Hellman result is all zero.",
    Sig "E_SIG" "A signature does not verify.",
    Spk "E_SPK" "A signed prekey has not the 50-byte form or is none of mine.",
    SpkStale "E_SPK_STALE" "A signed prekey is older than one already seen.",
    Gi "E_GI" "The signed group description is malformed or does not describe this group.",
    TreeLen "E_TREE_LEN" "The key tree has not the length that belongs to the number of members.",
    TreeHash "E_TREE_HASH" "The key tree is not the signed one, or a key stands in it twice.",
    Position "E_POSITION" "The position in the group is not mine.",
    Downgrade "E_DOWNGRADE" "The peer or the server offers an older form than sotto/1.",
    Challenge "E_CHALLENGE" "The login challenge is not 32 bytes long.",
    Leaf "E_LEAF" "The agreed key is not the one at my leaf of the key tree.",
    Path "E_PATH" "A key on the way up the key tree differs from the tree.",
    Confirm "E_CONFIRM" "The group secret does not confirm.",
    KeyChanged "E_KEY_CHANGED" "An identity key differs from the pinned one.",
    ReplayGroup "E_REPLAY_GROUP" "This group is known under another DM, or this DM holds another group.",
    Sender "E_SENDER" "The sender named by the server is not the one who signed.",
    Epoch "E_EPOCH" "The envelope belongs to no known epoch of this DM.",
    Kind "E_KIND" "The kind of envelope is unknown or in the wrong place.",
    Commit "E_COMMIT" "The envelope does not commit to this key.",
    Aead "E_AEAD" "The ciphertext does not authenticate.",
    Inner "E_INNER" "The content is malformed, over its limit, or belongs to another message.",
    ReplayMsg "E_REPLAY_MSG" "The envelope was seen elsewhere, or a newer revision is known.",
    Storage "E_STORAGE" "The stored blob is malformed or not sealed with this key.",
    Rollback "E_ROLLBACK" "The stored blob is older than one already seen.",
    Words "E_WORDS" "The recovery words are not 24 words of the list with a right checksum.",
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.sentence(), self.code())
    }
}

impl std::error::Error for Refusal {}

/// What every fallible function of this crate answers.
pub type Result<T> = std::result::Result<T, Refusal>;
