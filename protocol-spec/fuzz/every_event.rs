//! What holds of decoding any input, for the fuzz target and for the test that replays its corpus.

use sotto_protocol::Code;
use sotto_protocol::decode::decode;
use sotto_protocol::events::{Event, EventVisitor, visit_events};
use sotto_protocol::notices::{Notice, NoticeKind};

/// Reads `input` as the argument of every event and as the payload of every notice.
///
/// # Panics
/// Where a refusal is anything but `invalid_request` in one short sentence, or where what was read is not written again
/// in a form that reads the same.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    visit_events(&mut Decode(text));
    for kind in NoticeKind::ALL {
        if let Ok(notice) = Notice::from_json(kind.name(), text) {
            let written = notice
                .expect("a kind that exists")
                .to_raw()
                .expect("plain data");
            let again =
                Notice::from_json(kind.name(), written.get()).expect("it was written by us");
            let again = again
                .expect("a kind that exists")
                .to_raw()
                .expect("plain data");
            assert_eq!(written.get(), again.get(), "{}", kind.name());
        }
    }
}

struct Decode<'a>(&'a str);

impl EventVisitor for Decode<'_> {
    fn event<E: Event>(&mut self, _: &'static str) {
        match decode::<E>(Some(self.0)) {
            Ok(request) => {
                let written = serde_json::to_string(&request).expect("plain data");
                let again: E = decode(Some(&written)).expect("it was written by us");
                let again = serde_json::to_string(&again).expect("plain data");
                assert_eq!(written, again, "{}", E::NAME);
            }
            Err(refusal) => {
                let sentence = &refusal.sentence;
                assert_eq!(refusal.code, Code::InvalidRequest, "{}", E::NAME);
                assert_eq!(refusal.retry_after, None, "{}", E::NAME);
                assert!(sentence.ends_with('.'), "{}: {sentence:?}", E::NAME);
                assert!(sentence.len() < 200, "{}: {sentence:?}", E::NAME);
                assert!(
                    !sentence.contains(char::is_control),
                    "{}: {sentence:?}",
                    E::NAME
                );
            }
        }
    }
}
