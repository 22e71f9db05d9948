//! Ops of encodings, keys, points, signatures, prekeys, login, numbers and storage.
use super::{In, bytes, number};
use crate::bundle::{Bundle, Pin};
use crate::encode::{put_v, t};
use crate::error::Result;
use crate::kdf::{expand, extract, hash};
use crate::keys::{Identity, Prekey, RecoverySecret, Spk, StorageKey};
use crate::points::{XPublic, decode_ik, decode_x};
use crate::server::{SpkForm, check_spk};
use crate::storage::{self, Owner};
use crate::{fingerprint, hazmat, hex, login, names};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) fn run(op: &str, input: In<'_>) -> Option<Result<Value>> {
    Some(match op {
        "v" => v(input),
        "t" => fields(input),
        "hex_decode" => hex_decode(input),
        "name_check" => name_check(input),
        "kdf" => kdf(input),
        "words_encode" => words_encode(input),
        "words_decode" => words_decode(input),
        "account" => account(input),
        "ik_convert" => ik_convert(input),
        "decode_ik" => {
            decode_ik(&input.bytes("ik")).map(|ik| json!({"u": bytes(ik.x25519().to_bytes())}))
        }
        "decode_x" => decode_x(&input.bytes("u")).map(|u| json!({"u": bytes(u.to_bytes())})),
        "sign" => {
            Ok(json!({"sig": bytes(hazmat::signature(&input.array("ik_seed"), &input.bytes("m")))}))
        }
        "verify" => hazmat::verify(&input.bytes("ik"), &input.bytes("m"), &input.bytes("sig"))
            .map(|()| json!({})),
        "spk_make" => spk_make(input),
        "spk_parse" => spk_parse(input),
        "server_spk" => server_spk(input),
        "bundle_check" => bundle_check(input),
        "login" => login_response(input),
        "login_verify" => login_verify(input),
        "fingerprint" => fingerprint_of(input),
        "safety_number" => safety_number(input),
        "group_code" => Ok(json!({"digits": fingerprint::group_code(&input.array("gi_hash"))})),
        "storage_seal" => storage_seal(input),
        "storage_seal_inner" => storage_seal_inner(input),
        "storage_open" => storage_open(input),
        _ => return None,
    })
}

fn v(input: In<'_>) -> Result<Value> {
    let mut out = Vec::new();
    put_v(&mut out, &input.bytes("x"));
    Ok(json!({"bytes": bytes(out)}))
}

fn fields(input: In<'_>) -> Result<Value> {
    let fields: Vec<_> = input.list("fields").into_iter().map(In::as_bytes).collect();
    let fields: Vec<_> = fields.iter().map(Vec::as_slice).collect();
    Ok(json!({"bytes": bytes(t(&input.text("label_hex"), &fields))}))
}

/// `text_hex` is the hex of the text that is to be read as hex.
fn hex_decode(input: In<'_>) -> Result<Value> {
    let text = input.text("text_hex");
    let read = hex::decode(&text)?;
    match input.opt("len") {
        Some(_) if read.len() as u64 != input.u64("len") => Err(crate::Refusal::Hex),
        _ => Ok(json!({"bytes": bytes(read)})),
    }
}

fn name_check(input: In<'_>) -> Result<Value> {
    names::check(&input.bytes("name_hex")).map(|_| json!({}))
}

fn kdf(input: In<'_>) -> Result<Value> {
    let prk = extract(&input.bytes("salt"), &input.bytes("ikm"));
    let okm = expand(&prk, &input.bytes("info"));
    Ok(json!({"okm": bytes(*okm), "prk": bytes(*prk)}))
}

fn words_encode(input: In<'_>) -> Result<Value> {
    let words = RecoverySecret::from_bytes(input.array("r")).words();
    Ok(json!({"words_hex": bytes(words.as_bytes())}))
}

fn words_decode(input: In<'_>) -> Result<Value> {
    let secret = RecoverySecret::from_words(&input.text("words_hex"))?;
    Ok(json!({"r": bytes(secret.expose())}))
}

fn account(input: In<'_>) -> Result<Value> {
    let secret = RecoverySecret::from_bytes(input.array("r"));
    let identity = secret.identity();
    Ok(json!({
        "ik": bytes(identity.public().to_bytes()),
        "ik_seed": bytes(identity.expose_seed()),
        "os_key": bytes(secret.storage_key().expose()),
        "u": bytes(identity.public().x25519().to_bytes()),
    }))
}

fn ik_convert(input: In<'_>) -> Result<Value> {
    let identity = Identity::from_seed(input.array("ik_seed"));
    let private = identity.x25519();
    let u = identity.public().x25519();
    assert_eq!(
        XPublic::of(&private),
        u,
        "the two conversions belong together"
    );
    let ik = identity.public().to_bytes();
    Ok(json!({"ik": bytes(ik), "u": bytes(u.to_bytes()), "x_priv": bytes(private.to_bytes())}))
}

fn spk_make(input: In<'_>) -> Result<Value> {
    let identity = Identity::from_seed(input.array("ik_seed"));
    let prekey = Prekey::new(input.array("spk_priv"), input.u64("created_at"));
    Ok(
        json!({"sig": bytes(identity.sign_spk(prekey.spk())), "spk": bytes(prekey.spk().to_bytes())}),
    )
}

fn spk_parse(input: In<'_>) -> Result<Value> {
    let spk = Spk::parse(&input.bytes("spk"))?;
    Ok(json!({"created_at": number(spk.created_at()), "public": bytes(spk.public().to_bytes())}))
}

fn server_spk(input: In<'_>) -> Result<Value> {
    Ok(match check_spk(&input.bytes("spk"))? {
        SpkForm::Seed => json!({"form": "seed"}),
        SpkForm::Signed(_) => json!({"form": "signed"}),
    })
}

pub(super) fn pins(input: In<'_>) -> BTreeMap<String, Pin> {
    let pin = |p: In<'_>| {
        let pin = Pin {
            ik: p.array("ik"),
            spk_created_at: p.u64("spk_created_at"),
            verified: false,
        };
        (p.text("name_hex"), pin)
    };
    input.list("pins").into_iter().map(pin).collect()
}

fn bundle_check(input: In<'_>) -> Result<Value> {
    let (ik, spk, sig) = (input.bytes("ik"), input.bytes("spk"), input.bytes("sig"));
    let bundle = Bundle {
        username: &input.text("name_hex"),
        ik: &ik,
        spk: &spk,
        sig: &sig,
    };
    let checked = bundle.check(&pins(input))?;
    Ok(
        json!({"old": checked.is_old(input.u64("now")), "pin_spk_created_at": number(checked.pin.spk_created_at)}),
    )
}

fn login_response(input: In<'_>) -> Result<Value> {
    let identity = Identity::from_seed(input.array("ik_seed"));
    let (origin, name) = (input.text("origin_hex"), input.text("name_hex"));
    let response = identity.sign_login(&origin, &name, &input.bytes("challenge"))?;
    Ok(json!({"response": bytes(response)}))
}

fn login_verify(input: In<'_>) -> Result<Value> {
    let ik = decode_ik(&input.bytes("ik"))?;
    let (origin, name) = (input.text("origin_hex"), input.text("name_hex"));
    login::verify(
        &ik,
        &origin,
        &name,
        &input.bytes("challenge"),
        &input.bytes("response"),
    )?;
    Ok(json!({}))
}

fn fingerprint_of(input: In<'_>) -> Result<Value> {
    let ik = decode_ik(&input.bytes("ik"))?;
    Ok(json!({"digits": fingerprint::fingerprint(&input.text("name_hex"), &ik)}))
}

fn safety_number(input: In<'_>) -> Result<Value> {
    let (a, b) = (input.get("a"), input.get("b"));
    let (ik_a, ik_b) = (decode_ik(&a.bytes("ik"))?, decode_ik(&b.bytes("ik"))?);
    let digits =
        fingerprint::safety_number((&a.text("name_hex"), &ik_a), (&b.text("name_hex"), &ik_b));
    Ok(json!({"digits": digits}))
}

fn with_owner<T>(input: In<'_>, f: impl FnOnce(&Owner<'_>) -> Result<T>) -> Result<T> {
    let key = StorageKey::from_bytes(input.array("os_key"));
    f(&Owner {
        key: &key,
        name: &input.text("name_hex"),
        ik: &decode_ik(&input.bytes("ik"))?,
    })
}

fn storage_seal(input: In<'_>) -> Result<Value> {
    with_owner(input, |owner| {
        let blob = storage::seal(
            owner,
            input.u64("version"),
            &input.array("salt"),
            &input.text("json_hex"),
        );
        Ok(json!({"blob": bytes(&blob), "blob_sha256": bytes(hash(&blob)), "len": blob.len()}))
    })
}

/// Seals any inner bytes: what a faulty client can make.
fn storage_seal_inner(input: In<'_>) -> Result<Value> {
    with_owner(input, |owner| {
        let inner = input.bytes("inner");
        let fill = |out: &mut Vec<u8>| out.extend_from_slice(&inner);
        let blob =
            storage::seal_unchecked(owner, input.u64("version"), &input.array("salt"), 0, fill);
        Ok(json!({"blob": bytes(blob)}))
    })
}

fn storage_open(input: In<'_>) -> Result<Value> {
    with_owner(input, |owner| {
        let opened = storage::open(owner, &input.bytes("blob"), input.u64("highest_seen"))?;
        Ok(json!({"json_hex": bytes(opened.json.as_bytes()), "version": number(opened.version)}))
    })
}
