//! Whether what a server says has the shape that the protocol gives it: it reads as its type, and is written back as it was.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value;
use sotto_protocol::Event;
use sotto_protocol::events::{ALIASES, EventVisitor, visit_events};
use sotto_protocol::notices::Notice;

type Fits = fn(&Value) -> bool;

#[derive(Default)]
struct Replies(HashMap<&'static str, Fits>);

impl EventVisitor for Replies {
    fn event<E: Event>(&mut self, _: &'static str) {
        self.0.insert(E::NAME, |result| {
            let read = serde_json::from_value::<E::Reply>(result.clone());
            let written = read.and_then(serde_json::to_value);
            written.is_ok_and(|written| written == *result)
        });
    }
}

static REPLIES: LazyLock<HashMap<&'static str, Fits>> = LazyLock::new(|| {
    let mut replies = Replies::default();
    visit_events(&mut replies);
    replies.0
});

/// Whether this is a `result` of the event.
pub fn is_result_of(event: &str, result: &Value) -> bool {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == event);
    let event = alias.map_or(event, |(_, event)| event);
    REPLIES.get(event).is_some_and(|fits| fits(result))
}

/// Whether this is a payload of the notice.
pub fn is_payload_of(notice: &str, payload: &Value) -> bool {
    let Ok(Some(read)) = Notice::from_json(notice, &payload.to_string()) else {
        return false;
    };
    let written = read
        .to_raw()
        .and_then(|raw| serde_json::from_str::<Value>(raw.get()));
    written.is_ok_and(|written| written == *payload)
}
