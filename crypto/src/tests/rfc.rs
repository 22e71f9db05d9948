//! Examples typed in from RFC 7748, 8032 and 5869 and from the BIP-39 reference vectors.
use crate::hex::{decode, decode_array, encode};
use crate::keys::RecoverySecret;
use crate::points::{decode_ik, decode_x};
use crate::{hazmat, kdf, x3dh};
use x25519_dalek::StaticSecret;

#[test]
fn rfc_7748_x25519() {
    let cases = [
        (
            "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
            "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
        ),
        (
            "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
            "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
        ),
    ];
    for (scalar, u, shared) in cases {
        let secret = StaticSecret::from(decode_array::<32>(scalar).unwrap());
        let public = decode_x(&decode(u).unwrap()).unwrap();
        assert_eq!(encode(x3dh::dh(&secret, &public).unwrap().as_ref()), shared);
    }
}

#[test]
fn rfc_8032_ed25519() {
    let cases = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
             5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
             18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ];
    for (seed, public, message, signature) in cases {
        let message = decode(message).unwrap();
        assert_eq!(
            encode(&hazmat::signature(&decode_array(seed).unwrap(), &message)),
            signature
        );
        let ik = decode_ik(&decode(public).unwrap()).unwrap();
        assert_eq!(ik.verify(&message, &decode(signature).unwrap()), Ok(()));
    }
}

#[test]
fn c_103_hkdf_is_that_of_rfc_5869() {
    // A.1 and A.3; the first 32 bytes of their 42.
    let prk = kdf::extract(&decode("000102030405060708090a0b0c").unwrap(), &[0x0b; 22]);
    assert_eq!(
        encode(prk.as_ref()),
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"
    );
    let okm = kdf::expand(&prk, &decode("f0f1f2f3f4f5f6f7f8f9").unwrap());
    assert_eq!(
        encode(okm.as_ref()),
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
    );
    let prk = kdf::extract(b"", &[0x0b; 22]);
    assert_eq!(
        encode(prk.as_ref()),
        "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04"
    );
    let okm = kdf::expand(&prk, b"");
    assert_eq!(
        encode(okm.as_ref()),
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
    );
}

#[test]
fn c_106_words_are_those_of_bip_39() {
    let repeated = |words: &str, last: &str| {
        let words: Vec<_> = words.split(' ').cycle().take(23).chain([last]).collect();
        words.join(" ")
    };
    let cases = [
        ("00".repeat(32), repeated("abandon", "art")),
        ("ff".repeat(32), repeated("zoo", "vote")),
        ("7f".repeat(32), repeated("legal winner thank year wave sausage worth useful", "title")),
        ("80".repeat(32), repeated("letter advice cage absurd amount doctor acoustic avoid", "bless")),
        (
            "68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c".to_owned(),
            "hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis \
             maple dilemma loan word shrug inflict delay length"
                .to_owned(),
        ),
    ];
    for (entropy, words) in cases {
        let secret = RecoverySecret::from_bytes(decode_array(&entropy).unwrap());
        assert_eq!(*secret.words(), words);
        assert_eq!(RecoverySecret::from_words(&words).unwrap(), secret);
    }
}
