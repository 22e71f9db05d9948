//! A member of either kind: what it can do, and what it was told, in one form for both.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::rust::RustMember;
use crate::typescript::TypeScriptMember;

const PATIENCE: Duration = Duration::from_secs(30);

/// The SDK that a member uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Rust,
    TypeScript,
}

/// When and for how long a message is there, in seconds.
#[derive(Clone, Debug, Default)]
pub struct How {
    pub reply_to: Option<String>,
    pub in_seconds: Option<u64>,
    pub delete_after: Option<u64>,
}

/// What a member was told, in order: the event's name and its payload, in the form of the TypeScript SDK.
#[derive(Default)]
pub struct Log {
    told: RefCell<Vec<(String, Value)>>,
    /// Where the next search begins.
    at: Cell<usize>,
    more: Notify,
}

impl Log {
    pub fn add(&self, event: &str, payload: Value) {
        self.told.borrow_mut().push((event.to_owned(), payload));
        self.more.notify_waiters();
    }

    /// The next event of a kind that fits; the search after it begins behind it.
    pub async fn next(&self, event: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let search = async {
            loop {
                let more = self.more.notified();
                let found = {
                    let told = self.told.borrow();
                    let rest = told.iter().enumerate().skip(self.at.get());
                    let found = rest
                        .map(|(at, (name, payload))| (at, name, payload))
                        .find(|(_, name, payload)| *name == event && fits(payload));
                    found.map(|(at, _, payload)| (at, payload.clone()))
                };
                if let Some((at, payload)) = found {
                    self.at.set(at + 1);
                    return payload;
                }
                more.await;
            }
        };
        match timeout(PATIENCE, search).await {
            Ok(found) => found,
            Err(_) => panic!("nobody told of {event}: {:#?}", self.told.borrow()),
        }
    }

    /// Everything of a kind that was told.
    pub fn all(&self, event: &str) -> Vec<Value> {
        let told = self.told.borrow();
        let of_kind = told.iter().filter(|(name, _)| name == event);
        of_kind.map(|(_, payload)| payload.clone()).collect()
    }
}

/// Declares a function of both kinds of member.
macro_rules! both {
    ($($name:ident($($arg:ident: $type:ty),*) -> $result:ty;)*) => {$(
        pub async fn $name(&self, $($arg: $type),*) -> $result {
            match self {
                Self::Rust(member) => member.$name($($arg),*).await,
                Self::TypeScript(member) => member.$name($($arg),*).await,
            }
        }
    )*};
}

/// A member.
pub enum Member {
    Rust(RustMember),
    TypeScript(TypeScriptMember),
}

impl Member {
    pub fn name(&self) -> &str {
        match self {
            Self::Rust(member) => &member.name,
            Self::TypeScript(member) => &member.name,
        }
    }

    pub fn log(&self) -> &Rc<Log> {
        match self {
            Self::Rust(member) => &member.log,
            Self::TypeScript(member) => &member.log,
        }
    }

    both! {
        add_friend(username: &str) -> ();
        answer_friend(username: &str) -> ();
        create(others: &[String], name: &str) -> u64;
        send(dm: u64, text: &str, how: How) -> String;
        edit(message: u64, text: &str) -> ();
        delete(message: u64) -> ();
        pin(message: u64) -> ();
        react(message: u64, text: &str) -> u64;
        unreact(reaction: u64) -> ();
        rename(dm: u64, name: Option<&str>) -> ();
        scheduled(dm: u64) -> Vec<Value>;
        dm(dm: u64) -> Value;
        history(dm: u64) -> Vec<Value>;
        pinned(dm: u64) -> Vec<Value>;
        group_code(dm: u64) -> String;
        safety_number(username: &str) -> String;
        join_call(dm: u64) -> Vec<String>;
        signal(dm: u64, username: &str, body: &str) -> ();
        leave_call(dm: u64) -> ();
        close() -> ();
    }
}
