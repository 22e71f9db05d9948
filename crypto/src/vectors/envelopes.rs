//! Ops of envelopes, replay scripts and abuse reports.
use super::{In, bytes, number, runs};
use crate::envelope::{self, Draft, Incoming, Kind, Opened, Slot, Stamp};
use crate::error::{Refusal, Result};
use crate::group::GroupContext;
use crate::kdf::hash;
use crate::keys::{GroupSecret, Identity};
use crate::replay::{Place, Received, Replay};
use crate::report::{self, AbuseReport};
use serde_json::{Value, json};
use zeroize::Zeroizing;

pub(super) fn run(op: &str, input: In<'_>) -> Option<Result<Value>> {
    Some(match op {
        "restore" => context(input).map(|c| json!({"members": c.roster().len()})),
        "sender_key" => sender_key(input),
        "seal" => seal(input),
        "seal_repeat" => seal_repeat(input),
        "seal_inner" => seal_inner(input),
        "open" => open(input),
        "open_truncated" => open_truncated(input),
        "msg_ref" => Ok(json!({"msg_ref": bytes(envelope::msg_ref(&input.bytes("envelope")))})),
        "call_target" => call_target(input),
        "split_name" => split_name(input),
        "replay" => replay(input),
        "report_make" => report_make(input),
        "report_open" => report_open(input),
        _ => return None,
    })
}

fn context(input: In<'_>) -> Result<GroupContext> {
    let secret = GroupSecret::from_bytes(input.array("group_secret"));
    GroupContext::restore(&input.bytes("info"), &input.array("gi_hash"), secret)
}

fn sender_key(input: In<'_>) -> Result<Value> {
    let key = context(input)?
        .sender_key(input.u32("position"))
        .ok_or(Refusal::Sender)?;
    Ok(json!({"sender_key": bytes(*key)}))
}

fn stamp(input: In<'_>) -> Stamp {
    Stamp {
        sid: input.array("sid"),
        seq: input.u32("seq"),
        salt: input.array("salt"),
    }
}

fn sealed(input: In<'_>, body: &str) -> Result<envelope::Sealed> {
    let kind = u8::try_from(input.u32("kind")).map_err(|_| Refusal::Kind)?;
    let draft = Draft {
        kind: Kind::from_byte(kind)?,
        target: input.array("target"),
        rev: input.u32("rev"),
        sent_at_ms: input.u64("sent_at_ms"),
        expire_s: input.u32("expire_s"),
        body,
    };
    let me = Identity::from_seed(input.array("ik_seed"));
    envelope::seal(
        &context(input)?,
        &me,
        input.u32("position"),
        &stamp(input),
        &draft,
    )
}

fn seal(input: In<'_>) -> Result<Value> {
    let out = sealed(input, &input.text("body_hex"))?;
    Ok(json!({
        "envelope": bytes(&out.envelope),
        "len": out.envelope.len(),
        "msg_ref": bytes(out.msg_ref),
        "signature": bytes(out.signature),
    }))
}

/// Seals `body_hex` repeated `times`, and gives the envelope's hash only.
fn seal_repeat(input: In<'_>) -> Result<Value> {
    let times = usize::try_from(input.u32("times")).expect("a small number");
    let out = sealed(input, &input.text("body_hex").repeat(times))?;
    Ok(json!({
        "envelope_sha256": bytes(hash(&out.envelope)),
        "len": out.envelope.len(),
        "msg_ref": bytes(out.msg_ref),
    }))
}

/// Seals any inner bytes under any kind: what a faulty or hostile member can make.
fn seal_inner(input: In<'_>) -> Result<Value> {
    let me = Identity::from_seed(input.array("ik_seed"));
    let kind = u8::try_from(input.u32("kind")).expect("a byte");
    let inner = input.bytes("inner");
    let fill = |out: &mut Vec<u8>| out.extend_from_slice(&inner);
    let out = envelope::seal_unchecked(
        &context(input)?,
        &me,
        input.u32("position"),
        &stamp(input),
        kind,
        fill,
    )?;
    Ok(json!({"envelope": bytes(&out.envelope), "signature": bytes(out.signature)}))
}

fn slot(input: In<'_>) -> Slot {
    match input.get("slot").str() {
        "message" => Slot::Message {
            root: input.opt("root").map(In::as_array),
        },
        "reaction" => Slot::Reaction {
            root: input.array("root"),
        },
        "name" => Slot::Name,
        "call" => Slot::Call {
            target: input.array("target"),
        },
        other => panic!("no slot {other}"),
    }
}

fn sender(input: In<'_>) -> Option<String> {
    input
        .opt("sender_hex")
        .map(|s| String::from_utf8(s.as_bytes()).expect("text is UTF-8"))
}

fn opened(o: &Opened) -> Value {
    json!({
        "body_hex": bytes(&o.body),
        "expire_s": o.expire_s,
        "kind": o.kind.to_byte(),
        "msg_ref": bytes(o.msg_ref),
        "position": o.position,
        "rev": o.rev,
        "root": bytes(o.root()),
        "sender_hex": bytes(&o.sender),
        "sent_at_ms": number(o.sent_at_ms),
        "seq": o.seq,
        "sid": bytes(o.sid),
        "target": bytes(o.target),
    })
}

fn open(input: In<'_>) -> Result<Value> {
    let (envelope, signature) = (input.bytes("envelope"), input.bytes("signature"));
    let sender = sender(input);
    let incoming = Incoming {
        slot: slot(input),
        sender: sender.as_deref(),
        envelope: &envelope,
        signature: &signature,
    };
    envelope::open(&context(input)?, &incoming).map(|o| opened(&o))
}

/// Opens every proper prefix of the envelope, signed anew with `ik_seed` (if given) or with the
/// whole one's signature. The answer is run-length coded: `[first length, last length, code]`.
fn open_truncated(input: In<'_>) -> Result<Value> {
    let (envelope, given) = (input.bytes("envelope"), input.bytes("signature"));
    let signer = input
        .opt("ik_seed")
        .map(|seed| Identity::from_seed(seed.as_array()));
    let (context, sender) = (context(input)?, sender(input));
    let code = |len: usize| {
        let prefix = &envelope[..len];
        let signature = signer
            .as_ref()
            .map_or_else(|| given.clone(), |s| s.sign(prefix).to_vec());
        let incoming = Incoming {
            slot: slot(input),
            sender: sender.as_deref(),
            envelope: prefix,
            signature: &signature,
        };
        envelope::open(&context, &incoming).map_or_else(Refusal::code, |_| "ok")
    };
    Ok(json!({"runs": runs((0..envelope.len()).map(code))}))
}

fn call_target(input: In<'_>) -> Result<Value> {
    Ok(
        json!({"target": bytes(envelope::call_target(&input.text("caller_hex"), &input.text("callee_hex")))}),
    )
}

fn split_name(input: In<'_>) -> Result<Value> {
    let name = input.bytes("name");
    let (envelope, signature) = envelope::split_name(&name)?;
    Ok(json!({"envelope": bytes(envelope), "signature": bytes(signature)}))
}

/// Plays a script of events against one fresh memory; a verdict per event.
fn replay(input: In<'_>) -> Result<Value> {
    let context = context(input)?;
    let mut replay = Replay::new();
    let verdict = |received: Result<Received>| match received {
        Ok(Received {
            fresh: true, gap, ..
        }) => format!("fresh gap {gap}"),
        Ok(Received { fresh: false, .. }) => "known".to_owned(),
        Err(refusal) => refusal.code().to_owned(),
    };
    let mut verdicts = Vec::new();
    for event in input.list("events") {
        let place = match event.get("place").str() {
            "message" => Place::Message(event.u64("id")),
            "reaction" => Place::Reaction {
                id: event.u64("id"),
                root: event.array("root"),
            },
            "name" => Place::Name,
            "call" => Place::Call {
                target: event.array("target"),
            },
            "forget" => {
                replay.forget(event.u64("id"));
                verdicts.push("forgotten".to_owned());
                continue;
            }
            other => panic!("no place {other}"),
        };
        let (envelope, signature) = (event.bytes("envelope"), event.bytes("signature"));
        let sender = sender(event);
        verdicts.push(verdict(replay.receive(
            &context,
            place,
            sender.as_deref(),
            &envelope,
            &signature,
        )));
        assert_eq!(
            Replay::from_bytes(&replay.to_bytes()).as_ref(),
            Some(&replay),
            "the memory reads back"
        );
    }
    Ok(json!({"verdicts": verdicts}))
}

fn report_make(input: In<'_>) -> Result<Value> {
    let made = report::make(
        &context(input)?,
        &input.bytes("envelope"),
        &input.bytes("signature"),
    )?;
    Ok(json!({"gi": bytes(&made.group_info), "prk": bytes(*made.prk)}))
}

fn report_open(input: In<'_>) -> Result<Value> {
    let report = AbuseReport {
        envelope: input.bytes("envelope"),
        signature: input.bytes("signature"),
        prk: Zeroizing::new(input.array("prk")),
        group_info: input.bytes("gi"),
    };
    let read = report::open(&report)?;
    Ok(
        json!({"body_hex": bytes(&read.opened.body), "ik": bytes(read.ik.to_bytes()), "sender_hex": bytes(&read.opened.sender)}),
    )
}
