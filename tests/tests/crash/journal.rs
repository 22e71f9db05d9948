//! What one person asked of the server, what was acked and what is in doubt.

use serde_json::{Value, json};
use sotto_tests::Person;
use sotto_tests::process::now_us;

/// Whether something was acked, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The connection ended before the ack came.
    InDoubt,
    /// Acked at this moment, in microseconds since 1970.
    Acked(i64),
}

/// Whether a scheduled message was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    No,
    Maybe,
    Yes,
}

/// A `send_message` with what became of it.
#[derive(Debug)]
pub struct Sent {
    pub request: Value,
    pub dm: u64,
    /// The bytes as first sent and after each edit, as hex.
    pub versions: Vec<String>,
    /// The version that stands for certain.
    pub current: usize,
    /// Whether the last version may stand instead.
    pub edit_in_doubt: bool,
    pub schedule_us: i64,
    pub delete_us: i64,
    pub asked_us: i64,
    pub fate: Fate,
    pub cancelled: Cancelled,
    /// From the first time it was seen.
    pub id: Option<u64>,
    /// When it destroys itself, from the first time it was seen.
    pub end_us: Option<i64>,
}

/// A reaction on a message that does not destroy itself.
#[derive(Debug)]
pub struct Reacted {
    pub message: u64,
    pub request: Value,
    pub bytes: String,
    pub id: Option<u64>,
    pub fate: Fate,
    pub removal: Cancelled,
}

/// How far a friendship with the buddy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Friendship {
    None,
    Asked,
    Friends,
}

/// A group that was asked for.
#[derive(Debug)]
pub struct Group {
    pub request: Value,
    /// Those in it, as places in the list of people.
    pub members: Vec<usize>,
    pub id: Option<u64>,
}

/// One person's journal.
#[derive(Debug)]
pub struct Journal {
    pub sent: Vec<Sent>,
    pub reacted: Vec<Reacted>,
    /// What the friendship is for certain, and what it may be instead.
    pub friendship: (Friendship, Option<Friendship>),
    /// Version and text of own_storage for certain, and what it may be instead.
    pub storage: ((u64, String), Option<(u64, String)>),
    pub groups: Vec<Group>,
}

impl Journal {
    pub fn new() -> Self {
        Self {
            sent: Vec::new(),
            reacted: Vec::new(),
            friendship: (Friendship::None, None),
            storage: ((0, String::new()), None),
            groups: Vec::new(),
        }
    }
}

/// Random bytes, mostly few.
pub fn some_bytes() -> Vec<u8> {
    let len = match rand::random_range(0..20) {
        0 => rand::random_range(4_000..16_000),
        1..=3 => rand::random_range(300..3_000),
        _ => rand::random_range(32..200),
    };
    (0..len).map(|_| rand::random()).collect()
}

impl Sent {
    /// A message that is about to be sent.
    pub fn new(person: &Person, dm: u64) -> Self {
        let bytes = some_bytes();
        let (schedule, delete) = match rand::random_range(0..10) {
            0 | 1 => (rand::random_range(1..4), 0),
            2 => (rand::random_range(1..3), rand::random_range(1..5)),
            3 | 4 => (0, rand::random_range(1..7)),
            _ => (0, 0),
        };
        Self {
            request: json!({
                "id": dm,
                "message": hex::encode(&bytes),
                "signature": person.keys.sign(&bytes),
                "schedule": schedule,
                "delete": delete,
            }),
            dm,
            versions: vec![hex::encode(&bytes)],
            current: 0,
            edit_in_doubt: false,
            schedule_us: schedule * 1_000_000,
            delete_us: delete * 1_000_000,
            asked_us: now_us(),
            fate: Fate::InDoubt,
            cancelled: Cancelled::No,
            id: None,
            end_us: None,
        }
    }

    /// Whether it is a plain message that was seen to be there.
    pub fn stays(&self) -> bool {
        self.id.is_some() && self.delete_us == 0
    }
}
