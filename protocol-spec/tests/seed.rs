//! What the seed protocol shows, key by key: its requests are read, and what is sent has all the keys that it names.

use std::collections::BTreeSet;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::Value;
use sotto_protocol::calls::{JoinCall, LeaveCall};
use sotto_protocol::decode::decode;
use sotto_protocol::dms::{CreateDm, GetDm, GetDms, LeaveDm, PingTyping, SetDm};
use sotto_protocol::events::{Access, Event, EventVisitor, visit_events};
use sotto_protocol::friends::{AckFriendRequest, BlockUser, SendFriendRequest, Unblock, Unfriend};
use sotto_protocol::messages::{
    AddReaction, CancelScheduledMessage, GetMessage, GetMessageHistory, GetPinned, RemoveReaction,
    SendMessage, SetMessage,
};
use sotto_protocol::session::{Login, LoginChallengeResponse, Register, UsernameExists};
use sotto_protocol::users::{GetFullUser, GetUser, GetUserList, SetUser};

fn reads<T: DeserializeOwned>(request: &str) {
    let key = "ab".repeat(32);
    let request = request.replace("KEY", &key).replace("SIG", &key.repeat(2));
    if let Err(refusal) = decode::<T>(Some(&request)) {
        panic!("{request}: {refusal}");
    }
}

#[test]
fn r_129_the_requests_of_the_seed_are_read() {
    reads::<Register>(
        r#"{"username":"Joe","public_key":"KEY","spk":"KEY","sig":"SIG","own_storage":""}"#,
    );
    reads::<Login>(r#"{"username":"Joe"}"#);
    reads::<LoginChallengeResponse>(r#"{"response":"KEY"}"#);
    reads::<UsernameExists>(r#"{"username":"Joe"}"#);
    reads::<GetUser>(r#"{"username":"Joe"}"#);
    reads::<GetFullUser>("{}");
    reads::<GetUserList>("{}");
    reads::<SetUser>(
        r#"{"spk":"KEY","sig":"SIG","status":"busy","biography":"","profile_picture":"","own_storage":""}"#,
    );
    reads::<CreateDm>(
        r#"{"usernames":["Agent","Smith"],"messages":[{"ek":"KEY","spk":"KEY"},{"ek":"KEY","spk":"KEY"}],"key_tree":["KEY"]}"#,
    );
    reads::<GetDms>("{}");
    reads::<GetDm>(r#"{"id":1}"#);
    reads::<SetDm>(r#"{"id":1,"name":"Simulacra and Simulation"}"#);
    reads::<LeaveDm>(r#"{"id":1}"#);
    reads::<SendMessage>(r#"{"id":1,"message":"0102","signature":"SIG","schedule":0,"delete":0}"#);
    reads::<GetMessage>(r#"{"id":1}"#);
    reads::<GetMessageHistory>(r#"{"id":1,"cursor":"2023-07-22T01:58:59.123456","count":10}"#);
    reads::<GetPinned>(r#"{"id":1}"#);
    reads::<SetMessage>(r#"{"id":1,"message":"0102","signature":"SIG","pinned":true}"#);
    reads::<CancelScheduledMessage>(r#"{"dm_id":1,"schedule_id":1}"#);
    reads::<AddReaction>(r#"{"id":1,"reaction":"0102","signature":"SIG"}"#);
    reads::<RemoveReaction>(r#"{"id":1}"#);
    reads::<PingTyping>(r#"{"id":1}"#);
    reads::<SendFriendRequest>(r#"{"username":"Smith"}"#);
    reads::<AckFriendRequest>(r#"{"username":"Smith","accept":false}"#);
    reads::<Unfriend>(r#"{"username":"Smith"}"#);
    reads::<BlockUser>(r#"{"username":"Smith"}"#);
    reads::<Unblock>(r#"{"username":"Smith"}"#);
    reads::<JoinCall>(r#"{"id":1,"uuid":"6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b"}"#);
    reads::<LeaveCall>(r#"{"id":1}"#);
}

/// The value in a golden file, at a JSON pointer.
fn golden(file: &str, pointer: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
    let value: Value = serde_json::from_str(&text).expect("it is JSON");
    value
        .pointer(pointer)
        .unwrap_or_else(|| panic!("{file} has no {pointer}"))
        .clone()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

/// The keys that the seed shows, then those that Sotto adds.
fn has(file: &str, pointer: &str, seed: &[&str], added: &[&str]) {
    let value = golden(file, pointer);
    let expected: BTreeSet<&str> = seed.iter().chain(added).copied().collect();
    assert_eq!(keys(&value), expected, "{file}");
}

const USER: &[&str] = &[
    "username",
    "public_key",
    "spk",
    "sig",
    "status",
    "biography",
    "profile_picture",
];
const DM: &[&str] = &["id", "users", "name", "created_at", "users_in_call"];
const MESSAGE: &[&str] = &[
    "id",
    "dm_id",
    "sender",
    "message",
    "signature",
    "timestamp",
    "delete_timestamp",
    "pinned",
    "reactions",
];
const X3DH: &[&str] = &["sender", "ik", "spk", "ek", "key_tree", "position", "id"];

#[test]
fn r_129_what_is_sent_has_the_keys_of_the_seed() {
    has(
        "events/get_full_user.json",
        "/reply/result",
        USER,
        &["own_storage", "own_storage_version", "invites"],
    );
    has(
        "events/get_dm.json",
        "/reply/result",
        DM,
        &["latest_message", "scheduled_messages", "info", "x3dh"],
    );
    has(
        "events/get_dm.json",
        "/reply/result/scheduled_messages/3",
        &["message", "signature", "timestamp"],
        &[],
    );
    has("events/get_message.json", "/reply/result", MESSAGE, &[]);
    has(
        "events/get_message.json",
        "/reply/result/reactions/0",
        &["id", "sender", "reaction", "signature"],
        &[],
    );
    has(
        "events/get_user.json",
        "/refusal",
        &["success", "result"],
        &["code"],
    );
    has("notices/dm_notification.json", "/payload", DM, &[]);
    has(
        "notices/message_notification.json",
        "/payload",
        MESSAGE,
        &[],
    );
    has(
        "notices/x3dh_notification.json",
        "/payload",
        X3DH,
        &["info"],
    );
    has(
        "notices/scheduled_soon_notification.json",
        "/payload",
        &["dm_id", "schedule_id"],
        &[],
    );
    has(
        "notices/typing_notification.json",
        "/payload",
        &["id", "username"],
        &[],
    );
    has(
        "notices/friend_request_accept_notification.json",
        "/payload",
        &["username", "accept"],
        &[],
    );
    assert!(golden("notices/message_delete_notification.json", "/payload").is_u64());
}

#[test]
fn r_210_others_never_see_own_storage() {
    has("events/get_user.json", "/reply/result", USER, &[]);
    has("events/get_user_list.json", "/reply/result/0", USER, &[]);
    has("notices/profile_notification.json", "/payload", USER, &[]);
}

#[test]
fn r_106_four_events_need_no_login() {
    struct Guests(BTreeSet<&'static str>);
    impl EventVisitor for Guests {
        fn event<E: Event>(&mut self, _: &'static str) {
            if E::ACCESS == Access::Anyone {
                self.0.insert(E::NAME);
            }
        }
    }
    let mut guests = Guests(BTreeSet::new());
    visit_events(&mut guests);
    let expected = [
        "register",
        "login",
        "login_challenge_response",
        "username_exists",
    ];
    assert_eq!(guests.0, BTreeSet::from(expected));
}
