//! ik-convert, decode-ik, decode-x, sig, spk: what is a key, what is a signature.
use crate::people::account;
use crate::{Suite, flipped, get, rep, text, with};
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT as B, EIGHT_TORSION};
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use serde_json::{Value, json};
use sha2::{Digest, Sha512};
use sotto_crypto::hex;

pub fn all() -> Vec<Suite> {
    vec![ik_convert(), decode_ik(), decode_x(), sig(), spk()]
}

fn array(hex_text: &Value) -> [u8; 32] {
    hex::decode_array(hex_text.as_str().unwrap()).unwrap()
}

fn encoded(point: &EdwardsPoint) -> String {
    hex::encode(point.compress().as_bytes())
}

/// p + k, or a small k itself, little-endian.
fn p_plus(k: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xed + k;
    bytes[31] = 0x7f;
    bytes
}

fn ik_convert() -> Suite {
    let mut s = Suite::new("ik-convert", "C-108");
    let mut signs = [0, 0];
    for b in 1..=8 {
        let out = s.ok("ik_convert", json!({"ik_seed": rep::<32>(b)}), "");
        signs[usize::from(array(&out["ik"])[31] >> 7)] += 1;
    }
    assert!(
        signs.iter().all(|n| *n > 0),
        "both signs of x are covered: {signs:?}"
    );
    // A point and its negative share one u, which is why every KDF input names the Ed25519 bytes.
    let ik = get("ik_convert", json!({"ik_seed": rep::<32>(1)}))["ik"].clone();
    s.ok("decode_ik", json!({"ik": ik}), "P");
    let mut negative = array(&ik);
    negative[31] ^= 0x80;
    s.ok(
        "decode_ik",
        json!({"ik": hex::encode(&negative)}),
        "-P has the same u",
    );
    s
}

fn decode_ik() -> Suite {
    let mut s = Suite::new("decode-ik", "C-113");
    let ik = account(1)["ik"].clone();
    s.ok("decode_ik", json!({"ik": ik}), "");
    s.ok("decode_ik", json!({"ik": encoded(&B)}), "the base point");
    let mut bad = |ik: String, note: &str| s.err("E_IK", "decode_ik", json!({"ik": ik}), note);
    for sign in [0, 0x80] {
        for k in 0..19 {
            let mut bytes = p_plus(k);
            bytes[31] |= sign;
            bad(hex::encode(&bytes), "y >= p");
        }
        for y in [0, 1] {
            let mut bytes = [0; 32];
            (bytes[0], bytes[31]) = (y, sign);
            bad(hex::encode(&bytes), "y = 0 or y = 1: small order");
        }
    }
    let mut minus_one = p_plus(0);
    minus_one[0] -= 1;
    bad(hex::encode(&minus_one), "y = -1: order 2");
    minus_one[31] |= 0x80;
    bad(hex::encode(&minus_one), "y = -1, x = 0 with sign 1");
    for torsion in &EIGHT_TORSION {
        bad(encoded(torsion), "small order");
    }
    let point = sotto_point(&ik);
    for torsion in &EIGHT_TORSION[1..] {
        bad(encoded(&(point + torsion)), "a valid key plus torsion");
    }
    let mut y = [0; 32];
    let mut off_curve = 0;
    for b in 2..40 {
        y[0] = b;
        if curve25519_dalek::edwards::CompressedEdwardsY(y)
            .decompress()
            .is_none()
        {
            bad(hex::encode(&y), "no point of the curve");
            off_curve += 1;
        }
    }
    assert!(off_curve > 5);
    bad(String::new(), "0 bytes");
    bad(rep::<31>(1), "31 bytes");
    bad(ik.as_str().unwrap().to_owned() + "00", "33 bytes");
    s
}

fn sotto_point(ik: &Value) -> EdwardsPoint {
    curve25519_dalek::edwards::CompressedEdwardsY(array(ik))
        .decompress()
        .unwrap()
}

fn decode_x() -> Suite {
    let mut s = Suite::new("decode-x", "C-114");
    let mut nine = [0; 32];
    nine[0] = 9;
    s.ok(
        "decode_x",
        json!({"u": hex::encode(&nine)}),
        "the base point",
    );
    s.ok("decode_x", json!({"u": account(1)["u"]}), "");
    let mut two = [0; 32];
    two[0] = 2;
    s.ok(
        "decode_x",
        json!({"u": hex::encode(&two)}),
        "a point of the twist",
    );
    let mut minus_two = p_plus(0);
    minus_two[0] -= 2;
    s.ok(
        "decode_x",
        json!({"u": hex::encode(&minus_two)}),
        "the highest u",
    );
    let low = [
        rep::<32>(0),
        format!("01{}", rep::<31>(0)),
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800".to_owned(),
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157".to_owned(),
        format!("ec{}7f", rep::<30>(0xff)),
    ];
    for u in &low {
        s.err("E_X25519", "decode_x", json!({"u": u}), "low order");
        s.err("E_X25519", "server_spk", json!({"spk": u}), "low order");
        let mut high = hex::decode(u).unwrap();
        high[31] |= 0x80;
        s.err(
            "E_X25519",
            "decode_x",
            json!({"u": hex::encode(&high)}),
            "low order, bit 255 set",
        );
        s.err(
            "E_X25519",
            "server_spk",
            json!({"spk": hex::encode(&high)}),
            "low order under the masked bit 255",
        );
    }
    for k in 0..19 {
        let u = hex::encode(&p_plus(k));
        s.err("E_X25519", "decode_x", json!({"u": u}), "u >= p");
        if k < 2 {
            s.err(
                "E_X25519",
                "server_spk",
                json!({"spk": u}),
                "low order, not reduced",
            );
        } else {
            s.ok(
                "server_spk",
                json!({"spk": u}),
                "the seed form is not held to u < p",
            );
        }
    }
    nine[31] |= 0x80;
    s.err(
        "E_X25519",
        "decode_x",
        json!({"u": hex::encode(&nine)}),
        "bit 255 set",
    );
    s.ok(
        "server_spk",
        json!({"spk": hex::encode(&nine)}),
        "the seed form masks bit 255",
    );
    s.err("E_X25519", "decode_x", json!({"u": ""}), "0 bytes");
    s.err(
        "E_X25519",
        "decode_x",
        json!({"u": rep::<31>(9)}),
        "31 bytes",
    );
    s.err(
        "E_X25519",
        "decode_x",
        json!({"u": rep::<33>(9)}),
        "33 bytes",
    );
    s
}

/// The textbook signer, free to choose every value: R = rB + `r_torsion`, A = aB + `a_torsion`, S =
/// r + k·a.
fn forge(
    r: Scalar,
    r_torsion: &EdwardsPoint,
    a: Scalar,
    a_torsion: &EdwardsPoint,
    m: &[u8],
) -> (String, String) {
    let big_r = (r * B + r_torsion).compress().to_bytes();
    forge_with(r, big_r, a, (a * B + a_torsion).compress().to_bytes(), m)
}

fn forge_with(
    r: Scalar,
    big_r: [u8; 32],
    a: Scalar,
    big_a: [u8; 32],
    m: &[u8],
) -> (String, String) {
    let k = challenge(&big_r, &big_a, m);
    let s = r + k * a;
    (
        hex::encode(&big_a),
        hex::encode(&[big_r, s.to_bytes()].concat()),
    )
}

fn challenge(big_r: &[u8; 32], big_a: &[u8; 32], m: &[u8]) -> Scalar {
    let hash = Sha512::new()
        .chain_update(big_r)
        .chain_update(big_a)
        .chain_update(m)
        .finalize();
    Scalar::from_bytes_mod_order_wide(&hash.into())
}

/// S + L, which an equation modulo L cannot tell from S.
fn plus_l(sig: &Value) -> String {
    let bytes = hex::decode(sig.as_str().unwrap()).unwrap();
    // L = 2^252 + 27742317777372353535851937790883648493.
    let l =
        hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap();
    let mut carry = 0;
    let sum: Vec<u8> = bytes[32..]
        .iter()
        .zip(&l)
        .map(|(x, y)| {
            let sum = u16::from(*x) + u16::from(*y) + carry;
            carry = sum >> 8;
            sum.to_le_bytes()[0]
        })
        .collect();
    assert_eq!(carry, 0);
    hex::encode(&[&bytes[..32], &sum].concat())
}

fn sig() -> Suite {
    let mut s = Suite::new("sig", "C-115");
    let m = b"sotto divergence";
    for (number, message) in [(1, &b""[..]), (2, &m[..]), (3, &[0xff; 300][..])] {
        let account = account(number);
        let message = hex::encode(message);
        let sig = s.ok(
            "sign",
            json!({"ik_seed": account["ik_seed"], "m": message}),
            "",
        );
        s.ok(
            "verify",
            json!({"ik": account["ik"], "m": message, "sig": sig["sig"]}),
            "",
        );
    }
    let zero = EdwardsPoint::default();
    let (a, r) = (Scalar::from(0x5eed_u64), Scalar::from(0x0123_4567_u64));
    let (ik, good) = forge(r, &zero, a, &zero, m);
    let input = json!({"ik": ik, "m": hex::encode(m), "sig": good});
    s.ok(
        "verify",
        input.clone(),
        "made by the textbook signer that makes the faulty ones below",
    );
    let mut bad =
        |code: &str, changes: Value, note: &str| s.err(code, "verify", with(&input, changes), note);
    for at in [0, 31, 32, 63] {
        bad(
            "E_SIG",
            json!({"sig": flipped(&json!(good), at)}),
            "a flipped bit",
        );
    }
    bad(
        "E_SIG",
        json!({"m": text("sotto divergencf")}),
        "another message",
    );
    bad("E_SIG", json!({"ik": account(1)["ik"]}), "another key");
    for len in [0, 32, 63] {
        bad("E_SIG", json!({"sig": good[..len * 2]}), "too short");
    }
    bad("E_SIG", json!({"sig": good.clone() + "00"}), "too long");
    bad("E_SIG", json!({"sig": plus_l(&json!(good))}), "S + L");
    for torsion in &EIGHT_TORSION[1..] {
        let (_, sig) = forge(r, torsion, a, &zero, m);
        bad(
            "E_SIG",
            json!({"sig": sig}),
            "R of mixed order: the cofactored equation holds",
        );
        let (ik, sig) = forge(r, &zero, a, torsion, m);
        bad("E_IK", json!({"ik": ik, "sig": sig}), "A of mixed order");
        let (ik, sig) = forge(r, torsion, a, torsion, m);
        bad(
            "E_IK",
            json!({"ik": ik, "sig": sig}),
            "A and R of mixed order",
        );
    }
    for torsion in &EIGHT_TORSION {
        let (_, sig) = forge(Scalar::ZERO, torsion, a, &zero, m);
        bad("E_SIG", json!({"sig": sig}), "R of small order");
        let (ik, sig) = forge(r, &zero, Scalar::ZERO, torsion, m);
        bad("E_IK", json!({"ik": ik, "sig": sig}), "A of small order");
        let (ik, sig) = forge(Scalar::ZERO, &zero, Scalar::ZERO, torsion, m);
        bad(
            "E_IK",
            json!({"ik": ik, "sig": sig}),
            "A of small order, R the identity, S = 0",
        );
    }
    let big_a = (a * B).compress().to_bytes();
    let (_, sig) = forge_with(Scalar::ZERO, p_plus(1), a, big_a, m);
    bad(
        "E_SIG",
        json!({"sig": sig}),
        "R the identity with y = p + 1",
    );
    let mut negative_zero = [0; 32];
    (negative_zero[0], negative_zero[31]) = (1, 0x80);
    let (_, sig) = forge_with(Scalar::ZERO, negative_zero, a, big_a, m);
    bad(
        "E_SIG",
        json!({"sig": sig}),
        "R the identity with x = 0 and sign 1",
    );
    let (_, sig) = forge_with(Scalar::ZERO, p_plus(0), a, big_a, m);
    bad("E_SIG", json!({"sig": sig}), "R of order 4 with y = p");
    let (ik, sig) = forge_with(r, (r * B).compress().to_bytes(), Scalar::ZERO, p_plus(1), m);
    bad(
        "E_IK",
        json!({"ik": ik, "sig": sig}),
        "A the identity with y = p + 1: the equation holds",
    );
    bad("E_SIG", json!({"sig": rep::<64>(0)}), "zeros");
    divergence(&mut s);
    s
}

/// From the specification: noble's non-strict check takes both.
fn divergence(s: &mut Suite) {
    let m = text("sotto divergence");
    let mixed_r = json!({
        "ik": "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c", "m": m,
        "sig": "6a84d583f06569edb3f5ed77df65544b27d6948b4f0b2cb76f33dd8413b20719\
                3189a84a133deb6ef47c4f5fe189a5d8e78c45b6cfe3b7d4746d381da041aa05",
    });
    s.err("E_SIG", "verify", mixed_r, "divergence: mixed R");
    let mixed_a = json!({
        "ik": "1f4f580e73ac208f06760190e9edc6f5916775dabd9c1cdca393175c2d6d1083", "m": m,
        "sig": "7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572\
                d4ed2db36f90074618ef57c1579a08eafa2c3a81f4f9feeffe0923ee2e5a8508",
    });
    s.err("E_IK", "verify", mixed_a, "divergence: mixed A");
}

fn spk() -> Suite {
    let mut s = Suite::new("spk", "C-110 C-111 C-404 C-405");
    let (alice, bob) = (account(1), account(2));
    let make = |seed: &Value, created_at: Value| json!({"ik_seed": seed, "spk_priv": rep::<32>(0x12), "created_at": created_at});
    for created_at in [
        json!(0),
        json!(1_700_000_000),
        json!(9_007_199_254_740_992_u64),
        json!("18446744073709551615"),
    ] {
        let out = s.ok("spk_make", make(&bob["ik_seed"], created_at), "");
        s.ok("spk_parse", json!({"spk": out["spk"]}), "");
        s.ok("server_spk", json!({"spk": out["spk"]}), "");
    }
    let made = get("spk_make", make(&bob["ik_seed"], json!(1_700_000_000)));
    let spk = made["spk"].as_str().unwrap();
    s.ok(
        "server_spk",
        json!({"spk": rep::<32>(0x55)}),
        "the seed form, which only the server takes",
    );
    s.err(
        "E_DOWNGRADE",
        "spk_parse",
        json!({"spk": rep::<32>(0x55)}),
        "the seed form",
    );
    for op in ["spk_parse", "server_spk"] {
        s.err("E_SPK", op, json!({"spk": ""}), "nothing");
        s.err("E_SPK", op, json!({"spk": spk[..98]}), "49 bytes");
        s.err("E_SPK", op, json!({"spk": format!("{spk}00")}), "51 bytes");
        s.err(
            "E_SPK",
            op,
            json!({"spk": flipped(&made["spk"], 9)}),
            "another magic",
        );
        s.err(
            "E_X25519",
            op,
            json!({"spk": format!("{}{}", &spk[..36], rep::<32>(0))}),
            "a point of low order",
        );
        s.err(
            "E_X25519",
            op,
            json!({"spk": format!("{}{}", &spk[..36], rep::<32>(0xff))}),
            "u >= p",
        );
    }
    let bundle = json!({
        "name_hex": text("bob"), "ik": bob["ik"], "spk": made["spk"], "sig": made["sig"], "pins": [], "now": 1_705_184_000,
    });
    let pin = |ik: &Value, created_at: u64| json!({"pins": [{"name_hex": text("bob"), "ik": ik, "spk_created_at": created_at}]});
    s.ok(
        "bundle_check",
        bundle.clone(),
        "first seen; exactly 60 days old",
    );
    s.ok(
        "bundle_check",
        with(&bundle, json!({"now": 1_705_184_001})),
        "a second older than 60 days: warn",
    );
    s.ok(
        "bundle_check",
        with(&bundle, json!({"now": 0})),
        "from the future, by this clock",
    );
    s.ok(
        "bundle_check",
        with(&bundle, pin(&bob["ik"], 1_700_000_000)),
        "pinned",
    );
    s.ok(
        "bundle_check",
        with(&bundle, pin(&bob["ik"], 1_600_000_000)),
        "newer than pinned",
    );
    let mut bad = |code: &str, changes: Value, note: &str| {
        s.err(code, "bundle_check", with(&bundle, changes), note)
    };
    bad(
        "E_SPK_STALE",
        pin(&bob["ik"], 1_700_000_001),
        "older than pinned",
    );
    bad(
        "E_KEY_CHANGED",
        pin(&alice["ik"], 0),
        "another identity is pinned",
    );
    bad("E_NAME", json!({"name_hex": text(" bob")}), "");
    bad("E_IK", json!({"ik": rep::<32>(0)}), "");
    bad("E_IK", json!({"ik": rep::<31>(0)}), "");
    bad("E_SIG", json!({"sig": flipped(&made["sig"], 40)}), "");
    bad(
        "E_SIG",
        json!({"sig": made["sig"].as_str().unwrap()[2..]}),
        "63 bytes",
    );
    bad("E_SIG", json!({"ik": alice["ik"]}), "signed by another");
    bad(
        "E_SIG",
        json!({"spk": flipped(&made["spk"], 17)}),
        "another time than was signed",
    );
    let seed_spk = rep::<32>(0x55);
    let seed_sig = get("sign", json!({"ik_seed": bob["ik_seed"], "m": seed_spk}));
    bad(
        "E_DOWNGRADE",
        json!({"spk": seed_spk, "sig": seed_sig["sig"]}),
        "the seed form, rightly signed",
    );
    bad("E_SPK", json!({"spk": "", "sig": ""}), "no prekey");
    s
}
