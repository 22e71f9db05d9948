//! One account, used in turn by both SDKs: what either keeps at the server and on the device, the other reads.

use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Value, json};
use sotto_crypto::replay::Replay;
use sotto_sdk::{AccountKeys, MemoryStore, Store};
use sotto_tests::TestServer;
use tokio::task::LocalSet;

use crate::members::How;
use crate::peer::Peer;
use crate::rust::RustMember;

const NAME: &str = "Åda";

#[tokio::test]
async fn one_account_in_both() {
    LocalSet::new().run_until(Box::pin(both())).await;
}

async fn both() {
    let server = TestServer::on_real_time(|_| {}).await;
    let server = server.origin();
    let peer = Peer::start();
    let told = peer.log(NAME);
    let words = ask(&peer, "register", json!([server])).await;
    let store = Arc::new(MemoryStore::default());
    let rust = RustMember::enter(&server, keys_of(&words), Arc::clone(&store)).await;
    let bob = RustMember::register(&server, "bob").await;
    let carol = RustMember::register(&server, "carol").await;
    bob.add_friend(NAME).await;
    ask(&peer, "answerFriend", json!(["bob", true])).await;
    bob.log.next("friendAnswer", |_| true).await;

    // One DM made by each of the two, and one by somebody else; each of the two reads all of them.
    let made = ask(&peer, "createDm", json!([["bob"]])).await;
    let pair = made["id"].as_u64().unwrap();
    let group = rust
        .create(&["bob".to_owned(), "carol".to_owned()], "made by Rust")
        .await;
    let invited = bob
        .create(&[NAME.to_owned(), "carol".to_owned()], "by bob")
        .await;
    told.next("invited", |told| told["dm"]["id"] == invited)
        .await;
    for dm in [pair, group, invited] {
        bob.send(dm, "from bob", How::default()).await;
        rust.send(dm, "from Rust", How::default()).await;
        ask(&peer, "send", json!([dm, "from TypeScript"])).await;
        let expected = ["from TypeScript", "from Rust", "from bob"];
        assert_eq!(texts(&rust.history(dm).await), expected);
        assert_eq!(texts_of(&peer, dm).await, expected);
        let code = ask(&peer, "groupCode", json!([dm])).await;
        assert_eq!(digits(&code), digits(&json!(rust.group_code(dm).await)));
    }
    replays_are_alike(&peer, &rust, &store, pair).await;
    ask(&peer, "open", json!([])).await;
    ask(&peer, "ready", json!([])).await;
    let rust = RustMember::enter(&server, keys_of(&words), store).await;

    // Left in the one, it is gone in the other, and stays gone for a device that has nothing but the words.
    rust.leave(group).await;
    told.next("dmGone", |told| told["dm"] == group).await;
    ask(&peer, "leave", json!([invited])).await;
    ask(&peer, "close", json!([])).await;
    rust.close().await;
    ask(&peer, "recover", json!([server, NAME, words])).await;
    let rust = RustMember::enter(&server, keys_of(&words), Arc::new(MemoryStore::default())).await;
    assert_eq!(rust.dms().await, [(pair, None)]);
    let dms = ask(&peer, "dms", json!([])).await;
    assert_eq!(dms.as_array().unwrap().len(), 1, "{dms}");
    assert_eq!(
        (&dms[0]["id"], &dms[0]["locked"]),
        (&json!(pair), &Value::Null)
    );
    let person = ask(&peer, "person", json!(["bob"])).await;
    assert_eq!(person["key"]["state"], "pinned");
    assert_eq!(
        texts(&rust.history(pair).await),
        texts_of(&peer, pair).await
    );
    rust.close().await;
    ask(&peer, "close", json!([])).await;
    bob.close().await;
    carol.close().await;
}

fn keys_of(words: &Value) -> AccountKeys {
    AccountKeys::recover(NAME, words.as_str().unwrap()).unwrap()
}

/// What each keeps of the envelopes it has seen is read by the other.
async fn replays_are_alike(peer: &Rc<Peer>, rust: &RustMember, store: &MemoryStore, dm: u64) {
    // Both keep it when they end.
    rust.close().await;
    ask(peer, "close", json!([])).await;
    let key = format!("replay-{dm}");
    let of_rust = hex::encode(store.read(&key).unwrap().unwrap());
    let of_typescript = ask(peer, "kept", json!([key])).await;
    let bytes = hex::decode(of_typescript.as_str().unwrap()).unwrap();
    let read = Replay::from_bytes(&bytes[4..]).expect("Rust reads what TypeScript keeps");
    assert_eq!(read.to_bytes(), bytes[4..]);
    let again = ask(peer, "replay", json!([of_rust[8..]])).await;
    assert_eq!(
        again,
        json!(of_rust[8..]),
        "TypeScript reads what Rust keeps"
    );
}

async fn ask(peer: &Rc<Peer>, what: &str, args: Value) -> Value {
    match peer.ask(NAME, what, args).await {
        Ok(answer) => answer,
        Err(error) => panic!("cannot {what}: {error}"),
    }
}

async fn texts_of(peer: &Rc<Peer>, dm: u64) -> Vec<String> {
    let messages = ask(peer, "messages", json!([dm])).await;
    texts(messages.as_array().unwrap())
}

fn texts(messages: &[Value]) -> Vec<String> {
    let text = |message: &Value| {
        message["content"]["value"]["text"]
            .as_str()
            .unwrap_or("?")
            .to_owned()
    };
    messages.iter().map(text).collect()
}

fn digits(code: &Value) -> String {
    let code = code.as_str().unwrap();
    code.chars().filter(char::is_ascii_digit).collect()
}
