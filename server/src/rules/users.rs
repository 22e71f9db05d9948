//! Rules of accounts: acceptable keys, and what status others see.

use sotto_crypto::server::{VerifyingIdentity, check_spk, decode_ik};
use sotto_protocol::Code;

/// The identity key, if it is an acceptable one.
///
/// # Errors
/// `invalid_key`.
pub fn identity_key(bytes: &[u8]) -> Result<VerifyingIdentity, Code> {
    decode_ik(bytes).map_err(|_| Code::InvalidKey)
}

/// Whether a signed prekey has an acceptable form.
///
/// # Errors
/// `invalid_key`.
pub fn prekey_form(spk: &[u8]) -> Result<(), Code> {
    check_spk(spk).map(drop).map_err(|_| Code::InvalidKey)
}

/// Whether a signature is the key's over these bytes.
///
/// # Errors
/// `bad_signature`.
pub fn signed(key: &VerifyingIdentity, bytes: &[u8], signature: &[u8]) -> Result<(), Code> {
    key.verify(bytes, signature).map_err(|_| Code::BadSignature)
}

/// What others see while no device is connected.
pub const OFFLINE: &str = "offline";

/// What decides which status someone sees of a user.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// A device of the user is connected.
    pub online: bool,
    /// The user blocks who looks.
    pub blocks: bool,
    /// The directory shows contacts only, and they are none.
    pub stranger: bool,
}

/// The status that someone sees.
pub fn visible_status(stored: String, sight: Sight) -> String {
    if sight.online && !sight.blocks && !sight.stranger {
        stored
    } else {
        OFFLINE.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_211_who_sees_which_status() {
        let near = Sight {
            online: true,
            blocks: false,
            stranger: false,
        };
        for (sight, seen) in [
            (near, "busy"),
            (
                Sight {
                    online: false,
                    ..near
                },
                "offline",
            ),
            (
                Sight {
                    blocks: true,
                    ..near
                },
                "offline",
            ),
            (
                Sight {
                    stranger: true,
                    ..near
                },
                "offline",
            ),
        ] {
            assert_eq!(visible_status("busy".to_owned(), sight), seen, "{sight:?}");
        }
    }

    #[test]
    fn r_202_prekeys_of_low_order_are_refused() {
        let mut one = [0; 32];
        one[0] = 1;
        assert_eq!(prekey_form(&[0; 32]), Err(Code::InvalidKey));
        assert_eq!(prekey_form(&one), Err(Code::InvalidKey));
        one[31] = 0x80;
        assert_eq!(
            prekey_form(&one),
            Err(Code::InvalidKey),
            "bit 255 is masked first"
        );
        assert_eq!(prekey_form(&[9; 32]), Ok(()));
        assert_eq!(prekey_form(&[9; 50]), Err(Code::InvalidKey), "no magic");
    }
}
