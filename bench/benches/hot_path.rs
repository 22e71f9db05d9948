//! What one message costs each side, apart from sockets and disk: decoding, signature, envelope, a page of history.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sotto_crypto::bundle::{Bundle, NoPins};
use sotto_crypto::envelope::{self, Draft, Incoming, Kind, Slot, Stamp};
use sotto_crypto::group::{self, GroupContext, GroupRandom};
use sotto_crypto::keys::{Identity, Prekey};
use sotto_crypto::points::decode_ik;
use sotto_protocol::decode::decode;
use sotto_protocol::messages::SendMessage;
use sotto_protocol::objects::Message;
use sotto_protocol::reply::Reply;

/// Bytes of a message, sealed: a line of chat, and the most that is taken.
const SIZES: [usize; 2] = [256, 65_536];
/// Messages on a page of history by default.
const PAGE: usize = 50;

fn request(bytes: usize) -> String {
    format!(
        r#"{{"id":7,"message":"{}","signature":"{}","schedule":0,"delete":0}}"#,
        "5a".repeat(bytes),
        "a5".repeat(64)
    )
}

fn decoding(c: &mut Criterion) {
    let mut group = c.benchmark_group("decode send_message");
    for bytes in SIZES {
        let request = request(bytes);
        group.throughput(Throughput::Bytes(request.len() as u64));
        group.bench_function(format!("{bytes} bytes"), |b| {
            b.iter(|| decode::<SendMessage>(Some(black_box(&request))).expect("a fair request"));
        });
    }
    group.finish();
}

fn signatures(c: &mut Criterion) {
    let identity = Identity::from_seed([7; 32]);
    let mut group = c.benchmark_group("signature");
    for bytes in SIZES {
        let message = vec![0x5a; bytes];
        let signature = sotto_crypto::hazmat::signature(identity.expose_seed(), &message);
        let key = *identity.public();
        group.bench_function(format!("verify {bytes} bytes"), |b| {
            b.iter(|| {
                key.verify(black_box(&message), black_box(&signature))
                    .expect("a fair signature");
            });
        });
    }
    let key = identity.public().to_bytes();
    group.bench_function("decode_ik", |b| {
        b.iter(|| decode_ik(black_box(&key)).expect("a fair key"));
    });
    group.finish();
}

/// A group of two, as its creator holds it.
fn pair() -> (Identity, GroupContext) {
    let mut rng = rand::rng();
    let (alice, bob) = (Identity::from_seed([1; 32]), Identity::from_seed([2; 32]));
    let prekey = Prekey::generate(&mut rng, 1_700_000_000);
    let bundle = Bundle {
        username: "bob",
        ik: bob.public().as_bytes(),
        spk: &prekey.spk().to_bytes(),
        sig: &bob.sign_spk(prekey.spk()),
    };
    let random = GroupRandom::generate(&mut rng, 2);
    let created = group::create(&alice, "alice", 1_700_000_000, &[bundle], &NoPins, &random);
    (alice, created.expect("a fair group").context)
}

fn envelopes(c: &mut Criterion) {
    let (alice, context) = pair();
    let stamp = Stamp {
        sid: [3; 8],
        seq: 0,
        salt: [4; 32],
    };
    let body = "How are you? ".repeat(8);
    let draft = Draft {
        kind: Kind::Message,
        target: [0; 32],
        rev: 0,
        sent_at_ms: 1_700_000_000_000,
        expire_s: 0,
        body: &body,
    };
    let seal = || {
        let sealed = envelope::seal(&context, &alice, 0, black_box(&stamp), black_box(&draft));
        sealed.expect("a fair draft")
    };
    let sealed = seal();
    let incoming = Incoming {
        slot: Slot::Message { root: None },
        sender: Some("alice"),
        envelope: &sealed.envelope,
        signature: &sealed.signature,
    };
    let mut group = c.benchmark_group("envelope");
    group.bench_function("seal", |b| b.iter(seal));
    group.bench_function("open", |b| {
        b.iter(|| envelope::open(&context, black_box(&incoming)).expect("a fair envelope"));
    });
    group.finish();
}

fn history(c: &mut Criterion) {
    let message = |id: usize| -> Message {
        let json = serde_json::json!({
            "id": id,
            "dm_id": 7,
            "sender": "alice",
            "message": "5a".repeat(SIZES[0]),
            "signature": "a5".repeat(64),
            "timestamp": "2023-07-22T01:58:59.123456",
            "delete_timestamp": null,
            "pinned": false,
            "reactions": [],
        });
        serde_json::from_value(json).expect("a fair message")
    };
    let page: Vec<_> = (1..=PAGE).map(message).collect();
    let encode = |page: Vec<Message>| serde_json::to_string(&Reply::new(Ok(page)));
    c.bench_function("encode a page of history", |b| {
        b.iter_batched(
            || page.clone(),
            |page| encode(black_box(page)).expect("a fair page"),
            criterion::BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, decoding, signatures, envelopes, history);
criterion_main!(benches);
